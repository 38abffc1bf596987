//! What a merge knows of a record's past: bounded by its fields, however often they were changed.

use super::known::{Mark, Marks};
use super::merge::Fields;
use crate::journal::{Held, Record};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A line of the history that a merge asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Spot {
    /// The record.
    pub(super) id: Uuid,
    /// The revision.
    pub(super) rev: i64,
}

/// A line of the history, as asked for.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) mark: Mark,
    /// What it changed, where that was asked for.
    pub(super) changes: Option<Fields>,
}

/// The lines that tell the past of these records, and of each whether its values are needed: those of
/// first changes are, of records the push says it has `created`.
pub(super) fn wanted<C: Record>(
    known: &[Held<C>],
    created: impl Fn(Uuid) -> bool,
) -> BTreeMap<Spot, bool> {
    let mut wanted = BTreeMap::new();
    for Held { record, marks } in known {
        let (id, made) = (record.id, created(record.id));
        let mut want = |rev, whole| *wanted.entry(Spot { id, rev }).or_insert(false) |= whole;
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

/// What has become of a record, from the lines that were wanted.
pub(super) fn told<C: Record>(held: &Held<C>, lines: &HashMap<Spot, Line>) -> Marks {
    let Held { record, marks: kept } = held;
    let line = |rev| lines.get(&Spot { id: record.id, rev });
    let mark = |rev| line(rev).map(|line| line.mark);
    let turned = kept.turned().and_then(mark);
    let (revived, buried) =
        if record.deleted_at.is_some() { (None, turned) } else { (turned, None) };
    let begun = mark(kept.began(record.created_rev));
    let mut marks = Marks { begun, revived, buried, ..Marks::default() };
    for (name, first, last) in kept.fields() {
        marks.fields.extend(mark(last).map(|mark| (name.to_owned(), mark)));
        let change = line(first).and_then(|line| line.changes.as_ref()?.get(name));
        let from = change.map(|change| change.get("from").cloned().unwrap_or_default());
        marks.born.extend(from.map(|from| (name.to_owned(), from)));
    }
    marks
}
