//! Repeats: lost answers, copies in flight, late copies.

use super::support::*;
use crate::support::TestApp;
use futures_util::future::join_all;
use pain_journal::jobs;
use serde_json::{Value, json};
use uuid::Uuid;

fn key() -> String {
    Uuid::now_v7().to_string()
}

#[tokio::test]
async fn a_key_repeated_gets_the_stored_answer_to_the_byte() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let cursor = head(&ana).await;
    let (id, key) = (Uuid::now_v7(), key());
    let change = created(&[entry(id, &json!({"note": "once"})), json!({"id": "no id"})]);
    let first = try_push(&ana, cursor, Some(&key), change.clone()).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let moved = head(&ana).await;
    // Other writes in between do not change what was answered.
    push(&ana, moved, updated(&[edit(id, &json!({"note": "later"}))])).await;
    let after = head(&ana).await;
    let again = try_push(&ana, cursor, Some(&key), change.clone()).await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(head(&ana).await, after);
    assert_eq!(stands(&ana, id).await["note"], "later");

    let other = created(&[entry(id, &json!({"note": "other"}))]);
    let reused = try_push(&ana, cursor, Some(&key), other).await;
    assert_eq!((reused.status, reused.code()), (409, "idempotency_key_reused"));
    let reused = try_push(&ana, after, Some(&key), change.clone()).await;
    assert_eq!(reused.status, 409, "another cursor is another request");
    assert_eq!(head(&ana).await, after);

    // Keys belong to the account, whatever device sends them.
    let tablet = ana.other_device(&app).await;
    assert_eq!(try_push(&tablet, cursor, Some(&key), change.clone()).await.text, first.text);
    let theirs = created(&[entry(Uuid::now_v7(), &json!({}))]);
    assert_eq!(try_push(&tablet, cursor, Some(&key), theirs).await.status, 409);
    for bad in ["short", "with space in it", &"x".repeat(129)] {
        let answer = try_push(&ana, cursor, Some(bad), created(&[])).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_header"), "{bad}");
    }
}

#[tokio::test]
async fn a_repeat_without_a_key_changes_nothing() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let cursor = head(&ana).await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    push(&ana, cursor, created(&[entry(b, &json!({})), entry(a, &json!({"mood": 3}))])).await;
    let seen = head(&ana).await;
    let changes = json!({"journal_entries": {
        "created": [entry(Uuid::now_v7(), &json!({"note": "n"}))],
        "updated": [edit(a, &json!({"mood": 4}))], "deleted": [b]}});
    let first = push(&ana, seen, changes.clone()).await;
    assert_eq!((&first["accepted"], &first["unchanged"]), (&json!(3), &json!(0)));
    let after = Replica::of(&ana).await;
    for _ in 0..3 {
        let again = push(&ana, seen, changes.clone()).await;
        assert_eq!((&again["accepted"], &again["unchanged"]), (&json!(0), &json!(3)));
        assert_eq!(again["records"], json!([]));
    }
    assert_eq!(Replica::of(&ana).await, after);
    assert_eq!(history(&ana, a).await.len(), 2);
}

#[tokio::test]
async fn twenty_copies_in_flight_are_one_push() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let cursor = head(&ana).await;
    let (id, key) = (Uuid::now_v7(), key());
    let change = created(&[entry(id, &json!({"note": "copied"}))]);
    let copies = (0..20).map(|_| try_push(&ana, cursor, Some(&key), change.clone()));
    let answers = join_all(copies).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (200, &answers[0].text));
    }
    assert_eq!(answers[0].json["accepted"], 1);
    assert_eq!(head(&ana).await, cursor + 1);
    assert_eq!(history(&ana, id).await.len(), 1);
}

#[tokio::test]
async fn a_repeat_cannot_undo_another_device() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let start = head(&phone).await;
    let id = Uuid::now_v7();
    let create = created(&[entry(id, &json!({"note": "phone", "mood": 1}))]);
    let key = key();
    push(&phone, start, create.clone()).await;
    let mine = updated(&[edit(id, &json!({"mood": 2}))]);
    let seen = head(&phone).await;
    assert_eq!(try_push(&phone, seen, Some(&key), mine.clone()).await.status, 200);
    let theirs = updated(&[edit(id, &json!({"note": "tablet", "mood": 3}))]);
    push(&tablet, head(&tablet).await, theirs).await;
    // The keyed edit, and the create without a key.
    assert_eq!(try_push(&phone, seen, Some(&key), mine).await.status, 200);
    let again = push(&phone, start, create).await;
    assert_eq!((&again["accepted"], &again["unchanged"]), (&json!(0), &json!(1)));
    let now = stands(&phone, id).await;
    assert_eq!((&now["note"], &now["mood"]), (&json!("tablet"), &json!(3)));
    assert_eq!(again["records"][0]["result"], "merged");
    assert_eq!(again["records"][0]["record"], now, "rule 6a");
}

#[tokio::test]
async fn a_late_copy_of_a_create_stays_deleted_also_after_a_new_start_of_the_record() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = Uuid::now_v7();
    let first = created(&[entry(id, &json!({"note": "first", "mood": null}))]);
    push(&ana, 0, first.clone()).await;
    let before = head(&ana).await;
    push(&ana, before, deleted(&[json!(id)])).await;
    let late = push(&ana, before, first.clone()).await;
    assert_eq!((&late["accepted"], &late["records"][0]["record"]), (&json!(0), &Value::Null));
    assert_eq!(late["records"][0]["result"], "deleted");

    let second = created(&[entry(id, &json!({"note": "second"}))]);
    assert_eq!(push(&ana, head(&ana).await, second.clone()).await["accepted"], 1);
    assert_eq!(stands(&ana, id).await["note"], "second");
    let ops: Vec<Value> = history(&ana, id).await.iter().map(|l| l["op"].clone()).collect();
    assert_eq!(ops, ["create", "delete", "recreate"]);

    // An edit, and a late copy of the second create: nothing is undone.
    let edited = updated(&[edit(id, &json!({"note": "edited"}))]);
    push(&ana, head(&ana).await, edited).await;
    push(&ana, head(&ana).await, second.clone()).await;
    assert_eq!(stands(&ana, id).await["note"], "edited");
    let before = head(&ana).await;
    push(&ana, before, deleted(&[json!(id)])).await;
    let late = push(&ana, before, second).await;
    assert_eq!(late["records"][0]["result"], "deleted");
    assert_eq!(stands(&ana, id).await, Value::Null);
}

#[tokio::test]
async fn a_late_create_of_a_device_does_not_undo_its_newer_one() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let (start, id) = (head(&ana).await, Uuid::now_v7());
    // The first request is held up; the app syncs again with what was typed since.
    let typed = |note: &str, at: i64| {
        let at = 1_777_662_000_000_i64 + at;
        created(&[entry(
            id,
            &json!({"note": note, "created_at": 1_777_662_000_000_i64, "updated_at": at}),
        )])
    };
    push(&ana, start, typed("newer", 60_000)).await;
    let late = push(&ana, start, typed("older", 0)).await;
    assert_eq!(late["records"][0]["result"], "conflict");
    assert_eq!(stands(&ana, id).await["note"], "newer");
    let lines = history(&ana, id).await;
    assert_eq!(
        (&lines[1]["op"], &lines[1]["changes"]["note"]["to"]),
        (&json!("superseded"), &json!("older"))
    );
}

#[tokio::test]
async fn stored_answers_are_forgotten_after_their_time() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let (id, key) = (Uuid::now_v7(), key());
    let change = created(&[entry(id, &json!({}))]);
    let first = try_push(&ana, 0, Some(&key), change.clone()).await;
    let sql = app.sql().await;
    let age = async |days: i32| {
        let age = format!("UPDATE pj.sync_answers SET at = at - interval '{days} days'");
        sql.execute(&age, &[]).await.unwrap();
        app.run(|app| async move { jobs::forget(&app).await.unwrap() }).await;
    };
    age(29).await;
    assert_eq!(try_push(&ana, 0, Some(&key), change.clone()).await.text, first.text);
    age(2).await;
    let again = try_push(&ana, 0, Some(&key), change).await;
    assert_eq!((again.status, &again.json["unchanged"]), (200, &json!(1)));
}
