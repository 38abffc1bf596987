//! The statements that fetch a report's rows. Each row says itself how those of a span of days are read.

use crate::access::Read;
use crate::collections::Projection;
use crate::db::Statement;
use crate::db::schema::{own_reference, share, shares, shown_name, shown_year_of_birth};
use crate::journal_subject::JournalSubject;
use crate::report::rows::{EntryRow, NoteRow, TreatmentRow};
use crate::report::rules::pain::baseline::BASELINE_DAYS;
use crate::report::rules::treatment::course::LONGEST_GAP_DAYS;
use chrono::NaiveDate;
use diesel::prelude::*;
use std::sync::LazyLock;

/// The days a report reads, both included.
pub(crate) type ReportDays = (NaiveDate, NaiveDate);

/// The text that reads the entries of a span of days. Public for a test of its plan.
pub const RATINGS: &str = EntryRow::OF_DAYS;

/// The records of these days.
pub(crate) fn of_days<R: Projection>(days: ReportDays) -> Statement<Read, R> {
    Statement::new(R::OF_DAYS).bind(days.0).bind(days.1)
}

/// What tells whose journal is read through a share: the patient's label, and who that is.
pub(crate) type ShareHead = (String, JournalSubject);

/// The head of the share that the journal is read through; no row for the own journal.
pub(crate) fn share_head() -> Statement<Read, ShareHead> {
    let entered = shares::table.filter(shares::id.nullable().eq(share()));
    let subject =
        (shown_name(shares::id), shown_year_of_birth(shares::id), own_reference(shares::id));
    Statement::query(entered.select((shares::label, subject)))
}

/// What makes a treatment session an attended treatment, up to `$1`.
const ATTENDED: &str = "status = 'attended' AND kind = 'treatment' AND journal_date <= $1";

/// The text that reads the attended treatments. Public for a test of its plan.
pub static TREATMENTS: LazyLock<String> =
    LazyLock::new(|| format!("{} AND {ATTENDED}", TreatmentRow::SELECT));

/// Every attended treatment up to a day.
pub(crate) fn treatments(to: NaiveDate) -> Statement<Read, TreatmentRow> {
    Statement::new(&TREATMENTS).bind(to)
}

/// Entries around the treatments that may begin a course: none of the same complaint lies in the `$2`
/// days before them. Which one does begin it, the rule of the course says.
static AROUND_STARTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{} AND journal_date NOT BETWEEN $6 AND $7 AND journal_date = ANY (ARRAY(\
         SELECT t.journal_date + d FROM (SELECT journal_date, journal_date - lag(journal_date) \
         OVER (PARTITION BY pain_episode_id ORDER BY journal_date) AS gap \
         FROM pj.treatment_sessions WHERE patient_id = sec.subject() AND deleted_at IS NULL \
         AND {ATTENDED}) t, (SELECT generate_series(-$3, -1) \
         UNION ALL SELECT generate_series($4, $5)) days (d) WHERE t.gap IS NULL OR t.gap > $2))",
        EntryRow::SELECT
    )
});

/// The entries of the days of a baseline (F2), and of the days from `after.0` to `after.1` behind the
/// first treatment, of each course up to a day. Those of the days `known` are read elsewhere.
pub(crate) fn entries_around_starts(
    to: NaiveDate,
    after: (i64, i64),
    known: Option<ReportDays>,
) -> Statement<Read, EntryRow> {
    let known = known.unwrap_or((to, to - chrono::Days::new(1)));
    let days = |days: i64| i32::try_from(days).unwrap_or(0);
    let statement = Statement::new(&AROUND_STARTS).bind(to).bind(days(LONGEST_GAP_DAYS));
    let statement = statement.bind(days(BASELINE_DAYS)).bind(days(after.0)).bind(days(after.1));
    statement.bind(known.0).bind(known.1)
}

/// The shared notes of one collection. Where it has triggers, what `other` means among them is a note, too.
macro_rules! notes_of {
    ($table:literal, $trigger:literal, $any:literal) => {
        concat!(
            "SELECT '",
            $table,
            "', id, journal_date, note, ",
            $trigger,
            " FROM pj.",
            $table,
            " WHERE patient_id = sec.subject() AND deleted_at IS NULL \
             AND journal_date BETWEEN $1 AND $2 AND note_shared AND ",
            $any
        )
    };
    ($table:literal) => {
        notes_of!($table, "NULL::text", "note IS NOT NULL")
    };
    ($table:literal with trigger) => {
        notes_of!($table, "trigger_note", "num_nonnulls(note, trigger_note) > 0")
    };
}

/// The text that reads the notes of every collection that the patient marked as shared. Public for a test
/// of its plan.
pub const NOTES: &str = concat!(
    notes_of!("journal_entries" with trigger),
    " UNION ALL ",
    notes_of!("flares" with trigger),
    " UNION ALL ",
    notes_of!("treatment_sessions"),
    " UNION ALL ",
    notes_of!("treatment_plans"),
    " UNION ALL ",
    notes_of!("adverse_events"),
    " UNION ALL ",
    notes_of!("medication_intakes"),
    " UNION ALL ",
    notes_of!("assessments"),
    " UNION ALL ",
    notes_of!("goals"),
    " UNION ALL ",
    notes_of!("pain_episodes"),
);

/// The shared notes of these days.
pub(crate) fn notes(days: ReportDays) -> Statement<Read, NoteRow> {
    Statement::new(NOTES).bind(days.0).bind(days.1)
}
