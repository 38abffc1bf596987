//! The legend: only what is in the picture, in words, wrapped where the row is full.

use super::marks::Mark;
use super::scale::{LEFT, RIGHT};
use super::svg::{self, Anchor, Stroke, Svg, text_width};

const SIZE: f64 = 11.0;
const FIRST_ROW: f64 = 333.0;
const ROW_HEIGHT: f64 = 17.0;
/// Width of a sample with the space after it.
const SAMPLE: f64 = 24.0;
/// Space between two items.
const SPACE: f64 = 20.0;

/// Draws the legend of the marks that are in the picture, below the plot.
pub(super) fn draw(svg: &mut Svg, marks: &[Mark]) {
    svg.group("legend");
    let (mut x, mut y) = (LEFT, FIRST_ROW);
    for mark in marks {
        let name = name(*mark);
        let width = SAMPLE + text_width(name, SIZE);
        if x > LEFT && x + width > RIGHT {
            (x, y) = (LEFT, y + ROW_HEIGHT);
        }
        sample(svg, *mark, x, y - 4.0);
        svg.text((x + SAMPLE, y), SIZE, Anchor::Start, svg::INK, name);
        x += width + SPACE;
    }
    svg.end_group();
}

fn name(mark: Mark) -> &'static str {
    match mark {
        Mark::Score => "daily score",
        Mark::Backfilled => "entered late",
        Mark::Worst => "worst of the day",
        Mark::Median => "7-day median",
        Mark::Mean => "period mean, named above",
        Mark::Session => "treatment session",
        Mark::Gap => "no rating: unknown, not zero",
        Mark::PainFree => "called free of pain, no score",
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
        Mark::Session => {
            svg.line((x + 9.0, y - 7.5), (x + 9.0, y + 7.5), Stroke::dashed(svg::SESSION, 1.0));
        }
        Mark::Gap => svg.rect((x, y - 5.5), (18.0, 11.0), svg::GAP),
        Mark::PainFree => svg.diamond((x + 9.0, y), 3.2),
    }
}
