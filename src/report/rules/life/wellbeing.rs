//! Stiffness, mood, stress, energy and interference: one row of sparklines.

use crate::report::rows::EntryRow;
use crate::report::rules::statement::{Method, ReportWindow, Unit};
use crate::report::rules::weekly::{WeeklySeries, numbers, weekly};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Well-being over the window up to today. One answer a day counts: the last of a daily entry,
/// else the last of the day. Source: clinical.md, Scales; no threshold is claimed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WellbeingSummary {
    /// How much pain got in the way, 0 not at all to 10 completely.
    pub interference: WeeklySeries,
    /// Stiffness, 0 none to 10 most.
    pub stiffness: WeeklySeries,
    /// Length of the morning stiffness in minutes. It is shown as a fact and not interpreted.
    pub morning_stiffness: WeeklySeries,
    /// Mood, 0 worst to 10 best.
    pub mood: WeeklySeries,
    /// Stress, 0 none to 10 most.
    pub stress: WeeklySeries,
    /// Energy, 0 none to 10 full.
    pub energy: WeeklySeries,
}

/// The well-being of a window; `None` stands for a window without days.
pub(crate) fn summary(entries: &[EntryRow], window: Option<ReportWindow>) -> WellbeingSummary {
    const INTERFERENCE: Method =
        ("mean_interference", "Mean of the interference of pain on the days that have an answer.");
    const STIFFNESS: Method =
        ("mean_stiffness", "Mean of the stiffness on the days that have an answer.");
    const MORNING: Method = (
        "mean_morning_stiffness_minutes",
        "Mean of the minutes of morning stiffness on the days that have an answer.",
    );
    const MOOD: Method = ("mean_mood", "Mean of the mood on the days that have an answer.");
    const STRESS: Method = ("mean_stress", "Mean of the stress on the days that have an answer.");
    const ENERGY: Method = ("mean_energy", "Mean of the energy on the days that have an answer.");
    let series = |pick: fn(&EntryRow) -> Option<i16>, unit, method| {
        weekly(&numbers(entries, pick), window, unit, method)
    };
    let scale = Unit::Score0To10;
    WellbeingSummary {
        interference: series(|entry| entry.interference, scale, INTERFERENCE),
        stiffness: series(|entry| entry.stiffness, scale, STIFFNESS),
        morning_stiffness: series(|entry| entry.morning_stiffness_minutes, Unit::Minutes, MORNING),
        mood: series(|entry| entry.mood, scale, MOOD),
        stress: series(|entry| entry.stress, scale, STRESS),
        energy: series(|entry| entry.energy, scale, ENERGY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::EntryKind;
    use crate::report::rules::fixtures::{date, rating};

    #[test]
    fn each_measure_has_its_own_days() {
        let rows: Vec<EntryRow> = (0..7)
            .map(|day| EntryRow {
                mood: Some(6),
                stress: (day < 4).then_some(0),
                morning_stiffness_minutes: (day == 0).then_some(45),
                ..rating(EntryKind::Daily, day, 1200)
            })
            .collect();
        let found = summary(&rows, ReportWindow::new(date(0), date(6)));
        assert_eq!((found.mood.mean.value, found.mood.weeks[0].n), (Some(6.0), 7));
        assert_eq!((found.stress.mean.value, found.stress.weeks[0].value), (Some(0.0), Some(0.0)));
        assert_eq!((found.morning_stiffness.mean.value, found.morning_stiffness.mean.n), (None, 1));
        assert_eq!((found.energy.mean.n, found.energy.mean.value), (0, None));
    }
}
