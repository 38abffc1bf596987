//! The formulas: pure functions from typed rows to the statements of a report.
//!
//! The formulas F1 to F13, their gates and their worked numbers are those of `docs/clinical.md`: a line that
//! rests on one cites its heading (clinical.md, F3).
//! What all of them speak in (statements, numbers, weeks) lies here; what they speak about has a room
//! of its own. [`build`] puts a report together.

pub mod adherence;
pub mod cautions;
#[cfg(test)]
mod clinical_page_tests;
#[cfg(test)]
pub(crate) mod fixtures;
mod inputs_hash;
pub mod life;
pub(crate) mod numbers;
pub mod pain;
pub mod ranks;
mod report;
pub mod series;
pub mod sleep;
pub mod statement;
#[cfg(test)]
mod tests;
pub mod treatment;
pub mod weekly;
#[cfg(test)]
mod wide_tests;

pub use inputs_hash::inputs_hash;
pub use report::{PainSummary, RULE_VERSION, Report, build};
