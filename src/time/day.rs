//! Calendar days in their one spelling.

use super::{FIRST_YEAR, LAST_YEAR};
use crate::wire::{At, Components, Faults, Wire};
use chrono::{Datelike, NaiveDate};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

/// What a program that has no type for days puts behind one: midnight in UTC. Generated Dart does.
const MIDNIGHT: &str = "T00:00:00.000Z";

/// Reads a calendar day: `YYYY-MM-DD`, or midnight UTC of it as `YYYY-MM-DDT00:00:00.000Z`. No other
/// spelling is read: of another time, or in another zone, nobody can tell which day was meant.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] =
        text.strip_suffix(MIDNIGHT).unwrap_or(text).as_bytes()
    else {
        return None;
    };
    let number = |digits: &[&u8]| {
        digits.iter().try_fold(0, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u32::from(**digit - b'0'))
        })
    };
    let year = i32::try_from(number(&[y0, y1, y2, y3])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[m0, m1])?, number(&[d0, d1])?)
}

impl Wire for NaiveDate {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let date = value.as_str().and_then(parse_date);
        if date.is_none() {
            faults.add(at, "invalid_format", "Must be a calendar date like 2026-05-01.");
        }
        let date = date?;
        if date.year() < FIRST_YEAR || date.year() > LAST_YEAR {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0_i32..=9999, 1_u32..=366).prop_filter_map("the year has that day", |(year, day)| {
            NaiveDate::from_yo_opt(year, day)
        })
    }

    /// Ways to write a day that are not the one: each makes a text of it, most with chrono, which
    /// reads and writes them all.
    const OTHERS: [&str; 30] = [
        "%Y%m%d",
        "%d.%m.%Y",
        "%m/%d/%Y",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%Y-%j",
        "%Y%j",
        "%G-W%V-%u",
        "%GW%V%u",
        "%G-W%V",
        "%Y-%m",
        "%y-%m-%d",
        "%-d %b %Y",
        "%A, %d %B %Y",
        "%Y-%b-%d",
        " %Y-%m-%d",
        "%Y-%m-%d ",
        "%Y- %m-%d",
        "%Y-%m-%d\n",
        "+%Y-%m-%d",
        "-%Y-%m-%d",
        "0%Y-%m-%d",
        "%Y-%m-%dZ",
        "%Y-%m-%d+00:00",
        "%Y-%m-%dT00:00:00Z",
        "%Y-%m-%dT00:00:00",
        "%Y-%m-%dT00:00:00.000+00:00",
        "%Y-%m-%d 00:00:00.000Z",
        "%Y-%m-%dt00:00:00.000z",
        "%Y-%m-%dT24:00:00.000Z",
    ];

    #[test]
    fn a_day_has_one_spelling_and_its_midnight() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 1);
        assert_eq!(parse_date("2026-01-01"), day);
        assert_eq!(parse_date("2026-01-01T00:00:00.000Z"), day);
        for bad in [
            "",
            "2026-02-30",
            "2026-13-01",
            "2026-00-10",
            "2025-02-29",
            "2026- 1- 1",
            "2026-+1-01",
            "2026-1-001",
            " 026-01-01",
            "+026-01-01",
            "2026-01-1",
            "２０２６-01-01",
            "2026‐01‐01",
            "2026-01-01T00:00:00.000Z ",
            "2026-01-01T00:00:00.000ZT00:00:00.000Z",
            "2026-01-01T00:00:00.0Z",
            "2026-01-01T00:00:00.001Z",
            "T00:00:00.000Z",
        ] {
            assert_eq!(parse_date(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn every_day_is_read_in_its_spelling(day in any_day()) {
            let text = day.format("%Y-%m-%d").to_string();
            prop_assert_eq!(parse_date(&text), Some(day));
            prop_assert_eq!(parse_date(&format!("{text}{MIDNIGHT}")), Some(day));
        }

        #[test]
        fn no_day_is_read_in_another_spelling(day in any_day(), other in 0..OTHERS.len()) {
            let text = day.format(OTHERS[other]).to_string();
            prop_assert_eq!(parse_date(&text), None, "{}", text);
        }

        /// One that is not midnight UTC is no day, whatever the zone.
        #[test]
        fn no_moment_but_midnight_is_a_day(
            day in any_day(), milliseconds in 1_i64..86_400_000, minutes in -840_i32..=840,
        ) {
            let moment = day.and_time(chrono::NaiveTime::MIN).and_utc()
                + chrono::Duration::milliseconds(milliseconds);
            let text = moment.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
            prop_assert_eq!(parse_date(&text), None, "{}", text);
            let zone = chrono::FixedOffset::east_opt(minutes * 60).unwrap();
            let there = moment.with_timezone(&zone).to_rfc3339();
            prop_assert_eq!(parse_date(&there), None, "{}", there);
        }

        /// Whatever comes: what is read is what it says.
        #[test]
        fn what_is_read_is_written_the_same(text in "[-+ 0-9٠-٩]{0,3}[0-9]{2,4}[-/. ]?[ 0-9]{1,2}[-/. ]?[ +0-9]{1,2}[TZ ]?") {
            if let Some(day) = parse_date(&text) {
                prop_assert_eq!(day.format("%Y-%m-%d").to_string(), text);
            }
        }
    }
}
