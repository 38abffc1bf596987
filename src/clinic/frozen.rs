//! Frozen reports: keep the one on the page, list those that are kept, read one, take it along.

use super::files::links;
use super::frame::PageContent;
use super::visiting::Visiting;
use crate::access::{self, Call, Filled, Id, Shared};
use crate::http::{Answered, ProblemKind};
use crate::report::read::asked::{AskedDays, MOST_DAYS};
use crate::report::serve::practitioner::{self as reports, Reports, Source};
use crate::report::snapshots::ReportSnapshot;
use crate::time::parse_date;
use actix_web::HttpResponse;
use actix_web::dev::Payload;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

/// The form of the button: the days of the report on the page.
#[derive(Debug, Deserialize)]
struct ShownDays {
    from: String,
    to: String,
}

/// The days to freeze.
pub(super) struct Freezes(AskedDays);

impl access::Asked for Freezes {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        let Filled(days) = Filled::<ShownDays>::read(call, payload).await?;
        let days = parse_date(&days.from).zip(parse_date(&days.to));
        let asked = days.and_then(|(from, to)| AskedDays::of(Some(from), Some(to), MOST_DAYS).ok());
        asked.map(Self).ok_or_else(|| ProblemKind::ValidationFailed.into())
    }
}

/// The button of a report: keeps it, and goes on to what was kept.
pub(super) async fn submit(
    visit: Visiting<Shared<Reports>>,
    Freezes(asked): Freezes,
) -> Answered<HttpResponse> {
    let snapshot = reports::freeze(visit.may.clone(), asked).await?;
    Ok(visit.leads_to(&format!("./frozen/{}", snapshot.id())))
}

/// The list.
pub(super) async fn list(visit: Visiting<Shared<Reports>>) -> Answered<HttpResponse> {
    let snapshots = reports::newest(visit.may.clone()).await?;
    Ok(visit.shows("Frozen reports", PageContent::Main(rows(visit.may.id(), &snapshots))))
}

fn rows(share: Uuid, snapshots: &[ReportSnapshot]) -> Markup {
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
pub(super) async fn page(visit: Visiting<Shared<Reports>>, Id(id): Id) -> Answered<HttpResponse> {
    let report = Box::pin(reports::page(visit.may.clone(), Source::Kept(id))).await?;
    let content = PageContent::AroundMain(html! {
        div class="tools" {
            p {
                "Frozen " (moment(report.generated_at)) ": it stays as it was. "
                a href="../frozen" { "All frozen reports" }
            }
            (links(id, ""))
        }
        (report.main)
    });
    Ok(visit.shows("Frozen report", content))
}
