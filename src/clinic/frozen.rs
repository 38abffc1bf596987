//! Frozen reports: keep the one on the page, list those that are kept, read one, take it along.

use super::files::links;
use super::frame::{Content, Page, see_other, to_sign_in};
use super::patients::failed;
use super::session::{Visitor, is_our_own};
use crate::app::App;
use crate::http::{self, Answered, ProblemKind};
use crate::report::serve::practitioner as frozen;
use crate::report::snapshots::ReportSnapshot;
use crate::time::parse_date;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};
use serde::Deserialize;

/// From the list to the top.
const LIST_UP: &str = "../../../";
/// From one frozen report to the top.
const ONE_UP: &str = "../../../../";

/// The days of the report on the page.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    from: String,
    to: String,
}

impl Form {
    /// The days, read as the API reads them.
    fn days(&self) -> Answered<(NaiveDate, NaiveDate)> {
        let days = parse_date(&self.from).zip(parse_date(&self.to));
        days.ok_or_else(|| ProblemKind::ValidationFailed.into())
    }
}

/// The button of a report: keeps it, and goes on to what was kept.
pub(super) async fn submit(
    app: web::Data<App>,
    request: HttpRequest,
    form: http::Form<Form>,
) -> HttpResponse {
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, LIST_UP) };
    if !is_our_own(&request) {
        return failed(&app, LIST_UP, &ProblemKind::RoleInsufficient.into());
    }
    let days = match form.filled().and_then(|form| form.days()) {
        Ok(days) => days,
        Err(problem) => return failed(&app, LIST_UP, &problem),
    };
    match frozen::freeze(visitor.practitioner(&app), &request, days).await {
        Ok(snapshot) => {
            see_other(&format!("./frozen/{}", snapshot.id()), visitor.renewed(&app).ok())
        }
        Err(problem) => failed(&app, LIST_UP, &problem),
    }
}

/// The list.
pub(super) async fn list(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, LIST_UP) };
    match frozen::newest(visitor.practitioner(&app), &request).await {
        Ok(snapshots) => {
            let share = request.match_info().get("share_id").unwrap_or_default();
            let content = Content::Main(rows(share, &snapshots));
            let page = Page { up: LIST_UP, title: "Frozen reports", content, signed_in: true };
            page.answer(StatusCode::OK, visitor.renewed(&app).ok())
        }
        Err(problem) => failed(&app, LIST_UP, &problem),
    }
}

fn rows(share: &str, snapshots: &[ReportSnapshot]) -> Markup {
    html! {
        h1 { "Frozen reports" }
        p { a href={ "../" (share) } { "To the report" } }
        @if snapshots.is_empty() {
            p {
                "None yet. A frozen report stays as it was, whatever is entered later; the button stands on \
                 the report."
            }
        } @else {
            table class="patients" {
                caption { "Newest first; of the same days the highest version is the latest" }
                thead {
                    tr {
                        th scope="col" { "Journal days" }
                        th scope="col" { "Frozen" }
                        th scope="col" { "Version" }
                    }
                }
                tbody {
                    @for snapshot in snapshots {
                        @let (from, to) = snapshot.days();
                        tr {
                            th scope="row" {
                                a href={ "./frozen/" (snapshot.id()) } { (from) " to " (to) }
                            }
                            td data-label="Frozen" { (moment(snapshot.made_at())) }
                            td data-label="Version" { (snapshot.version()) }
                        }
                    }
                }
            }
        }
    }
}

/// A moment for people, to the minute.
fn moment(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// One frozen report.
pub(super) async fn page(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, ONE_UP) };
    match Box::pin(frozen::page(visitor.practitioner(&app), &request)).await {
        Ok(report) => {
            let id = request.match_info().get("id").unwrap_or_default();
            let content = Content::AroundMain(html! {
                div class="tools" {
                    p {
                        "Frozen " (moment(report.generated_at)) ": it stays as it was. "
                        a href="../frozen" { "All frozen reports" }
                    }
                    (links(id, ""))
                }
                (report.main)
            });
            let page = Page { up: ONE_UP, title: "Frozen report", content, signed_in: true };
            page.answer(StatusCode::OK, visitor.renewed(&app).ok())
        }
        Err(problem) => failed(&app, ONE_UP, &problem),
    }
}
