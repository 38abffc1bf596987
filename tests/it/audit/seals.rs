//! Seals: whoever changes, deletes, adds or moves a line afterwards is found out, the owner of the database included.

use super::looked_at;
use crate::support::cluster::{Cluster, connect};
use crate::support::{Person, TestApp, node};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pain_journal::audit::{
    AuditLine, Findings, Hash, MOST, PublicKey, SealCopy, SealHead, SealKey, Sealer, Tampering,
    climb, leaf, pages_of_lines, read_copy, verify,
};
use pain_journal::credentials::random::SystemRandom;
use pain_journal::db::{SEALER, SealerDb, migrate};
use pain_journal::time::Clock;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use tokio_postgres::Client;

/// A sealed database: two seals over at least eight lines, a copy of the seals, and a way to break it all.
struct Sealed {
    app: TestApp,
    db: SealerDb,
    sql: Client,
    folder: PathBuf,
    key: PublicKey,
    people: (Person, Person, String),
}

/// The address of a database for the sealer.
fn address(database: &str) -> String {
    let cluster = Cluster::get();
    let url = cluster.url_of(SEALER, database);
    migrate::provide_sealer(&cluster.url(database), &url).unwrap();
    url
}

fn folder(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("pain-journal-audit-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn sealer(folder: &std::path::Path) -> Sealer {
    let key = SealKey::of_file(&folder.join("key"), &SystemRandom::new()).unwrap();
    Sealer::new(key, Some(SealCopy::open(&folder.join("seals.jsonl")).unwrap()), Clock::system())
}

/// Seals every line of a database of one's own, with a key that nobody keeps.
pub async fn seal_once(app: &TestApp) {
    let folder = folder(&app.database);
    let key = SealKey::of_file(&folder.join("key"), &SystemRandom::new()).unwrap();
    let mut sealer = Sealer::new(key, None, app.app.clock.clone());
    let db = SealerDb::open(&address(&app.database)).await.unwrap();
    let sql = app.sql().await;
    let open =
        "SELECT (SELECT count(*) FROM pj.audit_lines) - (SELECT count(*) FROM pj.audit_leaves)";
    for _ in 0..600 {
        sealer.seal(&db).await.unwrap();
        if sql.query_one(open, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            std::fs::remove_dir_all(&folder).unwrap();
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("lines are not sealed");
}

impl Sealed {
    async fn new(name: &str) -> Self {
        let app = TestApp::alone();
        let folder = folder(name);
        let db = SealerDb::open(&address(&app.database)).await.unwrap();
        let sql = app.sql().await;
        let people = looked_at(&app).await;
        let key = SealKey::of_file(&folder.join("key"), &SystemRandom::new()).unwrap().public();
        let sealed = Self { app, db, sql, folder, key, people };
        assert!(sealed.seal_all().await >= 8);
        sealed.look().await;
        sealed.look().await;
        assert_eq!(sealed.seal_all().await, 2);
        assert_eq!(sealed.seal().await, 0, "nothing is sealed twice");
        sealed
    }

    /// Somebody looks into the journal.
    async fn look(&self) {
        let (_, lind, share) = &self.people;
        assert_eq!(lind.get(&format!("/v1/patients/{share}/report")).await.status, 200);
    }

    async fn seal(&self) -> usize {
        sealer(&self.folder).seal(&self.db).await.unwrap()
    }

    /// Seals until this line is sealed. Transactions in other databases of the cluster hold sealing up, too: nobody can
    /// tell from their numbers what they write.
    async fn seal_until(&self, line: i64) -> usize {
        let is_sealed = format!("SELECT count(*) FROM pj.audit_leaves WHERE line = {line}");
        let mut lines = 0;
        for _ in 0..600 {
            lines += self.seal().await;
            if self.number(&is_sealed).await == 1 {
                return lines;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("line {line} is not sealed");
    }

    /// Seals every line there is, at once: when no transaction is open any longer that might write a lower one.
    async fn seal_all(&self) -> usize {
        let held_up = "SELECT count(*) FROM pj.audit_lines \
                       WHERE written_in >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
        for _ in 0..600 {
            if self.number(held_up).await == 0 {
                return self.seal().await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("lines are not sealed");
    }

    async fn found(&self, with_copy: bool) -> Findings {
        let copy = with_copy.then(|| read_copy(&self.folder.join("seals.jsonl")).unwrap());
        verify(&self.db, copy, Some(self.key)).await.unwrap()
    }

    /// What a superuser does, past every trigger.
    async fn by_force(&self, statements: &str) {
        let off = "ALTER TABLE pj.audit_lines DISABLE TRIGGER ALL; ALTER TABLE pj.audit_seals DISABLE TRIGGER ALL; \
                   ALTER TABLE pj.audit_leaves DISABLE TRIGGER ALL; SET session_replication_role = replica";
        let on = "RESET session_replication_role; ALTER TABLE pj.audit_lines ENABLE TRIGGER ALL; \
                  ALTER TABLE pj.audit_seals ENABLE TRIGGER ALL; ALTER TABLE pj.audit_leaves ENABLE TRIGGER ALL";
        self.sql.batch_execute(&format!("{off}; {statements}; {on}")).await.unwrap();
    }

    async fn number(&self, query: &str) -> i64 {
        self.sql.query_one(query, &[]).await.unwrap().get(0)
    }

    /// The lines of a seal.
    async fn lines_of(&self, seal: i64) -> Vec<i64> {
        let lines =
            format!("SELECT line FROM pj.audit_leaves WHERE seal = {seal} ORDER BY position");
        self.sql.query(&lines, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

/// The first thing that is broken.
fn first(findings: &Findings) -> Option<(Option<i64>, Tampering)> {
    findings.broken.first().map(|broken| (broken.line, broken.fault.clone()))
}

#[tokio::test]
async fn what_nobody_has_touched_is_whole_with_and_without_the_copy() {
    let sealed = Sealed::new("whole").await;
    for with_copy in [false, true] {
        let found = sealed.found(with_copy).await;
        assert_eq!(first(&found), None);
        assert_eq!((found.seals, found.waiting, found.key), (2, 0, Some(sealed.key)));
        assert_eq!(
            i64::try_from(found.sealed).unwrap(),
            sealed.number("SELECT count(*) FROM pj.audit_lines").await
        );
    }
    // A line that waits is no fault.
    sealed.look().await;
    assert_eq!((first(&sealed.found(true).await), sealed.found(true).await.waiting), (None, 1));
    // Another key is.
    let other = SealKey::of_file(&sealed.folder.join("other"), &SystemRandom::new()).unwrap();
    let found = verify(&sealed.db, None, Some(other.public())).await.unwrap();
    assert_eq!(first(&found), Some((Some(1), Tampering::Forged)));
    let refused = Sealer::new(other, None, Clock::system()).seal(&sealed.db).await.unwrap_err();
    assert!(refused.contains("is not signed with this key"), "{refused}");
}

#[tokio::test]
async fn the_first_line_that_was_changed_deleted_added_or_moved_is_named() {
    let sealed = Sealed::new("tampered").await;
    let (one, two) = (sealed.lines_of(1).await, sealed.lines_of(2).await);
    let mid = one[3];
    let swap = format!(
        "UPDATE pj.audit_lines SET line = -1 WHERE line = {mid}; \
         UPDATE pj.audit_lines SET line = {mid} WHERE line = {0}; UPDATE pj.audit_lines SET line = {0} WHERE line = -1",
        two[0]
    );
    // The line that a look was refused and that was a grant, one cut out, two that changed places, one put in.
    let last = two[1];
    for (tamper, line, fault) in [
        (
            format!("UPDATE pj.audit_lines SET outcome = 'refused' WHERE line = {mid}"),
            mid,
            Tampering::Changed,
        ),
        (
            format!("UPDATE pj.audit_lines SET actor = subject WHERE line IN ({mid}, {last})"),
            mid,
            Tampering::Changed,
        ),
        (
            format!(
                "UPDATE pj.audit_lines SET at = at + interval '1 microsecond' WHERE line = {last}"
            ),
            last,
            Tampering::Changed,
        ),
        (format!("DELETE FROM pj.audit_lines WHERE line = {mid}"), mid, Tampering::Deleted),
        (format!("DELETE FROM pj.audit_lines WHERE line >= {last}"), last, Tampering::Deleted),
        (swap, mid, Tampering::Changed),
        (
            "INSERT INTO pj.audit_lines (line, kind, at, action) VALUES (0, 'server', now(), 'x')"
                .to_owned(),
            0,
            Tampering::Unsealed,
        ),
        (
            format!("UPDATE pj.audit_lines SET line = line + 1000 WHERE line = {mid}"),
            mid,
            Tampering::Deleted,
        ),
    ] {
        sealed.by_force("CREATE TABLE pj.before AS SELECT * FROM pj.audit_lines").await;
        sealed.by_force(&tamper).await;
        for with_copy in [false, true] {
            let found = sealed.found(with_copy).await;
            assert_eq!(
                first(&found),
                Some((Some(line), fault.clone())),
                "{tamper}: {:?}",
                found.broken
            );
        }
        sealed
            .by_force("DELETE FROM pj.audit_lines; INSERT INTO pj.audit_lines SELECT * FROM pj.before; DROP TABLE pj.before")
            .await;
        assert_eq!(first(&sealed.found(true).await), None, "as it was");
    }
    // Nor does sealing help one that is put in.
    let put =
        "INSERT INTO pj.audit_lines (line, kind, at, action) VALUES (0, 'server', now(), 'x')";
    sealed.by_force(put).await;
    sealed.seal().await;
    assert_eq!(first(&sealed.found(false).await), Some((Some(0), Tampering::Unsealed)));
}

#[tokio::test]
async fn seals_that_were_changed_replaced_or_taken_away_are_found() {
    let sealed = Sealed::new("seals").await;
    let (one, two) = (sealed.lines_of(1).await, sealed.lines_of(2).await);
    let changed = format!("UPDATE pj.audit_lines SET action = 'x' WHERE line = {}", one[2]);
    // Whoever changes a line and the hash of it as well: the copy tells which, the signature that one was.
    let hash = hash_of(&sealed, one[2], &changed).await;
    let both = format!(
        "{changed}; UPDATE pj.audit_leaves SET hash = decode('{hash}', 'hex') WHERE line = {}",
        one[2]
    );
    let gone = |seal: i64| {
        format!(
            "DELETE FROM pj.audit_leaves WHERE seal = {seal}; DELETE FROM pj.audit_seals WHERE number = {seal}"
        )
    };
    let cut = format!("{}; DELETE FROM pj.audit_lines WHERE line >= {}", gone(2), two[0]);
    let head = "UPDATE pj.audit_seals SET head = replace(head, 'number 2', 'number 3'), number = 3 WHERE number = 2";
    let moved = "UPDATE pj.audit_leaves SET position = -1 WHERE seal = 2 AND position = 0; \
                 UPDATE pj.audit_leaves SET position = 0 WHERE seal = 2 AND position = 1; \
                 UPDATE pj.audit_leaves SET position = 1 WHERE seal = 2 AND position = -1";
    for (tamper, without, with) in [
        (
            both.as_str(),
            Some((Some(one[0]), Tampering::Hashes)),
            Some((Some(one[2]), Tampering::Changed)),
        ),
        (
            gone(1).as_str(),
            Some((Some(one[0]), Tampering::Unsealed)),
            Some((Some(one[0]), Tampering::SealDeleted)),
        ),
        // Only the copy shows that the end was cut off.
        (cut.as_str(), None, Some((Some(two[0]), Tampering::Deleted))),
        (
            head,
            Some((Some(two[0]), Tampering::Unsealed)),
            Some((Some(two[0]), Tampering::SealDeleted)),
        ),
        (moved, Some((Some(two[0]), Tampering::Hashes)), Some((Some(two[0]), Tampering::Hashes))),
        (
            "UPDATE pj.audit_seals SET signature = sha256('x') || sha256('y') WHERE number = 2",
            Some((Some(two[0]), Tampering::Forged)),
            Some((Some(two[0]), Tampering::SealReplaced)),
        ),
    ] {
        let keep = |verb: &str| {
            ["audit_lines", "audit_seals", "audit_leaves"].map(|table| match verb {
                "keep" => format!("CREATE TABLE pj.before_{table} AS SELECT * FROM pj.{table};"),
                _ => format!("DELETE FROM pj.{table}; INSERT INTO pj.{table} SELECT * FROM pj.before_{table}; \
                              DROP TABLE pj.before_{table};"),
            })
            .concat()
        };
        sealed.by_force(keep("keep").trim_end_matches(';')).await;
        sealed.by_force(tamper).await;
        assert_eq!(first(&sealed.found(false).await), without, "{tamper}, without the copy");
        assert_eq!(first(&sealed.found(true).await), with, "{tamper}, with the copy");
        if tamper == cut {
            // Nor does the sealer build on it.
            let refused = sealer(&sealed.folder).seal(&sealed.db).await.unwrap_err();
            assert!(refused.contains("has others than the database"), "{refused}");
        }
        sealed.by_force(keep("back").trim_end_matches(';')).await;
        assert_eq!(first(&sealed.found(true).await), None, "as it was");
    }
}

/// The hash that a line would have after a change, in hex.
async fn hash_of(sealed: &Sealed, line: i64, change: &str) -> String {
    let mut found = String::new();
    sealed.by_force("CREATE TABLE pj.before AS SELECT * FROM pj.audit_lines").await;
    sealed.by_force(change).await;
    let lines = all_lines(sealed).await;
    for one in lines {
        if one.line == line {
            for byte in one.hash().unwrap() {
                write!(found, "{byte:02x}").unwrap();
            }
        }
    }
    sealed
        .by_force("DELETE FROM pj.audit_lines; INSERT INTO pj.audit_lines SELECT * FROM pj.before; DROP TABLE pj.before")
        .await;
    found
}

async fn all_lines(sealed: &Sealed) -> Vec<AuditLine> {
    let mut lines = Vec::new();
    let read = sealed.db.transact(async |tx| {
        pages_of_lines(tx, |line| {
            lines.push(line);
            Ok(())
        })
        .await
        .unwrap();
        Ok(())
    });
    read.await.unwrap();
    lines
}

#[tokio::test]
async fn a_transaction_that_commits_late_loses_no_line_and_is_no_fault() {
    let sealed = Sealed::new("late").await;
    let late = sealed.app.sql().await;
    let write = "INSERT INTO pj.audit_lines (kind, at, action) VALUES ('server', now(), 'late') RETURNING line";
    late.batch_execute("BEGIN").await.unwrap();
    let number: i64 = late.query_one(write, &[]).await.unwrap().get(0);
    sealed.look().await;
    // What came behind it waits as long as it is open: nobody can tell yet what it will have written.
    assert_eq!(sealed.seal().await, 0);
    assert_eq!(sealed.found(true).await.waiting, 1);
    let third = sealed.app.sql().await;
    third.batch_execute("BEGIN").await.unwrap();
    let open: i64 = third.query_one(write, &[]).await.unwrap().get(0);
    late.batch_execute("COMMIT").await.unwrap();
    sealed.look().await;
    sealed.seal_until(number).await;
    assert_eq!(first(&sealed.found(true).await), None);
    third.batch_execute("COMMIT").await.unwrap();
    sealed.seal_until(open).await;
    sealed.seal_all().await;
    let all = sealed.number("SELECT count(*) FROM pj.audit_lines").await;
    let leaves = sealed.number("SELECT count(*) FROM pj.audit_leaves").await;
    assert_eq!(leaves, all, "every line has one seal");
    let found = sealed.found(true).await;
    assert_eq!((first(&found), found.waiting), (None, 0));
}

#[tokio::test]
async fn a_line_may_be_sealed_behind_higher_ones_only_if_it_was_being_written_meanwhile() {
    let sealed = Sealed::new("behind").await;
    let (late, early) = (sealed.app.sql().await, sealed.app.sql().await);
    let write = "INSERT INTO pj.audit_lines (kind, at, action) VALUES ('server', now(), 'x') RETURNING line";
    // The one with the lower transaction takes the higher line, and is over first.
    early.batch_execute("BEGIN; SELECT pg_current_xact_id()").await.unwrap();
    late.batch_execute("BEGIN; SELECT pg_current_xact_id()").await.unwrap();
    let low: i64 = late.query_one(write, &[]).await.unwrap().get(0);
    let high: i64 = early.query_one(write, &[]).await.unwrap().get(0);
    assert!(low < high);
    early.batch_execute("COMMIT").await.unwrap();
    assert_eq!(sealed.seal_until(high).await, 1, "{high} is sealed before {low}");
    assert_eq!(first(&sealed.found(true).await), None);
    late.batch_execute("COMMIT").await.unwrap();
    let found = sealed.found(true).await;
    assert_eq!(
        (first(&found), found.waiting),
        (None, 1),
        "{high} {low}: {:?}",
        read_copy(&sealed.folder.join("seals.jsonl")).unwrap().last()
    );
    assert_eq!(sealed.seal_until(low).await, 1);
    let found = sealed.found(true).await;
    assert_eq!((first(&found), found.waiting), (None, 0));
    // A number that was left out can be used by nobody afterwards.
    sealed
        .by_force(&format!(
            "DELETE FROM pj.audit_lines WHERE line = {low}; INSERT INTO pj.audit_lines \
        (line, kind, at, action) VALUES ({low}, 'server', now(), 'x')"
        ))
        .await;
    assert_eq!(first(&sealed.found(true).await), Some((Some(low), Tampering::Changed)));
}

#[tokio::test]
async fn sealers_that_work_at_once_seal_every_line_once_and_in_one_chain() {
    let sealed = Sealed::new("two").await;
    let many = "INSERT INTO pj.audit_lines (kind, at, action) SELECT 'server', now(), 'x' FROM generate_series(1, 2500)";
    sealed.sql.batch_execute(many).await.unwrap();
    let url = address(&sealed.app.database);
    let key = || SealKey::of_file(&sealed.folder.join("key"), &SystemRandom::new()).unwrap();
    let work = async || {
        let db = SealerDb::open(&url).await.unwrap();
        Sealer::new(key(), None, Clock::system()).seal(&db).await.unwrap()
    };
    let (a, b, c) = tokio::join!(work(), work(), work());
    assert_eq!(a + b + c + sealed.seal_all().await, 2500);
    let all = sealed.number("SELECT count(*) FROM pj.audit_lines").await;
    assert_eq!(sealed.number("SELECT count(*) FROM pj.audit_leaves").await, all);
    let largest = sealed.number("SELECT max(position) + 1::bigint FROM pj.audit_leaves").await;
    assert_eq!(largest, i64::try_from(MOST).unwrap());
    assert_eq!(sealed.seal().await, 0, "and the copy catches up");
    let found = sealed.found(true).await;
    assert_eq!(
        (first(&found), found.seals),
        (None, read_copy(&sealed.folder.join("seals.jsonl")).unwrap().len())
    );
}

#[tokio::test]
async fn the_sealer_may_read_lines_and_add_seals_and_nothing_else() {
    let app = TestApp::alone();
    looked_at(&app).await;
    let sql = connect(&address(&app.database)).await;
    for statement in [
        "UPDATE pj.audit_lines SET outcome = 'refused'",
        "INSERT INTO pj.audit_lines (kind, at, action) VALUES ('server', now(), 'x')",
        "DELETE FROM pj.audit_lines",
        "UPDATE pj.audit_seals SET head = ''",
        "DELETE FROM pj.audit_leaves",
        "SELECT * FROM pj.accounts",
        "SELECT * FROM pj.journal_entries",
        "SELECT * FROM sec.keys",
        "SET ROLE pj_app",
        "SET ROLE pj_owner",
    ] {
        let refused = crate::walls::refusal(&sql, statement).await;
        assert!(refused.starts_with("permission denied"), "{statement}: {refused}");
    }
    // Whoever may more does not seal.
    for login in ["pj_server", "pj_admin"] {
        let url = Cluster::get().url_of(login, &app.database);
        let refused = SealerDb::open(&url).await.unwrap_err().to_string();
        assert!(refused.contains("must be a member of pj_sealer and of nothing else"), "{refused}");
    }
}

#[tokio::test]
async fn a_judge_who_knows_nothing_of_this_program_finds_the_seals_good_and_a_change_bad() {
    let sealed = Sealed::new("judge").await;
    let lines: Vec<String> =
        all_lines(&sealed).await.iter().map(|line| line.text().unwrap()).collect();
    let file = sealed.folder.join("lines.jsonl");
    node::is_there("this test needs Node.js 20.14 or newer, with npm");
    let judge = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/audit_judge.mjs");
    let judged = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let said = Command::new("node")
            .args([
                judge,
                sealed.folder.join("seals.jsonl").to_str().unwrap(),
                file.to_str().unwrap(),
            ])
            .arg(sealed.key.to_string())
            .output()
            .unwrap();
        (said.status.success(), String::from_utf8(said.stdout).unwrap())
    };
    let text = lines.join("\n");
    assert_eq!(judged(&text), (true, format!("2 seals over {} lines are good\n", lines.len())));
    let (good, said) = judged(&text.replacen("\"granted\"", "\"refused\"", 1));
    assert!(!good && said.contains("line 1 "), "{said}");
    let (good, said) = judged(&lines[1..].join("\n"));
    assert!(!good && said.contains("line 1 "), "{said}");
}

#[tokio::test]
async fn a_patient_sees_that_a_line_is_sealed_and_can_prove_it_without_the_server() {
    let sealed = Sealed::new("proof").await;
    sealed.look().await;
    let (ana, lind, _) = &sealed.people;
    let log = ana.get("/v1/me/access-log").await.json["data"].as_array().unwrap().clone();
    let dates: Vec<bool> = log.iter().map(|line| line["sealed_at"].is_string()).collect();
    assert_eq!(dates, [false, true, true, true], "the newest is not sealed yet");
    let proof = async |line: &serde_json::Value| {
        let request = line["request_id"].as_str().unwrap();
        ana.get(&format!("/v1/me/access-log/{request}/proof")).await.json["lines"][0].clone()
    };
    assert!(proof(&log[0]).await["seal"].is_null());
    for line in &log[1..] {
        let proof = proof(line).await;
        let seal = &proof["seal"];
        // Only with what was answered, and the public key.
        let head = seal["head"].as_str().unwrap();
        let signature = URL_SAFE_NO_PAD.decode(seal["signature"].as_str().unwrap()).unwrap();
        assert!(sealed.key.verifies(head, &signature));
        let beside: Vec<Hash> = seal["path"]
            .as_str()
            .unwrap()
            .split_whitespace()
            .map(|hash| URL_SAFE_NO_PAD.decode(hash).unwrap().try_into().unwrap())
            .collect();
        let number = |name: &str| usize::try_from(seal[name].as_u64().unwrap()).unwrap();
        let text = proof["text"].as_str().unwrap();
        let climbed = climb(leaf(text.as_bytes()), number("position"), number("lines"), &beside);
        let head = SealHead::parse(head).unwrap();
        assert_eq!(climbed, Some(head.root));
        assert_eq!(head.lines, number("lines"));
        let told: serde_json::Value = serde_json::from_str(text).unwrap();
        for name in ["action", "outcome", "request_id", "share_id"] {
            assert_eq!(told[name], line[name]);
        }
        let other = text.replace("granted", "refused");
        assert_ne!(
            climb(leaf(other.as_bytes()), number("position"), number("lines"), &beside),
            Some(head.root)
        );
    }
    // Nobody else gets it, and an unknown one is unknown.
    let path = format!("/v1/me/access-log/{}/proof", log[1]["request_id"].as_str().unwrap());
    assert_eq!(lind.get(&path).await.code(), "role_insufficient");
    let bob = sealed.app.patient("bob").await;
    assert_eq!(bob.get(&path).await.code(), "not_found");
}
