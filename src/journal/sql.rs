//! The statements of a collection and of its history.

use super::flat::ReadFlat;
use super::history::HistoryRow;
use super::record::Record;
use super::stored::{Marked, Stored};
use crate::access::{Read, Write};
use crate::db::Statement;
use crate::http::Place;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// One live record.
pub fn find<C: Record>(id: Uuid) -> Statement<Read, Stored<C>> {
    Statement::new(C::sql().find).bind(id)
}

/// These records, tombstones included.
pub(super) fn find_all<C: Record>(ids: &[Uuid]) -> Statement<Read, Marked<C>> {
    Statement::new(C::sql().find_all).bind_many(ids.iter().map(Some))
}

/// The records of a range of revisions, tombstones included, as rows of the sync wire.
pub(super) fn changes<C: Record>(after: i64, until: i64) -> Statement<Read, ReadFlat<C>> {
    Statement::new(C::sql().changes).bind(after).bind(until)
}

/// The newest `limit` records within the days, before `after` in the list's order.
pub fn page<C: Record>(
    days: (NaiveDate, NaiveDate),
    after: Option<Place>,
    limit: usize,
) -> Statement<Read, Stored<C>> {
    let place = after.and_then(|(day, id)| {
        Some((NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).ok()?)?, id))
    });
    let (date, id) = place.unwrap_or((LAST_DAY, Uuid::max()));
    Statement::new(C::sql().page)
        .bind(days.0)
        .bind(days.1)
        .bind(date)
        .bind(id)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// Every record within the days, in no particular order.
pub fn window<C: Record>(days: (NaiveDate, NaiveDate)) -> Statement<Read, Stored<C>> {
    Statement::new(C::sql().window).bind(days.0).bind(days.1)
}

/// The first day a list can reach.
pub const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};
/// The last day a list can reach.
pub const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// Writes these records as they are, new or changed, in one statement.
pub(super) fn upsert<C: Record>(marked: &[&Marked<C>]) -> Statement<Write> {
    let records: Vec<&Stored<C>> = marked.iter().map(|marked| &marked.record).collect();
    let common = Statement::new(C::sql().upsert)
        .bind_many(records.iter().map(|r| Some(&r.id)))
        .bind_many(records.iter().map(|r| Some(&r.rev)))
        .bind_many(records.iter().map(|r| Some(&r.created_rev)))
        .bind_many(records.iter().map(|r| r.deleted_at.as_ref()))
        .bind_many(records.iter().map(|r| Some(&r.author_id)))
        .bind_many(records.iter().map(|r| r.device_id.as_ref()))
        .bind_many(records.iter().map(|r| Some(&r.created_at)))
        .bind_many(records.iter().map(|r| Some(&r.updated_at)))
        .bind_many(records.iter().map(|r| Some(&r.received_at)));
    let common = if C::WRITERS.has_practitioner() {
        common.bind_many(records.iter().map(|r| r.clinician_id.as_ref()))
    } else {
        common
    };
    let contents: Vec<&C> = records.iter().map(|r| &r.content).collect();
    let marks: Vec<Option<String>> = marked.iter().map(|marked| marked.marks.text()).collect();
    common
        .bind_with(|parameters| C::bind_columns(&contents, parameters))
        .bind_many(marks.iter().map(Option::as_ref))
}

/// Counts up. Public for the benchmark.
pub const RESERVE: &str = "UPDATE pj.patients SET rev = rev + $1 WHERE patient_id = sec.subject()";
/// Appends to the history. Public for the benchmark.
pub const REMEMBER: &str = "INSERT INTO pj.record_history (patient_id, collection, record_id, rev, hid, \
    op, applied, actor_id, device_id, edited_at, received_at, changes) \
    SELECT sec.subject(), $1, u.record_id, u.rev, u.hid, u.op, u.applied, $2, $3, \
        u.edited_at, $4, u.changes::jsonb \
    FROM unnest($5::uuid[], $6::bigint[], $7::uuid[], $8::smallint[], $9::boolean[], \
        $10::timestamptz[], $11::text[]) AS u(record_id, rev, hid, op, applied, edited_at, changes)";

/// Takes `count` revisions from the journal's counter, whose row the transaction has locked.
pub fn reserve(count: i64) -> Statement<Write> {
    Statement::new(RESERVE).bind(count)
}

/// Lets what was refused of these records, because they are accepted now, leave the quarantine.
pub fn mended<C: Record>(ids: &[Uuid]) -> Statement<Write> {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    Statement::new(
        "SELECT sec.leave_quarantine(ARRAY(SELECT id FROM pj.sync_quarantine \
         WHERE patient_id = sec.subject() AND collection = $1 AND lower(record_id) = ANY ($2)))",
    )
    .bind(C::COLLECTION.to_owned())
    .bind_many(ids.iter().map(Some))
}

/// Appends to the history, in one statement.
pub fn remember<C: Record>(
    rows: &[HistoryRow],
    actor: Option<Uuid>,
    device: Option<Uuid>,
    at: DateTime<Utc>,
) -> Statement<Write> {
    let changes: Vec<String> = rows.iter().map(|row| row.changes.to_string()).collect();
    let ops: Vec<i16> = rows.iter().map(|row| row.op.number()).collect();
    Statement::new(REMEMBER)
        .bind(C::NUMBER)
        .bind(actor)
        .bind(device)
        .bind(at)
        .bind_many(rows.iter().map(|row| Some(&row.record_id)))
        .bind_many(rows.iter().map(|row| Some(&row.rev)))
        .bind_many(rows.iter().map(|row| Some(&row.hid)))
        .bind_many(ops.iter().map(Some))
        .bind_many(rows.iter().map(|row| Some(&row.applied)))
        .bind_many(rows.iter().map(|row| row.edited_at.as_ref()))
        .bind_many(changes.iter().map(Some))
}
