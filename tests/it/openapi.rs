//! The document: committed as served, whole, and precise enough to generate clients from.

use crate::support::contract::{document, operations};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Visits every value of the document with its path.
fn walk(value: &Value, path: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(path, value);
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                walk(inner, &format!("{path}/{name}"), visit);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                walk(inner, &format!("{path}/{index}"), visit);
            }
        }
        _ => {}
    }
}

/// Every schema of the document that stands for itself, with its path.
fn schemas() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    walk(document(), "#", &mut |path, value| {
        let is_example = path.contains("/example");
        if value["type"].is_string() || value["type"].is_array() {
            // Not a property that is called "type", nor the security scheme's kind.
            let is_schema = !path.contains("securitySchemes") && !path.ends_with("/properties");
            if is_schema && !is_example {
                found.push((path.to_owned(), value.clone()));
            }
        }
    });
    found
}

fn is_of(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::Array(names) => names.iter().any(|one| one == name),
        one => one == name,
    }
}

#[test]
fn the_committed_document_is_that_of_the_code() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == pain_journal::app::openapi(),
        "the routes have changed: cargo run -- openapi > openapi/openapi.json"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let mut used = BTreeSet::new();
    walk(document(), "#", &mut |path, value| {
        if let Some(reference) = value["$ref"].as_str() {
            let target = document().pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{path}: {reference} leads nowhere");
            used.insert(reference.to_owned());
        }
    });
    for kind in ["schemas", "headers"] {
        for name in document()["components"][kind].as_object().unwrap().keys() {
            assert!(
                used.contains(&format!("#/components/{kind}/{name}")),
                "{kind}/{name} is unused"
            );
        }
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_words_and_a_word_on_who_may_call_it() {
    let tags = document()["tags"].as_array().unwrap();
    let tags: BTreeMap<&str, &str> = tags
        .iter()
        .map(|tag| (tag["name"].as_str().unwrap(), tag["description"].as_str().unwrap()))
        .collect();
    assert!(tags.values().all(|about| !about.is_empty()), "{tags:?}");
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations() {
        let what = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{what}: {id} is taken");
        assert!(id.starts_with(|c: char| c.is_ascii_lowercase()), "{id}");
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric()), "{id}");
        for words in ["summary", "description"] {
            let words = operation[words].as_str().unwrap_or_default();
            assert!(words.len() > 3, "{what} has no {words}");
            assert!(!words.contains("  "), "{what}: {words}");
        }
        let tag = operation["tags"].as_array().unwrap();
        assert_eq!(tag.len(), 1, "{what}");
        assert!(tags.contains_key(tag[0].as_str().unwrap()), "{what}");
        let authz = &operation["x-authz"];
        let auth = authz["auth"].as_str().unwrap_or_else(|| panic!("{what} has no x-authz"));
        assert_eq!(auth == "none", operation["security"] == serde_json::json!([]), "{what}");
        assert!(authz["step_up"].is_boolean() && authz["sections"].is_array(), "{what}");
        assert!(!path.contains("{share_id}") || authz["subject"] == "share", "{what}");
    }
}

#[test]
fn every_answer_is_described_and_every_problem_is_problem_json() {
    for (path, method, operation) in operations() {
        let what = format!("{method} {path}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{what}");
        assert!(responses.contains_key("500") && responses.contains_key("503"), "{what}");
        let authz = &operation["x-authz"];
        assert_eq!(
            responses.contains_key("401"),
            authz["auth"] != "none" || has_401(operation),
            "{what}"
        );
        assert_eq!(
            responses.contains_key("404"),
            path.contains('{') || path.ends_with("/redeem"),
            "{what}"
        );
        assert_eq!(responses.contains_key("415"), operation["requestBody"].is_object(), "{what}");
        for (status, response) in responses {
            let what = format!("{what} {status}");
            assert!(!response["description"].as_str().unwrap().is_empty(), "{what}");
            assert!(response["headers"]["X-Request-Id"].is_object(), "{what}");
            if status.as_str() < "400" {
                assert!(response["x-codes"].is_null(), "{what}");
                continue;
            }
            let media: Vec<&String> = response["content"].as_object().unwrap().keys().collect();
            assert_eq!(media, ["application/problem+json"], "{what}");
            assert!(!response["x-codes"].as_array().unwrap().is_empty(), "{what}");
        }
    }
}

/// Sign-in and refresh are open to anybody and answer 401 of their own.
fn has_401(operation: &Value) -> bool {
    let codes = &operation["responses"]["401"]["x-codes"];
    codes.as_array().is_some_and(|codes| {
        codes.iter().all(|code| code == "invalid_credentials" || code == "session_revoked")
    })
}

#[test]
fn every_parameter_is_described_and_every_placeholder_is_one() {
    for (path, method, operation) in operations() {
        let what = format!("{method} {path}");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let mut placeholders = BTreeSet::new();
        for parameter in &parameters {
            let name = parameter["name"].as_str().unwrap();
            assert!(parameter["description"].as_str().unwrap().len() > 3, "{what} {name}");
            assert!(parameter["schema"].is_object(), "{what} {name}");
            if parameter["in"] == "path" {
                assert_eq!(parameter["required"], true, "{what} {name}");
                placeholders.insert(format!("{{{name}}}"));
            }
        }
        let named = path.split('/').filter(|part| part.starts_with('{')).map(str::to_owned);
        assert_eq!(named.collect::<BTreeSet<_>>(), placeholders, "{what}");
    }
}

#[test]
fn every_string_list_and_number_has_its_limits() {
    let mut faults = Vec::new();
    for (path, schema) in schemas() {
        let has = |name: &str| !schema[name].is_null();
        if is_of(&schema, "string") && !["maxLength", "format", "enum"].into_iter().any(has) {
            faults.push(format!("{path}: a string without maxLength, format or enum"));
        }
        if is_of(&schema, "array") && !(has("maxItems") && has("items")) {
            faults.push(format!("{path}: a list without maxItems or items"));
        }
        if is_of(&schema, "integer") && !(has("minimum") && has("maximum") && has("format")) {
            faults.push(format!("{path}: an integer without minimum, maximum or format"));
        }
        if schema["maximum"].as_f64().is_some_and(|most| most > 9_007_199_254_740_991.0) {
            faults.push(format!("{path}: more than a client can hold"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_property_is_described_and_answers_leave_none_out() {
    let mut faults = Vec::new();
    for (name, schema) in document()["components"]["schemas"].as_object().unwrap() {
        if schema["description"].as_str().is_none_or(str::is_empty) {
            faults.push(format!("{name} has no description"));
        }
        let properties = schema["properties"].as_object();
        let required: BTreeSet<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|name| name.as_str().unwrap())
            .collect();
        for required in &required {
            if !properties.is_some_and(|p| p.contains_key(*required)) {
                faults.push(format!("{name}: {required} is required and not there"));
            }
        }
        let is_request = schema["additionalProperties"] == false;
        for (member, inner) in properties.into_iter().flatten() {
            let about = [&inner["description"], &inner["oneOf"][0]["description"]];
            if inner["$ref"].is_null() && !about.iter().any(|about| about.is_string()) {
                faults.push(format!("{name}.{member} has no description"));
            }
            // A fault has either a pointer or a parameter, single problems have members of their own,
            // and WatermelonDB reads the rejected ids, under its own name, only where there are any.
            let sparing = ["Fault", "Problem"].contains(&name.as_str());
            let is_library_name = member == "experimentalRejectedIds";
            if !is_request && !sparing && !is_library_name && !required.contains(member.as_str()) {
                faults.push(format!("{name}.{member} may be left out of an answer"));
            }
            if !is_library_name
                && !member.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            {
                faults.push(format!("{name}.{member} is not snake_case"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_request_schema_refuses_what_it_does_not_name() {
    for (path, method, operation) in operations() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let Some(reference) = schema["$ref"].as_str() else {
            assert!(operation["requestBody"].is_null(), "{method} {path} has a nameless body");
            continue;
        };
        let schema = document().pointer(reference.trim_start_matches('#')).unwrap();
        assert_eq!(schema["additionalProperties"], false, "{method} {path}");
    }
}
