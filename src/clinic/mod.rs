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

use actix_web::{guard, web};

/// Registers the pages.
pub fn routes(config: &mut web::ServiceConfig) {
    let reads = || guard::Any(guard::Get()).or(guard::Head());
    config
        .service(web::resource("/clinic").route(web::route().guard(reads()).to(patients::page)))
        .service(
            web::resource("/clinic/sign-in")
                .route(web::route().guard(reads()).to(sign_in::page))
                .route(web::post().to(sign_in::submit)),
        )
        .service(web::resource("/clinic/sign-out").route(web::post().to(sign_in::sign_out)))
        .service(
            web::resource("/clinic/patients/{share_id}")
                .route(web::route().guard(reads()).to(report::page)),
        )
        .service(
            web::resource("/clinic/patients/{share_id}/frozen")
                .route(web::route().guard(reads()).to(frozen::list))
                .route(web::post().to(frozen::submit)),
        )
        .service(
            web::resource("/clinic/patients/{share_id}/frozen/{id}")
                .route(web::route().guard(reads()).to(frozen::page)),
        )
        .service(
            web::resource("/clinic/patients/{share_id}/frozen/{id}/{file}")
                .route(web::route().guard(reads()).to(files::file)),
        )
        .service(
            web::resource("/clinic/patients/{share_id}/{file}")
                .route(web::route().guard(reads()).to(files::file)),
        );
}
