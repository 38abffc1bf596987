//! What each problem means. The addresses of these pages are the `type` of the problem answers.

use super::content::{Content, policy_header};
use super::html::{SHOWS, prose, text_page};
use crate::http::ProblemKind;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use maud::html;

/// The list, and one page for each problem.
pub(super) fn all() -> Vec<Content> {
    let one = ProblemKind::ALL.iter().copied().map(one);
    std::iter::once(list()).chain(one).collect()
}

fn list() -> Content {
    let body = html! {
        h1 { "Problems" }
        p {
            "A request that fails is answered as " code { "application/problem+json" }
            " with one of these codes. An app decides by " code { "code" }
            "; the list is complete, but may grow."
        }
        dl class="problems" {
            @for kind in ProblemKind::ALL {
                dt {
                    a href={ "./problems/" (kind.code()) } { code { (kind.code()) } }
                    " " span { (kind.status()) }
                }
                dd { (prose(kind.title())) }
            }
        }
    };
    Content::page("/problems", SHOWS, text_page("./", "Problems", &body))
}

fn one(kind: ProblemKind) -> Content {
    let code = kind.code();
    let status = StatusCode::from_u16(kind.status()).unwrap_or_default();
    let body = html! {
        h1 { (prose(kind.title())) }
        dl {
            dt { "Code" }
            dd { code { (code) } }
            dt { "Status" }
            dd { (status.to_string()) }
            dt { "What an app does about it" }
            dd { (prose(kind.cure())) }
        }
        p {
            "The answer's " code { "detail" } " says what is special about one occurrence, and its "
            code { "request_id" } " names it to the operator of the server."
        }
        p { a href="../problems" { "All problems" } }
    };
    Content::page(&format!("/problems/{code}"), SHOWS, text_page("../", code, &body))
}

/// A code that is not in the catalogue; it is not repeated.
pub(super) fn unknown() -> HttpResponse {
    let body = html! {
        h1 { "There is no such problem" }
        p { "This server answers with none that has this code." }
        p { a href="../problems" { "All problems" } }
    };
    HttpResponse::NotFound()
        .insert_header(policy_header(SHOWS))
        .insert_header(ContentType::html())
        .body(text_page("../", "No such problem", &body))
}
