//! Entity tags as proxies and apps hand them on, at every operation that takes one. The proxies
//! themselves are in [`crate::proxies`].

use crate::records::{merged, samples};
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};

/// What becomes of `"TAG"` on its way to the app and back. The names are of programs that are known to
/// make it so; the others are said to be made.
const FORMS: [&str; 14] = [
    "W/\"TAG\"",         // nginx, HAProxy
    "\"TAG-gzip\"",      // Apache
    "\"TAG-br\"",        // Apache
    "\"TAG-gunzip-br\"", // Apache that unpacks and packs anew
    "\"TAG\"-gzip",      // Apache 2.2
    "W/\"TAG-gzip\"",    // one behind the other
    "\"TAG--gzip\"",     // Jetty
    "\"TAG;gzip\"",
    "\"TAG;br\"",
    "\"TAG:br\"",
    "\"TAG:0\"",
    "TAG", // apps without the quotes
    "\"TAG--zstd\", \"other\"",
    "\"other\", W/\"TAG\"",
];

fn forms(etag: &str) -> impl Iterator<Item = String> {
    let tag = etag.trim_start_matches("W/").trim_matches('"').to_owned();
    FORMS.into_iter().map(move |form| form.replace("TAG", &tag))
}

/// Reads `path` with each form of its tag, and with tags that are none of it.
async fn is_known_by_its_tags(reader: &Person, path: &str) {
    let first = reader.get(path).await;
    assert_eq!(first.status, 200, "{path} {}", first.text);
    let etag = first.etag().to_owned();
    assert!(!etag.is_empty(), "{path}");
    let again = async |tag: &str| -> Answer {
        reader.call("GET", path).header("If-None-Match", tag).send().await
    };
    for sent in forms(&etag) {
        let answer = again(&sent).await;
        assert_eq!((answer.status, answer.etag()), (304, &*etag), "{path} {sent}");
    }
    let tag = etag.trim_start_matches("W/").trim_matches('"');
    for other in ["\"v1234567\"".to_owned(), format!("\"{tag}0\""), format!("\"{tag}.r9\"")] {
        assert_eq!(again(&other).await.status, 200, "{path} {other}");
    }
}

async fn delete(person: &Person, path: &str, tag: &str) -> Answer {
    person.call("DELETE", path).header("If-Match", tag).send().await
}

#[tokio::test]
async fn a_record_is_read_replaced_and_deleted_by_every_form_of_its_tag() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for sample in samples() {
        let path = fresh(sample.path);
        let mut etag = ana.create(&path, &sample.body).await.etag().to_owned();
        for (turn, form) in FORMS.iter().enumerate() {
            let tag = form.replace("TAG", etag.trim_matches('"'));
            let body = if turn % 2 == 0 { &sample.other } else { &sample.body };
            let changed = ana.replace(&path, &tag, body).await;
            assert_eq!(changed.status, 200, "{path} {tag} {}", changed.text);
            assert_ne!(changed.etag(), etag, "{path} {tag}: nothing was written");
            changed.etag().clone_into(&mut etag);
        }
        is_known_by_its_tags(&ana, &path).await;
    }
    for form in FORMS {
        let path = fresh("journal-entries");
        let made = ana.create(&path, &daily("2025-06-01", &json!({}))).await;
        let tag = form.replace("TAG", made.etag().trim_matches('"'));
        assert_eq!(delete(&ana, &path, &tag).await.status, 204, "{tag}");
        assert_eq!(ana.get(&path).await.status, 404, "{tag}");
    }
}

#[tokio::test]
async fn what_is_shared_is_read_and_written_by_every_form_too() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.let_record(&lind, &["pain", "treatment"]).await;
    let visit = |count: usize| {
        json!({"status": "attended", "kind": "treatment", "time_zone": "Europe/Berlin",
            "starts_at": "2025-06-03T09:00:00+02:00", "needle_count": count})
    };
    let path = fresh(&format!("patients/{share}/treatment-sessions"));
    let mut etag = lind.create(&path, &visit(0)).await.etag().to_owned();
    let terms = |label: usize| {
        let expires_at = (chrono::Utc::now() + chrono::Duration::days(200)).to_rfc3339();
        json!({"label": format!("label {label}"), "sections": ["pain", "treatment"],
            "expires_at": expires_at, "may_record": true})
    };
    let given = format!("/v1/shares/{share}");
    let mut given_tag = ana.get(&given).await.etag().to_owned();
    for (turn, form) in FORMS.iter().enumerate() {
        let tag = form.replace("TAG", etag.trim_matches('"'));
        let changed = lind.replace(&path, &tag, &visit(turn + 1)).await;
        assert_eq!(changed.status, 200, "{tag} {}", changed.text);
        changed.etag().clone_into(&mut etag);
        let tag = form.replace("TAG", given_tag.trim_matches('"'));
        let changed = ana.replace(&given, &tag, &terms(turn)).await;
        assert_eq!(changed.status, 200, "{tag} {}", changed.text);
        assert_eq!(changed.json["label"], format!("label {turn}"));
        changed.etag().clone_into(&mut given_tag);
    }
    assert_eq!(ana.replace(&given, "\"3f-gzip\"", &terms(99)).await.status, 412);
    is_known_by_its_tags(&lind, &path).await;
    is_known_by_its_tags(&ana, &given).await;
    assert_eq!(delete(&lind, &path, "\"3f-gzip\"").await.status, 412);
    assert_eq!(delete(&lind, &path, &format!("W/{etag}")).await.status, 204);
}

#[tokio::test]
async fn what_is_only_read_is_known_by_every_form() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    ana.create(&fresh("journal-entries"), &daily("2025-06-01", &json!({}))).await;
    let days = json!({"from": "2025-06-01", "to": "2025-06-30"});
    let frozen = ana.post("/v1/report/snapshots", &days).await;
    assert_eq!(frozen.status, 201, "{}", frozen.text);
    let frozen = format!("/v1/report/snapshots/{}", frozen.json["id"].as_str().unwrap());
    let report = "/v1/report?from=2025-06-01&to=2025-06-30";
    let page = "/v1/report/page.html?from=2025-06-01&to=2025-06-30";
    for path in [
        report,
        page,
        &frozen,
        &format!("{frozen}/report"),
        &format!("{frozen}/page.html"),
        "/v1/vocabularies",
        "/v1/instruments",
        "/v1/instruments/peg",
        "/v1/body-map",
        "/v1/body-map/front.svg",
        "/v1/red-flags",
    ] {
        is_known_by_its_tags(&ana, path).await;
    }
}

#[tokio::test]
async fn a_tag_that_is_not_ours_meets_nothing_and_is_not_unreadable() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let path = fresh("journal-entries");
    let body = |mood: i64| daily("2025-06-01", &json!({"mood": mood}));
    let first = ana.create(&path, &body(1)).await;
    let second = ana.replace(&path, first.etag(), &body(2)).await;
    let (old, now) = (first.etag(), second.etag());
    let version = now.trim_matches('"');
    for unknown in [
        old.to_owned(),
        format!("W/{old}"),
        "\"3f2a-gzip\"".into(),
        "W/\"s0123456789abcdef\"".into(),
        "\"\"".into(),
        format!("\"{version}0\""),
        format!("\"{version}.r2\""),
        format!("\"x{version}\""),
        "\"v0\"".into(),
        "\"v99999999999999999999\"".into(),
        format!("{old}, \"3f2a-gzip\""),
    ] {
        let put = ana.replace(&path, &unknown, &body(3)).await;
        assert_eq!((put.status, put.code()), (412, "precondition_failed"), "{unknown}");
        assert_eq!(put.etag(), now, "{unknown}: the answer names the present version");
        let gone = delete(&ana, &path, &unknown).await;
        assert_eq!((gone.status, gone.etag()), (412, now), "{unknown}");
        let nothing = ana.replace(&fresh("journal-entries"), &unknown, &body(3)).await;
        assert_eq!(nothing.status, 404, "{unknown}");
        // What is there already needs no version.
        assert_eq!(ana.replace(&path, &unknown, &body(2)).await.etag(), now, "{unknown}");
    }
    // Of a list one tag is enough (RFC 9110 section 13.1.1). The header itself comes once.
    let changed = ana.replace(&path, &format!("{old}, {now}"), &body(4)).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let lines = ana.call("PUT", &path).header("If-Match", old).header("If-Match", changed.etag());
    let twice = lines.json(&body(5)).send().await;
    assert_eq!((twice.status, twice.code()), (400, "invalid_header"));
}

#[tokio::test]
async fn what_is_no_precondition_is_still_refused() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let path = fresh("journal-entries");
    let made = ana.create(&path, &daily("2025-06-01", &json!({}))).await;
    let body: Value = merged(&daily("2025-06-01", &json!({})), &json!({"mood": 3}));
    for headers in [
        vec![("If-Match", "*")],
        vec![("If-Match", "")],
        vec![("If-Match", "*, \"v1\"")],
        vec![("If-None-Match", made.etag())],
        vec![("If-Match", made.etag()), ("If-None-Match", "*")],
    ] {
        let put = ana.call("PUT", &path).json(&body);
        let put = headers.iter().fold(put, |put, (name, value)| put.header(name, value));
        let answer = put.send().await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_header"), "{headers:?}");
    }
    let bare = ana.call("PUT", &path).json(&body).send().await;
    assert_eq!((bare.status, bare.code()), (428, "precondition_required"));
    assert_eq!(ana.get(&path).await.etag(), made.etag());
}
