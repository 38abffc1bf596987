//! What the page cannot say (clinical reference 4.5), in plain sentences.

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

impl Caution {
    /// A caution of this name.
    pub(crate) fn new(code: &str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: text.into() }
    }
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

/// The cautions of one report: the fixed ones, and those that go with what it shows and leaves out.
pub(crate) fn cautions(sections: Sections) -> Vec<Caution> {
    let shown = SHOWN.iter().filter(|(section, ..)| sections.contains(*section));
    let omitted = OMITTED.iter().filter(|(section, ..)| !sections.contains(*section));
    let of_sections = shown.chain(omitted).map(|(_, code, text)| (code, text));
    let all = ALWAYS.iter().map(|(code, text)| (code, text)).chain(of_sections);
    all.map(|(code, text)| Caution::new(code, *text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(codes: &[String], code: &str) -> bool {
        codes.iter().any(|other| other == code)
    }

    #[test]
    fn the_fixed_cautions_are_always_there() {
        let codes: Vec<String> =
            cautions(Sections::NONE).into_iter().map(|caution| caution.code).collect();
        assert!(ALWAYS.iter().all(|(code, _)| has(&codes, code)));
        assert!(OMITTED.iter().all(|(_, code, _)| has(&codes, code)));
        assert!(!SHOWN.iter().any(|(_, code, _)| has(&codes, code)));
    }
}
