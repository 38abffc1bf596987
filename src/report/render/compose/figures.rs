//! The pictures of a page.

use super::content::places_of_one_day;
use super::voice::Voice;
use crate::report::render::chart::{self, Sparkline};
use crate::report::render::page::{Block, Figure};
use crate::report::rules::Report;
use crate::report::rules::statement::Unit;
use crate::report::rules::weekly::WeeklySeries;

/// A scale of 0 to 10.
const NRS: (f64, f64) = (0.0, 10.0);

/// The daily pain.
pub(super) fn daily_pain(words: &Voice<'_>, report: &Report) -> Block {
    Block::Figure(Figure {
        svg: chart::daily_pain_svg(report, words.language),
        name: words.text("chart.name", &[]),
        alt: chart::daily_pain_alt(report, words.language),
        caption: String::new(),
    })
}

/// Pain around the treatment sessions, where there were any.
pub(super) fn around_treatments(words: &Voice<'_>, report: &Report) -> Option<Block> {
    let effects = report.session_effects.as_ref()?;
    Some(Block::Figure(Figure {
        svg: chart::around_treatments_svg(effects, words.language)?,
        name: words.text("sessions.heading", &[]),
        alt: chart::around_treatments_alt(effects, words.language),
        caption: String::new(),
    }))
}

/// How the patient slept and felt, week by week, one line each.
pub(super) fn weeks(words: &Voice<'_>, report: &Report) -> Option<Block> {
    let mut series: Vec<(&str, (f64, f64), &WeeklySeries)> = Vec::new();
    if let Some(sleep) = &report.sleep {
        series.push(("weeks.sleep", (0.0, 720.0), &sleep.total_sleep));
        series.push(("weeks.quality", NRS, &sleep.quality));
    }
    if let Some(wellbeing) = &report.wellbeing {
        series.push(("weeks.interference", NRS, &wellbeing.interference));
        series.push(("weeks.stiffness", NRS, &wellbeing.stiffness));
        series.push(("weeks.mood", NRS, &wellbeing.mood));
        series.push(("weeks.stress", NRS, &wellbeing.stress));
        series.push(("weeks.energy", NRS, &wellbeing.energy));
    }
    // A measure without an entry would be an empty row.
    series.retain(|(.., series)| series.mean.have > 0);
    if series.is_empty() {
        return None;
    }
    let labels: Vec<String> = series.iter().map(|(key, ..)| words.text(key, &[])).collect();
    let hours = words.text("weeks.hours", &[]);
    let rows: Vec<Sparkline<'_>> = series
        .iter()
        .zip(&labels)
        .map(|((_, range, series), label)| {
            let is_duration = series.mean.unit == Unit::Minutes;
            let scale = if is_duration { hours.as_str() } else { "" };
            Sparkline { label, scale, is_duration, range: *range, series }
        })
        .collect();
    Some(Block::Figure(Figure {
        svg: chart::sparklines_svg(&rows, words.language),
        name: words.text("weeks.name", &[]),
        alt: chart::sparklines_alt(&rows, words.language),
        caption: String::new(),
    }))
}

/// Where it hurt, as far as anything was named.
pub(super) fn body(report: &Report, words: &Voice<'_>) -> Option<Block> {
    let sites = report.sites.as_ref().filter(|sites| sites.days_with_sites > 0)?;
    Some(Block::Figure(Figure {
        svg: chart::body_map_svg(sites, words.language),
        name: words.text("body.heading", &[]),
        alt: chart::body_map_alt(sites, words.language),
        caption: places_of_one_day(words, sites).unwrap_or_default(),
    }))
}
