//! The one reader of whole numbers. A number is what it is worth, not how it is written: `4`, `4.0`,
//! `4e0` and `40e-1` are the same, and programs print each of them.
//!
//! Numbers that are written as integers are read exactly. Any other spelling is read as a double, which
//! may be off by a unit in its last place. Up to 2^49 that never reaches another whole number; beyond,
//! nobody can tell which one was meant, and such a spelling is refused.

use serde_json::Number;

/// 2^49: up to here a double that was read from decimals is no other whole number than the one meant.
const SAFE: f64 = 562_949_953_421_312.0;

/// What a JSON number is worth as a whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// This whole number.
    Whole(i64),
    /// A whole number, but greater or less than any that can be told for sure.
    Beyond,
    /// It has a fraction.
    Broken,
}

/// What a number is worth.
pub fn worth(number: &Number) -> Worth {
    if let Some(whole) = number.as_i64() {
        return Worth::Whole(whole);
    }
    // An integer beyond the signed range, or one of the other spellings.
    let Some(double) = number.as_f64() else { return Worth::Beyond };
    if double.fract() != 0.0 {
        return Worth::Broken;
    }
    if !number.is_f64() || double.abs() > SAFE {
        return Worth::Beyond;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "without a fraction and within the safe range"
    )]
    Worth::Whole(double as i64)
}

/// The whole number that a JSON number is.
pub fn whole(number: &Number) -> Option<i64> {
    match worth(number) {
        Worth::Whole(whole) => Some(whole),
        Worth::Beyond | Worth::Broken => None,
    }
}

/// The number in a text that is nothing but a JSON number: the cell of a table, a parameter.
pub fn number_of(text: &str) -> Option<Number> {
    // What JSON allows around a number is no part of it.
    let bare = !text.bytes().any(|byte| byte.is_ascii_whitespace());
    bare.then(|| serde_json::from_str(text).ok()).flatten()
}

/// The whole number in such a text. It may have zeros in front, which JSON does not allow and which
/// tell nothing else.
pub fn whole_of(text: &str) -> Option<i64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    whole(&number_of(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A whole number with its decimal point moved, and the exponent that moves it back.
    fn spell(value: i64, places: u32, exponent_first: bool, capital: bool) -> String {
        let e = if capital { 'E' } else { 'e' };
        if exponent_first {
            let zeros = "0".repeat(usize::try_from(places).unwrap());
            return format!("{value}{zeros}{e}-{places}");
        }
        let digits = format!("{:0>1$}", value.abs(), usize::try_from(places).unwrap() + 1);
        let (before, behind) = digits.split_at(digits.len() - usize::try_from(places).unwrap());
        let sign = if value < 0 { "-" } else { "" };
        let point = if behind.is_empty() { String::new() } else { format!(".{behind}") };
        format!("{sign}{before}{point}{e}+{places}")
    }

    #[test]
    fn a_number_is_what_it_is_worth() {
        for (text, value) in [
            ("4", 4),
            ("004", 4),
            ("4.0", 4),
            ("4.000", 4),
            ("4e0", 4),
            ("1E1", 10),
            ("40e-1", 4),
            ("0.4e1", 4),
            ("-0", 0),
            ("-0.0", 0),
            ("-3.0e0", -3),
            ("562949953421312.0", 562_949_953_421_312),
            ("1.777662000123E12", 1_777_662_000_123),
            ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(whole_of(text), Some(value), "{text}");
        }
        for text in ["4.5", "1e-1", "4.0000001", "-0.5", "9007199254740993.0", "1e300"] {
            assert_eq!(whole_of(text), None, "{text}");
        }
        for text in [
            "", " 4", "4 ", "\t4", "+4", "04", "4.", ".5", "0x4", "1_000", "4,0", "NaN", "٤",
            "true",
        ] {
            assert_eq!(number_of(text), None, "{text}");
        }
        let read = |text: &str| worth(&number_of(text).unwrap());
        assert_eq!(read("18446744073709551615"), Worth::Beyond);
        assert_eq!(read("99999999999999999999"), Worth::Beyond);
        assert_eq!(read("-1e300"), Worth::Beyond);
        assert_eq!(read("0.5"), Worth::Broken);
    }

    proptest! {
        #[test]
        fn every_spelling_of_a_whole_number_is_read_as_it(
            value: i32, places in 0_u32..=6, exponent_first: bool, capital: bool,
        ) {
            let text = spell(value.into(), places, exponent_first, capital);
            prop_assert_eq!(whole_of(&text), Some(value.into()), "{}", text);
        }

        #[test]
        fn no_spelling_is_read_as_another_whole_number(
            value in i64::MIN / 2..=i64::MAX / 2, places in 0_u32..=25, exponent_first: bool,
        ) {
            let text = spell(value, places, exponent_first, false);
            prop_assert!(whole_of(&text).is_none_or(|read| read == value), "{}", text);
        }

        #[test]
        fn every_integer_is_read_exactly(value: i64) {
            prop_assert_eq!(whole_of(&value.to_string()), Some(value));
        }

        #[test]
        fn nothing_with_a_fraction_is_whole(value in -1_000_000_i64..1_000_000, fraction in 1_u32..1000) {
            let text = format!("{value}.{fraction:03}");
            prop_assert_eq!(whole_of(&text), None);
        }
    }
}
