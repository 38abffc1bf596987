//! Numbered cases of `docs/security/cases.md` that stand in no other file.

use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use crate::sync::support::{created, entry, push, updated};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use uuid::Uuid;

#[tokio::test]
async fn t019_two_hundred_forged_tokens_ask_the_database_nothing() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let sql = app.sql().await;
    // Whoever asks who is signed in waits until this is over.
    sql.batch_execute("BEGIN; LOCK TABLE pj.devices IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let (head, signature) = ana.token().rsplit_once('.').unwrap();
    let started = Instant::now();
    let forged = (0..200).map(|n| {
        let forged = format!("{head}.{n:04}{}", &signature[4..]);
        let app = &app;
        async move { app.call("GET", "/v1/me").bearer(&forged).send().await }
    });
    let answers = timeout(Duration::from_secs(20), join_all(forged)).await.expect("all of them");
    assert!(
        answers.iter().all(|answer| (answer.status, answer.code()) == (401, "unauthenticated"))
    );
    println!("200 forged tokens in {:?}", started.elapsed());
    let genuine = timeout(Duration::from_millis(300), ana.get("/v1/me")).await;
    assert!(genuine.is_err(), "a genuine token does ask, or this test could not fail");
    sql.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(ana.get("/v1/me").await.status, 200);
}

#[tokio::test]
async fn t064_a_foreign_id_among_five_hundred_touches_nothing_of_its_owner() {
    let app = TestApp::shared();
    let (ana, eve) = (app.patient("ana").await, app.patient("eve").await);
    let hers = Uuid::now_v7();
    push(&ana, 0, created(&[entry(hers, &json!({"note": "hers", "pain_average": 3}))])).await;
    let path = format!("/v1/journal-entries/{hers}");
    let before = ana.get(&path).await.json;
    let history = async || {
        let rows = "SELECT count(*) FROM pj.record_history WHERE record_id::text = $1 AND \
                    patient_id::text = $2";
        let (record, patient) = (hers.to_string(), ana.id.to_string());
        app.sql().await.query_one(rows, &[&record, &patient]).await.unwrap().get::<_, i64>(0)
    };
    let entries = history().await;
    let mut rows: Vec<Value> =
        (0..499).map(|_| entry(Uuid::now_v7(), &json!({"pain_average": 1}))).collect();
    rows.insert(250, entry(hers, &json!({"note": "not hers", "pain_average": 9})));
    let pushed = push(&eve, 0, updated(&rows)).await;
    assert!(!pushed.to_string().contains("\"hers\""), "nothing of it is told");
    assert_eq!(ana.get(&path).await.json, before);
    assert_eq!(history().await, entries);
    let deleted = json!({"journal_entries": {"created": [], "updated": [], "deleted": [hers]}});
    push(&eve, 0, deleted).await;
    assert_eq!(ana.get(&path).await.json, before);
    assert_eq!(history().await, entries);
    let count = "SELECT count(*) FROM pj.journal_entries WHERE patient_id::text = $1 AND \
                 deleted_at IS NULL";
    let row = app.sql().await.query_one(count, &[&eve.id.to_string()]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 499, "the rest was taken");
}

#[tokio::test]
async fn t069_where_the_share_cannot_be_looked_up_nothing_is_read() {
    let app = TestApp::alone();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain"]).await;
    let made = ana.create(&fresh("journal-entries"), &daily("2026-11-01", &json!({}))).await;
    assert_eq!(made.status, 201);
    let sql = app.sql().await;
    let reads = async |lind: &Person| {
        let mut all = Vec::new();
        for what in ["journal-entries", "report", "report/chart.svg", "report/days.csv"] {
            all.push(lind.get(&format!("/v1/patients/{share}/{what}")).await);
        }
        all.push(lind.get("/v1/patients").await);
        all
    };
    assert!(reads(&lind).await.iter().all(|answer| answer.status == 200));
    sql.batch_execute("ALTER TABLE pj.shares RENAME TO lost").await.unwrap();
    for answer in reads(&lind).await {
        assert!(answer.status >= 500, "{}", answer.text);
        assert!(!answer.text.contains("2026-11-01"), "{}", answer.text);
    }
    sql.batch_execute("ALTER TABLE pj.lost RENAME TO shares").await.unwrap();
    assert!(reads(&lind).await.iter().all(|answer| answer.status == 200));
}
