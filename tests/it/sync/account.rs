//! Two people on one phone: whoever names the account whose database it is cannot mix two journals.

use super::support::*;
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Pull, push and stream of this person's with this query.
async fn three(person: &Person, query: &str, change: &Value) -> [(u16, String); 3] {
    let said = |answer: &crate::support::Answer| (answer.status, answer.code().to_owned());
    let pull = person.get(&format!("/v1/sync?{query}")).await;
    let path = format!("/v1/sync?{query}");
    let push = person.call("POST", &path).header("Idempotency-Key", "two-people-one-phone");
    let push = push.json(&json!({"changes": change})).send().await;
    let of_stream: Vec<&str> =
        query.split('&').filter(|pair| !pair.starts_with("last_pulled_at")).collect();
    let stream = person.get(&format!("/v1/sync/stream?{}", of_stream.join("&"))).await;
    [said(&pull), said(&push), said(&stream)]
}

#[tokio::test]
async fn the_database_of_another_account_is_refused_before_its_cursor_is_looked_at() {
    let app = TestApp::shared();
    let (ana, bert) = (app.patient("ana").await, app.patient("bert").await);
    let note = |note: &str| created(&[entry(Uuid::now_v7(), &json!({"note": note}))]);
    push(&ana, 0, note("Ana's")).await;
    let anas = head(&ana).await;
    // Both directions: Bert's journal stands behind Ana's cursor, then ahead of it.
    for turn in 0..2 {
        let before = head(&bert).await;
        for cursor in [anas, 0, anas + EPOCH, 7] {
            let query = format!("last_pulled_at={cursor}&account={}", ana.id);
            let refused = (409, "other_account".to_owned());
            let answers = three(&bert, &query, &note("Ana's, unsent")).await;
            assert_eq!(answers, [refused.clone(), refused.clone(), refused], "{turn} {query}");
        }
        assert_eq!(head(&bert).await, before, "nothing is stored");
        for _ in 0..3 {
            push(&bert, 0, note("Bert's")).await;
        }
    }
    assert!(Replica::of(&bert).await.live.values().all(|row| row["note"] == "Bert's"));
}

#[tokio::test]
async fn the_own_account_may_be_named_in_any_case_and_every_answer_names_it() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let own = json!(ana.id);
    for account in [ana.id.to_string(), ana.id.to_string().to_uppercase()] {
        let query = format!("last_pulled_at=0&account={account}");
        let change = created(&[entry(Uuid::now_v7(), &json!({}))]);
        assert_eq!(pull_with(&ana, &query).await["account"], own);
        let pushed = ana.post(&format!("/v1/sync?{query}"), &json!({"changes": change})).await;
        assert_eq!((pushed.status, &pushed.json["account"]), (200, &own), "{}", pushed.text);
    }
    // Also where there is nothing new, and to who does not name it.
    assert_eq!(pull(&ana, head(&ana).await).await["account"], own);
    assert_eq!(push(&ana, 0, json!({})).await["account"], own);
}

#[tokio::test]
async fn an_account_that_is_none_is_a_fault_and_a_stranger_learns_nothing() {
    let app = TestApp::shared();
    let (ana, bert) = (app.patient("ana").await, app.patient("bert").await);
    let change = json!({});
    for account in ["", "ana", "0", &format!("{}0", ana.id), &ana.id.simple().to_string()] {
        let query = format!("last_pulled_at=0&account={account}");
        let fault = (422, "validation_failed".to_owned());
        assert_eq!(three(&ana, &query, &change).await, [fault.clone(), fault.clone(), fault]);
    }
    assert_eq!(ana.call("POST", "/v1/auth/logout").send().await.status, 204);
    let query = format!("last_pulled_at=0&account={}", bert.id);
    let out = (401, "session_revoked".to_owned());
    assert_eq!(three(&ana, &query, &change).await, [out.clone(), out.clone(), out]);
}

#[tokio::test]
async fn no_operation_of_sync_takes_a_parameter_it_does_not_know() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = Uuid::now_v7();
    push(&ana, 0, created(&[entry(id, &json!({}))])).await;
    for path in [
        "/v1/sync?last_pulled_at=0&acount=x".to_owned(),
        format!("/v1/sync/stream?account={}&since=0", ana.id),
        format!("/v1/sync/history/journal_entries/{id}?since=5"),
        "/v1/sync/rejected?since=0".to_owned(),
    ] {
        let answer = ana.get(&path).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{path}");
    }
}
