//! The report as a page, a document and a table: one operation for each, for both readers.

use super::asked::{Asked, with_window};
use super::compose::{ENGLISH, patient_page, practitioner_page};
use super::http::{pull, share_target};
use super::page::Page;
use super::reading::SECTIONS;
use super::{Report, csv, html, pdf};
use crate::access::{Caller, Need, Target};
use crate::app::App;
use crate::http::{Answered, Authz, Csv, Html, Operation, Pdf, Problem, Routes};
use actix_web::http::Method;
use actix_web::{HttpRequest, web};

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let page =
        "One HTML document with everything in it: no scripts, nothing to load. It prints on A4.";
    let op = Operation::new("getReportPage", "reports", "The own report as a page", Authz::PATIENT)
        .describe(page);
    routes.add(Method::GET, "/v1/report/page.html", with_window(op), own_page);
    let op = Operation::new(
        "getReportSummary",
        "reports",
        "Am I getting better? A page in plain words",
        Authz::PATIENT,
    )
    .describe(page);
    routes.add(Method::GET, "/v1/report/summary.html", with_window(op), own_summary);
    let op = Operation::new(
        "getSharedReportPage",
        "reports",
        "A patient's report as a page",
        Authz::share(SECTIONS),
    )
    .describe(page);
    let path = "/v1/patients/{share_id}/report/page.html";
    routes.add(Method::GET, path, with_window(op), shared_page);

    let about = "A4, tagged for screen readers, with its fonts inside. The same report gives the same \
        bytes.";
    let op =
        Operation::new("getReportDocument", "reports", "The own report as PDF", Authz::PATIENT)
            .describe(about);
    routes.add(Method::GET, "/v1/report/document.pdf", with_window(op), own_document);
    let op = Operation::new(
        "getSharedReportDocument",
        "reports",
        "A patient's report as PDF",
        Authz::share(SECTIONS),
    )
    .describe(about);
    let path = "/v1/patients/{share_id}/report/document.pdf";
    routes.add(Method::GET, path, with_window(op), shared_document);

    let about = "RFC 4180, one row a day. An empty cell is not known, never zero; columns of closed \
        sections are left out.";
    let op = Operation::new("getReportDays", "reports", "The own days as a table", Authz::PATIENT)
        .describe(about);
    routes.add(Method::GET, "/v1/report/days.csv", with_window(op), own_days);
    let op = Operation::new(
        "getSharedReportDays",
        "reports",
        "A patient's days as a table",
        Authz::share(SECTIONS),
    )
    .describe(about);
    let path = "/v1/patients/{share_id}/report/days.csv";
    routes.add(Method::GET, path, with_window(op), shared_days);
}

/// The own report, as any rendering needs it.
async fn own(app: &App, caller: &Caller, request: &HttpRequest) -> Answered<(Report, String)> {
    let pulled = pull(app, caller, Need::PATIENT, Asked::read(request), |_| Ok(Target::Own)).await;
    pulled.map(|(report, etag)| (report, rendered(&etag)))
}

/// Version of the layout and the words of the files: one more whenever the same report looks
/// otherwise, so that nobody keeps an old page.
const RENDERING: u32 = 2;

/// The ETag of a file of the report with this ETag.
pub(super) fn rendered(etag: &str) -> String {
    format!("{}.r{RENDERING}\"", etag.trim_end_matches('"'))
}

/// A patient's report, as any rendering needs it.
async fn shared(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    action: &'static str,
) -> Answered<(Report, String)> {
    let target = |asked| share_target(request, asked, action, SECTIONS);
    let pulled = pull(app, caller, Need::PRACTITIONER, Asked::read(request), target).await;
    pulled.map(|(report, etag)| (report, rendered(&etag)))
}

pub(super) fn page_of(page: &Page, etag: String) -> Html {
    Html { bytes: html::document(page).into_bytes(), etag, policy: Some(html::policy()) }
}

async fn own_page(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Html> {
    let (report, etag) = own(&app, &caller, &request).await?;
    Ok(page_of(&practitioner_page(&report, &ENGLISH), etag))
}

async fn own_summary(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Html> {
    let (report, etag) = own(&app, &caller, &request).await?;
    Ok(page_of(&patient_page(&report, &ENGLISH), etag))
}

async fn shared_page(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Html> {
    let (report, etag) = shared(&app, &caller, &request, "report_page").await?;
    Ok(page_of(&practitioner_page(&report, &ENGLISH), etag))
}

async fn own_document(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Pdf> {
    let (report, etag) = own(&app, &caller, &request).await?;
    Ok(Pdf::new(File::Document.render(&report).await?, etag))
}

async fn shared_document(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Pdf> {
    let (report, etag) = shared(&app, &caller, &request, File::Document.action()).await?;
    Ok(Pdf::new(File::Document.render(&report).await?, etag))
}

async fn own_days(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Csv> {
    let (report, etag) = own(&app, &caller, &request).await?;
    Ok(Csv::new(File::Days.render(&report).await?, etag))
}

async fn shared_days(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Csv> {
    let (report, etag) = shared(&app, &caller, &request, File::Days.action()).await?;
    Ok(Csv::new(File::Days.render(&report).await?, etag))
}

/// A patient's report for the practitioners' pages.
///
/// # Errors
/// As the operation.
pub async fn for_practitioner(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    action: &'static str,
) -> Answered<Report> {
    shared(app, caller, request, action).await.map(|(report, _)| report)
}

/// The main part of the practitioner's page, for a page around it.
pub fn page_main(report: &Report) -> String {
    html::main(&practitioner_page(report, &ENGLISH))
}

/// A file that a report can be taken along as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The page as a tagged document.
    Document,
    /// The page, whole.
    Page,
    /// The days as a table.
    Days,
}

impl File {
    /// All of them, in the order to offer them.
    pub const ALL: [Self; 3] = [Self::Document, Self::Page, Self::Days];

    /// The file of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.name() == name)
    }

    /// The name it is kept under, and asked for by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "report.pdf",
            Self::Page => "report.html",
            Self::Days => "days.csv",
        }
    }
    /// What the link says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Document => "PDF",
            Self::Page => "Save the page",
            Self::Days => "Days as CSV",
        }
    }
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Document => "application/pdf",
            Self::Page => "text/html; charset=utf-8",
            Self::Days => "text/csv; charset=utf-8",
        }
    }
    /// What the access log calls it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Document => "report_document",
            Self::Page => "report_page",
            Self::Days => "report_days",
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn render(self, report: &Report) -> Answered<Vec<u8>> {
        let page = || practitioner_page(report, &ENGLISH);
        match self {
            Self::Document => document(page()).await,
            Self::Page => Ok(html::document(&page()).into_bytes()),
            Self::Days => csv::days(report).map_err(Problem::internal),
        }
    }
}

/// A page as PDF, typeset on a thread where it holds nobody up.
async fn document(page: Page) -> Answered<Vec<u8>> {
    web::block(move || pdf::render(&page))
        .await
        .map_err(Problem::internal)?
        .map_err(Problem::internal)
}
