//! Is the document true? Status, code, media type and body of every answer against it.

use super::client::Answer;
use serde_json::{Map, Value};
use std::sync::OnceLock;

/// The document of the code under test, as it is written.
pub fn as_written() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(&pain_journal::api::openapi()).unwrap())
}

/// The document of the code under test, parameters and answers in their places.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = as_written().clone();
        for item in document["paths"].as_object_mut().unwrap().values_mut() {
            for operation in item.as_object_mut().unwrap().values_mut() {
                for response in operation["responses"].as_object_mut().unwrap().values_mut() {
                    put_in_place(response);
                }
                let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
                parameters.into_iter().flatten().for_each(put_in_place);
            }
        }
        document
    })
}

fn put_in_place(value: &mut Value) {
    if let Some(reference) = value["$ref"].as_str() {
        let target = as_written().pointer(reference.trim_start_matches('#'));
        *value = target.expect(reference).clone();
    }
}

/// The operations: path, method, description.
pub fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .iter()
                .map(|(method, op)| (path.as_str(), method.as_str(), op))
        })
        .collect()
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(t, p)| t.starts_with('{') || t == p)
}

/// Panics when the answer is not one the document allows.
pub fn check(method: &str, path: &str, answer: &Answer) {
    // HEAD is GET without the body.
    let (is_head, method) = (method == "HEAD", if method == "HEAD" { "GET" } else { method });
    let place = path.split('?').next().unwrap();
    let found: Vec<_> = operations()
        .into_iter()
        .filter(|(template, verb, _)| *verb == method.to_lowercase() && matches(template, place))
        .collect();
    // A fixed path wins over one with a placeholder.
    let operation = found.iter().min_by_key(|(template, _, _)| template.matches('{').count());
    let Some((template, _, operation)) = operation else {
        assert!(
            [404, 405].contains(&answer.status),
            "{method} {path} is served and not documented"
        );
        return;
    };
    let what = format!("{method} {template} → {} {}", answer.status, answer.text);
    let any = &operation["responses"]["default"];
    let response = match &operation["responses"][answer.status.to_string()] {
        Value::Null => any,
        response => response,
    };
    assert!(response.is_object(), "this status is not documented: {what}");
    assert!(!answer.header("x-request-id").is_empty(), "no request id: {what}");
    if is_head {
        assert!(answer.text.is_empty(), "a body: {what}");
        return;
    }
    if answer.status >= 400 {
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
        let mut codes = [response, any].into_iter().flat_map(|r| r["x-codes"].as_array().unwrap());
        assert!(codes.any(|c| c == answer.code()), "this code is not documented: {what}");
    }
    let Some(content) = response["content"].as_object() else {
        assert!(answer.text.is_empty(), "a body where none is documented: {what}");
        return;
    };
    let (media, content) = content.iter().next().unwrap();
    assert!(answer.header("content-type").starts_with(media.as_str()), "{what}");
    if media.ends_with("json") {
        let faults = faults_of(&answer.json, &content["schema"]);
        assert!(faults.is_empty(), "{faults:#?}: {what}");
    }
}

/// What is wrong with a value by this schema.
pub fn faults_of(value: &Value, schema: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    fits(value, schema, "", &mut faults);
    faults
}

fn resolve(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let target = document().pointer(reference.trim_start_matches('#')).expect(reference);
            resolve(target)
        }
        None => schema,
    }
}

/// The part of JSON Schema that the document uses.
fn fits(value: &Value, schema: &Value, at: &str, faults: &mut Vec<String>) {
    let schema = resolve(schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices.iter().filter(|choice| {
            let mut none = Vec::new();
            fits(value, choice, at, &mut none);
            none.is_empty()
        });
        if fitting.count() != 1 {
            faults.push(format!("{at}: fits not exactly one of {choices:?}"));
        }
        return;
    }
    if !type_fits(value, &schema["type"]) {
        faults.push(format!("{at}: {value} is not {}", schema["type"]));
        return;
    }
    match value {
        Value::Object(object) => object_fits(object, schema, at, faults),
        Value::Array(items) => {
            if schema["maxItems"].as_u64().is_some_and(|most| items.len() as u64 > most) {
                faults.push(format!("{at}: too many items"));
            }
            for (index, item) in items.iter().enumerate() {
                fits(item, &schema["items"], &format!("{at}/{index}"), faults);
            }
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap();
            let low = schema["minimum"].as_f64().is_some_and(|least| number < least);
            let high = schema["maximum"].as_f64().is_some_and(|most| number > most);
            if low || high {
                faults.push(format!("{at}: {number} is out of range"));
            }
        }
        Value::String(text) => string_fits(text, schema, at, faults),
        Value::Null | Value::Bool(_) => {}
    }
}

fn type_fits(value: &Value, wanted: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    };
    match wanted {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        _ => true,
    }
}

/// Members by which the objects are known that leave members out: a fault has either a pointer or a
/// parameter, single problems have members of their own, a page of sync names the collections that have
/// changes, and WatermelonDB reads the rejected ids only where there are any.
const SPARING: [&str; 4] = ["pointer", "max_changes", "journal_entries", "experimentalRejectedIds"];

fn object_fits(object: &Map<String, Value>, schema: &Value, at: &str, faults: &mut Vec<String>) {
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    // What may be left out of a request is there in an answer.
    let whole = !SPARING.iter().any(|name| properties.contains_key(*name));
    let required = schema["required"].as_array().into_iter().flatten();
    let required = required.map(|name| name.as_str().unwrap());
    for name in required.chain(properties.keys().map(String::as_str).filter(|_| whole)) {
        if !object.contains_key(name) {
            faults.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, value) in object {
        match properties.get(name) {
            Some(schema) => fits(value, schema, &format!("{at}/{name}"), faults),
            None if schema["additionalProperties"] == true
                || schema["additionalProperties"].is_object() => {}
            None => faults.push(format!("{at}: {name} is not documented")),
        }
    }
}

fn string_fits(text: &str, schema: &Value, at: &str, faults: &mut Vec<String>) {
    if schema["maxLength"].as_u64().is_some_and(|most| text.chars().count() as u64 > most) {
        faults.push(format!("{at}: too long"));
    }
    let formed = match schema["format"].as_str() {
        Some("uuid") => text.parse::<uuid::Uuid>().is_ok(),
        Some("date") => chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok(),
        Some("date-time") => text.len() == 24 && text.ends_with('Z'),
        _ => true,
    };
    if !formed {
        faults.push(format!("{at}: {text} is not {}", schema["format"]));
    }
}
