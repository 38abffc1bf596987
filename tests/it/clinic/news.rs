//! What is new in a journal since it was last looked at: what others made or changed, as far as it is open.

use crate::records::samples;
use crate::support::TestApp;
use crate::support::people::{Person, daily, fresh};
use serde_json::{Value, json};

/// All that can be shared.
const ALL: [&str; 8] =
    ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals", "notes"];

/// How many records are new in the journal of a share.
async fn news(lind: &Person, share: &str) -> i64 {
    let list = lind.get("/v1/patients").await;
    let items = list.json["data"].as_array().unwrap();
    let found = items.iter().find(|item| item["id"] == json!(share)).unwrap();
    found["overview"]["new_records"].as_i64().unwrap()
}

/// Looks into the journal.
async fn look(lind: &Person, share: &str) {
    let seen = lind.get(&format!("/v1/patients/{share}/report")).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
}

/// Writes a record, new or over the one that stands; answers its ETag.
async fn put(by: &Person, path: &str, etag: Option<&str>, body: &Value) -> String {
    let put = match etag {
        None => by.create(path, body).await,
        Some(etag) => by.replace(path, etag, body).await,
    };
    assert!([200, 201].contains(&put.status), "{path}: {}", put.text);
    put.etag().to_owned()
}

#[tokio::test]
async fn every_open_collection_counts_and_no_closed_one() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let all = ana.share_with(&lind, &ALL).await;
    let later = ana.share_on(&lind, &ALL, &json!({"from_date": "2025-07-01"})).await;
    for sample in samples() {
        let rest = sample.sections.codes();
        let rest: Vec<&str> =
            ALL.into_iter().filter(|section| !rest.iter().any(|own| own == section)).collect();
        let closed = ana.share_with(&lind, &rest).await;
        look(&lind, &closed).await;
        look(&lind, &later).await;
        let others = async || {
            for (name, share) in [("closed sections", &closed), ("closed days", &later)] {
                let seen = if sample.is_shared() { news(&lind, share).await } else { 0 };
                assert_eq!(seen, 0, "{} of {name}", sample.table);
            }
        };
        let seen = i64::from(sample.is_shared());
        look(&lind, &all).await;
        assert_eq!(news(&lind, &all).await, 0, "{}: a look resets", sample.table);
        let path = fresh(sample.path);
        let etag = put(&ana, &path, None, &sample.body).await;
        assert_eq!(news(&lind, &all).await, seen, "{} made", sample.table);
        others().await;
        put(&ana, &path, Some(&etag), &sample.other).await;
        assert_eq!(news(&lind, &all).await, seen, "{}: a record counts once", sample.table);
        look(&lind, &all).await;
        let etag = ana.get(&path).await.etag().to_owned();
        let etag = put(&ana, &path, Some(&etag), &sample.body).await;
        assert_eq!(news(&lind, &all).await, seen, "{} changed", sample.table);
        others().await;
        assert_eq!(ana.delete(&path).await.status, 204);
        assert_eq!(news(&lind, &all).await, 0, "{} deleted", sample.table);
        look(&lind, &all).await;
        // A tombstone has the next version.
        let version: i64 = etag.trim_matches(['"', 'v']).parse().unwrap();
        put(&ana, &path, Some(&format!("\"v{}\"", version + 1)), &sample.other).await;
        assert_eq!(news(&lind, &all).await, seen, "{} restored", sample.table);
        others().await;
    }
}

#[tokio::test]
async fn a_change_of_what_is_closed_moves_no_number() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let pain = ana.share_with(&lind, &["pain"]).await;
    let most = ana.share_with(&lind, &["pain", "mobility", "medication"]).await;
    let all = ana.share_with(&lind, &ALL).await;
    let june = ana.share_on(&lind, &ALL, &json!({"from_date": "2025-06-01"})).await;
    let shares = [&pain, &most, &all, &june];
    let path = fresh("journal-entries");
    let mut body = daily("2025-06-02", &json!({"effective_at": "2025-06-02T06:00:00Z"}));
    let mut etag = put(&ana, &path, None, &body).await;
    for share in shares {
        assert_eq!(news(&lind, share).await, 1, "an entry that was made");
    }
    let session = "0195a3c2-0000-7000-8000-00000000000a";
    for (change, expected) in [
        // Of an entry whose other members are closed, nothing tells a change.
        (json!({"pain_average": 3}), [0, 1, 1, 1]),
        (json!({"steps": 4000}), [0, 1, 1, 1]),
        (json!({"treatment_session_id": session, "kind": "post_24h"}), [0, 0, 1, 1]),
        // What a note says is open once it is shared.
        (json!({"note": "for myself", "note_shared": false}), [0, 0, 1, 1]),
        (json!({"note": "still for myself"}), [0, 0, 0, 0]),
        (json!({"note_shared": true}), [0, 0, 1, 1]),
        (json!({"note": "for you as well"}), [0, 0, 1, 1]),
        // Out of the open days and back again.
        (
            json!({"effective_at": "2025-05-02T06:00:00Z", "journal_date": "2025-05-02"}),
            [0, 1, 1, 0],
        ),
        (json!({"pain_average": 5}), [0, 1, 1, 0]),
        (
            json!({"effective_at": "2025-06-02T06:00:00Z", "journal_date": "2025-06-02"}),
            [0, 1, 1, 1],
        ),
    ] {
        for share in shares {
            look(&lind, share).await;
        }
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        etag = put(&ana, &path, Some(&etag), &body).await;
        for (share, expected) in shares.into_iter().zip(expected) {
            assert_eq!(news(&lind, share).await, expected, "{change} in {share}");
        }
    }
    // The same for the notes of a record that belongs to one section.
    let path = fresh("flares");
    let mut flare =
        json!({"started_at": "2025-06-02T08:00:00Z", "time_zone": "Europe/Berlin", "severity": 6});
    etag = put(&ana, &path, None, &flare).await;
    for (change, expected) in
        [(json!({"trigger_note": "nine hours by train"}), 0), (json!({"severity": 7}), 1)]
    {
        look(&lind, &pain).await;
        flare.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        etag = put(&ana, &path, Some(&etag), &flare).await;
        assert_eq!(news(&lind, &pain).await, expected, "{change}");
    }
}

#[tokio::test]
async fn what_one_wrote_oneself_is_new_to_others_alone() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let (lind, mal) = (app.practitioner("lind").await, app.practitioner("mal").await);
    let of_lind = ana.let_record(&lind, &["treatment"]).await;
    let of_mal = ana.share_with(&mal, &["treatment"]).await;
    let event = json!({"started_at": "2025-06-02T10:00:00Z", "time_zone": "Europe/Berlin",
        "kinds": ["bleeding"], "severity": "mild", "serious": false});
    let event_path = fresh("adverse-events");
    put(&ana, &event_path, None, &event).await;
    look(&lind, &of_lind).await;
    look(&mal, &of_mal).await;

    let through = |path: &str| path.replace("/v1/", &format!("/v1/patients/{of_lind}/"));
    let mut visit = json!({"status": "planned", "kind": "treatment",
        "starts_at": "2025-06-03T10:00:00Z", "time_zone": "Europe/Berlin"});
    let path = fresh("treatment-sessions");
    let etag = put(&lind, &through(&path), None, &visit).await;
    visit["status"] = json!("attended");
    put(&lind, &through(&path), Some(&etag), &visit).await;
    assert_eq!((news(&lind, &of_lind).await, news(&mal, &of_mal).await), (0, 1));

    // What the patient says beside it is new to its author.
    look(&mal, &of_mal).await;
    let etag = ana.get(&path).await.etag().to_owned();
    visit["sensations"] = json!(["warmth"]);
    put(&ana, &path, Some(&etag), &visit).await;
    assert_eq!((news(&lind, &of_lind).await, news(&mal, &of_mal).await), (1, 1));
}
