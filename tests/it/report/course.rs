//! A report is about a course of treatment: its baseline lies before the first treatment of it, however
//! far back, and nothing is said of a change where that is not known.

use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

/// The day so many days before 27 November 2026.
fn day(back: u64) -> String {
    let last = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
    (last - Days::new(back)).to_string()
}

/// The same day as a page writes it.
fn told(back: u64) -> String {
    day(back).parse::<NaiveDate>().unwrap().format("%-d %b %Y").to_string()
}

/// Logs the same pain each evening from one day to another, counted back.
async fn rate(patient: &Person, days: std::ops::RangeInclusive<u64>, pain: i32) {
    for back in days {
        let typed = format!("{}T20:01:00Z", day(back));
        let entry = daily(&day(back), &json!({"pain_average": pain, "recorded_at": typed}));
        assert_eq!(patient.create(&fresh("journal-entries"), &entry).await.status, 201);
    }
}

/// Records a session so many days back.
async fn attend(patient: &Person, back: u64, kind: &str) {
    let session = json!({"status": "attended", "kind": kind, "time_zone": "Europe/Berlin",
        "starts_at": format!("{}T10:00:00Z", day(back))});
    let made = patient.create(&fresh("treatment-sessions"), &session).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

/// A server on 27 November 2026 and a patient who rated 8 before a treatment 150 days back, 4 before one
/// 85 days back, and 6 now.
async fn long_course() -> (TestApp, Person) {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T21:00:00Z");
    let ana = app.patient("ana").await;
    rate(&ana, 151..=155, 8).await;
    attend(&ana, 150, "treatment").await;
    rate(&ana, 86..=90, 4).await;
    attend(&ana, 85, "treatment").await;
    rate(&ana, 0..=4, 6).await;
    (app, ana)
}

fn codes(report: &Value) -> Vec<&str> {
    let cautions = report["pain"]["cautions"].as_array().unwrap();
    cautions.iter().map(|caution| caution["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_course_longer_than_the_window_is_held_against_its_own_beginning() {
    let (_app, ana) = long_course().await;
    let report = ana.get("/v1/report").await.json;
    assert_eq!(report["course"]["first_session_date"], day(150));
    assert_eq!(report["course"]["treatments"], 2);
    let pain = &report["pain"];
    assert_eq!(pain["baseline"]["mean"]["value"], 8.0);
    assert_eq!(pain["baseline"]["mean"]["window"]["from"], day(164));
    assert_eq!(pain["follow_up"]["value"], 6.0);
    assert_eq!(pain["change"]["percent_reduction"], 25.0);
    assert_eq!(pain["change"]["band"], "minimal");
    let expected = ["regression_to_the_mean", "follow_up_sparse", "last_treatment_long_ago"];
    assert_eq!(codes(&report), expected);
    // The page says which days, and the patient's own, too.
    let own = ana.get("/v1/report/summary.html").await.text;
    let days = format!("with the days before your treatment began on {}", told(150));
    assert!(own.contains("about 25\u{a0}% less pain") && own.contains(&days), "{own}");
    // Entries far before the window are no part of anything else.
    assert_eq!(report["header"]["days_rated"], 9);
    assert_eq!(report["sites"]["days_with_sites"], 0);
    // A frozen report is made of the same days, and does not change with what lies between.
    let frozen = ana.post("/v1/report/snapshots", &json!({"from": day(89), "to": day(0)})).await;
    assert_eq!(frozen.status, 201, "{}", frozen.text);
    rate(&ana, 120..=121, 1).await;
    let again = ana.post("/v1/report/snapshots", &json!({"from": day(89), "to": day(0)})).await;
    assert_eq!((again.status, &again.json["id"]), (200, &frozen.json["id"]), "{}", again.text);
}

#[tokio::test]
async fn a_share_that_does_not_reach_the_beginning_speaks_of_no_change() {
    let (app, ana) = long_course().await;
    let lind = app.practitioner("lind").await;
    let sections = ["pain", "treatment"];
    // Ninety days before the first treatment in it, and one day fewer.
    for (from, kind, first) in
        [(240, "before_first_session", json!(day(150))), (239, "none", Value::Null)]
    {
        let terms = json!({"from_date": day(from)});
        let share = ana.share_on(&lind, &sections, &terms).await;
        let report = lind.get(&format!("/v1/patients/{share}/report")).await.json;
        assert_eq!(report["pain"]["baseline"]["kind"], kind, "{report}");
        assert_eq!(report["course"]["first_session_date"], first);
        let is_known = kind != "none";
        assert_eq!(report["pain"]["change"]["sentence"].is_string(), is_known);
        assert_eq!(report["course"]["share_begins_on"].is_null(), is_known);
        assert_eq!(codes(&report).contains(&"course_start_unknown"), !is_known);
        let page = lind.get(&format!("/v1/patients/{share}/report/page.html")).await.text;
        let is_told = page.contains(&format!("his share begins on {}", told(from)));
        assert_eq!(is_told, !is_known, "{page}");
    }
}

#[tokio::test]
async fn a_consultation_is_no_treatment() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T21:00:00Z");
    let ana = app.patient("ana").await;
    // Seen, two weeks at 8, needled, then 5.
    attend(&ana, 54, "consultation").await;
    rate(&ana, 40..=53, 8).await;
    attend(&ana, 39, "treatment").await;
    rate(&ana, 0..=20, 5).await;
    let report = ana.get("/v1/report").await.json;
    assert_eq!(report["pain"]["baseline"]["mean"]["value"], 8.0);
    assert_eq!(report["course"]["first_session_date"], day(39));
    let effects = &report["session_effects"];
    assert_eq!(effects["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(effects["other_sessions"][0]["kind"], "consultation");
    assert_eq!(report["header"]["sessions"]["attended"], 2);
    let page = ana.get("/v1/report/page.html").await.text;
    assert!(page.contains(&format!("Without treatment: {} consultation", told(54))), "{page}");
}
