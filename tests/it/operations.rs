//! The page for operators does what it says: its blocks and files are played as they stand, with nginx,
//! systemd's own judgement of the units, backup, restore, a change of the master secret, two roles and the
//! move to a PostgreSQL of one's own.
//!
//! `operations/play.sh` plays in namespaces of its own, which take root. An ordinary user leaves the
//! test out, and is told so; `PAIN_JOURNAL_SKIP_PROXIES=1` leaves out nginx.

use crate::support::node::run_within;
use crate::support::program::Home;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long the whole page may take on a machine that does other things as well.
const TIME_LIMIT: Duration = Duration::from_mins(10);

#[test]
fn the_operators_page_runs_as_it_stands() {
    if !cfg!(target_os = "linux") || !rustix::process::geteuid().is_root() {
        eprintln!("left out: the page for operators is played by root on Linux only");
        return;
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = Home::fresh("operator");
    let stage = place.path().join("stage");
    fs::create_dir_all(&stage).unwrap();
    let proxies = std::env::var("PAIN_JOURNAL_SKIP_PROXIES").as_deref() != Ok("1");
    let mut play = Command::new("unshare");
    play.args(["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"])
        .args(["bash", "tests/it/operations/play.sh"])
        .current_dir(top)
        .env("PAGE", top.join("docs/operations.md"))
        .env("PROGRAM", env!("CARGO_BIN_EXE_pain-journal"))
        .env("STAGE", &stage)
        .env("PROXIES", if proxies { "1" } else { "0" });
    let (succeeded, log) = run_within(TIME_LIMIT, &mut play, &place.path().join("log"));
    println!("{log}");
    assert!(succeeded && log.ends_with("--- the end\n"), "{log}");
}
