//! The program as a process: how it starts, what a signal, a kill or a dead database does to it, and
//! the commands beside it.

use crate::support::Call;
use crate::support::people::{PASSWORD, daily};
use crate::support::program::{END, Home, Serving, happens_within, program, said, signal};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

const ANA: &str = "ana@example.org";

/// Signs in and answers the tokens, or the problem.
async fn sign_in(base: &str, email: &str, password: &str) -> Value {
    let body = json!({"email": email, "password": password, "device": {"name": "test phone"}});
    let answer = Call::new(base, "POST", "/v1/auth/login").json(&body).send().await;
    if answer.status == 200 { answer.json["tokens"].clone() } else { answer.json }
}

async fn token(base: &str, email: &str, password: &str) -> String {
    let tokens = sign_in(base, email, password).await;
    tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
}

async fn status(base: &str, path: &str, token: &str) -> u16 {
    Call::new(base, "GET", path).bearer(token).send().await.status
}

#[tokio::test]
async fn a_start_says_where_everything_is_and_a_signal_ends_it_cleanly() {
    let home = Home::fresh("signals");
    let mut first = Serving::start(&home, &["--demo"]);
    assert!(first.said().contains("preparing the database"), "{}", first.said());
    assert!(first.base.starts_with("http://127.0.0.1:"));
    assert_eq!(first.told("docs"), format!("{}/docs", first.base));
    assert_eq!(first.told("data"), format!("{} (own Postgres)", home.text()));
    assert_eq!(first.told("mail"), format!("{}/outbox", home.text()));
    assert_eq!(first.told("stop"), "Ctrl-C");
    for who in ["patient", "practitioner"] {
        let sign_in = first.told(who);
        let (email, password) = sign_in.split_once(" / ").unwrap();
        token(&first.base, email, password).await;
    }
    assert!(!home.is_quiet());
    signal(first.process(), "TERM");
    let ended = first.ends_within(END).expect("SIGTERM ends it");
    assert!(ended.success(), "{ended}: {}", first.said());
    assert!(home.is_quiet(), "a process of the database is left");

    let mut second = Serving::start(&home, &["--demo"]);
    assert!(!second.said().contains("preparing"), "{}", second.said());
    assert!(second.took < Duration::from_secs(10), "{:?}", second.took);
    let token = token(&second.base, "ana@demo.example", "demo-seven-herons").await;
    let list = Call::new(&second.base, "GET", "/v1/journal-entries?limit=200").bearer(&token);
    let list = list.send().await;
    assert_eq!(list.json["data"].as_array().unwrap().len(), 200, "{}", list.text);
    signal(second.process(), "INT");
    let ended = second.ends_within(END).expect("SIGINT ends it");
    assert!(ended.success(), "{ended}: {}", second.said());
    assert!(home.is_quiet(), "a process of the database is left");
}

#[test]
fn a_signal_in_the_first_moment_ends_it_cleanly() {
    let home = Home::fresh("at-once");
    for name in ["TERM", "INT", "TERM"] {
        let mut server = Serving::start(&home, &[]);
        signal(server.process(), name);
        let ended = server.ends_within(END).unwrap_or_else(|| panic!("{name} ends it"));
        assert!(ended.success(), "{name}: {ended}: {}", server.said());
        assert!(home.is_quiet(), "{name}: a process of the database is left");
    }
}

/// One write: its address and its body.
type Write = (String, Value);

/// Writes entry after entry until the server is gone. Answers what was acknowledged, and what was
/// asked for last.
async fn write_until_the_end(
    base: String,
    token: String,
    acknowledged: Arc<AtomicUsize>,
) -> (Vec<Write>, Write) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut written = Vec::new();
    loop {
        let path = format!("/v1/journal-entries/{}", Uuid::now_v7());
        let body = daily("2026-05-01", &json!({"note": format!("write {}", written.len())}));
        let put = client.put(format!("{base}{path}")).header("If-None-Match", "*");
        match put.bearer_auth(&token).json(&body).send().await {
            Ok(answer) => {
                assert_eq!(answer.status(), 201);
                written.push((path, body));
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            Err(_) => return (written, (path, body)),
        }
    }
}

/// Every entry of the journal: its address and its note, as often as a list names it.
async fn all_entries(base: &str, token: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/journal-entries?limit=200{cursor}");
        let page = Call::new(base, "GET", &path).bearer(token).send().await;
        assert_eq!(page.status, 200, "{}", page.text);
        for entry in page.json["data"].as_array().unwrap() {
            let path = format!("/v1/journal-entries/{}", entry["id"].as_str().unwrap());
            found.push((path, entry["note"].clone()));
        }
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_acknowledged_write() {
    let home = Home::with_database("killed");
    // While nothing runs: the command runs the database by itself, and ends it.
    home.done(&["user", "create", ANA, "--time-zone", "Europe/Berlin"], PASSWORD);
    assert!(home.is_quiet(), "the command left its database");
    let mut server = Serving::start(&home, &[]);
    let token = token(&server.base, ANA, PASSWORD).await;

    let acknowledged = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let (base, token) = (server.base.clone(), token.clone());
            tokio::spawn(write_until_the_end(base, token, Arc::clone(&acknowledged)))
        })
        .collect();
    let enough = || acknowledged.load(Ordering::SeqCst) >= 90;
    assert!(happens_within(Duration::from_mins(1), enough), "the writers are stuck");
    server.kill();
    let mut kept = BTreeMap::new();
    let mut unanswered = Vec::new();
    for writer in writers {
        let (written, last) = writer.await.unwrap();
        kept.extend(written.into_iter().map(|(path, body)| (path, body["note"].clone())));
        unanswered.push(last);
    }
    assert!(home.is_quiet_within(Duration::from_secs(10)), "the kill left the database behind");

    // The same address, since it is the issuer of the token.
    let again = Serving::start_at(&home, server.listen(), &[]);
    let found: BTreeMap<_, _> = all_entries(&again.base, &token).await.into_iter().collect();
    for (path, note) in &kept {
        assert_eq!(found.get(path), Some(note), "acknowledged, and lost");
    }
    for (path, body) in unanswered {
        let put = Call::new(&again.base, "PUT", &path).bearer(&token).header("If-None-Match", "*");
        let answer = put.json(&body).send().await;
        assert!([200, 201].contains(&answer.status), "{}", answer.text);
        kept.insert(path, body["note"].clone());
    }
    let found = all_entries(&again.base, &token).await;
    assert_eq!(found.len(), kept.len(), "a repeated request doubled an entry");
    assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), kept);
}

#[tokio::test]
async fn what_is_in_use_is_refused_and_a_dead_database_ends_the_server() {
    let home = Home::fresh("in-use");
    let mut server = Serving::start(&home, &[]);
    let second = home.run(&["serve", "--listen", "127.0.0.1:0"], "");
    let expected = format!(
        "pain-journal: {} is in use by another pain-journal (process {}): stop that one, or choose \
         another directory for this one\n",
        home.text(),
        server.process()
    );
    assert_eq!((second.status.code(), said(&second)), (Some(1), expected));

    let elsewhere = Home::fresh("port");
    let second = elsewhere.run(&["serve", "--listen", server.listen()], "");
    let expected = format!("pain-journal: cannot listen on {}: ", server.listen());
    assert_eq!(second.status.code(), Some(1));
    assert!(said(&second).starts_with(&expected), "{}", said(&second));
    assert!(said(&second).ends_with("; choose another with --listen\n"), "{}", said(&second));
    assert!(!elsewhere.path().join("data").exists(), "a database was made for nothing");

    assert_eq!(status(&server.base, "/readyz", "").await, 200);
    signal(home.postmaster(), "KILL");
    let ended = server.ends_within(END).expect("it does not go on without its database");
    assert_eq!(ended.code(), Some(1), "{}", server.said());
    assert!(server.said().contains("the private database ended by itself"), "{}", server.said());
    assert!(home.is_quiet_within(Duration::from_secs(10)));
}

#[tokio::test]
async fn the_other_commands_work_beside_a_running_server() {
    let home = Home::fresh("commands");
    let server = Serving::start(&home, &["--log", "debug"]);
    let base = &server.base;

    let health = program(&["health", "--address", server.listen()]).output().unwrap();
    assert!(health.status.success(), "{}", said(&health));
    let nobody = program(&["health", "--address", "127.0.0.1:1"]).output().unwrap();
    assert_eq!(nobody.status.code(), Some(1));
    assert!(said(&nobody).starts_with("pain-journal: no answer from 127.0.0.1:1: "));

    assert!(home.done(&["migrate"], "").contains("the database is up to date"));

    let create = ["user", "create", ANA, "--role", "patient", "--name", "Ana"];
    assert!(home.done(&create, PASSWORD).contains("the account was made"));
    let again = home.run(&create, PASSWORD);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("this address has an account already"), "{}", said(&again));
    let tokens = sign_in(base, ANA, PASSWORD).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(status(base, "/v1/me", token).await, 200);

    home.done(&["user", "disable", ANA], "");
    assert_eq!(status(base, "/v1/me", token).await, 403, "with the next request");
    assert_eq!(sign_in(base, ANA, PASSWORD).await["code"], "account_suspended");
    home.done(&["user", "enable", ANA], "");
    assert_eq!(status(base, "/v1/me", token).await, 200);

    let rows = "journal_date,pain_average,note\n2026-05-01,4,better\n2026-05-02,0,\n";
    let import =
        ["import", "-", "--account", ANA, "--format", "csv", "--time-zone", "Europe/Berlin"];
    assert!(home.done(&import, rows).contains("2 created, 0 already there, 0 refused"));
    assert!(home.done(&import, rows).contains("0 created, 2 already there, 0 refused"));
    let list = Call::new(base, "GET", "/v1/journal-entries").bearer(token).send().await;
    assert_eq!(list.json["data"][0]["pain_average"], 0, "{}", list.text);
    let log = Call::new(base, "GET", "/v1/me/access-log").bearer(token).send().await;
    assert_eq!(log.json["data"][0]["action"], "import", "{}", log.text);

    let document = program(&["openapi"]).output().unwrap();
    let document: Value = serde_json::from_slice(&document.stdout).unwrap();
    assert_eq!(&document, crate::support::contract::as_written());

    let jwks = Call::new(base, "GET", "/.well-known/jwks.json").send().await;
    let kids: Vec<_> =
        jwks.json["keys"].as_array().unwrap().iter().map(|k| k["kid"].clone()).collect();
    let rotated = home.done(&["rotate-keys"], "");
    for (kid, becomes) in [(&kids[0], "signs no more, and verifies until 2"), (&kids[1], "signs\n")]
    {
        let expected = format!("key {} {becomes}", kid.as_str().unwrap());
        assert!(rotated.contains(&expected), "{expected} is not in {rotated}");
    }
    assert!(rotated.contains(" is published, and signs next"), "{rotated}");
    assert_eq!(status(base, "/v1/me", token).await, 200, "tokens live through a rotation");

    // Nothing of this may stand in the log, at any level.
    let log = server.said();
    assert!(log.contains("/v1/journal-entries"), "the log has no requests: {log}");
    let secret = std::fs::read_to_string(home.path().join("secret")).unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    for word in [ANA, PASSWORD, token, refresh, secret.trim(), "better", "eyJ", "pjr_", "Ana"] {
        assert!(!log.contains(word), "the log holds {word}");
    }
}
