//! The functions are those of their file, wherever a database comes from; and an older program leaves
//! those of a newer one alone.

use super::schema;
use crate::support::cluster::{Cluster, connect};
use pain_journal::db::migrate;
use tokio_postgres::Client;

/// A database with the newest schema: an administrator's connection, its name, its address.
async fn migrated() -> (Client, String, String) {
    let database = Cluster::get().database();
    let url = Cluster::get().url(&database);
    (connect(&url).await, database, url)
}

async fn is_current(database: &str) -> bool {
    let serving = Cluster::get().serving_url(database);
    tokio::task::spawn_blocking(move || migrate::is_current(&serving)).await.unwrap().unwrap()
}

/// Pretends that another program has left its functions here.
const REPLACE: &str = "CREATE OR REPLACE FUNCTION sec.moment() RETURNS timestamptz LANGUAGE sql STABLE \
     PARALLEL SAFE AS 'SELECT now()'; COMMENT ON SCHEMA sec IS 'those of another program'";

async fn is_replaced(sql: &Client) -> bool {
    let body = "SELECT prosrc = 'SELECT now()' FROM pg_proc WHERE oid = 'sec.moment'::regproc";
    sql.query_one(body, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn every_function_of_the_catalogue_is_the_one_of_the_file() {
    let (sql, database, url) = migrated().await;
    let whole = schema(&database);
    let functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'sec'::regnamespace";
    let functions: i64 = sql.query_one(functions, &[]).await.unwrap().get(0);
    assert!(functions > 25, "{functions}");
    // Whatever the file leaves out stays spoilt.
    let spoilt = sql
        .execute(
            "UPDATE pg_proc SET prosrc = 'spoilt', prosecdef = NOT prosecdef, proconfig = '{a=b}', \
             provolatile = 'i', proparallel = 'r', proacl = NULL \
             WHERE pronamespace IN ('sec'::regnamespace, 'pj'::regnamespace)",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(i64::try_from(spoilt), Ok(functions), "functions live in sec");
    sql.batch_execute("COMMENT ON SCHEMA sec IS NULL").await.unwrap();
    assert_eq!(migrate::run(&url).unwrap(), 0);
    assert_eq!(schema(&database), whole);
}

#[tokio::test]
async fn a_start_with_other_functions_is_refused_until_they_are_applied() {
    let (sql, database, url) = migrated().await;
    assert!(is_current(&database).await);
    sql.batch_execute(REPLACE).await.unwrap();
    assert!(!is_current(&database).await);
    assert_eq!(migrate::run(&url).unwrap(), 0, "no migration was missing");
    assert!(is_current(&database).await);
    assert!(!is_replaced(&sql).await);
}

#[tokio::test]
async fn an_older_program_changes_nothing_of_a_newer_database() {
    let (sql, database, url) = migrated().await;
    sql.batch_execute(REPLACE).await.unwrap();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')";
    sql.batch_execute(newer).await.unwrap();
    assert_eq!(migrate::run(&url).unwrap(), 0);
    assert!(is_replaced(&sql).await, "the functions of the newer program stay");
    assert!(is_current(&database).await, "it serves as before");

    // Nor does it complete one that went another way.
    let last = "DELETE FROM __diesel_schema_migrations WHERE version = '20261127000421'";
    assert_eq!(sql.execute(last, &[]).await.unwrap(), 1);
    let refused = migrate::run(&url).unwrap_err().to_string();
    assert!(refused.contains("migrations of a newer program and lacks 1 of this one"), "{refused}");
    assert!(is_replaced(&sql).await);
    assert!(!is_current(&database).await);
}

#[tokio::test]
async fn there_is_no_new_schema_without_its_functions() {
    let database = Cluster::get().empty_database();
    let url = Cluster::get().url(&database);
    let sql = connect(&url).await;
    // In the way of the last statement of all.
    sql.batch_execute(
        "CREATE FUNCTION public.stop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
         RAISE 'in the way'; END $$; CREATE EVENT TRIGGER stop ON ddl_command_end \
         WHEN TAG IN ('COMMENT') EXECUTE FUNCTION public.stop()",
    )
    .await
    .unwrap();
    let error = migrate::run(&url).unwrap_err().to_string();
    assert!(error.contains("in the way"), "{error}");
    let made = "SELECT to_regnamespace('pj') IS NOT NULL";
    assert!(!sql.query_one(made, &[]).await.unwrap().get::<_, bool>(0), "a schema stays");
}
