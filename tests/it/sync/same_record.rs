//! Two devices that make the same record, such as the one entry of a day, are as two that edit it.

use super::support::*;
use crate::support::TestApp;
use serde_json::{Value, json};
use uuid::Uuid;

/// The entry of a day as a device makes it at this second of its clock.
fn made(id: Uuid, at: i64, values: &Value) -> Value {
    let at = 1_777_662_000_000 + at * 1000;
    let mut row = entry(id, values);
    row["created_at"] = json!(at);
    row["updated_at"] = json!(at);
    created(&[row])
}

#[tokio::test]
async fn the_text_that_lost_is_named_to_the_later_one() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    // The later push wins, whether it has pulled first or not, and whatever the clocks say.
    for (has_pulled, clocks) in [(false, [1, 2]), (true, [1, 2]), (false, [2, 1])] {
        let id = Uuid::now_v7();
        let start = head(&phone).await;
        let first = json!({"note": "bad night", "mood": 3, "sites": "[]", "steps": null});
        let first = push(&phone, start, made(id, clocks[0], &first)).await;
        assert_eq!(first["records"], json!([]));
        let cursor = if has_pulled { head(&tablet).await } else { start };
        let second = json!({"note": "good night", "mood": null, "energy": 2, "steps": 10});
        let answer = push(&tablet, cursor, made(id, clocks[1], &second)).await;
        assert_eq!(
            (&answer["accepted"], &answer["records"][0]["result"]),
            (&json!(1), &json!("conflict"))
        );
        let conflicts = answer["records"][0]["conflicts"].as_object().unwrap();
        assert_eq!(conflicts.keys().collect::<Vec<_>>(), ["note"], "the rest is united");
        let conflict = &conflicts["note"];
        assert_eq!(conflict["applied"], "good night");
        assert_eq!(conflict["overwritten"], "bad night");
        assert_eq!(conflict["edited_at"], 1_777_662_000_000_i64 + clocks[0] * 1000);
        let lines = history(&phone, id).await;
        assert_eq!(conflict["device_id"], lines[0]["device_id"]);
        assert_eq!(lines[1]["changes"]["note"], json!({"from": "bad night", "to": "good night"}));
        let now = stands(&phone, id).await;
        let united = ["note", "mood", "energy", "steps"].map(|name| now[name].clone());
        assert_eq!(united, [json!("good night"), json!(3), json!(2), json!(10)]);
        assert_eq!(answer["records"][0]["record"], now, "rule 6a");
        // The first device sends its own again, without a key: nothing is undone.
        let again =
            push(&phone, start, made(id, clocks[0], &json!({"note": "bad night", "mood": 3})))
                .await;
        assert_eq!((&again["accepted"], &again["records"][0]["record"]), (&json!(0), &now));
    }
}

#[tokio::test]
async fn a_device_that_makes_its_own_record_again_is_in_no_conflict() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let (id, start) = (Uuid::now_v7(), head(&phone).await);
    push(&phone, start, made(id, 1, &json!({"note": "first"}))).await;
    // The answer was lost, and the text was typed on.
    let answer = push(&phone, start, made(id, 1, &json!({"note": "first, and more"}))).await;
    assert_eq!(answer["accepted"], 1);
    assert_eq!(answer["records"], json!([]));
    let answer = push(&phone, start, made(id, 2, &json!({"note": "and more still"}))).await;
    assert_eq!(answer["records"][0]["result"], "merged", "its time of making stands as it was");
    assert_eq!(answer["records"][0]["conflicts"], json!({}));
    assert_eq!(stands(&phone, id).await["note"], "and more still");
}

#[tokio::test]
async fn a_record_of_two_makers_that_one_of_them_calls_edited_is_in_conflict_too() {
    // WatermelonDB calls its own new record `updated` once it has merged the pulled one into it.
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let (id, start) = (Uuid::now_v7(), head(&phone).await);
    push(&phone, start, made(id, 1, &json!({"note": "bad night"}))).await;
    let mut row = edit(id, &json!({"note": "good night", "energy": 4}));
    row["_seen"] = json!(start);
    let answer = push(&tablet, head(&tablet).await, updated(&[row])).await;
    let conflicts = answer["records"][0]["conflicts"].as_object().unwrap();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts["note"]["overwritten"], "bad night");
}
