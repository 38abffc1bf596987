//! Frozen reports that others hold: the patient sees which, reads them, and takes each back for good.

use super::snapshots::ended;
use super::{SECTIONS, diary};
use crate::records::merged;
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use crate::walls::enter;
use serde_json::{Value, json};

const HELD: &str = "/v1/held-reports";
const OWN: &str = "/v1/report/snapshots";
const NOTE: &str = "Seized up after the gardening";
const FILES: [&str; 4] = ["report", "page.html", "document.pdf", "days.csv"];

fn october() -> Value {
    json!({"from": "2026-10-01", "to": "2026-10-31"})
}

fn id(answer: &Answer) -> String {
    answer.json["id"].as_str().unwrap().to_owned()
}

fn rows(answer: &Answer) -> &Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json["data"].as_array().unwrap()
}

/// An entry in October with a note that the patient shares; answers its address.
async fn noted(ana: &Person) -> (String, Value) {
    let path = fresh("journal-entries");
    let entry = daily("2026-10-05", &json!({"note": NOTE, "note_shared": true}));
    let made = ana.create(&path, &entry).await;
    assert_eq!(made.status, 201, "{}", made.text);
    (path, entry)
}

/// The address of the frozen reports of a share.
fn list(share: &str) -> String {
    format!("/v1/patients/{share}/report/snapshots")
}

async fn freeze(reader: &Person, list: &str) -> String {
    let made = reader.post(list, &october()).await;
    assert!([200, 201].contains(&made.status), "{}", made.text);
    id(&made)
}

/// A patient with a shared note, a practitioner with a share of everything, and the id of the report that
/// the practitioner has frozen.
async fn frozen(app: &TestApp) -> (Person, Person, String, String) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    noted(&ana).await;
    let share = ana.share_with(&lind, &SECTIONS).await;
    let report = freeze(&lind, &list(&share)).await;
    (ana, lind, share, report)
}

/// Lines of the patient's access log with this action.
async fn log(ana: &Person, action: &str) -> Vec<Value> {
    let log = ana.get("/v1/me/access-log?limit=200").await;
    rows(&log).iter().filter(|line| line["action"] == action).cloned().collect()
}

#[tokio::test]
async fn the_patient_sees_who_holds_which_days_and_sections_since_when() {
    let app = TestApp::shared();
    let (ana, lind, share, first) = frozen(&app).await;
    let other = app.practitioner("other").await;
    let pain = ana.share_on(&other, &["pain"], &json!({"label": "Second opinion"})).await;
    let second = freeze(&other, &list(&pain)).await;
    let own = freeze(&ana, OWN).await;

    let all = ana.get(HELD).await;
    let [newer, older] = &rows(&all)[..] else { panic!("{}", all.text) };
    assert_eq!((&newer["id"], &older["id"]), (&json!(second), &json!(first)), "newest first");
    let shown = ana.get(&format!("/v1/shares/{pain}")).await.json;
    assert_eq!(newer["practitioner"], shown["practitioner"], "who, as the share shows it");
    assert_eq!(newer["practitioner"]["id"], json!(other.id));
    assert_eq!(
        (&newer["share_id"], &newer["share_label"]),
        (&json!(pain), &json!("Second opinion"))
    );
    let made = other.get(&format!("{}/{second}", list(&pain))).await.json;
    for member in ["from", "to", "made_at", "sections", "version", "rule_version"] {
        assert_eq!(newer[member], made[member], "{member}");
    }
    assert_eq!((&newer["from"], &newer["to"]), (&json!("2026-10-01"), &json!("2026-10-31")));
    assert_eq!((&newer["sections"], &newer["withdrawn_at"]), (&json!(["pain"]), &Value::Null));
    assert_eq!(older["sections"].as_array().unwrap().len(), 8);
    assert_eq!(&ana.get(&format!("{HELD}/{second}")).await.json, newer);

    // Page by page, as every list.
    let page = ana.get(&format!("{HELD}?limit=1")).await;
    assert_eq!((&rows(&page)[0]["id"], &page.json["has_more"]), (&json!(second), &json!(true)));
    let cursor = page.json["next_cursor"].as_str().unwrap();
    let rest = ana.get(&format!("{HELD}?limit=1&cursor={cursor}")).await;
    assert_eq!((&rows(&rest)[0]["id"], &rest.json["has_more"]), (&json!(first), &json!(false)));
    assert_eq!(ana.get(&format!("{OWN}?limit=1&cursor={cursor}")).await.status, 400);

    // What the patient froze is held by nobody else, and stays where it was.
    assert_eq!(rows(&ana.get(OWN).await).iter().map(|row| &row["id"]).collect::<Vec<_>>(), [&own]);
    for path in ["", "/report", "/page.html"] {
        assert_eq!(ana.get(&format!("{HELD}/{own}{path}")).await.status, 404, "{path}");
    }
    assert_eq!(ana.delete(&format!("{HELD}/{own}")).await.status, 404);
    assert_eq!(ana.get(&format!("{OWN}/{own}/report")).await.status, 200);
    assert_eq!(ana.delete(&format!("{OWN}/{own}")).await.status, 405);

    // An ended share ends the reach, not what is kept.
    assert_eq!(lind.delete(&format!("/v1/shares/{share}")).await.status, 204);
    let kept = ana.get(&format!("{HELD}/{first}")).await.json;
    assert_eq!(
        (&kept["withdrawn_at"], &kept["practitioner"]["id"]),
        (&Value::Null, &json!(lind.id))
    );
    assert_eq!(ana.get(&format!("{HELD}/{first}/report")).await.status, 200);
    assert_eq!(ana.delete(&format!("{HELD}/{first}")).await.status, 204);
    assert_eq!(ana.get(&format!("{HELD}/{first}/report")).await.status, 404);
}

#[tokio::test]
async fn she_reads_what_the_practitioner_reads_and_never_the_practitioners_reference() {
    let app = TestApp::shared();
    let (ana, lind, share, report) = frozen(&app).await;
    let (hers, his) = (format!("{HELD}/{report}"), format!("{}/{report}", list(&share)));
    let mut kept = Vec::new();
    for file in FILES {
        let bytes = ana.bytes(&format!("{hers}/{file}")).await;
        assert!(bytes == lind.bytes(&format!("{his}/{file}")).await, "{file}");
        kept.push(bytes);
    }
    assert!(String::from_utf8_lossy(&kept[1]).contains(NOTE));

    let reference = json!({"reference": "Chart 4711-X"});
    let named = lind.call("PUT", &format!("/v1/shares/{share}/reference")).json(&reference);
    assert_eq!(named.send().await.status, 200);
    lind.get(&format!("{his}/page.html")).await;
    for (file, before) in FILES.iter().zip(&kept) {
        let path = format!("{hers}/{file}");
        let (answer, bytes) = (ana.get(&path).await, ana.bytes(&path).await);
        assert!(&bytes == before, "{file}");
        assert!(!String::from_utf8_lossy(&bytes).contains("4711"), "{file}");
        assert!(!answer.header("content-disposition").contains("4711"), "{file}");
        let again = ana.call("GET", &path).header("If-None-Match", answer.etag()).send().await;
        assert_eq!((again.status, again.etag()), (304, answer.etag()), "{file}");
    }
    for path in [HELD, &hers] {
        assert!(!ana.get(path).await.text.contains("4711"), "{path}");
    }
    assert_eq!(ana.get(&format!("{hers}/summary.html")).await.status, 404, "nobody holds that one");

    // Whatever the share opens now: it is what the practitioner may open again tomorrow.
    let narrow = json!({"label": "test", "sections": ["pain"], "from_date": "2026-10-20",
        "expires_at": ana.get(&format!("/v1/shares/{share}")).await.json["expires_at"]});
    let etag = ana.get(&format!("/v1/shares/{share}")).await.etag().to_owned();
    assert_eq!(ana.replace(&format!("/v1/shares/{share}"), &etag, &narrow).await.status, 200);
    assert_eq!(lind.get(&his).await.status, 404);
    for (file, before) in FILES.iter().zip(&kept) {
        assert!(&ana.bytes(&format!("{hers}/{file}")).await == before, "{file}");
    }
}

#[tokio::test]
async fn what_is_withdrawn_is_gone_for_good_and_leaves_that_it_was() {
    let app = TestApp::shared();
    let (ana, lind, share, report) = frozen(&app).await;
    let (hers, his) = (format!("{HELD}/{report}"), format!("{}/{report}", list(&share)));
    let read = lind.get(&format!("{his}/report")).await;
    assert!(read.text.contains(NOTE));
    let looked_at = async || lind.get("/v1/patients").await.json["data"][0]["overview"].clone();
    let looked = looked_at().await["looked_at"].clone();
    assert_eq!(log(&ana, "report_withdraw").await, Vec::<Value>::new());

    let withdrawn = ana.call("DELETE", &hers).send().await;
    assert_eq!((withdrawn.status, withdrawn.text.as_str()), (204, ""));
    assert_eq!(looked_at().await["looked_at"], looked, "it was the patient who acted");
    assert!(looked.is_string());

    // Gone for the practitioner, whatever a client kept of it, and as a thing that never was.
    for path in ["", "/report", "/page.html", "/document.pdf", "/days.csv"] {
        let path = format!("{his}{path}");
        let gone = lind.call("GET", &path).header("If-None-Match", read.etag()).send().await;
        assert_eq!((gone.status, gone.code()), (404, "not_found"), "{path}");
        assert!(!gone.text.contains("garden"), "{path}");
    }
    // The list says that it was withdrawn, and nothing of what it said.
    let listed = lind.get(&list(&share)).await;
    let [row] = &rows(&listed)[..] else { panic!("{}", listed.text) };
    assert_eq!((&row["id"], &row["inputs_hash"]), (&json!(report), &Value::Null));
    let one = ana.get(&hers).await;
    assert_eq!((one.status, &one.json["withdrawn_at"]), (200, &row["withdrawn_at"]));
    assert!(
        row["withdrawn_at"].is_string()
            && one.json["withdrawn_at"] == rows(&ana.get(HELD).await)[0]["withdrawn_at"]
    );
    for file in FILES {
        let gone = ana.get(&format!("{hers}/{file}")).await;
        assert_eq!((gone.status, gone.code()), (404, "not_found"), "{file}");
    }

    // Nothing of the journal is left in its row.
    let sql = app.sql().await;
    let row = "SELECT to_jsonb(r)::text, pg_column_size(r.*) FROM pj.report_snapshots r WHERE id::text = $1";
    let row = sql.query_one(row, &[&report]).await.unwrap();
    let (text, size): (String, i32) = (row.get(0), row.get(1));
    let kept: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&kept["report"], &kept["inputs_hash"]), (&Value::Null, &Value::Null));
    assert!(size < 400 && !text.contains("garden"), "{size} {text}");

    // Who froze it, who read it and that it was withdrawn stay in the log: once, however often it is asked.
    assert_eq!(ana.call("DELETE", &hers).send().await.status, 204);
    assert_eq!(ana.get(&hers).await.json, one.json);
    let [line] = &log(&ana, "report_withdraw").await[..] else { panic!("one line") };
    assert_eq!((&line["share_id"], &line["outcome"]), (&json!(share), &json!("granted")));
    assert_eq!(
        (&line["from_date"], &line["to_date"]),
        (&json!("2026-10-01"), &json!("2026-10-31"))
    );
    assert_eq!(line["sections"].as_array().unwrap().len(), 8);
    assert_eq!(line["at"], one.json["withdrawn_at"]);
    assert!(line["practitioner"].as_str().unwrap().contains("ana"), "{line}");
    for action in ["report_freeze", "report_snapshot"] {
        let lines = log(&ana, action).await;
        assert!(lines.iter().any(|line| line["share_id"] == json!(share)), "{action}");
    }
}

#[tokio::test]
async fn a_withdrawn_report_is_never_handed_out_again_and_a_new_one_is_a_new_version() {
    let app = TestApp::shared();
    let (ana, lind, share, first) = frozen(&app).await;
    let list = list(&share);
    assert_eq!(ana.delete(&format!("{HELD}/{first}")).await.status, 204);
    // Nothing has changed, and the share is open: it is made anew, and the patient sees that.
    let made = lind.post(&list, &october()).await;
    assert_eq!((made.status, &made.json["version"]), (201, &json!(2)), "{}", made.text);
    let second = id(&made);
    assert_eq!(freeze(&lind, &list).await, second, "this one stands");
    assert_eq!(rows(&ana.get(HELD).await).len(), 2);

    // Of three, the one in the middle goes: the first then leads to the last.
    ana.create(&fresh("journal-entries"), &daily("2026-10-09", &json!({}))).await;
    let third = freeze(&lind, &list).await;
    ana.create(&fresh("journal-entries"), &daily("2026-10-10", &json!({}))).await;
    let fourth = freeze(&lind, &list).await;
    let next = async || lind.get(&format!("{list}/{second}")).await;
    let before = next().await;
    assert_eq!(before.json["superseded_by"], json!(third));
    assert_eq!(ana.delete(&format!("{HELD}/{third}")).await.status, 204);
    let after = next().await;
    assert_eq!(after.json["superseded_by"], json!(fourth));
    assert_ne!(after.etag(), before.etag());
    assert_eq!(ana.delete(&format!("{HELD}/{fourth}")).await.status, 204);
    assert_eq!(next().await.json["superseded_by"], Value::Null, "it is the newest that is left");

    // With the share ended nothing new is frozen.
    assert_eq!(ana.delete(&format!("/v1/shares/{share}")).await.status, 204);
    assert_eq!(lind.post(&list, &october()).await.status, 404);
}

#[tokio::test]
async fn a_note_that_is_unshared_or_deleted_leaves_future_reports_and_the_frozen_one_keeps_it() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &SECTIONS).await;
    let list = list(&share);
    let live = format!("/v1/patients/{share}/report?from=2026-10-01&to=2026-10-31");
    for is_deleted in [false, true] {
        let (path, entry) = noted(&ana).await;
        assert!(lind.get(&live).await.text.contains(NOTE));
        let before = freeze(&lind, &list).await;
        if is_deleted {
            assert_eq!(ana.delete(&path).await.status, 204);
        } else {
            let etag = ana.get(&path).await.etag().to_owned();
            let unshared = merged(&entry, &json!({"note_shared": false}));
            assert_eq!(ana.replace(&path, &etag, &unshared).await.status, 200);
        }
        let what = if is_deleted { "deleted" } else { "unshared" };
        assert!(!lind.get(&live).await.text.contains(NOTE), "{what}");
        let after = freeze(&lind, &list).await;
        assert_ne!(after, before, "{what}");
        let kept = format!("{list}/{before}/report");
        assert!(!lind.get(&format!("{list}/{after}/report")).await.text.contains(NOTE), "{what}");
        assert!(lind.get(&kept).await.text.contains(NOTE), "{what}: a frozen report keeps it");
        assert!(ana.get(&format!("{HELD}/{before}/report")).await.text.contains(NOTE), "{what}");
        assert_eq!(ana.delete(&format!("{HELD}/{before}")).await.status, 204);
        assert_eq!(lind.get(&kept).await.status, 404, "{what}: until it is withdrawn");
        assert_eq!(
            lind.get(&format!("{list}/{after}")).await.status,
            200,
            "{what}: that one alone"
        );
    }
}

#[tokio::test]
async fn the_patients_page_and_the_document_say_that_a_frozen_report_keeps_a_note() {
    let app = TestApp::shared();
    let (ana, ..) = frozen(&app).await;
    let page = ana.get("/v1/report/summary.html").await;
    let said = "keeps what it says, also a note that you no longer share or have deleted, until you withdraw";
    assert!(page.text.contains(said), "{}", page.text);
    let schemas = &crate::support::contract::document()["components"]["schemas"];
    let named = schemas.as_object().unwrap().iter();
    let marks: Vec<(&String, &str)> = named
        .filter_map(|(name, schema)| {
            Some((name, schema["properties"]["note_shared"]["description"].as_str()?))
        })
        .collect();
    assert!(marks.len() >= 10, "{marks:?}");
    for (name, says) in marks {
        assert!(says.contains("frozen before") && says.contains("withdraws"), "{name}: {says}");
    }
}

#[tokio::test]
async fn nobody_else_sees_or_withdraws_it() {
    let app = TestApp::shared();
    let (ana, lind, share, report) = frozen(&app).await;
    let hers = format!("{HELD}/{report}");
    let stranger = app.patient("bob").await;
    assert_eq!(rows(&stranger.get(HELD).await), &Vec::<Value>::new());
    for path in ["", "/report", "/page.html", "/document.pdf", "/days.csv"] {
        let path = format!("{hers}{path}");
        assert_eq!(stranger.get(&path).await.status, 404, "{path}");
        assert_eq!(lind.get(&path).await.code(), "role_insufficient", "{path}");
    }
    assert_eq!(stranger.delete(&hers).await.status, 404);
    assert_eq!(lind.delete(&hers).await.code(), "role_insufficient");
    assert_eq!(lind.delete(&format!("{}/{report}", list(&share))).await.status, 405);
    assert_eq!(ana.delete(&format!("{HELD}/{}", uuid::Uuid::now_v7())).await.status, 404);
    assert_eq!(ana.delete(&format!("{HELD}/none")).await.status, 404);

    // The database asks for itself, were the server to forget.
    let sql = app.sql().await;
    let (id, bob, him) = (ana.id.to_string(), stranger.id.to_string(), lind.id.to_string());
    let seen = format!("SELECT count(*) FROM pj.report_snapshots WHERE id = '{report}'");
    let withdraw = format!("SELECT sec.withdraw_report('{report}', gen_random_uuid())");
    for (actor, subject, share, sees) in [
        (&id, &id, "", 1),
        (&him, &id, share.as_str(), 1),
        (&him, &id, "", 0),
        (&him, &him, "", 0),
        (&bob, &bob, "", 0),
        (&bob, &id, "", 0),
    ] {
        enter(&sql, actor, subject, share).await;
        let count: i64 = sql.query_one(&seen, &[]).await.unwrap().get(0);
        assert_eq!(count, sees, "{actor} on {subject} through {share}");
        sql.batch_execute("ROLLBACK").await.unwrap();
    }
    let serving = app.serving_sql().await;
    for (actor, share) in [(&bob, ""), (&him, share.as_str())] {
        let set = format!(
            "BEGIN; SELECT set_config('app.context', concat('{actor}|{id}|{share}|', now()), true)"
        );
        serving.batch_execute(&set).await.unwrap();
        let done: bool = serving.query_one(&withdraw, &[]).await.unwrap().get(0);
        assert!(!done, "{actor}");
        serving.batch_execute("COMMIT").await.unwrap();
    }
    assert_eq!(ana.get(&hers).await.json["withdrawn_at"], Value::Null);
    assert_eq!(lind.get(&format!("{}/{report}/report", list(&share))).await.status, 200);
}

#[tokio::test]
async fn two_devices_that_withdraw_at_once_withdraw_it_once() {
    let app = TestApp::shared();
    let (ana, _, _, report) = frozen(&app).await;
    let path = format!("{HELD}/{report}");
    let phones = [&ana, &ana.other_device(&app).await, &ana.other_device(&app).await];
    let answers = futures_util::future::join_all(phones.map(|phone| phone.delete(&path))).await;
    assert!(answers.iter().all(|answer| answer.status == 204));
    assert_eq!(log(&ana, "report_withdraw").await.len(), 1);
}

#[tokio::test]
async fn who_reads_or_freezes_while_it_is_withdrawn_gets_all_or_nothing() {
    let app = TestApp::shared();
    for _ in 0..4 {
        let (ana, lind, share, report) = frozen(&app).await;
        let list = list(&share);
        let (path, held) = (format!("{list}/{report}/page.html"), format!("{HELD}/{report}"));
        let reads = futures_util::future::join_all((0..6).map(|_| lind.get(&path)));
        let freezes = futures_util::future::join_all((0..2).map(async |_| {
            let made = lind.post(&list, &october()).await;
            assert!([200, 201].contains(&made.status), "{}", made.text);
            id(&made)
        }));
        let (reads, frozen, gone) = tokio::join!(reads, freezes, ana.delete(&held));
        assert_eq!(gone.status, 204, "{}", gone.text);
        for read in reads {
            assert!(
                read.status == 404 || read.status == 200 && read.text.contains(NOTE),
                "{}",
                read.text
            );
        }
        // Whoever was earlier: this one is gone, and what was frozen after it stands.
        assert_eq!(lind.get(&path).await.status, 404);
        for id in frozen {
            let status = if id == report { 404 } else { 200 };
            assert_eq!(lind.get(&format!("{list}/{id}/report")).await.status, status);
        }
        let stands = freeze(&lind, &list).await;
        assert_eq!(lind.get(&format!("{list}/{stands}/report")).await.status, 200);
        assert_eq!(log(&ana, "report_withdraw").await.len(), 1);
    }
}

#[tokio::test]
async fn a_job_that_makes_the_same_report_while_it_is_withdrawn_comes_to_an_end() {
    let (_app, ana, lind, report) = diary().await;
    let list = format!("{report}/snapshots");
    let years = json!({"from": "2020-11-16", "to": "2026-11-15"});
    let start = async || {
        let started = lind.post(&list, &years).await;
        assert_eq!(started.status, 202, "{}", started.text);
        started.header("location").to_owned()
    };
    let first = ended(&lind, &start().await).await["snapshot_id"].as_str().unwrap().to_owned();
    let again = start().await;
    assert_eq!(ana.delete(&format!("{HELD}/{first}")).await.status, 204);
    let job = ended(&lind, &again).await;
    assert_eq!(job["status"], "ready", "{job}");
    assert_eq!(lind.get(&format!("{list}/{first}/report")).await.status, 404);
    // It found the first, or made a second one; never does it bring the first back.
    let made = job["snapshot_id"].as_str().unwrap();
    let status = if made == first { 404 } else { 200 };
    assert_eq!(lind.get(&format!("{list}/{made}")).await.status, status);
    let last = ended(&lind, &start().await).await["snapshot_id"].as_str().unwrap().to_owned();
    assert_ne!(last, first);
    assert_eq!(lind.get(&format!("{list}/{last}/report")).await.status, 200);
    assert_eq!(rows(&ana.get(HELD).await).len(), 2);
}
