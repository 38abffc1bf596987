//! The list of a practitioner's patients.

use super::frame::PageContent;
use super::visiting::Visiting;
use crate::access::Practitioner;
use crate::http::Answered;
use crate::markup::Printable;
use crate::sharing::{OpenJournal, Overview, patients};
use actix_web::HttpResponse;
use chrono::NaiveDate;
use maud::{Markup, html};

/// The columns of the list.
const COLUMNS: [&str; 6] =
    ["Journal", "Last entry", "Days logged of the last 14", "Next visit", "Plan", "Review"];

/// The page.
pub(super) async fn page(visit: Visiting<Practitioner>) -> Answered<HttpResponse> {
    let list = patients(&visit.may).await?;
    Ok(visit.shows("Patients", PageContent::Main(main(&list))))
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
