//! Every way a request can fail: one closed catalogue, answered as RFC 9457 problem+json.

use crate::db::DbError;
use crate::language::Language;
use crate::wire::Fault;
use crate::wire::json::Misread;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::fmt;

/// Declares the kinds: name, stable code, status. Title and cure stand in the files of the languages.
macro_rules! kinds {
    ($($variant:ident $code:literal $status:literal;)*) => {
        /// The kinds of problem the server answers with. Nothing outside this list is ever sent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemKind { $(#[doc = concat!("`", $code, "`")] $variant),* }

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
        }
    };
}

kinds! {
    MalformedJson "malformed_json" 400;
    InvalidCursor "invalid_cursor" 400;
    InvalidJson "invalid_json" 400;
    InvalidBody "invalid_body" 400;
    MissingParameter "missing_parameter" 400;
    LimitTooLarge "limit_too_large" 400;
    UnknownCollection "unknown_collection" 400;
    InvalidHeader "invalid_header" 400;
    BadRequest "bad_request" 400;
    Unauthenticated "unauthenticated" 401;
    TokenExpired "token_expired" 401;
    SignInRevoked "session_revoked" 401;
    InvalidCredentials "invalid_credentials" 401;
    ReauthenticationRequired "reauthentication_required" 401;
    RoleInsufficient "role_insufficient" 403;
    AccountSuspended "account_suspended" 403;
    RegistrationClosed "registration_closed" 403;
    ShareReadOnly "share_read_only" 403;
    NotYours "not_yours" 403;
    ScopeInsufficient "scope_insufficient" 403;
    NotFound "not_found" 404;
    MethodNotAllowed "method_not_allowed" 405;
    NotAcceptable "not_acceptable" 406;
    RequestTimeout "request_timeout" 408;
    Conflict "conflict" 409;
    ReferenceRequired "reference_required" 409;
    IdempotencyKeyReused "idempotency_key_reused" 409;
    OtherAccount "other_account" 409;
    ResyncRequired "resync_required" 410;
    PreconditionFailed "precondition_failed" 412;
    BodyTooLarge "body_too_large" 413;
    TooManyChanges "too_many_changes" 413;
    UriTooLong "uri_too_long" 414;
    UnsupportedMediaType "unsupported_media_type" 415;
    UnsupportedContentEncoding "unsupported_content_encoding" 415;
    ExpectationFailed "expectation_failed" 417;
    ValidationFailed "validation_failed" 422;
    SchemaVersionUnsupported "schema_version_unsupported" 426;
    PreconditionRequired "precondition_required" 428;
    TooManyAttempts "too_many_attempts" 429;
    HeadersTooLarge "headers_too_large" 431;
    Internal "internal" 500;
    Overloaded "overloaded" 503;
}

impl ProblemKind {
    /// What happened, the same words for every occurrence.
    pub fn title(self, language: &Language) -> String {
        language.text(&format!("problem.{}", self.code()), &[])
    }
    /// What an app does about it.
    pub fn cure(self, language: &Language) -> String {
        language.text(&format!("problem.{}.cure", self.code()), &[])
    }
}

/// What is special about one occurrence.
#[derive(Debug)]
enum Detail {
    /// A text of the languages, with its values.
    Text(&'static str, Vec<(&'static str, String)>),
    /// How many faults there are.
    Faults(usize),
}

impl Detail {
    fn words(&self, language: &Language) -> String {
        match self {
            Self::Text(key, values) => {
                let values: Vec<_> =
                    values.iter().map(|(name, value)| (*name, value.as_str())).collect();
                language.text(key, &values)
            }
            Self::Faults(count) => language.counted("problem.detail.faults", *count),
        }
    }
}

/// A failed request, before it is put into words for the wire.
#[derive(Debug)]
pub struct Problem {
    kind: ProblemKind,
    detail: Option<Box<Detail>>,
    errors: Vec<Fault>,
    etag: Option<String>,
    cause: Option<String>,
    wait: Option<Box<Wait>>,
    extra: Option<Box<Extra>>,
}

/// When to come back, and what was used up: the `Retry-After` and `RateLimit` fields of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// The name of what is limited.
    pub policy: &'static str,
    /// How much of it is free.
    pub quota: u32,
    /// In how many seconds all of it comes back.
    pub window: i64,
    /// Seconds until the next try, 1 to 3600.
    pub seconds: i64,
}

/// Members that only single kinds of problem have.
type Extra = serde_json::Map<String, serde_json::Value>;

/// The answer of every use case.
pub type Answered<T> = Result<T, Problem>;

impl Problem {
    /// A problem with only its constant title.
    pub const fn new(kind: ProblemKind) -> Self {
        let errors = Vec::new();
        Self { kind, detail: None, errors, etag: None, cause: None, wait: None, extra: None }
    }
    /// Adds when to come back.
    #[must_use]
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = Some(Box::new(wait));
        self
    }
    /// Adds the scope that the token lacks.
    #[must_use]
    pub fn needs_scope(self, scope: &'static str) -> Self {
        self.extra("scope", scope)
    }
    /// The scope that the token lacks.
    pub fn needed_scope(&self) -> Option<&str> {
        self.extra.as_deref()?.get("scope")?.as_str()
    }
    /// When to come back.
    pub fn to_wait(&self) -> Option<Wait> {
        self.wait.as_deref().copied()
    }
    /// Adds a member that only this kind of problem has.
    #[must_use]
    pub fn extra(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }
    /// Adds what is special about this occurrence, by the key of its text.
    #[must_use]
    pub fn detail(mut self, key: &'static str) -> Self {
        self.detail = Some(Box::new(Detail::Text(key, Vec::new())));
        self
    }
    /// The same, with values in the text. Never an echo of what was sent.
    #[must_use]
    pub fn detail_with<const N: usize>(
        mut self,
        key: &'static str,
        values: [(&'static str, usize); N],
    ) -> Self {
        let values = values.map(|(name, value)| (name, value.to_string()));
        self.detail = Some(Box::new(Detail::Text(key, values.to_vec())));
        self
    }
    /// A body that is not JSON: what is wrong and where.
    #[must_use]
    pub fn misread(self, found: Misread) -> Self {
        self.detail_with(found.key, [("line", found.line), ("column", found.column)])
    }
    /// Adds the record's present version.
    #[must_use]
    pub fn etag(mut self, etag: String) -> Self {
        self.etag = Some(etag);
        self
    }
    /// All faults of a request.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        let detail = Some(Box::new(Detail::Faults(errors.len())));
        Self { detail, errors, ..Self::new(ProblemKind::ValidationFailed) }
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

    /// The body in the words of a language, with what only the frame around the request knows.
    pub fn body(&self, language: &Language, public_url: &str, request_id: &str) -> ProblemBody {
        ProblemBody {
            r#type: format!("{public_url}/problems/{}", self.kind.code()),
            title: self.kind.title(language),
            status: self.kind.status(),
            code: self.kind.code(),
            detail: match &self.detail {
                Some(detail) => detail.words(language),
                None => self.kind.cure(language),
            },
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
    /// What happened, the same words for every occurrence of the code in the language of the answer.
    #[schema(max_length = 100)]
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The stable code that programs switch on.
    #[schema(max_length = 40, examples("validation_failed"))]
    code: &'static str,
    /// What is special about this occurrence, in the language of the answer. Never an echo of a value.
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
    /// Members of single kinds of problem: `reason`, `scope`, `max_changes`, `max_bytes`, `min`, `max`.
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
    fn every_kind_has_words_that_fit_the_schema_in_every_language() {
        for language in Language::all() {
            for kind in ProblemKind::ALL {
                let (title, cure) = (kind.title(language), kind.cure(language));
                assert!(!title.contains('\u{27e8}') && title.chars().count() <= 100, "{title}");
                assert!(!cure.contains('\u{27e8}') && cure.chars().count() <= 500, "{cure}");
            }
        }
    }

    #[test]
    fn causes_never_reach_the_body() {
        let body = Problem::internal("secret table").body(Language::english(), "https://x", "id");
        assert!(!serde_json::to_string(&body).unwrap().contains("secret"));
    }
}
