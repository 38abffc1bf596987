//! Sync over the wire.

mod chaos;
mod clients;
mod convergence;
mod device;
mod first;
mod first_sync;
mod hostile;
mod idempotency;
mod limits;
mod merging;
mod mid_sync;
mod no_skips;
mod page;
mod paging;
mod pull;
mod push;
mod restored;
mod rows;
mod slow;
mod snapshot;
pub mod stream;
pub mod support;
mod writers;
