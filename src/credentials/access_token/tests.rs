//! Every way in which a token is refused, and the few in which it is not.

use serde_json::{Value, json};

use super::*;
use crate::credentials::random::SeededRandom;

const ISSUER: &str = "https://journal.example.org";
const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(&SeededRandom::new(seed)).unwrap()
}

fn verify(token: &str) -> Result<Claims, TokenError> {
    let ring = KeyRing::fresh(key(1), key(2), at(NOW));
    Verifier::new(ISSUER, Arc::new(ring)).verify(Audience::Api, token, at(NOW))
}

fn genuine() -> String {
    let (random, id) = (SeededRandom::new(5), Uuid::from_u128);
    let grant = Grant {
        account: id(1),
        device: id(2),
        client_id: "app".to_owned(),
        counter: 7,
        scope: "journal:read journal:write".to_owned(),
        authenticated_at: at(NOW - 60),
        methods: vec!["pwd".to_owned()],
    };
    issue(&key(1), ISSUER, grant, at(NOW), &random).unwrap()
}

fn part(token: &str, n: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// A token with these texts as header and payload, really signed by the server's key.
fn sign(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = key(1);
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), key.encoding(), Algorithm::EdDSA);
    format!("{message}.{}", signature.unwrap())
}

/// The genuine token with one header field or claim set (or taken away), signed again.
fn with(n: usize, name: &str, value: Option<Value>) -> Result<Claims, TokenError> {
    let token = genuine();
    let mut parts = [part(&token, 0), part(&token, 1)];
    match value {
        Some(value) => parts[n][name] = value,
        None => drop(parts[n].as_object_mut().unwrap().remove(name)),
    }
    verify(&sign(&parts[0].to_string(), &parts[1].to_string()))
}

#[test]
fn a_token_says_what_was_granted_and_nothing_else() {
    let token = genuine();
    let claims = verify(&token).unwrap();
    assert_eq!((claims.sub, claims.sid), (Uuid::from_u128(1), Uuid::from_u128(2)));
    assert_eq!((claims.rtc, claims.iat, claims.exp), (7, NOW, NOW + 600));
    assert_eq!(part(&token, 0), json!({"alg": "EdDSA", "typ": "at+jwt", "kid": key(1).kid()}));
    let payload = part(&token, 1);
    let mut names: Vec<&str> = payload.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = "amr aud auth_time client_id exp iat iss jti rtc scope sid sub";
    assert_eq!(names.join(" "), expected);
    assert_eq!(verify(&sign(&part(&token, 0).to_string(), &payload.to_string())), Ok(claims));
}

#[test]
fn t004_t005_t008_other_algorithms_and_keys_are_refused() {
    for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "HS512", "ES256", "eddsa"] {
        assert_eq!(with(0, "alg", Some(json!(alg))), Err(TokenError::Algorithm), "{alg}");
    }
    let (token, key) = (genuine(), key(1));
    let payload = token.split('.').nth(1).unwrap();
    let public = key.jwk().clone();
    let texts = [key.kid().to_owned(), serde_json::to_string(&public).unwrap(), String::new()];
    let raw = key.decoding().try_get_as_bytes().unwrap().to_vec();
    for secret in texts.into_iter().map(String::into_bytes).chain([raw, b"secret".to_vec()]) {
        let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": key.kid()}).to_string();
        let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
        let secret = jsonwebtoken::EncodingKey::from_secret(&secret);
        let tag = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, Algorithm::HS256);
        assert_eq!(verify(&format!("{message}.{}", tag.unwrap())), Err(TokenError::Algorithm));
    }
    for kid in ["../../etc/passwd", "' OR 1=1 --", "", "a\0b", &"k".repeat(2500)] {
        assert_eq!(with(0, "kid", Some(json!(kid))), Err(TokenError::UnknownKey), "{kid:?}");
    }
    assert_eq!(with(0, "kid", Some(json!("k".repeat(5000)))), Err(TokenError::Malformed));
    for kid in [json!(null), json!(1), json!({}), json!([key.kid()])] {
        assert_eq!(with(0, "kid", Some(kid)), Err(TokenError::Header));
    }
}

#[test]
fn t007_t012_t013_the_header_is_three_fields() {
    for typ in ["JWT", "refresh+jwt", "AT+JWT", "application/at+jwt", ""] {
        assert_eq!(with(0, "typ", Some(json!(typ))), Err(TokenError::Type), "{typ}");
    }
    for name in ["crit", "jku", "jwk", "x5u", "x5c", "zip", "b64", "cty", "epk"] {
        let value = Some(json!("https://evil.example"));
        assert_eq!(with(0, name, value), Err(TokenError::Header), "{name}");
        assert_eq!(with(0, name, Some(json!(null))), Err(TokenError::Header), "{name}");
    }
    for name in ["alg", "typ", "kid"] {
        assert_eq!(with(0, name, None), Err(TokenError::Header), "{name}");
    }
    let twice =
        format!(r#"{{"alg":"EdDSA","alg":"EdDSA","typ":"at+jwt","kid":"{}"}}"#, key(1).kid());
    assert_eq!(verify(&sign(&twice, &part(&genuine(), 1).to_string())), Err(TokenError::Header));
}

#[test]
fn t006_a_signature_is_whole_or_wrong() {
    let token = genuine();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        let changed = format!("{message}.{}", URL_SAFE_NO_PAD.encode(changed));
        assert_eq!(verify(&changed), Err(TokenError::Signature), "byte {at}");
    }
    for wrong in [String::new(), URL_SAFE_NO_PAD.encode([0; 64]), signature[..84].to_owned()] {
        assert_eq!(verify(&format!("{message}.{wrong}")), Err(TokenError::Signature), "{wrong}");
    }
    for wrong in
        [message.to_owned(), format!("{token}."), format!("{token}=="), format!(" {token}")]
    {
        assert_eq!(verify(&wrong), Err(TokenError::Malformed), "{wrong}");
    }
    // The last character has unused bits: another spelling of the same signature.
    let last =
        if token.ends_with('A') { 'B' } else { char::from(token.as_bytes()[token.len() - 1] + 1) };
    assert!(verify(&format!("{}{last}", &token[..token.len() - 1])).is_err());
    for other in
        ["", ".", "..", "...", "pjr_abc", "Bearer", "123456", "K7QM-2FXW-9TRA", "\u{0}.\u{0}.\u{0}"]
    {
        assert!(verify(other).is_err(), "{other}");
    }
    let stranger =
        jsonwebtoken::crypto::sign(message.as_bytes(), key(9).encoding(), Algorithm::EdDSA);
    assert_eq!(verify(&format!("{message}.{}", stranger.unwrap())), Err(TokenError::Signature));
}

#[test]
fn t009_t011_t013_claims_are_typed_and_there() {
    for name in [
        "iss",
        "aud",
        "sub",
        "sid",
        "client_id",
        "rtc",
        "scope",
        "auth_time",
        "amr",
        "iat",
        "exp",
        "jti",
    ] {
        assert_eq!(with(1, name, None), Err(TokenError::Claims), "{name}");
        for wrong in [json!(null), json!(true), json!([1]), json!({}), json!(1.5), json!(1e30)] {
            assert!(with(1, name, Some(wrong.clone())).is_err(), "{name}: {wrong}");
        }
    }
    for name in ["sub", "sid", "rtc", "auth_time", "amr", "iat", "exp", "jti"] {
        assert_eq!(with(1, name, Some(json!("nobody"))), Err(TokenError::Claims), "{name}");
    }
    let exp = NOW + 600;
    for wrong in
        [json!(exp.to_string()), json!(1_800_000_600.0), json!([exp]), json!(10_f64.powi(30))]
    {
        assert_eq!(with(1, "exp", Some(wrong.clone())), Err(TokenError::Claims), "{wrong}");
    }
    for name in ["exp", "rtc"] {
        assert_eq!(with(1, name, Some(json!(-1))), Err(TokenError::Claims), "{name}");
    }
    assert_eq!(with(1, "exp", Some(json!(i64::MAX))), Err(TokenError::Claims), "too long a life");
    for (name, wrong) in [
        ("iss", "https://journal.example.org.evil.example"),
        ("iss", "https://journal.example.or"),
        ("iss", ""),
        ("iss", "https://journal.example.org/"),
        ("aud", "pain-journal-api2"),
        ("aud", "pain-journal"),
        ("aud", ""),
    ] {
        assert_eq!(with(1, name, Some(json!(wrong))), Err(TokenError::Party), "{name} {wrong}");
    }
    for wrong in [json!([]), json!([AUDIENCE]), json!([AUDIENCE, "other"])] {
        assert_eq!(with(1, "aud", Some(wrong)), Err(TokenError::Claims));
    }
    let payload = part(&genuine(), 1).to_string();
    for twice in [
        r#"{"sub":"00000000-0000-0000-0000-000000000001","#,
        r#"{"\u0073ub":"00000000-0000-0000-0000-000000000001","#,
    ] {
        let twice = payload.replacen('{', twice, 1);
        assert_eq!(
            verify(&sign(&part(&genuine(), 0).to_string(), &twice)),
            Err(TokenError::Claims)
        );
    }
}

#[test]
fn t009_t010_t018_times_are_measured_by_the_given_clock() {
    let ring = Arc::new(KeyRing::fresh(key(1), key(2), at(NOW)));
    let verifier = Verifier::new(ISSUER, ring);
    let when = |seconds| verifier.verify(Audience::Api, &genuine(), at(NOW + seconds)).err();
    assert_eq!([when(-5), when(0), when(599), when(604)], [None; 4]);
    assert_eq!([when(605), when(606), when(86_400)], [Some(TokenError::Expired); 3]);
    assert_eq!([when(-6), when(-86_400)], [Some(TokenError::Early); 2]);
    for (name, value, answer) in [
        ("nbf", json!(NOW + 5), None),
        ("nbf", json!(NOW + 6), Some(TokenError::Early)),
        ("nbf", json!("0"), Some(TokenError::Claims)),
        ("nbf", json!(null), Some(TokenError::Claims)),
        ("nbf", json!(0.5), Some(TokenError::Claims)),
        ("exp", json!(NOW - 10), Some(TokenError::Expired)),
        ("exp", json!(NOW - 61), Some(TokenError::Expired)),
        ("iat", json!(NOW + 86_400), Some(TokenError::Early)),
    ] {
        assert_eq!(with(1, name, Some(value.clone())).err(), answer, "{name} {value}");
    }
}

#[test]
fn t016_a_rotation_ends_tokens_only_with_their_key() {
    let (token, ring) = (genuine(), KeyRing::fresh(key(1), key(2), at(NOW)));
    let rotated = Verifier::new(ISSUER, Arc::new(ring.rotated(key(3), at(NOW + 1))));
    assert!(rotated.verify(Audience::Api, &token, at(NOW + 599)).is_ok());
    let emergency = Verifier::new(ISSUER, Arc::new(KeyRing::fresh(key(4), key(5), at(NOW))));
    assert_eq!(emergency.verify(Audience::Api, &token, at(NOW + 1)), Err(TokenError::UnknownKey));
}
