//! No line of a log holds anything of a person. What all tests make the servers write is read along
//! (`support/canary.rs`); here everything that a caller can fill holds a bird that would be found in it.

use crate::support::canary::{CANARY, lines, personal, watch};
use crate::support::people::{PASSWORD, daily, fresh};
use crate::support::program::{Home, Serving};
use crate::support::{Call, Person, TestApp};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_line_of_a_person_is_known() {
    for line in [
        r#"{"message":"request","email":"ana.7@example.org"}"#,
        "authorization: Bearer eyJhbGciOiJFZERTQSJ9.e30.x",
        "refresh_token=pjr_AQAAAA",
        "device_secret: pjd_AQAAAA",
        CANARY,
        PASSWORD,
    ] {
        assert!(personal(line).is_some(), "{line}");
    }
    let line =
        r#"{"level":"INFO","request_id":"0195a3c2-0000-7000-8000-00000000000a","route":"/v1/me"}"#;
    assert_eq!(personal(line), None);
}

/// Requests with the bird wherever a caller writes something: right and wrong ones.
async fn fly(base: &str, ana: &Person) {
    let body = json!({"note": CANARY, "trigger_note": CANARY});
    let made = ana.create(&fresh("journal-entries"), &daily("2026-03-01", &body)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let wrong = json!({"note": 7, CANARY: CANARY, "pain_average": CANARY});
    let refused = ana.create(&fresh("journal-entries"), &daily("2026-03-02", &wrong)).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let invited = ana.post("/v1/shares", &json!({"sections": ["pain"], "label": CANARY})).await;
    assert!(invited.status < 500, "{}", invited.text);
    let pushed = json!({"schema_version": CANARY, "changes": {CANARY: [CANARY]}});
    assert!(ana.post("/v1/sync/push", &pushed).await.status >= 400);
    for path in [
        format!("/v1/{CANARY}"),
        format!("/v1/journal-entries/{CANARY}"),
        format!("/v1/journal-entries?cursor={CANARY}"),
        format!("/v1/journal-entries?from={CANARY}"),
        format!("/v1/reports?{CANARY}={CANARY}"),
        format!("/clinic/{CANARY}"),
        format!("/{CANARY}?email={CANARY}"),
    ] {
        for method in ["GET", "POST", "DELETE", "PATCH"] {
            let answer = ana.call(method, &path).unchecked().send().await;
            assert!(answer.status < 500, "{method} {path}: {}", answer.text);
        }
    }
    for (name, value) in [
        ("If-Match", CANARY),
        ("Idempotency-Key", CANARY),
        ("Accept", CANARY),
        ("Accept-Language", CANARY),
        ("Cookie", CANARY),
        ("X-Request-Id", CANARY),
        ("User-Agent", CANARY),
        ("Origin", CANARY),
        ("X-Forwarded-For", CANARY),
    ] {
        ana.call("GET", "/v1/me").header(name, value).unchecked().send().await;
    }
    for body in [format!("{{\"{CANARY}\": "), CANARY.to_owned(), format!("[\"{CANARY}\"]")] {
        ana.call("POST", "/v1/sync/push").raw(body.clone()).unchecked().send().await;
        Call::new(base, "POST", "/v1/auth/login").raw(body).unchecked().send().await;
    }
    let device = json!({"name": CANARY, "platform": CANARY});
    for (path, body) in [
        (
            "/v1/auth/login",
            json!({"email": format!("{CANARY}@example.org"), "password": CANARY, "device": device}),
        ),
        ("/v1/auth/refresh", json!({"refresh_token": format!("pjr_{CANARY}")})),
        ("/v1/auth/verify-email", json!({"token": CANARY, "password": CANARY, "device": device})),
        ("/v1/shares/redeem", json!({"code": CANARY})),
    ] {
        let call = Call::new(base, "POST", path).json(&body).bearer(CANARY).unchecked();
        assert!(call.send().await.status < 500, "{path}");
    }
}

#[tokio::test]
async fn what_callers_write_is_in_no_line_of_a_server() {
    watch();
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let before = lines();
    fly(&app.base, &ana).await;
    // A panic in the middle of it is a problem with an id, and says no more either.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut fallen = 0;
    for reading in 0..8 {
        app.panic_at(Some(reading));
        let path = format!("{}{}", app.base, fresh("journal-entries"));
        let asked = client.put(path).bearer_auth(ana.token()).header("If-None-Match", "*");
        let asked = asked.json(&daily("2026-03-03", &json!({"note": CANARY}))).send().await;
        // Before and behind every handler there is nobody left to answer.
        let Ok(answer) = asked else { continue };
        if answer.status().as_u16() == 500 {
            let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
            let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            assert_eq!(
                (&problem["code"], &problem["request_id"]),
                (&json!("internal"), &json!(id))
            );
            fallen += 1;
        }
    }
    assert!(fallen > 0, "a handler fell");
    app.panic_at(None);
    assert!(lines() > before + 40, "the servers of this run are read");
}

#[tokio::test]
async fn what_callers_write_is_in_no_log_of_the_program_and_its_database() {
    let home = Home::with_database("logs");
    home.done(&["user", "create", "ana@example.org"], PASSWORD);
    let server = Serving::start(&home, &["--log", "trace"]);
    let ana = Person::sign_in_at(&server.base, "ana@example.org").await;
    fly(&server.base, &ana).await;
    let said = server.said();
    assert!(said.lines().count() > 40, "{said}");
    server.stop().await;
    let database = fs::read_to_string(home.path().join("postgres.log")).unwrap();
    for line in said.lines().chain(database.lines()) {
        assert_eq!(personal(line), None, "{line}");
    }
}
