//! A push, taken apart before any connection is taken: collections, changes, and what is refused.

use super::merge::{Fields, Incoming, Wish};
use super::scalar::from_wire;
use crate::http::{Answered, Problem, ProblemKind};
use crate::journal::{FieldInfo, Record};
use crate::wire::number::whole;
use crate::wire::{Faults, Form, parse_uuid};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Changes a push may hold.
pub const MOST_CHANGES: usize = 5000;

/// Names beside the fields that a record may carry: bookkeeping of the client libraries.
const BOOKKEEPING: [&str; 9] = [
    "id",
    "created_at",
    "updated_at",
    "clinician_id",
    "_status",
    "_changed",
    "_base",
    "_deleted",
    "_rev",
];

/// A record that is not accepted.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The collection.
    pub collection: &'static str,
    /// The id, as sent.
    pub id: String,
    /// Why.
    pub code: &'static str,
    /// The field at fault.
    pub field: Option<String>,
    /// The record, as sent.
    pub payload: Value,
}

/// One change of one record.
#[derive(Debug, Clone)]
pub struct Change {
    /// The record.
    pub id: Uuid,
    /// Its id as sent, where that is spelled otherwise than it is kept.
    pub sent_id: Option<String>,
    /// Is a value spelled otherwise than it is kept?
    pub respelled: bool,
    /// What the client wants.
    pub incoming: Incoming,
    /// When it made the record, by its own clock.
    pub created_at: Option<DateTime<Utc>>,
    /// The record as sent, for the quarantine.
    pub payload: Value,
}

/// The three lists of one collection: `created`, `updated`, `deleted`.
pub type Lists = [Vec<Value>; 3];

/// Takes the body apart into collections.
///
/// # Errors
/// 400 `invalid_body` for another shape, 413 `too_many_changes`.
pub fn lists(body: Value) -> Answered<Map<String, Value>> {
    let Value::Object(mut body) = body else { return Err(shape("The body must be an object.")) };
    let Some(Value::Object(changes)) = body.remove("changes") else {
        return Err(shape("The body must have an object `changes`."));
    };
    let count: usize = changes
        .values()
        .filter_map(Value::as_object)
        .flat_map(Map::values)
        .filter_map(Value::as_array)
        .map(Vec::len)
        .sum();
    if count > MOST_CHANGES {
        return Err(Problem::new(ProblemKind::TooManyChanges)
            .detail(format!("At most {MOST_CHANGES} changes a push."))
            .extra("max_changes", MOST_CHANGES));
    }
    Ok(changes)
}

/// The lists of one collection; null is a collection without changes.
///
/// # Errors
/// 400 `invalid_body` for another shape.
pub fn lists_of(changes: Value) -> Answered<Lists> {
    let mut changes = match changes {
        Value::Object(changes) => changes,
        // Clients that write every member write it so where a collection has no changes.
        Value::Null => Map::new(),
        _ => {
            return Err(shape(
                "Each collection must be an object of created, updated and deleted.",
            ));
        }
    };
    let mut take = |name: &str| match changes.remove(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(shape("created, updated and deleted must be arrays.")),
    };
    let lists = [take("created")?, take("updated")?, take("deleted")?];
    if changes.is_empty() { Ok(lists) } else { Err(shape("Only created, updated and deleted.")) }
}

fn shape(detail: &str) -> Problem {
    Problem::new(ProblemKind::InvalidBody).detail(detail)
}

/// Reads one item of a list. A `deleted` item is an id, or an object with `id` and `_base`.
pub fn read<C: Record>(wish: Wish, item: Value) -> Result<Change, Refusal> {
    let object = match (&item, wish) {
        (Value::String(id), Wish::Deleted) => {
            Map::from_iter([("id".to_owned(), Value::from(id.as_str()))])
        }
        (Value::Object(object), _) => object.clone(),
        _ => return Err(refusal::<C>(&item, "invalid_value", None)),
    };
    if !C::WRITERS.has_patient() {
        return Err(refusal::<C>(&item, "read_only", None));
    }
    let sent_id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    let Some(id) = parse_uuid(sent_id) else {
        return Err(refusal::<C>(&item, "invalid_id", None));
    };
    let sent_id = sent_id.bytes().any(|b| b.is_ascii_uppercase()).then(|| sent_id.to_owned());
    let refused = |(code, field): (&'static str, String)| refusal::<C>(&item, code, Some(field));
    let unknown = object.keys().find(|name| {
        !BOOKKEEPING.contains(&name.as_str()) && !C::FIELDS.iter().any(|f| f.name == name.as_str())
    });
    if let Some(name) = unknown {
        return Err(refused(("unknown_field", name.chars().take(64).collect())));
    }
    let (fields, respelled) = canonical::<C>(&object).map_err(refused)?;
    let base = match object.get("_base") {
        Some(Value::Object(base)) => Some(seen::<C>(base)),
        _ => None,
    };
    let changed = object.get("_changed").and_then(Value::as_str).map(|names| {
        names
            .split(',')
            .map(|n| n.trim().to_owned())
            .filter(|n| !n.is_empty())
            .collect::<BTreeSet<_>>()
    });
    // WatermelonDB names nothing where it merged a pulled record into one of its own: all may be new.
    let changed = changed.filter(|names| !names.is_empty());
    let fields = if wish == Wish::Deleted { Fields::new() } else { fields };
    let incoming =
        Incoming { wish, fields, changed, base, edited_at: moment(object.get("updated_at")) };
    let created_at = moment(object.get("created_at"));
    Ok(Change { id, sent_id, respelled, incoming, created_at, payload: item })
}

/// The fields an object gives, each as the server would keep it, and whether it keeps one in another
/// spelling.
fn canonical<C: Record>(
    object: &Map<String, Value>,
) -> Result<(Fields, bool), (&'static str, String)> {
    let mut fields = Fields::new();
    let mut respelled = false;
    for field in C::FIELDS {
        let Some(sent) = object.get(field.name) else { continue };
        let kept = kept::<C>(field, sent).map_err(|code| (code, field.name.to_owned()))?;
        respelled |= field.form == Form::Plain
            && matches!((sent, &kept), (Value::String(sent), Value::String(kept)) if sent != kept);
        fields.insert(field.name.to_owned(), kept);
    }
    Ok((fields, respelled))
}

/// The values a client has seen. What the server would never keep was never seen on it: a client
/// that treats a refused record as sent has such values, and must still be able to mend them.
fn seen<C: Record>(base: &Map<String, Value>) -> Fields {
    let fields = C::FIELDS.iter().filter_map(|field| {
        let value = kept::<C>(field, base.get(field.name)?).ok()?;
        Some((field.name.to_owned(), value))
    });
    fields.collect()
}

/// A value as the server would keep it, or why it would not.
fn kept<C: Record>(field: &FieldInfo, sent: &Value) -> Result<Value, &'static str> {
    let value = from_wire(field.form, sent).ok_or("invalid_value")?;
    // A required field sent as null is judged with the whole record.
    if value.is_null() && field.required {
        return Ok(Value::Null);
    }
    let mut faults = Faults::default();
    match C::canonical(field.name, &value, &mut faults) {
        Some(kept) if faults.is_empty() => Ok(kept),
        _ => {
            let too_large = faults.into_vec().iter().any(|f| f.code.starts_with("too_"));
            Err(if too_large { "too_large" } else { "invalid_value" })
        }
    }
}

fn moment(value: Option<&Value>) -> Option<DateTime<Utc>> {
    let time = DateTime::from_timestamp_millis(whole(value?.as_number()?)?)?;
    // Clocks may be wrong; a time that Postgres cannot hold says nothing.
    let year = chrono::Datelike::year(&time);
    (1900..=2199).contains(&year).then_some(time)
}

fn refusal<C: Record>(item: &Value, code: &'static str, field: Option<String>) -> Refusal {
    let id = match item {
        Value::String(id) => id.as_str(),
        item => item.get("id").and_then(Value::as_str).unwrap_or_default(),
    };
    let id = id.chars().take(64).collect();
    Refusal { collection: C::COLLECTION, id, code, field, payload: item.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::JournalEntry;
    use serde_json::json;

    #[test]
    fn a_collection_without_changes_may_be_null() {
        let full = lists_of(json!({"created": [1], "updated": null})).unwrap();
        assert_eq!(full.map(|list| list.len()), [1, 0, 0]);
        assert!(lists_of(Value::Null).unwrap().iter().all(Vec::is_empty));
        for bad in [json!([]), json!(0), json!(""), json!(false)] {
            assert!(lists_of(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_and_values_may_be_spelled_otherwise_than_they_are_kept() {
        let read = |item: Value| read::<JournalEntry>(Wish::Updated, item).unwrap();
        let id = "0195a3c2-0000-7000-8000-00000000000a";
        let plain = read(json!({"id": id, "mood": 4.0, "treatment_session_id": id}));
        assert_eq!((plain.sent_id, plain.respelled), (None, false));
        assert_eq!(plain.incoming.fields["mood"], json!(4));
        let capitals = id.to_uppercase();
        let odd = read(json!({"id": capitals, "treatment_session_id": capitals}));
        assert_eq!((odd.id.to_string(), odd.sent_id), (id.to_owned(), Some(capitals)));
        assert_eq!(odd.incoming.fields["treatment_session_id"], json!(id));
        assert!(odd.respelled);
        assert!(read(json!({"id": id, "journal_date": "2026-01-01T00:00:00.000Z"})).respelled);
        assert!(read(json!({"id": id, "time_zone": "GMT+03:00"})).respelled);
    }

    #[test]
    fn a_refused_value_can_be_mended_by_a_client_that_takes_it_for_sent() {
        let id = "0195a3c2-0000-7000-8000-000000000000";
        let item = |mood: i64| json!({"id": id, "mood": mood, "_base": {"mood": 11, "energy": 3}});
        let mended = read::<JournalEntry>(Wish::Updated, item(10)).unwrap().incoming;
        assert_eq!(mended.base, Some(Fields::from_iter([("energy".to_owned(), json!(3))])));
        let refused = read::<JournalEntry>(Wish::Updated, item(11)).unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), ("invalid_value", Some("mood")));
    }
}
