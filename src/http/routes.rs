//! The route table. A route is registered together with its description, so one without the other
//! does not compile, and the OpenAPI document is made of exactly the routes that are served.

use super::reply::{Answer, Outcome};
use super::{Answered, Problem, ProblemBody, ProblemKind};
use crate::access::Sections;
use crate::wire::{Components, Wire};
use actix_web::http::Method;
use actix_web::{Handler, HttpResponse, Route, web};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use utoipa::openapi::{RefOr, Schema};

/// Who may call an operation; the authorization matrix test is made of this.
#[derive(Debug, Clone, Copy)]
pub struct Authz {
    auth: &'static str,
    role: Option<&'static str>,
    subject: &'static str,
    sections: Sections,
    step_up: bool,
    recording: bool,
}

impl Authz {
    /// Anybody.
    pub const OPEN: Self = Self {
        auth: "none",
        role: None,
        subject: "none",
        sections: Sections::NONE,
        step_up: false,
        recording: false,
    };
    /// Any signed-in account, on its own things.
    pub const ACCOUNT: Self = Self { auth: "bearer", subject: "own", ..Self::OPEN };
    /// A patient, on the own journal.
    pub const PATIENT: Self = Self { role: Some("patient"), ..Self::ACCOUNT };
    /// A practitioner, on own things.
    pub const PRACTITIONER: Self = Self { role: Some("practitioner"), ..Self::ACCOUNT };

    /// A practitioner with an active share that opens one of these sections.
    pub const fn share(sections: Sections) -> Self {
        Self { subject: "share", sections, ..Self::PRACTITIONER }
    }
    /// The share must allow recording, too.
    #[must_use]
    pub const fn recording(mut self) -> Self {
        self.recording = true;
        self
    }
    /// Needs a password check within the last five minutes.
    #[must_use]
    pub const fn step_up(mut self) -> Self {
        self.step_up = true;
        self
    }

    fn to_json(self) -> Value {
        json!({"auth": self.auth, "role": self.role, "subject": self.subject,
               "sections": self.sections.codes(), "step_up": self.step_up, "recording": self.recording})
    }
}

/// A query or header parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    place: &'static str,
    name: &'static str,
    required: bool,
    description: &'static str,
    schema: Value,
}

impl Parameter {
    /// An optional query parameter with this JSON schema.
    pub const fn query(name: &'static str, description: &'static str, schema: Value) -> Self {
        Self { place: "query", name, required: false, description, schema }
    }
    /// The same parameter, without which the request is refused.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// An optional calendar date.
    pub fn date(name: &'static str, description: &'static str) -> Self {
        Self::query(name, description, json!({"type": "string", "format": "date"}))
    }
    /// A header.
    pub fn header(name: &'static str, description: &'static str, pattern: &'static str) -> Self {
        let schema = json!({"type": "string", "pattern": pattern, "maxLength": 40});
        Self { place: "header", name, required: false, description, schema }
    }

    fn to_json(&self) -> Value {
        json!({"name": self.name, "in": self.place, "required": self.required,
               "description": self.description, "schema": self.schema})
    }
}

/// Registers a body's schema and answers a reference to it.
type BodySchema = Box<dyn FnOnce(&mut Components) -> Value>;

/// What an operation is: the half of a route that is for readers.
pub struct Operation {
    id: String,
    tag: &'static str,
    summary: String,
    description: String,
    authz: Authz,
    parameters: Vec<Parameter>,
    body: Option<BodySchema>,
    example: Option<Value>,
    problems: Vec<ProblemKind>,
}

impl Operation {
    /// An operation: camelCase id, one tag, one line of summary, who may call it.
    pub fn new(
        id: impl Into<String>,
        tag: &'static str,
        summary: impl Into<String>,
        authz: Authz,
    ) -> Self {
        let summary = summary.into();
        Self {
            id: id.into(),
            tag,
            description: summary.clone(),
            summary,
            authz,
            parameters: Vec::new(),
            body: None,
            example: None,
            problems: Vec::new(),
        }
    }
    /// What a caller needs to know beyond the summary.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }
    /// Adds a query or header parameter.
    #[must_use]
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }
    /// Takes a JSON body of this type.
    #[must_use]
    pub fn takes<T: Wire>(mut self) -> Self {
        self.body = Some(Box::new(|components| to_json(&super::request_schema::<T>(components))));
        self
    }
    /// Takes a JSON body that a hand-written schema describes.
    #[must_use]
    pub fn takes_schema(mut self, schema: fn(&mut Components) -> RefOr<Schema>) -> Self {
        self.body = Some(Box::new(move |components| to_json(&schema(components))));
        self
    }
    /// An example of the body.
    #[must_use]
    pub fn example(mut self, example: Value) -> Self {
        self.example = Some(example);
        self
    }
    /// Problems beside those every operation of its kind has.
    #[must_use]
    pub fn problems(mut self, problems: &[ProblemKind]) -> Self {
        self.problems.extend_from_slice(problems);
        self
    }

    /// Answers in pages, as [`PageRequest`](super::PageRequest) reads them.
    #[must_use]
    pub fn pages(self) -> Self {
        super::PageRequest::parameters()
            .into_iter()
            .fold(self, Self::parameter)
            .problems(&[ProblemKind::InvalidCursor])
    }

    fn into_json(
        mut self,
        path: &str,
        outcomes: Vec<Outcome>,
        components: &mut Components,
    ) -> Value {
        let mut parameters: Vec<Value> = path_parameters(path);
        parameters.extend(self.parameters.iter().map(Parameter::to_json));
        let body = self.body.take().map(|schema| schema(components));
        let mut responses = BTreeMap::new();
        for outcome in outcomes {
            responses.insert(outcome.status.to_string(), outcome_json(&outcome));
        }
        for (status, kinds) in self.all_problems(path, body.is_some()) {
            responses.insert(status.to_string(), problem_json(status, &kinds));
        }
        let mut operation = json!({
            "operationId": self.id, "tags": [self.tag], "summary": self.summary,
            "description": self.description, "responses": responses,
            "security": if self.authz.auth == "none" { json!([]) } else { json!([{"bearer": []}]) },
            "x-authz": self.authz.to_json(),
        });
        if let Some(members) = operation.as_object_mut() {
            if !parameters.is_empty() {
                members.insert("parameters".into(), json!(parameters));
            }
            if let Some(schema) = body {
                let mut content = json!({"schema": schema});
                if let (Some(content), Some(example)) = (content.as_object_mut(), self.example) {
                    content.insert("example".into(), example);
                }
                members.insert(
                    "requestBody".into(),
                    json!({"required": true, "content": {"application/json": content}}),
                );
            }
        }
        operation
    }

    /// What can go wrong, by status: the rules that hold for every operation and its own.
    fn all_problems(&self, path: &str, has_body: bool) -> BTreeMap<u16, Vec<ProblemKind>> {
        use ProblemKind as P;
        let mut kinds = self.problems.clone();
        kinds.extend([P::Internal, P::Overloaded, P::NotAcceptable, P::BadRequest]);
        if self.authz.auth != "none" {
            kinds.extend([
                P::Unauthenticated,
                P::TokenExpired,
                P::SessionRevoked,
                P::AccountSuspended,
            ]);
        }
        if self.authz.role.is_some() {
            kinds.push(P::RoleInsufficient);
        }
        if self.authz.recording {
            kinds.extend([P::ShareReadOnly, P::NotYours]);
        }
        if self.authz.step_up {
            kinds.push(P::ReauthenticationRequired);
        }
        if has_body {
            kinds.extend([
                P::MalformedJson,
                P::RequestTimeout,
                P::BodyTooLarge,
                P::UnsupportedMediaType,
                P::UnsupportedContentEncoding,
                P::ValidationFailed,
            ]);
        }
        if self.parameters.iter().any(|p| p.place == "query") {
            kinds.push(P::ValidationFailed);
        }
        if path.contains('{') {
            kinds.push(P::NotFound);
        }
        let mut by_status: BTreeMap<u16, Vec<ProblemKind>> = BTreeMap::new();
        for kind in ProblemKind::ALL.iter().filter(|kind| kinds.contains(kind)) {
            by_status.entry(kind.status()).or_default().push(*kind);
        }
        by_status
    }
}

fn to_json<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn path_parameters(path: &str) -> Vec<Value> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let schema = if name == "code" || name == "collection" {
                json!({"type": "string", "maxLength": 40})
            } else {
                json!({"type": "string", "format": "uuid"})
            };
            let description = match name {
                "share_id" => "The share through which the journal is read.",
                "code" => "The code, as the list names it.",
                "collection" => "The collection's name.",
                _ => "The id of the record, lower case.",
            };
            json!({"name": name, "in": "path", "required": true,
                   "description": description, "schema": schema})
        })
        .collect()
}

fn outcome_json(outcome: &Outcome) -> Value {
    let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/XRequestId"}});
    for name in outcome.headers {
        let component = format!("#/components/headers/{}", name.replace('-', ""));
        headers[*name] = json!({"$ref": component});
    }
    let mut response = json!({"description": outcome.description, "headers": headers});
    if let (Some((media, schema)), Some(response)) = (&outcome.content, response.as_object_mut()) {
        response.insert("content".into(), json!({(*media): {"schema": schema}}));
    }
    response
}

fn problem_json(status: u16, kinds: &[ProblemKind]) -> Value {
    let list: Vec<String> =
        kinds.iter().map(|kind| format!("`{}`: {}.", kind.code(), kind.title())).collect();
    let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
    let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/XRequestId"}});
    if let Some(headers) = headers.as_object_mut() {
        match status {
            401 => headers.insert(
                "WWW-Authenticate".into(),
                json!({"$ref": "#/components/headers/WWWAuthenticate"}),
            ),
            503 => headers
                .insert("Retry-After".into(), json!({"$ref": "#/components/headers/RetryAfter"})),
            _ => None,
        };
    }
    json!({"description": list.join(" "), "headers": headers, "x-codes": codes,
           "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}})
}

/// All routes; their descriptions where they are wanted, which takes far more memory than the routes.
#[derive(Default)]
pub struct Routes {
    describes: bool,
    components: Components,
    paths: BTreeMap<String, BTreeMap<String, Value>>,
    served: BTreeMap<String, Vec<(Method, Route)>>,
}

impl Routes {
    /// Routes that are described, for [`document`](Self::document). The default is to be served.
    pub fn described() -> Self {
        Self { describes: true, ..Self::default() }
    }

    /// Registers a route.
    pub fn add<H, Args, A>(&mut self, method: Method, path: &str, operation: Operation, handler: H)
    where
        H: Handler<Args, Output = Answered<A>>,
        Args: actix_web::FromRequest + 'static,
        A: Answer + 'static,
    {
        if self.describes {
            let outcomes = A::outcomes(&mut self.components);
            let described = operation.into_json(path, outcomes, &mut self.components);
            let verb = method.as_str().to_ascii_lowercase();
            self.paths.entry(path.to_owned()).or_default().insert(verb, described);
        }
        let route = web::method(method.clone()).to(Caught(handler));
        self.served.entry(path.to_owned()).or_default().push((method, route));
    }

    /// Puts the routes into an actix application.
    pub fn install(self, config: &mut web::ServiceConfig) {
        for (path, routes) in self.served {
            let allow: Vec<String> = routes.iter().map(|(m, _)| m.to_string()).collect();
            let allow = allow.join(", ");
            let mut resource =
                web::resource(&path).default_service(web::to(move || {
                    let allow = allow.clone();
                    async move {
                        HttpResponse::MethodNotAllowed().insert_header(("Allow", allow)).finish()
                    }
                }));
            for (_, route) in routes {
                resource = resource.route(route);
            }
            config.service(resource);
        }
    }

    /// The OpenAPI 3.1 document of exactly these routes.
    pub fn document(mut self) -> Value {
        <ProblemBody as super::Document>::document(&mut self.components);
        if let Some(RefOr::T(Schema::Object(problem))) = self.components.0.get_mut("Problem") {
            add_extras(problem);
        }
        if let Some(RefOr::T(Schema::Object(fault))) = self.components.0.get_mut("Fault") {
            fault.required = vec!["code".into(), "detail".into()];
        }
        let mut tags: Vec<&str> = Vec::new();
        for operation in self.paths.values().flat_map(BTreeMap::values) {
            if let Some(tag) = operation["tags"][0].as_str()
                && !tags.contains(&tag)
            {
                tags.push(tag);
            }
        }
        tags.sort_unstable();
        let tags: Vec<Value> = tags
            .iter()
            .map(|tag| json!({"name": tag, "description": tag_description(tag)}))
            .collect();
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "pain-journal",
                "version": env!("CARGO_PKG_VERSION"),
                "description": include_str!("description.md"),
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
                "contact": {"name": "The pain-journal developers", "url": "https://pain-journal.example"},
            },
            "servers": [{"url": "http://127.0.0.1:8080", "description": "A server on this machine"}],
            "tags": tags,
            "paths": self.paths,
            "components": {
                "schemas": self.components.0,
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The access token of a sign-in, valid for 10 minutes."}},
                "headers": {
                    "XRequestId": {"description": "Names this request in the server's log.",
                        "schema": {"type": "string", "format": "uuid"}},
                    "ETag": {"description": "The version, for If-Match and If-None-Match.",
                        "schema": {"type": "string", "pattern": "^(W/)?\"[A-Za-z0-9._-]+\"$", "maxLength": 120}},
                    "WWWAuthenticate": {"description": "Bearer, with the reason.",
                        "schema": {"type": "string", "maxLength": 120}},
                    "Location": {"description": "Where it is.",
                        "schema": {"type": "string", "format": "uri-reference", "maxLength": 200}},
                    "RetryAfter": {"description": "Seconds to wait before trying again.",
                        "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 3600}},
                },
            },
        })
    }
}

/// Members that only single kinds of problem have.
fn add_extras(problem: &mut utoipa::openapi::schema::Object) {
    use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
    let reason = ObjectBuilder::new().schema_type(Type::String).max_length(Some(40)).description(
        Some("With `resync_required`: `epoch_changed`, `cursor_ahead` or `tombstones_purged`."),
    );
    problem.properties.insert("reason".into(), reason.into());
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

fn tag_description(tag: &str) -> &'static str {
    match tag {
        "account" => "The signed-in account.",
        "auth" => "Registration, sign-in, tokens and devices.",
        "journal" => "A patient's own records.",
        "patients" => "What a practitioner reads through a share.",
        "reference" => "What is the same for everybody: to be read once and kept.",
        "reports" => "Progress reports: every number with its n, window and method.",
        "shares" => "Who may read a journal: invitation, confirmation, limits, end.",
        "sync" => "Offline-first sync of the own journal for apps.",
        "service" => "The server itself.",
        _ => "",
    }
}

/// A handler whose panic is an answer, not a dropped connection.
#[derive(Clone)]
struct Caught<H>(H);

impl<H, Args, A> Handler<Args> for Caught<H>
where
    H: Handler<Args, Output = Answered<A>>,
    A: 'static,
    Args: 'static,
{
    type Output = Answered<A>;
    type Future = LocalBoxFuture<'static, Answered<A>>;

    fn call(&self, args: Args) -> Self::Future {
        let answer = AssertUnwindSafe(self.0.call(args)).catch_unwind();
        Box::pin(async move {
            answer.await.unwrap_or_else(|_| Err(Problem::internal("a handler panicked")))
        })
    }
}
