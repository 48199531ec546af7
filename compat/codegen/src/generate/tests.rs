//! Tests of `generate.rs`.

use super::*;
use crate::parse::parse;

#[test]
fn conditions_name_only_what_the_outer_range_leaves_open() {
    let outer = Versions { first: 2, last: 9 };
    let cases = [
        ((2, 9), None),
        ((3, 9), Some("version >= 3")),
        ((2, 5), Some("version <= 5")),
        ((4, 6), Some("(4..=6).contains(&version)")),
        ((9, 9), Some("version == 9")),
    ];
    for ((first, last), expected) in cases {
        assert_eq!(condition(Versions { first, last }, outer).as_deref(), expected);
    }
}

#[test]
fn least_size_of_a_list_element_counts_every_field_of_every_version() {
    let text = "api 1 A\nrequest 0-2 flexible 2+\n  items: [Item]\n    id: int32\n    name: string\n    more: [int64] 1+\n    tagged: int8 2+ tag 0\n";
    let schema = parse("a", text).unwrap();
    let message = &schema.messages[0];
    let item = FieldType::Struct("Item".to_owned());
    let size = |first, last| decode::minimum_bytes(message, &item, Versions { first, last });
    assert_eq!(size(0, 0), 6);
    assert_eq!(size(1, 1), 10);
    assert_eq!(size(2, 2), 7);
    assert_eq!(size(0, 2), 6);
}

#[test]
fn only_functions_over_the_limit_are_marked() {
    let short = "fn short() {\n    one();\n}\n";
    assert_eq!(expect_long_functions(short), short);
    let long = format!("impl X {{\n    fn long() {{\n{}    }}\n}}\n", "        one();\n".repeat(71));
    assert!(expect_long_functions(&long).contains("    #[expect(clippy::too_many_lines"));
}
