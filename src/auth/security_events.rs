//! What happened to a person's sign-ins that they should know of: noted in the transaction of its
//! cause, shown to them as a list, and told by mail.

use super::store;
use crate::access::{Account, ListPage, Own};
use crate::app::App;
use crate::db::schema::{devices, security_events};
use crate::db::{Anonymous, DbError, Statement, Tx, is_before};
use crate::http::{Answered, Found, Page, PageRequest, document};
use crate::language::Language;
use crate::mail::texts;
use crate::routes::{Operation, Routes};
use crate::time::serialize_utc;
use actix_web::http::Method;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

/// An event that did not happen again for this long is forgotten.
const LIFE: Duration = Duration::days(365);

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecurityEventKind {
    /// A refresh token came again more than a minute after its successor was issued, and was answered.
    RefreshRepeated,
    /// A refresh token came again more than a minute after its successor was presented: the device
    /// was signed out.
    RefreshReused,
}

impl SecurityEventKind {
    const fn code(self) -> &'static str {
        match self {
            Self::RefreshRepeated => "refresh_repeated",
            Self::RefreshReused => "refresh_reused",
        }
    }
}

/// Notes what happened with a device's refresh token of that counter, and queues the mail to its
/// owner: for repeats at most one a day and device.
pub(super) async fn note(
    app: &App,
    tx: &Tx<'_, Anonymous>,
    (device, counter, kind): (Uuid, i64, SecurityEventKind),
    (email, language): (&str, &Language),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let note =
        Statement::<Anonymous, (bool,)>::new("SELECT sec.note_security_event($1, $2, $3, $4, $5)")
            .bind(app.ids.next())
            .bind(device)
            .bind(counter)
            .bind(kind.code().to_owned())
            .bind(now);
    if !tx.first(note).await?.is_some_and(|(tell,)| tell) {
        return Ok(());
    }
    let mail = match kind {
        SecurityEventKind::RefreshRepeated => {
            texts::sign_in_repeated(language, email, &app.public_url)
        }
        SecurityEventKind::RefreshReused => {
            texts::device_signed_out(language, email, &app.public_url)
        }
    };
    store::queue_mail(tx, app.ids.next(), mail, now).await
}

/// Forgets events that did not happen again for a year; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &Tx<'_, Anonymous>, now: DateTime<Utc>) -> Result<usize, DbError> {
    let statement = Statement::<Anonymous, (i64,)>::new("SELECT sec.forget_security_events($1)");
    let gone = tx.first(statement.bind(now - LIFE)).await?;
    Ok(gone.map_or(0, |(gone,)| usize::try_from(gone).unwrap_or(0)))
}

/// Registers the operation.
pub(super) fn routes(routes: &mut Routes) {
    let op = Operation::new(
        "listSecurityEvents",
        "auth",
        "What happened to the own sign-ins")
    .describe(
        "Newest first. Each event is one line, however often it happened. An event that did not happen \
         again for a year is forgotten.",
    )
    .pages();
    routes.serve(Method::GET, "/v1/me/security-events", op, list);
}

/// Something that happened to a sign-in.
#[derive(Debug, Serialize, utoipa::ToSchema, Queryable, Selectable)]
#[diesel(table_name = security_events)]
pub struct SecurityEvent {
    /// Its id.
    id: Uuid,
    /// `refresh_repeated`: a refresh token came again more than a minute after it was answered, and got
    /// the same answer; an app that was closed before it could store the answer does that, and so does
    /// a copy in other hands. `refresh_reused`: it came again when its successor was in use, and the
    /// device was signed out. Read an unknown kind as "something else".
    #[schema(max_length = 40, examples("refresh_repeated"))]
    kind: String,
    /// When it first happened.
    #[serde(serialize_with = "serialize_utc")]
    at: DateTime<Utc>,
    /// When it last happened.
    #[serde(serialize_with = "serialize_utc")]
    last_at: DateTime<Utc>,
    /// How often.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    times: i32,
    /// The device.
    device_id: Uuid,
    /// What its owner calls it.
    #[schema(max_length = 100)]
    #[diesel(select_expression = devices::name)]
    device_name: Option<String>,
}
document!(SecurityEvent);

fn own_events(account: Uuid, page: PageRequest) -> Statement<Own, SecurityEvent> {
    let place = (security_events::at, security_events::id);
    let events = security_events::table
        .inner_join(devices::table)
        .filter(security_events::account_id.eq(account))
        .filter(is_before(place, page.before()))
        .order((security_events::at.desc(), security_events::id.desc()))
        .limit(page.rows());
    Statement::query(events.select(SecurityEvent::as_select()))
}

async fn list(
    account: Account,
    ListPage { page: asked, list }: ListPage,
) -> Answered<Found<Page<SecurityEvent>>> {
    let (app, caller) = (account.app(), account.caller());
    account
        .own(async |tx, _| {
            let events = own_events(caller.account(), asked);
            let page = Page::of(tx.load(events).await?, asked.limit, |last| {
                app.cursors.seal(&list, (last.at.timestamp_micros(), last.id))
            });
            Ok(Found(page))
        })
        .await
}
