//! From a report to a page: which statement stands where, and in which words. One page for the
//! practitioner, one for the patient; every renderer shows the same page.

mod answer;
mod beside;
mod changed;
mod columns;
mod content;
mod details;
mod figures;
#[cfg(test)]
mod page_tests;
mod patient;
#[cfg(test)]
mod percent_tests;
mod practitioner;
mod subject;
mod summary;
#[cfg(test)]
mod tests;
mod treatments;
mod visit;
mod voice;

pub use patient::patient_page;
pub use practitioner::practitioner_page;
pub use subject::{subject_line, whose};
