//! Who may write what of a record. A patient's journal is the patient's; a practitioner who records a
//! treatment answers for what he wrote, so nobody else alters that part. Pure.

use super::definition::Part;
use super::record::Record;
use super::stored::Stored;
use crate::access::Hand;
use crate::sections::Sections;
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
                && added(&known.content, Part::Own).is_empty()
        }
    }
}

/// The fields of a part that hold something, but for those no record can do without: these are filled
/// by whoever makes it.
fn added<C: Record>(content: &C, part: Part) -> Vec<&'static str> {
    let mut filled = content.filled(part);
    filled.retain(|name| !C::FIELDS.iter().any(|field| field.name == *name && field.required));
    filled
}

/// The parts of a record that this hand leaves alone. Where practitioners write beside the patient's words,
/// a record belongs to who made it; elsewhere a practitioner takes the clinical part on by writing in it.
pub fn foreign_parts<C: Record>(hand: Hand, known: Option<&Stored<C>>) -> &'static [Part] {
    let keeps_words = C::DEFINITION.keeps_words();
    let answered = |record: &Stored<C>| match record.clinician_id {
        Some(by) => !keeps_words || by == record.author_id,
        None => false,
    };
    match (hand, known) {
        (Hand::Patient, Some(record)) if answered(record) => &[Part::Clinical, Part::Beside],
        (Hand::Patient, _) => &[Part::Beside],
        (Hand::Practitioner(_), Some(record)) if keeps_words && !answered(record) => {
            &[Part::Own, Part::Clinical]
        }
        (Hand::Practitioner(_), _) => &[Part::Own],
    }
}

/// Before the rules of the collection: a document has nothing to say about fields that are another's, that
/// its author may not see, or that an older app does not know. They stay as they are; naming another value than
/// the author sees is a fault, whatever stands there: a guess that is right must not be told from one that is
/// wrong.
pub fn prepare<C: Record>(
    (hand, sees): (Hand, Sections),
    known: Option<&Stored<C>>,
    content: &mut C,
    faults: &mut Faults,
) {
    let seen = known.map(|known| match hand {
        Hand::Patient => known.content.clone(),
        Hand::Practitioner(_) => known.content.seen_through(sees),
    });
    let written = [Part::Clinical, Part::Beside].map(|part| content.filled(part)).concat();
    let parts = foreign_parts(hand, known).iter().copied();
    for part in parts.filter(|part| hand != Hand::Patient || *part == Part::Beside) {
        let foreign = seen.as_ref().map_or_else(
            || added(content, part),
            |seen| {
                let filled = content.filled(part);
                let differing = content.differing(seen, part);
                differing.into_iter().filter(|name| filled.contains(name)).collect()
            },
        );
        for name in foreign {
            faults.field(name, NOT_YOURS, what_is_yours(part));
        }
        if let Some(known) = known {
            content.take_part(&known.content, part);
        }
    }
    if hand == Hand::Patient {
        return;
    }
    for name in written {
        let section = C::DEFINITION.field(name).and_then(|field| field.section);
        if section.is_some_and(|section| !sees.contains(section)) {
            faults.field(name, "outside_share", "The share does not open this field.");
        }
    }
    if let Some(known) = known {
        content.keep_closed(&known.content, sees);
    }
}

const fn what_is_yours(part: Part) -> &'static str {
    match part {
        Part::Own => "Only the patient fills this field.",
        Part::Clinical => {
            "The patient recorded this; write what you hold it to be in the members clinical_…."
        }
        Part::Beside => "Only a practitioner fills this field.",
    }
}

/// After the rules: the patient leaves alone what a practitioner answers for.
pub fn respect<C: Record>(hand: Hand, known: Option<&Stored<C>>, content: &C, faults: &mut Faults) {
    let Some(stored) = known.filter(|_| hand == Hand::Patient) else { return };
    for part in foreign_parts(hand, known) {
        for name in content.differing(&stored.content, *part) {
            faults.field(name, NOT_YOURS, "A practitioner answers for this field.");
        }
    }
}
