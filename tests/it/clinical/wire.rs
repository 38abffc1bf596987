//! The same record over both wires.

use super::{content, flat, row, sample};
use crate::records::{merged, samples};
use crate::support::TestApp;
use crate::support::people::fresh;
use crate::sync::support::{changes, edit, head, push};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn a_row_that_a_phone_pushes_is_the_record_that_rest_answers() {
    let app = TestApp::shared();
    for sample in samples() {
        let (ana, bob) = (app.patient("ana").await, app.patient("bob").await);
        let made = ana.create(&fresh(sample.path), &sample.body).await;
        let pulled = row(&ana, sample.table).await;
        for (name, value) in pulled.as_object().unwrap() {
            assert!(!value.is_array() && !value.is_object(), "{} {name} is flat", sample.table);
        }
        let start = head(&bob).await;
        let sent = changes(sample.table, "created", std::slice::from_ref(&pulled));
        let answer = push(&bob, start, sent).await;
        assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!([])));
        assert_eq!(answer["records"], json!([]), "it stands as it was sent");
        let id = pulled["id"].as_str().unwrap();
        let kept = bob.get(&format!("/v1/{}/{id}", sample.path)).await;
        assert_eq!(content(&kept.json), content(&made.json), "{}", sample.table);
        assert_eq!(row(&bob, sample.table).await, pulled);
    }
}

#[tokio::test]
async fn a_field_edited_on_the_phone_is_edited_for_rest_too() {
    let app = TestApp::shared();
    for sample in samples() {
        let (ana, bob) = (app.patient("ana").await, app.patient("bob").await);
        let path = fresh(sample.path);
        let id: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
        ana.create(&path, &sample.body).await;
        let made = bob.create(&path, &sample.body).await;
        let over_rest = bob.replace(&path, made.etag(), &sample.other).await.json;
        let mut edited = json!({});
        for (name, value) in sample.other.as_object().unwrap() {
            if sample.body[name] != *value {
                edited[name] = flat(name, value);
            }
        }
        let sent = changes(sample.table, "updated", &[edit(id, &edited)]);
        let answer = push(&ana, head(&ana).await, sent).await;
        assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!([])));
        let over_sync = ana.get(&path).await.json;
        assert_eq!(content(&over_sync), content(&over_rest), "{}", sample.table);
    }
}

#[tokio::test]
async fn decimals_survive_both_wires() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let body = sample("medication-intakes").body;
    for dose in ["0", "0.001", "0.1", "0.3", "2.675", "12.5", "400", "99999.999", "100000"] {
        let sent: Value = serde_json::from_str(dose).unwrap();
        let path = fresh("medication-intakes");
        let id: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
        let made = ana.create(&path, &merged(&body, &json!({"dose": sent}))).await;
        assert_eq!(made.json["dose"].as_f64(), sent.as_f64(), "{dose} {}", made.text);
        let again = ana.create(&path, &merged(&body, &json!({"dose": sent}))).await;
        assert_eq!((again.status, again.etag()), (200, made.etag()), "{dose}");
        // What was read is no change when it is written again.
        let read = changes(
            "medication_intakes",
            "updated",
            &[edit(id, &json!({"dose": made.json["dose"]}))],
        );
        let answer = push(&ana, head(&ana).await, read).await;
        assert_eq!((&answer["unchanged"], &answer["records"]), (&json!(1), &json!([])), "{dose}");
    }
}

#[tokio::test]
async fn the_words_for_other_are_kept_beside_it() {
    let app = TestApp::shared();
    let relief = json!([{"what": "other", "what_other": "a hot bath"}]);
    let sites = json!([{"region": "other", "region_other": "left eyelid", "qualities": ["other"],
        "quality_other": "like ants"}]);
    for (path, words) in [
        (
            "journal-entries",
            json!({"sites": sites, "relief": relief, "triggers": ["other"],
            "trigger_note": "the train"}),
        ),
        (
            "flares",
            json!({"sites": sites, "what_helped": relief, "suspected_triggers": ["other"],
            "trigger_note": "the train"}),
        ),
        ("medication-intakes", json!({"dose_unit": "other", "dose_unit_other": "spoonful"})),
        (
            "pain-episodes",
            json!({"mechanism": "other", "mechanism_other": "a sneeze",
            "conditions": ["other"], "condition_other": "the cold",
            "prior_treatments": [{"what": "other", "detail": "prayer", "helped": "none"}]}),
        ),
        (
            "treatment-plans",
            json!({"status": "stopped", "stop_reason": "other",
            "stop_reason_other": "the clinic has closed"}),
        ),
        (
            "treatment-sessions",
            json!({"techniques": ["other"], "technique_other": "bee venom",
            "adaptations": ["other"], "adaptation_other": "deaf", "adjuncts": ["other"],
            "adjunct_other": "tea"}),
        ),
        (
            "adverse-events",
            json!({"kinds": ["other"], "kind_other": "hiccups",
            "actions": ["other"], "action_other": "water"}),
        ),
    ] {
        let (ana, sample) = (app.patient("ana").await, sample(path));
        let made = ana.create(&fresh(path), &merged(&sample.body, &words)).await;
        assert_eq!(made.status, 201, "{path} {}", made.text);
        let row = row(&ana, sample.table).await;
        for (name, said) in words.as_object().unwrap() {
            let said = said.to_string();
            for word in said.split('"').filter(|word| word.contains(char::is_alphabetic)) {
                assert!(made.json[name].to_string().contains(word), "{path} {name} {word}");
                assert!(row[name].to_string().contains(word), "{path} {name} {word}");
            }
        }
    }
}

#[tokio::test]
async fn a_goal_is_kept_in_the_patients_own_words() {
    let app = TestApp::shared();
    for text in [
        "Meine Enkelin wieder auf den Arm nehmen 👶🏽",
        "لعب كرة القدم مع ابني",
        "line one\nline two — «so»\ttab",
        "<b>bold</b> & 'quoted' \\u0041 %s",
        &"ä".repeat(500),
    ] {
        let ana = app.patient("ana").await;
        let path = fresh("goals");
        let body = merged(&sample("goals").body, &json!({"text": text}));
        assert_eq!(ana.create(&path, &body).await.json["text"], text);
        assert_eq!(row(&ana, "goals").await["text"], text);
        assert_eq!(ana.get(&path).await.json["text"], text);
    }
    let ana = app.patient("ana").await;
    for text in [json!(""), json!("ä".repeat(501)), json!(null)] {
        let body = merged(&sample("goals").body, &json!({"text": text}));
        assert_eq!(ana.create(&fresh("goals"), &body).await.pointers(), ["#/text"]);
    }
}

#[tokio::test]
async fn a_warning_sign_brings_the_notice_on_both_wires_and_nothing_else_does() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let notice = app.get("/v1/red-flags").await.json["notice"].clone();
    let body = sample("journal-entries").body;
    for flags in [json!(["fever"]), json!(["saddle_numbness", "leg_weakness"])] {
        let path = fresh("journal-entries");
        let made = ana.create(&path, &merged(&body, &json!({"red_flags": flags}))).await;
        assert_eq!((made.status, &made.json["safety_notice"]), (201, &notice), "{}", made.text);
        assert_eq!(ana.get(&path).await.json["safety_notice"], notice);
        let listed = ana.get("/v1/journal-entries?limit=1").await.json["data"][0].clone();
        assert_eq!(listed["safety_notice"], notice);
        let calm = ana.replace(&path, made.etag(), &body).await;
        assert_eq!(calm.json["safety_notice"], json!(null), "taken back");

        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        let typed = |values: Value| changes("journal_entries", "updated", &[edit(id, &values)]);
        let flagged = typed(json!({"red_flags": flags.to_string()}));
        let answer = push(&ana, head(&ana).await, flagged).await;
        assert_eq!((&answer["accepted"], &answer["safety_notice"]), (&json!(1), &notice));
        let calm = push(&ana, head(&ana).await, typed(json!({"red_flags": "[]"}))).await;
        assert_eq!((&calm["accepted"], &calm["safety_notice"]), (&json!(1), &json!(null)));
    }
    let worst = json!({"pain_average": 10, "pain_worst": 10});
    let worst = ana.create(&fresh("journal-entries"), &merged(&body, &worst)).await;
    assert_eq!(worst.json["safety_notice"], json!(null), "no number is a warning sign");
    let unknown = merged(&body, &json!({"red_flags": ["headache"]}));
    let unknown = ana.create(&fresh("journal-entries"), &unknown).await;
    assert_eq!(unknown.pointers(), ["#/red_flags/0"]);
}
