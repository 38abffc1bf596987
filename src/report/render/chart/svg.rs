//! Writing SVG: a handful of shapes with fixed decimals, and text that is always escaped.

use crate::language::Language;
use crate::markup::Escaped;
use std::fmt::{Display, Write};

/// Text and the lines that carry meaning.
pub(super) const INK: &str = "#1b1f24";
/// Secondary text.
pub(super) const MUTED: &str = "#57606a";
/// Grid lines.
pub(super) const GRID: &str = "#d8dde3";
/// Ground of days without a score.
pub(super) const GAP: &str = "#eceff2";
/// Daily scores (a blue that stays dark in grey print).
pub(super) const SCORE: &str = "#0b66b2";
/// Worst pain of the day.
pub(super) const WORST: &str = "#9aa4b0";
/// Means of baseline and follow-up (an orange that differs from the blue for any colour vision).
pub(super) const MEAN: &str = "#b3480b";
/// Ground of days in a reported flare, darker than a gap in grey print too.
pub(super) const FLARE: &str = "#f6dcc3";
/// Treatment sessions where they stand close together.
pub(super) const TREATMENT_FAINT: &str = "#b9c1ca";
/// Treatment sessions, and the axis.
pub(super) const TREATMENT: &str = "#848d97";

const FONTS: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif";

/// The smallest letters: in print a picture 960 units wide fills the sheet, one 480 wide half of it,
/// and they are at least 6.5 points high.
pub(super) const LEAST: f64 = 12.5;

/// A point in user units.
pub(super) type Point = (f64, f64);

/// What a picture is before anything is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// The beginning of its ids, so that several pictures can stand in one document.
    pub(super) id: &'static str,
    pub(super) size: Point,
}

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) colour: &'static str,
    pub(super) width: f64,
    pub(super) is_dashed: bool,
}

impl Stroke {
    pub(super) fn solid(colour: &'static str, width: f64) -> Self {
        Self { colour, width, is_dashed: false }
    }

    pub(super) fn dashed(colour: &'static str, width: f64) -> Self {
        Self { colour, width, is_dashed: true }
    }
}

/// A picture being written.
pub(super) struct Svg(String);

impl Svg {
    /// Starts a picture with its name and its text alternative.
    pub(super) fn open(frame: Frame, language: &Language, title: &str, description: &str) -> Self {
        let mut svg = Self(String::with_capacity(16 * 1024));
        let (Frame { id, size }, (width, height)) = (frame, frame.size);
        svg.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" lang=\"{}\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-desc\" font-family=\"{FONTS}\">\n\
             <title id=\"{id}-title\">{}</title>\n\
             <desc id=\"{id}-desc\">{}</desc>",
            language.tag(),
            Escaped(title),
            Escaped(description)
        ));
        svg.rect((0.0, 0.0), size, "#ffffff");
        svg
    }

    /// A part of a picture, to be put into one when it is known how large that is.
    pub(super) fn part() -> Self {
        Self(String::with_capacity(16 * 1024))
    }

    /// Puts a part in.
    pub(super) fn insert(&mut self, part: &Self) {
        self.0.push_str(&part.0);
    }

    /// Ends the picture.
    pub(super) fn close(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }

    pub(super) fn rect(&mut self, (x, y): Point, (width, height): Point, fill: &str) {
        self.put(format_args!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             fill=\"{fill}\"/>"
        ));
    }

    pub(super) fn line(&mut self, (x1, y1): Point, (x2, y2): Point, stroke: Stroke) {
        let dashes = if stroke.is_dashed { " stroke-dasharray=\"3 3\"" } else { "" };
        self.put(format_args!(
            "<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" stroke=\"{}\" \
             stroke-width=\"{:.2}\"{dashes}/>",
            stroke.colour, stroke.width
        ));
    }

    /// A line through points, two or more.
    pub(super) fn polyline(&mut self, points: &[Point], stroke: Stroke) {
        let mut path = String::with_capacity(points.len() * 14);
        for (x, y) in points {
            let gap = if path.is_empty() { "" } else { " " };
            let _ = write!(path, "{gap}{x:.2},{y:.2}");
        }
        self.put(format_args!(
            "<polyline points=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{:.2}\" \
             stroke-linejoin=\"round\" stroke-linecap=\"round\"/>",
            stroke.colour, stroke.width
        ));
    }

    /// A filled dot, or a ring where it is hollow.
    pub(super) fn dot(&mut self, (x, y): Point, radius: f64, is_hollow: bool) {
        let (fill, inset) = if is_hollow { ("#ffffff", 0.15) } else { (SCORE, 0.0) };
        let width = if is_hollow { (radius * 0.45).clamp(0.6, 1.4) } else { 0.0 };
        self.put(format_args!(
            "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{:.2}\" fill=\"{fill}\" stroke=\"{SCORE}\" \
             stroke-width=\"{width:.2}\"/>",
            radius - inset
        ));
    }

    /// A level bar with an upright at each end, so that grey print tells it from other lines.
    pub(super) fn mean_bar(&mut self, (left, y): Point, right: f64) {
        let (from, to) = (left + 1.0, right - 1.0);
        let (top, bottom) = (y - 5.0, y + 5.0);
        self.put(format_args!(
            "<path d=\"M{from:.2} {top:.2}V{bottom:.2}M{from:.2} {y:.2}H{to:.2}M{to:.2} {top:.2}\
             V{bottom:.2}\" fill=\"none\" stroke=\"{MEAN}\" stroke-width=\"2.20\"/>"
        ));
    }

    /// A small hollow diamond.
    pub(super) fn diamond(&mut self, (x, y): Point, radius: f64) {
        let (left, right, top, bottom) = (x - radius, x + radius, y - radius, y + radius);
        self.put(format_args!(
            "<path d=\"M{x:.2} {top:.2}L{right:.2} {y:.2}L{x:.2} {bottom:.2}L{left:.2} {y:.2}Z\" \
             fill=\"#ffffff\" stroke=\"{INK}\" stroke-width=\"1.00\"/>"
        ));
    }

    /// A filled triangle that stands on its base, around its middle.
    pub(super) fn triangle(&mut self, (x, y): Point, half: f64) {
        let (left, right, top, bottom) = (x - half, x + half, y - half, y + half * 0.8);
        self.put(format_args!(
            "<path d=\"M{x:.2} {top:.2}L{right:.2} {bottom:.2}H{left:.2}Z\" fill=\"{INK}\"/>"
        ));
    }

    /// A rectangle with a thin edge: a sample of a shade.
    pub(super) fn swatch(&mut self, (x, y): Point, (width, height): Point, fill: &str) {
        self.put(format_args!(
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             fill=\"{fill}\" stroke=\"{MUTED}\" stroke-width=\"0.80\"/>"
        ));
    }

    /// Elements drawn elsewhere by this program, moved to a place in another size.
    pub(super) fn scaled(&mut self, (x, y): Point, scale: f64, elements: &str) {
        self.put(format_args!(
            "<g transform=\"translate({x:.2} {y:.2}) scale({scale:.3})\">\n{elements}</g>"
        ));
    }

    pub(super) fn text(&mut self, at: Point, size: f64, anchor: Anchor, fill: &str, text: &str) {
        self.styled_text(at, size, anchor, fill, "", text);
    }

    /// Text on a light ground of its own, so that it reads across marks.
    pub(super) fn label(&mut self, at: Point, size: f64, anchor: Anchor, fill: &str, text: &str) {
        let halo = " font-weight=\"600\" stroke=\"#ffffff\" stroke-width=\"3.5\" \
                    stroke-linejoin=\"round\"";
        self.styled_text(at, size, anchor, "#ffffff", halo, text);
        self.styled_text(at, size, anchor, fill, " font-weight=\"600\"", text);
    }

    /// Text that stands out by its weight.
    pub(super) fn strong(&mut self, at: Point, size: f64, anchor: Anchor, text: &str) {
        self.styled_text(at, size, anchor, INK, " font-weight=\"600\"", text);
    }

    /// Text along the vertical axis, read upwards.
    pub(super) fn upright(&mut self, (x, y): Point, size: f64, text: &str) {
        let turn = format!(" transform=\"rotate(-90 {x:.2} {y:.2})\"");
        self.styled_text((x, y), size, Anchor::Middle, MUTED, &turn, text);
    }

    /// A note in the middle of an empty plot.
    pub(super) fn note(&mut self, at: Point, text: &str) {
        self.label(at, 15.0, Anchor::Middle, MUTED, text);
    }

    fn styled_text(
        &mut self,
        (x, y): Point,
        size: f64,
        anchor: Anchor,
        fill: &str,
        style: &str,
        text: &str,
    ) {
        let anchor = anchor.name();
        self.put(format_args!(
            "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{size:.1}\" text-anchor=\"{anchor}\" \
             fill=\"{fill}\"{style}>{}</text>",
            Escaped(text)
        ));
    }

    /// Opens a group that screen readers pass over: the description says the same.
    pub(super) fn group(&mut self, class: &str) {
        self.put(format_args!("<g class=\"{class}\" aria-hidden=\"true\">"));
    }

    pub(super) fn end_group(&mut self) {
        self.0.push_str("</g>\n");
    }

    fn put(&mut self, element: impl Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{element}");
    }
}

/// An estimate of the width of a text in a common sans-serif face, in user units.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let ems = text.chars().map(|character| match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ' ' => 0.27,
        'f' | 'r' | 't' => 0.38,
        'm' | 'w' | 'M' | 'W' => 0.86,
        'A'..='Z' => 0.65,
        _ => 0.57,
    });
    ems.sum::<f64>() * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let frame = Frame { id: "test", size: (10.0, 10.0) };
        let mut svg = Svg::open(frame, Language::english(), "a < b & \"c\"", "it's > \u{7}");
        svg.text((1.0, 2.0), 10.0, Anchor::End, INK, "<script>");
        let written = svg.close();
        assert!(written.contains("a &lt; b &amp; &quot;c&quot;"), "{written}");
        assert!(written.contains("it&#39;s &gt;  </desc>"), "{written}");
        assert!(written.contains("&lt;script&gt;") && !written.contains("<script"), "{written}");
    }
}
