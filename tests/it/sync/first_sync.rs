//! First syncs of large journals: pages (F00), interrupted and gone on with (F03), compressed (F05). The
//! client libraries have their own: F01, F02 and F04.

use super::support::*;
use crate::support::{Person, TestApp};
use serde_json::{Value, json};
use std::io::Read;
use std::time::Instant;
use uuid::Uuid;

/// Fills a journal; answers the ids.
async fn fill(person: &Person, count: usize) -> Vec<Uuid> {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    for (number, part) in ids.chunks(5000).enumerate() {
        let texts =
            |n: usize| json!({"note": format!("Walked {n} steps, slept badly."), "steps": n});
        let records: Vec<Value> =
            part.iter().enumerate().map(|(n, id)| entry(*id, &texts(number * 5000 + n))).collect();
        assert_eq!(push(person, 0, created(&records)).await["accepted"], part.len());
    }
    ids
}

#[tokio::test]
async fn f00_ten_thousand_entries_come_in_ten_full_pages() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let ids = fill(&ana, 10_000).await;
    let since = Instant::now();
    let mut replica = Replica::default();
    for number in 1..=10 {
        let query = format!("last_pulled_at={}&limit=1000", replica.cursor);
        let page = pull_with(&ana, &query).await;
        assert_eq!((size(&page), &page["has_more"]), (1000, &json!(number < 10)));
        replica.take(&page);
    }
    println!("10 000 entries in 10 pages: {:?}", since.elapsed());
    assert_eq!((replica.came, replica.live.len()), (10_000, 10_000), "each once");
    assert!(ids.iter().all(|id| replica.live.contains_key(&("journal_entries".into(), *id))));
    assert_eq!(size(&pull(&ana, replica.cursor).await), 0, "nothing is left");
}

#[tokio::test]
async fn f03_an_interrupted_first_sync_goes_on_where_it_stood() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let tablet = ana.other_device(&app).await;
    let ids = fill(&tablet, 2000).await;
    let (mut replica, mut dice, mut lost) = (Replica::default(), Dice(3), 0);
    let mut changed = 0;
    for number in 0.. {
        let query = format!("last_pulled_at={}&limit=150&tombstones=1", replica.cursor);
        let page = pull_with(&ana, &query).await;
        if dice.chance(40) {
            // The app ends before the page is stored. It asks again and gets the same one.
            lost += 1;
            assert_eq!(pull_with(&ana, &query).await, page);
            continue;
        }
        let more = page["has_more"] == true;
        replica.take(&page);
        if !more {
            break;
        }
        if number % 3 == 0 {
            // Meanwhile the tablet edits what has come, and deletes what is still to come.
            let cursor = head(&tablet).await;
            let again = edit(ids[changed], &json!({"note": "edited meanwhile"}));
            let both =
                json!({"journal_entries": {"updated": [again], "deleted": [ids[1999 - changed]]}});
            assert_eq!(push(&tablet, cursor, both).await["accepted"], 2);
            changed += 1;
        }
    }
    assert!(lost > 2 && changed > 2, "{lost} pages lost, {changed} pushes between pages");
    let now = Replica::of(&tablet).await;
    assert_eq!((&replica.live, &replica.dead), (&now.live, &now.dead));
    assert_eq!(replica.dead.len(), changed);
    assert_eq!(replica.came, 2000 + changed, "nothing from before the interruptions came again");
}

#[tokio::test]
async fn f05_a_first_sync_may_be_compressed() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    fill(&ana, 2000).await;
    let plain = ana.get("/v1/sync").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for encoding in ["gzip", "br"] {
        let call = client.get(format!("{}/v1/sync", ana.base)).bearer_auth(ana.token());
        let answer = call.header("Accept-Encoding", encoding).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-encoding"]),
            (200, &encoding.parse().unwrap())
        );
        let packed = answer.bytes().await.unwrap();
        assert!(packed.len() * 3 < plain.text.len(), "{encoding}: {} bytes", packed.len());
        let mut text = String::new();
        let read = match encoding {
            "gzip" => flate2::read::GzDecoder::new(packed.as_ref()).read_to_string(&mut text),
            _ => brotli::Decompressor::new(packed.as_ref(), 4096).read_to_string(&mut text),
        };
        read.unwrap();
        assert_eq!(text, plain.text, "{encoding}");
    }
}
