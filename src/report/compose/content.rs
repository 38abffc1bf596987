//! Parts that both pages have.

use super::words::{Voice, decimal, or_dash};
use crate::report::page::{Alignment, Block, Table};
use crate::report::session_effect::SessionEffects;
use crate::report::statement::Code;

/// Codes in words, separated by commas.
pub(super) fn codes(words: &Voice<'_>, kind: &str, codes: &[Code]) -> String {
    codes.iter().map(|code| words.code(kind, &code.0)).collect::<Vec<_>>().join(", ")
}

/// A heading below the title.
pub(super) fn heading(words: &Voice<'_>, key: &str) -> Block {
    Block::Heading { level: 2, text: words.text(key, &[]) }
}

/// The sessions and the pain around them, oldest first.
pub(super) fn session_table(words: &Voice<'_>, effects: &SessionEffects) -> Option<Block> {
    if effects.sessions.is_empty() {
        return None;
    }
    let headers = ["day", "techniques", "pre", "post", "post24", "before", "after"];
    let rows = effects.sessions.iter().map(|session| {
        vec![
            session.journal_date.to_string(),
            codes(words, "technique", &session.techniques),
            or_dash(session.pre),
            or_dash(session.post),
            or_dash(session.post24),
            or_dash(session.before_mean.map(decimal)),
            or_dash(session.after_mean.map(decimal)),
        ]
    });
    let mut alignments = vec![Alignment::Start; 2];
    alignments.extend([Alignment::End; 5]);
    Some(Block::Table(Table {
        caption: words.text("sessions.caption", &[]),
        headers: headers.map(|key| words.text(&format!("sessions.{key}"), &[])).to_vec(),
        rows: rows.collect(),
        alignments,
    }))
}
