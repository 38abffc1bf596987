//! F4, the treatment session ledger: pain before, just after and a day after each attended treatment, and over
//! the days on either side of it. Consultations and reviews change nothing and are not in it.

use super::effect_summary::{EffectSummary, IMMEDIATE, SUSTAINED};
use super::moments::{Neighbours, RatedMoment};
use crate::collections::{TreatmentSessionKind, TreatmentSessionStatus};
use crate::report::rows::{EntryRow, TreatmentSessionRow};
use crate::report::rules::numbers::{mean, round2};
use crate::report::rules::pain::daily::PainDays;
use crate::report::rules::statement::{ReportCode, ReportWindow, shift};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Journal days on either side of a treatment session that make the sustained effect (clinical.md, F4).
pub const SUSTAINED_DAYS: i64 = 3;
/// Rated days that each side of the sustained effect needs (clinical.md, F4).
pub const SUSTAINED_RATED_DAYS: usize = 2;
/// Pain around one attended treatment session. Source of all values: clinical.md, F4.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SessionEffect)]
pub struct TreatmentSessionEffect {
    /// The treatment session.
    pub treatment_session_id: Uuid,
    /// Journal day of the treatment session.
    pub journal_date: NaiveDate,
    /// Machine names of the techniques used.
    #[schema(max_items = 100)]
    pub techniques: Vec<ReportCode>,
    /// Whether the end of the treatment session was recorded. Without it, `post` and `post24` take only
    /// ratings that were entered as taken after a treatment session.
    pub end_recorded: bool,
    /// Last rating of pain now within 180 minutes before the start, 0 to 10; null where there is
    /// none.
    #[schema(required, minimum = 0, maximum = 10)]
    pub pre: Option<i32>,
    /// First rating of pain now within 120 minutes after the end, 0 to 10; null where there is
    /// none.
    #[schema(required, minimum = 0, maximum = 10)]
    pub post: Option<i32>,
    /// First rating of pain now between 18 and 30 hours after the end, 0 to 10; null where there
    /// is none.
    #[schema(required, minimum = 0, maximum = 10)]
    pub post24: Option<i32>,
    /// `post` minus `pre` in points, -10 to 10; negative means less pain. It says nothing about
    /// the course. Null where either is missing.
    #[schema(required, minimum = -10, maximum = 10)]
    pub immediate: Option<i32>,
    /// `after_mean` minus `before_mean` in points, two decimals; negative means less pain. Null
    /// where a side has fewer than two rated days.
    #[schema(required)]
    pub sustained: Option<f64>,
    /// The up to three journal days before the treatment session, cut after the treatment session before it; null
    /// where fewer than two days remain.
    #[schema(required)]
    pub before_window: Option<ReportWindow>,
    /// Rated days in `before_window`.
    #[schema(minimum = 0, maximum = 3)]
    pub before_rated_days: i32,
    /// Mean of the daily scores in `before_window`, 0 to 10, two decimals; null below two rated
    /// days.
    #[schema(required)]
    pub before_mean: Option<f64>,
    /// The up to three journal days after the treatment session, cut before the next treatment session; null where
    /// fewer than two days remain.
    #[schema(required)]
    pub after_window: Option<ReportWindow>,
    /// Rated days in `after_window`.
    #[schema(minimum = 0, maximum = 3)]
    pub after_rated_days: i32,
    /// Mean of the daily scores in `after_window`, 0 to 10, two decimals; null below two rated
    /// days.
    #[schema(required)]
    pub after_mean: Option<f64>,
}

/// An attended treatment session in which nothing was treated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OtherSession)]
pub struct OtherTreatmentSession {
    /// The treatment session.
    pub treatment_session_id: Uuid,
    /// Its journal day.
    pub journal_date: NaiveDate,
    /// `consultation` or `review`. More may appear.
    pub kind: ReportCode,
}

/// The attended treatment sessions of a window that were no treatments.
fn others(
    visits: &[&TreatmentSessionRow],
    window: Option<ReportWindow>,
) -> Vec<OtherTreatmentSession> {
    let mut others: Vec<&TreatmentSessionRow> = visits.to_vec();
    others.retain(|row| {
        row.status == TreatmentSessionStatus::Attended
            && row.kind != TreatmentSessionKind::Treatment
            && window.is_some_and(|window| window.contains(row.journal_date))
    });
    others.sort_unstable_by_key(|row| (row.starts_at, row.journal_date, row.id));
    let other = |row: &TreatmentSessionRow| OtherTreatmentSession {
        treatment_session_id: row.id,
        journal_date: row.journal_date,
        kind: row.kind.into(),
    };
    others.into_iter().map(other).collect()
}

/// Pain around the attended treatment sessions of the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = SessionEffects)]
pub struct TreatmentSessionEffects {
    /// Each attended treatment of the window up to today, in the order of time. Consultations and
    /// reviews are no treatments: `other_sessions` lists them.
    #[schema(max_items = 1000)]
    pub sessions: Vec<TreatmentSessionEffect>,
    /// The attended consultations and reviews of the window up to today, in the order of time.
    #[serde(default)]
    #[schema(required, max_items = 1000)]
    pub other_sessions: Vec<OtherTreatmentSession>,
    /// The immediate changes taken together.
    pub immediate: EffectSummary,
    /// The sustained changes taken together.
    pub sustained: EffectSummary,
}

/// Computes the ledger (clinical.md, F4). `sessions` may reach beyond `window`; treatment sessions
/// outside it are not listed, but still cut the windows of their neighbours.
pub(crate) fn treatment_session_effects(
    ratings: &[EntryRow],
    days: &PainDays,
    visits: &[&TreatmentSessionRow],
    window: Option<ReportWindow>,
) -> TreatmentSessionEffects {
    let mut attended: Vec<&TreatmentSessionRow> = visits.to_vec();
    attended.retain(|row| row.is_attended_treatment());
    attended.sort_unstable_by_key(|row| (row.starts_at, row.journal_date, row.id));
    let mut moments: Vec<RatedMoment> = ratings.iter().filter_map(RatedMoment::of).collect();
    moments.sort_unstable_by_key(RatedMoment::order);

    let mut effects = Vec::new();
    let (mut immediate, mut sustained) = (Vec::new(), Vec::new());
    for (index, visit) in attended.iter().enumerate() {
        if !window.is_some_and(|window| window.contains(visit.journal_date)) {
            continue;
        }
        let previous = index.checked_sub(1).and_then(|before| attended.get(before));
        let around = Neighbours {
            previous_end: previous.map(|row| row.ends_at.unwrap_or(row.starts_at)),
            next_start: attended.get(index + 1).map(|row| row.starts_at),
        };
        let (before, after) = adjacent_days(days, visit.journal_date, &attended);
        let change = before.mean.zip(after.mean).map(|(before, after)| after - before);
        let found = around.ratings(visit, &moments);
        let drop = found.pre.zip(found.post).map(|(pre, post)| post - pre);
        immediate.extend(drop.map(f64::from));
        sustained.extend(change);
        effects.push(TreatmentSessionEffect {
            treatment_session_id: visit.id,
            journal_date: visit.journal_date,
            techniques: visit.techniques.iter().cloned().map(ReportCode).collect(),
            end_recorded: visit.ends_at.is_some(),
            pre: found.pre.map(i32::from),
            post: found.post.map(i32::from),
            post24: found.post24.map(i32::from),
            immediate: drop.map(i32::from),
            sustained: change.map(round2),
            before_window: before.window,
            before_rated_days: before.rated_days,
            before_mean: before.mean.map(round2),
            after_window: after.window,
            after_rated_days: after.rated_days,
            after_mean: after.mean.map(round2),
        });
    }
    TreatmentSessionEffects {
        sessions: effects,
        other_sessions: others(visits, window),
        immediate: EffectSummary::of(&immediate, window, IMMEDIATE),
        sustained: EffectSummary::of(&sustained, window, SUSTAINED),
    }
}

/// The days on one side of a treatment session, of which the sustained effect is made.
struct AdjacentDays {
    window: Option<ReportWindow>,
    rated_days: i32,
    mean: Option<f64>,
}

impl AdjacentDays {
    fn over(days: &PainDays, from: NaiveDate, to: NaiveDate) -> Self {
        let window =
            ReportWindow::new(from, to).filter(|window| window.days() >= SUSTAINED_RATED_DAYS);
        let scores: Vec<f64> = window
            .map(|window| days.scores(window).map(|(_, score)| score).collect())
            .unwrap_or_default();
        Self {
            window,
            rated_days: crate::report::rules::numbers::count(scores.len()),
            mean: mean(&scores).filter(|_| scores.len() >= SUSTAINED_RATED_DAYS),
        }
    }
}

/// The days before and after a treatment session's day, cut at the days of the treatment sessions around it.
fn adjacent_days(
    days: &PainDays,
    date: NaiveDate,
    attended: &[&TreatmentSessionRow],
) -> (AdjacentDays, AdjacentDays) {
    let dates = || attended.iter().map(|row| row.journal_date);
    let previous = dates().filter(|other| *other < date).max();
    let next = dates().filter(|other| *other > date).min();
    let from = shift(date, -SUSTAINED_DAYS);
    let from = previous.map_or(from, |previous| from.max(shift(previous, 1)));
    let to = shift(date, SUSTAINED_DAYS);
    let to = next.map_or(to, |next| to.min(shift(next, -1)));
    (AdjacentDays::over(days, from, shift(date, -1)), AdjacentDays::over(days, shift(date, 1), to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{close, date, days_from, treatment_session};

    #[test]
    fn the_worked_sustained_effect() {
        let days = days_from(7, &[Some(6), Some(7), Some(6), None, Some(4), Some(5), None]);
        let effects = treatment_session_effects(
            &[],
            &days,
            &[&treatment_session(10, 600)],
            ReportWindow::new(date(0), date(20)),
        );
        let found = &effects.sessions[0];
        assert_eq!((found.before_mean, found.before_rated_days), (Some(6.33), 3));
        assert_eq!((found.after_mean, found.after_rated_days), (Some(4.5), 2));
        close(found.sustained.unwrap(), -1.83, 2);
        assert_eq!(found.before_window, ReportWindow::new(date(7), date(9)));
        assert_eq!(found.after_window, ReportWindow::new(date(11), date(13)));
    }

    #[test]
    fn consultations_and_reviews_are_listed_and_have_no_effect() {
        let days = days_from(7, &[Some(6); 10]);
        let of = |kind, day| TreatmentSessionRow { kind, ..treatment_session(day, 600) };
        let rows = [
            of(TreatmentSessionKind::Review, 11),
            of(TreatmentSessionKind::Treatment, 10),
            of(TreatmentSessionKind::Consultation, 8),
        ];
        let rows: Vec<&TreatmentSessionRow> = rows.iter().collect();
        let effects =
            treatment_session_effects(&[], &days, &rows, ReportWindow::new(date(0), date(20)));
        let listed: Vec<_> = effects.sessions.iter().map(|row| row.journal_date).collect();
        assert_eq!(listed, [date(10)]);
        // They cut no window of a treatment either.
        assert_eq!(effects.sessions[0].before_window, ReportWindow::new(date(7), date(9)));
        let others: Vec<_> = effects
            .other_sessions
            .iter()
            .map(|row| (row.journal_date, row.kind.0.as_str()))
            .collect();
        assert_eq!(others, [(date(8), "consultation"), (date(11), "review")]);
    }

    #[test]
    fn sustained_windows_are_cut_at_the_neighbours_and_need_two_days() {
        let days = days_from(0, &[Some(5); 40]);
        let rows =
            [treatment_session(10, 600), treatment_session(13, 600), treatment_session(15, 600)];
        let rows: Vec<&TreatmentSessionRow> = rows.iter().rev().collect();
        let window = ReportWindow::new(date(13), date(20));
        let effects = treatment_session_effects(&[], &days, &rows, window);
        let [middle, last] = effects.sessions.as_slice() else { panic!("two in the window") };
        assert_eq!(middle.before_window, ReportWindow::new(date(11), date(12)));
        assert_eq!((middle.after_window, middle.after_rated_days), (None, 0));
        assert_eq!(middle.sustained, None);
        assert_eq!((last.before_window, last.sustained), (None, None));
        assert_eq!(last.after_window, ReportWindow::new(date(16), date(18)));
        // One rated day on a side is not enough.
        let sparse = days_from(7, &[Some(6), None, None, None, Some(4), Some(5)]);
        let all = ReportWindow::new(date(0), date(20));
        let effects = treatment_session_effects(&[], &sparse, &[&treatment_session(10, 600)], all);
        let found = &effects.sessions[0];
        assert_eq!((found.before_mean, found.before_rated_days), (None, 1));
        assert_eq!((found.sustained, found.after_mean), (None, Some(4.5)));
    }
}
