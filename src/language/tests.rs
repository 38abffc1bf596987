//! What holds for every language.

use super::*;
use std::collections::BTreeSet;

/// The names of the values of a form.
fn values(form: &str) -> BTreeSet<&str> {
    form.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn no_language_lacks_a_text_or_has_one_of_its_own() {
    let english: BTreeSet<&str> = Language::english().keys().collect();
    for language in Language::all() {
        let own: BTreeSet<&str> = language.keys().collect();
        let (lacks, more): (Vec<_>, Vec<_>) =
            (english.difference(&own).collect(), own.difference(&english).collect());
        assert!(lacks.is_empty() && more.is_empty(), "{}: {lacks:?} {more:?}", language.tag());
    }
}

#[test]
fn a_text_has_the_same_values_in_every_language() {
    // Days are written of other parts, each language as it does.
    let is_day = |key: &str| key == "date" || key.starts_with("date.");
    for language in Language::all() {
        for key in language.keys().filter(|key| !is_day(key)) {
            let [own, english] = [language, Language::english()].map(|l| l.form(key).unwrap());
            assert_eq!(values(own), values(english), "{}: {key}", language.tag());
            assert!(!own.is_empty(), "{}: {key}", language.tag());
        }
    }
}

#[test]
fn german_is_german() {
    // Sentences that are the same in both languages.
    const SAME: [&str; 0] = [];
    let words =
        |form: &str| form.split(' ').filter(|word| word.chars().all(char::is_alphabetic)).count();
    let german = Language::german();
    for key in german.keys().filter(|key| !SAME.contains(key)) {
        let [own, english] = [german, Language::english()].map(|l| l.form(key).unwrap());
        assert!(own != english || words(own) < 3, "{key}: {own}");
    }
}

#[test]
fn values_are_put_in_once_and_never_read_as_a_form() {
    let file = "# note\n[a]\nb = {x} of {y}, {x}\nlong =\n| one\n|\n|   {x}\n[c]\nd.one = {count} day\nd = {count} days";
    let language = Language::read("en", &[file]);
    let values = [("x", "{y}"), ("y", "2")];
    assert_eq!(language.text("a.b", &values), "{y} of 2, {y}");
    assert_eq!(language.text("a.long", &[("x", "1")]), "one\n\n  1");
    assert_eq!(language.text("none", &[]), "⟨none⟩");
    assert_eq!(language.code("region", "low_back"), "low back");
    assert_eq!([1, 2, 0].map(|n| language.counted("c.d", n)), ["1 day", "2 days", "0 days"]);
}

#[test]
fn a_locale_has_its_language_or_english() {
    for (locale, tag) in [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "de"),
        ("en", "en"),
        ("en-GB", "en"),
        ("en-US", "en-US"),
        ("en_Latn_US", "en-US"),
        ("fi-FI", "en"),
        ("", "en"),
        ("dev", "en"),
    ] {
        assert_eq!(Language::of_locale(locale).tag(), tag, "{locale}");
    }
}

#[test]
fn what_a_browser_accepts_is_weighed() {
    for (accepted, tag) in [
        (&["de-DE,de;q=0.9,en;q=0.8"][..], "de"),
        (&["en-GB, de;q=0.9"], "en"),
        (&["fr, de;q=0.2, *;q=0.1"], "de"),
        (&["fr", "de;q=0.5"], "de"),
        (&["en;q=0.1, de; q=0.7"], "de"),
        (&["de;q=0, en;q=0.1"], "en"),
        (&["de;q=0"], "en"),
        (&["*"], "en"),
        (&[",;;q=,=", "\u{fffd}"], "en"),
        (&[], "en"),
    ] {
        assert_eq!(Language::accepted(accepted.iter().copied()).tag(), tag, "{accepted:?}");
    }
}

#[test]
fn days_and_numbers_are_written_in_the_readers_habit() {
    let day = NaiveDate::from_ymd_opt(2026, 3, 4).unwrap();
    for (locale, long, short, month, number) in [
        ("en", "4 Mar 2026", "4 Mar", "Mar 2026", "4.6"),
        ("en-US", "Mar 4, 2026", "Mar 4", "Mar 2026", "4.6"),
        ("de", "04.03.2026", "04.03.", "März 2026", "4,6"),
    ] {
        let language = Language::of_locale(locale);
        let found = (language.day(day), language.short_day(day), language.month(day));
        assert_eq!(found, (long.into(), short.into(), month.into()));
        assert_eq!(language.number("4.6"), number);
    }
}
