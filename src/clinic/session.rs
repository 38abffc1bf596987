//! The cookie of the pages: a token of an hour, made anew with every page, for this audience only.
//! Scripts cannot read it, other sites cannot send it, and signing out anywhere ends it at once.

use crate::access::{Caller, Practitioner};
use crate::app::App;
use crate::auth::renew_page_token;
use crate::credentials::access_token::{Audience, Claims};
use crate::http::{Answered, RequestId};
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use std::sync::Arc;

/// The cookie's name.
const NAME: &str = "pain_journal_pages";

/// Who has opened a page.
pub(super) struct Visitor {
    /// For the API's own reading.
    pub(super) caller: Caller,
    claims: Claims,
}

impl Visitor {
    /// The holder of a genuine cookie. Whether the device still stands is for `sec.enter`.
    pub(super) fn of(app: &App, request: &HttpRequest) -> Option<Self> {
        let cookie = request.cookie(NAME)?;
        let now = app.clock.now();
        let claims = app.keys().verify_for(Audience::Pages, cookie.value(), now).ok()?;
        let caller = Caller::of_claims(&claims, RequestId::of(request));
        Some(Self { caller, claims })
    }

    /// As the API knows him; whether he is a practitioner is judged by each transaction.
    pub(super) fn practitioner(&self, app: &Arc<App>) -> Practitioner {
        Practitioner::new(Arc::clone(app), self.caller)
    }

    /// The cookie, good for an hour again.
    pub(super) fn renewed(&self, app: &App) -> Answered<Cookie<'static>> {
        renew_page_token(app, &self.claims).map(|token| cookie(app, token))
    }
}

/// A cookie with this token.
pub(super) fn cookie(app: &App, token: String) -> Cookie<'static> {
    Cookie::build(NAME, token)
        .path("/clinic")
        .http_only(true)
        .same_site(SameSite::Strict)
        // A private server on this machine has no TLS; every other one has.
        .secure(app.public_url.starts_with("https://"))
        .max_age(Duration::seconds(Audience::Pages.lifetime().num_seconds()))
        .finish()
}

/// The cookie's end.
pub(super) fn no_cookie(app: &App) -> Cookie<'static> {
    let mut cookie = cookie(app, String::new());
    cookie.make_removal();
    cookie
}

/// Did one of our own pages send this form? `SameSite` keeps the cookie from others; this also keeps
/// others from signing somebody in.
pub(super) fn is_our_own(request: &HttpRequest) -> bool {
    let header = |name: header::HeaderName| request.headers().get(name)?.to_str().ok();
    if let Some(site) = header(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = header(header::ORIGIN) else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == header(header::HOST)
}
