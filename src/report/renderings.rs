//! The report as a page, a document and a table: one operation for each, for both readers.

use super::compose::{ENGLISH, patient_page, practitioner_page};
use super::http::{Asked, SECTIONS, pull, share_target, with_window};
use super::{Report, html};
use crate::access::{Caller, Need, Section, Target};
use crate::app::App;
use crate::http::{Answered, Authz, Html, Operation, Routes};
use actix_web::http::Method;
use actix_web::{HttpRequest, web};

/// The codes of the sections, for the document.
fn codes() -> &'static [&'static str] {
    let codes: Vec<&'static str> = SECTIONS.iter().map(Section::code).collect();
    codes.leak()
}

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
        Authz::share(codes()),
    )
    .describe(page);
    let path = "/v1/patients/{share_id}/report/page.html";
    routes.add(Method::GET, path, with_window(op), shared_page);
}

/// The own report, as any rendering needs it.
async fn own(app: &App, caller: &Caller, request: &HttpRequest) -> Answered<(Report, String)> {
    pull(app, caller, Need::PATIENT, Asked::read(request), |_| Ok(Target::Own)).await
}

/// A patient's report, as any rendering needs it.
async fn shared(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    action: &'static str,
) -> Answered<(Report, String)> {
    let target = |asked| share_target(request, asked, action, SECTIONS);
    pull(app, caller, Need::PRACTITIONER, Asked::read(request), target).await
}

fn page_of(page: &super::page::Page, etag: String) -> Html {
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
    /// The page, whole.
    Page,
}

impl File {
    /// All of them, in the order to offer them.
    pub const ALL: [Self; 1] = [Self::Page];

    /// The name it is kept under, and asked for by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "report.html",
        }
    }
    /// What the link says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Page => "Save the page",
        }
    }
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
        }
    }
    /// What the access log calls it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Page => "report_page",
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// When it cannot be made.
    #[expect(clippy::unused_async, reason = "the others work on a thread of their own")]
    pub async fn render(self, report: &Report) -> Answered<Vec<u8>> {
        match self {
            Self::Page => Ok(html::document(&practitioner_page(report, &ENGLISH)).into_bytes()),
        }
    }
}
