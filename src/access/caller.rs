//! Who is asking: the only reader of the Authorization header, and of the cookie of the pages.

use super::{Need, Scope, Scopes};
use crate::app::App;
use crate::credentials::access_token::{Audience, Claims, TokenError};
use crate::http::{Answered, Problem, ProblemKind, RequestId, has_tls};
use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The name of the cookie of the pages, where browsers reach the server without TLS.
pub const PAGES_COOKIE: &str = "pain_journal_pages";

/// The name of a cookie at this server. Where browsers come by TLS, it is one that they take from the whole host
/// only and by TLS only: no other host below the same name, and nobody on the way, can put one there.
pub fn cookie_name(app: &App, name: &str) -> String {
    let prefix = if has_tls(&app.public_url) { "__Host-" } else { "" };
    format!("{prefix}{name}")
}

/// The holder of a genuine token. Whether the device still stands is for `sec.enter`.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    account: Uuid,
    device: Uuid,
    counter: i64,
    expires: i64,
    signed_in: i64,
    scopes: Scopes,
    request: Uuid,
}

impl Caller {
    /// The account.
    pub const fn account(&self) -> Uuid {
        self.account
    }
    /// The device.
    pub const fn device(&self) -> Uuid {
        self.device
    }
    /// The refresh counter the token was issued at.
    pub const fn counter(&self) -> i64 {
        self.counter
    }
    /// When the token ends.
    pub fn expires(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.expires, 0).unwrap_or_default()
    }
    /// When the person last proved who they are.
    pub fn signed_in_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.signed_in, 0).unwrap_or_default()
    }
    /// Does the token allow this?
    ///
    /// # Errors
    /// 403 `scope_insufficient`, which says what it needs.
    pub fn allowed(&self, scope: Scope) -> Answered<()> {
        if self.scopes.allow(scope) {
            return Ok(());
        }
        Err(Problem::new(ProblemKind::ScopeInsufficient).needs_scope(scope.name()))
    }
    /// The request, for the access log.
    pub const fn request(&self) -> Uuid {
        self.request
    }

    /// The same caller for work that goes on after the request, under a name of its own.
    #[must_use]
    pub const fn on(self, request: Uuid) -> Self {
        Self { request, ..self }
    }

    /// The holder of the token that the request carries where the need says: in a cookie or in a header.
    ///
    /// # Errors
    /// 401 without exactly one that is genuine.
    pub(super) fn of(app: &App, request: &HttpRequest, need: Need) -> Answered<Self> {
        let refused = || Problem::new(ProblemKind::Unauthenticated);
        let id = RequestId::of(request);
        if need.is_on_pages() {
            let name = cookie_name(app, PAGES_COOKIE);
            let cookie = request.cookie(&name).ok_or_else(refused)?;
            return Self::verified(app, Audience::Pages, cookie.value(), id);
        }
        let mut headers = request.headers().get_all(AUTHORIZATION);
        let (Some(header), None) = (headers.next(), headers.next()) else { return Err(refused()) };
        let (scheme, token) =
            header.to_str().ok().and_then(|h| h.split_once(' ')).ok_or_else(refused)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(refused());
        }
        Self::of_token(app, token, id)
    }

    /// The holder of this token of an app.
    ///
    /// # Errors
    /// 401 for a token that is not genuine or has expired.
    pub fn of_token(app: &App, token: &str, request: Uuid) -> Answered<Self> {
        Self::verified(app, Audience::Api, token, request)
    }

    fn verified(app: &App, audience: Audience, token: &str, request: Uuid) -> Answered<Self> {
        let claims = app.keys().verify(audience, token, app.clock.now());
        let claims = claims.map_err(|error| match error {
            TokenError::Expired => ProblemKind::TokenExpired,
            _ => ProblemKind::Unauthenticated,
        })?;
        let Claims { sub: account, sid: device, rtc: counter, exp: expires, .. } = claims;
        let (signed_in, scopes) = (claims.auth_time, Scopes::named(&claims.scope));
        Ok(Self { account, device, counter, expires, signed_in, scopes, request })
    }
}

/// Did one of our own pages send this form? `SameSite` keeps the cookie from others; this also keeps
/// others from signing somebody in.
pub(super) fn is_our_own(request: &HttpRequest) -> bool {
    let header = |name: HeaderName| request.headers().get(name)?.to_str().ok();
    if let Some(site) = header(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = header(ORIGIN) else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == header(HOST)
}
