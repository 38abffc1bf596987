//! The hash of what a report was computed from: the same rows, days and rules give the same hash,
//! in whatever order the rows come; rows the reader may not see have no part in it.

use crate::report::rows::ReportInput;
use crate::report::rules::RULE_VERSION;
use aws_lc_rs::digest::{Context, SHA256};
use serde::Serialize;

/// SHA-256 of the visible input and the version of the rules. The instant of the computation and
/// the journal's revision are not part of it.
pub fn inputs_hash(input: &ReportInput) -> [u8; 32] {
    let input = input.visible();
    let mut hash = Context::new(&SHA256);
    let days = [input.from, input.to, input.today, input.enrolled_on];
    let visible = input.sections.visible.iter().filter(|name| input.sections.shows(name));
    add(&mut hash, "rules", &[RULE_VERSION]);
    add(&mut hash, "days", &[days]);
    add(&mut hash, "day_start_minute", &[input.day_start_minute]);
    add(&mut hash, "sections", &visible.collect::<Vec<_>>());
    add(&mut hash, "share_label", &[&input.share_label]);
    add(&mut hash, "ratings", &input.ratings);
    add(&mut hash, "sessions", &input.sessions);
    add(&mut hash, "sleep", &input.sleep);
    add(&mut hash, "entries", &input.entries);
    add(&mut hash, "flares", &input.flares);
    add(&mut hash, "intakes", &input.intakes);
    add(&mut hash, "assessments", &input.assessments);
    add(&mut hash, "goals", &input.goals);
    add(&mut hash, "adverse_events", &input.adverse_events);
    add(&mut hash, "plans", &input.plans);
    add(&mut hash, "episodes", &input.episodes);
    add(&mut hash, "notes", &input.notes);
    add(&mut hash, "questions", &input.questions);
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(hash.finish().as_ref()).for_each(|(to, from)| *to = *from);
    bytes
}

/// Adds a list: its name, how many rows it has, and the rows as JSON, sorted. A line break ends each
/// part; none can stand inside one.
fn add<T: Serialize>(hash: &mut Context, name: &str, rows: &[T]) {
    let mut lines: Vec<String> =
        rows.iter().map(|row| serde_json::to_string(row).unwrap_or_default()).collect();
    lines.sort_unstable();
    hash.update(format!("{name} {}\n", lines.len()).as_bytes());
    for line in lines {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
}
