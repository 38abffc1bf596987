//! Import: each line by itself, twice the same as once, seen by the patient.

mod tables;

use crate::support::{Person, TestApp};
use chrono::{NaiveDate, TimeDelta};
use pain_journal::import::{FileFormat, Summary, import};
use pain_journal::sections::Sections;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fs;

const AFTER_THE_DIARY: &str = "2026-11-15T12:00:00Z";

fn data(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    fs::read_to_string(path).unwrap()
}

/// A server whose clock stands after the last line of the test data.
fn server() -> TestApp {
    let app = TestApp::alone();
    app.turn_to(AFTER_THE_DIARY);
    app
}

/// A value without the members that say nothing.
fn filled(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(filled).collect(),
        Value::Object(members) => {
            let says = |member: &(&String, &Value)| !member.1.is_null() && *member.1 != json!([]);
            members.iter().filter(says).map(|(name, value)| (name.clone(), filled(value))).collect()
        }
        other => other.clone(),
    }
}

/// Imports a file of the test data into the journal of `person`.
pub async fn load(app: &TestApp, person: &Person, format: FileFormat, file: &str) -> Summary {
    load_text(app, person, format, data(file)).await
}

/// The same, of a text.
pub async fn load_text(
    app: &TestApp,
    person: &Person,
    format: FileFormat,
    text: String,
) -> Summary {
    let patient = person.id;
    let zone = chrono_tz::Europe::Berlin;
    let work = async move |app: std::sync::Arc<pain_journal::app::App>| {
        import(&app, patient, format, zone, text.as_bytes()).await
    };
    app.operate(work).await.expect("the database")
}

/// Every record of a list.
async fn all(person: &Person, list: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), format!("{list}?limit=200"));
    loop {
        let page = person.get(&next).await.json;
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        assert!(all.len() < 5000, "the list does not end");
        let Some(cursor) = page["next_cursor"].as_str() else { return all };
        next = format!("{list}?limit=200&cursor={cursor}");
    }
}

#[tokio::test]
async fn a_diary_comes_in_whole_and_a_second_time_changes_nothing() {
    let app = server();
    let ana = app.patient("ana").await;
    let lines: Vec<Value> =
        data("diary.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = load(&app, &ana, FileFormat::Jsonl, "diary.jsonl").await;
    assert_eq!((first.created, first.unchanged), (lines.len(), 0));
    assert_eq!(first.refused, BTreeMap::new());

    let mut stored = HashMap::new();
    for path in ["journal-entries", "sleep-records", "treatment-sessions"] {
        let collection = path.replace('-', "_");
        let wanted = lines.iter().filter(|line| line["collection"] == collection).count();
        let records = all(&ana, &format!("/v1/{path}")).await;
        assert_eq!(records.len(), wanted, "{path}");
        stored.extend(records.into_iter().map(|r| (r["id"].as_str().unwrap().to_owned(), r)));
    }
    // Every field of every line is there as it was written; what it left out is empty.
    for line in &lines {
        let record = &stored[line["id"].as_str().unwrap()];
        for (name, kept) in record.as_object().unwrap() {
            let server = ["id", "version", "created_at", "updated_at", "received_at"];
            match line.get(name) {
                _ if server.contains(&name.as_str()) => {}
                Some(sent) if name.ends_with("_at") => {
                    let time = |value: &Value| {
                        let text = value.as_str().unwrap();
                        chrono::DateTime::parse_from_rfc3339(text).unwrap()
                    };
                    assert_eq!(time(kept), time(sent), "{line} {name}");
                }
                Some(sent) => assert_eq!(filled(kept), filled(sent), "{line} {name}"),
                None if name == "journal_date" => assert!(kept.is_string(), "{line}"),
                None if name == "safety_notice" => assert!(kept.is_null(), "{line}"),
                None => assert!(kept.is_null() || *kept == json!([]), "{line} {name}: {kept}"),
            }
        }
    }

    let before = all(&ana, "/v1/journal-entries").await;
    let second = load(&app, &ana, FileFormat::Jsonl, "diary.jsonl").await;
    assert_eq!((second.created, second.unchanged), (0, lines.len()));
    assert_eq!(second.refused, BTreeMap::new());
    assert_eq!(all(&ana, "/v1/journal-entries").await, before);
    let sql = app.sql().await;
    let history = "SELECT (SELECT count(*) FROM pj.record_history), (SELECT rev FROM pj.patients)";
    let row = sql.query_one(history, &[]).await.unwrap();
    let lines = i64::try_from(lines.len()).unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (lines, lines + 1));
}

#[tokio::test]
async fn the_patient_sees_in_the_access_log_that_the_clinic_imported() {
    let app = server();
    let ana = app.patient("ana").await;
    load(&app, &ana, FileFormat::Csv, "daily.csv").await;
    let log = ana.get("/v1/me/access-log").await.json;
    let events = log["data"].as_array().unwrap();
    assert!(!events.is_empty());
    for event in events {
        assert_eq!((&event["action"], &event["outcome"]), (&json!("import"), &json!("granted")));
        assert_eq!(event["practitioner"], Value::Null);
        assert_eq!(event["sections"].as_array().unwrap().len(), Sections::ALL.iter().count());
    }
}

#[tokio::test]
async fn of_a_broken_file_the_good_line_comes_in_and_every_other_is_named() {
    let app = server();
    let ana = app.patient("ana").await;
    let expected: BTreeMap<String, String> =
        serde_json::from_str(&data("broken.expected.json")).unwrap();
    let lines = data("broken.jsonl").lines().count();
    let good = (1..=lines).find(|line| !expected.contains_key(&line.to_string())).unwrap();
    let summary = load(&app, &ana, FileFormat::Jsonl, "broken.jsonl").await;
    assert_eq!((summary.created, summary.unchanged), (1, 0));
    let refused: Vec<String> = summary.refused.keys().map(ToString::to_string).collect();
    let mut wanted: Vec<String> = expected.keys().cloned().collect();
    wanted.sort_by_key(|line| line.parse::<usize>().unwrap());
    assert_eq!(refused, wanted);
    // Each reason names the field that the expectation speaks of.
    let fields =
        ["pain_median", "pain_worst", "time_zone", "note", "journal_date", "rise_at", "id"];
    for (line, why) in &expected {
        let reasons = &summary.refused[&line.parse::<usize>().unwrap()];
        assert!(!reasons.is_empty());
        let said = reasons.join(" ");
        if let Some(field) = fields.iter().find(|field| why.split(' ').any(|word| word == **field))
        {
            assert!(said.contains(field), "line {line} ({why}): {said}");
        }
        assert!(!said.contains("before"), "an echo of the note: {said}");
    }
    let kept = all(&ana, "/v1/journal-entries").await;
    let text = data("broken.jsonl");
    let line: Value = serde_json::from_str(text.lines().nth(good - 1).unwrap()).unwrap();
    assert_eq!((kept.len(), &kept[0]["id"]), (1, &line["id"]));
    assert_eq!(all(&ana, "/v1/sleep-records").await, [json!(null); 0]);
}

#[tokio::test]
async fn a_table_makes_one_entry_a_day_and_keeps_zero_and_empty_apart() {
    let app = server();
    let ana = app.patient("ana").await;
    let first = load(&app, &ana, FileFormat::Csv, "daily.csv").await;
    assert_eq!((first.created, first.unchanged, first.refused.len()), (30, 0, 0));
    let mut entries = all(&ana, "/v1/journal-entries").await;
    entries.reverse();
    let april = NaiveDate::from_ymd_opt(2025, 4, 1).unwrap();
    for (number, entry) in (0..).zip(&entries) {
        let day = april + TimeDelta::days(number);
        assert_eq!(entry["journal_date"], day.to_string());
        assert_eq!(entry["kind"], "daily");
    }
    let of = |day: usize| &entries[day - 1];
    let pain = |day: usize| {
        ["pain_average", "pain_worst", "pain_least", "pain_free_day"]
            .map(|name| of(day)[name].clone())
    };
    assert_eq!(pain(1), [json!(4), json!(4), json!(4), Value::Null]);
    assert_eq!(pain(6), [Value::Null, Value::Null, Value::Null, Value::Null]);
    assert_eq!(pain(10), [json!(5), Value::Null, json!(4), Value::Null]);
    assert_eq!(pain(17), [json!(0), json!(0), json!(0), json!(true)]);
    assert_eq!((&of(12)["walking_minutes"], &of(12)["steps"]), (&json!(0), &json!(0)));
    assert_eq!((&of(9)["walking_minutes"], &of(9)["steps"]), (&Value::Null, &Value::Null));
    assert_eq!(of(3)["note"], "Long drive, then\nstraight to bed");
    assert_eq!(of(9)["note"], "He said \"rest\", I walked");
    assert_eq!(of(22)["note"], "=not a formula");
    assert_eq!(of(1)["note"], Value::Null);

    let second = load(&app, &ana, FileFormat::Csv, "daily.csv").await;
    assert_eq!((second.created, second.unchanged, second.refused.len()), (0, 30, 0));
    // What the patient changed or deleted since then is hers.
    let path = format!("/v1/journal-entries/{}", of(1)["id"].as_str().unwrap());
    ana.delete(&path).await;
    let third = load(&app, &ana, FileFormat::Csv, "daily.csv").await;
    assert_eq!((third.created, third.unchanged, third.refused.len()), (0, 29, 1));
    assert_eq!(ana.get(&path).await.status, 404);
}

#[tokio::test]
async fn one_file_in_two_journals_is_two_journals() {
    let app = server();
    let (ana, eve) = (app.patient("ana").await, app.patient("eve").await);
    for person in [&ana, &eve] {
        assert_eq!(load(&app, person, FileFormat::Csv, "daily.csv").await.created, 30);
    }
    let ids = async |person: &Person| -> Vec<Value> {
        all(person, "/v1/journal-entries").await.into_iter().map(|r| r["id"].clone()).collect()
    };
    assert_ne!(ids(&ana).await, ids(&eve).await, "ids of table rows are derived from the patient");
}

#[tokio::test]
async fn a_patient_without_a_journal_cannot_be_imported_into() {
    let app = server();
    let lind = app.practitioner("lind").await;
    let nobody = lind.id;
    let text = data("daily.csv");
    let work = async move |app: std::sync::Arc<pain_journal::app::App>| {
        import(&app, nobody, FileFormat::Csv, chrono_tz::UTC, text.as_bytes()).await.is_err()
    };
    assert!(app.operate(work).await);
    let sql = app.sql().await;
    let rows = "SELECT count(*) FROM pj.journal_entries";
    assert_eq!(sql.query_one(rows, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn records_as_they_were_read_come_in_without_what_the_server_had_made() {
    let app = server();
    let (ana, bea) = (app.patient("read").await, app.patient("written").await);
    load(&app, &ana, FileFormat::Jsonl, "diary.jsonl").await;
    let records = all(&ana, "/v1/sleep-records").await;
    assert!(records.len() > 100 && records[0]["version"].is_number());
    let lines: Vec<String> = records
        .iter()
        .map(|record| {
            let mut line = record.clone();
            line["collection"] = json!("sleep_records");
            line.to_string()
        })
        .collect();
    let (patient, text) = (bea.id, lines.join("\n"));
    let work = async move |app: std::sync::Arc<pain_journal::app::App>| {
        import(&app, patient, FileFormat::Jsonl, chrono_tz::UTC, text.as_bytes()).await
    };
    let summary = app.operate(work).await.expect("the database");
    assert_eq!((summary.created, summary.refused), (records.len(), BTreeMap::new()));
    let content = |record: &Value| {
        let mut record = record.clone();
        for made in ["version", "created_at", "updated_at", "received_at"] {
            record.as_object_mut().unwrap().remove(made);
        }
        record
    };
    let written = all(&bea, "/v1/sleep-records").await;
    assert_eq!(
        written.iter().map(content).collect::<Vec<_>>(),
        records.iter().map(content).collect::<Vec<_>>()
    );
}
