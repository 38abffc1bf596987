//! Whose journal is open: what a share shows of its patient, and what its practitioner calls it.

use super::{ALL, change, end, id_of, pair, redeem, share};
use crate::support::context::context;
use crate::support::people::fresh;
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};

/// Keeps what the practitioner calls a journal.
pub(super) async fn refer(practitioner: &Person, share: &str, reference: &Value) -> Answer {
    let body = json!({"reference": reference});
    practitioner.call("PUT", &format!("/v1/shares/{share}/reference")).json(&body).send().await
}

/// Changes the own profile.
pub(super) async fn call_oneself(person: &Person, name: &Value, year: &Value) {
    let read = person.get("/v1/me").await;
    let mut profile = read.json.clone();
    profile["display_name"] = name.clone();
    profile["year_of_birth"] = year.clone();
    let answer = person.replace("/v1/me", read.etag(), &profile).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

pub(super) fn visit() -> Value {
    json!({"status": "attended", "kind": "treatment", "starts_at": "2025-06-03T09:00:00+02:00",
        "time_zone": "Europe/Berlin"})
}

#[tokio::test]
async fn an_invitation_says_what_will_be_seen_and_shows_it_once_confirmed() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    call_oneself(&ana, &json!("Ana Weber"), &json!(1980)).await;
    let whole = json!({"display_name": "Ana Weber", "year_of_birth": 1980});
    let invitation = ana.invite(&["pain"], &json!({})).await;
    assert_eq!(invitation["share"]["patient"], whole);
    let id = id_of(&invitation);
    let redeemed = redeem(&lind, &invitation["code"]).await;
    assert!(!redeemed.text.contains("Weber"), "{}", redeemed.text);
    let early = share(&lind, &id).await;
    assert_eq!(early.json["patient"], Value::Null, "{}", early.text);
    assert!(!early.text.contains("Weber") && !early.text.contains("1980"), "{}", early.text);
    super::confirm(&ana, &id).await;
    assert_eq!(share(&lind, &id).await.json["patient"], whole);
    let list = lind.get("/v1/patients").await;
    assert_eq!(list.json["data"][0]["patient"], whole, "{}", list.text);

    // The profile as it is now, under another version.
    let before = share(&lind, &id).await;
    call_oneself(&ana, &json!("Ana Weber-Lang"), &json!(1980)).await;
    let after = share(&lind, &id).await;
    assert_eq!(after.json["patient"]["display_name"], "Ana Weber-Lang");
    assert_ne!(after.etag(), before.etag());
    assert_eq!(end(&ana, &id).await.status, 204);
    let late = share(&lind, &id).await;
    assert_eq!(late.json["patient"], Value::Null, "what has ended shows nobody");
    assert!(!late.text.contains("Weber"), "{}", late.text);
}

#[tokio::test]
async fn name_and_year_can_each_be_left_out_and_a_change_that_is_silent_keeps_both() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    call_oneself(&ana, &json!("Ana"), &json!(1980)).await;
    for (extra, name, year) in [
        (json!({}), json!("Ana"), json!(1980)),
        (json!({"show_name": false}), Value::Null, json!(1980)),
        (json!({"show_year_of_birth": false}), json!("Ana"), Value::Null),
        (json!({"show_name": false, "show_year_of_birth": false}), Value::Null, Value::Null),
    ] {
        let id = ana.share_on(&lind, &["pain"], &extra).await;
        let seen = json!({"display_name": name, "year_of_birth": year});
        for person in [&ana, &lind] {
            assert_eq!(share(person, &id).await.json["patient"], seen, "{extra}");
        }
        let renamed = change(&ana, &id, &json!({"label": "Clinic"})).await;
        assert_eq!((renamed.status, &renamed.json["patient"]), (200, &seen), "{}", renamed.text);
        let agreed = json!({"show_name": true, "show_year_of_birth": true});
        assert_eq!(change(&ana, &id, &agreed).await.status, 200);
        let whole = json!({"display_name": "Ana", "year_of_birth": 1980});
        assert_eq!(share(&lind, &id).await.json["patient"], whole);
    }
    let id = ana.share_on(&lind, &["pain"], &json!({"show_name": false})).await;
    let etag = share(&lind, &id).await.etag().to_owned();
    call_oneself(&ana, &json!("Anna"), &json!(1980)).await;
    assert_eq!(share(&lind, &id).await.etag(), etag, "what is not shown does not move the share");
}

#[tokio::test]
async fn the_practitioner_keeps_a_reference_that_the_patient_does_not_see() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    let first = share(&lind, &id).await;
    assert_eq!(
        (&first.json["reference"], &first.json["has_reference"]),
        (&Value::Null, &json!(false))
    );
    let kept = refer(&lind, &id, &json!("A-1041")).await;
    assert_eq!((kept.status, &kept.json["reference"]), (200, &json!("A-1041")), "{}", kept.text);
    assert_ne!(kept.etag(), first.etag());
    let again = refer(&lind, &id, &json!("A-1041")).await;
    assert_eq!((again.status, again.etag()), (200, kept.etag()), "the same again changes nothing");
    assert_eq!(share(&lind, &id).await.json["reference"], "A-1041");
    for answer in [share(&ana, &id).await, ana.get("/v1/shares").await] {
        assert!(!answer.text.contains("A-1041"), "{}", answer.text);
        assert!(answer.text.contains("\"has_reference\":true"), "{}", answer.text);
    }
    // A change by the patient leaves it.
    assert_eq!(change(&ana, &id, &json!({"label": "Clinic"})).await.status, 200);
    assert_eq!(share(&lind, &id).await.json["reference"], "A-1041");

    let long = refer(&lind, &id, &json!("9".repeat(65))).await;
    assert_eq!((long.status, long.pointers()), (422, vec!["#/reference"]), "{}", long.text);
    assert_eq!(refer(&lind, &id, &json!("ü".repeat(64))).await.status, 200);
    let mal = app.practitioner("mal").await;
    assert_eq!(refer(&mal, &id, &json!("B-2")).await.code(), "not_found");
    assert_eq!(refer(&ana, &id, &json!("B-2")).await.code(), "role_insufficient");
    let none = refer(&lind, &id, &Value::Null).await;
    assert_eq!(
        (&none.json["reference"], &none.json["has_reference"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(end(&ana, &id).await.status, 204);
    assert_eq!(refer(&lind, &id, &json!("B-2")).await.code(), "not_found");
}

#[tokio::test]
async fn the_database_gives_a_reference_and_a_name_to_nobody_else() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let id = ana.share_on(&lind, &["pain"], &json!({"show_name": false})).await;
    refer(&lind, &id, &json!("A-1041")).await;
    let sql = app.sql().await;
    let mal = app.practitioner("mal").await;
    for (actor, reference, name) in
        [(ana.id, None, None), (lind.id, Some("A-1041"), None), (mal.id, None, None)]
    {
        let enter = format!("BEGIN; {}; SET LOCAL ROLE pj_app", context(actor, actor, ""));
        sql.batch_execute(&enter).await.unwrap();
        let read = format!("SELECT sec.own_reference('{id}'), sec.shown_name('{id}')");
        let row = sql.query_one(&read, &[]).await.unwrap();
        assert_eq!(
            (row.get::<_, Option<&str>>(0), row.get::<_, Option<&str>>(1)),
            (reference, name)
        );
        let column = format!("SELECT reference FROM pj.shares WHERE id = '{id}'");
        let refused = sql.query_opt(&column, &[]).await.unwrap_err();
        assert!(format!("{refused:?}").contains("permission denied"), "{refused:?}");
        sql.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[tokio::test]
async fn the_list_is_searched_and_sorted_by_name_and_reference() {
    let app = TestApp::shared();
    let lind = app.practitioner("lind").await;
    let mut ids = Vec::new();
    for (name, label, reference) in [
        ("Zoë Adler", "my acupuncturist", Some("A-7")),
        ("bea Conrad", "my acupuncturist", None),
        ("Cem Öz", "Lind", Some("a-12")),
    ] {
        let patient = app.patient("ana").await;
        call_oneself(&patient, &json!(name), &Value::Null).await;
        let id = patient.share_on(&lind, &["pain"], &json!({"label": label})).await;
        if let Some(reference) = reference {
            assert_eq!(refer(&lind, &id, &json!(reference)).await.status, 200);
        }
        ids.push(id);
    }
    let list = async |query: &str| {
        let list = lind.get(&format!("/v1/patients{query}")).await;
        assert_eq!(list.status, 200, "{}", list.text);
        let data = list.json["data"].as_array().unwrap().iter();
        let places = data.map(|one| ids.iter().position(|id| one["id"] == id.as_str()).unwrap());
        places.collect::<Vec<_>>()
    };
    assert_eq!(list("").await, [2, 1, 0], "the newest first");
    assert_eq!(list("?sort=name").await, [1, 2, 0]);
    assert_eq!(list("?sort=reference").await, [2, 0, 1], "without one last");
    assert_eq!(list("?sort=label").await, [2, 1, 0]);
    assert_eq!(list("?search=ADLER").await, [0]);
    assert_eq!(list("?search=%C3%B6z").await, [2]);
    assert_eq!(list("?search=a-&sort=reference").await, [2, 0]);
    assert_eq!(list("?search=acupunct&sort=name").await, [1, 0]);
    assert_eq!(list("?search=nobody").await, [0; 0]);
    let refused = lind.get("/v1/patients?sort=age").await;
    assert_eq!((refused.status, refused.code()), (422, "validation_failed"), "{}", refused.text);
}

#[tokio::test]
async fn nothing_is_written_through_a_share_that_does_not_say_whose_it_is() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let terms = json!({"may_record": true, "show_name": false});
    let id = ana.share_on(&lind, &ALL, &terms).await;
    let path = fresh(&format!("patients/{id}/treatment-sessions"));
    let refused = lind.create(&path, &visit()).await;
    assert_eq!((refused.status, refused.code()), (409, "reference_required"), "{}", refused.text);
    assert_eq!(ana.get("/v1/treatment-sessions").await.json["data"], json!([]));
    // A year of birth alone is nobody's name.
    call_oneself(&ana, &json!("Ana"), &json!(1980)).await;
    assert_eq!(lind.create(&path, &visit()).await.code(), "reference_required");
    assert_eq!(refer(&lind, &id, &json!("A-1041")).await.status, 200);
    let made = lind.create(&path, &visit()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(refer(&lind, &id, &Value::Null).await.status, 200);
    let etag = made.etag();
    assert_eq!(lind.replace(&path, etag, &visit()).await.code(), "reference_required");
    assert_eq!(change(&ana, &id, &merged(&terms, "show_name")).await.status, 200);
    assert_eq!(lind.replace(&path, etag, &visit()).await.status, 200, "the name says it");
    call_oneself(&ana, &Value::Null, &json!(1980)).await;
    let nameless = lind.replace(&path, etag, &visit()).await;
    assert_eq!(nameless.code(), "reference_required", "a name that is none shows none");
}

/// Terms with one member that is true.
fn merged(terms: &Value, name: &str) -> Value {
    let mut terms = terms.clone();
    terms[name] = json!(true);
    terms
}

fn without_subject(snapshot: &Value) -> Value {
    let mut snapshot = snapshot.clone();
    snapshot.as_object_mut().unwrap().remove("subject").unwrap();
    snapshot
}

#[tokio::test]
async fn a_frozen_report_says_whose_it_is_as_the_share_shows_it_now_and_to_its_practitioner_alone()
{
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    call_oneself(&ana, &json!("Ana Weber"), &json!(1980)).await;
    assert_eq!(refer(&lind, &id, &json!("A-1041")).await.status, 200);
    let list = format!("/v1/patients/{id}/report/snapshots");
    let days = json!({"from": "2025-05-01", "to": "2025-05-31"});
    let made = lind.post(&list, &days).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let whose = |name: &str, reference: &str| json!({"display_name": name, "year_of_birth": 1980, "reference": reference});
    assert_eq!(made.json["subject"], whose("Ana Weber", "A-1041"));
    let one = format!("{list}/{}", made.json["id"].as_str().unwrap());
    let read = lind.get(&one).await;
    assert_eq!((&read.json, read.etag()), (&made.json, made.etag()));
    assert_eq!(lind.get(&list).await.json["data"][0], made.json, "in the list, too");
    let again = lind.post(&list, &days).await;
    assert_eq!((again.status, &again.json, again.etag()), (200, &made.json, made.etag()));

    // Another reference and another name are another subject, under another tag; the report stays what it was.
    let mut before = read;
    for (name, reference) in [("Ana Weber", "B-7"), ("Ana Weber-Lang", "B-7")] {
        assert_eq!(refer(&lind, &id, &json!(reference)).await.status, 200);
        call_oneself(&ana, &json!(name), &json!(1980)).await;
        let asked = lind.call("GET", &one).header("If-None-Match", before.etag()).send().await;
        assert_eq!((asked.status, &asked.json["subject"]), (200, &whose(name, reference)));
        assert_ne!(asked.etag(), before.etag());
        assert_eq!(without_subject(&asked.json), without_subject(&made.json));
        let known = lind.call("GET", &one).header("If-None-Match", asked.etag()).send().await;
        assert_eq!(known.status, 304);
        before = asked;
    }
    let share_of_no_name = json!({"show_name": false, "show_year_of_birth": false});
    assert_eq!(change(&ana, &id, &share_of_no_name).await.status, 200);
    let nameless = json!({"display_name": null, "year_of_birth": null, "reference": "B-7"});
    assert_eq!(lind.get(&one).await.json["subject"], nameless);

    // The patient sees that it is held, and no reference; the own ones name nobody.
    let held = format!("/v1/held-reports/{}", made.json["id"].as_str().unwrap());
    for path in ["/v1/held-reports", &held, &format!("{held}/report")] {
        let answer = ana.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        for reference in ["A-1041", "B-7"] {
            assert!(!answer.text.contains(reference), "{path}: {}", answer.text);
        }
    }
    let own = ana.post("/v1/report/snapshots", &days).await;
    assert_eq!((own.status, own.json.get("subject")), (201, None), "{}", own.text);
    let own_list = ana.get("/v1/report/snapshots").await;
    assert_eq!(own_list.json["data"][0].get("subject"), None, "{}", own_list.text);
}
