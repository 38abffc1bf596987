//! The pgbench scripts of sync: the statements of pull and push, in their order and pipelines.

use super::{SNAPSHOT, enter, fill, pipeline, seeded_sql};
use pain_journal::collections::{JournalEntry, SleepRecord, TreatmentSession};
use pain_journal::journal::{REMEMBER, RESERVE, Record};
use pain_journal::sync::{ANSWER, HEAD, KEEP_ANSWER, LINES, cut_text, touched_text};
use std::iter::repeat_n;

/// What `bench/seed.sql` sets the counter of patient `p` to, in units of `p`.
const COUNTER: u32 = 1_000_000;
/// Changes a push.
const PUSHED: usize = 50;
/// Pushed entries lie this many days apart: scattered over three years.
const STRIDE: u32 = 21;

/// One script an operation. The first half of the patients is read, the second half is written.
pub(super) fn scripts(patients: u32) -> Vec<(&'static str, String)> {
    let half = patients / 2;
    let reader = format!("\\set p random(1, {half})\n");
    let entries = [JournalEntry::sql().changes];
    let all =
        [JournalEntry::sql().changes, SleepRecord::sql().changes, TreatmentSession::sql().changes];
    let counter = format!(":p * {COUNTER}");
    let long = format!("\\set p random({}, {})\n", patients + 1, patients + 4);
    // Both pages of ten thousand entries, one at a time.
    let long = format!("{long}\\set after random(0, 1) * 5001\n");
    let until = format!("(:after = 0)::int * 5001 + (:after > 0)::int * {counter}");
    vec![
        ("R2_0", format!("{reader}{}", look())),
        ("R2_20", pull(&reader, &all, &format!("{counter} - 20"), &counter, None)),
        ("R2_1095", pull(&reader, &entries, "0", &counter, Some("true"))),
        ("R2_10k", pull(&long, &entries, ":after", &until, Some("(:after = 0)"))),
        ("W2", push(half + 1, patients)),
        ("W2_replay", replay(half + 1, half + 16)),
    ]
}

/// Is there anything new?
fn look() -> String {
    let enter = enter(1, "p", None, false);
    pipeline(&["BEGIN".into(), enter, HEAD.into(), "COMMIT".into()])
}

/// A page of changes: a look, then one snapshot. Where the head is near, nothing is asked about the
/// end of the page.
fn pull(pick: &str, changes: &[&str], after: &str, until: &str, far: Option<&str>) -> String {
    let after = format!("({after})::bigint");
    let cut = far.map(|live_only| {
        let collections = "'{journal_entries}'::text[]".to_owned();
        let until = format!("({until})::bigint");
        let cut = [after.clone(), live_only.to_owned(), collections, "5000".to_owned(), until];
        format!("{};\n", fill(cut_text(), &cut))
    });
    let range = [after, format!("({until})::bigint")];
    let changes: Vec<String> = changes.iter().map(|text| fill(text, &range)).collect();
    [
        pick.to_owned(),
        look(),
        pipeline(&[SNAPSHOT.into(), enter(1, "p", None, false)]),
        cut.unwrap_or_default(),
        format!("{};\n", fill(touched_text(), &range)),
        pipeline(&changes),
        "COMMIT;\n".into(),
    ]
    .concat()
}

/// `count` times the same element of an array.
fn array(element: &str) -> String {
    format!("'{{{}}}'", repeat_n(element, PUSHED).collect::<Vec<_>>().join(","))
}

/// A push of changed entries with a fresh key. The ids come with the answer of `sec.enter`.
fn push(first: u32, last: u32) -> String {
    let entry = JournalEntry::sql();
    let id = format!("p * 10000 + (:s + k * {STRIDE}) % 1095");
    let more = format!(
        "ARRAY(SELECT {} FROM generate_series(0, {}) k)::text AS ids, {} AS me, {} AS device, \
         gen_random_uuid()::text AS key FROM (SELECT clock",
        seeded_sql(5, &id),
        PUSHED - 1,
        seeded_sql(1, "p"),
        seeded_sql(3, "p"),
    );
    let enter = enter(1, "p", None, true).replace(" FROM (SELECT clock", &format!(", {more}"));
    let ids = "(:ids)::uuid[]".to_owned();
    let (me, device, key) = ("(:me)::uuid", "(:device)::uuid", "(:key)::text");
    let now = "clock_timestamp()";
    let revs = format!("ARRAY(SELECT (:rev)::bigint + k FROM generate_series(1, {PUSHED}) k)");
    let filled = |value: &str| format!("array_fill({value}, ARRAY[{PUSHED}])");
    let mut values =
        vec![ids.clone(), revs.clone(), revs.clone(), array("NULL"), filled(me), filled(device)];
    values.extend(repeat_n(filled(now), 3));
    values.extend(JournalEntry::FIELDS.iter().map(|field| array(value(field.name))));
    values.push(array(r#""{\"mood\":[900,901],\"note\":[900,901],\"steps\":[900,901]}""#));
    // The revisions of their creations, as bench/seed.sql has them.
    let created = format!(
        "ARRAY(SELECT CASE WHEN n < 1085 THEN n + 2 ELSE :p * {COUNTER} - 1104 + n END \
         FROM (SELECT (:s + k * {STRIDE}) % 1095 AS n FROM generate_series(0, {}) k) x)::bigint[]",
        PUSHED - 1
    );
    let changes = r#""{\"mood\":{\"from\":3,\"to\":5},\"note\":{\"from\":\"a note of about a hundred characters, as people write them in the evening before they go to bed\",\"to\":\"another\"},\"steps\":{\"from\":3000,\"to\":4200}}""#;
    let history = [
        "1".to_owned(),
        me.into(),
        device.into(),
        now.into(),
        ids.clone(),
        revs,
        format!("ARRAY(SELECT gen_random_uuid() FROM generate_series(1, {PUSHED}))"),
        array("2"),
        array("true"),
        filled(now),
        array(changes),
    ];
    let answer =
        r#"'{"timestamp":1099511632506,"accepted":50,"unchanged":0,"records":[],"rejected":[]}'"#;
    let hash = "decode(repeat('ab', 32), 'hex')";
    let kept: Vec<String> = [key, hash, answer, now].map(str::to_owned).to_vec();
    [
        format!(
            "\\set p random({first}, {last})\n\\set s random(0, 1094)\nBEGIN;\n{enter} \\gset\n"
        ),
        pipeline(&[fill(ANSWER, &kept), HEAD.into()]),
        format!("{};\n", fill(entry.find_all, std::slice::from_ref(&ids))),
        format!("{};\n", fill(LINES, &["1".to_owned(), ids, created, array("false")])),
        pipeline(&[
            fill(RESERVE, &[PUSHED.to_string()]),
            fill(entry.upsert, &values),
            fill(REMEMBER, &history),
            fill(KEEP_ANSWER, &kept),
        ]),
        "COMMIT;\n".into(),
    ]
    .concat()
}

/// A value of a written entry, as an element of an array.
pub(super) fn value(field: &str) -> &'static str {
    match field {
        "journal_date" => "2026-11-01",
        "kind" => "daily",
        "effective_at" | "recorded_at" => "2026-11-01 20:00:00+00",
        "time_zone" => "Europe/Berlin",
        "utc_offset_minutes" | "walking_minutes" => "60",
        "sites" => r#""[{\"region\":\"low_back\",\"intensity\":5}]""#,
        "triggers" => r#""{\"lifting\"}""#,
        "red_flags" => r#""{}""#,
        "relief" => r#""[]""#,
        "steps" => "4200",
        "note" => {
            "\"a note of about a hundred characters, as people write them in the evening before they go to bed\""
        }
        "pain_now" | "pain_average" | "pain_worst" | "pain_least" | "interference" | "mood"
        | "energy" | "stress" | "stiffness" => "4",
        _ => "NULL",
    }
}

/// The same push again: its key has an answer.
fn replay(first: u32, last: u32) -> String {
    let stored = ["'bench-replay-' || (:p)::text".to_owned()];
    [
        format!("\\set p random({first}, {last})\n"),
        pipeline(&["BEGIN".into(), enter(1, "p", None, true)]),
        pipeline(&[fill(ANSWER, &stored), HEAD.into()]),
        "COMMIT;\n".into(),
    ]
    .concat()
}
