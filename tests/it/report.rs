//! The report from end to end, against numbers that were computed without this code.

use crate::import::load;
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use pain_journal::access::Role;
use pain_journal::auth::{self, NewAccount};
use pain_journal::import::FileFormat;
use pain_journal::time::TimeZone;
use pain_journal::wire::Email;
use serde_json::{Value, json};

mod counted;
mod course;
mod expected;
mod nights;
mod pages;
mod parts;
mod snapshots;
mod today;
mod withdrawal;

const SECTIONS: [&str; 8] =
    ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals", "notes"];

/// A patient whose journal began on a day.
async fn patient_since(app: &TestApp, name: &str, day: &str) -> Person {
    let email = format!("{name}.since@example.org");
    let new = NewAccount {
        email: Email::parse(&email).unwrap(),
        password: crate::support::people::PASSWORD.to_owned().into(),
        roles: vec![Role::Patient],
        display_name: None,
        organisation: None,
        time_zone: TimeZone::parse("Europe/Berlin").unwrap(),
        enrolled_on: day.parse().ok(),
    };
    let made = app.operate(|app| async move { auth::create_account(&app, new).await }).await;
    Person::sign_in(app, made.unwrap().unwrap(), &email).await
}

/// A server, the diary's patient, a practitioner, and the address of the report through a share.
async fn diary() -> (TestApp, Person, Person, String) {
    let app = TestApp::alone();
    app.turn_to("2026-11-15T12:00:00Z");
    let ana = patient_since(&app, "ana", "2025-05-01").await;
    let lind = app.practitioner("lind").await;
    assert_eq!(load(&app, &ana, FileFormat::Jsonl, "diary.jsonl").await.refused.len(), 0);
    let share = ana.share_with(&lind, &SECTIONS).await;
    (app, ana, lind, format!("/v1/patients/{share}/report"))
}

fn expected() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/expected_report.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Is a number of the report the expected one, as far as two decimals tell? Counts what it compared.
struct Comparison(usize);

impl Comparison {
    #[track_caller]
    fn number(&mut self, what: &str, found: &Value, expected: &Value) {
        self.0 += 1;
        match (found.as_f64(), expected.as_f64()) {
            (Some(found), Some(expected)) => {
                assert!(
                    (found - expected).abs() <= 0.005 + 1e-6,
                    "{what}: {found}, not {expected}"
                );
            }
            _ => assert!(found.is_null() && expected.is_null(), "{what}: {found}, not {expected}"),
        }
    }

    #[track_caller]
    fn same(&mut self, what: &str, found: &Value, expected: &Value) {
        self.0 += 1;
        assert_eq!(found, expected, "{what}");
    }

    fn interval(&mut self, what: &str, found: &Value, expected: &Value) {
        self.number(&format!("{what} low"), &found["interval"]["low"], &expected["ci_low"]);
        self.number(&format!("{what} high"), &found["interval"]["high"], &expected["ci_high"]);
    }

    fn mean(&mut self, what: &str, found: &Value, expected: &Value) {
        self.number(what, &found["value"], &expected["value"]);
        self.same(what, &found["n"], &expected["n"]);
    }
}

fn compare(report: &Value, expected: &Value) -> usize {
    let mut compare = Comparison(0);
    for (name, at) in [("from", "from"), ("to", "to")] {
        compare.same(name, &report["window"][at], &expected[name]);
    }
    let days = report["daily"].as_array().unwrap();
    let wanted = expected["daily"].as_object().unwrap();
    assert_eq!(days.len(), wanted.len());
    for day in days {
        let date = day["journal_date"].as_str().unwrap();
        compare.number(date, &day["pain"], &wanted[date]);
        compare.same(date, &day["expected"], &json!(true));
    }
    let header = &report["header"];
    for (name, at) in [
        ("rated_days", "days_rated"),
        ("timely_days", "days_timely"),
        ("backfilled_days", "days_backfilled"),
        ("expected_days", "days_expected"),
    ] {
        compare.same(name, &header[at], &expected[name]);
    }
    let backfilled = days.iter().filter(|day| day["backfilled"] == true).count();
    compare.same("days marked as backfilled", &json!(backfilled), &expected["backfilled_days"]);

    let (pain, change) = (&report["pain"], &expected["change"]);
    compare.mean("window mean", &pain["window_mean"], &expected["window_mean"]);
    compare.mean("follow-up", &pain["follow_up"], &expected["follow_up"]);
    compare.mean("baseline", &pain["baseline"]["mean"], &expected["baseline"]);
    for end in ["from", "to"] {
        let window = &pain["baseline"]["mean"]["window"];
        compare.same("baseline's window", &window[end], &expected["baseline"][end]);
    }
    let found = &pain["change"];
    compare.number("delta", &found["difference"]["value"], &change["delta"]);
    compare.interval("change", &found["difference"], change);
    compare.number("percent", &found["percent_reduction"], &change["pct"]);
    compare.number("mdc95", &found["mdc95_points"], &change["mdc95"]);
    compare.same("band", &found["band"], &change["band"]);
    compare.same("beyond error", &found["beyond_error"], &change["beyond_error"]);
    let meaningful = change["beyond_error"] == true && change["pct"].as_f64() >= Some(30.0);
    compare.same("meaningful", &found["meaningful_improvement"], &json!(meaningful));

    let (trend, found) = (&expected["trend"], &pain["trend"]);
    compare.number("slope", &found["per_week"]["value"], &trend["slope_per_week"]);
    compare.number("over all", &found["over_all"]["value"], &trend["over_all"]);
    compare.interval("trend", &found["per_week"], trend);
    compare.same("trend's n", &found["per_week"]["n"], &trend["n"]);
    compare.number("intercept", &found["intercept"], &trend["intercept"]);

    let effects = &report["session_effects"];
    let (found, wanted) = (effects["sessions"].as_array().unwrap(), &expected["session_effects"]);
    assert_eq!(found.len(), wanted.as_array().unwrap().len());
    for (found, wanted) in found.iter().zip(wanted.as_array().unwrap()) {
        compare.same("session", &found["treatment_session_id"], &wanted["session_id"]);
        compare.same("session's day", &found["journal_date"], &wanted["journal_date"]);
        for name in ["pre", "post", "post24", "immediate", "sustained"] {
            let what = format!("{name} of {}", wanted["journal_date"]);
            compare.number(&what, &found[name], &wanted[name]);
        }
    }
    let (found, wanted) = (&effects["immediate"], &expected["immediate"]);
    compare.same("pairs", &found["median"]["n"], &wanted["n"]);
    // Fewer than three are told one by one, and not taken together.
    let is_told = wanted["n"].as_i64() >= Some(3);
    let median = if is_told { &wanted["median"] } else { &Value::Null };
    compare.number("median", &found["median"]["value"], median);
    compare.number("mean", &found["mean"]["value"], &wanted["mean"]);
    compare.interval("immediate", &found["mean"], wanted);
    compare.same("lower", &found["lower_count"], &wanted["lower_count"]);

    compare_widened(&mut compare, report, expected);

    let wanted = &expected["attendance"];
    for name in ["attended", "missed", "cancelled_patient"] {
        compare.same(name, &header["sessions"][name], &wanted[name]);
    }
    let percent = json!(wanted["value"].as_f64().unwrap() * 100.0);
    compare.number("attendance", &header["attendance"]["value"], &percent);
    compare.0
}

/// F6, F8, F10, F11 and F12.
fn compare_widened(compare: &mut Comparison, report: &Value, expected: &Value) {
    let flares = &report["flares"];
    compare.same("judged", &flares["judged_days"], &expected["judged_days"]);
    let found = flares["spike_episodes"].as_array().unwrap();
    let wanted = expected["spike_episodes"].as_array().unwrap();
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        compare.same("episode's start", &found["window"]["from"], &wanted["from"]);
        compare.same("episode's end", &found["window"]["to"], &wanted["to"]);
        compare.same("episode's days", &found["spike_days"], &wanted["spike_days"]);
    }
    let rate = &flares["spike_days_per_28"]["value"];
    compare.number("spikes per 28 days", rate, &expected["spike_days_per_28"]);

    let (found, wanted) = (&report["pain"]["plateau"], &expected["plateau"]);
    for name in ["previous_mean", "last_mean"] {
        compare.number(name, &found[name], &wanted[name]);
    }
    compare.number("plateau", &found["per_week"]["value"], &wanted["slope_per_week"]);
    compare.interval("plateau", &found["per_week"], wanted);
    compare.same("plateau's n", &found["per_week"]["n"], &wanted["n"]);
    compare.same("is plateau", &found["is_plateau"], &wanted["is_plateau"]);

    let (found, wanted) = (&report["pain"]["time_in_state"], &expected["time_in_state"]);
    compare.mean("worst", &found["worst_mean"], &wanted["worst_mean"]);
    for name in ["worst_high", "worst_low", "score_high", "no_pain"] {
        compare.same(name, &found[name]["days"], &wanted[name]["days"]);
        compare.mean(name, &found[name]["share"], &wanted[name]);
    }

    let (found, wanted) = (&report["pain"]["worst"], &expected["worst"]);
    for side in ["baseline", "follow_up"] {
        compare.mean(side, &found[side], &wanted[side]);
    }
    compare.number("worst", &found["difference"]["value"], &wanted["difference"]);

    let (found, wanted) = (&report["sleep"], &expected["sleep"]);
    compare.same("nights", &found["total_sleep"]["mean"]["n"], &wanted["nights"]);
    compare.number("sleep", &found["total_sleep"]["mean"]["value"], &wanted["total_sleep"]);
    compare.same("measured nights", &found["efficiency"]["mean"]["n"], &wanted["measured"]);
    compare.number("efficiency", &found["efficiency"]["mean"]["value"], &wanted["efficiency"]);

    let (found, wanted) = (&report["sleep_link"], &expected["sleep_link"]);
    compare.number("rho", &found["correlation"]["value"], &wanted["rho"]);
    compare.same("pairs", &found["correlation"]["n"], &wanted["n"]);
    compare.interval("link", &found["correlation"], wanted);
    compare.number("effective pairs", &found["effective_pairs"], &wanted["n_eff"]);
}

fn window(expected: &Value) -> String {
    format!("from={}&to={}", expected["from"].as_str().unwrap(), expected["to"].as_str().unwrap())
}

#[tokio::test]
async fn every_number_is_the_one_that_was_computed_independently() {
    let (_app, ana, lind, report) = diary().await;
    for (name, expected) in expected().as_object().unwrap() {
        let shared = lind.get(&format!("{report}?{}", window(expected))).await;
        assert_eq!(shared.status, 200, "{}", shared.text);
        let compared = compare(&shared.json, expected);
        assert!(compared > 300, "{name}: only {compared} numbers were compared");
        let own = ana.get(&format!("/v1/report?{}", window(expected))).await;
        assert_eq!(
            (&own.json["share_label"], &shared.json["share_label"]),
            (&Value::Null, &json!("test"))
        );
        let what_it_says = |answer: &Answer| {
            let mut report = answer.json.clone();
            for name in ["generated_at", "share_label", "subject"] {
                report.as_object_mut().unwrap().remove(name);
            }
            report
        };
        assert!(what_it_says(&own) == what_it_says(&shared), "both sides read the same page");
    }
}

#[tokio::test]
async fn a_report_is_told_unchanged_until_the_journal_changes() {
    let (_app, ana, lind, report) = diary().await;
    for (reader, path) in [(&lind, report.as_str()), (&ana, "/v1/report")] {
        for form in ["", "/chart.svg"] {
            let path = format!("{path}{form}?from=2025-09-01&to=2025-12-31");
            let first = reader.get(&path).await;
            let known = async || {
                reader.call("GET", &path).header("If-None-Match", first.etag()).send().await
            };
            let again = known().await;
            assert_eq!((again.status, again.text.as_str(), again.etag()), (304, "", first.etag()));
            let other = path.replace("2025-12-31", "2025-12-30");
            assert_ne!(reader.get(&other).await.etag(), first.etag());
            let entry = daily("2025-09-14", &json!({"pain_average": 9}));
            assert_eq!(ana.create(&fresh("journal-entries"), &entry).await.status, 201);
            let changed = known().await;
            assert_eq!(changed.status, 200);
            assert_ne!(changed.etag(), first.etag());
        }
    }
}

#[tokio::test]
async fn a_sparse_journal_is_told_what_it_has_and_what_it_needs() {
    let app = TestApp::alone();
    app.turn_to("2026-11-15T12:00:00Z");
    let ana = app.patient("ana").await;
    for day in ["2026-10-01", "2026-10-03"] {
        ana.create(&fresh("journal-entries"), &daily(day, &json!({"pain_average": 0}))).await;
    }
    let unrated = daily("2026-10-04", &json!({"pain_average": null, "mood": 3}));
    ana.create(&fresh("journal-entries"), &unrated).await;
    let report = ana.get("/v1/report?from=2026-10-01&to=2026-10-31").await.json;
    let pain = &report["pain"];
    for (statement, have, need) in [
        (&pain["window_mean"], 2, 5),
        (&pain["follow_up"], 0, 5),
        (&pain["change"]["difference"], 0, 5),
        (&pain["trend"]["per_week"], 2, 10),
        (&pain["baseline"]["mean"], 0, 5),
        (&report["session_effects"]["immediate"]["median"], 0, 5),
    ] {
        assert_eq!(statement["status"], "insufficient", "{statement}");
        assert_eq!((&statement["have"], &statement["need"]), (&json!(have), &json!(need)));
        assert_eq!((&statement["value"], &statement["interval"]), (&Value::Null, &Value::Null));
        assert_eq!(statement["value_text"], Value::Null);
    }
    assert_eq!(pain["baseline"]["kind"], "none");
    assert_eq!(
        (&pain["trend"]["words"], &pain["change"]["sentence"]),
        (&Value::Null, &Value::Null)
    );
    // A rated zero is a zero; a day without a rating is nothing at all, also with an entry.
    let days: Vec<&Value> =
        report["daily"].as_array().unwrap().iter().map(|day| &day["pain"]).collect();
    assert_eq!(days[0..5], [&json!(0.0), &Value::Null, &json!(0.0), &Value::Null, &Value::Null]);
    assert!(days[5..].iter().all(|pain| pain.is_null()));
    assert_eq!(report["header"]["days_rated"], 2);
}

#[tokio::test]
async fn a_window_is_two_days_in_order_and_not_too_far_apart() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain"]).await;
    for (query, parameter) in [
        ("from=2025-06-02&to=2025-06-01", "to"),
        ("from=2025-06-01", "to"),
        ("to=2025-06-01", "from"),
        ("from=2023-01-01&to=2025-01-01", "from"),
        ("from=2025-02-30&to=2025-03-01", "from"),
        ("from=2025-06-01&to=tomorrow", "to"),
        ("from=2025-06-01&to=2025-06-02&to=2025-06-03", "to"),
        ("from=2025-06-01&to=2025-06-02&format=pdf", "format"),
    ] {
        for path in ["/v1/report".to_owned(), format!("/v1/patients/{share}/report")] {
            let reader = if path.contains("patients") { &lind } else { &ana };
            for form in ["", "/chart.svg"] {
                let answer = reader.get(&format!("{path}{form}?{query}")).await;
                assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{query}");
                assert_eq!(answer.json["errors"][0]["parameter"], parameter, "{query}");
            }
        }
    }
    for edge in [
        "from=0001-01-01&to=0002-01-01",
        "from=9998-01-01&to=9999-12-31",
        "from=2023-01-02&to=2025-01-01",
    ] {
        let answer = ana.get(&format!("/v1/report?{edge}")).await;
        assert_eq!(answer.status, 200, "{edge} {}", answer.text);
        assert_eq!(answer.json["header"]["days_rated"], 0);
    }
    let open = ana.get("/v1/report").await.json;
    assert_eq!(open["daily"].as_array().unwrap().len(), 90);
}

/// Panics unless the text is one well-formed XML element without a document type.
fn assert_well_formed(xml: &str) {
    let (mut open, mut rest): (Vec<&str>, &str) = (Vec::new(), xml);
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>') && (text.trim().is_empty() || !open.is_empty()), "{text}");
        for entity in text.split('&').skip(1) {
            let name = entity.split_once(';').map(|(name, _)| name);
            assert!(matches!(name, Some("amp" | "lt" | "gt" | "quot" | "#39")), "&{entity}");
        }
        let (tag, after) = after.split_once('>').expect("a tag that ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            assert!(!open.is_empty() || rest.trim().is_empty(), "a second root");
        } else if !tag.ends_with('/') {
            open.push(tag.split_ascii_whitespace().next().unwrap());
        }
        let quotes = tag.matches('"').count();
        assert_eq!((quotes % 2, tag.matches("=\"").count() * 2), (0, quotes), "{tag}");
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
}

#[tokio::test]
async fn the_picture_is_xml_and_marks_every_session_and_every_score() {
    let (_app, _, lind, report) = diary().await;
    for expected in expected().as_object().unwrap().values() {
        let picture = lind.get(&format!("{report}/chart.svg?{}", window(expected))).await;
        assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
        assert_well_formed(&picture.text);
        let group = |name: &str| {
            let start = format!("<g class=\"{name}\"");
            picture.text.split_once(&start).unwrap().1.split_once("</g>").unwrap().0.to_owned()
        };
        let attended = expected["session_effects"].as_array().unwrap().len();
        assert_eq!(group("sessions").matches("<line").count(), attended);
        assert!(group("sessions").contains(&format!(">{attended}</text>")));
        let rated = usize::try_from(expected["rated_days"].as_u64().unwrap()).unwrap();
        assert_eq!(group("scores").matches("<circle").count(), rated, "missing days are no dots");
        for forbidden in ["<script", "href", "<!", "url(", "onload", "NaN"] {
            assert!(!picture.text.contains(forbidden), "{forbidden}");
        }
    }
}

/// Panics where a report without pain holds a number about pain.
fn assert_no_pain(report: &Value) {
    for part in [
        "pain",
        "session_effects",
        "complaints",
        "sleep_link",
        "wellbeing",
        "relief",
        "flares",
        "warning_signs",
        "coverage",
    ] {
        assert_eq!(report[part], Value::Null, "{part}");
    }
    assert_eq!(report["weeks"], json!([]));
    for (name, value) in report["header"].as_object().unwrap() {
        let counts =
            name.starts_with("days_") && !matches!(name.as_str(), "days_expected" | "days_paused");
        assert_eq!(value.is_null(), counts || name.starts_with("adherence"), "{name}");
    }
    for day in report["daily"].as_array().unwrap() {
        for name in [
            "pain",
            "pain_worst",
            "pain_least",
            "source",
            "pain_free_day",
            "flare",
            "spike",
            "interference",
            "mood",
            "stress",
            "energy",
            "stiffness",
        ] {
            assert_eq!(day[name], Value::Null, "{name} of {day}");
        }
        assert_eq!((&day["ratings"], &day["backfilled"]), (&json!(0), &json!(false)), "{day}");
    }
}

#[tokio::test]
async fn without_the_pain_section_no_pain_number_is_anywhere() {
    let (_app, ana, lind, _) = diary().await;
    // The second share opens the entries for other sections, so only the report itself withholds.
    for sections in [&["sleep", "treatment"][..], &["sleep", "treatment", "mobility", "notes"]] {
        let share = ana.share_with(&lind, sections).await;
        let path = format!("/v1/patients/{share}/report");
        let report = lind.get(&format!("{path}?from=2025-09-01&to=2025-12-31")).await.json;
        let omitted: Vec<&str> = report["sections_omitted"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut closed: Vec<&str> =
            SECTIONS.into_iter().filter(|section| !sections.contains(section)).collect();
        closed.sort_unstable();
        assert_eq!(omitted, closed);
        assert_no_pain(&report);
        // What is open is there.
        let days = report["daily"].as_array().unwrap();
        assert!(days.iter().any(|day| day["sleep_minutes"].is_number()));
        assert!(days.iter().any(|day| day["sessions_attended"] == 1));
        let picture =
            lind.get(&format!("{path}/chart.svg?from=2025-09-01&to=2025-12-31")).await.text;
        assert_well_formed(&picture);
        assert!(!picture.contains("<circle"), "a score is drawn");
        assert!(picture.contains("Pain is not part of this report"));
    }
}

#[tokio::test]
async fn a_window_that_begins_with_the_treatment_still_knows_the_days_before_it() {
    let (_app, ana, _, _) = diary().await;
    let report = ana.get("/v1/report?from=2025-09-23&to=2025-12-31").await.json;
    let expected = &expected()["A"];
    let mut compare = Comparison(0);
    compare.mean("baseline", &report["pain"]["baseline"]["mean"], &expected["baseline"]);
    compare.mean("follow-up", &report["pain"]["follow_up"], &expected["follow_up"]);
    compare.number(
        "delta",
        &report["pain"]["change"]["difference"]["value"],
        &expected["change"]["delta"],
    );
    let first = &report["session_effects"]["sessions"][0];
    let wanted = &expected["session_effects"][0];
    compare.same("session", &first["treatment_session_id"], &wanted["session_id"]);
    compare.number("sustained", &first["sustained"], &wanted["sustained"]);
    assert_eq!(report["daily"][0]["journal_date"], "2025-09-23");
}
