//! A push, cut into its records. The outline is read strictly; a record stays as it came, so that what
//! is wrong inside of one is a fault of that one.

use super::incoming::MOST_CHANGES;
use crate::http::{Answered, Problem, ProblemKind};
use crate::wire::json;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Members that an object of the outline may have before it is taken for something else.
const MOST_MEMBERS: usize = 64;

/// The lists of one collection: `created`, `updated`, `deleted`.
pub type Lists<'a> = [Vec<&'a RawValue>; 3];

/// Cuts a body into its collections and their records.
///
/// # Errors
/// 400 `invalid_json` for what is no JSON, 400 `invalid_body` for another shape, 413
/// `too_many_changes`.
pub fn cut(body: &[u8]) -> Answered<Vec<(String, OutlinePart<'_>)>> {
    let body = json::read(body, Level(0))
        .map_err(|found| Problem::new(ProblemKind::InvalidJson).misread(found))?;
    let OutlinePart::Members(members) = body else {
        return Err(shape("problem.detail.shape.object"));
    };
    let mut changes = None;
    for (name, part) in members {
        match (name.as_str(), part) {
            ("changes", OutlinePart::Members(collections)) => changes = Some(collections),
            ("changes", _) => break,
            _ => return Err(shape("problem.detail.shape.only_changes")),
        }
    }
    let Some(changes) = changes else {
        return Err(shape("problem.detail.shape.changes"));
    };
    let count: usize = changes.iter().map(|(_, part)| part.count()).sum();
    if count > MOST_CHANGES {
        return Err(Problem::new(ProblemKind::TooManyChanges)
            .detail_with("problem.detail.changes", [("most", MOST_CHANGES)])
            .extra("max_changes", MOST_CHANGES));
    }
    Ok(changes)
}

/// The lists of one collection; null is a collection without changes.
///
/// # Errors
/// 400 `invalid_body` for another shape.
pub fn lists(changes: OutlinePart<'_>) -> Answered<Lists<'_>> {
    let mut lists = [Vec::new(), Vec::new(), Vec::new()];
    let members = match changes {
        OutlinePart::Members(members) => members,
        // Clients that write every member write it so where a collection has no changes.
        OutlinePart::Null => Vec::new(),
        OutlinePart::Records(_) | OutlinePart::Other => {
            return Err(shape("problem.detail.shape.collection"));
        }
    };
    for (name, part) in members {
        let place = match name.as_str() {
            "created" => 0,
            "updated" => 1,
            "deleted" => 2,
            _ => return Err(shape("problem.detail.shape.lists")),
        };
        match part {
            OutlinePart::Null => {}
            OutlinePart::Records(records) => lists[place] = records,
            OutlinePart::Members(_) | OutlinePart::Other => {
                return Err(shape("problem.detail.shape.arrays"));
            }
        }
    }
    Ok(lists)
}

fn shape(detail: &'static str) -> Problem {
    Problem::new(ProblemKind::InvalidBody).detail(detail)
}

/// A part of the outline.
#[derive(Debug)]
pub enum OutlinePart<'a> {
    /// An object, above the lists.
    Members(Vec<(String, OutlinePart<'a>)>),
    /// A list, its records as they came.
    Records(Vec<&'a RawValue>),
    /// Nothing.
    Null,
    /// What has no business there.
    Other,
}

impl OutlinePart<'_> {
    /// The records in it.
    fn count(&self) -> usize {
        match self {
            Self::Members(members) => members.iter().map(|(_, part)| part.count()).sum(),
            Self::Records(records) => records.len(),
            Self::Null | Self::Other => 0,
        }
    }
}

/// How deep in the outline: the body, its changes, a collection, a list.
#[derive(Debug, Clone, Copy)]
struct Level(u8);

const LIST: u8 = 3;

impl<'de> DeserializeSeed<'de> for Level {
    type Value = OutlinePart<'de>;
    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<OutlinePart<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = OutlinePart<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a push")
    }
    fn visit_bool<E>(self, _: bool) -> Result<OutlinePart<'de>, E> {
        Ok(OutlinePart::Other)
    }
    fn visit_i64<E>(self, _: i64) -> Result<OutlinePart<'de>, E> {
        Ok(OutlinePart::Other)
    }
    fn visit_u64<E>(self, _: u64) -> Result<OutlinePart<'de>, E> {
        Ok(OutlinePart::Other)
    }
    fn visit_f64<E>(self, _: f64) -> Result<OutlinePart<'de>, E> {
        Ok(OutlinePart::Other)
    }
    fn visit_str<E>(self, _: &str) -> Result<OutlinePart<'de>, E> {
        Ok(OutlinePart::Other)
    }
    fn visit_unit<E>(self) -> Result<OutlinePart<'de>, E> {
        Ok(OutlinePart::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OutlinePart<'de>, A::Error> {
        let mut records = Vec::new();
        // One more than may be sent is enough to know that it is too much.
        while self.0 == LIST && records.len() <= MOST_CHANGES {
            match seq.next_element::<&'de RawValue>()? {
                Some(record) => records.push(record),
                None => return Ok(OutlinePart::Records(records)),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(if self.0 == LIST { OutlinePart::Records(records) } else { OutlinePart::Other })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OutlinePart<'de>, A::Error> {
        let mut members: Vec<(String, OutlinePart<'de>)> = Vec::new();
        while self.0 < LIST && members.len() < MOST_MEMBERS {
            let Some(name) = map.next_key::<String>()? else {
                return Ok(OutlinePart::Members(members));
            };
            if members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("duplicate key"));
            }
            let part = map.next_value_seed(Self(self.0 + 1))?;
            members.push((name, part));
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(OutlinePart::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(body: &str) -> Answered<Vec<(String, [Vec<String>; 3])>> {
        let texts = |list: Vec<&RawValue>| list.iter().map(|raw| raw.get().to_owned()).collect();
        let collections = cut(body.as_bytes())?.into_iter();
        collections.map(|(name, part)| Ok((name, lists(part)?.map(texts)))).collect()
    }

    fn refused(body: &str) -> ProblemKind {
        records(body).expect_err(body).kind()
    }

    #[test]
    fn records_stay_as_they_came() {
        let odd = r#"{ "a": 1, "a": [1e999] }"#;
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let body = format!(
            "\u{feff}{{\"changes\": {{\"x\": {{\"updated\": [{odd}, {deep},7], \"deleted\": null}}, \"y\": null}}}}"
        );
        let found = records(&body).unwrap();
        assert_eq!(found[0].0, "x");
        assert_eq!(found[0].1, [vec![], vec![odd.to_owned(), deep, "7".to_owned()], vec![]]);
        assert_eq!((found[1].0.as_str(), found[1].1.concat().len()), ("y", 0));
    }

    #[test]
    fn the_outline_itself_is_strict() {
        for body in ["", "{", "{}x", "[1,]", r#"{"changes": {}, "changes": {}}"#] {
            assert_eq!(refused(body), ProblemKind::InvalidJson, "{body}");
        }
        for body in [
            r#"{"changes": {"x": {"created": [], "created": []}}}"#,
            r#"{"changes": {"x": {}, "x": {}}}"#,
            r#"{"changes": {"x": {"created": [{"a": }]}}}"#,
        ] {
            assert_eq!(refused(body), ProblemKind::InvalidJson, "{body}");
        }
        for body in [
            "{}",
            "[]",
            "7",
            r#"{"changes": []}"#,
            r#"{"changes": null}"#,
            r#"{"changes": {}, "last_pulled_at": 0}"#,
            r#"{"device": "x", "changes": {}}"#,
            r#"{"changes": {"x": []}}"#,
            r#"{"changes": {"x": 1}}"#,
            r#"{"changes": {"x": {"created": {}}}}"#,
            r#"{"changes": {"x": {"created": "a"}}}"#,
            r#"{"changes": {"x": {"removed": []}}}"#,
        ] {
            assert_eq!(refused(body), ProblemKind::InvalidBody, "{body}");
        }
    }

    #[test]
    fn more_than_a_push_may_hold_is_counted_and_not_collected() {
        let list = |count: usize| vec!["1"; count].join(",");
        let body = |a: usize, b: usize| {
            format!(
                r#"{{"changes": {{"x": {{"created": [{}]}}, "y": {{"deleted": [{}]}}}}}}"#,
                list(a),
                list(b)
            )
        };
        assert!(records(&body(MOST_CHANGES - 1, 1)).is_ok());
        for (a, b) in [(MOST_CHANGES, 1), (0, MOST_CHANGES * 20)] {
            assert_eq!(refused(&body(a, b)), ProblemKind::TooManyChanges);
        }
        let names: Vec<String> = (0..10_000).map(|n| format!("\"{n}\": {{}}")).collect();
        let body = format!(r#"{{"changes": {{{}}}}}"#, names.join(","));
        assert_eq!(refused(&body), ProblemKind::InvalidBody);
    }
}
