//! What is wrong inside of one record is that record's fault, and no news is no news: a push is read record
//! by record, and answered so that all phones end equal.

use super::support::*;
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

async fn send(person: &Person, cursor: i64, body: String) -> Answer {
    person.call("POST", &format!("/v1/sync?last_pulled_at={cursor}")).raw(body).send().await
}

#[tokio::test]
async fn a_record_that_is_no_json_of_ours_is_refused_by_itself() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let broken = [
        "\"note\":\"one\",\"note\":\"other\"".to_owned(),
        "\"mood\":1e999".to_owned(),
        "\"mood\":1e99999999".to_owned(),
        format!("\"sites\":{deep}"),
        "\"_base\":{\"mood\":1,\"mood\":1}".to_owned(),
    ];
    for broken in broken {
        let (good, bad, gone) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        let good_row = entry(good, &json!({"note": "sound"}));
        let bad_row = format!("{{\"id\":\"{bad}\",\"kind\":\"daily\",{broken}}}");
        let bad_delete = format!("{{{broken},\"id\":\"{gone}\"}}");
        let body = format!(
            "{{\"changes\":{{\"journal_entries\":{{\"created\":[{bad_row},{good_row}],\"updated\":[],\
             \"deleted\":[{bad_delete}]}}}}}}"
        );
        let answer = send(&ana, 0, body).await;
        assert_eq!(answer.status, 200, "{broken}: {}", answer.text);
        assert_eq!(answer.json["accepted"], 1);
        let rejected = answer.json["rejected"].as_array().unwrap();
        let named: Vec<(Uuid, &str)> =
            rejected.iter().map(|r| (id(&r["id"]), r["code"].as_str().unwrap())).collect();
        assert_eq!(named, [(bad, "malformed"), (gone, "malformed")]);
        assert_eq!(rejected[0]["faults"], json!([{"code": "malformed", "field": null}]));
        assert_eq!(answer.json["experimentalRejectedIds"], json!({"journal_entries": [bad, gone]}));
        assert_eq!(stands(&ana, good).await["note"], "sound");
        // What was typed is in the quarantine, to the letter.
        let kept = ana.get("/v1/sync/rejected").await.json;
        let kept = kept["rejected"].as_array().unwrap();
        assert!(kept.iter().any(|line| line["payload"] == json!(bad_row)), "{bad_row}");
    }
}

#[tokio::test]
async fn what_is_wrong_around_the_records_refuses_the_push() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let row = entry(Uuid::now_v7(), &json!({}));
    let start = head(&ana).await;
    for (body, code) in [
        (
            format!(
                "{{\"changes\":{{\"journal_entries\":{{\"created\":[{row}]}}}},\"changes\":{{}}}}"
            ),
            "invalid_json",
        ),
        (
            format!(
                "{{\"changes\":{{\"journal_entries\":{{\"created\":[{row}],\"created\":[]}}}}}}"
            ),
            "invalid_json",
        ),
        (format!("{{\"changes\":{{\"journal_entries\":{{\"created\":[{row}"), "invalid_json"),
        (
            format!("{{\"changes\":{{\"journal_entries\":{{\"created\":[{row},]}}}}}}"),
            "invalid_json",
        ),
        (
            format!(
                "{{\"changes\":{{\"journal_entries\":{{\"created\":[{row}]}}}},\"lastPulledAt\":0}}"
            ),
            "invalid_body",
        ),
        (
            format!(
                "{{\"changes\":{{\"journal_entries\":{{\"created\":[{row}],\"removed\":[]}}}}}}"
            ),
            "invalid_body",
        ),
        (format!("[{row}]"), "invalid_body"),
    ] {
        let answer = send(&ana, start, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body}");
    }
    for query in
        ["last_pulled_at=0&lastPulledAt=0", "last_pulled_at=0&limit=5", "last_pulled_at=0&schema=1"]
    {
        let answer = ana
            .post(
                &format!("/v1/sync?{query}"),
                &json!({"changes": created(std::slice::from_ref(&row))}),
            )
            .await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{query}");
    }
    let record = format!("/v1/sync/history/journal_entries/{}", Uuid::now_v7());
    let dismissed = format!("/v1/sync/rejected/{}", Uuid::now_v7());
    for (method, path) in [
        ("GET", "/v1/sync"),
        ("GET", "/v1/sync/stream"),
        ("GET", "/v1/sync/rejected"),
        ("GET", &*record),
        ("DELETE", &*dismissed),
    ] {
        let answer = ana.call(method, &format!("{path}?colour=red")).send().await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{method} {path}");
    }
    assert_eq!(head(&ana).await, start);
}

#[tokio::test]
async fn the_notice_comes_with_every_copy_of_a_record_that_has_it() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let id = Uuid::now_v7();
    let flagged = created(&[entry(id, &json!({"red_flags": "[\"fever\"]"}))]);
    let first = push(&ana, 0, flagged.clone()).await;
    assert!(first["safety_notice"]["text"].is_string(), "{first}");
    // A repeat under another key, or none, writes nothing: the app may never have seen the first answer.
    for key in [Some("another-key"), None] {
        let again = try_push(&ana, 0, key, flagged.clone()).await.json;
        assert_eq!(again["unchanged"], 1);
        assert_eq!(again["safety_notice"], first["safety_notice"]);
    }
    let edited = push(&ana, head(&ana).await, updated(&[edit(id, &json!({"note": "x"}))])).await;
    assert_eq!(edited["safety_notice"], first["safety_notice"]);
    let other = push(&ana, head(&ana).await, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    assert_eq!(other["safety_notice"], Value::Null);
    let cleared = json!({"id": id, "red_flags": "[]", "_seen": head(&ana).await});
    assert_eq!(
        push(&ana, head(&ana).await, updated(&[cleared])).await["safety_notice"],
        Value::Null
    );
    let gone = push(&ana, head(&ana).await, deleted(&[json!(id)])).await;
    assert_eq!((&gone["accepted"], &gone["safety_notice"]), (&json!(1), &Value::Null));
    let late = push(&ana, 0, flagged).await;
    assert_eq!(
        (&late["records"][0]["result"], &late["safety_notice"]),
        (&json!("deleted"), &Value::Null)
    );
}

#[tokio::test]
async fn a_push_that_only_moves_the_times_leaves_all_phones_equal() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let id = Uuid::now_v7();
    let at = |n: i64| json!(1_777_662_000_000_i64 + n);
    let row = |made: Value, edited: Value| {
        entry(id, &json!({"note": "n", "created_at": made, "updated_at": edited}))
    };
    let made = push(&phone, 0, created(&[row(at(0), at(0))])).await;
    assert_eq!(made["records"], json!([]), "it stands as it was sent");
    let cursor = head(&phone).await;
    let again = push(&phone, cursor, updated(&[row(at(0), at(0))])).await;
    assert_eq!((&again["unchanged"], &again["records"]), (&json!(1), &json!([])));
    assert_eq!(head(&phone).await, cursor);
    for moved in [row(at(0), at(5000)), row(at(7), at(0)), row(at(0), json!(9e17))] {
        let cursor = head(&phone).await;
        let answer = push(&tablet, cursor, updated(&[moved])).await;
        assert_eq!(
            (&answer["unchanged"], &answer["records"][0]["result"]),
            (&json!(1), &json!("merged"))
        );
        let named = &answer["records"][0]["record"];
        assert_eq!((&named["created_at"], &named["updated_at"]), (&at(0), &at(0)));
        // Who does not read the answer is brought it by the next pull.
        assert_eq!(rows(&pull(&tablet, cursor).await), std::slice::from_ref(named));
    }
    // An edit takes its time along; the time of making is that of the first device.
    let edited = entry(id, &json!({"note": "m", "created_at": at(0), "updated_at": at(9000)}));
    let answer = push(&tablet, head(&tablet).await, updated(&[edited])).await;
    assert_eq!((&answer["accepted"], &answer["records"]), (&json!(1), &json!([])));
    assert_eq!(stands(&phone, id).await["updated_at"], at(9000));
}
