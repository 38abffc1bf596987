//! What cannot be: refused at its field on both wires, stored on neither.

use super::{flat, row, sample};
use crate::records::merged;
use crate::support::TestApp;
use crate::support::people::fresh;
use crate::sync::support::{changes, head, push};
use serde_json::{Value, json};
use uuid::Uuid;

/// A change of a collection's sample, and where it must be refused.
fn refused() -> Vec<(&'static str, Value, &'static str)> {
    let (left, both) = (json!("left"), json!("both"));
    let site = |region: &str, side: &Value| json!({"region": region, "laterality": side});
    let point = |depth: f64| json!([{"name": "BL23", "depth_mm": depth}]);
    vec![
        ("journal-entries", json!({"sites": [site("sacrum", &left)]}), "sites/0/laterality"),
        (
            "journal-entries",
            json!({"sites": [site("knee", &both), site("sacrum", &json!("right"))]}),
            "sites/1/laterality",
        ),
        ("journal-entries", json!({"red_flags": vec!["fever"; 7]}), "red_flags"),
        (
            "flares",
            json!({"sites": [site("low_back", &left), site("sacrum", &left)]}),
            "sites/1/laterality",
        ),
        ("flares", json!({"ended_at": "2025-05-31T08:00:00+02:00"}), "ended_at"),
        ("flares", json!({"severity": 11}), "severity"),
        ("pain-episodes", json!({"primary_region": "sacrum"}), "laterality"),
        ("pain-episodes", json!({"primary_region": null}), "laterality"),
        ("pain-episodes", json!({"resolved_on": "2025-07-01"}), "resolved_on"),
        ("treatment-sessions", json!({"ends_at": "2025-06-03T08:59:00+02:00"}), "ends_at"),
        ("treatment-sessions", json!({"needle_count": 201}), "needle_count"),
        ("treatment-sessions", json!({"points": point(150.1)}), "points/0/depth_mm"),
        ("treatment-sessions", json!({"points": point(2.55)}), "points/0/depth_mm"),
        ("treatment-sessions", json!({"response_sought": ["none", "de_qi"]}), "response_sought"),
        ("treatment-sessions", json!({"technique_other": "x".repeat(201)}), "technique_other"),
        ("treatment-plans", json!({"planned_weeks": -2}), "planned_weeks"),
        ("treatment-plans", json!({"planned_sessions": 0}), "planned_sessions"),
        ("treatment-plans", json!({"frequency_per_week": 0}), "frequency_per_week"),
        ("treatment-plans", json!({"review_on": "2025-06-01"}), "review_on"),
        ("treatment-plans", json!({"start_date": null}), "start_date"),
        ("adverse-events", json!({"kinds": []}), "kinds"),
        ("adverse-events", json!({"outcome": "ongoing"}), "outcome"),
        ("adverse-events", json!({"ended_at": "2025-06-03T09:59:59+02:00"}), "ended_at"),
        ("medication-intakes", json!({"dose": -0.5}), "dose"),
        ("medication-intakes", json!({"dose": 0.0005}), "dose"),
        ("medication-intakes", json!({"dose_unit": null}), "dose_unit"),
        ("medication-intakes", json!({"taken_at": "2150-01-01T08:00:00Z"}), "taken_at"),
        ("goals", json!({"reached_on": "2025-07-01"}), "reached_on"),
        ("goals", json!({"target_date": "2025-05-01"}), "target_date"),
        ("reminders", json!({"local_time": "24:00"}), "local_time"),
        ("reminders", json!({"local_time": "7:30"}), "local_time"),
        ("reminders", json!({"quiet_until": null}), "quiet_until"),
        ("reminders", json!({"days": ["someday"]}), "days/0"),
        ("reminders", json!({"paused_until": "2026-01-01"}), "paused_from"),
    ]
}

#[tokio::test]
async fn a_fault_is_named_at_its_field_on_both_wires() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let start = head(&ana).await;
    for (path, change, field) in refused() {
        let sample = sample(path);
        let answer = ana.create(&fresh(path), &merged(&sample.body, &change)).await;
        let pointer = format!("#/{field}");
        assert_eq!((answer.status, answer.pointers()), (422, vec![&*pointer]), "{path} {change}");

        let bob = app.patient("bob").await;
        assert_eq!(bob.create(&fresh(path), &sample.body).await.status, 201);
        let mut sent = row(&bob, sample.table).await;
        sent["id"] = json!(Uuid::now_v7());
        if sample.body["journal_date"].is_null() {
            // Settled from the moment, also from another one.
            sent.as_object_mut().unwrap().remove("journal_date");
        }
        for (name, value) in change.as_object().unwrap() {
            sent[name] = flat(name, value);
        }
        let answer = push(&ana, start, changes(sample.table, "created", &[sent])).await;
        assert_eq!(answer["accepted"], 0, "{path} {change}");
        let refusal = &answer["rejected"][0];
        let told = refusal["field"].as_str().unwrap_or_else(|| panic!("{path} {change} {answer}"));
        assert!(field == told || field.starts_with(&format!("{told}/")), "{field} {refusal}");
    }
    assert_eq!(head(&ana).await, start, "nothing was written");
}
