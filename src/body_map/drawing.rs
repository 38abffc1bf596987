//! The drawing: one self-contained SVG document a view, the same bytes every time.
//!
//! Looks are presentation attributes, which any style sheet overrides: an app styles the classes
//! `body-region`, `body-part`, `body-shaded`, `body-silhouette`, `body-borders`, `body-hints`,
//! `body-outline`, `body-labels` and `body-ground`. A `<style>` element would be refused by the
//! content security policy of the answers.

use super::artwork;
use super::path::{self, Curve, Half, Rail};
use super::region::{BodyRegion, Laterality};
use crate::markup::Escaped;
use crate::wire::vocabulary;
use std::fmt::{Display, Write as _};
use std::sync::LazyLock;

vocabulary! {
    /// From where the body is seen.
    pub enum View {
        Front = "front", Back = "back",
    }
}

/// Width of a drawing in user units.
pub const WIDTH: u32 = 320;
/// Height of a drawing in user units.
pub const HEIGHT: u32 = 640;

const FONTS: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif";
/// Text.
const INK: &str = "#1b1f24";
/// The outline of the body.
const OUTLINE: &str = "#4a5662";
/// Borders between regions.
const BORDER: &str = "#75818e";
/// Face, navel, spine and the like.
const HINT: &str = "#8d99a6";
/// Borders between the parts of one region.
const DIVISION: &str = "#b3bdc8";
/// Skin that is not shaded.
const PLAIN: &str = "#e8eef3";

impl View {
    /// Both views.
    pub const ALL: [Self; 2] = [Self::Front, Self::Back];

    /// On which half of the picture the patient's side lies: seen from behind, left is left.
    const fn half(self, side: Laterality) -> Half {
        match (self, side) {
            (Self::Front, Laterality::Right) | (Self::Back, Laterality::Left) => Half::Left,
            _ => Half::Right,
        }
    }

    const fn heading(self) -> &'static str {
        match self {
            Self::Front => "Front",
            Self::Back => "Back",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Front => {
                "A standing adult seen from the front, divided into regions. Left and right are your \
                 own: your left is on the right of this picture."
            }
            Self::Back => {
                "A standing adult seen from behind, divided into regions. Left and right are your \
                 own: your left is on the left of this picture."
            }
        }
    }
}

/// One side of one region on one view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyPart {
    /// The region.
    pub region: BodyRegion,
    /// Left, right or midline: the patient's own.
    pub side: Laterality,
    /// The path data of its shape.
    pub path: String,
}

impl BodyPart {
    /// Its name in front of a patient: "Low back, your left".
    pub fn title(&self) -> String {
        named(self.region, self.side)
    }

    /// The middle of the box around its shape, in user units: a place for a short label.
    pub fn centre(&self) -> (f64, f64) {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let numbers = self.path.split(|c| !is_number(c)).filter_map(|number| number.parse().ok());
        let numbers: Vec<f64> = numbers.collect();
        let middle = |offset| {
            let along = || numbers.iter().skip(offset).step_by(2).copied();
            along().reduce(f64::min).zip(along().reduce(f64::max))
        };
        let (across, down) = (middle(0).unwrap_or_default(), middle(1).unwrap_or_default());
        (f64::midpoint(across.0, across.1), f64::midpoint(down.0, down.1))
    }
}

/// How a part is shaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// A colour of SVG. Let darkness carry the meaning, so that grey print shows it.
    pub colour: String,
    /// What the shade says, for the part's title and the text alternative: "12 of 28 days".
    pub words: String,
}

/// The id of a part's element, the same on both views: `low_back.left`.
pub fn part_id(region: BodyRegion, side: Laterality) -> String {
    format!("{}.{}", region.code(), side.code())
}

/// The parts that a view shows, region by region.
pub fn parts(view: View) -> &'static [BodyPart] {
    static FRONT: LazyLock<Vec<BodyPart>> = LazyLock::new(|| cut(View::Front));
    static BACK: LazyLock<Vec<BodyPart>> = LazyLock::new(|| cut(View::Back));
    match view {
        View::Front => &FRONT,
        View::Back => &BACK,
    }
}

/// Every line that a shape of a view may follow.
pub(super) fn rails(view: View) -> Vec<Rail> {
    artwork::OUTLINE.into_iter().chain(artwork::borders(view)).collect()
}

fn cut(view: View) -> Vec<BodyPart> {
    let rails = rails(view);
    let mut parts = Vec::new();
    for shape in artwork::shapes(view) {
        let mut add = |side, curves: &[Curve], half| {
            parts.push(BodyPart { region: shape.region, side, path: path::data(curves, half) });
        };
        if !shape.side.is_empty() {
            let around = path::trace_around(&rails, shape.side);
            for side in [Laterality::Left, Laterality::Right] {
                add(side, &around, view.half(side));
            }
        }
        if !shape.middle.is_empty() {
            let whole = path::with_mirror_image(path::trace(&rails, shape.middle));
            add(Laterality::Midline, &whole, Half::Right);
        }
    }
    parts
}

/// The outline of the whole body, as path data.
pub(super) fn outline() -> String {
    let half = artwork::OUTLINE.into_iter().flat_map(path::curves).collect();
    path::data(&path::with_mirror_image(half), Half::Right)
}

/// Draws a view as an SVG document of [`WIDTH`] by [`HEIGHT`] user units, with the parts shaded
/// that `fill` has something to say about. It is asked once for each part: a region with left,
/// right or midline. The unshaded drawing is the one that is served.
pub fn draw(view: View, fill: impl Fn(BodyRegion, Laterality) -> Option<Fill>) -> String {
    let name = |region: BodyRegion, side: Option<Laterality>| match side {
        Some(side) => named(region, side),
        None => region.label().to_owned(),
    };
    let BodyFigure { elements, said } = figure(view, fill, name);
    let mut svg = String::with_capacity(elements.len() + 4 * 1024);
    let code = view.code();
    put(
        &mut svg,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             width=\"{WIDTH}\" height=\"{HEIGHT}\" class=\"body-map\" data-view=\"{code}\" \
             role=\"img\" aria-labelledby=\"body-map-title body-map-desc\" font-family=\"{FONTS}\">\n\
             <title id=\"body-map-title\">Body map, {code}</title>\n\
             <desc id=\"body-map-desc\">{}{}</desc>\n\
             <rect class=\"body-ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>",
            view.description(),
            Escaped(&said)
        ),
    );
    svg.push_str(&elements);
    svg.push_str("</svg>\n");
    svg
}

/// A view without the document around it, to be placed in a larger picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyFigure {
    /// The SVG elements, in a space of [`WIDTH`] by [`HEIGHT`] user units.
    pub elements: String,
    /// What the shades say, part by part, as plain text: each sentence begins with a space.
    pub said: String,
}

/// A place in front of a patient.
fn named(region: BodyRegion, side: Laterality) -> String {
    format!("{}, {}", region.label(), side.label())
}

/// Draws the elements of a view as [`draw`] does, with what a region, or one side of it, is called.
pub fn figure(
    view: View,
    fill: impl Fn(BodyRegion, Laterality) -> Option<Fill>,
    name: impl Fn(BodyRegion, Option<Laterality>) -> String,
) -> BodyFigure {
    let mut regions = String::with_capacity(24 * 1024);
    let mut said = String::new();
    for group in parts(view).chunk_by(|one, other| one.region == other.region) {
        let Some(first) = group.first() else { continue };
        let (code, label) = (first.region.code(), name(first.region, None));
        let label = Escaped(&label);
        put(
            &mut regions,
            format_args!(
                "<g id=\"{code}\" class=\"body-region\" data-region=\"{code}\" role=\"group\" \
                 aria-label=\"{label}\">"
            ),
        );
        for part in group {
            let shade = fill(part.region, part.side);
            let title = name(part.region, Some(part.side));
            put_part(&mut regions, part, &title, shade.as_ref());
            if let Some(shade) = shade {
                let _ = write!(said, " {title}: {}.", shade.words);
            }
        }
        regions.push_str("</g>\n");
    }

    let mut svg = String::with_capacity(regions.len() + 16 * 1024);
    put_labels(&mut svg, view);
    let outline = outline();
    put(
        &mut svg,
        format_args!("<path class=\"body-silhouette\" fill=\"{PLAIN}\" d=\"{outline}\"/>"),
    );
    put(
        &mut svg,
        format_args!(
            "<g class=\"body-regions\" fill=\"{PLAIN}\" stroke=\"{DIVISION}\" \
             stroke-width=\"0.8\" stroke-linejoin=\"round\">\n{regions}</g>"
        ),
    );
    // The lines lie above the parts, where they must not take a tap away from them.
    put(
        &mut svg,
        "<g class=\"body-lines\" fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\" \
         pointer-events=\"none\" aria-hidden=\"true\">",
    );
    let hints: String = artwork::hints(view).iter().copied().map(path::on_both_halves).collect();
    put_line(&mut svg, "body-hints", HINT, "1.1", &hints);
    let borders: String = artwork::borders(view).map(path::on_both_halves).collect();
    put_line(&mut svg, "body-borders", BORDER, "1.1", &borders);
    put_line(&mut svg, "body-outline", OUTLINE, "1.8", &outline);
    svg.push_str("</g>\n");
    BodyFigure { elements: svg, said }
}

fn put_part(svg: &mut String, part: &BodyPart, title: &str, shade: Option<&Fill>) {
    let (region, side, id) =
        (part.region.code(), part.side.code(), part_id(part.region, part.side));
    let _ = write!(svg, "<path id=\"{id}\" class=\"body-part");
    if let Some(shade) = shade {
        let _ = write!(svg, " body-shaded\" fill=\"{}", Escaped(&shade.colour));
    }
    let _ = write!(
        svg,
        "\" data-region=\"{region}\" data-side=\"{side}\" d=\"{}\"><title>{}",
        part.path,
        Escaped(title)
    );
    if let Some(shade) = shade {
        let _ = write!(svg, ": {}", Escaped(&shade.words));
    }
    svg.push_str("</title></path>\n");
}

/// Says where left and right are, beside the head.
fn put_labels(svg: &mut String, view: View) {
    let (left, right) = match view.half(Laterality::Left) {
        Half::Left => (Laterality::Left, Laterality::Right),
        Half::Right => (Laterality::Right, Laterality::Left),
    };
    let (middle, end) = (WIDTH / 2, WIDTH - 14);
    put(
        svg,
        format_args!(
            "<g class=\"body-labels\" fill=\"{INK}\" font-size=\"15\">\n\
             <text x=\"{middle}\" y=\"22\" text-anchor=\"middle\" font-weight=\"600\">{}</text>\n\
             <text x=\"14\" y=\"40\">{}</text>\n\
             <text x=\"{end}\" y=\"40\" text-anchor=\"end\">{}</text>\n</g>",
            view.heading(),
            left.label(),
            right.label()
        ),
    );
}

fn put_line(svg: &mut String, class: &str, colour: &str, width: &str, data: &str) {
    put(
        svg,
        format_args!(
            "<path class=\"{class}\" stroke=\"{colour}\" stroke-width=\"{width}\" d=\"{data}\"/>"
        ),
    );
}

fn put(svg: &mut String, element: impl Display) {
    // Writing to a String cannot fail.
    let _ = writeln!(svg, "{element}");
}
