//! The stream: a hint that something changed.

use super::support::*;
use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

/// Longer than a heartbeat: what has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream.
pub struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    /// Opens a stream of this person's.
    pub async fn open(person: &Person) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.get(format!("{}/v1/sync/stream", person.base));
        let response = request.bearer_auth(person.token()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(
            response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream")
        );
        Self { response, text: String::new() }
    }

    /// The timestamp of the next event.
    async fn next(&mut self) -> i64 {
        let event = async {
            loop {
                if let Some((event, rest)) = self.text.split_once("\n\n") {
                    let (event, rest) = (event.to_owned(), rest.to_owned());
                    self.text = rest;
                    if let Some(data) = event.strip_prefix("event: change\ndata: ") {
                        let data: serde_json::Value = serde_json::from_str(data).unwrap();
                        return timestamp(&data);
                    }
                    assert!(event.starts_with(':'), "{event}");
                } else {
                    let chunk = self.response.chunk().await.unwrap().expect("it goes on");
                    self.text.push_str(std::str::from_utf8(&chunk).unwrap());
                }
            }
        };
        timeout(PATIENCE, event).await.expect("an event in time")
    }

    /// Waits for an event at or behind a timestamp.
    pub async fn reaches(&mut self, wanted: i64) {
        while self.next().await < wanted {}
    }
}

#[tokio::test]
async fn a_write_of_any_kind_reaches_the_other_devices() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let start = head(&phone).await;
    let mut stream = Stream::open(&phone).await;
    assert_eq!(stream.next().await, start, "where the journal stands");

    let id = Uuid::now_v7();
    let pushed = push(&tablet, start, created(&[entry(id, &json!({}))])).await;
    stream.reaches(timestamp(&pushed)).await;
    let path = fresh("journal-entries");
    assert_eq!(tablet.create(&path, &daily("2026-11-01", &json!({}))).await.status, 201);
    stream.reaches(timestamp(&pushed) + 1).await;
    assert_eq!(tablet.delete(&path).await.status, 204);
    stream.reaches(timestamp(&pushed) + 2).await;
    assert_eq!(head(&phone).await, timestamp(&pushed) + 2, "and no further");
}

#[tokio::test]
async fn a_write_through_another_copy_of_the_server_is_seen_with_the_next_heartbeat() {
    let app = TestApp::alone();
    let other = app.beside();
    let ana = app.patient("ana").await;
    let mut stream = Stream::open(&ana).await;
    let start = stream.next().await;
    let elsewhere = ana.at(&other);
    let pushed = push(&elsewhere, start, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    stream.reaches(timestamp(&pushed)).await;
}

#[tokio::test]
async fn nobody_hears_of_another_journal() {
    let app = TestApp::shared();
    let (ana, ben) = (app.patient("ana").await, app.patient("ben").await);
    let mut stream = Stream::open(&ana).await;
    let start = stream.next().await;
    push(&ben, 0, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    let own = push(&ana, start, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    assert_eq!(stream.next().await, timestamp(&own));
}

#[tokio::test]
async fn a_stream_ends_with_its_sign_in() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let mut stream = Stream::open(&ana).await;
    stream.next().await;
    let left = ana.call("POST", "/v1/auth/logout").send().await;
    assert!(left.status < 300, "{}", left.text);
    let ended =
        timeout(PATIENCE, async { while let Ok(Some(_)) = stream.response.chunk().await {} });
    ended.await.expect("the stream ends at the next heartbeat");
}
