//! A patient's report: the page, other days, print, and the files to take along.

use super::files::links;
use super::frame::PageContent;
use super::visiting::Visiting;
use crate::access::Shared;
use crate::http::Answered;
use crate::markup::Printable;
use crate::report::read::asked::AskedDays;
use crate::report::serve::practitioner::{self as reports, Reports, Source};
use actix_web::HttpResponse;
use chrono::{Days, NaiveDate};
use maud::{Markup, html};
use uuid::Uuid;

/// Spans to choose from, in days.
const SPANS: [(u64, &str); 4] =
    [(30, "30 days"), (90, "90 days"), (183, "Half a year"), (365, "A year")];

/// The page.
pub(super) async fn page(
    visit: Visiting<Shared<Reports>>,
    asked: AskedDays,
) -> Answered<HttpResponse> {
    let report = Box::pin(reports::page(visit.may.clone(), Source::Live(asked))).await?;
    let (from, to) = (report.window.from, report.window.to);
    let content = PageContent::AroundMain(html! {
        (tools(&report.label, visit.may.id(), from, to))
        (report.main)
    });
    Ok(visit.shows(&format!("Progress report: {}", report.label), content))
}

/// Whose journal, other days, print, files.
fn tools(label: &str, share: Uuid, from: NaiveDate, to: NaiveDate) -> Markup {
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
