//! The clinical record: what each collection keeps, over REST and over sync, and who sees it.

mod assessments;
mod faults;
mod sections;
mod wire;

use crate::records::{Sample, samples};
use crate::support::Person;
use crate::sync::support::pull;
use serde_json::{Value, json};

/// The sample of a collection.
fn sample(path: &str) -> Sample {
    samples().into_iter().find(|sample| sample.path == path).expect("a sample")
}

/// An answer without what the server gives each record of its own.
fn content(record: &Value) -> Value {
    let mut content = record.clone();
    for own in ["id", "version", "created_at", "updated_at", "received_at"] {
        content.as_object_mut().unwrap().remove(own);
    }
    content
}

/// The one row of a collection on a phone.
async fn row(person: &Person, table: &str) -> Value {
    let rows = pull(person, 0).await["changes"][table]["updated"].clone();
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{table}");
    rows[0].clone()
}

/// A value as it travels in sync: lists as text, moments in milliseconds.
fn flat(name: &str, value: &Value) -> Value {
    match value {
        Value::Array(_) => json!(value.to_string()),
        Value::String(text) if name.ends_with("_at") => {
            let moment = chrono::DateTime::parse_from_rfc3339(text).unwrap();
            json!(moment.timestamp_millis())
        }
        other => other.clone(),
    }
}
