//! The collections: one file each, and one entry in [`ALL`].

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
mod projection;
mod questions;
mod red_flags;
mod reminders;
mod sleep_records;
mod treatment_plans;
mod treatment_sessions;

pub use crate::body_map::{BodyRegion, Laterality};
pub use adverse_events::{
    ActionTaken, AdverseEvent, AdverseEventKind, EventOutcome, EventRelatedness, EventSeverity,
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
pub use projection::Projection;
pub(crate) use projection::projection;
pub use questions::Question;
pub use red_flags::{NOTICE as RED_FLAG_NOTICE, RedFlag};
pub use reminders::{Reminder, ReminderKind, Weekday};
pub use sleep_records::{Night, SleepRecord};
pub use treatment_plans::{PlanStatus, StopReason, TreatmentPlan};
pub use treatment_sessions::{
    Adaptation, Adjunct, NeedlePoint, NeedleResponse, Sensation, Stimulation, Technique,
    TreatmentSession, TreatmentSessionKind, TreatmentSessionStatus,
};

use crate::journal::{Collection, Of};
use crate::routes::Routes;

/// Every collection: those that others refer to before those that refer to them. This is the one list.
pub static ALL: [&dyn Collection; 13] = [
    &Of::<PainEpisode>::COLLECTION,
    &Of::<TreatmentPlan>::COLLECTION,
    &Of::<TreatmentSession>::COLLECTION,
    &Of::<JournalEntry>::COLLECTION,
    &Of::<SleepRecord>::COLLECTION,
    &Of::<MedicationIntake>::COLLECTION,
    &Of::<Flare>::COLLECTION,
    &Of::<Goal>::COLLECTION,
    &Of::<Question>::COLLECTION,
    &Of::<Assessment>::COLLECTION,
    &Of::<AdverseEvent>::COLLECTION,
    &Of::<PractitionerNote>::COLLECTION,
    &Of::<Reminder>::COLLECTION,
];

/// The collection of this name.
pub fn named(name: &str) -> Option<&'static dyn Collection> {
    ALL.into_iter().find(|collection| collection.name() == name)
}

/// Registers the routes of every collection.
pub fn routes(routes: &mut Routes) {
    for collection in ALL {
        collection.routes(routes);
    }
    red_flags::routes(routes);
}

#[cfg(test)]
mod tests {
    use crate::journal::{Context, JOURNAL_DATE, MARK, Record};
    use crate::sections::Section;
    use crate::wire::{Faults, read_body};
    use serde_json::Value;
    use std::collections::HashSet;

    fn judged<C: Record>(body: &Value) -> (C, Faults) {
        let now = "2026-05-10T12:00:00Z".parse().unwrap();
        let mut record: C = read_body(body).unwrap();
        let mut faults = Faults::default();
        record.settle(
            None,
            &Context { now, day_starts: crate::time::DayStarts::always(240) },
            &mut faults,
        );
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
        for collection in super::ALL {
            let definition = collection.definition();
            assert!(seen.insert(definition.number.to_string()));
            assert!(seen.insert(definition.name.to_owned()));
            assert!(seen.insert(format!("/{}", definition.path)));
            assert!(definition.field(JOURNAL_DATE).is_some());
            // Notes without the patient's mark would never be shown, or the mark be a note.
            let notes = definition.fields.iter().filter(|f| f.section == Some(Section::Notes));
            let notes: Vec<&str> = notes.map(|f| f.name).collect();
            assert!(notes.is_empty() || notes.len() > 1 && notes.contains(&MARK), "{notes:?}");
        }
    }
}
