//! The client libraries, with the real WatermelonDB and RxDB on node, against the real server.
//!
//! They need node and npm. Where these are missing the test fails and says so;
//! `PAIN_JOURNAL_SKIP_CLIENTS=1` leaves it out.

use crate::support::{TestApp, contract, node, people::PASSWORD};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

/// Fresh patients a test file may use up.
const PATIENTS: usize = 40;
/// How long the tests of one file may take.
const TIME_LIMIT: Duration = Duration::from_mins(5);
const NEEDS_NODE: &str = "the tests of the client libraries need node 20.14 or newer and npm; install them, \
     or set PAIN_JOURNAL_SKIP_CLIENTS=1 to leave these tests out";

static BUILT: Once = Once::new();

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Installs what the lock file names, unless it is there already, and builds.
fn build() {
    node::is_there(NEEDS_NODE);
    node::install(&clients());
    node::run(Command::new("npm").args(["run", "--silent", "build"]).current_dir(clients()));
}

/// Does what an operator does: runs the SQL that tests put on the desk.
async fn serve_desk(app: &TestApp, desk: &Path) {
    for file in fs::read_dir(desk).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|ending| ending == "sql") {
            let work = fs::read_to_string(&file).unwrap();
            fs::remove_file(&file).unwrap();
            let work = format!("SET session_replication_role = replica; {work}");
            let outcome = app.sql().await.batch_execute(&work).await;
            let outcome = outcome.err().map(|error| format!("{error:?}")).unwrap_or_default();
            let done = file.with_extension("tmp");
            fs::write(&done, outcome).unwrap();
            fs::rename(&done, file.with_extension("done")).unwrap();
        }
    }
}

fn left_out() -> bool {
    std::env::var("PAIN_JOURNAL_SKIP_CLIENTS").as_deref() == Ok("1")
}

/// Runs a test file that needs no server.
fn passes_alone(file: &str) {
    if left_out() {
        return;
    }
    BUILT.call_once(build);
    let file = clients().join("tests/dist").join(file);
    node::run(Command::new("node").args(["--test", "--test-reporter=spec"]).arg(file));
}

async fn passes(file: &str) {
    if left_out() {
        return;
    }
    BUILT.call_once(build);
    let app = TestApp::alone();
    let mut accounts = Vec::new();
    for _ in 0..PATIENTS {
        let person = app.patient("device").await;
        accounts.push(json!({"id": person.id, "email": person.email, "password": PASSWORD}));
    }
    let desk = tempfile(file);
    let log = desk.join("log");
    let out = fs::File::create(&log).unwrap();
    let mut tests = Command::new("node")
        .args(["--test", "--test-force-exit", "--test-reporter=spec"])
        .arg(clients().join("tests/dist").join(file))
        .env("BASE_URL", &app.base)
        .env("ACCOUNTS", serde_json::to_string(&accounts).unwrap())
        .env("OPERATOR_DESK", &desk)
        .env_remove("NODE_OPTIONS")
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .spawn()
        .expect(NEEDS_NODE);
    let end = Instant::now() + TIME_LIMIT;
    let status = loop {
        if let Some(status) = tests.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > end {
            tests.kill().unwrap();
            tests.wait().unwrap();
            break None;
        }
        serve_desk(&app, &desk).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let log = fs::read_to_string(log).unwrap();
    fs::remove_dir_all(desk).unwrap();
    println!("{log}");
    let status = status.unwrap_or_else(|| panic!("{file} took longer than {TIME_LIMIT:?}\n{log}"));
    assert!(status.success(), "{file} failed\n{log}");
}

fn tempfile(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("pain-journal-{name}-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

#[tokio::test]
async fn the_sync_core_keeps_its_word() {
    passes("core.test.js").await;
}

#[tokio::test]
async fn watermelondb_syncs() {
    passes("watermelondb.test.js").await;
}

#[tokio::test]
async fn rxdb_syncs() {
    passes("rxdb.test.js").await;
}

/// Two people on one device.
#[tokio::test]
async fn two_people_on_one_device_do_not_mix() {
    passes("accounts.test.js").await;
}

/// Conflicts are named, and deletes take nothing unseen.
#[tokio::test]
async fn what_a_device_had_seen_travels_with_what_it_sends() {
    passes("seen.test.js").await;
}

/// Session, scheduler, hooks.
#[tokio::test]
async fn apps_find_what_they_need() {
    passes("app.test.js").await;
}

/// The build is the judge: an error that is expected and does not come is one.
#[test]
fn what_must_not_compile_does_not() {
    passes_alone("types.test.js");
}

#[test]
fn what_npm_would_publish_is_complete() {
    passes_alone("packages.test.js");
}

/// `OPS` and `SEEDS` in the environment make it longer.
#[tokio::test]
async fn a_mixed_fleet_on_a_bad_network_ends_with_the_same() {
    passes("property.test.js").await;
}

#[tokio::test]
async fn a_restored_server_gets_back_what_it_has_lost() {
    passes("restored.test.js").await;
}

#[test]
fn the_generated_schemas_are_current() {
    if left_out() {
        return;
    }
    node::is_there(NEEDS_NODE);
    let document = tempfile("openapi").join("openapi.json");
    fs::write(&document, contract::document().to_string()).unwrap();
    node::run(
        Command::new("node")
            .arg(clients().join("generate-schemas.mjs"))
            .arg("--check")
            .arg(&document),
    );
    fs::remove_dir_all(document.parent().unwrap()).unwrap();
}
