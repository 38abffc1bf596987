//! The own signed-in devices: shown to their owner, who may sign each of them out.

use super::store;
use crate::access::{Account, Id, Own};
use crate::db::Statement;
use crate::db::schema::devices;
use crate::http::{Answered, Found, Nothing, Page, ProblemKind, document};
use crate::routes::{Operation, Routes};
use crate::time::serialize_utc;
use actix_web::http::Method;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    let op = Operation::new("listDevices", "auth", "List signed-in devices");
    routes.serve(Method::GET, "/v1/devices", op, list);

    let op = Operation::new("revokeDevice", "auth", "Sign a device out");
    routes.serve(Method::DELETE, "/v1/devices/{id}", op, revoke);
}

/// A signed-in installation of an app.
#[derive(Debug, Serialize, utoipa::ToSchema, Queryable)]
pub struct Device {
    /// Its id.
    id: Uuid,
    /// What the owner calls it.
    #[schema(max_length = 100)]
    name: Option<String>,
    /// Its system.
    #[schema(max_length = 40)]
    platform: Option<String>,
    /// The app's version.
    #[schema(max_length = 40)]
    app_version: Option<String>,
    /// When it signed in.
    #[serde(serialize_with = "serialize_utc")]
    created_at: DateTime<Utc>,
    /// When it last refreshed its tokens.
    #[serde(serialize_with = "serialize_utc")]
    last_used_at: DateTime<Utc>,
    /// Is it the one that asks?
    current: bool,
}
document!(Device);

/// The devices of an account that are signed in; `current` is the one that asks.
fn signed_in(account: Uuid, current: Uuid, now: DateTime<Utc>) -> Statement<Own, Device> {
    let shown = devices::table
        .filter(devices::account_id.eq(account))
        .filter(devices::revoked_at.is_null())
        .filter(devices::idle_expires_at.gt(now))
        .filter(devices::absolute_expires_at.gt(now))
        .order((devices::last_used_at.desc(), devices::id.desc()));
    Statement::query(shown.select((
        devices::id,
        devices::name,
        devices::platform,
        devices::app_version,
        devices::created_at,
        devices::last_used_at,
        devices::id.eq(current),
    )))
}

async fn list(account: Account) -> Answered<Found<Page<Device>>> {
    let caller = account.caller();
    account
        .own(async |tx, own| {
            let shown = signed_in(caller.account(), caller.device(), own.moment());
            Ok(Found(Page::whole(tx.load(shown).await?)))
        })
        .await
}

async fn revoke(account: Account, Id(device): Id) -> Answered<Nothing> {
    let caller = account.caller();
    account
        .own(async |tx, own| {
            let revoke = store::revoke_own(caller.account(), device, own.moment());
            if tx.execute(revoke).await? == 0 { Err(ProblemKind::NotFound.into()) } else { Ok(()) }
        })
        .await?;
    account.app().pokes.poke(caller.account());
    Ok(Nothing)
}
