//! Who sits in front of a page: a permission as the operations have it, by a cookie instead of a token, and
//! with failures told on a page.
//!
//! The cookie holds a token of an hour, made anew with every page, for this audience only. Scripts cannot
//! read it, other sites cannot send it, and signing out anywhere ends it at once.

use super::frame::{ClinicPage, PageContent, failed, see_other};
use crate::access::{Call, Caller, Need, PAGES_COOKIE, Permission, app_of, cookie_name};
use crate::app::App;
use crate::auth::renew_page_token;
use crate::credentials::access_token::Audience;
use crate::http::{Answered, Problem, has_tls, language_of};
use crate::language::Language;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use std::marker::PhantomData;
use std::sync::Arc;

/// The name of the cookie of a browser that has signed in before.
const DEVICE_COOKIE: &str = "pain_journal_device";
/// As long as browsers keep a cookie at most (RFC 6265bis).
const DEVICE_LIFE: Duration = Duration::days(400);

/// Somebody in front of a page, who may do what `P` says. What goes wrong is told as `S` has it.
pub(super) struct Visiting<P, S = Inside> {
    /// What the visitor may. Judged by each transaction, as everywhere.
    pub(super) may: P,
    /// Who it is, where there is a genuine cookie.
    pub(super) caller: Option<Caller>,
    /// What the visitor's browser asks for, until the account is known.
    pub(super) accepted: &'static Language,
    /// What the browser got at an earlier sign-in.
    pub(super) device_secret: Option<String>,
    app: Arc<App>,
    up: String,
    scene: PhantomData<fn() -> S>,
}

/// How a page tells what went wrong.
pub(super) trait Scene: 'static {
    /// The answer of a page that lies below the top as `up` says, in a language.
    fn told(app: &App, up: &str, language: &'static Language, problem: &Problem) -> HttpResponse;
}

/// A page behind the sign-in.
pub(super) struct Inside;

impl Scene for Inside {
    fn told(app: &App, up: &str, language: &'static Language, problem: &Problem) -> HttpResponse {
        failed(app, up, language, problem)
    }
}

impl<P: Permission, S: Scene> Permission for Visiting<P, S> {
    const NEED: Need = P::NEED.on_pages();

    fn of(call: &Call) -> Answered<Self> {
        let (app, caller) = (Arc::clone(call.app()?), call.caller().ok());
        let (accepted, up) = (language_of(call.request().headers()), up(call.request()));
        let device = call.request().cookie(&cookie_name(&app, DEVICE_COOKIE));
        let device_secret = device.map(|cookie| cookie.value().to_owned());
        Ok(Self { may: P::of(call)?, caller, accepted, device_secret, app, up, scene: PhantomData })
    }
    fn judge(&self) -> impl Future<Output = Answered<()>> {
        self.may.judge()
    }
    fn told(request: &HttpRequest, problem: Problem) -> HttpResponse {
        match app_of(request) {
            Ok(app) => S::told(app, &up(request), language_of(request.headers()), &problem),
            Err(problem) => HttpResponse::from_error(problem),
        }
    }
}

impl<P, S> Visiting<P, S> {
    /// A page for somebody who is signed in and reads this language.
    pub(super) fn shows(
        &self,
        language: &'static Language,
        title: &str,
        content: PageContent,
    ) -> HttpResponse {
        let page = ClinicPage { up: &self.up, language, title, content, signed_in: true };
        page.answer(StatusCode::OK, self.renewed())
    }
    /// On to another page.
    pub(super) fn leads_to(&self, place: &str) -> HttpResponse {
        see_other(place, self.renewed())
    }
    /// The cookie, good for an hour again.
    fn renewed(&self) -> Option<Cookie<'static>> {
        let token = renew_page_token(&self.app, self.caller.as_ref()?).ok()?;
        Some(cookie(&self.app, token))
    }
}

/// From the page of a route to the top: `./`, `../`, …
fn up(request: &HttpRequest) -> String {
    let depth = request.match_pattern().map_or(1, |route| route.matches('/').count());
    if depth > 1 { "../".repeat(depth - 1) } else { "./".to_owned() }
}

/// A cookie with this token.
pub(super) fn cookie(app: &App, token: String) -> Cookie<'static> {
    let life = Duration::seconds(Audience::Pages.lifetime().num_seconds());
    kept(app, (PAGES_COOKIE, "/clinic"), token, life)
}

/// A cookie with what the browser shows at its next sign-in, so that nobody else's guesses slow that down. It
/// opens nothing.
pub(super) fn device_cookie(app: &App, secret: String) -> Cookie<'static> {
    kept(app, (DEVICE_COOKIE, "/clinic/sign-in"), secret, DEVICE_LIFE)
}

/// A cookie that no script reads and no other site sends. Where there is TLS it belongs to the whole host, as its
/// name demands; a private server on this machine has none, and sends it to the pages only.
fn kept(
    app: &App,
    (name, pages): (&str, &'static str),
    value: String,
    life: Duration,
) -> Cookie<'static> {
    let has_tls = has_tls(&app.public_url);
    Cookie::build(cookie_name(app, name), value)
        .path(if has_tls { "/" } else { pages })
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(has_tls)
        .max_age(life)
        .finish()
}

/// The cookie's end.
pub(super) fn no_cookie(app: &App) -> Cookie<'static> {
    let mut cookie = cookie(app, String::new());
    cookie.make_removal();
    cookie
}
