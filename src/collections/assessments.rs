//! Assessments: one answered questionnaire, scored by the server.

use super::moment::{settle_past, timed};
use crate::instruments::{self, AssessmentFlag, AssessmentStatus, Definition, ItemAnswer, Scored};
use crate::journal::{Context, Dated, Rules, collection};
use crate::time::{Instant, OffsetMinutes, PhoneZone};
use crate::wire::{At, Decimal, Faults, Items, Json, Settled, Text, Whole, vocabulary, wire};
use chrono::NaiveDate;
use uuid::Uuid;

/// A score or an answer: two decimals are kept.
pub type Score = Decimal<0, 1000, 2>;

vocabulary! {
    /// When in the course of a treatment it was answered.
    pub enum Occasion {
        /// Before the first treatment.
        Baseline = "baseline",
        Review = "review",
        /// At the end of a plan.
        End = "end",
        /// Some time after the end.
        FollowUp = "follow_up",
        Other = "other",
    }
}

wire! {
    /// The answer to one item.
    pub struct AssessmentAnswer {
        /// The item's code in the instrument.
        item: Text<40>,
        /// The value; null where the item was skipped. For items that are ticked, 1.
        value: Option<Score>,
        /// What the patient calls the activity, for instruments whose items the patient names.
        activity: Option<Text<200>>,
    }
}

collection! {
    /// An assessment: one answered questionnaire.
    ///
    /// The server scores it by the instrument's rules. `score`, `status` and `flags` may be left out;
    /// sent, they must be what the server finds.
    pub struct Assessment {
        plural: "Assessments", table: "assessments", path: "assessments", number: 10,
        sections: [Assessments], writers: Patient,
        example: {
            "effective_at": "2026-01-27T19:00:00.000Z", "time_zone": "Europe/Berlin",
            "instrument": "peg", "occasion": "review",
            "answers": [{"item": "pain", "value": 4}, {"item": "enjoyment", "value": 3},
                {"item": "general_activity", "value": 4}]
        },
        fields: {
            /// The journal day it belongs to; settled from `effective_at`.
            journal_date: Settled<NaiveDate>,
            /// When it was answered.
            effective_at: Instant,
            /// The time zone the phone was in.
            time_zone: PhoneZone,
            /// Minutes east of UTC; settled from the zone when left out.
            utc_offset_minutes: Settled<OffsetMinutes>,
            /// When it was typed, by the phone's clock.
            recorded_at: Option<Instant>,
            /// The instrument's code, as in `/v1/instruments`.
            instrument: Text<40>,
            /// The instrument's version; the current one when left out.
            instrument_version: Settled<Whole<1, 1000>>,
            /// When in the course of a treatment it was answered.
            occasion: Option<Occasion>,
            /// The treatment session it belongs to.
            treatment_session_id: Option<Uuid> => Treatment,
            /// The treatment plan it belongs to.
            treatment_plan_id: Option<Uuid> => Treatment,
            /// The answers, for instruments whose items the server knows.
            answers: Json<Items<AssessmentAnswer, 40>>,
            /// The total from elsewhere, for instruments of which only totals are kept.
            reported_total: Option<Score>,
            /// The score; null where the answers allow none.
            score: Option<Score>,
            /// Whether the score is complete, prorated, imported, or cannot be made.
            status: Settled<AssessmentStatus>,
            /// What a reader of the score must know.
            flags: Items<AssessmentFlag, 8>,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
            /// May a share that opens notes show the note? A report that was frozen before
            /// keeps it until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
        }
    }
}

timed!(Assessment, effective_at);

impl Assessment {
    /// Finds the score, or notes what is wrong with the answers.
    fn scored(&self, definition: &Definition, faults: &mut Faults) -> Option<Scored> {
        let root = At::root();
        let answers = self.answers.0.as_slice();
        if definition.is_import_only() {
            if !answers.is_empty() {
                let detail = "Of this instrument only a total is kept, in reported_total.";
                faults.field("answers", "contradiction", detail);
                return None;
            }
            let Some(total) = self.reported_total else {
                faults.field("reported_total", "required", "Give the total of this instrument.");
                return None;
            };
            return instruments::score_total(definition, total.get())
                .map_err(|fault| faults.field("reported_total", fault.code, fault.detail))
                .ok();
        }
        if self.reported_total.is_some() {
            let detail = "This instrument is scored from its answers.";
            faults.field("reported_total", "contradiction", detail);
            return None;
        }
        let given: Vec<ItemAnswer<'_>> = answers
            .iter()
            .map(|answer| ItemAnswer {
                item: answer.item.as_str(),
                value: answer.value.map(Score::get),
                activity: answer.activity.as_ref().map(Text::as_str),
            })
            .collect();
        let list = root.key("answers");
        instruments::score(definition, &given)
            .map_err(|found| {
                for fault in found {
                    let at = list.index(fault.index);
                    faults.add(&at.key(fault.member), fault.code, fault.detail);
                }
            })
            .ok()
    }

    /// Puts the score in, unless the client claims another.
    fn take(&mut self, scored: Scored, faults: &mut Faults) {
        let score = scored.score.and_then(Score::new);
        let mut claim = |field: &str, fits: bool| {
            if !fits {
                faults.field(field, "contradiction", "The answers give something else.");
            }
        };
        claim("score", self.score.is_none() || self.score == score);
        claim("status", self.status.0.is_none_or(|status| status == scored.status));
        let flags = Items::new(scored.flags);
        claim("flags", self.flags.as_slice().is_empty() || self.flags == flags);
        self.score = score;
        self.status = Settled(Some(scored.status));
        self.flags = flags;
    }
}

impl Rules for Assessment {
    fn unsettle(&mut self, previous: &Self, context: &Context) {
        self.unsettle_day(previous, context);
        let same = self.instrument == previous.instrument
            && self.instrument_version == previous.instrument_version
            && self.answers == previous.answers
            && self.reported_total == previous.reported_total;
        if !same {
            if self.score == previous.score {
                self.score = None;
            }
            if self.status == previous.status {
                self.status = Settled(None);
            }
            if self.flags == previous.flags {
                self.flags = Items::default();
            }
        }
    }

    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        settle_past(self, previous, context, faults);
        let version = self.instrument_version.0.map(Whole::get);
        let Some(definition) = instruments::find(self.instrument.as_str(), version) else {
            if instruments::find(self.instrument.as_str(), None).is_some() {
                let detail = "The instrument has no such version.";
                faults.field("instrument_version", "unknown_value", detail);
            } else {
                let detail = "Must be the code of an instrument of /v1/instruments.";
                faults.field("instrument", "unknown_value", detail);
            }
            return;
        };
        self.instrument_version = Settled(Whole::new(definition.version));
        if let Some(scored) = self.scored(definition, faults) {
            self.take(scored, faults);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::tests::{faults_of, settled};
    use serde_json::{Value, json};

    fn peg(values: [i64; 3]) -> Value {
        let definition = instruments::find("peg", None).unwrap();
        let answers: Vec<Value> = definition
            .items
            .iter()
            .zip(values)
            .map(|(item, value)| json!({"item": item.code, "value": value}))
            .collect();
        json!({"effective_at": "2026-05-04T10:00:00+02:00", "time_zone": "Europe/Berlin",
            "instrument": "peg", "answers": answers})
    }

    #[test]
    fn the_server_scores_and_a_wrong_score_is_refused() {
        let assessment = settled::<Assessment>(&peg([7, 6, 7]));
        assert_eq!(assessment.score.map(Score::get), Some(6.67));
        assert_eq!(assessment.status.0, Some(AssessmentStatus::Complete));
        let right = json!({"score": 6.67, "status": "complete"});
        assert!(faults_of::<Assessment>(&peg([7, 6, 7]), &right).is_empty());
        assert_eq!(
            faults_of::<Assessment>(&peg([7, 6, 7]), &json!({"score": 2})),
            ["#/score contradiction"]
        );
    }

    #[test]
    fn totals_and_answers_each_have_their_instruments() {
        let total = json!({"instrument": "odi_2_1a", "answers": [], "reported_total": 42});
        assert!(faults_of::<Assessment>(&peg([1, 1, 1]), &total).is_empty());
        for (extra, fault) in [
            (json!({"reported_total": 4}), "#/reported_total contradiction"),
            (json!({"instrument": "odi_2_1a"}), "#/answers contradiction"),
            (json!({"instrument": "odi_2_1a", "answers": []}), "#/reported_total required"),
            (json!({"instrument": "phq_9"}), "#/instrument unknown_value"),
            (json!({"instrument_version": 99}), "#/instrument_version unknown_value"),
        ] {
            assert_eq!(faults_of::<Assessment>(&peg([1, 1, 1]), &extra), [fault], "{extra}");
        }
        let mut foreign = peg([1, 1, 1]);
        foreign["answers"][2]["item"] = json!("q99");
        assert_eq!(
            faults_of::<Assessment>(&foreign, &json!({})),
            ["#/answers/2/item unknown_value"]
        );
    }

    #[test]
    fn a_changed_answer_forgets_the_score_it_had() {
        let before = settled::<Assessment>(&peg([7, 6, 7]));
        let mut after = before.clone();
        after.answers = settled::<Assessment>(&peg([1, 2, 3])).answers;
        let now = "2026-05-10T12:00:00Z".parse().unwrap();
        let context = Context { now, day_starts: crate::time::DayStarts::always(240) };
        after.unsettle(&before, &context);
        let mut faults = Faults::default();
        after.settle(Some(&before), &context, &mut faults);
        assert!(faults.is_empty());
        assert_eq!(after.score.map(Score::get), Some(2.0));
    }
}
