//! Medication: on how many of seven days something was taken, of any kind and by kind, and how much it
//! helped. Days are reported; nothing is advised. A day without a record is unknown, and one on which
//! something unnamed was taken may belong to every kind: what is said of a kind is then a range.

use crate::collections::{Helped, IntakeKind};
use crate::report::rows::{EntryRow, IntakeRow};
use crate::report::rules::numbers::{count, round2};
use crate::report::rules::statement::{
    Draft, Method, ReportCode, ReportStatement, ReportWindow, Unit,
};
use crate::report::rules::weekly::{ByDay, answers, in_window};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Known days that a statement about medication needs (clinical.md, Gates).
pub const KNOWN_DAYS: usize = 14;
/// Known days from which a rate is shown as provisional: one week.
const SHOWN_DAYS: usize = 7;
/// Journal days at either end of the window that are compared; fewer where the window is shorter
/// than both.
const COMPARED_DAYS: usize = 28;
/// Medicines listed at most.
const MOST_MEDICINES: usize = 100;

/// The kinds of intake, in the order of the report.
const KINDS: [IntakeKind; 2] = [IntakeKind::Relief, IntakeKind::Preventive];

/// Answers to how much something helped. Nothing is concluded from them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HelpedCounts {
    /// Not at all.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub none: i32,
    /// Somewhat.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub some: i32,
    /// A lot.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub a_lot: i32,
    /// Not answered.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub not_answered: i32,
}

impl HelpedCounts {
    pub(crate) fn add(&mut self, helped: Option<Helped>) {
        *match helped {
            Some(Helped::None) => &mut self.none,
            Some(Helped::Some) => &mut self.some,
            Some(Helped::ALot) => &mut self.a_lot,
            None => &mut self.not_answered,
        } += 1;
    }
}

/// What a number of days a week may be, since some days name no medicine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MedicationRange {
    /// If no unnamed day belongs to the kind; days a week, two decimals.
    pub low: f64,
    /// If every unnamed day belongs to it.
    pub high: f64,
    /// Known days on which something was taken that nobody named.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub days_unnamed: i32,
    /// All known days, the unnamed ones among them.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub days_known: i32,
}

/// The days of one week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MedicationWeek {
    /// The journal days; the last block of a window may be shorter than seven.
    pub window: ReportWindow,
    /// Days on which something of the kind was taken.
    #[schema(minimum = 0, maximum = 7)]
    pub days_used: i32,
    /// Days of which it is known whether something of the kind was taken.
    #[schema(minimum = 0, maximum = 7)]
    pub days_known: i32,
}

/// The use of one kind of medication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MedicationKindUse {
    /// `relief` (against pain that is there) or `preventive`.
    pub kind: ReportCode,
    /// Days with an intake of the kind.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days_used: i32,
    /// Intakes of the kind.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub intakes: i32,
    /// Days used per seven known days. Provisional from 7 of them, reliable from 14, and withheld
    /// where a known day names no medicine: `need` is then all known days, and `per_week_range` says
    /// what can be said. Source: clinical.md, Scales.
    pub per_week: ReportStatement,
    /// Days used per seven known days as a range; null where every known day names what was taken,
    /// and below 7 known days.
    #[serde(default)]
    #[schema(required)]
    pub per_week_range: Option<MedicationRange>,
    /// Days used per seven known days in the last 28 days of the window up to today, less those in
    /// its first 28, or in its halves where it is shorter; 14 known days in both, else withheld.
    /// `have` is the smaller count. Withheld where a day of either names no medicine. Source:
    /// clinical.md, Gates.
    pub change: ReportStatement,
    /// The same as a range; null where every known day of both names what was taken, and below 14
    /// known days in either.
    #[serde(default)]
    #[schema(required)]
    pub change_range: Option<MedicationRange>,
    /// Week by week.
    #[schema(max_items = 530)]
    pub weeks: Vec<MedicationWeek>,
    /// How much the intakes helped.
    pub helped: HelpedCounts,
}

/// What one medicine was taken for, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MedicineUse {
    /// As the patient wrote it.
    #[schema(max_length = 200)]
    pub name: String,
    /// `relief` or `preventive`.
    pub kind: ReportCode,
    /// Days with an intake of it.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days_used: i32,
    /// Intakes of it.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub intakes: i32,
    /// How much the intakes helped.
    pub helped: HelpedCounts,
}

/// Medication over the window up to today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MedicationSummary {
    /// Days of the window with an intake, or with an entry that says whether any was taken. A day
    /// without either is unknown.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days_known: i32,
    /// Days on which anything was taken.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days_any: i32,
    /// Days on which none was taken, by the patient's word.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub days_none: i32,
    /// Days of `days_any` on which no medicine is named.
    #[serde(default)]
    #[schema(required, minimum = 0, maximum = 1_000_000)]
    pub days_unnamed: i32,
    /// Days with any medicine, named or not, per seven known days: provisional from 7 of them,
    /// reliable from 14. Null in reports of earlier rules. Source: clinical.md, Scales.
    #[serde(default)]
    #[schema(required)]
    pub any_per_week: Option<ReportStatement>,
    /// The same in the last 28 days of the window up to today, less that in its first 28, or in its
    /// halves where it is shorter; 14 known days in both, else withheld. Null in reports of earlier
    /// rules. Source: clinical.md, Gates.
    #[serde(default)]
    #[schema(required)]
    pub any_change: Option<ReportStatement>,
    /// The use by kind, relief first.
    #[schema(max_items = 2)]
    pub kinds: Vec<MedicationKindUse>,
    /// The medicines by name; at most a hundred.
    #[schema(max_items = 100)]
    pub medicines: Vec<MedicineUse>,
}

/// What is known of each day. The days of the map are the known ones.
pub(crate) struct MedicationDays {
    days: ByDay<DayUse>,
}

#[derive(Clone, Default)]
struct DayUse {
    kinds: BTreeSet<IntakeKind>,
    /// Something was taken, but no intake says what.
    is_unspecified: bool,
}

impl MedicationDays {
    /// Intakes outweigh an entry's answer; a day with neither is unknown.
    pub(crate) fn of(entries: &[EntryRow], intakes: &[IntakeRow]) -> Self {
        let taken = answers(entries, |entry| entry.medication_taken);
        let mut days: ByDay<DayUse> = taken
            .into_iter()
            .map(|(date, is_unspecified)| (date, DayUse { is_unspecified, ..DayUse::default() }))
            .collect();
        for intake in intakes {
            let day = days.entry(intake.journal_date).or_default();
            day.is_unspecified = false;
            day.kinds.insert(intake.kind);
        }
        Self { days }
    }

    /// Whether something of the kind was taken on a day; `None` where that is unknown.
    pub(crate) fn used(&self, date: NaiveDate, kind: IntakeKind) -> Option<bool> {
        self.days.get(&date).filter(|day| !day.is_unspecified).map(|day| day.kinds.contains(&kind))
    }

    /// The days of a window, by what is known of a kind; of any kind for `None`.
    fn count(&self, kind: Option<IntakeKind>, window: Option<ReportWindow>) -> Counted {
        let mut counted = Counted::default();
        for (_, day) in in_window(&self.days, window) {
            let is_used = match kind {
                Some(kind) => day.kinds.contains(&kind),
                None => day.is_any(),
            };
            counted.used += usize::from(is_used);
            counted.unnamed += usize::from(kind.is_some() && day.is_unspecified);
            counted.known += 1;
        }
        counted
    }
}

impl DayUse {
    fn is_any(&self) -> bool {
        self.is_unspecified || !self.kinds.is_empty()
    }
}

/// Days of a window, by what is known of the use of one kind.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    /// Days on which it was taken.
    used: usize,
    /// Days on which it may have been.
    unnamed: usize,
    /// All days of which anything is known.
    known: usize,
}

impl Counted {
    /// Days a week, if no unnamed day belongs to the kind and if all do; `None` for no known day.
    fn per_week(self) -> Option<(f64, f64)> {
        let of = |days: usize| 7.0 * days as f64 / self.known as f64;
        (self.known > 0).then(|| (of(self.used), of(self.used + self.unnamed)))
    }

    /// Days that a single number may rest on.
    const fn named(self) -> usize {
        self.known - self.unnamed
    }

    /// Both together.
    const fn and(self, other: Self) -> Self {
        Self {
            used: self.used + other.used,
            unnamed: self.unnamed + other.unnamed,
            known: self.known + other.known,
        }
    }

    /// A range over these days, where some of them are unnamed.
    fn range(self, (low, high): (f64, f64)) -> Option<MedicationRange> {
        (self.unnamed > 0).then(|| MedicationRange {
            low: round2(low),
            high: round2(high),
            days_unnamed: count(self.unnamed),
            days_known: count(self.known),
        })
    }
}

/// How often something was taken, and how that changed.
struct Rates {
    /// The days of the window.
    days: Counted,
    per_week: ReportStatement,
    per_week_range: Option<MedicationRange>,
    change: ReportStatement,
    change_range: Option<MedicationRange>,
}

/// The use of a kind in a window, or of anything for `None`, told by these two methods. A single
/// number is given only where no known day is unnamed.
fn rates(
    found: &MedicationDays,
    kind: Option<IntakeKind>,
    window: Option<ReportWindow>,
    methods: [Method; 2],
) -> Rates {
    // Where a day is unnamed, all of them are needed and not all are there.
    let draft = |value, counted: Counted, (have, all): (usize, usize), method, show_from| {
        let need = if counted.unnamed > 0 { all.max(KNOWN_DAYS) } else { KNOWN_DAYS };
        Draft {
            value,
            unit: Unit::DaysPerWeek,
            n: counted.known,
            window,
            method,
            interval: None,
            have,
            need,
            show_from: if counted.unnamed > 0 { need } else { show_from },
        }
    };
    let all = found.count(kind, window);
    let (first, last) = ends(window)
        .map(|(first, last)| (found.count(kind, Some(first)), found.count(kind, Some(last))))
        .unwrap_or_default();
    let (per_week, both) = (all.per_week(), first.and(last));
    // The least that the last days can have, less the most that the first can, and the other way.
    let change = last
        .per_week()
        .zip(first.per_week())
        .map(|(last, first)| (last.0 - first.1, last.1 - first.0));
    let fewer = (first.named().min(last.named()), first.known.max(last.known));
    let is_change_known = first.known.min(last.known) >= KNOWN_DAYS;
    let [of_week, of_change] = methods;
    Rates {
        days: all,
        per_week: draft(
            per_week.map(|(low, _)| low),
            all,
            (all.named(), all.known),
            of_week,
            SHOWN_DAYS,
        )
        .finish(),
        per_week_range: per_week
            .filter(|_| all.known >= SHOWN_DAYS)
            .and_then(|range| all.range(range)),
        change: draft(change.map(|(low, _)| low), both, fewer, of_change, KNOWN_DAYS).finish(),
        change_range: change.filter(|_| is_change_known).and_then(|range| both.range(range)),
    }
}

/// The medication of a window; `None` stands for a window without days.
pub(crate) fn summary(
    found: &MedicationDays,
    intakes: &[IntakeRow],
    window: Option<ReportWindow>,
) -> MedicationSummary {
    const PER_WEEK: Method = (
        "days_with_any_medicine_per_seven_known_days",
        "Days with any medicine, named or not, times seven, by the days of which it is known whether \
         one was taken; fourteen known days or more.",
    );
    const CHANGE: Method = (
        "days_with_any_medicine_per_seven_last_minus_first",
        "Days with any medicine, named or not, per seven known days, at the end of the window less \
         at its beginning; 28 days each or half of a shorter window, fourteen known days in both.",
    );
    let mut intakes: Vec<&IntakeRow> = intakes
        .iter()
        .filter(|intake| window.is_some_and(|window| window.contains(intake.journal_date)))
        .collect();
    // Also by what is counted last, so that no order of the rows shows.
    intakes.sort_unstable_by(|a, b| {
        (&a.name, a.kind, a.journal_date).cmp(&(&b.name, b.kind, b.journal_date))
    });
    let any = rates(found, None, window, [PER_WEEK, CHANGE]);
    let all = any.days;
    let unnamed = in_window(&found.days, window).filter(|(_, day)| day.is_unspecified).count();
    MedicationSummary {
        days_known: count(all.known),
        days_any: count(all.used),
        days_none: count(all.known - all.used),
        days_unnamed: count(unnamed),
        any_per_week: Some(any.per_week),
        any_change: Some(any.change),
        kinds: KINDS.map(|kind| kind_use(found, &intakes, kind, window)).into(),
        medicines: medicines(&intakes),
    }
}

fn kind_use(
    found: &MedicationDays,
    intakes: &[&IntakeRow],
    kind: IntakeKind,
    window: Option<ReportWindow>,
) -> MedicationKindUse {
    const PER_WEEK: Method = (
        "days_with_intake_per_seven_known_days",
        "Days with an intake of the kind, times seven, by the days of which it is known whether \
         there was one; fourteen known days or more, none of them unnamed.",
    );
    const CHANGE: Method = (
        "days_with_intake_per_seven_last_minus_first",
        "Days with an intake of the kind per seven known days, at the end of the window less at \
         its beginning; 28 days each or half of a shorter window, fourteen known days in both, none \
         of them unnamed.",
    );
    let of_kind = || intakes.iter().filter(|intake| intake.kind == kind);
    let rates = rates(found, Some(kind), window, [PER_WEEK, CHANGE]);
    let mut helped = HelpedCounts::default();
    of_kind().for_each(|intake| helped.add(intake.helped));
    let week = |window: ReportWindow| {
        let counted = found.count(Some(kind), Some(window));
        MedicationWeek {
            window,
            days_used: count(counted.used),
            days_known: count(counted.named()),
        }
    };
    MedicationKindUse {
        kind: kind.code().into(),
        days_used: count(rates.days.used),
        intakes: count(of_kind().count()),
        per_week: rates.per_week,
        per_week_range: rates.per_week_range,
        change: rates.change,
        change_range: rates.change_range,
        weeks: window.into_iter().flat_map(ReportWindow::weeks).map(week).collect(),
        helped,
    }
}

/// The days at the beginning and at the end of a window that are compared; `None` for a window of
/// a single day.
fn ends(window: Option<ReportWindow>) -> Option<(ReportWindow, ReportWindow)> {
    let window = window.filter(|window| window.days() > 1)?;
    let length = COMPARED_DAYS.min(window.days() / 2);
    let last = window.last(length);
    let rest = i64::try_from(window.days() - length).ok()?;
    Some((
        ReportWindow {
            from: window.from,
            to: crate::report::rules::statement::shift(window.to, -rest),
        },
        last,
    ))
}

fn medicines(sorted: &[&IntakeRow]) -> Vec<MedicineUse> {
    let mut medicines: BTreeMap<(&str, IntakeKind), (BTreeSet<NaiveDate>, i32, HelpedCounts)> =
        BTreeMap::new();
    for intake in sorted {
        let (days, intakes, helped) = medicines.entry((&intake.name, intake.kind)).or_default();
        days.insert(intake.journal_date);
        *intakes += 1;
        helped.add(intake.helped);
    }
    let listed = medicines.into_iter().take(MOST_MEDICINES);
    listed
        .map(|((name, kind), (days, intakes, helped))| MedicineUse {
            name: name.to_owned(),
            kind: kind.code().into(),
            days_used: count(days.len()),
            intakes,
            helped,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collections::EntryKind;
    use crate::report::rules::fixtures::{date, intake, rating};
    use crate::report::rules::statement::Status;

    fn said(day: i64, medication_taken: Option<bool>) -> EntryRow {
        EntryRow { medication_taken, ..rating(EntryKind::Daily, day, 1200) }
    }

    fn of(entries: &[EntryRow], intakes: &[IntakeRow], last: i64) -> MedicationSummary {
        let window = ReportWindow::new(date(0), date(last));
        summary(&MedicationDays::of(entries, intakes), intakes, window)
    }

    #[test]
    fn a_day_without_a_record_is_unknown_and_none_taken_is_known() {
        let relief = IntakeKind::Relief;
        let entries = [said(0, Some(false)), said(1, Some(true)), said(2, None)];
        let found = MedicationDays::of(&entries, &[intake(3, relief)]);
        let used = |day| found.used(date(day), relief);
        assert_eq!([0, 1, 2, 3, 4].map(used), [Some(false), None, None, Some(true), None]);
        assert_eq!(found.used(date(3), IntakeKind::Preventive), Some(false));
        let summary = of(&entries, &[intake(3, relief)], 6);
        assert_eq!((summary.days_known, summary.days_any, summary.days_none), (3, 2, 1));
        // What was taken outweighs an answer that says none.
        let both = MedicationDays::of(&[said(0, Some(false))], &[intake(0, relief)]);
        assert_eq!(both.used(date(0), relief), Some(true));
    }

    #[test]
    fn days_per_week_and_their_change_need_fourteen_known_days() {
        let mut intakes: Vec<_> = (0..28).map(|day| intake(day, IntakeKind::Relief)).collect();
        intakes.push(IntakeRow { helped: Some(Helped::ALot), ..intake(3, IntakeKind::Relief) });
        let none: Vec<_> = (28..56).map(|day| said(day, Some(false))).collect();
        let relief = of(&none, &intakes, 55).kinds.remove(0);
        assert_eq!((relief.per_week.value, relief.per_week.n), (Some(3.5), 56));
        assert_eq!((relief.change.value, relief.change.have), (Some(-7.0), 28));
        assert_eq!((relief.days_used, relief.intakes, relief.helped.a_lot), (28, 29, 1));
        assert_eq!((relief.weeks[0].days_used, relief.weeks[7].days_known), (7, 7));
        // Thirteen known days at the end: days are told, a change is not.
        let thirteen = of(&none[..13], &intakes, 55).kinds.remove(0);
        assert_eq!((thirteen.change.value, thirteen.change.have), (None, 13));
        assert_eq!(thirteen.change.status, Status::Insufficient);
        let six = of(&[], &intakes[..6], 55).kinds.remove(0);
        assert_eq!((six.per_week.value, six.per_week.have, six.days_used), (None, 6, 6));
    }

    #[test]
    fn a_day_that_names_no_medicine_may_belong_to_every_kind() {
        // Every second of 28 days with some medicine, none of it named.
        let entries: Vec<_> = (0..28).map(|day| said(day, Some(day % 2 == 0))).collect();
        let found = of(&entries, &[], 27);
        let any = found.any_per_week.unwrap();
        assert_eq!((any.value, any.n, any.status), (Some(3.5), 28, Status::Reliable));
        assert_eq!(found.any_change.unwrap().value, Some(0.0));
        assert_eq!((found.days_any, found.days_none, found.days_unnamed), (14, 14, 14));
        for kind in &found.kinds {
            let range = kind.per_week_range.unwrap();
            assert_eq!((range.low, range.high), (0.0, 3.5), "never a zero that nobody said");
            assert_eq!(
                (kind.per_week.value, kind.per_week.have, kind.per_week.need),
                (None, 14, 28)
            );
            assert_eq!(kind.per_week.status, Status::Insufficient);
            let change = kind.change_range.unwrap();
            assert_eq!((change.low, change.high), (-3.5, 3.5));
            assert_eq!((kind.change.value, kind.change.status), (None, Status::Insufficient));
        }
        // Ten of fifty days unnamed, and none with relief: 0 to 1.4 days a week.
        let fifty: Vec<_> = (0..50).map(|day| said(day, Some(day < 10))).collect();
        let relief = of(&fifty, &[], 49).kinds.remove(0);
        let range = relief.per_week_range.unwrap();
        assert_eq!((range.low, range.high), (0.0, 1.4));
        assert_eq!((range.days_unnamed, range.days_known), (10, 50));
        // Once every one of them is named, a single number stands.
        let named: Vec<_> = (0..10).map(|day| intake(day, IntakeKind::Relief)).collect();
        let relief = of(&fifty, &named, 49).kinds.remove(0);
        assert_eq!((relief.per_week.value, relief.per_week_range), (Some(1.4), None));
        // Too few days are no range either.
        assert_eq!(of(&fifty[..6], &[], 49).kinds[0].per_week_range, None);
    }

    #[test]
    fn the_compared_days_never_overlap() {
        for (days, length) in [(1, 0), (2, 1), (29, 14), (56, 28), (90, 28)] {
            let ends = ends(ReportWindow::new(date(0), date(days - 1)));
            let Some((first, last)) = ends else {
                assert_eq!(length, 0);
                continue;
            };
            assert_eq!((first.days(), last.days()), (length, length), "{days}");
            assert!(first.to < last.from && first.from == date(0) && last.to == date(days - 1));
        }
    }

    #[test]
    fn medicines_are_listed_by_name_and_kind() {
        let named = |day, name: &str| IntakeRow {
            name: name.to_owned(),
            ..intake(day, IntakeKind::Relief)
        };
        let summary = of(&[], &[named(1, "B"), named(0, "A"), named(1, "A"), named(99, "C")], 6);
        let listed: Vec<_> =
            summary.medicines.iter().map(|m| (m.name.as_str(), m.days_used)).collect();
        assert_eq!(listed, [("A", 2), ("B", 1)]);
        assert_eq!(summary.kinds[1].days_used, 0);
    }
}
