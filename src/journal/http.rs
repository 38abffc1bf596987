//! The REST half of every collection: one set of handlers, one set of descriptions.

use super::definition::Part;
use super::intent::{Intent, Outcome};
use super::record::Record;
use super::sql::{self, FIRST_DAY, LAST_DAY};
use super::stored::Stored;
use super::write::apply_changes;
use crate::access::{self, Caller, JournalAccess, Need, Target, Write};
use crate::app::App;
use crate::db::{DbError, Tx};
use crate::http::precondition::{self, DeleteCondition, PutCondition, etag};
use crate::http::{
    Answered, Body, Deleted, Found, Page, PageRequest, Problem, ProblemKind, Put, Query, Sent,
    Versioned, list_name, path_id,
};
use crate::routes::{Authz, Operation, Parameter, Routes};
use crate::sections::Sections;
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use chrono::{Datelike, NaiveDate};
use serde_json::Value;

/// Registers the operations of a collection: the patient's own and the practitioner's.
pub fn routes<C: Record>(routes: &mut Routes) {
    let list = format!("/v1/{}", C::PATH);
    let one = format!("{list}/{{id}}");
    let (name, plural) = (C::SCHEMA, C::PLURAL);
    if C::WRITERS.has_patient() {
        let put = put_operation::<C>(format!("put{name}"), "journal", "", Authz::PATIENT)
            .example(C::example());
        routes.add(Method::PUT, &one, put, put_record::<C>);
        let delete = delete_operation::<C>(format!("delete{name}"), "journal", "", Authz::PATIENT);
        routes.add(Method::DELETE, &one, delete, delete_record::<C>);
    }
    let get = get_operation::<C>(format!("get{name}"), "journal", "", Authz::PATIENT);
    routes.add(Method::GET, &one, get, get_record::<C>);
    let read = Operation::new(
        format!("list{plural}"),
        "journal",
        format!("List {}", words(plural)),
        Authz::PATIENT,
    )
    .describe(format!("{} The newest day comes first.", C::ABOUT));
    routes.add(Method::GET, &list, with_page_parameters(read), list_records::<C>);

    if C::SECTIONS == Sections::NONE {
        return;
    }
    let shared = format!("/v1/patients/{{share_id}}/{}", C::PATH);
    let sections = C::SECTIONS;
    let read = Operation::new(
        format!("listShared{plural}"),
        "patients",
        format!("List a patient's {}", words(plural)),
        Authz::share(sections),
    )
    .describe(format!("{} The newest day comes first.", C::ABOUT));
    routes.add(Method::GET, &shared, with_page_parameters(read), list_shared::<C>);

    if C::WRITERS.has_practitioner() {
        let one = format!("{shared}/{{id}}");
        let through = " of a patient";
        let get = get_operation::<C>(
            format!("getShared{name}"),
            "patients",
            through,
            Authz::share(sections),
        );
        routes.add(Method::GET, &one, get, get_shared::<C>);
        let records = Authz::share(sections).recording();
        let put = put_operation::<C>(format!("putShared{name}"), "patients", through, records)
            .example(by_a_practitioner::<C>());
        routes.add(Method::PUT, &one, put, put_shared::<C>);
        let delete =
            delete_operation::<C>(format!("deleteShared{name}"), "patients", through, records);
        routes.add(Method::DELETE, &one, delete, delete_shared::<C>);
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

fn put_operation<C: Record>(id: String, tag: &'static str, through: &str, who: Authz) -> Operation {
    Operation::new(id, tag, format!("Create or replace {}{through}", one::<C>()), who)
        .describe(format!("{} One of the two headers is needed.", C::ABOUT))
        .parameter(Parameter::if_match())
        .parameter(Parameter::if_absent())
        .takes_resource::<C>()
        .problems(&[
            ProblemKind::InvalidHeader,
            ProblemKind::Conflict,
            ProblemKind::PreconditionFailed,
            ProblemKind::PreconditionRequired,
        ])
}

fn get_operation<C: Record>(id: String, tag: &'static str, through: &str, who: Authz) -> Operation {
    Operation::new(id, tag, format!("Read {}{through}", one::<C>()), who)
        .describe(C::ABOUT)
        .parameter(Parameter::if_none_match())
}

fn delete_operation<C: Record>(
    id: String,
    tag: &'static str,
    through: &str,
    who: Authz,
) -> Operation {
    let operation = Operation::new(id, tag, format!("Delete {}{through}", one::<C>()), who)
        .describe("It becomes a tombstone; its values stay in the history. Deleting twice is fine.")
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

/// Whose journal an address means.
type Whose = fn(&HttpRequest) -> Answered<Target>;

fn shared<C: Record>(request: &HttpRequest, action: &'static str) -> Answered<Target> {
    let id = path_id(request, "share_id")?;
    Ok(Target::Share { id, action, sections: C::SECTIONS, from: None, to: None })
}

fn shared_reading<C: Record>(request: &HttpRequest) -> Answered<Target> {
    shared::<C>(request, C::COLLECTION)
}

fn shared_recording<C: Record>(request: &HttpRequest) -> Answered<Target> {
    shared::<C>(request, C::RECORDING)
}

async fn put_record<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    body: Body<Sent<C>>,
) -> Answered<Put<Stored<C>>> {
    put(&app, &caller, &request, body, |_| Ok(Target::Own)).await
}

async fn put_shared<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    body: Body<Sent<C>>,
) -> Answered<Put<Stored<C>>> {
    put(&app, &caller, &request, body, shared_recording::<C>).await
}

async fn put<C: Record>(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    body: Body<Sent<C>>,
    whose: Whose,
) -> Answered<Put<Stored<C>>> {
    let target = whose(request);
    let asked = path_id(request, "id")
        .and_then(|id| Ok((id, precondition::of_put(request)?)))
        .and_then(|(id, condition)| Ok((id, body.valid()?.about(id, &condition)?, condition)));
    let intent = asked.map(|(id, content, condition)| match condition {
        PutCondition::Absent => (id, Intent::Create(content)),
        PutCondition::Versions(base) => (id, Intent::Replace { base, content }),
    });
    let (outcome, seen) = change_one(app, caller, target, intent).await?;
    match outcome {
        Outcome::Created(record) => {
            let etag = record.etag();
            Ok(Put::Created(seen.of(record), etag))
        }
        Outcome::Unchanged(record) | Outcome::Replaced(record) => {
            let etag = record.etag();
            Ok(Put::Stands(seen.of(record), etag))
        }
        other => Err(refusal(other)),
    }
}

async fn delete_record<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Deleted> {
    delete::<C>(&app, &caller, &request, |_| Ok(Target::Own)).await
}

async fn delete_shared<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Deleted> {
    delete::<C>(&app, &caller, &request, shared_recording::<C>).await
}

async fn delete<C: Record>(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    whose: Whose,
) -> Answered<Deleted> {
    let target = whose(request);
    let asked = path_id(request, "id").and_then(|id| Ok((id, precondition::of_delete(request)?)));
    let intent = asked.map(|(id, condition)| {
        let base = match condition {
            DeleteCondition::Any => None,
            DeleteCondition::Versions(versions) => Some(versions),
        };
        (id, Intent::<C>::Delete { base })
    });
    match change_one(app, caller, target, intent).await?.0 {
        Outcome::Deleted(rev) => Ok(Deleted(etag(rev))),
        other => Err(refusal(other)),
    }
}

/// What the caller sees of a record he has written.
struct Seen(Option<Sections>);

impl Seen {
    fn of<C: Record>(&self, record: Stored<C>) -> Stored<C> {
        match self.0 {
            None => record,
            Some(sections) => record.seen_through(sections),
        }
    }
}

/// Writes one record. A request that cannot be read is judged only after its caller has been: behind
/// a share that does not open, every request looks alike.
async fn change_one<C: Record>(
    app: &App,
    caller: &Caller,
    target: Answered<Target>,
    intent: Answered<(uuid::Uuid, Intent<C>)>,
) -> Answered<(Outcome<Stored<C>>, Seen)> {
    let work = async |tx: &Tx<'_, Write>, journal: JournalAccess<Write>, intent| {
        let outcomes =
            apply_changes(tx, &journal, &app.ids, vec![intent]).await.map_err(not_written)?;
        outcomes.into_iter().next().ok_or_else(|| Problem::internal("one intent, no outcome"))
    };
    match target {
        Ok(Target::Own) => {
            let intent = access::heard(app, caller, Need::PATIENT, intent).await?;
            let outcome = access::write(app, caller, Need::PATIENT, async |tx, journal| {
                work(tx, journal, intent).await
            })
            .await?;
            if outcome.is_change() {
                app.pokes.poke_changed(caller.account());
            }
            Ok((outcome, Seen(None)))
        }
        Ok(target) => {
            let (done, patient) =
                access::record(app, caller, target, C::SECTIONS, async |tx, journal| {
                    let seen = Seen(Some(journal.sections()));
                    // A bad request is a value here, so that its line in the log is committed.
                    Ok(match intent {
                        Ok(intent) => Ok((work(tx, journal, intent).await?, seen)),
                        Err(problem) => Err(problem),
                    })
                })
                .await?;
            let (outcome, seen): (Outcome<Stored<C>>, Seen) = done?;
            if outcome.is_change() {
                app.pokes.poke_changed(patient);
            }
            Ok((outcome, seen))
        }
        Err(problem) => access::heard(app, caller, Need::PRACTITIONER, Err(problem)).await,
    }
}

/// A practitioner does not see that an id is taken where the share does not open what stands there.
fn not_written(error: DbError) -> Problem {
    match error {
        DbError::Walled(_) => Problem::new(ProblemKind::Conflict)
            .detail("This id names a record that the share does not open. Use a new id."),
        other => other.into(),
    }
}

/// A practitioner records a new record through a share, as over HTTP.
///
/// # Errors
/// As the operation.
pub async fn record_one<C: Record>(
    app: &App,
    caller: &Caller,
    share: uuid::Uuid,
    id: uuid::Uuid,
    content: C,
) -> Answered<()> {
    let (action, sections) = (C::RECORDING, C::SECTIONS);
    let target = Target::Share { id: share, action, sections, from: None, to: None };
    match change_one(app, caller, Ok(target), Ok((id, Intent::Create(content)))).await?.0 {
        Outcome::Created(_) => Ok(()),
        other => Err(refusal(other)),
    }
}

/// What the writer refuses, in the words of HTTP.
fn refusal<T>(outcome: Outcome<T>) -> Problem {
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
        Outcome::NotYours => ProblemKind::NotYours.into(),
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
    get(&app, &caller, &request, Need::PATIENT, |_| Ok(Target::Own)).await
}

async fn get_shared<C: Record>(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Versioned<Stored<C>>> {
    get(&app, &caller, &request, Need::PRACTITIONER, shared_reading::<C>).await
}

async fn get<C: Record>(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    need: Need,
    whose: Whose,
) -> Answered<Versioned<Stored<C>>> {
    let target = access::heard(app, caller, need, whose(request)).await?;
    let id = path_id(request, "id");
    let wanted = id.as_ref().copied().unwrap_or_default();
    let (journal, records) =
        access::read(app, caller, need, target, sql::find::<C>(wanted)).await?;
    id?;
    let record = records.into_iter().next().ok_or(ProblemKind::NotFound)?;
    let etag = record.etag();
    let seen = Seen(matches!(target, Target::Share { .. }).then(|| journal.sections()));
    Ok(Versioned(seen.of(record), etag))
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
        let name = format!("{}|{}|{}|{}", caller.account(), list_name(request), days.0, days.1);
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
    let (journal, rows) = access::read(app, caller, need, target, {
        sql::page::<C>(asked.days, asked.page.after, asked.page.limit + 1)
    })
    .await?;
    let page = asked.page::<C>(app, rows);
    Ok(Found(match target {
        Target::Own => page,
        Target::Share { .. } => page.map(|record| record.seen_through(journal.sections())),
    }))
}
