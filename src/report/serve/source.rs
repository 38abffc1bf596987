//! Where a report comes from: computed now, or kept. What is made of it does not ask.

use crate::access::{Call, FromCall, Id, Read, Reader};
use crate::db::Statement;
use crate::http::{Answered, Problem, ProblemKind};
use crate::language::Language;
use crate::reference::fingerprint;
use crate::report::read;
use crate::report::read::asked::AskedDays;
use crate::report::read::share_head;
use crate::report::rows::ReportInput;
use crate::report::rules::{RULE_VERSION, Report, build};
use crate::report::snapshots::{held, store};
use crate::time::last_date_on_earth;
use chrono::{Days, NaiveDate};
use uuid::Uuid;

/// What the access log calls reading a kept one.
pub(super) const READ: &str = "report_snapshot";

/// A report that is not there yet.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// Of these days, computed now.
    Live(AskedDays),
    /// Frozen under this id, by its reader.
    Kept(Uuid),
    /// Frozen under this id by a practitioner; its reader is the patient.
    Held(Uuid),
}

impl FromCall for Source {
    /// An address with an id is that of a frozen one.
    fn from_call(call: &Call) -> Answered<Self> {
        match call.request().match_info().get("id") {
            Some(_) => Id::from_call(call).map(|Id(id)| Self::Kept(id)),
            None => AskedDays::from_call(call).map(Self::Live),
        }
    }
}

impl Source {
    /// Makes something of the report and the reader's language beside the requests, in its turn, and answers it
    /// with the ETag of the report.
    ///
    /// # Errors
    /// As the reading of the report; 503 when too many others are at it.
    pub(super) async fn make<R: Reader, T: Send + 'static>(
        self,
        reader: R,
        make: impl FnOnce(Report, &'static Language) -> T + Send + 'static,
    ) -> Answered<(T, String)> {
        match self {
            Self::Live(asked) => live(&reader, asked, make).await,
            Self::Kept(id) | Self::Held(id) => {
                let reader = reader.acting(READ);
                let place = reader.app().lanes.reports.enter().await?;
                let kept = match self {
                    Self::Held(_) => held::report(id),
                    _ => store::report(id),
                };
                // The patient enters through no share, and so is told no reference.
                let statements = (kept, share_head());
                let (journal, (texts, heads)) = reader.read_all((None, None), statements).await?;
                let text = texts.into_iter().next().ok_or(ProblemKind::NotFound)?;
                let head = heads.into_iter().next();
                let reference = head.and_then(|(_, subject)| subject.reference);
                let etag = etag(id, reference.as_deref());
                let language = journal.language();
                let read = move || {
                    let mut report: Report = serde_json::from_str(&text)?;
                    report.known_to_its_reader_as(reference);
                    Ok::<_, serde_json::Error>(make(report, language))
                };
                Ok((place.compute(read).await?.map_err(Problem::internal)?, etag))
            }
        }
    }
}

/// Reads what the window needs in one round trip, computes the report and makes something of it.
async fn live<R: Reader, T: Send + 'static>(
    reader: &R,
    asked: AskedDays,
    make: impl FnOnce(Report, &'static Language) -> T + Send + 'static,
) -> Answered<(T, String)> {
    let app = reader.app();
    // Today is not known before the journal is entered, so an open window is read a day wider.
    let now = app.clock.now();
    let latest = last_date_on_earth(now);
    let (from, to) = asked.window(latest);
    let wide = (asked.from.unwrap_or(from - Days::new(2)), to);
    let place = app.lanes.reports.enter().await?;
    let statements = read::statements(now, read::entry_days(wide), wide);
    let (journal, rows) = reader.read_all(asked.days(), statements).await?;
    let window = read::within(&journal, asked.window(read::today_in(&journal, &rows)))?;
    let input = read::input(&journal, window, rows);
    let version = version(&input, journal.window());
    let language = journal.language();
    Ok((place.compute(move || make(build(&input), language)).await?, version))
}

/// Weak: the same journal, window, rules and limits of a share give the same report but for its
/// `generated_at`.
fn version(input: &ReportInput, open: (Option<NaiveDate>, Option<NaiveDate>)) -> String {
    let sections = input.sections.codes().join("-");
    let limit = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
    let label = input.share_label.as_deref().unwrap_or_default();
    let subject = serde_json::to_string(&input.subject).unwrap_or_default();
    let rest = format!(
        "{} {} {} {} {:?} {:?} {sections} {} {} {label} {subject}",
        input.from,
        input.to,
        input.today,
        input.journal_starts_on,
        input.pauses,
        input.day_starts,
        limit(open.0),
        limit(open.1)
    );
    let rest = fingerprint(rest.as_bytes());
    format!("W/\"{RULE_VERSION}.{}.{}\"", input.made.revision, rest.trim_matches('"'))
}

/// What is kept under an id, and what its reader reads.
///
/// # Errors
/// 404 where nothing is, and as every read.
pub(super) async fn frozen_row<R: Reader, T>(
    reader: &R,
    what: Statement<Read, T>,
) -> Answered<(&'static Language, T)> {
    let (journal, rows) = reader.read((None, None), what).await?;
    Ok((journal.language(), rows.into_iter().next().ok_or(ProblemKind::NotFound)?))
}

/// The ETag of a kept report: it never changes. What is made of it names its reader's reference, too.
pub(super) fn etag(id: Uuid, reference: Option<&str>) -> String {
    let reference = reference.map(|reference| fingerprint(reference.as_bytes()));
    let reference = reference.map(|print| format!(".{}", print.trim_matches('"')));
    format!("W/\"{}{}\"", id.simple(), reference.unwrap_or_default())
}
