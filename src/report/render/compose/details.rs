//! The details behind the summary: the tables, the lists that are longer than it shows, and what the
//! page cannot say.

use super::beside::event_line;
use super::content::{
    Gaps, Measured, activities, codes, complaint_line, isolated, known, pain_free,
    places_of_one_day, treatment_table, visit_lists,
};
use super::summary::{MOST_LINES, tried};
use super::treatments::done_table;
use super::voice::{Voice, day_or, fact, or_dash, value};
use crate::report::render::chart::place_name;
use crate::report::render::page::{Alignment, Block, Fact, Note, Table};
use crate::report::rules::Report;
use crate::report::rules::life::questionnaires::{QuestionnaireChange, QuestionnaireScore};
use crate::report::rules::numbers::count;
use crate::report::rules::pain::coverage::CoverageWeek;
use crate::report::rules::pain::flares::FlareSummary;
use crate::report::rules::pain::sites::SiteSummary;
use crate::report::rules::series::DailyPoint;
use crate::report::rules::treatment::relief::ReliefUse;
use chrono::Datelike;

/// Weeks whose days are told one by one; of more, the months.
const MOST_WEEKS: usize = 26;

/// All details, in the order of the summary; with the texts that it shortened.
pub(super) fn blocks(report: &Report, words: &Voice<'_>, with_visit: bool) -> Vec<Block> {
    let section = |key, blocks: Vec<Block>| {
        let heading = Block::Heading { level: 3, text: words.text(key, &[]) };
        if blocks.is_empty() { blocks } else { [vec![heading], blocks].concat() }
    };
    let flares = report.flares.as_ref().map_or_else(Vec::new, |f| flares(f, words));
    let places = report.sites.as_ref().map_or_else(Vec::new, |sites| places(sites, words));
    let columns: Vec<Vec<Block>> = [
        [
            section("medication.heading", medication(report, words)),
            section("flares.heading", flares),
        ],
        [section("safety.heading", safety(report, words)), section("body.heading", places)],
    ]
    .map(|sections| sections.concat())
    .into_iter()
    .filter(|column| !column.is_empty())
    .collect();
    let visit = if with_visit { visit_lists(report, words) } else { Vec::new() };
    let heading = Block::Heading { level: 2, text: words.text("details.heading", &[]) };
    [
        vec![heading],
        section("visit.heading", visit),
        section("sessions.heading", treatments(report, words)),
        section("function.heading", function(report, words)),
        section("measures.heading", measures(report, words)),
        if columns.len() > 1 { vec![Block::Columns(columns)] } else { columns.concat() },
        section("notes.heading", patients_words(report, words)),
        footer(report, words),
    ]
    .concat()
}

fn treatments(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut blocks: Vec<Block> = done_table(report, words).into_iter().collect();
    let Some(effects) = &report.session_effects else { return blocks };
    let Some(table) = treatment_table(words, &effects.sessions) else { return blocks };
    let means = [
        ("sessions.immediate.mean", &effects.immediate.mean),
        ("sessions.sustained.mean", &effects.sustained.mean),
    ];
    let known = means.into_iter().filter(|(_, mean)| mean.have > 0);
    let means: Vec<Fact> = known.map(|(key, mean)| fact(words, key, mean)).collect();
    blocks.push(table);
    if !means.is_empty() {
        blocks.push(Block::Lines(means));
    }
    blocks
}

fn function(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let instruments = report.questionnaires.as_ref().map_or(&[][..], |found| &found.instruments);
    if !instruments.is_empty() {
        blocks.push(questionnaires(words, instruments));
    }
    for change in instruments.iter().filter(|change| change.activities.len() > MOST_LINES) {
        blocks.push(activities(words, change));
    }
    blocks
}

/// What a change of an instrument is held against, each with its result.
fn thresholds(words: &Voice<'_>, change: &QuestionnaireChange) -> Vec<String> {
    let told = change.thresholds.iter().filter_map(|threshold| {
        let result = words.text(&format!("threshold.{}", threshold.result.as_ref()?.0), &[]);
        let name = words.code("threshold_name", &threshold.name);
        let values = [("name", name.as_str()), ("source", &threshold.source), ("result", &result)];
        Some(words.text("questionnaire.threshold", &values))
    });
    told.collect()
}

/// One line an instrument: first and latest score, the difference, and what it is held against.
fn questionnaires(words: &Voice<'_>, instruments: &[QuestionnaireChange]) -> Block {
    let rows = instruments.iter().map(|change| {
        let dated = |score: &QuestionnaireScore| {
            let day = words.day(score.journal_date);
            words.text(
                "questionnaire.dated",
                &[("score", &words.number(&score.score_text)), ("day", &day)],
            )
        };
        let held = thresholds(words, change);
        let higher = words.code("questionnaire", &change.higher_is.0);
        let title = words.original(&change.title);
        let values = [("title", title.as_str()), ("higher", &higher)];
        vec![
            words.text("questionnaire.title", &values),
            dated(&change.first),
            change.latest.as_ref().map_or_else(|| or_dash(None::<i32>), dated),
            value(words, &change.difference),
            held.join("; "),
        ]
    });
    Block::Table(Table {
        caption: words.text("questionnaire.caption", &[]),
        headers: ["name", "first", "latest", "change", "held"]
            .map(|key| words.text(&format!("questionnaire.{key}"), &[]))
            .to_vec(),
        rows: rows.collect(),
        alignments: vec![Alignment::Start; 5],
    })
}

/// Every mean of the window that the summary does not show.
fn measures(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut rows: Vec<Measured<'_>> = Vec::new();
    if let Some(sleep) = &report.sleep {
        rows.push(Measured::Value("sleep.efficiency", &sleep.efficiency.mean));
        rows.push(Measured::Value("sleep.quality", &sleep.quality.mean));
    }
    if let Some(pain) = &report.pain {
        let states = &pain.time_in_state;
        rows.push(Measured::Value("worst.mean", &states.worst_mean));
        rows.push(Measured::Days("states.high", &states.worst_high.share));
        rows.push(Measured::Days("states.low", &states.worst_low.share));
    }
    if let Some(wellbeing) = &report.wellbeing {
        rows.extend([
            Measured::Value("wellbeing.interference", &wellbeing.interference.mean),
            Measured::Value("wellbeing.stiffness", &wellbeing.stiffness.mean),
            Measured::Value("wellbeing.morning", &wellbeing.morning_stiffness.mean),
            Measured::Value("wellbeing.mood", &wellbeing.mood.mean),
            Measured::Value("wellbeing.stress", &wellbeing.stress.mean),
            Measured::Value("wellbeing.energy", &wellbeing.energy.mean),
        ]);
    }
    let mut gaps = Gaps::default();
    let mut blocks: Vec<Block> = known(words, &mut gaps, &rows).into_iter().collect();
    let states = report.pain.as_ref().map(|pain| &pain.time_in_state);
    let free =
        states.filter(|states| states.no_pain.share.have > 0 || states.pain_free_unrated > 0);
    if let Some(states) = free {
        let free = pain_free(words, "states.none", states);
        match blocks.first_mut() {
            Some(Block::Lines(lines)) => lines.push(free),
            _ => blocks.push(Block::Lines(vec![free])),
        }
    }
    // Where nothing is known, the summary says so.
    if !blocks.is_empty() {
        blocks.extend(gaps.line(words));
    }
    blocks
}

fn medication(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(medication) = &report.medication {
        let counts = [
            ("known", medication.days_known),
            ("any", medication.days_any),
            ("none", medication.days_none),
        ];
        let counts = counts.map(|(name, count)| (name, count.to_string()));
        let values = counts.each_ref().map(|(name, count)| (*name, count.as_str()));
        blocks.push(Block::Small(words.text("medication.days", &values)));
    }
    if let Some(relief) = report.relief.as_ref().filter(|relief| relief.len() > MOST_LINES) {
        blocks.push(tried_table(relief, words));
    }
    blocks
}

fn tried_table(relief: &[ReliefUse], words: &Voice<'_>) -> Block {
    let rows = relief.iter().map(|used| {
        let helped = used.helped;
        let helped = format!(
            "{} / {} / {} / {}",
            helped.none, helped.some, helped.a_lot, helped.not_answered
        );
        vec![words.code("relief", &used.what.0), used.days.to_string(), helped]
    });
    Block::Table(Table {
        caption: words.text("relief.caption", &[]),
        headers: ["what", "days", "helped"]
            .map(|key| words.text(&format!("relief.{key}"), &[]))
            .to_vec(),
        rows: rows.collect(),
        alignments: vec![Alignment::Start, Alignment::End, Alignment::End],
    })
}

fn flares(flares: &FlareSummary, words: &Voice<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let spikes = &flares.spike_days_per_28;
    if spikes.value.is_some() {
        blocks.push(Block::Lines(vec![fact(words, "flares.spikes", spikes)]));
    }
    if let Some(overlap) = &flares.overlap {
        let [both, spike, flare] =
            [overlap.both, overlap.spike_only, overlap.flare_only].map(|count| count.to_string());
        let values = [("both", both.as_str()), ("spike", &spike), ("flare", &flare)];
        blocks.push(Block::Small(words.text("flares.overlap", &values)));
    }
    if flares.reported.len() <= MOST_LINES {
        return blocks;
    }
    let rows = flares.reported.iter().map(|flare| {
        vec![
            words.day(flare.started_on),
            day_or(words, flare.ended_on),
            or_dash(flare.severity),
            codes(words, "trigger", &flare.suspected_triggers),
            tried(words, flare),
        ]
    });
    blocks.push(Block::Table(Table {
        caption: words.text("flares.caption", &[]),
        headers: ["from", "to", "severity", "triggers", "helped"]
            .map(|key| words.text(&format!("flares.{key}"), &[]))
            .to_vec(),
        rows: rows.collect(),
        alignments: vec![Alignment::Start, Alignment::Start, Alignment::End],
    }));
    blocks
}

/// Every event, and every day of warning signs, where the summary has no room for them.
fn safety(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(events) = report.adverse_events.as_ref().filter(|all| all.len() > MOST_LINES) {
        blocks.push(Block::List(events.iter().map(|event| event_line(words, event)).collect()));
    }
    let signs = report.warning_signs.as_ref().filter(|signs| signs.days.len() > MOST_LINES);
    if let Some(signs) = signs {
        let days: Vec<String> = signs.days.iter().map(|on| words.day(on.journal_date)).collect();
        let title = words.original(signs.notice_title.as_deref().unwrap_or_default());
        let values = [("days", days.join(", ")), ("title", title)];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        blocks.push(Block::Small(words.text("safety.signs", &values)));
    }
    blocks
}

/// Every place that was named; those of one day alone in a line.
fn places(sites: &SiteSummary, words: &Voice<'_>) -> Vec<Block> {
    let rows = sites.sites.iter().filter(|site| site.days > 1).map(|site| {
        vec![
            place_name(site, words.language),
            words.of(site.days, sites.days_with_sites),
            fact(words, "none", &site.mean_intensity).value,
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let mut blocks = Vec::new();
    if !rows.is_empty() {
        blocks.push(Block::Table(Table {
            caption: words.text("places.caption", &[]),
            headers: ["place", "days", "pain"]
                .map(|key| words.text(&format!("places.{key}"), &[]))
                .to_vec(),
            rows,
            alignments: vec![Alignment::Start, Alignment::End, Alignment::End],
        }));
    }
    blocks.extend(places_of_one_day(words, sites).map(Block::Small));
    blocks
}

fn patients_words(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut lines = Vec::new();
    for complaint in report.complaints.iter().flatten() {
        lines.push(complaint_line(words, complaint, isolated(&complaint.label)));
    }
    for plan in report.plans.iter().flatten() {
        let goal = isolated(&plan.goal);
        let (on, status) = (words.day(plan.agreed_on), words.code("status", &plan.status.0));
        let values = [("day", on.as_str()), ("goal", &goal), ("status", &status)];
        let plan = words.text("plan.line", &values);
        lines.push(words.text("plan.entry", &[("plan", &plan)]));
    }
    lines.extend(goal_lines(report, words));
    let notes: Vec<Note> = report
        .shared_notes
        .iter()
        .flatten()
        .flat_map(|note| {
            let texts = [note.text.clone(), note.trigger_text.clone()];
            let heading = words.day(note.journal_date);
            texts.into_iter().flatten().map(move |text| Note { heading: heading.clone(), text })
        })
        .collect();
    let mut blocks = Vec::new();
    if !lines.is_empty() {
        blocks.push(Block::List(lines));
    }
    if !notes.is_empty() {
        blocks.push(Block::Notes(notes));
    }
    blocks
}

/// The goals, open ones first as the report has them.
fn goal_lines(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let lines = report.goals.iter().flatten().map(|goal| {
        let text = isolated(&goal.text);
        let (kind, status) =
            (words.code("goal", &goal.kind.0), words.code("status", &goal.status.0));
        let values = [("text", text.as_str()), ("kind", &kind), ("status", &status)];
        words.text("goal.line", &values)
    });
    lines.collect()
}

/// What stands behind the page; what it cannot say, at length, folds.
fn footer(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rated = Vec::new();
    if let Some(coverage) = &report.coverage {
        rated.push(coverage_line(report, words, coverage));
    }
    let header = &report.header;
    if let Some(days) = header.days_with_entry.filter(|_| header.days_expected > 0) {
        let days = words.of(days, header.days_expected);
        rated.push(words.text("data.entry", &[("days", &days)]));
    }
    if !rated.is_empty() {
        blocks.push(Block::Small(rated.join(" ")));
    }
    let open = codes(words, "section", &report.sections_included);
    let open = words.text("meta.sections", &[("sections", &open)]);
    blocks.push(Block::Small(format!("{open} {}", words.text("footer.log", &[]))));
    let cautions = report.cautions.iter().map(|caution| caution.words(words.language));
    let cautions: Vec<String> = cautions.collect();
    blocks.push(Block::Fold {
        title: words.text("footer.heading", &[]),
        blocks: vec![Block::Small(cautions.join(" "))],
    });
    blocks
}

/// The days rated of those expected, as small as it may be: week by week, and month by month where there
/// are many.
fn coverage_line(report: &Report, words: &Voice<'_>, coverage: &[CoverageWeek]) -> String {
    let told = |from: &str, rated: i32, expected: i32, late: i32| {
        let (rated, late) = (words.of(rated, expected), late.to_string());
        let key = if late == "0" { "coverage.part" } else { "coverage.part.late" };
        words.text(key, &[("from", from), ("rated", &rated), ("late", &late)])
    };
    let (key, parts): (&str, Vec<String>) = if coverage.len() > MOST_WEEKS {
        let month = |day: &DailyPoint| (day.journal_date.year(), day.journal_date.month());
        let expected: Vec<&DailyPoint> = report.daily.iter().filter(|day| day.expected).collect();
        let months = expected.chunk_by(|a, b| month(a) == month(b)).filter_map(|days| {
            let rated = days.iter().filter(|day| day.pain.is_some());
            let late = rated.clone().filter(|day| day.backfilled).count();
            let name = words.language.month(days.first()?.journal_date);
            Some(told(&name, count(rated.count()), count(days.len()), count(late)))
        });
        ("coverage.months", months.collect())
    } else {
        let weeks = coverage.iter().map(|week| {
            let from = words.language.short_day(week.window.from);
            told(&from, week.rated, week.expected, week.backfilled)
        });
        ("coverage.weeks", weeks.collect())
    };
    format!("{} {}.", words.text(key, &[]), parts.join("; "))
}
