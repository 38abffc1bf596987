//! Access tokens: JWTs of ten minutes (RFC 9068 `at+jwt`, `EdDSA`) that carry no personal data.
//!
//! The payload is readable by whoever holds the token, so it names the account and the device by
//! id and nothing else. Revocation is not decided here: every request also asks the device's row.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::keys::{KeyRing, SigningKey};
use super::random::Random;

/// Who the tokens of apps are for: the value of `aud`.
pub const AUDIENCE: &str = "pain-journal-api";
/// How long a token of an app lives.
pub const LIFETIME: TimeDelta = TimeDelta::seconds(600);

/// Who a token is for. What is good for one is nothing for the other: a cookie of the pages opens no
/// operation of the API, and an app's token opens no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The API, in the Authorization header.
    Api,
    /// The practitioners' pages, in a cookie of theirs.
    Pages,
}

impl Audience {
    /// The value of `aud`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => AUDIENCE,
            Self::Pages => "pain-journal-pages",
        }
    }
    /// How long a token lives. That of the pages is made anew with every page that is opened.
    pub const fn lifetime(self) -> TimeDelta {
        match self {
            Self::Api => LIFETIME,
            Self::Pages => TimeDelta::seconds(3600),
        }
    }
}
/// By how much clocks may differ.
pub const LEEWAY: TimeDelta = TimeDelta::seconds(5);
/// The longest token that is looked at, in bytes.
pub const MAX_BYTES: usize = 4096;

const TYPE: &str = "at+jwt";

/// What a token says. Instants are whole seconds since 1970 (RFC 7519 `NumericDate`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it: the server's public URL.
    pub iss: String,
    /// Who it is for, [`AUDIENCE`].
    pub aud: String,
    /// The account.
    pub sub: Uuid,
    /// The app the account signed in with.
    pub client_id: String,
    /// The device (one signed-in installation).
    pub sid: Uuid,
    /// The device's refresh counter when this was issued, 0 or more: the first use confirms it.
    pub rtc: i64,
    /// What it allows, scopes separated by one space.
    pub scope: String,
    /// When the person last proved who they are.
    pub auth_time: i64,
    /// How they proved it (RFC 8176: `pwd`, `otp`).
    pub amr: Vec<String>,
    /// When it was issued.
    pub iat: i64,
    /// When it ends: `iat` + 600.
    pub exp: i64,
    /// The token's own id.
    pub jti: Uuid,
    /// Not before; never issued, but obeyed.
    #[serde(default, deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

/// A claim that may be absent, but is a whole number when present: `null` is refused.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(from).map(Some)
}

/// What a new token is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The account, `sub`.
    pub account: Uuid,
    /// The device, `sid`.
    pub device: Uuid,
    /// The app, `client_id`.
    pub client_id: String,
    /// The device's refresh counter, `rtc`, 0 or more.
    pub counter: i64,
    /// Scopes separated by one space.
    pub scope: String,
    /// When the person last proved who they are, `auth_time`.
    pub authenticated_at: DateTime<Utc>,
    /// How, `amr`.
    pub methods: Vec<String>,
}

/// Signs a token of ten minutes. `issuer` is the server's public URL, as the verifier knows it.
///
/// # Errors
/// [`TokenError::Unsigned`] when the key does not sign.
pub fn issue(
    key: &SigningKey,
    issuer: &str,
    grant: Grant,
    now: DateTime<Utc>,
    random: &dyn Random,
) -> Result<String, TokenError> {
    issue_for(Audience::Api, key, issuer, grant, now, random)
}

/// Signs a token for an audience.
///
/// # Errors
/// [`TokenError::Unsigned`] when the key does not sign.
pub fn issue_for(
    audience: Audience,
    key: &SigningKey,
    issuer: &str,
    grant: Grant,
    now: DateTime<Utc>,
    random: &dyn Random,
) -> Result<String, TokenError> {
    let claims = Claims {
        iss: issuer.to_owned(),
        aud: audience.name().to_owned(),
        sub: grant.account,
        client_id: grant.client_id,
        sid: grant.device,
        rtc: grant.counter,
        scope: grant.scope,
        auth_time: grant.authenticated_at.timestamp(),
        amr: grant.methods,
        iat: now.timestamp(),
        exp: (now + audience.lifetime()).timestamp(),
        jti: random.uuid(),
        nbf: None,
    };
    let header = Header {
        typ: Some(TYPE.to_owned()),
        kid: Some(key.kid().to_owned()),
        ..Header::new(Algorithm::EdDSA)
    };
    jsonwebtoken::encode(&header, &claims, key.encoding()).map_err(|_| TokenError::Unsigned)
}

/// Why a token is not accepted. All but [`TokenError::Expired`] get the same answer; which one it
/// was is for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// More than 4 KiB, not three parts, or not base64url without padding.
    #[error("not a token")]
    Malformed,
    /// The header is not exactly `alg`, `typ` and `kid`, each once.
    #[error("unexpected token header")]
    Header,
    /// Another algorithm than `EdDSA`.
    #[error("unexpected token algorithm")]
    Algorithm,
    /// Another `typ` than `at+jwt`.
    #[error("unexpected token type")]
    Type,
    /// No such key, or one that has been retired for 15 minutes.
    #[error("unknown token key")]
    UnknownKey,
    /// Not signed by that key.
    #[error("wrong token signature")]
    Signature,
    /// Another issuer or audience.
    #[error("a token from or for somebody else")]
    Party,
    /// A claim is missing, twice there, or not of its type; or the token lives too long.
    #[error("unexpected token claims")]
    Claims,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not begun.
    #[error("the token is not valid yet")]
    Early,
    /// The token could not be signed.
    #[error("the token could not be signed")]
    Unsigned,
}

/// The only header there is: anything more, less or twice does not parse.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    typ: String,
    kid: String,
}

/// Checks tokens against one ring of keys; after a rotation, make a new one.
#[derive(Debug, Clone)]
pub struct Verifier {
    ring: Arc<KeyRing>,
    api: Validation,
    pages: Validation,
}

impl Verifier {
    /// A verifier of the tokens of `issuer`, the server's public URL, compared to the byte.
    pub fn new(issuer: &str, ring: Arc<KeyRing>) -> Self {
        let rules = |audience: Audience| {
            let mut rules = Validation::new(Algorithm::EdDSA);
            rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
            rules.set_issuer(&[issuer]);
            rules.set_audience(&[audience.name()]);
            // Time is checked below, against the caller's clock and not the system's.
            rules.validate_exp = false;
            rules.validate_nbf = false;
            rules
        };
        Self { ring, api: rules(Audience::Api), pages: rules(Audience::Pages) }
    }

    /// The keys this verifier knows.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The claims of a token that is genuine and valid at `now`. The checks, in order: size and
    /// shape; header, algorithm, type; key, from memory only; signature; issuer and audience; the
    /// types of all claims; times, with 5 s of leeway.
    ///
    /// # Errors
    /// The first check failed.
    pub fn verify(
        &self,
        audience: Audience,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Claims, TokenError> {
        let rules = match audience {
            Audience::Api => &self.api,
            Audience::Pages => &self.pages,
        };
        if token.len() > MAX_BYTES {
            return Err(TokenError::Malformed);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(_), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenError::Malformed)?;
        let header: StrictHeader =
            serde_json::from_slice(&header).map_err(|_| TokenError::Header)?;
        if header.alg != "EdDSA" {
            return Err(TokenError::Algorithm);
        }
        if header.typ != TYPE {
            return Err(TokenError::Type);
        }
        let key = self.ring.find(&header.kid, now).ok_or(TokenError::UnknownKey)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key.decoding(), rules)
            .map_err(|error| refusal(error.kind()))?
            .claims;
        check_times(&claims, audience, now.timestamp())?;
        Ok(claims)
    }
}

fn refusal(kind: &ErrorKind) -> TokenError {
    match kind {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
        ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => TokenError::Party,
        ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) => TokenError::Claims,
        _ => TokenError::Malformed,
    }
}

fn check_times(claims: &Claims, audience: Audience, now: i64) -> Result<(), TokenError> {
    let leeway = LEEWAY.num_seconds();
    if claims.exp.saturating_sub(claims.iat) > audience.lifetime().num_seconds() || claims.rtc < 0 {
        return Err(TokenError::Claims);
    }
    if claims.exp.saturating_add(leeway) <= now {
        return Err(TokenError::Expired);
    }
    if claims.iat.max(claims.nbf.unwrap_or(i64::MIN)) > now.saturating_add(leeway) {
        return Err(TokenError::Early);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
