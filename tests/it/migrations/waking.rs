//! Nights that lie on the day of the earlier rule move to the date of waking, and apps learn of it.

use super::filled::{at_version, before, donor, fill, folders, sign_in};
use crate::support::{Call, TestApp};
use pain_journal::db::migrate;
use serde_json::json;

#[tokio::test]
async fn a_night_on_the_earlier_rules_day_moves_and_says_so() {
    let newest = donor().await;
    let folders = folders();
    let until = before(&folders, "2026-11-28-000800_waking_days");
    let (database, url, sql) = at_version(&folders, until).await;
    fill(&sql, &newest).await;
    // One night ends at 03:30 on the phone's clock, and lies on the day before as it did then.
    let night = "SELECT s.id::text, s.patient_id::text, p.rev FROM pj.sleep_records s \
                 JOIN pj.patients p USING (patient_id) JOIN pj.accounts a ON a.id = s.patient_id \
                 WHERE a.email = 'ana@demo.example' AND s.rise_at IS NOT NULL AND s.deleted_at IS NULL \
                 ORDER BY s.id LIMIT 1";
    let night = sql.query_one(night, &[]).await.unwrap();
    let (id, patient, rev): (String, String, i64) = (night.get(0), night.get(1), night.get(2));
    sql.batch_execute(&format!(
        "ALTER TABLE pj.sleep_records DISABLE TRIGGER guard_update; \
         UPDATE pj.sleep_records SET bed_at = '2026-03-01 21:00Z', rise_at = '2026-03-02 02:30Z', \
             utc_offset_minutes = 60, journal_date = '2026-03-01' WHERE id = '{id}'; \
         ALTER TABLE pj.sleep_records ENABLE TRIGGER guard_update"
    ))
    .await
    .unwrap();
    assert_eq!(migrate::run(&url).unwrap(), folders.len() - until);

    let counter = format!("SELECT rev FROM pj.patients WHERE patient_id = '{patient}'");
    assert_eq!(sql.query_one(&counter, &[]).await.unwrap().get::<_, i64>(0), rev + 1);
    let app = TestApp::of(database);
    let token = sign_in(&app).await;
    let get = async |path: &str| {
        let answer = Call::new(&app.base, "GET", path).bearer(&token).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json
    };
    let moved = get(&format!("/v1/sleep-records/{id}")).await;
    assert_eq!(
        (&moved["journal_date"], &moved["version"]),
        (&json!("2026-03-02"), &json!(rev + 1))
    );
    let history = get(&format!("/v1/sync/history/sleep_records/{id}")).await;
    let line = history["history"].as_array().unwrap().last().unwrap();
    assert_eq!(
        line["changes"],
        json!({"journal_date": {"from": "2026-03-01", "to": "2026-03-02"}})
    );
    assert_eq!((&line["rev"], &line["actor_id"]), (&json!(rev + 1), &json!(null)));
    let head = get("/v1/sync").await["timestamp"].as_i64().unwrap();
    // A cursor is the revision above the epoch: one back is before the move.
    let page = get(&format!("/v1/sync?last_pulled_at={}", head - 1)).await;
    let rows = &page["changes"]["sleep_records"]["updated"];
    assert_eq!((&rows[0]["id"], rows.as_array().unwrap().len()), (&json!(id), 1));
}
