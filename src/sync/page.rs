//! A page of changes, bounded in number and in bytes.

use super::store::{self, Stretch};
use crate::access::Read;
use crate::collections;
use crate::db::Tx;
use crate::http::Answered;
use crate::journal::{ChangedRecord, Collection};
use futures_util::future::try_join_all;
use std::collections::BTreeSet;

/// Changes a page may hold, and holds unless the client asks for fewer.
pub(super) const MOST: i64 = 5000;
/// Bytes a page may have; one record alone may have more. The frame around the records is less than
/// what is left to 8 MiB.
const MOST_BYTES: usize = 8 * 1024 * 1024 - 4096;
/// Changes that are asked for at first. What follows depends on their size, so that large records are
/// not read for a page that has no room for them.
const FIRST_STEP: i64 = 1250;

/// The changes of one collection on a page: its name and its records, live and dead.
pub(super) type CollectionChanges = (&'static str, Vec<ChangedRecord>);

/// A page that is being filled.
#[derive(Debug)]
pub(super) struct ChangesPage {
    /// What is on it, by collection.
    pub(super) found: Vec<CollectionChanges>,
    /// Changes it still has room for.
    left: i64,
    bytes: usize,
}

impl ChangesPage {
    /// An empty page for so many changes.
    pub(super) fn new(limit: i64) -> Self {
        let found = collections::ALL.map(|collection| (collection.name(), Vec::new())).into();
        Self { found, left: limit, bytes: 0 }
    }

    /// Takes in the changes of a stretch as far as there is room. Answers the revision where it had to
    /// stop, where it had.
    pub(super) async fn fill(
        &mut self,
        tx: &Tx<'_, Read>,
        mut stretch: Stretch,
    ) -> Answered<Option<i64>> {
        if self.left == 0 {
            return Ok(Some(stretch.after));
        }
        // Most pulls bring changes of one collection or two.
        let touched = store::touched(stretch.after, stretch.until);
        let touched: BTreeSet<String> =
            tx.load(touched).await?.into_iter().map(|(name,)| name).collect();
        stretch.collections.retain(|name| touched.contains(name));
        let mut most = FIRST_STEP;
        loop {
            let step = self.step(tx, &stretch, most.min(self.left)).await?;
            let changes = load(tx, &step).await?;
            if let Some(end) = self.take(changes, step.after) {
                return Ok(Some(end));
            }
            if step.until == stretch.until {
                return Ok(None);
            }
            if self.left == 0 {
                return Ok(Some(step.until));
            }
            stretch.after = step.until;
            most = self.fits().min(2 * most);
        }
    }

    /// The part of the stretch that the next so many changes are in.
    async fn step(&self, tx: &Tx<'_, Read>, stretch: &Stretch, most: i64) -> Answered<Stretch> {
        let mut step = stretch.clone();
        // Every change has a revision of its own: this near to the end they are all in the step.
        if stretch.until - stretch.after > most {
            let cut = tx.first(store::cut(stretch, most)).await?;
            if let Some((Some(last), found)) = cut
                && found > most
            {
                step.until = last;
            }
        }
        Ok(step)
    }

    /// About how many changes more have room, by those that are on the page.
    fn fits(&self) -> i64 {
        let count: usize = self.found.iter().map(|(_, changes)| changes.len()).sum();
        let average = (self.bytes / count.max(1)).max(1);
        i64::try_from((MOST_BYTES - self.bytes.min(MOST_BYTES)) / average + 1).unwrap_or(MOST)
    }

    /// Takes in the changes of a step, all that lie before the first that has no room. Answers the
    /// revision they end with, where not all have.
    fn take(&mut self, step: Vec<CollectionChanges>, after: i64) -> Option<i64> {
        let every = || step.iter().flat_map(|(_, changes)| changes);
        let bytes: usize = every().map(ChangedRecord::size).sum();
        let mut end = None;
        if self.bytes + bytes > MOST_BYTES {
            let mut sizes: Vec<(i64, usize)> = every().map(|c| (c.rev, c.size())).collect();
            sizes.sort_unstable();
            let mut last = after;
            let mut room = MOST_BYTES - self.bytes;
            for (rev, size) in sizes {
                let is_first = self.bytes == 0 && last == after;
                if size > room && !is_first {
                    end = Some(last);
                    break;
                }
                room = room.saturating_sub(size);
                last = rev;
            }
        }
        for (name, mut changes) in step {
            changes.retain(|change| end.is_none_or(|end| change.rev <= end));
            self.left -= i64::try_from(changes.len()).unwrap_or(i64::MAX);
            self.bytes += changes.iter().map(ChangedRecord::size).sum::<usize>();
            if let Some((_, found)) = self.found.iter_mut().find(|(found, _)| *found == name) {
                found.append(&mut changes);
            }
        }
        end
    }
}

/// The changes of a step, by collection.
async fn load(tx: &Tx<'_, Read>, step: &Stretch) -> Answered<Vec<CollectionChanges>> {
    let is_asked = |collection: &&dyn Collection| {
        step.collections.iter().any(|name| name == collection.name())
    };
    let asked = collections::ALL.into_iter().filter(is_asked);
    // In one round trip: what is polled together is sent together.
    try_join_all(asked.map(async |collection| {
        let mut changes = collection.changes(tx, step.after, step.until).await?;
        changes.retain(|change| !step.live_only || change.deleted().is_none());
        Ok((collection.name(), changes))
    }))
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn step(changes: &[(i64, usize)]) -> Vec<CollectionChanges> {
        let change = |(rev, size): &(i64, usize)| ChangedRecord::live(*rev, "x".repeat(*size));
        let (even, odd): (Vec<_>, Vec<_>) = changes.iter().partition(|(rev, _)| rev % 2 == 0);
        let of = |changes: Vec<(i64, usize)>| changes.iter().map(change).collect();
        vec![("journal_entries", of(even)), ("sleep_records", of(odd))]
    }

    fn revisions(page: &ChangesPage) -> Vec<i64> {
        let mut all: Vec<i64> =
            page.found.iter().flat_map(|(_, changes)| changes.iter().map(|c| c.rev)).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_page_ends_before_the_change_that_has_no_room_whatever_collection_it_is_of() {
        let mut page = ChangesPage::new(10);
        let third = MOST_BYTES / 3 - 10;
        assert_eq!(
            page.take(step(&[(3, third), (4, third), (5, third), (6, 40), (8, 1)]), 2),
            Some(5)
        );
        assert_eq!((revisions(&page), page.left), (vec![3, 4, 5], 7));
        assert_eq!(page.take(step(&[(6, 40)]), 5), Some(5), "it is full");
        assert_eq!(page.fits(), 1);
    }

    #[test]
    fn one_record_that_is_larger_than_a_page_is_a_page() {
        let mut page = ChangesPage::new(10);
        assert_eq!(page.take(step(&[(3, 2 * MOST_BYTES), (4, 1)]), 2), Some(3));
        let mut page = ChangesPage::new(10);
        assert_eq!(page.take(step(&[(3, 1), (4, 2 * MOST_BYTES), (5, 1)]), 2), Some(3));
        let mut page = ChangesPage::new(10);
        assert_eq!(page.take(step(&[(4, 2 * MOST_BYTES)]), 2), None, "it is the last");
    }

    #[test]
    fn ordinary_records_all_fit() {
        let mut page = ChangesPage::new(10);
        assert_eq!(page.take(step(&[(3, 600), (4, 600)]), 2), None);
        page.take(vec![("goals", vec![ChangedRecord::tombstone(5, Uuid::nil())])], 4);
        assert_eq!((revisions(&page), page.left), (vec![3, 4, 5], 7));
        assert!(page.fits() > MOST);
    }
}
