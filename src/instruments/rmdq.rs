//! RMDQ-24: the Roland-Morris disability questionnaire, 24 statements that are ticked or left blank.
//!
//! The wording is, letter by letter, that of the document "English (original)" with the note to users
//! that names Roland and Morris 1983; the comma that item 4 lacks and "then" in item 9 are its own. Do
//! not tidy it up: the permission is for the form as it is reproduced. Forms in circulation differ in
//! small words ("almost all of the time", "try to get", "stand up", "back pain" in item 17); those are
//! not this version.

use super::definition::{
    AnswerForm, AnswerKind, Citation, Coding, Definition, HigherIs, InstrumentLicence, Item, Label,
    Scoring, ScoringMethod, Threshold, ThresholdKind, ThresholdUnit,
};

/// A statement to tick. Its code is its number in the form, as everybody names it.
const fn statement(code: &'static str, text: &'static str) -> Item {
    const LABELS: [Label; 2] =
        [Label { value: 0, text: "Left blank" }, Label { value: 1, text: "Ticked" }];
    let answer =
        AnswerForm { kind: AnswerKind::Tick, minimum: 0, maximum: 1, step: 1, labels: &LABELS };
    Item { code, text, answer, fewest: 1, most: 1 }
}

const ITEMS: [Item; 24] = [
    statement("q1", "I stay at home most of the time because of my back."),
    statement("q2", "I change position frequently to try and get my back comfortable."),
    statement("q3", "I walk more slowly than usual because of my back."),
    statement(
        "q4",
        "Because of my back I am not doing any of the jobs that I usually do around the house.",
    ),
    statement("q5", "Because of my back, I use a handrail to get upstairs."),
    statement("q6", "Because of my back, I lie down to rest more often."),
    statement(
        "q7",
        "Because of my back, I have to hold on to something to get out of an easy chair.",
    ),
    statement("q8", "Because of my back, I try to get other people to do things for me."),
    statement("q9", "I get dressed more slowly then usual because of my back."),
    statement("q10", "I only stand for short periods of time because of my back."),
    statement("q11", "Because of my back, I try not to bend or kneel down."),
    statement("q12", "I find it difficult to get out of a chair because of my back."),
    statement("q13", "My back is painful almost all the time."),
    statement("q14", "I find it difficult to turn over in bed because of my back."),
    statement("q15", "My appetite is not very good because of my back pain."),
    statement(
        "q16",
        "I have trouble putting on my socks (or stockings) because of the pain in my back.",
    ),
    statement("q17", "I only walk short distances because of my back."),
    statement("q18", "I sleep less well because of my back."),
    statement("q19", "Because of my back pain, I get dressed with help from someone else."),
    statement("q20", "I sit down for most of the day because of my back."),
    statement("q21", "I avoid heavy jobs around the house because of my back."),
    statement(
        "q22",
        "Because of my back pain, I am more irritable and bad tempered with people than usual.",
    ),
    statement("q23", "Because of my back, I go upstairs more slowly than usual."),
    statement("q24", "I stay in bed most of the time because of my back."),
];

/// A threshold in one of its kinds, without a range.
const fn threshold(
    name: &'static str,
    kind: ThresholdKind,
    value: f64,
    notes: &'static str,
    source: &'static str,
) -> Threshold {
    Threshold { name, kind, value, value_to: None, unit: ThresholdUnit::Points, notes, source }
}

/// Version 1.
pub(super) static V1: Definition = Definition {
    code: "rmdq_24",
    version: 1,
    title: "Roland-Morris disability questionnaire, 24 items (RMDQ)",
    measures: "Physical disability due to low back pain.",
    language: "en",
    recall: "today",
    licence: InstrumentLicence {
        may_ship_text: true,
        statement: "No permission is required when it is used in the form that Roland and Fairbank \
                    reproduce. That holds for the English wording, unchanged; translations belong \
                    to their owners.",
        holder: Some("Martin Roland and Richard Morris"),
        source: "Roland and Fairbank 2000, introduction",
    },
    citations: &[
        Citation {
            text: "Roland M, Morris R. A study of the natural history of back pain. Part I: \
                   development of a reliable and sensitive measure of disability in low-back pain. \
                   Spine 1983;8:141-144.",
        },
        Citation {
            text: "Roland M, Fairbank J. The Roland-Morris Disability Questionnaire and the \
                   Oswestry Disability Questionnaire. Spine 2000;25:3115-3124.",
        },
    ],
    instruction: Some(
        "When your back hurts, you may find it difficult to do some of the things you normally do. \
         This list contains sentences that people have used to describe themselves when they have \
         back pain. When you read them, you may find that some stand out because they describe you \
         today. As you read the list, think of yourself today. When you read a sentence that \
         describes you today, put a tick against it. If the sentence does not describe you, then \
         leave the space blank and go on to the next one. Remember, only tick the sentence if you \
         are sure it describes you today.",
    ),
    presentation: "A list to tick what applies today, not questions with yes and no. Send the ticked \
                   items with 1; what is not sent is not ticked, and what does not apply to the \
                   person at all is not ticked either. An app that must ask yes or no sends 0 for no \
                   and null for an item that was skipped.",
    items: &ITEMS,
    scoring: Scoring {
        method: ScoringMethod::CountOfTicks,
        minimum: 0.0,
        maximum: 24.0,
        decimals: 1,
        higher_is: HigherIs::Worse,
        may_skip: 2,
        about: "The number of ticked items; a whole number unless it is prorated. Below 4 it is \
                flagged `floor`, above 20 `ceiling`: there it can hardly move further.",
    },
    missing_rule: "An item that is not ticked counts 0. Where an app asked yes or no, up to two \
                   skipped items are made up for: ticked / answered * 24, with the status \
                   `prorated`; with more there is no score. The limit of two is this project's own: \
                   no standard exists.",
    thresholds: &[
        threshold(
            "minimal_important_change",
            ThresholdKind::ChangeAtLeast,
            5.0,
            "Consensus for low back pain; this or 30 percent.",
            "Ostelo 2008",
        ),
        Threshold {
            name: "minimal_important_change_percent",
            kind: ThresholdKind::ChangeAtLeast,
            value: 30.0,
            value_to: None,
            unit: ThresholdUnit::Percent,
            notes: "Consensus for low back pain; this or 5 points.",
            source: "Ostelo 2008",
        },
        threshold(
            "floor",
            ThresholdKind::ScoreBelow,
            4.0,
            "Improvement can hardly show.",
            "Roland and Fairbank 2000",
        ),
        threshold(
            "ceiling",
            ThresholdKind::ScoreAbove,
            20.0,
            "Deterioration can hardly show.",
            "Roland and Fairbank 2000",
        ),
        threshold(
            "recovered",
            ThresholdKind::ScoreAtMost,
            2.0,
            "Together with a pain of 0 on the numeric rating scale.",
            "Kamper 2010",
        ),
    ],
    codes: &[Coding::local("rmdq24-total", "The total, 0 to 24. No LOINC code was found.")],
};
