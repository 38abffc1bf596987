//! The wire of what became of records, and of what was not accepted.

use super::history::{self, MOST_LINES, RecordHistory};
use super::quarantine::{self, RejectedRecords};
use crate::access::{Call, FromCall, Id, ListPage, Patient};
use crate::http::{Answered, Found, Nothing, PageRequest, ProblemKind, Query, list_name, path_id};
use crate::routes::{Operation, Parameter, Routes};
use crate::wire::number::whole_of;
use actix_web::http::Method;
use serde_json::json;
use uuid::Uuid;

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let [_, next_page] = Parameter::of_page();
    let op = Operation::new("getRecordHistory", "sync", "What became of a record")
        .describe(
            "Every value that was ever typed, also overwritten and deleted ones, oldest first.",
        )
        .parameter(
            Parameter::query(
                "limit",
                "Lines a page, 1000 unless you ask for fewer.",
                json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": MOST_LINES}),
            )
            .called("LinesLimit"),
        )
        .parameter(next_page)
        .problems(&[ProblemKind::InvalidCursor]);
    routes.serve(Method::GET, "/v1/sync/history/{collection}/{id}", op, record_history);

    let op = Operation::new("listRejectedRecords", "sync", "What was not accepted")
        .describe("Newest first. A record leaves the list when it is accepted or dismissed.")
        .pages();
    routes.serve(Method::GET, "/v1/sync/rejected", op, rejected_records);

    let op = Operation::new("dismissRejectedRecord", "sync", "Let go what was not accepted")
        .problems(&[ProblemKind::ValidationFailed]);
    routes.serve(Method::DELETE, "/v1/sync/rejected/{id}", op, dismiss_rejected);
}

async fn record_history(
    patient: Patient,
    asked: history::HistoryQuery,
) -> Answered<Found<RecordHistory>> {
    history::of_record(&patient, &asked).await.map(Found)
}

impl FromCall for history::HistoryQuery {
    fn from_call(call: &Call) -> Answered<Self> {
        let request = call.request();
        let list = format!("{}|{}", call.caller()?.account(), list_name(request));
        let mut query = Query::of(request, &PageRequest::PARAMETERS);
        let limit = query.get("limit", "Must be a whole number from 1 to 1000.", |v| {
            usize::try_from(whole_of(v)?).ok().filter(|n| (1..=MOST_LINES).contains(n))
        });
        let cursors = &call.app()?.cursors;
        let after = query.raw("cursor").map(|cursor| cursors.open(&list, cursor)).transpose();
        query.done()?;
        let collection = request.match_info().get("collection").unwrap_or_default().to_owned();
        let (id, limit) = (path_id(request, "id")?, limit.unwrap_or(MOST_LINES));
        Ok(Self { collection, id, limit, after: after?, list })
    }
}

async fn rejected_records(patient: Patient, asked: ListPage) -> Answered<Found<RejectedRecords>> {
    quarantine::rejected(&patient, asked).await.map(Found)
}

/// What is let go; the operation has no parameters.
struct Dismisses(Uuid);

impl FromCall for Dismisses {
    fn from_call(call: &Call) -> Answered<Self> {
        let Id(id) = Id::from_call(call)?;
        Query::of(call.request(), &[]).done()?;
        Ok(Self(id))
    }
}

async fn dismiss_rejected(patient: Patient, Dismisses(id): Dismisses) -> Answered<Nothing> {
    quarantine::dismiss(&patient, id).await
}
