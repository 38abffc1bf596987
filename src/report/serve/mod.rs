//! Reports over HTTP: what is asked, whose journal is meant, in which format it is answered.

mod asked;
mod formats;
mod held;
pub mod practitioner;
mod reader;
mod report;
mod responders;
mod snapshots;
mod source;

use crate::routes::Routes;

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    report::routes(routes);
    formats::routes(routes);
    snapshots::routes(routes);
    held::routes(routes);
    responders::routes(routes);
}
