//! A PostgreSQL of the operator's own, as docs/operations.md sets it up; Docker's way; and the move there
//! from the private one.

use crate::support::Person;
use crate::support::cluster::connect;
use crate::support::people::{PASSWORD, daily, fresh};
use crate::support::program::{Home, Serving, program, said};
use pain_journal::db::{Duty, migrate};
use private_postgres::{
    ADMIN, DATABASE, Durability, Options, Postgres, running_url, throwaway_parent,
};
use serde_json::json;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

const OPERATIONS: &str = include_str!("../../../docs/operations.md");
const COMPOSE: &str = include_str!("../../../docker-compose.yml");
const ANA: &str = "ana@example.org";

/// A PostgreSQL that has nothing of ours yet.
fn own_postgres() -> Postgres {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("pain-journal-test-{}-own-{number}", std::process::id());
    let home = throwaway_parent().join(name);
    let options = Options { home, durability: Durability::Throwaway, settings: Vec::new() };
    Postgres::start(options, &mut |_| ()).expect("a PostgreSQL of its own")
}

/// The first block of a language below a heading of the page.
fn block(heading: &str, language: &str) -> &'static str {
    let (_, text) = OPERATIONS.split_once(&format!("\n## {heading}\n")).expect(heading);
    let text = text.split("\n## ").next().unwrap();
    let (_, block) = text.split_once(&format!("\n```{language}\n")).expect(heading);
    block.split("\n```").next().unwrap()
}

/// Runs the statements of the page as the superuser.
async fn set_up(own: &Postgres) {
    let sql = connect(&own.url(ADMIN, "postgres")).await;
    for statement in block("A PostgreSQL of your own", "sql").split_inclusive(";\n") {
        sql.batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
    }
}

fn done(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

/// The settings that hang on a login, and what it is a member of.
async fn login(own: &Postgres, name: &str) -> (Vec<String>, Vec<String>) {
    let sql = connect(&own.url(ADMIN, "postgres")).await;
    let row = sql
        .query_one(
            "SELECT ARRAY(SELECT unnest(r.rolconfig) ORDER BY 1), ARRAY(SELECT m.roleid::regrole::text \
             FROM pg_auth_members m WHERE m.member = r.oid) FROM pg_roles r WHERE rolname = $1",
            &[&name],
        )
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

/// Serves with the serving login alone, and the commands beside it with the operator's.
async fn is_served(url: &str, operator: &str) {
    let home = Home::fresh("own");
    let alone = home.run(&["user", "create", ANA, "--database-url", url], PASSWORD);
    assert!(said(&alone).contains("PAIN_JOURNAL_OPERATOR_URL must name the operator's login"));
    let instead = ["user", "create", ANA, "--database-url", url, "--operator-url", url];
    let login = url.split(['/', '@', ':']).find(|part| part.contains('_')).unwrap();
    let refused = format!(
        "the login {login} is no member of pj_operator: the operator must log in as a member of pj_app and \
         pj_operator and of nothing else"
    );
    let instead = said(&home.run(&instead, PASSWORD));
    assert!(instead.contains(&refused), "{instead}");
    let named = ["--database-url", url, "--operator-url", operator];
    let run = |words: &[&str], input: &str| done(&home.run(&[words, &named[..]].concat(), input));
    run(&["user", "create", ANA], PASSWORD);
    let server = Serving::start(&home, &["--database-url", url]);
    let ana = Person::sign_in_at(&server.base, ANA).await;
    assert_eq!(
        ana.create(&fresh("journal-entries"), &daily("2026-03-01", &json!({}))).await.status,
        201
    );
    let rows = "journal_date,pain_average\n2026-05-01,4\n";
    run(&["import", "-", "--account", ANA, "--format", "csv"], rows);
    run(&["rotate-keys"], "");
    run(&["new-epoch"], "");
    server.stop().await;
    Serving::start(&home, &[&named[..], &["--demo"]].concat()).stop().await;
}

#[tokio::test]
async fn the_roles_of_the_page_serve_and_migrate() {
    let own = own_postgres();
    set_up(&own).await;
    let (serving, migrator) =
        (own.url("journal_server", "journal"), own.url("journal_migrator", "journal"));
    let migrate = ["migrate", "--database-url", &serving, "--migration-url", &migrator];
    done(&program(&migrate).output().unwrap());
    let operator = own.url("journal_operator", "journal");
    is_served(&serving, &operator).await;
    // A second time there is nothing to do, and nothing in the way.
    done(&program(&migrate).output().unwrap());

    // The logins are like those that the program makes by itself.
    let made = own.url("made_by_program", "journal");
    let other = own.url("made_for_operator", "journal");
    let logins = [(made.as_str(), Duty::Serve), (other.as_str(), Duty::Operate)];
    migrate::provide_logins(&own.url(ADMIN, "journal"), &logins).unwrap();
    let expected = login(&own, "made_by_program").await;
    assert_eq!(expected.1, ["pj_app"]);
    assert_eq!(login(&own, "journal_server").await, expected);
    let expected = login(&own, "made_for_operator").await;
    assert_eq!(expected.1, ["pj_app", "pj_operator"]);
    assert_eq!(login(&own, "journal_operator").await, expected);
}

#[tokio::test]
async fn a_superuser_who_migrates_makes_the_login_as_docker_does() {
    let own = own_postgres();
    let sql = connect(&own.url(ADMIN, "postgres")).await;
    sql.batch_execute("CREATE DATABASE docker").await.unwrap();
    // The program reads the password out of the address; this PostgreSQL asks for none.
    let serving = own.url("pj_server", "docker").replace("pj_server@", "pj_server:s3cret%21@");
    let admin = own.url(ADMIN, "docker");
    let operator = own.url("pj_operate", "docker");
    let migrate = ["migrate", "--database-url", &serving, "--migration-url", &admin];
    done(&program(&migrate).args(["--operator-url", &operator]).output().unwrap());
    let has = "SELECT rolpassword LIKE 'SCRAM-SHA-256%' FROM pg_authid WHERE rolname = 'pj_server'";
    assert!(sql.query_one(has, &[]).await.unwrap().get::<_, bool>(0), "its password is not set");
    is_served(&serving, &operator).await;
}

#[test]
fn docker_serves_with_the_serving_login_and_migrates_with_another() {
    let (_, services) = COMPOSE.split_once("\nservices:\n").unwrap();
    let service = |name: &str| {
        let (_, text) = services.split_once(&format!("\n  {name}:\n")).expect(name);
        let lines = text.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let serving = "DATABASE_URL: postgres://pj_server:${SERVER_PASSWORD";
    let api = service("api");
    assert!(api.contains(serving), "{api}");
    for word in ["pj_admin", "POSTGRES_PASSWORD", "MIGRATION", "pj_operate", "OPERATOR"] {
        assert!(!api.contains(word), "the server gets {word}: {api}");
    }
    assert!(api.contains("migrate:\n        condition: service_completed_successfully"), "{api}");
    let migrate = service("migrate");
    assert!(migrate.contains("command: [\"migrate\"]") && migrate.contains(serving), "{migrate}");
    assert!(
        migrate.contains("PAIN_JOURNAL_MIGRATION_URL: postgres://pj_admin:${POSTGRES_PASSWORD}@")
    );
}

#[test]
fn docker_operates_with_a_login_that_the_server_does_not_have() {
    let (_, services) = COMPOSE.split_once("\nservices:\n").unwrap();
    let (_, operator) = services.split_once("\n  operator:\n").unwrap();
    let operator = operator.split("\n\n").next().unwrap();
    assert!(
        operator.contains("profiles: [\"commands\"]"),
        "it is started with its command: {operator}"
    );
    assert!(
        operator.contains("PAIN_JOURNAL_OPERATOR_URL: postgres://pj_operate:${OPERATOR_PASSWORD"),
        "{operator}"
    );
    assert!(!operator.contains("pj_admin"), "{operator}");
}

/// Runs a program of Postgres.
fn postgres(own: &Postgres, name: &str, arguments: &[&str]) {
    let output = Command::new(own.bin_dir().join(name)).args(arguments).output().expect(name);
    done(&output);
}

#[tokio::test]
async fn a_private_database_moves_to_one_of_the_operators_own() {
    // What the page says, command by command, is what follows.
    let page = block("Moving to a PostgreSQL of your own", "sh");
    let commands: Vec<&str> = page.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(commands, ["umask", "pg_dump", "psql", "pg_restore", "psql"], "{page}");
    let grants: Vec<&str> = page.lines().filter_map(|line| line.split('\'').nth(1)).collect();
    assert_eq!(grants.len(), 2, "{page}");

    let home = Home::with_database("moves");
    done(&home.run(&["user", "create", ANA], PASSWORD));
    let server = Serving::start(&home, &["--demo"]);
    let ana = Person::sign_in_at(&server.base, ANA).await;
    let path = fresh("journal-entries");
    assert_eq!(
        ana.create(&path, &daily("2026-03-01", &json!({"note": "moves"}))).await.status,
        201
    );
    let listen = server.listen().to_owned();

    let own = own_postgres();
    set_up(&own).await;
    let dump = home.path().join("journal.dump");
    let dump = dump.to_str().unwrap();
    assert!(running_url(home.path(), ADMIN).is_some());
    let socket = home.path().join("run");
    let (socket, without) = (socket.to_str().unwrap(), "--exclude-schema=pg_catalog");
    assert!(page.contains(without), "{page}");
    let from = ["-h", socket, "-U", ADMIN, "-Fc", without, "-f", dump, DATABASE];
    postgres(&own, "pg_dump", &from);
    server.stop().await;
    let (serving, migrator) =
        (own.url("journal_server", "journal"), own.url("journal_migrator", "journal"));
    let sql = connect(&migrator).await;
    sql.batch_execute(grants[0]).await.unwrap();
    postgres(
        &own,
        "pg_restore",
        &["--exit-on-error", "--single-transaction", "-d", &migrator, dump],
    );

    sql.batch_execute(grants[1]).await.unwrap();

    // The same master secret, out of the data directory; the same address, so that tokens stay good.
    let server = Serving::start_at(&home, &listen, &["--database-url", &serving]);
    let again = ana.get(&path).await;
    assert_eq!((again.status, &again.json["note"]), (200, &json!("moves")), "{}", again.text);
    assert_eq!(
        ana.create(&fresh("journal-entries"), &daily("2026-03-02", &json!({}))).await.status,
        201
    );
    server.stop().await;

    // The next migration can touch every table and every function, and note that it ran.
    assert_eq!(migrate::run(&migrator).unwrap(), 0);
    sql.batch_execute("BEGIN; SET LOCAL ROLE pj_owner").await.unwrap();
    let tables = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
                  WHERE nspname = 'pj' AND relkind = 'r'";
    let tables = sql.query(tables, &[]).await.unwrap();
    assert!(tables.len() > 20);
    for row in tables {
        let change = format!("ALTER TABLE {} ADD COLUMN next smallint", row.get::<_, String>(0));
        sql.batch_execute(&change).await.unwrap_or_else(|e| panic!("{change}: {e:?}"));
    }
    let functions =
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'sec'::regnamespace";
    for row in sql.query(functions, &[]).await.unwrap() {
        let change = format!("ALTER FUNCTION {} OWNER TO pj_owner", row.get::<_, String>(0));
        sql.batch_execute(&change).await.unwrap_or_else(|e| panic!("{change}: {e:?}"));
    }
    sql.batch_execute(
        "RESET ROLE; INSERT INTO public.__diesel_schema_migrations (version) VALUES ('9')",
    )
    .await
    .unwrap();
    sql.batch_execute("ROLLBACK").await.unwrap();
}
