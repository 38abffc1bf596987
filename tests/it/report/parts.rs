//! The report's other parts from end to end: flares, questionnaires, medication, goals, notes, and
//! the responder analysis.

use super::{SECTIONS, diary};
use crate::import::load;
use crate::support::Person;
use crate::support::TestApp;
use crate::support::people::{daily, fresh};
use pain_journal::import::FileFormat;
use serde_json::{Value, json};

const WINDOW: &str = "from=2025-09-15&to=2025-12-31";
const SPRING: &str = "from=2026-02-01&to=2026-06-30";

/// The diary's patient with the clinical record, and a report through a share of some sections.
async fn clinical(sections: &[&str]) -> (TestApp, Person, Person, String) {
    let (app, ana, lind, _) = diary().await;
    let refused = load(&app, &ana, FileFormat::Jsonl, "clinical_record.jsonl").await.refused;
    assert_eq!(refused.len(), 0);
    let share = ana.share_with(&lind, sections).await;
    (app, ana, lind, format!("/v1/patients/{share}/report"))
}

fn of<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|item| item[key] == value).unwrap()
}

#[tokio::test]
async fn the_clinical_record_stands_in_the_report() {
    let (_app, ana, lind, report) = clinical(&SECTIONS).await;
    let autumn = lind.get(&format!("{report}?{WINDOW}")).await.json;
    let questionnaires = &autumn["questionnaires"];
    assert_eq!(questionnaires["impression"]["words"], "Much improved");
    let instruments = &questionnaires["instruments"];
    let peg = of(instruments, "instrument", "peg");
    assert_eq!((&peg["first"]["score"], &peg["latest"]["score"]), (&json!(6.67), &json!(3.67)));
    assert_eq!(peg["difference"]["value"], -3.0);
    let rmdq = of(instruments, "instrument", "rmdq_24");
    assert_eq!(rmdq["difference"]["value"], -7.0);
    assert_eq!(of(&rmdq["thresholds"], "name", "minimal_important_change")["result"], "met");
    let psfs = of(instruments, "instrument", "psfs");
    assert_eq!((&psfs["difference"]["value"], &psfs["difference"]["n"]), (&json!(2.67), &json!(3)));
    let gardening = of(&psfs["activities"], "activity", "Gardening");
    assert_eq!((&gardening["difference"], &gardening["beyond_error"]), (&json!(3.0), &json!(true)));
    let odi = of(instruments, "instrument", "odi_2_1a");
    assert_eq!((&odi["latest"], &odi["difference"]["have"]), (&Value::Null, &json!(1)));
    assert_eq!(autumn["adverse_events"][0]["kinds"], json!(["bruising"]));
    assert_eq!(autumn["plans"][0]["planned_sessions"], 10);
    assert_eq!(autumn["complaints"][0]["label"], "My lower back");
    assert_eq!(autumn["goals"].as_array().unwrap().len(), 1, "those of June were not yet set");

    let spring = ana.get(&format!("/v1/report?{SPRING}")).await.json;
    let flares = spring["flares"]["reported"].as_array().unwrap();
    assert_eq!(flares.len(), 2);
    assert_eq!((&flares[0]["started_on"], &flares[0]["days"]), (&json!("2026-02-07"), &json!(4)));
    assert_eq!(flares[0]["what_helped"][0], json!({"what": "heat", "helped": "some"}));
    let in_flare = spring["daily"].as_array().unwrap().iter().filter(|day| day["flare"] == true);
    assert_eq!(in_flare.count(), 9);
    let relief = of(&spring["medication"]["kinds"], "kind", "relief");
    assert_eq!(relief["intakes"], 6);
    assert_eq!(relief["helped"], json!({"none": 1, "some": 3, "a_lot": 2, "not_answered": 0}));
    assert_eq!(of(&spring["medication"]["medicines"], "name", "Ibuprofen")["intakes"], 5);
    let triggers: Vec<&Value> = spring["shared_notes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|note| note["collection"] == "flares")
        .map(|note| &note["trigger_text"])
        .collect();
    assert_eq!(triggers, ["Repotted all the balcony plants"]);
    let day =
        spring["daily"].as_array().unwrap().iter().find(|d| d["journal_date"] == "2026-02-08");
    assert_eq!(day.unwrap()["relief_taken"], true);
}

#[tokio::test]
async fn each_part_needs_its_section() {
    let parts = [
        ("assessments", vec!["questionnaires"]),
        ("mobility", vec!["function"]),
        ("medication", vec!["medication"]),
        ("goals", vec!["goals"]),
        ("notes", vec!["shared_notes"]),
        ("sleep", vec!["sleep"]),
        ("treatment", vec!["treatments", "plans", "adverse_events"]),
        (
            "pain",
            vec![
                "pain",
                "complaints",
                "wellbeing",
                "relief",
                "flares",
                "warning_signs",
                "coverage",
            ],
        ),
    ];
    let (_app, ana, lind, _) = clinical(&["pain"]).await;
    for (section, own) in &parts {
        let share = ana.share_with(&lind, &[section]).await;
        let report = lind.get(&format!("/v1/patients/{share}/report?{WINDOW}")).await.json;
        assert_eq!(report["sections_included"], json!([section]));
        for (_, names) in &parts {
            for name in names {
                assert_eq!(report[name].is_null(), !own.contains(name), "{name} by {section}");
            }
        }
        assert_eq!(
            (&report["session_effects"], &report["sleep_link"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[tokio::test]
async fn warning_signs_are_days_and_the_fixed_notice() {
    let app = TestApp::alone();
    app.turn_to("2026-11-15T12:00:00Z");
    let ana = app.patient("ana").await;
    let entry = daily("2026-11-03", &json!({"red_flags": ["fever", "leg_weakness"]}));
    assert_eq!(ana.create(&fresh("journal-entries"), &entry).await.status, 201);
    let report = ana.get("/v1/report").await.json;
    let signs = json!([{"journal_date": "2026-11-03", "signs": ["leg_weakness", "fever"]}]);
    assert_eq!(report["warning_signs"]["days"], signs);
    assert_eq!(report["warning_signs"]["notice_title"], "Seek medical care now");
}

/// A patient with a week of ratings before the first session on 8 September 2026, and one of others
/// seven weeks later.
async fn treated(app: &TestApp, name: &str, before: i32, after: &[i32]) -> Person {
    let patient = app.patient(name).await;
    let days = (1..8).map(|day| (format!("2026-09-{day:02}"), before));
    let later = (20..).zip(after).map(|(day, score)| (format!("2026-10-{day}"), *score));
    for (day, score) in days.chain(later) {
        let typed = format!("{day}T20:01:00Z");
        let entry = daily(&day, &json!({"pain_average": score, "recorded_at": typed}));
        assert_eq!(patient.create(&fresh("journal-entries"), &entry).await.status, 201);
    }
    let session = json!({"status": "attended", "kind": "treatment", "time_zone": "Europe/Berlin",
        "starts_at": "2026-09-08T10:00:00+02:00"});
    let made = patient.create(&fresh("treatment-sessions"), &session).await;
    assert_eq!(made.status, 201, "{}", made.text);
    patient
}

#[tokio::test]
async fn responders_are_counted_through_the_own_shares_and_logged() {
    let app = TestApp::alone();
    app.turn_to("2026-11-15T12:00:00Z");
    let lind = app.practitioner("lind").await;
    let empty = lind.get("/v1/responders").await;
    assert_eq!((empty.status, &empty.json["counted"]), (200, &json!(0)), "{}", empty.text);

    let both = &["pain", "treatment"][..];
    let better = treated(&app, "better", 8, &[4, 4, 4, 4, 4]).await;
    let lost = treated(&app, "lost", 6, &[2]).await;
    let closed = treated(&app, "closed", 6, &[2, 2, 2, 2, 2]).await;
    better.share_with(&lind, both).await;
    better.share_with(&lind, &SECTIONS).await;
    lost.share_with(&lind, both).await;
    closed.share_with(&lind, &["pain"]).await;
    let answer = lind.get("/v1/responders").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let found = &answer.json;
    assert_eq!((&found["counted"], &found["not_counted"]), (&json!(2), &json!(0)));
    assert_eq!(
        (&found["is_suppressed"], &found["without_follow_up"]),
        (&json!(true), &Value::Null)
    );
    for threshold in found["thresholds"].as_array().unwrap() {
        assert_eq!(threshold["imputed"]["responders"], Value::Null);
        assert_eq!(threshold["imputed"]["percent"], Value::Null);
    }
    // One line for each journal that was read, and none for one that was not.
    for (patient, lines) in [(&better, 1), (&lost, 1), (&closed, 0)] {
        let log = patient.get("/v1/me/access-log").await.json["data"].clone();
        let log = log.as_array().unwrap();
        let read = log.iter().filter(|event| event["action"] == "responders").count();
        assert_eq!((read, log.len()), (lines, lines));
    }
    assert_eq!(better.get("/v1/responders").await.status, 403);
}
