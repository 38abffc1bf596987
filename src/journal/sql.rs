//! The statements of a collection, written from its definition.

use super::record::Record;
use super::stored::{Held, Stored};
use crate::access::{Permit, Read, Write};
use crate::db::{Bind, Column, Statement};
use crate::http::Place;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

/// The columns every record has, in the order [`Stored`] reads them.
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
fn common<C: Record>() -> impl Iterator<Item = (&'static str, &'static str)> {
    COMMON.into_iter().chain(C::WRITERS.has_practitioner().then_some(CLINICIAN))
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
    pub fn of<C: Record>() -> Self {
        let names: Vec<&str> =
            common::<C>().map(|(name, _)| name).chain(C::FIELDS.iter().map(|f| f.name)).collect();
        let columns = names.join(", ");
        let from =
            format!("SELECT {columns} FROM pj.{} WHERE patient_id = sec.subject()", C::COLLECTION);
        let arrays: Vec<String> = common::<C>()
            .map(|(_, wire)| wire)
            .chain(C::FIELDS.iter().map(|f| f.wire))
            .chain(["text"])
            .enumerate()
            .map(|(i, wire)| format!("${}::{wire}[]", i + 1))
            .collect();
        let values: Vec<String> = common::<C>()
            .map(|(name, _)| format!("u.{name}"))
            .chain(C::FIELDS.iter().map(|f| format!("u.{}{}", f.name, f.cast)))
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
                C::COLLECTION
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
                table = C::COLLECTION,
                values = values.join(", "),
                arrays = arrays.join(", "),
                sets = sets.join(", "),
            )),
        }
    }
}

/// One live record.
pub fn find<C: Record>(_: Permit<Read>, id: Uuid) -> Statement<Stored<C>> {
    Statement::new(C::sql().find).bind(id)
}

/// These records, tombstones included.
pub(crate) fn find_all<C: Record>(_: Permit<Read>, ids: &[Uuid]) -> Statement<Held<C>> {
    Statement::new(C::sql().find_all).bind_all(vec![Uuid::bind_many(ids.iter().map(Some))])
}

/// The newest `limit` records within the days, before `after` in the list's order.
pub fn page<C: Record>(
    _: Permit<Read>,
    days: (NaiveDate, NaiveDate),
    after: Option<Place>,
    limit: usize,
) -> Statement<Stored<C>> {
    let place = after.and_then(|(day, id)| {
        Some((NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).ok()?)?, id))
    });
    let (date, id) = place.unwrap_or((LAST_DAY, Uuid::max()));
    Statement::new(C::sql().page)
        .bind(days.0)
        .bind(days.1)
        .bind(date)
        .bind(id)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// Every record within the days, in no particular order.
pub fn window<C: Record>(_: Permit<Read>, days: (NaiveDate, NaiveDate)) -> Statement<Stored<C>> {
    Statement::new(C::sql().window).bind(days.0).bind(days.1)
}

/// The first day a list can reach.
pub const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};
/// The last day a list can reach.
pub const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// Writes these records as they are, new or changed, in one statement.
pub(super) fn upsert<C: Record>(_: Permit<Write>, held: &[&Held<C>]) -> Statement<()> {
    fn many<'a, C: Record, T: Column + 'a>(
        records: &'a [&'a Stored<C>],
        of: impl Fn(&'a Stored<C>) -> Option<&'a T>,
    ) -> Box<dyn Bind> {
        T::bind_many(records.iter().map(|r| of(r)))
    }
    let records: Vec<&Stored<C>> = held.iter().map(|held| &held.record).collect();
    let records = records.as_slice();
    let mut binds = vec![
        many(records, |r| Some(&r.id)),
        many(records, |r| Some(&r.rev)),
        many(records, |r| Some(&r.created_rev)),
        many(records, |r| r.deleted_at.as_ref()),
        many(records, |r| Some(&r.author_id)),
        many(records, |r| r.device_id.as_ref()),
        many(records, |r| Some(&r.created_at)),
        many(records, |r| Some(&r.updated_at)),
        many(records, |r| Some(&r.received_at)),
    ];
    if C::WRITERS.has_practitioner() {
        binds.push(many(records, |r| r.clinician_id.as_ref()));
    }
    let contents: Vec<&C> = records.iter().map(|r| &r.content).collect();
    binds.extend(C::bind_columns(&contents));
    let marks: Vec<Option<String>> = held.iter().map(|held| held.marks.text()).collect();
    binds.push(String::bind_many(marks.iter().map(Option::as_ref)));
    Statement::new(C::sql().upsert).bind_all(binds)
}

/// Counts up. Public for the benchmark.
pub const RESERVE: &str = "UPDATE pj.patients SET rev = rev + $1 WHERE patient_id = sec.subject()";
/// Appends to the history. Public for the benchmark.
pub const REMEMBER: &str = "INSERT INTO pj.record_history (patient_id, collection, record_id, rev, hid, \
    op, applied, actor_id, device_id, edited_at, received_at, changes) \
    SELECT sec.subject(), $1, u.record_id, u.rev, u.hid, u.op, u.applied, $2, $3, \
        u.edited_at, $4, u.changes::jsonb \
    FROM unnest($5::uuid[], $6::bigint[], $7::uuid[], $8::smallint[], $9::boolean[], \
        $10::timestamptz[], $11::text[]) AS u(record_id, rev, hid, op, applied, edited_at, changes)";

/// Takes `count` revisions from the journal's counter, whose row the transaction has locked.
pub fn reserve(_: Permit<Write>, count: i64) -> Statement<()> {
    Statement::new(RESERVE).bind(count)
}

/// Lets what was refused of these records, because they are accepted now, leave the quarantine.
pub fn mended<C: Record>(_: Permit<Write>, ids: &[Uuid]) -> Statement<()> {
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    Statement::new(
        "SELECT sec.leave_quarantine(ARRAY(SELECT id FROM pj.sync_quarantine \
         WHERE patient_id = sec.subject() AND collection = $1 AND lower(record_id) = ANY ($2)))",
    )
    .bind(C::COLLECTION.to_owned())
    .bind_all(vec![String::bind_many(ids.iter().map(Some))])
}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryOp {
    /// It came into being.
    Create,
    /// Fields changed.
    Update,
    /// It became a tombstone.
    Delete,
    /// A tombstone came back to life.
    Resurrect,
    /// A tombstone was replaced by a new record of the same id.
    Recreate,
    /// A value was sent and not applied.
    Superseded,
}

impl HistoryOp {
    const fn number(self) -> i16 {
        match self {
            Self::Create => 1,
            Self::Update => 2,
            Self::Delete => 3,
            Self::Resurrect => 4,
            Self::Recreate => 5,
            Self::Superseded => 6,
        }
    }

    /// The word of a stored number.
    pub const fn word(number: i16) -> &'static str {
        match number {
            1 => "create",
            2 => "update",
            3 => "delete",
            4 => "resurrect",
            5 => "recreate",
            _ => "superseded",
        }
    }
}

/// One line of a record's history.
#[derive(Debug)]
pub struct HistoryRow {
    /// The record.
    pub record_id: Uuid,
    /// The revision it got.
    pub rev: i64,
    /// The row's own id.
    pub hid: Uuid,
    /// What happened.
    pub op: HistoryOp,
    /// Did it change the record?
    pub applied: bool,
    /// When the client says it was edited.
    pub edited_at: Option<DateTime<Utc>>,
    /// `{"field": {"from": .., "to": ..}}`
    pub changes: Value,
}

/// Appends to the history, in one statement.
pub fn remember<C: Record>(
    _: Permit<Write>,
    rows: &[HistoryRow],
    actor: Option<Uuid>,
    device: Option<Uuid>,
    at: DateTime<Utc>,
) -> Statement<()> {
    let changes: Vec<String> = rows.iter().map(|row| row.changes.to_string()).collect();
    let ops: Vec<i16> = rows.iter().map(|row| row.op.number()).collect();
    Statement::new(REMEMBER).bind(C::NUMBER).bind(actor).bind(device).bind(at).bind_all(vec![
        Uuid::bind_many(rows.iter().map(|row| Some(&row.record_id))),
        i64::bind_many(rows.iter().map(|row| Some(&row.rev))),
        Uuid::bind_many(rows.iter().map(|row| Some(&row.hid))),
        i16::bind_many(ops.iter().map(Some)),
        bool::bind_many(rows.iter().map(|row| Some(&row.applied))),
        DateTime::<Utc>::bind_many(rows.iter().map(|row| row.edited_at.as_ref())),
        String::bind_many(changes.iter().map(Some)),
    ])
}
