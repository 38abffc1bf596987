//! The hash of what a report was computed from: the same rows, days and rules give the same hash,
//! in whatever order the rows come; rows the reader may not see have no part in it.

use super::RULE_VERSION;
use crate::report::rows::ReportInput;
use aws_lc_rs::digest::{Context, SHA256};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// SHA-256 of the version of the rules and of the visible input: of everything that its serialisation
/// holds, which is all but [`Made`](crate::report::rows::Made).
///
/// # Errors
/// Never for an input like this; those of the serialisation.
pub fn inputs_hash(input: &ReportInput) -> Result<[u8; 32], serde_json::Error> {
    of_text(&serde_json::to_string(&input.visible())?)
}

/// The hash of a serialised input.
fn of_text(input: &str) -> Result<[u8; 32], serde_json::Error> {
    let fields: BTreeMap<&str, &RawValue> = serde_json::from_str(input)?;
    let mut hash = Context::new(&SHA256);
    add(&mut hash, "rules", vec![RULE_VERSION]);
    for (name, value) in fields {
        // What is a list has no order of its own.
        let list: Option<Vec<&RawValue>> = serde_json::from_str(value.get()).ok();
        let lines = list.unwrap_or_else(|| vec![value]);
        add(&mut hash, name, lines.into_iter().map(RawValue::get).collect());
    }
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(hash.finish().as_ref()).for_each(|(to, from)| *to = *from);
    Ok(bytes)
}

/// Adds a field: its name, how many lines it has, and the lines, sorted. A line break ends each part;
/// none can stand inside one.
fn add(hash: &mut Context, name: &str, mut lines: Vec<&str>) {
    lines.sort_unstable();
    hash.update(format!("{name} {}\n", lines.len()).as_bytes());
    for line in lines {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{
        assessment, date, episode, event, flare, full, goal, intake, note, plan,
    };
    use super::*;
    use crate::collections::{Helped, IntakeKind, RedFlag, ReliefMeans};
    use crate::report::rows::{QuestionRow, SiteRow};
    use serde_json::{Value, json};
    use std::collections::HashSet;

    /// A row of every kind.
    fn journal() -> ReportInput {
        let mut input = full();
        input.entries.truncate(1);
        input.entries[0].red_flags = vec![RedFlag::Fever];
        input.entries[0].relief = vec![(ReliefMeans::Heat, Some(Helped::Some))];
        let (region, laterality) = (crate::body_map::BodyRegion::Neck, None);
        input.entries[0].sites = vec![SiteRow { region, laterality, intensity: Some(4) }];
        input.pauses = vec![(date(3), Some(date(4)))];
        input.sessions.truncate(1);
        input.treatments.truncate(1);
        input.sleep.truncate(1);
        input.flares = vec![flare(3, Some(4))];
        input.intakes = vec![intake(3, IntakeKind::Relief)];
        input.assessments = vec![assessment(3, "peg", 5.0)];
        input.goals = vec![goal(3)];
        input.adverse_events = vec![event(3)];
        input.plans = vec![plan(3)];
        input.episodes = vec![episode(3)];
        input.notes = vec![note(3, "journal_entries")];
        input.questions = vec![QuestionRow {
            id: uuid::Uuid::from_u64_pair(1, 2),
            written_on: date(3),
            text: "When may I run?".to_owned(),
            treatment_session_id: None,
            answered_on: None,
        }];
        input
    }

    /// As many copies of a value as there are values in it, each with one of them changed.
    fn changed(value: &Value) -> Vec<Value> {
        match value {
            Value::Null => vec![json!(1)],
            Value::Bool(is) => vec![json!(!is)],
            Value::Number(number) => vec![json!(number.as_f64().unwrap() + 1.0)],
            Value::String(text) => vec![json!(format!("{text}0"))],
            Value::Array(list) if list.is_empty() => vec![json!([1])],
            Value::Array(list) => (0..list.len())
                .flat_map(|at| changed(&list[at]).into_iter().map(move |value| (at, value)))
                .map(|(at, value)| {
                    let mut list = list.clone();
                    list[at] = value;
                    Value::Array(list)
                })
                .collect(),
            Value::Object(fields) => fields
                .iter()
                .flat_map(|(name, value)| changed(value).into_iter().map(move |v| (name, v)))
                .map(|(name, value)| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), value);
                    Value::Object(fields)
                })
                .collect(),
        }
    }

    #[test]
    fn a_change_of_any_field_is_another_hash() {
        let input = journal();
        let seen = serde_json::to_value(input.visible()).unwrap();
        let rows = seen.as_object().unwrap().values().filter_map(Value::as_array);
        assert!(rows.clone().count() == 15 && rows.clone().all(|rows| !rows.is_empty()), "{seen}");
        let mut hashes = HashSet::from([inputs_hash(&input).unwrap()]);
        let changes = changed(&seen);
        assert!(changes.len() > 120, "{}", changes.len());
        for change in changes {
            assert!(hashes.insert(of_text(&change.to_string()).unwrap()), "{change}");
        }
    }
}
