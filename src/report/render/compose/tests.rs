//! What holds for every page, whatever the journal says.

use super::*;
use crate::collections::{
    ActionTaken, AdverseEventKind, BodyRegion, Condition, EntryKind, EpisodeStatus,
    EventRelatedness, EventSeverity, GoalKind, GoalStatus, IntakeKind, Laterality, PlanStatus,
    ReliefMeans, Technique, TreatmentSessionKind, Trigger,
};
use crate::instruments;
use crate::language::Language;
use crate::report::render::page::{Block, ReportPage};
use crate::report::rows::ReportInput;
use crate::report::rules::build;
use crate::report::rules::fixtures::{
    assessment, dailies, episode, event, flare, goal, input, intake, night, note, plan, rating,
    treatment_session, with_course,
};
use crate::sections::{Section, Sections};

/// Journals: an empty one, one with a few days, and one with everything.
pub(super) fn course() -> Vec<ReportInput> {
    let empty = input(0, 60);
    let mut sparse = input(0, 60);
    sparse.entries = dailies(50, &[Some(4), None, Some(5)]);
    let mut full = input(0, 60);
    let scores: Vec<Option<i16>> = (0..60).map(|day| Some(if day < 20 { 7 } else { 4 })).collect();
    full.entries = dailies(0, &scores);
    full.sessions =
        vec![treatment_session(20, 600), treatment_session(27, 600), treatment_session(34, 600)];
    full.sleep =
        (0..60).map(|day| night(day, Some(400 + i32::try_from(day % 7).unwrap() * 10))).collect();
    full.entries.extend((0..60).map(|day| rating(EntryKind::Daily, day, 1200)));
    full.flares = vec![flare(10, Some(13)), flare(58, None)];
    full.intakes = vec![intake(11, IntakeKind::Relief), intake(12, IntakeKind::Preventive)];
    full.assessments =
        vec![assessment(1, "peg", 6.67), assessment(50, "peg", 3.0), assessment(51, "pgic", 2.0)];
    full.goals = vec![goal(2)];
    full.adverse_events = vec![event(21)];
    full.plans = vec![plan(19)];
    full.episodes = vec![episode(1)];
    full.notes = vec![note(30, "journal_entries")];
    vec![empty, sparse, with_course(full)]
}

/// Every text of a page.
pub(super) fn texts(page: &ReportPage) -> String {
    let mut all = page.meta.clone();
    all.push(page.title.clone());
    all.extend(page.subject.clone());
    for block in page.blocks.iter().chain(&page.details) {
        put_texts(&mut all, block);
    }
    all.join("\n")
}

fn put_texts(all: &mut Vec<String>, block: &Block) {
    match block {
        Block::Heading { text, .. } | Block::Small(text) => all.push(text.clone()),
        Block::Paragraph(spans) => all.extend(spans.iter().map(|span| span.text.clone())),
        Block::Facts(facts) | Block::Lines(facts) => all
            .extend(facts.iter().flat_map(|f| [f.label.clone(), f.value.clone(), f.note.clone()])),
        Block::Columns(columns) => {
            columns.iter().flatten().for_each(|block| put_texts(all, block));
        }
        Block::Table(table) => {
            all.push(table.caption.clone());
            all.extend(table.headers.iter().chain(table.rows.iter().flatten()).cloned());
        }
        Block::Figure(figure) => {
            all.extend([figure.name.clone(), figure.alt.clone(), figure.caption.clone()]);
        }
        Block::List(points) => all.extend(points.iter().cloned()),
        Block::Notes(notes) => all.extend(notes.iter().map(|note| note.text.clone())),
        Block::Fold { title, blocks } => {
            all.push(title.clone());
            for block in blocks {
                put_texts(all, block);
            }
        }
    }
}

#[test]
fn every_key_has_words_and_no_page_claims_a_cause() {
    for input in course() {
        let report = build(&input);
        for page in [
            practitioner_page(&report, Language::english()),
            patient_page(&report, Language::english()),
        ] {
            let texts = texts(&page);
            assert!(!texts.contains('⟨') && !texts.contains('{'), "{texts}");
            let small = texts.to_lowercase();
            for word in
                ["because of the treatment", "cured", "non-compliant", "you should", "side effect"]
            {
                assert!(!small.contains(word), "{word}\n{texts}");
            }
            assert_eq!(page, page.clone());
        }
    }
}

fn headings_of(blocks: &[Block]) -> Vec<&str> {
    let mut headings = Vec::new();
    for block in blocks {
        if let Block::Heading { text, .. } = block {
            headings.push(text.as_str());
        }
    }
    headings
}

#[test]
fn what_is_not_open_is_named_and_nowhere_else() {
    for input in course() {
        let mut closed = input.clone();
        closed.sections = Sections::of(&[Section::Sleep]);
        let page = practitioner_page(&build(&closed), Language::english());
        let headings = headings_of(&page.blocks);
        assert!(
            headings.is_empty() || headings == ["Sleep and how the patient felt"],
            "{headings:?}"
        );
        // Of nights that only have a length, the details have nothing to add.
        assert_eq!(headings_of(&page.details), ["Details"]);
        assert!(page.meta.iter().any(|line| line.starts_with("Not open")), "{:?}", page.meta);
    }
}

#[test]
fn every_key_of_the_pages_is_used() {
    let sources = [
        include_str!("answer.rs"),
        include_str!("beside.rs"),
        include_str!("changed.rs"),
        include_str!("columns.rs"),
        include_str!("content.rs"),
        include_str!("details.rs"),
        include_str!("figures.rs"),
        include_str!("patient.rs"),
        include_str!("practitioner.rs"),
        include_str!("treatments.rs"),
        include_str!("subject.rs"),
        include_str!("summary.rs"),
        include_str!("visit.rs"),
        include_str!("voice.rs"),
    ]
    .concat();
    for key in Language::english().keys().filter_map(|key| key.strip_prefix("report.")) {
        // One of what is counted.
        let key = key.strip_suffix(".one").unwrap_or(key);
        let kind = key.rsplit_once('.').map_or(key, |(kind, _)| kind);
        let built = sources.contains(&format!("\"{kind}.{{"))
            || sources.contains(&format!("code(\"{kind}\""))
            || sources.contains(&format!("codes(words, \"{kind}\""));
        assert!(sources.contains(&format!("\"{key}\"")) || built, "{key}");
    }
}

/// Words without those that are marked as being in English.
fn own_words(text: &str) -> String {
    let mut parts = text.split('\u{fff9}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('\u{fffb}').map_or("", |(_, rest)| rest))
}

#[test]
fn a_german_page_is_in_german_but_for_what_is_marked_and_what_people_wrote() {
    const ENGLISH: [&str; 15] = [
        "the", "of", "and", "is", "not", "with", "from", "days", "pain", "rated", "week",
        "sessions", "before", "after", "unknown",
    ];
    let wrote = ["Carry the shopping", "Sit through a working day", "My back", "A note"];
    for input in course() {
        let report = build(&input);
        for page in [
            practitioner_page(&report, Language::german()),
            patient_page(&report, Language::german()),
        ] {
            let texts = texts(&page);
            assert!(!texts.contains('⟨') && !texts.contains('{'), "{texts}");
            for line in texts.lines() {
                let mut own = own_words(line);
                for text in wrote {
                    own = own.replace(text, "");
                }
                let words = own.split(|c: char| !c.is_alphanumeric());
                let english: Vec<&str> =
                    words.filter(|word| ENGLISH.contains(&word.to_lowercase().as_str())).collect();
                assert!(english.is_empty(), "{english:?}: {line}");
            }
            assert_eq!(page.language, "de");
        }
    }
    let full = course().pop().unwrap();
    let german = texts(&practitioner_page(&build(&full), Language::german()));
    // Decimal marks, days, and an instrument's own words.
    assert!(german.contains("7,0") && german.contains(".2026"), "{german}");
    assert!(german.contains('\u{fff9}'), "{german}");
}

#[test]
fn every_code_that_pages_print_has_words() {
    let thresholds = instruments::all().iter().flat_map(|instrument| instrument.thresholds);
    let thresholds: Vec<&str> = thresholds.map(|threshold| threshold.name).collect();
    let statuses = [EpisodeStatus::CODES, PlanStatus::CODES, GoalStatus::CODES].concat();
    for (kind, codes) in [
        ("section", Section::CODES),
        ("technique", Technique::CODES),
        ("session_kind", TreatmentSessionKind::CODES),
        ("trigger", Trigger::CODES),
        ("relief", ReliefMeans::CODES),
        ("event", AdverseEventKind::CODES),
        ("severity", EventSeverity::CODES),
        ("action", ActionTaken::CODES),
        ("relatedness", EventRelatedness::CODES),
        ("condition", Condition::CODES),
        ("goal", GoalKind::CODES),
        ("status", &statuses[..]),
        ("region", BodyRegion::CODES),
        ("side", Laterality::CODES),
        ("threshold_name", &thresholds[..]),
    ] {
        for code in codes {
            assert!(Language::english().form(&format!("{kind}.{code}")).is_some(), "{kind}.{code}");
        }
    }
}
