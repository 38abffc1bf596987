//! Keys, their sealing, and the rotation of the ring.

use super::*;
use crate::credentials::random::SeededRandom;

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(&SeededRandom::new(seed)).unwrap()
}

fn day(n: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + n)
}

#[test]
fn the_published_key_has_its_published_thumbprint() {
    // RFC 8037 appendix A.1 to A.3.
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    let key = SigningKey::from_seed(&seed.unwrap()).unwrap();
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let jwk = serde_json::to_value(key.jwk()).unwrap();
    let expected = serde_json::json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid(),
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    assert_eq!(jwk, expected);
}

#[test]
fn a_sealed_key_opens_as_itself_only() {
    let (a, b, random) = (key(1), key(2), SeededRandom::new(9));
    let secret = MasterSecret::parse(&"k7".repeat(20)).unwrap();
    let sealed = a.seal(&secret, &random).unwrap();
    assert_eq!(SigningKey::open(&secret, a.kid(), &sealed).unwrap().kid(), a.kid());
    assert!(SigningKey::open(&secret, b.kid(), &sealed).is_err(), "moved to another row");
    let other = MasterSecret::parse(&"k8".repeat(20)).unwrap();
    assert!(SigningKey::open(&other, a.kid(), &sealed).is_err());
    let swapped = secret.seal(SEAL_PURPOSE, &b.pkcs8, a.kid().as_bytes(), &random).unwrap();
    assert!(matches!(SigningKey::open(&secret, a.kid(), &swapped), Err(KeyError::Damaged)));
    assert!(!format!("{a:?}").contains("pkcs8"));
}

#[test]
fn a_rotation_promotes_publishes_and_retires() {
    let ring = KeyRing::fresh(key(1), key(2), day(0));
    assert!(!ring.is_rotation_due(day(90) - TimeDelta::seconds(1)));
    assert!(ring.is_rotation_due(day(90)));
    let ring = ring.rotated(key(3), day(90));
    assert_eq!(ring.current().kid(), key(2).kid());
    assert!(!ring.is_rotation_due(day(179)), "not at once again, though the key is older");
    assert!(ring.is_rotation_due(day(180)));

    let old = key(1);
    let soon = day(90) + TimeDelta::minutes(15);
    assert!(ring.find(old.kid(), soon - TimeDelta::seconds(1)).is_some());
    assert!(ring.find(old.kid(), soon).is_none());
    assert_eq!(ring.jwks_json(day(90)).matches("kid").count(), 3, "all during the overlap");
    assert_eq!(ring.jwks_json(soon).matches("kid").count(), 2);
    assert!(!ring.jwks_json(soon).contains(old.kid()));
    let ring = ring.rotated(key(4), day(180));
    assert_eq!(ring.keys().count(), 3, "the first key is gone");
    let jwks: serde_json::Value = serde_json::from_str(&ring.jwks_json(day(180))).unwrap();
    assert!(jwks["keys"].as_array().unwrap().iter().all(|jwk| jwk.get("d").is_none()));
    let emergency = KeyRing::fresh(key(7), key(8), day(181));
    assert!(ring.keys().all(|old| emergency.find(old.key.kid(), day(181)).is_none()));
}

#[test]
fn a_ring_needs_one_current_key() {
    use KeyState::{Current, Next, Previous};
    let row = |seed, state| RingKey::new(key(seed), state, day(0));
    for rows in [
        vec![],
        vec![row(1, Next)],
        vec![row(1, Current), row(2, Current)],
        vec![row(1, Current), row(2, Next), row(3, Next)],
        vec![row(1, Current), row(1, Previous)],
    ] {
        assert!(matches!(KeyRing::new(rows), Err(KeyError::Ring)));
    }
    let ring = KeyRing::new(vec![row(2, Next), row(1, Current)]).unwrap();
    assert_eq!(ring.current().kid(), key(1).kid());
    let alone = KeyRing::new(vec![row(1, Current)]).unwrap().rotated(key(5), day(1));
    assert_eq!(alone.current().kid(), key(5).kid());
    for state in [Current, Next, Previous] {
        assert_eq!(KeyState::parse(state.as_str()), Some(state));
    }
}
