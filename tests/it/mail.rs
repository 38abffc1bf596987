//! Mail through a relay that refuses, is slow, or has a certificate of its own: what may still leave
//! waits, what failed is named, and nothing else is held up.

use crate::support::program::{Home, Serving, happens_within, said};
use crate::support::relay::{Authority, HOLD, Relay, Security};
use crate::support::{Call, TestApp};
use chrono::{Duration, Utc};
use pain_journal::jobs::{self, Pace};
use pain_journal::mail::{Mail, MailError, Mailer, Smtp, Stage};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// How long something may take that usually takes milliseconds.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
/// A relay that is reached with STARTTLS and a password.
const UPGRADED: &str = "smtp://clinic:p%40ss@localhost:PORT?tls=required";
/// The same with TLS from the first byte.
const WRAPPED: &str = "smtps://clinic:p%40ss@localhost:PORT";

/// Asks for an account, which queues a mail to that address.
async fn queue(base: &str, email: &str) {
    let body = json!({"email": email, "password": "three quiet herons", "role": "patient",
        "locale": "en", "time_zone": "Europe/Berlin", "terms_version": "1"});
    let answer = Call::new(base, "POST", "/v1/auth/register").json(&body).send().await;
    assert_eq!(answer.status, 202, "{}", answer.text);
}

/// The job, once; how many mails left.
async fn send(app: &TestApp) -> usize {
    app.run(|app| async move { jobs::send_mails(&app).await.unwrap() }).await
}

async fn queued(app: &TestApp) -> Vec<String> {
    let rows = app.sql().await.query("SELECT recipient FROM pj.mails ORDER BY id", &[]).await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

/// A relay with STARTTLS, a password and a private authority, and a server that mails through it.
fn behind_a_relay() -> (Relay, TestApp) {
    let authority = Authority::named("the clinic's own");
    let relay = Relay::start(Security::Upgraded(authority.server("localhost", 2100)));
    let smtp = relay.smtp(UPGRADED, Some(&authority.pem));
    let app = TestApp::with_mailer(Mailer::Smtp(Arc::new(smtp)));
    (relay, app)
}

#[tokio::test]
async fn a_refusal_that_is_not_about_the_recipient_waits_until_it_is_mended() {
    let (relay, app) = behind_a_relay();
    for (round, (verb, reply)) in [
        ("greeting", "554 5.7.1 go away"),
        ("greeting", "421 4.3.2 not now"),
        ("EHLO", "550 5.7.1 <journal> who?"),
        ("STARTTLS", "502 5.5.1 no"),
        ("STARTTLS", "454 4.7.0 not now"),
        ("AUTH", "535 5.7.8 wrong password"),
        ("AUTH", "550 5.7.1 blocked"),
        ("MAIL", "530 5.7.0 sign in first"),
        ("MAIL", "550 5.7.1 <clinic@example.org> may not"),
        ("MAIL", "552 5.2.2 too much today"),
        ("RCPT", "451 4.7.1 later"),
        ("RCPT", "530 5.7.0 sign in first"),
        ("RCPT", "503 5.5.1 sign in first"),
        ("DATA", "421 4.3.0 not now"),
        (".", "452 4.3.1 full"),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("ana.{round}@example.org");
        relay.says(verb, reply);
        queue(&app.base, &email).await;
        for _ in 0..3 {
            assert_eq!(send(&app).await, 0, "{verb} {reply}");
            app.pass(Duration::hours(2));
        }
        assert_eq!(queued(&app).await, [email.as_str()], "{verb} {reply}: it waits");
        relay.is_mended();
        assert_eq!(send(&app).await, 1, "{verb} {reply}: it leaves");
        let taken = relay.taken();
        assert_eq!(taken.len(), round + 1);
        assert!(taken[round].contains(&format!("To: {email}\n")), "{}", taken[round]);
    }
    assert!(queued(&app).await.is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_recipient_or_the_text_ends_that_mail_alone() {
    let (relay, app) = behind_a_relay();
    for (verb, reply) in [("RCPT", "550 5.1.1 unknown"), ("DATA", "554 no"), (".", "554 spam")] {
        relay.says(verb, reply);
        queue(&app.base, "nobody@example.org").await;
        assert_eq!(send(&app).await, 0);
        assert!(queued(&app).await.is_empty(), "{verb} {reply}");
        relay.is_mended();
        queue(&app.base, "ana@example.org").await;
        assert_eq!(send(&app).await, 1, "the next one leaves");
    }
}

#[tokio::test]
async fn a_mail_is_given_up_after_three_days_and_tried_every_hour_until_then() {
    let (relay, app) = behind_a_relay();
    relay.says("MAIL", "550 no");
    queue(&app.base, "ana@example.org").await;
    let mut hours = 0;
    while !queued(&app).await.is_empty() {
        assert_eq!(send(&app).await, 0);
        app.pass(Duration::minutes(61));
        hours += 1;
        assert!(hours < 80, "it is never given up");
    }
    assert!((70..=73).contains(&hours), "{hours}");
    assert!(relay.taken().is_empty());
}

async fn failure(smtp: Smtp) -> MailError {
    let mail = Mail {
        to: "ana@example.net".to_owned(),
        subject: "Hello".to_owned(),
        text: "Your code: 012345\n".to_owned(),
    };
    let sent = Mailer::Smtp(Arc::new(smtp)).send(Uuid::nil(), &mail, Utc::now()).await;
    let error = sent.expect_err("a failure");
    let said = format!("{error} {error:?}");
    for personal in ["ana", "example", "012345", "clinic", "localhost", "127.0.0.1", "p@ss"] {
        assert!(!said.contains(personal), "{said}");
    }
    error
}

#[tokio::test]
async fn a_failure_names_its_stage_its_code_and_its_cause() {
    let (ours, theirs) = (Authority::named("ours"), Authority::named("theirs"));
    let wrapped = |authority: &Authority, name, year| {
        Relay::start(Security::Wrapped(authority.server(name, year)))
    };
    let plain = Relay::start(Security::Plain);
    for (relay, url, expected) in [
        (
            wrapped(&theirs, "localhost", 2100),
            WRAPPED,
            "from an unknown issuer; PAIN_JOURNAL_MAIL_CA",
        ),
        (wrapped(&ours, "localhost", 2020), WRAPPED, "the certificate has expired"),
        (wrapped(&ours, "other.example", 2100), WRAPPED, "the certificate is for another name"),
        (Relay::start(Security::Plain), WRAPPED, "does not speak TLS"),
    ] {
        let error = failure(relay.smtp(url, Some(&ours.pem))).await;
        assert_eq!((error.stage, error.is_final), (Stage::Tls, false), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = failure(plain.smtp(UPGRADED, None)).await;
    assert_eq!(error.to_string(), "STARTTLS: the mail server does not offer it");

    let open = |relay: &Relay| relay.smtp("smtp://localhost:PORT?tls=none", None);
    plain.says("greeting", "554 <ana@example.net> go away");
    let error = failure(open(&plain)).await;
    assert_eq!(error.to_string(), "the mail server's greeting: refused (reply 554)");
    plain.is_mended();
    plain.says("MAIL", "nonsense");
    let error = failure(open(&plain)).await;
    assert_eq!(error.to_string(), "MAIL FROM: the answer is no SMTP");
    plain.is_mended();
    plain.says("RCPT", "550 5.1.1 <ana@example.net> unknown");
    let error = failure(open(&plain)).await;
    assert_eq!(error.to_string(), "RCPT TO: refused (reply 550)");
    assert!(error.is_final);

    let unused = Smtp::new(&"smtp://127.0.0.1:1?tls=none".to_owned().into(), "a@b.org", None);
    let error = failure(unused.unwrap()).await;
    assert_eq!(error.to_string(), "connecting to the mail server: nothing listens there");
}

#[tokio::test]
async fn a_relay_that_hangs_holds_up_no_other_job() {
    let (relay, app) = behind_a_relay();
    relay.says("greeting", HOLD);
    queue(&app.base, "ana@example.org").await;
    let fast = std::time::Duration::from_millis(20);
    let pace = Pace { mail: fast, keys: fast, memory: fast, forgetting: fast };
    let jobs = app.run(move |app| async move { jobs::start(&app, pace) }).await;
    until("the relay hangs", || relay.holding() == 1).await;

    // Keys are 90 days old and registrations a day: both jobs have work now.
    let before = app.get("/.well-known/jwks.json").await.json;
    app.pass(Duration::days(91));
    let sql = app.sql().await;
    let is_done = async || {
        let count = sql.query_one("SELECT count(*) FROM pj.registrations", &[]).await.unwrap();
        app.get("/.well-known/jwks.json").await.json != before && count.get::<_, i64>(0) == 0
    };
    let patience = std::time::Instant::now() + PATIENCE;
    while !is_done().await {
        assert!(std::time::Instant::now() < patience, "the other jobs wait for the mail");
        tokio::time::sleep(fast).await;
    }
    assert_eq!((relay.holding(), relay.taken().len()), (1, 0), "the relay hangs still");
    relay.is_mended();
    until("the mail leaves", || relay.taken().len() == 1).await;
    drop(jobs);
}

#[tokio::test]
async fn an_emergency_is_everywhere_within_seconds_beside_a_dead_relay_and_a_thousand_mails() {
    let (relay, app) = behind_a_relay();
    relay.says("greeting", HOLD);
    let ana = app.patient("ana").await;
    let mails = "INSERT INTO pj.mails (id, recipient, subject, body, created_at, due_at) \
                 SELECT gen_random_uuid(), 'a@example.org', 'x', 'x', now(), now() FROM generate_series(1, 1000)";
    app.sql().await.execute(mails, &[]).await.unwrap();
    // Two copies of the server, with their jobs as they run; the command is a third process.
    let other = app.beside();
    let start = |app: Arc<_>| async move { jobs::start(&app, Pace::default()) };
    let running = (app.run(start).await, other.run(start).await);
    until("the relay hangs", || relay.holding() > 0).await;
    for copy in [&app, &other] {
        assert_eq!(ana.at(copy).get("/v1/me").await.status, 200);
    }
    app.operate(|app| async move { app.rotate_keys(true).await.unwrap() }).await;
    let since = std::time::Instant::now();
    for copy in [&app, &other] {
        while ana.at(copy).get("/v1/me").await.status == 200 {
            assert!(since.elapsed().as_secs() < 25, "five times what is promised");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(ana.at(copy).get("/v1/me").await.status, 401);
    }
    println!("an emergency took {} ms to arrive", since.elapsed().as_millis());
    let left = "SELECT count(*) FROM pj.mails";
    let left: i64 = app.sql().await.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(relay.taken(), [""; 0], "the relay is dead still");
    assert!(left >= 1000, "{left} mails hang still");
    drop(running);
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let patience = std::time::Instant::now() + PATIENCE;
    while !is_so() {
        assert!(std::time::Instant::now() < patience, "{what}: not yet");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_program_takes_a_private_authority_and_its_log_says_what_failed() {
    let home = Home::fresh("mail");
    let authority = Authority::named("the clinic's own");
    std::fs::create_dir_all(home.path()).unwrap();
    let file = home.path().join("mail-ca.pem");
    std::fs::write(&file, &authority.pem).unwrap();
    let relay = Relay::start(Security::Upgraded(authority.server("localhost", 2100)));
    relay.says("MAIL", "550 5.7.1 <clinic@example.org> may not");
    let mailer = UPGRADED.replace("PORT", &relay.port().to_string());
    let options = ["--mailer", &mailer, "--mail-ca", file.to_str().unwrap()];
    let server = Serving::start(&home, &options);
    queue(&server.base, "ana.lopez@example.net").await;
    let says = |line: &str| happens_within(PATIENCE, || server.said().contains(line));
    assert!(says("MAIL FROM: refused (reply 550)"), "{}", server.said());
    for personal in ["ana.lopez", "clinic@", "p@ss", "may not"] {
        assert!(!server.said().contains(personal), "{}", server.said());
    }
}

#[test]
fn a_missing_or_empty_file_of_an_authority_is_refused_at_the_start() {
    let home = Home::fresh("no-authority");
    let (missing, empty) = (home.path().join("none.pem"), home.path().join("empty.pem"));
    std::fs::create_dir_all(home.path()).unwrap();
    std::fs::write(&empty, "").unwrap();
    for (file, expected) in
        [(missing, "cannot read"), (empty, "must name a file with certificates")]
    {
        let mailer = "smtps://mail.example.org";
        let arguments = [
            "serve",
            "--mailer",
            mailer,
            "--mail-ca",
            file.to_str().unwrap(),
            "--listen",
            "127.0.0.1:0",
        ];
        let output = home.run(&arguments, "");
        let said = said(&output);
        assert!(!output.status.success() && said.contains(expected), "{said}");
        assert!(said.contains("PAIN_JOURNAL_MAIL_CA"), "{said}");
    }
}
