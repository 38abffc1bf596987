//! The report as a page, a document and a table: one operation for each, for both readers.

use super::compose::{ENGLISH, patient_page, practitioner_page};
use super::http::{Asked, SECTIONS, pull, share_target, with_window};
use super::lane::Place;
use super::page::Page;
use super::statement::ReportWindow;
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

/// Something made of the own report.
async fn own<T: Send + 'static>(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    make: impl FnOnce(&Report) -> T + Send + 'static,
) -> Answered<(T, String)> {
    let (asked, own) = (Asked::read(request), |_| Ok(Target::Own));
    let make = |report| make(&report);
    let pulled = pull(app, caller, Need::PATIENT, asked, own, make).await;
    pulled.map(|(made, etag)| (made, rendered(&etag)))
}

/// Version of the layout and the words of the files: one more whenever the same report looks
/// otherwise, so that nobody keeps an old page.
const RENDERING: u32 = 1;

/// The ETag of a file of the report with this ETag.
fn rendered(etag: &str) -> String {
    format!("{}.r{RENDERING}\"", etag.trim_end_matches('"'))
}

/// Something made of a patient's report.
async fn shared<T: Send + 'static>(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    action: &'static str,
    make: impl FnOnce(&Report) -> T + Send + 'static,
) -> Answered<(T, String)> {
    let target = |asked| share_target(request, asked, action, SECTIONS);
    let (asked, make) = (Asked::read(request), |report| make(&report));
    let pulled = pull(app, caller, Need::PRACTITIONER, asked, target, make).await;
    pulled.map(|(made, etag)| (made, rendered(&etag)))
}

fn html_of(page: &Page) -> Vec<u8> {
    html::document(page).into_bytes()
}

fn for_practitioners(report: &Report) -> Page {
    practitioner_page(report, &ENGLISH)
}

fn answer(bytes: Vec<u8>, etag: String) -> Html {
    Html { bytes, etag, policy: Some(html::policy()) }
}

async fn own_page(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Html> {
    let make = |report: &Report| html_of(&for_practitioners(report));
    let (bytes, etag) = own(&app, &caller, &request, make).await?;
    Ok(answer(bytes, etag))
}

async fn own_summary(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Html> {
    let make = |report: &Report| html_of(&patient_page(report, &ENGLISH));
    let (bytes, etag) = own(&app, &caller, &request, make).await?;
    Ok(answer(bytes, etag))
}

async fn shared_page(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Html> {
    let make = |report: &Report| html_of(&for_practitioners(report));
    let (bytes, etag) = shared(&app, &caller, &request, File::Page.action(), make).await?;
    Ok(answer(bytes, etag))
}

// A document has its place before its report is read, so that nothing is kept for those who wait.
async fn own_document(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Pdf> {
    let place = app.lanes.documents.enter().await?;
    let (page, etag) = own(&app, &caller, &request, for_practitioners).await?;
    Ok(Pdf::new(typeset(place, page).await?, etag))
}

async fn shared_document(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Pdf> {
    let place = app.lanes.documents.enter().await?;
    let action = File::Document.action();
    let (page, etag) = shared(&app, &caller, &request, action, for_practitioners).await?;
    Ok(Pdf::new(typeset(place, page).await?, etag))
}

async fn own_days(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Csv> {
    let (bytes, etag) = own(&app, &caller, &request, days).await?;
    Ok(Csv::new(bytes?, etag))
}

async fn shared_days(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Csv> {
    let (bytes, etag) = shared(&app, &caller, &request, File::Days.action(), days).await?;
    Ok(Csv::new(bytes?, etag))
}

fn days(report: &Report) -> Answered<Vec<u8>> {
    csv::days(report).map_err(Problem::internal)
}

/// A page as PDF.
async fn typeset(place: Place, page: Page) -> Answered<Vec<u8>> {
    place.compute(move || pdf::render(&page)).await?.map_err(Problem::internal)
}

/// The days of a patient's report and the main part of its page, for a page around it.
///
/// # Errors
/// As the operation.
pub async fn page_main(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
) -> Answered<(ReportWindow, String)> {
    let make = |report: &Report| (report.window, html::main(&for_practitioners(report)));
    shared(app, caller, request, File::Page.action(), make).await.map(|(made, _)| made)
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

    /// Its bytes, for the practitioners' pages.
    ///
    /// # Errors
    /// As the operation, or when it cannot be made.
    pub async fn render(
        self,
        app: &App,
        caller: &Caller,
        request: &HttpRequest,
    ) -> Answered<Vec<u8>> {
        let action = self.action();
        let made = match self {
            Self::Document => {
                let place = app.lanes.documents.enter().await?;
                let (page, _) = shared(app, caller, request, action, for_practitioners).await?;
                return typeset(place, page).await;
            }
            Self::Page => {
                let make = |report: &Report| html_of(&for_practitioners(report));
                shared(app, caller, request, action, make).await?.0
            }
            Self::Days => shared(app, caller, request, action, days).await?.0?,
        };
        Ok(made)
    }
}
