//! The wire of frozen reports: the patient's own and the practitioner's.

use super::renderings;
use super::source::Source;
use super::whose::{Whose, target};
use crate::access::{self, Caller, Read};
use crate::app::App;
use crate::db::{Row, Statement};
use crate::http::{
    Answered, Body, Found, MadeOrStarted, Page, PageRequest, Problem, ProblemKind, Query, Verbatim,
    Versioned, list_name, path_id,
};
use crate::report::read::SECTIONS;
use crate::report::read::asked::Asked;
use crate::report::rules::Report;
use crate::report::snapshots::FREEZE;
use crate::report::snapshots::MOST_DAYS;
use crate::report::snapshots::freeze::{Frozen, Patience, freeze};
use crate::report::snapshots::job;
use crate::report::snapshots::model::{ReportJob, ReportSnapshot, SnapshotTerms};
use crate::report::snapshots::store;
use crate::routes::{Authz, Operation, Parameter, Routes};
use crate::wire::Faults;
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;

const JOBS: &str = "/v1/report-jobs";
/// What the access log calls reading one.
const READ: &str = "report_snapshot";
/// What the access log calls listing them.
pub(crate) const LIST: &str = "report_snapshots";

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    for whose in [Whose::Own, Whose::Shared] {
        keeping(routes, whose);
        reading(routes, whose);
    }
    let about = "Only who asked for it sees it. Look again after `Retry-After` seconds.";
    let summary = "How the making of a long report stands";
    let op = Operation::new("getReportJob", "reports", summary, Authz::ACCOUNT).describe(about);
    routes.add(Method::GET, &format!("{JOBS}/{{id}}"), op, job::get);
}

/// The operations about frozen reports.
fn keeping(routes: &mut Routes, whose: Whose) {
    let about = "Keeps the report as it is now, for good. Repeating it is safe: while nothing has \
        changed, it answers with the newest version. More than 731 days, up to ten years, are made in \
        a job: ask for it until it is ready.";
    let op = whose.operation("freeze", "Report", "Freeze a report of", "");
    let op = op
        .describe(whose.about(about))
        .takes::<SnapshotTerms>()
        .example(json!({"from": "2026-01-01", "to": "2026-03-31"}))
        .problems(&[ProblemKind::Conflict]);
    let handler =
        move |caller: Caller, request: HttpRequest, app: web::Data<App>, body: Body<_>| {
            make(caller, request, app, body, whose)
        };
    routes.add(Method::POST, &whose.list(), op, handler);

    let op = whose.operation("list", "ReportSnapshots", "List the frozen reports of", "");
    let op = op.describe(whose.about("Newest first.")).pages();
    let handler = move |caller, request, app| list(caller, request, app, whose);
    routes.add(Method::GET, &whose.list(), op, handler);

    let op = whose.operation("get", "ReportSnapshot", "The source of a frozen report of", "");
    let op =
        op.describe(whose.about("Its days, version, rules and the hash of what it was made of."));
    let handler = move |caller, request, app| get(caller, request, app, whose);
    routes.add(Method::GET, &whose.one(""), op.parameter(Parameter::if_none_match()), handler);
}

/// The operations that read a frozen report.
fn reading(routes: &mut Routes, whose: Whose) {
    const FILE: &str = "Made of the kept report: the same bytes as long as the layout is the same, \
        which the ETag tells.";
    let op = |noun: &str, tail: &str, about: &str| {
        let op = whose.operation("get", noun, "A frozen report of", tail);
        op.describe(whose.about(about)).parameter(Parameter::if_none_match())
    };
    let handler = move |caller, request, app| report(caller, request, app, whose);
    let json = op("FrozenReport", "", "The same bytes at every call.");
    routes.add(Method::GET, &whose.one("/report"), json, handler);

    let handler = move |caller: Caller, request: HttpRequest, app: web::Data<App>| async move {
        renderings::page(&app, Kept { app: &app, caller: &caller, request: &request, whose }).await
    };
    let html = op("FrozenReportPage", " as a page", FILE);
    routes.add(Method::GET, &whose.one("/page.html"), html, handler);

    let handler = move |caller: Caller, request: HttpRequest, app: web::Data<App>| async move {
        renderings::document(&app, Kept { app: &app, caller: &caller, request: &request, whose })
            .await
    };
    let pdf = op("FrozenReportDocument", " as PDF", FILE);
    routes.add(Method::GET, &whose.one("/document.pdf"), pdf, handler);

    let handler = move |caller: Caller, request: HttpRequest, app: web::Data<App>| async move {
        renderings::days(&app, Kept { app: &app, caller: &caller, request: &request, whose }).await
    };
    let csv = op("FrozenReportDays", ", its days as a table", FILE);
    routes.add(Method::GET, &whose.one("/days.csv"), csv, handler);

    // The patient's page is the patient's alone.
    if whose == Whose::Own {
        let html = op("FrozenReportSummary", " in plain words", FILE);
        let handler = move |caller: Caller, request: HttpRequest, app: web::Data<App>| async move {
            renderings::summary_page(Kept { app: &app, caller: &caller, request: &request, whose })
                .await
        };
        routes.add(Method::GET, &whose.one("/summary.html"), html, handler);
    }
}

impl Whose {
    /// The address of the list.
    fn list(self) -> String {
        self.at("{share_id}")
    }

    fn at(self, share: &str) -> String {
        match self {
            Self::Own => "/v1/report/snapshots".to_owned(),
            Self::Shared => format!("/v1/patients/{share}/report/snapshots"),
        }
    }

    /// The address of one, or of something of it.
    fn one(self, tail: &str) -> String {
        format!("{}/{{id}}{tail}", self.list())
    }

    fn operation(self, verb: &str, noun: &str, summary: &str, tail: &str) -> Operation {
        let (shared, journal, authz) = match self {
            Self::Own => ("", "the own journal", Authz::PATIENT),
            Self::Shared => ("Shared", "a patient's journal", Authz::share(SECTIONS)),
        };
        let summary = format!("{summary} {journal}{tail}");
        Operation::new(format!("{verb}{shared}{noun}"), "reports", summary, authz)
    }

    fn about(self, about: &str) -> String {
        match self {
            Self::Own => about.to_owned(),
            Self::Shared => format!(
                "{about} A frozen report is bound to the share it was made through, and is only there \
                 while that opens every section and day of it. Each call is a line in the patient's \
                 access log."
            ),
        }
    }
}

pub(crate) const ALL_DAYS: Asked = Asked { from: None, to: None };

/// The days asked for.
fn asked(terms: Answered<SnapshotTerms>) -> Answered<Asked> {
    let terms = terms?;
    Asked::of(terms.from, terms.to, MOST_DAYS).map_err(|(field, code, detail)| {
        let mut faults = Faults::default();
        faults.field(field, code, detail);
        Problem::invalid(faults.into_vec())
    })
}

async fn make(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    body: Body<SnapshotTerms>,
    whose: Whose,
) -> Answered<MadeOrStarted<ReportSnapshot, ReportJob>> {
    let asked = asked(body.valid()).and_then(|asked| Ok((asked, whose.share(&request)?)));
    let (asked, share) = access::heard(&app, &caller, whose.need(), asked).await?;
    let from = (whose.need(), target(share, FREEZE, SECTIONS, asked));
    let list = whose.at(&share.map_or_else(String::new, |id| id.to_string()));
    let placed = |snapshot: ReportSnapshot| {
        let (etag, place) = (snapshot.etag(), format!("{list}/{}", snapshot.id()));
        (snapshot, etag, place)
    };
    Ok(match freeze(&app, &caller, from, asked, Patience::Waiting, async |_| ()).await? {
        Frozen::Made(snapshot) => {
            let (snapshot, etag, place) = placed(snapshot);
            MadeOrStarted::Made(snapshot, etag, place)
        }
        Frozen::Stands(snapshot) => {
            let (snapshot, etag, place) = placed(snapshot);
            MadeOrStarted::Stands(snapshot, etag, place)
        }
        Frozen::TooLong(days) => {
            let job = job::start(&app, &caller, share, days).await?;
            let place = format!("{JOBS}/{}", job.id());
            MadeOrStarted::Started(job, place)
        }
    })
}

async fn list(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    whose: Whose,
) -> Answered<Found<Page<ReportSnapshot>>> {
    let mut query = Query::of(&request, &PageRequest::PARAMETERS);
    let list = format!("{}|{}", caller.account(), list_name(&request));
    let page = PageRequest::read(&mut query, &app.cursors, &list);
    let asked = query.done().and_then(|()| Ok((page?, whose.share(&request)?)));
    let (page, share) = access::heard(&app, &caller, whose.need(), asked).await?;
    let before = page.after.and_then(|(at, id)| Some((DateTime::from_timestamp_micros(at)?, id)));
    let target = target(share, LIST, SECTIONS, ALL_DAYS);
    let (_, rows) =
        access::read(&app, &caller, whose.need(), target, store::page(before, page.limit + 1))
            .await?;
    let page = Page::of(rows, page.limit, |last| {
        app.cursors.seal(&list, (last.made_at.timestamp_micros(), last.id))
    });
    Ok(Found(page.map(ReportSnapshot::from)))
}

/// What is kept under the id of the address.
async fn kept<R: Row>(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    whose: Whose,
    what: fn(Uuid) -> Statement<Read, R>,
) -> Answered<(Uuid, R)> {
    let ids = whose.share(request).and_then(|share| Ok((share, path_id(request, "id")?)));
    let (share, id) = access::heard(app, caller, whose.need(), ids).await?;
    let target = target(share, READ, SECTIONS, ALL_DAYS);
    let (_, rows) = access::read(app, caller, whose.need(), target, what(id)).await?;
    let row = rows.into_iter().next().ok_or(ProblemKind::NotFound)?;
    Ok((id, row))
}

async fn get(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    whose: Whose,
) -> Answered<Versioned<ReportSnapshot>> {
    let (_, row) = kept(&app, &caller, &request, whose, store::find).await?;
    let snapshot = ReportSnapshot::from(row);
    let etag = snapshot.etag();
    Ok(Versioned(snapshot, etag))
}

async fn report(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    whose: Whose,
) -> Answered<Verbatim<Report>> {
    let (id, (text,)) = kept(&app, &caller, &request, whose, store::report).await?;
    Ok(Verbatim::new(text, etag(id)))
}

/// The ETag of a kept report: it never changes.
fn etag(id: Uuid) -> String {
    format!("W/\"{}\"", id.simple())
}

/// The frozen report that an address names.
#[derive(Clone, Copy)]
pub(crate) struct Kept<'a> {
    pub(crate) app: &'a App,
    pub(crate) caller: &'a Caller,
    pub(crate) request: &'a HttpRequest,
    pub(crate) whose: Whose,
}

impl Source for Kept<'_> {
    async fn make<T: Send + 'static>(
        self,
        make: impl FnOnce(&Report) -> T + Send + 'static,
    ) -> Answered<(T, String)> {
        let Self { app, caller, request, whose } = self;
        let place = app.lanes.reports.enter().await?;
        let (id, (text,)) = kept(app, caller, request, whose, store::report).await?;
        let made = place.compute(move || serde_json::from_str(&text).map(|report| make(&report)));
        Ok((made.await?.map_err(Problem::internal)?, etag(id)))
    }
}
