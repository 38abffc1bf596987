//! The bytes of a file as text. Unicode is recognised by its mark or by being UTF-8; any other encoding
//! must be named, because nothing in the bytes tells one from another for sure.

use encoding_rs::{Encoding, UTF_8};

/// A file as text.
#[derive(Debug)]
pub(super) struct Decoded {
    /// The text, without the mark in front. What could not be read is U+FFFD.
    pub(super) text: String,
    /// The encoding it was read in.
    pub(super) encoding: &'static Encoding,
    /// Could any byte not be read?
    pub(super) is_broken: bool,
}

/// Reads the bytes of a file: in the encoding of the mark in front, else in the one that was named, else
/// as UTF-8. Every broken sequence is one U+FFFD and takes no neighbour with it.
pub(super) fn decode(bytes: &[u8], named: Option<&'static Encoding>) -> Decoded {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((named.unwrap_or(UTF_8), 0));
    let (text, is_broken) = encoding.decode_without_bom_handling(&bytes[mark..]);
    Decoded { text: text.into_owned(), encoding, is_broken }
}

impl Decoded {
    /// Where in `piece`, which begins on `line`, a byte could not be read, and what to do about it.
    pub(super) fn fault_in(&self, piece: &str) -> Option<String> {
        if !self.is_broken {
            return None;
        }
        let before = &piece[..piece.find('\u{fffd}')?];
        let line = before.rsplit(['\n', '\r']).next().unwrap_or(before);
        let place = line.chars().count() + 1;
        let name = self.encoding.name();
        let hint = if self.encoding == UTF_8 {
            "Save the file as UTF-8, or name its encoding: --encoding windows-1252 for Excel on \
             Windows in western Europe, macintosh for Excel on a Mac."
        } else {
            "Name the encoding that the file really has with --encoding."
        };
        Some(format!("Character {place} is not {name}. {hint}"))
    }
}

/// Reads the name of an encoding, as web pages name it.
///
/// # Errors
/// When no encoding has this name.
pub fn encoding(label: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label_no_replacement(label.as_bytes())
        .ok_or_else(|| format!("{label} is no encoding; windows-1252 and utf-16le are"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_is_recognised_by_its_mark() {
        let text = "Rücken, 😀\r\n";
        let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once('\u{feff}' as u16).chain(text.encode_utf16()).flat_map(order).collect()
        };
        let marked = format!("\u{feff}{text}").into_bytes();
        for bytes in
            [text.as_bytes().to_vec(), marked, utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)]
        {
            let decoded = decode(&bytes, None);
            assert_eq!((decoded.text.as_str(), decoded.is_broken), (text, false));
        }
    }

    #[test]
    fn another_encoding_must_be_named() {
        let bytes = b"a\nR\xfccken 5\x80\n";
        let guessed = decode(bytes, None);
        assert!(guessed.is_broken);
        assert_eq!(guessed.fault_in("a\n"), None);
        let reason = guessed.fault_in("R\u{fffd}cken").unwrap();
        assert!(reason.starts_with("Character 2 is not UTF-8."), "{reason}");
        let named = decode(bytes, Some(encoding("Windows-1252").unwrap()));
        assert_eq!((named.text.as_str(), named.is_broken), ("a\nRücken 5€\n", false));
        let mac = decode(b"R\x9fcken", Some(encoding("macintosh").unwrap()));
        assert_eq!(mac.text, "Rücken");
        assert!(encoding("klingon").is_err());
    }

    #[test]
    fn a_broken_sequence_takes_no_line_with_it() {
        for broken in [&b"\xe2\x82\n\"x\""[..], b"\xf0\x9f\r\"", b"\xc3,"] {
            let decoded = decode(broken, None);
            let ascii = |byte: &&u8| byte.is_ascii();
            let (kept, sent) = (decoded.text.bytes(), broken.iter());
            assert_eq!(kept.filter(|b| ascii(&b)).count(), sent.filter(ascii).count());
        }
    }
}
