//! The patient's page: "Am I getting better?", answered as far as the ratings allow, in plain words
//! (clinical.md, Pages). It links nowhere: it is kept and read without the app, too.

use super::answer;
use super::beside::{complaint_lines, event_line};
use super::content::{
    activities, heading, pain_free, paused, sleep_link, treatment_table, visit_lists, with_heading,
    worst,
};
use super::figures;
use super::summary::MOST_LINES;
use super::voice::{Voice, elapsed, fact, made_at, of_days, span};
use crate::language::Language;
use crate::report::render::page::{Block, Fact, ReportPage, Span};
use crate::report::rules::Report;
use crate::report::rules::pain::change::ChangeBand;
use crate::report::rules::sleep::link::LinkWords;
use crate::report::rules::statement::Status;
use crate::report::rules::treatment::relief::ReliefUse;

/// Treatment sessions that the page lists: the latest.
const MOST_TREATMENTS: usize = 12;
/// Questions that the page proposes.
const MOST_PROPOSED: usize = 4;

/// Composes the page.
pub fn patient_page(report: &Report, language: &Language) -> ReportPage {
    let words = &Voice { language, window: elapsed(report) };
    let mut blocks = answer::blocks(report, words);
    let is_rated = report.pain.as_ref().is_some_and(|pain| pain.window_mean.have > 0);
    if is_rated {
        blocks.push(figures::daily_pain(words, report));
    }
    blocks.extend(good_days(report, words));
    blocks.extend(treatments(report, words));
    blocks.extend(tried(report, words));
    let named = report.questionnaires.iter().flat_map(|found| &found.instruments);
    if let Some(change) = named.into_iter().find(|change| !change.activities.is_empty()) {
        blocks.push(heading(words, "own.activities.heading"));
        blocks.push(activities(words, change));
    }
    blocks.extend(sleep(report, words));
    blocks.extend(recorded(report, words));
    blocks.extend(prepare(report, words));
    blocks.push(heading(words, "own.seen.heading"));
    blocks.push(plain(words.text("own.seen", &[])));
    blocks.push(plain(words.text("own.seen.frozen", &[])));
    ReportPage {
        title: words.text("own.title", &[]),
        language: language.tag().to_owned(),
        direction: None,
        subject: None,
        mark: None,
        meta: vec![
            words.text("meta.window", &[("span", &span(words, report.window))]),
            words.text("own.made", &[("at", &made_at(words, report))]),
        ],
        blocks,
        details: Vec::new(),
        id: format!("own-{}-{}", report.window.from, report.window.to),
        created_at: Some(report.generated_at),
        wording: words.wording(),
    }
}

fn plain(text: String) -> Block {
    Block::Paragraph(vec![Span::plain(text)])
}

/// Good days come first, not only pain: as days, each out of those with such a rating.
fn good_days(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let Some(pain) = &report.pain else { return Vec::new() };
    let states = &pain.time_in_state;
    let mut tiles = Vec::new();
    if states.no_pain.share.have > 0 || states.pain_free_unrated > 0 {
        tiles.push(pain_free(words, "own.good.none", states));
    }
    let rows = [("own.good.low", &states.worst_low), ("own.good.high", &states.worst_high)];
    let rated = rows.into_iter().filter(|(_, state)| state.share.have > 0);
    tiles.extend(rated.map(|(key, state)| of_days(words, key, &state.share)));
    let mut blocks = Vec::new();
    if !tiles.is_empty() {
        blocks.push(Block::Facts(tiles));
    }
    blocks.extend(worst(words, pain).map(|worst| Block::Lines(vec![worst])));
    let weeks = report.weeks.iter().filter(|week| week.status == Status::Reliable);
    let best = weeks.min_by(|a, b| a.value.unwrap_or(10.0).total_cmp(&b.value.unwrap_or(10.0)));
    if let Some((week, window)) = best.and_then(|week| Some((week, week.window?))) {
        let (from, value) = (words.day(window.from), words.stated(week));
        blocks.push(plain(words.text("own.good.best", &[("day", &from), ("value", &value)])));
    }
    if let Some(days) = report.header.days_with_entry.filter(|days| *days > 0) {
        blocks.push(plain(match paused(words, &report.header) {
            Some(paused) => {
                let days = words.of(days, report.header.days_expected);
                words.text("own.logged.of", &[("days", &days), ("paused", &paused)])
            }
            None => words.counted("own.logged", days),
        }));
    }
    with_heading(words, "own.good.heading", blocks)
}

fn treatments(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let Some(effects) = &report.session_effects else { return Vec::new() };
    let earlier = effects.sessions.len().saturating_sub(MOST_TREATMENTS);
    let latest = effects.sessions.get(earlier..).unwrap_or_default();
    let Some(table) = treatment_table(words, latest) else { return Vec::new() };
    let mut blocks = vec![heading(words, "own.sessions.heading"), table];
    if earlier > 0 {
        let count = earlier.to_string();
        blocks.push(Block::Small(words.text("own.sessions.earlier", &[("count", &count)])));
    }
    blocks.push(Block::Small(words.text("sessions.hedge", &[])));
    blocks
}

/// What was tried, and how often it helped: in the order of the vocabulary, which says nothing.
fn tried(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let lines: Vec<Fact> =
        report.relief.iter().flatten().map(|used| tried_line(words, used)).collect();
    if lines.is_empty() {
        return Vec::new();
    }
    vec![
        heading(words, "own.tried.heading"),
        Block::Lines(lines),
        Block::Small(words.text("own.tried.hedge", &[])),
    ]
}

fn tried_line(words: &Voice<'_>, used: &ReliefUse) -> Fact {
    let helped = used.helped;
    let (some, answered) = (helped.some + helped.a_lot, helped.some + helped.a_lot + helped.none);
    let value = if answered == 0 {
        words.text("own.tried.unknown", &[])
    } else {
        words.text("own.tried.helped", &[("times", &words.of(some, answered))])
    };
    let days = used.days.to_string();
    let key = if used.days == 1 { "own.tried.days.one" } else { "own.tried.days" };
    let mut notes = vec![words.text(key, &[("days", &days)])];
    let (lot, open) = (helped.a_lot.to_string(), helped.not_answered.to_string());
    if helped.a_lot > 0 {
        notes.push(words.text("own.tried.a_lot", &[("times", &lot)]));
    }
    if helped.not_answered > 0 && answered > 0 {
        notes.push(words.text("own.tried.open", &[("times", &open)]));
    }
    Fact { label: words.code("relief", &used.what.0), value, note: notes.join(", ") }
}

/// What the patient recorded of complaints and of unwanted effects, and what the practitioner says of it.
fn recorded(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let events = report.adverse_events.iter().flatten().rev().take(MOST_LINES);
    let events: Vec<String> = events.map(|event| event_line(words, event)).collect();
    let complaints = complaint_lines(report, words);
    let mut blocks = Vec::new();
    for (key, lines) in [("own.complaints.heading", complaints), ("own.events.heading", events)] {
        if !lines.is_empty() {
            blocks.extend([heading(words, key), Block::List(lines)]);
        }
    }
    blocks
}

fn sleep(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let Some(sleep) = &report.sleep else { return Vec::new() };
    let rows = [("sleep.total", &sleep.total_sleep.mean), ("sleep.quality", &sleep.quality.mean)];
    let known = rows.into_iter().filter(|(_, mean)| mean.have > 0);
    let tiles: Vec<Fact> = known.map(|(key, mean)| fact(words, key, mean)).collect();
    if tiles.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![heading(words, "own.sleep.heading"), Block::Facts(tiles)];
    let link = report.sleep_link.as_ref().filter(|link| link.correlation.have > 0);
    blocks.extend(link.map(|link| plain(sleep_link(words, link))));
    blocks
}

/// What to bring to the next visit, and what one could ask there.
fn prepare(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut blocks = vec![heading(words, "own.prepare.heading")];
    if let Some(next) = report.visit.as_ref().and_then(|visit| visit.next_visit_on) {
        blocks.push(plain(words.text("own.prepare.next", &[("day", &words.day(next))])));
    }
    let lists = visit_lists(report, words);
    if lists.is_empty() {
        blocks.push(plain(words.text("own.prepare.empty", &[])));
    }
    blocks.extend(lists);
    let proposed = proposed(report, words);
    if !proposed.is_empty() {
        let lead = words.text("own.ask.lead", &[]);
        blocks.push(Block::Paragraph(vec![Span::strong(lead)]));
        blocks.push(Block::List(proposed));
    }
    blocks
}

/// What the ratings give reason to ask. Questions, never advice.
fn proposed(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let pain = report.pain.as_ref();
    let band = pain.and_then(|pain| pain.change.band);
    let is_level =
        pain.and_then(|pain| pain.plateau.as_ref()).is_some_and(|plateau| plateau.is_plateau);
    let disagrees = pain.is_some_and(|pain| {
        pain.cautions.iter().any(|caution| caution.code == "impression_disagrees")
    });
    let link = report.sleep_link.as_ref().and_then(|link| link.words);
    let visit = report.visit.as_ref();
    let reasons = [
        ("own.ask.worse", band == Some(ChangeBand::Worse)),
        ("own.ask.level", is_level && band != Some(ChangeBand::Worse)),
        (
            "own.ask.better",
            matches!(
                band,
                Some(ChangeBand::Minimal | ChangeBand::Moderate | ChangeBand::Substantial)
            ),
        ),
        ("own.ask.disagrees", disagrees),
        ("own.ask.event", report.adverse_events.as_ref().is_some_and(|events| !events.is_empty())),
        ("own.ask.sleep", link == Some(LinkWords::LessSleepMorePain)),
        ("own.ask.goal", visit.is_some_and(|visit| visit.goals.is_empty())),
    ];
    let asked = reasons.into_iter().filter(|(_, applies)| *applies);
    asked.take(MOST_PROPOSED).map(|(key, _)| words.text(key, &[])).collect()
}
