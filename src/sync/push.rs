//! Push: one transaction, a constant number of statements a collection, every record judged by
//! itself, nothing typed ever dropped.

use super::answer::{PushReport, answer};
use super::change::Sender;
use super::collection_push::{CollectionPush, PushContext};
use super::cursor::Cursor;
use super::outline;
use super::pull::{check, head};
use super::quarantine;
use super::store;
use crate::access::{JournalAccess, Patient, Write};
use crate::app::App;
use crate::collections::ALL;
use crate::db::Tx;
use crate::http::{Answered, Problem, ProblemKind};
use crate::journal::Revisions;
use aws_lc_rs::digest;
use futures_util::future::try_join_all;
use uuid::Uuid;

/// A push, read and hashed before any connection is taken.
pub(super) struct Push {
    cursor: Cursor,
    key: Option<String>,
    hash: Vec<u8>,
    /// In the order they are merged: what others refer to comes first and gets the earlier revisions, so
    /// that pages bring it first.
    collections: Vec<CollectionPush>,
    report: PushReport,
}

impl Push {
    /// Reads a push. Bad records are refused one by one; only a body that is no push fails whole.
    pub(super) fn read(
        cursor: Cursor,
        key: Option<String>,
        body: &[u8],
        hash: Vec<u8>,
    ) -> Answered<Self> {
        let collections = ALL.map(CollectionPush::new).into();
        let mut push = Self { cursor, key, hash, collections, report: PushReport::default() };
        for (name, changes) in outline::cut(body)? {
            let lists = outline::lists(changes)?;
            let mut known = push.collections.iter_mut();
            let Some(of) = known.find(|of| of.collection.name() == name) else {
                return Err(Problem::new(ProblemKind::UnknownCollection)
                    .detail("problem.detail.collection"));
            };
            of.read(lists, &mut push.report);
        }
        Ok(push)
    }

    /// How many changes it holds that can be read.
    pub(super) fn changes(&self) -> usize {
        self.collections.iter().map(CollectionPush::changes).sum()
    }
}

/// What a key is bound to: the request's cursor and its body, repaired.
pub(super) fn hash(cursor: Cursor, body: &[u8]) -> Vec<u8> {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&cursor.timestamp().to_be_bytes());
    context.update(body);
    context.finish().as_ref().to_vec()
}

/// Answers a push, and tells whether the journal moved.
pub(super) async fn push(patient: &Patient, push: Push) -> Answered<(String, bool)> {
    let account = patient.caller().account();
    patient
        .write(async |tx, journal| locked(patient.app(), tx, &journal, push, account).await)
        .await
}

async fn locked(
    app: &App,
    tx: &Tx<'_, Write>,
    journal: &JournalAccess<Write>,
    mut push: Push,
    account: Uuid,
) -> Answered<(String, bool)> {
    let moment = journal.moment();
    let device = journal.device();
    let key = push.key.take();
    let heads = match &key {
        None => tx.load(store::head().lift()).await?,
        Some(key) => {
            let answer = store::answer(key.clone());
            let (stored, heads) = tx.load_all((answer, store::head().lift())).await?;
            if let Some(stored) = stored.into_iter().next() {
                return replay(stored, &push.hash);
            }
            heads
        }
    };
    let head = head(heads)?;
    check(push.cursor, head)?;
    // In as many round trips as one collection has: what is polled together is sent together.
    let loads = push.collections.iter_mut().map(|of| of.load(tx, journal, &app.ids));
    try_join_all(loads).await?;
    let mut revisions = Revisions::after(journal.revision());
    let mut context = PushContext {
        sender: Sender { device, cursor: push.cursor.rev, head: head.rev },
        epoch: head.epoch,
        revisions: &mut revisions,
        report: &mut push.report,
        has_quarantined: journal.has_quarantined(),
    };
    for of in &mut push.collections {
        of.merge(&mut context);
    }
    let rows = if journal.has_quarantined() || !push.report.refused.is_empty() {
        tx.load(store::refused_rows().lift()).await?
    } else {
        Vec::new()
    };
    let PushReport { refused, taken, .. } = &mut push.report;
    let aside = quarantine::settle(rows, refused, taken, device);
    let stands = Cursor { epoch: head.epoch, rev: revisions.head() };
    let answer = answer(&push.report, stands, account);
    let mut statements = revisions.statements();
    statements.extend(push.collections.iter().flat_map(CollectionPush::statements));
    if !aside.mended.is_empty() {
        statements.push(store::leave_quarantine(&aside.mended));
    }
    if !aside.adds.is_empty() {
        statements.push(store::quarantine(&aside.adds, device, moment));
    }
    if let Some(key) = key {
        statements.push(store::keep_answer(key, push.hash, answer.clone(), moment));
    }
    tx.execute_all(statements).await?;
    Ok((answer, revisions.head() > head.rev))
}

fn replay(stored: store::StoredAnswer, hash: &[u8]) -> Answered<(String, bool)> {
    if stored.body_hash == hash {
        return Ok((stored.answer, false));
    }
    Err(Problem::new(ProblemKind::IdempotencyKeyReused))
}
