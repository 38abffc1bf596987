//! Frozen reports: keep the one on the page, list those that are kept, read one, take it along.

use super::files::links;
use super::frame::PageContent;
use super::visiting::Visiting;
use crate::access::{self, Call, Filled, Id, Shared};
use crate::http::{Answered, ProblemKind};
use crate::language::Language;
use crate::markup::Printable;
use crate::report::read::asked::{AskedDays, MOST_DAYS};
use crate::report::serve::practitioner::{self as reports, FrozenList, Reports, Source};
use crate::time::parse_date;
use actix_web::HttpResponse;
use actix_web::dev::Payload;
use chrono::{DateTime, NaiveDate, Utc};
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
    let list = reports::newest(visit.may.clone()).await?;
    let language = list.language;
    let title = language.text("clinic.frozen.title", &[]);
    let content = PageContent::Main(rows(visit.may.id(), &list));
    Ok(visit.shows(language, &title, content))
}

fn rows(share: Uuid, list: &FrozenList) -> Markup {
    let FrozenList { snapshots, subject, language } = list;
    let words = |key: &str| language.text(key, &[]);
    html! {
        h1 { (words("clinic.frozen.title")) }
        p class="journal" dir="auto" { (Printable(subject)) }
        p { a href={ "../" (share) } { (words("clinic.frozen.to_report")) } }
        @if snapshots.is_empty() {
            p { (words("clinic.frozen.empty")) }
        } @else {
            p { (words("clinic.frozen.keeps")) }
            table class="patients" {
                caption { (words("clinic.frozen.caption")) }
                thead {
                    tr {
                        th scope="col" { (words("clinic.frozen.days")) }
                        th scope="col" { (words("clinic.frozen.made")) }
                        th scope="col" { (words("clinic.frozen.version")) }
                    }
                }
                tbody {
                    @for snapshot in snapshots {
                        @let (from, to) = snapshot.days();
                        tr {
                            th scope="row" {
                                @if snapshot.withdrawn_at().is_some() {
                                    (span(language, from, to))
                                } @else {
                                    a href={ "./frozen/" (snapshot.id()) } { (span(language, from, to)) }
                                }
                            }
                            td data-label=(words("clinic.frozen.made")) {
                                (moment(language, snapshot.made_at()))
                                @if let Some(at) = snapshot.withdrawn_at() {
                                    br;
                                    (language.text("clinic.frozen.withdrawn", &[("at", &moment(language, at))]))
                                }
                            }
                            td data-label=(words("clinic.frozen.version")) { (snapshot.version()) }
                        }
                    }
                }
            }
        }
    }
}

/// A moment for people, to the minute.
fn moment(language: &Language, moment: DateTime<Utc>) -> String {
    let (day, time) = (language.day(moment.date_naive()), moment.format("%H:%M").to_string());
    language.text("clinic.moment", &[("day", &day), ("time", &time)])
}

fn span(language: &Language, from: NaiveDate, to: NaiveDate) -> String {
    language.text("clinic.span", &[("from", &language.day(from)), ("to", &language.day(to))])
}

/// One frozen report.
pub(super) async fn page(visit: Visiting<Shared<Reports>>, Id(id): Id) -> Answered<HttpResponse> {
    let report = Box::pin(reports::page(visit.may.clone(), Source::Kept(id))).await?;
    let language = report.language;
    let made = moment(language, report.generated_at);
    let content = PageContent::AroundMain(html! {
        div class="tools" {
            p {
                (language.text("clinic.frozen.stays", &[("made", &made)])) " "
                a href="../frozen" { (language.text("clinic.frozen.all", &[])) }
            }
            p { (language.text("clinic.frozen.keeps", &[])) }
            (links(id, "", language))
        }
        (report.main)
    });
    let title = language.text("clinic.frozen.one", &[("title", &report.title)]);
    Ok(visit.shows(language, &title, content))
}
