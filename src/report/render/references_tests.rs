//! Pages and pictures of whole journals: kept to compare with, or written out to be looked at.
//!
//! Where a change of them is meant, `UPDATE_SNAPSHOTS=1` writes them anew.

use super::journals;
use crate::journal_subject::JournalSubject;
use crate::language::{Language, Paper};
use crate::report::render::chart;
use crate::report::render::compose::{patient_page, practitioner_page};
use crate::report::render::html;
use crate::report::render::page::ReportPage;
use crate::report::render::pdf;
use crate::report::rows::ReportInput;
use crate::report::rules::{Report, build};
use std::path::{Path, PathBuf};

/// What a patient calls a share, in two directions.
const LABEL: &str = "ملف الدكتورة (Lind)";

fn page(report: &Report) -> ReportPage {
    page_in(report, Language::english())
}

fn page_in(report: &Report, language: &Language) -> ReportPage {
    let subject = JournalSubject {
        display_name: Some("Maria M\u{fc}ller".to_owned()),
        year_of_birth: Some(1980),
        reference: Some("A-1041".to_owned()),
    };
    let label = Some(LABEL.to_owned());
    let known = Report { share_label: label, subject: Some(subject), ..report.clone() };
    practitioner_page(&known, language)
}

/// The journals that are kept: of one that is full of words, the documents are measured alone.
fn kept() -> impl Iterator<Item = (&'static str, ReportInput)> {
    journals::all().into_iter().filter(|(name, _)| *name != "words")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references")
}

/// Compares a text with the kept one.
#[track_caller]
fn is_kept(file: &str, text: &str) {
    let path = folder().join(file);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differ = kept.lines().zip(text.lines()).find(|(kept, text)| kept != text);
    assert!(
        kept == text,
        "{file} changed; if that is meant, run with UPDATE_SNAPSHOTS=1 and look at it\n{differ:#?}"
    );
}

/// Compares a page with the kept one as a tree: how its lines break and an apostrophe is spelled are no
/// part of it. No text of a page holds a line feed.
#[track_caller]
fn is_kept_tree(file: &str, text: &str) {
    let spelled = |text: &str| {
        let mut text = text.replace('\n', "").replace("&#39;", "'");
        for end in ["</h1>", "</h2>", "</h3>", "</h4>", "</p>", "</div>", "</tr>", "</figure>"] {
            text = text.replace(end, &format!("{end}\n"));
        }
        text
    };
    let path = folder().join(file);
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if spelled(&kept) != spelled(text) {
        is_kept(file, &spelled(text));
    }
}

/// A page without the bytes of its pictures and of its style, which have tests of their own.
fn outline(page: &ReportPage) -> String {
    let main = html::main(page).into_string();
    let mut parts = main.split("data:image/svg+xml;base64,");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('"').map_or("", |(_, rest)| rest));
    }
    text
}

#[test]
fn pages_and_charts_are_as_they_were() {
    let english = Language::english();
    for (name, input) in kept() {
        let report = build(&input);
        is_kept(&format!("{name}-chart.svg"), &chart::daily_pain_svg(&report, english));
        is_kept_tree(&format!("{name}-page.html"), &outline(&page(&report)));
        is_kept_tree(
            &format!("{name}-own.html"),
            &outline(&patient_page(&report, Language::english())),
        );
        if name == "usual" {
            let german = Language::german();
            is_kept("usual-chart-de.svg", &chart::daily_pain_svg(&report, german));
            is_kept_tree("usual-page-de.html", &outline(&page_in(&report, german)));
            is_kept_tree("usual-own-de.html", &outline(&patient_page(&report, german)));
        }
        let effects = report.session_effects.as_ref();
        let effects = effects.and_then(|found| chart::around_treatments_svg(found, english));
        if let Some(around) = effects.filter(|_| name == "usual") {
            is_kept("usual-sessions.svg", &around);
        }
    }
}

#[test]
fn documents_are_read_as_they_were() {
    for (name, input) in kept() {
        let report = build(&input);
        is_kept(&format!("{name}-page.pdf.txt"), &pdf::told(&page(&report), Paper::A4));
    }
}

#[test]
fn a_summary_is_one_sheet_and_a_usual_window_two() {
    let languages = [(Language::english(), "Details"), (Language::german(), "Einzelheiten")];
    for (name, input) in journals::all() {
        let report = build(&input);
        let every = languages.into_iter().flat_map(|read| Paper::ALL.map(|paper| (read, paper)));
        for ((language, details), paper) in every {
            let (whole, which) =
                (page_in(&report, language), format!("{name} {details} {paper:?}"));
            let sheets = pdf::sheets(&whole, paper);
            let all = sheets.len();
            match name {
                // Long words in several scripts may go on, and nothing is left out.
                "words" => assert!(all <= 4, "{which}: {all}"),
                // Two years have no fourth sheet.
                "long" => assert_eq!(all, 3, "{which}"),
                _ => assert!(all <= 2, "{which}: {all}"),
            }
            // The details begin on the sheet after the summary, and nothing of it stands before them.
            let begins = sheets.get(1).is_some_and(|second| second.starts_with(details));
            assert!(begins || name == "words", "{which}");
        }
    }
}

#[test]
#[ignore = "writes documents to look at"]
fn look() {
    let folder = std::env::temp_dir().join("pain-journal-pages");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, input) in journals::all() {
        let report = build(&input);
        let (english, german) = (Language::english(), Language::german());
        for (kind, page) in [
            ("page", page(&report)),
            ("own", patient_page(&report, english)),
            ("page-de", page_in(&report, german)),
            ("own-de", patient_page(&report, german)),
        ] {
            let write = |ending: &str, bytes: Vec<u8>| {
                std::fs::write(folder.join(format!("{kind}-{name}.{ending}")), bytes).unwrap();
            };
            write("pdf", pdf::render(&page, Paper::A4).unwrap());
            write("letter.pdf", pdf::render(&page, Paper::Letter).unwrap());
            write("html", html::document(&page).into_bytes());
        }
    }
}
