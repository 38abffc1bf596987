//! The SQL of accounts, registrations and devices.

use super::refresh_token::Progress;
use crate::access::Own;
use crate::db::schema::{accounts, mails, registrations};
use crate::db::{Anonymous, DbError, Statement, Tx, row};
use crate::mail::Mail;
use chrono::{DateTime, Utc};
use diesel::prelude::{
    ExpressionMethods, Insertable, QueryDsl, Queryable, Selectable, SelectableHelper,
};
use uuid::Uuid;

/// What a sign-in needs of an account.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct SignInAccount {
    /// Its id.
    pub id: Uuid,
    /// The PHC string of its password.
    pub password_hash: String,
    /// `active` or `suspended`.
    pub status: String,
    /// What it may act as.
    pub roles: Vec<String>,
}

/// The account of an address in canonical form.
///
/// # Errors
/// When the database fails.
pub async fn find_account(
    tx: &Tx<'_, Anonymous>,
    email: &str,
) -> Result<Option<SignInAccount>, DbError> {
    let found = accounts::table.filter(accounts::email.eq(email.to_owned()));
    tx.first(Statement::query(found.select(SignInAccount::as_select()))).await
}

/// The stored password of the caller's own account.
pub(super) fn own_password(account: Uuid) -> Statement<Own, (String,)> {
    Statement::query(accounts::table.find(account).select((accounts::password_hash,)))
}

/// Stores a new hash of the same password.
///
/// # Errors
/// When the database fails.
pub(super) async fn set_password(
    tx: &Tx<'_, Anonymous>,
    account: Uuid,
    phc: String,
) -> Result<(), DbError> {
    let change = diesel::update(accounts::table.find(account)).set(accounts::password_hash.eq(phc));
    tx.execute(Statement::change(change)).await.map(|_| ())
}

/// Suspends or reactivates an account; answers whether there is one.
///
/// # Errors
/// When the database fails.
pub async fn set_status(
    tx: &Tx<'_, Anonymous>,
    email: &str,
    status: &'static str,
) -> Result<bool, DbError> {
    let found = accounts::table.filter(accounts::email.eq(email.to_owned()));
    let change = diesel::update(found).set(accounts::status.eq(status));
    Ok(tx.execute(Statement::change(change)).await? == 1)
}

/// A registration waiting for its code, or what becomes of it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = registrations)]
pub(super) struct Registration {
    pub(super) id: Uuid,
    pub(super) email: String,
    pub(super) password_hash: String,
    pub(super) roles: Vec<String>,
    pub(super) display_name: Option<String>,
    pub(super) organisation: Option<String>,
    pub(super) locale: String,
    pub(super) time_zone: String,
    pub(super) terms_version: String,
    pub(super) code_hash: Vec<u8>,
    pub(super) token_hash: Vec<u8>,
    pub(super) tries: i16,
    pub(super) code_expires_at: DateTime<Utc>,
    pub(super) token_expires_at: DateTime<Utc>,
}

pub(super) async fn insert_registration(
    tx: &Tx<'_, Anonymous>,
    registration: Registration,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let insert = diesel::insert_into(registrations::table)
        .values((registration, registrations::created_at.eq(now)));
    tx.execute(Statement::change(insert)).await.map(|_| ())
}

pub(super) async fn lock_registration(
    tx: &Tx<'_, Anonymous>,
    id: Uuid,
) -> Result<Option<Registration>, DbError> {
    let found = registrations::table.find(id).select(Registration::as_select());
    tx.first(Statement::query(found.for_update())).await
}

pub(super) async fn count_try(tx: &Tx<'_, Anonymous>, id: Uuid) -> Result<(), DbError> {
    let change = diesel::update(registrations::table.find(id))
        .set(registrations::tries.eq(registrations::tries + 1));
    tx.execute(Statement::change(change)).await.map(|_| ())
}

pub(super) async fn drop_registrations_of(
    tx: &Tx<'_, Anonymous>,
    email: &str,
) -> Result<(), DbError> {
    // One that is being proved right now is left alone: its holder waits for this account, so to wait
    // for him would be a deadlock. He will find the address taken.
    let statement = Statement::new(
        "DELETE FROM pj.registrations WHERE id IN \
         (SELECT id FROM pj.registrations WHERE email = $1 FOR UPDATE SKIP LOCKED)",
    );
    tx.execute(statement.bind(email.to_owned())).await.map(|_| ())
}

/// Forgets registrations made before `before`; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn forget_old_registrations(
    tx: &Tx<'_, Anonymous>,
    before: DateTime<Utc>,
) -> Result<usize, DbError> {
    let old = registrations::table.filter(registrations::created_at.lt(before));
    tx.execute(Statement::change(diesel::delete(old))).await
}

/// Makes an account of a registration's data; answers whether the address was still free.
pub(super) async fn insert_account(
    tx: &Tx<'_, Anonymous>,
    id: Uuid,
    r: &Registration,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let insert = diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(id),
            accounts::email.eq(r.email.clone()),
            accounts::password_hash.eq(r.password_hash.clone()),
            accounts::roles.eq(r.roles.clone()),
            accounts::display_name.eq(r.display_name.clone()),
            accounts::organisation.eq(r.organisation.clone()),
            accounts::locale.eq(r.locale.clone()),
            accounts::time_zone.eq(r.time_zone.clone()),
            accounts::terms_version.eq(r.terms_version.clone()),
            accounts::created_at.eq(now),
        ))
        .on_conflict(accounts::email)
        .do_nothing();
    Ok(tx.execute(Statement::change(insert)).await? == 1)
}

pub(super) async fn open_journal(
    tx: &Tx<'_, Anonymous>,
    account: Uuid,
    enrolled_on: chrono::NaiveDate,
) -> Result<(), DbError> {
    let statement = Statement::<Anonymous, ()>::new("SELECT sec.open_journal($1, $2)");
    tx.load(statement.bind(account).bind(enrolled_on)).await.map(|_| ())
}

/// A device about to be signed in.
pub(super) struct NewDevice {
    pub(super) id: Uuid,
    pub(super) account: Uuid,
    pub(super) installation_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) platform: Option<String>,
    pub(super) app_version: Option<String>,
    pub(super) sealed_key: Vec<u8>,
    pub(super) idle_expires_at: DateTime<Utc>,
    pub(super) absolute_expires_at: DateTime<Utc>,
}

row! {
    /// A device that an installation of an app has been before.
    pub struct Installed { id: Uuid, counter: i64 }
}

/// The device of an installation, locked.
pub(super) async fn lock_installation(
    tx: &Tx<'_, Anonymous>,
    account: Uuid,
    installation_id: &str,
) -> Result<Option<Installed>, DbError> {
    let statement = Statement::new(
        "SELECT id, counter FROM pj.devices WHERE account_id = $1 AND installation_id = $2 FOR UPDATE",
    );
    tx.first(statement.bind(account).bind(installation_id.to_owned())).await
}

/// Makes a device; answers whether its installation was not one already.
pub(super) async fn insert_device(
    tx: &Tx<'_, Anonymous>,
    d: &NewDevice,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let statement = Statement::new(
        "INSERT INTO pj.devices (id, account_id, client_id, installation_id, name, platform, \
         app_version, refresh_key, authenticated_at, created_at, last_used_at, idle_expires_at, \
         absolute_expires_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$9,$9,$10,$11) \
         ON CONFLICT (account_id, installation_id) WHERE installation_id IS NOT NULL DO NOTHING",
    )
    .bind(d.id)
    .bind(d.account)
    .bind(super::FIRST_PARTY.to_owned())
    .bind(d.installation_id.clone())
    .bind(d.name.clone())
    .bind(d.platform.clone())
    .bind(d.app_version.clone())
    .bind(d.sealed_key.clone())
    .bind(now)
    .bind(d.idle_expires_at)
    .bind(d.absolute_expires_at);
    Ok(tx.execute(statement).await? == 1)
}

/// Signs a device in anew, also one that was signed out: with `counter` a new chain begins, and every
/// token of the one before is dead.
pub(super) async fn sign_in_again(
    tx: &Tx<'_, Anonymous>,
    d: &NewDevice,
    counter: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let statement = Statement::new(
        "UPDATE pj.devices SET name = $2, platform = $3, app_version = $4, refresh_key = $5, \
         counter = $6, first_counter = $6, presented_at = '{}', authenticated_at = $7, \
         created_at = $7, last_used_at = $7, idle_expires_at = $8, absolute_expires_at = $9, \
         revoked_at = NULL, revoked_reason = NULL WHERE id = $1",
    )
    .bind(d.id)
    .bind(d.name.clone())
    .bind(d.platform.clone())
    .bind(d.app_version.clone())
    .bind(d.sealed_key.clone())
    .bind(counter)
    .bind(now)
    .bind(d.idle_expires_at)
    .bind(d.absolute_expires_at);
    tx.execute(statement).await.map(|_| ())
}

/// Signs out the longest unused devices beyond `keep` of an account.
pub(super) async fn revoke_beyond(
    tx: &Tx<'_, Anonymous>,
    account: Uuid,
    keep: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let statement = Statement::new(
        "UPDATE pj.devices SET revoked_at = $3, revoked_reason = 'too_many_devices' WHERE id IN ( \
         SELECT id FROM pj.devices WHERE account_id = $1 AND revoked_at IS NULL \
         ORDER BY last_used_at DESC, id DESC OFFSET $2)",
    );
    tx.execute(statement.bind(account).bind(keep).bind(now)).await.map(|_| ())
}

row! {
    /// A device with its refresh chain, locked.
    pub struct Chain {
        id: Uuid,
        account_id: Uuid,
        refresh_key: Vec<u8>,
        counter: i64,
        presented_at: Vec<DateTime<Utc>>,
        authenticated_at: DateTime<Utc>,
        idle_expires_at: DateTime<Utc>,
        absolute_expires_at: DateTime<Utc>,
        revoked_at: Option<DateTime<Utc>>,
        status: String,
        email: String,
    }
}

pub(super) async fn lock_chain(
    tx: &Tx<'_, Anonymous>,
    device: Uuid,
) -> Result<Option<Chain>, DbError> {
    tx.first(
        Statement::new(
            "SELECT d.id, d.account_id, d.refresh_key, d.counter, d.presented_at, \
             d.authenticated_at, d.idle_expires_at, d.absolute_expires_at, d.revoked_at, a.status, \
             a.email FROM pj.devices d JOIN pj.accounts a ON a.id = d.account_id \
             WHERE d.id = $1 FOR UPDATE OF d",
        )
        .bind(device),
    )
    .await
}

/// Moves a chain on.
pub(super) async fn advance_chain(
    tx: &Tx<'_, Anonymous>,
    device: Uuid,
    to: Progress,
    idle_expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let statement = Statement::new(
        "UPDATE pj.devices SET counter = $2, presented_at = $3, idle_expires_at = $4, \
         last_used_at = $5 WHERE id = $1",
    );
    let statement = statement.bind(device).bind(to.counter).bind(to.presented_at);
    tx.execute(statement.bind(idle_expires_at).bind(now)).await.map(|_| ())
}

pub(super) async fn revoke_device(
    tx: &Tx<'_, Anonymous>,
    device: Uuid,
    reason: &'static str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let statement = Statement::new(
        "UPDATE pj.devices SET revoked_at = $2, revoked_reason = $3 \
         WHERE id = $1 AND revoked_at IS NULL",
    );
    tx.execute(statement.bind(device).bind(now).bind(reason.to_owned())).await.map(|_| ())
}

/// Signs out one of the caller's own devices; touches no row of anybody else.
pub(super) fn revoke_own(account: Uuid, device: Uuid, now: DateTime<Utc>) -> Statement<Own> {
    Statement::new(
        "UPDATE pj.devices SET revoked_at = $3, revoked_reason = 'signed_out' \
         WHERE account_id = $1 AND id = $2 AND revoked_at IS NULL",
    )
    .bind(account)
    .bind(device)
    .bind(now)
}

/// Notes that the caller has just proved who they are.
pub(super) fn authenticated(device: Uuid, now: DateTime<Utc>) -> Statement<Own> {
    Statement::new("UPDATE pj.devices SET authenticated_at = $2 WHERE id = $1")
        .bind(device)
        .bind(now)
}

row! {
    /// One of the caller's devices.
    pub struct DeviceRow {
        id: Uuid,
        name: Option<String>,
        platform: Option<String>,
        app_version: Option<String>,
        created_at: DateTime<Utc>,
        last_used_at: DateTime<Utc>,
    }
}

pub(super) fn own_devices(account: Uuid, now: DateTime<Utc>) -> Statement<Own, DeviceRow> {
    Statement::new(
        "SELECT id, name, platform, app_version, created_at, last_used_at FROM pj.devices \
         WHERE account_id = $1 AND revoked_at IS NULL AND idle_expires_at > $2 \
         AND absolute_expires_at > $2 ORDER BY last_used_at DESC, id DESC",
    )
    .bind(account)
    .bind(now)
}

/// Puts a mail into the queue, in the transaction of its cause.
pub(super) async fn queue_mail(
    tx: &Tx<'_, Anonymous>,
    id: Uuid,
    mail: Mail,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let insert = diesel::insert_into(mails::table).values((
        mails::id.eq(id),
        mails::recipient.eq(mail.to),
        mails::subject.eq(mail.subject),
        mails::body.eq(mail.text),
        mails::created_at.eq(now),
        mails::due_at.eq(now),
    ));
    tx.execute(Statement::change(insert)).await.map(|_| ())
}
