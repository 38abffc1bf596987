//! One collection's share of an import.

use super::amend::{Amended, AppliedChange, amend};
use super::day::derived_ids;
use super::{Drawn, Summary, report_rows, store};
use crate::access::{self, JournalAccess, Write};
use crate::app::App;
use crate::db::Tx;
use crate::http::Answered;
use crate::http::precondition::Versions;
use crate::journal::{
    Collection, CollectionWriter, Fields, Intent, JOURNAL_DATE, Revisions, WriteOutcome, write_all,
};
use crate::time::parse_date;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// A record of the file.
struct Item {
    line: usize,
    id: Uuid,
    /// Its fields, as the server would keep them.
    fields: Fields,
    /// The fields that the file speaks of.
    said: BTreeSet<String>,
    summed: Option<BTreeSet<String>>,
}

impl Item {
    fn day(&self) -> Option<NaiveDate> {
        day_of(&self.fields)
    }
}

/// Gathers the records of one collection and writes them in chunks.
pub(super) struct Loader {
    collection: &'static dyn Collection,
    items: Vec<Item>,
    /// The line of each id of the file, and what it says.
    seen: HashMap<Uuid, (usize, Fields)>,
}

impl Loader {
    /// Nothing gathered yet.
    pub(super) fn new(collection: &'static dyn Collection) -> Self {
        Self { collection, items: Vec::new(), seen: HashMap::new() }
    }

    /// Reads a record and answers how many are waiting.
    pub(super) fn read(&mut self, line: usize, drawn: Drawn, summary: &mut Summary) -> usize {
        let Drawn { id, fields, said, summed, .. } = drawn;
        let said = said.unwrap_or_else(|| fields.keys().cloned().collect());
        let fields = match self.collection.read(fields) {
            Ok(fields) => fields,
            Err(faults) => {
                summary.refuse_faults(line, faults);
                return self.items.len();
            }
        };
        match self.seen.get(&id) {
            None => {
                self.seen.insert(id, (line, fields.clone()));
                self.items.push(Item { line, id, fields, said, summed });
            }
            Some((_, same)) if *same == fields => summary.unchanged += 1,
            Some((first, _)) => {
                let reason =
                    format!("id: Line {first} names a record of this id with other content.");
                summary.refuse(line, reason);
            }
        }
        self.items.len()
    }

    /// How many are waiting.
    pub(super) fn waiting(&self) -> usize {
        self.items.len()
    }

    /// Writes what is waiting.
    pub(super) async fn flush(
        &mut self,
        app: &App,
        patient: Uuid,
        summary: &mut Summary,
    ) -> Answered<()> {
        if self.items.is_empty() {
            return Ok(());
        }
        let (collection, items) = (self.collection, &self.items);
        let done = access::operate(app, patient, "import", async |tx, journal| {
            let journal: JournalAccess<Write> = journal;
            let ids = items.iter().map(|item| item.id).collect();
            let mut writer = collection.writer(tx, &journal, &app.ids, ids).await?;
            let mut revisions = Revisions::after(journal.revision());
            let (plans, intents) = plan(tx, patient, collection, &*writer, items).await?;
            let apply = |(id, intent)| writer.apply(&mut revisions, id, intent);
            let outcomes: Vec<WriteOutcome<()>> = intents.into_iter().map(apply).collect();
            write_all(tx, &revisions, &*writer).await?;
            Ok((plans, outcomes))
        });
        let (plans, outcomes) = done.await?;
        let mut outcomes = outcomes.into_iter();
        for (item, plan) in self.items.drain(..).zip(plans) {
            match plan {
                Plan::Write { left } => {
                    let Some(outcome) = outcomes.next() else { continue };
                    tell(item.line, outcome, summary);
                    name_left(item.line, &left, summary);
                }
                Plan::Nothing { left } if left.is_empty() => summary.unchanged += 1,
                Plan::Nothing { left } => name_left(item.line, &left, summary),
                Plan::Refuse(reason) => summary.refuse(item.line, reason),
            }
        }
        Ok(())
    }
}

/// The journal day of a record.
fn day_of(fields: &Fields) -> Option<NaiveDate> {
    parse_date(fields.get(JOURNAL_DATE)?.as_str()?)
}

/// What is to be done with an item.
enum Plan {
    /// An intent is among those to apply; these fields stay as an app has written them.
    Write { left: Vec<String> },
    /// It stands already; these fields stay as an app has written them.
    Nothing { left: Vec<String> },
    /// It is refused.
    Refuse(&'static str),
}

/// Decides what becomes of the items on top of what is stored, under the journal's lock.
async fn plan(
    tx: &Tx<'_, Write>,
    patient: Uuid,
    collection: &dyn Collection,
    writer: &dyn CollectionWriter,
    items: &[Item],
) -> Answered<(Vec<Plan>, Vec<(Uuid, Intent<Fields>)>)> {
    let live = |id| writer.known(id).filter(|known| known.without_content().deleted_at.is_none());
    let known: Vec<Uuid> =
        items.iter().map(|item| item.id).filter(|id| live(*id).is_some()).collect();
    let mut histories: HashMap<Uuid, Vec<AppliedChange>> = HashMap::new();
    if !known.is_empty() {
        for row in tx.load(store::histories(collection.definition(), &known)).await? {
            histories.entry(row.record_id).or_default().push(row.change);
        }
    }
    let days = Days::load(tx, patient, collection, items).await?;
    let (mut plans, mut intents) = (Vec::new(), Vec::new());
    for item in items {
        let plan = match live(item.id) {
            Some(known) => {
                let history = histories.get(&item.id).map_or(&[][..], Vec::as_slice);
                let mut merged = known.fields();
                let Amended { fields, left } = amend(&merged, history, &item.fields, &item.said);
                if fields.is_empty() {
                    Plan::Nothing { left }
                } else {
                    merged.extend(fields);
                    match collection.read(merged) {
                        Ok(content) => {
                            let base = Versions::only(known.without_content().rev);
                            intents.push((item.id, Intent::Replace { base, content }));
                            Plan::Write { left }
                        }
                        Err(_) => Plan::Refuse("Contradicts what stands in the journal."),
                    }
                }
            }
            None => match days.agree_with(item) {
                Some(true) => Plan::Nothing { left: Vec::new() },
                Some(false) => Plan::Refuse(
                    "The journal has its own records of this day, and they say something else. They stay.",
                ),
                None => {
                    intents.push((item.id, Intent::Create(item.fields.clone())));
                    Plan::Write { left: Vec::new() }
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
    records: BTreeMap<NaiveDate, Vec<Fields>>,
}

impl Days {
    async fn load(
        tx: &Tx<'_, Write>,
        patient: Uuid,
        collection: &dyn Collection,
        items: &[Item],
    ) -> Answered<Self> {
        let days = || items.iter().filter(|item| item.summed.is_some()).filter_map(Item::day);
        let mut records: BTreeMap<NaiveDate, Vec<Fields>> = BTreeMap::new();
        if let Some(days) = days().min().zip(days().max()) {
            for record in collection.window(&tx.only(), days).await? {
                let mut fields = record.fields();
                let Some(day) = day_of(&fields) else { continue };
                let id = record.without_content().id;
                if !derived_ids(patient, collection.name(), day).contains(&id) {
                    report_rows::sum_up(collection, &mut fields);
                    records.entry(day).or_default().push(fields);
                }
            }
        }
        Ok(Self { records })
    }

    /// Does the journal tell the item's day itself? If so, does it say the same?
    fn agree_with(&self, item: &Item) -> Option<bool> {
        let summed = item.summed.as_ref()?;
        let records = self.records.get(&item.day()?)?;
        let says = |record: &Fields, name: &String| record.get(name) == item.fields.get(name);
        Some(summed.iter().all(|name| records.iter().any(|record| says(record, name))))
    }
}

fn name_left(line: usize, left: &[String], summary: &mut Summary) {
    for field in left {
        summary.refuse(line, format!("{field}: Was changed in an app since; that stays."));
    }
}

fn tell(line: usize, outcome: WriteOutcome<()>, summary: &mut Summary) {
    match outcome {
        WriteOutcome::Created(()) => summary.created += 1,
        WriteOutcome::Replaced(()) => summary.changed += 1,
        WriteOutcome::Unchanged(()) => summary.unchanged += 1,
        WriteOutcome::Gone(_) => summary.refuse(line, "id: This record was deleted, and stays so."),
        WriteOutcome::NotYours => summary.refuse(line, "A practitioner answers for this record."),
        WriteOutcome::Invalid(faults) => summary.refuse_faults(line, faults),
        // Under the lock nobody else has written since the plan was made.
        WriteOutcome::Taken(_)
        | WriteOutcome::Deleted(_)
        | WriteOutcome::Stale(_)
        | WriteOutcome::Unknown => {
            summary.refuse(line, "id: This id names a record with other content.");
        }
    }
}
