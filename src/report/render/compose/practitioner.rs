//! The practitioner's page: a summary that is read in a minute, in the order of clinical reference
//! 6.1, and behind it the details it rests on.

use super::Catalogue;
use super::content::{codes, facts, heading, isolated, short, worst};
use super::details;
use super::summary;
use super::voice::{Voice, code_of, day, decimal, elapsed, fact, made_at, printed, span};
use crate::report::render::page::{Block, Fact, ReportPage, Span, Wording};
use crate::report::rules::Report;
use crate::report::rules::life::questionnaires::QuestionnaireChange;
use crate::report::rules::statement::{ReportCode, ReportStatement};
use crate::report::rules::treatment::course::ReportedCourse;
use chrono::NaiveDate;

/// Questions, and goals, that the summary shows.
const MOST_PINNED: usize = 3;
/// Shared notes that the summary shows: the latest.
const LATEST_NOTES: usize = 2;
/// Letters of a text of the patient's that the summary shows.
const PINNED_LETTERS: usize = 110;
/// Questionnaires that the summary shows.
const MOST_QUESTIONNAIRES: usize = 6;

/// Composes the page. The same report gives the same page.
pub fn practitioner_page(report: &Report, catalogue: &Catalogue) -> ReportPage {
    let words = &Voice { catalogue, window: elapsed(report) };
    let mut blocks = Vec::new();
    let is_whole = visit(&mut blocks, report, words);
    blocks.push(header(report, words));
    blocks.extend(report.course.as_ref().map(|course| self::course(report, course, words)));
    changed(&mut blocks, report, words);
    summary::blocks(&mut blocks, report, words);
    let label = report.share_label.as_deref().map(isolated).filter(|label| !label.is_empty());
    ReportPage {
        title: words.text("title", &[]),
        language: catalogue.language.to_owned(),
        direction: None,
        subject: label.map(|label| words.text("subject", &[("label", &label)])),
        meta: meta(report, words),
        blocks,
        details: details::blocks(report, words, !is_whole),
        id: format!(
            "{}-{}-{}-{}",
            report.window.from, report.window.to, report.rule_version, report.journal_revision
        ),
        created_at: Some(report.generated_at),
        wording: Wording::default(),
    }
}

/// The lines below the title.
fn meta(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let at = made_at(report);
    let revision = report.journal_revision.to_string();
    let made =
        [("at", at.as_str()), ("rules", &report.rule_version), ("revision", revision.as_str())];
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

/// How much was logged and attended, in a line.
fn header(report: &Report, words: &Voice<'_>) -> Block {
    let header = &report.header;
    let mut parts: Vec<(String, String, String)> = Vec::new();
    let expected = header.days_expected.to_string();
    if let Some(rated) = header.days_rated {
        let values = [("rated", rated.to_string()), ("expected", expected)];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        let value = words.text("header.rated.value", &values);
        parts.push((words.text("header.rated", &[]), value, String::new()));
    }
    for (label, statement) in
        [("header.adherence", &header.adherence_any), ("header.timely", &header.adherence_timely)]
    {
        let known = statement.as_ref().map(|statement| fact(words, label, statement));
        parts.extend(known.map(|known| (known.label, known.value, known.note)));
    }
    if let Some(sessions) = header.sessions {
        let others = [
            ("header.planned", sessions.planned),
            ("header.missed", sessions.missed),
            ("header.cancelled_patient", sessions.cancelled_patient),
            ("header.cancelled_clinic", sessions.cancelled_clinic),
        ];
        let others = others.into_iter().filter(|(_, count)| *count > 0);
        let others = others.map(|(key, count)| words.text(key, &[("count", &count.to_string())]));
        let attended = sessions.attended.to_string();
        parts.push((
            words.text("header.sessions", &[]),
            words.text("header.sessions.value", &[("attended", &attended)]),
            others.collect::<Vec<_>>().join(", "),
        ));
    }
    let mut spans = Vec::new();
    for (label, value, note) in parts {
        if !spans.is_empty() {
            spans.push(Span::plain(" \u{b7} "));
        }
        spans.push(Span::plain(format!("{label} ")));
        spans.push(Span::strong(value));
        if !note.is_empty() {
            spans.push(Span::small(format!(" ({note})")));
        }
    }
    Block::Paragraph(spans)
}

/// The course of treatment the page is about, in a line.
fn course(report: &Report, course: &ReportedCourse, words: &Voice<'_>) -> Block {
    let complaints = report.complaints.iter().flatten();
    let complaint = complaints
        .filter(|complaint| Some(complaint.pain_episode_id) == course.pain_episode_id)
        .map(|complaint| isolated(&short(&complaint.label, PINNED_LETTERS)))
        .next();
    let name = match &complaint {
        Some(label) => words.text("course.of", &[("label", label)]),
        None => words.text("course.any", &[]),
    };
    let on = |key: &str, date: NaiveDate| words.text(key, &[("day", &day(date))]);
    let mut parts = Vec::new();
    parts.extend(course.first_session_date.map(|first| on("course.first", first)));
    parts.extend(course.share_begins_on.map(|begins| on("course.hidden", begins)));
    parts.push(on("course.last", course.last_session_date));
    let count = course.treatments.to_string();
    parts.push(words.text("course.treatments", &[("count", &count)]));
    for (index, phase) in course.phases.iter().enumerate() {
        let (number, first) = ((index + 1).to_string(), day(phase.first_session_date));
        let done = phase.treatments.to_string();
        let planned = phase.planned_sessions.map(|planned| planned.to_string());
        let key = if planned.is_some() { "course.phase.planned" } else { "course.phase" };
        let planned = planned.unwrap_or_default();
        let values =
            [("number", number.as_str()), ("day", &first), ("done", &done), ("planned", &planned)];
        parts.push(words.text(key, &values));
    }
    Block::Paragraph(vec![Span::strong(name), Span::plain(format!(": {}", parts.join(" \u{b7} ")))])
}

/// What the patient brings along stands first: the page is read just before the visit. Tells
/// whether it is all there, and not shortened.
fn visit(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) -> bool {
    let mut is_whole = true;
    let mut pinned = |texts: &mut dyn Iterator<Item = String>| {
        let mut lines = Vec::new();
        for text in texts {
            if lines.len() == MOST_PINNED {
                is_whole = false;
                break;
            }
            let line = short(&text, PINNED_LETTERS);
            is_whole &= line == text;
            lines.push(line);
        }
        lines
    };
    let visit = report.visit.as_ref();
    let questions = visit.iter().flat_map(|visit| &visit.questions);
    let questions = pinned(&mut questions.map(|question| question.text.clone()));
    let goals = visit.iter().flat_map(|visit| &visit.goals);
    let goals = pinned(&mut goals.map(|goal| goal.text.clone()));
    let notes = latest_notes(report, words);
    let next = visit.and_then(|visit| visit.next_visit_on);
    if questions.is_empty() && goals.is_empty() && next.is_none() {
        if !notes.is_empty() {
            blocks.extend([heading(words, "visit.notes"), Block::List(notes)]);
        }
        return true;
    }
    let title = match next {
        Some(next) => words.text("visit.next", &[("day", &day(next))]),
        None => words.text("visit.heading", &[]),
    };
    blocks.push(Block::Heading { level: 2, text: title });
    let lists = [("visit.questions", questions), ("visit.goals", goals), ("visit.notes", notes)];
    let columns: Vec<Vec<Block>> = lists
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(label, lines)| {
            let label = Block::Paragraph(vec![Span::strong(words.text(label, &[]))]);
            vec![label, Block::List(lines)]
        })
        .collect();
    if !columns.is_empty() {
        blocks.push(Block::Columns(columns));
    }
    if !is_whole {
        blocks.push(Block::Small(words.text("visit.more", &[])));
    }
    is_whole
}

/// The latest notes the patient shared, shortened; all of them stand in the details.
fn latest_notes(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let notes = report.shared_notes.iter().flatten().rev();
    let texts = notes.filter_map(|note| Some((note.journal_date, note.text.as_ref()?)));
    let lines = texts.take(LATEST_NOTES).map(|(on, text)| {
        let (on, text) = (day(on), isolated(&short(text, PINNED_LETTERS)));
        words.text("visit.note", &[("day", &on), ("text", &text)])
    });
    lines.collect()
}

/// What changed: pain as tiles, the rest as lines.
fn changed(blocks: &mut Vec<Block>, report: &Report, words: &Voice<'_>) {
    let mut tiles = Vec::new();
    let mut lines = Vec::new();
    let mut sentences = Vec::new();
    if let Some(pain) = &report.pain {
        tiles.extend(facts(
            words,
            &[("changed.baseline", &pain.baseline.mean), ("changed.now", &pain.follow_up)],
        ));
        let late = pain.baseline.mean_with_late_entries.as_ref();
        tiles.extend(late.map(|late| fact(words, "changed.baseline.late", late)));
        // Its days are those of the two before it.
        let difference = ReportStatement { window: None, ..pain.change.difference.clone() };
        tiles.push(fact(words, "changed.difference", &difference));
        tiles.push(fact(words, "changed.trend", &pain.trend.per_week));
        if let Some(band) = &pain.change.band {
            let percent = pain.change.percent_reduction.unwrap_or_default();
            let key = if percent < 0.0 { "changed.percent.more" } else { "changed.percent.less" };
            lines.push(Fact {
                label: words.text("changed.band", &[]),
                value: words.code("band", &code_of(band)),
                note: words.text(key, &[("percent", &decimal(percent.abs()))]),
            });
        }
        lines.extend(worst(words, pain));
        sentences.extend(pain.change.sentence.as_deref().map(printed));
        sentences.extend(pain.plateau.as_ref().and_then(|plateau| plateau.sentence.clone()));
    }
    if let Some(questionnaires) = &report.questionnaires {
        let changes = questionnaires.instruments.iter().filter(|change| change.latest.is_some());
        for change in changes.take(MOST_QUESTIONNAIRES) {
            lines.push(questionnaire(words, change));
        }
        if let Some(impression) = &questionnaires.impression {
            lines.push(Fact {
                label: words.text("changed.impression", &[]),
                value: impression.words.clone(),
                note: day(impression.journal_date),
            });
        }
    }
    if tiles.is_empty() && lines.is_empty() {
        return;
    }
    blocks.push(heading(words, "changed.heading"));
    if !tiles.is_empty() {
        blocks.push(Block::Facts(tiles));
    }
    for sentence in sentences {
        blocks.push(Block::Paragraph(vec![Span::plain(sentence)]));
    }
    let cautions = report.pain.iter().flat_map(|pain| &pain.cautions);
    blocks.extend(cautions.map(|caution| Block::Small(printed(&caution.text))));
    blocks.push(Block::Lines(lines));
}

/// The change of a questionnaire, and how many of the published thresholds it reaches.
fn questionnaire(words: &Voice<'_>, change: &QuestionnaireChange) -> Fact {
    let title = words.code("instrument", &change.instrument);
    let known = fact(words, "none", &ReportStatement { window: None, ..change.difference.clone() });
    let results = change.thresholds.iter().filter_map(|threshold| threshold.result.as_ref());
    let all = results.clone().count();
    let reached = results.filter(|result| result.0 == "met").count();
    let mut notes = vec![known.note.clone()];
    if all > 0 {
        let (reached, all) = (reached.to_string(), all.to_string());
        notes.push(words.text("questionnaire.reached", &[("reached", &reached), ("all", &all)]));
    }
    notes.retain(|note| !note.is_empty());
    let label = words.text("questionnaire.difference", &[("title", &title)]);
    Fact { label, note: notes.join(" \u{b7} "), ..known }
}
