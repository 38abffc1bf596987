//! Pages for practitioners: sign in, see the own patients, open a report, print it, take it along.
//!
//! Plain pages that the server writes; without scripts they lack nothing but the print button. A
//! browser holds one cookie, good for these pages alone ([`visiting`]). Everything is read the way
//! the API reads it: through a share, with its line in the patient's access log.

mod files;
mod forgot;
mod frame;
mod frozen;
mod listing;
mod patients;
mod report;
mod sign_in;
mod visiting;

use crate::routes::Routes;
use actix_web::http::Method;

/// Registers the pages.
pub fn routes(routes: &mut Routes) {
    routes.page(Method::GET, "/clinic", patients::page);
    routes.page(Method::GET, "/clinic/sign-in", sign_in::page);
    routes.page(Method::POST, "/clinic/sign-in", sign_in::submit);
    routes.page(Method::GET, "/clinic/forgot", forgot::page);
    routes.page(Method::POST, "/clinic/forgot", forgot::submit);
    routes.page(Method::POST, "/clinic/sign-out", sign_in::sign_out);
    routes.page(Method::GET, "/clinic/patients/{share_id}", report::page);
    routes.page(Method::GET, "/clinic/patients/{share_id}/{file}", files::file);
    routes.page(Method::GET, "/clinic/patients/{share_id}/frozen", frozen::list);
    routes.page(Method::POST, "/clinic/patients/{share_id}/frozen", frozen::submit);
    routes.page(Method::GET, "/clinic/patients/{share_id}/frozen/{id}", frozen::page);
    routes.page(Method::GET, "/clinic/patients/{share_id}/frozen/{id}/{file}", files::file);
}
