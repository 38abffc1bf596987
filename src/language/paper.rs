//! Which paper somebody prints on.

/// A size of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 8.5 × 11 in.
    Letter,
}

/// Regions that print on Letter; all others print on A4. Source: Unicode CLDR, `paperSize` of its supplemental
/// measurement data.
const LETTER_REGIONS: [&str; 14] =
    ["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"];

impl Paper {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::A4, Self::Letter];

    /// Its name in an address.
    pub const fn code(self) -> &'static str {
        match self {
            Self::A4 => "a4",
            Self::Letter => "letter",
        }
    }

    /// The paper of this name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|paper| paper.code() == code)
    }

    /// What is printed on where a locale (BCP 47) is at home; A4 where it names no region.
    pub fn of_locale(locale: &str) -> Self {
        let subtags = locale.trim().split(['-', '_']).skip(1);
        // A single letter begins an extension, whose subtags are no regions.
        let mut subtags = subtags.take_while(|subtag| subtag.len() > 1);
        let region = subtags.find(|subtag| subtag.len() == 2).unwrap_or_default();
        let is_letter = LETTER_REGIONS.iter().any(|letter| letter.eq_ignore_ascii_case(region));
        if is_letter { Self::Letter } else { Self::A4 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_of_a_locale_tells_the_paper() {
        for locale in ["en-US", "fr-CA", "es-MX", "en-PH", "es-CL", "es-CO", "es-VE", "es_mx"] {
            assert_eq!(Paper::of_locale(locale), Paper::Letter, "{locale}");
        }
        for locale in ["zh-Hant-us", "en-US-u-ca-buddhist"] {
            assert_eq!(Paper::of_locale(locale), Paper::Letter, "{locale}");
        }
        // Of a language alone, and of an extension, nobody knows where its reader prints.
        for locale in
            ["", "en", "de", "en-GB", "es-AR", "de-CH-1996", "en-x-us", "en-u-ca-us", "us"]
        {
            assert_eq!(Paper::of_locale(locale), Paper::A4, "{locale}");
        }
    }

    #[test]
    fn a_paper_is_named_exactly() {
        assert_eq!(Paper::ALL.map(|paper| Paper::parse(paper.code())), Paper::ALL.map(Some));
        assert_eq!(["A4", "Letter", "", "a5"].map(Paper::parse), [None; 4]);
    }
}
