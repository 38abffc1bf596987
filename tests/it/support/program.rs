//! The program itself: started as a process, with a data directory of its own, ended by signals.

use super::canary;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often something that will happen is looked for.
const PACE: Duration = Duration::from_millis(20);

/// How long a first start may take where many tests run at once.
const START_LIMIT: Duration = Duration::from_mins(2);

/// How long an end after a signal may take.
pub const END: Duration = Duration::from_secs(20);

/// The program with these arguments, and with no setting of whoever runs the tests.
pub fn program<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pain-journal"));
    for (name, _) in std::env::vars_os() {
        if name == "DATABASE_URL" || name.as_encoded_bytes().starts_with(b"PAIN_JOURNAL_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A place for a data directory. What is in it is deleted with this value, once no process of the
/// database uses it.
pub struct Home(PathBuf);

impl Home {
    /// A place where nothing is yet.
    pub fn fresh(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pj-{name}-{}-{number}", std::process::id());
        Self(std::env::temp_dir().canonicalize().unwrap().join(name))
    }

    /// A place with an empty database, which does not run.
    pub fn with_database(name: &str) -> Self {
        let home = Self::fresh(name);
        let made = home.run(&["migrate", "--create"], "");
        assert!(made.status.success(), "{}", said(&made));
        home
    }

    /// The place.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The place, as an argument.
    pub fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Runs a command of the program on this data directory, `input` being what it reads.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = program(arguments);
        command.args(["--data-dir", self.text()]);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs a command that must succeed, and answers what it said.
    pub fn done(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    /// Runs a command that must fail, and answers what it said.
    pub fn refused(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
        said(&output)
    }

    /// The process of the database server, as its pid file names it.
    pub fn postmaster(&self) -> u32 {
        let file = fs::read_to_string(self.0.join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().trim().parse().unwrap()
    }

    /// Is no process of the database left?
    ///
    /// Every process of the server and its guard holds the lock; where the system tells the working
    /// directories of processes, they are asked as well.
    pub fn is_quiet(&self) -> bool {
        let is_free = match File::open(self.0.join("server.lock")) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_) => true,
        };
        let data = self.0.join("data");
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let mut folders = processes.filter_map(|p| fs::read_link(p.path().join("cwd")).ok());
        is_free && !folders.any(|folder| folder == data)
    }

    /// Does the last process of the database go within this time?
    pub fn is_quiet_within(&self, limit: Duration) -> bool {
        happens_within(limit, || self.is_quiet())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.is_quiet_within(Duration::from_secs(20));
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a command that has ended wrote to standard error.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Looks again and again until it has happened, at most for this time.
pub fn happens_within(limit: Duration, mut has_happened: impl FnMut() -> bool) -> bool {
    let since = Instant::now();
    while !has_happened() {
        if since.elapsed() > limit {
            return false;
        }
        sleep(PACE);
    }
    true
}

/// Sends a signal, named without `SIG`.
pub fn signal(process: u32, name: &str) {
    let signal = match name {
        "TERM" => Signal::TERM,
        "INT" => Signal::INT,
        "KILL" => Signal::KILL,
        "STOP" => Signal::STOP,
        "CONT" => Signal::CONT,
        other => panic!("no signal is called {other}"),
    };
    let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
    kill_process(process, signal).unwrap_or_else(|e| panic!("{signal:?} to {process:?}: {e}"));
}

/// `serve` on this data directory and a free port, in a shell that allows it so many open files.
pub fn with_files(files: u32, home: &Home, options: &[&str]) -> Command {
    let serve = program(&["serve", "--data-dir", home.text(), "--listen", "127.0.0.1:0"]);
    let mut shell = Command::new("sh");
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.arg("-c").arg(format!("ulimit -n {files} && exec \"$@\"")).arg("sh");
    shell.arg(serve.get_program()).args(serve.get_args()).args(options).stdin(Stdio::null());
    shell
}

/// A running `serve`. Dropping it kills it, and its database then ends by itself.
pub struct Serving {
    child: Child,
    said: Arc<Mutex<String>>,
    /// Its address, such as `http://127.0.0.1:40001`.
    pub base: String,
    /// How long it took to be ready.
    pub took: Duration,
}

impl Serving {
    /// Starts `serve` on this data directory and a free port, and waits until it is ready.
    pub fn start(home: &Home, options: &[&str]) -> Self {
        Self::start_at(home, "127.0.0.1:0", options)
    }

    /// The same, on the address `listen`.
    pub fn start_at(home: &Home, listen: &str, options: &[&str]) -> Self {
        let mut command = program(&["serve", "--data-dir", home.text(), "--listen", listen]);
        command.args(options);
        Self::of(command)
    }

    /// The same on a free port, allowed so many open files.
    pub fn start_with_files(home: &Home, files: u32, options: &[&str]) -> Self {
        Self::of(with_files(files, home, options))
    }

    fn of(mut command: Command) -> Self {
        let since = Instant::now();
        let piped = command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if !line.starts_with("  ") {
                    canary::look(&line); // But for the demo's sign-ins, which are for whoever starts it.
                }
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.push_str(&line);
                heard.push('\n');
            }
        });
        let mut serving = Self { child, said, base: String::new(), took: Duration::ZERO };
        let is_ready = happens_within(START_LIMIT, || {
            serving.said().contains("\n  stop ") || serving.child.try_wait().unwrap().is_some()
        });
        serving.took = since.elapsed();
        let base = serving.told("address");
        assert!(is_ready && !base.is_empty(), "it did not start: {}", serving.said());
        serving.base = base;
        serving
    }

    /// What it has written to standard error so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The value behind `name` in what it prints when it is ready, empty without one.
    pub fn told(&self, name: &str) -> String {
        let said = self.said();
        let mut lines = said.lines().filter_map(|line| line.strip_prefix("  ")?.strip_prefix(name));
        lines.next().unwrap_or_default().trim().to_owned()
    }

    /// Host and port.
    pub fn listen(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// How it ends, if it ends within this time.
    pub fn ends_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let mut ended = None;
        happens_within(limit, || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        ended
    }

    /// Ends it as an operator does.
    pub async fn stop(mut self) {
        signal(self.process(), "TERM");
        assert!(self.ends_within(END).expect("an end").success());
        // Connections kept for further requests learn now that nobody is at the other end.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    /// Kills it, as a lack of memory would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
