//! The examples of the document: the demo accepts those of requests as they stand, and gives answers like
//! those of answers.
//!
//! `UPDATE_EXAMPLES=1` records the answers anew, into `openapi/examples.json`: what is not by chance as it is
//! now, ids and moments as they were, so that the difference shows what has changed.

use crate::audit::seals::seal_once;
use crate::support::contract::{as_written, document, faults_of, operations};
use crate::support::{Answer, Call, TestApp};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// What only an earlier answer or a mail can give: operation and members.
const GIVEN: [(&str, &[&str]); 4] = [
    ("resetPassword", &["token"]),
    ("verifyEmail", &["verification_id", "code"]),
    ("refreshTokens", &["refresh_token"]),
    ("redeemShare", &["code"]),
];
/// When answers are recorded, by the clock of the demo, whose diary ends the day before; and a second time, which
/// tells what is by chance.
const RECORDED_AT: [&str; 2] = ["2026-11-28T05:53:00Z", "2026-11-28T05:58:00Z"];
/// Too large for a document that every client reads: it stands in a file of its own.
const TOO_LARGE: &str = "ProgressReport";

/// Is it an example worth reading? A page, a picture or a document is none.
fn is_example(media: &str) -> bool {
    media.ends_with("json") || media.starts_with("text/") && media != "text/html"
}

fn recorded_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi").join(name)
}

fn write_json(name: &str, value: &impl serde::Serialize) {
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    std::fs::write(recorded_file(name), text).unwrap();
}

/// The content of an operation's success, with its media type and the name of its schema.
fn success(operation: &Value) -> Option<(&str, &Value)> {
    let responses = operation["responses"].as_object().unwrap();
    let (_, response) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
    let (media, content) = response["content"].as_object()?.iter().next()?;
    Some((media, content))
}

/// Is this a record as a share shows it, or a page of them? The owner's tells enough.
fn is_of_share(name: &str) -> bool {
    let of = name.strip_suffix("Page").unwrap_or(name).strip_prefix("Shared");
    let collections = pain_journal::collections::ALL;
    of.is_some_and(|of| collections.iter().any(|one| one.definition().schema == of))
}

/// Is this a page of items that are answers themselves? Their example is that of the page, too.
fn is_page_of_answers(name: &str) -> bool {
    let item = name.strip_suffix("Page");
    let answers = operations().into_iter().filter_map(|(_, _, operation)| success(operation));
    item.is_some_and(|item| answers.map(|(_, content)| schema_name(content)).any(|of| of == item))
}

fn schema_name(content: &Value) -> &str {
    content["schema"]["$ref"].as_str().and_then(|to| to.rsplit('/').next()).unwrap_or_default()
}

/// The demo, and what its people have in their hands.
struct Demo {
    app: TestApp,
    document: Value,
    ana: String,
    lind: String,
    /// The open share between them.
    share: String,
}

impl Demo {
    /// The demo of today.
    async fn start() -> Self {
        Self::on(TestApp::alone()).await
    }

    /// The demo of another moment.
    async fn at(moment: &str) -> Self {
        let app = TestApp::alone();
        app.turn_to(moment);
        Self::on(app).await
    }

    async fn on(app: TestApp) -> Self {
        let loaded = app.operate(|app| async move { pain_journal::demo::load(&app).await }).await;
        assert!(loaded.unwrap().is_some());
        // The document as it is served: an app developer has no other.
        let served = app.call("GET", "/openapi.json").unchecked().send().await;
        assert_eq!(served.json["servers"][0]["url"], app.base, "the server's own address");
        let mut demo = Self {
            app,
            document: served.json,
            ana: String::new(),
            lind: String::new(),
            share: String::new(),
        };
        let example = demo.body("login");
        demo.ana = demo.sign_in(&example).await;
        let mut lind = example;
        lind["email"] = json!("lind@demo.example");
        lind["password"] = json!("demo-silver-needle");
        demo.lind = demo.sign_in(&lind).await;
        let patients = demo.call("GET", "/v1/patients", "practitioner").send().await;
        patients.json["data"][0]["id"].as_str().unwrap().clone_into(&mut demo.share);
        demo
    }

    async fn sign_in(&self, body: &Value) -> String {
        let answer = self.app.call("POST", "/v1/auth/login").json(body).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json["tokens"]["access_token"].as_str().unwrap().to_owned()
    }

    fn operation(&self, id: &str) -> (String, String, &Value) {
        let paths = self.document["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, of)| (path, method, of))
        });
        let (path, method, of) = all
            .into_iter()
            .find(|(_, _, operation)| operation["operationId"] == id)
            .unwrap_or_else(|| panic!("{id} is not there"));
        (path.clone(), method.to_uppercase(), of)
    }

    /// The example of a request body.
    fn body(&self, id: &str) -> Value {
        let example =
            &self.operation(id).2["requestBody"]["content"]["application/json"]["example"];
        assert!(example.is_object(), "{id} has no example of its body");
        example.clone()
    }

    fn call(&self, method: &str, path: &str, role: &str) -> Call {
        let call = self.app.call(method, path);
        match role {
            "nobody" => call,
            "practitioner" => call.bearer(&self.lind),
            _ => call.bearer(&self.ana),
        }
    }

    /// Sends an example as it stands, but for what only an earlier answer can give.
    async fn send(
        &self,
        id: &str,
        given: &Value,
        at: &[(&str, &str)],
        header: (&str, &str),
    ) -> Answer {
        let (path, method, operation) = self.operation(id);
        let mut body = self.body(id);
        for (member, value) in given.as_object().unwrap() {
            let allowed =
                GIVEN.iter().any(|(of, members)| *of == id && members.contains(&&**member));
            assert!(allowed, "{id}: {member} must stand as it is");
            body[member] = value.clone();
        }
        let path = at.iter().fold(path, |path, (name, value)| path.replace(name, value));
        let role =
            match (operation["x-authz"]["auth"].as_str(), operation["x-authz"]["role"].as_str()) {
                (Some("none"), _) => "nobody",
                (_, Some("practitioner")) => "practitioner",
                _ => "patient",
            };
        let mut call = self.call(&method, &path, role).json(&body);
        if !header.0.is_empty() {
            call = call.header(header.0, header.1);
        }
        let answer = call.send().await;
        assert!((200..300).contains(&answer.status), "{id}: {}", answer.text);
        answer
    }
}

/// Every example of a request body, sent in the order in which an app would; what came back, by operation.
async fn sent(demo: &Demo) -> Map<String, Value> {
    let mut answers = Map::new();
    let none = json!({});
    let mut keep = |id: &str, answer: Answer| {
        answers.insert(id.to_owned(), answer.json.clone());
        answer
    };
    keep("login", demo.send("login", &none, &[], ("", "")).await);
    let asked = keep("register", demo.send("register", &none, &[], ("", "")).await);
    let code = demo.mailed_code().await;
    let given = json!({"verification_id": asked.json["verification_id"], "code": code});
    let verified = keep("verifyEmail", demo.send("verifyEmail", &given, &[], ("", "")).await);
    let token =
        verified.json.pointer("/tokens/refresh_token").or(verified.json.get("refresh_token"));
    let given = json!({"refresh_token": token.unwrap()});
    keep("refreshTokens", demo.send("refreshTokens", &given, &[], ("", "")).await);
    keep("forgotPassword", demo.send("forgotPassword", &none, &[], ("", "")).await);
    let given = json!({"token": demo.mailed_token().await});
    keep("resetPassword", demo.send("resetPassword", &given, &[], ("", "")).await);
    keep("reauthenticate", demo.send("reauthenticate", &none, &[], ("", "")).await);
    keep("putLicence", demo.send("putLicence", &none, &[], ("", "")).await);
    keep("putMe", demo.send("putMe", &none, &[], ("If-Match", "\"v1\"")).await);
    let new = ("If-None-Match", "*");
    for (path, method, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        if method == "put" && path.ends_with("/{id}") && !path.starts_with("/v1/shares") {
            let fresh = Uuid::now_v7().to_string();
            let at = [("{share_id}", &*demo.share), ("{id}", &*fresh)];
            let answer = keep(id, demo.send(id, &none, &at, new).await);
            assert_eq!(answer.status, 201, "{id}");
        }
    }
    let invited = keep("createShare", demo.send("createShare", &none, &[], ("", "")).await);
    let share = invited.json["share"]["id"].as_str().unwrap().to_owned();
    let at = [("{id}", &*share)];
    let changed = demo.send("changeShare", &none, &at, ("If-Match", invited.etag())).await;
    keep("changeShare", changed);
    let given = json!({"code": invited.json["code"]});
    keep("redeemShare", demo.send("redeemShare", &given, &[], ("", "")).await);
    keep("freezeReport", demo.send("freezeReport", &none, &[], ("", "")).await);
    let at = [("{share_id}", &*demo.share)];
    keep("freezeSharedReport", demo.send("freezeSharedReport", &none, &at, ("", "")).await);
    let at = [("{id}", &*demo.share)];
    keep("putShareReference", demo.send("putShareReference", &none, &at, ("", "")).await);
    let pushed =
        demo.send("pushChanges", &none, &[("/v1/sync", "/v1/sync?last_pulled_at=0")], ("", ""));
    let pushed = keep("pushChanges", pushed.await);
    assert_eq!((&pushed.json["accepted"], &pushed.json["rejected"]), (&json!(1), &json!([])));
    keep("changePassword", demo.send("changePassword", &none, &[], ("", "")).await);
    // And back, since it is the one of other examples.
    let mut back = demo.body("changePassword");
    let names = ["current_password", "new_password"];
    let [was, is] = names.map(|name| back[name].take());
    (back[names[0]], back[names[1]]) = (is, was);
    let back = demo.call("PUT", "/v1/auth/password", "patient").json(&back).send().await;
    assert_eq!(back.status, 204, "{}", back.text);
    answers
}

impl Demo {
    /// The token of the link of the newest mail.
    async fn mailed_token(&self) -> String {
        let row = "SELECT body FROM pj.mails ORDER BY created_at DESC, id DESC LIMIT 1";
        let mail: String = self.app.sql().await.query_one(row, &[]).await.unwrap().get(0);
        let link = mail.split_once("#token=").expect("a link in the mail").1;
        link.split_whitespace().next().unwrap().to_owned()
    }

    /// The code of the newest mail.
    async fn mailed_code(&self) -> String {
        let row = "SELECT body FROM pj.mails ORDER BY created_at DESC, id DESC LIMIT 1";
        let mail: String = self.app.sql().await.query_one(row, &[]).await.unwrap().get(0);
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
        mail.lines().map(str::trim).find(is_code).expect("a code in the mail").to_owned()
    }

    /// A refresh token comes again more than a minute later: there is a security event to read.
    async fn repeat_a_refresh(&self) {
        let login = self.app.call("POST", "/v1/auth/login").json(&self.body("login")).send().await;
        let token = json!({"refresh_token": login.json["tokens"]["refresh_token"]});
        for _ in 0..2 {
            let refresh = self.app.call("POST", "/v1/auth/refresh").json(&token).send().await;
            assert_eq!(refresh.status, 200, "{}", refresh.text);
            self.app.pass(chrono::Duration::seconds(61));
        }
    }

    /// Reads everything that can be read, after [`sent`].
    async fn read(&self, answers: &mut Map<String, Value>) {
        self.repeat_a_refresh().await;
        let of = |id: &str| {
            success(operations().into_iter().find(|(_, _, of)| of["operationId"] == id)?.2)
        };
        let mut known: BTreeSet<String> = answers
            .keys()
            .filter_map(|id| of(id))
            .map(|(media, content)| format!("{media} {}", schema_name(content)))
            .collect();
        for (path, method, operation) in operations() {
            let id = operation["operationId"].as_str().unwrap();
            let Some((media, content)) = success(operation) else { continue };
            // What the own journal has answered, the shared one answers alike.
            if is_of_share(schema_name(content))
                || !known.insert(format!("{media} {}", schema_name(content)))
                || media == "text/event-stream"
            {
                continue;
            }
            let role = match operation["x-authz"]["auth"].as_str() {
                Some("none") => "nobody",
                _ => operation["x-authz"]["role"].as_str().unwrap_or("patient"),
            };
            let path = path.replace("{share_id}", &self.share);
            let path = path.replace("{code}", "peg").replace("{collection}", "journal_entries");
            let path = if path.contains("{id}") {
                let id = self.an_id(&path, role).await;
                path.replace("{id}", &id)
            } else {
                path
            };
            let answer = self.call(&method.to_uppercase(), &path, role).send().await;
            assert_eq!(answer.status, 200, "{id} {path}: {}", answer.text);
            let value = if media.ends_with("json") { answer.json } else { json!(answer.text) };
            answers.insert(id.to_owned(), value);
        }
    }

    /// The id of something that is at such an address.
    async fn an_id(&self, path: &str, role: &str) -> String {
        let list = match path.split("/{id}").next().unwrap() {
            "/v1/report-jobs" => {
                let long = json!({"from": "2021-01-01", "to": "2026-01-31"});
                let started = self.call("POST", "/v1/report/snapshots", "patient").json(&long);
                let started = started.send().await;
                assert_eq!(started.status, 202, "{}", started.text);
                return started.json["id"].as_str().unwrap().to_owned();
            }
            "/v1/me/access-log" => {
                // Proved is what is sealed.
                seal_once(&self.app).await;
                let log = self.call("GET", "/v1/me/access-log", role).send().await;
                return log.json["data"][0]["request_id"].as_str().unwrap().to_owned();
            }
            "/v1/sync/history/journal_entries" => "/v1/journal-entries".to_owned(),
            list => list.to_owned(),
        };
        let answer = self.call("GET", &list, role).send().await;
        let id = answer.json["data"][0]["id"].as_str();
        id.unwrap_or_else(|| panic!("{list} is empty: {}", answer.text)).to_owned()
    }
}

/// An answer as an example: lists with their first item, no secrets.
fn shortened(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().take(1).map(shortened).collect(),
        Value::Object(members) => members
            .iter()
            // One collection of a page of sync shows them all.
            .filter(|(name, _)| {
                !members.contains_key("journal_entries") || *name == "journal_entries"
            })
            .map(|(name, inner)| {
                let secret = ["access_token", "refresh_token"].contains(&name.as_str());
                (name.clone(), if secret { json!(format!("…{name}…")) } else { shortened(inner) })
            })
            .collect(),
        Value::String(text) if text.contains('\n') && text.contains(',') => {
            json!(text.split_inclusive('\n').take(3).collect::<String>())
        }
        other => other.clone(),
    }
}

/// What this demo answers, by the names of the schemas, or by the media types of what is no JSON.
async fn answered(demo: &Demo) -> Map<String, Value> {
    let mut answers = sent(demo).await;
    for (path, method, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        let has_body = operation["requestBody"].is_object();
        assert!(!has_body || answers.contains_key(id), "{method} {path} is not tried");
    }
    demo.read(&mut answers).await;
    let mut examples = Map::new();
    examples.insert(
        "text/event-stream".into(),
        json!("event: change\ndata: {\"timestamp\":1099511632501}\n\n"),
    );
    for (_, _, operation) in operations() {
        let Some((media, content)) = success(operation) else { continue };
        let name = if media.ends_with("json") { schema_name(content) } else { media };
        let Some(answer) = answers.get(operation["operationId"].as_str().unwrap()) else {
            continue;
        };
        let is_wanted = is_example(media) && !is_of_share(name) && !is_page_of_answers(name);
        if is_wanted && !examples.contains_key(name) {
            assert_ne!(answer["data"], json!([]), "{name}: an empty list shows nothing");
            examples.insert(name.to_owned(), shortened(answer));
        }
    }
    assert!(examples.contains_key(TOO_LARGE), "a report");
    examples
}

/// What is written down of an answer: what differs between two recordings is by chance and stays as it was.
fn settled(was: &Value, first: &Value, second: &Value) -> Value {
    match (first, second) {
        (Value::Object(members), Value::Object(others)) => members
            .iter()
            .map(|(name, value)| {
                let other = others.get(name).unwrap_or(value);
                (name.clone(), settled(&was[name], value, other))
            })
            .collect(),
        (Value::Array(items), Value::Array(others)) => items
            .iter()
            .enumerate()
            .map(|(at, item)| settled(&was[at], item, others.get(at).unwrap_or(item)))
            .collect(),
        _ if first == second => first.clone(),
        (Value::String(_), _) if was.is_string() => was.clone(),
        (Value::Number(_), _) if was.is_number() => was.clone(),
        _ => first.clone(),
    }
}

async fn record() {
    let read = |name| -> Value {
        std::fs::read(recorded_file(name))
            .map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap())
    };
    let [first, second] = RECORDED_AT.map(async |moment| answered(&Demo::at(moment).await).await);
    let (mut first, second) = (first.await, Value::Object(second.await));
    let report = first.remove(TOO_LARGE).unwrap();
    let report = settled(&read("progress-report.json"), &report, &second[TOO_LARGE]);
    let examples = settled(&read("examples.json"), &Value::Object(first), &second);
    write_json("examples.json", &examples);
    write_json("progress-report.json", &report);
}

#[tokio::test]
async fn the_demo_accepts_every_example_as_it_stands() {
    if std::env::var("UPDATE_EXAMPLES").as_deref() == Ok("1") {
        record().await;
    } else {
        answered(&Demo::start().await).await;
    }
}

#[test]
fn a_recording_shows_what_has_changed_and_keeps_what_is_by_chance() {
    let was =
        json!({"id": "a", "at": 1, "mood": 3, "gone": true, "list": [{"id": "b", "note": null}]});
    let recorded = |id: &str, at: i32| json!({"id": id, "at": at, "mood": 4, "new": id, "list": [{"id": id, "note": "x"}]});
    assert_eq!(
        settled(&was, &recorded("c", 2), &recorded("d", 3)),
        json!({"id": "a", "at": 1, "mood": 4, "new": "c", "list": [{"id": "b", "note": "x"}]})
    );
}

#[test]
fn every_answer_has_an_example_that_its_schema_allows() {
    let mut tried = BTreeSet::new();
    for (path, method, operation) in operations() {
        let Some((media, content)) = success(operation) else { continue };
        let name = schema_name(content);
        if !is_example(media) || is_of_share(name) || is_page_of_answers(name) {
            continue;
        }
        let what = format!("{method} {path}");
        if schema_name(content) == TOO_LARGE {
            let text = std::fs::read(recorded_file("progress-report.json")).unwrap();
            let faults = faults_of(&serde_json::from_slice(&text).unwrap(), &content["schema"]);
            assert!(faults.is_empty(), "{what}: record it again: {faults:#?}");
            let told = operation["responses"]["200"]["description"].as_str().unwrap();
            assert!(told.contains("`/docs/examples/progress-report.json`"), "{what}: {told}");
            continue;
        }
        let reference = content["examples"]["demo"]["$ref"].as_str();
        let reference = reference.unwrap_or_else(|| panic!("{what} has no example of its answer"));
        let example = &as_written().pointer(reference.trim_start_matches('#')).unwrap()["value"];
        let faults = faults_of(example, &content["schema"]);
        assert!(faults.is_empty(), "{what}: record it again: {faults:#?}");
        tried.insert(reference);
    }
    assert!(tried.len() > 40, "{}", tried.len());
    let examples = document()["components"]["examples"].as_object().unwrap();
    assert_eq!(examples.len(), tried.len(), "every example is of an answer");
}

#[test]
fn every_request_has_an_example_that_its_schema_allows() {
    for (path, method, operation) in operations() {
        let content = &operation["requestBody"]["content"]["application/json"];
        if content.is_null() {
            continue;
        }
        let example = &content["example"];
        assert!(example.is_object(), "{method} {path} has no example of its body");
        let schema = content["schema"]["$ref"].as_str().unwrap().trim_start_matches('#');
        let schema = document().pointer(schema).unwrap();
        let members = example.as_object().unwrap();
        for name in members.keys() {
            assert!(schema["properties"][name].is_object(), "{method} {path}: {name}");
            assert!(schema["properties"][name]["readOnly"].is_null(), "{method} {path}: {name}");
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(members.contains_key(name.as_str().unwrap()), "{method} {path}: {name}");
        }
    }
}
