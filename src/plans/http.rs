//! The address where a plan's attendance is read, by its patient and by practitioners.

use super::progress::{PlanProgress, PlanTerms, Visit, progress};
use crate::access::{self, Caller, Need, Read, Target};
use crate::app::App;
use crate::collections::{SessionStatus, TreatmentPlan};
use crate::db::{Statement, row};
use crate::http::{Answered, Found, ProblemKind, document, path_id};
use crate::journal::find;
use crate::routes::{Authz, Operation, Routes};
use crate::sections::{Section, Sections};
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use chrono::NaiveDate;
use uuid::Uuid;

/// What a plan belongs to.
const TREATMENT: Sections = Sections::of(&[Section::Treatment]);
const ABOUT: &str = "Counts of the visits that name the plan, as of today in the patient's journal. \
    Through a share only visits within its days count. Nothing is concluded from them.";

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    let op = Operation::new(
        "getTreatmentPlanProgress",
        "journal",
        "Attendance against a treatment plan",
        Authz::PATIENT,
    )
    .describe(ABOUT);
    routes.add(Method::GET, "/v1/treatment-plans/{id}/progress", op, own_progress);
    let op = Operation::new(
        "getSharedTreatmentPlanProgress",
        "patients",
        "Attendance against a treatment plan, through a share",
        Authz::share(TREATMENT),
    )
    .describe(ABOUT);
    let path = "/v1/patients/{share_id}/treatment-plans/{id}/progress";
    routes.add(Method::GET, path, op, shared_progress);
}
document!(PlanProgress);

row! {
    /// A visit that names the plan.
    pub struct VisitRow { journal_date: NaiveDate, status: SessionStatus }
}

fn visits(plan: Uuid) -> Statement<Read, VisitRow> {
    Statement::new(
        "SELECT journal_date, status FROM pj.treatment_sessions WHERE patient_id = sec.subject() \
         AND deleted_at IS NULL AND treatment_plan_id = $1",
    )
    .bind(plan)
}

async fn own_progress(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Found<PlanProgress>> {
    answer(&app, &caller, &request, Need::PATIENT, Ok(Target::Own)).await
}

async fn shared_progress(
    caller: Caller,
    request: HttpRequest,
    app: web::Data<App>,
) -> Answered<Found<PlanProgress>> {
    let target = path_id(&request, "share_id").map(|id| Target::Share {
        id,
        action: "treatment_plan_progress",
        sections: TREATMENT,
        from: None,
        to: None,
    });
    answer(&app, &caller, &request, Need::PRACTITIONER, target).await
}

async fn answer(
    app: &App,
    caller: &Caller,
    request: &HttpRequest,
    need: Need,
    target: Answered<Target>,
) -> Answered<Found<PlanProgress>> {
    let target = access::heard(app, caller, need, target).await?;
    let id = path_id(request, "id");
    let wanted = id.as_ref().copied().unwrap_or_default();
    let (journal, (plans, visits)) = access::read_all(app, caller, need, target, {
        (find::<TreatmentPlan>(wanted), visits(wanted))
    })
    .await?;
    id?;
    let plan = plans.into_iter().next().ok_or(ProblemKind::NotFound)?;
    let visits: Vec<Visit> =
        visits.into_iter().map(|row| Visit { day: row.journal_date, status: row.status }).collect();
    Ok(Found(progress(&PlanTerms::from(&plan.content), &visits, journal.today())))
}
