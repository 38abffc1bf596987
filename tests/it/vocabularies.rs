//! Vocabularies and warning signs: what apps keep and ask for again.

use crate::support::TestApp;
use crate::support::contract::document;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Every vocabulary that a schema of the document names, with the codes that it has as examples.
fn documented(value: &Value, found: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(members) => {
            if let Some(name) = members.get("x-vocabulary").and_then(Value::as_str) {
                let codes = members["examples"].as_array().unwrap();
                found.insert(name.to_owned(), codes.clone());
            }
            members.values().for_each(|inner| documented(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| documented(inner, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_names_every_vocabulary_and_every_one_it_names_is_served() {
    let app = TestApp::shared();
    let mut named = BTreeMap::new();
    documented(document(), &mut named);
    assert!(named.len() > 30, "{named:?}");
    let answer = app.get("/v1/vocabularies").await;
    let lists = answer.json["items"].as_array().unwrap();
    let served: BTreeSet<&str> = lists.iter().map(|list| list["name"].as_str().unwrap()).collect();
    let mut wanted: BTreeSet<&str> = named.keys().map(String::as_str).collect();
    assert_eq!(wanted.difference(&served).next(), None, "named and not served");
    // The body map has a schema of its own for the codes of its views.
    assert!(
        wanted.insert("view") && document()["components"]["schemas"]["BodyMapViewCode"].is_object()
    );
    assert_eq!(served, wanted, "served and not named");
    for list in lists.iter().filter(|list| list["name"] != "view") {
        let served = list["values"].as_array().unwrap().iter().map(|value| value["code"].clone());
        assert_eq!(served.collect::<Vec<_>>(), named[list["name"].as_str().unwrap()]);
    }
}

#[tokio::test]
async fn values_have_words_for_people_and_only_known_codes() {
    let lists = TestApp::shared().get("/v1/vocabularies").await.json["items"].clone();
    let list = |name: &str| {
        let lists = lists.as_array().unwrap();
        lists.iter().find(|list| list["name"] == name).unwrap()["values"].clone()
    };
    let region = &list("body_region")[0];
    assert!(region["label"].as_str().unwrap().starts_with(|c: char| c.is_uppercase()), "{region}");
    let conditions = list("condition");
    let stenosis = conditions.as_array().unwrap().iter().find(|v| v["code"] == "spinal_stenosis");
    let codes = &stenosis.unwrap()["codes"];
    assert_eq!(codes[0]["system"], "http://snomed.info/sct");
    assert_eq!(codes[0]["code"], "76107001");
    for value in lists.as_array().unwrap().iter().flat_map(|l| l["values"].as_array().unwrap()) {
        for code in value["codes"].as_array().unwrap() {
            let digits = code["code"].as_str().unwrap();
            assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{value}");
        }
    }
}

#[tokio::test]
async fn what_is_kept_is_asked_for_again_by_its_etag() {
    let app = TestApp::shared();
    for path in ["/v1/vocabularies", "/v1/red-flags"] {
        let first = app.get(path).await;
        assert_eq!(first.status, 200);
        assert_eq!(first.etag().len(), "\"s0123456789abcdef\"".len(), "{}", first.etag());
        let again = app.call("GET", path).header("If-None-Match", first.etag()).send().await;
        assert_eq!((again.status, again.text.as_str(), again.etag()), (304, "", first.etag()));
        let weak = format!("W/{}", first.etag());
        assert_eq!(app.call("GET", path).header("If-None-Match", &weak).send().await.status, 304);
        let older = app.call("GET", path).header("If-None-Match", "\"s0000000000000000\"");
        let older = older.send().await;
        assert_eq!((older.status, &older.json), (200, &first.json));
    }
}

#[tokio::test]
async fn there_is_a_question_for_each_warning_sign_and_one_text_for_all() {
    let app = TestApp::shared();
    let flags = app.get("/v1/red-flags").await.json;
    let codes = |items: &Value| -> Vec<String> {
        let items = items.as_array().unwrap();
        items.iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect()
    };
    let lists = app.get("/v1/vocabularies").await.json["items"].clone();
    let list = lists.as_array().unwrap().iter().find(|list| list["name"] == "red_flag").unwrap();
    assert_eq!(codes(&flags["questions"]), codes(&list["values"]));
    for question in flags["questions"].as_array().unwrap() {
        assert!(question["question"].as_str().unwrap().contains('?'), "{question}");
    }
    assert_eq!(flags["notice"]["code"], "seek_care_now");
}
