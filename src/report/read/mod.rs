//! What a report reads of a journal, and how the rows become the input of its rules.

pub mod asked;
pub mod entries;
mod records;

use self::entries::{Days as Span, EntryRecord, NightRow, SessionRecord};
use self::records::{
    AssessmentRecord, EpisodeRecord, EventRecord, FlareRecord, GoalRecord, IntakeRecord,
    NoteRecord, PlanRecord, QuestionRecord,
};
use crate::access::{JournalAccess, Read};

use crate::db::{Batch, Statement};
use crate::http::{Answered, ProblemKind};
use crate::journal::FIRST_DAY;
use crate::report::rows::{ReportInput, Sections as Shown};
use crate::sections::{Section, Sections};
use chrono::Days;

/// Entries are read from this many days before the window: 28 to judge a spike (F6), which is more
/// than the 17 that a baseline and a session just before the window take.
const DAYS_BEFORE: u64 = 28;
/// A flare that touches the window began this many days before it at most.
const LONGEST_FLARE_DAYS: u64 = 93;
/// Planned visits are looked for this many days ahead.
const DAYS_AHEAD: u64 = 183;
/// Ratings and sessions are read up to this many days around the window, for the days around a session.
const DAYS_AROUND: u64 = 3;

/// The sections a report is made of.
pub(crate) const SECTIONS: Sections = Sections::ALL;

/// All rows of a report, one list for each statement.
pub(crate) type Rows = (
    Vec<EntryRecord>,
    Vec<SessionRecord>,
    Vec<NightRow>,
    Vec<FlareRecord>,
    Vec<IntakeRecord>,
    Vec<AssessmentRecord>,
    Vec<GoalRecord>,
    Vec<EventRecord>,
    Vec<PlanRecord>,
    Vec<EpisodeRecord>,
    Vec<NoteRecord>,
    Vec<QuestionRecord>,
    Vec<(String,)>,
);

/// The days whose entries a report of this window is made of.
pub(crate) fn entry_days((from, to): Span) -> Span {
    (from - Days::new(DAYS_BEFORE), to + Days::new(DAYS_AROUND))
}

/// The statements that read a window, the entries of other days than the rest.
pub(crate) fn statements(entries: Span, (from, to): Span) -> impl Batch<Read, Rows = Rows> {
    let before = entry_days((from, to));
    let (season, ever) = ((from - Days::new(LONGEST_FLARE_DAYS), to), (FIRST_DAY, to));
    let visits = (from - Days::new(DAYS_AROUND), to + Days::new(DAYS_AHEAD));
    (
        entries::entries(entries),
        entries::sessions(visits),
        entries::nights((from, to)),
        records::flares(season),
        records::intakes((from, to)),
        records::assessments(before),
        records::goals(ever),
        records::adverse_events((from, to)),
        records::plans(ever),
        records::episodes(ever),
        records::notes((from, to)),
        records::questions(ever),
        entries::share_label(),
    )
}

/// What a report of a window reads, in its order: each statement as text with its parameters behind
/// it. For the benchmark.
pub fn written(window: Span) -> Vec<String> {
    statements(entry_days(window), window).written()
}

/// Further entries.
pub(crate) fn entries(days: Span) -> Statement<Read, EntryRecord> {
    entries::entries(days)
}

/// The input of the rules for a window the reader may see.
pub(crate) fn input(journal: &JournalAccess<Read>, (from, to): Span, rows: Rows) -> ReportInput {
    let (entries, sessions, nights, flares, intakes, assessments, goals, events, ..) = rows;
    let (.., plans, episodes, notes, questions, label) = rows;
    let day_start_minute = journal.day_start_minute();
    let (ratings, entries) = entries.iter().map(entries::entry_rows).unzip();
    ReportInput {
        from,
        to,
        today: journal.today(),
        day_start_minute,
        enrolled_on: journal.enrolled_on().unwrap_or(from),
        generated_at: journal.moment(),
        revision: journal.revision(),
        sections: shown(journal),
        share_label: label.into_iter().next().map(|(label,)| label),
        ratings,
        sessions: all(sessions),
        sleep: all(nights),
        entries,
        flares: flares.into_iter().map(|flare| flare.row(day_start_minute)).collect(),
        intakes: all(intakes),
        assessments: all(assessments),
        goals: all(goals),
        adverse_events: events.into_iter().map(|event| event.row(day_start_minute)).collect(),
        plans: all(plans),
        episodes: all(episodes),
        notes: all(notes),
        questions: all(questions),
    }
}

/// Records as the report sees them.
fn all<A: Into<B>, B>(records: Vec<A>) -> Vec<B> {
    records.into_iter().map(Into::into).collect()
}

/// The days of a window that the reader may see: a day nobody may see is not a missing one.
///
/// # Errors
/// 404 where there is none.
pub(crate) fn within(journal: &JournalAccess<Read>, (from, to): Span) -> Answered<Span> {
    let (open, close) = journal.window();
    let window =
        (open.map_or(from, |open| open.max(from)), close.map_or(to, |close| close.min(to)));
    if window.0 > window.1 { Err(ProblemKind::NotFound.into()) } else { Ok(window) }
}

fn shown(journal: &JournalAccess<Read>) -> Shown {
    let open = journal.sections();
    let names = |wanted: bool| {
        SECTIONS.iter().filter(|s| open.contains(*s) == wanted).map(Section::code).collect()
    };
    Shown { visible: names(true), omitted: names(false) }
}
