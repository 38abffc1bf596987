//! Text and names that no honest keyboard makes.

use super::support::*;
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

async fn push_text(person: &Person, id: Uuid, note: &str) -> Answer {
    let body = format!(
        r#"{{"changes":{{"journal_entries":{{"created":[{{"id":"{id}","kind":"daily",
        "effective_at":1777662000000,"time_zone":"Europe/Berlin","note":"{note}"}}]}}}}}}"#
    );
    let answer = person.call("POST", "/v1/sync?last_pulled_at=0").raw(body).send().await;
    assert_eq!(answer.status, 200, "{note:?}: {}", answer.text);
    answer
}

#[tokio::test]
async fn text_is_kept_as_typed_but_for_what_cannot_be_kept() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let texts = [
        (r"lone \ud83d here", "lone \u{fffd} here"),
        (r"low \ude00 first", "low \u{fffd} first"),
        (r"two \ud83d\ud83d\ude00", "two \u{fffd}😀"),
        (r"a\u0000b", "ab"),
        ("👩‍👩‍👧‍👦 🏳️‍🌈 e\u{301}", "👩‍👩‍👧‍👦 🏳️‍🌈 e\u{301}"),
        ("\u{202e}מה שלום\u{202c} كيف", "\u{202e}מה שלום\u{202c} كيف"),
        (r"line\nbreak\ttab", "line\nbreak\ttab"),
        (r"'; DROP TABLE pj.patients; --", "'; DROP TABLE pj.patients; --"),
        (r"\ufeffbom \uffff", "\u{feff}bom \u{ffff}"),
        (r"{\u0022a\u0022:1}", "{\"a\":1}"),
        ("  spaces around  ", "  spaces around  "),
    ];
    for (sent, kept) in texts {
        let id = Uuid::now_v7();
        let answer = push_text(&ana, id, sent).await;
        assert_eq!(answer.json["rejected"], json!([]), "{sent}");
        assert_eq!(stands(&ana, id).await["note"], kept, "{sent}");
        let again = push_text(&ana, id, sent).await;
        assert_eq!((&again.json["unchanged"], &again.json["records"]), (&json!(1), &json!([])));
    }
}

#[tokio::test]
async fn hostile_names_are_unknown_fields() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let start = head(&ana).await;
    let names = ["__proto__", "constructor", "toString", "patient_id", "rev", "author_id", "", "𝒶"];
    for name in names {
        let mut record = entry(Uuid::now_v7(), &json!({}));
        record[name] = json!({"polluted": true});
        let answer = push(&ana, start, created(&[record])).await;
        let refusal = &answer["rejected"][0];
        assert_eq!((&refusal["code"], &refusal["field"]), (&json!("unknown_field"), &json!(name)));
    }
    let long = "n".repeat(5000);
    let mut record = entry(Uuid::now_v7(), &json!({}));
    record[&long] = json!(1);
    assert_eq!(push(&ana, start, created(&[record])).await["rejected"][0]["code"], "unknown_field");
    let mut record = entry(Uuid::now_v7(), &json!({}));
    record["_base"] = json!({"__proto__": 1, "note": "x"});
    let answer = push(&ana, start, created(&[record])).await;
    let refusal = &answer["rejected"][0];
    assert_eq!((&refusal["code"], &refusal["field"]), (&json!("unknown_field"), &json!("_base")));
    let collection = json!({"__proto__": {"created": []}});
    let answer = try_push(&ana, start, None, collection).await;
    assert_eq!((answer.status, answer.code()), (400, "unknown_collection"));
}

#[tokio::test]
async fn odd_values_never_break_a_push() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let huge = "9".repeat(300);
    let values = [
        ("mood", "4.0", true),
        ("mood", "4.5", false),
        ("mood", "-0", true),
        ("mood", "true", false),
        ("mood", "\"4\"", false),
        ("mood", "[]", false),
        ("mood", "1e300", false),
        ("mood", &huge, false),
        ("mood", "\"\"", true),
        ("steps", "1e3", true),
        ("steps", "200001", false),
        ("triggers", "\"[\\\"lifting\\\"]\"", true),
        ("triggers", "\"[1]\"", false),
        ("triggers", "\"{\"", false),
        ("triggers", "\"[[[[]]]]\"", false),
        ("sites", "\"null\"", true),
        ("effective_at", "9e17", false),
        ("effective_at", "-1", true),
        ("effective_at", "\"now\"", false),
        ("journal_date", "\"2026-02-30\"", false),
        ("journal_date", "\"2026-02-28\"", true),
        ("pain_free_day", "1", false),
        ("treatment_session_id", "\"x\"", false),
        ("updated_at", "\"yesterday\"", false),
        ("updated_at", "9e17", true),
        ("created_at", "{}", false),
        ("_changed", "7", false),
        ("_base", "[]", false),
        ("_base", "null", true),
    ];
    for (name, value, fits) in values {
        let id = Uuid::now_v7();
        let mut record = entry(id, &json!({}));
        record.as_object_mut().unwrap().remove(name);
        let text = record.to_string();
        let text = format!("{},\"{name}\":{value}}}", &text[..text.len() - 1]);
        let body = format!("{{\"changes\":{{\"journal_entries\":{{\"created\":[{text}]}}}}}}");
        let answer = ana.call("POST", "/v1/sync?last_pulled_at=0").raw(body).send().await;
        assert_eq!(answer.status, 200, "{name}: {value}: {}", answer.text);
        let accepted = answer.json["accepted"] == 1;
        assert_eq!(accepted, fits, "{name}: {value}: {}", answer.text);
        assert_eq!(stands(&ana, id).await != Value::Null, fits);
    }
}

#[tokio::test]
async fn a_refused_record_is_kept_whatever_is_in_it() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let body = r#"{"changes":{"journal_entries":{"created":[
        {"id":"\ud800\u0000x","note":"a\u0000\udc00","n":1e300,"deep":[[[{"__proto__":null}]]]},
        17, null, "text", [], {}], "deleted": [null, {}, "X"]}}}"#;
    let answer = ana.call("POST", "/v1/sync?last_pulled_at=0").raw(body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json["rejected"].as_array().unwrap().len(), 9);
    let kept = ana.get("/v1/sync/rejected").await.json;
    let first = kept["rejected"].as_array().unwrap().iter();
    let first = first.filter(|r| r["record_id"] == "\u{fffd}x").count();
    assert_eq!(first, 1, "{kept}");
}
