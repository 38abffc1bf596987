//! The signing keys in the database: loaded at start, made when there are none, rotated by age.

use super::keys::{KeyRing, KeyState, RingKey, SigningKey};
use super::random::Random;
use super::secret::MasterSecret;
use crate::db::schema::signing_keys;
use crate::db::{Anonymous, Db, DbError, Statement, Task, Tx};
use crate::http::{Answered, Problem};
use crate::time::Clock;
use chrono::{DateTime, Utc};
use diesel::prelude::{Insertable, QueryDsl, Queryable, Selectable, SelectableHelper};

/// What the transactions of this file are for.
const TASK: Task = Task::of_a_job("keep_keys");

/// A stored signing key.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, treat_none_as_default_value = false)]
struct KeyRow {
    kid: String,
    state: String,
    sealed_key: Vec<u8>,
    created_at: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
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
    /// Loads the ring, making or rotating keys where due. Servers that share a database take turns at that; as long
    /// as nothing is due, none waits for another, so that each may look often.
    ///
    /// # Errors
    /// When the database fails, or its keys were sealed with another secret.
    pub async fn load_or_create(self) -> Answered<KeyRing> {
        self.db
            .opening(TASK, async |tx| {
                let now = self.clock.now();
                let stands = |ring: &KeyRing| !ring.is_rotation_due(now);
                if let Some(ring) = self.read(tx).await?.filter(stands) {
                    return Ok(ring);
                }
                lock(tx).await?;
                let ring = match self.read(tx).await? {
                    Some(ring) if stands(&ring) => return Ok(ring),
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
            .anonymous(TASK, async |tx| {
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
        let rows: Vec<KeyRow> =
            tx.load(Statement::query(signing_keys::table.select(KeyRow::as_select()))).await?;
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
        let mut rows = Vec::new();
        for key in ring.keys() {
            rows.push(KeyRow {
                kid: key.key.kid().to_owned(),
                state: key.state.as_str().to_owned(),
                sealed_key: key.key.seal(self.secret, self.random).map_err(Problem::internal)?,
                created_at: key.created_at,
                retired_at: key.retired_at,
            });
        }
        tx.execute(Statement::change(diesel::delete(signing_keys::table))).await?;
        tx.execute(Statement::change(diesel::insert_into(signing_keys::table).values(rows)))
            .await?;
        Ok(())
    }
}

async fn lock(tx: &Tx<'_, Anonymous>) -> Result<(), DbError> {
    tx.execute(Statement::new("LOCK TABLE pj.signing_keys IN EXCLUSIVE MODE")).await.map(|_| ())
}
