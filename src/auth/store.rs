//! The SQL of accounts, registrations and devices.

use super::refresh_token::Progress;
use crate::access::{Caller, Own};
use crate::db::schema::{accounts, devices, mails, registrations, stored_password};
use crate::db::{Anonymous, DbError, Level, Statement, Tx, row};
use crate::mail::Mail;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// What a sign-in needs of an account.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct SignInAccount {
    /// Its id.
    pub id: Uuid,
    /// The PHC string of its password; none where the task is no sign-in.
    #[diesel(select_expression = stored_password())]
    pub password_hash: Option<String>,
    /// `active` or `suspended`.
    pub status: String,
    /// What it may act as.
    pub roles: Vec<String>,
    /// The language of its owner, BCP 47.
    pub locale: String,
}

/// The account of an address in canonical form.
///
/// # Errors
/// When the database fails.
pub async fn find_account(
    tx: &Tx<'_, Anonymous>,
    email: &str,
) -> Result<Option<SignInAccount>, DbError> {
    let found = accounts::table.filter(accounts::email.eq(email));
    tx.first(Statement::query(found.select(SignInAccount::as_select()))).await
}

/// Is the password of who is about to sign in still the one that was checked? With `rehashed` that is stored instead,
/// in one step: what it replaces is compared, so that a reset in between is not undone.
///
/// # Errors
/// When the database fails.
pub(super) async fn keep_password(
    tx: &Tx<'_, Anonymous>,
    checked: String,
    rehashed: Option<String>,
) -> Result<bool, DbError> {
    let statement = Statement::<Anonymous, (bool,)>::new("SELECT sec.keep_password($1, $2)");
    let kept = tx.first(statement.bind(checked).bind(rehashed)).await?;
    Ok(kept.is_some_and(|(kept,)| kept))
}

/// The stored password of the caller's own account.
pub(super) fn own_password() -> Statement<Own, Option<String>> {
    Statement::query(diesel::select(stored_password()))
}

/// Stores the hash of another password.
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
    let found = accounts::table.filter(accounts::email.eq(email));
    let change = diesel::update(found).set(accounts::status.eq(status));
    Ok(tx.execute(Statement::change(change)).await? == 1)
}

/// A registration waiting for its code, or what becomes of it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = registrations, treat_none_as_default_value = false, treat_none_as_null = true)]
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

/// Puts a registration in the place of the one that its address may have, which is void from then on.
pub(super) async fn put_registration(
    tx: &Tx<'_, Anonymous>,
    registration: Registration,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let put = diesel::insert_into(registrations::table)
        .values((&registration, registrations::created_at.eq(now)))
        .on_conflict(registrations::email)
        .do_update()
        .set((
            registrations::id.eq(registration.id),
            &registration,
            registrations::created_at.eq(now),
        ));
    tx.execute(Statement::change(put)).await.map(|_| ())
}

pub(super) async fn lock_registration(
    tx: &Tx<'_, Anonymous>,
    id: Uuid,
) -> Result<Option<Registration>, DbError> {
    let found = registrations::table.find(id).select(Registration::as_select());
    tx.first(Statement::query(found.for_update())).await
}

/// The registration whose link has this token.
pub(super) async fn lock_registration_of(
    tx: &Tx<'_, Anonymous>,
    token: &[u8],
) -> Result<Option<Registration>, DbError> {
    let found = registrations::table.filter(registrations::token_hash.eq(token));
    tx.first(Statement::query(found.select(Registration::as_select()).for_update())).await
}

pub(super) async fn count_try(tx: &Tx<'_, Anonymous>, id: Uuid) -> Result<(), DbError> {
    let change = diesel::update(registrations::table.find(id))
        .set(registrations::tries.eq(registrations::tries + 1));
    tx.execute(Statement::change(change)).await.map(|_| ())
}

pub(super) async fn drop_registration(tx: &Tx<'_, Anonymous>, id: Uuid) -> Result<(), DbError> {
    tx.execute(Statement::change(diesel::delete(registrations::table.find(id)))).await.map(|_| ())
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
            accounts::email.eq(&r.email),
            accounts::password_hash.eq(&r.password_hash),
            accounts::roles.eq(&r.roles),
            accounts::display_name.eq(&r.display_name),
            accounts::organisation.eq(&r.organisation),
            accounts::locale.eq(&r.locale),
            accounts::time_zone.eq(&r.time_zone),
            accounts::terms_version.eq(&r.terms_version),
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
#[derive(Insertable)]
#[diesel(table_name = devices, treat_none_as_default_value = false)]
pub(super) struct NewDevice {
    pub(super) id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) installation_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) platform: Option<String>,
    pub(super) app_version: Option<String>,
    /// Sealed.
    pub(super) refresh_key: Vec<u8>,
    pub(super) idle_expires_at: DateTime<Utc>,
    pub(super) absolute_expires_at: DateTime<Utc>,
}

/// The id and the counter of the device that an installation of an app has been before, locked.
pub(super) async fn lock_installation(
    tx: &Tx<'_, Anonymous>,
    account: Uuid,
    installation_id: &str,
) -> Result<Option<(Uuid, i64)>, DbError> {
    let found = devices::table
        .filter(devices::account_id.eq(account))
        .filter(devices::installation_id.eq(installation_id))
        .select((devices::id, devices::counter));
    tx.first(Statement::query(found.for_update())).await
}

/// Makes a device; answers whether its installation was not one already.
pub(super) async fn insert_device(
    tx: &Tx<'_, Anonymous>,
    device: &NewDevice,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let insert = diesel::insert_into(devices::table)
        .values((
            device,
            devices::client_id.eq(super::FIRST_PARTY),
            devices::authenticated_at.eq(now),
            devices::created_at.eq(now),
            devices::last_used_at.eq(now),
        ))
        .on_conflict((devices::account_id, devices::installation_id))
        .filter_target(devices::installation_id.is_not_null())
        .do_nothing();
    Ok(tx.execute(Statement::change(insert)).await? == 1)
}

/// Signs a device in anew, also one that was signed out: with `counter` a new chain begins, and every
/// token of the one before is dead.
pub(super) async fn sign_in_again(
    tx: &Tx<'_, Anonymous>,
    device: &NewDevice,
    counter: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let change = diesel::update(devices::table.find(device.id)).set((
        devices::name.eq(&device.name),
        devices::platform.eq(&device.platform),
        devices::app_version.eq(&device.app_version),
        devices::refresh_key.eq(&device.refresh_key),
        devices::counter.eq(counter),
        devices::first_counter.eq(counter),
        devices::presented_at.eq(Vec::<DateTime<Utc>>::new()),
        devices::authenticated_at.eq(now),
        devices::created_at.eq(now),
        devices::last_used_at.eq(now),
        devices::idle_expires_at.eq(device.idle_expires_at),
        devices::absolute_expires_at.eq(device.absolute_expires_at),
        devices::revoked_at.eq(None::<DateTime<Utc>>),
        devices::revoked_reason.eq(None::<&str>),
    ));
    tx.execute(Statement::change(change)).await.map(|_| ())
}

/// Signs out the longest unused devices beyond `keep` of an account.
pub(super) async fn revoke_beyond(
    tx: &Tx<'_, Anonymous>,
    account: Uuid,
    keep: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let used = diesel::alias!(devices as used);
    let beyond = used
        .filter(used.field(devices::account_id).eq(account))
        .filter(used.field(devices::revoked_at).is_null())
        .order((used.field(devices::last_used_at).desc(), used.field(devices::id).desc()))
        .offset(keep)
        .select(used.field(devices::id));
    let change = diesel::update(devices::table.filter(devices::id.eq_any(beyond)))
        .set((devices::revoked_at.eq(now), devices::revoked_reason.eq("too_many_devices")));
    tx.execute(Statement::change(change)).await.map(|_| ())
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
        locale: String,
    }
}

/// The chain of a device. The device is locked, its account is not, which `FOR UPDATE OF` says.
pub(super) async fn lock_chain(
    tx: &Tx<'_, Anonymous>,
    device: Uuid,
) -> Result<Option<Chain>, DbError> {
    tx.first(
        Statement::new(
            "SELECT d.id, d.account_id, d.refresh_key, d.counter, d.presented_at, \
             d.authenticated_at, d.idle_expires_at, d.absolute_expires_at, d.revoked_at, a.status, \
             a.email, a.locale FROM pj.devices d JOIN pj.accounts a ON a.id = d.account_id \
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
    let change = diesel::update(devices::table.find(device)).set((
        devices::counter.eq(to.counter),
        devices::presented_at.eq(to.presented_at),
        devices::idle_expires_at.eq(idle_expires_at),
        devices::last_used_at.eq(now),
    ));
    tx.execute(Statement::change(change)).await.map(|_| ())
}

pub(super) async fn revoke_device(
    tx: &Tx<'_, Anonymous>,
    device: Uuid,
    reason: &'static str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let signed_in = devices::table.find(device).filter(devices::revoked_at.is_null());
    let change = diesel::update(signed_in)
        .set((devices::revoked_at.eq(now), devices::revoked_reason.eq(reason)));
    tx.execute(Statement::change(change)).await.map(|_| ())
}

/// Signs out every device; answers how many were signed in.
pub(super) async fn revoke_all(
    tx: &Tx<'_, Anonymous>,
    reason: &'static str,
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    let change = diesel::update(devices::table.filter(devices::revoked_at.is_null()))
        .set((devices::revoked_at.eq(now), devices::revoked_reason.eq(reason)));
    tx.execute(Statement::change(change)).await
}

/// Signs out every device of an account.
pub(super) async fn revoke_all_of(
    tx: &Tx<'_, Anonymous>,
    account: Uuid,
    reason: &'static str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let signed_in = devices::table
        .filter(devices::account_id.eq(account))
        .filter(devices::revoked_at.is_null());
    let change = diesel::update(signed_in)
        .set((devices::revoked_at.eq(now), devices::revoked_reason.eq(reason)));
    tx.execute(Statement::change(change)).await.map(|_| ())
}

/// Signs out every own device but the one that asks.
pub(super) fn revoke_others(
    caller: &Caller,
    reason: &'static str,
    now: DateTime<Utc>,
) -> Statement<Own> {
    let others = devices::table
        .filter(devices::account_id.eq(caller.account()))
        .filter(devices::id.ne(caller.device()))
        .filter(devices::revoked_at.is_null());
    let reason = devices::revoked_reason.eq(reason);
    Statement::change(diesel::update(others).set((devices::revoked_at.eq(now), reason)))
}

/// Signs out one of the caller's own devices; touches no row of anybody else.
pub(super) fn revoke_own(account: Uuid, device: Uuid, now: DateTime<Utc>) -> Statement<Own> {
    let own = devices::table
        .find(device)
        .filter(devices::account_id.eq(account))
        .filter(devices::revoked_at.is_null());
    let reason = devices::revoked_reason.eq("signed_out");
    Statement::change(diesel::update(own).set((devices::revoked_at.eq(now), reason)))
}

/// Notes that the caller has just proved who they are.
pub(super) fn authenticated(device: Uuid, now: DateTime<Utc>) -> Statement<Own> {
    let own = devices::table.find(device);
    Statement::change(diesel::update(own).set(devices::authenticated_at.eq(now)))
}

/// Puts a mail into the queue, in the transaction of its cause.
pub(super) async fn queue_mail(
    tx: &Tx<'_, Anonymous>,
    id: Uuid,
    mail: Mail,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    tx.execute(queued(id, mail, now)).await.map(|_| ())
}

/// The statement that does it, for whoever acts.
pub(super) fn queued<L: Level>(id: Uuid, mail: Mail, now: DateTime<Utc>) -> Statement<L> {
    let insert = diesel::insert_into(mails::table).values((
        mails::id.eq(id),
        mails::recipient.eq(mail.to),
        mails::subject.eq(mail.subject),
        mails::body.eq(mail.text),
        mails::created_at.eq(now),
        mails::due_at.eq(now),
    ));
    Statement::change(insert)
}
