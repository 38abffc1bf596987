//! Journals: records of any collection, how they are read, and the one way they are written.

mod author;
mod authorship;
mod batch;
mod collection;
mod definition;
mod flat;
mod history;
pub mod http;
mod intent;
mod marks;
mod notice;
mod pauses;
mod record;
mod seen;
mod sql;
mod stored;
mod texts;
mod today;
mod write;

pub use batch::{Edited, Revisions};
pub use collection::{Collection, Loading, Of};
pub use definition::{CollectionDefinition, FieldInfo, Part, Writers};
pub use flat::{ChangedRecord, StoredRecord};
pub use history::{HistoryOp, HistoryRow};
pub use http::record_one;
pub use intent::{Intent, WriteOutcome};
pub use marks::RowMarks;
pub use notice::SafetyNotice;
pub use pauses::{Declared, JournalPause, PauseReason, Pauses, check_pauses, declared};
pub use record::{
    Context, Dated, Fields, JOURNAL_DATE, MARK, Record, Rules, field, first_line, holds_something,
    is_true,
};
pub(crate) use record::{collection, is_blank, part_of, section_of};
pub use sql::{FIRST_DAY, LAST_DAY, REMEMBER, RESERVE, find, page, window};
pub use stored::{Stored, clinician, safety_notice};
pub use texts::Texts;
pub use today::{NewestDay, newest_day, today};
pub use write::{CollectionWriter, write_all};
