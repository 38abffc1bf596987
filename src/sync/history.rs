//! What became of a record, and what was not accepted: nothing typed is ever out of reach.

use super::side::fields_of;
use super::store::{self, HistoryLine};
use crate::access::{self, Caller, Need, Target};
use crate::app::App;
use crate::http::{Answered, ProblemKind, document};
use crate::journal::{HistoryOp, Record, find_all};
use serde::Serialize;
use serde_json::{Map, Value, json};
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
    #[schema(max_items = 100_000)]
    history: Vec<HistoryEntry>,
}

/// A record that was not accepted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RejectedRecord {
    /// Names this refusal.
    id: Uuid,
    /// The collection it was sent for.
    #[schema(max_length = 64)]
    collection: String,
    /// The id it was sent under.
    #[schema(max_length = 64)]
    record_id: String,
    /// Why.
    #[schema(max_length = 40, examples("invalid_value"))]
    code: String,
    /// The field at fault.
    #[schema(max_length = 64)]
    field: Option<String>,
    /// The device that sent it.
    device_id: Option<Uuid>,
    /// When, in milliseconds since 1970.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    received_at: i64,
    /// The record as it came, as JSON text.
    #[schema(max_length = 8_388_608)]
    payload: String,
}

/// The records that were not accepted, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RejectedRecords {
    /// The newest 200.
    #[schema(max_items = 200)]
    rejected: Vec<RejectedRecord>,
}
document!(RecordHistory, RejectedRecords);

/// The history of one record of the caller's journal.
pub(super) async fn of_record(
    app: &App,
    caller: &Caller,
    collection: &str,
    id: Uuid,
) -> Answered<RecordHistory> {
    macro_rules! find {
        ($($collection:ty),+) => { $(
            if collection == <$collection>::COLLECTION {
                return lines::<$collection>(app, caller, id).await;
            }
        )+ };
    }
    crate::collections::for_each_collection!(find);
    access::check(app, caller, Need::PATIENT).await?;
    Err(ProblemKind::NotFound.into())
}

async fn lines<C: Record>(app: &App, caller: &Caller, id: Uuid) -> Answered<RecordHistory> {
    let (records, lines) =
        access::snapshot(app, caller, Need::PATIENT, Target::Own, async |tx, journal| {
            let permit = journal.permit();
            Ok(tx.load_all((find_all::<C>(permit, &[id]), store::history::<C>(permit, id))).await?)
        })
        .await?;
    if lines.is_empty() {
        return Err(ProblemKind::NotFound.into());
    }
    // A creation notes no values. They are those that stand, or stood when the record was deleted, with
    // every later change taken back.
    let mut values = records.first().map(|record| fields_of(&record.content)).unwrap_or_default();
    let mut history = Vec::with_capacity(lines.len());
    for line in lines.iter().rev() {
        let mut changes: Map<String, Value> =
            serde_json::from_str(&line.changes).unwrap_or_default();
        if HistoryOp::word(line.op) == "create" {
            let filled = values.iter().filter(|(_, v)| !v.is_null() && **v != json!([]));
            changes.extend(filled.map(|(name, v)| (name.clone(), json!({"from": null, "to": v}))));
        } else if line.applied {
            values.extend(changes.iter().map(|(name, c)| (name.clone(), c["from"].clone())));
        }
        history.push(entry::<C>(line, changes));
    }
    history.reverse();
    Ok(RecordHistory { history })
}

fn entry<C: Record>(line: &HistoryLine, changes: Map<String, Value>) -> HistoryEntry {
    let changes = changes.into_iter().map(|(name, change)| {
        let form = C::FIELDS.iter().find(|f| f.name == name).map(|f| f.form);
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

/// What was not accepted of the caller's journal.
pub(super) async fn rejected(app: &App, caller: &Caller) -> Answered<RejectedRecords> {
    let (_, lines) =
        access::read(app, caller, Need::PATIENT, Target::Own, store::quarantined).await?;
    let rejected = lines.into_iter().map(|line| RejectedRecord {
        id: line.id,
        collection: line.collection,
        record_id: line.record_id,
        code: line.code,
        field: line.field,
        device_id: line.device_id,
        received_at: line.at.timestamp_millis(),
        payload: line.payload,
    });
    Ok(RejectedRecords { rejected: rejected.collect() })
}
