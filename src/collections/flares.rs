//! Flares: what the patient calls a flare-up. Kept apart from spikes, which are computed from ratings.

use super::moment::{check_end, settle_past, timed};
use super::pain::{Nrs, Relief, Sites, Trigger, check_sites};
use crate::journal::{Context, Rules, collection};
use crate::time::{Instant, OffsetMinutes, PhoneZone};
use crate::wire::{Faults, Items, Json, Settled, Text};
use chrono::{Duration, NaiveDate};

/// What lasts longer is not a flare but the course of the complaint.
const LONGEST_FLARE: Duration = Duration::days(92);

collection! {
    /// A flare: a worsening that the patient calls one.
    ///
    /// It says nothing about the ratings of its days, and they nothing about it.
    pub struct Flare {
        plural: "Flares", table: "flares", path: "flares", number: 5,
        sections: [Pain], writers: Patient,
        example: {
            "started_at": "2026-01-24T07:00:00.000Z", "ended_at": "2026-01-26T19:00:00.000Z",
            "time_zone": "Europe/Berlin", "severity": 8,
            "sites": [{"region": "low_back", "laterality": "right"}],
            "suspected_triggers": ["travel"], "what_helped": [{"what": "rest", "helped": "a_lot"}],
            "trigger_note": "nine hours by train"
        },
        fields: {
            /// The journal day it began on; settled from `started_at`.
            journal_date: Settled<NaiveDate>,
            /// When it began.
            started_at: Instant,
            /// When it was over; null while it lasts or where that is unknown.
            ended_at: Option<Instant>,
            /// The time zone the phone was in when it began.
            time_zone: PhoneZone,
            /// Minutes east of UTC; settled from the zone when left out.
            utc_offset_minutes: Settled<OffsetMinutes>,
            /// When it was typed, by the phone's clock.
            recorded_at: Option<Instant>,
            /// How bad it was at its worst, 0 to 10.
            severity: Option<Nrs>,
            /// Where it hurt.
            sites: Sites,
            /// What may have set it off.
            suspected_triggers: Items<Trigger, 18>,
            /// A trigger in the patient's own words; says what `other` means.
            trigger_note: Option<Text<200>> => Notes,
            /// What was tried against it.
            what_helped: Json<Items<Relief, 14>>,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
            /// May readers of a share that opens notes see the note and the trigger note? A report that was
            /// frozen before keeps them until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
        }
    }
}

timed!(Flare, started_at);

impl Rules for Flare {
    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        settle_past(self, previous, context, faults);
        let (start, end) = (("started_at", self.started_at), ("ended_at", self.ended_at));
        check_end(start, end, LONGEST_FLARE, faults);
        check_sites("sites", &self.sites, faults);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::tests::faults_of;
    use serde_json::json;

    #[test]
    fn a_flare_ends_after_it_begins_and_within_a_season() {
        let flare =
            json!({"started_at": "2026-05-01T08:00:00+02:00", "time_zone": "Europe/Berlin"});
        let ends = |at: &str| faults_of::<Flare>(&flare, &json!({"ended_at": at}));
        assert!(ends("2026-05-04T08:00:00+02:00").is_empty());
        assert_eq!(ends("2026-04-30T08:00:00+02:00"), ["#/ended_at contradiction"]);
        assert_eq!(ends("2026-09-30T08:00:00+02:00"), ["#/ended_at out_of_range"]);
        let sides = json!({"sites": [{"region": "low_back", "laterality": "left"},
            {"region": "sacrum", "laterality": "left"}]});
        assert_eq!(faults_of::<Flare>(&flare, &sides), ["#/sites/1/laterality contradiction"]);
    }
}
