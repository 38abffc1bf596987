//! Treatment sessions: visits to the clinic.

use super::Laterality;
use super::moment::{
    Timed as _, check_end, refuse_future_by, settle_offset, settle_strictly, timed,
};
use crate::journal::{Context, Rules, collection};
use crate::time::{Instant, OffsetMinutes, PhoneZone};
use crate::wire::{Decimal, Faults, Items, Json, Settled, Text, Whole, vocabulary, wire};
use chrono::{Duration, NaiveDate};
use uuid::Uuid;

/// No visit lasts longer than this.
const LONGEST_VISIT: Duration = Duration::hours(24);

vocabulary! {
    /// What became of a visit.
    pub enum TreatmentSessionStatus as "SessionStatus" {
        /// It lies ahead.
        Planned = "planned",
        /// It took place.
        Attended = "attended",
        /// The patient did not come.
        Missed = "missed",
        /// The patient called it off.
        CancelledPatient = "cancelled_patient",
        /// The clinic called it off.
        CancelledClinic = "cancelled_clinic",
    }
}

vocabulary! {
    /// What a visit is for.
    pub enum TreatmentSessionKind as "SessionKind" {
        Consultation = "consultation", Treatment = "treatment", Review = "review",
    }
}

vocabulary! {
    /// What was done.
    pub enum Technique {
        ManualNeedling = "manual_needling", TriggerPoint = "trigger_point",
        DryNeedling = "dry_needling", Distal = "distal", Indirect = "indirect",
        Periosteal = "periosteal", Electroacupuncture = "electroacupuncture",
        Auricular = "auricular", Scalp = "scalp", Moxibustion = "moxibustion", Heat = "heat",
        Cupping = "cupping", GuaSha = "gua_sha", MicroNeedling = "micro_needling",
        TuinaMassage = "tuina_massage", MovementTherapy = "movement_therapy",
        ExerciseAdvice = "exercise_advice", Other = "other",
    }
}

vocabulary! {
    /// What the treatment was adapted to.
    pub enum Adaptation {
        NeedleAversion = "needle_aversion", AcuteSpasm = "acute_spasm", Pregnancy = "pregnancy",
        Other = "other",
    }
}

vocabulary! {
    /// What the patient felt during it.
    pub enum Sensation {
        Warmth = "warmth", Pressure = "pressure", DullAche = "dull_ache", Tingling = "tingling",
        Heaviness = "heaviness", Sharp = "sharp", None = "none",
    }
}

vocabulary! {
    /// How the needles were stimulated (STRICTA 2010, item 2e).
    pub enum Stimulation {
        None = "none", Manual = "manual", Electrical = "electrical", Heat = "heat", Other = "other",
    }
}

vocabulary! {
    /// The response that was sought or obtained (STRICTA 2010, item 2d).
    pub enum NeedleResponse {
        /// The sensation of needling: dull, heavy, spreading.
        DeQi = "de_qi" ("De qi"),
        /// A visible twitch of the muscle.
        MuscleTwitch = "muscle_twitch",
        /// None was sought, or none was obtained.
        None = "none",
        Other = "other",
    }
}

vocabulary! {
    /// What was done or advised beside the needles (STRICTA 2010, item 4a).
    pub enum Adjunct {
        Exercise = "exercise", Stretching = "stretching", Massage = "massage", Heat = "heat",
        Cupping = "cupping", Physiotherapy = "physiotherapy", Breathing = "breathing",
        PostureAdvice = "posture_advice", LifestyleAdvice = "lifestyle_advice",
        Medication = "medication", Other = "other",
    }
}

wire! {
    /// A point that was needled (STRICTA 2010, items 2b and 2c).
    pub struct NeedlePoint {
        /// Its standard name, as `BL23`, or where it is in plain words.
        name: Text<60>,
        /// The side; the patient's own left and right.
        laterality: Option<Laterality>,
        /// How deep, in millimetres.
        depth_mm: Option<Decimal<0, 150, 1>>,
    }
}

collection! {
    /// A treatment session: a visit planned, attended, missed or cancelled.
    ///
    /// What was done follows STRICTA 2010. Once a practitioner has recorded in it, the patient keeps
    /// the own fields (`sensations`, the note) and the practitioner answers for the others.
    pub struct TreatmentSession {
        plural: "TreatmentSessions", table: "treatment_sessions", path: "treatment-sessions", number: 3,
        sections: [Treatment], writers: Both,
        example: {
            "status": "attended", "kind": "treatment", "starts_at": "2026-01-27T08:00:00.000Z",
            "ends_at": "2026-01-27T08:40:00.000Z", "time_zone": "Europe/Berlin",
            "techniques": ["distal", "heat"], "sensations": ["warmth"]
        },
        fields: {
            /// The journal day it starts on; settled from `starts_at`.
            journal_date: Settled<NaiveDate> as Clinical,
            /// What became of it.
            status: TreatmentSessionStatus as Clinical,
            /// What it is for.
            kind: TreatmentSessionKind as Clinical,
            /// When it starts.
            starts_at: Instant as Clinical,
            /// When it ends.
            ends_at: Option<Instant> as Clinical,
            /// The time zone of the visit.
            time_zone: PhoneZone as Clinical,
            /// Minutes east of UTC at its start; settled from the zone when left out.
            utc_offset_minutes: Settled<OffsetMinutes> as Clinical,
            /// When it was typed, by the device's clock.
            recorded_at: Option<Instant> as Clinical,
            /// The plan it belongs to.
            treatment_plan_id: Option<Uuid> as Clinical,
            /// The complaint it is about.
            pain_episode_id: Option<Uuid> as Clinical,
            /// What was done.
            techniques: Items<Technique, 18> as Clinical,
            /// What `other` among the techniques means.
            technique_other: Option<Text<200>> as Clinical,
            /// What it was adapted to.
            adaptations: Items<Adaptation, 4> as Clinical,
            /// What `other` among the adaptations means.
            adaptation_other: Option<Text<200>> as Clinical,
            /// The points, with side and depth.
            points: Json<Items<NeedlePoint, 60>> as Clinical,
            /// Needles inserted in all.
            needle_count: Option<Whole<0, 200>> as Clinical,
            /// How long the needles stayed, in minutes.
            retention_minutes: Option<Whole<0, 180>> as Clinical,
            /// The diameter of the needles, in millimetres.
            needle_diameter_mm: Option<Decimal<0, 2, 2>> as Clinical,
            /// The length of the needles, in millimetres.
            needle_length_mm: Option<Decimal<0, 150, 1>> as Clinical,
            /// Maker and material of the needles.
            needle_type: Option<Text<200>> as Clinical,
            /// How the needles were stimulated.
            stimulation: Items<Stimulation, 5> as Clinical,
            /// The frequency of electrical stimulation, in hertz.
            electrical_frequency_hz: Option<Decimal<0, 1000, 1>> as Clinical,
            /// The response that was sought.
            response_sought: Items<NeedleResponse, 4> as Clinical,
            /// The response that was obtained.
            response_obtained: Items<NeedleResponse, 4> as Clinical,
            /// What was done or advised besides.
            adjuncts: Items<Adjunct, 11> as Clinical,
            /// What `other` among the adjuncts means.
            adjunct_other: Option<Text<200>> as Clinical,
            /// What the patient felt.
            sensations: Items<Sensation, 7>,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
            /// May a share that opens notes show the note? A report that was frozen before
            /// keeps it until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
        }
    }
}

timed!(TreatmentSession, starts_at);

impl Rules for TreatmentSession {
    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        let day = settle_strictly(self, previous, context, faults);
        if matches!(self.status, TreatmentSessionStatus::Attended | TreatmentSessionStatus::Missed)
        {
            let offset = settle_offset(&self.moment());
            refuse_future_by(offset, day, "starts_at", context, faults);
        }
        let (start, end) = (("starts_at", self.starts_at), ("ends_at", self.ends_at));
        check_end(start, end, LONGEST_VISIT, faults);
        if self.response_sought.as_slice().contains(&NeedleResponse::None)
            && self.response_sought.as_slice().len() > 1
        {
            faults.field("response_sought", "contradiction", "`none` stands alone.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::read_body;
    use serde_json::{Value, json};

    fn faults(body: &Value) -> Vec<String> {
        let now = "2026-05-10T12:00:00Z".parse().unwrap();
        let mut visit: TreatmentSession = read_body(body).unwrap();
        let mut faults = Faults::default();
        visit.settle(
            None,
            &Context { now, day_starts: crate::time::DayStarts::always(240) },
            &mut faults,
        );
        faults.into_vec().into_iter().filter_map(|f| f.pointer).collect()
    }

    #[test]
    fn a_visit_has_an_order_and_only_plans_lie_ahead() {
        let visit = |status: &str, starts: &str, ends: &str| {
            json!({"status": status, "kind": "treatment", "starts_at": starts, "ends_at": ends,
                "time_zone": "Europe/Berlin"})
        };
        let (nine, ten) = ("2026-05-04T09:00:00+02:00", "2026-05-04T10:00:00+02:00");
        assert!(faults(&visit("attended", nine, ten)).is_empty());
        assert_eq!(faults(&visit("attended", ten, nine)), ["#/ends_at"]);
        assert_eq!(faults(&visit("attended", nine, "2026-05-06T09:00:00+02:00")), ["#/ends_at"]);
        let (ahead, later) = ("2026-06-04T09:00:00+02:00", "2026-06-04T10:00:00+02:00");
        assert!(faults(&visit("planned", ahead, later)).is_empty());
        assert_eq!(faults(&visit("attended", ahead, later)), ["#/starts_at"]);
    }
}
