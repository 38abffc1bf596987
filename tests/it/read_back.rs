//! What was read can be changed and sent back as it is: for everything that has GET and PUT.

use crate::records::{merged, samples};
use crate::support::contract::{document, operations};
use crate::support::people::{Person, fresh};
use crate::support::{Answer, TestApp};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a client may leave to the server, which settles it.
const SETTLED: [&str; 5] =
    ["journal_date", "utc_offset_minutes", "score", "flags", "instrument_version"];

/// The members that the server makes of what is at this path, as the document names them.
fn made(path: &str) -> Vec<String> {
    let schema = &document()["paths"][path]["put"]["requestBody"]["content"]["application/json"];
    let name = schema["schema"]["$ref"].as_str().unwrap();
    let schema = document().pointer(name.trim_start_matches('#')).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let made = properties.iter().filter(|(_, about)| about["readOnly"] == true);
    let made: Vec<String> = made.map(|(name, _)| name.clone()).collect();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    assert!(made.iter().all(|name| !required.contains(&json!(name))), "{path}: {required:?}");
    assert!(!made.is_empty(), "{path}");
    made
}

/// Sends back what was read, with these changes.
async fn put_back(person: &Person, at: &str, read: &Answer, change: &Value) -> Answer {
    person.replace(at, read.etag(), &merged(&read.json, change)).await
}

/// Whatever is at this address can be read and sent back: as it is, with one member changed, and with
/// what a generated client sends for members that are not set.
async fn takes_back(person: &Person, path: &str, at: &str, change: &Value) {
    let made = made(path);
    let read = person.get(at).await;
    assert_eq!(read.status, 200, "{}", read.text);
    for name in &made {
        assert!(read.json.as_object().unwrap().contains_key(name), "{at}: {name} is not read");
    }
    // What the server makes may be left out, or be what generated clients send for what is not set, or be
    // nonsense: it is nothing to the client's.
    let others = made.iter().filter(|name| !["id", "version", "etag"].contains(&name.as_str()));
    let nothing: Value = made.iter().map(|name| (name.clone(), Value::Null)).collect();
    let nonsense: Value = others.map(|name| (name.clone(), json!({"never": [1]}))).collect();
    for same in [json!({}), nothing, nonsense] {
        let read = person.get(at).await;
        let answer = put_back(person, at, &read, &same).await;
        assert_eq!(answer.status, 200, "{at} {same}: {}", answer.text);
        assert_eq!(unversioned(&answer.json), unversioned(&read.json), "{at}: as it was");
    }
    let read = person.get(at).await;
    let unknown = put_back(person, at, &read, &json!({"surprise": 1})).await;
    assert_eq!((unknown.status, unknown.pointers()), (422, vec!["#/surprise"]), "{at}");
    assert_eq!(unknown.json["errors"][0]["code"], "unknown_field");

    // One member at a time: it may need another of the client's, but no word of the server's is in its way.
    for (name, value) in change.as_object().unwrap() {
        let read = person.get(at).await;
        let answer = put_back(person, at, &read, &json!({name: value})).await;
        let blamed = answer.pointers();
        let is_the_servers = |pointer: &&str| {
            let name = pointer.trim_start_matches("#/");
            SETTLED.contains(&name) || made.iter().any(|made| made == name)
        };
        assert!([200, 422].contains(&answer.status), "{at} {name}: {}", answer.text);
        assert!(!blamed.iter().any(is_the_servers), "{at} {name}: {}", answer.text);
        assert_eq!(answer.status == 422, !blamed.is_empty(), "{at} {name}: {}", answer.text);
    }
    let read = person.get(at).await;
    let answer = put_back(person, at, &read, change).await;
    assert_eq!(answer.status, 200, "{at}: {}", answer.text);
    let objects = |value: &Value| value[0].is_object();
    for (name, value) in change.as_object().unwrap().iter().filter(|(_, value)| !objects(value)) {
        assert_eq!(&answer.json[name], value, "{at}");
    }
}

/// A share counts every PUT as a change.
fn unversioned(read: &Value) -> Value {
    let mut read = read.clone();
    read.as_object_mut()
        .unwrap()
        .retain(|name, _| !["version", "etag", "updated_at"].contains(&&**name));
    read
}

/// An id of another record and a version that was not asked for are refused, with all else.
async fn refuses_anothers(person: &Person, at: &str) {
    let read = person.get(at).await;
    // Through a share there is a tag of what is open instead of a version.
    let (name, code) = if read.json["etag"].is_string() {
        ("etag", "etag_mismatch")
    } else {
        ("version", "version_mismatch")
    };
    let named = format!("#/{name}");
    for (change, pointer, code) in [
        (json!({"id": "0195a3c2-0000-7000-8000-0000000000aa"}), "#/id", "id_mismatch"),
        (json!({"id": 7}), "#/id", "id_mismatch"),
        (json!({name: 1}), &*named, code),
        (json!({name: "x"}), &named, code),
    ] {
        let refused = put_back(person, at, &read, &change).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer]), "{}", refused.text);
        assert_eq!(refused.json["errors"][0]["code"], code);
    }
    let all = json!({"id": null, name: 1, "surprise": 1});
    let refused = put_back(person, at, &read, &all).await;
    assert_eq!(refused.pointers(), ["#/surprise", &*named], "{}", refused.text);
    let after = person.get(at).await;
    assert_eq!((after.etag(), &after.json), (read.etag(), &read.json), "nothing was written");
}

#[tokio::test]
async fn every_record_of_a_patient_takes_back_what_was_read() {
    let app = TestApp::shared();
    let ana = app.patient("readback").await;
    for sample in samples() {
        let path = format!("/v1/{}/{{id}}", sample.path);
        let at = fresh(sample.path);
        assert_eq!(ana.create(&at, &sample.body).await.status, 201);
        takes_back(&ana, &path, &at, &changed(&sample.body, &sample.other)).await;
        refuses_anothers(&ana, &at).await;
    }
}

/// What is different in `after`.
fn changed(before: &Value, after: &Value) -> Value {
    let differs =
        after.as_object().unwrap().iter().filter(|(name, value)| before[*name] != **value);
    let mut changes: Value = differs.map(|(name, value)| (name.clone(), value.clone())).collect();
    // Moments come back in UTC and lists empty; what they were is told by the records' own tests.
    let members = changes.as_object_mut().unwrap();
    members.retain(|name, value| !name.ends_with("_at") && !value.is_null() && name != "sites");
    changes
}

#[tokio::test]
async fn what_the_server_settles_anew_is_no_contradiction_to_what_was_read() {
    let app = TestApp::shared();
    let ana = app.patient("resettled").await;
    let mut moved = 0;
    for sample in samples() {
        let at = fresh(sample.path);
        assert_eq!(ana.create(&at, &sample.body).await.status, 201);
        let read = ana.get(&at).await;
        let moments = ["effective_at", "starts_at", "started_at", "taken_at"];
        for name in moments.into_iter().filter(|name| read.json[*name].is_string()) {
            // Two days before, in another zone, an hour more of offset: each alone.
            let before: chrono::DateTime<chrono::Utc> =
                read.json[name].as_str().unwrap().parse().unwrap();
            let before = (before - chrono::Duration::days(2)).format("%Y-%m-%dT%H:%M:%S%.3fZ");
            for change in [
                json!({name: before.to_string()}),
                json!({"time_zone": "Asia/Tokyo"}),
                json!({"time_zone": "Asia/Tokyo", "utc_offset_minutes": 540}),
                json!({"utc_offset_minutes": 600}),
            ] {
                let read = ana.get(&at).await;
                // An end would be too far from a start that has moved.
                let change = match name {
                    "starts_at" => merged(&change, &json!({"ends_at": null})),
                    "started_at" => merged(&change, &json!({"ended_at": null})),
                    _ => change,
                };
                let answer = put_back(&ana, &at, &read, &change).await;
                assert_eq!(answer.status, 200, "{at} {change}: {}", answer.text);
                let day = answer.json["journal_date"].as_str().unwrap();
                assert_eq!(day, day_of(&answer.json, name), "{change}: {}", answer.text);
                moved += 1;
            }
        }
    }
    assert!(moved >= 20, "{moved}");
    let at = fresh("assessments");
    let peg = samples().into_iter().find(|sample| sample.path == "assessments").unwrap();
    assert_eq!(ana.create(&at, &peg.body).await.status, 201);
    let read = ana.get(&at).await;
    let again = put_back(&ana, &at, &read, &json!({"answers": peg.other["answers"]})).await;
    assert_eq!((again.status, &again.json["score"]), (200, &json!(2.0)), "{}", again.text);
}

/// The journal day of a record's moment, by its own words.
fn day_of(record: &Value, name: &str) -> String {
    let at: chrono::DateTime<chrono::Utc> = record[name].as_str().unwrap().parse().unwrap();
    let minutes = record["utc_offset_minutes"].as_i64().unwrap() - 240;
    (at + chrono::Duration::minutes(minutes)).format("%Y-%m-%d").to_string()
}

#[tokio::test]
async fn every_record_of_a_practitioner_takes_back_what_was_read_through_the_share() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("lent").await, app.practitioner("lender").await);
    // Notes stay closed: what is not shown must not be lost, nor be in the way.
    let share = ana.let_record(&lind, &["pain", "treatment"]).await;
    let mut tried = BTreeSet::new();
    for (path, _, operation) in operations().into_iter().filter(|(path, method, _)| {
        *method == "put" && path.starts_with("/v1/patients/{share_id}/")
    }) {
        let collection = path.split('/').nth(4).unwrap();
        let at = path.replace("{share_id}", &share);
        let id = uuid::Uuid::now_v7().to_string();
        let at = at.replace("{id}", &id);
        let sample = samples().into_iter().find(|sample| sample.path == collection);
        let change = if let Some(sample) = sample {
            // The patient makes the record with a note of the own; the practitioner takes it on.
            let own = format!("/v1/{collection}/{id}");
            assert_eq!(ana.create(&own, &sample.body).await.status, 201);
            match collection {
                // The words of these are the patient's own; beside them stands what the practitioner holds.
                "pain-episodes" => {
                    json!({"clinical_conditions": ["facet_joint"], "clinical_note": "Seen today."})
                }
                "adverse-events" => {
                    json!({"clinical_severity": "moderate", "clinical_note": "Seen today."})
                }
                _ => changed(&sample.body, &sample.other),
            }
        } else {
            let note = json!({"journal_date": "2025-06-03", "text": "Felt better.",
                "visibility": "author"});
            let made = lind.create(&at, &note).await;
            assert_eq!(made.status, 201, "{collection}: {}", made.text);
            json!({"text": "Felt much better."})
        };
        takes_back(&lind, path, &at, &change).await;
        refuses_anothers(&lind, &at).await;
        assert!(operation["x-authz"]["recording"] == true);
        tried.insert(collection.to_owned());
    }
    assert!(tried.len() >= 4, "{tried:?}");
    let own = ana.get("/v1/treatment-sessions").await;
    assert_eq!(own.json["data"][0]["note"], "first visit", "the patient's note is still there");
}

#[tokio::test]
async fn a_share_and_a_licence_take_back_what_was_read() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("terms").await, app.practitioner("licensed").await);
    let share = ana.share_with(&lind, &["pain", "sleep"]).await;
    let at = format!("/v1/shares/{share}");
    takes_back(&ana, "/v1/shares/{id}", &at, &json!({"label": "Dr. Lind, until May"})).await;
    refuses_anothers(&ana, &at).await;
    // What was read of one share makes another one: a POST has no id to differ from.
    let read = ana.get(&at).await;
    let another = ana.post("/v1/shares", &read.json).await;
    assert_eq!(another.status, 201, "{}", another.text);
    assert_ne!(another.json["share"]["id"], read.json["id"]);
    assert_eq!(another.json["share"]["state"], "invited");

    let at = "/v1/me/licence";
    let terms = json!({"number": "AC-1", "jurisdiction": "Bavaria, Germany"});
    assert_eq!(lind.call("PUT", at).json(&terms).send().await.status, 200);
    takes_back(&lind, at, at, &json!({"number": "AC-2"})).await;

    let at = "/v1/me";
    takes_back(&ana, at, at, &json!({"display_name": "Ana", "day_start_minute": 0})).await;
    refuses_anothers(&ana, at).await;
}

/// Whoever adds a resource with GET and PUT adds it here.
#[test]
fn everything_with_get_and_put_is_tried() {
    let mut wanted = BTreeSet::new();
    for (path, method, operation) in operations() {
        if method == "put" && document()["paths"][path]["get"].is_object() {
            let sent = &operation["requestBody"]["content"]["application/json"]["schema"];
            let read = &document()["paths"][path]["get"]["responses"]["200"]["content"];
            assert_eq!(sent, &read["application/json"]["schema"], "{path}: one schema for both");
            wanted.insert(path);
        }
    }
    let own: Vec<String> =
        samples().iter().map(|sample| format!("/v1/{}/{{id}}", sample.path)).collect();
    for path in &wanted {
        let tried = own.iter().any(|own| own == path)
            || path.starts_with("/v1/patients/{share_id}/")
            || ["/v1/shares/{id}", "/v1/me", "/v1/me/licence"].contains(path);
        assert!(tried, "{path} is tried by no test");
    }
    assert!(wanted.len() >= 18, "{wanted:?}");
}
