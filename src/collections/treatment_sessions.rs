//! Treatment sessions: visits to the clinic.

use super::moment::{Moment, refuse_future, settle_moment, unsettle};
use crate::journal::{Context, Rules, collection};
use crate::time::{Instant, OffsetMinutes, TimeZone};
use crate::wire::{Faults, Items, Settled, Text, vocabulary};
use chrono::{Duration, NaiveDate};

/// No visit lasts longer than this, in hours.
const LONGEST_VISIT: i64 = 24;

vocabulary! {
    /// What became of a visit.
    pub enum SessionStatus {
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
    pub enum SessionKind {
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

collection! {
    /// A treatment session: a visit planned, attended, missed or cancelled.
    pub struct TreatmentSession {
        plural: "TreatmentSessions", table: "treatment_sessions", path: "treatment-sessions", number: 3,
        sections: [Treatment],
        fields: {
            /// The journal day it starts on; settled from `starts_at`.
            journal_date: Settled<NaiveDate>,
            /// What became of it.
            status: SessionStatus,
            /// What it is for.
            kind: SessionKind,
            /// When it starts.
            starts_at: Instant,
            /// When it ends.
            ends_at: Option<Instant>,
            /// The time zone of the visit.
            time_zone: TimeZone,
            /// Minutes east of UTC at its start; settled from the zone when left out.
            utc_offset_minutes: Settled<OffsetMinutes>,
            /// When it was typed, by the device's clock.
            recorded_at: Option<Instant>,
            /// What was done.
            techniques: Items<Technique, 18>,
            /// What it was adapted to.
            adaptations: Items<Adaptation, 4>,
            /// What the patient felt.
            sensations: Items<Sensation, 7>,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
        }
    }
}

impl TreatmentSession {
    const fn moment(&self) -> Moment {
        Moment { at: self.starts_at, zone: self.time_zone, offset: self.utc_offset_minutes }
    }
}

impl Rules for TreatmentSession {
    fn journal_date(&self) -> Option<NaiveDate> {
        self.journal_date.0
    }

    fn unsettle(&mut self, previous: &Self, context: &Context) {
        let (now, before) = (self.moment(), previous.moment());
        let day = (&mut self.journal_date, previous.journal_date);
        unsettle(&now, &before, &mut self.utc_offset_minutes, day, context);
    }

    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        let moment = self.moment();
        let before = previous.map(|p| (p.moment(), p.journal_date));
        let day = settle_moment(&moment, &mut self.utc_offset_minutes, before, context);
        if self.journal_date.0.is_some_and(|named| named != day) {
            faults.field("journal_date", "contradiction", "Must be the journal day of starts_at.");
        }
        self.journal_date = Settled(Some(day));
        if matches!(self.status, SessionStatus::Attended | SessionStatus::Missed) {
            refuse_future(day, "starts_at", context, faults);
        }
        if let Some(ends_at) = self.ends_at {
            if ends_at < self.starts_at {
                faults.field("ends_at", "contradiction", "Must not lie before starts_at.");
            } else if ends_at.get() - self.starts_at.get() > Duration::hours(LONGEST_VISIT) {
                faults.field("ends_at", "out_of_range", "Must lie within 24 hours of starts_at.");
            }
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
        let mut session: TreatmentSession = read_body(body).unwrap();
        let mut faults = Faults::default();
        session.settle(None, &Context { now, day_start_minute: 240 }, &mut faults);
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
