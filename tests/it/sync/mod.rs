//! Sync over the wire.

mod chaos;
mod clients;
mod convergence;
mod device;
mod first;
mod hostile;
mod idempotency;
mod limits;
mod merging;
mod no_skips;
mod paging;
mod pull;
mod push;
pub mod stream;
pub mod support;
mod writers;
