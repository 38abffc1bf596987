//! A phone with an app on WatermelonDB, as far as sync can tell: records with a status and the names
//! of their changed fields, pull then push, local fields win.

use super::support::{Dice, entry, id, rows, timestamp, tombstones};
use crate::support::Person;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What the app knows of a record's journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Synced,
    Created,
    Updated,
    Deleted,
}

/// A record on the device.
#[derive(Debug, Clone, PartialEq)]
pub struct Local {
    pub row: Map<String, Value>,
    pub status: Status,
    pub changed: BTreeSet<String>,
}

/// The device.
pub struct Device {
    pub person: Person,
    /// What the app holds.
    pub records: BTreeMap<Uuid, Local>,
    /// The text typed last into each record that was not deleted here since.
    pub typed: BTreeMap<Uuid, String>,
    pub cursor: i64,
    number: usize,
    /// Its clock, in milliseconds; may be wrong.
    pub clock: i64,
    count: usize,
}

impl Device {
    /// A device whose clock is off by some years.
    pub fn new(person: Person, number: usize, dice: &mut Dice) -> Self {
        let years = i64::try_from(dice.below(11)).unwrap() - 5;
        let clock = 1_780_000_000_000 + years * 31_536_000_000;
        let (records, typed) = (BTreeMap::new(), BTreeMap::new());
        Self { person, records, typed, cursor: 0, number, clock, count: 0 }
    }

    fn tick(&mut self) -> i64 {
        self.clock += 1000;
        self.clock
    }

    fn text(&mut self) -> String {
        self.count += 1;
        format!("d{}#{}", self.number, self.count)
    }

    /// Ids of the records the app shows.
    fn live(&self) -> Vec<Uuid> {
        let live = self.records.iter().filter(|(_, r)| r.status != Status::Deleted);
        live.map(|(id, _)| *id).collect()
    }

    /// Makes a record, unless there is one of this id.
    pub fn create(&mut self, id: Uuid, dice: &mut Dice) {
        if self.records.contains_key(&id) {
            return;
        }
        let (now, text) = (self.tick(), self.text());
        let mut row = entry(id, &json!({"note": text, "created_at": now, "updated_at": now}));
        let mood = dice.below(12);
        row["mood"] = if mood > 10 { Value::Null } else { json!(mood) };
        let row = row.as_object().unwrap().clone();
        self.typed.insert(id, text);
        let changed = BTreeSet::new();
        self.records.insert(id, Local { row, status: Status::Created, changed });
    }

    /// Types something into some record.
    pub fn edit(&mut self, dice: &mut Dice) {
        let live = self.live();
        if live.is_empty() {
            return;
        }
        let id = live[dice.below(live.len())];
        let (now, text) = (self.tick(), self.text());
        let (field, value) = match dice.below(4) {
            0 => ("mood", json!(dice.below(11))),
            1 => ("steps", if dice.chance(20) { Value::Null } else { json!(dice.below(9999)) }),
            _ => {
                self.typed.insert(id, text.clone());
                ("note", json!(text))
            }
        };
        let record = self.records.get_mut(&id).unwrap();
        record.row.insert(field.to_owned(), value);
        record.row.insert("updated_at".to_owned(), json!(now));
        if record.status != Status::Created {
            record.status = Status::Updated;
            record.changed.extend([field.to_owned(), "updated_at".to_owned()]);
        }
    }

    /// Types a value into a record that the server knows.
    pub fn set(&mut self, id: Uuid, field: &str, value: Value) {
        let now = self.tick();
        if let ("note", Some(text)) = (field, value.as_str()) {
            self.typed.insert(id, text.to_owned());
        }
        let record = self.records.get_mut(&id).unwrap();
        record.row.insert(field.to_owned(), value);
        record.row.insert("updated_at".to_owned(), json!(now));
        record.status = Status::Updated;
        record.changed.extend([field.to_owned(), "updated_at".to_owned()]);
    }

    /// Deletes some record.
    pub fn delete(&mut self, dice: &mut Dice) {
        let live = self.live();
        if !live.is_empty() {
            self.delete_this(live[dice.below(live.len())]);
        }
    }

    /// Deletes a record.
    pub fn delete_this(&mut self, id: Uuid) {
        self.typed.remove(&id);
        self.records.get_mut(&id).unwrap().status = Status::Deleted;
    }

    /// After 410: meets everything the server has, deleted ids too. What it lacks, or has in an earlier
    /// edit than this device, is marked for the next push.
    pub fn start_again(&mut self, whole: &Value) {
        assert_eq!(whole["has_more"], false);
        let server = rows(whole);
        let server: BTreeMap<Uuid, &Value> =
            server.iter().map(|row| (id(&row["id"]), row)).collect();
        let gone = tombstones(whole);
        let at = |row: &Value| row["updated_at"].as_i64();
        for (id, record) in &mut self.records {
            if !matches!(record.status, Status::Synced | Status::Updated) {
                continue;
            }
            if let Some(row) = server.get(id) {
                if at(&json!(record.row)) > at(row) {
                    let differs = record.row.iter().filter(|(name, value)| row[*name] != **value);
                    record.changed.extend(differs.map(|(name, _)| name.clone()));
                    record.status = Status::Updated;
                }
            } else if !gone.contains(id) {
                record.status = Status::Created;
            }
        }
        self.apply(whole);
    }

    /// Takes a pulled page in; what was typed here stays.
    pub fn apply(&mut self, page: &Value) {
        for row in page["changes"]["journal_entries"]["updated"].as_array().into_iter().flatten() {
            let (id, row) = (id(&row["id"]), row.as_object().unwrap());
            let fresh =
                Local { row: row.clone(), status: Status::Synced, changed: BTreeSet::new() };
            let local = self.records.entry(id).or_insert(fresh);
            local.take(row);
        }
        for gone in page["changes"]["journal_entries"]["deleted"].as_array().into_iter().flatten() {
            let id = id(gone);
            let is_clean = |r: &Local| matches!(r.status, Status::Synced | Status::Deleted);
            if self.records.get(&id).is_some_and(is_clean) {
                self.records.remove(&id);
            }
        }
        self.cursor = timestamp(page);
    }

    /// The records that the server has not seen as they are.
    pub fn dirty(&self) -> BTreeMap<Uuid, Local> {
        let dirty = self.records.iter().filter(|(_, r)| r.status != Status::Synced);
        dirty.map(|(id, record)| (*id, record.clone())).collect()
    }

    /// A push was answered: what has not changed since is in sync.
    pub fn pushed(&mut self, sent: &BTreeMap<Uuid, Local>) {
        for (id, sent) in sent {
            let Some(record) = self.records.get_mut(id).filter(|record| *record == sent) else {
                continue;
            };
            if record.status == Status::Deleted {
                self.records.remove(id);
            } else {
                record.status = Status::Synced;
                record.changed.clear();
            }
        }
    }
}

impl Local {
    /// A pulled row meets the record.
    fn take(&mut self, row: &Map<String, Value>) {
        match self.status {
            Status::Synced => self.row.clone_from(row),
            Status::Deleted => {}
            Status::Updated => {
                let before = std::mem::replace(&mut self.row, row.clone());
                for name in &self.changed {
                    self.row.insert(name.clone(), before[name].clone());
                }
            }
            Status::Created => {
                let before = std::mem::replace(&mut self.row, row.clone());
                for (name, value) in before {
                    if !value.is_null() && row[&name] != value {
                        self.row.insert(name.clone(), value);
                        self.changed.insert(name);
                    }
                }
                self.changed.insert("updated_at".to_owned());
                self.status = Status::Updated;
            }
        }
    }
}

/// The body of a push.
pub fn body(dirty: &BTreeMap<Uuid, Local>) -> Value {
    let of = |status: Status| dirty.iter().filter(move |(_, record)| record.status == status);
    let rows = |status: Status, word: &str| -> Vec<Value> {
        let rows = of(status).map(|(_, record)| {
            let mut row = Value::Object(record.row.clone());
            let names: Vec<&str> = record.changed.iter().map(String::as_str).collect();
            row["_status"] = json!(word);
            row["_changed"] = json!(names.join(","));
            row
        });
        rows.collect()
    };
    let deleted: Vec<Value> = of(Status::Deleted).map(|(id, _)| json!(id)).collect();
    json!({"journal_entries": {"created": rows(Status::Created, "created"),
        "updated": rows(Status::Updated, "updated"), "deleted": deleted}})
}
