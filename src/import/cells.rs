//! A cell as the value of its column: whichever readings of it the column's own reader takes. Where two
//! of them are different values, nobody can tell which one was meant, and the cell is refused.

use crate::journal::Collection;
use crate::time::parse_date;
use crate::wire::Faults;
use crate::wire::number::{number_of, whole_of};
use crate::wire::unseen::trim_unseen;
use chrono::NaiveDate;
use serde_json::{Number, Value, json};

/// Words for yes and no, as spreadsheets write them in English and German, in lower case.
const YES: [&str; 4] = ["true", "wahr", "yes", "ja"];
const NO: [&str; 4] = ["false", "falsch", "no", "nein"];

/// The value of a cell: text, else a number, else a truth value. What the column takes none of is left
/// for its own reader to refuse.
///
/// # Errors
/// When it may be more than one number.
pub(super) fn value(
    collection: &dyn Collection,
    column: &str,
    cell: &str,
) -> Result<Value, String> {
    let bare = trim_unseen(cell);
    let taken = |value: &Value| {
        let mut faults = Faults::default();
        collection.canonical(column, value, &mut faults).filter(|_| faults.is_empty())
    };
    let text = [json!(cell), json!(bare)];
    if let Some(text) = text.into_iter().find(|text| taken(text).is_some()) {
        return Ok(text);
    }
    let numbers = numbers(bare);
    let mut fitting: Vec<(Value, Value)> = Vec::new();
    for number in numbers.iter().cloned().map(Value::Number) {
        if let Some(kept) = taken(&number)
            && !fitting.iter().any(|(_, other)| *other == kept)
        {
            fitting.push((number, kept));
        }
    }
    if fitting.len() > 1 {
        return Err(format!(
            "{column}: May be two numbers; write it without a separator of thousands and with a point."
        ));
    }
    let truth = truth(bare).map(Value::Bool).filter(|truth| taken(truth).is_some());
    let read = fitting.pop().map(|(number, _)| number).or(truth);
    let number = numbers.into_iter().next().map(Value::Number);
    Ok(read.or(number).unwrap_or_else(|| json!(cell)))
}

/// The numbers a cell may be: as JSON has it, with a decimal comma, with separated thousands.
fn numbers(bare: &str) -> Vec<Number> {
    let comma = (bare.matches(',').count() == 1 && !bare.contains('.'))
        .then(|| number_of(&bare.replace(',', ".")))
        .flatten();
    let grouped = ['.', ',', '\'', '\u{2019}', ' ', '\u{a0}', '\u{202f}']
        .into_iter()
        .find_map(|separator| grouped(bare, separator));
    [number_of(bare), comma, grouped].into_iter().flatten().collect()
}

/// A number of digits in groups of three.
fn grouped(bare: &str, separator: char) -> Option<Number> {
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = bare.strip_prefix('-').unwrap_or(bare).split(separator);
    let first = groups.next().filter(|group| (1..=3).contains(&group.len()) && digits(group))?;
    let rest: Vec<&str> = groups.collect();
    let whole = !first.starts_with('0')
        && !rest.is_empty()
        && rest.iter().all(|group| group.len() == 3 && digits(group));
    whole.then(|| number_of(&bare.replace(separator, ""))).flatten()
}

fn truth(bare: &str) -> Option<bool> {
    let word = bare.to_lowercase();
    match whole_of(bare) {
        Some(1) => Some(true),
        Some(0) => Some(false),
        None if YES.contains(&word.as_str()) => Some(true),
        None if NO.contains(&word.as_str()) => Some(false),
        Some(_) | None => None,
    }
}

/// The day in a cell: as everywhere, or with points and the day in front, as spreadsheets write it
/// where that is the custom. Everywhere that writes points has the day in front.
pub(super) fn day(cell: &str) -> Option<NaiveDate> {
    parse_date(cell).or_else(|| {
        let mut parts = cell.split('.');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |digits: &str, lengths: &[usize]| -> Option<u32> {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            (plain && lengths.contains(&digits.len())).then(|| digits.parse().ok()).flatten()
        };
        let year = i32::try_from(number(year, &[4])?).ok()?;
        let (month, day) = (number(month, &[1, 2])?, number(day, &[1, 2])?);
        parts.next().is_none().then(|| NaiveDate::from_ymd_opt(year, month, day)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::JournalEntry;
    use crate::journal::{Of, Record};

    fn read(column: &str, cell: &str) -> Value {
        value(&Of::<JournalEntry>::COLLECTION, column, cell).unwrap()
    }

    #[test]
    fn a_number_is_read_in_every_custom_that_leaves_no_doubt() {
        for (cell, number) in [
            ("4", 4.0),
            ("4.0", 4.0),
            ("4,0", 4.0),
            (" 4,00 ", 4.0),
            ("4e0", 4.0),
            // As thousands these are out of the column's range.
            ("4,000", 4.0),
            ("4.000", 4.0),
        ] {
            assert_eq!(read("mood", cell).as_f64(), Some(number), "{cell}");
        }
        for (cell, steps) in
            [("12.345", 12345), ("12,345", 12345), ("12'345", 12345), ("12\u{a0}345", 12345)]
        {
            assert_eq!(read("steps", cell), json!(steps), "{cell}");
        }
        // Four steps or four thousand?
        for cell in ["4.000", "4,000"] {
            let reason = value(&Of::<JournalEntry>::COLLECTION, "steps", cell).unwrap_err();
            assert!(reason.starts_with("steps: May be two numbers"), "{reason}");
        }
        for cell in ["4,5", "1,2,3", "1.23,4", "12.34.567", "0.123", ",5", "x"] {
            let left = read("steps", cell);
            let mut faults = Faults::default();
            assert_eq!(
                JournalEntry::canonical("steps", &left, &mut faults),
                None,
                "{cell}: {left}"
            );
        }
    }

    #[test]
    fn truth_has_words_in_two_languages_and_text_stays_text() {
        for yes in ["TRUE", "True", "1", "WAHR", "ja", " yes "] {
            assert_eq!(read("pain_free_day", yes), json!(true), "{yes}");
        }
        for no in ["FALSE", "0", "FALSCH", "nein", "No"] {
            assert_eq!(read("pain_free_day", no), json!(false), "{no}");
        }
        assert_eq!(read("note", " TRUE"), json!(" TRUE"));
        assert_eq!(read("work_impact", " none "), json!("none"));
        assert_eq!((read("mood", "11"), read("pain_free_day", "2")), (json!(11), json!(2)));
    }

    #[test]
    fn a_day_has_its_spelling_or_points() {
        let may = NaiveDate::from_ymd_opt(2026, 5, 1);
        for good in ["2026-05-01", "2026-05-01T00:00:00.000Z", "01.05.2026", "1.5.2026"] {
            assert_eq!(day(good), may, "{good}");
        }
        for bad in
            ["05/01/2026", "1.5.26", "31.02.2026", "01.05.2026.", "1.5", " 1.5.2026", "+1.5.2026"]
        {
            assert_eq!(day(bad), None, "{bad}");
        }
    }
}
