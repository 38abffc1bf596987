//! The pages, and every answer, where browsers reach the server by TLS.

use super::{LOGIN, form, open, request, send};
use crate::support::TestApp;
use crate::support::people::PASSWORD;
use reqwest::header::HeaderMap;

const ALWAYS: &str = "max-age=63072000; includeSubDomains";

fn cookies(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect()
}

#[tokio::test]
async fn cookies_belong_to_this_host_alone_and_browsers_come_back_by_tls() {
    let app = TestApp::behind_tls();
    let lind = app.practitioner("lind").await;
    let answer = send(form(&app, &lind.email, PASSWORD)).await;
    answer.leads_to("../clinic");
    let set = cookies(&answer.headers);
    assert_eq!(set.len(), 2, "{set:?}");
    for (cookie, name) in set.iter().zip(["pain_journal_pages", "pain_journal_device"]) {
        // What the prefix demands (RFC 6265bis section 4.1.3.2): the whole host, TLS, no domain.
        assert!(cookie.starts_with(&format!("__Host-{name}=")), "{cookie}");
        let parts: Vec<&str> = cookie.split("; ").collect();
        for part in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
            assert!(parts.contains(&part), "{part} {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let value = set[0].split(';').next().unwrap().split_once('=').unwrap().1;
    let page = request(&app, "GET", "/clinic", "");
    let page = send(page.header("Cookie", format!("__Host-pain_journal_pages={value}"))).await;
    assert_eq!(page.status, 200, "{}", page.text);
    // Anybody below the same name may have put this one there.
    open(&app, "/clinic", value).await.leads_to("./clinic/sign-in");
    for path in ["/clinic", LOGIN, "/healthz", "/v1/me", "/nowhere", "/docs"] {
        let answer = open(&app, path, "").await;
        assert_eq!(answer.header("strict-transport-security"), ALWAYS, "{path}");
    }
    let plain = open(&TestApp::shared(), "/healthz", "").await;
    assert_eq!(plain.header("strict-transport-security"), "", "there is no TLS");
}

#[tokio::test]
async fn a_new_sign_in_ends_the_one_before_in_the_same_browser() {
    let app = TestApp::shared();
    let (lind, may) = (app.practitioner("lind").await, app.practitioner("may").await);
    let mut before = super::sign_in(&app, &lind).await;
    let elsewhere = super::sign_in(&app, &lind).await;
    for person in [&lind, &may, &may] {
        let again = form(&app, &person.email, PASSWORD);
        let again = send(again.header("Cookie", format!("pain_journal_pages={before}"))).await;
        again.leads_to("../clinic");
        open(&app, "/clinic", &before).await.leads_to("./clinic/sign-in");
        assert_eq!(open(&app, "/clinic", again.cookie()).await.status, 200);
        before = again.cookie().to_owned();
    }
    assert_eq!(open(&app, "/clinic", &elsewhere).await.status, 200, "another browser");
    let refused = form(&app, &lind.email, "a wrong password");
    let refused = send(refused.header("Cookie", format!("pain_journal_pages={before}"))).await;
    assert_eq!(refused.status, 401);
    assert_eq!(open(&app, "/clinic", &before).await.status, 200, "nobody else has signed in");
}

#[tokio::test]
async fn operations_read_no_cookie() {
    let app = TestApp::shared();
    let lind = app.practitioner("lind").await;
    let cookie = super::sign_in(&app, &lind).await;
    for path in ["/v1/me", "/v1/patients", "/v1/devices"] {
        assert_eq!(open(&app, path, &cookie).await.status, 401, "{path}");
        let named = request(&app, "GET", path, "");
        let token = format!("pain_journal_pages={}", lind.token());
        assert_eq!(send(named.header("Cookie", token)).await.status, 401, "{path}");
    }
}
