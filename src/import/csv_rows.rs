//! A spreadsheet row as a daily journal entry.

use crate::collections::JournalEntry;
use crate::journal::Record;
use crate::time::parse_date;
use chrono::{NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The hour of the evening a row is taken to be about, on the patient's clock.
const EVENING: NaiveTime = match NaiveTime::from_hms_opt(21, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Columns whose cells are text even where they look like a number or a truth value.
const TEXT: [&str; 5] = ["note", "trigger_note", "time_zone", "work_impact", "journal_date"];

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
        .map(|(name, cell)| (name.trim().to_owned(), cell_value(name.trim(), cell)))
        .collect();
    let day = entry.get("journal_date").and_then(Value::as_str).and_then(parse_date);
    let day = day.ok_or("journal_date: Must be a calendar date like 2026-05-01.")?;
    let named = entry.get("time_zone").and_then(Value::as_str).map(str::parse::<Tz>);
    let zone = match named {
        None => zone,
        Some(Ok(zone)) => zone,
        Some(Err(_)) => return Err("time_zone: Must be an IANA time zone name.".into()),
    };
    let evening = day.and_time(EVENING);
    let at = zone.from_local_datetime(&evening).earliest();
    let at = at.map_or_else(|| evening.and_utc().to_rfc3339(), |at| at.to_rfc3339());
    let id = Uuid::new_v5(&patient, format!("{}:{day}", JournalEntry::COLLECTION).as_bytes());
    entry.insert("collection".into(), json!(JournalEntry::COLLECTION));
    entry.insert("id".into(), json!(id));
    entry.insert("kind".into(), json!("daily"));
    entry.insert("effective_at".into(), json!(at));
    entry.entry("time_zone").or_insert_with(|| json!(zone.name()));
    Ok(Value::Object(entry))
}

fn cell_value(name: &str, cell: &str) -> Value {
    if TEXT.contains(&name) {
        return json!(cell);
    }
    match cell.trim() {
        "true" => json!(true),
        "false" => json!(false),
        other => other.parse::<i64>().map_or_else(|_| json!(cell), |number| json!(number)),
    }
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
    fn rows_that_name_no_day_are_refused() {
        let header = record(&["journal_date", "note"]);
        for bad in [record(&["", "x"]), record(&["1 May", "x"]), record(&["2025-04-01"])] {
            assert!(daily_entry(Uuid::nil(), chrono_tz::UTC, &header, &bad).is_err());
        }
    }
}
