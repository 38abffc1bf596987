//! The ways in which a deleted record comes back by a push, and those in which it does not.

use super::support::*;
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Two devices, an entry the tablet has deleted, and the cursors before and after.
async fn gone() -> (Person, Person, Uuid, i64, i64) {
    let (phone, tablet, id, before) = both(&TestApp::shared()).await;
    let answer = push(&tablet, before, deleted(&[json!({"id": id, "_seen": before})])).await;
    assert_eq!(answer["accepted"], 1);
    let after = head(&phone).await;
    (phone, tablet, id, before, after)
}

async fn ops(person: &Person, id: Uuid) -> Vec<Value> {
    history(person, id).await.iter().map(|line| line["op"].clone()).collect()
}

#[tokio::test]
async fn a_record_is_asked_back_with_its_last_values_and_what_the_row_sends() {
    for (n, name) in ["created", "updated", "created", "updated"].into_iter().enumerate() {
        let (phone, tablet, id, _, after) = gone().await;
        let mut row =
            if n < 2 { json!({"id": id}) } else { entry(id, &json!({"mood": 9, "note": null})) };
        if n == 3 {
            row = json!({"id": id, "mood": 9, "_changed": "mood"});
        }
        row["_undelete"] = json!(true);
        row["_seen"] = json!(after);
        let answer = push(&phone, after, changes("journal_entries", name, &[row.clone()])).await;
        assert_eq!(answer["accepted"], 1, "{answer}");
        let record = &answer["records"][0];
        assert_eq!(record["result"], "resurrected");
        let mood = if n < 2 { 5 } else { 9 };
        assert_eq!(
            (&record["record"]["note"], &record["record"]["mood"]),
            (&json!("bad night"), &json!(mood))
        );
        assert_eq!(stands(&tablet, id).await, record["record"]);
        assert_eq!(
            rows(&pull(&tablet, after).await)[0],
            record["record"],
            "the next pull brings it"
        );
        assert_eq!(ops(&phone, id).await, ["create", "delete", "resurrect"]);
        // A repeat finds it alive: it is an edit that changes nothing.
        let again = push(&phone, after, changes("journal_entries", name, &[row])).await;
        assert_eq!(again["unchanged"], 1);
        assert_eq!(ops(&phone, id).await.len(), 3);
    }
}

#[tokio::test]
async fn on_a_live_record_it_is_an_edit_and_on_an_unknown_one_a_create() {
    let (phone, _, id, before) = both(&TestApp::shared()).await;
    let row = json!({"id": id, "mood": 8, "_undelete": true, "_seen": before});
    let answer = push(&phone, before, updated(&[row])).await;
    assert_eq!((&answer["accepted"], &answer["records"]), (&json!(1), &json!([])));
    let row = entry(Uuid::now_v7(), &json!({"_undelete": true}));
    assert_eq!(push(&phone, before, updated(&[row])).await["accepted"], 1);
    for nothing in [json!(false), Value::Null] {
        let (phone, _, id, before, after) = gone().await;
        let row = json!({"id": id, "note": "bad night", "_undelete": nothing, "_seen": before});
        let answer = push(&phone, after, updated(&[row])).await;
        assert_eq!(answer["records"][0]["result"], "deleted");
    }
}

#[tokio::test]
async fn without_being_asked_back_a_record_stays_deleted_whatever_its_times() {
    let (phone, _, id, before, after) = gone().await;
    let mut row = entry(id, &json!({"note": "bad night", "mood": 5, "energy": 5}));
    row["updated_at"] = json!(4_000_000_000_000_i64);
    for cursor in [before, after] {
        let answer = push(&phone, cursor, updated(&[row.clone()])).await;
        assert_eq!(
            (&answer["accepted"], &answer["records"][0]["result"]),
            (&json!(0), &json!("deleted"))
        );
    }
    // RxDB inserts again what it knows as deleted, and says so.
    row["_base"] = json!({"id": id, "note": "bad night", "_deleted": true});
    let answer = push(&phone, 0, updated(&[row])).await;
    assert_eq!(answer["records"][0]["result"], "resurrected");
    assert_eq!(answer["missing_base"], json!({}));
}

#[tokio::test]
async fn the_same_entry_typed_again_after_its_delete_was_seen_is_a_new_one() {
    let values = json!({"note": "bad night", "mood": 5, "energy": 5});
    let (phone, _, id, before, after) = gone().await;
    // A late copy of the first create: by its own word, by the cursor of the push.
    for (seen, cursor) in [(json!(before), after), (Value::Null, before)] {
        let mut row = entry(id, &values);
        row["_seen"] = seen;
        let late = push(&phone, cursor, created(&[row])).await;
        assert_eq!(
            (&late["accepted"], &late["records"][0]["result"]),
            (&json!(0), &json!("deleted"))
        );
    }
    let anew = push(&phone, head(&phone).await, created(&[entry(id, &values)])).await;
    assert_eq!((&anew["accepted"], &anew["records"]), (&json!(1), &json!([])), "{anew}");
    assert_eq!(stands(&phone, id).await["note"], "bad night");
    assert_eq!(ops(&phone, id).await, ["create", "delete", "recreate"]);
    let (phone, _, id, _, after) = gone().await;
    let mut row = entry(id, &values);
    row["_seen"] = json!(after);
    assert_eq!(push(&phone, 0, created(&[row])).await["accepted"], 1, "by its own word");
}

#[tokio::test]
async fn a_device_knows_its_own_delete_and_its_clock_tells_a_new_entry_from_a_copy() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let (id, start) = (Uuid::now_v7(), head(&phone).await);
    let typed = |at: i64| {
        let mut row = entry(id, &json!({"note": "the same words"}));
        row["created_at"] = json!(1_777_662_000_000_i64 + at);
        row["updated_at"] = json!(1_777_662_000_000_i64 + at);
        row["_seen"] = json!(start);
        created(&[row])
    };
    push(&phone, start, typed(0)).await;
    push(&phone, start, deleted(&[json!({"id": id, "_seen": start})])).await;
    let late = push(&phone, start, typed(0)).await;
    assert_eq!(late["records"][0]["result"], "deleted");
    let again = push(&phone, start, typed(60_000)).await;
    assert_eq!(again["accepted"], 1, "{again}");
    assert_eq!(stands(&phone, id).await["note"], "the same words");
}
