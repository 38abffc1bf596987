//! What programs write in more than one way: ids, numbers, days, zones, addresses, marks in front of a
//! text. Each is read as what it means in every entrance, and answered in one spelling.

use crate::records::{merged, samples};
use crate::support::people::{PASSWORD, daily, fresh};
use crate::support::program::{Home, Serving, said};
use crate::support::{Call, Person, TestApp};
use chrono::Duration;
use pain_journal::import::{FileFormat, Summary, import};
use serde_json::{Value, json};
use uuid::Uuid;

const ENTRIES: &str = "journal-entries";

async fn import_text(app: &TestApp, person: &Person, format: FileFormat, text: &str) -> Summary {
    let (patient, text) = (person.id, text.to_owned());
    let work = async move |app: std::sync::Arc<pain_journal::app::App>| {
        import(&app, patient, format, chrono_tz::UTC, text.as_bytes()).await
    };
    app.operate(work).await.expect("the database")
}

async fn push(person: &Person, collection: &str, lists: Value) -> Value {
    let body = json!({"changes": {collection: lists}});
    let answer = person.post("/v1/sync?last_pulled_at=0", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

/// The live rows of a collection, as a first sync has them.
async fn rows(person: &Person, collection: &str) -> Vec<Value> {
    let page = person.get("/v1/sync?last_pulled_at=0").await.json;
    page["changes"][collection]["updated"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_record_has_one_id_whatever_the_case_it_is_written_in() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for sample in samples() {
        let id = Uuid::now_v7().to_string();
        let path = |id: &str| format!("/v1/{}/{id}", sample.path);
        let (upper, lower) = (path(&id.to_uppercase()), path(&id));
        let made = ana.create(&upper, &sample.body).await;
        assert_eq!((made.status, &made.json["id"]), (201, &json!(id)), "{}", made.text);
        assert_eq!(ana.create(&lower, &sample.body).await.status, 200, "{lower}");
        assert_eq!(ana.get(&upper).await.json, made.json);
        let changed = ana.replace(&upper, made.etag(), &sample.other).await;
        assert_eq!((changed.status, &changed.json["id"]), (200, &json!(id)));
        let list = ana.get(&format!("/v1/{}", sample.path)).await.json;
        assert_eq!(list["data"].as_array().unwrap().len(), 1, "{lower}");
        let collection = sample.path.replace('-', "_");
        let history = format!("/v1/sync/history/{collection}/{}", id.to_uppercase());
        assert_eq!(ana.get(&history).await.json["history"].as_array().unwrap().len(), 2);
        assert_eq!(ana.delete(&upper).await.status, 204);
        assert_eq!(ana.get(&lower).await.status, 404);
    }
}

#[tokio::test]
async fn ids_of_everything_else_are_read_in_capitals_too() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.let_record(&lind, &["pain", "treatment"]).await;
    let upper = share.to_uppercase();
    assert_eq!(ana.get(&format!("/v1/shares/{upper}")).await.json["id"], json!(share));
    for day in 1..=3 {
        ana.create(&fresh(ENTRIES), &daily(&format!("2025-06-0{day}"), &json!({}))).await;
    }
    // A cursor of a list is good at every spelling of its address.
    let first = lind.get(&format!("/v1/patients/{share}/{ENTRIES}?limit=2")).await.json;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = lind.get(&format!("/v1/patients/{upper}/{ENTRIES}?limit=2&cursor={cursor}")).await;
    assert_eq!((rest.status, rest.json["data"].as_array().map(Vec::len)), (200, Some(1)));
    // References in bodies, and all that a practitioner addresses.
    let plan = Uuid::now_v7().to_string();
    let body = json!({"journal_date": "2025-06-02", "goal": "Sit", "status": "active",
        "start_date": "2025-06-03", "frequency_per_week": 1.5});
    let at = format!("/v1/patients/{upper}/treatment-plans/{}", plan.to_uppercase());
    assert_eq!(lind.create(&at, &body).await.json["id"], json!(plan));
    assert_eq!(lind.get(&format!("{at}/progress")).await.status, 200);
    let entry = daily("2025-06-04", &json!({"treatment_session_id": plan.to_uppercase()}));
    let made = ana.create(&fresh(ENTRIES), &entry).await;
    assert_eq!(made.json["treatment_session_id"], json!(plan));
    // Frozen reports, in both lists.
    let days = json!({"from": "2025-06-01", "to": "2025-06-30"});
    let frozen = lind.post(&format!("/v1/patients/{upper}/report/snapshots"), &days).await;
    assert_eq!(frozen.status, 201, "{}", frozen.text);
    let frozen = frozen.json["id"].as_str().unwrap().to_uppercase();
    let file = format!("/v1/patients/{upper}/report/snapshots/{frozen}/report");
    assert_eq!(lind.get(&file).await.status, 200);
    assert_eq!(lind.get(&format!("/v1/patients/{upper}/report")).await.status, 200);
    // Devices, and the share's end.
    lind.other_device(&app).await;
    let devices = lind.get("/v1/devices").await.json["data"].clone();
    let device = devices.as_array().unwrap().iter().find(|device| device["current"] == false);
    let path = format!("/v1/devices/{}", device.unwrap()["id"].as_str().unwrap().to_uppercase());
    assert_eq!(lind.call("DELETE", &path).send().await.status, 204);
    assert_eq!(lind.get("/v1/devices").await.json["data"].as_array().unwrap().len(), 1);
    assert_eq!(ana.call("DELETE", &format!("/v1/shares/{upper}")).send().await.status, 204);
    assert_eq!(lind.get(&format!("/v1/patients/{share}/report")).await.status, 404);
}

#[tokio::test]
async fn the_answer_to_a_push_tells_under_which_ids_records_are_kept() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let (one, both, session) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let upper = |id: Uuid| id.to_string().to_uppercase();
    let entry = |id: &str, extra: Value| {
        let entry = json!({"id": id, "kind": "momentary", "effective_at": 1_777_662_000_000_i64,
            "time_zone": "Europe/Berlin"});
        merged(&entry, &extra)
    };
    let sent = [
        entry(&upper(one), json!({"treatment_session_id": upper(session)})),
        // Two spellings in one push are one record, and what both have filled in stays.
        entry(&both.to_string(), json!({"note": "typed"})),
        entry(&upper(both), json!({"mood": 4})),
    ];
    let answer = push(&ana, "journal_entries", json!({"created": sent})).await;
    let mut wanted = [one, both].map(
        |id| json!({"collection": "journal_entries", "sent": upper(id), "kept": id.to_string()}),
    );
    wanted.sort_by_key(|line| line["sent"].to_string());
    assert_eq!(answer["renamed"], json!(wanted));
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(3), &json!([])));
    // A record under another id stands otherwise than it was sent, and so does a reference.
    let listed = answer["records"].as_array().unwrap();
    let listed = listed.iter().find(|record| record["id"] == json!(one)).unwrap();
    assert_eq!(listed["record"]["treatment_session_id"], json!(session));
    let kept = rows(&ana, "journal_entries").await;
    assert_eq!(kept.len(), 2);
    let united = kept.iter().find(|row| row["id"] == json!(both)).unwrap();
    assert_eq!((&united["note"], &united["mood"]), (&json!("typed"), &json!(4)));
    // Edits and deletes go to the same records; what is sent as it is kept needs no words.
    let edit = json!({"id": upper(one), "note": "later", "_changed": "note"});
    let answer = push(&ana, "journal_entries", json!({"updated": [edit]})).await;
    assert_eq!((&answer["accepted"], &answer["renamed"][0]["kept"]), (&json!(1), &json!(one)));
    let answer =
        push(&ana, "journal_entries", json!({"deleted": [upper(one), {"id": upper(both)}]})).await;
    assert_eq!(answer["renamed"].as_array().unwrap().len(), 2);
    assert_eq!(rows(&ana, "journal_entries").await, [json!(null); 0]);
    let plain = entry(
        &Uuid::now_v7().to_string(),
        json!({"utc_offset_minutes": 120, "journal_date": "2026-05-01"}),
    );
    let answer = push(&ana, "journal_entries", json!({"created": [plain]})).await;
    assert_eq!((&answer["renamed"], &answer["records"]), (&json!([]), &json!([])));
    // What is refused is named as it was sent, so that the device finds it.
    let bad = entry(&upper(Uuid::from_u128(0xabc)), json!({"mood": 11}));
    let contrary = entry(&upper(Uuid::from_u128(0xabd)), json!({"pain_least": 5, "pain_worst": 2}));
    let answer = push(&ana, "journal_entries", json!({"created": [bad, contrary]})).await;
    let refused: Vec<&Value> =
        answer["rejected"].as_array().unwrap().iter().map(|line| &line["id"]).collect();
    assert_eq!(
        refused,
        [&json!(upper(Uuid::from_u128(0xabc))), &json!(upper(Uuid::from_u128(0xabd)))]
    );
    assert_eq!(answer["renamed"], json!([]));
}

#[tokio::test]
async fn a_number_is_what_it_is_worth_in_every_entrance() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for (text, value) in [
        ("4", 4),
        ("4.0", 4),
        ("4e0", 4),
        ("40e-1", 4),
        ("0.4E1", 4),
        ("1E1", 10),
        ("-0", 0),
        ("-0.0e5", 0),
    ] {
        // REST.
        let body = daily("2025-06-01", &json!({"mood": "HERE", "steps": "HERE"})).to_string();
        let put = ana.call("PUT", &fresh(ENTRIES)).header("If-None-Match", "*");
        let made = put.raw(body.replace("\"HERE\"", text)).send().await;
        assert_eq!((made.status, &made.json["mood"]), (201, &json!(value)), "{text} {}", made.text);
        // Sync, beside a field and inside a list.
        let id = Uuid::now_v7();
        let body = format!(
            r#"{{"changes": {{"assessments": {{"created": [{{"id": "{id}", "instrument": "peg",
                "effective_at": 1748800800000.0, "time_zone": "Europe/Berlin",
                "utc_offset_minutes": {text}, "answers": "[{{\"item\": \"pain\", \"value\": {text}}},
                {{\"item\": \"enjoyment\", \"value\": {text}}},
                {{\"item\": \"general_activity\", \"value\": {text}}}]"}}]}}}}}}"#
        );
        let body = body.replace('\n', " ");
        let pushed = ana.call("POST", "/v1/sync?last_pulled_at=0").raw(body).send().await;
        assert_eq!(pushed.json["rejected"], json!([]), "{text} {}", pushed.text);
        let kept = ana.get(&format!("/v1/assessments/{id}")).await.json;
        assert_eq!(kept["answers"][1]["value"], json!(f64::from(value)), "{text} {kept}");
        assert_eq!(kept["utc_offset_minutes"], json!(value), "{text}");
        // A table, and a line of a file.
        let bert = app.patient("bert").await;
        let table = format!("journal_date,mood,pain_free_day\n2025-06-01,{text},TRUE\n");
        let read = import_text(&app, &bert, FileFormat::Csv, &table).await;
        assert_eq!((read.created, read.refused.len()), (1, 0), "{text} {:?}", read.refused);
        let line = format!(
            r#"{{"collection": "journal_entries", "id": "{}", "kind": "momentary", "mood": {text},
                "effective_at": "2025-06-02T12:00:00Z", "time_zone": "UTC"}}"#,
            Uuid::now_v7().to_string().to_uppercase()
        );
        let read = import_text(&app, &bert, FileFormat::Jsonl, &line.replace('\n', " ")).await;
        assert_eq!((read.created, read.refused.len()), (1, 0), "{text} {:?}", read.refused);
        for entry in bert.get("/v1/journal-entries").await.json["data"].as_array().unwrap() {
            assert_eq!(entry["mood"], json!(value), "{text}");
        }
        // A parameter.
        let list = ana.get(&format!("/v1/journal-entries?limit={text}")).await;
        assert_eq!(list.status, if value > 0 { 200 } else { 422 }, "{text}");
    }
    for text in ["4.5", "1e-1", "10.000001", "1e300", "1E2", "\"4\"", "9007199254740993.0"] {
        let body = daily("2025-06-01", &json!({"mood": "HERE"})).to_string();
        let put = ana.call("PUT", &fresh(ENTRIES)).header("If-None-Match", "*");
        let made = put.raw(body.replace("\"HERE\"", text)).send().await;
        assert_eq!((made.status, made.pointers()), (422, vec!["#/mood"]), "{text}");
    }
}

#[tokio::test]
async fn lists_of_a_push_are_read_as_strictly_as_those_of_rest() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    for sites in [
        r#"[{"region": "neck", "region": "hip"}]"#,
        r#"[{"region": "neck"}] x"#,
        r#"[{"region": "neck", "side": "left"}]"#,
        r#"[{"region": "\ud800"}]"#,
        "[{'region': 'neck'}]",
        "[01]",
        &deep,
    ] {
        let entry = json!({"id": Uuid::now_v7(), "kind": "momentary", "time_zone": "UTC",
            "effective_at": 1_748_800_800_000_i64, "sites": sites});
        let answer = push(&ana, "journal_entries", json!({"created": [entry]})).await;
        let refused = &answer["rejected"][0];
        assert_eq!(
            (&refused["code"], &refused["field"]),
            (&json!("invalid_value"), &json!("sites"))
        );
    }
}

#[tokio::test]
async fn a_day_has_one_spelling_and_its_midnight_in_every_entrance() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let table = |day: &str| format!("journal_date,mood\n\"{day}\",4\n");
    for good in ["2025-06-01", "2025-06-01T00:00:00.000Z"] {
        let made =
            ana.create(&fresh(ENTRIES), &daily("2025-06-01", &json!({"journal_date": good}))).await;
        assert_eq!((made.status, &made.json["journal_date"]), (201, &json!("2025-06-01")));
        let list = ana.get(&format!("/v1/journal-entries?from={good}&to={good}")).await;
        assert_eq!(list.status, 200, "{}", list.text);
        let report = ana.get(&format!("/v1/report?from={good}&to={good}")).await;
        assert_eq!(report.status, 200, "{}", report.text);
        let frozen = ana.post("/v1/report/snapshots", &json!({"from": good, "to": good})).await;
        assert!([200, 201].contains(&frozen.status), "{}", frozen.text);
        let goal = json!({"id": Uuid::now_v7(), "kind": "activity", "status": "open",
            "text": "Carry", "journal_date": good, "target_date": good});
        let pushed = push(&ana, "goals", json!({"created": [goal]})).await;
        assert_eq!(pushed["rejected"], json!([]));
        let bert = app.patient("bert").await;
        assert_eq!(import_text(&app, &bert, FileFormat::Csv, &table(good)).await.created, 1);
    }
    for row in rows(&ana, "goals").await {
        assert_eq!([&row["journal_date"], &row["target_date"]], [&json!("2025-06-01"); 2]);
    }
    for bad in [
        "2025- 6- 1",
        "2025-+6-01",
        " 2025-06-01",
        "2025-06-01 ",
        "2025-6-1",
        "20250601",
        "2025-152",
        "2025-W22-7",
        "2025-06-01Z",
        "2025-06-01T00:00:00Z",
        "2025-06-01T00:00:00.000+00:00",
        "2025-06-01T01:00:00.000Z",
        "+2025-06-01",
        "２０２５-06-01",
    ] {
        let body = daily("2025-06-01", &json!({"journal_date": bad}));
        let made = ana.create(&fresh(ENTRIES), &body).await;
        assert_eq!((made.status, made.pointers()), (422, vec!["#/journal_date"]), "{bad}");
        let encoded: Vec<String> = bad.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let query = encoded.concat();
        for path in ["/v1/journal-entries", "/v1/report"] {
            let list = ana.get(&format!("{path}?from={query}&to=2025-06-30")).await;
            assert_eq!((list.status, list.code()), (422, "validation_failed"), "{path} {bad}");
        }
        let goal = json!({"id": Uuid::now_v7(), "kind": "activity", "status": "open",
            "text": "Carry", "journal_date": bad});
        let pushed = push(&ana, "goals", json!({"created": [goal]})).await;
        assert_eq!(pushed["rejected"][0]["field"], "journal_date", "{bad}");
        let bert = app.patient("bert").await;
        let read = import_text(&app, &bert, FileFormat::Csv, &table(bad)).await;
        assert_eq!((read.created, read.refused.len()), (0, 1), "{bad}");
    }
}

#[tokio::test]
async fn a_zone_that_is_an_offset_is_kept_beside_the_same_offset() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let momentary = |extra: Value| {
        merged(
            &json!({"kind": "momentary", "pain_now": 3, "effective_at": "2025-06-02T01:30:00Z"}),
            &extra,
        )
    };
    // 01:30 in Greenwich is 04:30 three hours east, after the start of the day, and the evening before
    // three hours west.
    for (zone, minutes, kept, day) in [
        ("GMT+03:00", 180, "+03:00", "2025-06-02"),
        ("GMT+0300", 180, "+03:00", "2025-06-02"),
        ("GMT+3", 180, "+03:00", "2025-06-02"),
        ("UTC+03:00", 180, "+03:00", "2025-06-02"),
        ("+03:00", 180, "+03:00", "2025-06-02"),
        ("GMT-03:00", -180, "-03:00", "2025-06-01"),
        ("+05:30", 330, "+05:30", "2025-06-02"),
        ("+00:00", 0, "+00:00", "2025-06-01"),
        // The names of the database count the other way, and stay as they are.
        ("Etc/GMT-3", 180, "Etc/GMT-3", "2025-06-02"),
        ("Etc/GMT+3", -180, "Etc/GMT+3", "2025-06-01"),
    ] {
        let path = fresh(ENTRIES);
        let body = momentary(json!({"time_zone": zone, "utc_offset_minutes": minutes}));
        let made = ana.create(&path, &body).await;
        assert_eq!(made.status, 201, "{zone} {}", made.text);
        assert_eq!(made.json["time_zone"], kept, "{zone}");
        assert_eq!(
            (&made.json["utc_offset_minutes"], &made.json["journal_date"]),
            (&json!(minutes), &json!(day))
        );
        // Out and in again, the same over sync.
        let again = momentary(json!({"time_zone": kept, "utc_offset_minutes": minutes}));
        assert_eq!(ana.create(&path, &again).await.status, 200, "{zone}");
        let id = made.json["id"].clone();
        let row = rows(&ana, "journal_entries").await.into_iter().find(|row| row["id"] == id);
        assert_eq!(row.as_ref().unwrap()["time_zone"], kept);
        let answer = push(&ana, "journal_entries", json!({"created": [row]})).await;
        assert_eq!((&answer["unchanged"], &answer["records"]), (&json!(1), &json!([])), "{zone}");
        // Only the moment changes: a zone that is an offset has no other offset then.
        let edit =
            json!({"id": id, "effective_at": 1_748_835_000_000_i64, "_changed": "effective_at"});
        let answer = push(&ana, "journal_entries", json!({"updated": [edit]})).await;
        assert_eq!((&answer["rejected"], &answer["accepted"]), (&json!([]), &json!(1)), "{zone}");
        let moved = ana.get(&path).await.json;
        assert_eq!(
            (&moved["utc_offset_minutes"], &moved["time_zone"]),
            (&json!(minutes), &json!(kept))
        );
    }
    // What nobody can know is refused, here and in a push.
    for (zone, offset) in [
        ("GMT+03:00", Value::Null),
        ("GMT+03:00", json!(-180)),
        ("GMT+3", json!(120)),
        ("-00:00", json!(0)),
        ("GMT+15:00", json!(840)),
    ] {
        let extra = json!({"time_zone": zone, "utc_offset_minutes": offset});
        let made = ana.create(&fresh(ENTRIES), &momentary(extra.clone())).await;
        assert_eq!((made.status, made.pointers()), (422, vec!["#/time_zone"]), "{zone} {offset}");
        let entry = momentary(merged(
            &extra,
            &json!({"id": Uuid::now_v7(), "effective_at": 1_748_835_000_000_i64}),
        ));
        let answer = push(&ana, "journal_entries", json!({"created": [entry]})).await;
        assert_eq!(answer["rejected"][0]["field"], "time_zone", "{zone} {offset}");
    }
    // A night without times has a zone as well.
    let night = json!({"journal_date": "2025-06-02", "reported_sleep_minutes": 400,
        "time_zone": "GMT+03:00", "utc_offset_minutes": 180});
    let made = ana.create(&fresh("sleep-records"), &night).await;
    assert_eq!((made.status, &made.json["time_zone"]), (201, &json!("+03:00")), "{}", made.text);
    let against = merged(&night, &json!({"utc_offset_minutes": 120}));
    assert_eq!(ana.create(&fresh("sleep-records"), &against).await.pointers(), ["#/time_zone"]);
    // A flare and an event have days of their end in the report.
    let flare = json!({"started_at": "2025-06-01T08:00:00+03:00", "ended_at": "2025-06-03T20:00:00+03:00",
        "time_zone": "GMT+03:00", "utc_offset_minutes": 180, "severity": 8});
    assert_eq!(ana.create(&fresh("flares"), &flare).await.status, 201);
    let report = ana.get("/v1/report?from=2025-05-20&to=2025-06-10").await;
    assert_eq!(report.status, 200, "{}", report.text);
    // Reminders follow a phone that knows its offset alone.
    let reminder = json!({"journal_date": "2025-06-01", "kind": "daily_entry", "enabled": true,
        "local_time": "20:30"});
    assert_eq!(ana.create(&fresh("reminders"), &reminder).await.status, 201);
    let times = async |query: &str| ana.get(&format!("/v1/reminder-times?{query}")).await;
    let after = "after=2025-06-01T00:00:00Z&limit=1&time_zone=GMT%2B03:00";
    let next = times(&format!("{after}&utc_offset_minutes=180")).await.json["data"][0].clone();
    assert_eq!(
        (&next["at"], &next["time_zone"]),
        (&json!("2025-06-01T17:30:00.000Z"), &json!("+03:00"))
    );
    for against in [after.to_owned(), format!("{after}&utc_offset_minutes=-180")] {
        assert_eq!(times(&against).await.status, 422, "{against}");
    }
    // Where no offset stands beside it, a zone has a name.
    let own = merged(&reminder, &json!({"time_zone": "GMT+03:00"}));
    assert_eq!(ana.create(&fresh("reminders"), &own).await.pointers(), ["#/time_zone"]);
    // A table names both.
    let bert = app.patient("bert").await;
    let table = "journal_date,mood,time_zone,utc_offset_minutes\n2025-06-01,4,GMT+03:00,180\n\
        2025-06-02,4,GMT+03:00,\n";
    let read = import_text(&app, &bert, FileFormat::Csv, table).await;
    assert_eq!((read.created, read.refused.keys().collect::<Vec<_>>()), (1, vec![&3]));
    let entry = &bert.get("/v1/journal-entries").await.json["data"][0];
    assert_eq!(entry["effective_at"], "2025-06-01T18:00:00.000Z");
}

#[tokio::test]
async fn the_offset_of_a_moment_is_the_phones_where_nothing_else_says_it() {
    let ana = TestApp::shared().patient("ana").await;
    let momentary = |at: &str, extra: Value| {
        let entry = json!({"kind": "momentary", "pain_now": 3, "effective_at": at,
            "time_zone": "Europe/Berlin"});
        merged(&entry, &extra)
    };
    for (at, extra, minutes, day) in [
        // A phone that has flown to Tokyo and still calls its zone Berlin: half past seven in the morning.
        ("2025-06-02T07:30:00+09:00", json!({}), 540, "2025-06-02"),
        // In Berlin that is half past midnight, still the evening of the day before.
        ("2025-06-01T22:30:00Z", json!({}), 120, "2025-06-01"),
        // Programs that keep time in UTC write a zero; it tells nothing about the clock.
        ("2025-06-01T22:30:00+00:00", json!({}), 120, "2025-06-01"),
        ("2025-06-01T22:30:00-00:00", json!({}), 120, "2025-06-01"),
        // What the phone says outright stands before how it writes a moment.
        ("2025-06-02T07:30:00+09:00", json!({"utc_offset_minutes": 60}), 60, "2025-06-01"),
    ] {
        let path = fresh(ENTRIES);
        let body = momentary(at, extra);
        let made = ana.create(&path, &body).await;
        assert_eq!(made.status, 201, "{at} {}", made.text);
        let kept = (&made.json["utc_offset_minutes"], &made.json["journal_date"]);
        assert_eq!(kept, (&json!(minutes), &json!(day)), "{at}");
        assert_eq!(made.json["effective_at"], "2025-06-01T22:30:00.000Z");
        assert_eq!(ana.create(&path, &body).await.status, 200, "{at}: a repeat changes nothing");
        // As the server answers it, it means the same.
        let echo = momentary("2025-06-01T22:30:00.000Z", json!({"utc_offset_minutes": minutes}));
        assert_eq!(ana.replace(&path, "\"v1\"", &echo).await.status, 200, "{at}");
    }
}

#[tokio::test]
async fn what_has_not_begun_by_the_phones_own_clock_is_refused() {
    let app = TestApp::alone();
    // 19:00 in Berlin, 03:00 of the next day in Tokyo, 10:00 in Los Angeles.
    app.turn_to("2026-11-27T18:00:00Z");
    let ana = app.patient("ana").await;
    let at = |hours: i64| {
        (app.now() + Duration::hours(hours)).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    let momentary = |hours: i64, zone: &str| json!({"kind": "momentary", "pain_now": 3, "effective_at": at(hours), "time_zone": zone});
    for (hours, zone, status) in [
        (31, "Europe/Berlin", 422),
        (31, "Asia/Tokyo", 422),
        (31, "Pacific/Kiritimati", 422),
        (31, "America/Los_Angeles", 422),
        (12, "Europe/Berlin", 422),
        // Of the same day, so that a clock which is a little fast holds nothing up.
        (1, "Europe/Berlin", 201),
        (7, "Europe/Berlin", 201),
        (0, "Asia/Tokyo", 201),
        (0, "Pacific/Kiritimati", 201),
        (0, "America/Los_Angeles", 201),
    ] {
        let made = ana.create(&fresh(ENTRIES), &momentary(hours, zone)).await;
        assert_eq!(made.status, status, "{hours} {zone} {}", made.text);
        if status == 422 {
            assert_eq!(made.pointers(), ["#/effective_at"], "{hours} {zone}");
            assert_eq!(made.json["errors"][0]["code"], "date_out_of_range");
        }
        let entry = merged(
            &momentary(hours, zone),
            &json!({"id": Uuid::now_v7(),
            "effective_at": (app.now() + Duration::hours(hours)).timestamp_millis()}),
        );
        let answer = push(&ana, "journal_entries", json!({"created": [entry]})).await;
        assert_eq!(answer["rejected"] == json!([]), status == 201, "{hours} {zone}");
    }
    // Tomorrow may be named where it has begun, and nowhere else.
    for (day, zone, offset, status) in [
        ("2026-11-28", "Europe/Berlin", 60, 422),
        ("2026-11-28", "Asia/Tokyo", 540, 201),
        ("2026-11-28", "Europe/Berlin", 540, 201),
        ("2026-11-29", "Pacific/Kiritimati", 840, 422),
    ] {
        let entry = json!({"kind": "daily", "journal_date": day, "effective_at": at(0),
            "time_zone": zone, "utc_offset_minutes": offset, "mood": 4});
        let made = ana.create(&fresh(ENTRIES), &entry).await;
        assert_eq!(made.status, status, "{day} {zone} {}", made.text);
    }
    // All that is about a moment: nights, doses, flares, visits that have been.
    let taken =
        json!({"taken_at": at(31), "time_zone": "Europe/Berlin", "kind": "relief", "name": "x"});
    let night = json!({"bed_at": at(24), "rise_at": at(31), "time_zone": "Europe/Berlin"});
    let visit = json!({"status": "attended", "kind": "treatment", "starts_at": at(31), "time_zone": "Europe/Berlin"});
    for (path, body, field) in [
        ("medication-intakes", taken, "#/taken_at"),
        ("sleep-records", night, "#/rise_at"),
        ("treatment-sessions", visit.clone(), "#/starts_at"),
    ] {
        assert_eq!(ana.create(&fresh(path), &body).await.pointers(), [field], "{path}");
    }
    let planned = merged(&visit, &json!({"status": "planned"}));
    assert_eq!(ana.create(&fresh("treatment-sessions"), &planned).await.status, 201);
}

/// What comes around an address where it is typed, completed or copied.
pub const AROUND: [&str; 8] =
    [" ", "\t", "\r\n", "\u{a0}", "\u{feff}", "\u{200b}", "\u{2060}", "\u{202a}"];

#[tokio::test]
async fn nothing_unseen_is_part_of_an_address() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for around in AROUND {
        let typed = format!("{around}{}{around}", ana.email.to_uppercase());
        let body = json!({"email": typed, "password": PASSWORD, "device": {"name": "phone"}});
        let answer = app.call("POST", "/v1/auth/login").json(&body).send().await;
        assert_eq!(answer.status, 200, "{around:?} {}", answer.text);
    }
    // Inside it is: two addresses would be one.
    for inside in ["ana .x@example.org", "ana\u{200b}@example.org", "ana@exam\u{ad}ple.org"] {
        let body = json!({"email": inside, "password": PASSWORD, "device": {"name": "phone"}});
        let answer = app.call("POST", "/v1/auth/login").json(&body).send().await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["#/email"]), "{inside}");
    }
}

#[tokio::test]
async fn a_mark_in_front_of_a_document_is_no_part_of_it() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let put = ana.call("PUT", &fresh(ENTRIES)).header("If-None-Match", "*");
    let body = daily("2025-06-01", &json!({"note": "\u{feff}as typed\u{feff}"}));
    let made = put.raw(format!("\u{feff}{body}")).send().await;
    assert_eq!((made.status, &made.json["note"]), (201, &json!("\u{feff}as typed\u{feff}")));
    let entry = json!({"id": Uuid::now_v7(), "kind": "momentary", "time_zone": "UTC",
        "effective_at": 1_748_800_800_000_i64});
    let body = json!({"changes": {"journal_entries": {"created": [entry]}}});
    let path = "/v1/sync?last_pulled_at=0";
    let pushed = ana.call("POST", path).raw(format!("\u{feff}{body}")).send().await;
    assert_eq!((pushed.status, &pushed.json["accepted"]), (200, &json!(1)), "{}", pushed.text);
    let line = json!({"collection": "journal_entries", "id": Uuid::now_v7(), "kind": "momentary",
        "time_zone": "UTC", "effective_at": "2025-06-02T12:00:00Z", "mood": 4});
    let read = import_text(&app, &ana, FileFormat::Jsonl, &format!("\u{feff}{line}\r\n")).await;
    assert_eq!((read.created, read.refused.len()), (1, 0), "{:?}", read.refused);
    let table = "\u{feff}journal_date,mood\r\n2025-06-03,4\r\n";
    let read = import_text(&app, &ana, FileFormat::Csv, table).await;
    assert_eq!((read.created, read.refused.len()), (1, 0), "{:?}", read.refused);
}

#[test]
fn the_command_line_reads_addresses_and_passwords_as_people_mean_them() {
    let home = Home::fresh("typed");
    let typed = "\u{feff} Lind@Example.org\u{a0}";
    let made = home.run(&["migrate", "--create"], "");
    assert!(made.status.success(), "{}", said(&made));
    let create = ["user", "create", typed, "--role", "practitioner"];
    // As a shell on Windows hands it over: a mark in front, CR LF behind.
    let made = home.run(&create, &format!("\u{feff}{PASSWORD}\r\n"));
    assert!(made.status.success(), "{}", said(&made));
    let server = Serving::start(&home, &[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let body =
            json!({"email": "lind@example.org", "password": PASSWORD, "device": {"name": "pc"}});
        let answer = Call::new(&server.base, "POST", "/v1/auth/login").json(&body).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    });
    let disabled = home.run(&["user", "disable", "lind@example.org\u{200b}"], "");
    assert!(disabled.status.success(), "{}", said(&disabled));
}
