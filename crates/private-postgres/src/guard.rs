//! Programs that never outlive this process.
//!
//! The program runs under a few lines of shell that hold the read end of a pipe from us. However
//! this process ends (return, panic, `SIGKILL`, out of memory), the kernel closes the pipe, and the
//! shell stops the program. Parent-death signals would need unsafe code, follow the *thread* that
//! spawned the program, and exist on Linux only.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};

use crate::owner::Owner;

/// Arguments: the signal that stops the program, what happens to the working directory afterwards
/// (`keep` or `empty`), the program and its arguments.
///
/// - The guard ignores the signals that a service manager sends to every process of a service: the
///   database goes last, when we close the pipe.
/// - `read` is part of the shell, so waiting needs no other program.
/// - The signal is repeated because a program that has just been started may not listen yet.
/// - The watching half goes on when the other half is killed, so the program is stopped all the
///   same.
/// - The pause must not keep our output open when its shell is gone: see [`crate::lock`].
const SCRIPT: &str = r#"trap '' HUP INT TERM
exec 3<&0
signal=$1 directory=$2
shift 2
"$@" </dev/null 3<&- &
program=$!
{
    while read -r _; do :; done <&3
    for _ in 1 2 3 4 5; do
        kill -s "$signal" "$program" 2>/dev/null && sleep 1 >/dev/null 2>&1 || break
    done
} &
watcher=$!
wait "$program"
status=$?
kill -s KILL "$watcher" 2>/dev/null
if [ "$directory" = empty ]; then rm -rf ./*; fi
exit "$status""#;

/// A command under construction that will run under the guard.
#[derive(Debug)]
pub(crate) struct Guard(Command);

impl Guard {
    /// `program` as `owner`, stopped by `signal` (a name such as `TERM`).
    pub(crate) fn new(owner: &Owner, signal: &str, program: &Path) -> Self {
        Self::with(owner, signal, "keep", program)
    }

    /// The same, and `directory`, in which the program is started, is emptied when it has ended.
    pub(crate) fn emptying(owner: &Owner, signal: &str, program: &Path, directory: &Path) -> Self {
        let mut guard = Self::with(owner, signal, "empty", program);
        guard.0.current_dir(directory);
        guard
    }

    fn with(owner: &Owner, signal: &str, afterwards: &str, program: &Path) -> Self {
        let mut command = owner.command("/bin/sh");
        command.args(["-c", SCRIPT, "pain-journal-guard", signal, afterwards]).arg(program);
        // A group of its own: Ctrl-C in a terminal reaches us only.
        command.stdin(Stdio::piped()).process_group(0);
        Self(command)
    }

    /// Adds one argument of the program.
    pub(crate) fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.0.arg(argument);
        self
    }

    /// Adds several arguments of the program.
    pub(crate) fn args(&mut self, arguments: &[&str]) -> &mut Self {
        self.0.args(arguments);
        self
    }

    /// Sets one variable of the program's environment.
    pub(crate) fn env(&mut self, name: &str, value: &str) -> &mut Self {
        self.0.env(name, value);
        self
    }

    /// Starts the program; its output goes to `stdout` and `stderr`.
    pub(crate) fn spawn(
        &mut self,
        stdout: impl Into<Stdio>,
        stderr: impl Into<Stdio>,
    ) -> io::Result<Guarded> {
        let mut child = self.0.stdout(stdout).stderr(stderr).spawn()?;
        let pipe = child.stdin.take();
        Ok(Guarded { child, pipe })
    }

    /// Runs the program to its end and returns what it wrote.
    pub(crate) fn output(&mut self) -> io::Result<Output> {
        let running = self.spawn(Stdio::piped(), Stdio::piped())?;
        // The pipe must stay open while the program runs.
        let (child, pipe) = (running.child, running.pipe);
        let output = child.wait_with_output();
        drop(pipe);
        output
    }
}

/// A running program and the pipe that keeps it alive.
#[derive(Debug)]
pub(crate) struct Guarded {
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Guarded {
    /// Asks the program to stop.
    pub(crate) fn release(&mut self) {
        self.pipe = None;
    }

    /// How the program ended, if it has.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, Instant};

    use super::*;

    fn ourselves() -> Owner {
        let us = crate::owner::our_uid().unwrap();
        // As root the tests switch to an account, as the real thing does.
        Owner::find(us, Path::new("/nonexistent")).unwrap()
    }

    fn ended(running: &mut Guarded, limit: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + limit;
        while Instant::now() < until {
            if let Some(status) = running.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    #[test]
    fn output_and_exit_status_pass_through() {
        let output = Guard::new(&ourselves(), "TERM", Path::new("/bin/sh"))
            .arg("-c")
            .arg("echo out; echo err >&2; exit 7")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(7));
        assert_eq!((output.stdout, output.stderr), (b"out\n".to_vec(), b"err\n".to_vec()));
    }

    #[test]
    fn the_program_is_stopped_when_the_pipe_closes() {
        let mut running = Guard::new(&ourselves(), "KILL", Path::new("/bin/sleep"))
            .arg("60")
            .spawn(Stdio::null(), Stdio::null())
            .unwrap();
        assert_eq!(ended(&mut running, Duration::from_millis(100)), None);
        running.release();
        let status = ended(&mut running, Duration::from_secs(10)).expect("it was stopped");
        assert_eq!(status.code(), Some(128 + 9));
    }

    #[test]
    fn the_signal_is_repeated_until_the_program_listens() {
        let deaf_at_first = "trap '' USR1; sleep 0.3; trap 'exit 5' USR1; \
             while :; do sleep 0.1; done";
        let mut running = Guard::new(&ourselves(), "USR1", Path::new("/bin/sh"))
            .arg("-c")
            .arg(deaf_at_first)
            .spawn(Stdio::null(), Stdio::null())
            .unwrap();
        std::thread::sleep(Duration::from_millis(100));
        running.release();
        let status = ended(&mut running, Duration::from_secs(10)).expect("it was stopped");
        assert_eq!(status.code(), Some(5));
    }

    #[test]
    fn the_working_directory_is_emptied_on_request() {
        let place = std::env::temp_dir().join(format!("pj-guard-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let owner = ourselves();
        owner.give(&place).unwrap();
        let touch = "mkdir -p a; echo 1 >a/b; echo 2 >c";
        let shell = Path::new("/bin/sh");
        Guard::emptying(&owner, "TERM", shell, &place).arg("-c").arg(touch).output().unwrap();
        let left = fs::read_dir(&place).unwrap().count();
        fs::remove_dir_all(&place).unwrap();
        assert_eq!(left, 0);
    }
}
