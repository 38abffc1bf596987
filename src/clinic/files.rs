//! Files of a report to take along, computed now or frozen: their links, and the files.

use super::visiting::Visiting;
use crate::access::Shared;
use crate::http::{Answered, attachment};
use crate::language::{Language, Paper};
use crate::report::serve::practitioner::{self as reports, ChosenFile, Reports, downloads};
use actix_web::HttpResponse;
use actix_web::http::header;
use maud::{Markup, html};
use uuid::Uuid;

/// The print button and the links to the files below a place.
pub(super) fn links(place: Uuid, query: &str, language: &Language) -> Markup {
    html! {
        p {
            button type="button" data-print hidden { (language.text("clinic.report.print", &[])) }
            @for (file, paper) in downloads() {
                " "
                a class="button plain" href={ "./" (place) "/" (file.name) (on(query, paper)) } download {
                    @match paper {
                        Some(paper) => {
                            (language.text(&format!("{}.{}", file.label, paper.code()), &[]))
                        }
                        None => (language.text(file.label, &[])),
                    }
                }
            }
        }
    }
}

/// A query, with the paper that is wanted.
fn on(query: &str, paper: Option<Paper>) -> String {
    let Some(paper) = paper else { return query.to_owned() };
    let first = if query.is_empty() { "?" } else { "&" };
    format!("{query}{first}paper={}", paper.code())
}

/// A file under its name.
pub(super) async fn file(
    visit: Visiting<Shared<Reports>>,
    file: ChosenFile,
) -> Answered<HttpResponse> {
    let (kind, download, content) = Box::pin(reports::file(visit.may, file)).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind.content_type()))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            attachment(download.name, content.mark.as_deref()),
        ))
        .body(content.bytes))
}
