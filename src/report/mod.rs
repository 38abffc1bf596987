//! The progress report: one page of honest statements about a course of pain, and what is made of
//! it.
//!
//! Each room uses only those above it here:
//!
//! ```text
//! rows       what a report is made of: one typed row a concept, and the sections a reader may see
//! rules      F1 to F13 (clinical.md, F1 to F13): rows become statements, those a Report; the hash of rows
//! render     a Report becomes a page (HTML, PDF), a picture (SVG), a table (CSV)
//! read       the statements that fetch the rows of a journal
//! snapshots  reports that are kept as they were, and the jobs of long ones
//! serve      what is asked, whose journal, in which format; the analysis of responders
//! ```
//!
//! Rows, rules and renderings know no database, no HTTP and no clock: the same rows give the same
//! bytes, in whatever order they come. Each statement carries its count, window, method, interval and
//! grade, and withholds its value where there is too little behind it.

pub mod read;
pub mod render;
pub mod rows;
pub mod rules;
pub mod serve;
pub mod snapshots;
