//! What holds for the records of every collection, run for each of them.

use crate::support::contract::operations;
use crate::support::people::fresh;
use crate::support::{Answer, TestApp};
use pain_journal::collections::{
    AdverseEvent, Assessment, Flare, Goal, JournalEntry, MedicationIntake, PainEpisode, Question,
    Reminder, SleepRecord, TreatmentPlan, TreatmentSession,
};
use pain_journal::journal::{Record, Texts};
use pain_journal::sections::Sections;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A collection, a valid record of it, and another one.
pub struct Sample {
    pub path: &'static str,
    pub table: &'static str,
    pub number: i16,
    pub sections: Sections,
    pub texts: &'static Texts,
    pub body: Value,
    /// Differs from `body` in a few members.
    pub other: Value,
}

impl Sample {
    fn of<C: Record>(body: Value, change: &Value) -> Self {
        let other = merged(&body, change);
        let (path, table, number) = (C::PATH, C::COLLECTION, C::NUMBER);
        Self { path, table, number, sections: C::SECTIONS, texts: C::sql(), body, other }
    }

    /// Does a share ever show the collection?
    pub fn is_shared(&self) -> bool {
        self.sections != Sections::NONE
    }

    /// The body with one member of its own for each number, about which there is no rule.
    pub fn variant(&self, number: usize) -> Value {
        let zones = ["Europe/Paris", "Europe/Rome", "Europe/Madrid", "Europe/Vienna"];
        if self.body["time_zone"].is_string() {
            return merged(&self.body, &json!({"time_zone": zones[number % zones.len()]}));
        }
        let words = ["text", "label", "goal"].into_iter().find(|name| self.body[*name].is_string());
        merged(&self.body, &json!({words.unwrap(): format!("words {number}")}))
    }
}

/// One sample for each collection in which patients write; [`every_collection_has_a_sample`] tells when
/// one is missing. All are about the first days of June 2025.
pub fn samples() -> Vec<Sample> {
    let entry = json!({"kind": "daily", "journal_date": "2025-06-01",
        "effective_at": "2025-06-01T21:00:00+02:00", "time_zone": "Europe/Berlin",
        "recorded_at": "2025-06-01T21:00:30+02:00", "pain_average": 5, "pain_worst": 7,
        "pain_least": 0, "pain_free_day": false, "interference": 4,
        "sites": [{"region": "low_back", "laterality": "left", "qualities": ["sharp"]}],
        "triggers": ["lifting", "stress"], "relief": [{"what": "heat", "helped": "some"}],
        "steps": 4210, "work_impact": "reduced", "medication_taken": true,
        "note": "Kisten gehoben", "note_shared": true});
    let night = json!({"bed_at": "2025-06-01T23:00:00+02:00", "rise_at": "2025-06-02T07:00:00+02:00",
        "time_zone": "Europe/Berlin", "sleep_onset_latency_minutes": 20, "quality": 6,
        "awakenings": 2, "woken_by_pain": true});
    let visit = json!({"status": "attended", "kind": "treatment",
        "starts_at": "2025-06-03T09:00:00+02:00", "ends_at": "2025-06-03T09:40:00+02:00",
        "time_zone": "Europe/Berlin", "techniques": ["distal", "heat"], "sensations": ["warmth"],
        "note": "first visit"});
    let moved = json!({"effective_at": "2025-06-03T21:00:00+02:00", "journal_date": "2025-06-03",
        "pain_worst": 9, "steps": null, "triggers": [], "note": "doch nicht so schlimm"});
    vec![
        Sample::of::<JournalEntry>(entry, &moved),
        Sample::of::<SleepRecord>(night, &json!({"quality": 0, "awakenings": null})),
        Sample::of::<TreatmentSession>(
            visit,
            &json!({"status": "missed", "techniques": ["cupping"]}),
        ),
    ]
    .into_iter()
    .chain(own_samples())
    .chain(clinical_samples())
    .collect()
}

/// Samples of what the patient alone writes.
fn own_samples() -> [Sample; 6] {
    let intake = json!({"taken_at": "2025-06-02T08:00:00+02:00", "time_zone": "Europe/Berlin",
        "kind": "relief", "name": "Ibuprofen", "dose": 0.4, "dose_unit": "g", "helped": "some",
        "note": "after breakfast"});
    let flare = json!({"started_at": "2025-06-01T08:00:00+02:00",
        "ended_at": "2025-06-03T20:00:00+02:00", "time_zone": "Europe/Berlin", "severity": 8,
        "sites": [{"region": "low_back", "laterality": "right"}], "suspected_triggers": ["travel"],
        "what_helped": [{"what": "rest", "helped": "a_lot"}], "trigger_note": "nine hours by train"});
    let goal = json!({"journal_date": "2025-06-01", "kind": "activity", "status": "open",
        "text": "Carry the shopping up two floors", "importance": 8, "target_date": "2025-09-01"});
    let answer = |item: &str, value: i32| json!({"item": item, "value": value});
    let peg = |values: [i32; 3]| {
        let items = ["pain", "enjoyment", "general_activity"];
        json!(items.iter().zip(values).map(|(item, value)| answer(item, value)).collect::<Vec<_>>())
    };
    let assessment = json!({"effective_at": "2025-06-02T20:00:00+02:00",
        "time_zone": "Europe/Berlin", "instrument": "peg", "occasion": "baseline",
        "answers": peg([7, 6, 7]), "note": "a bad week"});
    let reminder = json!({"journal_date": "2025-06-01", "kind": "daily_entry", "enabled": true,
        "label": "How was the day?", "local_time": "20:30", "days": ["monday", "thursday"],
        "quiet_from": "22:00", "quiet_until": "07:00"});
    [
        Sample::of::<MedicationIntake>(intake, &json!({"dose": 0.25, "helped": null})),
        Sample::of::<Flare>(flare, &json!({"severity": 9, "ended_at": null, "sites": []})),
        Sample::of::<Goal>(goal, &json!({"status": "reached", "reached_on": "2025-08-02"})),
        Sample::of::<Question>(
            json!({"journal_date": "2025-06-01", "text": "May I lift again?"}),
            &json!({"text": "May I carry crates?", "answered_on": "2025-06-03", "note": "Yes, with care."}),
        ),
        Sample::of::<Assessment>(
            assessment,
            &json!({"answers": peg([1, 2, 3]), "occasion": "review", "note": null}),
        ),
        Sample::of::<Reminder>(
            reminder,
            &json!({"local_time": "07:00", "days": [], "label": null}),
        ),
    ]
}

/// Samples of what practitioners record, too.
fn clinical_samples() -> [Sample; 3] {
    let episode = json!({"journal_date": "2025-06-02", "label": "My back", "status": "active",
        "onset_date": "2019-05-01", "onset_precision": "month", "mechanism": "lifting",
        "conditions": ["disc_bulge_herniation"], "primary_region": "low_back", "laterality": "left",
        "prior_treatments": [{"what": "physio", "detail": "six sessions", "helped": "some"}]});
    let plan = json!({"journal_date": "2025-06-02", "goal": "Sit through a working day",
        "status": "active", "start_date": "2025-06-03", "planned_sessions": 8,
        "frequency_per_week": 0.5, "planned_weeks": 16, "review_after_sessions": 4});
    let event = json!({"started_at": "2025-06-03T10:00:00+02:00",
        "ended_at": "2025-06-05T10:00:00+02:00", "time_zone": "Europe/Berlin",
        "kinds": ["bruising"], "severity": "mild", "serious": false, "actions": ["self_care"],
        "outcome": "resolved", "note": "size of a coin"});
    let over = json!({"status": "resolved", "resolved_on": "2025-08-20", "conditions": []});
    let stopped = json!({"status": "stopped", "ended_on": "2025-08-20", "stop_reason": "moved"});
    [
        Sample::of::<PainEpisode>(episode, &over),
        Sample::of::<TreatmentPlan>(plan, &stopped),
        Sample::of::<AdverseEvent>(event, &json!({"severity": "moderate", "serious": true})),
    ]
}

/// `base` with the members of `change` instead of its own.
pub fn merged(base: &Value, change: &Value) -> Value {
    let mut merged = base.clone();
    merged.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    merged
}

/// Status, headers and body, without what every answer has of its own.
fn face(answer: &Answer) -> (u16, Vec<String>, String) {
    let own = ["x-request-id", "date"];
    let headers = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<String> = headers.map(|(n, v)| format!("{n}: {v:?}")).collect();
    headers.sort();
    (answer.status, headers, answer.text.replace(answer.header("x-request-id"), "-"))
}

#[test]
fn every_collection_has_a_sample() {
    let puts = operations()
        .into_iter()
        .filter(|(_, verb, op)| *verb == "put" && op["tags"][0] == "journal");
    let documented: BTreeSet<String> = puts.map(|(path, _, _)| path.to_owned()).collect();
    let sampled = samples().iter().map(|s| format!("/v1/{}/{{id}}", s.path)).collect();
    assert_eq!(documented, sampled, "add the new collection to `samples`");
}

#[tokio::test]
async fn a_create_is_201_and_repeated_it_is_answered_with_the_same_record() {
    let ana = TestApp::shared().patient("ana").await;
    for sample in samples() {
        let path = fresh(sample.path);
        let made = ana.create(&path, &sample.body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.etag(), format!("\"v{}\"", made.json["version"]));
        assert_eq!(made.json["id"], path.rsplit('/').next().unwrap());
        for (name, value) in sample.body.as_object().unwrap() {
            if !name.ends_with("_at") && value.as_array().is_none() {
                assert_eq!(made.json[name], *value, "{path} {name}");
            }
        }
        let again = ana.create(&path, &sample.body).await;
        assert_eq!((again.status, &again.json, again.etag()), (200, &made.json, made.etag()));
        let taken = ana.create(&path, &sample.other).await;
        assert_eq!((taken.status, taken.code()), (412, "precondition_failed"));
        assert_eq!(taken.etag(), made.etag());
        assert_eq!(ana.get(&path).await.json, made.json);
    }
}

#[tokio::test]
async fn a_replace_needs_the_present_version_and_a_stale_one_is_told_it() {
    let ana = TestApp::shared().patient("ana").await;
    for sample in samples() {
        let path = fresh(sample.path);
        let made = ana.create(&path, &sample.body).await;
        let changed = ana.replace(&path, made.etag(), &sample.other).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        assert!(changed.json["version"].as_i64() > made.json["version"].as_i64());
        assert_eq!(changed.json["created_at"], made.json["created_at"]);
        assert_eq!(ana.get(&path).await.json, changed.json);

        let third = sample.variant(0);
        for stale in [made.etag(), "\"v999\"", "\"v0\""] {
            let refused = ana.replace(&path, stale, &third).await;
            assert_eq!((refused.status, refused.code()), (412, "precondition_failed"), "{stale}");
            assert_eq!(refused.etag(), changed.etag());
        }
        let without = ana.call("PUT", &path).json(&third).send().await;
        assert_eq!((without.status, without.code()), (428, "precondition_required"));
        let nothing = ana.replace(&fresh(sample.path), made.etag(), &third).await;
        assert_eq!((nothing.status, nothing.code()), (404, "not_found"));
        assert_eq!(ana.get(&path).await.json, changed.json);
    }
}

#[tokio::test]
async fn unreadable_preconditions_are_400_and_change_nothing() {
    let ana = TestApp::shared().patient("ana").await;
    for sample in samples() {
        let path = fresh(sample.path);
        let made = ana.create(&path, &sample.body).await;
        let beside = format!("*, {}", made.etag());
        for bad in ["*", "", " , ", &beside] {
            let answer = ana.replace(&path, bad, &sample.other).await;
            assert_eq!((answer.status, answer.code()), (400, "invalid_header"), "{bad}");
        }
        for bad in ["\"v1\"", "W/*", "**"] {
            let put = ana.call("PUT", &path).header("If-None-Match", bad).json(&sample.other);
            assert_eq!(put.send().await.code(), "invalid_header", "{bad}");
        }
        let both = ana.call("PUT", &path).header("If-None-Match", "*");
        let both = both.header("If-Match", made.etag()).json(&sample.other).send().await;
        assert_eq!(both.code(), "invalid_header");
        for bad in ["", &beside] {
            let gone = ana.call("DELETE", &path).header("If-Match", bad).send().await;
            assert_eq!((gone.status, gone.code()), (400, "invalid_header"), "{bad}");
        }
        assert_eq!(ana.get(&path).await.json, made.json);
    }
}

#[tokio::test]
async fn a_repeated_replace_and_one_that_changes_nothing_keep_the_version() {
    let ana = TestApp::shared().patient("ana").await;
    for sample in samples() {
        let path = fresh(sample.path);
        let made = ana.create(&path, &sample.body).await;
        let same = ana.replace(&path, made.etag(), &sample.body).await;
        assert_eq!((same.status, &same.json, same.etag()), (200, &made.json, made.etag()));
        let changed = ana.replace(&path, made.etag(), &sample.other).await;
        // The answer was lost: the same request again, with the version it was based on.
        let again = ana.replace(&path, made.etag(), &sample.other).await;
        assert_eq!((again.status, &again.json), (200, &changed.json));
        assert_eq!(again.etag(), changed.etag());
    }
}

#[tokio::test]
async fn a_delete_leaves_a_tombstone_that_only_its_etag_brings_back() {
    let ana = TestApp::shared().patient("ana").await;
    for sample in samples() {
        let path = fresh(sample.path);
        let made = ana.create(&path, &sample.body).await;
        let without = ana.call("DELETE", &path).send().await;
        assert_eq!((without.status, without.code()), (428, "precondition_required"));
        let stale = ana.call("DELETE", &path).header("If-Match", "\"v999\"").send().await;
        assert_eq!((stale.status, stale.etag()), (412, made.etag()));

        let gone = ana.call("DELETE", &path).header("If-Match", made.etag()).send().await;
        assert_eq!((gone.status, gone.text.as_str()), (204, ""));
        assert_ne!(gone.etag(), made.etag());
        let twice = ana.delete(&path).await;
        assert_eq!((twice.status, twice.etag()), (204, gone.etag()));
        let late = ana.call("DELETE", &path).header("If-Match", made.etag()).send().await;
        assert_eq!((late.status, late.etag()), (204, gone.etag()), "a lost answer, repeated");
        assert_eq!(ana.get(&path).await.status, 404);
        assert_eq!(ana.get(&format!("/v1/{}", sample.path)).await.json["data"], json!([]));
        assert_eq!(ana.delete(&fresh(sample.path)).await.status, 404);

        for body in [&sample.body, &sample.other] {
            let over = ana.create(&path, body).await;
            assert_eq!((over.status, over.code()), (409, "conflict"));
            assert_eq!(over.etag(), gone.etag());
        }
        assert_eq!(ana.replace(&path, made.etag(), &sample.other).await.status, 412);
        let back = ana.replace(&path, gone.etag(), &sample.body).await;
        assert_eq!(back.status, 200, "{}", back.text);
        assert_eq!(ana.get(&path).await.json, back.json);
        assert_eq!(back.json["created_at"], made.json["created_at"]);
    }
}

#[tokio::test]
async fn a_get_with_the_version_one_has_is_304() {
    let ana = TestApp::shared().patient("ana").await;
    for sample in samples() {
        let path = fresh(sample.path);
        let made = ana.create(&path, &sample.body).await;
        let (weak, list) = (format!("W/{}", made.etag()), format!("\"v1\", {}", made.etag()));
        for known in [made.etag(), &weak, &list, "*"] {
            let answer = ana.call("GET", &path).header("If-None-Match", known).send().await;
            assert_eq!((answer.status, answer.text.as_str()), (304, ""), "{known}");
            assert_eq!(answer.etag(), made.etag());
        }
        for other in ["\"v1\"", "nonsense", ""] {
            let answer = ana.call("GET", &path).header("If-None-Match", other).send().await;
            assert_eq!((answer.status, &answer.json), (200, &made.json), "{other}");
        }
    }
}

#[tokio::test]
async fn t061_anothers_record_looks_like_one_that_never_was() {
    let app = TestApp::shared();
    let (ana, eve) = (app.patient("ana").await, app.patient("eve").await);
    for sample in samples() {
        let hers = fresh(sample.path);
        let made = ana.create(&hers, &sample.body).await;
        let nobodys = fresh(sample.path);
        let tries = async |path: &str| {
            [
                eve.get(path).await,
                eve.replace(path, made.etag(), &sample.body).await,
                eve.replace(path, made.etag(), &sample.other).await,
                eve.delete(path).await,
                eve.call("DELETE", path).header("If-Match", made.etag()).send().await,
            ]
        };
        for (known, unknown) in tries(&hers).await.iter().zip(&tries(&nobodys).await) {
            assert_eq!(known.status, 404);
            assert_eq!(face(known), face(unknown));
        }
        assert_eq!(ana.get(&hers).await.json, made.json);
    }
}

#[tokio::test]
async fn t065_one_id_in_two_journals_is_two_records() {
    let app = TestApp::shared();
    let (ana, eve) = (app.patient("ana").await, app.patient("eve").await);
    for sample in samples() {
        let path = fresh(sample.path);
        let hers = ana.create(&path, &sample.body).await;
        let own = eve.create(&path, &sample.other).await;
        assert_eq!((hers.status, own.status), (201, 201), "{}", own.text);
        let first = sample
            .body
            .as_object()
            .unwrap()
            .keys()
            .find(|name| sample.body[*name] != sample.other[*name] && !name.ends_with("_at"));
        let first = first.unwrap();
        assert_ne!(own.json[first], hers.json[first]);
        assert_eq!(eve.delete(&path).await.status, 204);
        assert_eq!(ana.get(&path).await.json, hers.json);
        assert_eq!(eve.get(&path).await.status, 404);
    }
}

/// The content of two answers that differs, as the history notes it.
fn difference(before: &Answer, after: &Answer) -> Value {
    let server = ["version", "updated_at", "safety_notice"];
    let before = before.json.as_object().unwrap();
    let changed = before.iter().filter(|(name, value)| after.json[*name] != **value);
    let changed = changed.filter(|(name, _)| !server.contains(&name.as_str()));
    let changes: Map<String, Value> = changed
        .map(|(name, value)| (name.clone(), json!({"from": value, "to": after.json[name]})))
        .collect();
    Value::Object(changes)
}

#[tokio::test]
async fn revisions_rise_and_the_history_names_every_change_and_no_other() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let tablet = ana.other_device(&app).await;
    let sql = app.sql().await;
    let mut newest = 1;
    for sample in samples() {
        let path = fresh(sample.path);
        let made = ana.create(&path, &sample.body).await;
        ana.create(&path, &sample.body).await;
        let changed = tablet.replace(&path, made.etag(), &sample.other).await;
        ana.replace(&path, made.etag(), &sample.other).await;
        ana.replace(&path, "\"v999\"", &sample.body).await;
        let gone = ana.delete(&path).await;
        ana.delete(&path).await;
        ana.create(&path, &sample.body).await;
        let back = ana.replace(&path, gone.etag(), &sample.body).await;

        let id: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
        let rows = sql
            .query(
                "SELECT rev, op, changes::text, actor_id::text, device_id::text, applied \
                 FROM pj.record_history WHERE patient_id = $1::text::uuid AND collection = $2 \
                 AND record_id = $3::text::uuid ORDER BY rev",
                &[&ana.id.to_string(), &sample.number, &id.to_string()],
            )
            .await
            .unwrap();
        let device = |person: &crate::support::Person| person.tokens["device_id"].clone();
        let wanted = [
            (1_i16, json!({}), device(&ana)),
            (2, difference(&made, &changed), device(&tablet)),
            (3, json!({}), device(&ana)),
            (4, difference(&changed, &back), device(&ana)),
        ];
        assert_eq!(rows.len(), wanted.len(), "{path}");
        for (row, (op, changes, device)) in rows.iter().zip(wanted) {
            let found: Value = serde_json::from_str(row.get(2)).unwrap();
            assert_eq!((row.get::<_, i16>(1), found), (op, changes), "{path}");
            assert_eq!(row.get::<_, &str>(3), ana.id.to_string());
            assert_eq!((json!(row.get::<_, &str>(4)), row.get(5)), (device, true));
            newest += 1;
            assert_eq!(row.get::<_, i64>(0), newest, "revisions rise by one a change");
        }
        let etags: Vec<String> =
            rows.iter().map(|row| format!("\"v{}\"", row.get::<_, i64>(0))).collect();
        assert_eq!(etags, [made.etag(), changed.etag(), gone.etag(), back.etag()]);
    }
    let counter = "SELECT rev FROM pj.patients WHERE patient_id = $1::text::uuid";
    let counter = sql.query_one(counter, &[&ana.id.to_string()]).await.unwrap();
    assert_eq!(counter.get::<_, i64>(0), newest, "no revision was taken for nothing");
}
