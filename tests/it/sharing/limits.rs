//! What a share shows: its sections, its days, its time, and no note that was not meant for others.

use super::{ALL, READS, change, days, keep_diary, pair, read, state};
use crate::support::people::{daily, fresh};
use crate::support::{Answer, TestApp};
use chrono::Duration;
use serde_json::{Value, json};

/// Days with a rating in a report.
fn rated(report: &Answer) -> Vec<&str> {
    let points = report.json["daily"].as_array().unwrap().iter();
    let rated = points.filter(|point| !point["pain"].is_null());
    rated.map(|point| point["journal_date"].as_str().unwrap()).collect()
}

fn strings<'a>(report: &'a Answer, name: &str) -> Vec<&'a str> {
    report.json[name].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect()
}

const WEEK: &str = "?from=2026-11-01&to=2026-11-07";

#[tokio::test]
async fn closing_a_section_takes_effect_with_the_next_request() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain", "mobility", "sleep"]).await;
    keep_diary(
        &ana,
        &[1, 2],
        &json!({"pain_worst": 7, "steps": 900, "mood": 3, "sites":
        [{"region": "neck"}], "triggers": ["stress"], "medication_taken": true}),
    )
    .await;
    let entry = read(&lind, &id, "journal-entries").await.json["data"][0].clone();
    assert_eq!((&entry["pain_worst"], &entry["steps"]), (&json!(7), &json!(900)));
    assert_eq!(entry["medication_taken"], Value::Null, "never opened");
    let report = read(&lind, &id, &format!("report{WEEK}")).await;
    assert_eq!(rated(&report).len(), 2);
    let closed = ["assessments", "goals", "medication", "notes", "treatment"];
    assert_eq!(strings(&report, "sections_omitted"), closed);

    assert_eq!(change(&ana, &id, &json!({"sections": ["mobility", "sleep"]})).await.status, 200);
    let entry = read(&lind, &id, "journal-entries").await.json["data"][0].clone();
    assert_eq!(entry["steps"], 900);
    for closed in ["pain_average", "pain_worst", "mood", "medication_taken", "note", "interference"]
    {
        assert_eq!(entry[closed], Value::Null, "{closed}");
    }
    for closed in ["sites", "triggers", "relief"] {
        assert_eq!(entry[closed], json!([]), "{closed}");
    }
    let report = read(&lind, &id, &format!("report{WEEK}")).await;
    assert_eq!(strings(&report, "sections_included"), ["mobility", "sleep"]);
    let closed = ["assessments", "goals", "medication", "notes", "pain", "treatment"];
    assert_eq!(strings(&report, "sections_omitted"), closed);
    assert_eq!((rated(&report).len(), &report.json["pain"]), (0, &Value::Null));
    assert_eq!(report.json["header"]["days_rated"], Value::Null);
    let chart = read(&lind, &id, &format!("report/chart.svg{WEEK}")).await;
    assert!(chart.text.contains("Pain is not part of this report"));

    assert_eq!(change(&ana, &id, &json!({"sections": ["treatment"]})).await.status, 200);
    assert_eq!(read(&lind, &id, "journal-entries").await.code(), "not_found");
    assert_eq!(read(&lind, &id, "sleep-records").await.code(), "not_found");
    assert_eq!(read(&lind, &id, "treatment-sessions").await.status, 200);
    assert_eq!(change(&ana, &id, &json!({"sections": ["notes"]})).await.status, 200);
    let notes = read(&lind, &id, "report").await;
    assert_eq!(strings(&notes, "sections_included"), ["notes"]);
    assert_eq!(read(&lind, &id, "report/chart.svg").await.code(), "not_found");
}

#[tokio::test]
async fn t066_each_section_opens_its_own_fields_and_no_others() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    keep_diary(&ana, &[3], &json!({"steps": 900, "medication_taken": true, "note": "secret",
        "note_shared": true, "trigger_note": "secret", "treatment_session_id": uuid::Uuid::now_v7()}))
    .await;
    for (sections, open) in [
        (vec!["pain"], vec!["pain_average"]),
        (vec!["mobility"], vec!["steps"]),
        (vec!["medication"], vec!["medication_taken"]),
        (vec!["notes"], vec!["note", "note_shared", "trigger_note"]),
        (vec!["pain", "treatment"], vec!["pain_average", "treatment_session_id"]),
    ] {
        assert_eq!(change(&ana, &id, &json!({"sections": sections})).await.status, 200);
        let entry = read(&lind, &id, "journal-entries").await.json["data"][0].clone();
        for field in [
            "pain_average",
            "steps",
            "medication_taken",
            "note",
            "note_shared",
            "trigger_note",
            "treatment_session_id",
        ] {
            assert_eq!(!entry[field].is_null(), open.contains(&field), "{sections:?} {field}");
        }
        assert_eq!(entry["journal_date"], "2026-11-03", "{sections:?}");
    }
}

#[tokio::test]
async fn a_note_needs_an_open_section_and_the_patients_mark() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain", "notes"]).await;
    let note = |shared: Value| json!({"note": "a canary", "trigger_note": "a bird", "note_shared": shared});
    for (day, shared) in [(1, json!(true)), (2, json!(false)), (3, Value::Null)] {
        keep_diary(&ana, &[day], &note(shared)).await;
    }
    let list = read(&lind, &id, "journal-entries").await;
    let notes: Vec<[&Value; 2]> = list.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| [&entry["note"], &entry["trigger_note"]])
        .collect();
    let (canary, bird) = (json!("a canary"), json!("a bird"));
    assert_eq!(notes, [[&Value::Null; 2], [&Value::Null; 2], [&canary, &bird]]);

    change(&ana, &id, &json!({"sections": ALL.map(|s| if s == "notes" { "pain" } else { s })}))
        .await;
    for what in READS {
        let answer = read(&lind, &id, what).await;
        assert_eq!(answer.status, 200, "{what}");
        assert!(!answer.text.contains("canary") && !answer.text.contains("bird"), "{what}");
    }
    let own = ana.get("/v1/journal-entries").await;
    assert_eq!(own.text.matches("a canary").count(), 3, "the patient keeps them all");
}

#[tokio::test]
async fn taking_the_mark_off_a_note_hides_it_from_the_next_reader() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["notes"]).await;
    let path = fresh("journal-entries");
    let shared = json!({"note": "a canary", "note_shared": true});
    let made = ana.create(&path, &daily("2026-11-01", &shared)).await;
    assert!(read(&lind, &id, "journal-entries").await.text.contains("a canary"));
    let hidden = daily("2026-11-01", &json!({"note": "a canary", "note_shared": false}));
    assert_eq!(ana.replace(&path, made.etag(), &hidden).await.status, 200);
    assert!(!read(&lind, &id, "journal-entries").await.text.contains("a canary"));
    assert_eq!(ana.delete(&path).await.status, 204);
    assert_eq!(days(&read(&lind, &id, "journal-entries").await), [""; 0]);
}

#[tokio::test]
async fn t066_the_days_of_a_share_limit_list_report_and_chart() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain", "sleep", "treatment"]).await;
    keep_diary(&ana, &[1, 2, 3, 4, 5], &json!({})).await;
    for day in 1..=5 {
        let date = format!("2026-11-0{day}");
        let night =
            json!({"journal_date": date, "time_zone": "UTC", "reported_sleep_minutes": 400});
        assert_eq!(ana.create(&fresh("sleep-records"), &night).await.status, 201);
        let visit = json!({"status": "attended", "kind": "treatment", "time_zone": "UTC",
            "starts_at": format!("{date}T12:00:00Z")});
        assert_eq!(ana.create(&fresh("treatment-sessions"), &visit).await.status, 201);
    }
    let count = |report: &Answer, name: &str| {
        let points = report.json["daily"].as_array().unwrap().iter();
        points.filter(|point| point[name].as_i64().is_some_and(|n| n > 0)).count()
    };
    for (from, to, open, shared_days) in [
        (json!("2026-11-02"), json!("2026-11-03"), vec!["2026-11-03", "2026-11-02"], 2),
        (json!("2026-11-04"), Value::Null, vec!["2026-11-05", "2026-11-04"], 4),
        (Value::Null, json!("2026-11-01"), vec!["2026-11-01"], 1),
        (json!("2026-11-06"), json!("2026-11-07"), vec![], 2),
    ] {
        let window = json!({"from_date": from, "to_date": to});
        assert_eq!(change(&ana, &id, &window).await.status, 200);
        for list in ["journal-entries", "sleep-records", "treatment-sessions"] {
            assert_eq!(days(&read(&lind, &id, list).await), open, "{list} {window}");
            assert_eq!(days(&read(&lind, &id, &format!("{list}{WEEK}")).await), open, "{list}");
        }
        let report = read(&lind, &id, &format!("report{WEEK}")).await;
        let mut newest_first = rated(&report);
        newest_first.reverse();
        assert_eq!(newest_first, open, "{window}");
        assert_eq!(report.json["header"]["days_rated"], open.len(), "{window}");
        for name in ["sleep_minutes", "sessions_attended"] {
            assert_eq!(count(&report, name), open.len(), "{name} {window}");
        }
        let chart = read(&lind, &id, &format!("report/chart.svg{WEEK}")).await;
        // A day that the share does not open is not a missing one.
        assert_eq!(report.json["header"]["days_expected"], shared_days, "{window}");
        let words = format!("{} of {shared_days} expected days rated", open.len());
        assert!(chart.text.contains(&words), "{window}: {}", chart.text);
        let none = chart.text.contains("No ratings in this window");
        assert_eq!(none, open.is_empty(), "{window}");
    }
    let past = json!({"from_date": null, "to_date": "2026-10-01"});
    assert_eq!(change(&ana, &id, &past).await.status, 200);
    assert_eq!(read(&lind, &id, &format!("report{WEEK}")).await.status, 404, "no day in common");
    assert_eq!(ana.get("/v1/journal-entries").await.json["data"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_report_read_before_the_share_changed_is_not_called_current() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    keep_diary(&ana, &[1, 2, 3], &json!({})).await;
    for what in ["report", "report/chart.svg"] {
        let path = format!("/v1/patients/{id}/{what}{WEEK}");
        let mut etag = lind.get(&path).await.etag().to_owned();
        for terms in [
            json!({"from_date": "2026-11-02"}),
            json!({"from_date": Value::Null, "to_date": "2026-11-02"}),
            json!({"to_date": Value::Null}),
            // Outside the days asked for, where a baseline or a session's effect may come from.
            json!({"from_date": "2026-10-25"}),
            json!({"to_date": "2026-11-08"}),
            json!({"sections": ["pain", "sleep"]}),
            json!({"sections": ["pain"]}),
        ] {
            let again = lind.call("GET", &path).header("If-None-Match", &etag).send().await;
            assert_eq!(again.status, 304, "nothing has changed yet");
            assert_eq!(change(&ana, &id, &terms).await.status, 200);
            let again = lind.call("GET", &path).header("If-None-Match", &etag).send().await;
            assert_eq!(again.status, 200, "{what} after {terms}");
            again.etag().clone_into(&mut etag);
        }
    }
}

#[tokio::test]
async fn t066_a_share_ends_by_the_clock() {
    let app = TestApp::alone();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let id = ana.share_with(&lind, &ALL).await;
    let soon = (app.now() + Duration::seconds(120)).to_rfc3339();
    assert_eq!(change(&ana, &id, &json!({"expires_at": soon})).await.status, 200);
    app.pass(Duration::seconds(100));
    for what in READS {
        assert_eq!(read(&lind, &id, what).await.status, 200, "{what}");
    }
    app.pass(Duration::seconds(20));
    for what in READS {
        assert_eq!(read(&lind, &id, what).await.code(), "not_found", "{what}");
    }
    assert_eq!(lind.get("/v1/patients").await.json["data"], json!([]));
    for person in [&ana, &lind] {
        assert_eq!(state(person, &id).await, "expired");
    }
    let later = (app.now() + Duration::days(9)).to_rfc3339();
    let prolonged = change(&ana, &id, &json!({"expires_at": later})).await;
    assert_eq!(prolonged.json["state"], "active", "the patient may prolong it");
    assert_eq!(read(&lind, &id, "report").await.status, 200);
}

#[tokio::test]
async fn two_shares_of_one_practitioner_stay_apart() {
    let app = TestApp::shared();
    let (ana, bob) = (app.patient("ana").await, app.patient("bob").await);
    let lind = app.practitioner("lind").await;
    keep_diary(&ana, &[1], &json!({"steps": 111})).await;
    keep_diary(&bob, &[2], &json!({"steps": 222})).await;
    let of_ana = ana.share_with(&lind, &["pain"]).await;
    let of_bob = bob.share_with(&lind, &["mobility"]).await;
    let more_of_ana = ana.share_with(&lind, &["mobility"]).await;
    for (id, day, pain, steps) in [
        (&of_ana, "2026-11-01", json!(4), Value::Null),
        (&of_bob, "2026-11-02", Value::Null, json!(222)),
        (&more_of_ana, "2026-11-01", Value::Null, json!(111)),
    ] {
        let list = read(&lind, id, "journal-entries").await;
        assert_eq!(days(&list), [day]);
        let entry = &list.json["data"][0];
        assert_eq!((&entry["pain_average"], &entry["steps"]), (&pain, &steps));
    }
    let patients = lind.get("/v1/patients").await;
    assert_eq!(patients.json["data"].as_array().unwrap().len(), 3);
    let cursor = format!("journal-entries?limit=1&from=2026-11-01&patient_id={}", bob.id);
    assert_eq!(read(&lind, &of_ana, &cursor).await.status, 422, "nothing else chooses a journal");
}

#[tokio::test]
async fn a_cursor_of_one_share_opens_no_other() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    let other = ana.share_with(&lind, &["mobility"]).await;
    keep_diary(&ana, &[1, 2, 3], &json!({})).await;
    let first = read(&lind, &id, "journal-entries?limit=2").await;
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let next = read(&lind, &id, &format!("journal-entries?limit=2&cursor={cursor}")).await;
    assert_eq!(days(&next), ["2026-11-01"]);
    let crossed = read(&lind, &other, &format!("journal-entries?limit=2&cursor={cursor}")).await;
    assert_eq!(crossed.code(), "invalid_cursor");
    let own = ana.get(&format!("/v1/journal-entries?limit=2&cursor={cursor}")).await;
    assert_eq!(own.code(), "invalid_cursor");
}
