//! Invitation codes: good once, for 72 hours, for a practitioner who is not the patient.

use super::{anonymous, confirm, end, id_of, read, redeem, share, state};
use crate::support::TestApp;
use chrono::Duration;
use futures_util::future::join_all;
use pain_journal::access::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn a_code_is_read_as_people_type_it() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let spellings: [fn(&str) -> String; 5] = [
        |code| code.to_lowercase(),
        |code| code.replace('-', ""),
        |code| format!(" {} ", code.replace('-', " ")),
        |code| code.replace('0', "O").replace('1', "I"),
        |code| code.to_lowercase().replace('0', "o").replace('1', "l"),
    ];
    for spell in spellings {
        let invitation = ana.invite(&["pain"], &json!({})).await;
        let typed = spell(invitation["code"].as_str().unwrap());
        let redeemed = redeem(&lind, &json!(typed)).await;
        assert_eq!(redeemed.json["share_id"], id_of(&invitation), "{typed}: {}", redeemed.text);
    }
}

#[tokio::test]
async fn t071_zero_and_the_letter_o_are_one_symbol() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    // One code in ten holds both a 0 and a 1.
    for _ in 0..200 {
        let invitation = ana.invite(&["pain"], &json!({})).await;
        let code = invitation["code"].as_str().unwrap();
        if code.contains('0') && code.contains('1') {
            let typed = code.replace('0', "o").replace('1', "i");
            assert_eq!(redeem(&lind, &json!(typed)).await.status, 200, "{typed}");
            return;
        }
    }
    panic!("200 codes and not one with a 0 and a 1");
}

#[tokio::test]
async fn t071_of_two_practitioners_at_once_exactly_one_redeems() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let invitation = ana.invite(&["pain"], &json!({})).await;
    let mut crowd = Vec::new();
    for _ in 0..6 {
        crowd.push(app.practitioner("lind").await);
    }
    let answers = join_all(crowd.iter().map(|person| redeem(person, &invitation["code"]))).await;
    let winners: Vec<usize> = (0..6).filter(|n| answers[*n].status == 200).collect();
    assert_eq!(winners.len(), 1);
    assert!(answers.iter().all(|answer| [200, 404].contains(&answer.status)));
    let id = id_of(&invitation);
    let seen = share(&ana, &id).await.json;
    assert_eq!(seen["practitioner"]["email"], crowd[winners[0]].email.as_str());
    assert_eq!(confirm(&ana, &id).await.status, 200);
    for (n, person) in crowd.iter().enumerate() {
        let expected = if n == winners[0] { 200 } else { 404 };
        assert_eq!(read(person, &id, "journal-entries").await.status, expected);
    }
}

#[tokio::test]
async fn t071_one_practitioner_redeeming_twice_at_once_redeems_once() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let invitation = ana.invite(&["pain"], &json!({})).await;
    let answers = join_all((0..4).map(|_| redeem(&lind, &invitation["code"]))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(share(&ana, &id_of(&invitation)).await.json["version"], 2);
}

#[tokio::test]
async fn t071_every_code_that_does_not_open_is_refused_with_the_same_bytes() {
    let app = TestApp::alone();
    let ana = app.person("ana", &[Role::Patient, Role::Practitioner]).await;
    let (lind, may) = (app.practitioner("lind").await, app.practitioner("may").await);

    let used = ana.invite(&["pain"], &json!({})).await;
    assert_eq!(redeem(&may, &used["code"]).await.status, 200);
    let ended = ana.invite(&["pain"], &json!({})).await;
    assert_eq!(end(&ana, &id_of(&ended)).await.status, 204);
    let soon = (app.now() + Duration::hours(1)).to_rfc3339();
    let over = ana.invite(&["pain"], &json!({"expires_at": soon})).await;
    let expired = ana.invite(&["pain"], &json!({})).await;
    let last_minute = ana.invite(&["pain"], &json!({})).await;
    let unknown = json!("0000-0000-0000");

    app.pass(Duration::hours(72) - Duration::minutes(1));
    let [ana, lind, may] =
        [ana.other_device(&app).await, lind.other_device(&app).await, may.other_device(&app).await];
    assert_eq!(state(&ana, &id_of(&over)).await, "expired");
    assert_eq!(redeem(&may, &last_minute["code"]).await.status, 200);
    let outlived = redeem(&lind, &over["code"]).await;
    let own = ana.invite(&["pain"], &json!({})).await;
    app.pass(Duration::minutes(1));
    assert_eq!(state(&ana, &id_of(&expired)).await, "expired");

    let mut refusals = vec![anonymous(&outlived)];
    for (person, code) in [
        (&lind, &unknown),
        (&may, &json!("not a code")),
        (&may, &json!("0")),
        (&lind, &used["code"]),
        (&may, &used["code"]),
        (&may, &ended["code"]),
        (&lind, &expired["code"]),
        (&ana, &own["code"]),
    ] {
        let answer = redeem(person, code).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{code}");
        refusals.push(anonymous(&answer));
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:#?}");
    assert_eq!(redeem(&lind, &own["code"]).await.status, 200, "the own code is a good one");
}

#[tokio::test]
async fn a_code_of_the_wrong_form_is_a_fault_only_for_those_who_may_redeem() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    for code in [Value::Null, json!(7), json!(["A"]), json!(""), json!("A".repeat(41)), json!("\0")]
    {
        assert_eq!(redeem(&lind, &code).await.pointers(), ["#/code"], "{code}");
        assert_eq!(redeem(&ana, &code).await.code(), "role_insufficient", "{code}");
    }
}

#[tokio::test]
async fn only_a_hash_of_the_code_is_kept_and_not_after_its_use() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let invitation = ana.invite(&["pain"], &json!({})).await;
    let sql = app.sql().await;
    let stored = async || {
        let row = "SELECT code_hash, to_jsonb(s)::text FROM pj.shares s WHERE id::text = $1";
        let row = sql.query_one(row, &[&id_of(&invitation)]).await.unwrap();
        (row.get::<_, Option<Vec<u8>>>(0), row.get::<_, String>(1))
    };
    let (hash, row) = stored().await;
    assert_eq!(hash.map(|hash| hash.len()), Some(32));
    let code = invitation["code"].as_str().unwrap();
    assert!(!row.contains(code) && !row.contains(&code.replace('-', "")));
    redeem(&lind, &invitation["code"]).await;
    assert_eq!(stored().await.0, None);

    let unused = id_of(&ana.invite(&["pain"], &json!({})).await);
    assert_eq!(end(&ana, &unused).await.status, 204);
    let left = "SELECT count(code_hash) FROM pj.shares WHERE id::text = $1";
    let left = sql.query_one(left, &[&unused]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 0, "nor after its end");
}
