//! The REST half of every collection: one set of handlers, one set of descriptions.

use super::definition::Part;
use super::intent::{Intent, WriteOutcome};
use super::record::Record;
use super::seen::{Holds as _, Seen as _, Sees, SentThroughShare, SharedRecord};
use super::sql::{self, FIRST_DAY, LAST_DAY};
use super::stored::Stored;
use super::write::apply_change;
use crate::access::{
    Call, FromCall, Id, JournalAccess, Patient, Practitioner, Purpose, Read, Reader, Recorder,
    Recording, Shared, ToDelete, ToPut,
};
use crate::app::App;
use crate::db::DbError;
use crate::http::precondition::{DeleteCondition, PutCondition};
use crate::http::{
    Answered, Confirmed, Deleted, Found, Page, PageRequest, Problem, ProblemKind, Put, Query,
    Resource, Versioned, list_name,
};
use crate::journal_subject::JournalSubject;
use crate::routes::{Operation, Parameter, Routes};
use crate::sections::Sections;
use actix_web::http::Method;
use chrono::{Datelike, NaiveDate};
use serde_json::Value;
use std::marker::PhantomData;
use uuid::Uuid;

/// Registers the operations of a collection: the patient's own and the practitioner's.
pub fn routes<C: Record>(routes: &mut Routes) {
    let list = format!("/v1/{}", C::PATH);
    let one = format!("{list}/{{id}}");
    let (name, plural) = (C::SCHEMA, C::PLURAL);
    if C::WRITERS.has_patient() {
        let put = put_operation::<C, C>(format!("put{name}"), "journal", "").example(C::example());
        routes.serve(Method::PUT, &one, put, self::put::<Patient, C>);
        let delete = delete_operation::<C>(format!("delete{name}"), "journal", "");
        routes.serve(Method::DELETE, &one, delete, self::delete::<Patient, C>);
    }
    let get = get_operation::<C>(format!("get{name}"), "journal", "");
    routes.serve(Method::GET, &one, get, self::get::<Patient, C>);
    let read =
        Operation::new(format!("list{plural}"), "journal", format!("List {}", words(plural)))
            .describe(format!("{} The newest day comes first.", C::ABOUT));
    routes.serve(Method::GET, &list, with_page_parameters(read), self::list::<Patient, C>);

    if C::SECTIONS == Sections::NONE {
        return;
    }
    let shared = format!("/v1/patients/{{share_id}}/{}", C::PATH);
    let read = Operation::new(
        format!("listShared{plural}"),
        "patients",
        format!("List a patient's {}", words(plural)),
    )
    .describe("The newest day comes first.");
    routes.serve(
        Method::GET,
        &shared,
        with_page_parameters(read),
        self::list::<Shared<Reads<C>>, C>,
    );

    if C::WRITERS.has_practitioner() {
        let one = format!("{shared}/{{id}}");
        let through = " of a patient";
        let get = get_operation::<C>(format!("getShared{name}"), "patients", through);
        routes.serve(Method::GET, &one, get, self::get::<Shared<Reads<C>>, C>);
        let put = put_operation::<C, SentThroughShare<C>>(
            format!("putShared{name}"),
            "patients",
            through,
        )
        .example(by_a_practitioner::<C>());
        routes.serve(Method::PUT, &one, put, put_shared::<C>);
        let delete = delete_operation::<C>(format!("deleteShared{name}"), "patients", through);
        routes.serve(Method::DELETE, &one, delete, delete_shared::<C>);
    }
}

/// The example with what a practitioner writes: the patient's own fields are the patient's.
fn by_a_practitioner<C: Record>() -> Value {
    let mut example = C::example();
    if let Some(members) = example.as_object_mut() {
        members.retain(|name, _| {
            let field = C::FIELDS.iter().find(|field| field.name == name);
            field.is_some_and(|field| field.part == Part::Clinical || field.required)
        });
        if let Value::Object(beside) = C::beside_example() {
            members.extend(beside);
        }
    }
    example
}

/// `JournalEntry` as words: `journal entry`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// `a journal entry`, `an assessment`.
fn one<C: Record>() -> String {
    let words = words(C::SCHEMA);
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {words}")
}

fn put_operation<C: Record, R: Resource>(
    id: String,
    tag: &'static str,
    through: &str,
) -> Operation {
    Operation::new(id, tag, format!("Create or replace {}{through}", one::<C>()))
        .describe(format!("{} One of the two headers is needed.", C::ABOUT))
        .parameter(Parameter::if_match())
        .parameter(Parameter::if_absent())
        .takes_resource::<R>()
        .problems(&[
            ProblemKind::InvalidHeader,
            ProblemKind::Conflict,
            ProblemKind::PreconditionFailed,
            ProblemKind::PreconditionRequired,
        ])
}

fn get_operation<C: Record>(id: String, tag: &'static str, through: &str) -> Operation {
    Operation::new(id, tag, format!("Read {}{through}", one::<C>()))
        .describe(C::ABOUT)
        .parameter(Parameter::if_none_match())
}

fn delete_operation<C: Record>(id: String, tag: &'static str, through: &str) -> Operation {
    let operation = Operation::new(id, tag, format!("Delete {}{through}", one::<C>()))
        .describe("It becomes a tombstone; deleting twice is fine.")
        .parameter(Parameter::if_match_or_any())
        .problems(&[
            ProblemKind::InvalidHeader,
            ProblemKind::PreconditionFailed,
            ProblemKind::PreconditionRequired,
        ]);
    if C::WRITERS.has_practitioner() {
        return operation.problems(&[ProblemKind::NotYours]);
    }
    operation
}

fn with_page_parameters(operation: Operation) -> Operation {
    operation
        .parameter(Parameter::date("from", "The first journal day."))
        .parameter(Parameter::date("to", "The last journal day."))
        .pages()
}

/// A practitioner reads records of a collection.
#[derive(Debug)]
pub struct Reads<C>(PhantomData<C>);

impl<C: Record> Purpose for Reads<C> {
    const SECTIONS: Sections = C::SECTIONS;
    const ACTION: &'static str = C::COLLECTION;
}

/// A practitioner records in a collection.
#[derive(Debug)]
pub struct Records<C>(PhantomData<C>);

impl<C: Record> Purpose for Records<C> {
    const SECTIONS: Sections = C::SECTIONS;
    const ACTION: &'static str = C::RECORDING;
}

async fn put<W: Recorder + Sees, C: Record>(
    recorder: W,
    asked: ToPut<W::Sent<C>>,
) -> Answered<Put<W::Read<C>>> {
    put_one::<_, C>(&recorder, asked).await.map(|(put, _)| put)
}

/// The same through a share: the answer says whose journal it was.
async fn put_shared<C: Record>(
    recording: Recording<Records<C>>,
    asked: ToPut<SentThroughShare<C>>,
) -> Answered<Confirmed<Put<SharedRecord<C>>>> {
    let (put, subject) = put_one::<_, C>(&recording, asked).await?;
    Ok(Confirmed(put, subject.unwrap_or_default()))
}

async fn put_one<W: Recorder + Sees, C: Record>(
    recorder: &W,
    ToPut { id, condition, content }: ToPut<W::Sent<C>>,
) -> Answered<(Put<W::Read<C>>, Option<JournalSubject>)> {
    let content = content.into_content();
    let intent = match condition {
        PutCondition::Absent => Intent::Create(content),
        PutCondition::Versions(base) => Intent::Replace { base, content },
    };
    let (outcome, subject) = change_one(recorder, id, intent).await?;
    match outcome {
        WriteOutcome::Created(record) => {
            let etag = record.etag();
            Ok((Put::Created(record, etag), subject))
        }
        WriteOutcome::Unchanged(record) | WriteOutcome::Replaced(record) => {
            let etag = record.etag();
            Ok((Put::Stands(record, etag), subject))
        }
        other => Err(refusal(other)),
    }
}

async fn delete<W: Recorder + Sees, C: Record>(recorder: W, asked: ToDelete) -> Answered<Deleted> {
    delete_one::<_, C>(&recorder, asked).await.map(|(deleted, _)| deleted)
}

/// The same through a share: the answer says whose journal it was.
async fn delete_shared<C: Record>(
    recording: Recording<Records<C>>,
    asked: ToDelete,
) -> Answered<Confirmed<Deleted>> {
    let (deleted, subject) = delete_one::<_, C>(&recording, asked).await?;
    Ok(Confirmed(deleted, subject.unwrap_or_default()))
}

async fn delete_one<W: Recorder + Sees, C: Record>(
    recorder: &W,
    ToDelete { id, condition }: ToDelete,
) -> Answered<(Deleted, Option<JournalSubject>)> {
    let base = match condition {
        DeleteCondition::Any => None,
        DeleteCondition::Versions(versions) => Some(versions),
    };
    let (outcome, subject) = change_one::<_, C>(recorder, id, Intent::Delete { base }).await?;
    match outcome {
        WriteOutcome::Deleted(etag) => Ok((Deleted(etag), subject)),
        other => Err(refusal(other)),
    }
}

/// Writes one record. What became of it is told as its writer sees it, and whose journal it was, through a
/// share.
async fn change_one<W: Recorder + Sees, C: Record>(
    recorder: &W,
    id: Uuid,
    intent: Intent<C>,
) -> Answered<(WriteOutcome<W::Read<C>>, Option<JournalSubject>)> {
    let app = recorder.app();
    let (outcome, written) = recorder
        .write(async |tx, journal| {
            let written = apply_change(tx, &journal, &app.ids, (id, intent)).await;
            match written.map_err(not_written)?.map(|record| W::see(record, &journal)) {
                done if done.is_accepted() => Ok(done),
                refused => Err(refusal(refused)),
            }
        })
        .await?;
    if outcome.is_change() {
        app.pokes.poke(written.patient);
    }
    Ok((outcome, written.subject))
}

/// A practitioner does not see that an id is taken where the share does not open what stands there.
fn not_written(error: DbError) -> Problem {
    match error {
        DbError::Walled(_) => {
            Problem::new(ProblemKind::Conflict).detail("problem.detail.id_not_open")
        }
        other => other.into(),
    }
}

/// A practitioner records a new record through a share, as over HTTP.
///
/// # Errors
/// As the operation.
pub async fn record_one<C: Record>(
    practitioner: &Practitioner,
    share: Uuid,
    content: C,
) -> Answered<()> {
    let recording = Recording::through(Shared::<Records<C>>::new(practitioner.clone(), share));
    let id = practitioner.app().ids.next();
    match change_one(&recording, id, Intent::Create(content)).await?.0 {
        WriteOutcome::Created(_) => Ok(()),
        other => Err(refusal(other)),
    }
}

/// What the writer refuses, in the words of HTTP.
fn refusal<T>(outcome: WriteOutcome<T>) -> Problem {
    match outcome {
        WriteOutcome::Taken(etag) => Problem::new(ProblemKind::PreconditionFailed)
            .detail("problem.detail.id_taken")
            .etag(etag),
        WriteOutcome::Gone(etag) => {
            Problem::new(ProblemKind::Conflict).detail("problem.detail.id_deleted").etag(etag)
        }
        WriteOutcome::Stale(etag) => Problem::new(ProblemKind::PreconditionFailed)
            .detail("problem.detail.changed")
            .etag(etag),
        WriteOutcome::NotYours => ProblemKind::NotYours.into(),
        WriteOutcome::Unknown => ProblemKind::NotFound.into(),
        WriteOutcome::Invalid(faults) => Problem::invalid(faults),
        WriteOutcome::Created(_)
        | WriteOutcome::Unchanged(_)
        | WriteOutcome::Replaced(_)
        | WriteOutcome::Deleted(_) => Problem::internal("an outcome that does not fit the intent"),
    }
}

async fn get<R: Reader + Sees, C: Record>(
    reader: R,
    Id(id): Id,
) -> Answered<Versioned<R::Read<C>>> {
    let find = (sql::find::<C>(id),);
    let see = |journal: JournalAccess<Read>, (records,): (Vec<Stored<C>>,)| {
        let record = records.into_iter().next().ok_or(ProblemKind::NotFound)?;
        Ok(R::see(record, &journal))
    };
    let record = reader.read_settled((None, None), find, see).await?;
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

impl FromCall for ListRequest {
    fn from_call(call: &Call) -> Answered<Self> {
        let (caller, request) = (call.caller()?, call.request());
        let [limit, cursor] = PageRequest::PARAMETERS;
        let mut query = Query::of(request, &["from", "to", limit, cursor]);
        let days = days(&mut query);
        let name = format!("{}|{}|{}|{}", caller.account(), list_name(request), days.0, days.1);
        let page = PageRequest::read(&mut query, &call.app()?.cursors, &name);
        query.done()?;
        Ok(Self { days, page: page?, name })
    }
}

impl ListRequest {
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

async fn list<R: Reader + Sees, C: Record>(
    reader: R,
    asked: ListRequest,
) -> Answered<Found<Page<R::Read<C>>>> {
    let page = sql::page::<C>(asked.days, asked.page.after, asked.page.limit + 1);
    let limit = |day, open| (day != open).then_some(day);
    let days = (limit(asked.days.0, FIRST_DAY), limit(asked.days.1, LAST_DAY));
    let (journal, rows) = reader.read(days, page).await?;
    let page = asked.page::<C>(reader.app(), rows);
    Ok(Found(page.map(|record| R::see(record, &journal))))
}
