//! A corrected file: what a record is, who wrote it, and what the file says now → what it shall be. A
//! field whose last change was an import's is the file's to change; one that an app has written since is
//! the app's. Pure.

use crate::journal::is_blank;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A line of a record's history.
#[derive(Debug, Clone)]
pub(super) struct AppliedChange {
    /// Did the record begin with it?
    pub(super) begins: bool,
    /// Did an import write it?
    pub(super) is_imported: bool,
    /// `{field: {from, to}}`
    pub(super) changes: Map<String, Value>,
}

/// What became of the file's values.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Amended {
    /// The fields to write, and their values.
    pub(super) fields: Map<String, Value>,
    /// The fields that stay as an app has written them, although the file says something else that it
    /// did not say before.
    pub(super) left: Vec<String>,
}

/// A field and those who wrote it.
struct Written<'a> {
    /// Was the last change an import's?
    by_import: bool,
    /// Has anybody changed it since the record began?
    is_changed: bool,
    /// What an import wrote last, where one did.
    imported: Option<&'a Value>,
}

const NULL: &Value = &Value::Null;

fn written<'a>(field: &str, stands: &'a Value, history: &'a [AppliedChange]) -> Written<'a> {
    let start = history.iter().rposition(|line| line.begins).unwrap_or(0);
    let (born_imported, since) = match history.get(start) {
        Some(line) if line.begins => (line.is_imported, &history[start + 1..]),
        _ => (false, history),
    };
    let changes: Vec<(bool, &Value)> = since
        .iter()
        .filter_map(|line| Some((line.is_imported, line.changes.get(field)?)))
        .collect();
    let side = |change: &'a Value, side: &str| change.get(side).unwrap_or(NULL);
    let born = changes.first().map_or(stands, |(_, change)| side(change, "from"));
    let last = changes.iter().rev().find(|(by_import, _)| *by_import);
    Written {
        by_import: changes.last().map_or(born_imported, |(by_import, _)| *by_import),
        is_changed: !changes.is_empty(),
        imported: last
            .map(|(_, change)| side(change, "to"))
            .or_else(|| born_imported.then_some(born)),
    }
}

/// Decides, field by field. `stands` is the record, `file` what the file makes of it, both canonical;
/// `said` are the fields that the file speaks of, empty ones, too: the rest was filled in for it.
pub(super) fn amend(
    stands: &Map<String, Value>,
    history: &[AppliedChange],
    file: &Map<String, Value>,
    said: &BTreeSet<String>,
) -> Amended {
    let mut amended = Amended::default();
    for (field, new) in file {
        let stored = stands.get(field).unwrap_or(NULL);
        let is_said = said.contains(field);
        if new == stored || !is_said && is_blank(new) {
            continue;
        }
        let written = written(field, stored, history);
        let is_free = is_blank(stored) && !written.is_changed;
        if written.by_import || is_said && is_free {
            amended.fields.insert(field.clone(), new.clone());
        } else if is_said && written.imported != Some(new) && !is_blank(new) {
            amended.left.push(field.clone());
        }
    }
    amended
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn line(is_imported: bool, changes: &Value) -> AppliedChange {
        AppliedChange { begins: *changes == json!({}), is_imported, changes: map(changes) }
    }

    fn amended(stands: &Value, history: &[AppliedChange], file: &Value) -> (Value, Vec<String>) {
        let file = map(file);
        let said = file.keys().cloned().collect();
        let amended = amend(&map(stands), history, &file, &said);
        (Value::Object(amended.fields), amended.left)
    }

    #[test]
    fn what_only_imports_have_written_follows_the_file() {
        let history = [line(true, &json!({})), line(true, &json!({"mood": {"from": 3, "to": 4}}))];
        let stands = json!({"mood": 4, "note": "a", "steps": null});
        let file = json!({"mood": 5, "note": null, "steps": 100});
        assert_eq!(amended(&stands, &history, &file), (file, vec![]));
        assert_eq!(amended(&stands, &history, &stands), (json!({}), vec![]));
    }

    #[test]
    fn an_edit_of_an_app_stays_and_is_named_only_against_a_correction() {
        let history =
            [line(true, &json!({})), line(false, &json!({"note": {"from": "a", "to": "b"}}))];
        let stands = json!({"mood": 4, "note": "b"});
        // The same file again.
        assert_eq!(
            amended(&stands, &history, &json!({"mood": 4, "note": "a"})),
            (json!({}), vec![])
        );
        // A corrected one: the mood follows, the note stays.
        let corrected = json!({"mood": 6, "note": "c"});
        let (fields, left) = amended(&stands, &history, &corrected);
        assert_eq!((fields, left), (json!({"mood": 6}), vec!["note".to_owned()]));
        // What an app has emptied stays empty.
        let emptied =
            [line(true, &json!({})), line(false, &json!({"note": {"from": "a", "to": null}}))];
        let (fields, left) = amended(&json!({"note": null}), &emptied, &json!({"note": "c"}));
        assert_eq!((fields, left), (json!({}), vec!["note".to_owned()]));
        // An import after the edit is the last change again.
        let again =
            [history.to_vec(), vec![line(true, &json!({"note": {"from": "b", "to": "c"}}))]]
                .concat();
        let (fields, _) = amended(&json!({"note": "c"}), &again, &json!({"note": "d"}));
        assert_eq!(fields, json!({"note": "d"}));
    }

    #[test]
    fn of_a_record_that_an_app_made_a_file_fills_what_was_never_filled() {
        let history = [line(false, &json!({}))];
        let stands = json!({"mood": 4, "note": null, "triggers": []});
        let file = json!({"mood": 5, "note": "x", "triggers": ["lifting"]});
        let (fields, left) = amended(&stands, &history, &file);
        assert_eq!(fields, json!({"note": "x", "triggers": ["lifting"]}));
        assert_eq!(left, ["mood"]);
        // An empty cell says nothing about it.
        assert_eq!(amended(&stands, &history, &json!({"mood": null})), (json!({}), vec![]));
    }

    #[test]
    fn what_was_filled_in_for_the_file_never_stands_against_an_app() {
        let file = map(&json!({"effective_at": "21:00", "recorded_at": null}));
        let stands = map(&json!({"effective_at": "20:13", "recorded_at": "20:14"}));
        for (is_imported, changes) in [(false, false), (true, true)] {
            let amended = amend(&stands, &[line(is_imported, &json!({}))], &file, &BTreeSet::new());
            assert_eq!(amended.fields.contains_key("effective_at"), changes);
            assert!(!amended.fields.contains_key("recorded_at") && amended.left.is_empty());
        }
    }

    #[test]
    fn a_record_made_anew_has_a_new_beginning() {
        let history = [
            line(true, &json!({})),
            line(false, &json!({"mood": {"from": 3, "to": 9}})),
            AppliedChange {
                begins: true,
                is_imported: true,
                changes: map(&json!({"mood": {"from": 9, "to": 4}})),
            },
        ];
        assert_eq!(
            amended(&json!({"mood": 4}), &history, &json!({"mood": 5})).0,
            json!({"mood": 5})
        );
    }
}
