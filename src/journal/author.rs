//! What an author may write, settled: the stage of the writer that judges. Pure.

use super::authorship;
use super::history::HistoryOp;
use super::record::{Context, JOURNAL_DATE, Record};
use super::seen::{Seen as _, SharedRecord};
use super::stored::Stored;
use crate::access::{Hand, JournalAccess, Write};
use crate::http::ShareTags;
use crate::http::precondition::Versions;
use crate::sections::Sections;
use crate::wire::{Fault, Faults};
use chrono::NaiveDate;

/// Who writes, and what is known when his record is settled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Author {
    /// Whose hand writes.
    pub(super) hand: Hand,
    /// The first and the last day he may write, where a share names them.
    pub(super) window: (Option<NaiveDate>, Option<NaiveDate>),
    /// What he sees of it.
    pub(super) sections: Sections,
    /// Makes the tags of what he sees, where he sees it through a share.
    pub(super) tags: Option<ShareTags>,
    /// What the server knows.
    pub(super) context: Context,
}

impl Author {
    /// Who has entered this journal.
    pub(super) fn of(access: &JournalAccess<Write>) -> Self {
        let context = Context { now: access.moment(), day_starts: *access.day_starts() };
        Self {
            hand: access.hand(),
            window: access.window(),
            sections: access.sections(),
            tags: access.share_tags(),
            context,
        }
    }

    /// The ETag of a record as its author sees it.
    pub(super) fn etag<C: Record>(&self, known: &Stored<C>) -> String {
        match self.tags {
            None => known.etag(),
            Some(_) => SharedRecord::of(known, self.sections, self.tags).etag(),
        }
    }

    /// Is one of these what the author would see of the record now?
    pub(super) fn has_seen<C: Record>(&self, base: &Versions, known: &Stored<C>) -> bool {
        match self.tags {
            None => base.names(known.rev),
            Some(_) => base.carry(SharedRecord::of(known, self.sections, self.tags).tag()),
        }
    }

    /// A record's new content as it shall stand: judged for its author, then settled by the rules of
    /// its collection. The one place where both is done, whoever writes.
    ///
    /// # Errors
    /// Every fault.
    pub(super) fn settle<C: Record>(
        &self,
        known: Option<&Stored<C>>,
        op: HistoryOp,
        mut content: C,
    ) -> Result<C, Vec<Fault>> {
        let mut faults = Faults::default();
        // What is put in the place of a tombstone continues nobody's record.
        let continued = known.filter(|_| op != HistoryOp::Recreate);
        authorship::prepare((self.hand, self.sections), continued, &mut content, &mut faults);
        // A document that was read, changed and sent back claims nothing of what the server had
        // settled for what has changed.
        if let Some(known) = known.filter(|_| op != HistoryOp::Create) {
            content.unsettle(&known.content, &self.context);
        }
        content.settle(known.map(|known| &known.content), &self.context, &mut faults);
        authorship::respect(self.hand, continued, &content, &mut faults);
        self.check_day(content.journal_date(), &mut faults);
        if faults.is_empty() { Ok(content) } else { Err(faults.into_vec()) }
    }

    /// Notes a journal day that the share does not open.
    fn check_day(&self, day: Option<NaiveDate>, faults: &mut Faults) {
        let (from, to) = self.window;
        let outside = |day| from.is_some_and(|from| day < from) || to.is_some_and(|to| day > to);
        if day.is_some_and(outside) {
            faults.field(JOURNAL_DATE, "outside_share", "The share does not open this day.");
        }
    }
}
