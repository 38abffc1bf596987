//! Files of a report to take along, computed now or frozen: their links, and the files.

use super::frame::to_sign_in;
use super::patients::failed;
use super::session::Visitor;
use crate::app::App;
use crate::report::serve::practitioner::{self as reports, downloads, is_frozen};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

/// From a file of a report to the top.
const UP: &str = "../../../";
/// From a file of a frozen report to the top.
const FROZEN_UP: &str = "../../../../../";

/// The print button and the links to the files below a place.
pub(super) fn links(place: &str, query: &str) -> Markup {
    html! {
        p {
            button type="button" data-print hidden { "Print" }
            @for file in downloads() {
                " "
                a class="button plain" href={ "./" (place) "/" (file.name) (query) } download {
                    (file.label)
                }
            }
        }
    }
}

/// A file under its name.
pub(super) async fn file(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let up = if is_frozen(&request) { FROZEN_UP } else { UP };
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, up) };
    match Box::pin(reports::file(visitor.practitioner(&app), &request)).await {
        Ok((kind, file, bytes)) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, kind.content_type()))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{}\"", file.name),
            ))
            .body(bytes),
        Err(problem) => failed(&app, up, &problem),
    }
}
