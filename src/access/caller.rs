//! Who is asking: the only reader of the Authorization header.

use crate::app::App;
use crate::credentials::access_token::{Claims, TokenError};
use crate::http::{Problem, ProblemKind, RequestId};
use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The holder of a genuine access token. Whether the device still stands is for `sec.enter`.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    account: Uuid,
    device: Uuid,
    counter: i64,
    expires: i64,
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
    /// The request, for the access log.
    pub const fn request(&self) -> Uuid {
        self.request
    }

    /// The same caller for work that goes on after the request, under a name of its own.
    #[must_use]
    pub const fn on(self, request: Uuid) -> Self {
        Self { request, ..self }
    }

    /// The holder of the token that the request carries.
    ///
    /// # Errors
    /// 401 without exactly one that is genuine.
    pub(super) fn of(app: &App, request: &HttpRequest) -> Result<Self, Problem> {
        let refused = || Problem::new(ProblemKind::Unauthenticated);
        let mut headers = request.headers().get_all(AUTHORIZATION);
        let (Some(header), None) = (headers.next(), headers.next()) else { return Err(refused()) };
        let (scheme, token) =
            header.to_str().ok().and_then(|h| h.split_once(' ')).ok_or_else(refused)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(refused());
        }
        Self::of_token(app, token, RequestId::of(request))
    }

    /// The holder of this token.
    ///
    /// # Errors
    /// 401 for a token that is not genuine or has expired.
    pub fn of_token(app: &App, token: &str, request: Uuid) -> Result<Self, Problem> {
        let claims = app.keys().verify(token, app.clock.now()).map_err(|error| match error {
            TokenError::Expired => ProblemKind::TokenExpired,
            _ => ProblemKind::Unauthenticated,
        })?;
        Ok(Self::of_claims(&claims, request))
    }

    /// The one a genuine token speaks of; for who has checked it.
    pub(crate) const fn of_claims(claims: &Claims, request: Uuid) -> Self {
        let Claims { sub: account, sid: device, rtc: counter, exp: expires, .. } = *claims;
        Self { account, device, counter, expires, request }
    }
}
