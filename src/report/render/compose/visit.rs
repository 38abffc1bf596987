//! What the patient brings to the next visit.

use super::content::{heading, isolated, short};
use super::voice::Voice;
use crate::report::render::page::{Block, Span};
use crate::report::rules::Report;

/// Questions, and goals, that the summary shows.
const MOST_PINNED: usize = 3;
/// Shared notes that the summary shows: the latest.
const LATEST_NOTES: usize = 2;
/// Letters of a text of the patient's that the summary shows.
pub(super) const PINNED_LETTERS: usize = 110;

/// What stands in the summary, and whether it is all there and not shortened.
pub(super) fn blocks(report: &Report, words: &Voice<'_>) -> (Vec<Block>, bool) {
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
        let notes = if notes.is_empty() {
            Vec::new()
        } else {
            vec![heading(words, "visit.notes"), Block::List(notes)]
        };
        return (notes, true);
    }
    let title = match next {
        Some(next) => words.text("visit.next", &[("day", &words.day(next))]),
        None => words.text("visit.heading", &[]),
    };
    let mut blocks = vec![Block::Heading { level: 2, text: title }];
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
    (blocks, is_whole)
}

/// The latest notes the patient shared, shortened; all of them stand in the details.
fn latest_notes(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let notes = report.shared_notes.iter().flatten().rev();
    let texts = notes.filter_map(|note| Some((note.journal_date, note.text.as_ref()?)));
    let lines = texts.take(LATEST_NOTES).map(|(on, text)| {
        let (on, text) = (words.day(on), isolated(&short(text, PINNED_LETTERS)));
        words.text("visit.note", &[("day", &on), ("text", &text)])
    });
    lines.collect()
}
