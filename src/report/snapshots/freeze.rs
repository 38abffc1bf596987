//! Freezing a report: it is read, computed and kept in one transaction, so that what is kept was
//! true of one state of the journal and of the share it was read through.

use super::store::{self, NewSnapshot};
use super::told::Kept;
use crate::access::{JournalAccess, Read, Reader};
use crate::app::App;
use crate::db::{DbError, Tx};
use crate::http::{Answered, Problem, ProblemKind};
use crate::journal::{newest_day, today};
use crate::report::read::asked::{AskedDays, MOST_DAYS};
use crate::report::read::{self, ReportDays};
use crate::report::rows::ReportInput;
use crate::report::rules::RULE_VERSION;
use crate::report::rules::build;
use crate::report::rules::inputs_hash;
use actix_web::web;
use chrono::{Days, NaiveDate};

/// Days whose entries a job reads at once; between them it tells how far it is.
const STEP_DAYS: u64 = 183;
/// Entries of so many days are read at once: those of a window that somebody waits for, with the
/// days around it.
const AT_ONCE: i64 = MOST_DAYS + 31;
/// Tries when another device keeps a version of the same days at the same moment.
const TRIES: usize = 3;

/// What became of the wish to freeze a report.
#[derive(Debug)]
pub(crate) enum Frozen {
    /// It is kept as a new version.
    Made(Kept),
    /// The newest version was made of the same.
    Stands(Kept),
    /// So many days take a job.
    TooLong(ReportDays),
}

/// How long a reader waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// A reader is waiting: nothing long.
    Waiting,
    /// A job: as long as it takes.
    Job,
}

/// Freezes the report of these days. `progress` hears how many of them are read.
///
/// # Errors
/// As every read of a journal; 404 where the share opens none of the days; 503 when others keep
/// freezing the same.
pub(crate) async fn freeze<R: Reader>(
    reader: &R,
    asked: AskedDays,
    patience: Patience,
    progress: impl AsyncFn(i64),
) -> Answered<Frozen> {
    let app = reader.app();
    // A job waits for its turn elsewhere.
    let _place = match patience {
        Patience::Waiting => Some(app.lanes.reports.enter().await?),
        Patience::Job => None,
    };
    for _ in 0..TRIES {
        let tried: Option<Frozen> = reader
            .snapshot(asked.days(), async |tx, journal| {
                // Days that are left open end today; the others are what they are.
                let newest = match asked.days() {
                    (Some(_), Some(_)) => Vec::new(),
                    _ => tx.load(newest_day(journal.moment())).await?,
                };
                let days = asked.window(today(&journal, &newest));
                let window = read::within(&journal, days)?;
                if patience == Patience::Waiting && super::days_of(window) > MOST_DAYS {
                    return Ok(Some(Frozen::TooLong(window)));
                }
                let input = read(tx, &journal, window, &progress).await?;
                keep(app, tx, &journal, input).await
            })
            .await?;
        if let Some(frozen) = tried {
            return Ok(frozen);
        }
    }
    Err(ProblemKind::Overloaded.into())
}

/// Reads the rows of a window, the entries of a long one step by step.
async fn read(
    tx: &Tx<'_, Read>,
    journal: &JournalAccess<Read>,
    window: ReportDays,
    progress: &impl AsyncFn(i64),
) -> Answered<ReportInput> {
    let mut steps = steps(read::entry_days(window)).into_iter();
    let first = steps.next().unwrap_or(window);
    let mut rows = Box::pin(tx.load_all(read::statements(journal.moment(), first, window))).await?;
    progress(days_read(window, first.1)).await;
    for step in steps {
        rows.0.append(&mut tx.load(read::statements::of_days(step)).await?);
        progress(days_read(window, step.1)).await;
    }
    Ok(read::input(journal, window, rows))
}

/// The spans to read one after the other: one for a window that is read while somebody waits.
fn steps((from, to): ReportDays) -> Vec<ReportDays> {
    if super::days_of((from, to)) <= AT_ONCE {
        return vec![(from, to)];
    }
    let mut steps = Vec::new();
    let mut first = from;
    while first <= to {
        let last = (first + Days::new(STEP_DAYS - 1)).min(to);
        steps.push((first, last));
        first = last + Days::new(1);
    }
    steps
}

/// Days of the window up to the last one read.
fn days_read(window: ReportDays, last: NaiveDate) -> i64 {
    super::days_of((window.0, last.min(window.1))).max(0)
}

/// Keeps the report of this input unless the newest version was made of the same. Nothing when
/// another version came in between.
async fn keep(
    app: &App,
    tx: &Tx<'_, Read>,
    journal: &JournalAccess<Read>,
    mut input: ReportInput,
) -> Answered<Option<Frozen>> {
    let subject = input.subject.clone();
    // A name is kept as it was; a reference is its reader's, who may set it right, and nobody else's.
    if let Some(subject) = &mut input.subject {
        subject.reference = None;
    }
    let days = (input.from, input.to);
    let newest = tx.first(store::newest(days)).await?;
    let (hash, input) = web::block(move || (inputs_hash(&input), input)).await.map_err(lost)?;
    let hash = hash.map_err(lost)?;
    // The hash covers the version of the rules, too.
    if let Some(newest) = newest.filter(|newest| newest.is_of(&hash)) {
        return Ok(Some(Frozen::Stands(Kept::of(newest, journal, subject))));
    }
    // Versions that the share no longer shows count, too.
    let version = tx.first(store::versions(days)).await?.map_or(1, |(kept,)| kept + 1);
    let reached = read::span(journal, days);
    let report = web::block(move || serde_json::to_string(&build(&input))).await.map_err(lost)?;
    let id = app.ids.next();
    let fresh = NewSnapshot {
        id,
        made_at: journal.moment(),
        from_date: days.0,
        to_date: days.1,
        version,
        sections: journal.sections().codes(),
        rule_version: RULE_VERSION,
        journal_revision: journal.revision(),
        inputs_hash: hash.to_vec(),
        report: report.map_err(lost)?,
        read_from: reached.0,
        read_to: reached.1,
    };
    match tx.execute(store::keep(fresh)).await {
        Err(DbError::Constraint(name)) if name == "report_snapshots_version_unique" => Ok(None),
        Err(error) => Err(error.into()),
        Ok(_) => {
            let made = tx.first(store::find(id)).await?;
            let made = made.ok_or_else(|| lost("a report was kept that cannot be read"))?;
            Ok(Some(Frozen::Made(Kept::of(made, journal, subject))))
        }
    }
}

fn lost(error: impl std::fmt::Display) -> Problem {
    Problem::internal(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_that_somebody_waits_for_is_read_at_once_and_a_longer_one_without_gaps() {
        let from = day("2016-01-01");
        let short = (from, from + Days::new(730));
        assert_eq!(steps(read::entry_days(short)).len(), 1);
        let long = (from, from + Days::new(3652));
        let all = read::entry_days(long);
        let steps = steps(all);
        assert_eq!((steps[0].0, steps.last().unwrap().1), all);
        for pair in steps.windows(2) {
            assert_eq!(pair[0].1 + Days::new(1), pair[1].0);
        }
        assert!(steps.iter().all(|step| super::super::days_of(*step) <= 183));
        assert_eq!(days_read(long, steps.last().unwrap().1), 3653);
        assert_eq!(days_read(long, all.0), 0);
    }
}
