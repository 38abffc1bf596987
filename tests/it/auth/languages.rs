//! Mails are in the language of the account, or of the registration while there is none.

use super::refresh::refreshed;
use super::{address, mails, refresh, register, registration, text};
use crate::support::TestApp;
use chrono::Duration;
use serde_json::json;

#[tokio::test]
async fn a_registration_is_answered_in_its_language_and_an_account_in_its_own() {
    let app = TestApp::shared();
    for (locale, subject, words) in [
        ("de-CH", "Bestätigen Sie Ihre E-Mail-Adresse", "Er gilt 10 Minuten:"),
        ("en-US", "Confirm your e-mail address", "It is good for 10 minutes:"),
        ("tlh", "Confirm your e-mail address", "It is good for 10 minutes:"),
    ] {
        let email = address("worded");
        let asked = registration(&email, &json!({"locale": locale}));
        let registered = register(&app, &asked).await;
        let (found, _) = mails(&app, &email).await.pop().unwrap();
        assert_eq!(found, subject, "{locale}");
        assert!(registered.mail.contains(words), "{}", registered.mail);
        assert_eq!(registered.by_code(&app, registered.code()).await.status, 200, "{locale}");
        // Whoever asks again does not choose the owner's language.
        register(&app, &registration(&email, &json!({"locale": "en"}))).await;
        let (again, _) = mails(&app, &email).await.pop().unwrap();
        let known = if locale == "de-CH" {
            "Sie haben bereits ein Konto"
        } else {
            "You already have an account"
        };
        assert_eq!(again, known, "{locale}");
    }
}

#[tokio::test]
async fn a_german_account_learns_of_its_sign_ins_in_german() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let change = "UPDATE pj.accounts SET locale = 'de-DE' WHERE id::text = $1";
    app.sql().await.execute(change, &[&ana.id.to_string()]).await.unwrap();
    let first = text(&ana.tokens, "refresh_token").to_owned();
    refreshed(&app, &first).await;
    app.pass(Duration::seconds(120));
    let next = refreshed(&app, &first).await;
    refreshed(&app, text(&next, "refresh_token")).await;
    app.pass(Duration::seconds(120));
    refresh(&app, &first).await;
    let subjects: Vec<String> =
        mails(&app, &ana.email).await.into_iter().map(|mail| mail.0).collect();
    let expected = ["Eine App hat ihre Anmeldung zweimal erneuert", "Ein Gerät wurde abgemeldet"];
    assert_eq!(subjects, expected);
}
