//! Moments, time zones, journal days, and the one clock.

mod moment;
mod wall;

pub use moment::parse_moment;
pub use wall::WallTime;

use crate::db::column_via;
use crate::wire::{At, Components, Faults, Form, Whole, Wire};
use chrono::{
    DateTime, Duration, NaiveDate, Offset, SecondsFormat, SubsecRound, TimeZone as _, Utc,
};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(DateTime<Utc>);

impl Instant {
    /// Cuts a time to the millisecond. A leap second is the second after it: neither Postgres nor
    /// JavaScript knows another.
    pub fn new(time: DateTime<Utc>) -> Self {
        let cut = DateTime::from_timestamp_millis(time.timestamp_millis());
        Self(cut.unwrap_or_else(|| time.trunc_subsecs(3)))
    }
    /// The time.
    pub const fn get(self) -> DateTime<Utc> {
        self.0
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
        serialize_utc(&self.0, serializer)
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
        Some(Self::new(time))
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}
column_via!([] Instant as DateTime<Utc>, |instant| instant.0, |raw| Ok(Self::new(raw)));

impl Wire for NaiveDate {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let date = value.as_str().and_then(parse_date);
        if date.is_none() {
            faults.add(at, "invalid_format", "Must be a calendar date like 2026-05-01.");
        }
        let date = date?;
        if chrono::Datelike::year(&date) < FIRST_YEAR || chrono::Datelike::year(&date) > LAST_YEAR {
            faults.add(
                at,
                "out_of_range",
                format!("Must lie in the years {FIRST_YEAR} to {LAST_YEAR}."),
            );
            return None;
        }
        Some(date)
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .into()
    }
}

/// A date in its one spelling, `YYYY-MM-DD`.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

/// A time zone of the IANA database. Names like `GMT+4` are not in it and are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeZone(chrono_tz::Tz);

impl TimeZone {
    /// The zone of an IANA name, spelled exactly.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }
    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
    /// The offset in force in this zone at `instant`.
    pub fn offset_at(self, instant: Instant) -> OffsetMinutes {
        let seconds =
            self.0.offset_from_utc_datetime(&instant.0.naive_utc()).fix().local_minus_utc();
        // Historic zones have offsets with seconds and none beyond ±14 h since 1900.
        OffsetMinutes::new(seconds.div_euclid(60).clamp(-840, 840)).unwrap_or_else(utc_offset)
    }
}

fn utc_offset() -> OffsetMinutes {
    // 0 is within the range, so this is the zero of the type.
    OffsetMinutes::new(0).unwrap_or_else(utc_offset)
}

impl serde::Serialize for TimeZone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
impl Wire for TimeZone {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let zone = value.as_str().and_then(Self::parse);
        if zone.is_none() {
            faults.add(at, "unknown_value", "Must be an IANA time zone name like Europe/Berlin.");
        }
        zone
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(64))
            .description(Some("An IANA time zone name."))
            .examples([serde_json::json!("Europe/Berlin")])
            .into()
    }
}
column_via!([] TimeZone as String,
    |zone| zone.name().to_owned(),
    |raw| Self::parse(&raw).ok_or_else(|| "unknown time zone".into()));

/// The journal day of a moment: the date on the wall clock after the start of the day is taken off.
///
/// Source: clinical reference 4.2. `day_start_minute` is minutes after midnight.
pub fn journal_date(instant: Instant, offset: OffsetMinutes, day_start_minute: i16) -> NaiveDate {
    let minutes = i64::from(offset.get()) - i64::from(day_start_minute);
    (instant.0.naive_utc() + Duration::minutes(minutes)).date()
}

/// The last calendar date anywhere on Earth at `now`: today at UTC+14.
pub fn last_date_on_earth(now: DateTime<Utc>) -> NaiveDate {
    (now.naive_utc() + Duration::hours(14)).date()
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
    fn instants_are_cut_to_milliseconds_and_written_with_three_digits() {
        let instant = at("2026-05-01T21:00:00.123456789+02:00");
        assert_eq!(serde_json::to_value(instant).unwrap(), json!("2026-05-01T19:00:00.123Z"));
        assert_eq!(at("2016-12-31T23:59:60.5Z"), at("2017-01-01T00:00:00.5Z"));
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
    fn only_iana_names_are_zones() {
        for good in ["Europe/Berlin", "UTC", "EST5EDT", "Asia/Kathmandu"] {
            assert!(TimeZone::parse(good).is_some(), "{good}");
        }
        for bad in ["GMT+4", "Etc/Unknown", "europe/berlin", "", "CEST"] {
            assert!(TimeZone::parse(bad).is_none(), "{bad}");
        }
    }
}
