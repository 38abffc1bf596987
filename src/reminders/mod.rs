//! When the patient's reminders are due: a schedule on the wall clock turned into instants.

mod due;
mod http;

pub use due::{Due, ReminderShift, due};
pub use http::routes;
