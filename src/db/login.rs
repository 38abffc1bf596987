//! The login that the server serves with: a member of `pj_app`, of nothing else, with settings of its
//! own. Here it is made, and every new connection is held against it.

use super::Anonymous;
use super::connection::Connection;
use super::error::unavailable;
use super::{DbError, Statement};
use tokio_postgres::{Client, Config};

/// The serving login of the private database.
pub const SERVER: &str = "pj_server";

/// What hangs on the login, so that it holds however a connection comes about: in the spelling that
/// Postgres shows.
const SETTINGS: [(&str, &str); 7] = [
    ("search_path", "pj"),
    ("statement_timeout", "5s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "10s"),
    // A server that was killed in the middle of a statement leaves no lock behind either.
    ("client_connection_check_interval", "1s"),
    ("jit", "off"),
    // Every statement of ours is an index look-up whatever its values are: plan it once.
    ("plan_cache_mode", "force_generic_plan"),
];

/// The server makes no temporary objects, so that its login shall not either: they would stand beside the walls.
/// It is a right of everybody in a new database, which its owner takes away, also after a dump was read back.
const NO_TEMPORARY_OBJECTS: &str = "DO $$ BEGIN \
    IF has_database_privilege('public', current_database(), 'TEMPORARY') AND (SELECT pg_has_role(d.datdba, 'USAGE') \
        FROM pg_database d WHERE d.datname = current_database()) THEN \
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); \
    END IF; END $$";

const SUPERUSER: &str = "is a superuser";

/// What a database session is: its login, what that could do beyond `pj_app`, and the settings in force.
const DATABASE_SESSION: &str = "SELECT r.rolname::text, array_remove(ARRAY[ \
        CASE WHEN r.rolsuper THEN 'is a superuser' END, \
        CASE WHEN r.rolbypassrls THEN 'has BYPASSRLS' END, \
        CASE WHEN r.rolcreaterole THEN 'has CREATEROLE' END, \
        CASE WHEN r.rolcreatedb THEN 'has CREATEDB' END, \
        CASE WHEN r.rolreplication THEN 'has REPLICATION' END, \
        CASE WHEN r.rolname = 'pj_app' OR NOT pg_has_role(r.oid, 'pj_app', 'USAGE') \
            THEN 'is no member of pj_app' END], NULL) \
        || ARRAY(SELECT 'is a member of ' || g.rolname FROM pg_roles g WHERE NOT r.rolsuper \
            AND g.oid <> r.oid AND g.rolname <> 'pj_app' AND pg_has_role(r.oid, g.oid, 'MEMBER') \
            ORDER BY 1), \
    ARRAY(SELECT coalesce(current_setting(s, true), '') FROM unnest($1::text[]) WITH ORDINALITY u (s, n) \
        ORDER BY n) \
    FROM pg_roles r WHERE r.rolname = session_user";

/// Does this new connection have the rights of `pj_app` and no more, and the settings in force?
///
/// # Errors
/// [`DbError::Refused`] with what is wrong and how to mend it.
pub(super) async fn check(connection: &Connection) -> Result<(), DbError> {
    let names: Vec<String> = SETTINGS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let statement =
        Statement::<Anonymous, (String, Vec<String>, Vec<String>)>::new(DATABASE_SESSION)
            .bind(names);
    let Some((login, mut powers, settings)) = statement.load(connection).await?.into_iter().next()
    else {
        return Err(DbError::Refused("the database does not tell who has logged in".into()));
    };
    if powers.iter().any(|power| power == SUPERUSER) {
        // The rest follows from it.
        powers.retain(|power| power == SUPERUSER);
    }
    if !powers.is_empty() {
        return Err(DbError::Refused(format!(
            "the login {login} {}: the server must log in as a member of pj_app and of nothing else",
            powers.join(" and ")
        )));
    }
    let wrong = SETTINGS.iter().zip(&settings).find(|((_, value), is)| value != is);
    match wrong {
        None => Ok(()),
        Some(((name, value), is)) => Err(DbError::Refused(format!(
            "{name} is '{is}' for the login {login}, not '{value}'; \
             run: ALTER ROLE \"{login}\" SET {name} = '{value}'"
        ))),
    }
}

/// The login that a database address names, and its password.
///
/// # Errors
/// When the address is none, or names no login.
fn named_in(url: &str) -> Result<(String, Option<String>), DbError> {
    let config: Config = url.parse().map_err(|e| unavailable(&e))?;
    let user = config
        .get_user()
        .ok_or_else(|| DbError::Refused("the address of the database names no login".to_owned()))?;
    let password = config.get_password().map(|p| String::from_utf8_lossy(p).into_owned());
    Ok((user.to_owned(), password))
}

/// Makes the login that `serving` names, or gives it what it lacks, where the login that `admin` names
/// may do so. One that has further rights is left alone: it will be refused when it connects.
///
/// # Errors
/// When the database does not answer or refuses a statement.
pub(super) async fn provide(admin: &Client, serving: &str) -> Result<(), DbError> {
    let (login, password) = named_in(serving)?;
    admin.batch_execute(NO_TEMPORARY_OBJECTS).await.map_err(|e| unavailable(&e))?;
    let state = admin
        .query_one(
            "SELECT session_user = $1 OR NOT (me.rolsuper OR me.rolcreaterole), r.oid IS NOT NULL, \
             coalesce(pg_has_role(r.oid, 'pj_app', 'USAGE'), false), \
             coalesce(r.rolsuper OR pg_has_role(r.oid, 'pj_owner', 'MEMBER'), false), \
             coalesce(r.rolconfig, '{}') \
             FROM pg_roles me LEFT JOIN pg_roles r ON r.rolname = $1 WHERE me.rolname = session_user",
            &[&login],
        )
        .await
        .map_err(|e| unavailable(&e))?;
    let (hands_off, exists, is_member, is_wider): (bool, bool, bool, bool) =
        (state.get(0), state.get(1), state.get(2), state.get(3));
    if hands_off || is_wider {
        return Ok(());
    }
    let config: Vec<String> = state.get(4);
    let mut templates: Vec<(&str, &str, &str)> = Vec::new();
    let password = password.unwrap_or_default();
    if !exists {
        let make = if password.is_empty() {
            "CREATE ROLE %I LOGIN"
        } else {
            "CREATE ROLE %I LOGIN PASSWORD %2$L"
        };
        templates.push((make, &password, ""));
    }
    if !is_member {
        templates.push(("GRANT pj_app TO %I", "", ""));
    }
    for (name, value) in SETTINGS {
        if !config.contains(&format!("{name}={value}")) {
            templates.push(("ALTER ROLE %I SET %2$I TO %3$L", name, value));
        }
    }
    for (template, two, three) in templates {
        let written = admin
            .query_one(
                "SELECT format($1, $2::text, $3::text, $4::text)",
                &[&template, &login, &two, &three],
            )
            .await
            .map_err(|e| unavailable(&e))?;
        let written: String = written.get(0);
        admin.batch_execute(&written).await.map_err(|e| unavailable(&e))?;
    }
    Ok(())
}
