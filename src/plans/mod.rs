//! Treatment plans over time: what was agreed against what took place, and who is due for review.

mod http;
mod progress;

pub use http::routes;
pub use progress::{PlanProgress, PlanTerms, Visit, progress};
