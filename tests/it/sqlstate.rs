//! What a failed statement means to the server is told by its SQLSTATE: each of them provoked on a real
//! Postgres. What its message says, in whatever language, decides nothing.

use crate::support::TestApp;
use crate::support::cluster::{Cluster, connect};
use crate::support::people::fresh;
use pain_journal::db::DbError;
use serde_json::json;
use tokio_postgres::Client;

/// What the server takes the refusal of these statements for.
async fn refusal(sql: &Client, statements: &str) -> DbError {
    sql.batch_execute(statements).await.expect_err(statements).into()
}

macro_rules! assert_is {
    ($error:expr, $kind:ident, $code:literal) => {{
        let error = $error;
        assert!(matches!(error, DbError::$kind(_)), "{}: {error:?}", $code);
    }};
}

/// Two connections of the login that serves, to a database of their own with two rows.
async fn two() -> (Client, Client) {
    let database = Cluster::get().database();
    let admin = connect(&Cluster::get().url(&database)).await;
    let rows = "CREATE TABLE pj.rows (id int PRIMARY KEY, n int NOT NULL); \
                INSERT INTO pj.rows VALUES (1, 0), (2, 0); GRANT SELECT, UPDATE ON pj.rows TO pj_app";
    admin.batch_execute(rows).await.unwrap();
    let url = Cluster::get().serving_url(&database);
    (connect(&url).await, connect(&url).await)
}

const FIRST: &str = "UPDATE pj.rows SET n = n + 1 WHERE id = 1";
const SECOND: &str = "UPDATE pj.rows SET n = n + 1 WHERE id = 2";

#[tokio::test]
async fn a_deadlock_is_a_busy_database() {
    let (one, other) = two().await;
    one.batch_execute(&format!("BEGIN; {FIRST}")).await.unwrap();
    other.batch_execute(&format!("BEGIN; {SECOND}")).await.unwrap();
    let (left, right) = tokio::join!(one.batch_execute(SECOND), other.batch_execute(FIRST));
    let victim = left.err().or(right.err()).expect("one of the two gives way");
    assert_is!(DbError::from(victim), Busy, "40P01");
}

#[tokio::test]
async fn waiting_too_long_for_a_lock_or_a_statement_is_a_busy_database() {
    let (one, other) = two().await;
    one.batch_execute(&format!("BEGIN; {FIRST}")).await.unwrap();
    let waits = format!("SET lock_timeout = '20ms'; {FIRST}");
    assert_is!(refusal(&other, &waits).await, Busy, "55P03");
    let runs = "SET statement_timeout = '20ms'; SELECT pg_sleep(10)";
    assert_is!(refusal(&other, runs).await, Busy, "57014");
}

#[tokio::test]
async fn a_state_that_has_moved_on_is_a_busy_database() {
    let (one, other) = two().await;
    one.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT n FROM pj.rows")
        .await
        .unwrap();
    other.batch_execute(FIRST).await.unwrap();
    assert_is!(refusal(&one, FIRST).await, Busy, "40001");
}

#[tokio::test]
async fn a_row_behind_the_walls_is_walled() {
    let (one, _) = two().await;
    let foreign = "INSERT INTO pj.report_jobs (id, made_by, from_date, to_date, asked_at, beat_at) \
                   VALUES (gen_random_uuid(), gen_random_uuid(), '2026-01-01', '2026-01-02', now(), now())";
    assert_is!(refusal(&one, foreign).await, Walled, "42501");
}

/// A row behind the walls and a missing right have the same SQLSTATE.
#[tokio::test]
async fn a_right_that_is_missing_is_our_fault_and_no_row_behind_the_walls() {
    let (one, _) = two().await;
    for statement in [
        "DELETE FROM pj.rows",
        "INSERT INTO pj.rows VALUES (3, 0)",
        "UPDATE pj.write_probe SET only_row = only_row",
        "SELECT sec.install_collection('rows', '{}')",
        "CREATE TABLE pj.mine (id int)",
        "SET ROLE pj_owner",
    ] {
        let error = refusal(&one, statement).await;
        assert!(matches!(&error, DbError::Other(said) if said.ends_with("(42501)")), "{error:?}");
    }
}

#[tokio::test]
async fn a_write_that_the_server_has_no_right_to_is_an_internal_error_and_not_a_conflict() {
    let app = TestApp::alone();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.let_record(&lind, &["treatment"]).await;
    let path = format!("/v1/patients/{share}{}", &fresh("treatment-sessions")[3..]);
    let visit = json!({"starts_at": "2025-06-03T09:00:00+02:00", "time_zone": "Europe/Berlin",
        "status": "attended", "kind": "treatment"});
    let admin = app.sql().await;
    admin.batch_execute("REVOKE INSERT ON pj.treatment_sessions FROM pj_app").await.unwrap();
    let refused = lind.create(&path, &visit).await;
    assert_eq!((refused.status, refused.code()), (500, "internal"), "{}", refused.text);
    admin.batch_execute("GRANT INSERT ON pj.treatment_sessions TO pj_app").await.unwrap();
    let made = lind.create(&path, &visit).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

#[tokio::test]
async fn a_constraint_is_told_by_its_name() {
    // Past the walls, which would refuse it first.
    let one = TestApp::shared().sql().await;
    let twice = "INSERT INTO pj.mails (id, recipient, subject, body, created_at, due_at) \
                 SELECT '00000000-0000-0000-0000-000000000001', '', '', '', now(), now() \
                 FROM generate_series(1, 2)";
    let error = refusal(&one, twice).await;
    assert!(matches!(&error, DbError::Constraint(name) if name == "mails_pkey"), "{error:?}");
}

#[tokio::test]
async fn a_text_with_u0000_cannot_be_stored() {
    let (one, _) = two().await;
    let bound = one.query("SELECT $1::text", &[&"a\0b"]).await.unwrap_err();
    assert_is!(DbError::from(bound), Unstorable, "22021");
    let escaped = r#"SELECT '"\u0000"'::jsonb"#;
    assert_is!(refusal(&one, escaped).await, Unstorable, "22P05");
}

#[tokio::test]
async fn a_prepared_statement_that_is_gone_or_anothers_tells_of_a_pooler() {
    let (one, _) = two().await;
    assert_is!(refusal(&one, "EXECUTE elsewhere").await, Refused, "26000");
    let twice = "PREPARE mine AS SELECT 1; PREPARE mine AS SELECT 1";
    assert_is!(refusal(&one, twice).await, Refused, "42P05");
}

#[tokio::test]
async fn a_session_that_is_ended_is_an_unavailable_database() {
    let (one, other) = two().await;
    let me: i32 = one.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let end = async {
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'";
        while other.query_one(asleep, &[&me]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
        other.query("SELECT pg_terminate_backend($1)", &[&me]).await.unwrap();
    };
    let (error, ()) = tokio::join!(refusal(&one, "SELECT pg_sleep(4)"), end);
    assert_is!(error, Unavailable, "57P01");
    assert_is!(refusal(&one, "SELECT 1").await, Unavailable, "a closed connection");
}

/// A disk that is really full is in `readiness`, where one can be mounted.
#[tokio::test]
async fn a_database_that_takes_no_write_says_so() {
    let (one, _) = two().await;
    assert_is!(
        refusal(&one, "BEGIN READ ONLY; UPDATE pj.rows SET n = 0").await,
        Unwritable,
        "25006"
    );
    one.batch_execute("ROLLBACK").await.unwrap();
    one.batch_execute("SET default_transaction_read_only = on").await.unwrap();
    assert_is!(refusal(&one, FIRST).await, Unwritable, "25006");
    one.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    let full = "DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$";
    assert_is!(refusal(&one, full).await, Unwritable, "53100");
}

#[tokio::test]
async fn what_is_none_of_these_is_our_fault_and_keeps_its_state() {
    let (one, _) = two().await;
    let error = refusal(&one, "SELECT 1 / 0").await;
    assert!(matches!(&error, DbError::Other(said) if said.ends_with("(22012)")), "{error:?}");
}
