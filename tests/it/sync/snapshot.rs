//! W18: a pull is one snapshot. What was pushed together arrives together, and where pages cut it, the
//! treatment session comes before the entry that names it.

use super::support::*;
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinHandle;
use uuid::Uuid;

const WRITERS: u64 = 2;
const PUSHES: usize = 50;

/// A treatment session.
fn session(id: Uuid) -> Value {
    json!({"id": id, "status": "planned", "kind": "treatment", "starts_at": 1_777_662_000_000_i64,
        "time_zone": "Europe/Berlin"})
}

/// Sessions, each with an entry that belongs to it.
fn families(dice: &mut Dice, count: usize) -> Value {
    let parents: Vec<Uuid> = (0..count).map(|_| dice.id()).collect();
    let of = |parent: &Uuid| json!({"treatment_session_id": parent});
    let children: Vec<Value> =
        parents.iter().map(|parent| entry(Uuid::now_v7(), &of(parent))).collect();
    let parents: Vec<Value> = parents.into_iter().map(session).collect();
    // Whichever collection is named first in the push.
    if dice.chance(50) {
        json!({"journal_entries": {"created": children}, "treatment_sessions": {"created": parents}})
    } else {
        json!({"treatment_sessions": {"created": parents}, "journal_entries": {"created": children}})
    }
}

/// The sessions that entries name, and the sessions there are.
fn sides(replica: &Replica) -> (BTreeSet<Uuid>, BTreeSet<Uuid>) {
    let of = |name: &str| {
        let name = name.to_owned();
        replica.live.iter().filter(move |((collection, _), _)| *collection == name)
    };
    let named = of("journal_entries").map(|(_, row)| id(&row["treatment_session_id"]));
    (named.collect(), of("treatment_sessions").map(|((_, id), _)| *id).collect())
}

/// Reads until the writers are done and nothing is left; answers how often something new had come.
async fn read(person: Person, limit: usize, writing: Arc<AtomicUsize>) -> (Replica, usize) {
    let (mut replica, mut news) = (Replica::default(), 0);
    loop {
        let is_over = writing.load(Ordering::SeqCst) == 0;
        let query = format!("last_pulled_at={}&limit={limit}", replica.cursor);
        let page = pull_with(&person, &query).await;
        replica.take(&page);
        let (named, there) = sides(&replica);
        let orphans: Vec<_> = named.difference(&there).collect();
        assert!(orphans.is_empty(), "limit {limit}: entries without their session: {orphans:?}");
        if page["has_more"] == false {
            assert_eq!(named, there, "limit {limit}: half of a push");
            if is_over && size(&page) == 0 {
                return (replica, news);
            }
        }
        news += usize::from(size(&page) > 0);
    }
}

#[tokio::test]
async fn a_child_never_arrives_without_its_parent() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let writing = Arc::new(AtomicUsize::new(usize::try_from(WRITERS).unwrap()));
    let readers = [1, 7, 5000].map(|limit| {
        let ana = ana.clone();
        tokio::spawn(read(ana, limit, Arc::clone(&writing)))
    });
    let writers: Vec<JoinHandle<usize>> = (0..WRITERS)
        .map(|seed| {
            let (ana, writing) = (ana.clone(), Arc::clone(&writing));
            tokio::spawn(async move {
                let (mut dice, mut made) = (Dice(seed), 0);
                for _ in 0..PUSHES {
                    let count = 1 + dice.below(6);
                    let answer = push(&ana, 0, families(&mut dice, count)).await;
                    assert_eq!(answer["accepted"], 2 * count);
                    made += 2 * count;
                }
                writing.fetch_sub(1, Ordering::SeqCst);
                made
            })
        })
        .collect();
    let mut made = 0;
    for writer in writers {
        made += writer.await.unwrap();
    }
    for reader in readers {
        let (replica, news) = reader.await.unwrap();
        assert_eq!(replica.live.len(), made);
        assert!(news > 10, "no reader was there while they wrote");
    }
}
