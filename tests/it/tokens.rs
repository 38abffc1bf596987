//! Access tokens over HTTP: one header opens the door, and only with a token this server signed.

use crate::support::{Answer, Person, TestApp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Duration, Utc};
use jsonwebtoken::{Algorithm, EncodingKey};
use pain_journal::credentials::access_token::{Grant, issue};
use pain_journal::credentials::keys::SigningKey;
use pain_journal::credentials::random::SystemRandom;
use serde_json::{Value, json};
use uuid::Uuid;

const OPEN_TO_ANY_ACCOUNT: &str = "/v1/me";

async fn with_header(app: &TestApp, authorization: &str) -> Answer {
    app.call("GET", OPEN_TO_ANY_ACCOUNT).header("Authorization", authorization).send().await
}

async fn with_token(app: &TestApp, token: &str) -> Answer {
    with_header(app, &format!("Bearer {token}")).await
}

#[track_caller]
fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{what}");
    assert!(answer.header("www-authenticate").starts_with("Bearer "), "{what}");
}

/// Header, payload and signature.
fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// The token under another header, signed anew.
fn resigned(token: &str, header: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", encoded(header), parts(token)[1]);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// A key pair that is not the server's, in PKCS #8.
fn foreign_key() -> EncodingKey {
    let pair = aws_lc_rs::signature::Ed25519KeyPair::generate().unwrap();
    EncodingKey::from_ed_der(pair.to_pkcs8v1().unwrap().as_ref())
}

#[tokio::test]
async fn t001_t002_only_one_bearer_header_is_read() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let token = ana.token();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(with_header(&app, &format!("{scheme} {token}")).await.status, 200, "{scheme}");
    }
    assert_refused(&app.get(OPEN_TO_ANY_ACCOUNT).await, "no header");
    for header in [
        format!("Basic {token}"),
        format!("DPoP {token}"),
        token.to_owned(),
        format!("Bearer{token}"),
        format!("Bearer  {token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer\t{token}"),
        "Bearer".to_owned(),
        "Bearer null".to_owned(),
    ] {
        assert_refused(&with_header(&app, &header).await, &header);
    }
    let two = app.call("GET", OPEN_TO_ANY_ACCOUNT).bearer(token).bearer(token).send().await;
    assert_refused(&two, "two headers");
}

#[tokio::test]
async fn t003_a_token_anywhere_else_is_not_looked_at() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let token = ana.token();
    for path in ["/v1/me", "/v1/journal-entries", "/v1/report", "/v1/shares"] {
        for name in ["access_token", "token", "bearer", "authorization"] {
            let answer = app.get(&format!("{path}?{name}={token}")).await;
            assert_refused(&answer, &format!("{path}?{name}"));
        }
        for name in ["Cookie", "X-Access-Token", "X-Authorization", "Proxy-Authorization"] {
            let value =
                if name == "Cookie" { format!("access_token={token}") } else { token.into() };
            assert_refused(&app.call("GET", path).header(name, &value).send().await, name);
        }
        let form =
            app.call("GET", path).header("Content-Type", "application/x-www-form-urlencoded");
        assert_refused(&form.bytes(format!("access_token={token}")).send().await, "a form");
    }
}

#[tokio::test]
async fn t004_t005_other_algorithms_are_refused_whatever_they_are_keyed_with() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let token = ana.token();
    let [header, payload, signature] = parts(token);
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let mut forged = decoded(header);
        forged["alg"] = json!(alg);
        for signature in ["", signature] {
            let forged = format!("{}.{payload}.{signature}", encoded(&forged));
            assert_refused(&with_token(&app, &forged).await, alg);
        }
    }
    let jwks = app.get("/.well-known/jwks.json").await;
    let mut secrets: Vec<Vec<u8>> = vec![jwks.text.clone().into_bytes(), b"secret".to_vec()];
    for jwk in jwks.json["keys"].as_array().unwrap() {
        let x = jwk["x"].as_str().unwrap();
        let raw = URL_SAFE_NO_PAD.decode(x).unwrap();
        // The prefix of a SubjectPublicKeyInfo with an Ed25519 key (RFC 8410).
        let der = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", raw.as_slice()].concat();
        let body = base64::engine::general_purpose::STANDARD.encode(&der);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
        let kid = jwk["kid"].as_str().unwrap();
        let texts = [x.to_owned(), jwk.to_string(), kid.to_owned(), pem];
        secrets.extend(texts.map(String::into_bytes));
        secrets.extend([raw, der]);
    }
    let kid = decoded(header)["kid"].clone();
    for secret in &secrets {
        let key = EncodingKey::from_secret(secret);
        for (alg, algorithm) in [("HS256", Algorithm::HS256), ("HS512", Algorithm::HS512)] {
            for typ in ["at+jwt", "JWT"] {
                let header = json!({"alg": alg, "typ": typ, "kid": kid});
                let forged = resigned(token, &header, &key, algorithm);
                assert_refused(&with_token(&app, &forged).await, alg);
            }
        }
    }
}

#[tokio::test]
async fn t007_t008_t012_a_foreign_key_opens_nothing_and_is_fetched_from_nowhere() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let lure = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    lure.set_nonblocking(true).unwrap();
    let url = format!("http://{}/jwks.json", lure.local_addr().unwrap());
    let key = foreign_key();
    let header = decoded(parts(ana.token())[0]);
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "A".repeat(43)});
    let mut headers = vec![header.clone()];
    for (name, value) in [
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("jwk", jwk),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("typ", json!("JWT")),
        ("typ", json!("refresh+jwt")),
        ("kid", json!("../../etc/passwd")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!("no such key")),
        ("kid", json!("")),
        ("kid", json!("a\0b")),
        ("kid", json!("k".repeat(2500))),
        ("kid", json!("k".repeat(6000))),
        ("kid", Value::Null),
        ("kid", json!(7)),
        ("kid", json!({"a": 1})),
    ] {
        let mut header = header.clone();
        header[name] = value;
        headers.push(header);
    }
    for header in headers {
        let forged = resigned(ana.token(), &header, &key, Algorithm::EdDSA);
        assert_refused(&with_token(&app, &forged).await, &header.to_string());
    }
    let visitor = lure.accept().map_err(|error| error.kind());
    assert!(matches!(visitor, Err(std::io::ErrorKind::WouldBlock)), "the server fetched a key");
}

#[tokio::test]
async fn t006_a_changed_token_is_refused() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let token = ana.token();
    let [header, payload, signature] = parts(token);
    let flipped = |part: &str| {
        let mut bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        bytes[10] ^= 1;
        URL_SAFE_NO_PAD.encode(bytes)
    };
    let mut claims = decoded(payload);
    claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 1);
    let zeros = URL_SAFE_NO_PAD.encode([0; 64]);
    for forged in [
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{}", &signature[..80]),
        format!("{header}.{payload}.{}", flipped(signature)),
        format!("{header}.{payload}.{zeros}"),
        format!("{token}=="),
        format!("{token}.{signature}"),
        format!("{header}.{}.{signature}", flipped(payload)),
        format!("{header}.{}.{signature}", encoded(&claims)),
        format!("{}.{payload}.{signature}", flipped(header)),
        format!("..{signature}"),
        "..".to_owned(),
        ".".repeat(200),
    ] {
        assert_refused(&with_token(&app, &forged).await, &forged);
    }
    assert_eq!(with_token(&app, token).await.status, 200);
}

/// A token really signed by the server's key, for whoever is named.
fn signed(app: &TestApp, account: Uuid, device: Uuid, counter: i64) -> String {
    signed_by(
        app,
        &app.base,
        Grant {
            account,
            device,
            client_id: "pain-journal".to_owned(),
            counter,
            scope: "profile:read".to_owned(),
            authenticated_at: Utc::now(),
            methods: vec!["pwd".to_owned()],
        },
    )
}

pub fn signed_by(app: &TestApp, issuer: &str, grant: Grant) -> String {
    let keys = app.app.keys();
    issue(keys.ring().current(), issuer, grant, Utc::now(), &SystemRandom::new()).unwrap()
}

fn device(person: &Person) -> Uuid {
    person.tokens["device_id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn t014_even_a_signed_token_needs_its_own_living_device() {
    let app = TestApp::shared();
    let (ana, bob) = (app.patient("ana").await, app.patient("bob").await);
    let own = signed(&app, ana.id, device(&ana), 0);
    assert_eq!(with_token(&app, &own).await.json["id"], ana.id.to_string());
    let nobody = Uuid::now_v7();
    for (account, device, counter) in [
        (nobody, device(&ana), 0),
        (ana.id, nobody, 0),
        (ana.id, device(&bob), 0),
        (bob.id, device(&ana), 0),
        (nobody, nobody, 0),
        (ana.id, device(&ana), 1),
    ] {
        let answer = with_token(&app, &signed(&app, account, device, counter)).await;
        assert_eq!((answer.status, answer.code()), (401, "session_revoked"));
    }
    let answer = with_token(&app, &signed(&app, ana.id, device(&ana), -1)).await;
    assert_refused(&answer, "a negative counter");
}

#[tokio::test]
async fn t011_a_signed_token_of_another_issuer_is_refused() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let slash = format!("{}/", app.base);
    let longer = format!("{}.evil.example", app.base);
    for issuer in ["", "https://evil.example", &slash, &longer, &app.base[..app.base.len() - 1]] {
        let grant = Grant {
            account: ana.id,
            device: device(&ana),
            client_id: "pain-journal".to_owned(),
            counter: 0,
            scope: String::new(),
            authenticated_at: Utc::now(),
            methods: Vec::new(),
        };
        assert_refused(&with_token(&app, &signed_by(&app, issuer, grant)).await, issuer);
    }
}

#[tokio::test]
async fn t015_other_secrets_are_no_access_tokens() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let invitation = ana.invite(&["pain"], &json!({})).await;
    let asked = json!({"email": "bearer@example.org", "password": "three quiet herons",
        "role": "patient", "locale": "en", "time_zone": "UTC", "terms_version": "1"});
    let registered = app.call("POST", "/v1/auth/register").json(&asked).send().await;
    let list = ana.get("/v1/shares").await;
    for secret in [
        &ana.tokens["refresh_token"],
        &ana.tokens["device_id"],
        &invitation["code"],
        &invitation["share"]["id"],
        &registered.json["verification_id"],
        &list.json["data"][0]["id"],
        &json!(ana.id.to_string()),
    ] {
        assert_refused(&with_token(&app, secret.as_str().unwrap()).await, "another secret");
    }
}

async fn kids(app: &TestApp) -> Vec<String> {
    let answer = app.get("/.well-known/jwks.json").await;
    let keys = answer.json["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn t016_the_key_set_names_public_keys_and_no_private_part() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let answer = app.get("/.well-known/jwks.json").await;
    let keys = answer.json["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "the current key and the next");
    for key in keys {
        let names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, ["alg", "crv", "kid", "kty", "use", "x"]);
        assert_eq!((&key["kty"], &key["crv"]), (&json!("OKP"), &json!("Ed25519")));
        assert_eq!(URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap().len(), 32);
    }
    let header = decoded(parts(ana.token())[0]);
    assert!(kids(&app).await.iter().any(|kid| header["kid"] == kid.as_str()));

    let rows = "SELECT kid, sealed_key FROM pj.signing_keys";
    for row in app.sql().await.query(rows, &[]).await.unwrap() {
        let (kid, sealed): (String, Vec<u8>) = (row.get(0), row.get(1));
        let key = SigningKey::open(&app.app.secret, &kid, &sealed).unwrap();
        assert_eq!(key.kid(), kid);
        let other =
            pain_journal::credentials::secret::MasterSecret::parse(&"x".repeat(40)).unwrap();
        assert!(SigningKey::open(&other, &kid, &sealed).is_err(), "sealed with the secret");
    }
}

#[tokio::test]
async fn t016_a_rotation_keeps_tokens_and_an_emergency_ends_them_at_once() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let before = kids(&app).await;
    let reload = async |drop_all: bool| {
        let work = move |app: std::sync::Arc<pain_journal::app::App>| async move {
            app.rotate_keys(drop_all).await.unwrap();
            app.refresh_keys().await.unwrap();
        };
        app.run(work).await;
    };
    reload(false).await;
    let during = kids(&app).await;
    assert_eq!((before.len(), during.len()), (2, 3));
    assert!(before.iter().all(|kid| during.contains(kid)), "both are published");
    assert_eq!(with_token(&app, ana.token()).await.status, 200, "the old key still verifies");
    let newer = ana.other_device(&app).await;
    let kid =
        |person: &Person| decoded(parts(person.token())[0])["kid"].as_str().unwrap().to_owned();
    assert_ne!(kid(&ana), kid(&newer));
    assert!(before.contains(&kid(&newer)), "what signs now was published before it signed");

    app.pass(Duration::minutes(15));
    assert!(!kids(&app).await.contains(&kid(&ana)), "the retired key has left");
    app.pass(Duration::minutes(-15));

    reload(true).await;
    assert!(kids(&app).await.iter().all(|kid| !during.contains(kid)));
    for person in [&ana, &newer] {
        assert_refused(&with_token(&app, person.token()).await, "after the emergency");
        let token = json!({"refresh_token": person.tokens["refresh_token"]});
        let again = app.call("POST", "/v1/auth/refresh").json(&token).send().await;
        assert_eq!(again.status, 200, "the device is still signed in");
        let token = again.json["access_token"].as_str().unwrap();
        assert_eq!(with_token(&app, token).await.status, 200);
    }
}
