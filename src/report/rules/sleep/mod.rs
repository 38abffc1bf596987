//! Sleep, and what it has to do with the pain of the day after.

pub mod link;
pub mod nights;
mod parts;
