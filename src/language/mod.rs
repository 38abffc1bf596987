//! What people read, language by language: every sentence of pages, pictures, mails and problems by its key,
//! so that another language is another file.
//!
//! A file has lines of `key = text`, with `{name}` where a value stands. `[part]` puts `part.` before the keys
//! below it; lines that begin with `|` go on with the text above, each a line of its own; lines that begin with
//! `#` are for translators. A region that only writes its days otherwise is a file of a few lines on top of its
//! language's.

mod choose;
mod paper;
#[cfg(test)]
mod tests;

use chrono::{Datelike, NaiveDate};
use std::collections::HashMap;
use std::sync::LazyLock;

pub use paper::Paper;

/// A language: its texts, its way to write days and numbers.
#[derive(Debug)]
pub struct Language {
    tag: &'static str,
    texts: HashMap<String, String>,
}

/// All languages; the first stands in for those that are missing.
static LANGUAGES: LazyLock<[Language; 3]> = LazyLock::new(|| {
    [
        Language::read("en", &[ENGLISH]),
        Language::read("en-US", &[ENGLISH, include_str!("en-US.txt")]),
        Language::read("de", &[include_str!("de.txt")]),
    ]
});

const ENGLISH: &str = include_str!("en.txt");

impl Language {
    /// English, which every text is in.
    pub fn english() -> &'static Self {
        let [english, ..] = &*LANGUAGES;
        english
    }

    /// German.
    pub fn german() -> &'static Self {
        let [.., german] = &*LANGUAGES;
        german
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        LANGUAGES.iter()
    }

    /// The name, as BCP 47.
    pub const fn tag(&self) -> &'static str {
        self.tag
    }

    /// English of whatever region?
    pub fn is_english(&self) -> bool {
        self.tag.starts_with("en")
    }

    /// Reads files; what a later one says stands for what an earlier one said.
    pub fn read(tag: &'static str, files: &[&str]) -> Self {
        let mut texts = HashMap::new();
        for file in files {
            let (mut part, mut key) = (String::new(), String::new());
            for line in file.lines().filter(|line| !line.starts_with('#')) {
                if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                    part = format!("{name}.");
                } else if let Some(more) = line.strip_prefix('|') {
                    let text: &mut String = texts.entry(key.clone()).or_default();
                    let gap = if text.is_empty() { "" } else { "\n" };
                    text.push_str(gap);
                    text.push_str(more.strip_prefix(' ').unwrap_or(more));
                } else if let Some((name, text)) = line.split_once(" =") {
                    key = format!("{part}{}", name.trim());
                    texts.insert(key.clone(), text.trim().to_owned());
                }
            }
        }
        Self { tag, texts }
    }

    /// A text with its values.
    pub fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.find(key, values).unwrap_or_else(|| format!("⟨{key}⟩"))
    }

    /// A text with its values, where there is one. Values are put in as they are: they never become part of
    /// the form.
    pub fn find(&self, key: &str, values: &[(&str, &str)]) -> Option<String> {
        let form = self.form(key)?;
        let mut text = String::with_capacity(form.len() + 32);
        let mut rest = form;
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

    /// A text as it stands in the file. A test holds that no language lacks one; a reader would rather have
    /// English than nothing.
    pub fn form(&self, key: &str) -> Option<&str> {
        let own = self.texts.get(key).map(String::as_str);
        own.or_else(|| if self.tag == "en" { None } else { Self::english().form(key) })
    }

    /// A text that counts, as `{count}`: `key.one` for one, else `key`.
    pub fn counted(&self, key: &str, count: impl TryInto<u64>) -> String {
        let count = count.try_into().unwrap_or_default();
        let one =
            (count == 1).then(|| self.find(&format!("{key}.one"), &[("count", "1")])).flatten();
        one.unwrap_or_else(|| self.text(key, &[("count", &count.to_string())]))
    }

    /// A code in words: its own entry, else the code itself.
    pub fn code(&self, kind: &str, code: &str) -> String {
        let own = self.form(&format!("{kind}.{code}"));
        own.map_or_else(|| code.replace('_', " "), str::to_owned)
    }

    /// A day as its readers write it.
    pub fn day(&self, date: NaiveDate) -> String {
        self.dated("date", date)
    }

    /// A day without its year.
    pub fn short_day(&self, date: NaiveDate) -> String {
        self.dated("date.short", date)
    }

    /// The month of a day, with its year.
    pub fn month(&self, date: NaiveDate) -> String {
        self.dated("date.month", date)
    }

    /// The month of a day, short, as it stands below an axis.
    pub fn month_name(&self, date: NaiveDate) -> String {
        self.text(&format!("month.{}", date.month()), &[])
    }

    fn dated(&self, form: &str, date: NaiveDate) -> String {
        let (day, month, year) = (date.day(), date.month(), date.year().to_string());
        let (dd, mm) = (format!("{day:02}"), format!("{month:02}"));
        let (day, name) = (day.to_string(), self.month_name(date));
        let values = [("day", &day), ("month", &name), ("year", &year), ("dd", &dd), ("mm", &mm)];
        self.text(form, &values.map(|(name, value)| (name, value.as_str())))
    }

    /// A number that was written with a point, with the decimal mark of the language.
    pub fn number(&self, written: &str) -> String {
        match self.form("number.decimal") {
            Some(mark) if mark != "." => written.replace('.', mark),
            _ => written.to_owned(),
        }
    }

    /// The keys, for comparing languages.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }
}
