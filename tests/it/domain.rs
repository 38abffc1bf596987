//! docs/domain.md: every concept of the source articles has a field, and every field named there
//! exists.

use crate::support::TestApp;
use crate::support::contract::document;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A line of the tables: concept, articles, fields, values.
fn lines() -> Vec<[String; 4]> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/domain.md");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'))
        .map(|line| line.split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>())
        .filter_map(|cells| match cells.len() {
            3 => [cells, vec![String::new()]].concat().try_into().ok(),
            _ => cells.try_into().ok(),
        })
        .filter(|cells: &[String; 4]| cells[2].starts_with('`'))
        .collect()
}

fn codes(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The vocabulary of a property, wherever in its schema it is named.
fn vocabulary(schema: &'static Value) -> Option<&'static str> {
    if let Some(name) = schema["x-vocabulary"].as_str() {
        return Some(name);
    }
    if let Some(reference) = schema["$ref"].as_str() {
        return document().pointer(reference.trim_start_matches('#')).and_then(vocabulary);
    }
    match schema {
        Value::Object(members) => members.values().find_map(vocabulary),
        Value::Array(items) => items.iter().find_map(vocabulary),
        _ => None,
    }
}

#[tokio::test]
async fn every_concept_has_a_field_and_every_value_is_in_its_vocabulary() {
    let app = TestApp::shared();
    let served = app.call("GET", "/v1/vocabularies").send().await;
    let mut vocabularies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for list in served.json["items"].as_array().unwrap() {
        let values = list["values"].as_array().unwrap().iter();
        let values = values.map(|value| value["code"].as_str().unwrap().to_owned()).collect();
        vocabularies.insert(list["name"].as_str().unwrap().to_owned(), values);
    }
    let schemas = &document()["components"]["schemas"];
    let lines = lines();
    assert!(lines.len() > 60, "{} lines were read", lines.len());
    for [concept, articles, field, values] in &lines {
        assert!(
            articles.split(' ').all(|number| matches!(number, "0" | "1" | "2" | "3" | "4")),
            "{concept}: {articles}"
        );
        let [name] = codes(field)[..] else { panic!("{concept}: {field}") };
        let (schema, property) = name.split_once('.').unwrap();
        let property: &'static Value = &schemas[schema]["properties"][property];
        assert!(property.is_object(), "{concept}: {name} is not in the document");
        for value in codes(values) {
            let of = vocabulary(property).unwrap_or_else(|| panic!("{name} has no vocabulary"));
            assert!(vocabularies[of].contains(value), "{concept}: {of} has no {value}");
        }
    }
    let read: BTreeSet<&str> = lines.iter().flat_map(|line| line[1].split(' ')).collect();
    assert_eq!(read.len(), 5, "every article is drawn on");
}

#[test]
fn every_collection_appears_in_the_tables() {
    let lines = lines();
    for collection in pain_journal::collections::ALL {
        let collection = collection.definition().schema;
        let prefix = format!("`{collection}.");
        assert!(lines.iter().any(|line| line[2].starts_with(&prefix)), "{collection}");
    }
}
