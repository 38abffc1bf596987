//! The practitioner's page: a summary that is read in a minute, in the order of clinical.md, Pages,
//! and behind it the details it rests on.

use super::beside::complaint_lines;
use super::content::{Gaps, codes, complaint_line, isolated, paused, short};
use super::visit::PINNED_LETTERS;
use super::voice::{Voice, days, elapsed, made_at, span};
use super::{changed, details, subject, summary, visit};
use crate::language::Language;
use crate::report::render::page::{Block, ReportPage, Span};
use crate::report::rules::Report;
use crate::report::rules::life::records::ReportedPlan;
use crate::report::rules::statement::ReportCode;
use crate::report::rules::treatment::course::CoursePhase;
use chrono::NaiveDate;

/// Complaints, and plans, that the head names.
const MOST_NAMED: usize = 3;

/// Composes the page. The same report gives the same page.
pub fn practitioner_page(report: &Report, language: &Language) -> ReportPage {
    let words = &Voice { language, window: elapsed(report) };
    let mut gaps = Gaps::default();
    let mut blocks: Vec<Block> = Vec::new();
    blocks.extend(together([complaint(report, words), course(report, words)]));
    blocks.extend(plans(report, words).into_iter().map(Block::Paragraph));
    blocks.extend(together([data(report, words), attended(report, words)]));
    let held = complaint_lines(report, words);
    if !held.is_empty() {
        blocks.push(Block::List(held));
    }
    blocks.extend(changed::blocks(report, words));
    blocks.extend(summary::blocks(report, words, &mut gaps));
    let (visit, is_whole) = visit::blocks(report, words);
    blocks.extend(visit);
    blocks.extend(gaps.line(words));
    blocks.push(Block::Paragraph(vec![
        Span { small: true, ..Span::strong(words.text("footer.lead", &[])) },
        Span::small(format!(" {}", words.text("footer.short", &[]))),
    ]));
    ReportPage {
        title: words.text("title", &[]),
        language: language.tag().to_owned(),
        direction: None,
        subject: subject::whose(report, language),
        mark: subject::mark(report, language),
        meta: meta(report, words),
        blocks,
        details: details::blocks(report, words, !is_whole),
        id: format!("{}-{}-{}", report.window.from, report.window.to, report.rule_version),
        created_at: Some(report.generated_at),
        wording: words.wording(),
    }
}

/// The lines below the title.
fn meta(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let at = made_at(words, report);
    let made = [("at", at.as_str()), ("rules", &report.rule_version)];
    let list = |codes: &[ReportCode]| self::codes(words, "section", codes);
    let parts = [
        words.text("meta.window", &[("span", &span(words, report.window))]),
        words.text("meta.made", &made),
    ];
    let mut meta = vec![format!("{}. {}", parts.join(" \u{b7} "), words.text("meta.nature", &[]))];
    if !report.sections_omitted.is_empty() {
        meta.push(words.text("meta.omitted", &[("sections", &list(&report.sections_omitted))]));
    }
    meta
}

/// Parts of the head in one line, as far as they are there.
fn together(parts: [Option<Vec<Span>>; 2]) -> Option<Block> {
    let parts: Vec<Vec<Span>> = parts.into_iter().flatten().collect();
    let spans = parts.join(&Span::plain("\u{2003}"));
    (!spans.is_empty()).then_some(Block::Paragraph(spans))
}

/// A part of the head: what it is, what is read first, and the rest.
fn line(words: &Voice<'_>, key: &str, first: String, rest: &[String]) -> Vec<Span> {
    let mut spans = vec![Span::plain(format!("{} ", words.text(key, &[]))), Span::strong(first)];
    if !rest.is_empty() {
        spans.push(Span::plain(format!(" \u{b7} {}", rest.join(" \u{b7} "))));
    }
    spans
}

/// The complaint that the course is about; where it names none, those that the journal has.
fn complaint(report: &Report, words: &Voice<'_>) -> Option<Vec<Span>> {
    let of_course = report.course.as_ref().and_then(|course| course.pain_episode_id);
    let complaints = report.complaints.iter().flatten();
    let complaints = complaints.filter(|complaint| match of_course {
        Some(id) => complaint.pain_episode_id == id,
        None => complaint.status.0 == "active",
    });
    let told = complaints.take(MOST_NAMED).map(|complaint| {
        complaint_line(words, complaint, isolated(&short(&complaint.label, PINNED_LETTERS)))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| line(words, "head.complaint", told.join("; "), &[]))
}

/// The course of treatment the page is about, with its days.
fn course(report: &Report, words: &Voice<'_>) -> Option<Vec<Span>> {
    let course = report.course.as_ref()?;
    let on = |key: &str, date: NaiveDate| words.text(key, &[("day", &words.day(date))]);
    let (count, last) = (course.treatments, course.last_session_date);
    let key = if count == 1 { "course.treatments.one" } else { "course.treatments" };
    let mut parts = vec![words.text(key, &[("count", &count.to_string())])];
    let first = match course.first_session_date {
        Some(first) if first == last => None,
        Some(first) => Some(days(words, first, Some(last))),
        None => {
            parts.extend(course.share_begins_on.map(|begins| on("course.hidden", begins)));
            Some(on("course.last", last))
        }
    };
    let first = first.unwrap_or_else(|| words.day(last));
    Some(line(words, "head.course", first, &parts))
}

/// The plans of the course, each with the treatments done of those planned; then those in force that no
/// treatment names.
fn plans(report: &Report, words: &Voice<'_>) -> Vec<Vec<Span>> {
    let plans = || report.plans.iter().flatten();
    let phases = report.course.iter().flat_map(|course| &course.phases);
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for phase in phases.clone() {
        let plan = plans().find(|plan| plan.treatment_plan_id == phase.treatment_plan_id);
        lines.push((done(words, phase), plan.map(|plan| named(words, plan)).into_iter().collect()));
    }
    let is_begun = |plan: &&ReportedPlan| {
        phases.clone().any(|phase| phase.treatment_plan_id == plan.treatment_plan_id)
    };
    let is_in_force = |plan: &&ReportedPlan| plan.status.0 == "active" || plan.status.0 == "paused";
    for plan in plans().filter(is_in_force).filter(|plan| !is_begun(plan)) {
        let planned = plan
            .planned_sessions
            .map(|planned| words.text("plan.planned", &[("planned", &planned.to_string())]));
        lines.push((named(words, plan), planned.into_iter().collect()));
    }
    let earlier = lines.len().saturating_sub(MOST_NAMED);
    let several = lines.len() > 1;
    let numbered = lines.into_iter().enumerate().skip(earlier).map(|(index, (first, rest))| {
        let number = (index + 1).to_string();
        let first = if several {
            words.text("plan.numbered", &[("number", &number), ("plan", &first)])
        } else {
            first
        };
        line(words, "head.plan", first, &rest)
    });
    numbered.collect()
}

/// Treatments done of those planned.
fn done(words: &Voice<'_>, phase: &CoursePhase) -> String {
    let done = phase.treatments.to_string();
    match phase.planned_sessions {
        Some(planned) => {
            words.text("plan.done.planned", &[("done", &done), ("planned", &planned.to_string())])
        }
        None => words.text("plan.done", &[("done", &done)]),
    }
}

/// A plan by its goal and its day.
fn named(words: &Voice<'_>, plan: &ReportedPlan) -> String {
    let goal = isolated(&short(&plan.goal, PINNED_LETTERS));
    let (on, status) = (words.day(plan.agreed_on), words.code("status", &plan.status.0));
    words.text("plan.line", &[("day", &on), ("goal", &goal), ("status", &status)])
}

/// How good the data are: days rated, in time, with any entry, out of those expected.
fn data(report: &Report, words: &Voice<'_>) -> Option<Vec<Span>> {
    let header = &report.header;
    let (rated, expected) = (header.days_rated?, header.days_expected);
    if expected == 0 {
        return Some(line(words, "head.data", words.text("data.none", &[]), &[]));
    }
    let rated = words.text("data.rated", &[("days", &words.of(rated, expected))]);
    let timely = header.days_with_timely_entry;
    let timely =
        timely.map(|timely| words.text("data.timely", &[("days", &words.of(timely, expected))]));
    let rest: Vec<String> = [paused(words, header), timely].into_iter().flatten().collect();
    Some(line(words, "head.data", rated, &rest))
}

/// What became of the treatment sessions of these days.
fn attended(report: &Report, words: &Voice<'_>) -> Option<Vec<Span>> {
    let visits = report.header.sessions?;
    let counts = [
        ("header.planned", visits.planned),
        ("header.missed", visits.missed),
        ("header.cancelled_patient", visits.cancelled_patient),
        ("header.cancelled_clinic", visits.cancelled_clinic),
    ];
    let others = counts.into_iter().filter(|(_, count)| *count > 0);
    let others: Vec<String> =
        others.map(|(key, count)| words.text(key, &[("count", &count.to_string())])).collect();
    if visits.attended == 0 && others.is_empty() {
        return None;
    }
    let attended = words.text("header.attended", &[("count", &visits.attended.to_string())]);
    Some(line(words, "head.sessions", attended, &others))
}
