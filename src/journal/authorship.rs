//! Who may write what of a record. A patient's journal is the patient's; a practitioner who records a
//! treatment answers for what he wrote, so nobody else alters that part. Pure.

use super::definition::Part;
use super::record::Record;
use super::stored::Stored;
use crate::access::Hand;
use crate::wire::Faults;

/// The code of a fault at somebody else's field.
pub const NOT_YOURS: &str = "not_yours";

/// May this hand touch the record at all? A practitioner takes on a record of the patient's by
/// writing in it, unless the patient has deleted it; a colleague's stays the colleague's.
pub fn may_touch<C: Record>(hand: Hand, known: Option<&Stored<C>>) -> bool {
    match hand {
        Hand::Patient => C::WRITERS.has_patient(),
        Hand::Practitioner(account) => {
            C::WRITERS.has_practitioner()
                && known.is_none_or(|record| match record.clinician_id {
                    Some(by) => by == account,
                    None => record.deleted_at.is_none(),
                })
        }
    }
}

/// May this hand delete the record? The patient deletes what no practitioner answers for, a
/// practitioner what he made and the patient has added nothing to. A tombstone is deleted already.
pub fn may_delete<C: Record>(hand: Hand, known: &Stored<C>) -> bool {
    match hand {
        _ if known.deleted_at.is_some() => true,
        Hand::Patient => known.clinician_id.is_none(),
        Hand::Practitioner(account) => {
            known.author_id == account
                && known.clinician_id == Some(account)
                && added(&known.content).is_empty()
        }
    }
}

/// The patient's fields that hold something, but for those no record can do without: these are filled
/// by whoever makes it.
fn added<C: Record>(content: &C) -> Vec<&'static str> {
    let mut filled = content.filled(Part::Own);
    filled.retain(|name| !C::FIELDS.iter().any(|field| field.name == *name && field.required));
    filled
}

/// Before the rules of the collection: a practitioner's document has nothing to say about the
/// patient's fields, some of which he may not even see. They stay as they are; naming another value
/// is a fault.
pub fn prepare<C: Record>(
    hand: Hand,
    known: Option<&Stored<C>>,
    content: &mut C,
    faults: &mut Faults,
) {
    if hand == Hand::Patient {
        return;
    }
    let foreign = known.map_or_else(
        || added(content),
        |known| {
            let filled = content.filled(Part::Own);
            let differing = content.differing(&known.content, Part::Own);
            differing.into_iter().filter(|name| filled.contains(name)).collect()
        },
    );
    for name in foreign {
        faults.field(name, NOT_YOURS, "Only the patient fills this field.");
    }
    if let Some(known) = known {
        content.take_part(&known.content, Part::Own);
    }
}

/// The part of a known record that the patient leaves alone: what a practitioner answers for.
pub fn foreign_part<C>(hand: Hand, known: &Stored<C>) -> Option<Part> {
    (hand == Hand::Patient && known.clinician_id.is_some()).then_some(Part::Clinical)
}

/// After the rules: the patient leaves alone what a practitioner answers for.
pub fn respect<C: Record>(hand: Hand, known: Option<&Stored<C>>, content: &C, faults: &mut Faults) {
    let Some(known) = known else { return };
    for name in
        foreign_part(hand, known).iter().flat_map(|part| content.differing(&known.content, *part))
    {
        faults.field(name, NOT_YOURS, "A practitioner answers for this field.");
    }
}
