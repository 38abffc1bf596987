//! What each problem means. The addresses of these pages are the `type` of the problem answers.

use super::content::{Content, policy_header};
use super::html::{Prose, SHOWS, text_page};
use crate::http::ProblemKind;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use std::fmt::Write;

/// The list, and one page for each problem.
pub(super) fn all() -> Vec<Content> {
    let one = ProblemKind::ALL.iter().copied().map(one);
    std::iter::once(list()).chain(one).collect()
}

fn list() -> Content {
    let mut body = String::from(
        "<h1>Problems</h1>\n\
         <p>A request that fails is answered as <code>application/problem+json</code> with one of\n\
         these codes. An app decides by <code>code</code>; the list is complete, but may grow.</p>\n\
         <dl class=\"problems\">\n",
    );
    for kind in ProblemKind::ALL {
        let (code, status, title) = (kind.code(), kind.status(), Prose(kind.title()));
        // Nothing can fail when writing to a string.
        let _ = writeln!(
            body,
            "<dt><a href=\"./problems/{code}\"><code>{code}</code></a> <span>{status}</span></dt>\n\
             <dd>{title}</dd>"
        );
    }
    body.push_str("</dl>\n");
    Content::page("/problems", SHOWS, text_page("./", "Problems", &body))
}

fn one(kind: ProblemKind) -> Content {
    let (code, title, cure) = (kind.code(), Prose(kind.title()), Prose(kind.cure()));
    let status = StatusCode::from_u16(kind.status()).unwrap_or_default();
    let body = format!(
        "<h1>{title}</h1>\n\
         <dl>\n\
         <dt>Code</dt><dd><code>{code}</code></dd>\n\
         <dt>Status</dt><dd>{status}</dd>\n\
         <dt>What an app does about it</dt><dd>{cure}</dd>\n\
         </dl>\n\
         <p>The answer's <code>detail</code> says what is special about one occurrence, and its\n\
         <code>request_id</code> names it to the operator of the server.</p>\n\
         <p><a href=\"../problems\">All problems</a></p>\n"
    );
    Content::page(&format!("/problems/{code}"), SHOWS, text_page("../", code, &body))
}

/// A code that is not in the catalogue; it is not repeated.
pub(super) fn unknown() -> HttpResponse {
    let body = "<h1>There is no such problem</h1>\n\
        <p>This server answers with none that has this code.</p>\n\
        <p><a href=\"../problems\">All problems</a></p>\n";
    HttpResponse::NotFound()
        .insert_header(policy_header(SHOWS))
        .insert_header(ContentType::html())
        .body(text_page("../", "No such problem", body))
}
