//! What the sync tests do all the time.

use crate::support::{Answer, Person, TestApp};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// One epoch, in cursors.
pub const EPOCH: i64 = 1 << 40;

/// A pull that succeeds, all on one page.
pub async fn pull(person: &Person, cursor: i64) -> Value {
    pull_with(person, &format!("last_pulled_at={cursor}")).await
}

/// A pull that succeeds, with this query.
pub async fn pull_with(person: &Person, query: &str) -> Value {
    let answer = person.get(&format!("/v1/sync?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

/// A push that succeeds.
pub async fn push(person: &Person, cursor: i64, changes: Value) -> Value {
    let answer = try_push(person, cursor, None, changes).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

/// A push, however it is answered.
pub async fn try_push(person: &Person, cursor: i64, key: Option<&str>, changes: Value) -> Answer {
    let path = format!("/v1/sync?last_pulled_at={cursor}");
    let mut call = person.call("POST", &path);
    if let Some(key) = key {
        call = call.header("Idempotency-Key", key);
    }
    call.json(&json!({"changes": changes})).send().await
}

/// `timestamp` of an answer.
pub fn timestamp(answer: &Value) -> i64 {
    answer["timestamp"].as_i64().unwrap()
}

/// Where the journal stands.
pub async fn head(person: &Person) -> i64 {
    timestamp(&pull(person, 0).await)
}

/// A record of journal entries, its fields given by `extra`.
pub fn entry(id: Uuid, extra: &Value) -> Value {
    let mut entry = json!({"id": id, "kind": "daily", "effective_at": 1_777_662_000_000_i64,
        "time_zone": "Europe/Berlin"});
    entry.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    entry
}

/// An edit as WatermelonDB sends it: the fields of `values`, all named as changed.
pub fn edit(id: Uuid, values: &Value) -> Value {
    let names: Vec<&str> = values.as_object().unwrap().keys().map(String::as_str).collect();
    let mut record = values.clone();
    record["id"] = json!(id);
    record["_status"] = json!("updated");
    record["_changed"] = json!(names.join(","));
    record
}

/// Two devices of a patient and an entry both have pulled, with their cursor.
pub async fn both(app: &TestApp) -> (Person, Person, Uuid, i64) {
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(app).await;
    let id = Uuid::now_v7();
    let fields = json!({"note": "bad night", "mood": 5, "energy": 5});
    push(&phone, 0, created(&[entry(id, &fields)])).await;
    let cursor = head(&phone).await;
    (phone, tablet, id, cursor)
}

/// Changes of one collection: `list` is `created`, `updated` or `deleted`.
pub fn changes(collection: &str, list: &str, records: &[Value]) -> Value {
    json!({collection: {list: records}})
}

/// Changes of journal entries.
pub fn created(records: &[Value]) -> Value {
    json!({"journal_entries": {"created": records, "updated": [], "deleted": []}})
}
/// Changes of journal entries.
pub fn updated(records: &[Value]) -> Value {
    json!({"journal_entries": {"created": [], "updated": records, "deleted": []}})
}
/// Changes of journal entries.
pub fn deleted(records: &[Value]) -> Value {
    json!({"journal_entries": {"created": [], "updated": [], "deleted": records}})
}

/// The live journal entries of a page.
pub fn rows(page: &Value) -> Vec<Value> {
    page["changes"]["journal_entries"]["updated"].as_array().cloned().unwrap_or_default()
}

/// The ids of deleted journal entries of a page.
pub fn tombstones(page: &Value) -> Vec<Uuid> {
    let ids = page["changes"]["journal_entries"]["deleted"].as_array();
    ids.into_iter().flatten().map(id).collect()
}

/// An id.
pub fn id(value: &Value) -> Uuid {
    value.as_str().unwrap().parse().unwrap()
}

/// Changes a page holds.
pub fn size(page: &Value) -> usize {
    let lists = page["changes"].as_object().unwrap().values();
    lists.flat_map(|c| ["updated", "deleted"].map(|l| c[l].as_array().unwrap().len())).sum()
}

/// One live journal entry as the server has it now; null when there is none.
pub async fn stands(person: &Person, id: Uuid) -> Value {
    let all = rows(&pull(person, 0).await);
    all.into_iter().find(|row| row["id"] == json!(id)).unwrap_or_default()
}

/// The lines of a journal entry's history, page by page.
pub async fn history(person: &Person, id: Uuid) -> Vec<Value> {
    history_by(person, id, 1000).await
}

/// The same, with this many lines a page.
pub async fn history_by(person: &Person, id: Uuid, limit: usize) -> Vec<Value> {
    pages(person, &format!("/v1/sync/history/journal_entries/{id}"), "history", limit).await
}

/// The items of a list under this member of its pages, page by page.
pub async fn pages(person: &Person, path: &str, member: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut query) = (Vec::new(), format!("limit={limit}"));
    loop {
        let page = person.get(&format!("{path}?{query}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.len() <= 8 * 1024 * 1024);
        let items = page.json[member].as_array().unwrap();
        assert!(items.len() <= limit);
        all.extend(items.clone());
        assert_eq!(page.json["has_more"], json!(page.json["next_cursor"].is_string()));
        let Some(cursor) = page.json["next_cursor"].as_str() else { return all };
        query = format!("limit={limit}&cursor={cursor}");
    }
}

/// What a client makes of the pages it pulls: later pages win.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replica {
    /// The cursor.
    pub cursor: i64,
    /// The live records by collection and id.
    pub live: BTreeMap<(String, Uuid), Map<String, Value>>,
    /// The tombstones it was told of.
    pub dead: BTreeSet<(String, Uuid)>,
    /// Records and tombstones that came, repeats included.
    pub came: usize,
}

impl Replica {
    /// Takes a page in.
    pub fn take(&mut self, page: &Value) {
        for (collection, changes) in page["changes"].as_object().unwrap() {
            assert_eq!(changes["created"], json!([]));
            for row in changes["updated"].as_array().unwrap() {
                let key = (collection.clone(), id(&row["id"]));
                self.dead.remove(&key);
                self.live.insert(key, row.as_object().unwrap().clone());
                self.came += 1;
            }
            for gone in changes["deleted"].as_array().unwrap() {
                let key = (collection.clone(), id(gone));
                self.live.remove(&key);
                self.dead.insert(key);
                self.came += 1;
            }
        }
        assert!(timestamp(page) >= self.cursor, "a cursor never goes back");
        self.cursor = timestamp(page);
    }

    /// Pulls page by page until there is no more; answers how many pages came.
    pub async fn follow(&mut self, person: &Person, limit: usize) -> usize {
        for pages in 1.. {
            let query = format!("last_pulled_at={}&limit={limit}&tombstones=1", self.cursor);
            let page = pull_with(person, &query).await;
            assert!(size(&page) <= limit);
            let more = page["has_more"].as_bool().unwrap();
            assert!(!more || size(&page) == limit, "more, but the page is not full");
            self.take(&page);
            if !more {
                return pages;
            }
        }
        unreachable!()
    }

    /// Everything there is.
    pub async fn of(person: &Person) -> Self {
        let mut replica = Self::default();
        replica.follow(person, 5000).await;
        replica
    }
}

/// A generator of numbers that look random and are the same for the same seed.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below `most`.
    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % most as u64).unwrap()
    }
    /// Does it happen, in this many of a hundred cases?
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
    /// An id.
    pub fn id(&mut self) -> Uuid {
        let [a, b] = [self.below(usize::MAX), self.below(usize::MAX)];
        uuid::Builder::from_random_bytes(((a as u128) << 64 | b as u128).to_be_bytes()).into_uuid()
    }
}
