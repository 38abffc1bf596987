//! Records as they travel, and what becomes of a record whose fields were merged.

use super::incoming::Flaw;
use super::merge::Fields;
use crate::journal::{Context, FieldInfo, Record, Stored};
use crate::wire::{Fault, Faults, read_body};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A record as it travels: flat values, and the client's own times in milliseconds.
pub(super) struct FlatRow<'a, C>(pub(super) &'a Stored<C>);

impl<C: Record> Serialize for FlatRow<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3 + C::FIELDS.len()))?;
        map.serialize_entry("id", &self.0.id)?;
        self.0.content.write_flat_members(&mut map)?;
        if C::WRITERS.has_practitioner() {
            map.serialize_entry("clinician_id", &self.0.clinician_id)?;
        }
        map.serialize_entry("created_at", &self.0.created_at.timestamp_millis())?;
        map.serialize_entry("updated_at", &self.0.updated_at.timestamp_millis())?;
        map.end()
    }
}

/// The whole record from its fields, by the rules of the collection.
pub(super) fn settle<C: Record>(
    mut given: Fields,
    previous: Option<&C>,
    context: &Context,
) -> Result<C, Vec<Flaw>> {
    given.retain(|_, value| !value.is_null());
    let mut content: C = read_body(&Value::Object(given)).map_err(flaws)?;
    if let Some(previous) = previous {
        content.unsettle(previous, context);
    }
    let mut faults = Faults::default();
    content.settle(previous, context, &mut faults);
    if faults.is_empty() { Ok(content) } else { Err(flaws(faults.into_vec())) }
}

fn flaws(faults: Vec<Fault>) -> Vec<Flaw> {
    let flaw = |fault: Fault| match fault.pointer {
        Some(pointer) => Flaw::of("invalid_value", pointer.trim_start_matches("#/")),
        None => Flaw::whole("invalid_value"),
    };
    faults.into_iter().map(flaw).collect()
}

/// Does the record have another value than was sent, in any field that was sent?
pub(super) fn holds_otherwise<C: Record>(content: &C, sent: &Fields) -> bool {
    let mut comparing = Comparing { sent, fields: C::FIELDS.iter(), differs: false };
    // It only compares: there is nothing to fail.
    content.write_members(&mut comparing).is_err() || comparing.differs
}

/// Takes the members of a record in the order of its fields, and looks at those that were sent.
struct Comparing<'a> {
    sent: &'a Fields,
    fields: std::slice::Iter<'static, FieldInfo>,
    differs: bool,
}

impl SerializeMap for Comparing<'_> {
    type Ok = ();
    type Error = serde_json::Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, _: &T) -> Result<(), Self::Error> {
        Ok(())
    }
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Self::Error> {
        let sent = self.fields.next().and_then(|field| self.sent.get(field.name));
        if let Some(sent) = sent
            && !self.differs
        {
            self.differs = serde_json::to_value(value)? != *sent;
        }
        Ok(())
    }
    fn end(self) -> Result<(), Self::Error> {
        Ok(())
    }
}
