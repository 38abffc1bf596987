//! The quarantine: what was not accepted stays as it came until the record is mended or its owner lets
//! it go. It has an end, and then the device alone keeps a refused record.

use super::answer::AcceptedRecord;
use super::refusal::{Flaw, Refusal};
use super::store::{self, Quarantined, RefusedRow};
use crate::access::{ListPage, Patient, Reader};
use crate::http::{Answered, Nothing, Problem, ProblemKind, document};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Records the quarantine of an account may hold.
const MOST_RECORDS: usize = 2000;
/// Bytes of records it may hold.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// The code of a refused record that it has no room for.
const FULL: &str = "quarantine_full";

/// What a push does to the quarantine.
#[derive(Debug, Default)]
pub(super) struct QuarantineChange {
    /// What it keeps from now on.
    pub(super) adds: Vec<Quarantined>,
    /// What leaves it.
    pub(super) mended: Vec<Uuid>,
}

/// Finds room for what a push refuses; what there is no room for gets another code. What the push mends
/// leaves first.
pub(super) fn settle(
    rows: Vec<RefusedRow>,
    refused: &mut [Refusal],
    accepted: &[AcceptedRecord],
    device: Option<Uuid>,
) -> QuarantineChange {
    let mut by_record: BTreeMap<(&str, String), Vec<&AcceptedRecord>> = BTreeMap::new();
    for one in accepted {
        by_record.entry((one.collection, one.id.to_string())).or_default().push(one);
    }
    let sent_again: BTreeSet<Uuid> = refused.iter().map(name).collect();
    let (gone, stays): (Vec<RefusedRow>, Vec<RefusedRow>) = rows.into_iter().partition(|row| {
        let record = (row.collection.as_str(), row.record_id.to_ascii_lowercase());
        let by = by_record.get(&record).map_or(&[][..], Vec::as_slice);
        !sent_again.contains(&row.id) && by.iter().any(|one| mends(one, row, device))
    });
    let mut room = MOST_BYTES
        .saturating_sub(stays.iter().map(|row| usize::try_from(row.bytes).unwrap_or(0)).sum());
    let mut places = MOST_RECORDS.saturating_sub(stays.len());
    let known: BTreeSet<Uuid> = stays.iter().map(|row| row.id).collect();
    let mut adds: BTreeMap<Uuid, Quarantined> = BTreeMap::new();
    for refusal in refused {
        let id = name(refusal);
        // The same refused record is kept once, however often it is sent.
        if known.contains(&id) || adds.contains_key(&id) {
            continue;
        }
        if places == 0 || refusal.payload.len() > room {
            refusal.flaws.insert(0, Flaw::whole(FULL));
            continue;
        }
        places -= 1;
        room -= refusal.payload.len();
        let (collection, record_id) = (refusal.collection.to_owned(), refusal.id.clone());
        let (code, field) = (refusal.code(), refusal.field().map(str::to_owned));
        let payload = refusal.payload.clone();
        adds.insert(id, Quarantined { id, collection, record_id, code, field, payload });
    }
    QuarantineChange {
        adds: adds.into_values().collect(),
        mended: gone.into_iter().map(|row| row.id).collect(),
    }
}

/// Names a refusal.
fn name(refusal: &Refusal) -> Uuid {
    let Refusal { collection, id, payload, .. } = refusal;
    let name = format!("{collection}\n{id}\n{}\n{payload}", refusal.code());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// Is a refused record mended by this one? The device that sent it knows what it sends now. Another one
/// may never have seen what was typed there, and then must touch what was at fault.
fn mends(accepted: &AcceptedRecord, row: &RefusedRow, device: Option<Uuid>) -> bool {
    row.device_id == device
        || row.field.as_ref().is_none_or(|field| accepted.fields.contains(field))
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
    #[schema(max_length = 4_194_304)]
    payload: String,
}

/// The records that were not accepted, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RejectedRecords {
    /// One page of them.
    #[schema(max_items = 200)]
    rejected: Vec<RejectedRecord>,
    /// Are there more?
    has_more: bool,
    /// For the next page.
    #[schema(max_length = 200)]
    next_cursor: Option<String>,
}
document!(RejectedRecords);

/// A page of what was not accepted of the caller's journal.
pub(super) async fn rejected(
    patient: &Patient,
    ListPage { page, list }: ListPage,
) -> Answered<RejectedRecords> {
    let lines = store::quarantined(page.before(), page.limit);
    let (_, lines) = patient.read((None, None), lines).await?;
    let total = lines.last().and_then(|last| usize::try_from(last.total).ok());
    let has_more = total.is_some_and(|total| lines.len() < total);
    let next_cursor = lines
        .last()
        .filter(|_| has_more)
        .map(|last| patient.app().cursors.seal(&list, (last.at.timestamp_micros(), last.id)));
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
    Ok(RejectedRecords { rejected: rejected.collect(), has_more, next_cursor })
}

/// Lets one of them go.
pub(super) async fn dismiss(patient: &Patient, id: Uuid) -> Answered<Nothing> {
    patient
        .write(async |tx, _| match tx.first(store::leave_quarantine::<(i64,)>(&[id])).await? {
            Some((1,)) => Ok(Nothing),
            _ => Err(Problem::new(ProblemKind::NotFound)),
        })
        .await
}
