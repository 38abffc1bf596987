//! Demo data: a patient with an 18-month diary that ends yesterday, a practitioner, and a share between
//! them.
//!
//! The story is in files with fixed days, which are test data, too; `calendar` moves it. It is loaded
//! once: what a person adds to it stays, and so do its days.

mod calendar;

use crate::access::{self, Account, Caller, FreshPatient, Practitioner, Role};
use crate::app::App;
use crate::auth::{self, NewAccount};
use crate::collections::{PractitionerNote, TreatmentPlan, TreatmentSession};
use crate::credentials::password::{Password, Verdict};
use crate::db::schema::accounts;
use crate::db::{Statement, Task};
use crate::http::{Answered, Problem};
use crate::import::{FileFormat, import};
use crate::journal::{self, Record};
use crate::sharing;
use crate::time::TimeZone;
use crate::wire::Email;
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// The diary of the demo patient, and the rest of the clinical record.
const FILES: [&[u8]; 2] = [
    include_bytes!("../tests/data/diary.jsonl"),
    include_bytes!("../tests/data/clinical_record.jsonl"),
];
/// What the demo practitioner records through the share: collection, content.
const RECORDED: &str = include_str!("../tests/data/recorded_by_practitioner.json");
/// The days on which the diary begins and ends in the files.
const DIARY_START: NaiveDate = day(2025, 5, 1);
const DIARY_END: NaiveDate = day(2026, 10, 31);
/// The demo data counts as old from this many days on.
const OLD: i64 = 14;

const PATIENT: (&str, &str) = ("ana@demo.example", "demo-seven-herons");
const PRACTITIONER: (&str, &str) = ("lind@demo.example", "demo-silver-needle");

#[expect(clippy::panic, reason = "a constant that cannot be computed does not compile")]
const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => panic!("there is no such day"),
    }
}

/// Loads the demo data where there is none yet, or not all of it, and answers the sign-ins to print;
/// `None` when the addresses belong to somebody else.
///
/// # Errors
/// When the database fails.
pub async fn load(app: &Arc<App>) -> Answered<Option<String>> {
    let today = app.clock.now().with_timezone(&chrono_tz::Europe::Berlin).date_naive();
    let known = (find(app, PATIENT).await?, find(app, PRACTITIONER).await?);
    let loaded_on = match known {
        (Known::Foreign, _) | (_, Known::Foreign) => return Ok(None),
        (Known::Ours(_, since), Known::Ours(..)) => since.date_naive(),
        (patient, practitioner) => {
            fill(app, today - Days::new(1), patient.id(), practitioner.id()).await?;
            today
        }
    };
    let mut sign_ins = format!(
        "  patient       {} / {}\n  practitioner  {} / {}",
        PATIENT.0, PATIENT.1, PRACTITIONER.0, PRACTITIONER.1
    );
    if (today - loaded_on).num_days() > OLD {
        let note = format!(
            "\n  demo data     of {loaded_on}; a new data directory (--data-dir) has it up to yesterday"
        );
        sign_ins.push_str(&note);
    }
    Ok(Some(sign_ins))
}

/// What there is at an address of the demo.
enum Known {
    Nobody,
    /// The demo's account, and since when.
    Ours(Uuid, DateTime<Utc>),
    /// An account with another password.
    Foreign,
}

impl Known {
    const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Ours(id, _) => Some(*id),
            Self::Nobody | Self::Foreign => None,
        }
    }
}

/// The address of an account of the demo that anybody can sign in to, where there is one.
///
/// # Errors
/// When the database fails.
pub async fn open_account(app: &App) -> Answered<Option<&'static str>> {
    for (email, password) in [PATIENT, PRACTITIONER] {
        let task = Task::about("sign_in", email);
        let found = app.db.anonymous(task, async |tx| auth::find_account(tx, email).await).await?;
        let Some(account) = found.filter(|account| account.status == "active") else { continue };
        let password = Password::from(password.to_owned());
        let verdict = app.hasher.verify(&password, account.password_hash.as_deref()).await;
        if matches!(verdict.map_err(Problem::internal)?, Verdict::Match { .. }) {
            return Ok(Some(email));
        }
    }
    Ok(None)
}

async fn find(app: &Arc<App>, (email, password): (&str, &str)) -> Answered<Known> {
    let found = app
        .db
        .anonymous(Task::of_the_operator(email), async |tx| {
            let Some(account) = auth::find_account(tx, email).await? else { return Ok(None) };
            let since = accounts::table.find(account.id).select(accounts::created_at);
            let since = tx.first(Statement::query(since)).await?;
            Answered::Ok(since.map(|since| (account, since)))
        })
        .await?;
    let Some((account, since)) = found else { return Ok(Known::Nobody) };
    let password = Password::from(password.to_owned());
    match app.hasher.verify(&password, account.password_hash.as_deref()).await {
        Ok(Verdict::Match { .. }) => Ok(Known::Ours(account.id, since)),
        Ok(Verdict::Mismatch) => Ok(Known::Foreign),
        Err(error) => Err(Problem::internal(error)),
    }
}

/// Makes what is missing. The practitioner's account comes last but for the share, so that a start
/// that was broken off is made whole by the next one.
async fn fill(
    app: &Arc<App>,
    yesterday: NaiveDate,
    patient: Option<Uuid>,
    practitioner: Option<Uuid>,
) -> Answered<()> {
    let (patient, weeks) = if let Some(patient) = patient {
        // It began another day: the records keep the days they have.
        (patient, weeks_of(app, patient).await?)
    } else {
        let diary = records(FILES[0])?;
        let weeks = calendar::weeks_past(&calendar::days_with_an_entry(diary.iter()), yesterday);
        let start = calendar::later(DIARY_START, weeks);
        let ana = account(PATIENT, Role::Patient, "Ana", None, Some(start))?;
        (created(app, ana).await?, weeks)
    };
    for file in FILES {
        let lines = moved(file, weeks, yesterday)?;
        let summary =
            import(app, patient, FileFormat::Jsonl, chrono_tz::UTC, lines.as_slice()).await?;
        if !summary.refused.is_empty() {
            tracing::warn!(lines = summary.refused.len(), "lines of the demo data were refused");
        }
    }
    let practitioner = if let Some(practitioner) = practitioner {
        practitioner
    } else {
        let clinic = Some("Clinic by the Lake");
        let lind = account(PRACTITIONER, Role::Practitioner, "Dr. Lind", clinic, None)?;
        created(app, lind).await?
    };
    share(app, patient, practitioner, yesterday).await
}

/// How many weeks the story of an account was moved by.
async fn weeks_of(app: &Arc<App>, patient: Uuid) -> Answered<i64> {
    access::operate(app, patient, "demo", async |_, journal| {
        let start = journal.enrolled_on().unwrap_or(DIARY_START);
        Ok((start - DIARY_START).num_weeks())
    })
    .await
}

fn records(file: &[u8]) -> Answered<Vec<Value>> {
    let lines = file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(Problem::internal)).collect()
}

/// The lines of a file on the days they have now.
fn moved(file: &[u8], weeks: i64, yesterday: NaiveDate) -> Answered<Vec<u8>> {
    let mut moved = Vec::with_capacity(file.len());
    for record in records(file)? {
        if let Some(record) = calendar::moved(&record, weeks, yesterday) {
            serde_json::to_writer(&mut moved, &record).map_err(Problem::internal)?;
            moved.push(b'\n');
        }
    }
    Ok(moved)
}

fn account(
    (email, password): (&str, &str),
    role: Role,
    name: &str,
    organisation: Option<&str>,
    enrolled_on: Option<NaiveDate>,
) -> Answered<NewAccount> {
    let broken = || Problem::internal("the demo's accounts are not valid");
    Ok(NewAccount {
        email: Email::parse(email).ok_or_else(broken)?,
        password: password.to_owned().into(),
        roles: vec![role],
        display_name: Some(name.to_owned()),
        organisation: organisation.map(str::to_owned),
        time_zone: TimeZone::parse("Europe/Berlin").ok_or_else(broken)?,
        enrolled_on,
    })
}

async fn created(app: &Arc<App>, new: NewAccount) -> Answered<Uuid> {
    let made = auth::create_account(app, new).await?;
    made.ok_or_else(|| Problem::internal("the demo is being loaded by another process"))
}

/// Goes the whole way of a share, as the two apps would.
async fn share(
    app: &Arc<App>,
    patient: Uuid,
    practitioner: Uuid,
    yesterday: NaiveDate,
) -> Answered<()> {
    let ana = signed_in(app, patient).await?;
    let lind = signed_in(app, practitioner).await?;
    let patient = FreshPatient::new(app.clone(), ana);
    let practitioner = Practitioner::new(app.clone(), lind);
    let expires_at = app.clock.now() + Duration::days(365);
    let terms = serde_json::json!({
        "label": "Demo share", "may_record": true,
        "sections": ["pain", "sleep", "mobility", "treatment", "assessments", "goals"],
        "expires_at": crate::time::format_utc(expires_at),
    });
    let terms = crate::wire::read_body(&terms).map_err(Problem::invalid)?;
    let invitation = sharing::invite(&patient, terms).await?;
    sharing::redeem_code(&practitioner, &invitation.code).await?;
    sharing::confirm_share(&patient, invitation.share.id()).await?;
    record(&practitioner, invitation.share.id(), yesterday).await?;
    for caller in [ana, lind] {
        auth::sign_out(&Account::new(app.clone(), caller)).await?;
    }
    Ok(())
}

/// The practitioner's own records, written as the practitioner's app would.
async fn record(lind: &Practitioner, share: Uuid, yesterday: NaiveDate) -> Answered<()> {
    let plan: TreatmentPlan = recorded("treatment_plans", yesterday)?;
    let visit: TreatmentSession = recorded("treatment_sessions", yesterday)?;
    let note: PractitionerNote = recorded("practitioner_notes", yesterday)?;
    journal::record_one(lind, share, plan).await?;
    journal::record_one(lind, share, visit).await?;
    journal::record_one(lind, share, note).await
}

/// They move with the end of the diary, rounded to the week before.
fn recorded<C: Record>(collection: &str, yesterday: NaiveDate) -> Answered<C> {
    let all: Value = serde_json::from_str(RECORDED).map_err(Problem::internal)?;
    let weeks = calendar::weeks_up_to(DIARY_END, yesterday);
    let moved = calendar::moved(&all[collection], weeks, yesterday);
    let moved = moved.ok_or_else(|| Problem::internal("no such record in the demo data"))?;
    crate::wire::read_body(&moved).map_err(Problem::invalid)
}

async fn signed_in(app: &Arc<App>, account: Uuid) -> Answered<Caller> {
    let token = auth::sign_in_unasked(app, account, "demo set-up").await?;
    Caller::of_token(app, &token, app.ids.next())
}
