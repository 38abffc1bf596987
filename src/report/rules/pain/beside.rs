//! What must be said beside a change of pain, and binds its numbers: short, and only where it applies.

use super::baseline::{Baseline, BaselineKind, expected_regression};
use super::change::{ChangeBand, PainChange};
use super::window::{Composite, DAILY_RELIABILITY};
use crate::report::rules::cautions::Caution;
use crate::report::rules::life::questionnaires::GlobalImpression;
use crate::report::rules::numbers::one_decimal;
use crate::report::rules::statement::{PROVISIONAL_DAYS, RELIABLE_DAYS};
use crate::report::rules::treatment::course::Course;

/// Days between the last treatment and the last day of the follow-up from which its distance is told.
const LONG_AGO_DAYS: i64 = 28;

/// Days that a whole follow-up has.
const WHOLE_FOLLOW_UP: usize = 14;

/// Options of the global impression (1 to 7) up to which it is an improvement, and from which it is a
/// worsening.
const IMPRESSIONS: (i32, i32) = (3, 5);

/// What stands beside the change of a course.
pub(crate) struct Beside<'a> {
    pub(crate) baseline: &'a Baseline,
    pub(crate) follow_up: &'a Composite,
    pub(crate) change: &'a PainChange,
    pub(crate) course: Option<&'a Course>,
    pub(crate) impression: Option<&'a GlobalImpression>,
}

impl Beside<'_> {
    /// The cautions, in the order of the numbers they bind.
    pub(crate) fn cautions(&self) -> Vec<Caution> {
        let all = [
            self.start_unknown(),
            self.no_baseline(),
            self.late_entries(),
            self.regression(),
            self.too_early(),
            self.sparse(),
            self.long_ago(),
            self.impression(),
        ];
        all.into_iter().flatten().collect()
    }

    fn start_unknown(&self) -> Option<Caution> {
        let begins = self.course.and_then(Course::unknown_before)?;
        Some(Caution::new("course_start_unknown", &[("begins", &begins.to_string())]))
    }

    fn no_baseline(&self) -> Option<Caution> {
        (self.baseline.kind == BaselineKind::FirstWeekAfterStart)
            .then(|| Caution::new("no_baseline_before_treatment", &[]))
    }

    fn late_entries(&self) -> Option<Caution> {
        let (in_time, all) = (&self.baseline.composite, &self.baseline.with_late_entries);
        if !self.change.differs_with_late_entries(self.baseline) {
            return None;
        }
        let late = (all.n() - in_time.n()).to_string();
        let with = one_decimal(all.mean()?);
        // Too few rated in time hold nothing against them.
        let other = match in_time.mean().filter(|_| in_time.n() >= PROVISIONAL_DAYS) {
            Some(mean) => ("without", one_decimal(mean)),
            None => ("all", all.n().to_string()),
        };
        let values = [("late", late.as_str()), ("with", &with), (other.0, &other.1)];
        Some(Caution::new("baseline_with_late_entries", &values))
    }

    /// F13, where the baseline was taken at a bad time or the change is called meaningful.
    fn regression(&self) -> Option<Caution> {
        (self.baseline.is_high() || self.change.meaningful_improvement).then(|| {
            let (selected, usual) = (7.5, 5.0);
            let fall = expected_regression(selected, usual, DAILY_RELIABILITY);
            let [selected, usual, fall] = [selected, usual, fall].map(one_decimal);
            let values = [("selected", selected.as_str()), ("usual", &usual), ("fall", &fall)];
            Caution::new("regression_to_the_mean", &values)
        })
    }

    fn too_early(&self) -> Option<Caution> {
        let first = self.baseline.first_session_date?;
        let (n, days) =
            (self.follow_up.n(), self.follow_up.window.map_or(0, |window| window.days()));
        (n < PROVISIONAL_DAYS && days < WHOLE_FOLLOW_UP).then(|| {
            let (first, need) = (first.to_string(), RELIABLE_DAYS.to_string());
            let values = [("first", first.as_str()), ("have", &n.to_string()), ("need", &need)];
            Caution::new("follow_up_too_early", &values)
        })
    }

    fn sparse(&self) -> Option<Caution> {
        let (n, days) = (self.follow_up.n(), self.follow_up.window?.days());
        (n >= PROVISIONAL_DAYS && 2 * n < days).then(|| {
            let values = [("have", n.to_string()), ("days", days.to_string())];
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            Caution::new("follow_up_sparse", &values)
        })
    }

    fn long_ago(&self) -> Option<Caution> {
        let (last, end) = (self.course?.last_day()?, self.follow_up.window?.to);
        let days = (end - last).num_days();
        (days > LONG_AGO_DAYS).then(|| {
            let (last, days) = (last.to_string(), days.to_string());
            Caution::new("last_treatment_long_ago", &[("last", &last), ("days", &days)])
        })
    }

    fn impression(&self) -> Option<Caution> {
        let impression = self.impression?;
        let (better, worse) =
            (impression.value <= IMPRESSIONS.0, impression.value >= IMPRESSIONS.1);
        let is_worse = self.change.band == Some(ChangeBand::Worse);
        (self.change.meaningful_improvement && worse || is_worse && better).then(|| {
            let on = impression.journal_date.to_string();
            let values = [("on", on.as_str()), ("words", &impression.words)];
            Caution::new("impression_disagrees", &values)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::change::change;
    use super::super::daily::PainDays;
    use super::*;
    use crate::report::rows::{EntryRow, TreatmentRow};
    use crate::report::rules::fixtures::{dailies, date, late, treatment};
    use crate::report::rules::statement::ReportWindow;
    use crate::time::DayStarts;

    /// The codes beside the change of a journal treated on day 20, up to a day.
    fn codes_to(
        rows: &[EntryRow],
        end: i64,
        open_from: Option<i64>,
        said: Option<i32>,
    ) -> Vec<String> {
        let days = PainDays::from_rows(rows, &DayStarts::default());
        let treatments: [TreatmentRow; 1] = [treatment(20)];
        let course = Course::find(&treatments, date(end), open_from.map(date));
        let baseline = Baseline::find(&days, course.as_ref(), date(end));
        let follow_up = baseline.follow_up(&days, ReportWindow::new(date(0), date(end)));
        let change = change(&baseline, &follow_up);
        let impression = said.map(|value| GlobalImpression {
            assessment_id: uuid::Uuid::nil(),
            journal_date: date(end),
            value,
            words: "Minimally worse".to_owned(),
            is_responder: false,
        });
        let (course, impression) = (course.as_ref(), impression.as_ref());
        let beside = Beside {
            baseline: &baseline,
            follow_up: &follow_up,
            change: &change,
            course,
            impression,
        };
        beside.cautions().into_iter().map(|caution| caution.code).collect()
    }

    fn rated(before: i16, after: i16) -> Vec<EntryRow> {
        [dailies(6, &[Some(before); 14]), dailies(21, &[Some(after); 30])].concat()
    }

    #[test]
    fn an_ordinary_change_needs_no_word() {
        assert_eq!(codes_to(&rated(5, 5), 48, None, Some(5)), [""; 0]);
    }

    #[test]
    fn regression_stands_beside_a_high_baseline_and_beside_meaningful() {
        assert_eq!(codes_to(&rated(7, 7), 48, None, None), ["regression_to_the_mean"]);
        assert_eq!(codes_to(&rated(5, 2), 48, None, None), ["regression_to_the_mean"]);
    }

    #[test]
    fn impression_and_ratings_that_disagree_are_named() {
        let codes = codes_to(&rated(5, 2), 48, None, Some(5));
        assert_eq!(codes, ["regression_to_the_mean", "impression_disagrees"]);
        assert_eq!(codes_to(&rated(4, 6), 48, None, Some(2)), ["impression_disagrees"]);
    }

    #[test]
    fn a_follow_up_says_how_little_and_how_late_it_is() {
        let few = [dailies(6, &[Some(5); 14]), dailies(40, &[Some(5); 5])].concat();
        assert_eq!(codes_to(&few, 48, None, None), ["follow_up_sparse"]);
        assert_eq!(codes_to(&rated(5, 5), 49, None, None), ["last_treatment_long_ago"]);
        assert_eq!(codes_to(&rated(5, 5), 36, None, None), ["follow_up_too_early"]);
        assert_eq!(codes_to(&rated(5, 5), 30, None, None), ["follow_up_too_early"]);
        // A whole follow-up that was not rated is not early.
        assert_eq!(codes_to(&dailies(6, &[Some(5); 14]), 48, None, None), [""; 0]);
    }

    #[test]
    fn a_share_that_begins_too_late_says_so() {
        assert_eq!(codes_to(&rated(5, 2), 48, Some(-69), None), ["course_start_unknown"]);
        assert_eq!(codes_to(&rated(5, 5), 48, Some(-70), None), [""; 0]);
    }

    #[test]
    fn late_entries_are_told_where_they_would_say_something_else() {
        // Six 5s in time and eight 9s typed four days late.
        let before = [dailies(6, &[Some(5); 6]), late(12, &[Some(9); 8])].concat();
        let codes = codes_to(&[before, dailies(35, &[Some(4); 14])].concat(), 48, None, None);
        assert_eq!(codes, ["baseline_with_late_entries"]);
        let only = [late(6, &[Some(9); 14]), dailies(35, &[Some(4); 14])].concat();
        assert_eq!(codes_to(&only, 48, None, None), ["baseline_with_late_entries"]);
        let week = [dailies(21, &[Some(5); 28])].concat();
        assert_eq!(codes_to(&week, 48, None, None), ["no_baseline_before_treatment"]);
    }
}
