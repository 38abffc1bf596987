//! Pull: what has changed since a cursor, in pages by revision, each from one snapshot.

use super::cursor::{Cursor, Head};
use super::store::{self, HeadRow, Line};
use crate::access::{self, Caller, JournalAccess, Need, Read, Target};
use crate::app::App;
use crate::db::Tx;
use crate::http::{Answered, Problem, ProblemKind};
use crate::journal::Record;
use futures_util::future::{LocalBoxFuture, try_join_all};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Changes a page may hold, and holds unless the client asks for fewer.
pub(super) const MOST: i64 = 5000;

/// What a client asks for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Since when.
    pub(super) cursor: Cursor,
    /// Changes a page.
    pub(super) limit: i64,
    /// The collections wanted.
    pub(super) collections: Vec<String>,
    /// Collections that are new to the client or have new columns: sent whole in addition.
    pub(super) migrating: BTreeSet<String>,
    /// Does a first sync want tombstones too?
    pub(super) tombstones: bool,
}

/// Answers a pull.
pub(super) async fn pull(app: &App, caller: &Caller, asked: &Asked) -> Answered<String> {
    // "Nothing new?" is the commonest question, and the counter row alone answers it.
    let (_, heads) = access::read(app, caller, Need::PATIENT, Target::Own, store::head).await?;
    let head = head(heads)?;
    check(asked.cursor, head)?;
    let behind = asked.cursor.is_start() || asked.cursor.rev < head.rev;
    if !behind && asked.migrating.is_empty() {
        return Ok(page(Vec::new(), head, false));
    }
    access::snapshot(app, caller, Need::PATIENT, Target::Own, async |tx, journal| {
        // It may have moved since the look; entering told where it stands in this snapshot.
        let head = Head { rev: journal.revision(), ..head };
        changes(tx, &journal, asked, head).await
    })
    .await
}

/// The cursor must be one this journal can go on from.
pub(super) fn check(cursor: Cursor, head: Head) -> Answered<()> {
    cursor.check(head).map_err(|lost| {
        Problem::new(ProblemKind::ResyncRequired)
            .detail("Sync from the start.")
            .extra("reason", lost.word())
    })
}

/// Where the journal stands.
pub(super) fn head(rows: Vec<HeadRow>) -> Answered<Head> {
    let row =
        rows.into_iter().next().ok_or_else(|| Problem::internal("a patient without a journal"))?;
    Ok(Head { epoch: row.epoch.into(), rev: row.rev, floor: row.floor_rev })
}

/// The changes of one collection on a page: its name and its records, live and dead.
type Found = (&'static str, Vec<Line>);

/// A page of changes as JSON. Live records are always in `updated`.
fn page(changes: Vec<Found>, head: Head, has_more: bool) -> String {
    let bytes = |(_, lines): &Found| lines.iter().map(Line::size).sum::<usize>();
    let mut page = String::with_capacity(256 + changes.iter().map(bytes).sum::<usize>());
    page.push_str("{\"changes\":{");
    let mut comma = "";
    for (name, lines) in changes.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        let _ = write!(page, "{comma}\"{name}\":{{\"created\":[],\"updated\":[");
        comma = ",";
        let (mut separator, mut deleted) = ("", Vec::new());
        for line in lines {
            match line {
                Line::Live(record) => {
                    page.push_str(separator);
                    page.push_str(&record);
                    separator = ",";
                }
                Line::Dead(id) => deleted.push(id),
            }
        }
        page.push_str("],\"deleted\":[");
        for (n, id) in deleted.iter().enumerate() {
            let _ = write!(page, "{}\"{id}\"", if n > 0 { "," } else { "" });
        }
        page.push_str("]}");
    }
    let timestamp = Cursor { epoch: head.epoch, rev: head.rev }.timestamp();
    let _ = write!(page, "}},\"timestamp\":{timestamp},\"has_more\":{has_more}}}");
    page
}

async fn changes(
    tx: &Tx<'_>,
    journal: &JournalAccess<Read>,
    asked: &Asked,
    mut head: Head,
) -> Answered<String> {
    let after = asked.cursor.rev;
    let live_only = asked.cursor.is_start() && !asked.tombstones;
    let mut has_more = false;
    // Every change has a revision of its own: this near to the head they all fit on the page.
    if head.rev - after > asked.limit {
        let collections = asked.collections.clone();
        let cut = store::cut(journal.permit(), after, live_only, collections, asked.limit);
        let (last, found) = tx.first(cut).await?.unwrap_or((None, 0));
        has_more = found > asked.limit;
        if let (true, Some(last)) = (has_more, last) {
            head.rev = last;
        }
    }
    let range = Range { after, until: head.rev, live_only };
    // Most pulls bring changes of one collection or two.
    let touched = tx.load(store::touched(journal.permit(), after, head.rev)).await?;
    let touched: BTreeSet<String> = touched.into_iter().map(|(name,)| name).collect();
    let mut all: Vec<LocalBoxFuture<'_, Answered<Found>>> = Vec::new();
    macro_rules! collect {
        ($($collection:ty),+) => { $(
            let whole = asked.migrating.contains(<$collection>::COLLECTION);
            if (whole || touched.contains(<$collection>::COLLECTION))
                && asked.collections.iter().any(|name| name == <$collection>::COLLECTION)
            {
                all.push(Box::pin(collection::<$collection>(tx, journal, range, whole)));
            }
        )+ };
    }
    crate::collections::for_each_collection!(collect);
    // In one round trip: what is polled together is sent together.
    Ok(page(try_join_all(all).await?, head, has_more))
}

#[derive(Clone, Copy)]
struct Range {
    after: i64,
    until: i64,
    live_only: bool,
}

async fn collection<C: Record>(
    tx: &Tx<'_>,
    journal: &JournalAccess<Read>,
    range: Range,
    whole: bool,
) -> Answered<Found> {
    let permit = journal.permit();
    let mut lines: Vec<Line> = Vec::new();
    if whole {
        // Rows the client has passed, but without the columns it has just learnt of.
        let passed = tx.load(store::changes::<C>(permit, 0, range.after)).await?;
        lines.extend(passed.into_iter().map(Line::from).filter(Line::is_live));
    }
    let changed = tx.load(store::changes::<C>(permit, range.after, range.until)).await?;
    let changed = changed.into_iter().map(Line::from);
    lines.extend(changed.filter(|line| line.is_live() || !range.live_only));
    Ok((C::COLLECTION, lines))
}
