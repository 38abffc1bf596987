//! A change of the own password.

use super::register::check_password;
use super::sign_in::hashing;
use super::store;
use crate::access::{Account, Own, Sends};
use crate::credentials::password::{Password, Verdict};
use crate::credentials::throttle::GuessLane;
use crate::db::{Statement, row};
use crate::http::{Answered, Nothing, Problem, ProblemKind};
use crate::language::Language;
use crate::mail::texts::{self, Notice};
use crate::routes::{Operation, Routes};
use crate::wire::wire;
use actix_web::http::Method;
use serde_json::json;

/// Registers the operation.
pub(super) fn routes(routes: &mut Routes) {
    let op = Operation::new("changePassword", "auth", "Change the own password")
        .describe("Every other device of the account is signed out, and its owner is told by mail.")
        .takes::<ChangePassword>()
        .example(json!({"current_password": "demo-seven-herons", "new_password": "four grey kingfishers"}))
        .problems(&[ProblemKind::InvalidCredentials, ProblemKind::TooManyAttempts]);
    routes.serve(Method::PUT, "/v1/auth/password", op, change_password);
}

wire! {
    /// A change of the password.
    pub struct ChangePassword {
        /// The password so far.
        current_password: Password,
        /// 12 to 256 bytes, taken as sent.
        new_password: Password,
    }
}

row! {
    /// Whose password it is.
    pub struct PasswordOwner {
        email: String,
        locale: String,
        display_name: Option<String>,
        password_hash: Option<String>,
    }
}

fn owner() -> Statement<Own, PasswordOwner> {
    Statement::new(
        "SELECT a.email, a.locale, a.display_name, sec.stored_password() FROM pj.accounts a \
         WHERE a.id = sec.actor()",
    )
}

fn change(was: String, new: String) -> Statement<Own, (bool,)> {
    Statement::new("SELECT sec.change_password($1, $2)").bind(was).bind(new)
}

async fn change_password(
    account: Account,
    Sends(asked): Sends<ChangePassword>,
) -> Answered<Nothing> {
    let (app, caller) = (account.app(), account.caller());
    let refused = || Problem::new(ProblemKind::InvalidCredentials);
    let owner = account.own(async |tx, _| Ok(tx.first(owner()).await?)).await?;
    let owner = owner.ok_or_else(refused)?;
    let was = owner.password_hash.ok_or_else(refused)?;
    let check = async || {
        let verdict = app.hasher.verify_known(&asked.current_password, Some(&was)).await;
        match verdict.map_err(hashing)? {
            Verdict::Mismatch => Err(refused()),
            Verdict::Match { .. } => Ok(()),
        }
    };
    let lane = GuessLane::SignedIn(caller.device());
    app.throttle.tried(lane, None, app.clock.now(), check).await?;
    let who = [Some(owner.email.as_str()), owner.display_name.as_deref()];
    check_password("new_password", &asked.new_password, &who)?;
    let new = app.hasher.hash(&asked.new_password, &*app.random).await.map_err(hashing)?;
    let language = Language::of_locale(&owner.locale);
    let mail = texts::notice(language, Notice::PasswordChanged, &owner.email, &app.public_url);
    account
        .own(async |tx, own| {
            // Another change, or a reset, may have been faster.
            if !tx.first(change(was, new)).await?.is_some_and(|(changed,)| changed) {
                return Err(refused());
            }
            tx.execute(store::revoke_others(caller, "password_changed", own.moment())).await?;
            tx.execute(store::authenticated(caller.device(), own.moment())).await?;
            tx.execute(store::queued(app.ids.next(), mail, own.moment())).await?;
            Ok(())
        })
        .await?;
    app.pokes.poke(caller.account());
    Ok(Nothing)
}
