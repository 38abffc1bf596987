//! How the pages hand out a file to keep.

use crate::report::File;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderName};

/// A file under its name.
pub(super) fn answer(file: File, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, file.media_type()))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((
            HeaderName::from_static("content-disposition"),
            format!("attachment; filename=\"{}\"", file.name()),
        ))
        .body(bytes)
}
