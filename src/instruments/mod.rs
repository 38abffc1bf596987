//! Questionnaires: a registry that knows of each one whether its text may be shown, how it is
//! scored and what its numbers mean, so that no app has to score, or ship a form, on its own account.
//!
//! A questionnaire whose licence allows it is here with its items and is scored from the answers
//! ([`score`]). One whose licence does not is here without a word of its form: only a total that was
//! made elsewhere is taken over ([`score_total`]). Both are pure.
//!
//! Every definition has a version. The text and the scoring of a version stay as they are for as
//! long as there are scores of it; a change is a new version beside it.

mod definition;
mod http;
mod imported;
mod peg;
mod pgic;
mod psfs;
mod rmdq;
mod scoring;
#[cfg(test)]
mod scoring_tests;

pub use definition::{
    AnswerForm, AnswerKind, Citation, Coding, Definition, HigherIs, InstrumentLicence, Item, Label,
    Scoring, ScoringMethod, Threshold, ThresholdKind, ThresholdUnit,
};
pub use http::routes;
pub use scoring::{
    AnswerFault, AssessmentFlag, AssessmentStatus, ItemAnswer, Scored, TotalFault, score,
    score_total,
};

/// Every definition in every version; what can be answered comes before what can be imported.
static ALL: [&Definition; 11] = [
    &peg::V1,
    &rmdq::V1,
    &pgic::V1,
    &psfs::V1,
    &imported::BPI_SF_INTERFERENCE,
    &imported::BPI_SF_SEVERITY,
    &imported::ODI_2_1A,
    &imported::PROMIS_PAIN_INTERFERENCE,
    &imported::PROMIS_PHYSICAL_FUNCTION,
    &imported::PROMIS_SLEEP_DISTURBANCE,
    &imported::START_BACK,
];

/// Every definition in every version.
pub fn all() -> &'static [&'static Definition] {
    &ALL
}

/// The definition of this code in this version, or in its latest one.
pub fn find(code: &str, version: Option<i32>) -> Option<&'static Definition> {
    let of_code = ALL.iter().copied().filter(|definition| definition.code == code);
    match version {
        Some(version) => of_code.into_iter().find(|definition| definition.version == version),
        None => of_code.max_by_key(|definition| definition.version),
    }
}

/// The latest version of each questionnaire, in the order of [`all`].
pub fn current() -> impl Iterator<Item = &'static Definition> {
    let is_latest = |definition: &&'static Definition| {
        find(definition.code, None).is_some_and(|latest| latest.version == definition.version)
    };
    ALL.iter().copied().filter(is_latest)
}
