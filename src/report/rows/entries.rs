//! Journal entries: what they say of pain, of the day, of relief and of warning signs.

use crate::body_map::{BodyRegion, Laterality};
use crate::collections::{
    EntryKind, Helped, PainSite, RedFlag, Relief, ReliefMeans, Sites, WorkImpact, projection,
};
use crate::wire::{Items, Json};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

/// Something tried against the pain, and how much it helped.
pub type Tried = (ReliefMeans, Option<Helped>);

/// The place of a record among others: what it is about, typed, received, id.
pub type TimeOrder = (DateTime<Utc>, DateTime<Utc>, DateTime<Utc>, Uuid);

projection! {
    /// One journal entry that is not deleted. Scales are 0 to 10; `None` means not answered, and is
    /// never zero or "no".
    pub struct EntryRow of "journal_entries" {
        /// The entry's id, unique among the rows.
        id: Uuid,
        /// What the entry speaks about.
        kind: EntryKind,
        /// The instant the entry is about.
        effective_at: DateTime<Utc>,
        /// The journal day, as stored when the entry was written; never recomputed here.
        journal_date: NaiveDate,
        /// The device's clock when the entry was typed, if it was sent.
        recorded_at: Option<DateTime<Utc>>,
        /// The server's clock when the entry first arrived.
        received_at: DateTime<Utc>,
        /// Minutes east of UTC in force at `effective_at`; -840 to 840.
        utc_offset_minutes: i16,
        /// Pain now; section `pain`, as all up to `red_flags`.
        now: Option<i16> = "pain_now",
        /// Average pain of the day.
        average: Option<i16> = "pain_average",
        /// Worst pain of the day.
        worst: Option<i16> = "pain_worst",
        /// Least pain of the day.
        least: Option<i16> = "pain_least",
        /// Whether the patient called the day free of pain. It is kept apart from a score of 0.
        pain_free_day: Option<bool>,
        /// How much pain got in the way.
        interference: Option<i16>,
        /// Mood, higher is better.
        mood: Option<i16>,
        /// Energy, higher is better.
        energy: Option<i16>,
        /// Stress, higher is more.
        stress: Option<i16>,
        /// Stiffness, higher is more.
        stiffness: Option<i16>,
        /// Length of the morning stiffness in minutes, 0 to 720.
        morning_stiffness_minutes: Option<i16>,
        /// Where it hurt.
        sites: Vec<SiteRow> = "sites" as Sites => sites,
        /// What was tried against the pain.
        relief: Vec<Tried> = "relief" as Json<Items<Relief, 14>> => tried,
        /// Warning signs that were answered with yes, in the documented order.
        red_flags: Vec<RedFlag> = "red_flags" as Items<RedFlag, 6> => Vec::from,
        /// Walking in minutes, 0 to 1440; section `mobility`, as all up to `work_minutes_lost`.
        walking_minutes: Option<i16>,
        /// Steps of the day, 0 to 200 000.
        steps: Option<i32>,
        /// Minutes of bearable sitting, 0 to 1440.
        sitting_tolerance_minutes: Option<i16>,
        /// Minutes of bearable standing, 0 to 1440.
        standing_tolerance_minutes: Option<i16>,
        /// What the pain did to the working day.
        work_impact: Option<WorkImpact>,
        /// Working time lost in minutes, 0 to 1440.
        work_minutes_lost: Option<i16>,
        /// Whether any medication was taken; section `medication`.
        medication_taken: Option<bool>,
    }
}

impl EntryRow {
    /// Whether the entry says anything about pain; only such an entry counts for adherence.
    pub fn is_answered(&self) -> bool {
        self.now.is_some()
            || self.average.is_some()
            || self.worst.is_some()
            || self.least.is_some()
            || self.pain_free_day.is_some()
    }

    /// When the entry was typed: the device's clock, or the server's where the device sent none.
    pub fn typed_at(&self) -> DateTime<Utc> {
        self.recorded_at.unwrap_or(self.received_at)
    }

    /// The order of entries in time: by what they are about, then by when they were typed and
    /// received, then by id, so that "last" never depends on the order of the input.
    pub(crate) fn time_order(&self) -> TimeOrder {
        (self.effective_at, self.typed_at(), self.received_at, self.id)
    }
}

/// A place that an entry named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SiteRow {
    /// Where.
    pub region: BodyRegion,
    /// Which side, where it was told.
    pub laterality: Option<Laterality>,
    /// How strong there, 0 to 10; `None` means not answered, and is never zero.
    pub intensity: Option<i16>,
}

/// Where it hurt.
fn sites(sites: Sites) -> Vec<SiteRow> {
    let row = |site: PainSite| SiteRow {
        region: site.region,
        laterality: site.laterality,
        intensity: site.intensity.and_then(|nrs| i16::try_from(nrs.get()).ok()),
    };
    Vec::from(sites.0).into_iter().map(row).collect()
}

/// What was tried, and how much it helped.
pub(super) fn tried(relief: Json<Items<Relief, 14>>) -> Vec<Tried> {
    Vec::from(relief.0).into_iter().map(|relief| (relief.what, relief.helped)).collect()
}
