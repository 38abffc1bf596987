//! What became of a record: nothing typed is ever out of reach.

use super::store::{self, HistoryLine};
use crate::access::{Patient, Permission, Reader};
use crate::collections;
use crate::http::{Answered, Place, Problem, ProblemKind, document};
use crate::journal::{Collection, CollectionDefinition, Fields, HistoryOp, is_blank};
use futures_util::try_join;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// One line of a record's history.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HistoryEntry {
    /// The journal's revision it made.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    rev: i64,
    /// `create`, `update`, `delete`, `resurrect`, `recreate`, or `superseded`.
    #[schema(max_length = 20, examples("update"))]
    op: &'static str,
    /// Did it change the record? A superseded value did not.
    applied: bool,
    /// The device it came from.
    device_id: Option<Uuid>,
    /// The account it came from.
    actor_id: Option<Uuid>,
    /// When it was edited, by that device's clock, in milliseconds since 1970.
    #[schema(minimum = -2_208_988_800_000_i64, maximum = 9_007_199_254_740_991_i64)]
    edited_at: Option<i64>,
    /// When the server got it, in milliseconds since 1970.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    received_at: i64,
    /// `{field: {from, to}}`, in the values of the sync wire.
    #[schema(schema_with = super::schema::changed_fields)]
    changes: Value,
}

/// The history of a record, oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecordHistory {
    /// Its lines.
    #[schema(max_items = 1000)]
    history: Vec<HistoryEntry>,
    /// Are there more?
    has_more: bool,
    /// For the next page.
    #[schema(max_length = 200)]
    next_cursor: Option<String>,
}

document!(RecordHistory);

/// Lines a page has, and has unless fewer are asked for.
pub(super) const MOST_LINES: usize = 1000;

/// Which page of a history is asked for.
#[derive(Debug, Clone)]
pub(super) struct HistoryQuery {
    /// Of which collection.
    pub(super) collection: String,
    /// Of which record.
    pub(super) id: Uuid,
    /// Lines a page.
    pub(super) limit: usize,
    /// The last line of the page before: its revision and its own id.
    pub(super) after: Option<Place>,
    /// What its cursors are bound to.
    pub(super) list: String,
}

/// The history of one record of the caller's journal, page by page.
pub(super) async fn of_record(patient: &Patient, asked: &HistoryQuery) -> Answered<RecordHistory> {
    if let Some(collection) = collections::named(&asked.collection) {
        return lines(patient, asked, collection).await;
    }
    patient.judge().await?;
    Err(ProblemKind::NotFound.into())
}

async fn lines(
    patient: &Patient,
    asked: &HistoryQuery,
    collection: &dyn Collection,
) -> Answered<RecordHistory> {
    let (id, definition) = (asked.id, collection.definition());
    let (records, lines, first) = patient
        .snapshot((None, None), async |tx, _| {
            let page = store::history(definition, id, asked.after, asked.limit);
            let lines = tx.load(page).await?;
            if !lines.iter().any(|line| HistoryOp::word(line.op) == CREATE) {
                return Ok((Vec::new(), lines, Vec::new()));
            }
            // In one round trip: what is polled together is sent together.
            let first = tx.load(store::first_values(definition, id));
            let (records, first) = try_join!(collection.find(tx, &[id]), first)?;
            Ok((records, lines, first))
        })
        .await?;
    let Some(last) = lines.last() else { return Err(ProblemKind::NotFound.into()) };
    let has_more = usize::try_from(last.total).is_ok_and(|total| lines.len() < total);
    let next_cursor =
        has_more.then(|| patient.app().cursors.seal(&asked.list, (last.rev, last.hid)));
    // A creation notes no values. They are those that stand, or stood when the record was deleted, with
    // every later change taken back.
    let mut born = records.first().map(|record| record.fields()).unwrap_or_default();
    for (name, from) in first {
        born.insert(name, serde_json::from_str(&from).map_err(Problem::internal)?);
    }
    let history = lines.iter().map(|line| {
        let mut changes: Fields = serde_json::from_str(&line.changes).unwrap_or_default();
        if HistoryOp::word(line.op) == CREATE {
            let filled = born.iter().filter(|(_, v)| !is_blank(v));
            changes.extend(filled.map(|(name, v)| (name.clone(), json!({"from": null, "to": v}))));
        }
        entry(definition, line, changes)
    });
    Ok(RecordHistory { history: history.collect(), has_more, next_cursor })
}

/// The word of a creation.
const CREATE: &str = "create";

fn entry(definition: &CollectionDefinition, line: &HistoryLine, changes: Fields) -> HistoryEntry {
    let changes = changes.into_iter().map(|(name, change)| {
        let form = definition.field(&name).map(|field| field.form);
        let wire = |side: &str| {
            let value = change.get(side).unwrap_or(&Value::Null);
            form.map_or(Value::Null, |form| form.to_wire(value))
        };
        let change = json!({"from": wire("from"), "to": wire("to")});
        (name, change)
    });
    HistoryEntry {
        rev: line.rev,
        op: HistoryOp::word(line.op),
        applied: line.applied,
        device_id: line.device_id,
        actor_id: line.actor_id,
        edited_at: line.edited_at.map(|at| at.timestamp_millis()),
        received_at: line.received_at.timestamp_millis(),
        changes: Value::Object(changes.collect()),
    }
}
