//! Treatment: what a treatment session did, what was taken and tried, and what went wrong.

pub mod course;
pub mod done;
pub mod effect;
pub mod effect_summary;
pub mod events;
pub mod medication;
pub mod moments;
pub mod relief;
