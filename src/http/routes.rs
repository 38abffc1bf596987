//! The route table. A route is registered together with its description, so one without the other
//! does not compile, and the OpenAPI document is made of exactly the routes that are served.

use super::accept::Readable;
use super::document::{Document, Paths, Shared, pascal};
use super::reply::{Answer, Outcome};
use super::resource::{Resource, Sent};
use super::{Answered, ProblemKind};
use crate::access::Sections;
use crate::wire::{Components, Wire};
use actix_web::http::Method;
use actix_web::{Handler, HttpResponse, Route, guard, web};
use serde_json::{Value, json};
use std::collections::BTreeMap;
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

    /// What is not asked for is left out.
    fn to_json(self) -> Value {
        let mut authz = json!({"auth": self.auth, "subject": self.subject});
        if let Some(role) = self.role {
            authz["role"] = json!(role);
        }
        let sections = self.sections.codes();
        if !sections.is_empty() {
            authz["sections"] = json!(sections);
        }
        for (name, asked) in [("step_up", self.step_up), ("recording", self.recording)] {
            if asked {
                authz[name] = json!(true);
            }
        }
        authz
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
    component: Option<&'static str>,
}

impl Parameter {
    /// An optional query parameter with this JSON schema.
    pub const fn query(name: &'static str, description: &'static str, schema: Value) -> Self {
        Self { place: "query", name, required: false, description, schema, component: None }
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
        Self::long_header(name, description, pattern, 40)
    }
    /// A header of up to `most` characters.
    pub fn long_header(
        name: &'static str,
        description: &'static str,
        pattern: &'static str,
        most: usize,
    ) -> Self {
        let schema = json!({"type": "string", "pattern": pattern, "maxLength": most});
        Self { place: "header", name, required: false, description, schema, component: None }
    }
    /// A header with ETags as they were given, by the server or by a proxy in front of it.
    fn etags(name: &'static str, description: &'static str) -> Self {
        let schema = json!({"type": "string", "maxLength": 1000});
        Self { place: "header", name, required: false, description, schema, component: None }
    }
    /// The version that a reader has, for an answer that may be 304.
    pub fn if_none_match() -> Self {
        Self::etags("If-None-Match", "The ETag of what you have.")
    }
    /// That a record must be new.
    pub fn if_absent() -> Self {
        Self::header("If-None-Match", "`*` to create.", "^\\*$").called("IfAbsent")
    }
    /// The version that is replaced.
    pub fn if_match() -> Self {
        Self::etags("If-Match", "The ETag of the version to replace.")
    }
    /// The version that is deleted.
    pub fn if_match_or_any() -> Self {
        let description = "The ETag of the version to delete, or `*`.";
        Self::etags("If-Match", description).called("IfMatchOrAny")
    }
    /// Calls it otherwise among the document's components, where its own name means another one.
    #[must_use]
    pub const fn called(mut self, component: &'static str) -> Self {
        self.component = Some(component);
        self
    }

    fn refer(&self, shared: &mut Shared) -> Value {
        let name = self.component.map_or_else(|| pascal(self.name), str::to_owned);
        shared.parameter(
            &name,
            json!({"name": self.name, "in": self.place, "required": self.required,
                   "description": self.description, "schema": self.schema}),
        )
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
    body_words: Option<&'static str>,
    example: Option<Value>,
    problems: Vec<ProblemKind>,
}

/// What the schema of a resource does not say of a request, since answers have it too.
const RESOURCE_WORDS: &str =
    "What is not named here is refused; what is `readOnly` may be left out, and is ignored.";

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
            body_words: None,
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
        self.body = Some(Box::new(|components| to_json(&T::schema(components))));
        self
    }
    /// Takes a JSON body with a resource, as it is read and changed.
    #[must_use]
    pub fn takes_resource<T: Resource>(self) -> Self {
        Self { body_words: Some(RESOURCE_WORDS), ..self.takes::<Sent<T>>() }
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

    fn into_json(mut self, path: &str, outcomes: Vec<Outcome>, shared: &mut Shared) -> Value {
        let mut parameters: Vec<Value> =
            path_parameters(path).iter().map(|parameter| parameter.refer(shared)).collect();
        parameters.extend(self.parameters.iter().map(|parameter| parameter.refer(shared)));
        let body = self.body.take().map(|schema| schema(&mut shared.components));
        let mut responses = BTreeMap::new();
        let has_success_body = outcomes.iter().any(|outcome| outcome.content.is_some());
        for outcome in outcomes {
            responses.insert(outcome.status.to_string(), shared.outcome(&outcome));
        }
        for (status, kinds) in self.all_problems(path, body.is_some(), has_success_body) {
            responses.insert(status.to_string(), shared.problem(status, &kinds));
        }
        responses.insert("default".into(), shared.any_request());
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
                let mut body = json!({"required": true, "content": {"application/json": content}});
                if let Some(words) = self.body_words {
                    body["description"] = json!(words);
                }
                members.insert("requestBody".into(), body);
            }
        }
        operation
    }

    /// What can go wrong, by status: the rules that hold for every operation and its own.
    fn all_problems(
        &self,
        path: &str,
        has_body: bool,
        has_success_body: bool,
    ) -> BTreeMap<u16, Vec<ProblemKind>> {
        use ProblemKind as P;
        let mut kinds = self.problems.clone();
        kinds.extend([P::Internal, P::Overloaded, P::BadRequest]);
        if has_success_body {
            kinds.push(P::NotAcceptable);
        }
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

fn path_parameters(path: &str) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let known = names.filter_map(|name| {
        let code = || json!({"type": "string", "maxLength": 40});
        let id = || json!({"type": "string", "format": "uuid"});
        let (name, description, schema) = match name {
            "share_id" => ("share_id", "The share through which the journal is read.", id()),
            "code" => ("code", "The code, as the list names it.", code()),
            "collection" => ("collection", "The collection's name.", code()),
            "id" => ("id", "The id, as the record or the list has it.", id()),
            _ => return None,
        };
        let parameter = Parameter::query(name, description, schema);
        Some(Parameter { place: "path", required: true, ..parameter })
    });
    known.collect()
}

/// The methods of an address, as `Allow` lists them. Where there is GET there is HEAD.
fn allowed<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut allow = Vec::new();
    for method in methods {
        allow.push(method.as_str());
        if method == Method::GET {
            allow.push("HEAD");
        }
    }
    allow.join(", ")
}

/// All routes; their descriptions where they are wanted, which takes far more memory than the routes.
#[derive(Default)]
pub struct Routes {
    describes: bool,
    shared: Shared,
    paths: Paths,
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
            let outcomes = A::outcomes(&mut self.shared.components);
            let described = operation.into_json(path, outcomes, &mut self.shared);
            let verb = method.as_str().to_ascii_lowercase();
            self.paths.entry(path.to_owned()).or_default().insert(verb, described);
        }
        let served = if method == Method::GET {
            // The frame and the encoder see to it that HEAD has no body.
            web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            web::method(method.clone())
        };
        let route = served.to(Readable::<H, A>::new(handler));
        self.served.entry(path.to_owned()).or_default().push((method, route));
    }

    /// Puts the routes into an actix application.
    pub fn install(self, config: &mut web::ServiceConfig) {
        for (path, routes) in self.served {
            let allow = allowed(routes.iter().map(|(method, _)| method));
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

    /// The OpenAPI 3.1 document of exactly these routes, for a server at this address.
    pub fn document(self, server: &str) -> Document {
        Document::of(self.paths, self.shared, server)
    }
}
