//! What a practitioner says of a record of the patient's stands beside the patient's words, never in their
//! place: adverse events and complaints.

use super::{Clinic, content, faults, own};
use crate::records::merged;
use crate::support::TestApp;
use crate::support::people::fresh;
use crate::sync::support::{changes, edit, head, pull, push};
use serde_json::{Value, json};
use uuid::Uuid;

const EVENTS: &str = "adverse-events";
const TABLE: &str = "adverse_events";

/// What the patient recorded.
fn infection() -> Value {
    json!({"started_at": "2025-06-03T10:00:00+02:00", "time_zone": "Europe/Berlin",
        "kinds": ["infection"], "severity": "severe", "serious": false,
        "actions": ["emergency_care"], "note": "red and hot"})
}

/// What the practitioner holds it to be.
fn held() -> Value {
    json!({"clinical_severity": "mild", "clinical_relatedness": "unlikely",
        "clinical_actions": ["medical_care"], "clinical_note": "A bruise, no fever."})
}

/// An event of the patient's, assessed by the practitioner.
async fn assessed(clinic: &Clinic) -> Uuid {
    let id = Uuid::now_v7();
    let made = clinic.ana.create(&own(EVENTS, id), &infection()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let seen = clinic.lind.get(&clinic.at(EVENTS, id)).await;
    let body = merged(&content(&seen), &held());
    let said = clinic.lind.replace(&clinic.at(EVENTS, id), seen.etag(), &body).await;
    assert_eq!(said.status, 200, "{}", said.text);
    id
}

#[tokio::test]
async fn infection_and_severe_stay_so_and_the_practitioners_view_stands_beside() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = Uuid::now_v7();
    let (hers, his) = (own(EVENTS, id), clinic.at(EVENTS, id));
    let made = clinic.ana.create(&hers, &infection()).await;
    let seen = clinic.lind.get(&his).await;
    let over = json!({"kinds": ["bruising"], "severity": "mild"});
    let refused = clinic.lind.replace(&his, seen.etag(), &merged(&content(&seen), &over)).await;
    assert_eq!((refused.status, refused.code()), (422, "validation_failed"));
    assert_eq!(faults(&refused), ["#/kinds not_yours", "#/severity not_yours"]);
    assert_eq!(clinic.ana.get(&hers).await.json, made.json, "nothing has changed");

    // A document that leaves the patient's optional members out keeps them.
    let mut bare = merged(&infection(), &held());
    for left_out in ["actions", "note"] {
        bare.as_object_mut().unwrap().remove(left_out);
    }
    let said = clinic.lind.replace(&his, seen.etag(), &bare).await;
    assert_eq!(said.status, 200, "{}", said.text);
    let after = clinic.ana.get(&hers).await.json;
    for (name, value) in infection().as_object().unwrap() {
        if !name.ends_with("_at") {
            assert_eq!(&after[name], value, "{name}");
        }
    }
    for (name, value) in held().as_object().unwrap() {
        assert_eq!((&after[name], &said.json[name]), (value, value), "{name}");
    }
    assert_eq!(after["clinician_id"], json!(clinic.lind.id));
}

#[tokio::test]
async fn the_patient_sets_the_own_words_right_and_leaves_the_practitioners() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = assessed(&clinic).await;
    let right = json!({"severity": "moderate", "kinds": ["infection", "other"],
        "kind_other": "swelling", "actions": ["medical_care"]});
    let amended = clinic.amend(EVENTS, id, &right).await;
    assert_eq!((amended.status, &amended.json["severity"]), (200, &json!("moderate")));
    assert_eq!(amended.json["clinical_severity"], "mild");

    // An app that does not know the clinical members leaves them out; that deletes nothing.
    let whole = merged(&infection(), &json!({"note": "better"}));
    let put = clinic.ana.replace(&own(EVENTS, id), amended.etag(), &whole).await;
    assert_eq!((put.status, &put.json["note"]), (200, &json!("better")), "{}", put.text);
    for (name, value) in held().as_object().unwrap() {
        assert_eq!(&put.json[name], value, "{name}");
    }
    let refused = clinic.amend(EVENTS, id, &json!({"clinical_severity": "severe"})).await;
    assert_eq!(
        (refused.status, faults(&refused)),
        (422, vec!["#/clinical_severity not_yours".to_owned()])
    );
    let new = merged(&infection(), &json!({"clinical_note": "nothing at all"}));
    let refused = clinic.ana.create(&fresh(EVENTS), &new).await;
    assert_eq!(
        (refused.status, faults(&refused)),
        (422, vec!["#/clinical_note not_yours".to_owned()])
    );
}

#[tokio::test]
async fn a_complaint_keeps_what_the_patient_holds_it_to_be() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = Uuid::now_v7();
    let (hers, his) = (own("pain-episodes", id), clinic.at("pain-episodes", id));
    let body = json!({"journal_date": "2025-06-02", "label": "My back", "status": "active",
        "conditions": ["disc_bulge_herniation"]});
    assert_eq!(clinic.ana.create(&hers, &body).await.status, 201);
    let seen = clinic.lind.get(&his).await;
    let over = merged(&content(&seen), &json!({"conditions": ["muscle_spasm"]}));
    let refused = clinic.lind.replace(&his, seen.etag(), &over).await;
    assert_eq!(faults(&refused), ["#/conditions not_yours"]);
    let beside = json!({"clinical_conditions": ["muscle_spasm"], "clinical_note": "No root sign."});
    let body = merged(&content(&seen), &beside);
    assert_eq!(clinic.lind.replace(&his, seen.etag(), &body).await.status, 200);
    let set = clinic.amend("pain-episodes", id, &json!({"conditions": ["facet_joint"]})).await;
    assert_eq!((set.status, &set.json["conditions"]), (200, &json!(["facet_joint"])));
    assert_eq!(set.json["clinical_conditions"], json!(["muscle_spasm"]));
    let report = clinic.lind.get(&format!("/v1/patients/{}/report", clinic.share)).await.json;
    let complaint = &report["complaints"][0];
    assert_eq!(complaint["conditions"], json!(["facet_joint"]));
    assert_eq!(complaint["clinical_conditions"], json!(["muscle_spasm"]));
}

#[tokio::test]
async fn reports_and_pages_of_both_show_both() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    assessed(&clinic).await;
    let window = "from=2025-06-01&to=2025-06-30";
    let shared = format!("/v1/patients/{}/report", clinic.share);
    for (person, path, page) in [
        (&clinic.ana, "/v1/report", "summary.html"),
        (&clinic.ana, "/v1/report", "page.html"),
        (&clinic.lind, &shared, "page.html"),
    ] {
        let report = person.get(&format!("{path}?{window}")).await.json;
        let event = &report["adverse_events"][0];
        let own = (&event["severity"], &event["kinds"]);
        assert_eq!(own, (&json!("severe"), &json!(["infection"])));
        for (name, value) in held().as_object().unwrap() {
            assert_eq!(&event[name], value, "{name}");
        }
        let page = person.get(&format!("{path}/{page}?{window}")).await;
        let said = "infection, severe; the practitioner: mild, unlikely from the treatment, \
                    medical care, A bruise, no fever.";
        assert!(page.text.contains(said), "{}", page.text);
        let table = person.get(&format!("{path}/days.csv?{window}")).await;
        let mut lines = table.text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let names = lines.next().unwrap();
        let at = |name: &str| names.iter().position(|column| *column == name).unwrap();
        let day = lines.find(|cells| cells[at("journal_date")] == "2025-06-03").unwrap();
        let cell = |name: &str| day[at(name)];
        assert_eq!((cell("event_severity"), cell("event_clinical_severity")), ("severe", "mild"));
    }
}

/// The row as a phone holds it.
async fn row(clinic: &Clinic, id: Uuid) -> Value {
    let page = pull(&clinic.ana, 0).await;
    let rows = page["changes"][TABLE]["updated"].as_array().cloned().unwrap_or_default();
    rows.into_iter().find(|row| row["id"] == json!(id)).unwrap_or_default()
}

#[tokio::test]
async fn a_phone_pulls_the_clinical_members_and_an_older_app_does_not_delete_them() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = assessed(&clinic).await;
    let pulled = row(&clinic, id).await;
    assert_eq!(
        (&pulled["severity"], &pulled["clinical_severity"]),
        (&json!("severe"), &json!("mild"))
    );
    assert_eq!(pulled["clinical_actions"], r#"["medical_care"]"#);

    // An app of the earlier schema: it never had the columns, and sends its whole row.
    let mut old = pulled.clone();
    old.as_object_mut().unwrap().retain(|name, _| !name.starts_with("clinical_"));
    old["severity"] = json!("moderate");
    let cursor = head(&clinic.ana).await;
    let answer = push(&clinic.ana, cursor, changes(TABLE, "updated", &[old])).await;
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!([])));
    let stands = row(&clinic, id).await;
    assert_eq!(
        (&stands["severity"], &stands["clinical_note"]),
        (&json!("moderate"), &pulled["clinical_note"])
    );

    // An app that knows them and changes them loses just that, and is told.
    let typed = edit(
        id,
        &json!({"severity": "severe", "clinical_severity": "severe", "clinical_note": null}),
    );
    let cursor = head(&clinic.ana).await;
    let answer = push(&clinic.ana, cursor, changes(TABLE, "updated", &[typed])).await;
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!([])));
    let conflicts = &answer["records"][0]["conflicts"];
    let conflict = &conflicts["clinical_severity"];
    assert_eq!(
        (&conflict["kept"], &conflict["sent"]),
        (&json!("mild"), &json!("severe")),
        "{answer}"
    );
    assert_eq!(conflict["reason"], "written_by_practitioner");
    let stands = row(&clinic, id).await;
    for (name, value) in [("severity", "severe"), ("clinical_severity", "mild")] {
        assert_eq!(stands[name], value, "{name}");
    }
    assert_eq!(stands["clinical_note"], pulled["clinical_note"]);
}

#[tokio::test]
async fn a_new_row_with_clinical_members_is_taken_without_them() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = assessed(&clinic).await;
    let mut copy = row(&clinic, id).await;
    let new = Uuid::now_v7();
    copy["id"] = json!(new);
    copy["clinician_id"] = json!(null);
    let answer = push(&clinic.ana, 0, changes(TABLE, "created", &[copy])).await;
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!([])), "{answer}");
    let stands = row(&clinic, new).await;
    assert_eq!(
        (&stands["severity"], &stands["clinical_severity"]),
        (&json!("severe"), &json!(null))
    );
    assert_eq!(stands["clinician_id"], json!(null));
}

#[tokio::test]
async fn who_records_an_event_for_the_patient_answers_for_it_and_may_say_how_it_is_related() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let id = Uuid::now_v7();
    let mut event = merged(&infection(), &held());
    event.as_object_mut().unwrap().remove("note");
    let made = clinic.lind.create(&clinic.at(EVENTS, id), &event).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let refused = clinic.amend(EVENTS, id, &json!({"severity": "mild"})).await;
    assert_eq!(faults(&refused), ["#/severity not_yours"]);
    let changed =
        merged(&event, &json!({"severity": "moderate", "clinical_relatedness": "certain"}));
    let changed = clinic.lind.replace(&clinic.at(EVENTS, id), made.etag(), &changed).await;
    assert_eq!((changed.status, &changed.json["severity"]), (200, &json!("moderate")));
}
