//! Pages for people.

/// Registers the pages.
pub fn routes(_: &mut actix_web::web::ServiceConfig) {}
