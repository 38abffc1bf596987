//! Every way a request can fail: one closed catalogue, answered as RFC 9457 problem+json.

use crate::db::DbError;
use crate::wire::Fault;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::fmt;

/// Declares the catalogue: name, stable code, status, constant title, what a client does.
macro_rules! catalogue {
    ($($variant:ident $code:literal $status:literal $title:literal $cure:literal;)*) => {
        /// The kinds of problem the server answers with. Nothing outside this list is ever sent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemKind { $(#[doc = $title] $variant),* }

        impl ProblemKind {
            /// All kinds, in the order of their status.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The stable code that programs switch on.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }
            /// What happened, the same words for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }
            /// What an app does about it.
            pub const fn cure(self) -> &'static str {
                match self { $(Self::$variant => $cure),* }
            }
        }
    };
}

catalogue! {
    MalformedJson "malformed_json" 400 "The body is not readable JSON"
        "A fault of the app: report it, keep the data.";
    InvalidCursor "invalid_cursor" 400 "The cursor is not one this list gave out"
        "Start the list again without a cursor, with the same filters on every page.";
    InvalidJson "invalid_json" 400 "The body of the push is not readable JSON"
        "A fault of the app: report it, keep the data.";
    InvalidBody "invalid_body" 400 "The body of the push has not the shape of changes"
        "A fault of the app: report it, keep the data.";
    MissingParameter "missing_parameter" 400 "A parameter of the sync is missing"
        "A fault of the app: report it, keep the data.";
    LimitTooLarge "limit_too_large" 400 "The page asked for is too large"
        "Ask for at most 5000 changes a page; the server never sends fewer unasked.";
    UnknownCollection "unknown_collection" 400 "There is no such collection"
        "A fault of the app: report it, keep the data.";
    InvalidHeader "invalid_header" 400 "A header is not readable"
        "A fault of the app: send the header as documented.";
    BadRequest "bad_request" 400 "The request is not readable"
        "A fault of the app: report it, keep the data.";
    Unauthenticated "unauthenticated" 401 "This needs a valid access token"
        "Refresh the token; if that fails too, ask the person to sign in.";
    TokenExpired "token_expired" 401 "The access token has expired"
        "Refresh the token and repeat the request.";
    SessionRevoked "session_revoked" 401 "This device is signed out"
        "Ask the person to sign in. Keep what is not synced yet.";
    InvalidCredentials "invalid_credentials" 401 "The credentials do not fit"
        "Ask again. Unknown accounts, wrong passwords and dead codes look the same.";
    ReauthenticationRequired "reauthentication_required" 401 "This needs a fresh password check"
        "Call the reauthenticate operation, then repeat the request.";
    RoleInsufficient "role_insufficient" 403 "The account has not the role this needs"
        "Hide the function for this account.";
    AccountSuspended "account_suspended" 403 "The account is suspended"
        "Tell the person to contact the clinic.";
    ShareReadOnly "share_read_only" 403 "The share does not allow recording"
        "Show the journal read-only; the patient can allow it in the share.";
    NotYours "not_yours" 403 "Somebody else answers for this record"
        "Show it read-only.";
    NotFound "not_found" 404 "There is no such thing, or not for you"
        "Treat it as absent.";
    MethodNotAllowed "method_not_allowed" 405 "This address does not know the method"
        "A fault of the app: the Allow header lists the methods.";
    NotAcceptable "not_acceptable" 406 "The answer has no form the request accepts"
        "Send an Accept header that includes the documented media type.";
    RequestTimeout "request_timeout" 408 "The request took too long to arrive"
        "Repeat it.";
    Conflict "conflict" 409 "The request does not fit the present state"
        "Read the present state, decide, and send again.";
    ReferenceRequired "reference_required" 409 "The share does not say whose journal it is"
        "Ask the practitioner for a reference of their own, keep it with the share, and send again.";
    IdempotencyKeyReused "idempotency_key_reused" 409 "The key belongs to another push"
        "A fault of the app: make a new key for every push, and keep it for its repeats.";
    OtherAccount "other_account" 409 "The database on the device belongs to another account"
        "Sync nothing. Let the owner of the database sign in, or wipe it when the person says so.";
    ResyncRequired "resync_required" 410 "The cursor is no good any longer"
        "Pull everything from the start with tombstones=1, push again what the server lacks, go on.";
    PreconditionFailed "precondition_failed" 412 "The record has changed or exists already"
        "Read the present version (its ETag is in this answer), merge, and send again.";
    BodyTooLarge "body_too_large" 413 "The body is too large"
        "Send less at once.";
    TooManyChanges "too_many_changes" 413 "The push holds too many changes"
        "Split it.";
    UriTooLong "uri_too_long" 414 "The address is too long"
        "A fault of the app: an address has at most 8 kB.";
    UnsupportedMediaType "unsupported_media_type" 415 "The body must be application/json"
        "A fault of the app: send Content-Type: application/json.";
    UnsupportedContentEncoding "unsupported_content_encoding" 415
        "The body must not be compressed here"
        "Send the body without Content-Encoding.";
    ExpectationFailed "expectation_failed" 417 "The request expects what the server cannot do"
        "Send no Expect header but 100-continue.";
    ValidationFailed "validation_failed" 422 "The request is well formed but not valid"
        "Show the faults at their fields; `errors` has a pointer for each.";
    SchemaVersionUnsupported "schema_version_unsupported" 426
        "The app's schema is older or newer than this server speaks"
        "Ask for an update of the app; keep the data.";
    PreconditionRequired "precondition_required" 428 "This needs If-Match or If-None-Match"
        "Send If-None-Match: * to create, If-Match with the ETag to change.";
    HeadersTooLarge "headers_too_large" 431 "The headers are too large"
        "A fault of the app: the headers of a request have at most 16 kB in 96 lines.";
    Internal "internal" 500 "The server failed"
        "Repeat later; report the request id if it stays.";
    Overloaded "overloaded" 503 "The server is busy"
        "Repeat after Retry-After seconds, with jitter.";
}

/// A failed request, before it is put into words for the wire.
#[derive(Debug)]
pub struct Problem {
    kind: ProblemKind,
    detail: Option<String>,
    errors: Vec<Fault>,
    etag: Option<String>,
    cause: Option<String>,
    extra: Option<Box<Extra>>,
}

/// Members that only single kinds of problem have.
type Extra = serde_json::Map<String, serde_json::Value>;

/// The answer of every use case.
pub type Answered<T> = Result<T, Problem>;

impl Problem {
    /// A problem with only its constant title.
    pub const fn new(kind: ProblemKind) -> Self {
        Self { kind, detail: None, errors: Vec::new(), etag: None, cause: None, extra: None }
    }
    /// Adds a member that only this kind of problem has.
    #[must_use]
    pub fn extra(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }
    /// Adds what is special about this occurrence. Never an echo of a value.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
    /// Adds the record's present version.
    #[must_use]
    pub fn etag(mut self, etag: String) -> Self {
        self.etag = Some(etag);
        self
    }
    /// All faults of a request.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        let detail = match errors.len() {
            1 => "1 thing needs attention.".to_owned(),
            n => format!("{n} things need attention."),
        };
        Self { errors, ..Self::new(ProblemKind::ValidationFailed).detail(detail) }
    }
    /// A fault of ours: the cause goes to the log, not to the client.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(ProblemKind::Internal) }
    }
    /// Which problem.
    pub const fn kind(&self) -> ProblemKind {
        self.kind
    }
    /// For the log only.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The body, with what only the frame around the request knows.
    pub fn body(&self, public_url: &str, request_id: &str) -> ProblemBody {
        ProblemBody {
            r#type: format!("{public_url}/problems/{}", self.kind.code()),
            title: self.kind.title(),
            status: self.kind.status(),
            code: self.kind.code(),
            detail: self.detail.clone().unwrap_or_else(|| self.kind.cure().to_owned()),
            instance: format!("urn:uuid:{request_id}"),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
            extra: self.extra.as_deref().cloned().unwrap_or_default(),
        }
    }

    /// The version to put into the ETag header.
    pub fn present_version(&self) -> Option<&str> {
        self.etag.as_deref()
    }
}

impl From<ProblemKind> for Problem {
    fn from(kind: ProblemKind) -> Self {
        Self::new(kind)
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let kind = match &error {
            DbError::Unavailable(_) | DbError::Refused(_) | DbError::Busy(_) => {
                ProblemKind::Overloaded
            }
            DbError::Unstorable(_) => ProblemKind::BadRequest,
            DbError::Constraint(_)
            | DbError::Walled(_)
            | DbError::Unwritable(_)
            | DbError::Other(_) => ProblemKind::Internal,
        };
        Self { cause: Some(error.to_string()), ..Self::new(kind) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.code())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
    // The frame writes the body: it knows the request id and the public address.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// An RFC 9457 problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// The page that explains this code.
    #[schema(format = "uri", max_length = 300)]
    r#type: String,
    /// What happened, the same words for every occurrence of the code.
    #[schema(max_length = 100)]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The stable code that programs switch on.
    #[schema(max_length = 40, examples("validation_failed"))]
    code: &'static str,
    /// What is special about this occurrence. Never an echo of a value.
    #[schema(max_length = 500)]
    detail: String,
    /// This occurrence.
    #[schema(format = "uri", max_length = 60)]
    instance: String,
    /// The same as the X-Request-Id header.
    #[schema(format = "uuid")]
    request_id: String,
    /// Every fault found, in one pass; empty unless the code is `validation_failed`.
    #[schema(max_items = 100, value_type = Vec<FaultBody>)]
    errors: Vec<Fault>,
    /// Members of single kinds of problem: `reason`, `max_changes`, `max_bytes`, `min`, `max`.
    #[serde(flatten)]
    #[schema(ignore)]
    extra: Extra,
}

/// One fault of a request.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Fault)]
pub struct FaultBody {
    /// Stable machine name of the rule.
    #[schema(max_length = 40, examples("out_of_range"))]
    code: String,
    /// What to do about it, in English.
    #[schema(max_length = 1000)]
    detail: String,
    /// Where in the body, as an RFC 6901 pointer in fragment form. Absent for parameters.
    #[schema(max_length = 300, examples("#/pain_worst"))]
    pointer: Option<String>,
    /// The parameter's name. Absent for bodies.
    #[schema(max_length = 64)]
    parameter: Option<String>,
    /// `query`, `path` or `header`, beside `parameter`.
    #[schema(max_length = 10)]
    r#in: Option<String>,
}

impl ProblemBody {
    /// Every fault found.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.errors.iter()
    }
}

super::document!(ProblemBody);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let codes: HashSet<_> = ProblemKind::ALL.iter().map(|k| k.code()).collect();
        assert_eq!(codes.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            assert!(kind.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!((400..=599).contains(&kind.status()));
        }
    }

    #[test]
    fn causes_never_reach_the_body() {
        let body = Problem::internal("secret table").body("https://x", "id");
        assert!(!serde_json::to_string(&body).unwrap().contains("secret"));
    }
}
