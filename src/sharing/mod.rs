//! Sharing: a patient invites, a practitioner redeems, the patient confirms, either side ends.

mod model;
mod patients;
mod store;

pub use patients::{Overview, Patient, patients};

use crate::access::{self, Caller, JournalAccess, Need, Own};
use crate::app::App;
use crate::credentials::codes::InvitationCode;
use crate::db::Tx;
use crate::http::precondition::{self, PutCondition, Versions};
use crate::http::{
    Answered, Body, Found, Made, Nothing, Page, Problem, ProblemKind, Sent, Versioned, path_id,
};
use crate::routes::{Authz, Operation, Parameter, Routes};
use crate::wire::Faults;
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use chrono::{DateTime, Duration, Utc};
use model::{RedeemShare, RedeemedShare, Share, ShareInvitation, ShareTerms};
use serde_json::json;
use uuid::Uuid;

/// An invitation can be redeemed for this long.
const CODE_LIFE: Duration = Duration::hours(72);

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    let terms = json!({"label": "Dr. Lind", "sections": ["pain", "sleep", "treatment"],
        "from_date": null, "to_date": null, "expires_at": crate::routes::SOMEDAY});

    let op = Operation::new(
        "createShare",
        "shares",
        "Invite a practitioner",
        Authz::PATIENT.step_up(),
    )
    .describe(
        "Opens nothing yet: hand the code to the practitioner, then confirm who redeemed it. \
            When the answer is lost, end the invitation you find in the list and make another.",
    )
    .takes_resource::<ShareTerms>()
    .example(terms.clone());
    routes.add(Method::POST, "/v1/shares", op, create);

    let op =
        Operation::new("listShares", "shares", "List own shares, on either side", Authz::ACCOUNT);
    routes.add(Method::GET, "/v1/shares", op, list);

    let op = Operation::new("getShare", "shares", "Read one share", Authz::ACCOUNT)
        .parameter(Parameter::if_none_match());
    routes.add(Method::GET, "/v1/shares/{id}", op, get);

    let op = Operation::new("redeemShare", "shares", "Redeem an invitation", Authz::PRACTITIONER)
        .describe("Shows nothing of the patient but the label. Every failure is the same 404.")
        .takes::<RedeemShare>()
        .example(json!({"code": "K7QF-2M9X-TP4D"}))
        .problems(&[ProblemKind::NotFound]);
    routes.add(Method::POST, "/v1/shares/redeem", op, redeem);

    let op = Operation::new("confirmShare", "shares", "Confirm the practitioner", Authz::PATIENT.step_up())
        .describe("Look at the practitioner's name and verified address first: from now on the share is open.")
        .problems(&[ProblemKind::Conflict]);
    routes.add(Method::POST, "/v1/shares/{id}/confirm", op, confirm);

    let op = Operation::new(
        "changeShare",
        "shares",
        "Narrow or widen a share",
        Authz::PATIENT.step_up(),
    )
    .parameter(Parameter::if_match())
    .takes_resource::<ShareTerms>()
    .example(terms)
    .problems(&[
        ProblemKind::Conflict,
        ProblemKind::InvalidHeader,
        ProblemKind::PreconditionFailed,
        ProblemKind::PreconditionRequired,
    ]);
    routes.add(Method::PUT, "/v1/shares/{id}", op, change);

    let op = Operation::new("endShare", "shares", "End a share", Authz::ACCOUNT).describe(
        "Either side may. Requests that begin after it are refused; ending twice is fine.",
    );
    routes.add(Method::DELETE, "/v1/shares/{id}", op, end);

    let op = Operation::new(
        "listPatients",
        "patients",
        "List the journals open to me",
        Authz::PRACTITIONER,
    )
    .describe(
        "Active shares only, each with how its journal stands, as far as the share opens it. A share's \
            id is the address of the journal. Each journal listed gets a line in its access log.",
    );
    routes.add(Method::GET, "/v1/patients", op, patients::list);
}

const PATIENT_FRESH: Need = Need::PATIENT.fresh();

/// Valid terms, or the faults; the caller's standing comes first.
fn checked(terms: Answered<ShareTerms>, now: DateTime<Utc>) -> Answered<ShareTerms> {
    let terms = terms?;
    let mut faults = Faults::default();
    terms.check(now, &mut faults);
    if faults.is_empty() { Ok(terms) } else { Err(Problem::invalid(faults.into_vec())) }
}

async fn found(tx: &Tx<'_, Own>, own: &JournalAccess<Own>, id: Uuid) -> Answered<Share> {
    let row = tx.first(store::find(id)).await?.ok_or(ProblemKind::NotFound)?;
    Ok(Share::of(row, own.moment()))
}

async fn create(
    caller: Caller,
    app: web::Data<App>,
    body: Body<Sent<ShareTerms>>,
) -> Answered<Made<ShareInvitation>> {
    let invitation = invite(&app, &caller, body.valid().and_then(Sent::content)).await?;
    let etag = invitation.share.etag();
    Ok(Made(invitation, etag))
}

/// Makes an invitation.
///
/// # Errors
/// 401 without a fresh password check, 422 for terms that will not do.
pub async fn invite(
    app: &App,
    caller: &Caller,
    terms: Answered<ShareTerms>,
) -> Answered<ShareInvitation> {
    access::own(app, caller, PATIENT_FRESH, async |tx, own| {
        let terms = checked(terms, own.moment())?;
        let id = app.ids.next();
        let code = InvitationCode::generate(&*app.random);
        let hash = code.digest(&app.codes).to_vec();
        let code_expires_at = own.moment() + CODE_LIFE;
        tx.execute(store::insert(id, terms, hash, code_expires_at, own.moment())).await?;
        let share = found(tx, &own, id).await?;
        let code = code.expose().to_owned();
        let qr_text = format!("{}/redeem#{code}", app.public_url);
        Ok(ShareInvitation { share, code, qr_text })
    })
    .await
}

async fn list(caller: Caller, app: web::Data<App>) -> Answered<Found<Page<Share>>> {
    access::own(&app, &caller, Need::ACCOUNT, async |tx, own| {
        let rows = tx.load(store::list()).await?;
        let shares = rows.into_iter().map(|row| Share::of(row, own.moment()));
        Ok(Found(Page::whole(shares.collect())))
    })
    .await
}

async fn get(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Versioned<Share>> {
    access::own(&app, &caller, Need::ACCOUNT, async |tx, own| {
        let share = found(tx, &own, path_id(&request, "id")?).await?;
        let etag = share.etag();
        Ok(Versioned(share, etag))
    })
    .await
}

async fn redeem(
    caller: Caller,
    app: web::Data<App>,
    body: Body<RedeemShare>,
) -> Answered<Found<RedeemedShare>> {
    let asked = access::heard(&app, &caller, Need::PRACTITIONER, body.valid()).await?;
    redeem_code(&app, &caller, asked.code.as_str()).await.map(Found)
}

/// Redeems an invitation for a practitioner.
///
/// # Errors
/// 404 for every failure alike.
pub async fn redeem_code(app: &App, caller: &Caller, code: &str) -> Answered<RedeemedShare> {
    access::own(app, caller, Need::PRACTITIONER, async |tx, own| {
        let code = InvitationCode::parse(code).ok_or(ProblemKind::NotFound)?;
        let hash = code.digest(&app.codes).to_vec();
        let redeemed = tx.first(store::redeem(hash, own.moment())).await?;
        let share_id = redeemed.and_then(|(id,)| id).ok_or(ProblemKind::NotFound)?;
        let row = tx.first(store::find(share_id)).await?.ok_or(ProblemKind::NotFound)?;
        Ok(RedeemedShare { share_id, state: "redeemed", label: row.label })
    })
    .await
}

async fn confirm(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Versioned<Share>> {
    let id = access::heard(&app, &caller, PATIENT_FRESH, path_id(&request, "id")).await?;
    let share = confirm_share(&app, &caller, id).await?;
    let etag = share.etag();
    Ok(Versioned(share, etag))
}

/// Opens a redeemed share.
///
/// # Errors
/// 404 for a share that is not the caller's, 409 for one that is not redeemed.
pub async fn confirm_share(app: &App, caller: &Caller, id: Uuid) -> Answered<Share> {
    access::own(app, caller, PATIENT_FRESH, async |tx, own| {
        let row = tx.first(store::lock_given(id)).await?.ok_or(ProblemKind::NotFound)?;
        match Share::of(row, own.moment()).state() {
            "redeemed" => {
                tx.execute(store::confirm(id, own.moment())).await?;
            }
            // A repeated request: what it asks for already is.
            "active" => {}
            _ => {
                return Err(Problem::new(ProblemKind::Conflict)
                    .detail("Only a redeemed share can be confirmed."));
            }
        }
        found(tx, &own, id).await
    })
    .await
}

async fn change(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
    body: Body<Sent<ShareTerms>>,
) -> Answered<Versioned<Share>> {
    access::own(&app, &caller, PATIENT_FRESH, async |tx, own| {
        let id = path_id(&request, "id")?;
        let condition = precondition::of_put(&request)?;
        let terms = body.valid().and_then(|sent| sent.about(id, &condition));
        let terms = checked(terms, own.moment())?;
        let row = tx.first(store::lock_given(id)).await?.ok_or(ProblemKind::NotFound)?;
        let share = Share::of(row, own.moment());
        let meets = |versions: &Versions| versions.names(share.version());
        if !matches!(&condition, PutCondition::Versions(versions) if meets(versions)) {
            return Err(Problem::new(ProblemKind::PreconditionFailed).etag(share.etag()));
        }
        if share.state() == "ended" {
            return Err(Problem::new(ProblemKind::Conflict).detail("An ended share stays ended."));
        }
        tx.execute(store::change(id, terms)).await?;
        let share = found(tx, &own, id).await?;
        let etag = share.etag();
        Ok(Versioned(share, etag))
    })
    .await
}

async fn end(caller: Caller, request: HttpRequest, app: web::Data<App>) -> Answered<Nothing> {
    access::own(&app, &caller, Need::ACCOUNT, async |tx, own| {
        let id = path_id(&request, "id")?;
        found(tx, &own, id).await?;
        if tx.execute(store::end(id, own.moment())).await? == 0 {
            tx.load(store::leave(id, own.moment())).await?;
        }
        Ok(Nothing)
    })
    .await
}
