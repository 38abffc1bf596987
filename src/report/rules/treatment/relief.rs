//! Relief: what was tried against the pain, and how much it helped in the patient's judgement.

use super::medication::HelpedCounts;
use crate::collections::ReliefMeans;
use crate::report::rows::EntryRow;
use crate::report::rules::numbers::count;
use crate::report::rules::statement::{ReportCode, ReportWindow};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// One means of relief over the window up to today. Counts alone: what was tried on worse days
/// cannot be told from what did not help, so nothing is ranked by effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReliefUse {
    /// What was tried.
    pub what: ReportCode,
    /// Days on which it was tried.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days: i32,
    /// Times it was entered.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub times: i32,
    /// How much it helped, by those times.
    pub helped: HelpedCounts,
}

/// The means of relief of a window, in the documented order of the vocabulary.
pub(crate) fn summary(entries: &[EntryRow], window: Option<ReportWindow>) -> Vec<ReliefUse> {
    let mut means: BTreeMap<ReliefMeans, (BTreeSet<NaiveDate>, i32, HelpedCounts)> =
        BTreeMap::new();
    let within = |entry: &&EntryRow| window.is_some_and(|w| w.contains(entry.journal_date));
    for entry in entries.iter().filter(within) {
        for (what, answer) in &entry.relief {
            let (days, times, helped) = means.entry(*what).or_default();
            days.insert(entry.journal_date);
            *times += 1;
            helped.add(*answer);
        }
    }
    means
        .into_iter()
        .map(|(what, (days, times, helped))| ReliefUse {
            what: what.code().into(),
            days: count(days.len()),
            times,
            helped,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::EntryKind;
    use crate::collections::Helped;
    use crate::report::rules::fixtures::{date, rating};

    #[test]
    fn days_times_and_answers_are_counted_apart() {
        let heat = |day, helped| EntryRow {
            relief: vec![(ReliefMeans::Heat, helped)],
            ..rating(EntryKind::Daily, day, 600)
        };
        let rows = [
            heat(0, Some(Helped::ALot)),
            heat(0, None),
            heat(1, Some(Helped::None)),
            heat(50, Some(Helped::Some)),
        ];
        let found = summary(&rows, ReportWindow::new(date(0), date(6)));
        assert_eq!((found.len(), found[0].days, found[0].times), (1, 2, 3));
        let helped = HelpedCounts { none: 1, some: 0, a_lot: 1, not_answered: 1 };
        assert_eq!((found[0].what.0.as_str(), found[0].helped), ("heat", helped));
        assert_eq!(summary(&rows, None), []);
    }
}
