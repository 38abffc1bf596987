//! Assessments: scored by the server, on both wires alike.

use super::{row, sample};
use crate::records::merged;
use crate::support::TestApp;
use crate::support::people::fresh;
use crate::sync::support::{changes, edit, head, push};
use serde_json::{Value, json};
use uuid::Uuid;

fn answers(values: [Value; 3]) -> Value {
    let items = ["pain", "enjoyment", "general_activity"];
    let answer = |(item, value): (&str, Value)| json!({"item": item, "value": value});
    Value::Array(items.into_iter().zip(values).map(answer).collect())
}

fn peg(values: [i64; 3], extra: &Value) -> Value {
    let answered = json!({"answers": answers(values.map(Value::from))});
    merged(&merged(&sample("assessments").body, &answered), extra)
}

#[tokio::test]
async fn the_server_scores_and_takes_only_its_own_score() {
    let ana = TestApp::shared().patient("ana").await;
    let made = ana.create(&fresh("assessments"), &peg([7, 6, 7], &json!({}))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!((&made.json["score"], &made.json["status"]), (&json!(6.67), &json!("complete")));
    assert_eq!((&made.json["instrument_version"], &made.json["flags"]), (&json!(1), &json!([])));
    let right = json!({"score": 6.67, "status": "complete", "instrument_version": 1});
    assert_eq!(ana.create(&fresh("assessments"), &peg([7, 6, 7], &right)).await.status, 201);
    for (extra, pointer) in [
        (json!({"score": 6.66}), "#/score"),
        (json!({"score": 0}), "#/score"),
        (json!({"status": "prorated"}), "#/status"),
        (json!({"reported_total": 20}), "#/reported_total"),
        (json!({"instrument": "nosuch"}), "#/instrument"),
        (json!({"instrument_version": 99}), "#/instrument_version"),
    ] {
        let answer = ana.create(&fresh("assessments"), &peg([7, 6, 7], &extra)).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{extra}");
    }
}

#[tokio::test]
async fn foreign_repeated_and_impossible_answers_are_refused_where_they_stand() {
    let ana = TestApp::shared().patient("ana").await;
    let good = answers([json!(1), json!(2), json!(3)]);
    for (index, member, value, pointer) in [
        (0, "item", json!("q99"), "#/answers/0/item"),
        (2, "item", json!("pain"), "#/answers/2/item"),
        (1, "value", json!(11), "#/answers/1/value"),
        (1, "value", json!(-1), "#/answers/1/value"),
        (1, "value", json!(1.5), "#/answers/1/value"),
        (1, "value", json!("2"), "#/answers/1/value"),
    ] {
        let mut list = good.clone();
        list[index][member] = value.clone();
        let body = peg([1, 2, 3], &json!({"answers": list}));
        let answer = ana.create(&fresh("assessments"), &body).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]), "{member} {value}");
    }
    let fourth = json!({"item": "extra", "value": 1});
    let mut list = good.clone();
    list.as_array_mut().unwrap().push(fourth.clone());
    let answer =
        ana.create(&fresh("assessments"), &peg([1, 2, 3], &json!({"answers": list}))).await;
    assert_eq!(answer.pointers(), ["#/answers/3/item"]);
    let many = json!({"answers": vec![fourth; 41]});
    let answer = ana.create(&fresh("assessments"), &peg([1, 2, 3], &many)).await;
    assert_eq!(answer.pointers(), ["#/answers"]);
}

#[tokio::test]
async fn a_total_from_elsewhere_is_kept_where_only_totals_are() {
    let ana = TestApp::shared().patient("ana").await;
    let total = |value: Value| {
        peg([1, 2, 3], &json!({"instrument": "odi_2_1a", "answers": [], "reported_total": value}))
    };
    let made = ana.create(&fresh("assessments"), &total(json!(42))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json["reported_total"], json!(42.0));
    for value in [json!(null), json!(101), json!(-1)] {
        let answer = ana.create(&fresh("assessments"), &total(value.clone())).await;
        assert_eq!(answer.pointers(), ["#/reported_total"], "{value}");
    }
}

#[tokio::test]
async fn a_phone_needs_no_score_and_is_told_the_one_the_server_finds() {
    let ana = TestApp::shared().patient("ana").await;
    let id = Uuid::now_v7();
    let typed = json!({"id": id, "effective_at": 1_748_887_200_000_i64, "instrument": "peg",
        "time_zone": "Europe/Berlin",
        "answers": answers([json!(7), json!(6), json!(7)]).to_string()});
    let made = push(&ana, head(&ana).await, changes("assessments", "created", &[typed])).await;
    assert_eq!((&made["accepted"], &made["rejected"]), (&json!(1), &json!([])));
    let now = row(&ana, "assessments").await;
    assert_eq!((&now["score"], &now["status"]), (&json!(6.67), &json!("complete")));

    // One answer corrected on the phone, the score of before still beside it.
    let corrected = answers([json!(1), json!(2), json!(3)]).to_string();
    let mut whole = now.clone();
    whole["answers"] = json!(corrected);
    whole["_changed"] = json!("answers");
    let answer = push(&ana, head(&ana).await, changes("assessments", "updated", &[whole])).await;
    assert_eq!(answer["accepted"], 1, "{answer}");
    assert_eq!(answer["records"][0]["record"]["score"], json!(2.0), "{answer}");
    let kept = ana.get(&format!("/v1/assessments/{id}")).await.json;
    assert_eq!((&kept["score"], &kept["status"]), (&json!(2.0), &json!("complete")));

    let claimed = edit(id, &json!({"score": 9.5}));
    let answer = push(&ana, head(&ana).await, changes("assessments", "updated", &[claimed])).await;
    assert_eq!(answer["rejected"][0]["field"], "score", "{answer}");
    let foreign = edit(id, &json!({"answers": "[{\"item\":\"q99\",\"value\":1}]"}));
    let answer = push(&ana, head(&ana).await, changes("assessments", "updated", &[foreign])).await;
    assert_eq!(answer["rejected"][0]["code"], "invalid_value", "{answer}");
    assert_eq!(row(&ana, "assessments").await["score"], json!(2.0));
}

#[tokio::test]
async fn a_skipped_item_is_no_zero() {
    let ana = TestApp::shared().patient("ana").await;
    let skipped = json!({"answers": answers([json!(7), json!(null), json!(7)])});
    let made = ana.create(&fresh("assessments"), &peg([0, 0, 0], &skipped)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_ne!(made.json["status"], "complete");
    assert_ne!(made.json["score"], json!(4.67), "a skipped item counted as 0");
}
