//! What a person says of themselves: name, year of birth, language, home zone, and when the journal, its
//! days and its pauses begin. Days that records already have never move.

use crate::access::{Account, Caller, JournalAccess, Own, Role, ToPutOwn};
use crate::db::{Statement, Tx, row};
use crate::http::precondition::PutCondition;
use crate::http::{Answered, Problem, ProblemKind, Resource, Versioned, document};
use crate::journal::{Pauses, check_pauses};
use crate::reference::fingerprint;
use crate::routes::{Operation, Parameter, Routes};
use crate::time::{
    DAY_START_MINUTE, TimeZone, last_date_on_earth, serialize_utc, serialize_utc_option,
};
use crate::wire::{Faults, Text, Whole, wire};
use actix_web::http::Method;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let op = Operation::new("getMe", "account", "Read the own account")
        .parameter(Parameter::if_none_match());
    routes.serve(Method::GET, "/v1/me", op, get);
    let op = Operation::new("putMe", "account", "Change the own profile")
        .describe(
            "The whole of it: what is left out is taken away. Days that records already have never move. \
            Another name takes a licence's verification away.",
        )
        .parameter(Parameter::if_match())
        .takes_resource::<Profile>()
        .example(serde_json::json!({"display_name": "Ana", "locale": "en",
            "time_zone": "Europe/Berlin", "day_start_minute": 240}))
        .problems(&[
            ProblemKind::InvalidHeader,
            ProblemKind::PreconditionFailed,
            ProblemKind::PreconditionRequired,
        ]);
    routes.serve(Method::PUT, "/v1/me", op, put);
}

wire! {
    /// What a person says of themselves.
    pub struct Profile {
        /// How others see the account.
        display_name: Option<Text<100>>,
        /// The clinic.
        organisation: Option<Text<200>>,
        /// A patient's year of birth, where it is given.
        year_of_birth: Option<Whole<1900, 2199>>,
        /// The language.
        locale: Text<35>,
        /// The home time zone.
        time_zone: TimeZone,
        /// Start of the journal day in minutes after midnight, for patients; 240 unless set.
        day_start_minute: Option<Whole<0, 719>>,
        /// The first day of the journal, as the patient sets it; today at most.
        journal_starts_on: Option<NaiveDate>,
        /// Days on which the patient expects to log nothing.
        pauses: Pauses,
    }
}

impl Resource for Profile {
    type Answer = Me;
    const MADE: &'static [&'static str] =
        &["id", "version", "email", "roles", "created_at", "journal_since", "authenticated_at"];
}

row! {
    /// The caller's own account.
    pub struct MeRow {
        profile_version: i64,
        email: String,
        display_name: Option<String>,
        organisation: Option<String>,
        year_of_birth: Option<i16>,
        roles: Vec<String>,
        locale: String,
        time_zone: String,
        created_at: DateTime<Utc>,
        journal_since: Option<NaiveDate>,
        journal_starts_on: Option<NaiveDate>,
        day_start_minute: Option<i16>,
        pauses: Pauses,
        authenticated_at: Option<DateTime<Utc>>,
    }
}

/// The signed-in account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Me {
    /// The account's id.
    id: Uuid,
    /// Rises with every change of the profile.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    version: i64,
    /// The e-mail address.
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// How others see the account.
    #[schema(max_length = 100)]
    display_name: Option<String>,
    /// The clinic.
    #[schema(max_length = 200)]
    organisation: Option<String>,
    /// A patient's year of birth, where it is given.
    year_of_birth: Option<i16>,
    /// `patient`, `practitioner`, or both.
    #[schema(max_items = 2, value_type = Vec<Role>)]
    roles: Vec<String>,
    /// The language.
    #[schema(max_length = 35)]
    locale: String,
    /// The home time zone.
    #[schema(max_length = 64)]
    time_zone: String,
    /// Since when the account exists.
    #[serde(serialize_with = "serialize_utc")]
    created_at: DateTime<Utc>,
    /// The first day of the journal, for patients: as set, else of the enrolment or of earlier entries.
    journal_since: Option<NaiveDate>,
    /// The first day of the journal, as the patient sets it.
    journal_starts_on: Option<NaiveDate>,
    /// Start of the journal day in minutes after midnight, for patients.
    day_start_minute: Option<i16>,
    /// Days on which the patient expects to log nothing.
    #[schema(value_type = Vec<String>)]
    pauses: Pauses,
    /// When this device last proved its owner's password.
    #[serde(serialize_with = "serialize_utc_option")]
    authenticated_at: Option<DateTime<Utc>>,
}
document!(Me);

/// Taken first, so that of two changes under one version the second finds another.
fn lock(caller: &Caller) -> Statement<Own> {
    Statement::new("SELECT FROM pj.accounts WHERE id = $1 FOR NO KEY UPDATE").bind(caller.account())
}

fn find(caller: &Caller) -> Statement<Own, MeRow> {
    Statement::new(
        "SELECT a.profile_version, a.email, a.display_name, a.organisation, a.year_of_birth, a.roles, \
         a.locale, a.time_zone, a.created_at, sec.journal_start(), p.journal_starts_on, p.day_start_minute, \
         coalesce(p.pauses, '[]'), d.authenticated_at FROM pj.accounts a \
         LEFT JOIN pj.patients p ON p.patient_id = a.id \
         LEFT JOIN pj.devices d ON d.id = $2 WHERE a.id = $1",
    )
    .bind(caller.account())
    .bind(caller.device())
}

/// Who has another name than the one that was looked up is not verified under it.
fn change(caller: &Caller, profile: &Profile) -> Statement<Own> {
    Statement::new(
        "UPDATE pj.accounts SET profile_version = profile_version + 1, display_name = $2, \
         organisation = $3, year_of_birth = $4::integer, locale = $5, time_zone = $6, licence_verified_at = \
         CASE WHEN display_name IS NOT DISTINCT FROM $2 THEN licence_verified_at END WHERE id = $1",
    )
    .bind(caller.account())
    .bind(profile.display_name.clone())
    .bind(profile.organisation.clone())
    .bind(profile.year_of_birth)
    .bind(profile.locale.clone())
    .bind(profile.time_zone)
}

/// The journal's counter moves as well: reports are others now, and the patient's devices look.
fn change_journal(profile: &Profile) -> Statement<Own> {
    let start = profile.day_start_minute.and_then(|minute| i16::try_from(minute.get()).ok());
    Statement::new(
        "UPDATE pj.patients SET rev = rev + 1, day_start_minute = $1, journal_starts_on = $2, \
         pauses = $3::text::jsonb WHERE patient_id = sec.actor()",
    )
    .bind(start.unwrap_or(DAY_START_MINUTE))
    .bind(profile.journal_starts_on)
    .bind(profile.pauses.clone())
}

async fn found(tx: &Tx<'_, Own>, caller: &Caller) -> Answered<Me> {
    let row = tx.first(find(caller)).await?.ok_or(ProblemKind::SignInRevoked)?;
    Ok(Me {
        id: caller.account(),
        version: row.profile_version,
        email: row.email,
        display_name: row.display_name,
        organisation: row.organisation,
        year_of_birth: row.year_of_birth,
        roles: row.roles,
        locale: row.locale,
        time_zone: row.time_zone,
        created_at: row.created_at,
        journal_since: row.journal_since,
        journal_starts_on: row.journal_starts_on,
        day_start_minute: row.day_start_minute,
        pauses: row.pauses,
        authenticated_at: row.authenticated_at,
    })
}

/// The version for If-Match, and for If-None-Match a mark of the rest, which is not the same on every
/// device.
fn etag(me: &Me) -> Answered<String> {
    let bytes = serde_json::to_vec(me).map_err(Problem::internal)?;
    Ok(format!("\"v{}-{}\"", me.version, fingerprint(&bytes).trim_matches('"')))
}

fn versioned(me: Me) -> Answered<Versioned<Me>> {
    let etag = etag(&me)?;
    Ok(Versioned(me, etag))
}

async fn get(account: Account) -> Answered<Versioned<Me>> {
    account.own(async |tx, _| versioned(found(tx, account.caller()).await?)).await
}

async fn put(
    account: Account,
    ToPutOwn { condition, sent }: ToPutOwn<Profile>,
) -> Answered<Versioned<Me>> {
    let caller = account.caller();
    let answer = account
        .own(async |tx, own| {
            let profile = sent.about(caller.account(), &condition)?;
            tx.execute(lock(caller)).await?;
            let me = found(tx, caller).await?;
            judge(&profile, &me, &own)?;
            if !matches!(&condition, PutCondition::Versions(these) if these.names(me.version)) {
                let etag = etag(&me)?;
                return Err(Problem::new(ProblemKind::PreconditionFailed).etag(etag));
            }
            tx.execute(change(caller, &profile)).await?;
            tx.execute(change_journal(&profile)).await?;
            versioned(found(tx, caller).await?)
        })
        .await?;
    account.app().pokes.poke(caller.account());
    Ok(answer)
}

/// What no single member tells: days and years to come, and a journal where there is none.
fn judge(profile: &Profile, me: &Me, own: &JournalAccess<Own>) -> Answered<()> {
    let mut faults = Faults::default();
    let last = last_date_on_earth(own.moment());
    if profile.year_of_birth.is_some_and(|year| year.get() > last.year()) {
        faults.field("year_of_birth", "out_of_range", "Must not lie in the future.");
    }
    if profile.journal_starts_on.is_some_and(|day| day > last) {
        faults.field("journal_starts_on", "date_out_of_range", "Must not lie in the future.");
    }
    check_pauses(&profile.pauses, last, &mut faults);
    if me.journal_since.is_none() {
        let of_patients = [
            ("year_of_birth", profile.year_of_birth.is_some()),
            ("day_start_minute", profile.day_start_minute.is_some()),
            ("journal_starts_on", profile.journal_starts_on.is_some()),
            ("pauses", !profile.pauses.0.as_slice().is_empty()),
        ];
        for (name, _) in of_patients.iter().filter(|(_, is_sent)| *is_sent) {
            faults.field(name, "not_allowed", "Only a patient has a journal; leave it out.");
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults.into_vec())) }
}
