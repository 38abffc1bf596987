//! Registration: an address has at most one that waits for its proof, and a newer one voids the older.

use super::sign_in::hashing;
use super::store::{self, Registration};
use crate::access::Role;
use crate::app::App;
use crate::credentials::codes::{LinkPurpose, LinkToken, VerificationCode};
use crate::credentials::password::Password;
use crate::credentials::throttle::GuessLane;
use crate::db::{Anonymous, Task, Tx};
use crate::http::{Answered, Problem};
use crate::language::Language;
use crate::mail::texts;
use crate::time::{DAY_START_MINUTE, Instant, TimeZone, journal_date};
use crate::wire::{Email, Faults, Text, wire};
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// A code is good for this long.
const CODE_LIFE: Duration = Duration::minutes(10);
/// A link is good for this long.
const TOKEN_LIFE: Duration = Duration::hours(24);

wire! {
    /// A request for an account.
    pub struct Register {
        /// The e-mail address, which is also the sign-in name. Stored in lower case.
        email: Email,
        /// 12 to 256 bytes, taken as sent: spaces count, nothing is trimmed.
        password: Password,
        /// What the account is for.
        role: Role,
        /// How others see the account; practitioners should give it, patients need not.
        display_name: Option<Text<100>>,
        /// The clinic, for practitioners.
        organisation: Option<Text<200>>,
        /// The language, a BCP 47 tag.
        locale: Text<35>,
        /// The home time zone, for reminders and reports; records carry their own.
        time_zone: TimeZone,
        /// The version of the terms the person agreed to.
        terms_version: Text<40>,
    }
}

/// Starts a registration, and voids an earlier one of the address. A known address is answered alike and told
/// by mail.
///
/// # Errors
/// 422 for a password that will not do, 429 for the eleventh within an hour.
pub(super) async fn register(app: &App, asked: Register) -> Answered<(Uuid, DateTime<Utc>)> {
    let who = [Some(asked.email.as_str()), asked.display_name.as_ref().map(Text::as_str)];
    check_password("password", &asked.password, &who)?;
    let now = app.clock.now();
    app.throttle.challenge(GuessLane::Address(asked.email.as_str()), now)?;
    let id = app.ids.next();
    let expires_at = now + CODE_LIFE;
    let password_hash = app.hasher.hash(&asked.password, &*app.random).await.map_err(hashing)?;
    let (code, token) =
        (VerificationCode::generate(&*app.random), LinkToken::generate(&*app.random));
    let mut registration = Registration {
        id,
        email: asked.email.as_str().to_owned(),
        password_hash,
        roles: vec![asked.role.code().to_owned()],
        display_name: asked.display_name.map(Text::into_string),
        organisation: asked.organisation.map(Text::into_string),
        locale: asked.locale.into_string(),
        time_zone: asked.time_zone.name().to_owned(),
        terms_version: asked.terms_version.into_string(),
        code_hash: code.digest(&app.codes, id).to_vec(),
        token_hash: token.digest(LinkPurpose::VerifyEmail).to_vec(),
        tries: 0,
        code_expires_at: expires_at,
        token_expires_at: now + TOKEN_LIFE,
    };
    app.db
        .anonymous(Task::about("register", asked.email.as_str()), async |tx| {
            let to = registration.email.clone();
            let mail = if let Some(account) = store::find_account(tx, &to).await? {
                // The same rows are written; only nobody holds what opens this one.
                registration.code_hash = app.random.array::<32>().to_vec();
                registration.token_hash = app.random.array::<32>().to_vec();
                let language = Language::of_locale(&account.locale);
                texts::already_registered(language, &to, &app.public_url)
            } else {
                let language = Language::of_locale(&registration.locale);
                texts::verification(language, &to, &app.public_url, (&code, &token))
            };
            store::put_registration(tx, registration, now).await?;
            store::queue_mail(tx, app.ids.next(), mail, now).await?;
            Answered::Ok(())
        })
        .await?;
    Ok((id, expires_at))
}

/// May this become the password, sent in the field of that name, of somebody with this address and name?
///
/// # Errors
/// 422 with the first rule broken.
pub(super) fn check_password(
    field: &str,
    password: &Password,
    who: &[Option<&str>],
) -> Answered<()> {
    password.check_policy(who).map_err(|fault| {
        let mut faults = Faults::default();
        faults.field(field, fault.code(), fault.to_string());
        Problem::invalid(faults.into_vec())
    })
}

/// Makes an account of a registration whose address is proved; `None` when the address was taken meanwhile.
pub(super) async fn make_account(
    app: &App,
    tx: &Tx<'_, Anonymous>,
    registration: &Registration,
) -> Answered<Option<Uuid>> {
    let now = app.clock.now();
    let id = app.ids.next();
    if !store::insert_account(tx, id, registration, now).await? {
        return Ok(None);
    }
    if registration.roles.iter().any(|role| role == Role::Patient.code()) {
        let zone = TimeZone::parse(&registration.time_zone);
        let now = Instant::new(now);
        let today = zone.map(|zone| journal_date(now, zone.offset_at(now), DAY_START_MINUTE));
        store::open_journal(tx, id, today.unwrap_or_else(|| now.get().date_naive())).await?;
    }
    Ok(Some(id))
}

/// An account made by the operator, its address taken as proved.
#[derive(Debug)]
pub struct NewAccount {
    /// The address.
    pub email: Email,
    /// The password.
    pub password: Password,
    /// One role or both.
    pub roles: Vec<Role>,
    /// How others see the account.
    pub display_name: Option<String>,
    /// The clinic.
    pub organisation: Option<String>,
    /// The home time zone.
    pub time_zone: TimeZone,
    /// The first day of the journal; today where none is given.
    pub enrolled_on: Option<chrono::NaiveDate>,
}

/// Makes an account at the operator's word; `None` when the address is taken.
///
/// # Errors
/// 422 for a password that will not do.
pub async fn create_account(app: &App, new: NewAccount) -> Answered<Option<Uuid>> {
    let who = [Some(new.email.as_str()), new.display_name.as_deref()];
    check_password("password", &new.password, &who)?;
    let now = app.clock.now();
    let password_hash = app.hasher.hash(&new.password, &*app.random).await.map_err(hashing)?;
    let registration = Registration {
        id: app.ids.next(),
        email: new.email.as_str().to_owned(),
        password_hash,
        roles: new.roles.iter().map(|role| role.code().to_owned()).collect(),
        display_name: new.display_name,
        organisation: new.organisation,
        locale: "en".to_owned(),
        time_zone: new.time_zone.name().to_owned(),
        terms_version: "operator".to_owned(),
        code_hash: Vec::new(),
        token_hash: Vec::new(),
        tries: 0,
        code_expires_at: now,
        token_expires_at: now,
    };
    app.db
        .anonymous(Task::of_the_operator(&registration.email), async |tx| {
            let id = app.ids.next();
            if !store::insert_account(tx, id, &registration, now).await? {
                return Ok(None);
            }
            if new.roles.contains(&Role::Patient) {
                let today = now.date_naive();
                store::open_journal(tx, id, new.enrolled_on.unwrap_or(today)).await?;
            }
            Ok(Some(id))
        })
        .await
}
