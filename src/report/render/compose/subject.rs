//! Whose journal a page is about, in a line.

use super::content::isolated;
use crate::journal_subject::JournalSubject;
use crate::language::Language;
use crate::report::rules::Report;

/// A text of a person's, unless there is nothing to see in it.
fn seen(text: Option<&str>) -> Option<String> {
    text.map(isolated).filter(|text| !text.is_empty())
}

/// The patient's name and year of birth, the reader's own reference and the label of the share, as far
/// as they are known; nothing for the own journal.
pub fn subject_line(
    label: Option<&str>,
    known: Option<&JournalSubject>,
    language: &Language,
) -> Option<String> {
    let year = known.and_then(|known| known.year_of_birth).map(|year| year.to_string());
    let mut parts = Vec::new();
    parts.extend(seen(known.and_then(|known| known.display_name.as_deref())));
    parts.extend(year.map(|year| text(language, "subject.born", ("year", &year))));
    parts.extend(reference(known, language));
    let label = seen(label);
    if parts.is_empty() {
        return label.map(|label| text(language, "subject", ("label", &label)));
    }
    // Beside what says more, in few words: the head of a sheet has one line for it.
    parts.extend(label.map(|label| text(language, "subject.label", ("label", &label))));
    Some(parts.join(" \u{b7} "))
}

/// The same of a report.
pub fn whose(report: &Report, language: &Language) -> Option<String> {
    subject_line(report.share_label.as_deref(), report.subject.as_ref(), language)
}

/// What a file of the page may be called by: the reference, else the label; never a name or a year.
pub(super) fn mark(report: &Report, language: &Language) -> Option<String> {
    let reference = reference(report.subject.as_ref(), language);
    reference.or_else(|| subject_line(report.share_label.as_deref(), None, language))
}

fn reference(known: Option<&JournalSubject>, language: &Language) -> Option<String> {
    let reference = seen(known.and_then(|known| known.reference.as_deref()))?;
    Some(text(language, "subject.reference", ("reference", &reference)))
}

fn text(language: &Language, key: &str, value: (&str, &str)) -> String {
    language.text(&format!("report.{key}"), &[value])
}

#[cfg(test)]
mod tests {
    use super::super::practitioner_page;
    use crate::journal_subject::JournalSubject;
    use crate::language::Language;
    use crate::report::render::csv::{SUBJECT_COLUMNS, days};
    use crate::report::rows::ReportInput;
    use crate::report::rules::build;
    use crate::report::rules::fixtures::input;

    fn of(name: &str, year: Option<i16>, reference: &str) -> ReportInput {
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let subject = JournalSubject {
            display_name: known(name),
            year_of_birth: year,
            reference: known(reference),
        };
        ReportInput {
            share_label: Some("my acupuncturist".to_owned()),
            subject: Some(subject),
            ..input(0, 2)
        }
    }

    #[test]
    fn the_head_says_all_that_is_known_and_the_title_only_what_a_file_may_be_called_by() {
        let quoted = "\u{201c}my acupuncturist\u{201d}";
        let label = "Journal shared as \u{201c}my acupuncturist\u{201d}";
        for (journal, head, mark) in [
            (of("", None, ""), label.to_owned(), label),
            (
                of("Ana Weber", Some(1980), "A-1041"),
                format!("Ana Weber \u{b7} born 1980 \u{b7} reference A-1041 \u{b7} {quoted}"),
                "reference A-1041",
            ),
            (
                of("Ana Weber", Some(1980), ""),
                format!("Ana Weber \u{b7} born 1980 \u{b7} {quoted}"),
                label,
            ),
        ] {
            let page = practitioner_page(&build(&journal), Language::english());
            assert_eq!(page.subject.as_deref(), Some(head.as_str()));
            assert_eq!(page.heading(), format!("Progress report \u{b7} {head}"));
            assert_eq!(page.file_title(), format!("Progress report \u{b7} {mark}"));
        }
        let own = practitioner_page(&build(&input(0, 2)), Language::english());
        assert_eq!((own.subject.as_deref(), own.file_title()), (None, own.title.clone()));
    }

    #[test]
    fn every_row_of_a_table_says_whose_it_is_and_none_is_a_formula() {
        let table =
            |journal: &ReportInput| String::from_utf8(days(&build(journal)).unwrap()).unwrap();
        let text = table(&of("=1+1", Some(1980), "A-1041"));
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with(&SUBJECT_COLUMNS.join(",")), "{text}");
        assert!(
            lines.clone().count() == 3 && lines.all(|line| line.starts_with("'=1+1,1980,A-1041,")),
            "{text}"
        );
        assert!(table(&input(0, 2)).starts_with("journal_date,"));
    }
}
