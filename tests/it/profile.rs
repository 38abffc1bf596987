//! What a person says of themselves can be changed, and no day that stands moves with it.

use crate::practitioners::verify;
use crate::support::people::{Person, fresh};
use crate::support::{Answer, TestApp};
use serde_json::{Value, json};

fn profile(extra: &Value) -> Value {
    let mut profile = json!({"display_name": "Ana B.", "organisation": null, "year_of_birth": 1984,
        "locale": "de", "time_zone": "Europe/Lisbon", "day_start_minute": 0,
        "journal_starts_on": "2026-09-01", "pauses": [
            {"from_date": "2026-10-01", "to_date": "2026-10-04", "reason": "illness"},
            {"from_date": "2026-12-20", "to_date": null, "reason": null}]});
    profile.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    profile
}

/// Puts a profile in the place of the one that stands.
async fn put(person: &Person, profile: &Value) -> Answer {
    let etag = person.get("/v1/me").await.etag().to_owned();
    person.replace("/v1/me", &etag, profile).await
}

fn at_night(day: &str) -> Value {
    json!({"kind": "momentary", "pain_now": 3, "time_zone": "Europe/Lisbon",
        "utc_offset_minutes": 0, "effective_at": format!("{day}T01:30:00Z")})
}

#[tokio::test]
async fn the_own_profile_can_be_changed_and_settled_days_stay() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T12:00:00Z");
    let ana = app.patient("ana").await;
    let before = fresh("journal-entries");
    let made = ana.create(&before, &at_night("2026-11-26")).await;
    assert_eq!((made.status, &made.json["journal_date"]), (201, &json!("2026-11-25")));
    let seen = ana.get("/v1/report").await;
    let cursor = ana.get("/v1/sync?last_pulled_at=0").await.json;
    assert_eq!(cursor["profile_version"], 1);

    let me = ana.get("/v1/me").await;
    assert_eq!((&me.json["version"], &me.json["pauses"]), (&json!(1), &json!([])));
    let changed = ana.replace("/v1/me", me.etag(), &profile(&json!({}))).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    for (name, value) in profile(&json!({})).as_object().unwrap() {
        assert_eq!(&changed.json[name], value, "{name}");
    }
    assert_eq!(changed.json["version"], 2);
    assert_eq!(changed.json["journal_since"], "2026-09-01");
    let read = ana.get("/v1/me").await;
    assert_eq!((read.etag(), &read.json), (changed.etag(), &changed.json));

    // The day that was settled stays, also when the rest of its record is changed. Another moment is
    // settled by the new hour, and so is a later record.
    assert_eq!(ana.get(&before).await.json["journal_date"], "2026-11-25");
    let mut entry = at_night("2026-11-26");
    entry["pain_now"] = json!(4);
    let kept = ana.replace(&before, made.etag(), &entry).await;
    assert_eq!((kept.status, &kept.json["journal_date"]), (200, &json!("2026-11-25")));
    let later = ana.create(&fresh("journal-entries"), &at_night("2026-11-27")).await;
    assert_eq!((later.status, &later.json["journal_date"]), (201, &json!("2026-11-27")));

    // A report that was kept by its tag is another one, and the patient's other devices learn of it.
    let again = ana.call("GET", "/v1/report").header("If-None-Match", seen.etag()).send().await;
    assert_eq!(again.status, 200);
    let from = cursor["timestamp"].as_i64().unwrap();
    let pulled = ana.get(&format!("/v1/sync?last_pulled_at={from}")).await.json;
    assert_eq!(pulled["profile_version"], 2);
    assert!(pulled["timestamp"].as_i64().unwrap() > from);
    let same = ana.call("GET", "/v1/me").header("If-None-Match", read.etag()).send().await;
    assert_eq!(same.status, 304);

    let stale = ana.replace("/v1/me", me.etag(), &profile(&json!({}))).await;
    assert_eq!((stale.status, stale.code()), (412, "precondition_failed"));
    assert_eq!(stale.etag(), read.etag());
    let bare = ana.call("PUT", "/v1/me").json(&profile(&json!({}))).send().await;
    assert_eq!((bare.status, bare.code()), (428, "precondition_required"));

    // What is left out is taken away, and the day begins at four again.
    let least = put(&ana, &json!({"locale": "en", "time_zone": "UTC"})).await;
    assert_eq!(least.status, 200, "{}", least.text);
    let names =
        ["display_name", "year_of_birth", "journal_starts_on", "pauses", "day_start_minute"];
    let left = names.map(|name| least.json[name].clone());
    assert_eq!(left, [json!(null), json!(null), json!(null), json!([]), json!(240)]);
    assert_eq!(least.json["journal_since"], "2025-01-01", "the day of the enrolment");
}

#[tokio::test]
async fn a_device_with_its_own_sign_in_has_its_own_tag() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T12:00:00Z");
    let phone = app.patient("ana").await;
    app.turn_to("2026-11-27T12:05:00Z");
    let tablet = phone.other_device(&app).await;
    let (one, other) = (phone.get("/v1/me").await, tablet.get("/v1/me").await);
    assert_ne!(one.json["authenticated_at"], other.json["authenticated_at"]);
    assert_ne!(one.etag(), other.etag());
    // Either tag names the version.
    let changed = tablet.replace("/v1/me", one.etag(), &profile(&json!({}))).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let stale = tablet.replace("/v1/me", other.etag(), &profile(&json!({}))).await;
    assert_eq!(stale.status, 412);
}

#[tokio::test]
async fn bad_values_of_a_profile_are_told_by_name() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T12:00:00Z");
    let ana = app.patient("ana").await;
    let pause = |from: &str, to: &str| json!({"pauses": [{"from_date": from, "to_date": to}]});
    let rows = [
        (json!({"time_zone": "Mars/Olympus"}), "#/time_zone"),
        (json!({"time_zone": null}), "#/time_zone"),
        (json!({"day_start_minute": 720}), "#/day_start_minute"),
        (json!({"day_start_minute": -1}), "#/day_start_minute"),
        (json!({"year_of_birth": 1899}), "#/year_of_birth"),
        (json!({"year_of_birth": 2027}), "#/year_of_birth"),
        (json!({"journal_starts_on": "2026-11-29"}), "#/journal_starts_on"),
        (json!({"journal_starts_on": "yesterday"}), "#/journal_starts_on"),
        (json!({"display_name": "x".repeat(101)}), "#/display_name"),
        (json!({"locale": null}), "#/locale"),
        (pause("2026-10-04", "2026-10-03"), "#/pauses/0/to_date"),
        (pause("2028-01-03", "2028-01-04"), "#/pauses/0/from_date"),
        (pause("2027-12-30", "2028-01-04"), "#/pauses/0/to_date"),
        (json!({"pauses": [{"to_date": "2026-10-04"}]}), "#/pauses/0/from_date"),
        (
            json!({"pauses": [{"from_date": "2026-10-04", "reason": "boredom"}]}),
            "#/pauses/0/reason",
        ),
        (json!({"pauses": vec![json!({"from_date": "2026-10-04"}); 51]}), "#/pauses"),
    ];
    let me = ana.get("/v1/me").await;
    for (change, pointer) in rows {
        let answer = ana.replace("/v1/me", me.etag(), &profile(&change)).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{}", answer.text);
    }
    assert_eq!(ana.get("/v1/me").await.json, me.json, "nothing of it was taken");
}

#[tokio::test]
async fn a_practitioner_has_a_name_and_a_zone_and_another_name_is_not_verified() {
    let app = TestApp::shared();
    let lind = app.practitioner("lind").await;
    let none = put(&lind, &profile(&json!({}))).await;
    let of_patients = ["#/year_of_birth", "#/day_start_minute", "#/journal_starts_on", "#/pauses"];
    assert_eq!((none.status, none.pointers()), (422, of_patients.to_vec()), "{}", none.text);

    let licence = json!({"number": "AC-20417", "jurisdiction": "Bavaria"});
    assert_eq!(lind.call("PUT", "/v1/me/licence").json(&licence).send().await.status, 200);
    assert!(verify(&app, &lind, "AC-20417").await);
    let name = lind.get("/v1/me").await.json["display_name"].clone();
    let mut own = json!({"display_name": name, "organisation": "Clinic at the mill", "locale": "de",
        "time_zone": "Europe/Berlin"});
    let changed = put(&lind, &own).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.json["organisation"], "Clinic at the mill");
    let verified = lind.get("/v1/me/licence").await.json["verified_at"].clone();
    assert!(verified.is_string(), "the same person is still verified");
    own["display_name"] = json!("Dr. Somebody Else");
    assert_eq!(put(&lind, &own).await.status, 200);
    assert_eq!(lind.get("/v1/me/licence").await.json["verified_at"], Value::Null);
}

#[tokio::test]
async fn only_the_patient_changes_when_days_begin_and_what_they_were_is_remembered() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T12:00:00Z");
    let ana = app.patient("ana").await;
    for minute in 1..=9 {
        let changed = put(&ana, &profile(&json!({"day_start_minute": minute}))).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
    }
    let row = "SELECT former_day_starts, cardinality(day_starts_until) FROM pj.patients";
    let row = app.sql().await.query_one(row, &[]).await.unwrap();
    let former: Vec<i16> = row.get(0);
    assert_eq!((former, row.get::<_, i32>(1)), ((1..=8).collect::<Vec<i16>>(), 8));
}
