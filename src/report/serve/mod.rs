//! Reports over HTTP: what is asked, whose journal is meant, in which format it is answered.

mod asked;
pub mod practitioner;
pub mod renderings;
mod report;
mod responders;
mod snapshots;
pub mod source;
mod whose;

pub use report::routes;
