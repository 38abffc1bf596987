//! Phones in trains: a client that is reset in the middle of every kind of write, and handlers that
//! panic, leave neither an open transaction behind nor a lock on the patient's journal.

use crate::support::people::{PASSWORD, daily, fresh};
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_postgres::Client;
use uuid::Uuid;

/// After which time no transaction may be left open: a tenth of a second, with room for a busy machine.
const LEFT_OPEN: Duration = Duration::from_millis(500);

/// How long the next write may take: a fifth of a second, with room for a busy machine.
const NEXT_WRITE: Duration = Duration::from_secs(1);

/// Connections of a server of its own.
const POOL: i64 = 4;

/// A server of its own with all its connections open: one that was left dirty is not the next in turn.
async fn server() -> TestApp {
    let app = TestApp::alone();
    app.run(|app| async move { app.db.warm_up().await }).await.unwrap();
    app
}

/// A request as it goes over the wire.
fn request(person: &Person, method: &str, path: &str, more: &str, body: &Value) -> Vec<u8> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\n{more}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        person.token(),
        body.len()
    )
    .into_bytes()
}

fn create(person: &Person, path: &str, body: &Value) -> Vec<u8> {
    request(person, "PUT", path, "If-None-Match: *\r\n", body)
}

/// Sends a request and resets the connection after a while. Answers whether the answer was there.
async fn cut(app: &TestApp, request: &[u8], after: Duration) -> bool {
    let address = app.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_zero_linger().unwrap();
    stream.write_all(request).await.unwrap();
    sleep(after).await;
    stream.try_read(&mut [0; 16]).is_ok_and(|read| read > 0)
}

/// The moments of a cut: finer than a millisecond at the start, where most requests are.
fn moments(longest: u64) -> impl Iterator<Item = Duration> {
    let start = [0, 200, 500].map(Duration::from_micros);
    let step = longest.div_ceil(24).max(1);
    start.into_iter().chain((1..=24).map(move |n| Duration::from_millis(n * step)))
}

/// Transactions of the server's pool that nobody works on.
async fn left_open(sql: &Client) -> Vec<String> {
    let query = "SELECT query FROM pg_stat_activity WHERE datname = current_database() \
                 AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'";
    sql.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Fails when a transaction stays open, or when the patient's next write waits.
async fn nothing_is_held(sql: &Client, patient: &Person, what: &str) {
    let since = Instant::now();
    let body = daily("2026-03-01", &json!({}));
    let next = patient.create(&fresh("journal-entries"), &body).await;
    let took = since.elapsed();
    assert_eq!(next.status, 201, "{what}: {}", next.text);
    assert!(took < NEXT_WRITE, "{what}: the next write took {took:?}");
    loop {
        let open = left_open(sql).await;
        if open.is_empty() {
            return;
        }
        assert!(since.elapsed() < took + LEFT_OPEN, "{what} left open: {open:?}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A kind of write: its requests, one a cut, and how long one may take in milliseconds.
struct Kind<'a> {
    name: &'static str,
    writer: &'a Person,
    longest: u64,
    requests: Vec<Vec<u8>>,
}

/// As many requests as there are moments.
const TRIES: usize = 27;

async fn records(ana: &Person) -> [Kind<'_>; 3] {
    let entry = daily("2026-03-01", &json!({"note": "in a train"}));
    let mut deletes = Vec::new();
    let mut changes = Vec::new();
    for _ in 0..TRIES {
        let path = fresh("journal-entries");
        assert_eq!(ana.create(&path, &entry).await.status, 201);
        deletes.push(request(ana, "DELETE", &path, "If-Match: *\r\n", &Value::Null));
        changes.push(request(
            ana,
            "PUT",
            &path,
            "If-Match: *\r\n",
            &daily("2026-03-02", &json!({})),
        ));
    }
    let creates = (0..TRIES).map(|_| create(ana, &fresh("journal-entries"), &entry)).collect();
    [
        Kind { name: "creating PUT", writer: ana, longest: 24, requests: creates },
        Kind { name: "changing PUT", writer: ana, longest: 24, requests: changes },
        Kind { name: "DELETE", writer: ana, longest: 24, requests: deletes },
    ]
}

/// A push of this many new entries.
fn push(ana: &Person, size: usize) -> Vec<u8> {
    let entries: Vec<Value> = (0..size)
        .map(|_| {
            json!({"id": Uuid::now_v7(), "kind": "daily", "effective_at": 1_777_662_000_000_i64,
                "time_zone": "Europe/Berlin", "pain_average": 3})
        })
        .collect();
    let changes = json!({"journal_entries": {"created": entries, "updated": [], "deleted": []}});
    request(ana, "POST", "/v1/sync?last_pulled_at=0", "", &json!({"changes": changes}))
}

async fn shares<'a>(ana: &'a Person, lind: &Person) -> [Kind<'a>; 2] {
    let expires_at = (chrono::Utc::now() + chrono::Duration::days(30)).to_rfc3339();
    let terms = json!({"label": "cut", "sections": ["pain"], "expires_at": expires_at});
    let mut confirmations = Vec::new();
    for _ in 0..TRIES {
        let invitation = ana.invite(&["pain"], &json!({})).await;
        let code = json!({"code": invitation["code"]});
        let redeemed = lind.post("/v1/shares/redeem", &code).await;
        let id = redeemed.json["share_id"].as_str().unwrap();
        let path = format!("/v1/shares/{id}/confirm");
        confirmations.push(request(ana, "POST", &path, "", &Value::Null));
    }
    let invitations = (0..TRIES).map(|_| request(ana, "POST", "/v1/shares", "", &terms)).collect();
    [
        Kind { name: "share", writer: ana, longest: 24, requests: invitations },
        Kind { name: "confirmation", writer: ana, longest: 24, requests: confirmations },
    ]
}

fn freezes(ana: &Person) -> Vec<Vec<u8>> {
    // Another window each time, since nothing is frozen twice.
    (0..TRIES)
        .map(|n| {
            let from = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
            let window = json!({"from": from + chrono::Days::new(n as u64), "to": "2026-03-31"});
            request(ana, "POST", "/v1/report/snapshots", "", &window)
        })
        .collect()
}

/// Cuts every request of a kind, one after the other.
async fn try_each(app: &TestApp, sql: &Client, patient: &Person, kind: &Kind<'_>) {
    let mut answered = 0;
    for (request, after) in kind.requests.iter().zip(moments(kind.longest)) {
        answered = if cut(app, request, after).await { answered + 1 } else { 0 };
        let what = format!("a {} cut after {after:?}", kind.name);
        nothing_is_held(sql, patient, &what).await;
        // Later cuts come too late.
        if answered == 3 {
            break;
        }
    }
    assert_eq!(kind.writer.get("/v1/me").await.status, 200, "{}", kind.name);
}

#[tokio::test]
async fn a_write_cut_at_any_moment_leaves_no_lock_behind() {
    let app = server().await;
    let sql = app.sql().await;
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.let_record(&lind, &["treatment"]).await;

    for kind in records(&ana).await {
        try_each(&app, &sql, &ana, &kind).await;
    }
    let pushes = (0..TRIES).map(|_| push(&ana, 20)).collect();
    let small = Kind { name: "push", writer: &ana, longest: 24, requests: pushes };
    try_each(&app, &sql, &ana, &small).await;
    for kind in shares(&ana, &lind).await {
        try_each(&app, &sql, &ana, &kind).await;
    }
    let freeze = Kind { name: "freeze", writer: &ana, longest: 72, requests: freezes(&ana) };
    try_each(&app, &sql, &ana, &freeze).await;

    let body = json!({"email": ana.email, "password": PASSWORD, "device": {"name": "cut phone"}});
    let logins = (0..TRIES).map(|_| request(&ana, "POST", "/v1/auth/login", "", &body)).collect();
    let login = Kind { name: "login", writer: &ana, longest: 24, requests: logins };
    try_each(&app, &sql, &ana, &login).await;

    let visit = json!({"status": "attended", "kind": "treatment", "time_zone": "Europe/Berlin",
        "starts_at": "2026-03-03T09:00:00+01:00"});
    let at = || format!("/v1/patients/{share}/treatment-sessions/{}", Uuid::now_v7());
    let visits = (0..TRIES).map(|_| create(&lind, &at(), &visit)).collect();
    let kind = Kind { name: "practitioner's PUT", writer: &lind, longest: 24, requests: visits };
    try_each(&app, &sql, &ana, &kind).await;
}

#[tokio::test]
async fn a_large_push_cut_at_any_moment_leaves_no_lock_behind() {
    let app = server().await;
    let sql = app.sql().await;
    let ana = app.patient("ana").await;
    let since = Instant::now();
    assert!(!cut(&app, &push(&ana, 800), Duration::ZERO).await);
    let whole = ana.call("POST", "/v1/sync?last_pulled_at=0").raw(body_of(&push(&ana, 800)));
    assert_eq!(whole.send().await.status, 200);
    let longest = u64::try_from(since.elapsed().as_millis()).unwrap();
    let requests = (0..TRIES).map(|_| push(&ana, 800)).collect();
    let kind = Kind { name: "push of 800", writer: &ana, longest, requests };
    try_each(&app, &sql, &ana, &kind).await;
}

/// The body of a request.
fn body_of(request: &[u8]) -> Vec<u8> {
    let end = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    request[end + 4..].to_vec()
}

#[tokio::test]
async fn a_handler_that_panics_leaves_no_lock_behind() {
    let app = server().await;
    let sql = app.sql().await;
    let ana = app.patient("ana").await;
    let (mut inside, mut whole) = (0, false);
    // Every reading of the clock is a place where a handler falls: the ids of the history are made
    // while the counter is locked.
    for reading in 0..20 {
        let entry = daily("2026-03-01", &json!({}));
        app.panic_at(Some(reading));
        let request = create(&ana, &fresh("journal-entries"), &entry);
        let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).await.unwrap();
        stream.write_all(&request).await.unwrap();
        let mut start = [0; 12];
        let answer = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut start).await;
        app.panic_at(None);
        inside += usize::from(answer.is_ok() && start.ends_with(b"500"));
        nothing_is_held(&sql, &ana, &format!("a panic at reading {reading}")).await;
        if start.ends_with(b"201") {
            whole = true;
            break;
        }
    }
    assert!(whole, "the write reads the clock more than 20 times");
    // One before the transaction, and one inside it at least.
    assert!(inside >= 2, "{inside} panics were inside handlers");
}

/// The processes that serve the pool of this database.
async fn backends(sql: &Client) -> BTreeSet<i32> {
    let query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                 AND application_name = 'pain-journal'";
    sql.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// How many of them wait for a lock.
async fn waiting_for_a_lock(sql: &Client) -> i64 {
    let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND application_name = 'pain-journal' AND wait_event_type = 'Lock'";
    sql.query_one(query, &[]).await.unwrap().get(0)
}

/// Waits until this many wait for a lock: for less time than Postgres itself would let them.
async fn wait_until(sql: &Client, many: i64, round: u32) {
    let since = Instant::now();
    while waiting_for_a_lock(sql).await != many {
        assert!(since.elapsed() < Duration::from_secs(4), "not {many} in round {round}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn cut_requests_that_wait_for_a_lock_give_their_connections_back() {
    let app = server().await;
    let (sql, mut locker) = (app.sql().await, app.sql().await);
    let (ana, ben) = (app.patient("ana").await, app.patient("ben").await);
    let held = locker.transaction().await.unwrap();
    let lock = "SELECT rev FROM pj.patients WHERE patient_id = $1::text::uuid FOR UPDATE";
    held.query(lock, &[&ana.id.to_string()]).await.unwrap();

    // Again and again as many as there are connections, cut only when all of them wait for the lock.
    let entry = daily("2026-03-01", &json!({}));
    let mut most = 0;
    for round in 0..4 {
        let mut clients = Vec::new();
        for _ in 0..POOL {
            let request = create(&ana, &fresh("journal-entries"), &entry);
            let address = app.base.trim_start_matches("http://");
            let mut client = TcpStream::connect(address).await.unwrap();
            client.set_zero_linger().unwrap();
            client.write_all(&request).await.unwrap();
            clients.push(client);
        }
        wait_until(&sql, POOL, round).await;
        most = most.max(backends(&sql).await.len());
        drop(clients);
        wait_until(&sql, 0, round).await;
    }
    let since = Instant::now();
    assert_eq!(ben.create(&fresh("journal-entries"), &entry).await.status, 201);
    let took = since.elapsed();
    assert!(took < Duration::from_secs(3), "another patient waited {took:?}");
    // One that is closed may still be in the list while its successor is opened.
    assert!(most <= 2 * usize::try_from(POOL).unwrap(), "{most} connections were open");

    held.rollback().await.unwrap();
    nothing_is_held(&sql, &ana, "waiting for a lock").await;
    let rows: i64 = sql
        .query_one(
            "SELECT count(*) FROM pj.journal_entries WHERE patient_id = $1::text::uuid",
            &[&ana.id.to_string()],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(rows, 1, "what was cut while it waited is not written");
}
