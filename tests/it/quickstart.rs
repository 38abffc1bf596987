//! The documents say what is so: the quickstart of the README runs as it stands, and what the pages
//! list is what the code has.

use crate::support::contract;
use crate::support::program::{Home, Serving};
use pain_journal::http::ProblemKind;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const README: &str = include_str!("../../README.md");
const API: &str = include_str!("../../docs/api.md");
const SYNC: &str = include_str!("../../docs/sync.md");

/// The text of a section, down to the next one of its level.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, text) = page.split_once(&format!("\n{heading}\n")).expect(heading);
    let level = heading.split(' ').next().unwrap();
    text.split(&format!("\n{level} ")).next().unwrap()
}

/// The blocks of bash in a text.
fn blocks(text: &str) -> Vec<&str> {
    text.split("\n```bash\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// Is this the line that the page promises? `…` stands for anything.
fn is_as_promised(line: &str, promised: &str) -> bool {
    let mut parts = promised.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap()) else { return false };
    let mut is_open = false;
    for part in parts {
        is_open = part.is_empty();
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    is_open || rest.is_empty()
}

#[test]
fn a_promise_is_kept_word_by_word() {
    assert!(is_as_promised(r#"etag: "v7""#, r#"etag: "v…""#));
    assert!(is_as_promised(r#"{"id":"x","version":7}"#, r#"{"id":"…","version":…"#));
    assert!(!is_as_promised("HTTP/1.1 200 OK", "HTTP/1.1 201 …"));
    assert!(!is_as_promised("204x", "204") && !is_as_promised("", "204"));
}

/// Runs the blocks of a text against a server with the demo data, checks that they print what their
/// comments promise, and answers what they print.
fn walk(text: &str, folder: &Path, server: &Serving, steps: usize) -> String {
    let blocks = blocks(text);
    assert_eq!(blocks.len(), steps, "one block a step");
    let script = blocks.join("\n");
    assert_eq!(script.matches("127.0.0.1:8080").count(), 1);
    let script = script.replace("127.0.0.1:8080", server.listen());
    fs::create_dir(folder).unwrap();

    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("set -euo pipefail\n{script}")]).current_dir(folder);
    bash.env("no_proxy", "127.0.0.1").stdin(Stdio::null());
    let output = bash.output().expect("bash");
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{printed}\n{said}", output.status);

    // The comments of the blocks are what the commands print, in this order.
    let promises = script.lines().filter_map(|line| line.strip_prefix("# "));
    let mut lines = printed.lines();
    let mut kept = 0;
    for promised in promises {
        let found = lines.by_ref().any(|line| is_as_promised(line, promised));
        assert!(found, "`{promised}` is promised and not printed here:\n{printed}");
        kept += 1;
    }
    assert!(kept >= 2 * steps, "the blocks promise {kept} lines only");
    printed
}

#[test]
fn the_quickstart_runs_as_it_stands() {
    let home = Home::fresh("quickstart");
    let server = Serving::start(&home, &["--demo"]);
    let folder = home.path().join("quickstart");
    let printed = walk(section(README, "## Quickstart"), &folder, &server, 10);

    // Created, repeated, changed, refused: four answers with a version.
    let versions: Vec<&str> = printed.lines().filter(|line| line.starts_with("etag: ")).collect();
    assert_eq!(versions.len(), 4, "{printed}");
    assert_eq!(versions[0], versions[1], "the repeated request wrote something");
    assert_ne!(versions[1], versions[2], "the change wrote nothing");
    assert_eq!(versions[2], versions[3], "the refusal names the present version");
    let chart = fs::read_to_string(folder.join("report-chart.svg")).unwrap();
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/images/report-chart.svg");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(picture, &chart).unwrap();
    }
    let shown = fs::read_to_string(picture).unwrap();
    assert!(chart == shown, "the picture of the README is another one: UPDATE_SNAPSHOTS=1");
}

#[test]
fn two_phones_sync_as_the_page_shows() {
    let home = Home::fresh("two-phones");
    let server = Serving::start(&home, &["--demo"]);
    let folder = home.path().join("two-phones");
    let text = section(SYNC, "## Two phones in sync, with curl");
    let printed = walk(text, &folder, &server, 8);
    // Nothing is printed that the page does not show.
    let promised = blocks(text).join("\n").lines().filter(|line| line.starts_with("# ")).count();
    assert_eq!(printed.lines().count(), promised, "{printed}");
}

#[test]
fn the_error_table_is_the_catalogue() {
    let rows = section(API, "## Errors").lines().filter(|line| line.starts_with("| `"));
    let documented: Vec<(String, u16)> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].replace('`', ""), cells[1].parse().unwrap())
        })
        .collect();
    let known: Vec<_> =
        ProblemKind::ALL.iter().map(|k| (k.code().to_owned(), k.status())).collect();
    assert_eq!(documented, known);
}

#[test]
fn the_table_of_addresses_is_what_is_served() {
    let rows = section(API, "## Addresses").lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeSet<String> = rows
        .flat_map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let path = cells[0].replace('`', "");
            cells[1].split(", ").map(move |method| format!("{method} {path}")).collect::<Vec<_>>()
        })
        .collect();
    let served: BTreeSet<String> = contract::operations()
        .into_iter()
        .map(|(path, method, _)| format!("{} {path}", method.to_uppercase()))
        .collect();
    assert_eq!(documented, served);
}

/// Every page of the project.
fn pages() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![top.join("README.md"), top.join("CHANGELOG.md")];
    for folder in [top.join("docs"), top.join("docs/decisions")] {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(files.filter(|file| file.extension().is_some_and(|e| e == "md")));
    }
    pages
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let file = link.split('#').next().unwrap();
            let target = page.parent().unwrap().join(file);
            assert!(target.exists(), "{} links to {link}", page.display());
        }
    }
}
