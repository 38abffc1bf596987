//! The frame of every page, and the pages that are written as they are.
//!
//! Addresses are relative, so the pages also work below a path that a proxy takes away. `up` leads
//! from a page to the top: `./` or `../`.

use super::assets::docs_folder;
use super::content::Content;
use crate::markup::DOCTYPE;
use maud::{Markup, html};

/// For pages that only show something.
pub(super) const SHOWS: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For pages with a script that calls this server.
const CALLS: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
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
pub(super) fn text_page(up: &str, title: &str, body: &Markup) -> String {
    frame(up, title, &Markup::default(), &html! { main class="text" { (body) } })
}

/// What all pages share.
fn frame(up: &str, title: &str, head: &Markup, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
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
                    nav aria-label="Pages" {
                        a href={ (up) "docs" } { "API" } " "
                        a href={ (up) "docs/guides" } { "Guides" } " "
                        a href={ (up) "problems" } { "Problems" }
                    }
                }
                (body)
            }
        }
    };
    page.into_string()
}

/// The first page: what is this server?
pub(super) fn start() -> Content {
    let body = html! {
        h1 { "A pain-journal server" }
        p {
            "Patients of pain and acupuncture clinics keep a journal here between their treatment sessions, \
             and decide who may read it."
        }
        h2 { "For practitioners" }
        p {
            a href="./clinic" { "Sign in" }
            " to see the patients who share their journal with you, their reports and what to print."
        }
        h2 { "For patients" }
        p {
            "There is nothing to sign in to in a browser yet. Use the app that your clinic named to you; \
             whether there is one, your clinic knows. What is in a journal belongs to its patient, who \
             decides who may read it."
        }
        h2 { "For developers of apps" }
        ul {
            li { a href="./docs" { "The API" } ": every operation, to read and to try" }
            li {
                a href="./docs/guides" { "The guides" }
                ": the rules of the API, sync, what is recorded, the report"
            }
            li { a href="./openapi.json" { "The OpenAPI document" } ", to generate a client from" }
            li {
                a href="./problems" { "The problems" }
                " a request can meet, and what to do about each"
            }
        }
        h2 { "For operators" }
        ul {
            li { a href="./healthz" { "Is the server alive?" } }
            li { a href="./readyz" { "Can it serve?" } }
        }
    };
    Content::page("/", SHOWS, text_page("./", "Start", &body))
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
    Content::page("/docs", CALLS, frame("./", "API", &head, &body))
}

/// The page behind the link of the verification mail. Programs that look through mail open links,
/// so opening it does nothing: a person presses the button.
pub(super) fn verify_email() -> Content {
    let head = html! {
        meta name="robots" content="noindex";
        script defer src="./assets/verify-email.js" {}
    };
    let body = html! {
        main class="text" {
            h1 { "Confirm your e-mail address" }
            div id="ask" hidden {
                p {
                    "An account was asked for with the address that got the mail. If that was you, confirm \
                     that the address is yours. If not, close this page: without this step no account is made."
                }
                p { button id="confirm" type="button" { "Confirm my address" } }
            }
            p id="outcome" role="status" {}
            noscript {
                p {
                    "This page needs JavaScript. You can also type the six digits of the mail in the app."
                }
            }
        }
    };
    Content::page("/verify-email", CALLS, frame("./", "Confirm your e-mail address", &head, &body))
}
