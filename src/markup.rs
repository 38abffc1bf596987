//! Text on its way into markup. Pages are written by maud, which escapes whatever is not markup; pictures
//! are XML, which it cannot write.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{Escaper, PreEscaped, Render};
use std::fmt::{Display, Formatter, Result, Write};

/// How every page begins.
pub const DOCTYPE: PreEscaped<&str> = PreEscaped("<!doctype html>");

/// Where words in another language than the text around them begin, and where they end: Unicode's characters for
/// an annotation, which nobody types. English is the one such language.
const ORIGINAL: char = '\u{fff9}';
const ORIGINAL_END: char = '\u{fffb}';

/// Words in English within a text in any other language, to be told from it by [`WithOriginals`].
pub fn original(words: &str) -> String {
    let words = words.replace([ORIGINAL, ORIGINAL_END], "");
    format!("{ORIGINAL}{words}{ORIGINAL_END}")
}

/// Text for a page as [`Printable`], in which the words that [`original`] marked are in English. Not for
/// attributes, which hold no elements.
pub struct WithOriginals<'a>(pub &'a str);

impl Render for WithOriginals<'_> {
    fn render_to(&self, page: &mut String) {
        for (index, part) in self.0.split(ORIGINAL).enumerate() {
            match part.split_once(ORIGINAL_END).filter(|_| index > 0) {
                Some((words, rest)) => {
                    page.push_str("<span lang=\"en\">");
                    Printable(words).render_to(page);
                    page.push_str("</span>");
                    Printable(rest).render_to(page);
                }
                None => Printable(part).render_to(page),
            }
        }
    }
}

/// Text for a page, with a space for each control character.
pub struct Printable<'a>(pub &'a str);

impl Render for Printable<'_> {
    fn render_to(&self, page: &mut String) {
        let mut escaper = Escaper::new(page);
        for character in self.0.chars() {
            // Writing to a String cannot fail.
            let _ = match character {
                ORIGINAL | ORIGINAL_END => Ok(()),
                other if other.is_control() => escaper.write_char(' '),
                other => escaper.write_char(other),
            };
        }
    }
}

/// Text for a picture (SVG): escaped, with a space for each control character, since XML has no form for
/// most of them.
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                ORIGINAL | ORIGINAL_END => {}
                other if other.is_control() => f.write_char(' ')?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// The hash of content as a Content-Security-Policy names it.
pub fn policy_hash(content: &[u8]) -> String {
    BASE64_STANDARD.encode(digest(&SHA256, content).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_another_language_are_marked_and_cannot_open_an_element() {
        let render = |text: &str| {
            let mut page = String::new();
            WithOriginals(text).render_to(&mut page);
            page
        };
        let text = format!("Es war „{}“ <b>.", original("Much \u{fffb}<i>improved"));
        assert_eq!(
            render(&text),
            "Es war „<span lang=\"en\">Much &lt;i&gt;improved</span>“ &lt;b&gt;."
        );
        assert_eq!(render("a\u{fffb}b\u{fff9}c"), "abc");
        let mut page = String::new();
        Printable(&text).render_to(&mut page);
        assert!(!page.contains("<span") && !page.contains('\u{fff9}'), "{page}");
    }
}
