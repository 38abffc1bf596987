//! Where a page writes a percentage: only of what bears one, and never so that something looks like nothing.

use super::tests::{course, texts};
use super::*;
use crate::language::Language;
use crate::report::render::journals;
use crate::report::rows::ReportInput;
use crate::report::rules::build;
use crate::report::rules::fixtures::{dailies, input};

/// The number before each sign of percent in a line, and what comes after it.
fn percentages(line: &str) -> Vec<(String, &str)> {
    let signs = line.match_indices('%').map(|(at, sign)| (&line[..at], &line[at + sign.len()..]));
    let told = signs.map(|(before, after)| {
        let number: Vec<char> = before
            .trim_end_matches(|letter: char| letter.is_whitespace() || letter == '-')
            .chars()
            .rev()
            .take_while(|letter| letter.is_ascii_digit() || ".,".contains(*letter))
            .collect();
        (number.into_iter().rev().collect(), after)
    });
    told.collect()
}

/// Nothing, however finely it is written.
fn is_zero(number: &str) -> bool {
    number.chars().all(|letter| "0.,".contains(letter))
}

fn all() -> impl Iterator<Item = ReportInput> {
    journals::all().into_iter().map(|(_, input)| input).chain(course())
}

#[test]
fn the_patients_page_has_whole_percentages_of_the_change_alone() {
    let mut found = 0;
    for input in all() {
        let report = build(&input);
        for language in [Language::english(), Language::german()] {
            let page = texts(&patient_page(&report, language));
            for line in page.lines() {
                for (number, after) in percentages(line) {
                    found += 1;
                    let is_whole = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
                    assert!(is_whole && !is_zero(&number), "{line}");
                    let of_change = [" less pain", " more pain", " weniger", " mehr"];
                    assert!(of_change.iter().any(|of| after.starts_with(of)), "{line}");
                }
                let words = line.to_lowercase();
                assert!(!words.contains("percent") && !words.contains("prozent"), "{line}");
            }
        }
    }
    assert!(found > 10, "{found}");
}

#[test]
fn the_practitioners_page_has_percentages_of_three_kinds_and_none_is_zero() {
    let mut kinds = [0; 3];
    for input in all() {
        let report = build(&input);
        for language in [Language::english(), Language::german()] {
            let efficiency = language.text("report.sleep.efficiency", &[]);
            let page = texts(&practitioner_page(&report, language));
            let mut before = "";
            for line in page.lines() {
                for (number, after) in percentages(line) {
                    assert!(!number.is_empty() && !is_zero(&number), "{line}");
                    let change = [" less pain", " more pain", " weniger", " mehr"];
                    let kind = if number == "95" {
                        // How sure an interval is, which is no measurement.
                        0
                    } else if change.iter().any(|of| after.starts_with(of)) {
                        1
                    } else {
                        // Minutes of minutes, over all nights.
                        assert!(before == efficiency && after.is_empty(), "{before}: {line}");
                        2
                    };
                    kinds[kind] += 1;
                }
                before = line;
            }
        }
    }
    assert!(kinds.iter().all(|found| *found > 4), "{kinds:?}");
}

#[test]
fn one_day_of_many_is_one_day() {
    let mut scores = vec![Some(4); 154];
    scores[77] = Some(0);
    let report = build(&ReportInput { entries: dailies(0, &scores), ..input(0, 153) });
    let share = &report.pain.as_ref().unwrap().time_in_state.no_pain.share;
    assert_eq!((share.n, share.value_text.as_deref()), (154, Some("0.6")), "too fine to be told");
    for (language, told) in [(Language::english(), "1 of 154"), (Language::german(), "1 von 154")] {
        for page in [practitioner_page(&report, language), patient_page(&report, language)] {
            let page = texts(&page);
            assert!(page.contains(told), "{page}");
            for line in page.lines() {
                let finer = percentages(line).into_iter().any(|(number, _)| number != "95");
                assert!(!finer, "{line}");
            }
        }
    }
}
