//! Pages of other origins: what they may ask, what they may read, and what all others get. The browser's
//! own judgement is in `script/lib/browser/cors.test.mjs`.

use crate::support::people::{daily, fresh};
use crate::support::{Answer, TestApp};
use serde_json::json;

const APP: &str = "https://app.example.org";
const ORIGINS: &str =
    "https://app.example.org, http://localhost:5173,capacitor://localhost,ionic://localhost";

/// The headers of the protocol that an answer has.
fn crossing(answer: &Answer) -> Vec<&str> {
    let names = answer.headers.keys().map(reqwest::header::HeaderName::as_str);
    names.filter(|name| name.starts_with("access-control-")).collect()
}

fn varies(answer: &Answer) -> bool {
    let lines = answer.headers.get_all("vary").iter();
    let mut names = lines.flat_map(|line| line.to_str().unwrap().split(','));
    names.any(|name| name.trim().eq_ignore_ascii_case("origin"))
}

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Answer {
    app.call("OPTIONS", path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "PUT")
        .header("Access-Control-Request-Headers", "authorization,content-type,if-match")
        .unchecked()
        .send()
        .await
}

#[tokio::test]
async fn without_the_setting_there_is_no_crossing() {
    let app = TestApp::shared();
    for origin in [APP, "null", "capacitor://localhost", &app.base] {
        let asked = preflight(&app, "/v1/me", origin).await;
        assert_eq!((asked.status, asked.code()), (405, "method_not_allowed"));
        let read = app.call("GET", "/readyz").header("Origin", origin).send().await;
        for answer in [asked, read] {
            assert!(crossing(&answer).is_empty() && !varies(&answer), "{:?}", answer.headers);
        }
    }
}

#[tokio::test]
async fn an_allowed_origin_may_ask_and_read_and_never_with_credentials() {
    let app = TestApp::crossed(ORIGINS);
    let ana = app.patient("ana").await;
    for origin in ORIGINS.split(',').map(str::trim) {
        for path in ["/v1/me", "/v1/auth/login", "/v1/nowhere", "/readyz", "/openapi.json"] {
            let asked = preflight(&app, path, origin).await;
            assert_eq!((asked.status, asked.text.as_str()), (204, ""), "{path}");
            assert_eq!(asked.header("access-control-allow-origin"), origin);
            let headers = asked.header("access-control-allow-headers").to_lowercase();
            for name in
                ["authorization", "content-type", "if-match", "if-none-match", "idempotency-key"]
            {
                assert!(headers.split(", ").any(|allowed| allowed == name), "{name}");
            }
            let methods = asked.header("access-control-allow-methods");
            assert!(["GET", "PUT", "POST", "DELETE"].iter().all(|m| methods.contains(m)));
            assert!(!asked.header("x-request-id").is_empty() && varies(&asked));
            assert!(!crossing(&asked).contains(&"access-control-allow-credentials"));
        }
    }
    let path = fresh("journal-entries");
    let entry = daily("2025-06-01", &json!({}));
    let put = || ana.call("PUT", &path).header("If-None-Match", "*").header("Origin", APP);
    let answers = [
        put().json(&entry).send().await,
        ana.call("GET", &path).header("Origin", APP).send().await,
        ana.call("HEAD", &path).header("Origin", APP).send().await,
        put().json(&json!({})).send().await,
        put().header("Expect", "a-miracle").json(&entry).send().await,
        ana.call("DELETE", &path).header("If-Match", "*").header("Origin", APP).send().await,
        app.call("GET", "/v1/me").header("Origin", APP).send().await,
        app.call("GET", "/v1/nowhere").header("Origin", APP).unchecked().send().await,
        app.call("OPTIONS", "/v1/me").header("Origin", APP).unchecked().send().await,
        app.call("GET", "/v1/vocabularies").header("Origin", APP).send().await,
    ];
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [201, 200, 200, 422, 417, 204, 401, 404, 405, 200]);
    for answer in &answers {
        assert_eq!(answer.header("access-control-allow-origin"), APP, "{}", answer.status);
        let exposed = answer.header("access-control-expose-headers");
        for name in
            ["ETag", "Location", "Retry-After", "X-Request-Id", "RateLimit", "RateLimit-Policy"]
        {
            assert!(exposed.split(", ").any(|shown| shown == name), "{name}");
        }
        assert!(varies(answer) && !crossing(answer).contains(&"access-control-allow-credentials"));
    }
}

#[tokio::test]
async fn every_other_origin_gets_no_header_of_the_protocol() {
    let app = TestApp::crossed(ORIGINS);
    for origin in [
        "https://app.example.org.evil.example",
        "https://evil.example",
        "https://sub.app.example.org",
        "http://app.example.org",
        "https://app.example.org:444",
        "https://APP.example.org",
        "https://app.example.org/",
        "http://localhost",
        "capacitor://localhost:1",
        "null",
        "*",
        "",
    ] {
        let asked = preflight(&app, "/v1/me", origin).await;
        assert_eq!((asked.status, asked.code()), (405, "method_not_allowed"), "{origin}");
        let read = app.call("GET", "/readyz").header("Origin", origin).send().await;
        assert_eq!(read.status, 200);
        for answer in [asked, read] {
            assert!(crossing(&answer).is_empty(), "{origin} {:?}", answer.headers);
            assert!(varies(&answer), "a cache would hand this to an allowed origin");
        }
    }
    // A cache must know it even where nobody asked.
    assert!(varies(&app.get("/readyz").await));
}

#[tokio::test]
async fn pages_that_live_by_a_cookie_are_for_nobody_else() {
    let app = TestApp::crossed(ORIGINS);
    for path in ["/clinic", "/clinic/sign-in"] {
        let asked = preflight(&app, path, APP).await;
        let read = app.call("GET", path).header("Origin", APP).unchecked().send().await;
        assert!(crossing(&asked).is_empty() && crossing(&read).is_empty(), "{path}");
    }
}
