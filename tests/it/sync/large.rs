//! Pages of pulls and of histories are bounded in bytes and in number, also with `migration`.

use super::support::*;
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const MOST: usize = 8 * 1024 * 1024;

async fn many(person: &Person, count: usize, extra: &Value) {
    for part in (0..count).collect::<Vec<_>>().chunks(400) {
        let rows: Vec<Value> = part.iter().map(|_| entry(Uuid::now_v7(), extra)).collect();
        assert_eq!(push(person, 0, created(&rows)).await["accepted"], part.len());
    }
}

#[tokio::test]
async fn a_page_has_eight_mebibytes_at_most_and_nothing_is_left_out() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    // Three bytes a character: twelve kilobytes a record.
    many(&ana, 1600, &json!({"note": "痛".repeat(4000)})).await;
    let night =
        json!({"id": Uuid::now_v7(), "journal_date": "2026-11-01", "time_zone": "Europe/Berlin"});
    push(&ana, 0, changes("sleep_records", "created", &[night])).await;
    let mut replica = Replica::default();
    let mut pages = 0;
    loop {
        let answer = ana.get(&format!("/v1/sync?last_pulled_at={}", replica.cursor)).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text.len() <= MOST, "{}", answer.text.len());
        pages += 1;
        let before = replica.cursor;
        replica.take(&answer.json);
        if answer.json["has_more"] != true {
            break;
        }
        assert!(answer.text.len() > MOST - 20_000, "a page that is not the last is full");
        assert!(replica.cursor > before);
    }
    assert_eq!((pages, replica.came, replica.live.len()), (3, 1601, 1601));
}

/// What a client does that was updated: it says so once, and then goes on as long as there is more.
async fn literal(person: &Person, cursor: i64, limit: usize) -> (BTreeSet<Uuid>, i64, bool) {
    let migration = json!({"from": 1, "tables": ["journal_entries"], "columns": []}).to_string();
    let migration = migration.replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
    let mut query = format!("last_pulled_at={cursor}&limit={limit}&migration={migration}");
    let (mut rows_seen, mut went_back) = (BTreeSet::new(), false);
    loop {
        let page = pull_with(person, &query).await;
        assert!(size(&page) <= limit, "{}", size(&page));
        rows_seen.extend(rows(&page).iter().map(|row| id(&row["id"])));
        went_back |= timestamp(&page) < cursor;
        if page["has_more"] != true {
            return (rows_seen, timestamp(&page), went_back);
        }
        query = format!("last_pulled_at={}&limit={limit}", timestamp(&page));
    }
}

#[tokio::test]
async fn a_migration_comes_in_pages_too_and_a_literal_client_ends_with_everything() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let mut ids = BTreeSet::new();
    for n in 0..60 {
        let id = Uuid::now_v7();
        push(&ana, 0, created(&[entry(id, &json!({"mood": n % 10}))])).await;
        ids.insert(id);
        if n % 10 == 0 {
            let night = json!({"id": Uuid::now_v7(), "journal_date": format!("2026-10-{:02}", n / 10 + 1),
                "time_zone": "Europe/Berlin"});
            push(&ana, 0, changes("sleep_records", "created", &[night])).await;
        }
    }
    let cursor = head(&ana).await;
    let since = Uuid::now_v7();
    push(&ana, 0, created(&[entry(since, &json!({}))])).await;
    ids.insert(since);
    for limit in [1, 7, 59, 60, 61, 62, 5000] {
        let (seen, end, went_back) = literal(&ana, cursor, limit).await;
        assert_eq!(seen, ids, "limit {limit}");
        assert_eq!(end, head(&ana).await);
        assert_eq!(went_back, limit < 60, "only where the passed rows do not fit: {limit}");
    }
    let gone = *ids.first().unwrap();
    push(&ana, head(&ana).await, deleted(&[json!(gone)])).await;
    ids.remove(&gone);
    assert_eq!(literal(&ana, head(&ana).await, 7).await.0, ids, "no tombstone among the passed");
}

#[tokio::test]
async fn a_history_comes_in_pages_that_together_are_the_whole_of_it() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = Uuid::now_v7();
    push(&ana, 0, created(&[entry(id, &json!({"note": "born", "mood": 1}))])).await;
    let late = |n: i64, note: &str| {
        let mut row = edit(id, &json!({"note": note}));
        row["updated_at"] = json!(1_777_662_000_000_i64 + n);
        row
    };
    push(&ana, head(&ana).await, updated(&[late(50, "one")])).await;
    // Values that were not applied stand at the revision of what was.
    push(&ana, 0, updated(&[late(1, "too late"), late(2, "late, too")])).await;
    push(&ana, head(&ana).await, deleted(&[json!(id)])).await;
    push(&ana, head(&ana).await, created(&[entry(id, &json!({"note": "anew", "steps": 3}))])).await;
    let large: Vec<Value> =
        (0..900).map(|n| late(100 + n, &format!("{n}{}", "痛".repeat(3990)))).collect();
    for part in large.chunks(450) {
        push(&ana, head(&ana).await, updated(part)).await;
    }
    let whole = history(&ana, id).await;
    assert_eq!(whole.len(), 906);
    let ops: Vec<&Value> = whole.iter().take(6).map(|line| &line["op"]).collect();
    assert_eq!(ops, ["create", "update", "superseded", "superseded", "delete", "recreate"]);
    assert_eq!(whole[0]["changes"]["note"]["to"], "born");
    assert_eq!(whole[0]["changes"]["mood"]["to"], 1);
    assert_eq!(whole[0]["changes"].get("steps"), None);
    for limit in [50, 200] {
        assert_eq!(history_by(&ana, id, limit).await, whole, "{limit}");
    }
    for query in ["limit=0", "limit=1001", "after=1", "cursor=x"] {
        let path = format!("/v1/sync/history/journal_entries/{id}?{query}");
        let expected = if query.starts_with("cursor") { 400 } else { 422 };
        assert_eq!(ana.get(&path).await.status, expected, "{query}");
    }
}
