//! The rules that moments and journal days share across collections.

use crate::journal::Context;
use crate::time::{Instant, OffsetMinutes, PhoneZone, date_at, journal_date, last_date_on_earth};
use crate::wire::{Faults, Settled};
use chrono::{Duration, NaiveDate};

/// The moment a record is about, as the client sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: Instant,
    /// The zone of the device.
    pub zone: PhoneZone,
    /// What the device's clock was set to, when the client says so.
    pub offset: Settled<OffsetMinutes>,
}

/// The offset of a moment. The device's word stands even where our zone table disagrees: its table
/// may be newer, and the wall clock the patient saw decides the day. Where the device does not say
/// what its clock was set to, the offset with which it wrote the moment tells.
pub fn settle_offset(moment: &Moment) -> OffsetMinutes {
    let said = moment.offset.0.or_else(|| moment.at.clock());
    said.unwrap_or_else(|| moment.zone.offset_at(moment.at))
}

/// Notes a zone that is no more than an offset, and not the one the device says its clock was set to.
/// Programs do not agree on the sign of such names, so that one of them alone tells nothing.
pub fn check_zone(zone: PhoneZone, said: Settled<OffsetMinutes>, faults: &mut Faults) {
    if let Some(offset) = zone.as_offset()
        && said.0 != Some(offset)
    {
        let detail = "An offset as time zone needs the same offset in utc_offset_minutes.";
        faults.field("time_zone", "contradiction", detail);
    }
}

/// The journal day of a moment: computed once, and again only when the moment itself changes. A device
/// that has not learnt yet that days begin at another hour may name the day by the hour before it.
pub fn settle_day(
    moment: &Moment,
    named: Settled<NaiveDate>,
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
    let known = named.0.filter(|named| is_day_of(moment, *named, context));
    known.unwrap_or_else(|| journal_date(moment.at, offset, context.day_starts.now()))
}

/// Is it the moment's day, by the hour at which the patient's days begin or by one at which they began?
pub fn is_day_of(moment: &Moment, day: NaiveDate, context: &Context) -> bool {
    let offset = settle_offset(moment);
    context.day_starts.all().any(|start| journal_date(moment.at, offset, start) == day)
}

/// A record about one moment, which decides its journal day.
pub trait Timed {
    /// The field of the moment.
    const AT: &'static str;
    /// The moment.
    fn moment(&self) -> Moment;
    /// The journal day and the offset, to be settled.
    fn settled(&mut self) -> (&mut Settled<NaiveDate>, &mut Settled<OffsetMinutes>);
    /// The journal day as it stands.
    fn day(&self) -> Settled<NaiveDate>;
}

/// Makes a collection [`Timed`] by the named field, beside `journal_date`, `time_zone` and
/// `utc_offset_minutes`.
macro_rules! timed {
    ($record:ty, $at:ident) => {
        impl $crate::collections::moment::Timed for $record {
            const AT: &'static str = stringify!($at);
            fn moment(&self) -> $crate::collections::moment::Moment {
                $crate::collections::moment::Moment {
                    at: self.$at,
                    zone: self.time_zone,
                    offset: self.utc_offset_minutes,
                }
            }
            fn settled(
                &mut self,
            ) -> (
                &mut $crate::wire::Settled<chrono::NaiveDate>,
                &mut $crate::wire::Settled<$crate::time::OffsetMinutes>,
            ) {
                (&mut self.journal_date, &mut self.utc_offset_minutes)
            }
            fn day(&self) -> $crate::wire::Settled<chrono::NaiveDate> {
                self.journal_date
            }
        }
        impl $crate::journal::Dated for $record {
            fn journal_date(&self) -> Option<chrono::NaiveDate> {
                self.journal_date.0
            }
            fn unsettle_day(&mut self, previous: &Self, context: &$crate::journal::Context) {
                $crate::collections::moment::unsettle_timed(self, previous, context);
            }
        }
    };
}
pub(crate) use timed;

/// For a collection whose clients name the journal day themselves.
macro_rules! dated {
    ($record:ty) => {
        impl $crate::journal::Dated for $record {
            fn journal_date(&self) -> Option<chrono::NaiveDate> {
                Some(self.journal_date)
            }
        }
    };
}
pub(crate) use dated;

/// Settles offset and journal day of a record in place and answers the day. Notes a zone that does
/// not fit.
pub fn settle_timed<T: Timed>(
    record: &mut T,
    previous: Option<&T>,
    context: &Context,
    faults: &mut Faults,
) -> NaiveDate {
    let moment = record.moment();
    check_zone(moment.zone, moment.offset, faults);
    let before = previous.map(|p| (p.moment(), p.day()));
    let before = before.as_ref().map(|(moment, day)| (moment, *day));
    let day = settle_day(&moment, record.day(), before, context);
    let (journal_date, offset) = record.settled();
    *offset = Settled(Some(settle_offset(&moment)));
    *journal_date = Settled(Some(day));
    day
}

/// Like [`settle_timed`], for records that cannot name another day than their moment's, nor one that
/// has not begun.
pub fn settle_past<T: Timed>(
    record: &mut T,
    previous: Option<&T>,
    context: &Context,
    faults: &mut Faults,
) {
    let day = settle_strictly(record, previous, context, faults);
    refuse_future_by(settle_offset(&record.moment()), day, T::AT, context, faults);
}

/// Like [`settle_timed`], for records that cannot name another day than their moment's.
pub fn settle_strictly<T: Timed>(
    record: &mut T,
    previous: Option<&T>,
    context: &Context,
    faults: &mut Faults,
) -> NaiveDate {
    let named = record.day();
    let day = settle_timed(record, previous, context, faults);
    let is_known = |named| named == day || is_day_of(&record.moment(), named, context);
    if !named.0.is_none_or(is_known) {
        let detail = format!("Must be the journal day of {}.", T::AT);
        faults.field("journal_date", "contradiction", detail);
    }
    day
}

/// Notes an end before its start, or more than `longest` after it.
pub fn check_end(
    start: (&str, Instant),
    end: (&str, Option<Instant>),
    longest: Duration,
    faults: &mut Faults,
) {
    let Some(at) = end.1 else { return };
    if at < start.1 {
        faults.field(end.0, "contradiction", format!("Must not lie before {}.", start.0));
    } else if at.get() - start.1.get() > longest {
        let hours = longest.num_hours();
        let span =
            if hours > 48 { format!("{} days", hours / 24) } else { format!("{hours} hours") };
        faults.field(end.0, "out_of_range", format!("Must lie within {span} of {}.", start.0));
    }
}

/// Forgets a record's offset and day when they are only those of a moment that has changed since.
pub fn unsettle_timed<T: Timed>(record: &mut T, previous: &T, context: &Context) {
    let (now, before, day_before) = (record.moment(), previous.moment(), previous.day());
    let (day, offset) = record.settled();
    unsettle(&now, &before, offset, (day, day_before), context);
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
    let moved = now.at != before.at || now.zone != before.zone;
    if !moved && settle_offset(now) == settle_offset(before) {
        return;
    }
    // A zone that is an offset has no other one at another time.
    let always = now.zone == before.zone && now.zone.as_offset().is_some();
    if moved && *offset == before.offset && !always {
        *offset = Settled(None);
    }
    let was_settled = day_before.0.is_some_and(|day| is_day_of(before, day, context));
    if *day == day_before && was_settled {
        *day = Settled(None);
    }
}

/// Notes a day that has not begun anywhere on Earth: for what is written without a clock.
pub fn refuse_future(day: NaiveDate, field: &str, context: &Context, faults: &mut Faults) {
    refuse_after(last_date_on_earth(context.now), day, field, faults);
}

/// Notes a day that has not begun by the clock of the phone, which is set to `offset`.
pub fn refuse_future_by(
    offset: OffsetMinutes,
    day: NaiveDate,
    field: &str,
    context: &Context,
    faults: &mut Faults,
) {
    refuse_after(date_at(context.now, offset), day, field, faults);
}

fn refuse_after(last: NaiveDate, day: NaiveDate, field: &str, faults: &mut Faults) {
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
