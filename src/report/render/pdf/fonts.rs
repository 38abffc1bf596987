//! The letters that are built into the program. No other font is ever looked for.

use std::sync::LazyLock;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

/// The files in the order in which letters are looked for. Symbols stand behind emoji, so that a
/// sequence of emoji comes from one file.
static FILES: [&[u8]; 17] = [
    include_bytes!("../../../../assets/fonts/NotoSans-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSans-Bold.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansMath-Regular-subset.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansArabic-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansArabic-Bold.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansHebrew-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansHebrew-Bold.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansThai-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansThai-Bold.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansDevanagari-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansBengali-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansTamil-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansGurmukhi-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansArmenian-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansGeorgian-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoEmoji-Regular.ttf"),
    include_bytes!("../../../../assets/fonts/NotoSansSymbols2-Regular.ttf"),
];

/// The built-in fonts.
pub(super) struct Fonts {
    /// What the engine chooses by.
    pub(super) book: LazyHash<FontBook>,
    /// The fonts themselves, in the order of the book.
    pub(super) all: Vec<Font>,
    /// The names of the families, each once, in the order in which they are tried.
    pub(super) families: Vec<String>,
}

impl Fonts {
    /// The fonts, read once.
    pub(super) fn get() -> &'static Self {
        static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
            let all: Vec<Font> =
                FILES.iter().flat_map(|file| Font::iter(Bytes::new(*file))).collect();
            let mut families: Vec<String> =
                all.iter().map(|font| font.info().family.clone()).collect();
            families.dedup();
            Fonts { book: LazyHash::new(FontBook::from_fonts(&all)), all, families }
        });
        &FONTS
    }

    /// Whether there is a letter for the character.
    pub(super) fn cover(&self, character: char) -> bool {
        let code = u32::from(character);
        self.all.iter().any(|font| font.info().coverage.contains(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_font_and_the_scripts_of_the_manual_are_covered() {
        let fonts = Fonts::get();
        assert_eq!(fonts.all.len(), FILES.len());
        assert_eq!(fonts.families.len(), 13, "{:?}", fonts.families);
        for text in ["Schmerzmaß", "Πόνος", "Боль", "Đau lưng", "ألم گچ", "כאב", "ปวด", "दर्द"]
        {
            assert!(text.chars().all(|character| fonts.cover(character)), "{text}");
        }
        for text in ["ব্যথা", "வலி", "ਦਰਦ", "ցավ", "ტკივილი", "😀🔥🧘", "→≤≥±½×–…•✓★\u{fffd}"]
        {
            assert!(text.chars().all(|character| fonts.cover(character)), "{text}");
        }
        assert!(!fonts.cover('痛'));
    }
}
