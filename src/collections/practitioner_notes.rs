//! Practitioner notes: a practitioner's own words, with a visibility of their own.

use super::moment::{dated, refuse_future};
use crate::journal::{Context, Rules, collection};
use crate::wire::{Faults, Text, vocabulary};
use chrono::NaiveDate;
use uuid::Uuid;

vocabulary! {
    /// Who reads a practitioner's note beside its author. What has been shown cannot be taken back.
    pub enum NoteVisibility {
        /// Nobody.
        Author = "author" ("Only me"),
        /// The patient.
        Patient = "patient",
        /// The patient and every practitioner whose share opens treatment.
        Everyone = "everyone" ("Patient and practitioners"),
    }
}

impl NoteVisibility {
    const fn reach(self) -> u8 {
        match self {
            Self::Author => 0,
            Self::Patient => 1,
            Self::Everyone => 2,
        }
    }
}

collection! {
    /// A practitioner's note: seen by its author, and by those its visibility names.
    pub struct PractitionerNote {
        plural: "PractitionerNotes", table: "practitioner_notes", path: "practitioner-notes", number: 11,
        sections: [Treatment], writers: Practitioner,
        example: {
            "journal_date": "2026-01-27", "text": "Sits for an hour without pain now.",
            "visibility": "patient"
        },
        fields: {
            /// The day it is about.
            journal_date: NaiveDate as Clinical,
            /// The treatment session it is about.
            treatment_session_id: Option<Uuid> as Clinical,
            /// The note.
            text: Text<8000> as Clinical,
            /// Who reads it.
            visibility: NoteVisibility as Clinical,
        }
    }
}

dated!(PractitionerNote);

impl Rules for PractitionerNote {
    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        refuse_future(self.journal_date, "journal_date", context, faults);
        // Devices hold what they have been shown.
        if previous.is_some_and(|previous| self.visibility.reach() < previous.visibility.reach()) {
            faults.field("visibility", "contradiction", "A note that was shown stays shown.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::read_body;
    use serde_json::json;

    #[test]
    fn visibility_only_widens() {
        let note = |visibility: &str| -> PractitionerNote {
            read_body(&json!({"journal_date": "2026-05-04", "text": "x", "visibility": visibility}))
                .unwrap()
        };
        let now = "2026-05-10T12:00:00Z".parse().unwrap();
        let context = Context { now, day_starts: crate::time::DayStarts::always(240) };
        for (before, after, fits) in [
            ("author", "everyone", true),
            ("patient", "everyone", true),
            ("patient", "patient", true),
            ("patient", "author", false),
            ("everyone", "patient", false),
        ] {
            let mut faults = Faults::default();
            note(after).settle(Some(&note(before)), &context, &mut faults);
            assert_eq!(faults.is_empty(), fits, "{before} → {after}");
        }
    }
}
