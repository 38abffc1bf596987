//! Cursors: `epoch · 2^40 + revision`, opaque to clients, safe in JSON.

use crate::db::row;

/// How far the epoch is shifted.
const REVISIONS: i64 = 1 << 40;

/// A place in a journal's order of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The epoch of the database; bumped after a restore.
    pub epoch: i64,
    /// The revision.
    pub rev: i64,
}

/// Why a cursor is no good any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The database was restored, or failed over with a loss.
    EpochChanged,
    /// The cursor lies ahead of the journal.
    CursorAhead,
    /// Tombstones the client has not seen are gone.
    TombstonesPurged,
}

impl Lost {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::EpochChanged => "epoch_changed",
            Self::CursorAhead => "cursor_ahead",
            Self::TombstonesPurged => "tombstones_purged",
        }
    }
}

row! {
    /// Where a journal stands.
    #[derive(Copy)]
    pub struct JournalHead {
        /// The epoch of the database.
        epoch: i64,
        /// The journal's newest revision.
        rev: i64,
        /// The oldest revision a cursor may name.
        floor: i64,
        /// The version of the patient's profile.
        profile: i64,
    }
}

impl JournalHead {
    /// The cursor of a client that has everything.
    pub const fn cursor(self) -> Cursor {
        Cursor { epoch: self.epoch, rev: self.rev }
    }
}

impl Cursor {
    /// Before the first change: what a client without a cursor has.
    pub const START: Self = Self { epoch: 0, rev: 0 };

    /// Reads a timestamp. Absent, `0` and `null` are the start; `None` for what no server gave out.
    pub fn parse(text: &str) -> Option<Self> {
        if matches!(text, "" | "0" | "null" | "undefined") {
            return Some(Self::START);
        }
        let number: i64 = text.parse().ok()?;
        let cursor = Self { epoch: number / REVISIONS, rev: number % REVISIONS };
        (number > 0 && cursor.epoch > 0).then_some(cursor)
    }

    /// The timestamp.
    pub const fn timestamp(self) -> i64 {
        self.epoch * REVISIONS + self.rev
    }

    /// Is this a first sync?
    pub const fn is_start(self) -> bool {
        self.epoch == 0
    }

    /// Can a client go on from here?
    ///
    /// # Errors
    /// Why not; it must sync from the start.
    pub const fn check(self, head: JournalHead) -> Result<(), Lost> {
        if self.is_start() {
            Ok(())
        } else if self.epoch != head.epoch {
            Err(Lost::EpochChanged)
        } else if self.rev > head.rev {
            Err(Lost::CursorAhead)
        } else if self.rev < head.floor {
            Err(Lost::TombstonesPurged)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_round_trip_and_stay_safe_in_json() {
        let cursor = Cursor { epoch: 8191, rev: REVISIONS - 1 };
        assert!(cursor.timestamp() <= 9_007_199_254_740_991);
        assert_eq!(Cursor::parse(&cursor.timestamp().to_string()), Some(cursor));
        for start in ["", "0", "null"] {
            assert_eq!(Cursor::parse(start), Some(Cursor::START));
        }
        for bad in ["-1", "7", "1.5", "abc", "99999999999999999999"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cursor_is_good_within_its_epoch_and_behind_the_head() {
        let head = JournalHead { epoch: 2, rev: 10, floor: 5, profile: 1 };
        let at = |epoch, rev| Cursor { epoch, rev }.check(head);
        assert_eq!(Cursor::START.check(head), Ok(()));
        assert_eq!((at(2, 10), at(2, 5)), (Ok(()), Ok(())));
        assert_eq!(at(1, 10), Err(Lost::EpochChanged));
        assert_eq!(at(2, 11), Err(Lost::CursorAhead));
        assert_eq!(at(2, 4), Err(Lost::TombstonesPurged));
    }
}
