//! People with accounts, and what they do all the time.

use super::app::TestApp;
use super::client::{Answer, Call};
use pain_journal::access::Role;
use pain_journal::auth::{self, NewAccount};
use pain_journal::time::TimeZone;
use pain_journal::wire::Email;
use serde_json::{Value, json};
use uuid::Uuid;

/// The password of every test account.
pub const PASSWORD: &str = "violet kelp orbit 7";

/// A signed-in person: one account, one device.
#[derive(Clone)]
pub struct Person {
    /// The server.
    pub base: String,
    /// The account.
    pub id: Uuid,
    /// The address.
    pub email: String,
    /// The tokens of the sign-in.
    pub tokens: Value,
}

impl Person {
    /// Makes the account and signs it in over HTTP.
    pub async fn make(app: &TestApp, email: &str, roles: &[Role]) -> Self {
        let new = NewAccount {
            email: Email::parse(email).unwrap(),
            password: PASSWORD.to_owned().into(),
            roles: roles.to_vec(),
            display_name: Some(email.split('.').next().unwrap().to_owned()),
            organisation: None,
            time_zone: TimeZone::parse("Europe/Berlin").unwrap(),
            enrolled_on: chrono::NaiveDate::from_ymd_opt(2025, 1, 1),
        };
        let made = app.operate(|app| async move { auth::create_account(&app, new).await }).await;
        let id = made.unwrap().expect("a fresh address");
        Self::sign_in(app, id, email).await
    }

    /// Signs an existing account in, as another device.
    pub async fn sign_in(app: &TestApp, id: Uuid, email: &str) -> Self {
        let body = json!({"email": email, "password": PASSWORD, "device": {"name": "test phone"}});
        let answer = app.call("POST", "/v1/auth/login").json(&body).send().await;
        Self::signed_in(&app.base, id, email, &answer)
    }

    /// Signs in on a server that runs as a program; the account's id is not known there.
    pub async fn sign_in_at(base: &str, email: &str) -> Self {
        let body = json!({"email": email, "password": PASSWORD, "device": {"name": "test phone"}});
        let answer = Call::new(base, "POST", "/v1/auth/login").json(&body).send().await;
        Self::signed_in(base, Uuid::nil(), email, &answer)
    }

    fn signed_in(base: &str, id: Uuid, email: &str, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text);
        let tokens = answer.json["tokens"].clone();
        Self { base: base.to_owned(), id, email: email.to_owned(), tokens }
    }

    /// The same person on another device.
    pub async fn other_device(&self, app: &TestApp) -> Self {
        Self::sign_in(app, self.id, &self.email).await
    }

    /// The same person and device, talking to another copy of the server.
    pub fn at(&self, app: &TestApp) -> Self {
        Self { base: app.base.clone(), ..self.clone() }
    }

    /// The access token.
    pub fn token(&self) -> &str {
        self.tokens["access_token"].as_str().unwrap()
    }

    /// A request with this person's token.
    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(&self.base, method, path).bearer(self.token())
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }

    /// The bytes of a file, past what a text would make of them.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let asked = client.get(format!("{}{path}", self.base)).bearer_auth(self.token());
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.bytes().await.unwrap().to_vec()
    }

    /// POST with a body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path).json(body).send().await
    }

    /// PUT that creates.
    pub async fn create(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path).header("If-None-Match", "*").json(body).send().await
    }

    /// PUT that replaces a version.
    pub async fn replace(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.call("PUT", path).header("If-Match", etag).json(body).send().await
    }

    /// DELETE whatever version there is.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path).header("If-Match", "*").send().await
    }

    /// Opens these sections of this patient's journal to a practitioner; answers the share's id.
    pub async fn share_with(&self, practitioner: &Self, sections: &[&str]) -> String {
        self.share_on(practitioner, sections, &json!({})).await
    }

    /// Lets a practitioner record in these sections, too; answers the share's id.
    pub async fn let_record(&self, practitioner: &Self, sections: &[&str]) -> String {
        self.share_on(practitioner, sections, &json!({"may_record": true})).await
    }

    /// An open share on terms changed by `extra`; answers its id.
    pub async fn share_on(&self, practitioner: &Self, sections: &[&str], extra: &Value) -> String {
        let share = self.invite(sections, extra).await;
        let redeemed =
            practitioner.post("/v1/shares/redeem", &json!({"code": share["code"]})).await;
        assert_eq!(redeemed.status, 200, "{}", redeemed.text);
        let id = redeemed.json["share_id"].as_str().unwrap().to_owned();
        let confirmed = self.call("POST", &format!("/v1/shares/{id}/confirm")).send().await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.text);
        id
    }

    /// An invitation, its terms changed by `extra`.
    pub async fn invite(&self, sections: &[&str], extra: &Value) -> Value {
        let expires_at = (chrono::Utc::now() + chrono::Duration::days(300)).to_rfc3339();
        let mut terms = json!({"label": "test", "sections": sections, "expires_at": expires_at});
        terms.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let answer = self.post("/v1/shares", &terms).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json
    }
}

/// A daily entry of a day, its fields changed by `extra`.
pub fn daily(day: &str, extra: &Value) -> Value {
    let mut entry = json!({"kind": "daily", "effective_at": format!("{day}T20:00:00Z"),
        "time_zone": "Europe/Berlin", "pain_average": 4});
    entry.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    entry
}

/// A fresh address under a collection.
pub fn fresh(collection: &str) -> String {
    format!("/v1/{collection}/{}", Uuid::now_v7())
}
