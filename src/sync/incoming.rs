//! A record of a push, read before any connection is taken: what it wants, or why it is refused.

use super::change::{Incoming, Wish};
use super::cursor::Cursor;
use super::members::{self, Clinician, Members, Stamp, is_known};
use super::refusal::{Flaw, MOST_FLAWS, Refusal};
use super::scalar::canonical;
use crate::journal::{Collection, CollectionDefinition, Fields};
use crate::wire::{Form, json, parse_uuid};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;
use uuid::Uuid;

/// Changes a push may hold.
pub const MOST_CHANGES: usize = 5000;
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
    /// What the device had pulled, where the record says it. Judged when the journal is known.
    pub seen: Option<Cursor>,
    /// When the device made the record, by its own clock.
    pub created_at: Stamp,
    /// When it edited it.
    pub updated_at: Stamp,
    /// Who answers for it, as the row has it.
    pub clinician: Clinician,
    /// The record as it came, for the quarantine.
    pub payload: String,
}

impl Change {
    /// The change, refused after all.
    pub fn refused(self, collection: &'static str, flaws: Vec<Flaw>) -> Refusal {
        let id = self.sent_id.unwrap_or_else(|| self.id.to_string());
        Refusal::of(collection, &id, flaws, self.payload)
    }
}

/// Reads one item of a list. A `deleted` item is an id, or an object.
///
/// # Errors
/// The refusal with all that is wrong with it.
pub fn read(collection: &dyn Collection, list: Wish, raw: &RawValue) -> Result<Change, Refusal> {
    let definition = collection.definition();
    let payload = || raw.get().to_owned();
    let refused = |id: &str, flaw| Refusal::of(definition.name, id, vec![flaw], payload());
    let Ok(item) = json::parse(raw.get().as_bytes()) else {
        return Err(refused(&id_of(raw), Flaw::whole("malformed")));
    };
    let object = match (item, list) {
        (Value::String(id), Wish::Deleted) => Fields::from_iter([("id".to_owned(), id.into())]),
        (Value::Object(object), _) => object,
        (Value::String(id), _) => return Err(refused(&id, Flaw::whole("invalid_value"))),
        _ => return Err(refused("", Flaw::whole("invalid_value"))),
    };
    let sent_id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    if !definition.writers.has_patient() {
        return Err(refused(sent_id, Flaw::whole("read_only")));
    }
    let id = parse_uuid(sent_id);
    let mut flaws = Vec::from_iter(id.is_none().then_some(Flaw::whole("invalid_id")));
    let unknown = object.keys().filter(|name| !is_known(definition, name)).take(MOST_FLAWS);
    flaws.extend(unknown.map(|name| Flaw::of("unknown_field", name)));
    let (mut of_fields, mut of_members) = (Vec::new(), Vec::new());
    let (fields, respelled) = fields_of(collection, &object, &mut of_fields);
    let Members {
        wish,
        changed,
        base,
        saw_tombstone,
        seen,
        undelete,
        created_at,
        updated_at,
        clinician,
    } = members::read(collection, &object, list, &mut of_members);
    if wish == Wish::Created && [&flaws, &of_fields, &of_members].iter().any(|f| !f.is_empty()) {
        of_fields.extend(missing(definition, &object));
    }
    // A delete needs no value: what cannot be kept of a deleted record is gone with it.
    if wish != Wish::Deleted {
        flaws.append(&mut of_fields);
    }
    flaws.append(&mut of_members);
    let (Some(id), true) = (id, flaws.is_empty()) else {
        return Err(Refusal::of(definition.name, sent_id, flaws, payload()));
    };
    let sent_id = sent_id.bytes().any(|b| b.is_ascii_uppercase()).then(|| sent_id.to_owned());
    let edited_at = updated_at.time();
    let incoming =
        Incoming { wish, fields, changed, base, saw_tombstone, seen: None, undelete, edited_at };
    let payload = payload();
    Ok(Change {
        id,
        sent_id,
        respelled,
        incoming,
        seen,
        created_at,
        updated_at,
        clinician,
        payload,
    })
}

/// The fields an object gives, each as the server would keep it, and whether it keeps one in another
/// spelling.
fn fields_of(
    collection: &dyn Collection,
    object: &Fields,
    flaws: &mut Vec<Flaw>,
) -> (Fields, bool) {
    let mut fields = Fields::new();
    let mut respelled = false;
    for field in collection.definition().fields {
        let Some(sent) = object.get(field.name) else { continue };
        match canonical(collection, field, sent) {
            Ok(kept) => {
                respelled |= field.form == Form::Plain
                    && matches!((sent, &kept), (Value::String(sent), Value::String(kept)) if sent != kept);
                fields.insert(field.name.to_owned(), kept);
            }
            Err(code) => flaws.push(Flaw::of(code, field.name)),
        }
    }
    (fields, respelled)
}

/// The fields that no record can do without and a new one lacks. A sound record is judged as a whole
/// when it is merged; this is for one that is refused before.
fn missing(definition: &CollectionDefinition, object: &Fields) -> impl Iterator<Item = Flaw> {
    let is_there = |name: &str| object.get(name).is_some_and(|value| !matches!(value, Value::Null));
    let required = definition.fields.iter().filter(|field| field.required);
    required
        .filter(move |field| !is_there(field.name))
        .map(|field| Flaw::of("invalid_value", field.name))
}

/// The id in a record that is not well formed: the first one it names.
fn id_of(raw: &RawValue) -> String {
    serde_json::from_str::<FirstId>(raw.get()).map(|named| named.0).unwrap_or_default()
}

struct FirstId(String);

impl<'de> Deserialize<'de> for FirstId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(First)
    }
}

struct First;

impl<'de> Visitor<'de> for First {
    type Value = FirstId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FirstId, A::Error> {
        let mut id = None;
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value::<&'de RawValue>()?;
            if name == "id" && id.is_none() {
                id = Some(serde_json::from_str(value.get()).unwrap_or_default());
            }
        }
        Ok(FirstId(id.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::{JournalEntry, TreatmentSession};
    use crate::journal::Of;
    use chrono::DateTime;
    use serde_json::json;

    const ID: &str = "0195a3c2-0000-7000-8000-00000000000a";

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn read_in(list: Wish, item: &Value) -> Result<Change, Refusal> {
        read(&Of::<JournalEntry>::COLLECTION, list, &raw(&item.to_string()))
    }

    fn row(extra: &Value) -> Value {
        let mut row = json!({"id": ID});
        row.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        row
    }

    fn taken(extra: &Value) -> Change {
        read_in(Wish::Updated, &row(extra)).unwrap_or_else(|r| panic!("{extra}: {:?}", r.flaws))
    }

    /// The flaws of a row in `updated`, as `code field`.
    fn flaws(extra: &Value) -> Vec<String> {
        flaws_in(Wish::Updated, extra)
    }

    fn flaws_in(list: Wish, extra: &Value) -> Vec<String> {
        let flaws = read_in(list, &row(extra)).map_or_else(|refusal| refusal.flaws, |_| Vec::new());
        let text = |flaw: &Flaw| format!("{} {}", flaw.code, flaw.field.as_deref().unwrap_or("-"));
        flaws.iter().map(text).collect()
    }

    #[test]
    fn ids_and_values_may_be_spelled_otherwise_than_they_are_kept() {
        let plain = taken(&json!({"mood": 4.0, "treatment_session_id": ID}));
        assert_eq!((plain.sent_id, plain.respelled), (None, false));
        assert_eq!(plain.incoming.fields["mood"], json!(4));
        let capitals = ID.to_uppercase();
        let odd = json!({"id": capitals, "treatment_session_id": capitals});
        let odd = read_in(Wish::Updated, &odd).unwrap();
        assert_eq!((odd.id.to_string(), odd.sent_id), (ID.to_owned(), Some(capitals)));
        assert_eq!(odd.incoming.fields["treatment_session_id"], json!(ID));
        assert!(odd.respelled);
        assert!(taken(&json!({"journal_date": "2026-01-01T00:00:00.000Z"})).respelled);
        assert!(taken(&json!({"time_zone": "GMT+03:00"})).respelled);
    }

    #[test]
    fn a_refused_value_can_be_mended_by_a_client_that_takes_it_for_sent() {
        let extra = |mood: i64| json!({"mood": mood, "_base": {"mood": 11, "energy": 3}});
        let mended = taken(&extra(10)).incoming;
        assert_eq!(mended.base, Some(Fields::from_iter([("energy".to_owned(), json!(3))])));
        assert_eq!(flaws(&extra(11)), ["invalid_value mood"]);
    }

    #[test]
    fn every_flaw_is_named_the_first_of_them_first() {
        let bad = json!({"colour": "red", "mood": 11, "energy": "x", "note": "n".repeat(4001),
            "_deleted": 1, "_changed": "stress", "_seen": "yesterday"});
        let named = [
            "unknown_field colour",
            "invalid_value energy",
            "invalid_value mood",
            "too_large note",
            "invalid_value _deleted",
            "invalid_value _seen",
            "invalid_value stress",
        ];
        let mut found = flaws(&bad);
        assert_eq!(found[0], named[0]);
        found[1..4].sort_by_key(|flaw| flaw.rsplit(' ').next().unwrap().to_owned());
        assert_eq!(found, named);
        let bad = read_in(Wish::Created, &json!({"id": "x", "mood": 11})).unwrap_err();
        assert_eq!((bad.code(), bad.field()), ("invalid_id", None));
        let fields: Vec<_> = bad.flaws.iter().filter_map(|flaw| flaw.field.as_deref()).collect();
        assert!(fields.contains(&"mood") && fields.contains(&"kind"), "{fields:?}");
    }

    #[test]
    fn a_record_that_is_not_well_formed_is_refused_by_itself_under_its_id() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for inner in ["\"mood\":1,\"mood\":1", "\"mood\":1e999", &format!("\"note\":{deep}")] {
            for text in [
                format!("{{{inner},\"id\":\"{ID}\"}}"),
                format!("{{\"id\":\"{ID}\",{inner},\"id\":\"other\"}}"),
            ] {
                for list in [Wish::Created, Wish::Updated, Wish::Deleted] {
                    let refusal =
                        read(&Of::<JournalEntry>::COLLECTION, list, &raw(&text)).unwrap_err();
                    assert_eq!((refusal.code(), refusal.id.as_str()), ("malformed", ID));
                    assert_eq!(refusal.payload, text, "it is kept as it came");
                }
            }
        }
        for text in [&*deep, "1e999", "{\"id\":7,\"id\":7}"] {
            let refusal =
                read(&Of::<JournalEntry>::COLLECTION, Wish::Updated, &raw(text)).unwrap_err();
            assert_eq!((refusal.code(), refusal.id.as_str()), ("malformed", ""));
        }
    }

    #[test]
    fn a_record_that_says_it_is_deleted_is_deleted_in_every_list() {
        let dead = [json!({"_deleted": true}), json!({"_status": "deleted"})];
        for list in [Wish::Created, Wish::Updated, Wish::Deleted] {
            for said in &dead {
                let change = read_in(list, &row(said)).unwrap();
                assert_eq!(change.incoming.wish, Wish::Deleted, "{list:?} {said}");
            }
        }
        for said in
            [json!({"_deleted": false}), json!({"_deleted": null}), json!({"_status": "synced"})]
        {
            assert_eq!(taken(&said).incoming.wish, Wish::Updated);
        }
        // What the server could not keep of it stops no delete.
        let change = taken(&json!({"_deleted": true, "mood": 11, "note": "typed"}));
        assert_eq!(
            change.incoming.fields,
            Fields::from_iter([("note".to_owned(), json!("typed"))])
        );
        for (list, said, flaw) in [
            (Wish::Updated, json!({"_deleted": "true"}), "_deleted"),
            (Wish::Updated, json!({"_deleted": 1}), "_deleted"),
            (Wish::Deleted, json!({"_deleted": false}), "_deleted"),
            (Wish::Updated, json!({"_deleted": false, "_status": "deleted"}), "_deleted"),
            (Wish::Updated, json!({"_status": "disposable"}), "_status"),
            (Wish::Updated, json!({"_status": true}), "_status"),
            (Wish::Deleted, json!({"_status": "updated"}), "_status"),
            (Wish::Deleted, json!({"_undelete": true}), "_undelete"),
            (Wish::Updated, json!({"_undelete": true, "_deleted": true}), "_undelete"),
            (Wish::Updated, json!({"_undelete": 1}), "_undelete"),
        ] {
            assert_eq!(flaws_in(list, &said), [format!("invalid_value {flaw}")], "{list:?} {said}");
        }
        let words = ["_rev", "_meta", "_attachments", "deleted", "is_deleted", "deleted_at", "_id"];
        for name in words {
            for list in [Wish::Created, Wish::Updated, Wish::Deleted] {
                let found = flaws_in(list, &json!({name: "1-x"}));
                assert!(found.contains(&format!("unknown_field {name}")), "{name}: {found:?}");
            }
        }
    }

    #[test]
    fn what_a_row_says_of_its_edits_is_read_or_refused() {
        let change =
            taken(&json!({"mood": 1, "_changed": " mood ,updated_at", "_status": "updated"}));
        let names = change.incoming.changed.unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["mood", "updated_at"]);
        assert_eq!(taken(&json!({"_changed": "", "_base": {}})).incoming.changed, None);
        assert_eq!(taken(&json!({"_base": {}})).incoming.base, None, "nothing seen is no base");
        assert_eq!(flaws(&json!({"_changed": 7})), ["invalid_value _changed"]);
        assert_eq!(flaws(&json!({"_changed": "moods"})), ["unknown_field _changed"]);
        assert_eq!(flaws(&json!({"_changed": "mood,stress", "mood": 1})), ["invalid_value stress"]);
        assert_eq!(flaws(&json!({"_base": []})), ["invalid_value _base"]);
        assert_eq!(flaws(&json!({"_base": {"moods": 1}})), ["unknown_field _base"]);
        let base = json!({"id": ID, "created_at": 1, "updated_at": 2, "mood": 3, "_deleted": true});
        let change = taken(&json!({"_base": base})).incoming;
        assert!(change.saw_tombstone);
        assert_eq!(change.base, Some(Fields::from_iter([("mood".to_owned(), json!(3))])));
    }

    #[test]
    fn cursors_and_clocks_are_numbers() {
        let timestamp = Cursor { epoch: 3, rev: 7 }.timestamp();
        assert_eq!(taken(&json!({"_seen": timestamp})).seen, Cursor::parse(&timestamp.to_string()));
        assert_eq!(taken(&json!({"_seen": 0})).seen, Some(Cursor::START));
        assert_eq!(taken(&json!({"_seen": null})).seen, None);
        for bad in [json!(7), json!(-1), json!(1.5), json!("0"), json!(true), json!({})] {
            assert_eq!(flaws(&json!({"_seen": bad})), ["invalid_value _seen"], "{bad}");
        }
        let stamps = |at: Value| taken(&json!({"updated_at": at})).updated_at;
        assert_eq!(stamps(json!(1000)).time(), DateTime::from_timestamp(1, 0));
        for (nothing, stamp) in [(json!(null), Stamp::Absent), (json!(""), Stamp::Absent)] {
            assert_eq!(stamps(nothing), stamp);
        }
        for beyond in [json!(9e17), json!(1.5), json!(-9_000_000_000_000_i64)] {
            assert_eq!(stamps(beyond), Stamp::Beyond, "clocks may be wrong");
        }
        for name in ["created_at", "updated_at"] {
            for bad in [json!("yesterday"), json!(true), json!({}), json!([])] {
                assert_eq!(flaws(&json!({name: bad})), [format!("invalid_value {name}")]);
            }
        }
    }

    #[test]
    fn who_answers_for_a_record_is_a_member_where_practitioners_record() {
        assert_eq!(flaws(&json!({"clinician_id": null})), ["unknown_field clinician_id"]);
        let read = |id: Value| {
            read(
                &Of::<TreatmentSession>::COLLECTION,
                Wish::Updated,
                &raw(&row(&json!({"clinician_id": id})).to_string()),
            )
        };
        assert_eq!(read(json!(null)).unwrap().clinician, Clinician::Said(None));
        assert_eq!(read(json!(ID)).unwrap().clinician, Clinician::Said(ID.parse().ok()));
        for bad in [json!(7), json!("me")] {
            assert_eq!(read(bad).unwrap_err().flaws, [Flaw::of("invalid_value", "clinician_id")]);
        }
    }
}
