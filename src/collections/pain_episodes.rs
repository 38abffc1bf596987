//! Pain episodes: one complaint over time.

use super::moment::{dated, refuse_future};
use super::pain::{Helped, ReliefMeans, check_side};
use super::{BodyRegion, Laterality};
use crate::journal::{Context, Rules, collection};
use crate::wire::{At, Faults, Items, Json, Text, vocabulary, wire};
use chrono::NaiveDate;

vocabulary! {
    /// What the complaint is held to be, by whoever answers for the record. No finding of the server.
    pub enum Condition {
        MuscleStrainSprain = "muscle_strain_sprain" ("Muscle strain, sprain"),
        MuscleSpasm = "muscle_spasm", MyofascialTension = "myofascial_tension",
        DiscBulgeHerniation = "disc_bulge_herniation" ("Disc bulge, herniation"),
        DiscDegeneration = "disc_degeneration",
        SciaticaRadiculopathy = "sciatica_radiculopathy" ("Sciatica, radiculopathy"),
        Arthritis = "arthritis", Spondylosis = "spondylosis", SpinalStenosis = "spinal_stenosis",
        FacetJoint = "facet_joint" ("Facet joint irritation"),
        JointInstability = "joint_instability" ("Joint restriction or instability"),
        /// After an operation.
        PostSurgical = "post_surgical",
        PregnancyRelated = "pregnancy_related", SportsInjury = "sports_injury",
        TrafficInjury = "traffic_injury", StressRelated = "stress_related",
        CentralSensitization = "central_sensitization" ("Nerve sensitization"),
        Unspecified = "unspecified", Other = "other",
    }
}

vocabulary! {
    /// How the complaint began.
    pub enum Mechanism {
        Gradual = "gradual", Sudden = "sudden" ("Suddenly, without a cause"), Lifting = "lifting",
        Fall = "fall", Traffic = "traffic" ("Traffic accident"), Sports = "sports", Work = "work",
        Surgery = "surgery", Pregnancy = "pregnancy", Unknown = "unknown", Other = "other",
    }
}

vocabulary! {
    /// How it stands with the complaint.
    pub enum EpisodeStatus {
        Active = "active", Resolved = "resolved",
    }
}

vocabulary! {
    /// How exactly a day is known.
    pub enum DatePrecision {
        Day = "day", Month = "month", Year = "year",
    }
}

wire! {
    /// A treatment before this one.
    pub struct PriorTreatment {
        /// What it was.
        what: ReliefMeans,
        /// What `other` means, or more about it.
        detail: Option<Text<200>>,
        /// How much it helped.
        helped: Option<Helped>,
    }
}

collection! {
    /// A pain episode: one complaint over time.
    ///
    /// Whether it is acute or chronic follows from `onset_date` and is not stored. What the patient recorded
    /// stays the patient's; a practitioner says what it is held to be in the members `clinical_…` beside it.
    pub struct PainEpisode {
        plural: "PainEpisodes", table: "pain_episodes", path: "pain-episodes", number: 7,
        sections: [Pain], writers: Both,
        example: {
            "journal_date": "2026-01-27", "label": "My back", "status": "active",
            "onset_date": "2019-05-01", "onset_precision": "month", "mechanism": "lifting",
            "conditions": ["disc_bulge_herniation"], "primary_region": "low_back",
            "laterality": "left",
            "prior_treatments": [{"what": "physio", "detail": "six sessions", "helped": "some"}]
        },
        beside: {
            "clinical_conditions": ["disc_bulge_herniation"],
            "clinical_note": "No sign of a nerve root today."
        },
        fields: {
            /// The day it was written down.
            journal_date: NaiveDate as Clinical,
            /// What the patient calls it.
            label: Text<200>,
            /// When it began; where only month or year is known, the first day of it.
            onset_date: Option<NaiveDate>,
            /// How exactly that is known.
            onset_precision: Option<DatePrecision>,
            /// How it began.
            mechanism: Option<Mechanism>,
            /// What `other` as mechanism means.
            mechanism_other: Option<Text<200>>,
            /// What it is held to be by whoever made the record: the patient, or a practitioner.
            conditions: Items<Condition, 19> as Clinical,
            /// What `other` among the conditions means.
            condition_other: Option<Text<200>> as Clinical,
            /// The main region.
            primary_region: Option<BodyRegion>,
            /// Its side; the patient's own left and right.
            laterality: Option<Laterality>,
            /// What was tried before.
            prior_treatments: Json<Items<PriorTreatment, 30>>,
            /// How it stands.
            status: EpisodeStatus,
            /// When it was over.
            resolved_on: Option<NaiveDate>,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
            /// May a share that opens notes show the note? A report that was frozen before
            /// keeps it until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
            /// What the practitioner holds it to be, beside the patient's `conditions`.
            clinical_conditions: Items<Condition, 19> as Beside,
            /// The practitioner's note, also on what `other` means; whoever sees the record sees it.
            clinical_note: Option<Text<4000>> as Beside,
        }
    }
}

dated!(PainEpisode);

impl Rules for PainEpisode {
    fn settle(&mut self, _previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        refuse_future(self.journal_date, "journal_date", context, faults);
        if let Some(onset) = self.onset_date {
            refuse_future(onset, "onset_date", context, faults);
        } else if self.onset_precision.is_some() {
            faults.field("onset_precision", "contradiction", "Without onset_date it says nothing.");
        }
        if let Some(region) = self.primary_region {
            let root = At::root();
            check_side(region, self.laterality, &root.key("laterality"), faults);
        } else if self.laterality.is_some() {
            faults.field("laterality", "contradiction", "Without primary_region it says nothing.");
        }
        if let Some(resolved) = self.resolved_on {
            if self.status != EpisodeStatus::Resolved {
                faults.field("resolved_on", "contradiction", "Only a resolved episode has it.");
            }
            if self.onset_date.is_some_and(|onset| resolved < onset) {
                faults.field("resolved_on", "contradiction", "Must not lie before onset_date.");
            }
            refuse_future(resolved, "resolved_on", context, faults);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::tests::faults_of;
    use serde_json::json;

    #[test]
    fn days_and_sides_must_fit() {
        let episode = json!({"journal_date": "2026-05-01", "label": "My back", "status": "active"});
        let known = json!({"onset_date": "2019-01-01", "onset_precision": "year",
            "primary_region": "low_back", "laterality": "left"});
        assert!(faults_of::<PainEpisode>(&episode, &known).is_empty());
        for (extra, fault) in [
            (json!({"onset_precision": "year"}), "#/onset_precision contradiction"),
            (json!({"onset_date": "2026-06-01"}), "#/onset_date date_out_of_range"),
            (json!({"laterality": "left"}), "#/laterality contradiction"),
            (
                json!({"primary_region": "sacrum", "laterality": "left"}),
                "#/laterality contradiction",
            ),
            (json!({"resolved_on": "2026-05-02"}), "#/resolved_on contradiction"),
            (
                json!({"status": "resolved", "resolved_on": "2026-05-02", "onset_date": "2026-05-03"}),
                "#/resolved_on contradiction",
            ),
        ] {
            assert_eq!(faults_of::<PainEpisode>(&episode, &extra), [fault], "{extra}");
        }
    }
}
