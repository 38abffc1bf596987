//! The OpenAPI document: what the routes say of themselves, in the order of a day's work, with what
//! they share in its components.

use crate::http::{Documented as _, Outcome, ProblemBody, ProblemKind};
use crate::language::Language;
use crate::wire::Components;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};

/// The operations by path and method.
pub(super) type Paths = BTreeMap<String, BTreeMap<String, Value>>;

/// The tags in the order of a day's work, and what they hold.
const TAGS: [(&str, &str); 9] = [
    ("auth", "Registration, sign-in, tokens and devices."),
    ("account", "The signed-in account."),
    (
        "journal",
        "A patient's own records. A PUT sends the whole record: with `If-None-Match: *` to create under an id of \
         the client's own making, with `If-Match` and the ETag to replace. What was read can be changed and sent \
         back; an `id` that is not the one of the address and a `version` that is not the one of `If-Match` are \
         refused. A repeated request is answered like the first. Creating over a deleted record is a `conflict`; \
         its ETag, sent as `If-Match`, restores it.",
    ),
    ("sync", "Offline-first sync of the own journal for apps."),
    ("shares", "Who may read a journal: invitation, confirmation, limits, end."),
    (
        "patients",
        "What a practitioner reads and records through a share. Fields of sections the share does not open are \
         empty, days outside its window are absent. Each call is a line in the patient's access log. Writing \
         goes by the rules of the own journal.",
    ),
    ("reports", "Progress reports: every number with its n, window and method."),
    ("reference", "What is the same for everybody: to be read once and kept."),
    ("service", "The server itself."),
];

/// The parts of paths in the order of a day's work; what is not named comes last, by the alphabet.
const DAY: [&str; 36] = [
    "register",
    "verify-email",
    "login",
    "refresh",
    "reauthenticate",
    "logout",
    "auth",
    "devices",
    "me",
    "journal-entries",
    "sleep-records",
    "medication-intakes",
    "flares",
    "goals",
    "questions",
    "assessments",
    "pain-episodes",
    "treatment-sessions",
    "treatment-plans",
    "adverse-events",
    "practitioner-notes",
    "reminders",
    "reminder-times",
    "sync",
    "shares",
    "redeem",
    "confirm",
    "report",
    "summary.html",
    "page.html",
    "document.pdf",
    "chart.svg",
    "days.csv",
    "snapshots",
    "report-jobs",
    "patients",
];

/// A moment ahead in examples. The server puts a nearer one in its place when it shows the document, so
/// that an example stays good however long the server runs.
pub const SOMEDAY: &str = "2027-01-01T00:00:00.000Z";

/// Answers of the demo, by the schema or the media type they are examples of.
const EXAMPLES: &str = include_str!("../../openapi/examples.json");

/// The answer whose example is too large for a document that every client reads, and where it is served.
const ELSEWHERE: (&str, &str) = ("ProgressReport", "/docs/examples/progress-report.json");

/// The methods in the order in which they are met.
const METHODS: [&str; 4] = ["get", "put", "post", "delete"];

/// `invalid_cursor`, `If-Match` as names of components: `InvalidCursor`, `IfMatch`.
pub(super) fn pascal(name: &str) -> String {
    let words = name.split(['_', '-', ' ']);
    words
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect::<String>()
            })
        })
        .collect()
}

/// What operations share: each thing is said once, and referred to.
pub(super) struct SharedParts {
    /// The schemas.
    pub components: Components,
    parameters: Map<String, Value>,
    responses: Map<String, Value>,
    /// All examples there are, and those that an answer has.
    recorded: LazyCell<Map<String, Value>>,
    examples: Map<String, Value>,
}

/// A reference to the component of this name; the value itself where the name means another one,
/// which a test of the document does not let pass.
fn refer(named: &mut Map<String, Value>, kind: &str, name: &str, value: Value) -> Value {
    if named.get(name).is_some_and(|known| *known != value) {
        return value;
    }
    named.insert(name.to_owned(), value);
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

impl Default for SharedParts {
    fn default() -> Self {
        Self {
            components: Components::default(),
            parameters: Map::new(),
            responses: Map::new(),
            recorded: LazyCell::new(|| serde_json::from_str(EXAMPLES).unwrap_or_default()),
            examples: Map::new(),
        }
    }
}

impl SharedParts {
    pub(super) fn parameter(&mut self, name: &str, parameter: Value) -> Value {
        refer(&mut self.parameters, "parameters", name, parameter)
    }

    /// An answer that went well.
    pub(super) fn outcome(&mut self, outcome: &Outcome) -> Value {
        let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/XRequestId"}});
        for name in outcome.headers {
            let component = format!("#/components/headers/{}", name.replace('-', ""));
            headers[*name] = json!({"$ref": component});
        }
        let mut response = json!({"description": outcome.description, "headers": headers});
        let Some((media, schema)) = &outcome.content else {
            let name = match outcome.status {
                304 => "NotModified".to_owned(),
                _ => pascal(outcome.description.trim_end_matches('.')),
            };
            return refer(&mut self.responses, "responses", &name, response);
        };
        let mut content = json!({"schema": schema});
        let of = match schema {
            RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().unwrap_or_default(),
            RefOr::T(_) => *media,
        };
        if let Some(example) = self.recorded.get(of) {
            let name = pascal(&of.replace('/', "-"));
            let example = refer(&mut self.examples, "examples", &name, json!({"value": example}));
            content["examples"] = json!({"demo": example});
        }
        // Not as `externalValue`: generators look for it beside the document.
        if of == ELSEWHERE.0 {
            let about = format!("{} An example: `{}`.", outcome.description, ELSEWHERE.1);
            response["description"] = json!(about);
        }
        response["content"] = json!({(*media): content});
        if of == *media {
            return response;
        }
        // The own and the shared journal answer alike.
        let name = match (outcome.status, outcome.description) {
            (200, "Done.") => of.to_owned(),
            (200, _) => format!("{of}Standing"),
            (status, _) => format!("{of}{status}"),
        };
        refer(&mut self.responses, "responses", &name, response)
    }

    /// The problems of a status.
    pub(super) fn problem(&mut self, status: u16, kinds: &[ProblemKind]) -> Value {
        self.named_problem(&problem_name(kinds), status, kinds)
    }

    fn named_problem(&mut self, name: &str, status: u16, kinds: &[ProblemKind]) -> Value {
        let english = Language::english();
        let list: Vec<String> = kinds
            .iter()
            .map(|kind| format!("`{}`: {}.", kind.code(), kind.title(english)))
            .collect();
        let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
        let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/XRequestId"}});
        match status {
            401 => {
                headers["WWW-Authenticate"] =
                    json!({"$ref": "#/components/headers/WWWAuthenticate"});
            }
            403 if kinds.contains(&ProblemKind::ScopeInsufficient) => {
                headers["WWW-Authenticate"] =
                    json!({"$ref": "#/components/headers/WWWAuthenticate"});
            }
            429 => {
                for name in ["Retry-After", "RateLimit", "RateLimit-Policy"] {
                    let component = format!("#/components/headers/{}", name.replace('-', ""));
                    headers[name] = json!({"$ref": component});
                }
            }
            503 => headers["Retry-After"] = json!({"$ref": "#/components/headers/RetryAfter"}),
            _ => {}
        }
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        let response = json!({"description": list.join(" "), "headers": headers, "x-codes": codes,
            "content": {"application/problem+json": {"schema": schema}}});
        refer(&mut self.responses, "responses", name, response)
    }

    /// What any request can be before an operation looks at it.
    pub(super) fn any_request(&mut self) -> Value {
        self.named_problem("AnyRequest", 0, &ANY_REQUEST)
    }
}

/// Late, too large in one of its parts, unmet in what it expects, or sent twice in a part.
const ANY_REQUEST: [ProblemKind; 7] = [
    ProblemKind::InvalidHeader,
    ProblemKind::BadRequest,
    ProblemKind::RequestTimeout,
    ProblemKind::BodyTooLarge,
    ProblemKind::UriTooLong,
    ProblemKind::ExpectationFailed,
    ProblemKind::HeadersTooLarge,
];

/// Codes that are met together everywhere, and the word for them.
const TOGETHER: [(&str, &[ProblemKind]); 4] = [
    (
        "SignedOut",
        &[ProblemKind::Unauthenticated, ProblemKind::TokenExpired, ProblemKind::SignInRevoked],
    ),
    (
        "Forbidden",
        &[
            ProblemKind::RoleInsufficient,
            ProblemKind::AccountSuspended,
            ProblemKind::ScopeInsufficient,
        ],
    ),
    ("NotAllowed", &[ProblemKind::AccountSuspended, ProblemKind::ScopeInsufficient]),
    (
        "UnsupportedBody",
        &[ProblemKind::UnsupportedMediaType, ProblemKind::UnsupportedContentEncoding],
    ),
];

/// `MalformedJsonOrInvalidHeader`. What every 400 may be is only named where it is alone.
fn problem_name(kinds: &[ProblemKind]) -> String {
    let mut left: Vec<ProblemKind> = kinds.to_vec();
    if left.len() > 1 {
        left.retain(|kind| *kind != ProblemKind::BadRequest);
    }
    let mut words: Vec<String> = Vec::new();
    for (word, together) in TOGETHER {
        if together.iter().all(|kind| left.contains(kind)) {
            left.retain(|kind| !together.contains(kind));
            words.push(word.to_owned());
        }
    }
    words.extend(left.iter().map(|kind| pascal(kind.code())));
    words.join("Or")
}

/// A JSON object whose members have an order of their own.
struct Ordered<T>(Vec<(String, T)>);

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The document.
#[derive(Serialize)]
pub struct Document {
    openapi: &'static str,
    info: Value,
    servers: Value,
    security: Value,
    tags: Value,
    paths: Ordered<Ordered<Value>>,
    components: Value,
}

impl Document {
    pub(super) fn of(paths: Paths, shared: SharedParts, server: &str) -> Self {
        let SharedParts { mut components, parameters, responses, examples, .. } = shared;
        ProblemBody::document(&mut components);
        components.settle();
        if let Some(problem) = components.object("Problem") {
            add_extras(problem);
        }
        if let Some(fault) = components.object("Fault") {
            fault.required = vec!["code".into(), "detail".into()];
        }
        let mut schemas = json!(components.schemas);
        for (name, members) in components.made {
            for member in members {
                schemas[&name]["properties"][&member]["readOnly"] = json!(true);
            }
        }
        for (name, members) in components.needs {
            schemas[&name]["required"] = json!(members);
        }
        let used: BTreeSet<&str> = paths
            .values()
            .flat_map(BTreeMap::values)
            .filter_map(|operation| operation["tags"][0].as_str())
            .collect();
        let answers = paths.values().flat_map(BTreeMap::values).map(|of| &of["responses"]);
        open_answers(&mut schemas, answers.chain(responses.values()));
        let tags = TAGS.iter().filter(|(name, _)| used.contains(name));
        Self {
            openapi: "3.1.0",
            info: json!({
                "title": "pain-journal",
                "version": env!("CARGO_PKG_VERSION"),
                "description": include_str!("description.md"),
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
                "contact": {"name": "The pain-journal developers", "url": "https://pain-journal.example"},
            }),
            servers: json!([{"url": server, "description": "This server"}]),
            security: json!([{"bearer": []}]),
            tags: tags.map(|(name, about)| json!({"name": name, "description": about})).collect(),
            paths: in_order(paths),
            components: json!({
                "schemas": schemas,
                "parameters": parameters,
                "responses": responses,
                "examples": examples,
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The access token of a sign-in, valid for 10 minutes."}},
                "headers": headers(),
            }),
        }
    }
}

/// The paths in the order of a day's work.
fn in_order(paths: Paths) -> Ordered<Ordered<Value>> {
    let rank = |path: &str| -> Vec<(usize, String)> {
        path.trim_start_matches("/v1")
            .split('/')
            .skip(1)
            .filter(|part| !part.starts_with('{'))
            .map(|part| {
                let place = DAY.iter().position(|name| *name == part);
                (place.unwrap_or(DAY.len()), part.to_owned())
            })
            .collect()
    };
    let tag = |methods: &BTreeMap<String, Value>| {
        let tag = methods.values().next().and_then(|operation| operation["tags"][0].as_str());
        TAGS.iter().position(|(name, _)| Some(*name) == tag)
    };
    let mut paths: Vec<_> = paths.into_iter().collect();
    paths.sort_by_cached_key(|(path, methods)| (tag(methods), rank(path), path.clone()));
    let methods = |mut methods: BTreeMap<String, Value>| {
        let known = METHODS.iter().filter_map(|name| methods.remove_entry(*name));
        let mut all: Vec<_> = known.collect();
        all.extend(methods);
        Ordered(all)
    };
    Ordered(paths.into_iter().map(|(path, of)| (path, methods(of))).collect())
}

/// A request is refused for a member that its schema does not name. An answer may have more one day,
/// so what is read too is not closed; the words of the document say what is refused in a request.
fn open_answers<'a>(schemas: &mut Value, answers: impl Iterator<Item = &'a Value>) {
    let mut wanted = BTreeSet::new();
    answers.for_each(|answer| names(answer, &mut wanted));
    let mut reached: BTreeSet<String> = BTreeSet::new();
    while let Some(name) = wanted.pop_first() {
        names(&schemas[&name], &mut wanted);
        reached.insert(name);
        wanted.retain(|name| !reached.contains(name));
    }
    for name in reached {
        if let Some(schema) = schemas[&name].as_object_mut()
            && schema.get("additionalProperties") == Some(&json!(false))
        {
            schema.remove("additionalProperties");
        }
    }
}

/// The schemas that a part of the document refers to.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|to| to.strip_prefix("#/components/schemas/")) {
                found.insert(name.to_owned());
            }
            members.values().for_each(|inner| names(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| names(inner, found)),
        _ => {}
    }
}

fn headers() -> Value {
    json!({
        "XRequestId": {"description": "Names this request in the server's log.",
            "schema": {"type": "string", "format": "uuid"}},
        "ETag": {"description": "The version, for If-Match and If-None-Match.",
            "schema": {"type": "string", "pattern": "^(W/)?\"[A-Za-z0-9._-]+\"$", "maxLength": 120}},
        "JournalSubject": {"description": "Whose journal it was written in: a `JournalSubject` as JSON, in \
                which what is not ASCII is escaped (`\\u00eb`), so that it is read as any JSON.",
            "schema": {"type": "string", "maxLength": 2000, "contentMediaType": "application/json"}},
        "WWWAuthenticate": {"description": "Bearer, with the reason.",
            "schema": {"type": "string", "maxLength": 120}},
        "Location": {"description": "Where it is.",
            "schema": {"type": "string", "format": "uri-reference", "maxLength": 200}},
        "RateLimit": {"description": "What is left of which policy, and in how many seconds more is: \
                `\"address\";r=0;t=4`.",
            "schema": {"type": "string", "maxLength": 120}},
        "RateLimitPolicy": {"description": "What is limited, how many are free, and in how many seconds all \
                of them come back: `\"address\";q=5;w=18000`.",
            "schema": {"type": "string", "maxLength": 120}},
        "RetryAfter": {"description": "Seconds to wait before trying again.",
            "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 3600}},
    })
}

/// Members that only single kinds of problem have.
fn add_extras(problem: &mut Object) {
    let reason = ObjectBuilder::new().schema_type(Type::String).max_length(Some(40)).description(
        Some("With `resync_required`: `epoch_changed`, `cursor_ahead` or `tombstones_purged`."),
    );
    problem.properties.insert("reason".into(), reason.into());
    let scope = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(40))
        .description(Some("With `scope_insufficient`: what the token has to allow."));
    problem.properties.insert("scope".into(), scope.into());
    for (name, about) in [
        ("max_bytes", "With `body_too_large`: bytes a push may have."),
        ("max_changes", "With `too_many_changes`: changes a push may hold."),
        ("min", "With `schema_version_unsupported`: the oldest schema."),
        ("max", "With `schema_version_unsupported`: the newest schema."),
    ] {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(0))
            .maximum(Some(1_000_000_000))
            .description(Some(about));
        problem.properties.insert(name.into(), number.into());
    }
}
