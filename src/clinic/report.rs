//! A patient's report: the page, other days, print, and the files to take along.

use super::files::links;
use super::frame::PageContent;
use super::visiting::Visiting;
use crate::access::Shared;
use crate::http::Answered;
use crate::markup::Printable;
use crate::report::read::asked::AskedDays;
use crate::report::serve::practitioner::{self as reports, Embedded, Reports, Source};
use actix_web::HttpResponse;
use chrono::Days;
use maud::{Markup, html};
use uuid::Uuid;

/// Spans to choose from, in days, by the keys of their names.
const SPANS: [(u64, &str); 4] = [
    (30, "clinic.report.days_30"),
    (90, "clinic.report.days_90"),
    (183, "clinic.report.half_year"),
    (365, "clinic.report.year"),
];

/// The page.
pub(super) async fn page(
    visit: Visiting<Shared<Reports>>,
    asked: AskedDays,
) -> Answered<HttpResponse> {
    let report = Box::pin(reports::page(visit.may.clone(), Source::Live(asked))).await?;
    let language = report.language;
    let content = PageContent::AroundMain(html! {
        (tools(&report, visit.may.id()))
        (report.main)
    });
    Ok(visit.shows(language, &report.title, content))
}

/// Whose journal, other days, print, files.
fn tools(report: &Embedded, share: Uuid) -> Markup {
    let (from, to) = (report.window.from, report.window.to);
    let language = report.language;
    let words = |key: &str| language.text(key, &[]);
    html! {
        p class="journal" dir="auto" { (Printable(&report.subject)) }
        div class="tools" {
            form method="get" action={ "./" (share) } {
                fieldset {
                    label { (words("clinic.report.from")) " " input type="date" name="from" value=(from) required; }
                    " "
                    label { (words("clinic.report.to")) " " input type="date" name="to" value=(to) required; }
                    " "
                    button type="submit" { (words("clinic.report.show")) }
                }
            }
            nav aria-label=(words("clinic.report.spans")) {
                @for (days, name) in SPANS {
                    @let first = to.checked_sub_days(Days::new(days - 1)).unwrap_or(to);
                    a href={ "./" (share) "?from=" (first) "&to=" (to) } { (words(name)) }
                    " "
                }
            }
            (links(share, &format!("?from={from}&to={to}"), language))
            form method="post" action={ "./" (share) "/frozen" } {
                input type="hidden" name="from" value=(from);
                input type="hidden" name="to" value=(to);
                button type="submit" class="button plain" { (words("clinic.report.freeze")) }
                " "
                a href={ "./" (share) "/frozen" } { (words("clinic.frozen.title")) }
            }
        }
    }
}
