//! Reminders: the patient's schedule, for the app to turn into local notifications.

use super::moment::{dated, refuse_future};
use crate::journal::{Context, Rules, collection};
use crate::time::{TimeZone, WallTime};
use crate::wire::{Faults, Items, Text, vocabulary};
use chrono::NaiveDate;

vocabulary! {
    /// What a reminder is for.
    pub enum ReminderKind {
        DailyEntry = "daily_entry", SleepRecord = "sleep_record", Medication = "medication",
        Assessment = "assessment", TreatmentSession = "treatment_session", Other = "other",
    }
}

vocabulary! {
    /// A day of the week.
    pub enum Weekday {
        Monday = "monday", Tuesday = "tuesday", Wednesday = "wednesday", Thursday = "thursday",
        Friday = "friday", Saturday = "saturday", Sunday = "sunday",
    }
}

collection! {
    /// A reminder: a time of day on some days of the week.
    ///
    /// It is a wish about the wall clock, so it stays at its time when the clocks change or the
    /// patient travels. No share ever shows it.
    pub struct Reminder {
        plural: "Reminders", table: "reminders", path: "reminders", number: 12,
        sections: [], writers: Patient,
        example: {
            "journal_date": "2026-01-27", "kind": "daily_entry", "enabled": true,
            "label": "How was the day?", "local_time": "20:30", "days": ["monday", "thursday"],
            "quiet_from": "22:00", "quiet_until": "07:00"
        },
        fields: {
            /// The day it was made.
            journal_date: NaiveDate,
            /// What it is for.
            kind: ReminderKind,
            /// What the notification says; the app has words of its own for each kind.
            label: Option<Text<100>>,
            /// Is it on?
            enabled: bool,
            /// The time on the wall clock.
            local_time: WallTime,
            /// The days of the week; none means every day.
            days: Items<Weekday, 7>,
            /// The zone of the wall clock; null for wherever the patient is.
            time_zone: Option<TimeZone>,
            /// From this time on no notification; those of the quiet hours wait for their end.
            quiet_from: Option<WallTime>,
            /// The end of the quiet hours; before `quiet_from` it is that of the next day.
            quiet_until: Option<WallTime>,
            /// The first day of a pause.
            paused_from: Option<NaiveDate>,
            /// The last day of a pause; null until it is taken back.
            paused_until: Option<NaiveDate>,
        }
    }
}

dated!(Reminder);

impl Rules for Reminder {
    fn settle(&mut self, _previous: Option<&Self>, context: &Context, faults: &mut Faults) {
        refuse_future(self.journal_date, "journal_date", context, faults);
        match (self.quiet_from, self.quiet_until) {
            (Some(_), None) => {
                faults.field("quiet_until", "required", "Quiet hours have an end.");
            }
            (None, Some(_)) => {
                faults.field("quiet_from", "required", "Quiet hours have a beginning.");
            }
            (Some(from), Some(until)) if from == until => {
                faults.field("quiet_until", "contradiction", "Must not be quiet_from.");
            }
            _ => {}
        }
        match (self.paused_from, self.paused_until) {
            (None, Some(_)) => faults.field("paused_from", "required", "A pause has a first day."),
            (Some(from), Some(until)) if until < from => {
                faults.field("paused_until", "contradiction", "Must not lie before paused_from.");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::tests::faults_of;
    use serde_json::json;

    #[test]
    fn quiet_hours_and_pauses_have_two_ends_in_order() {
        let reminder = json!({"journal_date": "2026-05-01", "kind": "daily_entry", "enabled": true,
            "local_time": "20:30"});
        let good =
            json!({"quiet_from": "22:00", "quiet_until": "07:00", "paused_from": "2026-06-01"});
        assert!(faults_of::<Reminder>(&reminder, &good).is_empty());
        for (extra, fault) in [
            (json!({"quiet_from": "22:00"}), "#/quiet_until required"),
            (json!({"quiet_until": "22:00"}), "#/quiet_from required"),
            (json!({"quiet_from": "22:00", "quiet_until": "22:00"}), "#/quiet_until contradiction"),
            (json!({"paused_until": "2026-06-01"}), "#/paused_from required"),
            (
                json!({"paused_from": "2026-06-02", "paused_until": "2026-06-01"}),
                "#/paused_until contradiction",
            ),
        ] {
            assert_eq!(faults_of::<Reminder>(&reminder, &extra), [fault], "{extra}");
        }
    }
}
