//! Somebody who has taken over a connection of the server's pool: he says whatever he likes to the database, with
//! the login of the server, and has nothing of what is in the process of the server.

use crate::support::cluster::{Cluster, connect};
use crate::support::context::entering;
use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use crate::walls::refusal;
use serde_json::json;
use tokio_postgres::Client;

/// What a query answers, as texts; or the first word of what it is refused with.
async fn told(sql: &Client, query: &str) -> String {
    match sql.query(query, &[]).await {
        Ok(rows) => rows.iter().filter_map(|row| row.get::<_, Option<String>>(0)).collect(),
        Err(error) => error.as_db_error().unwrap().message().to_owned(),
    }
}

/// A victim with an entry, and whom the victim shares with.
async fn victim(app: &TestApp) -> (Person, Person, String) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain"]).await;
    ana.create(&fresh("journal-entries"), &daily("2025-06-01", &json!({}))).await;
    (ana, lind, share)
}

const COUNT: &str = "SELECT count(*)::text FROM pj.journal_entries";

#[tokio::test]
async fn forged_settings_open_no_journal() {
    let app = TestApp::shared();
    let (ana, lind, share) = victim(&app).await;
    let pool = app.serving_sql().await;
    for (actor, share) in [(&ana, ""), (&lind, share.as_str())] {
        let forged = format!(
            "BEGIN; SELECT set_config('app.context', concat('{}|{}|{share}|', now()), true)",
            actor.id, ana.id
        );
        for seal in ["", "'x'", "''", "sec.seal()", "encode(sha256(''), 'base64')"] {
            pool.batch_execute(&forged).await.unwrap();
            if !seal.is_empty() {
                let set = format!("SELECT set_config('app.seal', {seal}, true)");
                if let Err(error) = pool.batch_execute(&set).await {
                    assert_eq!(
                        error.as_db_error().unwrap().message(),
                        "permission denied for function seal"
                    );
                    pool.batch_execute("ROLLBACK").await.unwrap();
                    continue;
                }
            }
            for table in ["journal_entries", "patients", "shares", "audit_lines", "record_history"]
            {
                let count = format!("SELECT count(*)::text FROM pj.{table}");
                assert_eq!(told(&pool, &count).await, "0", "{table} with the seal {seal}");
            }
            assert_eq!(told(&pool, "SELECT sec.actor()::text").await, "");
            pool.batch_execute("ROLLBACK").await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_context_of_one_transaction_is_worth_nothing_in_another() {
    let app = TestApp::shared();
    let (ana, _, _) = victim(&app).await;
    let (pool, other) = (app.serving_sql().await, app.serving_sql().await);
    let names = ["context", "task", "about", "seal"];
    let read = format!(
        "SELECT string_agg(current_setting('app.' || n), ' & ' ORDER BY o) \
         FROM unnest(ARRAY['{}']) WITH ORDINALITY u (n, o)",
        names.join("','")
    );
    pool.batch_execute("BEGIN").await.unwrap();
    assert_eq!(told(&pool, &entering(&app, &ana).await).await, "granted");
    assert_eq!(told(&pool, COUNT).await, "1");
    let stolen = told(&pool, &read).await;
    let stolen: Vec<&str> = stolen.split(" & ").collect();
    assert_eq!(stolen.len(), names.len());
    let set: Vec<String> = names
        .iter()
        .zip(&stolen)
        .map(|(name, value)| format!("set_config('app.{name}', '{value}', true)"))
        .collect();
    let set = format!("BEGIN; SELECT {}", set.join(", "));
    // On another connection at the same time, and on this one afterwards.
    other.batch_execute(&set).await.unwrap();
    assert_eq!(told(&other, COUNT).await, "0");
    other.batch_execute("ROLLBACK").await.unwrap();
    // Whoever is in a journal stays in it: another subject, share or moment breaks the seal.
    let parts: Vec<&str> = stolen[0].split('|').collect();
    assert_eq!(parts.len(), 4, "actor, subject, share, moment");
    for part in 0..4 {
        let mut other = parts.clone();
        other[part] = if part == 3 { "2020-01-01" } else { "0195a3c2-0000-7000-8000-00000000000a" };
        let set = format!("SELECT set_config('app.context', '{}', true)", other.join("|"));
        pool.batch_execute(&format!("SAVEPOINT s; {set}")).await.unwrap();
        assert_eq!(told(&pool, COUNT).await, "0", "{other:?}");
        pool.batch_execute("ROLLBACK TO SAVEPOINT s").await.unwrap();
    }
    assert_eq!(told(&pool, COUNT).await, "1");
    pool.batch_execute("COMMIT").await.unwrap();
    pool.batch_execute(&set).await.unwrap();
    assert_eq!(told(&pool, COUNT).await, "0");
    pool.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn a_journal_is_entered_only_with_the_proof_of_just_that() {
    let app = TestApp::shared();
    let (ana, lind, share) = victim(&app).await;
    let pool = app.serving_sql().await;
    let refused = "this was not asked by a server with the master secret of this database";
    let device = ana.tokens["device_id"].as_str().unwrap();
    for proof in ["NULL", "''", "sha256('')", "decode(repeat('00', 32), 'hex')"] {
        let enter = format!(
            "SELECT outcome FROM sec.enter('{}', '{device}', 0, now(), NULL, '', '{{}}', NULL, NULL, \
             gen_random_uuid(), false, {proof})",
            ana.id
        );
        assert_eq!(refusal(&pool, &enter).await, refused, "{proof}");
    }
    // A good one, with anything else in it.
    let good = entering(&app, &ana).await;
    assert_eq!(told(&pool, &good).await, "granted");
    let other = |from: &str, to: &str| {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good);
        changed
    };
    for changed in [
        other(&ana.id.to_string(), &lind.id.to_string()),
        other(device, lind.tokens["device_id"].as_str().unwrap()),
        other(", 0, ", ", 1, "),
        other(", NULL, ''", &format!(", '{share}', ''")),
        other("''", "'report'"),
        other("'{}'", "'{pain}'"),
        other("NULL, NULL, '", "NULL, '2026-01-01', '"),
        other("false", "true"),
    ] {
        assert_eq!(refusal(&pool, &changed).await, refused, "{changed}");
    }
}

#[tokio::test]
async fn nobody_reads_the_keys_or_puts_others_in_their_place() {
    let app = TestApp::shared();
    victim(&app).await;
    let pool = app.serving_sql().await;
    for statement in [
        "SELECT * FROM sec.keys",
        "UPDATE sec.keys SET gate_inside = NULL",
        "DELETE FROM sec.keys",
        "SELECT sec.put_context(NULL, NULL, NULL, now())",
        "SELECT sec.seal()",
        "SELECT sec.prove('')",
    ] {
        assert!(refusal(&pool, statement).await.starts_with("permission denied"), "{statement}");
    }
    let block = "decode(repeat('36', 64), 'hex')";
    let put = format!("SELECT sec.put_gate({block}, {block}, sha256(''))::text");
    assert_eq!(told(&pool, &put).await, "false", "the key is the server's");
    assert_eq!(told(&pool, &entering(&app, &app.patient("bea").await).await).await, "granted");
}

/// Functions and operators that say what an attacker would like to hear, in front of those of Postgres.
const LIES: &str = "CREATE SCHEMA lies; GRANT USAGE ON SCHEMA lies TO PUBLIC; \
    CREATE FUNCTION lies.yes(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
    CREATE OPERATOR lies.= (LEFTARG = text, RIGHTARG = text, FUNCTION = lies.yes); \
    CREATE OPERATOR lies.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = lies.yes); \
    CREATE FUNCTION lies.joined(bytea, bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$; \
    CREATE OPERATOR lies.|| (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = lies.joined); \
    CREATE FUNCTION lies.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$; \
    CREATE FUNCTION lies.encode(bytea, text) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$; \
    CREATE FUNCTION lies.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2000-01-01'::timestamptz $$; \
    CREATE FUNCTION lies.convert_to(text, name) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$; \
    CREATE FUNCTION lies.pg_backend_pid() RETURNS integer LANGUAGE sql AS 'SELECT 1'; \
    CREATE FUNCTION lies.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$";

#[tokio::test]
async fn whatever_path_is_set_a_context_is_what_its_seal_says() {
    let app = TestApp::alone();
    let (ana, _, _) = victim(&app).await;
    app.sql().await.batch_execute(LIES).await.unwrap();
    let enter = entering(&app, &ana).await;
    for path in ["lies, pg_catalog", "lies, pj, pg_catalog", "pj"] {
        let pool = app.serving_sql().await;
        pool.batch_execute(&format!("SET search_path = {path}; BEGIN")).await.unwrap();
        let forge = format!(
            "SELECT set_config('app.context', pg_catalog.concat('{0}|{0}||', pg_catalog.now()), true), \
             set_config('app.seal', 'x', true)",
            ana.id
        );
        pool.batch_execute(&forge).await.unwrap();
        assert_eq!(told(&pool, "SELECT sec.actor()::text").await, "", "{path}");
        assert_eq!(told(&pool, COUNT).await, "0", "{path}");
        // Who is let in is seen on every path.
        assert_eq!(told(&pool, &enter).await, "granted", "{path}");
        assert_eq!(told(&pool, "SELECT sec.actor()::text").await, ana.id.to_string(), "{path}");
        pool.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[tokio::test]
async fn not_even_with_the_servers_key_does_its_login_what_the_operator_does() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let about = format!("operate {}", ana.email);
    let proved = "SELECT format('SELECT sec.begin_task(''operate'', %L, %L)', $1::text, \
                  sec.prove('task'::bytea || convert_to($2, 'UTF8')))";
    let begin = app.sql().await.query_one(proved, &[&ana.email, &about]).await.unwrap();
    let begin: String = begin.get(0);
    let said = refusal(&app.serving_sql().await, &begin).await;
    assert_eq!(said, "the login pj_server is not one of the operator");
    // The same proof does for the operator's login.
    let operating = connect(&Cluster::get().operating_url(&app.database)).await;
    operating.batch_execute(&format!("BEGIN; {begin}")).await.unwrap();
    assert_eq!(told(&operating, "SELECT sec.task()").await, "operate");
    let addresses = told(&operating, "SELECT string_agg(email, ' ') FROM pj.accounts").await;
    assert!(addresses.contains(&ana.email), "{addresses}");
}

#[tokio::test]
async fn the_pool_makes_no_large_objects() {
    let app = TestApp::alone();
    Cluster::get().provide_logins(&app.database);
    for sql in
        [app.serving_sql().await, connect(&Cluster::get().operating_url(&app.database)).await]
    {
        for call in [
            "lo_creat(-1)",
            "lo_create(0)",
            "lo_from_bytea(0, 'loot')",
            "lo_import('/etc/hostname')",
        ] {
            let refused = refusal(&sql, &format!("SELECT {call}")).await;
            assert!(refused.starts_with("permission denied for function lo_"), "{call}: {refused}");
        }
    }
}

#[tokio::test]
async fn the_pool_makes_no_temporary_objects() {
    let app = TestApp::alone();
    let pool = app.serving_sql().await;
    pool.batch_execute("CREATE TEMP TABLE before (x int)")
        .await
        .expect("a right of everybody at first");
    let cluster = Cluster::get();
    cluster.provide_logins(&app.database);
    let pool = app.serving_sql().await;
    for statement in [
        "CREATE TEMP TABLE loot (x int)",
        "CREATE FUNCTION pg_temp.loot() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TEMP VIEW loot AS SELECT 1",
    ] {
        let refused = refusal(&pool, statement).await;
        assert!(
            refused.starts_with("permission denied to create temporary"),
            "{statement}: {refused}"
        );
    }
    assert_eq!(app.patient("ana").await.get("/v1/me").await.status, 200, "the server needs none");
}

/// What a policy must ask: each answers for a sealed context only.
const SEALED: [&str; 7] = [
    "sec.actor()",
    "sec.open_days(",
    "sec.recording_days(",
    "sec.opens_all(",
    "sec.task()",
    "sec.task_email()",
    "sec.task_account()",
];

/// Tables without anything of a person.
const NOBODYS: [&str; 2] = ["sync_state", "write_probe"];

#[tokio::test]
async fn every_table_that_the_pool_may_touch_has_a_wall_that_forged_settings_do_not_open() {
    let sql = TestApp::shared().sql().await;
    let tables = "SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity, \
                  ARRAY(SELECT p.policyname || ' ' || p.cmd || ': ' || concat(p.qual, ' / ', p.with_check) \
                        FROM pg_policies p WHERE p.schemaname = 'pj' AND p.tablename = c.relname \
                        AND NOT p.roles <@ '{pj_owner,pj_sealer}' ORDER BY 1) \
                  FROM pg_class c WHERE c.relnamespace = 'pj'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') \
                  AND (has_any_column_privilege('pj_app', c.oid, 'SELECT, INSERT, UPDATE') \
                       OR has_table_privilege('pj_app', c.oid, 'DELETE, TRUNCATE')) ORDER BY 1";
    let rows = sql.query(tables, &[]).await.unwrap();
    assert!(rows.len() > 20);
    for row in rows {
        let (table, walled, policies): (String, bool, Vec<String>) =
            (row.get(0), row.get(1), row.get(2));
        if NOBODYS.contains(&&*table) {
            continue;
        }
        assert!(walled && !policies.is_empty(), "{table} has no wall");
        for policy in policies {
            let (_, rule) = policy.split_once(": ").unwrap();
            let asks =
                SEALED.iter().any(|sealed| rule.contains(sealed)) || rule.starts_with("false /");
            assert!(asks, "{table}: {policy}");
        }
    }
}

#[tokio::test]
async fn who_has_not_begun_a_task_reads_no_account_and_changes_none() {
    let app = TestApp::shared();
    let (ana, _, _) = victim(&app).await;
    let pool = app.serving_sql().await;
    let contexts = [
        "SELECT 1".to_owned(),
        "SELECT set_config('app.task', 'operate', true), set_config('app.seal', 'x', true)"
            .to_owned(),
        // Somebody else's context is no better.
        entering(&app, &app.patient("mal").await).await,
    ];
    for context in contexts {
        pool.batch_execute("BEGIN").await.unwrap();
        pool.batch_execute(&context).await.unwrap();
        let count =
            async |what: &str| told(&pool, &format!("SELECT count(*)::text FROM {what}")).await;
        assert_eq!(count(&format!("pj.accounts WHERE id = '{}'", ana.id)).await, "0", "{context}");
        assert_eq!(count(&format!("pj.devices WHERE account_id = '{}'", ana.id)).await, "0");
        for table in ["registrations", "mails", "signing_keys"] {
            assert_eq!(count(&format!("pj.{table}")).await, "0", "{table}, {context}");
        }
        for (change, how_many) in [
            (format!("UPDATE pj.accounts SET password_hash = 'mine' WHERE id = '{}'", ana.id), 0),
            (format!("UPDATE pj.accounts SET status = 'suspended' WHERE id = '{}'", ana.id), 0),
            (
                format!("UPDATE pj.devices SET revoked_at = now() WHERE account_id = '{}'", ana.id),
                0,
            ),
            ("UPDATE pj.sync_state SET epoch = epoch + 1".to_owned(), 0),
            ("DELETE FROM pj.signing_keys".to_owned(), 0),
            ("DELETE FROM pj.mails".to_owned(), 0),
        ] {
            assert_eq!(pool.execute(&change, &[]).await.unwrap(), how_many, "{change}, {context}");
        }
        pool.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[tokio::test]
async fn who_has_not_begun_a_task_makes_nothing_and_reads_no_password() {
    let app = TestApp::shared();
    let (ana, _, _) = victim(&app).await;
    let pool = app.serving_sql().await;
    let device = format!(
        "INSERT INTO pj.devices SELECT (jsonb_populate_record(NULL::pj.devices, jsonb_build_object('id', \
         gen_random_uuid(), 'account_id', '{}', 'client_id', 'x', 'refresh_key', '\\x00', 'counter', 0, 'first_counter', 0, \
         'presented_at', ARRAY[]::timestamptz[], 'authenticated_at', now(), 'created_at', now(), 'last_used_at', now(), \
         'idle_expires_at', now(), 'absolute_expires_at', now()))).*",
        ana.id
    );
    let account = "INSERT INTO pj.accounts (id, email, password_hash, roles, locale, time_zone, terms_version, created_at) \
                   VALUES (gen_random_uuid(), 'mal@example.org', 'x', '{patient}', 'en', 'UTC', '1', now())";
    let key = "INSERT INTO pj.signing_keys (kid, state, sealed_key, created_at) VALUES ('x', 'next', '', now())";
    let mail = "INSERT INTO pj.mails (id, recipient, subject, body, created_at, due_at) \
                VALUES (gen_random_uuid(), 'a@example.org', 'x', 'x', now(), now())";
    for insert in [device.as_str(), account, key, mail] {
        let refused = refusal(&pool, insert).await;
        assert!(refused.contains("row-level security"), "{insert}: {refused}");
    }
    let columns = "SELECT password_hash FROM pj.accounts";
    assert!(refusal(&pool, columns).await.starts_with("permission denied"));
    assert_eq!(told(&pool, "SELECT sec.stored_password()").await, "");
    assert_eq!(told(&pool, "SELECT sec.change_password('x', 'y')::text").await, "false");
    let now = "now()";
    for (call, why) in [
        (
            "SELECT sec.begin_task('sign_in', 'x@example.org', sha256(''))".to_owned(),
            "this was not asked",
        ),
        ("SELECT sec.begin_task('operate', '', NULL)".to_owned(), "this was not asked"),
        (
            format!(
                "SELECT * FROM sec.operate('{}', 'import', {now}, gen_random_uuid(), '')",
                ana.id
            ),
            "permission denied for function operate",
        ),
        (
            format!("SELECT sec.open_journal('{}', current_date)", ana.id),
            "this is for another task",
        ),
        ("SELECT sec.keep_password('x', 'y')".to_owned(), "this is for another task"),
        (format!("SELECT sec.void_invitations({now})"), "this is for another task"),
        (format!("SELECT sec.forget_answers({now})"), "this is for another task"),
        (format!("SELECT sec.forget_security_events({now})"), "this is for another task"),
        (format!("SELECT sec.forget_report_jobs({now})"), "this is for another task"),
    ] {
        let refused = refusal(&pool, &call).await;
        assert!(refused.starts_with(why), "{call}: {refused}");
    }
}
