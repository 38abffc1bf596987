//! Files of a report to take along, computed now or frozen: their links, and the files.

use super::frame::to_sign_in;
use super::patients::failed;
use super::session::Visitor;
use crate::app::App;
use crate::http::{Answered, Problem, ProblemKind};
use crate::report::serve::practitioner as reports;
use crate::report::serve::source::File;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use std::sync::Arc;

/// From a file of a report to the top.
const UP: &str = "../../../";
/// From a file of a frozen report to the top.
const FROZEN_UP: &str = "../../../../../";

/// The print button and the links to the files below a place.
pub(super) fn links(place: &str, query: &str) -> Markup {
    html! {
        p {
            button type="button" data-print hidden { "Print" }
            @for file in File::ALL {
                " "
                a class="button plain" href={ "./" (place) "/" (file.name()) (query) } download {
                    (file.label())
                }
            }
        }
    }
}

/// Is a frozen report meant? Its address holds an id.
fn is_frozen(request: &HttpRequest) -> bool {
    request.match_info().get("id").is_some()
}

/// A file under its name.
pub(super) async fn file(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let up = if is_frozen(&request) { FROZEN_UP } else { UP };
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, up) };
    match Box::pin(make(&app, &visitor, &request)).await {
        Ok((file, bytes)) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, file.media_type()))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .insert_header((
                HeaderName::from_static("content-disposition"),
                format!("attachment; filename=\"{}\"", file.name()),
            ))
            .body(bytes),
        Err(problem) => failed(&app, up, &problem),
    }
}

async fn make(
    app: &Arc<App>,
    visitor: &Visitor,
    request: &HttpRequest,
) -> Answered<(File, Vec<u8>)> {
    let name = request.match_info().get("file").unwrap_or_default();
    let file = File::named(name).ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
    let practitioner = visitor.practitioner(app);
    let (bytes, _) = if is_frozen(request) {
        file.render(reports::kept(practitioner, request).await?).await?
    } else {
        file.render(reports::live(practitioner, request, file).await?).await?
    };
    Ok((file, bytes))
}
