//! Sign-in: who gets tokens, for how long, and how a fresh password check comes about.

use super::{alike, change_device, login, me, refresh, set_status, text};
use crate::support::TestApp;
use crate::support::people::PASSWORD;
use chrono::{DateTime, Duration, Utc};
use pain_journal::access::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn t031_an_unknown_address_and_a_wrong_password_get_the_same_bytes() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let unknown = login(&app, "nobody.at.all@example.org", PASSWORD).await;
    let wrong = login(&app, &ana.email, "violet kelp orbit 8").await;
    assert_eq!((wrong.status, wrong.code()), (401, "invalid_credentials"));
    assert_eq!(alike(&unknown), alike(&wrong));
    assert_eq!(unknown.text.len(), wrong.text.len());
    set_status(&app, &ana, "suspended").await;
    let suspended = login(&app, &ana.email, "violet kelp orbit 8").await;
    assert_eq!(alike(&suspended), alike(&wrong), "only who knows the password learns more");
}

#[tokio::test]
async fn t017_a_suspended_account_is_out_with_its_next_request() {
    let app = TestApp::shared();
    let ana = app.person("ana", &[Role::Patient, Role::Practitioner]).await;
    let path = "/v1/me/access-log";
    assert_eq!(ana.get(path).await.status, 200);
    set_status(&app, &ana, "suspended").await;
    for answer in [
        ana.get(path).await,
        ana.get("/v1/patients").await,
        login(&app, &ana.email, PASSWORD).await,
        refresh(&app, text(&ana.tokens, "refresh_token")).await,
    ] {
        assert_eq!((answer.status, answer.code()), (403, "account_suspended"));
    }
    set_status(&app, &ana, "active").await;
    assert_eq!(ana.get(path).await.status, 200);
    assert_eq!(refresh(&app, text(&ana.tokens, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn what_sign_in_answers_is_what_the_document_of_tokens_says() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let before = app.now();
    let tokens = login(&app, &ana.email, PASSWORD).await.json["tokens"].clone();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert!(text(&tokens, "refresh_token").starts_with("pjr_"));
    let expires: DateTime<Utc> = text(&tokens, "refresh_expires_at").parse().unwrap();
    let in_30_days = before + Duration::days(30);
    assert!((expires - in_30_days).abs() < Duration::minutes(1), "{expires}");
    assert_ne!(tokens["device_id"], ana.tokens["device_id"]);
}

#[tokio::test]
async fn t049_a_password_check_opens_what_needs_one_for_five_minutes() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let other = ana.other_device(&app).await;
    let expires_at = (app.now() + Duration::days(9)).to_rfc3339();
    let terms = json!({"label": "x", "sections": ["pain"], "expires_at": expires_at});
    let check = async |password: &str| {
        ana.post("/v1/auth/reauthenticate", &json!({"password": password})).await
    };
    assert_eq!(ana.post("/v1/shares", &terms).await.status, 201, "just signed in");
    app.pass(Duration::seconds(295));
    assert_eq!(ana.post("/v1/shares", &terms).await.status, 201);
    app.pass(Duration::seconds(10));
    let stale = ana.post("/v1/shares", &terms).await;
    assert_eq!((stale.status, stale.code()), (401, "reauthentication_required"));
    assert!(stale.header("www-authenticate").contains("insufficient_user_authentication"));
    assert_eq!(ana.get("/v1/shares").await.status, 200, "reading goes on");

    assert_eq!(check("violet kelp orbit 8").await.code(), "invalid_credentials");
    assert_eq!(ana.post("/v1/shares", &terms).await.code(), "reauthentication_required");
    assert_eq!(check(PASSWORD).await.status, 204);
    assert_eq!(ana.post("/v1/shares", &terms).await.status, 201);
    assert_eq!(other.post("/v1/shares", &terms).await.code(), "reauthentication_required");
    app.pass(Duration::seconds(290));
    assert_eq!(ana.post("/v1/shares", &terms).await.status, 201, "by its own check");
}

#[tokio::test]
async fn a_refresh_is_no_password_check() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    change_device(&app, &ana, "authenticated_at = authenticated_at - interval '6 minutes'").await;
    let tokens = refresh(&app, text(&ana.tokens, "refresh_token")).await.json;
    let call = app.call("POST", "/v1/shares").bearer(text(&tokens, "access_token"));
    assert_eq!(call.json(&json!({})).send().await.code(), "reauthentication_required");
}

#[tokio::test]
async fn t018_an_access_token_lives_ten_minutes_and_five_seconds_of_clock_skew() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    app.pass(Duration::seconds(602));
    assert_eq!(me(&app, &ana.tokens).await.status, 200);
    app.pass(Duration::seconds(4));
    let late = me(&app, &ana.tokens).await;
    assert_eq!((late.status, late.code()), (401, "token_expired"));
    app.pass(Duration::seconds(-606 - 4));
    assert_eq!(me(&app, &ana.tokens).await.status, 200, "a server whose clock is behind");
    app.pass(Duration::seconds(-6));
    let early = me(&app, &ana.tokens).await;
    assert_eq!((early.status, early.code()), (401, "unauthenticated"));
}

#[tokio::test]
async fn t028_a_device_unused_for_30_days_is_signed_out() {
    let app = TestApp::alone();
    let (used, unused) = (app.patient("used").await, app.patient("unused").await);
    app.pass(Duration::days(30) - Duration::minutes(1));
    let tokens = refresh(&app, text(&used.tokens, "refresh_token")).await;
    assert_eq!(tokens.status, 200);
    app.pass(Duration::minutes(1));
    let refused = refresh(&app, text(&unused.tokens, "refresh_token")).await;
    assert_eq!((refused.status, refused.code()), (401, "session_revoked"));
    let tokens = refresh(&app, text(&tokens.json, "refresh_token")).await;
    assert_eq!(me(&app, &tokens.json).await.status, 200);
}

#[tokio::test]
async fn t028_a_device_is_signed_out_after_180_days_however_often_it_is_used() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let end = app.now() + Duration::days(180);
    let mut tokens: Value = ana.tokens.clone();
    for _ in 0..6 {
        app.pass(Duration::days(29));
        let answer = refresh(&app, text(&tokens, "refresh_token")).await;
        assert_eq!(answer.status, 200);
        tokens = answer.json;
    }
    let expires: DateTime<Utc> = text(&tokens, "refresh_expires_at").parse().unwrap();
    assert!((expires - end).abs() < Duration::minutes(1), "{expires} is not {end}");
    app.pass(Duration::days(6) - Duration::minutes(9));
    tokens = refresh(&app, text(&tokens, "refresh_token")).await.json;
    assert_eq!(me(&app, &tokens).await.status, 200);
    app.pass(Duration::minutes(9));
    let refused = me(&app, &tokens).await;
    assert_eq!((refused.status, refused.code()), (401, "session_revoked"), "also a live token");
    assert_eq!(refresh(&app, text(&tokens, "refresh_token")).await.code(), "session_revoked");
}

#[tokio::test]
async fn t028_a_device_whose_time_is_over_is_out_before_its_access_token_is() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let (idle, old) = (ana.other_device(&app).await, ana.other_device(&app).await);
    change_device(&app, &idle, "idle_expires_at = now() - interval '1 second'").await;
    change_device(&app, &old, "absolute_expires_at = now() - interval '1 second'").await;
    for device in [&idle, &old] {
        assert_eq!(me(&app, &device.tokens).await.code(), "session_revoked");
        let token = text(&device.tokens, "refresh_token");
        assert_eq!(refresh(&app, token).await.code(), "session_revoked");
    }
    let list = ana.get("/v1/devices").await;
    assert_eq!(list.json["data"].as_array().unwrap().len(), 1);
    assert_eq!(list.json["data"][0]["id"], ana.tokens["device_id"]);
}
