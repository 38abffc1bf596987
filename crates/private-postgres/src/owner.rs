//! The Unix user that runs the database: ourselves, or an unprivileged account when we are root.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::StartError;

/// Accounts that may run the database when we are root, in order of preference.
const ACCOUNTS: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// The only search path that database programs get.
const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/// Permission to pass through a directory, for its owner; shifted for its group and for others.
const MAY_ENTER: u32 = 0o100;

/// The user that runs the database and owns its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    uid: u32,
    gid: u32,
    /// The account to start programs as, when that is not ourselves.
    switch_to: Option<String>,
}

impl Owner {
    /// The owner of the database in `data`, which need not exist yet, when we run as `us`.
    ///
    /// A root process uses the owner of an existing database, and an account of the password file
    /// for a new one.
    pub(crate) fn find(us: u32, data: &Path) -> Result<Self, StartError> {
        let existing = fs::symlink_metadata(data).ok().map(|found| (found.uid(), found.gid()));
        match existing {
            Some((uid, gid)) if us == 0 && uid != 0 => {
                Ok(Self { uid, gid, switch_to: Some(format!("user {uid}")) })
            }
            Some((owner, _)) if owner != us => {
                Err(StartError::ForeignOwner { path: data.into(), owner, expected: us })
            }
            _ if us == 0 => {
                let file = Path::new("/etc/passwd");
                let accounts = fs::read(file).map_err(StartError::io("read", file))?;
                Self::among(&String::from_utf8_lossy(&accounts)).ok_or(StartError::NoAccount)
            }
            _ => Ok(Self { uid: us, gid: 0, switch_to: None }),
        }
    }

    /// The preferred account of a password file.
    fn among(accounts: &str) -> Option<Self> {
        ACCOUNTS.iter().find_map(|wanted| {
            accounts.lines().find_map(|line| {
                let mut fields = line.split(':');
                let name = fields.next().filter(|name| name == wanted)?;
                let uid = fields.nth(1)?.parse().ok().filter(|uid| *uid != 0)?;
                let gid = fields.next()?.parse().ok()?;
                Some(Self { uid, gid, switch_to: Some(name.to_owned()) })
            })
        })
    }

    /// The user id that the files of the database belong to.
    pub(crate) fn uid(&self) -> u32 {
        self.uid
    }

    /// A command that runs `program` as this user, in `/`, without input and with an empty
    /// environment: settings of ours such as `PGDATA` or a locale must not reach the database.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", SEARCH_PATH).env("LC_ALL", "C");
        command.current_dir("/").stdin(Stdio::null());
        if self.switch_to.is_some() {
            command.uid(self.uid).gid(self.gid); // this drops our other groups as well
        }
        command
    }

    /// Hands over a file or directory that we have just made.
    pub(crate) fn give(&self, path: &Path) -> Result<(), StartError> {
        if self.switch_to.is_none() {
            return Ok(());
        }
        lchown(path, Some(self.uid), Some(self.gid)).map_err(StartError::io("hand over", path))
    }

    /// Checks that this user can enter `home`, an absolute path without links.
    pub(crate) fn check_reach(&self, home: &Path) -> Result<(), StartError> {
        let Some(account) = self.switch_to.clone() else { return Ok(()) };
        self.closed_on_the_way_to(home).map_or(Ok(()), |closed| {
            Err(StartError::OutOfReach { home: home.into(), closed, account })
        })
    }

    fn closed_on_the_way_to(&self, home: &Path) -> Option<PathBuf> {
        let mut way: Vec<_> = home.ancestors().collect();
        way.reverse();
        way.into_iter()
            .find(|step| {
                fs::metadata(step).is_ok_and(|found| {
                    let needed = if found.uid() == self.uid {
                        MAY_ENTER
                    } else if found.gid() == self.gid {
                        MAY_ENTER >> 3
                    } else {
                        MAY_ENTER >> 6
                    };
                    found.mode() & needed == 0
                })
            })
            .map(Path::to_path_buf)
    }
}

/// The user id this process runs as.
pub(crate) fn our_uid() -> Result<u32, StartError> {
    if let Ok(process) = fs::metadata("/proc/self") {
        return Ok(process.uid());
    }
    let program = Path::new("id");
    let asked = Command::new(program).arg("-u").stderr(Stdio::null()).output();
    let text = asked.map_err(StartError::io("run", program))?.stdout;
    String::from_utf8_lossy(&text)
        .trim()
        .parse()
        .map_err(std::io::Error::other)
        .map_err(StartError::io("read the user id from", program))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT_FILE: &str = "root:x:0:0:root:/root:/bin/sh\n\
        nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\nbroken\n\
        postgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn postgres_is_preferred_to_nobody() {
        let both = Owner::among(ACCOUNT_FILE);
        assert_eq!(both, Some(Owner { uid: 101, gid: 104, switch_to: Some("postgres".into()) }));
        let one = Owner::among("nobody:x:65534:65533::/:\n");
        let nobody = Owner { uid: 65534, gid: 65533, switch_to: Some("nobody".into()) };
        assert_eq!(one, Some(nobody));
    }

    #[test]
    fn an_account_with_the_rights_of_root_is_no_choice() {
        assert_eq!(Owner::among("postgres:x:0:0::/:\n"), None);
        assert_eq!(Owner::among("root:x:0:0::/:\npostgres:x::\n"), None);
    }

    #[test]
    fn an_ordinary_user_owns_its_own_database() {
        let owner = Owner::find(1234, Path::new("/nonexistent/data")).unwrap();
        assert_eq!((owner.uid(), owner.switch_to), (1234, None));
    }

    #[test]
    fn a_database_of_another_user_is_refused() {
        let us = fs::metadata("/").unwrap().uid() + 1;
        let refused = Owner::find(us, Path::new("/")).unwrap_err();
        assert!(matches!(refused, StartError::ForeignOwner { owner: 0, .. }), "{refused}");
    }

    #[test]
    fn programs_get_no_settings_of_ours() {
        let owner = Owner { uid: 1, gid: 1, switch_to: None };
        let printed = owner.command("env").output().unwrap().stdout;
        let names: Vec<_> = String::from_utf8(printed)
            .unwrap()
            .lines()
            .filter_map(|line| line.split('=').next().map(str::to_owned))
            .filter(|name| name != "PWD" && name != "SHLVL" && name != "_")
            .collect();
        assert!(names.iter().all(|name| name == "PATH" || name == "LC_ALL"), "{names:?}");
    }

    #[test]
    fn a_closed_directory_on_the_way_is_named() {
        let stranger = Owner { uid: 4_000_000, gid: 4_000_000, switch_to: Some("x".into()) };
        assert!(stranger.check_reach(Path::new("/usr/lib")).is_ok());
        let closed = std::env::temp_dir().join(format!("pj-closed-{}", std::process::id()));
        fs::create_dir_all(closed.join("inner")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(&closed, mode).unwrap();
        let found = stranger.closed_on_the_way_to(&closed.join("inner"));
        fs::remove_dir_all(&closed).unwrap();
        assert_eq!(found, Some(closed));
    }
}
