//! The document: committed as served, whole, and precise enough to generate clients from.

use crate::support::contract::{as_written, document, operations};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

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
        committed == pain_journal::api::openapi(),
        "the document is another one: script/generate writes it, and what follows from it"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let mut used = BTreeSet::new();
    walk(as_written(), "#", &mut |path, value| {
        if let Some(reference) = value["$ref"].as_str() {
            let target = as_written().pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{path}: {reference} leads nowhere");
            used.insert(reference.to_owned());
        }
    });
    for kind in ["schemas", "headers", "parameters", "responses"] {
        for name in document()["components"][kind].as_object().unwrap().keys() {
            assert!(
                used.contains(&format!("#/components/{kind}/{name}")),
                "{kind}/{name} is unused"
            );
        }
    }
}

/// The most bytes that the document has without blanks: every client that is generated reads them all.
const MOST_BYTES: usize = 560_000;

#[test]
fn the_document_says_each_thing_once_and_is_not_large() {
    let bytes = serde_json::to_string(as_written()).unwrap().len();
    assert!(bytes < MOST_BYTES, "{bytes} bytes");
    for (path, item) in as_written()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["$ref"].is_string(), "{what}: {parameter} is said in place");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                let has_own_body = status.as_str() < "300" && response["content"].is_object();
                assert!(has_own_body || response["$ref"].is_string(), "{what}: {status} in place");
                for (name, header) in response["headers"].as_object().into_iter().flatten() {
                    assert!(header["$ref"].is_string(), "{what}: {name} is said in place");
                }
            }
        }
    }
}

#[test]
fn operations_come_in_the_order_of_a_days_work() {
    let text = pain_journal::api::openapi();
    let at = |path: &str| text.find(&format!("\"{path}\": {{")).unwrap_or_else(|| panic!("{path}"));
    let day = [
        "/v1/auth/register",
        "/v1/auth/verify-email",
        "/v1/auth/login",
        "/v1/auth/refresh",
        "/v1/me",
        "/v1/journal-entries",
        "/v1/journal-entries/{id}",
        "/v1/sleep-records",
        "/v1/treatment-sessions",
        "/v1/reminders",
        "/v1/sync",
        "/v1/shares",
        "/v1/shares/redeem",
        "/v1/shares/{id}/confirm",
        "/v1/patients",
        "/v1/patients/{share_id}/journal-entries",
        "/v1/report",
        "/v1/report/snapshots",
        "/v1/patients/{share_id}/report",
        "/v1/vocabularies",
        "/healthz",
    ];
    for pair in day.windows(2) {
        assert!(at(pair[0]) < at(pair[1]), "{} comes before {}", pair[0], pair[1]);
    }
    let tags: Vec<&str> = as_written()["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    // What a tag holds stands together, in the order of the tags.
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (path, _, operation) in operations() {
        let tag = operation["tags"][0].as_str().unwrap();
        places.push((at(path), tags.iter().position(|name| *name == tag).unwrap()));
    }
    places.sort_unstable();
    assert!(places.is_sorted_by_key(|(_, tag)| *tag), "{tags:?}");
}

#[test]
fn a_summary_can_be_read_in_a_list() {
    let mut seen = BTreeSet::new();
    for (path, method, operation) in operations() {
        let summary = operation["summary"].as_str().unwrap();
        let what = format!("{method} {path}: {summary}");
        assert!(summary.chars().count() <= 80, "{what}");
        assert!(summary.starts_with(|c: char| c.is_ascii_uppercase()), "{what}");
        // One line of words, no more: no second sentence, no mark-up.
        assert!(!summary.ends_with('.') && !summary.contains(['\n', '`', '—', ':']), "{what}");
        assert!(seen.insert(summary), "{what}: there are two of it");
    }
}

#[test]
fn a_vocabulary_is_an_open_string_with_its_codes_as_examples() {
    let mut vocabularies = 0;
    for (path, schema) in schemas() {
        assert!(schema["enum"].is_null(), "{path} is closed: a client raises on an unknown code");
        if schema["x-vocabulary"].is_string() {
            let about = schema["description"].as_str().unwrap();
            let examples = schema["examples"].as_array().unwrap();
            let listed = examples.iter().filter_map(Value::as_str);
            assert!(listed.clone().count() == examples.len() && examples.len() > 1, "{path}");
            assert!(about.contains("The examples are all codes."), "{path}: {about}");
            // What a schema that is open does not say: a request with another code is refused.
            assert!(about.contains("request") && about.contains("refused"), "{path}: {about}");
            vocabularies += 1;
        }
    }
    assert!(vocabularies > 30, "{vocabularies}");
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
fn a_key_of_a_push_may_be_as_long_as_the_server_takes_it() {
    let key = &as_written()["components"]["parameters"]["IdempotencyKey"]["schema"];
    assert_eq!((&key["maxLength"], &key["pattern"]), (&json!(128), &json!("^[!-~]{8,128}$")));
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
        // A new row is a changed one with more that is required.
        let of = schema["allOf"][0]["$ref"].as_str().map(|to| to.trim_start_matches('#'));
        let of = of.map_or(schema, |to| document().pointer(to).unwrap());
        let properties = of["properties"].as_object();
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
        // What is read and written has one schema: a request may leave members out, an answer has them
        // all, which the client of these tests looks at.
        // A record is read and written by the same schemas, whoever writes it.
        let is_record = as_written()["components"]["schemas"][name]["allOf"].is_array();
        let is_written = is_record || schema["additionalProperties"] == false || is_written(name);
        for (member, inner) in properties.into_iter().flatten() {
            let about = [&inner["description"], &inner["oneOf"][0]["description"]];
            // A row of sync has the fields of its record, which are described there.
            let elsewhere = described_elsewhere(of, member);
            if !elsewhere && inner["$ref"].is_null() && !about.iter().any(|about| about.is_string())
            {
                faults.push(format!("{name}.{member} has no description"));
            }
            // A fault has either a pointer or a parameter, single problems have members of their own,
            // and WatermelonDB reads the rejected ids, under its own name, only where there are any.
            let sparing = ["Fault", "Problem"].contains(&name.as_str());
            let is_library_name = member == "experimentalRejectedIds";
            if !is_written && !sparing && !is_library_name && !required.contains(member.as_str()) {
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

/// Does the schema name another one whose fields it has, and has that one this member?
fn described_elsewhere(schema: &Value, member: &str) -> bool {
    // What every row of a push may say of itself is described once.
    if member.starts_with('_') {
        let push = document()["components"]["schemas"]["SyncPush"]["description"].as_str();
        return push.is_some_and(|about| about.contains(&format!("`{member}`")));
    }
    let about = schema["description"].as_str().unwrap_or_default();
    let lists = ["created", "updated", "deleted"];
    if about.contains("one collection") && lists.contains(&member) {
        return lists.iter().all(|list| schema["properties"][list].is_object());
    }
    let Some((_, rest)) = about.split_once("its fields are those of ") else { return false };
    let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
    let properties = &document()["components"]["schemas"][name]["properties"];
    assert!(properties.is_object(), "{about}");
    properties[member].is_object()
}

/// Is the schema part of a request body?
fn is_written(name: &str) -> bool {
    static WRITTEN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let bodies = operations().into_iter().map(|(_, _, operation)| &operation["requestBody"]);
        reached(bodies)
    });
    WRITTEN.contains(name)
}

/// The schemas that these parts of the document lead to.
fn reached<'a>(parts: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Value> = parts.collect();
    while let Some(part) = open.pop() {
        walk(part, "#", &mut |_, value| {
            let name =
                value["$ref"].as_str().and_then(|to| to.strip_prefix("#/components/schemas/"));
            if let Some(name) = name
                && found.insert(name.to_owned())
            {
                open.push(&document()["components"]["schemas"][name]);
            }
        });
    }
    found
}

#[test]
fn a_request_refuses_what_it_does_not_name_and_says_so() {
    let answers = operations().into_iter().map(|(_, _, operation)| &operation["responses"]);
    let read = reached(answers);
    for (path, method, operation) in operations() {
        let body = &operation["requestBody"];
        let schema = &body["content"]["application/json"]["schema"];
        let Some(reference) = schema["$ref"].as_str() else {
            assert!(body.is_null(), "{method} {path} has a nameless body");
            continue;
        };
        let name = reference.rsplit('/').next().unwrap();
        let closed = &document()["components"]["schemas"][name]["additionalProperties"];
        if read.contains(name) {
            // An answer may have more one day: the words say what the schema cannot.
            assert!(closed.is_null(), "{method} {path}");
            let about = body["description"].as_str().unwrap_or_default();
            assert!(about.contains("refused") && about.contains("`readOnly`"), "{method} {path}");
        } else {
            assert_eq!(closed, false, "{method} {path}");
        }
    }
}
