//! Pull: what has changed since a cursor, in pages by revision, each from one snapshot.

use super::cursor::{Cursor, JournalHead};
use super::page::{ChangesPage, CollectionChanges};
use super::store::{self, Stretch};
use crate::access::{Patient, Read, Reader};
use crate::db::Tx;
use crate::http::{Answered, Problem, ProblemKind};
use crate::journal::ChangedRecord;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use uuid::Uuid;

/// What a client asks for.
#[derive(Debug, Clone)]
pub(super) struct PullQuery {
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
pub(super) async fn pull(patient: &Patient, asked: &PullQuery) -> Answered<String> {
    let account = patient.caller().account();
    // "Nothing new?" is the commonest question, and the counter row alone answers it.
    let (_, heads) = patient.read((None, None), store::head()).await?;
    let head = head(heads)?;
    check(asked.cursor, head)?;
    let behind = asked.cursor.is_start() || asked.cursor.rev < head.rev;
    if !behind && asked.migrating.is_empty() {
        return Ok(written(&[], head.cursor(), false, (account, head.profile)));
    }
    patient
        .snapshot((None, None), async |tx, journal| {
            // It may have moved since the look; entering told where it stands in this snapshot.
            let head = JournalHead { rev: journal.revision(), ..head };
            changes(tx, asked, head, account).await
        })
        .await
}

/// The cursor must be one this journal can go on from.
pub(super) fn check(cursor: Cursor, head: JournalHead) -> Answered<()> {
    cursor.check(head).map_err(|lost| {
        Problem::new(ProblemKind::ResyncRequired)
            .detail("problem.detail.resync")
            .extra("reason", lost.word())
    })
}

/// Where the journal stands.
pub(super) fn head(rows: Vec<JournalHead>) -> Answered<JournalHead> {
    rows.into_iter().next().ok_or_else(|| Problem::internal("a patient without a journal"))
}

/// A page as JSON. Live records are always in `updated`.
fn written(
    found: &[CollectionChanges],
    stands: Cursor,
    has_more: bool,
    (account, profile): (Uuid, i64),
) -> String {
    let bytes =
        |(_, changes): &CollectionChanges| changes.iter().map(ChangedRecord::size).sum::<usize>();
    let mut page = String::with_capacity(512 + found.iter().map(bytes).sum::<usize>());
    page.push_str("{\"changes\":{");
    let mut comma = "";
    for (name, changes) in found.iter().filter(|(_, changes)| !changes.is_empty()) {
        let _ = write!(page, "{comma}\"{name}\":{{\"created\":[],\"updated\":[");
        comma = ",";
        let mut separator = "";
        for record in changes.iter().filter_map(ChangedRecord::json) {
            page.push_str(separator);
            page.push_str(record);
            separator = ",";
        }
        page.push_str("],\"deleted\":[");
        for (n, id) in changes.iter().filter_map(ChangedRecord::deleted).enumerate() {
            let _ = write!(page, "{}\"{id}\"", if n > 0 { "," } else { "" });
        }
        page.push_str("]}");
    }
    let timestamp = stands.timestamp();
    let _ = write!(
        page,
        "}},\"account\":\"{account}\",\"profile_version\":{profile},\"timestamp\":{timestamp},\
         \"has_more\":{has_more}}}"
    );
    page
}

async fn changes(
    tx: &Tx<'_, Read>,
    asked: &PullQuery,
    head: JournalHead,
    account: Uuid,
) -> Answered<String> {
    let cursor = asked.cursor.rev;
    // Rows the client has passed, but without the tables or columns it has just learnt of.
    let learnt: Vec<String> =
        asked.collections.iter().filter(|name| asked.migrating.contains(*name)).cloned().collect();
    let passed = Stretch { after: 0, until: cursor, live_only: true, collections: learnt };
    let new = Stretch {
        after: cursor,
        until: head.rev,
        live_only: asked.cursor.is_start() && !asked.tombstones,
        collections: asked.collections.clone(),
    };
    let mut page = ChangesPage::new(asked.limit);
    let mut end = None;
    for stretch in [passed, new] {
        if end.is_none() && !stretch.collections.is_empty() && stretch.after < stretch.until {
            end = page.fill(tx, stretch).await?;
        }
    }
    let stands = Cursor { epoch: head.epoch, rev: end.unwrap_or(head.rev) };
    Ok(written(&page.found, stands, end.is_some(), (account, head.profile)))
}
