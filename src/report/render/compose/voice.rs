//! Statements, days and counts in words.

use super::Catalogue;
use crate::report::render::page::Fact;
use crate::report::rules::statement::{ReportStatement, ReportWindow, Status, Unit};
use chrono::NaiveDate;

/// The words of one page: a language, and the days the page is about, which need no saying again.
pub(super) struct Voice<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) window: ReportWindow,
}

impl Voice<'_> {
    /// A text with its values.
    pub(super) fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.catalogue.text(key, values)
    }
    /// A code in words.
    pub(super) fn code(&self, kind: &str, code: &str) -> String {
        self.catalogue.code(kind, code)
    }
}

/// A minus that is as wide as a plus.
fn signed(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

/// A sentence of the report as it is printed: its minus signs are those of the numbers around it, and
/// no line ends between a number and its percent sign.
pub(super) fn printed(sentence: &str) -> String {
    let mut text = sentence.replace(" %", "\u{a0}%");
    for digit in '0'..='9' {
        for before in [' ', '('] {
            let minus = format!("{before}-{digit}");
            text = text.replace(&minus, &format!("{before}\u{2212}{digit}"));
        }
    }
    text
}

/// A statement's value with its unit, or what it lacks.
pub(super) fn value(words: &Voice<'_>, statement: &ReportStatement) -> String {
    let Some(text) = &statement.value_text else {
        let (have, need) = (statement.have.to_string(), statement.need.to_string());
        return words.text("insufficient", &[("have", &have), ("need", &need)]);
    };
    let unit = match statement.unit {
        Unit::Score0To10 | Unit::Correlation | Unit::InstrumentPoints | Unit::Steps => "",
        Unit::Points => "unit.points",
        Unit::PointsPerWeek => "unit.points_per_week",
        Unit::Percent => "unit.percent",
        Unit::Minutes => "unit.minutes",
        Unit::DaysPerWeek => "unit.days_per_week",
        Unit::DaysPer28 => "unit.days_per_28",
    };
    // A part of a step means nothing.
    let whole = (statement.unit == Unit::Steps).then(|| statement.value.map(|v| format!("{v:.0}")));
    let text = whole.flatten().unwrap_or_else(|| signed(text));
    if unit.is_empty() { text } else { words.text(unit, &[("value", &text)]) }
}

/// What stands behind a statement: count, interval, days, and how far it may be trusted.
pub(super) fn behind(words: &Voice<'_>, statement: &ReportStatement) -> String {
    let mut parts = vec![words.text("n", &[("n", &statement.n.to_string())])];
    if let Some(interval) = statement.interval {
        let (low, high) = (decimal(interval.low), decimal(interval.high));
        parts.push(words.text("interval", &[("low", &low), ("high", &high)]));
    }
    // The last day of the page may lie ahead of today; the beginning tells.
    let same = |window: &ReportWindow| {
        window.from <= words.window.from && window.to >= words.window.to
            || window.from == words.window.from && statement.window == Some(words.window)
    };
    if let Some(window) = statement.window.filter(|window| !same(window)) {
        parts.push(span(words, window));
    }
    if statement.status == Status::Provisional {
        parts.push(words.text("provisional", &[]));
    }
    parts.join(" · ")
}

/// A statement as a tile.
pub(super) fn fact(words: &Voice<'_>, label: &str, statement: &ReportStatement) -> Fact {
    let (value, note) = match statement.status {
        Status::Insufficient => (or_dash(None::<i32>), value(words, statement)),
        _ => (value(words, statement), behind(words, statement)),
    };
    Fact { label: words.text(label, &[]), value, note }
}

/// The code that a fieldless enum is written as.
pub(super) fn code_of(code: &impl serde::Serialize) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

/// Days from and to.
pub(super) fn span(words: &Voice<'_>, window: ReportWindow) -> String {
    let (from, to) = (day(window.from), day(window.to));
    words.text("span", &[("from", &from), ("to", &to)])
}

/// A day, the same in every language.
pub(super) fn day(day: NaiveDate) -> String {
    day.to_string()
}

/// A day that may be unknown.
pub(super) fn day_or(words: &Voice<'_>, date: Option<NaiveDate>) -> String {
    date.map_or_else(|| words.text("unknown", &[]), day)
}

/// A number to one decimal.
pub(super) fn decimal(value: f64) -> String {
    // Nothing is less than zero by less than can be shown.
    signed(&format!("{:.1}", crate::rounding::round_to(value, 1) + 0.0))
}

/// A number that may be missing. Missing is a dash, never a zero.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "\u{2013}".to_owned(), |value| signed(&value.to_string()))
}

/// The days of a report that have come: what its statements look at.
pub(super) fn elapsed(report: &crate::report::rules::Report) -> ReportWindow {
    let today = report.generated_at.date_naive();
    let to = report.window.to.min(today).max(report.window.from);
    ReportWindow { from: report.window.from, to }
}

/// When a report was made, for people.
pub(super) fn made_at(report: &crate::report::rules::Report) -> String {
    report.generated_at.format("%Y-%m-%d %H:%M UTC").to_string()
}
