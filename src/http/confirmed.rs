//! The answer to a write through a share: with whose journal it was made in.

use super::reply::{Answer, Outcome};
use crate::journal_subject::JournalSubject;
use crate::wire::Components;
use actix_web::body::BoxBody;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use std::fmt::Write as _;

const JOURNAL_SUBJECT: HeaderName = HeaderName::from_static("journal-subject");
const HEADERS: &[&str] = &["ETag", "Journal-Subject"];

/// An answer with `Journal-Subject`.
#[derive(Debug)]
pub struct Confirmed<A>(pub A, pub JournalSubject);

impl<A: Answer> Responder for Confirmed<A> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let Self(answer, subject) = self;
        let mut answer = answer.respond_to(request);
        if let Ok(value) = HeaderValue::from_str(&ascii(&subject)) {
            answer.headers_mut().insert(JOURNAL_SUBJECT, value);
        }
        answer
    }
}

impl<A: Answer> Answer for Confirmed<A> {
    const MEDIA: Option<&'static str> = A::MEDIA;

    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        let mut outcomes = A::outcomes(components);
        for outcome in &mut outcomes {
            outcome.headers = HEADERS;
            if outcome.status == 204 {
                outcome.description = "Deleted through a share.";
            }
        }
        outcomes
    }
}

/// JSON that is ASCII, as a header is: other characters are escaped, as in every JSON.
fn ascii(subject: &JournalSubject) -> String {
    let json = serde_json::to_string(subject).unwrap_or_default();
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, ' '..='~') {
            text.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_script_is_a_header_that_is_read_as_json() {
        let subject = JournalSubject {
            display_name: Some("Zo\u{eb} \"Ana\" \u{1f9d1}\u{7f}".to_owned()),
            year_of_birth: Some(1980),
            reference: None,
        };
        let text = ascii(&subject);
        assert!(text.is_ascii() && HeaderValue::from_str(&text).is_ok(), "{text}");
        assert_eq!(serde_json::from_str::<JournalSubject>(&text).unwrap(), subject);
    }
}
