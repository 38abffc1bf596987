//! The audit: what was done has its line, written with it, and no line is ever changed.

pub mod seals;

use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use crate::walls::refusal;
use serde_json::{Value, json};
use tokio_postgres::Client;

/// The lines about a person's journal, account and shares, oldest first: kind, action and detail.
async fn told(sql: &Client, person: &Person) -> Vec<String> {
    let lines = "SELECT concat_ws(' ', l.kind, l.action, l.detail, l.task) FROM pj.audit_lines l \
                 JOIN pj.accounts a ON a.pseudonym = l.subject WHERE a.id::text = $1 ORDER BY l.line";
    let rows = sql.query(lines, &[&person.id.to_string()]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn number(sql: &Client, query: &str) -> i64 {
    sql.query_one(query, &[]).await.unwrap().get(0)
}

/// A journal that somebody has looked into once.
async fn looked_at(app: &TestApp) -> (Person, Person, String) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    ana.create(&fresh("journal-entries"), &daily("2025-06-01", &json!({}))).await;
    let share = ana.share_with(&lind, &["pain"]).await;
    assert_eq!(lind.get(&format!("/v1/patients/{share}/report")).await.status, 200);
    (ana, lind, share)
}

#[tokio::test]
async fn nobody_changes_or_deletes_a_line_not_the_owner_and_not_a_superuser() {
    let app = TestApp::alone();
    looked_at(&app).await;
    let sql = app.sql().await;
    let all = "SELECT string_agg(l::text, ' ' ORDER BY l.line) FROM pj.audit_lines l";
    let before: String = sql.query_one(all, &[]).await.unwrap().get(0);
    for role in
        ["SELECT 1", "SET LOCAL ROLE pj_owner", "SET LOCAL session_replication_role = replica"]
    {
        for statement in [
            "UPDATE pj.audit_lines SET outcome = 'refused'",
            "UPDATE pj.audit_lines SET at = now() WHERE line = 1",
            "UPDATE pj.audit_lines SET line = line + 1000",
            "DELETE FROM pj.audit_lines",
            "DELETE FROM pj.audit_lines WHERE line = 1",
            "TRUNCATE pj.audit_lines CASCADE",
        ] {
            sql.batch_execute(&format!("BEGIN; {role}")).await.unwrap();
            let said = refusal(&sql, statement).await;
            assert_eq!(
                said, "a line of the audit is neither changed nor deleted",
                "{role}; {statement}"
            );
            sql.batch_execute("ROLLBACK").await.unwrap();
        }
    }
    // Whoever writes one may still refuse in the same transaction, and change nothing else of it.
    let write =
        "BEGIN; INSERT INTO pj.audit_lines (kind, at, action) VALUES ('server', now(), 'x')";
    let own = "WHERE line = currval(pg_get_serial_sequence('pj.audit_lines', 'line'))";
    sql.batch_execute(write).await.unwrap();
    assert_eq!(
        sql.execute(&format!("UPDATE pj.audit_lines SET outcome = 'refused' {own}"), &[])
            .await
            .unwrap(),
        1
    );
    refusal(&sql, &format!("UPDATE pj.audit_lines SET action = 'y' {own}")).await;
    sql.batch_execute("ROLLBACK").await.unwrap();
    let after: String = sql.query_one(all, &[]).await.unwrap().get(0);
    assert_eq!(before, after);
}

#[tokio::test]
async fn what_happens_to_an_account_a_share_and_the_server_has_its_line_whatever_way_it_comes() {
    let app = TestApp::alone();
    let (ana, lind, share) = looked_at(&app).await;
    let sql = app.sql().await;
    assert_eq!(
        ana.call("DELETE", &format!("/v1/shares/{share}"))
            .header("If-Match", "*")
            .send()
            .await
            .status,
        204
    );
    // By hand, in the database.
    let set =
        |what: &str, who: &Person| format!("UPDATE pj.accounts SET {what} WHERE id = '{}'", who.id);
    sql.batch_execute(&set("status = 'suspended'", &lind)).await.unwrap();
    sql.batch_execute(&set("password_hash = 'x'", &lind)).await.unwrap();
    // What is taken back leaves nothing.
    sql.batch_execute(&format!("BEGIN; {}; ROLLBACK", set("status = 'active'", &lind)))
        .await
        .unwrap();
    assert_eq!(ana.call("POST", "/v1/auth/logout").send().await.status, 204);

    let of_ana = told(&sql, &ana).await;
    let expected = [
        "share share_invited",
        "share share_redeemed",
        "share share_active",
        "journal report",
        "share share_ended patient",
        "account sign_out signed_out",
    ];
    let seen: Vec<&str> =
        of_ana.iter().map(String::as_str).filter(|line| expected.contains(line)).collect();
    assert_eq!(seen, expected, "{of_ana:?}");
    assert!(of_ana[0].starts_with("account account_open"), "{of_ana:?}");
    assert!(of_ana[1].starts_with("account sign_in"), "{of_ana:?}");
    let of_lind = told(&sql, &lind).await;
    assert_eq!(
        of_lind[of_lind.len() - 2..],
        ["account account_status suspended database", "account password_store database"]
    );
    // The server's own keys, and the key that it proves things with.
    let server = "SELECT array_agg(DISTINCT concat_ws(' ', action, split_part(detail, ' ', 1), task)) \
                  FROM pj.audit_lines WHERE kind = 'server'";
    let server: Vec<String> = sql.query_one(server, &[]).await.unwrap().get(0);
    for line in ["signing_key current keep_keys", "signing_key next keep_keys"] {
        assert!(server.iter().any(|told| told == line), "{server:?}");
    }
}

#[tokio::test]
async fn a_line_names_nobody_and_stays_when_it_is_forgotten_whom_it_is_about() {
    let app = TestApp::alone();
    let (ana, lind, _) = looked_at(&app).await;
    let sql = app.sql().await;
    let log = async || ana.get("/v1/me/access-log").await.json["data"].as_array().unwrap().clone();
    let told = log().await;
    assert_eq!((told.len(), &told[0]["practitioner"]), (1, &json!("lind")));
    for secret in ["a.id::text", "a.email", "a.display_name"] {
        let named = format!(
            "SELECT count(*) FROM pj.audit_lines l, pj.accounts a WHERE strpos(l::text, {secret}) > 0"
        );
        assert_eq!(number(&sql, &named).await, 0, "{secret}");
    }
    let all = "SELECT string_agg(l::text, ' ' ORDER BY l.line) FROM pj.audit_lines l";
    let before: String = sql.query_one(all, &[]).await.unwrap().get(0);
    let change =
        format!("UPDATE pj.accounts SET pseudonym = gen_random_uuid() WHERE id = '{}'", lind.id);
    assert_eq!(refusal(&sql, &change).await, "a pseudonym stands for one account");
    let forget = format!("UPDATE pj.accounts SET pseudonym = NULL WHERE id = '{}'", lind.id);
    sql.batch_execute(&forget).await.unwrap();
    let after: String = sql.query_one(all, &[]).await.unwrap().get(0);
    assert_eq!(before, after, "no line has changed");
    let told = log().await;
    assert_eq!(
        (told.len(), &told[0]["practitioner"]),
        (1, &Value::Null),
        "and nobody knows who it was"
    );
}
