//! What a frozen report and the making of a long one are on the wire and in the table.

use crate::db::schema::report_jobs;
use crate::hex::hex;
use crate::http::document;
use crate::sections::Section;
use crate::time::{serialize_utc, serialize_utc_option};
use crate::wire::{vocabulary, wire};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

wire! {
    /// The days to freeze: both or neither; neither means the 90 days up to today.
    pub struct SnapshotTerms {
        /// The first journal day.
        from: Option<NaiveDate>,
        /// The last journal day.
        to: Option<NaiveDate>,
    }
}

/// A frozen report: what was said on a day, never changed. Read it under its address, as JSON or as
/// a file.
#[derive(Debug, Serialize, utoipa::ToSchema, Queryable)]
pub struct ReportSnapshot {
    /// Its id.
    id: Uuid,
    /// Counts the snapshots of the same reader and days, from 1: one more whenever the journal, the
    /// rules or the day had changed.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    version: i32,
    /// The next version of the same days that was not withdrawn; null for the newest.
    superseded_by: Option<Uuid>,
    /// The first journal day of the report.
    from: NaiveDate,
    /// The last journal day of the report.
    to: NaiveDate,
    /// When it was frozen.
    #[serde(serialize_with = "serialize_utc")]
    made_at: DateTime<Utc>,
    /// The sections that were open to it.
    #[schema(max_items = 8, value_type = Vec<Section>)]
    sections: Vec<String>,
    /// Version of the rules it was computed by.
    #[schema(max_length = 16, examples("3"))]
    rule_version: String,
    /// SHA-256 of what it was computed from and of the version of the rules, as hexadecimal digits:
    /// the same hash says that nothing of it had changed.
    /// Null once it was withdrawn.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    inputs_hash: Option<String>,
    /// When the patient withdrew what a practitioner had frozen; it can no longer be read. Null while it is kept,
    /// and for the patient's own.
    #[serde(serialize_with = "serialize_utc_option")]
    withdrawn_at: Option<DateTime<Utc>>,
}

impl ReportSnapshot {
    /// Its id.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The first and the last journal day.
    pub const fn days(&self) -> (NaiveDate, NaiveDate) {
        (self.from, self.to)
    }

    /// When it was frozen.
    pub const fn made_at(&self) -> DateTime<Utc> {
        self.made_at
    }

    /// Its version among those of the same days.
    pub const fn version(&self) -> i32 {
        self.version
    }

    /// When the patient withdrew it.
    pub const fn withdrawn_at(&self) -> Option<DateTime<Utc>> {
        self.withdrawn_at
    }

    /// Was it made of an input with this hash, and is it still kept?
    pub(super) fn is_of(&self, inputs_hash: &[u8]) -> bool {
        self.inputs_hash.as_ref().is_some_and(|kept| *kept == hex(inputs_hash))
    }

    /// The ETag. Of the report itself only which one is the next can change; `beside` stands for what else is told
    /// with it.
    pub fn etag(&self, beside: &str) -> String {
        let next = self.superseded_by.map(|next| next.simple().to_string()).unwrap_or_default();
        format!("W/\"{}.{next}{beside}\"", self.id.simple())
    }
}

vocabulary! {
    /// How the making of a long report stands.
    pub enum ReportJobStatus {
        /// Other long reports come first.
        Queued = "queued",
        /// It is being read and computed.
        Running = "running",
        /// The snapshot can be read.
        Ready = "ready",
        /// It came to nothing; `problem` says why.
        Failed = "failed",
    }
}

impl ReportJobStatus {
    /// Is there still work to be done?
    pub const fn is_at_work(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

impl TryFrom<String> for ReportJobStatus {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::from_code(&code).ok_or("unknown code")
    }
}

/// A job as it is kept.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = report_jobs)]
pub(super) struct JobRow {
    pub(super) id: Uuid,
    pub(super) share_id: Option<Uuid>,
    pub(super) from_date: NaiveDate,
    pub(super) to_date: NaiveDate,
    #[diesel(deserialize_as = String)]
    pub(super) state: ReportJobStatus,
    days_read: i32,
    snapshot_id: Option<Uuid>,
    problem: Option<String>,
    asked_at: DateTime<Utc>,
    pub(super) beat_at: DateTime<Utc>,
}

/// The making of a long report. It is forgotten after seven days; the snapshot stays.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportJob {
    /// Its id.
    id: Uuid,
    /// How it stands.
    #[schema(value_type = ReportJobStatus)]
    status: ReportJobStatus,
    /// The share through which the journal is read; null for the own one.
    share_id: Option<Uuid>,
    /// The first journal day of the report.
    from: NaiveDate,
    /// The last journal day of the report.
    to: NaiveDate,
    /// Journal days to read.
    #[schema(minimum = 1, maximum = 4000)]
    days: i64,
    /// Journal days read so far; they may be all read while the report is still computed.
    #[schema(minimum = 0, maximum = 4000)]
    days_read: i32,
    /// The frozen report, once it is ready.
    snapshot_id: Option<Uuid>,
    /// Code of the problem it failed with.
    #[schema(max_length = 40, examples("not_found"))]
    problem: Option<String>,
    /// When it was asked for.
    #[serde(serialize_with = "serialize_utc")]
    asked_at: DateTime<Utc>,
}
document!(ReportSnapshot, ReportJob);

impl ReportJob {
    /// Its id.
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

impl From<JobRow> for ReportJob {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            status: row.state,
            share_id: row.share_id,
            from: row.from_date,
            to: row.to_date,
            days: super::days_of((row.from_date, row.to_date)),
            days_read: row.days_read,
            snapshot_id: row.snapshot_id,
            problem: row.problem,
            asked_at: row.asked_at,
        }
    }
}
