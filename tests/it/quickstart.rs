//! The documents say what is so: the quickstart of the README runs as it stands, and what the pages
//! list is what the code has.

use crate::support::program::{Home, Serving};
use crate::support::{TestApp, contract};
use pain_journal::credentials::secret::MasterSecret;
use pain_journal::demo;
use pain_journal::http::ProblemKind;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const README: &str = include_str!("../../README.md");
const API: &str = include_str!("../../docs/api.md");
const SYNC: &str = include_str!("../../docs/sync.md");

/// The text of a section, down to the next one of its level.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, text) = page.split_once(&format!("\n{heading}\n")).expect(heading);
    let level = heading.split(' ').next().unwrap();
    text.split(&format!("\n{level} ")).next().unwrap()
}

/// The blocks of bash in a text.
fn blocks(text: &str) -> Vec<&str> {
    text.split("\n```bash\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// Is this the line that the page promises? `…` stands for anything.
fn is_as_promised(line: &str, promised: &str) -> bool {
    let mut parts = promised.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap()) else { return false };
    let mut is_open = false;
    for part in parts {
        is_open = part.is_empty();
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    is_open || rest.is_empty()
}

#[test]
fn a_promise_is_kept_word_by_word() {
    assert!(is_as_promised(r#"etag: "v7""#, r#"etag: "v…""#));
    assert!(is_as_promised(r#"{"id":"x","version":7}"#, r#"{"id":"…","version":…"#));
    assert!(!is_as_promised("HTTP/1.1 200 OK", "HTTP/1.1 201 …"));
    assert!(!is_as_promised("204x", "204") && !is_as_promised("", "204"));
}

/// Runs the blocks of a text against a server with the demo data, after `prelude`, checks that they
/// print what their comments promise, and answers what they print.
fn walk(text: &str, folder: &Path, listen: &str, steps: usize, prelude: &str) -> String {
    let blocks = blocks(text);
    assert_eq!(blocks.len(), steps, "one block a step");
    let script = blocks.join("\n");
    assert_eq!(script.matches("127.0.0.1:8080").count(), 1);
    let script = script.replace("127.0.0.1:8080", listen);
    fs::create_dir(folder).unwrap();

    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("set -euo pipefail\n{prelude}\n{script}")]).current_dir(folder);
    bash.env("no_proxy", "127.0.0.1").stdin(Stdio::null());
    let output = bash.output().expect("bash");
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{printed}\n{said}", output.status);

    // The comments of the blocks are what the commands print, in this order.
    let promises = script.lines().filter_map(|line| line.strip_prefix("# "));
    let mut lines = printed.lines();
    let mut kept = 0;
    for promised in promises {
        let found = lines.by_ref().any(|line| is_as_promised(line, promised));
        assert!(found, "`{promised}` is promised and not printed here:\n{printed}");
        kept += 1;
    }
    assert!(kept >= 2 * steps, "the blocks promise {kept} lines only");
    printed
}

/// Runs the quickstart and checks what it does beside what it promises.
fn quickstart(folder: &Path, listen: &str, prelude: &str) {
    let printed = walk(section(README, "## Quickstart"), folder, listen, 10, prelude);
    // Created, repeated, changed, refused: four answers with a version.
    let versions: Vec<&str> = printed.lines().filter(|line| line.starts_with("etag: ")).collect();
    assert_eq!(versions.len(), 4, "{printed}");
    assert_eq!(versions[0], versions[1], "the repeated request wrote something");
    assert_ne!(versions[1], versions[2], "the change wrote nothing");
    assert_eq!(versions[2], versions[3], "the refusal names the present version");
    let chart = fs::read_to_string(folder.join("report-chart.svg")).unwrap();
    assert!(chart.matches("<circle").count() > 100, "a chart without days");
}

#[test]
fn the_quickstart_runs_as_it_stands() {
    let home = Home::fresh("quickstart");
    let server = Serving::start(&home, &["--demo"]);
    quickstart(&home.path().join("quickstart"), server.listen(), "");
}

/// A `date` whose today is another one: seconds from now.
fn shifted_date(seconds: i64) -> String {
    format!(
        "date() {{\n  local now\n  now=$(command date -u -d \"@$(($(command date +%s) + {seconds}))\" \
         '+%Y-%m-%d %H:%M:%S')\n  if [ \"$2\" = -d ]; then command date -u -d \"$3 $now\" \"$4\"\n  \
         else command date -u -d \"$now\" \"$2\"; fi\n}}"
    )
}

/// Every day of the week, ends of a month and a year, both changes of the clocks, a leap day.
const OTHER_DAYS: [&str; 9] = [
    "2026-11-04T12:00:00Z",
    "2026-12-05T12:00:00Z",
    "2026-12-31T23:30:00Z",
    "2027-03-28T00:30:00Z",
    "2027-03-29T12:00:00Z",
    "2027-06-01T05:00:00Z",
    "2027-10-31T01:30:00Z",
    "2028-02-29T18:00:00Z",
    "2028-08-24T12:00:00Z",
];

/// The demo's default report, whoever reads it, says something on every day; and the quickstart runs.
#[tokio::test]
async fn the_demo_is_worth_looking_at_on_every_day() {
    let folder = Home::fresh("other-days");
    fs::create_dir_all(folder.path()).unwrap();
    for (number, today) in OTHER_DAYS.into_iter().enumerate() {
        let app = TestApp::alone();
        app.turn_to(today);
        let loaded = app.operate(|app| async move { demo::load(&app).await.unwrap() }).await;
        assert!(loaded.unwrap().ends_with("lind@demo.example / demo-silver-needle"));
        let sql = app.sql().await;
        let last = "SELECT max(journal_date)::text, count(*) FROM pj.journal_entries";
        let last = sql.query_one(last, &[]).await.unwrap();
        let (last, count): (String, i64) = (last.get(0), last.get(1));
        let berlin = app.now().with_timezone(&chrono_tz::Europe::Berlin).date_naive();
        assert_eq!(last, (berlin - chrono::Days::new(1)).to_string(), "{today}");
        assert!(count > 680, "{count} entries on {today}: some were refused");

        let (ana, share) = demo_sign_ins(&app).await;
        for path in ["/v1/report".to_owned(), format!("/v1/patients/{share}/report")] {
            let reader = if path.contains("patients") { &ana.1 } else { &ana.0 };
            let report = app.call("GET", &path).bearer(reader).send().await;
            let change = &report.json["pain"]["change"];
            assert_eq!(report.status, 200, "{today} {path}: {}", report.text);
            assert!(change["sentence"].is_string(), "{today} {path}: {change}");
        }
        let seconds = (app.now() - chrono::Utc::now()).num_seconds();
        let (base, place) = (app.base.clone(), folder.path().join(number.to_string()));
        let listen = base.trim_start_matches("http://").to_owned();
        let run = move || quickstart(&place, &listen, &shifted_date(seconds));
        tokio::task::spawn_blocking(run).await.unwrap();
    }
}

/// The access tokens of the demo patient and the demo practitioner, and the id of their share.
async fn demo_sign_ins(app: &TestApp) -> ((String, String), String) {
    let mut tokens = Vec::new();
    for (email, password) in
        [("ana@demo.example", "demo-seven-herons"), ("lind@demo.example", "demo-silver-needle")]
    {
        let body = json!({"email": email, "password": password, "device": {}});
        let answer = app.call("POST", "/v1/auth/login").json(&body).send().await;
        tokens.push(answer.json["tokens"]["access_token"].as_str().unwrap().to_owned());
    }
    let lind = tokens.pop().unwrap();
    let shares = app.call("GET", "/v1/shares").bearer(&lind).send().await;
    let share = shares.json["data"][0]["id"].as_str().unwrap().to_owned();
    ((tokens.pop().unwrap(), lind), share)
}

#[tokio::test]
async fn a_demo_that_was_broken_off_is_made_whole_and_one_that_is_whole_stays() {
    let app = TestApp::alone();
    app.turn_to("2027-02-10T09:00:00Z");
    let load = async || app.operate(|app| async move { demo::load(&app).await }).await;
    load().await.unwrap().unwrap();
    let sql = app.sql().await;
    let state = async || {
        let query = "SELECT (SELECT count(*) FROM pj.journal_entries), \
                     (SELECT count(*) FROM pj.shares), (SELECT max(journal_date)::text \
                     FROM pj.journal_entries), (SELECT count(*) FROM pj.record_history)";
        let row = sql.query_one(query, &[]).await.unwrap();
        let numbers: (i64, i64, String, i64) = (row.get(0), row.get(1), row.get(2), row.get(3));
        numbers
    };
    let whole = state().await;
    // Loaded again, later: nothing moves. When it is old, the start says so.
    app.pass(chrono::Duration::days(14));
    assert!(!load().await.unwrap().unwrap().contains("demo data"));
    app.pass(chrono::Duration::days(1));
    assert!(load().await.unwrap().unwrap().contains("  demo data     of 2027-02-10; "));
    assert_eq!(state().await, whole);

    // Another patient at that address is left alone, and the load says that it did nothing.
    let change = "UPDATE pj.accounts SET email = CASE WHEN email LIKE 'ana@%' THEN \
                  'ana@elsewhere.example' ELSE 'ana@demo.example' END";
    sql.execute(change, &[]).await.unwrap();
    assert!(load().await.unwrap().is_none());
    assert_eq!(state().await, whole);

    // A patient without a practitioner: the load was broken off. It goes on with the days it has.
    let app = TestApp::alone();
    app.turn_to("2027-02-10T09:00:00Z");
    app.operate(|app| async move { demo::load(&app).await }).await.unwrap().unwrap();
    let sql = app.sql().await;
    let hide = "UPDATE pj.accounts SET email = 'gone@demo.example' WHERE email LIKE 'lind@%'";
    sql.execute(hide, &[]).await.unwrap();
    app.pass(chrono::Duration::days(30));
    app.operate(|app| async move { demo::load(&app).await }).await.unwrap().unwrap();
    let (_, share) = demo_sign_ins(&app).await;
    assert!(!share.is_empty());
    let row = sql.query_one("SELECT max(journal_date)::text FROM pj.journal_entries", &[]);
    let last: String = row.await.unwrap().get(0);
    assert!(("2027-02-09".."2027-02-23").contains(&last.as_str()), "{last}");
}

/// The picture of the README is what the server draws of the diary.
#[tokio::test]
async fn the_chart_of_the_readme_is_the_servers() {
    let app = TestApp::alone();
    app.turn_to("2026-11-01T12:00:00Z");
    app.operate(|app| async move { demo::load(&app).await }).await.unwrap().unwrap();
    let ((_, lind), share) = demo_sign_ins(&app).await;
    let path = format!("/v1/patients/{share}/report/chart.svg?from=2025-08-01&to=2026-01-31");
    let chart = app.call("GET", &path).bearer(&lind).send().await.text;
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/images/report-chart.svg");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(picture, &chart).unwrap();
    }
    let shown = fs::read_to_string(picture).unwrap();
    assert!(chart == shown, "the picture of the README is another one: UPDATE_SNAPSHOTS=1");
}

/// The server says that it is ready, and the demo people can sign in at once.
#[tokio::test]
async fn ready_with_demo_data_means_that_its_people_can_sign_in() {
    let home = Home::fresh("ready-demo");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let base = format!("http://{listen}");
    let watched = base.clone();
    // Somebody asks from before the start on.
    let watcher = tokio::spawn(async move {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let limit = std::time::Duration::from_mins(2);
        let asked = tokio::time::timeout(limit, async {
            loop {
                match client.get(format!("{watched}/readyz")).send().await {
                    Ok(answer) if answer.status() == 200 => break,
                    _ => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
                }
            }
        });
        asked.await.expect("it is ready in the end");
        let mut signed_in = Vec::new();
        for (email, password) in
            [("ana@demo.example", "demo-seven-herons"), ("lind@demo.example", "demo-silver-needle")]
        {
            let body = json!({"email": email, "password": password, "device": {}});
            let login = client.post(format!("{watched}/v1/auth/login")).json(&body).send();
            signed_in.push(login.await.unwrap().status().as_u16());
        }
        signed_in
    });
    let started = tokio::task::spawn_blocking(move || {
        let server = Serving::start_at(&home, &listen, &["--demo"]);
        (server, home)
    });
    let (server, home) = started.await.unwrap();
    assert_eq!(watcher.await.unwrap(), [200, 200]);
    drop((server, home));
}

#[test]
fn two_phones_sync_as_the_page_shows() {
    let home = Home::fresh("two-phones");
    let server = Serving::start(&home, &["--demo"]);
    let folder = home.path().join("two-phones");
    let text = section(SYNC, "## Two phones in sync, with curl");
    let printed = walk(text, &folder, server.listen(), 8, "");
    // Nothing is printed that the page does not show.
    let promised = blocks(text).join("\n").lines().filter(|line| line.starts_with("# ")).count();
    assert_eq!(printed.lines().count(), promised, "{printed}");
}

#[test]
fn the_readme_makes_an_env_file_and_never_overwrites_one() {
    let home = Home::fresh("env-file");
    fs::create_dir(home.path()).unwrap();
    let block =
        section(README, "## Run it").split("\n```sh\n").find(|b| b.contains("> .env")).unwrap();
    let block = block.split("\n```").next().unwrap();
    let (makes, starts): (Vec<&str>, Vec<&str>) =
        block.lines().partition(|line| !line.starts_with("docker "));
    assert_eq!(starts, ["docker compose up --detach --wait"]);
    let run = || {
        let bash =
            Command::new("bash").args(["-c", &makes.join("\n")]).current_dir(home.path()).status();
        let file = home.path().join(".env");
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o7777;
        (bash.unwrap().success(), mode, fs::read_to_string(file).unwrap())
    };
    let (made, mode, text) = run();
    assert!(made && mode == 0o600, "{mode:o}");
    let secret = text.lines().find_map(|line| line.strip_prefix("PAIN_JOURNAL_SECRET=")).unwrap();
    assert!(!MasterSecret::parse(secret).unwrap().is_weak());
    assert_eq!(run(), (false, 0o600, text.clone()), "it was overwritten");
}

#[test]
fn the_error_table_is_the_catalogue() {
    let rows = section(API, "## Errors").lines().filter(|line| line.starts_with("| `"));
    let documented: Vec<(String, u16)> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].replace('`', ""), cells[1].parse().unwrap())
        })
        .collect();
    let known: Vec<_> =
        ProblemKind::ALL.iter().map(|k| (k.code().to_owned(), k.status())).collect();
    assert_eq!(documented, known);
}

#[test]
fn the_table_of_addresses_is_what_is_served() {
    let rows = section(API, "## Addresses").lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeSet<String> = rows
        .flat_map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let path = cells[0].replace('`', "");
            cells[1].split(", ").map(move |method| format!("{method} {path}")).collect::<Vec<_>>()
        })
        .collect();
    let served: BTreeSet<String> = contract::operations()
        .into_iter()
        .map(|(path, method, _)| format!("{} {path}", method.to_uppercase()))
        .collect();
    assert_eq!(documented, served);
}

/// Every page of the project.
fn pages() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![top.join("README.md"), top.join("CHANGELOG.md")];
    for folder in [top.join("docs"), top.join("docs/decisions")] {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(files.filter(|file| file.extension().is_some_and(|e| e == "md")));
    }
    pages
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let file = link.split('#').next().unwrap();
            let target = page.parent().unwrap().join(file);
            assert!(target.exists(), "{} links to {link}", page.display());
        }
    }
}
