//! The rows of a push as the document has them: what it calls required is, and no more of a row is taken
//! than it has.

use crate::records::samples;
use crate::support::TestApp;
use crate::support::contract::document;
use crate::support::people::fresh;
use serde_json::{Map, Value, json};

fn schema(name: &str) -> &'static Value {
    &document()["components"]["schemas"][name]
}

/// The row schemas of a collection in a push: of `created` and of `updated`.
fn rows_of(collection: &str) -> (&'static Value, &'static Value) {
    let named = |schema: &Value| {
        let reference = schema["$ref"].as_str().unwrap();
        document().pointer(reference.trim_start_matches('#')).unwrap()
    };
    let lists = named(&schema("SyncPush")["properties"]["changes"]["properties"][collection]);
    let row = |list: &str| named(&lists["properties"][list]["items"]);
    (row("created"), row("updated"))
}

/// What became of one created row: accepted, or the field that was at fault.
async fn pushed(ana: &crate::support::Person, collection: &str, row: &Value) -> Result<(), String> {
    let body = json!({"changes": {collection: {"created": [row]}}});
    let answer = ana.post("/v1/sync?last_pulled_at=0", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    match answer.json["rejected"].as_array().unwrap().first() {
        None => Ok(()),
        Some(rejected) => Err(rejected["field"].as_str().unwrap_or_default().to_owned()),
    }
}

#[tokio::test]
async fn a_created_row_needs_what_the_document_says_and_may_be_a_pulled_one() {
    let app = TestApp::shared();
    let ana = app.patient("rows").await;
    for sample in samples() {
        let (created, updated) = rows_of(sample.table);
        assert_eq!(
            created["allOf"][0]["$ref"].as_str().map(|name| name.rsplit('/').next()),
            Some(Some(&*format!("{}Updated", name_of(sample.table))))
        );
        assert_eq!(updated["required"], json!(["id"]), "{}", sample.table);
        assert_eq!(ana.create(&fresh(sample.path), &sample.body).await.status, 201);
        let page = ana.get(&format!("/v1/sync?collections={}", sample.table)).await;
        let row = page.json["changes"][sample.table]["updated"][0].as_object().unwrap().clone();
        for name in row.keys() {
            assert!(updated["properties"][name].is_object(), "{}.{name}", sample.table);
        }
        let under = |change: &dyn Fn(&mut Map<String, Value>)| {
            let mut row = row.clone();
            row.insert("id".into(), json!(uuid::Uuid::now_v7()));
            change(&mut row);
            Value::Object(row)
        };
        assert_eq!(pushed(&ana, sample.table, &under(&|_| {})).await, Ok(()), "{}", sample.table);
        let required = created["required"].as_array().unwrap();
        for name in required.iter().map(|name| name.as_str().unwrap()) {
            let without = under(&|row| drop(row.remove(name)));
            let refused = pushed(&ana, sample.table, &without).await;
            let expected = if name == "id" { String::new() } else { name.to_owned() };
            assert_eq!(refused, Err(expected), "{} without {name}", sample.table);
        }
        // What REST demands, a push demands, and nothing else.
        let rest =
            schema(&name_of(sample.table))["required"].as_array().cloned().unwrap_or_default();
        let mut wanted: Vec<Value> = rest;
        wanted.push(json!("id"));
        let mut listed = required.clone();
        for list in [&mut wanted, &mut listed] {
            list.sort_by_key(ToString::to_string);
        }
        assert_eq!(listed, wanted, "{}", sample.table);
    }
}

/// The name of a collection's schema: of its rows on a page, without the ending.
fn name_of(collection: &str) -> String {
    let changes = &schema("SyncPage")["properties"]["changes"]["properties"][collection]["$ref"];
    let name = changes.as_str().unwrap().rsplit('/').next().unwrap();
    name.strip_suffix("Changes").unwrap().to_owned()
}
