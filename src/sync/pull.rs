//! Pull: what has changed since a cursor, in pages by revision, each from one snapshot.

use super::cursor::{Cursor, Head};
use super::side::FlatRow;
use super::store::{self, HeadRow};
use crate::access::{self, Caller, JournalAccess, Need, Read, Target};
use crate::app::App;
use crate::db::Tx;
use crate::http::{Answered, Problem, ProblemKind};
use crate::journal::{Record, Stored};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use uuid::Uuid;

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
        return Ok(page("{}", head, false));
    }
    access::snapshot(app, caller, Need::PATIENT, async |tx, journal| {
        changes(tx, &journal, asked).await
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

/// A page around the JSON of its changes.
fn page(changes: &str, head: Head, has_more: bool) -> String {
    let timestamp = Cursor { epoch: head.epoch, rev: head.rev }.timestamp();
    format!("{{\"changes\":{changes},\"timestamp\":{timestamp},\"has_more\":{has_more}}}")
}

async fn changes(tx: &Tx<'_>, journal: &JournalAccess<Read>, asked: &Asked) -> Answered<String> {
    let permit = journal.permit();
    let after = asked.cursor.rev;
    let live_only = asked.cursor.is_start() && !asked.tombstones;
    let cut = store::cut(permit, after, live_only, asked.collections.clone(), asked.limit);
    let (heads, cuts) = tx.load2(store::head(permit), cut).await?;
    let mut head = head(heads)?;
    let (last, found) = cuts.into_iter().next().unwrap_or((None, 0));
    let has_more = found > asked.limit;
    if let (true, Some(last)) = (has_more, last) {
        head.rev = last;
    }
    let range = Range { after, until: head.rev, live_only };
    let mut all = String::from("{");
    macro_rules! collect {
        ($($collection:ty),+) => { $(
            if asked.collections.iter().any(|name| name == <$collection>::COLLECTION) {
                let whole = asked.migrating.contains(<$collection>::COLLECTION);
                if let Some(lists) = collection::<$collection>(tx, journal, range, whole).await? {
                    let comma = if all.len() > 1 { "," } else { "" };
                    let name = json!(<$collection>::COLLECTION);
                    let _ = write!(all, "{comma}{name}:{lists}");
                }
            }
        )+ };
    }
    crate::collections::for_each_collection!(collect);
    all.push('}');
    Ok(page(&all, head, has_more))
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
) -> Answered<Option<String>> {
    let permit = journal.permit();
    let mut records: Vec<Stored<C>> = Vec::new();
    if whole {
        // Rows the client has passed, but without the columns it has just learnt of.
        let passed = tx.load(store::changes::<C>(permit, 0, range.after)).await?;
        records.extend(passed.into_iter().filter(|record| record.deleted_at.is_none()));
    }
    records.extend(tx.load(store::changes::<C>(permit, range.after, range.until)).await?);
    let (dead, live): (Vec<_>, Vec<_>) = records.iter().partition(|r| r.deleted_at.is_some());
    let deleted: Vec<Uuid> = dead.iter().filter(|_| !range.live_only).map(|r| r.id).collect();
    if live.is_empty() && deleted.is_empty() {
        return Ok(None);
    }
    let updated = live.into_iter().map(FlatRow).collect();
    let lists = Lists { created: [], updated, deleted };
    serde_json::to_string(&lists).map(Some).map_err(Problem::internal)
}

/// The changes of one collection. Live records are always in `updated`.
#[derive(Serialize)]
#[serde(bound = "C: Record")]
struct Lists<'a, C> {
    created: [(); 0],
    updated: Vec<FlatRow<'a, C>>,
    deleted: Vec<Uuid>,
}
