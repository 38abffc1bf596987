//! The signed-in account: what it says of itself, its licence, and who looked at its journal.

mod licence;
mod profile;

pub use licence::{Licence, verify as verify_licence};
pub use profile::Me;

use crate::access::{ListPage, Own, Patient};
use crate::db::schema::{accounts, audit_lines, coalesce, subject};
use crate::db::{Statement, is_before};
use crate::http::{Answered, Found, Page, PageRequest, document};
use crate::routes::{Operation, Routes};
use crate::sections::Section;
use crate::time::serialize_utc;
use actix_web::http::Method;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    profile::routes(routes);
    let op = Operation::new("listAccessLog", "account", "Who looked at the own journal")
        .describe(
            "Newest first: every read through a share, refused tries, what the clinic's operator did, and \
            which frozen reports were withdrawn. Of tries of somebody without the share, the first of each \
            hour. Nothing can be taken out of it.",
        )
        .pages();
    routes.serve(Method::GET, "/v1/me/access-log", op, list_access_log);
    licence::routes(routes);
}

/// A look at the journal, or a refused try.
#[derive(Debug, Serialize, utoipa::ToSchema, Queryable, Selectable)]
#[diesel(table_name = audit_lines)]
pub struct AccessEvent {
    /// When.
    #[serde(serialize_with = "serialize_utc")]
    at: DateTime<Utc>,
    /// Who: the practitioner's name or address, or the patient's own of a report that was withdrawn; null for
    /// the clinic's operator, and for a stranger whom the patient never gave a share.
    #[schema(max_length = 254)]
    #[diesel(select_expression =
        coalesce(accounts::display_name.nullable(), accounts::email.nullable()))]
    practitioner: Option<String>,
    /// Through which share.
    share_id: Option<Uuid>,
    /// What was done: a collection's name, `report`, `report_chart`, `report_withdraw`, `import`, …
    #[schema(max_length = 60, examples("report"))]
    action: String,
    /// The sections that were open to it.
    #[schema(max_items = 8, value_type = Vec<Section>)]
    sections: Vec<String>,
    /// The first journal day it could see; null for no limit.
    from_date: Option<NaiveDate>,
    /// The last journal day it could see; null for no limit.
    to_date: Option<NaiveDate>,
    /// `granted`, or `refused`: then nothing was shown and nothing was changed.
    #[schema(max_length = 20, examples("granted"))]
    outcome: String,
    /// Was it somebody who has no part in this share?
    stranger: bool,
    /// The request, as in its X-Request-Id.
    #[diesel(select_expression = audit_lines::request_id.assume_not_null())]
    request_id: Uuid,
}
document!(AccessEvent);

fn access_log(page: PageRequest) -> Statement<Own, AccessEvent> {
    let request = audit_lines::request_id.assume_not_null();
    let owner = diesel::alias!(accounts as owner);
    let own = owner.filter(owner.field(accounts::id).eq(subject()));
    let pseudonym = own.select(owner.field(accounts::pseudonym)).single_value();
    let events = audit_lines::table
        .left_join(accounts::table.on(accounts::pseudonym.eq(audit_lines::actor)))
        .filter(audit_lines::subject.eq(pseudonym))
        .filter(audit_lines::kind.eq("journal"))
        .filter(is_before((audit_lines::at, request), page.before()))
        .order((audit_lines::at.desc(), audit_lines::request_id.desc()))
        .limit(page.rows());
    Statement::query(events.select(AccessEvent::as_select()))
}

async fn list_access_log(
    patient: Patient,
    ListPage { page: asked, list }: ListPage,
) -> Answered<Found<Page<AccessEvent>>> {
    patient
        .own(async |tx, _| {
            let rows = tx.load(access_log(asked)).await?;
            let page = Page::of(rows, asked.limit, |last| {
                patient.app().cursors.seal(&list, (last.at.timestamp_micros(), last.request_id))
            });
            Ok(Found(page))
        })
        .await
}
