//! Pushes: every record by itself, and a request that is none leaves nothing behind.

use super::support::*;
use crate::support::TestApp;
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn one_bad_record_is_kept_aside_and_the_rest_is_written() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let start = head(&ana).await;
    let good: Vec<Uuid> = (0..30).map(|_| Uuid::now_v7()).collect();
    let bad: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
    let mut records: Vec<Value> = good.iter().map(|id| entry(*id, &json!({}))).collect();
    let faults = [
        (json!("not-an-id"), "invalid_id", Value::Null, json!({})),
        (json!(bad[0]), "invalid_value", json!("mood"), json!({"mood": 11})),
        (json!(bad[1]), "invalid_value", json!("kind"), json!({"kind": "weekly"})),
        (json!(bad[2]), "invalid_value", json!("note"), json!({"note": {"text": "x"}})),
        (json!(bad[3]), "unknown_field", json!("colour"), json!({"colour": "red"})),
        (json!(bad[4]), "too_large", json!("note"), json!({"note": "x".repeat(4001)})),
        (
            json!(bad[5]),
            "invalid_value",
            json!("pain_worst"),
            json!({"pain_least": 5, "pain_worst": 3}),
        ),
    ];
    for (n, (id, _, _, extra)) in faults.iter().enumerate() {
        let mut record = entry(Uuid::nil(), extra);
        record["id"] = id.clone();
        records.insert(n * 4, record);
    }
    let answer = push(&ana, start, created(&records)).await;
    assert_eq!(answer["accepted"], 30);
    assert_eq!(Replica::of(&ana).await.live.len(), 30);
    let rejected = answer["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), faults.len());
    for (id, code, field, _) in &faults {
        let found = rejected.iter().find(|r| r["id"] == *id).unwrap();
        assert_eq!((&found["code"], &found["field"]), (&json!(code), field), "{found}");
        assert_eq!(found["collection"], "journal_entries");
    }
    let ids = answer["experimentalRejectedIds"]["journal_entries"].as_array().unwrap();
    assert_eq!(ids.len(), faults.len());
    assert_eq!(answer["experimentalRejectedIds"].as_object().unwrap().len(), 1);

    // What was typed is in the quarantine, once, however often it is sent.
    push(&ana, start, created(&records)).await;
    let kept = ana.get("/v1/sync/rejected").await;
    let kept = kept.json["rejected"].as_array().unwrap();
    assert_eq!(kept.len(), faults.len());
    let too_large = kept.iter().find(|r| r["code"] == "too_large").unwrap();
    assert!(too_large["payload"].as_str().unwrap().contains(&"x".repeat(4001)));
    assert!(too_large["device_id"].is_string());
    // Nobody else sees them, and a good push has no such list.
    let ben = app.patient("ben").await;
    assert_eq!(ben.get("/v1/sync/rejected").await.json["rejected"], json!([]));
    let good = push(&ana, start, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    assert!(good.get("experimentalRejectedIds").is_none(), "{good}");
}

#[tokio::test]
async fn a_bad_update_leaves_the_record_and_its_neighbours_alone() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let both = created(&[entry(a, &json!({"pain_least": 5})), entry(b, &json!({}))]);
    push(&ana, 0, both).await;
    let cursor = head(&ana).await;
    // Each value is good; the record they would make is not.
    let edits = [edit(a, &json!({"pain_worst": 3})), edit(b, &json!({"pain_worst": 3}))];
    let answer = push(&ana, cursor, updated(&edits)).await;
    assert_eq!((&answer["accepted"], &answer["rejected"][0]["id"]), (&json!(1), &json!(a)));
    assert_eq!(stands(&ana, a).await["pain_worst"], Value::Null);
    assert_eq!(stands(&ana, b).await["pain_worst"], 3);
    let alone = push(&ana, cursor, deleted(&[json!(17), json!("x"), json!({"_base": {}})])).await;
    assert_eq!(alone["rejected"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_request_that_is_no_push_writes_nothing() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let start = head(&ana).await;
    let good = entry(Uuid::now_v7(), &json!({}));
    let whole = [
        (
            json!({"changes": {"journal_entries": {"created": [good]}, "moods": {"created": []}}}),
            "unknown_collection",
        ),
        (
            json!({"changes": {"journal_entries": {"created": [good], "updated": 5}}}),
            "invalid_body",
        ),
        (json!({"changes": {"journal_entries": {"created": [good], "moved": []}}}), "invalid_body"),
        (json!({"changes": {"journal_entries": [good]}}), "invalid_body"),
        (json!({"changes": [good]}), "invalid_body"),
        (json!({"journal_entries": {"created": [good]}}), "invalid_body"),
        (json!([]), "invalid_body"),
    ];
    for (body, code) in whole {
        let answer = ana.post(&format!("/v1/sync?last_pulled_at={start}"), &body).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body}");
    }
    for text in
        ["", "{", "{\"changes\": {}} x", "{\"changes\": {\"a\": nul}}", "\u{feff}\u{feff}{}"]
    {
        let path = format!("/v1/sync?last_pulled_at={start}");
        let answer = ana.call("POST", &path).raw(text).send().await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_json"), "{text}");
    }
    let query = format!("/v1/sync?last_pulled_at={start}&surprise=1");
    assert!(ana.post(&query, &json!({"changes": {}})).await.status >= 400);
    assert_eq!(head(&ana).await, start);
    assert_eq!(ana.get("/v1/sync/rejected").await.json["rejected"], json!([]));
}

#[tokio::test]
async fn an_answer_lists_exactly_what_stands_otherwise() {
    // Rule 6a: every record of the answer differs from what was sent, and no other does.
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let ids: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
    let fields = json!({"note": "n", "mood": 5});
    let all: Vec<Value> = ids.iter().map(|id| entry(*id, &fields)).collect();
    push(&phone, 0, created(&all)).await;
    let cursor = head(&phone).await;
    let theirs = json!({"journal_entries": {"updated": [
        edit(ids[1], &json!({"mood": 6})), edit(ids[2], &json!({"mood": 6})),
        edit(ids[4], &json!({"mood": 6}))], "deleted": [ids[3]]}});
    push(&tablet, cursor, theirs).await;
    let fresh = Uuid::now_v7();
    let whole = |id: Uuid, note: &str, mood: i64, changed: &str| {
        entry(id, &json!({"note": note, "mood": mood, "_changed": changed, "_status": "updated"}))
    };
    let mine = json!({"journal_entries": {
        "created": [entry(fresh, &json!({"note": "new"})), {"id": "bad"}],
        "updated": [whole(ids[0], "mine", 5, "note"), whole(ids[1], "mine", 5, "note"),
            whole(ids[2], "n", 7, "mood"), whole(ids[3], "mine", 5, "note")],
        "deleted": [ids[4], ids[5]]}});
    let answer = push(&phone, cursor, mine).await;
    let mut listed: Vec<(Uuid, &str)> = answer["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (id(&r["id"]), r["result"].as_str().unwrap()))
        .collect();
    listed.sort_unstable_by_key(|(id, _)| ids.iter().position(|known| known == id));
    let wanted =
        [(ids[1], "merged"), (ids[2], "conflict"), (ids[3], "resurrected"), (ids[4], "kept")];
    assert_eq!(listed, wanted);
    for record in answer["records"].as_array().unwrap() {
        assert_eq!(stands(&phone, id(&record["id"])).await, record["record"]);
        assert!(timestamp(record) <= timestamp(&answer));
    }
    assert_eq!((&answer["accepted"], &answer["unchanged"]), (&json!(6), &json!(1)));
}

#[tokio::test]
async fn revisions_of_a_push_are_consecutive_and_in_its_order() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let mut dice = Dice(9);
    let ids: Vec<Uuid> = (0..9).map(|_| dice.id()).collect();
    let all: Vec<Value> = ids.iter().map(|id| entry(*id, &json!({}))).collect();
    let before = head(&ana).await;
    let answer = push(&ana, before, created(&all)).await;
    assert_eq!(timestamp(&answer), before + 9);
    let order: Vec<Uuid> = rows(&pull(&ana, before).await).iter().map(|r| id(&r["id"])).collect();
    assert_eq!(order, ids);
    // A change of one record after another of the same push builds on it.
    let twice = json!({"journal_entries": {"created": [entry(ids[0], &json!({"mood": 1}))],
        "updated": [edit(ids[0], &json!({"note": "x"})), edit(ids[0], &json!({"note": "y"}))],
        "deleted": [ids[1], ids[1]]}});
    let answer = push(&ana, head(&ana).await, twice).await;
    assert_eq!((&answer["accepted"], &answer["unchanged"]), (&json!(4), &json!(1)));
    let now = stands(&ana, ids[0]).await;
    assert_eq!((&now["mood"], &now["note"]), (&json!(1), &json!("y")));
}
