//! Whose night is whose day: the date of waking, however early, and parts of a night together.

use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use serde_json::{Value, json};

fn day(back: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 27).unwrap() - Days::new(back)
}

/// A night that ends so many minutes after midnight, in UTC, and lasts so long.
fn night(date: NaiveDate, rise: i64, minutes: i64) -> Value {
    let rise = date.and_hms_opt(0, 0, 0).unwrap() + TimeDelta::minutes(rise);
    let bed = rise - TimeDelta::minutes(minutes);
    json!({"time_zone": "UTC", "bed_at": format!("{}Z", bed.format("%FT%T")),
        "rise_at": format!("{}Z", rise.format("%FT%T"))})
}

async fn sleep(patient: &Person, night: &Value) -> Value {
    let made = patient.create(&fresh("sleep-records"), night).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json
}

async fn patient() -> (TestApp, Person) {
    let app = TestApp::alone();
    app.turn_to("2026-11-27T21:00:00Z");
    let ana = app.patient("ana").await;
    (app, ana)
}

#[tokio::test]
async fn a_baker_who_rises_at_half_past_three_keeps_all_nights() {
    let (_app, ana) = patient().await;
    for back in 0..28 {
        let date = day(back);
        let is_weekend = date.weekday().number_from_monday() > 5;
        let (rise, minutes) = if is_weekend { (510, 540) } else { (210, 450) };
        let made = sleep(&ana, &night(date, rise, minutes)).await;
        assert_eq!(made["journal_date"], date.to_string());
    }
    let report = ana.get("/v1/report").await.json;
    let mean = &report["sleep"]["total_sleep"]["mean"];
    assert_eq!(mean["n"], 28);
    assert!((mean["value"].as_f64().unwrap() - 475.7).abs() < 0.05, "{mean}");
}

#[tokio::test]
async fn nights_that_set_the_pain_of_the_day_do_so_whenever_the_patient_rises() {
    for rise in [210, 239, 240, 420] {
        let (_app, ana) = patient().await;
        for back in 0..40_u64 {
            let step = i64::try_from(back * 7 % 9).unwrap();
            sleep(&ana, &night(day(back), rise, 300 + 20 * step)).await;
            let entry = daily(&day(back).to_string(), &json!({"pain_average": 9 - step}));
            assert_eq!(ana.create(&fresh("journal-entries"), &entry).await.status, 201);
        }
        let link = ana.get("/v1/report").await.json["sleep_link"].clone();
        let rho = link["correlation"]["value"].as_f64().unwrap();
        assert!((rho + 1.0).abs() < 1e-9, "{rise}: {link}");
    }
}

#[tokio::test]
async fn parts_of_a_night_are_one_at_the_edges_of_a_window_too() {
    let (_app, ana) = patient().await;
    let parts = [(day(9), 120, 240), (day(9), 405, 240), (day(6), 250, 370), (day(6), 460, 180)];
    for (date, rise, minutes) in parts {
        sleep(&ana, &night(date, rise, minutes)).await;
    }
    // 22:00 to 23:50 and 00:30 to 06:30: of two dates, and of one night.
    sleep(&ana, &night(day(4), 1430, 110)).await;
    sleep(&ana, &night(day(3), 390, 360)).await;
    let slept = async |from: u64, to: u64| {
        let path = format!("/v1/report?from={}&to={}", day(from), day(to));
        let report = ana.get(&path).await;
        assert_eq!(report.status, 200, "{}", report.text);
        let days = report.json["daily"].as_array().unwrap().clone();
        days.into_iter().map(|day| day["sleep_minutes"].clone()).collect::<Vec<Value>>()
    };
    let expected = json!([480, null, null, 550, null, null, 470, null]);
    assert_eq!(json!(slept(9, 2).await), expected);
    assert_eq!(json!(slept(5, 4).await), json!([null, null]), "it is no night of the first date");
    assert_eq!(json!(slept(3, 2).await), json!([470, null]), "with its part before the window");
}
