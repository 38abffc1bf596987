//! docs/sync.md shows what is so: the client's listings, the collections, and what each requires.

use crate::support::contract;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../../docs/sync.md");
const CLIENT: &str = include_str!("../../../examples/sync_client.py");

#[test]
fn the_listings_of_the_page_are_the_client() {
    let blocks = PAGE.split("\n```python\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let blocks: Vec<&str> = blocks.collect();
    assert!(blocks.len() >= 6, "{} listings", blocks.len());
    for block in blocks {
        assert!(CLIENT.contains(block), "not in examples/sync_client.py:\n{block}");
    }
}

/// The words in backquotes.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_names_every_collection_and_what_it_requires() {
    let (_, table) = PAGE.split_once("| collection | a new record needs `id` and |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with("| "));
    let told: BTreeMap<String, BTreeSet<String>> = rows
        .map(|row| {
            let (name, needs) = row.trim_start_matches("| ").split_once(" | ").unwrap();
            (name.replace('`', ""), quoted(needs))
        })
        .collect();
    let document = contract::document();
    let changes = &document["components"]["schemas"];
    let mut known = BTreeMap::new();
    for (name, schema) in changes.as_object().unwrap() {
        if let Some(collection) = name.strip_suffix("Created") {
            let required = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str);
            let required: BTreeSet<String> =
                required.filter(|field| *field != "id").map(str::to_owned).collect();
            known.insert(collection.to_owned(), required);
        }
    }
    assert_eq!(told.len(), known.len(), "{known:?}");
    for (collection, mut needs) in told {
        // Schemas are called in the singular.
        let words = collection.split('_').map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        });
        let plural: String = words.collect();
        let name = plural.strip_suffix("ies").map(|stem| format!("{stem}y"));
        let name = name.unwrap_or_else(|| plural.trim_end_matches('s').to_owned());
        let required = known.get(&name).unwrap_or_else(|| panic!("{name} of {collection}"));
        match collection.as_str() {
            // Phones do not write there.
            "practitioner_notes" => assert!(needs.is_empty()),
            // Either the times or the day, which no schema says.
            "sleep_records" => {
                for field in ["rise_at", "bed_at", "journal_date"] {
                    assert!(needs.remove(field), "{field}");
                }
                assert_eq!(&needs, required);
            }
            _ => assert_eq!(&needs, required, "{collection}"),
        }
    }
}
