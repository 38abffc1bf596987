//! Ending a share, a sign-in or an account while journals are read through it: what begins after the answer finds it
//! closed, however many requests there are.

use super::{ALL, end, keep_diary, read};
use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use futures_util::future::join_all;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

/// Requests in a race.
const REQUESTS: usize = 1_000;

/// Of these, as many come before the end at least, and as many begin after it.
const BEFORE: usize = 300;
const AFTER: usize = 300;

/// What a practitioner does with a journal: reads a part of it, or records.
async fn look(lind: &Person, share: &str, n: usize) -> u16 {
    match n % 10 {
        0 => read(lind, share, "report").await.status,
        1 | 2 => read(lind, share, "report/chart.svg").await.status,
        3 | 4 => {
            let visit = json!({"status": "planned", "kind": "treatment", "time_zone": "Europe/Berlin",
                "starts_at": "2026-11-02T09:00:00+01:00"});
            lind.create(&fresh(&format!("patients/{share}/treatment-sessions")), &visit)
                .await
                .status
        }
        _ => read(lind, share, "journal-entries").await.status,
    }
}

/// A thousand requests of a practitioner through a share, thirty at a time, while `revoke` takes it from them: of
/// those that begin once that is done, each gets this answer. The log has every request that was granted, and no other.
async fn race(app: &TestApp, refused: u16, revoke: impl AsyncFnOnce(&Person, &Person, &str)) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let id = ana.let_record(&lind, &ALL).await;
    keep_diary(&ana, &[1], &json!({})).await;
    let (ending, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let (begun, granted, late) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let reader = async |_| {
        let mut looks = Vec::new();
        while begun.load(Ordering::SeqCst) < REQUESTS || late.load(Ordering::SeqCst) < AFTER {
            let n = begun.fetch_add(1, Ordering::SeqCst);
            late.fetch_add(usize::from(over.load(Ordering::SeqCst)), Ordering::SeqCst);
            let started = Instant::now();
            let status = look(&lind, &id, n).await;
            let is_granted = [200, 201].contains(&status);
            assert!(is_granted || ending.load(Ordering::SeqCst), "{status} too early");
            granted.fetch_add(usize::from(is_granted), Ordering::SeqCst);
            looks.push((started, status));
        }
        looks
    };
    let ender = async {
        while granted.load(Ordering::SeqCst) < BEFORE {
            tokio::task::yield_now().await;
        }
        ending.store(true, Ordering::SeqCst);
        revoke(&ana, &lind, &id).await;
        let ended = Instant::now();
        over.store(true, Ordering::SeqCst);
        ended
    };
    let (ended, looks) = tokio::join!(ender, join_all((0..30).map(reader)));
    let looks: Vec<_> = looks.into_iter().flatten().collect();
    assert!(looks.len() >= REQUESTS, "{}", looks.len());
    let late: Vec<u16> = looks.iter().filter(|look| look.0 > ended).map(|look| look.1).collect();
    assert!(late.len() >= AFTER, "{}", late.len());
    assert!(late.iter().all(|status| *status == refused), "{late:?}");
    // What was under way meanwhile may be refused where it would have written.
    assert!(looks.iter().all(|look| look.1 < 500), "{looks:?}");

    // And the log has neither lost one nor made one up.
    let count = "SELECT count(*) FROM pj.audit_lines WHERE share_id::text = $1 AND kind = 'journal' \
                 AND outcome = 'granted'";
    let logged: i64 = app.sql().await.query_one(count, &[&id]).await.unwrap().get(0);
    assert_eq!(usize::try_from(logged).unwrap(), granted.load(Ordering::SeqCst));
}

#[tokio::test]
async fn t068_no_request_that_begins_after_the_end_of_a_share_succeeds() {
    let revoke = async |ana: &Person, _: &Person, share: &str| {
        assert_eq!(end(ana, share).await.status, 204);
    };
    race(&TestApp::shared(), 404, revoke).await;
}

#[tokio::test]
async fn no_request_that_begins_after_its_device_was_signed_out_succeeds() {
    let app = TestApp::shared();
    let revoke = async |_: &Person, lind: &Person, _: &str| {
        let path = format!("/v1/devices/{}", lind.tokens["device_id"].as_str().unwrap());
        let other = lind.other_device(&app).await;
        assert_eq!(other.call("DELETE", &path).send().await.status, 204);
    };
    race(&app, 401, revoke).await;
}

#[tokio::test]
async fn no_request_that_begins_after_its_account_was_suspended_succeeds() {
    let app = TestApp::shared();
    let revoke = async |_: &Person, lind: &Person, _: &str| {
        let suspend = "UPDATE pj.accounts SET status = 'suspended' WHERE id::text = $1";
        assert_eq!(app.sql().await.execute(suspend, &[&lind.id.to_string()]).await.unwrap(), 1);
    };
    race(&app, 403, revoke).await;
}

#[tokio::test]
async fn a_patient_who_writes_does_not_disturb_those_who_read() {
    let app = TestApp::shared();
    let (ana, lind, id) = super::pair(&app, &["pain"]).await;
    let write = async {
        for n in 1..=20 {
            let entry = daily(&format!("2026-11-{n:02}"), &json!({}));
            assert_eq!(ana.create(&fresh("journal-entries"), &entry).await.status, 201);
        }
    };
    let reader = async |n: usize| {
        let what = ["journal-entries", "report", "report/chart.svg"][n % 3];
        for _ in 0..8 {
            let answer = read(&lind, &id, what).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    };
    tokio::join!(write, join_all((0..9).map(reader)));
}
