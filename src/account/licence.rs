//! A practitioner's licence: what the practitioner says, and whether the operator has checked it.

use crate::access::{Caller, FreshPractitioner, Own, Practitioner, Role, SendsWhole};
use crate::app::App;
use crate::db::schema::accounts;
use crate::db::{DbError, Statement, Task};
use crate::http::{Answered, Found, ProblemKind, Resource, document};
use crate::routes::{Operation, Routes};
use crate::time::serialize_utc_option;
use crate::wire::{Email, Text, wire};
use actix_web::http::Method;
use chrono::{DateTime, Utc};
use diesel::dsl::case_when;
use diesel::prelude::*;
use serde::Serialize;

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let op = Operation::new("getLicence", "account", "Read the own licence");
    routes.serve(Method::GET, "/v1/me/licence", op, get);
    let op = Operation::new(
        "putLicence",
        "account",
        "State the own licence")
    .describe(
        "Patients see it before they confirm a share, and whether the clinic's operator has verified \
            it. Another number or jurisdiction takes the verification away.",
    )
    .takes_resource::<LicenceTerms>()
    .example(serde_json::json!({"number": "AC-20417", "jurisdiction": "Bavaria, Germany"}));
    routes.serve(Method::PUT, "/v1/me/licence", op, put);
}

wire! {
    /// A licence to practise; both null where there is none.
    pub struct LicenceTerms {
        /// The number or sign under which it is registered.
        number: Option<Text<100>>,
        /// The authority or country that gave it.
        jurisdiction: Option<Text<100>>,
    }
}

impl Resource for LicenceTerms {
    type Answer = Licence;
    const MADE: &'static [&'static str] = &["verified_at"];
}

/// A practitioner's licence.
#[derive(Debug, Serialize, utoipa::ToSchema, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Licence {
    /// The number or sign under which it is registered.
    #[schema(max_length = 100)]
    #[diesel(column_name = licence_number)]
    pub number: Option<String>,
    /// The authority or country that gave it.
    #[schema(max_length = 100)]
    #[diesel(column_name = licence_jurisdiction)]
    pub jurisdiction: Option<String>,
    /// When the clinic's operator checked it; null for never.
    #[serde(serialize_with = "serialize_utc_option")]
    #[diesel(column_name = licence_verified_at)]
    pub verified_at: Option<DateTime<Utc>>,
}
document!(Licence);

fn find(caller: &Caller) -> Statement<Own, Licence> {
    Statement::query(accounts::table.find(caller.account()).select(Licence::as_select()))
}

fn change(caller: &Caller, terms: LicenceTerms) -> Statement<Own> {
    let number = terms.number.map(Text::into_string);
    let jurisdiction = terms.jurisdiction.map(Text::into_string);
    let is_the_same = accounts::licence_number
        .is_not_distinct_from(number.clone())
        .and(accounts::licence_jurisdiction.is_not_distinct_from(jurisdiction.clone()));
    Statement::change(diesel::update(accounts::table.find(caller.account())).set((
        accounts::licence_number.eq(number),
        accounts::licence_jurisdiction.eq(jurisdiction),
        accounts::licence_verified_at.eq(case_when(is_the_same, accounts::licence_verified_at)),
    )))
}

async fn get(practitioner: Practitioner) -> Answered<Found<Licence>> {
    practitioner
        .own(async |tx, _| {
            let licence = tx.first(find(practitioner.caller())).await?;
            licence.map(Found).ok_or_else(|| ProblemKind::SignInRevoked.into())
        })
        .await
}

async fn put(
    practitioner: FreshPractitioner,
    SendsWhole(terms): SendsWhole<LicenceTerms>,
) -> Answered<Found<Licence>> {
    let caller = practitioner.caller();
    practitioner
        .own(async |tx, _| {
            tx.execute(change(caller, terms)).await?;
            let licence = tx.first(find(caller)).await?;
            licence.map(Found).ok_or_else(|| ProblemKind::SignInRevoked.into())
        })
        .await
}

/// The operator has looked the licence of this number up. Answers it, or nothing where the account states
/// none or another by now: only what was looked at is verified.
///
/// # Errors
/// When the database fails.
pub async fn verify(app: &App, email: &Email, number: &str) -> Result<Option<Licence>, DbError> {
    let stated = accounts::table
        .filter(accounts::email.eq(email.as_str()))
        .filter(accounts::licence_number.eq(number))
        .filter(accounts::roles.contains(vec![Role::Practitioner.code()]));
    let change = diesel::update(stated)
        .set(accounts::licence_verified_at.eq(app.clock.now()))
        .returning(Licence::as_returning());
    let statement = Statement::query(change);
    let task = Task::of_the_operator(email.as_str());
    app.db.anonymous(task, async |tx| tx.first(statement).await).await
}
