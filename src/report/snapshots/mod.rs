//! Frozen reports: what was said on a day stays as it was, can be read again byte for byte, and
//! names what it was made of. A later entry makes a new version, never another content.
//!
//! ```text
//! POST ─▶ freeze ─┬▶ up to 731 days: read, compute, keep ─▶ 201, or 200 where nothing had changed
//!                 └▶ longer ─▶ 202 ─▶ job ─▶ the same ─▶ a snapshot
//! ```

pub(crate) mod freeze;
pub(crate) mod held;
pub(crate) mod job;
pub(crate) mod model;
pub(crate) mod store;
pub(crate) mod told;

pub use held::HeldReport;
pub use job::forget;
pub use model::{ReportJobStatus, ReportSnapshot};
pub use told::SharedReportSnapshot;

use chrono::NaiveDate;

/// Days a frozen report may cover: ten years.
pub(crate) const MOST_DAYS: i64 = 3653;
/// What the access log calls freezing.
pub(crate) const FREEZE: &str = "report_freeze";

/// Days from the first to the last, both counted.
fn days_of((from, to): (NaiveDate, NaiveDate)) -> i64 {
    (to - from).num_days() + 1
}
