//! The treatment sessions: what was done in them, and the pain around them.

use super::content::{codes, isolated, other_treatment_sessions, with_heading};
use super::figures;
use super::voice::{Voice, days, fact};
use crate::report::render::page::{Alignment, Block, Fact, Span, Table};
use crate::report::rules::Report;
use crate::report::rules::treatment::done::{NeedledPoint, TreatmentDone};

/// Kinds of treatment that the summary tells: the latest.
const MOST_KINDS: usize = 3;
/// Points that a line of the summary names.
const MOST_POINTS: usize = 8;

/// The section of the summary: what was done, the medians, the picture.
pub(super) fn blocks(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let mut blocks = done_lines(report, words);
    if let Some(effects) = &report.session_effects {
        let medians = [
            ("sessions.immediate", &effects.immediate.median),
            ("sessions.sustained", &effects.sustained.median),
        ];
        let known = medians.into_iter().filter(|(_, median)| median.have > 0);
        let lines: Vec<Fact> = known.map(|(key, median)| fact(words, key, median)).collect();
        if !lines.is_empty() {
            blocks.push(Block::Lines(lines));
        }
        blocks.extend(figures::around_treatments(words, report));
        blocks.extend(other_treatment_sessions(words, effects));
    }
    with_heading(words, "sessions.heading", blocks)
}

/// Runs of treatments in which the same was done: of each the first and last number, and what it was.
fn runs(treatments: &[TreatmentDone]) -> Vec<(usize, &[TreatmentDone])> {
    let is_same = |a: &TreatmentDone, b: &TreatmentDone| {
        let day = b.journal_date;
        TreatmentDone {
            treatment_session_id: b.treatment_session_id,
            journal_date: day,
            ..a.clone()
        } == *b
    };
    let mut first = 1;
    let mut runs = Vec::new();
    for run in treatments.chunk_by(is_same) {
        runs.push((first, run));
        first += run.len();
    }
    runs
}

fn done_lines(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let treatments = report.treatments.as_deref().unwrap_or_default();
    let runs = runs(treatments);
    let earlier = runs.len().saturating_sub(MOST_KINDS);
    let mut blocks: Vec<Block> = Vec::new();
    for (number, run) in runs.into_iter().skip(earlier) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let span = days(words, first.journal_date, Some(last.journal_date));
        let (from, to) = (number.to_string(), (number + run.len() - 1).to_string());
        let key = if run.len() == 1 { "sessions.run.one" } else { "sessions.run" };
        let values = [("from", from.as_str()), ("to", &to), ("days", &span)];
        let what = done(words, first, MOST_POINTS);
        let what = if what.is_empty() { words.text("done.unknown", &[]) } else { what };
        blocks.push(Block::Paragraph(vec![
            Span::plain(format!("{} ", words.text(key, &values))),
            Span::strong(what),
        ]));
    }
    if earlier > 0 {
        let count = earlier.to_string();
        blocks.push(Block::Small(words.text("more", &[("count", &count)])));
    }
    blocks
}

/// What was done in a treatment, in a line; empty where nothing of it was recorded.
pub(super) fn done(words: &Voice<'_>, done: &TreatmentDone, most_points: usize) -> String {
    let mut parts = vec![codes(words, "technique", &done.techniques)];
    let named = done.points.iter().take(most_points).map(|named| point(words, named));
    let mut named: Vec<String> = named.collect();
    if let Some(more) = done.points.len().checked_sub(most_points).filter(|more| *more > 0) {
        named.push(words.text("done.points.more", &[("count", &more.to_string())]));
    }
    parts.push(named.join(", "));
    if let Some(count) = done.needle_count {
        let key = if count == 1 { "done.needles.one" } else { "done.needles" };
        parts.push(words.text(key, &[("count", &count.to_string())]));
    }
    let minutes = done.retention_minutes.map(|minutes| minutes.to_string());
    parts.extend(minutes.map(|minutes| words.text("done.retention", &[("minutes", &minutes)])));
    let hertz = done.electrical_frequency_hz.map(|hertz| words.number(&hertz.to_string()));
    let hertz = hertz.map(|hertz| words.text("done.frequency", &[("hertz", &hertz)]));
    let stimulation = codes(words, "stimulation", &done.stimulation);
    parts.push([stimulation, hertz.unwrap_or_default()].join(" ").trim().to_owned());
    parts.push(codes(words, "response", &done.response_obtained));
    parts.retain(|part| !part.is_empty());
    parts.join(" \u{b7} ")
}

/// A point with its side.
fn point(words: &Voice<'_>, point: &NeedledPoint) -> String {
    let name = isolated(&point.name);
    let side = point.laterality.as_ref().filter(|side| side.0 != "unknown");
    let Some(side) = side else { return name };
    let side = words.code("side", &side.0);
    words.text("done.point", &[("point", &name), ("side", &side)])
}

/// What was done in each treatment, where it was not always the same: a row for each run of the same.
pub(super) fn done_table(report: &Report, words: &Voice<'_>) -> Option<Block> {
    let treatments = report.treatments.as_deref().unwrap_or_default();
    let runs = runs(treatments);
    let is_told =
        runs.len() > MOST_KINDS || treatments.iter().any(|done| done.points.len() > MOST_POINTS);
    if !is_told {
        return None;
    }
    let rows = runs.into_iter().filter_map(|(_, run)| {
        let (first, last) = (run.first()?, run.last()?);
        let span = days(words, first.journal_date, Some(last.journal_date));
        Some(vec![span, run.len().to_string(), done(words, first, usize::MAX)])
    });
    Some(Block::Table(Table {
        caption: words.text("done.caption", &[]),
        headers: ["days", "count", "what"]
            .map(|key| words.text(&format!("done.column.{key}"), &[]))
            .to_vec(),
        rows: rows.collect(),
        alignments: vec![Alignment::Start, Alignment::End, Alignment::Start],
    }))
}
