//! The wire of reports: the patient's own and the practitioner's, as JSON.

use super::asked::with_window;
use super::reader::{Reports, SHARED, report_at};
use super::source::Source;
use crate::access::{Patient, Reader, Shared};
use crate::http::{Answered, Versioned, document};
use crate::report::read::asked::AskedDays;
use crate::report::rules::Report;
use crate::routes::{Operation, Routes};
use actix_web::http::Method;

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let about = "Every statement carries value, n, window, method and status; below its gate it says \
        how much it has and needs, and withholds the value. A missing day is null, never 0.";
    let op = Operation::new("getReport", "reports", "The own progress report").describe(about);
    let path = report_at::<Patient>();
    routes.serve(Method::GET, path, with_window(op), report::<Patient>);
    let op = Operation::new("getSharedReport", "reports", "A patient's progress report")
        .describe(format!("{about} {SHARED}"));
    let path = report_at::<Shared<Reports>>();
    routes.serve(Method::GET, path, with_window(op), report::<Shared<Reports>>);
}

document!(Report);

async fn report<R: Reader>(reader: R, asked: AskedDays) -> Answered<Versioned<Report>> {
    let (report, etag) = Source::Live(asked).make(reader, |report, _| report).await?;
    Ok(Versioned(report, etag))
}
