//! What the reader of a report may see of its input: rows of closed sections are gone, and what is
//! left says nothing about them. The report is the same with and without them; a hash of the input
//! is not.

use super::{EntryRow, ReportInput};
use crate::sections::{Section, Sections};
use std::borrow::Cow;

impl ReportInput {
    /// The entries as the reader sees them: where treatment is closed, none is about a treatment session.
    pub(crate) fn entries_seen(&self) -> Cow<'_, [EntryRow]> {
        if self.sections.contains(Section::Treatment) {
            return Cow::Borrowed(&self.entries);
        }
        let mut entries = self.entries.clone();
        for entry in &mut entries {
            entry.kind = entry.kind.seen(self.sections);
        }
        Cow::Owned(entries)
    }

    /// The input without what the reader may not see.
    #[must_use]
    pub fn visible(&self) -> Self {
        let mut input = self.clone();
        let sections = self.sections;
        let closed = |section| !sections.contains(section);
        if closed(Section::Pain) {
            input.flares.clear();
            input.episodes.clear();
        }
        if closed(Section::Sleep) {
            input.sleep.clear();
        }
        if closed(Section::Medication) {
            input.intakes.clear();
        }
        if closed(Section::Treatment) {
            input.sessions.clear();
            input.treatments.clear();
            input.plans.clear();
            input.adverse_events.clear();
            for question in &mut input.questions {
                question.treatment_session_id = None;
            }
        }
        if closed(Section::Assessments) {
            input.assessments.clear();
        }
        if closed(Section::Goals) {
            input.goals.clear();
            input.questions.clear();
        }
        if closed(Section::Notes) {
            input.notes.clear();
        }
        input.notes.retain(|note| is_section_of_note_open(&note.collection, sections));
        for entry in &mut input.entries {
            hide(entry, sections);
        }
        // That there is an entry which says nothing more tells of a closed section, too.
        input.entries.retain(says_something);
        input
    }
}

/// Empties what the reader of an entry may not see.
fn hide(entry: &mut EntryRow, sections: Sections) {
    entry.kind = entry.kind.seen(sections);
    if !sections.contains(Section::Pain) {
        entry.now = None;
        entry.average = None;
        entry.worst = None;
        entry.least = None;
        entry.pain_free_day = None;
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
    if !sections.contains(Section::Mobility) {
        entry.walking_minutes = None;
        entry.steps = None;
        entry.sitting_tolerance_minutes = None;
        entry.standing_tolerance_minutes = None;
        entry.work_impact = None;
        entry.work_minutes_lost = None;
    }
    if !sections.contains(Section::Medication) {
        entry.medication_taken = None;
    }
}

/// Does an entry say anything?
fn says_something(entry: &EntryRow) -> bool {
    let scales = [entry.interference, entry.mood, entry.energy, entry.stress, entry.stiffness];
    let minutes = [
        entry.morning_stiffness_minutes,
        entry.walking_minutes,
        entry.sitting_tolerance_minutes,
        entry.standing_tolerance_minutes,
        entry.work_minutes_lost,
    ];
    entry.is_answered()
        || scales.iter().chain(&minutes).any(Option::is_some)
        || entry.steps.is_some()
        || entry.work_impact.is_some()
        || entry.medication_taken.is_some()
        || !(entry.sites.is_empty() && entry.relief.is_empty() && entry.red_flags.is_empty())
}

/// Is the section open that the notes of a collection belong to beside `notes`? Never of a collection
/// whose notes are no part of a report.
pub(crate) fn is_section_of_note_open(collection: &str, sections: Sections) -> bool {
    let section = match collection {
        // An entry belongs to several sections; its note to that of notes alone.
        "journal_entries" => Section::Notes,
        "flares" | "pain_episodes" => Section::Pain,
        "treatment_sessions" | "treatment_plans" | "adverse_events" => Section::Treatment,
        "medication_intakes" => Section::Medication,
        "assessments" => Section::Assessments,
        "goals" => Section::Goals,
        _ => return false,
    };
    sections.contains(section)
}
