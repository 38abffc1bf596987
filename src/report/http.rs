//! The wire of reports: the patient's own and the practitioner's, as JSON and as a picture.

use super::asked::{Asked, with_window};
use super::reading::{self, SECTIONS};
use super::rows::ReportInput;
use super::{RULE_VERSION, Report, build, chart};
use crate::access::{self, Caller, Need, Section, Sections, Target};
use crate::app::App;
use crate::http::{Answered, Authz, Operation, Routes, Svg, Versioned, document, path_id};
use crate::reference::fingerprint;
use crate::time::last_date_on_earth;
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use chrono::{Days, NaiveDate};

/// The sections the picture of daily pain is made of.
const CHART: Sections = Sections::of(&[Section::Pain, Section::Sleep, Section::Treatment]);

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    super::renderings::routes(routes);
    super::snapshots::routes(routes);
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

document!(Report);

/// Reads what the window needs in one round trip and computes the report.
pub(super) async fn pull(
    app: &App,
    caller: &Caller,
    need: Need,
    asked: Answered<Asked>,
    target: impl FnOnce(Asked) -> Answered<Target>,
) -> Answered<(Report, String)> {
    let asked =
        access::heard(app, caller, need, asked.and_then(|asked| Ok((target(asked)?, asked))))
            .await?;
    let (target, asked) = asked;
    // Today is not known before the journal is entered, so an open window is read a day wider.
    let latest = last_date_on_earth(app.clock.now());
    let (from, to) = asked.window(latest);
    let wide = (asked.from.unwrap_or(from - Days::new(2)), to);
    let (journal, rows) = access::read_all(app, caller, need, target, |permit| {
        reading::statements(permit, reading::entry_days(wide), wide)
    })
    .await?;
    let window = reading::within(&journal, asked.window(journal.today()))?;
    let input = reading::input(&journal, window, rows);
    Ok((build(&input), version(&input, journal.window())))
}

/// Weak: the same journal, window, rules and limits of a share give the same report but for its
/// `generated_at`.
fn version(input: &ReportInput, open: (Option<NaiveDate>, Option<NaiveDate>)) -> String {
    let sections = input.sections.visible.join("-");
    let limit = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
    let label = input.share_label.as_deref().unwrap_or_default();
    let rest = format!(
        "{} {} {} {sections} {} {} {label}",
        input.from,
        input.to,
        input.today,
        limit(open.0),
        limit(open.1)
    );
    let rest = fingerprint(rest.as_bytes());
    format!("W/\"{RULE_VERSION}.{}.{}\"", input.revision, rest.trim_matches('"'))
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
    let (report, etag) = pull(&app, &caller, Need::PATIENT, asked, |_| Ok(Target::Own)).await?;
    Ok(Versioned(report, etag))
}

async fn own_chart(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Svg> {
    let asked = Asked::read(&request);
    let (report, etag) = pull(&app, &caller, Need::PATIENT, asked, |_| Ok(Target::Own)).await?;
    Ok(Svg(chart::daily_pain_svg(&report), etag))
}

async fn shared_report(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Versioned<Report>> {
    let target = |asked| share_target(&request, asked, "report", SECTIONS);
    let (report, etag) =
        pull(&app, &caller, Need::PRACTITIONER, Asked::read(&request), target).await?;
    Ok(Versioned(report, etag))
}

async fn shared_chart(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Svg> {
    let target = |asked| share_target(&request, asked, "report_chart", CHART);
    let (report, etag) =
        pull(&app, &caller, Need::PRACTITIONER, Asked::read(&request), target).await?;
    Ok(Svg(chart::daily_pain_svg(&report), etag))
}
