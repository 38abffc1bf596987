//! What editors, shells and keyboards put around a text and nobody sees. A document loses the mark in
//! front of it in every entrance; a text that is a name for something loses it at both ends. What
//! people write is kept as they wrote it.

/// The mark of UTF-8 that some programs write in front of a document.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A document without the mark in front of it: a body, a file, standard input.
pub fn without_mark(document: &[u8]) -> &[u8] {
    document.strip_prefix(MARK).unwrap_or(document)
}

/// The same of a document that is text already.
pub fn text_without_mark(document: &str) -> &str {
    document.strip_prefix('\u{feff}').unwrap_or(document)
}

/// Is nothing of it seen: a blank of any kind, a mark of direction or order, a character of no width?
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
}

/// A name without what is unseen at its ends.
pub fn trim_unseen(name: &str) -> &str {
    name.trim_matches(is_unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mark_in_front_is_taken_off_and_no_more() {
        assert_eq!(without_mark("\u{feff}{}".as_bytes()), b"{}");
        assert_eq!(without_mark("\u{feff}\u{feff}{}".as_bytes()), "\u{feff}{}".as_bytes());
        assert_eq!(without_mark("{\u{feff}}".as_bytes()), "{\u{feff}}".as_bytes());
        assert_eq!(without_mark(b"\xef\xbb"), b"\xef\xbb");
    }

    #[test]
    fn names_lose_what_is_unseen_at_their_ends_alone() {
        for around in [
            " ", "\t", "\r\n", "\u{a0}", "\u{3000}", "\u{feff}", "\u{200b}", "\u{2060}", "\u{202a}",
        ] {
            assert_eq!(trim_unseen(&format!("{around}a b{around}{around}")), "a b", "{around:?}");
        }
        assert_eq!(trim_unseen("a\u{200b}b"), "a\u{200b}b");
        // Neither is nothing: a person sees them, or a program means them.
        assert_eq!(trim_unseen("\u{0}a\u{301}"), "\u{0}a\u{301}");
    }
}
