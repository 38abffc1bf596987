//! The drill of docs/operations.md: a dump, writes after it, the dump restored into a new data
//! directory, a new epoch. The devices offer back what the server has lost, and all hold the same.

use super::device::{Device, Status, body};
use super::support::*;
use crate::support::cluster::Cluster;
use crate::support::people::PASSWORD;
use crate::support::program::{Home, Serving, said};
use crate::support::{Answer, Person};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use uuid::Uuid;

const ANA: &str = "ana@example.org";

/// Runs a program of Postgres on the private database of a data directory, as an operator does.
fn postgres(program: &str, home: &Home, arguments: &[&str], dump: &Path) {
    let mut command = Command::new(Cluster::get().bin_dir().join(program));
    command.arg("-h").arg(home.path().join("run")).args(["-U", "pj_admin"]).args(arguments);
    let output = command.arg(dump).output().expect(program);
    assert!(output.status.success(), "{program}: {}", said(&output));
}

/// Two devices of one patient, whose clocks are right.
async fn devices(base: &str) -> [Device; 2] {
    let mut dice = Dice(1);
    let [a, b] = [Person::sign_in_at(base, ANA).await, Person::sign_in_at(base, ANA).await];
    [(a, 0), (b, 1)].map(|(person, number)| {
        let mut device = Device::new(person, number, &mut dice);
        device.clock = 1_780_000_000_000;
        device
    })
}

/// A sync on a good network, by the book: after 410 from the start.
async fn sync(device: &mut Device) {
    let path = |cursor| format!("/v1/sync?last_pulled_at={cursor}");
    let page = device.person.get(&path(device.cursor)).await;
    if page.status == 410 {
        assert_eq!(page.code(), "resync_required");
        let whole = pull_with(&device.person, "tombstones=1").await;
        device.start_again(&whole);
    } else {
        assert_eq!((page.status, &page.json["has_more"]), (200, &json!(false)), "{}", page.text);
        device.apply(&page.json);
    }
    let sent = device.dirty();
    if !sent.is_empty() {
        let answer = push(&device.person, device.cursor, body(&sent)).await;
        assert_eq!(answer["rejected"], json!([]));
        device.pushed(&sent);
    }
}

async fn settle(devices: &mut [Device; 2]) {
    for _ in 0..3 {
        for device in devices.iter_mut() {
            sync(device).await;
        }
    }
}

fn refused(answer: &Answer, reason: &str) {
    assert_eq!((answer.status, answer.code()), (410, "resync_required"), "{}", answer.text);
    assert_eq!(answer.json["reason"], reason);
}

#[tokio::test]
async fn a_dump_restored_with_a_new_epoch_loses_nothing_that_was_typed() {
    let home = Home::with_database("dumped");
    let made = home.run(&["user", "create", ANA], PASSWORD);
    assert!(made.status.success(), "{}", said(&made));
    let server = Serving::start(&home, &[]);
    let listen = server.listen().to_owned();
    let mut dice = Dice(7);
    let mut both = devices(&server.base).await;
    let [kept, edited, gone, lost, offline, typed] = [(); 6].map(|()| dice.id());
    for id in [kept, edited, gone] {
        both[0].create(id, &mut dice);
    }
    settle(&mut both).await;
    let dump = home.path().join("journal.dump");
    postgres("pg_dump", &home, &["-Fc", "-d", "pain_journal", "-f"], &dump);

    // After the backup: acknowledged, and soon forgotten by the server.
    both[0].set(edited, "note", json!("after the backup"));
    both[0].create(lost, &mut dice);
    both[1].delete_this(gone);
    settle(&mut both).await;
    assert_eq!(rows(&pull(&both[0].person, 0).await).len(), 3);
    let (ahead, ahead_page) = (both[0].cursor, path_of(both[0].cursor));
    // Not sent yet when the server comes back from the backup.
    both[0].create(typed, &mut dice);
    both[0].set(kept, "note", json!("typed while the server was away"));
    both[0].set(edited, "steps", json!(4321));
    both[1].create(offline, &mut dice);
    server.stop().await;

    let fresh = Home::fresh("restored");
    fs::create_dir(fresh.path()).unwrap();
    fs::copy(home.path().join("secret"), fresh.path().join("secret")).unwrap();
    let server = Serving::start_at(&fresh, &listen, &[]);
    let options = ["-d", "pain_journal", "--clean", "--if-exists", "--single-transaction"];
    postgres("pg_restore", &fresh, &options, &dump);
    server.stop().await;
    let server = Serving::start_at(&fresh, &listen, &[]);

    // A cursor from after the backup is refused, but only as long as the journal is behind it: that is
    // why the operator starts a new epoch.
    refused(&both[0].person.get(&ahead_page).await, "cursor_ahead");
    let epoch = fresh.run(&["new-epoch"], "");
    let said = said(&epoch);
    assert!(epoch.status.success() && said.contains("the epoch is now 2"), "{said}");
    for device in &both {
        refused(&device.person.get(&path_of(device.cursor)).await, "epoch_changed");
        let pushed = try_push(&device.person, device.cursor, None, body(&device.dirty())).await;
        refused(&pushed, "epoch_changed");
    }
    let before = Replica::of(&both[0].person).await;
    assert_eq!(before.live.len(), 3, "as in the backup: a refused push left nothing");
    assert!(before.cursor > ahead, "cursors go on growing");

    settle(&mut both).await;
    judge(&both, [kept, edited, gone, lost, offline, typed]).await;
    server.stop().await;
}

fn path_of(cursor: i64) -> String {
    format!("/v1/sync?last_pulled_at={cursor}")
}

async fn judge(both: &[Device; 2], all: [Uuid; 6]) {
    let server = Replica::of(&both[0].person).await;
    let [kept, edited, ..] = all;
    let ids: BTreeSet<Uuid> = server.live.keys().map(|(_, id)| *id).collect();
    // The delete was lost with the backup. The record is back on every device, and can be deleted again.
    assert_eq!(ids, BTreeSet::from(all));
    for device in both {
        assert!(device.records.values().all(|record| record.status == Status::Synced));
        let held: BTreeSet<Uuid> = device.records.keys().copied().collect();
        assert_eq!(held, ids);
        for ((_, id), row) in &server.live {
            assert_eq!(&device.records[id].row, row, "{id}");
        }
        for (id, text) in &device.typed {
            let note = &server.live[&("journal_entries".to_owned(), *id)]["note"];
            assert_eq!(note, &json!(text), "what was typed last stands");
        }
    }
    let note = |id: Uuid| -> &Value { &server.live[&("journal_entries".to_owned(), id)]["note"] };
    assert_eq!(note(edited), "after the backup");
    let steps = &server.live[&("journal_entries".to_owned(), edited)]["steps"];
    assert_eq!(steps, 4321, "beside what was acknowledged and lost");
    assert_eq!(note(kept), "typed while the server was away");
}
