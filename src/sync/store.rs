//! The SQL of sync beside the collections' own: heads, histories, stored answers, quarantine.

use super::merge::Past;
use super::side::FlatRow;
use crate::access::{Permit, Read, Write};
use crate::db::{Bind, Column, Columns, Row, Statement, next, row};
use crate::journal::{Record, Stored};
use chrono::{DateTime, Utc};
use diesel::deserialize;
use serde_json::Value;
use std::marker::PhantomData;
use uuid::Uuid;

row! {
    /// Where a journal stands.
    pub struct HeadRow { epoch: i32, rev: i64, floor_rev: i64 }
}

/// Asks where the journal stands. Public for the benchmark.
pub const HEAD: &str = "SELECT (SELECT epoch FROM pj.sync_state), rev, floor_rev FROM pj.patients \
    WHERE patient_id = sec.subject()";
/// Asks for the applied changes of some records. Public for the benchmark.
pub const PASTS: &str = "SELECT record_id, rev, device_id, edited_at, op IN (1, 5), changes::text \
    FROM pj.record_history WHERE patient_id = sec.subject() AND collection = $1 \
    AND record_id = ANY ($2) AND applied ORDER BY rev";
/// Asks for a stored answer. Public for the benchmark.
pub const ANSWER: &str = "SELECT body_hash, answer FROM pj.sync_answers \
    WHERE patient_id = sec.subject() AND device_id = $1 AND key = $2";
/// Stores an answer. Public for the benchmark.
pub const KEEP_ANSWER: &str = "INSERT INTO pj.sync_answers (patient_id, device_id, key, body_hash, \
    answer, at) VALUES (sec.subject(), $1, $2, $3, $4, $5)";

/// The head of the subject's journal.
pub(super) fn head(_: Permit<Read>) -> Statement<HeadRow> {
    Statement::new(HEAD)
}

/// Asks where a page ends: the `limit`-th smallest revision behind a cursor, and whether any follow.
/// Public for the benchmark.
pub fn cut_text() -> &'static str {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let mut branches: Vec<String> = Vec::new();
        macro_rules! branch {
            ($($collection:ty),+) => { $( branches.push(format!(
                "(SELECT rev FROM pj.{name} WHERE patient_id = sec.subject() AND rev > $1 \
                  AND (NOT $2 OR deleted_at IS NULL) AND '{name}' = ANY ($3) ORDER BY rev LIMIT $4 + 1)",
                name = <$collection>::COLLECTION)); )+ };
        }
        crate::collections::for_each_collection!(branch);
        format!(
            "SELECT max(rev) FILTER (WHERE n <= $4), count(*) FROM (SELECT rev, row_number() OVER \
             (ORDER BY rev) AS n FROM ({}) all_changes ORDER BY rev LIMIT $4 + 1) page",
            branches.join(" UNION ALL ")
        )
    });
    TEXT.as_str()
}

/// Asks in which collections a range of revisions has changes. Public for the benchmark.
pub fn touched_text() -> &'static str {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let mut branches: Vec<String> = Vec::new();
        macro_rules! branch {
            ($($collection:ty),+) => { $( branches.push(format!(
                "(SELECT '{name}' FROM pj.{name} WHERE patient_id = sec.subject() \
                  AND rev > $1 AND rev <= $2 LIMIT 1)", name = <$collection>::COLLECTION)); )+ };
        }
        crate::collections::for_each_collection!(branch);
        branches.join(" UNION ALL ")
    });
    TEXT.as_str()
}

/// The collections in which a range of revisions has changes.
pub(super) fn touched(_: Permit<Read>, after: i64, until: i64) -> Statement<(String,)> {
    Statement::new(touched_text()).bind(after).bind(until)
}

/// Where a page of these collections ends.
pub(super) fn cut(
    _: Permit<Read>,
    cursor: i64,
    live_only: bool,
    collections: Vec<String>,
    limit: i64,
) -> Statement<(Option<i64>, i64)> {
    Statement::new(cut_text()).bind(cursor).bind(live_only).bind(collections).bind(limit)
}

/// The records of a collection in one page of changes, tombstones included.
pub(super) fn changes<C: Record>(_: Permit<Read>, after: i64, until: i64) -> Statement<Flat<C>> {
    Statement::new(C::sql().changes).bind(after).bind(until)
}

/// A record on a page.
#[derive(Debug)]
pub(super) enum Line {
    /// Its JSON.
    Live(String),
    /// The id of a tombstone.
    Dead(Uuid),
}

impl Line {
    /// Is it no tombstone?
    pub(super) const fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }
    /// About how many bytes it takes on the page.
    pub(super) const fn size(&self) -> usize {
        match self {
            Self::Live(json) => json.len() + 1,
            Self::Dead(_) => 39,
        }
    }
}

/// A [`Line`] read from a row of `C`: JSON as soon as the row is there, because a page of records
/// takes several times the memory of its JSON.
pub(super) struct Flat<C>(Line, PhantomData<fn() -> C>);

impl<C: Record> Row for Flat<C> {
    fn read(columns: &mut dyn Columns) -> deserialize::Result<Self> {
        let record = Stored::<C>::read(columns)?;
        let line = match record.deleted_at {
            None => Line::Live(serde_json::to_string(&FlatRow(&record))?),
            Some(_) => Line::Dead(record.id),
        };
        Ok(Self(line, PhantomData))
    }
}

impl<C> From<Flat<C>> for Line {
    fn from(flat: Flat<C>) -> Self {
        flat.0
    }
}

/// A line of a record's history, for the merge.
#[derive(Debug)]
pub struct PastRow {
    /// The record.
    pub record_id: Uuid,
    /// The change.
    pub past: Past,
}

impl Row for PastRow {
    fn read(columns: &mut dyn Columns) -> deserialize::Result<Self> {
        let record_id = next(columns)?;
        let (rev, device, edited_at) = (next(columns)?, next(columns)?, next(columns)?);
        let begins = next(columns)?;
        let changes: String = next(columns)?;
        let changes = serde_json::from_str(&changes)?;
        Ok(Self { record_id, past: Past { rev, device, edited_at, begins, changes } })
    }
}

/// The applied changes of these records, oldest first.
pub(super) fn pasts<C: Record>(_: Permit<Write>, ids: &[Uuid]) -> Statement<PastRow> {
    Statement::new(PASTS).bind(C::NUMBER).bind_all(vec![Uuid::bind_many(ids.iter().map(Some))])
}

row! {
    /// A line of a record's history, for people.
    pub struct HistoryLine {
        rev: i64,
        op: i16,
        applied: bool,
        device_id: Option<Uuid>,
        actor_id: Option<Uuid>,
        edited_at: Option<DateTime<Utc>>,
        received_at: DateTime<Utc>,
        changes: String,
    }
}

/// The whole history of a record, oldest first.
pub(super) fn history<C: Record>(_: Permit<Read>, id: Uuid) -> Statement<HistoryLine> {
    Statement::new(
        "SELECT rev, op, applied, device_id, actor_id, edited_at, received_at, changes::text \
         FROM pj.record_history WHERE patient_id = sec.subject() AND collection = $1 \
         AND record_id = $2 ORDER BY rev, received_at, hid",
    )
    .bind(C::NUMBER)
    .bind(id)
}

row! {
    /// A stored answer.
    pub struct Answered { body_hash: Vec<u8>, answer: String }
}

/// The answer to a key this device has used before.
pub(super) fn answer(_: Permit<Write>, device: Uuid, key: String) -> Statement<Answered> {
    Statement::new(ANSWER).bind(device).bind(key)
}

/// Keeps the answer to a key.
pub(super) fn keep_answer(
    _: Permit<Write>,
    device: Uuid,
    key: String,
    body_hash: Vec<u8>,
    answer: String,
    now: DateTime<Utc>,
) -> Statement<()> {
    Statement::new(KEEP_ANSWER).bind(device).bind(key).bind(body_hash).bind(answer).bind(now)
}

/// A record that was not accepted, kept as it came.
#[derive(Debug)]
pub struct Quarantined {
    /// Its own id.
    pub id: Uuid,
    /// The collection it was sent for.
    pub collection: String,
    /// The id it was sent under, as text: it may be no id at all.
    pub record_id: String,
    /// Why.
    pub code: &'static str,
    /// The field at fault.
    pub field: Option<String>,
    /// The record.
    pub payload: Value,
}

/// Keeps refused records, in one statement.
pub(super) fn quarantine(
    _: Permit<Write>,
    refused: &[Quarantined],
    device: Option<Uuid>,
    now: DateTime<Utc>,
) -> Statement<()> {
    let codes: Vec<String> = refused.iter().map(|r| r.code.to_owned()).collect();
    let payloads: Vec<String> = refused.iter().map(|r| r.payload.to_string()).collect();
    let binds: Vec<Box<dyn Bind>> = vec![
        Uuid::bind_many(refused.iter().map(|r| Some(&r.id))),
        String::bind_many(refused.iter().map(|r| Some(&r.collection))),
        String::bind_many(refused.iter().map(|r| Some(&r.record_id))),
        String::bind_many(codes.iter().map(Some)),
        String::bind_many(refused.iter().map(|r| r.field.as_ref())),
        String::bind_many(payloads.iter().map(Some)),
    ];
    Statement::new(
        "INSERT INTO pj.sync_quarantine (patient_id, id, collection, record_id, code, field, payload, \
         device_id, at) SELECT sec.subject(), u.id, u.collection, u.record_id, u.code, u.field, \
         u.payload::jsonb, $1, $2 FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], \
         $7::text[], $8::text[]) AS u(id, collection, record_id, code, field, payload) \
         ON CONFLICT (patient_id, id) DO NOTHING",
    )
    .bind(device)
    .bind(now)
    .bind_all(binds)
}

row! {
    /// A refused record, for its owner.
    pub struct QuarantineLine {
        id: Uuid,
        collection: String,
        record_id: String,
        code: String,
        field: Option<String>,
        payload: String,
        device_id: Option<Uuid>,
        at: DateTime<Utc>,
    }
}

/// The refused records, newest first.
pub(super) fn quarantined(_: Permit<Read>) -> Statement<QuarantineLine> {
    Statement::new(
        "SELECT id, collection, record_id, code, field, payload::text, device_id, at \
         FROM pj.sync_quarantine WHERE patient_id = sec.subject() ORDER BY at DESC, id DESC LIMIT 200",
    )
}
