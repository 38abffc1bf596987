//! What all pages for practitioners share.

use crate::app::App;
use crate::markup::{DOCTYPE, Printable};
use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::http::{StatusCode, header};
use maud::{Markup, html};

/// What a page may load and where its forms may go.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a page shows.
pub(super) enum Content {
    /// Its main part.
    Main(Markup),
    /// Something with a main part of its own: a report behind the tools for it.
    AroundMain(Markup),
}

/// A page: how deep it lies below the top, its title, and what it shows.
pub(super) struct Page<'a> {
    /// From the page to the top: `./`, `../`, …
    pub(super) up: &'static str,
    /// The title.
    pub(super) title: &'a str,
    /// What it shows.
    pub(super) content: Content,
    /// Is somebody signed in?
    pub(super) signed_in: bool,
}

impl Page<'_> {
    /// The page as an answer, with the cookie to keep.
    pub(super) fn answer(&self, status: StatusCode, cookie: Option<Cookie<'_>>) -> HttpResponse {
        let mut answer = HttpResponse::build(status);
        if let Some(cookie) = cookie {
            answer.cookie(cookie);
        }
        answer
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .body(self.html())
    }

    /// The pages tell each other where a form comes from: under the server's `no-referrer`, a browser
    /// that sends no `Sec-Fetch-Site` says `Origin: null`, and its sign-in would be refused.
    fn html(&self) -> String {
        let up = self.up;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light";
                    meta name="robots" content="noindex";
                    meta name="referrer" content="same-origin";
                    title { (Printable(self.title)) " · pain-journal" }
                    link rel="icon" type="image/svg+xml" href={ (up) "assets/icon.svg" };
                    link rel="stylesheet" href={ (up) "assets/clinic.css" };
                    link rel="stylesheet" href={ (up) "assets/report.css" };
                    script defer src={ (up) "assets/clinic.js" } {}
                }
                body {
                    a class="skip" href="#main" { "To the content" }
                    header class="bar" {
                        span class="name" { "pain-journal" }
                        @if self.signed_in {
                            " "
                            nav aria-label="Pages" { a href={ (up) "clinic" } { "Patients" } }
                            form class="leave" method="post" action={ (up) "clinic/sign-out" } {
                                button type="submit" { "Sign out" }
                            }
                        }
                    }
                    @match &self.content {
                        Content::Main(main) => { main id="main" tabindex="-1" { (main) } }
                        Content::AroundMain(all) => { div id="main" tabindex="-1" { (all) } }
                    }
                }
            }
        };
        page.into_string()
    }
}

/// On to another page.
pub(super) fn see_other(to: &str, cookie: Option<Cookie<'_>>) -> HttpResponse {
    let mut answer = HttpResponse::SeeOther();
    if let Some(cookie) = cookie {
        answer.cookie(cookie);
    }
    answer.insert_header((header::LOCATION, to)).finish()
}

/// To the sign-in, from a page `up` below the top; a cookie that is no good any more goes.
pub(super) fn to_sign_in(app: &App, up: &str) -> HttpResponse {
    see_other(&format!("{up}clinic/sign-in"), Some(super::session::no_cookie(app)))
}
