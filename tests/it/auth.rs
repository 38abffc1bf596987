//! Accounts and devices: from the first mail to the last token.

mod bodies;
mod devices;
mod interleavings;
mod languages;
mod passwords;
mod refresh;
mod registration;
mod sign_in;
mod takeover;
mod throttle;

use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// A password that the policy takes.
const GOOD: &str = "three quiet herons";

/// An address that nobody else in this run has.
fn address(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{name}.r{}@example.org", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What a patient of that address asks for, changed by `extra`.
fn registration(email: &str, extra: &Value) -> Value {
    let mut body = json!({"email": email, "password": GOOD, "role": "patient", "locale": "en",
        "time_zone": "Europe/Berlin", "terms_version": "1"});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

/// A registration that was taken, and the mail that followed.
struct Registered {
    id: String,
    mail: String,
}

impl Registered {
    fn code(&self) -> &str {
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
        self.mail.lines().map(str::trim).find(is_code).expect("a code in the mail")
    }
    /// Six digits that are not the code.
    fn wrong_code(&self) -> String {
        let code: u32 = self.code().parse().unwrap();
        format!("{:06}", (code + 1) % 1_000_000)
    }
    fn token(&self) -> &str {
        let link = self.mail.split_once("#token=").expect("a link in the mail").1;
        link.split_whitespace().next().unwrap()
    }
    async fn by_code(&self, app: &TestApp, code: &str) -> Answer {
        verify(app, &json!({"verification_id": self.id, "code": code, "device": {}})).await
    }
    async fn by_token(&self, app: &TestApp, token: &str) -> Answer {
        verify(app, &json!({"verification_id": self.id, "token": token, "device": {}})).await
    }
}

async fn verify(app: &TestApp, body: &Value) -> Answer {
    app.call("POST", "/v1/auth/verify-email").json(body).send().await
}

async fn ask(app: &TestApp, body: &Value) -> Answer {
    app.call("POST", "/v1/auth/register").json(body).send().await
}

/// Registers; the mail is the newest one to that address.
async fn register(app: &TestApp, body: &Value) -> Registered {
    let answer = ask(app, body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let email = body["email"].as_str().unwrap().to_lowercase();
    let (_, mail) = mails(app, &email).await.pop().expect("a mail");
    Registered { id: answer.json["verification_id"].as_str().unwrap().to_owned(), mail }
}

/// The queued mails to an address, oldest first: subject and text.
async fn mails(app: &TestApp, to: &str) -> Vec<(String, String)> {
    let sql = app.sql().await;
    let query = "SELECT subject, body FROM pj.mails WHERE recipient = $1 ORDER BY created_at, id";
    let rows = sql.query(query, &[&to]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn login(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password, "device": {}});
    app.call("POST", "/v1/auth/login").json(&body).send().await
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.call("POST", "/v1/auth/refresh").json(&json!({"refresh_token": token})).send().await
}

/// GET the own account with this access token.
async fn me(app: &TestApp, tokens: &Value) -> Answer {
    app.call("GET", "/v1/me").bearer(tokens["access_token"].as_str().unwrap()).send().await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("{name} in {tokens}"))
}

/// Changes the row of a person's device: `change` is what stands behind SET.
async fn change_device(app: &TestApp, person: &Person, change: &str) {
    let device = text(&person.tokens, "device_id");
    let statement = format!("UPDATE pj.devices SET {change} WHERE id::text = $1");
    assert_eq!(app.sql().await.execute(&statement, &[&device]).await.unwrap(), 1);
}

/// Suspends or reactivates a person's account.
async fn set_status(app: &TestApp, person: &Person, status: &str) {
    let statement = "UPDATE pj.accounts SET status = $2 WHERE email = $1";
    assert_eq!(app.sql().await.execute(statement, &[&person.email, &status]).await.unwrap(), 1);
}

/// An answer without what differs from request to request.
fn alike(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut body = answer.json.clone();
    for own in ["instance", "request_id"] {
        body.as_object_mut().map(|body| body.remove(own));
    }
    (answer.status, headers, body)
}
