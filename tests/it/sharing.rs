//! Sharing: what a patient opens, to whom, how much of it, for how long, and who looked.

mod closed;
mod codes;
mod flow;
mod heads;
mod limits;
mod log;
mod many;
mod race;
mod refusals;
mod strangers;
mod terms;
mod whose;

use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};

/// All sections there are.
const ALL: [&str; 8] =
    ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals", "notes"];

/// The share of an invitation: its id.
fn id_of(invitation: &Value) -> String {
    invitation["share"]["id"].as_str().unwrap().to_owned()
}

async fn redeem(practitioner: &Person, code: &Value) -> Answer {
    practitioner.post("/v1/shares/redeem", &json!({"code": code})).await
}

async fn confirm(patient: &Person, share: &str) -> Answer {
    patient.call("POST", &format!("/v1/shares/{share}/confirm")).send().await
}

async fn end(person: &Person, share: &str) -> Answer {
    person.call("DELETE", &format!("/v1/shares/{share}")).send().await
}

/// A share as this person sees it.
async fn share(person: &Person, share: &str) -> Answer {
    person.get(&format!("/v1/shares/{share}")).await
}

async fn state(person: &Person, id: &str) -> String {
    share(person, id).await.json["state"].as_str().unwrap_or("not_found").to_owned()
}

/// Reads a part of a journal through a share.
async fn read(practitioner: &Person, share: &str, what: &str) -> Answer {
    practitioner.get(&format!("/v1/patients/{share}/{what}")).await
}

/// Everything that can be read through a share.
const READS: [&str; 5] =
    ["journal-entries", "sleep-records", "treatment-sessions", "report", "report/chart.svg"];

/// A refusal without what differs from request to request.
fn anonymous(answer: &Answer) -> String {
    let id = answer.header("x-request-id");
    assert!(!id.is_empty());
    answer.text.replace(id, "")
}

/// Writes a daily entry of each of these days of November 2026.
async fn keep_diary(patient: &Person, days: &[u32], extra: &Value) {
    for day in days {
        let entry = daily(&format!("2026-11-{day:02}"), extra);
        let made = patient.create(&fresh("journal-entries"), &entry).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
}

/// New terms for a share at the version this patient sees.
async fn change(patient: &Person, id: &str, extra: &Value) -> Answer {
    let present = share(patient, id).await;
    let mut terms = json!({});
    for name in ["label", "sections", "from_date", "to_date", "expires_at"] {
        terms[name] = present.json[name].clone();
    }
    terms.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    patient.replace(&format!("/v1/shares/{id}"), present.etag(), &terms).await
}

/// The journal days of a list.
fn days(list: &Answer) -> Vec<&str> {
    let data = list.json["data"].as_array().unwrap_or_else(|| panic!("{}", list.text));
    data.iter().map(|record| record["journal_date"].as_str().unwrap()).collect()
}

/// A patient with a practitioner who reads these sections; and the share's id.
async fn pair(app: &TestApp, sections: &[&str]) -> (Person, Person, String) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, sections).await;
    (ana, lind, share)
}
