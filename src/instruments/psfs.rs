//! PSFS: up to five activities that the patient names and rates, in this project's own words.

use super::definition::{
    AnswerForm, AnswerKind, Citation, Coding, Definition, HigherIs, InstrumentLicence, Item, Label,
    Scoring, ScoringMethod, Threshold, ThresholdKind, ThresholdUnit,
};

const ANCHORS: [Label; 2] = [
    Label { value: 0, text: "I cannot do it" },
    Label { value: 10, text: "I can do it as well as before the problem" },
];

/// A change of the mean in points.
const fn change(
    name: &'static str,
    value: f64,
    notes: &'static str,
    source: &'static str,
) -> Threshold {
    let (kind, unit) = (ThresholdKind::ChangeAtLeast, ThresholdUnit::Points);
    Threshold { name, kind, value, value_to: None, unit, notes, source }
}

/// Version 1.
pub(super) static V1: Definition = Definition {
    code: "psfs",
    version: 1,
    title: "Patient-specific functional scale (PSFS)",
    measures: "How well the person can do the activities that matter most to them.",
    language: "en",
    recall: "today",
    licence: InstrumentLicence {
        may_ship_text: true,
        statement: "The method is free to use. The words here are this project's own, because the \
                    printed form is reproduced with permission of its authors. Cite Stratford 1995.",
        holder: None,
        source: "Stratford 1995; the wording: the pain-journal developers, Apache-2.0",
    },
    citations: &[Citation {
        text: "Stratford P, Gill C, Westaway M, Binkley J. Assessing disability and change on \
               individual patients: a report of a patient specific measure. Physiother Can \
               1995;47:258-263.",
    }],
    instruction: Some(
        "Name three to five things that are important to you and that you cannot do, or find hard \
         to do, because of your problem. Then rate how well you can do each of them today.",
    ),
    presentation: "Ask for three activities at least, and for the same ones each time. Higher is \
                   better here; version 2.0 of the scale runs the other way and must not be mixed \
                   with this one.",
    items: &[Item {
        code: "activity",
        text: "How well can you do this activity today?",
        answer: AnswerForm {
            kind: AnswerKind::Activity,
            minimum: 0,
            maximum: 10,
            step: 1,
            labels: &ANCHORS,
        },
        fewest: 3,
        most: 5,
    }],
    scoring: Scoring {
        method: ScoringMethod::MeanOfActivities,
        minimum: 0.0,
        maximum: 10.0,
        decimals: 2,
        higher_is: HigherIs::Better,
        may_skip: 0,
        about: "The mean of the rated activities, one to five.",
    },
    missing_rule: "Activities without a rating are left out. One rated activity is enough for a \
                   score, but fewer than three are flagged `few_activities`. A change is meaningful \
                   between scores of the same activities only.",
    thresholds: &[
        change(
            "minimal_detectable_change",
            2.0,
            "Of the mean, with 90 percent confidence.",
            "Stratford 1995",
        ),
        change(
            "minimal_detectable_change_of_one_activity",
            3.0,
            "Of a single activity, with 90 percent confidence.",
            "Stratford 1995",
        ),
        change("small_change", 1.3, "Of the mean.", "JOSPT 2014"),
        change("medium_change", 2.3, "Of the mean.", "JOSPT 2014"),
        change("large_change", 2.7, "Of the mean.", "JOSPT 2014"),
    ],
    codes: &[Coding::local("psfs-mean", "The mean, 0 to 10. No LOINC code was found.")],
};
