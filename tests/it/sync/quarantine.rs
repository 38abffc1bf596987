//! The quarantine: pages, an end, and two ways out.

use super::support::*;
use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// A record that is refused for its mood.
fn bad(id: Uuid, note: &str) -> Value {
    entry(id, &json!({"note": note, "mood": 11}))
}

/// All that is kept aside, page by page.
async fn kept(person: &Person, limit: usize) -> Vec<Value> {
    pages(person, "/v1/sync/rejected", "rejected", limit).await
}

#[tokio::test]
async fn it_is_read_in_pages_newest_first_each_record_once() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let ids: Vec<Uuid> = (0..25).map(|_| Uuid::now_v7()).collect();
    for id in &ids[..5] {
        push(&ana, 0, created(&[bad(*id, "one by one")])).await;
    }
    let rest: Vec<Value> = ids[5..].iter().map(|id| bad(*id, "together")).collect();
    push(&ana, 0, created(&rest)).await;
    for limit in [1, 7, 25, 200] {
        let all = kept(&ana, limit).await;
        let mut seen: Vec<Uuid> = all.iter().map(|one| id(&one["record_id"])).collect();
        let first: Vec<Uuid> = seen.iter().rev().take(5).copied().collect();
        assert_eq!(first, &ids[..5], "the oldest come last");
        seen.sort_unstable();
        assert_eq!(seen, ids);
    }
    let page = ana.get("/v1/sync/rejected?limit=7").await;
    let cursor = page.json["next_cursor"].as_str().unwrap();
    let bert = app.patient("bert").await;
    let foreign = bert.get(&format!("/v1/sync/rejected?cursor={cursor}")).await;
    assert_eq!((foreign.status, foreign.code()), (400, "invalid_cursor"));
    for query in ["limit=0", "limit=201", "limit=x", "since=1"] {
        let answer = ana.get(&format!("/v1/sync/rejected?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
    }
}

#[tokio::test]
async fn a_record_leaves_when_it_is_mended_by_a_push_or_over_rest() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let path = fresh("journal-entries");
    let by_rest: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
    let (by_push, stays) = (Uuid::now_v7(), Uuid::now_v7());
    let odd = json!({"id": by_push.to_string().to_uppercase(), "colour": "red"});
    push(&ana, 0, created(&[bad(by_push, "a"), odd, bad(by_rest, "b"), bad(stays, "c")])).await;
    assert_eq!(kept(&ana, 50).await.len(), 4);
    let mended = push(&ana, 0, created(&[entry(by_push, &json!({"mood": 10}))])).await;
    assert_eq!(mended["accepted"], 1);
    assert_eq!(kept(&ana, 50).await.len(), 2, "both refusals of the record");
    let made = ana.create(&path, &daily("2026-11-01", &json!({"note": "b"}))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let left = kept(&ana, 50).await;
    assert_eq!((left.len(), &left[0]["record_id"]), (1, &json!(stays)));
    // Refused again it is still there, once; deleted on the device it goes.
    push(&ana, 0, created(&[bad(stays, "c")])).await;
    assert_eq!(kept(&ana, 50).await, left);
    push(&ana, 0, deleted(&[json!(stays)])).await;
    assert_eq!(kept(&ana, 50).await, [Value::Null; 0]);
}

#[tokio::test]
async fn another_device_that_has_not_seen_what_was_typed_takes_none_of_it_away() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let id = Uuid::now_v7();
    push(&phone, 0, created(&[entry(id, &json!({}))])).await;
    let typed = edit(id, &json!({"note": "typed on the phone", "mood": 11}));
    push(&phone, head(&phone).await, updated(&[typed])).await;
    push(&tablet, head(&tablet).await, updated(&[edit(id, &json!({"steps": 5}))])).await;
    assert_eq!(kept(&tablet, 50).await.len(), 1);
    // Who mends what was at fault has seen it.
    let mends = edit(id, &json!({"note": "typed on the phone", "mood": 1}));
    push(&tablet, head(&tablet).await, updated(&[mends])).await;
    assert_eq!(kept(&phone, 50).await.len(), 0);
}

#[tokio::test]
async fn its_owner_lets_a_record_go_and_nobody_else_does() {
    let app = TestApp::shared();
    let (ana, bert) = (app.patient("ana").await, app.patient("bert").await);
    push(&ana, 0, created(&[bad(Uuid::now_v7(), "a"), bad(Uuid::now_v7(), "b")])).await;
    let all = kept(&ana, 50).await;
    let path = format!("/v1/sync/rejected/{}", all[0]["id"].as_str().unwrap());
    let dismiss =
        async |person: &Person, path: &str| person.call("DELETE", path).send().await.status;
    assert_eq!(dismiss(&bert, &path).await, 404);
    assert_eq!(dismiss(&ana, "/v1/sync/rejected/no-id").await, 404);
    assert_eq!(kept(&ana, 50).await.len(), 2);
    assert_eq!(dismiss(&ana, &path).await, 204);
    assert_eq!(dismiss(&ana, &path).await, 404);
    assert_eq!(kept(&ana, 50).await, all[1..]);
}

#[tokio::test]
async fn a_full_one_refuses_and_the_device_keeps_what_it_typed() {
    let app = TestApp::shared();
    let (ana, bert) = (app.patient("ana").await, app.patient("bert").await);
    // 2,000 records.
    let many: Vec<Value> = (0..2100).map(|_| json!({"id": Uuid::now_v7(), "colour": 1})).collect();
    let answer = push(&ana, 0, created(&many)).await;
    let codes = |answer: &Value, code: &str| {
        let rejected = answer["rejected"].as_array().unwrap();
        rejected.iter().filter(|one| one["code"] == code).count()
    };
    assert_eq!((codes(&answer, "unknown_field"), codes(&answer, "quarantine_full")), (2000, 100));
    let ids = answer["experimentalRejectedIds"]["journal_entries"].as_array().unwrap();
    assert_eq!(ids.len(), 2100, "all stay with the device");
    assert_eq!(kept(&ana, 200).await.len(), 2000);
    // Those that are kept are refused as before, and one that goes makes room.
    let again = push(&ana, 0, created(&many)).await;
    assert_eq!((codes(&again, "unknown_field"), codes(&again, "quarantine_full")), (2000, 100));
    let first = kept(&ana, 1).await[0]["id"].as_str().unwrap().to_owned();
    ana.call("DELETE", &format!("/v1/sync/rejected/{first}")).send().await;
    let one = push(&ana, 0, created(&[bad(Uuid::now_v7(), "fits")])).await;
    assert_eq!(codes(&one, "quarantine_full"), 0);
    // A good record is taken all the same, and other people have a quarantine of their own.
    let good = push(&ana, 0, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    assert_eq!(good["accepted"], 1);
    // 4 MiB.
    let large = |n: usize| bad(Uuid::now_v7(), &n.to_string().repeat(400_000));
    let answer = push(&bert, 0, created(&(1..=9).map(large).collect::<Vec<_>>())).await;
    assert_eq!(codes(&answer, "quarantine_full"), 0, "3.6 MB");
    let answer = push(&bert, 0, created(&[large(1), bad(Uuid::now_v7(), "small"), large(2)])).await;
    let said: Vec<&Value> =
        answer["rejected"].as_array().unwrap().iter().map(|r| &r["code"]).collect();
    assert_eq!(said.iter().filter(|code| **code == "quarantine_full").count(), 1, "{said:?}");
    assert_eq!(kept(&bert, 3).await.len(), 11);
    let page = bert.get("/v1/sync/rejected?limit=200").await;
    assert!(page.text.len() < 4_500_000 && page.json["has_more"] == true, "{}", page.text.len());
}
