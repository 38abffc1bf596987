//! What practitioners see beside the journals: their patients, attendance against a plan, and the
//! licence they state.

use crate::support::people::fresh;
use crate::support::{Person, TestApp};
use chrono::{Duration, Utc};
use serde_json::{Value, json};

/// A day relative to today in UTC, which is near enough to the patient's today for days a week away.
fn day(offset: i64) -> String {
    (Utc::now() + Duration::days(offset)).date_naive().to_string()
}

fn plan(extra: &Value) -> Value {
    let mut plan = json!({"journal_date": day(-28), "goal": "Sit through a day", "status": "active",
        "start_date": day(-28), "planned_sessions": 8, "frequency_per_week": 1,
        "planned_weeks": 8, "review_after_sessions": 2});
    plan.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    plan
}

fn visit(offset: i64, status: &str, plan: &str) -> Value {
    json!({"status": status, "kind": "treatment", "starts_at": format!("{}T10:00:00Z", day(offset)),
        "time_zone": "Europe/Berlin", "treatment_plan_id": plan})
}

fn id_of(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn attendance_is_counted_for_both_sides_and_within_the_shares_days() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let path = fresh("treatment-plans");
    assert_eq!(ana.create(&path, &plan(&json!({}))).await.status, 201);
    let id = id_of(&path);
    for (offset, status) in [
        (-28, "attended"),
        (-21, "missed"),
        (-14, "attended"),
        (-7, "cancelled_clinic"),
        (7, "planned"),
    ] {
        let made = ana.create(&fresh("treatment-sessions"), &visit(offset, status, &id)).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let own = ana.get(&format!("{path}/progress")).await;
    assert_eq!(own.status, 200, "{}", own.text);
    let counts = ["attended", "missed", "cancelled_clinic", "ahead"].map(|name| &own.json[name]);
    assert_eq!(counts, [&json!(2), &json!(1), &json!(1), &json!(1)]);
    assert_eq!(own.json["attendance_percent"], 67);
    assert_eq!(
        (&own.json["sessions_until_review"], &own.json["review_due"]),
        (&json!(0), &json!(true))
    );

    let share = ana.share_on(&lind, &["treatment"], &json!({"from_date": day(-22)})).await;
    let hidden = lind.get(&format!("/v1/patients/{share}/treatment-plans/{id}/progress")).await;
    assert_eq!(hidden.status, 404, "the plan was agreed before the share's days");
    let share = ana.share_on(&lind, &["treatment"], &json!({"from_date": day(-28)})).await;
    let shared = lind.get(&format!("/v1/patients/{share}/treatment-plans/{id}/progress")).await;
    assert_eq!(shared.json["attended"], 2, "{}", shared.text);
    let closed = ana.share_with(&lind, &["pain"]).await;
    let path = format!("/v1/patients/{closed}/treatment-plans/{id}/progress");
    assert_eq!(lind.get(&path).await.status, 404);
    let other = app.patient("bea").await;
    assert_eq!(other.get(&format!("/v1/treatment-plans/{id}/progress")).await.status, 404);
}

#[tokio::test]
async fn the_list_of_patients_shows_what_each_share_opens() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let path = fresh("treatment-plans");
    ana.create(&path, &plan(&json!({"review_on": day(5)}))).await;
    ana.create(&fresh("treatment-sessions"), &visit(3, "planned", &id_of(&path))).await;
    for offset in [-3, -2] {
        let entry = json!({"kind": "daily", "effective_at": format!("{}T12:00:00Z", day(offset)),
            "time_zone": "Europe/Berlin", "pain_average": 4});
        assert_eq!(ana.create(&fresh("journal-entries"), &entry).await.status, 201);
    }
    let all = ana.share_with(&lind, &["pain", "treatment"]).await;
    let pain = ana.share_with(&lind, &["pain"]).await;
    let treatment = ana.share_with(&lind, &["treatment"]).await;
    let list = lind.get("/v1/patients").await;
    assert_eq!(list.status, 200, "{}", list.text);
    let overview = |share: &str| {
        let items = list.json["data"].as_array().unwrap();
        items.iter().find(|item| item["id"] == share).unwrap()["overview"].clone()
    };
    let seen = overview(&all);
    assert_eq!(seen["last_entry_on"], day(-2));
    assert_eq!(
        (&seen["days_with_entry"], &seen["days_expected"]),
        (&json!(2), &json!(13)),
        "today is not over"
    );
    assert_eq!(seen["next_visit_on"], day(3));
    assert_eq!(seen["plan"]["next_review_on"], day(5));
    let seen = overview(&pain);
    assert_eq!(seen["last_entry_on"], day(-2));
    assert_eq!((&seen["next_visit_on"], &seen["plan"]), (&Value::Null, &Value::Null));
    let seen = overview(&treatment);
    assert_eq!((&seen["last_entry_on"], &seen["days_with_entry"]), (&Value::Null, &Value::Null));
    assert_eq!(seen["plan"]["attended"], 0);

    let log = ana.get("/v1/me/access-log").await;
    let lines = log.json["data"].as_array().unwrap().iter();
    let lines: Vec<&Value> = lines.filter(|line| line["action"] == "overview").collect();
    assert_eq!(lines.len(), 3, "one line for each share: {}", log.text);
    let mal = app.practitioner("mal").await;
    assert_eq!(mal.get("/v1/patients").await.json["data"], json!([]));
}

/// The operator has looked a number up: is it verified?
pub async fn verify(app: &TestApp, person: &Person, number: &'static str) -> bool {
    let email = pain_journal::wire::Email::parse(&person.email).unwrap();
    let verified = app.operate(move |app| async move {
        pain_journal::account::verify_licence(&app, &email, number).await.unwrap()
    });
    verified.await.is_some()
}

#[tokio::test]
async fn a_licence_is_shown_to_the_patient_and_its_check_ends_with_its_number() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let none = lind.get("/v1/me/licence").await;
    assert_eq!(none.json, json!({"number": null, "jurisdiction": null, "verified_at": null}));
    let stated = json!({"number": "AC-20417", "jurisdiction": "Bavaria"});
    let put = lind.call("PUT", "/v1/me/licence").json(&stated).send().await;
    assert_eq!((put.status, &put.json["verified_at"]), (200, &Value::Null), "{}", put.text);

    assert!(verify(&app, &lind, "AC-20417").await);
    let share = ana.share_with(&lind, &["pain"]).await;
    let seen = ana.get(&format!("/v1/shares/{share}")).await;
    let licence = &seen.json["practitioner"]["licence"];
    assert_eq!(licence["number"], "AC-20417");
    assert!(licence["verified_at"].is_string(), "{}", seen.text);

    let same = lind.call("PUT", "/v1/me/licence").json(&stated).send().await;
    assert!(same.json["verified_at"].is_string(), "the same licence stays verified");
    let other = json!({"number": "AC-1", "jurisdiction": "Bavaria"});
    let put = lind.call("PUT", "/v1/me/licence").json(&other).send().await;
    assert_eq!(put.json["verified_at"], Value::Null);
    // The operator looked up the first number: the one that stands there now was not looked at.
    assert!(!verify(&app, &lind, "AC-20417").await);
    assert_eq!(lind.get("/v1/me/licence").await.json["verified_at"], Value::Null);
    let refused = ana.call("PUT", "/v1/me/licence").json(&stated).send().await;
    assert_eq!((refused.status, refused.code()), (403, "role_insufficient"));
    let long = json!({"number": "x".repeat(101)});
    let put = lind.call("PUT", "/v1/me/licence").json(&long).send().await;
    assert_eq!((put.status, put.pointers()), (422, vec!["#/number"]));

    assert!(!verify(&app, &ana, "AC-20417").await, "a patient has no licence");
}
