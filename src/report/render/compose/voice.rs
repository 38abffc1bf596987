//! Statements, days and counts in words.

use crate::language::Language;
use crate::markup::original;
use crate::report::render::chart::duration;
use crate::report::render::page::{Fact, Wording};
use crate::report::rules::statement::{ReportStatement, ReportWindow, Status, Unit};
use chrono::{Datelike, NaiveDate};

/// The words of one page: a language, and the days the page is about, which need no saying again.
pub(super) struct Voice<'a> {
    pub(super) language: &'a Language,
    pub(super) window: ReportWindow,
}

impl Voice<'_> {
    /// A text with its values.
    pub(super) fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.language.text(&format!("report.{key}"), values)
    }
    /// A text that counts.
    pub(super) fn counted(&self, key: &str, count: i32) -> String {
        self.language.counted(&format!("report.{key}"), count)
    }
    /// A code in words.
    pub(super) fn code(&self, kind: &str, code: &str) -> String {
        let own = self.find(&format!("{kind}.{code}"), &[]);
        own.unwrap_or_else(|| self.language.code(kind, code))
    }
    /// A text with its values, where there is one.
    pub(super) fn find(&self, key: &str, values: &[(&str, &str)]) -> Option<String> {
        self.language.find(&format!("report.{key}"), values)
    }
    /// A number that was written with a point, as its readers write it.
    pub(super) fn number(&self, written: &str) -> String {
        self.language.number(&signed(written))
    }
    /// The number of a statement, without its unit; empty where it is withheld.
    pub(super) fn stated(&self, statement: &ReportStatement) -> String {
        self.number(statement.value_text.as_deref().unwrap_or_default())
    }
    /// A number to one decimal.
    pub(super) fn decimal(&self, value: f64) -> String {
        // Nothing is less than zero by less than can be shown.
        self.number(&format!("{:.1}", crate::rounding::round_to(value, 1) + 0.0))
    }
    /// Words that stay in English: those of an instrument, and of what is shown for warning signs.
    pub(super) fn original(&self, text: &str) -> String {
        if self.language.is_english() { text.to_owned() } else { original(text) }
    }
    /// What renderers add to the page.
    pub(super) fn wording(&self) -> Wording {
        let text = |key: &str| self.language.form(key).unwrap_or_default().to_owned();
        Wording {
            page_number: text("document.page_number"),
            cut: text("document.cut"),
            replaced: text("document.replaced"),
        }
    }
    /// A day in the reader's habit.
    pub(super) fn day(&self, date: NaiveDate) -> String {
        self.language.day(date)
    }
    /// A count out of another.
    pub(super) fn of(&self, part: impl ToString + Copy, all: impl ToString + Copy) -> String {
        self.text("of", &[("part", &part.to_string()), ("all", &all.to_string())])
    }
}

/// A minus that is as wide as a plus.
fn signed(text: &str) -> String {
    text.replace('-', "\u{2212}")
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
        Unit::Minutes => return duration(words.language, statement.value.unwrap_or_default()),
        Unit::DaysPerWeek => "unit.days_per_week",
        Unit::DaysPer28 => "unit.days_per_28",
    };
    // A part of a step means nothing.
    let whole = (statement.unit == Unit::Steps).then(|| statement.value.map(|v| format!("{v:.0}")));
    let text = whole.flatten().unwrap_or_else(|| words.number(text));
    if unit.is_empty() { text } else { words.text(unit, &[("value", &text)]) }
}

/// A share of days as the days it is made of; as it is where it is withheld.
pub(super) fn of_days(words: &Voice<'_>, label: &str, share: &ReportStatement) -> Fact {
    let known = fact(words, label, share);
    let Some(percent) = share.value.filter(|_| share.status != Status::Insufficient) else {
        return known;
    };
    let days = (percent * f64::from(share.n) / 100.0).round();
    // The count is in the value; what else stands behind it stays.
    let note = behind(words, share);
    let counted = words.text("n", &[("n", &share.n.to_string())]);
    let note =
        note.strip_prefix(&counted).unwrap_or(&note).trim_start_matches(" \u{b7} ").to_owned();
    Fact { value: words.of(days, share.n), note, ..known }
}

/// What stands behind a statement: count, interval, days, and how far it may be trusted.
pub(super) fn behind(words: &Voice<'_>, statement: &ReportStatement) -> String {
    let mut parts = vec![words.text("n", &[("n", &statement.n.to_string())])];
    if let Some(interval) = statement.interval {
        let (low, high) = (words.decimal(interval.low), words.decimal(interval.high));
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
    days(words, window.from, Some(window.to))
}

/// Days from one to another, which may be unknown; the year once where it is the same, one day alone.
pub(super) fn days(words: &Voice<'_>, from: NaiveDate, to: Option<NaiveDate>) -> String {
    if to == Some(from) {
        return words.day(from);
    }
    let same_year = to.is_some_and(|to| to.year() == from.year());
    let first = if same_year { words.language.short_day(from) } else { words.day(from) };
    words.text("span", &[("from", &first), ("to", &day_or(words, to))])
}

/// A day that may be unknown.
pub(super) fn day_or(words: &Voice<'_>, date: Option<NaiveDate>) -> String {
    date.map_or_else(|| words.text("unknown", &[]), |date| words.day(date))
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
pub(super) fn made_at(words: &Voice<'_>, report: &crate::report::rules::Report) -> String {
    let (day, time) =
        (words.day(report.generated_at.date_naive()), report.generated_at.format("%H:%M"));
    words.text("meta.at", &[("day", &day), ("time", &time.to_string())])
}
