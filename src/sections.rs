//! The sections of a journal that a share opens or keeps closed.

use serde::{Serialize, Serializer};

crate::wire::vocabulary! {
    /// A part of a journal that can be shared by itself.
    pub enum Section {
        /// Pain ratings, sites, interference, mood, stiffness and what triggers or eases the pain.
        Pain = "pain",
        /// Sleep records.
        Sleep = "sleep",
        /// Walking, steps, tolerances, work.
        Mobility = "mobility",
        /// Medication.
        Medication = "medication",
        /// Treatment sessions.
        Treatment = "treatment",
        /// Questionnaires and their scores.
        Assessments = "assessments",
        /// Goals, and questions for the next visit, in the patient's own words.
        Goals = "goals",
        /// Free-text notes the patient marked as shared.
        Notes = "notes",
    }
}

impl Section {
    const ALL: [Self; 8] = [
        Self::Pain,
        Self::Sleep,
        Self::Mobility,
        Self::Medication,
        Self::Treatment,
        Self::Assessments,
        Self::Goals,
        Self::Notes,
    ];

    const fn bit(self) -> u8 {
        match self {
            Self::Pain => 1,
            Self::Sleep => 2,
            Self::Mobility => 4,
            Self::Medication => 8,
            Self::Treatment => 16,
            Self::Assessments => 32,
            Self::Goals => 64,
            Self::Notes => 128,
        }
    }
}

/// A set of sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sections(u8);

impl Sections {
    /// None.
    pub const NONE: Self = Self(0);
    /// All of them: what the patient sees.
    pub const ALL: Self = Self(255);

    /// The set of these sections.
    pub const fn of(sections: &[Section]) -> Self {
        let mut bits = 0;
        let mut rest = sections;
        while let [first, others @ ..] = rest {
            bits |= first.bit();
            rest = others;
        }
        Self(bits)
    }
    /// The set of these codes; unknown ones open nothing.
    pub fn of_codes(codes: &[String]) -> Self {
        let known: Vec<Section> =
            codes.iter().filter_map(|code| Section::from_code(code)).collect();
        Self::of(&known)
    }
    /// Is this section in the set?
    pub const fn contains(self, section: Section) -> bool {
        self.0 & section.bit() != 0
    }
    /// Those of `self` that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    /// The sections in documented order.
    pub fn iter(self) -> impl Iterator<Item = Section> {
        Section::ALL.into_iter().filter(move |section| self.contains(*section))
    }
    /// Their codes in documented order.
    pub fn codes(self) -> Vec<String> {
        self.iter().map(|section| section.code().to_owned()).collect()
    }
}

impl Serialize for Sections {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in_and_nothing_unknown() {
        let set = Sections::of_codes(&["sleep".into(), "everything".into(), "notes".into()]);
        assert_eq!(set.codes(), ["sleep", "notes"]);
        assert!(!set.contains(Section::Pain));
        assert_eq!(Sections::ALL.codes(), Section::CODES);
        assert_eq!(
            Sections::ALL.without(set).codes(),
            ["pain", "mobility", "medication", "treatment", "assessments", "goals"]
        );
    }
}
