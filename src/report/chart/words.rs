//! Words that the pictures share: days, signed numbers, lists that fit a width.

use super::super::statement::{Code, Statement, Status};
use super::svg::text_width;
use chrono::{Datelike, NaiveDate};

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

/// The days from one to another without years, as short as they can be: "8–14 Mar".
pub(super) fn short_span(from: NaiveDate, to: NaiveDate) -> String {
    if from == to {
        short_day(from)
    } else if (from.year(), from.month()) == (to.year(), to.month()) {
        format!("{}\u{2013}{}", from.day(), short_day(to))
    } else {
        format!("{}\u{2013}{}", short_day(from), short_day(to))
    }
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
pub(super) fn difference(statement: &Statement, show_from: usize) -> String {
    let Statement { n, have, need, .. } = statement;
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
pub(super) fn names(codes: &[Code]) -> String {
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

/// A text in lines that fit a width; a word that is longer is cut.
pub(super) fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace().map(|word| fitted(word, size, width)) {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|longer| text_width(longer, size) <= width).zip(lines.last_mut()) {
            Some((longer, line)) => *line = longer,
            None => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::date;
    use super::*;

    #[test]
    fn numbers_and_days_read_well() {
        let signs = ["-2.0", "0.5", "0.0"].map(signed);
        assert_eq!(signs, ["\u{2212}2.0", "+0.5", "0.0"]);
        assert_eq!(short_span(date(0), date(6)), "1\u{2013}7 Mar");
        assert_eq!(short_span(date(28), date(34)), "29 Mar\u{2013}4 Apr");
        assert_eq!(short_span(date(0), date(365)), "1 Mar\u{2013}1 Mar");
        assert_eq!((short_span(date(0), date(0)), span(date(0), date(0))).0, "1 Mar");
        assert_eq!((counted(1, "day"), counted(-1, "day")), ("1 day".into(), "0 days".into()));
    }

    #[test]
    fn texts_are_cut_and_wrapped_to_a_width() {
        assert_eq!(fitted("short", 10.0, 100.0), "short");
        let cut = fitted("manual needling, electroacupuncture", 11.0, 110.0);
        assert!(cut.ends_with('\u{2026}') && cut.starts_with("manual needling"), "{cut}");
        assert!(text_width(&cut, 11.0) <= 110.0);
        assert_eq!(fitted("\u{1f9e0}", 11.0, 0.0), "\u{2026}");
        let lines = wrapped("one two three  four", 10.0, 45.0);
        assert_eq!(lines, ["one two", "three", "four"]);
        assert!(wrapped("", 10.0, 45.0).is_empty());
    }
}
