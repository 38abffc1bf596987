//! From a report to a page: which statement stands where, and in which words. One page for the
//! practitioner, one for the patient; every renderer shows the same page.

mod catalogue;
mod content;
mod details;
mod figures;
mod patient;
mod practitioner;
mod summary;
#[cfg(test)]
mod tests;
mod voice;

pub use catalogue::{Catalogue, ENGLISH};
pub use patient::patient_page;
pub use practitioner::practitioner_page;
