//! What `postmaster.pid` says about a database server, and how to see an earlier one out.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::StartError;
use crate::home::Home;
use crate::lock;
use crate::owner::Owner;

/// How often a server that starts or stops is looked at.
pub(crate) const PACE: Duration = Duration::from_millis(5);

/// When an earlier server that stops by itself is asked once more: its guard may have been killed.
const ASK_AFTER: Duration = Duration::from_secs(3);

/// When it is stopped without a checkpoint; the next start then replays its log.
const INSIST_AFTER: Duration = Duration::from_secs(30);

/// When waiting for it ends.
const GIVE_UP_AFTER: Duration = Duration::from_secs(45);

/// The name of the file in which a server describes itself.
const FILE: &str = "postmaster.pid";

/// That file's content: line 1 is the process, line 8 its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PidFile(String);

impl PidFile {
    /// The file of the database in `data`, if there is one.
    pub(crate) fn read(data: &Path) -> Option<Self> {
        fs::read_to_string(data.join(FILE)).ok().map(Self)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The process of the server. Single-user servers write it with a minus sign.
    pub(crate) fn process(&self) -> Option<u32> {
        self.0.lines().next()?.trim().trim_start_matches('-').parse().ok()
    }

    /// Whether the server accepts connections.
    pub(crate) fn is_ready(&self) -> bool {
        self.0.lines().nth(7).is_some_and(|state| state.starts_with("ready"))
    }
}

/// Whether a server runs on the database in `data`.
pub(crate) fn is_running(data: &Path) -> bool {
    running(data).is_some()
}

/// The process of the server that runs on `data`.
fn running(data: &Path) -> Option<u32> {
    PidFile::read(data)?.process().filter(|process| serves(*process, data))
}

/// Whether `process` is a server on `data`. The number in a file left behind by a crash may belong
/// to any other process by now, above all in a container.
fn serves(process: u32, data: &Path) -> bool {
    let data = data.as_os_str().as_encoded_bytes();
    if let Ok(line) = fs::read(format!("/proc/{process}/cmdline")) {
        let mut arguments = line.split(|byte| *byte == 0);
        let program = arguments.next().unwrap_or_default();
        return program.ends_with(b"postgres") && arguments.any(|argument| argument == data);
    }
    let mut ask = Command::new("ps");
    ask.args(["-ww", "-o", "args=", "-p", &process.to_string()]).stderr(Stdio::null());
    ask.output().is_ok_and(|answer| {
        let line = answer.stdout;
        let program = line.split(|byte| *byte == b' ').next().unwrap_or_default();
        program.ends_with(b"postgres") && line.windows(data.len()).any(|part| part == data)
    })
}

/// What is left of an earlier server.
#[derive(Debug)]
pub(crate) struct Gone {
    /// The lock of the server, which we hold now.
    pub(crate) lock: File,
    /// The file of a server that ended without deleting it.
    pub(crate) left: Option<PidFile>,
}

/// Waits until every process of an earlier server is gone. Its guard has asked it to stop; insists
/// when that takes long.
pub(crate) fn see_out(
    home: &Home,
    owner: &Owner,
    progress: &mut dyn FnMut(&str),
) -> Result<Gone, StartError> {
    let data = home.data();
    let lock = lock::of_server(home.path())?;
    let since = Instant::now();
    let mut announced = false;
    let mut asked = 0;
    while !is_over(&lock, &data)? {
        if !announced {
            announced = true;
            progress("waiting for the earlier database server to stop");
        }
        let waited = since.elapsed();
        if waited > GIVE_UP_AFTER {
            return Err(StartError::StillStopping { process: running(&data), data });
        }
        if asked == 0 && waited > ASK_AFTER {
            asked = 1;
            let _ = ask_to_stop(&data, owner);
        }
        if asked == 1 && waited > INSIST_AFTER {
            asked = 2;
            let _ = stop_at_once(&data, owner);
        }
        sleep(PACE);
    }
    Ok(Gone { lock, left: leftover(&data)? })
}

/// The lock tells, where the file system hands locks down to child processes. Some network file
/// systems do not, so the process table is asked as well.
fn is_over(lock: &File, data: &Path) -> Result<bool, StartError> {
    match lock.try_lock() {
        Ok(()) => Ok(running(data).is_none()),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(StartError::io("lock the server of", data)(error)),
    }
}

fn leftover(data: &Path) -> Result<Option<PidFile>, StartError> {
    let left = PidFile::read(data);
    if left.as_ref().is_some_and(PidFile::is_empty) {
        // The machine stopped while a server began. The next one would ask a person to do this.
        let file = data.join(FILE);
        fs::remove_file(&file).map_err(StartError::io("delete", &file))?;
        return Ok(None);
    }
    Ok(left)
}

/// Asks the server on `data`, if one runs, to stop with a checkpoint, closing its connections.
pub(crate) fn ask_to_stop(data: &Path, owner: &Owner) -> io::Result<()> {
    running(data).map_or(Ok(()), |process| signal(owner, "INT", process))
}

/// Stops the server on `data`, if one runs, without a checkpoint.
pub(crate) fn stop_at_once(data: &Path, owner: &Owner) -> io::Result<()> {
    running(data).map_or(Ok(()), |process| signal(owner, "QUIT", process))
}

fn signal(owner: &Owner, name: &str, process: u32) -> io::Result<()> {
    let mut shell = owner.command("/bin/sh");
    shell.args(["-c", "kill -s \"$1\" \"$2\"", "kill", name, &process.to_string()]);
    shell.stdout(Stdio::null()).stderr(Stdio::null()).status().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Durability;
    use crate::owner::our_uid;

    #[test]
    fn the_file_names_process_and_state() {
        let file = PidFile("4711\n/d\n1700000000\n5432\n/d/run\n\n 123 4\nready   \n".into());
        assert_eq!((file.process(), file.is_ready()), (Some(4711), true));
        let starting = PidFile("4711\n/d\n1700000000\n5432\n/d/run\n\n 123 4\nstarting\n".into());
        assert!(!starting.is_ready());
        let cut_short = PidFile("47".into());
        assert_eq!((cut_short.process(), cut_short.is_ready()), (Some(47), false));
        assert_eq!(PidFile(String::new()).process(), None);
        assert_eq!(PidFile("-12\n".into()).process(), Some(12));
    }

    fn home(name: &str) -> (Home, Owner) {
        let path = std::env::temp_dir().join(format!("pj-pid-{name}-{}", std::process::id()));
        let us = our_uid().unwrap();
        let home = Home::claim(&path, Durability::Throwaway, us).unwrap();
        fs::create_dir_all(home.data()).unwrap();
        (home, Owner::find(us, Path::new("/nonexistent")).unwrap())
    }

    #[test]
    fn a_process_that_reuses_the_number_is_no_server() {
        let (home, owner) = home("reused");
        let us = std::process::id();
        fs::write(home.data().join(FILE), format!("{us}\n")).unwrap();
        let mut said = Vec::new();
        let gone = see_out(&home, &owner, &mut |line| said.push(line.to_owned())).unwrap();
        home.delete().unwrap();
        assert_eq!(gone.left.and_then(|file| file.process()), Some(us));
        assert!(said.is_empty(), "it did not wait: {said:?}");
    }

    #[test]
    fn an_empty_file_is_removed() {
        let (home, owner) = home("empty");
        let file = home.data().join(FILE);
        fs::write(&file, "").unwrap();
        let gone = see_out(&home, &owner, &mut |_| {}).unwrap();
        let exists = file.exists();
        home.delete().unwrap();
        assert!(gone.left.is_none() && !exists);
    }

    #[test]
    fn every_process_of_the_earlier_server_is_waited_for() {
        let (home, owner) = home("waited");
        let lock = lock::of_server(home.path()).unwrap();
        lock.try_lock().unwrap();
        // The shell ends at once; what it started has inherited the lock.
        let shell = Command::new("/bin/sh").args(["-c", "sleep 0.3 &"]).stdout(lock).status();
        assert!(shell.unwrap().success());
        let (since, mut said) = (Instant::now(), Vec::new());
        see_out(&home, &owner, &mut |line| said.push(line.to_owned())).unwrap();
        home.delete().unwrap();
        assert!(since.elapsed() > Duration::from_millis(100));
        assert_eq!(said, ["waiting for the earlier database server to stop"]);
    }

    #[test]
    fn a_server_is_known_by_its_program_and_its_directory() {
        let data = Path::new("/nonexistent/pain journal/data");
        let mut child =
            Command::new("/bin/sh").args(["-c", "sleep 5; :", "-D"]).arg(data).spawn().unwrap();
        // The directory is right, the program is not.
        let known = serves(child.id(), data);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!known);
    }
}
