//! Another master secret: who stays signed in, what is void, and what is refused without a change.

use crate::support::cluster::connect;
use crate::support::people::{PASSWORD, daily, fresh};
use crate::support::program::{Home, Serving, happens_within};
use crate::support::{Answer, Call, Person};
use private_postgres::{ADMIN, running_url};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

const ANA: &str = "ana@example.org";
const LIND: &str = "lind@example.org";

/// A stopped clinic with a patient and a practitioner.
fn clinic(name: &str) -> Home {
    let home = Home::with_database(name);
    home.done(&["user", "create", ANA], PASSWORD);
    home.done(&["user", "create", LIND, "--role", "practitioner"], PASSWORD);
    home
}

async fn post(base: &str, path: &str, body: &Value) -> Answer {
    Call::new(base, "POST", path).json(body).send().await
}

async fn refresh(base: &str, person: &Person) -> Answer {
    let token = &person.tokens["refresh_token"];
    post(base, "/v1/auth/refresh", &json!({"refresh_token": token})).await
}

/// Somebody who has asked for an account: the handle, and the code and token of the mail.
async fn registered(home: &Home, base: &str, email: &str) -> (Value, String, String) {
    let body = json!({"email": email, "password": PASSWORD, "role": "patient", "locale": "en",
        "time_zone": "Europe/Berlin", "terms_version": "1"});
    let answer = post(base, "/v1/auth/register", &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let outbox = home.path().join("outbox");
    let mut mail = String::new();
    let arrived = happens_within(Duration::from_mins(1), || {
        let files = fs::read_dir(&outbox).into_iter().flatten().flatten();
        let mut texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
        mail = texts.find(|text| text.contains(email)).unwrap_or_default();
        !mail.is_empty()
    });
    assert!(arrived, "no mail");
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
    let code = mail.lines().map(str::trim).find(is_code).expect("a code").to_owned();
    let link = mail.split_once("#token=").expect("a link").1;
    let token = link.split_whitespace().next().unwrap().to_owned();
    (answer.json["verification_id"].clone(), code, token)
}

async fn verify(base: &str, body: &Value) -> Answer {
    post(base, "/v1/auth/verify-email", body).await
}

#[tokio::test]
async fn everybody_stays_signed_in_and_open_codes_are_void() {
    let home = clinic("new-secret");
    let secret = home.path().join("secret");
    let old = fs::read_to_string(&secret).unwrap();
    let server = Serving::start(&home, &[]);
    let listen = server.listen().to_owned();
    let (ana, lind) =
        (Person::sign_in_at(&server.base, ANA).await, Person::sign_in_at(&server.base, LIND).await);
    let share = ana.share_with(&lind, &["pain"]).await;
    let invited = ana.invite(&["pain"], &json!({})).await;
    let (handle, code, token) = registered(&home, &server.base, "bo@example.org").await;
    let page = "/v1/journal-entries?limit=1";
    for day in ["2026-05-01", "2026-05-02"] {
        assert_eq!(
            ana.create(&fresh("journal-entries"), &daily(day, &json!({}))).await.status,
            201
        );
    }
    let cursor = ana.get(page).await.json["next_cursor"].as_str().unwrap().to_owned();

    let no = home.refused(&["rotate-secret"], "");
    assert!(no.contains("stop every copy of it first"), "{no}");
    assert_eq!(fs::read_to_string(&secret).unwrap(), old);
    server.stop().await;

    let yes = home.done(&["rotate-secret"], "");
    assert!(yes.contains("the keys of 2 devices are sealed with the new secret"), "{yes}");
    assert!(yes.contains("void: 1 codes in verification mails"), "{yes}");
    assert!(yes.contains(" 1 open invitations"), "{yes}");
    let new = fs::read_to_string(&secret).unwrap();
    assert_ne!(new, old);
    assert!(!yes.contains(new.trim()) && !yes.contains(old.trim()), "a secret is printed");
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(!home.path().join("secret.new").exists());

    // The same address, since it is the issuer of the tokens.
    let server = Serving::start_at(&home, &listen, &[]);
    let base = &server.base;
    assert_eq!(ana.get("/v1/me").await.status, 200, "the access token");
    for person in [&ana, &lind] {
        let next = refresh(base, person).await;
        assert_eq!(next.status, 200, "{}", next.text);
    }
    assert_eq!(lind.get(&format!("/v1/patients/{share}/report")).await.status, 200, "the share");
    let id = invited["share"]["id"].as_str().unwrap();
    let shares = ana.get("/v1/shares").await;
    let state = shares.json["data"].as_array().unwrap().iter().find(|share| share["id"] == id);
    assert_eq!(state.unwrap()["state"], "expired", "{}", shares.text);
    let redeemed = lind.post("/v1/shares/redeem", &json!({"code": invited["code"]})).await;
    assert!((400..500).contains(&redeemed.status), "{}", redeemed.text);
    assert_eq!(ana.get(&format!("{page}&cursor={cursor}")).await.status, 400, "a place in a list");
    let by_code = json!({"verification_id": handle, "code": code, "device": {}});
    assert_eq!(verify(base, &by_code).await.status, 401);
    let by_link = json!({"verification_id": handle, "token": token, "device": {}});
    let by_link = verify(base, &by_link).await;
    assert_eq!(by_link.status, 200, "{}", by_link.text);
}

#[tokio::test]
async fn a_lost_secret_signs_everybody_out_and_loses_nothing_else() {
    let home = clinic("lost-secret");
    let secret = home.path().join("secret");
    let server = Serving::start(&home, &[]);
    let listen = server.listen().to_owned();
    let ana = Person::sign_in_at(&server.base, ANA).await;
    let path = fresh("journal-entries");
    assert_eq!(ana.create(&path, &daily("2026-05-01", &json!({}))).await.status, 201);
    server.stop().await;

    fs::remove_file(&secret).unwrap();
    let no = home.refused(&["serve", "--listen", "127.0.0.1:0"], "");
    assert!(no.contains("and its secret is gone") && no.contains("rotate-secret --lost"), "{no}");
    assert!(!secret.exists(), "another secret was made, with which nothing opens");
    let no = home.refused(&["rotate-secret"], "");
    assert!(no.contains("secret"), "{no}");
    // Another one does not open the database either, and ends nothing.
    fs::write(&secret, "another-secret-of-a-clinic-nearby-0815\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let no = home.refused(&["rotate-secret"], "");
    assert!(no.contains("the master secret is not the one of this database"), "{no}");
    assert!(home.is_quiet(), "the database was left behind");

    let yes = home.done(&["rotate-secret", "--lost"], "");
    assert!(yes.contains("new signing keys were made, and 1 devices were signed out"), "{yes}");
    let server = Serving::start_at(&home, &listen, &[]);
    assert_eq!(ana.get("/v1/me").await.status, 401);
    let again = refresh(&server.base, &ana).await;
    assert_eq!((again.status, again.code()), (401, "session_revoked"), "{}", again.text);
    let ana = Person::sign_in_at(&server.base, ANA).await;
    assert_eq!(ana.get(&path).await.status, 200);
}

#[tokio::test]
async fn one_key_that_does_not_open_changes_nothing() {
    let home = clinic("damaged-key");
    let secret = home.path().join("secret");
    let old = fs::read_to_string(&secret).unwrap();
    let server = Serving::start(&home, &[]);
    let listen = server.listen().to_owned();
    let (ana, lind) =
        (Person::sign_in_at(&server.base, ANA).await, Person::sign_in_at(&server.base, LIND).await);
    let url = running_url(home.path(), ADMIN).unwrap();
    let device = lind.tokens["device_id"].as_str().unwrap();
    let damage = format!("UPDATE pj.devices SET refresh_key = '\\x01' WHERE id = '{device}'");
    connect(&url).await.batch_execute(&damage).await.unwrap();
    server.stop().await;

    let no = home.refused(&["rotate-secret"], "a-new-secret-of-this-clinic-0815-4711\n");
    assert!(no.contains("a sealed value does not open with this secret"), "{no}");
    assert_eq!(fs::read_to_string(&secret).unwrap(), old);
    assert!(!home.path().join("secret.new").exists());
    let server = Serving::start_at(&home, &listen, &[]);
    let next = refresh(&server.base, &ana).await;
    assert_eq!(next.status, 200, "the first key was sealed anew: {}", next.text);
}

#[test]
fn a_new_secret_is_judged_like_the_first() {
    let home = Home::with_database("judged");
    let old = fs::read_to_string(home.path().join("secret")).unwrap();
    for (typed, expected) in [
        ("short", "the new secret: the secret is too short"),
        ("...            # openssl rand -base64 32", "the new secret: the secret holds `...`"),
        (old.as_str(), "the new secret is the one in use"),
    ] {
        let no = home.refused(&["rotate-secret"], typed);
        assert!(no.contains(expected), "{typed}: {no}");
    }
    assert_eq!(fs::read_to_string(home.path().join("secret")).unwrap(), old);
}

#[test]
fn only_serve_makes_a_database_unasked() {
    let home = Home::fresh("nowhere");
    let expected = format!("pain-journal: there is no database in {}: ", home.text());
    for command in [
        &["migrate"][..],
        &["demo"],
        &["user", "create", ANA],
        &["user", "disable", ANA],
        &["import", "-", "--account", ANA, "--format", "csv"],
        &["rotate-keys"],
        &["rotate-secret", "--lost"],
        &["new-epoch"],
        &["backup", home.text()],
    ] {
        let typed = if command[0] == "user" { PASSWORD } else { "" };
        let no = home.refused(command, typed);
        assert!(no.contains(&expected), "{command:?}: {no}");
        assert!(!home.path().join("data").exists(), "{command:?}");
    }
    home.done(&["migrate", "--create"], "");
    home.done(&["user", "create", ANA], PASSWORD);
}
