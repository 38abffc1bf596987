//! The merge under devices that follow the page: each tells what it had seen, by cursor or by value, and
//! goes on from the answer. Whatever they do, in whatever order, and however many answers are lost:
//! nothing typed is lost, nothing is overwritten or deleted unseen without being named, and all end equal.

use super::super::known::{Known, Marks};
use super::tests::after;
use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;

const FIELDS: [&str; 2] = ["a", "b"];

/// The server: records, and every value that is in a history.
#[derive(Default)]
struct Server {
    records: BTreeMap<u8, (Known<'static>, i64)>,
    head: i64,
    history: BTreeSet<i64>,
}

/// How a device tells what it had seen.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Tells {
    /// `_seen`: pulled rows are merged into edited ones, and the cursor of before is noted.
    Cursor,
    /// `_base`: an edited record waits with what the server last told.
    Values,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Status {
    Clean,
    Created,
    Updated,
    Deleted,
    Undeleted,
}

#[derive(Debug, Clone)]
struct Local {
    fields: Fields,
    status: Status,
    changed: BTreeSet<String>,
    /// What was pulled when it was first edited.
    seen: Option<i64>,
    /// What the server last told.
    base: Option<Fields>,
    edited_at: i64,
}

struct Device {
    id: Uuid,
    tells: Tells,
    has_clock: bool,
    clock: i64,
    cursor: i64,
    records: BTreeMap<u8, Local>,
    /// Tombstones that it shows in a bin, with what it last knew of them.
    bin: BTreeMap<u8, Fields>,
    /// Every value it has shown.
    shown: BTreeSet<i64>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Make(u8),
    Type(u8, bool),
    Clear(u8),
    Delete(u8),
    Undelete(u8),
    SetClock(i64),
    Pull,
    /// A push whose answer arrives, or does not.
    Push(bool),
}

fn values(fields: &Fields) -> impl Iterator<Item = i64> + '_ {
    fields.values().filter_map(Value::as_i64)
}

impl Server {
    /// One record of a push: the verdict, and the record as it stands.
    fn take(
        &mut self,
        id: u8,
        incoming: &Incoming,
        sender: Sender,
        shown: &BTreeSet<i64>,
    ) -> Merged {
        let before = self.records.get(&id).map(|(known, _)| known);
        let merged = merge(before, incoming, sender);
        let empty =
            Known { fields: Fields::new(), deleted: false, marks: Cow::Owned(Marks::default()) };
        let before = before.unwrap_or(&empty).clone();
        for conflict in merged.conflicts.iter().filter(|c| c.loss != Loss::Overwritten) {
            self.history.extend(conflict.loses.as_i64());
        }
        if merged.act == Act::Keep {
            return merged;
        }
        self.head += 1;
        let mut known = after(&before, incoming, sender, &merged.act, self.head);
        // As the writer: all fields are there.
        for name in FIELDS {
            known.fields.entry(name).or_insert(Value::Null);
        }
        let named: BTreeSet<i64> =
            merged.conflicts.iter().filter_map(|c| c.loses.as_i64()).collect();
        for name in FIELDS {
            let (old, new) = (before.value(name), known.value(name));
            if let (Some(old), true) = (old.as_i64(), old != new || known.deleted) {
                self.history.insert(old);
                assert!(
                    before.deleted || shown.contains(&old) || named.contains(&old),
                    "{old} went unseen and unnamed: {incoming:?} {merged:?}"
                );
            }
        }
        self.history.extend(values(&known.fields));
        self.records.insert(id, (known, self.head));
        merged
    }
}

impl Device {
    fn new(number: u8, tells: Tells, has_clock: bool) -> Self {
        Self {
            id: Uuid::from_u128(u128::from(number) + 1),
            tells,
            has_clock,
            clock: 1000,
            cursor: 0,
            records: BTreeMap::new(),
            bin: BTreeMap::new(),
            shown: BTreeSet::new(),
        }
    }

    /// A person types or taps. Each typed value is another one.
    fn act(&mut self, step: Step, typed: i64) {
        self.clock += 1;
        let now = self.clock;
        match step {
            Step::Make(id) if !self.records.contains_key(&id) => {
                let fields = Fields::from_iter([
                    ("a".to_owned(), json!(typed)),
                    ("b".to_owned(), Value::Null),
                ]);
                self.bin.remove(&id);
                self.records.insert(
                    id,
                    Local {
                        fields,
                        status: Status::Created,
                        changed: BTreeSet::new(),
                        seen: None,
                        base: None,
                        edited_at: now,
                    },
                );
            }
            Step::Type(id, second) => self.set(id, FIELDS[usize::from(second)], json!(typed)),
            Step::Clear(id) => self.set(id, "b", Value::Null),
            Step::Delete(id) => {
                if let Some(local) = self.records.get_mut(&id) {
                    local.edited_at = now;
                    if local.status == Status::Created && self.tells == Tells::Cursor {
                        self.records.remove(&id);
                    } else {
                        local.status = Status::Deleted;
                    }
                }
            }
            Step::Undelete(id) if !self.records.contains_key(&id) => {
                if let Some(fields) = self.bin.remove(&id) {
                    let changed = BTreeSet::new();
                    let status = Status::Undeleted;
                    let local =
                        Local { fields, status, changed, seen: None, base: None, edited_at: now };
                    self.records.insert(id, local);
                }
            }
            Step::SetClock(by) => self.clock = (self.clock + by).max(0),
            _ => {}
        }
        self.shown.insert(typed);
    }

    fn set(&mut self, id: u8, field: &str, value: Value) {
        let Some(local) = self.records.get_mut(&id).filter(|l| l.status != Status::Deleted) else {
            return;
        };
        local.edited_at = self.clock;
        local.fields.insert(field.to_owned(), value);
        if local.status != Status::Created {
            local.changed.insert(field.to_owned());
            if local.status == Status::Clean {
                local.status = Status::Updated;
            }
        }
    }

    fn clean(&mut self, id: u8, known: &Known<'_>) {
        self.shown.extend(values(&known.fields));
        if known.deleted {
            self.records.remove(&id);
            self.bin.insert(id, known.fields.clone());
            return;
        }
        self.bin.remove(&id);
        let fields = known.fields.clone();
        let base = Some(fields.clone());
        let (status, changed) = (Status::Clean, BTreeSet::new());
        self.records.insert(id, Local { fields, status, changed, seen: None, base, edited_at: 0 });
    }

    fn pull(&mut self, server: &Server) {
        let since = self.cursor;
        for (id, (known, _)) in server.records.iter().filter(|(_, (_, rev))| *rev > since) {
            match self.records.get_mut(id) {
                Some(local) if local.status != Status::Clean => {
                    local.seen.get_or_insert(since);
                    if self.tells == Tells::Cursor && !known.deleted {
                        Self::meet(local, known, &mut self.shown);
                    }
                }
                _ => self.clean(*id, known),
            }
        }
        self.cursor = server.head;
    }

    /// What was typed here stays; all else is taken over, and shown.
    fn meet(local: &mut Local, known: &Known<'_>, shown: &mut BTreeSet<i64>) {
        if local.status == Status::Created {
            local.status = Status::Updated;
            let filled = local.fields.iter().filter(|(_, value)| !value.is_null());
            local.changed = filled.map(|(name, _)| name.clone()).collect();
        }
        for name in FIELDS.iter().filter(|name| !local.changed.contains(**name)) {
            let value = known.value(name).clone();
            if local.status != Status::Deleted {
                shown.extend(value.as_i64());
            }
            local.fields.insert((*name).to_owned(), value);
        }
    }

    fn incoming(&self, local: &Local) -> Incoming {
        let wish = match local.status {
            Status::Created => Wish::Created,
            Status::Deleted => Wish::Deleted,
            Status::Updated | Status::Undeleted | Status::Clean => Wish::Updated,
        };
        let by_value = self.tells == Tells::Values && local.base.is_some();
        Incoming {
            wish,
            fields: local.fields.clone(),
            changed: (!by_value && wish != Wish::Created && !local.changed.is_empty())
                .then(|| local.changed.clone()),
            base: local.base.clone().filter(|_| by_value),
            saw_tombstone: false,
            seen: (!by_value).then(|| local.seen.unwrap_or(self.cursor)),
            undelete: local.status == Status::Undeleted,
            edited_at: DateTime::from_timestamp(local.edited_at, 0).filter(|_| self.has_clock),
        }
    }

    fn push(&mut self, server: &mut Server, answered: bool) {
        let sender = Sender { device: Some(self.id), cursor: self.cursor, head: server.head };
        let dirty: Vec<(u8, Local)> =
            self.records.clone().into_iter().filter(|(_, l)| l.status != Status::Clean).collect();
        for (id, local) in dirty {
            let incoming = self.incoming(&local);
            let merged = server.take(id, &incoming, sender, &self.shown);
            let typed = if local.status == Status::Created {
                local.fields.keys().cloned().collect()
            } else {
                local.changed.clone()
            };
            let stands = server.records.get(&id).map(|(known, _)| known);
            for value in typed.iter().filter_map(|name| local.fields.get(name)?.as_i64()) {
                let is_kept = server.history.contains(&value) || stands.is_none();
                assert!(is_kept, "{value} is lost: {incoming:?} {merged:?}");
            }
            if !answered {
                continue;
            }
            for conflict in &merged.conflicts {
                self.shown.extend(conflict.loses.as_i64());
            }
            match (stands, merged.result) {
                (Some(known), Some(_)) => self.clean(id, &known.clone()),
                (Some(known), None) if known.deleted => {
                    self.records.remove(&id);
                }
                (None, _) => {
                    self.records.remove(&id);
                }
                (Some(_), None) => {
                    let local = self.records.get_mut(&id).unwrap();
                    local.base = Some(local.fields.clone());
                    local.status = Status::Clean;
                    local.changed.clear();
                    local.seen = None;
                }
            }
        }
    }
}

fn a_step() -> impl Strategy<Value = Step> {
    let id = 0..3_u8;
    prop_oneof![
        2 => id.clone().prop_map(Step::Make),
        4 => (id.clone(), any::<bool>()).prop_map(|(id, second)| Step::Type(id, second)),
        1 => id.clone().prop_map(Step::Clear),
        2 => id.clone().prop_map(Step::Delete),
        1 => id.prop_map(Step::Undelete),
        1 => (-50..50_i64).prop_map(Step::SetClock),
        3 => Just(Step::Pull),
        4 => any::<bool>().prop_map(Step::Push),
    ]
}

fn a_device() -> impl Strategy<Value = (Tells, bool)> {
    (prop_oneof![Just(Tells::Cursor), Just(Tells::Values)], any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn nothing_typed_is_lost_and_all_end_equal(
        kinds in proptest::collection::vec(a_device(), 2..=3),
        steps in proptest::collection::vec((0..3_usize, a_step()), 1..60),
    ) {
        let mut server = Server::default();
        let mut devices: Vec<Device> = (0_u8..).zip(kinds)
            .map(|(number, (tells, has_clock))| Device::new(number, tells, has_clock))
            .collect();
        let count = devices.len();
        for (number, (device, step)) in (1_i64..).zip(steps) {
            let device = &mut devices[device % count];
            match step {
                Step::Pull => device.pull(&server),
                Step::Push(answered) => device.push(&mut server, answered),
                step => device.act(step, number),
            }
        }
        for _ in 0..3 {
            for device in &mut devices {
                device.pull(&server);
                device.push(&mut server, true);
            }
        }
        let live: BTreeMap<u8, Fields> = server.records.iter()
            .filter(|(_, (known, _))| !known.deleted)
            .map(|(id, (known, _))| (*id, known.fields.clone()))
            .collect();
        for device in &devices {
            prop_assert!(device.records.values().all(|local| local.status == Status::Clean));
            let held: BTreeMap<u8, Fields> =
                device.records.iter().map(|(id, local)| (*id, local.fields.clone())).collect();
            prop_assert_eq!(&held, &live);
        }
    }
}
