//! What the page cannot say (clinical reference 4.5), in plain sentences.

use super::numbers::one_decimal;
use super::pain::baseline::{Baseline, BaselineKind, expected_regression};
use super::pain::window::DAILY_RELIABILITY;
use crate::sections::{Section, Sections};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A limit of the report that a reader must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Caution {
    /// Stable machine name, lower snake case. More names may appear.
    #[schema(max_length = 64, examples("missing_is_unknown"))]
    pub code: String,
    /// The caution in plain words.
    #[schema(max_length = 400)]
    pub text: String,
}

/// The cautions printed on every report.
const ALWAYS: [(&str, &str); 10] = [
    (
        "no_cause_shown",
        "This page shows what was recorded. It does not show that a treatment, a technique, a \
         point or a practitioner caused a change, and two things that went together need not \
         depend on one another.",
    ),
    (
        "not_a_diagnosis",
        "All scores are self-reported. They are not a diagnosis, not a forecast, and do not \
         measure how severe a disease is.",
    ),
    (
        "missing_is_unknown",
        "Days without a rating are unknown. They are not counted as zero and not as free of pain.",
    ),
    (
        "immediate_drop_is_not_the_course",
        "A drop in pain right after a treatment session does not predict the course. Expectation, \
         rest and regression to the mean lower such ratings too.",
    ),
    (
        "group_thresholds",
        "The bands at 10, 30 and 50 percent come from groups of patients. They are not this \
         patient's own goal; ask about goals and the patient's own impression of change.",
    ),
    (
        "precision",
        "Read means to one decimal; the scale carries no more. Daily scores of one person resemble \
         those of the days around them, so intervals are approximate.",
    ),
    (
        "no_comparisons",
        "These numbers are not made for comparing patients, practitioners or clinics.",
    ),
    ("no_medication_advice", "Nothing here is advice to start, change or stop a medicine."),
    (
        "no_link_is_no_proof",
        "That no link between two things was found does not show that there is none: a link shows \
         only with many days.",
    ),
    (
        "warning_signs_not_judged",
        "Nobody reads the answers as they are entered, and this page draws no conclusion about signs \
         that need urgent care. Whoever notes one is shown the same fixed text.",
    ),
];

/// The cautions that go with what a section shows.
const SHOWN: [(Section, &str, &str); 6] = [
    (
        Section::Pain,
        "flares_and_spikes",
        "A flare is what the patient called one; a spike is computed from the ratings. Most days of \
         reported flares have no unusual rating in studies, so neither stands for the other.",
    ),
    (
        Section::Sleep,
        "sleep_as_recorded",
        "Sleep minutes are as entered, or as a device estimated them while it was worn.",
    ),
    (
        Section::Mobility,
        "activity_as_recorded",
        "Steps and walking are as entered, or as a device counted them while it was carried. They \
         are not all the activity of a day.",
    ),
    (
        Section::Medication,
        "medication_days_unknown",
        "A day without a record of medication is unknown, unless the patient said that none was \
         taken.",
    ),
    (
        Section::Treatment,
        "adverse_events_as_recorded",
        "Unwanted effects are listed as recorded. That none is listed does not mean that there were \
         none, and one that followed a treatment need not come from it.",
    ),
    (
        Section::Assessments,
        "questionnaire_thresholds",
        "Thresholds of questionnaires come from groups of people and differ between studies; none is \
         a diagnosis.",
    ),
];

/// What is said of a section that is withheld.
const OMITTED: [(Section, &str, &str); 8] = [
    (Section::Pain, "pain_omitted", "Pain is not part of this report. Its values are absent."),
    (Section::Sleep, "sleep_omitted", "Sleep is not part of this report. Its values are absent."),
    (
        Section::Mobility,
        "mobility_omitted",
        "Walking, steps, tolerances and work are not part of this report. Their values are absent.",
    ),
    (
        Section::Medication,
        "medication_omitted",
        "Medication is not part of this report. That none is named says nothing.",
    ),
    (
        Section::Treatment,
        "treatment_omitted",
        "Treatment is not part of this report, so it has no baseline, no change from baseline, no \
         pain around treatment sessions and no unwanted effects. That none are shown does not mean \
         that there were none.",
    ),
    (
        Section::Assessments,
        "assessments_omitted",
        "Questionnaires are not part of this report. Their scores are absent.",
    ),
    (Section::Goals, "goals_omitted", "Goals are not part of this report."),
    (
        Section::Notes,
        "notes_omitted",
        "Notes are not part of this report, also those that the patient marked as shared.",
    ),
];

/// The cautions of one report: the fixed ones, then those its data call for.
pub(crate) fn cautions(sections: Sections, baseline: Option<&Baseline>) -> Vec<Caution> {
    let mut cautions: Vec<Caution> =
        ALWAYS.iter().map(|(code, text)| caution(code, text)).collect();
    for (section, code, text) in SHOWN {
        if sections.contains(section) {
            cautions.push(caution(code, text));
        }
    }
    if let Some(baseline) = baseline {
        if baseline.is_high() {
            cautions.push(caution("regression_to_the_mean", &regression()));
        }
        if baseline.kind == BaselineKind::FirstWeekAfterStart {
            cautions.push(caution(
                "no_baseline_before_treatment",
                "Too few days were rated before the first attended treatment session, so this page \
                 makes no statement of pain before against after the start of treatment.",
            ));
        }
    }
    for (section, code, text) in OMITTED {
        if !sections.contains(section) {
            cautions.push(caution(code, text));
        }
    }
    cautions
}

/// F13 in words, with its worked example.
fn regression() -> String {
    let (selected, usual) = (7.5, 5.0);
    let fall = expected_regression(selected, usual, DAILY_RELIABILITY);
    format!(
        "The baseline was taken at a time of high pain. Pain that starts high tends to be lower \
         later without any treatment: a person whose usual mean is {} and who starts at {} can be \
         expected to fall by about {} points.",
        one_decimal(usual),
        one_decimal(selected),
        one_decimal(fall)
    )
}

fn caution(code: &str, text: &str) -> Caution {
    Caution { code: code.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{date, days_from, session};
    use super::*;
    use crate::sections::Sections;

    fn codes(sections: Sections, baseline: Option<&Baseline>) -> Vec<String> {
        cautions(sections, baseline).into_iter().map(|caution| caution.code).collect()
    }

    fn has(codes: &[String], code: &str) -> bool {
        codes.iter().any(|other| other == code)
    }

    #[test]
    fn the_fixed_cautions_are_always_there() {
        let codes = codes(Sections::NONE, None);
        assert!(ALWAYS.iter().all(|(code, _)| has(&codes, code)));
        assert!(OMITTED.iter().all(|(_, code, _)| has(&codes, code)));
        assert!(!SHOWN.iter().any(|(_, code, _)| has(&codes, code)));
    }

    #[test]
    fn a_high_baseline_brings_regression_to_the_mean() {
        let all = Sections::ALL;
        let baseline = |scores: &[Option<i16>]| {
            Baseline::find(&days_from(10, scores), &[&session(20, 600)], date(40))
        };
        let high = codes(all, Some(&baseline(&[Some(7); 7])));
        assert!(has(&high, "regression_to_the_mean") && !has(&high, "pain_omitted"));
        let moderate = codes(all, Some(&baseline(&[Some(6); 7])));
        assert!(!has(&moderate, "regression_to_the_mean"));
        let none = codes(all, Some(&baseline(&[])));
        assert!(has(&none, "no_baseline_before_treatment"));
        assert!(regression().contains("about 0.9 points"), "{}", regression());
    }
}
