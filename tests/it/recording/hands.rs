//! Whose hand writes which field.

use super::{ALL, Clinic, SESSIONS, content, faults, own, recordable, through, visit};
use crate::records::merged;
use crate::support::TestApp;
use crate::support::people::fresh;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn the_patient_leaves_alone_what_a_practitioner_answers_for() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, made) = clinic.session().await;
    let change = json!({"status": "missed", "techniques": [], "needle_count": null,
        "starts_at": "2025-06-03T08:00:00+02:00", "note": "was not there"});
    let refused = clinic.amend(SESSIONS, id, &change).await;
    assert_eq!((refused.status, refused.code()), (422, "validation_failed"));
    let fields = ["needle_count", "starts_at", "status", "techniques"];
    assert_eq!(faults(&refused), fields.map(|field| format!("#/{field} not_yours")));
    assert_eq!(
        content(&clinic.ana.get(&own(SESSIONS, id)).await),
        content(&made),
        "nothing has changed"
    );
}

#[tokio::test]
async fn the_patient_adds_own_words_and_ratings_to_a_recorded_session() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, made) = clinic.session().await;
    let words = json!({"note": "warm afterwards", "sensations": ["warmth"], "note_shared": true});
    let amended = clinic.amend(SESSIONS, id, &words).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    assert_eq!(amended.json["clinician_id"], json!(clinic.lind.id), "still the practitioner's");
    assert_eq!(amended.json["points"], made.json["points"]);
    let seen = clinic.lind.get(&clinic.at(SESSIONS, id)).await.json;
    assert_eq!(seen["note"], "warm afterwards");
    for (kind, pain) in [("pre_session", 7), ("post_session", 3)] {
        let rating = json!({"kind": kind, "effective_at": "2025-06-03T09:00:00+02:00",
            "time_zone": "Europe/Berlin", "pain_now": pain, "treatment_session_id": id});
        assert_eq!(clinic.ana.create(&fresh("journal-entries"), &rating).await.status, 201);
    }
    let ratings = format!("/v1/patients/{}/journal-entries", clinic.share);
    let ratings = clinic.lind.get(&ratings).await.json["data"].as_array().unwrap().clone();
    assert_eq!(ratings.len(), 2);
    assert!(ratings.iter().all(|rating| rating["treatment_session_id"] == json!(id)));
}

#[tokio::test]
async fn a_practitioners_document_never_touches_the_patients_words_seen_or_unseen() {
    let app = TestApp::shared();
    for sections in [&["treatment"][..], &ALL] {
        let clinic = Clinic::with(&app, sections, &json!({})).await;
        let (id, _) = clinic.session().await;
        let path = clinic.at(SESSIONS, id);
        let words = json!({"note": "only for me", "sensations": ["sharp"]});
        assert_eq!(clinic.amend(SESSIONS, id, &words).await.status, 200);
        let seen = clinic.lind.get(&path).await;
        assert_eq!(
            (&seen.json["note"], &seen.json["sensations"]),
            (&json!(null), &json!(["sharp"]))
        );

        // What was read is sent back: the note that is not shown, and what the patient felt.
        let more = merged(&content(&seen), &json!({"needle_count": 12}));
        let changed = clinic.lind.replace(&path, seen.etag(), &more).await;
        assert_eq!(
            (changed.status, &changed.json["note"]),
            (200, &json!(null)),
            "{}",
            changed.text
        );
        let bare = merged(&visit(), &json!({"needle_count": 13}));
        assert_eq!(clinic.lind.replace(&path, changed.etag(), &bare).await.status, 200);
        let hers = clinic.ana.get(&own(SESSIONS, id)).await.json;
        assert_eq!((&hers["note"], &hers["needle_count"]), (&json!("only for me"), &json!(13)));
        assert_eq!(hers["sensations"], json!(["sharp"]));
    }
}

#[tokio::test]
async fn naming_a_field_of_the_patients_is_a_fault_at_that_field() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let named = json!({"note": "tells of warmth", "note_shared": true, "sensations": ["warmth"]});
    let wanted = ["note", "note_shared", "sensations"].map(|name| format!("#/{name} not_yours"));
    let new = clinic.at(SESSIONS, Uuid::now_v7());
    let refused = clinic.lind.create(&new, &merged(&visit(), &named)).await;
    assert_eq!((refused.status, faults(&refused)), (422, wanted.to_vec()));
    assert_eq!(clinic.lind.get(&new).await.status, 404);
    let (id, made) = clinic.session().await;
    let path = clinic.at(SESSIONS, id);
    let refused = clinic.lind.replace(&path, made.etag(), &merged(&visit(), &named)).await;
    assert_eq!((refused.status, faults(&refused)), (422, wanted.to_vec()));
    assert_eq!(clinic.lind.get(&path).await.json, made.json);
}

#[tokio::test]
async fn an_episode_keeps_the_patients_name_for_it_once_it_has_one() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = Uuid::now_v7();
    let path = clinic.at("pain-episodes", id);
    let episode = json!({"journal_date": "2025-06-02", "label": "Low back", "status": "active",
        "conditions": ["muscle_spasm"]});
    let optional = merged(&episode, &json!({"mechanism": "fall"}));
    let refused = clinic.lind.create(&path, &optional).await;
    assert_eq!(faults(&refused), ["#/mechanism not_yours"]);
    assert_eq!(clinic.lind.create(&path, &episode).await.status, 201);
    let renamed = clinic.amend("pain-episodes", id, &json!({"label": "The old pain"})).await;
    assert_eq!((renamed.status, &renamed.json["label"]), (200, &json!("The old pain")));
    let seen = clinic.lind.get(&path).await;
    let again = clinic.lind.replace(&path, seen.etag(), &episode).await;
    assert_eq!(faults(&again), ["#/label not_yours"]);
    let change = json!({"label": "The old pain", "conditions": ["facet_joint"]});
    let set = clinic.lind.replace(&path, seen.etag(), &merged(&episode, &change)).await;
    assert_eq!((set.status, &set.json["conditions"]), (200, &json!(["facet_joint"])));
    let unset = clinic.amend("pain-episodes", id, &json!({"conditions": []})).await;
    assert_eq!(faults(&unset), ["#/conditions not_yours"]);
}

#[tokio::test]
async fn a_colleague_reads_but_does_not_write_in_what_another_answers_for() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (may, share) = clinic.colleague(&app).await;
    for (collection, body, change) in recordable() {
        let body = merged(&body, &json!({}));
        let body = if body["visibility"].is_string() {
            merged(&body, &json!({"visibility": "everyone"}))
        } else {
            body
        };
        let id = Uuid::now_v7();
        let made = clinic.lind.create(&clinic.at(collection, id), &body).await;
        let path = through(&share, collection, id);
        let seen = may.get(&path).await;
        assert_eq!(content(&seen), content(&made), "{collection}");
        assert_ne!(seen.etag(), made.etag(), "each share has tags of its own");
        for refused in [
            may.replace(&path, seen.etag(), &merged(&body, &change)).await,
            may.replace(&path, seen.etag(), &body).await,
            may.create(&path, &body).await,
            may.delete(&path).await,
        ] {
            assert_eq!((refused.status, refused.code()), (403, "not_yours"), "{collection}");
        }
        assert_eq!(content(&clinic.ana.get(&own(collection, id)).await), content(&made));
    }
}

#[tokio::test]
async fn each_side_deletes_only_what_is_wholly_its_own() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let refused = |answer: &crate::support::Answer| (answer.status, answer.code().to_owned());
    let not_yours = (403, "not_yours".to_owned());

    let (recorded, _) = clinic.session().await;
    let hers = own(SESSIONS, recorded);
    assert_eq!(refused(&clinic.ana.delete(&hers).await), not_yours, "a practitioner's");
    assert_eq!(clinic.ana.get(&hers).await.status, 200);
    let words = json!({"note": "warm", "sensations": ["warmth"]});
    assert_eq!(clinic.amend(SESSIONS, recorded, &words).await.status, 200);
    let path = clinic.at(SESSIONS, recorded);
    assert_eq!(refused(&clinic.lind.delete(&path).await), not_yours, "the patient's words");
    let taken_back = json!({"note": null, "sensations": []});
    assert_eq!(clinic.amend(SESSIONS, recorded, &taken_back).await.status, 200);
    assert_eq!(clinic.lind.delete(&path).await.status, 204);

    let taken = Uuid::now_v7();
    assert_eq!(clinic.ana.create(&own(SESSIONS, taken), &visit()).await.status, 201);
    let path = clinic.at(SESSIONS, taken);
    assert_eq!(refused(&clinic.lind.delete(&path).await), not_yours, "the patient's");
    let change = merged(&visit(), &json!({"needle_count": 1}));
    let seen = clinic.lind.get(&path).await;
    assert_eq!(clinic.lind.replace(&path, seen.etag(), &change).await.status, 200);
    assert_eq!(refused(&clinic.lind.delete(&path).await), not_yours, "the patient made it");
    assert_eq!(refused(&clinic.ana.delete(&own(SESSIONS, taken)).await), not_yours);
}

#[tokio::test]
async fn what_the_patient_has_deleted_a_practitioner_does_not_bring_back() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = Uuid::now_v7();
    assert_eq!(clinic.ana.create(&own(SESSIONS, id), &visit()).await.status, 201);
    let gone = clinic.ana.delete(&own(SESSIONS, id)).await;
    let path = clinic.at(SESSIONS, id);
    for refused in [
        clinic.lind.create(&path, &visit()).await,
        clinic.lind.replace(&path, gone.etag(), &visit()).await,
    ] {
        assert_eq!((refused.status, refused.code()), (403, "not_yours"));
    }
    assert_eq!(clinic.ana.get(&own(SESSIONS, id)).await.status, 404);
}

#[tokio::test]
async fn who_has_not_seen_the_other_sides_change_is_told_of_it_and_not_blamed_for_it() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = Uuid::now_v7();
    let (hers, path) = (own(SESSIONS, id), clinic.at(SESSIONS, id));
    let made = clinic.ana.create(&hers, &visit()).await;
    let more = merged(&visit(), &json!({"needle_count": 9}));
    let seen = clinic.lind.get(&path).await;
    let took = clinic.lind.replace(&path, seen.etag(), &more).await;
    assert_eq!(took.status, 200, "{}", took.text);
    let present = clinic.ana.get(&hers).await;
    let words = json!({"note": "warm", "sensations": ["warmth"]});
    for stale in [
        clinic.ana.create(&hers, &visit()).await,
        clinic.ana.replace(&hers, made.etag(), &merged(&visit(), &words)).await,
    ] {
        assert_eq!((stale.status, stale.etag()), (412, present.etag()), "{}", stale.text);
    }
    let amended = clinic.ana.replace(&hers, present.etag(), &merged(&more, &words)).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    let foreign = merged(&more, &json!({"sensations": ["sharp"], "needle_count": 10}));
    let stale = clinic.lind.replace(&path, took.etag(), &foreign).await;
    let present = clinic.lind.get(&path).await;
    assert_eq!((stale.status, stale.etag()), (412, present.etag()), "{}", stale.text);
    let foreign = clinic.lind.replace(&path, present.etag(), &foreign).await;
    assert_eq!(faults(&foreign), ["#/sensations not_yours"]);
}
