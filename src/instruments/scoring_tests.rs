//! Scoring and the registry: the worked numbers, the missing rules, the faults, and what holds for
//! every list of answers.

use super::*;
use crate::http::Documented;
use proptest::prelude::*;

fn instrument(code: &str) -> &'static Definition {
    find(code, None).unwrap()
}

fn answer(item: &str, value: impl Into<Option<f64>>) -> ItemAnswer<'_> {
    ItemAnswer { item, value: value.into(), activity: None }
}

fn rated(activity: &str, value: impl Into<Option<f64>>) -> ItemAnswer<'_> {
    ItemAnswer { item: "activity", value: value.into(), activity: Some(activity) }
}

fn scored(code: &str, answers: &[ItemAnswer<'_>]) -> Scored {
    score(instrument(code), answers).unwrap()
}

/// Index, member and code of each fault.
fn faults(code: &str, answers: &[ItemAnswer<'_>]) -> Vec<(usize, &'static str, &'static str)> {
    let faults = score(instrument(code), answers).unwrap_err();
    assert!(faults.iter().all(|fault| fault.detail.ends_with('.')));
    faults.into_iter().map(|fault| (fault.index, fault.member, fault.code)).collect()
}

fn peg(values: [f64; 3]) -> [ItemAnswer<'static>; 3] {
    let [pain, enjoyment, activity] = values;
    [answer("pain", pain), answer("enjoyment", enjoyment), answer("general_activity", activity)]
}

const RMDQ: [&str; 24] = [
    "q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "q10", "q11", "q12", "q13", "q14", "q15",
    "q16", "q17", "q18", "q19", "q20", "q21", "q22", "q23", "q24",
];

/// The first items ticked, the last ones skipped.
fn rmdq(ticked: usize, skipped: usize) -> Scored {
    let ticks = RMDQ.iter().take(ticked).map(|item| answer(item, 1.0));
    let skips = RMDQ.iter().rev().take(skipped).map(|item| answer(item, None));
    scored("rmdq_24", &ticks.chain(skips).collect::<Vec<_>>())
}

fn psfs(values: &[f64]) -> Scored {
    let names = ["lift my son", "sit through a film", "walk to work", "garden", "swim"];
    let answers: Vec<_> =
        names.iter().zip(values).map(|(name, value)| rated(name, *value)).collect();
    scored("psfs", &answers)
}

fn complete(score: f64, flags: &[AssessmentFlag]) -> Scored {
    Scored { score: Some(score), status: AssessmentStatus::Complete, flags: flags.to_vec() }
}

const UNSCORABLE: Scored =
    Scored { score: None, status: AssessmentStatus::Unscorable, flags: Vec::new() };

#[test]
fn peg_is_the_mean_of_all_three_or_nothing() {
    assert_eq!(scored("peg", &peg([6.0, 7.0, 4.0])), complete(5.67, &[]));
    assert_eq!(scored("peg", &peg([4.0, 3.0, 4.0])), complete(3.67, &[]));
    assert_eq!(scored("peg", &peg([0.0; 3])), complete(0.0, &[]));
    assert_eq!(scored("peg", &peg([10.0; 3])), complete(10.0, &[]));
    assert_eq!(scored("peg", &peg([6.0, 7.0, 4.0])[..2]), UNSCORABLE);
    let skipped = [answer("pain", 6.0), answer("enjoyment", 7.0), answer("general_activity", None)];
    assert_eq!(scored("peg", &skipped), UNSCORABLE);
    assert_eq!(scored("peg", &[]), UNSCORABLE);
}

#[test]
fn rmdq_counts_ticks_and_prorates_at_most_two_skipped_items() {
    assert_eq!(rmdq(14, 0), complete(14.0, &[]));
    assert_eq!(rmdq(9, 0), complete(9.0, &[]));
    assert_eq!(rmdq(24, 0), complete(24.0, &[AssessmentFlag::Ceiling]));
    assert_eq!(rmdq(21, 0).flags, [AssessmentFlag::Ceiling]);
    assert_eq!(rmdq(20, 0).flags, []);
    assert_eq!(rmdq(4, 0).flags, []);
    assert_eq!(rmdq(3, 0).flags, [AssessmentFlag::Floor]);
    assert_eq!(scored("rmdq_24", &[]), complete(0.0, &[AssessmentFlag::Floor]));

    let prorated = |score| Scored { status: AssessmentStatus::Prorated, ..complete(score, &[]) };
    assert_eq!(rmdq(11, 2), prorated(12.0));
    // 11 / 23 * 24 = 11.478…
    assert_eq!(rmdq(11, 1), prorated(11.5));
    assert_eq!(rmdq(22, 2).score, Some(24.0));
    // 20 / 23 * 24 = 20.87: the flag is of the score that is stored.
    assert_eq!(rmdq(20, 1).flags, [AssessmentFlag::Ceiling]);
    assert_eq!(rmdq(11, 3), UNSCORABLE);
    assert_eq!(rmdq(0, 24), UNSCORABLE);
}

#[test]
fn an_explicit_no_counts_like_an_item_left_out() {
    let ticks: Vec<_> = RMDQ[..9].iter().map(|item| answer(item, 1.0)).collect();
    let noes = RMDQ[9..].iter().map(|item| answer(item, 0.0));
    let all: Vec<_> = ticks.iter().copied().chain(noes).collect();
    assert_eq!(scored("rmdq_24", &ticks), scored("rmdq_24", &all));
}

#[test]
fn pgic_is_its_only_answer() {
    for value in 1..=7 {
        let value = f64::from(value);
        assert_eq!(scored("pgic", &[answer("change", value)]), complete(value, &[]));
    }
    assert_eq!(scored("pgic", &[answer("change", None)]), UNSCORABLE);
    assert_eq!(scored("pgic", &[]), UNSCORABLE);
    let outside = [(0, "value", "out_of_range")];
    assert_eq!(faults("pgic", &[answer("change", 0.0)]), outside);
    assert_eq!(faults("pgic", &[answer("change", 8.0)]), outside);
}

#[test]
fn psfs_is_the_mean_of_the_rated_activities() {
    assert_eq!(psfs(&[3.0, 4.0, 2.0]), complete(3.0, &[]));
    assert_eq!(psfs(&[6.0, 6.0, 5.0]), complete(5.67, &[]));
    assert_eq!(psfs(&[1.0, 2.0, 3.0, 4.0, 4.0]), complete(2.8, &[]));
    assert_eq!(psfs(&[1.0, 2.0]), complete(1.5, &[AssessmentFlag::FewActivities]));
    assert_eq!(psfs(&[7.0]), complete(7.0, &[AssessmentFlag::FewActivities]));
    assert_eq!(psfs(&[]), UNSCORABLE);
    assert_eq!(scored("psfs", &[rated("swim", None)]), UNSCORABLE);
    // Named and not rated does not count.
    let answers = [rated("swim", 4.0), rated("walk", 6.0), rated("sit", None)];
    assert_eq!(scored("psfs", &answers), complete(5.0, &[AssessmentFlag::FewActivities]));
}

#[test]
fn the_worked_changes_meet_their_thresholds_or_miss_them() {
    // Change for the better, in points and in percent of the first score.
    let change = |code: &str, from: f64, to: f64| {
        let sign = if instrument(code).scoring.higher_is == HigherIs::Better { 1.0 } else { -1.0 };
        ((to - from) * sign, (to - from) * sign / from * 100.0)
    };
    let threshold = |code: &str, name: &str| {
        let all = instrument(code).thresholds.iter();
        let found = all.clone().find(|one| one.name == name).unwrap();
        assert_eq!(found.kind, ThresholdKind::ChangeAtLeast);
        found.value
    };
    let points = threshold("rmdq_24", "minimal_important_change");
    let percent = threshold("rmdq_24", "minimal_important_change_percent");
    let (by, share) = change("rmdq_24", 14.0, 9.0);
    assert!(by >= points && share >= percent && format!("{share:.1}") == "35.7");
    let (by, share) = change("rmdq_24", 14.0, 10.0);
    assert!(by < points && share < percent && format!("{share:.1}") == "28.6");
    let (by, _) = change("psfs", 3.0, 5.67);
    assert!(format!("{by:.2}") == "2.67" && by > threshold("psfs", "minimal_detectable_change"));
    let (by, share) = change("peg", 5.67, 3.67);
    assert_eq!((format!("{by:.2}"), format!("{share:.1}")), ("2.00".into(), "35.3".into()));
    assert!(by >= threshold("peg", "minimal_important_change_by_anchor"));
}

#[test]
fn totals_made_elsewhere_are_taken_over() {
    let import = |code, total| score_total(instrument(code), total).unwrap();
    for (code, total, score) in [
        ("odi_2_1a", 32.0, 32.0),
        ("odi_2_1a", 16.0 / 45.0 * 100.0, 35.6),
        ("bpi_sf_interference", 5.6, 5.6),
        ("bpi_sf_severity", 4.255, 4.26),
        ("promis_pain_interference", 62.54, 62.5),
        ("promis_physical_function", 41.25, 41.3),
        ("promis_sleep_disturbance", 50.0, 50.0),
        ("start_back", 9.0, 9.0),
    ] {
        let imported = import(code, total);
        assert_eq!((imported.score, imported.flags), (Some(score), vec![]), "{code}");
        assert_eq!(imported.status, AssessmentStatus::Imported, "{code}");
    }
}

#[test]
fn totals_that_cannot_be_are_refused() {
    let refused = |code, total| score_total(instrument(code), total).unwrap_err().code;
    for definition in all().iter().filter(|definition| definition.is_import_only()) {
        let scoring = definition.scoring;
        for edge in [scoring.minimum, scoring.maximum] {
            assert_eq!(score_total(definition, edge).unwrap().score, Some(edge));
        }
        let outside = [scoring.minimum - 0.5, scoring.maximum + 0.5, f64::NAN, f64::INFINITY];
        for total in outside {
            assert_eq!(refused(definition.code, total), "out_of_range", "{}", definition.code);
        }
    }
    assert_eq!(refused("start_back", 4.5), "wrong_type");
    for code in ["peg", "rmdq_24", "pgic", "psfs"] {
        assert_eq!(refused(code, 5.0), "contradiction");
    }
}

#[test]
fn import_only_questionnaires_have_no_answers() {
    for definition in all().iter().filter(|definition| definition.is_import_only()) {
        for answers in [&[answer("q1", 1.0), answer("q2", 1.0)][..], &[]] {
            let wanted = [(0, "item", "contradiction")];
            assert_eq!(faults(definition.code, answers), wanted, "{}", definition.code);
        }
    }
}

#[test]
fn what_is_no_answer_is_named_where_it_stands() {
    let answers = [answer("pain", 10.5), answer("sleep", 3.0), answer("enjoyment", 11.0)];
    let wanted =
        [(0, "value", "wrong_type"), (1, "item", "unknown_value"), (2, "value", "out_of_range")];
    assert_eq!(faults("peg", &answers), wanted);
    assert_eq!(faults("peg", &[answer("pain", -1.0)]), [(0, "value", "out_of_range")]);
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(faults("peg", &[answer("pain", odd)]), [(0, "value", "wrong_type")]);
    }
    let twice = [answer("pain", 3.0), answer("pain", None)];
    assert_eq!(faults("peg", &twice), [(1, "item", "duplicate")]);
    let named = [ItemAnswer { activity: Some("swim"), ..answer("pain", 3.0) }];
    assert_eq!(faults("peg", &named), [(0, "activity", "contradiction")]);
    assert_eq!(faults("rmdq_24", &[answer("q1", 2.0)]), [(0, "value", "out_of_range")]);
    assert_eq!(faults("rmdq_24", &[answer("q25", 1.0)]), [(0, "item", "unknown_value")]);
}

#[test]
fn activities_are_named_once_each_and_five_at_most() {
    let answers = [rated("  ", 3.0), answer("activity", 4.0)];
    let wanted = [(0, "activity", "required"), (1, "activity", "required")];
    assert_eq!(faults("psfs", &answers), wanted);
    let answers = [rated("Walk the dog", 3.0), rated(" walk the DOG ", 4.0)];
    assert_eq!(faults("psfs", &answers), [(1, "activity", "duplicate")]);
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let answers: Vec<_> = names.iter().map(|name| rated(name, 3.0)).collect();
    let wanted = [(5, "item", "too_many"), (6, "item", "too_many")];
    assert_eq!(faults("psfs", &answers), wanted);
}

#[test]
fn definitions_are_found_by_code_and_version() {
    assert_eq!(find("peg", Some(1)), find("peg", None));
    assert_eq!(find("peg", Some(1)).unwrap().code, "peg");
    for nothing in [find("peg", Some(2)), find("peg", Some(0)), find("PEG", None), find("", None)] {
        assert_eq!(nothing, None);
    }
    assert_eq!(current().count(), all().len(), "there are no second versions yet");
    for (index, one) in all().iter().enumerate() {
        let later = &all()[index + 1..];
        assert!(!later.iter().any(|other| (other.code, other.version) == (one.code, one.version)));
    }
}

#[test]
fn text_is_here_exactly_where_the_licence_allows_it() {
    for definition in all() {
        let code = definition.code;
        let may = definition.licence.may_ship_text;
        assert_eq!(may, !definition.is_import_only(), "{code}");
        assert_eq!(may, !definition.items.is_empty(), "{code}");
        assert!(may || definition.instruction.is_none(), "{code}");
        assert!(!definition.citations.is_empty() && definition.version >= 1, "{code}");
    }
}

#[test]
fn definitions_agree_with_themselves() {
    for definition in all() {
        let (code, scoring) = (definition.code, definition.scoring);
        assert!(scoring.minimum < scoring.maximum, "{code}");
        for (index, item) in definition.items.iter().enumerate() {
            let form = item.answer;
            let at = format!("{code} {}", item.code);
            assert!(definition.items[..index].iter().all(|other| other.code != item.code), "{at}");
            assert!(form.minimum < form.maximum && 1 <= item.fewest, "{at}");
            assert!(item.fewest <= item.most, "{at}");
            assert_eq!(item.most > 1, form.kind == AnswerKind::Activity, "{at}");
            let within = form.minimum..=form.maximum;
            assert!(form.labels.iter().all(|label| within.contains(&label.value)), "{at}");
            let all_named = form.labels.len() == within.count();
            assert!(all_named || form.kind != AnswerKind::Choice, "{at}");
        }
        for threshold in definition.thresholds {
            let wide = threshold.value_to.is_none_or(|to| threshold.value < to);
            assert!(wide, "{code} {}", threshold.name);
        }
    }
    let codes: Vec<&str> = instrument("rmdq_24").items.iter().map(|item| item.code).collect();
    assert_eq!(codes, RMDQ);
}

/// Checks a value of a definition against the limits that the document states.
fn within_limits(value: &serde_json::Value, schema: &serde_json::Value, at: &str) {
    if let Some(most) = schema["maxLength"].as_u64()
        && let Some(text) = value.as_str()
    {
        assert!(text.chars().count() as u64 <= most, "{at}: longer than {most}");
        assert!(!text.contains("  "), "{at}: {text}");
    }
    if let (Some(most), Some(items)) = (schema["maxItems"].as_u64(), value.as_array()) {
        assert!(items.len() as u64 <= most, "{at}: more than {most}");
    }
}

#[test]
fn every_text_keeps_to_its_documented_length() {
    let mut components = crate::wire::Components::default();
    <Definition as Documented>::document(&mut components);
    let schemas = serde_json::to_value(&components.schemas).unwrap();
    let lists = [
        ("items", "InstrumentItem"),
        ("citations", "InstrumentCitation"),
        ("thresholds", "InstrumentThreshold"),
        ("codes", "InstrumentCoding"),
    ];
    for definition in all() {
        let json = serde_json::to_value(definition).unwrap();
        for (member, value) in json.as_object().unwrap() {
            let at = format!("{} {member}", definition.code);
            within_limits(value, &schemas["Instrument"]["properties"][member], &at);
        }
        let nested = lists.iter().flat_map(|(list, schema)| {
            json[list].as_array().unwrap().iter().map(move |item| (item, *schema))
        });
        let nested = nested.chain([(&json["licence"], "InstrumentLicence")]);
        for (item, schema) in nested.chain([(&json["scoring"], "InstrumentScoring")]) {
            for (member, value) in item.as_object().unwrap() {
                let at = format!("{} {schema} {member}", definition.code);
                within_limits(value, &schemas[schema]["properties"][member], &at);
            }
        }
    }
}

/// Faultless answers of a questionnaire: item, value, activity.
type Given = (&'static str, Option<f64>, Option<String>);

fn borrowed(given: &[Given]) -> Vec<ItemAnswer<'_>> {
    given
        .iter()
        .map(|(item, value, activity)| {
            let (value, activity) = (*value, activity.as_deref());
            ItemAnswer { item, value, activity }
        })
        .collect()
}

/// Faultless answers to some of the items, skipped ones among them, in any order.
fn some_answers() -> impl Strategy<Value = (&'static Definition, Vec<Given>)> {
    let scored: Vec<_> = all().iter().copied().filter(|one| !one.is_import_only()).collect();
    prop::sample::select(scored).prop_flat_map(|definition| {
        let slots: Vec<_> = definition
            .items
            .iter()
            .flat_map(|item| (0..item.most).map(move |number| (item, number)))
            .collect();
        let count = slots.len();
        let given = prop::sample::subsequence(slots, 0..=count).prop_flat_map(|slots| {
            let answers = slots.into_iter().map(|(item, number)| {
                let values = item.answer.minimum..=item.answer.maximum;
                let value = prop::option::weighted(0.95, values.prop_map(f64::from));
                let is_activity = item.answer.kind == AnswerKind::Activity;
                let activity = is_activity.then(|| format!("activity {number}"));
                value.prop_map(move |value| (item.code, value, activity.clone()))
            });
            answers.collect::<Vec<_>>().prop_shuffle()
        });
        (Just(definition), given)
    })
}

proptest! {
    /// The order of answers never matters.
    #[test]
    fn order_never_matters(
        ((definition, given), seed) in (some_answers(), any::<prop::sample::Index>())
    ) {
        let mut turned = given.clone();
        if !turned.is_empty() {
            turned.rotate_left(seed.index(given.len()));
            turned.reverse();
        }
        let one = score(definition, &borrowed(&given)).unwrap();
        prop_assert_eq!(one, score(definition, &borrowed(&turned)).unwrap());
    }

    /// A score lies within its range, has its decimals, and is there unless it is unscorable.
    #[test]
    fn scores_stay_within_their_range((definition, given) in some_answers()) {
        let scored = score(definition, &borrowed(&given)).unwrap();
        let is_without = scored.status == AssessmentStatus::Unscorable;
        prop_assert_eq!(scored.score.is_none(), is_without);
        prop_assert!(scored.status != AssessmentStatus::Imported);
        if let Some(score) = scored.score {
            let scoring = definition.scoring;
            prop_assert!((scoring.minimum..=scoring.maximum).contains(&score));
            let again = crate::rounding::round_to(score, scoring.decimals);
            prop_assert!(again.to_bits() == score.to_bits(), "{score}");
        } else {
            prop_assert!(scored.flags.is_empty());
        }
    }

    /// An answer that is there already is always a fault, and the only one.
    #[test]
    fn a_duplicate_is_always_a_fault(
        ((definition, given), which) in (some_answers(), any::<prop::sample::Index>())
    ) {
        prop_assume!(!given.is_empty());
        let mut twice = given.clone();
        twice.push(given[which.index(given.len())].clone());
        let faults = score(definition, &borrowed(&twice)).unwrap_err();
        prop_assert!(faults.iter().all(|fault| fault.index == given.len()));
        prop_assert!(faults.iter().any(|fault| fault.code == "duplicate"));
    }

    /// Whatever comes, there is an answer, and faults point into the list.
    #[test]
    fn nothing_makes_it_panic(
        code in prop::sample::select(vec!["peg", "rmdq_24", "pgic", "psfs"]),
        given in prop::collection::vec(
            (
                prop::sample::select(vec!["pain", "q1", "q9", "change", "activity", "x", ""]),
                prop::option::of(any::<f64>()),
                prop::option::of("[aA ]{0,2}"),
            ),
            0..9,
        ),
    ) {
        if let Err(faults) = score(instrument(code), &borrowed(&given)) {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.iter().all(|fault| fault.index < given.len()));
        }
    }
}
