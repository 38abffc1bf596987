//! What the pages of a report say beside its numbers.

use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use serde_json::{Value, json};

/// The patient's page of these days, and the practitioner's through a share.
async fn pages(app: &TestApp, ana: &Person, window: &str) -> [String; 2] {
    let lind = app.practitioner("lind").await;
    let share = ana.share_with(&lind, &super::SECTIONS).await;
    let own = ana.get(&format!("/v1/report/summary.html?{window}")).await;
    let shared = lind.get(&format!("/v1/patients/{share}/report/page.html?{window}")).await;
    assert_eq!((own.status, shared.status), (200, 200), "{} {}", own.text, shared.text);
    [own.text, shared.text]
}

async fn log(ana: &Person, day: u32, extra: &Value) {
    let mut entry = daily(&format!("2026-03-{day:02}"), extra);
    // Typed in time.
    entry["recorded_at"] = entry["effective_at"].clone();
    let made = ana.create(&fresh("journal-entries"), &entry).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

#[tokio::test]
async fn a_day_called_free_of_pain_without_a_rating_stands_beside_days_without_pain() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for day in 1..=20 {
        log(&ana, day, &json!({"pain_average": day % 3})).await;
    }
    let window = "from=2026-03-01&to=2026-03-24";
    for page in pages(&app, &ana, window).await {
        assert!(!page.contains("called free of pain"), "{page}");
    }
    log(&ana, 21, &json!({"pain_average": null, "pain_free_day": true})).await;
    log(&ana, 22, &json!({"pain_average": null, "pain_free_day": true})).await;
    let report = ana.get(&format!("/v1/report?{window}")).await.json;
    let states = &report["pain"]["time_in_state"];
    assert_eq!((&states["pain_free_unrated"], &states["no_pain"]["days"]), (&json!(2), &json!(6)));
    for page in pages(&app, &ana, window).await {
        assert!(page.contains("2 more days called free of pain, without a rating"), "{page}");
    }
}

#[tokio::test]
async fn one_night_woken_by_pain_makes_no_share_of_nights() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let window = "from=2026-03-01&to=2026-03-24";
    for (day, nights) in [(3, 1), (4, 2), (5, 3)] {
        let night = json!({"time_zone": "UTC", "bed_at": format!("2026-03-{:02}T22:00:00Z", day - 1),
            "rise_at": format!("2026-03-{day:02}T06:00:00Z"), "woken_by_pain": true});
        assert_eq!(ana.create(&fresh("sleep-records"), &night).await.status, 201);
        let woken =
            ana.get(&format!("/v1/report?{window}")).await.json["sleep"]["woken_by_pain"].clone();
        let withheld = nights < 3;
        assert_eq!(woken["status"] == "insufficient", withheld, "{woken}");
        assert_eq!(
            (woken["value"].is_null(), &woken["have"]),
            (withheld, &json!(nights)),
            "{woken}"
        );
        let [_, page] = pages(&app, &ana, window).await;
        let shown = page.split("Nights woken by pain").nth(1).and_then(|rest| rest.get(..200));
        assert_eq!(shown.is_some_and(|shown| shown.contains("3 of 3")), !withheld, "{page}");
    }
}

#[tokio::test]
async fn the_worst_pain_before_and_now_stands_on_both_pages() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for day in 1..=30_u32 {
        let (average, worst) = if day <= 10 { (6, 8) } else { (4, 5) };
        log(&ana, day, &json!({"pain_average": average, "pain_worst": worst})).await;
    }
    let visit = json!({"status": "attended", "kind": "treatment", "time_zone": "Europe/Berlin",
        "starts_at": "2026-03-10T09:00:00+01:00"});
    assert_eq!(ana.create(&fresh("treatment-sessions"), &visit).await.status, 201);
    let window = "from=2026-03-01&to=2026-03-31";
    let report = ana.get(&format!("/v1/report?{window}")).await.json;
    let worst = &report["pain"]["worst"];
    assert_eq!(worst["difference"]["value"], json!(-3.0), "{worst}");
    for page in pages(&app, &ana, window).await {
        assert!(page.contains("Worst pain, mean") && page.contains("8.0 → 5.0"), "{page}");
    }
}
