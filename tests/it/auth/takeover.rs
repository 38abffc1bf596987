//! Somebody registers an address that is not his, and lets its owner click on the mail.

use super::{GOOD, Registered, address, ask, login, mails, me, register, registration, verify};
use crate::support::{Answer, TestApp};
use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};

/// What the thief would have the account's password be.
const HIS: &str = "seven wet lanterns";

async fn with_password(app: &TestApp, registered: &Registered, password: &str) -> Answer {
    let body = json!({"token": registered.token(), "password": password, "device": {}});
    verify(app, &body).await
}

async fn registrations(app: &TestApp, email: &str) -> i64 {
    let count = "SELECT count(*) FROM pj.registrations WHERE email = $1";
    app.sql().await.query_one(count, &[&email]).await.unwrap().get(0)
}

async fn accounts(app: &TestApp, email: &str) -> i64 {
    let count = "SELECT count(*) FROM pj.accounts WHERE email = $1";
    app.sql().await.query_one(count, &[&email]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_first_mail_of_an_address_that_both_registered_gives_the_thief_nothing() {
    let app = TestApp::shared();
    let email = address("victim");
    let thief = register(&app, &registration(&email, &json!({"password": HIS}))).await;
    let owner = register(&app, &registration(&email, &json!({}))).await;
    assert_eq!(registrations(&app, &email).await, 1, "the newer one is in the place of the older");
    // The victim opens the first mail, on the page and in the app, and types its code.
    for answer in [
        with_password(&app, &thief, GOOD).await,
        owner.by_token(&app, thief.token()).await,
        owner.by_code(&app, thief.code()).await,
        // And even whoever knows all of it: it is void.
        with_password(&app, &thief, HIS).await,
        thief.by_token(&app, thief.token()).await,
        thief.by_code(&app, thief.code()).await,
    ] {
        assert_eq!((answer.status, answer.code()), (401, "invalid_credentials"));
    }
    assert_eq!(accounts(&app, &email).await, 0);
    let verified = owner.by_code(&app, owner.code()).await;
    assert_eq!(verified.status, 200, "{}", verified.text);
    assert_eq!(login(&app, &email, HIS).await.status, 401);
    assert_eq!(login(&app, &email, GOOD).await.status, 200);
}

#[tokio::test]
async fn the_newest_mail_gives_the_thief_nothing_either() {
    let app = TestApp::shared();
    let email = address("victim");
    let owner = register(&app, &registration(&email, &json!({}))).await;
    let thief = register(&app, &registration(&email, &json!({"password": HIS}))).await;
    // His link is live, but it is the victim who has it, and types the own password.
    for answer in [
        with_password(&app, &thief, GOOD).await,
        with_password(&app, &owner, GOOD).await,
        owner.by_token(&app, thief.token()).await,
        owner.by_code(&app, thief.code()).await,
        owner.by_code(&app, owner.code()).await,
    ] {
        assert_eq!((answer.status, answer.code()), (401, "invalid_credentials"));
    }
    assert_eq!(accounts(&app, &email).await, 0);
    assert_eq!(login(&app, &email, HIS).await.status, 401);
    // Asked for again, it is the victim's.
    let owner = register(&app, &registration(&email, &json!({}))).await;
    let verified = with_password(&app, &owner, GOOD).await;
    assert_eq!(me(&app, &verified.json["tokens"]).await.json["email"], email.as_str());
    assert_eq!(login(&app, &email, HIS).await.status, 401);
}

#[tokio::test]
async fn a_link_asks_for_the_password_five_times_at_most_also_at_once() {
    let app = TestApp::shared();
    let [one, two] = [address("five"), address("many")];
    let one = register(&app, &registration(&one, &json!({}))).await;
    for wrong in ["four white mountains", "", "three quiet heron", " three quiet herons"] {
        assert_eq!(with_password(&app, &one, wrong).await.code(), "invalid_credentials", "{wrong}");
    }
    assert_eq!(with_password(&app, &one, GOOD).await.status, 200);
    assert_eq!(with_password(&app, &one, GOOD).await.code(), "invalid_credentials", "used once");

    let two = register(&app, &registration(&two, &json!({}))).await;
    let tries = join_all((0..8).map(|n| {
        let (app, two) = (&app, &two);
        async move { with_password(app, two, &format!("four white mountains {n}")).await }
    }));
    for answer in tries.await {
        assert_eq!(answer.code(), "invalid_credentials");
    }
    assert_eq!(with_password(&app, &two, GOOD).await.code(), "invalid_credentials", "tried out");
    assert_eq!(two.by_code(&app, two.code()).await.code(), "invalid_credentials");
}

#[tokio::test]
async fn a_link_with_its_password_is_good_for_a_day() {
    let app = TestApp::alone();
    let registered = register(&app, &registration(&address("day"), &json!({}))).await;
    let late = register(&app, &registration(&address("late"), &json!({}))).await;
    app.pass(Duration::seconds(24 * 3600 - 10));
    assert_eq!(with_password(&app, &registered, GOOD).await.status, 200);
    app.pass(Duration::seconds(10));
    assert_eq!(with_password(&app, &late, GOOD).await.code(), "invalid_credentials");
}

#[tokio::test]
async fn a_proof_comes_in_one_of_its_ways() {
    let app = TestApp::shared();
    let ana = register(&app, &registration(&address("ana"), &json!({}))).await;
    let (id, code, token) = (&ana.id, ana.code(), ana.token());
    for (body, pointer) in [
        (json!({"device": {}}), "#/code"),
        (json!({"verification_id": id, "device": {}}), "#/code"),
        (json!({"verification_id": id, "code": code, "token": token, "device": {}}), "#/code"),
        (json!({"code": code, "device": {}}), "#/verification_id"),
        (json!({"code": code, "password": GOOD, "device": {}}), "#/verification_id"),
        (json!({"token": token, "device": {}}), "#/password"),
    ] {
        let answer = verify(&app, &body).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{body}");
    }
    let broken = json!({"token": "x", "password": GOOD, "device": {}});
    assert_eq!(verify(&app, &broken).await.code(), "invalid_credentials");
    assert_eq!(ana.by_token(&app, token).await.status, 200);
}

#[tokio::test]
async fn of_registrations_at_once_one_is_live() {
    let app = TestApp::shared();
    let email = address("raced");
    let body = |n: usize| registration(&email, &json!({"password": format!("{GOOD} {n}")}));
    let bodies: Vec<Value> = (0..6).map(body).collect();
    let answers = join_all(bodies.iter().map(|body| ask(&app, body))).await;
    assert!(answers.iter().all(|answer| answer.status == 202));
    assert_eq!(registrations(&app, &email).await, 1);
    let sent = mails(&app, &email).await;
    assert_eq!(sent.len(), 6, "everybody was answered alike");
    let mut made = 0;
    for answer in &answers {
        let id = answer.json["verification_id"].as_str().unwrap();
        for (_, mail) in &sent {
            let registered = Registered { id: id.to_owned(), mail: mail.clone() };
            let verified = registered.by_token(&app, registered.token()).await;
            made += usize::from(verified.status == 200);
        }
    }
    assert!(made <= 1, "{made}");
    let live = "SELECT count(*) FROM pj.registrations WHERE email = $1 AND tries >= 5";
    let tried: i64 = app.sql().await.query_one(live, &[&email]).await.unwrap().get(0);
    assert_eq!(usize::try_from(tried).unwrap() + made, 1, "the live one was found, or tried out");
}

#[tokio::test]
async fn a_proof_and_a_newer_registration_at_once_leave_one_account_and_no_password_of_another() {
    let app = TestApp::shared();
    for _ in 0..5 {
        let email = address("both");
        let owner = register(&app, &registration(&email, &json!({}))).await;
        let newer = registration(&email, &json!({"password": HIS}));
        let (proved, asked) = tokio::join!(owner.by_code(&app, owner.code()), ask(&app, &newer));
        assert_eq!(asked.status, 202);
        let made = accounts(&app, &email).await;
        assert_eq!((proved.status, made), if made == 1 { (200, 1) } else { (401, 0) });
        assert_eq!(login(&app, &email, HIS).await.status, 401);
    }
}
