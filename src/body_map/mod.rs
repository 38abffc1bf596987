//! The body map: the regions of the body with the sides each can have, and our own plain drawing of
//! them from the front and from behind.
//!
//! Left and right are the patient's own everywhere. People mix them up when they mark a drawing, so
//! the drawing says "your left" and "your right" beside the figure, and every part has a title.

mod artwork;
mod drawing;
mod http;
mod path;
mod region;

pub use drawing::{BodyFigure, BodyPart, Fill, HEIGHT, View, WIDTH, draw, figure, part_id, parts};
pub use http::routes;
pub use region::{BodyRegion, Laterality, Sides, side_fault, side_fits};

#[cfg(test)]
mod tests;
