//! F5, adherence and attendance, and the header of the report that carries them.

use super::numbers::count;
use super::pain::daily::PainDays;
use super::statement::{Draft, Method, ReportStatement, ReportWindow, Unit};
use crate::collections::TreatmentSessionStatus;
use crate::report::rows::TreatmentSessionRow;
use crate::time::ExpectedDays;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many treatment sessions of the window stand in each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SessionCounts)]
pub struct TreatmentSessionCounts {
    /// Agreed, not yet due.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub planned: i32,
    /// Took place.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub attended: i32,
    /// The patient did not come.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub missed: i32,
    /// The patient cancelled.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub cancelled_patient: i32,
    /// The clinic cancelled.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub cancelled_clinic: i32,
}

/// The counts at the head of the report. Counts of days speak of the expected days only: those
/// of the window from the start of the journal up to today, less declared pauses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportHeader {
    /// Days of the window on which an entry was expected. Source: clinical.md, F5.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days_expected: i32,
    /// Days of the window, from the start of the journal up to today, on which none was expected because
    /// the patient declared a pause; null in reports of earlier rules. Source: clinical.md, F5.
    #[serde(default)]
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub days_paused: Option<i32>,
    /// Expected days with a daily score; null where pain is omitted.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub days_rated: Option<i32>,
    /// Rated days whose score rests on entries typed or received within 24 hours after the
    /// journal day ended; null where pain is omitted.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub days_timely: Option<i32>,
    /// Rated days whose score rests on an entry typed later than that; null where pain is
    /// omitted. `days_timely` and `days_backfilled` add up to `days_rated`.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub days_backfilled: Option<i32>,
    /// Expected days with at least one answered pain entry of any kind; null where pain is
    /// omitted.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub days_with_entry: Option<i32>,
    /// Expected days with at least one such entry that was timely; null where pain is omitted.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub days_with_timely_entry: Option<i32>,
    /// `days_with_entry` in percent of `days_expected`; null where pain is omitted. Source: clinical.md, F5.
    #[schema(required)]
    pub adherence_any: Option<ReportStatement>,
    /// `days_with_timely_entry` in percent of `days_expected`; null where pain is omitted.
    /// Source: clinical.md, F5; Stone 2003 on why punctuality is told apart.
    #[schema(required)]
    pub adherence_timely: Option<ReportStatement>,
    /// Treatment sessions of the whole window by status; null where treatment is omitted.
    #[schema(required)]
    pub sessions: Option<TreatmentSessionCounts>,
    /// Attended treatment sessions in percent of those attended, missed or cancelled by the patient; null
    /// where treatment is omitted. Source: clinical.md, F5.
    #[schema(required)]
    pub attendance: Option<ReportStatement>,
}

/// Builds the header. `window` is the whole window, `expected` its expected days and `paused` how many
/// less they are for declared pauses; `pain` and
/// `sessions` are `None` where the section is omitted.
pub(crate) fn header(
    window: Option<ReportWindow>,
    (expected, paused): (&ExpectedDays, usize),
    pain: Option<&PainDays>,
    visits: Option<&[&TreatmentSessionRow]>,
) -> ReportHeader {
    const ANY: Method = (
        "days_with_entry_of_expected_days",
        "Days with at least one answered pain entry, in percent of the expected days.",
    );
    const TIMELY: Method = (
        "days_with_timely_entry_of_expected_days",
        "Days with at least one pain entry typed or received within 24 hours after the journal \
         day ended, in percent of the expected days.",
    );
    let days_expected = expected.count();
    let span = expected.ends().and_then(|(first, last)| ReportWindow::new(first, last));
    let of_expected = |part: usize, method| share(part, days_expected, span, method);
    let tally = pain.map(|pain| Tally::of(pain, expected));
    let counts = visits.map(|visits| count_treatment_sessions(visits, window));
    ReportHeader {
        days_expected: count(days_expected),
        days_paused: Some(count(paused)),
        days_rated: tally.map(|tally| count(tally.rated)),
        days_timely: tally.map(|tally| count(tally.rated - tally.backfilled)),
        days_backfilled: tally.map(|tally| count(tally.backfilled)),
        days_with_entry: tally.map(|tally| count(tally.with_entry)),
        days_with_timely_entry: tally.map(|tally| count(tally.with_timely_entry)),
        adherence_any: tally.map(|tally| of_expected(tally.with_entry, ANY)),
        adherence_timely: tally.map(|tally| of_expected(tally.with_timely_entry, TIMELY)),
        sessions: counts,
        attendance: counts.map(|counts| attendance(counts, window)),
    }
}

/// Counts of days in the expected window.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    rated: usize,
    backfilled: usize,
    with_entry: usize,
    with_timely_entry: usize,
}

impl Tally {
    fn of(pain: &PainDays, expected: &ExpectedDays) -> Self {
        let mut tally = Self::default();
        for (_, day) in pain.expected(expected) {
            tally.with_entry += 1;
            tally.with_timely_entry += usize::from(day.has_timely_entry);
            tally.rated += usize::from(day.score.is_some());
            tally.backfilled += usize::from(day.is_backfilled);
        }
        tally
    }
}

fn count_treatment_sessions(
    visits: &[&TreatmentSessionRow],
    window: Option<ReportWindow>,
) -> TreatmentSessionCounts {
    let mut counts = TreatmentSessionCounts::default();
    let in_window =
        |row: &&&TreatmentSessionRow| window.is_some_and(|w| w.contains(row.journal_date));
    for visit in visits.iter().filter(in_window) {
        *match visit.status {
            TreatmentSessionStatus::Planned => &mut counts.planned,
            TreatmentSessionStatus::Attended => &mut counts.attended,
            TreatmentSessionStatus::Missed => &mut counts.missed,
            TreatmentSessionStatus::CancelledPatient => &mut counts.cancelled_patient,
            TreatmentSessionStatus::CancelledClinic => &mut counts.cancelled_clinic,
        } += 1;
    }
    counts
}

/// Attendance: attended / (attended + missed + cancelled by the patient), in percent (clinical.md, F5).
/// A clinic's cancellation is not the patient's.
fn attendance(counts: TreatmentSessionCounts, window: Option<ReportWindow>) -> ReportStatement {
    const METHOD: Method = (
        "attended_of_sessions_due",
        "Attended treatment sessions in percent of those attended, missed or cancelled by the \
         patient.",
    );
    let size = |count: i32| usize::try_from(count).unwrap_or(0);
    let due = size(counts.attended) + size(counts.missed) + size(counts.cancelled_patient);
    share(size(counts.attended), due, window, METHOD)
}

/// A share in percent; withheld where there is nothing to have a share of.
fn share(
    part: usize,
    whole: usize,
    window: Option<ReportWindow>,
    method: Method,
) -> ReportStatement {
    Draft {
        value: (whole > 0).then(|| 100.0 * part as f64 / whole as f64),
        unit: Unit::Percent,
        n: whole,
        window,
        method,
        interval: None,
        have: whole,
        need: 1,
        show_from: 1,
    }
    .finish()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, dailies, date, treatment_session};
    use super::super::statement::Status;
    use super::*;
    use crate::time::DayStarts;

    fn window(from: i64, to: i64) -> Option<ReportWindow> {
        ReportWindow::new(date(from), date(to))
    }

    /// 22 of 28 days with an entry, 4 of them typed late.
    fn worked_days() -> PainDays {
        let mut rows = dailies(0, &[Some(5); 22]);
        for row in rows.iter_mut().skip(18) {
            (row.recorded_at, row.received_at) = (Some(at(60, 0)), at(60, 1));
        }
        PainDays::from_rows(&rows, &DayStarts::default())
    }

    #[test]
    fn the_worked_adherence() {
        let header = header(window(0, 27), (&window(0, 27).into(), 0), Some(&worked_days()), None);
        let any = header.adherence_any.unwrap();
        let timely = header.adherence_timely.unwrap();
        assert_eq!((any.value, any.n), (Some(78.57), 28));
        assert_eq!(any.value_text.as_deref(), Some("78.6"));
        assert_eq!(timely.value_text.as_deref(), Some("64.3"));
        assert_eq!((timely.value, timely.n), (Some(64.29), 28));
        assert_eq!((header.days_expected, header.days_rated), (28, Some(22)));
        assert_eq!((header.days_timely, header.days_backfilled), (Some(18), Some(4)));
        assert_eq!((header.days_with_entry, header.days_with_timely_entry), (Some(22), Some(18)));
        assert_eq!((header.sessions, header.attendance), (None, None));
    }

    #[test]
    fn the_worked_attendance() {
        let with = |day, status| TreatmentSessionRow { status, ..treatment_session(day, 600) };
        let mut rows: Vec<TreatmentSessionRow> =
            (0..7).map(|day| treatment_session(day, 600)).collect();
        rows.push(with(7, TreatmentSessionStatus::CancelledPatient));
        rows.push(with(8, TreatmentSessionStatus::CancelledClinic));
        rows.push(with(9, TreatmentSessionStatus::Planned));
        rows.push(with(90, TreatmentSessionStatus::Missed));
        let rows: Vec<&TreatmentSessionRow> = rows.iter().collect();
        let header = header(window(0, 27), (&window(0, 20).into(), 7), None, Some(&rows));
        let attendance = header.attendance.unwrap();
        assert_eq!((attendance.value, attendance.n), (Some(87.5), 8));
        let expected = TreatmentSessionCounts {
            planned: 1,
            attended: 7,
            missed: 0,
            cancelled_patient: 1,
            cancelled_clinic: 1,
        };
        assert_eq!(header.sessions, Some(expected));
        assert_eq!((header.days_rated, header.adherence_any), (None, None));
        assert_eq!((header.days_expected, header.days_paused), (21, Some(7)));
    }

    #[test]
    fn days_outside_the_expected_ones_count_nowhere() {
        let header = header(window(0, 27), (&window(10, 19).into(), 0), Some(&worked_days()), None);
        assert_eq!((header.days_expected, header.days_rated), (10, Some(10)));
        assert_eq!(header.adherence_any.unwrap().value, Some(100.0));
    }

    #[test]
    fn nothing_expected_gives_no_percentage() {
        let header = header(None, (&ExpectedDays::default(), 0), Some(&worked_days()), Some(&[]));
        let any = header.adherence_any.unwrap();
        assert_eq!((any.value, any.status, any.window), (None, Status::Insufficient, None));
        assert_eq!(header.attendance.unwrap().value, None);
    }
}
