//! Frozen reports: the same bytes for ever, versions when something changed, bound to their reader.

use super::SECTIONS;
use super::diary;
use crate::import::load;
use crate::records::merged;
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use pain_journal::import::FileFormat;
use serde_json::{Value, json};

const OWN: &str = "/v1/report/snapshots";
const AUTUMN: [&str; 2] = ["2025-09-15", "2025-12-31"];

fn days([from, to]: [&str; 2]) -> Value {
    json!({"from": from, "to": to})
}

async fn freeze(reader: &Person, list: &str, window: [&str; 2]) -> Answer {
    reader.post(list, &days(window)).await
}

fn id(answer: &Answer) -> String {
    answer.json["id"].as_str().unwrap().to_owned()
}

/// A late entry on a day of the autumn that has none; answers the day.
async fn backfill(patient: &Person) -> String {
    let [from, to] = AUTUMN;
    let report = patient.get(&format!("/v1/report?from={from}&to={to}")).await.json;
    let days = report["daily"].as_array().unwrap();
    let blank = days.iter().find(|day| day["pain"].is_null()).unwrap();
    let day = blank["journal_date"].as_str().unwrap().to_owned();
    let made = patient.create(&fresh("journal-entries"), &daily(&day, &json!({}))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    day
}

#[tokio::test]
async fn a_frozen_report_stays_and_a_later_entry_makes_a_new_version() {
    let (_app, ana, ..) = diary().await;
    let first = freeze(&ana, OWN, AUTUMN).await;
    assert_eq!((first.status, &first.json["version"]), (201, &json!(1)), "{}", first.text);
    let one = format!("{OWN}/{}", id(&first));
    assert_eq!(first.header("location"), one);
    let got = ana.get(&one).await;
    assert_eq!((&got.json, got.etag()), (&first.json, first.etag()));

    // What was frozen is what the report said.
    let [from, to] = AUTUMN;
    let mut now = ana.get(&format!("/v1/report?from={from}&to={to}")).await.json;
    let mut frozen = ana.get(&format!("{one}/report")).await.json;
    assert_eq!(frozen["generated_at"], first.json["made_at"]);
    for report in [&mut now, &mut frozen] {
        report["generated_at"] = Value::Null;
    }
    assert_eq!(now, frozen);

    let again = freeze(&ana, OWN, AUTUMN).await;
    assert_eq!((again.status, &again.json), (200, &first.json), "nothing had changed");
    assert_eq!(again.header("location"), one);
    let renderings = ["report", "page.html", "summary.html", "document.pdf", "days.csv"];
    let mut kept = Vec::new();
    for name in renderings {
        kept.push(ana.bytes(&format!("{one}/{name}")).await);
    }

    let late = backfill(&ana).await;
    let second = freeze(&ana, OWN, AUTUMN).await;
    assert_eq!((second.status, &second.json["version"]), (201, &json!(2)));
    assert_ne!(second.json["inputs_hash"], first.json["inputs_hash"]);
    let old = ana.get(&one).await;
    assert_eq!(old.json["superseded_by"], second.json["id"]);
    assert_ne!(old.etag(), first.etag());
    for (name, before) in renderings.iter().zip(kept) {
        assert!(ana.bytes(&format!("{one}/{name}")).await == before, "{name} has changed");
    }
    let new = ana.get(&format!("{OWN}/{}/report", id(&second))).await.json;
    let pain = |report: &Value| {
        let mut days = report["daily"].as_array().unwrap().iter();
        days.find(|day| day["journal_date"] == late.as_str()).unwrap()["pain"].clone()
    };
    assert_eq!((pain(&frozen), pain(&new)), (Value::Null, json!(4.0)));

    let list = ana.get(OWN).await.json;
    let versions: Vec<&Value> =
        list["data"].as_array().unwrap().iter().map(|one| &one["version"]).collect();
    assert_eq!(versions, [2, 1]);
    let page = ana.get(&format!("{OWN}?limit=1")).await.json;
    let next = page["next_cursor"].as_str().unwrap();
    let rest = ana.get(&format!("{OWN}?limit=1&cursor={next}")).await.json;
    assert_eq!(rest["data"][0]["id"], first.json["id"]);
    assert_eq!(rest["has_more"], false);
}

#[tokio::test]
async fn who_has_a_frozen_report_is_not_sent_it_again() {
    let (_app, ana, ..) = diary().await;
    let one = format!("{OWN}/{}", id(&freeze(&ana, OWN, AUTUMN).await));
    for name in ["", "/report", "/page.html", "/document.pdf", "/days.csv"] {
        let path = format!("{one}{name}");
        let etag = ana.get(&path).await.etag().to_owned();
        let again = ana.call("GET", &path).header("If-None-Match", &etag).send().await;
        assert_eq!((again.status, again.etag()), (304, etag.as_str()), "{name}");
    }
}

#[tokio::test]
async fn it_is_bound_to_its_reader_and_dies_with_the_share() {
    let (app, ana, lind, report) = diary().await;
    let (list, share) = (format!("{report}/snapshots"), report.split('/').nth(3).unwrap());
    let made = freeze(&lind, &list, AUTUMN).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let one = format!("{list}/{}", id(&made));
    assert_eq!(made.header("location"), one);

    // Not the patient's, not a colleague's, not another share's of the same practitioner.
    assert_eq!(ana.get(OWN).await.json["data"], json!([]));
    assert_eq!(ana.get(&format!("{OWN}/{}", id(&made))).await.status, 404);
    let other = app.practitioner("other").await;
    let others = ana.share_with(&other, &SECTIONS).await;
    let second = ana.share_with(&lind, &SECTIONS).await;
    for (reader, share) in [(&other, &others), (&lind, &second)] {
        let list = format!("/v1/patients/{share}/report/snapshots");
        assert_eq!(reader.get(&list).await.json["data"], json!([]));
        let path = format!("{list}/{}", id(&made));
        assert_eq!(reader.get(&path).await.status, 404);
        assert_eq!(reader.get(&format!("{path}/document.pdf")).await.status, 404);
    }

    // Narrowed by a section or by days it is gone, widened again it is back.
    let terms = |more: &Value| {
        let terms = json!({"label": "Lind", "sections": SECTIONS,
            "expires_at": "2027-01-01T00:00:00Z"});
        merged(&terms, more)
    };
    let narrowed = async |more: &Value| {
        let path = format!("/v1/shares/{share}");
        let etag = ana.get(&path).await.etag().to_owned();
        let changed = ana.replace(&path, &etag, &terms(more)).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
    };
    for (more, status) in [
        (json!({"sections": ["pain", "sleep"]}), 404),
        (json!({"from_date": "2025-10-01"}), 404),
        (json!({"to_date": "2025-12-30"}), 404),
        // Goals and plans were read from the first day, and visits half a year ahead.
        (json!({"from_date": "2025-09-15", "to_date": "2025-12-31"}), 404),
        (json!({"from_date": "2000-01-01"}), 404),
        (json!({"to_date": "2026-07-01"}), 404),
        (json!({"to_date": "2026-07-02"}), 200),
        (json!({}), 200),
    ] {
        narrowed(&more).await;
        assert_eq!(lind.get(&one).await.status, status, "{more}");
        assert_eq!(lind.get(&format!("{one}/page.html")).await.status, status, "{more}");
        let listed = lind.get(&list).await.json["data"].as_array().unwrap().len();
        assert_eq!(listed, usize::from(status == 200), "{more}");
    }
    // Of what is left a new version is made: the number of the one that is gone is taken.
    narrowed(&json!({"from_date": "2000-01-01"})).await;
    let again = freeze(&lind, &list, AUTUMN).await;
    assert_eq!((again.status, &again.json["version"]), (201, &json!(2)), "{}", again.text);
    narrowed(&json!({})).await;
    assert_eq!(lind.get(&one).await.json["superseded_by"], again.json["id"]);
    assert_eq!(ana.delete(&format!("/v1/shares/{share}")).await.status, 204);
    for path in [list.clone(), one.clone(), format!("{one}/report"), format!("{one}/days.csv")] {
        assert_eq!(lind.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(freeze(&lind, &list, AUTUMN).await.status, 404);
    let log = ana.get("/v1/me/access-log?limit=200").await.json;
    let lines = log["data"].as_array().unwrap();
    let has = |action: &str, outcome: &str| {
        lines.iter().any(|line| line["action"] == action && line["outcome"] == outcome)
    };
    for action in ["report_freeze", "report_snapshot", "report_snapshots"] {
        assert!(has(action, "granted") && has(action, "refused"), "{action}");
    }
}

#[tokio::test]
async fn a_closed_section_changes_neither_hash_nor_version() {
    let (_app, ana, lind, _) = diary().await;
    let share = ana.share_with(&lind, &["pain"]).await;
    let list = format!("/v1/patients/{share}/report/snapshots");
    let first = freeze(&lind, &list, AUTUMN).await;
    assert_eq!(first.json["sections"], json!(["pain"]));
    let entry = json!({"kind": "daily", "journal_date": "2025-10-02", "steps": 4000,
        "effective_at": "2025-10-02T18:00:00Z", "time_zone": "Europe/Berlin",
        "medication_taken": true, "note": "walked", "note_shared": true});
    assert_eq!(ana.create(&fresh("journal-entries"), &entry).await.status, 201);
    let goal = json!({"journal_date": "2025-10-02", "text": "Dance", "kind": "activity",
        "status": "open"});
    let made = ana.create(&fresh("goals"), &goal).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let again = freeze(&lind, &list, AUTUMN).await;
    assert_eq!((again.status, &again.json), (200, &first.json));
    backfill(&ana).await;
    assert_eq!(freeze(&lind, &list, AUTUMN).await.status, 201);
}

#[tokio::test]
async fn bad_days_are_named_and_freeze_nothing() {
    let (_app, ana, lind, _) = diary().await;
    for (body, pointer) in [
        (json!({"from": "2025-10-02", "to": "2025-10-01"}), "#/to"),
        (json!({"from": "2025-10-02"}), "#/to"),
        (json!({"to": "2025-10-02"}), "#/from"),
        (json!({"from": "2015-01-01", "to": "2025-01-01"}), "#/from"),
        (json!({"from": "yesterday", "to": "2025-01-01"}), "#/from"),
        (json!({"from": 20_250_101, "to": "2025-01-01"}), "#/from"),
        (json!({"from": "0000-01-01", "to": "9999-12-31"}), "#/from"),
        (json!({"sections": ["pain"]}), "#/sections"),
    ] {
        let refused = ana.post(OWN, &body).await;
        assert_eq!((refused.status, refused.code()), (422, "validation_failed"), "{body}");
        assert!(refused.pointers().contains(&pointer), "{body} {:?}", refused.pointers());
    }
    assert_eq!(ana.get(OWN).await.json["data"], json!([]));
    let long = ana.get("/v1/report?from=2020-01-01&to=2025-01-01").await;
    assert_eq!(long.status, 422);
    assert!(long.text.contains("Freeze"), "{}", long.text);

    // A window beyond the days of a share is no window; one that reaches into them is cut.
    let terms = json!({"from_date": "2025-10-01", "to_date": "2025-10-31",
        "expires_at": "2027-01-01T00:00:00Z"});
    let share = ana.share_on(&lind, &["pain"], &terms).await;
    let list = format!("/v1/patients/{share}/report/snapshots");
    assert_eq!(freeze(&lind, &list, ["2025-11-01", "2025-11-30"]).await.status, 404);
    let cut = freeze(&lind, &list, ["2016-01-01", "2025-12-31"]).await;
    assert_eq!(cut.status, 201, "the days that are open need no job: {}", cut.text);
    assert_eq!((&cut.json["from"], &cut.json["to"]), (&json!("2025-10-01"), &json!("2025-10-31")));
}

#[tokio::test]
async fn two_devices_that_freeze_at_once_get_one_snapshot() {
    let (app, ana, ..) = diary().await;
    let phones = [&ana, &ana.other_device(&app).await, &ana.other_device(&app).await];
    let all = phones.map(|phone| freeze(phone, OWN, AUTUMN));
    let answers = futures_util::future::join_all(all).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 201]);
    assert!(answers.iter().all(|answer| id(answer) == id(&answers[0])));
}

const YEARS: [&str; 2] = ["2016-11-16", "2026-11-15"];

/// The job when it has ended.
pub(super) async fn ended(reader: &Person, place: &str) -> Value {
    for _ in 0..400 {
        let job = reader.get(place).await;
        assert_eq!(job.status, 200, "{}", job.text);
        let at_work = ["queued", "running"].contains(&job.json["status"].as_str().unwrap());
        assert_eq!(job.header("retry-after"), if at_work { "1" } else { "" });
        if !at_work {
            return job.json;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{place} came to no end");
}

#[tokio::test]
async fn ten_years_are_made_in_a_job() {
    let (app, ana, lind, report) = diary().await;
    let list = format!("{report}/snapshots");
    for (reader, list, share) in [(&ana, OWN, false), (&lind, list.as_str(), true)] {
        let started = freeze(reader, list, YEARS).await;
        assert_eq!((started.status, started.header("retry-after")), (202, "1"), "{}", started.text);
        let place = started.header("location").to_owned();
        assert_eq!(place, format!("/v1/report-jobs/{}", id(&started)));
        assert_eq!(
            (&started.json["days"], started.json["share_id"].is_string()),
            (&json!(3652), share)
        );
        let job = ended(reader, &place).await;
        assert_eq!((&job["status"], &job["days_read"]), (&json!("ready"), &json!(3652)), "{job}");
        let one = format!("{list}/{}", job["snapshot_id"].as_str().unwrap());
        let frozen = reader.get(&format!("{one}/report")).await.json;
        assert_eq!(frozen["daily"].as_array().unwrap().len(), 3652);
        // The days of the diary are all in it, also those where one step of reading ends.
        let year = reader
            .get(&format!("{}?from=2025-05-01&to=2026-11-15", list.replace("/snapshots", "")))
            .await;
        assert_eq!(frozen["header"]["days_rated"], year.json["header"]["days_rated"]);
        assert_eq!(reader.get(&format!("{one}/page.html")).await.status, 200);
        assert_eq!(app.patient("bob").await.get(&place).await.status, 404);

        let again = freeze(reader, list, YEARS).await;
        let again = ended(reader, again.header("location")).await;
        assert_eq!(again["snapshot_id"], job["snapshot_id"], "nothing had changed");
    }
}

/// Puts a job into the table as a process left it that died a while ago.
async fn orphan(app: &TestApp, maker: &Person, share: Option<&str>, years: [&str; 2]) -> String {
    let id = uuid::Uuid::now_v7().to_string();
    let insert = format!(
        "INSERT INTO pj.report_jobs (id, made_by, share_id, from_date, to_date, state, days_read, \
         asked_at, beat_at) VALUES ('{id}', '{}', nullif('{}', '')::uuid, '{}', '{}', 'running', 7, \
         '{now}', '{now}'::timestamptz - interval '61 seconds')",
        maker.id,
        share.unwrap_or_default(),
        years[0],
        years[1],
        now = app.now(),
    );
    app.sql().await.batch_execute(&insert).await.unwrap();
    format!("/v1/report-jobs/{id}")
}

#[tokio::test]
async fn a_job_whose_process_died_goes_on_when_somebody_looks() {
    let (app, ana, lind, report) = diary().await;
    let share = report.split('/').nth(3).unwrap();
    let place = orphan(&app, &ana, None, YEARS).await;
    let job = ended(&ana, &place).await;
    assert_eq!(job["status"], "ready", "{job}");
    assert_eq!(ana.get(OWN).await.json["data"][0]["id"], job["snapshot_id"]);

    // With a share that has ended meanwhile it comes to nothing, and says so.
    let place = orphan(&app, &lind, Some(share), YEARS).await;
    assert_eq!(ana.delete(&format!("/v1/shares/{share}")).await.status, 204);
    let job = ended(&lind, &place).await;
    assert_eq!((&job["status"], &job["problem"]), (&json!("failed"), &json!("not_found")));
    assert_eq!(job["snapshot_id"], Value::Null);
}

#[tokio::test]
async fn the_same_long_report_is_made_once_and_five_at_most_wait() {
    let (app, ana, ..) = diary().await;
    // Five that show life, so that nobody takes them over.
    let mut places = Vec::new();
    for year in 2010..2015 {
        let years = [format!("{year}-01-01"), format!("{}-01-01", year + 5)];
        places.push(orphan(&app, &ana, None, [&years[0], &years[1]]).await);
    }
    let alive = "UPDATE pj.report_jobs SET beat_at = beat_at + interval '1 hour'";
    app.sql().await.batch_execute(alive).await.unwrap();
    let sixth = freeze(&ana, OWN, YEARS).await;
    assert_eq!((sixth.status, sixth.code()), (409, "conflict"));
    let same = freeze(&ana, OWN, ["2012-01-01", "2017-01-01"]).await;
    assert_eq!((same.status, same.header("location")), (202, places[2].as_str()));
    assert_eq!(freeze(&ana, OWN, AUTUMN).await.status, 201, "short ones do not wait");
}

#[tokio::test]
async fn old_jobs_are_forgotten_and_what_they_made_stays() {
    let (app, ana, ..) = diary().await;
    let place = freeze(&ana, OWN, YEARS).await.header("location").to_owned();
    let job = ended(&ana, &place).await;
    let forget = || app.run(|app| async move { pain_journal::jobs::forget(&app).await.unwrap() });
    forget().await;
    assert_eq!(ana.get(&place).await.status, 200);
    app.pass(chrono::Duration::hours(24 * 7 + 1));
    let ana = Person::sign_in(&app, ana.id, &ana.email).await;
    forget().await;
    assert_eq!(ana.get(&place).await.status, 404);
    let one = format!("{OWN}/{}", job["snapshot_id"].as_str().unwrap());
    assert_eq!(ana.get(&one).await.status, 200);
}

/// Every version of the rules that ever froze a report has one here, and none is ever written anew:
/// what an earlier server kept must be readable by this one.
#[tokio::test]
async fn what_an_earlier_version_froze_can_still_be_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/frozen");
    let (app, ana, ..) = diary().await;
    let current = format!("{folder}/rules-{}.json", pain_journal::report::rules::RULE_VERSION);
    if !std::path::Path::new(&current).exists() {
        assert!(std::env::var_os("UPDATE_SNAPSHOTS").is_some(), "{current} is missing");
        let refused = load(&app, &ana, FileFormat::Jsonl, "clinical_record.jsonl").await.refused;
        assert_eq!(refused.len(), 0);
        let made = freeze(&ana, OWN, ["2025-10-01", "2025-11-15"]).await;
        let text = ana.bytes(&format!("{OWN}/{}/report", id(&made))).await;
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(&current, text).unwrap();
    }
    let sql = app.sql().await;
    for (number, file) in (2000..).zip(std::fs::read_dir(folder).unwrap()) {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let id = uuid::Uuid::now_v7().to_string();
        let keep = "INSERT INTO pj.report_snapshots VALUES ($1::text::uuid, $2::text::uuid, NULL, \
             $1::text::uuid, now(), '2025-10-01', '2025-11-15', $3, '{pain}', 'x', 1, \
             sha256(''), $4)";
        let person = ana.id.to_string();
        assert_eq!(sql.execute(keep, &[&person, &id, &number, &text]).await.unwrap(), 1);
        let one = format!("{OWN}/{id}");
        assert!(ana.bytes(&format!("{one}/report")).await == text.as_bytes(), "{path:?}");
        for (name, least) in [
            ("page.html", 20_000),
            ("summary.html", 5_000),
            ("document.pdf", 20_000),
            ("days.csv", 2_000),
        ] {
            let found = ana.bytes(&format!("{one}/{name}")).await;
            assert!(found.len() > least, "{path:?} {name}: {}", found.len());
        }
    }
}
