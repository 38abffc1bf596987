//! Pages for people: what this server is, the documentation of its API, what its problems mean,
//! and the page behind the link of the verification mail.
//!
//! They are no operations of the API. Everything they show is known when the program is built, and
//! nothing is ever loaded from another place, which each page's own policy tells the browser.

mod assets;
mod content;
mod guides;
mod html;
mod problems;
#[cfg(test)]
mod tests;

use self::content::Content;
use crate::app::App;
use crate::routes::SOMEDAY;
use actix_web::http::{Method, header};
use actix_web::{Handler, HttpRequest, HttpResponse, Resource, Responder, guard, web};
use chrono::{DateTime, Duration, Utc};
use std::sync::LazyLock;

/// All that does not change while the program runs.
static CONTENTS: LazyLock<Vec<Content>> = LazyLock::new(|| {
    let mut contents = assets::all();
    contents.extend([html::start(), html::documentation(), html::verify_email()]);
    contents.extend(problems::all());
    contents.extend(guides::all());
    contents
});

/// Registers the pages and what they consist of.
pub fn routes(config: &mut web::ServiceConfig) {
    for content in CONTENTS.iter() {
        let answer = move |request: HttpRequest| async move { content.answer(&request) };
        config.service(readable(content.path(), answer));
    }
    config.service(readable("/problems/{code}", async || problems::unknown()));
    config.service(readable("/openapi.json", openapi));
}

/// A resource that can be read, and nothing else.
fn readable<H, Args>(path: &str, handler: H) -> Resource
where
    H: Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    H::Output: Responder + 'static,
{
    let reads = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path).route(web::route().guard(reads).to(handler)).default_service(web::to(
        async || {
            let methods = [Method::GET, Method::HEAD];
            HttpResponse::MethodNotAllowed().insert_header(header::Allow(methods.into())).finish()
        },
    ))
}

/// The OpenAPI document of this server, made once.
#[derive(Debug)]
pub struct PublishedDocument(pub String);

async fn openapi(
    app: web::Data<App>,
    published: web::Data<PublishedDocument>,
    request: HttpRequest,
) -> HttpResponse {
    document(&dated(&published.0, app.clock.now())).answer(&request)
}

/// The document with moments that lie ahead of this one where its examples need such.
fn dated(text: &str, now: DateTime<Utc>) -> String {
    let soon = (now + Duration::days(90)).format("%Y-%m-%dT00:00:00.000Z").to_string();
    text.replace(SOMEDAY, &soon)
}

fn document(text: &str) -> Content {
    Content::new("/openapi.json", "application/json", web::Bytes::from(text.to_owned()))
}
