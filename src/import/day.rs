//! What a table says of a day: which record it is, and of which moment.

use crate::collections::JournalEntry;
use crate::journal::field;
use crate::time::{Instant, PhoneZone, TimeZone};
use chrono::{FixedOffset, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde_json::{Value, json};
use uuid::Uuid;

/// The field of what an entry is.
pub(super) const KIND: &str = field::<JournalEntry>("kind");
/// The field of the moment that an entry is about.
pub(super) const MOMENT: &str = field::<JournalEntry>("effective_at");
/// The field of the zone in which a row was lived; nights have one of the same name.
pub(super) const ZONE: &str = field::<JournalEntry>("time_zone");

/// The hour of the evening a row is taken to be about, on the patient's clock.
const EVENING: NaiveTime = match NaiveTime::from_hms_opt(21, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Whose rows they are, and in which zone they were lived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose {
    /// The patient.
    pub(super) patient: Uuid,
    /// The zone of rows that name none.
    pub(super) zone: Tz,
}

impl Whose {
    /// The id of what a table says about a day: derived from patient and day (UUID version 5), as sync
    /// clients derive it, so that the same day imported twice is one record. `further` tells apart what
    /// else is said about the day.
    pub(super) fn id_of(self, collection: &str, day: NaiveDate, further: &str) -> Uuid {
        Uuid::new_v5(&self.patient, format!("{collection}:{day}{further}").as_bytes())
    }

    /// The evening of a day, so many minutes later, and the zone it is in.
    pub(super) fn evening(
        self,
        day: NaiveDate,
        zone: Option<PhoneZone>,
        later: i64,
    ) -> (Value, Value) {
        let zone = zone.unwrap_or_else(|| TimeZone::from(self.zone).into());
        let evening = day.and_time(EVENING) + TimeDelta::minutes(later);
        let at = zone.instant_of(evening).unwrap_or_else(|| evening.and_utc());
        let offset = FixedOffset::east_opt(zone.offset_at(Instant::new(at)).get() * 60);
        let at = offset.map_or_else(|| at.to_rfc3339(), |o| at.with_timezone(&o).to_rfc3339());
        (json!(at), json!(zone))
    }
}

/// The ids that the table of days of a report gives to what it says of a day.
pub(super) fn derived_ids(patient: Uuid, collection: &str, day: NaiveDate) -> [Uuid; 3] {
    let whose = Whose { patient, zone: Tz::UTC };
    ["", ":rating", ":pain_free"].map(|further| whose.id_of(collection, day, further))
}
