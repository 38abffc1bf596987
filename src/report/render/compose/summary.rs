//! The rest of the summary: pictures, and the few numbers of each section that are read first.

use super::beside::event_line;
use super::columns::side_by_side;
use super::content::{Gaps, Measured, codes, heading, known, short, sleep_link, with_heading};
use super::voice::{Voice, days, fact, or_dash};
use super::{figures, treatments};
use crate::report::render::page::{Block, Fact, Span};
use crate::report::rules::Report;
use crate::report::rules::pain::flares::ReportedFlare;
use crate::report::rules::statement::{ReportStatement, Status};
use crate::report::rules::treatment::medication::{MedicationRange, MedicationSummary};
use crate::report::rules::treatment::relief::ReliefUse;

/// Activities, means of relief, flares and events that the summary shows.
pub(super) const MOST_LINES: usize = 3;
/// Letters of a text of the patient's in the place of a name.
const NAME_LETTERS: usize = 60;

/// The pictures over the whole width, then two columns: function, sleep; relief, flares, safety,
/// where it hurt. What was never recorded goes to the gaps.
pub(super) fn blocks(report: &Report, words: &Voice<'_>, gaps: &mut Gaps) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(pain) = &report.pain {
        if pain.window_mean.have > 0 {
            blocks.push(figures::daily_pain(words, report));
        } else {
            gaps.add(words, "gap.pain");
        }
    }
    blocks.extend(treatments::blocks(report, words));
    let parts = vec![
        function(report, words, gaps),
        sleep(report, words, gaps),
        medication(report, words, gaps),
        flares(report, words),
        safety(report, words),
        body(report, words, gaps),
    ];
    blocks.extend(side_by_side(parts));
    blocks
}

fn function(report: &Report, words: &Voice<'_>, gaps: &mut Gaps) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(function) = &report.function {
        let rows = [
            Measured::Value("function.walking", &function.walking_minutes.mean),
            Measured::Value("function.steps", &function.steps.mean),
            Measured::Value("function.sitting", &function.sitting_tolerance.mean),
            Measured::Value("function.standing", &function.standing_tolerance.mean),
            Measured::Days("function.work", &function.work.affected),
        ];
        blocks.extend(known(words, gaps, &rows));
    }
    let instruments = report.questionnaires.iter().flat_map(|found| &found.instruments);
    let activities = instruments.flat_map(|change| &change.activities).take(MOST_LINES);
    let lines = activities.map(|activity| {
        let (first, latest) = (words.decimal(activity.first), words.decimal(activity.latest));
        Fact {
            label: short(&activity.activity, NAME_LETTERS),
            value: words.text("activity.change", &[("first", &first), ("latest", &latest)]),
            note: String::new(),
        }
    });
    let lines: Vec<Fact> = lines.collect();
    if !lines.is_empty() {
        blocks.push(Block::Lines(lines));
        blocks.push(Block::Small(words.text("activity.scale", &[])));
    }
    with_heading(words, "function.heading", blocks)
}

fn sleep(report: &Report, words: &Voice<'_>, gaps: &mut Gaps) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(sleep) = &report.sleep {
        let rows = [
            Measured::Value("sleep.total", &sleep.total_sleep.mean),
            Measured::Days("sleep.woken", &sleep.woken_by_pain),
        ];
        blocks.extend(known(words, gaps, &rows));
    }
    blocks.extend(figures::weeks(words, report));
    if let Some(link) = report.sleep_link.as_ref().filter(|link| link.correlation.have > 0) {
        blocks.push(Block::Paragraph(vec![
            Span::strong(words.text("sleep.link", &[])),
            Span::plain(": "),
            Span::plain(sleep_link(words, link)),
        ]));
    }
    with_heading(words, "sleep.heading", blocks)
}

fn medication(report: &Report, words: &Voice<'_>, gaps: &mut Gaps) -> Vec<Block> {
    let mut lines: Vec<Fact> = Vec::new();
    match &report.medication {
        Some(found) if found.days_known == 0 => gaps.add(words, "gap.medicine"),
        Some(found) => lines.extend(medicines(words, found)),
        None => {}
    }
    let mut relief: Vec<&ReliefUse> = report.relief.iter().flatten().collect();
    relief.sort_by_key(|used| std::cmp::Reverse(used.days));
    lines.extend(relief.into_iter().take(MOST_LINES).map(|used| {
        let helped = [
            ("relief.a_lot", used.helped.a_lot),
            ("relief.some", used.helped.some),
            ("relief.none", used.helped.none),
            ("relief.not_answered", used.helped.not_answered),
        ];
        let helped = helped.into_iter().filter(|(_, days)| *days > 0);
        let helped = helped.map(|(key, days)| words.text(key, &[("days", &days.to_string())]));
        Fact {
            label: words.code("relief", &used.what.0),
            value: match used.days {
                1 => words.text("relief.short.one", &[]),
                days => words.text("relief.short", &[("days", &days.to_string())]),
            },
            note: helped.collect::<Vec<_>>().join(", "),
        }
    }));
    let blocks = if lines.is_empty() { Vec::new() } else { vec![Block::Lines(lines)] };
    with_heading(words, "medication.heading", blocks)
}

/// The days with any medicine, then each kind: a range where some day names none.
fn medicines(words: &Voice<'_>, found: &MedicationSummary) -> Vec<Fact> {
    let with_change = |mut known: Fact, change: &ReportStatement| {
        if change.status != Status::Insufficient {
            let (by, n) = (
                change.value.map(|value| words.decimal(value)).unwrap_or_default(),
                change.n.to_string(),
            );
            let change = words.text("medication.change", &[("change", &by), ("n", &n)]);
            known.note = format!("{}; {change}", known.note);
        }
        known
    };
    let ends = |range: &MedicationRange| (words.decimal(range.low), words.decimal(range.high));
    let mut lines = Vec::new();
    let mut told = None;
    if let Some((any, change)) = found.any_per_week.as_ref().zip(found.any_change.as_ref()) {
        lines.push(with_change(fact(words, "medication.any", any), change));
    }
    for kind in &found.kinds {
        let label = words.code("medication.kind", &kind.kind.0);
        let Some(range) = &kind.per_week_range else {
            let known = with_change(fact(words, "none", &kind.per_week), &kind.change);
            lines.push(Fact { label, ..known });
            continue;
        };
        let (low, high) = ends(range);
        let (unnamed, known) = (range.days_unnamed.to_string(), range.days_known.to_string());
        // The days without a name are the same for each kind, and told once.
        let mut notes = Vec::new();
        if told.replace((range.days_unnamed, range.days_known)).is_none() {
            let values = [("unnamed", unnamed.as_str()), ("known", &known)];
            notes.push(words.text("medication.unnamed", &values));
        }
        if let Some(change) = &kind.change_range {
            let (low, high) = ends(change);
            let n = change.days_known.to_string();
            let values = [("low", low.as_str()), ("high", &high), ("n", &n)];
            notes.push(words.text("medication.change.range", &values));
        }
        let value = words.text("medication.range", &[("low", &low), ("high", &high)]);
        lines.push(Fact { label, value, note: notes.join("; ") });
    }
    lines
}

fn flares(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let Some(flares) = &report.flares else { return Vec::new() };
    let mut blocks = vec![heading(words, "flares.heading")];
    let rate = &flares.flare_days_per_28;
    let rate = rate.value.map(|_| fact(words, "flares.rate", rate));
    let mut lines: Vec<Fact> = rate.into_iter().collect();
    if flares.reported.is_empty() {
        if !lines.is_empty() {
            blocks.push(Block::Lines(lines));
        }
        blocks.push(Block::Paragraph(vec![Span::plain(words.text("flares.none", &[]))]));
        return blocks;
    }
    let latest = flares.reported.iter().rev().take(MOST_LINES).map(|flare| {
        let triggers = codes(words, "trigger", &flare.suspected_triggers);
        let notes = [("flares.suspected", triggers), ("flares.tried", tried(words, flare))];
        let notes = notes.into_iter().filter(|(_, codes)| !codes.is_empty());
        let notes = notes.map(|(key, codes)| words.text(key, &[("codes", &codes)]));
        Fact {
            label: days(words, flare.started_on, flare.ended_on),
            value: words.text("flares.worst", &[("worst", &or_dash(flare.severity))]),
            note: notes.collect::<Vec<_>>().join("; "),
        }
    });
    lines.extend(latest);
    blocks.push(Block::Lines(lines));
    blocks.extend(more(words, flares.reported.len()));
    blocks
}

/// What was tried in a flare.
pub(super) fn tried(words: &Voice<'_>, flare: &ReportedFlare) -> String {
    let tried = flare.what_helped.iter().map(|tried| words.code("relief", &tried.what.0));
    tried.collect::<Vec<_>>().join(", ")
}

/// That there are more than the summary shows.
fn more(words: &Voice<'_>, all: usize) -> Option<Block> {
    let more = all.checked_sub(MOST_LINES).filter(|more| *more > 0)?;
    Some(Block::Small(words.text("more", &[("count", &more.to_string())])))
}

fn safety(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(events) = &report.adverse_events {
        // What was serious is never among those left out for another.
        let mut latest: Vec<_> = events.iter().collect();
        latest.sort_by_key(|event| std::cmp::Reverse((event.serious, event.started_on)));
        let lines = latest.into_iter().take(MOST_LINES);
        let lines: Vec<String> = lines.map(|event| event_line(words, event)).collect();
        blocks.push(if lines.is_empty() {
            Block::Paragraph(vec![Span::plain(words.text("safety.none", &[]))])
        } else {
            Block::List(lines)
        });
        blocks.extend(more(words, events.len()));
    }
    blocks.extend(warning_signs(report, words));
    with_heading(words, "safety.heading", blocks)
}

/// On which days the notice of warning signs was shown: the latest, and how many there were.
fn warning_signs(report: &Report, words: &Voice<'_>) -> Option<Block> {
    let signs = report.warning_signs.as_ref()?;
    let title = words.original(signs.notice_title.as_deref().unwrap_or_default());
    let latest = signs.days.iter().rev().take(MOST_LINES).map(|on| words.day(on.journal_date));
    let latest: Vec<String> = latest.collect();
    let count = signs.days.len().to_string();
    let text = if signs.days.is_empty() {
        words.text("safety.no_signs", &[])
    } else {
        let values = [("days", latest.join(", ")), ("title", title), ("count", count)];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        words.text("safety.signs.short", &values)
    };
    Some(Block::Paragraph(vec![Span::plain(text)]))
}

fn body(report: &Report, words: &Voice<'_>, gaps: &mut Gaps) -> Vec<Block> {
    if report.sites.as_ref().is_some_and(|sites| sites.days_with_sites == 0) {
        gaps.add(words, "gap.places");
    }
    let bodies = figures::body(report, words).into_iter().collect();
    with_heading(words, "body.heading", bodies)
}
