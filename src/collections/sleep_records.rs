//! Sleep records: a night or a part of one, belonging to the calendar date of waking.

use super::journal_entries::DayMinutes;
use super::moment::{
    Moment, check_zone, is_day_of, refuse_future, refuse_future_by, settle_offset, unsettle,
};
use super::pain::Nrs;
use crate::journal::{Context, Dated, Rules, collection};
use crate::time::{DayStarts, Instant, OffsetMinutes, PhoneZone, date_at};
use crate::wire::{Faults, Settled, Whole};
use chrono::NaiveDate;

/// No night lasts longer than this, in minutes.
const LONGEST_NIGHT: i64 = 24 * 60;

collection! {
    /// A sleep record: a night or a part of one, belonging to the calendar date of waking.
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
            /// The calendar date of waking on the phone's clock, whenever the journal's day begins; settled from `rise_at`, required where that is unknown.
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
    /// Total sleep: time in bed less the waking parts, else the patient's own estimate
    /// (clinical.md, F10).
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
            let day_before = Settled(Some(waking_day(&before)));
            if self.journal_date.0.is_some_and(|day| is_day_of(&before, day, context)) {
                self.journal_date = day_before;
            }
            let calendar = Context { day_starts: DayStarts::always(0), now: context.now };
            let day = (&mut self.journal_date, day_before);
            unsettle(&now, &before, &mut self.utc_offset_minutes, day, &calendar);
        }
    }
}

/// The calendar date of waking on the phone's clock. The night before belongs to it however early the
/// patient rises, so that the start of the journal's day has no say.
fn waking_day(waking: &Moment) -> NaiveDate {
    date_at(waking.at.get(), settle_offset(waking))
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
            let day = waking_day(&waking);
            // Apps still send the day by an earlier rule with what they wrote or pulled then: the
            // journal's. It is no claim of theirs.
            let is_known = |named| named == day || is_day_of(&waking, named, context);
            if !self.journal_date.0.is_none_or(is_known) {
                faults.field(
                    "journal_date",
                    "contradiction",
                    "Must be the calendar date of rise_at.",
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
        record.settle(None, &Context { now, day_starts: DayStarts::always(240) }, &mut faults);
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
    fn a_night_belongs_to_the_calendar_date_of_waking_and_an_earlier_rules_day_is_settled() {
        let body = |named: Option<&str>, rise: &str| {
            json!({"bed_at": "2026-05-01T21:00:00+02:00", "rise_at": format!("2026-05-02T{rise}:00+02:00"),
                "time_zone": "Europe/Berlin", "journal_date": named})
        };
        for rise in ["00:00", "03:30", "03:59", "04:00", "07:00"] {
            let (record, faults) = settle(&body(None, rise));
            assert!(faults.is_empty(), "{faults:?}");
            assert_eq!(record.journal_date.0.unwrap().to_string(), "2026-05-02", "{rise}");
        }
        let (record, faults) = settle(&body(Some("2026-05-01"), "03:30"));
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(record.journal_date.0.unwrap().to_string(), "2026-05-02");
        // After the start of the day both rules say the same.
        assert_eq!(settle(&body(Some("2026-05-01"), "04:00")).1, ["#/journal_date"]);
    }

    #[test]
    fn a_waking_that_moves_takes_an_earlier_rules_day_with_it() {
        let now = "2026-11-10T12:00:00Z".parse().unwrap();
        let context = Context { now, day_starts: DayStarts::always(240) };
        let body = |rise: &str, day: &str| {
            read_body::<SleepRecord>(&json!({"bed_at": "2026-05-01T21:00:00+02:00",
                "rise_at": format!("2026-05-02T{rise}:00+02:00"), "time_zone": "Europe/Berlin",
                "utc_offset_minutes": 120, "journal_date": day}))
            .unwrap()
        };
        for stored in ["2026-05-01", "2026-05-02"] {
            for sent in ["2026-05-01", "2026-05-02"] {
                let (previous, mut record) = (body("03:30", stored), body("05:00", sent));
                let mut faults = Faults::default();
                record.unsettle(&previous, &context);
                record.settle(Some(&previous), &context, &mut faults);
                assert!(faults.is_empty(), "{stored} {sent}: {faults:?}");
                assert_eq!(record.journal_date.0.unwrap().to_string(), "2026-05-02");
            }
        }
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
