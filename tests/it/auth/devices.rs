//! Signed-in devices: the list, signing out, and how many there may be.

use super::{me, refresh, text};
use crate::support::{Person, TestApp};
use serde_json::Value;

async fn devices(person: &Person) -> Vec<Value> {
    person.get("/v1/devices").await.json["data"].as_array().unwrap().clone()
}

fn ids(devices: &[Value]) -> Vec<&str> {
    devices.iter().map(|device| device["id"].as_str().unwrap()).collect()
}

/// Neither of a device's tokens is good for anything any longer.
async fn assert_signed_out(app: &TestApp, tokens: &Value) {
    let answer = me(app, tokens).await;
    assert_eq!((answer.status, answer.code()), (401, "session_revoked"));
    let answer = refresh(app, text(tokens, "refresh_token")).await;
    assert_eq!((answer.status, answer.code()), (401, "session_revoked"));
}

#[tokio::test]
async fn t030_the_list_shows_the_own_devices_and_no_token() {
    let app = TestApp::shared();
    let (phone, other) = (app.patient("phone").await, app.patient("other").await);
    let tablet = phone.other_device(&app).await;
    let answer = tablet.get("/v1/devices").await;
    let list = devices(&tablet).await;
    let [phone_id, tablet_id] = [&phone, &tablet].map(|p| text(&p.tokens, "device_id"));
    assert_eq!(ids(&list), [tablet_id, phone_id], "the last used one first");
    let current: Vec<bool> = list.iter().map(|d| d["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false]);
    assert_eq!(list[0]["name"], "test phone");
    assert!(!answer.text.contains("pjr_") && !answer.text.contains("eyJ"), "{}", answer.text);
    assert!(!answer.text.contains(text(&other.tokens, "device_id")));
}

#[tokio::test]
async fn t026_revoking_a_device_ends_its_tokens_and_no_others() {
    let app = TestApp::shared();
    let (phone, other) = (app.patient("phone").await, app.patient("other").await);
    let tablet = phone.other_device(&app).await;
    let lost = format!("/v1/devices/{}", text(&tablet.tokens, "device_id"));
    assert_eq!(phone.call("DELETE", &lost).send().await.status, 204);
    assert_signed_out(&app, &tablet.tokens).await;
    assert_eq!(ids(&devices(&phone).await), [text(&phone.tokens, "device_id")]);
    assert_eq!(refresh(&app, text(&phone.tokens, "refresh_token")).await.status, 200);

    let foreign = format!("/v1/devices/{}", text(&other.tokens, "device_id"));
    let nobody = format!("/v1/devices/{}", uuid::Uuid::now_v7());
    for path in [foreign.as_str(), &nobody, &lost, "/v1/devices/x"] {
        assert_eq!(phone.call("DELETE", path).send().await.code(), "not_found", "{path}");
    }
    assert_eq!(me(&app, &other.tokens).await.status, 200, "the other person's device lives");
}

#[tokio::test]
async fn t025_signing_out_ends_both_tokens_of_this_device_only() {
    let app = TestApp::shared();
    let phone = app.patient("phone").await;
    let tablet = phone.other_device(&app).await;
    assert_eq!(phone.call("POST", "/v1/auth/logout").send().await.status, 204);
    assert_signed_out(&app, &phone.tokens).await;
    assert_eq!(phone.call("POST", "/v1/auth/logout").send().await.code(), "session_revoked");
    assert_eq!(me(&app, &tablet.tokens).await.status, 200);
    assert_eq!(refresh(&app, text(&tablet.tokens, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn t029_the_21st_device_signs_out_the_longest_unused_one() {
    let app = TestApp::shared();
    let mut all = vec![app.patient("collector").await];
    for _ in 1..20 {
        all.push(all[0].other_device(&app).await);
    }
    assert_eq!(devices(&all[0]).await.len(), 20);
    // The first is used again, so the second is now the one unused for longest.
    let used = refresh(&app, text(&all[0].tokens, "refresh_token")).await;
    assert_eq!(used.status, 200);
    let newest = all[0].other_device(&app).await;
    assert_signed_out(&app, &all[1].tokens).await;
    let list = devices(&newest).await;
    assert_eq!(list.len(), 20);
    for kept in all.iter().take(1).chain(&all[2..]).chain([&newest]) {
        assert!(ids(&list).contains(&text(&kept.tokens, "device_id")));
    }
    assert_eq!(me(&app, &used.json).await.status, 200);
}
