//! The signed-in account: what it is, and who looked at its journal.

mod licence;

pub use licence::{Licence, verify as verify_licence};

use crate::access::{Account, ListPage, Own, Patient, Role};
use crate::db::{Statement, row};
use crate::http::{Answered, Found, Page, ProblemKind, document};
use crate::routes::{Operation, Routes};
use crate::sections::Section;
use crate::time::{far_future, serialize_utc, serialize_utc_option};
use actix_web::http::Method;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    let op = Operation::new("getMe", "account", "Read the own account");
    routes.serve(Method::GET, "/v1/me", op, get_me);

    let op = Operation::new("listAccessLog", "account", "Who looked at the own journal")
        .describe(
            "Newest first: every read through a share, refused tries, and what the clinic's \
            operator did. Nothing can be taken out of it.",
        )
        .pages();
    routes.serve(Method::GET, "/v1/me/access-log", op, list_access_log);
    licence::routes(routes);
}

row! {
    /// The caller's own account.
    pub struct MeRow {
        email: String,
        display_name: Option<String>,
        organisation: Option<String>,
        roles: Vec<String>,
        locale: String,
        time_zone: String,
        created_at: DateTime<Utc>,
        enrolled_on: Option<NaiveDate>,
        day_start_minute: Option<i16>,
        authenticated_at: Option<DateTime<Utc>>,
    }
}

fn me(account: Uuid, device: Uuid) -> Statement<Own, MeRow> {
    Statement::new(
        "SELECT a.email, a.display_name, a.organisation, a.roles, a.locale, a.time_zone, a.created_at, \
         p.enrolled_on, p.day_start_minute, d.authenticated_at FROM pj.accounts a \
         LEFT JOIN pj.patients p ON p.patient_id = a.id \
         LEFT JOIN pj.devices d ON d.id = $2 WHERE a.id = $1",
    )
    .bind(account)
    .bind(device)
}

/// The signed-in account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Me {
    /// The account's id.
    id: Uuid,
    /// The e-mail address.
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// How others see the account.
    #[schema(max_length = 100)]
    display_name: Option<String>,
    /// The clinic.
    #[schema(max_length = 200)]
    organisation: Option<String>,
    /// `patient`, `practitioner`, or both.
    #[schema(max_items = 2, value_type = Vec<Role>)]
    roles: Vec<String>,
    /// The language.
    #[schema(max_length = 35)]
    locale: String,
    /// The home time zone.
    #[schema(max_length = 64)]
    time_zone: String,
    /// Since when the account exists.
    #[serde(serialize_with = "serialize_utc")]
    created_at: DateTime<Utc>,
    /// The first day of the journal, for patients.
    journal_since: Option<NaiveDate>,
    /// Start of the journal day in minutes after midnight, for patients.
    #[schema(minimum = 0, maximum = 719)]
    day_start_minute: Option<i16>,
    /// When this device last proved its owner's password.
    #[serde(serialize_with = "serialize_utc_option")]
    authenticated_at: Option<DateTime<Utc>>,
}

async fn get_me(account: Account) -> Answered<Found<Me>> {
    let caller = account.caller();
    let row = account
        .own(async |tx, _| {
            let row = tx.first(me(caller.account(), caller.device())).await?;
            row.ok_or_else(|| ProblemKind::SessionRevoked.into())
        })
        .await?;
    Ok(Found(Me {
        id: caller.account(),
        email: row.email,
        display_name: row.display_name,
        organisation: row.organisation,
        roles: row.roles,
        locale: row.locale,
        time_zone: row.time_zone,
        created_at: row.created_at,
        journal_since: row.enrolled_on,
        day_start_minute: row.day_start_minute,
        authenticated_at: row.authenticated_at,
    }))
}

/// A look at the journal, or a refused try.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AccessEvent {
    /// When.
    #[serde(serialize_with = "serialize_utc")]
    at: DateTime<Utc>,
    /// Who: the practitioner's name or address; null for the clinic's operator.
    #[schema(max_length = 254)]
    practitioner: Option<String>,
    /// Through which share.
    share_id: Option<Uuid>,
    /// What was done: a collection's name, `report`, `report_chart`, `import`, …
    #[schema(max_length = 60, examples("report"))]
    action: String,
    /// The sections that were open to it.
    #[schema(max_items = 8, value_type = Vec<Section>)]
    sections: Vec<String>,
    /// The first journal day it could see; null for no limit.
    from_date: Option<NaiveDate>,
    /// The last journal day it could see; null for no limit.
    to_date: Option<NaiveDate>,
    /// `granted` or `refused`.
    #[schema(max_length = 20, examples("granted"))]
    outcome: String,
    /// The request, as in its X-Request-Id.
    request_id: Uuid,
}
document!(Me, AccessEvent);

row! {
    /// A line of the access log.
    pub struct AccessRow {
        at: DateTime<Utc>,
        practitioner: Option<String>,
        share_id: Option<Uuid>,
        action: String,
        sections: Vec<String>,
        from_date: Option<NaiveDate>,
        to_date: Option<NaiveDate>,
        outcome: String,
        request_id: Uuid,
    }
}

fn access_log(before: (DateTime<Utc>, Uuid), limit: usize) -> Statement<Own, AccessRow> {
    Statement::new(
        "SELECT e.at, coalesce(a.display_name, a.email), e.share_id, e.action, e.sections, \
         e.from_date, e.to_date, e.outcome, e.request_id FROM pj.access_events e \
         LEFT JOIN pj.accounts a ON a.id = e.actor_id \
         WHERE e.patient_id = sec.subject() AND (e.at, e.request_id) < ($1, $2) \
         ORDER BY e.at DESC, e.request_id DESC LIMIT $3",
    )
    .bind(before.0)
    .bind(before.1)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
}

async fn list_access_log(
    patient: Patient,
    ListPage { page: asked, list }: ListPage,
) -> Answered<Found<Page<AccessEvent>>> {
    patient
        .own(async |tx, _| {
            let before =
                asked.after.and_then(|(at, id)| Some((DateTime::from_timestamp_micros(at)?, id)));
            let before = before.unwrap_or((far_future(), Uuid::max()));
            let rows = tx.load(access_log(before, asked.limit + 1)).await?;
            let page = Page::of(rows, asked.limit, |last| {
                patient.app().cursors.seal(&list, (last.at.timestamp_micros(), last.request_id))
            });
            Ok(Found(page.map(|row| AccessEvent {
                at: row.at,
                practitioner: row.practitioner,
                share_id: row.share_id,
                action: row.action,
                sections: row.sections,
                from_date: row.from_date,
                to_date: row.to_date,
                outcome: row.outcome,
                request_id: row.request_id,
            })))
        })
        .await
}
