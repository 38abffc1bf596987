//! A practitioner's licence: what the practitioner says, and whether the operator has checked it.

use crate::access::{Caller, FreshPractitioner, Own, Practitioner, SendsWhole};
use crate::app::App;
use crate::db::{Anonymous, DbError, Statement, row};
use crate::http::{Answered, Found, ProblemKind, Resource, document};
use crate::routes::{Operation, Routes};
use crate::time::serialize_utc_option;
use crate::wire::{Email, Text, wire};
use actix_web::http::Method;
use chrono::{DateTime, Utc};
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

row! {
    /// A practitioner's licence as it is kept.
    pub struct LicenceRow {
        number: Option<String>,
        jurisdiction: Option<String>,
        verified_at: Option<DateTime<Utc>>,
    }
}

/// A practitioner's licence.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Licence {
    /// The number or sign under which it is registered.
    #[schema(max_length = 100)]
    pub number: Option<String>,
    /// The authority or country that gave it.
    #[schema(max_length = 100)]
    pub jurisdiction: Option<String>,
    /// When the clinic's operator checked it; null for never.
    #[serde(serialize_with = "serialize_utc_option")]
    pub verified_at: Option<DateTime<Utc>>,
}
document!(Licence);

fn find(caller: &Caller) -> Statement<Own, LicenceRow> {
    Statement::new(
        "SELECT licence_number, licence_jurisdiction, licence_verified_at FROM pj.accounts \
         WHERE id = $1",
    )
    .bind(caller.account())
}

fn change(caller: &Caller, terms: LicenceTerms) -> Statement<Own> {
    Statement::new(
        "UPDATE pj.accounts SET licence_number = $2, licence_jurisdiction = $3, \
         licence_verified_at = CASE WHEN licence_number IS NOT DISTINCT FROM $2 \
             AND licence_jurisdiction IS NOT DISTINCT FROM $3 THEN licence_verified_at END \
         WHERE id = $1",
    )
    .bind(caller.account())
    .bind(terms.number.map(Text::into_string))
    .bind(terms.jurisdiction.map(Text::into_string))
}

async fn get(practitioner: Practitioner) -> Answered<Found<Licence>> {
    practitioner
        .own(async |tx, _| {
            let row = tx.first(find(practitioner.caller())).await?;
            row.map(|row| Found(row.into())).ok_or_else(|| ProblemKind::SessionRevoked.into())
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
            let row = tx.first(find(caller)).await?;
            row.map(|row| Found(row.into())).ok_or_else(|| ProblemKind::SessionRevoked.into())
        })
        .await
}

impl From<LicenceRow> for Licence {
    fn from(row: LicenceRow) -> Self {
        Self { number: row.number, jurisdiction: row.jurisdiction, verified_at: row.verified_at }
    }
}

/// The operator has looked the licence of this number up. Answers it, or nothing where the account states
/// none or another by now: only what was looked at is verified.
///
/// # Errors
/// When the database fails.
pub async fn verify(app: &App, email: &Email, number: &str) -> Result<Option<Licence>, DbError> {
    let statement: Statement<Anonymous, LicenceRow> = Statement::new(
        "UPDATE pj.accounts SET licence_verified_at = $2 WHERE email = $1 \
         AND licence_number = $3 AND 'practitioner' = ANY (roles) \
         RETURNING licence_number, licence_jurisdiction, licence_verified_at",
    )
    .bind(email.as_str().to_owned())
    .bind(app.clock.now())
    .bind(number.to_owned());
    app.db.anonymous(async |tx| Ok(tx.first(statement).await?.map(Licence::from))).await
}
