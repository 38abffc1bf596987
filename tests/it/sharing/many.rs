//! Lists have at most 200 shares, and none that is active is left out for those that have ended.

use super::{end, read};
use crate::support::{Person, TestApp};
use chrono::Duration;
use serde_json::Value;

/// Two hundred shares of this patient, newer than all others: as `set` makes them.
async fn add_shares(app: &TestApp, share: &str, set: &str) {
    let newer = format!(
        "INSERT INTO pj.shares (id, patient_id, practitioner_id, state, label, sections, expires_at, \
             code_expires_at, created_at, redeemed_at, confirmed_at, ended_at, ended_by) \
         SELECT gen_random_uuid(), s.patient_id, s.practitioner_id, n.state, s.label, s.sections, \
             n.expires_at, s.code_expires_at, s.created_at + interval '1 hour', s.redeemed_at, s.confirmed_at, \
             n.ended_at, n.ended_by \
         FROM pj.shares s, (SELECT {set}) n, generate_series(1, 200) WHERE s.id = '{share}'"
    );
    app.sql().await.batch_execute(&newer).await.unwrap();
}

const ENDED: &str = "'ended' AS state, now() + interval '90 days' AS expires_at, now() AS ended_at, \
                     'patient' AS ended_by";

async fn list(person: &Person, path: &str) -> Vec<Value> {
    person.get(path).await.json["data"].as_array().unwrap().clone()
}

fn ids(list: &[Value]) -> Vec<&str> {
    list.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn two_hundred_newer_shares_that_have_ended_hide_no_active_one() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let active = ana.share_with(&lind, &["pain", "treatment"]).await;
    let other = ana.share_with(&lind, &["pain"]).await;
    add_shares(&app, &other, ENDED).await;
    // Ended by the clock alone: the row still says active.
    let past = (app.now() - Duration::seconds(1)).to_rfc3339();
    let expired = format!(
        "'active' AS state, '{past}'::timestamptz AS expires_at, NULL::timestamptz AS ended_at, \
         NULL::text AS ended_by"
    );
    add_shares(&app, &other, &expired).await;
    assert_eq!(end(&ana, &other).await.status, 204);
    for person in [&ana, &lind] {
        let shares = list(person, "/v1/shares").await;
        assert_eq!(shares.len(), 200);
        assert_eq!((ids(&shares)[0], shares[0]["state"].as_str()), (&*active, Some("active")));
        assert!(shares[1..].iter().all(|share| share["state"] != "active"));
    }
    let patients = list(&lind, "/v1/patients").await;
    assert_eq!(ids(&patients), [active.as_str()]);
    assert!(patients[0]["overview"].is_object(), "its overview is not left out either");
    assert_eq!(read(&lind, &active, "report").await.status, 200);
    let responders = lind.get("/v1/responders").await;
    assert_eq!(responders.status, 200, "{}", responders.text);
    let log = list(&ana, "/v1/me/access-log").await;
    let read: Vec<&str> = log
        .iter()
        .filter(|line| line["share_id"] == *active && line["outcome"] == "granted")
        .map(|line| line["action"].as_str().unwrap())
        .collect();
    assert_eq!(read, ["responders", "report", "overview"]);
    assert_eq!(log.len(), 3, "and nothing was read through those that have ended");
}

#[tokio::test]
async fn an_invitation_that_is_open_comes_before_what_has_ended() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let open = super::id_of(&ana.invite(&["pain"], &serde_json::json!({})).await);
    let active = ana.share_with(&lind, &["pain"]).await;
    add_shares(&app, &active, ENDED).await;
    let shares = list(&ana, "/v1/shares").await;
    assert_eq!(ids(&shares)[..2], [active.as_str(), open.as_str()]);
    assert!(shares[2..].iter().all(|share| share["state"] == "ended"));
}
