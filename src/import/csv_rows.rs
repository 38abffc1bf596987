//! A row of a table as a daily journal entry.

use super::Drawn;
use super::cells::{day, value};
use super::table::{Row, Rows};
use crate::collections::JournalEntry;
use crate::journal::Record;
use crate::time::{Instant, PhoneZone, TimeZone};
use crate::wire::unseen::trim_unseen;
use chrono::{FixedOffset, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The hour of the evening a row is taken to be about, on the patient's clock.
const EVENING: NaiveTime = match NaiveTime::from_hms_opt(21, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// What separates cells.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// The column of the day.
const DAY: &str = "journal_date";
/// The column that a report's table of days has and no entry.
const REPORT: &str = "expected";

/// The head of a table.
#[derive(Debug)]
pub(super) struct Header {
    /// The names of its columns, in lower case.
    pub(super) columns: Vec<String>,
    /// The column of the day.
    pub(super) day: usize,
    /// What separates its cells.
    pub(super) separator: char,
    /// Is it the table of days of a report?
    pub(super) is_report: bool,
}

impl Header {
    /// Finds the header of a table, its separator, and the rows below it.
    ///
    /// # Errors
    /// Line and reason where the text is no table of days.
    pub(super) fn find(text: &str) -> Result<(Self, Rows<'_>), (usize, String)> {
        let (text, line) = behind_hint(text).map_or((text, 1), |rest| (rest, 2));
        if text.split(['\n', '\r']).next().is_some_and(|line| line.contains('\0')) {
            let reason = "The file is no text in UTF-8: it may be UTF-16 without its mark, or no table \
                          but a workbook. Save it as CSV in UTF-8, or name its encoding: --encoding utf-16le.";
            return Err((line, reason.to_owned()));
        }
        // The separator with which a column of the day is there; else the one that makes most columns,
        // to say what is missing.
        let mut widest: Option<(Vec<String>, Rows<'_>, char)> = None;
        for separator in SEPARATORS {
            let mut rows = Rows::new(text, line, separator);
            let Some(Ok(row)) = rows.find(|row| !row.as_ref().is_ok_and(Row::is_blank)) else {
                continue;
            };
            let name = |cell: &String| trim_unseen(cell).to_ascii_lowercase();
            let columns: Vec<String> = row.cells.iter().map(name).collect();
            let has_day = columns.iter().any(|name| name == DAY);
            if has_day || widest.as_ref().is_none_or(|(most, ..)| most.len() < columns.len()) {
                widest = Some((columns, rows, separator));
            }
            if has_day {
                break;
            }
        }
        let Some((columns, rows, separator)) = widest else {
            let reason = match Rows::new(text, line, ',').find_map(Result::err) {
                Some(fault) => format!("The header cannot be read. {}", fault.reason),
                None => "The file is empty.".to_owned(),
            };
            return Err((line, reason));
        };
        let header_line = rows.rest().1.saturating_sub(1);
        let Some(day) = columns.iter().position(|name| name == DAY) else {
            let count = columns.len();
            return Err((
                header_line,
                format!(
                    "The header has no column {DAY}. It has {count} columns, read with {} between them; \
                     commas, semicolons and tabs are recognised. Columns are called like the fields of a \
                     journal entry.",
                    spoken(separator)
                ),
            ));
        };
        let is_report = columns.iter().any(|name| name == REPORT);
        let header = Self { columns, day, separator, is_report };
        header.check().map_err(|reason| (header_line, reason))?;
        Ok((header, rows))
    }

    /// Every column must be known, and known once: else its values would be lost.
    fn check(&self) -> Result<(), String> {
        let is_known = |name: &str| {
            name.is_empty()
                || JournalEntry::FIELDS.iter().any(|field| field.name == name)
                || self.is_report && super::report_rows::is_column(name)
        };
        let mut seen = BTreeSet::new();
        for (index, name) in self.columns.iter().enumerate() {
            let place = index + 1;
            if !is_known(name) {
                let short: String = name.chars().take(64).collect();
                return Err(format!(
                    "Column {place} ({short}) is no field of a journal entry. Rename or remove it; docs/api.md \
                     and `GET /openapi.json` have the names."
                ));
            }
            if !name.is_empty() && !seen.insert(name) {
                return Err(format!("Column {place} ({name}) is there twice."));
            }
        }
        Ok(())
    }

    /// The cells of a row under the names of their columns.
    ///
    /// # Errors
    /// When there are more or fewer cells than columns, a value without a column, or when a quoted
    /// cell holds what seem to be rows.
    pub(super) fn named<'a>(&'a self, row: &'a Row<'_>) -> Result<Vec<(&'a str, &'a str)>, String> {
        if row.cells.len() != self.columns.len() {
            return Err(format!(
                "Has {} cells where the header has {}.",
                row.cells.len(),
                self.columns.len()
            ));
        }
        if let Some(line) = self.swallowed(row) {
            return Err(format!(
                "A quoted cell runs to line {}, and line {line} within it looks like a row of its own. \
                 Nothing of lines {} to {} was taken: close the quote where the cell ends.",
                row.last_line, row.line, row.last_line
            ));
        }
        let cells =
            self.columns.iter().map(String::as_str).zip(row.cells.iter().map(String::as_str));
        let cells: Vec<(&str, &str)> = cells.collect();
        let nameless =
            |(name, cell): &(&str, &str)| name.is_empty() && !trim_unseen(cell).is_empty();
        if let Some(place) = cells.iter().position(nameless) {
            return Err(format!("Cell {} has a value, and its column no name.", place + 1));
        }
        Ok(cells.into_iter().filter(|(name, _)| !name.is_empty()).collect())
    }

    /// A line of the file within a row that would be a row itself. Two stray quotes make one cell of all
    /// the days between them, and nothing else would show it.
    fn swallowed(&self, row: &Row<'_>) -> Option<usize> {
        if row.line == row.last_line {
            return None;
        }
        let lines = Lines(row.raw);
        let last = row.last_line - row.line;
        let looks = |line: &str| {
            let mut rows = Rows::new(line, 1, self.separator);
            matches!(rows.next(), Some(Ok(inner)) if inner.cells.len() == self.columns.len()
                && inner.cells.get(self.day).is_some_and(|cell| day(cell).is_some()))
        };
        let (index, _) =
            lines.enumerate().skip(1).take(last.saturating_sub(1)).find(|(_, line)| looks(line))?;
        Some(row.line + index)
    }
}

/// The text behind a line of its own in which a spreadsheet names the separator, `sep=;`.
fn behind_hint(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("sep=")?.strip_prefix(SEPARATORS)?;
    rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\r', '\n']))
}

const fn spoken(separator: char) -> &'static str {
    match separator {
        ';' => "semicolons",
        '\t' => "tabs",
        _ => "commas",
    }
}

/// The lines of a text as an editor shows them.
pub(super) struct Lines<'a>(pub(super) &'a str);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;
    fn next(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.find(['\n', '\r']).unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r']));
        self.0 = rest.unwrap_or_default();
        Some(line)
    }
}

/// Whose rows they are, and in which zone they were lived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose {
    /// The patient.
    pub(super) patient: Uuid,
    /// The zone of rows that name none.
    pub(super) zone: Tz,
}

impl Whose {
    /// The id of what a table says about a day: derived from patient and day (UUID version 5), as sync
    /// clients derive it, so that the same day imported twice is one record. `further` tells apart what
    /// else is said about the day.
    pub(super) fn id_of(self, collection: &str, day: NaiveDate, further: &str) -> Uuid {
        Uuid::new_v5(&self.patient, format!("{collection}:{day}{further}").as_bytes())
    }

    /// The evening of a day, so many minutes later, and the zone it is in.
    pub(super) fn evening(
        self,
        day: NaiveDate,
        zone: Option<PhoneZone>,
        later: i64,
    ) -> (Value, Value) {
        let zone = zone.unwrap_or_else(|| TimeZone::from(self.zone).into());
        let evening = day.and_time(EVENING) + TimeDelta::minutes(later);
        let at = zone.instant_of(evening).unwrap_or_else(|| evening.and_utc());
        let offset = FixedOffset::east_opt(zone.offset_at(Instant::new(at)).get() * 60);
        let at = offset.map_or_else(|| at.to_rfc3339(), |o| at.with_timezone(&o).to_rfc3339());
        (json!(at), json!(zone))
    }
}

/// The ids that the table of days of a report gives to what it says of a day.
pub(super) fn derived_ids(patient: Uuid, collection: &str, day: NaiveDate) -> [Uuid; 3] {
    let whose = Whose { patient, zone: Tz::UTC };
    ["", ":rating", ":pain_free"].map(|further| whose.id_of(collection, day, further))
}

/// What a row says, read but not yet given an id.
#[derive(Debug)]
pub(super) struct Read {
    /// The day it is about.
    pub(super) day: NaiveDate,
    /// Its fields.
    pub(super) fields: Map<String, Value>,
    zone: Option<PhoneZone>,
    said: BTreeSet<String>,
}

/// Reads a row of a table of entries.
///
/// # Errors
/// What is wrong with it, in one sentence.
pub(super) fn read(header: &Header, row: &Row<'_>) -> Result<Read, String> {
    let cells = header.named(row)?;
    let of_day = cells.iter().find(|(name, _)| *name == DAY).map_or("", |(_, cell)| *cell);
    let day = day(of_day).ok_or("journal_date: Must be a calendar date like 2026-05-01.")?;
    let mut fields = Map::new();
    for (name, cell) in cells.iter().filter(|(_, cell)| !trim_unseen(cell).is_empty()) {
        fields.insert((*name).to_owned(), value::<JournalEntry>(name, cell)?);
    }
    fields.insert(DAY.into(), json!(day));
    if fields.get("kind").is_some_and(|kind| kind != "daily") {
        return Err("kind: A table has daily entries only; import others as JSON Lines.".into());
    }
    let zone = match fields.get("time_zone").and_then(Value::as_str) {
        None => None,
        Some(named) => {
            Some(PhoneZone::parse(named).ok_or("time_zone: Must be an IANA time zone name.")?)
        }
    };
    let said = cells.iter().map(|(name, _)| (*name).to_owned()).collect();
    Ok(Read { day, fields, zone, said })
}

impl Read {
    /// The entry, where `others` rows before this one have said something else about its day. Each is
    /// an entry of its own, a minute after the last, so that none of them is lost and the last one counts.
    pub(super) fn drawn(self, whose: Whose, others: usize) -> Drawn {
        let collection = JournalEntry::COLLECTION;
        let further = if others == 0 { String::new() } else { format!(":{}", others + 1) };
        let later = i64::try_from(others).unwrap_or_default().min(120);
        let (at, zone) = whose.evening(self.day, self.zone, later);
        let mut fields = self.fields;
        fields.insert("kind".into(), json!("daily"));
        fields.entry("effective_at").or_insert(at);
        fields.entry("time_zone").or_insert(zone);
        Drawn {
            collection,
            id: whose.id_of(collection, self.day, &further),
            fields,
            said: Some(self.said),
            is_summary: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOSE: Whose = Whose { patient: Uuid::nil(), zone: chrono_tz::Europe::Berlin };

    fn entry(whose: Whose, header: &str, row: &str) -> Result<(Uuid, Map<String, Value>), String> {
        let text = format!("{header}\n{row}\n");
        let (header, mut rows) = Header::find(&text).map_err(|(_, reason)| reason)?;
        let drawn = read(&header, &rows.next().unwrap().map_err(|f| f.reason)?)?.drawn(whose, 0);
        Ok((drawn.id, drawn.fields))
    }

    #[test]
    fn cells_keep_zero_empty_and_text_apart() {
        let header = "journal_date,pain_average,pain_worst,pain_free_day,note";
        let row = "2025-04-01,0,,true,12";
        let (id, fields) = entry(WHOSE, header, row).unwrap();
        assert_eq!(fields["pain_average"], json!(0));
        assert!(fields.get("pain_worst").is_none());
        assert_eq!((&fields["pain_free_day"], &fields["note"]), (&json!(true), &json!("12")));
        assert_eq!(fields["effective_at"], json!("2025-04-01T21:00:00+02:00"));
        let elsewhere = Whose { zone: chrono_tz::UTC, ..WHOSE };
        assert_eq!(entry(elsewhere, header, row).unwrap().0, id);
    }

    #[test]
    fn a_cell_is_what_its_column_reads_whatever_table_wrote_it() {
        let header = "journal_date,pain_average,pain_free_day,note";
        for (row, pain, free, note) in [
            ("2025-04-01,4,TRUE,1", json!(4), json!(true), "1"),
            ("2025-04-01,4.0,True,true", json!(4.0), json!(true), "true"),
            ("2025-04-01, 4e0 ,1, 4.0", json!(4.0), json!(true), " 4.0"),
            ("2025-04-01,\u{a0}0,0,x", json!(0), json!(false), "x"),
            ("2025-04-01T00:00:00.000Z,-0,FALSE,x", json!(-0.0), json!(false), "x"),
        ] {
            let (_, fields) = entry(WHOSE, header, row).unwrap();
            assert_eq!(fields["pain_average"], pain, "{row}");
            assert_eq!((&fields["pain_free_day"], &fields["note"]), (&free, &json!(note)));
        }
        // What no reading fits is refused by the reader of the column, in its own words.
        let (_, fields) = entry(WHOSE, header, "2025-04-01,11,2,x").unwrap();
        assert_eq!((&fields["pain_average"], &fields["pain_free_day"]), (&json!(11), &json!(2)));
    }

    #[test]
    fn a_row_in_a_zone_that_is_an_offset_is_about_its_evening() {
        let header = "journal_date,time_zone,utc_offset_minutes";
        let (_, fields) = entry(WHOSE, header, "2025-04-01,GMT+03:00,180").unwrap();
        assert_eq!(fields["effective_at"], json!("2025-04-01T21:00:00+03:00"));
        assert_eq!(fields["utc_offset_minutes"], json!(180));
    }

    #[test]
    fn the_separator_is_told_from_the_header() {
        for (header, row) in [
            ("journal_date;mood;note", "2025-04-01;4,0;a, b"),
            ("journal_date\tmood\tnote", "2025-04-01\t4,0\ta, b"),
            ("\"Journal_date\";\"Mood\";note", "01.04.2025;4,0;\"a, b\""),
            ("sep=;\r\nmood;journal_date;note", "4;2025-04-01;a, b"),
            ("note;mood;journal_date", "a, b;4;2025-04-01"),
            ("\n\njournal_date,mood,note", "2025-04-01,\"4,0\",\"a, b\""),
        ] {
            let (_, fields) = entry(WHOSE, header, row).unwrap();
            assert_eq!(fields["mood"].as_f64(), Some(4.0), "{header}");
            assert_eq!(
                (&fields["note"], &fields["journal_date"]),
                (&json!("a, b"), &json!("2025-04-01"))
            );
        }
    }

    #[test]
    fn a_header_that_would_lose_a_value_is_refused_with_its_line() {
        for (text, line, said) in [
            ("", 1, "empty"),
            ("\n \n", 1, "empty"),
            ("datum;schmerz\n2025-04-01;4\n", 1, "semicolons"),
            ("\ndatum|schmerz\n", 2, "no column journal_date"),
            ("journal_date,pain\n", 1, "Column 2 (pain)"),
            ("sep=;\njournal_date;mood;mood\n", 2, "Column 3 (mood) is there twice"),
            ("journal_date,\"mood\n", 1, "never closed"),
            ("j\0o\0u\0r\0n\0a\0l\0", 1, "UTF-16"),
        ] {
            let (at, reason) = Header::find(text).map(|_| ()).unwrap_err();
            assert!(at == line && reason.contains(said), "{text:?}: {at} {reason}");
        }
    }

    #[test]
    fn rows_that_would_lose_a_value_are_refused() {
        let header = "journal_date,mood,";
        assert!(entry(WHOSE, header, "2025-04-01,4,").is_ok());
        for (row, said) in [
            (",4,", "journal_date"),
            ("1 May,4,", "journal_date"),
            ("2025-04-01", "1 cells where the header has 3"),
            ("2025-04-01,4,,", "4 cells"),
            ("2025-04-01,4,x", "Cell 3 has a value"),
        ] {
            let reason = entry(WHOSE, header, row).unwrap_err();
            assert!(reason.contains(said), "{row}: {reason}");
        }
        let reason = entry(WHOSE, "journal_date,kind", "2025-04-01,momentary").unwrap_err();
        assert!(reason.starts_with("kind"), "{reason}");
    }

    #[test]
    fn days_between_two_stray_quotes_are_not_taken_for_a_note() {
        let text = "journal_date,note\n2025-04-01,a\n2025-04-02,\"b\n2025-04-03,c\n2025-04-04,d\"\n2025-04-05,e\n";
        for end in ["\n", "\r\n", "\r"] {
            let text = text.replace('\n', end);
            let (header, rows) = Header::find(&text).unwrap();
            let read: Vec<_> = rows.map(|row| read(&header, &row.unwrap())).collect();
            assert!(read[0].is_ok() && read[2].is_ok() && read.len() == 3);
            let reason = read[1].as_ref().unwrap_err();
            assert!(reason.contains("line 4") && reason.contains("lines 3 to 5"), "{reason}");
        }
        let note = "journal_date,note\n2025-04-02,\"Long drive, then\nstraight to bed, 9 o'clock\n2025 was better\"\n";
        let (header, mut rows) = Header::find(note).unwrap();
        assert!(read(&header, &rows.next().unwrap().unwrap()).is_ok());
    }
}
