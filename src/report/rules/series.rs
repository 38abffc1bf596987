//! The daily series: every day of the window, whether anything was entered or not.

use super::numbers::{count, round2};
use super::pain::daily::{PainDays, ScoreSource};
use super::pain::flares::FlareDays;
use super::sleep::nights::SleptNight;
use super::statement::{ReportCode, ReportWindow};
use super::treatment::medication::MedicationDays;
use super::weekly::{ByDay, answers};
use crate::collections::{EventSeverity, IntakeKind, TreatmentSessionKind, TreatmentSessionStatus};
use crate::report::rows::{AdverseEventRow, EntryRow, TreatmentSessionRow};
use crate::time::ExpectedDays;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One journal day of the window. A day without a rating has a null score, never zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DailyPoint {
    /// The journal day.
    pub journal_date: NaiveDate,
    /// Whether an entry was expected: from the start of the journal up to today, less declared pauses.
    pub expected: bool,
    /// The daily score, 0 to 10, two decimals; null where the day has none or pain is omitted.
    /// Source: `D_d`, clinical.md, Time.
    #[schema(required, minimum = 0, maximum = 10)]
    pub pain: Option<f64>,
    /// Worst pain of the day, 0 to 10, from the daily entry that `pain` is from.
    #[schema(required, minimum = 0, maximum = 10)]
    pub pain_worst: Option<i32>,
    /// Least pain of the day, 0 to 10, from the daily entry that `pain` is from.
    #[schema(required, minimum = 0, maximum = 10)]
    pub pain_least: Option<i32>,
    /// Where `pain` came from: `daily` (average of the last daily entry), `momentary_mean` (mean
    /// of two or more momentary ratings) or `single_rating`; null where `pain` is null.
    #[schema(required, value_type = Option<String>, max_length = 32, examples("daily"))]
    pub source: Option<ScoreSource>,
    /// Answered pain entries of the day, of every kind; 0 where pain is omitted.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub ratings: i32,
    /// Whether `pain` rests on an entry typed later than 24 hours after the journal day ended.
    pub backfilled: bool,
    /// The patient's own answer to whether the day was free of pain; null where not answered. It
    /// never stands in for a score.
    #[schema(required)]
    pub pain_free_day: Option<bool>,
    /// Whether the day lies in a flare that the patient reported; null where pain is omitted. That
    /// none was reported does not say that there was none. Source: clinical.md, F6.
    #[schema(required)]
    pub flare: Option<bool>,
    /// Whether the ratings make the day a spike; null where it could not be judged or pain is
    /// omitted. Source: clinical.md, F6.
    #[schema(required)]
    pub spike: Option<bool>,
    /// How much pain got in the way, 0 to 10; this and the next four are null where not answered
    /// or pain is omitted. The last answer of a daily entry counts, else the last of the day.
    #[schema(required, minimum = 0, maximum = 10)]
    pub interference: Option<i32>,
    /// Mood, 0 worst to 10 best.
    #[schema(required, minimum = 0, maximum = 10)]
    pub mood: Option<i32>,
    /// Stress, 0 none to 10 most.
    #[schema(required, minimum = 0, maximum = 10)]
    pub stress: Option<i32>,
    /// Energy, 0 none to 10 full.
    #[schema(required, minimum = 0, maximum = 10)]
    pub energy: Option<i32>,
    /// Stiffness, 0 none to 10 most.
    #[schema(required, minimum = 0, maximum = 10)]
    pub stiffness: Option<i32>,
    /// Minutes walked; null where not answered or mobility is omitted.
    #[schema(required, minimum = 0, maximum = 1440)]
    pub walking_minutes: Option<i32>,
    /// Steps; null where not answered or mobility is omitted.
    #[schema(required, minimum = 0, maximum = 200_000)]
    pub steps: Option<i32>,
    /// Whether relief medication was taken; null where unknown or medication is omitted.
    #[schema(required)]
    pub relief_taken: Option<bool>,
    /// Whether preventive medication was taken; null where unknown or medication is omitted.
    #[schema(required)]
    pub preventive_taken: Option<bool>,
    /// Attended treatment sessions on the day; null where treatment is omitted.
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub sessions_attended: Option<i32>,
    /// Those of them in which something was treated; null where treatment is omitted.
    #[serde(default)]
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub treatments_attended: Option<i32>,
    /// Minutes slept in the night that ended on this calendar date: its parts, less than three hours
    /// apart, together, and overlapping records once. Null where unknown or sleep is omitted.
    #[schema(required, minimum = 0, maximum = 1440)]
    pub sleep_minutes: Option<i32>,
    /// Sleep quality of that night, 0 to 10, higher is better; null where not answered or sleep
    /// is omitted.
    #[schema(required, minimum = 0, maximum = 10)]
    pub sleep_quality: Option<i32>,
    /// The gravest severity of the adverse events that began on the day, as recorded; null where none did
    /// or treatment is omitted.
    #[serde(default)]
    #[schema(required)]
    pub event_severity: Option<ReportCode>,
    /// The gravest severity that a practitioner holds them to have; null where none has said.
    #[serde(default)]
    #[schema(required)]
    pub event_clinical_severity: Option<ReportCode>,
}

/// What the series is made of; what is omitted is `None` or empty.
#[derive(Default)]
pub(crate) struct Sources<'a> {
    pub(crate) pain: PainDays,
    pub(crate) flares: Option<FlareDays>,
    /// Entries for what belongs to pain, and for what belongs to mobility.
    pub(crate) entries: (&'a [EntryRow], &'a [EntryRow]),
    pub(crate) medication: Option<MedicationDays>,
    pub(crate) visits: Option<Vec<&'a TreatmentSessionRow>>,
    pub(crate) nights: ByDay<SleptNight>,
    pub(crate) events: &'a [AdverseEventRow],
}

/// Builds the series.
pub(crate) fn series(
    window: Option<ReportWindow>,
    expected: &ExpectedDays,
    sources: &Sources<'_>,
) -> Vec<DailyPoint> {
    let counted = |is_counted: fn(TreatmentSessionKind) -> bool| {
        sources.visits.as_deref().map(|rows| attended_by_day(rows, is_counted))
    };
    let attended = counted(|_| true);
    let treated = counted(|kind| kind == TreatmentSessionKind::Treatment);
    let (of_pain, of_mobility) = sources.entries;
    let scale = |pick: fn(&EntryRow) -> Option<i16>| answers(of_pain, pick);
    let (mood, stress) = (scale(|entry| entry.mood), scale(|entry| entry.stress));
    let (energy, stiffness) = (scale(|entry| entry.energy), scale(|entry| entry.stiffness));
    let interference = scale(|entry| entry.interference);
    let walking = answers(of_mobility, |entry| entry.walking_minutes);
    let steps = answers(of_mobility, |entry| entry.steps);
    let recorded = gravest(sources.events, |event| Some(event.severity));
    let held = gravest(sources.events, |event| event.clinical_severity);
    let point = |date| {
        let day = sources.pain.day(date);
        let night = sources.nights.get(&date);
        let flares = sources.flares.as_ref();
        let on_day = |values: &ByDay<i16>| values.get(&date).copied().map(i32::from);
        let taken = |kind| sources.medication.as_ref().and_then(|days| days.used(date, kind));
        DailyPoint {
            journal_date: date,
            expected: expected.contains(date),
            pain: day.and_then(|day| day.score).map(round2),
            pain_worst: day.and_then(|day| day.worst).map(i32::from),
            pain_least: day.and_then(|day| day.least).map(i32::from),
            source: day.and_then(|day| day.source),
            ratings: day.map_or(0, |day| count(day.entries)),
            backfilled: day.is_some_and(|day| day.is_backfilled),
            pain_free_day: day.and_then(|day| day.pain_free),
            flare: flares.map(|flares| flares.reported.contains(&date)),
            spike: flares.and_then(|flares| flares.spikes.get(&date).copied()),
            interference: on_day(&interference),
            mood: on_day(&mood),
            stress: on_day(&stress),
            energy: on_day(&energy),
            stiffness: on_day(&stiffness),
            walking_minutes: on_day(&walking),
            steps: steps.get(&date).copied(),
            relief_taken: taken(IntakeKind::Relief),
            preventive_taken: taken(IntakeKind::Preventive),
            sessions_attended: attended.as_ref().map(|days| days.get(&date).copied().unwrap_or(0)),
            treatments_attended: treated.as_ref().map(|days| days.get(&date).copied().unwrap_or(0)),
            sleep_minutes: night.and_then(|night| night.total_sleep_minutes),
            sleep_quality: night.and_then(|night| night.quality).map(i32::from),
            event_severity: recorded.get(&date).copied().map(ReportCode::from),
            event_clinical_severity: held.get(&date).copied().map(ReportCode::from),
        }
    };
    window.into_iter().flat_map(ReportWindow::iter).map(point).collect()
}

/// The gravest severity of the adverse events that began on each day.
fn gravest(
    events: &[AdverseEventRow],
    severity: fn(&AdverseEventRow) -> Option<EventSeverity>,
) -> ByDay<EventSeverity> {
    let mut found = ByDay::new();
    for (event, severity) in events.iter().filter_map(|event| Some((event, severity(event)?))) {
        let gravest = found.entry(event.started_on).or_insert(severity);
        *gravest = (*gravest).max(severity);
    }
    found
}

fn attended_by_day(
    visits: &[&TreatmentSessionRow],
    is_counted: fn(TreatmentSessionKind) -> bool,
) -> ByDay<i32> {
    let mut days = ByDay::new();
    let attended = visits.iter().filter(|row| row.status == TreatmentSessionStatus::Attended);
    for row in attended.filter(|row| is_counted(row.kind)) {
        *days.entry(row.journal_date).or_insert(0) += 1;
    }
    days
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{date, night, pain_days, treatment_session};
    use super::super::sleep::nights::nights_by_day;
    use super::*;
    use crate::report::rows::SleepRow;

    fn sleep(day: i64, minutes: Option<i32>, quality: Option<i16>) -> SleepRow {
        SleepRow { quality, ..night(day, minutes) }
    }

    #[test]
    fn every_day_is_there_and_a_missing_day_is_null() {
        let pain = pain_days(&[Some(5), None, Some(0)]);
        let window = ReportWindow::new(date(0), date(3));
        let expected = ReportWindow::new(date(1), date(2));
        let points = series(window, &expected.into(), &Sources { pain, ..Sources::default() });
        let seen: Vec<_> = points.iter().map(|p| (p.pain, p.ratings, p.expected)).collect();
        assert_eq!(
            seen,
            [(Some(5.0), 1, false), (None, 0, true), (Some(0.0), 1, true), (None, 0, false)]
        );
        let json = serde_json::to_string(&points[1]).unwrap();
        assert!(json.contains(r#""pain":null,"pain_worst":null"#), "{json}");
        assert!(points.iter().all(|point| point.sessions_attended.is_none()));
    }

    #[test]
    fn treatment_sessions_are_counted_and_the_longest_night_is_taken() {
        let missed = TreatmentSessionRow {
            status: TreatmentSessionStatus::Missed,
            ..treatment_session(1, 900)
        };
        let visits = [treatment_session(1, 600), treatment_session(1, 800), missed];
        let nights = [
            sleep(0, Some(380), Some(4)),
            sleep(0, Some(410), None),
            sleep(0, None, Some(9)),
            sleep(1, None, Some(6)),
        ];
        let window = ReportWindow::new(date(0), date(2));
        let sources = Sources {
            visits: Some(visits.iter().collect()),
            nights: nights_by_day(&nights),
            ..Sources::default()
        };
        let points = series(window, &window.into(), &sources);
        let counts: Vec<_> = points.iter().map(|point| point.sessions_attended).collect();
        assert_eq!(counts, [Some(0), Some(2), Some(0)]);
        let nights: Vec<_> = points.iter().map(|p| (p.sleep_minutes, p.sleep_quality)).collect();
        assert_eq!(nights, [(Some(410), None), (None, Some(6)), (None, None)]);
    }
}
