//! The SQL of shares. Row-level security shows each side only its own.

use super::model::{ShareRow, ShareTerms};
use crate::access::Own;
use crate::db::Statement;
use chrono::{DateTime, Utc};
use uuid::Uuid;

const COLUMNS: &str = "SELECT s.id, s.state, s.label, s.sections, s.from_date, s.to_date, s.may_record, s.expires_at, \
    s.code_expires_at, s.version, s.created_at, s.redeemed_at, s.confirmed_at, s.ended_at, \
    s.patient_id = sec.actor(), s.practitioner_id, a.display_name, a.organisation, a.email, \
    a.licence_number, a.licence_jurisdiction, a.licence_verified_at \
    FROM pj.shares s LEFT JOIN pj.accounts a ON a.id = s.practitioner_id ";

/// Shares a list holds at most, the newest first.
const MOST: &str = "200";

macro_rules! text {
    ($($part:expr),+) => {{
        static TEXT: std::sync::LazyLock<String> =
            std::sync::LazyLock::new(|| [$($part),+].concat());
        TEXT.as_str()
    }};
}

/// The caller's shares, on either side.
pub(super) fn list() -> Statement<Own, ShareRow> {
    Statement::new(text!(
        COLUMNS,
        "WHERE s.patient_id = sec.actor() OR s.practitioner_id = sec.actor() \
        ORDER BY s.created_at DESC, s.id DESC LIMIT ",
        MOST
    ))
}

/// The shares through which the caller reads others' journals.
pub(super) fn list_as_practitioner() -> Statement<Own, ShareRow> {
    Statement::new(text!(
        COLUMNS,
        "WHERE s.practitioner_id = sec.actor() \
        ORDER BY s.created_at DESC, s.id DESC LIMIT ",
        MOST
    ))
}

/// One share of the caller, on either side.
pub(super) fn find(id: Uuid) -> Statement<Own, ShareRow> {
    Statement::new(text!(
        COLUMNS,
        "WHERE s.id = $1 AND (s.patient_id = sec.actor() OR s.practitioner_id = sec.actor())"
    ))
    .bind(id)
}

/// One share the caller gave, locked.
pub(super) fn lock_given(id: Uuid) -> Statement<Own, ShareRow> {
    Statement::new(text!(COLUMNS, "WHERE s.id = $1 AND s.patient_id = sec.actor() FOR UPDATE OF s"))
        .bind(id)
}

/// A new invitation.
pub(super) fn insert(
    id: Uuid,
    terms: ShareTerms,
    code_hash: Vec<u8>,
    code_expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Statement<Own> {
    let (sections, may_record) = (terms.section_codes(), terms.may_record());
    Statement::new(
        "INSERT INTO pj.shares (id, patient_id, state, label, sections, from_date, to_date, expires_at, \
         code_hash, code_expires_at, created_at, may_record) \
         VALUES ($1, sec.actor(), 'invited', $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(terms.label.into_string())
    .bind(sections)
    .bind(terms.from_date)
    .bind(terms.to_date)
    .bind(terms.expires_at)
    .bind(code_hash)
    .bind(code_expires_at)
    .bind(now)
    .bind(may_record)
}

/// New terms.
pub(super) fn change(id: Uuid, terms: ShareTerms) -> Statement<Own> {
    let (sections, may_record) = (terms.section_codes(), terms.may_record());
    Statement::new(
        "UPDATE pj.shares SET label = $2, sections = $3, from_date = $4, to_date = $5, \
         expires_at = $6, may_record = $7, version = version + 1 WHERE id = $1 AND patient_id = sec.actor()",
    )
    .bind(id)
    .bind(terms.label.into_string())
    .bind(sections)
    .bind(terms.from_date)
    .bind(terms.to_date)
    .bind(terms.expires_at)
    .bind(may_record)
}

/// The patient knows the practitioner: the share opens.
pub(super) fn confirm(id: Uuid, now: DateTime<Utc>) -> Statement<Own> {
    Statement::new(
        "UPDATE pj.shares SET state = 'active', confirmed_at = $2, version = version + 1 \
         WHERE id = $1 AND patient_id = sec.actor() AND state = 'redeemed'",
    )
    .bind(id)
    .bind(now)
}

/// The patient ends a share.
pub(super) fn end(id: Uuid, now: DateTime<Utc>) -> Statement<Own> {
    Statement::new(
        "UPDATE pj.shares SET state = 'ended', ended_at = $2, ended_by = 'patient', code_hash = NULL, \
         version = version + 1 WHERE id = $1 AND patient_id = sec.actor() AND state <> 'ended'",
    )
    .bind(id)
    .bind(now)
}

/// The practitioner leaves; answers whether it was his and still open.
pub(super) fn leave(id: Uuid, now: DateTime<Utc>) -> Statement<Own, (bool,)> {
    Statement::new("SELECT sec.leave_share($1, $2)").bind(id).bind(now)
}

/// The practitioner redeems a code; answers the share, or nothing for every failure alike.
pub(super) fn redeem(code_hash: Vec<u8>, now: DateTime<Utc>) -> Statement<Own, (Option<Uuid>,)> {
    Statement::new("SELECT sec.redeem_share($1, $2)").bind(code_hash).bind(now)
}
