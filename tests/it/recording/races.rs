//! Two who write at once: nothing is lost, and each is told.

use super::{Clinic, SESSIONS, content, own, through, visit};
use crate::records::merged;
use crate::support::{Answer, TestApp};
use crate::sync::support::{changes, edit, head, push};
use serde_json::json;
use uuid::Uuid;

fn sorted(answers: [&Answer; 2]) -> [u16; 2] {
    let mut statuses = answers.map(|answer| answer.status);
    statuses.sort_unstable();
    statuses
}

#[tokio::test]
async fn of_two_practitioners_one_answers_for_a_record_and_the_other_is_told() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (may, share) = clinic.colleague(&app).await;
    for round in 0..10 {
        let id = Uuid::now_v7();
        let (here, there) = (clinic.at(SESSIONS, id), through(&share, SESSIONS, id));
        let (one, two) = (visit(), merged(&visit(), &json!({"needle_count": 3})));
        let (one, two) = if round % 2 == 0 {
            // A new session under one id.
            tokio::join!(clinic.lind.create(&here, &one), may.create(&there, &two))
        } else {
            // A session of the patient's that both take on.
            let body = merged(&visit(), &json!({"needle_count": 1}));
            assert_eq!(clinic.ana.create(&own(SESSIONS, id), &body).await.status, 201);
            let (mine, theirs) = (clinic.lind.get(&here).await, may.get(&there).await);
            tokio::join!(
                clinic.lind.replace(&here, mine.etag(), &one),
                may.replace(&there, theirs.etag(), &two)
            )
        };
        let won = if one.status < 300 { &one } else { &two };
        let first = if round % 2 == 0 { 201 } else { 200 };
        assert_eq!(sorted([&one, &two]), [first, 403], "{} {}", one.text, two.text);
        assert_eq!(content(&clinic.ana.get(&own(SESSIONS, id)).await), content(won));
    }
}

#[tokio::test]
async fn of_patient_and_practitioner_the_later_is_told_and_both_words_stand_in_the_end() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    for _ in 0..10 {
        let (id, made) = clinic.session().await;
        let (hers, here) = (own(SESSIONS, id), clinic.at(SESSIONS, id));
        let note = merged(&content(&made), &json!({"note": "warm"}));
        let more = merged(&visit(), &json!({"needle_count": 9}));
        let present = clinic.ana.get(&hers).await;
        let (words, needles) = tokio::join!(
            clinic.ana.replace(&hers, present.etag(), &note),
            clinic.lind.replace(&here, made.etag(), &more)
        );
        // The practitioner does not see the note: where it came first, nothing of his was overtaken.
        let statuses = sorted([&words, &needles]);
        assert!([[200, 200], [200, 412]].contains(&statuses), "{} {}", words.text, needles.text);
        assert_eq!(needles.status, 200, "{}", needles.text);
        if words.status == 412 {
            let again = clinic.amend(SESSIONS, id, &json!({"note": "warm"})).await;
            assert_eq!(again.status, 200, "{}", again.text);
        }
        let now = clinic.ana.get(&hers).await.json;
        assert_eq!((&now["note"], &now["needle_count"]), (&json!("warm"), &json!(9)));
    }
}

#[tokio::test]
async fn a_phone_that_pushes_beside_a_practitioner_never_loses_a_word() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    for _ in 0..10 {
        let (id, made) = clinic.session().await;
        let here = clinic.at(SESSIONS, id);
        let cursor = head(&clinic.ana).await;
        let typed = changes("treatment_sessions", "updated", &[edit(id, &json!({"note": "warm"}))]);
        let more = merged(&visit(), &json!({"needle_count": 9}));
        let (pushed, needles) = tokio::join!(
            push(&clinic.ana, cursor, typed),
            clinic.lind.replace(&here, made.etag(), &more)
        );
        assert_eq!((&pushed["accepted"], &pushed["rejected"]), (&json!(1), &json!([])));
        assert_eq!(needles.status, 200, "{}", needles.text);
        let now = clinic.ana.get(&own(SESSIONS, id)).await.json;
        assert_eq!((&now["note"], &now["needle_count"]), (&json!("warm"), &json!(9)));
    }
}
