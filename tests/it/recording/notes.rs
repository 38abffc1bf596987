//! Practitioner notes: who reads them, and that nothing of an unshown one gets out.

use super::{Clinic, faults, own, through};
use crate::records::merged;
use crate::support::{Person, TestApp};
use crate::sync::support::{head, pull, pull_with};
use serde_json::{Value, json};
use uuid::Uuid;

const NOTES: &str = "practitioner-notes";

fn note(visibility: &str) -> Value {
    json!({"journal_date": "2025-06-03", "text": "zaunkoenig: may be work", "visibility": visibility})
}

/// A note, written down by the practitioner of a clinic.
async fn write(clinic: &Clinic, visibility: &str) -> Uuid {
    let id = Uuid::now_v7();
    let made = clinic.lind.create(&clinic.at(NOTES, id), &note(visibility)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    id
}

/// The ids of a list.
async fn listed(person: &Person, list: &str) -> Vec<Uuid> {
    let page = person.get(list).await;
    let data = page.json["data"].as_array().unwrap_or_else(|| panic!("{}", page.text));
    let mut ids: Vec<Uuid> =
        data.iter().map(|note| note["id"].as_str().unwrap().parse().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn a_note_is_read_by_those_its_visibility_names() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (may, colleagues) = clinic.colleague(&app).await;
    let [author, patient, everyone] = [
        write(&clinic, "author").await,
        write(&clinic, "patient").await,
        write(&clinic, "everyone").await,
    ];
    let of = |share: &str| format!("/v1/patients/{share}/{NOTES}");
    assert_eq!(listed(&clinic.lind, &of(&clinic.share)).await, [author, patient, everyone]);
    assert_eq!(listed(&clinic.ana, &format!("/v1/{NOTES}")).await, [patient, everyone]);
    assert_eq!(listed(&may, &of(&colleagues)).await, [everyone]);
    for (id, hers, colleague) in
        [(author, 404, 404), (patient, 200, 404), (everyone, 200, 200)]
    {
        assert_eq!(clinic.ana.get(&own(NOTES, id)).await.status, hers);
        assert_eq!(may.get(&through(&colleagues, NOTES, id)).await.status, colleague);
        assert_eq!(clinic.lind.get(&clinic.at(NOTES, id)).await.status, 200);
    }
}

#[tokio::test]
async fn an_unshown_note_does_not_reach_the_patients_phone_and_a_shown_one_does() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let start = head(&clinic.ana).await;
    let id = write(&clinic, "author").await;
    for query in [
        "last_pulled_at=0".to_owned(),
        "last_pulled_at=0&tombstones=1".into(),
        format!("last_pulled_at={start}"),
        "last_pulled_at=0&collections=practitioner_notes".into(),
        format!("last_pulled_at={start}&migration={{\"from\":1,\"tables\":[\"practitioner_notes\"]}}"),
    ] {
        let page = pull_with(&clinic.ana, &query).await;
        assert_eq!(page["changes"]["practitioner_notes"], json!(null), "{query}");
    }
    let seen = head(&clinic.ana).await;
    let path = clinic.at(NOTES, id);
    let etag = clinic.lind.get(&path).await.etag().to_owned();
    let shown = clinic.lind.replace(&path, &etag, &note("patient")).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let rows = pull(&clinic.ana, seen).await["changes"]["practitioner_notes"]["updated"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!((&rows[0]["id"], &rows[0]["visibility"]), (&json!(id), &json!("patient")));
    assert_eq!(rows[0]["clinician_id"], json!(clinic.lind.id));
    let seen = head(&clinic.ana).await;
    assert_eq!(clinic.lind.delete(&path).await.status, 204);
    let gone = pull(&clinic.ana, seen).await["changes"]["practitioner_notes"]["deleted"].clone();
    assert_eq!(gone, json!([id]));
}

#[tokio::test]
async fn the_history_of_a_note_is_for_nobody_else() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = write(&clinic, "author").await;
    let path = clinic.at(NOTES, id);
    let etag = clinic.lind.get(&path).await.etag().to_owned();
    let shown = merged(&note("patient"), &json!({"text": "What may be read."}));
    assert_eq!(clinic.lind.replace(&path, &etag, &shown).await.status, 200);
    for id in [id, Uuid::now_v7()] {
        let history = clinic.ana.get(&format!("/v1/sync/history/practitioner_notes/{id}")).await;
        assert_eq!((history.status, history.code()), (404, "not_found"));
    }
    let kept = "SELECT count(*) FROM pj.record_history WHERE record_id = $1::text::uuid \
                AND changes::text LIKE '%zaunkoenig%'";
    let kept = app.sql().await.query_one(kept, &[&id.to_string()]).await.unwrap();
    assert_eq!(kept.get::<_, i64>(0), 1, "what the patient must not find is there");
}

#[tokio::test]
async fn what_was_shown_stays_shown() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    for (before, after, fits) in [
        ("author", "patient", true),
        ("author", "everyone", true),
        ("patient", "everyone", true),
        ("patient", "author", false),
        ("everyone", "patient", false),
        ("everyone", "author", false),
    ] {
        let id = write(&clinic, before).await;
        let path = clinic.at(NOTES, id);
        let etag = clinic.lind.get(&path).await.etag().to_owned();
        let answer = clinic.lind.replace(&path, &etag, &note(after)).await;
        if fits {
            assert_eq!(answer.status, 200, "{before} → {after}: {}", answer.text);
        } else {
            assert_eq!(faults(&answer), ["#/visibility contradiction"], "{before} → {after}");
            assert_eq!(clinic.lind.get(&path).await.json["visibility"], before);
        }
    }
}

#[tokio::test]
async fn an_id_that_an_unshown_note_has_is_a_conflict_and_no_failure() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (may, share) = clinic.colleague(&app).await;
    let id = write(&clinic, "author").await;
    let path = through(&share, NOTES, id);
    let over = may.create(&path, &note("everyone")).await;
    assert_eq!((over.status, over.code(), over.etag()), (409, "conflict", ""));
    assert!(!over.text.contains("zaunkoenig"));
    assert_eq!(may.replace(&path, "\"v2\"", &note("everyone")).await.status, 404);
    assert_eq!(may.delete(&path).await.status, 404);
    assert_eq!(clinic.lind.get(&clinic.at(NOTES, id)).await.json["visibility"], "author");
}

#[tokio::test]
async fn the_patient_writes_no_practitioner_notes() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = write(&clinic, "patient").await;
    let path = own(NOTES, id);
    for answer in [
        clinic.ana.call("PUT", &path).json(&note("patient")).unchecked().send().await,
        clinic.ana.call("DELETE", &path).unchecked().send().await,
    ] {
        assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"));
    }
}
