//! The patient's question, answered: whether there is less pain, by about how much, which days are
//! compared, and how sure that is. Where nothing can be compared, why.

use super::voice::{Voice, span};
use crate::report::render::page::{Block, Span};
use crate::report::rules::pain::baseline::BaselineKind;
use crate::report::rules::pain::change::ChangeBand;
use crate::report::rules::pain::trend::{TrendPace, TrendWords};
use crate::report::rules::statement::{ReportStatement, Status};
use crate::report::rules::{PainSummary, Report};

/// The answer, the days, how sure it is, the trend, and what it does not say.
pub(super) fn blocks(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let Some(pain) = &report.pain else { return Vec::new() };
    let plain = |text: String| Block::Paragraph(vec![Span::plain(text)]);
    let trend = trend(pain, words);
    let mut blocks = match compared(pain, words) {
        Some(told) => told,
        None => vec![Block::Paragraph(vec![Span::strong(why_not(report, pain, words))])],
    };
    blocks.extend(trend.map(plain));
    if pain.window_mean.have > 0 {
        blocks.push(plain(words.text("own.hedge", &[])));
    }
    blocks
}

/// Pain now against pain before the course. `None` where that cannot be told.
fn compared(pain: &PainSummary, words: &Voice<'_>) -> Option<Vec<Block>> {
    let change = &pain.change;
    let difference =
        change.difference.value.filter(|_| change.difference.status == Status::Reliable)?;
    let days = |statement: &ReportStatement| Some(span(words, statement.window?));
    let (then, last) = (days(&pain.baseline.mean)?, days(&pain.follow_up)?);
    let (before, now) = (words.stated(&pain.baseline.mean), words.stated(&pain.follow_up));
    let first = words.day(pain.baseline.first_session_date?);
    let fewer = pain.baseline.mean.n.min(pain.follow_up.n);
    let baseline = pain.baseline.mean.value.unwrap_or_default();
    let rough = |percent: f64| rough(words, percent.abs(), fewer, baseline);
    let percent = change.percent_reduction.map(rough);
    let points = words.decimal(difference.abs());
    let key = match (change.band, &percent) {
        (Some(ChangeBand::None), _) => "own.same",
        (Some(ChangeBand::Worse), _) => "own.more",
        (Some(_), _) => "own.less",
        // The entries typed later say otherwise, so only the direction is told.
        (None, Some(_)) => "own.depends",
        (None, None) if points == "0.0" => "own.same",
        (None, None) if difference > 0.0 => "own.more.points",
        (None, None) => "own.less.points",
    };
    let percent = percent.unwrap_or_default();
    let answer = words.text(key, &[("percent", &percent), ("points", &points)]);
    let values = [
        ("before", before.as_str()),
        ("now", &now),
        ("then", &then),
        ("last", &last),
        ("first", &first),
    ];
    let mut told = vec![words.text("own.days", &values)];
    if let Some(late) = &pain.baseline.mean_with_late_entries {
        told.push(words.text("own.late", &[("late", &words.stated(late)), ("before", &before)]));
    } else if key != "own.same" {
        let key = if change.beyond_error { "own.sure" } else { "own.unsure" };
        told.push(words.text(key, &[]));
    }
    let says = |code: &str| pain.cautions.iter().any(|caution| caution.code == code);
    if says("regression_to_the_mean") && difference < 0.0 {
        told.push(words.text("own.regression", &[]));
    }
    if says("follow_up_sparse") {
        let days = pain.follow_up.window.map_or(0, |window| window.days());
        told.push(words.text("own.sparse", &[("days", &words.of(pain.follow_up.n, days))]));
    }
    Some(vec![
        Block::Paragraph(vec![Span::strong(answer)]),
        Block::Paragraph(vec![Span::plain(told.join(" "))]),
    ])
}

/// A percentage no finer than the days behind it bear. A mean of `days` whole scores moves by steps of one
/// in `days`, which is a step in percent of the baseline; with fewer than a hundred days none is below 5. A
/// whole is only said of all.
pub(super) fn rough(words: &Voice<'_>, percent: f64, days: i32, baseline: f64) -> String {
    let resolution = 100.0 / (f64::from(days.max(1)) * baseline.max(1.0));
    let least = if days < 100 { 5.0_f64 } else { 1.0 }.max(resolution);
    let step = [1.0, 5.0, 10.0, 25.0].into_iter().find(|step| *step >= least).unwrap_or(50.0);
    let steps = (percent / step).round() * step;
    let (key, percent) = match steps {
        whole if whole >= 100.0 && percent < 100.0 => ("own.percent.over", 100.0 - step),
        none if none <= 0.0 => ("own.percent.under", step),
        some => ("own.percent.about", some),
    };
    words.text(key, &[("percent", &format!("{percent:.0}"))])
}

/// Why nothing is compared.
fn why_not(report: &Report, pain: &PainSummary, words: &Voice<'_>) -> String {
    let first = pain.baseline.first_session_date.map(|first| words.day(first)).unwrap_or_default();
    let days = words.of(pain.follow_up.have, pain.follow_up.need);
    let values = [("first", first.as_str()), ("days", &days)];
    let says = |code: &str| pain.cautions.iter().any(|caution| caution.code == code);
    let key = match pain.baseline.kind {
        _ if pain.window_mean.have == 0 => "own.none.ratings",
        _ if report.course.is_none() => "own.none.treatment",
        BaselineKind::FirstWeekAfterStart => "own.none.before",
        _ if says("follow_up_too_early") => "own.none.early",
        _ if pain.follow_up.status != Status::Reliable => "own.none.now",
        _ => "own.none.before",
    };
    words.text(key, &values)
}

/// Which way the ratings of these days go.
fn trend(pain: &PainSummary, words: &Voice<'_>) -> Option<String> {
    let is_reliable = pain.trend.per_week.status == Status::Reliable;
    let key = match pain.trend.words.as_ref().filter(|_| is_reliable)? {
        TrendWords::Falling => "own.trend.falling",
        TrendWords::Rising => "own.trend.rising",
        TrendWords::NoClearTrend => "own.trend.no_clear_trend",
    };
    let by = |key: &str, pace: &ReportStatement| {
        let value = words.decimal(pace.value.unwrap_or_default().abs());
        words.text(key, &[("value", &value)])
    };
    let by = match pain.trend.pace() {
        TrendPace::Week(week) => by("own.trend.by.week", week),
        TrendPace::All(all) => by("own.trend.by.all", all),
        TrendPace::Under => words.text("own.trend.by.under", &[]),
    };
    Some(words.text(key, &[("by", &by)]))
}
