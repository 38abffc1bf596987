//! The rows a report is computed from, as narrow as it needs them.

use super::rows::{PainRow, RatingKind, SessionRow, SessionStatus, SleepRow};
use crate::access::{Permit, Read};
use crate::collections::{self, EntryKind, SleepRecord, TreatmentSession};
use crate::db::{Statement, row};
use crate::journal::{Stored, window};
use crate::wire::Whole;
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

row! {
    /// What a report reads of a journal entry.
    pub struct RatingRow {
        id: Uuid,
        kind: EntryKind,
        effective_at: DateTime<Utc>,
        journal_date: NaiveDate,
        recorded_at: Option<DateTime<Utc>>,
        received_at: DateTime<Utc>,
        utc_offset_minutes: i16,
        now: Option<i16>,
        average: Option<i16>,
        worst: Option<i16>,
        least: Option<i16>,
        pain_free_day: Option<bool>,
    }
}

/// The entries of these days that say anything about pain.
pub(super) fn ratings(_: Permit<Read>, days: (NaiveDate, NaiveDate)) -> Statement<RatingRow> {
    Statement::new(
        "SELECT id, kind, effective_at, journal_date, recorded_at, received_at, utc_offset_minutes, \
         pain_now, pain_average, pain_worst, pain_least, pain_free_day FROM pj.journal_entries \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
    )
    .bind(days.0)
    .bind(days.1)
}

/// The treatment sessions of these days.
pub(super) fn sessions(
    permit: Permit<Read>,
    days: (NaiveDate, NaiveDate),
) -> Statement<Stored<TreatmentSession>> {
    window(permit, days)
}

/// The nights that end on these days.
pub(super) fn nights(
    permit: Permit<Read>,
    days: (NaiveDate, NaiveDate),
) -> Statement<Stored<SleepRecord>> {
    window(permit, days)
}

impl From<RatingRow> for PainRow {
    fn from(row: RatingRow) -> Self {
        Self {
            id: row.id,
            kind: match row.kind {
                EntryKind::Daily => RatingKind::Daily,
                EntryKind::Momentary => RatingKind::Momentary,
                EntryKind::PreSession => RatingKind::PreSession,
                EntryKind::PostSession => RatingKind::PostSession,
                EntryKind::Post24h => RatingKind::Post24h,
            },
            effective_at: row.effective_at,
            journal_date: row.journal_date,
            recorded_at: row.recorded_at,
            received_at: row.received_at,
            utc_offset_minutes: row.utc_offset_minutes,
            now: row.now,
            average: row.average,
            worst: row.worst,
            least: row.least,
            pain_free_day: row.pain_free_day,
        }
    }
}

/// A visit as the report sees it; none without a journal day, which every stored record has.
pub(super) fn session_row(record: Stored<TreatmentSession>) -> Option<SessionRow> {
    use collections::SessionStatus as Kept;
    let session = record.content;
    Some(SessionRow {
        id: record.id,
        journal_date: session.journal_date.0?,
        starts_at: session.starts_at.get(),
        ends_at: session.ends_at.map(crate::time::Instant::get),
        status: match session.status {
            Kept::Planned => SessionStatus::Planned,
            Kept::Attended => SessionStatus::Attended,
            Kept::Missed => SessionStatus::Missed,
            Kept::CancelledPatient => SessionStatus::CancelledPatient,
            Kept::CancelledClinic => SessionStatus::CancelledClinic,
        },
        techniques: session.techniques.as_slice().iter().map(|t| t.code().to_owned()).collect(),
    })
}

/// A night as the report sees it.
pub(super) fn sleep_row(record: Stored<SleepRecord>) -> Option<SleepRow> {
    let night = record.content;
    Some(SleepRow {
        journal_date: night.journal_date.0?,
        total_sleep_minutes: night.total_sleep_minutes().and_then(|m| i32::try_from(m).ok()),
        quality: night.quality.map(Whole::get).and_then(|q| i16::try_from(q).ok()),
    })
}
