//! The patient's page: "Am I getting better?", answered as far as the ratings allow, in plain words
//! (clinical reference 6.2).

use super::Catalogue;
use super::content::{activities, heading, pain_free, session_table, visit_lists, worst};
use super::figures;
use super::voice::{Voice, day, decimal, elapsed, fact, made_at, span};
use crate::report::render::page::{Block, ReportPage, Span, Wording};
use crate::report::rules::pain::change::ChangeBand;
use crate::report::rules::pain::trend::TrendWords;
use crate::report::rules::statement::{ReportStatement, Status};
use crate::report::rules::{PainSummary, Report};

/// Composes the page.
pub fn patient_page(report: &Report, catalogue: &Catalogue) -> ReportPage {
    let words = &Voice { catalogue, window: elapsed(report) };
    let mut blocks: Vec<Block> = answer(report, words)
        .into_iter()
        .map(|sentence| Block::Paragraph(vec![Span::strong(sentence)]))
        .collect();
    blocks.push(Block::Paragraph(vec![Span::plain(words.text("own.hedge", &[]))]));
    if report.pain.is_some() {
        blocks.push(figures::daily_pain(words, report));
    }
    good_days(&mut blocks, report, words);
    if let Some(effects) = &report.session_effects
        && let Some(table) = session_table(words, effects)
    {
        blocks.push(heading(words, "own.sessions.heading"));
        blocks.push(table);
        blocks.push(Block::Small(words.text("sessions.hedge", &[])));
    }
    let named = report.questionnaires.iter().flat_map(|found| &found.instruments);
    if let Some(change) = named.into_iter().find(|change| !change.activities.is_empty()) {
        blocks.push(heading(words, "own.activities.heading"));
        blocks.push(activities(words, change));
    }
    if let (Some(sleep), Some(link)) = (&report.sleep, &report.sleep_link) {
        blocks.push(heading(words, "own.sleep.heading"));
        blocks.push(Block::Facts(vec![
            fact(words, "sleep.total", &sleep.total_sleep.mean),
            fact(words, "sleep.quality", &sleep.quality.mean),
        ]));
        blocks.push(Block::Paragraph(vec![Span::plain(link.sentence.clone())]));
    }
    prepare(&mut blocks, report, words);
    blocks.push(heading(words, "own.seen.heading"));
    blocks.push(Block::Paragraph(vec![Span::plain(words.text("own.seen", &[]))]));
    ReportPage {
        title: words.text("own.title", &[]),
        language: catalogue.language.to_owned(),
        direction: None,
        subject: None,
        meta: vec![
            words.text("meta.window", &[("span", &span(words, report.window))]),
            made_at(report),
        ],
        blocks,
        details: Vec::new(),
        id: format!("own-{}-{}", report.window.from, report.journal_revision),
        created_at: Some(report.generated_at),
        wording: Wording::default(),
    }
}

/// The one sentence, with the honest hedge inside; then the trend.
fn answer(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let Some(pain) = &report.pain else { return Vec::new() };
    let mut sentences: Vec<String> = compared(pain, words).into_iter().collect();
    match (&pain.trend.words, pain.trend.per_week.status) {
        (Some(trend), Status::Reliable) => {
            let key = match trend {
                TrendWords::Falling => "own.trend.falling",
                TrendWords::Rising => "own.trend.rising",
                TrendWords::NoClearTrend => "own.trend.no_clear_trend",
            };
            let value = pain.trend.per_week.value.map(|v| decimal(v.abs())).unwrap_or_default();
            sentences.push(words.text(key, &[("value", &value)]));
        }
        _ if sentences.is_empty() => {
            let (have, need) =
                (pain.trend.per_week.have.to_string(), pain.trend.per_week.need.to_string());
            sentences.push(words.text("own.too_few", &[("have", &have), ("need", &need)]));
        }
        _ => {}
    }
    sentences
}

/// Pain now against pain before the course: which days are compared, and by how much. `None` where
/// that cannot be told.
fn compared(pain: &PainSummary, words: &Voice<'_>) -> Option<String> {
    let change = &pain.change;
    let difference =
        change.difference.value.filter(|_| change.difference.status == Status::Reliable)?;
    let days = |statement: &ReportStatement| Some(span(words, statement.window?));
    let text = |statement: &ReportStatement| statement.value_text.clone().unwrap_or_default();
    let (then, last) = (days(&pain.baseline.mean)?, days(&pain.follow_up)?);
    let (before, now) = (text(&pain.baseline.mean), text(&pain.follow_up));
    let first = day(pain.baseline.first_session_date?);
    let late = pain.baseline.mean_with_late_entries.as_ref().map(text).unwrap_or_default();
    let percent = change.percent_reduction.map(|percent| decimal(percent.abs()));
    let points = decimal(difference.abs());
    let key = match (change.band, &percent) {
        (Some(ChangeBand::Worse), _) => "own.worse",
        (Some(ChangeBand::None), _) => "own.same",
        (Some(_), _) if change.beyond_error => "own.better",
        (Some(_), _) => "own.better.within",
        (None, Some(_)) => "own.late",
        (None, None) if difference > 0.0 => "own.points.more",
        (None, None) => "own.points.less",
    };
    let percent = percent.unwrap_or_default();
    let values = [
        ("percent", percent.as_str()),
        ("points", &points),
        ("before", &before),
        ("late", &late),
        ("now", &now),
        ("then", &then),
        ("last", &last),
        ("first", &first),
    ];
    Some(words.text(key, &values))
}

fn good_days(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    let Some(pain) = &report.pain else { return };
    blocks.push(heading(words, "own.good.heading"));
    let states = &pain.time_in_state;
    blocks.push(Block::Facts(vec![
        pain_free(words, "own.good.none", states),
        fact(words, "own.good.low", &states.worst_low.share),
        fact(words, "own.good.high", &states.worst_high.share),
    ]));
    blocks.extend(worst(words, pain).map(|worst| Block::Lines(vec![worst])));
    let weeks = report.weeks.iter().filter(|week| week.status == Status::Reliable);
    let best = weeks.min_by(|a, b| a.value.unwrap_or(10.0).total_cmp(&b.value.unwrap_or(10.0)));
    if let Some((week, window)) = best.and_then(|week| Some((week, week.window?))) {
        let (from, value) = (day(window.from), week.value_text.clone().unwrap_or_default());
        let text = words.text("own.good.best", &[("day", &from), ("value", &value)]);
        blocks.push(Block::Paragraph(vec![Span::plain(text)]));
    }
    if let Some(days) = report.header.days_with_entry {
        let text = words.text("own.logged", &[("days", &days.to_string())]);
        blocks.push(Block::Paragraph(vec![Span::plain(text)]));
    }
}

fn prepare(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    blocks.push(heading(words, "own.prepare.heading"));
    let lists = visit_lists(report, words);
    if lists.is_empty() {
        let text = words.text("own.prepare.empty", &[]);
        blocks.push(Block::Paragraph(vec![Span::plain(text)]));
    }
    blocks.extend(lists);
}
