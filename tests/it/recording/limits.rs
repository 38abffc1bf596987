//! What a share does not let be recorded.

use super::{ALL, Clinic, SESSIONS, content, faults, own, recordable, through, visit};
use crate::records::merged;
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// Every way to write a record at this address.
async fn writes(person: &Person, path: &str, body: &Value) -> [Answer; 3] {
    [
        person.create(path, body).await,
        person.replace(path, "\"v2\"", body).await,
        person.delete(path).await,
    ]
}

#[tokio::test]
async fn a_share_that_only_reads_stays_one_and_can_become_one_again() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &ALL).await;
    for (collection, body, _) in recordable() {
        for refused in writes(&lind, &through(&share, collection, Uuid::now_v7()), &body).await {
            assert_eq!((refused.status, refused.code()), (403, "share_read_only"), "{collection}");
        }
        assert_eq!(ana.get(&format!("/v1/{collection}")).await.json["data"], json!([]));
    }
    let log = ana.get("/v1/me/access-log?limit=200").await;
    let tries = log.json["data"].as_array().unwrap().iter();
    let tries: Vec<&Value> =
        tries.filter(|line| line["action"].as_str().unwrap().starts_with("record_")).collect();
    assert_eq!(tries.len(), 15, "{}", log.text);
    assert!(tries.iter().all(|line| line["outcome"] == "refused"), "{}", log.text);
    let record = async || lind.create(&through(&share, SESSIONS, Uuid::now_v7()), &visit()).await;
    let terms = async |may_record: Value| {
        let present = ana.get(&format!("/v1/shares/{share}")).await;
        let mut terms = json!({"may_record": may_record});
        for name in ["label", "sections", "expires_at"] {
            terms[name] = present.json[name].clone();
        }
        let changed = ana.replace(&format!("/v1/shares/{share}"), present.etag(), &terms).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        changed.json["may_record"].clone()
    };
    assert_eq!((terms(json!(true)).await, record().await.status), (json!(true), 201));
    assert_eq!((terms(json!(null)).await, record().await.status), (json!(false), 403));
}

#[tokio::test]
async fn a_share_that_is_not_open_looks_like_none() {
    let app = TestApp::shared();
    let (ended, expired) = (Clinic::open(&app).await, Clinic::open(&app).await);
    let foreign = Clinic::open(&app).await;
    let (closed, half) =
        (Clinic::with(&app, &["treatment"], &json!({})).await, Clinic::open(&app).await);
    assert_eq!(ended.ana.delete(&format!("/v1/shares/{}", ended.share)).await.status, 204);
    let past = "UPDATE pj.shares SET expires_at = now() - interval '1 second' WHERE id::text = $1";
    assert_eq!(app.sql().await.execute(past, &[&expired.share]).await.unwrap(), 1);
    let nowhere = through(&Uuid::now_v7().to_string(), SESSIONS, half.ana.id);
    let nobody = half.lind.create(&nowhere, &visit()).await;
    let face = |answer: &Answer| answer.text.replace(answer.header("x-request-id"), "");
    let episode = recordable()[3].1.clone();
    for (clinic, who, collection, body) in [
        (&ended, &ended.lind, SESSIONS, visit()),
        (&expired, &expired.lind, SESSIONS, visit()),
        (&foreign, &half.lind, SESSIONS, visit()),
        (&closed, &closed.lind, "pain-episodes", episode),
    ] {
        let path = clinic.at(collection, Uuid::now_v7());
        for refused in writes(who, &path, &body).await {
            assert_eq!((refused.status, face(&refused)), (404, face(&nobody)));
        }
        assert_eq!(who.create(&path, &json!({"x": 1})).await.code(), "not_found", "a bad body");
        assert_eq!(clinic.ana.get(&format!("/v1/{collection}")).await.json["data"], json!([]));
    }
    let stranger = half.ana.create(&half.at(SESSIONS, Uuid::now_v7()), &visit()).await;
    assert_eq!((stranger.status, stranger.code()), (403, "role_insufficient"), "the patient");
}

#[tokio::test]
async fn the_days_of_the_share_bound_what_is_recorded() {
    let app = TestApp::shared();
    let days = json!({"from_date": "2025-06-02", "to_date": "2025-06-04"});
    let clinic = Clinic::with(&app, &ALL, &days).await;
    let (id, made) = clinic.session().await;
    let path = clinic.at(SESSIONS, id);
    for (day, fits) in [("01", false), ("02", true), ("04", true), ("05", false)] {
        let moment = json!({"starts_at": format!("2025-06-{day}T09:00:00+02:00"), "ends_at": null});
        let visit = merged(&visit(), &moment);
        let answer = clinic.lind.create(&clinic.at(SESSIONS, Uuid::now_v7()), &visit).await;
        if fits {
            assert_eq!(answer.status, 201, "{day} {}", answer.text);
            continue;
        }
        let outside = ["#/journal_date outside_share"];
        assert_eq!((answer.status, faults(&answer)), (422, outside.map(String::from).to_vec()));
        let moved = clinic.lind.replace(&path, made.etag(), &visit).await;
        assert_eq!((moved.status, faults(&moved)), (422, outside.map(String::from).to_vec()));
    }
    assert_eq!(content(&clinic.ana.get(&own(SESSIONS, id)).await), content(&made));
    // By the patient's clock it is still the day before.
    let night = json!({"starts_at": "2025-06-02T03:30:00+02:00", "ends_at": null});
    let night = merged(&visit(), &night);
    let night = clinic.lind.create(&clinic.at(SESSIONS, Uuid::now_v7()), &night).await;
    assert_eq!(faults(&night), ["#/journal_date outside_share"]);
}

#[tokio::test]
async fn a_record_outside_the_days_of_the_share_is_out_of_reach() {
    let app = TestApp::shared();
    let clinic = Clinic::with(&app, &ALL, &json!({"from_date": "2025-06-02"})).await;
    let early = json!({"starts_at": "2025-06-01T09:00:00+02:00", "ends_at": null});
    let early = merged(&visit(), &early);
    let (live, dead) = (Uuid::now_v7(), Uuid::now_v7());
    let made = clinic.ana.create(&own(SESSIONS, live), &early).await;
    clinic.ana.create(&own(SESSIONS, dead), &early).await;
    let gone = clinic.ana.delete(&own(SESSIONS, dead)).await;
    for (id, etag) in [(live, made.etag()), (dead, gone.etag())] {
        let path = clinic.at(SESSIONS, id);
        assert_eq!(clinic.lind.get(&path).await.status, 404);
        let over = clinic.lind.create(&path, &visit()).await;
        assert_eq!((over.status, over.code(), over.etag()), (409, "conflict", ""), "{}", over.text);
        assert_eq!(clinic.lind.replace(&path, etag, &visit()).await.status, 404);
        assert_eq!(clinic.lind.delete(&path).await.status, 404);
    }
    assert_eq!(clinic.ana.get(&own(SESSIONS, live)).await.json, made.json);
    assert_eq!(clinic.ana.get(&own(SESSIONS, dead)).await.status, 404);
}

#[tokio::test]
async fn a_practitioners_own_record_leaves_the_reach_with_a_narrowed_share() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, made) = clinic.session().await;
    let narrow = "UPDATE pj.shares SET from_date = '2025-07-01' WHERE id::text = $1";
    assert_eq!(app.sql().await.execute(narrow, &[&clinic.share]).await.unwrap(), 1);
    let path = clinic.at(SESSIONS, id);
    let late = json!({"starts_at": "2025-07-02T09:00:00+02:00", "ends_at": null});
    let late = merged(&visit(), &late);
    assert_eq!(clinic.lind.get(&path).await.status, 404);
    assert_eq!(clinic.lind.replace(&path, made.etag(), &late).await.status, 404);
    assert_eq!(clinic.lind.create(&path, &late).await.code(), "conflict");
    assert_eq!(clinic.lind.delete(&path).await.status, 404);
    assert_eq!(content(&clinic.ana.get(&own(SESSIONS, id)).await), content(&made));
}

#[tokio::test]
async fn what_is_wrong_with_a_record_is_said_at_its_fields() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let path = clinic.at(SESSIONS, Uuid::now_v7());
    let bad = json!({"needle_count": -1, "points": [{"name": "BL23"}, {"depth_mm": 200}],
        "clinician": clinic.lind.id});
    let refused = clinic.lind.create(&path, &merged(&visit(), &bad)).await;
    let wanted = [
        "#/clinician unknown_field",
        "#/needle_count out_of_range",
        "#/points/1/depth_mm out_of_range",
        "#/points/1/name required",
    ];
    assert_eq!((refused.status, faults(&refused)), (422, wanted.map(String::from).to_vec()));
    let without = clinic.lind.call("PUT", &path).json(&visit()).send().await;
    assert_eq!(without.code(), "precondition_required");
    let nowhere = clinic.at(SESSIONS, Uuid::nil()).replace(&Uuid::nil().to_string(), "x");
    assert_eq!(clinic.lind.create(&nowhere, &visit()).await.code(), "not_found");
}
