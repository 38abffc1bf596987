//! What the patient recorded and, beside it, what a practitioner holds it to be: adverse events and
//! complaints. Both sides' words are shown, each as whose they are.

use super::content::{codes, isolated, short};
use super::voice::Voice;
use crate::report::rules::Report;
use crate::report::rules::life::records::ReportedComplaint;
use crate::report::rules::treatment::events::ReportedEvent;

/// Letters of a practitioner's note that a line shows.
const NOTE_LETTERS: usize = 160;
/// Letters of a complaint's name that a line shows.
const LABEL_LETTERS: usize = 110;

/// An event in words.
pub(super) fn event_line(words: &Voice<'_>, event: &ReportedEvent) -> String {
    let (on, kinds) = (words.day(event.started_on), codes(words, "event", &event.kinds));
    let severity = words.code("severity", &event.severity.0);
    let serious = if event.serious { words.text("safety.serious", &[]) } else { String::new() };
    let values =
        [("day", on.as_str()), ("kinds", &kinds), ("severity", &severity), ("serious", &serious)];
    let own = words.text("safety.event", &values);
    let mut said = Vec::new();
    said.extend(event.clinical_severity.as_ref().map(|code| words.code("severity", &code.0)));
    if let Some(code) = &event.clinical_relatedness {
        let how = words.code("relatedness", &code.0);
        said.push(words.text("held.relatedness", &[("how", &how)]));
    }
    let actions = codes(words, "action", &event.clinical_actions);
    said.push(actions);
    beside(words, own, said, event.clinical_note.as_deref())
}

/// A line of the patient's and what a practitioner says beside it, where one does.
fn beside(words: &Voice<'_>, own: String, mut said: Vec<String>, note: Option<&str>) -> String {
    said.extend(note.map(|note| isolated(&short(note, NOTE_LETTERS))));
    said.retain(|part| !part.is_empty());
    if said.is_empty() {
        return own;
    }
    let said = said.join(", ");
    words.text("held.line", &[("own", &own), ("said", &said)])
}

/// The complaints of which anybody says what they are held to be.
pub(super) fn complaint_lines(report: &Report, words: &Voice<'_>) -> Vec<String> {
    let complaints = report.complaints.iter().flatten();
    complaints.filter_map(|complaint| complaint_line(words, complaint)).collect()
}

fn complaint_line(words: &Voice<'_>, complaint: &ReportedComplaint) -> Option<String> {
    let (own, theirs) = (&complaint.conditions, &complaint.clinical_conditions);
    if own.is_empty() && theirs.is_empty() && complaint.clinical_note.is_none() {
        return None;
    }
    let label = isolated(&short(&complaint.label, LABEL_LETTERS));
    let mut held = codes(words, "condition", own);
    if let Some(other) = &complaint.condition_other {
        held = format!("{held} ({})", isolated(&short(other, LABEL_LETTERS)));
    }
    let line = if held.is_empty() {
        label
    } else {
        words.text("held.complaint", &[("label", &label), ("held", &held)])
    };
    let theirs = codes(words, "condition", theirs);
    Some(beside(words, line, vec![theirs], complaint.clinical_note.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::super::{patient_page, practitioner_page};
    use crate::collections::{
        ActionTaken, AdverseEventKind, Condition, EventRelatedness, EventSeverity,
    };
    use crate::language::Language;
    use crate::report::render::page::{Block, ReportPage};
    use crate::report::rules::build;
    use crate::report::rules::fixtures::{episode, event, input};

    fn lines_of<'a>(blocks: &'a [Block], lines: &mut Vec<&'a str>) {
        for block in blocks {
            match block {
                Block::List(list) => lines.extend(list.iter().map(String::as_str)),
                Block::Columns(columns) => {
                    for column in columns {
                        lines_of(column, lines);
                    }
                }
                _ => {}
            }
        }
    }

    fn lines(page: &ReportPage) -> Vec<&str> {
        let mut lines = Vec::new();
        lines_of(&page.blocks, &mut lines);
        lines
    }

    #[test]
    fn both_sides_words_are_shown_on_both_pages_each_as_whose_they_are() {
        let mut journal = input(0, 30);
        let mut infection = event(3);
        infection.kinds = vec![AdverseEventKind::Infection];
        infection.severity = EventSeverity::Severe;
        infection.clinical_severity = Some(EventSeverity::Mild);
        infection.clinical_relatedness = Some(EventRelatedness::Unlikely);
        infection.clinical_actions = vec![ActionTaken::MedicalCare];
        infection.clinical_note = Some("A bruise".to_owned());
        let mut back = episode(1);
        back.conditions = vec![Condition::MuscleSpasm];
        back.clinical_conditions = vec![Condition::FacetJoint];
        (journal.adverse_events, journal.episodes) = (vec![infection], vec![back]);
        let report = build(&journal);
        let english = Language::english();
        for page in [practitioner_page(&report, english), patient_page(&report, english)] {
            let lines = lines(&page);
            let said = "infection, severe; the practitioner: mild, unlikely from the treatment, \
                        medical care, A bruise";
            assert!(lines.iter().any(|line| line.ends_with(said)), "{lines:?}");
            let complaint = "My back: muscle spasm; the practitioner: facet joint";
            assert!(lines.contains(&complaint), "{lines:?}");
        }
    }

    #[test]
    fn where_no_practitioner_says_anything_the_line_is_the_patients() {
        let mut journal = input(0, 30);
        (journal.adverse_events, journal.episodes) = (vec![event(3)], vec![episode(1)]);
        let page = patient_page(&build(&journal), Language::english());
        assert!(lines(&page).iter().any(|line| line.ends_with("bruising, mild")));
        assert!(!lines(&page).iter().any(|line| line.contains("practitioner")));
    }
}
