//! The head of a table of days: its separator, its columns, and its rows under them.

use super::cells::day;
use super::table::{TableRow, TableRows};
use crate::collections::JournalEntry;
use crate::journal::{JOURNAL_DATE, Record};
use crate::report::render::days::DAY_COLUMNS;
use crate::wire::unseen::trim_unseen;
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// The cells of a row under the names of their columns.
type NamedCells<'a> = Vec<(&'a str, &'a str)>;

/// What separates cells.
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// The column of the day.
pub(super) const DAY: &str = JOURNAL_DATE;
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
    pub(super) fn find(text: &str) -> Result<(Self, TableRows<'_>), (usize, String)> {
        let (text, line) = behind_hint(text).map_or((text, 1), |rest| (rest, 2));
        if text.split(['\n', '\r']).next().is_some_and(|line| line.contains('\0')) {
            let reason = "The file is no text in UTF-8: it may be UTF-16 without its mark, or no table \
                          but a workbook. Save it as CSV in UTF-8, or name its encoding: --encoding utf-16le.";
            return Err((line, reason.to_owned()));
        }
        // The separator with which a column of the day is there; else the one that makes most columns,
        // to say what is missing.
        let mut widest: Option<(Vec<String>, TableRows<'_>, char)> = None;
        for separator in SEPARATORS {
            let mut rows = TableRows::new(text, line, separator);
            let Some(Ok(row)) = rows.find(|row| !row.as_ref().is_ok_and(TableRow::is_blank)) else {
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
            let reason = match TableRows::new(text, line, ',').find_map(Result::err) {
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
                || JournalEntry::DEFINITION.field(name).is_some()
                || self.is_report && DAY_COLUMNS.contains(&name)
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

    /// The day of a row, and its cells under the names of their columns.
    ///
    /// # Errors
    /// When there are more or fewer cells than columns, a value without a column, no day, or when a
    /// quoted cell holds what seem to be rows.
    pub(super) fn named<'a>(
        &'a self,
        row: &'a TableRow<'_>,
    ) -> Result<(NaiveDate, NamedCells<'a>), String> {
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
        let day = self
            .day_of(row)
            .ok_or_else(|| format!("{DAY}: Must be a calendar date like 2026-05-01."))?;
        Ok((day, cells.into_iter().filter(|(name, _)| !name.is_empty()).collect()))
    }

    fn day_of(&self, row: &TableRow<'_>) -> Option<NaiveDate> {
        row.cells.get(self.day).and_then(|cell| day(cell))
    }

    /// A line of the file within a row that would be a row itself. Two stray quotes make one cell of all
    /// the days between them, and nothing else would show it.
    fn swallowed(&self, row: &TableRow<'_>) -> Option<usize> {
        if row.line == row.last_line {
            return None;
        }
        let lines = Lines(row.raw);
        let last = row.last_line - row.line;
        let looks = |line: &str| {
            let mut rows = TableRows::new(line, 1, self.separator);
            matches!(rows.next(), Some(Ok(inner)) if inner.cells.len() == self.columns.len()
                && self.day_of(&inner).is_some())
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
