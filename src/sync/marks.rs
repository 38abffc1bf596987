//! What a merge knows of a record's past: bounded by its fields, however often they were changed.

use super::known::{ChangeMark, Marks};
use crate::journal::{Fields, RowMarks, Stored};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Names a line of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct LineKey {
    /// The record.
    pub(super) id: Uuid,
    /// The revision.
    pub(super) rev: i64,
}

/// A line of the history, as asked for.
#[derive(Debug)]
pub(super) struct ChangeLine {
    pub(super) mark: ChangeMark,
    /// What it changed, where that was asked for.
    pub(super) changes: Option<Fields>,
}

/// The lines that tell the past of these records, and of each whether its values are needed: those of
/// first changes are, of records the push says it has `created`.
pub(super) fn lines_of(
    known: &[(Stored<()>, &RowMarks)],
    created: impl Fn(Uuid) -> bool,
) -> BTreeMap<LineKey, bool> {
    let mut wanted = BTreeMap::new();
    for (record, marks) in known {
        let (id, made) = (record.id, created(record.id));
        let mut want = |rev, whole| *wanted.entry(LineKey { id, rev }).or_insert(false) |= whole;
        want(marks.began(record.created_rev), false);
        if let Some(turned) = marks.turned() {
            want(turned, false);
        }
        for (_, first, last) in marks.fields() {
            want(last, false);
            if made {
                want(first, true);
            }
        }
    }
    wanted
}

/// What has become of a record, from the lines that were asked for.
pub(super) fn marks_of(
    record: &Stored<()>,
    row: &RowMarks,
    lines: &HashMap<LineKey, ChangeLine>,
) -> Marks {
    let line = |rev| lines.get(&LineKey { id: record.id, rev });
    let mark = |rev| line(rev).map(|line| line.mark);
    let turned = row.turned().and_then(mark);
    let (revived, buried) =
        if record.deleted_at.is_some() { (None, turned) } else { (turned, None) };
    let begun = mark(row.began(record.created_rev));
    let mut marks = Marks { begun, revived, buried, ..Marks::default() };
    for (name, first, last) in row.fields() {
        marks.fields.extend(mark(last).map(|mark| (name.to_owned(), mark)));
        let change = line(first).and_then(|line| line.changes.as_ref()?.get(name));
        let from = change.map(|change| change.get("from").cloned().unwrap_or_default());
        marks.born.extend(from.map(|from| (name.to_owned(), from)));
    }
    marks
}
