//! The list of a practitioner's patients.

use super::frame::{Content, Page, to_sign_in};
use super::session::Visitor;
use crate::app::App;
use crate::http::{Problem, ProblemKind};
use crate::markup::Printable;
use crate::sharing::{OpenJournal, Overview, patients};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use chrono::NaiveDate;
use maud::{Markup, html};

const UP: &str = "./";

/// The columns of the list.
const COLUMNS: [&str; 6] =
    ["Journal", "Last entry", "Days logged of the last 14", "Next visit", "Plan", "Review"];

/// The page.
pub(super) async fn page(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let Some(visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, UP) };
    match patients(&visitor.practitioner(&app)).await {
        Ok(list) => {
            let content = Content::Main(main(&list));
            let page = Page { up: UP, title: "Patients", content, signed_in: true };
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
    let content = Content::Main(html! {
        h1 { (title) }
        p { (text) }
        p { a href={ (up) "clinic" } { "To the list of patients" } }
    });
    Page { up, title, content, signed_in: true }.answer(status, None)
}

fn main(list: &[OpenJournal]) -> Markup {
    html! {
        h1 { "Patients" }
        @if list.is_empty() {
            p {
                "No patient shares a journal with you yet. A patient makes an invitation in the app; redeem \
                 its code in yours, and the patient confirms you."
            }
        } @else {
            table class="patients" {
                caption { "Journals that are open to you, as far as each share opens them" }
                thead {
                    tr {
                        @for name in COLUMNS { th scope="col" { (name) } }
                    }
                }
                tbody { @for patient in list { (row(patient)) } }
            }
        }
    }
}

fn row(patient: &OpenJournal) -> Markup {
    let share = patient.share();
    html! {
        tr {
            th scope="row" {
                a href={ "./clinic/patients/" (share.id()) } { (Printable(share.label())) }
            }
            @match patient.overview() {
                Some(overview) => (cells(overview)),
                None => td colspan="5" { "–" },
            }
        }
    }
}

fn cells(overview: &Overview) -> Markup {
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
    html! {
        td data-label="Last entry" { (day(overview.last_entry_on)) }
        td data-label="Logged" { (days) }
        td data-label="Next visit" { (day(overview.next_visit_on)) }
        td data-label="Plan" { (attended) }
        td data-label="Review" { (review) }
    }
}

fn day(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "–".to_owned(), |day| day.to_string())
}
