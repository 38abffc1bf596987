//! Red flags: warning signs that need a person, not a program. Whatever is answered, the text is the
//! same; the server draws no conclusion (clinical.md, Claims).

use crate::access::Everybody;
use crate::http::{Answered, Public, Versioned, document};
use crate::journal::SafetyNotice;
use crate::reference::{self, Reference};
use crate::routes::{Operation, Routes};
use crate::wire::{Term, Vocabulary, vocabulary};
use actix_web::http::Method;
use serde::Serialize;
use std::sync::LazyLock;

vocabulary! {
    /// A new warning sign.
    pub enum RedFlag {
        /// New trouble holding or passing urine or stool.
        BladderBowel = "bladder_bowel" ("Bladder or bowel trouble"),
        /// New numbness between the legs, around the anus or the genitals.
        SaddleNumbness = "saddle_numbness",
        /// New weakness of a leg or both.
        LegWeakness = "leg_weakness",
        /// Fever or chills together with the pain.
        Fever = "fever",
        /// A fall from a height, a traffic accident or another heavy blow.
        MajorTrauma = "major_trauma",
        /// Weight lost without wanting to.
        WeightLoss = "weight_loss" ("Unexplained weight loss"),
    }
}

/// The one notice.
pub const NOTICE: SafetyNotice = SafetyNotice {
    code: "seek_care_now",
    language: "en",
    title: "Seek medical care now",
    text: "You have noted a sign that should be looked at by a doctor without delay. Call your local \
        emergency number or go to an emergency department now, whatever this app shows you otherwise. \
        Do not wait for your next treatment session. This text is the same for everyone and is no \
        diagnosis: nobody has read your answer yet.",
};

/// The notice, where any red flag was answered.
pub fn notice(answered: &[RedFlag]) -> Option<&'static SafetyNotice> {
    (!answered.is_empty()).then_some(&NOTICE)
}

/// A question about one warning sign.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RedFlagQuestion {
    /// What `red_flags` of a journal entry names.
    #[schema(max_length = 40, examples("fever"))]
    code: &'static str,
    /// What to ask.
    #[schema(max_length = 300)]
    question: String,
}

/// The questions, and the text that follows any yes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RedFlags {
    /// The questions, to be asked as they are.
    #[schema(max_items = 20)]
    questions: Vec<RedFlagQuestion>,
    /// What to show, also without a connection, when any of them is answered with yes.
    notice: SafetyNotice,
}
document!(RedFlags);

static RED_FLAGS: LazyLock<Reference<RedFlags>> = LazyLock::new(|| {
    let question = |term: &Term| RedFlagQuestion {
        code: term.code,
        question: format!("Have you noticed this? {}", term.definition),
    };
    let questions = RedFlag::TERMS.iter().map(question).collect();
    Reference::new(RedFlags { questions, notice: NOTICE })
});

/// Registers the operation.
pub fn routes(routes: &mut Routes) {
    let op = Operation::new("getRedFlags", "reference", "Warning signs and the safety notice")
        .describe(
            "Keep both in the app: the notice must appear at once, with or without a connection.",
        );
    routes.serve(Method::GET, "/v1/red-flags", reference::operation(op), red_flags);
}

async fn red_flags(_: Everybody) -> Answered<Public<Versioned<&'static RedFlags>>> {
    Ok(RED_FLAGS.answer())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flag_brings_the_same_text_and_none_brings_none() {
        assert!(notice(&[]).is_none());
        for code in RedFlag::CODES {
            let flag = RedFlag::from_code(code).unwrap();
            assert_eq!(notice(&[flag]).unwrap().text, NOTICE.text);
        }
        for word in ["likely", "probably", "you have a", "score"] {
            assert!(!NOTICE.text.contains(word), "{word}");
        }
    }
}
