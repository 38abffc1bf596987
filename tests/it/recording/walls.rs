//! The walls in the database around recording: what they refuse were the server to forget.

use super::{Clinic, SESSIONS, recordable, through};
use crate::support::TestApp;
use crate::support::context::context;
use crate::support::people::{daily, fresh};
use crate::walls::{enter, refusal};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// A copy of the record `id` under a new id and the next revision, with `changed` members.
fn copy(table: &str, id: Uuid, changed: &str) -> String {
    format!(
        "UPDATE pj.patients SET rev = rev + 1; \
         INSERT INTO pj.{table} SELECT r.* FROM pj.{table} t, jsonb_populate_record(t, \
         jsonb_build_object('id', gen_random_uuid(), 'rev', (SELECT rev FROM pj.patients)) \
         || '{changed}') r WHERE t.id = '{id}'"
    )
}

/// Opens a transaction as the practitioner of a clinic.
async fn enter_as_practitioner(sql: &Client, clinic: &Clinic) {
    let (lind, ana) = (clinic.lind.id.to_string(), clinic.ana.id.to_string());
    enter(sql, &lind, &ana, &clinic.share).await;
}

#[tokio::test]
async fn a_practitioner_inserts_only_what_he_answers_for_within_the_days_of_the_share() {
    let app = TestApp::shared();
    let days = json!({"from_date": "2025-06-01", "to_date": "2025-06-30"});
    let clinic = Clinic::with(&app, &super::ALL, &days).await;
    let (colleague, _) = clinic.colleague(&app).await;
    let sql = app.sql().await;
    for (collection, body, _) in recordable() {
        let table = collection.replace('-', "_");
        let id = Uuid::now_v7();
        assert_eq!(clinic.lind.create(&clinic.at(collection, id), &body).await.status, 201);
        let foreign = json!({"clinician_id": colleague.id}).to_string();
        for (changed, fits) in [
            ("{}", true),
            (r#"{"journal_date": "2025-06-30"}"#, true),
            (r#"{"journal_date": "2025-07-01"}"#, false),
            (r#"{"journal_date": "2025-05-31"}"#, false),
            (r#"{"clinician_id": null}"#, false),
            (foreign.as_str(), false),
        ] {
            enter_as_practitioner(&sql, &clinic).await;
            let insert = copy(&table, id, changed);
            if fits {
                sql.batch_execute(&insert).await.unwrap_or_else(|e| panic!("{table}: {e:?}"));
            } else {
                let said = refusal(&sql, &insert).await;
                assert!(said.contains("row-level security"), "{table} {changed}: {said}");
            }
            sql.batch_execute("ROLLBACK").await.unwrap();
        }
        for (set, fits) in [
            ("rev = (SELECT rev FROM pj.patients)", true),
            ("rev = (SELECT rev FROM pj.patients), journal_date = '2025-07-01'", false),
            ("rev = (SELECT rev FROM pj.patients), clinician_id = NULL", false),
        ] {
            enter_as_practitioner(&sql, &clinic).await;
            sql.batch_execute("UPDATE pj.patients SET rev = rev + 1").await.unwrap();
            let update = format!("UPDATE pj.{table} SET {set} WHERE id = '{id}'");
            if fits {
                assert_eq!(sql.execute(&update, &[]).await.unwrap(), 1, "{table}");
            } else {
                let said = refusal(&sql, &update).await;
                assert!(said.contains("row-level security"), "{table} {set}: {said}");
            }
            sql.batch_execute("ROLLBACK").await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_practitioner_changes_no_record_of_a_colleague_and_none_of_another_collection() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (colleague, share) = clinic.colleague(&app).await;
    let id = Uuid::now_v7();
    let theirs = through(&share, SESSIONS, id);
    assert_eq!(colleague.create(&theirs, &super::visit()).await.status, 201);
    let entry = daily("2025-06-03", &json!({}));
    assert_eq!(clinic.ana.create(&fresh("journal-entries"), &entry).await.status, 201);
    let goal = json!({"journal_date": "2025-06-03", "kind": "activity", "status": "open",
        "text": "Swim"});
    let goal = clinic.ana.create(&fresh("goals"), &goal).await;
    assert_eq!(goal.status, 201, "{}", goal.text);
    let sql = app.sql().await;
    enter_as_practitioner(&sql, &clinic).await;
    for table in ["treatment_sessions", "journal_entries"] {
        let update = format!("UPDATE pj.{table} SET deleted_at = now(), rev = rev + 1");
        assert_eq!(sql.execute(&update, &[]).await.unwrap(), 0, "{table}");
    }
    let goal: Uuid = goal.json["id"].as_str().unwrap().parse().unwrap();
    let said = refusal(&sql, &copy("goals", goal, "{}")).await;
    assert!(said.contains("row-level security"), "{said}");
    sql.batch_execute("ROLLBACK").await.unwrap();
    let line = |actor: Uuid| {
        format!(
            "INSERT INTO pj.record_history (patient_id, collection, record_id, rev, hid, op, \
             actor_id, received_at, changes) VALUES ('{}', 3, '{id}', 1, gen_random_uuid(), 2, \
             '{actor}', now(), '{{}}')",
            clinic.ana.id
        )
    };
    enter_as_practitioner(&sql, &clinic).await;
    sql.batch_execute(&line(clinic.lind.id)).await.unwrap();
    let said = refusal(&sql, &line(colleague.id)).await;
    assert!(said.contains("row-level security"), "a line in another's name: {said}");
    sql.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn the_permission_is_looked_up_in_the_share_each_time() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let (id, _) = clinic.session().await;
    let sql = app.sql().await;
    for (column, value) in [
        ("may_record", "false"),
        ("state", "'ended'"),
        ("expires_at", "now() - interval '1 second'"),
        ("sections", "'{sleep}'"),
        ("to_date", "'2025-06-02'"),
    ] {
        let other = app.sql().await;
        other
            .batch_execute(&format!(
                "BEGIN; UPDATE pj.shares SET {column} = {value} WHERE id = '{}'",
                clinic.share
            ))
            .await
            .unwrap();
        // Within the transaction of the change, so that the next turn finds the share as it was.
        let (lind, ana) = (clinic.lind.id, clinic.ana.id);
        let settings = format!("{}; SET LOCAL ROLE pj_app", context(lind, ana, &clinic.share));
        other.batch_execute(&settings).await.unwrap();
        let update = format!("UPDATE pj.treatment_sessions SET rev = rev + 1 WHERE id = '{id}'");
        assert_eq!(other.execute(&update, &[]).await.unwrap(), 0, "{column} = {value}");
        other.batch_execute("ROLLBACK").await.unwrap();
    }
    enter_as_practitioner(&sql, &clinic).await;
    sql.batch_execute("UPDATE pj.patients SET rev = rev + 1").await.unwrap();
    let update = "UPDATE pj.treatment_sessions SET rev = (SELECT rev FROM pj.patients)";
    assert_eq!(sql.execute(update, &[]).await.unwrap(), 1, "with the share as it was");
    sql.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn an_unshown_note_is_behind_a_wall_of_its_own_for_the_patient() {
    let app = TestApp::shared();
    let clinic = Clinic::open(&app).await;
    let note = json!({"journal_date": "2025-06-03", "text": "unshown", "visibility": "author"});
    let id = Uuid::now_v7();
    let made = clinic.lind.create(&clinic.at("practitioner-notes", id), &note).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let (session, _) = clinic.session().await;
    let sql = app.sql().await;
    let ana = clinic.ana.id.to_string();
    let count = async |query: &str| -> i64 { sql.query_one(query, &[]).await.unwrap().get(0) };
    enter(&sql, &ana, &ana, "").await;
    assert_eq!(count("SELECT count(*) FROM pj.practitioner_notes").await, 0);
    assert_eq!(count("SELECT count(*) FROM pj.record_history WHERE collection = 11").await, 0);
    let of_session =
        format!("SELECT count(*) FROM pj.record_history WHERE record_id = '{session}'");
    assert_eq!(count(&of_session).await, 1, "other histories are the patient's");
    for statement in [
        format!("UPDATE pj.practitioner_notes SET visibility = 'everyone' WHERE id = '{id}'"),
        "UPDATE pj.practitioner_notes SET deleted_at = now()".to_owned(),
    ] {
        assert_eq!(sql.execute(&statement, &[]).await.unwrap(), 0);
    }
    sql.batch_execute("ROLLBACK").await.unwrap();
    enter_as_practitioner(&sql, &clinic).await;
    assert_eq!(count("SELECT count(*) FROM pj.practitioner_notes").await, 1, "the author's");
    sql.batch_execute("ROLLBACK").await.unwrap();
}
