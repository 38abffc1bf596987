//! Ending a share while it is being read: what begins after the answer finds it closed.

use super::{ALL, end, keep_diary, pair, read};
use crate::support::TestApp;
use crate::support::people::{daily, fresh};
use futures_util::future::join_all;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

#[tokio::test]
async fn t068_no_read_that_begins_after_the_end_of_a_share_succeeds() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &ALL).await;
    keep_diary(&ana, &[1], &json!({})).await;
    let (ending, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let granted = AtomicUsize::new(0);
    let reader = async |n: usize| {
        let what = ["journal-entries", "report", "report/chart.svg"][n % 3];
        let mut reads = Vec::new();
        let mut after = 0;
        while after < 2 {
            after += usize::from(over.load(Ordering::SeqCst));
            let started = Instant::now();
            let status = read(&lind, &id, what).await.status;
            assert!(status == 200 || ending.load(Ordering::SeqCst), "{status} too early");
            granted.fetch_add(usize::from(status == 200), Ordering::SeqCst);
            reads.push((started, status));
        }
        reads
    };
    let ender = async {
        while granted.load(Ordering::SeqCst) < 60 {
            tokio::task::yield_now().await;
        }
        ending.store(true, Ordering::SeqCst);
        assert_eq!(end(&ana, &id).await.status, 204);
        let ended = Instant::now();
        over.store(true, Ordering::SeqCst);
        ended
    };
    let (ended, reads) = tokio::join!(ender, join_all((0..30).map(reader)));
    let reads: Vec<_> = reads.into_iter().flatten().collect();
    let late: Vec<u16> = reads.iter().filter(|read| read.0 > ended).map(|read| read.1).collect();
    assert!(late.len() >= 30, "{}", late.len());
    assert!(late.iter().all(|status| *status == 404), "{late:?}");
    assert!(reads.iter().all(|read| [200, 404].contains(&read.1)));

    // And the log has neither lost a read nor made one up.
    let count = "SELECT count(*) FILTER (WHERE outcome = 'granted'), count(*) FROM pj.audit_lines \
                 WHERE share_id::text = $1 AND kind = 'journal'";
    let row = app.sql().await.query_one(count, &[&id]).await.unwrap();
    let counts: [i64; 2] = [row.get(0), row.get(1)];
    let all = i64::try_from(reads.len()).unwrap();
    let good = reads.iter().filter(|read| read.1 == 200).count();
    assert_eq!(counts, [i64::try_from(good).unwrap(), all]);
}

#[tokio::test]
async fn a_patient_who_writes_does_not_disturb_those_who_read() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
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
