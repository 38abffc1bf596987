//! What all pages for practitioners share.

use crate::app::App;
use crate::markup::Escaped;
use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::http::{StatusCode, header};

/// What a page may load and where its forms may go.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page: how deep it lies below the top, its title, and its main part as HTML.
pub(super) struct Page<'a> {
    /// From the page to the top: `./`, `../`, …
    pub(super) up: &'static str,
    /// The title, as text.
    pub(super) title: &'a str,
    /// The main part, as HTML.
    pub(super) main: &'a str,
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
        let Self { up, main, .. } = self;
        let title = Escaped(self.title);
        // A report brings its own main part, behind the tools for it.
        let element = if main.contains("<main ") { "div" } else { "main" };
        let nav = if self.signed_in {
            format!(
                "<nav aria-label=\"Pages\"><a href=\"{up}clinic\">Patients</a></nav>\n\
                 <form class=\"leave\" method=\"post\" action=\"{up}clinic/sign-out\">\
                 <button type=\"submit\">Sign out</button></form>\n"
            )
        } else {
            String::new()
        };
        format!(
            r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<meta name="robots" content="noindex">
<meta name="referrer" content="same-origin">
<title>{title} · pain-journal</title>
<link rel="icon" type="image/svg+xml" href="{up}assets/icon.svg">
<link rel="stylesheet" href="{up}assets/clinic.css">
<link rel="stylesheet" href="{up}assets/report.css">
<script defer src="{up}assets/clinic.js"></script>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="bar">
<span class="name">pain-journal</span>
{nav}</header>
<{element} id="main" tabindex="-1">
{main}</{element}>
</body>
</html>
"##
        )
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
