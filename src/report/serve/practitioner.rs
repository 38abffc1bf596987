//! Frozen reports for the practitioners' pages: what the operations do, through the same walls and
//! with the same lines in the access log.

use super::snapshots::{ALL_DAYS, Kept, LIST};
use super::source::Source;
use super::whose::{Whose, target};
use crate::access::{self, Caller};
use crate::app::App;
use crate::http::{Answered, Problem, ProblemKind, path_id};
use crate::report::read::SECTIONS;
use crate::report::read::asked::{Asked, MOST_DAYS};
use crate::report::snapshots::FREEZE;
use crate::report::snapshots::freeze::{Frozen, Patience, freeze as freeze_days};
use crate::report::snapshots::model::ReportSnapshot;
use crate::report::snapshots::store;
use actix_web::HttpRequest;
use chrono::NaiveDate;

/// Frozen reports a page lists: the newest.
const MOST_LISTED: usize = 200;

/// Freezes the report of these days, at most 731.
///
/// # Errors
/// As the operation.
pub async fn freeze(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    (from, to): (NaiveDate, NaiveDate),
) -> Answered<ReportSnapshot> {
    let invalid = || Problem::new(ProblemKind::ValidationFailed);
    let days = Asked::of(Some(from), Some(to), MOST_DAYS).map_err(|_| invalid());
    let asked = days.and_then(|days| Ok((days, path_id(request, "share_id")?)));
    let need = Whose::Shared.need();
    let (days, share) = access::heard(app, caller, need, asked).await?;
    let from = (need, target(Some(share), FREEZE, SECTIONS, days));
    match freeze_days(app, caller, from, days, Patience::Waiting, async |_| ()).await? {
        Frozen::Made(snapshot) | Frozen::Stands(snapshot) => Ok(snapshot),
        Frozen::TooLong(_) => Err(invalid()),
    }
}

/// The newest frozen reports.
///
/// # Errors
/// As the operation.
pub async fn newest(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
) -> Answered<Vec<ReportSnapshot>> {
    let need = Whose::Shared.need();
    let share = access::heard(app, caller, need, path_id(request, "share_id")).await?;
    let target = target(Some(share), LIST, SECTIONS, ALL_DAYS);
    let (_, rows) = access::read(app, caller, need, target, store::page(None, MOST_LISTED)).await?;
    Ok(rows.into_iter().map(ReportSnapshot::from).collect())
}

/// The frozen report that an address names.
pub(crate) fn source<'a>(
    app: &'a App,
    caller: &'a Caller,
    request: &'a HttpRequest,
) -> impl Source {
    Kept { app, caller, request, whose: Whose::Shared }
}
