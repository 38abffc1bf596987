//! Registration: nothing exists until the address is proved, and nobody learns who has an account.

use super::{GOOD, address, alike, ask, login, mails, me, register, registration, text, verify};
use crate::support::TestApp;
use crate::support::people::{PASSWORD, daily, fresh};
use chrono::Duration;
use futures_util::future::join_all;
use pain_journal::{demo, jobs};
use serde_json::{Value, json};

#[tokio::test]
async fn a_registration_becomes_an_account_with_a_journal_when_its_code_comes_back() {
    let app = TestApp::shared();
    let email = address("ana");
    // Eleven hours behind and fourteen ahead: the first day is the one on the patient's wall.
    for (zone, hours) in [("Pacific/Pago_Pago", -11), ("Pacific/Kiritimati", 14)] {
        let email = format!("{hours}.{email}");
        let asked = registration(&email, &json!({"time_zone": zone}));
        let registered = register(&app, &asked).await;
        assert_eq!(login(&app, &email, GOOD).await.code(), "invalid_credentials", "too early");

        let day = || (app.now() + Duration::hours(hours - 4)).date_naive().to_string();
        let before = day();
        let verified = registered.by_code(&app, registered.code()).await;
        assert_eq!((verified.status, &verified.json["status"]), (200, &json!("complete")));
        let tokens = &verified.json["tokens"];
        let account = me(&app, tokens).await.json;
        assert_eq!(account["email"], email.as_str());
        assert_eq!(account["roles"], json!(["patient"]));
        let since = account["journal_since"].as_str().unwrap();
        assert!([before, day()].iter().any(|day| day == since), "{zone}: {since}");

        let put = app.call("PUT", &fresh("journal-entries")).bearer(text(tokens, "access_token"));
        let put = put.header("If-None-Match", "*").json(&daily("2026-11-01", &json!({})));
        assert_eq!(put.send().await.status, 201);
        assert_eq!(login(&app, &email, GOOD).await.status, 200);
        let again = registered.by_code(&app, registered.code()).await;
        assert_eq!((again.status, again.code()), (401, "invalid_credentials"), "used once");
    }
}

#[tokio::test]
async fn a_practitioner_gets_a_name_and_no_journal() {
    let app = TestApp::shared();
    let extra =
        json!({"role": "practitioner", "display_name": "Dr. Lind", "organisation": "Clinic"});
    let registered = register(&app, &registration(&address("lind"), &extra)).await;
    let verified = registered.by_token(&app, registered.token()).await;
    let account = me(&app, &verified.json["tokens"]).await.json;
    let names = ["roles", "display_name", "organisation", "journal_since"].map(|n| &account[n]);
    let expected = [&json!(["practitioner"]), &json!("Dr. Lind"), &json!("Clinic"), &Value::Null];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn t032_a_known_address_is_answered_alike_and_told_by_mail() {
    let app = TestApp::shared();
    let ana = app.patient("known").await;
    let [known, unknown] = [ana.email.clone(), address("unknown")];
    let [to_known, to_unknown] = [
        ask(&app, &registration(&known, &json!({}))).await,
        ask(&app, &registration(&unknown, &json!({}))).await,
    ];
    let shape = |answer: &crate::support::Answer| {
        let (status, headers, body) = alike(answer);
        let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        (status, headers, names)
    };
    assert_eq!(shape(&to_known), shape(&to_unknown));

    let [told, asked] = [mails(&app, &known).await, mails(&app, &unknown).await];
    assert_eq!([told.len(), asked.len()], [1, 1]);
    assert_eq!(told[0].0, "You already have an account");
    assert_eq!(asked[0].0, "Confirm your e-mail address");
    assert!(!told[0].1.contains("token=") && asked[0].1.contains("token="));

    // Also the next step is alike: a wrong code is refused, and the sixth try too.
    for answer in [&to_known, &to_unknown] {
        let body =
            json!({"verification_id": answer.json["verification_id"], "code": "x", "device": {}});
        for _ in 0..6 {
            assert_eq!(verify(&app, &body).await.code(), "invalid_credentials");
        }
    }
    assert_eq!(login(&app, &known, PASSWORD).await.status, 200, "the account is unchanged");
    assert_eq!(login(&app, &known, GOOD).await.status, 401);
}

#[tokio::test]
async fn the_fifth_wrong_code_ends_a_registration() {
    let app = TestApp::shared();
    let [four, five] = [address("four"), address("five")];
    let four = register(&app, &registration(&four, &json!({}))).await;
    let five = register(&app, &registration(&five, &json!({}))).await;
    for wrong in [four.wrong_code(), "000".into(), "abcdef".into(), format!("{}1", four.code())] {
        assert_eq!(four.by_code(&app, &wrong).await.code(), "invalid_credentials", "{wrong}");
    }
    assert_eq!(four.by_code(&app, four.code()).await.status, 200);
    for _ in 0..4 {
        assert_eq!(five.by_code(&app, &five.wrong_code()).await.status, 401);
    }
    assert_eq!(five.by_token(&app, four.token()).await.status, 401, "a wrong link counts as well");
    assert_eq!(five.by_code(&app, five.code()).await.code(), "invalid_credentials");
    assert_eq!(five.by_token(&app, five.token()).await.code(), "invalid_credentials");
}

#[tokio::test]
async fn a_registration_tried_without_end_stays_refused() {
    let app = TestApp::shared();
    let registered = register(&app, &registration(&address("endless"), &json!({}))).await;
    let full = "UPDATE pj.registrations SET tries = 32767 WHERE id::text = $1";
    assert_eq!(app.sql().await.execute(full, &[&registered.id]).await.unwrap(), 1);
    assert_eq!(registered.by_code(&app, registered.code()).await.code(), "invalid_credentials");
}

#[tokio::test]
async fn code_and_link_belong_to_their_registration_and_come_alone() {
    let app = TestApp::shared();
    let ana = register(&app, &registration(&address("ana"), &json!({}))).await;
    let bob = register(&app, &registration(&address("bob"), &json!({}))).await;
    assert_eq!(ana.by_token(&app, bob.token()).await.status, 401);
    let (code, token) = (ana.code(), ana.token());
    let both = json!({"verification_id": ana.id, "code": code, "token": token, "device": {}});
    let neither = json!({"verification_id": ana.id, "device": {}});
    for body in [both, neither] {
        let answer = verify(&app, &body).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["#/code"]));
    }
    let nobody = json!({"verification_id": uuid::Uuid::now_v7(), "code": code, "device": {}});
    assert_eq!(verify(&app, &nobody).await.code(), "invalid_credentials");
    assert_eq!(ana.by_token(&app, token).await.status, 200);
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes_and_a_link_for_a_day() {
    let app = TestApp::alone();
    let mut registered = Vec::new();
    for name in ["soon", "late", "link", "gone"] {
        registered.push(register(&app, &registration(&address(name), &json!({}))).await);
    }
    app.pass(Duration::seconds(590));
    assert_eq!(registered[0].by_code(&app, registered[0].code()).await.status, 200);
    app.pass(Duration::seconds(10));
    let late = registered[1].by_code(&app, registered[1].code()).await;
    assert_eq!(late.code(), "invalid_credentials");
    app.pass(Duration::hours(24) - Duration::seconds(610));
    assert_eq!(registered[2].by_token(&app, registered[2].token()).await.status, 200);
    let again = registered[2].by_token(&app, registered[2].token()).await;
    assert_eq!(again.code(), "invalid_credentials", "used once");
    app.pass(Duration::seconds(10));
    let gone = registered[3].by_token(&app, registered[3].token()).await;
    assert_eq!(gone.code(), "invalid_credentials");

    // The job forgets both that nobody proved, and the mails leave once.
    assert_eq!(app.run(|app| async move { jobs::forget(&app).await }).await.unwrap(), 2);
    for expected in [4, 0] {
        let sent = app.run(|app| async move { jobs::send_mails(&app).await }).await;
        assert_eq!(sent.unwrap(), expected);
    }
    let queued = app.sql().await.query_one("SELECT count(*) FROM pj.mails", &[]).await.unwrap();
    assert_eq!(queued.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn parallel_proofs_of_one_registration_make_one_account() {
    let app = TestApp::shared();
    let email = address("twice");
    let registered = register(&app, &registration(&email, &json!({}))).await;
    let answers = join_all((0..6).map(|n| {
        let (app, registered) = (&app, &registered);
        async move {
            match n % 2 {
                0 => registered.by_code(app, registered.code()).await,
                _ => registered.by_token(app, registered.token()).await,
            }
        }
    }));
    let mut statuses: Vec<u16> = answers.await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401, 401, 401, 401]);
    let count = "SELECT count(*) FROM pj.accounts a JOIN pj.devices d ON d.account_id = a.id \
                 WHERE a.email = $1";
    let row = app.sql().await.query_one(count, &[&email]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1);
}

#[tokio::test]
async fn t038_t039_a_new_password_is_12_to_256_bytes_and_not_a_common_one() {
    let app = TestApp::shared();
    let email = address("heron");
    for (bad, code) in [
        ("eleven byte", "validation_failed"),
        ("", "validation_failed"),
        ("password1234", "password_too_common"),
        ("PASSWORD1234!!", "password_too_common"),
        ("abcabcabcabcabc", "password_too_common"),
        (&format!("my {} pet", email.split('@').next().unwrap()), "password_too_common"),
        (&"\u{e9}2".repeat(86)[..257], "too_long"),
    ] {
        let answer = ask(&app, &registration(&email, &json!({"password": bad}))).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["#/password"]), "{bad:?}");
        assert_eq!(answer.json["errors"][0]["code"], code, "{bad:?}");
        assert!(bad.is_empty() || !answer.text.contains(bad), "the password came back");
    }
    assert!(mails(&app, &email).await.is_empty());
}

#[tokio::test]
async fn t038_a_password_counts_as_it_was_sent_to_the_last_byte() {
    let app = TestApp::shared();
    let long: String = ('!'..='~').cycle().take(256).collect();
    let emoji = "\u{1f426}\u{1f426}\u{1f33f}";
    for (good, close) in [
        (" spaces around me ", "spaces around me"),
        (long.as_str(), &long[..255]),
        (&long[..73], &long[..72]),
        (emoji, "\u{1f426}\u{1f426}\u{1f33e}"),
        ("two e\u{301}s stay two", "two \u{e9}s stay two"),
        ("a nul \0 is a byte", "a nul "),
    ] {
        let email = address("bytes");
        let registered = register(&app, &registration(&email, &json!({"password": good}))).await;
        assert_eq!(registered.by_code(&app, registered.code()).await.status, 200, "{good:?}");
        assert_eq!(login(&app, &email, close).await.status, 401, "{close:?}");
        assert_eq!(login(&app, &email, good).await.status, 200, "{good:?}");
    }
}

#[tokio::test]
async fn t037_an_address_has_one_canonical_form_and_look_alikes_are_other_addresses() {
    let app = TestApp::shared();
    let email = address("maria.lind");
    let shouted = email.replace("maria", "MARIA").replace("example.org", "Example.ORG");
    let registered = register(&app, &registration(&shouted, &json!({}))).await;
    let verified = registered.by_code(&app, registered.code()).await;
    assert_eq!(me(&app, &verified.json["tokens"]).await.json["email"], email.as_str());
    assert_eq!(login(&app, &email.to_uppercase(), GOOD).await.status, 200);
    let again = register(&app, &registration(&email.to_uppercase(), &json!({}))).await;
    assert!(again.mail.contains("has one already"), "{}", again.mail);

    for other in [email.replace("maria.lind", "marialind"), email.replace('@', "+x@")] {
        let other = register(&app, &registration(&other, &json!({}))).await;
        let verified = other.by_code(&app, other.code()).await;
        assert_ne!(me(&app, &verified.json["tokens"]).await.json["email"], email.as_str());
    }
    // What is unseen around it is no part of it.
    assert_eq!(login(&app, &format!("\u{feff} {email} "), GOOD).await.status, 200);
    let [space, cyrillic] = [email.replace('@', " @"), email.replacen('a', "\u{430}", 1)];
    let dotted = email.replace("example", "ex\u{131}mple");
    for bad in [space.as_str(), &cyrillic, &dotted, "a@b", "", " ", "a\0@b.org"] {
        let answer = ask(&app, &registration(bad, &json!({}))).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["#/email"]), "{bad:?}");
        assert_eq!(login(&app, bad, GOOD).await.pointers(), ["#/email"], "{bad:?}");
    }
}

#[tokio::test]
async fn t044_links_lead_to_the_configured_address_whatever_the_request_calls_it() {
    let app = TestApp::shared();
    let email = address("host");
    let call = app.call("POST", "/v1/auth/register").json(&registration(&email, &json!({})));
    let call = call.header("Host", "evil.example").header("X-Forwarded-Host", "evil.example");
    let answer = call.header("Forwarded", "host=evil.example;proto=https").send().await;
    assert_eq!(answer.status, 202);
    let (_, mail) = mails(&app, &email).await.pop().unwrap();
    assert!(!mail.contains("evil.example") && mail.contains(&app.base), "{mail}");
}

#[tokio::test]
async fn t073_t074_nobody_registers_with_a_role_or_field_of_his_own_making() {
    let app = TestApp::shared();
    let email = address("mass");
    for (extra, pointer) in [
        (json!({"role": "admin"}), "#/role"),
        (json!({"role": ["patient", "practitioner"]}), "#/role"),
        (json!({"roles": ["practitioner"]}), "#/roles"),
        (json!({"id": uuid::Uuid::now_v7()}), "#/id"),
        (json!({"status": "active"}), "#/status"),
        (json!({"verified": true}), "#/verified"),
        (json!({"time_zone": "Mars/Olympus"}), "#/time_zone"),
        (json!({"display_name": "x".repeat(101)}), "#/display_name"),
    ] {
        let answer = ask(&app, &registration(&email, &extra)).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{extra}");
    }
    assert!(mails(&app, &email).await.is_empty());
}

#[tokio::test]
async fn where_the_operator_makes_the_accounts_nobody_registers() {
    let app = TestApp::closed();
    let body = json!({"email": "ana@example.org", "password": "three quiet herons", "role": "patient",
        "locale": "en", "time_zone": "Europe/Berlin", "terms_version": "1"});
    let answer = app.call("POST", "/v1/auth/register").json(&body).send().await;
    assert_eq!((answer.status, &answer.json["code"]), (403, &json!("registration_closed")));
    let sql = app.sql().await;
    let left = "SELECT (SELECT count(*) FROM pj.registrations) + (SELECT count(*) FROM pj.mails)";
    assert_eq!(sql.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
    // The operator's accounts are as good as others.
    assert_eq!(app.patient("ana").await.get("/v1/me").await.status, 200);
}

#[tokio::test]
async fn an_account_of_the_demo_is_found_as_long_as_its_public_password_opens_it() {
    let app = TestApp::alone();
    let open = async || app.run(|app| async move { demo::open_account(&app).await.unwrap() }).await;
    assert_eq!(open().await, None);
    app.operate(|app| async move { demo::load(&app).await.unwrap() }).await.unwrap();
    assert_eq!(open().await, Some("ana@demo.example"));
    let sql = app.sql().await;
    let suspend = "UPDATE pj.accounts SET status = 'suspended' WHERE email = 'ana@demo.example'";
    sql.execute(suspend, &[]).await.unwrap();
    assert_eq!(open().await, Some("lind@demo.example"));
    let change = "UPDATE pj.accounts SET password_hash = (SELECT password_hash FROM pj.accounts \
                  WHERE email = 'ana@demo.example') WHERE email = 'lind@demo.example'";
    sql.execute(change, &[]).await.unwrap();
    assert_eq!(open().await, None, "another password");
}
