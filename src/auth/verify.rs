//! Verification: an account exists from the moment its address is proved.
//!
//! A mail alone makes none. Whoever reads it may hold one that somebody else caused, with a password of that
//! one's own. So the code, or the link's token, comes either with the id of the registration, which only the app
//! has that asked for it, or, from a browser, with the registration's password.

use super::register::make_account;
use super::sign_in::{DeviceInfo, TokenSet, hashing, sign_in};
use super::store::{self, Registration};
use crate::app::App;
use crate::credentials::codes::{Digest, LinkPurpose, LinkToken, VerificationCode, same};
use crate::credentials::password::{Password, Verdict};
use crate::credentials::throttle::GuessLane;
use crate::db::{Anonymous, Task, Tx};
use crate::hex::hex;
use crate::http::{Answered, Network, Problem, ProblemKind};
use crate::wire::{Faults, Text, wire};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Wrong tries after which a registration is dead.
const MOST_TRIES: i16 = 5;

wire! {
    /// The proof that the address is the person's own: the code, or the token of the link.
    pub struct VerifyEmail {
        /// The answer to the registration. Required, unless the token comes with the password.
        verification_id: Option<Uuid>,
        /// The six digits of the mail.
        code: Option<Text<20>>,
        /// The token of the mail's link.
        token: Option<Text<100>>,
        /// The password of the registration: where the link is opened elsewhere than in the app that asked, and
        /// `verification_id` is not known.
        password: Option<Password>,
        /// The app that asks; it is signed in at once.
        device: DeviceInfo,
    }
}

/// What was sent, in one of the ways in which it proves something.
enum Proof {
    /// By the app that holds the registration's id.
    Held(Uuid, Secret),
    /// By whoever has the link and knows the password.
    Known(Option<Digest>, Password),
}

/// What the mail holds, where it can be read.
enum Secret {
    Code(Option<VerificationCode>),
    Token(Option<Digest>),
}

fn digest_of(token: &Text<100>) -> Option<Digest> {
    LinkToken::parse(token.as_str()).map(|token| token.digest(LinkPurpose::VerifyEmail))
}

/// Which way was taken.
///
/// # Errors
/// 422 for none, and for two at once.
fn proof_of(asked: &VerifyEmail) -> Answered<Proof> {
    let (name, code, detail) = match (asked.verification_id, &asked.code, &asked.token) {
        (_, None, None) | (_, Some(_), Some(_)) => {
            ("code", "contradiction", "Send either code or token.")
        }
        (Some(id), Some(code), None) => {
            let code = VerificationCode::parse(code.as_str());
            return Ok(Proof::Held(id, Secret::Code(code)));
        }
        (Some(id), None, Some(token)) => {
            return Ok(Proof::Held(id, Secret::Token(digest_of(token))));
        }
        (None, None, Some(token)) => match &asked.password {
            Some(password) => return Ok(Proof::Known(digest_of(token), password.clone())),
            None => ("password", "required", "Send verification_id or the password."),
        },
        (None, Some(_), None) => ("verification_id", "required", "A code goes with it."),
    };
    let mut faults = Faults::default();
    faults.field(name, code, detail);
    Err(Problem::invalid(faults.into_vec()))
}

/// Proves an address, makes the account and signs the device in.
///
/// # Errors
/// 401 `invalid_credentials` for every failure alike: unknown, expired, void, wrong, or tried five times; 429 where
/// its network has failed too often.
pub(super) async fn verify(
    app: &App,
    asked: VerifyEmail,
    network: Option<Network>,
) -> Answered<TokenSet> {
    let proof = proof_of(&asked)?;
    let check = async || judge(app, proof, asked.device).await;
    app.throttle.tried(GuessLane::Challenge, network, app.clock.now(), check).await
}

async fn judge(app: &App, proof: Proof, device: DeviceInfo) -> Answered<TokenSet> {
    let done = match proof {
        Proof::Held(id, secret) => {
            let task = Task::about("verify", id);
            let held = async |tx: &Tx<'_, Anonymous>| held(app, tx, (id, &secret), device).await;
            app.db.anonymous(task, held).await?
        }
        Proof::Known(token, password) => {
            known(app, &token.unwrap_or_default(), &password, device).await?
        }
    };
    done.ok_or_else(|| ProblemKind::InvalidCredentials.into())
}

/// `None` is a refusal that nevertheless commits: the try counts.
async fn held(
    app: &App,
    tx: &Tx<'_, Anonymous>,
    (id, secret): (Uuid, &Secret),
    device: DeviceInfo,
) -> Answered<Option<TokenSet>> {
    let Some(registration) = store::lock_registration(tx, id).await? else { return Ok(None) };
    if registration.tries >= MOST_TRIES {
        return Ok(None);
    }
    if !fits(app, &registration, secret, app.clock.now()) {
        store::count_try(tx, registration.id).await?;
        return Ok(None);
    }
    finish(app, tx, &registration, device).await
}

fn fits(app: &App, registration: &Registration, secret: &Secret, now: DateTime<Utc>) -> bool {
    match secret {
        Secret::Code(code) => code.as_ref().is_some_and(|code| {
            now < registration.code_expires_at
                && same(&registration.code_hash, &code.digest(&app.codes, registration.id))
        }),
        Secret::Token(token) => token.as_ref().is_some_and(|token| {
            now < registration.token_expires_at && same(&registration.token_hash, token)
        }),
    }
}

/// The same by link and password. The password is checked outside of any transaction, so the try is counted
/// before: of many at once none is free.
async fn known(
    app: &App,
    token: &Digest,
    password: &Password,
    device: DeviceInfo,
) -> Answered<Option<TokenSet>> {
    let task = || Task::about("verify", hex(token));
    let live = async |tx: &Tx<'_, Anonymous>| {
        let found = store::lock_registration_of(tx, token).await?;
        let now = app.clock.now();
        Answered::Ok(found.filter(|registration| now < registration.token_expires_at))
    };
    let counted = app.db.anonymous(task(), async |tx| {
        let found = live(tx).await?.filter(|registration| registration.tries < MOST_TRIES);
        if let Some(registration) = &found {
            store::count_try(tx, registration.id).await?;
        }
        Answered::Ok(found.map(|registration| registration.password_hash))
    });
    let stored = counted.await?;
    let verdict = app.hasher.verify(password, stored.as_deref()).await.map_err(hashing)?;
    if verdict == Verdict::Mismatch {
        return Ok(None);
    }
    let finished = app.db.anonymous(task(), async |tx| match live(tx).await? {
        Some(registration) => finish(app, tx, &registration, device).await,
        None => Ok(None),
    });
    finished.await
}

async fn finish(
    app: &App,
    tx: &Tx<'_, Anonymous>,
    registration: &Registration,
    device: DeviceInfo,
) -> Answered<Option<TokenSet>> {
    let Some(account) = make_account(app, tx, registration).await? else { return Ok(None) };
    let tokens = sign_in(app, tx, (account, &registration.email), device).await?;
    // Last, since the task is about this registration.
    store::drop_registration(tx, registration.id).await?;
    Ok(Some(tokens))
}
