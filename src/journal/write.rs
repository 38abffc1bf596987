//! The one writer. Every change of a journal goes through [`apply_changes`]: it holds the lock on
//! the counter, takes revisions from it, and leaves a line in the history.

use super::authorship::{self, NOT_YOURS};
use super::batch::{Batch, Revisions};
use super::record::{Context, Record};
use super::sql::{self, HistoryOp};
use super::stored::Stored;
use crate::access::{Hand, JournalAccess, Write};
use crate::db::{DbError, Tx};
use crate::http::precondition::Versions;
use crate::ids::Ids;
use crate::wire::{Fault, Faults};
use chrono::NaiveDate;
use uuid::Uuid;

/// What a writer wants of one record.
#[derive(Debug, Clone)]
pub enum Intent<C> {
    /// It shall come into being.
    Create(C),
    /// It shall be this, provided it still has version `base`.
    Replace {
        /// The version the writer saw, or those he would replace.
        base: Versions,
        /// The new content.
        content: C,
    },
    /// It shall go, provided it still has version `base`, where one is given.
    Delete {
        /// The version the writer saw.
        base: Option<Versions>,
    },
}

/// What became of it. Outcomes the protocol foresees are values, not errors.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<C> {
    /// It is new.
    Created(Stored<C>),
    /// It was already as asked: a repeated request, or no change at all.
    Unchanged(Stored<C>),
    /// It changed.
    Replaced(Stored<C>),
    /// It is a tombstone now, or was one already, of this version.
    Deleted(i64),
    /// The id names another record, of this version.
    Taken(i64),
    /// The record is a tombstone, of this version.
    Gone(i64),
    /// The record has this version, not the one the writer saw.
    Stale(i64),
    /// Somebody else answers for the record.
    NotYours,
    /// There is no such record.
    Unknown,
    /// The content breaks the collection's rules.
    Invalid(Vec<Fault>),
}

impl<C> Outcome<C> {
    /// Does the record stand as it was asked?
    const fn is_accepted(&self) -> bool {
        self.is_change() || matches!(self, Self::Unchanged(_))
    }

    /// Did the journal move?
    pub const fn is_change(&self) -> bool {
        matches!(self, Self::Created(_) | Self::Replaced(_) | Self::Deleted(_))
    }
}

/// Whose hand writes, and on which days it may.
struct Writer {
    hand: Hand,
    window: (Option<NaiveDate>, Option<NaiveDate>),
}

impl Writer {
    /// Notes a journal day that the share does not open.
    fn check_day(&self, day: Option<NaiveDate>, faults: &mut Faults) {
        let (from, to) = self.window;
        let outside = |day| from.is_some_and(|from| day < from) || to.is_some_and(|to| day > to);
        if day.is_some_and(outside) {
            faults.field("journal_date", "outside_share", "The share does not open this day.");
        }
    }
}

/// A decided change.
enum Step<C> {
    Insert(C),
    Update(C, HistoryOp),
    Bury,
    Stop(Outcome<C>),
}

/// Known record × intent × whose hand → what to do. Total and pure.
fn decide<C: Record>(
    known: Option<&Stored<C>>,
    intent: Intent<C>,
    writer: &Writer,
    context: &Context,
) -> Step<C> {
    if !authorship::may_touch(writer.hand, known) {
        return Step::Stop(Outcome::NotYours);
    }
    let replaces = matches!(intent, Intent::Replace { .. });
    let settle = |mut content: C| {
        let mut faults = Faults::default();
        authorship::prepare(writer.hand, known, &mut content, &mut faults);
        // A document that was read, changed and sent back claims nothing of what the server had
        // settled for what has changed.
        if let Some(known) = known.filter(|_| replaces) {
            content.unsettle(&known.content, context);
        }
        content.settle(known.map(|k| &k.content), context, &mut faults);
        authorship::respect(writer.hand, known, &content, &mut faults);
        writer.check_day(content.journal_date(), &mut faults);
        if faults.is_empty() { Ok(content) } else { Err(faults.into_vec()) }
    };
    match (intent, known) {
        (Intent::Create(content), None) => match settle(content) {
            Ok(content) => Step::Insert(content),
            Err(faults) => Step::Stop(Outcome::Invalid(faults)),
        },
        (Intent::Create(_), Some(known)) if known.deleted_at.is_some() => {
            Step::Stop(Outcome::Gone(known.rev))
        }
        (Intent::Create(content), Some(known)) => match settle(content) {
            Ok(content) if content == known.content => {
                Step::Stop(Outcome::Unchanged(known.clone()))
            }
            Ok(_) => Step::Stop(Outcome::Taken(known.rev)),
            Err(faults) if are_foreign(&faults) => Step::Stop(Outcome::Taken(known.rev)),
            Err(faults) => Step::Stop(Outcome::Invalid(faults)),
        },
        (Intent::Replace { .. } | Intent::Delete { .. }, None) => Step::Stop(Outcome::Unknown),
        (Intent::Replace { base, content }, Some(known)) => match settle(content) {
            // Equal content is what the writer asked for, whatever version he saw: a lost answer.
            Ok(content) if content == known.content && known.deleted_at.is_none() => {
                Step::Stop(Outcome::Unchanged(known.clone()))
            }
            Ok(_) if !base.names(known.rev) => Step::Stop(Outcome::Stale(known.rev)),
            Ok(content) if known.deleted_at.is_some() => {
                Step::Update(content, HistoryOp::Resurrect)
            }
            Ok(content) => Step::Update(content, HistoryOp::Update),
            Err(faults) if !base.names(known.rev) && are_foreign(&faults) => {
                Step::Stop(Outcome::Stale(known.rev))
            }
            Err(faults) => Step::Stop(Outcome::Invalid(faults)),
        },
        (Intent::Delete { .. }, Some(known)) if known.deleted_at.is_some() => {
            Step::Stop(Outcome::Deleted(known.rev))
        }
        (Intent::Delete { base }, Some(known))
            if base.as_ref().is_some_and(|base| !base.names(known.rev)) =>
        {
            Step::Stop(Outcome::Stale(known.rev))
        }
        (Intent::Delete { .. }, Some(known)) if !authorship::may_delete(writer.hand, known) => {
            Step::Stop(Outcome::NotYours)
        }
        (Intent::Delete { .. }, Some(_)) => Step::Bury,
    }
}

/// Is all that is wrong that somebody else's fields differ? Who has seen another version than the
/// present one may have touched none of them.
fn are_foreign(faults: &[Fault]) -> bool {
    faults.iter().all(|fault| fault.code == NOT_YOURS)
}

/// Applies intents in order, all or none: a constant number of statements however many they are.
///
/// # Errors
/// Only for circumstances outside the rules; then nothing is changed.
pub async fn apply_changes<C: Record>(
    tx: &Tx<'_>,
    access: &JournalAccess<Write>,
    ids: &Ids,
    intents: Vec<(Uuid, Intent<C>)>,
) -> Result<Vec<Outcome<C>>, DbError> {
    let wanted: Vec<Uuid> = intents.iter().map(|(id, _)| *id).collect();
    let known = tx.load(sql::find_all::<C>(access.reading(), &wanted)).await?;
    let mut batch = Batch::new(access, ids, known);
    let mut revisions = Revisions::after(access.revision());
    let context = Context { now: access.moment(), day_start_minute: access.day_start_minute() };
    let writer = Writer { hand: access.hand(), window: access.window() };
    let outcomes: Vec<Outcome<C>> = intents
        .into_iter()
        .map(|(id, intent)| apply(&mut batch, &mut revisions, id, intent, &writer, &context))
        .collect();
    let mut statements = revisions.statements(access.permit());
    statements.extend(batch.statements(access.permit()));
    if access.has_quarantined() && writer.hand == Hand::Patient {
        let outcomes = wanted.iter().zip(&outcomes);
        let accepted = outcomes.filter(|(_, outcome)| outcome.is_accepted()).map(|(id, _)| *id);
        statements.push(sql::mended::<C>(access.permit(), &accepted.collect::<Vec<_>>()));
    }
    tx.execute_all(statements).await?;
    Ok(outcomes)
}

fn apply<C: Record>(
    batch: &mut Batch<C>,
    revisions: &mut Revisions,
    id: Uuid,
    intent: Intent<C>,
    writer: &Writer,
    context: &Context,
) -> Outcome<C> {
    match decide(batch.known(id), intent, writer, context) {
        Step::Stop(outcome) => outcome,
        Step::Insert(content) => Outcome::Created(batch.insert(revisions, id, content, None)),
        Step::Update(content, op) => batch
            .update(revisions, id, content, op, None)
            .map_or(Outcome::Unknown, Outcome::Replaced),
        Step::Bury => batch.bury(revisions, id).map_or(Outcome::Unknown, Outcome::Deleted),
    }
}
