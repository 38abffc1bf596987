//! The words of the pages by key, so that another language is another file, and a region that only
//! writes its days otherwise a file of a few lines.

use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The words of one language: lines of `key = text`, with `{name}` where a value stands.
#[derive(Debug)]
pub struct Catalogue {
    /// The language, as BCP 47.
    pub language: &'static str,
    texts: BTreeMap<&'static str, &'static str>,
}

impl Catalogue {
    /// Reads files; what a later one says stands for what an earlier one said. Lines that begin with
    /// `#` are for translators.
    pub fn read(language: &'static str, files: &[&'static str]) -> Self {
        let texts = files
            .iter()
            .flat_map(|file| file.lines())
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(" = "))
            .map(|(key, text)| (key.trim(), text.trim()))
            .collect();
        Self { language, texts }
    }

    /// A text with its values. Values are put in as they are: they never become part of the form.
    pub fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.find(key, values).unwrap_or_else(|| format!("⟨{key}⟩"))
    }

    /// A text with its values, where there is one.
    pub fn find(&self, key: &str, values: &[(&str, &str)]) -> Option<String> {
        let form = self.texts.get(key)?;
        let mut text = String::with_capacity(form.len() + 32);
        let mut rest = *form;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else { break };
            let value = values.iter().find(|(known, _)| *known == name);
            text.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }

    /// A code in words: its own entry, else the code itself.
    pub fn code(&self, kind: &str, code: &str) -> String {
        let own = format!("{kind}.{code}");
        match self.texts.get(own.as_str()) {
            Some(text) => (*text).to_owned(),
            None => code.replace('_', " "),
        }
    }

    /// A day as its readers write it. The month is a word, so that no reader takes it for the day.
    pub fn day(&self, date: NaiveDate) -> String {
        self.text("date", &self.parts(date).each_ref().map(|(name, part)| (*name, part.as_str())))
    }

    /// A day without its year.
    pub fn short_day(&self, date: NaiveDate) -> String {
        let parts = self.parts(date);
        self.text("date.short", &parts.each_ref().map(|(name, part)| (*name, part.as_str())))
    }

    /// The month of a day, with its year.
    pub fn month(&self, date: NaiveDate) -> String {
        let parts = self.parts(date);
        self.text("date.month", &parts.each_ref().map(|(name, part)| (*name, part.as_str())))
    }

    /// The parts of a day by the names that they have in the forms.
    fn parts(&self, date: NaiveDate) -> [(&'static str, String); 3] {
        let month = self.text(&format!("month.{}", date.month()), &[]);
        [("day", date.day().to_string()), ("month", month), ("year", date.year().to_string())]
    }

    /// The catalogue of a reader's locale: of its language, with the region's habit where it has one of
    /// its own; English where there is none.
    pub fn of_locale(locale: &str) -> &'static Self {
        let mut subtags = locale.split(['-', '_']);
        let is_english = subtags.next().is_some_and(|tag| tag.eq_ignore_ascii_case("en"));
        let is_american = subtags.any(|tag| tag.eq_ignore_ascii_case("us"));
        if is_english && is_american { &ENGLISH_US } else { &ENGLISH }
    }

    /// The keys, for comparing languages.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.texts.keys().copied()
    }
}

/// The one language so far.
pub static ENGLISH: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::read("en", &[include_str!("en.txt")]));

/// English where the month stands before the day.
pub static ENGLISH_US: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::read("en-US", &[include_str!("en.txt"), include_str!("en-US.txt")])
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once_and_never_read_as_a_form() {
        let catalogue = Catalogue::read("en", &["# note\na.b = {x} of {y}, {x}"]);
        let values = [("x", "{y}"), ("y", "2")];
        assert_eq!(catalogue.text("a.b", &values), "{y} of 2, {y}");
        assert_eq!(catalogue.text("none", &[]), "⟨none⟩");
        assert_eq!(catalogue.code("region", "low_back"), "low back");
    }
    #[test]
    fn a_day_is_written_in_the_habit_of_the_reader() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 4).unwrap();
        for (locale, long, short) in [
            ("en", "4 Mar 2026", "4 Mar"),
            ("en-GB", "4 Mar 2026", "4 Mar"),
            ("en-US", "Mar 4, 2026", "Mar 4"),
            ("en_Latn_US", "Mar 4, 2026", "Mar 4"),
            // Until there is a catalogue of the language.
            ("fi-FI", "4 Mar 2026", "4 Mar"),
            ("", "4 Mar 2026", "4 Mar"),
        ] {
            let catalogue = Catalogue::of_locale(locale);
            assert_eq!((catalogue.day(day), catalogue.short_day(day)), (long.into(), short.into()));
        }
    }
}
