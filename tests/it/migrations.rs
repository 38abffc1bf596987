//! Migrations: there and back again, the same schema every time.

mod filled;
mod functions;
mod restored;
mod shown;
mod waking;
mod withdrawn;

use crate::support::cluster::{Cluster, connect};
use crate::support::program::said;
use pain_journal::db::migrate;
use std::process::Command;

/// The folder of the migrations, as a count and as a check of its files.
fn folder() -> usize {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let migration = entry.unwrap().path();
        if !migration.is_dir() {
            continue;
        }
        for part in ["up.sql", "down.sql"] {
            let text = std::fs::read_to_string(migration.join(part));
            let text =
                text.unwrap_or_else(|error| panic!("{}/{part}: {error}", migration.display()));
            assert!(!text.trim().is_empty(), "{}/{part} is empty", migration.display());
        }
        count += 1;
    }
    count
}

/// The schema as `pg_dump` writes it, without what differs from run to run.
fn schema(database: &str) -> String {
    let cluster = Cluster::get();
    let dump = Command::new(cluster.bin_dir().join("pg_dump"))
        .args(["--schema-only", "--exclude-schema=pg_catalog", "--dbname", &cluster.url(database)])
        .output()
        .expect("pg_dump");
    assert!(dump.status.success(), "{}", said(&dump));
    let text = String::from_utf8(dump.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("\\restrict"));
    lines.filter(|line| !line.starts_with("\\unrestrict")).collect::<Vec<_>>().join("\n")
}

/// What a database holds beside the list of its migrations.
async fn leftovers(database: &str) -> Vec<String> {
    let sql = connect(&Cluster::get().url(database)).await;
    let rows = sql
        .query(
            "SELECT 'schema ' || nspname FROM pg_namespace \
             WHERE nspname NOT IN ('public', 'information_schema') AND nspname !~ '^pg_' \
             UNION ALL SELECT 'relation ' || c.oid::regclass FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' \
             AND c.relname !~ '^__diesel_schema_migrations' \
             UNION ALL SELECT 'function ' || p.oid::regprocedure FROM pg_proc p \
             JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' \
             UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn up_down_and_up_again_gives_the_same_schema_and_down_leaves_nothing() {
    let database = Cluster::get().empty_database();
    let url = Cluster::get().url(&database);
    let all = folder();
    assert_eq!(migrate::pending(&url).unwrap(), all);
    assert_eq!(migrate::run(&url).unwrap(), all);
    let first = schema(&database);
    assert!(first.contains("CREATE TABLE pj.journal_entries"));
    assert_eq!(migrate::pending(&url).unwrap(), 0);
    assert_eq!(migrate::run(&url).unwrap(), 0, "nothing is left to do");
    assert_eq!(migrate::revert_all(&url).unwrap(), all);
    assert_eq!(leftovers(&database).await, [""; 0]);
    assert_eq!(migrate::pending(&url).unwrap(), all);
    assert_eq!(migrate::run(&url).unwrap(), all);
    let second = schema(&database);
    for (first, second) in first.lines().zip(second.lines()) {
        assert_eq!(first, second);
    }
    assert_eq!(first.lines().count(), second.lines().count());
}

#[test]
fn servers_that_start_together_take_turns() {
    let database = Cluster::get().empty_database();
    let url = Cluster::get().url(&database);
    let ran: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| migrate::run(&url).unwrap())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!(ran, folder(), "every migration ran once");
    assert_eq!(migrate::pending(&url).unwrap(), 0);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind_and_can_be_run_again() {
    let database = Cluster::get().empty_database();
    let url = Cluster::get().url(&database);
    let sql = connect(&url).await;
    // In the way of a later migration.
    sql.batch_execute(
        "CREATE FUNCTION public.stop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF to_regclass('pj.record_history') IS NOT NULL THEN RAISE 'in the way'; END IF; END $$; \
         CREATE EVENT TRIGGER stop ON ddl_command_end EXECUTE FUNCTION public.stop()",
    )
    .await
    .unwrap();
    let error = migrate::run(&url).unwrap_err().to_string();
    assert!(error.contains("in the way"), "{error}");
    let half = "SELECT to_regclass('pj.records') IS NOT NULL";
    assert!(!sql.query_one(half, &[]).await.unwrap().get::<_, bool>(0), "half a migration stays");
    sql.batch_execute("DROP EVENT TRIGGER stop; DROP FUNCTION public.stop()").await.unwrap();
    migrate::run(&url).unwrap();
    assert_eq!(migrate::pending(&url).unwrap(), 0);
    let fresh = Cluster::get().database();
    assert_eq!(schema(&database), schema(&fresh));
}

#[tokio::test]
async fn every_foreign_key_can_be_followed_back_by_an_index() {
    let sql = connect(&Cluster::get().url(&Cluster::get().database())).await;
    let keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' \
                AND connamespace = 'pj'::regnamespace";
    assert!(sql.query_one(keys, &[]).await.unwrap().get::<_, i64>(0) > 0);
    let rows = sql
        .query(
            "SELECT k.conrelid::regclass || ' ' || k.conname FROM pg_constraint k \
             WHERE k.contype = 'f' AND k.connamespace = 'pj'::regnamespace AND NOT EXISTS \
             (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indisvalid \
              AND i.indpred IS NULL AND (i.indkey::smallint[])[0:cardinality(k.conkey) - 1] @> k.conkey)",
            &[],
        )
        .await
        .unwrap();
    let bare: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(bare, [""; 0]);
}
