//! The two logins of the program. The server serves with a member of `pj_app` and of nothing else; the operator at
//! the command line has one that is a member of `pj_operator`, too. Both have settings of their own. Here they are
//! made, and every new connection is held against what its login is for.

use super::Anonymous;
use super::connection::Connection;
use super::error::unavailable;
use super::{DbError, Statement};
use tokio_postgres::{Client, Config};

/// The serving login of the private database.
pub const SERVER: &str = "pj_server";

/// The operator's login of the private database.
pub const OPERATOR: &str = "pj_operate";

/// What a login is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// To serve.
    Serve,
    /// What the operator does at the command line: the tasks and functions that are for `pj_operator`.
    Operate,
}

impl Duty {
    /// The roles that its login is a member of, each for itself.
    const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Serve => &["pj_app"],
            Self::Operate => &["pj_app", "pj_operator"],
        }
    }

    /// Who that is, and what it must be, for a sentence.
    const fn demand(self) -> &'static str {
        match self {
            Self::Serve => "the server must log in as a member of pj_app and of nothing else",
            Self::Operate => {
                "the operator must log in as a member of pj_app and pj_operator and of nothing else"
            }
        }
    }
}

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

/// The program makes no temporary objects, so that its logins shall not either: they would stand beside the walls.
/// It is a right of everybody in a new database, which its owner takes away, also after a dump was read back.
const NO_TEMPORARY_OBJECTS: &str = "DO $$ BEGIN \
    IF has_database_privilege('public', current_database(), 'TEMPORARY') AND (SELECT pg_has_role(d.datdba, 'USAGE') \
        FROM pg_database d WHERE d.datname = current_database()) THEN \
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); \
    END IF; END $$";

/// Nor does it make large objects, which no policy covers. Everybody may, until a superuser takes it away in that
/// database. Dumps must not carry it: who reads them back need not be one.
const NO_LARGE_OBJECTS: &str = "DO $$ BEGIN \
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) AND EXISTS ( \
        SELECT FROM unnest('{lo_creat(integer),lo_create(oid),\"lo_from_bytea(oid,bytea)\"}'::text[]) f \
        WHERE has_function_privilege('public', 'pg_catalog.' || f, 'EXECUTE')) THEN \
        REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), \
            pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC; \
    END IF; END $$";

const SUPERUSER: &str = "is a superuser";

/// What a database session is: its login, what that is beyond a member of the roles of $2 or lacks of these, and
/// the settings in force.
const DATABASE_SESSION: &str = "SELECT r.rolname::text, array_remove(ARRAY[ \
        CASE WHEN r.rolsuper THEN 'is a superuser' END, \
        CASE WHEN r.rolbypassrls THEN 'has BYPASSRLS' END, \
        CASE WHEN r.rolcreaterole THEN 'has CREATEROLE' END, \
        CASE WHEN r.rolcreatedb THEN 'has CREATEDB' END, \
        CASE WHEN r.rolreplication THEN 'has REPLICATION' END], NULL) \
        || ARRAY(SELECT 'is no member of ' || g FROM unnest($2::text[]) WITH ORDINALITY u (g, n) \
            WHERE r.rolname = g OR NOT coalesce(pg_has_role(r.oid, (SELECT x.oid FROM pg_roles x \
                WHERE x.rolname = g), 'USAGE'), false) ORDER BY n) \
        || ARRAY(SELECT 'is a member of ' || g.rolname FROM pg_roles g WHERE NOT r.rolsuper \
            AND g.oid <> r.oid AND g.rolname <> ALL ($2) AND pg_has_role(r.oid, g.oid, 'MEMBER') \
            ORDER BY 1), \
    ARRAY(SELECT coalesce(current_setting(s, true), '') FROM unnest($1::text[]) WITH ORDINALITY u (s, n) \
        ORDER BY n) \
    FROM pg_roles r WHERE r.rolname = session_user";

/// Does this new connection have the rights that its duty takes and no more, and the settings in force?
///
/// # Errors
/// [`DbError::Refused`] with what is wrong and how to mend it.
pub(super) async fn check(connection: &Connection, duty: Duty) -> Result<(), DbError> {
    let names: Vec<String> = SETTINGS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let statement =
        Statement::<Anonymous, (String, Vec<String>, Vec<String>)>::new(DATABASE_SESSION)
            .bind(names)
            .bind(duty.roles().iter().map(|role| (*role).to_owned()).collect::<Vec<String>>());
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
            "the login {login} {}: {}",
            powers.join(" and "),
            duty.demand()
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
pub(super) fn named_in(url: &str) -> Result<(String, Option<String>), DbError> {
    let config: Config = url.parse().map_err(|e| unavailable(&e))?;
    let user = config
        .get_user()
        .ok_or_else(|| DbError::Refused("the address of the database names no login".to_owned()))?;
    let password = config.get_password().map(|p| String::from_utf8_lossy(p).into_owned());
    Ok((user.to_owned(), password))
}

/// Takes the making of temporary and of large objects away from every login, as far as that of `admin` may.
///
/// # Errors
/// When the database does not answer or refuses a statement.
pub(super) async fn wall(admin: &Client) -> Result<(), DbError> {
    for wall in [NO_TEMPORARY_OBJECTS, NO_LARGE_OBJECTS] {
        admin.batch_execute(wall).await.map_err(|e| unavailable(&e))?;
    }
    Ok(())
}

/// Makes the login that `url` names, or gives it what it lacks for its duty, where the login of `admin` may do so.
/// One that has further rights is left alone: it will be refused when it connects.
///
/// # Errors
/// When the database does not answer or refuses a statement.
pub(super) async fn provide(admin: &Client, url: &str, duty: Duty) -> Result<(), DbError> {
    let (login, password) = named_in(url)?;
    let state = admin
        .query_one(
            "SELECT session_user = $1 OR NOT (me.rolsuper OR me.rolcreaterole), r.oid IS NOT NULL, \
             ARRAY(SELECT g FROM unnest($2::text[]) g WHERE coalesce(pg_has_role(r.oid, g, 'USAGE'), false)), \
             coalesce(r.rolsuper OR pg_has_role(r.oid, 'pj_owner', 'MEMBER'), false), \
             coalesce(r.rolconfig, '{}') \
             FROM pg_roles me LEFT JOIN pg_roles r ON r.rolname = $1 WHERE me.rolname = session_user",
            &[&login, &duty.roles()],
        )
        .await
        .map_err(|e| unavailable(&e))?;
    let (hands_off, exists, member_of, is_wider): (bool, bool, Vec<String>, bool) =
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
    for role in duty.roles() {
        if !member_of.iter().any(|member_of| member_of == role) {
            templates.push(("GRANT %2$I TO %1$I", role, ""));
        }
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
