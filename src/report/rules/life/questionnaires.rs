//! Questionnaires: of each instrument the first and the latest score, their difference, and the
//! published thresholds it is held against; the patient's own impression of change in words.

use crate::collections::Occasion;
use crate::instruments::{
    self, Definition, HigherIs, ScoringMethod, Threshold, ThresholdKind, ThresholdUnit,
};
use crate::report::rows::AssessmentRow;
use crate::report::rules::numbers::{one_decimal, round2};
use crate::report::rules::statement::{
    Draft, Method, ReportCode, ReportStatement, ReportWindow, Unit, codes,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Journal days before the window from which a first score may come.
pub const BASELINE_DAYS_BEFORE: i64 = 17;
/// Scores that a difference needs.
const SCORES: usize = 2;
/// The instrument whose answer is a change already.
const IMPRESSION: &str = "pgic";
/// The threshold that speaks of one activity, not of the mean.
const ONE_ACTIVITY: &str = "minimal_detectable_change_of_one_activity";

/// Absorbs binary fractions where a change meets a threshold exactly.
const EDGE: f64 = 1e-9;

/// One score of a questionnaire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuestionnaireScore {
    /// The assessment.
    pub assessment_id: Uuid,
    /// Journal day it was answered.
    pub journal_date: NaiveDate,
    /// The score in the instrument's range, as stored.
    pub score: f64,
    /// The same to one decimal, the precision to show to people.
    #[schema(max_length = 16)]
    pub score_text: String,
    /// `complete`, `prorated` or `imported`.
    pub status: ReportCode,
    /// What to mind: `floor`, `ceiling`, `few_activities`.
    #[schema(max_items = 8)]
    pub flags: Vec<ReportCode>,
    /// When in the course it was answered; null where not said.
    #[schema(required)]
    pub occasion: Option<ReportCode>,
}

/// A difference held against one published threshold. Thresholds describe groups of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ThresholdResult {
    /// The threshold's machine name in the instrument's definition.
    #[schema(max_length = 60)]
    pub name: String,
    /// Its value; the lower end of a range.
    pub value: f64,
    /// The upper end of a range; null where the sources give one value.
    #[schema(required)]
    pub value_to: Option<f64>,
    /// `points` or `percent`.
    pub unit: ReportCode,
    /// The publication.
    #[schema(max_length = 200)]
    pub source: String,
    /// `met`, `within_range` (between the ends of the range) or `not_met`, by a change for the
    /// better; null where it cannot be told.
    #[schema(required)]
    pub result: Option<ReportCode>,
}

/// One activity of the PSFS at both times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActivityChange {
    /// The activity in the patient's own words, as last written.
    #[schema(max_length = 200)]
    pub activity: String,
    /// First rating, 0 unable to 10 as before.
    pub first: f64,
    /// Latest rating, 0 to 10.
    pub latest: f64,
    /// Latest minus first in points; positive is better.
    pub difference: f64,
    /// Whether the difference for the better reaches 3 points, the smallest one that measurement
    /// error does not explain in a single activity (Stratford 1995).
    pub beyond_error: bool,
}

/// The scores of one instrument and their change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuestionnaireChange {
    /// The instrument's code.
    #[schema(max_length = 40, examples("peg"))]
    pub instrument: String,
    /// The version of its definition; scores of different versions are never compared.
    #[schema(minimum = 1, maximum = 1000)]
    pub version: i32,
    /// What it is called.
    #[schema(max_length = 120)]
    pub title: String,
    /// `better` or `worse`: what a higher score means.
    pub higher_is: ReportCode,
    /// The least score.
    pub minimum: f64,
    /// The greatest score.
    pub maximum: f64,
    /// Every score, in the order of time.
    #[schema(max_items = 2000)]
    pub scores: Vec<QuestionnaireScore>,
    /// The score that later ones are held against: the first marked as `baseline`, else the first.
    pub first: QuestionnaireScore,
    /// The last score after it; null where there is none.
    #[schema(required)]
    pub latest: Option<QuestionnaireScore>,
    /// Latest minus first in points of the scale. It needs two scores. For the PSFS it is the
    /// difference of the means over the activities rated both times, and needs at least half of
    /// the first form's.
    pub difference: ReportStatement,
    /// The change for the better in percent of the first score, two decimals; negative is worse.
    /// Null without a difference and where the first score is 0.
    #[schema(required)]
    pub percent_improvement: Option<f64>,
    /// The instrument's thresholds for a change; where a single activity is compared, that for one.
    #[schema(max_items = 20)]
    pub thresholds: Vec<ThresholdResult>,
    /// The activities rated both times, of instruments whose items the patient names.
    #[schema(max_items = 20)]
    pub activities: Vec<ActivityChange>,
}

/// The patient's global impression of change, in the patient's own word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GlobalImpression {
    /// The assessment.
    pub assessment_id: Uuid,
    /// Journal day it was answered.
    pub journal_date: NaiveDate,
    /// The chosen option, 1 very much improved to 7 very much worse.
    #[schema(minimum = 1, maximum = 7)]
    pub value: i32,
    /// Its words.
    #[schema(max_length = 120)]
    pub words: String,
    /// Whether it is `much improved` or better, which studies call a responder (Farrar 2001).
    pub is_responder: bool,
}

/// Questionnaires of the window up to today, and of the 17 days before it for a first score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuestionnaireSummary {
    /// The latest global impression of change; null where there is none.
    #[schema(required)]
    pub impression: Option<GlobalImpression>,
    /// Every other instrument with a score, by code.
    #[schema(max_items = 64)]
    pub instruments: Vec<QuestionnaireChange>,
}

/// Questionnaires of a window; `None` stands for a window without days.
pub(crate) fn summary(
    rows: &[AssessmentRow],
    window: Option<ReportWindow>,
) -> QuestionnaireSummary {
    let read = window.map(|window| ReportWindow {
        from: crate::report::rules::statement::shift(window.from, -BASELINE_DAYS_BEFORE),
        ..window
    });
    let is_read = |row: &&AssessmentRow| read.is_some_and(|read| read.contains(row.journal_date));
    let mut rows: Vec<&AssessmentRow> = rows.iter().filter(is_read).collect();
    rows.sort_unstable_by_key(|row| (row.journal_date, row.time_order()));
    let mut by_instrument: BTreeMap<(&str, i32), Vec<&AssessmentRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.instrument != IMPRESSION && row.score.is_some()) {
        by_instrument.entry((&row.instrument, row.version)).or_default().push(row);
    }
    let change = |((code, version), rows): ((&str, i32), Vec<&AssessmentRow>)| {
        change(instruments::find(code, Some(version))?, &rows)
    };
    QuestionnaireSummary {
        impression: rows.iter().rev().find_map(|row| impression(row)),
        instruments: by_instrument.into_iter().filter_map(change).collect(),
    }
}

fn impression(row: &AssessmentRow) -> Option<GlobalImpression> {
    let definition = instruments::find(&row.instrument, Some(row.version))?;
    let score = row.score.filter(|_| definition.code == IMPRESSION)?;
    let options = definition.items.first()?.answer.labels;
    let option = options.iter().find(|option| (f64::from(option.value) - score).abs() < EDGE)?;
    let responder = definition.thresholds.iter().find(|threshold| threshold.name == "responder");
    Some(GlobalImpression {
        assessment_id: row.id,
        journal_date: row.journal_date,
        value: option.value,
        words: option.text.to_owned(),
        is_responder: responder.is_some_and(|limit| score <= limit.value + EDGE),
    })
}

/// The change of one instrument in one version, from its scored rows in the order of time.
fn change(definition: &Definition, rows: &[&AssessmentRow]) -> Option<QuestionnaireChange> {
    const METHOD: Method = (
        "latest_score_minus_first_score",
        "The latest score less the first of the window, or less the first that was marked as \
         baseline; two scores of the same version.",
    );
    const ACTIVITIES: Method = (
        "latest_mean_minus_first_mean_same_activities",
        "The mean of the latest ratings less that of the first, over the activities that were \
         rated both times; at least half of those of the first form.",
    );
    let at = rows.iter().position(|row| row.occasion == Some(Occasion::Baseline)).unwrap_or(0);
    let first = rows.get(at)?;
    let latest = rows.last().filter(|_| at + 1 < rows.len());
    let by_activity = definition.scoring.method == ScoringMethod::MeanOfActivities;
    let activities = match latest {
        Some(latest) if by_activity => same_activities(first, latest),
        _ => Vec::new(),
    };
    // Fewer than half of what the patient first named are not the same question.
    let are_enough = activities.len() * 2 >= first.activities.len();
    let ends = if by_activity && !are_enough {
        None
    } else if by_activity {
        let mean = |pick: fn(&ActivityChange) -> f64| {
            crate::report::rules::numbers::mean(&activities.iter().map(pick).collect::<Vec<_>>())
        };
        mean(|activity| activity.first).zip(mean(|activity| activity.latest))
    } else {
        first.score.zip(latest.and_then(|latest| latest.score))
    };
    let compared = usize::from(ends.is_some()) + 1;
    let difference = Draft {
        value: ends.map(|(first, latest)| latest - first),
        unit: Unit::InstrumentPoints,
        n: if by_activity { activities.len() } else { rows.len() },
        window: latest
            .and_then(|latest| ReportWindow::new(first.journal_date, latest.journal_date)),
        method: if by_activity { ACTIVITIES } else { METHOD },
        interval: None,
        have: compared,
        need: SCORES,
        show_from: SCORES,
    };
    let better = ends.map(|(first, latest)| (improvement(definition, first, latest), first));
    let percent = better.and_then(|(better, first)| (first > 0.0).then(|| 100.0 * better / first));
    let points = better.map(|(better, _)| better);
    // One activity moves more by error alone than a mean of several.
    let is_one_activity = by_activity && ends.is_some() && activities.len() == 1;
    let thresholds = definition.thresholds.iter().filter(|limit| {
        limit.kind == ThresholdKind::ChangeAtLeast
            && (limit.name == ONE_ACTIVITY) == is_one_activity
    });
    Some(QuestionnaireChange {
        instrument: definition.code.to_owned(),
        version: definition.version,
        title: definition.title.to_owned(),
        higher_is: definition.scoring.higher_is.code().into(),
        minimum: definition.scoring.minimum,
        maximum: definition.scoring.maximum,
        scores: rows.iter().filter_map(|row| scored(row)).collect(),
        first: scored(first)?,
        latest: latest.and_then(|latest| scored(latest)),
        difference: difference.finish(),
        percent_improvement: percent.map(round2),
        thresholds: thresholds.map(|limit| held_against(limit, points, percent)).collect(),
        activities,
    })
}

/// A change for the better in points; negative is worse.
fn improvement(definition: &Definition, first: f64, latest: f64) -> f64 {
    match definition.scoring.higher_is {
        HigherIs::Better => latest - first,
        HigherIs::Worse => first - latest,
    }
}

fn held_against(limit: &Threshold, points: Option<f64>, percent: Option<f64>) -> ThresholdResult {
    let better = match limit.unit {
        ThresholdUnit::Points => points,
        ThresholdUnit::Percent => percent,
    };
    let result = better.map(|better| match better + EDGE {
        better if better >= limit.value_to.unwrap_or(limit.value) => "met",
        better if better >= limit.value => "within_range",
        _ => "not_met",
    });
    ThresholdResult {
        name: limit.name.to_owned(),
        value: limit.value,
        value_to: limit.value_to,
        unit: limit.unit.code().into(),
        source: limit.source.to_owned(),
        result: result.map(ReportCode::from),
    }
}

fn scored(row: &AssessmentRow) -> Option<QuestionnaireScore> {
    let score = row.score?;
    Some(QuestionnaireScore {
        assessment_id: row.id,
        journal_date: row.journal_date,
        score: round2(score),
        score_text: one_decimal(score),
        status: row.status.into(),
        flags: codes(&row.flags),
        occasion: row.occasion.map(ReportCode::from),
    })
}

/// The activities rated both times, in the order of the latest; names are compared without case.
fn same_activities(first: &AssessmentRow, latest: &AssessmentRow) -> Vec<ActivityChange> {
    let smallest = instruments::find(&latest.instrument, Some(latest.version))
        .and_then(|found| found.thresholds.iter().find(|limit| limit.name == ONE_ACTIVITY))
        .map_or(f64::INFINITY, |limit| limit.value);
    let key = |name: &str| name.trim().to_lowercase();
    let pair = |(name, now): &(String, f64)| {
        let (_, before) = first.activities.iter().find(|(other, _)| key(other) == key(name))?;
        Some(ActivityChange {
            activity: name.trim().to_owned(),
            first: *before,
            latest: *now,
            difference: round2(now - before),
            beyond_error: now - before + EDGE >= smallest,
        })
    };
    latest.activities.iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rules::fixtures::{assessment, date};
    use crate::report::rules::statement::Status;

    fn of(rows: &[AssessmentRow]) -> QuestionnaireSummary {
        summary(rows, ReportWindow::new(date(0), date(60)))
    }

    fn of_two(instrument: &str, first: f64, latest: f64) -> QuestionnaireChange {
        let rows = [assessment(0, instrument, first), assessment(50, instrument, latest)];
        of(&rows).instruments.remove(0)
    }

    fn result(change: &QuestionnaireChange, name: &str) -> String {
        let found = change.thresholds.iter().find(|limit| limit.name == name).unwrap();
        found.result.as_ref().unwrap().0.clone()
    }

    #[test]
    fn the_worked_changes() {
        let peg = of_two("peg", 5.67, 3.67);
        assert_eq!(peg.difference.value, Some(-2.0));
        assert_eq!(peg.percent_improvement, Some(35.27));
        assert_eq!(result(&peg, "minimal_important_change_by_anchor"), "met");
        assert_eq!(
            result(&of_two("peg", 5.0, 3.67), "minimal_important_change_by_anchor"),
            "within_range"
        );
        let met = of_two("rmdq_24", 14.0, 9.0);
        assert_eq!((met.difference.value, met.percent_improvement), (Some(-5.0), Some(35.71)));
        assert_eq!(result(&met, "minimal_important_change"), "met");
        assert_eq!(result(&met, "minimal_important_change_percent"), "met");
        let not = of_two("rmdq_24", 14.0, 10.0);
        assert_eq!(not.percent_improvement, Some(28.57));
        assert_eq!(result(&not, "minimal_important_change"), "not_met");
        assert_eq!(result(&not, "minimal_important_change_percent"), "not_met");
        let worse = of_two("odi_2_1a", 32.0, 44.0);
        assert_eq!((worse.difference.value, worse.percent_improvement), (Some(12.0), Some(-37.5)));
        assert_eq!(result(&worse, "minimal_important_change"), "not_met");
    }

    #[test]
    fn the_same_activities_alone_are_compared() {
        let rated = |day, names: [&str; 3], ratings: [f64; 3]| AssessmentRow {
            activities: names.map(str::to_owned).into_iter().zip(ratings).collect(),
            ..assessment(day, "psfs", crate::report::rules::numbers::mean(&ratings).unwrap())
        };
        let rows = [
            rated(0, ["Walk", "Sit", "Lift"], [3.0, 4.0, 2.0]),
            rated(50, ["walk ", "Sit", "Lift"], [6.0, 6.0, 5.0]),
        ];
        let psfs = of(&rows).instruments.remove(0);
        assert_eq!((psfs.difference.value, psfs.difference.n), (Some(2.67), 3));
        assert_eq!(result(&psfs, "minimal_detectable_change"), "met");
        let beyond: Vec<_> = psfs.activities.iter().map(|a| a.beyond_error).collect();
        assert_eq!(beyond, [true, false, true]);
        assert_eq!(psfs.activities[0].activity, "walk");
        let other = [rows[0].clone(), rated(50, ["walk", "Run", "Swim"], [6.0, 6.0, 5.0])];
        let psfs = of(&other).instruments.remove(0);
        assert_eq!((psfs.difference.value, psfs.difference.n), (None, 1), "one of three");
        assert_eq!((psfs.thresholds[0].result.as_ref(), psfs.activities.len()), (None, 1));
        let half = [rows[0].clone(), rated(50, ["walk", "Sit", "Swim"], [6.0, 6.0, 5.0])];
        let psfs = of(&half).instruments.remove(0);
        assert_eq!((psfs.difference.value, psfs.difference.n), (Some(2.5), 2));
        assert_eq!(result(&psfs, "minimal_detectable_change"), "met");
        let none = [rows[0].clone(), rated(50, ["Cook", "Run", "Swim"], [6.0, 6.0, 5.0])];
        let psfs = of(&none).instruments.remove(0);
        assert_eq!((psfs.difference.value, psfs.difference.have), (None, 1));
        assert_eq!(psfs.thresholds[0].result, None);
    }

    #[test]
    fn one_activity_is_held_against_the_threshold_for_one() {
        let one = |day, rating| AssessmentRow {
            activities: vec![("Sit".to_owned(), rating)],
            ..assessment(day, "psfs", rating)
        };
        let psfs = of(&[one(0, 3.0), one(30, 5.0)]).instruments.remove(0);
        assert_eq!((psfs.difference.value, psfs.thresholds.len()), (Some(2.0), 1));
        assert_eq!(result(&psfs, ONE_ACTIVITY), "not_met");
        let psfs = of(&[one(0, 3.0), one(30, 6.0)]).instruments.remove(0);
        assert_eq!((psfs.thresholds[0].value, result(&psfs, ONE_ACTIVITY)), (3.0, "met".into()));
    }

    #[test]
    fn the_baseline_is_the_marked_one_and_one_score_is_no_change() {
        let marked =
            AssessmentRow { occasion: Some(Occasion::Baseline), ..assessment(-3, "peg", 6.0) };
        let rows = [
            assessment(20, "peg", 4.0),
            marked,
            assessment(-9, "peg", 9.0),
            assessment(-30, "peg", 1.0),
        ];
        let peg = of(&rows).instruments.remove(0);
        assert_eq!((peg.first.score, peg.latest.unwrap().score, peg.scores.len()), (6.0, 4.0, 3));
        let single = of(&rows[..1]).instruments.remove(0);
        assert_eq!((single.latest, single.difference.status), (None, Status::Insufficient));
        assert_eq!((single.difference.have, single.difference.need), (1, 2));
        let unscored = AssessmentRow { score: None, ..assessment(3, "peg", 0.0) };
        assert_eq!(of(&[unscored]).instruments, []);
        let other_version = AssessmentRow { version: 99, ..assessment(3, "peg", 5.0) };
        assert_eq!(of(&[other_version]).instruments, [], "unknown to the registry");
    }

    #[test]
    fn the_impression_is_the_latest_word() {
        let rows = [assessment(10, "pgic", 4.0), assessment(40, "pgic", 2.0)];
        let found = of(&rows).impression.unwrap();
        assert_eq!((found.value, found.words.as_str()), (2, "Much improved"));
        assert!(found.is_responder && of(&rows).instruments.is_empty());
        assert!(!of(&rows[..1]).impression.unwrap().is_responder);
        assert_eq!(of(&[]).impression, None);
    }
}
