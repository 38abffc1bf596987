//! A page as a PDF document: A4 or Letter, tagged for screen readers (PDF/UA-1), with its own fonts.
//!
//! Rendering reads no file, opens no connection and asks no clock: the same page gives the same
//! bytes. All texts of a page are data; none of them is ever read as markup. Time and memory are
//! bounded by [`prepare::BUDGET`]: what is beyond is left out, and the document says so.
//!
//! It computes for milliseconds to seconds: call it where blocking is allowed.
//!
//! ```text
//! Page ─▶ prepare (clean, cut) ─▶ page.json ─▶ page.typ in PageWorld ─▶ pages ─▶ PDF
//! ```

mod fonts;
mod prepare;
mod text;
mod world;

use super::page::ReportPage;
use crate::language::Paper;
use chrono::{DateTime, Datelike, Timelike, Utc};
use prepare::{BUDGET, prepare};
use std::panic::{AssertUnwindSafe, catch_unwind};
use thiserror::Error;
use typst::comemo;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};
use world::PageWorld;

/// Why a page could not be rendered. None of it is the fault of a text: that is always shown, cut
/// or replaced.
#[derive(Debug, Error)]
pub enum PdfError {
    /// The page could not be written for the template.
    #[error("the page cannot be prepared: {0}")]
    Prepare(#[from] serde_json::Error),
    /// The engine refused the page: most likely a picture that is no SVG.
    #[error("the page cannot be set: {0}")]
    Layout(String),
    /// The engine refused to write the pages.
    #[error("the pages cannot be written: {0}")]
    Export(String),
    /// The engine fell over.
    #[error("the engine panicked")]
    Panic,
}

/// A rendered page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rendered {
    bytes: Vec<u8>,
    /// Sheets of paper.
    pages: usize,
    /// It keeps to PDF/UA-1. Otherwise it is tagged, too, but shows a letter without a shape.
    is_universal: bool,
}

/// Renders a page as a PDF document on this paper.
pub fn render(page: &ReportPage, paper: Paper) -> Result<Vec<u8>, PdfError> {
    render_pages(page, paper).map(|rendered| rendered.bytes)
}

fn render_pages(page: &ReportPage, paper: Paper) -> Result<Rendered, PdfError> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let document = set(page, paper, BUDGET)?;
        // A letter whose marks stand in no font together with it is found only here.
        let strict = export(&document, page, &[PdfStandard::Ua_1]);
        let is_universal = strict.is_ok();
        let bytes = strict.or_else(|_| export(&document, page, &[]))?;
        Ok(Rendered { bytes, pages: document.pages().len(), is_universal })
    }));
    // What the engine remembers of a page is of no use for another, and is health data.
    comemo::evict(0);
    result.unwrap_or(Err(PdfError::Panic))
}

/// Lays a page out on sheets.
fn set(page: &ReportPage, paper: Paper, budget: usize) -> Result<PagedDocument, PdfError> {
    let data = serde_json::to_vec(&prepare(page, paper, budget))?;
    let document = typst::compile::<PagedDocument>(&PageWorld::new(data));
    document.output.map_err(|faults| PdfError::Layout(words(&faults)))
}

fn export(
    document: &PagedDocument,
    page: &ReportPage,
    standards: &[PdfStandard],
) -> Result<Vec<u8>, PdfError> {
    let standards = PdfStandards::new(standards)
        .map_err(|error| PdfError::Export(error.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(page.id.clone()),
        creator: Smart::Custom(Some(String::from(env!("CARGO_PKG_NAME")))),
        timestamp: page.created_at.and_then(timestamp),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(document, &options).map_err(|faults| PdfError::Export(words(&faults)))
}

/// An instant as the engine has it; `None` where a year has no four digits.
fn timestamp(at: DateTime<Utc>) -> Option<Timestamp> {
    let small = |number: u32| u8::try_from(number).ok();
    let datetime = Datetime::from_ymd_hms(
        at.year(),
        small(at.month())?,
        small(at.day())?,
        small(at.hour())?,
        small(at.minute())?,
        small(at.second())?,
    )?;
    (0..=9999).contains(&at.year()).then(|| Timestamp::new_utc(datetime))
}

/// What the engine says, in one line.
fn words(faults: &[SourceDiagnostic]) -> String {
    let messages: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
    messages.join("; ")
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::{sheets, told};
