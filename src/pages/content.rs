//! Bytes that are the same for everybody, and the headers they are sent with.

use crate::http::precondition::client_has;
use crate::language::Language;
use actix_web::body::BoxBody;
use actix_web::http::header::{self, ContentEncoding, EntityTag, HeaderName};
use actix_web::{HttpRequest, HttpResponse, Responder, web};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// For what may change with the next version of the server.
const SHORT: &str = "public, max-age=300";
/// For what has its version in its path.
const LONG: &str = "public, max-age=31536000, immutable";

/// Something to read at one address.
#[derive(Debug, Clone)]
pub(super) struct Content {
    path: String,
    media_type: &'static str,
    policy: Option<&'static str>,
    vendored: bool,
    language: Option<&'static Language>,
    tag: EntityTag,
    bytes: web::Bytes,
}

impl Content {
    /// Content that the server may compress on its way.
    pub(super) fn new(path: &str, media_type: &'static str, bytes: web::Bytes) -> Self {
        // Weak, because the same tag goes with the plain and with the compressed bytes.
        let tag = EntityTag::new_weak(fingerprint(&bytes));
        let (path, policy, language) = (path.to_owned(), None, None);
        Self { path, media_type, policy, vendored: false, language, tag, bytes }
    }

    /// A page and what it may load and call.
    pub(super) fn page(path: &str, policy: &'static str, html: String) -> Self {
        let page = Self::new(path, "text/html; charset=utf-8", html.into());
        Self { policy: Some(policy), ..page }
    }

    /// A file of somebody else's, gzipped, whose path changes with its version. It is always sent
    /// as it is: every browser accepts gzip, and nothing but a browser has use for it.
    pub(super) fn vendored(path: &str, media_type: &'static str, gzipped: &'static [u8]) -> Self {
        let tag = EntityTag::new_strong(fingerprint(gzipped));
        let bytes = web::Bytes::from_static(gzipped);
        Self { vendored: true, tag, ..Self::new(path, media_type, bytes) }
    }

    /// The same, in a language among others.
    pub(super) fn in_language(self, language: &'static Language) -> Self {
        Self { language: Some(language), ..self }
    }

    /// Is it in this language?
    pub(super) fn is_in(&self, language: &Language) -> bool {
        self.language.is_some_and(|own| own.tag() == language.tag())
    }

    /// Where it is read.
    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

impl Responder for Content {
    type Body = BoxBody;
    /// The content, or the news that the reader has it already.
    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let known = client_has(request, &self.tag.to_string());
        let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        answer.insert_header((header::CACHE_CONTROL, if self.vendored { LONG } else { SHORT }));
        answer.insert_header(header::ETag(self.tag));
        if let Some(policy) = self.policy {
            answer.insert_header(policy_header(policy));
        }
        if self.vendored {
            answer.insert_header((header::VARY, "Accept-Encoding"));
        }
        if let Some(language) = self.language {
            answer.insert_header((header::CONTENT_LANGUAGE, language.tag()));
            answer.insert_header((header::VARY, "Accept-Language"));
        }
        if known {
            return answer.finish();
        }
        if self.vendored {
            answer.insert_header(ContentEncoding::Gzip);
        }
        answer.insert_header((header::CONTENT_TYPE, self.media_type)).body(self.bytes)
    }
}

/// What a page may load and call.
pub(super) fn policy_header(policy: &'static str) -> (HeaderName, &'static str) {
    (header::CONTENT_SECURITY_POLICY, policy)
}

/// Names the bytes.
fn fingerprint(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..12])
}
