//! What is made of a report: a page as HTML and PDF, pictures, and a table of its days.
//!
//! Pure: the same report gives the same bytes.

pub mod chart;
pub mod compose;
pub mod csv;
pub mod days;
pub mod html;
#[cfg(test)]
mod journals;
pub mod page;
pub mod pdf;
#[cfg(test)]
mod references_tests;
