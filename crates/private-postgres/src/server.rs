//! The running database server: starting it, waiting until it is ready, stopping it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Durability;
use crate::binaries::Binaries;
use crate::cluster::last_lines;
use crate::error::StartError;
use crate::guard::{Guard, Guarded};
use crate::home::Home;
use crate::owner::Owner;
use crate::postmaster::{self, Gone, PACE, PidFile};

/// How long a start may take. After a crash it includes replaying the log of the database.
const START_LIMIT: Duration = Duration::from_mins(5);

/// After which time a start is reported as slow.
const SLOW_START: Duration = Duration::from_secs(3);

/// How long a stop with a checkpoint may take, then how long one without.
const STOP_LIMIT: Duration = Duration::from_secs(30);
const QUICK_STOP_LIMIT: Duration = Duration::from_secs(10);

/// The size at which a start sets the log aside, in bytes.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// Settings of every server. Packages differ in their defaults, so some of them are named here.
const ALWAYS: [&str; 10] = [
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "logging_collector=off",
    "log_destination=stderr",
    "log_checkpoints=off",
    "shared_buffers=128MB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// Settings of a durable server: the defaults, room for the largest pool and the commands beside it,
/// and no values of rows in the log.
const DURABLE: [&str; 2] = ["max_connections=100", "log_error_verbosity=terse"];

/// Settings of a throwaway server: nothing survives a crash, and nothing waits for a disk.
const THROWAWAY: [&str; 8] = [
    "max_connections=100",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "checkpoint_timeout=1h",
];

/// What a server is started with.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) home: &'a Home,
    pub(crate) owner: &'a Owner,
    pub(crate) binaries: &'a Binaries,
    pub(crate) run_dir: &'a Path,
    pub(crate) durability: Durability,
    /// Further settings, `name=value`.
    pub(crate) settings: &'a [String],
}

/// A server that is ready. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Server {
    guarded: Guarded,
    data: PathBuf,
    owner: Owner,
    process: u32,
}

impl Server {
    /// Starts a server after another that is `gone`, and waits until it accepts connections.
    pub(crate) fn start(
        plan: &Plan<'_>,
        gone: Gone,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Self, StartError> {
        let log = plan.home.log();
        let (file, written) = open_log(&log).map_err(StartError::io("write to", &log))?;
        let program = plan.binaries.program("postgres");
        let Gone { lock, left } = gone;
        let spawned = plan.command(&program, left.as_ref()).spawn(lock, file);
        let guarded = spawned.map_err(StartError::io("start", &program))?;
        let (data, owner) = (plan.home.data(), plan.owner.clone());
        let mut server = Self { guarded, data, owner, process: 0 };
        let since = Instant::now();
        let mut slow = false;
        loop {
            if let Some(status) = server.has_exited() {
                let said = read_from(&log, written).unwrap_or_default();
                return Err(StartError::Ended { status, said: last_lines(&said), log });
            }
            let file = PidFile::read(&server.data).filter(|file| Some(file) != left.as_ref());
            if let Some(file) = file.filter(PidFile::is_ready)
                && let Some(process) = file.process()
            {
                server.process = process;
                return Ok(server);
            }
            if since.elapsed() > START_LIMIT {
                return Err(StartError::Late { seconds: START_LIMIT.as_secs(), log });
            }
            if !slow && since.elapsed() > SLOW_START {
                slow = true;
                progress("the database is still starting: it recovers, or the machine is busy");
            }
            sleep(PACE);
        }
    }

    /// The process of the server.
    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    /// How the server ended, if it has.
    pub(crate) fn has_exited(&mut self) -> Option<ExitStatus> {
        self.guarded.try_wait().ok().flatten()
    }

    /// Stops the server: with a checkpoint, and without one if that takes too long.
    pub(crate) fn stop(&mut self) -> io::Result<()> {
        self.guarded.release();
        if self.has_exited().is_some() {
            // Should the guard have been killed, the server may not have heard of it.
            postmaster::ask_to_stop(&self.data, &self.owner)?;
        }
        if self.is_gone_within(STOP_LIMIT) {
            return Ok(());
        }
        postmaster::stop_at_once(&self.data, &self.owner)?;
        if self.is_gone_within(QUICK_STOP_LIMIT) {
            return Ok(());
        }
        let process = self.process;
        Err(io::Error::other(format!("the database server (process {process}) does not stop")))
    }

    /// The guard may have been killed, so its end alone does not tell.
    fn is_gone_within(&mut self, limit: Duration) -> bool {
        let since = Instant::now();
        while self.has_exited().is_none() || postmaster::is_running(&self.data) {
            if since.elapsed() > limit {
                return false;
            }
            sleep(PACE);
        }
        true
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

impl Plan<'_> {
    fn command(&self, program: &Path, left: Option<&PidFile>) -> Guard {
        let data = self.home.data();
        let (mut command, more) = match self.durability {
            Durability::Durable => (Guard::new(self.owner, "INT", program), &DURABLE[..]),
            Durability::Throwaway => {
                (Guard::emptying(self.owner, "INT", program, &data), &THROWAWAY[..])
            }
        };
        command.arg("-D").arg(&data);
        command.arg("-c").arg(socket_setting(self.run_dir));
        for setting in ALWAYS.iter().chain(more) {
            command.arg("-c").arg(setting);
        }
        for setting in self.settings {
            command.arg("-c").arg(setting);
        }
        if let Some(process) = left.and_then(PidFile::process) {
            // Another process may have that number by now. The server takes a file that names its
            // grandparent for a leftover, and still looks for remains of the server that wrote it.
            command.env("PG_GRANDPARENT_PID", &process.to_string());
        }
        command
    }
}

/// The setting that names the socket's directory. Its value is a list, so the path is quoted.
fn socket_setting(run_dir: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut setting = b"unix_socket_directories=\"".to_vec();
    for byte in run_dir.as_os_str().as_bytes() {
        setting.extend(std::iter::repeat_n(*byte, if *byte == b'"' { 2 } else { 1 }));
    }
    setting.push(b'"');
    OsString::from_vec(setting)
}

/// Opens the log for appending, and tells its length. A large one is set aside first.
fn open_log(log: &Path) -> io::Result<(File, u64)> {
    if fs::metadata(log).is_ok_and(|found| found.len() > LOG_LIMIT) {
        fs::rename(log, log.with_extension("log.old"))?;
    }
    let file = File::options().create(true).append(true).mode(0o600).open(log)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

fn read_from(log: &Path, start: u64) -> io::Result<String> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(start))?;
    let mut text = Vec::new();
    file.take(64 * 1024).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_directory_is_quoted_as_a_list_of_one() {
        let setting = socket_setting(Path::new("/a, b/c\"d"));
        assert_eq!(setting.to_str(), Some("unix_socket_directories=\"/a, b/c\"\"d\""));
    }

    #[test]
    fn a_large_log_is_set_aside_once() {
        let log = std::env::temp_dir().join(format!("pj-log-{}.log", std::process::id()));
        File::create(&log).unwrap().set_len(LOG_LIMIT + 1).unwrap();
        let (_, length) = open_log(&log).unwrap();
        assert_eq!(length, 0);
        let aside = log.with_extension("log.old");
        assert_eq!(fs::metadata(&aside).unwrap().len(), LOG_LIMIT + 1);
        fs::write(&log, "one\ntwo\n").unwrap();
        assert_eq!(open_log(&log).unwrap().1, 8);
        assert_eq!(read_from(&log, 4).unwrap(), "two\n");
        fs::remove_file(&log).unwrap();
        fs::remove_file(&aside).unwrap();
    }
}
