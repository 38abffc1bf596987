//! On which days an entry is expected: from the start of the journal, less declared pauses, and today once it
//! has one; in reports as in the list of patients.

use super::patient_since;
use crate::import::load_text;
use crate::support::people::{Person, daily, fresh};
use crate::support::{Answer, TestApp};
use pain_journal::import::FileFormat;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// An entry of a day, typed in its morning.
async fn log(person: &Person, day: &str) {
    let morning = json!({"effective_at": format!("{day}T06:00:00Z")});
    let made = person.create(&fresh("journal-entries"), &daily(day, &morning)).await;
    assert_eq!((made.status, &made.json["journal_date"]), (201, &json!(day)), "{}", made.text);
}

/// Changes some of the profile.
async fn declare(person: &Person, change: &Value) -> Answer {
    let me = person.get("/v1/me").await;
    let mut profile = me.json.clone();
    profile.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let changed = person.replace("/v1/me", me.etag(), &profile).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    changed
}

/// Rated and expected days, and how many days of the series are expected.
fn counts(report: &Answer) -> (i64, i64, usize) {
    assert_eq!(report.status, 200, "{}", report.text);
    let header = &report.json["header"];
    let daily = report.json["daily"].as_array().unwrap();
    let expected = daily.iter().filter(|day| day["expected"] == true).count();
    let weeks = report.json["coverage"].as_array().unwrap().iter();
    let of_weeks: i64 = weeks.map(|week| week["expected"].as_i64().unwrap()).sum();
    assert_eq!(header["days_expected"].as_i64(), Some(of_weeks));
    (header["days_rated"].as_i64().unwrap(), of_weeks, expected)
}

/// The row of a share in the list of patients.
async fn listed(person: &Person, share: &str) -> Value {
    let list = person.get("/v1/patients").await;
    let items = list.json["data"].as_array().unwrap();
    items.iter().find(|item| item["id"] == json!(share)).unwrap()["overview"].clone()
}

const WINDOW: &str = "from=2026-08-20&to=2026-11-27";

#[tokio::test]
async fn an_imported_history_is_part_of_the_journal() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T12:00:00Z");
    let ana = patient_since(&app, "ana", "2026-11-27").await;
    let lind = app.practitioner("lind").await;
    // 88 days from the first of September to today, every eleventh without an entry.
    let first: chrono::NaiveDate = "2026-09-01".parse().unwrap();
    let mut table = String::from("journal_date,pain_average\n");
    for (n, day) in first.iter_days().take(88).enumerate().filter(|(n, _)| n % 11 != 5) {
        writeln!(table, "{day},{}", 3 + n % 4).unwrap();
    }
    let loaded = load_text(&app, &ana, FileFormat::Csv, table).await;
    assert_eq!(loaded.refused.len(), 0);

    let own = ana.get(&format!("/v1/report?{WINDOW}")).await;
    assert_eq!(counts(&own), (80, 88, 88));
    let adherence = &own.json["header"]["adherence_any"];
    assert_eq!((&adherence["n"], &adherence["value"]), (&json!(88), &json!(90.91)));
    assert_eq!(ana.get("/v1/me").await.json["journal_since"], "2026-09-01");
    let page = ana.get(&format!("/v1/report/summary.html?{WINDOW}")).await;
    assert!(page.text.contains("You logged 80 days."), "{}", page.text);

    let share = ana.share_with(&lind, &["pain"]).await;
    let shared = lind.get(&format!("/v1/patients/{share}/report?{WINDOW}")).await;
    assert_eq!(counts(&shared), (80, 88, 88));
    let row = listed(&lind, &share).await;
    assert_eq!((&row["days_with_entry"], &row["days_expected"]), (&json!(13), &json!(14)));

    // A share that opens the last days says nothing of those before.
    let late = ana.share_on(&lind, &["pain"], &json!({"from_date": "2026-11-20"})).await;
    let shared = lind.get(&format!("/v1/patients/{late}/report?{WINDOW}")).await;
    assert_eq!(counts(&shared), (7, 8, 8));
    let row = listed(&lind, &late).await;
    assert_eq!((&row["days_with_entry"], &row["days_expected"]), (&json!(7), &json!(8)));
}

#[tokio::test]
async fn the_journal_begins_with_three_days_in_a_week_or_where_the_patient_says() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T12:00:00Z");
    let ana = patient_since(&app, "ana", "2026-11-20").await;
    let report = format!("/v1/report?{WINDOW}");
    let since = async || ana.get("/v1/me").await.json["journal_since"].clone();
    // Lone days typed for the past begin nothing: two, and a third that is a week from the first.
    for day in ["2026-09-01", "2026-09-04", "2026-09-08"] {
        log(&ana, day).await;
        assert_eq!(since().await, "2026-11-20", "{day}");
    }
    assert_eq!(counts(&ana.get(&report).await), (0, 7, 7), "today has no entry yet");
    // The fourth makes three within a week of the second.
    log(&ana, "2026-09-10").await;
    assert_eq!(since().await, "2026-09-04");
    assert_eq!(counts(&ana.get(&report).await), (3, 84, 84));
    log(&ana, "2026-11-27").await;
    assert_eq!(counts(&ana.get(&report).await), (4, 85, 85), "today has one");

    declare(&ana, &json!({"journal_starts_on": "2026-11-01"})).await;
    assert_eq!(since().await, "2026-11-01");
    assert_eq!(counts(&ana.get(&report).await), (1, 27, 27));
    declare(&ana, &json!({"journal_starts_on": null})).await;
    assert_eq!(since().await, "2026-09-04");
}

#[tokio::test]
async fn days_of_a_declared_pause_are_not_expected() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T12:00:00Z");
    let ana = patient_since(&app, "ana", "2026-10-29").await;
    let lind = app.practitioner("lind").await;
    for day in ["2026-11-16", "2026-11-20", "2026-11-27"] {
        log(&ana, day).await;
    }
    let share = ana.share_with(&lind, &["pain"]).await;
    let late = ana.share_on(&lind, &["pain"], &json!({"from_date": "2026-11-22"})).await;
    let report = format!("/v1/report?{WINDOW}");
    let of = |share: &str| format!("/v1/patients/{share}/report?{WINDOW}");
    assert_eq!(counts(&ana.get(&report).await), (3, 30, 30));
    let before = ana.get(&report).await.etag().to_owned();
    let unmoved = lind.get(&of(&late)).await;

    // Ten days in hospital, two of them with a note of the pain all the same, and a journey.
    let pauses = json!({"pauses": [
        {"from_date": "2026-11-12", "to_date": "2026-11-21", "reason": "illness"},
        {"from_date": "2026-11-01", "to_date": "2026-11-02", "reason": "travel"}]});
    declare(&ana, &pauses).await;
    let again = ana.call("GET", &report).header("If-None-Match", &before).send().await;
    assert_eq!(counts(&again), (1, 18, 18));
    assert_eq!(again.json["header"]["days_paused"], 12);
    let own = ana.get(&format!("/v1/report/summary.html?{WINDOW}")).await.text;
    assert!(own.contains("You logged 1 of 18 days, 12 days of a pause not counted."), "{own}");
    let shared = lind.get(&of(&share)).await;
    assert_eq!(counts(&shared), (1, 18, 18));
    assert_eq!(shared.json["header"]["days_paused"], 12);
    let page = lind.get(&of(&share).replace("/report?", "/report/page.html?")).await.text;
    assert!(page.contains("1 of 18 days rated") && page.contains("12 days of a pause not counted"));
    assert!(!shared.text.contains("illness") && !shared.text.contains("travel"));
    let row = listed(&lind, &share).await;
    assert_eq!((&row["days_with_entry"], &row["days_expected"]), (&json!(1), &json!(6)));
    // Of a pause that lies before the open days nothing is told.
    let now = lind.get(&of(&late)).await;
    for part in ["header", "daily", "coverage"] {
        assert_eq!(now.json[part], unmoved.json[part], "{part}");
    }
    let row = listed(&lind, &late).await;
    assert_eq!((&row["days_with_entry"], &row["days_expected"]), (&json!(1), &json!(6)));

    // One that goes on ends the expecting, and the quiet of the journal is not counted.
    declare(&ana, &json!({"pauses": [{"from_date": "2026-11-21"}]})).await;
    assert_eq!(counts(&ana.get(&report).await), (2, 23, 23));
    app.turn_to("2026-11-30T12:00:00Z");
    let lind = lind.other_device(&app).await;
    assert_eq!(listed(&lind, &share).await["days_quiet"], 0);
}

#[tokio::test]
async fn a_pause_of_the_plan_is_none_of_the_diary() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T12:00:00Z");
    let ana = patient_since(&app, "ana", "2026-11-01").await;
    log(&ana, "2026-11-27").await;
    let plan = json!({"journal_date": "2026-11-01", "status": "paused", "goal": "Sleep through",
        "planned_sessions": 8, "start_date": "2026-11-01", "paused_from": "2026-11-10",
        "paused_until": "2026-11-20"});
    let made = ana.create(&fresh("treatment-plans"), &plan).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(counts(&ana.get(&format!("/v1/report?{WINDOW}")).await), (1, 27, 27));
}

#[tokio::test]
async fn what_was_in_time_stays_so_when_days_begin_at_another_hour() {
    let app = TestApp::alone();
    app.turn_to("2026-11-19T12:00:00Z");
    let ana = patient_since(&app, "ana", "2026-11-01").await;
    // Half past three at night in Berlin, the last hour of the 18th and a day: in time by half an hour.
    app.turn_to("2026-11-20T02:30:00Z");
    let ana = ana.other_device(&app).await;
    let late = daily("2026-11-18", &json!({"effective_at": "2026-11-18T19:00:00Z"}));
    assert_eq!(ana.create(&fresh("journal-entries"), &late).await.status, 201);
    let timely = |report: Answer| report.json["header"]["days_timely"].clone();
    let report = "/v1/report?from=2026-11-01&to=2026-11-20";
    assert_eq!(timely(ana.get(report).await), 1);
    declare(&ana, &json!({"day_start_minute": 0})).await;
    assert_eq!(timely(ana.get(report).await), 1, "by the hour at which that day ended");
}

#[tokio::test]
async fn a_device_that_knows_only_the_earlier_hour_may_name_its_day() {
    let app = TestApp::alone();
    app.turn_to("2026-11-20T12:00:00Z");
    let ana = patient_since(&app, "ana", "2026-11-01").await;
    let at_night = |named: &str| {
        json!({"kind": "momentary", "pain_now": 3, "effective_at": "2026-11-20T01:30:00Z",
            "time_zone": "Europe/Berlin", "utc_offset_minutes": 60, "journal_date": named})
    };
    declare(&ana, &json!({"day_start_minute": 0})).await;
    let path = fresh("journal-entries");
    let old = ana.create(&path, &at_night("2026-11-19")).await;
    assert_eq!(
        (old.status, &old.json["journal_date"]),
        (201, &json!("2026-11-19")),
        "{}",
        old.text
    );
    let new = ana.create(&fresh("journal-entries"), &at_night("2026-11-20")).await;
    assert_eq!(
        (new.status, &new.json["journal_date"]),
        (201, &json!("2026-11-20")),
        "{}",
        new.text
    );
    let neither = ana.create(&fresh("journal-entries"), &at_night("2026-11-18")).await;
    assert_eq!((neither.status, neither.pointers()), (422, vec!["#/journal_date"]));
    // The day that was settled stays, whatever a device names of those two.
    let again = ana.replace(&path, old.etag(), &at_night("2026-11-20")).await;
    assert_eq!((again.status, &again.json["journal_date"]), (200, &json!("2026-11-19")));
    // Moved by a minute, and sent back with the day that was read, it is settled by the present hour.
    let mut moved = ana.get(&path).await.json;
    moved["effective_at"] = json!("2026-11-20T01:31:00Z");
    let etag = ana.get(&path).await.etag().to_owned();
    let moved = ana.replace(&path, &etag, &moved).await;
    assert_eq!((moved.status, &moved.json["journal_date"]), (200, &json!("2026-11-20")));
}
