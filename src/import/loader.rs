//! One collection's share of an import.

use super::Summary;
use crate::access::{self, Write};
use crate::app::App;
use crate::collections::for_each_collection;
use crate::http::{Answered, Sent};
use crate::journal::{Intent, Outcome, Record, apply_changes};
use crate::wire::{Fault, read_body};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Gathers the records of one collection and writes them in chunks.
pub(super) trait Loader {
    /// Reads a record and answers how many are waiting.
    fn read(&mut self, line: usize, id: Uuid, value: &Value) -> Result<usize, Vec<Fault>>;
    /// Writes what is waiting.
    fn flush<'a>(
        &'a mut self,
        app: &'a App,
        patient: Uuid,
        summary: &'a mut Summary,
    ) -> LocalBoxFuture<'a, Answered<()>>;
}

struct Waiting<C>(Vec<(usize, Uuid, C)>);

impl<C: Record> Loader for Waiting<C> {
    fn read(&mut self, line: usize, id: Uuid, value: &Value) -> Result<usize, Vec<Fault>> {
        self.0.push((line, id, read_body::<Sent<C>>(value)?.read()?));
        Ok(self.0.len())
    }

    fn flush<'a>(
        &'a mut self,
        app: &'a App,
        patient: Uuid,
        summary: &'a mut Summary,
    ) -> LocalBoxFuture<'a, Answered<()>> {
        Box::pin(async move {
            let waiting = std::mem::take(&mut self.0);
            if waiting.is_empty() {
                return Ok(());
            }
            let lines: Vec<usize> = waiting.iter().map(|(line, _, _)| *line).collect();
            let intents = waiting.into_iter().map(|(_, id, content)| (id, Intent::Create(content)));
            let intents: Vec<(Uuid, Intent<C>)> = intents.collect();
            let outcomes = access::operate(app, patient, "import", async |tx, journal| {
                let journal: access::JournalAccess<Write> = journal;
                Ok(apply_changes(tx, &journal, &app.ids, intents).await?)
            })
            .await?;
            for (line, outcome) in lines.into_iter().zip(outcomes) {
                match outcome {
                    Outcome::Created(_) => summary.created += 1,
                    Outcome::Unchanged(_) => summary.unchanged += 1,
                    Outcome::Taken(_) => {
                        summary
                            .refuse(line, "id: This id already names a record with other content.");
                    }
                    Outcome::Gone(_) => {
                        summary.refuse(line, "id: This record was deleted, and stays so.");
                    }
                    Outcome::NotYours => {
                        summary.refuse(line, "A practitioner answers for this record.");
                    }
                    Outcome::Invalid(faults) => summary.refuse_faults(line, faults),
                    Outcome::Replaced(_)
                    | Outcome::Deleted(_)
                    | Outcome::Stale(_)
                    | Outcome::Unknown => {}
                }
            }
            Ok(())
        })
    }
}

/// A loader for every collection.
pub(super) fn loaders() -> BTreeMap<&'static str, Box<dyn Loader>> {
    let mut all: BTreeMap<&'static str, Box<dyn Loader>> = BTreeMap::new();
    macro_rules! add {
        ($($collection:ty),+) => { $(
            all.insert(<$collection>::COLLECTION, Box::new(Waiting::<$collection>(Vec::new())));
        )+ };
    }
    for_each_collection!(add);
    all
}
