//! The sealer's way to Postgres: a connection of its own, with a login that reads the lines of the audit and adds
//! seals, and does nothing else.

use super::connection::Connection;
use super::error::unavailable;
use super::{DbError, Level, SNAPSHOT, Statement, Tx, login};
use tokio_postgres::Client;

/// The role of the sealer, and its login at the private database.
pub const SEALER: &str = "pj_sealer";

/// What a login could do beyond `pj_sealer`; nothing where that is all.
const POWERS: &str = "SELECT concat_ws(' and ', \
        CASE WHEN r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication \
            THEN 'has rights over the whole server' END, \
        CASE WHEN NOT pg_has_role(r.oid, 'pj_sealer', 'USAGE') THEN 'is no member of pj_sealer' END, \
        (SELECT 'is a member of ' || string_agg(g.rolname, ', ' ORDER BY g.rolname) FROM pg_roles g \
            WHERE NOT r.rolsuper AND g.oid <> r.oid AND g.rolname <> 'pj_sealer' AND pg_has_role(r.oid, g.oid, 'MEMBER'))) \
    FROM pg_roles r WHERE r.rolname = session_user";

/// What the sealer does: nothing of the server's runs in such a transaction, and nothing of its in another.
#[derive(Debug, Clone, Copy)]
pub struct Sealing;
impl Level for Sealing {
    type Key = ();
}

/// The database as the sealer sees it.
pub struct SealerDb(Connection);

impl std::fmt::Debug for SealerDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealerDb")
    }
}

impl SealerDb {
    /// Connects. The connection lives in the runtime that this is called in.
    ///
    /// # Errors
    /// When the database does not answer, or [`DbError::Refused`] where the login may do more than seal.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        super::check_url(url).map_err(DbError::Unavailable)?;
        let connection = Connection::open(url).await?;
        let powers = Statement::<Sealing, (String,)>::new(POWERS).load(&connection).await?;
        match powers.first() {
            Some((powers,)) if powers.is_empty() => Ok(Self(connection)),
            Some((powers,)) => Err(DbError::Refused(format!(
                "the login that seals {powers}: it must be a member of pj_sealer and of nothing else"
            ))),
            None => Err(DbError::Refused("the database does not tell who has logged in".into())),
        }
    }

    /// A transaction that sees one state. It commits when `work` answers with `Ok`.
    ///
    /// # Errors
    /// When the database fails, and whatever `work` answers.
    pub async fn transact<T>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_, Sealing>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.0.simple(SNAPSHOT).await?;
        let done = work(&Tx::on(&self.0)).await;
        let ended = self.0.simple(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
        let done = done?;
        ended.map(|()| done)
    }
}

/// Lets the login that `sealing` names log in and seal, as far as the login of `admin` may see to it.
///
/// # Errors
/// When the database does not answer or refuses a statement.
pub(super) async fn provide(admin: &Client, sealing: &str) -> Result<(), DbError> {
    let (login, password) = login::named_in(sealing)?;
    let state = "SELECT me.rolsuper OR me.rolcreaterole, coalesce(r.rolcanlogin, false), r.oid IS NOT NULL, \
                 coalesce(pg_has_role(r.oid, 'pj_sealer', 'USAGE'), false), \
                 format(CASE WHEN $2 = '' THEN '%I LOGIN' ELSE '%I LOGIN PASSWORD %L' END, $1::text, $2::text), \
                 format('GRANT pj_sealer TO %I', $1::text) \
                 FROM pg_roles me LEFT JOIN pg_roles r ON r.rolname = $1 WHERE me.rolname = session_user";
    let password = password.unwrap_or_default();
    let state = admin.query_one(state, &[&login, &password]).await.map_err(|e| unavailable(&e))?;
    let (may, logs_in, exists, seals): (bool, bool, bool, bool) =
        (state.get(0), state.get(1), state.get(2), state.get(3));
    let (role, grant): (String, String) = (state.get(4), state.get(5));
    if !may {
        return Ok(());
    }
    let mut statements = Vec::new();
    if !logs_in {
        statements.push(format!("{} ROLE {role}", if exists { "ALTER" } else { "CREATE" }));
    }
    if !seals {
        statements.push(grant);
    }
    admin.batch_execute(&statements.join("; ")).await.map_err(|e| unavailable(&e))
}
