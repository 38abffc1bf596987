//! Many at once: nothing is lost, nothing is doubled, nobody is told two stories.

use crate::records::samples;
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const ENTRIES: &str = "journal-entries";

fn version(answer: &Answer) -> i64 {
    answer.json["version"].as_i64().unwrap_or_else(|| panic!("{}", answer.text))
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

/// The revisions in the history of a journal, in order, and the state of its counter.
async fn revisions(app: &TestApp, person: &Person) -> (Vec<i64>, i64) {
    let sql = app.sql().await;
    let id = person.id.to_string();
    let row = sql
        .query_one(
            "SELECT (SELECT coalesce(array_agg(rev ORDER BY rev), '{}') FROM pj.record_history \
             WHERE patient_id = $1::text::uuid), rev FROM pj.patients \
             WHERE patient_id = $1::text::uuid",
            &[&id],
        )
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn of_two_devices_that_change_one_version_one_wins_and_the_other_is_told() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    for sample in samples() {
        let path = fresh(sample.path);
        let mut etag = phone.create(&path, &sample.body).await.etag().to_owned();
        for round in 0..20 {
            let (one, two) = (sample.variant(round % 2), sample.variant(2 + round % 2));
            let (one, two) =
                tokio::join!(phone.replace(&path, &etag, &one), tablet.replace(&path, &etag, &two));
            let (won, lost) = if one.status == 200 { (one, two) } else { (two, one) };
            assert_eq!((won.status, lost.status), (200, 412), "{} {}", won.text, lost.text);
            assert_eq!(lost.etag(), won.etag(), "the loser learns the present version");
            assert_ne!(won.etag(), etag);
            assert_eq!(phone.get(&path).await.json, won.json);
            won.etag().clone_into(&mut etag);
        }
    }
}

#[tokio::test]
async fn t086_of_six_writers_one_wins() {
    let ana = TestApp::shared().patient("ana").await;
    let path = fresh(ENTRIES);
    let made = ana.create(&path, &daily("2025-06-01", &json!({"mood": 9}))).await;
    let writers = (0..6).map(|mood| {
        let body = daily("2025-06-01", &json!({"mood": mood}));
        let (ana, path, etag) = (&ana, &path, made.etag());
        async move { ana.replace(path, etag, &body).await }
    });
    let answers = join_all(writers).await;
    assert_eq!(statuses(&answers), [200, 412, 412, 412, 412, 412]);
    let won = answers.iter().find(|answer| answer.status == 200).unwrap();
    assert!(answers.iter().all(|answer| answer.etag() == won.etag()));
    assert_eq!(ana.get(&path).await.json, won.json);
}

#[tokio::test]
async fn a_create_sent_ten_times_at_once_makes_one_record() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for sample in samples() {
        let path = fresh(sample.path);
        let answers = join_all((0..10).map(|_| ana.create(&path, &sample.body))).await;
        let mut wanted = [200; 10];
        wanted[9] = 201;
        assert_eq!(statuses(&answers), wanted);
        assert!(answers.iter().all(|answer| answer.json == answers[0].json));
    }
    let (history, counter) = revisions(&app, &ana).await;
    let last = 1 + i64::try_from(samples().len()).unwrap();
    assert_eq!((history, counter), ((2..=last).collect(), last));
}

#[tokio::test]
async fn creates_of_one_id_with_different_content_make_one_record() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let path = fresh(ENTRIES);
    let answers = join_all((0..8).map(|mood| {
        let body = daily("2025-06-01", &json!({"mood": mood}));
        let (ana, path) = (&ana, &path);
        async move { ana.create(path, &body).await }
    }))
    .await;
    assert_eq!(statuses(&answers), [201, 412, 412, 412, 412, 412, 412, 412]);
    assert_eq!(revisions(&app, &ana).await, (vec![2], 2));
}

#[tokio::test]
async fn thirty_writes_at_once_get_thirty_revisions_and_none_is_lost() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let samples = samples();
    let writes = (0..30).map(|number| {
        let sample = &samples[number % samples.len()];
        let ana = &ana;
        async move {
            let path = fresh(sample.path);
            let made = ana.create(&path, &sample.body).await;
            (path, made)
        }
    });
    let written = join_all(writes).await;
    let versions: BTreeSet<i64> = written.iter().map(|(_, made)| version(made)).collect();
    assert_eq!(versions, (2..=31).collect());
    assert_eq!(revisions(&app, &ana).await, ((2..=31).collect(), 31));
    for (path, made) in &written {
        assert_eq!(ana.get(path).await.json, made.json);
    }
}

#[tokio::test]
async fn t087_changes_and_deletes_that_interleave_lose_nothing() {
    let app = TestApp::shared();
    let phone = app.patient("ana").await;
    let tablet = phone.other_device(&app).await;
    let path = fresh(ENTRIES);
    phone.create(&path, &daily("2025-06-01", &json!({"steps": 0}))).await;
    let work = async |device: &Person, from: usize| {
        let (mut done, mut etag) = (Vec::new(), "\"v1\"".to_owned());
        for step in from..from + 25 {
            let answer = if step % 5 == 0 {
                device.call("DELETE", &path).header("If-Match", &etag).send().await
            } else {
                let body = daily("2025-06-01", &json!({"steps": step}));
                device.replace(&path, &etag, &body).await
            };
            assert!([200, 204, 412].contains(&answer.status), "{}", answer.text);
            if answer.status != 412 {
                done.push(answer.etag().to_owned());
            }
            answer.etag().clone_into(&mut etag);
        }
        done
    };
    let (one, two) = tokio::join!(work(&phone, 100), work(&tablet, 200));
    // Who is refused learns the present version, so each further refusal costs the other a success.
    assert!(one.len() + two.len() >= 24, "{one:?} {two:?}");
    let (history, counter) = revisions(&app, &phone).await;
    assert_eq!(history, (2..=counter).collect::<Vec<_>>(), "each change once, in one order");
    // A delete of what is deleted already answers with the tombstone's version, and takes none.
    let told: BTreeSet<String> = one.into_iter().chain(two).collect();
    let taken: BTreeSet<String> = history.iter().skip(1).map(|rev| format!("\"v{rev}\"")).collect();
    assert_eq!(told, taken);
}

#[tokio::test]
async fn a_report_that_is_read_while_days_are_added_is_of_one_moment() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain"]).await;
    let window = "from=2025-06-01&to=2025-06-30";
    let (report, own) =
        (format!("/v1/patients/{share}/report?{window}"), format!("/v1/report?{window}"));
    let write = async {
        for day in 1..=30 {
            let entry = daily(&format!("2025-06-{day:02}"), &json!({}));
            assert_eq!(ana.create(&fresh(ENTRIES), &entry).await.status, 201);
        }
    };
    let read = async {
        let mut rated = Vec::new();
        while rated.last() != Some(&30) {
            let page = lind.get(&report).await;
            assert_eq!(page.status, 200, "{}", page.text);
            rated.push(page.json["header"]["days_rated"].as_i64().unwrap());
            // The tag of the patient's own names the revision; that of what a share shows does not.
            let page = ana.get(&own).await;
            let header = page.json["header"]["days_rated"].as_i64().unwrap();
            let named = page.etag().split('.').nth(1).and_then(|revision| revision.parse().ok());
            assert_eq!(named, Some(header + 1), "{}", page.etag());
        }
        rated
    };
    let ((), rated) = tokio::join!(write, read);
    assert!(rated.is_sorted(), "{rated:?}");
}

#[tokio::test]
async fn forty_reports_at_once_have_their_turn_and_entries_between_them() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain"]).await;
    let window = "from=2025-06-01&to=2025-06-30";
    let paths = [format!("/v1/patients/{share}/report?{window}"), format!("/v1/report?{window}")];
    let reads = (0..40).map(async |n: usize| {
        let who = if n.is_multiple_of(2) { &lind } else { &ana };
        who.get(&paths[n % 2]).await.status
    });
    let writes = (1..=20).map(async |day: u32| {
        let entry = daily(&format!("2025-06-{day:02}"), &json!({}));
        ana.create(&fresh(ENTRIES), &entry).await.status
    });
    let (read, written) = tokio::join!(join_all(reads), join_all(writes));
    assert_eq!((read, written), (vec![200; 40], vec![201; 20]));
}

/// A request as bytes, so that it can be cut anywhere.
fn create_bytes(person: &Person, path: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "PUT {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nIf-None-Match: *\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        person.token(),
        body.len()
    )
    .into_bytes()
}

/// Sends bytes and hangs up without waiting for an answer.
async fn hang_up_after(person: &Person, bytes: &[u8]) {
    let address = person.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
}

/// Waits, without a clock, until the database says so.
async fn until(app: &TestApp, question: &str) {
    let sql = app.sql().await;
    let asked = async {
        while !sql.query_one(question, &[]).await.unwrap().get::<_, bool>(0) {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    assert!(tokio::time::timeout(patience, asked).await.is_ok(), "never: {question}");
}

#[tokio::test]
async fn clients_that_hang_up_leave_the_pool_whole() {
    let app = TestApp::alone();
    let (ana, eve) = (app.patient("ana").await, app.patient("eve").await);
    let mut paths = Vec::new();
    for round in 0..60 {
        let path = fresh(ENTRIES);
        let bytes = create_bytes(&ana, &path, &daily("2025-06-01", &json!({"mood": 3})));
        let whole = round % 3 == 0;
        let cut = if whole { bytes.len() } else { bytes.len() * (round % 7 + 1) / 9 };
        hang_up_after(&ana, &bytes[..cut]).await;
        if whole {
            paths.push(path);
        }
    }
    let idle = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() \
                AND application_name = 'pain-journal' AND state <> 'idle')";
    until(&app, idle).await;
    // What arrived whole was written whole or not at all; half a request wrote nothing.
    let counts = "SELECT (SELECT count(*) FROM pj.journal_entries), (SELECT count(*) FROM \
                  pj.record_history), (SELECT rev FROM pj.patients WHERE rev > 1)";
    let row = app.sql().await.query_one(counts, &[]).await.unwrap();
    let (written, noted, counter): (i64, i64, Option<i64>) = (row.get(0), row.get(1), row.get(2));
    assert!(written <= 20, "{written}");
    assert_eq!((noted, counter.unwrap_or(1)), (written, 1 + written));
    // Every connection serves, and none remembers whom it served last.
    let mine = eve.create(&fresh(ENTRIES), &daily("2025-06-02", &json!({}))).await;
    let reads = join_all((0..40).map(|_| eve.get("/v1/journal-entries"))).await;
    assert!(reads.iter().all(|read| read.json["data"] == json!([mine.json])));
    // Each client that was cut off repeats its request and finds one record.
    for path in paths {
        let again = ana.create(&path, &daily("2025-06-01", &json!({"mood": 3}))).await;
        assert!([200, 201].contains(&again.status), "{}", again.text);
    }
    let (history, counter) = revisions(&app, &ana).await;
    assert_eq!((history.len(), counter), (20, 21));
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_is_repeated_elsewhere_without_doubling() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let path = fresh(ENTRIES);
    let body = daily("2025-06-01", &json!({"note": "lost answer"}));
    hang_up_after(&ana, &create_bytes(&ana, &path, &body)).await;
    until(&app, "SELECT EXISTS (SELECT FROM pj.journal_entries)").await;

    // The server that committed is gone for this client; the next one shares only the database.
    let beside = app.beside();
    let other = ana.at(&beside);
    let again = other.create(&path, &body).await;
    assert_eq!((again.status, version(&again)), (200, 2), "{}", again.text);
    let changed = daily("2025-06-01", &json!({"note": "changed"}));
    let first = ana.replace(&path, again.etag(), &changed).await;
    let second = other.replace(&path, again.etag(), &changed).await;
    assert_eq!((second.status, &second.json), (200, &first.json));
    let gone = ana.delete(&path).await;
    assert_eq!(other.delete(&path).await.etag(), gone.etag());
    assert_eq!(revisions(&app, &ana).await, (vec![2, 3, 4], 4));
}

#[tokio::test]
async fn two_copies_of_the_server_take_turns_on_one_journal() {
    let app = TestApp::alone();
    let ana = app.patient("ana").await;
    let beside = app.beside();
    let other = ana.at(&beside);
    let path = fresh(ENTRIES);
    let mut etag = ana.create(&path, &daily("2025-06-01", &json!({}))).await.etag().to_owned();
    for round in 0..10 {
        let body = |mood: usize| daily("2025-06-01", &json!({"mood": mood, "steps": round}));
        let (one, two) = (body(1), body(2));
        let (one, two) =
            tokio::join!(ana.replace(&path, &etag, &one), other.replace(&path, &etag, &two));
        let answers = [one, two];
        assert_eq!(statuses(&answers), [200, 412]);
        answers[0].etag().clone_into(&mut etag);
    }
    assert_eq!(revisions(&app, &ana).await, ((2..=12).collect(), 12));
}
