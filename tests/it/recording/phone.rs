//! The patient's phone beside a practitioner: what sync takes, keeps and brings.

use super::{Clinic, SESSIONS, own, visit};
use crate::records::merged;
use crate::support::TestApp;
use crate::sync::stream::Stream;
use crate::sync::support::{changes, edit, head, pull, push};
use serde_json::{Value, json};
use uuid::Uuid;

const TABLE: &str = "treatment_sessions";

/// The row of a session as the phone holds it.
async fn row(clinic: &Clinic, id: Uuid) -> Value {
    let page = pull(&clinic.ana, 0).await;
    let rows = page["changes"][TABLE]["updated"].as_array().cloned().unwrap_or_default();
    rows.into_iter().find(|row| row["id"] == json!(id)).unwrap_or_default()
}

async fn history(clinic: &Clinic, id: Uuid) -> Vec<Value> {
    let answer = clinic.ana.get(&format!("/v1/sync/history/{TABLE}/{id}")).await;
    answer.json["history"].as_array().unwrap_or_else(|| panic!("{}", answer.text)).clone()
}

#[tokio::test]
async fn what_a_practitioner_records_comes_to_the_phone() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let start = head(&clinic.ana).await;
    let mut stream = Stream::open(&clinic.ana).await;
    let (id, made) = clinic.session().await;
    stream.reaches(start + 1).await;
    let page = pull(&clinic.ana, start).await;
    let row = &page["changes"][TABLE]["updated"][0];
    assert_eq!((&row["id"], &row["clinician_id"]), (&json!(id), &json!(clinic.lind.id)));
    let points: Value = serde_json::from_str(row["points"].as_str().unwrap()).unwrap();
    assert_eq!(points, made.json["points"]);
    assert_eq!(clinic.lind.delete(&clinic.at(SESSIONS, id)).await.status, 204);
    stream.reaches(start + 2).await;
    let page = pull(&clinic.ana, start + 1).await;
    assert_eq!(page["changes"][TABLE]["deleted"], json!([id]));
}

#[tokio::test]
async fn own_words_are_taken_and_a_practitioners_fields_are_kept_in_one_push() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, made) = clinic.session().await;
    let typed = edit(id, &json!({"note": "warm", "needle_count": 3, "status": "missed"}));
    let answer = push(&clinic.ana, head(&clinic.ana).await, changes(TABLE, "updated", &[typed]));
    let answer = answer.await;
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!([])));
    let record = &answer["records"][0];
    assert_eq!(record["result"], "merged");
    let reason = "written_by_practitioner";
    for (field, kept, sent) in
        [("needle_count", json!(8), json!(3)), ("status", json!("attended"), json!("missed"))]
    {
        let conflict = &record["conflicts"][field];
        assert_eq!((&conflict["kept"], &conflict["sent"]), (&kept, &sent), "{field}");
        assert_eq!(conflict["reason"], reason);
    }
    assert_eq!(record["conflicts"].as_object().unwrap().len(), 2);
    let stands = row(&clinic, id).await;
    assert_eq!(record["record"], stands, "the answer has the record as it stands");
    let after = clinic.ana.get(&own(SESSIONS, id)).await.json;
    assert_eq!((&after["note"], &after["needle_count"]), (&json!("warm"), &json!(8)));
    assert_eq!(
        (&after["status"], &after["clinician_id"]),
        (&json!("attended"), &made.json["clinician_id"])
    );

    let history = history(&clinic, id).await;
    assert_eq!(history.len(), 3);
    let line = |op: &str| history.iter().find(|line| line["op"] == op).expect(op);
    let [created, updated, superseded] = ["create", "update", "superseded"].map(line);
    assert_eq!((&updated["applied"], &superseded["applied"]), (&json!(true), &json!(false)));
    assert_eq!(created["actor_id"], json!(clinic.lind.id));
    assert_eq!(updated["changes"], json!({"note": {"from": null, "to": "warm"}}));
    let kept = json!({"needle_count": {"from": 8, "to": 3},
        "status": {"from": "attended", "to": "missed"}});
    assert_eq!((&superseded["changes"], &superseded["actor_id"]), (&kept, &json!(clinic.ana.id)));
}

#[tokio::test]
async fn a_push_of_foreign_fields_alone_changes_nothing_and_says_so() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, made) = clinic.session().await;
    let cursor = head(&clinic.ana).await;
    let typed = edit(id, &json!({"needle_count": 3}));
    let answer = push(&clinic.ana, cursor, changes(TABLE, "updated", &[typed])).await;
    assert_eq!((&answer["accepted"], &answer["unchanged"]), (&json!(0), &json!(1)));
    assert_eq!(answer["records"][0]["conflicts"]["needle_count"]["kept"], 8);
    // The phone holds its own value; the next pull must mend it.
    let page = pull(&clinic.ana, cursor).await;
    assert_eq!(page["changes"][TABLE]["updated"][0]["needle_count"], 8);
    let stands = clinic.ana.get(&own(SESSIONS, id)).await.json;
    for (name, value) in made
        .json
        .as_object()
        .unwrap()
        .iter()
        .filter(|(n, _)| !["version", "etag"].contains(&n.as_str()))
    {
        assert_eq!(stands[name], *value, "{name}");
    }
    // The whole row with its values of before is what WatermelonDB sends for a changed note.
    let mut whole = row(&clinic, id).await;
    whole["note"] = json!("only this");
    whole["_changed"] = json!("note");
    let cursor = head(&clinic.ana).await;
    let answer = push(&clinic.ana, cursor, changes(TABLE, "updated", &[whole])).await;
    assert_eq!((&answer["accepted"], &answer["records"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn a_stale_copy_of_a_practitioners_field_is_no_wish_to_change_it() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, made) = clinic.session().await;
    let before = row(&clinic, id).await;
    let cursor = head(&clinic.ana).await;
    let more = merged(&visit(), &json!({"needle_count": 20}));
    let path = clinic.at(SESSIONS, id);
    assert_eq!(clinic.lind.replace(&path, made.etag(), &more).await.status, 200);
    let mut typed = before.clone();
    typed["note"] = json!("typed without a connection");
    typed["_base"] = before;
    let answer = push(&clinic.ana, cursor, changes(TABLE, "updated", &[typed])).await;
    let record = &answer["records"][0];
    assert_eq!((&record["result"], &record["conflicts"]), (&json!("merged"), &json!({})));
    let after = clinic.ana.get(&own(SESSIONS, id)).await.json;
    assert_eq!(
        (&after["needle_count"], &after["note"]),
        (&json!(20), &json!("typed without a connection"))
    );
    assert!(history(&clinic, id).await.iter().all(|line| line["op"] != "superseded"));
}

#[tokio::test]
async fn a_delete_of_a_practitioners_record_is_kept_and_sent_again() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, made) = clinic.session().await;
    let cursor = head(&clinic.ana).await;
    let answer = push(&clinic.ana, cursor, changes(TABLE, "deleted", &[json!(id)])).await;
    assert_eq!((&answer["accepted"], &answer["unchanged"]), (&json!(0), &json!(1)));
    assert_eq!(answer["records"][0]["result"], "kept");
    assert_eq!(clinic.ana.get(&own(SESSIONS, id)).await.json["points"], made.json["points"]);
    let page = pull(&clinic.ana, cursor).await;
    assert_eq!(page["changes"][TABLE]["updated"][0]["id"], json!(id), "the phone gets it back");
    // What the practitioner himself has deleted stays deleted.
    assert_eq!(clinic.lind.delete(&clinic.at(SESSIONS, id)).await.status, 204);
    let answer = push(&clinic.ana, cursor, changes(TABLE, "deleted", &[json!(id)])).await;
    assert_eq!((&answer["unchanged"], &answer["records"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn a_session_of_the_phone_is_the_patients_until_a_practitioner_writes_in_it() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = Uuid::now_v7();
    let typed = json!({"id": id, "status": "attended", "kind": "treatment",
        "starts_at": 1_748_934_000_000_i64, "time_zone": "Europe/Berlin", "needle_count": 5,
        "clinician_id": clinic.lind.id});
    let start = head(&clinic.ana).await;
    push(&clinic.ana, start, changes(TABLE, "created", &[typed])).await;
    assert_eq!(row(&clinic, id).await["clinician_id"], json!(null), "nobody is named by a phone");
    let seen = head(&clinic.ana).await;
    let found = clinic.lind.get(&clinic.at(SESSIONS, id)).await;
    let body = json!({"status": "attended", "kind": "treatment", "needle_count": 6,
        "starts_at": "2025-06-03T07:00:00Z", "time_zone": "Europe/Berlin"});
    let took = clinic.lind.replace(&clinic.at(SESSIONS, id), found.etag(), &body).await;
    assert_eq!(took.status, 200, "{}", took.text);
    // Typed on the phone before it heard of that.
    let late = edit(id, &json!({"needle_count": 7, "note": "mine"}));
    let answer = push(&clinic.ana, seen, changes(TABLE, "updated", &[late])).await;
    let conflict = &answer["records"][0]["conflicts"]["needle_count"];
    assert_eq!((&conflict["kept"], &conflict["sent"]), (&json!(6), &json!(7)));
    let now = row(&clinic, id).await;
    assert_eq!((&now["needle_count"], &now["note"]), (&json!(6), &json!("mine")));
    assert_eq!(now["clinician_id"], json!(clinic.lind.id));
}

#[tokio::test]
async fn a_push_of_a_practitioner_note_is_refused_and_the_rest_is_taken() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = Uuid::now_v7();
    let note = json!({"journal_date": "2025-06-03", "text": "shown", "visibility": "patient"});
    let made = clinic.lind.create(&clinic.at("practitioner-notes", id), &note).await;
    let start = head(&clinic.ana).await;
    let forged = json!({"id": Uuid::now_v7(), "journal_date": "2025-06-03", "text": "forged",
        "visibility": "author", "clinician_id": clinic.lind.id});
    let goal = json!({"id": Uuid::now_v7(), "journal_date": "2025-06-03", "kind": "sleep",
        "text": "through the night", "status": "open"});
    let all = json!({"practitioner_notes": {"created": [forged],
        "updated": [edit(id, &json!({"text": "other words"}))], "deleted": [id]},
        "goals": {"created": [goal]}});
    let answer = push(&clinic.ana, start, all).await;
    assert_eq!(answer["accepted"], 1);
    let rejected = answer["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), 3);
    for refusal in rejected {
        assert_eq!(refusal["code"], "read_only");
        assert_eq!(refusal["collection"], "practitioner_notes");
    }
    let notes = clinic.ana.get("/v1/practitioner-notes").await.json["data"].clone();
    let shown: Vec<&Value> = notes.as_array().unwrap().iter().map(|note| &note["text"]).collect();
    assert_eq!(shown, [&made.json["text"]]);
}
