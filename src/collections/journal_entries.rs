//! Journal entries: one moment or one day of self-report.

use super::moment::{
    Timed as _, is_day_of, refuse_disorder, refuse_future_by, settle_offset, settle_timed, timed,
};
use super::pain::{Nrs, PainSite, Relief, Trigger, check_sites};
use super::red_flags::{RedFlag, notice};
use crate::journal::{Context, Rules, SafetyNotice, collection, field};
use crate::sections::{Section, Sections};
use crate::time::{Instant, OffsetMinutes, PhoneZone};
use crate::wire::{Faults, Items, Json, Settled, Text, Whole, vocabulary};
use chrono::NaiveDate;
use uuid::Uuid;

/// Minutes of one day.
pub type DayMinutes = Whole<0, 1440>;

vocabulary! {
    /// What an entry is about.
    pub enum EntryKind {
        /// A whole day.
        Daily = "daily",
        /// One moment.
        Momentary = "momentary",
        /// Just before a treatment session.
        PreTreatment = "pre_session",
        /// Just after a treatment session.
        PostTreatment = "post_session",
        /// About a day after a treatment session.
        Post24h = "post_24h",
    }
}

impl EntryKind {
    /// What a reader of these sections is told: that there was a treatment session belongs to `treatment`,
    /// and without it an entry about one is an entry about a moment.
    #[must_use]
    pub const fn seen(self, sees: Sections) -> Self {
        match self {
            Self::Daily | Self::Momentary => self,
            Self::PreTreatment | Self::PostTreatment | Self::Post24h => {
                if sees.contains(Section::Treatment) { self } else { Self::Momentary }
            }
        }
    }
}

vocabulary! {
    /// What the pain did to the working day.
    pub enum WorkImpact {
        None = "none", Reduced = "reduced", Missed = "missed",
    }
}

collection! {
    /// A journal entry: one moment or one day of self-report.
    ///
    /// Null means not answered, which is neither zero nor pain-free.
    pub struct JournalEntry {
        plural: "JournalEntries", table: "journal_entries", path: "journal-entries", number: 1,
        sections: [Pain, Mobility, Medication, Notes], writers: Patient,
        example: {
            "kind": "daily", "effective_at": "2026-01-27T19:15:00.000Z", "time_zone": "Europe/Berlin",
            "pain_average": 4, "pain_worst": 6, "pain_least": 2, "interference": 3,
            "sites": [{"region": "low_back", "laterality": "left", "intensity": 5,
                "qualities": ["sharp"]}],
            "triggers": ["lifting", "stress"], "relief": [{"what": "heat", "helped": "some"}],
            "steps": 4210, "work_impact": "reduced", "medication_taken": true,
            "note": "Better after a walk.", "note_shared": true
        },
        fields: {
            /// The journal day it belongs to. A daily entry may name its day; otherwise it is settled
            /// from the moment: the day starts at 04:00 on the phone's clock unless the patient set
            /// another hour.
            journal_date: Settled<NaiveDate>,
            /// What the entry is about.
            kind: EntryKind,
            /// The moment it is about, with an offset.
            effective_at: Instant,
            /// The time zone the phone was in.
            time_zone: PhoneZone,
            /// Minutes east of UTC the phone's clock was set to; settled from the zone when left out.
            /// Where it disagrees with the zone both are kept and the phone's clock decides the day.
            utc_offset_minutes: Settled<OffsetMinutes>,
            /// When it was typed, by the phone's clock.
            recorded_at: Option<Instant>,
            /// Pain at this moment, 0 to 10.
            pain_now: Option<Nrs> => Pain,
            /// Average pain of the day, 0 to 10.
            pain_average: Option<Nrs> => Pain,
            /// Worst pain of the day, 0 to 10.
            pain_worst: Option<Nrs> => Pain,
            /// Least pain of the day, 0 to 10.
            pain_least: Option<Nrs> => Pain,
            /// The patient says that the day was free of pain.
            pain_free_day: Option<bool> => Pain,
            /// How much pain got in the way, 0 not at all to 10 completely.
            interference: Option<Nrs> => Pain,
            /// Where it hurts.
            sites: Json<Items<PainSite, 30>> => Pain,
            /// What may have set it off.
            triggers: Items<Trigger, 18> => Pain,
            /// A trigger in the patient's own words; says what `other` means.
            trigger_note: Option<Text<200>> => Notes,
            /// What was tried against it.
            relief: Json<Items<Relief, 14>> => Pain,
            /// Mood, 0 worst to 10 best.
            mood: Option<Nrs> => Pain,
            /// Energy, 0 none to 10 full.
            energy: Option<Nrs> => Pain,
            /// Stress, 0 none to 10 most.
            stress: Option<Nrs> => Pain,
            /// Stiffness, 0 none to 10 most.
            stiffness: Option<Nrs> => Pain,
            /// How long the morning stiffness lasted, in minutes.
            morning_stiffness_minutes: Option<Whole<0, 720>> => Pain,
            /// Walking, in minutes.
            walking_minutes: Option<DayMinutes> => Mobility,
            /// Steps of the day.
            steps: Option<Whole<0, 200_000>> => Mobility,
            /// How long sitting was bearable, in minutes.
            sitting_tolerance_minutes: Option<DayMinutes> => Mobility,
            /// How long standing was bearable, in minutes.
            standing_tolerance_minutes: Option<DayMinutes> => Mobility,
            /// What the pain did to the working day.
            work_impact: Option<WorkImpact> => Mobility,
            /// Working time lost, in minutes.
            work_minutes_lost: Option<DayMinutes> => Mobility,
            /// Was any medication taken? Null means unknown.
            medication_taken: Option<bool> => Medication,
            /// New warning signs. Where there is one, the answer carries the fixed safety notice.
            red_flags: Items<RedFlag, 6> => Pain,
            /// A note in the patient's own words.
            note: Option<Text<4000>> => Notes,
            /// May readers of a share that opens notes see the note and the trigger note? A report that was
            /// frozen before keeps them until the patient withdraws that report.
            note_shared: Option<bool> => Notes,
            /// The treatment session it belongs to.
            treatment_session_id: Option<Uuid> => Treatment,
        }
    }
}

timed!(JournalEntry, effective_at);

impl JournalEntry {
    /// The fields that rate pain: a day on which one of them is above 0 was not free of it.
    pub const PAIN_RATINGS: [&'static str; 4] = [
        field::<Self>("pain_now"),
        field::<Self>("pain_average"),
        field::<Self>("pain_worst"),
        field::<Self>("pain_least"),
    ];
}

impl Rules for JournalEntry {
    fn settle(&mut self, previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        let named = self.journal_date;
        let settled = settle_timed(self, previous, context, faults);
        let day = match (self.kind, named.0) {
            (_, None) => settled,
            (EntryKind::Daily, Some(named)) => named,
            (_, Some(named)) => {
                if named != settled && !is_day_of(&self.moment(), named, context) {
                    faults.field(
                        "journal_date",
                        "contradiction",
                        "Only a daily entry may name another day than its moment's.",
                    );
                }
                settled
            }
        };
        self.journal_date = Settled(Some(day));
        let offset = settle_offset(&self.moment());
        refuse_future_by(offset, settled, "effective_at", context, faults);
        if day != settled {
            refuse_future_by(offset, day, "journal_date", context, faults);
        }
        refuse_disorder(
            ("pain_least", self.pain_least),
            ("pain_average", self.pain_average),
            faults,
        );
        refuse_disorder(("pain_least", self.pain_least), ("pain_worst", self.pain_worst), faults);
        refuse_disorder(
            ("pain_average", self.pain_average),
            ("pain_worst", self.pain_worst),
            faults,
        );
        check_sites("sites", &self.sites, faults);
        let ratings = [self.pain_now, self.pain_average, self.pain_worst, self.pain_least];
        let hurts = ratings.iter().flatten().any(|rating| rating.get() > 0);
        if self.pain_free_day == Some(true) && hurts {
            faults.field("pain_free_day", "contradiction", "Cannot be true beside a pain above 0.");
        }
    }

    fn veil(&mut self, sees: Sections) {
        self.kind = self.kind.seen(sees);
    }

    const HAS_NOTICE: bool = true;

    fn notice(&self) -> Option<&'static SafetyNotice> {
        notice(self.red_flags.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Record;
    use crate::wire::read_body;
    use chrono::{DateTime, Utc};
    use serde_json::{Value, json};

    fn context() -> Context {
        let now: DateTime<Utc> = "2026-05-10T12:00:00Z".parse().unwrap();
        Context { now, day_starts: crate::time::DayStarts::always(240) }
    }

    fn entry(extra: &Value) -> Value {
        let mut entry = json!({"kind": "daily", "effective_at": "2026-05-01T21:00:00+02:00",
            "time_zone": "Europe/Berlin"});
        entry.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        entry
    }

    fn settled(extra: &Value) -> Result<JournalEntry, Vec<(String, &'static str)>> {
        let mut entry: JournalEntry = read_body(&entry(extra)).unwrap();
        let mut faults = Faults::default();
        entry.settle(None, &context(), &mut faults);
        let faults = faults.into_vec();
        if faults.is_empty() {
            return Ok(entry);
        }
        Err(faults.into_iter().map(|f| (f.pointer.unwrap(), f.code)).collect())
    }

    #[test]
    fn day_and_offset_are_settled_from_the_moment() {
        let entry = settled(&json!({})).unwrap();
        assert_eq!(entry.journal_date.0.unwrap().to_string(), "2026-05-01");
        assert_eq!(entry.utc_offset_minutes.0.unwrap().get(), 120);
    }

    #[test]
    fn the_phones_clock_decides_where_it_disagrees_with_the_zone() {
        let late = json!({"effective_at": "2026-05-02T01:30:00Z", "utc_offset_minutes": 180});
        assert_eq!(settled(&late).unwrap().journal_date.0.unwrap().to_string(), "2026-05-02");
        let by_zone = json!({"effective_at": "2026-05-02T01:30:00Z"});
        assert_eq!(settled(&by_zone).unwrap().journal_date.0.unwrap().to_string(), "2026-05-01");
    }

    #[test]
    fn only_a_daily_entry_names_its_day() {
        let named = settled(&json!({"journal_date": "2026-04-20"})).unwrap();
        assert_eq!(named.journal_date.0.unwrap().to_string(), "2026-04-20");
        let faults =
            settled(&json!({"kind": "momentary", "journal_date": "2026-04-20"})).unwrap_err();
        assert_eq!(faults, [("#/journal_date".to_owned(), "contradiction")]);
        assert!(settled(&json!({"kind": "momentary", "journal_date": "2026-05-01"})).is_ok());
    }

    #[test]
    fn a_day_stays_settled_until_its_moment_changes() {
        let mut before = settled(&json!({})).unwrap();
        before.journal_date = Settled(NaiveDate::from_ymd_opt(2026, 4, 30));
        let mut again: JournalEntry = read_body(&entry(&json!({"mood": 3}))).unwrap();
        again.settle(Some(&before), &context(), &mut Faults::default());
        assert_eq!(again.journal_date, before.journal_date);
        let moved = json!({"effective_at": "2026-05-03T21:00:00+02:00"});
        let mut moved: JournalEntry = read_body(&entry(&moved)).unwrap();
        moved.settle(Some(&before), &context(), &mut Faults::default());
        assert_eq!(moved.journal_date.0.unwrap().to_string(), "2026-05-03");
    }

    #[test]
    fn contradictions_are_named_at_their_fields() {
        let faults = settled(&json!({"pain_worst": 3, "pain_least": 5, "pain_average": 4,
            "pain_free_day": true, "journal_date": "2026-05-12"}))
        .unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|(p, _)| p.as_str()).collect();
        assert_eq!(
            fields,
            ["#/journal_date", "#/pain_average", "#/pain_worst", "#/pain_worst", "#/pain_free_day"]
        );
        // Tomorrow in Berlin is today where the phone says it is.
        let there = json!({"journal_date": "2026-05-11", "utc_offset_minutes": 840});
        assert!(settled(&there).is_ok());
        let here = settled(&json!({"journal_date": "2026-05-11"})).unwrap_err();
        assert_eq!(here, [("#/journal_date".to_owned(), "date_out_of_range")]);
    }

    #[test]
    fn zero_missing_and_pain_free_are_three_things() {
        let entry = settled(&json!({"pain_average": 0})).unwrap();
        let json = serde_json::to_value(&entry).unwrap();
        assert_eq!(
            (&json["pain_average"], &json["pain_worst"], &json["pain_free_day"]),
            (&json!(0), &Value::Null, &Value::Null)
        );
    }

    #[test]
    fn every_fault_of_a_body_is_found_in_one_pass() {
        let faults = read_body::<JournalEntry>(&json!({"kind": "weekly", "effective_at": 5,
            "pain_now": 11, "sites": [{"region": "tail"}, {"region": "neck", "colour": 1}],
            "note": "a\u{0}", "surprise": true}))
        .unwrap_err();
        let pointers: Vec<String> = faults.into_iter().filter_map(|f| f.pointer).collect();
        assert_eq!(
            pointers,
            [
                "#/surprise",
                "#/kind",
                "#/effective_at",
                "#/time_zone",
                "#/pain_now",
                "#/sites/0/region",
                "#/sites/1/colour",
                "#/note"
            ]
        );
    }

    #[test]
    fn closed_sections_are_empty_and_notes_need_the_patients_mark() {
        let content = settled(&json!({"pain_average": 4, "steps": 900, "note": "x"})).unwrap();
        let mut mobility = content.clone();
        mobility.redact(Sections::of(&[Section::Mobility]));
        assert_eq!(
            (mobility.pain_average, mobility.steps.map(Whole::get), mobility.note),
            (None, Some(900), None)
        );
        let mut unmarked = content;
        unmarked.withhold();
        assert_eq!(unmarked.note, None);
    }

    #[test]
    fn an_entry_about_a_treatment_session_is_one_about_a_moment_where_treatment_is_closed() {
        let with = Sections::of(&[Section::Pain, Section::Treatment]);
        for (kind, without) in [
            (EntryKind::Daily, EntryKind::Daily),
            (EntryKind::Momentary, EntryKind::Momentary),
            (EntryKind::PreTreatment, EntryKind::Momentary),
            (EntryKind::PostTreatment, EntryKind::Momentary),
            (EntryKind::Post24h, EntryKind::Momentary),
        ] {
            assert_eq!(kind.seen(with), kind);
            assert_eq!(kind.seen(Sections::ALL.without(with)), without);
        }
    }
}
