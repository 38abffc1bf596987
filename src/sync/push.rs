//! Push: one transaction, a constant number of statements a collection, every record judged by
//! itself, nothing typed ever dropped.

use super::cursor::Cursor;
use super::incoming::{Refusal, lists, lists_of};
use super::merge::Sender;
use super::pull::{check, head};
use super::side::{Frame, Report, Side, sides};
use super::store::{self, Quarantined};
use crate::access::{self, Caller, JournalAccess, Need, Write};
use crate::app::App;
use crate::db::Tx;
use crate::http::{Answered, Problem, ProblemKind};
use crate::journal::{Context, Revisions};
use aws_lc_rs::digest;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A push, read and hashed before any connection is taken.
pub(super) struct Push {
    cursor: Cursor,
    key: Option<String>,
    hash: Vec<u8>,
    sides: Vec<(&'static str, Box<dyn Side>)>,
    report: Report,
}

impl Push {
    /// Reads a push. Bad records are refused one by one; only a body that is no push fails whole.
    pub(super) fn read(
        cursor: Cursor,
        key: Option<String>,
        body: Value,
        hash: Vec<u8>,
    ) -> Answered<Self> {
        let mut push = Self { cursor, key, hash, sides: sides(), report: Report::default() };
        for (name, changes) in lists(body)? {
            let lists = lists_of(changes)?;
            let side = push.sides.iter_mut().find(|(collection, _)| *collection == name);
            let Some((_, side)) = side else {
                return Err(Problem::new(ProblemKind::UnknownCollection)
                    .detail("The push names a collection this server does not have."));
            };
            side.read(lists, &mut push.report);
        }
        Ok(push)
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
pub(super) async fn push(
    app: &App,
    caller: &Caller,
    push: Push,
) -> Answered<(String, Option<i64>)> {
    access::write(app, caller, Need::PATIENT, async |tx, journal| {
        locked(app, tx, &journal, push).await
    })
    .await
}

async fn locked(
    app: &App,
    tx: &Tx<'_>,
    journal: &JournalAccess<Write>,
    mut push: Push,
) -> Answered<(String, Option<i64>)> {
    let (permit, moment) = (journal.permit(), journal.moment());
    let device = journal.device();
    let keyed = push.key.take().zip(device);
    let heads = match &keyed {
        None => tx.load(store::head(journal.reading())).await?,
        Some((key, device)) => {
            let answer = store::answer(permit, *device, key.clone());
            let (stored, heads) = tx.load_all((answer, store::head(journal.reading()))).await?;
            if let Some(stored) = stored.into_iter().next() {
                return replay(stored, &push.hash);
            }
            heads
        }
    };
    let head = head(heads)?;
    check(push.cursor, head)?;
    for (_, side) in &mut push.sides {
        side.load(tx, journal, &app.ids).await?;
    }
    let mut revisions = Revisions::after(journal.revision());
    let mut frame = Frame {
        sender: Sender { device, cursor: push.cursor.rev },
        context: Context { now: moment, day_start_minute: journal.day_start_minute() },
        epoch: head.epoch,
        revisions: &mut revisions,
        report: &mut push.report,
    };
    for (_, side) in &mut push.sides {
        side.merge(&mut frame);
    }
    let answer = answer(&push.report, Cursor { epoch: head.epoch, rev: revisions.head() });
    let mut statements = revisions.statements(permit);
    statements.extend(push.sides.iter().flat_map(|(_, side)| side.statements(permit)));
    if !push.report.refused.is_empty() {
        let kept = quarantine(push.report.refused);
        statements.push(store::quarantine(permit, &kept, device, moment));
    }
    if let Some((key, device)) = keyed {
        statements.push(store::keep_answer(permit, device, key, push.hash, answer.clone(), moment));
    }
    tx.execute_all(statements).await?;
    let moved = (revisions.head() > head.rev).then_some(revisions.head());
    Ok((answer, moved.map(|rev| Cursor { epoch: head.epoch, rev }.timestamp())))
}

fn replay(stored: store::Answered, hash: &[u8]) -> Answered<(String, Option<i64>)> {
    if stored.body_hash == hash {
        return Ok((stored.answer, None));
    }
    Err(Problem::new(ProblemKind::IdempotencyKeyReused))
}

fn answer(report: &Report, head: Cursor) -> String {
    let rejected: Vec<Value> = report
        .refused
        .iter()
        .map(|r| json!({"collection": r.collection, "id": r.id, "code": r.code, "field": r.field}))
        .collect();
    let mut by_collection: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for refusal in &report.refused {
        by_collection.entry(refusal.collection).or_default().push(&refusal.id);
    }
    let mut answer = Map::new();
    answer.insert("timestamp".into(), json!(head.timestamp()));
    answer.insert("accepted".into(), json!(report.accepted));
    answer.insert("unchanged".into(), json!(report.unchanged));
    answer.insert("records".into(), json!(report.records));
    answer.insert("rejected".into(), json!(rejected));
    if !by_collection.is_empty() {
        answer.insert("experimentalRejectedIds".into(), json!(by_collection));
    }
    let renamed: Vec<Value> = report
        .renamed
        .iter()
        .map(|((collection, sent), kept)| {
            json!({"collection": collection, "sent": sent, "kept": kept})
        })
        .collect();
    answer.insert("renamed".into(), json!(renamed));
    answer.insert("safety_notice".into(), json!(report.notice));
    Value::Object(answer).to_string()
}

/// The same refused record is kept once, however often it is sent.
fn quarantine(refused: Vec<Refusal>) -> Vec<Quarantined> {
    let mut kept: BTreeMap<Uuid, Quarantined> = BTreeMap::new();
    for refusal in refused {
        let payload = refusal.payload.to_string();
        let name = format!("{}\n{}\n{}\n{payload}", refusal.collection, refusal.id, refusal.code);
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
        kept.insert(
            id,
            Quarantined {
                id,
                collection: refusal.collection.to_owned(),
                record_id: refusal.id,
                code: refusal.code,
                field: refusal.field,
                payload: refusal.payload,
            },
        );
    }
    kept.into_values().collect()
}
