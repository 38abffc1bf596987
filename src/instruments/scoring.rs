//! From answers to a score: pure, and by what the definition says.
//!
//! Answers that cannot be answers of the form are faults, all of them named at once. Answers that
//! are merely too few are none: they make an assessment without a score.

use super::definition::{AnswerKind, Definition, Item, ScoringMethod};
use crate::rounding::round_to;
use crate::wire::vocabulary;
use std::collections::HashMap;

vocabulary! {
    /// How the score of an assessment came about.
    pub enum AssessmentStatus {
        /// Every answer that the score needs is there.
        Complete = "complete",
        /// Skipped items were made up for in proportion.
        Prorated = "prorated",
        /// Too little is answered: there is no score.
        Unscorable = "unscorable",
        /// The score was made elsewhere and taken over.
        Imported = "imported",
    }
}

vocabulary! {
    /// What a reader of a score must know beside it.
    pub enum AssessmentFlag {
        /// So near the good end that improvement can hardly show.
        Floor = "floor",
        /// So near the bad end that deterioration can hardly show.
        Ceiling = "ceiling",
        /// Fewer activities are rated than should be.
        FewActivities = "few_activities",
    }
}

/// One answer, as it was sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemAnswer<'a> {
    /// The item's code.
    pub item: &'a str,
    /// The value; `None` for an item that was shown and skipped.
    pub value: Option<f64>,
    /// The activity, for items that ask for one.
    pub activity: Option<&'a str>,
}

/// A score, or the statement that there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The score within the definition's range, rounded to its decimals; `None` exactly where the
    /// status is [`AssessmentStatus::Unscorable`].
    pub score: Option<f64>,
    /// How it came about.
    pub status: AssessmentStatus,
    /// What to mind, in the order of the vocabulary; empty without a score.
    pub flags: Vec<AssessmentFlag>,
}

/// Why an answer is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerFault {
    /// Position of the answer in the list, from 0.
    pub index: usize,
    /// The member at fault: `item`, `value` or `activity`.
    pub member: &'static str,
    /// Stable machine name of the rule: `unknown_value`, `duplicate`, `too_many`, `required`,
    /// `contradiction`, `wrong_type` or `out_of_range`.
    pub code: &'static str,
    /// What to do about it, in English. Never an echo of the answer.
    pub detail: String,
}

/// Why a total is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalFault {
    /// Stable machine name of the rule: `contradiction`, `wrong_type` or `out_of_range`.
    pub code: &'static str,
    /// What to do about it, in English. Never an echo of the total.
    pub detail: String,
}

/// Scores answers. Their order does not matter.
///
/// # Errors
/// Every answer that is none. A questionnaire that is taken over as a total has no answers at all:
/// there the first one is at fault, even if the list is empty.
pub fn score(
    definition: &Definition,
    answers: &[ItemAnswer<'_>],
) -> Result<Scored, Vec<AnswerFault>> {
    let faults = faults(definition, answers);
    if !faults.is_empty() {
        return Err(faults);
    }
    let values: Vec<f64> = answers.iter().filter_map(|answer| answer.value).collect();
    let (items, mean) = (definition.items.len(), mean(&values));
    Ok(match definition.scoring.method {
        ScoringMethod::Mean | ScoringMethod::SingleItem => {
            scored(definition, mean.filter(|_| values.len() == items), &[])
        }
        ScoringMethod::CountOfTicks => {
            // What is not listed is not ticked; only what is listed without a value was skipped.
            let skipped = answers.len() - values.len();
            count(definition, values.iter().sum(), items, skipped)
        }
        ScoringMethod::MeanOfActivities => {
            let rated = i32::try_from(values.len()).unwrap_or(i32::MAX);
            let few = definition.items.iter().any(|item| rated < item.fewest);
            let flags: &[_] = if few { &[AssessmentFlag::FewActivities] } else { &[] };
            scored(definition, mean, flags)
        }
        ScoringMethod::ImportedTotal => unscorable(),
    })
}

/// Takes over a total that was made elsewhere.
///
/// # Errors
/// For a total out of range or with a fraction where there is none, and for a questionnaire that is
/// scored from its answers.
pub fn score_total(definition: &Definition, total: f64) -> Result<Scored, TotalFault> {
    let fault = |code, detail| Err(TotalFault { code, detail });
    if !definition.is_import_only() {
        let detail = "This questionnaire is scored from its answers; send them without a total.";
        return fault("contradiction", detail.to_owned());
    }
    let scoring = definition.scoring;
    if !(scoring.minimum..=scoring.maximum).contains(&total) {
        let (minimum, maximum) = (scoring.minimum, scoring.maximum);
        return fault("out_of_range", format!("Must be between {minimum} and {maximum}."));
    }
    // More decimals than are kept are precision that nobody needs; half a point of a count is no
    // score at all.
    if scoring.decimals == 0 && total.fract() != 0.0 {
        return fault("wrong_type", "Must be a whole number.".to_owned());
    }
    let score = Some(round_to(total, scoring.decimals));
    Ok(Scored { score, status: AssessmentStatus::Imported, flags: Vec::new() })
}

/// The mean; `None` of nothing. Values are whole and few, so their sum is exact in any order.
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Ticks, made up for what was skipped: `ticked / answered * items`.
fn count(definition: &Definition, ticked: f64, items: usize, skipped: usize) -> Scored {
    if skipped == 0 {
        return scored(definition, Some(ticked), &[]);
    }
    if i32::try_from(skipped).is_ok_and(|skipped| skipped <= definition.scoring.may_skip) {
        let answered = (items - skipped) as f64;
        let whole = scored(definition, Some(ticked / answered * items as f64), &[]);
        return Scored { status: AssessmentStatus::Prorated, ..whole };
    }
    unscorable()
}

const fn unscorable() -> Scored {
    Scored { score: None, status: AssessmentStatus::Unscorable, flags: Vec::new() }
}

/// A complete score from the unrounded one. This is the one place where a score of answers is
/// rounded: to the definition's decimals, a half away from zero. The flags are of the rounded score,
/// so that everybody who reads it comes to the same ones.
fn scored(definition: &Definition, raw: Option<f64>, flags: &[AssessmentFlag]) -> Scored {
    let Some(raw) = raw else { return unscorable() };
    let score = round_to(raw, definition.scoring.decimals);
    let limit = |name| definition.thresholds.iter().find(|threshold| threshold.name == name);
    let mut all = Vec::new();
    if limit("floor").is_some_and(|floor| score < floor.value) {
        all.push(AssessmentFlag::Floor);
    }
    if limit("ceiling").is_some_and(|ceiling| score > ceiling.value) {
        all.push(AssessmentFlag::Ceiling);
    }
    all.extend_from_slice(flags);
    Scored { score: Some(score), status: AssessmentStatus::Complete, flags: all }
}

/// What is wrong with the answers, one by one.
fn faults(definition: &Definition, answers: &[ItemAnswer<'_>]) -> Vec<AnswerFault> {
    if definition.is_import_only() {
        let detail = "This questionnaire is taken over as a total only; send that without answers.";
        let (member, code) = ("item", "contradiction");
        return vec![AnswerFault { index: 0, member, code, detail: detail.to_owned() }];
    }
    let mut given: HashMap<&str, Vec<String>> = HashMap::new();
    let mut faults = Vec::new();
    for (index, answer) in answers.iter().enumerate() {
        let mut add = |member, code, detail: String| {
            faults.push(AnswerFault { index, member, code, detail });
        };
        let Some(item) = definition.item(answer.item) else {
            add("item", "unknown_value", "Must be an item of this questionnaire.".to_owned());
            continue;
        };
        let activity = answer.activity.map(str::trim).filter(|name| !name.is_empty());
        let names = given.entry(item.code).or_default();
        if item.answer.kind == AnswerKind::Activity {
            // Two spellings that differ in case alone are one activity to the person.
            let name = activity.unwrap_or_default().to_lowercase();
            if activity.is_none() {
                add("activity", "required", "Name the activity that is rated.".to_owned());
            } else if names.contains(&name) {
                add("activity", "duplicate", "Rate every activity once.".to_owned());
            }
            names.push(name);
            if names.len() > usize::try_from(item.most).unwrap_or_default() {
                add("item", "too_many", format!("At most {} activities can be rated.", item.most));
            }
        } else {
            if answer.activity.is_some() {
                let detail = "This item is not about an activity; leave that out.";
                add("activity", "contradiction", detail.to_owned());
            }
            if !names.is_empty() {
                add("item", "duplicate", "Answer every item once.".to_owned());
            }
            names.push(String::new());
        }
        if let Some((code, detail)) = answer.value.and_then(|value| value_fault(item, value)) {
            add("value", code, detail);
        }
    }
    faults
}

fn value_fault(item: &Item, value: f64) -> Option<(&'static str, String)> {
    let form = item.answer;
    let (minimum, maximum) = (f64::from(form.minimum), f64::from(form.maximum));
    if ((value - minimum) / f64::from(form.step)).fract() != 0.0 {
        return Some(("wrong_type", "Must be a whole number.".to_owned()));
    }
    let is_within = (minimum..=maximum).contains(&value);
    (!is_within).then(|| ("out_of_range", format!("Must be between {minimum} and {maximum}.")))
}
