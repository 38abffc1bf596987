//! The functions of the database, which live in one file that is applied whole (`migrations/functions.sql`).

use crate::hex::hex;
use aws_lc_rs::digest::{SHA256, digest};

/// Every function, its rights included, as often as one likes.
const FUNCTIONS: &str = include_str!("../../migrations/functions.sql");

/// The expression for the mark of those that a database has, which every login may read.
pub(super) const MARK: &str = "obj_description(to_regnamespace('sec'), 'pg_namespace')";

/// What tells these functions from those of another program: a comment on their schema, so that it goes
/// where they go, into a dump as well.
pub(super) fn mark() -> String {
    format!("functions.sql, SHA-256 {}", hex(digest(&SHA256, FUNCTIONS.as_bytes()).as_ref()))
}

/// The statements that apply them and leave their mark, for the transaction of the migrations.
pub(super) fn application() -> String {
    let mark = mark();
    format!(
        "{FUNCTIONS}\nSET LOCAL ROLE pj_owner;\nCOMMENT ON SCHEMA sec IS '{mark}';\nRESET ROLE;"
    )
}
