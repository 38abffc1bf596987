//! Reports for the practitioners' pages: what the operations do, through the same walls and with the same
//! lines in the access log.

use super::asked::asked;
use super::reader::Reports;
use super::snapshots::{LIST, kept_by, listed};
use super::source::{File, Live, Source};
use crate::access::{Permission, Practitioner, Reader, Shared};
use crate::http::{Answered, Problem, ProblemKind, path_id};
use crate::report::read::asked::{Asked, MOST_DAYS};
use crate::report::snapshots::FREEZE;
use crate::report::snapshots::freeze::{Frozen, Patience, freeze as freeze_days};
use crate::report::snapshots::model::ReportSnapshot;
use actix_web::HttpRequest;
use chrono::NaiveDate;

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

/// The report of the days in the address, computed now.
///
/// # Errors
/// As the operation, as far as the address goes.
pub(crate) async fn live(
    practitioner: Practitioner,
    request: &HttpRequest,
    file: File,
) -> Answered<impl Source> {
    let (reader, asked) = read(practitioner, request, || asked(request)).await?;
    Ok(Live { reader: reader.acting(file.action()), asked })
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
    let days = || Asked::of(Some(from), Some(to), MOST_DAYS).map_err(|_| invalid());
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

/// The frozen report that the address names.
///
/// # Errors
/// As the operation, as far as the address goes.
pub(crate) async fn kept(
    practitioner: Practitioner,
    request: &HttpRequest,
) -> Answered<impl Source> {
    let (reader, id) = read(practitioner, request, || path_id(request, "id")).await?;
    Ok(kept_by(reader, id))
}
