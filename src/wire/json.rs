//! Strict JSON: what `serde_json` lets pass and a health record must not.

use super::unseen::without_mark;
use crate::language::Language;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// How deep arrays and objects may nest.
const DEPTH: u8 = 32;

/// Reads one JSON document: UTF-8, with or without its mark in front (RFC 8259 section 8.1), no
/// duplicate keys, at most 32 deep, nothing behind it.
///
/// # Errors
/// What is wrong and where (line and column), never an echo of the text.
pub fn parse(bytes: &[u8]) -> Result<Value, Misread> {
    read(bytes, Strict { left: DEPTH })
}

/// Reads one JSON document with a reader of the caller's own, which looks after keys and depth.
///
/// # Errors
/// As [`parse`].
pub fn read<'de, S: DeserializeSeed<'de>>(bytes: &'de [u8], seed: S) -> Result<S::Value, Misread> {
    let mut reader = serde_json::Deserializer::from_slice(without_mark(bytes));
    let value = seed.deserialize(&mut reader).map_err(|e| Misread::of(&e))?;
    reader.end().map_err(|e| Misread::of(&e))?;
    Ok(value)
}

/// Why a document is none. `serde_json`'s message may quote the input, so only its kind and place are passed
/// on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misread {
    /// The key of its text in the languages, with `{line}` and `{column}`.
    pub key: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

impl Misread {
    fn of(error: &serde_json::Error) -> Self {
        let key = match error.classify() {
            serde_json::error::Category::Eof => "problem.detail.json_ends",
            serde_json::error::Category::Data => "problem.detail.json_keys",
            serde_json::error::Category::Io | serde_json::error::Category::Syntax => {
                "problem.detail.json_syntax"
            }
        };
        Self { key, line: error.line(), column: error.column() }
    }

    /// The same in words.
    pub fn words(&self, language: &Language) -> String {
        let (line, column) = (self.line.to_string(), self.column.to_string());
        language.text(self.key, &[("line", &line), ("column", &column)])
    }
}

#[derive(Clone, Copy)]
struct Strict {
    left: u8,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(seed)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = map.next_key_seed(Key)? {
            let value = map.next_value_seed(seed)?;
            if object.insert(key, value).is_some() {
                return Err(A::Error::custom("duplicate key"));
            }
        }
        Ok(Value::Object(object))
    }
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(Self { left })
    }
}

struct Key;
impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sound_documents_are_read() {
        assert_eq!(parse(br#"{"a":[1,null,"\ud83d\ude00"]}"#).unwrap()["a"][2], "😀");
        assert_eq!(parse("\u{feff}{}".as_bytes()).unwrap(), serde_json::json!({}));
    }

    #[test]
    fn unreadable_documents_are_refused_without_echo() {
        for text in [
            "",
            "{",
            "{}x",
            "{'a':1}",
            "[1,]",
            "NaN",
            "{\"a\":1,\"a\":2}",
            "\u{feff}\u{feff}{}",
            " \u{feff}{}",
            "\"\\ud800\"",
            "01",
            "\"\t\"",
            "{\"a\" 1}",
            "tru",
            "-",
            "1e999",
        ] {
            let error = parse(text.as_bytes()).expect_err(text);
            let words = error.words(crate::language::Language::english());
            assert!(words.ends_with(")."), "{words}");
        }
        assert!(parse(b"\"\xff\"").is_err());
        assert!(parse("[".repeat(20_000).as_bytes()).is_err());
        assert!(parse(format!("{}{}", "[".repeat(33), "]".repeat(33)).as_bytes()).is_err());
        assert!(parse(format!("{}{}", "[".repeat(32), "]".repeat(32)).as_bytes()).is_ok());
    }
}
