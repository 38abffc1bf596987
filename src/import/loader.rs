//! One collection's share of an import.

use super::amend::{Past, amend};
use super::csv_rows::derived_ids;
use super::{Drawn, Summary, store};
use crate::access::{self, JournalAccess, Write};
use crate::app::App;
use crate::collections::{SleepRecord, for_each_collection};
use crate::db::Tx;
use crate::http::precondition::Versions;
use crate::http::{Answered, Sent};
use crate::journal::{Intent, Outcome, Record, Stored, apply_changes, fields_of, find_all, window};
use crate::wire::read_body;
use chrono::NaiveDate;
use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Gathers the records of one collection and writes them in chunks.
pub(super) trait Loader {
    /// Reads a record and answers how many are waiting.
    fn read(&mut self, line: usize, drawn: Drawn, summary: &mut Summary) -> usize;
    /// How many are waiting.
    fn waiting(&self) -> usize;
    /// Writes what is waiting.
    fn flush<'a>(
        &'a mut self,
        app: &'a App,
        patient: Uuid,
        summary: &'a mut Summary,
    ) -> LocalBoxFuture<'a, Answered<()>>;
}

/// A record of the file.
struct Item<C> {
    line: usize,
    id: Uuid,
    content: C,
    /// The fields that the file speaks of.
    said: BTreeSet<String>,
    is_summary: bool,
}

struct Waiting<C> {
    items: Vec<Item<C>>,
    /// The line of each id of the file, and what it says.
    seen: HashMap<Uuid, (usize, Map<String, Value>)>,
}

impl<C: Record> Loader for Waiting<C> {
    fn read(&mut self, line: usize, drawn: Drawn, summary: &mut Summary) -> usize {
        let Drawn { id, fields, said, is_summary, .. } = drawn;
        let said = said.unwrap_or_else(|| fields.keys().cloned().collect());
        let content = read_body::<Sent<C>>(&Value::Object(fields)).and_then(Sent::read);
        let content: C = match content {
            Ok(content) => content,
            Err(faults) => {
                summary.refuse_faults(line, faults);
                return self.items.len();
            }
        };
        let says = fields_of(&content);
        match self.seen.get(&id) {
            None => {
                self.seen.insert(id, (line, says));
                self.items.push(Item { line, id, content, said, is_summary });
            }
            Some((_, same)) if *same == says => summary.unchanged += 1,
            Some((first, _)) => {
                let reason =
                    format!("id: Line {first} names a record of this id with other content.");
                summary.refuse(line, reason);
            }
        }
        self.items.len()
    }

    fn waiting(&self) -> usize {
        self.items.len()
    }

    fn flush<'a>(
        &'a mut self,
        app: &'a App,
        patient: Uuid,
        summary: &'a mut Summary,
    ) -> LocalBoxFuture<'a, Answered<()>> {
        Box::pin(async move {
            if self.items.is_empty() {
                return Ok(());
            }
            let items = &self.items;
            let done = access::operate(app, patient, "import", async |tx, journal| {
                let journal: JournalAccess<Write> = journal;
                let (plans, intents) = plan(tx, &journal, patient, items).await?;
                Ok((plans, apply_changes(tx, &journal, &app.ids, intents).await?))
            });
            let (plans, outcomes) = done.await?;
            let mut outcomes = outcomes.into_iter();
            for (item, plan) in self.items.drain(..).zip(plans) {
                match plan {
                    Plan::Write { kept } => {
                        let Some(outcome) = outcomes.next() else { continue };
                        tell(item.line, outcome, summary);
                        name_kept(item.line, &kept, summary);
                    }
                    Plan::Nothing { kept } if kept.is_empty() => summary.unchanged += 1,
                    Plan::Nothing { kept } => name_kept(item.line, &kept, summary),
                    Plan::Refuse(reason) => summary.refuse(item.line, reason),
                }
            }
            Ok(())
        })
    }
}

/// What a summary's record has beside what the summary says.
const FILLED_IN: [&str; 4] = ["journal_date", "time_zone", "kind", "note"];

/// What is to be done with an item.
enum Plan {
    /// An intent is among those to apply; these fields stay as an app has written them.
    Write { kept: Vec<String> },
    /// It stands already; these fields stay as an app has written them.
    Nothing { kept: Vec<String> },
    /// It is refused.
    Refuse(&'static str),
}

/// Decides what becomes of the items on top of what is stored, under the journal's lock.
async fn plan<C: Record>(
    tx: &Tx<'_>,
    journal: &JournalAccess<Write>,
    patient: Uuid,
    items: &[Item<C>],
) -> Answered<(Vec<Plan>, Vec<(Uuid, Intent<C>)>)> {
    let ids: Vec<Uuid> = items.iter().map(|item| item.id).collect();
    let known = tx.load(find_all::<C>(journal.reading(), &ids)).await?;
    let known: Vec<Stored<C>> = known.into_iter().map(|held| held.record).collect();
    let live: Vec<Uuid> = known.iter().filter(|k| k.deleted_at.is_none()).map(|k| k.id).collect();
    let known: HashMap<Uuid, Stored<C>> = known.into_iter().map(|k| (k.id, k)).collect();
    let mut pasts: HashMap<Uuid, Vec<Past>> = HashMap::new();
    if !live.is_empty() {
        for row in tx.load(store::pasts::<C>(journal.permit(), &live)).await? {
            pasts.entry(row.record_id).or_default().push(row.past);
        }
    }
    let days = Days::load(tx, journal, patient, items).await?;
    let (mut plans, mut intents) = (Vec::new(), Vec::new());
    for item in items {
        let plan = match known.get(&item.id).filter(|known| known.deleted_at.is_none()) {
            Some(known) => {
                let past = pasts.get(&item.id).map_or(&[][..], Vec::as_slice);
                let stands = fields_of(&known.content);
                let amended = amend(&stands, past, &fields_of(&item.content), &item.said);
                let mut merged = stands;
                let kept = amended.kept;
                if amended.fields.is_empty() {
                    Plan::Nothing { kept }
                } else {
                    merged.extend(amended.fields);
                    match read_body::<C>(&Value::Object(merged)) {
                        Ok(content) => {
                            let base = Versions::only(known.rev);
                            intents.push((item.id, Intent::Replace { base, content }));
                            Plan::Write { kept }
                        }
                        Err(_) => Plan::Refuse("Contradicts what stands in the journal."),
                    }
                }
            }
            None => match days.told(item) {
                Some(true) => Plan::Nothing { kept: Vec::new() },
                Some(false) => Plan::Refuse(
                    "The journal has its own records of this day, and they say something else. They stay.",
                ),
                None => {
                    intents.push((item.id, Intent::Create(item.content.clone())));
                    Plan::Write { kept: Vec::new() }
                }
            },
        };
        plans.push(plan);
    }
    Ok((plans, intents))
}

/// The records of the days that summaries speak of, but for those that summaries made: a day that the
/// journal tells itself is not told a second time by its summary.
struct Days {
    records: BTreeMap<NaiveDate, Vec<Map<String, Value>>>,
}

impl Days {
    async fn load<C: Record>(
        tx: &Tx<'_>,
        journal: &JournalAccess<Write>,
        patient: Uuid,
        items: &[Item<C>],
    ) -> Answered<Self> {
        let days =
            || items.iter().filter(|i| i.is_summary).filter_map(|i| i.content.journal_date());
        let mut records: BTreeMap<NaiveDate, Vec<Map<String, Value>>> = BTreeMap::new();
        if let Some((first, last)) = days().min().zip(days().max()) {
            for record in tx.load(window::<C>(journal.reading(), (first, last))).await? {
                let Some(day) = record.content.journal_date() else { continue };
                if !derived_ids(patient, C::COLLECTION, day).contains(&record.id) {
                    let mut fields = fields_of(&record.content);
                    let content: &dyn Any = &record.content;
                    if let Some(night) = content.downcast_ref::<SleepRecord>() {
                        // A summary has the length of a night, however it was found.
                        let slept = night.night().total_sleep();
                        fields.insert("reported_sleep_minutes".into(), slept.into());
                    }
                    records.entry(day).or_default().push(fields);
                }
            }
        }
        Ok(Self { records })
    }

    /// Does the journal tell the item's day itself? If so, does it say the same?
    fn told<C: Record>(&self, item: &Item<C>) -> Option<bool> {
        let records = item
            .content
            .journal_date()
            .filter(|_| item.is_summary)
            .and_then(|day| self.records.get(&day))?;
        let fields = fields_of(&item.content);
        let mut said = item.said.iter().filter(|name| !FILLED_IN.contains(&name.as_str()));
        Some(said.all(|name| records.iter().any(|record| record.get(name) == fields.get(name))))
    }
}

fn name_kept(line: usize, kept: &[String], summary: &mut Summary) {
    for field in kept {
        summary.refuse(line, format!("{field}: Was changed in an app since; that stays."));
    }
}

fn tell<C>(line: usize, outcome: Outcome<C>, summary: &mut Summary) {
    match outcome {
        Outcome::Created(_) => summary.created += 1,
        Outcome::Replaced(_) => summary.changed += 1,
        Outcome::Unchanged(_) => summary.unchanged += 1,
        Outcome::Gone(_) => summary.refuse(line, "id: This record was deleted, and stays so."),
        Outcome::NotYours => summary.refuse(line, "A practitioner answers for this record."),
        Outcome::Invalid(faults) => summary.refuse_faults(line, faults),
        // Under the lock nobody else has written since the plan was made.
        Outcome::Taken(_) | Outcome::Deleted(_) | Outcome::Stale(_) | Outcome::Unknown => {
            summary.refuse(line, "id: This id names a record with other content.");
        }
    }
}

/// A loader for every collection.
pub(super) fn loaders() -> BTreeMap<&'static str, Box<dyn Loader>> {
    let mut all: BTreeMap<&'static str, Box<dyn Loader>> = BTreeMap::new();
    macro_rules! add {
        ($($collection:ty),+) => { $(
            let waiting = Waiting::<$collection> { items: Vec::new(), seen: HashMap::new() };
            all.insert(<$collection>::COLLECTION, Box::new(waiting));
        )+ };
    }
    for_each_collection!(add);
    all
}
