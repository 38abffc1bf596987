//! Times on the wall clock, and the instants they stand for.

use super::{PhoneZone, TimeZone};
use crate::db::column_via;
use crate::wire::{At, Components, Faults, Wire};
use chrono::{DateTime, Duration, MappedLocalTime, NaiveDateTime, TimeZone as _, Utc};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// A time of day on the wall clock, to the minute: `20:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime(i16);

impl WallTime {
    /// The time of its one spelling, `HH:MM` from `00:00` to `23:59`.
    pub fn parse(text: &str) -> Option<Self> {
        let [h0, h1, b':', m0, m1] = text.as_bytes() else { return None };
        let number = |tens: &u8, ones: &u8| {
            (tens.is_ascii_digit() && ones.is_ascii_digit())
                .then(|| i16::from(tens - b'0') * 10 + i16::from(ones - b'0'))
        };
        let (hour, minute) = (number(h0, h1)?, number(m0, m1)?);
        (hour < 24 && minute < 60).then_some(Self(hour * 60 + minute))
    }
    /// Minutes after midnight.
    pub const fn minutes(self) -> i16 {
        self.0
    }
}

impl std::fmt::Display for WallTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}
impl serde::Serialize for WallTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl Wire for WallTime {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let read = value.as_str().and_then(Self::parse);
        if read.is_none() {
            faults.add(at, "invalid_format", "Must be a time of day like 20:30.");
        }
        read
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$"))
            .min_length(Some(5))
            .max_length(Some(5))
            .examples([serde_json::json!("20:30")])
            .into()
    }
}
column_via!([] WallTime as i16, |time| time.0, |raw| {
    if (0..1440).contains(&raw) { Ok(Self(raw)) } else { Err("not a time of day".into()) }
});

impl TimeZone {
    /// The instant at which a wall clock of this zone shows `local`. Where it shows it twice, the
    /// first; where it leaps over it, the first instant after the leap. `None` at the ends of time.
    pub fn instant_of(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.0.from_local_datetime(&local) {
            MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => {
                Some(time.to_utc())
            }
            MappedLocalTime::None => {
                // A leap starts at a whole minute and never spans more than a day.
                let whole = local - Duration::seconds(local.and_utc().timestamp().rem_euclid(60));
                (1..=1500).find_map(|minutes| {
                    let later = whole.checked_add_signed(Duration::minutes(minutes))?;
                    self.0.from_local_datetime(&later).earliest().map(|time| time.to_utc())
                })
            }
        }
    }
    /// What a wall clock of this zone shows at an instant.
    pub fn local_at(self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.0).naive_local()
    }
}

impl PhoneZone {
    /// The instant at which a wall clock of this zone shows `local`, as [`TimeZone::instant_of`].
    pub fn instant_of(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self {
            Self::Named(zone) => zone.instant_of(local),
            Self::Offset(offset) => {
                let east = Duration::minutes(offset.get().into());
                Some(local.checked_sub_signed(east)?.and_utc())
            }
        }
    }
    /// What a wall clock of this zone shows at an instant.
    pub fn local_at(self, instant: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Named(zone) => zone.local_at(instant),
            Self::Offset(offset) => instant.naive_utc() + Duration::minutes(offset.get().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin(local: &str) -> String {
        let zone = TimeZone::parse("Europe/Berlin").unwrap();
        super::super::format_utc(zone.instant_of(local.parse().unwrap()).unwrap())
    }

    #[test]
    fn a_wall_time_has_one_spelling() {
        for good in ["00:00", "04:30", "23:59"] {
            assert_eq!(WallTime::parse(good).unwrap().to_string(), good);
        }
        for bad in
            ["24:00", "4:30", "04:60", "0430", "04:30:00", "", "ab:cd", "+4:30", " 4:30", "04: 0"]
        {
            assert!(WallTime::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn clock_changes_neither_skip_nor_repeat() {
        assert_eq!(berlin("2026-03-29T01:59:00"), "2026-03-29T00:59:00.000Z");
        // 02:00 to 03:00 does not exist: the first instant after it.
        assert_eq!(berlin("2026-03-29T02:30:00"), "2026-03-29T01:00:00.000Z");
        assert_eq!(berlin("2026-03-29T03:00:00"), "2026-03-29T01:00:00.000Z");
        // 02:30 comes twice: the first.
        assert_eq!(berlin("2026-10-25T02:30:00"), "2026-10-25T00:30:00.000Z");
        let apia = TimeZone::parse("Pacific/Apia").unwrap();
        let leapt = apia.instant_of("2011-12-30T12:00:00".parse().unwrap()).unwrap();
        assert_eq!(apia.local_at(leapt).to_string(), "2011-12-31 00:00:00");
    }
}
