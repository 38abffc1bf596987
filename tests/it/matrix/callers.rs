//! The kinds of caller, and one patient's things that they reach for.

use super::Operation;
use crate::records::samples;
use crate::support::people::daily;
use crate::support::{Call, Person, TestApp};
use pain_journal::access::Role;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// All sections there are.
pub(super) const ALL: [&str; 8] =
    ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals", "notes"];

/// Somebody who calls.
pub(super) struct Caller {
    pub(super) name: &'static str,
    pub(super) token: Option<String>,
    pub(super) roles: &'static [&'static str],
    /// How every operation that needs a token answers.
    pub(super) locked_out: Option<(u16, &'static str)>,
    /// Was the last password check more than five minutes ago?
    pub(super) stale: bool,
    /// Are the patient's things this caller's own?
    is_patient: bool,
    /// Does the share name this caller, on either side?
    is_party: bool,
    share: Share,
    /// The device this caller tries to sign out.
    device: String,
    /// The refused record of the patient's that this caller tries to let go.
    refused: String,
}

/// The share through which a caller tries.
enum Share {
    /// One that does not let this caller read.
    Closed(String),
    /// One that is open with all sections.
    Open(String),
    /// One that is open with all sections, and for recording.
    Recording(String),
    /// Open ones of all sections but those that an operation needs, by these.
    Beside(BTreeMap<Vec<&'static str>, String>),
}

impl Caller {
    /// May this caller read what the operation needs?
    pub(super) const fn opens(&self) -> bool {
        matches!(self.share, Share::Open(_) | Share::Recording(_))
    }
    /// Is a share open to this caller, whatever it opens?
    pub(super) const fn is_open(&self) -> bool {
        !matches!(self.share, Share::Closed(_))
    }
    /// May this caller record?
    pub(super) const fn records(&self) -> bool {
        matches!(self.share, Share::Recording(_))
    }
    /// Is what the address names in this collection the caller's own?
    pub(super) fn has(&self, collection: &str) -> bool {
        if collection == "shares" { self.is_party } else { self.is_patient }
    }
    fn share(&self, sections: &[&'static str]) -> Option<&str> {
        match &self.share {
            Share::Closed(id) | Share::Open(id) | Share::Recording(id) => Some(id),
            Share::Beside(shares) if sections.is_empty() => shares.values().next(),
            Share::Beside(shares) => shares.get(sections),
        }
        .map(String::as_str)
    }
}

/// The patient, the things, and everybody who reaches for them.
pub(super) struct World {
    pub(super) base: String,
    pub(super) callers: Vec<Caller>,
    patient: Person,
    /// Who records through a share, and this share.
    recorder: (Person, String),
    /// A record of the patient's in each collection.
    records: BTreeMap<&'static str, String>,
    /// A record of the recorder's in each collection that takes one.
    recorded: BTreeMap<&'static str, String>,
    /// A frozen report of each open share.
    frozen: BTreeMap<String, String>,
}

const PATIENT: &[&str] = &["patient"];
const PRACTITIONER: &[&str] = &["practitioner"];
const BOTH: &[&str] = &["patient", "practitioner"];

impl World {
    pub(super) async fn make(app: &TestApp) -> Self {
        let (patient, recorder) = (app.patient("ana").await, app.practitioner("lind").await);
        let share = patient.let_record(&recorder, &ALL).await;
        let mut world = Self {
            base: app.base.clone(),
            callers: Vec::new(),
            patient,
            recorder: (recorder, share),
            records: BTreeMap::new(),
            recorded: BTreeMap::new(),
            frozen: BTreeMap::new(),
        };
        for operation in Operation::all() {
            if let (Some(collection), "PUT") = (operation.collection(), operation.method.as_str())
                && collection != "shares"
            {
                let id = Uuid::now_v7().to_string();
                let (person, records) = if operation.recording {
                    (&world.recorder.0, &mut world.recorded)
                } else {
                    (&world.patient, &mut world.records)
                };
                let path = operation.path.replace("{share_id}", &world.recorder.1);
                let path = path.replace("{id}", &id);
                let made = person.create(&path, &Self::sample(collection)).await;
                assert_eq!(made.status, 201, "{}", made.text);
                records.insert(collection, id);
            }
        }
        world.callers = world.everybody(app).await;
        world.freeze().await;
        world
    }

    /// Frozen reports of all who can have one, and a long one in the making.
    async fn freeze(&mut self) {
        let freeze = async |token: &str, path: &str, days: &Value| {
            let call = Call::new(&self.base, "POST", path).bearer(token).json(days).send().await;
            assert!([201, 202].contains(&call.status), "{path} {}", call.text);
            call.json["id"].as_str().unwrap().to_owned()
        };
        let mut frozen = BTreeMap::new();
        for caller in &self.callers {
            if let Share::Open(share) | Share::Recording(share) = &caller.share {
                let path = format!("/v1/patients/{share}/report/snapshots");
                let id = freeze(caller.token.as_deref().unwrap(), &path, &json!({})).await;
                frozen.insert(share.clone(), id);
            }
        }
        let (token, own) = (self.patient.token(), "/v1/report/snapshots");
        let snapshot = freeze(token, own, &json!({})).await;
        let years = json!({"from": "2017-01-01", "to": "2026-12-31"});
        let job = freeze(token, own, &years).await;
        let held = frozen[&self.recorder.1].clone();
        let log = self.patient.get("/v1/me/access-log").await;
        let looked = log.json["data"][0]["request_id"].as_str().unwrap().to_owned();
        self.records.extend([
            ("access-log", looked),
            ("snapshots", snapshot),
            ("report-jobs", job),
            ("held-reports", held),
        ]);
        self.frozen = frozen;
    }

    /// A body that each collection takes. A new collection needs one here.
    pub(super) fn sample(collection: &str) -> Value {
        match collection {
            "journal-entries" => daily("2026-11-01", &json!({})),
            "sleep-records" => json!({"journal_date": "2026-11-01", "time_zone": "UTC",
                "reported_sleep_minutes": 400}),
            "treatment-sessions" => json!({"status": "attended", "kind": "treatment",
                "starts_at": "2026-11-01T12:00:00Z", "time_zone": "UTC"}),
            "pain-episodes" => json!({"journal_date": "2026-11-01", "label": "Back",
                "status": "active", "conditions": ["muscle_spasm"]}),
            "practitioner-notes" => json!({"journal_date": "2026-11-01", "text": "rests more",
                "visibility": "everyone"}),
            other => {
                let samples = samples();
                let sample = samples.into_iter().find(|sample| sample.path == other);
                let mut body = sample.expect("a body for the matrix").body;
                // Practitioners leave it to the patient.
                body.as_object_mut().unwrap().remove("note");
                body
            }
        }
    }

    pub(super) fn terms() -> Value {
        let expires_at = (chrono::Utc::now() + chrono::Duration::days(300)).to_rfc3339();
        json!({"label": "matrix", "sections": ALL, "expires_at": expires_at})
    }

    /// The present version of what a path names, as its owner sees it.
    pub(super) async fn etag(&self, path: &str) -> String {
        let etag = match path.strip_prefix("/v1/patients/").and_then(|rest| rest.split_once('/')) {
            Some((_, record)) => {
                let (recorder, share) = &self.recorder;
                recorder.get(&format!("/v1/patients/{share}/{record}")).await
            }
            None => self.patient.get(path).await,
        };
        let etag = etag.etag().to_owned();
        if etag.is_empty() { "\"v1\"".to_owned() } else { etag }
    }

    /// The address at which a caller tries an operation; none where there is no such try.
    pub(super) fn path(&self, operation: &Operation, caller: &Caller) -> Option<String> {
        let mut path = operation.path.to_owned();
        let mut share = "";
        if operation.path.contains("{share_id}") {
            share = caller.share(&operation.sections)?;
            path = path.replace("{share_id}", share);
        }
        if let Some(collection) = operation.collection() {
            let id = match collection {
                "shares" => caller.share(&[])?,
                "devices" => &caller.device,
                "rejected" => &caller.refused,
                "snapshots" | "frozen" if operation.through_share => {
                    self.frozen.get(share).or(self.frozen.values().next())?
                }
                other if operation.through_share => &self.recorded[other],
                other => self.records.get(other).unwrap_or_else(|| &self.recorded[other]),
            };
            path = path.replace("{id}", id).replace("{collection}", "journal_entries");
        }
        path = path.replace("{code}", "peg").replace("{file}", "days.csv");
        assert!(!path.contains('{'), "tell the matrix what to put into {path}");
        Some(path)
    }

    /// The same address with an id of nothing.
    pub(super) fn nowhere(path: &str) -> String {
        let is_id = |part: &&str| part.parse::<Uuid>().is_ok();
        let id = path.split('/').find(is_id).expect("an id in the path");
        path.replace(id, &Uuid::now_v7().to_string())
    }

    /// A device of the patient that nobody needs.
    async fn device(&self, app: &TestApp) -> String {
        let device = self.patient.other_device(app).await;
        device.tokens["device_id"].as_str().unwrap().to_owned()
    }

    /// A record of the patient's that was not accepted.
    async fn refused(&self) -> String {
        let record = json!({"id": Uuid::now_v7(), "colour": "red"});
        let push = json!({"changes": {"journal_entries": {"created": [record]}}});
        assert_eq!(self.patient.post("/v1/sync?last_pulled_at=0", &push).await.status, 200);
        let kept = self.patient.get("/v1/sync/rejected?limit=1").await;
        kept.json["rejected"][0]["id"].as_str().unwrap().to_owned()
    }

    /// An invitation that the practitioner has redeemed.
    async fn redeemed(&self, practitioner: &Person) -> String {
        let invitation = self.patient.invite(&ALL, &json!({})).await;
        let code = json!({"code": invitation["code"]});
        assert_eq!(practitioner.post("/v1/shares/redeem", &code).await.status, 200);
        invitation["share"]["id"].as_str().unwrap().to_owned()
    }

    /// Open shares of all sections but those of each operation.
    async fn beside(&self, practitioner: &Person) -> Share {
        let mut shares = BTreeMap::new();
        for needed in Operation::all().into_iter().map(|operation| operation.sections) {
            let others: Vec<&str> = ALL.into_iter().filter(|s| !needed.contains(s)).collect();
            if !needed.is_empty() && !others.is_empty() && !shares.contains_key(&needed) {
                shares.insert(needed, self.patient.share_with(practitioner, &others).await);
            }
        }
        Share::Beside(shares)
    }

    async fn everybody(&self, app: &TestApp) -> Vec<Caller> {
        let practitioner = async || app.practitioner("lind").await;
        let sql = app.sql().await;
        let (noshare, invited, redeemed) =
            (practitioner().await, practitioner().await, practitioner().await);
        let (active, expired, revoked, other) = (
            practitioner().await,
            practitioner().await,
            practitioner().await,
            practitioner().await,
        );

        let share = self.patient.share_with(&active, &ALL).await;
        let closed = || Share::Closed(share.clone());
        let invitation = self.patient.invite(&ALL, &json!({})).await;
        let to_invited = invitation["share"]["id"].as_str().unwrap().to_owned();
        let to_expired = self.patient.share_with(&expired, &ALL).await;
        let past =
            "UPDATE pj.shares SET expires_at = now() - interval '1 second' WHERE id::text = $1";
        assert_eq!(sql.execute(past, &[&to_expired]).await.unwrap(), 1);
        let to_revoked = self.patient.share_with(&revoked, &ALL).await;
        assert_eq!(self.patient.delete(&format!("/v1/shares/{to_revoked}")).await.status, 204);

        let suspended = app.person("suspended", &[Role::Patient, Role::Practitioner]).await;
        let off = "UPDATE pj.accounts SET status = 'suspended' WHERE email = $1";
        assert_eq!(sql.execute(off, &[&suspended.email]).await.unwrap(), 1);
        let signed_out = app.person("signedout", &[Role::Patient, Role::Practitioner]).await;
        assert_eq!(signed_out.call("POST", "/v1/auth/logout").send().await.status, 204);
        let (fresh, stale) =
            (self.patient.other_device(app).await, self.patient.other_device(app).await);
        let old = "UPDATE pj.devices SET authenticated_at = now() - interval '301 seconds' \
                   WHERE id::text = $1";
        let device = stale.tokens["device_id"].as_str().unwrap();
        assert_eq!(sql.execute(old, &[&device]).await.unwrap(), 1);
        let stranger = app.patient("bob").await;

        let gone = Some((401, "session_revoked"));
        let own = async || Share::Closed(self.patient.share_with(&other, &["notes"]).await);
        let (of_fresh, of_stale) = (own().await, own().await);
        let to_redeemed = Share::Closed(self.redeemed(&redeemed).await);
        let beside = self.beside(&other).await;
        let mut callers = vec![
            Caller { locked_out: Some((401, "unauthenticated")), ..anybody("anonymous", closed()) },
            Caller { locked_out: gone, ..signed_in("signedout", &signed_out, BOTH, closed()) },
            Caller {
                locked_out: Some((403, "account_suspended")),
                ..signed_in("suspended", &suspended, BOTH, closed())
            },
            signed_in("stranger", &stranger, PATIENT, closed()),
            owner("patient", &fresh, of_fresh),
            Caller { stale: true, ..owner("stale", &stale, of_stale) },
            signed_in("noshare", &noshare, PRACTITIONER, closed()),
            signed_in("invited", &invited, PRACTITIONER, Share::Closed(to_invited)),
            party("redeemed", &redeemed, to_redeemed),
            party("active", &active, Share::Open(share.clone())),
            party("recording", &self.recorder.0, Share::Recording(self.recorder.1.clone())),
            party("expired", &expired, Share::Closed(to_expired)),
            party("revoked", &revoked, Share::Closed(to_revoked)),
            party("other", &other, beside),
        ];
        for caller in &mut callers {
            caller.device = self.device(app).await;
            caller.refused = self.refused().await;
        }
        callers
    }
}

fn anybody(name: &'static str, share: Share) -> Caller {
    Caller {
        name,
        token: None,
        roles: &[],
        locked_out: None,
        stale: false,
        is_patient: false,
        is_party: false,
        share,
        device: String::new(),
        refused: String::new(),
    }
}

fn signed_in(
    name: &'static str,
    person: &Person,
    roles: &'static [&'static str],
    share: Share,
) -> Caller {
    Caller { token: Some(person.token().to_owned()), roles, ..anybody(name, share) }
}

fn owner(name: &'static str, person: &Person, share: Share) -> Caller {
    Caller { is_patient: true, is_party: true, ..signed_in(name, person, PATIENT, share) }
}

fn party(name: &'static str, person: &Person, share: Share) -> Caller {
    Caller { is_party: true, ..signed_in(name, person, PRACTITIONER, share) }
}
