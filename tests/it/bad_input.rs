//! Input that must be refused: said so precisely, stored nowhere, echoed never.

use crate::records::{merged, samples};
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};

/// Stands in values that are refused; no answer may hold it.
const CANARY: &str = "zaunkoenig7319";

const ENTRIES: &str = "journal-entries";

/// How much the journal of `person` holds: records, history, revisions.
async fn holds(app: &TestApp, person: &Person) -> Vec<i64> {
    let tables: Vec<&str> = samples().iter().map(|sample| sample.table).collect();
    let counts = tables.iter().chain(&["record_history"]).map(|table| {
        format!("(SELECT count(*) FROM pj.{table} WHERE patient_id = '{}')", person.id)
    });
    let rev = format!("(SELECT rev FROM pj.patients WHERE patient_id = '{}')", person.id);
    let columns: Vec<String> = counts.chain([rev]).collect();
    let query = format!("SELECT ARRAY[{}]", columns.join(", "));
    app.sql().await.query_one(&query, &[]).await.unwrap().get(0)
}

/// Panics unless the journal of `person` is empty.
async fn assert_empty(app: &TestApp, person: &Person) {
    let mut holds = holds(app, person).await;
    assert_eq!(holds.pop(), Some(1), "the counter has moved");
    assert!(holds.iter().all(|count| *count == 0), "{holds:?}");
}

fn assert_no_echo(answer: &Answer) {
    assert!(!answer.text.contains(CANARY), "an echo: {}", answer.text);
}

async fn send_raw(person: &Person, body: impl Into<Vec<u8>>) -> Answer {
    let put = person.call("PUT", &fresh(ENTRIES)).header("If-None-Match", "*");
    put.raw(body.into()).send().await
}

#[tokio::test]
async fn t081_t082_what_is_not_strict_json_is_400_in_every_form() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let good = daily("2025-06-01", &json!({"note": CANARY})).to_string();
    let opened = good.strip_suffix('}').unwrap();
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let texts = [
        String::new(),
        " ".into(),
        "{".into(),
        CANARY.into(),
        format!("'{CANARY}'"),
        opened.into(),
        format!("{good}x"),
        format!("{good}{good}"),
        format!("\u{feff}\u{feff}{good}"),
        format!(" \u{feff}{good}"),
        format!("{opened},}}"),
        format!("{opened},\"mood\":}}"),
        format!("{opened},\"mood\":NaN}}"),
        format!("{opened},\"mood\":Infinity}}"),
        format!("{opened},\"mood\":+1}}"),
        format!("{opened},\"mood\":01}}"),
        format!("{opened},\"mood\":1e999}}"),
        format!("{opened},\"mood\":0x1}}"),
        format!("{opened},\"kind\":\"{CANARY}\"}}"),
        format!("{opened},\"sites\":[{{\"region\":\"neck\",\"region\":\"{CANARY}\"}}]}}"),
        format!("{opened},\"trigger_note\":\"{CANARY}\\ud800\"}}"),
        format!("{opened},\"trigger_note\":\"\\udc00{CANARY}\"}}"),
        format!("{opened},\"trigger_note\":\"{CANARY}\\x\"}}"),
        format!("{opened},\"trigger_note\":\"{CANARY}\n\"}}"),
        format!("{opened} /* {CANARY} */}}"),
        deep(33),
        "[".repeat(20_000),
        format!("{{\"a\":{}", "{\"a\":".repeat(20_000)),
    ];
    let mut bodies: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    bodies.push([b"{\"note\":\"", CANARY.as_bytes(), b"\xff\"}"].concat());
    bodies.push([b"{\"note\":\"", CANARY.as_bytes(), b"\xed\xa0\x80\"}"].concat());
    bodies.push([opened.as_bytes(), b"\0}"].concat());
    bodies.push(good.encode_utf16().flat_map(u16::to_le_bytes).collect());
    for body in bodies {
        let shown = String::from_utf8_lossy(&body).chars().take(200).collect::<String>();
        let answer = send_raw(&ana, body).await;
        assert_eq!((answer.status, answer.code()), (400, "malformed_json"), "{shown}");
        assert_no_echo(&answer);
    }
    assert_empty(&app, &ana).await;
}

#[tokio::test]
async fn every_fault_of_a_body_is_named_at_once_by_its_pointer() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let body = json!({"kind": CANARY, "effective_at": CANARY, "time_zone": 7, "pain_now": 11,
        "pain_average": -1, "pain_worst": "7", "pain_least": 1.5, "pain_free_day": "yes",
        "mood": [], "steps": {}, "sites": [{"region": "tail"}, {"laterality": "left"}, CANARY,
        {"region": "neck", CANARY: 1, "qualities": ["sharp", CANARY]}], "triggers": "stress",
        "relief": [{"what": "heat", "helped": 3}], "trigger_note": CANARY.repeat(15), "note": "",
        "note_shared": 1, "treatment_session_id": CANARY, "utc_offset_minutes": 841});
    let answer = ana.create(&fresh(ENTRIES), &body).await;
    assert_eq!((answer.status, answer.code()), (422, "validation_failed"));
    let unknown = format!("#/sites/3/{CANARY}");
    let wanted = format!(
        "#/kind #/effective_at #/time_zone #/utc_offset_minutes #/pain_now #/pain_average \
         #/pain_worst #/pain_least #/pain_free_day #/sites/0/region #/sites/1/region #/sites/2 \
         {unknown} #/sites/3/qualities/1 #/triggers #/trigger_note #/relief/0/helped #/mood #/steps \
         #/note #/note_shared #/treatment_session_id"
    );
    let mut wanted: Vec<&str> = wanted.split(' ').collect();
    let mut found = answer.pointers();
    wanted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, wanted);
    // A name must be repeated to say which one is meant; a value never is.
    assert_eq!(answer.text.matches(CANARY).count(), 1);
    assert_empty(&app, &ana).await;
}

/// A change of a valid body, and where it must be refused.
fn refused_changes() -> Vec<(Value, &'static str)> {
    let site = json!({"region": "neck"});
    vec![
        (json!({"pain_now": 11}), "#/pain_now"),
        (json!({"pain_now": -1}), "#/pain_now"),
        (json!({"pain_now": 10.5}), "#/pain_now"),
        (json!({"pain_now": 9_007_199_254_740_993_i64}), "#/pain_now"),
        (json!({"pain_now": true}), "#/pain_now"),
        (json!({"pain_worst": 2, "pain_least": 3, "pain_average": null}), "#/pain_worst"),
        (json!({"pain_average": 3, "pain_worst": 2}), "#/pain_worst"),
        (json!({"pain_average": 3, "pain_least": 5}), "#/pain_average"),
        (json!({"pain_free_day": true, "pain_average": 1}), "#/pain_free_day"),
        (json!({"morning_stiffness_minutes": 721}), "#/morning_stiffness_minutes"),
        (json!({"steps": 200_001}), "#/steps"),
        (json!({"sites": vec![site; 31]}), "#/sites"),
        (json!({"triggers": vec!["stress"; 19]}), "#/triggers"),
        (json!({"note": "x".repeat(4001)}), "#/note"),
        (json!({"note": "before\u{0}after"}), "#/note"),
        (json!({"note": CANARY.repeat(300)}), "#/note"),
        (json!({"trigger_note": "😀".repeat(201)}), "#/trigger_note"),
        (json!({"kind": null}), "#/kind"),
        (json!({"kind": "Daily"}), "#/kind"),
        (json!({"kind": CANARY}), "#/kind"),
        (json!({"treatment_session_id": CANARY}), "#/treatment_session_id"),
        (
            json!({"treatment_session_id": "0195a3c2000070008000000000000000"}),
            "#/treatment_session_id",
        ),
        // Days.
        (json!({"journal_date": "0000-01-01"}), "#/journal_date"),
        (json!({"journal_date": "9999-12-31"}), "#/journal_date"),
        (json!({"journal_date": "2026-02-30"}), "#/journal_date"),
        (json!({"journal_date": "2025-6-1"}), "#/journal_date"),
        (json!({"journal_date": "2025-06-01T00:00:00Z"}), "#/journal_date"),
        (json!({"journal_date": "+2025-06-01"}), "#/journal_date"),
        (json!({"journal_date": 20_250_601}), "#/journal_date"),
        (json!({"journal_date": CANARY}), "#/journal_date"),
        (json!({"journal_date": "2190-01-01"}), "#/journal_date"),
        (json!({"kind": "momentary", "journal_date": "2025-05-31"}), "#/journal_date"),
        // Moments.
        (json!({"effective_at": "2025-06-01"}), "#/effective_at"),
        (json!({"effective_at": "2025-06-01T20:00:00"}), "#/effective_at"),
        (json!({"effective_at": "2025-06-01T20:00:00+26:00"}), "#/effective_at"),
        (json!({"effective_at": "2026-02-30T20:00:00Z"}), "#/effective_at"),
        (json!({"effective_at": "2025-06-01T24:00:00Z"}), "#/effective_at"),
        (json!({"effective_at": "2025-06-01T20:00:61Z"}), "#/effective_at"),
        (json!({"effective_at": "0000-01-01T00:00:00Z"}), "#/effective_at"),
        (json!({"effective_at": "9999-12-31T00:00:00Z"}), "#/effective_at"),
        (json!({"effective_at": "2190-01-01T20:00:00Z"}), "#/effective_at"),
        (
            json!({"effective_at": "2190-01-01T20:00:00Z", "journal_date": "2025-06-01"}),
            "#/effective_at",
        ),
        (json!({"effective_at": 1_748_800_800}), "#/effective_at"),
        (json!({"recorded_at": "9999-12-31T00:00:00Z"}), "#/recorded_at"),
        (json!({"recorded_at": "1899-12-31T23:59:59Z"}), "#/recorded_at"),
        (json!({"effective_at": CANARY}), "#/effective_at"),
        // Zones.
        (json!({"time_zone": "GMT+4"}), "#/time_zone"),
        (json!({"time_zone": "GMT+4", "utc_offset_minutes": -240}), "#/time_zone"),
        (json!({"time_zone": "gmt+4", "utc_offset_minutes": 240}), "#/time_zone"),
        (json!({"time_zone": "-00:00", "utc_offset_minutes": 0}), "#/time_zone"),
        (json!({"time_zone": "Etc/Unknown"}), "#/time_zone"),
        (json!({"time_zone": "europe/berlin"}), "#/time_zone"),
        (json!({"time_zone": "CEST"}), "#/time_zone"),
        (json!({"time_zone": ""}), "#/time_zone"),
        (json!({"time_zone": CANARY}), "#/time_zone"),
        (json!({"utc_offset_minutes": -841}), "#/utc_offset_minutes"),
    ]
}

#[tokio::test]
async fn a_value_outside_its_rules_is_422_at_its_place_and_not_stored() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let good = daily("2025-06-01", &json!({}));
    for (change, pointer) in refused_changes() {
        let answer = ana.create(&fresh(ENTRIES), &merged(&good, &change)).await;
        let shown = change.to_string().chars().take(200).collect::<String>();
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{shown}");
        assert_eq!(answer.pointers(), [pointer], "{shown} {}", answer.text);
        assert_no_echo(&answer);
    }
    for (body, pointers) in [
        (json!({}), vec!["#/kind", "#/effective_at", "#/time_zone"]),
        (json!([]), vec!["#"]),
        (json!(null), vec!["#"]),
        (json!(CANARY), vec!["#"]),
        (json!([good]), vec!["#"]),
    ] {
        let answer = ana.create(&fresh(ENTRIES), &body).await;
        assert_eq!((answer.status, answer.pointers()), (422, pointers), "{body}");
        assert_no_echo(&answer);
    }
    assert_empty(&app, &ana).await;
}

#[tokio::test]
async fn a_bad_replace_leaves_the_record_as_it_was() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let path = fresh(ENTRIES);
    let good = daily("2025-06-01", &json!({}));
    let made = ana.create(&path, &good).await;
    let before = holds(&app, &ana).await;
    for (change, pointer) in refused_changes() {
        let answer = ana.replace(&path, made.etag(), &merged(&good, &change)).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![pointer]));
        assert_no_echo(&answer);
    }
    assert_eq!(ana.get(&path).await.json, made.json);
    assert_eq!(holds(&app, &ana).await, before);
}

#[tokio::test]
async fn t073_what_no_record_has_is_refused_in_every_collection() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for sample in samples() {
        for (name, value) in [
            ("rev", json!(7)),
            ("patient_id", json!(ana.id)),
            ("author_id", json!(ana.id)),
            ("device_id", json!(null)),
            ("deleted_at", json!(null)),
            ("Kind", json!(CANARY)),
            ("", json!(CANARY)),
            ("a/b~c", json!(CANARY)),
        ] {
            let body = merged(&sample.body, &json!({name: value}));
            let answer = ana.create(&fresh(sample.path), &body).await;
            assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{name}");
            let pointer = format!("#/{}", name.replace('~', "~0").replace('/', "~1"));
            assert_eq!(answer.pointers(), [pointer]);
            assert_eq!(answer.json["errors"][0]["code"], "unknown_field");
            assert_no_echo(&answer);
        }
    }
    assert_empty(&app, &ana).await;
}

#[tokio::test]
async fn t073_what_only_the_server_writes_is_never_taken_from_a_body() {
    let app = TestApp::shared();
    let (ana, bea) = (app.patient("ana").await, app.patient("bea").await);
    for sample in samples() {
        let (long_ago, other) =
            ("2025-06-01T00:00:00.000Z", "0195a3c2-0000-7000-8000-00000000000a");
        let claims = json!({"version": 900_000, "created_at": long_ago, "updated_at": long_ago,
            "received_at": long_ago});
        let claimed = ana.create(&fresh(sample.path), &merged(&sample.body, &claims)).await;
        assert_eq!(claimed.status, 201, "{}", claimed.text);
        for (name, claim) in claims.as_object().unwrap() {
            assert!(claimed.json[name] != *claim && !claimed.json[name].is_null(), "{name}");
        }
        let clinician = merged(&sample.body, &json!({"clinician_id": bea.id}));
        let answer = ana.create(&fresh(sample.path), &clinician).await;
        if claimed.json.as_object().unwrap().contains_key("clinician_id") {
            assert_eq!((answer.status, &answer.json["clinician_id"]), (201, &Value::Null));
        } else {
            assert_eq!((answer.status, answer.pointers()), (422, vec!["#/clinician_id"]));
        }
        let of_another = merged(&sample.body, &json!({"id": other}));
        let answer = bea.create(&fresh(sample.path), &of_another).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["#/id"]));
    }
    assert_empty(&app, &bea).await;
}

#[tokio::test]
async fn nights_and_visits_that_cannot_be_are_refused_at_their_fields() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let of = |path: &str| samples().into_iter().find(|s| s.path == path).unwrap().body;
    let (night, visit) = (&of("sleep-records"), &of("treatment-sessions"));
    let waking = "wake_after_sleep_onset_minutes";
    let nights = [
        (json!({"rise_at": "2025-06-01T22:00:00+02:00"}), "rise_at"),
        (json!({"rise_at": "2025-06-02T23:01:00+02:00"}), "rise_at"),
        (json!({"rise_at": null}), "rise_at"),
        (json!({"rise_at": null, "bed_at": null}), "journal_date"),
        (json!({"rise_at": "2190-06-02T07:00:00Z", "bed_at": "2190-06-02T01:00:00Z"}), "rise_at"),
        (json!({"bed_at": null}), "bed_at"),
        (json!({"journal_date": "2025-06-01"}), "journal_date"),
        (json!({"quality": 11}), "quality"),
        (json!({waking: 461}), waking),
        (json!({"note": CANARY}), "note"),
    ];
    let visits = [
        (json!({"ends_at": "2025-06-03T08:59:59+02:00"}), "ends_at"),
        (json!({"ends_at": "2025-06-04T09:00:01+02:00"}), "ends_at"),
        (json!({"starts_at": "2190-01-01T09:00:00Z", "ends_at": null}), "starts_at"),
        (json!({"starts_at": "9999-12-31T09:00:00Z", "status": "planned"}), "starts_at"),
        (json!({"techniques": ["distal", CANARY]}), "techniques/1"),
        (json!({"status": null}), "status"),
    ];
    let nights = nights.iter().map(|case| ("sleep-records", night, case));
    let visits = visits.iter().map(|case| ("treatment-sessions", visit, case));
    for (path, body, (change, field)) in nights.chain(visits) {
        let answer = ana.create(&fresh(path), &merged(body, change)).await;
        assert_eq!(
            (answer.status, answer.pointers()),
            (422, vec![&*format!("#/{field}")]),
            "{change}"
        );
        assert_no_echo(&answer);
    }
    assert_empty(&app, &ana).await;
}

#[tokio::test]
async fn moments_and_zones_that_look_odd_and_are_right_are_kept_as_sent() {
    let ana = TestApp::shared().patient("ana").await;
    let momentary = |extra: Value| merged(&json!({"kind": "momentary", "pain_now": 3}), &extra);
    // The moment and zone as sent; the moment, offset and day as kept.
    for line in [
        // 02:30 does not exist in Berlin that night; with an offset it is a moment all the same, and the
        // offset tells what the phone's clock was set to.
        "2025-03-30T02:30:00+01:00 Europe/Berlin 2025-03-30T01:30:00.000Z 60 2025-03-29",
        "2025-03-30T02:30:00+02:00 Europe/Berlin 2025-03-30T00:30:00.000Z 120 2025-03-29",
        "2025-06-02T01:30:00Z Europe/Berlin 2025-06-02T01:30:00.000Z 120 2025-06-01",
        "2025-06-01T23:30:00-05:00 EST5EDT 2025-06-02T04:30:00.000Z -300 2025-06-01",
        "2025-06-01T23:30:00+14:00 Pacific/Kiritimati 2025-06-01T09:30:00.000Z 840 2025-06-01",
        "2025-06-01T12:00:00.123456789Z UTC 2025-06-01T12:00:00.123Z 0 2025-06-01",
        // A leap second is the second after it, as every clock that does not know it shows.
        "2016-12-31T23:59:60Z UTC 2017-01-01T00:00:00.000Z 0 2016-12-31",
    ] {
        let [sent, zone, at, offset, day] =
            line.split(' ').collect::<Vec<_>>().try_into().expect("five words");
        let path = fresh(ENTRIES);
        let body = momentary(json!({"effective_at": sent, "time_zone": zone}));
        let made = ana.create(&path, &body).await;
        assert_eq!(made.status, 201, "{line} {}", made.text);
        assert_eq!(
            (&made.json["effective_at"], &made.json["time_zone"]),
            (&json!(at), &json!(zone))
        );
        assert_eq!(made.json["utc_offset_minutes"].to_string(), offset, "{line}");
        assert_eq!(made.json["journal_date"], day, "{line}");
        assert_eq!(ana.get(&path).await.json, made.json);
        assert_eq!(ana.create(&path, &body).await.status, 200, "{line}");
    }
    // Where the phone's clock disagrees with the zone both are kept, and the clock decides the day.
    let clock = json!({"effective_at": "2025-06-02T01:30:00Z", "time_zone": "Europe/Berlin",
        "utc_offset_minutes": 180});
    let made = ana.create(&fresh(ENTRIES), &momentary(clock)).await.json;
    assert_eq!(
        (&made["time_zone"], &made["utc_offset_minutes"]),
        (&json!("Europe/Berlin"), &json!(180))
    );
    assert_eq!(made["journal_date"], "2025-06-02");
}

#[tokio::test]
async fn text_comes_back_as_it_was_typed() {
    let ana = TestApp::shared().patient("ana").await;
    for note in [
        "👩‍⚕️🇩🇪 Nadel\u{301}n & Schröpfen — 針",
        "הכאב ירד\u{200f} (3/10) الألم أقل",
        "  spaces, a tab\t, CRLF\r\n and \u{2028} a separator  ",
        "<script>alert(1)</script> ' OR 1=1; -- {{7*7}} \\u0000 %00 $1",
        "=SUM(A1)\u{7f}\u{1}\u{feff}\u{fffd}\u{10ffff}",
        &"😀".repeat(4000),
    ] {
        let path = fresh(ENTRIES);
        let body = daily("2025-06-01", &json!({"note": note, "note_shared": true}));
        assert_eq!(ana.create(&path, &body).await.status, 201);
        assert_eq!(ana.get(&path).await.json["note"], note);
        assert_eq!(ana.create(&path, &body).await.status, 200);
    }
}

#[tokio::test]
async fn a_body_may_have_one_mebibyte_and_not_a_byte_more() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let good = daily("2025-06-01", &json!({"note": CANARY})).to_string();
    let padded = |size: usize| format!("{good}{}", " ".repeat(size - good.len()));
    for size in [1024 * 1024 + 1, 3 * 1024 * 1024] {
        let answer = send_raw(&ana, padded(size)).await;
        assert_eq!((answer.status, answer.code()), (413, "body_too_large"));
        assert_no_echo(&answer);
    }
    assert_empty(&app, &ana).await;
    assert_eq!(send_raw(&ana, padded(1024 * 1024)).await.status, 201);
}
