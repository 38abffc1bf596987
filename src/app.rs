//! What every request needs, whatever it is about. It knows no feature.

use crate::credentials::KeyStore;
use crate::credentials::access_token::Verifier;
use crate::credentials::codes::CodeKey;
use crate::credentials::keys::KeyRing;
use crate::credentials::known_device::KnownDevices;
use crate::credentials::password::{HashCost, Hasher};
use crate::credentials::random::Random;
use crate::credentials::secret::MasterSecret;
use crate::credentials::throttle::Throttle;
use crate::db::{Db, WriteProbe};
use crate::http::{Answered, CursorKey, Problem, Proxies, ShareTagKey};
use crate::ids::Ids;
use crate::lanes::{BigPushes, Lanes};
use crate::mail::Mailer;
use crate::pokes::Pokes;
use crate::time::Clock;
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
    /// May anybody ask for an account?
    pub registers: bool,
    /// Signs list cursors.
    pub cursors: CursorKey,
    /// Makes the entity tags of what is read through shares.
    pub share_tags: ShareTagKey,
    /// Hashes short codes.
    pub codes: CodeKey,
    /// How often a secret may be tried.
    pub throttle: Throttle,
    /// The secrets of devices that have signed in before.
    pub known_devices: KnownDevices,
    /// The proxies in front of the server.
    pub proxies: Proxies,
    /// How many reports are in the works at once.
    pub lanes: Lanes,
    /// How many big pushes are in the works at once.
    pub big_pushes: BigPushes,
    /// Streams that wait for changes.
    pub pokes: Pokes,
    /// Whether the database takes writes.
    pub writes: WriteProbe,
    keys: RwLock<Arc<Verifier>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// What an application is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Random bytes.
    pub random: Arc<dyn Random>,
    /// The master secret.
    pub secret: MasterSecret,
    /// What a password hash costs.
    pub hash_cost: HashCost,
    /// How mail leaves.
    pub mailer: Mailer,
    /// The address apps and mails use.
    pub public_url: String,
    /// The proxies in front of the server.
    pub proxies: Proxies,
    /// May anybody ask for an account?
    pub registers: bool,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl Parts {
    /// Where the signing keys are kept.
    pub fn key_store(&self) -> KeyStore<'_> {
        KeyStore { db: &self.db, secret: &self.secret, random: &*self.random, clock: &self.clock }
    }
}

impl App {
    /// Puts an application together, with the signing keys that the database has, or new ones.
    ///
    /// # Errors
    /// When the database fails, its keys were sealed with another secret, or the hash cost is out of
    /// range.
    pub async fn open(parts: Parts) -> Answered<Self> {
        let ring = parts.key_store().load_or_create().await?;
        let verifier = Verifier::new(&parts.public_url, Arc::new(ring));
        let hasher = Hasher::new(parts.hash_cost, &*parts.random).map_err(Problem::internal)?;
        Ok(Self {
            ids: Ids::new(parts.clock.clone()),
            cursors: CursorKey::new(&parts.secret.derive("cursors")),
            share_tags: ShareTagKey::new(&parts.secret.derive("tags of shares")),
            codes: CodeKey::new(&parts.secret),
            throttle: Throttle::new(&parts.secret),
            known_devices: KnownDevices::new(&parts.secret),
            proxies: parts.proxies,
            lanes: Lanes::new(parts.db.connections()),
            big_pushes: BigPushes::new(parts.db.connections()),
            pokes: Pokes::default(),
            writes: WriteProbe::default(),
            db: parts.db,
            clock: parts.clock,
            random: parts.random,
            hasher,
            secret: parts.secret,
            mailer: parts.mailer,
            public_url: parts.public_url,
            registers: parts.registers,
            keys: RwLock::new(Arc::new(verifier)),
        })
    }

    /// The same application on another login at the same database.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn with(&self, db: Db) -> Answered<Self> {
        let parts = Parts {
            db,
            clock: self.clock.clone(),
            random: Arc::clone(&self.random),
            secret: self.secret.clone(),
            hash_cost: self.hasher.cost(),
            mailer: self.mailer.clone(),
            public_url: self.public_url.clone(),
            proxies: self.proxies.clone(),
            registers: self.registers,
        };
        Self::open(parts).await
    }

    /// The keys of access tokens.
    pub fn keys(&self) -> Arc<Verifier> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Loads the signing keys again, rotating them where due, so that all copies of the server agree.
    ///
    /// # Errors
    /// When the database fails, or its keys were sealed with another secret.
    pub async fn refresh_keys(&self) -> Answered<()> {
        self.use_keys(self.key_store().load_or_create().await?);
        Ok(())
    }

    /// Replaces the signing key now, and answers the new ring. With `drop_all` no token issued so far is
    /// good any longer. Other copies of the server see it when they next refresh theirs.
    ///
    /// # Errors
    /// As [`refresh_keys`](Self::refresh_keys).
    pub async fn rotate_keys(&self, drop_all: bool) -> Answered<KeyRing> {
        self.key_store().rotate(drop_all).await
    }

    fn key_store(&self) -> KeyStore<'_> {
        KeyStore { db: &self.db, secret: &self.secret, random: &*self.random, clock: &self.clock }
    }

    fn use_keys(&self, ring: KeyRing) {
        let verifier = Arc::new(Verifier::new(&self.public_url, Arc::new(ring)));
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = verifier;
    }
}
