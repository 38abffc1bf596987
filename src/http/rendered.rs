//! Answers that are files: a picture, a page, a table, a document. Each is of one media type, with
//! the ETag of what it was made from.

use super::reply::{Answer, ETAG, Outcome};
use crate::wire::Components;
use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

/// Declares kinds of files: type, media type, what it is, its most bytes, and the name it is kept
/// under where a browser is to keep it.
macro_rules! files {
    ($( $(#[doc = $doc:literal])* $name:ident $media:literal $about:literal $most:literal $file:expr; )*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub struct $name {
            /// The bytes.
            pub bytes: Vec<u8>,
            /// The ETag.
            pub etag: String,
            /// What a browser may load for it; nothing where it is left out.
            pub policy: Option<String>,
        }

        impl $name {
            /// The media type.
            pub const MEDIA_TYPE: &'static str = $media;

            /// A file without a policy of its own.
            pub fn new(bytes: impl Into<Vec<u8>>, etag: String) -> Self {
                Self { bytes: bytes.into(), etag, policy: None }
            }
        }

        impl Responder for $name {
            type Body = BoxBody;
            fn respond_to(self, request: &HttpRequest) -> HttpResponse {
                respond(request, $media, $file, self.bytes, &self.etag, self.policy)
            }
        }

        impl Answer for $name {
            const MEDIA: Option<&'static str> = Some(Self::MEDIA_TYPE);
            fn outcomes(_: &mut Components) -> Vec<Outcome> {
                let mut schema = ObjectBuilder::new().schema_type(Type::String).max_length(Some($most));
                if $media == "application/pdf" {
                    schema = schema.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
                }
                let unchanged = "Not changed since the version in If-None-Match.";
                vec![
                    Outcome {
                        status: 200,
                        description: $about,
                        content: Some(($media, schema.into())),
                        headers: ETAG,
                    },
                    Outcome { status: 304, description: unchanged, content: None, headers: ETAG },
                ]
            }
        }
    )*};
}

files! {
    /// 200 with a page that needs nothing else, or 304.
    Html "text/html" "The page." 8_000_000 None;
    /// 200 with a table, or 304.
    Csv "text/csv" "The table." 4_000_000 Some("pain-journal-days.csv");
    /// 200 with a document, or 304.
    Pdf "application/pdf" "The document." 16_000_000 Some("pain-journal-report.pdf");
}

fn respond(
    request: &HttpRequest,
    media: &'static str,
    file: Option<&'static str>,
    bytes: Vec<u8>,
    etag: &str,
    policy: Option<String>,
) -> HttpResponse {
    if super::precondition::client_has(request, etag) {
        return HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish();
    }
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::ETAG, etag));
    let media =
        if media.starts_with("text/") { format!("{media}; charset=utf-8") } else { media.into() };
    answer.insert_header((header::CONTENT_TYPE, media));
    if let Some(policy) = policy.and_then(|policy| HeaderValue::from_str(&policy).ok()) {
        answer.insert_header((header::CONTENT_SECURITY_POLICY, policy));
    }
    if let Some(file) = file {
        let keep = format!("attachment; filename=\"{file}\"");
        answer.insert_header((HeaderName::from_static("content-disposition"), keep));
    }
    answer.body(bytes)
}

/// An answer that is the same for everybody: caches on the way may keep it for a while, and ask again
/// with its ETag.
#[derive(Debug)]
pub struct Public<A>(pub A);

/// Five minutes: what it says changes with the next version of the server, and keys with a rotation.
const PUBLIC: &str = "public, max-age=300";

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
