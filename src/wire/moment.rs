//! Moments as clients write them.

use chrono::{DateTime, FixedOffset};

/// A moment with its offset: RFC 3339, or the same without the colon in the offset, as ISO 8601 has it.
/// `%z` of C and of Python writes it so, and with it the client that openapi-generator makes for Python.
pub fn parse_moment(text: &str) -> Option<DateTime<FixedOffset>> {
    match text.len().checked_sub(5).filter(|at| is_offset(&text.as_bytes()[*at..])) {
        Some(at) => {
            let (hours, minutes) = text.split_at(at + 3);
            DateTime::parse_from_rfc3339(&format!("{hours}:{minutes}")).ok()
        }
        None => DateTime::parse_from_rfc3339(text).ok(),
    }
}

/// `+0200`.
fn is_offset(bytes: &[u8]) -> bool {
    matches!(bytes, [b'+' | b'-', digits @ ..] if digits.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_may_do_without_its_colon() {
        let moment = parse_moment("2026-05-01T21:00:00+02:00").unwrap();
        for same in [
            "2026-05-01T21:00:00+0200",
            "2026-05-01T21:00:00.000000+0200",
            "2026-05-01T14:00:00-0500",
            "2026-05-01T19:00:00+0000",
            "2026-05-01T19:00:00Z",
        ] {
            assert_eq!(parse_moment(same), Some(moment), "{same}");
        }
        assert_eq!(
            parse_moment("2026-05-01T21:00:00+0200").map(|moment| *moment.offset()),
            Some(*moment.offset())
        );
    }

    #[test]
    fn what_says_no_moment_is_none() {
        for bad in [
            "",
            "+0200",
            "2026-05-01",
            "2026-0501",
            "2026-05-01T21:00:00",
            "2026-05-01T21:00:00+02",
            "2026-05-01T21:00:00+2",
            "2026-05-01T21:00:00+020",
            "2026-05-01T21:00:00+02000",
            "2026-05-01T21:00:00+2500",
            "2026-05-01T21:00:00+0260",
            "2026-05-01T21:00:00 +0200",
            "2026-05-01T21:00:00é+0200",
            "2026-05-01T21:00:00+02é",
            "20260501T210000+0200",
        ] {
            assert_eq!(parse_moment(bad), None, "{bad}");
        }
    }
}
