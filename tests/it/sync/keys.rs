//! Keys and stored answers belong to the account; an installation of an app is one device.

use super::support::*;
use crate::support::context::entering;
use crate::support::people::PASSWORD;
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Signs a person in with an installation of the app.
async fn installed(app: &TestApp, person: &Person, installation: &str) -> Person {
    let device = json!({"installation_id": installation, "name": "phone", "app_version": "2"});
    let body = json!({"email": person.email, "password": PASSWORD, "device": device});
    let answer = app.call("POST", "/v1/auth/login").json(&body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    Person { tokens: answer.json["tokens"].clone(), ..person.clone() }
}

async fn keyed(person: &Person, cursor: i64, key: &str, changes: Value) -> String {
    let answer = try_push(person, cursor, Some(key), changes).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

fn device(person: &Person) -> &Value {
    &person.tokens["device_id"]
}

#[tokio::test]
async fn a_lost_answer_comes_again_after_a_new_sign_in_and_an_older_text_does_not_win() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let id = Uuid::now_v7();
    push(&phone, 0, created(&[entry(id, &json!({"note": "start"}))])).await;
    let seen = head(&phone).await;
    let mine = updated(&[edit(id, &json!({"note": "older"}))]);
    let key = format!("lost-{id}");
    let lost = keyed(&phone, seen, &key, mine.clone()).await;
    let theirs = updated(&[edit(id, &json!({"note": "newer"}))]);
    push(&tablet, head(&tablet).await, theirs).await;
    assert_eq!(phone.call("POST", "/v1/auth/logout").send().await.status, 204);
    let again = phone.other_device(&app).await;
    assert_ne!(device(&again), device(&phone));
    assert_eq!(keyed(&again, seen, &key, mine.clone()).await, lost);
    assert_eq!(stands(&again, id).await["note"], "newer");
    // The key is bound to what was sent with it, whoever of the account sends it.
    let other = try_push(&tablet, seen, Some(&key), updated(&[])).await;
    assert_eq!((other.status, other.code()), (409, "idempotency_key_reused"));
    // Another account's keys are its own.
    let bert = app.patient("bert").await;
    let change = created(&[entry(Uuid::now_v7(), &json!({}))]);
    assert!(keyed(&bert, 0, &key, change).await.contains("\"accepted\":1"));
}

#[tokio::test]
async fn an_account_keeps_a_thousand_answers_and_sixteen_mebibytes_the_newest() {
    let app = TestApp::alone();
    let (ana, bert) = (app.patient("ana").await, app.patient("bert").await);
    let change = |id: Uuid| created(&[entry(id, &json!({}))]);
    let (first, second, berts) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    keyed(&bert, 0, "berts-only-key", change(berts)).await;
    keyed(&ana, 0, "first-of-all", change(first)).await;
    let once = keyed(&ana, 0, "second-of-all", change(second)).await;
    let sql = app.serving_sql().await;
    let fill = async |prefix: &str, count: i32, bytes: i32| {
        sql.batch_execute(&format!(
            "BEGIN; {}; SELECT sec.keep_answer('{prefix}' || n, '\\x00', repeat('x', {bytes}), now()) \
             FROM generate_series(1, {count}) n; COMMIT",
            entering(&app, &ana).await
        ))
        .await
        .unwrap();
    };
    let past = app.sql().await;
    let kept = async |person: &Person| -> (i64, i64) {
        let ask = "SELECT count(*), coalesce(sum(octet_length(answer)), 0)::bigint \
                   FROM pj.sync_answers WHERE patient_id::text = $1";
        let row = past.query_one(ask, &[&person.id.to_string()]).await.unwrap();
        (row.get(0), row.get(1))
    };
    fill("many-", 998, 200).await;
    assert_eq!(kept(&ana).await.0, 1000);
    assert_eq!(keyed(&ana, 0, "second-of-all", change(second)).await, once);
    keyed(&ana, 0, "one-too-many", change(Uuid::now_v7())).await;
    assert_eq!(kept(&ana).await.0, 1000);
    let forgotten = keyed(&ana, 0, "first-of-all", change(first)).await;
    assert!(forgotten.contains("\"unchanged\":1"), "it is judged anew: {forgotten}");
    fill("large-", 20, 1024 * 1024).await;
    let (count, bytes) = kept(&ana).await;
    assert_eq!((count, bytes), (16, 16 * 1024 * 1024));
    // One alone may be larger: a repeat must find the newest answer.
    fill("huge-", 1, 20 * 1024 * 1024).await;
    assert_eq!(kept(&ana).await.0, 1);
    assert_eq!(kept(&bert).await.0, 1, "nobody else's are counted");
}

#[tokio::test]
async fn an_installation_stays_one_device_and_ends_its_earlier_sign_in() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let first = installed(&app, &ana, "phone-of-ana").await;
    assert_ne!(device(&first), device(&ana));
    assert_eq!(first.get("/v1/sync").await.status, 200);
    let again = installed(&app, &ana, "phone-of-ana").await;
    assert_eq!(device(&again), device(&first));
    // Both kinds of token of the sign-in before are dead at once.
    let old = first.get("/v1/sync").await;
    assert_eq!((old.status, old.code()), (401, "session_revoked"));
    let refresh = async |person: &Person| {
        let body = json!({"refresh_token": person.tokens["refresh_token"]});
        app.call("POST", "/v1/auth/refresh").json(&body).send().await
    };
    assert_eq!(refresh(&first).await.status, 401);
    let refreshed = refresh(&again).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    assert_eq!(again.get("/v1/sync").await.status, 200);
    // Signed out, it is the same device when it signs in again, and the list has it once.
    assert_eq!(again.call("POST", "/v1/auth/logout").send().await.status, 204);
    assert_eq!(again.get("/v1/sync").await.status, 401);
    let third = installed(&app, &ana, "phone-of-ana").await;
    assert_eq!(device(&third), device(&first));
    for dead in [&first, &again] {
        assert_eq!(dead.get("/v1/sync").await.status, 401);
        assert_eq!(refresh(dead).await.status, 401);
    }
    let devices = third.get("/v1/devices").await;
    let ids: Vec<&Value> =
        devices.json["data"].as_array().unwrap().iter().map(|d| &d["id"]).collect();
    assert_eq!(ids.iter().filter(|id| **id == device(&first)).count(), 1, "{ids:?}");
    assert_eq!(ids.len(), 2);
    // The same words on another account are another device.
    let bert = app.patient("bert").await;
    assert_ne!(device(&installed(&app, &bert, "phone-of-ana").await), device(&first));
}

#[tokio::test]
async fn edits_of_one_installation_are_of_one_device_after_a_new_sign_in() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let phone = installed(&app, &ana, "phone").await;
    let id = Uuid::now_v7();
    let typed = |note: &str, at: i64| {
        let mut row = edit(id, &json!({"note": note}));
        row["updated_at"] = json!(1_777_662_000_000_i64 + at);
        updated(&[row])
    };
    push(&phone, 0, created(&[entry(id, &json!({}))])).await;
    let seen = head(&phone).await;
    push(&phone, seen, typed("newer", 60_000)).await;
    let again = installed(&app, &ana, "phone").await;
    // A late packet of the sign-in before does not undo it.
    let late = push(&again, seen, typed("older", 0)).await;
    assert_eq!(late["records"][0]["conflicts"]["note"]["reason"], "older_edit_of_same_device");
    assert_eq!(stands(&again, id).await["note"], "newer");
    // Its own edit is no unseen edit of another.
    let gone = push(&again, seen, deleted(&[json!(id)])).await;
    assert_eq!((&gone["accepted"], &gone["records"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn sign_ins_of_one_installation_at_once_are_one_device() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let mut all = Vec::new();
    for _ in 0..4 {
        // As many as may be on their way at once before the gate holds guesses up.
        let some = (0..5).map(|_| installed(&app, &ana, "at once"));
        all.extend(futures_util::future::join_all(some).await);
    }
    let first = device(&all[0]);
    assert!(all.iter().all(|person| device(person) == first));
    let mut standing = 0;
    for person in &all {
        standing += usize::from(person.get("/v1/sync").await.status == 200);
    }
    assert_eq!(standing, 1, "the last one");
}
