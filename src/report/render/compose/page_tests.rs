//! What stands where on the pages, and in which words: one test a clause.

use super::tests::{course, texts};
use super::voice::{Voice, of_days};
use super::*;
use crate::body_map::{BodyRegion, Laterality};
use crate::collections::{EntryKind, Helped, NeedleResponse, ReliefMeans, Stimulation};
use crate::language::Language;
use crate::report::render::chart::{daily_pain_alt, duration};
use crate::report::render::html;
use crate::report::render::journals;
use crate::report::render::page::{Block, ReportPage};
use crate::report::rows::{EntryRow, ReportInput, SiteRow, TreatmentSessionRow};
use crate::report::rules::build;
use crate::report::rules::fixtures::{
    assessment, dailies, date, input, plan, rating, treatment_session, with_course,
};
use crate::report::rules::statement::{Draft, ReportStatement, ReportWindow, Unit};

fn page(input: &ReportInput) -> ReportPage {
    practitioner_page(&build(input), Language::english())
}

fn own(input: &ReportInput) -> String {
    texts(&patient_page(&build(input), Language::english()))
}

fn summary(input: &ReportInput) -> String {
    texts(&ReportPage { details: Vec::new(), ..page(input) })
}

fn voice() -> Voice<'static> {
    Voice { language: Language::english(), window: ReportWindow::new(date(0), date(59)).unwrap() }
}

fn share(part: usize, all: usize, need: usize) -> ReportStatement {
    Draft {
        value: Some(100.0 * part as f64 / all as f64),
        unit: Unit::Percent,
        n: all,
        window: None,
        method: ("m", "M."),
        interval: None,
        have: all,
        need,
        show_from: need,
    }
    .finish()
}

/// Every place that a text holds, in the order given.
#[track_caller]
fn in_order(text: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at = text[from..].find(part).unwrap_or_else(|| panic!("{part} after {from} in {text}"));
        from += at;
    }
}

#[test]
fn the_first_sheet_has_its_order() {
    let mut input = journals::usual();
    input.share_label = Some("Dr. Lind".to_owned());
    in_order(
        &summary(&input),
        &[
            "Dr. Lind",
            "Complaint",
            "My back",
            "Plan",
            "12 of 10 sessions done",
            "Data",
            "82 of 90 days rated",
            "What changed",
            "Pain before",
            "Worst pain",
            "8.6 \u{2192} 6.2",
            "before the course began on 16 Mar 2026",
            "Daily pain",
            "Treatment sessions",
            "manual needling \u{b7} BL23 both sides",
            "Function",
            "Sleep and how the patient felt",
            "Days with any medicine",
            "Flares",
            "Safety",
            "Where it hurt",
            "For the next visit, planned on 29 May 2026",
            "Not recorded:",
            "What this page cannot say",
        ],
    );
}

#[test]
fn hours_are_hours_and_shares_of_days_are_days() {
    let words = &voice();
    let texts = [402.4, 59.4, 59.6, 1440.0].map(|minutes| duration(words.language, minutes));
    assert_eq!(texts, ["6 h 42 min", "59 min", "1 h 0 min", "24 h 0 min"]);
    let one = of_days(words, "states.none", &share(1, 154, 5));
    assert_eq!((one.value.as_str(), one.note.as_str()), ("1 of 154", ""));
    // Exact for every count there is.
    for part in 0..=731 {
        let known = of_days(words, "states.none", &share(part, 731, 5));
        assert_eq!(known.value, format!("{part} of 731"));
    }
    let withheld = of_days(words, "states.none", &share(1, 2, 5));
    assert_eq!(withheld.note, "not enough yet: 2 of 5");
    let usual = texts_of(&journals::usual());
    assert!(usual.contains("7 h 13 min") && usual.contains("15 of 72"), "{usual}");
    assert!(!usual.contains("433"), "{usual}");
}

fn texts_of(input: &ReportInput) -> String {
    texts(&page(input))
}

#[test]
fn days_are_written_in_the_readers_habit() {
    let report = build(&journals::usual());
    let american = texts(&practitioner_page(&report, Language::of_locale("en-US")));
    assert!(american.contains("Mar 16 to May 21, 2026"), "{american}");
    assert_eq!(practitioner_page(&report, Language::of_locale("en-US")).language, "en-US");
    let english = texts(&practitioner_page(&report, Language::english()));
    assert!(english.contains("16 Mar to 21 May 2026"), "{english}");
    for text in [american, english, own(&journals::usual())] {
        assert!(!text.contains("2026-0"), "{text}");
    }
}

#[test]
fn what_was_never_recorded_is_one_line() {
    for input in [input(0, 89), journals::usual()] {
        let summary = summary(&input);
        assert_eq!(summary.matches("Not recorded:").count(), 1, "{summary}");
        assert!(!summary.contains("not enough yet: 0 "), "{summary}");
    }
    let empty = summary(&input(0, 89));
    let expected = "Not recorded: pain ratings; Walking a day; Steps a day; Sitting, bearable; Standing, \
                    bearable; Working days affected; Sleep a night; Nights woken by pain; medicines; \
                    places of the body.";
    assert!(empty.contains(expected), "{empty}");
    assert!(!texts_of(&input(0, 89)).contains("not enough yet: 0 "));
}

#[test]
fn places_of_one_day_are_one_line() {
    let mut input = input(0, 20);
    let at = |day, region, laterality| {
        let site = SiteRow { region, laterality: Some(laterality), intensity: Some(4) };
        EntryRow { sites: vec![site], ..rating(EntryKind::Daily, day, 1200) }
    };
    input.entries = vec![
        at(1, BodyRegion::LowBack, Laterality::Left),
        at(2, BodyRegion::LowBack, Laterality::Left),
        at(3, BodyRegion::Hip, Laterality::Right),
        at(4, BodyRegion::Neck, Laterality::Midline),
    ];
    let page = page(&input);
    let once = "Named on one day: Hip, right; Neck, midline.";
    assert_eq!(texts(&page).matches(once).count(), 2, "below the picture and in the details");
    let columns = page.details.iter().flat_map(|block| match block {
        Block::Columns(columns) => columns.concat(),
        other => vec![other.clone()],
    });
    let rows: Vec<_> = columns
        .filter_map(|block| match block {
            Block::Table(table) => Some(table.rows),
            _ => None,
        })
        .collect();
    assert_eq!(rows, [[["Low back, left", "2 of 4", "\u{2013}"]]]);
}

/// Pain before and after a treatment on day 20.
fn treated(before: i16, after: i16) -> ReportInput {
    let mut input = input(0, 59);
    input.entries = [dailies(5, &[Some(before); 15]), dailies(21, &[Some(after); 39])].concat();
    input.sessions = vec![treatment_session(20, 600)];
    with_course(input)
}

#[test]
fn cautions_are_short_and_stand_beside_what_they_bind() {
    let regression = "High pain tends to fall by itself";
    let beside = |input: &ReportInput| {
        let page = page(input);
        let mut found = (0, 0);
        for block in &page.blocks {
            match block {
                Block::Facts(tiles) => {
                    let has = tiles[0].label == "Pain before" && tiles[0].note.contains(regression);
                    found.0 += usize::from(has);
                }
                Block::Paragraph(spans) => {
                    let told =
                        spans.iter().any(|span| span.small && span.text.contains(regression));
                    let meaningful = spans.iter().any(|span| span.text.contains("meaningful"));
                    found.1 += usize::from(told && meaningful);
                }
                _ => {}
            }
        }
        found
    };
    assert_eq!(beside(&treated(7, 3)), (1, 1), "a high baseline, and meaningful");
    assert_eq!(beside(&treated(7, 7)), (1, 0), "a high baseline alone");
    assert_eq!(beside(&treated(5, 2)), (0, 1), "meaningful alone");
    assert_eq!(beside(&treated(5, 5)), (0, 0));
    // The patient's own word stands where the disagreement is told.
    let mut input = treated(5, 2);
    input.assessments = vec![assessment(50, "pgic", 6.0)];
    assert!(summary(&input).contains("20 Apr 2026. Ratings differ"), "{}", summary(&input));
    // The long list folds, and its short forms stand in the summary.
    let whole = page(&input);
    assert!(matches!(whole.details.last(), Some(Block::Fold { .. })));
    let shown = html::main(&whole).into_string();
    assert_eq!(shown.matches("<details>").count(), 1);
    for short in ["A drop right after a session shows nothing", "thresholds come from groups"] {
        assert!(summary(&input).contains(short), "{short}");
    }
}

#[test]
fn a_course_names_its_plans_and_what_was_done() {
    let mut input = input(0, 59);
    let needled = TreatmentSessionRow {
        points: vec![("BL23".to_owned(), Some(Laterality::Both)), ("Ashi <b>".to_owned(), None)],
        needle_count: Some(1),
        retention_minutes: Some(25),
        stimulation: vec![Stimulation::Electrical],
        electrical_frequency_hz: Some(2.5),
        response_obtained: vec![NeedleResponse::DeQi],
        ..treatment_session(20, 600)
    };
    let bare = TreatmentSessionRow { techniques: vec![], ..treatment_session(41, 600) };
    input.sessions = vec![needled, treatment_session(27, 600), treatment_session(34, 600), bare];
    input.plans = vec![plan(19), plan(33)];
    let mut input = with_course(input);
    for treatment in &mut input.treatments {
        let plan = usize::from(treatment.journal_date >= date(33));
        treatment.treatment_plan_id = Some(input.plans[plan].id);
    }
    let summary = summary(&input);
    in_order(
        &summary,
        &[
            "1. 2 of 10 sessions done",
            "2. 2 of 10 sessions done",
            "1, 21 Mar 2026:",
            "manual needling \u{b7} BL23 both sides, Ashi <b> \u{b7} 1 needle \u{b7} left in 25 min \u{b7} \
             electrical stimulation 2.5 Hz \u{b7} de qi",
            "2 to 3, 28 Mar to 4 Apr 2026:",
            "manual needling",
            "4, 11 Apr 2026:",
            "not recorded what was done",
        ],
    );
}

#[test]
fn coverage_of_many_weeks_is_told_by_month() {
    let long = texts_of(&journals::long());
    assert!(long.contains("by month: Mar 2026 28 of 31; Apr 2026 28 of 30;"), "{long}");
    assert!(texts_of(&journals::usual()).contains("by weeks from: 1 Mar 6 of 7; 8 Mar 7 of 7;"));
}

#[test]
fn the_patient_reads_which_days_whether_and_by_how_much() {
    let usual = own(&journals::usual());
    in_order(
        &usual,
        &[
            "Your ratings show about 40\u{a0}% less pain than before your treatment began.",
            "Compared are your last days, 16 May to 29 May 2026, with the days before your treatment began \
             on 16 Mar 2026, 2 Mar to 15 Mar 2026: 7.0 of 10 on average then, 4.1 now.",
            "larger than what comes from rating alone",
            "tends to fall by itself",
        ],
    );
    assert!(own(&treated(4, 6)).contains("about 50\u{a0}% more pain"));
    assert!(own(&treated(5, 5)).contains("about as much pain"));
    assert!(own(&input(0, 89)).contains("There is no rating in these days"));
    let mut alone = input(0, 59);
    alone.entries = dailies(0, &[Some(4); 60]);
    assert!(own(&alone).contains("No treatment is recorded yet"));
    let mut early = treated(6, 4);
    early.to = date(36);
    early.today = date(36);
    let early = own(&early);
    assert!(early.contains("It is too early to compare: 2 of 5 days"), "{early}");
    let late = own(&ReportInput { entries: dailies(21, &[Some(4); 39]), ..treated(6, 4) });
    assert!(
        late.contains("Too few days were rated before your treatment began on 21 Mar 2026"),
        "{late}"
    );
}

#[test]
fn no_percentage_is_finer_than_its_days_bear() {
    let words = &voice();
    for (percent, days, baseline, told) in [
        (41.8, 13, 7.0, "about 40\u{a0}%"),
        (25.0, 5, 8.0, "about 25\u{a0}%"),
        (41.8, 120, 7.0, "about 42\u{a0}%"),
        // Five whole scores around 2 move by ten percent of it.
        (33.0, 5, 2.0, "about 30\u{a0}%"),
        (98.0, 14, 6.0, "more than 95\u{a0}%"),
        (100.0, 14, 6.0, "about 100\u{a0}%"),
        (10.0, 5, 1.0, "less than 25\u{a0}%"),
    ] {
        assert_eq!(answer::rough(words, percent, days, baseline), told);
    }
    for (_, input) in journals::all() {
        let text = own(&input);
        let finer = text.match_indices("\u{a0}%").any(|(at, _)| {
            let digits = text[..at].trim_end_matches(|c: char| c.is_ascii_digit());
            digits.ends_with('.')
        });
        assert!(!finer, "{text}");
    }
}

#[test]
fn what_was_tried_is_counted_and_not_ranked() {
    let mut input = treated(6, 4);
    let tried = |day, what, helped| EntryRow {
        relief: vec![(what, helped)],
        ..rating(EntryKind::Daily, day, 1200)
    };
    input.entries.extend([
        tried(30, ReliefMeans::Heat, Some(Helped::ALot)),
        tried(31, ReliefMeans::Heat, Some(Helped::None)),
        tried(32, ReliefMeans::Heat, None),
        tried(33, ReliefMeans::Rest, None),
        tried(34, ReliefMeans::Cold, Some(Helped::None)),
    ]);
    let relief = build(&input).relief.unwrap();
    let text = own(&input);
    let mut order = vec!["What I tried"];
    order.extend(relief.iter().map(|used| used.what.0.as_str()));
    order.push("In no order of how well it works");
    in_order(&text, &order);
    for line in
        ["helped 1 of 2 times\non 3 days, 1 of them a lot, 1 not said", "helped 0 of 1 times"]
    {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.contains("not said whether it helped\non 1 day"), "{text}");
}

#[test]
fn the_patient_reads_what_to_ask_next_and_no_link() {
    let usual = own(&journals::usual());
    in_order(
        &usual,
        &["For my next visit", "planned on 29 May 2026", "May I start swimming", "I could ask"],
    );
    let worse = own(&journals::worse());
    in_order(&worse, &["more pain than before", "I could ask", "shall we change the plan?"]);
    for (name, input) in journals::all() {
        let page = patient_page(&build(&input), Language::english());
        let shown = html::document(&page);
        for link in ["<a ", "href", "http:", "https:", "mailto:"] {
            // The pictures name the namespace of SVG in their own bytes, which are no text of the page.
            assert!(!shown.contains(link), "{link} in {name}");
        }
    }
}

#[test]
fn every_code_beside_a_change_has_its_short_form() {
    let mut seen = std::collections::BTreeSet::new();
    for (_, input) in journals::all() {
        let report = build(&input);
        seen.extend(report.pain.iter().flat_map(|pain| &pain.cautions).map(|c| c.code.clone()));
    }
    for input in course().into_iter().chain([treated(7, 3)]) {
        let report = build(&input);
        seen.extend(report.pain.iter().flat_map(|pain| &pain.cautions).map(|c| c.code.clone()));
    }
    assert!(seen.len() >= 4, "{seen:?}");
    for code in seen {
        assert!(Language::english().form(&format!("report.beside.{code}")).is_some(), "{code}");
    }
}

/// Two years in which pain goes from about 7 to 3, or the other way.
fn slow(is_falling: bool) -> ReportInput {
    let mut journal = input(0, 729);
    let scores: Vec<Option<i16>> = (0..730_i16)
        .map(|day| {
            let step = (day * 4 + day * 7 % 10 * 73) / 730;
            Some(if is_falling { 7 - step } else { 3 + step })
        })
        .collect();
    journal.entries = dailies(0, &scores);
    journal
}

#[test]
fn no_direction_is_named_beside_a_nothing() {
    for (is_falling, directions) in [
        (true, ["go down", "falling", "nach unten", "fällt"]),
        (false, ["go up", "rising", "nach oben", "steigt"]),
    ] {
        let report = build(&slow(is_falling));
        let trend = &report.pain.as_ref().unwrap().trend;
        assert_eq!(trend.per_week.value_text.as_deref(), Some("0.0"));
        let [own, chart, eigene, bild] = directions;
        let mut told = Vec::new();
        for (language, own, chart) in
            [(Language::english(), own, chart), (Language::german(), eigene, bild)]
        {
            let find = |text: &str, part: &str| {
                let mut sentences = text.lines().flat_map(|line| line.split(". "));
                let told = sentences.find(|sentence| sentence.contains(part));
                told.unwrap_or_else(|| panic!("{part} in {text}")).to_owned()
            };
            told.push(find(&texts(&patient_page(&report, language)), own));
            told.push(find(&daily_pain_alt(&report, language), chart));
        }
        for line in &told {
            assert!(!line.contains("0.0 ") && !line.contains("0,0 "), "{told:?}");
            assert!(line.contains("in all") || line.contains("insgesamt"), "{told:?}");
        }
        let page = texts(&practitioner_page(&report, Language::english()));
        assert!(page.contains("points in all") && !page.contains("0.0 a week"), "{page}");
    }
}

#[test]
fn a_trend_that_nobody_can_see_is_told_as_that() {
    // A report of earlier rules knows the week alone.
    let mut report = build(&slow(true));
    report.pain.as_mut().unwrap().trend.over_all = None;
    let own = texts(&patient_page(&report, Language::english()));
    assert!(own.contains("your ratings go down, by less than 0.1 points in all"), "{own}");
    let page = texts(&practitioner_page(&report, Language::english()));
    assert!(page.contains("falling, by less than 0.1 points in all"), "{page}");
}

#[test]
fn days_of_a_pause_are_told_beside_those_expected() {
    let mut journal = input(0, 29);
    journal.entries = dailies(0, &[Some(5); 20]);
    journal.pauses = vec![(date(20), Some(date(26)))];
    for (language, told) in [
        (Language::english(), "7 days of a pause not counted"),
        (Language::german(), "7 Tage einer Pause nicht gezählt"),
    ] {
        let report = build(&journal);
        assert_eq!(report.header.days_paused, Some(7));
        assert!(texts(&practitioner_page(&report, language)).contains(told));
        assert!(texts(&patient_page(&report, language)).contains(told));
    }
    journal.pauses.clear();
    let own = own(&journal);
    assert!(own.contains("You logged 20 days.") && !own.contains("pause"), "{own}");
}
