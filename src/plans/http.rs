//! The address where a plan's attendance is read, by its patient and by practitioners.

use super::progress::{PlanProgress, PlanTerms, Visit, progress};
use crate::access::{Id, Patient, Purpose, Read, Reader, Shared};
use crate::collections::{TreatmentPlan, TreatmentSessionStatus};
use crate::db::{Statement, row};
use crate::http::{Answered, Found, ProblemKind, document};
use crate::journal::{find, newest_day, today};
use crate::routes::{Operation, Routes};
use crate::sections::{Section, Sections};
use actix_web::http::Method;
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
    )
    .describe(ABOUT);
    routes.serve(Method::GET, "/v1/treatment-plans/{id}/progress", op, plan_progress::<Patient>);
    let op = Operation::new(
        "getSharedTreatmentPlanProgress",
        "patients",
        "Attendance against a treatment plan, through a share",
    )
    .describe(ABOUT);
    let path = "/v1/patients/{share_id}/treatment-plans/{id}/progress";
    routes.serve(Method::GET, path, op, plan_progress::<Shared<Progress>>);
}
document!(PlanProgress);

row! {
    /// A visit that names the plan.
    pub struct VisitRow { journal_date: NaiveDate, status: TreatmentSessionStatus }
}

fn visits(plan: Uuid) -> Statement<Read, VisitRow> {
    Statement::new(
        "SELECT journal_date, status FROM pj.treatment_sessions WHERE patient_id = sec.subject() \
         AND deleted_at IS NULL AND treatment_plan_id = $1",
    )
    .bind(plan)
}

/// A reader of a plan through a share.
struct Progress;

impl Purpose for Progress {
    const SECTIONS: Sections = TREATMENT;
    const ACTION: &'static str = "treatment_plan_progress";
}

async fn plan_progress<R: Reader>(reader: R, Id(id): Id) -> Answered<Found<PlanProgress>> {
    let now = reader.app().clock.now();
    let asked = (find::<TreatmentPlan>(id), visits(id), newest_day(now));
    let found = reader.read_settled((None, None), asked, |journal, (plans, visits, newest)| {
        let plan = plans.into_iter().next().ok_or(ProblemKind::NotFound)?;
        Ok((journal, plan, visits, newest))
    });
    let (journal, plan, visits, newest) = found.await?;
    let visits: Vec<Visit> =
        visits.into_iter().map(|row| Visit { day: row.journal_date, status: row.status }).collect();
    Ok(Found(progress(&PlanTerms::from(&plan.content), &visits, today(&journal, &newest))))
}
