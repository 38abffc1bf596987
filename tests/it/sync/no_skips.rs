//! W17: many writers, long and short transactions, and a reader that misses nothing.

use super::support::*;
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use uuid::Uuid;

/// How long the writers write.
const SPELL: Duration = Duration::from_secs(5);
const WRITERS: u64 = 8;

/// One device, speaking to one copy of the server after the other.
#[derive(Clone)]
struct Everywhere(Vec<Person>, usize);

impl Everywhere {
    fn next(&mut self) -> &Person {
        self.1 += 1;
        &self.0[self.1 % self.0.len()]
    }

    /// A push, again where the journal was busy.
    async fn push(&mut self, changes: Value) {
        loop {
            let answer = try_push(self.next(), 0, None, changes.clone()).await;
            if answer.status == 200 {
                assert_eq!(answer.json["rejected"], json!([]), "{}", answer.text);
                return;
            }
            assert_eq!(answer.status, 503, "{}", answer.text);
        }
    }
}

fn done(answer: &Answer) {
    assert!([200, 201, 204, 412, 503].contains(&answer.status), "{}", answer.text);
}

async fn write(mut server: Everywhere, seed: u64, until: Instant) {
    let mut dice = Dice(seed);
    let mut own: Vec<Uuid> = Vec::new();
    let mut count = 0;
    while Instant::now() < until {
        count += 1;
        // Slow enough for a reader to stay where the transactions commit.
        sleep(Duration::from_millis(dice.below(250) as u64)).await;
        let note = json!({"note": format!("{seed}#{count}")});
        match dice.below(10) {
            kind @ 0..=3 => {
                // Some pushes are long transactions, most are short.
                let size = if kind == 0 { 20 } else { 1 + dice.below(3) };
                let ids: Vec<Uuid> = (0..size).map(|_| dice.id()).collect();
                let records: Vec<Value> = ids.iter().map(|id| entry(*id, &note)).collect();
                server.push(created(&records)).await;
                own.extend(ids.iter().take(3));
            }
            4 | 5 if !own.is_empty() => {
                let id = own[dice.below(own.len())];
                server.push(updated(&[edit(id, &note)])).await;
            }
            6 if !own.is_empty() => {
                let id = own.swap_remove(dice.below(own.len()));
                server.push(deleted(&[json!(id)])).await;
            }
            7 => done(
                &server.next().create(&fresh("journal-entries"), &daily("2026-11-01", &note)).await,
            ),
            8 if !own.is_empty() => {
                let path = format!("/v1/journal-entries/{}", own[dice.below(own.len())]);
                let read = server.next().get(&path).await;
                if read.status == 200 {
                    let body = daily("2026-11-01", &note);
                    done(&server.next().replace(&path, read.etag(), &body).await);
                }
            }
            _ if !own.is_empty() => {
                let id = own.swap_remove(dice.below(own.len()));
                done(&server.next().delete(&format!("/v1/journal-entries/{id}")).await);
            }
            _ => {}
        }
    }
}

/// A transaction that takes its revision as all writers do, and then takes its time.
async fn write_slowly(app: TestApp, patient: Uuid, id: Uuid, until: Instant) {
    let sql = app.sql().await;
    while Instant::now() < until {
        let text = format!(
            "BEGIN; UPDATE pj.patients SET rev = rev + 1 WHERE patient_id = '{patient}'; \
             UPDATE pj.journal_entries r SET note = 'slow ' || p.rev, rev = p.rev FROM pj.patients p \
             WHERE p.patient_id = '{patient}' AND r.patient_id = p.patient_id AND r.id = '{id}'; \
             SELECT pg_sleep(0.15); COMMIT; SELECT pg_sleep(0.1)"
        );
        sql.batch_execute(&text).await.unwrap();
    }
}

/// Reads in a tight loop, in small pages, until the cursor has come to rest behind the writers.
async fn read(mut server: Everywhere, limit: usize, until: Instant) -> (Replica, usize) {
    let (mut replica, mut abreast) = (Replica::default(), 0);
    let mut last: BTreeMap<Uuid, Value> = BTreeMap::new();
    loop {
        let is_over = Instant::now() > until;
        let query = format!("last_pulled_at={}&limit={limit}&tombstones=1", replica.cursor);
        let page = pull_with(server.next(), &query).await;
        for row in rows(&page) {
            // What comes again has changed in between.
            let before = last.insert(id(&row["id"]), row.clone());
            assert_ne!(before.as_ref(), Some(&row), "the same version twice");
        }
        let still = size(&page) == 0;
        abreast += usize::from(!still && page["has_more"] == false);
        replica.take(&page);
        if is_over && still {
            return (replica, abreast);
        }
    }
}

async fn race(apps: &[TestApp]) {
    let ana = apps[0].patient("ana").await;
    let server = Everywhere(apps.iter().map(|app| ana.at(app)).collect(), 0);
    let slow = Uuid::now_v7();
    push(&ana, 0, created(&[entry(slow, &json!({}))])).await;
    let until = Instant::now() + SPELL;
    // The readers go on a little longer than the last transaction may take.
    let readers = [3, 40]
        .map(|limit| tokio::spawn(read(server.clone(), limit, until + Duration::from_secs(2))));
    let slowly = tokio::spawn(write_slowly(apps[0].clone(), ana.id, slow, until));
    let writers: Vec<_> =
        (0..WRITERS).map(|seed| tokio::spawn(write(server.clone(), seed, until))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    slowly.await.unwrap();
    let stands = Replica::of(&ana).await;
    let mut most = 0;
    for reader in readers {
        let (mut read, abreast) = reader.await.unwrap();
        read.follow(&ana, 500).await;
        assert_eq!(read.cursor, stands.cursor);
        assert_eq!(read.live.len(), stands.live.len());
        assert!(read.live == stands.live, "a row was skipped");
        assert_eq!(read.dead, stands.dead);
        println!("{} records, {} deliveries, {abreast} pages fresh", stands.live.len(), read.came);
        most = most.max(abreast);
    }
    assert!(most > 10, "no reader was where the writers commit");
}

#[tokio::test]
async fn a_reader_skips_nothing_while_eight_writers_write() {
    race(&[TestApp::alone()]).await;
}

#[tokio::test]
async fn a_reader_skips_nothing_with_two_copies_of_the_server() {
    let app = TestApp::alone();
    let other = app.beside();
    race(&[app, other]).await;
}
