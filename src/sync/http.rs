//! The wire of sync.

use super::cursor::Cursor;
use super::inflate::Packed;
use super::page;
use super::pull::{self, PullQuery};
use super::push::{self, Push};
use super::repair::repair;
use super::schema::{PullAnswer, PushAnswer, push_body};
use super::stream;
use super::{OLDEST_SCHEMA, SCHEMA_VERSION};
use crate::access::{self, Call, Caller, FromCall, Patient, Permission};
use crate::collections::{self, ALL};
use crate::http::{
    Answer, Answered, Documented, Events, Found, Outcome, Problem, ProblemKind, Query,
};
use crate::routes::{Operation, Parameter, Routes};
use crate::wire::number::whole_of;
use crate::wire::{Components, json as strict, parse_uuid};
use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::marker::PhantomData;

/// A body of more bytes than this is a big push.
const BIG_BYTES: usize = 256 * 1024;
/// A push of more changes than this is one.
const BIG_CHANGES: usize = 200;

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    pull_route(routes);
    push_route(routes);
    let op = Operation::new("streamChanges", "sync", "A live hint to pull")
        .describe("Server-sent events: `event: change` with the newest timestamp, and a comment every 15 s.")
        .parameter(database_of())
        .problems(&[ProblemKind::OtherAccount]);
    routes.serve(Method::GET, "/v1/sync/stream", op, stream_changes);
    super::history_http::routes(routes);
}

fn last_pulled_at() -> Parameter {
    Parameter::query(
        "last_pulled_at",
        "`timestamp` of the last pull; 0 for a first sync.",
        json!({"type": "integer", "format": "int64", "minimum": 0,
               "maximum": 9_007_199_254_740_991_i64}),
    )
}

fn schema_version() -> Parameter {
    Parameter::query(
        "schema_version",
        "The schema the app was built with.",
        json!({"type": "integer", "format": "int32", "minimum": 0, "maximum": 1_000_000}),
    )
}

fn database_of() -> Parameter {
    let about = "The account whose database is synced: another's is refused as `other_account`.";
    let schema = json!({"type": "string", "format": "uuid"});
    Parameter::query("account", about, schema).called("DatabaseOf")
}

fn pull_route(routes: &mut Routes) {
    let op = Operation::new("pullChanges", "sync", "What changed since a cursor")
        .describe(
            "Pages by revision, each from one snapshot; go on while `has_more`. docs/sync.md.",
        )
        .parameter(database_of())
        .parameter(last_pulled_at())
        .parameter(
            Parameter::query(
                "limit",
                "Changes a page, 5000 unless you ask for fewer.",
                json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": 5000}),
            )
            .called("ChangesLimit"),
        )
        .parameter(Parameter::query(
            "collections",
            "Only these, separated by commas.",
            json!({"type": "string", "maxLength": 1000}),
        ))
        .parameter(schema_version())
        .parameter(Parameter::query(
            "migration",
            "WatermelonDB's migration object, as JSON.",
            json!({"type": "string", "maxLength": 4000}),
        ))
        .parameter(Parameter::query(
            "tombstones",
            "1: a first sync lists deleted ids too.",
            json!({"type": "string", "maxLength": 5}),
        ))
        .problems(&[
            ProblemKind::InvalidCursor,
            ProblemKind::LimitTooLarge,
            ProblemKind::UnknownCollection,
            ProblemKind::OtherAccount,
            ProblemKind::ResyncRequired,
            ProblemKind::SchemaVersionUnsupported,
        ]);
    routes.serve(Method::GET, "/v1/sync", op, pull_changes);
}

fn push_route(routes: &mut Routes) {
    let op = Operation::new(
        "pushChanges",
        "sync",
        "Send what changed on the device")
    .describe(
        "The body is {\"changes\": {collection: {created, updated, deleted}}}, up to 5000 changes \
            and 8 MiB, gzip or br allowed. One bad record never blocks the rest. docs/sync.md.",
    )
    .takes_schema(push_body)
    .example(json!({"changes": {"journal_entries": {"created": [{
        "id": "0195a3c2-0000-7000-8000-00000000000a", "kind": "momentary",
        "effective_at": 1_769_544_000_000_i64, "time_zone": "Europe/Berlin", "pain_now": 4,
        "note": "Stiff."}], "updated": [], "deleted": []}}}))
    .parameter(database_of())
    .parameter(last_pulled_at().required().called("PushedAt"))
    .parameter(schema_version())
    .parameter(Parameter::long_header(
        "Idempotency-Key",
        "A new key a push, the same for its repeats.",
        "^[!-~]{8,128}$",
        128,
    ))
    .problems(&[
        ProblemKind::InvalidJson,
        ProblemKind::InvalidBody,
        ProblemKind::InvalidCursor,
        ProblemKind::MissingParameter,
        ProblemKind::UnknownCollection,
        ProblemKind::InvalidHeader,
        ProblemKind::OtherAccount,
        ProblemKind::IdempotencyKeyReused,
        ProblemKind::ResyncRequired,
        ProblemKind::RequestTimeout,
        ProblemKind::BodyTooLarge,
        ProblemKind::TooManyChanges,
        ProblemKind::UnsupportedContentEncoding,
        ProblemKind::SchemaVersionUnsupported,
    ]);
    routes.serve(Method::POST, "/v1/sync", op, push_changes);
}

/// Whose database the client syncs. Another account's is refused before anything else is looked at:
/// its cursor would say nothing here.
fn account(query: &mut Query, caller: &Caller) -> Answered<()> {
    match query.get("account", "Must be the id of an account.", parse_uuid) {
        Some(account) if account != caller.account() => Err(ProblemKind::OtherAccount.into()),
        _ => Ok(()),
    }
}

fn cursor(query: &Query, required: bool) -> Answered<Cursor> {
    match query.raw("last_pulled_at") {
        None if required => {
            Err(Problem::new(ProblemKind::MissingParameter).detail("problem.detail.cursor_missing"))
        }
        None => Ok(Cursor::START),
        Some(text) => Cursor::parse(text).ok_or_else(|| ProblemKind::InvalidCursor.into()),
    }
}

/// The app's schema must be one this server speaks; without the parameter it is taken to be.
fn schema(query: &mut Query) -> Answered<()> {
    let expected = "Must be a whole number.";
    let Some(version) = query.get("schema_version", expected, |v| u32::try_from(whole_of(v)?).ok())
    else {
        return Ok(());
    };
    if (OLDEST_SCHEMA..=SCHEMA_VERSION).contains(&version) {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::SchemaVersionUnsupported)
        .extra("min", OLDEST_SCHEMA)
        .extra("max", SCHEMA_VERSION))
}

impl FromCall for PullQuery {
    fn from_call(call: &Call) -> Answered<Self> {
        let names = [
            "account",
            "last_pulled_at",
            "limit",
            "collections",
            "schema_version",
            "migration",
            "tombstones",
        ];
        let mut query = Query::of(call.request(), &names);
        account(&mut query, &call.caller()?)?;
        schema(&mut query)?;
        let limit = query
            .get("limit", "Must be a whole number from 1.", |v| whole_of(v).filter(|n| *n > 0));
        if limit.is_some_and(|limit| limit > page::MOST) {
            return Err(Problem::new(ProblemKind::LimitTooLarge).detail("problem.detail.page_size"));
        }
        let collections: Vec<String> = match query.raw("collections") {
            None | Some("") => ALL.iter().map(|collection| collection.name().to_owned()).collect(),
            Some(names) => names.split(',').map(|name| name.trim().to_owned()).collect(),
        };
        if collections.iter().any(|name| collections::named(name).is_none()) {
            return Err(ProblemKind::UnknownCollection.into());
        }
        let migrating =
            query.get("migration", "Must be WatermelonDB's migration object.", migrating);
        let tombstones = matches!(query.raw("tombstones"), Some("1" | "true"));
        let cursor = cursor(&query, false)?;
        query.done()?;
        Ok(Self {
            cursor,
            limit: limit.unwrap_or(page::MOST),
            collections,
            migrating: migrating.unwrap_or_default(),
            tombstones,
        })
    }
}

/// The tables a WatermelonDB migration object names.
fn migrating(text: &str) -> Option<BTreeSet<String>> {
    if matches!(text, "" | "null") {
        return Some(BTreeSet::new());
    }
    let migration = strict::parse(text.as_bytes()).ok()?;
    let list =
        |name: &str| migration.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let tables = list("tables").into_iter().filter_map(|t| t.as_str().map(str::to_owned));
    let columns =
        list("columns").into_iter().filter_map(|c| c.get("table")?.as_str().map(str::to_owned));
    Some(tables.chain(columns).collect())
}

/// A `T` that is JSON already. A page has megabytes, which need not be read and copied once more.
struct Written<T>(String, PhantomData<fn() -> T>);

impl<T> Written<T> {
    const fn of(json: String) -> Self {
        Self(json, PhantomData)
    }
}

impl<T: Documented> Responder for Written<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().content_type("application/json; charset=utf-8").body(self.0)
    }
}

impl<T: Documented> Answer for Written<T> {
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        Found::<T>::outcomes(components)
    }
}

async fn pull_changes(patient: Patient, asked: PullQuery) -> Answered<Written<PullAnswer>> {
    pull::pull(&patient, &asked).await.map(Written::of)
}

/// A push as it came. Of a small one it is known what it says.
struct Sent {
    cursor: Cursor,
    key: Option<String>,
    packed: Packed,
    small: Option<Push>,
}

impl access::Asked for Sent {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        let (cursor, key) = named(call.request(), &call.caller()?)?;
        let packed = Packed::read(call.request(), payload).await?;
        let small = packed.within(BIG_BYTES)?;
        let small = small.map(|body| read_push(cursor, key.clone(), &body)).transpose()?;
        Ok(Self { cursor, key, packed, small })
    }
}

async fn push_changes(
    patient: Patient,
    Sent { cursor, key, packed, small }: Sent,
) -> Answered<Written<PushAnswer>> {
    let app = patient.app();
    let account = patient.caller().account();
    let (answer, moved) = match small {
        Some(push) if push.changes() <= BIG_CHANGES => push::push(&patient, push).await?,
        small => {
            let turn = app.big_pushes.enter(account).await?;
            let patient = patient.clone();
            turn.work(&app.db, move || async move {
                let read = || read_push(cursor, key, &packed.inflate()?);
                match small.map_or_else(read, Ok) {
                    Ok(push) => push::push(&patient, push).await,
                    Err(problem) => {
                        patient.judge().await?;
                        Err(problem)
                    }
                }
            })
            .await?
        }
    };
    if moved {
        app.pokes.poke(account);
    }
    Ok(Written::of(answer))
}

/// The cursor and the key of a push.
fn named(request: &HttpRequest, caller: &Caller) -> Answered<(Cursor, Option<String>)> {
    let mut query = Query::of(request, &["account", "last_pulled_at", "schema_version"]);
    account(&mut query, caller)?;
    schema(&mut query)?;
    let cursor = cursor(&query, true)?;
    query.done()?;
    Ok((cursor, key(request)?))
}

fn read_push(cursor: Cursor, key: Option<String>, body: &[u8]) -> Answered<Push> {
    let body = repair(body);
    let hash = push::hash(cursor, &body);
    Push::read(cursor, key, &body, hash)
}

fn key(request: &HttpRequest) -> Answered<Option<String>> {
    let Some(value) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim_matches('"');
    let fits = (8..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(Some(key.to_owned())) } else { Err(ProblemKind::InvalidHeader.into()) }
}

/// Whose journal is listened to.
struct Listens;

impl FromCall for Listens {
    fn from_call(call: &Call) -> Answered<Self> {
        let mut query = Query::of(call.request(), &["account"]);
        account(&mut query, &call.caller()?)?;
        query.done()?;
        Ok(Self)
    }
}

async fn stream_changes(patient: Patient, _: Listens) -> Answered<Events> {
    stream::open(patient).await
}
