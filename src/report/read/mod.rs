//! What a report reads of a journal, and how the rows become the input of its rules.

pub mod asked;
pub mod statements;

use crate::access::{JournalAccess, Read};
use crate::db::{Batch, WrittenParameter};
use crate::http::{Answered, ProblemKind};
use crate::journal::{Declared, FIRST_DAY, JournalPause, NewestDay, declared, newest_day, today};
use crate::report::rows::{
    AdverseEventRow, AssessmentRow, EntryRow, EpisodeRow, FlareRow, GoalRow, IntakeRow, Made,
    NoteRow, PlanRow, QuestionRow, ReportInput, SleepRow, TreatmentRow, TreatmentSessionRow,
};
use crate::report::rules::pain::baseline::{self, FIRST_WEEK_DAYS};
use crate::report::rules::treatment::course::Course;
use crate::sections::{Section, Sections};
use crate::time::PauseDays;
use chrono::{DateTime, Days, NaiveDate, Utc};
pub(crate) use statements::ReportDays;
pub(crate) use statements::share_head;
use statements::{ShareHead, entries_around_starts, notes, of_days, treatments};

/// Entries are read from this many days before the window: 28 to judge a spike (F6). The baseline's are
/// read for themselves.
const DAYS_BEFORE: u64 = 28;
/// A flare that touches the window began this many days before it at most.
const LONGEST_FLARE_DAYS: u64 = 93;
/// Planned visits are looked for this many days ahead.
const DAYS_AHEAD: u64 = 183;
/// Ratings and treatment sessions are read up to this many days around the window, for the days around a
/// treatment session.
const DAYS_AROUND: u64 = 3;

/// Sleep is read this many days around the window: the parts of a night at its edge lie on two dates.
const DAYS_OF_A_NIGHT: u64 = 1;

/// Days after the first treatment whose entries a report needs wherever they lie: those of the second-best
/// baseline (F2).
const AFTER_START: (i64, i64) = (1, FIRST_WEEK_DAYS);

/// The sections a report is made of.
pub(crate) const SECTIONS: Sections = Sections::ALL;

/// All rows of a report, one list for each statement.
pub(crate) type ReportRows = (
    Vec<EntryRow>,
    Vec<TreatmentSessionRow>,
    Vec<SleepRow>,
    Vec<FlareRow>,
    Vec<IntakeRow>,
    Vec<AssessmentRow>,
    Vec<GoalRow>,
    Vec<AdverseEventRow>,
    Vec<PlanRow>,
    Vec<EpisodeRow>,
    Vec<NoteRow>,
    Vec<QuestionRow>,
    Vec<ShareHead>,
    Vec<TreatmentRow>,
    Vec<EntryRow>,
    Vec<NewestDay>,
    Vec<Declared>,
);

/// The days whose entries a report of this window is made of.
pub(crate) fn entry_days((from, to): ReportDays) -> ReportDays {
    (from - Days::new(DAYS_BEFORE), to + Days::new(DAYS_AROUND))
}

/// The statements that read a window, the entries of other days than the rest.
pub(crate) fn statements(
    now: DateTime<Utc>,
    entries: ReportDays,
    (from, to): ReportDays,
) -> impl Batch<Read, Rows = ReportRows> {
    let before = entry_days((from, to));
    let (season, ever) = ((from - Days::new(LONGEST_FLARE_DAYS), to), (FIRST_DAY, to));
    let visits = (from - Days::new(DAYS_AROUND), to + Days::new(DAYS_AHEAD));
    (
        of_days(entries),
        of_days(visits),
        of_days((from - Days::new(DAYS_OF_A_NIGHT), to + Days::new(DAYS_OF_A_NIGHT))),
        of_days(season),
        of_days((from, to)),
        of_days(before),
        of_days(ever),
        of_days((from, to)),
        of_days(ever),
        of_days(ever),
        notes((from, to)),
        of_days(ever),
        share_head(),
        treatments(to),
        entries_around_starts(to, AFTER_START, Some(before)),
        newest_day(now),
        declared(),
    )
}

/// What a report of a window reads, in its order: the text of each statement and the values behind it, as
/// they are sent. For the benchmark.
pub fn written(now: DateTime<Utc>, window: ReportDays) -> Vec<(String, Vec<WrittenParameter>)> {
    statements(now, entry_days(window), window).written()
}

/// Today in the journal that was read.
pub(crate) fn today_in(journal: &JournalAccess<Read>, rows: &ReportRows) -> NaiveDate {
    let (.., newest, _) = rows;
    today(journal, newest)
}

/// The first and the last day of all that a report of this window is read from, as far as the reader may see
/// it. What it says rests on all of them, so a kept one is shown while they are open.
pub(crate) fn span(journal: &JournalAccess<Read>, window: ReportDays) -> ReportDays {
    let open = journal.window();
    let (first, last) = days_read(journal.sections(), window);
    (open.0.map_or(first, |open| open.max(first)), open.1.map_or(last, |open| open.min(last)))
}

/// The first and the last day that [`statements()`] reads of these sections.
fn days_read(sections: Sections, (from, to): ReportDays) -> ReportDays {
    let around = entry_days((from, to));
    let night = (from - Days::new(DAYS_OF_A_NIGHT), to + Days::new(DAYS_OF_A_NIGHT));
    let of = |section| match section {
        // Complaints go back to the first day, flares a season; ratings reach a little beyond.
        Section::Pain => (FIRST_DAY, around.1),
        Section::Sleep => night,
        Section::Mobility | Section::Medication | Section::Assessments | Section::Notes => around,
        // Plans and the course go back to the first day, planned visits ahead.
        Section::Treatment => (FIRST_DAY, to + Days::new(DAYS_AHEAD)),
        Section::Goals => (FIRST_DAY, to),
    };
    sections
        .iter()
        .map(of)
        .fold((from, to), |(first, last), (from, to)| (first.min(from), last.max(to)))
}

/// The input of the rules for a window the reader may see.
pub(crate) fn input(
    journal: &JournalAccess<Read>,
    (from, to): ReportDays,
    rows: ReportRows,
) -> ReportInput {
    let (entries, visits, sleep, flares, intakes, assessments, goals, adverse_events, ..) = rows;
    let (.., plans, episodes, notes, questions, heads, treatments, around_starts, newest, declared) =
        rows;
    let today = today(journal, &newest);
    let (open_from, open_to) = journal.window();
    let (starts_on, pauses) = declared.into_iter().next().map_or_else(
        || (from, Vec::new()),
        |(starts_on, pauses)| {
            (starts_on, pauses.0.as_slice().iter().map(JournalPause::days).collect())
        },
    );
    let (share_label, subject) = heads.into_iter().next().unzip();
    let course = Course::find(&treatments, to.min(today), open_from);
    let of_course = around_starts.into_iter().filter(|entry| {
        let first = course.as_ref().and_then(Course::first_day);
        first.is_some_and(|first| baseline::days_read(first).contains(entry.journal_date))
    });
    let entries = entries.into_iter().chain(of_course).collect();
    ReportInput {
        from,
        to,
        today,
        day_starts: *journal.day_starts(),
        journal_starts_on: open_from.map_or(starts_on, |open| open.max(starts_on)),
        pauses: open_pauses(pauses, (open_from, open_to)),
        open_from,
        made: Made { generated_at: journal.moment(), revision: journal.revision() },
        sections: journal.sections(),
        share_label,
        subject,
        treatments,
        sessions: visits,
        sleep,
        entries,
        flares,
        intakes,
        assessments,
        goals,
        adverse_events,
        plans,
        episodes,
        notes,
        questions,
    }
}

/// The pauses, as far as they lie in the days that the reader may see: of others he learns nothing.
fn open_pauses(
    pauses: Vec<PauseDays>,
    (open, close): (Option<NaiveDate>, Option<NaiveDate>),
) -> Vec<PauseDays> {
    let clipped = pauses.into_iter().map(|(from, to)| {
        let from = open.map_or(from, |open| open.max(from));
        (from, close.map_or(to, |close| Some(to.map_or(close, |to| to.min(close)))))
    });
    clipped.filter(|(from, to)| to.is_none_or(|to| *from <= to)).collect()
}

/// The days of a window that the reader may see: a day nobody may see is not a missing one.
///
/// # Errors
/// 404 where there is none.
pub(crate) fn within(
    journal: &JournalAccess<Read>,
    (from, to): ReportDays,
) -> Answered<ReportDays> {
    let (open, close) = journal.window();
    let window =
        (open.map_or(from, |open| open.max(from)), close.map_or(to, |close| close.min(to)));
    if window.0 > window.1 { Err(ProblemKind::NotFound.into()) } else { Ok(window) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::date;

    #[test]
    fn a_report_is_read_from_the_first_day_to_the_last_visit_where_that_is_open() {
        let of = |sections: &[Section]| days_read(Sections::of(sections), (date(100), date(189)));
        assert_eq!(of(&[Section::Goals]), (FIRST_DAY, date(189)));
        assert_eq!(of(&[Section::Treatment]), (FIRST_DAY, date(189 + 183)));
        assert_eq!(of(&[Section::Pain]), (FIRST_DAY, date(192)));
        assert_eq!(of(&[Section::Sleep]), (date(99), date(190)));
        assert_eq!(of(&[Section::Mobility, Section::Notes]), (date(72), date(192)));
    }
}
