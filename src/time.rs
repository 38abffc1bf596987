//! Moments, time zones, days, and the one clock.

mod day;
mod day_starts;
mod expected;
mod wall;
mod zone;

pub use day::parse_date;
pub use day_starts::DayStarts;
pub use expected::{ExpectedDays, PauseDays};
pub use wall::WallTime;
pub use zone::{PhoneZone, TimeZone};

use crate::db::column_via;
use crate::wire::{At, Components, Faults, Form, Whole, Wire, parse_moment};
use chrono::{DateTime, Duration, NaiveDate, SecondsFormat, SubsecRound, Utc};
use serde_json::Value;
use std::sync::Arc;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

/// Minutes east of UTC that a device's clock was set to.
pub type OffsetMinutes = Whole<-840, 840>;

/// The default start of a journal day: 04:00 local time, in minutes after midnight.
pub const DAY_START_MINUTE: i16 = 240;

/// The earliest day and moment a record may be about.
const FIRST_YEAR: i32 = 1900;
/// The latest year a moment may lie in, so that nothing overflows on the way.
const LAST_YEAR: i32 = 2199;

/// Where the server's time comes from: the system, or a test.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The system clock.
    pub fn system() -> Self {
        Self(Arc::new(Utc::now))
    }
    /// A clock under a test's control.
    pub fn from_fn(read: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
    /// The time now, to the millisecond.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(3)
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// A moment to the millisecond: Postgres, JavaScript and the sync wire all keep that much, so a
/// value compares equal to itself after every journey.
#[derive(Debug, Clone, Copy)]
pub struct Instant {
    at: DateTime<Utc>,
    /// What the clock was set to by which a client wrote it, where it said so. It is no part of the
    /// moment, and is not kept with it.
    clock: Option<OffsetMinutes>,
}

impl Instant {
    /// Cuts a time to the millisecond. A leap second is the second after it: neither Postgres nor
    /// JavaScript knows another.
    pub fn new(time: DateTime<Utc>) -> Self {
        let cut = DateTime::from_timestamp_millis(time.timestamp_millis());
        Self { at: cut.unwrap_or_else(|| time.trunc_subsecs(3)), clock: None }
    }
    /// The time.
    pub const fn get(self) -> DateTime<Utc> {
        self.at
    }
    /// The offset a client wrote it with. None where that was `Z` or zero: programs that keep time in
    /// UTC write it so wherever they are, so it says nothing about a clock.
    pub const fn clock(self) -> Option<OffsetMinutes> {
        self.clock
    }
}

impl PartialEq for Instant {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
impl Eq for Instant {}
impl PartialOrd for Instant {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Instant {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

/// A time behind every line of a list that Postgres can still hold: where a list begins.
pub fn far_future() -> DateTime<Utc> {
    DateTime::from_timestamp(253_402_300_799, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// RFC 3339 in UTC with exactly three fraction digits, which every generated client parses.
pub fn format_utc(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Serialises a `DateTime<Utc>` field as [`format_utc`] does.
pub fn serialize_utc<S: serde::Serializer>(
    time: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_utc(*time))
}

/// Serialises an optional `DateTime<Utc>` field as [`format_utc`] does.
pub fn serialize_utc_option<S: serde::Serializer>(
    time: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serialize_utc(time, serializer),
        None => serializer.serialize_none(),
    }
}

impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_utc(&self.at, serializer)
    }
}

impl Wire for Instant {
    const FORM: Form = Form::Millis;
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let Some(time) = value.as_str().and_then(parse_moment) else {
            faults.add(
                at,
                "invalid_format",
                "Must be an RFC 3339 date-time with an offset, like 2026-05-01T21:00:00+02:00.",
            );
            return None;
        };
        let seconds = time.offset().local_minus_utc();
        let time = time.with_timezone(&Utc);
        let year = chrono::Datelike::year(&time);
        if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
            faults.add(
                at,
                "out_of_range",
                format!("Must lie in the years {FIRST_YEAR} to {LAST_YEAR}."),
            );
            return None;
        }
        let clock = (seconds != 0).then(|| OffsetMinutes::new(seconds.div_euclid(60))).flatten();
        Some(Self { clock, ..Self::new(time) })
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}
column_via!([] Instant as DateTime<Utc>, |instant| instant.at, |raw| Ok(Self::new(raw)));

/// The journal day of a moment: the date on the wall clock after the start of the day is taken off.
///
/// Source: clinical.md, Time. `day_start_minute` is minutes after midnight.
pub fn journal_date(instant: Instant, offset: OffsetMinutes, day_start_minute: i16) -> NaiveDate {
    let minutes = i64::from(offset.get()) - i64::from(day_start_minute);
    (instant.at.naive_utc() + Duration::minutes(minutes)).date()
}

/// The last calendar date anywhere on Earth at `now`: today at UTC+14.
pub fn last_date_on_earth(now: DateTime<Utc>) -> NaiveDate {
    (now.naive_utc() + Duration::hours(14)).date()
}

/// Today in a journal: the later of the day by the home zone and start of the day, and of the newest journal
/// day in `with_entry` that has begun anywhere on Earth. Who travels east has begun the next day before the
/// home zone has. Without a zone the home is at UTC.
pub fn journal_today(
    now: DateTime<Utc>,
    zone: Option<TimeZone>,
    day_start_minute: i16,
    with_entry: impl IntoIterator<Item = NaiveDate>,
) -> NaiveDate {
    let at = Instant::new(now);
    let home = zone.or_else(|| TimeZone::parse("UTC")).map_or_else(
        || now.date_naive(),
        |zone| journal_date(at, zone.offset_at(at), day_start_minute),
    );
    let latest = last_date_on_earth(now);
    with_entry.into_iter().filter(|day| *day <= latest).fold(home, NaiveDate::max)
}

/// The calendar date at `now` by a clock that is set to `offset`.
pub fn date_at(now: DateTime<Utc>, offset: OffsetMinutes) -> NaiveDate {
    (now.naive_utc() + Duration::minutes(offset.get().into())).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::read_body;
    use serde_json::json;

    fn at(text: &str) -> Instant {
        read_body(&json!(text)).unwrap()
    }
    fn day(text: &str, zone: &str) -> String {
        let instant = at(text);
        let offset = TimeZone::parse(zone).unwrap().offset_at(instant);
        journal_date(instant, offset, DAY_START_MINUTE).to_string()
    }

    #[test]
    fn the_worked_examples_of_the_clinical_reference() {
        assert_eq!(day("2026-05-02T05:30:00Z", "America/Denver"), "2026-05-01");
        assert_eq!(day("2026-05-02T10:30:00Z", "America/Denver"), "2026-05-02");
        assert_eq!(day("2026-05-02T09:30:00Z", "America/Denver"), "2026-05-01");
    }

    #[test]
    fn the_night_the_clocks_change_keeps_its_days() {
        // Berlin, 29 March 2026: 02:00 becomes 03:00. 01:59Z is 03:59 local, 02:00Z is 04:00.
        assert_eq!(day("2026-03-29T01:59:59Z", "Europe/Berlin"), "2026-03-28");
        assert_eq!(day("2026-03-29T02:00:00Z", "Europe/Berlin"), "2026-03-29");
        // 25 October 2026: 02:30 happens twice, both belong to the day before.
        assert_eq!(day("2026-10-25T00:30:00Z", "Europe/Berlin"), "2026-10-24");
        assert_eq!(day("2026-10-25T01:30:00Z", "Europe/Berlin"), "2026-10-24");
        assert_eq!(day("2026-10-25T03:00:00Z", "Europe/Berlin"), "2026-10-25");
    }

    #[test]
    fn an_offset_but_zero_tells_what_the_clock_was_set_to() {
        let clock = |text: &str| at(text).clock().map(OffsetMinutes::get);
        assert_eq!(clock("2026-05-01T21:00:00+02:00"), Some(120));
        assert_eq!(clock("2026-05-01T21:00:00-09:30"), Some(-570));
        for utc in
            ["2026-05-01T19:00:00Z", "2026-05-01T19:00:00+00:00", "2026-05-01T19:00:00-00:00"]
        {
            assert_eq!(clock(utc), None, "{utc}");
        }
        // Beyond what a clock can be set to.
        assert_eq!(clock("2026-05-01T21:00:00+15:00"), None);
    }

    #[test]
    fn instants_are_cut_to_milliseconds_and_written_with_three_digits() {
        let instant = at("2026-05-01T21:00:00.123456789+02:00");
        assert_eq!(serde_json::to_value(instant).unwrap(), json!("2026-05-01T19:00:00.123Z"));
        assert_eq!(at("2016-12-31T23:59:60.5Z"), at("2017-01-01T00:00:00.5Z"));
        assert_eq!(at("2026-05-01T21:00:00+02:00"), at("2026-05-01T19:00:00Z"));
        for bad in [
            "2026-05-01",
            "2026-05-01T21:00:00",
            "2026-02-30T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T00:00:00Z",
            "2026-05-01T21:00:00+26:00",
        ] {
            assert!(read_body::<Instant>(&json!(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn today_is_where_the_newest_entry_was_made() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let rows = [
            // 05:20 on the 28th in Auckland.
            ("2026-11-27T16:20:00Z", "UTC", Some("2026-11-28"), "2026-11-28"),
            ("2026-11-27T16:20:00Z", "America/Los_Angeles", Some("2026-11-28"), "2026-11-28"),
            // 00:30 on the 28th in Kiritimati, still 02:30 on the 27th in Los Angeles: before its day begins.
            ("2026-11-27T10:30:00Z", "America/Los_Angeles", Some("2026-11-28"), "2026-11-28"),
            ("2026-11-27T10:30:00Z", "America/Los_Angeles", None, "2026-11-26"),
            // Nowhere is it the 28th yet, and an entry of the past moves nothing.
            ("2026-11-27T09:59:00Z", "UTC", Some("2026-11-28"), "2026-11-27"),
            ("2026-11-27T16:20:00Z", "UTC", Some("2026-11-26"), "2026-11-27"),
            ("2026-11-27T16:20:00Z", "UTC", None, "2026-11-27"),
        ];
        for (now, zone, newest, expected) in rows {
            let today =
                journal_today(now.parse().unwrap(), TimeZone::parse(zone), 240, newest.map(day));
            assert_eq!(today, day(expected), "{now} {zone} {newest:?}");
        }
    }
}
