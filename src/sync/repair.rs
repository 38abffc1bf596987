//! Text that JavaScript can hold and neither serde nor Postgres can: unpaired surrogates become
//! U+FFFD, U+0000 is dropped. Done on the escapes of the raw body, before it is parsed: one odd
//! character must not cost a person a whole batch of entries.

use std::borrow::Cow;

/// Repairs a JSON text. Borrowed when there is nothing to repair, and as it is where it is none: a
/// backslash and a `u` without four digits could grow into an escape when what follows is dropped.
pub fn repair(body: &[u8]) -> Cow<'_, [u8]> {
    if !body.windows(2).any(|pair| pair == b"\\u") {
        return Cow::Borrowed(body);
    }
    let mut repaired = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'\\' {
            repaired.push(first);
            rest = tail;
            continue;
        }
        let Some(unit) = escape(rest) else {
            if tail.first() == Some(&b'u') {
                return Cow::Borrowed(body);
            }
            // Another escape, such as `\\` or `\n`: two bytes that belong together.
            let two = rest.split_at(rest.len().min(2));
            repaired.extend_from_slice(two.0);
            rest = two.1;
            continue;
        };
        let (whole, after) = rest.split_at(6);
        rest = after;
        match unit {
            0 => {}
            0xD800..=0xDBFF if matches!(escape(rest), Some(0xDC00..=0xDFFF)) => {
                let (low, after) = rest.split_at(6);
                repaired.extend_from_slice(whole);
                repaired.extend_from_slice(low);
                rest = after;
            }
            0xD800..=0xDFFF => repaired.extend_from_slice(b"\\ufffd"),
            _ => repaired.extend_from_slice(whole),
        }
    }
    Cow::Owned(repaired)
}

/// The UTF-16 unit of a `\uXXXX` at the front.
fn escape(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::repair;

    fn repaired(text: &str) -> String {
        String::from_utf8(repair(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn only_what_cannot_be_kept_is_changed() {
        for same in [r#"{"a":"b"}"#, r#""\ud83d\ude00""#, r#""\\ud800""#, r#""é\n""#, r#""\u00zz""#]
        {
            assert_eq!(repaired(same), same);
        }
        assert_eq!(repaired(r#""a\ud800b""#), r#""a\ufffdb""#);
        assert_eq!(repaired(r#""\ude00\ud83d""#), r#""\ufffd\ufffd""#);
        assert_eq!(repaired(r#""\ud83d\ud83d\ude00""#), r#""\ufffd\ud83d\ude00""#);
        assert_eq!(repaired(r#""a\u0000b\\\u0000""#), r#""ab\\""#);
        assert_eq!(repaired("\"\\"), "\"\\");
    }

    #[test]
    fn no_escape_grows_out_of_two_pieces() {
        for whole in [r"\u0000", r"\ud800"] {
            for cut in 0..whole.len() {
                for dropped in [r"\u0000", r"\ud800"] {
                    let (left, right) = whole.split_at(cut);
                    let text = format!("\"x{left}{dropped}{right}y\"");
                    let read = serde_json::from_str::<String>(&repaired(&text));
                    let kept = read.unwrap_or_default();
                    assert!(!kept.contains('\0'), "{text}");
                }
            }
        }
    }
}
