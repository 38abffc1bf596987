//! Reports for the practitioners' pages: what the operations do, through the same walls and with the same
//! lines in the access log.

use super::asked::asked;
use super::formats::{self, PAGE_ACTION};
use super::reader::Reports;
use super::snapshots::{LIST, listed};
use super::source::Source;
use crate::access::{Permission, Practitioner, Reader, Shared};
use crate::http::{Answered, FileKind, Problem, ProblemKind, path_id};
use crate::report::read::asked::{AskedDays, MOST_DAYS};
use crate::report::render::compose::{ENGLISH, practitioner_page};
use crate::report::render::html;
use crate::report::rules::Report;
use crate::report::rules::statement::ReportWindow;
use crate::report::snapshots::FREEZE;
use crate::report::snapshots::freeze::{Frozen, Patience, freeze as freeze_days};
use crate::report::snapshots::model::ReportSnapshot;
use actix_web::HttpRequest;
use chrono::{DateTime, NaiveDate, Utc};
use maud::Markup;

pub(crate) use super::formats::Download;

/// Frozen reports a page lists: the newest.
const MOST_LISTED: usize = 200;

/// What an address asks for. Where it cannot be read, the practitioner is judged first.
async fn read<T>(
    practitioner: Practitioner,
    request: &HttpRequest,
    what: impl FnOnce() -> Answered<T>,
) -> Answered<(Shared<Reports>, T)> {
    let asked = path_id(request, "share_id").and_then(|share| Ok((share, what()?)));
    match asked {
        Ok((share, asked)) => Ok((Shared::new(practitioner, share), asked)),
        Err(problem) => {
            practitioner.judge().await?;
            Err(problem)
        }
    }
}

/// Is a frozen report meant? Its address holds an id.
pub(crate) fn is_frozen(request: &HttpRequest) -> bool {
    request.match_info().get("id").is_some()
}

/// The report that the address names: a frozen one, or of its days, computed now, which the access log
/// calls this.
async fn source(
    practitioner: Practitioner,
    request: &HttpRequest,
    action: &'static str,
) -> Answered<Source<Shared<Reports>>> {
    if is_frozen(request) {
        let (reader, id) = read(practitioner, request, || path_id(request, "id")).await?;
        return Ok(Source::Kept(reader, id));
    }
    let (reader, asked) = read(practitioner, request, || asked(request)).await?;
    Ok(Source::Live(reader.acting(action), asked))
}

/// What a page around a report needs of it.
#[derive(Debug)]
pub struct Embedded {
    /// The days of the report.
    pub window: ReportWindow,
    /// How the patient calls the share.
    pub label: String,
    /// When the report was computed, or frozen.
    pub generated_at: DateTime<Utc>,
    /// The main part of the practitioners' page.
    pub main: Markup,
}

/// The report that the address names, for a page around it.
///
/// # Errors
/// As the operation, as far as the address goes.
pub async fn page(practitioner: Practitioner, request: &HttpRequest) -> Answered<Embedded> {
    let embed = |report: Report| Embedded {
        window: report.window,
        main: html::main(&practitioner_page(&report, &ENGLISH)),
        generated_at: report.generated_at,
        label: report.share_label.unwrap_or_default(),
    };
    let source = source(practitioner, request, PAGE_ACTION).await?;
    source.make(embed).await.map(|(embedded, _)| embedded)
}

/// The files to take along, in the order to offer them.
pub(crate) fn downloads() -> impl Iterator<Item = &'static Download> {
    formats::downloads().map(|(_, download)| download)
}

/// The file and the report that the address names.
///
/// # Errors
/// As the operation, as far as the address goes.
pub(crate) async fn file(
    practitioner: Practitioner,
    request: &HttpRequest,
) -> Answered<(&'static FileKind, &'static Download, Vec<u8>)> {
    let name = request.match_info().get("file").unwrap_or_default();
    let named = formats::downloads().find(|(_, download)| download.name == name);
    let (format, download) = named.ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
    let source = source(practitioner, request, format.action).await?;
    let (bytes, _) = format.file(source).await?;
    Ok((&format.kind, download, bytes))
}

/// Freezes the report of these days, at most 731.
///
/// # Errors
/// As the operation.
pub async fn freeze(
    practitioner: Practitioner,
    request: &HttpRequest,
    (from, to): (NaiveDate, NaiveDate),
) -> Answered<ReportSnapshot> {
    let invalid = || Problem::new(ProblemKind::ValidationFailed);
    let days = || AskedDays::of(Some(from), Some(to), MOST_DAYS).map_err(|_| invalid());
    let (reader, days) = read(practitioner, request, days).await?;
    match freeze_days(&reader.acting(FREEZE), days, Patience::Waiting, async |_| ()).await? {
        Frozen::Made(snapshot) | Frozen::Stands(snapshot) => Ok(snapshot),
        Frozen::TooLong(_) => Err(invalid()),
    }
}

/// The newest frozen reports.
///
/// # Errors
/// As the operation.
pub async fn newest(
    practitioner: Practitioner,
    request: &HttpRequest,
) -> Answered<Vec<ReportSnapshot>> {
    let (reader, ()) = read(practitioner, request, || Ok(())).await?;
    let rows = listed(&reader.acting(LIST), None, MOST_LISTED).await?;
    Ok(rows.into_iter().map(ReportSnapshot::from).collect())
}
