//! The picture: well formed, self-contained, faithful to missing days, the same every time.

use super::*;
use crate::collections::{EntryKind, TreatmentSessionKind};
use crate::report::rows::{EntryRow, ReportInput, SleepRow, TreatmentSessionRow};
use crate::report::rules::Report;
use crate::report::rules::build;
use crate::report::rules::fixtures::{
    at, daily, date, flare, full, input, night, rating, shuffle, treatment_session, with_course,
};
use crate::sections::{Section, Sections};

/// Checks that tags nest and close, attributes are quoted, and text holds no raw markup.
#[track_caller]
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text}");
        for entity in text.split('&').skip(1) {
            let name = entity.split_once(';').map(|(name, _)| name);
            assert!(matches!(name, Some("amp" | "lt" | "gt" | "quot" | "#39")), "&{entity}");
        }
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let quotes = tag.matches('"').count();
        assert_eq!((quotes % 2, tag.matches("=\"").count() * 2), (0, quotes), "{tag}");
        if !tag.ends_with('/') {
            open.push(tag.split_ascii_whitespace().next().unwrap());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
}

/// Checks that a picture is well formed and holds all it needs and nothing that acts.
#[track_caller]
pub(super) fn assert_self_contained(svg: &str) {
    assert_well_formed(svg);
    assert!(svg.contains("role=\"img\"") && svg.contains("<title") && svg.contains("<desc"));
    for forbidden in ["<script", "href", "url(", "@import", "<style", "style=", "NaN", "inf"] {
        assert!(!svg.contains(forbidden), "{forbidden}");
    }
}

/// 30 days with gaps, late entries, worst pain, treatment sessions and a day called free of pain.
fn sample() -> ReportInput {
    let mut input = input(0, 29);
    for day in (0..30).filter(|day| day % 5 != 3) {
        let score = i16::try_from(7 - day / 8).unwrap();
        input.entries.push(EntryRow { worst: Some(score + 2), ..daily(day, Some(score)) });
    }
    input.entries[4].recorded_at = Some(at(20, 0));
    input.entries[4].received_at = at(20, 0);
    input.entries.push(EntryRow { pain_free_day: Some(true), ..rating(EntryKind::Daily, 3, 1200) });
    input.sessions =
        vec![treatment_session(9, 600), treatment_session(17, 600), treatment_session(17, 900)];
    with_course(input)
}

/// What a group holds.
pub(super) fn class<'a>(svg: &'a str, name: &str) -> &'a str {
    let (_, after) = svg.split_once(&format!("<g class=\"{name}\"")).unwrap();
    after.split_once("</g>").unwrap().0
}

#[test]
fn the_picture_is_well_formed_self_contained_and_repeatable() {
    let report = build(&sample());
    let svg = daily_pain_svg(&report, Language::english());
    assert_self_contained(&svg);
    assert_eq!(svg, daily_pain_svg(&report, Language::english()));
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 "));
}

#[test]
fn a_frozen_report_gives_the_same_picture() {
    let report = build(&sample());
    let frozen = serde_json::to_string(&report).unwrap();
    let thawed: Report = serde_json::from_str(&frozen).unwrap();
    assert_eq!(thawed, report);
    assert_eq!(
        daily_pain_svg(&thawed, Language::english()),
        daily_pain_svg(&report, Language::english())
    );
}

#[test]
fn missing_days_are_never_drawn_as_scores() {
    let svg = daily_pain_svg(&build(&sample()), Language::english());
    let scores = class(&svg, "scores");
    assert_eq!(scores.matches("<circle").count(), 24);
    let zero = format!("cy=\"{:.2}\"", Scale::y(0.0));
    assert!(!scores.contains(&zero));
    assert_eq!(class(&svg, "gaps").matches("<rect").count(), 6);
    assert_eq!(class(&svg, "pain-free").matches("<path").count(), 1);
    assert_eq!(scores.matches("fill=\"#ffffff\"").count(), 1);
    assert_eq!(class(&svg, "worst").matches("<line").count(), 24);
    assert_eq!(class(&svg, "sessions").matches("<line").count(), 2);
    assert!(class(&svg, "sessions").contains(">2\u{2013}3</text>"));
}

#[test]
fn the_median_line_breaks_at_gaps() {
    let runs = |missing: &[i64]| {
        let mut input = input(0, 19);
        let days = (0..20).filter(|day| !missing.contains(day));
        input.entries = days.map(|day| daily(day, Some(5))).collect();
        let svg = daily_pain_svg(&build(&input), Language::english());
        class(&svg, "median").matches(svg::INK).count()
    };
    assert_eq!(runs(&[]), 1);
    assert_eq!(runs(&[10]), 1);
    assert_eq!(runs(&[10, 11]), 2);
    assert_eq!(runs(&(2..20).collect::<Vec<_>>()), 0);
}

#[test]
fn means_are_drawn_only_where_they_are_reliable() {
    let svg = daily_pain_svg(&build(&sample()), Language::english());
    assert_eq!(class(&svg, "means").matches("<path").count(), 2);
    assert!(svg.contains(">Baseline mean 7.0  \u{b7}  Follow-up mean 4.0</text>"), "{svg}");
    let mut few = input(0, 29);
    few.entries = (0..4).chain(26..30).map(|day| daily(day, Some(5))).collect();
    few.sessions = vec![treatment_session(10, 600)];
    let svg = daily_pain_svg(&build(&with_course(few)), Language::english());
    assert!(!class(&svg, "means").contains("<path") && !svg.contains("Baseline mean"));
}

#[test]
fn a_baseline_before_the_picture_is_named_but_not_drawn() {
    let mut late = input(30, 59);
    late.entries = (0..60).map(|day| daily(day, Some(5))).collect();
    late.sessions = vec![treatment_session(20, 600)];
    let svg = daily_pain_svg(&build(&with_course(late)), Language::english());
    assert!(svg.contains("Baseline mean 5.0 (earlier)"), "{svg}");
    assert_eq!(class(&svg, "means").matches("<path").count(), 1);
}

#[test]
fn empty_windows_have_axes_and_a_note() {
    let svg = daily_pain_svg(&build(&input(0, 13)), Language::english());
    assert_well_formed(&svg);
    assert!(svg.contains(">No ratings in this window</text>"));
    assert!(class(&svg, "axes").contains(">10</text>"));
    assert!(!svg.contains("<circle"));

    let mut hidden = sample();
    hidden.sections = Sections::of(&[Section::Sleep]);
    let svg = daily_pain_svg(&build(&hidden), Language::english());
    assert_well_formed(&svg);
    assert!(svg.contains(">Pain is not part of this report</text>"));
    assert!(!svg.contains("<circle") && !class(&svg, "sessions").contains("<line"));

    let mut backwards = sample();
    (backwards.from, backwards.to) = (date(9), date(2));
    assert_well_formed(&daily_pain_svg(&build(&backwards), Language::english()));
}

#[test]
fn days_on_which_nothing_is_expected_are_not_gaps() {
    let mut ends = input(0, 59);
    (ends.journal_starts_on, ends.today) = (date(20), date(39));
    ends.entries = (20..40).map(|day| daily(day, Some(5))).collect();
    let svg = daily_pain_svg(&build(&ends), Language::english());
    assert!(!class(&svg, "gaps").contains("<rect"));
    let notes = class(&svg, "unexpected");
    assert!(notes.contains(">before the journal<") && notes.contains(">not yet<"));
    ends.entries.push(daily(3, Some(5)));
    let svg = daily_pain_svg(&build(&ends), Language::english());
    assert!(!class(&svg, "unexpected").contains("before the journal"));
}

#[test]
fn the_description_tells_what_the_picture_shows() {
    let svg = daily_pain_svg(&build(&sample()), Language::english());
    let (_, description) = svg.split_once("<desc id=\"daily-pain-desc\">").unwrap();
    let (description, _) = description.split_once("</desc>").unwrap();
    assert_eq!(
        description,
        "Self-reported. 24 of 30 expected days rated, 1 of them entered late. Daily scores lie \
         between 4.0 and 7.0 on a scale of 0 to 10. The mean of the window (1 Mar 2026 to 30 Mar \
         2026) is 5.6 over 24 rated days. The mean of the baseline (24 Feb 2026 to 9 Mar 2026) is \
         7.0 over 6 rated days. The mean of the follow-up window (25 Mar 2026 to 30 Mar 2026) is \
         4.0 over 5 rated days. The trend is falling: -0.9 points a week. 3 treatment sessions \
         were attended: 10 Mar 2026, 18 Mar 2026. Days without a rating are left blank: unknown, \
         not zero."
    );
}

#[test]
fn flares_are_shaded_and_spikes_are_marked() {
    let mut input = sample();
    for (first, last) in [(5, Some(9)), (22, Some(23)), (28, None)] {
        input.flares.push(flare(first, last));
    }
    input.entries.push(EntryRow { worst: Some(10), ..daily(23, Some(9)) });
    let report = build(&input);
    let svg = daily_pain_svg(&report, Language::english());
    assert_self_contained(&svg);
    // Of the first flare the day without a score is shaded at its top alone.
    let flares = class(&svg, "flares");
    assert_eq!((flares.matches("<rect").count(), flares.matches("<line").count()), (5, 3));
    assert_eq!(flares.matches("height=\"14.00\"").count(), 2);
    assert_eq!(class(&svg, "spikes").matches("<path").count(), 1);
    let legend = class(&svg, "legend");
    assert!(legend.contains(">reported flare<") && legend.contains(">computed spike<"));
    let view = svg.split_once("viewBox=\"0 0 960 ").unwrap().1.split_once('"').unwrap().0;
    let height: f64 = view.parse().unwrap();
    let rows = legend.split(" y=\"").skip(1).filter_map(|at| at.split('"').next());
    assert!(rows.filter_map(|y| y.parse::<f64>().ok()).all(|y| y < height - 5.0), "{legend}");
    assert!(svg.contains(
        "Days in a flare as reported: 6 Mar 2026 to 10 Mar 2026, 23 Mar 2026 to 24 Mar 2026, 29 \
         Mar 2026. Of a flare without a known end only the first day counts. Spikes, well above the 28 days before: 24 Mar 2026."
    ));
    let plain = daily_pain_svg(&build(&sample()), Language::english());
    assert!(!plain.contains("Spikes") && !class(&plain, "legend").contains("flare"));
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let mut input = full();
    // Two daily entries on one day, two treatment sessions on one day, two nights on one day.
    input.entries.push(EntryRow { average: Some(9), ..rating(EntryKind::Daily, 34, 1300) });
    input.sessions.push(treatment_session(20, 900));
    input.sleep.push(SleepRow { quality: Some(2), ..night(3, None) });
    let svg = daily_pain_svg(&build(&input), Language::english());
    let mut seed = 1;
    for _ in 0..50 {
        shuffle(&mut input.entries, &mut seed);
        shuffle(&mut input.sessions, &mut seed);
        shuffle(&mut input.sleep, &mut seed);
        assert_eq!(daily_pain_svg(&build(&input), Language::english()), svg);
    }
}

#[test]
fn a_visit_without_treatment_has_a_mark_of_its_own_and_no_number() {
    let mut input = sample();
    let review =
        TreatmentSessionRow { kind: TreatmentSessionKind::Review, ..treatment_session(24, 600) };
    input.sessions.push(review);
    let svg = daily_pain_svg(&build(&input), Language::english());
    assert_eq!(class(&svg, "other-sessions").matches("<line").count(), 1);
    assert!(svg.contains(">other session<") && !class(&svg, "sessions").contains(">4<"));
    assert!(!daily_pain_svg(&build(&sample()), Language::english()).contains("without treatment"));
}
