//! The list of a practitioner's patients.

use super::frame::{Page, to_sign_in};
use super::session::Visitor;
use crate::app::App;
use crate::http::{Problem, ProblemKind};
use crate::markup::Escaped;
use crate::sharing::{Patient, patients};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use chrono::NaiveDate;
use std::fmt::Write as _;

const UP: &str = "./";

/// The page.
pub(super) async fn page(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, UP) };
    match patients(&app, &visitor.caller).await {
        Ok(list) => {
            let main = main(&list);
            let page = Page { up: UP, title: "Patients", main: &main, signed_in: true };
            page.answer(StatusCode::OK, visitor.renewed(&app).ok())
        }
        Err(problem) => failed(&app, UP, &problem),
    }
}

/// What to show instead of a page that cannot be made.
pub(super) fn failed(app: &App, up: &'static str, problem: &Problem) -> HttpResponse {
    let (status, title, text) = match problem.kind() {
        ProblemKind::SessionRevoked | ProblemKind::TokenExpired | ProblemKind::Unauthenticated => {
            return to_sign_in(app, up);
        }
        ProblemKind::NotFound => (
            StatusCode::NOT_FOUND,
            "Not open",
            "There is no such journal, or its share has ended or does not open this.",
        ),
        ProblemKind::RoleInsufficient | ProblemKind::AccountSuspended => (
            StatusCode::FORBIDDEN,
            "Not for this account",
            "This account may not read journals of others.",
        ),
        ProblemKind::ValidationFailed => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "Those days do not work",
            "Give a first and a last day in order, at most two years apart.",
        ),
        ProblemKind::Overloaded => {
            (StatusCode::SERVICE_UNAVAILABLE, "Busy", "The server is busy. Try again in a moment.")
        }
        kind if kind.status() < 500 => (
            problem.status_code(),
            kind.title(),
            "The form did not arrive as it was sent. Go back and try again.",
        ),
        _ => {
            tracing::error!(cause = problem.cause(), "a page for practitioners");
            (StatusCode::INTERNAL_SERVER_ERROR, "That did not work", "Try again later.")
        }
    };
    let main = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<p><a href=\"{up}clinic\">To the list of patients</a></p>\n",
        Escaped(title),
        Escaped(text)
    );
    Page { up, title, main: &main, signed_in: true }.answer(status, None)
}

fn main(list: &[Patient]) -> String {
    let mut main = String::from("<h1>Patients</h1>\n");
    if list.is_empty() {
        main.push_str(
            "<p>No patient shares a journal with you yet. A patient makes an invitation in the app; \
             redeem its code in yours, and the patient confirms you.</p>\n",
        );
        return main;
    }
    main.push_str(
        "<table class=\"patients\">\n<caption>Journals that are open to you, as far as each share \
         opens them</caption>\n<thead><tr><th scope=\"col\">Journal</th><th scope=\"col\">Last entry</th>\
         <th scope=\"col\">Days logged of the last 14</th><th scope=\"col\">Next visit</th>\
         <th scope=\"col\">Plan</th><th scope=\"col\">Review</th></tr></thead>\n<tbody>\n",
    );
    for patient in list {
        row(&mut main, patient);
    }
    main.push_str("</tbody>\n</table>\n");
    main
}

fn row(main: &mut String, patient: &Patient) {
    let share = patient.share();
    let overview = patient.overview();
    let label = Escaped(share.label());
    // Writing to a String cannot fail.
    let _ = write!(
        main,
        "<tr><th scope=\"row\"><a href=\"./clinic/patients/{}\">{label}</a></th>",
        share.id()
    );
    let Some(overview) = overview else {
        main.push_str("<td colspan=\"5\">–</td></tr>\n");
        return;
    };
    let days = overview.days_with_entry.map_or_else(
        || "not open".to_owned(),
        |days| format!("{days} of {}", overview.days_expected),
    );
    let plan = overview.plan.as_ref();
    let attended = plan.map_or_else(
        || "–".to_owned(),
        |plan| match plan.expected_by_now {
            Some(expected) => format!("{} attended, {expected} planned by now", plan.attended),
            None => format!("{} attended", plan.attended),
        },
    );
    let review = plan.map_or_else(
        || "–".to_owned(),
        |plan| match (plan.review_due, plan.next_review_on, plan.sessions_until_review) {
            (true, _, _) => "due".to_owned(),
            (false, Some(day), _) => day.to_string(),
            (false, None, Some(left)) => format!("after {left} more visits"),
            (false, None, None) => "–".to_owned(),
        },
    );
    let _ = writeln!(
        main,
        "<td data-label=\"Last entry\">{}</td><td data-label=\"Logged\">{days}</td>\
         <td data-label=\"Next visit\">{}</td><td data-label=\"Plan\">{attended}</td>\
         <td data-label=\"Review\">{review}</td></tr>",
        day(overview.last_entry_on),
        day(overview.next_visit_on)
    );
}

fn day(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "–".to_owned(), |day| day.to_string())
}
