//! Journals: records of any collection, how they are read, and the one way they are written.

mod authorship;
mod batch;
pub mod http;
mod marks;
mod notice;
mod record;
mod sql;
mod stored;
mod write;

pub(crate) use authorship::may_delete;
pub use authorship::{Part, Writers};
pub(crate) use batch::{Batch, Edited, Revisions};
pub use http::record_one;
pub use marks::RowMarks;
pub use notice::SafetyNotice;
pub use record::{
    Context, Dated, FieldInfo, MARK, Record, Rules, first_line, holds_something, is_true,
};
pub(crate) use record::{collection, fields_of, is_blank, part_of, section_of};
pub use sql::{FIRST_DAY, LAST_DAY, REMEMBER, RESERVE, Texts, find, page, window};
pub(crate) use sql::{HistoryOp, find_all};
pub(crate) use stored::Held;
pub use stored::{Stored, clinician, safety_notice};
pub use write::{Intent, Outcome, apply_changes};
