//! What each problem means. The addresses of these pages are the `type` of the problem answers.

use super::content::{Content, policy_header};
use super::html::{SHOWS, prose, text_page};
use crate::http::ProblemKind;
use crate::language::Language;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType};
use maud::html;

/// The list, and one page for each problem.
pub(super) fn all(language: &Language) -> Vec<Content> {
    let one = ProblemKind::ALL.iter().map(|kind| one(*kind, language));
    std::iter::once(list(language)).chain(one).collect()
}

fn list(language: &Language) -> Content {
    let words = |key: &str| language.text(key, &[]);
    let body = html! {
        h1 { (words("page.problems")) }
        p { (prose(&words("page.problems.about"))) }
        dl class="problems" {
            @for kind in ProblemKind::ALL {
                dt {
                    a href={ "./problems/" (kind.code()) } { code { (kind.code()) } }
                    " " span { (kind.status()) }
                }
                dd { (prose(&kind.title(language))) }
            }
        }
    };
    let title = words("page.problems");
    Content::page("/problems", SHOWS, text_page("./", language, &title, &body))
}

fn one(kind: ProblemKind, language: &Language) -> Content {
    let words = |key: &str| language.text(key, &[]);
    let code = kind.code();
    let status = StatusCode::from_u16(kind.status()).unwrap_or_default();
    let body = html! {
        h1 { (prose(&kind.title(language))) }
        dl {
            dt { (words("page.problem.code")) }
            dd { code { (code) } }
            dt { (words("page.problem.status")) }
            dd { (status.to_string()) }
            dt { (words("page.problem.cure")) }
            dd { (prose(&kind.cure(language))) }
        }
        p { (prose(&words("page.problem.more"))) }
        p { a href="../problems" { (words("page.problem.all")) } }
    };
    let path = format!("/problems/{code}");
    Content::page(&path, SHOWS, text_page("../", language, code, &body))
}

/// A code that is not in the catalogue; it is not repeated.
pub(super) fn unknown(language: &Language) -> HttpResponse {
    let words = |key: &str| language.text(key, &[]);
    let body = html! {
        h1 { (words("page.problem.unknown")) }
        p { (words("page.problem.unknown.about")) }
        p { a href="../problems" { (words("page.problem.all")) } }
    };
    HttpResponse::NotFound()
        .insert_header(policy_header(SHOWS))
        .insert_header(ContentType::html())
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, "Accept-Language"))
        .body(text_page("../", language, &words("page.problem.unknown.title"), &body))
}
