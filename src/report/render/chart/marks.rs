//! The plot itself: axes, ground, treatment sessions, scores, medians and means, from back to front.

use super::scale::{BOTTOM, LEFT, RIGHT, Scale, TOP};
use super::svg::{self, Anchor, Point, Stroke, Svg, text_width};
use crate::language::Language;
use crate::report::rules::PainSummary;
use crate::report::rules::Report;
use crate::report::rules::numbers::median;
use crate::report::rules::series::DailyPoint;
use crate::report::rules::statement::{Status, shift};

/// Rated days among seven that a running median needs.
const MEDIAN_RATED_DAYS: usize = 3;
/// Days without a score that a median line may cross.
const CROSSED_DAYS: i64 = 1;
/// Treatment sessions above which their marks are drawn fainter.
const CROWDED_TREATMENTS: usize = 24;
/// Narrowest run of days that gets a note of why nothing is expected.
const NOTED_WIDTH: f64 = 120.0;
/// Height of the shade of a flare over days without a score.
const FLARE_TOP: f64 = 14.0;
/// Baseline of the row of treatment session numbers.
const TREATMENT_ROW: f64 = 36.0;

/// A kind of mark, in the order of the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Score,
    Backfilled,
    Worst,
    Median,
    Mean,
    Treatment,
    OtherTreatmentSession,
    Gap,
    PainFree,
    Flare,
    Spike,
}

/// Draws the plot and tells which kinds of marks it holds.
pub(super) fn draw(
    svg: &mut Svg,
    scale: &Scale,
    report: &Report,
    language: &Language,
) -> Vec<Mark> {
    let daily = report.daily.as_slice();
    let gaps = report.pain.is_some() && gaps(svg, scale, daily);
    let flares = flares(svg, scale, daily);
    axes(svg, scale, language);
    unexpected_days(svg, scale, daily, language);
    let visits = treatment_marks(svg, scale, daily, language);
    let others = other_treatment_sessions(svg, scale, daily);
    let worst = worst(svg, scale, daily);
    let means = report.pain.as_ref().is_some_and(|pain| means(svg, scale, pain));
    let medians = medians(svg, scale, daily);
    let (scores, backfilled) = scores(svg, scale, daily);
    let pain_free = pain_free_days(svg, scale, daily);
    let spikes = spikes(svg, scale, daily);
    let marks = [
        (Mark::Score, scores),
        (Mark::Backfilled, backfilled),
        (Mark::Worst, worst),
        (Mark::Median, medians),
        (Mark::Mean, means),
        (Mark::Treatment, visits),
        (Mark::OtherTreatmentSession, others),
        (Mark::Gap, gaps),
        (Mark::PainFree, pain_free),
        (Mark::Flare, flares),
        (Mark::Spike, spikes),
    ];
    marks.into_iter().filter(|(_, is_drawn)| *is_drawn).map(|(mark, _)| mark).collect()
}

/// A dot at each daily score, hollow where it was entered late. Tells whether there are any, and
/// any late ones.
fn scores(svg: &mut Svg, scale: &Scale, daily: &[DailyPoint]) -> (bool, bool) {
    let radius = dot_radius(scale);
    let (mut any, mut late) = (false, false);
    svg.group("scores");
    for (point, score) in scored(daily) {
        svg.dot((scale.x(point.journal_date), Scale::y(score)), radius, point.backfilled);
        (any, late) = (true, late || point.backfilled);
    }
    svg.end_group();
    (any, late)
}

fn scored(daily: &[DailyPoint]) -> impl Iterator<Item = (&DailyPoint, f64)> {
    daily.iter().filter_map(|point| point.pain.map(|score| (point, score)))
}

fn is_gap(point: &DailyPoint) -> bool {
    point.expected && point.pain.is_none()
}

/// A light ground behind each run of expected days without a score.
fn gaps(svg: &mut Svg, scale: &Scale, daily: &[DailyPoint]) -> bool {
    svg.group("gaps");
    let mut has_gaps = false;
    for run in daily.chunk_by(|a, b| is_gap(a) == is_gap(b)) {
        let Some(first) = run.first().filter(|first| is_gap(first)) else { continue };
        let width = scale.day_width() * run.len() as f64;
        svg.rect((scale.left_of(first.journal_date), TOP), (width, BOTTOM - TOP), svg::GAP);
        has_gaps = true;
    }
    svg.end_group();
    has_gaps
}

/// A shaded ground behind each reported flare with a line along its top. Of days without a score
/// only the top is shaded, so that they still read as gaps.
fn flares(svg: &mut Svg, scale: &Scale, daily: &[DailyPoint]) -> bool {
    let is_flare = |point: &DailyPoint| point.flare == Some(true);
    let width = |days: &[DailyPoint]| scale.day_width() * days.len() as f64;
    svg.group("flares");
    let mut has_flares = false;
    for run in daily.chunk_by(|a, b| is_flare(a) == is_flare(b)) {
        let Some(first) = run.first().filter(|first| is_flare(first)) else { continue };
        for part in run.chunk_by(|a, b| is_gap(a) == is_gap(b)) {
            let Some(first) = part.first() else { continue };
            let height = if is_gap(first) { FLARE_TOP } else { BOTTOM - TOP };
            let corner = (scale.left_of(first.journal_date), TOP);
            svg.rect(corner, (width(part), height), svg::FLARE);
        }
        let left = scale.left_of(first.journal_date);
        svg.line((left, TOP), (left + width(run), TOP), Stroke::solid(svg::MEAN, 2.0));
        has_flares = true;
    }
    svg.end_group();
    has_flares
}

/// A triangle that points at the score of each day that the ratings make a spike: from below, where
/// there is always room.
fn spikes(svg: &mut Svg, scale: &Scale, daily: &[DailyPoint]) -> bool {
    let half = (scale.day_width() * 0.45).clamp(2.4, 4.5);
    let below = dot_radius(scale) + half + 2.5;
    let mut has_spikes = false;
    svg.group("spikes");
    for (point, score) in scored(daily).filter(|(point, _)| point.spike == Some(true)) {
        svg.triangle((scale.x(point.journal_date), Scale::y(score) + below), half);
        has_spikes = true;
    }
    svg.end_group();
    has_spikes
}

fn dot_radius(scale: &Scale) -> f64 {
    (scale.day_width() * 0.36).clamp(1.7, 4.0)
}

/// Names the empty days at either end on which nothing was expected.
fn unexpected_days(svg: &mut Svg, scale: &Scale, daily: &[DailyPoint], language: &Language) {
    let is_empty = |point: &&DailyPoint| !point.expected && point.pain.is_none();
    let first = daily.iter().take_while(is_empty).count();
    let last = daily.iter().rev().take_while(is_empty).count();
    if first == daily.len() {
        return;
    }
    svg.group("unexpected");
    for (days, edge, side, note) in [
        (first, LEFT, 0.5, "chart.daily.before_journal"),
        (last, RIGHT, -0.5, "chart.daily.not_yet"),
    ] {
        let width = scale.day_width() * days as f64;
        if width >= NOTED_WIDTH {
            let at = (edge + side * width, Scale::y(5.0) + 4.0);
            let note = language.text(note, &[]);
            svg.text(at, svg::LEAST, Anchor::Middle, svg::MUTED, &note);
        }
    }
    svg.end_group();
}

fn axes(svg: &mut Svg, scale: &Scale, language: &Language) {
    svg.group("axes");
    for score in 0..=10 {
        let y = Scale::y(f64::from(score));
        let is_labelled = score % 2 == 0;
        let width = if is_labelled { 1.0 } else { 0.5 };
        svg.line((LEFT, y), (RIGHT, y), Stroke::solid(svg::GRID, width));
        if is_labelled {
            svg.text(
                (LEFT - 8.0, y + 4.0),
                svg::LEAST,
                Anchor::End,
                svg::MUTED,
                &score.to_string(),
            );
        }
    }
    let name = language.text("chart.daily.axis", &[]);
    svg.upright((18.0, Scale::y(5.0)), svg::LEAST, &name);
    svg.line((LEFT, BOTTOM), (RIGHT, BOTTOM), Stroke::solid(svg::TREATMENT, 1.0));
    for tick in scale.ticks(language) {
        let x = scale.x(tick.date);
        svg.line((x, BOTTOM), (x, BOTTOM + 4.0), Stroke::solid(svg::TREATMENT, 1.0));
        let year = tick.year.map(|year| format!(" {year}")).unwrap_or_default();
        let label = tick.label + &year;
        svg.text((x, BOTTOM + 18.0), svg::LEAST, Anchor::Middle, svg::MUTED, &label);
    }
    svg.end_group();
}

/// A dashed mark on each day with attended treatment sessions, numbered where there is room. The numbers are
/// places in the window's list of treatment session effects.
fn treatment_marks(
    svg: &mut Svg,
    scale: &Scale,
    daily: &[DailyPoint],
    language: &Language,
) -> bool {
    svg.group("sessions");
    let marked = daily.iter().filter(|point| treatments(point) > 0);
    let is_crowded = marked.count() > CROWDED_TREATMENTS;
    let colour = if is_crowded { svg::TREATMENT_FAINT } else { svg::TREATMENT };
    let (mut seen, mut free_from) = (0, LEFT - 4.0);
    for point in daily {
        let attended = treatments(point);
        if attended == 0 {
            continue;
        }
        let x = scale.x(point.journal_date);
        svg.line((x, TOP - 3.0), (x, BOTTOM), Stroke::dashed(colour, 1.0));
        let (first, last) = (seen + 1, seen + attended);
        seen = last;
        let label = if first == last { last.to_string() } else { format!("{first}\u{2013}{last}") };
        let half = text_width(&label, svg::LEAST) / 2.0;
        if x - half >= free_from {
            svg.text((x, TREATMENT_ROW), svg::LEAST, Anchor::Middle, svg::INK, &label);
            free_from = x + half + 5.0;
        }
    }
    if seen > 0 {
        let name = language.text("chart.daily.session", &[]);
        svg.text((LEFT - 6.0, TREATMENT_ROW), svg::LEAST, Anchor::End, svg::MUTED, &name);
    }
    svg.end_group();
    seen > 0
}

/// Treatments of a day. What was frozen before they were told apart counts every treatment session.
pub(super) fn treatments(point: &DailyPoint) -> i32 {
    point.treatments_attended.or(point.sessions_attended).unwrap_or(0)
}

/// A short mark at the top of each day with a treatment session in which nothing was treated.
fn other_treatment_sessions(svg: &mut Svg, scale: &Scale, daily: &[DailyPoint]) -> bool {
    let has_other = |point: &&DailyPoint| point.sessions_attended.unwrap_or(0) > treatments(point);
    let others: Vec<&DailyPoint> = daily.iter().filter(has_other).collect();
    if others.is_empty() {
        return false;
    }
    svg.group("other-sessions");
    for point in others {
        let x = scale.x(point.journal_date);
        svg.line((x, TOP - 3.0), (x, TOP + 9.0), Stroke::solid(svg::TREATMENT, 2.0));
    }
    svg.end_group();
    true
}

/// A faint tick at the worst pain of each day.
fn worst(svg: &mut Svg, scale: &Scale, daily: &[DailyPoint]) -> bool {
    let half = (scale.day_width() * 0.4).clamp(1.0, 5.0);
    svg.group("worst");
    let mut has_worst = false;
    for point in daily {
        let Some(worst) = point.pain_worst else { continue };
        let (x, y) = (scale.x(point.journal_date), Scale::y(f64::from(worst)));
        svg.line((x - half, y), (x + half, y), Stroke::solid(svg::WORST, 1.6));
        has_worst = true;
    }
    svg.end_group();
    has_worst
}

/// The running median: of each rated day and the six days before it, so that nothing after a
/// treatment session shows before it.
fn medians(svg: &mut Svg, scale: &Scale, daily: &[DailyPoint]) -> bool {
    let mut runs: Vec<Vec<Point>> = Vec::new();
    let mut last_date: Option<chrono::NaiveDate> = None;
    for (index, point) in daily.iter().enumerate().filter(|(_, point)| point.pain.is_some()) {
        let week = daily.get(index.saturating_sub(6)..=index).unwrap_or_default();
        let scores: Vec<f64> = scored(week).map(|(_, score)| score).collect();
        let Some(middle) = median(&scores).filter(|_| scores.len() >= MEDIAN_RATED_DAYS) else {
            last_date = None;
            continue;
        };
        let here = (scale.x(point.journal_date), Scale::y(middle));
        let is_joined = last_date
            .is_some_and(|last| (point.journal_date - last).num_days() <= CROSSED_DAYS + 1);
        match runs.last_mut().filter(|_| is_joined) {
            Some(run) => run.push(here),
            None => runs.push(vec![here]),
        }
        last_date = Some(point.journal_date);
    }
    runs.retain(|run| run.len() > 1);
    svg.group("median");
    for run in &runs {
        svg.polyline(run, Stroke::solid(svg::INK, 2.0));
    }
    svg.end_group();
    !runs.is_empty()
}

/// A diamond below the axis for a day called free of pain that has no score: it is not a zero.
fn pain_free_days(svg: &mut Svg, scale: &Scale, daily: &[DailyPoint]) -> bool {
    let is_marked = |p: &&DailyPoint| p.pain.is_none() && p.pain_free_day == Some(true);
    svg.group("pain-free");
    for point in daily.iter().filter(is_marked) {
        svg.diamond((scale.x(point.journal_date), BOTTOM + 5.5), 3.2);
    }
    svg.end_group();
    daily.iter().any(|point| is_marked(&point))
}

/// Bars at the means of baseline and follow-up, where they are reliable and in the picture.
fn means(svg: &mut Svg, scale: &Scale, pain: &PainSummary) -> bool {
    svg.group("means");
    let mut any = false;
    for statement in [&pain.baseline.mean, &pain.follow_up] {
        let reliable = statement.value.filter(|_| statement.status == Status::Reliable);
        let (Some(value), Some(window)) = (reliable, statement.window) else { continue };
        let (left, right) = (scale.left_of(window.from), scale.left_of(shift(window.to, 1)));
        if left < right {
            let y = Scale::y(value);
            svg.mean_bar((left, y), right);
            any = true;
        }
    }
    svg.end_group();
    any
}
