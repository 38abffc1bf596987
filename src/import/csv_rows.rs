//! A row of a table as a daily journal entry.

use super::Drawn;
use super::cells::value;
use super::day::{KIND, MOMENT, Whose, ZONE};
use super::header::{DAY, Header};
use super::table::TableRow;
use crate::collections::{EntryKind, JournalEntry};
use crate::journal::{Fields, Of, Record};
use crate::time::PhoneZone;
use crate::wire::unseen::trim_unseen;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a row says, read but not yet given an id.
#[derive(Debug)]
pub(super) struct DailyRow {
    /// The day it is about.
    pub(super) day: NaiveDate,
    /// Its fields.
    pub(super) fields: Fields,
    zone: Option<PhoneZone>,
    said: BTreeSet<String>,
}

/// Reads a row of a table of entries.
///
/// # Errors
/// What is wrong with it, in one sentence.
pub(super) fn read(header: &Header, row: &TableRow<'_>) -> Result<DailyRow, String> {
    let (day, cells) = header.named(row)?;
    let mut fields = Fields::new();
    for (name, cell) in cells.iter().filter(|(_, cell)| !trim_unseen(cell).is_empty()) {
        fields.insert((*name).to_owned(), value(&Of::<JournalEntry>::COLLECTION, name, cell)?);
    }
    fields.insert(DAY.into(), json!(day));
    if fields.get(KIND).is_some_and(|kind| *kind != json!(EntryKind::Daily)) {
        return Err("kind: A table has daily entries only; import others as JSON Lines.".into());
    }
    let zone = match fields.get(ZONE).and_then(Value::as_str) {
        None => None,
        Some(named) => {
            Some(PhoneZone::parse(named).ok_or("time_zone: Must be an IANA time zone name.")?)
        }
    };
    let said = cells.iter().map(|(name, _)| (*name).to_owned()).collect();
    Ok(DailyRow { day, fields, zone, said })
}

impl DailyRow {
    /// The entry, where `others` rows before this one have said something else about its day. Each is
    /// an entry of its own, a minute after the last, so that none of them is lost and the last one counts.
    pub(super) fn drawn(self, whose: Whose, others: usize) -> Drawn {
        let collection = JournalEntry::COLLECTION;
        let further = if others == 0 { String::new() } else { format!(":{}", others + 1) };
        let later = i64::try_from(others).unwrap_or_default().min(120);
        let (at, zone) = whose.evening(self.day, self.zone, later);
        let mut fields = self.fields;
        fields.insert(KIND.into(), json!(EntryKind::Daily));
        fields.entry(MOMENT).or_insert(at);
        fields.entry(ZONE).or_insert(zone);
        Drawn {
            collection,
            id: whose.id_of(collection, self.day, &further),
            fields,
            said: Some(self.said),
            summed: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const WHOSE: Whose = Whose { patient: Uuid::nil(), zone: chrono_tz::Europe::Berlin };

    fn entry(whose: Whose, header: &str, row: &str) -> Result<(Uuid, Fields), String> {
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
