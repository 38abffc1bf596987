//! The signing keys in the database: loaded at start, made when there are none, rotated by age.

use super::access_token::Verifier;
use super::keys::{KeyRing, KeyState, RingKey, SigningKey};
use super::random::Random;
use super::secret::MasterSecret;
use crate::app::App;
use crate::db::{DbError, Statement, Tx, row};
use crate::http::{Answered, Problem};
use chrono::{DateTime, Utc};
use std::sync::Arc;

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

/// Loads the ring, making or rotating keys where due. Servers that share a database take turns.
///
/// # Errors
/// When the database fails, or its keys were sealed with another secret.
pub async fn load_or_create(app: &App) -> Answered<()> {
    let ring = app
        .db
        .anonymous(async |tx| {
            tx.execute(Statement::new("LOCK TABLE pj.signing_keys IN EXCLUSIVE MODE")).await?;
            let now = app.clock.now();
            match read(app, tx).await? {
                Some(ring) if !ring.is_rotation_due(now) => Ok(ring),
                Some(ring) => store(app, tx, ring.rotated(fresh(app)?, now)).await,
                None => store(app, tx, begin(app)?).await,
            }
        })
        .await?;
    app.use_keys(Verifier::new(&app.public_url, Arc::new(ring)));
    Ok(())
}

/// Replaces the signing key now, and answers the new ring. With `drop_all` no token issued so far is
/// good any longer.
///
/// # Errors
/// As [`load_or_create`].
pub async fn rotate(app: &App, drop_all: bool) -> Answered<KeyRing> {
    app.db
        .anonymous(async |tx| {
            tx.execute(Statement::new("LOCK TABLE pj.signing_keys IN EXCLUSIVE MODE")).await?;
            let now = app.clock.now();
            let ring = match read(app, tx).await? {
                Some(ring) if !drop_all => ring.rotated(fresh(app)?, now),
                _ => begin(app)?,
            };
            store(app, tx, ring).await
        })
        .await
}

/// A ring with nothing of the past in it.
pub(super) fn begin(app: &App) -> Answered<KeyRing> {
    Ok(KeyRing::fresh(fresh(app)?, fresh(app)?, app.clock.now()))
}

fn fresh(app: &App) -> Answered<SigningKey> {
    SigningKey::generate(&*app.random).map_err(Problem::internal)
}

pub(super) async fn read(app: &App, tx: &Tx<'_>) -> Answered<Option<KeyRing>> {
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
            let key = SigningKey::open(&app.secret, &row.kid, &row.sealed_key)
                .map_err(|e| Problem::internal(format!("{e}: was PAIN_JOURNAL_SECRET changed?")))?;
            let state =
                KeyState::parse(&row.state).ok_or_else(|| Problem::internal("key state"))?;
            Ok(RingKey { key, state, created_at: row.created_at, retired_at: row.retired_at })
        })
        .collect();
    KeyRing::new(keys?).map(Some).map_err(Problem::internal)
}

async fn store(app: &App, tx: &Tx<'_>, ring: KeyRing) -> Answered<KeyRing> {
    save(tx, &app.secret, &*app.random, &ring).await?;
    Ok(ring)
}

/// Stores the ring in place of what there was, sealed with `secret`.
pub(super) async fn save(
    tx: &Tx<'_>,
    secret: &MasterSecret,
    random: &dyn Random,
    ring: &KeyRing,
) -> Answered<()> {
    tx.execute(Statement::new("DELETE FROM pj.signing_keys")).await?;
    for key in ring.keys() {
        let sealed = key.key.seal(secret, random).map_err(Problem::internal)?;
        insert(tx, key, sealed).await?;
    }
    Ok(())
}

async fn insert(tx: &Tx<'_>, key: &RingKey, sealed: Vec<u8>) -> Result<(), DbError> {
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
