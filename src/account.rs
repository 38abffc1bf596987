//! The signed-in account: what it says of itself, its licence, and who looked at its journal.

mod access_log;
mod licence;
mod profile;

pub use access_log::{AccessEvent, AccessLogProof, LineProof, LineSeal};
pub use licence::{Licence, verify as verify_licence};
pub use profile::Me;

use crate::routes::Routes;

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    profile::routes(routes);
    access_log::routes(routes);
    licence::routes(routes);
}
