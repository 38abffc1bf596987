//! The legend: only what is in the picture, in words, wrapped where the row is full.

use super::marks::Mark;
use super::scale::RIGHT;
use super::svg::{self, Anchor, Point, Stroke, Svg, text_width};
use crate::language::Language;

const SIZE: f64 = svg::LEAST;
const FIRST_ROW: f64 = 214.0;
/// Where the lines begin, and how far beyond the plot they end.
const EDGE: f64 = 12.0;
/// Width of a sample with the space after it.
const SAMPLE: f64 = 24.0;
/// Room below the last baseline.
const BELOW: f64 = 7.5;
/// Space between two items.
const SPACE: f64 = 16.0;
/// How much wider than estimated a text is in the widest face that browsers fall back to.
const WIDEST: f64 = 1.08;

/// The lines that the items of a legend fill.
#[derive(Debug, Clone, Copy)]
pub(super) struct LegendRows {
    pub(super) left: f64,
    pub(super) right: f64,
    /// Baseline of the first line.
    pub(super) first: f64,
    pub(super) text_size: f64,
}

impl LegendRows {
    /// From one baseline to the next.
    pub(super) const fn pitch(self) -> f64 {
        self.text_size + 6.0
    }

    /// Where the items go, each a sample of some width and a name: the left ends of their
    /// baselines, wrapped where a line is full.
    pub(super) fn layout<'a>(self, items: impl Iterator<Item = (f64, &'a str)>) -> Vec<Point> {
        let (mut x, mut y) = (self.left, self.first);
        let place = |(sample, name): (f64, &str)| {
            let width = sample + text_width(name, self.text_size) * WIDEST;
            if x > self.left && x + width > self.right {
                (x, y) = (self.left, y + self.pitch());
            }
            let at = (x, y);
            x += width + SPACE;
            at
        };
        items.map(place).collect()
    }
}

/// Draws the legend of the marks that are in the picture, below the plot; how far down the picture goes
/// with it.
pub(super) fn draw(svg: &mut Svg, marks: &[Mark], language: &Language) -> f64 {
    let rows = LegendRows { left: EDGE, right: RIGHT + EDGE, first: FIRST_ROW, text_size: SIZE };
    let names: Vec<String> = marks.iter().map(|mark| language.text(name(*mark), &[])).collect();
    let places = rows.layout(names.iter().map(|name| (SAMPLE, name.as_str())));
    let last = places.last().map_or(FIRST_ROW, |(_, y)| *y);
    svg.group("legend");
    for ((mark, name), (x, y)) in marks.iter().zip(&names).zip(places) {
        sample(svg, *mark, x, y - 4.0);
        svg.text((x + SAMPLE, y), SIZE, Anchor::Start, svg::INK, name);
    }
    svg.end_group();
    last + BELOW
}

/// The key of its name.
fn name(mark: Mark) -> &'static str {
    match mark {
        Mark::Score => "chart.mark.score",
        Mark::Backfilled => "chart.mark.backfilled",
        Mark::Worst => "chart.mark.worst",
        Mark::Median => "chart.mark.median",
        Mark::Mean => "chart.mark.mean",
        Mark::Treatment => "chart.mark.session",
        Mark::OtherTreatmentSession => "chart.mark.other_session",
        Mark::Gap => "chart.mark.gap",
        Mark::Flare => "chart.mark.flare",
        Mark::Spike => "chart.mark.spike",
        Mark::PainFree => "chart.mark.pain_free",
    }
}

/// Draws a mark 18 units wide from its left end, around its middle height.
fn sample(svg: &mut Svg, mark: Mark, x: f64, y: f64) {
    match mark {
        Mark::Score => svg.dot((x + 9.0, y), 4.0, false),
        Mark::Backfilled => svg.dot((x + 9.0, y), 4.0, true),
        Mark::Worst => svg.line((x + 4.0, y), (x + 14.0, y), Stroke::solid(svg::WORST, 1.6)),
        Mark::Median => svg.line((x, y), (x + 18.0, y), Stroke::solid(svg::INK, 2.0)),
        Mark::Mean => svg.mean_bar((x, y), x + 18.0),
        Mark::Treatment => {
            svg.line((x + 9.0, y - 7.5), (x + 9.0, y + 7.5), Stroke::dashed(svg::TREATMENT, 1.0));
        }
        Mark::OtherTreatmentSession => {
            svg.line((x + 9.0, y - 6.0), (x + 9.0, y + 6.0), Stroke::solid(svg::TREATMENT, 2.0));
        }
        Mark::Gap => svg.rect((x, y - 5.5), (18.0, 11.0), svg::GAP),
        Mark::Flare => {
            svg.rect((x, y - 5.5), (18.0, 11.0), svg::FLARE);
            svg.line((x, y - 5.5), (x + 18.0, y - 5.5), Stroke::solid(svg::MEAN, 2.0));
        }
        Mark::Spike => svg.triangle((x + 9.0, y), 4.5),
        Mark::PainFree => svg.diamond((x + 9.0, y), 3.2),
    }
}
