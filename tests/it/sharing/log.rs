//! The access log: every look at a journal is a line in it, and nothing else is.

use super::{READS, change, confirm, end, id_of, pair, read, redeem};
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};

pub(super) async fn events(patient: &Person) -> Vec<Value> {
    patient.get("/v1/me/access-log").await.json["data"].as_array().unwrap().clone()
}

/// The newest line is about this answer.
pub(super) fn assert_tells(event: &Value, answer: &Answer, expected: &Value) {
    assert_eq!(event["request_id"], answer.header("x-request-id"), "{event}");
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&event[name], value, "{name} of {event}");
    }
}

#[tokio::test]
async fn t119_each_read_is_one_line_with_its_sections_window_and_request() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain", "mobility", "sleep"]).await;
    assert_eq!(events(&ana).await, [] as [Value; 0], "handing out a share is no read");
    change(&ana, &id, &json!({"from_date": "2026-10-01", "to_date": "2026-11-15"})).await;
    let mut lines = 0;
    for (query, from, to) in [
        ("", "2026-10-01", "2026-11-15"),
        ("?from=2026-09-01&to=2026-11-10", "2026-10-01", "2026-11-10"),
        ("?from=2026-11-02&to=2026-11-20", "2026-11-02", "2026-11-15"),
    ] {
        for (what, action, sections) in [
            ("journal-entries", "journal_entries", json!(["mobility", "pain"])),
            ("sleep-records", "sleep_records", json!(["sleep"])),
            ("report", "report", json!(["mobility", "pain", "sleep"])),
            ("report/chart.svg", "report_chart", json!(["pain", "sleep"])),
        ] {
            let answer = read(&lind, &id, &format!("{what}{query}")).await;
            assert_eq!(answer.status, 200);
            lines += 1;
            let log = events(&ana).await;
            assert_eq!(log.len(), lines, "one line a read");
            let expected = json!({"action": action, "sections": sections, "from_date": from,
                "to_date": to, "outcome": "granted", "share_id": id, "practitioner": "lind"});
            assert_tells(&log[0], &answer, &expected);
        }
    }
    let etag = read(&lind, &id, "report").await.etag().to_owned();
    let call = lind.call("GET", &format!("/v1/patients/{id}/report"));
    let unchanged = call.header("If-None-Match", &etag).send().await;
    assert_eq!(unchanged.status, 304);
    assert_tells(&events(&ana).await[0], &unchanged, &json!({"outcome": "granted"}));
}

#[tokio::test]
async fn a_window_that_nothing_limits_is_logged_as_open() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["treatment"]).await;
    let answer = read(&lind, &id, "treatment-sessions").await;
    let open = json!({"from_date": null, "to_date": null, "sections": ["treatment"]});
    assert_tells(&events(&ana).await[0], &answer, &open);
}

#[tokio::test]
async fn refused_tries_through_a_share_are_logged() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let lind = app.practitioner("lind").await;
    let invitation = ana.invite(&["sleep"], &json!({})).await;
    let id = id_of(&invitation);
    for what in READS {
        assert_eq!(read(&lind, &id, what).await.status, 404, "not his yet");
    }
    assert_eq!(events(&ana).await.len(), 1, "one line an hour of somebody without the share");

    redeem(&lind, &invitation["code"]).await;
    let early = read(&lind, &id, "sleep-records").await;
    let refused = json!({"outcome": "refused", "action": "sleep_records", "share_id": id});
    assert_tells(&events(&ana).await[0], &early, &refused);
    confirm(&ana, &id).await;
    let closed = read(&lind, &id, "journal-entries").await;
    assert_eq!(closed.status, 404);
    let expected = json!({"outcome": "refused", "action": "journal_entries", "sections": []});
    assert_tells(&events(&ana).await[0], &closed, &expected);

    end(&ana, &id).await;
    for (lines, what) in READS.iter().enumerate() {
        let late = read(&lind, &id, what).await;
        let log = events(&ana).await;
        assert_eq!((late.status, log.len()), (404, lines + 4));
        assert_tells(&log[0], &late, &json!({"outcome": "refused", "practitioner": "lind"}));
    }
    for what in READS {
        read(&ana, &id, what).await;
        app.get(&format!("/v1/patients/{id}/{what}")).await;
    }
    read(&lind, &id, "report?from=never").await;
    assert_eq!(events(&ana).await.len(), READS.len() + 3, "what touches no journal is no line");
}

#[tokio::test]
async fn the_log_is_the_patients_own_and_comes_in_pages() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    let bob = app.patient("bob").await;
    let of_bob = bob.share_with(&lind, &["pain"]).await;
    let mut expected = Vec::new();
    for n in 0..5 {
        let answer = read(&lind, &id, "journal-entries").await;
        expected.insert(0, answer.header("x-request-id").to_owned());
        if n == 2 {
            read(&lind, &of_bob, "report").await;
        }
    }
    let mut seen = Vec::new();
    let mut path = "/v1/me/access-log?limit=2".to_owned();
    loop {
        let page = ana.get(&path).await.json;
        let data = page["data"].as_array().unwrap();
        seen.extend(data.iter().map(|event| event["request_id"].as_str().unwrap().to_owned()));
        assert_eq!(page["has_more"], page["next_cursor"].is_string());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        let foreign = bob.get(&format!("/v1/me/access-log?limit=2&cursor={cursor}")).await;
        assert_eq!(foreign.code(), "invalid_cursor");
        path = format!("/v1/me/access-log?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, expected, "newest first, each once");
    assert_eq!(events(&bob).await.len(), 1);
    assert_eq!(lind.get("/v1/me/access-log").await.code(), "role_insufficient");
}

#[tokio::test]
async fn nothing_can_be_taken_out_of_the_log() {
    let app = TestApp::shared();
    let (ana, lind, id) = pair(&app, &["pain"]).await;
    read(&lind, &id, "report").await;
    let before = events(&ana).await;
    end(&lind, &id).await;
    for method in ["DELETE", "PUT", "PATCH", "POST"] {
        let answer = ana.call(method, "/v1/me/access-log").json(&json!({})).send().await;
        assert_eq!(answer.code(), "method_not_allowed", "{method}");
    }
    assert_eq!(events(&ana).await, before);
}
