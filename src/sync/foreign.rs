//! What a practitioner answers for, in a push of the patient's: it is taken out, and the rest of the
//! record is merged as always. One foreign field is no reason to hold up a note.

use super::change::{Incoming, Wish};
use super::merge::{Conflict, Loss};
use crate::journal::{CollectionDefinition, Fields, Part, is_blank};

/// What was sent of somebody else's fields.
#[derive(Debug, Default)]
pub(super) struct ForeignFields {
    /// What the device meant to change.
    pub(super) conflicts: Vec<Conflict>,
    /// Was anything sent otherwise than it stands, be it only an old copy?
    pub(super) differs: bool,
}

impl ForeignFields {
    /// Takes the fields of a part that is not the sender's out of what he sent. `stands` has the record's
    /// present values, none of a new one.
    pub(super) fn take_out(
        &mut self,
        definition: &CollectionDefinition,
        part: Part,
        stands: &Fields,
        incoming: &mut Incoming,
    ) {
        if incoming.wish == Wish::Deleted {
            return;
        }
        for field in definition.fields.iter().filter(|field| field.part == part) {
            let name = field.name;
            let Some(sent) = incoming.fields.remove(name) else { continue };
            let seen = incoming.base.as_mut().and_then(|base| base.remove(name));
            let stands = stands.get(name).cloned().unwrap_or_default();
            // To an app that never knew the field, nothing is what it holds.
            if part == Part::Beside && is_blank(&sent) {
                self.differs |= !is_blank(&stands);
                continue;
            }
            let meant = incoming.changed.as_ref().is_none_or(|changed| changed.contains(name))
                && seen.as_ref() != Some(&sent);
            self.differs |= sent != stands;
            if meant && sent != stands {
                self.conflicts.push(Conflict {
                    field: name.to_owned(),
                    stands,
                    loses: sent,
                    loss: Loss::Practitioners,
                    device: None,
                    edited_at: None,
                });
            }
        }
    }
}
