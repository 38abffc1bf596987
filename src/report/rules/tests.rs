//! The report as a whole: the worked numbers together, order independence, omitted sections, and
//! the shape of its JSON.

use super::fixtures::{at, date, full, input, night, rating, shuffle, treatment_session};
use super::pain::baseline::BaselineKind;
use super::pain::trend::TrendWords;
use super::statement::{ReportCode, Status, Unit, shift};
use super::*;
use crate::collections::EntryKind;
use crate::report::rows::{EntryRow, SleepRow};
use crate::sections::{Section, Sections};
use chrono::NaiveDate;
use serde_json::Value;
use utoipa::OpenApi;

#[test]
fn the_worked_course_from_rows_to_words() {
    let report = build(&full());
    let pain = report.pain.unwrap();
    assert_eq!(pain.baseline.mean.value, Some(6.83));
    assert_eq!((pain.follow_up.value, pain.follow_up.n), (Some(3.83), 6));
    let change = pain.change;
    assert_eq!((change.difference.value, change.percent_reduction), (Some(-3.0), Some(43.9)));
    assert!(change.meaningful_improvement);
    assert_eq!(pain.trend.words, Some(TrendWords::Falling));
    assert_eq!((report.weeks.len(), report.daily.len()), (6, 40));
    let effects = report.session_effects.unwrap();
    assert_eq!(effects.sessions.len(), 3);
    let changes: Vec<_> = effects.sessions.iter().map(|effect| effect.immediate).collect();
    assert_eq!(changes, [Some(-2), Some(-2), Some(-1)]);
    assert_eq!(effects.immediate.median.value, Some(-2.0));
    assert_eq!(effects.immediate.median.status, Status::Provisional);
    assert_eq!(report.header.attendance.unwrap().value, Some(75.0));
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let mut input = full();
    // Two daily entries on one day, two treatment sessions on one day, two nights on one day.
    input.entries.push(EntryRow { average: Some(9), ..rating(EntryKind::Daily, 34, 1300) });
    input.sessions.push(treatment_session(20, 900));
    input.sleep.push(SleepRow { quality: Some(2), ..night(3, None) });
    let report = build(&input);
    let bytes = serde_json::to_vec(&report).unwrap();
    let mut seed = 1;
    for _ in 0..50 {
        shuffle(&mut input.entries, &mut seed);
        shuffle(&mut input.sessions, &mut seed);
        shuffle(&mut input.sleep, &mut seed);
        let again = build(&input);
        assert_eq!(serde_json::to_vec(&again).unwrap(), bytes);
    }
}

#[test]
fn an_empty_journal_gives_a_whole_report_of_withheld_statements() {
    let report = build(&input(0, 29));
    assert_eq!(report.daily.len(), 30);
    assert!(report.daily.iter().all(|point| point.pain.is_none()));
    let pain = report.pain.unwrap();
    for statement in
        [&pain.window_mean, &pain.baseline.mean, &pain.follow_up, &pain.change.difference]
    {
        assert_eq!((statement.value, statement.status), (None, Status::Insufficient));
    }
    assert_eq!(pain.trend.words, None);
    assert_eq!(report.header.adherence_any.unwrap().value, Some(0.0));
    assert_eq!(report.session_effects.unwrap().sessions, []);
}

#[test]
fn a_window_without_days_and_one_after_today_are_whole_too() {
    let mut backwards = full();
    (backwards.from, backwards.to) = (date(30), date(20));
    let report = build(&backwards);
    assert_eq!((report.daily.len(), report.weeks.len(), report.header.days_expected), (0, 0, 0));
    let mut future = full();
    (future.from, future.to) = (date(50), date(60));
    let report = build(&future);
    assert_eq!((report.daily.len(), report.weeks.len(), report.header.days_expected), (11, 0, 0));
    assert!(report.daily.iter().all(|point| !point.expected && point.pain.is_none()));
    let mut ends = full();
    (ends.from, ends.to) = (NaiveDate::MIN, shift(NaiveDate::MIN, 10));
    build(&ends);
}

#[test]
fn today_ends_every_statement_but_not_the_series() {
    let mut input = full();
    input.today = date(36);
    let report = build(&input);
    assert_eq!((report.daily.len(), report.header.days_expected), (40, 36), "today has no entry");
    let pain = report.pain.unwrap();
    assert_eq!(pain.window_mean.window.unwrap().to, date(36));
    assert_eq!(pain.follow_up.window.unwrap().to, date(36));
    assert_eq!(report.weeks.last().unwrap().window.unwrap().to, date(36));
}

fn codes(names: &[&str]) -> Vec<ReportCode> {
    names.iter().map(|name| ReportCode((*name).to_owned())).collect()
}

#[test]
fn omitted_pain_leaves_no_pain_value_behind() {
    let mut input = full();
    input.sections = Sections::ALL.without(Sections::of(&[Section::Pain]));
    let report = build(&input);
    assert_eq!((report.pain.as_ref(), report.session_effects.as_ref()), (None, None));
    assert!(report.weeks.is_empty());
    assert_eq!(report.sections_omitted, codes(&["pain"]));
    let rest = ["assessments", "goals", "medication", "mobility", "notes", "sleep", "treatment"];
    assert_eq!(report.sections_included, codes(&rest));
    assert!(
        report.daily.iter().all(|point| {
            point.pain.is_none() && point.pain_worst.is_none() && point.ratings == 0
        })
    );
    assert_eq!((report.header.days_rated, report.header.adherence_any.as_ref()), (None, None));
    assert!(report.header.sessions.is_some());
    assert!(report.cautions.iter().any(|caution| caution.code == "pain_omitted"));
    // The same, whatever pain rows are given.
    let mut without = input.clone();
    without.entries.clear();
    assert_eq!(build(&without), report);
}

#[test]
fn omitted_treatment_and_sleep_are_absent_even_if_rows_are_given() {
    let mut input = full();
    input.sections = Sections::of(&[Section::Pain]);
    let report = build(&input);
    let rest = ["assessments", "goals", "medication", "mobility", "notes", "sleep", "treatment"];
    assert_eq!(report.sections_omitted, codes(&rest));
    assert!(report.daily.iter().all(|point| {
        point.sessions_attended.is_none()
            && point.sleep_minutes.is_none()
            && point.sleep_quality.is_none()
    }));
    assert_eq!((report.header.sessions, report.header.attendance.as_ref()), (None, None));
    let pain = report.pain.as_ref().unwrap();
    assert_eq!(pain.baseline.kind, BaselineKind::None);
    assert_eq!(pain.change.difference.value, None);
    assert_eq!(report.session_effects, None);
    let mut without = input.clone();
    (without.sessions, without.sleep) = (vec![], vec![]);
    assert_eq!(build(&without), report);
}

#[test]
fn the_instant_is_written_to_the_millisecond() {
    let mut input = input(0, 1);
    input.made.generated_at = at(1, 0) + chrono::TimeDelta::microseconds(1_234_567);
    let json = serde_json::to_value(build(&input)).unwrap();
    assert_eq!(json["generated_at"], "2026-03-02T00:00:01.234Z");
    assert_eq!(json["rule_version"], RULE_VERSION);
    // It counts changes of closed sections, too.
    assert!(json.get("journal_revision").is_none());
}

/// No forbidden claim in any sentence the report can write.
#[test]
fn nothing_forbidden_is_worded() {
    let text = serde_json::to_string(&build(&full())).unwrap().to_lowercase();
    for forbidden in
        ["p-value", "p =", "thanks to", "because of the treatment", "non-compliant", "cure", "safe"]
    {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
}

#[derive(OpenApi)]
#[openapi(components(schemas(Report)))]
struct Document;

/// Every schema follows the contract of the API: all properties required, open strings with a
/// length, integers with format and range, arrays with a limit, no `oneOf` but with null.
#[test]
fn the_schemas_follow_the_contract() {
    let document = serde_json::to_value(Document::openapi()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.contains_key("ProgressReport") && schemas.contains_key("Statement"));
    for (name, schema) in schemas {
        if schema["type"] == "string" {
            assert!(schema.get("maxLength").is_some(), "{name}");
            continue;
        }
        let properties = schema["properties"].as_object().unwrap_or_else(|| panic!("{name}"));
        let required = schema["required"].as_array().unwrap();
        assert_eq!(required.len(), properties.len(), "{name}: {required:?}");
        for (property, schema) in properties {
            assert_contract(&format!("{name}.{property}"), schema);
        }
    }
}

fn assert_contract(at: &str, schema: &Value) {
    let has = |key: &str| schema.get(key).is_some();
    assert!(!has("enum") && !has("allOf") && !has("anyOf"), "{at}: {schema}");
    if let Some(choices) = schema["oneOf"].as_array() {
        assert_eq!(choices.len(), 2, "{at}");
        assert!(choices.iter().any(|choice| choice["type"] == "null"), "{at}");
    }
    let is_described = schema.to_string().contains("\"description\"");
    assert!(is_described || at.ends_with("[]"), "{at}: {schema}");
    let is = |kind: &str| {
        let ty = &schema["type"];
        ty == kind || ty.as_array().is_some_and(|kinds| kinds.iter().any(|ty| ty == kind))
    };
    if is("string") {
        assert!(has("maxLength") || has("format"), "{at}: {schema}");
    }
    if is("integer") {
        assert!(has("format") && has("minimum") && has("maximum"), "{at}: {schema}");
    }
    if is("array") {
        assert!(has("maxItems"), "{at}: {schema}");
        assert_contract(&format!("{at}[]"), &schema["items"]);
    }
}

/// Reliable means that `have` reaches `need`; insufficient means that nothing is shown.
#[test]
fn every_statement_is_graded_alike() {
    fn check(value: &Value, seen: &mut usize) {
        if let Some(fields) = value.as_object() {
            if fields.contains_key("have") {
                *seen += 1;
                assert_eq!(
                    value["status"] == "reliable",
                    value["have"].as_i64() >= value["need"].as_i64()
                );
                if value["status"] == "insufficient" {
                    assert!(value["value"].is_null() && value["interval"].is_null(), "{value}");
                }
            }
            fields.values().for_each(|value| check(value, seen));
        }
        value.as_array().into_iter().flatten().for_each(|value| check(value, seen));
    }
    let mut seen = 0;
    check(&serde_json::to_value(build(&full())).unwrap(), &mut seen);
    check(&serde_json::to_value(build(&input(0, 29))).unwrap(), &mut seen);
    assert!(seen > 20, "{seen}");
    assert_eq!(serde_json::to_value(Unit::Score0To10).unwrap(), "score_0_10");
}
