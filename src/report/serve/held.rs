//! The wire of frozen reports that others hold of the own journal: which there are, what they say, and taking one
//! back.

use super::snapshots::without_revision;
use super::source::{etag, frozen_row};
use crate::access::{Id, ListPage, Patient};
use crate::http::{Answered, Found, Nothing, Page, ProblemKind, Verbatim};
use crate::report::rules::Report;
use crate::report::snapshots::held::{self, HeldReport};
use crate::routes::{Operation, Parameter, Routes};
use actix_web::http::Method;

const LIST: &str = "/v1/held-reports";

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let about = "Every report of the own journal that a practitioner has frozen through a share, newest first, \
        also where the share has ended: who holds it, its days and the sections that were open to it. It keeps \
        what it said, also notes that were unshared or deleted since, until it is withdrawn. One that was \
        withdrawn stays in the list without its content.";
    let op = Operation::new("listHeldReports", "reports", "List the frozen reports others hold");
    routes.serve(Method::GET, LIST, op.describe(about).pages(), list);

    let op = Operation::new("getHeldReport", "reports", "Who holds a frozen report");
    let op = op.describe("Since when, of which days and sections, and whether it was withdrawn.");
    routes.serve(Method::GET, &one(""), op, get);

    let about = "What it says is deleted for good, and is out of its practitioner's reach at once; the list says \
        when. Withdrawing twice is fine. What was printed or taken along as a file is beyond the server. While the \
        share is open, a new one can be frozen of what is open then: narrow or end the share against that.";
    let op = Operation::new("withdrawHeldReport", "reports", "Withdraw a frozen report");
    routes.serve(Method::DELETE, &one(""), op.describe(about), withdraw);

    let op = reading("", "", "The bytes that its practitioner reads.");
    routes.serve(Method::GET, &one("/report"), op, report);
}

/// An operation that reads what one says, or makes something of it.
pub(super) fn reading(noun: &str, tail: &str, words: &str) -> Operation {
    let summary = format!("A frozen report that another holds{tail}");
    Operation::new(format!("getHeldFrozenReport{noun}"), "reports", summary)
        .describe(words)
        .parameter(Parameter::if_none_match())
}

/// The address of one, or of something of it.
pub(super) fn one(tail: &str) -> String {
    format!("{LIST}/{{id}}{tail}")
}

async fn list(
    patient: Patient,
    ListPage { page: asked, list }: ListPage,
) -> Answered<Found<Page<HeldReport>>> {
    patient
        .own(async |tx, _| {
            let rows = tx.load(held::page(asked)).await?;
            let page = Page::of(rows, asked.limit, |last| {
                let place = (last.made_at().timestamp_micros(), last.id());
                patient.app().cursors.seal(&list, place)
            });
            Ok(Found(page))
        })
        .await
}

async fn get(patient: Patient, Id(id): Id) -> Answered<Found<HeldReport>> {
    patient
        .own(async |tx, _| {
            let held = tx.first(held::find(id)).await?;
            held.map(Found).ok_or_else(|| ProblemKind::NotFound.into())
        })
        .await
}

async fn withdraw(patient: Patient, Id(id): Id) -> Answered<Nothing> {
    patient
        .own(async |tx, _| match tx.first(held::withdraw(id, patient.caller().request())).await? {
            Some((true,)) => Ok(Nothing),
            _ => Err(ProblemKind::NotFound.into()),
        })
        .await
}

async fn report(patient: Patient, Id(id): Id) -> Answered<Verbatim<Report>> {
    let text = frozen_row(&patient, held::report(id)).await?;
    Ok(Verbatim::new(without_revision(text), etag(id, None)))
}
