//! The wire of accounts and sign-ins.

use super::register::{Register, register};
use super::sign_in::{DeviceInfo, Knock, TokenSet, hashing, login, refresh};
use super::store;
use super::verify::{VerifyEmail, verify};
use crate::access::{Account, Anyone, Sends};
use crate::credentials::password::{Password, Verdict};
use crate::credentials::throttle::GuessLane;
use crate::http::{
    Accepted, Answered, Found, Nothing, Problem, ProblemKind, Public, Versioned, document,
};
use crate::reference;
use crate::routes::{Operation, Routes};
use crate::time::serialize_utc;
use crate::wire::{At, Components, Email, Faults, Text, Wire, wire};
use actix_web::http::Method;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use uuid::Uuid;

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    let device = json!({"name": "Ana's phone", "platform": "android", "app_version": "1.0.0"});
    let op = Operation::new("register", "auth", "Ask for an account")
        .describe("The answer is the same whether the address is known or not; the mail tells its owner. \
            The account exists when the address is verified. An address has one registration: a newer one voids \
            the older.")
        .takes::<Register>()
        .example(json!({"email": "new.patient@example.org", "password": "three quiet herons",
            "role": "patient", "locale": "en", "time_zone": "Europe/Berlin", "terms_version": "1"}))
        .problems(&[ProblemKind::TooManyAttempts, ProblemKind::RegistrationClosed]);
    routes.serve(Method::POST, "/v1/auth/register", op, register_account);

    let op = Operation::new("verifyEmail", "auth", "Prove the address and sign in")
        .describe(
            "Send the code (good for 10 minutes and 5 tries) or the token of the link (24 hours), with the \
            `verification_id` that this app was given. Where the link is opened elsewhere, the token comes with the \
            password of the registration instead. A newer registration of the address voids this one.",
        )
        .takes::<VerifyEmail>()
        .example(
            json!({"verification_id": "0195a3c2-0000-7000-8000-00000000000a", "code": "123456",
            "device": device}),
        )
        .problems(&[ProblemKind::InvalidCredentials, ProblemKind::TooManyAttempts]);
    routes.serve(Method::POST, "/v1/auth/verify-email", op, verify_email);

    let op = Operation::new("login", "auth", "Sign in")
        .describe(
            "After five wrong passwords each further one costs a wait that doubles, up to 15 minutes, \
             whether the address is known or not. A device that sends its `device_secret` has a count of \
             its own.",
        )
        .takes::<Login>()
        .example(
            json!({"email": "ana@demo.example", "password": "demo-seven-herons", "device": device}),
        )
        .problems(&[
            ProblemKind::InvalidCredentials,
            ProblemKind::AccountSuspended,
            ProblemKind::TooManyAttempts,
        ]);
    routes.serve(Method::POST, "/v1/auth/login", op, login_with_password);

    let op = Operation::new("refreshTokens", "auth", "Exchange the refresh token")
        .describe("When the answer was lost, send the same token again: the same successor comes back, \
            until that one is presented here, and for 60 seconds after. A token presented later than that \
            signs the device out. Access tokens do not matter to this.")
        .takes::<Refresh>()
        .example(json!({"refresh_token": "the refresh_token of the last answer"}))
        .problems(&[
            ProblemKind::SignInRevoked,
            ProblemKind::AccountSuspended,
            ProblemKind::TooManyAttempts,
        ]);
    routes.serve(Method::POST, "/v1/auth/refresh", op, refresh_tokens);

    let op = Operation::new("logout", "auth", "Sign this device out");
    routes.serve(Method::POST, "/v1/auth/logout", op, logout);

    let op = Operation::new("reauthenticate", "auth", "Prove again who you are")
        .describe("Opens the operations that need a fresh password check for five minutes.")
        .takes::<Reauthenticate>()
        .example(json!({"password": "demo-seven-herons"}))
        .problems(&[ProblemKind::InvalidCredentials, ProblemKind::TooManyAttempts]);
    routes.serve(Method::POST, "/v1/auth/reauthenticate", op, reauthenticate);

    super::reset::routes(routes);
    super::change_password::routes(routes);
    super::devices::routes(routes);
    super::security_events::routes(routes);

    let op = Operation::new("getJwks", "auth", "Public keys of access tokens")
        .describe("RFC 7517. Keys rotate; look them up by `kid`.");
    routes.serve(Method::GET, "/.well-known/jwks.json", reference::operation(op), get_jwks);
}

impl Wire for Password {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let Some(text) = value.as_str() else {
            faults.add(at, "wrong_type", "Must be a string.");
            return None;
        };
        if text.len() > crate::credentials::password::MAX_BYTES {
            faults.add(at, "too_long", "Must have at most 256 bytes.");
            return None;
        }
        Some(Self::from(text.to_owned()))
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
            .max_length(Some(crate::credentials::password::MAX_BYTES))
            .into()
    }
}

impl PartialEq for Password {
    fn eq(&self, _: &Self) -> bool {
        false // Passwords are compared by the hasher only.
    }
}

impl Serialize for Password {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none() // Never leaves.
    }
}

/// A registration was taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RegistrationAnswer {
    /// For the verification.
    verification_id: Uuid,
    /// When the mailed code ends.
    #[serde(serialize_with = "serialize_utc")]
    expires_at: DateTime<Utc>,
}
document!(RegistrationAnswer, LoginResult, Jwks);

async fn register_account(
    anyone: Anyone,
    Sends(asked): Sends<Register>,
) -> Answered<Accepted<RegistrationAnswer>> {
    if !anyone.app().registers {
        return Err(ProblemKind::RegistrationClosed.into());
    }
    let (verification_id, expires_at) = register(anyone.app(), asked).await?;
    Ok(Accepted(RegistrationAnswer { verification_id, expires_at }))
}

/// The outcome of a sign-in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LoginResult {
    /// `complete`. Read an unknown value as "this app cannot finish the sign-in".
    #[schema(max_length = 20, examples("complete"))]
    status: &'static str,
    /// The tokens, when complete.
    tokens: Option<TokenSet>,
}

impl LoginResult {
    const fn complete(tokens: TokenSet) -> Found<Self> {
        Found(Self { status: "complete", tokens: Some(tokens) })
    }
}

async fn verify_email(
    anyone: Anyone,
    Sends(asked): Sends<VerifyEmail>,
) -> Answered<Found<LoginResult>> {
    Ok(LoginResult::complete(verify(anyone.app(), asked, anyone.network()).await?))
}

wire! {
    /// A sign-in.
    pub struct Login {
        /// The e-mail address.
        email: Email,
        /// The password.
        password: Password,
        /// The app that signs in.
        device: DeviceInfo,
        /// What the device got at an earlier sign-in to this address.
        device_secret: Option<Text<100>>,
    }
}

async fn login_with_password(
    anyone: Anyone,
    Sends(asked): Sends<Login>,
) -> Answered<Found<LoginResult>> {
    let Login { email, password, device, device_secret } = asked;
    let device_secret = device_secret.as_ref().map(Text::as_str);
    let knock = Knock { network: anyone.network(), device_secret };
    let tokens = login(anyone.app(), email.as_str(), &password, device, knock).await?;
    Ok(LoginResult::complete(tokens))
}

wire! {
    /// A refresh.
    pub struct Refresh {
        /// The newest refresh token the device has.
        refresh_token: Text<200>,
    }
}

async fn refresh_tokens(anyone: Anyone, Sends(asked): Sends<Refresh>) -> Answered<Found<TokenSet>> {
    refresh(anyone.app(), asked.refresh_token.as_str(), anyone.network()).await.map(Found)
}
document!(TokenSet);

async fn logout(account: Account) -> Answered<Nothing> {
    sign_out(&account).await
}

/// Signs the caller's own device out.
///
/// # Errors
/// 401 when it is signed out already.
pub async fn sign_out(account: &Account) -> Answered<Nothing> {
    let caller = account.caller();
    account
        .own(async |tx, own| {
            let revoke = store::revoke_own(caller.account(), caller.device(), own.moment());
            tx.execute(revoke).await?;
            Ok(())
        })
        .await?;
    // Its streams look, and end.
    account.app().pokes.poke(caller.account());
    Ok(Nothing)
}

wire! {
    /// A fresh proof.
    pub struct Reauthenticate {
        /// The account's password.
        password: Password,
    }
}

async fn reauthenticate(
    account: Account,
    Sends(asked): Sends<Reauthenticate>,
) -> Answered<Nothing> {
    let (app, caller) = (account.app(), account.caller());
    let check = async || check_own_password(&account, &asked.password).await;
    let lane = GuessLane::SignedIn(caller.device());
    app.throttle.tried(lane, None, app.clock.now(), check).await?;
    account
        .own(async |tx, own| {
            tx.execute(store::authenticated(caller.device(), own.moment())).await?;
            Ok(Nothing)
        })
        .await
}

async fn check_own_password(account: &Account, password: &Password) -> Answered<()> {
    let phc =
        account.own(async |tx, _| Ok(tx.first(store::own_password()).await?.flatten())).await?;
    match account.app().hasher.verify_known(password, phc.as_deref()).await.map_err(hashing)? {
        Verdict::Mismatch => Err(ProblemKind::InvalidCredentials.into()),
        Verdict::Match { .. } => Ok(()),
    }
}

/// The public keys of access tokens, RFC 7517.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Jwks {
    /// The keys that tokens in circulation may be signed with.
    #[schema(max_items = 10)]
    keys: Vec<Jwk>,
}

/// A public Ed25519 key, RFC 8037.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Jwk {
    /// `OKP`.
    #[schema(max_length = 10)]
    kty: String,
    /// `Ed25519`.
    #[schema(max_length = 10)]
    crv: String,
    /// The key.
    #[schema(max_length = 43)]
    x: String,
    /// The key's thumbprint.
    #[schema(max_length = 43)]
    kid: String,
    /// `sig`.
    #[schema(max_length = 10)]
    r#use: String,
    /// `EdDSA`.
    #[schema(max_length = 10)]
    alg: String,
}

async fn get_jwks(anyone: Anyone) -> Answered<Public<Versioned<Jwks>>> {
    let app = anyone.app();
    let json = app.keys().ring().jwks_json(app.clock.now());
    let etag = reference::fingerprint(json.as_bytes());
    let keys = serde_json::from_str(&json).map_err(Problem::internal)?;
    Ok(Public(Versioned(keys, etag)))
}
