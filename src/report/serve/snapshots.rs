//! The wire of frozen reports: the patient's own and the practitioner's.

use super::reader::{Reports, is_shared, report_at};
use super::source::{READ, etag, frozen_row};
use crate::access::{self, Call, Id, ListPage, Patient, Reader, Sends, Shared};
use crate::http::{
    Answered, Found, MadeOrStarted, Page, Problem, ProblemKind, Verbatim, Versioned,
};
use crate::report::read::asked::AskedDays;
use crate::report::read::share_head;
use crate::report::rules::Report;
use crate::report::snapshots::FREEZE;
use crate::report::snapshots::MOST_DAYS;
use crate::report::snapshots::freeze::{Frozen, Patience, freeze};
use crate::report::snapshots::job;
use crate::report::snapshots::model::{ReportJob, SnapshotTerms};
use crate::report::snapshots::store;
use crate::report::snapshots::told::{Kept, Told};
use crate::routes::{Operation, Parameter, Routes};
use crate::wire::Faults;
use actix_web::dev::Payload;
use actix_web::http::Method;
use serde_json::json;

const JOBS: &str = "/v1/report-jobs";
/// What the access log calls listing them.
pub(super) const LIST: &str = "report_snapshots";

/// Registers the operations.
pub(super) fn routes(routes: &mut Routes) {
    keeping::<Patient>(routes);
    keeping::<Shared<Reports>>(routes);
    let about = "Only who asked for it sees it. Look again after `Retry-After` seconds.";
    let summary = "How the making of a long report stands";
    let op = Operation::new("getReportJob", "reports", summary).describe(about);
    routes.serve(Method::GET, &format!("{JOBS}/{{id}}"), op, job::get);
}

/// The operations about frozen reports.
fn keeping<R: Told>(routes: &mut Routes) {
    let words = "Keeps the report as it is now, for good. Repeating it is safe: while nothing has \
        changed, it answers with the newest version. More than 731 days, up to ten years, are made in \
        a job: ask for it until it is ready.";
    let op = operation::<R>("freeze", "Report", "Freeze a report of", "")
        .describe(about::<R>(words))
        .takes::<SnapshotTerms>()
        .example(json!({"from": "2026-01-01", "to": "2026-03-31"}))
        .problems(&[ProblemKind::Conflict]);
    routes.serve(Method::POST, &list_at::<R>(), op, make::<R>);

    let op = operation::<R>("list", "ReportSnapshots", "List the frozen reports of", "");
    let op = op.describe(about::<R>("Newest first.")).pages();
    routes.serve(Method::GET, &list_at::<R>(), op, list::<R>);

    let op = operation::<R>("get", "ReportSnapshot", "The source of a frozen report of", "");
    let words = "Its days, version, rules and the hash of what it was made of.";
    let op = op.describe(about::<R>(words)).parameter(Parameter::if_none_match());
    routes.serve(Method::GET, &one::<R>(""), op, get::<R>);

    let op = reading::<R>("FrozenReport", "", "The same bytes at every call.");
    routes.serve(Method::GET, &one::<R>("/report"), op, report::<R>);
}

/// An operation that reads a frozen report, or makes something of it.
pub(super) fn reading<R: Reader>(noun: &str, tail: &str, words: &str) -> Operation {
    let op = operation::<R>("get", noun, "A frozen report of", tail);
    op.describe(words).parameter(Parameter::if_none_match())
}

/// The address of the list.
fn list_at<R: Reader>() -> String {
    format!("{}/snapshots", report_at::<R>())
}

/// The address of one, or of something of it.
pub(super) fn one<R: Reader>(tail: &str) -> String {
    format!("{}/{{id}}{tail}", list_at::<R>())
}

fn operation<R: Reader>(verb: &str, noun: &str, summary: &str, tail: &str) -> Operation {
    let (shared, journal) =
        if is_shared::<R>() { ("Shared", "a patient's journal") } else { ("", "the own journal") };
    let summary = format!("{summary} {journal}{tail}");
    Operation::new(format!("{verb}{shared}{noun}"), "reports", summary)
}

fn about<R: Reader>(about: &str) -> String {
    if !is_shared::<R>() {
        return about.to_owned();
    }
    format!(
        "{about} A frozen report is bound to the share it was made through, and is only there while that \
         opens every section and day of it. Each call is a line in the patient's access log."
    )
}

/// The days to freeze.
struct Freezes(AskedDays);

impl access::Asked for Freezes {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        let Sends(terms) = Sends::<SnapshotTerms>::read(call, payload).await?;
        let asked = AskedDays::of(terms.from, terms.to, MOST_DAYS);
        asked.map(Self).map_err(|(field, code, detail)| {
            let mut faults = Faults::default();
            faults.field(field, code, detail);
            Problem::invalid(faults.into_vec())
        })
    }
}

async fn make<R: Told>(
    reader: R,
    Freezes(asked): Freezes,
) -> Answered<MadeOrStarted<R::Snapshot, ReportJob>> {
    let reader = reader.acting(FREEZE);
    let share = reader.share().map_or_else(String::new, |id| id.to_string());
    let list = list_at::<R>().replace("{share_id}", &share);
    let placed = |kept: Kept| {
        let place = format!("{list}/{}", kept.id());
        let (snapshot, etag) = R::tell(kept);
        (snapshot, etag, place)
    };
    Ok(match freeze(&reader, asked, Patience::Waiting, async |_| ()).await? {
        Frozen::Made(kept) => {
            let (snapshot, etag, place) = placed(kept);
            MadeOrStarted::Made(snapshot, etag, place)
        }
        Frozen::Stands(kept) => {
            let (snapshot, etag, place) = placed(kept);
            MadeOrStarted::Stands(snapshot, etag, place)
        }
        Frozen::TooLong(days) => {
            let job = job::start(&reader, days).await?;
            let place = format!("{JOBS}/{}", job.id());
            MadeOrStarted::Started(job, place)
        }
    })
}

async fn list<R: Told>(
    reader: R,
    ListPage { page, list }: ListPage,
) -> Answered<Found<Page<R::Snapshot>>> {
    let reader = reader.acting(LIST);
    let asked = (store::page(page), share_head());
    let (journal, (rows, heads)) = reader.read_all((None, None), asked).await?;
    let subject = heads.into_iter().next().map(|(_, subject)| subject);
    let page = Page::of(rows, page.limit, |last| {
        reader.app().cursors.seal(&list, (last.made_at().timestamp_micros(), last.id()))
    });
    Ok(Found(page.map(|row| R::tell(Kept::of(row, &journal, subject.clone())).0)))
}

async fn get<R: Told>(reader: R, Id(id): Id) -> Answered<Versioned<R::Snapshot>> {
    let reader = reader.acting(READ);
    let asked = (store::find(id), share_head());
    let found = reader.read_settled((None, None), asked, |journal, (rows, heads)| {
        let snapshot = rows.into_iter().next().ok_or(ProblemKind::NotFound)?;
        let subject = heads.into_iter().next().map(|(_, subject)| subject);
        Ok(Kept::of(snapshot, &journal, subject))
    });
    let (snapshot, etag) = R::tell(found.await?);
    Ok(Versioned(snapshot, etag))
}

async fn report<R: Reader>(reader: R, Id(id): Id) -> Answered<Verbatim<Report>> {
    let text = frozen_row(&reader.acting(READ), store::report(id)).await?;
    let text = if is_shared::<R>() { without_revision(text) } else { text };
    Ok(Verbatim::new(text, etag(id, None)))
}

/// A kept report without the revision of the journal that reports of earlier rules named: a practitioner
/// would learn from two of them how much was changed that the share does not open. It stood before all
/// that a person wrote.
pub(super) fn without_revision(mut text: String) -> String {
    let member = "\"journal_revision\":";
    let end = |from: usize| text.get(from..)?.find(',').map(|comma| from + comma + 1);
    if let Some(from) = text.find(member)
        && let Some(end) = end(from)
    {
        text.replace_range(from..end, "");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_report_of_earlier_rules_loses_the_revision_and_nothing_else() {
        for text in [
            include_str!("../../../tests/data/frozen/rules-2.json"),
            include_str!("../../../tests/data/frozen/rules-3.json"),
        ] {
            let mut whole: Value = serde_json::from_str(text).unwrap();
            let kept = serde_json::from_str::<Value>(&without_revision(text.to_owned())).unwrap();
            assert!(whole.as_object_mut().unwrap().remove("journal_revision").is_some());
            assert_eq!(kept, whole);
        }
    }

    #[test]
    fn a_report_without_one_stays_byte_for_byte() {
        let text = r#"{"rule_version":"4","share_label":"a, b"}"#;
        assert_eq!(without_revision(text.to_owned()), text);
    }
}
