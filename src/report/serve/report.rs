//! The wire of reports: the patient's own and the practitioner's, as JSON and as a picture.

use super::asked::{asked, with_window};
use super::whose::{Whose, target};
use crate::access::{self, Caller};
use crate::app::App;
use crate::http::{Answered, Svg, Versioned, document};
use crate::reference::fingerprint;
use crate::report::read::asked::Asked;
use crate::report::read::{self, SECTIONS};
use crate::report::render::chart;
use crate::report::rows::ReportInput;
use crate::report::rules::RULE_VERSION;
use crate::report::rules::Report;
use crate::report::rules::build;
use crate::routes::{Authz, Operation, Routes};
use crate::sections::{Section, Sections};
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
    routes.add(Method::GET, "/v1/report", with_window(op), move |caller, request, app| {
        report(caller, request, app, Whose::Own)
    });
    let op = Operation::new(
        "getReportChart",
        "reports",
        "The own daily pain as a picture",
        Authz::PATIENT,
    )
    .describe(
        "Treatment sessions are marked, missing days stay blank, backfilled days are hollow.",
    );
    routes.add(
        Method::GET,
        "/v1/report/chart.svg",
        with_window(op),
        move |caller, request, app| picture(caller, request, app, Whose::Own),
    );
    let op = Operation::new(
        "getSharedReport",
        "reports",
        "A patient's progress report",
        Authz::share(SECTIONS),
    )
    .describe(format!("{about} {shared}"));
    routes.add(
        Method::GET,
        "/v1/patients/{share_id}/report",
        with_window(op),
        move |caller, request, app| report(caller, request, app, Whose::Shared),
    );
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
        move |caller, request, app| picture(caller, request, app, Whose::Shared),
    );
    super::responders::routes(routes);
}

document!(Report);

/// Whose report, what the access log calls it, and the sections it is made of.
pub(crate) type Wanted = (Whose, &'static str, Sections);

/// Reads what the window needs in one round trip, computes the report and makes something of it.
pub(crate) async fn pull<T: Send + 'static>(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    (whose, action, sections): Wanted,
    asked: Answered<Asked>,
    make: impl FnOnce(Report) -> T + Send + 'static,
) -> Answered<(T, String)> {
    let need = whose.need();
    let asked = asked.and_then(|asked| Ok((asked, whose.share(request)?)));
    let (asked, share) = access::heard(app, caller, need, asked).await?;
    let target = target(share, action, sections, asked);
    // Today is not known before the journal is entered, so an open window is read a day wider.
    let latest = last_date_on_earth(app.clock.now());
    let (from, to) = asked.window(latest);
    let wide = (asked.from.unwrap_or(from - Days::new(2)), to);
    let place = app.lanes.reports.enter().await?;
    let (journal, rows) = access::read_all(app, caller, need, target, {
        read::statements(read::entry_days(wide), wide)
    })
    .await?;
    let window = read::within(&journal, asked.window(journal.today()))?;
    let input = read::input(&journal, window, rows);
    let version = version(&input, journal.window());
    Ok((place.compute(move || make(build(&input))).await?, version))
}

/// Weak: the same journal, window, rules and limits of a share give the same report but for its
/// `generated_at`.
fn version(input: &ReportInput, open: (Option<NaiveDate>, Option<NaiveDate>)) -> String {
    let sections = input.sections.codes().join("-");
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
    format!("W/\"{RULE_VERSION}.{}.{}\"", input.made.revision, rest.trim_matches('"'))
}

async fn report(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    whose: Whose,
) -> Answered<Versioned<Report>> {
    let (asked, wanted) = (asked(&request), (whose, "report", SECTIONS));
    let (report, etag) = pull(&app, &caller, &request, wanted, asked, |report| report).await?;
    Ok(Versioned(report, etag))
}

async fn picture(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    whose: Whose,
) -> Answered<Svg> {
    let (asked, wanted) = (asked(&request), (whose, "report_chart", CHART));
    let draw = |report: Report| chart::daily_pain_svg(&report);
    let (svg, etag) = pull(&app, &caller, &request, wanted, asked, draw).await?;
    Ok(Svg(svg, etag))
}
