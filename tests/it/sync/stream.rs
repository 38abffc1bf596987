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

/// Waits for the end of a stream, and answers what came until then.
async fn rest(stream: &mut Stream) -> String {
    let mut text = std::mem::take(&mut stream.text);
    let ended = timeout(PATIENCE, async {
        while let Ok(Some(chunk)) = stream.response.chunk().await {
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    });
    ended.await.expect("the stream ends");
    text
}

#[tokio::test]
async fn a_device_that_is_signed_out_hears_of_nothing_more() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let mut lost = Stream::open(&phone).await;
    lost.next().await;
    // The owner signs the lost phone out from the tablet, and goes on typing.
    let path = format!("/v1/devices/{}", phone.tokens["device_id"].as_str().unwrap());
    assert_eq!(tablet.call("DELETE", &path).send().await.status, 204);
    push(&tablet, 0, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    let heard = rest(&mut lost).await;
    assert!(!heard.contains("event:"), "{heard}");
}

#[tokio::test]
async fn a_sign_in_that_ends_in_the_database_alone_is_noticed_before_the_next_event() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let mut stream = Stream::open(&phone).await;
    stream.next().await;
    let sql = app.sql().await;
    let device = phone.tokens["device_id"].as_str().unwrap();
    let revoke = format!("UPDATE pj.devices SET revoked_at = now() WHERE id = '{device}'");
    sql.batch_execute(&revoke).await.unwrap();
    push(&tablet, 0, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    let heard = rest(&mut stream).await;
    assert!(!heard.contains("event:"), "{heard}");
}

#[tokio::test]
async fn an_account_that_is_suspended_hears_of_nothing_more_on_any_stream() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let lind = app.practitioner("lind").await;
    let share = phone.let_record(&lind, &["treatment"]).await;
    let mut streams = [Stream::open(&phone).await, Stream::open(&tablet).await];
    for stream in &mut streams {
        stream.next().await;
    }
    let suspend = format!("UPDATE pj.accounts SET status = 'suspended' WHERE id = '{}'", phone.id);
    app.sql().await.batch_execute(&suspend).await.unwrap();
    // Somebody else writes in the journal: there would be something to hear of.
    let visit = json!({"status": "planned", "kind": "treatment", "time_zone": "Europe/Berlin",
        "starts_at": "2026-11-02T09:00:00+01:00"});
    let path = fresh(&format!("patients/{share}/treatment-sessions"));
    let made = lind.create(&path, &visit).await;
    assert_eq!(made.status, 201, "{}", made.text);
    for stream in &mut streams {
        let heard = rest(stream).await;
        assert!(!heard.contains("event:"), "{heard}");
    }
    let path = "/v1/sync/stream";
    assert_eq!(phone.get(path).await.code(), "account_suspended", "and opens no other");
}

#[tokio::test]
async fn of_a_device_revoked_between_two_events_the_second_is_not_sent() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let mut stream = Stream::open(&phone).await;
    let start = stream.next().await;
    let first = push(&tablet, start, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    stream.reaches(timestamp(&first)).await;
    let path = format!("/v1/devices/{}", phone.tokens["device_id"].as_str().unwrap());
    assert_eq!(tablet.call("DELETE", &path).send().await.status, 204);
    for _ in 0..3 {
        push(&tablet, 0, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    }
    let heard = rest(&mut stream).await;
    assert!(!heard.contains("event:"), "{heard}");
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    app.pass(chrono::Duration::seconds(597));
    let mut stream = Stream::open(&ana).await;
    stream.next().await;
    let heard = rest(&mut stream).await;
    assert!(!heard.contains("event:"), "{heard}");
    let refresh = json!({"refresh_token": ana.tokens["refresh_token"]});
    let tokens = app.call("POST", "/v1/auth/refresh").json(&refresh).send().await;
    let ana = Person { tokens: tokens.json, ..ana };
    Stream::open(&ana).await.next().await;
}

#[tokio::test]
async fn a_device_has_four_streams_and_the_oldest_ends_for_a_fifth() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let mut other = Stream::open(&tablet).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = Stream::open(&phone).await;
        stream.next().await;
        streams.push(stream);
    }
    let mut first = streams.remove(0);
    rest(&mut first).await;
    let pushed = push(&tablet, 0, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    for stream in &mut streams {
        stream.reaches(timestamp(&pushed)).await;
    }
    other.reaches(timestamp(&pushed)).await;
    // One that is closed makes room.
    drop(streams.pop());
    let gone = async {
        while app.app.pokes.streams_of(phone.tokens["device_id"].as_str().unwrap().parse().unwrap())
            > 3
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
            push(&tablet, 0, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("it is noticed");
    Stream::open(&phone).await.next().await;
    let pushed = push(&tablet, 0, created(&[entry(Uuid::now_v7(), &json!({}))])).await;
    for stream in &mut streams {
        stream.reaches(timestamp(&pushed)).await;
    }
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
