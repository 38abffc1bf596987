//! Creating, replacing and deleting through a share.

use super::{Clinic, SESSIONS, content, own, recordable, visit};
use crate::records::merged;
use crate::support::TestApp;
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn a_practitioner_creates_replaces_and_deletes_and_the_patient_sees_it() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (ana, lind) = (&clinic.ana, &clinic.lind);
    for (collection, body, change) in recordable() {
        let id = Uuid::now_v7();
        let (path, hers) = (clinic.at(collection, id), own(collection, id));
        let made = lind.create(&path, &body).await;
        assert_eq!(made.status, 201, "{collection} {}", made.text);
        assert_eq!(made.json["clinician_id"], json!(lind.id));
        let again = lind.create(&path, &body).await;
        assert_eq!((again.status, &again.json, again.etag()), (200, &made.json, made.etag()));
        assert_eq!(lind.get(&path).await.json, made.json);
        assert_eq!(content(&ana.get(&hers).await), content(&made), "{collection}");
        let known = lind.call("GET", &path).header("If-None-Match", made.etag()).send().await;
        assert_eq!(known.status, 304);

        let changed = merged(&body, &change);
        let replaced = lind.replace(&path, made.etag(), &changed).await;
        assert_eq!(replaced.status, 200, "{collection} {}", replaced.text);
        assert_ne!(replaced.json, made.json);
        let again = lind.replace(&path, made.etag(), &changed).await;
        assert_eq!((again.status, &again.json), (200, &replaced.json), "a lost answer, repeated");
        let stale = lind.replace(&path, made.etag(), &body).await;
        let narrowed = collection == "practitioner-notes";
        assert_eq!(stale.status, if narrowed { 422 } else { 412 }, "{}", stale.text);
        let list = ana.get(&format!("/v1/{collection}")).await;
        let ids: Vec<&Value> =
            list.json["data"].as_array().unwrap().iter().map(|record| &record["id"]).collect();
        assert_eq!(ids, [&replaced.json["id"]]);
        assert_eq!(content(&ana.get(&hers).await), content(&replaced));

        let late = lind.call("DELETE", &path).header("If-Match", made.etag()).send().await;
        assert_eq!((late.status, late.etag()), (412, replaced.etag()));
        let gone = lind.delete(&path).await;
        assert_eq!((gone.status, lind.delete(&path).await.status), (204, 204), "{}", gone.text);
        assert_eq!((lind.get(&path).await.status, ana.get(&hers).await.status), (404, 404));
        let over = lind.create(&path, &changed).await;
        assert_eq!((over.status, over.etag()), (409, gone.etag()));
        assert_eq!(lind.replace(&path, gone.etag(), &changed).await.status, 200);
        assert_eq!(ana.get(&hers).await.json["clinician_id"], json!(lind.id), "restored");
    }
}

#[tokio::test]
async fn the_patient_finds_the_name_of_the_clinician_in_the_own_shares() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, _) = clinic.session().await;
    let clinician = clinic.ana.get(&own(SESSIONS, id)).await.json["clinician_id"].clone();
    let shares = clinic.ana.get("/v1/shares").await.json["data"].as_array().unwrap().clone();
    let names: Vec<_> = shares
        .iter()
        .filter(|share| share["practitioner"]["id"] == clinician)
        .map(|share| share["practitioner"]["display_name"].clone())
        .collect();
    assert_eq!(names, ["lind"]);
}

#[tokio::test]
async fn the_author_stays_and_the_clinician_is_who_recorded() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (recorded, _) = clinic.session().await;
    assert_eq!(clinic.amend(SESSIONS, recorded, &json!({"note": "warm"})).await.status, 200);
    let taken = Uuid::now_v7();
    let made = clinic.ana.create(&own(SESSIONS, taken), &visit()).await;
    assert_eq!(made.json["clinician_id"], json!(null));
    let change = merged(&visit(), &json!({"needle_count": 9}));
    let took = {
        let path = clinic.at(SESSIONS, taken);
        let seen = clinic.lind.get(&path).await;
        clinic.lind.replace(&path, seen.etag(), &change).await
    };
    assert_eq!((took.status, &took.json["clinician_id"]), (200, &json!(clinic.lind.id)));
    let sql = app.sql().await;
    for (id, author) in [(recorded, clinic.lind.id), (taken, clinic.ana.id)] {
        let row = sql
            .query_one(
                "SELECT author_id::text, clinician_id::text FROM pj.treatment_sessions \
                 WHERE id = $1::text::uuid",
                &[&id.to_string()],
            )
            .await
            .unwrap();
        let found: (String, String) = (row.get(0), row.get(1));
        assert_eq!(found, (author.to_string(), clinic.lind.id.to_string()));
    }
}

#[tokio::test]
async fn every_write_and_every_try_is_a_line_in_the_access_log() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, made) = clinic.session().await;
    let path = clinic.at(SESSIONS, id);
    let bad = clinic.lind.create(&clinic.at(SESSIONS, Uuid::now_v7()), &json!({})).await;
    assert_eq!(bad.status, 422);
    let read = clinic.lind.get(&path).await;
    let gone = clinic.lind.delete(&path).await;
    let log = clinic.ana.get("/v1/me/access-log").await.json;
    let lines: Vec<(&str, &str)> = log["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["request_id"].as_str().unwrap(), line["action"].as_str().unwrap()))
        .collect();
    let wanted = [
        (&gone, "record_treatment_sessions"),
        (&read, "treatment_sessions"),
        (&bad, "record_treatment_sessions"),
        (&made, "record_treatment_sessions"),
    ];
    let wanted = wanted.map(|(answer, action)| (answer.header("x-request-id"), action));
    assert_eq!(lines, wanted, "newest first");
    assert!(log["data"].as_array().unwrap().iter().all(|line| line["practitioner"] == "lind"));
}
