//! Merges over the wire: what two devices typed, and which of it stands.

use super::support::*;
use crate::support::TestApp;
use serde_json::{Value, json};
use uuid::Uuid;

fn result(answer: &Value) -> &Value {
    &answer["records"][0]["result"]
}

#[tokio::test]
async fn fields_changed_on_different_devices_merge() {
    let (phone, tablet, id, cursor) = both(&TestApp::shared()).await;
    push(&tablet, cursor, updated(&[edit(id, &json!({"note": "better"}))])).await;
    // The whole row travels, as WatermelonDB sends it, with the note of before.
    let mut row = entry(id, &json!({"note": "bad night", "mood": 6, "energy": 5}));
    row["_changed"] = json!("mood,updated_at");
    let merged = push(&phone, cursor, updated(&[row])).await;
    assert_eq!((&merged["accepted"], result(&merged)), (&json!(1), &json!("merged")));
    assert_eq!(merged["records"][0]["conflicts"], json!({}));
    let now = stands(&phone, id).await;
    assert_eq!((&now["note"], &now["mood"]), (&json!("better"), &json!(6)));
    assert_eq!(merged["records"][0]["record"], now, "rule 6a");
}

#[tokio::test]
async fn fields_that_are_absent_or_not_named_are_not_touched() {
    let (phone, _, id, cursor) = both(&TestApp::shared()).await;
    let mut row = entry(id, &json!({"mood": 0, "note": null}));
    row["_changed"] = json!("mood");
    let answer = push(&phone, cursor, updated(&[row])).await;
    let now = stands(&phone, id).await;
    assert_eq!(
        (&now["note"], &now["mood"], &now["energy"]),
        (&json!("bad night"), &json!(0), &json!(5))
    );
    assert_eq!(result(&answer), "merged", "the note stands otherwise than it was sent");
    let part = json!({"id": id, "energy": 1});
    let answer = push(&phone, head(&phone).await, updated(&[part])).await;
    assert_eq!(answer["records"], json!([]));
    let now = stands(&phone, id).await;
    assert_eq!((&now["energy"], &now["mood"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn an_empty_list_of_changed_fields_means_all() {
    // What WatermelonDB sends after it has merged a pulled record into one it had created itself.
    let (phone, _, id, cursor) = both(&TestApp::shared()).await;
    let mut row = entry(id, &json!({"note": "typed here", "mood": 5, "energy": 5}));
    row["_status"] = json!("updated");
    row["_changed"] = json!("");
    let answer = push(&phone, cursor, updated(&[row])).await;
    assert_eq!((&answer["accepted"], &answer["records"]), (&json!(1), &json!([])));
    assert_eq!(stands(&phone, id).await["note"], "typed here");
}

#[tokio::test]
async fn the_same_field_changed_twice_is_reported_and_kept_in_the_history() {
    let (phone, tablet, id, cursor) = both(&TestApp::shared()).await;
    let mut first = edit(id, &json!({"mood": 6}));
    first["updated_at"] = json!(1_777_999_000_000_i64);
    push(&tablet, cursor, updated(&[first])).await;
    // The phone's clock is years behind: nobody asks.
    let mut second = edit(id, &json!({"mood": 7}));
    second["updated_at"] = json!(1_577_999_000_000_i64);
    let answer = push(&phone, cursor, updated(&[second])).await;
    assert_eq!(result(&answer), "conflict");
    let conflict = &answer["records"][0]["conflicts"]["mood"];
    assert_eq!((&conflict["applied"], &conflict["overwritten"]), (&json!(7), &json!(6)));
    assert_eq!(conflict["edited_at"], 1_777_999_000_000_i64);
    assert_eq!(stands(&phone, id).await["mood"], 7);
    let lines = history(&phone, id).await;
    assert_eq!(lines[2]["changes"]["mood"], json!({"from": 6, "to": 7}));
    assert_eq!(conflict["device_id"], lines[1]["device_id"]);
    assert_ne!(lines[1]["device_id"], lines[2]["device_id"]);
    assert_eq!(lines[2]["edited_at"], 1_577_999_000_000_i64);
}

#[tokio::test]
async fn base_values_decide_where_they_are_given() {
    let (phone, tablet, id, cursor) = both(&TestApp::shared()).await;
    push(&tablet, cursor, updated(&[edit(id, &json!({"mood": 6}))])).await;
    // RxDB: the whole document, its base, and no cursor. Only the energy was changed.
    let base = json!({"note": "bad night", "mood": 5, "energy": 5});
    let mut row = entry(id, &json!({"note": "bad night", "mood": 5, "energy": 9, "_base": base}));
    let answer = push(&phone, 0, updated(&[row.clone()])).await;
    assert_eq!((result(&answer), &answer["accepted"]), (&json!("merged"), &json!(1)));
    let now = stands(&phone, id).await;
    assert_eq!((&now["mood"], &now["energy"]), (&json!(6), &json!(9)));
    row["_base"] = json!({"note": "bad night", "mood": 4, "energy": 9});
    row["mood"] = json!(8);
    let answer = push(&phone, 0, updated(&[row.clone()])).await;
    assert_eq!(answer["records"][0]["conflicts"]["mood"]["overwritten"], 6);
    row["_base"] = json!({"note": "bad night", "mood": 8, "energy": 9});
    row["mood"] = json!(2);
    assert_eq!(push(&phone, 0, updated(&[row])).await["records"], json!([]));
}

#[tokio::test]
async fn a_late_packet_of_the_same_device_is_kept_out_and_recorded() {
    let (phone, tablet, id, cursor) = both(&TestApp::shared()).await;
    let typed = |note: &str, at: i64| {
        let mut row = edit(id, &json!({"note": note}));
        row["updated_at"] = json!(1_777_700_000_000_i64 + at);
        updated(&[row])
    };
    push(&phone, cursor, typed("second", 2)).await;
    let late = push(&phone, cursor, typed("first", 1)).await;
    assert_eq!((&late["accepted"], result(&late)), (&json!(0), &json!("conflict")));
    let conflict = &late["records"][0]["conflicts"]["note"];
    assert_eq!((&conflict["kept"], &conflict["sent"]), (&json!("second"), &json!("first")));
    assert!(conflict["reason"].is_string());
    assert_eq!(stands(&phone, id).await["note"], "second");
    let lines = history(&phone, id).await;
    let last = lines.iter().find(|l| l["op"] == "superseded").unwrap();
    assert_eq!(
        (&last["applied"], &last["changes"]["note"]["to"]),
        (&json!(false), &json!("first"))
    );
    let other = push(&tablet, cursor, typed("tablet", 0)).await;
    assert_eq!(other["records"][0]["conflicts"]["note"]["applied"], "tablet");
}

#[tokio::test]
async fn an_edit_beats_a_delete_from_both_sides() {
    let (phone, tablet, id, cursor) = both(&TestApp::shared()).await;
    push(&tablet, cursor, updated(&[edit(id, &json!({"note": "edited"}))])).await;
    for gone in [json!(id), json!({"id": id, "_base": {"note": "bad night", "mood": 5}})] {
        let kept = push(&phone, cursor, deleted(&[gone])).await;
        assert_eq!((result(&kept), &kept["accepted"]), (&json!("kept"), &json!(0)));
        assert_eq!(kept["records"][0]["record"]["note"], "edited");
    }
    let seen = head(&phone).await;
    let based = json!({"id": id, "_base": {"note": "edited"}});
    assert_eq!(push(&phone, seen, deleted(&[based])).await["accepted"], 1);

    let back = push(&tablet, cursor, updated(&[edit(id, &json!({"mood": 1}))])).await;
    assert_eq!(result(&back), "resurrected");
    let record = &back["records"][0]["record"];
    assert_eq!((&record["note"], &record["mood"]), (&json!("edited"), &json!(1)));
    assert_eq!(&stands(&phone, id).await, record);
    let seen = head(&phone).await;
    let own = push(&phone, seen, deleted(&[json!(id)])).await;
    assert_eq!((&own["accepted"], &own["records"]), (&json!(1), &json!([])));
    // Touched and not changed: no zombie.
    let mut idle =
        entry(id, &json!({"note": "edited", "mood": 1, "updated_at": 1_779_000_000_000_i64}));
    idle["_changed"] = json!("updated_at");
    let answer = push(&tablet, head(&tablet).await, updated(&[idle])).await;
    assert_eq!(
        (result(&answer), &answer["records"][0]["record"]),
        (&json!("deleted"), &Value::Null)
    );
    assert_eq!(stands(&phone, id).await, Value::Null);
}

#[tokio::test]
async fn a_device_deletes_what_only_it_has_edited_since_it_pulled() {
    let (phone, _, id, cursor) = both(&TestApp::shared()).await;
    push(&phone, cursor, updated(&[edit(id, &json!({"mood": 1}))])).await;
    assert_eq!(push(&phone, cursor, deleted(&[json!(id)])).await["accepted"], 1);
    assert_eq!(tombstones(&pull(&phone, cursor).await), [id]);
    let again = push(&phone, cursor, deleted(&[json!(id)])).await;
    assert_eq!((&again["unchanged"], &again["records"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn unknown_ids_are_created_or_already_gone() {
    let (phone, _, _, cursor) = both(&TestApp::shared()).await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let mut row = entry(a, &json!({"mood": 3}));
    row["_changed"] = json!("mood");
    let changes = json!({"journal_entries": {"updated": [row], "deleted": [b]}});
    let answer = push(&phone, cursor, changes).await;
    assert_eq!(
        (&answer["accepted"], &answer["unchanged"], &answer["records"]),
        (&json!(1), &json!(1), &json!([]))
    );
    assert_eq!(stands(&phone, a).await["mood"], 3);
    assert!(!tombstones(&pull(&phone, cursor).await).contains(&b));
}

#[tokio::test]
async fn the_same_day_made_on_two_devices_is_one_record_of_both() {
    let (phone, tablet, _, cursor) = both(&TestApp::shared()).await;
    let id = Uuid::new_v5(&phone.id, b"journal_entries:2026-05-01");
    let from_phone = entry(id, &json!({"note": "phone", "mood": null, "steps": 10}));
    let from_tablet = entry(id, &json!({"note": "tablet", "mood": 4, "steps": null}));
    assert_eq!(push(&phone, cursor, created(&[from_phone])).await["records"], json!([]));
    let union = push(&tablet, cursor, created(&[from_tablet])).await;
    let now = stands(&phone, id).await;
    assert_eq!((&now["mood"], &now["steps"]), (&json!(4), &json!(10)));
    assert_eq!(union["records"][0]["record"], now);
    // Both notes are to be found: one stands, the other is in the history.
    let typed: String = history(&phone, id).await.iter().map(ToString::to_string).collect();
    for note in ["phone", "tablet"] {
        assert!(now["note"] == note || typed.contains(note), "{note}");
    }
}

#[tokio::test]
async fn a_cursor_that_has_passed_the_record_sees_the_outcome_again() {
    // Rule 6b, for clients that do not read the answer of a push.
    let (phone, tablet, id, cursor) = both(&TestApp::shared()).await;
    push(&tablet, cursor, updated(&[edit(id, &json!({"note": "edited"}))])).await;
    let passed = head(&phone).await;
    // It sends an old note it does not name as changed: it stands otherwise than it was sent.
    let mut row = entry(id, &json!({"note": "bad night", "mood": 5}));
    row["_changed"] = json!("mood");
    let answer = push(&phone, passed, updated(&[row])).await;
    assert_eq!((result(&answer), &answer["accepted"]), (&json!("merged"), &json!(0)));
    let next = pull(&phone, passed).await;
    assert_eq!(rows(&next)[0]["note"], "edited");
    assert_eq!(answer["records"][0]["timestamp"], next["timestamp"]);

    let seen = head(&phone).await;
    push(&tablet, seen, deleted(&[json!(id)])).await;
    let passed = head(&phone).await;
    let mut idle = entry(id, &json!({"note": "edited", "mood": 5}));
    idle["_changed"] = json!("updated_at");
    assert_eq!(result(&push(&phone, passed, updated(&[idle])).await), "deleted");
    assert_eq!(tombstones(&pull(&phone, passed).await), [id]);
    // A cursor that has not passed it needs no new revision.
    let now = head(&phone).await;
    let late = push(&phone, seen, deleted(&[json!(id)])).await;
    assert_eq!((&late["timestamp"], &late["records"]), (&json!(now), &json!([])));
}

#[tokio::test]
async fn an_edit_without_a_time_is_never_newer_than_one_with_a_time() {
    // The phone's clock is behind the server's, and it used REST for its last edit.
    let (phone, _, id, cursor) = both(&TestApp::shared()).await;
    let path = format!("/v1/journal-entries/{id}");
    let read = phone.get(&path).await;
    let note = json!({"note": "by REST"});
    let put = crate::support::people::daily("2026-05-01", &note);
    assert_eq!(phone.replace(&path, read.etag(), &put).await.status, 200);
    let mut row = edit(id, &json!({"note": "by sync"}));
    row["updated_at"] = json!(1_777_700_000_000_i64);
    let answer = push(&phone, cursor, updated(&[row])).await;
    assert_eq!(answer["records"][0]["conflicts"]["note"]["overwritten"], "by REST");
    assert_eq!(stands(&phone, id).await["note"], "by sync");
}

#[tokio::test]
async fn the_history_shows_what_was_first_typed_after_the_record_is_gone() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let first = json!({"note": "first", "mood": 4, "triggers": "[\"lifting\"]"});
    push(&ana, 0, created(&[entry(a, &first), entry(b, &first)])).await;
    push(&ana, head(&ana).await, updated(&[edit(b, &json!({"note": "second", "mood": null}))]))
        .await;
    push(&ana, head(&ana).await, deleted(&[json!(a), json!(b)])).await;
    for (id, lines) in [(a, 2), (b, 3)] {
        let history = history(&ana, id).await;
        assert_eq!(history.len(), lines);
        let typed = &history[0]["changes"];
        for (name, value) in first.as_object().unwrap() {
            assert_eq!(&typed[name]["to"], value, "{name}");
        }
        assert_eq!(typed["stress"], json!(null), "what was left out is not listed");
    }
    let changes = &history(&ana, b).await[1]["changes"];
    assert_eq!(changes["note"], json!({"from": "first", "to": "second"}));
}
