//! What every request can reach, and the assembly of routes into a server.

use crate::auth::access_token::Verifier;
use crate::auth::codes::CodeKey;
use crate::auth::password::{HashCost, Hasher};
use crate::auth::random::{Random, SystemRandom};
use crate::auth::secret::MasterSecret;
use crate::db::Db;
use crate::http::{CursorKey, Routes};
use crate::ids::Ids;
use crate::lanes::Lanes;
use crate::mail::Mailer;
use crate::time::Clock;
use crate::{
    account, auth, body_map, collections, health, instruments, plans, reminders, report, sharing,
    sync, vocabularies,
};
use std::sync::{Arc, PoisonError, RwLock};

/// The application, shared by all workers.
pub struct App {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// Random bytes.
    pub random: Arc<dyn Random>,
    /// The master secret.
    pub secret: MasterSecret,
    /// Password hashing, bounded.
    pub hasher: Hasher,
    /// How mail leaves.
    pub mailer: Mailer,
    /// The address apps and mails use.
    pub public_url: String,
    /// Signs list cursors.
    pub cursors: CursorKey,
    /// Hashes short codes.
    pub codes: CodeKey,
    /// How many reports are in the works at once.
    pub lanes: Lanes,
    /// How many big pushes are in the works at once.
    pub big_pushes: sync::BigPushes,
    /// Streams that wait for changes.
    pub pokes: sync::Pokes,
    /// Whether the database takes writes.
    pub writes: health::Writes,
    /// The OpenAPI document.
    pub openapi: Arc<str>,
    keys: RwLock<Option<Arc<Verifier>>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// What an application is made of.
#[derive(Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The master secret.
    pub secret: MasterSecret,
    /// What a password hash costs.
    pub hash_cost: HashCost,
    /// How mail leaves.
    pub mailer: Mailer,
    /// The address apps and mails use.
    pub public_url: String,
}

impl App {
    /// Puts an application together. Its keys are loaded by [`auth::load_or_create`].
    ///
    /// # Errors
    /// When the hash cost is out of range.
    pub fn new(parts: Parts) -> Result<Self, String> {
        let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
        let hasher = Hasher::new(parts.hash_cost, &*random).map_err(|e| e.to_string())?;
        Ok(Self {
            ids: Ids::new(parts.clock.clone()),
            cursors: CursorKey::new(&parts.secret.derive("cursors")),
            codes: CodeKey::new(&parts.secret),
            lanes: Lanes::new(parts.db.connections()),
            big_pushes: sync::BigPushes::new(parts.db.connections()),
            pokes: sync::Pokes::default(),
            writes: health::Writes::default(),
            openapi: openapi_of(&parts.public_url).into(),
            db: parts.db,
            clock: parts.clock,
            random,
            hasher,
            secret: parts.secret,
            mailer: parts.mailer,
            public_url: parts.public_url,
            keys: RwLock::new(None),
        })
    }

    /// The keys of access tokens.
    ///
    /// # Panics
    /// Before the keys were loaded, which every start does first.
    #[expect(clippy::expect_used, reason = "a server without keys must not serve")]
    pub fn keys(&self) -> Arc<Verifier> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(keys.as_ref().expect("the signing keys are loaded at start"))
    }

    /// Replaces the keys.
    pub fn use_keys(&self, verifier: Verifier) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(verifier));
    }
}

/// Every route of the API, to be served.
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
    report::routes(&mut routes);
    vocabularies::routes(&mut routes);
    instruments::routes(&mut routes);
    body_map::routes(&mut routes);
    health::routes(&mut routes);
    routes
}

/// The OpenAPI document of [`routes`], as committed in `openapi/openapi.json`: for a server with the
/// default settings.
pub fn openapi() -> String {
    let document = every(Routes::described()).document("http://127.0.0.1:8080");
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// The same for the server at this address, as it serves it.
fn openapi_of(server: &str) -> String {
    serde_json::to_string(&every(Routes::described()).document(server)).unwrap_or_default()
}
