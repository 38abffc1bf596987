//! The report as a page, a document and a table: one operation for each, for both readers.

use super::asked::with_window;
use super::reader::{ReportReader, Reports};
use super::source::{File, Live, Source};
use crate::access::{Patient, Reader, Shared};
use crate::http::{Answered, Csv, Html, Pdf, Problem};
use crate::lanes::Place;
use crate::report::read::asked::Asked;
use crate::report::render::compose::{ENGLISH, patient_page, practitioner_page};
use crate::report::render::html;
use crate::report::render::page::Page;
use crate::report::render::pdf;
use crate::report::rules::Report;
use crate::report::rules::statement::ReportWindow;
use crate::routes::{Operation, Routes};
use actix_web::http::Method;

const PAGE: &str =
    "One HTML document with everything in it: no scripts, nothing to load. It prints on A4.";
const DOCUMENT: &str =
    "A4, tagged for screen readers, with its fonts inside. The same report gives the same bytes.";
const DAYS: &str = "RFC 4180, one row a day. An empty cell is not known, never zero; columns of closed \
    sections are left out.";

/// Registers the operations.
pub(crate) fn routes(routes: &mut Routes) {
    files::<Patient>(routes, ("get", "The own report", "The own days"), "/v1/report");
    let words = ("getShared", "A patient's report", "A patient's days");
    files::<Shared<Reports>>(routes, words, "/v1/patients/{share_id}/report");
    let summary = "Am I getting better? A page in plain words";
    let op = Operation::new("getReportSummary", "reports", summary).describe(PAGE);
    let handler = async |reader: Patient, asked| summary_page(Live { reader, asked }).await;
    routes.serve(Method::GET, "/v1/report/summary.html", with_window(op), handler);
}

/// Those of one reader, below an address.
fn files<R: ReportReader>(routes: &mut Routes, (id, report, days): (&str, &str, &str), at: &str) {
    let op = |noun: &str, summary: String, about: &str| {
        let op = Operation::new(format!("{id}Report{noun}"), "reports", summary);
        with_window(op.describe(about))
    };
    let handler = async |reader: R, asked| page(live(reader, asked, File::Page)).await;
    let page = op("Page", format!("{report} as a page"), PAGE);
    routes.serve(Method::GET, &format!("{at}/page.html"), page, handler);

    let handler = async |reader: R, asked| document(live(reader, asked, File::Document)).await;
    let document = op("Document", format!("{report} as PDF"), DOCUMENT);
    routes.serve(Method::GET, &format!("{at}/document.pdf"), document, handler);

    let handler = async |reader: R, asked| self::days(live(reader, asked, File::Days)).await;
    let table = op("Days", format!("{days} as a table"), DAYS);
    routes.serve(Method::GET, &format!("{at}/days.csv"), table, handler);
}

fn live<R: Reader>(reader: R, asked: Asked, file: File) -> Live<R> {
    Live { reader: reader.acting(file.action()), asked }
}

/// Version of the layout and the words of the files: one more whenever the same report looks
/// otherwise, so that nobody keeps an old page.
const RENDERING: u32 = 2;

/// The ETag of a file of the report with this ETag.
fn rendered(etag: &str) -> String {
    format!("{}.r{RENDERING}\"", etag.trim_end_matches('"'))
}

/// The page for practitioners.
pub(crate) fn for_practitioners(report: &Report) -> Page {
    practitioner_page(report, &ENGLISH)
}

/// A page as PDF.
pub(crate) async fn typeset(place: Place, page: Page) -> Answered<Vec<u8>> {
    place.compute(move || pdf::render(&page)).await?.map_err(Problem::internal)
}

fn html_answer(bytes: Vec<u8>, etag: &str) -> Html {
    Html { bytes, etag: rendered(etag), policy: Some(html::policy()) }
}

/// The answer with a report as a page.
pub(crate) async fn page(source: impl Source) -> Answered<Html> {
    let (bytes, etag) = File::Page.render(source).await?;
    Ok(html_answer(bytes, &etag))
}

/// The answer with the patient's own page.
pub(crate) async fn summary_page(source: impl Source) -> Answered<Html> {
    let page = |report: &Report| html::document(&patient_page(report, &ENGLISH));
    let (text, etag) = source.make(page).await?;
    Ok(html_answer(text.into_bytes(), &etag))
}

/// The answer with a report as PDF.
pub(crate) async fn document(source: impl Source) -> Answered<Pdf> {
    let (bytes, etag) = File::Document.render(source).await?;
    Ok(Pdf::new(bytes, rendered(&etag)))
}

/// The answer with the days of a report.
pub(crate) async fn days(source: impl Source) -> Answered<Csv> {
    let (bytes, etag) = File::Days.render(source).await?;
    Ok(Csv::new(bytes, rendered(&etag)))
}

/// What a page around a report needs of it.
#[derive(Debug)]
pub struct Embedded {
    /// The days of the report.
    pub window: ReportWindow,
    /// How the patient calls the share.
    pub label: String,
    /// When the report was computed, or frozen.
    pub generated_at: chrono::DateTime<chrono::Utc>,
    /// The main part of the practitioners' page.
    pub main: maud::Markup,
}

/// A report for a page around it.
///
/// # Errors
/// As the source.
pub(crate) async fn embedded(source: impl Source) -> Answered<Embedded> {
    let make = |report: &Report| Embedded {
        window: report.window,
        label: report.share_label.clone().unwrap_or_default(),
        generated_at: report.generated_at,
        main: html::main(&for_practitioners(report)),
    };
    source.make(make).await.map(|(embedded, _)| embedded)
}
