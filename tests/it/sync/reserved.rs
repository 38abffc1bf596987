//! What a record says of itself in the words of the client libraries: it acts, or is refused by name.

use super::support::*;
use crate::support::TestApp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

fn list(name: &str, row: &Value) -> Value {
    json!({"journal_entries": {name: [row]}})
}

#[tokio::test]
async fn a_record_that_says_it_is_deleted_is_deleted_wherever_it_stands() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let whole = |id| entry(id, &json!({"note": "there", "mood": 5}));
    for name in ["created", "updated", "deleted"] {
        for said in [json!({"_deleted": true}), json!({"_status": "deleted"})] {
            let id = Uuid::now_v7();
            push(&ana, 0, created(&[whole(id)])).await;
            let mut row = whole(id);
            row.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
            let answer = push(&ana, head(&ana).await, list(name, &row)).await;
            assert_eq!(answer["accepted"], 1, "{name} {said}: {answer}");
            assert_eq!((&answer["records"], &answer["rejected"]), (&json!([]), &json!([])));
            assert_eq!(stands(&ana, id).await, Value::Null);
            assert!(Replica::of(&ana).await.dead.contains(&("journal_entries".to_owned(), id)));
            let again = push(&ana, head(&ana).await, list(name, &row)).await;
            assert_eq!((&again["unchanged"], &again["records"]), (&json!(1), &json!([])));
            // A record that the server never had is gone as it came.
            let answer =
                push(&ana, 0, list(name, &json!({"id": Uuid::now_v7(), "_deleted": true}))).await;
            assert_eq!(answer["unchanged"], 1);
        }
        for said in [json!({"_deleted": false}), json!({"_deleted": null})] {
            let id = Uuid::now_v7();
            let mut row = whole(id);
            row.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
            let answer = push(&ana, 0, list(name, &row)).await;
            if name == "deleted" && said["_deleted"] == false {
                assert_eq!(answer["rejected"][0]["field"], "_deleted");
            } else {
                assert_eq!(answer["rejected"], json!([]));
                assert_eq!(stands(&ana, id).await.is_null(), name == "deleted");
            }
        }
    }
}

#[tokio::test]
async fn no_other_word_is_taken_for_a_field_or_passed_over() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = Uuid::now_v7();
    push(&ana, 0, created(&[entry(id, &json!({"note": "there"}))])).await;
    let cursor = head(&ana).await;
    let unknown =
        ["_rev", "_meta", "_attachments", "deleted", "is_deleted", "deleted_at", "_id", "__v"];
    let unknown = unknown.map(|name| (name, json!(true), "unknown_field", name));
    let wrong = [
        ("_deleted", json!("true"), "invalid_value", "_deleted"),
        ("_deleted", json!(1), "invalid_value", "_deleted"),
        ("_undelete", json!("yes"), "invalid_value", "_undelete"),
        ("_status", json!("disposable"), "invalid_value", "_status"),
        ("_status", json!(2), "invalid_value", "_status"),
        ("_changed", json!(["mood"]), "invalid_value", "_changed"),
        ("_changed", json!("note,colour"), "unknown_field", "_changed"),
        ("_changed", json!("note,mood"), "invalid_value", "mood"),
        ("_base", json!("note"), "invalid_value", "_base"),
        ("_base", json!({"colour": "red"}), "unknown_field", "_base"),
        ("_base", json!({"_rev": "1-x"}), "unknown_field", "_base"),
        ("updated_at", json!("yesterday"), "invalid_value", "updated_at"),
        ("created_at", json!({}), "invalid_value", "created_at"),
    ];
    for (member, value, code, field) in unknown.into_iter().chain(wrong) {
        for name in ["created", "updated"] {
            let mut row = entry(id, &json!({"note": "typed"}));
            row[member] = value.clone();
            let answer = push(&ana, cursor, list(name, &row)).await;
            let refusal = &answer["rejected"][0];
            assert_eq!(
                (&refusal["code"], &refusal["field"]),
                (&json!(code), &json!(field)),
                "{member}"
            );
            assert_eq!(answer["experimentalRejectedIds"], json!({"journal_entries": [id]}));
        }
    }
    for (member, value, code, field) in [
        ("_rev", json!("1-x"), "unknown_field", "_rev"),
        ("deleted_at", json!(1), "unknown_field", "deleted_at"),
        ("_undelete", json!(true), "invalid_value", "_undelete"),
        ("_status", json!("created"), "invalid_value", "_status"),
        ("_base", json!([]), "invalid_value", "_base"),
    ] {
        let answer = push(&ana, cursor, list("deleted", &json!({"id": id, member: value}))).await;
        let refusal = &answer["rejected"][0];
        assert_eq!(
            (&refusal["code"], &refusal["field"]),
            (&json!(code), &json!(field)),
            "{member}"
        );
    }
    assert_eq!(stands(&ana, id).await["note"], "there");
    assert_eq!(head(&ana).await, cursor, "nothing of all this was written");
}

#[tokio::test]
async fn what_was_typed_before_the_delete_is_in_the_history() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = Uuid::now_v7();
    push(&ana, 0, created(&[entry(id, &json!({"note": "first", "mood": 5}))])).await;
    let mut row = entry(
        id,
        &json!({"note": "typed, then deleted", "mood": 5, "energy": null,
        "steps": -1, "_base": {"note": "first", "mood": 5}}),
    );
    row["_deleted"] = json!(true);
    let answer = push(&ana, head(&ana).await, updated(&[row])).await;
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!([])), "{answer}");
    let lines = history(&ana, id).await;
    let superseded: Vec<&Value> = lines.iter().filter(|line| line["op"] == "superseded").collect();
    assert_eq!(superseded.len(), 1);
    let wanted = json!({"note": {"from": "first", "to": "typed, then deleted"}});
    assert_eq!((&superseded[0]["changes"], &superseded[0]["applied"]), (&wanted, &json!(false)));
    // Where the delete is refused, too; the answer names it.
    let id = Uuid::now_v7();
    push(&ana, 0, created(&[entry(id, &json!({"note": "first"}))])).await;
    let before = head(&ana).await;
    let tablet = ana.other_device(&app).await;
    push(&tablet, before, updated(&[edit(id, &json!({"mood": 1}))])).await;
    let gone = deleted(&[json!({"id": id, "note": "typed", "_changed": "note", "_seen": before})]);
    let answer = push(&ana, before, gone).await;
    assert_eq!(answer["records"][0]["result"], "kept");
    let conflict = &answer["records"][0]["conflicts"]["note"];
    assert_eq!((&conflict["kept"], &conflict["sent"]), (&json!("first"), &json!("typed")));
    assert!(history(&ana, id).await.iter().any(|line| line["changes"]["note"]["to"] == "typed"));
}

#[tokio::test]
async fn who_answers_for_a_record_is_never_changed_by_a_push_and_never_in_silence() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let row = |clinician: Value| {
        json!({"id": Uuid::now_v7(), "starts_at": 1_777_662_000_000_i64, "time_zone": "Europe/Berlin",
            "status": "attended", "kind": "treatment", "clinician_id": clinician})
    };
    let push_one =
        async |row: Value| push(&ana, 0, json!({"treatment_sessions": {"created": [row]}})).await;
    let own = push_one(row(Value::Null)).await;
    assert_eq!((&own["accepted"], &own["records"]), (&json!(1), &json!([])), "{own}");
    let foreign = push_one(row(json!(ana.id))).await;
    assert_eq!(foreign["records"][0]["result"], "merged");
    assert_eq!(foreign["records"][0]["record"]["clinician_id"], Value::Null);
    assert_eq!(push_one(row(json!("me"))).await["rejected"][0]["field"], "clinician_id");
    let entry = entry(Uuid::now_v7(), &json!({"clinician_id": null}));
    let patients_own = push(&ana, 0, created(&[entry])).await;
    assert_eq!(patients_own["rejected"][0]["code"], "unknown_field");
}

#[tokio::test]
async fn every_fault_of_a_record_is_named() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = Uuid::now_v7();
    let mut bad =
        entry(id, &json!({"mood": 11, "note": "x".repeat(4001), "colour": "red", "_seen": "x"}));
    bad.as_object_mut().unwrap().remove("kind");
    let answer = push(&ana, 0, created(&[bad])).await;
    let refusal = &answer["rejected"][0];
    assert_eq!((&refusal["code"], &refusal["field"]), (&json!("unknown_field"), &json!("colour")));
    let faults: Map<String, Value> = refusal["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["field"].as_str().unwrap().to_owned(), fault["code"].clone()))
        .collect();
    let wanted = json!({"colour": "unknown_field", "mood": "invalid_value", "note": "too_large",
        "kind": "invalid_value", "_seen": "invalid_value"});
    assert_eq!(Value::Object(faults), wanted);
    // Rules across fields are judged together, too.
    let across = json!({"pain_least": 5, "pain_worst": 3, "pain_now": 2, "pain_free_day": true});
    let answer = push(&ana, 0, created(&[entry(id, &across)])).await;
    let wanted = ["pain_worst", "pain_free_day"]
        .map(|field| json!({"code": "invalid_value", "field": field}));
    assert_eq!(answer["rejected"][0]["faults"], json!(wanted));
    assert_eq!(answer["rejected"][0]["field"], "pain_worst");
}
