//! Databases that were filled at every earlier version, migrated to the newest one.

use super::schema;
use crate::support::cluster::{Cluster, connect};
use crate::support::contract::operations;
use crate::support::people::fresh;
use crate::support::{Call, TestApp};
use pain_journal::collections::named;
use pain_journal::db::migrate;
use pain_journal::demo;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio_postgres::Client;

/// What the demo has none of. Its patient is `$ana`.
const FURTHER: &str = "
    INSERT INTO pj.registrations (id, email, password_hash, roles, locale, time_zone, terms_version,
        code_hash, token_hash, code_expires_at, token_expires_at, created_at)
    VALUES ('00000000-0000-7000-8000-000000000001', 'new@example.org', 'h', '{patient}', 'en', 'UTC', '1',
        'c', 't', now(), now(), now());
    INSERT INTO pj.mails (id, recipient, subject, body, created_at, due_at)
    VALUES ('00000000-0000-7000-8000-000000000002', 'new@example.org', 's', 'b', now(), '9999-01-01');
    INSERT INTO pj.account_links (id, account_id, purpose, email, secret_hash, created_at, expires_at)
    VALUES ('00000000-0000-7000-8000-000000000012', $ana, 'reset_password', 'ana@demo.example', 's', now(),
        '9999-01-01');
    INSERT INTO pj.sync_answers (patient_id, key, body_hash, answer, at)
    VALUES ($ana, 'k', 'h', '{}', now());
    INSERT INTO pj.sync_quarantine (patient_id, id, collection, record_id, code, payload, at)
    VALUES ($ana, '00000000-0000-7000-8000-000000000003', 'flares', 'x', 'invalid', '{\"id\": \"x\"}', now());
    UPDATE pj.patients SET quarantined = 1 WHERE patient_id = $ana;
    INSERT INTO pj.report_jobs (id, made_by, from_date, to_date, asked_at, beat_at)
    VALUES ('00000000-0000-7000-8000-000000000004', $ana, '2026-01-01', '2026-02-01', now(), now());
    INSERT INTO pj.report_snapshots (patient_id, id, made_by, made_at, from_date, to_date, version, sections,
        rule_version, journal_revision, inputs_hash, report)
    VALUES ($ana, '00000000-0000-7000-8000-000000000005', $ana, now(), '2026-01-01', '2026-02-01', 1, '{pain}',
        '1', 1, sha256('x'), '{}');
    INSERT INTO pj.security_events (id, account_id, device_id, kind, counter, at, last_at, told)
    SELECT '00000000-0000-7000-8000-000000000006', account_id, id, 'refresh_reused', 1, now(), now(), false
    FROM pj.devices WHERE account_id = $ana LIMIT 1;
    INSERT INTO pj.audit_seals (number, head, signature, sealed_at, highest, snapshot_xmin, transaction)
    VALUES (1, 'h', 's', now(), 1, 1, 1);
    INSERT INTO pj.audit_leaves (line, seal, position, hash) VALUES (1, 1, 0, 'h');
    INSERT INTO pj.reminders (patient_id, id, rev, created_rev, author_id, created_at, updated_at, received_at,
        journal_date, kind, enabled, local_time)
    VALUES ($ana, '00000000-0000-7000-8000-000000000007', 1, 1, $ana, now(), now(), now(), '2026-01-01',
        'daily_entry', true, 480);";

/// Tables whose rows a migration makes.
const MADE: [&str; 2] = ["sync_state", "write_probe"];

/// The access log as earlier versions had it, which is a part of the audit now.
const ACCESS_EVENTS: &str = "(SELECT p.id AS patient_id, l.at, l.request_id, a.id AS actor_id, l.share_id, l.action, \
    l.sections, l.from_date, l.to_date, l.outcome, l.stranger, l.rev FROM pj.audit_lines l \
    JOIN pj.accounts p ON p.pseudonym = l.subject LEFT JOIN pj.accounts a ON a.pseudonym = l.actor \
    WHERE l.kind = 'journal')";

/// The rows of a table, as objects.
pub(super) type Rows = Vec<Map<String, Value>>;

/// The tables of a database in the order in which they were made, each with its columns.
async fn tables(sql: &Client) -> Vec<(String, Vec<String>)> {
    let list = "SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c \
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                AND a.attgenerated = '' WHERE c.relnamespace = 'pj'::regnamespace AND c.relkind = 'r' \
                GROUP BY c.oid, c.relname ORDER BY c.oid";
    let rows = sql.query(list, &[]).await.unwrap();
    let tables = rows.iter().map(|row| (row.get(0), row.get(1)));
    tables.filter(|(table, _): &(String, _)| !MADE.contains(&table.as_str())).collect()
}

async fn rows(sql: &Client, table: &str) -> Rows {
    let table = match table {
        "access_events" => ACCESS_EVENTS.to_owned(),
        table => format!("pj.{table}"),
    };
    let all = format!("SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text FROM {table} t");
    let all: String = sql.query_one(&all, &[]).await.unwrap().get(0);
    serde_json::from_str(&all).unwrap()
}

/// What an earlier version writes where the newest one writes nothing, or something else.
fn in_words_of(columns: &[String], table: &str, row: &mut Map<String, Value>) {
    let has = |name: &str| columns.iter().any(|column| column == name);
    match table {
        "devices" if has("confirmed_counter") => {
            row.insert("confirmed_counter".into(), json!(-1));
        }
        "sync_answers" if has("device_id") => {
            row.insert("device_id".into(), json!("00000000-0000-7000-8000-000000000008"));
        }
        // The sections and the permission to record came together.
        "shares" if !has("may_record") => {
            row.insert("sections".into(), json!(["pain", "treatment"]));
        }
        _ => {}
    }
    row.retain(|column, _| has(column));
}

/// Fills a database of an earlier version; answers what it was filled with.
pub(super) async fn fill(sql: &Client, newest: &BTreeMap<String, Rows>) -> BTreeMap<String, Rows> {
    let mut filled = BTreeMap::new();
    let is_json = "SELECT atttypid = 'jsonb'::regtype FROM pg_attribute \
                   WHERE attrelid = to_regclass('pj.sync_quarantine') AND attname = 'payload'";
    let is_json = sql.query_opt(is_json, &[]).await.unwrap().is_some_and(|row| row.get(0));
    // Rows as they are, without the lines of an audit that writing them would make.
    sql.batch_execute("SET session_replication_role = replica").await.unwrap();
    for (table, columns) in tables(sql).await {
        let mut rows = newest[&table].clone();
        for row in &mut rows {
            in_words_of(&columns, &table, row);
        }
        if is_json && table == "sync_quarantine" {
            for row in &mut rows {
                row["payload"] = serde_json::from_str(row["payload"].as_str().unwrap()).unwrap();
            }
        }
        let insert = format!(
            "INSERT INTO pj.{table} ({0}) SELECT {0} FROM jsonb_populate_recordset(NULL::pj.{table}, $1::text::jsonb)",
            columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ")
        );
        let text = serde_json::to_string(&rows).unwrap();
        sql.execute(&insert, &[&text]).await.unwrap_or_else(|e| panic!("{table}: {e:?}"));
        filled.insert(table, rows);
    }
    sql.batch_execute("RESET session_replication_role").await.unwrap();
    if filled.contains_key("audit_lines") {
        let next = "SELECT setval(pg_get_serial_sequence('pj.audit_lines', 'line'), max(line)) FROM pj.audit_lines";
        sql.query_one(next, &[]).await.unwrap();
    }
    filled
}

/// The rows as a set, each as far as it has these columns.
fn seen(rows: &[Map<String, Value>], columns: &[String]) -> Vec<String> {
    let row = |row: &Map<String, Value>| -> String {
        let cells = columns.iter().map(|column| (column.clone(), row[column].clone()));
        Value::Object(cells.collect()).to_string()
    };
    let mut seen: Vec<String> = rows.iter().map(row).collect();
    seen.sort();
    seen
}

/// The folders of the migrations, oldest first.
pub(super) fn folders() -> Vec<PathBuf> {
    let all = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let all = std::fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = all.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Runs one migration as the program of its time did.
async fn step(sql: &Client, folder: &std::path::Path) {
    let up = std::fs::read_to_string(folder.join("up.sql")).unwrap();
    let name = folder.file_name().unwrap().to_str().unwrap();
    let version = name.split('_').next().unwrap().replace('-', "");
    let record = format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')");
    sql.batch_execute(&format!("BEGIN; {up}; {record}; COMMIT")).await.unwrap();
}

/// What the newest program has written.
pub(super) async fn donor() -> BTreeMap<String, Rows> {
    let app = TestApp::alone();
    app.operate(|app| async move { demo::load(&app).await.unwrap() }).await.unwrap();
    let token = sign_in(&app).await;
    let sql = app.sql().await;
    // The example of every collection, so that one is tried that the demo has no record of.
    for (path, method, operation) in operations() {
        let collection = path.strip_prefix("/v1/").and_then(|path| path.strip_suffix("/{id}"));
        let Some(collection) = collection.filter(|name| named(&name.replace('-', "_")).is_some())
        else {
            continue;
        };
        if method == "put" {
            let example = &operation["requestBody"]["content"]["application/json"]["example"];
            let call = Call::new(&app.base, "PUT", &fresh(collection)).bearer(&token);
            let made = call.header("If-None-Match", "*").json(example).send().await;
            assert_eq!(made.status, 201, "{collection}: {}", made.text);
        }
    }
    let ana = "SELECT quote_literal(id) FROM pj.accounts WHERE email = 'ana@demo.example'";
    let ana: String = sql.query_one(ana, &[]).await.unwrap().get(0);
    sql.batch_execute(&FURTHER.replace("$ana", &ana)).await.unwrap();
    let mut newest = BTreeMap::new();
    for (table, _) in tables(&sql).await {
        let rows = rows(&sql, &table).await;
        assert_eq!(rows.is_empty(), table == "records", "{table} is not tried");
        newest.insert(table, rows);
    }
    newest.insert("access_events".into(), rows(&sql, "access_events").await);
    newest
}

pub(super) async fn sign_in(app: &TestApp) -> String {
    let body = json!({"email": "ana@demo.example", "password": "demo-seven-herons", "device": {}});
    let answer = app.call("POST", "/v1/auth/login").json(&body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json["tokens"]["access_token"].as_str().unwrap().to_owned()
}

/// The server reads one record of every collection that was filled, and the report of them all.
async fn is_read(app: &TestApp, filled: &BTreeMap<String, Rows>) {
    let token = sign_in(app).await;
    let get = async |path: &str| {
        let answer = Call::new(&app.base, "GET", path).bearer(&token).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    };
    get("/v1/me").await;
    if filled.contains_key("shares") {
        get("/v1/shares").await;
        get("/v1/report?from=2026-01-01&to=2026-12-31").await;
    }
    for (table, rows) in filled {
        let first =
            rows.iter().find(|row| row.contains_key("created_rev") && row["deleted_at"].is_null());
        if let Some(id) = first.filter(|_| table != "practitioner_notes").map(|row| &row["id"]) {
            get(&format!("/v1/{}/{}", table.replace('_', "-"), id.as_str().unwrap())).await;
        }
    }
}

/// An empty database with so many of the migrations: its name, its address and a connection.
pub(super) async fn at_version(folders: &[PathBuf], version: usize) -> (String, String, Client) {
    let database = Cluster::get().empty_database();
    let url = Cluster::get().url(&database);
    let sql = connect(&url).await;
    assert_eq!(migrate::pending(&url).unwrap(), folders.len(), "and the list is made");
    for folder in &folders[..version] {
        step(&sql, folder).await;
    }
    (database, url, sql)
}

/// How many migrations come before the one of this name.
pub(super) fn before(folders: &[PathBuf], name: &str) -> usize {
    folders.iter().position(|folder| folder.ends_with(name)).unwrap()
}

#[tokio::test]
async fn a_database_filled_at_any_version_loses_nothing_and_is_served() {
    let newest = donor().await;
    let fresh = schema(&Cluster::get().database());
    let folders = folders();
    // The roles and the accounts come first: before them there is nothing to fill.
    for version in 2..folders.len() {
        let name = folders[version - 1].file_name().unwrap().to_str().unwrap();
        let (database, url, sql) = at_version(&folders, version).await;
        let before = tables(&sql).await;
        let filled = fill(&sql, &newest).await;
        assert_eq!(migrate::run(&url).unwrap(), folders.len() - version);

        let after: BTreeMap<String, Vec<String>> = tables(&sql).await.into_iter().collect();
        for (table, columns) in &before {
            let there = after.get(table).unwrap_or(columns);
            let kept: Vec<String> = columns
                .iter()
                .filter(|column| there.contains(column))
                .filter(|column| {
                    (table.as_str(), column.as_str()) != ("sync_quarantine", "payload")
                })
                .cloned()
                .collect();
            let now = rows(&sql, table).await;
            assert_eq!(seen(&now, &kept), seen(&filled[table], &kept), "{name}: {table}");
            // What a migration works out is what the newest program would have written.
            for derived in ["marks", "quarantined", "payload"].map(str::to_owned) {
                if there.contains(&derived) && filled.contains_key("sync_quarantine") {
                    let derived = [derived];
                    assert_eq!(
                        seen(&now, &derived),
                        seen(&newest[table], &derived),
                        "{name}: {table}"
                    );
                }
            }
        }
        assert_eq!(schema(&database), fresh, "{name}: the schema of a fresh database");
        let unchecked = "SELECT count(*) FROM pg_constraint WHERE NOT convalidated";
        assert_eq!(sql.query_one(unchecked, &[]).await.unwrap().get::<_, i64>(0), 0);
        is_read(&TestApp::of(database), &filled).await;
    }
}
