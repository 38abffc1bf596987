//! Medication intakes: what was taken, when, and whether it helped.

use super::moment::{settle_past, timed};
use super::pain::Helped;
use crate::journal::{Context, Rules, collection};
use crate::time::{Instant, OffsetMinutes, PhoneZone};
use crate::wire::{Decimal, Faults, Settled, Text, vocabulary};
use chrono::NaiveDate;

vocabulary! {
    /// Why it was taken.
    pub enum IntakeKind {
        /// Regularly, whether it hurts or not.
        Preventive = "preventive",
        /// Against pain that is there.
        Relief = "relief",
    }
}

vocabulary! {
    /// The unit of a dose.
    pub enum DoseUnit {
        Milligram = "mg" ("mg"), Microgram = "mcg" ("µg"), Gram = "g" ("g"), Millilitre = "ml" ("ml"),
        /// International units.
        InternationalUnit = "iu" ("IU"),
        Tablet = "tablet", Capsule = "capsule", Drop = "drop", Puff = "puff", Patch = "patch",
        /// One application of a cream or gel.
        Application = "application",
        Other = "other",
    }
}

collection! {
    /// A medication intake: something taken, as a preventive or against pain.
    ///
    /// A day without intakes is unknown, not a day without medication: that is
    /// `medication_taken: false` in its journal entry.
    pub struct MedicationIntake {
        plural: "MedicationIntakes", table: "medication_intakes", path: "medication-intakes", number: 4,
        sections: [Medication], writers: Patient,
        example: {
            "taken_at": "2026-01-27T07:00:00.000Z", "time_zone": "Europe/Berlin", "kind": "relief",
            "name": "Ibuprofen", "dose": 0.4, "dose_unit": "g", "helped": "some"
        },
        fields: {
            /// The journal day it belongs to; settled from `taken_at`.
            journal_date: Settled<NaiveDate>,
            /// When it was taken.
            taken_at: Instant,
            /// The time zone the phone was in.
            time_zone: PhoneZone,
            /// Minutes east of UTC; settled from the zone when left out.
            utc_offset_minutes: Settled<OffsetMinutes>,
            /// When it was typed, by the phone's clock.
            recorded_at: Option<Instant>,
            /// Why it was taken.
            kind: IntakeKind,
            /// What was taken, as on the package.
            name: Text<200>,
            /// How much, in `dose_unit`.
            dose: Option<Decimal<0, 100_000, 3>>,
            /// The unit of the dose.
            dose_unit: Option<DoseUnit>,
            /// What `other` as unit means.
            dose_unit_other: Option<Text<60>>,
            /// How much it helped.
            helped: Option<Helped>,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
            /// May a share that opens notes show the note? A report that was frozen before
            /// keeps it until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
        }
    }
}

timed!(MedicationIntake, taken_at);

impl Rules for MedicationIntake {
    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        settle_past(self, previous, context, faults);
        if self.dose.is_some() && self.dose_unit.is_none() {
            faults.field("dose_unit", "required", "A dose needs its unit.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::tests::faults_of;
    use serde_json::json;

    #[test]
    fn a_dose_needs_its_unit_and_nothing_is_taken_tomorrow() {
        let intake = json!({"taken_at": "2026-05-09T08:00:00+02:00", "time_zone": "Europe/Berlin",
            "kind": "relief", "name": "Ibuprofen"});
        assert!(faults_of::<MedicationIntake>(&intake, &json!({})).is_empty());
        let dose = json!({"dose": 400});
        assert_eq!(faults_of::<MedicationIntake>(&intake, &dose), ["#/dose_unit required"]);
        let unit = json!({"dose": 2.5, "dose_unit": "mg"});
        assert!(faults_of::<MedicationIntake>(&intake, &unit).is_empty());
        let ahead = json!({"taken_at": "2026-05-12T08:00:00+02:00"});
        assert_eq!(
            faults_of::<MedicationIntake>(&intake, &ahead),
            ["#/taken_at date_out_of_range"]
        );
    }
}
