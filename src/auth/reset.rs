//! A forgotten password: a link by mail, with which a new one is chosen. Everybody is signed out then.

use super::account_links::{self, AccountLink, NewLink, RESET_PASSWORD};
use super::register::check_password;
use super::sign_in::hashing;
use super::store;
use crate::access::{Anyone, Sends};
use crate::app::App;
use crate::credentials::codes::{Digest, LinkPurpose, LinkToken};
use crate::credentials::password::Password;
use crate::credentials::throttle::GuessLane;
use crate::db::{Anonymous, Task, Tx};
use crate::hex::hex;
use crate::http::{Accepted, Answered, Nothing, ProblemKind, document};
use crate::language::Language;
use crate::mail::texts::{self, Notice};
use crate::routes::{Operation, Routes};
use crate::time::serialize_utc;
use crate::wire::{Email, Text, wire};
use actix_web::http::Method;
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// A link is good for this long.
const LIFE: Duration = Duration::minutes(30);

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let op = Operation::new("forgotPassword", "auth", "Ask for a link to choose a new password")
        .describe(
            "The answer is the same whether the address is known or not; the mail tells its owner. The link is good \
            for 30 minutes, once, and until another one is asked for.",
        )
        .takes::<ForgotPassword>()
        .example(json!({"email": "new.patient@example.org", "locale": "en"}))
        .problems(&[ProblemKind::TooManyAttempts]);
    routes.serve(Method::POST, "/v1/auth/password/forgot", op, forgot);

    let op = Operation::new("resetPassword", "auth", "Choose a new password with the link")
        .describe(
            "Takes the token of the mail's link. Every device of the account is signed out, and its owner is told \
            by mail. The page behind the link does the same.",
        )
        .takes::<ResetPassword>()
        .example(json!({"token": "the token of the link", "new_password": "four grey kingfishers"}))
        .problems(&[ProblemKind::InvalidCredentials]);
    routes.serve(Method::POST, "/v1/auth/password/reset", op, reset);
}

wire! {
    /// A password was forgotten.
    pub struct ForgotPassword {
        /// The e-mail address.
        email: Email,
        /// The language of the mail where the address has no account, a BCP 47 tag.
        locale: Option<Text<35>>,
    }
}

/// What is said of a link, whether one was sent or not.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResetAnswer {
    /// When a link that was sent now ends.
    #[serde(serialize_with = "serialize_utc")]
    expires_at: DateTime<Utc>,
}
document!(ResetAnswer);

async fn forgot(
    anyone: Anyone,
    Sends(asked): Sends<ForgotPassword>,
) -> Answered<Accepted<ResetAnswer>> {
    let locale = asked.locale.as_ref().map_or("en", Text::as_str);
    let language = Language::of_locale(locale);
    let expires_at = forget_password(anyone.app(), &asked.email, language).await?;
    Ok(Accepted(ResetAnswer { expires_at }))
}

/// Sends a link to choose a new password, and voids the one sent before; to an address without an account, a mail
/// that says so. The mail waits in the queue when this answers. Answers when a link ends.
///
/// # Errors
/// 429 for the eleventh of an address within an hour; when the database fails.
pub async fn forget_password(
    app: &App,
    email: &Email,
    language: &'static Language,
) -> Answered<DateTime<Utc>> {
    let now = app.clock.now();
    app.throttle.challenge(GuessLane::Address(email.as_str()), now)?;
    let token = LinkToken::generate(&*app.random);
    app.db
        .anonymous(Task::about("forgot", email.as_str()), async |tx| {
            let account = store::find_account(tx, email.as_str()).await?;
            let (to, base) = (email.as_str(), app.public_url.as_str());
            let mail = account.as_ref().map_or_else(
                || texts::notice(language, Notice::NoAccount, to, base),
                |account| texts::reset(Language::of_locale(&account.locale), to, base, &token),
            );
            let account = account.map_or_else(|| app.ids.next(), |account| account.id);
            tx.execute(account_links::put(link(app, account, email, &token, now))).await?;
            store::queue_mail(tx, app.ids.next(), mail, now).await?;
            Answered::Ok(())
        })
        .await?;
    Ok(now + LIFE)
}

fn link(app: &App, account: Uuid, email: &Email, token: &LinkToken, now: DateTime<Utc>) -> NewLink {
    NewLink {
        id: app.ids.next(),
        account,
        purpose: RESET_PASSWORD,
        email: email.as_str().to_owned(),
        secret_hash: token.digest(LinkPurpose::ResetPassword).to_vec(),
        created_at: now,
        expires_at: now + LIFE,
    }
}

/// A link to choose a new password at the operator's word, which is told to the account's owner; `None` where
/// there is no such account. It is good for 30 minutes.
///
/// # Errors
/// When the database fails.
pub async fn reset_by_operator(
    app: &App,
    email: &Email,
    public_url: &str,
) -> Answered<Option<String>> {
    let now = app.clock.now();
    let token = LinkToken::generate(&*app.random);
    app.db
        .anonymous(Task::of_the_operator(email.as_str()), async |tx| {
            let Some(account) = store::find_account(tx, email.as_str()).await? else {
                return Ok(None);
            };
            tx.execute(account_links::put(link(app, account.id, email, &token, now))).await?;
            let language = Language::of_locale(&account.locale);
            let notice = Notice::ResetByOperator;
            let mail = texts::notice(language, notice, email.as_str(), public_url);
            store::queue_mail(tx, app.ids.next(), mail, now).await?;
            Ok(Some(texts::reset_link(public_url, &token)))
        })
        .await
}

wire! {
    /// A new password, with the token of the link.
    pub struct ResetPassword {
        /// The token of the mail's link.
        token: Text<100>,
        /// 12 to 256 bytes, taken as sent.
        new_password: Password,
    }
}

async fn reset(anyone: Anyone, Sends(asked): Sends<ResetPassword>) -> Answered<Nothing> {
    let app = anyone.app();
    let refused = || ProblemKind::InvalidCredentials;
    let token = LinkToken::parse(asked.token.as_str()).ok_or_else(refused)?;
    let digest = token.digest(LinkPurpose::ResetPassword);
    let task = || Task::about("reset", hex(&digest));
    // A password that will not do uses up no link, and nobody without one learns what will do.
    let found = app.db.anonymous(task(), async |tx| live(app, tx, &digest).await).await?;
    let known = found.ok_or_else(refused)?;
    let who = [Some(known.email.as_str()), known.display_name.as_deref()];
    check_password("new_password", &asked.new_password, &who)?;
    let phc = app.hasher.hash(&asked.new_password, &*app.random).await.map_err(hashing)?;
    let done = app.db.anonymous(task(), async |tx| replace(app, tx, &digest, phc).await).await?;
    let account = done.ok_or_else(refused)?;
    app.pokes.poke(account);
    Ok(Nothing)
}

async fn live(app: &App, tx: &Tx<'_, Anonymous>, digest: &Digest) -> Answered<Option<AccountLink>> {
    let found = account_links::lock(tx, digest, RESET_PASSWORD).await?;
    let now = app.clock.now();
    Ok(found.filter(|link| now < link.expires_at))
}

/// Answers whose password it is now; `None` where the link was used, voided or ended meanwhile.
async fn replace(
    app: &App,
    tx: &Tx<'_, Anonymous>,
    digest: &Digest,
    phc: String,
) -> Answered<Option<Uuid>> {
    let Some(link) = live(app, tx, digest).await? else { return Ok(None) };
    let now = app.clock.now();
    store::set_password(tx, link.account_id, phc).await?;
    store::revoke_all_of(tx, link.account_id, "password_reset", now).await?;
    let language = Language::of_locale(&link.locale);
    let mail = texts::notice(language, Notice::PasswordReset, &link.email, &app.public_url);
    store::queue_mail(tx, app.ids.next(), mail, now).await?;
    // Last, since the task is about this link.
    account_links::drop_all(tx, link.account_id).await?;
    Ok(Some(link.account_id))
}
