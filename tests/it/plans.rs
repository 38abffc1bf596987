//! How the database finds rows: by index, however much others have written, also behind the walls.

use crate::records::{Sample, samples};
use crate::support::TestApp;
use crate::support::cluster::{columns, plan};
use crate::support::context::{context, entering};
use crate::support::people::{daily, fresh};
use pain_journal::collections::JournalEntry;
use pain_journal::journal::Record;
use pain_journal::report::read::statements::{NOTES, RATINGS, TREATMENTS};
use pain_journal::sections::Sections;
use serde_json::{Value, json};
use tokio_postgres::Client;

/// Two hundred further patients, and a place for a hundred records of each.
const FILLERS: &str = "
    INSERT INTO pj.accounts (id, email, password_hash, roles, locale, time_zone, terms_version, created_at)
    SELECT gen_random_uuid(), 'filler' || n || '@example.org', 'x', '{patient}', 'en', 'UTC', '1', now()
    FROM generate_series(1, 200) n;
    INSERT INTO pj.patients (patient_id, rev, enrolled_on)
    SELECT id, 1000, '2025-01-01' FROM pj.accounts WHERE email LIKE 'filler%';
    CREATE TEMP TABLE filler AS
    SELECT patient_id, gen_random_uuid() AS id, n AS rev, date '2025-01-01' + n AS day
    FROM pj.patients, generate_series(1, 100) n WHERE rev = 1000;";

/// Fills every collection with 20 000 records of 200 patients, copies of one of a patient's own; one
/// in twenty shares its note. Vacuumed, as a database that is in use is: what an index costs that
/// answers alone depends on it.
async fn fill(app: &TestApp, sql: &Client) {
    let bob = app.patient("bob").await;
    sql.batch_execute(FILLERS).await.unwrap();
    for sample in samples() {
        assert_eq!(bob.create(&fresh(sample.path), &sample.body).await.status, 201);
        let columns = columns(sql, sample.table).await;
        sql.batch_execute(&format!(
            "INSERT INTO pj.{0} ({columns}) SELECT {columns} FROM (SELECT r.* FROM pj.{0} one, filler f, jsonb_populate_record(one, \
             to_jsonb(f) || jsonb_build_object('created_rev', f.rev, 'author_id', f.patient_id, \
             'journal_date', f.day, 'note_shared', f.rev % 20 = 0)) r WHERE one.patient_id = '{1}') w",
            sample.table, bob.id
        ))
        .await
        .unwrap();
    }
    sql.batch_execute("VACUUM ANALYZE").await.unwrap();
}

/// Every node of a plan that reads `table`: how, and by what.
fn reads(node: &Value, table: &str, found: &mut Vec<(String, String)>) {
    let text = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
    if node["Relation Name"] == table || text("Index Name").starts_with(table) {
        found.push((text("Node Type"), text("Index Cond")));
    }
    for inner in node["Plans"].as_array().into_iter().flatten() {
        reads(inner, table, found);
    }
}

/// Panics unless the statement finds the patient's rows by an index.
async fn assert_indexed(sql: &Client, table: &str, text: &str, values: &str) {
    for mode in ["force_generic_plan", "force_custom_plan"] {
        sql.batch_execute(&format!(
            "SET LOCAL plan_cache_mode = {mode}; PREPARE question AS {text}"
        ))
        .await
        .unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE question({values})");
        let plan = plan(sql, &explain).await;
        let mut found = Vec::new();
        reads(&plan, table, &mut found);
        let by_patient =
            |(how, by): &(String, String)| how.contains("Index") && by.contains("patient_id =");
        assert!(found.iter().any(by_patient), "{mode} {text}\n{plan:#}");
        assert!(found.iter().all(|(how, _)| how != "Seq Scan"), "{mode} {text}\n{plan:#}");
        sql.batch_execute("DEALLOCATE question").await.unwrap();
    }
}

#[tokio::test]
async fn lists_and_reports_use_an_index_also_where_only_the_policy_names_the_patient() {
    let app = TestApp::alone();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain", "sleep", "treatment"]).await;
    let sql = app.sql().await;
    fill(&app, &sql).await;
    let days = "'2025-02-01', '2025-03-01'";
    let page = format!("{days}, '2025-03-01', '0195a3c2-0000-7000-8000-00000000000a', 51");
    let id = "'0195a3c2-0000-7000-8000-00000000000a'";
    let ids = "ARRAY['0195a3c2-0000-7000-8000-00000000000a']::uuid[]";
    let mut statements = vec![(JournalEntry::COLLECTION, RATINGS, days)];
    for Sample { table, texts, .. } in samples() {
        statements.push((table, texts.page, &page));
        statements.push((table, texts.window, days));
        statements.push((table, texts.find, id));
        statements.push((table, texts.find_all, ids));
    }
    for (actor, share) in [(ana.id, ""), (lind.id, share.as_str())] {
        sql.batch_execute(&format!(
            "BEGIN; {}; SET LOCAL ROLE pj_app; SET LOCAL jit = off",
            context(actor, ana.id, share)
        ))
        .await
        .unwrap();
        for (table, text, values) in &statements {
            assert_indexed(&sql, table, text, values).await;
            let alone = text.replace("patient_id = sec.subject() AND ", "");
            assert_ne!(alone, *text);
            assert_indexed(&sql, table, &alone, values).await;
        }
        sql.batch_execute("ROLLBACK").await.unwrap();
    }
}

/// The names of the indexes that a plan reads.
fn indexes(node: &Value, found: &mut Vec<String>) {
    found.extend(node["Index Name"].as_str().map(str::to_owned));
    for inner in node["Plans"].as_array().into_iter().flatten() {
        indexes(inner, found);
    }
}

#[tokio::test]
async fn a_report_looks_up_the_course_and_the_shared_notes() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let sql = app.sql().await;
    fill(&app, &sql).await;
    sql.batch_execute(&format!(
        "BEGIN; {}; SET LOCAL ROLE pj_app; SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_custom_plan",
        context(ana.id, ana.id, "")
    ))
    .await
    .unwrap();
    let days = "'2025-02-01', '2026-01-31'";
    let course = ["treatment_sessions_attended".to_owned()];
    let shared = ["journal_entries", "medication_intakes", "treatment_sessions"]
        .map(|table| format!("{table}_shared_notes"));
    let asked: [(&str, &str, &[String]); 2] =
        [(&TREATMENTS, "'2026-01-31'", &course), (NOTES, days, &shared)];
    for (text, values, wanted) in asked {
        sql.batch_execute(&format!("PREPARE question AS {text}")).await.unwrap();
        let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE question({values})");
        let plan = plan(&sql, &explain).await;
        let mut found = Vec::new();
        indexes(&plan, &mut found);
        for index in wanted {
            assert!(found.contains(index), "{index}: {found:?}\n{plan:#}");
        }
        sql.batch_execute("DEALLOCATE question").await.unwrap();
    }
}

/// How often each collection was read from end to end, and by index.
async fn scans(sql: &Client) -> Vec<(i64, i64)> {
    // The counts of a connection are complete when it has ended.
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name = 'pain-journal'";
    sql.query(end, &[]).await.unwrap();
    sql.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
    let mut scans = Vec::new();
    for sample in samples() {
        let counts = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = $1";
        let row = sql.query_one(counts, &[&sample.table]).await.unwrap();
        scans.push((row.get(0), row.get(1)));
    }
    scans
}

#[tokio::test]
async fn what_the_server_really_sends_never_reads_a_collection_from_end_to_end() {
    let app = TestApp::alone();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let all = Sections::ALL.codes();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let share = ana.share_with(&lind, &all).await;
    let sql = app.sql().await;
    fill(&app, &sql).await;
    let before = scans(&sql).await;
    // Every connection was cut: the server may say that it is busy, and must recover by itself.
    let mut tries = 0;
    while ana.get("/v1/journal-entries").await.status != 200 {
        tries += 1;
        assert!(tries < 20, "the server did not recover");
    }
    for sample in samples() {
        let path = fresh(sample.path);
        let made = ana.create(&path, &sample.body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(ana.replace(&path, made.etag(), &sample.other).await.status, 200);
        assert_eq!(ana.get(&path).await.status, 200);
        let shared = sample.is_shared().then(|| (&lind, format!("/v1/patients/{share}")));
        for (reader, list) in [(&ana, "/v1".to_owned())].into_iter().chain(shared) {
            let list = format!("{list}/{}?from=2025-06-01&to=2025-06-30", sample.path);
            assert_eq!(reader.get(&list).await.json["data"].as_array().unwrap().len(), 1);
        }
        assert_eq!(ana.delete(&path).await.status, 204);
    }
    ana.create(&fresh("journal-entries"), &daily("2025-06-01", &json!({}))).await;
    let window = "from=2025-05-01&to=2025-06-30";
    let reports =
        [(&ana, "/v1/report".to_owned()), (&lind, format!("/v1/patients/{share}/report"))];
    for (reader, report) in reports {
        assert_eq!(reader.get(&format!("{report}?{window}")).await.json["header"]["days_rated"], 1);
    }
    for ((sequential, by_index), before) in scans(&sql).await.into_iter().zip(before) {
        assert_eq!(sequential, before.0, "a collection was read from end to end");
        assert!(by_index >= before.1 + 8, "{by_index} {before:?}");
    }
}

#[tokio::test]
async fn what_is_new_costs_what_is_new_however_long_journal_and_access_log_are() {
    let app = TestApp::alone();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let all =
        ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals", "notes"];
    let share = ana.share_with(&lind, &all).await;
    let (pool, sql) = (app.serving_sql().await, app.sql().await);
    fill(&app, &sql).await;
    for sample in samples() {
        for _ in 0..20 {
            let body = if sample.path == "journal-entries" {
                daily("2025-06-01", &json!({"effective_at": "2025-06-01T06:00:00Z"}))
            } else {
                sample.body.clone()
            };
            let made = ana.create(&fresh(sample.path), &body).await;
            assert_eq!(made.status, 201, "{}: {}", sample.path, made.text);
        }
    }
    assert_eq!(lind.get(&format!("/v1/patients/{share}/report")).await.status, 200);
    let goal = samples().into_iter().find(|sample| sample.path == "goals").unwrap();
    assert_eq!(ana.create(&fresh("goals"), &goal.body).await.status, 201);
    // Lists that were asked for since the look.
    sql.batch_execute(&format!(
        "INSERT INTO pj.audit_lines (kind, at, request_id, subject, actor, share_id, action, sections) \
         SELECT 'journal', now() + n * interval '1 microsecond', gen_random_uuid(), a.pseudonym, b.pseudonym, \
         '{share}', 'overview', '{{pain}}' FROM generate_series(1, 100000) n, pj.accounts a, pj.accounts b \
         WHERE a.id = '{}' AND b.id = '{}'",
        ana.id, lind.id
    ))
    .await
    .unwrap();
    sql.batch_execute("VACUUM ANALYZE").await.unwrap();

    pool.batch_execute("BEGIN").await.unwrap();
    pool.batch_execute(&entering(&app, &lind).await).await.unwrap();
    let proved =
        pool.query_one("SELECT sec.actor()::text", &[]).await.unwrap().get::<_, Option<String>>(0);
    assert_eq!(proved, Some(lind.id.to_string()));
    let ask = "SELECT new_records FROM sec.overview(now(), gen_random_uuid())";
    assert_eq!(pool.query_one(ask, &[]).await.unwrap().get::<_, i32>(0), 1);
    let read = "SELECT relname::text, seq_scan, coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables \
                WHERE schemaname = 'pj' AND relname = ANY ($1)";
    let mut tables: Vec<&str> = samples().iter().map(|sample| sample.table).collect();
    tables.extend(["record_history", "audit_lines"]);
    let rows = pool.query(read, &[&tables]).await.unwrap();
    assert_eq!(rows.len(), tables.len());
    for row in rows {
        let (table, scans, fetched): (&str, i64, i64) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(scans, 0, "{table} is read as a whole");
        // The list tells more of entries and of treatment than what is new of them.
        if ["record_history", "audit_lines", "goals", "flares", "assessments"].contains(&table) {
            assert!(fetched <= 2, "{table}: {fetched} rows");
        }
    }
    pool.batch_execute("ROLLBACK").await.unwrap();
}
