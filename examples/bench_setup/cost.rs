//! What a report costs after its rows have been read: the time of all threads, and the memory.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use pain_journal::body_map::{BodyRegion, Laterality};
use pain_journal::collections::{
    ActionTaken, AdverseEventKind, EntryKind, EpisodeStatus, EventOutcome, EventSeverity, GoalKind,
    GoalStatus, Helped, IntakeKind, Occasion, PlanStatus, ReliefMeans, TreatmentSessionKind,
    TreatmentSessionStatus, Trigger,
};
use pain_journal::instruments::AssessmentStatus;
use pain_journal::language::{Language, Paper};
use pain_journal::report::render::compose::practitioner_page;
use pain_journal::report::render::html;
use pain_journal::report::render::pdf;
use pain_journal::report::rows::{
    AdverseEventRow, AssessmentRow, EntryRow, EpisodeRow, FlareRow, GoalRow, IntakeRow, Made,
    NoteRow, PlanRow, QuestionRow, ReportInput, SiteRow, SleepRow, TreatmentRow,
    TreatmentSessionRow,
};
use pain_journal::report::rules::build;
use pain_journal::report::rules::pain::trend::TheilSen;
use pain_journal::sections::Sections;
use pain_journal::time::{DayStarts, PhoneZone, TimeZone};
use std::error::Error;
use std::fs;
use std::hint::black_box;
use uuid::Uuid;

/// Days of a report, entries a day, and how often it is made.
const REPORTS: [(u32, u32, u32); 4] = [(90, 1, 20), (365, 1, 20), (731, 3, 10), (3650, 3, 2)];

/// Prints the tables.
pub(super) fn print() -> Result<(), Box<dyn Error>> {
    println!(
        "| days | entries | build ms | JSON ms | HTML ms | PDF ms | MB while building | KB: JSON, HTML, PDF |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (days, a_day, times) in REPORTS {
        let input = input(days, a_day);
        let report = build(&input);
        let page = practitioner_page(&report, Language::english());
        let sizes = [
            serde_json::to_vec(&report)?.len(),
            html::document(&page).len(),
            pdf::render(&page, Paper::A4)?.len(),
        ];
        let memory = memory_mb(|| build(&input))?;
        let costs = [
            cost_ms(times, || build(&input))?,
            cost_ms(times, || serde_json::to_vec(&report))?,
            cost_ms(times, || html::document(&practitioner_page(&report, Language::english())))?,
            cost_ms(times.div_ceil(4), || {
                pdf::render(&practitioner_page(&report, Language::english()), Paper::A4)
            })?,
        ];
        println!(
            "| {days} | {} | {} | {memory:.1} | {} |",
            days * a_day,
            costs.map(|ms| format!("{ms:.2}")).join(" | "),
            sizes.map(|bytes| (bytes / 1024).to_string()).join(", ")
        );
    }
    println!("\n| Theil-Sen over days | ms | MB |\n|---|---|---|");
    for days in [365, 731, 3650] {
        let points: Vec<(f64, f64)> =
            (0..days).map(|day| (f64::from(day), f64::from(score(day)))).collect();
        let memory = memory_mb(|| TheilSen::fit(&points))?;
        let cost = cost_ms(3, || TheilSen::fit(&points))?;
        println!("| {days} | {cost:.2} | {memory:.1} |");
    }
    Ok(())
}

/// Milliseconds that all threads of this process worked, the mean of some runs.
fn cost_ms<T>(times: u32, work: impl Fn() -> T) -> Result<f64, Box<dyn Error>> {
    black_box(work());
    let before = worked_ns()?;
    for _ in 0..times {
        black_box(work());
    }
    Ok((worked_ns()? - before) as f64 / 1e6 / f64::from(times))
}

/// Threads are kept by their pools, so none is missing at the end.
fn worked_ns() -> Result<u64, Box<dyn Error>> {
    let mut sum = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let stat = fs::read_to_string(task?.path().join("schedstat"))?;
        sum += stat.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(sum)
}

/// Megabytes that were resident at most while something was done, beyond those before.
fn memory_mb<T>(work: impl Fn() -> T) -> Result<f64, Box<dyn Error>> {
    let resident = |field: &str| -> Result<f64, Box<dyn Error>> {
        let status = fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find(|line| line.starts_with(field)).ok_or("no such line")?;
        Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<f64>()? / 1024.0)
    };
    // Writing 5 sets the peak back to what is resident now.
    fs::write("/proc/self/clear_refs", "5")?;
    let before = resident("VmRSS")?;
    black_box(work());
    Ok(resident("VmHWM")? - before)
}

/// A score that varies like the seeded ones do.
fn score(day: u32) -> i16 {
    i16::try_from((day * 7 + day * day) % 97 % 8).unwrap_or(0) + 1
}

fn id(kind: u64, number: u32) -> Uuid {
    Uuid::from_u64_pair(kind, number.into())
}

fn entry(day: NaiveDate, number: u32, of_day: u32) -> EntryRow {
    let at = moment(day) - TimeDelta::hours(i64::from(of_day) * 4);
    let score = score(number);
    let site = SiteRow {
        region: BodyRegion::LowBack,
        laterality: Some(Laterality::Left),
        intensity: Some(score),
    };
    EntryRow {
        id: id(5, number),
        kind: if of_day == 0 { EntryKind::Daily } else { EntryKind::Momentary },
        effective_at: at,
        journal_date: day,
        recorded_at: Some(at),
        received_at: at,
        utc_offset_minutes: 60,
        now: Some(score),
        average: Some(score),
        worst: Some(score + 2),
        least: Some(score - 1),
        pain_free_day: None,
        interference: Some(score),
        mood: Some(5),
        energy: Some(5),
        stress: Some(4),
        stiffness: Some(score),
        morning_stiffness_minutes: Some(20),
        relief: if number.is_multiple_of(3) {
            vec![(ReliefMeans::Heat, Some(Helped::Some))]
        } else {
            vec![]
        },
        sites: vec![site],
        red_flags: vec![],
        walking_minutes: Some(40),
        steps: Some(4200),
        sitting_tolerance_minutes: None,
        standing_tolerance_minutes: None,
        work_impact: None,
        work_minutes_lost: None,
        medication_taken: Some(number.is_multiple_of(3)),
    }
}

/// The zone whose clock tells the days here.
fn utc() -> PhoneZone {
    TimeZone::from(chrono_tz::Tz::UTC).into()
}

fn moment(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(20)
}

/// The rows of a journal, as many of each kind as `bench/seed.sql` and `bench/clinical.sql` seed.
fn input(days: u32, a_day: u32) -> ReportInput {
    let first = NaiveDate::from_ymd_opt(2016, 1, 1).unwrap_or_default();
    let at = |day: u32| first + Days::new(day.into());
    let every = |step: usize| (0..days).step_by(step).map(move |day| (day, at(day)));
    let last = at(days - 1);
    ReportInput {
        from: first,
        to: last,
        today: last,
        day_starts: DayStarts::always(240),
        journal_starts_on: first,
        pauses: vec![],
        made: Made { generated_at: moment(last), revision: 1 },
        sections: Sections::ALL,
        share_label: None,
        subject: None,
        open_from: None,
        treatments: every(7).map(|(day, date)| treatment(day, date)).collect(),
        entries: (0..days * a_day)
            .map(|number| entry(at(number / a_day), number, number % a_day))
            .collect(),
        sessions: every(7).map(|(day, date)| treatment_session(day, date)).collect(),
        sleep: every(1)
            .map(|(day, journal_date)| SleepRow {
                journal_date,
                bed_at: Some(moment(journal_date) - TimeDelta::hours(20)),
                rise_at: Some(moment(journal_date) - TimeDelta::hours(12)),
                awake_minutes: 20,
                is_every_part_known: true,
                reported_sleep_minutes: None,
                woken_by_pain: None,
                quality: Some(score(day)),
            })
            .collect(),
        flares: every(45)
            .map(|(day, date)| FlareRow {
                id: id(9, day),
                started_on: date,
                ended_at: Some(moment(date + Days::new(2))),
                time_zone: utc(),
                severity: Some(7),
                suspected_triggers: vec![Trigger::Stress, Trigger::Lifting],
                what_helped: vec![(ReliefMeans::Rest, Some(Helped::Some))],
            })
            .collect(),
        intakes: every(3)
            .map(|(_, journal_date)| IntakeRow {
                journal_date,
                kind: IntakeKind::Relief,
                name: "Ibuprofen".to_owned(),
                helped: Some(Helped::Some),
            })
            .collect(),
        assessments: every(28).map(|(day, date)| assessment(day, date)).collect(),
        goals: every(180).map(|(day, date)| goal(day, date)).collect(),
        adverse_events: every(91).map(|(day, date)| bruise(day, date)).collect(),
        plans: every(180).map(|(day, date)| plan(day, date)).collect(),
        episodes: vec![EpisodeRow {
            id: id(16, 0),
            noted_on: first,
            label: "My back".to_owned(),
            onset_date: None,
            onset_precision: None,
            status: EpisodeStatus::Active,
            conditions: vec![],
            condition_other: None,
            clinical_conditions: vec![],
            clinical_note: None,
        }],
        notes: every(14)
            .map(|(day, journal_date)| NoteRow {
                id: id(18, day),
                collection: "journal_entries".to_owned(),
                journal_date,
                text: Some("a note of about a hundred characters, as people write them".to_owned()),
                trigger_text: None,
            })
            .collect(),
        questions: every(14)
            .map(|(day, written_on)| QuestionRow {
                id: id(17, day),
                written_on,
                text: "May I go back to running, and how far at first?".to_owned(),
                treatment_session_id: None,
                answered_on: Some(written_on),
            })
            .collect(),
    }
}

fn treatment_session(day: u32, journal_date: NaiveDate) -> TreatmentSessionRow {
    let starts_at = moment(journal_date) - TimeDelta::hours(11);
    TreatmentSessionRow {
        id: id(7, day),
        journal_date,
        starts_at,
        ends_at: Some(starts_at + TimeDelta::minutes(45)),
        status: TreatmentSessionStatus::Attended,
        kind: TreatmentSessionKind::Treatment,
        techniques: vec!["manual_needling".to_owned()],
        points: vec![],
        needle_count: None,
        retention_minutes: Some(20),
        stimulation: vec![],
        electrical_frequency_hz: None,
        response_obtained: vec![],
    }
}

fn treatment(day: u32, journal_date: NaiveDate) -> TreatmentRow {
    let TreatmentSessionRow { id, starts_at, .. } = treatment_session(day, journal_date);
    TreatmentRow { id, journal_date, starts_at, pain_episode_id: None, treatment_plan_id: None }
}

fn assessment(day: u32, journal_date: NaiveDate) -> AssessmentRow {
    let at = moment(journal_date);
    AssessmentRow {
        journal_date,
        id: id(11, day),
        effective_at: at,
        recorded_at: Some(at),
        received_at: at,
        instrument: "peg".to_owned(),
        version: 1,
        occasion: Some(Occasion::Review),
        score: Some(score(day).into()),
        status: AssessmentStatus::Complete,
        flags: vec![],
        activities: vec![],
    }
}

fn goal(day: u32, set_on: NaiveDate) -> GoalRow {
    GoalRow {
        id: id(13, day),
        set_on,
        kind: GoalKind::Activity,
        text: "Carry the shopping up two floors".to_owned(),
        importance: Some(8),
        target_date: None,
        status: GoalStatus::Open,
        reached_on: None,
    }
}

fn bruise(day: u32, started_on: NaiveDate) -> AdverseEventRow {
    AdverseEventRow {
        id: id(14, day),
        started_on,
        ended_at: Some(moment(started_on)),
        time_zone: utc(),
        treatment_session_id: None,
        kinds: vec![AdverseEventKind::Bruising],
        kind_other: None,
        severity: EventSeverity::Mild,
        serious: false,
        actions: vec![ActionTaken::None],
        outcome: Some(EventOutcome::Resolved),
        clinical_severity: None,
        clinical_relatedness: None,
        clinical_actions: vec![],
        clinical_note: None,
    }
}

fn plan(day: u32, agreed_on: NaiveDate) -> PlanRow {
    PlanRow {
        id: id(15, day),
        agreed_on,
        goal: "Sit through a working day".to_owned(),
        status: PlanStatus::Completed,
        start_date: Some(agreed_on),
        ended_on: None,
        planned_sessions: Some(26),
    }
}
