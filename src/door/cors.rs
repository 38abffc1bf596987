//! Calls from pages of other origins (the CORS protocol of the Fetch standard): apps in a browser or in
//! a web view. Only the origins of the setting may read answers, and never with cookies: the API knows
//! its callers by a token in a header, which no browser sends by itself.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderMap, HeaderValue, ORIGIN, VARY,
};
use std::str::FromStr;
use std::sync::Arc;

/// What an app may read of an answer beside its body.
const EXPOSED: &str =
    "ETag, Journal-Subject, Location, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy";
/// What an app may send beside what every page may.
const HEADERS: &str =
    "Authorization, Content-Type, Content-Encoding, If-Match, If-None-Match, Idempotency-Key";
/// The methods of the API.
const METHODS: &str = "GET, HEAD, PUT, POST, DELETE";
/// How long a browser may remember the permission, in seconds. None remembers longer.
const MAX_AGE: &str = "7200";
/// Pages that live by a cookie. Nobody else's page has any business with them.
const PAGES: &str = "/clinic";

/// An origin as browsers write it: scheme, host, and a port that is not the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let like = "must be like https://app.example.org or capacitor://localhost, exactly as \
                    browsers send it: lower case, no path, no slash at the end";
        let (scheme, rest) = text.split_once("://").ok_or(like)?;
        let (host, port) = match rest.rsplit_once(':') {
            // An address of IPv6 ends with its bracket.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let scheme_fits = scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && scheme.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'.' | b'-'));
        let host_fits = !host.is_empty()
            && host.bytes().all(
                |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' | b'[' | b']'),
            );
        let port_fits = port.is_none_or(|port| {
            port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
        });
        if !(scheme_fits && host_fits && port_fits) {
            return Err(like.into());
        }
        if matches!((scheme, port), ("https", Some("443")) | ("http", Some("80"))) {
            return Err("must be without the port that its scheme has anyway".into());
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| like.into())
    }
}

/// The origins of the setting.
#[derive(Debug, Clone, Default)]
pub struct Origins(Arc<[Origin]>);

impl FromStr for Origins {
    type Err = String;

    /// Separated by commas; an empty text is none.
    fn from_str(text: &str) -> Result<Self, String> {
        let each = text.split(',').map(str::trim).filter(|one| !one.is_empty());
        let each = each.map(|one| one.parse().map_err(|error: String| format!("{one:?} {error}")));
        each.collect::<Result<_, _>>().map(Self)
    }
}

/// What a request is to a page of another origin.
#[derive(Debug, Default)]
pub(super) struct Crossing {
    /// Does the answer depend on who asks?
    varies: bool,
    /// The page that may read the answer.
    allowed: Option<HeaderValue>,
}

impl Crossing {
    pub(super) fn of(request: &ServiceRequest) -> Self {
        let origins = request.app_data::<Origins>().map_or(&[][..], |origins| &origins.0);
        if origins.is_empty() || request.path().starts_with(PAGES) {
            return Self::default();
        }
        let asks = request.headers().get(ORIGIN);
        let allowed = asks.filter(|asks| origins.iter().any(|origin| origin.0 == **asks));
        Self { varies: true, allowed: allowed.cloned() }
    }

    /// The answer to a browser that asks what it may send, before it sends anything.
    pub(super) fn preflight(&self, request: &ServiceRequest) -> Option<HttpResponse<BoxBody>> {
        let asks = request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !asks || self.allowed.is_none() {
            return None;
        }
        let mut answer = HttpResponse::NoContent();
        answer
            .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
            .insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE));
        Some(answer.finish())
    }

    /// Tells the browser, and the caches on the way, who may read this answer.
    pub(super) fn mark(self, headers: &mut HeaderMap) {
        if self.varies {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = self.allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, Origins};

    #[test]
    fn an_origin_is_exact() {
        for good in [
            "https://app.example.org",
            "https://app.example.org:8443",
            "http://localhost:5173",
            "http://127.0.0.1:1",
            "http://[::1]:3000",
            "http://[::1]",
            "capacitor://localhost",
            "ionic://localhost",
            "app.clinic-1://my_host",
        ] {
            assert!(good.parse::<Origin>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "*",
            "null",
            "https://*",
            "https://*.example.org",
            "app.example.org",
            "https://",
            "file://",
            "https://app.example.org/",
            "https://app.example.org/path",
            "https://app.example.org?x",
            "https://App.example.org",
            "HTTPS://app.example.org",
            "https://user@app.example.org",
            "https://app.example.org:",
            "https://app.example.org:443",
            "http://localhost:80",
            "https://app.example.org:080",
            "https://app.example.org:99999",
            " https://app.example.org",
            "https://a.example.org,https://b.example.org",
            "https://ä.example.org",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
        let both = "https://a.example.org, ionic://localhost,".parse::<Origins>().unwrap();
        assert_eq!(both.0.len(), 2);
        assert!("".parse::<Origins>().unwrap().0.is_empty());
        assert!("https://a.example.org,*".parse::<Origins>().is_err());
    }
}
