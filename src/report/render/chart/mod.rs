//! The pictures of a report: self-contained, accessible SVG, each with its facts in words.
//!
//! They are drawn from the report alone, so a frozen report can be drawn again. Shapes carry the
//! meaning and colour only helps: they read in grey print and with any colour vision. What is
//! missing stays blank and is never drawn as zero.

mod around;
mod body;
mod describe;
mod labels;
mod legend;
mod marks;
mod scale;
mod sparklines;
mod svg;

use crate::language::Language;
use crate::report::rules::Report;
use crate::sections::Section;
pub use around::{around_treatments_alt, around_treatments_svg};
pub use body::{body_map_alt, body_map_svg, title as place_name};
pub use labels::duration;
use marks::Mark;
use scale::Scale;
pub use sparklines::{Sparkline, sparklines_alt, sparklines_svg};
use svg::{Anchor, Frame, Svg};

/// Width of the picture in user units.
pub const WIDTH: f64 = 960.0;

/// Where the words above the plot begin, and their baseline.
const EDGE: f64 = 12.0;
const HEADING: f64 = 15.0;

/// Draws the daily pain of a report as an SVG document of 960 user units' width, as high as its
/// legend takes: daily scores
/// (0 to 10) as dots, worst pain as faint ticks, the running median of seven days as a line that
/// breaks at gaps, attended treatment sessions as dashed marks, and the means of baseline and follow-up
/// where they are reliable; flares the patient reported as shaded spans and spikes of the ratings
/// as triangles. The same report gives the same bytes.
pub fn daily_pain_svg(report: &Report, language: &Language) -> String {
    daily_pain_file(report, None, language)
}

/// The same as a file of its own, whose title says whose it is.
pub fn daily_pain_file(report: &Report, whose: Option<&str>, language: &Language) -> String {
    let scale = Scale::new(report.window, report.daily.len());
    let mut title = describe::title(report, language);
    if let Some(whose) = whose {
        title = format!("{title} \u{b7} {whose}");
    }
    let mut svg = Svg::part();
    let heading = language.text("chart.daily.heading", &[]);
    svg.strong((EDGE, HEADING), svg::LEAST, Anchor::Start, &heading);
    let after = EDGE + svg::text_width(&heading, svg::LEAST) * 1.2 + 10.0;
    let subheading = describe::subheading(report, language);
    svg.text((after, HEADING), svg::LEAST, Anchor::Start, svg::MUTED, &subheading);
    if let Some(means) = describe::means(report, language) {
        svg.text((scale::RIGHT, HEADING), svg::LEAST, Anchor::End, svg::MEAN, &means);
    }

    let marks = marks::draw(&mut svg, &scale, report, language);
    if !marks.contains(&Mark::Score) {
        let shows_pain = report.shows(Section::Pain);
        let key = if shows_pain { "chart.daily.no_ratings" } else { "chart.daily.omitted" };
        svg.note(Scale::centre(), &language.text(key, &[]));
    }
    let height = legend::draw(&mut svg, &marks, language);
    let frame = Frame { id: "daily-pain", size: (WIDTH, height) };
    let mut whole = Svg::open(frame, language, &title, &daily_pain_alt(report, language));
    whole.insert(&svg);
    whole.close()
}

/// The picture of [`daily_pain_svg`] in words.
pub fn daily_pain_alt(report: &Report, language: &Language) -> String {
    describe::text_alternative(report, language)
}

#[cfg(test)]
mod tests;
