//! The days a report is asked for, and the paper a document of it is set on, in the query of a request.

use super::source::Source;
use crate::access::{Call, FromCall, Id};
use crate::http::{Answered, ProblemKind, Query};
use crate::language::Paper;
use crate::report::read::asked::{AskedDays, MOST_DAYS};
use crate::routes::Operation;
use crate::routes::Parameter;
use serde_json::json;

impl FromCall for AskedDays {
    fn from_call(call: &Call) -> Answered<Self> {
        let mut query = Query::of(call.request(), &["from", "to"]);
        let asked = days(&mut query);
        query.done()?;
        asked.ok_or_else(|| ProblemKind::ValidationFailed.into())
    }
}

/// The days of a query; `None`, with its faults noted, where they cannot be meant.
fn days(query: &mut Query) -> Option<AskedDays> {
    let asked = AskedDays::of(query.date("from"), query.date("to"), MOST_DAYS);
    asked.map_err(|(field, code, detail)| query.fault(field, code, detail)).ok()
}

/// A file that is asked for: of which report, and, where the paper is asked for, on which.
pub(super) struct AskedFile<const ON_PAPER: bool> {
    pub(super) source: Source,
    /// That of the reader's region where it is none.
    pub(super) paper: Option<Paper>,
}

impl<const ON_PAPER: bool> FromCall for AskedFile<ON_PAPER> {
    fn from_call(call: &Call) -> Answered<Self> {
        if !ON_PAPER {
            return Source::from_call(call).map(|source| Self { source, paper: None });
        }
        let is_kept = Source::is_kept(call);
        let known: &[&str] = if is_kept { &["paper"] } else { &["from", "to", "paper"] };
        let mut query = Query::of(call.request(), known);
        let paper = query.get("paper", "Must be `a4` or `letter`.", Paper::parse);
        let days = if is_kept { None } else { days(&mut query) };
        query.done()?;
        let source = match days {
            Some(days) => Source::Live(days),
            None => Source::Kept(Id::from_call(call)?.0),
        };
        Ok(Self { source, paper })
    }
}

/// The description of the paper.
pub(super) fn with_paper(operation: Operation) -> Operation {
    let names = Paper::ALL.map(Paper::code);
    let description = "The paper; unless given, that of the region of your locale: `letter` where it is usual, \
        else `a4`.";
    let schema = json!({"type": "string", "maxLength": 16, "examples": names});
    operation.parameter(Parameter::query("paper", description, schema))
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
