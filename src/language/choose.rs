//! Which language somebody reads: by the locale of an account, or by what a browser says it accepts.

use super::{LANGUAGES, Language};

impl Language {
    /// The language of a locale (BCP 47): of its language, with the region's habit where it has one of its own.
    /// English where there is none.
    pub fn of_locale(locale: &str) -> &'static Self {
        Self::known(locale).unwrap_or_else(Self::english)
    }

    fn known(locale: &str) -> Option<&'static Self> {
        let mut subtags = locale.trim().split(['-', '_']);
        let language = subtags.next()?;
        let region = |tag: &str| subtags.clone().any(|subtag| subtag.eq_ignore_ascii_case(tag));
        let speaks = |known: &&Self| match known.tag.split_once('-') {
            Some((name, place)) => name.eq_ignore_ascii_case(language) && region(place),
            None => known.tag.eq_ignore_ascii_case(language),
        };
        // A language with its region says more than the language alone.
        LANGUAGES.iter().filter(speaks).max_by_key(|known| known.tag.len())
    }

    /// The language of values of `Accept-Language` (RFC 9110 section 12.5.4): the wanted one that there is.
    /// English where there is none.
    pub fn accepted<'a>(values: impl Iterator<Item = &'a str>) -> &'static Self {
        let mut best: Option<(f32, &'static Self)> = None;
        for range in values.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';');
            let Some(known) = parts.next().and_then(Self::known) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok());
            let weight = weight.unwrap_or(1.0);
            // Of two wanted alike, the first.
            if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, known));
            }
        }
        best.map_or_else(Self::english, |(_, known)| known)
    }
}
