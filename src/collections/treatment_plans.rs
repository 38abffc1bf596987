//! Treatment plans: what was agreed, how often, and when it is looked at again.

use super::moment::dated;
use crate::journal::{Context, Rules, collection};
use crate::wire::{Decimal, Faults, Text, Whole, vocabulary};
use chrono::NaiveDate;
use uuid::Uuid;

vocabulary! {
    /// How it stands with a plan.
    pub enum PlanStatus {
        Draft = "draft", Active = "active", Paused = "paused", Completed = "completed",
        Stopped = "stopped",
    }
}

vocabulary! {
    /// Why a plan was stopped.
    pub enum StopReason {
        GoalReached = "goal_reached", NoBenefit = "no_benefit", AdverseEvent = "adverse_event",
        PatientChoice = "patient_choice", Cost = "cost", Moved = "moved" ("Moved away"),
        OtherTreatment = "other_treatment", Other = "other",
    }
}

collection! {
    /// A treatment plan: goal, treatment sessions, frequency, weeks and the point of review.
    ///
    /// The server proposes no schedule: trials agree on none.
    pub struct TreatmentPlan {
        plural: "TreatmentPlans", table: "treatment_plans", path: "treatment-plans", number: 8,
        sections: [Treatment], writers: Both,
        example: {
            "journal_date": "2026-01-27", "goal": "Sit through a working day", "status": "active",
            "start_date": "2026-01-29", "planned_sessions": 8, "frequency_per_week": 0.5,
            "planned_weeks": 16, "review_after_sessions": 4
        },
        fields: {
            /// The day it was agreed.
            journal_date: NaiveDate as Clinical,
            /// What shall be reached.
            goal: Text<1000> as Clinical,
            /// How it stands.
            status: PlanStatus as Clinical,
            /// The complaint it is about.
            pain_episode_id: Option<Uuid> as Clinical,
            /// The first day of the treatment.
            start_date: Option<NaiveDate> as Clinical,
            /// Treatment sessions planned in all.
            planned_sessions: Option<Whole<1, 200>> as Clinical,
            /// Treatment sessions a week; 0.5 is every other week.
            frequency_per_week: Option<Decimal<0, 14, 2>> as Clinical,
            /// Weeks planned.
            planned_weeks: Option<Whole<1, 104>> as Clinical,
            /// After how many attended treatment sessions it is looked at again.
            review_after_sessions: Option<Whole<1, 200>> as Clinical,
            /// The day it is looked at again.
            review_on: Option<NaiveDate> as Clinical,
            /// The first day of a pause.
            paused_from: Option<NaiveDate> as Clinical,
            /// The last day of a pause; null while nobody knows.
            paused_until: Option<NaiveDate> as Clinical,
            /// The day it was completed or stopped.
            ended_on: Option<NaiveDate> as Clinical,
            /// Why it was stopped.
            stop_reason: Option<StopReason> as Clinical,
            /// What `other` as reason means.
            stop_reason_other: Option<Text<200>> as Clinical,
            /// Who referred the patient.
            referred_by: Option<Text<200>> as Clinical,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
            /// May a share that opens notes show the note? A report that was frozen before
            /// keeps it until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
        }
    }
}

dated!(TreatmentPlan);

impl Rules for TreatmentPlan {
    fn settle(&mut self, _previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        super::moment::refuse_future(self.journal_date, "journal_date", context, faults);
        if self.frequency_per_week.is_some_and(|n| n.get() <= 0.0) {
            faults.field("frequency_per_week", "out_of_range", "Must be above 0.");
        }
        let order = [
            ("start_date", self.start_date, "review_on", self.review_on),
            ("start_date", self.start_date, "ended_on", self.ended_on),
            ("start_date", self.start_date, "paused_from", self.paused_from),
            ("paused_from", self.paused_from, "paused_until", self.paused_until),
        ];
        for (earlier, from, later, to) in order {
            if from.zip(to).is_some_and(|(from, to)| to < from) {
                faults.field(later, "contradiction", format!("Must not lie before {earlier}."));
            }
        }
        if self.paused_until.is_some() && self.paused_from.is_none() {
            faults.field("paused_from", "required", "A pause has a first day.");
        }
        if let Some((all, review)) = self.planned_sessions.zip(self.review_after_sessions)
            && review > all
        {
            faults.field(
                "review_after_sessions",
                "contradiction",
                "Must not be more than planned_sessions.",
            );
        }
        if self.stop_reason.is_some() && self.status != PlanStatus::Stopped {
            faults.field("stop_reason", "contradiction", "Only a stopped plan has a reason.");
        }
        let over = matches!(self.status, PlanStatus::Completed | PlanStatus::Stopped);
        if self.ended_on.is_some() && !over {
            faults.field("ended_on", "contradiction", "Only an ended plan has this day.");
        }
        if self.status == PlanStatus::Active && self.start_date.is_none() {
            faults.field("start_date", "required", "An active plan has a first day.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::tests::faults_of;
    use crate::wire::read_body;
    use serde_json::json;

    #[test]
    fn a_plan_does_not_contradict_itself() {
        let plan = json!({"journal_date": "2026-05-01", "goal": "Sit through a working day",
            "status": "active", "start_date": "2026-05-04", "planned_sessions": 8,
            "frequency_per_week": 1, "planned_weeks": 8, "review_after_sessions": 4});
        assert!(faults_of::<TreatmentPlan>(&plan, &json!({})).is_empty());
        for (extra, fault) in [
            (json!({"review_on": "2026-05-01"}), "#/review_on contradiction"),
            (json!({"paused_until": "2026-06-01"}), "#/paused_from required"),
            (
                json!({"paused_from": "2026-06-02", "paused_until": "2026-06-01"}),
                "#/paused_until contradiction",
            ),
            (json!({"review_after_sessions": 9}), "#/review_after_sessions contradiction"),
            (json!({"stop_reason": "cost"}), "#/stop_reason contradiction"),
            (json!({"ended_on": "2026-06-01"}), "#/ended_on contradiction"),
            (json!({"start_date": null}), "#/start_date required"),
            (json!({"frequency_per_week": 0}), "#/frequency_per_week out_of_range"),
        ] {
            assert_eq!(faults_of::<TreatmentPlan>(&plan, &extra), [fault], "{extra}");
        }
        let mut negative = plan;
        negative["planned_weeks"] = json!(-2);
        let faults = read_body::<TreatmentPlan>(&negative).unwrap_err();
        assert_eq!(faults[0].pointer.as_deref(), Some("#/planned_weeks"));
    }
}
