//! A password that was forgotten, or is changed: who learns what, and who is signed out.

use super::{GOOD, address, alike, login, mails, me, refresh, register, registration, text};
use crate::support::people::PASSWORD;
use crate::support::{Answer, Person, TestApp};
use chrono::Duration;
use futures_util::future::join_all;
use pain_journal::credentials::password::{HashCost, Hasher};
use pain_journal::credentials::random::SystemRandom;
use serde_json::json;
use std::time::Duration as Pause;

async fn forgot(app: &TestApp, email: &str) -> Answer {
    app.call("POST", "/v1/auth/password/forgot").json(&json!({"email": email})).send().await
}

async fn reset(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "new_password": password});
    app.call("POST", "/v1/auth/password/reset").json(&body).send().await
}

async fn change(app: &TestApp, person: &Person, from: &str, to: &str) -> Answer {
    let body = json!({"current_password": from, "new_password": to});
    app.call("PUT", "/v1/auth/password").bearer(person.token()).json(&body).send().await
}

fn token_of(mail: &str) -> String {
    let link = mail.split_once("/reset-password#token=").expect("a link").1;
    link.split_whitespace().next().unwrap().to_owned()
}

/// Asks for a link; the token of the newest mail.
async fn link(app: &TestApp, email: &str) -> String {
    assert_eq!(forgot(app, email).await.status, 202);
    token_of(&mails(app, email).await.pop().expect("a mail").1)
}

async fn devices(app: &TestApp, person: &Person) -> i64 {
    let count = "SELECT count(*) FROM pj.devices WHERE revoked_at IS NULL \
                 AND account_id = (SELECT id FROM pj.accounts WHERE email = $1)";
    app.sql().await.query_one(count, &[&person.email]).await.unwrap().get(0)
}

#[tokio::test]
async fn t027_a_reset_signs_everybody_out_and_tells_the_owner() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let other = login(&app, &ana.email, PASSWORD).await.json["tokens"].clone();
    let token = link(&app, &ana.email).await;
    assert_eq!(me(&app, &other).await.status, 200, "to ask for a link changes nothing");
    let done = reset(&app, &token, GOOD).await;
    assert_eq!((done.status, done.text.as_str()), (204, ""));
    for tokens in [&ana.tokens, &other] {
        assert_eq!(me(&app, tokens).await.code(), "session_revoked");
        assert_eq!(refresh(&app, text(tokens, "refresh_token")).await.code(), "session_revoked");
    }
    assert_eq!(devices(&app, &ana).await, 0);
    assert_eq!(login(&app, &ana.email, PASSWORD).await.code(), "invalid_credentials");
    assert_eq!(login(&app, &ana.email, GOOD).await.status, 200);
    let (subject, told) = mails(&app, &ana.email).await.pop().unwrap();
    assert_eq!(subject, "Your password was changed");
    assert!(told.contains("with a link") && !told.contains("token="), "{told}");
}

#[tokio::test]
async fn t027_a_change_signs_out_all_but_the_device_that_asks() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let other = login(&app, &ana.email, PASSWORD).await.json["tokens"].clone();
    let bea = app.patient("bea").await;
    assert_eq!(change(&app, &ana, GOOD, GOOD).await.code(), "invalid_credentials");
    let common = change(&app, &ana, PASSWORD, "password1234").await;
    assert_eq!((common.status, common.pointers()), (422, vec!["#/new_password"]));
    assert_eq!(me(&app, &other).await.status, 200, "nothing was changed so far");
    assert_eq!(change(&app, &ana, PASSWORD, GOOD).await.status, 204);
    assert_eq!(me(&app, &other).await.code(), "session_revoked");
    assert_eq!(refresh(&app, text(&other, "refresh_token")).await.code(), "session_revoked");
    assert_eq!(me(&app, &ana.tokens).await.status, 200);
    assert_eq!(refresh(&app, text(&ana.tokens, "refresh_token")).await.status, 200);
    assert_eq!(bea.get("/v1/me").await.status, 200);
    assert_eq!(login(&app, &ana.email, PASSWORD).await.status, 401);
    assert_eq!(login(&app, &ana.email, GOOD).await.status, 200);
    let (subject, told) = mails(&app, &ana.email).await.pop().unwrap();
    assert_eq!(subject, "Your password was changed");
    assert!(told.contains("by somebody who knew it"), "{told}");
}

#[tokio::test]
async fn t032_t033_a_known_and_an_unknown_address_are_answered_alike_with_the_mail_still_queued() {
    let app = TestApp::shared();
    let ana = app.patient("known").await;
    let unknown = address("unknown");
    let (known, stranger) = (forgot(&app, &ana.email).await, forgot(&app, &unknown).await);
    let shape = |answer: &Answer| {
        let (status, headers, body) = alike(answer);
        (status, headers, body.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
    };
    assert_eq!(shape(&known), shape(&stranger));
    // No job runs here: the answers came before anything was handed over.
    let waiting = "SELECT count(*) FROM pj.mails WHERE recipient IN ($1, $2) AND attempts = 0";
    let waiting = app.sql().await.query_one(waiting, &[&ana.email, &unknown]).await.unwrap();
    assert_eq!(waiting.get::<_, i64>(0), 2);
    let [told, nobody] = [mails(&app, &ana.email).await, mails(&app, &unknown).await];
    assert_eq!(
        [told[0].0.as_str(), nobody[0].0.as_str()],
        ["Choose a new password", "There is no account with this address"]
    );
    assert!(!nobody[0].1.contains("token="));
    let links = "SELECT count(*) FROM pj.account_links WHERE email = $1";
    let links = app.sql().await.query_one(links, &[&unknown]).await.unwrap();
    assert_eq!(links.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn t042_a_link_that_is_used_late_older_foreign_or_broken_changes_nothing() {
    let app = TestApp::alone();
    let (ana, bea) = (app.patient("ana").await, app.patient("bea").await);
    let older = link(&app, &ana.email).await;
    let used = link(&app, &ana.email).await;
    assert_eq!(reset(&app, &older, GOOD).await.status, 401, "a newer one voids the older");
    assert_eq!(reset(&app, &used, GOOD).await.status, 204);
    let late = link(&app, &bea.email).await;
    app.pass(Duration::minutes(30));
    let registered = register(&app, &registration(&address("other"), &json!({}))).await;
    let cut = &late[..late.len() - 1];
    let mut answers = Vec::new();
    for token in [
        used.as_str(),
        &older,
        &late,
        cut,
        registered.token(),
        text(&bea.tokens, "refresh_token"),
        "' OR 1=1 --",
        "%00",
        "x",
    ] {
        let answer = reset(&app, token, "five pale sandpipers").await;
        assert_eq!((answer.status, answer.code()), (401, "invalid_credentials"), "{token}");
        answers.push(alike(&answer));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all the same");
    // Nobody without a link learns what would do as a password.
    assert_eq!(reset(&app, &late, "password1234").await.code(), "invalid_credentials");
    assert_eq!(login(&app, &ana.email, GOOD).await.status, 200);
    assert_eq!(login(&app, &bea.email, PASSWORD).await.status, 200);
    assert_eq!(devices(&app, &bea).await, 2);
}

#[tokio::test]
async fn a_password_that_will_not_do_uses_up_no_link() {
    let app = TestApp::shared();
    let ana = app.patient("ana.heron").await;
    let token = link(&app, &ana.email).await;
    let own = format!("my {} pet", ana.email.split('@').next().unwrap());
    for (bad, code) in [
        ("eleven byte", "validation_failed"),
        ("password1234", "password_too_common"),
        (own.as_str(), "password_too_common"),
        ("pain-journal 4711", "password_too_common"),
    ] {
        let answer = reset(&app, &token, bad).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["#/new_password"]), "{bad}");
        assert_eq!(answer.json["errors"][0]["code"], code);
    }
    assert_eq!(reset(&app, &token, GOOD).await.status, 204);
}

#[tokio::test]
async fn t043_of_resets_at_once_with_one_token_one_is_taken() {
    let app = TestApp::shared();
    for _ in 0..3 {
        let ana = app.patient("ana").await;
        let token = link(&app, &ana.email).await;
        let passwords: Vec<String> = (0..4).map(|n| format!("{GOOD} {n}")).collect();
        let answers = join_all(passwords.iter().map(|new| reset(&app, &token, new))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let winner = statuses.iter().position(|status| *status == 204).expect("a winner");
        assert_eq!(login(&app, &ana.email, &passwords[winner]).await.status, 200);
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 401, 401, 401]);
    }
}

#[tokio::test]
async fn t044_the_link_of_a_reset_leads_to_the_configured_address() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let call = app.call("POST", "/v1/auth/password/forgot").json(&json!({"email": ana.email}));
    let call =
        call.header("X-Forwarded-Host", "evil.example").header("X-Forwarded-Proto", "gopher");
    assert_eq!(call.header("Forwarded", "host=evil.example").send().await.status, 202);
    let (_, mail) = mails(&app, &ana.email).await.pop().unwrap();
    assert!(!mail.contains("evil.example"), "{mail}");
    assert_eq!(reset(&app, &token_of(&mail), GOOD).await.status, 204);
}

/// Until somebody waits for a lock.
async fn until_blocked(sql: &tokio_postgres::Client, what: &str) {
    for _ in 0..500 {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND wait_event_type = 'Lock' AND query LIKE $1";
        let pattern = format!("%{what}%");
        if sql.query_one(waits, &[&pattern]).await.unwrap().get::<_, i64>(0) > 0 {
            return;
        }
        tokio::time::sleep(Pause::from_millis(20)).await;
    }
    panic!("nobody waits for {what}");
}

#[tokio::test]
async fn a_sign_in_that_began_before_a_reset_makes_no_device() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let token = link(&app, &ana.email).await;
    let before = devices(&app, &ana).await;
    // What a reset does last is held up: the sign-in has checked the old password by then.
    let (holder, watcher) = (app.sql().await, app.sql().await);
    holder.batch_execute("BEGIN").await.unwrap();
    let lock = "SELECT FROM pj.accounts WHERE email = $1 FOR NO KEY UPDATE";
    holder.execute(lock, &[&ana.email]).await.unwrap();
    let (done, entered, ()) = tokio::join!(
        reset(&app, &token, GOOD),
        async {
            until_blocked(&watcher, "password_hash").await;
            login(&app, &ana.email, PASSWORD).await
        },
        async {
            until_blocked(&app.sql().await, "keep_password").await;
            holder.batch_execute("COMMIT").await.unwrap();
        }
    );
    assert_eq!((done.status, entered.code()), (204, "invalid_credentials"));
    assert_eq!((before, devices(&app, &ana).await), (1, 0));
    assert_eq!(login(&app, &ana.email, GOOD).await.status, 200);
}

/// The hash of a password by another cost than the server's.
async fn older_hash(password: &str) -> String {
    let random = SystemRandom::new();
    let cost = HashCost { memory_kib: 16, passes: 1, lanes: 1 };
    let hasher = Hasher::new(cost, &random).unwrap();
    hasher.hash(&password.to_owned().into(), &random).await.unwrap()
}

#[tokio::test]
async fn a_hash_of_an_older_cost_is_replaced_only_if_it_is_still_the_one_that_was_checked() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let sql = app.sql().await;
    let put = "UPDATE pj.accounts SET password_hash = $2 WHERE email = $1";
    let read = "SELECT password_hash FROM pj.accounts WHERE email = $1";
    let (old, reset) = (older_hash(PASSWORD).await, older_hash(GOOD).await);
    sql.execute(put, &[&ana.email, &old]).await.unwrap();
    assert_eq!(login(&app, &ana.email, PASSWORD).await.status, 200);
    let stored: String = sql.query_one(read, &[&ana.email]).await.unwrap().get(0);
    assert_ne!(stored, old, "hashed anew");

    sql.execute(put, &[&ana.email, &old]).await.unwrap();
    let holder = app.sql().await;
    holder.batch_execute("BEGIN").await.unwrap();
    holder.execute(put, &[&ana.email, &reset]).await.unwrap();
    let (entered, ()) = tokio::join!(login(&app, &ana.email, PASSWORD), async {
        until_blocked(&sql, "keep_password").await;
        holder.batch_execute("COMMIT").await.unwrap();
    });
    assert_eq!(entered.code(), "invalid_credentials");
    let stored: String = sql.query_one(read, &[&ana.email]).await.unwrap().get(0);
    assert_eq!(stored, reset, "what was put meanwhile stays");
}
