//! What a report counts: a medicine nobody named is a medicine, and one activity is not the mean of many.

use crate::support::TestApp;
use crate::support::people::{daily, fresh};
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

/// The day so many days before 27 November 2026.
fn day(back: u64) -> String {
    let last = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
    (last - Days::new(back)).to_string()
}

#[tokio::test]
async fn a_day_with_an_unnamed_medicine_is_a_day_with_some_medicine() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T21:00:00Z");
    let ana = app.patient("ana").await;
    for back in 0..28 {
        let said = json!({"pain_average": 5, "medication_taken": back % 2 == 0});
        let entry = daily(&day(back), &said);
        assert_eq!(ana.create(&fresh("journal-entries"), &entry).await.status, 201);
    }
    let report = ana.get("/v1/report").await.json;
    let medication = &report["medication"];
    assert_eq!(medication["any_per_week"]["value"], 3.5, "{medication}");
    assert_eq!(medication["any_per_week"]["status"], "reliable");
    assert_eq!((&medication["days_unnamed"], &medication["days_known"]), (&json!(14), &json!(28)));
    for kind in medication["kinds"].as_array().unwrap() {
        assert_eq!(kind["per_week"]["value"], Value::Null);
        let range = &kind["per_week_range"];
        assert_eq!((&range["low"], &range["high"]), (&json!(0.0), &json!(3.5)));
    }
    let page = ana.get("/v1/report/page.html").await.text;
    let any = page.find("Days with any medicine").expect("the first line of the medicines");
    let relief = page.find("Relief medicine days").expect("and then the kinds");
    assert!(any < relief && page.contains("0.0 to 3.5 a week"), "{page}");
    assert!(page.contains("14 of 28 days name no medicine"), "{page}");
    assert!(!page[any..].contains("0.0 a week"), "{page}");
}

#[tokio::test]
async fn one_activity_meets_the_threshold_for_one_or_none() {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T21:00:00Z");
    let ana = app.patient("ana").await;
    for (on, value) in [("2026-10-18", 3), ("2026-11-17", 5)] {
        let answers = json!([{"item": "activity", "activity": "Sit", "value": value}]);
        let form = json!({"instrument": "psfs", "effective_at": format!("{on}T10:00:00.000Z"),
            "time_zone": "UTC", "answers": answers});
        let made = ana.create(&fresh("assessments"), &form).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let report = ana.get("/v1/report").await.json;
    let psfs = &report["questionnaires"]["instruments"][0];
    assert_eq!(psfs["difference"]["value"], 2.0, "{psfs}");
    let thresholds = psfs["thresholds"].as_array().unwrap();
    assert_eq!(thresholds.len(), 1);
    assert_eq!(
        (&thresholds[0]["value"], &thresholds[0]["result"]),
        (&json!(3.0), &json!("not_met"))
    );
}
