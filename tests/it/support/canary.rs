//! What no line of a log may hold. Every server of this run logs at its finest level, and every program that a test
//! serves with is read along: the first line that holds something of a person ends the run.

use super::people::PASSWORD;
use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// Written into every field, header, path and query that a caller can fill, where a test tries.
pub const CANARY: &str = "kanarienvogel";

/// Addresses of the tests' people, passwords, tokens, and the bird.
const PERSONAL: [&str; 8] =
    ["@example.org", "@demo.example", PASSWORD, "demo-s", "eyJ", "pjr_", "pjd_", CANARY];

/// The one line that is of a person: of the mailer that writes to the log, which production refuses.
const MAIL_IN_THE_LOG: &str = "mail not sent";

static LINES: AtomicUsize = AtomicUsize::new(0);

/// How many lines were looked at.
pub fn lines() -> usize {
    LINES.load(Ordering::Relaxed)
}

/// What a line holds of a person.
pub fn personal(line: &str) -> Option<&'static str> {
    if line.contains(MAIL_IN_THE_LOG) {
        return None;
    }
    PERSONAL.into_iter().find(|word| line.contains(word))
}

/// Ends the run at a line that holds something of a person: one test that fails would be one of many whose
/// servers may have written it.
pub fn look(line: &str) {
    LINES.fetch_add(1, Ordering::Relaxed);
    if let Some(word) = personal(line) {
        // Past what the test harness keeps to itself.
        let _ = writeln!(io::stderr(), "a line of the log holds {word}: {line}");
        std::process::exit(101);
    }
}

/// Reads every line that a server in this process logs from now on.
pub fn watch() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        let levels = Targets::new()
            .with_default(tracing::Level::WARN)
            .with_target("pain_journal", tracing::Level::TRACE);
        let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(Reader);
        tracing_subscriber::registry().with(levels).with(lines).init();
    });
}

struct Reader;

impl Write for Reader {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        look(&String::from_utf8_lossy(line));
        Ok(line.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Reader {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        Self
    }
}
