//! Sync over the wire.

mod first;
