//! What the reader of a report may see of its input: rows of closed sections are gone, and what is
//! left says nothing about them. The report is the same with and without them; a hash of the input
//! is not.

use super::clinical::EntryRow;
use crate::report::rows::{
    PainRow, ReportInput, SECTION_ASSESSMENTS, SECTION_GOALS, SECTION_MEDICATION, SECTION_MOBILITY,
    SECTION_NOTES, SECTION_PAIN, SECTION_SLEEP, SECTION_TREATMENT, Sections,
};

impl ReportInput {
    /// The input without what the reader may not see.
    #[must_use]
    pub fn visible(&self) -> Self {
        let mut input = self.clone();
        let sections = &self.sections;
        let closed = |section| !sections.shows(section);
        input.ratings.retain(PainRow::is_answered);
        if closed(SECTION_PAIN) {
            input.ratings.clear();
            input.flares.clear();
            input.episodes.clear();
        }
        if closed(SECTION_SLEEP) {
            input.sleep.clear();
        }
        if closed(SECTION_MEDICATION) {
            input.intakes.clear();
        }
        if closed(SECTION_TREATMENT) {
            input.sessions.clear();
            input.plans.clear();
            input.adverse_events.clear();
        }
        if closed(SECTION_ASSESSMENTS) {
            input.assessments.clear();
        }
        if closed(SECTION_GOALS) {
            input.goals.clear();
            input.questions.clear();
        }
        let is_open = |collection: &str| section_of(collection).is_some_and(|s| sections.shows(s));
        input.notes.retain(|note| sections.shows(SECTION_NOTES) && is_open(&note.collection));
        for entry in &mut input.entries {
            hide(entry, sections);
        }
        // That there is an entry which says nothing more tells of a closed section, too.
        input.entries.retain(says_something);
        input
    }
}

/// Empties what the reader of an entry may not see.
fn hide(entry: &mut EntryRow, sections: &Sections) {
    if !sections.shows(SECTION_PAIN) {
        entry.interference = None;
        entry.mood = None;
        entry.energy = None;
        entry.stress = None;
        entry.stiffness = None;
        entry.morning_stiffness_minutes = None;
        entry.sites.clear();
        entry.relief.clear();
        entry.red_flags.clear();
    }
    if !sections.shows(SECTION_MOBILITY) {
        entry.walking_minutes = None;
        entry.steps = None;
        entry.sitting_tolerance_minutes = None;
        entry.standing_tolerance_minutes = None;
        entry.work_impact = None;
        entry.work_minutes_lost = None;
    }
    if !sections.shows(SECTION_MEDICATION) {
        entry.medication_taken = None;
    }
}

/// Does an entry say anything beside pain?
fn says_something(entry: &EntryRow) -> bool {
    let scales = [entry.interference, entry.mood, entry.energy, entry.stress, entry.stiffness];
    let minutes = [
        entry.morning_stiffness_minutes,
        entry.walking_minutes,
        entry.sitting_tolerance_minutes,
        entry.standing_tolerance_minutes,
        entry.work_minutes_lost,
    ];
    scales.iter().chain(&minutes).any(Option::is_some)
        || entry.steps.is_some()
        || entry.work_impact.is_some()
        || entry.medication_taken.is_some()
        || !(entry.sites.is_empty() && entry.relief.is_empty() && entry.red_flags.is_empty())
}

/// The section beside `notes` that must be open for the notes of a collection to be read; `None`
/// for a collection whose notes are never part of a report.
pub(crate) fn section_of(collection: &str) -> Option<&'static str> {
    Some(match collection {
        // An entry belongs to several sections; its note to that of notes alone.
        "journal_entries" => SECTION_NOTES,
        "flares" | "pain_episodes" => SECTION_PAIN,
        "treatment_sessions" | "treatment_plans" | "adverse_events" => SECTION_TREATMENT,
        "medication_intakes" => SECTION_MEDICATION,
        "assessments" => SECTION_ASSESSMENTS,
        "goals" => SECTION_GOALS,
        _ => return None,
    })
}
