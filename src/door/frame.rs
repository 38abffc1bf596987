//! The frame around every request: its id, its headers, its log line, and the form of its failures.

use super::cors::Crossing;
use super::places::{Answering, ConnectionPlace};
use super::words::{answer, kind_of_status, secure};
use crate::app::App;
use crate::http::{Problem, ProblemKind, RequestId, body, language_of};
use crate::language::Language;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;
use uuid::Uuid;

/// The middleware. It stands around every route there is, and around the addresses that are none.
///
/// # Errors
/// Where the request is lost with what failed, the answer travels inside the error.
pub async fn frame(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let app = request.app_data::<web::Data<App>>().cloned();
    let id = app.as_ref().map_or_else(Uuid::nil, |app| app.ids.next());
    let public_url = app.as_ref().map_or("", |app| app.public_url.as_str());
    request.extensions_mut().insert(RequestId(id));
    if request.path().starts_with("/v1/auth/") {
        // Compressing what holds a secret beside what a stranger chose tells its length.
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    let method = request.method().clone();
    let language = language_of(request.headers());
    let answering = request.conn_data::<Rc<ConnectionPlace>>().map(ConnectionPlace::answering);
    let crossing = Crossing::of(&request);
    let answered = if let Some(kind) = unfit(request.headers()) {
        Ok(refused(request, kind))
    } else if let Some(permission) = crossing.preflight(&request) {
        Ok(request.into_response(permission))
    } else {
        body::bound(&mut request);
        let called = async { next.call(request).await };
        AssertUnwindSafe(called).catch_unwind().await.map_or_else(
            |_| Err(Problem::internal("a handler panicked").into()),
            |answered| answered.map(ServiceResponse::map_into_boxed_body),
        )
    };
    let mut response = match answered {
        Ok(response) => put_into_words(response, language, public_url, id),
        Err(error) => {
            let asked = (&method, language);
            return Err(lost(error, crossing, public_url, asked, id, started));
        }
    };
    if method == Method::HEAD && response.response().body().size() == BodySize::Stream {
        // Nobody reads it, and a stream of events would never end.
        response = response.map_body(|_, _| BoxBody::new(actix_web::body::None::new()));
    }
    secure(response.headers_mut(), public_url, id);
    crossing.mark(response.headers_mut());
    log(&response, id, started);
    if response.response().body().size() == BodySize::Stream {
        response = response.map_body(|_, body| BoxBody::new(Streamed { body, answering }));
    }
    Ok(response)
}

/// A body that is made while it is sent: until its end the connection is at work.
struct Streamed {
    body: BoxBody,
    answering: Option<Answering>,
}

impl MessageBody for Streamed {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        let next = Pin::new(&mut self.body).poll_next(context);
        if matches!(next, Poll::Ready(None)) {
            self.answering = None;
        }
        next
    }
}

/// Headers that have one value. Of two, no reader knows which one another reader on the way took. Two of
/// `Authorization` are no proof of anybody, which [`Caller`](crate::access::Caller) says.
const SINGLE: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::IF_MATCH,
    header::ORIGIN,
    HeaderName::from_static("idempotency-key"),
];

/// What is wrong with the headers of a request, wherever it goes.
fn unfit(headers: &HeaderMap) -> Option<ProblemKind> {
    if SINGLE.iter().any(|name| headers.get_all(name).nth(1).is_some()) {
        return Some(ProblemKind::InvalidHeader);
    }
    // An expectation binds, so one that is not known must be refused (RFC 9110 section 10.1.1).
    let mut expectations = headers
        .get_all(header::EXPECT)
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii));
    expectations
        .any(|one| !one.eq_ignore_ascii_case(b"100-continue"))
        .then_some(ProblemKind::ExpectationFailed)
}

fn refused(request: ServiceRequest, kind: ProblemKind) -> ServiceResponse<BoxBody> {
    let (request, _) = request.into_parts();
    ServiceResponse::new(request, HttpResponse::from_error(Problem::new(kind)))
}

/// The answer where no request is left to answer: it was lost in a panic or in a middleware.
fn lost(
    error: Error,
    crossing: Crossing,
    public_url: &str,
    (method, language): (&Method, &Language),
    id: Uuid,
    started: Instant,
) -> Error {
    let foreign;
    let problem = if let Some(problem) = error.as_error::<Problem>() {
        problem
    } else {
        foreign = Problem::new(kind_of_status(error.error_response().status().as_u16()));
        &foreign
    };
    let mut words = answer(problem, language, public_url, id);
    secure(words.headers_mut(), public_url, id);
    crossing.mark(words.headers_mut());
    log_line(id, method, "-", words.status().as_u16(), started);
    InternalError::from_response(error, words).into()
}

/// Failures of whatever origin become problem+json.
fn put_into_words(
    response: ServiceResponse<BoxBody>,
    language: &Language,
    public_url: &str,
    id: Uuid,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    // A page for people says what is wrong in words of its own.
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        return response;
    }
    let (request, inner) = response.into_parts();
    let foreign = Problem::new(kind_of_status(status.as_u16()));
    let problem = inner.error().and_then(|e| e.as_error::<Problem>()).unwrap_or(&foreign);
    let mut words = answer(problem, language, public_url, id);
    if let Some(allow) = inner.headers().get(header::ALLOW) {
        words.headers_mut().insert(header::ALLOW, allow.clone());
    }
    ServiceResponse::new(request, words)
}

/// One line a request: the route, never the address, which may hold ids and filters.
fn log(response: &ServiceResponse<BoxBody>, id: Uuid, started: Instant) {
    let request = response.request();
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or("-");
    log_line(id, request.method(), route, response.status().as_u16(), started);
}

fn log_line(id: Uuid, method: &Method, route: &str, status: u16, started: Instant) {
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(request_id = %id, method = method.as_str(), route, status, micros, "request");
}
