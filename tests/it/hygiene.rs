//! What every answer has, what no answer has, and requests that are odd as HTTP.

use crate::records::samples;
use crate::support::contract::{document, operations};
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use actix_web::middleware::from_fn;
use pain_journal::door::Bounds;
use pain_journal::door::frame;
use pain_journal::http::{Answered, Found};
use pain_journal::routes::{Operation, Routes};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The headers that every answer has.
const ALWAYS: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-site"),
];

/// Answers of many kinds.
async fn answers_of_many_kinds(app: &TestApp) -> Vec<Answer> {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain", "sleep", "treatment", "notes"]).await;
    let path = fresh("journal-entries");
    let entry = daily("2025-06-01", &json!({}));
    let made = ana.create(&path, &entry).await;
    let known = made.etag().to_owned();
    let mut answers = vec![
        made,
        ana.get(&path).await,
        ana.call("GET", &path).header("If-None-Match", &known).send().await,
        ana.replace(&path, "\"v999\"", &daily("2025-06-02", &json!({}))).await,
        ana.create(&path, &json!({"kind": "weekly"})).await,
        ana.call("PUT", &path).json(&entry).send().await,
        ana.call("PUT", &path).header("If-None-Match", "*").raw("{").send().await,
        ana.call("PUT", &path).header("If-None-Match", "*").bytes("{}").send().await,
        ana.call("PATCH", &path).json(&entry).send().await,
        ana.get("/v1/journal-entries?limit=0").await,
        ana.get("/v1/journal-entries?cursor=x").await,
        ana.call("GET", "/v1/me").header("Accept", "text/html").send().await,
        ana.get("/v1/patients").await,
        ana.delete(&path).await,
        ana.create(&path, &entry).await,
        lind.get(&format!("/v1/patients/{share}/journal-entries")).await,
        lind.get(&format!("/v1/patients/{share}/report")).await,
        lind.get(&format!("/v1/patients/{share}/report/chart.svg")).await,
        lind.get("/v1/patients").await,
        ana.get(&fresh("journal-entries")).await,
        app.get("/v1/me").await,
        app.call("GET", "/v1/me").bearer("x").send().await,
        app.call("GET", "/v1/nowhere").unchecked().send().await,
        app.call("GET", "/").unchecked().send().await,
        app.get("/healthz").await,
        app.get("/readyz").await,
        app.get("/.well-known/jwks.json").await,
        ana.call("POST", "/v1/auth/refresh").json(&json!({"refresh_token": "x"})).send().await,
    ];
    for list in [
        "me",
        "devices",
        "shares",
        "report",
        "me/access-log",
        "me/security-events",
        "sleep-records",
    ] {
        answers.push(ana.get(&format!("/v1/{list}")).await);
    }
    answers
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_and_tells_browsers_to_be_careful() {
    let app = TestApp::shared();
    let answers = answers_of_many_kinds(&app).await;
    let statuses: HashSet<u16> = answers.iter().map(|answer| answer.status).collect();
    for status in [200, 201, 204, 304, 400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 428] {
        assert!(statuses.contains(&status), "no answer with {status} was looked at");
    }
    let mut ids = HashSet::new();
    for answer in &answers {
        let id = answer.header("x-request-id");
        assert!(id.parse::<uuid::Uuid>().is_ok(), "{id}");
        assert!(ids.insert(id.to_owned()), "{id} names two requests");
        for (name, value) in ALWAYS {
            assert_eq!(answer.header(name), value, "{name} of {}", answer.text);
        }
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
        assert!(answer.headers.get("server").is_none());
        let public = answer.header("cache-control").starts_with("public");
        assert!(public || answer.header("cache-control") == "private, no-store", "{}", answer.text);
        assert!(
            !public || answer.status == 200 && !answer.text.contains("\"id\""),
            "{}",
            answer.text
        );
        if answer.status >= 400 {
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!(answer.json["request_id"], id);
            assert_eq!(answer.json["instance"], format!("urn:uuid:{id}"));
            assert_eq!(answer.json["status"], answer.status);
            let page = format!("{}/problems/{}", app.app.public_url, answer.code());
            assert_eq!(answer.json["type"], page);
        }
        assert_eq!(answer.status == 401, answer.headers.contains_key("www-authenticate"));
        assert_eq!(answer.status == 405, answer.headers.contains_key("allow"));
    }
}

#[tokio::test]
async fn no_answer_holds_a_secret_or_a_word_about_the_inside() {
    let app = TestApp::shared();
    let secrets = [
        "password_hash",
        "refresh_key",
        "sealed_key",
        "code_hash",
        "token_hash",
        "$argon2",
        "presented_at",
        "violet kelp",
        "\"d\":",
    ];
    let inside = ["pj.", "sec.", "SELECT", "src/", ".rs", "diesel", "tokio", "actix", "panicked"];
    for answer in answers_of_many_kinds(&app).await {
        for secret in secrets {
            assert!(!answer.text.contains(secret), "{secret} in {}", answer.text);
        }
        for word in inside.iter().filter(|_| answer.status >= 400) {
            assert!(!answer.text.contains(word), "{word} in {}", answer.text);
        }
    }
    let names = document()["components"]["schemas"].as_object().unwrap().values();
    let names = names.flat_map(|schema| schema["properties"].as_object().into_iter().flatten());
    for (name, _) in names {
        assert!(!secrets.contains(&name.as_str()), "{name} is a field of the document");
    }
}

/// A request as bytes, and what the server answers: status, head, body.
async fn raw(app: &TestApp, request: &str) -> (u16, String, String) {
    let address = app.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_lowercase(), body.to_owned())
}

async fn raw_get(app: &TestApp, person: &Person, path: &str) -> (u16, String, String) {
    let token = person.token();
    raw(
        app,
        &format!(
            "GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n\
        Connection: close\r\n\r\n"
        ),
    )
    .await
}

#[tokio::test]
async fn an_address_has_one_spelling() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let path = fresh("journal-entries");
    ana.create(&path, &daily("2025-06-01", &json!({}))).await;
    assert_eq!(raw_get(&app, &ana, &path).await.0, 200);
    let id = path.rsplit('/').next().unwrap();
    for odd in [
        "//v1/journal-entries".to_owned(),
        "/v1//journal-entries".into(),
        "/v1/./journal-entries".into(),
        "/v1/sleep-records/../journal-entries".into(),
        "/v1/journal-entries/".into(),
        "/v1/journal-entries;x=1".into(),
        "/V1/journal-entries".into(),
        "/v1/Journal-Entries".into(),
        "/v1/journal_entries".into(),
        "/v1%2fjournal-entries".into(),
        "/v1/journal-entries%00".into(),
        "/v1/journal-entries%2f".into(),
        "/v1/journal-entries/%c0%ae%c0%ae/me".into(),
        "/v1/journal-entries.json".into(),
        "/v2/journal-entries".into(),
        "/v1".into(),
        format!("{path}/"),
        format!("{path};x"),
        format!("{path}%00"),
        format!("/v1/journal-entries/{}", id.replace('-', "")),
        format!("/v1/journal-entries/{{{id}}}"),
        format!("/v1/journal-entries/urn:uuid:{id}"),
        format!("/v1/journal-entries/%20{id}"),
        "/v1/journal-entries/1".into(),
        "/v1/journal-entries/..".into(),
    ] {
        let (status, head, body) = raw_get(&app, &ana, &odd).await;
        assert_eq!(status, 404, "{odd} {body}");
        assert!(head.contains("content-type: application/problem+json"), "{odd}");
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["code"], "not_found", "{odd}");
    }
    let upper = format!("/v1/journal-entries/{}", id.to_uppercase());
    assert_eq!(ana.get(&upper).await.json, ana.get(&path).await.json);
    assert_eq!(ana.get("/v1/journal-entries").await.json["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn t079_an_address_knows_its_methods_and_says_so() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"];
    let id = uuid::Uuid::now_v7().to_string();
    let paths: HashSet<&str> = operations().iter().map(|(path, _, _)| *path).collect();
    for template in paths {
        let mut known: HashSet<String> = operations()
            .iter()
            .filter(|(path, _, _)| *path == template)
            .map(|(_, method, _)| method.to_uppercase())
            .collect();
        if known.contains("GET") {
            known.insert("HEAD".into());
        }
        let path = template.replace("{id}", &id).replace("{share_id}", &id).replace("{code}", "x");
        for method in methods.iter().filter(|method| !known.contains(**method)) {
            let call = ana.call(method, &path).header("X-HTTP-Method-Override", "GET");
            let answer = call.unchecked().send().await;
            let code = if *method == "HEAD" { "" } else { "method_not_allowed" };
            assert_eq!((answer.status, answer.code()), (405, code), "{method} {path}");
            let allow = answer.header("allow").split(", ").map(str::to_owned);
            assert_eq!(allow.collect::<HashSet<_>>(), known, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn only_plain_json_is_taken_and_only_what_can_be_read_is_sent() {
    let ana = TestApp::shared().patient("ana").await;
    let entry = daily("2025-06-01", &json!({})).to_string();
    let put = || ana.call("PUT", &fresh("journal-entries")).header("If-None-Match", "*");
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonp",
        "application/merge-patch+json",
        "application/json; charset=latin1",
        "application/json; charset=utf-16",
        "application/json, text/html",
        "application/*",
        "",
    ] {
        let answer = put().header("Content-Type", media).bytes(entry.clone()).send().await;
        assert_eq!((answer.status, answer.code()), (415, "unsupported_media_type"), "{media}");
    }
    let silent = put().bytes(entry.clone()).send().await;
    assert_eq!(silent.code(), "unsupported_media_type");
    for coding in ["gzip", "br", "deflate", "gzip, identity", "x"] {
        let answer = put().header("Content-Encoding", coding).raw(entry.clone()).send().await;
        assert_eq!(
            (answer.status, answer.code()),
            (415, "unsupported_content_encoding"),
            "{coding}"
        );
    }
    for media in [
        "application/json",
        "Application/JSON",
        "application/json; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
    ] {
        let answer = put().header("Content-Type", media).bytes(entry.clone()).send().await;
        assert_eq!(answer.status, 201, "{media} {}", answer.text);
    }
    for range in [
        "text/html",
        "application/xml",
        "application/json;q=0",
        "image/*",
        "text/html, a/b",
        "application/problem+json;q=0",
    ] {
        let answer = ana.call("GET", "/v1/me").header("Accept", range).send().await;
        assert_eq!((answer.status, answer.code()), (406, "not_acceptable"), "{range}");
    }
    for range in [
        "*/*",
        "application/*",
        "application/json",
        "application/problem+json",
        "text/html, application/json;q=0.1",
        "text/html, */*;q=0.1",
        "APPLICATION/JSON; charset=utf-8",
    ] {
        assert_eq!(
            ana.call("GET", "/v1/me").header("Accept", range).send().await.status,
            200,
            "{range}"
        );
    }
    for (range, status) in [
        ("image/svg+xml", 200),
        ("image/*", 200),
        ("application/problem+json", 200),
        ("application/json", 406),
    ] {
        let chart = ana.call("GET", "/v1/report/chart.svg").header("Accept", range).send().await;
        assert_eq!(chart.status, status, "{range}");
    }
}

#[tokio::test]
async fn a_refused_accept_writes_nothing() {
    let ana = TestApp::shared().patient("ana").await;
    for sample in samples() {
        let path = fresh(sample.path);
        let put = ana.call("PUT", &path).header("If-None-Match", "*").header("Accept", "text/html");
        assert_eq!(put.json(&sample.body).send().await.status, 406);
        assert_eq!(ana.get(&path).await.status, 404);
    }
}

/// What generated clients send: all media types of an operation in one line, or only the first one
/// that looks like JSON, which for many is the one of problems.
#[tokio::test]
async fn no_operation_refuses_what_generated_clients_accept() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = uuid::Uuid::now_v7().to_string();
    for (template, method, operation) in operations() {
        if template.ends_with("/stream") || template.ends_with("/logout") {
            continue;
        }
        let path = template.replace("{id}", &id).replace("{share_id}", &id);
        let path = path.replace("{code}", "peg").replace("{collection}", "journal_entries");
        let method = method.to_uppercase();
        let documented: HashSet<&str> = operation["responses"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|response| response["content"].as_object().into_iter().flatten())
            .map(|(media, _)| media.as_str())
            .collect();
        let all = documented.into_iter().collect::<Vec<_>>().join(", ");
        for accept in [all.as_str(), "application/problem+json", "*/*"] {
            let answer = ana.call(&method, &path).header("Accept", accept).send().await;
            assert_ne!(answer.status, 406, "{method} {path} {accept}");
        }
    }
    for path in ["/v1/auth/reauthenticate", "/v1/auth/logout"] {
        let password = json!({"password": crate::support::people::PASSWORD});
        let call = ana.call("POST", path).header("Accept", "application/problem+json");
        assert_eq!(call.json(&password).send().await.status, 204, "{path}");
    }
}

#[tokio::test]
async fn t083_what_is_sent_as_another_type_or_twice_is_refused() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let entry = daily("2025-06-01", &json!({})).to_string();
    let length = entry.len();
    for (twice, code) in [
        ("Content-Type: text/plain\r\n", "unsupported_media_type"),
        ("Content-Type: application/json\r\nContent-Type: text/plain\r\n", "invalid_header"),
        ("Content-Type: application/json\r\nContent-Type: application/json\r\n", "invalid_header"),
        (
            "Content-Type: application/json\r\nIf-Match: \"v1\"\r\nIf-Match: \"v2\"\r\n",
            "invalid_header",
        ),
        ("Content-Type: application/json\r\nAuthorization: Bearer x\r\n", "unauthenticated"),
        (
            "Content-Type: application/json\r\nIdempotency-Key: a2345678\r\nIdempotency-Key: b2345678\r\n",
            "invalid_header",
        ),
    ] {
        let (status, _, body) = raw(
            &app,
            &format!(
                "PUT {} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\n{twice}\
                 If-None-Match: *\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{entry}",
                fresh("journal-entries"),
                ana.token()
            ),
        )
        .await;
        let problem: Value = serde_json::from_str(&body).unwrap();
        let expected = match code {
            "invalid_header" => 400,
            "unauthenticated" => 401,
            _ => 415,
        };
        assert_eq!((status, &problem["code"]), (expected, &json!(code)), "{twice}");
    }
    assert!(ana.get("/v1/journal-entries").await.json["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn t079_head_is_get_without_the_body() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain", "sleep", "treatment", "notes"]).await;
    let path = fresh("journal-entries");
    ana.create(&path, &daily("2025-06-01", &json!({}))).await;
    let id = path.rsplit('/').next().unwrap();
    let mut seen = 0;
    for (template, method, operation) in operations() {
        let who = if operation["x-authz"]["role"] == "practitioner" { &lind } else { &ana };
        let path = template.replace("{share_id}", &share).replace("{id}", id);
        let path = path.replace("{code}", "peg").replace("{collection}", "journal_entries");
        if method != "get" {
            continue;
        }
        // A stream has no end, so only its head is compared.
        let get = who.get(&path).await;
        let head = who.call("HEAD", &path).send().await;
        assert_eq!(head.status, get.status, "{path}");
        for name in ["content-type", "cache-control", "etag", "allow"] {
            // A report says when it was made, and its own tag does not cover that.
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        seen += usize::from(head.status == 200);
    }
    assert!(seen > 30, "{seen}");
}

#[tokio::test]
async fn reference_data_may_be_kept_by_caches() {
    let app = TestApp::shared();
    for path in [
        "/.well-known/jwks.json",
        "/v1/vocabularies",
        "/v1/instruments",
        "/v1/instruments/peg",
        "/v1/body-map",
        "/v1/body-map/front.svg",
        "/v1/body-map/back.svg",
        "/v1/red-flags",
    ] {
        let first = app.get(path).await;
        assert_eq!(first.status, 200, "{path}");
        let again = app.call("GET", path).header("If-None-Match", first.etag()).send().await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        for answer in [&first, &again] {
            assert_eq!(answer.header("cache-control"), "public, max-age=300", "{path}");
            assert!(answer.etag().starts_with('"'), "{path}");
        }
    }
    assert_eq!(app.get("/v1/instruments/none").await.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn whatever_panics_is_an_answer_and_the_next_request_is_served() {
    async fn broken(_: pain_journal::access::Anyone) -> Answered<Found<pain_journal::account::Me>> {
        panic!("a secret of the inside")
    }
    async fn broken_page() -> actix_web::HttpResponse {
        panic!("a secret of the inside")
    }
    struct Broken;
    impl actix_web::FromRequest for Broken {
        type Error = actix_web::Error;
        type Future = std::future::Ready<Result<Self, actix_web::Error>>;
        fn from_request(
            _: &actix_web::HttpRequest,
            _: &mut actix_web::dev::Payload,
        ) -> Self::Future {
            panic!("a secret of the inside")
        }
    }
    let app = TestApp::shared();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let bounds = Bounds { workers: Some(1), connections: 64 };
    let data = actix_web::web::Data::from(Arc::clone(&app.app));
    let server = pain_journal::door::listen(&app.app, listener, bounds, move || {
        let app = actix_web::App::new().app_data(data.clone()).wrap(from_fn(frame));
        app.configure(|config| {
            let mut routes = Routes::default();
            let operation = Operation::new("broken", "service", "Breaks");
            routes.serve(actix_web::http::Method::GET, "/v1/broken", operation, broken);
            routes.install(config);
            config.route("/page", actix_web::web::get().to(broken_page));
            let read = |_: Broken| async { "read" };
            config.route("/reader", actix_web::web::get().to(read));
            config.default_service(actix_web::web::to(broken_page));
        })
    });
    let server = server.unwrap();
    let handle = server.handle();
    let served = tokio::spawn(server);
    // One connection: a panic that took it along would be an error of the client.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut ids = HashSet::new();
    for path in ["/v1/broken", "/page", "/reader", "/nowhere", "/v1/broken"] {
        let response = client.get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 500, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        for (name, value) in ALWAYS {
            assert_eq!(response.headers()[name], value);
        }
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body = response.text().await.unwrap();
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&problem["code"], &problem["request_id"]), (&json!("internal"), &json!(id)));
        assert!(!body.contains("secret"), "{problem}");
        assert!(ids.insert(id), "one id for two requests");
    }
    handle.stop(false).await;
    served.await.unwrap().unwrap();
}
