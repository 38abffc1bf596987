//! The formats of a report: all that is said of one stands in its entry here. Another one is another entry,
//! and a file in [`render`](crate::report::render) that makes its bytes.
//!
//! JSON is none of them: it is the report itself, which a frozen one keeps as it is.

use super::asked::{AskedFile, with_paper, with_window};
use super::held;
use super::reader::{Pictures, Reports, SHARED, is_shared, report_at};
use super::snapshots;
use super::source::{Habits, Source};
use crate::access::{Call, FromCall, Patient, Purpose, Reader, Shared};
use crate::http::{Answered, FileContent, FileKind, Problem};
use crate::language::Paper;
use crate::report::render::compose::{patient_page, practitioner_page, whose};
use crate::report::render::{chart, csv, html, pdf};
use crate::report::rules::Report;
use crate::routes::{Operation, Routes};
use std::error::Error;

/// The bytes of a file, or why it cannot be made.
type Rendered = Result<Vec<u8>, Box<dyn Error + Send + Sync>>;

/// What a report can be read as.
pub(super) struct Format {
    /// The last part of its address.
    path: &'static str,
    /// What its operations are called by: `getReportPage`.
    noun: &'static str,
    /// The line that sums the operations up; `{whose}` is "The own" or "A patient's".
    summary: &'static str,
    /// How that of a frozen report goes on.
    frozen: &'static str,
    /// What the patient, and what a practitioner, is to know of it.
    about: [&'static str; 2],
    /// What the access log calls a practitioner's reading it, where the report is not a frozen one.
    pub(super) action: &'static str,
    /// What kind of file it is.
    pub(super) kind: FileKind,
    /// How the pages for practitioners offer it, where they do.
    pub(super) download: Option<Download>,
    /// Version of its layout and words: one more whenever the same report looks otherwise, so that nobody
    /// keeps an old file.
    layout: Option<u32>,
    /// Has it words, which are in the language of its reader?
    is_worded: bool,
    /// Takes it long enough to wait in the lane of documents?
    is_slow: bool,
    /// Is it set on sheets, of a paper that its reader may choose?
    is_on_paper: bool,
    /// Makes it.
    render: fn(&Report, Habits) -> Rendered,
    /// Who reads it, and of which reports.
    operations: &'static [Register],
}

/// Registers an operation.
type Register = fn(&mut Routes, &'static Format);

/// A file to take along.
#[derive(Debug)]
pub(crate) struct Download {
    /// The name it is kept under, and asked for by.
    pub(crate) name: &'static str,
    /// The key of what the link says.
    pub(crate) label: &'static str,
}

/// Both readers, live and frozen, and the patient what others have frozen.
const EVERYWHERE: &[Register] = &[
    live::<Patient, false>,
    live::<Shared<Reports>, false>,
    frozen::<Patient, false>,
    frozen::<Shared<Reports>, false>,
    held_by_others::<false>,
];
/// The same, on a paper of theirs.
const EVERYWHERE_ON_PAPER: &[Register] = &[
    live::<Patient, true>,
    live::<Shared<Reports>, true>,
    frozen::<Patient, true>,
    frozen::<Shared<Reports>, true>,
    held_by_others::<true>,
];

/// The same for both readers.
const fn both(about: &'static str) -> [&'static str; 2] {
    [about, about]
}

const PAGE: FileKind =
    FileKind { policy: Some(html::policy), ..FileKind::new("text/html", "The page.", 8_000_000) };
const PAGE_ABOUT: &str = "One HTML document with everything in it: no scripts, nothing to load. It prints on A4 and on Letter.";
/// What the access log calls reading a page for practitioners.
pub(super) const PAGE_ACTION: &str = "report_page";
/// The layout that pages, documents and tables share.
const LAYOUT: Option<u32> = Some(6);

/// All of them, in the order in which the pages for practitioners offer them.
static FORMATS: &[Format] = &[
    Format {
        path: "document.pdf",
        noun: "Document",
        summary: "{whose} report as PDF",
        frozen: " as PDF",
        about: both(
            "A4 or Letter, tagged for screen readers, with its fonts inside. The same report on the same paper \
             gives the same bytes.",
        ),
        action: "report_document",
        kind: FileKind {
            kept_as: Some("pain-journal-report.pdf"),
            ..FileKind::new("application/pdf", "The document.", 16_000_000)
        },
        download: Some(Download { name: "report.pdf", label: "clinic.file.pdf" }),
        layout: LAYOUT,
        is_worded: true,
        is_slow: true,
        is_on_paper: true,
        render: |report, Habits { language, paper }| {
            Ok(pdf::render(&practitioner_page(report, language), paper)?)
        },
        operations: EVERYWHERE_ON_PAPER,
    },
    Format {
        path: "page.html",
        noun: "Page",
        summary: "{whose} report as a page",
        frozen: " as a page",
        about: both(PAGE_ABOUT),
        action: PAGE_ACTION,
        kind: PAGE,
        download: Some(Download { name: "report.html", label: "clinic.file.page" }),
        layout: LAYOUT,
        is_worded: true,
        is_slow: false,
        is_on_paper: false,
        render: |report, Habits { language, .. }| {
            Ok(html::document(&practitioner_page(report, language)).into_bytes())
        },
        operations: EVERYWHERE,
    },
    Format {
        path: "days.csv",
        noun: "Days",
        summary: "{whose} days as a table",
        frozen: ", its days as a table",
        about: both(
            "RFC 4180, one row a day. An empty cell is not known, never zero; columns of closed sections \
             are left out.",
        ),
        action: "report_days",
        kind: FileKind {
            kept_as: Some("pain-journal-days.csv"),
            ..FileKind::new("text/csv", "The table.", 4_000_000)
        },
        download: Some(Download { name: "days.csv", label: "clinic.file.days" }),
        layout: LAYOUT,
        is_worded: false,
        is_slow: false,
        is_on_paper: false,
        render: |report, _| Ok(csv::days(report)?),
        operations: EVERYWHERE,
    },
    Format {
        path: "summary.html",
        noun: "Summary",
        summary: "Am I getting better? A page in plain words",
        frozen: " in plain words",
        about: both(PAGE_ABOUT),
        action: "report_summary",
        kind: PAGE,
        download: None,
        layout: LAYOUT,
        is_worded: true,
        is_slow: false,
        is_on_paper: false,
        render: |report, Habits { language, .. }| {
            Ok(html::document(&patient_page(report, language)).into_bytes())
        },
        // It is the patient's alone.
        operations: &[live::<Patient, false>, frozen::<Patient, false>],
    },
    Format {
        path: "chart.svg",
        noun: "Chart",
        summary: "{whose} daily pain as a picture",
        frozen: ", its daily pain as a picture",
        about: [
            "Treatment sessions are marked, missing days stay blank, backfilled days are hollow.",
            SHARED,
        ],
        action: Pictures::ACTION,
        kind: FileKind::new("image/svg+xml", "The picture.", 4_000_000),
        download: None,
        layout: None,
        is_worded: true,
        is_slow: false,
        is_on_paper: false,
        render: |report, Habits { language, .. }| {
            let whose = whose(report, language);
            Ok(chart::daily_pain_file(report, whose.as_deref(), language).into_bytes())
        },
        operations: &[live::<Patient, false>, live::<Shared<Pictures>, false>],
    },
];

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    for format in FORMATS {
        for register in format.operations {
            register(routes, format);
        }
    }
}

/// The files that practitioners are offered to take along.
pub(super) fn downloads() -> impl Iterator<Item = (&'static Format, &'static Download)> {
    FORMATS.iter().filter_map(|format| Some((format, format.download.as_ref()?)))
}

/// Registers the operation that makes it of a report computed now.
fn live<R: Reader, const ON_PAPER: bool>(routes: &mut Routes, format: &'static Format) {
    let (is_shared, at) = (is_shared::<R>(), report_at::<R>());
    let (id, whose) = if is_shared { ("getShared", "A patient's") } else { ("get", "The own") };
    let summary = format.summary.replace("{whose}", whose);
    let op = Operation::new(format!("{id}Report{}", format.noun), "reports", summary);
    let op = with_window(op.describe(format.about[usize::from(is_shared)]));
    let op = if ON_PAPER { with_paper(op) } else { op };
    let handler =
        move |reader: R, asked: AskedFile<ON_PAPER>| format.file(reader, asked.source, asked.paper);
    routes.serve_file(&format!("{at}/{}", format.path), op, &format.kind, handler);
}

/// What is said of a file that is made of a frozen report.
const OF_KEPT: &str = "Made of the kept report: the same bytes as long as the layout is the same, which the ETag \
    tells.";

/// Registers the operation that makes it of a frozen report.
fn frozen<R: Reader, const ON_PAPER: bool>(routes: &mut Routes, format: &'static Format) {
    let noun = format!("FrozenReport{}", format.noun);
    let op = snapshots::reading::<R>(&noun, format.frozen, OF_KEPT);
    let op = if ON_PAPER { with_paper(op) } else { op };
    let path = snapshots::one::<R>(&format!("/{}", format.path));
    let handler =
        move |reader: R, asked: AskedFile<ON_PAPER>| format.file(reader, asked.source, asked.paper);
    routes.serve_file(&path, op, &format.kind, handler);
}

/// Registers the operation that makes it, for the patient, of a report that a practitioner has frozen.
fn held_by_others<const ON_PAPER: bool>(routes: &mut Routes, format: &'static Format) {
    let op = held::reading(format.noun, format.frozen, OF_KEPT);
    let op = if ON_PAPER { with_paper(op) } else { op };
    let handler = move |patient: Patient, asked: AskedFile<ON_PAPER>| {
        format.file(patient, asked.source.held(), asked.paper)
    };
    routes.serve_file(&held::one(&format!("/{}", format.path)), op, &format.kind, handler);
}

impl Format {
    /// What is asked for of it, whose paper may be given where it has one.
    ///
    /// # Errors
    /// 404 and 422 as what is asked for stands.
    pub(super) fn asked(&self, call: &Call) -> Answered<AskedFile<true>> {
        if self.is_on_paper {
            return AskedFile::from_call(call);
        }
        let AskedFile { source, paper } = AskedFile::<false>::from_call(call)?;
        Ok(AskedFile { source, paper })
    }

    /// The papers it may be on; the one without a paper where it is on none.
    pub(super) fn papers(&self) -> Vec<Option<Paper>> {
        if self.is_on_paper { Paper::ALL.map(Some).to_vec() } else { vec![None] }
    }

    /// What it is made of, on this paper where one is wanted.
    ///
    /// # Errors
    /// As the source, or when it cannot be made.
    pub(super) async fn file<R: Reader>(
        &'static self,
        reader: R,
        source: Source,
        paper: Option<Paper>,
    ) -> Answered<FileContent> {
        let reader = reader.acting(self.action);
        let chosen =
            move |habits: Habits| Habits { paper: paper.unwrap_or(habits.paper), ..habits };
        let ((bytes, mark, habits), mut etag) = if self.is_slow {
            // It has its place before its report is read, so that nothing is kept for those who wait.
            let place = reader.app().lanes.documents.enter().await?;
            let (read, etag) = source.make(reader, |report, habits| (report, habits)).await?;
            let (report, habits) = (read.0, chosen(read.1));
            (place.compute(move || self.made(&report, habits)).await?, etag)
        } else {
            source.make(reader, move |report, habits| self.made(&report, chosen(habits))).await?
        };
        let language = self.is_worded.then_some(habits.language);
        if let Some(layout) = self.layout {
            etag = format!("{}.r{layout}\"", etag.trim_end_matches('"'));
        }
        // The same report on other paper, or in other words, is another file.
        if self.is_on_paper && habits.paper != Paper::default() {
            etag = format!("{}.{}\"", etag.trim_end_matches('"'), habits.paper.code());
        }
        if let Some(language) = language.filter(|language| language.tag() != "en") {
            etag = format!("{}.{}\"", etag.trim_end_matches('"'), language.tag());
        }
        Ok(FileContent { bytes: bytes.map_err(Problem::internal)?, etag, language, mark })
    }

    /// The bytes, what tells the file from those of other journals, and what its reader reads.
    fn made(&self, report: &Report, habits: Habits) -> (Rendered, Option<String>, Habits) {
        let mark = report.file_mark().map(str::to_owned);
        ((self.render)(report, habits), mark, habits)
    }
}
