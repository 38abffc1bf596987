//! Extremes everywhere: every parameter, header, form field and member of a body of every route gets
//! dates, numbers, ids and texts from the edges of what can be written, and each is answered: with
//! whatever is right, but never with a 5xx and never with a closed connection.

mod values;

use self::values::Extremes;
use crate::records::samples;
use crate::support::contract::{document, operations};
use crate::support::people::PASSWORD;
use crate::support::{Call, Person, TestApp};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Of all that could be sent, as much as fits: the choice moves through the extremes from place to place.
const LIMIT: Duration = Duration::from_secs(40);
/// Extremes that each place gets at least.
const EACH: usize = 6;
/// How often a busy server is asked again.
const PATIENCE: usize = 5;
/// Requests under way at once.
const AT_ONCE: usize = 6;

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |done, byte| format!("{done}%{byte:02X}"))
}

fn resolved(schema: &Value) -> &Value {
    schema["$ref"].as_str().map_or(schema, |reference| {
        resolved(document().pointer(reference.trim_start_matches('#')).unwrap())
    })
}

/// A value that the schema describes, as small as it can be.
fn smallest(schema: &Value) -> Value {
    let schema = resolved(schema);
    if let Some(example) = schema["examples"].get(0).or(schema.get("example")) {
        return example.clone();
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return smallest(&choices[0]);
    }
    let is = |name: &str| match &schema["type"] {
        Value::Array(names) => names.iter().any(|one| one == name),
        one => one == name,
    };
    if is("object") || schema["properties"].is_object() {
        let members = schema["properties"].as_object().into_iter().flatten();
        return members
            .map(|(name, inner)| (name.clone(), smallest(inner)))
            .collect::<Map<_, _>>()
            .into();
    }
    if is("array") {
        return json!([smallest(&schema["items"])]);
    }
    if is("integer") || is("number") {
        return schema.get("minimum").cloned().unwrap_or(json!(1));
    }
    if is("boolean") {
        return json!(true);
    }
    match schema["format"].as_str() {
        Some("date") => json!("2025-06-01"),
        Some("date-time") => json!("2025-06-01T09:00:00Z"),
        Some("uuid") => json!(Uuid::nil()),
        _ => schema["enum"].get(0).cloned().unwrap_or(json!("x")),
    }
}

/// The places in a body: pointers to members, the body itself too.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(inner, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                places(first, &format!("{at}/0"), found);
            }
        }
        _ => {}
    }
}

/// The body with raw JSON in one place. Members come last, so that nothing is lost by an early fault.
fn with_raw(body: &Value, place: &str, raw: &str) -> String {
    const MARK: &str = "\u{1}here\u{1}";
    if place.is_empty() {
        return raw.to_owned();
    }
    let mut body = body.clone();
    *body.pointer_mut(place).unwrap() = json!(MARK);
    body.to_string().replace(&json!(MARK).to_string(), raw)
}

/// A request that is to be answered: who, method, path, headers, body with its type.
struct Ask {
    token: String,
    method: String,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<(&'static str, String)>,
    /// Does the document describe it?
    described: bool,
}

impl Ask {
    fn new(who: &str, method: &str, path: impl Into<String>) -> Self {
        Self {
            token: who.to_owned(),
            method: method.to_uppercase(),
            path: path.into(),
            headers: Vec::new(),
            body: None,
            described: true,
        }
    }

    fn json(mut self, body: String) -> Self {
        self.body = Some(("application/json", body));
        self
    }

    /// Asks, and again where the server says that it is busy: documents wait in a line, and how fast
    /// that one moves is the machine's.
    async fn answered(self, base: String) {
        let shown = format!(
            "{} {} {:?} {}",
            self.method,
            self.path.chars().take(300).collect::<String>(),
            self.headers,
            self.body.as_ref().map_or("", |(_, body)| body).chars().take(400).collect::<String>()
        );
        let mut answer = self.call(&base).send().await;
        for _ in 0..PATIENCE {
            if answer.code() != "overloaded" {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            answer = self.call(&base).send().await;
        }
        assert!(answer.status < 500, "{} for {shown}: {}", answer.status, answer.text);
    }

    fn call(&self, base: &str) -> Call {
        let mut call = Call::new(base, &self.method, &self.path);
        if !self.token.is_empty() {
            call = call.bearer(&self.token);
        }
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        if let Some((media, body)) = &self.body {
            call = call.header("Content-Type", media).bytes(body.clone());
        }
        if self.described { call } else { call.unchecked() }
    }
}

/// The people and things that addresses name.
struct World {
    ana: Person,
    lind: Person,
    share: String,
    record: String,
}

impl World {
    async fn new(app: &TestApp) -> Self {
        let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
        let all = [
            "pain",
            "sleep",
            "mobility",
            "medication",
            "treatment",
            "assessments",
            "goals",
            "notes",
        ];
        let share = ana.let_record(&lind, &all).await;
        let record = Uuid::now_v7().to_string();
        for sample in samples() {
            let path = format!("/v1/{}/{record}", sample.path);
            let made = ana.create(&path, &sample.body).await;
            assert!([201, 403, 405].contains(&made.status), "{path} {}", made.text);
        }
        Self { ana, lind, share, record }
    }

    fn path(&self, template: &str) -> String {
        template
            .replace("{share_id}", &self.share)
            .replace("{id}", &self.record)
            .replace("{code}", "peg")
            .replace("{collection}", "journal_entries")
    }
}

const HEADERS: &[&str] = &[
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Accept",
    "Accept-Encoding",
    "Content-Encoding",
    "Range",
    "Origin",
    "Cookie",
    "X-Request-Id",
    "Expect",
    "Authorization",
];

/// Requests with an extreme at each place of an operation.
fn asks_of(world: &World, operation: (&str, &str, &Value), extremes: &mut Extremes) -> Vec<Ask> {
    let (template, method, described) = operation;
    let who = match described["x-authz"]["role"].as_str() {
        Some("practitioner") => world.lind.token(),
        _ => world.ana.token(),
    };
    let ask = |path: String| Ask::new(who, method, path);
    let path = world.path(template);
    let mut asks = Vec::new();
    for name in template.split('/').filter(|part| part.starts_with('{')) {
        for word in extremes.words() {
            // An address without a part is another address.
            if !word.is_empty() {
                let mut ask = ask(world.path(&template.replace(name, &encoded(&word))));
                ask.headers.push(("If-Match", "*".into()));
                asks.push(ask);
            }
        }
    }
    for parameter in described["parameters"].as_array().into_iter().flatten() {
        if parameter["in"] != "query" {
            continue;
        }
        let name = parameter["name"].as_str().unwrap();
        for word in extremes.words() {
            asks.push(ask(format!("{path}?{name}={}", encoded(&word))));
        }
        asks.push(ask(format!("{path}?{name}=%FF%00")));
        asks.push(ask(format!("{path}?{name}=%")));
    }
    let is_stream = template.ends_with("/stream");
    for name in HEADERS.iter().filter(|_| !is_stream) {
        for word in extremes.words().into_iter().take(2) {
            let value: String = word.chars().filter(|c| !c.is_control()).take(4_000).collect();
            let mut ask = ask(path.clone());
            if *name == "Authorization" {
                ask.token.clear();
            }
            ask.headers.push((name, value));
            asks.push(ask);
        }
    }
    let content = &described["requestBody"]["content"]["application/json"];
    if content.is_object() {
        let sample = samples()
            .into_iter()
            .find(|sample| template.split('/').any(|part| part == sample.path) && method == "put");
        let example = || content.get("example").cloned();
        let body = sample.map(|sample| sample.body).or_else(example);
        let body = body.unwrap_or_else(|| smallest(&content["schema"]));
        let mut found = Vec::new();
        places(&body, "", &mut found);
        // Members that the sample leaves out.
        let mut whole = body.clone();
        if let (Some(all), Some(body)) =
            (resolved(&content["schema"])["properties"].as_object(), whole.as_object_mut())
        {
            for name in
                all.keys().filter(|name| !body.contains_key(*name)).cloned().collect::<Vec<_>>()
            {
                found.push(format!("/{name}"));
                body.insert(name, Value::Null);
            }
        }
        for place in found {
            for raw in extremes.values() {
                let mut ask = ask(path.clone()).json(with_raw(&whole, &place, &raw));
                if method == "put" {
                    ask.headers.push(("If-None-Match", "*".into()));
                    let fresh = Uuid::now_v7().to_string();
                    ask.path = ask.path.replace(&world.record, &fresh);
                }
                asks.push(ask);
            }
        }
    }
    if template.ends_with("document.pdf") {
        // A document takes long; a few of them tell.
        let mut number = 0;
        asks.retain(|_| {
            number += 1;
            number % 4 == 1
        });
    }
    asks
}

/// Pushes: each member of a record of each collection, and what goes along with it.
fn pushes(world: &World, extremes: &mut Extremes) -> Vec<Ask> {
    let mut asks = Vec::new();
    let path = "/v1/sync?last_pulled_at=0&schema_version=1";
    for sample in samples() {
        let mut record = sample.body.clone();
        let extras = json!({"id": Uuid::now_v7(), "created_at": 1_748_800_000_000_i64,
            "updated_at": 1_748_800_000_000_i64, "_base": {"note": "x"}, "_changed": "note",
            "_status": "created", "clinician_id": null, "unknown": 1});
        record.as_object_mut().unwrap().extend(extras.as_object().unwrap().clone());
        for list in ["created", "updated", "deleted"] {
            let body = json!({"changes": {sample.table: {list: [record]}}});
            let mut found = Vec::new();
            places(&body, "", &mut found);
            for place in found.into_iter().filter(|place| place.contains("/0")) {
                for raw in extremes.values().into_iter().take(3) {
                    let body = with_raw(&body, &place, &raw);
                    let fresh = Uuid::now_v7().to_string();
                    let body = body.replace(record["id"].as_str().unwrap(), &fresh);
                    asks.push(Ask::new(world.ana.token(), "POST", path).json(body));
                }
            }
        }
    }
    asks
}

/// The pages: forms, and the addresses that they lead to.
fn pages(world: &World, cookie: &str) -> Vec<Ask> {
    let page = |method: &str, path: String| {
        let mut ask = Ask::new("", method, path);
        ask.described = false;
        ask.headers.push(("Cookie", format!("pain_journal_pages={cookie}")));
        ask
    };
    let share = &world.share;
    let mut asks = Vec::new();
    for word in Extremes::all_words() {
        let word = encoded(&word);
        let days = [format!("from={word}&to=2025-06-30"), format!("from=2025-06-01&to={word}")];
        for days in days {
            for name in ["", "/page.html", "/document.pdf", "/days.csv", "/chart.svg"] {
                // A document takes long; a few of them tell.
                if name.ends_with("pdf") && asks.len() % 7 > 0 {
                    continue;
                }
                asks.push(page("GET", format!("/clinic/patients/{share}{name}?{days}")));
            }
            let mut form = page("POST", format!("/clinic/patients/{share}/frozen"));
            form.body = Some(("application/x-www-form-urlencoded", days));
            asks.push(form);
        }
        for form in
            [format!("email={word}&password={word}"), word.clone(), format!("{word}={word}")]
        {
            let mut sign_in = page("POST", "/clinic/sign-in".into());
            sign_in.headers.clear();
            sign_in.body = Some(("application/x-www-form-urlencoded", form));
            asks.push(sign_in);
        }
        if word.is_empty() {
            continue;
        }
        for path in [
            format!("/clinic/patients/{word}"),
            format!("/clinic/patients/{word}/frozen"),
            format!("/clinic/patients/{share}/frozen/{word}"),
            format!("/clinic/patients/{share}/frozen/{word}/page.html"),
            format!("/clinic/patients/{share}/{word}"),
            format!("/clinic?{word}"),
            format!("/clinic/{word}"),
            format!("/problems/{word}"),
            format!("/verify-email?token={word}"),
            format!("/docs?{word}"),
            format!("/assets/{word}"),
            format!("/{word}"),
            format!("/v1/{word}"),
        ] {
            asks.push(page("GET", path.clone()));
            asks.push(page("POST", path));
        }
        let mut stranger = page("GET", "/clinic".into());
        let value: String = word.chars().take(4_000).collect();
        stranger.headers = vec![("Cookie", format!("pain_journal_pages={value}"))];
        asks.push(stranger);
    }
    asks
}

async fn cookie(app: &TestApp, person: &Person) -> String {
    let client = reqwest::Client::builder().no_proxy();
    let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form = format!("email={}&password={}", encoded(&person.email), encoded(PASSWORD));
    let request = client.post(format!("{}/clinic/sign-in", app.base));
    let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
    let answer = request.send().await.unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    set.split(['=', ';']).nth(1).unwrap().to_owned()
}

/// Sends all of them, in an order that begins everywhere, as long as there is time.
async fn send(app: &TestApp, mut asks: Vec<Ask>) {
    let since = Instant::now();
    let all = asks.len();
    let mut spread = Vec::with_capacity(all);
    // Every 97th first, then the ones behind them: what time cuts off is a thin slice of everything.
    for first in 0..97 {
        spread.extend((first..all).step_by(97));
    }
    let mut slots: Vec<Option<Ask>> = asks.drain(..).map(Some).collect();
    let asks = spread.into_iter().map(|at| slots[at].take().unwrap());
    let sent = stream::iter(asks)
        .take_while(|_| std::future::ready(since.elapsed() < LIMIT))
        .map(|ask| ask.answered(app.base.clone()))
        .buffer_unordered(AT_ONCE)
        .count()
        .await;
    println!("{sent} of {all} in {:?}", since.elapsed());
    assert!(sent * 5 > all || sent > 2_000, "{sent} of {all} requests tell nothing");
}

#[tokio::test]
async fn no_extreme_in_any_place_of_an_operation_is_a_fault_of_the_server() {
    let app = TestApp::alone();
    let world = World::new(&app).await;
    let mut extremes = Extremes::new(EACH);
    let mut asks = Vec::new();
    for operation in operations() {
        // Whoever signs out can ask nothing more.
        if !["logout", "revokeDevice"].contains(&operation.2["operationId"].as_str().unwrap()) {
            asks.extend(asks_of(&world, operation, &mut extremes));
        }
    }
    send(&app, asks).await;
    assert_eq!(world.ana.get("/v1/me").await.status, 200);
}

#[tokio::test]
async fn no_extreme_in_a_push_is_a_fault_of_the_server() {
    let app = TestApp::alone();
    let world = World::new(&app).await;
    let asks = pushes(&world, &mut Extremes::new(EACH));
    send(&app, asks).await;
    assert_eq!(world.ana.get("/v1/me").await.status, 200);
}

#[tokio::test]
async fn no_extreme_on_a_page_is_a_fault_of_the_server() {
    let app = TestApp::alone();
    let world = World::new(&app).await;
    let cookie = cookie(&app, &world.lind).await;
    let asks = pages(&world, &cookie);
    send(&app, asks).await;
}

/// U+0000 that grows out of two pieces when the piece between them is dropped.
#[tokio::test]
async fn no_escape_in_a_push_grows_into_a_character_that_cannot_be_kept() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = Uuid::now_v7();
    for note in [
        r"x\u00\u000000y",
        r"x\u0\u0000000y",
        r"x\u\u00000000y",
        r"x\u000\u00000y",
        r"x\\u00\u000000y",
        r"x\u0000y",
        r"x\u0000\u0000y",
        r"x\ud8\u000000y",
    ] {
        for place in ["note", "no\\u0000te", "unknown"] {
            let body = format!(
                r#"{{"changes":{{"journal_entries":{{"created":[{{"id":"{id}","kind":"daily",
                "{place}":"{note}"}}],"updated":[],"deleted":[]}}}}}}"#
            );
            let call = ana.call("POST", "/v1/sync?last_pulled_at=0");
            let answer = call.raw(body).send().await;
            assert!([200, 400].contains(&answer.status), "{note} {}", answer.text);
        }
    }
}
