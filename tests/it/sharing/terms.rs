//! The terms of a share: what may be asked for, and changing them without losing a change.

use super::{ALL, change, id_of, pair, redeem, share, state};
use crate::support::TestApp;
use chrono::Duration;
use serde_json::{Value, json};

#[tokio::test]
async fn bad_terms_are_refused_with_all_their_faults_at_once() {
    let app = TestApp::shared();
    let (ana, _, id) = pair(&app, &["pain"]).await;
    let in_days = |days| json!((app.now() + Duration::days(days)).to_rfc3339());
    let path = format!("/v1/shares/{id}");
    let etag = share(&ana, &id).await.etag().to_owned();
    let good = json!({"label": "x", "sections": ["pain"], "expires_at": in_days(9)});
    for (extra, pointers) in [
        (
            json!({"sections": [], "expires_at": in_days(-1), "from_date": "2026-05-02",
                "to_date": "2026-05-01"}),
            vec!["#/sections", "#/expires_at", "#/to_date"],
        ),
        (
            // The state is the server's: sent back, it is ignored.
            json!({"label": "", "sections": ["pain", "everything"], "expires_at": "tomorrow",
                "from_date": "2026-02-30", "patient_id": ana.id, "state": "active"}),
            vec!["#/patient_id", "#/label", "#/sections/1", "#/from_date", "#/expires_at"],
        ),
        (json!({"expires_at": in_days(401)}), vec!["#/expires_at"]),
        (json!({"expires_at": Value::Null, "label": Value::Null}), vec!["#/label", "#/expires_at"]),
        (json!({"sections": Value::Null}), vec!["#/sections"]),
        (json!({"sections": "pain"}), vec!["#/sections"]),
        (json!({"sections": vec!["pain"; 9]}), vec!["#/sections"]),
        (json!({"label": "x".repeat(101)}), vec!["#/label"]),
        (json!({"may_record": true}), vec!["#/may_record"]),
    ] {
        let mut terms = good.clone();
        terms.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        for answer in
            [ana.post("/v1/shares", &terms).await, ana.replace(&path, &etag, &terms).await]
        {
            assert_eq!((answer.status, answer.pointers()), (422, pointers.clone()), "{terms}");
        }
    }
    assert_eq!(share(&ana, &id).await.etag(), etag);
    for fine in
        [json!({"expires_at": in_days(400)}), json!({"sections": ["notes", "pain", "pain"]})]
    {
        let mut terms = good.clone();
        terms.as_object_mut().unwrap().extend(fine.as_object().unwrap().clone());
        assert_eq!(ana.post("/v1/shares", &terms).await.status, 201, "{terms}");
    }
}

#[tokio::test]
async fn sections_are_kept_once_each_in_their_documented_order() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let invitation = ana.invite(&["notes", "pain", "pain", "sleep"], &json!({})).await;
    assert_eq!(invitation["share"]["sections"], json!(["pain", "sleep", "notes"]));
    let backwards: Vec<&str> = ALL.into_iter().rev().collect();
    let everything = ana.invite(&backwards, &json!({})).await;
    assert_eq!(everything["share"]["sections"], json!(ALL));
}

#[tokio::test]
async fn a_change_names_the_version_it_is_made_of() {
    let app = TestApp::shared();
    let (ana, _, id) = pair(&app, &["pain"]).await;
    let path = format!("/v1/shares/{id}");
    let before = share(&ana, &id).await;
    assert_eq!((before.etag(), &before.json["version"]), ("\"v3\"", &json!(3)));
    let expires_at = (app.now() + Duration::days(9)).to_rfc3339();
    let terms = json!({"label": "new", "sections": ["sleep"], "expires_at": expires_at});

    let missing = ana.call("PUT", &path).json(&terms).send().await;
    assert_eq!((missing.status, missing.code()), (428, "precondition_required"));
    for unreadable in ["*", "", "*, \"v3\""] {
        assert_eq!(ana.replace(&path, unreadable, &terms).await.code(), "invalid_header");
    }
    for other in ["\"v2\"", "\"v4\", W/\"v2\"", "\"v0\"", "\"3f-gzip\""] {
        let stale = ana.replace(&path, other, &terms).await;
        assert_eq!((stale.status, stale.code()), (412, "precondition_failed"));
        assert_eq!(stale.etag(), "\"v3\"", "the present version");
    }
    let create = ana.create(&path, &terms).await;
    assert_eq!(create.status, 412, "a share cannot be created under an id of one's own");
    assert_eq!(share(&ana, &id).await.json, before.json);

    let changed = ana.replace(&path, "\"v3\"", &terms).await;
    assert_eq!((changed.status, changed.etag()), (200, "\"v4\""));
    assert_eq!(changed.json["label"], "new");
    assert_eq!(changed.json["state"], "active");
    assert_eq!(share(&ana, &id).await.json, changed.json);
    let late = ana.replace(&path, "\"v3\"", &terms).await;
    assert_eq!((late.status, late.etag()), (412, "\"v4\""));
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_told_of_the_other() {
    let app = TestApp::shared();
    let (ana, _, id) = pair(&app, &["pain"]).await;
    let [one, two] = [json!({"label": "one"}), json!({"label": "two"})];
    let (one, two) = tokio::join!(change(&ana, &id, &one), change(&ana, &id, &two));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    // Either they met, or the second read the first one's version before it wrote.
    assert!([[200, 200], [200, 412]].contains(&statuses), "{statuses:?}");
    let changes = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(share(&ana, &id).await.json["version"], 3 + changes);
}

#[tokio::test]
async fn terms_may_change_before_the_share_is_open_and_open_nothing() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let invitation = ana.invite(&["pain"], &json!({})).await;
    let id = id_of(&invitation);
    assert_eq!(change(&ana, &id, &json!({"sections": ALL})).await.json["state"], "invited");
    assert_eq!(redeem(&lind, &invitation["code"]).await.status, 200, "the code stays good");
    let changed = change(&ana, &id, &json!({"sections": ["sleep"]})).await;
    assert_eq!(changed.json["state"], "redeemed");
    assert_eq!(lind.get(&format!("/v1/patients/{id}/sleep-records")).await.status, 404);
    assert_eq!(state(&lind, &id).await, "redeemed");
}
