//! Frozen reports of a journal that others hold: its patient sees which they are, reads and withdraws them. The
//! database shows them to nobody else, and only its own function withdraws one.

use crate::access::{Own, Read};
use crate::db::schema::{accounts, report_snapshots, shares, subject};
use crate::db::{Statement, is_before};
use crate::http::{PageRequest, document};
use crate::sections::Section;
use crate::sharing::SharePractitioner;
use crate::time::{serialize_utc, serialize_utc_option};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

/// A frozen report of the own journal that a practitioner holds. Read it under its address, as JSON or as a
/// file.
#[derive(Debug, Serialize, utoipa::ToSchema, Queryable, Selectable)]
#[diesel(table_name = report_snapshots)]
pub struct HeldReport {
    /// Its id.
    id: Uuid,
    /// The share it was made through.
    #[diesel(select_expression = shares::id)]
    share_id: Uuid,
    /// How the patient calls that share.
    #[schema(max_length = 100)]
    #[diesel(select_expression = shares::label)]
    share_label: String,
    /// Who holds it.
    #[diesel(embed)]
    practitioner: SharePractitioner,
    /// Counts those of the same share and days, from 1.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    version: i32,
    /// The first journal day of the report.
    #[diesel(column_name = from_date)]
    from: NaiveDate,
    /// The last journal day of the report.
    #[diesel(column_name = to_date)]
    to: NaiveDate,
    /// When it was frozen.
    #[serde(serialize_with = "serialize_utc")]
    made_at: DateTime<Utc>,
    /// The sections that were open to it.
    #[schema(max_items = 8, value_type = Vec<Section>)]
    sections: Vec<String>,
    /// Version of the rules it was computed by.
    #[schema(max_length = 16, examples("4"))]
    rule_version: String,
    /// When it was withdrawn; null while it is kept.
    #[serde(serialize_with = "serialize_utc_option")]
    withdrawn_at: Option<DateTime<Utc>>,
}
document!(HeldReport);

impl HeldReport {
    /// Its id.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// When it was frozen.
    pub const fn made_at(&self) -> DateTime<Utc> {
        self.made_at
    }
}

/// Those that others hold of the journal of who acts.
#[diesel::dsl::auto_type]
fn held() -> _ {
    report_snapshots::patient_id.eq(subject()).and(report_snapshots::share_id.is_not_null())
}

/// A page of them, newest first; also those that were withdrawn.
pub(crate) fn page(page: PageRequest) -> Statement<Own, HeldReport> {
    let place = (report_snapshots::made_at, report_snapshots::id);
    let found = report_snapshots::table
        .inner_join(shares::table.inner_join(accounts::table))
        .filter(held())
        .filter(is_before(place, page.before()))
        .order((report_snapshots::made_at.desc(), report_snapshots::id.desc()))
        .limit(page.rows());
    Statement::query(found.select(HeldReport::as_select()))
}

/// One of them, also where it was withdrawn.
pub(crate) fn find(id: Uuid) -> Statement<Own, HeldReport> {
    let found = report_snapshots::table
        .inner_join(shares::table.inner_join(accounts::table))
        .filter(held())
        .filter(report_snapshots::id.eq(id));
    Statement::query(found.select(HeldReport::as_select()))
}

/// The report, as it was kept; nothing where it was withdrawn.
pub(crate) fn report(id: Uuid) -> Statement<Read, String> {
    let found = report_snapshots::table
        .filter(held())
        .filter(report_snapshots::id.eq(id))
        .filter(report_snapshots::withdrawn_at.is_null());
    Statement::query(found.select(report_snapshots::report.assume_not_null()))
}

/// Withdraws one; answers whether there is such a report. One that is withdrawn stays as it is.
pub(crate) fn withdraw(id: Uuid, request: Uuid) -> Statement<Own, (bool,)> {
    Statement::new("SELECT sec.withdraw_report($1, $2)").bind(id).bind(request)
}
