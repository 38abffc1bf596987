//! The wire: problems, bodies, typed answers, preconditions, the route table and its document.

mod body;
mod document;
mod frame;
mod kept;
mod page;
pub mod precondition;
mod problem;
mod rendered;
mod reply;
mod resource;
mod routes;

pub use body::{BODY_LIMIT, Body, Query, path_id};
pub use document::SOMEDAY;
pub use frame::{RequestId, frame};
pub use kept::{MadeOrStarted, Polled, Verbatim};
pub use page::{CursorKey, Page, PageRequest, Place};
pub use problem::{Answered, Problem, ProblemBody, ProblemKind};
pub use rendered::{Csv, Html, Pdf};
pub use reply::{
    Accepted, Answer, Deleted, Document, Events, Found, Made, Nothing, Outcome, Put, Svg, Versioned,
};
pub(crate) use reply::{document, register};
pub use resource::{Resource, Sent};
pub use routes::{Authz, Operation, Parameter, Routes};
