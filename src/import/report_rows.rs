//! A row of a report's table of days (`days.csv`) as the records it was made of, as far as a table can
//! tell: the day's entry, a single rating, the night. What other records say (flares, medicines,
//! treatment sessions) is in no such table; how much of that there was is told at the end.

use super::Drawn;
use super::cells::value;
use super::day::{KIND, MOMENT, Whose, ZONE};
use super::header::{DAY, Header};
use super::table::TableRow;
use crate::collections::{EntryKind, JournalEntry, SleepRecord};
use crate::journal::{Collection, Fields, Of, Record, field};
use crate::wire::read_body;
use crate::wire::unseen::trim_unseen;
use serde_json::{Value, json};
use std::collections::BTreeMap;

static ENTRIES: Of<JournalEntry> = Of::COLLECTION;
static NIGHTS: Of<SleepRecord> = Of::COLLECTION;

const AVERAGE: &str = field::<JournalEntry>("pain_average");
const NOW: &str = field::<JournalEntry>("pain_now");
const PAIN_FREE: &str = field::<JournalEntry>("pain_free_day");
const NOTE: &str = field::<JournalEntry>("note");
const SLEPT: &str = field::<SleepRecord>("reported_sleep_minutes");
const QUALITY: &str = field::<SleepRecord>("quality");

/// What becomes of a column.
enum Fate {
    /// A field of the day's entry, under the same name.
    Entry,
    /// A field of the night.
    Night(&'static str),
    /// The daily score; `source` says what it is.
    Score,
    /// Computed from the rest, and so computed again.
    Computed,
    /// It sums up records that the table does not hold, by this name.
    Elsewhere(&'static str),
}

fn fate(column: &str) -> Option<Fate> {
    Some(match column {
        DAY | "expected" | "source" | "ratings" | "backfilled" | "spike"
        // Whose table it is.
        | "patient_name" | "patient_year_of_birth" | "own_reference" => Fate::Computed,
        "pain" => Fate::Score,
        "sleep_minutes" => Fate::Night(SLEPT),
        "sleep_quality" => Fate::Night(QUALITY),
        "flare" => Fate::Elsewhere("flares"),
        "relief_taken" | "preventive_taken" => Fate::Elsewhere("medication intakes"),
        "event_severity" | "event_clinical_severity" => Fate::Elsewhere("adverse events"),
        "sessions_attended" | "treatments_attended" => Fate::Elsewhere("treatment sessions"),
        _ => return JournalEntry::DEFINITION.field(column).map(|_| Fate::Entry),
    })
}

/// Gives a record of the journal what a summary has of it: the length of a night, however it was found.
pub(super) fn sum_up(collection: &dyn Collection, fields: &mut Fields) {
    if collection.name() == SleepRecord::COLLECTION
        && let Ok(night) = read_body::<SleepRecord>(&Value::Object(fields.clone()))
    {
        fields.insert(SLEPT.into(), night.night().total_sleep().into());
    }
}

/// What the table sums up and does not hold, and what was kept in another way, counted for the person
/// at the terminal.
#[derive(Debug, Default)]
pub(super) struct Summed(BTreeMap<String, usize>);

impl Summed {
    fn count(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }

    /// One remark for each.
    pub(super) fn remarks(&self) -> Vec<String> {
        self.0.iter().map(|(what, days)| format!("{what} (on {days} days)")).collect()
    }
}

/// Reads a row of the table of days of a report: the records it tells of, none where it tells nothing.
///
/// # Errors
/// What is wrong with it, in one sentence.
pub(super) fn draw(
    header: &Header,
    row: &TableRow<'_>,
    whose: Whose,
    summed: &mut Summed,
) -> Result<Vec<Drawn>, String> {
    let (day, cells) = header.named(row)?;
    let cells: BTreeMap<&str, &str> =
        cells.into_iter().filter(|(_, cell)| !trim_unseen(cell).is_empty()).collect();
    let (mut daily, mut night, mut rating, mut note) = (Fields::new(), Fields::new(), None, None);
    for (name, cell) in &cells {
        match fate(name) {
            Some(Fate::Entry) => {
                daily.insert((*name).to_owned(), value(&ENTRIES, name, cell)?);
            }
            Some(Fate::Night(field)) => {
                night.insert(field.to_owned(), value(&NIGHTS, field, cell)?);
            }
            Some(Fate::Score) => match cells.get("source").map(|source| trim_unseen(source)) {
                None | Some("daily") => {
                    daily.insert(AVERAGE.into(), value(&ENTRIES, AVERAGE, cell)?);
                }
                Some("single_rating") => rating = Some(value(&ENTRIES, NOW, cell)?),
                Some("momentary_mean") => {
                    let mean = mean(cell).ok_or("pain: Must be a number between 0 and 10.")?;
                    // No rating is made up for it: which ones it was the mean of, no table says.
                    let ratings =
                        cells.get("ratings").map_or("several", |count| trim_unseen(count));
                    note = Some(format!("Mean of the day's {ratings} ratings of pain: {mean}"));
                    summed.count(
                        "a mean of several ratings is kept as a note of its day, and is no average"
                            .into(),
                    );
                }
                Some(_) => {
                    return Err("source: Must be daily, momentary_mean or single_rating.".into());
                }
            },
            Some(Fate::Elsewhere(records)) => {
                let says_something =
                    !matches!(trim_unseen(cell).to_lowercase().as_str(), "false" | "0");
                if says_something {
                    summed.count(format!(
                        "{name} tells of {records}, which this table does not hold"
                    ));
                }
            }
            Some(Fate::Computed) | None => {}
        }
    }
    let mut drawn = Vec::new();
    let mut add = |collection: &'static dyn Collection,
                   further: &str,
                   later,
                   summed: Fields,
                   besides: Fields| {
        let collection = collection.name();
        let names = summed.keys().cloned().collect();
        let (at, zone) = whose.evening(day, None, later);
        let mut fields = summed;
        fields.extend(besides);
        fields.extend([(ZONE.into(), zone), (DAY.into(), json!(day))]);
        let said = fields.keys().cloned().collect();
        if collection == JournalEntry::COLLECTION {
            fields.insert(MOMENT.into(), at);
        }
        let id = whose.id_of(collection, day, further);
        drawn.push(Drawn { collection, id, fields, said: Some(said), summed: Some(names) });
    };
    let of_kind = |kind: EntryKind| Fields::from_iter([(KIND.into(), json!(kind))]);
    // Said in another entry of the day than the pain beside it: together they would contradict.
    let rated = |name: &&str| daily.get(*name).and_then(Value::as_f64);
    let hurts = JournalEntry::PAIN_RATINGS.iter().filter_map(rated).any(|pain| pain > 0.0);
    if hurts && daily.get(PAIN_FREE) == Some(&json!(true)) {
        daily.remove(PAIN_FREE);
        let free = Fields::from_iter([(PAIN_FREE.into(), json!(true))]);
        add(&ENTRIES, ":pain_free", 1, free, of_kind(EntryKind::Daily));
    }
    if !daily.is_empty() || note.is_some() {
        let mut besides = of_kind(EntryKind::Daily);
        besides.extend(note.map(|note| (NOTE.into(), note.into())));
        add(&ENTRIES, "", 0, daily, besides);
    }
    if let Some(pain) = rating {
        let rating = Fields::from_iter([(NOW.into(), pain)]);
        add(&ENTRIES, ":rating", 0, rating, of_kind(EntryKind::Momentary));
    }
    if !night.is_empty() {
        add(&NIGHTS, "", 0, night, Fields::new());
    }
    Ok(drawn)
}

/// A mean of ratings, as it was written but for a decimal comma.
fn mean(cell: &str) -> Option<String> {
    let text = trim_unseen(cell).replace(',', ".");
    text.parse::<f64>().is_ok_and(|mean| (0.0..=10.0).contains(&mean)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::render::days::DAY_COLUMNS;
    use uuid::Uuid;

    fn drawn(table: &str) -> (Vec<Vec<Drawn>>, Vec<String>) {
        let whose = Whose { patient: Uuid::nil(), zone: chrono_tz::UTC };
        let (header, rows) = Header::find(table).unwrap();
        let mut summed = Summed::default();
        let rows = rows.map(|row| draw(&header, &row.unwrap(), whose, &mut summed).unwrap());
        (rows.collect(), summed.remarks())
    }

    #[test]
    fn every_column_of_the_table_has_a_fate() {
        for column in DAY_COLUMNS {
            assert!(fate(column).is_some(), "{column}");
        }
    }

    #[test]
    fn a_day_becomes_what_it_was_made_of() {
        let table = "journal_date,expected,pain,pain_worst,source,ratings,flare,steps,sleep_minutes,sleep_quality\n\
            2025-04-01,true,4,6,daily,2,false,0,417,7\n\
            2025-04-02,true,,,,0,,,,\n\
            2025-04-03,true,5,,single_rating,1,true,,,\n\
            2025-04-04,true,5.33,8,momentary_mean,4,true,,,3\n";
        let (rows, remarks) = drawn(table);
        let kinds: Vec<Vec<&str>> = rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|d| d.fields.get("kind").map_or("night", |k| k.as_str().unwrap()))
                    .collect()
            })
            .collect();
        assert_eq!(
            kinds,
            [vec!["daily", "night"], vec![], vec!["momentary"], vec!["daily", "night"]]
        );
        assert_eq!(rows[0][0].fields["pain_average"], json!(4));
        assert_eq!(
            (&rows[0][0].fields["steps"], &rows[0][1].fields["reported_sleep_minutes"]),
            (&json!(0), &json!(417))
        );
        assert_eq!(rows[2][0].fields["pain_now"], json!(5));
        let mean = &rows[3][0].fields;
        assert!(mean.get("pain_average").is_none() && mean["pain_worst"] == json!(8));
        assert_eq!(mean["note"], json!("Mean of the day's 4 ratings of pain: 5.33"));
        assert_eq!(remarks.len(), 2, "{remarks:?}");
        assert!(
            remarks
                .iter()
                .any(|r| r.starts_with("flare tells of flares") && r.ends_with("(on 2 days)"))
        );
    }

    #[test]
    fn a_day_called_free_of_pain_beside_a_rating_stays_two_answers() {
        let (rows, _) = drawn(
            "journal_date,expected,pain,source,pain_free_day\n2025-04-01,true,2,daily,true\n",
        );
        assert_eq!(rows[0].len(), 2);
        let (rows, _) = drawn(
            "journal_date,expected,pain,source,pain_free_day\n2025-04-01,true,0,daily,true\n",
        );
        assert_eq!(rows[0].len(), 1);
    }
}
