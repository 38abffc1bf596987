//! The walls in the database: what it refuses whoever asks, were the server to forget.

use crate::records::{Sample, samples};
use crate::support::cluster::columns;
use crate::support::context::{context, entering};
use crate::support::people::fresh;
use crate::support::{Person, TestApp};
use pain_journal::collections::PractitionerNote;
use pain_journal::journal::Record;
use pain_journal::sections::{Section, Sections};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// The first column of a query's rows, as texts.
async fn texts(sql: &Client, query: &str) -> Vec<String> {
    let rows = sql.query(query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// What Postgres answers a statement it refuses.
pub async fn refusal(sql: &Client, statement: &str) -> String {
    let error = sql.batch_execute(statement).await.expect_err(statement);
    error.as_db_error().unwrap().message().to_owned()
}

/// Tables that hold something of a patient.
async fn patient_tables(sql: &Client) -> Vec<String> {
    let tables = texts(
        sql,
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'pj' AND c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_attribute a \
         WHERE a.attrelid = c.oid AND a.attname = 'patient_id') ORDER BY 1",
    )
    .await;
    for sample in samples() {
        assert!(tables.iter().any(|table| table == sample.table));
    }
    tables
}

/// Opens a transaction as the server's role, with these settings of its context.
pub async fn enter(sql: &Client, actor: &str, subject: &str, share: &str) {
    sql.batch_execute(&format!("BEGIN; {}; SET LOCAL ROLE pj_app", context(actor, subject, share)))
        .await
        .unwrap();
}

async fn count(sql: &Client, table: &str) -> i64 {
    sql.query_one(&format!("SELECT count(*) FROM pj.{table}"), &[]).await.unwrap().get(0)
}

/// A patient with one record in every collection, and a practitioner who reads all of it. The one
/// practitioner note is a colleague's, and shown to everyone.
async fn shared_journal(app: &TestApp) -> (Person, Person, String) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    for sample in samples() {
        assert_eq!(ana.create(&fresh(sample.path), &sample.body).await.status, 201);
    }
    // A keyed push with a record that is refused fills the tables of sync.
    let push = ana.call("POST", "/v1/sync?last_pulled_at=0").header("Idempotency-Key", "walls-key");
    let push = push.json(&json!({"changes": {"journal_entries": {"created": [{"id": "no id"}]}}}));
    assert_eq!(push.send().await.status, 200);
    let all = Sections::ALL.codes();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let share = ana.share_with(&lind, &all).await;
    let author = app.practitioner("author").await;
    let recording = ana.let_record(&author, &["treatment"]).await;
    let note = json!({"journal_date": "2025-06-02", "text": "shown", "visibility": "everyone"});
    let path = format!("/v1/patients/{recording}/practitioner-notes/{}", Uuid::now_v7());
    assert_eq!(author.create(&path, &note).await.status, 201);
    (ana, lind, share)
}

/// How many records of each sampled collection a reader of these sections sees.
fn open(sections: Sections) -> Vec<i64> {
    let hidden = |sample: &Sample| sample.sections.without(sections) == sample.sections;
    samples().iter().map(|sample| i64::from(!hidden(sample))).collect()
}

#[tokio::test]
async fn t115_every_table_of_patients_has_forced_row_security_and_a_policy() {
    let sql = TestApp::shared().sql().await;
    for table in patient_tables(&sql).await {
        let row = sql
            .query_one(
                "SELECT relrowsecurity, relforcerowsecurity, \
                 (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) \
                 FROM pg_class c WHERE c.oid = ('pj.' || $1::text)::regclass",
                &[&table],
            )
            .await
            .unwrap();
        let state: (bool, bool, i64) = (row.get(0), row.get(1), row.get(2));
        assert!(state.0 && state.1 && state.2 > 0, "{table}: {state:?}");
    }
    let open = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                WHERE n.nspname = 'pj' AND c.relkind IN ('v', 'm', 'f')";
    assert_eq!(texts(&sql, open).await, [""; 0], "views pass their owner's walls");
}

#[tokio::test]
async fn t117_the_role_of_the_server_owns_nothing_and_cannot_rise() {
    let sql = TestApp::shared().sql().await;
    let powers = "SELECT rolname::text FROM pg_roles WHERE rolname IN ('pj_app', 'pj_owner') AND \
                  (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication \
                  OR rolcanlogin)";
    assert_eq!(texts(&sql, powers).await, [""; 0]);
    let known =
        "SELECT rolname::text FROM pg_roles WHERE rolname IN ('pj_app', 'pj_owner') ORDER BY 1";
    assert_eq!(texts(&sql, known).await, ["pj_app", "pj_owner"]);
    let groups =
        "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = 'pj_app'::regrole";
    assert_eq!(texts(&sql, groups).await, [""; 0]);
    let owned = "SELECT classid::regclass::text || ' ' || objid FROM pg_shdepend \
                 WHERE refclassid = 'pg_authid'::regclass AND refobjid = 'pj_app'::regrole \
                 AND deptype = 'o'";
    assert_eq!(texts(&sql, owned).await, [""; 0]);
    let foreign = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n \
                   ON n.oid = c.relnamespace WHERE n.nspname IN ('pj', 'sec') \
                   AND c.relowner <> 'pj_owner'::regrole UNION ALL \
                   SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n \
                   ON n.oid = p.pronamespace WHERE n.nspname IN ('pj', 'sec') \
                   AND p.proowner <> 'pj_owner'::regrole";
    assert_eq!(texts(&sql, foreign).await, [""; 0], "what pj_owner does not own");
    let creates = "SELECT nspname::text FROM pg_namespace WHERE nspname IN ('pj', 'sec') \
                   AND has_schema_privilege('pj_app', oid, 'CREATE')";
    assert_eq!(texts(&sql, creates).await, [""; 0]);
}

/// All but `sec.actor`, in which every name says its schema: `attacker.rs` plays other paths.
#[tokio::test]
async fn functions_with_the_owners_rights_have_a_fixed_path_and_are_not_for_everybody() {
    let sql = TestApp::shared().sql().await;
    let definers = "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
                    WHERE n.nspname IN ('pj', 'sec') AND p.prosecdef";
    let all = texts(&sql, &format!("SELECT p.proname::text {definers}")).await;
    assert!(all.iter().any(|name| name == "enter"), "{all:?}");
    let loose = format!(
        "SELECT p.oid::regprocedure::text {definers} AND ((p.proconfig IS NULL \
         OR NOT p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp']) AND p.proname <> 'actor' OR EXISTS \
         (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a \
         WHERE a.grantee = 0))"
    );
    assert_eq!(texts(&sql, &loose).await, [""; 0]);
}

#[tokio::test]
async fn t117_the_role_of_the_server_has_no_right_to_rewrite_what_is_written() {
    let sql = TestApp::shared().sql().await;
    let may = async |table: &str, right: &str| -> bool {
        let question = format!("SELECT has_table_privilege('pj_app', 'pj.{table}', '{right}')");
        sql.query_one(&question, &[]).await.unwrap().get(0)
    };
    for table in ["audit_lines", "record_history", "report_snapshots"] {
        for right in ["UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES"] {
            assert!(!may(table, right).await, "{right} on {table}");
        }
        let some = format!("SELECT has_any_column_privilege('pj_app', 'pj.{table}', 'UPDATE')");
        assert!(!sql.query_one(&some, &[]).await.unwrap().get::<_, bool>(0), "{table}");
        assert!(may(table, "SELECT").await);
    }
    assert!(!may("audit_lines", "INSERT").await, "only functions of the owner write the audit");
    for table in patient_tables(&sql).await {
        for right in ["DELETE", "TRUNCATE", "TRIGGER"] {
            assert!(!may(&table, right).await, "{right} on {table}");
        }
    }
    sql.batch_execute("SET ROLE pj_app").await.unwrap();
    for statement in [
        "UPDATE pj.audit_lines SET outcome = 'x'",
        "DELETE FROM pj.audit_lines",
        "INSERT INTO pj.audit_lines SELECT * FROM pj.audit_lines",
        "UPDATE pj.record_history SET changes = '{}'",
        "DELETE FROM pj.record_history",
        "UPDATE pj.report_snapshots SET report = '{}'",
        "DELETE FROM pj.report_snapshots",
        "DELETE FROM pj.report_jobs",
        "TRUNCATE pj.record_history",
        "UPDATE pj.patients SET patient_id = patient_id",
        "UPDATE pj.shares SET practitioner_id = patient_id",
        "DELETE FROM pj.accounts",
        "CREATE TABLE pj.loot (x int)",
        "ALTER TABLE pj.journal_entries DISABLE ROW LEVEL SECURITY",
        "DROP POLICY subject_reads ON pj.journal_entries",
        "SELECT sec.install_collection('records', '{}')",
        "SELECT * FROM pj.records",
        "CREATE ROLE loot",
    ] {
        let said = refusal(&sql, statement).await;
        assert!(said.contains("permission denied") || said.contains("must be owner"), "{said}");
    }
    for sample in samples() {
        for verb in ["DELETE FROM", "TRUNCATE"] {
            let said = refusal(&sql, &format!("{verb} pj.{}", sample.table)).await;
            assert!(said.contains("permission denied"), "{said}");
        }
    }
}

#[tokio::test]
async fn t115_without_a_context_there_is_nothing_to_see() {
    let app = TestApp::shared();
    let (_, lind, share) = shared_journal(&app).await;
    assert_eq!(lind.get(&format!("/v1/patients/{share}/sleep-records")).await.status, 200);
    let frozen = lind.post(&format!("/v1/patients/{share}/report/snapshots"), &json!({})).await;
    assert_eq!(frozen.status, 201, "{}", frozen.text);
    let sql = app.sql().await;
    let template = "records";
    for table in patient_tables(&sql).await.iter().filter(|table| *table != template) {
        assert!(count(&sql, table).await > 0, "{table} must hold something for this test");
        sql.batch_execute("BEGIN; SET LOCAL ROLE pj_app").await.unwrap();
        assert_eq!(count(&sql, table).await, 0, "{table}");
        sql.batch_execute("COMMIT").await.unwrap();
    }
}

#[tokio::test]
async fn forged_settings_open_nothing_unless_the_share_is_active() {
    let app = TestApp::shared();
    let (ana, lind, active) = shared_journal(&app).await;
    let other = app.practitioner("other").await;
    let sql = app.sql().await;
    let (ana_id, lind_id, other_id) =
        (ana.id.to_string(), lind.id.to_string(), other.id.to_string());
    let seen = async |actor: &str, subject: &str, share: &str| {
        enter(&sql, actor, subject, share).await;
        let mut seen = Vec::new();
        for sample in samples() {
            seen.push(count(&sql, sample.table).await);
        }
        sql.batch_execute("ROLLBACK").await.unwrap();
        seen
    };
    assert_eq!(seen(&lind_id, &ana_id, &active).await, open(Sections::ALL));
    let nothing = open(Sections::NONE);

    let invited = ana.invite(&["pain", "sleep", "treatment"], &json!({})).await;
    let invited = invited["share"]["id"].as_str().or(invited["id"].as_str()).unwrap().to_owned();
    for (actor, share) in [
        (&lind_id, ""),
        (&lind_id, invited.as_str()),
        (&lind_id, "0195a3c2-0000-7000-8000-00000000000a"),
        (&other_id, active.as_str()),
        (&other_id, ""),
    ] {
        assert_eq!(seen(actor, &ana_id, share).await, nothing, "{share}");
    }
    for (column, value) in [
        ("state", "'redeemed'"),
        ("state", "'ended'"),
        ("expires_at", "now() - interval '1 second'"),
        ("practitioner_id", &format!("'{other_id}'")),
        ("patient_id", &format!("'{other_id}'")),
        ("to_date", "'2025-05-31'"),
        ("from_date", "'2025-06-04'"),
    ] {
        // A journal for the other, so that the share can be moved to it.
        sql.batch_execute(&format!(
            "INSERT INTO pj.patients (patient_id, enrolled_on) VALUES ('{other_id}', '2025-01-01') \
             ON CONFLICT DO NOTHING"
        ))
        .await
        .unwrap();
        let old: String = sql
            .query_one(
                &format!(
                    "SELECT coalesce(quote_literal({column}), 'NULL') FROM pj.shares \
                WHERE id = '{active}'"
                ),
                &[],
            )
            .await
            .unwrap()
            .get(0);
        let set = |to: &str| format!("UPDATE pj.shares SET {column} = {to} WHERE id = '{active}'");
        sql.batch_execute(&set(value)).await.unwrap();
        assert_eq!(seen(&lind_id, &ana_id, &active).await, nothing, "{column} = {value}");
        sql.batch_execute(&set(&old)).await.unwrap();
    }
    assert_eq!(seen(&lind_id, &ana_id, &active).await, open(Sections::ALL));
    sql.batch_execute(&format!(
        "UPDATE pj.shares SET sections = '{{sleep}}' WHERE id = '{active}'"
    ))
    .await
    .unwrap();
    let sleep = Sections::of(&[Section::Sleep]);
    assert_eq!(seen(&lind_id, &ana_id, &active).await, open(sleep));
}

#[tokio::test]
async fn who_reads_through_a_share_cannot_write() {
    let app = TestApp::shared();
    let (ana, lind, share) = shared_journal(&app).await;
    let sql = app.sql().await;
    let (ana_id, lind_id) = (ana.id.to_string(), lind.id.to_string());
    let shared = samples().into_iter().filter(Sample::is_shared).map(|sample| sample.table);
    for table in shared.chain([PractitionerNote::COLLECTION]) {
        let set = format!("UPDATE pj.{table} SET rev = rev + 100, deleted_at = now()");
        let columns = columns(&sql, table).await;
        let copy = format!(
            "INSERT INTO pj.{table} ({columns}) SELECT {columns} FROM (SELECT (r).* FROM (SELECT jsonb_populate_record(NULL::pj.{table}, \
             to_jsonb(t) || '{{\"id\": \"0195a3c2-0000-7000-8000-00000000000a\"}}') r FROM pj.{table} t) s) w"
        );
        enter(&sql, &lind_id, &ana_id, &share).await;
        assert_eq!(count(&sql, table).await, 1);
        assert_eq!(sql.execute(&set, &[]).await.unwrap(), 0, "{table}");
        let said = refusal(&sql, &copy).await;
        assert!(said.contains("row-level security policy"), "{said}");
        sql.batch_execute("ROLLBACK").await.unwrap();
    }
    enter(&sql, &lind_id, &ana_id, &share).await;
    let counted = sql.execute("UPDATE pj.patients SET rev = rev + 1", &[]).await.unwrap();
    assert_eq!(counted, 0, "the counter of a journal belongs to its patient");
    let shares = sql.execute("UPDATE pj.shares SET sections = sections", &[]).await.unwrap();
    assert_eq!(shares, 0, "only the patient changes a share");
    sql.batch_execute("ROLLBACK").await.unwrap();
    // The patient in her own context may, so that the refusals above are about who asks.
    enter(&sql, &ana_id, &ana_id, "").await;
    assert_eq!(sql.execute("UPDATE pj.patients SET rev = rev + 1", &[]).await.unwrap(), 1);
    sql.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn a_row_needs_a_reserved_and_rising_revision_whoever_writes_it() {
    let app = TestApp::shared();
    let (ana, _, _) = shared_journal(&app).await;
    let sql = app.sql().await;
    let mine = format!("patient_id = '{}'", ana.id);
    for sample in samples() {
        let table = sample.table;
        for (set, allowed) in [
            ("rev = rev", false),
            ("rev = rev - 1", false),
            ("rev = rev + 1000", false),
            ("updated_at = now()", false),
            ("rev = (SELECT rev FROM pj.patients p WHERE p.patient_id = r.patient_id)", true),
        ] {
            let reserve = format!("UPDATE pj.patients SET rev = rev + 1 WHERE {mine}");
            sql.batch_execute(&format!("BEGIN; {reserve}")).await.unwrap();
            let done =
                sql.execute(&format!("UPDATE pj.{table} r SET {set} WHERE {mine}"), &[]).await;
            assert_eq!(done.is_ok(), allowed, "{table} {set}: {done:?}");
            if let Err(error) = done {
                assert_eq!(error.code().unwrap().code(), "PJ500");
            }
            sql.batch_execute("ROLLBACK").await.unwrap();
        }
        let columns = columns(&sql, table).await;
        let insert = format!(
            "INSERT INTO pj.{table} ({columns}) SELECT {columns} FROM (SELECT (r).* FROM (SELECT jsonb_populate_record(t, jsonb_build_object( \
             'id', gen_random_uuid(), 'rev', 1000)) r FROM pj.{table} t WHERE {mine}) s) w"
        );
        assert!(refusal(&sql, &insert).await.contains("was not reserved"));
        for statement in ["DELETE FROM", "TRUNCATE"] {
            let statement = format!("{statement} pj.{table}");
            assert!(refusal(&sql, &statement).await.contains("set deleted_at"), "as superuser");
            sql.batch_execute("BEGIN; SET LOCAL ROLE pj_owner").await.unwrap();
            assert!(refusal(&sql, &statement).await.contains("set deleted_at"), "as owner");
            sql.batch_execute("ROLLBACK").await.unwrap();
        }
    }
}

#[tokio::test]
async fn t116_the_context_ends_with_its_transaction() {
    let app = TestApp::shared();
    let (ana, _, _) = shared_journal(&app).await;
    let sql = app.serving_sql().await;
    let enter = entering(&app, &ana).await;
    let settings =
        "SELECT concat(current_setting('app.context', true), current_setting('app.seal', true))";
    for end in ["COMMIT", "ROLLBACK", "SELECT 1 / 0"] {
        sql.batch_execute("BEGIN").await.unwrap();
        assert_eq!(texts(&sql, &enter).await, ["granted"]);
        assert!(texts(&sql, settings).await[0].contains(&ana.id.to_string()));
        assert_eq!(count(&sql, "journal_entries").await, 1);
        if sql.batch_execute(end).await.is_err() {
            sql.batch_execute("ROLLBACK").await.unwrap();
        }
        assert_eq!(texts(&sql, settings).await, [""], "after {end}");
        assert_eq!(count(&sql, "journal_entries").await, 0, "after {end}");
    }
}

#[tokio::test]
async fn a_policy_names_the_sections_of_its_collection() {
    let sql = TestApp::shared().sql().await;
    let sections = samples().into_iter().map(|sample| (sample.table, sample.sections));
    let notes = (PractitionerNote::COLLECTION, PractitionerNote::SECTIONS);
    for (table, sections) in sections.chain([notes]) {
        let qual = format!(
            "SELECT qual FROM pg_policies WHERE schemaname = 'pj' AND tablename = '{table}' \
             AND policyname = 'subject_reads' AND cmd = 'SELECT'"
        );
        let qual = texts(&sql, &qual).await.remove(0);
        let (_, after) = qual.split_once("open_days('{").unwrap();
        let named = after.split_once("}'").unwrap().0.split(',');
        let mut named: Vec<String> =
            named.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let mut wanted = sections.codes();
        named.sort();
        wanted.sort();
        assert_eq!(named, wanted, "{table}");
    }
}
