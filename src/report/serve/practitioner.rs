//! Reports for the practitioners' pages: what the operations do, through the same walls and with the same
//! lines in the access log.

use super::asked::AskedFile;
use super::formats::{self, Format, PAGE_ACTION};
use super::snapshots::LIST;
use super::source::Habits;
use crate::access::{Call, FromCall, Reader, Shared};
use crate::http::{Answered, FileContent, FileKind, PageRequest, ProblemKind};
use crate::language::{Language, Paper};
use crate::report::read::asked::AskedDays;
use crate::report::read::share_head;
use crate::report::render::compose::{practitioner_page, subject_line};
use crate::report::render::html;
use crate::report::rules::Report;
use crate::report::rules::statement::ReportWindow;
use crate::report::snapshots::FREEZE;
use crate::report::snapshots::freeze::{Frozen, Patience, freeze as freeze_days};
use crate::report::snapshots::model::ReportSnapshot;
use crate::report::snapshots::store;
use chrono::{DateTime, Utc};
use maud::Markup;

pub(crate) use super::formats::Download;
pub(crate) use super::reader::Reports;
pub(crate) use super::source::Source;

/// Frozen reports a page lists: the newest.
const MOST_LISTED: usize = 200;

/// The file that an address names, and of which report it is.
pub(crate) struct ChosenFile {
    format: &'static Format,
    download: &'static Download,
    source: Source,
    paper: Option<Paper>,
}

impl FromCall for ChosenFile {
    fn from_call(call: &Call) -> Answered<Self> {
        let name = call.request().match_info().get("file").unwrap_or_default();
        let named = formats::downloads().find(|(_, download)| download.name == name);
        let (format, download) = named.ok_or(ProblemKind::NotFound)?;
        let AskedFile { source, paper } = format.asked(call)?;
        Ok(Self { format, download, source, paper })
    }
}

/// What a page around a report needs of it.
#[derive(Debug)]
pub(crate) struct Embedded {
    /// The days of the report.
    pub window: ReportWindow,
    /// Whose journal it is, in a line.
    pub subject: String,
    /// The title, by which a browser names what it prints.
    pub title: String,
    /// When the report was computed, or frozen.
    pub generated_at: DateTime<Utc>,
    /// The main part of the practitioners' page.
    pub main: Markup,
    /// What its reader reads.
    pub language: &'static Language,
}

/// A report, for a page around it.
///
/// # Errors
/// As the operation.
pub(crate) async fn page(reader: Shared<Reports>, source: Source) -> Answered<Embedded> {
    let embed = |report: Report, Habits { language, .. }: Habits| {
        let page = practitioner_page(&report, language);
        Embedded {
            window: report.window,
            main: html::main(&page),
            generated_at: report.generated_at,
            title: page.file_title(),
            subject: page.subject.unwrap_or_default(),
            language,
        }
    };
    let made = source.make(reader.acting(PAGE_ACTION), embed);
    made.await.map(|(embedded, _)| embedded)
}

/// The files to take along, in the order to offer them; those that are set on sheets on each paper.
pub(crate) fn downloads() -> impl Iterator<Item = (&'static Download, Option<Paper>)> {
    formats::downloads().flat_map(|(format, download)| {
        let papers = format.papers();
        papers.into_iter().map(move |paper| (download, paper))
    })
}

/// A file: of which kind, how it is kept, what it is made of.
///
/// # Errors
/// As the operation.
pub(crate) async fn file(
    reader: Shared<Reports>,
    ChosenFile { format, download, source, paper }: ChosenFile,
) -> Answered<(&'static FileKind, &'static Download, FileContent)> {
    let content = Box::pin(format.file(reader, source, paper)).await?;
    Ok((&format.kind, download, content))
}

/// Freezes the report of these days, at most 731.
///
/// # Errors
/// As the operation.
pub(crate) async fn freeze(reader: Shared<Reports>, asked: AskedDays) -> Answered<ReportSnapshot> {
    match freeze_days(&reader.acting(FREEZE), asked, Patience::Waiting, async |_| ()).await? {
        Frozen::Made(kept) | Frozen::Stands(kept) => Ok(kept.into_snapshot()),
        Frozen::TooLong(_) => Err(ProblemKind::ValidationFailed.into()),
    }
}

/// Frozen reports, and whose journal they are of.
#[derive(Debug)]
pub(crate) struct FrozenList {
    /// Those reports.
    pub snapshots: Vec<ReportSnapshot>,
    /// Whose journal it is, in a line.
    pub subject: String,
    /// What their reader reads.
    pub language: &'static Language,
}

/// The newest frozen reports.
///
/// # Errors
/// As the operation.
pub(crate) async fn newest(reader: Shared<Reports>) -> Answered<FrozenList> {
    let page = PageRequest { limit: MOST_LISTED, after: None };
    let asked = (store::page(page), share_head());
    let (journal, (mut snapshots, heads)) =
        reader.acting(LIST).read_all((None, None), asked).await?;
    snapshots.truncate(MOST_LISTED);
    let (language, head) = (journal.language(), heads.first());
    let (label, known) = head.map(|(label, known)| (label.as_str(), known)).unzip();
    let subject = subject_line(label, known, language).unwrap_or_default();
    Ok(FrozenList { snapshots, subject, language })
}
