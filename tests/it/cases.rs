//! The table of adversarial cases names the tests that there are, and all of them.

use crate::contributing::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("../../docs/security/cases.md");

/// The numbers in front of a name: `t004_t005_others` has two.
fn numbers(name: &str) -> Vec<u16> {
    let number = |part: &str| {
        let digits = part.strip_prefix('t').filter(|digits| digits.len() == 3)?;
        digits.parse().ok()
    };
    name.split('_').map_while(number).collect()
}

/// The tests whose names carry numbers, in the file they stand in.
fn collect(folder: &Path, found: &mut BTreeMap<String, Vec<u16>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let file = path.strip_prefix(root()).unwrap().display().to_string();
            let mut is_test = false;
            for line in fs::read_to_string(&path).unwrap().lines().map(str::trim) {
                is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
                let name = line.trim_start_matches("async ").strip_prefix("fn ");
                let Some((name, _)) = name.and_then(|name| name.split_once('(')) else { continue };
                let numbers = numbers(name);
                if !numbers.is_empty() {
                    assert!(is_test, "{file}: {name} is no test");
                    found.insert(format!("{file}::{name}"), numbers);
                }
                is_test = false;
            }
        }
    }
}

/// The rows of the table: the number, how it stands, its tests.
fn rows() -> Vec<(u16, &'static str, Vec<&'static str>)> {
    let rows = TABLE.lines().filter_map(|line| line.strip_prefix("| T"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_end_matches('|').split(" | ").map(str::trim).collect();
        let [number, _, state, tests] = cells[..] else { panic!("four cells: {row}") };
        let tests = tests.split("<br>").filter_map(|test| test.trim().strip_prefix('`'));
        let tests = tests.map(|test| test.split('`').next().unwrap()).collect();
        (number.parse().unwrap(), state, tests)
    })
    .collect()
}

#[test]
fn every_numbered_case_names_tests_that_exist_and_every_numbered_test_is_named() {
    let mut there = BTreeMap::new();
    for folder in ["src", "tests/it"] {
        collect(&root().join(folder), &mut there);
    }
    assert!(there.len() > 40, "{}", there.len());
    let mut named = BTreeSet::new();
    for (number, state, tests) in rows() {
        assert!(["held", "in part", "open"].contains(&state), "T{number:03}: {state}");
        assert_eq!(state == "open", tests.is_empty(), "T{number:03}: open is what has no test");
        for test in tests {
            let numbers = there.get(test);
            let numbers = numbers.unwrap_or_else(|| panic!("T{number:03}: there is no {test}"));
            assert!(numbers.contains(&number), "T{number:03}: {test}");
            named.insert((number, test.to_owned()));
        }
    }
    let all: BTreeSet<(u16, String)> = there
        .iter()
        .flat_map(|(test, numbers)| numbers.iter().map(|number| (*number, test.clone())))
        .collect();
    assert_eq!(named, all);
}

#[test]
fn the_cases_come_once_and_in_their_order() {
    let numbers: Vec<u16> = rows().iter().map(|row| row.0).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}
