//! The list of jobs is the one that operators read, and no task runs beside the requests unnoticed.

use crate::support::sources::{root, sources};
use pain_journal::jobs::{Pace, all};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

#[test]
fn operators_read_the_list_of_jobs() {
    let page = fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let (_, table) = page.split_once("| job | every | what it does |\n|---|---|---|\n").unwrap();
    let told: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    let units: BTreeMap<Duration, &str> = BTreeMap::from([
        (Duration::from_secs(1), "second"),
        (Duration::from_mins(1), "minute"),
        (Duration::from_hours(1), "hour"),
    ]);
    let line = |job: pain_journal::jobs::Job| {
        format!("| {} | {} | {} |", job.name, units[&job.every], job.does)
    };
    assert_eq!(told, all(Pace::default()).map(line));
}

/// Where a task or a thread is started, and what for.
const STARTED: [(&str, &str); 9] = [
    ("backup.rs", "pg_dump and its like, waited for"),
    ("credentials/password.rs", "a password is hashed off the threads of requests; waited for"),
    ("db/connection.rs", "the driver of a connection; ends with it"),
    ("db/loan.rs", "a transaction that was left open is rolled back"),
    ("db/migrate.rs", "migrations: a command, not the server at work"),
    ("db/pool.rs", "a connection is opened, also when its request has gone"),
    ("jobs/mod.rs", "the jobs"),
    ("lanes/mod.rs", "heavy work off the threads of requests; waited for"),
    ("mail/mod.rs", "a mail is written to the outbox off the threads of requests; waited for"),
];
/// Started by a request, and not waited for.
const LEFT_RUNNING: [(&str, &str); 1] = [("report/snapshots/job.rs", "a long report")];

#[test]
fn every_task_beside_the_requests_is_known() {
    let mut found = Vec::new();
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        if ["spawn(", "spawn_on(", "spawn_blocking("].iter().any(|call| code.contains(call)) {
            let file = file.strip_prefix(root().join("src")).unwrap();
            found.push(file.to_str().unwrap().to_owned());
        }
    }
    let mut known: Vec<&str> = STARTED.iter().chain(&LEFT_RUNNING).map(|(file, _)| *file).collect();
    known.sort_unstable();
    assert_eq!(found, known);
}
