//! Request bodies and query parameters, read strictly.

use super::{Answered, Problem, ProblemKind};
use crate::wire::{Fault, Faults, Wire, json, read_body};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use std::time::Duration;

/// A JSON body, at most this many bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);

/// A JSON body. Its faults are kept, not thrown: a stranger must learn that he is one before he
/// learns what is wrong with his body, so the handler asks for [`valid`](Self::valid) when the
/// caller is known to stand.
#[derive(Debug)]
pub struct Body<T>(Result<T, Problem>);

impl<T> Body<T> {
    /// The body.
    ///
    /// # Errors
    /// 400, 413, 415 for one that cannot be read, 422 with every fault for one that is not valid.
    pub fn valid(self) -> Answered<T> {
        self.0
    }
}

impl<T: Wire + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = check_headers(request);
        let payload = payload.take();
        Box::pin(async move {
            let Ok(bytes) = tokio::time::timeout(BODY_TIME, collect(payload)).await else {
                return Ok(Self(Err(ProblemKind::RequestTimeout.into())));
            };
            Ok(Self(headers.and(bytes).and_then(|bytes| parse(&bytes))))
        })
    }
}

fn check_headers(request: &HttpRequest) -> Answered<()> {
    let headers = request.headers();
    if headers.get(CONTENT_ENCODING).is_some_and(|v| v != "identity") {
        return Err(ProblemKind::UnsupportedContentEncoding.into());
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|t| t.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|p| {
        p.is_empty()
            || p.eq_ignore_ascii_case("charset=utf-8")
            || p.eq_ignore_ascii_case("charset=\"utf-8\"")
    });
    if is_json && is_utf8 { Ok(()) } else { Err(ProblemKind::UnsupportedMediaType.into()) }
}

async fn collect(mut payload: Payload) -> Answered<BytesMut> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(ProblemKind::BadRequest))?;
        if bytes.len() + chunk.len() > BODY_LIMIT {
            return Err(Problem::new(ProblemKind::BodyTooLarge)
                .detail(format!("At most {BODY_LIMIT} bytes.")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn parse<T: Wire>(bytes: &[u8]) -> Answered<T> {
    let value = json::parse(bytes)
        .map_err(|place| Problem::new(ProblemKind::MalformedJson).detail(place))?;
    read_body(&value).map_err(Problem::invalid)
}

/// The query parameters of a request, each at most once and none unknown.
#[derive(Debug)]
pub struct Query {
    pairs: Vec<(String, String)>,
    faults: Faults,
}

impl Query {
    /// Reads the query string against the parameters the operation knows.
    pub fn of(request: &HttpRequest, known: &[&str]) -> Self {
        let mut faults = Faults::default();
        let mut pairs: Vec<(String, String)> = Vec::new();
        match actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string()) {
            Err(_) => {
                faults.parameter("query", "", "invalid_format", "Must be percent-encoded UTF-8.");
            }
            Ok(read) => {
                for (name, value) in read.into_inner() {
                    if !known.contains(&name.as_str()) {
                        let detail = "This parameter does not exist.";
                        faults.parameter("query", &name, "unknown_parameter", detail);
                    } else if pairs.iter().any(|(seen, _)| *seen == name) {
                        let detail = "Send this parameter once.";
                        faults.parameter("query", &name, "repeated_parameter", detail);
                    } else {
                        pairs.push((name, value));
                    }
                }
            }
        }
        Self { pairs, faults }
    }

    /// The raw value of a parameter.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A parameter read by `read`; notes a fault with `expected` when that fails.
    pub fn get<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = read(self.raw(name)?);
        if value.is_none() {
            self.faults.parameter("query", name, "invalid_format", expected);
        }
        value
    }

    /// A date parameter.
    pub fn date(&mut self, name: &str) -> Option<chrono::NaiveDate> {
        self.get(name, "Must be a calendar date like 2026-05-01.", crate::time::parse_date)
    }

    /// Notes a fault of its own.
    pub fn fault(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        self.faults.parameter("query", name, code, detail);
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 422 with every fault.
    pub fn done(self) -> Answered<()> {
        let faults: Vec<Fault> = self.faults.into_vec();
        if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
    }
}

/// An id from the path. One that is not a UUID names nothing, like an unknown one.
///
/// # Errors
/// 404.
pub fn path_id(request: &HttpRequest, name: &str) -> Answered<uuid::Uuid> {
    request
        .match_info()
        .get(name)
        .and_then(crate::wire::parse_uuid)
        .ok_or_else(|| ProblemKind::NotFound.into())
}
