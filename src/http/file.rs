//! Answers that are files: a picture, a page, a table, a document. What kind of file an operation answers
//! is a value, so that a table can hold it.

use super::reply::{ETAG, Outcome, PUBLIC, UNCHANGED};
use crate::language::Language;
use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

/// A kind of file.
#[derive(Debug)]
pub struct FileKind {
    /// The media type.
    pub media: &'static str,
    /// What it is, in the document.
    pub about: &'static str,
    /// Its most characters, or bytes where it is no text.
    pub most: usize,
    /// The name a browser keeps it under; without one it is shown.
    pub kept_as: Option<&'static str>,
    /// What a browser may load for it; nothing where it is left out.
    pub policy: Option<fn() -> String>,
    /// Is it the same for everybody?
    pub is_public: bool,
}

impl FileKind {
    /// A kind of file that is shown as it is, to its reader alone.
    pub const fn new(media: &'static str, about: &'static str, most: usize) -> Self {
        Self { media, about, most, kept_as: None, policy: None, is_public: false }
    }

    /// The media type with its character set.
    pub fn content_type(&self) -> String {
        let charset = if self.media.starts_with("text/") { "; charset=utf-8" } else { "" };
        format!("{}{charset}", self.media)
    }

    /// How asking for one can turn out.
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        let mut schema = ObjectBuilder::new().schema_type(Type::String).max_length(Some(self.most));
        if !self.media.starts_with("text/") && !self.media.ends_with("+xml") {
            schema = schema.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        }
        let content = Some((self.media, schema.into()));
        vec![
            Outcome { status: 200, description: self.about, content, headers: ETAG },
            Outcome { status: 304, description: UNCHANGED, content: None, headers: ETAG },
        ]
    }
}

/// What a file is made of.
#[derive(Debug)]
pub struct FileContent {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What tells it from another.
    pub etag: String,
    /// The language it is in, where it has one.
    pub language: Option<&'static Language>,
}

impl From<(Vec<u8>, String)> for FileContent {
    /// A file without words.
    fn from((bytes, etag): (Vec<u8>, String)) -> Self {
        Self { bytes, etag, language: None }
    }
}

/// 200 with a file and its ETag, or 304.
pub(crate) struct File {
    pub(crate) kind: &'static FileKind,
    pub(crate) content: FileContent,
}

impl Responder for File {
    type Body = BoxBody;
    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let Self { kind, content: FileContent { bytes, etag, language } } = self;
        let is_known = super::precondition::client_has(request, &etag);
        let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        answer.insert_header((header::ETAG, etag));
        if kind.is_public {
            answer.insert_header((header::CACHE_CONTROL, PUBLIC));
        }
        if let Some(language) = language {
            answer.insert_header((header::CONTENT_LANGUAGE, language.tag()));
        }
        if is_known {
            return answer.finish();
        }
        answer.insert_header((header::CONTENT_TYPE, kind.content_type()));
        if let Some(policy) = kind.policy {
            answer.insert_header((header::CONTENT_SECURITY_POLICY, policy()));
        }
        if let Some(name) = kind.kept_as {
            let keep = format!("attachment; filename=\"{name}\"");
            answer.insert_header((header::CONTENT_DISPOSITION, keep));
        }
        answer.body(bytes)
    }
}
