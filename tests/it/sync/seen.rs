//! What a device had seen when it made a change travels with it: pulling first hides no conflict, and an
//! offline delete takes no edit with it that the phone never showed.

use super::support::*;
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Two devices, an entry both have pulled, the cursor of then, and the cursor after the tablet has changed
/// the note and the phone has pulled that.
async fn pulled_first() -> (Person, Person, Uuid, i64, i64) {
    let (phone, tablet, id, before) = both(&TestApp::shared()).await;
    push(&tablet, before, updated(&[edit(id, &json!({"note": "by the tablet"}))])).await;
    let after = head(&phone).await;
    (phone, tablet, id, before, after)
}

fn with(mut row: Value, member: &str, value: Value) -> Value {
    row[member] = value;
    row
}

#[tokio::test]
async fn an_edit_made_before_the_pull_is_a_conflict_after_it() {
    let told = |before: i64| {
        [
            ("_seen", json!(before)),
            ("_base", json!({"note": "bad night"})),
            ("_base", json!({"id": Uuid::nil(), "note": "bad night", "mood": 5, "updated_at": 1})),
        ]
    };
    for n in 0..3 {
        let (phone, _, id, before, after) = pulled_first().await;
        let (member, value) = told(before)[n].clone();
        let row = with(edit(id, &json!({"note": "by the phone"})), member, value);
        let answer = push(&phone, after, updated(&[row])).await;
        let conflict = &answer["records"][0]["conflicts"]["note"];
        assert_eq!(conflict["applied"], "by the phone", "{answer}");
        assert_eq!(conflict["overwritten"], "by the tablet");
        assert!(conflict["device_id"].is_string());
        assert_eq!(answer["missing_base"], json!({}));
    }
}

#[tokio::test]
async fn an_edit_made_after_the_pull_is_none() {
    let (phone, _, id, _, after) = pulled_first().await;
    let row = with(edit(id, &json!({"note": "by the phone"})), "_seen", json!(after));
    // What the record says counts, whatever the cursor of the push.
    let answer = push(&phone, 0, updated(&[row])).await;
    assert_eq!((&answer["accepted"], &answer["records"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn values_count_before_the_cursor_field_by_field() {
    let (phone, _, id, before, after) = pulled_first().await;
    let row = edit(id, &json!({"note": "by the phone", "mood": 9}));
    let row = with(with(row, "_base", json!({"note": "by the tablet"})), "_seen", json!(before));
    let answer = push(&phone, after, updated(&[row])).await;
    assert_eq!(
        (&answer["accepted"], &answer["records"]),
        (&json!(1), &json!([])),
        "mood was pulled"
    );
    let row = edit(id, &json!({"note": "again", "mood": 8}));
    let row = with(with(row, "_base", json!({"mood": 9})), "_seen", json!(before));
    let tablet = phone.other_device(&TestApp::shared()).await;
    let conflicts = push(&tablet, head(&tablet).await, updated(&[row])).await;
    let conflicts = conflicts["records"][0]["conflicts"].as_object().unwrap().clone();
    assert_eq!(conflicts.keys().collect::<Vec<_>>(), ["note"]);
}

#[tokio::test]
async fn a_delete_made_before_the_pull_takes_no_edit_with_it() {
    for n in 0..4 {
        let (phone, _, id, before, after) = pulled_first().await;
        let gone = [
            deleted(&[json!({"id": id, "_seen": before})]),
            deleted(&[json!({"id": id, "_base": {"note": "bad night"}})]),
            updated(&[json!({"id": id, "_deleted": true, "_seen": before})]),
            created(&[entry(
                id,
                &json!({"note": "bad night", "_status": "deleted", "_seen": before}),
            )]),
        ];
        let kept = push(&phone, after, gone[n].clone()).await;
        assert_eq!((&kept["accepted"], &kept["records"][0]["result"]), (&json!(0), &json!("kept")));
        assert_eq!(kept["records"][0]["record"]["note"], "by the tablet");
        assert_eq!(kept["missing_base"], json!({}));
        let seen = deleted(&[json!({"id": id, "_seen": after})]);
        assert_eq!(push(&phone, before, seen).await["accepted"], 1);
    }
}

#[tokio::test]
async fn the_answer_names_what_does_not_say_what_was_seen() {
    let (phone, _, id, before, after) = pulled_first().await;
    let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    let rows: Vec<Value> = ids.iter().map(|id| entry(*id, &json!({}))).collect();
    push(&phone, after, created(&rows)).await;
    let answer = push(
        &phone,
        head(&phone).await,
        json!({"journal_entries": {
        // Neither a new record nor one that the server does not know has anything to say.
        "created": [entry(Uuid::now_v7(), &json!({}))],
        "updated": [edit(Uuid::now_v7(), &json!({"kind": "daily", "time_zone": "UTC",
                "effective_at": 1_777_662_000_000_i64})),
            edit(id, &json!({"mood": 1})), edit(id, &json!({"mood": 2})),
            with(edit(ids[0], &json!({"mood": 1})), "_base", json!({})),
            with(edit(ids[1], &json!({"mood": 1})), "_base", json!({"mood": null}))],
        "deleted": [ids[2], Uuid::now_v7(), {"id": ids[1], "_seen": after}]}}),
    )
    .await;
    let mut wanted = vec![id, ids[0], ids[2]];
    wanted.sort_unstable();
    assert_eq!(answer["missing_base"], json!({"journal_entries": wanted}));
    // What it does not say is taken from the cursor of the push, as ever.
    let hidden = push(&phone, before, updated(&[edit(id, &json!({"note": "typed"}))])).await;
    assert_eq!(hidden["records"][0]["result"], "conflict");
    assert_eq!(hidden["missing_base"], json!({"journal_entries": [id]}));
}

#[tokio::test]
async fn what_was_seen_must_be_a_cursor_of_this_journal() {
    let (phone, _, id, before, after) = pulled_first().await;
    let typed = |seen: Value| {
        updated(&[with(edit(id, &json!({"note": Uuid::now_v7().to_string()})), "_seen", seen)])
    };
    for bad in
        [json!("0"), json!(7), json!(-1), json!(1.5), json!(after + 1), json!({}), json!(true)]
    {
        let answer = push(&phone, after, typed(bad.clone())).await;
        let refusal = &answer["rejected"][0];
        assert_eq!(
            (&refusal["code"], &refusal["field"]),
            (&json!("invalid_value"), &json!("_seen"))
        );
        assert_eq!(answer["accepted"], 0, "{bad}");
    }
    // Of another epoch nothing is known to have been seen, nor before the first pull.
    for unseen in [before + EPOCH, after + 5 * EPOCH, json!(0).as_i64().unwrap()] {
        let tablet = phone.other_device(&TestApp::shared()).await;
        let answer = push(&tablet, head(&tablet).await, typed(json!(unseen))).await;
        assert_eq!(answer["records"][0]["result"], "conflict", "{unseen}");
    }
    assert_eq!(push(&phone, head(&phone).await, typed(Value::Null)).await["records"], json!([]));
}
