//! The SQL of what was mailed about an account that there is: links and codes, of which a person has one for each
//! purpose. A newer one is put in the place of the older.

use crate::db::schema::{account_links, accounts};
use crate::db::{Anonymous, DbError, Level, Statement, Tx};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// Choosing a new password.
pub(super) const RESET_PASSWORD: &str = "reset_password";

/// What is put there.
pub(super) struct NewLink {
    pub(super) id: Uuid,
    pub(super) account: Uuid,
    pub(super) purpose: &'static str,
    pub(super) email: String,
    pub(super) secret_hash: Vec<u8>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

/// A link, and whom its account writes to.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = account_links)]
pub(super) struct AccountLink {
    pub(super) account_id: Uuid,
    pub(super) expires_at: DateTime<Utc>,
    #[diesel(select_expression = accounts::email)]
    pub(super) email: String,
    #[diesel(select_expression = accounts::locale)]
    pub(super) locale: String,
    #[diesel(select_expression = accounts::display_name)]
    pub(super) display_name: Option<String>,
}

/// Puts a link where its account has none or an older one. Of an account that there is not, nothing is put, with
/// the same statement.
pub(super) fn put<L: Level>(link: NewLink) -> Statement<L> {
    Statement::new(
        "INSERT INTO pj.account_links \
         (id, account_id, purpose, email, secret_hash, created_at, expires_at) \
         SELECT $1, a.id, $3, $4, $5, $6, $7 FROM pj.accounts a WHERE a.id = $2 \
         ON CONFLICT (account_id, purpose) WHERE purpose <> 'restore_email' \
         DO UPDATE SET id = excluded.id, email = excluded.email, secret_hash = excluded.secret_hash, \
         tries = 0, created_at = excluded.created_at, expires_at = excluded.expires_at",
    )
    .bind(link.id)
    .bind(link.account)
    .bind(link.purpose.to_owned())
    .bind(link.email)
    .bind(link.secret_hash)
    .bind(link.created_at)
    .bind(link.expires_at)
}

/// The link of this secret, locked.
pub(super) async fn lock(
    tx: &Tx<'_, Anonymous>,
    secret_hash: &[u8],
    purpose: &'static str,
) -> Result<Option<AccountLink>, DbError> {
    let found = account_links::table
        .filter(account_links::secret_hash.eq(secret_hash))
        .filter(account_links::purpose.eq(purpose));
    // Locked by itself: the account is changed without a lock on it being waited for in another order.
    let locked = found.select(account_links::id).for_update();
    if tx.first(Statement::<_, Uuid>::query(locked)).await?.is_none() {
        return Ok(None);
    }
    let whole = found.inner_join(accounts::table).select(AccountLink::as_select());
    tx.first(Statement::query(whole)).await
}

/// Takes away the links of an account for which a task is, but those back to an earlier address.
pub(super) async fn drop_all(tx: &Tx<'_, Anonymous>, account: Uuid) -> Result<(), DbError> {
    let links = account_links::table
        .filter(account_links::account_id.eq(account))
        .filter(account_links::purpose.ne("restore_email"));
    tx.execute(Statement::change(diesel::delete(links))).await.map(|_| ())
}

/// Forgets links that ended before `now`; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &Tx<'_, Anonymous>, now: DateTime<Utc>) -> Result<usize, DbError> {
    let ended = account_links::table.filter(account_links::expires_at.lt(now));
    tx.execute(Statement::change(diesel::delete(ended))).await
}
