//! Sizes, encodings and schemas: refused whole, in bounded memory, with the limit named.

use super::support::*;
use crate::support::{Answer, Person, TestApp};
use pain_journal::sync::SCHEMA_VERSION;
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, Instant};
use uuid::Uuid;

const MOST: usize = 8 * 1024 * 1024;

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn brotli(body: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut packed, 65536, 3, 20);
    encoder.write_all(body).unwrap();
    drop(encoder);
    packed
}

fn body(records: &[Value]) -> Vec<u8> {
    json!({"changes": created(records)}).to_string().into_bytes()
}

async fn send(person: &Person, encoding: &str, body: Vec<u8>) -> Answer {
    let call = person.call("POST", "/v1/sync?last_pulled_at=0");
    call.header("Content-Encoding", encoding).raw(body).send().await
}

#[tokio::test]
async fn bodies_may_be_packed() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for (encoding, pack) in [
        ("gzip", gzip as fn(&[u8]) -> Vec<u8>),
        ("br", brotli),
        ("GZIP", gzip),
        ("identity", <[u8]>::to_vec),
    ] {
        let records: Vec<Value> =
            (0..200).map(|_| entry(Uuid::now_v7(), &json!({"note": "packed"}))).collect();
        let answer = send(&ana, encoding, pack(&body(&records))).await;
        assert_eq!(answer.status, 200, "{encoding}: {}", answer.text);
        assert_eq!(answer.json["accepted"], 200);
    }
    let start = head(&ana).await;
    let good = body(&[entry(Uuid::now_v7(), &json!({}))]);
    for encoding in ["deflate", "zstd", "compress", "gzip, br", "x"] {
        let answer = send(&ana, encoding, good.clone()).await;
        assert_eq!((answer.status, answer.code()), (415, "unsupported_content_encoding"));
    }
    for (encoding, broken) in [("gzip", good.clone()), ("br", b"\xff\xff\xff".to_vec())] {
        let answer = send(&ana, encoding, broken).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_json"), "{encoding}");
    }
    let cut = gzip(&good);
    assert_eq!(send(&ana, "gzip", cut[..cut.len() / 2].to_vec()).await.status, 400);
    assert_eq!(head(&ana).await, start);
}

#[tokio::test]
async fn a_bomb_is_refused_when_it_has_grown_and_not_when_it_has_burst() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let zeros = vec![b' '; 512 * 1024 * 1024 / 8];
    for (encoding, bomb) in [("gzip", gzip(&zeros)), ("br", brotli(&zeros))] {
        assert!(bomb.len() < 1024 * 1024);
        let since = Instant::now();
        let answer = send(&ana, encoding, bomb).await;
        assert_eq!((answer.status, answer.code()), (413, "body_too_large"), "{encoding}");
        assert_eq!(answer.json["max_bytes"], MOST);
        assert!(since.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn what_grows_more_than_a_hundred_times_and_fits_is_taken() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for (encoding, pack) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("br", brotli)] {
        let mut padded = body(&[entry(Uuid::now_v7(), &json!({}))]);
        padded.resize(MOST, b' ');
        let packed = pack(&padded);
        assert!(packed.len() < MOST / 100, "{encoding}: {}", packed.len());
        let answer = send(&ana, encoding, packed).await;
        assert_eq!((answer.status, &answer.json["accepted"]), (200, &json!(1)), "{}", answer.text);
    }
}

#[tokio::test]
async fn eight_mebibytes_are_taken_and_one_more_byte_is_not() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let mut padded = body(&[entry(Uuid::now_v7(), &json!({}))]);
    padded.resize(MOST, b' ');
    let fits = send(&ana, "identity", padded.clone()).await;
    assert_eq!((fits.status, &fits.json["accepted"]), (200, &json!(1)), "{}", fits.text);
    padded.push(b' ');
    let answer = send(&ana, "identity", padded).await;
    assert_eq!((answer.status, answer.code()), (413, "body_too_large"));
    assert_eq!(answer.json["max_bytes"], MOST);
}

#[tokio::test]
async fn five_thousand_changes_are_taken_and_one_more_is_not() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let records: Vec<Value> = (0..5001).map(|_| entry(Uuid::now_v7(), &json!({}))).collect();
    let answer = try_push(&ana, 0, None, created(&records)).await;
    assert_eq!((answer.status, answer.code()), (413, "too_many_changes"));
    assert_eq!(answer.json["max_changes"], 5000);
    let spread = json!({"journal_entries": {"created": records[..4000]},
        "sleep_records": {"deleted": vec![Uuid::now_v7(); 1001]}});
    assert_eq!(try_push(&ana, 0, None, spread).await.status, 413);
    assert_eq!(rows(&pull(&ana, 0).await).len(), 0);
    let answer = push(&ana, 0, created(&records[1..])).await;
    assert_eq!(answer["accepted"], 5000);
    let page = pull(&ana, 0).await;
    assert_eq!((size(&page), &page["has_more"]), (5000, &json!(false)), "the largest page");
}

#[tokio::test]
async fn an_app_of_another_schema_is_told_which_are_spoken() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let start = head(&ana).await;
    for version in [0, SCHEMA_VERSION + 1, 1_000_000] {
        let pulled = ana.get(&format!("/v1/sync?schema_version={version}")).await;
        let path = format!("/v1/sync?last_pulled_at=0&schema_version={version}");
        let change = created(&[entry(Uuid::now_v7(), &json!({}))]);
        let pushed = ana.post(&path, &json!({"changes": change})).await;
        for answer in [pulled, pushed] {
            assert_eq!((answer.status, answer.code()), (426, "schema_version_unsupported"));
            let spoken = (&json!(1), &json!(SCHEMA_VERSION));
            assert_eq!((&answer.json["min"], &answer.json["max"]), spoken);
        }
    }
    for version in 1..=SCHEMA_VERSION {
        let pulled = pull_with(&ana, &format!("schema_version={version}")).await;
        assert_eq!(timestamp(&pulled), start);
    }
}
