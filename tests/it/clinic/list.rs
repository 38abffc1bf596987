//! The list of patients shows what needs an eye: first what is pressing, found by name, fifty on a page.

use super::{open, sign_in};
use crate::support::TestApp;
use crate::support::people::{Person, daily, fresh};
use serde_json::{Value, json};

/// The row of a share in the list.
async fn listed(person: &Person, share: &str) -> Value {
    let list = person.get("/v1/patients").await;
    let items = list.json["data"].as_array().unwrap();
    items.iter().find(|item| item["id"] == json!(share)).unwrap()["overview"].clone()
}

async fn log(person: &Person, day: &str, extra: &Value) {
    let mut entry = daily(day, &json!({"effective_at": format!("{day}T06:00:00Z")}));
    entry.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = person.create(&fresh("journal-entries"), &entry).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

/// The labels of a page of the list, in their order.
fn order(page: &str, labels: &[&str]) -> Vec<String> {
    let mut found: Vec<(usize, &str)> = labels
        .iter()
        .filter_map(|label| Some((page.find(&format!(">{label}</a>"))?, *label)))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, label)| label.to_owned()).collect()
}

#[tokio::test]
async fn a_journal_says_what_is_new_and_how_long_it_has_been_quiet() {
    let app = TestApp::alone();
    app.turn_to("2026-11-20T12:00:00Z");
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    log(&ana, "2026-11-16", &json!({})).await;
    log(&ana, "2026-11-17", &json!({"red_flags": ["bladder_bowel"]})).await;
    let share = ana.share_with(&lind, &["pain", "treatment"]).await;
    let of_mobility = ana.share_with(&lind, &["mobility"]).await;
    let of_sleep = ana.share_with(&lind, &["sleep"]).await;
    let seen = listed(&lind, &share).await;
    assert_eq!((&seen["looked_at"], &seen["new_records"]), (&Value::Null, &json!(2)));
    assert_eq!(seen["safety_notice_on"], "2026-11-17");
    assert_eq!(seen["days_quiet"], 2, "the 18th and the 19th; today is not over");
    // A warning sign belongs to pain, and where no entries are open nothing is said of them.
    assert_eq!(listed(&lind, &of_mobility).await["safety_notice_on"], Value::Null);
    let closed = listed(&lind, &of_sleep).await;
    assert_eq!((&closed["new_records"], &closed["days_quiet"]), (&json!(0), &Value::Null));

    // The list is no look into the journal; the report is.
    assert_eq!(lind.get(&format!("/v1/patients/{share}/report")).await.status, 200);
    app.turn_to("2026-11-20T12:10:00Z");
    let seen = listed(&lind, &share).await;
    assert!(seen["looked_at"].as_str().unwrap().starts_with("2026-11-20T12:00:0"), "{seen}");
    assert_eq!(seen["new_records"], 0);
    log(&ana, "2026-11-18", &json!({})).await;
    assert_eq!(listed(&lind, &share).await["new_records"], 1);
    assert_eq!(listed(&lind, &of_mobility).await["looked_at"], Value::Null, "each share by itself");

    // A serious adverse event is a notice, too, where treatment is open; after 30 days it is none.
    let event = json!({"started_at": "2026-11-19T10:00:00Z", "time_zone": "Europe/Berlin",
        "kinds": ["bleeding"], "severity": "severe", "serious": true});
    let made = ana.create(&fresh("adverse-events"), &event).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(listed(&lind, &share).await["safety_notice_on"], "2026-11-19");
    app.turn_to("2026-12-20T12:00:00Z");
    let lind = lind.other_device(&app).await;
    let seen = listed(&lind, &share).await;
    assert_eq!((&seen["safety_notice_on"], &seen["days_quiet"]), (&Value::Null, &json!(31)));
}

#[tokio::test]
async fn what_is_pressing_comes_first_and_names_are_found() {
    let app = TestApp::alone();
    app.turn_to("2026-11-20T12:00:00Z");
    let lind = app.practitioner("lind").await;
    let labels = ["Anna Quiet", "Berta Warned", "Cora Fresh", "Dora Due"];
    for label in labels {
        let name = label.split(' ').next().unwrap().to_lowercase();
        let patient = app.patient(&name).await;
        let day = if label == "Anna Quiet" { "2026-11-10" } else { "2026-11-19" };
        let warned = label == "Berta Warned";
        log(
            &patient,
            day,
            &if warned { json!({"red_flags": ["bladder_bowel"]}) } else { json!({}) },
        )
        .await;
        if label == "Dora Due" {
            let plan = json!({"journal_date": "2026-11-01", "status": "active", "goal": "Sleep",
                "planned_sessions": 8, "start_date": "2026-11-01", "review_on": "2026-11-19"});
            let made = patient.create(&fresh("treatment-plans"), &plan).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let terms = json!({"label": label, "show_name": false});
        patient.share_on(&lind, &["pain", "treatment"], &terms).await;
    }
    let cookie = sign_in(&app, &lind).await;
    let page = open(&app, "/clinic", &cookie).await;
    page.is_page(200, "Patients");
    let pressing = ["Berta Warned", "Dora Due", "Anna Quiet", "Cora Fresh"];
    assert_eq!(order(&page.text, &labels), pressing);
    for words in [
        "Journals: 1 with a safety notice, 1 with a review due, 1 gone quiet, 4 with something new.",
        "Safety notice, 19 Nov 2026",
        "Review due",
        "Quiet for 9 days",
        "1 record new or changed, not looked at yet",
        "1 to 4 of 4",
    ] {
        assert!(page.text.contains(words), "{words}");
    }
    let by_name = open(&app, "/clinic?sort=name", &cookie).await;
    assert_eq!(order(&by_name.text, &labels), labels);
    assert!(by_name.text.contains("<option value=\"name\" selected>By name</option>"));
    let quiet = open(&app, "/clinic?sort=last_entry", &cookie).await;
    assert_eq!(order(&quiet.text, &labels)[0], "Anna Quiet");
    let found = open(&app, "/clinic?q=berta&sort=name", &cookie).await;
    assert_eq!(order(&found.text, &labels), ["Berta Warned"]);
    assert!(found.text.contains("1 to 1 of 1, found among 4"));
    let none = open(&app, "/clinic?q=%22%3E%3Cscript%3E", &cookie).await;
    none.is_page(200, "Patients");
    assert!(none.text.contains("None of 4 journals has such a name or reference."));
    assert!(none.text.contains("value=\"&quot;&gt;&lt;script&gt;\""), "what was typed is text");
    open(&app, "/clinic?page=nonsense&sort=1&other=2", &cookie).await.is_page(200, "Patients");
}

#[tokio::test]
async fn two_hundred_journals_have_four_pages() {
    let app = TestApp::alone();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let sql = app.sql().await;
    let share = ana.share_on(&lind, &["pain"], &json!({"show_name": false})).await;
    let copied = sql
        .execute(
            "INSERT INTO pj.shares (id, patient_id, practitioner_id, state, sections, expires_at, label, \
             code_expires_at, created_at, redeemed_at, confirmed_at, may_record) \
             SELECT gen_random_uuid(), patient_id, practitioner_id, state, sections, expires_at, \
             'Patient ' || lpad(n::text, 3, '0'), code_expires_at, created_at, redeemed_at, confirmed_at, \
             may_record FROM pj.shares, generate_series(1, 199) n WHERE id = $1::text::uuid",
            &[&share],
        )
        .await
        .unwrap();
    assert_eq!(copied, 199);
    let cookie = sign_in(&app, &lind).await;
    for (page, first, last, words) in [
        (1, "Patient 001", "Patient 050", "1 to 50 of 200"),
        (2, "Patient 051", "Patient 100", "51 to 100 of 200"),
        (4, "Patient 151", "Patient 199", "151 to 200 of 200"),
        (9, "Patient 151", "Patient 199", "151 to 200 of 200"),
    ] {
        let shown = open(&app, &format!("/clinic?sort=name&page={page}"), &cookie).await;
        shown.is_page(200, "Patients");
        assert_eq!(shown.text.matches("<th scope=\"row\">").count(), 50, "{page}");
        for wanted in [first, last, words, "aria-current=\"page\""] {
            assert!(shown.text.contains(wanted), "{page}: {wanted}");
        }
    }
}

#[tokio::test]
async fn a_row_says_whose_journal_it_is_and_is_found_by_the_own_reference() {
    let app = TestApp::shared();
    let lind = app.practitioner("lind").await;
    let sql = app.sql().await;
    for (name, year, reference) in [("Ana Weber", "1980", "B-7"), ("Zoe <b>", "NULL", "A-1")] {
        let patient = app.patient("ana").await;
        let profile = format!(
            "UPDATE pj.accounts SET display_name = '{name}', year_of_birth = {year} WHERE id = '{}'",
            patient.id
        );
        assert_eq!(sql.execute(profile.as_str(), &[]).await.unwrap(), 1);
        let share = patient.share_on(&lind, &["pain"], &json!({"label": "my acupuncturist"})).await;
        let path = format!("/v1/shares/{share}/reference");
        let kept = lind.call("PUT", &path).json(&json!({"reference": reference})).send().await;
        assert_eq!(kept.status, 200, "{}", kept.text);
    }
    let cookie = sign_in(&app, &lind).await;
    let shown = open(&app, "/clinic?sort=reference", &cookie).await;
    for words in
        ["Ana Weber</a>", "Zoe &lt;b&gt;</a>", "Born 1980", "Reference B-7", "my acupuncturist"]
    {
        assert!(shown.text.contains(words), "{words} {}", shown.text);
    }
    let at = |words: &str| shown.text.find(words);
    assert!(at("Zoe") < at("Ana"), "A-1 before B-7");
    let found = open(&app, "/clinic?q=b-7", &cookie).await;
    assert!(found.text.contains("Ana Weber") && !found.text.contains("Zoe"), "{}", found.text);
}
