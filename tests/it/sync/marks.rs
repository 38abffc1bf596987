//! What rows keep of their histories, held against the histories themselves.

use super::support::*;
use crate::records::samples;
use crate::support::TestApp;
use crate::support::people::{daily, fresh};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// Every row whose marks are not what the applied lines of its history come to, worked out by the
/// database alone.
pub async fn wrong_marks(sql: &Client) -> Vec<String> {
    let mut wrong = Vec::new();
    for sample in samples() {
        let table = sample.table;
        let query = format!(
            "WITH lines AS (SELECT patient_id, record_id, rev, op, changes FROM pj.record_history \
                 WHERE collection = $1 AND applied), \
             begun AS (SELECT patient_id, record_id, max(rev) AS rev FROM lines WHERE op IN (1, 5) GROUP BY 1, 2), \
             events AS ( \
                 SELECT l.patient_id, l.record_id, l.rev, field FROM lines l JOIN begun b USING (patient_id, record_id), \
                     LATERAL (SELECT jsonb_object_keys(l.changes) WHERE l.op IN (2, 4) \
                              UNION ALL SELECT '' WHERE l.op IN (3, 4)) f(field) WHERE l.rev > b.rev \
                 UNION ALL SELECT patient_id, record_id, rev, '' FROM lines l WHERE op = 5 \
                     AND rev = (SELECT rev FROM begun b WHERE (b.patient_id, b.record_id) = (l.patient_id, l.record_id))), \
             spans AS (SELECT patient_id, record_id, field, jsonb_build_array( \
                 CASE field WHEN '' THEN (SELECT rev FROM begun b WHERE (b.patient_id, b.record_id) = (e.patient_id, e.record_id)) \
                 ELSE min(rev) END, max(rev)) AS span FROM events e GROUP BY 1, 2, 3), \
             marks AS (SELECT patient_id, record_id, jsonb_object_agg(field, span) AS marks FROM spans GROUP BY 1, 2) \
             SELECT concat_ws(' ', r.id, r.marks, 'not', m.marks) FROM pj.{table} r \
             LEFT JOIN marks m ON m.patient_id = r.patient_id AND m.record_id = r.id \
             WHERE r.marks IS DISTINCT FROM m.marks"
        );
        let number: i16 = sample.number;
        let rows = sql.query(&query, &[&number]).await.unwrap();
        wrong.extend(rows.iter().map(|row| format!("{table} {}", row.get::<_, String>(0))));
    }
    wrong
}

#[tokio::test]
async fn every_writer_leaves_the_marks_that_its_history_comes_to() {
    let app = TestApp::alone();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    // REST: created, replaced, deleted, back again.
    for sample in samples() {
        assert_eq!(ana.create(&fresh(sample.path), &sample.body).await.status, 201);
    }
    let path = fresh("journal-entries");
    let first = ana.create(&path, &daily("2026-11-01", &json!({"mood": 3}))).await;
    let etag = first.etag().to_owned();
    let second =
        ana.replace(&path, &etag, &daily("2026-11-01", &json!({"mood": 4, "note": "x"}))).await;
    assert_eq!(second.status, 200, "{}", second.text);
    let gone = ana.delete(&path).await;
    let etag = gone.etag().to_owned();
    let back =
        ana.replace(&path, &etag, &daily("2026-11-01", &json!({"mood": 4, "note": "x"}))).await;
    assert_eq!(back.status, 200, "{}", back.text);
    // Sync: one push with several changes of a record, then a new life.
    let ids: Vec<Uuid> = (0..4).map(|_| Uuid::now_v7()).collect();
    let rows: Vec<_> = ids.iter().map(|id| entry(*id, &json!({"mood": 1}))).collect();
    push(&ana, 0, created(&rows)).await;
    let several = json!({"journal_entries": {"updated": [edit(ids[0], &json!({"mood": 2})),
        edit(ids[0], &json!({"mood": 3, "note": "n"})), edit(ids[1], &json!({"note": "n"}))],
        "deleted": [ids[1], ids[2]]}});
    push(&ana, head(&ana).await, several).await;
    let anew = [entry(ids[1], &json!({"note": "another day"})), entry(ids[2], &json!({"mood": 9}))];
    push(&ana, head(&ana).await, created(&anew)).await;
    push(&ana, head(&ana).await, updated(&edits_of(&ids))).await;
    push(&ana, head(&ana).await, deleted(&[json!(ids[1])])).await;
    // A practitioner.
    let share = ana.let_record(&lind, &["treatment"]).await;
    let visit = json!({"status": "attended", "kind": "treatment", "needle_count": 8,
        "starts_at": "2026-06-03T09:00:00+02:00", "time_zone": "Europe/Berlin"});
    let path = format!("/v1/patients/{share}/treatment-sessions/{}", Uuid::now_v7());
    let made = lind.create(&path, &visit).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let etag = made.etag().to_owned();
    let mut more = visit;
    more["needle_count"] = json!(9);
    let changed = lind.replace(&path, &etag, &more).await;
    assert_eq!(changed.status, 200, "{}", changed.text);

    let sql = app.sql().await;
    assert_eq!(wrong_marks(&sql).await, [""; 0]);
    let marked = async || {
        let count = "SELECT count(*) FROM pj.journal_entries WHERE marks IS NOT NULL";
        sql.query_one(count, &[]).await.unwrap().get::<_, i64>(0)
    };
    assert_eq!(marked().await, 5);

    // Journals that were there before the marks get them when the server is brought up to date.
    let bad = created(&[entry(Uuid::now_v7(), &json!({"mood": 11})), json!({"id": "none"})]);
    try_push(&ana, 0, Some("before-the-marks"), bad).await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    // The functions of that time have other arguments.
    sql.batch_execute("DROP FUNCTION sec.enter").await.unwrap();
    for (migration, part) in [
        ("2026-11-27-000421_bounds", "down.sql"),
        ("2026-11-27-000420_marks", "down.sql"),
        ("2026-11-27-000420_marks", "up.sql"),
        ("2026-11-27-000421_bounds", "up.sql"),
    ] {
        let text = std::fs::read_to_string(folder.join(migration).join(part)).unwrap();
        sql.batch_execute(&format!("BEGIN; {text}; COMMIT")).await.unwrap();
    }
    assert_eq!(marked().await, 5);
    assert_eq!(wrong_marks(&sql).await, [""; 0]);
    let held = "SELECT quarantined FROM pj.patients WHERE patient_id::text = $1";
    assert_eq!(sql.query_one(held, &[&ana.id.to_string()]).await.unwrap().get::<_, i32>(0), 2);
}

fn edits_of(ids: &[Uuid]) -> Vec<serde_json::Value> {
    ids.iter().map(|id| edit(*id, &json!({"note": "edited"}))).collect()
}
