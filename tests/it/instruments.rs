//! The questionnaires: everybody may read them, nobody gets a text that may not be shown.

use crate::support::TestApp;
use serde_json::Value;

const LIST: &str = "/v1/instruments";

/// The questionnaires whose licence allows to show their text, and those whose does not.
const SHOWN: [&str; 4] = ["peg", "rmdq_24", "pgic", "psfs"];
const IMPORTED: [&str; 7] = [
    "bpi_sf_interference",
    "bpi_sf_severity",
    "odi_2_1a",
    "promis_pain_interference",
    "promis_physical_function",
    "promis_sleep_disturbance",
    "start_back",
];

fn codes(list: &Value, is_wanted: impl Fn(&Value) -> bool) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items.filter(|one| is_wanted(one)).map(|one| one["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn everybody_reads_the_list_and_each_of_it() {
    let app = TestApp::shared();
    let list = app.get(LIST).await;
    assert_eq!(list.status, 200, "{}", list.text);
    assert_eq!(codes(&list.json, |one| one["licence"]["may_ship_text"] == true), SHOWN);
    assert_eq!(codes(&list.json, |one| one["licence"]["may_ship_text"] == false), IMPORTED);
    for one in list.json["items"].as_array().unwrap() {
        let code = one["code"].as_str().unwrap();
        let alone = app.get(&format!("{LIST}/{code}")).await;
        assert_eq!((alone.status, &alone.json), (200, one), "{code}");
    }
    let ana = app.patient("ana").await;
    assert_eq!(ana.get(LIST).await.json, list.json);
}

#[tokio::test]
async fn a_questionnaire_says_all_that_is_needed_to_show_it_and_to_explain_its_score() {
    let app = TestApp::shared();
    let peg = app.get("/v1/instruments/peg").await.json;
    assert_eq!((&peg["version"], &peg["language"]), (&1.into(), &"en".into()));
    assert_eq!(peg["items"].as_array().unwrap().len(), 3);
    assert_eq!(peg["items"][0]["answer"]["labels"][1]["text"], "Pain as bad as you can imagine");
    assert_eq!(peg["scoring"]["method"], "mean");
    assert_eq!(peg["scoring"]["decimals"], 2);
    let is_score = |code: &Value| code["system"] == "http://loinc.org" && code["code"] == "91147-9";
    assert!(peg["codes"].as_array().unwrap().iter().any(is_score));

    let rmdq = app.get("/v1/instruments/rmdq_24").await.json;
    let items = rmdq["items"].as_array().unwrap();
    assert_eq!(items.len(), 24);
    assert!(items.iter().all(|item| item["answer"]["kind"] == "tick"));
    assert_eq!(items[0]["text"], "I stay at home most of the time because of my back.");
    assert_eq!(items[23]["text"], "I stay in bed most of the time because of my back.");

    let pgic = app.get("/v1/instruments/pgic").await.json;
    assert_eq!(pgic["items"][0]["answer"]["labels"].as_array().unwrap().len(), 7);
    let psfs = app.get("/v1/instruments/psfs").await.json;
    assert_eq!(psfs["scoring"]["higher_is"], "better");
    assert_eq!((&psfs["items"][0]["fewest"], &psfs["items"][0]["most"]), (&3.into(), &5.into()));
}

#[tokio::test]
async fn what_may_only_be_imported_has_bounds_and_not_a_word_of_its_form() {
    let app = TestApp::shared();
    for code in IMPORTED {
        let one = app.get(&format!("{LIST}/{code}")).await.json;
        assert_eq!(one["items"], serde_json::json!([]), "{code}");
        assert_eq!(one["instruction"], Value::Null, "{code}");
        assert_eq!(one["scoring"]["method"], "imported_total", "{code}");
        let [low, high] = ["minimum", "maximum"].map(|end| one["scoring"][end].as_f64().unwrap());
        assert!(low < high, "{code}");
        assert!(!one["licence"]["statement"].as_str().unwrap().is_empty(), "{code}");
    }
}

#[tokio::test]
async fn who_has_the_present_version_is_told_so() {
    let app = TestApp::shared();
    let mut tags = Vec::new();
    for path in [LIST, "/v1/instruments/peg", "/v1/instruments/psfs"] {
        let first = app.get(path).await;
        let known = first.etag();
        assert_eq!(app.get(path).await.etag(), known, "{path}");
        for had in [known.to_owned(), format!("W/{known}")] {
            let again = app.call("GET", path).header("If-None-Match", &had).send().await;
            assert_eq!((again.status, again.text.as_str(), again.etag()), (304, "", known));
        }
        let other = app.call("GET", path).header("If-None-Match", "\"s0000000000000000\"");
        assert_eq!(other.send().await.json, first.json, "{path}");
        tags.push(known.to_owned());
    }
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), 3, "each has a tag of its own");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = TestApp::shared();
    for code in ["phq_9", "PEG", "peg%20", "0", "%00", "peg.json"] {
        let answer = app.get(&format!("{LIST}/{code}")).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{code}");
    }
}
