//! The addresses: what is served is in the route table, what is in the table is served, and no detour leads
//! around the question who is asking.

use super::{Operation, TABLE};
use crate::support::{Answer, TestApp};
use std::collections::{BTreeMap, BTreeSet};

const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

/// A path with something in its placeholders.
fn filled(path: &str) -> String {
    let part = |part: &str| match part {
        "{code}" => "peg".to_owned(),
        "{collection}" => "journal_entries".to_owned(),
        part if part.starts_with('{') => uuid::Uuid::now_v7().to_string(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn knock(app: &TestApp, method: &str, path: &str) -> Answer {
    app.call(method, path).unchecked().send().await
}

fn by_path() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut paths: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for entry in TABLE.iter() {
        paths.entry(entry.path.as_str()).or_default().insert(entry.method.to_string());
    }
    paths
}

#[tokio::test]
async fn t079_each_path_serves_its_documented_methods_and_no_others() {
    let app = TestApp::shared();
    for (path, mut documented) in by_path() {
        let address = filled(path);
        // It is GET without the body, and not described on its own.
        if documented.contains("GET") {
            documented.insert("HEAD".into());
        }
        for method in METHODS {
            let call = app.call(method, &address).unchecked();
            // An override header must not turn one method into another.
            let other = documented.iter().next().unwrap();
            let answer = call.header("X-HTTP-Method-Override", other).send().await;
            let what = format!("{method} {path} → {} {}", answer.status, answer.text);
            if documented.contains(method) {
                // What is left to it are problems that there are not.
                let is_missing = path == "/problems/{code}";
                assert_eq!(answer.status == 404, is_missing, "{what}");
                assert_ne!(answer.status, 405, "{what}");
                continue;
            }
            assert_eq!(answer.status, 405, "{what}");
            let allow: BTreeSet<String> =
                answer.header("allow").split(", ").map(str::to_owned).collect();
            assert_eq!(allow, documented, "{what}");
            assert!(method == "HEAD" || answer.code() == "method_not_allowed", "{what}");
        }
    }
}

#[tokio::test]
async fn t080_nothing_is_served_between_the_documented_paths() {
    let app = TestApp::shared();
    let paths = by_path();
    let mut between = BTreeSet::new();
    for path in paths.keys() {
        for (at, _) in path.match_indices('/').skip(1) {
            between.insert(&path[..at]);
        }
    }
    let undocumented: Vec<&str> =
        between.into_iter().filter(|path| !paths.contains_key(path)).collect();
    assert!(undocumented.contains(&"/v1"));
    let likely = [
        "/v1/users",
        "/v1/accounts",
        "/v1/admin",
        "/v1/patients/{id}",
        "/v1/auth",
        "/v1/auth/token",
        "/v1/me/{id}",
        "/v1/devices/{id}/tokens",
        "/v1/shares/{id}/redeem",
        "/v1/journal-entries/{id}/history",
        "/v1/debug",
        "/v2/me",
        "/admin",
        "/metrics",
        "/.env",
        "/.git/config",
        "/actuator",
        "/.well-known/openid-configuration",
    ];
    for path in undocumented.into_iter().chain(likely) {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let answer = knock(&app, method, &filled(path)).await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn no_spelling_of_a_path_leads_around_the_door() {
    let app = TestApp::shared();
    for operation in Operation::all().iter().filter(|operation| operation.bearer) {
        let path = filled(operation.path);
        let rest = path.strip_prefix("/v1/").expect("what needs a token is under /v1");
        for detour in [
            format!("{path}/"),
            format!("{path};a=b"),
            format!("{path}.json"),
            format!("{path}%00"),
            format!("{path}%20"),
            format!("//v1/{rest}"),
            format!("/V1/{rest}"),
            format!("/v1//{rest}"),
            format!("/v1/./{rest}"),
            format!("/v1/x/../{rest}"),
            format!("/v1/%2e/{rest}"),
            format!("/v1%2f{rest}"),
            format!("/healthz/../v1/{rest}"),
            format!("/healthz%2f..%2fv1/{rest}"),
            path.to_uppercase(),
        ] {
            let answer = knock(&app, &operation.method, &detour).await;
            let refused = matches!(answer.status, 401 | 404 | 405);
            assert!(refused, "{} {detour} → {}", operation.method, answer.text);
        }
    }
}
