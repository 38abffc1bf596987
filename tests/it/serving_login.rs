//! The login that the server serves with: what its sessions can rise to, which logins are refused, how
//! it comes about in each set-up, and what a pooler in between changes.

mod operator;
mod poolers;

use crate::support::cluster::{Cluster, connect};
use crate::support::program::{Home, Serving, program};
use crate::support::{Call, TestApp};
use crate::walls::refusal;
use pain_journal::db::{Db, Duty, Gate};
use std::io::copy;
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio_postgres::Client;
use tokio_postgres::config::Host;
use uuid::Uuid;

/// A journal entry, whoever has written it, as this session sees it.
async fn entries(sql: &Client) -> i64 {
    sql.query_one("SELECT count(*) FROM pj.journal_entries", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_session_of_the_pool_has_nothing_to_rise_to() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let entry = crate::support::people::daily("2026-03-01", &serde_json::json!({}));
    let path = crate::support::people::fresh("journal-entries");
    assert_eq!(ana.create(&path, &entry).await.status, 201);

    let sql = app.serving_sql().await;
    let who = "SELECT session_user::text, current_user::text";
    let who = sql.query_one(who, &[]).await.unwrap();
    assert_eq!((who.get(0), who.get(1)), ("pj_server", "pj_server"));
    for attempt in [
        "SELECT 1",
        "SET ROLE pj_app",
        "SET ROLE NONE",
        "RESET ROLE",
        "SET SESSION AUTHORIZATION DEFAULT",
        "RESET ALL",
        "DISCARD ALL",
        "SET row_security = off",
        "RESET row_security",
    ] {
        sql.batch_execute(attempt).await.unwrap();
        let seen = sql.query_one("SELECT count(*) FROM pj.journal_entries", &[]).await;
        match seen {
            Ok(row) => assert_eq!(row.get::<_, i64>(0), 0, "after {attempt}"),
            Err(error) => assert_eq!(error.code().unwrap().code(), "42501", "after {attempt}"),
        }
        for statement in [
            "CREATE TABLE pj.loot (x int)",
            "DELETE FROM pj.accounts",
            "ALTER TABLE pj.journal_entries NO FORCE ROW LEVEL SECURITY",
            "CREATE ROLE loot",
            "COPY pj.accounts TO PROGRAM 'cat'",
        ] {
            let said = refusal(&sql, statement).await;
            assert!(
                ["denied", "must be", "row-level security"].iter().any(|word| said.contains(word)),
                "{said}"
            );
        }
    }
    for attempt in [
        "SET ROLE pj_owner",
        "SET ROLE pj_admin",
        "SET SESSION AUTHORIZATION pj_admin",
        "ALTER ROLE pj_server SUPERUSER",
        "ALTER ROLE pj_server BYPASSRLS",
        "GRANT pj_owner TO pj_server",
    ] {
        let said = refusal(&sql, attempt).await;
        assert!(said.contains("permission denied") || said.contains("must "), "{attempt}: {said}");
    }
}

#[tokio::test]
async fn every_session_of_the_server_is_one_of_the_serving_login() {
    let app = TestApp::alone();
    app.run(|app| async move { app.db.warm_up().await }).await.unwrap();
    let sql = app.sql().await;
    let query = "SELECT usename::text, count(*) FROM pg_stat_activity WHERE datname = \
                 current_database() AND application_name = 'pain-journal' GROUP BY 1";
    let rows = sql.query(query, &[]).await.unwrap();
    let users: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(users, [("pj_server".to_owned(), 4)]);
}

#[tokio::test]
async fn what_is_entered_by_fails_closed_in_a_session_with_more_rights() {
    let app = TestApp::shared();
    let sql = app.sql().await;
    let calls = "SELECT format('SELECT %s(%s)', p.oid::regproc, array_to_string(array_fill( \
                 'NULL'::text, ARRAY[p.pronargs]), ',')) FROM pg_proc p \
                 WHERE p.pronamespace = 'sec'::regnamespace AND p.prosecdef AND p.provolatile = 'v' \
                 AND has_function_privilege('pj_app', p.oid, 'EXECUTE') ORDER BY 1";
    let calls: Vec<String> =
        sql.query(calls, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(calls.len() >= 9 && calls.iter().any(|call| call.contains("sec.enter(")), "{calls:?}");
    let member = format!("member_{}", Uuid::now_v7().simple());
    sql.batch_execute(&format!("CREATE ROLE {member} LOGIN; GRANT pj_app, pj_owner TO {member}"))
        .await
        .unwrap();
    let owner = connect(&Cluster::get().url_of(&member, &app.database)).await;
    for (sql, name) in [(&sql, "pj_admin"), (&owner, member.as_str())] {
        for role in ["NONE", "pj_app", "pj_owner"] {
            sql.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
            for call in &calls {
                let said = refusal(sql, call).await;
                let expected = format!("the session of {name} has more rights than pj_app");
                assert_eq!(said, expected, "{call} as {role}");
            }
        }
        sql.batch_execute("RESET ROLE").await.unwrap();
    }
    // The same calls do run where they may.
    let serving = app.serving_sql().await;
    for role in ["pj_app", "NONE"] {
        serving.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
        for call in &calls {
            if let Err(error) = serving.batch_execute(call).await {
                assert_ne!(error.code().unwrap().code(), "PJ501", "{call} as {role}");
            }
        }
    }
    drop(owner);
    sql.batch_execute(&format!("DROP ROLE {member}")).await.unwrap();
}

/// What a server with this login is told, and the login's name.
async fn told(app: &TestApp, make: &str) -> (String, String) {
    let sql = app.sql().await;
    let login = format!("login_{}", Uuid::now_v7().simple());
    let settings = "SELECT format('ALTER ROLE %I SET %I TO %L', $1::text, split_part(s, '=', 1), \
                    split_part(s, '=', 2)) FROM pg_roles r, unnest(r.rolconfig) s \
                    WHERE r.rolname = 'pj_server'";
    sql.batch_execute(&format!("CREATE ROLE {login} LOGIN")).await.unwrap();
    for row in sql.query(settings, &[&login]).await.unwrap() {
        sql.batch_execute(row.get(0)).await.unwrap();
    }
    sql.batch_execute(&make.replace("$1", &login)).await.unwrap();
    let url = Cluster::get().url_of(&login, &app.database);
    let answer = match Db::new(&url, Duty::Serve, 2, Gate::new(&[7; 32])).unwrap().ping().await {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    };
    (login, answer)
}

#[tokio::test]
async fn a_login_with_other_rights_or_settings_is_refused_with_a_sentence() {
    let app = TestApp::shared();
    let member = "GRANT pj_app TO $1;";
    let beyond = ": the server must log in as a member of pj_app and of nothing else";
    for (more, expected) in [
        ("ALTER ROLE $1 SUPERUSER", "is a superuser"),
        ("ALTER ROLE $1 BYPASSRLS", "has BYPASSRLS"),
        ("ALTER ROLE $1 CREATEROLE CREATEDB", "has CREATEROLE and has CREATEDB"),
        ("ALTER ROLE $1 REPLICATION", "has REPLICATION"),
        ("GRANT pj_owner TO $1", "is a member of pj_owner"),
        ("GRANT pg_read_all_data TO $1", "is a member of pg_read_all_data"),
    ] {
        let (login, said) = told(&app, &format!("{member} {more}")).await;
        assert_eq!(said, format!("the login {login} {expected}{beyond}"));
    }
    let (login, said) = told(&app, "ALTER ROLE $1 RESET ALL").await;
    assert_eq!(said, format!("the login {login} is no member of pj_app{beyond}"));
    for (name, value) in [
        ("statement_timeout", "5s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("client_connection_check_interval", "1s"),
        ("search_path", "pj"),
        ("plan_cache_mode", "force_generic_plan"),
    ] {
        let (login, said) = told(&app, &format!("{member} ALTER ROLE $1 RESET {name}")).await;
        let cure = format!("run: ALTER ROLE \"{login}\" SET {name} = '{value}'");
        assert!(said.starts_with(&format!("{name} is '")) && said.ends_with(&cure), "{said}");
    }
    let (_, said) = told(&app, member).await;
    assert_eq!(said, "", "the one that is as it must be");
}

/// What `serve` says when it refuses these options.
fn refused(options: &[&str]) -> String {
    let home = Home::fresh("login");
    let mut command = program(&["serve", "--data-dir", home.text(), "--listen", "127.0.0.1:0"]);
    let output = command.args(options).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

#[test]
fn serve_refuses_a_superuser_and_a_schema_that_is_not_the_newest() {
    let (cluster, database) = (Cluster::get(), Cluster::get().database());
    let said = refused(&["--database-url", &cluster.url(&database)]);
    assert_eq!(
        said,
        "pain-journal: the login pj_admin is a superuser: the server must log in as a member of \
         pj_app and of nothing else\n"
    );
    let empty = cluster.empty_database();
    let said = refused(&["--database-url", &cluster.serving_url(&empty)]);
    assert!(said.contains("the database lacks migrations: run pain-journal migrate"), "{said}");
    let alone = program(&["migrate", "--database-url", &cluster.serving_url(&empty)]).output();
    let said = String::from_utf8(alone.unwrap().stderr).unwrap();
    assert!(said.contains("PAIN_JOURNAL_MIGRATION_URL must name the login"), "{said}");
    let given = ["--database-url", &cluster.serving_url(&empty), "--migration-url"];
    let migrated = program(&["migrate"]).args(given).arg(cluster.url(&empty)).output().unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let home = Home::fresh("login");
    Serving::start(&home, &["--database-url", &cluster.serving_url(&empty)]);
}

#[tokio::test]
async fn a_private_database_of_an_earlier_version_gets_the_login() {
    let home = Home::fresh("earlier");
    let server = Serving::start(&home, &["--demo"]);
    assert_eq!(Call::new(&server.base, "GET", "/readyz").send().await.status, 200);
    let admin = private_postgres::running_url(home.path(), "pj_admin").unwrap();
    let sql = connect(&admin).await;
    // Back to what was before the login.
    let down = include_str!("../../migrations/2026-11-27-000190_serving_login/down.sql");
    sql.batch_execute(down).await.unwrap();
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '20261127000190'";
    assert_eq!(sql.execute(forget, &[]).await.unwrap(), 1);
    // Nor does the login exist.
    sql.batch_execute("ALTER ROLE pj_server RENAME TO somebody").await.unwrap();
    drop(sql);
    server.stop().await;
    let server = Serving::start(&home, &["--demo"]);
    let sql = connect(&admin).await;
    let query = "SELECT DISTINCT usename::text FROM pg_stat_activity \
                 WHERE application_name = 'pain-journal'";
    let rows = sql.query(query, &[]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get(0)).collect::<Vec<String>>(), ["pj_server"]);
    assert!(entries(&sql).await > 0, "the journal is there");
    assert_eq!(Call::new(&server.base, "GET", "/readyz").send().await.status, 200);
    drop(sql);
    server.stop().await;
}

/// Passes connections of a port on to the cluster's socket, as a database that comes up late.
fn forward(listener: &TcpListener) {
    let config: tokio_postgres::Config = Cluster::get().url("postgres").parse().unwrap();
    let [Host::Unix(folder)] = config.get_hosts() else { panic!("a socket") };
    let socket = folder.join(".s.PGSQL.5432");
    for client in listener.incoming().map_while(Result::ok) {
        let server = UnixStream::connect(&socket).unwrap();
        let (mut to_server, mut to_client) = (client.try_clone().unwrap(), client);
        let (mut from_client, mut from_server) = (server.try_clone().unwrap(), server);
        std::thread::spawn(move || {
            let _ = copy(&mut to_server, &mut from_client);
            let _ = from_client.shutdown(Shutdown::Write);
        });
        std::thread::spawn(move || {
            let _ = copy(&mut from_server, &mut to_client);
            let _ = to_client.shutdown(Shutdown::Both);
        });
    }
}

#[test]
fn a_start_waits_for_its_database_and_says_so() {
    let database = Cluster::get().database();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(1500));
        forward(&TcpListener::bind(("127.0.0.1", port)).unwrap());
    });
    let home = Home::fresh("waits");
    let url = format!("postgres://pj_server@127.0.0.1:{port}/{database}");
    let server = Serving::start(&home, &["--database-url", &url]);
    let said = server.said();
    assert!(said.contains("waiting up to 60 seconds: the database is not available"), "{said}");
    assert_eq!(said.matches("waiting").count(), 1, "{said}");
}
