//! Properties of the whole report over generated journals: order, missing days, late days, clocks,
//! totals, and that a closed section leaves no trace.

use super::fixtures::{
    assessment, at, daily, date, episode, event, flare, goal, input, intake, night, note, plan,
    rating, treatment, treatment_session,
};
use super::inputs_hash;
use super::pain::coverage::CoverageWeek;
use super::*;
use crate::collections::{EntryKind, RedFlag};
use crate::collections::{Helped, IntakeKind, ReliefMeans, WorkImpact};
use crate::report::rows::{
    AssessmentRow, EntryRow, FlareRow, IntakeRow, NoteRow, ReportInput, SleepRow,
};
use crate::sections::{Section, Sections};
use crate::time::DayStarts;
use proptest::prelude::*;

/// Last day of the window.
const LAST: i64 = 69;

/// One generated day: scores and answers, each of which may be missing.
#[derive(Debug, Clone)]
struct Day {
    average: Option<i16>,
    worst: Option<i16>,
    mood: Option<i16>,
    steps: Option<i32>,
    medication: Option<bool>,
    work: Option<WorkImpact>,
    helped: Option<Helped>,
    sleep: Option<i32>,
    kind: Option<IntakeKind>,
    what: u8,
}

fn day() -> impl Strategy<Value = Day> {
    let score = || prop::option::weighted(0.8, 0..=10_i16);
    let work = prop::option::of(prop_oneof![Just(WorkImpact::None), Just(WorkImpact::Missed)]);
    let kind =
        prop::option::of(prop_oneof![Just(IntakeKind::Relief), Just(IntakeKind::Preventive)]);
    let helped = prop::option::of(prop_oneof![Just(Helped::None), Just(Helped::ALot)]);
    let counts = (prop::option::of(0..20_000_i32), prop::option::of(200..600_i32));
    (score(), score(), score(), counts, any::<Option<bool>>(), work, helped, kind, 0..60_u8)
        .prop_map(|(average, worst, mood, (steps, sleep), medication, work, helped, kind, what)| {
            Day { average, worst, mood, steps, medication, work, helped, sleep, kind, what }
        })
}

fn days() -> impl Strategy<Value = Vec<Day>> {
    prop::collection::vec(day(), 98)
}

/// A journal of all kinds of records, from 28 days before the window to its end.
fn journal(days: &[Day]) -> ReportInput {
    let mut input = input(0, LAST);
    input.journal_starts_on = date(-28);
    for (n, day) in (-28..).zip(days) {
        input.entries.push(EntryRow { worst: day.worst, ..daily(n, day.average) });
        input.entries.push(EntryRow {
            mood: day.mood,
            steps: day.steps,
            medication_taken: day.medication,
            work_impact: day.work,
            relief: vec![(ReliefMeans::Heat, day.helped)],
            red_flags: if day.what == 1 { vec![RedFlag::Fever] } else { vec![] },
            ..rating(EntryKind::Daily, n, 1201)
        });
        input.sleep.push(SleepRow { quality: day.mood, ..night(n, day.sleep) });
        input
            .intakes
            .extend(day.kind.map(|kind| IntakeRow { helped: day.helped, ..intake(n, kind) }));
        match day.what {
            2 | 3 => input.flares.push(flare(n, Some(n + i64::from(day.what)))),
            4 => input.flares.push(flare(n, None)),
            5 | 6 => {
                input.sessions.push(treatment_session(n, 600));
                input.treatments.push(treatment(n));
            }
            7 => input.assessments.push(assessment(n, "peg", f64::from(day.mood.unwrap_or(4)))),
            8 => input.assessments.push(assessment(n, "pgic", 2.0)),
            9 => input.goals.push(goal(n)),
            10 => input.adverse_events.push(event(n)),
            11 => input.plans.push(plan(n)),
            12 => input.episodes.push(episode(n)),
            13 => input.notes.push(note(n, "journal_entries")),
            14 => input.notes.push(note(n, "flares")),
            15 => input.notes.push(note(n, "goals")),
            _ => {}
        }
    }
    input
}

fn bytes(input: &ReportInput) -> String {
    serde_json::to_string(&build(input)).unwrap()
}

/// The report and the hash of what it was computed from.
fn traced(input: &ReportInput) -> (String, [u8; 32]) {
    (bytes(input), inputs_hash(input).unwrap())
}

fn reversed<T>(rows: &mut [T]) {
    rows.reverse();
    let middle = rows.len() / 3;
    rows.rotate_left(middle);
}

/// Puts the rows of a section of another journal in the place of one's own. Entries are split by
/// what they say; a note belongs to the section of notes and to that of its record.
fn exchange(input: &mut ReportInput, other: &ReportInput, section: Section) {
    let notes = |input: &mut ReportInput, is_of: fn(&NoteRow) -> bool| {
        input.notes.retain(|row| !is_of(row));
        input.notes.extend(other.notes.iter().filter(|row| is_of(row)).cloned());
    };
    let entries = |input: &mut ReportInput, put: fn(&mut EntryRow, &EntryRow)| {
        for (own, theirs) in input.entries.iter_mut().zip(&other.entries) {
            put(own, theirs);
        }
    };
    match section {
        Section::Pain => {
            input.flares.clone_from(&other.flares);
            input.episodes.clone_from(&other.episodes);
            notes(input, |note| note.collection == "flares");
            entries(input, |own, theirs| {
                (own.average, own.worst) = (theirs.average, theirs.worst);
                (own.mood, own.now) = (theirs.mood, theirs.now);
                own.relief.clone_from(&theirs.relief);
                own.red_flags.clone_from(&theirs.red_flags);
            });
        }
        Section::Sleep => input.sleep.clone_from(&other.sleep),
        Section::Mobility => entries(input, |own, theirs| {
            own.steps = theirs.steps;
            own.work_impact = theirs.work_impact;
        }),
        Section::Medication => {
            input.intakes.clone_from(&other.intakes);
            entries(input, |own, theirs| own.medication_taken = theirs.medication_taken);
        }
        Section::Treatment => {
            input.sessions.clone_from(&other.sessions);
            input.treatments.clone_from(&other.treatments);
            input.plans.clone_from(&other.plans);
            input.adverse_events.clone_from(&other.adverse_events);
            // Which entries are about a treatment session, too.
            entries(input, |own, _| {
                own.kind = match own.kind {
                    EntryKind::Daily => EntryKind::Daily,
                    EntryKind::Momentary => EntryKind::PreTreatment,
                    _ => EntryKind::Momentary,
                };
            });
        }
        Section::Assessments => input.assessments.clone_from(&other.assessments),
        Section::Goals => {
            input.goals.clone_from(&other.goals);
            notes(input, |note| note.collection == "goals");
        }
        Section::Notes => input.notes.clone_from(&other.notes),
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_order_of_rows_shows(days in days()) {
        let input = journal(&days);
        let mut other = input.clone();
        reversed(&mut other.entries);
        reversed(&mut other.sessions);
        reversed(&mut other.sleep);
        reversed(&mut other.flares);
        reversed(&mut other.intakes);
        reversed(&mut other.assessments);
        reversed(&mut other.goals);
        reversed(&mut other.adverse_events);
        reversed(&mut other.plans);
        reversed(&mut other.episodes);
        reversed(&mut other.notes);
        prop_assert_eq!(inputs_hash(&input).unwrap(), inputs_hash(&other).unwrap());
        prop_assert_eq!(bytes(&input), bytes(&other));
    }

    /// The report through closed sections is the same whatever stands in them, also nothing.
    #[test]
    fn a_closed_section_leaves_no_trace(
        days in days(),
        other in days(),
        closed in prop::sample::subsequence(Sections::ALL.iter().collect::<Vec<_>>(), 1..=8),
    ) {
        let moments = |days: &[Day]| {
            let mut input = journal(days);
            input.entries.extend((-28..).zip(days).map(|(n, day)| EntryRow {
                now: day.mood,
                ..rating(EntryKind::Momentary, n, 700)
            }));
            input
        };
        let (mut input, other) = (moments(&days), moments(&other));
        input.sections = Sections::ALL.without(Sections::of(&closed));
        let seen = traced(&input);
        prop_assert_eq!(&bytes(&input.visible()), &seen.0);
        let mut empty = other.clone();
        (empty.sleep, empty.sessions) = (vec![], vec![]);
        (empty.flares, empty.intakes, empty.assessments) = (vec![], vec![], vec![]);
        (empty.goals, empty.adverse_events, empty.plans) = (vec![], vec![], vec![]);
        (empty.episodes, empty.notes) = (vec![], vec![]);
        for entry in &mut empty.entries {
            *entry = EntryRow { id: entry.id, ..rating(entry.kind, 0, 0) };
        }
        for theirs in [&other, &empty] {
            let mut changed = input.clone();
            for section in &closed {
                exchange(&mut changed, theirs, *section);
            }
            prop_assert_eq!(&traced(&changed), &seen, "closed: {:?}", &closed);
        }
    }

    /// Rows beyond what the formulas look back on, and rows after today, are not seen.
    #[test]
    fn days_outside_change_nothing(days in days(), value in 0..=10_i16) {
        let input = journal(&days);
        let mut more = input.clone();
        for day in [-400, -60, LAST + 5, LAST + 40] {
            let late = EntryRow { received_at: at(LAST, 700), ..daily(day, Some(value)) };
            more.entries.push(late);
            more.entries.push(EntryRow { mood: Some(value), ..rating(EntryKind::Daily, day, 1200) });
            more.sleep.push(night(day, Some(300)));
            more.intakes.push(intake(day, IntakeKind::Relief));
            more.assessments.push(assessment(day, "peg", 9.0));
            more.adverse_events.push(event(day));
            more.notes.push(note(day, "journal_entries"));
            more.flares.push(flare(day, Some(day + 1)));
        }
        prop_assert_eq!(bytes(&input), bytes(&more));
    }

    /// A day without an answer is in no mean and no share: taking the row away, or leaving a row
    /// that says nothing, is the same.
    #[test]
    fn a_missing_day_is_never_a_zero(days in days()) {
        let with = journal(&days);
        let mut without = with.clone();
        without.sleep.retain(|row| row.reported_sleep_minutes.is_some() || row.quality.is_some());
        without.entries.retain(|row| {
            row.is_answered()
                || row.mood.is_some()
                || row.steps.is_some()
                || row.medication_taken.is_some()
                || row.work_impact.is_some()
                || !row.red_flags.is_empty()
                || !row.relief.is_empty()
        });
        prop_assert_eq!(bytes(&with), bytes(&without));
        let report = build(&with);
        let steps: Vec<f64> =
            report.daily.iter().filter_map(|day| day.steps).map(f64::from).collect();
        let found = report.function.unwrap().steps.mean;
        prop_assert_eq!(usize::try_from(found.n).unwrap(), steps.len());
        if let Some(value) = found.value {
            let mean = steps.iter().sum::<f64>() / steps.len() as f64;
            prop_assert!((value - mean).abs() < 0.006);
        }
    }

    /// Moving every instant, as a clock change or another zone would, moves no day: the stored
    /// journal days alone decide, and only punctuality looks at instants.
    #[test]
    fn clocks_move_no_day(days in days(), minutes in -90..=90_i64) {
        let input = journal(&days);
        let mut moved = input.clone();
        let by = chrono::TimeDelta::minutes(minutes);
        for row in &mut moved.entries {
            row.effective_at += by;
            row.utc_offset_minutes = 60;
        }
        for row in &mut moved.assessments {
            row.effective_at += by;
        }
        prop_assert_eq!(bytes(&input), bytes(&moved));
    }

    #[test]
    fn totals_add_up(days in days()) {
        let report = build(&journal(&days));
        let header = &report.header;
        let weeks = report.coverage.unwrap();
        let sum = |of: fn(&CoverageWeek) -> i32| weeks.iter().map(of).sum::<i32>();
        prop_assert_eq!(sum(|week| week.expected), header.days_expected);
        prop_assert_eq!(Some(sum(|week| week.rated)), header.days_rated);
        prop_assert_eq!(Some(sum(|week| week.backfilled)), header.days_backfilled);
        let flares = report.flares.unwrap();
        let spikes: i32 = flares.spike_episodes.iter().map(|episode| episode.spike_days).sum();
        let marked = report.daily.iter().filter(|day| day.spike == Some(true)).count();
        prop_assert_eq!(usize::try_from(spikes).unwrap(), marked);
        let in_flare = report.daily.iter().filter(|day| day.flare == Some(true)).count();
        if let Some(overlap) = flares.overlap {
            prop_assert_eq!(overlap.both + overlap.spike_only, spikes);
            let flare_days = overlap.both + overlap.flare_only + overlap.flare_not_judged;
            prop_assert_eq!(usize::try_from(flare_days).unwrap(), in_flare);
        }
        let medication = report.medication.unwrap();
        prop_assert_eq!(medication.days_any + medication.days_none, medication.days_known);
        for kind in &medication.kinds {
            let used: i32 = kind.weeks.iter().map(|week| week.days_used).sum();
            let helped = kind.helped;
            prop_assert_eq!(used, kind.days_used);
            let answers = helped.none + helped.some + helped.a_lot + helped.not_answered;
            prop_assert_eq!(answers, kind.intakes);
        }
        let work = report.function.unwrap().work;
        prop_assert_eq!(work.unaffected + work.reduced + work.missed, work.answered);
    }
}

/// Whatever is shown is part of the hash, and so are the days; when and at which revision it was
/// computed is not.
#[test]
fn the_hash_is_of_all_that_counts_and_nothing_else() {
    let mut input = input(0, 20);
    input.entries = vec![EntryRow { mood: Some(5), ..daily(3, Some(4)) }];
    let first = inputs_hash(&input).unwrap();
    let of = |change: fn(&mut ReportInput)| {
        let mut other = input.clone();
        change(&mut other);
        inputs_hash(&other).unwrap()
    };
    assert_eq!(of(|i| i.made.generated_at += chrono::TimeDelta::hours(1)), first);
    assert_eq!(of(|i| i.made.revision += 1), first);
    let changes: [fn(&mut ReportInput); 9] = [
        |i| i.entries[0].average = Some(5),
        |i| i.entries.push(daily(4, Some(4))),
        |i| i.entries[0].mood = Some(6),
        |i| i.to = date(21),
        |i| i.today = date(19),
        |i| i.day_starts = DayStarts::always(241),
        |i| i.goals = vec![goal(3)],
        |i| i.flares = vec![flare(3, None)],
        |i| i.sections = Sections::ALL.without(Sections::of(&[Section::Notes])),
    ];
    let mut seen = std::collections::HashSet::from([first]);
    for (n, change) in changes.into_iter().enumerate() {
        assert!(seen.insert(of(change)), "change {n}");
    }
}

/// Two notes and two scores of one day keep an order of their own.
#[test]
fn records_of_one_day_have_an_order() {
    let mut input = input(0, 20);
    let again = |row: AssessmentRow, score| AssessmentRow {
        id: uuid::Uuid::from_u64_pair(7, 7),
        score: Some(score),
        ..row
    };
    let first = assessment(3, "peg", 5.0);
    input.assessments = vec![again(first.clone(), 6.0), first];
    input.flares = vec![FlareRow { severity: Some(1), ..flare(2, Some(4)) }, flare(2, None)];
    input.flares[1].id = uuid::Uuid::from_u64_pair(7, 8);
    input.entries = vec![EntryRow { now: Some(3), ..rating(EntryKind::Momentary, 2, 600) }];
    let seen = bytes(&input);
    input.assessments.reverse();
    input.flares.reverse();
    assert_eq!(bytes(&input), seen);
}
