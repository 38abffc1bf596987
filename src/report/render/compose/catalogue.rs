//! The words of the pages by key, so that another language is another file.

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
    /// Reads a file. Lines that begin with `#` are for translators.
    pub fn read(language: &'static str, file: &'static str) -> Self {
        let texts = file
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(" = "))
            .map(|(key, text)| (key.trim(), text.trim()))
            .collect();
        Self { language, texts }
    }

    /// A text with its values. Values are put in as they are: they never become part of the form.
    pub fn text(&self, key: &str, values: &[(&str, &str)]) -> String {
        let Some(form) = self.texts.get(key) else { return format!("⟨{key}⟩") };
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
        text
    }

    /// A code in words: its own entry, else the code itself.
    pub fn code(&self, kind: &str, code: &str) -> String {
        let own = format!("{kind}.{code}");
        match self.texts.get(own.as_str()) {
            Some(text) => (*text).to_owned(),
            None => code.replace('_', " "),
        }
    }

    /// The keys, for comparing languages.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.texts.keys().copied()
    }
}

/// The one language so far.
pub static ENGLISH: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::read("en", include_str!("en.txt")));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once_and_never_read_as_a_form() {
        let catalogue = Catalogue::read("en", "# note\na.b = {x} of {y}, {x}");
        let values = [("x", "{y}"), ("y", "2")];
        assert_eq!(catalogue.text("a.b", &values), "{y} of 2, {y}");
        assert_eq!(catalogue.text("none", &[]), "⟨none⟩");
        assert_eq!(catalogue.code("region", "low_back"), "low back");
    }
}
