//! Is the document true? Status, code, media type and body of every answer against it.

use super::client::Answer;
use jsonschema::paths::{LazyLocation, Location};
use jsonschema::{Draft, Keyword, Registry, ValidationError, Validator};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

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
                let members = operation.as_object_mut().unwrap();
                members.entry("security").or_insert_with(|| as_written()["security"].clone());
                for response in operation["responses"].as_object_mut().unwrap().values_mut() {
                    put_in_place(response);
                }
                let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
                parameters.into_iter().flatten().for_each(put_in_place);
            }
        }
        put_together(document["components"]["schemas"].as_object_mut().unwrap());
        document
    })
}

/// A record's schema as one: it is written as the parts that records share, which are read together.
fn put_together(schemas: &mut Map<String, Value>) {
    let (parts, mut read) = (schemas.clone(), BTreeSet::new());
    for schema in schemas.values_mut() {
        let all = schema["allOf"].as_array().filter(|all| all.len() > 1);
        let Some(all) = all.cloned() else { continue };
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in &all {
            let name = part["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
            properties.extend(parts[name]["properties"].as_object().unwrap().clone());
            required.extend(parts[name]["required"].as_array().cloned().unwrap_or_default());
            read.insert(name.to_owned());
        }
        *schema = json!({"type": "object", "description": schema["description"],
            "properties": properties, "required": required});
    }
    schemas.retain(|name, _| !read.contains(name));
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

/// What is wrong with a value by this schema of the document.
pub fn faults_of(value: &Value, schema: &Value) -> Vec<String> {
    static VALIDATORS: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let validator = {
        let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
        let made =
            validators.entry(schema.to_string()).or_insert_with(|| Arc::new(validator(schema)));
        Arc::clone(made)
    };
    let faults = validator.iter_errors(value);
    faults.map(|fault| format!("{}: {fault}", fault.instance_path)).collect()
}

/// Where the schemas of the document are for the references of [`validator`].
const COMPONENTS: &str = "urn:pain-journal:document";

/// A schema of the document, made strict, with all it refers to.
#[expect(clippy::result_large_err, reason = "the library's own error")]
fn validator(schema: &Value) -> Validator {
    static COMPONENTS_OF_ANSWERS: LazyLock<Registry> = LazyLock::new(|| {
        let mut schemas = document()["components"]["schemas"].clone();
        schemas.as_object_mut().unwrap().values_mut().for_each(make_strict);
        let document = json!({"components": {"schemas": schemas}});
        Registry::try_new(COMPONENTS, Draft::Draft202012.create_resource(document)).unwrap()
    });
    let mut schema = schema.clone();
    make_strict(&mut schema);
    let text = schema.to_string().replace("\"#/", &format!("\"{COMPONENTS}#/"));
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        // All moments are written in one form.
        .with_format("date-time", |text: &str| text.len() == 24 && text.ends_with('Z'))
        .with_keyword(WHOLE, |_, _, _| Ok(Box::new(Whole)))
        .with_registry(COMPONENTS_OF_ANSWERS.clone())
        .build(&serde_json::from_str(&text).unwrap())
        .unwrap()
}

/// Members by which the objects are known that leave members out: a fault has either a pointer or a
/// parameter, single problems have members of their own, a page of sync names the collections that have
/// changes, and WatermelonDB reads the rejected ids only where there are any.
const SPARING: [&str; 4] = ["pointer", "max_changes", "journal_entries", "experimentalRejectedIds"];

/// Asks more of an answer than the document promises, so that it has no member without a description
/// and leaves none out: what may be left out of a request is there in an answer. And an integer is
/// written as one, without a fraction.
fn make_strict(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            let is_whole = match keywords.get("type") {
                Some(Value::Array(types)) => {
                    !types.contains(&json!("number")) && types.contains(&json!("integer"))
                }
                of_one => of_one.is_some_and(|name| name == "integer"),
            };
            if is_whole {
                keywords.insert(WHOLE.into(), true.into());
            }
            let names =
                keywords.get_mut("properties").and_then(Value::as_object_mut).map(|members| {
                    members.values_mut().for_each(make_strict);
                    members.keys().cloned().collect::<Vec<String>>()
                });
            if let Some(names) = names {
                if !names.iter().any(|name| SPARING.contains(&name.as_str())) {
                    keywords.insert("required".into(), names.into());
                }
                keywords.entry("additionalProperties").or_insert(false.into());
            }
            for inner in ["items", "additionalProperties", "oneOf", "allOf"] {
                keywords.get_mut(inner).into_iter().for_each(make_strict);
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(make_strict),
        _ => {}
    }
}

/// Our own keyword: a number that is written without a fraction.
const WHOLE: &str = "x-whole";

struct Whole;

impl Keyword for Whole {
    fn validate<'i>(
        &self,
        instance: &'i Value,
        location: &LazyLocation<'_, '_>,
    ) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            return Ok(());
        }
        let place = location.into();
        Err(ValidationError::custom(Location::new(), place, instance, "it has a fraction"))
    }

    fn is_valid(&self, instance: &Value) -> bool {
        !instance.is_f64()
    }
}

#[test]
fn an_answer_that_the_document_does_not_describe_is_told() {
    let schema = json!({"type": "object", "properties": {
        "at": {"type": "string", "format": "date-time"},
        "time": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        "kind": {"type": ["string", "null"], "enum": ["daily", "weekly", null]},
        "count": {"type": "integer", "maximum": 9},
        "device": {"$ref": "#/components/schemas/DeviceInfo"},
    }, "required": ["at"]});
    let device =
        json!({"name": "phone", "installation_id": null, "platform": null, "app_version": null});
    let good = json!({"at": "2025-06-01T08:00:00.000Z", "time": "08:00", "kind": null, "count": 3,
        "device": device});
    assert_eq!(faults_of(&good, &schema), [""; 0]);
    for (place, bad) in [
        ("/at", json!("2025-06-01T08:00:00Z")),
        ("/time", json!("24:00")),
        ("/kind", json!("yearly")),
        ("/count", json!(10)),
        ("/count", json!(3.0)),
        ("/device/name", json!(1)),
        ("/device/other", json!(1)),
        ("/other", json!(1)),
    ] {
        let mut answer = good.clone();
        let (object, name) = place.rsplit_once('/').unwrap();
        answer.pointer_mut(object).unwrap()[name] = bad;
        let faults = faults_of(&answer, &schema);
        assert_eq!(faults.len(), 1, "{place}: {faults:?}");
        assert!(faults[0].starts_with(place) || place.ends_with("other"), "{place}: {faults:?}");
        answer.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(name);
        let is_told = !faults_of(&answer, &schema).is_empty();
        assert_eq!(is_told, !place.ends_with("other"), "{place} is left out");
    }
}
