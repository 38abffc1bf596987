//! Import: a journal from a file, line by line, each line judged by itself. Importing the same file
//! again changes nothing; a corrected one changes what was corrected, and no edit made in an app since.

mod amend;
mod cells;
mod csv_rows;
mod day;
mod decoding;
mod header;
mod loader;
mod report_rows;
mod store;
mod table;

pub use decoding::encoding;

use crate::app::App;
use crate::collections::ALL;
use crate::http::Problem;
use crate::journal::Fields;
use crate::language::Language;
use crate::wire::{Fault, json, parse_uuid};
use chrono::NaiveDate;
use chrono_tz::Tz;
use day::Whose;
use decoding::{Decoded, decode};
use encoding_rs::Encoding;
use header::{Header, Lines};
use loader::Loader;
use report_rows::Summed;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use uuid::Uuid;

/// Records written in one transaction.
const CHUNK: usize = 500;
/// Bytes a file may have: it is held in memory.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FileFormat {
    /// JSON Lines: `{"collection": .., "id": .., fields}`.
    Jsonl,
    /// One row a day with a header of field names, separated by commas, semicolons or tabs; makes daily
    /// journal entries. A report's `days.csv` is one, too.
    Csv,
}

/// What an import did.
#[derive(Debug, Default)]
pub struct Summary {
    /// Records that are new.
    pub created: usize,
    /// Records that were there and follow the file now.
    pub changed: usize,
    /// Records that were there already, as in the file.
    pub unchanged: usize,
    /// What was refused, whole or in a field: line number (from 1) and reasons, in order.
    pub refused: BTreeMap<usize, Vec<String>>,
    /// Records that were read and not written, because the import broke off.
    pub unwritten: usize,
    /// What else the person at the terminal should know of the file.
    pub remarks: Vec<String>,
}

impl Summary {
    fn refuse(&mut self, line: usize, reason: impl Into<String>) {
        self.refused.entry(line).or_default().push(reason.into());
    }

    fn refuse_faults(&mut self, line: usize, faults: Vec<Fault>) {
        for fault in faults {
            let field = fault.pointer.unwrap_or_default();
            self.refuse(line, format!("{} {}", field.trim_start_matches("#/"), fault.detail));
        }
    }
}

/// An import that broke off. What it had written stays, and is counted.
#[derive(Debug)]
pub struct BrokenOff {
    /// What it did before.
    pub summary: Summary,
    /// Why.
    pub problem: Problem,
}

impl From<BrokenOff> for Problem {
    fn from(broken: BrokenOff) -> Self {
        broken.problem
    }
}

/// A record that a line of a file makes.
#[derive(Debug)]
struct Drawn {
    collection: &'static str,
    id: Uuid,
    fields: Fields,
    /// The fields that the line speaks of, where these are others than those it has.
    said: Option<BTreeSet<String>>,
    /// The fields in which it sums up a day that the journal may tell itself, where it does.
    summed: Option<BTreeSet<String>>,
}

/// Imports `file`, as Unicode, into the journal of `patient`. The patient sees it in the access log.
///
/// # Errors
/// As [`import_in`].
pub async fn import(
    app: &App,
    patient: Uuid,
    format: FileFormat,
    zone: Tz,
    file: impl Read,
) -> Result<Summary, BrokenOff> {
    import_in(app, patient, format, zone, None, file).await
}

/// The same for a file in a named encoding; a mark of Unicode in front of it counts for more.
///
/// # Errors
/// When the file cannot be read, and then nothing was written; or when the database fails.
pub async fn import_in(
    app: &App,
    patient: Uuid,
    format: FileFormat,
    zone: Tz,
    encoding: Option<&'static Encoding>,
    file: impl Read,
) -> Result<Summary, BrokenOff> {
    let loaders = ALL.map(|of| (of.name(), Loader::new(of))).into();
    let mut import = Import { app, patient, loaders, summary: Summary::default() };
    let done = match text_of(file, encoding) {
        Ok(text) => import.read(format, zone, &text).await,
        Err(reason) => Err(Problem::internal(reason)),
    };
    let mut summary = import.summary;
    summary.unwritten = import.loaders.values().map(Loader::waiting).sum();
    match done {
        Ok(()) => Ok(summary),
        Err(problem) => Err(BrokenOff { summary, problem }),
    }
}

fn text_of(file: impl Read, encoding: Option<&'static Encoding>) -> Result<Decoded, String> {
    let mut bytes = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("the file cannot be read: {error}"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(format!("the file has more than {MOST_BYTES} bytes; split it"));
    }
    Ok(decode(&bytes, encoding))
}

struct Import<'a> {
    app: &'a App,
    patient: Uuid,
    loaders: BTreeMap<&'static str, Loader>,
    summary: Summary,
}

impl Import<'_> {
    async fn read(&mut self, format: FileFormat, zone: Tz, file: &Decoded) -> Result<(), Problem> {
        match format {
            FileFormat::Jsonl => self.read_lines(file).await?,
            FileFormat::Csv => self.read_rows(file, zone).await?,
        }
        for loader in self.loaders.values_mut() {
            loader.flush(self.app, self.patient, &mut self.summary).await?;
        }
        Ok(())
    }

    async fn read_lines(&mut self, file: &Decoded) -> Result<(), Problem> {
        for (index, text) in Lines(&file.text).enumerate() {
            let line = index + 1;
            if text.trim_ascii().is_empty() {
                continue;
            }
            if let Some(reason) = file.fault_in(text) {
                self.summary.refuse(line, reason);
                continue;
            }
            match json::parse(text.trim_ascii().as_bytes()) {
                Ok(Value::Object(object)) => match self.record(object) {
                    Ok(drawn) => self.take(line, drawn).await?,
                    Err(reason) => self.summary.refuse(line, reason),
                },
                Ok(_) => self.summary.refuse(line, "Must be a JSON object."),
                Err(found) => self.summary.refuse(line, found.words(Language::english())),
            }
        }
        Ok(())
    }

    /// A record as a line of JSON has it: `collection` and `id` beside the fields.
    fn record(&self, mut fields: Fields) -> Result<Drawn, String> {
        let collection = fields.remove("collection");
        let id = fields.remove("id");
        let name = collection.as_ref().and_then(Value::as_str);
        let name = name.ok_or("collection: This field is required.")?;
        let Some((&collection, _)) = self.loaders.get_key_value(name) else {
            let known: Vec<&str> = self.loaders.keys().copied().collect();
            return Err(format!("collection: Must be one of: {}.", known.join(", ")));
        };
        let id = id.as_ref().and_then(Value::as_str).and_then(parse_uuid);
        let id = id.ok_or("id: Must be a UUID with hyphens.")?;
        Ok(Drawn { collection, id, fields, said: None, summed: None })
    }

    async fn read_rows(&mut self, file: &Decoded, zone: Tz) -> Result<(), Problem> {
        let (header, rows) = match Header::find(&file.text) {
            Ok(found) => found,
            Err((line, reason)) => {
                self.summary.refuse(line, reason);
                return Ok(());
            }
        };
        let whose = Whose { patient: self.patient, zone };
        let (mut days, mut summed) = (Said::default(), Summed::default());
        for row in rows {
            let (line, raw) = match &row {
                Ok(row) => (row.line, row.raw),
                Err(fault) => (fault.line, fault.raw),
            };
            if let Some(reason) = file.fault_in(raw) {
                self.summary.refuse(line, reason);
                continue;
            }
            let drawn = match row {
                Err(fault) => Err(fault.reason),
                Ok(row) if row.is_blank() => continue,
                Ok(row) if header.is_report => report_rows::draw(&header, &row, whose, &mut summed),
                Ok(row) => csv_rows::read(&header, &row).map(|read| days.add(read, whose)),
            };
            match drawn {
                Ok(drawn) if drawn.is_empty() => {
                    self.summary.unchanged += usize::from(!header.is_report);
                }
                Ok(drawn) => {
                    for drawn in drawn {
                        self.take(line, drawn).await?;
                    }
                }
                Err(reason) => self.summary.refuse(line, reason),
            }
        }
        self.summary.remarks = summed.remarks();
        Ok(())
    }

    async fn take(&mut self, line: usize, drawn: Drawn) -> Result<(), Problem> {
        let Some(loader) = self.loaders.get_mut(drawn.collection) else { return Ok(()) };
        if loader.read(line, drawn, &mut self.summary) >= CHUNK {
            loader.flush(self.app, self.patient, &mut self.summary).await?;
        }
        Ok(())
    }
}

/// What the rows of a table have said so far, by day.
#[derive(Default)]
struct Said(HashMap<NaiveDate, Vec<Fields>>);

impl Said {
    /// The entry of a row; none where a row before it has said the same of its day.
    fn add(&mut self, row: csv_rows::DailyRow, whose: Whose) -> Vec<Drawn> {
        let before = self.0.entry(row.day).or_default();
        if before.contains(&row.fields) {
            return Vec::new();
        }
        before.push(row.fields.clone());
        vec![row.drawn(whose, before.len() - 1)]
    }
}
