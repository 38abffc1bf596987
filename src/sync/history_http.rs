//! The wire of what became of records, and of what was not accepted.

use super::history::{self, MOST_LINES, RecordHistory};
use super::quarantine::{self, RejectedRecords};
use crate::access::{self, Caller, Need};
use crate::app::App;
use crate::http::{Answered, Found, Nothing, PageRequest, ProblemKind, Query, list_name, path_id};
use crate::routes::{Authz, Operation, Parameter, Routes};
use crate::wire::number::whole_of;
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use serde_json::json;

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let [_, next_page] = Parameter::of_page();
    let op = Operation::new("getRecordHistory", "sync", "What became of a record", Authz::PATIENT)
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
    routes.add(Method::GET, "/v1/sync/history/{collection}/{id}", op, record_history);

    let op = Operation::new("listRejectedRecords", "sync", "What was not accepted", Authz::PATIENT)
        .describe("Newest first. A record leaves the list when it is accepted or dismissed.")
        .pages();
    routes.add(Method::GET, "/v1/sync/rejected", op, rejected_records);

    let op = Operation::new(
        "dismissRejectedRecord",
        "sync",
        "Let go what was not accepted",
        Authz::PATIENT,
    )
    .problems(&[ProblemKind::ValidationFailed]);
    routes.add(Method::DELETE, "/v1/sync/rejected/{id}", op, dismiss_rejected);
}

async fn record_history(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Found<RecordHistory>> {
    let list = format!("{}|{}", caller.account(), list_name(&request));
    let asked = asked_history(&request, &app, &list);
    let asked = access::heard(&app, &caller, Need::PATIENT, asked).await?;
    history::of_record(&app, &caller, &list, &asked).await.map(Found)
}

fn asked_history(request: &HttpRequest, app: &App, list: &str) -> Answered<history::Asked> {
    let mut query = Query::of(request, &PageRequest::PARAMETERS);
    let limit = query.get("limit", "Must be a whole number from 1 to 1000.", |v| {
        usize::try_from(whole_of(v)?).ok().filter(|n| (1..=MOST_LINES).contains(n))
    });
    let after = query.raw("cursor").map(|cursor| app.cursors.open(list, cursor)).transpose();
    query.done()?;
    let collection = request.match_info().get("collection").unwrap_or_default().to_owned();
    let (id, limit) = (path_id(request, "id")?, limit.unwrap_or(MOST_LINES));
    Ok(history::Asked { collection, id, limit, after: after? })
}

async fn rejected_records(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Found<RejectedRecords>> {
    let mut query = Query::of(&request, &PageRequest::PARAMETERS);
    let list = format!("{}|{}", caller.account(), list_name(&request));
    let page = PageRequest::read(&mut query, &app.cursors, &list);
    let asked = query.done().and(page);
    let page = access::heard(&app, &caller, Need::PATIENT, asked).await?;
    quarantine::rejected(&app, &caller, &list, page).await.map(Found)
}

async fn dismiss_rejected(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Nothing> {
    let asked = path_id(&request, "id").and_then(|id| Query::of(&request, &[]).done().map(|()| id));
    let id = access::heard(&app, &caller, Need::PATIENT, asked).await?;
    quarantine::dismiss(&app, &caller, id).await
}
