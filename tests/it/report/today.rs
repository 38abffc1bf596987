//! Today is where the patient is: an entry of a day that has begun is in the report of that day, wherever the
//! home is, and whoever may not see the entry is not told.

use crate::support::TestApp;
use crate::support::people::fresh;
use serde_json::json;

/// Places where it is early on the 28th, the moment, and the minutes that they are ahead of UTC.
const ELSEWHERE: [(&str, &str, i32); 2] = [
    ("Pacific/Auckland", "2026-11-27T16:20:00Z", 780),
    ("Pacific/Kiritimati", "2026-11-27T15:10:00Z", 840),
];

#[tokio::test]
async fn an_entry_made_today_elsewhere_is_in_todays_report() {
    for home in ["UTC", "America/Los_Angeles"] {
        for (zone, moment, offset) in ELSEWHERE {
            let app = TestApp::alone();
            app.turn_to("2026-11-20T12:00:00Z");
            let ana = app.patient("ana").await;
            let changed =
                app.sql().await.execute("UPDATE pj.accounts SET time_zone = $1", &[&home]).await;
            assert_eq!(changed.unwrap(), 1);
            let lind = app.practitioner("lind").await;
            let open = ana.share_with(&lind, &["pain"]).await;
            let of_sleep = ana.share_with(&lind, &["sleep"]).await;
            let past = ana.share_on(&lind, &["pain"], &json!({"to_date": "2026-11-27"})).await;
            app.turn_to(moment);
            let ana = ana.other_device(&app).await;
            let lind = lind.other_device(&app).await;
            let closed = [of_sleep, past].map(|share| format!("/v1/patients/{share}/report"));
            let mut before = Vec::new();
            for path in &closed {
                before.push(lind.get(path).await.json["window"].clone());
            }
            assert_eq!(ana.get("/v1/report").await.json["window"]["to"], "2026-11-27", "{home}");

            let entry = json!({"kind": "daily", "pain_average": 4, "effective_at": moment,
                "time_zone": zone, "utc_offset_minutes": offset});
            let made = ana.create(&fresh("journal-entries"), &entry).await;
            assert_eq!((made.status, &made.json["journal_date"]), (201, &json!("2026-11-28")));
            let report = ana.get("/v1/report").await.json;
            assert_eq!(report["window"]["to"], "2026-11-28", "{home} {zone}");
            assert_eq!(report["header"]["days_rated"], 1, "{home} {zone}");
            let shared = lind.get(&format!("/v1/patients/{open}/report")).await.json;
            assert_eq!(shared["window"]["to"], "2026-11-28", "{home} {zone}");
            let list = lind.get("/v1/patients").await.json;
            for patient in list["data"].as_array().unwrap() {
                let as_of = if patient["id"] == json!(open) { "2026-11-28" } else { "2026-11-27" };
                assert_eq!(patient["overview"]["as_of"], as_of, "{home} {zone}");
            }
            for (path, before) in closed.iter().zip(before) {
                let after = lind.get(path).await.json["window"].clone();
                assert_eq!(after["to"], before["to"], "{home} {zone} {path}");
                assert_eq!(after["to"], "2026-11-27");
            }
        }
    }
}
