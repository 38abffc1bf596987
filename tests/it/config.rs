//! The command line: wrong settings are refused with a precise sentence, every command explains
//! itself, and secrets are never printed.

use crate::support::program::{Home, program, with_files};
use clap::Parser;
use pain_journal::cli::Cli;
use std::collections::BTreeMap;

/// A word that must never be printed.
const HIDDEN: &str = "hunter2";
const STRONG: &str = "0b30557a9fc4e90e33587da2c7ec11365b80a5caef14395e83a8cdf2173c6186";
const PUBLIC: (&str, &str) = ("PAIN_JOURNAL_PUBLIC_URL", "https://journal.example.org");
const SECRET: (&str, &str) = ("PAIN_JOURNAL_SECRET", STRONG);
const PRODUCTION: (&str, &str) = ("PAIN_JOURNAL_MODE", "production");

/// What `serve` says when it refuses these settings.
fn refusal(options: &[&str], environment: &[(&str, &str)]) -> String {
    let home = Home::fresh("config");
    let mut command = program(&["serve", "--data-dir", home.text()]);
    command
        .env("PAIN_JOURNAL_LISTEN", "127.0.0.1:0")
        .args(options)
        .envs(environment.iter().copied());
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{options:?} {environment:?}: {said}");
    assert!(!home.path().join("data").exists(), "a database was made before: {said}");
    assert!(!said.contains("panicked") && output.stdout.is_empty(), "{said}");
    assert!(!said.contains(HIDDEN) && !said.contains(STRONG), "a secret is printed: {said}");
    said
}

#[test]
fn a_wrong_setting_is_refused_with_what_is_wrong_about_it() {
    for (options, environment, expected) in [
        (vec!["--listen", "nowhere"], vec![], "invalid value 'nowhere' for '--listen <LISTEN>'"),
        (vec!["--pool-size", "0"], vec![], "0 is not in 2..=64"),
        (vec!["--pool-size", "65"], vec![], "65 is not in 2..=64"),
        (vec!["--workers", "0"], vec![], "0 is not in 1..=256"),
        (vec!["--max-connections", "63"], vec![], "63 is not in 64..=100000"),
        (vec!["--cors-origins", "*"], vec![], "\"*\" must be like https://app.example.org"),
        (
            vec![],
            vec![("PAIN_JOURNAL_CORS_ORIGINS", "https://a.example.org,https://b.example.org/")],
            "\"https://b.example.org/\" must be like https://app.example.org",
        ),
        (
            vec!["--proxies", "127.0.0.1,proxy.example.org"],
            vec![],
            "proxy.example.org is no address and no range like 10.0.0.0/8",
        ),
        (vec!["--log", "loud"], vec![], "invalid value 'loud' for '--log <LOG>'"),
        (vec!["--mode", "clinic"], vec![], "possible values: development, production"),
        (vec!["--secret", HIDDEN], vec![], "unexpected argument '--secret' found"),
        (vec!["--public-url", "journal.example.org"], vec![], "must be like https://"),
        (
            vec!["--public-url", "https://journal.example.org/"],
            vec![],
            "without a slash at the end",
        ),
        (vec![], vec![("DATABASE_URL", "mysql://u:hunter2@h/d")], "must start with postgres://"),
        (
            vec!["--database-url", "postgres://u:hunter2@h/d?sslmode=require"],
            vec![],
            "asks for TLS, which this build does not speak",
        ),
        (
            vec![],
            vec![("DATABASE_URL", "postgres://u:hunter2@h/d?options=-c%20role%3Dx")],
            "must not carry options=",
        ),
        (
            vec![],
            vec![("DATABASE_URL", "postgres://u:hunter2@[h/d")],
            "invalid connection string (DATABASE_URL names it)",
        ),
        (
            vec![],
            vec![
                ("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/d"),
                ("PAIN_JOURNAL_DATABASE_WAIT", "0"),
            ],
            "the database is not available: error connecting to server: Connection refused (os \
             error 111) (DATABASE_URL names it)",
        ),
        (
            vec!["--migration-url", "postgres://u:hunter2@h/d?options=x"],
            vec![("DATABASE_URL", "postgres://u:hunter2@h/d")],
            "PAIN_JOURNAL_MIGRATION_URL must not carry options=",
        ),
        (vec!["--database-wait", "3601"], vec![], "3601 is not in 0..=3600"),
        (
            vec!["--mailer", "smtp://u:hunter2@mail.example.org:25"],
            vec![],
            "PAIN_JOURNAL_MAILER: smtp:// needs ?tls=required",
        ),
        (
            vec!["--mailer", "smtps://mail.example.org", "--mail-from", "nobody"],
            vec![],
            "PAIN_JOURNAL_MAILER: the sender of mails is not an e-mail address",
        ),
        (
            vec![],
            vec![("PAIN_JOURNAL_SECRET", "hunter2")],
            "PAIN_JOURNAL_SECRET: the secret is too short",
        ),
        (
            vec![],
            vec![("PAIN_JOURNAL_SECRET", "...            # openssl rand -base64 32")],
            "PAIN_JOURNAL_SECRET: the secret holds `...`, so a comment, a quote or a placeholder may be \
             part of it",
        ),
        (
            vec![],
            vec![("PAIN_JOURNAL_SECRET", "hunter2hunter2hunter2hunter2hunter2 # of the clinic")],
            "PAIN_JOURNAL_SECRET: the secret holds a blank",
        ),
        (
            vec![],
            vec![("PG_BIN_DIR", "/nonexistent")],
            "PG_BIN_DIR is /nonexistent, which holds no",
        ),
    ] {
        let said = refusal(&options, &environment);
        assert!(said.contains(expected), "{options:?} {environment:?}: {said}");
    }
}

#[test]
fn production_asks_for_everything_that_must_not_be_guessed() {
    let weak = "hunter2-hunter2-hunter2-hunter2-hunter2";
    for (options, environment, expected) in [
        (vec![], vec![PRODUCTION, PUBLIC], "PAIN_JOURNAL_SECRET must be set in production mode"),
        (
            vec![],
            vec![PRODUCTION, PUBLIC, ("PAIN_JOURNAL_SECRET", "")],
            "PAIN_JOURNAL_SECRET must be set in production mode",
        ),
        (
            vec![],
            vec![PRODUCTION, PUBLIC, ("PAIN_JOURNAL_SECRET", weak)],
            "PAIN_JOURNAL_SECRET is one that anybody could guess",
        ),
        (
            vec![],
            vec![PRODUCTION, SECRET],
            "PAIN_JOURNAL_PUBLIC_URL must be set in production mode",
        ),
        (
            vec!["--demo"],
            vec![PRODUCTION, PUBLIC, SECRET],
            "demo data is refused in production mode",
        ),
        (
            vec!["--mailer", "log"],
            vec![PRODUCTION, PUBLIC, SECRET],
            "PAIN_JOURNAL_MAILER=log is refused in production mode",
        ),
        (vec![], vec![PRODUCTION, PUBLIC, SECRET], "or set PAIN_JOURNAL_REGISTRATION=closed"),
        (
            vec!["--registration", "closed", "--public-url", "http://journal.example.org"],
            vec![PRODUCTION, SECRET],
            "PAIN_JOURNAL_PUBLIC_URL is http:// in production mode",
        ),
        (
            vec!["--registration", "closed", "--listen", "0.0.0.0:0"],
            vec![PRODUCTION, PUBLIC, SECRET],
            "PAIN_JOURNAL_LISTEN is an address that others reach",
        ),
    ] {
        let said = refusal(&options, &environment);
        assert!(said.starts_with("pain-journal: "), "{said}");
        assert!(said.contains(expected), "{options:?} {environment:?}: {said}");
    }
    if rustix::process::geteuid().is_root() {
        let said = refusal(&["--registration", "closed"], &[PRODUCTION, PUBLIC, SECRET]);
        assert!(said.contains("in production mode the server does not run as root"), "{said}");
    }
    let home = Home::fresh("config");
    let mut command = program(&["demo", "--data-dir", home.text()]);
    let output = command.envs([PRODUCTION, SECRET]).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("demo data is refused"));
    assert!(!output.status.success() && !home.path().exists());
}

#[test]
fn no_secret_is_part_of_debug_output() {
    let cli = Cli::try_parse_from([
        "pain-journal",
        "serve",
        "--database-url",
        "postgres://u:hunter2@h/d",
        "--mailer",
        "smtps://u:hunter2@mail.example.org",
    ]);
    let printed = format!("{:?}", cli.unwrap());
    assert!(printed.contains("database_url") && !printed.contains(HIDDEN), "{printed}");
}

/// What a command's `--help` prints.
fn help(command: &[&str]) -> String {
    let output = program(command).arg("--help").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands below this one, from its help, each with its own.
fn commands(above: &[&str]) -> Vec<String> {
    let text = help(above);
    assert!(text.contains("Usage: pain-journal"), "{above:?}: {text}");
    let Some((_, list)) = text.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next()).filter(|n| *n != "help");
    names
        .flat_map(|name| {
            let path = [above, &[name]].concat();
            let mut below = commands(&path);
            if below.is_empty() {
                below.push(path.join(" "));
            }
            below
        })
        .collect()
}

/// The rows of the tables in a section of the README, as cells without back quotes.
fn table(section: &str) -> Vec<Vec<String>> {
    let readme = include_str!("../../README.md");
    let (_, text) = readme.split_once(&format!("\n## {section}\n")).expect(section);
    let text = text.split("\n## ").next().unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells = row.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', ""));
        cells.collect()
    })
    .collect()
}

#[test]
fn more_connections_than_open_files_are_refused() {
    let home = Home::fresh("config");
    let mut command = with_files(400, &home, &["--max-connections", "5000"]);
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(said.contains("PAIN_JOURNAL_MAX_CONNECTIONS is more than"), "{said}");
    assert!(!home.path().join("data").exists(), "a database was made before: {said}");
}

#[test]
fn every_command_explains_itself_and_the_readme_names_it() {
    let mut documented: Vec<String> = table("Commands")
        .into_iter()
        .map(|row| {
            let words = row[0].split_whitespace().skip(1);
            let name = words.take_while(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
            name.collect::<Vec<_>>().join(" ")
        })
        .collect();
    documented.sort_unstable();
    documented.dedup();
    let mut known = commands(&[]);
    known.sort_unstable();
    assert_eq!(documented, known);
}

/// A setting: its option, and its default.
type Setting = (Option<String>, Option<String>);

/// The settings that `serve --help` names, by environment variable, or by option where there is none.
fn settings_of_help() -> BTreeMap<String, Setting> {
    let text = help(&["serve"]);
    let (options, environment) = text.split_once("\nOnly from the environment:\n").unwrap();
    let (_, options) = options.split_once("\nOptions:").unwrap();
    let value = |block: &str, name: &str| {
        let (_, rest) = block.split_once(&format!("[{name}: "))?;
        Some(rest.split(']').next()?.trim_end_matches('=').to_owned())
    };
    let mut settings = BTreeMap::new();
    for block in options.split("\n      --").skip(1) {
        let option = format!("--{}", block.split_whitespace().next().unwrap());
        let variable = value(block, "env").unwrap_or_else(|| option.clone());
        settings.insert(variable, (Some(option), value(block, "default")));
    }
    for line in environment.lines().filter(|line| !line.starts_with("   ")) {
        settings.insert(line.split_whitespace().next().unwrap().to_owned(), (None, None));
    }
    settings
}

#[test]
fn the_readme_documents_every_setting_and_no_other() {
    let documented: BTreeMap<String, Setting> = table("Configuration")
        .into_iter()
        .map(|row| {
            let [variable, option, default] = [&row[0], &row[1], &row[2]];
            let is_plain = |cell: &&String| !cell.is_empty() && !cell.contains(' ') && *cell != "–";
            let option = Some(option).filter(|cell| cell.starts_with("--")).cloned();
            let name =
                if variable.starts_with("--") { option.clone().unwrap() } else { variable.clone() };
            (name, (option, Some(default).filter(is_plain).cloned()))
        })
        .collect();
    assert_eq!(documented, settings_of_help());
}
