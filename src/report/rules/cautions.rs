//! What the page cannot say (clinical.md, Claims), in plain sentences.

use crate::language::Language;
use crate::sections::{Section, Sections};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A limit of the report that a reader must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Caution {
    /// Stable machine name, lower snake case. More names may appear.
    #[schema(max_length = 64, examples("missing_is_unknown"))]
    pub code: String,
    /// The caution in plain words, in English.
    #[schema(max_length = 400)]
    pub text: String,
    /// What `text` says of this report, by name: days as `YYYY-MM-DD`, numbers with a point. Empty where it
    /// says the same of every report.
    #[serde(default)]
    #[schema(required, value_type = Object)]
    pub values: BTreeMap<String, String>,
}

impl Caution {
    /// A caution of this name. Its text is that of the languages, with these values.
    pub(crate) fn new(code: &str, values: &[(&str, &str)]) -> Self {
        let text = Language::english().text(&key(code, |name| has(values, name)), values);
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { code: code.to_owned(), text, values: values.collect() }
    }

    /// The caution in a language. One of an earlier version whose values were not kept stays in English.
    pub fn words(&self, language: &Language) -> String {
        let key = key(&self.code, |name| self.values.contains_key(name));
        let form = language.form(&key).filter(|form| self.values.is_empty() != form.contains('{'));
        if form.is_none() {
            return self.text.clone();
        }
        let written = |value: &String| match value.parse::<NaiveDate>() {
            Ok(day) => language.day(day),
            Err(_) if value.parse::<f64>().is_ok() => language.number(value),
            Err(_) => value.clone(),
        };
        let values: Vec<(&str, String)> =
            self.values.iter().map(|(name, value)| (name.as_str(), written(value))).collect();
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        language.text(&key, &values)
    }
}

fn has(values: &[(&str, &str)], name: &str) -> bool {
    values.iter().any(|(known, _)| *known == name)
}

/// The key of the text of a caution. Of the baseline with late entries there are two: where too few days were
/// rated in time there is no mean without the late ones.
fn key(code: &str, has: impl Fn(&str) -> bool) -> String {
    let is_few = code == "baseline_with_late_entries" && !has("without");
    format!("caution.{code}{}", if is_few { ".few" } else { "" })
}

/// The cautions printed on every report.
const ALWAYS: [&str; 10] = [
    "no_cause_shown",
    "not_a_diagnosis",
    "missing_is_unknown",
    "immediate_drop_is_not_the_course",
    "group_thresholds",
    "precision",
    "no_comparisons",
    "no_medication_advice",
    "no_link_is_no_proof",
    "warning_signs_not_judged",
];

/// The cautions that go with what a section shows.
const SHOWN: [(Section, &str); 6] = [
    (Section::Pain, "flares_and_spikes"),
    (Section::Sleep, "sleep_as_recorded"),
    (Section::Mobility, "activity_as_recorded"),
    (Section::Medication, "medication_days_unknown"),
    (Section::Treatment, "adverse_events_as_recorded"),
    (Section::Assessments, "questionnaire_thresholds"),
];

/// What is said of a section that is withheld.
const OMITTED: [(Section, &str); 8] = [
    (Section::Pain, "pain_omitted"),
    (Section::Sleep, "sleep_omitted"),
    (Section::Mobility, "mobility_omitted"),
    (Section::Medication, "medication_omitted"),
    (Section::Treatment, "treatment_omitted"),
    (Section::Assessments, "assessments_omitted"),
    (Section::Goals, "goals_omitted"),
    (Section::Notes, "notes_omitted"),
];

/// The cautions of one report: the fixed ones, and those that go with what it shows and leaves out.
pub(crate) fn cautions(sections: Sections) -> Vec<Caution> {
    let shown = SHOWN.iter().filter(|(section, _)| sections.contains(*section));
    let omitted = OMITTED.iter().filter(|(section, _)| !sections.contains(*section));
    let all = ALWAYS.iter().chain(shown.chain(omitted).map(|(_, code)| code));
    all.map(|code| Caution::new(code, &[])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(codes: &[String], code: &str) -> bool {
        codes.iter().any(|other| other == code)
    }

    #[test]
    fn the_fixed_cautions_are_always_there() {
        let codes: Vec<String> =
            cautions(Sections::NONE).into_iter().map(|caution| caution.code).collect();
        assert!(ALWAYS.iter().all(|code| names(&codes, code)));
        assert!(OMITTED.iter().all(|(_, code)| names(&codes, code)));
        assert!(!SHOWN.iter().any(|(_, code)| names(&codes, code)));
    }
    #[test]
    fn every_caution_is_said_in_every_language() {
        for language in Language::all() {
            for caution in cautions(Sections::NONE).iter().chain(&cautions(Sections::ALL)) {
                let words = caution.words(language);
                assert!(!words.contains('\u{27e8}') && words.chars().count() <= 400, "{words}");
                assert_eq!(words == caution.text, language.tag() != "de", "{words}");
            }
        }
    }

    #[test]
    fn values_are_written_in_the_readers_habit_and_old_ones_stay_as_they_were() {
        let values = [("late", "9"), ("with", "7.3"), ("without", "5.0")];
        let late = Caution::new("baseline_with_late_entries", &values);
        assert!(late.text.ends_with(
            "With them it is 7.3, without them 5.0. The size of the change is \
            named only where both agree."
        ));
        let german = Language::german();
        assert!(late.words(german).contains("Mit ihnen ist der Wert 7,3, ohne sie 5,0."));
        let few = Caution::new(
            "baseline_with_late_entries",
            &[("late", "9"), ("all", "10"), ("with", "7.3")],
        );
        assert!(few.words(german).starts_with("9 von 10 Tagen"), "{}", few.words(german));
        let long_ago =
            Caution::new("last_treatment_long_ago", &[("last", "2026-03-04"), ("days", "40")]);
        assert!(long_ago.text.starts_with("The last treatment was on 2026-03-04, 40 days"));
        assert!(
            long_ago.words(german).starts_with("Die letzte Behandlung war am 04.03.2026, 40 Tage")
        );
        let old: Caution = serde_json::from_str(
            "{\"code\": \"last_treatment_long_ago\", \"text\": \"The last one.\"}",
        )
        .unwrap();
        assert_eq!(old.words(german), "The last one.");
        assert!(old.values.is_empty());
    }
}
