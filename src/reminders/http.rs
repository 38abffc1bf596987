//! The address where an app asks for the next notifications.

use super::due::{Due, ReminderShift, due};
use crate::access::{Call, FromCall, Patient, Reader};
use crate::collections::{Reminder, ReminderKind};
use crate::http::{Answered, Found, Page, Query, document};
use crate::journal::{FIRST_DAY, LAST_DAY, Stored, window};
use crate::routes::{Operation, Parameter, Routes};
use crate::time::{OffsetMinutes, PhoneZone, TimeZone, serialize_utc};
use crate::wire::number::whole_of;
use actix_web::http::Method;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Times an answer holds unless the client asks otherwise.
const USUAL: usize = 50;

/// Registers the operation.
pub fn routes(routes: &mut Routes) {
    let op = Operation::new(
        "listReminderTimes",
        "journal",
        "When reminders are due")
    .describe(
        "The next times of all reminders that are on, earliest first, for the app to turn into \
            local notifications. Ask again after a change, a journey, and when they run out.",
    )
    .parameter(Parameter::query(
        "after",
        "From when on; now unless you say otherwise.",
        json!({"type": "string", "format": "date-time"}),
    ))
    .parameter(Parameter::query(
        "time_zone",
        "Where the patient is, for reminders that follow; the home zone unless you say otherwise.",
        json!({"type": "string", "maxLength": 64}),
    ))
    .parameter(Parameter::query(
        "utc_offset_minutes",
        "What the phone's clock is set to; needed where `time_zone` is an offset.",
        json!({"type": "integer", "format": "int32", "minimum": -840, "maximum": 840}),
    ))
    .parameter(
        Parameter::query(
            "limit",
            "Times in all, 50 unless you ask otherwise.",
            json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": 200}),
        )
        .called("TimesLimit"),
    );
    routes.serve(Method::GET, "/v1/reminder-times", op, reminder_times);
}

/// A time at which to remind.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReminderTime {
    /// The reminder.
    reminder_id: Uuid,
    /// What it is for.
    kind: ReminderKind,
    /// What the notification says, where the patient wrote something.
    #[schema(max_length = 100)]
    label: Option<String>,
    /// When.
    #[serde(serialize_with = "serialize_utc")]
    at: DateTime<Utc>,
    /// What the wall clock shows then.
    #[schema(max_length = 16, examples("2026-05-04T20:30"))]
    local_time: String,
    /// The zone of that wall clock.
    #[schema(max_length = 64)]
    time_zone: String,
    /// Why it is not the reminder's own time of day.
    shift: Option<ReminderShift>,
}
document!(ReminderTime);

struct Asked {
    after: Option<DateTime<Utc>>,
    zone: Option<PhoneZone>,
    limit: usize,
}

impl FromCall for Asked {
    fn from_call(call: &Call) -> Answered<Self> {
        let mut query =
            Query::of(call.request(), &["after", "time_zone", "utc_offset_minutes", "limit"]);
        let after = query.get("after", "Must be an RFC 3339 date-time with an offset.", |text| {
            let time = crate::wire::parse_moment(text)?.to_utc();
            (1900..2200).contains(&chrono::Datelike::year(&time)).then_some(time)
        });
        let said =
            query.get("utc_offset_minutes", "Must be a whole number, -840 to 840.", |text| {
                OffsetMinutes::new(i32::try_from(whole_of(text)?).ok()?)
            });
        let zone = query.get("time_zone", "Must be an IANA time zone name.", PhoneZone::parse);
        if zone.and_then(PhoneZone::as_offset).is_some_and(|offset| said != Some(offset)) {
            let detail = "An offset as time zone needs the same offset in utc_offset_minutes.";
            query.fault("time_zone", "contradiction", detail);
        }
        let limit = query.get("limit", "Must be a whole number from 1 to 200.", |text| {
            usize::try_from(whole_of(text)?).ok().filter(|n| (1..=200).contains(n))
        });
        query.done()?;
        Ok(Self { after, zone, limit: limit.unwrap_or(USUAL) })
    }
}

async fn reminder_times(patient: Patient, asked: Asked) -> Answered<Found<Page<ReminderTime>>> {
    let all = window::<Reminder>((FIRST_DAY, LAST_DAY));
    let (journal, reminders) = patient.read((None, None), all).await?;
    let home = || journal.time_zone().or_else(|| TimeZone::parse("UTC")).map(PhoneZone::from);
    let here = asked.zone.or_else(home);
    let after = asked.after.unwrap_or(journal.moment());
    let mut times: Vec<ReminderTime> = Vec::new();
    for reminder in &reminders {
        let own = reminder.content.time_zone.map(PhoneZone::from);
        let Some(zone) = own.or(here) else { continue };
        let next = due(&reminder.content, zone, after, asked.limit);
        times.extend(next.into_iter().map(|due| time(reminder, zone, due)));
    }
    times.sort_by_key(|time| (time.at, time.reminder_id));
    times.truncate(asked.limit);
    Ok(Found(Page::whole(times)))
}

fn time(reminder: &Stored<Reminder>, zone: PhoneZone, due: Due) -> ReminderTime {
    ReminderTime {
        reminder_id: reminder.id,
        kind: reminder.content.kind,
        label: reminder.content.label.as_ref().map(|label| label.as_str().to_owned()),
        at: due.at,
        local_time: due.local.format("%Y-%m-%dT%H:%M").to_string(),
        time_zone: zone.to_string(),
        shift: due.shift,
    }
}
