//! Life with pain: function, wellbeing, questionnaires, goals, and what the patient wrote.

pub mod function;
pub mod questionnaires;
pub mod records;
pub mod visit;
pub mod wellbeing;
