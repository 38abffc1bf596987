//! The shortest way through a sync.

use super::support::{entry, pull, push};
use crate::support::TestApp;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn two_devices_meet() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let start = pull(&phone, 0).await;
    let cursor = start["timestamp"].as_i64().unwrap();
    assert!(cursor > 0);
    assert_eq!(pull(&phone, cursor).await["timestamp"], cursor);

    let id = Uuid::now_v7();
    let created = json!({"journal_entries": {"created": [entry(id, &json!({"note": "bad night", "mood": 5}))]}});
    let pushed = push(&phone, cursor, created).await;
    assert_eq!((&pushed["accepted"], &pushed["rejected"]), (&json!(1), &json!([])));

    let seen = pull(&tablet, cursor).await;
    let row = &seen["changes"]["journal_entries"]["updated"][0];
    assert_eq!(
        (&row["note"], &row["mood"], &row["triggers"]),
        (&json!("bad night"), &json!(5), &json!("[]"))
    );
    let seen = seen["timestamp"].as_i64().unwrap();

    let edit = |mood: i64| {
        json!({"journal_entries": {"updated": [
        {"id": id, "mood": mood, "_changed": "mood", "_status": "updated"}]}})
    };
    assert_eq!(push(&tablet, seen, edit(6)).await["records"], json!([]));
    let both = push(&phone, seen, edit(7)).await;
    assert_eq!(both["records"][0]["result"], "conflict");
    assert_eq!(both["records"][0]["conflicts"]["mood"]["overwritten"], 6);
    let history = phone.get(&format!("/v1/sync/history/journal_entries/{id}")).await;
    assert_eq!(history.json["history"].as_array().unwrap().len(), 3);
}
