//! Words that the pictures share: days, signed numbers, lists that fit a width.

use super::svg::text_width;
use crate::report::rules::statement::{ReportCode, ReportStatement, Status};
use chrono::NaiveDate;

/// A day with its year: "3 Mar 2026".
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// A day without its year: "3 Mar".
pub(super) fn short_day(date: NaiveDate) -> String {
    date.format("%-d %b").to_string()
}

/// The days from one to another, in words; one day stands alone.
pub(super) fn span(from: NaiveDate, to: NaiveDate) -> String {
    if from == to { day(from) } else { format!("{} to {}", day(from), day(to)) }
}

/// A difference as people read it: a true minus sign, and a plus above zero.
pub(super) fn signed(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(size) => format!("\u{2212}{size}"),
        None if number.chars().any(|digit| ('1'..='9').contains(&digit)) => format!("+{number}"),
        None => number.to_owned(),
    }
}

/// A difference with its count, or what it lacks: it is shown from `show_from` observations.
pub(super) fn difference(statement: &ReportStatement, show_from: usize) -> String {
    let ReportStatement { n, have, need, .. } = statement;
    match (&statement.value_text, statement.status) {
        (Some(value), Status::Reliable) => format!("{} (n {n})", signed(value)),
        (Some(value), Status::Provisional) => {
            format!("{} (n {n}, provisional below {need})", signed(value))
        }
        _ => format!("insufficient, have {have}, need {show_from}"),
    }
}

/// A count with its noun: "1 day", "2 days".
pub(super) fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or_default();
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// Machine names as words: "manual needling, cupping".
pub(super) fn names(codes: &[ReportCode]) -> String {
    let names: Vec<String> = codes.iter().map(|code| code.0.replace('_', " ")).collect();
    names.join(", ")
}

/// As much of a text as fits a width, with an ellipsis where it is cut.
pub(super) fn fitted(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for character in text.chars() {
        cut.push(character);
        if text_width(&cut, size) + text_width("\u{2026}", size) > width {
            cut.pop();
            break;
        }
    }
    format!("{}\u{2026}", cut.trim_end_matches([' ', ',']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::date;

    #[test]
    fn numbers_and_days_read_well() {
        let signs = ["-2.0", "0.5", "0.0"].map(signed);
        assert_eq!(signs, ["\u{2212}2.0", "+0.5", "0.0"]);
        assert_eq!((short_day(date(0)), span(date(0), date(0))).1, "1 Mar 2026");
        assert_eq!((counted(1, "day"), counted(-1, "day")), ("1 day".into(), "0 days".into()));
    }

    #[test]
    fn texts_are_cut_to_a_width() {
        assert_eq!(fitted("short", 10.0, 100.0), "short");
        let cut = fitted("manual needling, electroacupuncture", 11.0, 110.0);
        assert!(cut.ends_with('\u{2026}') && cut.starts_with("manual needling"), "{cut}");
        assert!(text_width(&cut, 11.0) <= 110.0);
        assert_eq!(fitted("\u{1f9e0}", 11.0, 0.0), "\u{2026}");
    }
}
