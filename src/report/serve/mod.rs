//! Reports over HTTP: what is asked, whose journal is meant, in which format it is answered.

mod asked;
pub mod practitioner;
mod reader;
pub mod renderings;
mod report;
mod responders;
mod snapshots;
pub mod source;

pub use report::routes;
