//! The signing keys in the database: loaded at start, made when there are none, rotated by age.

use super::keys::{KeyRing, KeyState, RingKey, SigningKey};
use super::random::Random;
use super::secret::MasterSecret;
use crate::db::{Anonymous, Db, DbError, Statement, Tx, row};
use crate::http::{Answered, Problem};
use crate::time::Clock;
use chrono::{DateTime, Utc};

row! {
    /// A stored signing key.
    pub struct KeyRow {
        kid: String,
        state: String,
        sealed_key: Vec<u8>,
        created_at: DateTime<Utc>,
        retired_at: Option<DateTime<Utc>>,
    }
}

/// Where the signing keys are kept, and what seals them.
#[derive(Clone, Copy)]
pub struct KeyStore<'a> {
    /// The database.
    pub db: &'a Db,
    /// What the keys are sealed with.
    pub secret: &'a MasterSecret,
    /// Where new keys come from.
    pub random: &'a dyn Random,
    /// What says how old they are.
    pub clock: &'a Clock,
}

impl std::fmt::Debug for KeyStore<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyStore").finish_non_exhaustive()
    }
}

impl KeyStore<'_> {
    /// Loads the ring, making or rotating keys where due. Servers that share a database take turns.
    ///
    /// # Errors
    /// When the database fails, or its keys were sealed with another secret.
    pub async fn load_or_create(self) -> Answered<KeyRing> {
        self.db
            .anonymous(async |tx| {
                lock(tx).await?;
                let now = self.clock.now();
                let ring = match self.read(tx).await? {
                    Some(ring) if !ring.is_rotation_due(now) => return Ok(ring),
                    Some(ring) => ring.rotated(self.new_key()?, now),
                    None => self.new_ring()?,
                };
                self.save(tx, &ring).await?;
                Ok(ring)
            })
            .await
    }

    /// Replaces the signing key now, and answers the new ring. With `drop_all` no token issued so far is
    /// good any longer.
    ///
    /// # Errors
    /// As [`load_or_create`](Self::load_or_create).
    pub async fn rotate(self, drop_all: bool) -> Answered<KeyRing> {
        self.db
            .anonymous(async |tx| {
                lock(tx).await?;
                let ring = match self.read(tx).await? {
                    Some(ring) if !drop_all => ring.rotated(self.new_key()?, self.clock.now()),
                    _ => self.new_ring()?,
                };
                self.save(tx, &ring).await?;
                Ok(ring)
            })
            .await
    }

    /// A ring with nothing of the past in it.
    pub(crate) fn new_ring(self) -> Answered<KeyRing> {
        Ok(KeyRing::fresh(self.new_key()?, self.new_key()?, self.clock.now()))
    }

    fn new_key(self) -> Answered<SigningKey> {
        SigningKey::generate(self.random).map_err(Problem::internal)
    }

    /// The stored ring, where there is one.
    pub(crate) async fn read(self, tx: &Tx<'_, Anonymous>) -> Answered<Option<KeyRing>> {
        let rows: Vec<KeyRow> = tx
            .load(Statement::new(
                "SELECT kid, state, sealed_key, created_at, retired_at FROM pj.signing_keys",
            ))
            .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let keys: Answered<Vec<RingKey>> = rows
            .into_iter()
            .map(|row| {
                let key =
                    SigningKey::open(self.secret, &row.kid, &row.sealed_key).map_err(|e| {
                        Problem::internal(format!("{e}: was PAIN_JOURNAL_SECRET changed?"))
                    })?;
                let state =
                    KeyState::parse(&row.state).ok_or_else(|| Problem::internal("key state"))?;
                Ok(RingKey { key, state, created_at: row.created_at, retired_at: row.retired_at })
            })
            .collect();
        KeyRing::new(keys?).map(Some).map_err(Problem::internal)
    }

    /// Stores the ring in place of what there was.
    pub(crate) async fn save(self, tx: &Tx<'_, Anonymous>, ring: &KeyRing) -> Answered<()> {
        tx.execute(Statement::new("DELETE FROM pj.signing_keys")).await?;
        for key in ring.keys() {
            let sealed = key.key.seal(self.secret, self.random).map_err(Problem::internal)?;
            insert(tx, key, sealed).await?;
        }
        Ok(())
    }
}

async fn lock(tx: &Tx<'_, Anonymous>) -> Result<(), DbError> {
    tx.execute(Statement::new("LOCK TABLE pj.signing_keys IN EXCLUSIVE MODE")).await.map(|_| ())
}

async fn insert(tx: &Tx<'_, Anonymous>, key: &RingKey, sealed: Vec<u8>) -> Result<(), DbError> {
    let statement = Statement::new(
        "INSERT INTO pj.signing_keys (kid, state, sealed_key, created_at, retired_at) \
         VALUES ($1,$2,$3,$4,$5)",
    )
    .bind(key.key.kid().to_owned())
    .bind(key.state.as_str().to_owned())
    .bind(sealed)
    .bind(key.created_at)
    .bind(key.retired_at);
    tx.execute(statement).await.map(|_| ())
}
