//! No writer bypasses the counter, and every change leaves a line in the history.

use super::support::*;
use crate::support::TestApp;
use crate::support::cluster::columns;
use crate::support::people::{daily, fresh};
use pain_journal::import::{FileFormat, import};
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write;
use uuid::Uuid;

/// The tables of records, by their columns: everything made like `pj.records`.
async fn tables(sql: &tokio_postgres::Client) -> BTreeSet<String> {
    let found = sql
        .query(
            "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'pj'::regnamespace \
             AND c.relkind IN ('r', 'p') AND c.relname <> 'records' AND NOT EXISTS ( \
               SELECT attname FROM pg_attribute WHERE attrelid = 'pj.records'::regclass AND attnum > 0 \
               EXCEPT SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0)",
            &[],
        )
        .await
        .unwrap();
    found.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_of_records_has_the_guards_and_walls() {
    let app = TestApp::alone();
    let sql = app.sql().await;
    let tables = tables(&sql).await;
    for known in ["journal_entries", "sleep_records", "treatment_sessions"] {
        assert!(tables.contains(known), "{known}");
    }
    let page = app.patient("ana").await.get("/v1/sync").await;
    assert_eq!(page.status, 200);
    for table in &tables {
        // What is a table of records is a collection of the wire.
        let ana = app.patient("ana").await;
        let filtered = ana.get(&format!("/v1/sync?collections={table}")).await;
        assert_eq!(filtered.status, 200, "{table}");
        let row = sql
            .query_one(
                "SELECT c.relrowsecurity AND c.relforcerowsecurity, \
                 (SELECT coalesce(string_agg(tgname, ' ' ORDER BY tgname), '') FROM pg_trigger \
                  WHERE tgrelid = c.oid AND NOT tgisinternal AND tgenabled <> 'D'), \
                 EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique \
                   AND pg_get_indexdef(i.indexrelid) LIKE '%(patient_id, rev)') \
                 FROM pg_class c WHERE c.oid = ('pj.' || $1::text)::regclass",
                &[table],
            )
            .await
            .unwrap();
        let (walled, guards, ordered): (bool, String, bool) = (row.get(0), row.get(1), row.get(2));
        assert!(walled && ordered, "{table}");
        assert_eq!(guards, "guard_delete guard_insert guard_update", "{table}");
    }
}

#[tokio::test]
async fn a_writer_that_forgets_the_counter_is_stopped() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    push(&ana, 0, created(&[entry(a, &json!({})), entry(b, &json!({}))])).await;
    let before = Replica::of(&ana).await;
    let sql = app.sql().await;
    let columns = columns(&sql, "journal_entries").await;
    let copy = |rev: &str| {
        format!(
            "INSERT INTO pj.journal_entries ({columns}) SELECT {columns} FROM (SELECT (jsonb_populate_record(r, jsonb_build_object( \
             'id', gen_random_uuid(), 'rev', {rev}))).* FROM pj.journal_entries r WHERE r.id = '{a}') w"
        )
    };
    let forgetful = [
        "UPDATE pj.journal_entries SET note = 'x'".to_owned(),
        "UPDATE pj.journal_entries SET rev = rev + 1000".to_owned(),
        format!("UPDATE pj.journal_entries SET rev = rev - 1 WHERE id = '{a}'"),
        "DELETE FROM pj.journal_entries".to_owned(),
        "TRUNCATE pj.journal_entries".to_owned(),
        copy("r.rev + 1000"),
    ];
    for text in forgetful {
        let refused = sql.batch_execute(&text).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "PJ500", "{text}");
    }
    assert_eq!(Replica::of(&ana).await, before);
}

#[tokio::test]
async fn rest_sync_and_import_number_their_changes_alike() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let tablet = ana.other_device(&app).await;
    let start = head(&ana).await;
    let mut changes = 0;
    for round in 0..5 {
        // REST: create, replace, delete, restore.
        let path = fresh("journal-entries");
        let made = ana.create(&path, &daily("2026-11-01", &json!({"mood": 1}))).await;
        let body = daily("2026-11-01", &json!({"mood": 2}));
        assert_eq!(ana.replace(&path, made.etag(), &body).await.status, 200);
        assert_eq!(ana.delete(&path).await.status, 204);
        let night = json!({"journal_date": "2026-05-01", "time_zone": "Europe/Berlin",
            "reported_sleep_minutes": 300 + round});
        assert_eq!(ana.create(&fresh("sleep-records"), &night).await.status, 201);
        // Sync: create, edit, delete, resurrect, over two collections.
        let (a, b, c) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        let mut night = night;
        night["id"] = json!(c);
        let new = json!({"journal_entries": {"created": [entry(a, &json!({})), entry(b, &json!({}))]},
            "sleep_records": {"created": [night]}});
        push(&tablet, head(&tablet).await, new).await;
        let cursor = head(&tablet).await;
        let more = json!({"journal_entries": {"updated": [edit(a, &json!({"note": "x"}))],
            "deleted": [b]}, "sleep_records": {"updated": [edit(c, &json!({"quality": 4}))]}});
        assert_eq!(push(&tablet, cursor, more).await["accepted"], 3);
        push(&ana, cursor, updated(&[edit(b, &json!({"note": "back"}))])).await;
        // Import: the same file twice.
        let mut file = String::new();
        for _ in 0..4 {
            let mut line = daily("2026-10-01", &json!({"id": Uuid::now_v7()}));
            line["collection"] = json!("journal_entries");
            writeln!(file, "{line}").unwrap();
        }
        let patient = ana.id;
        for created in [4, 0] {
            let file = file.clone();
            let work = async move |app: std::sync::Arc<pain_journal::app::App>| {
                let zone = chrono_tz::Europe::Berlin;
                import(&app, patient, FileFormat::Jsonl, zone, file.as_bytes()).await
            };
            assert_eq!(app.operate(work).await.expect("the database").created, created);
        }
        changes += 4 + 7 + 4;
        assert_eq!(head(&ana).await, start + changes, "round {round}");
    }

    let sql = app.sql().await;
    let tables = tables(&sql).await;
    let all: Vec<String> = tables
        .iter()
        .map(|t| format!("SELECT patient_id, id, rev, created_rev FROM pj.{t}"))
        .collect();
    let all = all.join(" UNION ALL ");
    let count = async |what: String| -> i64 { sql.query_one(&what, &[]).await.unwrap().get(0) };
    let beyond = format!(
        "SELECT count(*) FROM ({all}) r LEFT JOIN pj.patients p USING (patient_id) \
         WHERE p.rev IS NULL OR r.rev > p.rev OR r.created_rev > r.rev"
    );
    assert_eq!(count(beyond).await, 0);
    let twice = format!("SELECT count(*) - count(DISTINCT (patient_id, rev)) FROM ({all}) r");
    assert_eq!(count(twice).await, 0);
    let silent = format!(
        "SELECT count(*) FROM ({all}) r WHERE NOT EXISTS (SELECT FROM pj.record_history h \
         WHERE h.patient_id = r.patient_id AND h.record_id = r.id AND h.rev = r.rev AND h.applied) \
         OR NOT EXISTS (SELECT FROM pj.record_history h WHERE h.patient_id = r.patient_id \
         AND h.record_id = r.id AND h.rev = r.created_rev AND h.op = 1)"
    );
    assert_eq!(count(silent).await, 0, "a change without a line in the history");
    let lines = "SELECT count(DISTINCT rev) FROM pj.record_history WHERE applied".to_owned();
    assert_eq!(count(lines).await, changes);
    let lines = "SELECT count(*) FROM pj.record_history".to_owned();
    assert_eq!(count(lines).await, changes);
}
