//! Attendance against a plan. Pure: plan × visits × today. Counts only; nothing is advised.

use crate::collections::{PlanStatus, TreatmentPlan, TreatmentSessionStatus};
use crate::wire::{Decimal, Whole};
use chrono::{Days, NaiveDate};
use serde::Serialize;

/// What a plan agrees, as far as the counts need it.
#[derive(Debug, Clone)]
pub struct PlanTerms {
    /// How it stands.
    pub status: PlanStatus,
    /// The first day of the treatment.
    pub start_date: Option<NaiveDate>,
    /// Treatment sessions planned in all.
    pub planned_sessions: Option<i32>,
    /// Treatment sessions a week.
    pub frequency_per_week: Option<f64>,
    /// Weeks planned.
    pub planned_weeks: Option<i32>,
    /// After how many attended treatment sessions it is looked at again.
    pub review_after_sessions: Option<i32>,
    /// The day it is looked at again.
    pub review_on: Option<NaiveDate>,
    /// The first day of a pause.
    pub paused_from: Option<NaiveDate>,
    /// The last day of a pause.
    pub paused_until: Option<NaiveDate>,
    /// The day it was completed or stopped.
    pub ended_on: Option<NaiveDate>,
}

impl From<&TreatmentPlan> for PlanTerms {
    fn from(plan: &TreatmentPlan) -> Self {
        Self {
            status: plan.status,
            start_date: plan.start_date,
            planned_sessions: plan.planned_sessions.map(Whole::get),
            frequency_per_week: plan.frequency_per_week.map(Decimal::get),
            planned_weeks: plan.planned_weeks.map(Whole::get),
            review_after_sessions: plan.review_after_sessions.map(Whole::get),
            review_on: plan.review_on,
            paused_from: plan.paused_from,
            paused_until: plan.paused_until,
            ended_on: plan.ended_on,
        }
    }
}

/// A visit of the plan, as far as the counts need it.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    /// Its journal day.
    pub day: NaiveDate,
    /// What became of it.
    pub status: TreatmentSessionStatus,
}

/// How a plan stands today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PlanProgress {
    /// The day this was counted for.
    pub as_of: NaiveDate,
    /// Visits that took place.
    #[schema(minimum = 0, maximum = 100_000)]
    pub attended: i32,
    /// Visits the patient missed.
    #[schema(minimum = 0, maximum = 100_000)]
    pub missed: i32,
    /// Visits the patient called off.
    #[schema(minimum = 0, maximum = 100_000)]
    pub cancelled_patient: i32,
    /// Visits the clinic called off.
    #[schema(minimum = 0, maximum = 100_000)]
    pub cancelled_clinic: i32,
    /// Visits agreed that lie ahead.
    #[schema(minimum = 0, maximum = 100_000)]
    pub ahead: i32,
    /// Treatment sessions the plan wanted by today; null where it names no frequency or has not begun. Pauses
    /// do not count, and never more than `planned_sessions`.
    #[schema(minimum = 0, maximum = 100_000)]
    pub expected_by_now: Option<i32>,
    /// Of the visits whose day has come and that were not called off by the clinic, how many took
    /// place, in whole percent; null where there are none.
    #[schema(minimum = 0, maximum = 100)]
    pub attendance_percent: Option<i32>,
    /// Days of pause so far.
    #[schema(minimum = 0, maximum = 100_000)]
    pub paused_days: i32,
    /// Attended treatment sessions still to come before the review; 0 when it is due, null where the plan
    /// counts none.
    #[schema(minimum = 0, maximum = 100_000)]
    pub sessions_until_review: Option<i32>,
    /// The day of the review: that of the plan, else that of the planned visit at which the count is
    /// reached; null where neither is known.
    pub next_review_on: Option<NaiveDate>,
    /// Is the review due today or overdue? Only for a plan that runs or rests.
    pub review_due: bool,
    /// The first planned visit from today on.
    pub next_visit_on: Option<NaiveDate>,
}

/// Counts a plan's visits.
pub fn progress(plan: &PlanTerms, visits: &[Visit], today: NaiveDate) -> PlanProgress {
    let count = |status| number(visits.iter().filter(|visit| visit.status == status).count());
    let attended = count(TreatmentSessionStatus::Attended);
    let (missed, by_patient) =
        (count(TreatmentSessionStatus::Missed), count(TreatmentSessionStatus::CancelledPatient));
    let mut ahead: Vec<NaiveDate> = visits
        .iter()
        .filter(|visit| visit.status == TreatmentSessionStatus::Planned && visit.day >= today)
        .map(|visit| visit.day)
        .collect();
    ahead.sort_unstable();
    let due = attended + missed + by_patient;
    let until_review = plan.review_after_sessions.map(|wanted| (wanted - attended).max(0));
    let counted = until_review.and_then(|left| match usize::try_from(left) {
        // The treatment session that completes the count is the point of review.
        Ok(left) if left > 0 => ahead.get(left - 1).copied(),
        _ => None,
    });
    let runs = matches!(plan.status, PlanStatus::Active | PlanStatus::Paused);
    let by_day = plan.review_on.is_some_and(|day| day <= today);
    PlanProgress {
        as_of: today,
        attended,
        missed,
        cancelled_patient: by_patient,
        cancelled_clinic: count(TreatmentSessionStatus::CancelledClinic),
        ahead: number(ahead.len()),
        expected_by_now: expected(plan, today),
        attendance_percent: (due > 0).then(|| (attended * 100 + due / 2) / due),
        paused_days: number(paused_days(plan, plan.start_date, today)),
        sessions_until_review: until_review,
        next_review_on: plan.review_on.or(counted),
        review_due: runs && (by_day || until_review == Some(0)),
        next_visit_on: ahead.first().copied(),
    }
}

/// Treatment sessions wanted by the end of `today`: the days of treatment since the start, pauses taken off, in
/// weeks, times the frequency, rounded down; the first treatment session is wanted on the first day.
fn expected(plan: &PlanTerms, today: NaiveDate) -> Option<i32> {
    let (start, per_week) = plan.start_date.zip(plan.frequency_per_week)?;
    if matches!(plan.status, PlanStatus::Draft) || today < start {
        return None;
    }
    let last = [plan.ended_on, plan.planned_weeks.and_then(|weeks| end_of(start, weeks))]
        .into_iter()
        .flatten()
        .fold(today, NaiveDate::min);
    let days =
        (last - start).num_days() - i64::try_from(paused_days(plan, Some(start), last)).ok()?;
    // Both are far below what an i32 or the mantissa of a double holds.
    let days = f64::from(i32::try_from(days.max(0)).ok()?);
    let wanted = (days / 7.0 * per_week + 1e-9).floor() + 1.0;
    #[expect(clippy::cast_possible_truncation, reason = "at most 14 a week for a few centuries")]
    let wanted = wanted as i32;
    Some(plan.planned_sessions.map_or(wanted, |all| wanted.min(all)))
}

/// The last day of a treatment of so many weeks.
fn end_of(start: NaiveDate, weeks: i32) -> Option<NaiveDate> {
    let days = u64::try_from(weeks).ok()? * 7;
    start.checked_add_days(Days::new(days.checked_sub(1)?))
}

/// Days of the pause from `start` to `today`, both included.
fn paused_days(plan: &PlanTerms, start: Option<NaiveDate>, today: NaiveDate) -> usize {
    let Some(from) = plan.paused_from else { return 0 };
    let from = start.map_or(from, |start| from.max(start));
    let until = plan.paused_until.map_or(today, |until| until.min(today));
    usize::try_from((until - from).num_days() + 1).unwrap_or(0)
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::read_body;
    use serde_json::{Value, json};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Eight treatment sessions, one a week from Monday 4 May 2026, review after four.
    fn plan(extra: &Value) -> PlanTerms {
        let mut plan = json!({"journal_date": "2026-05-01", "goal": "Sit", "status": "active",
            "start_date": "2026-05-04", "planned_sessions": 8, "frequency_per_week": 1,
            "planned_weeks": 8, "review_after_sessions": 4});
        plan.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        PlanTerms::from(&read_body::<TreatmentPlan>(&plan).unwrap())
    }

    fn visits(days: &[(&str, TreatmentSessionStatus)]) -> Vec<Visit> {
        days.iter().map(|(on, status)| Visit { day: day(on), status: *status }).collect()
    }

    #[test]
    fn visits_are_counted_by_what_became_of_them() {
        use TreatmentSessionStatus as S;
        let visits = visits(&[
            ("2026-05-04", S::Attended),
            ("2026-05-11", S::Attended),
            ("2026-05-18", S::Missed),
            ("2026-05-20", S::CancelledClinic),
            ("2026-05-25", S::Planned),
            ("2026-06-01", S::Planned),
        ]);
        let now = progress(&plan(&json!({})), &visits, day("2026-05-22"));
        assert_eq!((now.attended, now.missed, now.cancelled_clinic, now.ahead), (2, 1, 1, 2));
        assert_eq!(now.expected_by_now, Some(3));
        assert_eq!(now.attendance_percent, Some(67));
        assert_eq!(now.sessions_until_review, Some(2));
        assert_eq!(now.next_review_on, Some(day("2026-06-01")));
        assert_eq!(now.next_visit_on, Some(day("2026-05-25")));
        assert!(!now.review_due);
    }

    #[test]
    fn what_is_expected_follows_weeks_pauses_and_the_end() {
        let expected =
            |extra: Value, today: &str| progress(&plan(&extra), &[], day(today)).expected_by_now;
        assert_eq!(expected(json!({}), "2026-05-03"), None);
        assert_eq!(expected(json!({}), "2026-05-04"), Some(1));
        assert_eq!(expected(json!({}), "2026-05-10"), Some(1));
        assert_eq!(expected(json!({}), "2026-05-11"), Some(2));
        assert_eq!(expected(json!({}), "2027-05-11"), Some(8));
        assert_eq!(expected(json!({"frequency_per_week": 0.5}), "2026-05-18"), Some(2));
        let pause = json!({"paused_from": "2026-05-11", "paused_until": "2026-05-17"});
        assert_eq!(expected(pause.clone(), "2026-05-18"), Some(2));
        assert_eq!(progress(&plan(&pause), &[], day("2026-05-13")).paused_days, 3);
        let stopped = json!({"status": "stopped", "ended_on": "2026-05-12"});
        assert_eq!(expected(stopped, "2026-08-01"), Some(2));
        assert_eq!(expected(json!({"status": "draft"}), "2026-06-01"), None);
    }

    #[test]
    fn a_review_is_due_by_day_or_by_count_while_the_plan_runs() {
        let four: Vec<Visit> = (4..=7)
            .map(|n| Visit {
                day: day(&format!("2026-05-{n:02}")),
                status: TreatmentSessionStatus::Attended,
            })
            .collect();
        assert!(progress(&plan(&json!({})), &four, day("2026-05-08")).review_due);
        let by_day = json!({"review_on": "2026-05-20"});
        assert!(!progress(&plan(&by_day), &[], day("2026-05-19")).review_due);
        assert!(progress(&plan(&by_day), &[], day("2026-05-20")).review_due);
        let over = json!({"status": "completed", "review_on": "2026-05-20"});
        assert!(!progress(&plan(&over), &four, day("2026-05-21")).review_due);
    }

    #[test]
    fn nothing_to_count_is_null_not_zero() {
        let bare = plan(&json!({"frequency_per_week": null, "review_after_sessions": null}));
        let now = progress(&bare, &[], day("2026-05-22"));
        assert_eq!(
            (now.expected_by_now, now.attendance_percent, now.sessions_until_review),
            (None, None, None)
        );
    }
}
