//! A spreadsheet row as a daily journal entry.

use crate::collections::JournalEntry;
use crate::journal::Record;
use crate::time::{Instant, PhoneZone, TimeZone, parse_date};
use crate::wire::Faults;
use crate::wire::number::{number_of, whole_of};
use crate::wire::unseen::trim_unseen;
use chrono::{FixedOffset, NaiveTime};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The hour of the evening a row is taken to be about, on the patient's clock.
const EVENING: NaiveTime = match NaiveTime::from_hms_opt(21, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// The entry of a row. Its id is derived from patient and day (UUID version 5), as sync clients
/// derive it, so that the same day imported twice is one entry.
///
/// # Errors
/// What is wrong with the row, in one sentence.
pub(super) fn daily_entry(
    patient: Uuid,
    zone: Tz,
    header: &csv::StringRecord,
    row: &csv::StringRecord,
) -> Result<Value, String> {
    if row.len() != header.len() {
        return Err(format!("Has {} cells where the header has {}.", row.len(), header.len()));
    }
    let mut entry: Map<String, Value> = header
        .iter()
        .zip(row)
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(name, cell)| (trim_unseen(name), cell))
        .map(|(name, cell)| (name.to_owned(), cell_value(name, cell)))
        .collect();
    let day = entry.get("journal_date").and_then(Value::as_str).and_then(parse_date);
    let day = day.ok_or("journal_date: Must be a calendar date like 2026-05-01.")?;
    let zone = match entry.get("time_zone").and_then(Value::as_str) {
        None => TimeZone::from(zone).into(),
        Some(named) => {
            PhoneZone::parse(named).ok_or("time_zone: Must be an IANA time zone name.")?
        }
    };
    let evening = day.and_time(EVENING);
    let at = zone.instant_of(evening).unwrap_or_else(|| evening.and_utc());
    let offset = FixedOffset::east_opt(zone.offset_at(Instant::new(at)).get() * 60);
    let at =
        offset.map_or_else(|| at.to_rfc3339(), |offset| at.with_timezone(&offset).to_rfc3339());
    let id = Uuid::new_v5(&patient, format!("{}:{day}", JournalEntry::COLLECTION).as_bytes());
    entry.insert("collection".into(), json!(JournalEntry::COLLECTION));
    entry.insert("id".into(), json!(id));
    entry.insert("kind".into(), json!("daily"));
    entry.insert("effective_at".into(), json!(at));
    entry.entry("time_zone").or_insert_with(|| json!(zone));
    Ok(Value::Object(entry))
}

/// A cell as the value of its column: text, else a number, else a truth value, whichever the column's
/// own reader takes first. What it takes none of is left to be refused by it.
fn cell_value(column: &str, cell: &str) -> Value {
    let bare = trim_unseen(cell);
    let number = number_of(bare).map(Value::Number);
    let truth = match whole_of(bare) {
        Some(1) => Some(true),
        Some(0) => Some(false),
        _ if bare.eq_ignore_ascii_case("true") => Some(true),
        _ if bare.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    let fits = |value: &Value| {
        let mut faults = Faults::default();
        JournalEntry::canonical(column, value, &mut faults).is_some() && faults.is_empty()
    };
    let readings = [Some(json!(cell)), number.clone(), truth.map(Value::Bool)];
    let fitting = readings.into_iter().flatten().find(fits);
    fitting.or(number).unwrap_or_else(|| json!(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(cells: &[&str]) -> csv::StringRecord {
        csv::StringRecord::from(cells.to_vec())
    }

    #[test]
    fn cells_keep_zero_empty_and_text_apart() {
        let header =
            record(&["journal_date", "pain_average", "pain_worst", "pain_free_day", "note"]);
        let row = record(&["2025-04-01", "0", "", "true", "12"]);
        let entry = daily_entry(Uuid::nil(), chrono_tz::Europe::Berlin, &header, &row).unwrap();
        assert_eq!(entry["pain_average"], json!(0));
        assert!(entry.get("pain_worst").is_none());
        assert_eq!((&entry["pain_free_day"], &entry["note"]), (&json!(true), &json!("12")));
        assert_eq!(entry["effective_at"], json!("2025-04-01T21:00:00+02:00"));
        let again = daily_entry(Uuid::nil(), chrono_tz::UTC, &header, &row).unwrap();
        assert_eq!(again["id"], entry["id"]);
    }

    #[test]
    fn a_cell_is_what_its_column_reads_whatever_table_wrote_it() {
        let header = record(&["journal_date", "pain_average", "pain_free_day", "note"]);
        for (cells, pain, free, note) in [
            (["2025-04-01", "4", "TRUE", "1"], json!(4), json!(true), "1"),
            (["2025-04-01", "4.0", "True", "true"], json!(4.0), json!(true), "true"),
            (["2025-04-01", " 4e0 ", "1", " 4.0"], json!(4.0), json!(true), " 4.0"),
            (["2025-04-01", "\u{a0}0", "0", "x"], json!(0), json!(false), "x"),
            (["2025-04-01T00:00:00.000Z", "-0", "FALSE", "x"], json!(-0.0), json!(false), "x"),
        ] {
            let entry = daily_entry(Uuid::nil(), chrono_tz::UTC, &header, &record(&cells)).unwrap();
            assert_eq!(entry["pain_average"], pain, "{cells:?}");
            assert_eq!((&entry["pain_free_day"], &entry["note"]), (&free, &json!(note)));
        }
        // What no reading fits is refused by the reader of the column, in its own words.
        let row = record(&["2025-04-01", "11", "2", "x"]);
        let entry = daily_entry(Uuid::nil(), chrono_tz::UTC, &header, &row).unwrap();
        assert_eq!((&entry["pain_average"], &entry["pain_free_day"]), (&json!(11), &json!(2)));
    }

    #[test]
    fn a_row_in_a_zone_that_is_an_offset_is_about_its_evening() {
        let header = record(&["journal_date", "time_zone", "utc_offset_minutes"]);
        let row = record(&["2025-04-01", "GMT+03:00", "180"]);
        let entry = daily_entry(Uuid::nil(), chrono_tz::UTC, &header, &row).unwrap();
        assert_eq!(entry["effective_at"], json!("2025-04-01T21:00:00+03:00"));
        assert_eq!(entry["utc_offset_minutes"], json!(180));
    }

    #[test]
    fn rows_that_name_no_day_are_refused() {
        let header = record(&["journal_date", "note"]);
        for bad in [record(&["", "x"]), record(&["1 May", "x"]), record(&["2025-04-01"])] {
            assert!(daily_entry(Uuid::nil(), chrono_tz::UTC, &header, &bad).is_err());
        }
    }
}
