//! A client that checks every answer against the OpenAPI document.

use super::contract;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::sync::OnceLock;

/// A request being put together.
pub struct Call {
    method: String,
    path: String,
    request: reqwest::RequestBuilder,
    checked: bool,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The body as JSON, null when it is none.
    pub json: Value,
}

impl Answer {
    /// The problem's code, empty for other answers.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
    /// The pointers of the faults.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array();
        errors.into_iter().flatten().filter_map(|e| e["pointer"].as_str()).collect()
    }
    /// A header, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
    /// The ETag.
    pub fn etag(&self) -> &str {
        self.header("etag")
    }
}

fn client() -> reqwest::Client {
    // One a thread: a connection belongs to the runtime that opened it.
    thread_local!(static CLIENT: OnceLock<reqwest::Client> = const { OnceLock::new() });
    CLIENT.with(|client| {
        client.get_or_init(|| reqwest::Client::builder().no_proxy().build().unwrap()).clone()
    })
}

impl Call {
    pub fn new(base: &str, method: &str, path: &str) -> Self {
        let request = client().request(method.parse().unwrap(), format!("{base}{path}"));
        Self { method: method.to_owned(), path: path.to_owned(), request, checked: true }
    }
    pub fn bearer(mut self, token: &str) -> Self {
        self.request = self.request.bearer_auth(token);
        self
    }
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }
    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }
    /// A body as it is, said to be JSON.
    pub fn raw(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("Content-Type", "application/json").body(body);
        self
    }
    /// A body as it is, with no word about what it is.
    pub fn bytes(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.body(body);
        self
    }
    /// For addresses that are no operation.
    pub fn unchecked(mut self) -> Self {
        self.checked = false;
        self
    }

    pub async fn send(self) -> Answer {
        let response = self.request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        // A stream of events has no end to wait for.
        let endless = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let text =
            if endless { String::new() } else { response.text().await.expect("a whole answer") };
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status, headers, text, json };
        if self.checked {
            contract::check(&self.method, &self.path, &answer);
        }
        answer
    }
}
