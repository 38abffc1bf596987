//! The statements about shares. Row-level security shows each side only its own.

use super::model::{ReadShare, ShareRow, ShareTerms};
use crate::access::Own;
use crate::db::Statement;
use crate::db::schema::{accounts, actor, shares};
use crate::wire::Text;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use uuid::Uuid;

/// Shares a list holds at most.
const MOST: i64 = 200;

/// Shares as either side reads them.
#[diesel::dsl::auto_type]
fn read() -> _ {
    let columns: AsSelect<ReadShare, Pg> = ReadShare::as_select();
    shares::table.left_join(accounts::table).select(columns)
}

/// Those that the caller gave.
#[diesel::dsl::auto_type]
fn given() -> _ {
    shares::patient_id.eq(actor())
}

/// Those through which the caller reads others' journals.
#[diesel::dsl::auto_type]
fn received() -> _ {
    shares::practitioner_id.eq(actor().nullable())
}

/// The caller's shares, on either side: those that are active, those that may become it, and those that have
/// ended, so that none of these hides an earlier one; of each the newest first.
pub(super) fn list(now: DateTime<Utc>) -> Statement<Own, ReadShare> {
    let runs = shares::state.ne("ended").and(shares::expires_at.gt(now));
    let active = shares::state.eq("active").and(shares::expires_at.gt(now));
    let order = (active.desc(), runs.desc(), shares::created_at.desc(), shares::id.desc());
    Statement::query(read().filter(given().or(received())).order(order).limit(MOST))
}

/// The shares through which the caller reads others' journals, those that are active: the newest first.
pub(super) fn list_as_practitioner(now: DateTime<Utc>) -> Statement<Own, ReadShare> {
    let newest = (shares::created_at.desc(), shares::id.desc());
    let active = shares::state.eq("active").and(shares::expires_at.gt(now));
    Statement::query(read().filter(received()).filter(active).order(newest).limit(MOST))
}

/// One share of the caller, on either side.
pub(super) fn find(id: Uuid) -> Statement<Own, ReadShare> {
    Statement::query(read().filter(shares::id.eq(id)).filter(given().or(received())))
}

/// One share the caller gave, locked.
pub(super) fn lock_given(id: Uuid) -> Statement<Own, ShareRow> {
    let found = shares::table.find(id).filter(given()).select(ShareRow::as_select());
    Statement::query(found.for_update())
}

/// Terms as they are kept.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = shares, treat_none_as_default_value = false, treat_none_as_null = true)]
struct KeptTerms {
    label: String,
    sections: Vec<String>,
    from_date: Option<NaiveDate>,
    to_date: Option<NaiveDate>,
    expires_at: DateTime<Utc>,
    may_record: bool,
    show_name: bool,
    show_year_of_birth: bool,
}

/// What a share shows of its patient where its terms say nothing: the name, then the year of birth.
pub(super) type Shown = (bool, bool);

impl KeptTerms {
    fn of(terms: ShareTerms, unless_said: Shown) -> Self {
        Self {
            sections: terms.section_codes(),
            may_record: terms.may_record(),
            show_name: terms.show_name.unwrap_or(unless_said.0),
            show_year_of_birth: terms.show_year_of_birth.unwrap_or(unless_said.1),
            label: Text::into_string(terms.label),
            from_date: terms.from_date,
            to_date: terms.to_date,
            expires_at: terms.expires_at.get(),
        }
    }
}

/// A new invitation. It shows name and year unless its terms say otherwise.
pub(super) fn insert(
    id: Uuid,
    terms: ShareTerms,
    code_hash: Vec<u8>,
    code_expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Statement<Own> {
    Statement::change(diesel::insert_into(shares::table).values((
        shares::id.eq(id),
        shares::patient_id.eq(actor()),
        shares::state.eq("invited"),
        KeptTerms::of(terms, (true, true)),
        shares::code_hash.eq(code_hash),
        shares::code_expires_at.eq(code_expires_at),
        shares::created_at.eq(now),
    )))
}

/// New terms; where they say nothing of it, the share shows the same as before.
pub(super) fn change(id: Uuid, terms: ShareTerms, shown: Shown) -> Statement<Own> {
    let change = (KeptTerms::of(terms, shown), shares::version.eq(shares::version + 1));
    Statement::change(diesel::update(shares::table.find(id).filter(given())).set(change))
}

/// The patient knows the practitioner: the share opens.
pub(super) fn confirm(id: Uuid, now: DateTime<Utc>) -> Statement<Own> {
    let redeemed = shares::table.find(id).filter(given()).filter(shares::state.eq("redeemed"));
    Statement::change(diesel::update(redeemed).set((
        shares::state.eq("active"),
        shares::confirmed_at.eq(now),
        shares::version.eq(shares::version + 1),
    )))
}

/// The patient ends a share.
pub(super) fn end(id: Uuid, now: DateTime<Utc>) -> Statement<Own> {
    let open = shares::table.find(id).filter(given()).filter(shares::state.ne("ended"));
    Statement::change(diesel::update(open).set((
        shares::state.eq("ended"),
        shares::ended_at.eq(now),
        shares::ended_by.eq("patient"),
        shares::code_hash.eq(None::<Vec<u8>>),
        shares::version.eq(shares::version + 1),
    )))
}

/// The practitioner leaves; answers whether it was his and still open.
pub(super) fn leave(id: Uuid, now: DateTime<Utc>) -> Statement<Own, (bool,)> {
    Statement::new("SELECT sec.leave_share($1, $2)").bind(id).bind(now)
}

/// The practitioner redeems a code; answers the share, or nothing for every failure alike.
pub(super) fn redeem(code_hash: Vec<u8>, now: DateTime<Utc>) -> Statement<Own, (Option<Uuid>,)> {
    Statement::new("SELECT sec.redeem_share($1, $2)").bind(code_hash).bind(now)
}

/// What the practitioner calls the journal; answers whether the share is his and open.
pub(super) fn keep_reference(
    id: Uuid,
    reference: Option<String>,
    now: DateTime<Utc>,
) -> Statement<Own, (bool,)> {
    Statement::new("SELECT sec.keep_reference($1, $2, $3)").bind(id).bind(reference).bind(now)
}
