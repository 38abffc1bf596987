//! The wire of reports: the patient's own and the practitioner's, as JSON and as a picture.

use super::clinical_store::{
    AssessmentRecord, EpisodeRecord, EventRecord, FlareRecord, GoalRecord, IntakeRecord,
    NoteRecord, PlanRecord, QuestionRecord,
};
use super::rows::{ReportInput, Sections as Shown};
use super::store::{EntryRecord, NightRow};
use super::{RULE_VERSION, Report, build, chart, clinical_store, store};
use crate::access::{self, Caller, JournalAccess, Need, Permit, Read, Section, Sections, Target};
use crate::app::App;
use crate::collections::TreatmentSession;
use crate::db::Batch;
use crate::http::{
    Answered, Authz, Operation, Parameter, ProblemKind, Query, Routes, Svg, Versioned, document,
    path_id,
};
use crate::journal::{FIRST_DAY, Stored};
use crate::time::last_date_on_earth;
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use chrono::{Days, NaiveDate};

/// Days a report covers unless the reader asks otherwise.
const DEFAULT_DAYS: u64 = 90;
/// Days a report may cover.
const MOST_DAYS: i64 = 731;
/// Entries are read from this many days before the window: 28 to judge a spike (F6), which is more
/// than the 17 that a baseline and a session just before the window take.
const DAYS_BEFORE: u64 = 28;
/// A flare that touches the window began this many days before it at most.
const LONGEST_FLARE_DAYS: u64 = 93;
/// Planned visits are looked for this many days ahead.
const DAYS_AHEAD: u64 = 183;
/// Ratings and sessions are read up to this many days around the window, for the days around a session.
const DAYS_AROUND: u64 = 3;

/// The sections a report is made of.
pub(super) const SECTIONS: Sections = Sections::ALL;
/// The sections the picture of daily pain is made of.
const CHART: Sections = Sections::of(&[Section::Pain, Section::Sleep, Section::Treatment]);

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    super::renderings::routes(routes);
    let about = "Every statement carries value, n, window, method and status; below its gate it says \
        how much it has and needs, and withholds the value. A missing day is null, never 0.";
    let shared = "Statements and days of sections the share does not open are left out, and the report \
        says so. Each call is a line in the patient's access log.";

    let op = Operation::new("getReport", "reports", "The own progress report", Authz::PATIENT)
        .describe(about);
    routes.add(Method::GET, "/v1/report", with_window(op), own_report);
    let op = Operation::new(
        "getReportChart",
        "reports",
        "The own daily pain as a picture",
        Authz::PATIENT,
    )
    .describe(
        "Treatment sessions are marked, missing days stay blank, backfilled days are hollow.",
    );
    routes.add(Method::GET, "/v1/report/chart.svg", with_window(op), own_chart);
    let op = Operation::new(
        "getSharedReport",
        "reports",
        "A patient's progress report",
        Authz::share(SECTIONS),
    )
    .describe(format!("{about} {shared}"));
    routes.add(Method::GET, "/v1/patients/{share_id}/report", with_window(op), shared_report);
    let op = Operation::new(
        "getSharedReportChart",
        "reports",
        "A patient's daily pain as a picture",
        Authz::share(CHART),
    )
    .describe(shared);
    routes.add(
        Method::GET,
        "/v1/patients/{share_id}/report/chart.svg",
        with_window(op),
        shared_chart,
    );
    super::responders_http::routes(routes);
}

pub(super) fn with_window(operation: Operation) -> Operation {
    operation
        .parameter(Parameter::date(
            "from",
            "The first journal day; 89 days before `to` unless given.",
        ))
        .parameter(Parameter::date(
            "to",
            "The last journal day; today unless given. At most 731 days.",
        ))
        .parameter(Parameter::header(
            "If-None-Match",
            "The version you have.",
            "^(W/)?\"[A-Za-z0-9._-]+\"$",
        ))
}

document!(Report);

/// The days asked for; what is left open is settled when the patient's today is known.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

impl Asked {
    pub(super) fn read(request: &HttpRequest) -> Answered<Self> {
        let mut query = Query::of(request, &["from", "to"]);
        let asked = Self { from: query.date("from"), to: query.date("to") };
        if let (Some(from), Some(to)) = (asked.from, asked.to) {
            if to < from {
                query.fault("to", "contradiction", "Must not lie before `from`.");
            } else if (to - from).num_days() >= MOST_DAYS {
                query.fault(
                    "from",
                    "out_of_range",
                    format!("A report covers at most {MOST_DAYS} days."),
                );
            }
        } else if asked.from.is_some() != asked.to.is_some() {
            let missing = if asked.from.is_some() { "to" } else { "from" };
            query.fault(missing, "required", "Give both days or neither.");
        }
        query.done()?;
        Ok(asked)
    }

    fn window(self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let to = self.to.unwrap_or(today);
        (self.from.unwrap_or(to - Days::new(DEFAULT_DAYS - 1)), to)
    }
}

/// Reads what the window needs in one round trip, computes the report and makes something of it.
pub(super) async fn pull<T: Send + 'static>(
    app: &App,
    caller: &Caller,
    need: Need,
    asked: Answered<Asked>,
    target: impl FnOnce(Asked) -> Answered<Target>,
    make: impl FnOnce(Report) -> T + Send + 'static,
) -> Answered<(T, String)> {
    let asked =
        access::heard(app, caller, need, asked.and_then(|asked| Ok((target(asked)?, asked))))
            .await?;
    let (target, asked) = asked;
    // Today is not known before the journal is entered, so an open window is read a day wider.
    let latest = last_date_on_earth(app.clock.now());
    let (from, to) = asked.window(latest);
    let from = asked.from.unwrap_or(from - Days::new(2));
    let place = app.lanes.reports.enter().await?;
    let (journal, rows) =
        access::read_all(app, caller, need, target, |permit| batch(permit, (from, to))).await?;
    let (
        entries,
        sessions,
        nights,
        flares,
        intakes,
        assessments,
        goals,
        events,
        plans,
        episodes,
        notes,
        questions,
    ) = rows;
    let (from, to) = within_share(asked.window(journal.today()), journal.window())?;
    let day_start_minute = journal.day_start_minute();
    let (ratings, entries) = entries.iter().map(store::entry_rows).unzip();
    let input = ReportInput {
        from,
        to,
        today: journal.today(),
        day_start_minute,
        enrolled_on: journal.enrolled_on().unwrap_or(from),
        generated_at: journal.moment(),
        revision: journal.revision(),
        sections: shown(&journal),
        ratings,
        sessions: sessions.into_iter().filter_map(store::session_row).collect(),
        sleep: all(nights),
        entries,
        flares: flares.into_iter().map(|flare| flare.row(day_start_minute)).collect(),
        intakes: all(intakes),
        assessments: all(assessments),
        goals: all(goals),
        adverse_events: events.into_iter().map(|event| event.row(day_start_minute)).collect(),
        plans: all(plans),
        episodes: all(episodes),
        notes: all(notes),
        questions: all(questions),
    };
    let version = version(&input, journal.window());
    Ok((place.compute(move || make(build(&input))).await?, version))
}

/// All rows of a report, one list for each statement.
type Rows = (
    Vec<EntryRecord>,
    Vec<Stored<TreatmentSession>>,
    Vec<NightRow>,
    Vec<FlareRecord>,
    Vec<IntakeRecord>,
    Vec<AssessmentRecord>,
    Vec<GoalRecord>,
    Vec<EventRecord>,
    Vec<PlanRecord>,
    Vec<EpisodeRecord>,
    Vec<NoteRecord>,
    Vec<QuestionRecord>,
);

/// The statements that read a window.
fn batch(permit: Permit<Read>, (from, to): (NaiveDate, NaiveDate)) -> impl Batch<Rows = Rows> {
    let after = to + Days::new(DAYS_AROUND);
    let around = (from - Days::new(DAYS_AROUND), after);
    let before = (from - Days::new(DAYS_BEFORE), after);
    let (season, ever) = ((from - Days::new(LONGEST_FLARE_DAYS), to), (FIRST_DAY, to));
    (
        store::entries(permit, before),
        store::sessions(permit, (around.0, to + Days::new(DAYS_AHEAD))),
        store::nights(permit, (from, to)),
        clinical_store::flares(permit, season),
        clinical_store::intakes(permit, (from, to)),
        clinical_store::assessments(permit, before),
        clinical_store::goals(permit, ever),
        clinical_store::adverse_events(permit, (from, to)),
        clinical_store::plans(permit, ever),
        clinical_store::episodes(permit, ever),
        clinical_store::notes(permit, (from, to)),
        clinical_store::questions(permit, ever),
    )
}

/// What a report of a window reads, in its order: each statement as text with its parameters behind
/// it. For the benchmark.
pub fn statements(permit: Permit<Read>, window: (NaiveDate, NaiveDate)) -> Vec<String> {
    batch(permit, window).written()
}

/// Records as the report sees them.
fn all<A: Into<B>, B>(records: Vec<A>) -> Vec<B> {
    records.into_iter().map(Into::into).collect()
}

/// The days of the window that the share opens: a day nobody may see is not a missing one.
fn within_share(
    (from, to): (NaiveDate, NaiveDate),
    (open, close): (Option<NaiveDate>, Option<NaiveDate>),
) -> Answered<(NaiveDate, NaiveDate)> {
    let window =
        (open.map_or(from, |open| open.max(from)), close.map_or(to, |close| close.min(to)));
    if window.0 > window.1 { Err(ProblemKind::NotFound.into()) } else { Ok(window) }
}

fn shown(journal: &JournalAccess<Read>) -> Shown {
    let open = journal.sections();
    let names = |wanted: bool| {
        SECTIONS.iter().filter(|s| open.contains(*s) == wanted).map(Section::code).collect()
    };
    Shown { visible: names(true), omitted: names(false) }
}

/// Weak: the same journal, window, rules and limits of a share give the same report but for its
/// `generated_at`.
fn version(input: &ReportInput, open: (Option<NaiveDate>, Option<NaiveDate>)) -> String {
    let sections = input.sections.visible.join("-");
    let limit = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
    format!(
        "W/\"{RULE_VERSION}.{}.{}.{}.{}.{sections}.{}.{}\"",
        input.revision,
        input.from,
        input.to,
        input.today,
        limit(open.0),
        limit(open.1)
    )
}

pub(super) fn share_target(
    request: &HttpRequest,
    asked: Asked,
    action: &'static str,
    sections: Sections,
) -> Answered<Target> {
    let id = path_id(request, "share_id")?;
    Ok(Target::Share { id, action, sections, from: asked.from, to: asked.to })
}

async fn own_report(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Versioned<Report>> {
    let asked = Asked::read(&request);
    let own = |_| Ok(Target::Own);
    let (report, etag) = pull(&app, &caller, Need::PATIENT, asked, own, |report| report).await?;
    Ok(Versioned(report, etag))
}

async fn own_chart(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Svg> {
    let asked = Asked::read(&request);
    let (svg, etag) = pull(
        &app,
        &caller,
        Need::PATIENT,
        asked,
        |_| Ok(Target::Own),
        |report| chart::daily_pain_svg(&report),
    )
    .await?;
    Ok(Svg(svg, etag))
}

async fn shared_report(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Versioned<Report>> {
    let target = |asked| share_target(&request, asked, "report", SECTIONS);
    let asked = Asked::read(&request);
    let (report, etag) =
        pull(&app, &caller, Need::PRACTITIONER, asked, target, |report| report).await?;
    Ok(Versioned(report, etag))
}

async fn shared_chart(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Svg> {
    let target = |asked| share_target(&request, asked, "report_chart", CHART);
    let asked = Asked::read(&request);
    let (svg, etag) = pull(&app, &caller, Need::PRACTITIONER, asked, target, |report| {
        chart::daily_pain_svg(&report)
    })
    .await?;
    Ok(Svg(svg, etag))
}
