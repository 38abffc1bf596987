//! Pages: nothing skipped, nothing twice, the later page wins.

use super::support::*;
use crate::support::TestApp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

fn many(count: usize) -> (Vec<Uuid>, Vec<Value>) {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    let records = ids.iter().enumerate().map(|(n, id)| entry(*id, &json!({"steps": n}))).collect();
    (ids, records)
}

#[tokio::test]
async fn every_page_size_gives_the_same_whole() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let (ids, records) = many(42);
    push(&ana, 0, created(&records)).await;
    let gone: Vec<Value> = ids[5..9].iter().map(|id| json!(id)).collect();
    push(&ana, head(&ana).await, deleted(&gone)).await;
    let whole = Replica::of(&ana).await;
    assert_eq!((whole.live.len(), whole.dead.len()), (38, 4));
    for limit in [1, 7, 21, 41, 42, 43, 5000] {
        let mut paged = Replica::default();
        let pages = paged.follow(&ana, limit).await;
        assert_eq!(pages, 42_usize.div_ceil(limit), "limit {limit}");
        assert_eq!(paged.came, 42, "each once, limit {limit}");
        assert_eq!(paged, whole, "limit {limit}");
    }
}

#[tokio::test]
async fn a_page_is_never_cut_silently() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let more = ana.get("/v1/sync?limit=5001").await;
    assert_eq!((more.status, more.code()), (400, "limit_too_large"));
    for bad in ["0", "-1", "many", "1.5"] {
        let answer = ana.get(&format!("/v1/sync?limit={bad}")).await;
        assert!([400, 422].contains(&answer.status), "{bad}: {}", answer.text);
    }
    assert_eq!(ana.get("/v1/sync?limit=5000").await.status, 200);
}

#[tokio::test]
async fn edits_and_deletes_between_pages_come_on_a_later_page() {
    let app = TestApp::shared();
    for limit in [1, 7, 10] {
        let ana = app.patient("ana").await;
        let (ids, records) = many(20);
        push(&ana, 0, created(&records)).await;
        let mut replica = Replica::default();
        let (mut fresh, mut counted) = (Vec::new(), 0);
        loop {
            let query = format!("last_pulled_at={}&limit={limit}&tombstones=1", replica.cursor);
            let page = pull_with(&ana, &query).await;
            let mut on_page: Vec<Uuid> = rows(&page).iter().map(|row| id(&row["id"])).collect();
            on_page.extend(tombstones(&page));
            let once: BTreeSet<_> = on_page.iter().collect();
            assert_eq!(once.len(), on_page.len(), "an id comes once a page");
            replica.take(&page);
            if page["has_more"] == false {
                break;
            }
            assert_eq!(size(&page), limit);
            if counted < 3 {
                // One that came, one that did not, a delete, and a new one.
                let first = ids[counted];
                let edits = [
                    edit(first, &json!({"note": format!("again {counted}")})),
                    edit(ids[19 - counted], &json!({"note": format!("before {counted}")})),
                ];
                push(&ana, head(&ana).await, updated(&edits)).await;
                push(&ana, head(&ana).await, deleted(&[json!(ids[10 + counted])])).await;
                let new = Uuid::now_v7();
                push(&ana, 0, created(&[entry(new, &json!({}))])).await;
                fresh.push(new);
                counted += 1;
            }
        }
        let now = Replica::of(&ana).await;
        assert_eq!((&replica.live, &replica.dead), (&now.live, &now.dead), "limit {limit}");
        assert_eq!(replica.cursor, now.cursor);
        assert!(fresh.iter().all(|id| now.live.contains_key(&("journal_entries".into(), *id))));
    }
}

#[tokio::test]
async fn collections_share_the_pages_of_one_pull() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let (_, records) = many(10);
    let nights: Vec<Value> = (0..10)
        .map(|n| {
            json!({"id": Uuid::now_v7(), "journal_date": "2026-05-01",
                "time_zone": "Europe/Berlin", "reported_sleep_minutes": 300 + n})
        })
        .collect();
    for (entry, night) in records.iter().zip(&nights) {
        let both = json!({"sleep_records": {"created": [night]},
            "journal_entries": {"created": [entry]}});
        assert_eq!(push(&ana, 0, both).await["accepted"], 2);
    }
    let whole = Replica::of(&ana).await;
    assert_eq!(whole.live.len(), 20);
    for limit in [1, 3, 20] {
        let mut paged = Replica::default();
        paged.follow(&ana, limit).await;
        assert_eq!(paged, whole, "limit {limit}");
    }
}

#[tokio::test]
async fn a_push_is_seen_as_a_whole_or_not_at_all() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let pushing = {
        let ana = ana.clone();
        tokio::spawn(async move {
            for _ in 0..12 {
                let (_, records) = many(25);
                push(&ana, 0, created(&records)).await;
            }
        })
    };
    let (mut cursor, mut seen) = (0, 0);
    while seen < 300 {
        let page = pull(&ana, cursor).await;
        assert_eq!(rows(&page).len() % 25, 0, "half a push");
        seen += rows(&page).len();
        cursor = timestamp(&page);
    }
    pushing.await.unwrap();
}
