//! The REST half of every collection: one set of handlers, one set of descriptions.

use super::record::Record;
use super::sql::{self, FIRST_DAY, LAST_DAY};
use super::stored::Stored;
use super::write::{Intent, Outcome, apply_changes};
use crate::access::{self, Caller, Need, Section, Target};
use crate::app::App;
use crate::http::precondition::{self, DeleteCondition, PutCondition, etag};
use crate::http::{
    Answered, Authz, Body, Deleted, Found, Operation, Page, PageRequest, Parameter, Problem,
    ProblemKind, Put, Query, Routes, Versioned, path_id,
};
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use chrono::{Datelike, NaiveDate};
use serde_json::json;

/// Registers the operations of a collection: the patient's own and the practitioner's view.
pub fn routes<C: Record>(routes: &mut Routes) {
    let list = format!("/v1/{}", C::PATH);
    let one = format!("{list}/{{id}}");
    let shared = format!("/v1/patients/{{share_id}}/{}", C::PATH);
    let (name, plural) = (C::SCHEMA, C::PLURAL);

    let put = Operation::new(format!("put{name}"), "journal", format!("Create or replace: {}", C::ABOUT), Authz::PATIENT)
        .describe("Send `If-None-Match: *` to create under an id of your own making, `If-Match` with the \
            ETag to replace the whole record. A repeated request is answered like the first. An id is used \
            once: creating over a deleted record is a `conflict`; its ETag, sent as `If-Match`, restores it.")
        .parameter(Parameter::header("If-Match", "The version to replace.", "^\"v[0-9]{1,18}\"$"))
        .parameter(Parameter::header("If-None-Match", "`*` to create.", "^\\*$"))
        .takes::<C>()
        .problems(&[ProblemKind::InvalidHeader, ProblemKind::Conflict,
            ProblemKind::PreconditionFailed, ProblemKind::PreconditionRequired]);
    routes.add(Method::PUT, &one, put, put_record::<C>);

    let get = Operation::new(
        format!("get{name}"),
        "journal",
        format!("Read one: {}", C::ABOUT),
        Authz::PATIENT,
    )
    .parameter(Parameter::header(
        "If-None-Match",
        "The version you have.",
        "^(W/)?\"v[0-9]{1,18}\"$",
    ));
    routes.add(Method::GET, &one, get, get_record::<C>);

    let delete = Operation::new(
        format!("delete{name}"),
        "journal",
        format!("Delete: {}", C::ABOUT),
        Authz::PATIENT,
    )
    .describe(
        "The record becomes a tombstone; its values stay in the history. Deleting twice is fine.",
    )
    .parameter(Parameter::header(
        "If-Match",
        "The version to delete, or `*`.",
        "^(\\*|\"v[0-9]{1,18}\")$",
    ))
    .problems(&[
        ProblemKind::InvalidHeader,
        ProblemKind::PreconditionFailed,
        ProblemKind::PreconditionRequired,
    ]);
    routes.add(Method::DELETE, &one, delete, delete_record::<C>);

    let read = Operation::new(
        format!("list{plural}"),
        "journal",
        format!("List, newest day first: {}", C::ABOUT),
        Authz::PATIENT,
    );
    routes.add(Method::GET, &list, with_page_parameters(read), list_records::<C>);

    let sections = section_codes::<C>();
    let read = Operation::new(
        format!("listShared{plural}"),
        "patients",
        format!("List through a share, newest day first: {}", C::ABOUT),
        Authz::share(sections),
    )
    .describe(
        "Fields of sections the share does not open are empty, days outside its window are absent. \
            Each call is a line in the patient's access log.",
    );
    routes.add(Method::GET, &shared, with_page_parameters(read), list_shared::<C>);
}

/// The codes of a collection's sections, for the document.
fn section_codes<C: Record>() -> &'static [&'static str] {
    let codes: Vec<&'static str> = C::SECTIONS.iter().map(Section::code).collect();
    codes.leak()
}

fn with_page_parameters(operation: Operation) -> Operation {
    operation
        .parameter(Parameter::date("from", "The first journal day."))
        .parameter(Parameter::date("to", "The last journal day."))
        .parameter(Parameter::query(
            "limit",
            "Items a page, 50 unless you ask otherwise.",
            json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": 200}),
        ))
        .parameter(Parameter::query(
            "cursor",
            "`next_cursor` of the page before.",
            json!({"type": "string", "maxLength": 200}),
        ))
        .problems(&[ProblemKind::InvalidCursor])
}

async fn put_record<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    body: Body<C>,
) -> Answered<Put<Stored<C>>> {
    let asked = path_id(&request, "id")
        .and_then(|id| Ok((id, precondition::of_put(&request)?)))
        .and_then(|(id, condition)| Ok((id, condition, body.valid()?)));
    let (id, condition, content) = match asked {
        Ok(asked) => asked,
        Err(problem) => {
            access::check(&app, &caller, Need::PATIENT).await?;
            return Err(problem);
        }
    };
    let intent = match condition {
        PutCondition::Absent => Intent::Create(content),
        PutCondition::Version(base) => Intent::Replace { base, content },
    };
    match change_one(&app, &caller, id, intent).await? {
        Outcome::Created(record) => {
            let etag = record.etag();
            Ok(Put::Created(record, etag))
        }
        Outcome::Unchanged(record) | Outcome::Replaced(record) => {
            let etag = record.etag();
            Ok(Put::Stands(record, etag))
        }
        other => Err(refusal(other)),
    }
}

async fn delete_record<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Deleted> {
    let asked = path_id(&request, "id").and_then(|id| Ok((id, precondition::of_delete(&request)?)));
    let (id, condition) = match asked {
        Ok(asked) => asked,
        Err(problem) => {
            access::check(&app, &caller, Need::PATIENT).await?;
            return Err(problem);
        }
    };
    let base = match condition {
        DeleteCondition::Any => None,
        DeleteCondition::Version(version) => Some(version),
    };
    match change_one::<C>(&app, &caller, id, Intent::Delete { base }).await? {
        Outcome::Deleted(rev) => Ok(Deleted(etag(rev))),
        other => Err(refusal(other)),
    }
}

async fn change_one<C: Record>(
    app: &App,
    caller: &Caller,
    id: uuid::Uuid,
    intent: Intent<C>,
) -> Answered<Outcome<C>> {
    let outcome = access::write(app, caller, Need::PATIENT, async |tx, journal| {
        let outcomes = apply_changes(tx, &journal, &app.ids, vec![(id, intent)]).await?;
        outcomes.into_iter().next().ok_or_else(|| Problem::internal("one intent, no outcome"))
    })
    .await?;
    if outcome.is_change() {
        app.pokes.poke_changed(caller.account());
    }
    Ok(outcome)
}

/// What the writer refuses, in the words of HTTP.
fn refusal<C>(outcome: Outcome<C>) -> Problem {
    match outcome {
        Outcome::Taken(rev) => Problem::new(ProblemKind::PreconditionFailed)
            .detail("This id already names a record with other content.")
            .etag(etag(rev)),
        Outcome::Gone(rev) => Problem::new(ProblemKind::Conflict)
            .detail("This id names a deleted record. Use a new id, or restore it with If-Match.")
            .etag(etag(rev)),
        Outcome::Stale(rev) => Problem::new(ProblemKind::PreconditionFailed)
            .detail("The record has changed since the version you sent.")
            .etag(etag(rev)),
        Outcome::Unknown => ProblemKind::NotFound.into(),
        Outcome::Invalid(faults) => Problem::invalid(faults),
        Outcome::Created(_)
        | Outcome::Unchanged(_)
        | Outcome::Replaced(_)
        | Outcome::Deleted(_) => Problem::internal("an outcome that does not fit the intent"),
    }
}

async fn get_record<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Versioned<Stored<C>>> {
    let id = path_id(&request, "id");
    let wanted = id.as_ref().copied().unwrap_or_default();
    let (_, records) = access::read(&app, &caller, Need::PATIENT, Target::Own, |permit| {
        sql::find::<C>(permit, wanted)
    })
    .await?;
    id?;
    let record = records.into_iter().next().ok_or(ProblemKind::NotFound)?;
    let etag = record.etag();
    Ok(Versioned(record, etag))
}

/// A list's days and page, read from the query.
struct ListRequest {
    days: (NaiveDate, NaiveDate),
    page: PageRequest,
    /// Names caller, list and filters: what a cursor is bound to.
    name: String,
}

impl ListRequest {
    fn read(app: &App, caller: &Caller, request: &HttpRequest) -> Answered<Self> {
        let [limit, cursor] = PageRequest::PARAMETERS;
        let mut query = Query::of(request, &["from", "to", limit, cursor]);
        let days = days(&mut query);
        let name = format!("{}|{}|{}|{}", caller.account(), request.path(), days.0, days.1);
        let page = PageRequest::read(&mut query, &app.cursors, &name);
        query.done()?;
        Ok(Self { days, page: page?, name })
    }

    fn page<C: Record>(&self, app: &App, rows: Vec<Stored<C>>) -> Page<Stored<C>> {
        Page::of(rows, self.page.limit, |last| {
            let day = last.content.journal_date().unwrap_or(FIRST_DAY);
            app.cursors.seal(&self.name, (i64::from(day.num_days_from_ce()), last.id))
        })
    }
}

/// `from` and `to`, in order.
pub fn days(query: &mut Query) -> (NaiveDate, NaiveDate) {
    let days = (query.date("from").unwrap_or(FIRST_DAY), query.date("to").unwrap_or(LAST_DAY));
    if days.0 > days.1 {
        query.fault("to", "contradiction", "Must not lie before `from`.");
    }
    days
}

async fn list_records<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Found<Page<Stored<C>>>> {
    list::<C>(&app, &caller, &request, Need::PATIENT, |_| Ok(Target::Own)).await
}

async fn list_shared<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Found<Page<Stored<C>>>> {
    list::<C>(&app, &caller, &request, Need::PRACTITIONER, |days| {
        let limit = |day, open| (day != open).then_some(day);
        Ok(Target::Share {
            id: path_id(&request, "share_id")?,
            action: C::COLLECTION,
            sections: C::SECTIONS,
            from: limit(days.0, FIRST_DAY),
            to: limit(days.1, LAST_DAY),
        })
    })
    .await
}

async fn list<C: Record>(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    need: Need,
    target: impl FnOnce((NaiveDate, NaiveDate)) -> Answered<Target>,
) -> Answered<Found<Page<Stored<C>>>> {
    let asked =
        ListRequest::read(app, caller, request).and_then(|asked| Ok((target(asked.days)?, asked)));
    let (target, asked) = match asked {
        Ok(asked) => asked,
        Err(problem) => {
            access::check(app, caller, need).await?;
            return Err(problem);
        }
    };
    let (journal, rows) = access::read(app, caller, need, target, |permit| {
        sql::page::<C>(permit, asked.days, asked.page.after, asked.page.limit + 1)
    })
    .await?;
    let page = asked.page::<C>(app, rows);
    Ok(Found(match target {
        Target::Own => page,
        Target::Share { .. } => page.map(|record| record.seen_through(journal.sections())),
    }))
}
