//! What all pages for practitioners share.

use super::visiting::no_cookie;
use crate::app::App;
use crate::http::{Problem, ProblemKind};
use crate::language::Language;
use crate::markup::{DOCTYPE, Printable};
use actix_web::cookie::Cookie;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use maud::{Markup, html};

/// What a page may load and where its forms may go.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a page shows.
pub(super) enum PageContent {
    /// Its main part.
    Main(Markup),
    /// Something with a main part of its own: a report behind the tools for it.
    AroundMain(Markup),
}

/// A page: how deep it lies below the top, its title, and what it shows.
pub(super) struct ClinicPage<'a> {
    /// From the page to the top: `./`, `../`, …
    pub(super) up: &'a str,
    /// What it is in.
    pub(super) language: &'static Language,
    /// The title.
    pub(super) title: &'a str,
    /// What it shows.
    pub(super) content: PageContent,
    /// Is somebody signed in?
    pub(super) signed_in: bool,
}

impl ClinicPage<'_> {
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
            .insert_header((header::CONTENT_LANGUAGE, self.language.tag()))
            .insert_header((header::VARY, "Accept-Language, Cookie"))
            .body(self.html())
    }

    /// The pages tell each other where a form comes from: under the server's `no-referrer`, a browser
    /// that sends no `Sec-Fetch-Site` says `Origin: null`, and its sign-in would be refused.
    fn html(&self) -> String {
        let (up, language) = (self.up, self.language);
        let words = |key: &str| language.text(key, &[]);
        let page = html! {
            (DOCTYPE)
            html lang=(language.tag()) {
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
                    a class="skip" href="#main" { (words("clinic.skip")) }
                    header class="bar" {
                        span class="name" { "pain-journal" }
                        @if self.signed_in {
                            " "
                            nav aria-label=(words("clinic.pages")) {
                                a href={ (up) "clinic" } { (words("clinic.patients")) }
                            }
                            form class="leave" method="post" action={ (up) "clinic/sign-out" } {
                                button type="submit" { (words("clinic.sign_out")) }
                            }
                        }
                    }
                    @match &self.content {
                        PageContent::Main(main) => { main id="main" tabindex="-1" { (main) } }
                        PageContent::AroundMain(all) => { div id="main" tabindex="-1" { (all) } }
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
    see_other(&format!("{up}clinic/sign-in"), Some(no_cookie(app)))
}

/// What to show instead of a page that cannot be made.
pub(super) fn failed(
    app: &App,
    up: &str,
    language: &'static Language,
    problem: &Problem,
) -> HttpResponse {
    let (status, name) = match problem.kind() {
        ProblemKind::SignInRevoked | ProblemKind::TokenExpired | ProblemKind::Unauthenticated => {
            return to_sign_in(app, up);
        }
        ProblemKind::NotFound => (StatusCode::NOT_FOUND, "not_open"),
        ProblemKind::RoleInsufficient | ProblemKind::AccountSuspended => {
            (StatusCode::FORBIDDEN, "not_allowed")
        }
        ProblemKind::ValidationFailed => (StatusCode::UNPROCESSABLE_ENTITY, "bad_days"),
        ProblemKind::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        kind if kind.status() < 500 => (problem.status_code(), "bad_form"),
        _ => {
            tracing::error!(cause = problem.cause(), "a page for practitioners");
            (StatusCode::INTERNAL_SERVER_ERROR, "failed")
        }
    };
    // Of a form that did not arrive whole, the problem itself says what it was.
    let title = match name {
        "bad_form" => problem.kind().title(language),
        _ => language.text(&format!("clinic.failed.{name}.title"), &[]),
    };
    let content = PageContent::Main(html! {
        h1 { (title) }
        p { (language.text(&format!("clinic.failed.{name}"), &[])) }
        p { a href={ (up) "clinic" } { (language.text("clinic.to_list", &[])) } }
    });
    ClinicPage { up, language, title: &title, content, signed_in: true }.answer(status, None)
}
