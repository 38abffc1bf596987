//! The next times of a reminder. Pure.

use crate::collections::{Reminder, Weekday};
use crate::time::{PhoneZone, WallTime};
use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// No reminder is looked for beyond this many days.
const HORIZON: u64 = 800;

crate::wire::vocabulary! {
    /// Why a reminder is not due at its own time of day.
    pub enum ReminderShift {
        /// The wall clock leaps over its time on this day; it is due right after the leap.
        ClockChange = "clock_change",
        /// Its time lies in the quiet hours; it is due at their end.
        QuietHours = "quiet_hours",
    }
}

/// A time at which a reminder is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: DateTime<Utc>,
    /// What the wall clock shows then.
    pub local: NaiveDateTime,
    /// Why that is not the reminder's own time.
    pub shift: Option<ReminderShift>,
}

/// The next `count` times after `after` at which a reminder is due on the wall clock of `zone`,
/// earliest first, each once. A reminder that is off is never due.
///
/// Days of the week and pauses count by the day the reminder belongs to, also where quiet hours move
/// it beyond midnight. A time that comes twice when clocks are put back counts once, the first.
pub fn due(reminder: &Reminder, zone: PhoneZone, after: DateTime<Utc>, count: usize) -> Vec<Due> {
    let mut found: Vec<Due> = Vec::new();
    if !reminder.enabled {
        return found;
    }
    // Quiet hours may move yesterday's reminder behind `after`.
    let Some(first) = zone.local_at(after).date().checked_sub_days(Days::new(1)) else {
        return found;
    };
    for day in first.iter_days().take(usize::try_from(HORIZON).unwrap_or(usize::MAX)) {
        if found.len() >= count {
            break;
        }
        if let Some(next) = on_day(reminder, zone, day)
            && next.at > after
            && found.last().is_none_or(|last| last.at < next.at)
        {
            found.push(next);
        }
    }
    found
}

fn on_day(reminder: &Reminder, zone: PhoneZone, day: NaiveDate) -> Option<Due> {
    let days = reminder.days.as_slice();
    if !(days.is_empty() || days.contains(&weekday(day))) || is_paused(reminder, day) {
        return None;
    }
    let (wanted, quiet) = match quiet_until(reminder, day) {
        Some(until) => (until, true),
        None => (at_time(day, reminder.local_time)?, false),
    };
    let at = zone.instant_of(wanted)?;
    let local = zone.local_at(at);
    // Where a zone skips a whole day, that day has no reminders.
    if local.date() != wanted.date() {
        return None;
    }
    let shift = match (quiet, local == wanted) {
        (true, _) => Some(ReminderShift::QuietHours),
        (false, false) => Some(ReminderShift::ClockChange),
        (false, true) => None,
    };
    Some(Due { at, local, shift })
}

fn is_paused(reminder: &Reminder, day: NaiveDate) -> bool {
    reminder
        .paused_from
        .is_some_and(|from| day >= from && reminder.paused_until.is_none_or(|until| day <= until))
}

/// The end of the quiet hours, where the reminder's time lies in them.
fn quiet_until(reminder: &Reminder, day: NaiveDate) -> Option<NaiveDateTime> {
    let (from, until) = (reminder.quiet_from?, reminder.quiet_until?);
    let time = reminder.local_time;
    let end_day = if from < until {
        (from <= time && time < until).then_some(day)
    } else if time >= from {
        day.succ_opt()
    } else {
        (time < until).then_some(day)
    };
    at_time(end_day?, until)
}

fn at_time(day: NaiveDate, time: WallTime) -> Option<NaiveDateTime> {
    day.and_time(NaiveTime::MIN).checked_add_signed(Duration::minutes(i64::from(time.minutes())))
}

fn weekday(day: NaiveDate) -> Weekday {
    match day.weekday() {
        chrono::Weekday::Mon => Weekday::Monday,
        chrono::Weekday::Tue => Weekday::Tuesday,
        chrono::Weekday::Wed => Weekday::Wednesday,
        chrono::Weekday::Thu => Weekday::Thursday,
        chrono::Weekday::Fri => Weekday::Friday,
        chrono::Weekday::Sat => Weekday::Saturday,
        chrono::Weekday::Sun => Weekday::Sunday,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::format_utc;
    use crate::wire::read_body;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn reminder(extra: &Value) -> Reminder {
        let mut body = json!({"journal_date": "2026-01-01", "kind": "daily_entry", "enabled": true,
            "local_time": "20:30"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        read_body(&body).unwrap()
    }

    fn berlin(extra: &Value, after: &str, count: usize) -> Vec<String> {
        let zone = PhoneZone::parse("Europe/Berlin").unwrap();
        due(&reminder(extra), zone, after.parse().unwrap(), count)
            .into_iter()
            .map(|due| format!("{} {}", format_utc(due.at), due.local.format("%H:%M")))
            .collect()
    }

    #[test]
    fn the_wall_clock_stays_when_the_clocks_change() {
        assert_eq!(
            berlin(&json!({}), "2026-03-28T12:00:00Z", 2),
            ["2026-03-28T19:30:00.000Z 20:30", "2026-03-29T18:30:00.000Z 20:30"]
        );
        assert_eq!(
            berlin(&json!({}), "2026-10-24T12:00:00Z", 2),
            ["2026-10-24T18:30:00.000Z 20:30", "2026-10-25T19:30:00.000Z 20:30"]
        );
    }

    #[test]
    fn a_skipped_time_comes_right_after_and_a_repeated_one_comes_once() {
        let early = json!({"local_time": "02:30"});
        assert_eq!(
            berlin(&early, "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:00:00.000Z 03:00", "2026-03-30T00:30:00.000Z 02:30"]
        );
        assert_eq!(
            berlin(&early, "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00.000Z 02:30", "2026-10-26T01:30:00.000Z 02:30"]
        );
    }

    #[test]
    fn days_pauses_and_the_switch_are_kept() {
        let weekly = json!({"days": ["monday", "thursday"]});
        assert_eq!(
            berlin(&weekly, "2026-05-04T19:00:00Z", 2),
            ["2026-05-07T18:30:00.000Z 20:30", "2026-05-11T18:30:00.000Z 20:30"]
        );
        let paused = json!({"paused_from": "2026-05-05", "paused_until": "2026-05-07"});
        assert_eq!(
            berlin(&paused, "2026-05-04T12:00:00Z", 2),
            ["2026-05-04T18:30:00.000Z 20:30", "2026-05-08T18:30:00.000Z 20:30"]
        );
        assert!(
            berlin(&json!({"paused_from": "2026-05-01"}), "2026-05-04T12:00:00Z", 2).is_empty()
        );
        assert!(berlin(&json!({"enabled": false}), "2026-05-04T12:00:00Z", 2).is_empty());
    }

    #[test]
    fn quiet_hours_hold_a_reminder_until_they_end() {
        let late = json!({"local_time": "23:30", "quiet_from": "22:00", "quiet_until": "07:00",
            "days": ["monday"]});
        assert_eq!(berlin(&late, "2026-05-04T22:00:00Z", 1), ["2026-05-05T05:00:00.000Z 07:00"]);
        let early = json!({"local_time": "06:00", "quiet_from": "22:00", "quiet_until": "07:00"});
        assert_eq!(berlin(&early, "2026-05-04T00:00:00Z", 1), ["2026-05-04T05:00:00.000Z 07:00"]);
        let noon = json!({"local_time": "13:00", "quiet_from": "12:00", "quiet_until": "14:00"});
        assert_eq!(berlin(&noon, "2026-05-04T00:00:00Z", 1), ["2026-05-04T12:00:00.000Z 14:00"]);
        let edge = json!({"local_time": "14:00", "quiet_from": "12:00", "quiet_until": "14:00"});
        assert_eq!(berlin(&edge, "2026-05-04T00:00:00Z", 1), ["2026-05-04T12:00:00.000Z 14:00"]);
    }

    #[test]
    fn a_day_that_a_zone_skips_has_no_reminder() {
        let apia = PhoneZone::parse("Pacific/Apia").unwrap();
        let times = due(&reminder(&json!({})), apia, "2011-12-30T00:00:00Z".parse().unwrap(), 2);
        let days: Vec<String> = times.iter().map(|due| due.local.date().to_string()).collect();
        assert_eq!(days, ["2011-12-29", "2011-12-31"]);
    }

    proptest! {
        #[test]
        fn times_rise_and_start_where_asked(
            minutes in 0_i64..1440, start in 0_i64..800_000, zone in 0_usize..5,
        ) {
            let zones = ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu",
                "Africa/Casablanca"];
            let zone = PhoneZone::parse(zones[zone]).unwrap();
            let time = format!("{:02}:{:02}", minutes / 60, minutes % 60);
            let after = DateTime::from_timestamp(1_735_689_600 + start * 60, 0).unwrap();
            let found = due(&reminder(&json!({"local_time": time})), zone, after, 5);
            prop_assert_eq!(found.len(), 5);
            prop_assert!(found[0].at > after && found.is_sorted_by(|a, b| a.at < b.at));
            // One a day: the first is never more than a day and a clock change away.
            prop_assert!(found[0].at - after <= Duration::hours(27));
            for pair in found.windows(2) {
                prop_assert_eq!(pair[1].local.date() - pair[0].local.date(), Duration::days(1));
            }
        }
    }
}
