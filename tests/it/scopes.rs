//! What a token allows, at every operation of the document.

use crate::support::contract::operations;
use crate::support::{Answer, Call, Person, TestApp};
use crate::tokens::signed_by;
use chrono::Utc;
use pain_journal::access::Scope;
use pain_journal::auth::FIRST_PARTY_SCOPE;
use pain_journal::credentials::access_token::Grant;
use uuid::Uuid;

/// A token that the server signed for a person's device, and that allows this.
fn allowing(app: &TestApp, person: &Person, scope: &str) -> String {
    let device: Uuid = person.tokens["device_id"].as_str().unwrap().parse().unwrap();
    let grant = Grant {
        account: person.id,
        device,
        client_id: "pain-journal".to_owned(),
        counter: 0,
        scope: scope.to_owned(),
        authenticated_at: Utc::now(),
        methods: vec!["pwd".to_owned()],
    };
    signed_by(app, &app.base, grant)
}

/// An address with something in each of its parts.
fn filled(path: &str) -> String {
    let id = Uuid::now_v7().to_string();
    let path = path.replace("{collection}", "journal_entries").replace("{code}", "peg");
    path.split('/')
        .map(|part| if part.starts_with('{') { id.as_str() } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

async fn asked(app: &TestApp, method: &str, path: &str, token: &str) -> Answer {
    Call::new(&app.base, &method.to_uppercase(), &filled(path)).bearer(token).send().await
}

#[tokio::test]
async fn a_token_without_the_scope_of_an_operation_is_refused_and_told_which_it_needs() {
    let app = TestApp::shared();
    let mut tried = 0;
    for (path, method, operation) in operations() {
        let Some(scope) = operation["x-authz"]["scope"].as_str() else {
            assert_eq!(operation["x-authz"]["auth"], "none", "{method} {path} needs a scope");
            continue;
        };
        // A sign-out would end the device for the next operation.
        let ana = app.patient("scoped").await;
        let others: Vec<&str> =
            Scope::ALL.iter().map(|scope| scope.name()).filter(|name| *name != scope).collect();
        for lacking in ["x", "", &others.join(" ")] {
            let answer = asked(&app, method, path, &allowing(&app, &ana, lacking)).await;
            let what = format!("{method} {path} with {lacking:?}: {}", answer.text);
            assert_eq!((answer.status, answer.code()), (403, "scope_insufficient"), "{what}");
            assert_eq!(answer.json["scope"], scope, "{what}");
            let challenge = format!(
                "Bearer realm=\"pain-journal\", error=\"insufficient_scope\", scope=\"{scope}\""
            );
            assert_eq!(answer.header("www-authenticate"), challenge);
        }
        let answer = asked(&app, method, path, &allowing(&app, &ana, scope)).await;
        assert_ne!(answer.code(), "scope_insufficient", "{method} {path}: {}", answer.text);
        tried += 1;
    }
    assert!(tried > 80, "only {tried} operations");
}

#[tokio::test]
async fn the_scopes_of_a_sign_in_are_all_there_are() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    assert_eq!(ana.tokens["scope"], FIRST_PARTY_SCOPE);
    let mut names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.name()).collect();
    names.sort_unstable();
    let mut given: Vec<&str> = FIRST_PARTY_SCOPE.split(' ').collect();
    given.sort_unstable();
    assert_eq!(given, names);
    let reads = allowing(&app, &ana, "journal:read profile:read");
    assert_eq!(asked(&app, "GET", "/v1/journal-entries", &reads).await.status, 200);
    assert_eq!(asked(&app, "GET", "/v1/me", &reads).await.status, 200);
    assert_eq!(asked(&app, "GET", "/v1/devices", &reads).await.status, 403);
}
