//! The wire of reports: the patient's own and the practitioner's, as JSON and as a picture.

use super::asked::with_window;
use super::reader::{Pictures, Reports};
use crate::access::{Patient, Reader, Shared};
use crate::http::{Answered, Svg, Versioned, document};
use crate::reference::fingerprint;
use crate::report::read;
use crate::report::read::asked::Asked;
use crate::report::render::chart;
use crate::report::rows::ReportInput;
use crate::report::rules::RULE_VERSION;
use crate::report::rules::Report;
use crate::report::rules::build;
use crate::routes::{Operation, Routes};
use crate::time::last_date_on_earth;
use actix_web::http::Method;
use chrono::{Days, NaiveDate};

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    super::renderings::routes(routes);
    super::snapshots::routes(routes);
    let about = "Every statement carries value, n, window, method and status; below its gate it says \
        how much it has and needs, and withholds the value. A missing day is null, never 0.";
    let shared = "Statements and days of sections the share does not open are left out, and the report \
        says so. Each call is a line in the patient's access log.";

    let op = Operation::new("getReport", "reports", "The own progress report").describe(about);
    routes.serve(Method::GET, "/v1/report", with_window(op), report::<Patient>);
    let summary = "The own daily pain as a picture";
    let op = Operation::new("getReportChart", "reports", summary).describe(
        "Treatment sessions are marked, missing days stay blank, backfilled days are hollow.",
    );
    routes.serve(Method::GET, "/v1/report/chart.svg", with_window(op), picture::<Patient>);
    let op = Operation::new("getSharedReport", "reports", "A patient's progress report")
        .describe(format!("{about} {shared}"));
    let path = "/v1/patients/{share_id}/report";
    routes.serve(Method::GET, path, with_window(op), report::<Shared<Reports>>);
    let summary = "A patient's daily pain as a picture";
    let op = Operation::new("getSharedReportChart", "reports", summary).describe(shared);
    let path = "/v1/patients/{share_id}/report/chart.svg";
    routes.serve(Method::GET, path, with_window(op), picture::<Shared<Pictures>>);
    super::responders::routes(routes);
}

document!(Report);

/// Reads what the window needs in one round trip, computes the report and makes something of it.
pub(crate) async fn pull<R: Reader, T: Send + 'static>(
    reader: &R,
    asked: Asked,
    make: impl FnOnce(Report) -> T + Send + 'static,
) -> Answered<(T, String)> {
    let app = reader.app();
    // Today is not known before the journal is entered, so an open window is read a day wider.
    let latest = last_date_on_earth(app.clock.now());
    let (from, to) = asked.window(latest);
    let wide = (asked.from.unwrap_or(from - Days::new(2)), to);
    let place = app.lanes.reports.enter().await?;
    let statements = read::statements(read::entry_days(wide), wide);
    let (journal, rows) = reader.read_all(asked.days(), statements).await?;
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

async fn report<R: Reader>(reader: R, asked: Asked) -> Answered<Versioned<Report>> {
    let (report, etag) = pull(&reader, asked, |report| report).await?;
    Ok(Versioned(report, etag))
}

async fn picture<R: Reader>(reader: R, asked: Asked) -> Answered<Svg> {
    let draw = |report: Report| chart::daily_pain_svg(&report);
    let (svg, etag) = pull(&reader, asked, draw).await?;
    Ok(Svg(svg, etag))
}
