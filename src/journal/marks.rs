//! What the row of a record keeps of its history, so that a merge need not read all of it: revisions
//! only. The values they name stay in the history, which is the patient's alone.

use super::history::HistoryOp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The name under which the record as a whole is kept: no field has it.
const WHOLE: &str = "";

/// For each field that has changed since the record began, the revisions of its first and of its last
/// change. For the record as a whole, the revision with which it began, and that of its last death or
/// return; without such an event it began when it was created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowMarks(BTreeMap<String, (i64, i64)>);

impl RowMarks {
    /// As the column has them; nothing for a record that was never changed.
    pub fn text(&self) -> Option<String> {
        if self.0.is_empty() { None } else { serde_json::to_string(&self.0).ok() }
    }

    /// Takes an applied change in. `created` is the revision of the record's creation.
    pub(super) fn note(
        &mut self,
        op: HistoryOp,
        rev: i64,
        created: i64,
        changes: &Map<String, Value>,
    ) {
        match op {
            HistoryOp::Create | HistoryOp::Update | HistoryOp::Superseded => {}
            HistoryOp::Delete | HistoryOp::Resurrect => {
                self.0.entry(WHOLE.to_owned()).or_insert((created, rev)).1 = rev;
            }
            HistoryOp::Recreate => self.0 = BTreeMap::from([(WHOLE.to_owned(), (rev, rev))]),
        }
        if matches!(op, HistoryOp::Update | HistoryOp::Resurrect) {
            for field in changes.keys() {
                self.0.entry(field.clone()).or_insert((rev, rev)).1 = rev;
            }
        }
    }

    /// The revision with which a record began that was created with `created`.
    pub fn began(&self, created: i64) -> i64 {
        self.0.get(WHOLE).map_or(created, |(began, _)| *began)
    }

    /// The revision of its last death or return.
    pub fn turned(&self) -> Option<i64> {
        self.0.get(WHOLE).filter(|(began, turned)| turned > began).map(|(_, turned)| *turned)
    }

    /// The fields with the revisions of their first and last change.
    pub fn fields(&self) -> impl Iterator<Item = (&str, i64, i64)> {
        let fields = self.0.iter().filter(|(name, _)| *name != WHOLE);
        fields.map(|(name, (first, last))| (name.as_str(), *first, *last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn noted(steps: &[(HistoryOp, i64, &[&str])]) -> RowMarks {
        let mut marks = RowMarks::default();
        for (op, rev, fields) in steps {
            let changes = fields.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
            marks.note(*op, *rev, 3, &changes);
        }
        marks
    }

    #[test]
    fn a_record_that_was_never_changed_keeps_nothing() {
        let marks = noted(&[(HistoryOp::Create, 3, &[])]);
        assert_eq!((marks.text(), marks.began(3), marks.turned()), (None, 3, None));
    }

    #[test]
    fn first_and_last_change_are_kept_until_the_record_begins_anew() {
        use HistoryOp::{Delete, Recreate, Resurrect, Update};
        let edited = [
            (Update, 5, ["mood", "note"].as_slice()),
            (Update, 6, &["mood"]),
            (Delete, 8, &[]),
            (Resurrect, 9, &["note"]),
        ];
        let marks = noted(&edited);
        let fields: Vec<_> = marks.fields().collect();
        assert_eq!(fields, [("mood", 5, 6), ("note", 5, 9)]);
        assert_eq!((marks.began(3), marks.turned()), (3, Some(9)));
        let text = marks.text().unwrap();
        assert_eq!(serde_json::from_str::<RowMarks>(&text).unwrap(), marks, "{text}");
        let mut anew = marks;
        anew.note(Recreate, 12, 3, &Map::new());
        assert_eq!((anew.began(3), anew.turned(), anew.fields().count()), (12, None, 0));
        anew.note(Delete, 14, 3, &Map::new());
        assert_eq!((anew.began(3), anew.turned()), (12, Some(14)));
    }
}
