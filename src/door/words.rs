//! Problems in the words of the wire: the one place where a failed request gets its status, headers
//! and body, whoever noticed the failure.

use crate::app::App;
use crate::http::{Problem, ProblemKind, Wait, body, has_tls, language_of};
use crate::language::Language;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use uuid::Uuid;

/// The answer to a request that failed, without the headers of every answer.
pub(super) fn answer(
    problem: &Problem,
    language: &Language,
    public_url: &str,
    id: Uuid,
) -> HttpResponse<BoxBody> {
    let mut words = HttpResponse::build(problem.status_code());
    if let Some(etag) = problem.present_version() {
        words.insert_header((header::ETAG, etag));
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
    if let Some(scope) = problem.needed_scope() {
        let challenge = format!(
            "Bearer realm=\"pain-journal\", error=\"insufficient_scope\", scope=\"{scope}\""
        );
        words.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
    if let Some(Wait { policy, quota, window, seconds }) = problem.to_wait() {
        words.insert_header((header::RETRY_AFTER, seconds));
        words.insert_header(("RateLimit-Policy", format!("\"{policy}\";q={quota};w={window}")));
        words.insert_header(("RateLimit", format!("\"{policy}\";r=0;t={seconds}")));
    }
    if let Some(cause) = problem.cause() {
        tracing::error!(request_id = %id, code = problem.kind().code(), cause, "request failed");
    }
    words.insert_header((header::CONTENT_TYPE, "application/problem+json"));
    words.insert_header((header::CONTENT_LANGUAGE, language.tag()));
    words.insert_header((header::VARY, "Accept-Language"));
    let body = problem.body(language, public_url, &id.to_string());
    words.body(serde_json::to_vec(&body).unwrap_or_default())
}

/// The whole answer to a request that never reached the routes.
fn refusal(
    kind: ProblemKind,
    language: &Language,
    public_url: &str,
    id: Uuid,
) -> HttpResponse<BoxBody> {
    let mut answer = answer(&kind.into(), language, public_url, id);
    secure(answer.headers_mut(), public_url, id);
    answer
}

/// The answer to a client that asks whether to send its body, where it need not (RFC 9110 section
/// 10.1.1).
pub(super) fn refuse_unread(app: &App, path: &str, headers: &HeaderMap) -> Option<HttpResponse> {
    let most = u64::try_from(body::most_bytes(path)).unwrap_or(u64::MAX);
    let declared = body::declared_length(headers)?;
    (declared > most).then(|| noted_refusal(app, ProblemKind::BodyTooLarge, language_of(headers)))
}

/// The bytes of the answer to a head that is not taken; they end the connection.
pub(super) fn refused_head(app: &App, kind: ProblemKind, is_head: bool) -> Vec<u8> {
    // A head that is not taken is not read for what its sender accepts.
    let (answer, body) = noted_refusal(app, kind, Language::english()).into_parts();
    let body = body.try_into_bytes().unwrap_or_default();
    let status = answer.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let now = app.clock.now().format("%a, %d %b %Y %H:%M:%S GMT");
    let mut bytes = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-length: {}\r\nconnection: close\r\ndate: {now}\r\n",
        status.as_u16(),
        body.len()
    )
    .into_bytes();
    for (name, value) in answer.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    if !is_head {
        bytes.extend_from_slice(&body);
    }
    bytes
}

/// A refusal with its line in the log.
fn noted_refusal(app: &App, kind: ProblemKind, language: &Language) -> HttpResponse {
    let id = app.ids.next();
    tracing::info!(request_id = %id, status = kind.status(), code = kind.code(), "refused unread");
    refusal(kind, language, &app.public_url, id)
}

/// What a status that none of our handlers gave means.
pub(super) fn kind_of_status(status: u16) -> ProblemKind {
    match status {
        401 => ProblemKind::Unauthenticated,
        404 => ProblemKind::NotFound,
        405 => ProblemKind::MethodNotAllowed,
        408 => ProblemKind::RequestTimeout,
        413 => ProblemKind::BodyTooLarge,
        414 => ProblemKind::UriTooLong,
        415 => ProblemKind::UnsupportedMediaType,
        417 => ProblemKind::ExpectationFailed,
        431 => ProblemKind::HeadersTooLarge,
        503 => ProblemKind::Overloaded,
        400..=499 => ProblemKind::BadRequest,
        _ => ProblemKind::Internal,
    }
}

/// The headers of every answer.
pub(super) fn secure(headers: &mut HeaderMap, public_url: &str, id: Uuid) {
    if has_tls(public_url) {
        // Two years (RFC 6797). By plain HTTP, browsers ignore it.
        let always = "max-age=63072000; includeSubDomains";
        set(headers, header::STRICT_TRANSPORT_SECURITY, always);
    }
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
