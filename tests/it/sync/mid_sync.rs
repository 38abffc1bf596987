//! What a device hears when its sign-in ends in the middle of a sync: nothing is applied, it keeps what
//! is not sent, and it goes on from its cursor once it may.

use super::support::*;
use crate::support::{Answer, Person, TestApp};
use chrono::Duration;
use serde_json::{Value, json};
use uuid::Uuid;

const KEY: &str = "one-key-for-this-push";

/// A phone with one page of three pulled and a queue of two, and the tablet that wrote the pages.
struct Halfway {
    phone: Person,
    tablet: Person,
    replica: Replica,
    queue: Value,
}

impl Halfway {
    async fn new(app: &TestApp) -> Self {
        let phone = app.patient("ana").await;
        let tablet = phone.other_device(app).await;
        let records: Vec<Value> = (0..30).map(|_| entry(Uuid::now_v7(), &json!({}))).collect();
        push(&tablet, 0, created(&records)).await;
        let page = pull_with(&phone, "limit=10").await;
        assert_eq!(page["has_more"], true);
        let mut replica = Replica::default();
        replica.take(&page);
        let typed = ["typed offline", "typed offline, too"];
        let queue = typed.map(|note| entry(Uuid::now_v7(), &json!({"note": note})));
        Self { phone, tablet, replica, queue: created(&queue) }
    }

    async fn next_page(&self, phone: &Person) -> Answer {
        phone.get(&format!("/v1/sync?last_pulled_at={}&limit=10", self.replica.cursor)).await
    }

    async fn send(&self, phone: &Person) -> Answer {
        try_push(phone, self.replica.cursor, Some(KEY), self.queue.clone()).await
    }

    /// Pull and push are refused, and leave nothing behind.
    async fn is_refused(&self, app: &TestApp, status: u16, code: &str) {
        for answer in [self.next_page(&self.phone).await, self.send(&self.phone).await] {
            assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.text);
            assert!(!answer.text.contains("timestamp"), "{}", answer.text);
        }
        // The tablet's push had no key.
        let left = "SELECT (SELECT count(*) FROM pj.sync_answers WHERE patient_id::text = $1) \
            + (SELECT count(*) FROM pj.sync_quarantine WHERE patient_id::text = $1)";
        let patient = self.phone.id.to_string();
        let left = app.sql().await.query_one(left, &[&patient]).await.unwrap();
        assert_eq!(left.get::<_, i64>(0), 0, "a refused push left something");
    }

    /// The phone, signed in as `phone` now, finishes the sync from where it stood.
    async fn goes_on(mut self, phone: &Person) {
        let before = head(&self.tablet).await;
        assert_eq!(self.replica.follow(phone, 10).await, 2, "the two pages that were left");
        assert_eq!((self.replica.came, self.replica.live.len()), (30, 30), "nothing came twice");
        for _ in 0..2 {
            let answer = self.send(phone).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(
                (&answer.json["accepted"], &answer.json["rejected"]),
                (&json!(2), &json!([]))
            );
        }
        assert_eq!(head(&self.tablet).await, before + 2, "the queue was applied once");
        self.replica.follow(phone, 10).await;
        assert_eq!(self.replica.live, Replica::of(&self.tablet).await.live);
    }
}

#[tokio::test]
async fn a_device_signed_out_between_pages_goes_on_after_the_next_sign_in() {
    let app = TestApp::shared();
    for by_itself in [true, false] {
        let halfway = Halfway::new(&app).await;
        let start = head(&halfway.tablet).await;
        let device = halfway.phone.tokens["device_id"].as_str().unwrap();
        let revoked = if by_itself {
            halfway.phone.call("POST", "/v1/auth/logout").send().await
        } else {
            halfway.tablet.call("DELETE", &format!("/v1/devices/{device}")).send().await
        };
        assert_eq!(revoked.status, 204, "{}", revoked.text);
        halfway.is_refused(&app, 401, "session_revoked").await;
        assert_eq!(head(&halfway.tablet).await, start);
        let again = halfway.phone.other_device(&app).await;
        halfway.goes_on(&again).await;
    }
}

#[tokio::test]
async fn an_account_locked_between_pages_goes_on_when_it_is_open_again() {
    let app = TestApp::shared();
    let sql = app.sql().await;
    for (locked, open, code) in [
        ("status = 'suspended'", "status = 'active'", "account_suspended"),
        ("roles = '{practitioner}'", "roles = '{patient}'", "role_insufficient"),
    ] {
        let halfway = Halfway::new(&app).await;
        let phone = halfway.phone.clone();
        let set = async |what: &str| {
            let change = format!("UPDATE pj.accounts SET {what} WHERE email = $1");
            assert_eq!(sql.execute(&change, &[&phone.email]).await.unwrap(), 1);
        };
        let start = head(&halfway.tablet).await;
        set(locked).await;
        halfway.is_refused(&app, 403, code).await;
        set(open).await;
        assert_eq!(head(&halfway.tablet).await, start, "{code}");
        halfway.goes_on(&phone).await;
    }
}

#[tokio::test]
async fn a_token_that_expires_between_pages_is_refreshed_and_the_cursor_stays_good() {
    let app = TestApp::alone();
    let mut halfway = Halfway::new(&app).await;
    app.pass(Duration::minutes(11));
    halfway.is_refused(&app, 401, "token_expired").await;
    let refreshed = async |person: &Person| {
        let token = json!({"refresh_token": person.tokens["refresh_token"]});
        let answer = app.call("POST", "/v1/auth/refresh").json(&token).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Person { tokens: answer.json, ..person.clone() }
    };
    halfway.tablet = refreshed(&halfway.tablet).await;
    let phone = refreshed(&halfway.phone).await;
    assert_eq!(phone.tokens["device_id"], halfway.phone.tokens["device_id"], "the same device");
    halfway.goes_on(&phone).await;
}
