//! Reminders: when they are due, over HTTP.

use crate::records::merged;
use crate::support::people::fresh;
use crate::support::{Person, TestApp};
use crate::sync::support::{changes, head, push};
use serde_json::{Value, json};
use uuid::Uuid;

/// A reminder, changed by `extra`; answers its address.
async fn remind(person: &Person, extra: &Value) -> String {
    let body = json!({"journal_date": "2026-01-01", "kind": "daily_entry", "enabled": true,
        "local_time": "20:30"});
    let path = fresh("reminders");
    let made = person.create(&path, &merged(&body, extra)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    path
}

/// The times of an answer, as `instant local shift`.
async fn times(person: &Person, query: &str) -> Vec<String> {
    let answer = person.get(&format!("/v1/reminder-times?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let data = answer.json["data"].as_array().unwrap();
    let text = |time: &Value, name: &str| time[name].as_str().unwrap_or("-").to_owned();
    data.iter()
        .map(|t| format!("{} {} {}", text(t, "at"), text(t, "local_time"), text(t, "shift")))
        .collect()
}

#[tokio::test]
async fn the_wall_clock_of_berlin_stays_when_the_clocks_change() {
    let ana = TestApp::shared().patient("ana").await;
    remind(&ana, &json!({})).await;
    assert_eq!(
        times(&ana, "after=2027-03-27T12:00:00Z&limit=2").await,
        [
            "2027-03-27T19:30:00.000Z 2027-03-27T20:30 -",
            "2027-03-28T18:30:00.000Z 2027-03-28T20:30 -"
        ]
    );
    assert_eq!(
        times(&ana, "after=2027-10-30T12:00:00Z&limit=2").await,
        [
            "2027-10-30T18:30:00.000Z 2027-10-30T20:30 -",
            "2027-10-31T19:30:00.000Z 2027-10-31T20:30 -"
        ]
    );
}

#[tokio::test]
async fn a_time_that_is_skipped_or_quiet_is_due_right_after_and_says_why() {
    let app = TestApp::shared();
    let (ana, bob) = (app.patient("ana").await, app.patient("bob").await);
    remind(&ana, &json!({"local_time": "02:30"})).await;
    assert_eq!(
        times(&ana, "after=2027-03-27T12:00:00Z&limit=2").await,
        [
            "2027-03-28T01:00:00.000Z 2027-03-28T03:00 clock_change",
            "2027-03-29T00:30:00.000Z 2027-03-29T02:30 -"
        ]
    );
    let repeated = times(&ana, "after=2027-10-30T12:00:00Z&limit=2").await;
    assert_eq!(
        repeated,
        [
            "2027-10-31T00:30:00.000Z 2027-10-31T02:30 -",
            "2027-11-01T01:30:00.000Z 2027-11-01T02:30 -"
        ],
        "once, the first time"
    );
    let quiet = json!({"local_time": "23:30", "quiet_from": "22:00", "quiet_until": "07:00"});
    remind(&bob, &quiet).await;
    assert_eq!(
        times(&bob, "after=2027-05-04T12:00:00Z&limit=1").await,
        ["2027-05-05T05:00:00.000Z 2027-05-05T07:00 quiet_hours"]
    );
}

#[tokio::test]
async fn times_of_all_reminders_come_in_order_within_the_limit_and_after_what_is_asked() {
    let ana = TestApp::shared().patient("ana").await;
    let evening = remind(&ana, &json!({"kind": "medication", "label": "Two drops"})).await;
    remind(&ana, &json!({"local_time": "08:00", "days": ["tuesday"]})).await;
    remind(&ana, &json!({"enabled": false})).await;
    let paused = json!({"paused_from": "2026-06-01", "local_time": "09:00"});
    let paused = remind(&ana, &paused).await;
    let wanted = [
        "2027-05-03T18:30:00.000Z 2027-05-03T20:30 -",
        "2027-05-04T06:00:00.000Z 2027-05-04T08:00 -",
        "2027-05-04T18:30:00.000Z 2027-05-04T20:30 -",
    ];
    assert_eq!(times(&ana, "after=2027-05-03T12:00:00%2B02:00&limit=3").await, wanted);
    let later = times(&ana, "after=2027-05-03T18:30:00Z&limit=2").await;
    assert_eq!(later, wanted[1..], "what is due at that moment has been");
    let all = ana.get("/v1/reminder-times?after=2027-05-03T10:00:00Z").await.json;
    let all = all["data"].as_array().unwrap().clone();
    assert_eq!(all.len(), 50);
    assert!(all.is_sorted_by_key(|time| time["at"].as_str().unwrap().to_owned()));
    let first = json!({"reminder_id": evening.rsplit('/').next().unwrap(), "kind": "medication",
        "label": "Two drops", "at": "2027-05-03T18:30:00.000Z", "local_time": "2027-05-03T20:30",
        "time_zone": "Europe/Berlin", "shift": null});
    assert_eq!(all[0], first);
    assert!(all.iter().all(|time| !paused.ends_with(time["reminder_id"].as_str().unwrap())));
    assert_eq!(times(&ana, "limit=200").await.len(), 200);

    assert_eq!(ana.delete(&evening).await.status, 204);
    let left = times(&ana, "after=2027-05-03T10:00:00Z&limit=1").await;
    assert_eq!(left, wanted[1..2], "the deleted one is silent");
}

#[tokio::test]
async fn without_a_moment_the_next_time_from_now_is_answered() {
    let app = TestApp::alone();
    app.turn_to("2026-12-01T12:00:00Z");
    let ana = app.patient("ana").await;
    assert_eq!(times(&ana, "limit=1").await, [""; 0]);
    remind(&ana, &json!({})).await;
    let next = ["2026-12-01T19:30:00.000Z 2026-12-01T20:30 -"];
    assert_eq!(times(&ana, "limit=1").await, next);
}

#[tokio::test]
async fn a_reminder_follows_the_patient_unless_it_names_a_zone() {
    let ana = TestApp::shared().patient("ana").await;
    remind(&ana, &json!({})).await;
    remind(&ana, &json!({"local_time": "21:00", "time_zone": "Europe/Berlin"})).await;
    let lisbon = "after=2027-05-03T12:00:00Z&limit=2&time_zone=Europe/Lisbon";
    assert_eq!(
        times(&ana, lisbon).await,
        [
            "2027-05-03T19:00:00.000Z 2027-05-03T21:00 -",
            "2027-05-03T19:30:00.000Z 2027-05-03T20:30 -"
        ]
    );
    let answer = ana.get(&format!("/v1/reminder-times?{lisbon}")).await.json;
    let zones: Vec<&Value> =
        answer["data"].as_array().unwrap().iter().map(|time| &time["time_zone"]).collect();
    assert_eq!(zones, ["Europe/Berlin", "Europe/Lisbon"]);
}

#[tokio::test]
async fn a_reminder_of_the_phone_is_due_and_nobody_elses_ever_is() {
    let app = TestApp::shared();
    let (ana, bob) = (app.patient("ana").await, app.patient("bob").await);
    remind(&bob, &json!({})).await;
    assert_eq!(times(&ana, "").await, [""; 0]);
    let id = Uuid::now_v7();
    let row = json!({"id": id, "journal_date": "2026-01-01", "kind": "sleep_record",
        "enabled": true, "local_time": "07:15", "days": "[\"sunday\"]"});
    let pushed = push(&ana, head(&ana).await, changes("reminders", "created", &[row])).await;
    assert_eq!(pushed["rejected"], json!([]));
    let next = times(&ana, "after=2027-05-03T12:00:00Z&limit=1").await;
    assert_eq!(next, ["2027-05-09T05:15:00.000Z 2027-05-09T07:15 -"]);
    assert_eq!(times(&bob, "").await.len(), 50);
    let lind = app.practitioner("lind").await;
    let all = ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals"];
    let share = ana.let_record(&lind, &all).await;
    let through = lind.call("GET", &format!("/v1/patients/{share}/reminders")).unchecked();
    assert_eq!(through.send().await.status, 404, "no share shows reminders");
    assert_eq!(lind.get("/v1/reminder-times").await.code(), "role_insufficient");
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let ana = TestApp::shared().patient("ana").await;
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("after=yesterday", "after"),
        ("after=2027-05-03", "after"),
        ("after=2027-05-03T12:00:00", "after"),
        ("after=9999-05-03T12:00:00Z", "after"),
        ("time_zone=Mars/Olympus", "time_zone"),
        ("time_zone=europe/berlin", "time_zone"),
        ("days=monday", "days"),
    ] {
        let answer = ana.get(&format!("/v1/reminder-times?{query}")).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{query}");
        assert_eq!(answer.json["errors"][0]["parameter"], parameter, "{query}");
    }
    let both = ana.get("/v1/reminder-times?limit=0&after=x&time_zone=x").await;
    assert_eq!(both.json["errors"].as_array().unwrap().len(), 3, "all at once");
}
