//! Every vocabulary with its labels, definitions and codes, for apps to build their lists from.

mod codes;

use crate::access::Everybody;
use crate::http::{Answered, Public, Versioned, document};
use crate::reference::{self, Reference};
use crate::routes::{Operation, Routes};
use crate::wire::{Term, Vocabulary, vocabulary_name};
use actix_web::http::Method;
use serde::Serialize;
use std::sync::LazyLock;

/// Calls a macro with every vocabulary that appears on the wire. This is the one list; a test holds
/// it against the document.
macro_rules! for_each_vocabulary {
    ($do:ident) => {
        $do!(
            crate::access::Role,
            crate::sections::Section,
            crate::body_map::View,
            crate::collections::ActionTaken,
            crate::collections::Adaptation,
            crate::collections::Adjunct,
            crate::collections::AdverseEventKind,
            crate::collections::BodyRegion,
            crate::collections::Condition,
            crate::collections::DatePrecision,
            crate::collections::DoseUnit,
            crate::collections::EntryKind,
            crate::collections::EpisodeStatus,
            crate::collections::EventOutcome,
            crate::collections::EventRelatedness,
            crate::collections::EventSeverity,
            crate::collections::GoalKind,
            crate::collections::GoalStatus,
            crate::collections::Helped,
            crate::collections::IntakeKind,
            crate::collections::Laterality,
            crate::collections::Mechanism,
            crate::collections::NeedleResponse,
            crate::collections::NoteVisibility,
            crate::collections::Occasion,
            crate::collections::PainQuality,
            crate::collections::PlanStatus,
            crate::collections::RedFlag,
            crate::collections::ReliefMeans,
            crate::collections::ReminderKind,
            crate::collections::Sensation,
            crate::collections::TreatmentSessionKind,
            crate::collections::TreatmentSessionStatus,
            crate::collections::Spread,
            crate::collections::Stimulation,
            crate::collections::StopReason,
            crate::collections::Technique,
            crate::collections::Trigger,
            crate::collections::Weekday,
            crate::collections::WorkImpact,
            crate::journal::PauseReason,
            crate::instruments::AnswerKind,
            crate::instruments::AssessmentFlag,
            crate::instruments::AssessmentStatus,
            crate::instruments::HigherIs,
            crate::instruments::ScoringMethod,
            crate::instruments::ThresholdKind,
            crate::instruments::ThresholdUnit,
            crate::reminders::ReminderShift,
            crate::report::snapshots::ReportJobStatus
        )
    };
}

/// A code of another system.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OtherCode {
    /// The system's address.
    #[schema(max_length = 100, examples("http://snomed.info/sct"))]
    system: &'static str,
    /// The code there.
    #[schema(max_length = 40, examples("23056005"))]
    code: &'static str,
}

/// One value of a vocabulary.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VocabularyValue {
    /// What travels and is stored.
    #[schema(max_length = 40, examples("low_back"))]
    code: &'static str,
    /// What people read, in English.
    #[schema(max_length = 100, examples("Low back"))]
    label: String,
    /// What it means, where the label leaves a question.
    #[schema(max_length = 300)]
    definition: Option<&'static str>,
    /// What other systems call it, as far as that is verified.
    #[schema(max_items = 10)]
    codes: Vec<OtherCode>,
}

/// A vocabulary. New values may be added at any time: read one you do not know as "other".
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VocabularyList {
    /// Its name, as `x-vocabulary` in the OpenAPI document.
    #[schema(max_length = 60, examples("body_region"))]
    name: String,
    /// What it lists.
    #[schema(max_length = 500)]
    about: &'static str,
    /// Its values, in the order to show them.
    #[schema(max_items = 100)]
    values: Vec<VocabularyValue>,
}

/// All vocabularies.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Vocabularies {
    /// By name.
    #[schema(max_items = 200)]
    items: Vec<VocabularyList>,
}
document!(Vocabularies);

fn list<V: Vocabulary>() -> VocabularyList {
    let name = vocabulary_name(V::TYPE);
    let values = V::TERMS.iter().map(|term| value(&name, term)).collect();
    VocabularyList { about: V::ABOUT, values, name }
}

fn value(vocabulary: &str, term: &Term) -> VocabularyValue {
    let codes = codes::CODES
        .iter()
        .filter(|(of, code, _)| *of == vocabulary && *code == term.code)
        .map(|(_, _, code)| OtherCode { system: codes::SNOMED, code })
        .collect();
    VocabularyValue {
        code: term.code,
        label: term.label.map_or_else(|| in_words(term.code), str::to_owned),
        definition: (!term.definition.is_empty()).then_some(term.definition),
        codes,
    }
}

/// `low_back` as `Low back`.
fn in_words(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

static VOCABULARIES: LazyLock<Reference<Vocabularies>> = LazyLock::new(|| {
    let mut items: Vec<VocabularyList> = Vec::new();
    macro_rules! add {
        ($($vocabulary:ty),+) => { $( items.push(list::<$vocabulary>()); )+ };
    }
    for_each_vocabulary!(add);
    items.sort_by(|a, b| a.name.cmp(&b.name));
    Reference::new(Vocabularies { items })
});

/// Registers the operation.
pub fn routes(routes: &mut Routes) {
    let op = Operation::new(
        "listVocabularies",
        "reference",
        "Every vocabulary with its labels")
    .describe(
        "Lists of codes with labels, definitions and the codes of other systems. Where a list has \
            `other`, the field beside it takes the words for it.",
    );
    routes.serve(Method::GET, "/v1/vocabularies", reference::operation(op), vocabularies);
}

async fn vocabularies(_: Everybody) -> Answered<Public<Versioned<&'static Vocabularies>>> {
    Ok(VOCABULARIES.answer())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_every_code_belongs_to_a_value() {
        let items = &VOCABULARIES.value().items;
        let names: HashSet<&str> = items.iter().map(|list| list.name.as_str()).collect();
        assert_eq!(names.len(), items.len());
        for (vocabulary, code, _) in codes::CODES {
            let list = items.iter().find(|list| list.name == *vocabulary).unwrap();
            assert!(list.values.iter().any(|value| value.code == *code), "{vocabulary} {code}");
        }
    }

    #[test]
    fn labels_are_words() {
        assert_eq!(in_words("low_back"), "Low back");
        for list in &VOCABULARIES.value().items {
            assert!(!list.about.is_empty(), "{}", list.name);
            for value in &list.values {
                assert!(!value.label.contains('_') && !value.label.is_empty(), "{}", value.label);
            }
        }
    }
}
