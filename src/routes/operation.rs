//! What an operation is: the half of a route that is for readers.

use super::authz;
use super::document::SharedParts;
use super::parameter::{Parameter, path_parameters};
use crate::access::{Need, Scope};
use crate::http::{Outcome, ProblemKind, Resource, Sent};
use crate::wire::{Components, Wire};
use actix_web::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::openapi::{RefOr, Schema};

/// Registers a body's schema and answers a reference to it.
type BodySchema = Box<dyn FnOnce(&mut Components) -> Value>;

/// What an operation is: the half of a route that is for readers.
pub struct Operation {
    id: String,
    tag: &'static str,
    summary: String,
    description: String,
    parameters: Vec<Parameter>,
    body: Option<BodySchema>,
    body_words: Option<&'static str>,
    example: Option<Value>,
    problems: Vec<ProblemKind>,
}

/// What the schema of a resource does not say of a request, since answers have it too.
const RESOURCE_WORDS: &str = "Unknown members are refused, `readOnly` ones ignored.";

impl Operation {
    /// An operation: camelCase id, one tag, one line of summary. Who may call it follows from its handler.
    pub fn new(id: impl Into<String>, tag: &'static str, summary: impl Into<String>) -> Self {
        let summary = summary.into();
        Self {
            id: id.into(),
            tag,
            description: summary.clone(),
            summary,
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

    /// Answers in pages, as [`PageRequest`](crate::http::PageRequest) reads them.
    #[must_use]
    pub fn pages(self) -> Self {
        Parameter::of_page()
            .into_iter()
            .fold(self, Self::parameter)
            .problems(&[ProblemKind::InvalidCursor])
    }

    /// What a token has to allow, where there must be one.
    pub(super) fn scope(&self, method: &Method, need: Need) -> Option<Scope> {
        need.is_signed_in().then(|| Scope::of_operation(self.tag, method))
    }

    pub(super) fn into_json(
        mut self,
        path: &str,
        (need, scope): (Need, Option<Scope>),
        outcomes: Vec<Outcome>,
        shared: &mut SharedParts,
    ) -> Value {
        let mut parameters: Vec<Value> =
            path_parameters(path).iter().map(|parameter| parameter.refer(shared)).collect();
        parameters.extend(self.parameters.iter().map(|parameter| parameter.refer(shared)));
        let body = self.body.take().map(|schema| schema(&mut shared.components));
        let mut responses = BTreeMap::new();
        let has_success_body = outcomes.iter().any(|outcome| outcome.content.is_some());
        for outcome in outcomes {
            responses.insert(outcome.status.to_string(), shared.outcome(&outcome));
        }
        for (status, kinds) in self.all_problems(path, need, body.is_some(), has_success_body) {
            responses.insert(status.to_string(), shared.problem(status, &kinds));
        }
        responses.insert("default".into(), shared.any_request());
        let mut operation = json!({
            "operationId": self.id, "tags": [self.tag], "summary": self.summary,
            "description": self.description, "responses": responses,
            "x-authz": authz::described(need, scope),
        });
        if let Some(members) = operation.as_object_mut() {
            // That there must be a token is said once, for the whole document.
            if !need.is_signed_in() {
                members.insert("security".into(), json!([]));
            }
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
        need: Need,
        has_body: bool,
        has_success_body: bool,
    ) -> BTreeMap<u16, Vec<ProblemKind>> {
        use ProblemKind as P;
        let mut kinds = self.problems.clone();
        kinds.extend([P::Internal, P::Overloaded, P::BadRequest]);
        if has_success_body {
            kinds.push(P::NotAcceptable);
        }
        if need.is_signed_in() {
            kinds.extend([
                P::Unauthenticated,
                P::TokenExpired,
                P::SignInRevoked,
                P::AccountSuspended,
                P::ScopeInsufficient,
            ]);
        }
        if need.role().is_some() {
            kinds.push(P::RoleInsufficient);
        }
        if need.is_recording() {
            kinds.extend([P::ShareReadOnly, P::NotYours, P::ReferenceRequired]);
        }
        if need.is_fresh() {
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
