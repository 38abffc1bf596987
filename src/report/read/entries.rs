//! The entries, sessions and nights a report is computed from, as narrow as it needs them.

use crate::access::Read;
use crate::collections::{self, EntryKind, Night, PainSite, RedFlag, Relief, Sites, WorkImpact};
use crate::db::{Statement, row};
use crate::report::rows::clinical::SiteRow;
use crate::report::rows::clinical::{EntryRow, Tried};
use crate::report::rows::{PainRow, RatingKind, SessionRow, SessionStatus, SleepRow};
use crate::wire::{Items, Json};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// The days a report reads, both included.
pub(crate) type Days = (NaiveDate, NaiveDate);

row! {
    /// What a report reads of a journal entry.
    pub struct EntryRecord {
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
        interference: Option<i16>,
        mood: Option<i16>,
        energy: Option<i16>,
        stress: Option<i16>,
        stiffness: Option<i16>,
        morning_stiffness_minutes: Option<i16>,
        sites: Sites,
        relief: Json<Items<Relief, 14>>,
        red_flags: Items<RedFlag, 6>,
        walking_minutes: Option<i16>,
        steps: Option<i32>,
        sitting_tolerance_minutes: Option<i16>,
        standing_tolerance_minutes: Option<i16>,
        work_impact: Option<WorkImpact>,
        work_minutes_lost: Option<i16>,
        medication_taken: Option<bool>,
    }
}

/// The columns of [`EntryRecord`].
macro_rules! entry_columns {
    () => {
        "SELECT id, kind, effective_at, journal_date, recorded_at, received_at, \
         utc_offset_minutes, pain_now, pain_average, pain_worst, pain_least, pain_free_day, \
         interference, mood, energy, stress, stiffness, morning_stiffness_minutes, sites, relief, \
         red_flags, walking_minutes, steps, sitting_tolerance_minutes, \
         standing_tolerance_minutes, work_impact, work_minutes_lost, medication_taken \
         FROM pj.journal_entries WHERE patient_id = sec.subject() AND deleted_at IS NULL "
    };
}

/// The text of [`entries`]. Public for a test of its plan.
pub const RATINGS: &str = concat!(entry_columns!(), "AND journal_date BETWEEN $1 AND $2");

/// The first attended session, as the responder analysis takes it for the start of the course.
macro_rules! first_session {
    () => {
        "SELECT min(journal_date) FROM pj.treatment_sessions \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND status = 'attended'"
    };
}

/// The journal day of the first attended session; null where there is none.
pub(crate) fn first_session() -> Statement<Read, (Option<NaiveDate>,)> {
    Statement::new(first_session!())
}

/// The entries of the given days before the first attended session, and of the days from `after.0`
/// to `after.1` behind it.
pub(crate) fn entries_around_first(before: i32, after: (i32, i32)) -> Statement<Read, EntryRecord> {
    Statement::new(concat!(
        entry_columns!(),
        "AND journal_date >= (",
        first_session!(),
        ") - $1 AND journal_date <= (",
        first_session!(),
        ") + $3 AND (journal_date < (",
        first_session!(),
        ") OR journal_date >= (",
        first_session!(),
        ") + $2)"
    ))
    .bind(before)
    .bind(after.0)
    .bind(after.1)
}

/// The entries of these days.
pub(crate) fn entries(days: Days) -> Statement<Read, EntryRecord> {
    Statement::new(RATINGS).bind(days.0).bind(days.1)
}

/// How the patient calls the share that the journal is read through; no row for the own journal.
pub(crate) fn share_label() -> Statement<Read, (String,)> {
    Statement::new("SELECT label FROM pj.shares WHERE id = sec.share()")
}

row! {
    /// What a report reads of a treatment session.
    pub struct SessionRecord {
        id: Uuid,
        journal_date: NaiveDate,
        starts_at: DateTime<Utc>,
        ends_at: Option<DateTime<Utc>>,
        status: collections::SessionStatus,
        techniques: Vec<String>,
    }
}

/// The treatment sessions of these days.
pub(crate) fn sessions(days: Days) -> Statement<Read, SessionRecord> {
    Statement::new(
        "SELECT id, journal_date, starts_at, ends_at, status, techniques \
         FROM pj.treatment_sessions \
         WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2",
    )
    .bind(days.0)
    .bind(days.1)
}

row! {
    /// What a report reads of a sleep record.
    pub struct NightRow {
        journal_date: NaiveDate,
        bed_at: Option<DateTime<Utc>>,
        rise_at: Option<DateTime<Utc>>,
        awake_minutes: i32,
        is_every_part_known: bool,
        reported_sleep_minutes: Option<i16>,
        woken_by_pain: Option<bool>,
        quality: Option<i16>,
    }
}

/// The text of [`nights`].
const NIGHTS: &str = "SELECT journal_date, bed_at, rise_at, \
    (coalesce(sleep_onset_latency_minutes, 0) + coalesce(wake_after_sleep_onset_minutes, 0) \
    + coalesce(terminal_wake_minutes, 0))::integer, \
    num_nulls(sleep_onset_latency_minutes, wake_after_sleep_onset_minutes, terminal_wake_minutes) = 0, \
    reported_sleep_minutes, woken_by_pain, quality \
    FROM pj.sleep_records \
    WHERE patient_id = sec.subject() AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2";

/// The nights that end on these days.
pub(crate) fn nights(days: Days) -> Statement<Read, NightRow> {
    Statement::new(NIGHTS).bind(days.0).bind(days.1)
}

/// An entry as the report sees it: what it says of pain, and what besides.
pub(crate) fn entry_rows(row: &EntryRecord) -> (PainRow, EntryRow) {
    let pain = PainRow {
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
    };
    let entry = EntryRow {
        kind: pain.kind,
        journal_date: row.journal_date,
        order: pain.time_order(),
        interference: row.interference,
        mood: row.mood,
        energy: row.energy,
        stress: row.stress,
        stiffness: row.stiffness,
        morning_stiffness_minutes: row.morning_stiffness_minutes,
        sites: sites(&row.sites, row.journal_date),
        relief: tried(&row.relief),
        red_flags: row.red_flags.as_slice().iter().map(|flag| flag.code()).collect(),
        walking_minutes: row.walking_minutes,
        steps: row.steps,
        sitting_tolerance_minutes: row.sitting_tolerance_minutes,
        standing_tolerance_minutes: row.standing_tolerance_minutes,
        work_impact: row.work_impact,
        work_minutes_lost: row.work_minutes_lost,
        medication_taken: row.medication_taken,
    };
    (pain, entry)
}

/// Where it hurt.
fn sites(sites: &Sites, journal_date: NaiveDate) -> Vec<SiteRow> {
    let row = |site: &PainSite| SiteRow {
        journal_date,
        region: site.region,
        laterality: site.laterality,
        intensity: site.intensity.and_then(|nrs| i16::try_from(nrs.get()).ok()),
    };
    sites.0.as_slice().iter().map(row).collect()
}

/// What was tried, and how much it helped.
pub(crate) fn tried(relief: &Json<Items<Relief, 14>>) -> Vec<Tried> {
    relief.0.as_slice().iter().map(|relief| (relief.what, relief.helped)).collect()
}

impl From<SessionRecord> for SessionRow {
    fn from(record: SessionRecord) -> Self {
        use collections::SessionStatus as Kept;
        Self {
            id: record.id,
            journal_date: record.journal_date,
            starts_at: record.starts_at,
            ends_at: record.ends_at,
            status: match record.status {
                Kept::Planned => SessionStatus::Planned,
                Kept::Attended => SessionStatus::Attended,
                Kept::Missed => SessionStatus::Missed,
                Kept::CancelledPatient => SessionStatus::CancelledPatient,
                Kept::CancelledClinic => SessionStatus::CancelledClinic,
            },
            techniques: record.techniques,
        }
    }
}

impl From<NightRow> for SleepRow {
    fn from(row: NightRow) -> Self {
        let night = Night {
            in_bed: row.bed_at.zip(row.rise_at).map(|(bed, rise)| (rise - bed).num_minutes()),
            awake: row.awake_minutes.into(),
            reported: row.reported_sleep_minutes.map(i64::from),
        };
        Self {
            journal_date: row.journal_date,
            total_sleep_minutes: night.total_sleep().and_then(|m| i32::try_from(m).ok()),
            measured_in_bed_minutes: Self::measured_in_bed(night, row.is_every_part_known),
            woken_by_pain: row.woken_by_pain,
            quality: row.quality,
        }
    }
}
