//! What a practitioner sees is made of what is open: nothing of it tells that there is more, or that more
//! has changed.

use super::{ALL, read};
use crate::records::{Sample, merged, samples};
use crate::support::contract::operations;
use crate::support::people::{daily, fresh};
use crate::support::{Person, TestApp};
use pain_journal::collections::JournalEntry;
use pain_journal::journal::{MARK, Record};
use pain_journal::sections::{Section, Sections};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// An entry about a moment of June 2025 that says nothing but this.
fn says(words: &Value) -> Value {
    let moment = json!({"kind": "momentary", "effective_at": "2025-06-03T12:00:00Z",
        "time_zone": "Europe/Berlin"});
    merged(&moment, words)
}

async fn write(patient: &Person, entry: &Value) -> String {
    let made = patient.create(&fresh("journal-entries"), entry).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn that_an_entry_is_about_a_session_is_told_where_treatment_is_open() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let session = Uuid::now_v7();
    for kind in ["pre_session", "post_session", "post_24h"] {
        let about = json!({"kind": kind, "pain_now": 5, "treatment_session_id": session});
        let id = write(&ana, &says(&about)).await;
        for (sections, kind, session) in [
            (&["pain"][..], "momentary", json!(null)),
            (&["pain", "treatment"], kind, json!(session)),
        ] {
            let share = ana.share_with(&lind, sections).await;
            let list = read(&lind, &share, "journal-entries").await.json;
            let mut entries = list["data"].as_array().unwrap().iter();
            let entry = entries.find(|entry| entry["id"] == id.as_str()).unwrap();
            assert_eq!(entry["kind"], kind);
            assert_eq!(entry["treatment_session_id"], session);
        }
    }
}

/// A value of a field that holds something.
fn value_of(field: &str) -> Value {
    match field {
        "sites" => json!([{"region": "low_back"}]),
        "triggers" => json!(["stress"]),
        "relief" => json!([{"what": "heat"}]),
        "red_flags" => json!(["fever"]),
        "pain_free_day" | "medication_taken" => json!(false),
        "work_impact" => json!("reduced"),
        "note" | "trigger_note" => json!("amsel"),
        "treatment_session_id" | "treatment_plan_id" => json!(Uuid::now_v7()),
        // Never below the average.
        "pain_worst" => json!(10),
        _ => json!(0),
    }
}

#[tokio::test]
async fn a_share_shows_an_entry_only_where_it_says_something_that_is_open() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let mut written = Vec::new();
    for field in JournalEntry::FIELDS.iter().filter(|field| field.name != MARK) {
        let Some(section) = field.section else { continue };
        let words = json!({field.name: value_of(field.name), "note_shared": true});
        written.push((field.name, section, write(&ana, &says(&words)).await));
    }
    assert!(written.len() > 20, "{}", written.len());
    let empty = write(&ana, &says(&json!({}))).await;
    let private = write(&ana, &says(&json!({"note": "zaunkoenig"}))).await;
    let of =
        [Section::Pain, Section::Mobility, Section::Medication, Section::Treatment, Section::Notes];
    for section in of {
        let with = match section {
            Section::Treatment => vec!["mobility", "treatment"],
            _ => vec![section.code()],
        };
        let without = ALL.into_iter().filter(|code| *code != section.code()).collect();
        for (open, is_seen) in [(with, true), (without, false)] {
            let open: Vec<&str> = open;
            let share = ana.share_with(&lind, &open).await;
            let list = read(&lind, &share, "journal-entries?limit=200").await.json;
            let seen: Vec<&str> = list["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["id"].as_str().unwrap())
                .collect();
            for (field, _, id) in written.iter().filter(|(_, of, _)| *of == section) {
                assert_eq!(seen.contains(&id.as_str()), is_seen, "{field} through {open:?}");
            }
            for id in [&empty, &private] {
                assert!(!seen.contains(&id.as_str()), "nothing open stands in {id}");
            }
        }
    }
    let own = ana.get("/v1/journal-entries?limit=200").await.json;
    assert_eq!(own["data"].as_array().unwrap().len(), written.len() + 2, "its owner sees all");
}

#[tokio::test]
async fn the_list_of_patients_and_today_know_no_closed_entry() {
    let app = TestApp::alone();
    app.turn_to("2025-06-10T12:00:00Z");
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let ends = json!({"expires_at": "2025-09-01T00:00:00Z"});
    ana.share_on(&lind, &["pain"], &ends).await;
    write(&ana, &daily("2025-06-05", &json!({}))).await;
    let seen = async || {
        let list = lind.get("/v1/patients").await.json;
        list["data"][0]["overview"].clone()
    };
    let before = seen().await;
    assert_eq!(before["last_entry_on"], "2025-06-05");
    // Steps of yesterday, and of a day that has begun where the patient is and nowhere else.
    write(&ana, &daily("2025-06-09", &json!({"pain_average": null, "steps": 9}))).await;
    let ahead = json!({"effective_at": "2025-06-11T00:30:00+14:00", "time_zone": "Pacific/Kiritimati",
        "journal_date": "2025-06-11", "kind": "daily", "steps": 9});
    let made = ana.create(&fresh("journal-entries"), &ahead).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(seen().await, before);
}

#[tokio::test]
async fn the_report_of_a_share_has_a_tag_of_what_is_open_and_no_revision() {
    let app = TestApp::alone();
    app.turn_to("2025-06-10T12:00:00Z");
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let ends = json!({"expires_at": "2025-09-01T00:00:00Z"});
    let share = ana.share_on(&lind, &["pain"], &ends).await;
    let id = write(&ana, &daily("2025-06-05", &json!({}))).await;
    let before = read(&lind, &share, "report").await;
    assert!(before.json.get("journal_revision").is_none());
    let entry = format!("/v1/journal-entries/{id}");
    let steps = daily("2025-06-05", &json!({"steps": 100}));
    let changed = ana.replace(&entry, ana.get(&entry).await.etag(), &steps).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    write(&ana, &says(&json!({"steps": 9}))).await;
    for file in ["report", "report/page.html", "report/days.csv", "report/chart.svg"] {
        let path = format!("/v1/patients/{share}/{file}");
        let asked = lind.call("GET", &path).header("If-None-Match", before.etag());
        let now = asked.send().await;
        let carries = now.etag().contains(before.etag().trim_matches(['W', '/', '"']));
        assert!(carries, "{file}: {} is not {}", now.etag(), before.etag());
    }
    let worse = daily("2025-06-05", &json!({"steps": 100, "pain_average": 9}));
    let changed = ana.replace(&entry, changed.etag(), &worse).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_ne!(read(&lind, &share, "report").await.etag(), before.etag());
    // Another share of the same sections has other tags.
    let other = ana.share_on(&lind, &["pain"], &ends).await;
    assert_ne!(
        read(&lind, &other, "report").await.etag(),
        read(&lind, &share, "report").await.etag()
    );
}

/// A practitioner who records through a share of `treatment`, and a session the patient made.
async fn treated(app: &TestApp) -> (Person, Person, String, String) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.let_record(&lind, &["treatment"]).await;
    let id = Uuid::now_v7();
    let visit = json!({"status": "attended", "kind": "treatment",
        "starts_at": "2025-06-03T09:00:00+02:00", "time_zone": "Europe/Berlin", "note": "amsel"});
    let own = format!("/v1/treatment-sessions/{id}");
    let made = ana.create(&own, &visit).await;
    assert_eq!(made.status, 201, "{}", made.text);
    (ana, lind, own, format!("/v1/patients/{share}/treatment-sessions/{id}"))
}

/// Changes members of what is at this address.
async fn amend(person: &Person, at: &str, change: &Value) -> crate::support::Answer {
    let read = person.get(at).await;
    person.replace(at, read.etag(), &merged(&read.json, change)).await
}

#[tokio::test]
async fn a_tag_of_a_shared_record_is_of_what_is_open_and_a_write_keeps_the_rest() {
    let app = TestApp::shared();
    let (ana, lind, own, shared) = treated(&app).await;
    let read = lind.get(&shared).await;
    for closed in ["version", "updated_at"] {
        assert!(read.json.get(closed).is_none(), "{closed}");
    }
    assert_eq!(read.etag(), format!("\"{}\"", read.json["etag"].as_str().unwrap()));
    let list = lind.get(shared.rsplit_once('/').unwrap().0).await.json;
    assert_eq!(list["data"][0], read.json, "in a list, too");

    // The patient writes in what is closed: nothing moves, and nothing has been overtaken.
    let note = json!({"note": "zaunkoenig", "note_shared": true});
    assert_eq!(amend(&ana, &own, &note).await.status, 200);
    let again = lind.get(&shared).await;
    assert_eq!((&again.json, again.etag()), (&read.json, read.etag()));
    let known = lind.call("GET", &shared).header("If-None-Match", read.etag()).send().await;
    assert_eq!(known.status, 304);
    let needles = merged(&read.json, &json!({"needle_count": 9}));
    let put = lind.replace(&shared, read.json["etag"].as_str().unwrap(), &needles).await;
    assert_eq!((put.status, &put.json["note"]), (200, &json!(null)), "{}", put.text);
    assert_ne!(put.etag(), read.etag());
    let kept = ana.get(&own).await.json;
    assert_eq!((&kept["note"], &kept["needle_count"]), (&json!("zaunkoenig"), &json!(9)));

    // What is open moves it.
    assert_eq!(amend(&ana, &own, &json!({"sensations": ["warmth"]})).await.status, 200);
    let stale =
        lind.replace(&shared, put.etag(), &merged(&put.json, &json!({"needle_count": 10}))).await;
    let present = lind.get(&shared).await;
    assert_eq!((stale.status, stale.etag()), (412, present.etag()), "{}", stale.text);
    let gone = json!({"needle_count": 9});
    let another = lind.replace(&shared, "\"v3\"", &merged(&present.json, &gone)).await;
    assert_eq!(another.status, 200, "equal content is success");
}

#[tokio::test]
async fn a_right_guess_of_a_closed_member_looks_like_a_wrong_one() {
    let app = TestApp::shared();
    let (_, lind, _, shared) = treated(&app).await;
    let read = lind.get(&shared).await;
    let guess = async |note: &str| {
        let body = merged(&read.json, &json!({"note": note}));
        let refused = lind.replace(&shared, read.etag(), &body).await;
        (refused.status, refused.json["errors"].clone(), refused.etag().to_owned())
    };
    let right = guess("amsel").await;
    assert_eq!((right.0, &right.1[0]["code"]), (422, &json!("not_yours")));
    assert_eq!(right, guess("zaunkoenig").await);
}

/// What was fetched: the address, the status, the headers, the bytes.
type Fetched = (String, u16, Vec<(String, String)>, Vec<u8>);

/// Every page and file of `/clinic` about a share, and the list of patients. Last comes the list, which tells when one
/// looked.
async fn pages(app: &TestApp, lind: &Person, share: &str, frozen: &str) -> Vec<Fetched> {
    let cookie = app.page_cookie(lind.tokens["access_token"].as_str().unwrap());
    let (at, window) = (format!("/clinic/patients/{share}"), "from=2025-05-20&to=2025-08-27");
    let mut paths = vec![format!("{at}?{window}"), at.clone(), format!("{at}/frozen")];
    paths.push(format!("{at}/frozen/{frozen}"));
    for file in ["report.pdf", "report.html", "days.csv"] {
        paths.push(format!("{at}/{file}?{window}"));
        paths.push(format!("{at}/frozen/{frozen}/{file}"));
    }
    paths.extend(["/clinic".to_owned(), "/clinic?sort=name&search=a".to_owned()]);
    let mut all = Vec::new();
    for path in paths {
        let asked = lind.call("GET", &path).unchecked().header("Cookie", &cookie);
        let page = asked.send().await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        // A page makes the cookie good for another hour, and a cookie is a signature like no other.
        let told = told(&page).into_iter().filter(|(name, _)| name != "set-cookie").collect();
        all.push((path, page.status, told, page.text.into_bytes()));
    }
    all
}

/// Everything that a practitioner can fetch through a share, and of the list of shares.
async fn everything(lind: &Person, share: &str) -> Vec<Fetched> {
    let at = format!("/v1/patients/{share}");
    let window = "from=2025-05-20&to=2025-08-27";
    let mut paths: Vec<String> = vec![
        "/v1/patients".to_owned(),
        "/v1/shares".to_owned(),
        format!("/v1/shares/{share}"),
        "/v1/responders".to_owned(),
        format!("{at}/report"),
        format!("{at}/report/snapshots"),
    ];
    for file in ["", "/page.html", "/document.pdf", "/days.csv", "/chart.svg"] {
        paths.push(format!("{at}/report{file}?{window}"));
    }
    for collection in pain_journal::collections::ALL.iter().map(|one| one.definition()) {
        if collection.sections != Sections::NONE {
            paths.push(format!("{at}/{}?limit=200", collection.path));
            paths.push(format!("{at}/{}?limit=2", collection.path));
        }
    }
    let mut all = Vec::new();
    while let Some(path) = paths.pop() {
        let answer = lind.call("GET", &path).unchecked().send().await;
        for record in answer.json["data"].as_array().into_iter().flatten() {
            // Single records of the collections in which practitioners record, and kept reports.
            let is_single =
                record.get("clinician_id").is_some() || record.get("inputs_hash").is_some();
            if let (true, Some(id)) = (is_single && path.contains(&at), record["id"].as_str()) {
                let one = format!("{}/{id}", path.split('?').next().unwrap());
                if one.contains("/treatment-plans/") {
                    paths.push(format!("{one}/progress"));
                }
                if one.contains("/snapshots/") {
                    for file in ["/report", "/page.html", "/document.pdf", "/days.csv"] {
                        paths.push(format!("{one}{file}"));
                    }
                }
                paths.push(one);
            }
        }
        if let Some(cursor) = answer.json["next_cursor"].as_str() {
            let base = path.split("&cursor=").next().unwrap();
            paths.push(format!("{base}&cursor={cursor}"));
        }
        if !answer.etag().is_empty() {
            let known = lind.call("GET", &path).header("If-None-Match", answer.etag());
            let known = known.unchecked().send().await;
            all.push((format!("{path} again"), known.status, told(&known), Vec::new()));
        }
        // A refusal names the request.
        let text = match answer.header("x-request-id") {
            "" => answer.text.clone(),
            id => answer.text.replace(id, ""),
        };
        let (status, headers, bytes) = (answer.status, told(&answer), text.into_bytes());
        all.push((path, status, headers, bytes));
    }
    all
}

/// The headers of an answer but for those that name the request and the moment.
fn told(answer: &crate::support::Answer) -> Vec<(String, String)> {
    let headers = answer.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let mut headers: Vec<_> =
        headers.filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str())).collect();
    headers.sort();
    headers
}

/// Moments and days of a record, moved by this many days.
fn moved(body: &Value, days: i64) -> Value {
    let by = chrono::Duration::days(days);
    match body {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), moved(value, days))).collect()
        }
        Value::String(text) => {
            let day = text.parse::<chrono::NaiveDate>().map(|day| (day + by).to_string());
            let moment =
                chrono::DateTime::parse_from_rfc3339(text).map(|at| (at + by).to_rfc3339());
            json!(day.ok().or(moment.ok()).unwrap_or_else(|| text.clone()))
        }
        other => other.clone(),
    }
}

/// The records that were made, each with its sample.
type Made = [(Sample, String)];

/// Changes all that this share keeps closed, with values that differ from step to step.
async fn change_what_is_closed(
    ana: &Person,
    made: &Made,
    open: &[&str],
    (first, step): (Option<&str>, usize),
) {
    let is_closed = |section: Section| !open.contains(&section.code());
    for sample in samples() {
        // Records of collections that are closed whole: made, changed, deleted.
        if sample.sections.iter().all(is_closed) {
            let at = fresh(sample.path);
            let made = ana.create(&at, &sample.body).await;
            assert_eq!(made.status, 201, "{}", made.text);
            let changed = ana.replace(&at, made.etag(), &sample.other).await;
            assert_eq!(changed.status, 200, "{at}: {}", changed.text);
            if step == 1 {
                assert_eq!(ana.delete(&at).await.status, 204);
            }
        }
        // Records of any collection on a day that is closed.
        if first.is_some() {
            let days = -30 - i64::try_from(step).unwrap();
            let made = ana.create(&fresh(sample.path), &moved(&sample.body, days)).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
    }
    // Closed fields of records that are seen. What some records may not say, others may.
    let mut changed = BTreeSet::new();
    let mut fields = BTreeSet::new();
    for (sample, at) in made {
        let mut collections = pain_journal::collections::ALL.iter().map(|one| one.definition());
        let definition = collections.find(|one| one.path == sample.path).unwrap();
        let closed: Vec<&str> = definition
            .fields
            .iter()
            .filter(|field| field.name != MARK && field.section.is_some_and(is_closed))
            .map(|field| field.name)
            .collect();
        let change = |names: &[&str]| {
            let with = |name: &str| if step == 0 { value_of(name) } else { json!(null) };
            let mut change: Map<String, Value> =
                names.iter().map(|name| ((*name).to_owned(), with(name))).collect();
            if names.iter().any(|name| name.ends_with("note")) {
                change.insert(MARK.to_owned(), json!(true));
            }
            Value::Object(change)
        };
        fields.extend(closed.iter().map(|name| (sample.path, *name)));
        if amend(ana, at, &change(&closed)).await.status == 200 {
            changed.extend(closed.iter().map(|name| (sample.path, *name)));
            continue;
        }
        for name in closed {
            if amend(ana, at, &change(&[name])).await.status == 200 {
                changed.insert((sample.path, name));
            }
        }
    }
    for (sample, at) in made {
        let mut collections = pain_journal::collections::ALL.iter().map(|one| one.definition());
        let definition = collections.find(|one| one.path == sample.path).unwrap();
        // A note that the patient does not share; where notes are closed, one that was shared and is not, too.
        if definition.fields.iter().any(|field| field.name == MARK) {
            let marks = match is_closed(Section::Notes) {
                true => vec![json!(false), json!(null)],
                false if ana.get(at).await.json[MARK].is_null() => vec![json!(null)],
                false => Vec::new(),
            };
            for mark in marks {
                let note = json!({"note": format!("goldammer {step}"), MARK: mark});
                assert_eq!(amend(ana, at, &note).await.status, 200, "{at}");
            }
        }
    }
    assert!(fields == changed, "{:?}", fields.difference(&changed));
    // Entries that say nothing but what is closed, on old and on new days, and of a day that has begun where the
    // patient is and nowhere else.
    let closed = JournalEntry::FIELDS.iter().filter(|field| field.section.is_some_and(is_closed));
    for field in closed.filter(|field| field.name != MARK) {
        let day = 24 + step;
        let newest = json!({"effective_at": format!("2025-08-{day}T12:30:00Z"),
            field.name: value_of(field.name)});
        write(ana, &says(&newest)).await;
        let ahead = json!({"effective_at": "2025-08-28T00:30:00+14:00", field.name: value_of(field.name),
            "time_zone": "Pacific/Kiritimati"});
        write(ana, &says(&ahead)).await;
    }
    write(ana, &says(&json!({"effective_at": "2025-08-26T12:30:00Z"}))).await;
    if is_closed(Section::Treatment) {
        let (_, at) = made.iter().rfind(|(sample, _)| sample.path == "journal-entries").unwrap();
        let kind = ["pre_session", "post_session", "post_24h"][step % 3];
        let changed = amend(ana, at, &json!({"kind": kind})).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
    }
}

/// The path of the document that this address is of.
fn template(path: &str) -> String {
    let parts = path.split('?').next().unwrap().split('/').enumerate();
    let of_page = path.starts_with("/clinic");
    let named = parts.map(|(n, part)| match Uuid::parse_str(part) {
        Ok(_) if n == 3 => "{share_id}",
        Ok(_) => "{id}",
        Err(_) if of_page && part.contains('.') => "{file}",
        Err(_) => part,
    });
    named.collect::<Vec<_>>().join("/")
}

const NOON: &str = "2025-08-27T12:00:00Z";

/// Only what is closed is changed, again and again: not one byte of what can be fetched is another.
#[tokio::test]
async fn nothing_that_can_be_fetched_depends_on_what_is_closed() {
    let mut fetched = BTreeSet::new();
    for (open, first) in [
        (&["pain"][..], None),
        (&["mobility", "goals"], Some("2025-05-25")),
        (&["treatment", "notes"], None),
        (&["pain", "sleep", "assessments"], Some("2025-05-25")),
        (&["medication", "treatment"], None),
        (&ALL, Some("2025-05-25")),
    ] {
        let app = TestApp::with_a_still_clock();
        app.turn_to(NOON);
        let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
        let terms = json!({"expires_at": "2025-12-01T00:00:00Z", "from_date": first,
            "may_record": open.contains(&"treatment")});
        let share = ana.share_on(&lind, open, &terms).await;
        let mut made = Vec::new();
        for sample in samples() {
            let at = fresh(sample.path);
            let answer = ana.create(&at, &sample.body).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
            made.push((sample, at));
        }
        let words = json!({"pain_average": 3, "steps": 100, "medication_taken": true});
        let days = ["2025-06-04", "2025-08-24", "2025-08-25", "2025-08-26"];
        let entries = days.iter().map(|day| daily(day, &words));
        let about = json!({"pain_now": 5, "steps": 7, "medication_taken": false, "note": "amsel",
            "note_shared": true, "treatment_session_id": Uuid::now_v7()});
        for entry in entries.chain([says(&about)]) {
            let at = format!("/v1/journal-entries/{}", write(&ana, &entry).await);
            made.push((samples().swap_remove(0), at));
        }
        if open.contains(&"treatment") {
            let at = format!("/v1/patients/{share}/practitioner-notes/{}", Uuid::now_v7());
            let note = json!({"journal_date": "2025-06-03", "text": "warm",
                "visibility": "patient"});
            let noted = lind.create(&at, &note).await;
            assert_eq!(noted.status, 201, "{}", noted.text);
        }
        let days = json!({"from": "2025-06-01", "to": "2025-06-09"});
        let frozen = lind.post(&format!("/v1/patients/{share}/report/snapshots"), &days).await;
        assert_eq!(frozen.status, 201, "{}", frozen.text);
        let frozen = frozen.json["id"].as_str().unwrap();
        let seen = async || {
            let mut all = everything(&lind, &share).await;
            all.extend(pages(&app, &lind, &share, frozen).await);
            all
        };
        let before = seen().await;
        fetched.extend(before.iter().map(|(path, ..)| template(path)));
        for step in 0..2 {
            // It is changed later; what is fetched is of the same moment, which stands in it.
            app.turn_to(&format!("2025-08-27T12:0{}:00Z", step + 1));
            change_what_is_closed(&ana, &made, open, (first, step)).await;
            app.turn_to(NOON);
            let after = seen().await;
            for (one, other) in before.iter().zip(&after) {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                assert_eq!(one.0, other.0, "{open:?} step {step}");
                assert_eq!((one.1, &one.2), (other.1, &other.2), "{open:?} step {step}: {}", one.0);
                assert!(
                    one.3 == other.3,
                    "{open:?} step {step}: {}\n{}\n{}",
                    one.0,
                    text(&one.3),
                    text(&other.3)
                );
            }
            assert_eq!(before.len(), after.len());
        }
        // What is open shows.
        let words = json!({"pain_average": 10, "steps": 9, "medication_taken": true, "note": "amsel",
            "note_shared": true});
        write(&ana, &daily("2025-06-08", &words)).await;
        let report = format!("/v1/patients/{share}/report?from=2025-05-20&to=2025-08-27");
        let shown = lind.get(&report).await;
        let before = before.iter().find(|(path, ..)| *path == report).unwrap();
        assert!(before.3 != shown.text.as_bytes(), "{open:?} shows nothing at all");
    }
    let all = operations().into_iter().filter(|(path, verb, operation)| {
        *verb == "get"
            && (operation["x-authz"]["subject"] == "share"
                || ["/v1/patients", "/v1/shares"].contains(path))
    });
    for (path, ..) in all {
        assert!(fetched.contains(path), "{path} was not fetched");
    }
    let pages = pain_journal::api::table().into_iter().filter(|entry| entry.is_page);
    let about = pages.filter(|page| page.method == "GET" && page.need.is_signed_in());
    for page in about {
        assert!(fetched.contains(&page.path), "{} was not fetched", page.path);
    }
}
