//! The course a report is about: the chain of attended treatments that leads up to its last day, and
//! so the day before which nothing was treated.

use crate::report::rows::{PlanRow, TreatmentRow};
use crate::report::rules::numbers::count;
use crate::report::rules::statement::shift;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Days that may lie between two treatments of one course. After more of them, the next treatment
/// begins a course of its own.
pub const LONGEST_GAP_DAYS: i64 = 90;

/// The course of treatment a report is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// The complaint that is treated; `None` where the last treatment names none, and the course is
    /// that of the whole journal.
    pub pain_episode_id: Option<Uuid>,
    /// The treatments in the order of their days, at least one.
    treatments: Vec<TreatmentRow>,
    /// First day that may be read; `None` where nothing limits it.
    open_from: Option<NaiveDate>,
}

impl Course {
    /// The course that a report up to `end` is about: the last treatment by then, and those before it
    /// as long as no two are more than [`LONGEST_GAP_DAYS`] apart. Where the last treatment names a
    /// complaint, treatments of another are left out; one that names none may be of any. `None` where
    /// there was no treatment.
    ///
    /// `rows` are attended treatments, however far they lie back; `open_from` is the first day whose
    /// rows may be read.
    pub fn find(
        rows: &[TreatmentRow],
        end: NaiveDate,
        open_from: Option<NaiveDate>,
    ) -> Option<Self> {
        let mut rows: Vec<&TreatmentRow> =
            rows.iter().filter(|row| row.journal_date <= end).collect();
        rows.sort_unstable_by_key(|row| (row.journal_date, row.starts_at, row.id));
        let complaint = rows.last()?.pain_episode_id;
        let is_of_another =
            |row: &TreatmentRow| row.pain_episode_id.zip(complaint).is_some_and(|(a, b)| a != b);
        rows.retain(|row| !is_of_another(row));
        let gap = |pair: &[&TreatmentRow]| match pair {
            [one, next] => (next.journal_date - one.journal_date).num_days(),
            _ => 0,
        };
        let begins = rows.windows(2).rposition(|pair| gap(pair) > LONGEST_GAP_DAYS);
        let chain = rows.split_off(begins.map_or(0, |before| before + 1));
        let treatments = chain.into_iter().cloned().collect();
        Some(Self { pain_episode_id: complaint, treatments, open_from })
    }

    /// The day of the first treatment; `None` where so few days before it are open that an earlier one
    /// could lie among those that are not.
    pub fn first_day(&self) -> Option<NaiveDate> {
        let first = self.treatments.first()?.journal_date;
        let is_known = self.open_from.is_none_or(|open| open <= shift(first, -LONGEST_GAP_DAYS));
        is_known.then_some(first)
    }

    /// The day of the last treatment.
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.treatments.last().map(|row| row.journal_date)
    }

    /// The first day that may be read, where for that reason the first treatment is not known.
    pub fn unknown_before(&self) -> Option<NaiveDate> {
        self.open_from.filter(|_| self.first_day().is_none())
    }

    /// The plans that treatments of the course belong to, in the order of their first ones.
    fn phases(&self, plans: &[PlanRow]) -> Vec<CoursePhase> {
        let mut phases: Vec<CoursePhase> = Vec::new();
        for row in &self.treatments {
            let plan = row.treatment_plan_id.and_then(|id| plans.iter().find(|plan| plan.id == id));
            let Some(plan) = plan else { continue };
            match phases.iter_mut().find(|phase| phase.treatment_plan_id == plan.id) {
                Some(phase) => {
                    phase.treatments += 1;
                    phase.last_session_date = row.journal_date;
                }
                None => phases.push(CoursePhase {
                    treatment_plan_id: plan.id,
                    first_session_date: row.journal_date,
                    last_session_date: row.journal_date,
                    treatments: 1,
                    planned_sessions: plan.planned_sessions,
                }),
            }
        }
        phases
    }

    /// The course as it stands in the report.
    pub(crate) fn to_report(&self, plans: &[PlanRow]) -> Option<ReportedCourse> {
        Some(ReportedCourse {
            pain_episode_id: self.pain_episode_id,
            first_session_date: self.first_day(),
            last_session_date: self.last_day()?,
            treatments: count(self.treatments.len()),
            share_begins_on: self.unknown_before(),
            phases: self.phases(plans),
        })
    }
}

/// The course of treatment a report is about: the attended treatments up to its last day of which no
/// two are more than 90 days apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedCourse {
    /// The complaint that is treated; null where the last treatment names none.
    #[schema(required)]
    pub pain_episode_id: Option<Uuid>,
    /// Journal day of the first treatment, however far it lies back; null where the share does not
    /// reach 90 days before it, so that an earlier one cannot be excluded.
    #[schema(required)]
    pub first_session_date: Option<NaiveDate>,
    /// Journal day of the last treatment.
    pub last_session_date: NaiveDate,
    /// Attended treatments of the course that are known.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub treatments: i32,
    /// First day the share opens, where for that reason `first_session_date` is null.
    #[schema(required)]
    pub share_begins_on: Option<NaiveDate>,
    /// The treatment plans the treatments belong to, in the order of their first treatments.
    #[schema(max_items = 1000)]
    pub phases: Vec<CoursePhase>,
}

/// The part of a course that belongs to one treatment plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoursePhase {
    /// The plan.
    pub treatment_plan_id: Uuid,
    /// Journal day of its first treatment.
    pub first_session_date: NaiveDate,
    /// Journal day of its last treatment so far.
    pub last_session_date: NaiveDate,
    /// Its treatments so far.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub treatments: i32,
    /// Treatment sessions planned in all; null where not set.
    #[schema(required, minimum = 1, maximum = 200)]
    pub planned_sessions: Option<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{date, plan, treatment};

    fn of(episode: Option<u128>, day: i64) -> TreatmentRow {
        TreatmentRow { pain_episode_id: episode.map(Uuid::from_u128), ..treatment(day) }
    }

    fn first(rows: &[TreatmentRow], end: i64) -> Option<NaiveDate> {
        Course::find(rows, date(end), None).and_then(|course| course.first_day())
    }

    #[test]
    fn a_chain_ends_where_more_than_ninety_days_lie_between() {
        // The case of a course longer than the window: treated 150 and 85 days before the last one.
        assert_eq!(first(&[treatment(-85), treatment(-150)], 0), Some(date(-150)));
        assert_eq!(first(&[treatment(0), treatment(90)], 100), Some(date(0)));
        assert_eq!(first(&[treatment(0), treatment(91)], 100), Some(date(91)));
        // Only what lies before the end of the window counts.
        assert_eq!(first(&[treatment(0), treatment(91)], 90), Some(date(0)));
        assert_eq!(first(&[treatment(1)], 0), None);
        let course = Course::find(&[treatment(0), treatment(7)], date(400), None).unwrap();
        assert_eq!((course.first_day(), course.last_day()), (Some(date(0)), Some(date(7))));
    }

    #[test]
    fn a_course_is_of_the_complaint_that_was_treated_last() {
        let rows = [of(Some(1), 0), of(Some(2), 10), of(Some(1), 60), of(Some(2), 70)];
        assert_eq!(first(&rows, 70), Some(date(10)));
        assert_eq!(first(&rows, 65), Some(date(0)));
        // A treatment that names no complaint may be of this one, too: nothing before it is untreated.
        assert_eq!(first(&[of(None, 5), of(Some(2), 10)], 70), Some(date(5)));
        // Without a complaint, the course is that of the journal.
        let all = Course::find(&[of(Some(1), 0), of(Some(2), 10), of(None, 20)], date(70), None);
        let all = all.unwrap();
        assert_eq!((all.first_day(), all.pain_episode_id), (Some(date(0)), None));
    }

    #[test]
    fn the_first_day_is_known_when_ninety_days_before_it_are_open() {
        let rows = [treatment(90)];
        let open = |day| Course::find(&rows, date(100), Some(date(day))).unwrap();
        assert_eq!(open(0).first_day(), Some(date(90)));
        assert_eq!(open(1).first_day(), None);
        let report = open(1).to_report(&[]).unwrap();
        assert_eq!((report.first_session_date, report.share_begins_on), (None, Some(date(1))));
        assert_eq!(open(0).to_report(&[]).unwrap().share_begins_on, None);
    }

    #[test]
    fn plans_name_the_phases_of_a_course() {
        let (one, two) = (plan(0), plan(30));
        let under = |plan: &PlanRow, day| TreatmentRow {
            treatment_plan_id: Some(plan.id),
            ..treatment(day)
        };
        let rows = [under(&two, 40), under(&one, 5), under(&one, 12), treatment(20)];
        let course = Course::find(&rows, date(60), None).unwrap().to_report(&[two, one]).unwrap();
        let phases: Vec<_> = course
            .phases
            .iter()
            .map(|phase| (phase.first_session_date, phase.treatments))
            .collect();
        assert_eq!((phases, course.treatments), (vec![(date(5), 2), (date(40), 1)], 4));
    }
}
