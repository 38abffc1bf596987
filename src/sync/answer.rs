//! The answer to a push.

use super::cursor::Cursor;
use super::merge::{Conflict, Loss, RecordResult};
use super::refusal::Refusal;
use crate::journal::SafetyNotice;
use crate::journal::{CollectionDefinition, StoredRecord};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A record of a push that was accepted, changed or not.
#[derive(Debug)]
pub(super) struct AcceptedRecord {
    /// Its collection.
    pub(super) collection: &'static str,
    /// The record.
    pub(super) id: Uuid,
    /// The fields that came with it.
    pub(super) fields: Vec<String>,
}

/// What a push answers.
#[derive(Debug, Default)]
pub(super) struct PushReport {
    /// Changes that were written.
    pub(super) accepted: usize,
    /// Changes that changed nothing.
    pub(super) unchanged: usize,
    /// Records that stand otherwise than they were sent.
    pub(super) records: Vec<Value>,
    /// Records that were refused.
    pub(super) refused: Vec<Refusal>,
    /// Records that were not refused, where the quarantine holds any.
    pub(super) taken: Vec<AcceptedRecord>,
    /// By collection and id as sent, the id as kept, where the two are spelled otherwise.
    pub(super) renamed: BTreeMap<(&'static str, String), Uuid>,
    /// Edits and deletes of known records that do not say what the device had seen, by collection.
    pub(super) blind: BTreeMap<&'static str, BTreeSet<Uuid>>,
    /// The fixed text that goes with a record of the push.
    pub(super) notice: Option<&'static SafetyNotice>,
}

/// The answer as it is stored and sent.
pub(super) fn answer(report: &PushReport, head: Cursor, account: Uuid) -> String {
    let mut rejected_ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for refusal in &report.refused {
        rejected_ids.entry(refusal.collection).or_default().push(&refusal.id);
    }
    let rejected: Vec<Value> = report.refused.iter().map(rejected).collect();
    let renamed = report.renamed.iter().map(
        |((collection, sent), kept)| json!({"collection": collection, "sent": sent, "kept": kept}),
    );
    let mut answer = Map::new();
    answer.insert("timestamp".into(), json!(head.timestamp()));
    answer.insert("account".into(), json!(account));
    answer.insert("accepted".into(), json!(report.accepted));
    answer.insert("unchanged".into(), json!(report.unchanged));
    answer.insert("records".into(), json!(report.records));
    answer.insert("rejected".into(), json!(rejected));
    if !rejected_ids.is_empty() {
        answer.insert("experimentalRejectedIds".into(), json!(rejected_ids));
    }
    answer.insert("missing_base".into(), json!(report.blind));
    answer.insert("renamed".into(), renamed.collect());
    answer.insert("safety_notice".into(), json!(report.notice));
    Value::Object(answer).to_string()
}

fn rejected(refusal: &Refusal) -> Value {
    json!({"collection": refusal.collection, "id": refusal.id, "code": refusal.code(),
        "field": refusal.field(), "faults": refusal.flaws})
}

/// A record that stands otherwise than it was sent.
pub(super) fn stands(
    collection: &CollectionDefinition,
    record: &dyn StoredRecord,
    result: RecordResult,
    conflicts: &[Conflict],
    epoch: i64,
) -> Value {
    let word = match result {
        RecordResult::Merged => "merged",
        RecordResult::Conflict => "conflict",
        RecordResult::Resurrected => "resurrected",
        RecordResult::Kept => "kept",
        RecordResult::Deleted => "deleted",
    };
    let head = record.without_content();
    let timestamp = Cursor { epoch, rev: head.rev }.timestamp();
    let stands = head.deleted_at.is_none().then(|| record.flat_row());
    let conflicts: Map<String, Value> =
        conflicts.iter().map(|c| (c.field.clone(), conflict(collection, c))).collect();
    json!({"collection": collection.name, "id": head.id, "result": word, "timestamp": timestamp,
        "record": stands, "conflicts": conflicts})
}

fn conflict(collection: &CollectionDefinition, conflict: &Conflict) -> Value {
    let form = collection.field(&conflict.field).map(|field| field.form);
    let wire = |value: &Value| form.map_or(Value::Null, |form| form.to_wire(value));
    let (stands, loses) = (wire(&conflict.stands), wire(&conflict.loses));
    let edited_at = conflict.edited_at.map(|at| at.timestamp_millis());
    let reason = match conflict.loss {
        Loss::Overwritten => {
            return json!({"applied": stands, "overwritten": loses,
                "device_id": conflict.device, "edited_at": edited_at});
        }
        Loss::Late => "older_edit_of_same_device",
        Loss::WithDelete => "sent_with_a_delete",
        Loss::Practitioners => "written_by_practitioner",
    };
    json!({"kept": stands, "sent": loses, "reason": reason,
        "device_id": conflict.device, "edited_at": edited_at})
}
