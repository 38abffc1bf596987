//! A client that follows docs/sync.md to the letter loses nothing: `examples/sync_client.py`, which is
//! what the page shows, in the hands of two people with five phones on a bad network.

use crate::support::cluster::columns;
use crate::support::{TestApp, node::run_within, people::PASSWORD};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use uuid::Uuid;

/// How long one seed may take; it takes seconds.
const LIMIT: Duration = Duration::from_mins(4);

/// The seeds of `SEEDS` in the environment, `1..=20` for all, else three.
fn seeds() -> Vec<u64> {
    match std::env::var("SEEDS") {
        Ok(count) => (1..=count.parse().expect("SEEDS is a number")).collect(),
        Err(_) => vec![1, 2, 3],
    }
}

#[tokio::test]
async fn a_client_literal_to_the_page_loses_nothing() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let steps = std::env::var("OPS").unwrap_or_else(|_| "400".to_owned());
    for seed in seeds() {
        let app = TestApp::alone();
        let mut accounts = Vec::new();
        for name in ["anna", "bert"] {
            let person = app.patient(name).await;
            accounts.push(json!({"id": person.id, "email": person.email, "password": PASSWORD}));
        }
        let accounts = serde_json::to_string(&accounts).unwrap();
        let log = std::env::temp_dir().join(format!("pj-literal-{}-{seed}", std::process::id()));
        let mut command = Command::new("python3");
        command
            .arg(top.join("tests/it/sync/literal.py"))
            .arg(top.join("examples/sync_client.py"))
            .args([&app.base, &accounts, &seed.to_string(), &steps])
            .env("PYTHONUTF8", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("no_proxy", "127.0.0.1");
        let started = tokio::task::spawn_blocking({
            let log = log.clone();
            move || run_within(LIMIT, &mut command, &log)
        });
        let (succeeded, said) = started.await.unwrap();
        std::fs::remove_file(&log).unwrap();
        println!("{said}");
        assert!(succeeded, "seed {seed}\n{said}");
    }
}

/// A store of the client, and its command line.
struct Phone {
    base: String,
    store: PathBuf,
}

impl Phone {
    fn fresh(app: &TestApp, name: &str) -> Self {
        let store = std::env::temp_dir().join(format!("pj-{name}-{}.db", Uuid::now_v7()));
        Self { base: app.base.clone(), store }
    }

    /// Runs a command: whether it succeeded, and what it said.
    async fn run(&self, arguments: &[&str]) -> (bool, String) {
        let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sync_client.py");
        let mut command = Command::new("python3");
        command
            .arg(client)
            .args(["--base", &self.base, "--store"])
            .arg(&self.store)
            .args(arguments);
        command.env("PAIN_JOURNAL_PASSWORD", PASSWORD).env("no_proxy", "127.0.0.1");
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    async fn does(&self, arguments: &[&str]) -> String {
        let (succeeded, said) = self.run(arguments).await;
        assert!(succeeded, "{arguments:?}: {said}");
        said
    }

    /// The notes of the entries and their states, sorted.
    async fn notes(&self) -> Vec<String> {
        let listed = self.does(&["list", "journal_entries"]).await;
        let mut notes: Vec<String> = listed
            .lines()
            .map(|line| {
                let (state, row) = line.split_once(' ').unwrap();
                let row: Value = serde_json::from_str(row).unwrap();
                format!("{} {state}", row["note"].as_str().unwrap_or_default())
            })
            .collect();
        notes.sort();
        notes
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.store);
    }
}

/// The tables of a journal, as a backup holds them.
const KEPT: [&str; 3] = ["journal_entries", "record_history", "patients"];

#[tokio::test]
async fn a_phone_gives_back_what_a_restored_server_has_lost() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let (phone, other) = (Phone::fresh(&app, "phone"), Phone::fresh(&app, "other"));
    for phone in [&phone, &other] {
        phone.does(&["sign-in", &ana.email]).await;
    }
    let entry = async |phone: &Phone, note: &str| {
        let row = format!(r#"{{"kind": "momentary", "note": "{note}"}}"#);
        phone.does(&["entry", &row]).await.trim().to_owned()
    };
    entry(&phone, "before").await;
    let edited = entry(&phone, "first words").await;
    assert_eq!(phone.does(&["sync"]).await.trim(), "0 to send");
    other.does(&["sync"]).await;
    let sql = app.sql().await;
    sql.batch_execute("CREATE SCHEMA kept").await.unwrap();
    for table in KEPT {
        sql.batch_execute(&format!("CREATE TABLE kept.{table} AS TABLE pj.{table}")).await.unwrap();
    }
    // After the backup: a new entry, an edit, and one that is not sent when the disk dies.
    entry(&phone, "after").await;
    phone.does(&["edit", &edited, r#"{"note": "later words"}"#]).await;
    phone.does(&["sync"]).await;
    entry(&phone, "unsent").await;
    let mut restore =
        "SET session_replication_role = replica; DELETE FROM pj.sync_answers;".to_owned();
    for table in KEPT {
        let all = columns(&sql, table).await;
        let back = format!("INSERT INTO pj.{table} ({all}) SELECT {all} FROM kept.{table}");
        write!(restore, "DELETE FROM pj.{table}; {back};").unwrap();
    }
    restore += "UPDATE pj.sync_state SET epoch = epoch + 1; SET session_replication_role = origin;";
    sql.batch_execute(&restore).await.unwrap();
    for phone in [&other, &phone, &other] {
        assert_eq!(phone.does(&["sync"]).await.trim(), "0 to send");
    }
    let all = ["after clean", "before clean", "later words clean", "unsent clean"];
    assert_eq!(phone.notes().await, all);
    assert_eq!(other.notes().await, all);
}

#[tokio::test]
async fn a_store_is_of_one_account_and_keeps_what_is_not_sent_over_sign_ins() {
    let app = TestApp::alone();
    let (ana, bert) = (app.patient("ana").await, app.patient("bert").await);
    let phone = Phone::fresh(&app, "hands");
    phone.does(&["sign-in", &ana.email]).await;
    phone.does(&["entry", r#"{"kind": "momentary", "note": "mine"}"#]).await;
    phone.does(&["sign-out"]).await;
    let (succeeded, said) = phone.run(&["sync"]).await;
    assert!(!succeeded && said.contains("401"), "{said}");
    let (succeeded, said) = phone.run(&["sign-in", &bert.email]).await;
    assert!(!succeeded && said.contains("1 records to send"), "{said}");
    assert_eq!(phone.notes().await, ["mine created"]);
    phone.does(&["sign-in", &ana.email]).await;
    assert_eq!(phone.does(&["sync"]).await.trim(), "0 to send");
    assert_eq!(phone.notes().await, ["mine clean"]);
    // One installation is one device, however often it signs in.
    let devices = ana.get("/v1/devices").await.json;
    let named = |device: &&Value| device["name"] == "sync_client.py";
    assert_eq!(devices["data"].as_array().unwrap().iter().filter(named).count(), 1, "{devices}");
    let mine = bert.get("/v1/journal-entries").await.json;
    assert_eq!(mine["data"], json!([]));
}
