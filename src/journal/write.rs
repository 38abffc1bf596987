//! The one writer: REST, practitioners and imports tell it what they want ([`apply_changes`]), sync what its
//! merge has decided ([`Writer::put`]). Under the lock on the journal's counter it takes revisions from it,
//! and leaves a line in the history for every change.

use super::authorship::{self, NOT_YOURS};
use super::batch::{Batch, Edited, Revisions};
use super::definition::Part;
use super::history::HistoryOp;
use super::record::{Context, Record};
use super::sql;
use super::stored::Stored;
use crate::access::{Hand, JournalAccess, Write};
use crate::db::{DbError, Statement, Tx};
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

impl<C> Intent<C> {
    /// The same with its content read.
    pub(super) fn try_map<D, E>(
        self,
        read: impl FnOnce(C) -> Result<D, E>,
    ) -> Result<Intent<D>, E> {
        Ok(match self {
            Self::Create(content) => Intent::Create(read(content)?),
            Self::Replace { base, content } => Intent::Replace { base, content: read(content)? },
            Self::Delete { base } => Intent::Delete { base },
        })
    }
}

/// What became of it; `T` tells the record as it stands. What the protocol foresees is a value, not an
/// error.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// It is new.
    Created(T),
    /// It was already as asked: a repeated request, or no change at all.
    Unchanged(T),
    /// It changed.
    Replaced(T),
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

impl<T> Outcome<T> {
    /// Does the record stand as it was asked?
    const fn is_accepted(&self) -> bool {
        self.is_change() || matches!(self, Self::Unchanged(_))
    }

    /// The same without the record.
    pub fn without_record(self) -> Outcome<()> {
        match self {
            Self::Created(_) => Outcome::Created(()),
            Self::Unchanged(_) => Outcome::Unchanged(()),
            Self::Replaced(_) => Outcome::Replaced(()),
            Self::Deleted(rev) => Outcome::Deleted(rev),
            Self::Taken(rev) => Outcome::Taken(rev),
            Self::Gone(rev) => Outcome::Gone(rev),
            Self::Stale(rev) => Outcome::Stale(rev),
            Self::NotYours => Outcome::NotYours,
            Self::Unknown => Outcome::Unknown,
            Self::Invalid(faults) => Outcome::Invalid(faults),
        }
    }

    /// Did the journal move?
    pub const fn is_change(&self) -> bool {
        matches!(self, Self::Created(_) | Self::Replaced(_) | Self::Deleted(_))
    }
}

/// Who writes, on which days he may, and what the server knows when it settles what he writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Author {
    hand: Hand,
    window: (Option<NaiveDate>, Option<NaiveDate>),
    context: Context,
}

impl Author {
    fn of(access: &JournalAccess<Write>) -> Self {
        let context = Context { now: access.moment(), day_start_minute: access.day_start_minute() };
        Self { hand: access.hand(), window: access.window(), context }
    }

    /// A record's new content as it shall stand: judged for its author, then settled by the rules of
    /// its collection. The one place where both is done, whoever writes.
    fn settle<C: Record>(
        &self,
        known: Option<&Stored<C>>,
        op: HistoryOp,
        mut content: C,
    ) -> Result<C, Vec<Fault>> {
        let mut faults = Faults::default();
        authorship::prepare(self.hand, known, &mut content, &mut faults);
        // A document that was read, changed and sent back claims nothing of what the server had
        // settled for what has changed.
        if let Some(known) = known.filter(|_| op != HistoryOp::Create) {
            content.unsettle(&known.content, &self.context);
        }
        content.settle(known.map(|known| &known.content), &self.context, &mut faults);
        // What is put in the place of a tombstone continues nobody's record.
        if op != HistoryOp::Recreate {
            authorship::respect(self.hand, known, &content, &mut faults);
        }
        self.check_day(content.journal_date(), &mut faults);
        if faults.is_empty() { Ok(content) } else { Err(faults.into_vec()) }
    }

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
    /// Write this, settled.
    Put(HistoryOp, C),
    /// Make it a tombstone.
    Bury,
    /// Write nothing.
    Stop(Outcome<Stored<C>>),
}

/// Known record × intent × author → what to do. Total and pure.
fn decide<C: Record>(known: Option<&Stored<C>>, intent: Intent<C>, author: &Author) -> Step<C> {
    if !authorship::may_touch(author.hand, known) {
        return Step::Stop(Outcome::NotYours);
    }
    match (intent, known) {
        (Intent::Create(content), None) => match author.settle(None, HistoryOp::Create, content) {
            Ok(content) => Step::Put(HistoryOp::Create, content),
            Err(faults) => Step::Stop(Outcome::Invalid(faults)),
        },
        (Intent::Create(_), Some(known)) if known.deleted_at.is_some() => {
            Step::Stop(Outcome::Gone(known.rev))
        }
        (Intent::Create(content), Some(known)) => {
            match author.settle(Some(known), HistoryOp::Create, content) {
                Ok(content) if content == known.content => {
                    Step::Stop(Outcome::Unchanged(known.clone()))
                }
                Ok(_) => Step::Stop(Outcome::Taken(known.rev)),
                Err(faults) if are_foreign(&faults) => Step::Stop(Outcome::Taken(known.rev)),
                Err(faults) => Step::Stop(Outcome::Invalid(faults)),
            }
        }
        (Intent::Replace { .. } | Intent::Delete { .. }, None) => Step::Stop(Outcome::Unknown),
        (Intent::Replace { base, content }, Some(known)) => {
            let is_tombstone = known.deleted_at.is_some();
            let op = if is_tombstone { HistoryOp::Resurrect } else { HistoryOp::Update };
            match author.settle(Some(known), op, content) {
                // Equal content is what the writer asked for, whatever version he saw: a lost answer.
                Ok(content) if content == known.content && !is_tombstone => {
                    Step::Stop(Outcome::Unchanged(known.clone()))
                }
                Ok(_) if !base.names(known.rev) => Step::Stop(Outcome::Stale(known.rev)),
                Ok(content) => Step::Put(op, content),
                Err(faults) if !base.names(known.rev) && are_foreign(&faults) => {
                    Step::Stop(Outcome::Stale(known.rev))
                }
                Err(faults) => Step::Stop(Outcome::Invalid(faults)),
            }
        }
        (Intent::Delete { .. }, Some(known)) if known.deleted_at.is_some() => {
            Step::Stop(Outcome::Deleted(known.rev))
        }
        (Intent::Delete { base }, Some(known))
            if base.as_ref().is_some_and(|base| !base.names(known.rev)) =>
        {
            Step::Stop(Outcome::Stale(known.rev))
        }
        (Intent::Delete { .. }, Some(known)) if !authorship::may_delete(author.hand, known) => {
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

/// Writes the records of one collection in one transaction, in stages: [`load`](Self::load) looks up what
/// is known; authorship and rules judge and settle, in [`Author::settle`]; what is to be written gathers in
/// a [`Batch`]; [`statements`](Self::statements) write it. All but the first are pure.
pub(super) struct Writer<C> {
    author: Author,
    batch: Batch<C>,
}

impl<C: Record> Writer<C> {
    /// Looks up the records that may be written, in one statement.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn load(
        tx: &Tx<'_, Write>,
        access: &JournalAccess<Write>,
        ids: &Ids,
        wanted: &[Uuid],
    ) -> Result<Self, DbError> {
        let known = tx.load(sql::find_all::<C>(wanted).lift()).await?;
        Ok(Self { author: Author::of(access), batch: Batch::new(access, ids, known) })
    }

    /// The changes so far.
    pub(super) const fn batch(&self) -> &Batch<C> {
        &self.batch
    }

    /// The same, for what is no change of content.
    pub(super) const fn batch_mut(&mut self) -> &mut Batch<C> {
        &mut self.batch
    }

    /// May the author delete this record?
    pub(super) fn may_delete(&self, known: &Stored<C>) -> bool {
        authorship::may_delete(self.author.hand, known)
    }

    /// The part of this record that is not the author's.
    pub(super) fn foreign_part(&self, known: &Stored<C>) -> Option<Part> {
        authorship::foreign_part(self.author.hand, known)
    }

    /// Settles and writes what a merge has decided; answers whether that changes anything.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn put(
        &mut self,
        revisions: &mut Revisions,
        id: Uuid,
        op: HistoryOp,
        content: C,
        edited: Edited,
    ) -> Result<bool, Vec<Fault>> {
        let known = self.batch.known(id);
        let content = self.author.settle(known, op, content)?;
        let stands =
            known.is_some_and(|known| known.deleted_at.is_none() && known.content == content);
        if !stands {
            self.batch.put(revisions, id, op, content, Some(edited));
        }
        Ok(!stands)
    }

    /// Decides and writes what an intent asks for.
    fn apply(
        &mut self,
        revisions: &mut Revisions,
        id: Uuid,
        intent: Intent<C>,
    ) -> Outcome<Stored<C>> {
        let step = decide(self.batch.known(id), intent, &self.author);
        let becomes: fn(Stored<C>) -> Outcome<Stored<C>> = match step {
            Step::Stop(outcome) => return outcome,
            Step::Put(op, content) => {
                self.batch.put(revisions, id, op, content, None);
                if op == HistoryOp::Create { Outcome::Created } else { Outcome::Replaced }
            }
            Step::Bury => {
                self.batch.bury(revisions, id);
                |record: Stored<C>| Outcome::Deleted(record.rev)
            }
        };
        self.batch.known(id).cloned().map_or(Outcome::Unknown, becomes)
    }

    /// What writes the changes, in two statements at most.
    pub(super) fn statements(&self) -> Vec<Statement<Write>> {
        self.batch.statements()
    }
}

/// Applies intents in order, all or none: a constant number of statements however many they are.
///
/// # Errors
/// Only for circumstances outside the rules; then nothing is changed.
pub async fn apply_changes<C: Record>(
    tx: &Tx<'_, Write>,
    access: &JournalAccess<Write>,
    ids: &Ids,
    intents: Vec<(Uuid, Intent<C>)>,
) -> Result<Vec<Outcome<Stored<C>>>, DbError> {
    let wanted: Vec<Uuid> = intents.iter().map(|(id, _)| *id).collect();
    let mut writer = Writer::load(tx, access, ids, &wanted).await?;
    let mut revisions = Revisions::after(access.revision());
    let intents = intents.into_iter();
    let outcomes: Vec<Outcome<Stored<C>>> =
        intents.map(|(id, intent)| writer.apply(&mut revisions, id, intent)).collect();
    let mut statements = revisions.statements();
    statements.extend(writer.statements());
    if access.has_quarantined() && access.hand() == Hand::Patient {
        let outcomes = wanted.iter().zip(&outcomes);
        let accepted = outcomes.filter(|(_, outcome)| outcome.is_accepted()).map(|(id, _)| *id);
        statements.push(sql::mended::<C>(&accepted.collect::<Vec<_>>()));
    }
    tx.execute_all(statements).await?;
    Ok(outcomes)
}
