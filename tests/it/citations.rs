//! Every citation of the clinical reference names a heading of it, so that a reader finds the law behind a line.

use crate::contributing::{root, tracked};
use std::collections::BTreeSet;
use std::fs;

/// Where the reference stands, and how a line names it: `clinical.md, F3`, with more headings after commas.
const NAME: &str = "clinical.md, ";

/// The first words of the reference's headings: `F3` of "F3 Change", `course` of "The course".
fn keys() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/clinical.md")).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|heading| heading.strip_prefix("The ").unwrap_or(heading))
        .map(|heading| heading.split(' ').next().unwrap().to_owned())
        .collect()
}

/// The headings that a citation names: the first, and those that follow it by ", " or " to ". What follows
/// otherwise belongs to the sentence.
fn named<'a>(cited: &'a str, keys: &BTreeSet<String>) -> Vec<&'a str> {
    let word = |text: &'a str| {
        let end = text.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(text.len());
        text.split_at(end)
    };
    let (first, mut rest) = word(cited);
    let mut found = vec![first];
    while let Some(more) = rest.strip_prefix(", ").or_else(|| rest.strip_prefix(" to ")) {
        let (next, after) = word(more);
        let formula = next.strip_prefix('F').is_some_and(|n| n.parse::<u8>().is_ok());
        if !formula && !keys.contains(next) {
            break;
        }
        found.push(next);
        rest = after;
    }
    found
}

/// Text whose lines are joined, without the marks of comments, so that a citation may be broken.
fn flowing(text: &str) -> String {
    text.lines()
        .map(|line| line.trim().trim_start_matches(['/', '!', '#', '-', '*']).trim())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_citation_of_the_clinical_reference_names_a_heading_of_it() {
    let keys = keys();
    assert!(keys.contains("course") && keys.contains("F13"), "{keys:?}");
    let mut citations = 0;
    let tracked = tracked();
    if tracked.is_empty() {
        return; // A copy of the sources without their history.
    }
    let ends = [".rs", ".py", ".md", ".sql", ".txt", ".mjs", ".ts", ".typ"];
    for path in tracked.iter().filter(|path| ends.iter().any(|end| path.ends_with(end))) {
        if path.ends_with("tests/it/citations.rs") {
            continue;
        }
        let text = flowing(&fs::read_to_string(root().join(path)).unwrap());
        for cited in text.split(NAME).skip(1) {
            for key in named(cited, &keys) {
                assert!(keys.contains(key), "{path}: \"{key}\" is no heading of docs/clinical.md");
                citations += 1;
            }
        }
        let own = path.ends_with("docs/clinical.md");
        let vague = text.to_lowercase().contains(&["clinical", "reference"].join(" "));
        assert!(own || !vague || path == "CHANGELOG.md", "{path}: name the heading: `{NAME}F3`");
    }
    assert!(citations > 50, "only {citations} citations: is the way of citing another?");
}

#[test]
fn a_citation_may_name_several_headings_and_stand_in_a_sentence() {
    let keys = keys();
    assert_eq!(named("F8, Gates), as", &keys), ["F8", "Gates"]);
    assert_eq!(named("F1 to F7, Gates.", &keys), ["F1", "F7", "Gates"]);
    assert_eq!(named("Scales, common practice", &keys), ["Scales"]);
    assert_eq!(named("F3, F99", &keys), ["F3", "F99"]);
    assert_eq!(
        flowing("/// the least change (clinical.md,\n/// F3)"),
        "the least change (clinical.md, F3)"
    );
}
