//! The program killed, and its database killed, again and again under load: what was acknowledged is
//! there once, and a reader with a cursor has missed nothing.

use super::support::*;
use crate::support::people::PASSWORD;
use crate::support::program::{Home, Serving, said, signal};
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;
use uuid::Uuid;

const ANA: &str = "ana@example.org";
const DEVICES: usize = 2;
const WRITERS: usize = 4;
/// How the program goes, one end after the other.
const ENDS: [End; 6] =
    [End::Program, End::Program, End::Database, End::Program, End::Database, End::Program];

#[derive(Clone, Copy, PartialEq)]
enum End {
    Program,
    Database,
}

/// A signed-in device that outlives the server.
#[derive(Clone)]
struct Phone {
    client: Client,
    base: String,
    token: String,
}

/// A keyed push, and its answer where one was heard.
struct Sent {
    phone: Phone,
    key: String,
    changes: Value,
    heard: Option<String>,
}

impl Phone {
    async fn sign_in(base: &str) -> Self {
        // Every request opens a connection of its own: none outlives its server.
        let client = Client::builder().no_proxy().pool_max_idle_per_host(0);
        let client = client.timeout(Duration::from_secs(10)).build().unwrap();
        let body = json!({"email": ANA, "password": PASSWORD, "device": {"name": "test phone"}});
        let path = format!("{base}/v1/auth/login");
        let answer = client.post(path).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let token = answer["tokens"]["access_token"].as_str().unwrap().to_owned();
        Self { client, base: base.to_owned(), token }
    }

    /// A page, where the server is there to give one.
    async fn pull(&self, cursor: i64, limit: usize) -> Option<Value> {
        let query = format!("last_pulled_at={cursor}&limit={limit}&tombstones=1");
        let call = self.client.get(format!("{}/v1/sync?{query}", self.base));
        let answer = call.bearer_auth(&self.token).send().await.ok()?;
        match answer.status().as_u16() {
            200 => answer.json().await.ok(),
            status if status >= 500 => None,
            status => panic!("{status}: {}", answer.text().await.unwrap()),
        }
    }

    /// The answer to a push, where one is heard.
    async fn push(&self, key: &str, changes: &Value) -> Option<String> {
        let call = self.client.post(format!("{}/v1/sync?last_pulled_at=0", self.base));
        let call = call.bearer_auth(&self.token).header("Idempotency-Key", key);
        let answer = call.json(&json!({"changes": changes})).send().await.ok()?;
        match answer.status().as_u16() {
            200 => answer.text().await.ok(),
            status if status >= 500 => None,
            status => panic!("{status}: {}", answer.text().await.unwrap()),
        }
    }

    async fn follow(&self, replica: &mut Replica) {
        loop {
            let page = self.pull(replica.cursor, 500).await.expect("the server stands");
            replica.take(&page);
            if page["has_more"] == false {
                return;
            }
        }
    }
}

/// Pushes until the end. Where no answer comes it asks again, or gives up and goes on.
async fn write(
    phone: Phone,
    seed: u64,
    is_over: Arc<AtomicBool>,
    heard: Arc<AtomicUsize>,
) -> Vec<Sent> {
    let (mut dice, mut all) = (Dice(seed), Vec::new());
    while !is_over.load(Ordering::SeqCst) {
        let size = 1 + dice.below(5);
        let records: Vec<Value> = (0..size)
            .map(|_| {
                let id = dice.id();
                entry(id, &json!({"note": id.to_string()}))
            })
            .collect();
        let (key, changes) = (dice.id().to_string(), created(&records));
        let mut answer = phone.push(&key, &changes).await;
        while answer.is_none() && dice.chance(90) && !is_over.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(20)).await;
            answer = phone.push(&key, &changes).await;
        }
        heard.fetch_add(usize::from(answer.is_some()), Ordering::SeqCst);
        all.push(Sent { phone: phone.clone(), key, changes, heard: answer });
    }
    all
}

/// Reads in small pages until the end.
async fn read(phone: Phone, is_over: Arc<AtomicBool>) -> Replica {
    let mut replica = Replica::default();
    while !is_over.load(Ordering::SeqCst) {
        match phone.pull(replica.cursor, 7).await {
            Some(page) => replica.take(&page),
            None => sleep(Duration::from_millis(20)).await,
        }
    }
    replica
}

/// Waits until more pushes were answered, and then some time that nobody knows.
async fn let_it_run(heard: &AtomicUsize, dice: &mut Dice) {
    let before = heard.load(Ordering::SeqCst);
    for _ in 0..1000 {
        if heard.load(Ordering::SeqCst) >= before + 10 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    let time = u64::try_from(dice.below(700)).unwrap();
    sleep(Duration::from_millis(time)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_kill_once() {
    let home = Home::with_database("chaos");
    let made = home.run(&["user", "create", ANA], PASSWORD);
    assert!(made.status.success(), "{}", said(&made));
    let mut server = Serving::start(&home, &[]);
    let listen = server.listen().to_owned();
    let mut phones = Vec::new();
    for _ in 0..DEVICES {
        phones.push(Phone::sign_in(&server.base).await);
    }
    let start = timestamp(&phones[0].pull(0, 10).await.unwrap());

    let seed = u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos());
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let (is_over, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let reader = tokio::spawn(read(phones[0].clone(), Arc::clone(&is_over)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let phone = phones[number % DEVICES].clone();
            let seed = seed.wrapping_add(1 + number as u64);
            tokio::spawn(write(phone, seed, Arc::clone(&is_over), Arc::clone(&heard)))
        })
        .collect();
    for end in ENDS {
        let_it_run(&heard, &mut dice).await;
        match end {
            End::Program => server.kill(),
            End::Database => {
                signal(home.postmaster(), "KILL");
                let ended = server.ends_within(Duration::from_secs(20));
                assert!(ended.is_some_and(|status| !status.success()), "{}", server.said());
            }
        }
        assert!(home.is_quiet_within(Duration::from_secs(20)), "processes are left behind");
        server = Serving::start_at(&home, &listen, &[]);
    }
    let_it_run(&heard, &mut dice).await;
    is_over.store(true, Ordering::SeqCst);
    let mut sent = Vec::new();
    for writer in writers {
        sent.extend(writer.await.unwrap());
    }
    let mut seen = reader.await.unwrap();
    judge(&phones[0], start, &sent, &mut seen).await;
}

async fn judge(phone: &Phone, start: i64, sent: &[Sent], seen: &mut Replica) {
    let ids = |push: &Sent| -> Vec<Uuid> {
        let records = push.changes["journal_entries"]["created"].as_array().unwrap();
        records.iter().map(|record| id(&record["id"])).collect()
    };
    let mut stands = Replica::default();
    phone.follow(&mut stands).await;
    let notes: BTreeMap<Uuid, &Value> =
        stands.live.iter().map(|((_, id), row)| (*id, &row["note"])).collect();
    for push in sent {
        let found = ids(push).iter().filter(|id| notes.get(id) == Some(&&json!(id))).count();
        let all = ids(push).len();
        assert!(
            found == all || (found == 0 && push.heard.is_none()),
            "a push is whole or not there"
        );
    }
    let written = i64::try_from(stands.live.len()).unwrap();
    assert_eq!(stands.cursor, start + written, "each record was written once");

    phone.follow(seen).await;
    assert_eq!(seen, &stands, "the reader missed nothing and saw nothing twice");

    // Repeats: what was answered is answered the same, what was not is done once.
    for push in sent {
        let again = push.phone.push(&push.key, &push.changes).await.expect("the server stands");
        if let Some(heard) = &push.heard {
            assert_eq!(again, *heard);
        }
    }
    let (total, heard) = (sent.iter().map(|push| ids(push).len()).sum::<usize>(), sent.iter());
    let heard = heard.filter(|push| push.heard.is_some()).count();
    println!("{} pushes, {heard} of them acknowledged, {total} records", sent.len());
    let mut end = Replica::default();
    phone.follow(&mut end).await;
    assert_eq!((end.live.len(), end.came), (total, total));
    assert_eq!(end.cursor, start + i64::try_from(total).unwrap());
}
