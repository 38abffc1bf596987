//! HTTP as every operation uses it: problems, bodies, typed answers, preconditions.

pub(crate) mod body;
mod confirmed;
mod entity_tag;
mod file;
mod job_reply;
mod language;
mod network;
mod page;
pub mod precondition;
mod problem;
mod reply;
mod request_id;
mod resource;
mod share_tag;

pub use body::{BODY_LIMIT, LONGEST_BODY_TIME, PUSH_LIMIT, Query, path_id};
pub(crate) use body::{collect, read_form, read_json};
pub use confirmed::Confirmed;
pub(crate) use file::{File, attachment};
pub use file::{FileContent, FileKind};
pub use job_reply::{MadeOrStarted, Polled, Verbatim};
pub(crate) use language::language_of;
pub use network::{Network, Proxies, has_tls};
pub use page::{CursorKey, MOST_ITEMS, Page, PageRequest, Place, list_name};
pub use problem::{Answered, Problem, ProblemBody, ProblemKind, Wait};
pub use reply::{
    Accepted, Answer, Created, Deleted, Documented, Events, Found, Nothing, Outcome, Public, Put,
    Versioned,
};
pub(crate) use reply::{document, register};
pub use request_id::RequestId;
pub use resource::{Resource, Sent};
pub use share_tag::{ShareTagKey, ShareTags};
