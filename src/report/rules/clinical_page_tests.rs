//! The worked examples of `docs/clinical.md`, computed from the page itself.

use super::adherence;
use super::fixtures::{
    close, dailies, date, days_from, input, late, night, pain_days, treatment, treatment_session,
};
use super::pain::baseline::{Baseline, BaselineKind, expected_regression};
use super::pain::change::{PainChange, change};
use super::pain::daily::PainDays;
use super::pain::responders::wilson;
use super::pain::window::{ASSUMED_SD_POINTS, Composite, DAILY_RELIABILITY, mdc95, spearman_brown};
use super::report::build;
use super::sleep::nights::efficiency;
use super::statement::{ReportWindow, StatementInterval};
use super::treatment::course::Course;
use super::treatment::effect::treatment_session_effects;
use super::treatment::effect_summary::{EffectSummary, IMMEDIATE};
use crate::collections::{Night, TreatmentSessionStatus};
use crate::report::rows::TreatmentSessionRow;
use crate::time::DayStarts;
use chrono::DateTime;
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../../docs/clinical.md");

/// What comes out of an example.
#[derive(Debug)]
enum Found {
    Number(f64),
    Text(String),
    Interval(f64, f64),
}

type Outcome = BTreeMap<&'static str, Found>;

/// An example: its heading, what it gives, and what the page says comes out.
struct Worked {
    heading: &'static str,
    given: BTreeMap<&'static str, &'static str>,
    expected: Vec<(&'static str, &'static str)>,
}

impl Worked {
    fn all() -> Vec<Self> {
        let blocks = PAGE.split("```worked ").skip(1);
        let read = |block: &'static str| {
            let (block, _) = block.split_once("```").unwrap();
            let (heading, lines) = block.split_once('\n').unwrap();
            let (mut given, mut expected) = (BTreeMap::new(), Vec::new());
            for line in lines.lines() {
                match (line.split_once(" = "), line.split_once(": ")) {
                    (Some(pair), _) => expected.push(pair),
                    (None, Some((name, value))) => assert_eq!(given.insert(name, value), None),
                    (None, None) => panic!("{heading}: {line}"),
                }
            }
            Self { heading: heading.trim(), given, expected }
        };
        blocks.map(read).collect()
    }

    fn text(&self, name: &str) -> &'static str {
        self.given.get(name).unwrap_or_else(|| panic!("{}: {name} is not given", self.heading))
    }
    fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }
    fn number(&self, name: &str) -> f64 {
        self.text(name).parse().unwrap()
    }
    fn count(&self, name: &str) -> usize {
        self.given.get(name).map_or(0, |text| text.parse().unwrap())
    }
    /// The same as a number of days.
    fn length(&self, name: &str) -> i64 {
        self.given.get(name).map_or(0, |text| text.parse().unwrap())
    }
    fn numbers(&self, name: &str) -> Vec<f64> {
        self.text(name).split(' ').map(|word| word.parse().unwrap()).collect()
    }
    fn scores(&self, name: &str) -> Vec<Option<i16>> {
        let words = self.given.get(name).into_iter().flat_map(|text| text.split(' '));
        words.map(|word| (word != "-").then(|| word.parse().unwrap())).collect()
    }
    fn days(&self, name: &str) -> PainDays {
        pain_days(&self.scores(name))
    }
    /// The days that scores of consecutive days from day 0 cover.
    fn window(&self, name: &str) -> Option<ReportWindow> {
        ReportWindow::new(date(0), date(i64::try_from(self.scores(name).len()).unwrap() - 1))
    }
}

fn yes(is: bool) -> Found {
    Found::Text(if is { "yes" } else { "no" }.to_owned())
}

/// A code as it is written in JSON.
fn code(value: &impl serde::Serialize) -> Found {
    Found::Text(serde_json::to_value(value).unwrap().as_str().unwrap_or("withheld").to_owned())
}

fn interval(found: Option<StatementInterval>) -> Found {
    let found = found.unwrap();
    Found::Interval(found.low, found.high)
}

fn course(worked: &Worked) -> Outcome {
    let rows: Vec<_> =
        worked.text("treatments").split(' ').map(|day| treatment(day.parse().unwrap())).collect();
    let open = worked.has("open from").then(|| date(worked.text("open from").parse().unwrap()));
    let found = Course::find(&rows, date(worked.text("end").parse().unwrap()), open).unwrap();
    let first = found.first_day().map(|first| (first - date(0)).num_days().to_string());
    Outcome::from([("first", Found::Text(first.unwrap_or_else(|| "unknown".to_owned())))])
}

fn f1(worked: &Worked) -> Outcome {
    if worked.has("ratings") {
        let k = worked.count("ratings");
        return Outcome::from([
            ("reliability", Found::Number(spearman_brown(DAILY_RELIABILITY, k))),
            ("limit", Found::Number(mdc95(k, ASSUMED_SD_POINTS))),
        ]);
    }
    let found = Composite::over(&worked.days("scores"), worked.window("scores"));
    Outcome::from([
        ("mean", Found::Number(found.mean().unwrap())),
        ("n", Found::Number(found.n() as f64)),
        ("grade", code(&found.status())),
    ])
}

/// The baseline of days scored in time from day 6 on, and of late ones behind them, before a treatment on
/// day 20.
fn baseline(worked: &Worked, name: &str) -> Baseline {
    let in_time = worked.scores(name);
    let from = 20 - i64::try_from(in_time.len() + worked.scores("late").len()).unwrap();
    let mut rows = dailies(from, &in_time);
    rows.extend(late(from + i64::try_from(in_time.len()).unwrap(), &worked.scores("late")));
    let course = Course::find(&[treatment(20)], date(60), None);
    let found = Baseline::find(
        &PainDays::from_rows(&rows, &DayStarts::default()),
        course.as_ref(),
        date(60),
    );
    assert_eq!(found.kind, BaselineKind::BeforeFirstTreatment);
    found
}

fn f2(worked: &Worked) -> Outcome {
    let found = baseline(worked, "in time").to_report(true);
    Outcome::from([
        ("baseline", Found::Number(found.mean.value.unwrap())),
        ("with late entries", Found::Number(found.mean_with_late_entries.unwrap().value.unwrap())),
    ])
}

fn f3(worked: &Worked) -> Outcome {
    let after = worked.scores("after");
    let last = 39 + i64::try_from(after.len()).unwrap();
    let follow_up =
        Composite::over(&days_from(40, &after), ReportWindow::new(date(40), date(last)));
    let found: PainChange = change(&baseline(worked, "before"), &follow_up);
    let mut outcome = Outcome::from([
        ("difference", Found::Number(found.difference.value.unwrap())),
        ("percent", Found::Number(found.percent_reduction.unwrap())),
        ("limit", Found::Number(found.mdc95_points.unwrap())),
        ("band", code(&found.band)),
        ("beyond error", yes(found.beyond_error)),
        ("meaningful", yes(found.meaningful_improvement)),
    ]);
    outcome.extend(found.difference.interval.map(|i| ("interval", Found::Interval(i.low, i.high))));
    outcome
}

fn f4(worked: &Worked) -> Outcome {
    if worked.has("pre") {
        let (pre, post) = (worked.numbers("pre"), worked.numbers("post"));
        let differences: Vec<f64> = post.iter().zip(&pre).map(|(post, pre)| post - pre).collect();
        let found = EffectSummary::of(&differences, None, IMMEDIATE);
        return Outcome::from([
            ("median", Found::Number(found.median.value.unwrap())),
            ("mean", Found::Number(found.mean.value.unwrap())),
            ("interval", interval(found.mean.interval)),
            ("lower", Found::Number(found.lower_count.into())),
        ]);
    }
    let scores = [worked.scores("before"), vec![None], worked.scores("after")].concat();
    let window = ReportWindow::new(date(0), date(6));
    let found =
        treatment_session_effects(&[], &pain_days(&scores), &[&treatment_session(3, 600)], window);
    Outcome::from([("sustained", Found::Number(found.sessions[0].sustained.unwrap()))])
}

fn f5(worked: &Worked) -> Outcome {
    if worked.has("attended") {
        let attended = (0..worked.length("attended")).map(|day| treatment_session(day, 600));
        let cancelled = (0..worked.length("cancelled")).map(|day| TreatmentSessionRow {
            status: TreatmentSessionStatus::CancelledPatient,
            ..treatment_session(day, 900)
        });
        let rows: Vec<TreatmentSessionRow> = attended.chain(cancelled).collect();
        let mut journal = input(0, 27);
        journal.sessions = rows;
        let found = build(&journal).header.attendance.unwrap();
        return Outcome::from([("attendance", Found::Number(found.value.unwrap()))]);
    }
    let (entries, behind) = (worked.count("entries"), worked.count("late"));
    let mut journal = input(0, worked.length("expected") - 1);
    journal.today = date(worked.length("expected"));
    journal.entries = dailies(0, &vec![Some(5); entries - behind]);
    journal
        .entries
        .extend(late(worked.length("entries") - worked.length("late"), &vec![Some(5); behind]));
    let adherence::ReportHeader { adherence_any, adherence_timely, .. } = build(&journal).header;
    Outcome::from([
        ("any", Found::Number(adherence_any.unwrap().value.unwrap())),
        ("in time", Found::Number(adherence_timely.unwrap().value.unwrap())),
    ])
}

/// The report of scores of consecutive days from day 0.
fn report(worked: &Worked) -> super::Report {
    let scores = worked.scores("scores");
    let mut journal = input(0, i64::try_from(scores.len()).unwrap() - 1);
    journal.entries = dailies(0, &scores);
    build(&journal)
}

fn f6(worked: &Worked) -> Outcome {
    let report = report(worked);
    let day = |on: chrono::NaiveDate| (on - date(0)).num_days().to_string();
    let spikes = report.daily.iter().filter(|point| point.spike == Some(true));
    let spikes: Vec<String> = spikes.map(|point| day(point.journal_date)).collect();
    let episodes = report.flares.unwrap().spike_episodes;
    let episodes =
        episodes.iter().map(|run| format!("{}-{}", day(run.window.from), day(run.window.to)));
    Outcome::from([
        ("spikes", Found::Text(spikes.join(" "))),
        ("episodes", Found::Text(episodes.collect::<Vec<_>>().join(" "))),
    ])
}

fn f7(worked: &Worked) -> Outcome {
    let trend = report(worked).pain.unwrap().trend;
    Outcome::from([
        ("slope", Found::Number(trend.per_week.value.unwrap())),
        ("interval", interval(trend.per_week.interval)),
        ("over_all", Found::Number(trend.over_all.as_ref().and_then(|all| all.value).unwrap())),
        ("words", code(&trend.words)),
        ("n", Found::Number(trend.per_week.n.into())),
    ])
}

fn f8(worked: &Worked) -> Outcome {
    let plateau = report(worked).pain.unwrap().plateau.unwrap();
    Outcome::from([
        ("plateau", yes(plateau.is_plateau)),
        ("previous", Found::Number(plateau.previous_mean)),
        ("last", Found::Number(plateau.last_mean)),
    ])
}

fn f9(worked: &Worked) -> Outcome {
    let (part, whole) = (worked.count("responders"), worked.count("patients"));
    let (low, high) = wilson(part, whole).unwrap();
    Outcome::from([
        ("percent", Found::Number(100.0 * part as f64 / whole as f64)),
        ("interval", Found::Interval(100.0 * low, 100.0 * high)),
    ])
}

fn f10(worked: &Worked) -> Outcome {
    let at = |name| DateTime::parse_from_rfc3339(worked.text(name)).unwrap();
    let in_bed = (at("rise") - at("bed")).num_minutes();
    let night = Night {
        in_bed: Some(in_bed),
        awake: worked.text("awake").parse().unwrap(),
        reported: None,
    };
    let asleep = i32::try_from(night.total_sleep().unwrap()).unwrap();
    Outcome::from([
        ("in bed", Found::Number(in_bed as f64)),
        ("asleep", Found::Number(asleep.into())),
        ("efficiency", Found::Number(efficiency(asleep, i32::try_from(in_bed).unwrap()).unwrap())),
    ])
}

fn f11(worked: &Worked) -> Outcome {
    // Hours are given with no more than one decimal.
    let minutes = |hours: &str| match hours.split_once('.') {
        Some((whole, tenths)) => {
            whole.parse::<i32>().unwrap() * 60 + tenths.parse::<i32>().unwrap() * 6
        }
        None => hours.parse::<i32>().unwrap() * 60,
    };
    let slept: Vec<i32> = worked.text("sleep").split(' ').map(minutes).collect();
    let pain = worked.scores("pain");
    let mut journal = input(0, i64::try_from(pain.len()).unwrap() - 1);
    journal.entries = dailies(0, &pain);
    journal.sleep = (0..).zip(slept).map(|(day, minutes)| night(day, Some(minutes))).collect();
    let found = build(&journal).sleep_link.unwrap();
    Outcome::from([
        ("rho", Found::Number(found.correlation.value.unwrap())),
        ("interval", interval(found.correlation.interval)),
        ("words", code(&found.words)),
    ])
}

fn f12(worked: &Worked) -> Outcome {
    let high = report(worked).pain.unwrap().time_in_state.score_high;
    Outcome::from([
        ("high", Found::Number(high.share.value.unwrap())),
        ("days", Found::Number(high.share.n.into())),
    ])
}

fn f13(worked: &Worked) -> Outcome {
    let fall =
        expected_regression(worked.number("selected"), worked.number("usual"), DAILY_RELIABILITY);
    Outcome::from([("fall", Found::Number(fall))])
}

#[test]
fn every_example_of_the_page_comes_out_as_it_says() {
    let mut seen = BTreeSet::new();
    for worked in Worked::all() {
        let compute: fn(&Worked) -> Outcome = match worked.heading {
            "course" => course,
            "F1" => f1,
            "F2" => f2,
            "F3" => f3,
            "F4" => f4,
            "F5" => f5,
            "F6" => f6,
            "F7" => f7,
            "F8" => f8,
            "F9" => f9,
            "F10" => f10,
            "F11" => f11,
            "F12" => f12,
            "F13" => f13,
            other => panic!("{other} is no formula"),
        };
        seen.insert(worked.heading);
        let outcome = compute(&worked);
        assert!(!worked.expected.is_empty(), "{}", worked.heading);
        for (name, expected) in &worked.expected {
            let what = format!("{}: {name} = {expected}", worked.heading);
            let decimals = |text: &str| text.split_once('.').map_or(0, |(_, after)| after.len());
            let near = |found: f64, text: &str| {
                close(found, text.parse().unwrap(), i32::try_from(decimals(text)).unwrap());
            };
            match outcome
                .get(name)
                .unwrap_or_else(|| panic!("{what}: nothing of that name comes out"))
            {
                Found::Text(found) => assert_eq!(found, expected, "{what}"),
                Found::Number(found) => near(*found, expected),
                Found::Interval(low, high) => {
                    let (from, to) = expected.split_once(" to ").unwrap();
                    near(*low, from);
                    near(*high, to);
                }
            }
        }
    }
    assert_eq!(seen.len(), 14, "every formula and the course have an example: {seen:?}");
}
