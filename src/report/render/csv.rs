//! The days of a report as CSV: RFC 4180, UTF-8, and safe to open in a spreadsheet. Every cell is a
//! number, a day, a code or nothing; before them, through a share, whose journal it is.

use super::days::{Cell, daily_rows};
use crate::journal_subject::JournalSubject;
use crate::report::rules::Report;

/// The table. A value that is not known is an empty cell, never zero.
///
/// # Errors
/// Never for a table like this; the writer's.
pub fn days(report: &Report) -> Result<Vec<u8>, csv::Error> {
    let table = daily_rows(report);
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let whose = report.subject.as_ref().map(whose);
    let head = whose.iter().flat_map(|_| SUBJECT_COLUMNS);
    writer.write_record(head.chain(table.columns.iter().copied()))?;
    for row in &table.rows {
        writer.write_record(whose.iter().flatten().cloned().chain(row.iter().map(text)))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// Whose journal a row is of: in every row, so that none goes without it into another table.
pub const SUBJECT_COLUMNS: [&str; 3] = ["patient_name", "patient_year_of_birth", "own_reference"];

fn whose(subject: &JournalSubject) -> [String; 3] {
    let year = subject.year_of_birth.map(|year| year.to_string());
    [
        typed(subject.display_name.as_deref()),
        year.unwrap_or_default(),
        typed(subject.reference.as_deref()),
    ]
}

/// A text that a person typed, which no spreadsheet shall take for a formula.
fn typed(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Date(day) => day.to_string(),
        Cell::Count(count) => count.to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
        // A code begins with a letter, so no spreadsheet takes it for a formula.
        Cell::Code(code) => (*code).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::build;
    use crate::report::rules::fixtures::{dailies, input};

    #[test]
    fn a_day_without_a_rating_is_an_empty_cell() {
        let mut journal = input(0, 2);
        journal.entries = dailies(0, &[Some(4), None, Some(0)]);
        let bytes = days(&build(&journal)).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert!(lines[0].starts_with("journal_date,expected,pain,"), "{text}");
        let pain: Vec<&str> =
            lines[1..4].iter().map(|line| line.split(',').nth(2).unwrap()).collect();
        assert_eq!(pain, ["4", "", "0"]);
        let cells = lines.iter().flat_map(|line| line.split(','));
        let formula = |cell: &str| {
            cell.starts_with(['=', '+', '@', '\t'])
                || cell.starts_with('-') && cell.parse::<f64>().is_err()
        };
        assert!(!cells.into_iter().any(formula), "{text}");
    }
}
