//! Which language the sender of a request reads.

use crate::language::Language;
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};

/// The language that the sender of a request accepts.
pub(crate) fn language_of(headers: &HeaderMap) -> &'static Language {
    let accepted = headers.get_all(ACCEPT_LANGUAGE);
    Language::accepted(accepted.filter_map(|value| value.to_str().ok()))
}
