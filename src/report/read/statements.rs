//! The statements that fetch a report's rows. Each row says itself how those of a span of days are read.

use crate::access::Read;
use crate::collections::Projection;
use crate::db::Statement;
use crate::report::rows::{EntryRow, NoteRow};
use chrono::NaiveDate;
use std::sync::LazyLock;

/// The days a report reads, both included.
pub(crate) type ReportDays = (NaiveDate, NaiveDate);

/// The text that reads the entries of a span of days. Public for a test of its plan.
pub const RATINGS: &str = EntryRow::OF_DAYS;

/// The records of these days.
pub(crate) fn of_days<R: Projection>(days: ReportDays) -> Statement<Read, R> {
    Statement::new(R::OF_DAYS).bind(days.0).bind(days.1)
}

/// How the patient calls the share that the journal is read through; no row for the own journal.
pub(crate) fn share_label() -> Statement<Read, (String,)> {
    Statement::new("SELECT label FROM pj.shares WHERE id = sec.share()")
}

/// The first attended treatment session, as the responder analysis takes it for the start of the course.
const FIRST_SESSION: &str = "SELECT min(journal_date) FROM pj.treatment_sessions \
    WHERE patient_id = sec.subject() AND deleted_at IS NULL AND status = 'attended'";

/// The text of [`entries_around_first`].
static AROUND_FIRST: LazyLock<String> = LazyLock::new(|| {
    let (entries, first) = (EntryRow::SELECT, FIRST_SESSION);
    format!(
        "{entries} AND journal_date >= ({first}) - $1 AND journal_date <= ({first}) + $3 \
         AND (journal_date < ({first}) OR journal_date >= ({first}) + $2)"
    )
});

/// The journal day of the first attended session; null where there is none.
pub(crate) fn first_session() -> Statement<Read, (Option<NaiveDate>,)> {
    Statement::new(FIRST_SESSION)
}

/// The entries of the given days before the first attended treatment session, and of the days from `after.0`
/// to `after.1` behind it.
pub(crate) fn entries_around_first(before: i32, after: (i32, i32)) -> Statement<Read, EntryRow> {
    Statement::new(&AROUND_FIRST).bind(before).bind(after.0).bind(after.1)
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

/// The notes of every collection that the patient marked as shared.
const NOTES: &str = concat!(
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
