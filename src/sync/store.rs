//! The SQL of sync beside the collections' own: heads, histories, stored answers, quarantine.

use super::cursor::JournalHead;
use super::known::ChangeMark;
use super::marks::{ChangeLine, LineKey};
use crate::access::{Read, Write};
use crate::collections;
use crate::db::{Columns, Row, Statement, next, row};
use crate::http::Place;
use crate::journal::CollectionDefinition;
use chrono::{DateTime, Utc};
use diesel::deserialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Asks where the journal stands. Public for the benchmark.
pub const HEAD: &str = "SELECT (SELECT epoch::bigint FROM pj.sync_state), rev, floor_rev, \
    (SELECT profile_version FROM pj.accounts WHERE id = patient_id) FROM pj.patients \
    WHERE patient_id = sec.subject()";
/// Asks for lines of histories, and for some of them what they changed: each is one look into the
/// index, whatever is planned and however long the histories are. Public for the benchmark.
pub const LINES: &str = "SELECT u.id, h.rev, h.device_id, h.edited_at, \
    CASE WHEN u.whole THEN h.changes::text END \
    FROM unnest($2::uuid[], $3::bigint[], $4::boolean[]) AS u(id, rev, whole) \
    CROSS JOIN LATERAL (SELECT l.rev, l.device_id, l.edited_at, l.changes FROM pj.record_history l \
        WHERE l.patient_id = sec.subject() AND l.collection = $1 AND l.record_id = u.id \
        AND l.rev = u.rev AND l.applied LIMIT 1) h";
/// Asks for a stored answer. Public for the benchmark.
pub const ANSWER: &str = "SELECT body_hash, answer FROM pj.sync_answers \
    WHERE patient_id = sec.subject() AND key = $1";
/// Stores an answer, and forgets the oldest ones. Public for the benchmark.
pub const KEEP_ANSWER: &str = "SELECT sec.keep_answer($1, $2, $3, $4)";

/// The head of the subject's journal.
pub(super) fn head() -> Statement<Read, JournalHead> {
    Statement::new(HEAD)
}

/// One query over the tables of all collections.
fn union_of(branch: impl Fn(&str) -> String) -> String {
    let branches: Vec<String> =
        collections::ALL.iter().map(|collection| branch(collection.name())).collect();
    branches.join(" UNION ALL ")
}

/// Asks where so many changes of a stretch end: the revision of the last of them, and whether any follow.
/// Public for the benchmark.
pub fn cut_text() -> &'static str {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let branches = union_of(|name| {
            format!(
                "(SELECT rev FROM pj.{name} WHERE patient_id = sec.subject() AND rev > $1 \
                 AND rev <= $5 AND (NOT $2 OR deleted_at IS NULL) AND '{name}' = ANY ($3) ORDER BY rev LIMIT $4 + 1)"
            )
        });
        format!(
            "SELECT max(rev) FILTER (WHERE n <= $4), count(*) FROM (SELECT rev, row_number() OVER \
             (ORDER BY rev) AS n FROM ({branches}) all_changes ORDER BY rev LIMIT $4 + 1) page"
        )
    });
    TEXT.as_str()
}

/// Asks in which collections a range of revisions has changes. Public for the benchmark.
pub fn touched_text() -> &'static str {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        union_of(|name| {
            format!(
                "(SELECT '{name}' FROM pj.{name} WHERE patient_id = sec.subject() \
                 AND rev > $1 AND rev <= $2 LIMIT 1)"
            )
        })
    });
    TEXT.as_str()
}

/// The collections in which a range of revisions has changes.
pub(super) fn touched(after: i64, until: i64) -> Statement<Read, (String,)> {
    Statement::new(touched_text()).bind(after).bind(until)
}

/// A stretch of a journal's changes, in the order of their revisions.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    /// The revision before the first.
    pub(super) after: i64,
    /// The last revision.
    pub(super) until: i64,
    /// Without tombstones.
    pub(super) live_only: bool,
    /// Of these collections.
    pub(super) collections: Vec<String>,
}

/// Where the first `most` changes of a stretch end.
pub(super) fn cut(stretch: &Stretch, most: i64) -> Statement<Read, (Option<i64>, i64)> {
    Statement::new(cut_text())
        .bind(stretch.after)
        .bind(stretch.live_only)
        .bind(stretch.collections.clone())
        .bind(most)
        .bind(stretch.until)
}

impl Row for (LineKey, ChangeLine) {
    fn read(columns: &mut Columns<'_>) -> deserialize::Result<Self> {
        let spot = LineKey { id: next(columns)?, rev: next(columns)? };
        let mark = ChangeMark { rev: spot.rev, device: next(columns)?, edited_at: next(columns)? };
        let changes: Option<String> = next(columns)?;
        let changes = changes.map(|text| serde_json::from_str(&text)).transpose()?;
        Ok((spot, ChangeLine { mark, changes }))
    }
}

/// These applied lines of the history, each with what it changed where that is asked for.
pub(super) fn lines(
    collection: &CollectionDefinition,
    wanted: &BTreeMap<LineKey, bool>,
) -> Statement<Write, (LineKey, ChangeLine)> {
    Statement::new(LINES)
        .bind(collection.number)
        .bind_many(wanted.keys().map(|spot| Some(&spot.id)))
        .bind_many(wanted.keys().map(|spot| Some(&spot.rev)))
        .bind_many(wanted.values().map(Some))
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
        hid: Uuid,
        /// How many there are from the page's first line on.
        total: i64,
    }
}

/// Bytes of changes a page of a history may have, and one line more than that alone. On the wire they
/// have twice as many at most.
const PAGE_OF_CHANGES: i64 = 4_000_000;

/// The history of a record behind a line, oldest first: at most `limit` lines, and not too many bytes.
pub(super) fn history(
    collection: &CollectionDefinition,
    id: Uuid,
    after: Option<Place>,
    limit: usize,
) -> Statement<Read, HistoryLine> {
    let (rev, hid) = after.unwrap_or((-1, Uuid::nil()));
    Statement::new(
        "SELECT rev, op, applied, device_id, actor_id, edited_at, received_at, changes, hid, total \
         FROM (SELECT *, count(*) OVER () AS total, row_number() OVER lines AS n, \
                   sum(octet_length(changes)) OVER lines AS bytes \
               FROM (SELECT rev, op, applied, device_id, actor_id, edited_at, received_at, \
                         changes::text AS changes, hid FROM pj.record_history \
                     WHERE patient_id = sec.subject() AND collection = $1 AND record_id = $2 \
                     AND (rev, hid) > ($3, $4) ORDER BY rev, hid LIMIT $5 + 1) page \
               WINDOW lines AS (ORDER BY rev, hid)) page \
         WHERE n = 1 OR n <= $5 AND bytes <= $6 ORDER BY n",
    )
    .bind(collection.number)
    .bind(id)
    .bind(rev)
    .bind(hid)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(PAGE_OF_CHANGES)
}

/// What the fields of a record that have ever changed held at first, as JSON.
pub(super) fn first_values(
    collection: &CollectionDefinition,
    id: Uuid,
) -> Statement<Read, (String, String)> {
    Statement::new(
        "SELECT DISTINCT ON (field) field, coalesce(change -> 'from', 'null')::text \
         FROM pj.record_history, jsonb_each(changes) AS c(field, change) \
         WHERE patient_id = sec.subject() AND collection = $1 AND record_id = $2 AND applied \
         ORDER BY field, rev",
    )
    .bind(collection.number)
    .bind(id)
}

row! {
    /// A stored answer.
    pub struct StoredAnswer { body_hash: Vec<u8>, answer: String }
}

/// The answer to a key that the account has used before.
pub(super) fn answer(key: String) -> Statement<Write, StoredAnswer> {
    Statement::new(ANSWER).bind(key)
}

/// Keeps the answer to a key.
pub(super) fn keep_answer(
    key: String,
    body_hash: Vec<u8>,
    answer: String,
    now: DateTime<Utc>,
) -> Statement<Write> {
    Statement::new(KEEP_ANSWER).bind(key).bind(body_hash).bind(answer).bind(now)
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
    pub payload: String,
}

/// Keeps refused records, in one statement.
pub(super) fn quarantine(
    refused: &[Quarantined],
    device: Option<Uuid>,
    now: DateTime<Utc>,
) -> Statement<Write> {
    let codes: Vec<String> = refused.iter().map(|r| r.code.to_owned()).collect();
    Statement::new("SELECT sec.quarantine($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(device)
        .bind(now)
        .bind_many(refused.iter().map(|r| Some(&r.id)))
        .bind_many(refused.iter().map(|r| Some(&r.collection)))
        .bind_many(refused.iter().map(|r| Some(&r.record_id)))
        .bind_many(codes.iter().map(Some))
        .bind_many(refused.iter().map(|r| r.field.as_ref()))
        .bind_many(refused.iter().map(|r| Some(&r.payload)))
}

row! {
    /// What a push must know of a record that the quarantine holds.
    pub struct RefusedRow {
        id: Uuid,
        collection: String,
        record_id: String,
        field: Option<String>,
        device_id: Option<Uuid>,
        bytes: i32,
    }
}

/// Everything the quarantine holds, without the payloads.
pub(super) fn refused_rows() -> Statement<Read, RefusedRow> {
    Statement::new(
        "SELECT id, collection, record_id, field, device_id, octet_length(payload) \
         FROM pj.sync_quarantine WHERE patient_id = sec.subject()",
    )
}

/// Lets these go; answers how many there were, to who asks for it.
pub(super) fn leave_quarantine<R: Row>(ids: &[Uuid]) -> Statement<Write, R> {
    Statement::new("SELECT sec.leave_quarantine($1)").bind_many(ids.iter().map(Some))
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
        /// How many there are from the page's first record on.
        total: i64,
    }
}

/// Bytes of payloads a page of the quarantine may hold, and one record more than that alone. As text
/// in JSON they have twice as many at most.
const PAGE_OF_PAYLOADS: i64 = 3_500_000;

/// The refused records before a place, newest first: at most `limit`, and not too many bytes.
pub(super) fn quarantined(
    before: (DateTime<Utc>, Uuid),
    limit: usize,
) -> Statement<Read, QuarantineLine> {
    Statement::new(
        "SELECT id, collection, record_id, code, field, payload, device_id, at, total FROM ( \
             SELECT *, count(*) OVER () AS total, sum(octet_length(payload)) OVER places AS bytes, row_number() OVER places AS n \
             FROM pj.sync_quarantine WHERE patient_id = sec.subject() AND (at, id) < ($1, $2) \
             WINDOW places AS (ORDER BY at DESC, id DESC)) rejected \
         WHERE n = 1 OR n <= $3 AND bytes <= $4 ORDER BY at DESC, id DESC",
    )
    .bind(before.0)
    .bind(before.1)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(PAGE_OF_PAYLOADS)
}
