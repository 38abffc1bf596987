//! Pulls: what a page holds, which cursors are good, and what each collection sends.

use super::support::*;
use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Pushes this many entries; answers their ids in order.
async fn with_entries(person: &Person, count: usize) -> Vec<Uuid> {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    let records: Vec<Value> = ids.iter().map(|id| entry(*id, &json!({}))).collect();
    assert_eq!(push(person, 0, created(&records)).await["accepted"], count);
    ids
}

#[tokio::test]
async fn an_empty_journal_gives_a_cursor_above_zero_and_idle_pulls_repeat_it() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let first = pull_with(&ana, "").await;
    assert_eq!((&first["changes"], &first["has_more"]), (&json!({}), &json!(false)));
    let cursor = timestamp(&first);
    assert!(cursor > 0);
    for query in ["last_pulled_at=0", "last_pulled_at=null", "last_pulled_at="] {
        assert_eq!(pull_with(&ana, query).await, first, "{query}");
    }
    assert_eq!(pull(&ana, cursor).await, first);

    with_entries(&ana, 2).await;
    let moved = pull(&ana, cursor).await;
    assert!(timestamp(&moved) > cursor);
    let idle = pull(&ana, timestamp(&moved)).await;
    assert_eq!((&idle["timestamp"], size(&idle)), (&moved["timestamp"], 0));
}

#[tokio::test]
async fn live_rows_are_flat_in_updated_and_carry_no_bookkeeping() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = Uuid::now_v7();
    let full = entry(
        id,
        &json!({"note": "a", "triggers": "[\"lifting\"]", "pain_free_day": false,
        "sites": "[{\"region\":\"neck\",\"intensity\":4}]", "created_at": 1_777_662_000_000_i64,
        "updated_at": 1_777_662_000_001_i64, "_status": "created", "_changed": ""}),
    );
    push(&ana, 0, created(&[full])).await;
    let page = pull(&ana, 0).await;
    let row = rows(&page)[0].as_object().unwrap().clone();
    assert!(row.values().all(|v| !v.is_object() && !v.is_array()), "{row:?}");
    for hidden in
        ["rev", "version", "patient_id", "author_id", "device_id", "received_at", "deleted_at"]
    {
        assert!(!row.contains_key(hidden), "{hidden}");
    }
    assert!(row.keys().all(|name| !name.starts_with('_')), "{row:?}");
    assert_eq!(
        (&row["created_at"], &row["updated_at"], &row["triggers"], &row["journal_date"]),
        (
            &json!(1_777_662_000_000_i64),
            &json!(1_777_662_000_001_i64),
            &json!("[\"lifting\"]"),
            &json!("2026-05-01")
        )
    );
}

#[tokio::test]
async fn cursors_that_no_server_gave_out_are_bad_requests() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for garbage in ["abc", "-1", "7", "1.5", "1e13", "99999999999999999999", "0x10"] {
        let query = format!("/v1/sync?last_pulled_at={garbage}");
        let (pulled, pushed) =
            (ana.get(&query).await, ana.post(&query, &json!({"changes": {}})).await);
        assert_eq!((pulled.status, pulled.code()), (400, "invalid_cursor"), "{garbage}");
        assert_eq!((pushed.status, pushed.code()), (400, "invalid_cursor"), "{garbage}");
    }
    let without = ana.post("/v1/sync", &json!({"changes": {}})).await;
    assert_eq!((without.status, without.code()), (400, "missing_parameter"));
}

#[tokio::test]
async fn cursors_that_lead_nowhere_ask_for_a_new_start() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    with_entries(&ana, 9).await;
    let now = head(&ana).await;
    let sql = app.sql().await;
    sql.execute("UPDATE pj.patients SET floor_rev = 4", &[]).await.unwrap();
    let lost = [
        (now + 1, "cursor_ahead"),
        (now + EPOCH, "epoch_changed"),
        (now % EPOCH + EPOCH * 7, "epoch_changed"),
        (now / EPOCH * EPOCH + 3, "tombstones_purged"),
    ];
    for (cursor, reason) in lost {
        let pulled = ana.get(&format!("/v1/sync?last_pulled_at={cursor}")).await;
        let change = created(&[entry(Uuid::now_v7(), &json!({}))]);
        let pushed = try_push(&ana, cursor, None, change).await;
        for answer in [pulled, pushed] {
            assert_eq!((answer.status, answer.code()), (410, "resync_required"), "{cursor}");
            assert_eq!(answer.json["reason"], reason, "{}", answer.text);
        }
    }
    assert_eq!(head(&ana).await, now, "nothing was written");

    sql.execute("UPDATE pj.sync_state SET epoch = epoch + 1", &[]).await.unwrap();
    let old = ana.get(&format!("/v1/sync?last_pulled_at={now}")).await;
    assert_eq!((old.status, &old.json["reason"]), (410, &json!("epoch_changed")));
    assert!(head(&ana).await >= now + EPOCH);
}

#[tokio::test]
async fn a_filter_names_known_collections_and_each_may_keep_its_own_cursor() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let start = head(&ana).await;
    let (entry_id, night) = (Uuid::now_v7(), Uuid::now_v7());
    push(
        &ana,
        start,
        json!({"journal_entries": {"created": [entry(entry_id, &json!({}))]},
        "sleep_records": {"created": [{"id": night, "journal_date": "2026-05-01",
            "time_zone": "Europe/Berlin", "reported_sleep_minutes": 400}]}}),
    )
    .await;
    let nights = format!("last_pulled_at={start}&collections=sleep_records");
    let page = pull_with(&ana, &nights).await;
    assert_eq!(page["changes"]["sleep_records"]["updated"][0]["id"], json!(night));
    assert_eq!(page["changes"].as_object().unwrap().len(), 1);
    let done = timestamp(&page);
    let idle = pull_with(&ana, &format!("last_pulled_at={done}&collections=sleep_records")).await;
    assert_eq!((timestamp(&idle), size(&idle)), (done, 0));
    let late = format!("last_pulled_at={start}&collections=journal_entries&limit=1");
    let page = pull_with(&ana, &late).await;
    assert_eq!((rows(&page).len(), &page["has_more"]), (1, &json!(false)));
    let both = format!("last_pulled_at={start}&collections=journal_entries,sleep_records");
    assert_eq!(size(&pull_with(&ana, &both).await), 2);
    let unknown = ana.get("/v1/sync?collections=journal_entries,moods").await;
    assert_eq!((unknown.status, unknown.code()), (400, "unknown_collection"));
}

#[tokio::test]
async fn a_first_sync_lists_tombstones_only_when_asked() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let ids = with_entries(&ana, 4).await;
    let before = head(&ana).await;
    push(&ana, before, deleted(&[json!(ids[1]), json!(ids[2])])).await;
    let plain = pull(&ana, 0).await;
    assert_eq!((rows(&plain).len(), tombstones(&plain).len()), (2, 0));
    let full = pull_with(&ana, "tombstones=1").await;
    assert_eq!((rows(&full).len(), tombstones(&full)), (2, ids[1..3].to_vec()));
    assert_eq!(full["timestamp"], plain["timestamp"]);
    assert_eq!(tombstones(&pull(&ana, before).await), ids[1..3]);
    let exact = pull_with(&ana, "limit=2").await;
    assert_eq!(exact["has_more"], false, "tombstones that are not sent do not count");
}

#[tokio::test]
async fn a_migration_sends_the_named_tables_whole_and_in_addition() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let ids = with_entries(&ana, 3).await;
    push(&ana, head(&ana).await, deleted(&[json!(ids[0])])).await;
    let cursor = head(&ana).await;
    let migrated = |migration: Value| {
        let text = migration.to_string().replace('{', "%7B").replace('}', "%7D");
        format!("last_pulled_at={cursor}&migration={}", text.replace('"', "%22"))
    };
    let columns = json!({"from": 1, "tables": [], "columns":
        [{"table": "journal_entries", "columns": ["steps"]}]});
    let tables = json!({"from": 1, "tables": ["journal_entries"], "columns": []});
    for migration in [columns, tables] {
        let page = pull_with(&ana, &migrated(migration)).await;
        assert_eq!((rows(&page).len(), timestamp(&page)), (2, cursor));
    }
    let other = json!({"from": 1, "tables": ["sleep_records", "no_such_table"], "columns": []});
    assert_eq!(size(&pull_with(&ana, &migrated(other)).await), 0);
    let null = format!("last_pulled_at={cursor}&migration=null");
    assert_eq!(size(&pull_with(&ana, &null).await), 0);

    push(&ana, cursor, updated(&[edit(ids[1], &json!({"steps": 5}))])).await;
    let tables = json!({"from": 1, "tables": ["journal_entries"], "columns": []});
    let both = rows(&pull_with(&ana, &migrated(tables)).await);
    assert_eq!(both.len(), 2, "each id once: {both:?}");
}

#[tokio::test]
async fn practitioners_and_strangers_see_nothing() {
    let app = TestApp::shared();
    let (ana, ben) = (app.patient("ana").await, app.patient("ben").await);
    let lind = app.practitioner("lind").await;
    let ids = with_entries(&ana, 1).await;
    ana.share_with(&lind, &["pain"]).await;
    let paths = ["/v1/sync", "/v1/sync/rejected", "/v1/sync/stream"];
    for path in paths {
        assert_eq!(lind.get(path).await.status, 403, "{path}");
        assert_eq!(app.get(path).await.status, 401, "{path}");
    }
    let pushed = try_push(&lind, 0, None, created(&[entry(ids[0], &json!({}))])).await;
    assert_eq!(pushed.status, 403);
    let anonymous = app.call("POST", "/v1/sync?last_pulled_at=0").json(&json!({"changes": {}}));
    assert_eq!(anonymous.send().await.status, 401);

    // Another patient's id is a record of one's own.
    let theirs = entry(ids[0], &json!({"note": "ben's"}));
    assert_eq!(push(&ben, 0, created(&[theirs])).await["accepted"], 1);
    let unknown = ben.get(&format!("/v1/sync/history/journal_entries/{}", Uuid::now_v7())).await;
    assert_eq!(unknown.status, 404);
    push(&ben, head(&ben).await, deleted(&[json!(ids[0])])).await;
    assert_eq!(stands(&ana, ids[0]).await["note"], Value::Null);
    assert_eq!(history(&ana, ids[0]).await.len(), 1);
    assert_eq!(history(&ben, ids[0]).await.len(), 2);
}

#[tokio::test]
async fn rest_and_sync_write_the_same_records() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let tablet = ana.other_device(&app).await;
    let start = head(&ana).await;
    let path = fresh("journal-entries");
    let rest = path.rsplit('/').next().unwrap().parse().unwrap();
    let made = ana.create(&path, &daily("2026-11-01", &json!({"note": "rest"}))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let seen = pull(&tablet, start).await;
    assert_eq!((rows(&seen).len(), &rows(&seen)[0]["note"]), (1, &json!("rest")));

    let cursor = timestamp(&seen);
    push(&tablet, cursor, updated(&[edit(rest, &json!({"note": "sync"}))])).await;
    let read = ana.get(&path).await;
    assert_eq!(read.json["note"], "sync");
    assert_ne!(read.etag(), made.etag());
    let stale = ana.replace(&path, made.etag(), &daily("2026-11-01", &json!({"mood": 1}))).await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    let note = json!({"note": "sync", "mood": 1});
    assert_eq!(ana.replace(&path, read.etag(), &daily("2026-11-01", &note)).await.status, 200);
    let merged = push(&tablet, cursor, updated(&[edit(rest, &json!({"energy": 2}))])).await;
    assert_eq!(merged["accepted"], 1);
    let both = ana.get(&path).await.json;
    assert_eq!((&both["mood"], &both["energy"]), (&json!(1), &json!(2)));

    let before = head(&tablet).await;
    assert_eq!(ana.delete(&path).await.status, 204);
    assert_eq!(tombstones(&pull(&tablet, before).await), [rest]);
    let kept = push(&tablet, before, updated(&[edit(rest, &json!({"note": "again"}))])).await;
    assert_eq!(kept["records"][0]["result"], "resurrected");
    assert_eq!(ana.get(&path).await.json["note"], "again");
    let ops: Vec<Value> = history(&ana, rest).await.iter().map(|l| l["op"].clone()).collect();
    assert_eq!(ops, ["create", "update", "update", "update", "delete", "resurrect"]);
}
