//! Sign-in, refresh, sign-out: the use cases around a device's refresh chain.

use super::refresh_token::{Progress, RefreshDecision, RefreshKey, RefreshToken};
use super::security_events::{self, SecurityEventKind};
use super::{FIRST_PARTY, FIRST_PARTY_SCOPE, store};
use crate::access::{Caller, Role};
use crate::app::App;
use crate::credentials::access_token::{self, Audience, Grant};
use crate::credentials::password::{HashError, Password, Verdict};
use crate::credentials::throttle::GuessLane;
use crate::db::{Anonymous, Task, Tx};
use crate::http::{Answered, Network, Problem, ProblemKind};
use crate::language::Language;
use crate::time::serialize_utc;
use crate::wire::{Text, wire};
use chrono::{DateTime, Duration, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use uuid::Uuid;

/// A device unused for this long is signed out.
const IDLE: Duration = Duration::days(30);
/// A device is signed out after this long, used or not.
const ABSOLUTE: Duration = Duration::days(180);
/// A browser on the pages is signed out after this long.
const WORKING_DAY: Duration = Duration::hours(12);
/// Devices an account may have; beyond, the longest unused one goes.
const MOST_DEVICES: i64 = 20;

wire! {
    /// The installation of an app that signs in; shown to its owner in the list of devices.
    pub struct DeviceInfo {
        /// A random id the app made when it was installed. With it the device stays the same over its
        /// sign-ins: the one before ends.
        installation_id: Option<Text<64>>,
        /// What the owner calls it.
        name: Option<Text<100>>,
        /// Its system.
        platform: Option<Text<40>>,
        /// The app's version.
        app_version: Option<Text<40>>,
    }
}

/// What a signed-in device holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TokenSet {
    /// For the Authorization header of every request; a JWT, opaque to apps.
    #[schema(max_length = 4096)]
    access_token: String,
    /// Always `Bearer`.
    #[schema(max_length = 10, examples("Bearer"))]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(minimum = 1, maximum = 600)]
    expires_in: i32,
    /// For the refresh operation. Keep the newest one, and only it, in the system's key store.
    #[schema(max_length = 200)]
    refresh_token: String,
    /// When the refresh token expires unless it is used before.
    #[serde(serialize_with = "serialize_utc")]
    refresh_expires_at: DateTime<Utc>,
    /// What the access token allows.
    #[schema(max_length = 200)]
    scope: &'static str,
    /// The device these tokens belong to.
    device_id: Uuid,
    /// Send it with the device's next sign-in, also after it was signed out: guesses of others then do not
    /// slow that down. Keep it beside the refresh token. It opens nothing.
    #[schema(max_length = 100)]
    device_secret: String,
}

/// Who knocks, before a password was checked.
#[derive(Debug, Clone, Copy)]
pub struct Knock<'a> {
    /// From which network, where that is known.
    pub network: Option<Network>,
    /// What the device got at an earlier sign-in.
    pub device_secret: Option<&'a str>,
}

/// Signs a device in and issues its first tokens.
pub(super) async fn sign_in(
    app: &App,
    tx: &Tx<'_, Anonymous>,
    (account, email): (Uuid, &str),
    device: DeviceInfo,
) -> Answered<TokenSet> {
    let (key, chain) = begin(app, tx, account, device, (IDLE, ABSOLUTE)).await?;
    issue(app, &key, &chain, (email, chain.authenticated_at))
}

/// Makes a device that is signed out after the first of these times without use, and after the
/// second in any case. An installation that has signed in to this account before is the same device.
async fn begin(
    app: &App,
    tx: &Tx<'_, Anonymous>,
    account: Uuid,
    device: DeviceInfo,
    (idle, absolute): (Duration, Duration),
) -> Answered<(RefreshKey, Issue)> {
    let now = app.clock.now();
    let key = RefreshKey::generate(&*app.random);
    let mut new = store::NewDevice {
        id: app.ids.next(),
        account_id: account,
        installation_id: device.installation_id.map(Text::into_string),
        name: device.name.map(Text::into_string),
        platform: device.platform.map(Text::into_string),
        app_version: device.app_version.map(Text::into_string),
        refresh_key: Vec::new(),
        idle_expires_at: now + idle,
        absolute_expires_at: now + absolute,
    };
    let seal = |id| key.seal(&app.secret, id, &*app.random).map_err(Problem::internal);
    new.refresh_key = seal(new.id)?;
    let mut counter = 0;
    let mut known = known_installation(tx, &new).await?;
    if known.is_none() && !store::insert_device(tx, &new, now).await? {
        // The same installation signed in at the same time, and was first.
        known = known_installation(tx, &new).await?;
    }
    if let Some((id, last)) = known {
        (new.id, counter) = (id, last + 1);
        new.refresh_key = seal(new.id)?;
        store::sign_in_again(tx, &new, counter, now).await?;
    }
    store::revoke_beyond(tx, account, MOST_DEVICES, now).await?;
    let (device, expires_at) = (new.id, new.idle_expires_at);
    Ok((key, Issue { account, device, counter, authenticated_at: now, expires_at }))
}

async fn known_installation(
    tx: &Tx<'_, Anonymous>,
    new: &store::NewDevice,
) -> Answered<Option<(Uuid, i64)>> {
    let Some(installation_id) = &new.installation_id else { return Ok(None) };
    Ok(store::lock_installation(tx, new.account_id, installation_id).await?)
}

/// What a browser keeps of a sign-in to the pages.
pub struct PageSignIn {
    /// The value of the cookie.
    pub token: String,
    /// What it shows at its next sign-in.
    pub device_secret: String,
}

/// Signs a practitioner's browser in to the pages.
///
/// # Errors
/// As the sign-in of an app; 403 `role_insufficient` for an account that is no practitioner's.
pub async fn sign_in_to_pages(
    app: &App,
    email: &str,
    password: &Password,
    knock: Knock<'_>,
) -> Answered<PageSignIn> {
    let (account, proved) = prove(app, email, password, knock).await?;
    if !account.roles.iter().any(|role| role == Role::Practitioner.code()) {
        return Err(ProblemKind::RoleInsufficient.into());
    }
    let name = serde_json::json!({"name": "Browser", "platform": "Pages for practitioners"});
    let device = crate::wire::read_body(&name).map_err(Problem::invalid)?;
    let (_, chain) = app
        .db
        .anonymous(signing_in(email), async |tx| {
            still(tx, proved).await?;
            begin(app, tx, account.id, device, (WORKING_DAY, WORKING_DAY)).await
        })
        .await?;
    let device_secret = app.known_devices.secret_of(chain.device, email);
    Ok(PageSignIn { token: page_token(app, grant(&chain))?, device_secret })
}

/// The cookie's next value, good for an hour again.
///
/// # Errors
/// When the key does not sign.
pub fn renew_page_token(app: &App, visitor: &Caller) -> Answered<String> {
    let chain = Issue {
        account: visitor.account(),
        device: visitor.device(),
        counter: visitor.counter(),
        authenticated_at: visitor.signed_in_at(),
        expires_at: app.clock.now(),
    };
    page_token(app, grant(&chain))
}

fn page_token(app: &App, grant: Grant) -> Answered<String> {
    let (verifier, now) = (app.keys(), app.clock.now());
    let key = verifier.ring().current();
    access_token::issue_for(Audience::Pages, key, &app.public_url, grant, now, &*app.random)
        .map_err(Problem::internal)
}

fn grant(issue: &Issue) -> Grant {
    Grant {
        account: issue.account,
        device: issue.device,
        client_id: FIRST_PARTY.to_owned(),
        counter: issue.counter,
        scope: FIRST_PARTY_SCOPE.to_owned(),
        authenticated_at: issue.authenticated_at,
        methods: vec!["pwd".to_owned()],
    }
}

/// Signs an account in at the operator's word, for the demo's set-up; answers the access token.
///
/// # Errors
/// When the database fails.
pub async fn sign_in_unasked(app: &App, account: Uuid, name: &str) -> Answered<String> {
    let name = serde_json::json!({ "name": name });
    let device = crate::wire::read_body(&name).map_err(Problem::invalid)?;
    let task = Task::of_the_operator(account);
    let begun = app.db.anonymous(task, async |tx| {
        let (key, chain) = begin(app, tx, account, device, (IDLE, ABSOLUTE)).await?;
        // Nobody signs in from this device, so it needs no secret.
        issue(app, &key, &chain, ("", chain.authenticated_at))
    });
    Ok(begun.await?.access_token)
}

/// Which tokens to issue.
struct Issue {
    account: Uuid,
    device: Uuid,
    counter: i64,
    authenticated_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

fn issue(
    app: &App,
    key: &RefreshKey,
    issue: &Issue,
    (email, now): (&str, DateTime<Utc>),
) -> Answered<TokenSet> {
    let verifier = app.keys();
    let signing = verifier.ring().current();
    let access_token =
        access_token::issue(signing, &app.public_url, grant(issue), now, &*app.random)
            .map_err(Problem::internal)?;
    Ok(TokenSet {
        access_token,
        token_type: "Bearer",
        expires_in: 600,
        refresh_token: key.mint(issue.device, issue.counter).expose_secret().to_owned(),
        refresh_expires_at: issue.expires_at,
        scope: FIRST_PARTY_SCOPE,
        device_id: issue.device,
        device_secret: app.known_devices.secret_of(issue.device, email),
    })
}

/// Checks address and password and signs the device in.
///
/// # Errors
/// 401 `invalid_credentials` for every mismatch alike, 403 for a suspended account, 429 after too many wrong
/// ones, 503 when too many passwords are being checked.
pub(super) async fn login(
    app: &App,
    email: &str,
    password: &Password,
    device: DeviceInfo,
    knock: Knock<'_>,
) -> Answered<TokenSet> {
    let (account, proved) = prove(app, email, password, knock).await?;
    let tokens = app
        .db
        .anonymous(signing_in(email), async |tx| {
            still(tx, proved).await?;
            sign_in(app, tx, (account.id, email), device).await
        })
        .await?;
    // The streams of an earlier sign-in look, and end.
    app.pokes.poke(account.id);
    Ok(tokens)
}

/// What a sign-in to this address is for.
fn signing_in(email: &str) -> Task {
    Task::about("sign_in", email)
}

/// The hash that a password was checked against, and the password hashed anew where that is of an older cost.
struct Proved {
    against: String,
    rehashed: Option<String>,
}

/// Goes on only if the password that was checked is still the account's: it may have been changed or reset while it
/// was checked, and everybody signed out.
async fn still(tx: &Tx<'_, Anonymous>, proved: Proved) -> Answered<()> {
    if store::keep_password(tx, proved.against, proved.rehashed).await? {
        Ok(())
    } else {
        Err(ProblemKind::InvalidCredentials.into())
    }
}

/// Checks address and password; answers the account.
async fn prove(
    app: &App,
    email: &str,
    password: &Password,
    Knock { network, device_secret }: Knock<'_>,
) -> Answered<(store::SignInAccount, Proved)> {
    let device = device_secret.and_then(|secret| app.known_devices.device_of(secret, email));
    let lane =
        device.map_or(GuessLane::Address(email), |device| GuessLane::KnownDevice(email, device));
    let check = async || check_password(app, email, password, device.is_some()).await;
    app.throttle.tried(lane, network, app.clock.now(), check).await
}

async fn check_password(
    app: &App,
    email: &str,
    password: &Password,
    is_known: bool,
) -> Answered<(store::SignInAccount, Proved)> {
    let found = app.db.anonymous(signing_in(email), async |tx| {
        Answered::Ok(store::find_account(tx, email).await?)
    });
    let account = found.await?;
    let phc = account.as_ref().and_then(|account| account.password_hash.clone());
    let verdict = if is_known {
        app.hasher.verify_known(password, phc.as_deref()).await
    } else {
        app.hasher.verify(password, phc.as_deref()).await
    };
    let verdict = verdict.map_err(hashing)?;
    let (Verdict::Match { rehash }, Some(account), Some(against)) = (verdict, account, phc) else {
        return Err(ProblemKind::InvalidCredentials.into());
    };
    if account.status != "active" {
        return Err(ProblemKind::AccountSuspended.into());
    }
    let rehashed = if rehash {
        Some(app.hasher.hash(password, &*app.random).await.map_err(hashing)?)
    } else {
        None
    };
    Ok((account, Proved { against, rehashed }))
}

/// A full queue of password checks is "busy", the rest is ours.
pub(super) fn hashing(error: HashError) -> Problem {
    match error {
        HashError::Overloaded => ProblemKind::Overloaded.into(),
        HashError::Cost | HashError::Damaged | HashError::Failed => Problem::internal(error),
    }
}

/// Exchanges a refresh token for the next pair of tokens.
///
/// # Errors
/// 401 `session_revoked` for a token that is not genuine, or of a dead device; 429 for many that are not. A copy
/// of a token whose successor has been in use for more than a minute signs the device out and tells its owner.
pub(super) async fn refresh(
    app: &App,
    presented: &str,
    network: Option<Network>,
) -> Answered<TokenSet> {
    let refused = || Problem::new(ProblemKind::SignInRevoked);
    let token = RefreshToken::parse(presented).ok_or_else(refused)?;
    let task = Task::about("refresh", token.device);
    match app.db.anonymous(task, async |tx| refresh_locked(app, tx, &token).await).await? {
        Refreshed::Issued(tokens) => Ok(tokens),
        Refreshed::Dead => Err(refused()),
        Refreshed::Forged => {
            let slower = app.throttle.forged_refresh(token.device, network, app.clock.now());
            Err(slower.unwrap_or_else(refused))
        }
    }
}

/// What becomes of a refresh token. A refusal commits nevertheless: a reuse revokes the device.
enum Refreshed {
    Issued(TokenSet),
    /// The device is signed out.
    Dead,
    /// The server never made this one.
    Forged,
}

async fn refresh_locked(
    app: &App,
    tx: &Tx<'_, Anonymous>,
    token: &RefreshToken,
) -> Answered<Refreshed> {
    let Some(chain) = store::lock_chain(tx, token.device).await? else {
        return Ok(Refreshed::Forged);
    };
    // Read behind the lock, so that the presentations of a chain are in the order of their times.
    let now = app.clock.now();
    let key =
        RefreshKey::open(&app.secret, chain.id, &chain.refresh_key).map_err(Problem::internal)?;
    if !token.is_signed_by(&key) {
        return Ok(Refreshed::Forged);
    }
    let dead = chain.revoked_at.is_some()
        || chain.idle_expires_at <= now
        || chain.absolute_expires_at <= now;
    if dead {
        return Ok(Refreshed::Dead);
    }
    if chain.status != "active" {
        return Err(ProblemKind::AccountSuspended.into());
    }
    let mut next = Issue {
        account: chain.account_id,
        device: chain.id,
        counter: chain.counter,
        authenticated_at: chain.authenticated_at,
        expires_at: chain.idle_expires_at,
    };
    let progress = Progress { counter: chain.counter, presented_at: chain.presented_at };
    let owner = (chain.email.as_str(), Language::of_locale(&chain.locale));
    match progress.decide(token.counter, now) {
        RefreshDecision::Rotate => {
            let rotated = progress.rotated(now);
            next.counter = rotated.counter;
            next.expires_at = (now + IDLE).min(chain.absolute_expires_at);
            store::advance_chain(tx, chain.id, rotated, next.expires_at, now).await?;
        }
        RefreshDecision::Reissue { successor, late } => {
            next.counter = successor;
            if late {
                let event = (chain.id, token.counter, SecurityEventKind::RefreshRepeated);
                security_events::note(app, tx, event, owner, now).await?;
                tracing::warn!(device = %chain.id, "a refresh token came again, late");
            }
        }
        RefreshDecision::Ahead => return Ok(Refreshed::Dead),
        RefreshDecision::Reuse => {
            store::revoke_device(tx, chain.id, "refresh_token_reused", now).await?;
            let event = (chain.id, token.counter, SecurityEventKind::RefreshReused);
            security_events::note(app, tx, event, owner, now).await?;
            tracing::warn!(device = %chain.id, "a refresh token was used twice; device signed out");
            return Ok(Refreshed::Dead);
        }
    }
    issue(app, &key, &next, (&chain.email, now)).map(Refreshed::Issued)
}
