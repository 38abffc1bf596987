//! Request bodies and query parameters, read strictly and within a time.

use super::{Answered, Problem, ProblemKind};
use crate::wire::{Fault, Faults, Wire, json, read_body};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::BytesMut;
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A JSON body, at most this many bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// A form of the pages, at most this many bytes.
const FORM_LIMIT: usize = 16 * 1024;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);
/// How long a push may take: it is larger, and phones are in cellars.
const PUSH_TIME: Duration = Duration::from_secs(30);
/// The longest time that any body may take to arrive.
pub const LONGEST_BODY_TIME: Duration = PUSH_TIME;

/// Where the larger and slower bodies go.
const PUSHES: &str = "/v1/sync";

/// Bytes a body may have at an address, before it is known whether there is a route.
pub(crate) fn most_bytes(path: &str) -> usize {
    if path == PUSHES { PUSH_LIMIT } else { BODY_LIMIT }
}

/// Bytes a push may have, as sent and inflated.
pub const PUSH_LIMIT: usize = 8 * 1024 * 1024;

/// Gives the body of a request its deadline, whoever reads it.
pub(crate) fn bound(request: &mut ServiceRequest) {
    let mut payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return;
    }
    let time = if request.path() == PUSHES { PUSH_TIME } else { BODY_TIME };
    let deadline = Instant::now() + time;
    let chunks = stream::poll_fn(move |context| payload.poll_next_unpin(context));
    let bounded = stream::unfold(Some(chunks), move |chunks| async move {
        let mut chunks = chunks?;
        match timeout_at(deadline, chunks.next()).await {
            Ok(Some(chunk)) => Some((chunk, Some(chunks))),
            Ok(None) => None,
            Err(_) => Some((Err(PayloadError::Io(ErrorKind::TimedOut.into())), None)),
        }
    });
    request.set_payload(Payload::Stream { payload: Box::pin(bounded) });
}

/// Reads a JSON body.
///
/// # Errors
/// 400, 408, 413, 415 for one that cannot be read, 422 with every fault for one that is not valid.
pub(crate) async fn read_json<T: Wire>(
    request: &HttpRequest,
    payload: &mut Payload,
) -> Answered<T> {
    let bytes = collect(request, payload, BODY_LIMIT).await;
    check_headers(request)?;
    parse(&bytes?)
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

/// The bytes a request says its body has.
pub(crate) fn declared_length(headers: &actix_web::http::header::HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// The bytes of a body. One that says that it is too long is refused unread.
///
/// # Errors
/// 400 for a broken one, 408 for a late one, 413 for one of more than `most` bytes.
pub(crate) fn collect(
    request: &HttpRequest,
    payload: &mut Payload,
    most: usize,
) -> impl Future<Output = Answered<BytesMut>> + 'static {
    let declared = declared_length(request.headers()).and_then(|n| usize::try_from(n).ok());
    let mut payload = payload.take();
    async move {
        let too_large = || {
            Problem::new(ProblemKind::BodyTooLarge)
                .detail_with("problem.detail.bytes", [("most", most)])
        };
        if declared.is_some_and(|declared| declared > most) {
            return Err(too_large());
        }
        let mut bytes = BytesMut::with_capacity(declared.unwrap_or_default().min(64 * 1024));
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| Problem::new(kind_of(&error)))?;
            if bytes.len() + chunk.len() > most {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

fn kind_of(error: &PayloadError) -> ProblemKind {
    match error {
        PayloadError::Io(error) if error.kind() == ErrorKind::TimedOut => {
            ProblemKind::RequestTimeout
        }
        _ => ProblemKind::BadRequest,
    }
}

/// Reads the filled-in form of a page, each field once.
///
/// # Errors
/// 400, 408, 413 and 415 for one that cannot be read, 422 for one with other fields.
pub(crate) async fn read_form<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut Payload,
) -> Answered<T> {
    let bytes = collect(request, payload, FORM_LIMIT).await;
    if !request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(ProblemKind::UnsupportedMediaType.into());
    }
    let bytes = bytes?;
    let text =
        std::str::from_utf8(&bytes).map_err(|_| Problem::new(ProblemKind::ValidationFailed))?;
    // A form is written like a query.
    actix_web::web::Query::<T>::from_query(text)
        .map(actix_web::web::Query::into_inner)
        .map_err(|_| ProblemKind::ValidationFailed.into())
}

fn parse<T: Wire>(bytes: &[u8]) -> Answered<T> {
    let value = json::parse(bytes)
        .map_err(|found| Problem::new(ProblemKind::MalformedJson).misread(found))?;
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
