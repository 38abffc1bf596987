//! Withdrawn reports on the way back to the version that knew none, and what the table allows of them.

use crate::support::TestApp;
use crate::walls::refusal;
use serde_json::json;

#[tokio::test]
async fn on_the_way_down_what_is_kept_stays_and_what_was_withdrawn_goes() {
    let app = TestApp::alone();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain"]).await;
    let freeze = async |path: &str, from: &str| {
        let days = json!({"from": from, "to": "2026-10-31"});
        let of = if path.contains("patients") { &lind } else { &ana };
        let made = of.post(path, &days).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json["id"].as_str().unwrap().to_owned()
    };
    let list = format!("/v1/patients/{share}/report/snapshots");
    let own = freeze("/v1/report/snapshots", "2026-10-01").await;
    let (kept, gone) = (freeze(&list, "2026-10-01").await, freeze(&list, "2026-10-02").await);
    assert_eq!(ana.delete(&format!("/v1/held-reports/{gone}")).await.status, 204);

    // Whoever writes: a row is whole or withdrawn, and the patient's own is never withdrawn.
    let sql = app.sql().await;
    for (change, id, constraint) in [
        ("withdrawn_at = now()", &kept, "report_snapshots_withdrawn"),
        ("report = NULL", &kept, "report_snapshots_withdrawn"),
        ("report = '{}', inputs_hash = sha256('x')", &gone, "report_snapshots_withdrawn"),
        (
            "withdrawn_at = now(), report = NULL, inputs_hash = NULL",
            &own,
            "report_snapshots_own_stays",
        ),
    ] {
        let update = format!("UPDATE pj.report_snapshots SET {change} WHERE id = '{id}'");
        let said = refusal(&sql, &update).await;
        assert!(said.contains(constraint), "{change}: {said}");
    }

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/2026-11-28-001500_withdrawal");
    let step = async |name: &str| {
        let text = std::fs::read_to_string(format!("{folder}/{name}.sql")).unwrap();
        sql.batch_execute(&format!("BEGIN; {text}; COMMIT")).await.unwrap();
    };
    let left = async || {
        let ids = "SELECT id::text FROM pj.report_snapshots WHERE report <> '' ORDER BY made_at";
        let rows = sql.query(ids, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect::<Vec<String>>()
    };
    step("down").await;
    assert_eq!(left().await, [own.clone(), kept.clone()]);
    let rows: i64 =
        sql.query_one("SELECT count(*) FROM pj.report_snapshots", &[]).await.unwrap().get(0);
    assert_eq!(rows, 2, "the earlier version can read all that is left");
    let empty = format!("UPDATE pj.report_snapshots SET report = NULL WHERE id = '{kept}'");
    assert!(refusal(&sql, &empty).await.contains("null value"));
    step("up").await;
    assert_eq!(left().await, [own, kept.clone()]);
    assert_eq!(lind.get(&format!("{list}/{kept}/report")).await.status, 200);
}
