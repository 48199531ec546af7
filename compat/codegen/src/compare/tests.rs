//! Tests of `compare.rs`.

use super::*;
use crate::parse::parse;

const OURS: &str = "\
api 7 Example
request 0-3 flexible 2+
  struct Shared
    port: uint16
  name: string 1+ null 2+ = null ignorable
  items: [Item]
    id: int32 = -1
  shared: Shared
response 0-3 flexible 2+
";

const THEIRS: &str = r#"// A comment.
{ "apiKey": 7, "type": "request", "name": "ExampleRequest", "validVersions": "0-3", "flexibleVersions": "2+",
  "fields": [ // another "comment"
    { "name": "Name", "type": "string", "versions": "1+", "nullableVersions": "2+", "default": "null", "ignorable": true, "about": "a // b" },
    { "name": "Items", "type": "[]Item", "versions": "0+", "fields": [
      { "name": "Id", "type": "int32", "versions": "0+", "default": "-1" } ] },
    { "name": "Shared", "type": "Shared", "versions": "0+" } ],
  "commonStructs": [ { "name": "Shared", "versions": "0+", "fields": [ { "name": "Port", "type": "uint16", "versions": "0+" } ] } ] }"#;

fn differences(ours: &str, theirs: &str) -> Vec<String> {
    let schemas = Schemas::from([("x".to_owned(), parse("x", ours).unwrap())]);
    let response = r#"{"apiKey": 7, "type": "response", "name": "ExampleResponse", "validVersions": "0-3", "flexibleVersions": "2+", "fields": []}"#;
    let definitions = BTreeMap::from([
        ("ExampleRequest".to_owned(), parse_definition(theirs).unwrap()),
        ("ExampleResponse".to_owned(), parse_definition(response).unwrap()),
    ]);
    compare_definitions(&schemas, &definitions).iter().map(ToString::to_string).collect()
}

#[test]
fn equal_definitions_have_no_difference() {
    assert_eq!(differences(OURS, THEIRS), Vec::<String>::new());
}

#[test]
fn each_kind_of_difference_is_found() {
    let cases = [
        ("0-3 flexible 2+\n  struct", "0-4 flexible 2+\n  struct", "versions 0-3"),
        ("request 0-3 flexible 2+", "request 0-3 flexible 1+", "flexible versions 2+"),
        ("request 0-3 flexible 2+", "request 0-3 flexible 2+ unstable 3", "unstable"),
        ("api 7", "api 8", "key 7"),
        ("string 1+", "string 2+", "versions 1-3"),
        ("string 1+", "bytes 1+", "type string"),
        ("null 2+", "null 3+", "null in versions 2-3"),
        ("= null", "", "default null"),
        (" ignorable", "", "ignorable true"),
        ("= -1", "= -2", "default -1"),
        ("    id: int32 = -1", "    id: int32 = -1\n    more: int8", "no such field"),
        ("    port: uint16", "    port: int16", "type uint16"),
        ("name: string", "title: string", "this field in 1-3"),
        ("  shared: Shared\n", "", "this field in 0-3"),
        ("request 0-3 flexible 2+", "request 0-3 flexible 2+\n  first: int8", "order of fields"),
    ];
    for (from, to, expected) in cases {
        let changed = OURS.replacen(from, to, 1);
        assert_ne!(changed, OURS);
        let found = differences(&changed, THEIRS);
        assert!(found.iter().any(|line| line.contains(expected)), "{to:?} gives {found:?}");
    }
}
