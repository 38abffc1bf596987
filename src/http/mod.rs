//! The wire: problems, bodies, typed answers, preconditions, the route table and its document.

mod accept;
mod body;
mod cors;
mod document;
mod entity_tag;
mod frame;
mod kept;
mod page;
pub mod precondition;
mod problem;
mod rendered;
mod reply;
mod resource;
mod routes;
mod words;

pub(crate) use body::collect;
pub use body::{BODY_LIMIT, Body, Form, LONGEST_BODY_TIME, PUSH_LIMIT, Query, path_id};
pub use cors::Origins;
pub use document::SOMEDAY;
pub use frame::{RequestId, frame};
pub use kept::{MadeOrStarted, Polled, Verbatim};
pub use page::{CursorKey, Page, PageRequest, Place, list_name};
pub use problem::{Answered, Problem, ProblemBody, ProblemKind};
pub use rendered::{Csv, Html, Pdf, Public};
pub use reply::{
    Accepted, Answer, Deleted, Document, Events, Found, Made, Nothing, Outcome, Put, Svg, Versioned,
};
pub(crate) use reply::{document, register};
pub use resource::{Resource, Sent};
pub use routes::{Authz, Operation, Parameter, Routes};
pub(crate) use words::{refuse_unread, refused_head};
