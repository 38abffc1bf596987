//! Sharing: a patient invites, a practitioner redeems, the patient confirms, either side ends.

mod model;
mod patients;
mod store;

pub use model::{Share, SharePractitioner};
pub use patients::{OpenJournal, Overview, Sort, patients};

use crate::access::{
    Account, Asked, Call, FreshPatient, FromCall, Id, JournalAccess, Own, Practitioner, Sends,
    SendsWhole, ToPut,
};
use crate::credentials::codes::InvitationCode;
use crate::credentials::throttle::GuessLane;
use crate::db::Tx;
use crate::http::precondition::{PutCondition, Versions, etag};
use crate::http::{Answered, Created, Found, Nothing, Page, Problem, ProblemKind, Versioned};
use crate::routes::{Operation, Parameter, Routes};
use crate::wire::{Faults, Text};
use actix_web::dev::Payload;
use actix_web::http::Method;
use chrono::{DateTime, Duration, Utc};
use model::{RedeemShare, RedeemedShare, ShareInvitation, ShareReference, ShareTerms};
use serde_json::json;
use uuid::Uuid;

/// An invitation can be redeemed for this long.
const CODE_LIFE: Duration = Duration::hours(72);

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    let terms = json!({"label": "Dr. Lind", "sections": ["pain", "sleep", "treatment"],
        "from_date": null, "to_date": null, "expires_at": crate::routes::SOMEDAY});

    let op = Operation::new("createShare", "shares", "Invite a practitioner")
        .describe(
            "Opens nothing yet: hand the code to the practitioner, then confirm who redeemed it. It says in \
            `patient` what the practitioner will see of the profile; `show_name` and `show_year_of_birth` \
            leave either out. When the answer is lost, end the invitation you find in the list and make another.",
        )
        .takes_resource::<ShareTerms>()
        .example(terms.clone());
    routes.serve(Method::POST, "/v1/shares", op, create);

    let op = Operation::new("listShares", "shares", "List own shares, on either side").describe(
        "At most 200: active ones first, then those that may become active, then ended ones; of each the newest \
        first.",
    );
    routes.serve(Method::GET, "/v1/shares", op, list);

    let op = Operation::new("getShare", "shares", "Read one share")
        .parameter(Parameter::if_none_match());
    routes.serve(Method::GET, "/v1/shares/{id}", op, get);

    let op = Operation::new("redeemShare", "shares", "Redeem an invitation")
        .describe("Shows nothing of the patient but the label. Every failure is the same 404.")
        .takes::<RedeemShare>()
        .example(json!({"code": "K7QF-2M9X-TP4D"}))
        .problems(&[ProblemKind::NotFound, ProblemKind::TooManyAttempts]);
    routes.serve(Method::POST, "/v1/shares/redeem", op, redeem);

    let op = Operation::new("confirmShare", "shares", "Confirm the practitioner")
        .describe("Look at the practitioner's name and verified address first: from now on the share is open.")
        .problems(&[ProblemKind::Conflict]);
    routes.serve(Method::POST, "/v1/shares/{id}/confirm", op, confirm);

    let op = Operation::new("changeShare", "shares", "Narrow or widen a share")
        .parameter(Parameter::if_match())
        .takes_resource::<ShareTerms>()
        .example(terms)
        .problems(&[
            ProblemKind::Conflict,
            ProblemKind::InvalidHeader,
            ProblemKind::PreconditionFailed,
            ProblemKind::PreconditionRequired,
        ]);
    routes.serve(Method::PUT, "/v1/shares/{id}", op, change);

    let op = Operation::new("putShareReference", "patients", "Keep a reference for a journal")
        .describe(
            "The practitioner's own, such as a chart number: it stands in the list, on all that is made of \
            the journal, and in the names of files. The patient sees that there is one, not which.",
        )
        .takes::<ShareReference>()
        .example(json!({"reference": "A-1041"}));
    routes.serve(Method::PUT, "/v1/shares/{id}/reference", op, refer);

    let op = Operation::new("endShare", "shares", "End a share").describe(
        "Either side may. Requests that begin after it are refused; ending twice is fine.",
    );
    routes.serve(Method::DELETE, "/v1/shares/{id}", op, end);

    let op = Operation::new(
        "listPatients",
        "patients",
        "List the journals open to me")
    .describe(
        "Active shares only, each with how its journal stands, as far as the share opens it. A share's \
            id is the address of the journal. Each journal listed gets a line in its access log.",
    )
    .parameter(Parameter::query(
        "search",
        "Part of the name, the reference or the label, whatever its case.",
        json!({"type": "string", "maxLength": 100}),
    ))
    .parameter(Parameter::query(
        "sort",
        "`newest`, `name`, `reference` or `label`; what has none of it comes last.",
        json!({"type": "string", "maxLength": 16, "examples": ["name"]}),
    ));
    routes.serve(Method::GET, "/v1/patients", op, patients::list);
}

/// Valid terms, or the faults.
fn checked(terms: ShareTerms, now: DateTime<Utc>) -> Answered<ShareTerms> {
    let mut faults = Faults::default();
    terms.check(now, &mut faults);
    if faults.is_empty() { Ok(terms) } else { Err(Problem::invalid(faults.into_vec())) }
}

async fn found(tx: &Tx<'_, Own>, own: &JournalAccess<Own>, id: Uuid) -> Answered<Share> {
    let row = tx.first(store::find(id)).await?.ok_or(ProblemKind::NotFound)?;
    Ok(Share::of(row, own.moment()))
}

async fn create(
    patient: FreshPatient,
    SendsWhole(terms): SendsWhole<ShareTerms>,
) -> Answered<Created<ShareInvitation>> {
    let invitation = invite(&patient, terms).await?;
    let etag = invitation.share.etag();
    Ok(Created(invitation, etag))
}

/// Makes an invitation.
///
/// # Errors
/// 401 without a fresh password check, 422 for terms that will not do.
pub async fn invite(patient: &FreshPatient, terms: ShareTerms) -> Answered<ShareInvitation> {
    let app = patient.app();
    patient
        .own(async |tx, own| {
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

async fn list(account: Account) -> Answered<Found<Page<Share>>> {
    account
        .own(async |tx, own| {
            let rows = tx.load(store::list(own.moment())).await?;
            let shares = rows.into_iter().map(|row| Share::of(row, own.moment()));
            Ok(Found(Page::whole(shares.collect())))
        })
        .await
}

async fn get(account: Account, Id(id): Id) -> Answered<Versioned<Share>> {
    account
        .own(async |tx, own| {
            let share = found(tx, &own, id).await?;
            let etag = share.etag();
            Ok(Versioned(share, etag))
        })
        .await
}

async fn redeem(
    practitioner: Practitioner,
    Sends(asked): Sends<RedeemShare>,
) -> Answered<Found<RedeemedShare>> {
    redeem_code(&practitioner, asked.code.as_str()).await.map(Found)
}

/// Redeems an invitation for a practitioner.
///
/// # Errors
/// 404 for every failure alike, 429 after five within an hour.
pub async fn redeem_code(practitioner: &Practitioner, code: &str) -> Answered<RedeemedShare> {
    let app = practitioner.app();
    let lane = GuessLane::Invitations(practitioner.caller().account());
    let check = async || redeem_once(practitioner, code).await;
    app.throttle.tried(lane, None, app.clock.now(), check).await
}

async fn redeem_once(practitioner: &Practitioner, code: &str) -> Answered<RedeemedShare> {
    let app = practitioner.app();
    practitioner
        .own(async |tx, own| {
            let code = InvitationCode::parse(code).ok_or(ProblemKind::NotFound)?;
            let hash = code.digest(&app.codes).to_vec();
            let redeemed = tx.first(store::redeem(hash, own.moment())).await?;
            let share_id = redeemed.and_then(|(id,)| id).ok_or(ProblemKind::NotFound)?;
            let read = tx.first(store::find(share_id)).await?.ok_or(ProblemKind::NotFound)?;
            Ok(RedeemedShare { share_id, state: "redeemed", label: read.row.label })
        })
        .await
}

async fn confirm(patient: FreshPatient, Id(id): Id) -> Answered<Versioned<Share>> {
    let share = confirm_share(&patient, id).await?;
    let etag = share.etag();
    Ok(Versioned(share, etag))
}

/// Opens a redeemed share.
///
/// # Errors
/// 404 for a share that is not the caller's, 409 for one that is not redeemed.
pub async fn confirm_share(patient: &FreshPatient, id: Uuid) -> Answered<Share> {
    patient
        .own(async |tx, own| {
            let row = tx.first(store::lock_given(id)).await?.ok_or(ProblemKind::NotFound)?;
            match row.state(own.moment()) {
                "redeemed" => {
                    tx.execute(store::confirm(id, own.moment())).await?;
                }
                // A repeated request: what it asks for already is.
                "active" => {}
                _ => {
                    return Err(Problem::new(ProblemKind::Conflict)
                        .detail("problem.detail.share_not_redeemed"));
                }
            }
            found(tx, &own, id).await
        })
        .await
}

async fn change(
    patient: FreshPatient,
    ToPut { id, condition, content: terms }: ToPut<ShareTerms>,
) -> Answered<Versioned<Share>> {
    patient
        .own(async |tx, own| {
            let terms = checked(terms, own.moment())?;
            let row = tx.first(store::lock_given(id)).await?.ok_or(ProblemKind::NotFound)?;
            let meets = |versions: &Versions| versions.names(row.version);
            if !matches!(&condition, PutCondition::Versions(versions) if meets(versions)) {
                return Err(Problem::new(ProblemKind::PreconditionFailed).etag(etag(row.version)));
            }
            if row.state(own.moment()) == "ended" {
                return Err(
                    Problem::new(ProblemKind::Conflict).detail("problem.detail.share_ended")
                );
            }
            let shown = (row.show_name, row.show_year_of_birth);
            tx.execute(store::change(id, terms, shown)).await?;
            let share = found(tx, &own, id).await?;
            let etag = share.etag();
            Ok(Versioned(share, etag))
        })
        .await
}

/// The practitioner's reference, kept or taken away.
async fn refer(
    practitioner: Practitioner,
    AskedReference { id, reference }: AskedReference,
) -> Answered<Versioned<Share>> {
    practitioner
        .own(async |tx, own| {
            let reference = reference.reference.map(Text::into_string);
            match tx.first(store::keep_reference(id, reference, own.moment())).await? {
                Some((true,)) => {}
                _ => return Err(ProblemKind::NotFound.into()),
            }
            let share = found(tx, &own, id).await?;
            let etag = share.etag();
            Ok(Versioned(share, etag))
        })
        .await
}

/// A reference, and of which share.
struct AskedReference {
    id: Uuid,
    reference: ShareReference,
}

impl Asked for AskedReference {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        let Id(id) = Id::from_call(call)?;
        let Sends(reference) = Sends::<ShareReference>::read(call, payload).await?;
        Ok(Self { id, reference })
    }
}

async fn end(account: Account, Id(id): Id) -> Answered<Nothing> {
    account
        .own(async |tx, own| {
            found(tx, &own, id).await?;
            if tx.execute(store::end(id, own.moment())).await? == 0 {
                tx.load(store::leave(id, own.moment())).await?;
            }
            Ok(Nothing)
        })
        .await
}
