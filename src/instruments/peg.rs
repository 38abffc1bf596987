//! PEG: pain, enjoyment and general activity in the past week, three items of 0 to 10.

use super::definition::{
    AnswerForm, AnswerKind, Citation, Coding, Definition, HigherIs, InstrumentLicence, Item, Label,
    Scoring, ScoringMethod, Threshold, ThresholdKind, ThresholdUnit,
};

/// 0 to 10 between these two anchors.
const fn scale(labels: &'static [Label]) -> AnswerForm {
    AnswerForm { kind: AnswerKind::Scale, minimum: 0, maximum: 10, step: 1, labels }
}

const INTENSITY: [Label; 2] = [
    Label { value: 0, text: "No pain" },
    Label { value: 10, text: "Pain as bad as you can imagine" },
];

const INTERFERENCE: [Label; 2] = [
    Label { value: 0, text: "Does not interfere" },
    Label { value: 10, text: "Completely interferes" },
];

/// Worded as in figure 1 of Krebs 2009.
const ITEMS: [Item; 3] = [
    Item {
        code: "pain",
        text: "What number best describes your pain on average in the past week?",
        answer: scale(&INTENSITY),
        fewest: 1,
        most: 1,
    },
    Item {
        code: "enjoyment",
        text: "What number best describes how, during the past week, pain has interfered with \
               your enjoyment of life?",
        answer: scale(&INTERFERENCE),
        fewest: 1,
        most: 1,
    },
    Item {
        code: "general_activity",
        text: "What number best describes how, during the past week, pain has interfered with \
               your general activity?",
        answer: scale(&INTERFERENCE),
        fewest: 1,
        most: 1,
    },
];

/// Version 1.
pub(super) static V1: Definition = Definition {
    code: "peg",
    version: 1,
    title: "PEG: pain, enjoyment, general activity",
    measures: "Intensity of pain and how much it interferes with life.",
    language: "en",
    recall: "the past week",
    licence: InstrumentLicence {
        may_ship_text: true,
        statement: "Freely available in the public domain. Cite Krebs 2009 and keep the wording.",
        holder: None,
        source: "LOINC panel 91148-7; Krebs 2009",
    },
    citations: &[Citation {
        text: "Krebs EE, Lorenz KA, Bair MJ, Damush TM, Wu J, Sutherland JM, Asch SM, Kroenke K. \
               Development and initial validation of the PEG, a three-item scale assessing pain \
               intensity and interference. J Gen Intern Med 2009;24:733-738.",
    }],
    instruction: None,
    presentation: "Show all eleven numbers with the words at both ends. Preset none of them. A score \
                   is shown to people as a whole number.",
    items: &ITEMS,
    scoring: Scoring {
        method: ScoringMethod::Mean,
        minimum: 0.0,
        maximum: 10.0,
        decimals: 2,
        higher_is: HigherIs::Worse,
        may_skip: 0,
        about: "The mean of the three items.",
    },
    missing_rule: "No rule is published, so all three items are needed; without one of them there \
                   is no score.",
    thresholds: &[
        Threshold {
            name: "minimal_important_change_by_anchor",
            kind: ThresholdKind::ChangeAtLeast,
            value: 1.0,
            value_to: Some(1.75),
            unit: ThresholdUnit::Points,
            notes: "Range over six trials with 1710 people, by what they said themselves.",
            source: "Reed 2023",
        },
        Threshold {
            name: "one_standard_error",
            kind: ThresholdKind::ChangeAtLeast,
            value: 0.78,
            value_to: Some(1.22),
            unit: ThresholdUnit::Points,
            notes: "Range over the same trials of one standard error of measurement.",
            source: "Reed 2023",
        },
    ],
    codes: &[
        Coding::loinc("91148-7", "The panel."),
        Coding::loinc("91147-9", "The score: the mean of the three items."),
        Coding::loinc("75893-8", "Item `pain`."),
        Coding::loinc("91145-3", "Item `enjoyment`."),
        Coding::loinc("91146-1", "Item `general_activity`."),
    ],
};
