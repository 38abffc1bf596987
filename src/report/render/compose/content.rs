//! Parts that both pages have.

use super::voice::{Voice, code_of, fact, of_days, or_dash};
use crate::report::render::chart::place_name;
use crate::report::render::page::{Alignment, Block, Fact, Span, Table};
use crate::report::rules::adherence::ReportHeader;
use crate::report::rules::life::questionnaires::QuestionnaireChange;
use crate::report::rules::life::records::ReportedComplaint;
use crate::report::rules::pain::sites::SiteSummary;
use crate::report::rules::pain::time_in_state::TimeInState;
use crate::report::rules::sleep::link::{LINK_PAIRS, SleepLink};
use crate::report::rules::statement::{ReportCode, ReportStatement, Status};
use crate::report::rules::treatment::effect::{TreatmentSessionEffect, TreatmentSessionEffects};
use crate::report::rules::{PainSummary, Report};
use chrono::Datelike;
use unicode_segmentation::UnicodeSegmentation;

/// Codes in words, separated by commas.
pub(super) fn codes(words: &Voice<'_>, kind: &str, codes: &[ReportCode]) -> String {
    codes.iter().map(|code| words.code(kind, &code.0)).collect::<Vec<_>>().join(", ")
}

/// A heading below the title.
pub(super) fn heading(words: &Voice<'_>, key: &str) -> Block {
    Block::Heading { level: 2, text: words.text(key, &[]) }
}

/// Blocks below their heading, where there are any.
pub(super) fn with_heading(words: &Voice<'_>, key: &str, blocks: Vec<Block>) -> Vec<Block> {
    if blocks.is_empty() {
        return blocks;
    }
    [vec![heading(words, key)], blocks].concat()
}

/// What was never recorded in these days: named together in one line.
#[derive(Default)]
pub(super) struct Gaps(Vec<String>);

impl Gaps {
    /// One more.
    pub(super) fn add(&mut self, words: &Voice<'_>, key: &str) {
        self.0.push(words.text(key, &[]));
    }

    /// The line, where there are any.
    pub(super) fn line(&self, words: &Voice<'_>) -> Option<Block> {
        let names = self.0.join("; ");
        (!names.is_empty()).then(|| Block::Small(words.text("missing", &[("names", &names)])))
    }
}

/// A statement of a list under its name.
#[derive(Clone, Copy)]
pub(super) enum Measured<'a> {
    /// As its value.
    Value(&'a str, &'a ReportStatement),
    /// A share of days, as days out of days.
    Days(&'a str, &'a ReportStatement),
}

/// Several statements, one a line; those without a single day behind them go to the gaps.
pub(super) fn known(words: &Voice<'_>, gaps: &mut Gaps, rows: &[Measured<'_>]) -> Option<Block> {
    let mut lines = Vec::new();
    for row in rows {
        let (Measured::Value(key, statement) | Measured::Days(key, statement)) = row;
        match row {
            _ if statement.value.is_none() && statement.have == 0 => gaps.add(words, key),
            Measured::Value(..) => lines.push(fact(words, key, statement)),
            Measured::Days(..) => lines.push(of_days(words, key, statement)),
        }
    }
    (!lines.is_empty()).then_some(Block::Lines(lines))
}

/// A complaint with when it began, as exactly as that is known.
pub(super) fn complaint_line(
    words: &Voice<'_>,
    complaint: &ReportedComplaint,
    label: String,
) -> String {
    let Some(onset) = complaint.onset_date else { return label };
    let onset = match complaint.onset_precision.as_ref().map(|precision| precision.0.as_str()) {
        Some("year") => onset.year().to_string(),
        Some("month") => words.language.month(onset),
        _ => words.day(onset),
    };
    words.text("complaint.line", &[("label", &label), ("onset", &onset)])
}

/// The places that were named on one day alone, in a line.
pub(super) fn places_of_one_day(words: &Voice<'_>, sites: &SiteSummary) -> Option<String> {
    let once = sites.sites.iter().filter(|site| site.days == 1);
    let names = once.map(|site| place_name(site, words.language)).collect::<Vec<_>>().join("; ");
    (!names.is_empty()).then(|| words.text("places.once", &[("names", &names)]))
}

/// How sleep and the pain of the day after go together, in a sentence.
pub(super) fn sleep_link(words: &Voice<'_>, link: &SleepLink) -> String {
    if let Some(said) = &link.words {
        return words.text(&format!("sleep.link.{}", code_of(said)), &[]);
    }
    let (have, need) = (link.correlation.have, link.correlation.need);
    let key = if usize::try_from(need) == Ok(LINK_PAIRS) {
        "sleep.need.nights"
    } else {
        "sleep.need.values"
    };
    words.text(key, &[("nights", &words.of(have, need))])
}

/// A text of a person's within a line of ours: it cannot turn its neighbours around.
pub(super) fn isolated(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = text.chars().filter(|c| !turns(*c)).collect();
    let plain = plain.trim();
    if plain.is_ascii() { plain.to_owned() } else { format!("\u{2068}{plain}\u{2069}") }
}

/// As much of a text as a line or two hold, cut between words where it can be.
pub(super) fn short(text: &str, letters: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = text.grapheme_indices(true).nth(letters) else { return text };
    let cut = text.get(..end).unwrap_or_default();
    let word = cut.rfind(' ').filter(|space| *space > end / 2);
    format!("{}\u{2026}", word.and_then(|space| cut.get(..space)).unwrap_or(cut))
}

/// How many days of declared pauses are left out, where there are any.
pub(super) fn paused(words: &Voice<'_>, header: &ReportHeader) -> Option<String> {
    let days = header.days_paused.filter(|days| *days > 0)?;
    Some(words.counted("data.paused", days))
}

/// The days without pain by their score, and beside them those only called so.
pub(super) fn pain_free(words: &Voice<'_>, label: &str, states: &TimeInState) -> Fact {
    let mut known = of_days(words, label, &states.no_pain.share);
    if states.pain_free_unrated > 0 {
        let days = states.pain_free_unrated.to_string();
        let key = if states.pain_free_unrated == 1 { "states.called.one" } else { "states.called" };
        known.note.push_str(&words.text(key, &[("days", &days)]));
    }
    known
}

/// The mean of the worst pain before and now, or over the window where that is not known; nothing where
/// nobody gave one.
pub(super) fn worst(words: &Voice<'_>, pain: &PainSummary) -> Option<Fact> {
    let over_all = &pain.time_in_state.worst_mean;
    if over_all.have == 0 {
        return None;
    }
    let told = pain.worst.as_ref().filter(|worst| worst.difference.status != Status::Insufficient);
    let Some(worst) = told else { return Some(fact(words, "worst.mean", over_all)) };
    let (before, now) = (words.stated(&worst.baseline), words.stated(&worst.follow_up));
    let value = words.text("worst.change", &[("before", &before), ("now", &now)]);
    let by = fact(words, "none", &ReportStatement { window: None, ..worst.difference.clone() });
    let note = format!("{} \u{b7} {}", by.value, by.note);
    Some(Fact { label: words.text("worst.then", &[]), value, note })
}

/// The treatment sessions and the pain around them, oldest first.
pub(super) fn treatment_table(
    words: &Voice<'_>,
    visits: &[TreatmentSessionEffect],
) -> Option<Block> {
    if visits.is_empty() {
        return None;
    }
    let headers = ["day", "techniques", "pre", "post", "post24", "before", "after"];
    let rows = visits.iter().map(|visit| {
        vec![
            words.day(visit.journal_date),
            codes(words, "technique", &visit.techniques),
            or_dash(visit.pre),
            or_dash(visit.post),
            or_dash(visit.post24),
            or_dash(visit.before_mean.map(|value| words.decimal(value))),
            or_dash(visit.after_mean.map(|value| words.decimal(value))),
        ]
    });
    let mut alignments = vec![Alignment::Start; 2];
    alignments.extend([Alignment::End; 5]);
    Some(Block::Table(Table {
        caption: words.text("sessions.caption", &[]),
        headers: headers.map(|key| words.text(&format!("sessions.{key}"), &[])).to_vec(),
        rows: rows.collect(),
        alignments,
    }))
}

/// The treatment sessions in which nothing was treated, in a line.
pub(super) fn other_treatment_sessions(
    words: &Voice<'_>,
    effects: &TreatmentSessionEffects,
) -> Option<Block> {
    let others = effects.other_sessions.iter().map(|visit| {
        let (day, kind) =
            (words.day(visit.journal_date), words.code("session_kind", &visit.kind.0));
        words.text("sessions.other", &[("day", &day), ("kind", &kind)])
    });
    let list = others.collect::<Vec<_>>().join(", ");
    (!list.is_empty()).then(|| Block::Small(words.text("sessions.others", &[("list", &list)])))
}

/// The activities the patient named, at both times.
pub(super) fn activities(words: &Voice<'_>, change: &QuestionnaireChange) -> Block {
    let rows = change.activities.iter().map(|activity| {
        vec![
            activity.activity.clone(),
            words.decimal(activity.first),
            words.decimal(activity.latest),
        ]
    });
    Block::Table(Table {
        caption: words.text("own.activities.caption", &[]),
        headers: ["activity", "first", "latest"]
            .map(|key| words.text(&format!("questionnaire.{key}"), &[]))
            .to_vec(),
        rows: rows.collect(),
        alignments: vec![Alignment::Start, Alignment::End, Alignment::End],
    })
}

/// The open questions and goals, each under its name.
pub(super) fn visit_lists(report: &Report, words: &Voice<'_>) -> Vec<Block> {
    let Some(visit) = &report.visit else { return Vec::new() };
    let questions = visit.questions.iter().map(|question| question.text.clone()).collect();
    let goals = visit.goals.iter().map(|goal| goal.text.clone()).collect();
    let lists: [(&str, Vec<String>); 2] = [("visit.questions", questions), ("visit.goals", goals)];
    lists
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .flat_map(|(label, lines)| {
            let label = Block::Paragraph(vec![Span::strong(words.text(label, &[]))]);
            [label, Block::List(lines)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_among_ours_turns_nothing_around() {
        assert_eq!(isolated(" Dr. Lind "), "Dr. Lind");
        assert_eq!(isolated("ألم"), "\u{2068}ألم\u{2069}");
        assert_eq!(isolated("a\u{202e}b\u{2069}"), "ab");
        assert_eq!(isolated("\u{2067}\u{202e}"), "");
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        assert_eq!(short("two\n words", 20), "two words");
        assert_eq!(short("one two three", 9), "one two\u{2026}");
        assert_eq!(short(&"W".repeat(30), 9), format!("{}\u{2026}", "W".repeat(9)));
        assert_eq!(short("👩\u{200d}⚕️👩\u{200d}⚕️x", 1), "👩\u{200d}⚕️\u{2026}");
    }
}
