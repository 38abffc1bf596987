//! Answers that are files: a picture, a page, a table, a document. What kind of file an operation answers
//! is a value, so that a table can hold it.

use super::reply::{ETAG, Outcome, PUBLIC, UNCHANGED};
use crate::language::Language;
use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use std::fmt::Write as _;
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
    /// What else its name has in it, to tell it from others': no person's name.
    pub mark: Option<String>,
}

impl From<(Vec<u8>, String)> for FileContent {
    /// A file without words.
    fn from((bytes, etag): (Vec<u8>, String)) -> Self {
        Self { bytes, etag, language: None, mark: None }
    }
}

/// Characters of a mark that a name has at most.
const MARK_LETTERS: usize = 64;

/// How a file is kept: `report.pdf`, with a mark `report-A-1041.pdf`. What is not plain in a mark is a
/// hyphen, and whole for those who read more than ASCII (RFC 6266, RFC 8187).
pub(crate) fn attachment(name: &str, mark: Option<&str>) -> String {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let named = |is_plain: fn(char) -> bool| {
        let text: String = mark
            .unwrap_or_default()
            .chars()
            .filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
            .map(|c| if is_plain(c) || matches!(c, '.' | '_') { c } else { '-' })
            .take(MARK_LETTERS)
            .collect();
        let parts: Vec<&str> =
            text.split('-').filter(|part| !part.trim_matches('.').is_empty()).collect();
        let text = parts.join("-");
        let text = text.trim_matches('.');
        if text.is_empty() { name.to_owned() } else { format!("{stem}-{text}.{ending}") }
    };
    let ascii = named(|c| c.is_ascii_alphanumeric());
    let whole = named(char::is_alphanumeric);
    if whole == ascii {
        return format!("attachment; filename=\"{ascii}\"");
    }
    let whole = whole.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    });
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
}

/// 200 with a file and its ETag, or 304.
pub(crate) struct File {
    pub(crate) kind: &'static FileKind,
    pub(crate) content: FileContent,
}

impl Responder for File {
    type Body = BoxBody;
    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let Self { kind, content: FileContent { bytes, etag, language, mark } } = self;
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
            let keep = attachment(name, mark.as_deref());
            answer.insert_header((header::CONTENT_DISPOSITION, keep));
        }
        answer.body(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_name_has_its_mark_and_nothing_that_is_not_plain() {
        let kept = |mark: &str| attachment("report.pdf", Some(mark));
        assert_eq!(attachment("report.pdf", None), "attachment; filename=\"report.pdf\"");
        assert_eq!(kept("A-1041"), "attachment; filename=\"report-A-1041.pdf\"");
        assert_eq!(kept("../a b\"\r\n"), "attachment; filename=\"report-a-b.pdf\"");
        assert_eq!(kept(" \u{202e} "), "attachment; filename=\"report.pdf\"");
        let both = kept("M\u{fc}ller 7");
        assert_eq!(
            both,
            "attachment; filename=\"report-M-ller-7.pdf\"; filename*=UTF-8''report-M%C3%BCller-7.pdf"
        );
        assert_eq!(kept(&"9".repeat(200)).len(), "attachment; filename=\"report-.pdf\"".len() + 64);
    }
}
