//! Frozen reports in their table. The database lets a reader see none but his own, and none that
//! holds more than his share opens now.

use super::model::ReportSnapshot;
use crate::access::Read;
use crate::db::schema::{actor, encode, report_snapshots, share, subject};
use crate::db::{Statement, is_before};
use crate::http::PageRequest;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Date, Integer, Nullable, Text, Timestamptz};
use uuid::Uuid;

/// A report about to be kept.
#[derive(Insertable)]
#[diesel(table_name = report_snapshots)]
pub(super) struct NewSnapshot {
    pub(super) id: Uuid,
    pub(super) made_at: DateTime<Utc>,
    pub(super) from_date: NaiveDate,
    pub(super) to_date: NaiveDate,
    pub(super) version: i32,
    pub(super) sections: Vec<String>,
    pub(super) rule_version: &'static str,
    pub(super) journal_revision: i64,
    pub(super) inputs_hash: Vec<u8>,
    pub(super) report: String,
    pub(super) read_from: NaiveDate,
    pub(super) read_to: NaiveDate,
}

/// The columns of a [`ReportSnapshot`].
type Columns = (
    diesel::sql_types::Uuid,
    Integer,
    Nullable<diesel::sql_types::Uuid>,
    Date,
    Date,
    Timestamptz,
    Array<Text>,
    Text,
    Nullable<Text>,
    Nullable<Timestamptz>,
);

/// Those that the reader has frozen, by the way the journal was entered.
#[diesel::dsl::auto_type]
fn own() -> _ {
    report_snapshots::patient_id
        .eq(subject())
        .and(report_snapshots::share_id.is_not_distinct_from(share()))
}

fn snapshots() -> report_snapshots::BoxedQuery<'static, Pg, Columns> {
    let next = diesel::alias!(report_snapshots as next);
    let superseded_by = next
        .filter(next.field(report_snapshots::patient_id).eq(report_snapshots::patient_id))
        .filter(
            next.field(report_snapshots::share_id).is_not_distinct_from(report_snapshots::share_id),
        )
        .filter(next.field(report_snapshots::from_date).eq(report_snapshots::from_date))
        .filter(next.field(report_snapshots::to_date).eq(report_snapshots::to_date))
        .filter(next.field(report_snapshots::version).gt(report_snapshots::version))
        .filter(next.field(report_snapshots::withdrawn_at).is_null())
        .order(next.field(report_snapshots::version))
        .limit(1)
        .select(next.field(report_snapshots::id))
        .single_value();
    let columns = (
        report_snapshots::id,
        report_snapshots::version,
        superseded_by,
        report_snapshots::from_date,
        report_snapshots::to_date,
        report_snapshots::made_at,
        report_snapshots::sections,
        report_snapshots::rule_version,
        encode(report_snapshots::inputs_hash, "hex"),
        report_snapshots::withdrawn_at,
    );
    report_snapshots::table.filter(own()).select(columns).into_boxed()
}

/// The newest snapshot of these days, also where it was withdrawn: no version comes twice.
pub(super) fn newest((from, to): (NaiveDate, NaiveDate)) -> Statement<Read, ReportSnapshot> {
    let of_days = snapshots()
        .filter(report_snapshots::from_date.eq(from))
        .filter(report_snapshots::to_date.eq(to));
    Statement::query(of_days.order(report_snapshots::version.desc()).limit(1))
}

/// How many versions the reader has frozen of these days, those that are out of reach included.
pub(super) fn versions((from, to): (NaiveDate, NaiveDate)) -> Statement<Read, (i32,)> {
    Statement::new("SELECT sec.frozen_versions($1, $2)").bind(from).bind(to)
}

/// One snapshot; nothing where it was withdrawn.
pub(crate) fn find(id: Uuid) -> Statement<Read, ReportSnapshot> {
    let kept = snapshots().filter(report_snapshots::withdrawn_at.is_null());
    Statement::query(kept.filter(report_snapshots::id.eq(id)))
}

/// A page of the snapshots, newest first; also those that were withdrawn.
pub(crate) fn page(page: PageRequest) -> Statement<Read, ReportSnapshot> {
    let place = (report_snapshots::made_at, report_snapshots::id);
    let found = snapshots()
        .filter(is_before(place, page.before()))
        .order((report_snapshots::made_at.desc(), report_snapshots::id.desc()));
    Statement::query(found.limit(page.rows()))
}

/// The report of a snapshot, as it was kept; nothing where it was withdrawn.
pub(crate) fn report(id: Uuid) -> Statement<Read, String> {
    let found = report_snapshots::table
        .filter(own())
        .filter(report_snapshots::id.eq(id))
        .filter(report_snapshots::withdrawn_at.is_null());
    Statement::query(found.select(report_snapshots::report.assume_not_null()))
}

/// Keeps a report.
pub(super) fn keep(new: NewSnapshot) -> Statement<Read> {
    Statement::change(diesel::insert_into(report_snapshots::table).values((
        report_snapshots::patient_id.eq(subject()),
        report_snapshots::share_id.eq(share()),
        report_snapshots::made_by.eq(actor()),
        new,
    )))
}
