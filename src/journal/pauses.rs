//! What the patient declares of a journal: where it begins, and its pauses, on whose days no entry is
//! expected.

use crate::access::Read;
use crate::db::Statement;
use crate::time::PauseDays;
use crate::wire::{At, Faults, Items, Json, vocabulary, wire};
use chrono::{Days, NaiveDate};

/// The pauses of a journal, in the order in which the patient keeps them.
pub type Pauses = Json<Items<JournalPause, 50>>;

/// A pause may begin and end this far ahead, in days.
const FURTHEST: u64 = 400;

vocabulary! {
    /// Why a patient makes a pause.
    pub enum PauseReason {
        Travel = "travel", Illness = "illness", Other = "other",
    }
}

wire! {
    /// Days on which the patient expects to log nothing.
    pub struct JournalPause {
        /// The first day.
        from_date: NaiveDate,
        /// The last day; null while the pause goes on.
        to_date: Option<NaiveDate>,
        /// Why; it is shown to nobody else.
        reason: Option<PauseReason>,
    }
}

/// Where the journal begins, and its pauses.
pub type Declared = (NaiveDate, Pauses);

/// Where the journal begins: where the patient lets it begin, else at the enrolment, or at the first of three
/// days with an entry within a week where that is earlier. Entries that are closed to the reader make no day.
pub fn declared() -> Statement<Read, Declared> {
    Statement::new(
        "SELECT sec.journal_start(), pauses FROM pj.patients WHERE patient_id = sec.subject()",
    )
}

impl JournalPause {
    /// Its days.
    pub const fn days(&self) -> PauseDays {
        (self.from_date, self.to_date)
    }
}

/// Notes pauses that end before they begin, and those far ahead of `today`.
pub fn check_pauses(pauses: &Pauses, today: NaiveDate, faults: &mut Faults) {
    let furthest = today.checked_add_days(Days::new(FURTHEST)).unwrap_or(today);
    let root = At::root();
    let list = root.key("pauses");
    for (n, pause) in pauses.0.as_slice().iter().enumerate() {
        let at = list.index(n);
        let last = pause.to_date.unwrap_or(pause.from_date);
        let (member, code, detail) = if last < pause.from_date {
            ("to_date", "contradiction", "Must not lie before from_date.")
        } else if pause.from_date > furthest {
            ("from_date", "out_of_range", "Must lie at most 400 days ahead.")
        } else if last > furthest {
            ("to_date", "out_of_range", "Must lie at most 400 days ahead.")
        } else {
            continue;
        };
        faults.add(&at.key(member), code, detail);
    }
}
