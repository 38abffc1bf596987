//! The pictures of a page.

use super::words::Voice;
use crate::body_map::{self, View};
use crate::report::Report;
use crate::report::chart::{self, Sparkline};
use crate::report::page::{Block, Figure};
use crate::report::weekly::WeeklySeries;

/// A scale of 0 to 10.
const NRS: (f64, f64) = (0.0, 10.0);

/// The daily pain.
pub(super) fn daily_pain(words: &Voice<'_>, report: &Report) -> Block {
    Block::Figure(Figure {
        svg: chart::daily_pain_svg(report),
        alt: chart::daily_pain_alt(report),
        caption: words.text("chart.caption", &[]),
    })
}

/// Pain around the sessions, where there were any.
pub(super) fn around_sessions(report: &Report) -> Option<Block> {
    let effects = report.session_effects.as_ref()?;
    Some(Block::Figure(Figure {
        svg: chart::around_sessions_svg(effects)?,
        alt: chart::around_sessions_alt(effects),
        caption: String::new(),
    }))
}

/// How the patient slept and felt, week by week, one line each.
pub(super) fn weeks(words: &Voice<'_>, report: &Report) -> Option<Block> {
    let mut series: Vec<(&str, &str, (f64, f64), &WeeklySeries)> = Vec::new();
    if let Some(sleep) = &report.sleep {
        series.push(("sleep.total", "min", (0.0, 720.0), &sleep.total_sleep));
        series.push(("sleep.quality", "", NRS, &sleep.quality));
    }
    if let Some(wellbeing) = &report.wellbeing {
        series.push(("wellbeing.interference", "", NRS, &wellbeing.interference));
        series.push(("wellbeing.stiffness", "", NRS, &wellbeing.stiffness));
        series.push(("wellbeing.mood", "", NRS, &wellbeing.mood));
        series.push(("wellbeing.stress", "", NRS, &wellbeing.stress));
        series.push(("wellbeing.energy", "", NRS, &wellbeing.energy));
    }
    if let Some(function) = &report.function {
        series.push(("function.walking", "min", (0.0, 120.0), &function.walking_minutes));
    }
    if series.is_empty() {
        return None;
    }
    let labels: Vec<String> = series.iter().map(|(key, ..)| words.text(key, &[])).collect();
    let rows: Vec<Sparkline<'_>> = series
        .iter()
        .zip(&labels)
        .map(|((_, unit, range, series), label)| Sparkline { label, unit, range: *range, series })
        .collect();
    Some(Block::Figure(Figure {
        svg: chart::sparklines_svg(&rows),
        alt: chart::sparklines_alt(&rows),
        caption: words.text("weeks.caption", &[]),
    }))
}

/// Where it hurt, on the back and on the front as far as anything was named there.
pub(super) fn body(report: &Report) -> Vec<Block> {
    let Some(sites) = report.sites.as_ref().filter(|sites| sites.days_with_sites > 0) else {
        return Vec::new();
    };
    let [back, front] = [View::Back, View::Front].map(|view| chart::body_map_svg(sites, view));
    let alt = [View::Back, View::Front].map(|view| chart::body_map_alt(sites, view)).join(" ");
    vec![Block::Figure(Figure { svg: beside(&back, &front), alt, caption: String::new() })]
}

/// Two drawings of the body in one picture, the second to the right of the first.
fn beside(left: &str, right: &str) -> String {
    let height = |svg: &str| -> u32 {
        let rest = svg.split_once("viewBox=\"").map_or("", |(_, rest)| rest);
        let number = rest.split(['"', ' ']).nth(3).unwrap_or_default();
        number.parse().unwrap_or(body_map::HEIGHT)
    };
    let (width, height) = (body_map::WIDTH, height(left).max(height(right)));
    let placed = right.replacen("<svg ", &format!("<svg x=\"{width}\" "), 1);
    let all = 2 * width;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all} {height}\" \
         width=\"{all}\" height=\"{height}\">\n{left}{placed}</svg>\n"
    )
}
