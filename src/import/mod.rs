//! Import: a journal from a file, line by line, each line judged by itself. Importing the same file
//! again changes nothing.

mod csv_rows;
mod loader;

use crate::app::App;
use crate::http::{Answered, Problem};
use crate::wire::{Fault, json, parse_uuid};
use chrono_tz::Tz;
use loader::{Loader, loaders};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use uuid::Uuid;

/// Records written in one transaction.
const CHUNK: usize = 500;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// JSON Lines: `{"collection": .., "id": .., fields}`.
    Jsonl,
    /// One row a day with a header of field names; makes daily journal entries.
    Csv,
}

/// What an import did.
#[derive(Debug, Default)]
pub struct Summary {
    /// Records that are new.
    pub created: usize,
    /// Records that were there already, as in the file.
    pub unchanged: usize,
    /// What was refused: line number (from 1) and reasons, in order.
    pub refused: BTreeMap<usize, Vec<String>>,
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

/// Imports `file` into the journal of `patient`. The patient sees it in the access log.
///
/// # Errors
/// When the file cannot be read or the database fails; what was imported before stays.
pub async fn import(
    app: &App,
    patient: Uuid,
    format: Format,
    zone: Tz,
    file: impl Read,
) -> Answered<Summary> {
    let mut import = Import { app, patient, loaders: loaders(), summary: Summary::default() };
    match format {
        Format::Jsonl => import.read_lines(file).await?,
        Format::Csv => import.read_rows(file, zone).await?,
    }
    import.flush_all().await?;
    Ok(import.summary)
}

struct Import<'a> {
    app: &'a App,
    patient: Uuid,
    loaders: BTreeMap<&'static str, Box<dyn Loader>>,
    summary: Summary,
}

impl Import<'_> {
    async fn read_lines(&mut self, file: impl Read) -> Answered<()> {
        for (index, line) in BufReader::new(file).split(b'\n').enumerate() {
            let line = line.map_err(|e| Problem::internal(format!("line {}: {e}", index + 1)))?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match json::parse(line.trim_ascii()) {
                Ok(Value::Object(object)) => self.take(index + 1, Value::Object(object)).await?,
                Ok(_) => self.summary.refuse(index + 1, "Must be a JSON object."),
                Err(reason) => self.summary.refuse(index + 1, reason),
            }
        }
        Ok(())
    }

    async fn read_rows(&mut self, file: impl Read, zone: Tz) -> Answered<()> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let header = reader
            .headers()
            .map_err(|e| Problem::internal(format!("the header of the file: {e}")))?
            .clone();
        for row in reader.records() {
            let row = row.map_err(|e| Problem::internal(format!("the file is not CSV: {e}")))?;
            let line = row.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
            match csv_rows::daily_entry(self.patient, zone, &header, &row) {
                Ok(value) => self.take(line, value).await?,
                Err(reason) => self.summary.refuse(line, reason),
            }
        }
        Ok(())
    }

    /// Reads one record: `collection` and `id` beside the fields.
    async fn take(&mut self, line: usize, mut value: Value) -> Answered<()> {
        let Some(object) = value.as_object_mut() else { return Ok(()) };
        let collection = object.remove("collection");
        let id = object.remove("id");
        let Some(name) = collection.as_ref().and_then(Value::as_str) else {
            self.summary.refuse(line, "collection: This field is required.");
            return Ok(());
        };
        let Some(loader) = self.loaders.get_mut(name) else {
            let known: Vec<&str> = self.loaders.keys().copied().collect();
            self.summary.refuse(line, format!("collection: Must be one of: {}.", known.join(", ")));
            return Ok(());
        };
        let Some(id) = id.as_ref().and_then(Value::as_str).and_then(parse_uuid) else {
            self.summary.refuse(line, "id: Must be a UUID with hyphens.");
            return Ok(());
        };
        match loader.read(line, id, &value) {
            Ok(held) if held >= CHUNK => {
                loader.flush(self.app, self.patient, &mut self.summary).await
            }
            Ok(_) => Ok(()),
            Err(faults) => {
                self.summary.refuse_faults(line, faults);
                Ok(())
            }
        }
    }

    async fn flush_all(&mut self) -> Answered<()> {
        for loader in self.loaders.values_mut() {
            loader.flush(self.app, self.patient, &mut self.summary).await?;
        }
        Ok(())
    }
}
