//! Frozen reports in their table. The database lets a reader see none but his own, and none that
//! holds more than his share opens now.

use super::model::SnapshotRow;
use crate::access::Read;
use crate::db::Statement;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// A report about to be kept.
pub(crate) struct NewSnapshot {
    pub(crate) id: Uuid,
    pub(crate) made_by: Option<Uuid>,
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) days: (NaiveDate, NaiveDate),
    pub(crate) version: i32,
    pub(crate) sections: Vec<String>,
    pub(crate) rule_version: String,
    pub(crate) journal_revision: i64,
    pub(crate) inputs_hash: Vec<u8>,
    pub(crate) report: String,
}

macro_rules! snapshots {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.made_at, s.from_date, s.to_date, s.version, s.sections, s.rule_version, \
             s.journal_revision, s.inputs_hash, \
             (SELECT n.id FROM pj.report_snapshots n WHERE n.patient_id = s.patient_id \
              AND n.share_id IS NOT DISTINCT FROM s.share_id AND n.from_date = s.from_date \
              AND n.to_date = s.to_date AND n.version = s.version + 1) \
             FROM pj.report_snapshots s WHERE s.patient_id = sec.subject() \
             AND s.share_id IS NOT DISTINCT FROM sec.share() ",
            $rest
        )
    };
}

/// The newest snapshot of these days.
pub(crate) fn newest((from, to): (NaiveDate, NaiveDate)) -> Statement<Read, SnapshotRow> {
    Statement::new(snapshots!(
        "AND s.from_date = $1 AND s.to_date = $2 ORDER BY s.version DESC LIMIT 1"
    ))
    .bind(from)
    .bind(to)
}

/// One snapshot.
pub(crate) fn find(id: Uuid) -> Statement<Read, SnapshotRow> {
    Statement::new(snapshots!("AND s.id = $1")).bind(id)
}

/// The snapshots behind this place, newest first.
pub(crate) fn page(
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: usize,
) -> Statement<Read, SnapshotRow> {
    Statement::new(snapshots!(
        "AND ($1::timestamptz IS NULL OR (s.made_at, s.id) < ($1, $2)) \
         ORDER BY s.made_at DESC, s.id DESC LIMIT $3"
    ))
    .bind(before.map(|(at, _)| at))
    .bind(before.map(|(_, id)| id))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// The report of a snapshot, as it was kept.
pub(crate) fn report(id: Uuid) -> Statement<Read, (String,)> {
    Statement::new(
        "SELECT report FROM pj.report_snapshots WHERE patient_id = sec.subject() \
         AND share_id IS NOT DISTINCT FROM sec.share() AND id = $1",
    )
    .bind(id)
}

/// Keeps a report.
pub(crate) fn keep(fresh: NewSnapshot) -> Statement<Read> {
    Statement::new(
        "INSERT INTO pj.report_snapshots (patient_id, share_id, id, made_by, made_at, from_date, \
         to_date, version, sections, rule_version, journal_revision, inputs_hash, report) \
         VALUES (sec.subject(), sec.share(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(fresh.id)
    .bind(fresh.made_by)
    .bind(fresh.made_at)
    .bind(fresh.days.0)
    .bind(fresh.days.1)
    .bind(fresh.version)
    .bind(fresh.sections)
    .bind(fresh.rule_version)
    .bind(fresh.journal_revision)
    .bind(fresh.inputs_hash)
    .bind(fresh.report)
}
