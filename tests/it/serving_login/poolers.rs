//! A pooler between the server and the database, dropping what a client asks for at the start: what
//! the server needs hangs on its login, so that it serves, and a superuser is still found out.
//!
//! `PAIN_JOURNAL_SKIP_PROXIES=1` leaves it out.

use super::refused;
use crate::support::Person;
use crate::support::cluster::{Cluster, connect};
use crate::support::people::{PASSWORD, daily, fresh};
use crate::support::program::{Home, Serving, happens_within, said};
use serde_json::json;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio_postgres::config::Host;
use uuid::Uuid;

const MISSING: &str = "PgBouncer is missing: run script/test, which installs it, or set \
     PAIN_JOURNAL_SKIP_PROXIES=1 to leave these tests out";

const LIMIT: Duration = Duration::from_secs(20);

/// A running pooler, ended with this value.
struct Bouncer {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Bouncer {
    /// One that drops `options` and pools these, in front of the databases of the cluster.
    fn start(pooled: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("pj-bouncer-{}", Uuid::now_v7().simple()));
        fs::create_dir(&folder).unwrap();
        // As root, PgBouncer becomes another user, who writes its log.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config: tokio_postgres::Config = Cluster::get().url("postgres").parse().unwrap();
        let [Host::Unix(socket)] = config.get_hosts() else { panic!("a socket") };
        let users =
            ["pj_server", "pj_operate", "pj_admin"].map(|user| format!("\"{user}\" \"\"\n"));
        fs::write(folder.join("users.txt"), users.concat()).unwrap();
        let at = |name: &str| folder.join(name).display().to_string();
        let text = format!(
            "[databases]\n* = host={} port=5432\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\n\
             pool_mode = {pooled}\nignore_startup_parameters = options\nlogfile = {}\npidfile = {}\n",
            socket.display(),
            at("users.txt"),
            at("log"),
            at("pid"),
        );
        fs::write(folder.join("bouncer.ini"), text).unwrap();
        let mut command = Command::new(program());
        if is_root() {
            command.args(["-u", "postgres"]);
        }
        let process = command
            .arg(folder.join("bouncer.ini"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(MISSING);
        let bouncer = Self { process, port, folder };
        let is_up = happens_within(LIMIT, || TcpStream::connect(("127.0.0.1", port)).is_ok());
        assert!(is_up, "{}", fs::read_to_string(bouncer.folder.join("log")).unwrap_or_default());
        bouncer
    }

    fn url(&self, login: &str, database: &str) -> String {
        format!("postgres://{login}@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Debian keeps it where ordinary users do not look.
fn program() -> &'static str {
    if Path::new("/usr/sbin/pgbouncer").exists() { "/usr/sbin/pgbouncer" } else { "pgbouncer" }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn left_out() -> bool {
    std::env::var("PAIN_JOURNAL_SKIP_PROXIES").as_deref() == Ok("1")
}

#[tokio::test]
async fn behind_a_pooler_that_drops_options_the_server_serves_with_its_own_rights() {
    if left_out() {
        return;
    }
    let bouncer = Bouncer::start("session");
    let database = Cluster::get().database();
    let url = bouncer.url("pj_server", &database);
    let home = Home::fresh("bouncer");
    let operator = bouncer.url("pj_operate", &database);
    let create = ["user", "create", "ana@example.org", "--database-url", &url];
    let create = [&create[..], &["--operator-url", &operator]].concat();
    let output = home.run(&create, PASSWORD);
    assert!(output.status.success(), "{}", said(&output));
    let sql = connect(&Cluster::get().url(&database)).await;
    // Twice, so that connections of the pooler are used again.
    for day in ["2026-03-01", "2026-03-02"] {
        let server = Serving::start(&home, &["--database-url", &url]);
        let ana = Person::sign_in_at(&server.base, "ana@example.org").await;
        let made = ana.create(&fresh("journal-entries"), &daily(day, &json!({}))).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let query = "SELECT DISTINCT usename::text FROM pg_stat_activity \
                     WHERE usename <> 'pj_operate' AND pid <> pg_backend_pid() AND datname = current_database()";
        let rows = sql.query(query, &[]).await.unwrap();
        let users: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(users, ["pj_server"]);
        server.stop().await;
    }

    let said = refused(&["--database-url", &bouncer.url("pj_admin", &database)]);
    assert!(said.contains("the login pj_admin is a superuser"), "{said}");
}

#[test]
fn a_pooler_of_transactions_is_refused_with_a_sentence() {
    if left_out() {
        return;
    }
    let bouncer = Bouncer::start("transaction");
    let said = refused(&["--database-url", &bouncer.url("pj_server", &Cluster::get().database())]);
    assert!(said.contains("pools transactions; it must pool sessions"), "{said}");
}
