//! Demo data: a patient with an 18-month diary, a practitioner, and a share between them.

use crate::access::{Caller, Role};
use crate::app::App;
use crate::auth::{self, NewAccount};
use crate::collections::{PractitionerNote, TreatmentPlan, TreatmentSession};
use crate::http::{Answered, Problem};
use crate::import::{Format, import};
use crate::journal::{self, Record};
use crate::sharing;
use crate::time::TimeZone;
use crate::wire::Email;
use chrono::{Duration, NaiveDate};

/// The diary of the demo patient, and the rest of the clinical record.
const FILES: [&[u8]; 2] = [
    include_bytes!("../tests/data/diary.jsonl"),
    include_bytes!("../tests/data/clinical_record.jsonl"),
];
/// What the demo practitioner records through the share: collection, id, content.
const RECORDED: &str = include_str!("../tests/data/recorded_by_practitioner.json");
/// The first day of the diary.
const FIRST_DAY: Option<NaiveDate> = NaiveDate::from_ymd_opt(2025, 5, 1);

const PATIENT: (&str, &str) = ("ana@demo.example", "demo-seven-herons");
const PRACTITIONER: (&str, &str) = ("lind@demo.example", "demo-silver-needle");

/// Loads the demo data where there is none yet, and answers the sign-ins to print; `None` when the
/// addresses belong to somebody else.
///
/// # Errors
/// When the database fails.
pub async fn load(app: &App) -> Answered<Option<String>> {
    let zone = TimeZone::parse("Europe/Berlin").ok_or_else(|| Problem::internal("no zone"))?;
    let account =
        |(email, password): (&str, &str), role, name: &str, organisation: Option<&str>| {
            Email::parse(email).map(|email| NewAccount {
                email,
                password: password.to_owned().into(),
                roles: vec![role],
                display_name: Some(name.to_owned()),
                organisation: organisation.map(str::to_owned),
                time_zone: zone,
                enrolled_on: FIRST_DAY,
            })
        };
    let ana = account(PATIENT, Role::Patient, "Ana", None);
    let lind = account(PRACTITIONER, Role::Practitioner, "Dr. Lind", Some("Clinic by the Lake"));
    let (Some(ana), Some(lind)) = (ana, lind) else { return Ok(None) };
    if let Some(patient) = auth::create_account(app, ana).await? {
        for file in FILES {
            let summary = import(app, patient, Format::Jsonl, chrono_tz::UTC, file).await?;
            if !summary.refused.is_empty() {
                // A machine whose clock is behind the diary's last days refuses those; the rest is there.
                tracing::warn!(lines = summary.refused.len(), "lines of the demo data were refused");
            }
        }
        if let Some(practitioner) = auth::create_account(app, lind).await? {
            share(app, patient, practitioner).await?;
        }
    }
    Ok(Some(format!(
        "  patient       {} / {}\n  practitioner  {} / {}",
        PATIENT.0, PATIENT.1, PRACTITIONER.0, PRACTITIONER.1
    )))
}

/// Goes the whole way of a share, as the two apps would.
async fn share(app: &App, patient: uuid::Uuid, practitioner: uuid::Uuid) -> Answered<()> {
    let ana = signed_in(app, patient).await?;
    let lind = signed_in(app, practitioner).await?;
    let expires_at = app.clock.now() + Duration::days(365);
    let terms = serde_json::json!({
        "label": "Demo share", "may_record": true,
        "sections": ["pain", "sleep", "mobility", "treatment", "assessments", "goals"],
        "expires_at": crate::time::format_utc(expires_at),
    });
    let terms = crate::wire::read_body(&terms).map_err(Problem::invalid);
    let invitation = sharing::invite(app, &ana, terms).await?;
    sharing::redeem_code(app, &lind, &invitation.code).await?;
    sharing::confirm_share(app, &ana, invitation.share.id()).await?;
    record(app, &lind, invitation.share.id()).await?;
    for caller in [ana, lind] {
        auth::sign_out(app, &caller).await?;
    }
    Ok(())
}

/// The practitioner's own records, written as the practitioner's app would.
async fn record(app: &App, lind: &Caller, share: uuid::Uuid) -> Answered<()> {
    let plan: TreatmentPlan = recorded("treatment_plans")?;
    let session: TreatmentSession = recorded("treatment_sessions")?;
    let note: PractitionerNote = recorded("practitioner_notes")?;
    journal::record_one(app, lind, share, app.ids.next(), plan).await?;
    journal::record_one(app, lind, share, app.ids.next(), session).await?;
    journal::record_one(app, lind, share, app.ids.next(), note).await
}

fn recorded<C: Record>(collection: &str) -> Answered<C> {
    let all: serde_json::Value = serde_json::from_str(RECORDED).map_err(Problem::internal)?;
    crate::wire::read_body(&all[collection]).map_err(Problem::invalid)
}

async fn signed_in(app: &App, account: uuid::Uuid) -> Answered<Caller> {
    let token = auth::sign_in_unasked(app, account, "demo set-up").await?;
    Caller::of_token(app, &token, app.ids.next())
}
