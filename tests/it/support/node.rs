//! Programs on node: what they need, and installing what a lock file names.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The version of a program as numbers, if it is there at all.
fn version(program: &str) -> Option<Vec<u32>> {
    let output = Command::new(program).arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().trim_start_matches('v').split('.').map(|part| part.parse().ok()).collect()
}

/// Fails with these words where node and npm are not new enough.
#[track_caller]
pub fn is_there(needs: &str) {
    assert!(version("node").is_some_and(|v| v >= vec![20, 14]), "{needs}");
    assert!(version("npm").is_some(), "{needs}");
}

/// Runs a command to its end.
#[track_caller]
pub fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
}

/// Installs what the lock file of a folder names, unless it is there already.
pub fn install(folder: &Path) {
    let lock = fs::read_to_string(folder.join("package-lock.json")).unwrap();
    let mark = folder.join("node_modules/.installed-from");
    if fs::read_to_string(&mark).ok().as_deref() != Some(lock.as_str()) {
        run(Command::new("npm")
            .args(["ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(folder));
        fs::write(mark, lock).unwrap();
    }
}

/// Runs a command for so long at most, what it prints going to a file: its end, and what it printed.
pub fn run_within(limit: Duration, command: &mut Command, log: &Path) -> (bool, String) {
    let out = fs::File::create(log).unwrap();
    let command = command.env_remove("NODE_OPTIONS").stdin(Stdio::null());
    let mut child = command.stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap();
    let end = Instant::now() + limit;
    let succeeded = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.success();
        }
        if Instant::now() > end {
            child.kill().unwrap();
            child.wait().unwrap();
            break false;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    (succeeded, fs::read_to_string(log).unwrap())
}
