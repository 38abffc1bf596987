//! What people read is in their language: mails by the locale of the account, problems by what is accepted.

use crate::support::people::{daily, fresh};
use crate::support::sources::{root, sources};
use crate::support::{Person, TestApp};
use pain_journal::language::Language;
use serde_json::json;
use std::fs;

/// The parts of the languages whose keys stand in the code as they are.
const PARTS: [&str; 8] =
    ["mail.", "problem.detail.", "chart.", "clinic.", "page.", "change.", "link.", "document."];

/// The string literals of a source, without those of its tests.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = source.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => {
                rest.by_ref().find(|c| *c == '\n');
            }
            // A character, not a text.
            '\'' if rest.peek() == Some(&'"') => {
                rest.next();
            }
            '"' if before != '\\' => {
                let mut text = String::new();
                while let Some(c) = rest.next() {
                    match c {
                        '"' => break,
                        '\\' => match rest.next() {
                            Some('\n') => {
                                while rest.peek().is_some_and(|c| c.is_whitespace()) {
                                    rest.next();
                                }
                            }
                            Some(escaped) => text.extend(['\\', escaped]),
                            None => break,
                        },
                        other => text.push(other),
                    }
                }
                found.push(text);
            }
            _ => {}
        }
        before = c;
    }
    found
}

/// Ends of names of files, which look like keys.
const FILES: [&str; 8] = ["css", "js", "json", "typ", "pdf", "csv", "html", "svg"];

#[test]
fn every_key_in_the_code_has_a_text_and_every_text_a_use() {
    let english = Language::english();
    let mut used = String::new();
    let mut found = 0;
    for file in sources() {
        // The pages name their keys without their part; a test of theirs looks after them.
        let is_composing = file.display().to_string().contains("render/compose/");
        for key in literals(&fs::read_to_string(&file).unwrap()) {
            let is_key = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
            let is_file = key.rsplit_once('.').is_some_and(|(_, end)| FILES.contains(&end));
            if is_key && !is_file && !is_composing && PARTS.iter().any(|part| key.starts_with(part))
            {
                assert!(english.form(&key).is_some(), "{}: {key}", file.display());
                found += 1;
            }
            used.extend([key.as_str(), "\n"]);
        }
    }
    assert!(found > 150, "{found}");
    for key in english.keys().filter(|key| PARTS.iter().any(|part| key.starts_with(part))) {
        let base = key.strip_suffix(".one").unwrap_or(key);
        let (kind, name) = base.rsplit_once('.').unwrap_or_default();
        // Some are put together of a kind and a name.
        let built = used.contains(&format!("{kind}.{{")) || used.contains(&format!("{name}\n"));
        assert!(used.contains(&format!("{base}\n")) || built, "{key}");
    }
}

#[test]
fn no_sentence_is_left_in_what_draws_and_composes() {
    // Markup, the names of fonts and of colours, and what a program reads.
    let is_technical =
        |text: &str| text.contains(['<', '=', ';', '/']) || text.contains("sans-serif");
    let is_words = |text: &str| {
        text.split(' ').collect::<Vec<_>>().windows(2).any(|pair| {
            pair.iter().all(|word| {
                let word = word.trim_end_matches(['.', ',', ':', '!', '?']);
                word.len() > 1 && word.chars().all(char::is_alphabetic)
            })
        })
    };
    let folders =
        ["src/report/render/compose", "src/report/render/chart", "src/clinic", "src/mail/texts.rs"];
    let mut seen = 0;
    for file in sources() {
        let path = file.strip_prefix(root()).unwrap().display().to_string();
        if !folders.iter().any(|folder| path.starts_with(folder)) || path.ends_with("tests.rs") {
            continue;
        }
        seen += 1;
        for text in literals(&fs::read_to_string(&file).unwrap()) {
            // What goes to the log is for operators.
            let is_logged = text.starts_with("a page for") || text.starts_with("a sign-");
            // Names of styles.
            let is_logged = is_logged || text == "button plain" || text == "tools pages";
            assert!(!is_words(&text) || is_technical(&text) || is_logged, "{path}: {text}");
        }
    }
    assert!(seen > 20, "{seen}");
}

#[tokio::test]
async fn a_problem_is_told_in_the_language_that_is_accepted() {
    let app = TestApp::shared();
    for (accepted, language, title, detail) in [
        (
            "de-AT, de;q=0.9, en;q=0.5",
            "de",
            "Dafür ist ein gültiges Zugriffstoken nötig",
            "Erneuern Sie das Token; gelingt auch das nicht, bitten Sie die Person, sich anzumelden.",
        ),
        (
            "fi, *",
            "en",
            "This needs a valid access token",
            "Refresh the token; if that fails too, ask the person to sign in.",
        ),
    ] {
        let call = app.call("GET", "/v1/me").header("Accept-Language", accepted);
        let answer = call.send().await;
        assert_eq!((answer.status, answer.code()), (401, "unauthenticated"));
        assert_eq!(
            (&answer.json["title"], &answer.json["detail"]),
            (&json!(title), &json!(detail))
        );
        assert_eq!(answer.header("content-language"), language);
        assert!(answer.header("vary").to_lowercase().contains("accept-language"), "{accepted}");
    }
    let ana = app.patient("ana").await;
    let call = ana.call("POST", "/v1/shares").header("Accept-Language", "de");
    let answer = call.json(&json!({"label": 3, "sections": []})).send().await;
    assert_eq!(answer.code(), "validation_failed");
    assert!(answer.json["detail"].as_str().unwrap().ends_with("brauchen Ihre Aufmerksamkeit."));
    let call = ana.call("POST", "/v1/shares").header("Accept-Language", "de");
    let answer = call.raw("{").send().await;
    assert_eq!(answer.json["title"], "Der Inhalt ist kein lesbares JSON");
    assert_eq!(answer.json["detail"], "Das Dokument endet zu früh (Zeile 1, Spalte 1).");
}

/// Gives an account another language.
async fn speaks(app: &TestApp, person: &Person, locale: &str) {
    let change = "UPDATE pj.accounts SET locale = $2 WHERE id::text = $1";
    let changed = app.sql().await.execute(change, &[&person.id.to_string(), &locale]).await;
    assert_eq!(changed.unwrap(), 1);
}

#[tokio::test]
async fn a_german_reader_gets_german_pages_documents_and_pictures_of_the_same_report() {
    let app = TestApp::alone();
    let (ana, lee) = (app.patient("ana").await, app.practitioner("lee").await);
    let sections =
        ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals", "notes"];
    let share = ana.share_with(&lee, &sections).await;
    for days_ago in 0..5 {
        let day = (app.now() - chrono::Duration::days(days_ago + 1)).date_naive();
        let entry = daily(&day.to_string(), &json!({}));
        let made = ana.create(&fresh("journal-entries"), &entry).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let from = (app.now() - chrono::Duration::days(30)).date_naive().to_string();
    let to = app.now().date_naive().to_string();
    let frozen = ana.post("/v1/report/snapshots", &json!({"from": from, "to": to})).await;
    assert_eq!(frozen.status, 201, "{}", frozen.text);
    let kept = format!("/v1/report/snapshots/{}", frozen.json["id"].as_str().unwrap());
    let as_json = ana.get(&format!("{kept}/report")).await;
    let english = ana.get("/v1/report/page.html").await;
    assert!(english.text.contains("<html lang=\"en\"") && english.text.contains("Progress report"));
    assert_eq!(english.header("content-language"), "en");

    speaks(&app, &ana, "de-DE").await;
    for (path, words) in [
        ("/v1/report/page.html", "Verlaufsbericht"),
        ("/v1/report/summary.html", "Geht es mir besser?"),
        ("/v1/report/chart.svg", "Schmerz Tag für Tag"),
        (&format!("{kept}/page.html"), "Verlaufsbericht"),
    ] {
        let german = ana.get(path).await;
        assert!(german.text.contains("lang=\"de\"") && german.text.contains(words), "{path}");
        assert!(!german.text.contains("Self-reported") && !german.text.contains("Daily"), "{path}");
        assert_eq!(german.header("content-language"), "de", "{path}");
    }
    // Another language is another file, and no browser keeps the old one.
    let german = ana.get("/v1/report/page.html").await;
    assert_ne!(german.etag(), english.etag());
    let document = ana.bytes("/v1/report/document.pdf").await;
    let said = String::from_utf8_lossy(&document).into_owned();
    assert!(
        said.contains("/Lang (de)") || said.contains("/Lang(de)"),
        "the document names its language"
    );
    // What is kept stays as it was, and so does what apps read.
    assert_eq!(ana.get(&format!("{kept}/report")).await.text, as_json.text);
    let caution = ana.get("/v1/report").await.json["cautions"][0]["text"].to_string();
    assert!(caution.contains("This page shows what was recorded"), "{caution}");

    // A practitioner reads in a language of their own.
    let page = format!("/v1/patients/{share}/report/page.html");
    assert!(lee.get(&page).await.text.contains("Progress report"));
    speaks(&app, &lee, "de").await;
    let german = lee.get(&page).await;
    assert!(
        german.text.contains("Verlaufsbericht") && german.text.contains("4,0"),
        "{}",
        german.text
    );
    // Nobody speaks that one here.
    speaks(&app, &ana, "tlh").await;
    assert!(ana.get("/v1/report/page.html").await.text.contains("Progress report"));
}

#[tokio::test]
async fn pages_for_everybody_are_in_the_language_that_is_accepted() {
    let app = TestApp::shared();
    for (path, english, german) in [
        ("/", "For practitioners", "Für Behandelnde"),
        ("/verify-email", "Confirm my address", "Meine Adresse bestätigen"),
        ("/problems/overloaded", "The server is busy", "Der Server ist ausgelastet"),
        ("/clinic/sign-in", "E-mail address", "E-Mail-Adresse"),
    ] {
        let mut tags = Vec::new();
        for (accepted, language, words) in [("de", "de", german), ("fr", "en", english)] {
            let call = app.call("GET", path).header("Accept-Language", accepted).unchecked();
            let page = call.send().await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.text.contains(words), "{path}: {}", page.text);
            assert!(page.text.contains(&format!("<html lang=\"{language}\"")), "{path}");
            assert_eq!(page.header("content-language"), language, "{path}");
            assert!(page.header("vary").to_lowercase().contains("accept-language"), "{path}");
            tags.push(page.header("etag").to_owned());
        }
        assert!(tags[0] != tags[1] || tags[0].is_empty(), "{path}: {tags:?}");
    }
}
