//! Every route, put together: what is served, the table of it, and the document that says so.

use crate::routes::{Routes, TableEntry};
use crate::{
    account, auth, body_map, clinic, collections, health, instruments, pages, plans, reminders,
    report, sharing, sync, vocabularies,
};

/// Every route there is, to be served.
pub fn routes() -> Routes {
    every(Routes::default())
}

fn every(mut routes: Routes) -> Routes {
    auth::routes(&mut routes);
    account::routes(&mut routes);
    collections::routes(&mut routes);
    plans::routes(&mut routes);
    reminders::routes(&mut routes);
    sharing::routes(&mut routes);
    sync::routes(&mut routes);
    report::serve::routes(&mut routes);
    vocabularies::routes(&mut routes);
    instruments::routes(&mut routes);
    body_map::routes(&mut routes);
    health::routes(&mut routes);
    pages::routes(&mut routes);
    clinic::routes(&mut routes);
    routes
}

/// The route table: every route there is, and who may call it.
pub fn table() -> Vec<TableEntry> {
    routes().table()
}

/// The OpenAPI document of [`routes`] that are no pages, as committed in `openapi/openapi.json`: for a server with the
/// default settings.
pub fn openapi() -> String {
    let document = every(Routes::described()).document("http://127.0.0.1:8080");
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// The same for the server at this address, as it serves it.
pub fn openapi_of(server: &str) -> String {
    serde_json::to_string(&every(Routes::described()).document(server)).unwrap_or_default()
}
