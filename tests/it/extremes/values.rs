//! What is sent: the edges of what can be written.

use serde_json::json;

const WORDS: &[&str] = &[
    // Days.
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "-999-01-01",
    "+999-01-01",
    "-4713-11-24",
    "-4714-12-31",
    "+262142-12-31",
    "-262143-01-01",
    "2025-02-30",
    "1900-01-01",
    "2199-12-31",
    // Moments.
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "+262142-12-31T23:59:59Z",
    "-262143-01-01T00:00:00Z",
    "1900-01-01T00:00:00+14:00",
    "2199-12-31T23:59:59-14:00",
    "2025-06-01T24:00:00Z",
    "2025-06-01T00:00:00+99:99",
    "2025-06-01T02:30:00.999999999999Z",
    "23:59:60",
    // Numbers.
    "-1",
    "0",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "2147483648",
    "1e308",
    "NaN",
    "٣",
    // Ids and codes.
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "urn:uuid:0195a3c2-0000-7000-8000-000000000000",
    "0195A3C2-0000-7000-8000-00000000000A",
    "Etc/GMT+14",
    "Europe/berlin",
    // Texts.
    "",
    " ",
    "\0",
    "a\0b",
    "\u{feff}x",
    "\u{202e}x\u{200b}",
    "\u{10ffff}",
    "'; --",
    "../../x",
    "%00",
    "a@b",
    "<script>",
];

/// Members of bodies that are no texts, as JSON; some of them no reader of JSON has to take.
const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "-0",
    "0.1",
    "4.0",
    "1e308",
    "-1e308",
    "1e400",
    "5e-324",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "[\"\\u0000\"]",
    "{\"\\u0000\":1}",
    "\"\\ud800\"",
    "\"\\u00\\u000000\"",
    "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]",
    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
];

/// Walks through all extremes, a few at each place.
pub struct Extremes {
    next: usize,
    each: usize,
}

fn words() -> Vec<String> {
    let long = ["x".repeat(6_000), "😀".repeat(300), "9".repeat(400)];
    WORDS.iter().map(|word| (*word).to_owned()).chain(long).collect()
}

impl Extremes {
    /// So many at each place.
    pub fn new(each: usize) -> Self {
        Self { next: 0, each }
    }

    /// Every text there is.
    pub fn all_words() -> Vec<String> {
        words()
    }

    /// The next texts.
    pub fn words(&mut self) -> Vec<String> {
        self.some(&words())
    }

    /// The next values, as JSON.
    pub fn values(&mut self) -> Vec<String> {
        let words = WORDS.iter().map(|word| json!(word).to_string());
        let long = ["x".repeat(70_000), "😀".repeat(3_000)].map(|long| json!(long).to_string());
        let values = VALUES.iter().map(|value| (*value).to_owned());
        // Alternately, so that each place gets some of both.
        let mut all: Vec<String> = words.chain(long).collect();
        for (index, value) in values.enumerate() {
            all.insert(index * 2, value);
        }
        self.some(&all)
    }

    fn some(&mut self, all: &[String]) -> Vec<String> {
        let from = self.next;
        self.next += self.each;
        (0..self.each.min(all.len())).map(|step| all[(from + step) % all.len()].clone()).collect()
    }
}
