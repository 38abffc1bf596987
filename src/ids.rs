//! Where new ids come from.

use crate::time::Clock;
use uuid::{ContextV7, Timestamp, Uuid};

/// Makes ids: UUID version 7, so that new rows land at the end of their index.
#[derive(Debug, Clone)]
pub struct Ids {
    clock: Clock,
}

impl Ids {
    /// Ids whose time part follows `clock`.
    pub const fn new(clock: Clock) -> Self {
        Self { clock }
    }

    /// A new id.
    pub fn next(&self) -> Uuid {
        let now = self.clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(ContextV7::new(), seconds, now.timestamp_subsec_nanos()))
    }
}
