//! The patient's own words: complaints, treatment plans, goals, and the notes the patient chose to
//! share.

use crate::report::rows::{EpisodeRow, GoalRow, NoteRow, PlanRow, is_section_of_note_open};
use crate::report::rules::statement::{ReportCode, ReportWindow, codes};
use crate::sections::Sections;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A goal in the patient's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedGoal {
    /// The record.
    pub goal_id: Uuid,
    /// Journal day it was set.
    pub set_on: NaiveDate,
    /// What it is about.
    pub kind: ReportCode,
    /// What shall be reached, in the patient's words.
    #[schema(max_length = 500)]
    pub text: String,
    /// How much it matters, 0 to 10; null where not answered.
    #[schema(required, minimum = 0, maximum = 10)]
    pub importance: Option<i32>,
    /// By when; null where open.
    #[schema(required)]
    pub target_date: Option<NaiveDate>,
    /// `open`, `reached` or `dropped`.
    pub status: ReportCode,
    /// Journal day it was reached; null where it was not, or not said.
    #[schema(required)]
    pub reached_on: Option<NaiveDate>,
}

/// A treatment plan: the course the report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedPlan {
    /// The record.
    pub treatment_plan_id: Uuid,
    /// Journal day it was agreed.
    pub agreed_on: NaiveDate,
    /// What shall be reached.
    #[schema(max_length = 1000)]
    pub goal: String,
    /// `draft`, `active`, `paused`, `completed` or `stopped`.
    pub status: ReportCode,
    /// First day of the treatment; null where not set.
    #[schema(required)]
    pub start_date: Option<NaiveDate>,
    /// The day it was completed or stopped; null where it was not, or not said.
    #[schema(required)]
    pub ended_on: Option<NaiveDate>,
    /// Treatment sessions planned in all; null where not set.
    #[schema(required, minimum = 1, maximum = 200)]
    pub planned_sessions: Option<i32>,
}

/// A complaint as the patient calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedComplaint {
    /// The record.
    pub pain_episode_id: Uuid,
    /// What the patient calls it.
    #[schema(max_length = 200)]
    pub label: String,
    /// When it began; null where not said.
    #[schema(required)]
    pub onset_date: Option<NaiveDate>,
    /// How exactly that is known: `day`, `month` or `year`; null where not said.
    #[schema(required)]
    pub onset_precision: Option<ReportCode>,
    /// `active` or `resolved`.
    pub status: ReportCode,
    /// What it is held to be by whoever noted it.
    #[serde(default)]
    #[schema(required, max_items = 19)]
    pub conditions: Vec<ReportCode>,
    /// What `other` among these means; null where not said.
    #[serde(default)]
    #[schema(required, max_length = 200)]
    pub condition_other: Option<String>,
    /// What a practitioner holds it to be, beside `conditions`.
    #[serde(default)]
    #[schema(required, max_items = 19)]
    pub clinical_conditions: Vec<ReportCode>,
    /// The practitioner's note; null where there is none.
    #[serde(default)]
    #[schema(required, max_length = 4000)]
    pub clinical_note: Option<String>,
}

/// A note the patient marked as shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharedNote {
    /// Journal day of the record it stands in.
    pub journal_date: NaiveDate,
    /// The collection of that record.
    pub collection: ReportCode,
    /// That record.
    pub record_id: Uuid,
    /// The note; null where the record has a trigger in words alone.
    #[schema(required, max_length = 4000)]
    pub text: Option<String>,
    /// A trigger in the patient's words; null where there is none.
    #[schema(required, max_length = 200)]
    pub trigger_text: Option<String>,
}

/// The goals set up to the end of a window, in the order they were set.
pub(crate) fn goals(rows: &[GoalRow], window: Option<ReportWindow>) -> Vec<ReportedGoal> {
    let mut rows: Vec<&GoalRow> =
        rows.iter().filter(|row| window.is_some_and(|w| row.set_on <= w.to)).collect();
    rows.sort_unstable_by_key(|row| (row.set_on, row.id));
    rows.into_iter()
        .map(|row| ReportedGoal {
            goal_id: row.id,
            set_on: row.set_on,
            kind: row.kind.into(),
            text: row.text.clone(),
            importance: row.importance.map(i32::from),
            target_date: row.target_date,
            status: row.status.into(),
            reached_on: row.reached_on,
        })
        .collect()
}

/// The plans that were agreed by the end of a window and had not ended before it began.
pub(crate) fn plans(rows: &[PlanRow], window: Option<ReportWindow>) -> Vec<ReportedPlan> {
    let touches = |row: &&PlanRow, window: ReportWindow| {
        row.start_date.unwrap_or(row.agreed_on).min(row.agreed_on) <= window.to
            && row.ended_on.is_none_or(|ended| ended >= window.from)
    };
    let mut rows: Vec<&PlanRow> =
        rows.iter().filter(|row| window.is_some_and(|window| touches(row, window))).collect();
    rows.sort_unstable_by_key(|row| (row.agreed_on, row.id));
    rows.into_iter()
        .map(|row| ReportedPlan {
            treatment_plan_id: row.id,
            agreed_on: row.agreed_on,
            goal: row.goal.clone(),
            status: row.status.into(),
            start_date: row.start_date,
            ended_on: row.ended_on,
            planned_sessions: row.planned_sessions,
        })
        .collect()
}

/// The complaints noted by the end of a window, in the order they were noted.
pub(crate) fn complaints(
    rows: &[EpisodeRow],
    window: Option<ReportWindow>,
) -> Vec<ReportedComplaint> {
    let mut rows: Vec<&EpisodeRow> =
        rows.iter().filter(|row| window.is_some_and(|w| row.noted_on <= w.to)).collect();
    rows.sort_unstable_by_key(|row| (row.noted_on, row.id));
    rows.into_iter()
        .map(|row| ReportedComplaint {
            pain_episode_id: row.id,
            label: row.label.clone(),
            onset_date: row.onset_date,
            onset_precision: row.onset_precision.map(ReportCode::from),
            status: row.status.into(),
            conditions: codes(&row.conditions),
            condition_other: row.condition_other.clone(),
            clinical_conditions: codes(&row.clinical_conditions),
            clinical_note: row.clinical_note.clone(),
        })
        .collect()
}

/// The shared notes of a window in the order of the days, as far as the sections show them.
pub(crate) fn notes(
    rows: &[NoteRow],
    sections: Sections,
    window: Option<ReportWindow>,
) -> Vec<SharedNote> {
    let is_open = |row: &&NoteRow| {
        is_section_of_note_open(&row.collection, sections)
            && window.is_some_and(|window| window.contains(row.journal_date))
    };
    let mut rows: Vec<&NoteRow> = rows.iter().filter(is_open).collect();
    rows.sort_unstable_by_key(|row| (row.journal_date, &row.collection, row.id));
    rows.into_iter()
        .map(|row| SharedNote {
            journal_date: row.journal_date,
            collection: row.collection.as_str().into(),
            record_id: row.id,
            text: row.text.clone(),
            trigger_text: row.trigger_text.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{date, episode, goal, note, plan};
    use crate::sections::{Section, Sections};

    #[test]
    fn goals_and_complaints_may_be_older_than_the_window() {
        let window = ReportWindow::new(date(10), date(20));
        let goals = goals(&[goal(15), goal(2), goal(21)], window);
        let set: Vec<_> = goals.iter().map(|goal| goal.set_on).collect();
        assert_eq!(set, [date(2), date(15)]);
        assert_eq!(complaints(&[episode(2), episode(21)], window).len(), 1);
    }

    #[test]
    fn a_plan_belongs_to_the_window_it_touches() {
        let window = ReportWindow::new(date(10), date(20));
        let ended = |day, last| PlanRow { ended_on: Some(date(last)), ..plan(day) };
        assert_eq!(plans(&[plan(2), plan(21), ended(2, 9), ended(2, 10)], window).len(), 2);
        assert_eq!(plans(&[plan(2)], None), []);
    }

    #[test]
    fn a_note_needs_its_own_section_open_too() {
        let rows =
            [note(12, "journal_entries"), note(11, "flares"), note(13, "practitioner_notes")];
        let window = ReportWindow::new(date(10), date(20));
        let seen = |omitted: &[Section]| -> Vec<NaiveDate> {
            let sections = Sections::ALL.without(Sections::of(omitted));
            notes(&rows, sections, window).iter().map(|note| note.journal_date).collect()
        };
        assert_eq!(seen(&[]), [date(11), date(12)]);
        assert_eq!(seen(&[Section::Pain]), [date(12)]);
        assert_eq!(seen(&[Section::Notes]), [date(11)]);
    }
}
