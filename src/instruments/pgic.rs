//! PGIC: the patient's global impression of change, one choice of seven.

use super::definition::{
    AnswerForm, AnswerKind, Citation, Coding, Definition, HigherIs, InstrumentLicence, Item, Label,
    Scoring, ScoringMethod, Threshold, ThresholdKind, ThresholdUnit,
};

const CHOICES: [Label; 7] = [
    Label { value: 1, text: "Very much improved" },
    Label { value: 2, text: "Much improved" },
    Label { value: 3, text: "Minimally improved" },
    Label { value: 4, text: "No change" },
    Label { value: 5, text: "Minimally worse" },
    Label { value: 6, text: "Much worse" },
    Label { value: 7, text: "Very much worse" },
];

/// A choice that counts as improvement, or a better one.
const fn improved(name: &'static str, value: f64, notes: &'static str) -> Threshold {
    let (kind, unit) = (ThresholdKind::ScoreAtMost, ThresholdUnit::Points);
    Threshold { name, kind, value, value_to: None, unit, notes, source: "IMMPACT: Dworkin 2008" }
}

/// Version 1.
pub(super) static V1: Definition = Definition {
    code: "pgic",
    version: 1,
    title: "Patient global impression of change (PGIC)",
    measures: "How the person judges the change as a whole.",
    language: "en",
    recall: "since the start of treatment",
    licence: InstrumentLicence {
        may_ship_text: true,
        statement: "Available in the public domain.",
        holder: None,
        source: "NINDS Common Data Elements, notice of copyright of the PGIC",
    },
    citations: &[
        Citation {
            text: "Guy W. ECDEU assessment manual for psychopharmacology. Rockville: National \
                   Institute of Mental Health; 1976, Clinical Global Impressions, pp. 218-222.",
        },
        Citation {
            text: "Farrar JT, Young JP, LaMoreaux L, Werth JL, Poole RM. Clinical importance of \
                   changes in chronic pain intensity measured on an 11-point numerical pain rating \
                   scale. Pain 2001;94:149-158.",
        },
    ],
    instruction: None,
    presentation: "Show the seven options in this order and preset none. Another form of the same \
                   name runs from no change to a great deal better: the two must not be mixed.",
    items: &[Item {
        code: "change",
        // Trials ask about the start of the study; here it is the treatment that has a start.
        text: "Since the start of treatment, my overall status is:",
        answer: AnswerForm {
            kind: AnswerKind::Choice,
            minimum: 1,
            maximum: 7,
            step: 1,
            labels: &CHOICES,
        },
        fewest: 1,
        most: 1,
    }],
    scoring: Scoring {
        method: ScoringMethod::SingleItem,
        minimum: 1.0,
        maximum: 7.0,
        decimals: 0,
        higher_is: HigherIs::Worse,
        may_skip: 0,
        about: "The number of the option. It is a change already: differences of two say nothing.",
    },
    missing_rule: "A single item: without an answer there is no score.",
    thresholds: &[
        Threshold {
            name: "responder",
            kind: ThresholdKind::ScoreAtMost,
            value: 2.0,
            value_to: None,
            unit: ThresholdUnit::Points,
            notes: "Much or very much improved.",
            source: "Farrar 2001; Suzuki 2020",
        },
        improved("minimal_improvement", 3.0, "Minimally improved."),
        improved("moderate_improvement", 2.0, "Much improved."),
        improved("substantial_improvement", 1.0, "Very much improved."),
    ],
    codes: &[Coding::local("pgic", "The chosen option, 1 to 7. No LOINC code was found.")],
};
