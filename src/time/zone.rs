//! Time zones: those of the IANA database, and those of phones, which may be no more than an offset.

use super::{Instant, OffsetMinutes};
use crate::db::column_via;
use crate::wire::{At, Components, Faults, Wire};
use chrono::{Offset, TimeZone as _};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// A time zone of the IANA database. Names like `GMT+4` are not in it and are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeZone(pub(super) chrono_tz::Tz);

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
            self.0.offset_from_utc_datetime(&instant.get().naive_utc()).fix().local_minus_utc();
        // Historic zones have offsets with seconds and none beyond ±14 h since 1900.
        OffsetMinutes::new(seconds.div_euclid(60).clamp(-840, 840)).unwrap_or_else(utc_offset)
    }
}

impl From<chrono_tz::Tz> for TimeZone {
    fn from(zone: chrono_tz::Tz) -> Self {
        Self(zone)
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
        schema("An IANA time zone name.")
    }
}
column_via!([] TimeZone as String,
    |zone| zone.name().to_owned(),
    |raw| Self::parse(&raw).ok_or_else(|| "unknown time zone".into()));

fn schema(about: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(64))
        .description(Some(about))
        .examples([serde_json::json!("Europe/Berlin")])
        .into()
}

/// The zone a phone says it is in: one of the IANA database or, where the phone knows no name, an
/// offset, kept as `+03:00`, east of UTC positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneZone {
    /// A zone with a name.
    Named(TimeZone),
    /// Always so many minutes east of UTC.
    Offset(OffsetMinutes),
}

impl PhoneZone {
    /// The zone of an IANA name, spelled exactly, or of an offset as platforms print it: `GMT+03:00`
    /// (Android and Java), `GMT+0300` (iOS), `UTC+03:00` (Python), `+03:00` (JavaScript), or with the
    /// hour alone. `Etc/GMT-3` and its like are IANA names, and count west of Greenwich.
    pub fn parse(name: &str) -> Option<Self> {
        match TimeZone::parse(name) {
            Some(zone) => Some(Self::Named(zone)),
            None => parse_offset(name).map(Self::Offset),
        }
    }
    /// The offset in force in this zone at `instant`.
    pub fn offset_at(self, instant: Instant) -> OffsetMinutes {
        match self {
            Self::Named(zone) => zone.offset_at(instant),
            Self::Offset(offset) => offset,
        }
    }
    /// The offset that is all that is known of the zone.
    pub const fn as_offset(self) -> Option<OffsetMinutes> {
        match self {
            Self::Named(_) => None,
            Self::Offset(offset) => Some(offset),
        }
    }
}

impl From<TimeZone> for PhoneZone {
    fn from(zone: TimeZone) -> Self {
        Self::Named(zone)
    }
}

/// Minutes of `+3`, `+03`, `+0300` or `+03:00`, perhaps behind `GMT` or `UTC`.
fn parse_offset(name: &str) -> Option<OffsetMinutes> {
    let signed = name.strip_prefix("GMT").or_else(|| name.strip_prefix("UTC")).unwrap_or(name);
    let (sign, digits) = match signed.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.as_bytes() {
        [h0 @ b'0'..=b'9'] => ([b'0', *h0], [b'0'; 2]),
        [h0, h1] => ([*h0, *h1], [b'0'; 2]),
        [h0, h1, m0, m1] | [h0, h1, b':', m0, m1] => ([*h0, *h1], [*m0, *m1]),
        _ => return None,
    };
    let number = |[tens, ones]: [u8; 2]| {
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
    };
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    let offset = hours * 60 + minutes;
    // RFC 3339 section 4.3: -00:00 says that the offset is not known.
    if offset == 0 && sign < 0 {
        return None;
    }
    OffsetMinutes::new(sign * offset)
}

impl std::fmt::Display for PhoneZone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(zone) => f.write_str(zone.name()),
            Self::Offset(offset) => {
                let (sign, minutes) =
                    if offset.get() < 0 { ('-', -offset.get()) } else { ('+', offset.get()) };
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}
impl serde::Serialize for PhoneZone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl Wire for PhoneZone {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let zone = value.as_str().and_then(Self::parse);
        if zone.is_none() {
            faults.add(
                at,
                "unknown_value",
                "Must be an IANA time zone name like Europe/Berlin, or an offset like +03:00.",
            );
        }
        zone
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        schema("An IANA time zone name, or `+03:00` with the same in `utc_offset_minutes`.")
    }
}
column_via!([] PhoneZone as String,
    |zone| zone.to_string(),
    |raw| Self::parse(&raw).ok_or_else(|| "unknown time zone".into()));

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_iana_names_are_zones() {
        for good in ["Europe/Berlin", "UTC", "EST5EDT", "Asia/Kathmandu", "Etc/GMT-3"] {
            assert!(TimeZone::parse(good).is_some(), "{good}");
        }
        for bad in ["GMT+4", "+04:00", "Etc/Unknown", "europe/berlin", "", "CEST"] {
            assert!(TimeZone::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_offset_is_read_as_platforms_print_it_and_kept_in_one_way() {
        let kept = |name: &str| PhoneZone::parse(name).map(|zone| zone.to_string());
        for (name, zone) in [
            ("GMT+03:00", "+03:00"),
            ("GMT+3", "+03:00"),
            ("GMT+0300", "+03:00"),
            ("UTC+3", "+03:00"),
            ("UTC+03:00", "+03:00"),
            ("+03", "+03:00"),
            ("+03:00", "+03:00"),
            ("-05:30", "-05:30"),
            ("GMT-09:30", "-09:30"),
            ("UTC+14:00", "+14:00"),
            ("+00:00", "+00:00"),
            // The sign of these is the other way round, and they have a name.
            ("Etc/GMT-3", "Etc/GMT-3"),
            ("Etc/GMT+3", "Etc/GMT+3"),
            ("GMT", "GMT"),
            ("GMT+0", "GMT+0"),
        ] {
            assert_eq!(kept(name).as_deref(), Some(zone), "{name}");
        }
        for bad in [
            "GMT+14:01",
            "GMT-15",
            "+3:00",
            "+03:60",
            "+03:0",
            "+030",
            "3",
            "03:00",
            "GMT03:00",
            "GMT +3",
            " +03:00",
            "+03:00 ",
            "gmt+3",
            "Z",
            "-00:00",
            "+",
            "GMT+",
            "+٣",
            "UTCGMT+3",
            "+03:00:00",
            "Etc/GMT-15",
            "GMT+-3",
        ] {
            assert_eq!(kept(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_offset_comes_back_as_it_went(minutes in -840_i32..=840) {
            let zone = PhoneZone::Offset(OffsetMinutes::new(minutes).unwrap());
            let text = zone.to_string();
            prop_assert_eq!(PhoneZone::parse(&text), Some(zone));
            prop_assert_eq!(PhoneZone::parse(&format!("GMT{text}")), Some(zone));
            let at = crate::wire::read_body::<Instant>(&serde_json::json!("2026-05-01T12:00:00Z"));
            prop_assert_eq!(zone.offset_at(at.unwrap()).get(), minutes);
            // East is later on the clock: the local time is that of the same offset in RFC 3339.
            let local = zone.local_at("2026-05-01T12:00:00Z".parse().unwrap());
            let rfc = format!("{}{text}", local.format("%Y-%m-%dT%H:%M:%S"));
            let same = chrono::DateTime::parse_from_rfc3339(&rfc).unwrap();
            prop_assert_eq!(same.to_utc(), "2026-05-01T12:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
            prop_assert_eq!(zone.instant_of(local), Some(same.to_utc()));
        }
    }
}
