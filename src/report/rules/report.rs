//! The report: which statements it is made of, and how they are computed from its rows.

use super::adherence::{self, ReportHeader};
use super::cautions::{self, Caution};
use super::life::function::{self, FunctionSummary};
use super::life::questionnaires::{self, GlobalImpression, QuestionnaireSummary};
use super::life::records::{self, ReportedComplaint, ReportedGoal, ReportedPlan, SharedNote};
use super::life::visit::{self, VisitPreparation};
use super::life::wellbeing::{self, WellbeingSummary};
use super::pain::baseline::{Baseline, PainBaseline};
use super::pain::beside::Beside;
use super::pain::change::{self, PainChange};
use super::pain::coverage::{self, CoverageWeek};
use super::pain::daily::PainDays;
use super::pain::flares::{self, FlareDays, FlareSummary};
use super::pain::plateau::{self, Plateau};
use super::pain::sites::{self, SiteSummary};
use super::pain::time_in_state::{self, TimeInState, WorstPainChange};
use super::pain::trend::{self, PainTrend};
use super::pain::window::{self, Composite};
use super::series::{self, DailyPoint, Sources};
use super::sleep::link::{self, SleepLink};
use super::sleep::nights::{self, SleepSummary};
use super::statement::{Method, ReportCode, ReportStatement, ReportWindow, shift};
use super::treatment::course::{Course, ReportedCourse};
use super::treatment::done::{self, TreatmentDone};
use super::treatment::effect::{self, TreatmentSessionEffects};
use super::treatment::events::{self, ReportedEvent, WarningSigns};
use super::treatment::medication::{self, MedicationDays, MedicationSummary};
use super::treatment::relief::{self, ReliefUse};
use crate::journal_subject::JournalSubject;
use crate::report::rows::ReportInput;
use crate::sections::{Section, Sections};
use crate::time::ExpectedDays;
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

/// Version of the rules a report was computed by. It changes whenever the same rows would give
/// other numbers or words.
pub const RULE_VERSION: &str = "4";

/// The pain statements of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PainSummary {
    /// Mean of the daily scores over the whole window up to today. Source: clinical.md, F1.
    pub window_mean: ReportStatement,
    /// Pain at the start of the course. Source: clinical.md, F2.
    pub baseline: PainBaseline,
    /// Mean of the daily scores over the last 14 days of the window up to today, none of them before
    /// the 15th day after the first treatment of the course. Source: F1 and clinical.md, F3.
    pub follow_up: ReportStatement,
    /// Follow-up against baseline. Source: clinical.md, F3.
    pub change: PainChange,
    /// What binds baseline, follow-up and change, and is to be read beside them.
    #[serde(default)]
    #[schema(required, max_items = 64)]
    pub cautions: Vec<Caution>,
    /// Trend over the whole window up to today. Source: clinical.md, F7.
    pub trend: PainTrend,
    /// Whether pain stood still over the last 28 days; null below its gate. Source: clinical.md, F8.
    #[schema(required)]
    pub plateau: Option<Plateau>,
    /// Worst pain, and time in high, low and no pain. Source: clinical.md, F12.
    pub time_in_state: TimeInState,
    /// Worst pain at the beginning of the course and now; null in reports of earlier rules. Source:
    /// clinical.md, F12.
    #[serde(default)]
    #[schema(required)]
    pub worst: Option<WorstPainChange>,
}

/// A progress report: self-reported, not a diagnosis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProgressReport)]
pub struct Report {
    /// Version of the rules the report was computed by.
    #[schema(max_length = 16, examples("4"))]
    pub rule_version: String,
    /// When the report was computed, to the millisecond.
    #[serde(serialize_with = "milliseconds")]
    pub generated_at: DateTime<Utc>,
    /// The journal days the report was asked for; they may reach beyond today.
    pub window: ReportWindow,
    /// How the patient calls the share the journal is read through; null in the own report.
    #[schema(required, max_length = 100, examples("Dr. Lind"))]
    pub share_label: Option<String>,
    /// Whose journal it is, as the reader of a share may know them; null in the own report, and in
    /// those that were frozen before it was told. A frozen one has no reference: the share
    /// tells the one that is kept now.
    #[serde(default)]
    #[schema(required)]
    pub subject: Option<JournalSubject>,
    /// Names of the sections that are part of the report, sorted.
    #[schema(max_items = 32)]
    pub sections_included: Vec<ReportCode>,
    /// Names of the sections that are withheld, sorted.
    #[schema(max_items = 32)]
    pub sections_omitted: Vec<ReportCode>,
    /// Counts, adherence and attendance.
    pub header: ReportHeader,
    /// What the patient brings to the next visit; null where goals are omitted.
    #[schema(required)]
    pub visit: Option<VisitPreparation>,
    /// Every day of the window in order, also those without an entry.
    #[schema(max_items = 3660)]
    pub daily: Vec<DailyPoint>,
    /// Mean of each block of seven days from the first day of the window, up to today; empty
    /// where pain is omitted.
    #[schema(max_items = 530)]
    pub weeks: Vec<ReportStatement>,
    /// The course of treatment the report is about; null where treatment is omitted or none is known.
    #[serde(default)]
    #[schema(required)]
    pub course: Option<ReportedCourse>,
    /// The pain statements; null where pain is omitted.
    #[schema(required)]
    pub pain: Option<PainSummary>,
    /// Pain around the treatment sessions; null where pain or treatment is omitted.
    #[schema(required)]
    pub session_effects: Option<TreatmentSessionEffects>,
    /// What was done in the attended treatments of the window up to today, in the order of time; null
    /// where treatment is omitted, and in reports of earlier rules.
    #[serde(default)]
    #[schema(required, max_items = 1000)]
    pub treatments: Option<Vec<TreatmentDone>>,
    /// Complaints as the patient calls them; null where pain is omitted.
    #[schema(required, max_items = 10_000)]
    pub complaints: Option<Vec<ReportedComplaint>>,
    /// The treatment plans of the window; null where treatment is omitted.
    #[schema(required, max_items = 10_000)]
    pub plans: Option<Vec<ReportedPlan>>,
    /// Questionnaires and the patient's impression of change; null where assessments are omitted.
    #[schema(required)]
    pub questionnaires: Option<QuestionnaireSummary>,
    /// Walking, steps, tolerances and work; null where mobility is omitted.
    #[schema(required)]
    pub function: Option<FunctionSummary>,
    /// Sleep; null where it is omitted.
    #[schema(required)]
    pub sleep: Option<SleepSummary>,
    /// Sleep and the pain of the day after; null where sleep or pain is omitted.
    #[schema(required)]
    pub sleep_link: Option<SleepLink>,
    /// Where it hurt; null where pain is omitted.
    #[schema(required)]
    pub sites: Option<SiteSummary>,
    /// Interference, stiffness, mood, stress and energy; null where pain is omitted.
    #[schema(required)]
    pub wellbeing: Option<WellbeingSummary>,
    /// What was tried against the pain, in the vocabulary's order; null where pain is omitted.
    #[schema(required, max_items = 64)]
    pub relief: Option<Vec<ReliefUse>>,
    /// Medication days; null where medication is omitted.
    #[schema(required)]
    pub medication: Option<MedicationSummary>,
    /// Reported flares and computed spikes; null where pain is omitted.
    #[schema(required)]
    pub flares: Option<FlareSummary>,
    /// Adverse events that began in the window; null where treatment is omitted.
    #[schema(required, max_items = 10_000)]
    pub adverse_events: Option<Vec<ReportedEvent>>,
    /// Days on which the notice of warning signs was shown; null where pain is omitted.
    #[schema(required)]
    pub warning_signs: Option<WarningSigns>,
    /// Goals set up to the end of the window; null where goals are omitted.
    #[schema(required, max_items = 10_000)]
    pub goals: Option<Vec<ReportedGoal>>,
    /// Notes of the window that the patient marked as shared, as far as the sections they stand in
    /// are open; null where notes are omitted.
    #[schema(required, max_items = 20_000)]
    pub shared_notes: Option<Vec<SharedNote>>,
    /// Rated and expected days of each week up to today; null where pain is omitted.
    #[schema(required, max_items = 530)]
    pub coverage: Option<Vec<CoverageWeek>>,
    /// What this page cannot say.
    #[schema(max_items = 64)]
    pub cautions: Vec<Caution>,
}

/// Writes an instant as `YYYY-MM-DDTHH:MM:SS.mmmZ`.
fn milliseconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.format("%Y-%m-%dT%H:%M:%S%.3fZ"))
}

impl Report {
    /// A kept report has no reference: its head names that of its reader, as it is now.
    pub fn known_to_its_reader_as(&mut self, reference: Option<String>) {
        if reference.is_some() || self.subject.is_some() {
            self.subject.get_or_insert_default().reference = reference;
        }
    }

    /// What a file of it is named by: the reader's own reference, else the label of the share; never a
    /// name or a year.
    pub fn file_mark(&self) -> Option<&str> {
        let reference = self.subject.as_ref().and_then(|known| known.reference.as_deref());
        reference.or(self.share_label.as_deref())
    }
}

/// Computes a report. The order of the rows has no influence on it.
pub fn build(input: &ReportInput) -> Report {
    let sections = input.sections;
    let window = ReportWindow::new(input.from, input.to);
    let elapsed = ReportWindow::new(input.from, input.to.min(input.today));
    // Rows of a closed section are let go here, once; nothing below sees them.
    let open = |section| sections.contains(section).then_some(());
    let (with_pain, with_treatment) = (open(Section::Pain), open(Section::Treatment));
    let (with_sleep, with_medication) = (open(Section::Sleep), open(Section::Medication));
    let with_mobility = open(Section::Mobility);
    let entries = &*input.entries_seen();

    let ratings = with_pain.map_or(&[][..], |()| entries);
    let pain = PainDays::from_rows(ratings, &input.day_starts);
    let sources = Sources {
        flares: with_pain
            .map(|()| FlareDays::find(&pain, &input.flares, elapsed, input.day_starts)),
        pain,
        entries: (
            with_pain.map_or(&[][..], |()| entries),
            with_mobility.map_or(&[][..], |()| entries),
        ),
        medication: with_medication.map(|()| MedicationDays::of(entries, &input.intakes)),
        visits: with_treatment.map(|()| input.sessions.iter().collect()),
        nights: with_sleep.map_or_else(Default::default, |()| nights::nights_by_day(&input.sleep)),
        events: with_treatment.map_or(&[][..], |()| &input.adverse_events),
    };
    let (days, visits) = (&sources.pain, sources.visits.as_deref());
    let (expected, paused) = expected_days(input, days);
    // Nothing is known of days before the journal began, unless they were rated later.
    let began =
        days.first_day().map_or(input.journal_starts_on, |day| day.min(input.journal_starts_on));
    let observed = ReportWindow::new(input.from.max(began), input.to.min(input.today));
    let end = input.to.min(input.today);
    let course =
        with_treatment.and_then(|()| Course::find(&input.treatments, end, input.open_from));
    let questionnaires =
        open(Section::Assessments).map(|()| questionnaires::summary(&input.assessments, elapsed));
    let impression = questionnaires.as_ref().and_then(|found| found.impression.as_ref());
    Report {
        rule_version: RULE_VERSION.to_owned(),
        generated_at: input.made.generated_at.trunc_subsecs(3),
        window: ReportWindow { from: input.from, to: input.to },
        share_label: input.share_label.clone(),
        subject: input.subject.clone(),
        sections_included: names(sections),
        sections_omitted: names(Sections::ALL.without(sections)),
        header: adherence::header(window, (&expected, paused), with_pain.map(|()| days), visits),
        visit: open(Section::Goals)
            .map(|()| visit::preparation(&input.questions, &input.goals, visits, input.today)),
        daily: series::series(window, &expected, &sources),
        weeks: with_pain.and(elapsed).map_or_else(Vec::new, |elapsed| window::weeks(days, elapsed)),
        course: course.as_ref().and_then(|course| course.to_report(&input.plans)),
        pain: with_pain.map(|()| {
            let baseline = Baseline::find(days, course.as_ref(), end);
            pain_summary(days, &baseline, elapsed, course.as_ref(), impression)
        }),
        session_effects: with_pain
            .and(visits)
            .map(|visits| effect::treatment_session_effects(ratings, days, visits, elapsed)),
        treatments: visits.map(|visits| done::treatments(visits, elapsed)),
        complaints: with_pain.map(|()| records::complaints(&input.episodes, elapsed)),
        plans: with_treatment.map(|()| records::plans(&input.plans, elapsed)),
        questionnaires,
        function: with_mobility.map(|()| function::summary(entries, elapsed)),
        sleep: with_sleep.map(|()| nights::summary(&sources.nights, elapsed)),
        sleep_link: with_sleep.and(with_pain).map(|()| link::link(&sources.nights, days, elapsed)),
        sites: with_pain.map(|()| sites::summary(&sites::named(entries), elapsed)),
        wellbeing: with_pain.map(|()| wellbeing::summary(entries, elapsed)),
        relief: with_pain.map(|()| relief::summary(entries, elapsed)),
        medication: sources
            .medication
            .as_ref()
            .map(|found| medication::summary(found, &input.intakes, elapsed)),
        flares: sources
            .flares
            .as_ref()
            .map(|found| flares::summary(days, &input.flares, found, elapsed, observed)),
        adverse_events: with_treatment
            .map(|()| events::adverse_events(&input.adverse_events, elapsed, &input.day_starts)),
        warning_signs: with_pain.map(|()| events::warning_signs(entries, elapsed)),
        goals: open(Section::Goals).map(|()| records::goals(&input.goals, elapsed)),
        shared_notes: open(Section::Notes)
            .map(|()| records::notes(&input.notes, sections, elapsed)),
        coverage: with_pain.map(|()| coverage::weeks(days, elapsed, &expected)),
        cautions: cautions::cautions(sections),
    }
}

/// The days of the window on which an entry was expected (F5): from the start of the journal, less declared
/// pauses, and how many days those take. Today is not over, so that it only counts once it has an entry.
fn expected_days(input: &ReportInput, pain: &PainDays) -> (ExpectedDays, usize) {
    let last = if pain.day(input.today).is_some() { input.today } else { shift(input.today, -1) };
    let first = input.from.max(input.journal_starts_on);
    let last = input.to.min(last);
    let expected = ExpectedDays::between(first, last, &input.pauses);
    let paused = ExpectedDays::between(first, last, &[]).count() - expected.count();
    (expected, paused)
}

/// The pain statements over the days of the window that have come.
fn pain_summary(
    days: &PainDays,
    baseline: &Baseline,
    elapsed: Option<ReportWindow>,
    course: Option<&Course>,
    impression: Option<&GlobalImpression>,
) -> PainSummary {
    const WINDOW: Method = (
        "mean_of_daily_scores",
        "Mean of the daily scores over the journal days of the window up to today.",
    );
    const FOLLOW_UP: Method = (
        "mean_of_daily_scores_last_14_days",
        "Mean of the daily scores over the last 14 journal days of the window up to today, none of \
         them before the 15th day after the first treatment of the course.",
    );
    let follow_up = baseline.follow_up(days, elapsed);
    let change = change::change(baseline, &follow_up);
    let beside = Beside { baseline, follow_up: &follow_up, change: &change, course, impression };
    PainSummary {
        window_mean: Composite::over(days, elapsed).statement(WINDOW),
        baseline: baseline.to_report(change.differs_with_late_entries(baseline)),
        follow_up: follow_up.statement(FOLLOW_UP),
        cautions: beside.cautions(),
        change,
        trend: trend::trend(days, elapsed),
        plateau: plateau::plateau(days, elapsed),
        time_in_state: time_in_state::time_in_state(days, elapsed),
        worst: Some(time_in_state::worst_change(days, baseline, follow_up.window)),
    }
}

/// The names of sections, sorted.
fn names(sections: Sections) -> Vec<ReportCode> {
    let mut names: Vec<ReportCode> = sections.iter().map(ReportCode::from).collect();
    names.sort_unstable();
    names
}

impl Report {
    /// Is this section part of the report?
    pub fn shows(&self, section: Section) -> bool {
        self.sections_included.iter().any(|name| name.0 == section.code())
    }
}
