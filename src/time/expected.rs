//! On which journal days an entry is expected.

use chrono::NaiveDate;

/// A pause that a patient declares: its first day, and its last, where it has one.
pub type PauseDays = (NaiveDate, Option<NaiveDate>);

/// Days on which an entry is expected: spans, in order, none of which overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedDays(Vec<(NaiveDate, NaiveDate)>);

impl ExpectedDays {
    /// The days from the first to the last, less those of pauses; none where the last lies before the
    /// first. Pauses may come in any order and overlap.
    pub fn between(first: NaiveDate, last: NaiveDate, pauses: &[PauseDays]) -> Self {
        let mut pauses = pauses.to_vec();
        pauses.sort_unstable();
        let mut spans = Vec::new();
        let mut next = Some(first);
        for (begins, ends) in pauses {
            let Some(start) = next else { break };
            spans.extend(begins.pred_opt().map(|before| (start, before.min(last))));
            next = match ends {
                Some(ends) if ends < begins => Some(start),
                Some(ends) => ends.succ_opt().map(|after| after.max(start)),
                None => None,
            };
        }
        spans.extend(next.map(|start| (start, last)));
        spans.retain(|(from, to)| from <= to);
        Self(spans)
    }

    /// Those from the first to the last day.
    #[must_use]
    pub fn within(&self, first: NaiveDate, last: NaiveDate) -> Self {
        let cut = self.0.iter().map(|(from, to)| ((*from).max(first), (*to).min(last)));
        Self(cut.filter(|(from, to)| from <= to).collect())
    }

    /// Is one expected on this day?
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&day))
    }

    /// How many days.
    pub fn count(&self) -> usize {
        let days = self.0.iter().map(|(from, to)| (*to - *from).num_days() + 1);
        usize::try_from(days.sum::<i64>()).unwrap_or(0)
    }

    /// The first and the last of them.
    pub fn ends(&self) -> Option<(NaiveDate, NaiveDate)> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 5, day).unwrap()
    }
    fn expected(pauses: &[(u32, Option<u32>)]) -> Vec<u32> {
        let pauses: Vec<PauseDays> =
            pauses.iter().map(|(from, to)| (day(*from), to.map(day))).collect();
        let found = ExpectedDays::between(day(5), day(12), &pauses);
        let days: Vec<u32> = (1..=31).filter(|n| found.contains(day(*n))).collect();
        assert_eq!(found.count(), days.len(), "{pauses:?}");
        let ends = days.first().zip(days.last()).map(|(first, last)| (day(*first), day(*last)));
        assert_eq!(found.ends(), ends, "{pauses:?}");
        days
    }

    #[test]
    fn days_of_a_pause_are_not_expected() {
        assert_eq!(expected(&[]), [5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(expected(&[(7, Some(9))]), [5, 6, 10, 11, 12]);
        assert_eq!(expected(&[(10, None)]), [5, 6, 7, 8, 9]);
        assert_eq!(expected(&[(10, None), (6, Some(6))]), [5, 7, 8, 9]);
        assert_eq!(expected(&[(1, Some(5)), (4, Some(7)), (5, Some(6))]), [8, 9, 10, 11, 12]);
        assert_eq!(expected(&[(12, Some(20)), (1, Some(4)), (14, None)]), [5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(expected(&[(3, None)]), [0; 0]);
        assert_eq!(expected(&[(1, Some(31)), (7, Some(8))]), [0; 0]);
    }

    #[test]
    fn a_part_of_them_has_the_days_that_lie_in_it() {
        let all = ExpectedDays::between(day(5), day(12), &[(day(7), Some(day(9)))]);
        assert_eq!(all.within(day(1), day(6)).count(), 2);
        assert_eq!(all.within(day(6), day(10)).count(), 2);
        assert_eq!(all.within(day(7), day(9)), ExpectedDays::default());
        assert_eq!(ExpectedDays::between(day(6), day(5), &[]), ExpectedDays::default());
        assert_eq!(ExpectedDays::default().ends(), None);
    }
}
