//! The list of a practitioner's patients: what needs an eye first.

use super::frame::PageContent;
use super::listing::{ListView, ListedPage, ORDERS, PER_PAGE, Reason, reasons};
use super::visiting::Visiting;
use crate::access::{Call, FromCall, Practitioner};
use crate::http::{Answered, Query};
use crate::markup::Printable;
use crate::sharing::{OpenJournal, Overview, Share, patients};
use actix_web::HttpResponse;
use chrono::NaiveDate;
use maud::{Markup, html};

/// The columns of the list.
const COLUMNS: [&str; 7] = [
    "Journal",
    "Needs an eye",
    "Last entry",
    "Days logged of the last 14",
    "Next visit",
    "Plan",
    "Review",
];

impl FromCall for ListView {
    /// What cannot be read is not asked for: the list is shown all the same.
    fn from_call(call: &Call) -> Answered<Self> {
        let query = Query::of(call.request(), &["q", "sort", "page"]);
        let text = |name: &str| query.raw(name).unwrap_or_default().to_owned();
        let page = query.raw("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        Ok(Self { search: text("q"), order: text("sort"), page })
    }
}

/// The page.
pub(super) async fn page(visit: Visiting<Practitioner>, view: ListView) -> Answered<HttpResponse> {
    let list = patients(&visit.may).await?;
    Ok(visit.shows("Patients", PageContent::Main(main(&list, &view))))
}

fn main(list: &[OpenJournal], view: &ListView) -> Markup {
    let shown = view.of(list);
    html! {
        h1 { "Patients" }
        @if list.is_empty() {
            p {
                "No patient shares a journal with you yet. A patient makes an invitation in the app; redeem \
                 its code in yours, and the patient confirms you."
            }
        } @else {
            p { (summary(list)) }
            (tools(view))
            p role="status" { (range(&shown, list.len())) }
            @if !shown.journals.is_empty() {
                table class="patients" {
                    caption { "Journals that are open to you, as far as each share opens them" }
                    thead {
                        tr {
                            @for name in COLUMNS { th scope="col" { (name) } }
                        }
                    }
                    tbody { @for patient in &shown.journals { (row(patient)) } }
                }
            }
            (pages(view, &shown))
        }
    }
}

/// How many journals want a look, and why.
fn summary(list: &[OpenJournal]) -> String {
    let found: Vec<Vec<Reason>> =
        list.iter().filter_map(OpenJournal::overview).map(reasons).collect();
    let count = |is: fn(&Reason) -> bool| found.iter().filter(|all| all.iter().any(is)).count();
    let parts = [
        (count(|reason| *reason == Reason::SafetyNotice), "with a safety notice"),
        (count(|reason| *reason == Reason::ReviewDue), "with a review due"),
        (count(|reason| matches!(reason, Reason::Quiet(_))), "gone quiet"),
        (count(|reason| matches!(reason, Reason::NewEntries(_))), "with new entries"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if parts.is_empty() {
        "Nothing new in any journal.".to_owned()
    } else {
        format!("Journals: {}.", parts.join(", "))
    }
}

/// Search and order.
fn tools(view: &ListView) -> Markup {
    html! {
        form class="tools" method="get" action="./clinic" role="search" {
            label {
                "Name or reference"
                input type="search" name="q" value=(Printable(&view.search)) autocomplete="off";
            }
            label {
                "Order"
                select name="sort" {
                    @for (value, name) in ORDERS {
                        option value=(value) selected[value == view.order] { (name) }
                    }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

/// Which of the journals are shown.
fn range(shown: &ListedPage<'_>, all: usize) -> String {
    if shown.found == 0 {
        return format!("None of {all} journals has such a name or reference.");
    }
    let first = (shown.page - 1) * PER_PAGE + 1;
    let last = first + shown.journals.len() - 1;
    let of_all = if shown.found == all { String::new() } else { format!(", found among {all}") };
    format!("{first} to {last} of {}{of_all}", shown.found)
}

/// The way to the other pages.
fn pages(view: &ListView, shown: &ListedPage<'_>) -> Markup {
    html! {
        @if shown.pages > 1 {
            form class="tools pages" method="get" action="./clinic" aria-label="Pages of the list" {
                input type="hidden" name="q" value=(Printable(&view.search));
                input type="hidden" name="sort" value=(Printable(&view.order));
                @for number in 1..=shown.pages {
                    @if number == shown.page {
                        span class="here" aria-current="page" { "Page " (number) }
                    } @else {
                        button class="plain" type="submit" name="page" value=(number) { "Page " (number) }
                    }
                }
            }
        }
    }
}

fn row(patient: &OpenJournal) -> Markup {
    let share = patient.share();
    html! {
        tr {
            th scope="row" {
                a href={ "./clinic/patients/" (share.id()) } {
                    (Printable(share.display_name().or(share.reference()).unwrap_or(share.label())))
                }
                @for line in beside(share) { br; small { (Printable(&line)) } }
            }
            @match patient.overview() {
                Some(overview) => (cells(overview)),
                None => td colspan="6" { "–" },
            }
        }
    }
}

/// What else tells whose journal it is, beside the name of the link.
fn beside(share: &Share) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(share.year_of_birth().map(|year| format!("Born {year}")));
    if share.display_name().is_some() {
        lines.extend(share.reference().map(|reference| format!("Reference {reference}")));
    }
    if share.display_name().or(share.reference()).is_some() {
        lines.push(format!("Shared as \u{201c}{}\u{201d}", share.label()));
    }
    lines
}

fn cells(overview: &Overview) -> Markup {
    let days = overview.days_with_entry.map_or_else(
        || "not open".to_owned(),
        |days| match overview.days_expected {
            0 => "none expected".to_owned(),
            expected => format!("{days} of {expected}"),
        },
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
        td data-label="Needs an eye" { (attention(overview)) }
        td data-label="Last entry" { (day(overview.last_entry_on)) }
        td data-label="Logged" { (days) }
        td data-label="Next visit" { (day(overview.next_visit_on)) }
        td data-label="Plan" { (attended) }
        td data-label="Review" { (review) }
    }
}

/// Why it wants a look.
fn attention(overview: &Overview) -> Markup {
    let reasons = reasons(overview);
    let seen = overview.looked_at.map(|at| at.date_naive());
    html! {
        @if reasons.is_empty() {
            "–"
        } @else {
            ul class="reasons" {
                @for reason in reasons {
                    @match reason {
                        Reason::SafetyNotice => {
                            li class="safety" { "Safety notice, " (day(overview.safety_notice_on)) }
                        }
                        Reason::ReviewDue => li { "Review due" },
                        Reason::Quiet(days) => li { "Quiet for " (days) " days" },
                        Reason::NewEntries(entries) => {
                            li {
                                (entries) @if entries == 1 { " new entry" } @else { " new entries" }
                                @match seen {
                                    Some(day) => { " since " (day.to_string()) }
                                    None => ", not looked at yet",
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn day(day: Option<NaiveDate>) -> String {
    day.map_or_else(|| "–".to_owned(), |day| day.to_string())
}
