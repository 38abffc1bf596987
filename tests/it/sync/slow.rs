//! A push whose body trickles in: nobody waits for it, and it is given up in the end.

use super::support::*;
use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// Well below the lock timeout of the database, after which others would be sent away.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A push over a bare connection.
struct Trickle {
    connection: TcpStream,
    rest: Vec<u8>,
}

impl Trickle {
    /// Sends the head of a push, with the length of its body, and not much of the body.
    async fn start(person: &Person, changes: &Value) -> Self {
        let address = person.base.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        let body = json!({"changes": changes}).to_string().into_bytes();
        let head = format!(
            "POST /v1/sync?last_pulled_at=0 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            person.token(),
            body.len()
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut trickle = Self { connection, rest: body };
        trickle.drip(5).await;
        trickle
    }

    /// Sends some more bytes.
    async fn drip(&mut self, count: usize) {
        let some: Vec<u8> = self.rest.drain(..count).collect();
        self.connection.write_all(&some).await.unwrap();
    }

    /// The whole answer, head and body.
    async fn answer(mut self) -> String {
        let mut answer = Vec::new();
        self.connection.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }
}

#[tokio::test]
async fn a_body_that_trickles_in_holds_nobody_up() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let late = Uuid::now_v7();
    let mut slow = Trickle::start(&phone, &created(&[entry(late, &json!({"note": "late"}))])).await;
    let others = async {
        for number in 0..5 {
            slow.drip(3).await;
            sleep(Duration::from_millis(50)).await;
            let note = json!({"note": format!("meanwhile {number}")});
            push(&tablet, 0, created(&[entry(Uuid::now_v7(), &note)])).await;
            let written =
                phone.create(&fresh("journal-entries"), &daily("2026-11-01", &note)).await;
            assert_eq!(written.status, 201, "{}", written.text);
        }
    };
    timeout(AT_ONCE, others).await.expect("the others wait for nothing");
    assert_eq!(rows(&pull(&tablet, 0).await).len(), 10, "the slow push is not there yet");
    slow.drip(slow.rest.len()).await;
    let answer = slow.answer().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(stands(&tablet, late).await["note"], "late");
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up_and_nothing_of_it_is_kept() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let start = head(&ana).await;
    let since = Instant::now();
    let change = created(&[entry(Uuid::now_v7(), &json!({"note": "x".repeat(500)}))]);
    let mut slow = Trickle::start(&ana, &change).await;
    let drip = async {
        loop {
            // What is dripped in keeps the connection alive, not the request.
            sleep(Duration::from_secs(2)).await;
            slow.drip(1).await;
            let mut byte = [0];
            if timeout(Duration::from_millis(1), slow.connection.peek(&mut byte)).await.is_ok() {
                return;
            }
        }
    };
    timeout(Duration::from_mins(1), drip).await.expect("an answer");
    let mut answer = vec![0; 300];
    slow.connection.read_exact(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    assert!(since.elapsed() > Duration::from_secs(20), "an honest slow network has some time");
    assert_eq!(head(&ana).await, start);
}
