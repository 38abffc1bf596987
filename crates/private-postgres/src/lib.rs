//! A private Postgres for one running server: found, prepared, started and stopped by this process.
//!
//! With no database configured, `serve` runs its own Postgres from the installed server programs:
//! reachable through a Unix socket in a private directory only, durable, reused by the next start,
//! and never left behind, however this process ends. The tests use a throwaway one.
//!
//! Files in the data directory ("home"):
//!
//! | name | content |
//! |---|---|
//! | `data/` | the database |
//! | `run/` | the socket (in `/tmp` when the path does not suit an address) |
//! | `lock` | held by the process that uses the directory |
//! | `server.lock` | held by every process of the database server |
//! | `postgres.log` | the log of the database server |
//!
//! Postgres refuses to run as root. A root process starts it as an unprivileged account, which owns
//! `data` and `run` and nothing else here.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use binaries::Binaries;
use home::Home;
use owner::Owner;
use server::{Plan, Server};

mod binaries;
mod cluster;
mod error;
mod guard;
mod home;
mod lock;
mod owner;
mod postmaster;
mod server;

pub use error::StartError;
pub use home::{default_home, make_home, sweep_dead, throwaway_parent};

/// The role that owns a new database and may do everything in it.
pub const ADMIN: &str = "pj_admin";

/// The database that a new installation holds.
pub const DATABASE: &str = "pain_journal";

/// What a database is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Keeps what was committed through a crash of the machine, and stays for the next start.
    Durable,
    /// For tests: keeps nothing, and deletes its home when it stops.
    Throwaway,
}

/// How to start a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data directory; made where needed. A throwaway database needs one of its own.
    pub home: PathBuf,
    /// What the database is for.
    pub durability: Durability,
    /// Further settings of the database server, each `name=value`, stronger than ours.
    pub settings: Vec<String>,
}

/// A running private database. Dropping it stops it.
#[derive(Debug)]
pub struct Postgres {
    // The order matters: the server stops before the lock of its home is given up.
    server: Server,
    run_dir: PathBuf,
    binaries: Binaries,
    durability: Durability,
    was_created: bool,
    home: Home,
}

impl Postgres {
    /// Starts the database in `options.home`, which is made first where there is none yet, and
    /// returns when it accepts connections: within half a second as a rule, after a few seconds
    /// the first time.
    ///
    /// Blocks, so call it off the async threads. `progress` gets lines that tell a person what
    /// takes its time.
    ///
    /// # Errors
    /// [`StartError`] when there is no usable installation of Postgres, when another process uses
    /// the directory, or when the database cannot be made or started.
    pub fn start(options: Options, progress: &mut dyn FnMut(&str)) -> Result<Self, StartError> {
        let Options { home, durability, settings } = options;
        let us = owner::our_uid()?;
        let home = Home::claim(&home, durability, us)?;
        let data = home.data();
        let owner = Owner::find(us, &data)?;
        owner.check_reach(home.path())?;
        let mut gone = postmaster::see_out(&home, &owner, progress)?;
        if durability == Durability::Throwaway {
            gone.left = None;
            cluster::remove(&data)?;
        }
        let made_by = cluster::major(&data)?;
        let binaries = Binaries::find(&data, made_by)?;
        if made_by.is_none() {
            let place = home.path().display();
            progress(&format!("preparing the database in {place} (first start, a few seconds)"));
            cluster::create(&home, &owner, &binaries, durability)?;
        }
        let run_dir = home.run_dir(&owner)?;
        let plan = Plan {
            home: &home,
            owner: &owner,
            binaries: &binaries,
            run_dir: &run_dir,
            durability,
            settings: &settings,
        };
        let server = Server::start(&plan, gone, progress)?;
        cluster::remove_unfinished(home.path());
        Ok(Self { server, run_dir, binaries, durability, was_created: made_by.is_none(), home })
    }

    /// The address of `database` for the role `user`, with the socket's directory as its host.
    pub fn url(&self, user: &str, database: &str) -> String {
        let mut url = String::from("postgres://");
        percent_encode(user.as_bytes(), &mut url);
        url.push('@');
        percent_encode(self.run_dir.as_os_str().as_bytes(), &mut url);
        url.push('/');
        percent_encode(database.as_bytes(), &mut url);
        url
    }

    /// The data directory, absolute and without links.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Whether this start made the database.
    pub fn was_created(&self) -> bool {
        self.was_created
    }

    /// The directory of the Postgres programs in use, such as `pg_dump`.
    pub fn bin_dir(&self) -> &Path {
        &self.binaries.dir
    }

    /// The process of the database server.
    pub fn pid(&self) -> u32 {
        self.server.process()
    }

    /// How the database server ended, if it has. Never blocks.
    pub fn has_exited(&mut self) -> Option<ExitStatus> {
        self.server.has_exited()
    }

    /// Stops the database and waits for its end, at most 40 seconds; a throwaway one is deleted.
    /// Close connections first. Stopping again does nothing.
    ///
    /// # Errors
    /// When the server does not stop, or its home cannot be deleted.
    pub fn stop(&mut self) -> io::Result<()> {
        self.server.stop()?;
        let _ = fs::remove_dir(&self.run_dir); // one in `/tmp` would be left behind for ever
        match self.durability {
            Durability::Throwaway if self.home.path().exists() => self.home.delete(),
            _ => Ok(()),
        }
    }
}

/// Whether there is a database in `home`, running or not.
pub fn holds_database(home: &Path) -> bool {
    cluster::major(&home.join("data")).is_ok_and(|version| version.is_some())
}

/// The directory of the programs of Postgres that suit the database in `home`, or a new one.
///
/// # Errors
/// [`StartError`] when they are not installed.
pub fn programs(home: Option<&Path>) -> Result<PathBuf, StartError> {
    let data = home.map(|home| home.join("data")).unwrap_or_default();
    let made_by = if home.is_some() { cluster::major(&data)? } else { None };
    Ok(Binaries::find(&data, made_by)?.dir)
}

/// The address of the database that another process runs in `home`, for the role `user`. None when
/// nothing runs there.
///
/// The fifth line of the server's pid file is the directory of its socket.
pub fn running_url(home: &Path, user: &str) -> Option<String> {
    let pid_file = fs::read_to_string(home.join("data").join("postmaster.pid")).ok()?;
    let run_dir = pid_file.lines().nth(4)?;
    let mut url = format!("postgres://{user}@");
    percent_encode(run_dir.as_bytes(), &mut url);
    url.push('/');
    url.push_str(DATABASE);
    Some(url)
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// Appends `bytes` with everything but unreserved characters percent-encoded.
fn percent_encode(bytes: &[u8], url: &mut String) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                url.push(char::from(*byte));
            }
            _ => {
                let _ = write!(url, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_percent_encoded() {
        let mut url = String::new();
        percent_encode("/var/lib/ä b".as_bytes(), &mut url);
        assert_eq!(url, "%2Fvar%2Flib%2F%C3%A4%20b");
    }
}
