//! The responder analysis of a practitioner: one journal after the other, each through its own share
//! and with its own line in that patient's access log.

use crate::access::{Own, Practitioner, Purpose, Reader, Shared};

use crate::db::Statement;
use crate::http::{Answered, Found, ProblemKind, document};

use crate::journal::{newest_day, today};
use crate::report::read::statements;
use crate::report::rules::pain::baseline;
use crate::report::rules::pain::daily::PainDays;
use crate::report::rules::pain::responders::{
    FOLLOW_UP_WEEKS, ResponderAnalysis, ResponderOutcome, analyse,
};
use crate::report::rules::treatment::course::Course;
use crate::routes::{Operation, Routes};
use crate::sections::{Section, Sections};
use crate::time::last_date_on_earth;
use actix_web::http::Method;
use chrono::{DateTime, Days, Utc};
use uuid::Uuid;

/// What the analysis reads; a share must open both.
const SECTIONS: Sections = Sections::of(&[Section::Pain, Section::Treatment]);

/// Registers the operation.
pub(crate) fn routes(routes: &mut Routes) {
    let op = Operation::new(
        "getResponders",
        "reports",
        "Responders among the own patients",
    )
    .describe(
        "Of the patients whose active share opens pain and treatment, the newest 200: how many \
         reached a reduction of 30 and of 50 percent eight weeks after the first attended treatment \
         of their latest course. \
         A patient without enough ratings then counts as no responder; complete cases stand beside. \
         Cells of fewer than ten patients are withheld. Nobody is ranked and no cause is shown. \
         Each journal that is read gets a line in its access log.",
    );
    routes.serve(Method::GET, "/v1/responders", op, responders);
}
document!(ResponderAnalysis);

/// The newest open share of each patient that opens both sections.
fn shares(now: DateTime<Utc>) -> Statement<Own, (Uuid,)> {
    Statement::new(
        "SELECT id FROM (SELECT DISTINCT ON (patient_id) id, created_at FROM pj.shares \
         WHERE practitioner_id = sec.actor() AND state = 'active' AND expires_at > $1 \
         AND sections @> ARRAY['pain', 'treatment'] \
         ORDER BY patient_id, created_at DESC, id DESC) s ORDER BY created_at DESC, id DESC LIMIT 200",
    )
    .bind(now)
}

/// The analysis reads one journal after the other.
struct Responders;

impl Purpose for Responders {
    const SECTIONS: Sections = SECTIONS;
    const ACTION: &'static str = "responders";
}

async fn responders(practitioner: Practitioner) -> Answered<Found<ResponderAnalysis>> {
    let shares = practitioner.own(async |tx, own| Ok(tx.load(shares(own.moment())).await?)).await?;
    // As many reads as there are patients, one after the other: they take one place among the reports.
    let _place = practitioner.app().lanes.reports.enter().await?;
    let mut outcomes = Vec::with_capacity(shares.len());
    for (share,) in shares {
        match outcome(&Shared::new(practitioner.clone(), share)).await {
            Ok(outcome) => outcomes.push(outcome),
            // Ended since the list was read: it is none of the caller's patients any more.
            Err(problem) if problem.kind() == ProblemKind::NotFound => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(Found(analyse(&outcomes)))
}

/// How one patient came out, read in one round trip.
async fn outcome(patient: &Shared<Responders>) -> Answered<ResponderOutcome> {
    let weeks = FOLLOW_UP_WEEKS * 7;
    let after = (weeks - baseline::FOLLOW_UP_DAYS, weeks - 1);
    // Which day is yesterday for the patient is known once the journal is entered: the rule cuts there.
    let now = patient.app().clock.now();
    let latest = last_date_on_earth(now);
    let entries = statements::entries_around_starts(latest, after, None);
    let asked = (statements::treatments(latest), entries, newest_day(now));
    let (journal, (treatments, entries, newest)) = patient.read_all((None, None), asked).await?;
    let opens_both = SECTIONS.without(journal.sections()) == Sections::NONE;
    let yesterday = today(&journal, &newest) - Days::new(1);
    let open_until = journal.window().1.map_or(yesterday, |last| last.min(yesterday));
    let pain = PainDays::from_rows(&entries, journal.day_starts());
    let course = Course::find(&treatments, open_until, journal.window().0);
    let first = course.and_then(|course| course.first_day()).filter(|_| opens_both);
    Ok(ResponderOutcome::of(&pain, first, open_until))
}
