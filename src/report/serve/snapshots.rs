//! The wire of frozen reports: the patient's own and the practitioner's.

use super::reader::{ReportReader, Reports};
use super::renderings;
use super::source::Source;
use crate::access::{self, Call, Id, ListPage, Patient, Read, Reader, Sends, Shared};
use crate::app::App;
use crate::db::{Row, Statement};
use crate::http::{
    Answered, Found, MadeOrStarted, Page, Problem, ProblemKind, Verbatim, Versioned,
};
use crate::report::read::asked::Asked;
use crate::report::rules::Report;
use crate::report::snapshots::FREEZE;
use crate::report::snapshots::MOST_DAYS;
use crate::report::snapshots::freeze::{Frozen, Patience, freeze};
use crate::report::snapshots::job;
use crate::report::snapshots::model::{ReportJob, ReportSnapshot, SnapshotRow, SnapshotTerms};
use crate::report::snapshots::store;
use crate::routes::{Operation, Parameter, Routes};
use crate::wire::Faults;
use actix_web::dev::Payload;
use actix_web::http::Method;
use chrono::{DateTime, Utc};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

const JOBS: &str = "/v1/report-jobs";
/// What the access log calls reading one.
const READ: &str = "report_snapshot";
/// What the access log calls listing them.
pub(crate) const LIST: &str = "report_snapshots";

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    keeping::<Patient>(routes);
    reading::<Patient>(routes);
    // The patient's page is the patient's alone.
    let html = frozen::<Patient>("FrozenReportSummary", " in plain words", FILE);
    let handler =
        async |reader, Id(id)| renderings::summary_page(kept_by::<Patient>(reader, id)).await;
    routes.serve(Method::GET, &one::<Patient>("/summary.html"), html, handler);
    keeping::<Shared<Reports>>(routes);
    reading::<Shared<Reports>>(routes);
    let about = "Only who asked for it sees it. Look again after `Retry-After` seconds.";
    let summary = "How the making of a long report stands";
    let op = Operation::new("getReportJob", "reports", summary).describe(about);
    routes.serve(Method::GET, &format!("{JOBS}/{{id}}"), op, job::get);
}

/// The operations about frozen reports.
fn keeping<R: ReportReader>(routes: &mut Routes) {
    let words = "Keeps the report as it is now, for good. Repeating it is safe: while nothing has \
        changed, it answers with the newest version. More than 731 days, up to ten years, are made in \
        a job: ask for it until it is ready.";
    let op = operation::<R>("freeze", "Report", "Freeze a report of", "")
        .describe(about::<R>(words))
        .takes::<SnapshotTerms>()
        .example(json!({"from": "2026-01-01", "to": "2026-03-31"}))
        .problems(&[ProblemKind::Conflict]);
    routes.serve(Method::POST, list_at::<R>(), op, make::<R>);

    let op = operation::<R>("list", "ReportSnapshots", "List the frozen reports of", "");
    let op = op.describe(about::<R>("Newest first.")).pages();
    routes.serve(Method::GET, list_at::<R>(), op, list::<R>);

    let op = operation::<R>("get", "ReportSnapshot", "The source of a frozen report of", "");
    let words = "Its days, version, rules and the hash of what it was made of.";
    let op = op.describe(about::<R>(words)).parameter(Parameter::if_none_match());
    routes.serve(Method::GET, &one::<R>(""), op, get::<R>);
}

const FILE: &str = "Made of the kept report: the same bytes as long as the layout is the same, which the \
    ETag tells.";

/// An operation that reads a frozen report.
fn frozen<R: ReportReader>(noun: &str, tail: &str, words: &str) -> Operation {
    let op = operation::<R>("get", noun, "A frozen report of", tail);
    op.describe(about::<R>(words)).parameter(Parameter::if_none_match())
}

/// The operations that read a frozen report.
fn reading<R: ReportReader>(routes: &mut Routes) {
    let json = frozen::<R>("FrozenReport", "", "The same bytes at every call.");
    routes.serve(Method::GET, &one::<R>("/report"), json, report::<R>);

    let handler = async |reader: R, Id(id)| renderings::page(kept_by(reader, id)).await;
    let html = frozen::<R>("FrozenReportPage", " as a page", FILE);
    routes.serve(Method::GET, &one::<R>("/page.html"), html, handler);

    let handler = async |reader: R, Id(id)| renderings::document(kept_by(reader, id)).await;
    let pdf = frozen::<R>("FrozenReportDocument", " as PDF", FILE);
    routes.serve(Method::GET, &one::<R>("/document.pdf"), pdf, handler);

    let handler = async |reader: R, Id(id)| renderings::days(kept_by(reader, id)).await;
    let csv = frozen::<R>("FrozenReportDays", ", its days as a table", FILE);
    routes.serve(Method::GET, &one::<R>("/days.csv"), csv, handler);
}

/// The address of the list.
const fn list_at<R: ReportReader>() -> &'static str {
    if R::IS_SHARED { "/v1/patients/{share_id}/report/snapshots" } else { "/v1/report/snapshots" }
}

/// The address of one, or of something of it.
fn one<R: ReportReader>(tail: &str) -> String {
    format!("{}/{{id}}{tail}", list_at::<R>())
}

fn operation<R: ReportReader>(verb: &str, noun: &str, summary: &str, tail: &str) -> Operation {
    let (shared, journal) =
        if R::IS_SHARED { ("Shared", "a patient's journal") } else { ("", "the own journal") };
    let summary = format!("{summary} {journal}{tail}");
    Operation::new(format!("{verb}{shared}{noun}"), "reports", summary)
}

fn about<R: ReportReader>(about: &str) -> String {
    if !R::IS_SHARED {
        return about.to_owned();
    }
    format!(
        "{about} A frozen report is bound to the share it was made through, and is only there while that \
         opens every section and day of it. Each call is a line in the patient's access log."
    )
}

/// The days to freeze.
struct Freezes(Asked);

impl access::Asked for Freezes {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        let Sends(terms) = Sends::<SnapshotTerms>::read(call, payload).await?;
        let asked = Asked::of(terms.from, terms.to, MOST_DAYS);
        asked.map(Self).map_err(|(field, code, detail)| {
            let mut faults = Faults::default();
            faults.field(field, code, detail);
            Problem::invalid(faults.into_vec())
        })
    }
}

async fn make<R: ReportReader>(
    reader: R,
    Freezes(asked): Freezes,
) -> Answered<MadeOrStarted<ReportSnapshot, ReportJob>> {
    let reader = reader.acting(FREEZE);
    let share = reader.share().map_or_else(String::new, |id| id.to_string());
    let list = list_at::<R>().replace("{share_id}", &share);
    let placed = |snapshot: ReportSnapshot| {
        let (etag, place) = (snapshot.etag(), format!("{list}/{}", snapshot.id()));
        (snapshot, etag, place)
    };
    Ok(match freeze(&reader, asked, Patience::Waiting, async |_| ()).await? {
        Frozen::Made(snapshot) => {
            let (snapshot, etag, place) = placed(snapshot);
            MadeOrStarted::Made(snapshot, etag, place)
        }
        Frozen::Stands(snapshot) => {
            let (snapshot, etag, place) = placed(snapshot);
            MadeOrStarted::Stands(snapshot, etag, place)
        }
        Frozen::TooLong(days) => {
            let job = job::start(&reader, days).await?;
            let place = format!("{JOBS}/{}", job.id());
            MadeOrStarted::Started(job, place)
        }
    })
}

async fn list<R: ReportReader>(
    reader: R,
    ListPage { page, list }: ListPage,
) -> Answered<Found<Page<ReportSnapshot>>> {
    let before = page.after.and_then(|(at, id)| Some((DateTime::from_timestamp_micros(at)?, id)));
    let reader = reader.acting(LIST);
    let rows = listed(&reader, before, page.limit + 1).await?;
    let page = Page::of(rows, page.limit, |last| {
        reader.app().cursors.seal(&list, (last.made_at.timestamp_micros(), last.id))
    });
    Ok(Found(page.map(ReportSnapshot::from)))
}

/// The newest of them before a place in the list.
pub(super) async fn listed<R: Reader>(
    reader: &R,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: usize,
) -> Answered<Vec<SnapshotRow>> {
    Ok(reader.read((None, None), store::page(before, limit)).await?.1)
}

/// What is kept under this id.
async fn kept<R: Reader, T: Row>(reader: &R, what: Statement<Read, T>) -> Answered<T> {
    let (_, rows) = reader.read((None, None), what).await?;
    Ok(rows.into_iter().next().ok_or(ProblemKind::NotFound)?)
}

async fn get<R: ReportReader>(reader: R, Id(id): Id) -> Answered<Versioned<ReportSnapshot>> {
    let row = kept(&reader.acting(READ), store::find(id)).await?;
    let snapshot = ReportSnapshot::from(row);
    let etag = snapshot.etag();
    Ok(Versioned(snapshot, etag))
}

async fn report<R: ReportReader>(reader: R, Id(id): Id) -> Answered<Verbatim<Report>> {
    let (text,) = kept(&reader.acting(READ), store::report(id)).await?;
    Ok(Verbatim::new(text, etag(id)))
}

/// The ETag of a kept report: it never changes.
fn etag(id: Uuid) -> String {
    format!("W/\"{}\"", id.simple())
}

/// A frozen report.
pub(crate) struct Kept<R> {
    reader: R,
    id: Uuid,
}

/// The frozen report of this id.
pub(super) fn kept_by<R: Reader>(reader: R, id: Uuid) -> Kept<R> {
    Kept { reader: reader.acting(READ), id }
}

impl<R: Reader> Source for Kept<R> {
    fn app(&self) -> &Arc<App> {
        self.reader.app()
    }
    async fn make<T: Send + 'static>(
        self,
        make: impl FnOnce(&Report) -> T + Send + 'static,
    ) -> Answered<(T, String)> {
        let Self { reader, id } = self;
        let place = reader.app().lanes.reports.enter().await?;
        let (text,) = kept(&reader, store::report(id)).await?;
        let made = place.compute(move || serde_json::from_str(&text).map(|report| make(&report)));
        Ok((made.await?.map_err(Problem::internal)?, etag(id)))
    }
}
