//! A patient's report: the page, other days, print, and the files to take along.

use super::frame::{Page, to_sign_in};
use super::patients::failed;
use super::session::Visitor;
use crate::app::App;
use crate::http::{Answered, Problem, ProblemKind, path_id};
use crate::markup::Escaped;
use crate::report::{File, page_main};
use crate::sharing;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{Days, NaiveDate};
use std::fmt::Write as _;

const UP: &str = "../../";

/// Spans to choose from, in days.
const SPANS: [(u64, &str); 4] =
    [(30, "30 days"), (90, "90 days"), (183, "Half a year"), (365, "A year")];

/// The page.
pub(super) async fn page(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, UP) };
    match page_main(&app, &visitor.caller, &request).await {
        Ok((window, main)) => {
            let share = request.match_info().get("share_id").unwrap_or_default();
            let (from, to) = (window.from, window.to);
            let label = label(&app, &visitor, &request).await;
            let tools = tools(&label, share, from, to);
            let main = tools + &main;
            let title = format!("Progress report: {label}");
            let page = Page { up: UP, title: &title, main: &main, signed_in: true };
            page.answer(StatusCode::OK, visitor.renewed(&app).ok())
        }
        Err(problem) => failed(&app, UP, &problem),
    }
}

/// How the patient calls the share; nothing where it has just gone.
async fn label(app: &App, visitor: &Visitor, request: &HttpRequest) -> String {
    let Ok(id) = path_id(request, "share_id") else { return String::new() };
    sharing::label(app, &visitor.caller, id).await.unwrap_or_default()
}

/// Whose journal, other days, print, files.
fn tools(label: &str, share: &str, from: NaiveDate, to: NaiveDate) -> String {
    let share = Escaped(share);
    let label = Escaped(label);
    let mut tools = format!(
        r#"<p class="journal" dir="auto">{label}</p>
<div class="tools">
<form method="get" action="./{share}">
<fieldset>
<label>From <input type="date" name="from" value="{from}" required></label>
<label>To <input type="date" name="to" value="{to}" required></label>
<button type="submit">Show</button>
</fieldset>
</form>
<nav aria-label="Spans">"#
    );
    for (days, label) in SPANS {
        let first = to.checked_sub_days(Days::new(days - 1)).unwrap_or(to);
        // Writing to a String cannot fail.
        let _ = write!(tools, "<a href=\"./{share}?from={first}&amp;to={to}\">{label}</a> ");
    }
    let _ = write!(tools, "</nav>\n<p><button type=\"button\" data-print hidden>Print</button>\n");
    for file in File::ALL {
        let (name, label) = (file.name(), file.label());
        let _ = writeln!(
            tools,
            "<a class=\"button plain\" href=\"./{share}/{name}?from={from}&amp;to={to}\" download>{label}</a>"
        );
    }
    tools.push_str("</p>\n</div>\n");
    tools
}

/// A file of the report.
pub(super) async fn file(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, UP) };
    match make(&app, &visitor, &request).await {
        Ok((file, bytes)) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, file.media_type()))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .insert_header((
                HeaderName::from_static("content-disposition"),
                format!("attachment; filename=\"{}\"", file.name()),
            ))
            .body(bytes),
        Err(problem) => failed(&app, UP, &problem),
    }
}

async fn make(app: &App, visitor: &Visitor, request: &HttpRequest) -> Answered<(File, Vec<u8>)> {
    let name = request.match_info().get("file").unwrap_or_default();
    let file = File::ALL.into_iter().find(|file| file.name() == name);
    let file = file.ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
    Ok((file, file.render(app, &visitor.caller, request).await?))
}
