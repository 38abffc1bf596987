//! Makes foreign text fit to be set: no control characters, no unclosed direction, no word without
//! an end, no letter without a shape. What is written stays as it is otherwise.

use super::fonts::Fonts;
use crate::report::render::page::Span;
use serde::Serialize;
use unicode_bidi::{BidiClass, Direction, bidi_class, get_base_direction};
use unicode_segmentation::UnicodeSegmentation;

/// Stands in for a character that no font has.
const REPLACEMENT: char = '\u{fffd}';
/// Where a line may break without showing it.
const BREAK: char = '\u{200b}';
const ELLIPSIS: char = '\u{2026}';
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';
/// Directions within directions that are kept.
const DEEPEST_ISOLATE: usize = 8;
/// Code points that one letter may consist of, with all its marks.
const LONGEST_LETTER: usize = 16;
/// Bytes that are read for each character that is wanted: more are noise.
const NOISE: usize = 8;

/// How much of a text is shown, and where its words may break.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// Characters.
    pub(super) characters: usize,
    /// Letters of a word above which it may break anywhere.
    pub(super) word: usize,
}

/// A piece of a line in one look.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    text: String,
    strong: bool,
    small: bool,
}

/// A line with its direction.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    rtl: bool,
    /// It has no letters that tell.
    neutral: bool,
    runs: Vec<Run>,
}

impl Line {
    /// The words alone.
    pub(super) fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// Cleans the texts of one page, and remembers what that cost.
pub(super) struct Cleaner {
    /// Characters that are left for the page.
    pub(super) budget: usize,
    /// Something was left out.
    pub(super) is_cut: bool,
    /// A character was replaced.
    pub(super) is_replaced: bool,
}

impl Cleaner {
    pub(super) fn new(budget: usize) -> Self {
        Self { budget, is_cut: false, is_replaced: false }
    }

    /// Takes a cost from the budget; false, and all cut, where there is nothing left.
    pub(super) fn take(&mut self, cost: usize) -> bool {
        if self.budget < cost {
            self.budget = 0;
            self.is_cut = true;
            return false;
        }
        self.budget -= cost;
        true
    }

    /// Takes a cost where the texts behind it fit, too: a number is shown whole or not at all.
    pub(super) fn admits<'a>(
        &mut self,
        cost: usize,
        texts: impl IntoIterator<Item = &'a String>,
        limit: Limit,
    ) -> bool {
        let texts = texts.into_iter().map(|text| text.len().min(limit.characters)).sum::<usize>();
        self.take(cost + texts) && {
            self.budget += texts;
            true
        }
    }

    /// A text as one line.
    pub(super) fn line(&mut self, text: &str, limit: Limit) -> Line {
        let text = self.lines_of(text, limit).join(" ");
        to_line(vec![Run { text, strong: false, small: false }])
    }

    /// A text as one line, or nothing where it is empty.
    pub(super) fn some_line(&mut self, text: &str, limit: Limit) -> Option<Line> {
        let line = self.line(text, limit);
        line.runs.iter().any(|run| !run.text.trim().is_empty()).then_some(line)
    }

    /// A text as its lines, without the empty ones.
    pub(super) fn lines(&mut self, text: &str, limit: Limit) -> Vec<Line> {
        let lines = self.lines_of(text, limit);
        let run = |text| Run { text, strong: false, small: false };
        lines.into_iter().map(|text| to_line(vec![run(text)])).collect()
    }

    /// The lines of a paragraph of several looks.
    pub(super) fn paragraph(&mut self, spans: &[Span], limit: Limit) -> Vec<Line> {
        let mut lines: Vec<Vec<Run>> = vec![Vec::new()];
        for span in spans {
            for (index, text) in self.lines_of(&span.text, limit).into_iter().enumerate() {
                if index > 0 {
                    lines.push(Vec::new());
                }
                if let Some(line) = lines.last_mut().filter(|_| !text.is_empty()) {
                    line.push(Run { text, strong: span.strong, small: span.small });
                }
            }
        }
        lines.retain(|line| !line.is_empty());
        lines.into_iter().map(to_line).collect()
    }

    /// The clean lines of a text: at least one, and only a single one may be empty.
    fn lines_of(&mut self, text: &str, limit: Limit) -> Vec<String> {
        let wanted = limit.characters.min(self.budget);
        let end = text.floor_char_boundary(wanted.saturating_mul(NOISE));
        let mut is_cut = end < text.len();
        let mut left = wanted;
        let mut lines = vec![String::new()];
        let mut word = 0;
        for letter in text[..end].graphemes(true) {
            let Some(first) = letter.chars().next() else { continue };
            if is_line_end(first) {
                match lines.last_mut() {
                    Some(line) if line.trim().is_empty() => line.clear(),
                    _ => lines.push(String::new()),
                }
                word = 0;
                continue;
            }
            if left == 0 {
                is_cut = true;
                break;
            }
            let Some(line) = lines.last_mut() else { continue };
            let before = line.len();
            self.push(line, letter);
            left = left.saturating_sub(line[before..].chars().count());
            let is_letter = line.len() > before && !shapes_others(first);
            word = if breaks_itself(first) { 0 } else { word + usize::from(is_letter) };
            if word >= limit.word {
                line.push(BREAK);
                word = limit.word / 2;
            }
        }
        self.budget -= (wanted - left).min(self.budget);
        if lines.len() > 1 && lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        if let Some(line) = lines.last_mut().filter(|_| is_cut) {
            line.push(ELLIPSIS);
        }
        self.is_cut |= is_cut;
        lines.into_iter().map(|line| balanced(&line)).collect()
    }

    /// Adds a letter with its marks, as far as it can be shown.
    fn push(&mut self, line: &mut String, letter: &str) {
        let fonts = Fonts::get();
        for (index, character) in letter.chars().enumerate() {
            match character {
                _ if index >= LONGEST_LETTER => {
                    self.is_cut = true;
                    return;
                }
                '\t' => line.push(' '),
                ' '..='~' => line.push(character),
                _ if is_noise(character) => {}
                _ if shapes_others(character) || fonts.cover(character) => line.push(character),
                _ => {
                    self.is_replaced = true;
                    if index == 0 {
                        line.push(REPLACEMENT);
                        return;
                    }
                }
            }
        }
    }
}

/// Runs with the direction of the whole. A run that holds the other direction, too, is kept
/// from turning its neighbours.
fn to_line(mut runs: Vec<Run>) -> Line {
    let whole: String = runs.iter().map(|run| run.text.as_str()).collect();
    let direction = get_base_direction(whole.as_str());
    // Without letters the sign of a number stands before it, on any page.
    let (rtl, neutral) = (direction == Direction::Rtl, direction == Direction::Mixed);
    if runs.len() > 1 {
        for run in &mut runs {
            if run.text.chars().any(|character| runs_against(character, rtl)) {
                run.text = format!("{FIRST_STRONG_ISOLATE}{}{POP_ISOLATE}", run.text);
            }
        }
    }
    Line { rtl, neutral, runs }
}

/// Whether the character ends a line.
fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a line may break at the character, or its script knows itself where.
fn breaks_itself(character: char) -> bool {
    let is_thai = ('\u{e00}'..='\u{e7f}').contains(&character);
    (character.is_whitespace() && character != '\u{a0}' && character != '\u{202f}')
        || character == '-'
        || character == BREAK
        || is_thai
}

/// Control characters, and those that would turn the text around without an end.
fn is_noise(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}' | '\u{fffe}' | '\u{ffff}')
}

/// Characters without a shape that change the shape or the direction of others.
fn shapes_others(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0020}'..='\u{e007f}')
}

/// Whether the character alone would run against the direction of its line.
fn runs_against(character: char, rtl: bool) -> bool {
    match bidi_class(character) {
        BidiClass::L => rtl,
        BidiClass::R | BidiClass::AL => !rtl,
        _ => false,
    }
}

/// A line whose isolated directions all end.
fn balanced(line: &str) -> String {
    let mut result = String::with_capacity(line.len());
    let mut depth = 0_usize;
    let mut dropped = 0_usize;
    for character in line.chars() {
        match character {
            '\u{2066}'..='\u{2068}' if depth == DEEPEST_ISOLATE => dropped += 1,
            '\u{2066}'..='\u{2068}' => {
                depth += 1;
                result.push(character);
            }
            POP_ISOLATE if dropped > 0 => dropped -= 1,
            POP_ISOLATE if depth == 0 => {}
            POP_ISOLATE => {
                depth -= 1;
                result.push(character);
            }
            _ => result.push(character),
        }
    }
    result.extend(std::iter::repeat_n(POP_ISOLATE, depth));
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: Limit = Limit { characters: 100, word: 10 };

    fn cleaned(text: &str) -> (String, Cleaner) {
        let mut cleaner = Cleaner::new(1_000);
        let lines = cleaner.lines_of(text, LIMIT);
        (lines.join("|"), cleaner)
    }

    fn clean(text: &str) -> String {
        cleaned(text).0
    }

    #[test]
    fn words_stay_as_they_are_and_noise_goes() {
        assert_eq!(clean("#import \"x\": $a$ *b* \\ <c> _d_"), "#import \"x\": $a$ *b* \\ <c> _d_");
        assert_eq!(clean("a\u{0}b\u{1b}[1m\tc\u{7f}\u{feff}"), "ab[1m c");
        assert_eq!(clean("\n\r\none\r\n\n \n\ntwo\u{2028}three\n"), "one|two|three");
        assert_eq!((clean(""), clean("\n\n")), (String::new(), String::new()));
    }

    #[test]
    fn long_words_may_break_and_usual_ones_may_not() {
        assert_eq!(clean("ninechars ninechars nine-chars"), "ninechars ninechars nine-chars");
        assert_eq!(clean(&"x".repeat(17)), "xxxxxxxxxx\u{200b}xxxxx\u{200b}xx");
        let thai = "วันนี้ปวดหลังน้อยลงมาก";
        assert_eq!(clean(thai), thai);
    }

    #[test]
    fn directions_end_where_their_line_ends() {
        assert_eq!(clean("\u{202e}a\u{202c}"), "a");
        assert_eq!(clean("\u{2069}a\u{2067}b\nc"), "a\u{2067}b\u{2069}|c");
        let deep = clean(&"\u{2067}".repeat(50));
        assert_eq!(deep.chars().count(), 2 * DEEPEST_ISOLATE);
    }

    #[test]
    fn what_has_no_letter_is_replaced_and_what_is_too_long_is_cut() {
        let (text, cleaner) = cleaned("痛み \u{e000} ok");
        assert_eq!(text, "\u{fffd}\u{fffd} \u{fffd} ok");
        assert!(cleaner.is_replaced && !cleaner.is_cut);
        let (text, cleaner) = cleaned(&"word ".repeat(1_000));
        assert_eq!((text.chars().count(), cleaner.budget), (101, 900));
        assert!(text.ends_with(ELLIPSIS) && cleaner.is_cut);
        let (text, cleaner) = cleaned(&format!("a{}", "\u{301}".repeat(5_000)));
        assert!(text.chars().count() <= LONGEST_LETTER + 1 && cleaner.is_cut);
        let (text, cleaner) = cleaned(&"\u{1}".repeat(5_000));
        assert_eq!((text.as_str(), cleaner.is_cut), ("\u{2026}", true));
    }

    #[test]
    fn the_first_letter_tells_the_direction_and_runs_do_not_turn_each_other() {
        let mut cleaner = Cleaner::new(1_000);
        let line = cleaner.line("7/10 ألم (Ibuprofen)", LIMIT);
        assert!(line.rtl && !line.neutral);
        let line = cleaner.line("\u{2212}1.8", LIMIT);
        assert!(!line.rtl && line.neutral);
        let spans = [Span::plain("by "), Span::strong("محمد"), Span::plain(" (7)")];
        let lines = cleaner.paragraph(&spans, LIMIT);
        let texts: Vec<&str> = lines[0].runs.iter().map(|run| run.text.as_str()).collect();
        assert_eq!((lines.len(), texts), (1, vec!["by ", "\u{2068}محمد\u{2069}", " (7)"]));
    }

    proptest! {
        #[test]
        fn any_text_becomes_short_lines_without_noise(text in any::<String>()) {
            let (text, cleaner) = cleaned(&text);
            let is_bad = |character| is_noise(character) || is_line_end(character);
            prop_assert!(!text.chars().any(is_bad));
            prop_assert!(text.chars().filter(|character| *character != BREAK).count() < 400);
            prop_assert!(cleaner.budget >= 1_000 - 100 - LONGEST_LETTER);
        }
    }
}
