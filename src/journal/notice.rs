//! The notice that goes with a record which names a warning sign.

use crate::http::document;
use serde::Serialize;

/// The fixed text, never a verdict.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SafetyNotice {
    /// `seek_care_now`.
    #[schema(max_length = 40, examples("seek_care_now"))]
    pub code: &'static str,
    /// The language of the text.
    #[schema(max_length = 35, examples("en"))]
    pub language: &'static str,
    /// The headline.
    #[schema(max_length = 200)]
    pub title: &'static str,
    /// The text, to be shown as it is.
    #[schema(max_length = 1000)]
    pub text: &'static str,
}
document!(SafetyNotice);
