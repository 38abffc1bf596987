//! What the server refuses after the share was looked at stands in the access log as refused, too: no line
//! says that something was shown or written that was not.

use super::log::{assert_tells, events};
use super::{ALL, end, read};
use crate::support::contract::operations;
use crate::support::people::fresh;
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

fn session(day: &str) -> Value {
    json!({"status": "planned", "kind": "treatment", "starts_at": format!("{day}T09:00:00+01:00"),
        "time_zone": "Europe/Berlin"})
}

/// The newest line is about this answer, and says what came of it.
async fn assert_settled(ana: &Person, answer: &Answer, what: &str) {
    let outcome = if answer.status < 400 { "granted" } else { "refused" };
    let log = events(ana).await;
    assert!(!log.is_empty(), "{what}: {}", answer.text);
    println!("{what} {} {outcome}", answer.status);
    assert_tells(&log[0], answer, &json!({"outcome": outcome, "stranger": false}));
}

#[tokio::test]
async fn t119_whatever_is_refused_through_an_open_share_is_logged_as_refused() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let terms = json!({"may_record": true, "from_date": "2026-10-01", "to_date": "2026-10-31"});
    let id = ana.share_on(&lind, &ALL, &terms).await;
    let closed = json!({"from": "2026-01-01", "to": "2026-01-31"});
    let (mut refused, mut granted) = (Vec::new(), Vec::new());
    for (path, method, operation) in operations() {
        if !path.starts_with("/v1/patients/{share_id}/") {
            continue;
        }
        let unknown = Uuid::now_v7().to_string();
        let mut path = path.replace("{share_id}", &id).replace("{id}", &unknown);
        if method == "get" && path.contains("/report") && !path.contains("/snapshots") {
            path.push_str("?from=2026-01-01&to=2026-01-31");
        }
        let call = lind.call(&method.to_uppercase(), &path);
        let answer = match method {
            "put" => call.header("If-None-Match", "*").json(&json!({})),
            "delete" => call.header("If-Match", "*"),
            "post" => call.json(&closed),
            _ => call,
        }
        .send()
        .await;
        assert!(answer.status < 500, "{}", answer.text);
        let name = operation["operationId"].as_str().unwrap();
        assert_settled(&ana, &answer, name).await;
        if answer.status < 400 { &mut granted } else { &mut refused }.push(name);
    }
    assert!(granted.iter().all(|name| name.starts_with("listShared")), "{granted:?}");
    // Five of collections to get, put and delete, one of progress, five of a report, one to freeze, five of
    // a frozen one.
    assert_eq!(refused.len(), 15 + 1 + 5 + 1 + 5, "{refused:?}");
    assert!(events(&ana).await.len() == refused.len() + granted.len(), "one line each");
}

#[tokio::test]
async fn t066_a_record_outside_of_the_open_days_is_refused_in_the_log() {
    let app = TestApp::shared();
    let (ana, lind, may) =
        (app.patient("ana").await, app.practitioner("lind").await, app.practitioner("may").await);
    let wide = ana.let_record(&lind, &ALL).await;
    let terms = json!({"may_record": true, "to_date": "2026-10-31"});
    let narrow = ana.share_on(&may, &ALL, &terms).await;
    let path = |share: &str, id: Uuid| format!("/v1/patients/{share}/treatment-sessions/{id}");
    let (early, late) = (Uuid::now_v7(), Uuid::now_v7());
    for (id, day) in [(early, "2026-10-12"), (late, "2026-11-03")] {
        let made = lind.create(&path(&wide, id), &session(day)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_settled(&ana, &made, "made").await;
    }
    let open = may.get(&path(&narrow, early)).await;
    assert_eq!(open.status, 200);
    assert_settled(&ana, &open, "open").await;
    let closed = may.get(&path(&narrow, late)).await;
    assert_eq!(closed.status, 404);
    assert_settled(&ana, &closed, "closed").await;
    // An id that is taken where the share does not open it, a day that it does not open, another's record.
    let taken = may.create(&path(&narrow, late), &session("2026-10-13")).await;
    assert_eq!(taken.status, 409, "{}", taken.text);
    assert_settled(&ana, &taken, "taken").await;
    let outside = may.create(&path(&narrow, Uuid::now_v7()), &session("2026-11-04")).await;
    assert!((400..500).contains(&outside.status), "{}", outside.text);
    assert_settled(&ana, &outside, "outside").await;
    let of_lind = may.replace(&path(&narrow, early), open.etag(), &session("2026-10-14")).await;
    assert_eq!(of_lind.code(), "not_yours", "{}", of_lind.text);
    assert_settled(&ana, &of_lind, "another's").await;
    let own = Uuid::now_v7();
    assert_eq!(may.create(&path(&narrow, own), &session("2026-10-15")).await.status, 201);
    let stale = may.replace(&path(&narrow, own), "\"1\"", &session("2026-10-16")).await;
    assert_eq!(stale.status, 412, "{}", stale.text);
    assert_settled(&ana, &stale, "stale").await;
    let list = ana.get("/v1/treatment-sessions").await;
    let mut days: Vec<&str> = list.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["journal_date"].as_str().unwrap())
        .collect();
    days.sort_unstable();
    assert_eq!(days, ["2026-10-12", "2026-10-15", "2026-11-03"], "nothing refused was written");
}

#[tokio::test]
async fn a_share_that_does_not_record_or_does_not_say_whose_it_is_refuses_in_the_log() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let reading = ana.share_with(&lind, &ALL).await;
    let nameless = json!({"may_record": true, "show_name": false});
    let nameless = ana.share_on(&lind, &ALL, &nameless).await;
    for (share, code) in [(reading, "share_read_only"), (nameless, "reference_required")] {
        let path = fresh(&format!("patients/{share}/treatment-sessions"));
        let write = lind.create(&path, &session("2026-11-02")).await;
        assert_eq!(write.code(), code, "{}", write.text);
        assert_settled(&ana, &write, code).await;
        let unread = lind.create(&path, &json!([])).await;
        assert!(unread.status >= 400);
        assert_settled(&ana, &unread, "a body that is none").await;
    }
}

#[tokio::test]
async fn a_frozen_report_that_the_share_no_longer_opens_is_refused_in_the_log() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let id = ana.share_with(&lind, &["pain", "sleep"]).await;
    let days = json!({"from": "2026-10-01", "to": "2026-10-31"});
    let frozen = lind.post(&format!("/v1/patients/{id}/report/snapshots"), &days).await;
    assert_eq!(frozen.status, 201, "{}", frozen.text);
    assert_settled(&ana, &frozen, "frozen").await;
    let one = format!("report/snapshots/{}", frozen.json["id"].as_str().unwrap());
    let tails = ["", "/report", "/page.html", "/document.pdf", "/days.csv"];
    for tail in tails {
        let kept = read(&lind, &id, &format!("{one}{tail}")).await;
        assert_eq!(kept.status, 200, "{tail}");
        assert_settled(&ana, &kept, tail).await;
    }
    assert_eq!(super::change(&ana, &id, &json!({"sections": ["pain"]})).await.status, 200);
    for tail in tails {
        let closed = read(&lind, &id, &format!("{one}{tail}")).await;
        assert_eq!(closed.status, 404, "{tail}");
        assert_settled(&ana, &closed, tail).await;
    }
    end(&ana, &id).await;
    let ended = read(&lind, &id, &one).await;
    assert_settled(&ana, &ended, "ended").await;
}
