//! The demo data is a story with fixed days; here it is moved to end yesterday.
//!
//! It moves by whole weeks, so that weekdays stay, and on the clock on the wall, so that who gets up
//! at seven does so in summer and in winter. The same day gives the same data.

use chrono::{
    DateTime, Datelike, Days, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, Offset,
    TimeDelta, TimeZone as _,
};
use chrono_tz::Tz;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Where the demo patient lives: for records that name no zone.
const HOME: Tz = chrono_tz::Europe::Berlin;
/// The moments a record can be about, those first that its `utc_offset_minutes` belongs to.
const MOMENTS: [&str; 5] = ["effective_at", "rise_at", "starts_at", "taken_at", "started_at"];

/// Whole weeks by which a story moves so that it has an entry yesterday: its last entry on that day of
/// the week. What is after that is left out by [`moved`].
pub(super) fn weeks_past(entries: &BTreeSet<NaiveDate>, yesterday: NaiveDate) -> i64 {
    let days = entries.iter().rev().map(|day| (yesterday - *day).num_days());
    days.map(|days| (days.rem_euclid(7), days.div_euclid(7)))
        .find_map(|(rest, weeks)| (rest == 0).then_some(weeks))
        .unwrap_or(0)
}

/// The days of the daily entries among these records.
pub(super) fn days_with_an_entry<'a>(
    records: impl Iterator<Item = &'a Value>,
) -> BTreeSet<NaiveDate> {
    records
        .filter(|record| record["collection"] == "journal_entries")
        .filter_map(|record| day(record["journal_date"].as_str()?))
        .collect()
}

/// Whole weeks from the day a story ends to yesterday or up to six days before.
pub(super) fn weeks_up_to(end: NaiveDate, yesterday: NaiveDate) -> i64 {
    (yesterday - end).num_days().div_euclid(7)
}

/// A day, so many weeks later.
pub(super) fn later(day: NaiveDate, weeks: i64) -> NaiveDate {
    day + TimeDelta::weeks(weeks)
}

/// The record, so many weeks later; `None` when it would be about a day after yesterday.
pub(super) fn moved(record: &Value, weeks: i64, yesterday: NaiveDate) -> Option<Value> {
    let record = record.as_object()?;
    let zone = record.get("time_zone").and_then(Value::as_str);
    let zone = zone.and_then(|name| name.parse().ok()).unwrap_or(HOME);
    let mut moved: Map<String, Value> = record
        .iter()
        .map(|(name, value)| {
            let text = value.as_str().filter(|_| is_time(name));
            let text = text.and_then(|text| move_text(text, zone, weeks));
            (name.clone(), text.map_or_else(|| value.clone(), Value::String))
        })
        .collect();
    keep_precision(&mut moved);
    if let Some(minutes) = offset_minutes(record, &moved) {
        moved.insert("utc_offset_minutes".to_owned(), minutes.into());
    }
    let is_over = |name: &str, text: &str| match (name, moment(text)) {
        (_, Some(moment)) => moment.date_naive() <= yesterday,
        ("journal_date", None) => day(text).is_some_and(|day| day <= yesterday),
        _ => true, // What is planned may lie ahead.
    };
    let is_past = moved
        .iter()
        .filter(|(name, _)| is_time(name))
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .all(|(name, text)| is_over(name, text));
    is_past.then_some(Value::Object(moved))
}

fn is_time(name: &str) -> bool {
    ["_at", "_date", "_on"].iter().any(|end| name.ends_with(end))
}

fn moment(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn move_text(text: &str, zone: Tz, weeks: i64) -> Option<String> {
    match moment(text) {
        Some(moment) => Some(move_moment(moment, zone, weeks).to_rfc3339()),
        None => Some(later(day(text)?, weeks).to_string()),
    }
}

/// The same time on the clock, so many weeks later. A phone whose clock was off its zone stays off by
/// as much. In the hour that a spring night lacks, an hour later; in the hour that an autumn night has
/// twice, with the offset it had, or the first time.
fn move_moment(at: DateTime<FixedOffset>, zone: Tz, weeks: i64) -> DateTime<FixedOffset> {
    let was = at.with_timezone(&zone).offset().fix();
    let off_by = at.offset().local_minus_utc() - was.local_minus_utc();
    let wall: NaiveDateTime = at.naive_local() + TimeDelta::weeks(weeks);
    let (wall, offset) = match zone.offset_from_local_datetime(&wall) {
        LocalResult::Single(offset) => (wall, offset.fix()),
        LocalResult::Ambiguous(first, second) => {
            (wall, if second.fix() == was { second.fix() } else { first.fix() })
        }
        LocalResult::None => {
            let wall = wall + TimeDelta::hours(1);
            (wall, zone.offset_from_local_datetime(&wall).earliest().map_or(was, |o| o.fix()))
        }
    };
    let offset = FixedOffset::east_opt(offset.local_minus_utc() + off_by).unwrap_or(offset);
    offset.from_local_datetime(&wall).earliest().unwrap_or(at)
}

/// The offset of the phone's clock at the moment that the record was about, now that it has moved.
fn offset_minutes(record: &Map<String, Value>, moved: &Map<String, Value>) -> Option<i32> {
    let known = record.get("utc_offset_minutes")?.as_i64()?;
    let minutes = |record: &Map<String, Value>, name: &str| {
        let at = moment(record.get(name)?.as_str()?)?;
        Some(at.offset().local_minus_utc() / 60)
    };
    let its_own =
        MOMENTS.into_iter().find(|name| minutes(record, name).map(i64::from) == Some(known));
    minutes(moved, its_own?)
}

/// A day that stands for its month or year stays the first one of it.
fn keep_precision(record: &mut Map<String, Value>) {
    let Some(onset) = record.get("onset_date").and_then(Value::as_str).and_then(day) else {
        return;
    };
    let first = match record.get("onset_precision").and_then(Value::as_str) {
        Some("month") => onset - Days::new(u64::from(onset.day0())),
        Some("year") => onset - Days::new(u64::from(onset.ordinal0())),
        _ => onset,
    };
    record.insert("onset_date".to_owned(), first.to_string().into());
}

#[cfg(test)]
mod tests {
    use super::super::{DIARY_END, FILES};
    use super::*;
    use chrono::Timelike;
    use serde_json::json;

    fn date(text: &str) -> NaiveDate {
        day(text).unwrap()
    }

    fn story() -> Vec<Value> {
        let lines = FILES.iter().flat_map(|file| file.split(|byte| *byte == b'\n'));
        let lines = lines.filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    fn text<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
        record[name].as_str()
    }

    #[test]
    fn the_clock_on_the_wall_stays_across_the_changes_of_the_clocks() {
        let far = date("2100-01-01");
        for (record, weeks, expected) in [
            (
                json!({"effective_at": "2026-10-20T07:00:00+02:00", "utc_offset_minutes": 120}),
                1,
                json!({"effective_at": "2026-10-27T07:00:00+01:00", "utc_offset_minutes": 60}),
            ),
            (
                json!({"effective_at": "2026-03-27T07:00:00+01:00", "utc_offset_minutes": 60}),
                1,
                json!({"effective_at": "2026-04-03T07:00:00+02:00", "utc_offset_minutes": 120}),
            ),
            // 2027-03-28 has no half past two; 2026-10-25 has it twice.
            (
                json!({"effective_at": "2027-03-21T02:30:00+01:00"}),
                1,
                json!({"effective_at": "2027-03-28T03:30:00+02:00"}),
            ),
            (
                json!({"effective_at": "2026-10-18T02:30:00+02:00"}),
                1,
                json!({"effective_at": "2026-10-25T02:30:00+02:00"}),
            ),
            (
                json!({"effective_at": "2026-11-01T02:30:00+01:00"}),
                -1,
                json!({"effective_at": "2026-10-25T02:30:00+01:00"}),
            ),
            // Another zone, another rule.
            (
                json!({"effective_at": "2026-10-28T07:00:00-04:00", "time_zone": "America/New_York",
                    "utc_offset_minutes": -240}),
                1,
                json!({"effective_at": "2026-11-04T07:00:00-05:00", "time_zone": "America/New_York",
                    "utc_offset_minutes": -300}),
            ),
            // A phone whose clock was an hour ahead of its zone.
            (
                json!({"effective_at": "2026-10-20T08:00:00+03:00", "utc_offset_minutes": 180}),
                1,
                json!({"effective_at": "2026-10-27T08:00:00+02:00", "utc_offset_minutes": 120}),
            ),
            // A night of which the morning is after the change: the offset is that of waking.
            (
                json!({"bed_at": "2026-10-17T23:00:00+02:00", "rise_at": "2026-10-18T07:00:00+02:00",
                    "utc_offset_minutes": 120}),
                1,
                json!({"bed_at": "2026-10-24T23:00:00+02:00", "rise_at": "2026-10-25T07:00:00+01:00",
                    "utc_offset_minutes": 60}),
            ),
            (
                json!({"onset_date": "2023-03-01", "onset_precision": "month"}),
                5,
                json!({"onset_date": "2023-04-01", "onset_precision": "month"}),
            ),
            // A text is no time, whatever stands in it.
            (
                json!({"note": "2026-10-20", "journal_date": "2026-10-20"}),
                1,
                json!({"note": "2026-10-20", "journal_date": "2026-10-27"}),
            ),
        ] {
            assert_eq!(moved(&record, weeks, far), Some(expected), "{record}");
        }
    }

    #[test]
    fn what_would_be_today_is_left_out_and_what_is_planned_stays() {
        let yesterday = date("2026-11-26");
        for (record, stays) in [
            (json!({"journal_date": "2026-11-26", "target_date": "2026-12-24"}), true),
            (json!({"journal_date": "2026-11-27"}), false),
            (json!({"effective_at": "2026-11-26T23:59:00+01:00"}), true),
            (
                json!({"effective_at": "2026-11-27T00:10:00+01:00", "journal_date": "2026-11-26"}),
                false,
            ),
        ] {
            assert_eq!(moved(&record, 0, yesterday).is_some(), stays, "{record}");
        }
    }

    #[test]
    fn on_every_day_of_four_years_the_story_ends_the_day_before() {
        let story = story();
        assert_eq!(story.len(), 1109);
        let entries = days_with_an_entry(story.iter());
        for number in 0..4 * 366 {
            let yesterday = date("2025-12-31") + Days::new(number);
            let weeks = weeks_past(&entries, yesterday);
            let ends = later(DIARY_END, weeks);
            // Nothing but the days of a fortnight may be cut off.
            assert!(ends >= yesterday && ends < yesterday + Days::new(14), "{yesterday}");
            assert_eq!(ends.weekday(), DIARY_END.weekday());
            // Every seventh number in turn: each day of the week is looked at whole.
            if number % 61 == 0 {
                let left: Vec<Value> =
                    story.iter().filter_map(|record| moved(record, weeks, yesterday)).collect();
                let last = days_with_an_entry(left.iter()).last().copied();
                assert_eq!(last, Some(yesterday));
                assert!(left.len() > 1060, "{} records on {yesterday}", left.len());
            }
        }
    }

    #[test]
    fn a_moved_story_keeps_its_weekdays_clocks_order_and_nights() {
        let far = date("2100-01-01");
        for weeks in (-60..160).step_by(3) {
            for record in story() {
                let moved = moved(&record, weeks, far).unwrap();
                for (name, value) in record.as_object().unwrap() {
                    let Some((was, is)) = value.as_str().zip(text(&moved, name)) else { continue };
                    if let (Some(was), Some(is)) = (moment(was), moment(is)) {
                        assert_eq!(was.weekday(), is.weekday(), "{record} {moved}");
                        let clocks = (is.naive_local() - was.naive_local()).num_minutes();
                        let hour_later = clocks - weeks * 7 * 24 * 60;
                        assert!([0, 60].contains(&hour_later), "{name} {record} {moved}");
                        assert_eq!(was.minute(), is.minute());
                    }
                }
                for (first, second) in
                    [("bed_at", "rise_at"), ("starts_at", "ends_at"), ("started_at", "ended_at")]
                {
                    let both = text(&moved, first).zip(text(&moved, second));
                    if let Some((first, second)) = both {
                        assert!(moment(first) < moment(second), "{moved}");
                    }
                }
            }
        }
    }
}
