//! Behind real proxies that compress JSON: what arrives of an ETag, and that an app which sends it back
//! can read, write and delete.
//!
//! They need nginx and Apache httpd. Where one is missing the test fails and says so;
//! `PAIN_JOURNAL_SKIP_PROXIES=1` leaves them out.

use crate::support::people::{daily, fresh};
use crate::support::program::happens_within;
use crate::support::{Answer, Person, TestApp};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const NEEDS: &str = "the tests behind proxies need nginx and Apache httpd; install them, or set \
     PAIN_JOURNAL_SKIP_PROXIES=1 to leave these tests out";
/// How long a proxy may take to listen where many tests run at once.
const START_LIMIT: Duration = Duration::from_mins(1);

fn are_left_out() -> bool {
    std::env::var("PAIN_JOURNAL_SKIP_PROXIES").as_deref() == Ok("1")
}

/// A program, or nothing where the system has none of these names.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    places.flat_map(|place| names.iter().map(move |name| place.join(name))).find(|p| p.is_file())
}

/// Where Apache keeps its modules.
fn modules() -> Option<PathBuf> {
    let places = [
        "/usr/lib/apache2/modules",
        "/usr/lib64/httpd/modules",
        "/usr/lib/apache2",
        "/opt/homebrew/opt/httpd/lib/httpd/modules",
        "/usr/local/opt/httpd/lib/httpd/modules",
    ];
    places.into_iter().map(PathBuf::from).find(|place| place.join("mod_proxy.so").is_file())
}

/// A proxy in front of a server, in a folder of its own. It ends with this value.
struct Proxy {
    process: Child,
    folder: PathBuf,
    base: String,
}

impl Proxy {
    /// Starts a program on a free port. `start` writes its configuration and tells how to run it.
    fn start(name: &str, start: impl Fn(&Path, u16) -> Command) -> Self {
        // Another program may take the port before this one does.
        for attempt in 0..5 {
            let folder = format!("pain-journal-{name}-{}-{attempt}", std::process::id());
            let folder = std::env::temp_dir().join(folder);
            fs::create_dir_all(&folder).unwrap();
            let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let mut command = start(&folder, free.port());
            let log = fs::File::create(folder.join("log")).unwrap();
            let output = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
            let process = output.spawn().expect(NEEDS);
            let mut proxy = Self { process, folder, base: format!("http://{free}") };
            let mut has_ended = false;
            let listens = happens_within(START_LIMIT, || {
                has_ended = proxy.process.try_wait().unwrap().is_some();
                has_ended || TcpStream::connect(free).is_ok()
            });
            if listens && !has_ended {
                return proxy;
            }
            println!("{name}: {}", fs::read_to_string(proxy.folder.join("log")).unwrap());
            println!("{}", fs::read_to_string(proxy.folder.join("error.log")).unwrap_or_default());
        }
        panic!("{name} did not start");
    }

    /// nginx, which compresses what the server sends plain.
    fn nginx(server: &str) -> Self {
        let nginx = program(&["nginx"]).expect(NEEDS);
        let server = server.to_owned();
        Self::start("nginx", move |folder, port| {
            let place = folder.display();
            let mut temporary = String::new();
            for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
                writeln!(temporary, "  {kind}_temp_path {place}/{kind};").unwrap();
            }
            let settings = format!(
                "daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;\n\
                 events {{ worker_connections 64; }}\n\
                 http {{\n  access_log off;\n{temporary}  gzip on; gzip_proxied any;\n  \
                 gzip_min_length 1; gzip_types application/json application/problem+json;\n  \
                 server {{\n    listen 127.0.0.1:{port};\n    location / {{\n      \
                 proxy_pass {server};\n      proxy_set_header Accept-Encoding \"\";\n    }}\n  }}\n}}\n"
            );
            fs::write(folder.join("nginx.conf"), settings).unwrap();
            let mut command = Command::new(&nginx);
            command.args(["-p".as_ref(), folder.as_os_str()]);
            command.arg("-e").arg(folder.join("error.log"));
            command.arg("-c").arg(folder.join("nginx.conf"));
            command
        })
    }

    /// Apache, whose filters do what `filters` says.
    fn apache(name: &str, server: &str, filters: &str) -> Self {
        let apache = program(&["apache2", "httpd"]).expect(NEEDS);
        let modules = modules().expect(NEEDS);
        let server = server.to_owned();
        Self::start(name, move |folder, port| {
            let place = folder.display();
            let mut settings = format!(
                "ServerRoot \"{place}\"\nServerName localhost\nPidFile {place}/pid\n\
                 DefaultRuntimeDir {place}\nMutex file:{place}\nErrorLog {place}/error.log\n\
                 Listen 127.0.0.1:{port}\n"
            );
            let needed = [
                "mpm_event",
                "unixd",
                "authz_core",
                "proxy",
                "proxy_http",
                "filter",
                "deflate",
                "brotli",
                "headers",
                "setenvif",
            ];
            for module in needed {
                let file = modules.join(format!("mod_{module}.so"));
                // Some are built in.
                if file.is_file() {
                    writeln!(settings, "LoadModule {module}_module {}", file.display()).unwrap();
                }
            }
            writeln!(
                settings,
                "<IfModule unixd_module>\nUser #65534\nGroup #65534\n</IfModule>\n{filters}\n\
                 ProxyPass / {server}/"
            )
            .unwrap();
            fs::write(folder.join("apache.conf"), settings).unwrap();
            let mut command = Command::new(&apache);
            // One process in front, which a kill ends.
            command.arg("-X").arg("-d").arg(folder).arg("-f").arg(folder.join("apache.conf"));
            command
        })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Who sends through the proxy, and takes what is compressed.
struct Behind<'a> {
    person: Person,
    coding: &'static str,
    /// What stands behind or before the tag.
    form: &'a dyn Fn(&str) -> String,
}

impl Behind<'_> {
    async fn send(&self, method: &str, path: &str, header: (&str, &str), body: &Value) -> Answer {
        // The answer is compressed, which the checking client does not read.
        let call =
            self.person.call(method, path).unchecked().header("Accept-Encoding", self.coding);
        let call = if header.0.is_empty() { call } else { call.header(header.0, header.1) };
        if body.is_null() { call.send().await } else { call.json(body).send().await }
    }

    /// Reads, and has not changed when asked again with the tag as it arrived; answers that tag.
    async fn reads(&self, path: &str) -> String {
        let first = self.send("GET", path, ("", ""), &Value::Null).await;
        assert_eq!(first.status, 200, "{path}");
        assert_eq!(first.header("content-encoding"), self.coding, "{path}: nothing was compressed");
        let etag = first.etag().to_owned();
        let again = self.send("GET", path, ("If-None-Match", &etag), &Value::Null).await;
        assert_eq!(again.status, 304, "{path} {etag}");
        let other =
            self.send("GET", path, ("If-None-Match", "\"v987654-gzip\""), &Value::Null).await;
        assert_eq!(other.status, 200, "{path}");
        etag
    }

    /// Reads, writes, is refused with the version before, and reads again.
    async fn writes(&self, path: &str, bodies: [&Value; 2]) -> String {
        let first = self.reads(path).await;
        let changed = self.send("PUT", path, ("If-Match", &first), bodies[0]).await;
        assert_eq!(changed.status, 200, "{path} {first}");
        let stale = self.send("PUT", path, ("If-Match", &first), bodies[1]).await;
        assert_eq!(stale.status, 412, "{path} {first}");
        let second = self.reads(path).await;
        assert_ne!(first, second, "{path}");
        // The answer to a write is a version as well.
        let changed = self.send("PUT", path, ("If-Match", changed.etag()), bodies[1]).await;
        assert_eq!(changed.status, 200, "{path}");
        self.reads(path).await
    }
}

/// What an app does, behind a proxy that makes `form` of a tag.
async fn plays(proxy: &Proxy, app: &TestApp, coding: &'static str, form: &dyn Fn(&str) -> String) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.let_record(&lind, &["pain", "treatment", "notes"]).await;
    let at = |person: &Person| Person { base: proxy.base.clone(), ..person.clone() };
    let [ana_there, lind_there] =
        [&ana, &lind].map(|person| Behind { person: at(person), coding, form });

    // A record: made through the proxy, changed, deleted.
    let path = fresh("journal-entries");
    let entry = |mood: i64| daily("2025-06-01", &json!({"mood": mood, "note": "x".repeat(300)}));
    let made = ana_there.send("PUT", &path, ("If-None-Match", "*"), &entry(1)).await;
    assert_eq!(made.status, 201);
    let plain = ana.get(&path).await.etag().to_owned();
    let arrived = ana_there.reads(&path).await;
    assert_eq!(arrived, (ana_there.form)(&plain), "another form than the one looked at");
    let etag = ana_there.writes(&path, [&entry(2), &entry(3)]).await;
    let gone = ana_there.send("DELETE", &path, ("If-Match", &arrived), &Value::Null).await;
    assert_eq!(gone.status, 412);
    let gone = ana_there.send("DELETE", &path, ("If-Match", &etag), &Value::Null).await;
    assert_eq!(gone.status, 204);

    // A record of the practitioner, and the share itself.
    let path = fresh(&format!("patients/{share}/treatment-sessions"));
    let visit = |count: i64| {
        json!({"status": "attended", "kind": "treatment", "time_zone": "Europe/Berlin",
            "starts_at": "2025-06-03T09:00:00+02:00", "needle_count": count})
    };
    assert_eq!(lind.create(&path, &visit(1)).await.status, 201);
    lind_there.writes(&path, [&visit(2), &visit(3)]).await;
    let expires_at = (chrono::Utc::now() + chrono::Duration::days(200)).to_rfc3339();
    let terms = |label: &str| json!({"label": label, "sections": ["pain", "treatment"], "expires_at": expires_at});
    ana_there.writes(&format!("/v1/shares/{share}"), [&terms("one"), &terms("two")]).await;

    // What is only read.
    let days = json!({"from": "2025-06-01", "to": "2025-06-30"});
    let frozen = ana.post("/v1/report/snapshots", &days).await.json["id"].clone();
    let frozen = format!("/v1/report/snapshots/{}", frozen.as_str().unwrap());
    for path in [
        "/v1/report?from=2025-06-01&to=2025-06-30",
        &frozen,
        &format!("{frozen}/report"),
        "/v1/vocabularies",
        "/v1/instruments",
    ] {
        ana_there.reads(path).await;
    }
}

#[tokio::test]
async fn an_app_behind_nginx_reads_and_writes() {
    if are_left_out() {
        return;
    }
    let app = TestApp::shared();
    let proxy = Proxy::nginx(&app.base);
    plays(&proxy, &app, "gzip", &|tag| format!("W/{tag}")).await;
}

#[tokio::test]
async fn an_app_behind_apache_reads_and_writes() {
    if are_left_out() {
        return;
    }
    let app = TestApp::shared();
    // The server sees no wish for compression, so that Apache is the one who compresses.
    let filters = "SetEnvIf Accept-Encoding gzip force-gzip\n\
         RequestHeader unset Accept-Encoding\nSetOutputFilter DEFLATE";
    let proxy = Proxy::apache("apache", &app.base, filters);
    plays(&proxy, &app, "gzip", &|tag| format!("{}-gzip\"", tag.trim_end_matches('"'))).await;
}

#[tokio::test]
async fn an_app_behind_apache_that_packs_anew_reads_and_writes() {
    if are_left_out() {
        return;
    }
    let app = TestApp::shared();
    let filters = "RequestHeader set Accept-Encoding \"gzip, br;q=0.1\"\n\
         SetOutputFilter INFLATE;BROTLI_COMPRESS";
    let proxy = Proxy::apache("apache-br", &app.base, filters);
    plays(&proxy, &app, "br", &|tag| format!("{}-gunzip-br\"", tag.trim_end_matches('"'))).await;
}
