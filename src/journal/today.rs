//! Today in a journal: what is read for it, by those who ask for today.

use crate::access::{JournalAccess, Read};
use crate::db::Statement;
use crate::time::{journal_today, last_date_on_earth};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// The newest day with an entry, among those that can be today.
pub type NewestDay = (NaiveDate,);

/// The newest day with an entry, from the first to the last date that it is anywhere on Earth: one look into
/// the index of days. An entry that is closed to the reader makes no day.
pub fn newest_day(now: DateTime<Utc>) -> Statement<Read, NewestDay> {
    Statement::new(
        "SELECT journal_date FROM pj.journal_entries WHERE patient_id = sec.subject() \
         AND deleted_at IS NULL AND journal_date BETWEEN $1 AND $2 ORDER BY journal_date DESC LIMIT 1",
    )
    .bind(now.date_naive() - Days::new(1))
    .bind(last_date_on_earth(now))
}

/// Today in the journal, as far as the reader may know it ([`journal_today`]).
pub fn today(journal: &JournalAccess<Read>, newest: &[NewestDay]) -> NaiveDate {
    let days = newest.iter().map(|(day,)| *day);
    journal_today(journal.moment(), journal.time_zone(), journal.day_starts().now(), days)
}
