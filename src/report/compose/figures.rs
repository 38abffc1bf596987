//! The pictures of a page.

use super::words::Voice;
use crate::report::page::{Block, Figure};
use crate::report::{Report, chart};

/// The daily pain.
pub(super) fn daily_pain(words: &Voice<'_>, report: &Report) -> Block {
    Block::Figure(Figure {
        svg: chart::daily_pain_svg(report),
        alt: chart::daily_pain_alt(report),
        caption: words.text("chart.caption", &[]),
    })
}
