//! The progress report: pure functions from typed rows to one page of honest statements.
//!
//! No database, no clock, no global state: the same rows give the same bytes, in whatever order
//! they come. The formulas F1 to F7 and F13, their gates and their worked numbers are those of
//! the clinical reference; each statement carries its count, window, method, interval and grade,
//! and withholds its value where there is too little behind it.
//!
//! ```text
//! ReportInput ─▶ build ─▶ Report ─▶ JSON
//!                            └────▶ chart::daily_pain_svg ─▶ SVG
//! ```

pub mod adherence;
pub mod baseline;
pub mod cautions;
pub mod change;
pub mod chart;
pub mod daily;
pub mod effect_summary;
#[cfg(test)]
mod fixtures;
mod http;
pub mod moments;
mod numbers;
pub mod page;
pub mod pdf;
pub mod rows;
pub mod series;
pub mod session_effect;
pub mod statement;
mod store;
#[cfg(test)]
mod tests;
pub mod trend;
pub mod window;

use adherence::ReportHeader;
use baseline::{Baseline, PainBaseline};
use cautions::Caution;
use change::PainChange;
use chrono::{DateTime, SubsecRound, Utc};
use daily::PainDays;
pub use http::routes;
pub(crate) use numbers::round_to;
use rows::{ALL_SECTIONS, ReportInput, SECTION_PAIN, SECTION_SLEEP, SECTION_TREATMENT, SessionRow};
use serde::{Deserialize, Serialize, Serializer};
use series::DailyPoint;
use session_effect::SessionEffects;
use statement::{Code, Method, ReportWindow, Statement};
pub use store::{NIGHTS, RATINGS};
use trend::PainTrend;
use utoipa::ToSchema;
use window::Composite;

/// Version of the rules a report was computed by. It changes whenever the same rows would give
/// other numbers or words.
pub const RULE_VERSION: &str = "1";

/// The pain statements of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PainSummary {
    /// Mean of the daily scores over the whole window up to today. Source: F1, clinical
    /// reference.
    pub window_mean: Statement,
    /// Pain at the start of the course. Source: F2, clinical reference.
    pub baseline: PainBaseline,
    /// Mean of the daily scores over the last 14 days of the window up to today, without days of
    /// the baseline and without days up to the first attended session. Source: F1 and F3,
    /// clinical reference.
    pub follow_up: Statement,
    /// Follow-up against baseline. Source: F3, clinical reference.
    pub change: PainChange,
    /// Trend over the whole window up to today. Source: F7, clinical reference.
    pub trend: PainTrend,
}

/// A progress report: self-reported, not a diagnosis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProgressReport)]
pub struct Report {
    /// Version of the rules the report was computed by.
    #[schema(max_length = 16, examples("1"))]
    pub rule_version: String,
    /// When the report was computed, to the millisecond.
    #[serde(serialize_with = "milliseconds")]
    pub generated_at: DateTime<Utc>,
    /// Revision of the journal the report was computed from.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub journal_revision: i64,
    /// The journal days the report was asked for; they may reach beyond today.
    pub window: ReportWindow,
    /// Names of the sections that are part of the report, sorted.
    #[schema(max_items = 32)]
    pub sections_included: Vec<Code>,
    /// Names of the sections that are withheld, sorted.
    #[schema(max_items = 32)]
    pub sections_omitted: Vec<Code>,
    /// Counts, adherence and attendance.
    pub header: ReportHeader,
    /// Every day of the window in order, also those without an entry.
    #[schema(max_items = 1200)]
    pub daily: Vec<DailyPoint>,
    /// Mean of each block of seven days from the first day of the window, up to today; empty
    /// where pain is omitted.
    #[schema(max_items = 200)]
    pub weeks: Vec<Statement>,
    /// The pain statements; null where pain is omitted.
    #[schema(required)]
    pub pain: Option<PainSummary>,
    /// Pain around the treatment sessions; null where pain or treatment is omitted.
    #[schema(required)]
    pub session_effects: Option<SessionEffects>,
    /// What this page cannot say.
    #[schema(max_items = 64)]
    pub cautions: Vec<Caution>,
}

/// Writes an instant as `YYYY-MM-DDTHH:MM:SS.mmmZ`.
fn milliseconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.format("%Y-%m-%dT%H:%M:%S%.3fZ"))
}

/// Computes a report. The order of the rows has no influence on it.
pub fn build(input: &ReportInput) -> Report {
    let sections = &input.sections;
    let shows_pain = sections.shows(SECTION_PAIN);
    let window = ReportWindow::new(input.from, input.to);
    let expected = ReportWindow::new(input.from.max(input.enrolled_on), input.to.min(input.today));
    let elapsed = ReportWindow::new(input.from, input.to.min(input.today));

    let ratings = if shows_pain { input.ratings.as_slice() } else { &[] };
    let sleep = if sections.shows(SECTION_SLEEP) { input.sleep.as_slice() } else { &[] };
    let sessions: Option<Vec<&SessionRow>> =
        sections.shows(SECTION_TREATMENT).then(|| input.sessions.iter().collect());
    let sessions = sessions.as_deref();

    let days = PainDays::from_rows(ratings, input.day_start_minute);
    let baseline = shows_pain.then(|| {
        let end = input.to.min(input.today);
        Baseline::find(&days, sessions.unwrap_or_default(), end)
    });
    Report {
        rule_version: RULE_VERSION.to_owned(),
        generated_at: input.generated_at.trunc_subsecs(3),
        journal_revision: input.revision,
        window: ReportWindow { from: input.from, to: input.to },
        sections_included: names(sections.visible.iter().filter(|name| sections.shows(name))),
        sections_omitted: names(
            ALL_SECTIONS.iter().filter(|name| !sections.shows(name)).chain(&sections.omitted),
        ),
        header: adherence::header(window, expected, shows_pain.then_some(&days), sessions),
        daily: series::series(window, expected, &days, sessions, sleep),
        weeks: match elapsed {
            Some(elapsed) if shows_pain => window::weeks(&days, elapsed),
            _ => Vec::new(),
        },
        pain: baseline.as_ref().map(|baseline| pain(&days, baseline, elapsed)),
        session_effects: sessions
            .filter(|_| shows_pain)
            .map(|sessions| session_effect::session_effects(ratings, &days, sessions, elapsed)),
        cautions: cautions::cautions(sections, baseline.as_ref()),
    }
}

/// The pain statements over the days of the window that have come.
fn pain(days: &PainDays, baseline: &Baseline, elapsed: Option<ReportWindow>) -> PainSummary {
    const WINDOW: Method = (
        "mean_of_daily_scores",
        "Mean of the daily scores over the journal days of the window up to today.",
    );
    const FOLLOW_UP: Method = (
        "mean_of_daily_scores_last_14_days",
        "Mean of the daily scores over the last 14 journal days of the window up to today, without \
         days of the baseline and days up to the first attended treatment session.",
    );
    let follow_up = baseline.follow_up(days, elapsed);
    PainSummary {
        window_mean: Composite::over(days, elapsed).statement(WINDOW),
        baseline: baseline.to_report(),
        follow_up: follow_up.statement(FOLLOW_UP),
        change: change::change(baseline, &follow_up),
        trend: trend::trend(days, elapsed),
    }
}

/// Sorted names, each once.
fn names<'a>(names: impl Iterator<Item = &'a &'static str>) -> Vec<Code> {
    let mut names: Vec<Code> = names.map(|name| Code((*name).to_owned())).collect();
    names.sort_unstable();
    names.dedup();
    names
}
