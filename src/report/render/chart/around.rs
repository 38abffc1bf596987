//! Pain around the treatment sessions: a small panel for each of the last treatment sessions, in a row.
//!
//! A panel shows pain before, just after and a day after the treatment session as dots, and the means of the
//! days on either side as bars. Each has its place; where a value is missing the place stays blank.

use super::labels::{difference, span, techniques};
use super::legend::LegendRows;
use super::svg::{self, Anchor, Frame, Point, Stroke, Svg, text_width};
use crate::language::Language;
use crate::report::rules::numbers::one_decimal;
use crate::report::rules::treatment::effect::{TreatmentSessionEffect, TreatmentSessionEffects};
use crate::report::rules::treatment::effect_summary::SUMMARY_TREATMENTS;
use std::cmp::Ordering;

/// Treatment sessions that get a panel; of more, the last ones.
const MOST_PANELS: usize = 12;

const WIDTH: f64 = 960.0;
/// Left edge of the first panel, right of the labels of the scale.
const LEFT: f64 = 36.0;
/// Top of the panels below words, and without any.
const TOP: [f64; 2] = [24.0, 4.0];
const PANEL: f64 = 70.0;
/// From one panel to the next.
const PITCH: f64 = 76.5;
/// Ground of a panel.
const GROUND: &str = "#f5f7f9";
/// Room on the ground above 10 and below 0, where the numbers of marks there stand.
const INSET: f64 = 17.0;
/// Where a score of 10 and one of 0 lie below the top of a panel.
const TEN: f64 = 34.0;
const ZERO: f64 = 80.0;
/// Places within a panel: of the dots, and of the left ends of the bars.
const DOTS: [f64; 3] = [21.0, 35.0, 49.0];
const BARS: [f64; 2] = [1.0, 56.0];
const BAR_WIDTH: f64 = 13.0;
/// Where the treatment session lies, between the first two dots.
const TREATMENT: f64 = 28.0;
const SIZE: f64 = svg::LEAST;

/// A part of the legend: the width of its sample and the key of its name.
const LEGEND: [(f64, &str); 4] = [
    (54.0, "chart.around.legend.dots"),
    (18.0, "chart.around.legend.session"),
    (22.0, "chart.around.legend.means"),
    (0.0, "chart.around.legend.blank"),
];

/// Draws pain around the attended treatment sessions as an SVG document, a panel for each of the last twelve;
/// `None` where there was no treatment session. The same effects give the same bytes.
pub fn around_treatments_svg(
    effects: &TreatmentSessionEffects,
    language: &Language,
) -> Option<String> {
    let shown = shown(effects);
    let earlier = effects.sessions.len() - shown.len();
    let (first, last) = (shown.first()?, shown.last()?);

    let [with_words, alone] = TOP;
    let top = if earlier > 0 { with_words } else { alone };
    let bottom = top + ZERO + INSET;
    let rows = LegendRows { left: LEFT, right: WIDTH - 8.0, first: bottom + 18.0, text_size: SIZE };
    let names = LEGEND.map(|(sample, key)| (sample, language.text(key, &[])));
    let places = rows.layout(names.iter().map(|(sample, name)| (*sample, name.as_str())));
    let height = places.last().map_or(bottom, |place| place.1) + 7.0;
    let frame = Frame { id: "around-sessions", size: (WIDTH, height) };

    let title = language.text("chart.around.title", &[]);
    let mut svg = Svg::open(frame, language, &title, &around_treatments_alt(effects, language));
    if earlier > 0 {
        let days = span(language, first.journal_date, last.journal_date);
        let last = heading(effects.sessions.len(), language);
        let heading = language.text("chart.around.last_days", &[("last", &last), ("days", &days)]);
        svg.text((8.0, 14.0), SIZE, Anchor::Start, svg::MUTED, &heading);
    }
    for (index, visit) in shown.iter().enumerate() {
        let corner = (LEFT + index as f64 * PITCH, top);
        panel(&mut svg, corner, (earlier + index + 1, visit), language);
    }
    svg.group("legend");
    for (item, place) in names.iter().enumerate().zip(places) {
        legend(&mut svg, item, place);
    }
    svg.end_group();
    Some(svg.close())
}

/// The same in words: every value of every panel, and the summary.
pub fn around_treatments_alt(effects: &TreatmentSessionEffects, language: &Language) -> String {
    let shown = shown(effects);
    if shown.is_empty() {
        return language.text("chart.around.none", &[]);
    }
    let earlier = effects.sessions.len() - shown.len();
    let mut sentences = vec![format!("{}.", heading(effects.sessions.len(), language))];
    sentences.extend(summary(effects, language));
    let told = shown.iter().enumerate();
    sentences.extend(told.map(|(index, one)| told_treatment(earlier + index + 1, one, language)));
    sentences.push(language.text("chart.around.scale", &[]));
    sentences.join(" ")
}

fn shown(effects: &TreatmentSessionEffects) -> &[TreatmentSessionEffect] {
    let first = effects.sessions.len().saturating_sub(MOST_PANELS);
    effects.sessions.get(first..).unwrap_or_default()
}

fn heading(count: usize, language: &Language) -> String {
    if count > MOST_PANELS {
        let (shown, count) = (MOST_PANELS.to_string(), count.to_string());
        language.text("chart.around.last", &[("shown", &shown), ("count", &count)])
    } else {
        let visits = language.counted("chart.sessions", u64::try_from(count).unwrap_or(u64::MAX));
        language.text("chart.around.heading", &[("sessions", &visits)])
    }
}

/// What the treatment sessions have in common, as far as there are enough of them.
fn summary(effects: &TreatmentSessionEffects, language: &Language) -> [String; 2] {
    [
        ("chart.around.immediate", &effects.immediate.median),
        ("chart.around.sustained", &effects.sustained.median),
    ]
    .map(|(key, effect)| {
        let value = difference(language, effect, SUMMARY_TREATMENTS);
        language.text(key, &[("value", &value)])
    })
}

fn told_treatment(number: usize, visit: &TreatmentSessionEffect, language: &Language) -> String {
    let values = [
        (visit.pre, "chart.around.before", "chart.around.before.none"),
        (visit.post, "chart.around.after", "chart.around.after.none"),
        (visit.post24, "chart.around.after24", "chart.around.after24.none"),
    ];
    let mut facts: Vec<String> = values
        .map(|(value, rated, none)| match value {
            Some(value) => language.text(rated, &[("value", &value.to_string())]),
            None => language.text(none, &[]),
        })
        .to_vec();
    let sides = [
        (visit.before_mean, visit.before_rated_days, "chart.around.mean.before"),
        (visit.after_mean, visit.after_rated_days, "chart.around.mean.after"),
    ];
    for (mean, days, key) in sides {
        let rated = language.counted("chart.rated_days", days);
        facts.extend(mean.map(|mean| {
            let value = language.number(&one_decimal(mean));
            language.text(key, &[("rated", &rated), ("value", &value)])
        }));
    }
    let techniques = techniques(language, &visit.techniques);
    let key = if techniques.is_empty() {
        "chart.around.session"
    } else {
        "chart.around.session.techniques"
    };
    let (number, day, facts) =
        (number.to_string(), language.day(visit.journal_date), facts.join(", "));
    let values =
        [("number", &number), ("day", &day), ("techniques", &techniques), ("facts", &facts)];
    language.text(key, &values.map(|(name, value)| (name, value.as_str())))
}

/// Draws the panel of one treatment session.
fn panel(
    svg: &mut Svg,
    (left, top): Point,
    (number, visit): (usize, &TreatmentSessionEffect),
    language: &Language,
) {
    let y = |score: f64| top + ZERO - score.clamp(0.0, 10.0) / 10.0 * (ZERO - TEN);
    let right = left + PANEL;
    svg.group("session");
    svg.strong((left, top + 13.0), SIZE, Anchor::Start, &number.to_string());
    let date = language.short_day(visit.journal_date);
    let after = left + text_width(&number.to_string(), SIZE) * 1.1 + 5.0;
    svg.text((after, top + 13.0), SIZE, Anchor::Start, svg::MUTED, &date);

    let ground = (PANEL, ZERO - TEN + 2.0 * INSET);
    svg.rect((left, y(10.0) - INSET), ground, GROUND);
    for score in [0.0, 5.0, 10.0] {
        svg.line((left, y(score)), (right, y(score)), Stroke::solid(svg::GRID, 0.8));
        if left <= LEFT {
            let at = (left - 6.0, y(score) + 4.0);
            svg.text(at, SIZE, Anchor::End, svg::MUTED, &format!("{score:.0}"));
        }
    }
    let line = left + TREATMENT;
    svg.line((line, y(10.0) - INSET), (line, y(0.0) + INSET), Stroke::dashed(svg::TREATMENT, 1.0));

    for (mean, bar) in [visit.before_mean, visit.after_mean].into_iter().zip(BARS) {
        let Some(mean) = mean else { continue };
        svg.mean_bar((left + bar, y(mean)), left + bar + BAR_WIDTH);
    }
    let values = [visit.pre, visit.post, visit.post24];
    let point = |(value, x): (Option<i32>, f64)| value.map(|v| (left + x, y(f64::from(v)), v));
    let points: Vec<Option<(f64, f64, i32)>> = values.into_iter().zip(DOTS).map(point).collect();
    for run in points.split(Option::is_none) {
        let run: Vec<Point> = run.iter().flatten().map(|(x, y, _)| (*x, *y)).collect();
        if run.len() > 1 {
            svg.polyline(&run, Stroke::solid(svg::INK, 1.6));
        }
    }
    for (index, (x, y, value)) in points.iter().enumerate().filter_map(|(i, p)| Some((i, (*p)?))) {
        let is_low = is_valley(values, index);
        svg.dot((x, y), 3.6, false);
        let at = (x, if is_low { y + 15.5 } else { y - 6.5 });
        svg.strong(at, SIZE, Anchor::Middle, &value.to_string());
    }
    let means = visit.before_mean.or(visit.after_mean);
    if points.iter().all(Option::is_none) && means.is_none() {
        let at = (left + PANEL / 2.0, y(5.0) + 4.0);
        let none = language.text("chart.around.no_rating", &[]);
        svg.label(at, SIZE, Anchor::Middle, svg::MUTED, &none);
    }
    svg.end_group();
}

/// Whether the lines to a value come from above alone, so that there is room for its number below.
fn is_valley(values: [Option<i32>; 3], index: usize) -> bool {
    let neighbours = [index.checked_sub(1), index.checked_add(1)].into_iter().flatten();
    let neighbours = neighbours.filter_map(|other| values.get(other).copied().flatten());
    let here = values.get(index).copied().flatten();
    let orders: Vec<_> = neighbours.map(|other| Some(other).cmp(&here)).collect();
    orders.contains(&Ordering::Greater) && !orders.contains(&Ordering::Less)
}

fn legend(svg: &mut Svg, (item, (sample, name)): (usize, &(f64, String)), (x, y): Point) {
    let middle = y - 4.0;
    match item {
        0 => {
            let dots = [(x + 4.0, middle - 4.0), (x + 23.0, middle + 4.0), (x + 42.0, middle)];
            svg.polyline(&dots, Stroke::solid(svg::INK, 1.6));
            for dot in dots {
                svg.dot(dot, 3.6, false);
            }
        }
        1 => svg.line((x + 5.0, y - 12.0), (x + 5.0, y + 4.0), Stroke::dashed(svg::TREATMENT, 1.0)),
        2 => svg.mean_bar((x, middle), x + BAR_WIDTH),
        _ => {}
    }
    svg.text((x + sample, y), SIZE, Anchor::Start, svg::INK, name);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_self_contained, class};
    use super::*;
    use crate::collections::EntryKind;
    use crate::report::rows::{EntryRow, TreatmentSessionRow};
    use crate::report::rules::Report;
    use crate::report::rules::build;
    use crate::report::rules::fixtures::{daily, date, input, rating, treatment_session};
    use crate::report::rules::statement::ReportCode;

    /// As many treatment sessions, three days apart at noon, with the ratings given around each.
    fn effects(values: &[[Option<i16>; 3]]) -> TreatmentSessionEffects {
        let mut rows = input(0, 60);
        for (day, [pre, post, post24]) in (3..).step_by(4).zip(values) {
            rows.sessions.push(treatment_session(day, 720));
            for (now, kind, day, minute) in [
                (pre, EntryKind::PreTreatment, day, 700),
                (post, EntryKind::PostTreatment, day, 770),
                (post24, EntryKind::Post24h, day + 1, 770),
            ] {
                let rated = EntryRow { now: *now, ..rating(kind, day, minute) };
                rows.entries.extend(now.map(|_| rated));
            }
        }
        rows.entries.extend((0..60).filter(|day| day % 7 != 2).map(|day| daily(day, Some(6))));
        build(&rows).session_effects.unwrap()
    }

    #[test]
    fn each_treatment_has_a_panel_and_what_is_missing_stays_blank() {
        let all = [Some(7), Some(4), Some(5)];
        let found = effects(&[all, [Some(7), None, Some(5)], [None; 3]]);
        let svg = around_treatments_svg(&found, Language::english()).unwrap();
        assert_self_contained(&svg);
        assert_eq!(svg, around_treatments_svg(&found, Language::english()).unwrap());
        let panels: Vec<&str> = svg.split("<g class=\"session\"").skip(1).collect();
        let dots = |panel: &str| panel.split("</g>").next().unwrap().matches("<circle").count();
        assert_eq!(panels.iter().map(|panel| dots(panel)).collect::<Vec<_>>(), [3, 2, 0]);
        // The line never crosses a missing value.
        let lines = panels.iter().map(|p| p.split("</g>").next().unwrap().contains("<polyline"));
        assert_eq!(lines.collect::<Vec<_>>(), [true, false, false]);
        let zero = format!("cy=\"{:.2}\"", TOP[1] + ZERO);
        assert!(!svg.contains(&zero));
        assert!(svg.contains(">1</text>") && svg.contains(">4 Mar</text>"));
        assert!(svg.contains("Median change just after: insufficient, have 1, need 3."));
    }

    #[test]
    fn the_summary_comes_from_the_statements() {
        let drop = |by: i16| [Some(7), Some(7 - by), None];
        let svg =
            around_treatments_svg(&effects(&[2, 2, 1, 2, 3, 2].map(drop)), Language::english())
                .unwrap();
        assert!(svg.contains("Median change just after: \u{2212}2.0 (n 6)."), "{svg}");
        let alt = around_treatments_alt(&effects(&[2, 2, 1].map(drop)), Language::english());
        assert_eq!(
            alt.split_once(". 1, 4 Mar 2026").unwrap().0,
            "Self-reported. 3 attended sessions. Median change just after: \u{2212}2.0 (n 3, \
             provisional below 5). Median change of the 3-day mean: 0.0 (n 3, provisional below 5)"
        );
        assert!(
            alt.contains(
                "1, 4 Mar 2026 (manual needling): before 7, just after 5, 24 h after not rated, \
                 mean of 2 rated days before 6.0, mean of 3 rated days after 6.0."
            ),
            "{alt}"
        );
    }

    #[test]
    fn of_many_treatments_the_last_twelve_are_shown() {
        let found = effects(&[[Some(10), Some(0), None]; 14]);
        let svg = around_treatments_svg(&found, Language::english()).unwrap();
        assert_self_contained(&svg);
        assert_eq!(svg.matches("<g class=\"session\"").count(), 12);
        assert!(svg.contains("The last 12 of 14 attended sessions"), "{svg}");
        assert!(svg.contains(">12 Mar<") && !svg.contains(">8 Mar<"));
        assert!(class(&svg, "legend").contains("Blank: no rating, not zero"));
    }

    #[test]
    fn no_treatment_has_no_picture_and_hostile_names_are_text() {
        let mut found = effects(&[]);
        assert_eq!(around_treatments_svg(&found, Language::english()), None);
        assert_eq!(
            around_treatments_alt(&found, Language::english()),
            "No treatment session was attended."
        );
        found = effects(&[[None; 3]]);
        found.sessions[0].techniques =
            ["<script>\"'", "&amp;\u{7}", &"x".repeat(500)].map(ReportCode::from).to_vec();
        found.sessions[0].journal_date = date(-900_000);
        let svg = around_treatments_svg(&found, Language::english()).unwrap();
        assert_self_contained(&svg);
        assert!(svg.contains("&lt;script&gt;&quot;&#39;, &amp;amp; "), "{svg}");
        let rows = TreatmentSessionRow { techniques: vec![], ..treatment_session(3, 720) };
        let mut bare = input(0, 9);
        bare.sessions.push(rows);
        let Report { session_effects, .. } = build(&bare);
        let svg = around_treatments_svg(&session_effects.unwrap(), Language::english()).unwrap();
        assert!(svg.contains(">no rating</text>"), "{svg}");
    }
}
