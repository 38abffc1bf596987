//! Words that the pictures share: days, signed numbers, lists that fit a width.

use super::svg::text_width;
use crate::language::Language;
use crate::report::rules::statement::{ReportCode, ReportStatement, Status};
use chrono::NaiveDate;

/// The days from one to another, in words; one day stands alone.
pub(super) fn span(language: &Language, from: NaiveDate, to: NaiveDate) -> String {
    let first = language.day(from);
    if from == to {
        return first;
    }
    language.text("chart.span", &[("from", &first), ("to", &language.day(to))])
}

/// Minutes as people say them: "6 h 42 min". A part of a minute means nothing.
pub fn duration(language: &Language, minutes: f64) -> String {
    let minutes = minutes.round();
    let (hours, rest) = ((minutes / 60.0).floor().to_string(), (minutes % 60.0).to_string());
    if minutes < 60.0 {
        language.text("chart.duration.minutes", &[("minutes", &rest)])
    } else {
        language.text("chart.duration.hours", &[("hours", &hours), ("minutes", &rest)])
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
pub(super) fn difference(
    language: &Language,
    statement: &ReportStatement,
    show_from: usize,
) -> String {
    let ReportStatement { n, have, need, .. } = statement;
    let shown = statement.value_text.as_ref().map(|value| signed(&language.number(value)));
    let (value, key, need) = match (shown, statement.status) {
        (Some(value), Status::Reliable) => (value, "chart.around.difference", need.to_string()),
        (Some(value), Status::Provisional) => {
            (value, "chart.around.difference.provisional", need.to_string())
        }
        _ => (String::new(), "chart.around.difference.insufficient", show_from.to_string()),
    };
    let (n, have) = (n.to_string(), have.to_string());
    language.text(key, &[("value", &value), ("n", &n), ("have", &have), ("need", &need)])
}

/// Techniques as words: "manual needling, cupping".
pub(super) fn techniques(language: &Language, codes: &[ReportCode]) -> String {
    let names: Vec<String> = codes.iter().map(|code| language.code("technique", &code.0)).collect();
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
        let spans = ["en", "en-US", "de"].map(|locale| {
            let language = Language::of_locale(locale);
            (span(language, date(0), date(0)), span(language, date(0), date(6)))
        });
        assert_eq!(spans[0], ("1 Mar 2026".into(), "1 Mar 2026 to 7 Mar 2026".into()));
        assert_eq!(spans[1], ("Mar 1, 2026".into(), "Mar 1, 2026 to Mar 7, 2026".into()));
        assert_eq!(spans[2], ("01.03.2026".into(), "01.03.2026 bis 07.03.2026".into()));
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
