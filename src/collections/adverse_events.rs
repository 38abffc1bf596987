//! Adverse events: what went wrong around a treatment. No cause is claimed.

use super::moment::{check_end, settle_past, timed};
use crate::journal::{Context, Rules, collection};
use crate::time::{Instant, OffsetMinutes, PhoneZone};
use crate::wire::{Faults, Items, Settled, Text, vocabulary};
use chrono::{Duration, NaiveDate};
use uuid::Uuid;

vocabulary! {
    /// What happened.
    pub enum AdverseEventKind {
        Bruising = "bruising", Bleeding = "bleeding", NeedlePain = "needle_pain",
        Fainting = "fainting", Dizziness = "dizziness", Nausea = "nausea",
        Drowsiness = "drowsiness",
        /// The complaint got worse for a time.
        Aggravation = "aggravation",
        /// A burn, from moxa or heat.
        Burn = "burn",
        Infection = "infection", ForgottenNeedle = "forgotten_needle",
        EmotionalReaction = "emotional_reaction",
        /// Sudden shortness of breath or chest pain after needling of the trunk.
        BreathingTrouble = "breathing_trouble",
        Other = "other",
    }
}

vocabulary! {
    /// How bad it was.
    pub enum EventSeverity {
        /// Noticed, but not in the way.
        Mild = "mild",
        /// In the way of daily life.
        Moderate = "moderate",
        /// Made daily life impossible.
        Severe = "severe",
    }
}

vocabulary! {
    /// How likely a practitioner holds it that the treatment caused it; the categories of WHO-UMC.
    pub enum EventRelatedness {
        Unrelated = "unrelated", Unlikely = "unlikely", Possible = "possible",
        Probable = "probable", Certain = "certain",
        /// What is known does not suffice to judge.
        Unassessable = "unassessable",
    }
}

vocabulary! {
    /// What was done about it.
    pub enum ActionTaken {
        None = "none", SelfCare = "self_care",
        /// The treatment was stopped or changed.
        TreatmentChanged = "treatment_changed",
        MedicalCare = "medical_care", EmergencyCare = "emergency_care", Other = "other",
    }
}

vocabulary! {
    /// How it ended.
    pub enum EventOutcome {
        Resolved = "resolved", Ongoing = "ongoing",
        /// Over, but something has remained.
        Sequelae = "sequelae" ("Resolved with sequelae"),
        Unknown = "unknown",
    }
}

collection! {
    /// An adverse event: something unwanted during or after a treatment.
    ///
    /// That it followed a treatment does not mean that it was caused by it. What the patient recorded stays
    /// the patient's; a practitioner says what it is held to be in the members `clinical_…` beside it.
    pub struct AdverseEvent {
        plural: "AdverseEvents", table: "adverse_events", path: "adverse-events", number: 9,
        sections: [Treatment], writers: Both,
        example: {
            "started_at": "2026-01-27T10:00:00.000Z", "ended_at": "2026-01-29T10:00:00.000Z",
            "time_zone": "Europe/Berlin", "kinds": ["bruising"], "severity": "mild",
            "serious": false, "actions": ["self_care"], "outcome": "resolved"
        },
        beside: {
            "clinical_severity": "mild", "clinical_relatedness": "probable",
            "clinical_actions": ["self_care"], "clinical_note": "Small, at one point; pressed longer since."
        },
        fields: {
            /// The journal day it began on; settled from `started_at`.
            journal_date: Settled<NaiveDate> as Clinical,
            /// When it began.
            started_at: Instant as Clinical,
            /// When it was over.
            ended_at: Option<Instant> as Clinical,
            /// The time zone it began in.
            time_zone: PhoneZone as Clinical,
            /// Minutes east of UTC; settled from the zone when left out.
            utc_offset_minutes: Settled<OffsetMinutes> as Clinical,
            /// When it was typed, by the device's clock.
            recorded_at: Option<Instant> as Clinical,
            /// The treatment session before it.
            treatment_session_id: Option<Uuid> as Clinical,
            /// What happened, at least one.
            kinds: Items<AdverseEventKind, 14> as Clinical,
            /// What `other` means.
            kind_other: Option<Text<200>> as Clinical,
            /// How bad it was.
            severity: EventSeverity as Clinical,
            /// Serious: death, danger to life, hospital, lasting disability.
            serious: bool as Clinical,
            /// What was done about it.
            actions: Items<ActionTaken, 6> as Clinical,
            /// What `other` among the actions means.
            action_other: Option<Text<200>> as Clinical,
            /// How it ended.
            outcome: Option<EventOutcome> as Clinical,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
            /// May a share that opens notes show the note? A report that was frozen before
            /// keeps it until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
            /// How bad the practitioner holds it to be, beside the patient's `severity`.
            clinical_severity: Option<EventSeverity> as Beside,
            /// How likely the practitioner holds it that the treatment caused it. No finding of the server.
            clinical_relatedness: Option<EventRelatedness> as Beside,
            /// What the practitioner did about it, beside the patient's `actions`.
            clinical_actions: Items<ActionTaken, 6> as Beside,
            /// The practitioner's note; whoever sees the record sees it.
            clinical_note: Option<Text<4000>> as Beside,
        }
    }
}

timed!(AdverseEvent, started_at);

impl Rules for AdverseEvent {
    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        settle_past(self, previous, context, faults);
        let (start, end) = (("started_at", self.started_at), ("ended_at", self.ended_at));
        check_end(start, end, Duration::days(3660), faults);
        if self.kinds.as_slice().is_empty() {
            faults.field("kinds", "required", "Name at least one.");
        }
        if self.outcome == Some(EventOutcome::Ongoing) && self.ended_at.is_some() {
            faults.field("outcome", "contradiction", "Cannot be ongoing beside ended_at.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::tests::faults_of;
    use serde_json::json;

    #[test]
    fn an_event_has_a_kind_and_an_order() {
        let event = json!({"started_at": "2026-05-04T10:00:00+02:00", "time_zone": "Europe/Berlin",
            "kinds": ["bruising"], "severity": "mild", "serious": false});
        assert!(faults_of::<AdverseEvent>(&event, &json!({})).is_empty());
        assert_eq!(faults_of::<AdverseEvent>(&event, &json!({"kinds": []})), ["#/kinds required"]);
        let ended = json!({"ended_at": "2026-05-05T10:00:00+02:00", "outcome": "ongoing"});
        assert_eq!(faults_of::<AdverseEvent>(&event, &ended), ["#/outcome contradiction"]);
    }
}
