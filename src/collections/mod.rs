//! The collections: one file each, registered here once.

mod adverse_events;
mod assessments;
mod flares;
mod goals;
mod journal_entries;
mod medication_intakes;
mod moment;
mod pain;
mod pain_episodes;
mod practitioner_notes;
mod questions;
mod red_flags;
mod reminders;
mod sleep_records;
mod treatment_plans;
mod treatment_sessions;

pub use crate::body_map::{BodyRegion, Laterality};
pub use adverse_events::{
    ActionTaken, AdverseEvent, AdverseEventKind, EventOutcome, EventSeverity,
};
pub use assessments::{Assessment, AssessmentAnswer, Occasion, Score};
pub use flares::Flare;
pub use goals::{Goal, GoalKind, GoalStatus};
pub use journal_entries::{DayMinutes, EntryKind, JournalEntry, WorkImpact};
pub use medication_intakes::{DoseUnit, IntakeKind, MedicationIntake};
pub use pain::{Helped, Nrs, PainQuality, PainSite, Relief, ReliefMeans, Sites, Spread, Trigger};
pub use pain_episodes::{
    Condition, DatePrecision, EpisodeStatus, Mechanism, PainEpisode, PriorTreatment,
};
pub use practitioner_notes::{NoteVisibility, PractitionerNote};
pub use questions::Question;
pub use red_flags::{NOTICE as RED_FLAG_NOTICE, RedFlag};
pub use reminders::{Reminder, ReminderKind, Weekday};
pub use sleep_records::{Night, SleepRecord};
pub use treatment_plans::{PlanStatus, StopReason, TreatmentPlan};
pub use treatment_sessions::{
    Adaptation, Adjunct, NeedlePoint, NeedleResponse, Sensation, SessionKind, SessionStatus,
    Stimulation, Technique, TreatmentSession,
};

use crate::routes::Routes;

/// Calls a macro with every collection: those that others refer to before those that refer to them.
/// This is the one list.
macro_rules! for_each_collection {
    ($do:ident) => {
        $do!(
            $crate::collections::PainEpisode,
            $crate::collections::TreatmentPlan,
            $crate::collections::TreatmentSession,
            $crate::collections::JournalEntry,
            $crate::collections::SleepRecord,
            $crate::collections::MedicationIntake,
            $crate::collections::Flare,
            $crate::collections::Goal,
            $crate::collections::Question,
            $crate::collections::Assessment,
            $crate::collections::AdverseEvent,
            $crate::collections::PractitionerNote,
            $crate::collections::Reminder
        )
    };
}
pub(crate) use for_each_collection;

/// The names of the collections' schemas.
pub const SCHEMAS: &[&str] = {
    macro_rules! names {
        ($($collection:ty),+) => {
            &[$(<$collection as crate::journal::Record>::SCHEMA),+]
        };
    }
    for_each_collection!(names)
};

/// Registers the routes of every collection.
pub fn routes(routes: &mut Routes) {
    macro_rules! register {
        ($($collection:ty),+) => { $(crate::journal::http::routes::<$collection>(routes);)+ };
    }
    for_each_collection!(register);
    red_flags::routes(routes);
}

#[cfg(test)]
mod tests {
    use crate::journal::{Context, MARK, Record};
    use crate::sections::Section;
    use crate::wire::{Faults, read_body};
    use serde_json::Value;
    use std::collections::HashSet;

    fn judged<C: Record>(body: &Value) -> (C, Faults) {
        let now = "2026-05-10T12:00:00Z".parse().unwrap();
        let mut record: C = read_body(body).unwrap();
        let mut faults = Faults::default();
        record.settle(None, &Context { now, day_start_minute: 240 }, &mut faults);
        (record, faults)
    }

    /// A settled record without faults.
    pub(super) fn settled<C: Record>(body: &Value) -> C {
        let (record, faults) = judged(body);
        assert!(faults.is_empty(), "{faults:?}");
        record
    }

    /// What is wrong with `body` changed by `extra`, as `pointer code`.
    pub(super) fn faults_of<C: Record>(body: &Value, extra: &Value) -> Vec<String> {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let faults = judged::<C>(&body).1.into_vec();
        faults.iter().map(|f| format!("{} {}", f.pointer.as_deref().unwrap(), f.code)).collect()
    }

    #[test]
    fn numbers_names_and_paths_are_unique() {
        let mut seen = HashSet::new();
        macro_rules! check {
            ($($collection:ty),+) => { $(
                assert!(seen.insert(<$collection>::NUMBER.to_string()));
                assert!(seen.insert(<$collection>::COLLECTION.to_owned()));
                assert!(seen.insert(format!("/{}", <$collection>::PATH)));
                assert!(<$collection>::FIELDS.iter().any(|f| f.name == "journal_date"));
                // Notes without the patient's mark would never be shown, or the mark be a note.
                let notes = <$collection>::FIELDS.iter().filter(|f| f.section == Some(Section::Notes));
                let notes: Vec<&str> = notes.map(|f| f.name).collect();
                assert!(notes.is_empty() || notes.len() > 1 && notes.contains(&MARK), "{notes:?}");
            )+ };
        }
        for_each_collection!(check);
    }
}
