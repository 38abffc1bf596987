//! The one writer: REST, practitioners and imports tell it what they want ([`apply_changes`]), sync what its
//! merge has decided ([`Writer::put`]). Under the lock on the journal's counter it takes revisions from it,
//! and leaves a line in the history for every change.

use super::author::Author;
use super::authorship;
use super::batch::{Batch, Edited, Revisions};
use super::definition::Part;
use super::history::HistoryOp;
use super::intent::{Intent, Outcome, Step, decide};
use super::record::Record;
use super::sql;
use super::stored::Stored;
use crate::access::{Hand, JournalAccess, Write};
use crate::db::{DbError, Statement, Tx};
use crate::ids::Ids;
use crate::wire::Fault;
use uuid::Uuid;

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
