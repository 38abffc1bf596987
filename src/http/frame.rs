//! The frame around every request: its id, its headers, its log line, and the form of its failures.

use super::{Problem, ProblemKind};
use crate::app::App;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use std::time::Instant;
use uuid::Uuid;

/// The id of a request, in `X-Request-Id`, in its log line, and in the access log.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// The id the frame gave this request.
    pub fn of(request: &HttpRequest) -> Uuid {
        request.extensions().get::<Self>().map_or(Uuid::nil(), |id| id.0)
    }
}

/// The middleware.
///
/// # Errors
/// Never of its own; an inner failure becomes a problem answer.
pub async fn frame(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let app = request.app_data::<web::Data<App>>().cloned();
    let id = app.as_ref().map_or_else(Uuid::nil, |app| app.ids.next());
    request.extensions_mut().insert(RequestId(id));
    if request.path().starts_with("/v1/auth/") {
        // Compressing what holds a secret beside what a stranger chose tells its length.
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    let acceptable = accepts(&request);
    let answered = if acceptable {
        next.call(request).await.map(ServiceResponse::map_into_boxed_body)
    } else {
        let problem = Problem::new(ProblemKind::NotAcceptable);
        Ok(request.into_response(problem.error_response()).map_into_boxed_body())
            .map(|r: ServiceResponse<BoxBody>| with_error(r, problem))
    };
    let response = answered?;
    let public_url = app.as_ref().map_or("", |app| app.public_url.as_str());
    let mut response = put_into_words(response, public_url, id);
    secure(&mut response, id);
    log(&response, id, started);
    Ok(response)
}

fn with_error(response: ServiceResponse<BoxBody>, problem: Problem) -> ServiceResponse<BoxBody> {
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, HttpResponse::from_error(problem))
}

/// Failures of whatever origin become problem+json.
fn put_into_words(
    response: ServiceResponse<BoxBody>,
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
    let mut words = HttpResponse::build(problem.status_code());
    if let Some(etag) = problem.present_version() {
        words.insert_header((header::ETAG, etag));
    }
    if let Some(allow) = inner.headers().get(header::ALLOW) {
        words.insert_header((header::ALLOW, allow.clone()));
    }
    match problem.kind().status() {
        401 => {
            let challenge = match problem.kind() {
                ProblemKind::ReauthenticationRequired => {
                    "Bearer realm=\"pain-journal\", error=\"insufficient_user_authentication\", max_age=\"300\""
                }
                _ => "Bearer realm=\"pain-journal\", error=\"invalid_token\"",
            };
            words.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        503 => {
            words.insert_header((header::RETRY_AFTER, "1"));
        }
        _ => {}
    }
    if let Some(cause) = problem.cause() {
        tracing::error!(request_id = %id, code = problem.kind().code(), cause, "request failed");
    }
    words.insert_header((header::CONTENT_TYPE, "application/problem+json"));
    let id = id.to_string();
    let body = serde_json::to_vec(&problem.body(public_url, &id)).unwrap_or_default();
    ServiceResponse::new(request, words.body(body))
}

/// What a status that none of our handlers gave means.
fn kind_of_status(status: u16) -> ProblemKind {
    match status {
        401 => ProblemKind::Unauthenticated,
        404 => ProblemKind::NotFound,
        405 => ProblemKind::MethodNotAllowed,
        408 => ProblemKind::RequestTimeout,
        413 => ProblemKind::BodyTooLarge,
        415 => ProblemKind::UnsupportedMediaType,
        503 => ProblemKind::Overloaded,
        400..=499 => ProblemKind::BadRequest,
        _ => ProblemKind::Internal,
    }
}

/// Can the client read what this address answers?
fn accepts(request: &ServiceRequest) -> bool {
    let path = request.path();
    if !path.starts_with("/v1/") {
        return true;
    }
    let ours = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("svg") => "image/svg+xml",
        Some("html") => "text/html",
        Some("csv") => "text/csv",
        Some("pdf") => "application/pdf",
        _ if path.ends_with("/stream") => "text/event-stream",
        _ => "application/json",
    };
    let family = ours.split_once('/').map_or("", |(family, _)| family);
    let mut values = request.headers().get_all(header::ACCEPT).peekable();
    if values.peek().is_none() {
        return true;
    }
    values.filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let refused = parts.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        !refused
            && (kind.is_empty()
                || kind == "*/*"
                || kind.eq_ignore_ascii_case(ours)
                || kind.strip_suffix("/*").is_some_and(|f| f.eq_ignore_ascii_case(family)))
    })
}

fn secure(response: &mut ServiceResponse<BoxBody>, id: Uuid) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::REFERRER_POLICY, "no-referrer");
    set(headers, HeaderName::from_static("cross-origin-resource-policy"), "same-site");
    default(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    default(headers, header::CACHE_CONTROL, "private, no-store");
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// One line a request: the route, never the address, which may hold ids and filters.
fn log(response: &ServiceResponse<BoxBody>, id: Uuid, started: Instant) {
    let request = response.request();
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(
        request_id = %id,
        method = request.method().as_str(),
        route = request.match_pattern().as_deref().unwrap_or("-"),
        status = response.status().as_u16(),
        micros,
        "request"
    );
}
