//! The days of a report as typed rows, for tables such as CSV: which columns there are, and a cell
//! for each. No formatting; columns of withheld sections are left out.

use crate::collections::EventSeverity;
use crate::report::rules::Report;
use crate::report::rules::series::DailyPoint;
use crate::report::rules::statement::ReportCode;
use crate::sections::Section;
use chrono::NaiveDate;

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// Not known, not answered or not given: never zero.
    Empty,
    /// A journal day.
    Date(NaiveDate),
    /// A whole number.
    Count(i32),
    /// A number with two decimals at most.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A machine name.
    Code(&'static str),
}

impl From<Option<i32>> for Cell {
    fn from(value: Option<i32>) -> Self {
        value.map_or(Self::Empty, Self::Count)
    }
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::Number)
    }
}

impl From<Option<bool>> for Cell {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Empty, Self::Flag)
    }
}

/// The days of a report: the names of the columns, and one row a day in order.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyRows {
    /// Machine names, as the properties of a day are called.
    pub columns: Vec<&'static str>,
    /// As many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A column: its name, the section it belongs to, and its cell of a day.
type Column = (&'static str, Option<Section>, fn(&DailyPoint) -> Cell);

const PAIN: Option<Section> = Some(Section::Pain);
const SLEEP: Option<Section> = Some(Section::Sleep);
const MOBILITY: Option<Section> = Some(Section::Mobility);
const MEDICATION: Option<Section> = Some(Section::Medication);
const TREATMENT: Option<Section> = Some(Section::Treatment);

/// Every column, in the order of the table.
const COLUMNS: [Column; 26] = [
    ("journal_date", None, |day| Cell::Date(day.journal_date)),
    ("expected", None, |day| Cell::Flag(day.expected)),
    ("pain", PAIN, |day| day.pain.into()),
    ("pain_worst", PAIN, |day| day.pain_worst.into()),
    ("pain_least", PAIN, |day| day.pain_least.into()),
    ("source", PAIN, |day| day.source.map_or(Cell::Empty, |source| Cell::Code(source.code()))),
    ("ratings", PAIN, |day| Cell::Count(day.ratings)),
    ("backfilled", PAIN, |day| day.pain.map(|_| day.backfilled).into()),
    ("pain_free_day", PAIN, |day| day.pain_free_day.into()),
    ("flare", PAIN, |day| day.flare.into()),
    ("spike", PAIN, |day| day.spike.into()),
    ("interference", PAIN, |day| day.interference.into()),
    ("mood", PAIN, |day| day.mood.into()),
    ("stress", PAIN, |day| day.stress.into()),
    ("energy", PAIN, |day| day.energy.into()),
    ("stiffness", PAIN, |day| day.stiffness.into()),
    ("walking_minutes", MOBILITY, |day| day.walking_minutes.into()),
    ("steps", MOBILITY, |day| day.steps.into()),
    ("relief_taken", MEDICATION, |day| day.relief_taken.into()),
    ("preventive_taken", MEDICATION, |day| day.preventive_taken.into()),
    ("sessions_attended", TREATMENT, |day| day.sessions_attended.into()),
    ("treatments_attended", TREATMENT, |day| day.treatments_attended.into()),
    ("sleep_minutes", SLEEP, |day| day.sleep_minutes.into()),
    ("sleep_quality", SLEEP, |day| day.sleep_quality.into()),
    ("event_severity", TREATMENT, |day| severity(day.event_severity.as_ref())),
    ("event_clinical_severity", TREATMENT, |day| severity(day.event_clinical_severity.as_ref())),
];

/// A severity; one of a later version that this program does not know stays empty.
fn severity(code: Option<&ReportCode>) -> Cell {
    let known = code.and_then(|code| EventSeverity::from_code(&code.0));
    known.map_or(Cell::Empty, |severity| Cell::Code(severity.code()))
}

/// The names of the columns of a report that shows everything.
pub const DAY_COLUMNS: [&str; COLUMNS.len()] = {
    let mut names = [""; COLUMNS.len()];
    let mut index = 0;
    while index < COLUMNS.len() {
        names[index] = COLUMNS[index].0;
        index += 1;
    }
    names
};

/// The days of a report as rows. The same report gives the same rows.
pub fn daily_rows(report: &Report) -> DailyRows {
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|(_, section, _)| section.is_none_or(|section| report.shows(section)))
        .collect();
    let row = |day: &DailyPoint| columns.iter().map(|(_, _, cell)| cell(day)).collect();
    DailyRows {
        columns: columns.iter().map(|(name, _, _)| *name).collect(),
        rows: report.daily.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::build;
    use crate::report::rules::fixtures::{dailies, date, input};
    use crate::sections::Sections;
    use serde_json::Value;

    #[test]
    fn rows_hold_every_day_and_every_property_of_it() {
        let mut input = input(0, 4);
        input.entries = dailies(1, &[Some(5)]);
        let report = build(&input);
        let table = daily_rows(&report);
        assert_eq!(table.rows.len(), 5);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
        let json = serde_json::to_value(&report.daily[1]).unwrap();
        let mut names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut columns = table.columns.clone();
        names.sort_unstable();
        columns.sort_unstable();
        assert_eq!(columns, names);
        // Each cell is the property of its name.
        for (name, cell) in table.columns.iter().zip(&table.rows[1]) {
            match (cell, &json[*name]) {
                (Cell::Empty, found) => assert!(found.is_null(), "{name}"),
                (Cell::Date(day), found) => assert_eq!(Value::from(day.to_string()), *found),
                (Cell::Count(n), found) => assert_eq!(Value::from(*n), *found, "{name}"),
                (Cell::Number(n), found) => assert_eq!(Value::from(*n), *found, "{name}"),
                (Cell::Flag(is), found) => assert_eq!(Value::from(*is), *found, "{name}"),
                (Cell::Code(code), found) => assert_eq!(Value::from(*code), *found, "{name}"),
            }
        }
        assert_eq!(table.rows[0][0], Cell::Date(date(0)));
        assert_eq!(table.rows[0][2], Cell::Empty, "a missing day is not a zero");
    }

    #[test]
    fn columns_of_withheld_sections_are_left_out() {
        let mut input = input(0, 1);
        input.sections = Sections::ALL.without(Sections::of(&[Section::Pain, Section::Sleep]));
        let table = daily_rows(&build(&input));
        let expected = [
            "journal_date",
            "expected",
            "walking_minutes",
            "steps",
            "relief_taken",
            "preventive_taken",
            "sessions_attended",
            "treatments_attended",
            "event_severity",
            "event_clinical_severity",
        ];
        assert_eq!(table.columns, expected);
    }
}
