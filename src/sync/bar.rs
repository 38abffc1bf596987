//! What a practitioner answers for, in a push of the patient's: it is taken out, and the rest of the
//! record is merged as always. One foreign field is no reason to hold up a note.

use super::merge::{Conflict, Incoming, Loss, Wish};
use crate::access::Hand;
use crate::journal::{Part, Record, Stored, fields_of};

/// What was sent of a practitioner's fields.
#[derive(Debug, Default)]
pub(super) struct Barred {
    /// What the device meant to change.
    pub(super) conflicts: Vec<Conflict>,
    /// Was anything sent otherwise than it stands, be it only an old copy?
    pub(super) differs: bool,
}

/// Takes out what a practitioner answers for.
pub(super) fn bar<C: Record>(record: &Stored<C>, incoming: &mut Incoming) -> Barred {
    let mut barred = Barred::default();
    if record.clinician_id.is_none() || incoming.wish == Wish::Deleted {
        return barred;
    }
    let stands = fields_of(&record.content);
    for field in C::FIELDS.iter().filter(|field| field.part == Part::Clinical) {
        let name = field.name;
        let Some(sent) = incoming.fields.remove(name) else { continue };
        let seen = incoming.base.as_mut().and_then(|base| base.remove(name));
        let meant = incoming.changed.as_ref().is_none_or(|changed| changed.contains(name))
            && seen.as_ref() != Some(&sent);
        let stands = stands.get(name).cloned().unwrap_or_default();
        barred.differs |= sent != stands;
        if meant && sent != stands {
            barred.conflicts.push(Conflict {
                field: name.to_owned(),
                stands,
                loses: sent,
                loss: Loss::Barred,
                device: None,
                edited_at: None,
            });
        }
    }
    barred
}

/// May the patient delete it?
pub(super) fn may_delete<C: Record>(record: &Stored<C>) -> bool {
    record.deleted_at.is_some() || crate::journal::may_delete(Hand::Patient, record)
}
