//! Where it hurt: on how many days each place of the body was named, and how strong the pain was
//! there.
//!
//! A day counts once for a region and a side, however often it was named. Days on which no place
//! was named are left out: nothing is known of them.

use crate::body_map::{Laterality, Sides};
use crate::report::rows::{EntryRow, SiteRow};
use crate::report::rules::numbers::{count, mean};
use crate::report::rules::statement::{
    Draft, Method, PROVISIONAL_DAYS, RELIABLE_DAYS, ReportCode, ReportStatement, ReportWindow, Unit,
};
use crate::report::rules::weekly::mean_statement;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How often one place was named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SiteUse {
    /// Region of the body.
    pub region: ReportCode,
    /// The patient's own side: `left`, `right`, `midline`, or `unknown` where it was not told or
    /// the region has none. What was told of both sides counts for left and for right.
    pub laterality: ReportCode,
    /// Days on which the place was named.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub days: i32,
    /// `days` in percent of `days_with_sites`. Withheld below three of those, provisional below
    /// five.
    pub share: ReportStatement,
    /// Mean of the pain there over the days with an answer, one value a day: the mean of the day.
    /// Withheld below three days, provisional below five.
    pub mean_intensity: ReportStatement,
}

/// The places named over the window up to today. Counts alone; nothing is claimed of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SiteSummary {
    /// Days on which a place was named. On other days nothing is known of where it hurt.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days_with_sites: i32,
    /// The places, by days from most to least, then by name.
    #[schema(max_items = 100)]
    pub sites: Vec<SiteUse>,
}

/// A region on one side.
type Place = (&'static str, &'static str);

/// The places that entries named, each with its journal day.
pub(crate) fn named(entries: &[EntryRow]) -> Vec<(NaiveDate, SiteRow)> {
    let of_entry = |entry: &EntryRow| {
        let date = entry.journal_date;
        entry.sites.clone().into_iter().map(move |site| (date, site))
    };
    entries.iter().flat_map(of_entry).collect()
}

/// The places named in a window; `None` stands for a window without days.
pub fn summary(rows: &[(NaiveDate, SiteRow)], window: Option<ReportWindow>) -> SiteSummary {
    const SHARE: Method = (
        "days_with_site_of_days_with_any_site",
        "Days on which the place was named, in percent of the days on which any place was named.",
    );
    const INTENSITY: Method = (
        "mean_site_intensity",
        "Mean of the pain in the place over the days with an answer, one value a day: the mean of \
         the day's answers.",
    );
    let mut days = BTreeSet::new();
    let mut places: BTreeMap<Place, BTreeMap<NaiveDate, Vec<f64>>> = BTreeMap::new();
    for (date, row) in rows.iter().filter(|(date, _)| window.is_some_and(|w| w.contains(*date))) {
        days.insert(*date);
        for side in sides(*row) {
            let of_place = places.entry((row.region.code(), side.code())).or_default();
            let answers = of_place.entry(*date).or_default();
            answers.extend(row.intensity.map(f64::from));
        }
    }
    let mut sites: Vec<SiteUse> = places
        .into_iter()
        .map(|((region, side), of_place)| {
            let answered: Vec<f64> = of_place.values().filter_map(|day| mean(day)).collect();
            let share = Draft {
                value: Some(100.0 * of_place.len() as f64 / days.len() as f64),
                unit: Unit::Percent,
                n: days.len(),
                window,
                method: SHARE,
                interval: None,
                have: days.len(),
                need: RELIABLE_DAYS,
                show_from: PROVISIONAL_DAYS,
            };
            let scale = Unit::Score0To10;
            SiteUse {
                region: region.into(),
                laterality: side.into(),
                days: count(of_place.len()),
                share: share.finish(),
                mean_intensity: mean_statement(&answered, window, scale, INTENSITY, RELIABLE_DAYS),
            }
        })
        .collect();
    // They come sorted by name, and this keeps the order of equals.
    sites.sort_by_key(|site| Reverse(site.days));
    SiteSummary { days_with_sites: count(days.len()), sites }
}

/// The sides that a row counts for. What lies on the midline needs no side to be told.
fn sides(row: SiteRow) -> &'static [Laterality] {
    match (row.laterality, row.region.sides()) {
        (None | Some(Laterality::Unknown), Sides::Midline) => &[Laterality::Midline],
        (None | Some(Laterality::Unknown), _) => &[Laterality::Unknown],
        (Some(side), _) => side.places(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body_map::BodyRegion;
    use crate::body_map::Laterality::{Both, Left, Right};
    use crate::report::rules::fixtures::date;
    use crate::report::rules::statement::Status;

    fn row(day: i64, region: BodyRegion, laterality: Option<Laterality>) -> (NaiveDate, SiteRow) {
        (date(day), SiteRow { region, laterality, intensity: None })
    }

    fn named(summary: &SiteSummary) -> Vec<(&str, &str, i32)> {
        let sites = summary.sites.iter();
        sites.map(|site| (site.region.0.as_str(), site.laterality.0.as_str(), site.days)).collect()
    }

    #[test]
    fn a_day_counts_once_for_each_side_and_both_for_two() {
        let rows = [
            row(0, BodyRegion::LowBack, Some(Left)),
            row(0, BodyRegion::LowBack, Some(Both)),
            row(1, BodyRegion::LowBack, Some(Left)),
            row(1, BodyRegion::Hip, None),
            row(2, BodyRegion::Hip, Some(Right)),
            row(2, BodyRegion::Sacrum, None),
            row(50, BodyRegion::Head, None),
        ];
        let found = summary(&rows, ReportWindow::new(date(0), date(6)));
        assert_eq!(found.days_with_sites, 3);
        assert_eq!(
            named(&found),
            [
                ("low_back", "left", 2),
                ("hip", "right", 1),
                ("hip", "unknown", 1),
                ("low_back", "right", 1),
                ("sacrum", "midline", 1),
            ]
        );
        let share = &found.sites[0].share;
        assert_eq!((share.value, share.n, share.status), (Some(66.67), 3, Status::Provisional));
        let mut turned = rows;
        turned.reverse();
        assert_eq!(summary(&turned, ReportWindow::new(date(0), date(6))), found);
        assert_eq!(summary(&rows, None), SiteSummary { days_with_sites: 0, sites: vec![] });
    }

    #[test]
    fn an_intensity_that_is_missing_is_not_zero() {
        let with = |day, intensity| {
            let (date, site) = row(day, BodyRegion::Neck, Some(Left));
            (date, SiteRow { intensity, ..site })
        };
        let rows: Vec<(NaiveDate, SiteRow)> = [
            (0, Some(4)),
            (0, Some(8)),
            (0, None),
            (1, Some(3)),
            (2, Some(0)),
            (3, None),
            (4, None),
        ]
        .map(|(day, intensity)| with(day, intensity))
        .to_vec();
        let window = ReportWindow::new(date(0), date(6));
        let found = summary(&rows, window);
        let mean = &found.sites[0].mean_intensity;
        assert_eq!((mean.value, mean.n, mean.status), (Some(3.0), 3, Status::Provisional));
        assert_eq!((found.sites[0].days, found.sites[0].share.status), (5, Status::Reliable));
        // Below the gate the numbers are withheld, the count is not.
        let few = summary(&rows[3..5], window);
        let site = &few.sites[0];
        assert_eq!((site.days, site.share.value, site.mean_intensity.value), (2, None, None));
        let json = serde_json::to_string(&few).unwrap();
        assert!(json.starts_with(r#"{"days_with_sites":2,"sites":[{"region":"neck","laterality":"left","days":2,"share":{"value":null"#), "{json}");
    }
}
