//! Pages for practitioners: sign in, see the own patients, open a report, print it, take it along.
//!
//! Plain pages that the server writes; without scripts they lack nothing but the print button. A
//! browser holds one cookie, good for these pages alone ([`session`]). Everything is read the way
//! the API reads it: through a share, with its line in the patient's access log.

mod files;
mod frame;
mod frozen;
mod patients;
mod report;
mod session;
mod sign_in;

use actix_web::http::header::ALLOW;
use actix_web::{HttpResponse, Resource, guard, web};

/// The methods of a page.
const READS: &str = "GET, HEAD";
/// The methods of a page with a form.
const BOTH: &str = "GET, HEAD, POST";

/// A resource that names its methods to whoever tries another one.
fn resource(path: &str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        HttpResponse::MethodNotAllowed().insert_header((ALLOW, allow)).finish()
    }))
}

/// Registers the pages.
pub fn routes(config: &mut web::ServiceConfig) {
    let reads = || guard::Any(guard::Get()).or(guard::Head());
    config
        .service(resource("/clinic", READS).route(web::route().guard(reads()).to(patients::page)))
        .service(
            resource("/clinic/sign-in", BOTH)
                .route(web::route().guard(reads()).to(sign_in::page))
                .route(web::post().to(sign_in::submit)),
        )
        .service(resource("/clinic/sign-out", "POST").route(web::post().to(sign_in::sign_out)))
        .service(
            resource("/clinic/patients/{share_id}", READS)
                .route(web::route().guard(reads()).to(report::page)),
        )
        .service(
            resource("/clinic/patients/{share_id}/frozen", BOTH)
                .route(web::route().guard(reads()).to(frozen::list))
                .route(web::post().to(frozen::submit)),
        )
        .service(
            resource("/clinic/patients/{share_id}/frozen/{id}", READS)
                .route(web::route().guard(reads()).to(frozen::page)),
        )
        .service(
            resource("/clinic/patients/{share_id}/frozen/{id}/{file}", READS)
                .route(web::route().guard(reads()).to(files::file)),
        )
        .service(
            resource("/clinic/patients/{share_id}/{file}", READS)
                .route(web::route().guard(reads()).to(files::file)),
        );
}
