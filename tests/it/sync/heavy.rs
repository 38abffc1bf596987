//! Big pushes and long histories: cost grows with the push and with nothing else, and others go on.

use super::support::*;
use crate::support::cluster::plan;
use crate::support::{Person, TestApp};
use futures_util::future::join_all;
use pain_journal::door::Bounds;
use pain_journal::sync::LINES;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Edits of these records, each with a text of its own.
fn edits(ids: &[Uuid], mark: &str) -> Vec<Value> {
    let texts = ids.iter().enumerate();
    texts.map(|(n, id)| edit(*id, &json!({"note": format!("{mark} {n}")}))).collect()
}

/// A push of changes that are all accepted, and how long it took.
async fn accepted(person: &Person, changes: Vec<Value>, list: &str) -> Duration {
    let (cursor, count) = (head(person).await, changes.len());
    let since = Instant::now();
    let answer = try_push(person, cursor, None, json!({"journal_entries": {list: changes}})).await;
    let took = since.elapsed();
    assert_eq!((answer.status, &answer.json["accepted"]), (200, &json!(count)), "{}", answer.text);
    took
}

fn ids(count: usize) -> Vec<Uuid> {
    (0..count).map(|_| Uuid::now_v7()).collect()
}

#[tokio::test]
async fn five_thousand_edits_of_one_record_cost_what_those_of_as_many_records_do() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let many = ids(5000);
    let created = many.iter().map(|id| entry(*id, &json!({}))).collect();
    accepted(&ana, created, "created").await;
    let apart = accepted(&ana, edits(&many, "apart"), "updated").await;
    let one = accepted(&ana, edits(&vec![many[7]; 5000], "one"), "updated").await;
    // It took a hundred times as long when each change looked through those before it.
    assert!(one < 5 * apart, "{one:?} against {apart:?}");
    let last = ana.get(&format!("/v1/journal-entries/{}", many[7])).await;
    assert_eq!(last.json["note"], "one 4999");
    let lines = history(&ana, many[7]).await;
    assert_eq!(lines.len(), 5002);
    assert_eq!(lines[5001]["changes"]["note"], json!({"from": "one 4998", "to": "one 4999"}));
}

#[tokio::test]
async fn pushes_of_five_thousand_updates_go_on_being_taken_on_a_warm_connection() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let many = ids(5000);
    // Every connection has made its plans for a record or two.
    for _ in 0..8 {
        join_all((0..4).map(|_| async {
            let id = Uuid::now_v7();
            push(&ana, 0, created(&[entry(id, &json!({}))])).await;
            push(&ana, 0, updated(&[edit(id, &json!({"mood": 1}))])).await;
        }))
        .await;
    }
    let created = many.iter().map(|id| entry(*id, &json!({}))).collect();
    accepted(&ana, created, "created").await;
    // The database ends what takes longer than five seconds.
    for turn in 0..4 {
        accepted(&ana, edits(&many, &format!("turn {turn}")), "updated").await;
    }
    let last = ana.get(&format!("/v1/journal-entries/{}", many[4999])).await;
    assert_eq!(last.json["note"], "turn 3 4999");
}

#[tokio::test]
async fn the_guards_work_off_many_rows_with_the_plan_for_one() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let many = ids(5000);
    let created = many.iter().map(|id| entry(*id, &json!({}))).collect();
    accepted(&ana, created, "created").await;
    let sql = app.sql().await;
    crate::walls::enter(&sql, &ana.id.to_string(), &ana.id.to_string(), "").await;
    sql.batch_execute("SET LOCAL statement_timeout = 0").await.unwrap();
    let reserve = "UPDATE pj.patients SET rev = rev + 20000 WHERE patient_id = sec.subject()";
    sql.batch_execute(reserve).await.unwrap();
    let update = |which: String| {
        format!(
            "UPDATE pj.journal_entries j SET rev = n.rev FROM (SELECT id, p.rev - 10000 + j.rev AS rev \
             FROM pj.journal_entries j JOIN pj.patients p USING (patient_id) WHERE {which}) n \
             WHERE j.patient_id = sec.subject() AND j.id = n.id"
        )
    };
    let took = async |which: String| {
        let since = Instant::now();
        sql.batch_execute(&update(which)).await.unwrap();
        since.elapsed()
    };
    took(format!("id = '{}'", many[0])).await;
    let few = took(format!("id = ANY ('{{{}}}')", {
        let few: Vec<String> = many[1..501].iter().map(Uuid::to_string).collect();
        few.join(",")
    }))
    .await;
    let rest: Vec<String> = many[501..].iter().map(Uuid::to_string).collect();
    let rest = took(format!("id = ANY ('{{{}}}')", rest.join(","))).await;
    // Nine times as many rows; pairs of rows are eighty-one times as many.
    assert!(rest < 5 * 9 * few.max(Duration::from_millis(5)), "{rest:?} against {few:?}");
}

#[tokio::test]
async fn what_a_push_reads_of_a_history_does_not_depend_on_its_length() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let pair = ids(2);
    for id in &pair {
        push(&ana, 0, created(&[entry(*id, &json!({}))])).await;
    }
    push(&ana, head(&ana).await, updated(&edits(&pair[..1], "short"))).await;
    push(&ana, head(&ana).await, updated(&edits(&vec![pair[1]; 2000], "long"))).await;
    let sql = app.sql().await;
    sql.batch_execute("VACUUM ANALYZE").await.unwrap();
    crate::walls::enter(&sql, &ana.id.to_string(), &ana.id.to_string(), "").await;
    sql.batch_execute("SET LOCAL plan_cache_mode = force_generic_plan").await.unwrap();
    sql.batch_execute(&format!("PREPARE lines AS {LINES}")).await.unwrap();
    let mut pages = Vec::new();
    for id in &pair {
        let ask = "SELECT rev, (marks -> 'note' ->> 1)::bigint FROM pj.journal_entries WHERE id::text = $1";
        let row = sql.query_one(ask, &[&id.to_string()]).await.unwrap();
        let (last, marked): (i64, i64) = (row.get(0), row.get(1));
        assert_eq!(last, marked);
        let explain = format!(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE lines \
             (1, '{{{id},{id}}}', '{{{},{last}}}', '{{false,false}}')",
            last - 1
        );
        let plan = plan(&sql, &explain).await;
        pages.push(
            plan["Shared Hit Blocks"].as_i64().unwrap()
                + plan["Shared Read Blocks"].as_i64().unwrap(),
        );
    }
    assert!(pages[1] <= pages[0] + 6, "pages of a short and of a long history: {pages:?}");
}

#[tokio::test]
async fn others_are_served_while_a_big_push_is_worked_off() {
    // One thread that serves requests.
    let app = TestApp::narrow(Bounds { workers: Some(1), connections: 64 });
    let (ana, bert) = (app.patient("ana").await, app.patient("bert").await);
    let many = ids(4000);
    let rows: Vec<Value> = many.iter().map(|id| entry(*id, &json!({"note": "x"}))).collect();
    let since = Instant::now();
    let big = tokio::spawn({
        let ana = ana.clone();
        async move {
            accepted(&ana, rows, "created").await;
            accepted(&ana, edits(&many, "edited"), "updated").await;
        }
    });
    let (mut served, mut longest) = (0, Duration::ZERO);
    while !big.is_finished() {
        let asked = Instant::now();
        pull(&bert, 0).await;
        longest = longest.max(asked.elapsed());
        served += 1;
    }
    let whole = since.elapsed();
    big.await.unwrap();
    assert!(served >= 10 && longest < whole / 4, "{served} in {whole:?}, one in {longest:?}");
}

#[tokio::test]
async fn many_big_pushes_at_once_are_taken_or_told_to_come_back() {
    let app = TestApp::narrow(Bounds { workers: Some(1), connections: 64 });
    let people = join_all(["ana", "bert", "cora"].map(|name| app.patient(name))).await;
    let pushes = people.iter().flat_map(|person| {
        (0..4).map(async |n| {
            let rows: Vec<Value> =
                ids(300).iter().map(|id| entry(*id, &json!({"note": format!("{n}")}))).collect();
            let key = format!("big-{}-{n}", person.id);
            loop {
                let answer = try_push(person, 0, Some(&key), created(&rows)).await;
                match answer.status {
                    200 => return assert_eq!(answer.json["accepted"], 300),
                    503 => assert_eq!(answer.header("retry-after"), "1"),
                    other => panic!("{other} {}", answer.text),
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        })
    });
    join_all(pushes).await;
    for person in &people {
        assert_eq!(Replica::of(person).await.live.len(), 1200);
    }
}

#[tokio::test]
async fn a_big_push_is_refused_as_a_small_one_is() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let padding = " ".repeat(300_000);
    let path = "/v1/sync?last_pulled_at=0";
    for (body, code) in [
        ("{", "invalid_json"),
        ("[]", "invalid_body"),
        ("{\"changes\": {\"moods\": {}}}", "unknown_collection"),
    ] {
        let answer = ana.call("POST", path).raw(format!("{body}{padding}")).send().await;
        assert_eq!((answer.status, answer.code()), (400, code), "{}", answer.text);
    }
    let ahead = format!("/v1/sync?last_pulled_at={}", EPOCH + 1_000_000);
    let empty = format!("{{\"changes\": {{}}}}{padding}");
    assert_eq!(ana.call("POST", &ahead).raw(empty.clone()).send().await.status, 410);
    assert_eq!(ana.call("POST", path).raw(empty.clone()).send().await.status, 200);
    assert_eq!(ana.call("POST", "/v1/auth/logout").send().await.status, 204);
    let out = ana.call("POST", path).raw(empty).send().await;
    assert_eq!((out.status, out.code()), (401, "session_revoked"));
}
