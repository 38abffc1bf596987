//! Recording through a share: what a practitioner writes in a patient's journal, and whose word counts.

mod beside;
mod hands;
mod limits;
mod notes;
mod phone;
mod races;
mod through_a_share;
mod walls;

use crate::records::merged;
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

/// All sections there are.
const ALL: [&str; 8] =
    ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals", "notes"];

const SESSIONS: &str = "treatment-sessions";

/// What a practitioner writes, and a change of it: the five collections there are.
fn recordable() -> [(&'static str, Value, Value); 5] {
    let plan = json!({"journal_date": "2025-06-02", "goal": "Sit through a working day",
        "status": "active", "start_date": "2025-06-03", "frequency_per_week": 1.5});
    let event = json!({"started_at": "2025-06-03T10:00:00+02:00", "time_zone": "Europe/Berlin",
        "kinds": ["fainting"], "severity": "moderate", "serious": false});
    let episode = json!({"journal_date": "2025-06-02", "label": "Low back", "status": "active",
        "conditions": ["muscle_spasm"]});
    let note = json!({"journal_date": "2025-06-03", "text": "Tense on the left.",
        "visibility": "patient"});
    [
        (SESSIONS, visit(), json!({"techniques": ["cupping"], "points": []})),
        ("treatment-plans", plan, json!({"status": "paused", "paused_from": "2025-07-01"})),
        ("adverse-events", event, json!({"outcome": "resolved", "severity": "mild"})),
        ("pain-episodes", episode, json!({"conditions": ["other"], "condition_other": "cold"})),
        ("practitioner-notes", note, json!({"text": "Less tense.", "visibility": "everyone"})),
    ]
}

/// A treatment session as a practitioner records it.
fn visit() -> Value {
    json!({"status": "attended", "kind": "treatment", "starts_at": "2025-06-03T09:00:00+02:00",
        "ends_at": "2025-06-03T09:40:00+02:00", "time_zone": "Europe/Berlin",
        "techniques": ["manual_needling", "other"], "technique_other": "press needles",
        "points": [{"name": "BL23", "laterality": "left", "depth_mm": 25.5}, {"name": "ashi"}],
        "needle_count": 8, "retention_minutes": 20, "needle_diameter_mm": 0.25})
}

/// The content of an answer: what a client would send again.
fn content(answer: &Answer) -> Value {
    let mut content = answer.json.clone();
    let members = content.as_object_mut().unwrap_or_else(|| panic!("{}", answer.text));
    for server in
        ["id", "version", "etag", "created_at", "updated_at", "received_at", "clinician_id"]
    {
        members.remove(server);
    }
    content
}

/// The faults of an answer, as pointer and code.
fn faults(answer: &Answer) -> Vec<String> {
    let faults = answer.json["errors"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
    let mut faults: Vec<String> = faults
        .iter()
        .map(|f| format!("{} {}", f["pointer"].as_str().unwrap(), f["code"].as_str().unwrap()))
        .collect();
    faults.sort_unstable();
    faults
}

/// A patient, and a practitioner who may record.
struct Clinic {
    ana: Person,
    lind: Person,
    share: String,
}

impl Clinic {
    /// One whose share opens everything.
    async fn open(app: &TestApp) -> Self {
        Self::with(app, &ALL, &json!({})).await
    }

    /// One whose share opens these sections, on terms changed by `extra`.
    async fn with(app: &TestApp, sections: &[&str], extra: &Value) -> Self {
        let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
        let terms = merged(&json!({"may_record": true}), extra);
        let share = ana.share_on(&lind, sections, &terms).await;
        Self { ana, lind, share }
    }

    /// A further practitioner of the patient who may record, and the share.
    async fn colleague(&self, app: &TestApp) -> (Person, String) {
        let colleague = app.practitioner("may").await;
        let share = self.ana.let_record(&colleague, &ALL).await;
        (colleague, share)
    }

    /// Where the practitioner finds a record.
    fn at(&self, collection: &str, id: Uuid) -> String {
        through(&self.share, collection, id)
    }

    /// A session that the practitioner has recorded.
    async fn session(&self) -> (Uuid, Answer) {
        let id = Uuid::now_v7();
        let made = self.lind.create(&self.at(SESSIONS, id), &visit()).await;
        assert_eq!(made.status, 201, "{}", made.text);
        (id, made)
    }

    /// The patient changes a record of the own journal by `change`.
    async fn amend(&self, collection: &str, id: Uuid, change: &Value) -> Answer {
        let before = self.ana.get(&own(collection, id)).await;
        let after = merged(&content(&before), change);
        self.ana.replace(&own(collection, id), before.etag(), &after).await
    }
}

/// Where a record is found through a share.
fn through(share: &str, collection: &str, id: Uuid) -> String {
    format!("/v1/patients/{share}/{collection}/{id}")
}

/// Where the patient finds a record.
fn own(collection: &str, id: Uuid) -> String {
    format!("/v1/{collection}/{id}")
}
