//! Text on its way into markup. Pages are written by maud, which escapes whatever is not markup; pictures
//! are XML, which it cannot write.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{Escaper, PreEscaped, Render};
use std::fmt::{Display, Formatter, Result, Write};

/// How every page begins.
pub const DOCTYPE: PreEscaped<&str> = PreEscaped("<!doctype html>");

/// Text for a page, with a space for each control character.
pub struct Printable<'a>(pub &'a str);

impl Render for Printable<'_> {
    fn render_to(&self, page: &mut String) {
        let mut escaper = Escaper::new(page);
        for character in self.0.chars() {
            // Writing to a String cannot fail.
            let _ = escaper.write_char(if character.is_control() { ' ' } else { character });
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
