//! The SQL texts of a collection, written from its definition.

use super::definition::CollectionDefinition;

/// The columns every record has, in the order [`Stored`](super::Stored) reads them.
const COMMON: [(&str, &str); 9] = [
    ("id", "uuid"),
    ("rev", "bigint"),
    ("created_rev", "bigint"),
    ("deleted_at", "timestamptz"),
    ("author_id", "uuid"),
    ("device_id", "uuid"),
    ("created_at", "timestamptz"),
    ("updated_at", "timestamptz"),
    ("received_at", "timestamptz"),
];

/// The column that collections have in which practitioners record, behind the common ones.
const CLINICIAN: (&str, &str) = ("clinician_id", "uuid");

/// The columns of a collection before its fields.
fn common(of: &CollectionDefinition) -> impl Iterator<Item = (&'static str, &'static str)> {
    COMMON.into_iter().chain(of.writers.has_practitioner().then_some(CLINICIAN))
}

/// Columns an update leaves alone.
const FIXED: [&str; 4] = ["id", "created_rev", "author_id", "created_at"];

/// The fixed texts of a collection. Texts live as long as the program, so that the connection's
/// cache of prepared statements can be keyed by them.
#[derive(Debug)]
pub struct Texts {
    /// One live record by id.
    pub find: &'static str,
    /// Records by ids, tombstones included, each with its marks.
    pub find_all: &'static str,
    /// A page of the list, newest day first.
    pub page: &'static str,
    /// All live records of some days.
    pub window: &'static str,
    /// Records of a range of revisions, tombstones included, oldest change first.
    pub changes: &'static str,
    /// Writes many records.
    pub upsert: &'static str,
}

impl Texts {
    /// Writes the texts of a collection.
    pub fn of(collection: &CollectionDefinition) -> Self {
        let names: Vec<&str> = common(collection)
            .map(|(name, _)| name)
            .chain(collection.fields.iter().map(|f| f.name))
            .collect();
        let columns = names.join(", ");
        let from = format!(
            "SELECT {columns} FROM pj.{} WHERE patient_id = sec.subject()",
            collection.name
        );
        let arrays: Vec<String> = common(collection)
            .map(|(_, wire)| wire)
            .chain(collection.fields.iter().map(|f| f.wire))
            .chain(["text"])
            .enumerate()
            .map(|(i, wire)| format!("${}::{wire}[]", i + 1))
            .collect();
        let values: Vec<String> = common(collection)
            .map(|(name, _)| format!("u.{name}"))
            .chain(collection.fields.iter().map(|f| format!("u.{}{}", f.name, f.cast)))
            .chain(["u.marks::jsonb".to_owned()])
            .collect();
        let sets: Vec<String> = names
            .iter()
            .filter(|name| !FIXED.contains(name))
            .chain(&["marks"])
            .map(|name| format!("{name} = excluded.{name}"))
            .collect();
        let keep = |text: String| -> &'static str { text.leak() };
        Self {
            find: keep(format!("{from} AND id = $1 AND deleted_at IS NULL")),
            find_all: keep(format!(
                "SELECT {columns}, marks::text FROM pj.{} \
                 WHERE patient_id = sec.subject() AND id = ANY ($1)",
                collection.name
            )),
            page: keep(format!(
                "{from} AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2 \
                 AND (journal_date, id) < ($3, $4) ORDER BY journal_date DESC, id DESC LIMIT $5"
            )),
            window: keep(format!(
                "{from} AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2"
            )),
            changes: keep(format!("{from} AND rev > $1 AND rev <= $2 ORDER BY rev")),
            upsert: keep(format!(
                "INSERT INTO pj.{table} (patient_id, {columns}, marks) \
                 SELECT sec.subject(), {values} FROM unnest({arrays}) AS u({columns}, marks) \
                 ON CONFLICT (patient_id, id) DO UPDATE SET {sets}",
                table = collection.name,
                values = values.join(", "),
                arrays = arrays.join(", "),
                sets = sets.join(", "),
            )),
        }
    }
}
