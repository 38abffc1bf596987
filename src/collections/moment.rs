//! The rules that moments and journal days share across collections.

use crate::journal::Context;
use crate::time::{Instant, OffsetMinutes, TimeZone, journal_date, last_date_on_earth};
use crate::wire::{Faults, Settled};
use chrono::NaiveDate;

/// The moment a record is about, as the client sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: Instant,
    /// The zone of the device.
    pub zone: TimeZone,
    /// What the device's clock was set to, when the client says so.
    pub offset: Settled<OffsetMinutes>,
}

/// The offset of a moment. The device's word stands even where our zone table disagrees: its table
/// may be newer, and the wall clock the patient saw decides the day.
pub fn settle_offset(moment: &Moment) -> OffsetMinutes {
    moment.offset.0.unwrap_or_else(|| moment.zone.offset_at(moment.at))
}

/// The journal day of a moment: computed once, and again only when the moment itself changes.
pub fn settle_day(
    moment: &Moment,
    previous: Option<(&Moment, Settled<NaiveDate>)>,
    context: &Context,
) -> NaiveDate {
    let offset = settle_offset(moment);
    if let Some((before, Settled(Some(day)))) = previous
        && before.at == moment.at
        && before.zone == moment.zone
        && settle_offset(before) == offset
    {
        return day;
    }
    journal_date(moment.at, offset, context.day_start_minute)
}

/// Settles a moment's offset in place and answers its journal day.
pub fn settle_moment(
    moment: &Moment,
    offset: &mut Settled<OffsetMinutes>,
    previous: Option<(Moment, Settled<NaiveDate>)>,
    context: &Context,
) -> NaiveDate {
    *offset = Settled(Some(settle_offset(moment)));
    settle_day(moment, previous.as_ref().map(|(before, day)| (before, *day)), context)
}

/// Forgets offset and day when they are only those of a moment that has changed since. A day that
/// was named, not settled, stays.
pub fn unsettle(
    now: &Moment,
    before: &Moment,
    offset: &mut Settled<OffsetMinutes>,
    (day, day_before): (&mut Settled<NaiveDate>, Settled<NaiveDate>),
    context: &Context,
) {
    if now.at == before.at && now.zone == before.zone {
        return;
    }
    if *offset == before.offset {
        *offset = Settled(None);
    }
    let settled = journal_date(before.at, settle_offset(before), context.day_start_minute);
    if *day == day_before && day_before == Settled(Some(settled)) {
        *day = Settled(None);
    }
}

/// Notes a journal day that has not begun anywhere on Earth.
pub fn refuse_future(day: NaiveDate, field: &str, context: &Context, faults: &mut Faults) {
    let last = last_date_on_earth(context.now);
    if day > last {
        faults.field(field, "date_out_of_range", "The day it belongs to lies in the future.");
    }
}

/// Notes `high < low`, at the field of `high`.
pub fn refuse_disorder<T: PartialOrd>(
    low: (&str, Option<T>),
    high: (&str, Option<T>),
    faults: &mut Faults,
) {
    if let (Some(least), Some(most)) = (low.1, high.1)
        && most < least
    {
        faults.field(high.0, "contradiction", format!("Must not be below {}.", low.0));
    }
}
