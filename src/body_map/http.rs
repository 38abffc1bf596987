//! The wire of the body map: the list of regions, and the drawings.

use super::drawing::{View, draw, part_id, parts};
use super::region::{BodyRegion, Laterality};
use crate::access::Everybody;
use crate::http::{Answered, FileKind, Public, Versioned, document};
use crate::reference::{self, Reference};
use crate::routes::{Operation, Routes};
use actix_web::http::Method;
use serde::Serialize;
use std::sync::LazyLock;

/// The version of the list and the drawings: rises when a code, a side or an id goes or comes.
const VERSION: u16 = 1;
/// Where the drawings are.
const DRAWINGS: Drawings =
    Drawings { front: "/v1/body-map/front.svg", back: "/v1/body-map/back.svg" };
/// The kind of file that a drawing is.
static DRAWING: FileKind =
    FileKind { is_public: true, ..FileKind::new("image/svg+xml", "The picture.", 4_000_000) };

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    let op = Operation::new("getBodyMap", "reference", "The regions of the body").describe(
        "The regions with the sides each can have and the elements that show them in the \
             drawings. Left and right are the patient's own: call them \"your left\" and \"your \
             right\".",
    );
    routes.serve(Method::GET, "/v1/body-map", reference::operation(op), regions);
    let about = "A picture that works as it is and inside an app's own page. Each region is a group \
        with its code as id (`low_back`), each side of it a path (`low_back.left`) with a title; the \
        classes can be styled.";
    let op = Operation::new("getBodyMapFront", "reference", "The body from the front")
        .describe(format!("{about} The patient's left is on the right of the picture."));
    routes.serve_file(DRAWINGS.front, reference::operation(op), &DRAWING, front);
    let op = Operation::new("getBodyMapBack", "reference", "The body from behind")
        .describe(format!("{about} The patient's left is on the left of the picture."));
    routes.serve_file(DRAWINGS.back, reference::operation(op), &DRAWING, back);
}

/// The regions of the body and where they are drawn.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BodyMap {
    /// Rises when a region, a side or an id comes or goes.
    #[schema(minimum = 1, maximum = 1000, examples(1))]
    version: u16,
    /// Every side there is, and what to call it in front of a patient.
    #[schema(max_items = 10)]
    sides: Vec<BodyMapSide>,
    /// Every region, in the documented order.
    #[schema(max_items = 100)]
    regions: Vec<BodyMapRegion>,
    /// The addresses of the drawings.
    drawings: Drawings,
}

/// A side, always the patient's own.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BodyMapSide {
    /// The code of the side.
    #[schema(max_length = 40, examples("left"))]
    code: &'static str,
    /// What to call it.
    #[schema(max_length = 40, examples("your left"))]
    label: &'static str,
}

/// A region of the body.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BodyMapRegion {
    /// Its code, as in the sites of a journal entry, and the id of its group in the drawings.
    #[schema(max_length = 40, examples("low_back"))]
    code: &'static str,
    /// Its name in plain words.
    #[schema(max_length = 40, examples("Low back"))]
    label: &'static str,
    /// Where it begins and ends.
    #[schema(max_length = 300)]
    definition: &'static str,
    /// What people mix up about it.
    #[schema(max_length = 300)]
    note: Option<&'static str>,
    /// The sides it can have; none where a side makes no sense.
    #[schema(max_items = 10)]
    sides: Vec<SideCode>,
    /// The drawings that show it.
    #[schema(max_items = 10)]
    views: Vec<ViewCode>,
    /// The elements that show it, side by side. Both sides are left and right; an unknown side has
    /// no element.
    #[schema(max_items = 20)]
    elements: Vec<BodyMapElement>,
}

/// An element of a drawing.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BodyMapElement {
    /// The drawing.
    view: ViewCode,
    /// The side that it shows: left, right or midline.
    side: SideCode,
    /// Its id in that drawing.
    #[schema(max_length = 80, examples("low_back.left"))]
    id: String,
}

/// The addresses of the drawings.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BodyMapDrawings)]
struct Drawings {
    /// From the front.
    #[schema(max_length = 100)]
    front: &'static str,
    /// From behind.
    #[schema(max_length = 100)]
    back: &'static str,
}

/// The code of a side.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BodyMapSideCode, max_length = 40, examples("left"))]
struct SideCode(&'static str);

/// The code of a view: front or back.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BodyMapViewCode, max_length = 40, examples("front"))]
struct ViewCode(&'static str);

document!(BodyMap);

impl BodyMap {
    fn of_today() -> Self {
        let sides = Laterality::CODES.iter().filter_map(|code| Laterality::from_code(code));
        Self {
            version: VERSION,
            sides: sides.map(|s| BodyMapSide { code: s.code(), label: s.label() }).collect(),
            regions: BodyRegion::all().map(describe).collect(),
            drawings: DRAWINGS,
        }
    }
}

fn describe(region: BodyRegion) -> BodyMapRegion {
    let on = |view: View| parts(view).iter().filter(move |part| part.region == region);
    let views = View::ALL.into_iter().filter(|view| on(*view).next().is_some());
    let elements = View::ALL.into_iter().flat_map(|view| {
        on(view).map(move |part| BodyMapElement {
            view: ViewCode(view.code()),
            side: SideCode(part.side.code()),
            id: part_id(region, part.side),
        })
    });
    BodyMapRegion {
        code: region.code(),
        label: region.label(),
        definition: region.definition(),
        note: region.note(),
        sides: region.sides().allowed().iter().map(|side| SideCode(side.code())).collect(),
        views: views.map(|view| ViewCode(view.code())).collect(),
        elements: elements.collect(),
    }
}

async fn regions(_: Everybody) -> Answered<Public<Versioned<&'static BodyMap>>> {
    static MAP: LazyLock<Reference<BodyMap>> =
        LazyLock::new(|| Reference::new(BodyMap::of_today()));
    Ok(MAP.answer())
}

/// A drawing with its ETag, drawn once.
type Drawn = LazyLock<(Vec<u8>, String)>;

fn drawn(view: View) -> (Vec<u8>, String) {
    let svg = draw(view, |_, _| None).into_bytes();
    let etag = reference::fingerprint(&svg);
    (svg, etag)
}

async fn front(_: Everybody) -> Answered<(Vec<u8>, String)> {
    static FRONT: Drawn = LazyLock::new(|| drawn(View::Front));
    Ok(FRONT.clone())
}

async fn back(_: Everybody) -> Answered<(Vec<u8>, String)> {
    static BACK: Drawn = LazyLock::new(|| drawn(View::Back));
    Ok(BACK.clone())
}
