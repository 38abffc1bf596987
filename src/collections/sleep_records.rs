//! Sleep records: one night, belonging to the day of waking.

use super::journal_entries::DayMinutes;
use super::moment::{
    Moment, check_zone, refuse_future, refuse_future_by, settle_day, settle_offset, unsettle,
};
use super::pain::Nrs;
use crate::journal::{Context, Dated, Rules, collection};
use crate::time::{Instant, OffsetMinutes, PhoneZone};
use crate::wire::{Faults, Settled, Whole};
use chrono::NaiveDate;

/// No night lasts longer than this, in minutes.
const LONGEST_NIGHT: i64 = 24 * 60;

collection! {
    /// A sleep record: one night, belonging to the journal day of waking.
    ///
    /// Give the times of going to bed and rising, or only the reported length of sleep.
    pub struct SleepRecord {
        plural: "SleepRecords", table: "sleep_records", path: "sleep-records", number: 2,
        sections: [Sleep], writers: Patient,
        example: {
            "bed_at": "2026-01-26T22:10:00.000Z", "rise_at": "2026-01-27T06:05:00.000Z",
            "time_zone": "Europe/Berlin", "sleep_onset_latency_minutes": 20, "awakenings": 2,
            "woken_by_pain": true, "quality": 6
        },
        fields: {
            /// The journal day of waking; settled from `rise_at`, required where that is unknown.
            journal_date: Settled<NaiveDate>,
            /// When the patient went to bed.
            bed_at: Option<Instant>,
            /// When the patient got up for the day.
            rise_at: Option<Instant>,
            /// The time zone the phone was in on rising.
            time_zone: PhoneZone,
            /// Minutes east of UTC on rising; settled from the zone when left out.
            utc_offset_minutes: Settled<OffsetMinutes>,
            /// When it was typed, by the phone's clock.
            recorded_at: Option<Instant>,
            /// From lights out to sleep, in minutes.
            sleep_onset_latency_minutes: Option<DayMinutes>,
            /// Awake between falling asleep and the last waking, in minutes.
            wake_after_sleep_onset_minutes: Option<DayMinutes>,
            /// From the last waking to rising, in minutes.
            terminal_wake_minutes: Option<DayMinutes>,
            /// How often the patient woke.
            awakenings: Option<Whole<0, 100>>,
            /// How good the sleep was, 0 worst to 10 best.
            quality: Option<Nrs>,
            /// Did pain wake the patient?
            woken_by_pain: Option<bool>,
            /// Sleep as estimated by the patient, in minutes, where the times are unknown.
            reported_sleep_minutes: Option<DayMinutes>,
        }
    }
}

/// The measured parts of a night, all in minutes.
#[derive(Debug, Clone, Copy)]
pub struct Night {
    /// From going to bed to rising, from instants, so that a night of a clock change has its true
    /// length.
    pub in_bed: Option<i64>,
    /// The waking parts that are known, together.
    pub awake: i64,
    /// The patient's own estimate of the sleep.
    pub reported: Option<i64>,
}

impl Night {
    /// Total sleep: time in bed less the waking parts, else the patient's own estimate (F10 of the
    /// clinical reference).
    pub fn total_sleep(self) -> Option<i64> {
        self.in_bed.map(|in_bed| in_bed - self.awake).or(self.reported)
    }
}

impl SleepRecord {
    /// The night in minutes.
    pub fn night(&self) -> Night {
        let waking = [
            self.sleep_onset_latency_minutes,
            self.wake_after_sleep_onset_minutes,
            self.terminal_wake_minutes,
        ];
        let in_bed = self.bed_at.zip(self.rise_at);
        Night {
            in_bed: in_bed.map(|(bed, rise)| (rise.get() - bed.get()).num_minutes()),
            awake: waking.iter().flatten().map(|minutes| i64::from(minutes.get())).sum(),
            reported: self.reported_sleep_minutes.map(|m| i64::from(m.get())),
        }
    }

    fn waking(&self) -> Option<Moment> {
        let at = self.rise_at?;
        Some(Moment { at, zone: self.time_zone, offset: self.utc_offset_minutes })
    }
}

impl Dated for SleepRecord {
    fn journal_date(&self) -> Option<NaiveDate> {
        self.journal_date.0
    }

    fn unsettle_day(&mut self, previous: &Self, context: &Context) {
        if let Some((now, before)) = self.waking().zip(previous.waking()) {
            let day = (&mut self.journal_date, previous.journal_date);
            unsettle(&now, &before, &mut self.utc_offset_minutes, day, context);
        }
    }
}

impl Rules for SleepRecord {
    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        if self.bed_at.is_some() != self.rise_at.is_some() {
            let missing = if self.bed_at.is_some() { "rise_at" } else { "bed_at" };
            faults.field(missing, "required", "Give both bed_at and rise_at, or neither.");
        }
        check_zone(self.time_zone, self.utc_offset_minutes, faults);
        if let Some(waking) = self.waking() {
            self.utc_offset_minutes = Settled(Some(settle_offset(&waking)));
            let before = previous.and_then(|p| Some((p.waking()?, p.journal_date)));
            let day = settle_day(&waking, before.as_ref().map(|(m, day)| (m, *day)), context);
            if self.journal_date.0.is_some_and(|named| named != day) {
                faults.field(
                    "journal_date",
                    "contradiction",
                    "Must be the journal day of rise_at.",
                );
            }
            self.journal_date = Settled(Some(day));
        } else {
            if self.utc_offset_minutes.0.is_none() {
                let now = Instant::new(context.now);
                let kept = previous.and_then(|p| p.utc_offset_minutes.0);
                self.utc_offset_minutes =
                    Settled(Some(kept.unwrap_or_else(|| self.time_zone.offset_at(now))));
            }
            if self.journal_date.0.is_none() && self.bed_at.is_none() {
                faults.field(
                    "journal_date",
                    "required",
                    "Without rise_at the day of waking must be named.",
                );
            }
        }
        if let Some(day) = self.journal_date.0 {
            let field = if self.rise_at.is_some() { "rise_at" } else { "journal_date" };
            match self.utc_offset_minutes.0 {
                Some(offset) => refuse_future_by(offset, day, field, context, faults),
                None => refuse_future(day, field, context, faults),
            }
        }
        let night = self.night();
        if let Some(in_bed) = night.in_bed {
            if in_bed <= 0 {
                faults.field("rise_at", "contradiction", "Must lie after bed_at.");
            } else if in_bed > LONGEST_NIGHT {
                faults.field("rise_at", "out_of_range", "Must lie within 24 hours of bed_at.");
            } else if night.awake > in_bed {
                faults.field(
                    "wake_after_sleep_onset_minutes",
                    "contradiction",
                    "The waking parts together must not be longer than the time in bed.",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::read_body;
    use serde_json::{Value, json};

    fn settle(body: &Value) -> (SleepRecord, Vec<String>) {
        let now = "2026-11-10T12:00:00Z".parse().unwrap();
        let mut record: SleepRecord = read_body(body).unwrap();
        let mut faults = Faults::default();
        record.settle(None, &Context { now, day_start_minute: 240 }, &mut faults);
        (record, faults.into_vec().into_iter().filter_map(|f| f.pointer).collect())
    }

    #[test]
    fn f10_the_nights_the_clocks_change() {
        let (spring, faults) = settle(&json!({"bed_at": "2026-03-28T23:00:00+01:00",
            "rise_at": "2026-03-29T07:00:00+02:00", "time_zone": "Europe/Berlin",
            "sleep_onset_latency_minutes": 25, "wake_after_sleep_onset_minutes": 40,
            "terminal_wake_minutes": 15}));
        assert!(faults.is_empty());
        assert_eq!(spring.night().in_bed, Some(420));
        assert_eq!(spring.night().total_sleep(), Some(340));
        assert_eq!(spring.journal_date.0.unwrap().to_string(), "2026-03-29");
        let (autumn, _) = settle(&json!({"bed_at": "2026-10-24T23:00:00+02:00",
            "rise_at": "2026-10-25T07:00:00+01:00", "time_zone": "Europe/Berlin"}));
        assert_eq!(autumn.night().in_bed, Some(540));
    }

    #[test]
    fn impossible_nights_are_refused_at_their_fields() {
        let zone = "Europe/Berlin";
        let (bed, rise) = ("2026-05-01T23:00:00+02:00", "2026-05-02T07:00:00+02:00");
        for (body, field) in [
            (json!({"time_zone": zone, "bed_at": rise, "rise_at": bed}), "#/rise_at"),
            (json!({"time_zone": zone, "bed_at": bed}), "#/rise_at"),
            (json!({"time_zone": zone, "reported_sleep_minutes": 400}), "#/journal_date"),
            (
                json!({"time_zone": zone, "bed_at": bed, "rise_at": rise,
                "wake_after_sleep_onset_minutes": 481}),
                "#/wake_after_sleep_onset_minutes",
            ),
            (
                json!({"time_zone": zone, "bed_at": bed, "rise_at": "2026-05-03T07:00:00+02:00"}),
                "#/rise_at",
            ),
            (
                json!({"time_zone": zone, "bed_at": bed, "rise_at": rise, "journal_date": "2026-05-01"}),
                "#/journal_date",
            ),
        ] {
            assert_eq!(settle(&body).1, [field], "{body}");
        }
    }
}
