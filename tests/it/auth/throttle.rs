//! How often a secret may be tried, over HTTP.

use super::refresh::forged;
use super::{
    Registered, address, alike, ask, login, me, refresh, register, registration, text, verify,
};
use crate::support::people::PASSWORD;
use crate::support::{Answer, TestApp};
use chrono::Duration;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

const WRONG: &str = "violet kelp orbit 8";

/// A sign-in by a device that shows this secret.
async fn known(app: &TestApp, email: &str, password: &str, secret: &str) -> Answer {
    let body = json!({"email": email, "password": password, "device": {}, "device_secret": secret});
    app.call("POST", "/v1/auth/login").json(&body).send().await
}

/// A call that the proxy passes on from this address.
async fn from(app: &TestApp, client: &str, path: &str, body: &Value) -> Answer {
    app.call("POST", path).header("X-Forwarded-For", client).json(body).send().await
}

fn password_of(email: &str) -> Value {
    json!({"email": email, "password": WRONG, "device": {}})
}

/// A refusal with when to come back.
#[track_caller]
fn is_refused(answer: &Answer, policy: &str, seconds: &str) {
    assert_eq!((answer.status, answer.code()), (429, "too_many_attempts"), "{}", answer.text);
    assert_eq!(answer.header("retry-after"), seconds);
    assert!(answer.header("ratelimit-policy").starts_with(policy), "{:?}", answer.headers);
    assert_eq!(
        answer.header("ratelimit"),
        format!("{};r=0;t={seconds}", policy.split(';').next().unwrap())
    );
}

#[tokio::test]
async fn t034_the_sixth_wrong_password_waits_and_a_known_device_does_not() {
    let app = TestApp::with_a_still_clock();
    let ana = app.patient("ana").await;
    let nobody = "nobody.at.all@example.org";
    for _ in 0..5 {
        let (wrong, unknown) =
            (login(&app, &ana.email, WRONG).await, login(&app, nobody, WRONG).await);
        assert_eq!((wrong.status, wrong.code()), (401, "invalid_credentials"));
        assert_eq!(alike(&unknown), alike(&wrong));
    }
    let (sixth, unknown) = (login(&app, &ana.email, WRONG).await, login(&app, nobody, WRONG).await);
    is_refused(&sixth, "\"address\";q=5;w=18000", "2");
    assert_eq!(alike(&unknown), alike(&sixth));
    // Right or wrong, it is not looked at, unless the device is known.
    is_refused(&login(&app, &ana.email, PASSWORD).await, "\"address\"", "2");
    let secret = text(&ana.tokens, "device_secret");
    assert_eq!(known(&app, &ana.email, PASSWORD, secret).await.status, 200);
    let bob = app.patient("bob").await;
    for other in [text(&bob.tokens, "device_secret"), "pjd_x", &secret.to_lowercase()] {
        is_refused(&known(&app, &ana.email, PASSWORD, other).await, "\"address\"", "2");
    }
    // Each try costs twice the wait of the one before.
    for (wait, next) in [(2, "4"), (4, "8"), (8, "16")] {
        app.pass(Duration::seconds(wait));
        assert_eq!(login(&app, &ana.email, WRONG).await.status, 401);
        is_refused(&login(&app, &ana.email, WRONG).await, "\"address\"", next);
    }
    app.pass(Duration::seconds(16));
    assert_eq!(login(&app, &ana.email, PASSWORD).await.status, 200, "the owner, in time");
}

#[tokio::test]
async fn t034_a_known_device_that_guesses_holds_up_only_itself() {
    let app = TestApp::with_a_still_clock();
    let ana = app.patient("ana").await;
    let other = ana.other_device(&app).await;
    let secret = text(&ana.tokens, "device_secret");
    // A refresh tells it again, and signing out does not end it.
    let renewed = refresh(&app, text(&ana.tokens, "refresh_token")).await.json;
    assert_eq!(renewed["device_secret"], secret);
    assert_eq!(ana.call("POST", "/v1/auth/logout").send().await.status, 204);
    for _ in 0..5 {
        assert_eq!(known(&app, &ana.email, WRONG, secret).await.status, 401);
    }
    is_refused(&known(&app, &ana.email, PASSWORD, secret).await, "\"device\";q=5;w=18000", "2");
    let second = text(&other.tokens, "device_secret");
    assert_eq!(known(&app, &ana.email, PASSWORD, second).await.status, 200);
    assert_eq!(login(&app, &ana.email, PASSWORD).await.status, 200);
    app.pass(Duration::seconds(2));
    assert_eq!(known(&app, &ana.email, PASSWORD, secret).await.status, 200);
    // It is no token of any other kind.
    assert_eq!(refresh(&app, secret).await.code(), "session_revoked");
    assert_eq!(me(&app, &json!({"access_token": secret})).await.code(), "unauthenticated");
}

#[tokio::test]
async fn t036_addresses_of_one_network_share_a_count_and_known_devices_do_not_care() {
    let app = TestApp::behind_a_proxy();
    let ana = app.patient("ana").await;
    let path = "/v1/auth/login";
    for number in 0..50 {
        let body = password_of(&address("guessed"));
        let client = format!("2001:db8:7:42{number:02}::{number}");
        assert_eq!(from(&app, &client, path, &body).await.status, 401, "{client}");
    }
    let right = json!({"email": ana.email, "password": PASSWORD, "device": {}});
    let network = "\"network\";q=50;w=3000";
    is_refused(&from(&app, "2001:db8:7:42ff::9", path, &right).await, network, "2");
    // What stands before it, the client has written itself.
    is_refused(&from(&app, "198.51.100.7, 2001:db8:7:42ff::9", path, &right).await, network, "2");
    let code = json!({"verification_id": Uuid::now_v7(), "code": "123456", "device": {}});
    is_refused(
        &from(&app, "2001:db8:7:4200::9", "/v1/auth/verify-email", &code).await,
        network,
        "2",
    );
    assert_eq!(from(&app, "2001:db8:7:4300::9", path, &right).await.status, 200, "another network");
    let mut known = right.clone();
    known["device_secret"] = ana.tokens["device_secret"].clone();
    assert_eq!(from(&app, "2001:db8:7:42ff::9", path, &known).await.status, 200);
    let renew = json!({"refresh_token": ana.tokens["refresh_token"]});
    assert_eq!(from(&app, "2001:db8:7:42ff::9", "/v1/auth/refresh", &renew).await.status, 200);
}

#[tokio::test]
async fn who_is_no_named_proxy_speaks_for_nobody() {
    let app = TestApp::with_a_still_clock();
    for _ in 0..60 {
        let body = password_of(&address("guessed"));
        assert_eq!(from(&app, "198.51.100.7", "/v1/auth/login", &body).await.status, 401);
    }
}

#[tokio::test]
async fn every_other_secret_passes_the_same_gate() {
    let app = TestApp::with_a_still_clock();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let (secret, device) = ("violet kelp orbit 8", "\"device\";q=5;w=18000");
    // A password once more.
    let check = async |password: &str| {
        ana.post("/v1/auth/reauthenticate", &json!({"password": password})).await
    };
    for _ in 0..5 {
        assert_eq!(check(secret).await.status, 401);
    }
    is_refused(&check(PASSWORD).await, device, "2");
    assert_eq!(ana.get("/v1/me").await.status, 200, "it stays signed in");
    app.pass(Duration::seconds(2));
    assert_eq!(check(PASSWORD).await.status, 204);
    // Invitations: five wrong ones an hour, and a right one is none of them.
    let redeem = async |code: &str| lind.post("/v1/shares/redeem", &json!({"code": code})).await;
    for round in 0..5 {
        assert_eq!(redeem("K7QF-2M9X-TP4D").await.status, 404, "{round}");
        if round == 2 {
            let share = ana.invite(&["pain"], &json!({})).await;
            assert_eq!(redeem(text(&share, "code")).await.status, 200);
        }
    }
    let share = ana.invite(&["pain"], &json!({})).await;
    is_refused(&redeem(text(&share, "code")).await, "\"invitations\";q=5;w=3600", "3600");
    // Refresh tokens that were made up are refused more slowly; a good one is never held up by them.
    let token = text(&ana.tokens, "refresh_token");
    let forged = forged(token, |bytes| bytes[40] ^= 1);
    for _ in 0..5 {
        assert_eq!(refresh(&app, &forged).await.code(), "session_revoked");
    }
    is_refused(&refresh(&app, &forged).await, device, "2");
    assert_eq!(refresh(&app, token).await.status, 200);
}

#[tokio::test]
async fn an_address_gets_ten_codes_an_hour_known_or_not() {
    let app = TestApp::with_a_still_clock();
    let ana = app.patient("ana").await;
    let mut last = None;
    for email in [ana.email.clone(), address("new")] {
        let body = registration(&email, &json!({}));
        for _ in 0..10 {
            assert_eq!(ask(&app, &body).await.status, 202);
        }
        let refused = ask(&app, &body).await;
        is_refused(&refused, "\"challenges\";q=10;w=3600", "3600");
        let refused = alike(&refused);
        assert_eq!(*last.get_or_insert_with(|| refused.clone()), refused);
        app.pass(Duration::minutes(59));
        is_refused(&ask(&app, &body).await, "\"challenges\"", "60");
        app.pass(Duration::minutes(1));
        assert_eq!(ask(&app, &body).await.status, 202);
    }
}

#[tokio::test]
async fn a_code_dies_after_five_tries_whoever_makes_them() {
    let app = TestApp::behind_a_proxy();
    let asked: Registered = register(&app, &registration(&address("eva"), &json!({}))).await;
    let body = |code: &str| json!({"verification_id": asked.id, "code": code, "device": {}});
    for number in 0..5 {
        let client = format!("198.51.{number}.7");
        let wrong = from(&app, &client, "/v1/auth/verify-email", &body(&asked.wrong_code())).await;
        assert_eq!((wrong.status, wrong.code()), (401, "invalid_credentials"));
    }
    let dead = verify(&app, &body(asked.code())).await;
    assert_eq!((dead.status, dead.code()), (401, "invalid_credentials"));
}

#[tokio::test]
async fn the_pages_say_how_long_to_wait_and_know_their_browser() {
    let app = TestApp::with_a_still_clock();
    let lind = app.practitioner("lind").await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let encode = |text: &str| text.replace('@', "%40").replace(' ', "+");
    let submit = async |password: &str, cookie: &str| {
        let form = format!("email={}&password={}", encode(&lind.email), encode(password));
        let call = client.post(format!("{}/clinic/sign-in", app.base)).header("Cookie", cookie);
        let call = call.header("Content-Type", "application/x-www-form-urlencoded").body(form);
        let answer = call.header("Accept-Language", "de").send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.text().await.unwrap())
    };
    let (status, headers, _) = submit(PASSWORD, "").await;
    assert_eq!(status, 303);
    let mut cookies = headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let device = cookies.rfind(|cookie| cookie.starts_with("pain_journal_device="));
    let device = device.expect("a cookie of the device");
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/clinic/sign-in", "; Max-Age=34560000"]
    {
        assert!(device.contains(part), "{device}");
    }
    let device = device.split(';').next().unwrap();
    for _ in 0..5 {
        assert_eq!(submit(WRONG, "").await.0, 401);
    }
    let (status, headers, page) = submit(PASSWORD, "").await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (429, "2"));
    assert!(page.contains("Versuchen Sie es in 2 Sekunden noch einmal."), "{page}");
    assert!(!page.contains(PASSWORD));
    assert_eq!(login(&app, &lind.email, PASSWORD).await.status, 429, "one count with the API");
    assert_eq!(submit(PASSWORD, device).await.0, 303);
    for wait in [2, 4, 8, 16, 32, 64] {
        app.pass(Duration::seconds(wait));
        assert_eq!(submit(WRONG, "").await.0, 401);
    }
    let (_, _, page) = submit(PASSWORD, "").await;
    assert!(page.contains("Versuchen Sie es in 3 Minuten noch einmal."), "{page}");
}

/// Forty connections that never stop guessing: at the victim's address, and at ever new ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t041_forty_flooding_connections_hold_up_no_known_device() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let secret = text(&ana.tokens, "device_secret").to_owned();
    let flooding = Arc::new(AtomicBool::new(true));
    let flood = (0..40).map(|number| {
        let (app, ana, flooding) = (app.clone(), ana.clone(), Arc::clone(&flooding));
        tokio::spawn(async move {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let mut seen = [0_u32; 600];
            while flooding.load(Ordering::Relaxed) {
                let email = if number % 2 == 0 { ana.email.clone() } else { address("flood") };
                let call = client.post(format!("{}/v1/auth/login", app.base));
                let answer = call.json(&password_of(&email)).send().await.unwrap();
                seen[usize::from(answer.status().as_u16())] += 1;
            }
            seen
        })
    });
    let flood: Vec<_> = flood.collect();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let mut times = Vec::new();
    for _ in 0..100 {
        let started = std::time::Instant::now();
        let answer = known(&app, &ana.email, PASSWORD, &secret).await;
        times.push((answer.status, started.elapsed()));
    }
    let stranger = login(&app, &ana.email, PASSWORD).await;
    flooding.store(false, Ordering::Relaxed);
    let mut seen = [0_u32; 600];
    for one in flood {
        seen.iter_mut().zip(one.await.unwrap()).for_each(|(sum, more)| *sum += more);
    }
    assert_eq!(stranger.status, 429, "the address is under attack");
    assert_eq!(seen[200], 0);
    assert!(
        seen[429] > 100 && seen[401] > 100,
        "there was a flood: {} {} {}",
        seen[401],
        seen[429],
        seen[503]
    );
    // Within 2 s on a quiet machine; this one runs other tests.
    let room = std::time::Duration::from_secs(10);
    let good = times.iter().filter(|(status, time)| *status == 200 && *time < room).count();
    assert!(good >= 99, "{times:?}");
}
