//! Where a report comes from: computed now, or kept. What is made of it does not ask.

use crate::access::{Call, FromCall, Id, JournalAccess, Read, Reader};
use crate::db::Statement;
use crate::http::{Answered, Problem, ProblemKind, ShareTags};
use crate::language::{Language, Paper};
use crate::reference::fingerprint;
use crate::report::read;
use crate::report::read::asked::AskedDays;
use crate::report::read::share_head;
use crate::report::rows::ReportInput;
use crate::report::rules::{RULE_VERSION, Report, build, inputs_hash};
use crate::report::snapshots::{held, store};
use crate::time::last_date_on_earth;
use chrono::{Days, NaiveDate};
use uuid::Uuid;

/// What the access log calls reading a kept one.
pub(super) const READ: &str = "report_snapshot";

/// What the reader of a report reads, and prints on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    pub(super) language: &'static Language,
    pub(super) paper: Paper,
}

impl Habits {
    const fn of<L>(journal: &JournalAccess<L>) -> Self {
        Self { language: journal.language(), paper: journal.paper() }
    }
}

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
    fn from_call(call: &Call) -> Answered<Self> {
        if Self::is_kept(call) {
            Id::from_call(call).map(|Id(id)| Self::Kept(id))
        } else {
            AskedDays::from_call(call).map(Self::Live)
        }
    }
}

impl Source {
    /// The same one, as another holds it.
    pub(super) const fn held(self) -> Self {
        match self {
            Self::Kept(id) => Self::Held(id),
            other => other,
        }
    }

    /// Is it a frozen one that is asked for? Its address has an id.
    pub(super) fn is_kept(call: &Call) -> bool {
        call.request().match_info().get("id").is_some()
    }

    /// Makes something of the report and the reader's habits beside the requests, in its turn, and answers it
    /// with the ETag of the report.
    ///
    /// # Errors
    /// As the reading of the report; 503 when too many others are at it.
    pub(super) async fn make<R: Reader, T: Send + 'static>(
        self,
        reader: R,
        make: impl FnOnce(Report, Habits) -> T + Send + 'static,
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
                let found =
                    reader.read_settled((None, None), statements, |journal, (texts, heads)| {
                        let text = texts.into_iter().next().ok_or(ProblemKind::NotFound)?;
                        Ok((journal, text, heads))
                    });
                let (journal, text, heads) = found.await?;
                let head = heads.into_iter().next();
                let reference = head.and_then(|(_, subject)| subject.reference);
                let etag = etag(id, reference.as_deref());
                let habits = Habits::of(&journal);
                let read = move || {
                    let mut report: Report = serde_json::from_str(&text)?;
                    report.known_to_its_reader_as(reference);
                    Ok::<_, serde_json::Error>(make(report, habits))
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
    make: impl FnOnce(Report, Habits) -> T + Send + 'static,
) -> Answered<(T, String)> {
    let app = reader.app();
    // Today is not known before the journal is entered, so an open window is read a day wider.
    let now = app.clock.now();
    let latest = last_date_on_earth(now);
    let (from, to) = asked.window(latest);
    let wide = (asked.from.unwrap_or(from - Days::new(2)), to);
    let place = app.lanes.reports.enter().await?;
    let statements = read::statements(now, read::entry_days(wide), wide);
    let found = reader.read_settled(asked.days(), statements, |journal, rows| {
        let window = read::within(&journal, asked.window(read::today_in(&journal, &rows)))?;
        Ok((journal, rows, window))
    });
    let (journal, rows, window) = found.await?;
    let input = read::input(&journal, window, rows);
    let (tags, open) = (journal.share_tags(), journal.window());
    let habits = Habits::of(&journal);
    let made = place.compute(move || {
        let version = match tags {
            Some(tags) => shared_version(&input, open, tags)?,
            None => own_version(&input),
        };
        Ok((make(build(&input), habits), version))
    });
    let made: Result<_, serde_json::Error> = made.await?;
    made.map_err(Problem::internal)
}

/// Weak: the same visible input and limits of a share give the same report but for its `generated_at`. It
/// does not depend on what is closed, as the revision of the journal would.
fn shared_version(
    input: &ReportInput,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    tags: ShareTags,
) -> Result<String, serde_json::Error> {
    let limit = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
    let limits = format!("{} {}", limit(from), limit(to));
    let visible = [&inputs_hash(input)?[..], limits.as_bytes()].concat();
    Ok(format!("W/\"{RULE_VERSION}.{}\"", tags.of(&visible)))
}

/// Weak: the same journal, window and rules give the same report but for its `generated_at`.
fn own_version(input: &ReportInput) -> String {
    let rest = format!(
        "{} {} {} {} {:?} {:?}",
        input.from, input.to, input.today, input.journal_starts_on, input.pauses, input.day_starts
    );
    let rest = fingerprint(rest.as_bytes());
    format!("W/\"{RULE_VERSION}.{}.{}\"", input.made.revision, rest.trim_matches('"'))
}

/// What is kept under an id.
///
/// # Errors
/// 404 where nothing is, and as every read.
pub(super) async fn frozen_row<R: Reader, T>(reader: &R, what: Statement<Read, T>) -> Answered<T> {
    let found = reader.read_settled((None, None), (what,), |_, (rows,)| {
        rows.into_iter().next().ok_or_else(|| ProblemKind::NotFound.into())
    });
    found.await
}

/// The ETag of a kept report: it never changes. What is made of it names its reader's reference, too.
pub(super) fn etag(id: Uuid, reference: Option<&str>) -> String {
    let reference = reference.map(|reference| fingerprint(reference.as_bytes()));
    let reference = reference.map(|print| format!(".{}", print.trim_matches('"')));
    format!("W/\"{}{}\"", id.simple(), reference.unwrap_or_default())
}
