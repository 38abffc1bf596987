//! The refresh chain: lost answers heal, copies are found, guesses harm nobody.

use super::{change_device, mails, me, refresh, text};
use crate::support::{Person, TestApp};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use futures_util::future::join_all;
use pain_journal::jobs;
use pain_journal::time::format_utc;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A refresh token with some of its bytes changed, its checksum made right again.
pub(super) fn forged(token: &str, change: impl FnOnce(&mut [u8])) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix("pjr_").unwrap()).unwrap();
    let end = bytes.len() - 4;
    change(&mut bytes[..end]);
    let sum = digest(&SHA256, &[b"pjr_", &bytes[..end]].concat());
    bytes[end..].copy_from_slice(&sum.as_ref()[..4]);
    format!("pjr_{}", URL_SAFE_NO_PAD.encode(bytes))
}

pub(super) async fn refreshed(app: &TestApp, token: &str) -> Value {
    let answer = refresh(app, token).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

/// The security events of a person, newest first.
async fn events(person: &Person) -> Vec<Value> {
    let answer = person.get("/v1/me/security-events").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn t020_a_refresh_gives_a_new_pair_and_leaves_the_old_access_token_its_time() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let first = text(&ana.tokens, "refresh_token");
    let next = refreshed(&app, first).await;
    assert_ne!(text(&next, "refresh_token"), first);
    assert_ne!(next["access_token"], ana.tokens["access_token"]);
    assert_eq!(next["device_id"], ana.tokens["device_id"]);
    assert_eq!(me(&app, &ana.tokens).await.status, 200);
    assert_eq!(me(&app, &next).await.status, 200);
    let third = refreshed(&app, text(&next, "refresh_token")).await;
    assert_eq!(me(&app, &third).await.status, 200);
}

#[tokio::test]
async fn t021_a_lost_answer_is_given_again_whatever_the_access_tokens_do() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let first = text(&ana.tokens, "refresh_token");
    let lost = refreshed(&app, first).await;
    let again = refreshed(&app, first).await;
    assert_eq!(lost["refresh_token"], again["refresh_token"]);
    // Neither the old access token nor the new one proves that the refresh token was kept.
    for tokens in [&ana.tokens, &again, &lost] {
        assert_eq!(me(&app, tokens).await.status, 200);
        assert_eq!(refreshed(&app, first).await["refresh_token"], lost["refresh_token"]);
    }
    assert!(events(&ana).await.is_empty(), "all within a minute");
}

#[tokio::test]
async fn t021_a_killed_app_gets_its_successor_days_later_and_the_owner_sees_it() {
    let app = TestApp::with_a_still_clock();
    let mut ana = app.patient("ana").await;
    let first = text(&ana.tokens, "refresh_token").to_owned();
    let lost = refreshed(&app, &first).await;
    let start = app.now();
    app.pass(Duration::days(3));
    let found = refreshed(&app, &first).await;
    assert_eq!(found["refresh_token"], lost["refresh_token"]);
    app.pass(Duration::minutes(5));
    refreshed(&app, &first).await;
    ana.tokens = refreshed(&app, text(&found, "refresh_token")).await;
    app.pass(Duration::seconds(59));
    refreshed(&app, &first).await;

    let seen = events(&ana).await;
    assert_eq!(seen.len(), 1, "one line, however often: {seen:?}");
    assert_eq!((&seen[0]["kind"], &seen[0]["times"]), (&json!("refresh_repeated"), &json!(3)));
    assert_eq!(seen[0]["device_id"], ana.tokens["device_id"]);
    assert_eq!(seen[0]["device_name"], "test phone");
    assert_eq!(seen[0]["last_at"], format_utc(app.now()));
    let at: DateTime<Utc> = seen[0]["at"].as_str().unwrap().parse().unwrap();
    assert!(at >= start + Duration::days(3) && at < app.now());
    let told = mails(&app, &ana.email).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "An app renewed its sign-in twice");

    // A copy in step with the phone: every step is seen, a mail tells of it once a day.
    for hours in [1, 1, 24] {
        let newest = text(&ana.tokens, "refresh_token").to_owned();
        refreshed(&app, &newest).await;
        app.pass(Duration::hours(hours));
        ana.tokens = refreshed(&app, &newest).await;
    }
    let seen = events(&ana).await;
    assert_eq!(seen.len(), 4);
    assert!(seen.windows(2).all(|pair| pair[0]["at"].as_str() > pair[1]["at"].as_str()));
    assert_eq!(mails(&app, &ana.email).await.len(), 2);
    app.pass(Duration::days(400));
    app.run(|app| async move { jobs::forget(&app).await.unwrap() }).await;
    let left = app.sql().await.query("SELECT FROM pj.security_events", &[]).await.unwrap();
    assert!(left.is_empty(), "forgotten after a year");
}

#[tokio::test]
async fn t022_a_copy_used_a_minute_after_its_successor_signs_the_device_out_and_tells_the_owner() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let tablet = ana.other_device(&app).await;
    let first = text(&ana.tokens, "refresh_token");
    let next = refreshed(&app, first).await;
    let newest = refreshed(&app, text(&next, "refresh_token")).await;
    app.pass(Duration::seconds(58));
    let late = refreshed(&app, first).await;
    assert_eq!(late["refresh_token"], next["refresh_token"], "a late thread");
    assert!(mails(&app, &ana.email).await.is_empty());
    app.pass(Duration::seconds(3));
    for _ in 0..2 {
        let reused = refresh(&app, first).await;
        assert_eq!((reused.status, reused.code()), (401, "session_revoked"));
    }
    assert_eq!(me(&app, &newest).await.code(), "session_revoked");
    assert_eq!(refresh(&app, text(&newest, "refresh_token")).await.code(), "session_revoked");
    let mails = mails(&app, &ana.email).await;
    assert_eq!(mails.len(), 1, "one mail, however often the copy is tried");
    assert_eq!(mails[0].0, "A device was signed out");
    assert_eq!(me(&app, &tablet.tokens).await.status, 200, "the other device lives");
    let seen = events(&tablet).await;
    assert_eq!((seen.len(), &seen[0]["kind"]), (1, &json!("refresh_reused")));
    assert_eq!(seen[0]["device_id"], ana.tokens["device_id"]);
    let other = app.patient("other").await;
    assert!(events(&other).await.is_empty(), "events are their owner's alone");
}

#[tokio::test]
async fn events_come_in_pages_of_their_owner() {
    let app = TestApp::alone();
    let lind = app.practitioner("lind").await;
    let mut newest = lind.tokens.clone();
    for _ in 0..3 {
        let token = text(&newest, "refresh_token").to_owned();
        refreshed(&app, &token).await;
        app.pass(Duration::seconds(61));
        newest = refreshed(&app, &token).await;
    }
    let lind = Person { tokens: newest, ..lind };
    let whole = events(&lind).await;
    assert_eq!(whole.len(), 3);
    let mut path = "/v1/me/security-events?limit=1".to_owned();
    for expected in &whole {
        let page = lind.get(&path).await.json;
        assert_eq!(page["data"], json!([expected]));
        let cursor = page["next_cursor"].as_str().unwrap_or("-").to_owned();
        path = format!("/v1/me/security-events?limit=1&cursor={cursor}");
    }
    assert!(path.ends_with("cursor=-"), "the last page says so");
}

#[tokio::test]
async fn t023_twenty_refreshes_at_once_get_one_and_the_same_successor() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let first = text(&ana.tokens, "refresh_token");
    let answers = join_all((0..20).map(|_| refreshed(&app, first))).await;
    let successors: BTreeSet<&str> = answers.iter().map(|a| text(a, "refresh_token")).collect();
    assert_eq!(successors.len(), 1);
    for tokens in &answers {
        assert_eq!(me(&app, tokens).await.status, 200);
    }
    refreshed(&app, text(&answers[0], "refresh_token")).await;
    assert!(mails(&app, &ana.email).await.is_empty());
}

#[tokio::test]
async fn t024_a_guessed_token_neither_refreshes_nor_signs_anybody_out() {
    let app = TestApp::shared();
    let (ana, eve) = (app.patient("ana").await, app.patient("eve").await);
    let old = text(&ana.tokens, "refresh_token");
    let newest = refreshed(&app, old).await;
    let newest = text(&newest, "refresh_token");
    let target: uuid::Uuid = text(&ana.tokens, "device_id").parse().unwrap();
    let guesses = [
        // Eve's genuine token with Ana's device in it.
        forged(text(&eve.tokens, "refresh_token"), |b| b[1..17].copy_from_slice(target.as_bytes())),
        // Ana's with another signature; an old one would have been a reuse.
        forged(newest, |b| b[25] ^= 1),
        forged(old, |b| b[40] ^= 1),
        // Another counter under the old signature.
        forged(newest, |b| b[24] += 1),
        forged(newest, |b| b[17..25].copy_from_slice(&i64::MAX.to_be_bytes())),
        forged(newest, |b| b[17] = 0x80),
        // A device of nobody, another version.
        forged(newest, |b| b[1..17].fill(0)),
        forged(newest, |b| b[0] = 2),
    ];
    for guess in &guesses {
        let answer = refresh(&app, guess).await;
        assert_eq!((answer.status, answer.code()), (401, "session_revoked"));
    }
    assert_eq!(forged(newest, |_| ()), newest, "the forger knows the form");
    refreshed(&app, newest).await;
    refreshed(&app, text(&eve.tokens, "refresh_token")).await;
    assert!(mails(&app, &ana.email).await.is_empty());
}

#[tokio::test]
async fn garbage_is_refused_without_a_fuss() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let token = text(&ana.tokens, "refresh_token");
    let longer = format!("{token}A");
    let garbage = [
        "x",
        "pjr_",
        "null",
        "' OR 1=1 --",
        &token[..63],
        &token[4..],
        &longer,
        &ana.token()[..64],
        "pjr_\u{1f426}",
        &"pjr_AAAA".repeat(25),
    ];
    for garbage in garbage {
        let answer = refresh(&app, garbage).await;
        assert_eq!((answer.status, answer.code()), (401, "session_revoked"), "{garbage}");
    }
    for unreadable in ["", "a\0b", &"x".repeat(201)] {
        let answer = refresh(&app, unreadable).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["#/refresh_token"]));
    }
    refreshed(&app, token).await;
}

#[tokio::test]
async fn the_first_requests_of_a_new_token_may_all_come_at_once() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let mut tokens = ana.tokens.clone();
    for _ in 0..4 {
        let reads = (0..12).map(|n| {
            let path = ["/v1/report", "/v1/report/chart.svg", "/v1/journal-entries"][n % 3];
            app.call("GET", path).bearer(text(&tokens, "access_token")).send()
        });
        for answer in join_all(reads).await {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        tokens = refreshed(&app, text(&tokens, "refresh_token")).await;
    }
}

#[tokio::test]
async fn a_chain_ahead_of_the_database_is_refused() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let next = refreshed(&app, text(&ana.tokens, "refresh_token")).await;
    // As after a restore of yesterday's backup: the device holds more than the server remembers.
    change_device(&app, &ana, "counter = 0, presented_at = '{}'").await;
    assert_eq!(me(&app, &next).await.code(), "session_revoked");
    assert_eq!(refresh(&app, text(&next, "refresh_token")).await.code(), "session_revoked");
    assert_eq!(me(&app, &ana.tokens).await.status, 200);
}
