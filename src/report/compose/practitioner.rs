//! The practitioner's page: a summary that is read in a minute, in the order of clinical reference
//! 6.1, and behind it the details it rests on.

use super::content::{codes, facts, heading, isolated, short};
use super::words::{Voice, behind, code_of, day, decimal, elapsed, fact, made_at, span, value};
use super::{Catalogue, details, summary};
use crate::report::Report;
use crate::report::page::{Block, Fact, Page, Span, Wording};
use crate::report::statement::Code;

/// Questions, and goals, that the summary shows.
const MOST_PINNED: usize = 3;
/// Shared notes that the summary shows: the latest.
const LATEST_NOTES: usize = 2;
/// Letters of a text of the patient's that the summary shows.
const PINNED_LETTERS: usize = 150;
/// Questionnaires that the summary shows.
const MOST_QUESTIONNAIRES: usize = 6;

/// Composes the page. The same report gives the same page.
pub fn practitioner_page(report: &Report, catalogue: &Catalogue) -> Page {
    practitioner_page_for(report, catalogue, None)
}

/// As [`practitioner_page`], for the reader of a share, with what the patient calls it.
pub fn practitioner_page_for(report: &Report, catalogue: &Catalogue, label: Option<&str>) -> Page {
    let words = &Voice { catalogue, window: elapsed(report) };
    let mut blocks = Vec::new();
    let is_whole = visit(&mut blocks, report, words);
    blocks.push(Block::Lines(header(report, words)));
    changed(&mut blocks, report, words);
    summary::blocks(&mut blocks, report, words);
    let label = label.map(isolated).filter(|label| !label.is_empty());
    Page {
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
    let list = |codes: &[Code]| self::codes(words, "section", codes);
    let mut meta = vec![
        format!(
            "{}. {}",
            words.text("meta.window", &[("span", &span(words, report.window))]),
            words.text("meta.nature", &[])
        ),
        words.text("meta.made", &made),
        words.text("meta.sections", &[("sections", &list(&report.sections_included))]),
    ];
    if !report.sections_omitted.is_empty() {
        meta.push(words.text("meta.omitted", &[("sections", &list(&report.sections_omitted))]));
    }
    meta
}

fn header(report: &Report, words: &Voice<'_>) -> Vec<Fact> {
    let header = &report.header;
    let mut facts = Vec::new();
    if let Some(rated) = header.days_rated {
        let (rated, expected) = (rated.to_string(), header.days_expected.to_string());
        facts.push(Fact {
            label: words.text("header.rated", &[]),
            value: words.text("header.rated.value", &[("rated", &rated), ("expected", &expected)]),
            note: String::new(),
        });
    }
    let statements =
        [("header.adherence", &header.adherence_any), ("header.timely", &header.adherence_timely)];
    facts.extend(
        statements.into_iter().filter_map(|(label, s)| Some(fact(words, label, s.as_ref()?))),
    );
    if let Some(sessions) = header.sessions {
        let [planned, attended, missed, patient, clinic] = [
            sessions.planned,
            sessions.attended,
            sessions.missed,
            sessions.cancelled_patient,
            sessions.cancelled_clinic,
        ]
        .map(|count| count.to_string());
        let values = [
            ("planned", planned.as_str()),
            ("missed", &missed),
            ("patient", &patient),
            ("clinic", &clinic),
        ];
        facts.push(Fact {
            label: words.text("header.sessions", &[]),
            value: words.text("header.sessions.value", &[("attended", &attended)]),
            note: words.text("header.sessions.note", &values),
        });
    }
    facts
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
    if questions.is_empty() && goals.is_empty() && notes.is_empty() && next.is_none() {
        return true;
    }
    blocks.push(heading(words, "visit.heading"));
    if let Some(next) = next {
        let text = words.text("visit.next", &[("day", &day(next))]);
        blocks.push(Block::Paragraph(vec![Span::plain(text)]));
    }
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
            &[
                ("changed.baseline", &pain.baseline.mean),
                ("changed.now", &pain.follow_up),
                ("changed.difference", &pain.change.difference),
            ],
        ));
        tiles.push(Fact {
            label: words.text("changed.trend", &[]),
            value: value(words, &pain.trend.per_week),
            note: behind(words, &pain.trend.per_week),
        });
        if let Some(band) = &pain.change.band {
            let percent = pain.change.percent_reduction.map(decimal).unwrap_or_default();
            lines.push(Fact {
                label: words.text("changed.band", &[]),
                value: words.code("band", &code_of(band)),
                note: words.text("changed.percent", &[("percent", &percent)]),
            });
        }
        lines.push(fact(words, "states.high", &pain.time_in_state.worst_high.share));
        sentences.extend(pain.change.sentence.clone());
        sentences.extend(pain.plateau.as_ref().and_then(|plateau| plateau.sentence.clone()));
    }
    if let Some(questionnaires) = &report.questionnaires {
        let changes = questionnaires.instruments.iter().filter(|change| change.latest.is_some());
        for change in changes.take(MOST_QUESTIONNAIRES) {
            let label = words.text("questionnaire.difference", &[("title", &change.title)]);
            let known = fact(words, "none", &change.difference);
            let held = details::thresholds(words, change, "questionnaire.held.short");
            let notes = [vec![known.note.clone()], held].concat();
            lines.push(Fact { label, note: notes.join(" \u{b7} "), ..known });
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
    blocks.push(Block::Lines(lines));
}
