//! The frame of every page, and the pages that are written as they are.
//!
//! Addresses are relative, so the pages also work below a path that a proxy takes away. `up` leads
//! from a page to the top: `./` or `../`.

use super::assets::docs_folder;
use super::content::Content;
use crate::language::Language;
use crate::markup::DOCTYPE;
use maud::{Markup, html};

/// For pages that only show something.
pub(super) const SHOWS: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For pages with a script that calls this server.
pub(super) const CALLS: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Text with `code` between backticks.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A page that is only text.
pub(super) fn text_page(up: &str, language: &Language, title: &str, body: &Markup) -> String {
    frame(up, language, title, &Markup::default(), &html! { main class="text" { (body) } })
}

/// What all pages share.
pub(super) fn frame(
    up: &str,
    language: &Language,
    title: &str,
    head: &Markup,
    body: &Markup,
) -> String {
    let words = |key: &str| language.text(key, &[]);
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · pain-journal" }
                link rel="icon" type="image/svg+xml" href={ (up) "assets/icon.svg" };
                (head)
                link rel="stylesheet" href={ (up) "assets/style.css" };
            }
            body {
                header class="bar" {
                    a class="name" href=(up) { "pain-journal" }
                    " "
                    nav aria-label=(words("page.pages")) {
                        a href={ (up) "docs" } { (words("page.api")) } " "
                        a href={ (up) "docs/guides" } { (words("page.guides")) } " "
                        a href={ (up) "problems" } { (words("page.problems")) }
                    }
                }
                (body)
            }
        }
    };
    page.into_string()
}

/// The first page: what is this server?
pub(super) fn start(language: &Language) -> Content {
    let words = |key: &str| language.text(key, &[]);
    let body = html! {
        h1 { (words("page.start.heading")) }
        p { (words("page.start.about")) }
        h2 { (words("page.start.practitioners")) }
        p {
            a href="./clinic" { (words("page.start.sign_in")) }
            " " (words("page.start.sign_in.about"))
        }
        h2 { (words("page.start.patients")) }
        p { (words("page.start.patients.about")) }
        h2 { (words("page.start.developers")) }
        ul {
            li { a href="./docs" { (words("page.start.api")) } ": " (words("page.start.api.about")) }
            li {
                a href="./docs/guides" { (words("page.start.guides")) } ": "
                (words("page.start.guides.about"))
            }
            li {
                a href="./openapi.json" { (words("page.start.openapi")) } ": "
                (words("page.start.openapi.about"))
            }
            li {
                a href="./problems" { (words("page.start.problems")) } ": "
                (words("page.start.problems.about"))
            }
        }
        h2 { (words("page.start.operators")) }
        ul {
            li { a href="./healthz" { (words("page.start.alive")) } }
            li { a href="./readyz" { (words("page.start.ready")) } }
        }
    };
    let title = words("page.start.title");
    Content::page("/", SHOWS, text_page("./", language, &title, &body))
}

/// The documentation of the API.
pub(super) fn documentation() -> Content {
    let docs = docs_folder();
    let head = html! {
        link rel="stylesheet" href={ "./" (docs) "/swagger-ui.css" };
        script defer src={ "./" (docs) "/swagger-ui-bundle.js" } {}
        script defer src="./assets/docs.js" {}
    };
    let body = html! {
        // Swagger UI brings its own main part.
        div class="text hint" {
            p {
                strong { "To try the operations:" } " sign in with " code { "POST /v1/auth/login" }
                ", press " b { "Authorize" } " and paste the " code { "access_token" }
                " of the answer. It is good for 10 minutes, and this page forgets it when it is closed."
            }
            p {
                "What you send changes the data of this server. To generate a client, take the "
                a href="./openapi.json" { "OpenAPI document" }
                ". The rules behind the operations are in the " a href="./docs/guides" { "guides" } ": "
                a href="./docs/guides/api" { "the API" } ", " a href="./docs/guides/sync" { "sync" } ", "
                a href="./docs/guides/report" { "the report" } "."
            }
        }
        noscript {
            p class="text" {
                "This page needs JavaScript. The " a href="./openapi.json" { "OpenAPI document" } " does not."
            }
        }
        div id="docs" { p class="text" role="status" { "Loading the documentation …" } }
    };
    Content::page("/docs", CALLS, frame("./", Language::english(), "API", &head, &body))
}
