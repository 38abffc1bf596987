//! The list of a practitioner's patients: what needs an eye first.

use super::frame::PageContent;
use super::listing::{ListView, ListedPage, ORDERS, PER_PAGE, Reason, reasons};
use super::visiting::Visiting;
use crate::access::{Call, FromCall, Practitioner};
use crate::http::{Answered, Query};
use crate::language::Language;
use crate::markup::Printable;
use crate::sharing::{OpenJournal, Overview, Share, patients};
use actix_web::HttpResponse;
use chrono::NaiveDate;
use maud::{Markup, html};

/// The columns of the list, by the keys of their names.
const COLUMNS: [&str; 7] = [
    "clinic.list.journal",
    "clinic.list.attention",
    "clinic.list.last_entry",
    "clinic.list.logged",
    "clinic.list.next_visit",
    "clinic.list.plan",
    "clinic.list.review",
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
    let (list, language) = patients(&visit.may).await?;
    let title = language.text("clinic.patients", &[]);
    Ok(visit.shows(language, &title, PageContent::Main(main(&list, &view, language))))
}

fn main(list: &[OpenJournal], view: &ListView, language: &Language) -> Markup {
    let words = |key: &str| language.text(key, &[]);
    let shown = view.of(list);
    html! {
        h1 { (words("clinic.patients")) }
        @if list.is_empty() {
            p { (words("clinic.list.empty")) }
        } @else {
            p { (summary(list, language)) }
            (tools(view, language))
            p role="status" { (range(&shown, list.len(), language)) }
            @if !shown.journals.is_empty() {
                table class="patients" {
                    caption { (words("clinic.list.caption")) }
                    thead {
                        tr {
                            @for name in COLUMNS { th scope="col" { (words(name)) } }
                        }
                    }
                    tbody { @for patient in &shown.journals { (row(patient, language)) } }
                }
            }
            (pages(view, &shown, language))
        }
    }
}

/// How many journals want a look, and why.
fn summary(list: &[OpenJournal], language: &Language) -> String {
    let found: Vec<Vec<Reason>> =
        list.iter().filter_map(OpenJournal::overview).map(reasons).collect();
    let count = |is: fn(&Reason) -> bool| found.iter().filter(|all| all.iter().any(is)).count();
    let parts = [
        (count(|reason| *reason == Reason::SafetyNotice), "clinic.list.with_notice"),
        (count(|reason| *reason == Reason::ReviewDue), "clinic.list.with_review"),
        (count(|reason| matches!(reason, Reason::Quiet(_))), "clinic.list.with_silence"),
        (count(|reason| matches!(reason, Reason::NewRecords(_))), "clinic.list.with_news"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, key)| language.text(key, &[("count", &count.to_string())]))
        .collect();
    if parts.is_empty() {
        language.text("clinic.list.nothing_new", &[])
    } else {
        language.text("clinic.list.found", &[("parts", &parts.join(", "))])
    }
}

/// Search and order.
fn tools(view: &ListView, language: &Language) -> Markup {
    let words = |key: &str| language.text(key, &[]);
    html! {
        form class="tools" method="get" action="./clinic" role="search" {
            label {
                (words("clinic.list.name"))
                input type="search" name="q" value=(Printable(&view.search)) autocomplete="off";
            }
            label {
                (words("clinic.list.order"))
                select name="sort" {
                    @for (value, name) in ORDERS {
                        option value=(value) selected[value == view.order] { (words(name)) }
                    }
                }
            }
            button type="submit" { (words("clinic.report.show")) }
        }
    }
}

/// Which of the journals are shown.
fn range(shown: &ListedPage<'_>, count: usize, language: &Language) -> String {
    let all = count.to_string();
    if shown.found == 0 {
        return language.text("clinic.list.none_found", &[("all", &all)]);
    }
    let first = (shown.page - 1) * PER_PAGE + 1;
    let last = first + shown.journals.len() - 1;
    let key = if shown.found == count { "clinic.list.range" } else { "clinic.list.range_among" };
    let (first, last, found) = (first.to_string(), last.to_string(), shown.found.to_string());
    language.text(key, &[("first", &first), ("last", &last), ("found", &found), ("all", &all)])
}

/// The way to the other pages.
fn pages(view: &ListView, shown: &ListedPage<'_>, language: &Language) -> Markup {
    let page =
        |number: usize| language.text("clinic.list.page", &[("number", &number.to_string())]);
    html! {
        @if shown.pages > 1 {
            form class="tools pages" method="get" action="./clinic" aria-label=(language.text("clinic.list.pages", &[])) {
                input type="hidden" name="q" value=(Printable(&view.search));
                input type="hidden" name="sort" value=(Printable(&view.order));
                @for number in 1..=shown.pages {
                    @if number == shown.page {
                        span class="here" aria-current="page" { (page(number)) }
                    } @else {
                        button class="plain" type="submit" name="page" value=(number) { (page(number)) }
                    }
                }
            }
        }
    }
}

fn row(patient: &OpenJournal, language: &Language) -> Markup {
    let share = patient.share();
    html! {
        tr {
            th scope="row" {
                a href={ "./clinic/patients/" (share.id()) } {
                    (Printable(share.display_name().or(share.reference()).unwrap_or(share.label())))
                }
                @for line in beside(share, language) { br; small { (Printable(&line)) } }
            }
            @match patient.overview() {
                Some(overview) => (cells(overview, language)),
                None => td colspan="6" { "–" },
            }
        }
    }
}

/// What else tells whose journal it is, beside the name of the link.
fn beside(share: &Share, language: &Language) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(
        share
            .year_of_birth()
            .map(|year| language.text("clinic.list.born", &[("year", &year.to_string())])),
    );
    if share.display_name().is_some() {
        lines.extend(
            share.reference().map(|reference| {
                language.text("clinic.list.reference", &[("reference", reference)])
            }),
        );
    }
    if share.display_name().or(share.reference()).is_some() {
        lines.push(language.text("clinic.list.shared_as", &[("label", share.label())]));
    }
    lines
}

fn cells(overview: &Overview, language: &Language) -> Markup {
    let words = |key: &str| language.text(key, &[]);
    let days = overview.days_with_entry.map_or_else(
        || words("clinic.list.closed"),
        |days| match overview.days_expected {
            0 => words("clinic.list.none_expected"),
            expected => {
                let (days, expected) = (days.to_string(), expected.to_string());
                language.text("clinic.list.days", &[("days", &days), ("expected", &expected)])
            }
        },
    );
    let plan = overview.plan.as_ref();
    let attended = plan.map_or_else(
        || "–".to_owned(),
        |plan| {
            let attended = plan.attended.to_string();
            match plan.expected_by_now.map(|expected| expected.to_string()) {
                Some(expected) => {
                    let values = [("attended", attended.as_str()), ("expected", &expected)];
                    language.text("clinic.list.attended_of", &values)
                }
                None => language.text("clinic.list.attended", &[("attended", &attended)]),
            }
        },
    );
    let review = plan.map_or_else(
        || "–".to_owned(),
        |plan| match (plan.review_due, plan.next_review_on, plan.sessions_until_review) {
            (true, _, _) => words("clinic.list.due"),
            (false, Some(day), _) => language.day(day),
            (false, None, Some(left)) => language.counted("clinic.list.after_visits", left),
            (false, None, None) => "–".to_owned(),
        },
    );
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "–".to_owned(), |day| language.day(day));
    html! {
        td data-label=(words("clinic.list.attention")) { (attention(overview, language)) }
        td data-label=(words("clinic.list.last_entry")) { (day(overview.last_entry_on)) }
        td data-label=(words("clinic.list.logged.short")) { (days) }
        td data-label=(words("clinic.list.next_visit")) { (day(overview.next_visit_on)) }
        td data-label=(words("clinic.list.plan")) { (attended) }
        td data-label=(words("clinic.list.review")) { (review) }
    }
}

/// Why it wants a look.
fn attention(overview: &Overview, language: &Language) -> Markup {
    let reasons = reasons(overview);
    let seen = overview.looked_at.map(|at| language.day(at.date_naive()));
    html! {
        @if reasons.is_empty() {
            "–"
        } @else {
            ul class="reasons" {
                @for reason in reasons {
                    @match reason {
                        Reason::SafetyNotice => {
                            @let on = overview.safety_notice_on.map(|on| language.day(on)).unwrap_or_default();
                            li class="safety" { (language.text("clinic.list.notice", &[("day", &on)])) }
                        }
                        Reason::ReviewDue => li { (language.text("clinic.list.review_due", &[])) },
                        Reason::Quiet(days) => li { (language.counted("clinic.list.quiet", days)) },
                        Reason::NewRecords(records) => {
                            li {
                                (language.counted("clinic.list.new", records))
                                @match &seen {
                                    Some(day) => {
                                        " " (language.text("clinic.list.since", &[("day", day)]))
                                    }
                                    None => { ", " (language.text("clinic.list.unseen", &[])) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
