//! Ready is who can write: a database that only reads, and a disk that is full. And a master secret that is
//! not that of the database.

use crate::support::cluster::connect;
use crate::support::program::{Home, Serving, happens_within, program, signal};
use crate::support::{Call, TestApp};
use chrono::Duration;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration as Time;

/// Ends the sessions of the server, so that new ones begin with what was set meanwhile.
const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
     WHERE datname = current_database() AND application_name = 'pain-journal'";

#[tokio::test]
async fn a_database_that_only_reads_is_not_ready() {
    let app = TestApp::alone();
    let sql = app.sql().await;
    assert_eq!(app.get("/readyz").await.status, 200);
    let database = &app.database;
    for (setting, status) in [("on", 503), ("off", 200)] {
        let set =
            format!("ALTER DATABASE {database} SET default_transaction_read_only = {setting}");
        sql.batch_execute("SET default_transaction_read_only = off").await.unwrap();
        sql.batch_execute(&set).await.unwrap();
        sql.batch_execute(END_SESSIONS).await.unwrap();
        app.pass(Duration::seconds(6));
        assert!(becomes(&app.base, status).await, "read only: {setting}");
        assert_eq!(app.get("/healthz").await.status, 200);
    }
}

#[tokio::test]
async fn however_many_ask_one_writes() {
    let app = TestApp::alone();
    let sql = app.sql().await;
    let at = "SELECT at::text FROM pj.write_probe";
    let mut written: Vec<String> = Vec::new();
    for round in 0..2 {
        for answer in futures_util::future::join_all((0..20).map(|_| app.get("/readyz"))).await {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        written.push(sql.query_one(at, &[]).await.unwrap().get(0));
        assert_eq!(app.get("/readyz").await.status, 200);
        let again: String = sql.query_one(at, &[]).await.unwrap().get(0);
        assert_eq!(again, written[round], "it was written again within seconds");
        app.pass(Duration::seconds(6));
    }
    assert_ne!(written[0], written[1]);
}

/// A disk of this size, as far as this machine lets us make one; unmounted with this value.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(place: &'a Path) -> Option<Self> {
        fs::create_dir(place).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=192m,mode=755", "tmpfs"])
            .arg(place)
            .output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(place))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

/// How long a change of the disk may take to be seen: some seconds of an old answer, and the machine.
const SEEN: Time = Time::from_mins(1);

/// Does `/readyz` answer with this status, sooner or later?
async fn becomes(base: &str, status: u16) -> bool {
    let since = std::time::Instant::now();
    while since.elapsed() < SEEN {
        if Call::new(base, "GET", "/readyz").send().await.status == status {
            return true;
        }
        tokio::time::sleep(Time::from_millis(250)).await;
    }
    false
}

#[tokio::test]
async fn a_server_whose_disk_is_full_is_not_ready() {
    let home = Home::fresh("disk");
    let Some(disk) = SmallDisk::mount(home.path()) else {
        eprintln!("left out: no disk can be mounted here; a read-only database stands for it");
        return;
    };
    let server = Serving::start(&home, &[]);
    assert!(becomes(&server.base, 200).await);
    let ballast = home.path().join("ballast");
    let mut file = File::create(&ballast).unwrap();
    let block = vec![b'x'; 64 * 1024];
    while file.write_all(&block).is_ok() {}
    while file.write_all(b"x").is_ok() {}
    assert!(becomes(&server.base, 503).await, "ready with a full disk: {}", server.said());
    assert_eq!(Call::new(&server.base, "GET", "/healthz").send().await.status, 200);
    assert!(server.said().contains("No space left on device"), "{}", server.said());
    drop(file);
    fs::remove_file(&ballast).unwrap();
    assert!(becomes(&server.base, 200).await, "not ready again: {}", server.said());
    drop(server);
    assert!(happens_within(Time::from_secs(20), || home.is_quiet()));
    drop(disk);
}

#[tokio::test]
async fn another_secret_serves_nothing_and_leaves_the_database_up() {
    let home = Home::fresh("secret");
    let mut server = Serving::start(&home, &[]);
    assert!(becomes(&server.base, 200).await);
    signal(server.process(), "TERM");
    assert!(server.ends_within(Time::from_secs(20)).expect("an end").success());

    let log = home.path().join("said");
    let mut command = program(&["serve", "--data-dir", home.text(), "--listen", "127.0.0.1:0"]);
    command.env(
        "PAIN_JOURNAL_SECRET",
        "0b30557a9fc4e90e33587da2c7ec11365b80a5caef14395e83a8cdf2173c6186",
    );
    let mut other = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
    let said = || fs::read_to_string(&log).unwrap();
    let told = happens_within(SEEN, || said().contains("stays up for a backup"));
    assert!(
        told && said().contains("the master secret is not the one of this database"),
        "{}",
        said()
    );
    // An operator's connection, as for a backup.
    let admin = private_postgres::running_url(home.path(), "pj_admin").unwrap();
    let sql = connect(&admin).await;
    let keys = sql.query_one("SELECT count(*) FROM pj.signing_keys", &[]).await.unwrap();
    assert!(keys.get::<_, i64>(0) > 0, "the keys are as they were");
    assert_eq!(other.try_wait().unwrap(), None);
    drop(sql);
    signal(other.id(), "TERM");
    let mut ended = None;
    assert!(happens_within(Time::from_secs(20), || {
        ended = other.try_wait().unwrap();
        ended.is_some()
    }));
    assert_eq!(ended.unwrap().code(), Some(1), "{}", said());
    assert!(home.is_quiet_within(Time::from_secs(10)));
}
