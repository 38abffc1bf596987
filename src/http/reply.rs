//! Typed answers: status, body, headers and their description in one type, so that what the
//! document promises is what the handler returns.

use crate::wire::Components;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};

/// A type that can be an answer's body and describes itself.
pub trait Documented: Serialize {
    /// Registers the schema and everything it refers to.
    fn document(components: &mut Components) -> RefOr<Schema>;
}

impl<T: Documented> Documented for &T {
    fn document(components: &mut Components) -> RefOr<Schema> {
        T::document(components)
    }
}

/// Makes types that derive utoipa's `ToSchema` usable as answers.
macro_rules! document {
    ($($ty:ty),+ $(,)?) => {$(
        impl $crate::http::Documented for $ty {
            fn document(
                components: &mut $crate::wire::Components,
            ) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::http::register::<$ty>(components)
            }
        }
    )+};
}
pub(crate) use document;

/// Registers a type's schema and those it refers to, and answers a reference to it.
pub(crate) fn register<T: utoipa::ToSchema>(components: &mut Components) -> RefOr<Schema> {
    let mut all = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut all);
    for (name, mut schema) in all {
        require_all(&mut schema);
        components.schemas.insert(name, schema);
    }
    RefOr::Ref(utoipa::openapi::Ref::from_schema_name(T::name()))
}

/// Answers carry every property, null where empty, so all of them are required.
fn require_all(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema {
        object.required = object.properties.keys().cloned().collect();
    }
}

/// One possible answer of an operation.
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// What it means.
    pub description: &'static str,
    /// Media type and schema, where there is a body.
    pub content: Option<(&'static str, RefOr<Schema>)>,
    /// The headers it carries beside those of every answer, as the document's components name them.
    pub headers: &'static [&'static str],
}

/// The headers of an answer with a version.
pub(super) const ETAG: &[&str] = &["ETag"];
/// What 304 means.
pub(super) const UNCHANGED: &str = "Not changed since the version in If-None-Match.";

/// A handler's answer.
pub trait Answer: Responder<Body = BoxBody> {
    /// The media type of a success, where it has a body.
    const MEDIA: Option<&'static str> = Some(JSON);
    /// Every way it can turn out.
    fn outcomes(components: &mut Components) -> Vec<Outcome>;
}

const JSON: &str = "application/json";

pub(super) fn json_outcome<T: Documented>(
    components: &mut Components,
    status: u16,
    description: &'static str,
    headers: &'static [&'static str],
) -> Outcome {
    Outcome { status, description, content: Some((JSON, T::document(components))), headers }
}

pub(super) fn json<T: Serialize>(status: StatusCode, body: &T, etag: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if let Some(etag) = etag {
        response.insert_header((header::ETAG, etag));
    }
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            response.insert_header((
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=utf-8"),
            ));
            response.body(bytes)
        }
        Err(error) => HttpResponse::from_error(super::Problem::internal(error)),
    }
}

fn empty(status: StatusCode, etag: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if let Some(etag) = etag {
        response.insert_header((header::ETAG, etag));
    }
    response.finish()
}

/// 200 with a body.
#[derive(Debug)]
pub struct Found<T>(pub T);
impl<T: Documented> Responder for Found<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        json(StatusCode::OK, &self.0, None)
    }
}
impl<T: Documented> Answer for Found<T> {
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        vec![json_outcome::<T>(components, 200, "Done.", &[])]
    }
}

/// 202 with a body.
#[derive(Debug)]
pub struct Accepted<T>(pub T);
impl<T: Documented> Responder for Accepted<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        json(StatusCode::ACCEPTED, &self.0, None)
    }
}
impl<T: Documented> Answer for Accepted<T> {
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        vec![json_outcome::<T>(components, 202, "Accepted; the rest follows.", &[])]
    }
}

/// 201 with a body and an ETag.
#[derive(Debug)]
pub struct Created<T>(pub T, pub String);
impl<T: Documented> Responder for Created<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        json(StatusCode::CREATED, &self.0, Some(&self.1))
    }
}
impl<T: Documented> Answer for Created<T> {
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        vec![json_outcome::<T>(components, 201, "Created.", ETAG)]
    }
}

/// 204.
#[derive(Debug)]
pub struct Nothing;
impl Responder for Nothing {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        empty(StatusCode::NO_CONTENT, None)
    }
}
impl Answer for Nothing {
    const MEDIA: Option<&'static str> = None;
    fn outcomes(_: &mut Components) -> Vec<Outcome> {
        vec![Outcome { status: 204, description: "Done.", content: None, headers: &[] }]
    }
}

/// 204 with the tombstone's ETag.
#[derive(Debug)]
pub struct Deleted(pub String);
impl Responder for Deleted {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        empty(StatusCode::NO_CONTENT, Some(&self.0))
    }
}
impl Answer for Deleted {
    const MEDIA: Option<&'static str> = None;
    fn outcomes(_: &mut Components) -> Vec<Outcome> {
        vec![Outcome { status: 204, description: "Deleted.", content: None, headers: ETAG }]
    }
}

/// 201 for a new record, 200 for a changed or already equal one; both with body and ETag.
#[derive(Debug)]
pub enum Put<T> {
    /// It did not exist.
    Created(T, String),
    /// It exists and now is as asked.
    Stands(T, String),
}
impl<T: Documented> Responder for Put<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self {
            Self::Created(body, etag) => json(StatusCode::CREATED, &body, Some(&etag)),
            Self::Stands(body, etag) => json(StatusCode::OK, &body, Some(&etag)),
        }
    }
}
impl<T: Documented> Answer for Put<T> {
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        vec![
            json_outcome::<T>(components, 200, "Changed, or already as sent.", ETAG),
            json_outcome::<T>(components, 201, "Created.", ETAG),
        ]
    }
}

/// 200 with body and ETag, or 304 when the client has that version.
#[derive(Debug)]
pub struct Versioned<T>(pub T, pub String);
impl<T: Documented> Responder for Versioned<T> {
    type Body = BoxBody;
    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if super::precondition::client_has(request, &self.1) {
            return empty(StatusCode::NOT_MODIFIED, Some(&self.1));
        }
        json(StatusCode::OK, &self.0, Some(&self.1))
    }
}
impl<T: Documented> Answer for Versioned<T> {
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        vec![
            json_outcome::<T>(components, 200, "Done.", ETAG),
            Outcome { status: 304, description: UNCHANGED, content: None, headers: ETAG },
        ]
    }
}

/// An answer that is the same for everybody: caches on the way may keep it for a while, and ask again
/// with its ETag.
#[derive(Debug)]
pub struct Public<A>(pub A);

/// Five minutes: what it says changes with the next version of the server, and keys with a rotation.
pub(super) const PUBLIC: &str = "public, max-age=300";

impl<A: Answer> Responder for Public<A> {
    type Body = BoxBody;
    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut answer = self.0.respond_to(request);
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(PUBLIC));
        answer
    }
}

impl<A: Answer> Answer for Public<A> {
    const MEDIA: Option<&'static str> = A::MEDIA;
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        A::outcomes(components)
    }
}

/// 200 with server-sent events.
pub struct Events(pub EventStream);
impl Events {
    /// The media type.
    pub const MEDIA_TYPE: &'static str = "text/event-stream";
}
/// The events, as they come.
pub type EventStream = std::pin::Pin<
    Box<dyn futures_util::Stream<Item = Result<actix_web::web::Bytes, actix_web::Error>>>,
>;
impl Responder for Events {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, Self::MEDIA_TYPE))
            // A proxy or the compressor would hold events back.
            .insert_header((header::CONTENT_ENCODING, "identity"))
            .insert_header(("X-Accel-Buffering", "no"))
            .streaming(self.0)
    }
}
impl Answer for Events {
    const MEDIA: Option<&'static str> = Some(Self::MEDIA_TYPE);
    fn outcomes(_: &mut Components) -> Vec<Outcome> {
        let schema = utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .max_length(Some(1_000_000))
            .into();
        let content = Some((Self::MEDIA_TYPE, schema));
        vec![Outcome { status: 200, description: "The events.", content, headers: &[] }]
    }
}
