//! Reports for the practitioners' pages: what the operations do, through the same walls and with the same
//! lines in the access log.

use super::formats::{self, Format, PAGE_ACTION};
use super::snapshots::{LIST, listed};
use super::source::Source;
use crate::access::{Call, FromCall, Id, Reader, Shared};
use crate::http::{Answered, FileKind, ProblemKind};
use crate::report::read::asked::AskedDays;
use crate::report::render::compose::{ENGLISH, practitioner_page};
use crate::report::render::html;
use crate::report::rules::Report;
use crate::report::rules::statement::ReportWindow;
use crate::report::snapshots::FREEZE;
use crate::report::snapshots::freeze::{Frozen, Patience, freeze as freeze_days};
use crate::report::snapshots::model::ReportSnapshot;
use chrono::{DateTime, Utc};
use maud::Markup;
use uuid::Uuid;

pub(crate) use super::formats::Download;
pub(crate) use super::reader::Reports;

/// Frozen reports a page lists: the newest.
const MOST_LISTED: usize = 200;

/// The report that an address names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Chosen {
    /// Of these days, computed now.
    Live(AskedDays),
    /// Frozen under this id.
    Kept(Uuid),
}

impl FromCall for Chosen {
    fn from_call(call: &Call) -> Answered<Self> {
        match call.request().match_info().get("id") {
            Some(_) => Id::from_call(call).map(|Id(id)| Self::Kept(id)),
            None => AskedDays::from_call(call).map(Self::Live),
        }
    }
}

impl Chosen {
    /// Where it comes from; the access log calls computing it this.
    fn source(self, reader: Shared<Reports>, action: &'static str) -> Source<Shared<Reports>> {
        match self {
            Self::Live(asked) => Source::Live(reader.acting(action), asked),
            Self::Kept(id) => Source::Kept(reader, id),
        }
    }
}

/// The file that an address names, and of which report it is.
pub(crate) struct ChosenFile {
    format: &'static Format,
    download: &'static Download,
    report: Chosen,
}

impl FromCall for ChosenFile {
    fn from_call(call: &Call) -> Answered<Self> {
        let name = call.request().match_info().get("file").unwrap_or_default();
        let named = formats::downloads().find(|(_, download)| download.name == name);
        let (format, download) = named.ok_or(ProblemKind::NotFound)?;
        Ok(Self { format, download, report: Chosen::from_call(call)? })
    }
}

/// What a page around a report needs of it.
#[derive(Debug)]
pub(crate) struct Embedded {
    /// The days of the report.
    pub window: ReportWindow,
    /// How the patient calls the share.
    pub label: String,
    /// When the report was computed, or frozen.
    pub generated_at: DateTime<Utc>,
    /// The main part of the practitioners' page.
    pub main: Markup,
}

/// A report, for a page around it.
///
/// # Errors
/// As the operation.
pub(crate) async fn page(reader: Shared<Reports>, report: Chosen) -> Answered<Embedded> {
    let embed = |report: Report| Embedded {
        window: report.window,
        main: html::main(&practitioner_page(&report, &ENGLISH)),
        generated_at: report.generated_at,
        label: report.share_label.unwrap_or_default(),
    };
    let source = report.source(reader, PAGE_ACTION);
    source.make(embed).await.map(|(embedded, _)| embedded)
}

/// The files to take along, in the order to offer them.
pub(crate) fn downloads() -> impl Iterator<Item = &'static Download> {
    formats::downloads().map(|(_, download)| download)
}

/// A file: of which kind, how it is kept, its bytes.
///
/// # Errors
/// As the operation.
pub(crate) async fn file(
    reader: Shared<Reports>,
    ChosenFile { format, download, report }: ChosenFile,
) -> Answered<(&'static FileKind, &'static Download, Vec<u8>)> {
    let (bytes, _) = format.file(report.source(reader, format.action)).await?;
    Ok((&format.kind, download, bytes))
}

/// Freezes the report of these days, at most 731.
///
/// # Errors
/// As the operation.
pub(crate) async fn freeze(reader: Shared<Reports>, asked: AskedDays) -> Answered<ReportSnapshot> {
    match freeze_days(&reader.acting(FREEZE), asked, Patience::Waiting, async |_| ()).await? {
        Frozen::Made(snapshot) | Frozen::Stands(snapshot) => Ok(snapshot),
        Frozen::TooLong(_) => Err(ProblemKind::ValidationFailed.into()),
    }
}

/// The newest frozen reports.
///
/// # Errors
/// As the operation.
pub(crate) async fn newest(reader: Shared<Reports>) -> Answered<Vec<ReportSnapshot>> {
    let rows = listed(&reader.acting(LIST), None, MOST_LISTED).await?;
    Ok(rows.into_iter().map(ReportSnapshot::from).collect())
}
