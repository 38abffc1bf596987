//! Another master secret: what hangs on the old one is sealed anew in one transaction, and what
//! cannot be sealed anew (keyed hashes of codes) is void from then on.

use super::refresh_token::RefreshKey;
use super::store;
use crate::app::Parts;
use crate::credentials::KeyStore;
use crate::credentials::secret::MasterSecret;
use crate::db::schema::{devices, registrations};
use crate::db::{Anonymous, DbError, Statement, Task, Tx};
use crate::http::{Answered, Problem};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::time::Duration;
use uuid::Uuid;

/// Devices that are read and written at a time.
const AT_ONCE: i64 = 500;

/// How often, and how far apart, it is looked whether other database sessions are gone.
const LOOKS: u32 = 20;
const PACE: Duration = Duration::from_millis(100);

/// What a change of the master secret did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretChange {
    /// Devices whose keys were sealed anew, or that were signed out.
    pub devices: usize,
    /// Codes in verification mails that are good no longer; their links are.
    pub codes: usize,
    /// Invitations that are shown as expired.
    pub invitations: i64,
}

/// A device, and its key as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = devices)]
struct SealedDevice {
    id: Uuid,
    refresh_key: Vec<u8>,
}

/// Seals everything with `new` instead of the secret of `parts`. All of it or nothing: when one value
/// does not open, nothing is changed. Everybody stays signed in.
///
/// # Errors
/// When a server still uses the database, the secret of `parts` is not the one in use, or the database
/// fails.
pub async fn change_secret(parts: &Parts, new: &MasterSecret) -> Answered<SecretChange> {
    parts
        .db
        .anonymous(Task::of_the_operator(""), async |tx| {
            be_alone(tx).await?;
            lock(tx).await?;
            if let Some(keys) = parts.key_store().read(tx).await? {
                KeyStore { secret: new, ..parts.key_store() }.save(tx, &keys).await?;
            }
            let devices = each_device(tx, |device| {
                RefreshKey::open(&parts.secret, device.id, &device.refresh_key)
                    .and_then(|key| key.seal(new, device.id, &*parts.random))
                    .map_err(Problem::internal)
            })
            .await?;
            tx.replace_gate(parts.db.gate(), &new.gate()).await?;
            void(parts, tx, devices).await
        })
        .await
}

/// Starts over with the secret of `parts` when the one before is lost, or in other hands: new signing
/// keys, and every device is signed out. Nothing of a journal hangs on the secret. The owner of the schema has let the database
/// forget the key of the one before.
///
/// # Errors
/// When a server still uses the database, has put its key there again, or the database fails.
pub async fn replace_secret(parts: &Parts) -> Answered<SecretChange> {
    parts
        .db
        .opening(Task::of_the_operator(""), async |tx| {
            be_alone(tx).await?;
            lock(tx).await?;
            let store = parts.key_store();
            store.save(tx, &store.new_ring()?).await?;
            // A key that nobody has: a refresh token of before is then not genuine, and no fault.
            each_device(tx, |device| {
                RefreshKey::generate(&*parts.random)
                    .seal(&parts.secret, device.id, &*parts.random)
                    .map_err(Problem::internal)
            })
            .await?;
            let devices = store::revoke_all(tx, "secret_replaced", parts.clock.now()).await?;
            void(parts, tx, devices).await
        })
        .await
}

/// A server that runs on keeps the old secret in its memory, and would seal with it. It, or another command of the
/// operator, is a login that is a member of `pj_app` and not of `pj_owner`.
async fn be_alone(tx: &Tx<'_, Anonymous>) -> Answered<()> {
    let others = "SELECT count(*) FROM pg_stat_activity \
                  WHERE datid = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                  AND usesysid IN (SELECT oid FROM pg_roles WHERE NOT rolsuper AND pg_has_role(oid, 'pj_app', 'MEMBER') \
                      AND NOT pg_has_role(oid, 'pj_owner', 'MEMBER')) \
                  AND pid <> pg_backend_pid()";
    for _ in 0..LOOKS {
        // What a transaction has seen of this once, it would go on to see.
        tx.load(Statement::<Anonymous, ()>::new("SELECT pg_stat_clear_snapshot()")).await?;
        let found = tx.first(Statement::<Anonymous, (i64,)>::new(others)).await?;
        if found.is_some_and(|(others,)| others == 0) {
            return Ok(());
        }
        // A database session that has just ended may still be listed.
        tokio::time::sleep(PACE).await;
    }
    Err(Problem::internal(
        "a server still uses this database with the old secret: stop every copy of it first",
    ))
}

async fn lock(tx: &Tx<'_, Anonymous>) -> Result<(), DbError> {
    for statement in [
        "LOCK TABLE pj.signing_keys IN EXCLUSIVE MODE",
        "LOCK TABLE pj.devices IN EXCLUSIVE MODE",
        "LOCK TABLE pj.registrations IN EXCLUSIVE MODE",
    ] {
        tx.execute(Statement::new(statement)).await?;
    }
    Ok(())
}

/// Stores a new key for every device, signed out or not; answers how many there are.
async fn each_device(
    tx: &Tx<'_, Anonymous>,
    seal: impl Fn(&SealedDevice) -> Answered<Vec<u8>>,
) -> Answered<usize> {
    let mut last = Uuid::nil();
    let mut count = 0;
    loop {
        let page = devices::table.filter(devices::id.gt(last)).order(devices::id).limit(AT_ONCE);
        let page = tx.load(Statement::query(page.select(SealedDevice::as_select()))).await?;
        let Some(end) = page.last() else { return Ok(count) };
        last = end.id;
        count += page.len();
        let keys: Vec<Vec<u8>> = page.iter().map(&seal).collect::<Answered<_>>()?;
        let store = Statement::new(
            "UPDATE pj.devices d SET refresh_key = sealed.key \
             FROM unnest($1::uuid[], $2::bytea[]) AS sealed (id, key) WHERE d.id = sealed.id",
        );
        let store = store.bind_many(page.iter().map(|device| Some(&device.id)));
        tx.execute(store.bind_many(keys.iter().map(Some))).await?;
    }
}

/// Ends what stands in the database as a keyed hash only.
async fn void(parts: &Parts, tx: &Tx<'_, Anonymous>, devices: usize) -> Answered<SecretChange> {
    let now: DateTime<Utc> = parts.clock.now();
    let codes = registrations::table.filter(registrations::code_expires_at.gt(now));
    let codes = diesel::update(codes).set(registrations::code_expires_at.eq(now));
    let codes = tx.execute(Statement::change(codes)).await?;
    let invitations = Statement::<Anonymous, (i64,)>::new("SELECT sec.void_invitations($1)");
    let invitations = tx.first(invitations.bind(now)).await?.map_or(0, |(count,)| count);
    Ok(SecretChange { devices, codes, invitations })
}
