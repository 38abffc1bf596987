//! From invitation to end, as both sides see it.

use super::{
    ALL, READS, anonymous, change, confirm, end, id_of, keep_diary, pair, read, redeem, share,
    state,
};
use crate::support::TestApp;
use pain_journal::access::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn t066_a_share_opens_step_by_step_and_closes_for_good() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    keep_diary(&ana, &[1], &json!({})).await;
    let readable = async |id: &str| read(&lind, id, "journal-entries").await.status;

    let invitation = ana.invite(&["pain", "sleep"], &json!({"label": "Dr. Lind"})).await;
    let (id, code) = (id_of(&invitation), &invitation["code"]);
    let text = code.as_str().unwrap();
    assert_eq!(text.len(), 14);
    assert_eq!(invitation["qr_text"], format!("{}/redeem#{text}", app.base));
    assert_eq!(invitation["share"]["state"], "invited");
    assert_eq!(invitation["share"]["practitioner"], Value::Null);
    assert_eq!((state(&lind, &id).await.as_str(), readable(&id).await), ("not_found", 404));
    assert!(!share(&ana, &id).await.text.contains(text), "the code is shown once");

    let redeemed = redeem(&lind, code).await;
    let expected = json!({"share_id": id, "state": "redeemed", "label": "Dr. Lind"});
    assert_eq!((redeemed.status, &redeemed.json), (200, &expected), "and nothing of the patient");
    assert_eq!(readable(&id).await, 404, "not yet confirmed");
    assert_eq!(lind.get("/v1/patients").await.json["data"], json!([]));
    let seen = share(&ana, &id).await.json;
    assert_eq!((&seen["state"], &seen["side"]), (&json!("redeemed"), &json!("patient")));
    assert_eq!(seen["practitioner"]["email"], lind.email.as_str());
    assert_eq!(seen["practitioner"]["display_name"], "lind");

    let confirmed = confirm(&ana, &id).await;
    assert_eq!((confirmed.status, &confirmed.json["state"]), (200, &json!("active")));
    assert_eq!(readable(&id).await, 200);
    let patients = lind.get("/v1/patients").await;
    assert_eq!(patients.json["data"][0]["id"], id.as_str());
    assert_eq!(patients.json["data"][0]["side"], "practitioner");
    for secret in [ana.email.as_str(), &ana.id.to_string(), &lind.email] {
        assert!(!patients.text.contains(secret), "{}", patients.text);
    }

    assert_eq!(end(&ana, &id).await.status, 204);
    assert_eq!(readable(&id).await, 404);
    for person in [&ana, &lind] {
        assert_eq!(state(person, &id).await, "ended");
        let list = person.get("/v1/shares").await;
        assert_eq!(list.json["data"][0]["state"], "ended");
    }
    assert_eq!(lind.get("/v1/patients").await.json["data"], json!([]));
    assert_eq!(confirm(&ana, &id).await.code(), "conflict");
    assert_eq!(change(&ana, &id, &json!({})).await.code(), "conflict");
    assert_eq!(end(&ana, &id).await.status, 204, "ending twice is fine");
    assert_eq!(readable(&id).await, 404);
}

#[tokio::test]
async fn only_a_redeemed_share_can_be_confirmed_and_only_by_its_patient() {
    let app = TestApp::shared();
    let both = [Role::Patient, Role::Practitioner];
    let (ana, bob) = (app.patient("ana").await, app.patient("bob").await);
    let lind = app.person("lind", &both).await;
    let invitation = ana.invite(&["pain"], &json!({})).await;
    let id = id_of(&invitation);
    let early = confirm(&ana, &id).await;
    assert_eq!((early.status, early.code()), (409, "conflict"));
    redeem(&lind, &invitation["code"]).await;
    for (person, path) in
        [(&bob, id.as_str()), (&lind, &id), (&ana, "x"), (&ana, &ana.id.to_string())]
    {
        assert_eq!(confirm(person, path).await.code(), "not_found");
    }
    assert_eq!(state(&ana, &id).await, "redeemed");
    assert_eq!(confirm(&ana, &id).await.status, 200);
    let version = share(&ana, &id).await.etag().to_owned();
    let again = confirm(&ana, &id).await;
    assert_eq!((again.status, again.etag()), (200, version.as_str()), "a repeated request");
}

#[tokio::test]
async fn t070_a_practitioner_can_change_nothing_of_a_share_but_end_it() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    // Also a patient: the role alone does not stop this one.
    let lind = app.person("lind", &[Role::Patient, Role::Practitioner]).await;
    let plain = app.practitioner("plain").await;
    let id = ana.share_with(&lind, &["sleep"]).await;
    let widened = json!({"sections": ALL, "expires_at": (app.now() + chrono::Duration::days(399))});
    let before = share(&ana, &id).await.json;
    assert_eq!(change(&lind, &id, &widened).await.code(), "not_found");
    let own = ana.share_with(&plain, &["sleep"]).await;
    assert_eq!(change(&plain, &own, &widened).await.code(), "role_insufficient");
    assert_eq!(confirm(&plain, &own).await.code(), "role_insufficient");
    assert_eq!(share(&ana, &id).await.json, before);

    let seen = share(&lind, &id).await.json;
    assert_eq!((&seen["side"], &seen["practitioner"]), (&json!("practitioner"), &Value::Null));
    assert_eq!(end(&lind, &id).await.status, 204);
    assert_eq!(read(&lind, &id, "sleep-records").await.status, 404);
    assert_eq!(state(&ana, &id).await, "ended");
    assert_eq!(end(&lind, &id).await.status, 204, "ending twice is fine");
}

#[tokio::test]
async fn strangers_neither_see_nor_end_a_share() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &ALL).await;
    let strangers = [app.patient("bob").await, app.practitioner("may").await];
    for stranger in &strangers {
        let unknown = share(stranger, &stranger.id.to_string()).await;
        let foreign = share(stranger, &id).await;
        assert_eq!((foreign.status, anonymous(&foreign)), (404, anonymous(&unknown)));
        assert_eq!(end(stranger, &id).await.code(), "not_found");
        assert_eq!(stranger.get("/v1/shares").await.json["data"], json!([]));
    }
    for what in READS {
        let refused = read(&strangers[1], &id, what).await;
        let unknown = read(&strangers[1], &ana.id.to_string(), what).await;
        assert_eq!((refused.status, anonymous(&refused)), (404, anonymous(&unknown)), "{what}");
        assert_eq!(read(&lind, &id, what).await.status, 200, "{what}");
    }
}

#[tokio::test]
async fn a_share_is_read_again_only_when_it_has_changed() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    let path = format!("/v1/shares/{id}");
    let etag = share(&lind, &id).await.etag().to_owned();
    let again = async || lind.call("GET", &path).header("If-None-Match", &etag).send().await.status;
    assert_eq!(again().await, 304);
    assert_eq!(change(&ana, &id, &json!({"label": "Clinic"})).await.status, 200);
    assert_eq!(again().await, 200);
    assert_eq!(share(&lind, &id).await.json["label"], "Clinic");
}
