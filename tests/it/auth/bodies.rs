//! JSON of the wrong type in every field of every body of sign-in: always a 422 at that field.

use super::{GOOD, address, registration};
use crate::support::contract::{document, operations};
use crate::support::people::PASSWORD;
use crate::support::{Call, TestApp};
use serde_json::{Value, json};

/// A body that is taken, for each operation of the document's tag `auth`.
fn good(operation: &str) -> Value {
    let device = json!({"installation_id": "i", "name": "n", "platform": "p", "app_version": "v"});
    match operation {
        "register" => {
            registration(&address("types"), &json!({"display_name": "Ana", "organisation": "Home"}))
        }
        "verifyEmail" => json!({"verification_id": uuid::Uuid::now_v7(), "code": "123456",
            "token": null, "password": null, "device": device}),
        "login" => json!({"email": address("types"), "password": GOOD, "device": device,
            "device_secret": "pjd_x"}),
        "refreshTokens" => json!({"refresh_token": "pjr_x"}),
        "forgotPassword" => json!({"email": address("types"), "locale": "en"}),
        "resetPassword" => json!({"token": "x", "new_password": GOOD}),
        "changePassword" => json!({"current_password": PASSWORD, "new_password": PASSWORD}),
        "reauthenticate" => json!({"password": PASSWORD}),
        other => panic!("give a good body for {other}"),
    }
}

/// The document's word on one member of a body.
struct Member {
    /// Where it is, as a JSON pointer.
    pointer: String,
    types: Vec<&'static str>,
    required: bool,
}

fn resolve(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(target) => resolve(document().pointer(target.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// Every member of a body's schema, those of inner objects too.
fn members(schema: &'static Value, at: &str) -> Vec<Member> {
    let schema = resolve(schema);
    let required = schema["required"].as_array();
    let mut found = Vec::new();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let schema = resolve(schema);
        let pointer = format!("{at}/{name}");
        let types = match &schema["type"] {
            Value::String(one) => vec![one.as_str()],
            many => many.as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect(),
        };
        let required = required.is_some_and(|names| names.iter().any(|n| n == name));
        found.extend(members(schema, &pointer));
        found.push(Member { pointer, types, required });
    }
    found
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[tokio::test]
async fn t040_a_value_of_the_wrong_type_is_a_fault_of_its_field() {
    let app = TestApp::shared();
    let ana = app.patient("types").await;
    let wrong = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1.5e300),
        json!("text"),
        json!([]),
        json!(["password"]),
        json!({}),
        json!({"$ne": null}),
    ];
    let mut tried = 0;
    for (path, method, operation) in operations() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if operation["tags"][0] != "auth" || schema.is_null() {
            continue;
        }
        let good = good(operation["operationId"].as_str().unwrap());
        let send = |body: Value| -> Call {
            let call = Call::new(&ana.base, &method.to_uppercase(), path).json(&body);
            if operation["security"][0].is_null() { call } else { call.bearer(ana.token()) }
        };
        assert_ne!(send(good.clone()).send().await.status, 422, "{path}: the good body");
        for body in [Value::Null, json!([good]), json!("x"), json!(1)] {
            let answer = send(body.clone()).send().await;
            assert_eq!((answer.status, answer.pointers()), (422, vec!["#"]), "{path} {body}");
        }
        for member in members(schema, "") {
            for value in &wrong {
                let is = type_of(value);
                if member.types.contains(&is) || (is == "null" && !member.required) {
                    continue;
                }
                let mut body = good.clone();
                *body.pointer_mut(&member.pointer).expect(&member.pointer) = value.clone();
                let answer = send(body).send().await;
                let what = format!("{path} {} = {value}: {}", member.pointer, answer.text);
                assert_eq!(answer.status, 422, "{what}");
                let expected = format!("#{}", member.pointer);
                assert!(answer.pointers().iter().any(|p| p.starts_with(&expected)), "{what}");
                tried += 1;
            }
            if member.required {
                let mut body = good.clone();
                let (parent, name) = member.pointer.rsplit_once('/').unwrap();
                body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
                let answer = send(body).send().await;
                assert_eq!(answer.json["errors"][0]["code"], "required", "{}", answer.text);
            }
        }
    }
    assert!(tried > 100, "only {tried} bodies were tried");
}
