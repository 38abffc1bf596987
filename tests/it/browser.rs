//! The pages in a real browser, against the real program with the demo data.
//!
//! They need Chromium, node and npm. Where these are missing the test fails and says so;
//! `PAIN_JOURNAL_SKIP_BROWSER=1` leaves it out.

use crate::support::node;
use crate::support::program::{Home, Serving};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long the tests of one file may take.
const TIME_LIMIT: Duration = Duration::from_mins(4);
const NEEDS: &str = "the tests of the pages need chromium, node 20.14 or newer and npm; install them, \
     or set PAIN_JOURNAL_SKIP_BROWSER=1 to leave these tests out";

/// The program of the browser: as named in `CHROMIUM`, or where programs are.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let places = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let programs = std::env::split_paths(&places)
        .flat_map(|place| names.map(|name| place.join(name)))
        .collect::<Vec<_>>();
    programs.into_iter().find(|program| program.is_file())
}

#[test]
fn the_pages_work_in_a_browser() {
    if std::env::var("PAIN_JOURNAL_SKIP_BROWSER").as_deref() == Ok("1") {
        return;
    }
    let chromium = chromium().expect(NEEDS);
    node::is_there(NEEDS);
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("script/lib/browser");
    node::install(&tests);
    let home = Home::fresh("browser");
    // An app of another origin, which is served by its test.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origin = format!("http://localhost:{port}");
    let server = Serving::start(&home, &["--demo", "--cors-origins", &origin]);
    let pictures = home.path().join("pictures");
    fs::create_dir_all(&pictures).unwrap();
    for file in ["docs.test.mjs", "clinic.test.mjs", "cors.test.mjs"] {
        let mut command = Command::new("node");
        command
            .arg(tests.join(file))
            .env("BASE_URL", &server.base)
            .env("CHROMIUM", &chromium)
            .env("ORIGIN_PORT", port.to_string())
            // Profiles and pictures go where they are deleted.
            .env("TMPDIR", &pictures);
        let (succeeded, log) = node::run_within(TIME_LIMIT, &mut command, &pictures.join("log"));
        println!("{log}");
        assert!(succeeded && !log.contains("skipped:"), "{file} failed\n{log}");
    }
}
