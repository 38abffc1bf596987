//! Goals: what the patient wants to be able to do again, in the patient's own words.

use super::moment::{dated, refuse_future};
use super::pain::Nrs;
use crate::journal::{Context, Rules, collection};
use crate::wire::{Faults, Text, vocabulary};
use chrono::NaiveDate;

vocabulary! {
    /// What a goal is about.
    pub enum GoalKind {
        /// Something to do again: carry the shopping, sit through a film.
        Activity = "activity",
        LessPain = "less_pain", Sleep = "sleep", Mobility = "mobility", Work = "work", Mood = "mood",
        /// The patient's own wish; the server never advises it.
        ReduceMedication = "reduce_medication",
        Other = "other",
    }
}

vocabulary! {
    /// How it stands with a goal.
    pub enum GoalStatus {
        Open = "open", Reached = "reached",
        /// Given up or no longer wanted.
        Dropped = "dropped",
    }
}

collection! {
    /// A goal: what the patient wants to reach, in the patient's own words.
    pub struct Goal {
        plural: "Goals", table: "goals", path: "goals", number: 6,
        sections: [Goals], writers: Patient,
        example: {
            "journal_date": "2026-01-27", "kind": "activity", "status": "open",
            "text": "Carry the shopping up two floors", "importance": 8,
            "target_date": "2026-06-30"
        },
        fields: {
            /// The day it was set.
            journal_date: NaiveDate,
            /// What it is about.
            kind: GoalKind,
            /// What shall be reached.
            text: Text<500>,
            /// How much it matters, 0 to 10.
            importance: Option<Nrs>,
            /// By when.
            target_date: Option<NaiveDate>,
            /// How it stands.
            status: GoalStatus,
            /// When it was reached.
            reached_on: Option<NaiveDate>,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
            /// May a share that opens notes show the note? A report that was frozen before
            /// keeps it until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
        }
    }
}

dated!(Goal);

impl Rules for Goal {
    fn settle(&mut self, _previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        refuse_future(self.journal_date, "journal_date", context, faults);
        if self.target_date.is_some_and(|target| target < self.journal_date) {
            faults.field("target_date", "contradiction", "Must not lie before journal_date.");
        }
        if let Some(reached) = self.reached_on {
            if self.status != GoalStatus::Reached {
                faults.field("reached_on", "contradiction", "Only a reached goal has this day.");
            }
            if reached < self.journal_date {
                faults.field("reached_on", "contradiction", "Must not lie before journal_date.");
            }
            refuse_future(reached, "reached_on", context, faults);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::tests::faults_of;
    use serde_json::json;

    #[test]
    fn the_days_of_a_goal_have_an_order() {
        let goal = json!({"journal_date": "2026-05-01", "kind": "activity", "status": "open",
            "text": "Carry the shopping up two floors"});
        assert!(faults_of::<Goal>(&goal, &json!({"target_date": "2026-08-01"})).is_empty());
        for (extra, faults) in [
            (json!({"target_date": "2026-04-01"}), vec!["#/target_date contradiction"]),
            (json!({"reached_on": "2026-05-03"}), vec!["#/reached_on contradiction"]),
            (
                json!({"status": "reached", "reached_on": "2026-04-03"}),
                vec!["#/reached_on contradiction"],
            ),
            (
                json!({"status": "reached", "reached_on": "2026-06-03"}),
                vec!["#/reached_on date_out_of_range"],
            ),
            (json!({"journal_date": "2026-06-01"}), vec!["#/journal_date date_out_of_range"]),
        ] {
            assert_eq!(faults_of::<Goal>(&goal, &extra), faults, "{extra}");
        }
    }
}
