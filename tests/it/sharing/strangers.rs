//! Somebody without the share tries it: he learns nothing, and the patient sees that it was tried.

use super::log::{assert_tells, events};
use super::{READS, anonymous, end, id_of, pair, read, redeem};
use crate::support::{Answer, TestApp};
use chrono::Duration;
use futures_util::future::join_all;
use pain_journal::access::Role;
use serde_json::{Value, json};
use uuid::Uuid;

/// What a refusal says, and every header of it that is not of just this request.
fn bytes(answer: &Answer) -> (u16, String, Vec<String>) {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort_unstable();
    (answer.status, anonymous(answer), headers)
}

#[tokio::test]
async fn t066_another_practitioners_try_is_a_line_without_a_name_and_the_answer_that_of_no_share() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    let may = app.practitioner("may").await;
    let tried = read(&may, &id, "report").await;
    let nowhere = read(&may, &Uuid::now_v7().to_string(), "report").await;
    assert_eq!(tried.status, 404);
    assert_eq!(bytes(&tried), bytes(&nowhere), "nothing tells that there is such a share");
    let log = events(&ana).await;
    assert_eq!(log.len(), 1);
    let expected = json!({"action": "report", "outcome": "refused", "share_id": id, "stranger": true,
        "practitioner": null, "sections": [], "from_date": null, "to_date": null});
    assert_tells(&log[0], &tried, &expected);
    let answer = ana.get("/v1/me/access-log").await;
    let account = may.id.to_string();
    assert!(
        !answer.text.contains(&may.email) && !answer.text.contains(&account),
        "{}",
        answer.text
    );

    // Whom the patient knows by another share has the name that the patient knows.
    let other = ana.share_with(&may, &["sleep"]).await;
    let sly = app.practitioner("sly").await;
    let known = read(&may, &id, "report").await;
    assert_eq!((known.status, events(&ana).await.len()), (404, 1), "the same hour");
    assert_eq!(events(&ana).await[0]["practitioner"], "may");
    let own = read(&lind, &id, "report").await;
    assert_tells(&events(&ana).await[0], &own, &json!({"stranger": false, "practitioner": "lind"}));
    let late = read(&sly, &other, "sleep-records").await;
    assert_tells(&events(&ana).await[0], &late, &json!({"stranger": true, "practitioner": null}));
}

#[tokio::test]
async fn a_stranger_leaves_one_line_an_hour_at_each_share_however_often_he_tries() {
    let app = TestApp::with_a_still_clock();
    app.turn_to("2026-11-20T10:50:00Z");
    let ana = app.patient("ana").await;
    let (lind, may) = (app.practitioner("lind").await, app.practitioner("may").await);
    let first = ana.share_with(&lind, &["pain"]).await;
    let second = ana.share_with(&lind, &["sleep"]).await;
    let strangers = async || {
        let log = events(&ana).await;
        log.into_iter().filter(|event| event["stranger"] == true).count()
    };
    let all = join_all((0..20).map(|n| read(&may, &first, READS[n % 3]))).await;
    for answer in &all {
        assert_eq!(answer.status, 404, "{}", answer.text);
    }
    assert_eq!(strangers().await, 1, "twenty at once");
    read(&may, &second, "report").await;
    assert_eq!(strangers().await, 2, "each share has its own");
    let sly = app.practitioner("sly").await;
    read(&sly, &first, "report").await;
    assert_eq!(strangers().await, 3, "and each stranger");
    app.pass(Duration::seconds(599));
    read(&may, &first, "report").await;
    assert_eq!(strangers().await, 3, "10:59:59");
    app.pass(Duration::seconds(1));
    read(&may, &first, "report").await;
    read(&may, &first, "report").await;
    assert_eq!(strangers().await, 4, "11:00");
}

#[tokio::test]
async fn t066_every_address_of_a_journal_tells_a_stranger_the_same_and_writes_too_are_noted() {
    let app = TestApp::shared();
    let (ana, _, id) = pair(&app, &["treatment", "pain"]).await;
    let nobody = Uuid::now_v7().to_string();
    let tail = format!("treatment-sessions/{}", Uuid::now_v7());
    let snapshots = json!({"from": "2026-11-01", "to": "2026-11-02"});
    for (n, method) in ["PUT", "DELETE", "POST", "GET"].into_iter().enumerate() {
        // Each from a stranger of its own: one line an hour.
        let may = app.practitioner(&format!("may{n}")).await;
        let send = async |share: &str| {
            let path = match method {
                "POST" => format!("/v1/patients/{share}/report/snapshots"),
                _ => format!("/v1/patients/{share}/{tail}"),
            };
            let call = may.call(method, &path);
            match method {
                "PUT" => call.header("If-None-Match", "*").json(&json!({"no": "session"})),
                "POST" => call.json(&snapshots),
                "DELETE" => call.header("If-Match", "*"),
                _ => call,
            }
            .send()
            .await
        };
        let (tried, nowhere) = (send(&id).await, send(&nobody).await);
        assert_eq!(tried.status, 404, "{method}: {}", tried.text);
        assert_eq!(bytes(&tried), bytes(&nowhere), "{method}");
        let log = events(&ana).await;
        assert_eq!(log.len(), n + 1, "{method}");
        assert_tells(&log[0], &tried, &json!({"outcome": "refused", "stranger": true}));
    }
}

#[tokio::test]
async fn who_reads_no_patients_and_the_patient_himself_are_no_strangers_in_the_log() {
    let app = TestApp::shared();
    let both = app.person("both", &[Role::Patient, Role::Practitioner]).await;
    let lind = app.practitioner("lind").await;
    let id = both.share_with(&lind, &["pain"]).await;
    let bob = app.patient("bob").await;
    assert_eq!(read(&bob, &id, "report").await.code(), "role_insufficient");
    assert_eq!(read(&both, &id, "report").await.code(), "not_found");
    assert_eq!(events(&both).await, [] as [Value; 0]);
    // An invitation is nobody's until it is redeemed, a share that has ended stays the patient's.
    let invitation = both.invite(&["sleep"], &json!({})).await;
    let open = id_of(&invitation);
    let early = read(&lind, &open, "sleep-records").await;
    assert_tells(
        &events(&both).await[0],
        &early,
        &json!({"stranger": true, "practitioner": "lind"}),
    );
    redeem(&lind, &invitation["code"]).await;
    let now = read(&lind, &open, "sleep-records").await;
    assert_tells(&events(&both).await[0], &now, &json!({"stranger": false, "outcome": "refused"}));
    end(&both, &id).await;
    let may = app.practitioner("may").await;
    let late = read(&may, &id, "report").await;
    assert_tells(&events(&both).await[0], &late, &json!({"stranger": true}));
}

#[tokio::test]
async fn a_practitioner_who_is_none_any_longer_is_refused_and_logged() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    let sql = app.sql().await;
    let demote = format!("UPDATE pj.accounts SET roles = '{{patient}}' WHERE id = '{}'", lind.id);
    sql.batch_execute(&demote).await.unwrap();
    let answer = read(&lind, &id, "report").await;
    assert_eq!((answer.status, answer.code()), (403, "role_insufficient"));
    let refused = json!({"outcome": "refused", "practitioner": "lind", "stranger": false});
    assert_tells(&events(&ana).await[0], &answer, &refused);
}
