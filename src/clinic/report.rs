//! A patient's report: the page, other days, print, and the files to take along.

use super::files::links;
use super::frame::{Content, Page, to_sign_in};
use super::patients::failed;
use super::session::Visitor;
use crate::app::App;
use crate::markup::Printable;
use crate::report::serve::practitioner as reports;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{Days, NaiveDate};
use maud::{Markup, html};

const UP: &str = "../../";

/// Spans to choose from, in days.
const SPANS: [(u64, &str); 4] =
    [(30, "30 days"), (90, "90 days"), (183, "Half a year"), (365, "A year")];

/// The page.
pub(super) async fn page(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, UP) };
    match Box::pin(reports::page(visitor.practitioner(&app), &request)).await {
        Ok(report) => {
            let share = request.match_info().get("share_id").unwrap_or_default();
            let (from, to) = (report.window.from, report.window.to);
            let content = Content::AroundMain(html! {
                (tools(&report.label, share, from, to))
                (report.main)
            });
            let title = format!("Progress report: {}", report.label);
            let page = Page { up: UP, title: &title, content, signed_in: true };
            page.answer(StatusCode::OK, visitor.renewed(&app).ok())
        }
        Err(problem) => failed(&app, UP, &problem),
    }
}

/// Whose journal, other days, print, files.
fn tools(label: &str, share: &str, from: NaiveDate, to: NaiveDate) -> Markup {
    html! {
        p class="journal" dir="auto" { (Printable(label)) }
        div class="tools" {
            form method="get" action={ "./" (share) } {
                fieldset {
                    label { "From " input type="date" name="from" value=(from) required; }
                    " "
                    label { "To " input type="date" name="to" value=(to) required; }
                    " "
                    button type="submit" { "Show" }
                }
            }
            nav aria-label="Spans" {
                @for (days, label) in SPANS {
                    @let first = to.checked_sub_days(Days::new(days - 1)).unwrap_or(to);
                    a href={ "./" (share) "?from=" (first) "&to=" (to) } { (label) }
                    " "
                }
            }
            (links(share, &format!("?from={from}&to={to}")))
            form method="post" action={ "./" (share) "/frozen" } {
                input type="hidden" name="from" value=(from);
                input type="hidden" name="to" value=(to);
                button type="submit" class="button plain" { "Freeze it" }
                " "
                a href={ "./" (share) "/frozen" } { "Frozen reports" }
            }
        }
    }
}
