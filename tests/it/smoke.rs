//! The shortest way through the whole server.

use crate::support::TestApp;
use crate::support::people::{daily, fresh};
use serde_json::json;

#[tokio::test]
async fn a_patient_logs_shares_and_is_read() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let lind = app.practitioner("lind").await;
    let path = fresh("journal-entries");
    let made = ana.create(&path, &daily("2026-11-01", &json!({"pain_worst": 6}))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(ana.get(&path).await.json, made.json);

    let share = ana.share_with(&lind, &["pain"]).await;
    let list = lind.get(&format!("/v1/patients/{share}/journal-entries")).await;
    assert_eq!(list.json["data"][0]["pain_worst"], 6);
    let report =
        lind.get(&format!("/v1/patients/{share}/report?from=2026-11-01&to=2026-11-03")).await;
    assert_eq!(report.json["header"]["days_rated"], 1);
    assert_eq!(ana.get("/v1/me/access-log").await.json["data"].as_array().unwrap().len(), 2);

    assert_eq!(ana.call("DELETE", &format!("/v1/shares/{share}")).send().await.status, 204);
    assert_eq!(lind.get(&format!("/v1/patients/{share}/journal-entries")).await.status, 404);
}
