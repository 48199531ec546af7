//! Tests of `parse.rs`.

use super::*;

const EXAMPLE: &str = "\
# A comment.
api 20001 Example

request 0-3 flexible 2+ unstable 3
  struct Shared
    port: uint16
  name: string 1+ null 2+ = null ignorable
  items: [Item]
    id: int32 = -1
    extra: Shared 2+ tag 0
  others: [Shared] 1-2

response 0-3 flexible 2+
  ok: bool = true
";

fn example() -> Schema {
    parse("example", EXAMPLE).unwrap()
}

#[test]
fn message_takes_versions_flexibility_and_stability_from_its_line() {
    let schema = example();
    assert_eq!(schema.api, Some((20_001, "Example".to_owned())));
    let request = &schema.messages[0];
    assert_eq!(request.name, "ExampleRequest");
    assert_eq!(request.versions, Versions { first: 0, last: 3 });
    assert_eq!((request.flexible, request.latest_stable()), (Some(2), 2));
}

#[test]
fn field_takes_versions_from_its_struct_unless_it_names_them() {
    let schema = example();
    let fields = schema.messages[0].fields();
    assert_eq!(fields[0].versions, Versions { first: 1, last: 3 });
    assert_eq!(fields[0].nullable, Some(Versions { first: 2, last: 3 }));
    assert_eq!(fields[0].default, DefaultValue::Null);
    assert!(fields[0].ignorable);
    assert_eq!(fields[1].versions, Versions { first: 0, last: 3 });
    assert_eq!(fields[2].versions, Versions { first: 1, last: 2 });
    assert_eq!(schema.messages[0].find("Item").unwrap().fields[1].tag, Some(0));
    assert_eq!(schema.messages[1].fields()[0].default, DefaultValue::True);
}

#[test]
fn mistakes_are_refused_with_their_line() {
    let cases = [
        ("", "empty"),
        ("nothing", "line 1"),
        ("api 1 A\nrequest 0-1\n  a: int33", "unknown type"),
        ("api 1 A\nrequest 0-1\n  a int32", "name: type"),
        ("api 1 A\nrequest 0-1\n  a: int32 2+", "no version"),
        ("api 1 A\nrequest 0-1\n  a: int32 0-2", "versions reach beyond"),
        ("api 1 A\nrequest 0-1\n  a: int32 1+ null 0+", "null in versions"),
        ("api 1 A\nrequest 0-1\n  a: int32\n  a: int32", "named twice"),
        ("api 1 A\nrequest 0-1\n  a: int32\n    b: int32", "only a struct has fields"),
        ("api 1 A\nrequest 0-1\n  a: int32 tag 0", "not flexible"),
        ("api 1 A\nrequest 0-1 flexible 0+\n  a: int32 tag 0\n  b: int32 tag 0", "used twice"),
        ("api 1 A\nrequest 0-1\n  a: [B]", "B is not declared"),
        ("api 1 A\nrequest 0-1\n  struct B\n    b: [B]\n  a: B", "B contains itself"),
        ("api 1 A\nrequest 0-1\n  a: [B]\n    c: int8\n  d: [B]\n    c: int8", "declared twice"),
        ("api 1 A\nrequest 0-1 unstable 0", "only the last"),
        ("api 1 A\nkey 1 B 0", "expected a message"),
        ("api 1 A\nrequest 0-1\n   a: int8", "two spaces"),
    ];
    for (text, expected) in cases {
        let error = format!("{:#}", parse("x", text).unwrap_err());
        assert!(error.contains(expected), "{text:?} gives {error:?}");
    }
}
