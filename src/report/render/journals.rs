//! Whole journals to look at: a usual one, a sparse, a perfect, a long, an empty one, and one full
//! of long words in several scripts.

use crate::body_map::{BodyRegion, Laterality};
use crate::collections::{
    EntryKind, NeedleResponse, PlanStatus, Stimulation, TreatmentSessionStatus,
};
use crate::collections::{Helped, IntakeKind, ReliefMeans, WorkImpact};
use crate::report::rows::{
    AssessmentRow, EntryRow, FlareRow, GoalRow, NoteRow, QuestionRow, ReportInput, SiteRow,
    SleepRow, TreatmentSessionRow,
};
use crate::report::rules::fixtures::{
    assessment, at, daily, date, episode, event, flare, goal, input, intake, night, note, plan,
    rating, treatment_session, with_course,
};
use uuid::Uuid;

/// All journals by name.
pub(crate) fn all() -> [(&'static str, ReportInput); 8] {
    [
        ("usual", usual()),
        ("sparse", sparse()),
        ("perfect", perfect()),
        ("long", long()),
        ("empty", input(0, 89)),
        ("words", words()),
        ("worse", worse()),
        ("pauses", pauses()),
    ]
}

/// A number from 0 to `below` less one that looks as by chance, and is the same every time.
fn chance(day: i64, salt: i64, below: i64) -> i64 {
    let mixed = (day * 2_654_435_761 + salt * 40_503) ^ ((day + salt) << 7);
    (mixed / 911).rem_euclid(below)
}

/// A score between 0 and 10.
fn score(number: i64) -> Option<i16> {
    i16::try_from(number.clamp(0, 10)).ok()
}

/// Pain that sinks from about 7 to 3 and goes up and down.
fn pain(day: i64, days: i64) -> i64 {
    7 - 4 * day / days + chance(day, 1, 3) - 1
}

/// What a day says beside pain.
fn told(day: i64, days: i64) -> EntryRow {
    let pain = pain(day, days);
    let mut row = rating(EntryKind::Daily, day, 1200);
    row.interference = score(pain - 1);
    row.mood = score(4 + 3 * day / days + chance(day, 2, 3) - 1);
    row.energy = score(4 + 2 * day / days + chance(day, 3, 3) - 1);
    row.stress = score(6 - 2 * day / days + chance(day, 4, 3) - 1);
    row.stiffness = score(pain + chance(day, 5, 2));
    row.morning_stiffness_minutes = i16::try_from(35 - 20 * day / days).ok();
    row.walking_minutes = i16::try_from(20 + 25 * day / days + chance(day, 6, 15)).ok();
    row.sitting_tolerance_minutes = i16::try_from(30 + 40 * day / days).ok();
    row.work_impact = (day % 7 < 5).then_some(match chance(day, 7, 9) {
        0 => WorkImpact::Missed,
        1 | 2 => WorkImpact::Reduced,
        _ => WorkImpact::None,
    });
    let site = |region, laterality, intensity| SiteRow {
        region,
        laterality: Some(laterality),
        intensity: score(intensity),
    };
    row.sites.push(site(BodyRegion::LowBack, Laterality::Left, pain));
    if day % 2 == 0 {
        row.sites.push(site(BodyRegion::Buttock, Laterality::Left, pain - 1));
    }
    if day % 5 == 0 {
        row.sites.push(site(BodyRegion::Neck, Laterality::Midline, 2));
    }
    if day % 3 == 0 {
        row.relief.push((ReliefMeans::Heat, Some(Helped::Some)));
    }
    if day % 4 == 0 {
        row.relief.push((ReliefMeans::Movement, Some(Helped::ALot)));
    }
    if day % 17 == 0 {
        row.relief.push((ReliefMeans::Topical, Some(Helped::None)));
    }
    row.medication_taken = Some(day % 3 == 0);
    row
}

/// A daily entry with average, worst and least.
fn rated(day: i64, average: i64) -> EntryRow {
    let worst = score(average + 1 + chance(day, 8, 3));
    EntryRow { worst, least: score(average - 2), ..daily(day, score(average)) }
}

/// The ratings around a treatment session.
fn around(day: i64, before: i64) -> Vec<EntryRow> {
    [
        (EntryKind::PreTreatment, day, 590, before),
        (EntryKind::PostTreatment, day, 660, before - 2 - chance(day, 9, 2)),
        (EntryKind::Post24h, day + 1, 650, before - 1),
    ]
    .into_iter()
    .map(|(kind, day, minute, now)| EntryRow { now: score(now), ..rating(kind, day, minute) })
    .collect()
}

fn slept(day: i64, days: i64) -> SleepRow {
    let minutes = 360 + 60 * day / days + 20 * chance(day, 10, 5);
    SleepRow {
        bed_at: Some(at(day, 420 - minutes - 65)),
        rise_at: Some(at(day, 420)),
        awake_minutes: 65,
        is_every_part_known: true,
        woken_by_pain: Some(chance(day, 11, 4) == 0),
        quality: score(4 + 2 * day / days + chance(day, 12, 3)),
        ..night(day, None)
    }
}

/// A treatment session with all that was done in it.
fn needled(day: i64) -> TreatmentSessionRow {
    let at = |name: &str, side| (name.to_owned(), Some(side));
    TreatmentSessionRow {
        points: vec![
            at("BL23", Laterality::Both),
            at("GB30", Laterality::Left),
            at("GV4", Laterality::Midline),
        ],
        needle_count: Some(5),
        retention_minutes: Some(25),
        stimulation: vec![Stimulation::Electrical],
        electrical_frequency_hz: Some(2.0),
        response_obtained: vec![NeedleResponse::DeQi],
        ..treatment_session(day, 600)
    }
}

/// The treatments of an input belong to its first plan from that on, and are for its first complaint.
fn of_plan(input: ReportInput) -> ReportInput {
    let mut input = with_course(input);
    let plan = input.plans.first().map(|plan| plan.id);
    let complaint = input.episodes.first().map(|episode| episode.id);
    for treatment in &mut input.treatments {
        (treatment.treatment_plan_id, treatment.pain_episode_id) = (plan, complaint);
    }
    input
}

fn planned(day: i64) -> TreatmentSessionRow {
    TreatmentSessionRow {
        status: TreatmentSessionStatus::Planned,
        ends_at: None,
        ..treatment_session(day, 600)
    }
}

fn question(number: i64, text: &str) -> QuestionRow {
    QuestionRow {
        id: Uuid::from_u64_pair(108, number.unsigned_abs()),
        written_on: date(number),
        text: text.to_owned(),
        treatment_session_id: None,
        answered_on: None,
    }
}

fn noted(day: i64, text: &str) -> NoteRow {
    NoteRow { text: Some(text.to_owned()), ..note(day, "journal_entries") }
}

fn activities(day: i64, ratings: [f64; 3]) -> AssessmentRow {
    let names = ["Sit through a film", "Carry the shopping upstairs", "Tie my shoes"];
    AssessmentRow {
        activities: names.map(str::to_owned).into_iter().zip(ratings).collect(),
        ..assessment(day, "psfs", ratings.iter().sum::<f64>() / 3.0)
    }
}

/// Ninety days with every section, twelve treatment sessions and ordinary amounts of everything.
pub(crate) fn usual() -> ReportInput {
    let days = 90;
    let mut input = input(0, days - 1);
    for day in (0..days).filter(|day| day % 11 != 6) {
        let flared = (33..36).contains(&day) || (61..63).contains(&day);
        input.entries.push(rated(day, pain(day, days) + if flared { 3 } else { 0 }));
        input.entries.push(told(day, days));
        if day % 8 != 3 {
            input.sleep.push(slept(day, days));
        }
    }
    for late in
        input.entries.iter_mut().filter(|row| [date(24), date(25)].contains(&row.journal_date))
    {
        (late.recorded_at, late.received_at) = (Some(at(30, 0)), at(30, 0));
    }
    for number in 0..12 {
        let day = 15 + number * 6;
        input.sessions.push(if number < 8 { needled(day) } else { treatment_session(day, 600) });
        input.entries.extend(around(day, pain(day, days)));
    }
    input.sessions.push(planned(89));
    let reported = |first, last| FlareRow {
        what_helped: vec![(ReliefMeans::Heat, Some(Helped::Some))],
        ..flare(first, last)
    };
    input.flares = vec![reported(33, Some(35)), reported(61, Some(62))];
    input.intakes = (0..days)
        .filter(|day| day % 3 == 0)
        .map(|day| {
            intake(day, if day % 9 == 0 { IntakeKind::Preventive } else { IntakeKind::Relief })
        })
        .collect();
    input.assessments = vec![
        assessment(1, "peg", 6.67),
        assessment(85, "peg", 3.33),
        assessment(1, "rmdq_24", 14.0),
        assessment(85, "rmdq_24", 8.0),
        activities(1, [3.0, 2.0, 4.0]),
        activities(85, [6.0, 5.0, 7.0]),
        assessment(86, "pgic", 6.0),
    ];
    input.goals = vec![goal(2), GoalRow { text: "Sleep through the night".to_owned(), ..goal(3) }];
    input.questions = vec![
        question(80, "May I start swimming again, and how often?"),
        question(84, "Why is the left side worse in the morning?"),
    ];
    input.adverse_events = vec![event(21)];
    input.plans = vec![plan(14)];
    input.episodes = vec![episode(1)];
    input.notes = vec![
        noted(33, "Bad night after the move, carried boxes all day."),
        noted(61, "Long drive, no breaks. Heat helped a little."),
        noted(83, "First time I walked around the lake without stopping."),
    ];
    of_plan(input)
}

/// Pain that rises after the treatment began, and an impression of the patient's that says otherwise.
pub(crate) fn worse() -> ReportInput {
    let mut input = input(0, 89);
    for day in (0..90).filter(|day| day % 9 != 4) {
        input.entries.push(rated(day, 3 + 3 * day / 90 + chance(day, 1, 3) - 1));
        input.sleep.push(slept(day, 90));
    }
    input.entries.push(told(30, 90));
    for number in 0..5 {
        input.sessions.push(needled(20 + number * 10));
    }
    input.assessments =
        vec![assessment(1, "peg", 3.0), assessment(80, "peg", 5.67), assessment(82, "pgic", 2.0)];
    input.adverse_events = vec![event(31)];
    input.plans = vec![plan(18)];
    input.episodes = vec![episode(1)];
    of_plan(input)
}

/// A journal with two weeks without entries, most of them a pause that the patient declared, and a plan
/// that was paused in them.
pub(crate) fn pauses() -> ReportInput {
    let away = 38..54;
    let mut input = usual();
    input.entries.retain(|row| !away.clone().any(|day| row.journal_date == date(day)));
    input.sleep.retain(|row| !away.clone().any(|day| row.journal_date == date(day)));
    input.intakes.retain(|row| !away.clone().any(|day| row.journal_date == date(day)));
    for row in &mut input.sessions {
        if away.clone().any(|day| row.journal_date == date(day)) {
            row.status = TreatmentSessionStatus::CancelledPatient;
        }
    }
    input.pauses = vec![(date(40), Some(date(53)))];
    input.plans[0].status = PlanStatus::Paused;
    input.plans[0].goal = "Sit through a working day, from May on without breaks".to_owned();
    of_plan(input)
}

/// Ninety days of which nine were rated.
pub(crate) fn sparse() -> ReportInput {
    let mut input = input(0, 89);
    input.entries =
        [3, 4, 19, 40, 41, 42, 70, 71, 88].map(|day| rated(day, pain(day, 90))).to_vec();
    input.entries.extend([told(40, 90), told(41, 90)]);
    input.sleep = vec![slept(41, 90)];
    input.sessions = vec![treatment_session(20, 600), treatment_session(50, 600)];
    with_course(input)
}

/// Ninety days without a gap, and little pain in the end.
pub(crate) fn perfect() -> ReportInput {
    let mut input = input(0, 89);
    for day in 0..90 {
        let average = (6 - day / 10).max(0);
        input.entries.push(EntryRow {
            worst: score(average + 1),
            pain_free_day: Some(average == 0),
            ..daily(day, score(average))
        });
        input.entries.push(told(day, 90));
        input.sleep.push(slept(day, 90));
    }
    for number in 0..10 {
        let day = 14 + number * 7;
        input.sessions.push(treatment_session(day, 600));
        input.entries.extend(around(day, 6 - day / 10));
    }
    input.assessments = vec![assessment(0, "peg", 7.0), assessment(89, "peg", 0.33)];
    with_course(input)
}

/// Two years with everything.
pub(crate) fn long() -> ReportInput {
    let days = 730;
    let mut input = input(0, days - 1);
    for day in (0..days).filter(|day| day % 13 != 4 && !(300..330).contains(day)) {
        input.entries.push(rated(day, pain(day, days) + if day % 97 < 4 { 3 } else { 0 }));
        input.entries.push(told(day, days));
        input.sleep.push(slept(day, days));
    }
    for number in 0..60 {
        let day = 20 + number * 11;
        input.sessions.push(treatment_session(day, 600));
        input.entries.extend(around(day, pain(day, days)));
    }
    input.flares = (1..8).map(|number| flare(number * 97, Some(number * 97 + 3))).collect();
    input.adverse_events = (1..9).map(|number| event(number * 80)).collect();
    input.intakes = (0..days).step_by(4).map(|day| intake(day, IntakeKind::Relief)).collect();
    input.assessments =
        (0..12).map(|month| assessment(month * 60 + 3, "peg", 7.0 - month as f64 / 3.0)).collect();
    input.notes = (1..24).map(|month| noted(month * 30, "A note of the month.")).collect();
    with_course(input)
}

/// A usual journal whose words are long and in several scripts.
pub(crate) fn words() -> ReportInput {
    let arabic = "استيقظت اليوم مع ألم في أسفل الظهر (حوالي 7 من 10)، وبعد جلسة الوخز بالإبر \
                  انخفض إلى 3. تناولت Ibuprofen 400 mg مرتين، ثم مشيت 2.5 km. ";
    let hindi = "आज सुबह कमर में बहुत दर्द था, फिर धीरे-धीरे कम हुआ। रात को नींद अच्छी आई। ";
    let emoji = "😀 🔥 ❤️ 👩‍⚕️ 👍🏽 🧘‍♀️ walked 2 km 🚶🏽‍♀️ then rested 😴 ";
    let mut input = usual();
    input.questions =
        vec![question(80, &arabic.repeat(2)), question(84, "क्या मैं फिर से तैर सकता हूँ (Swimming)?")];
    input.goals = vec![
        GoalRow { text: "أن أمشي حول البحيرة (5 km)".to_owned(), ..goal(2) },
        GoalRow { text: format!("{emoji}!"), ..goal(3) },
        GoalRow { text: "W".repeat(200), ..goal(4) },
    ];
    input.notes = vec![
        noted(33, &arabic.repeat(6)),
        noted(61, &hindi.repeat(8)),
        noted(83, &emoji.repeat(9)),
    ];
    input.episodes[0].label = "ألم الظهر".to_owned();
    input
}
