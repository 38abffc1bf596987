//! The members of a record beside its fields: what client libraries say of it. None is ignored: each
//! acts, or is refused by name.

use super::change::Wish;
use super::cursor::Cursor;
use super::refusal::Flaw;
use super::scalar::canonical;
use crate::journal::{Collection, CollectionDefinition, Fields};
use crate::wire::number::whole;
use crate::wire::parse_uuid;
use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What every row has beside its fields.
const ROW: [&str; 3] = ["id", "created_at", "updated_at"];
/// What rows have where practitioners record, too.
const CLINICIAN: &str = "clinician_id";
/// What a row says of itself.
const RESERVED: [&str; 6] = ["_deleted", "_status", "_changed", "_base", "_seen", "_undelete"];
/// What the values that a device had seen may say of themselves.
const RESERVED_IN_BASE: [&str; 3] = ["_deleted", "_status", "_changed"];

/// A time of a device's clock, as a row has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// It has none.
    Absent,
    /// This one.
    At(DateTime<Utc>),
    /// One that no record can have. Clocks may be wrong: it says nothing.
    Beyond,
}

impl Stamp {
    /// The time, where there is one.
    pub const fn time(self) -> Option<DateTime<Utc>> {
        match self {
            Self::At(time) => Some(time),
            Self::Absent | Self::Beyond => None,
        }
    }

    /// Does the record have another one than was sent?
    pub fn differs(self, kept: DateTime<Utc>) -> bool {
        match self {
            Self::Absent => false,
            Self::At(time) => time.timestamp_millis() != kept.timestamp_millis(),
            Self::Beyond => true,
        }
    }
}

/// Who answers for a record, as its row has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clinician {
    /// It says nothing.
    Unsaid,
    /// This practitioner, or none.
    Said(Option<Uuid>),
}

impl Clinician {
    /// Does somebody else answer for the record than was sent?
    pub fn differs(self, kept: Option<Uuid>) -> bool {
        matches!(self, Self::Said(sent) if sent != kept)
    }
}

/// What the members of a record say, one by one.
#[derive(Debug)]
pub struct Members {
    /// What the client wants.
    pub wish: Wish,
    /// The fields that were edited.
    pub changed: Option<BTreeSet<String>>,
    /// The values that the device had seen.
    pub base: Option<Fields>,
    /// Had it seen a tombstone?
    pub saw_tombstone: bool,
    /// What it had pulled.
    pub seen: Option<Cursor>,
    /// Does it ask the record back?
    pub undelete: bool,
    /// When the device made the record.
    pub created_at: Stamp,
    /// When it edited it.
    pub updated_at: Stamp,
    /// Who answers for the record.
    pub clinician: Clinician,
}

/// Is it the name of a field, or of one of these members?
pub(super) fn is_known(definition: &CollectionDefinition, name: &str) -> bool {
    is_of_row(definition, name) || RESERVED.contains(&name)
}

fn is_of_row(definition: &CollectionDefinition, name: &str) -> bool {
    ROW.contains(&name)
        || (name == CLINICIAN && definition.writers.has_practitioner())
        || definition.field(name).is_some()
}

/// Reads them from a record that came in the list `list`.
pub(super) fn read(
    collection: &dyn Collection,
    object: &Fields,
    list: Wish,
    flaws: &mut Vec<Flaw>,
) -> Members {
    let mut bad = |name: &str| flaws.push(Flaw::of("invalid_value", name));
    let flag = |name: &str, bad: &mut dyn FnMut(&str)| match object.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::Bool(flag)) => Some(*flag),
        Some(_) => {
            bad(name);
            None
        }
    };
    let (deleted, undelete) = (flag("_deleted", &mut bad), flag("_undelete", &mut bad));
    let status = match object.get("_status") {
        None | Some(Value::Null) => None,
        Some(Value::String(word)) if is_status(word, list) => Some(word == "deleted"),
        Some(_) => {
            bad("_status");
            None
        }
    };
    let in_words = list == Wish::Deleted || status == Some(true);
    // It cannot be deleted and not deleted.
    if deleted == Some(false) && in_words {
        bad("_deleted");
    }
    let wish = if in_words || deleted == Some(true) { Wish::Deleted } else { list };
    if undelete == Some(true) && wish == Wish::Deleted {
        bad("_undelete");
    }
    let seen = seen(object.get("_seen")).unwrap_or_else(|()| {
        bad("_seen");
        None
    });
    let clinician = clinician(object.get(CLINICIAN)).unwrap_or_else(|()| {
        bad(CLINICIAN);
        Clinician::Unsaid
    });
    let mut stamp = |name: &str| {
        stamp(object.get(name)).unwrap_or_else(|()| {
            bad(name);
            Stamp::Absent
        })
    };
    let (created_at, updated_at) = (stamp("created_at"), stamp("updated_at"));
    let (base, saw_tombstone) = base(collection, object.get("_base"), flaws);
    Members {
        wish,
        changed: changed(collection.definition(), object, wish, flaws),
        base,
        saw_tombstone,
        seen,
        undelete: undelete == Some(true),
        created_at,
        updated_at,
        clinician,
    }
}

/// WatermelonDB's words for what became of a record on the device. In the list of deleted records only
/// one fits.
fn is_status(word: &str, list: Wish) -> bool {
    word == "deleted" || (list != Wish::Deleted && matches!(word, "created" | "updated" | "synced"))
}

/// The fields that a row names as changed; it must have each. WatermelonDB names nothing where it merged
/// a pulled record into one of its own: all may be new.
fn changed(
    definition: &CollectionDefinition,
    object: &Fields,
    wish: Wish,
    flaws: &mut Vec<Flaw>,
) -> Option<BTreeSet<String>> {
    let names = match object.get("_changed") {
        None | Some(Value::Null) => return None,
        Some(Value::String(names)) => names,
        Some(_) => {
            flaws.push(Flaw::of("invalid_value", "_changed"));
            return None;
        }
    };
    let names: BTreeSet<String> = names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if !names.iter().all(|name| is_known(definition, name)) {
        flaws.push(Flaw::of("unknown_field", "_changed"));
    }
    let missing = |name: &&String| !object.contains_key(*name) && definition.field(name).is_some();
    if wish != Wish::Deleted {
        flaws.extend(names.iter().filter(missing).map(|name| Flaw::of("invalid_value", name)));
    }
    (!names.is_empty()).then_some(names)
}

/// The values a client has seen, and whether it has seen a tombstone. What the server would never keep
/// was never seen on it: a client that treats a refused record as sent has such values, and must still
/// be able to mend them. Nothing seen is no base.
fn base(
    collection: &dyn Collection,
    value: Option<&Value>,
    flaws: &mut Vec<Flaw>,
) -> (Option<Fields>, bool) {
    let definition = collection.definition();
    let base = match value {
        None | Some(Value::Null) => return (None, false),
        Some(Value::Object(base)) => base,
        Some(_) => {
            flaws.push(Flaw::of("invalid_value", "_base"));
            return (None, false);
        }
    };
    let known =
        |name: &String| is_of_row(definition, name) || RESERVED_IN_BASE.contains(&name.as_str());
    if !base.keys().all(known) {
        flaws.push(Flaw::of("unknown_field", "_base"));
    }
    let values = definition.fields.iter().filter_map(|field| {
        let value = canonical(collection, field, base.get(field.name)?).ok()?;
        Some((field.name.to_owned(), value))
    });
    let values: Fields = values.collect();
    let saw_tombstone = base.get("_deleted") == Some(&Value::Bool(true))
        || base.get("_status").is_some_and(|status| status == "deleted");
    ((!values.is_empty()).then_some(values), saw_tombstone)
}

/// A cursor of this server, as a number like those it gives out.
fn seen(value: Option<&Value>) -> Result<Option<Cursor>, ()> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => {
            let timestamp = whole(number).ok_or(())?;
            Cursor::parse(&timestamp.to_string()).map(Some).ok_or(())
        }
        Some(_) => Err(()),
    }
}

fn clinician(value: Option<&Value>) -> Result<Clinician, ()> {
    match value {
        None => Ok(Clinician::Unsaid),
        Some(Value::Null) => Ok(Clinician::Said(None)),
        Some(Value::String(id)) if id.is_empty() => Ok(Clinician::Said(None)),
        Some(Value::String(id)) => parse_uuid(id).map(|id| Clinician::Said(Some(id))).ok_or(()),
        Some(_) => Err(()),
    }
}

fn stamp(value: Option<&Value>) -> Result<Stamp, ()> {
    match value {
        None | Some(Value::Null) => Ok(Stamp::Absent),
        Some(Value::String(text)) if text.is_empty() => Ok(Stamp::Absent),
        Some(Value::Number(number)) => {
            let time = whole(number).and_then(DateTime::from_timestamp_millis);
            // What Postgres cannot hold, and what no clock shows.
            let time = time.filter(|time| (1900..=2199).contains(&time.year()));
            Ok(time.map_or(Stamp::Beyond, Stamp::At))
        }
        Some(_) => Err(()),
    }
}
