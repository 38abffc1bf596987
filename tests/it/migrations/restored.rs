//! What a practitioner had written over the patient's words moves beside them, and the patient's come back
//! from the history.

use super::filled::{at_version, before, donor, fill, folders, sign_in};
use crate::support::{Call, TestApp};
use pain_journal::db::migrate;
use serde_json::{Value, json};

/// Lind has written over an event and a complaint of Ana's, the event twice, as a practitioner could.
const OVERWRITTEN: &str = "
    UPDATE pj.adverse_events SET author_id = patient_id, clinician_id = '$lind', kinds = '{bruising}',
        severity = 'mild', serious = false, actions = '{self_care}', started_at = '2026-03-02 09:00Z', ended_at = NULL,
        outcome = NULL,
        marks = '{\"severity\": [3, 8]}' WHERE id = '$event';
    UPDATE pj.pain_episodes SET author_id = patient_id, clinician_id = '$lind',
        conditions = '{muscle_spasm,other}', condition_other = 'from the cold' WHERE id = '$episode';
    INSERT INTO pj.record_history (patient_id, collection, record_id, rev, hid, op, applied, actor_id,
        received_at, changes)
    VALUES
    ('$ana', 9, '$event', 2000000, gen_random_uuid(), 2, true, '$ana', now(),
        '{\"severity\": {\"from\": \"moderate\", \"to\": \"severe\"}}'),
    ('$ana', 9, '$event', 2000001, gen_random_uuid(), 2, true, '$lind', now(),
        '{\"kinds\": {\"from\": [\"infection\"], \"to\": [\"dizziness\"]},
          \"severity\": {\"from\": \"severe\", \"to\": \"moderate\"},
          \"actions\": {\"from\": [], \"to\": [\"self_care\"]},
          \"started_at\": {\"from\": \"2026-03-02T07:30:00.000Z\", \"to\": \"2026-03-02T09:00:00.000Z\"}}'),
    ('$ana', 9, '$event', 2000002, gen_random_uuid(), 2, true, '$lind', now(),
        '{\"kinds\": {\"from\": [\"dizziness\"], \"to\": [\"bruising\"]},
          \"severity\": {\"from\": \"moderate\", \"to\": \"mild\"},
          \"serious\": {\"from\": true, \"to\": false}}'),
    ('$ana', 9, '$event', 2000002, gen_random_uuid(), 6, false, '$lind', now(),
        '{\"severity\": {\"from\": \"mild\", \"to\": \"severe\"}}'),
    ('$ana', 7, '$episode', 2000003, gen_random_uuid(), 2, true, '$lind', now(),
        '{\"conditions\": {\"from\": [\"facet_joint\"], \"to\": [\"muscle_spasm\", \"other\"]},
          \"condition_other\": {\"from\": null, \"to\": \"from the cold\"}}');
    UPDATE pj.patients SET rev = 2000003 WHERE patient_id = '$ana';";

#[tokio::test]
async fn what_was_written_over_comes_back_and_the_practitioners_words_stand_beside() {
    let newest = donor().await;
    let folders = folders();
    let until = before(&folders, "2026-11-28-001000_clinical_members");
    let (database, url, sql) = at_version(&folders, until).await;
    fill(&sql, &newest).await;
    let one = async |text: &str| sql.query_one(text, &[]).await.unwrap().get::<_, String>(0);
    let account = "SELECT id::text FROM pj.accounts WHERE email = '%@demo.example'";
    let ana = one(&account.replace('%', "ana")).await;
    let lind = one(&account.replace('%', "lind")).await;
    let first = |table: &str| {
        format!(
            "SELECT id::text FROM pj.{table} WHERE patient_id = '{ana}' AND deleted_at IS NULL ORDER BY id LIMIT 1"
        )
    };
    let (event, episode) =
        (one(&first("adverse_events")).await, one(&first("pain_episodes")).await);
    let overwritten = OVERWRITTEN.replace("$ana", &ana).replace("$lind", &lind);
    let overwritten = overwritten.replace("$event", &event).replace("$episode", &episode);
    let guarded = |word: &str| {
        ["adverse_events", "pain_episodes"]
            .map(|table| format!("ALTER TABLE pj.{table} {word} TRIGGER guard_update;"))
            .concat()
    };
    let (off, on) = (guarded("DISABLE"), guarded("ENABLE"));
    sql.batch_execute(&format!("{off}{overwritten}{on}")).await.unwrap();
    assert_eq!(migrate::run(&url).unwrap(), folders.len() - until);

    let app = TestApp::of(database);
    let token = sign_in(&app).await;
    let get = async |path: &str| {
        let answer = Call::new(&app.base, "GET", path).bearer(&token).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json
    };
    let holds = |record: &Value, expected: Value| {
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&record[name], value, "{name}: {record}");
        }
    };
    let back = get(&format!("/v1/adverse-events/{event}")).await;
    holds(
        &back,
        json!({"kinds": ["infection"], "severity": "severe", "serious": true, "actions": [],
            "started_at": "2026-03-02T07:30:00.000Z", "clinical_severity": "mild",
            "clinical_actions": ["self_care"], "clinical_note": null, "clinician_id": lind}),
    );
    let complaint = get(&format!("/v1/pain-episodes/{episode}")).await;
    holds(
        &complaint,
        json!({"conditions": ["facet_joint"], "condition_other": null,
            "clinical_conditions": ["muscle_spasm", "other"], "clinical_note": "from the cold"}),
    );
    let history = get(&format!("/v1/sync/history/adverse_events/{event}")).await;
    let line = history["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&line["actor_id"], &line["rev"]), (&json!(null), &back["version"]));
    let kinds = json!({"from": r#"["bruising"]"#, "to": r#"["infection"]"#});
    assert_eq!(line["changes"]["kinds"], kinds, "as rows have it");
    assert_eq!(line["changes"]["clinical_severity"], json!({"from": null, "to": "mild"}));
    let timestamp = get("/v1/sync").await["timestamp"].as_i64().unwrap();
    // A cursor is the revision above the epoch: two back is before both moves.
    let page = get(&format!("/v1/sync?last_pulled_at={}", timestamp - 2)).await;
    for (table, id) in [("adverse_events", &event), ("pain_episodes", &episode)] {
        let rows = page["changes"][table]["updated"].as_array().unwrap();
        assert_eq!((rows.len(), &rows[0]["id"]), (1, &json!(id)), "{table}");
    }
    let marks =
        format!("SELECT (marks -> 'severity')::text FROM pj.adverse_events WHERE id = '{event}'");
    assert_eq!(one(&marks).await, format!("[3, {}]", back["version"]));
}
