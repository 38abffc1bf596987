//! The days a report is asked for, in the query of a request.

use crate::access::{Call, FromCall};
use crate::http::{Answered, ProblemKind, Query};
use crate::report::read::asked::{AskedDays, MOST_DAYS};
use crate::routes::Operation;
use crate::routes::Parameter;

impl FromCall for AskedDays {
    fn from_call(call: &Call) -> Answered<Self> {
        let mut query = Query::of(call.request(), &["from", "to"]);
        let asked = Self::of(query.date("from"), query.date("to"), MOST_DAYS);
        if let Err((field, code, detail)) = &asked {
            query.fault(field, code, detail.clone());
        }
        query.done()?;
        asked.map_err(|_| ProblemKind::ValidationFailed.into())
    }
}

/// The description of the days, and of the version the reader has.
pub(crate) fn with_window(operation: Operation) -> Operation {
    operation
        .parameter(
            Parameter::date("from", "The first journal day; 89 days before `to` unless given.")
                .called("ReportFrom"),
        )
        .parameter(
            Parameter::date("to", "The last journal day; today unless given. At most 731 days.")
                .called("ReportTo"),
        )
        .parameter(Parameter::if_none_match())
}
