//! The practitioners' pages as a browser meets them: the cookie, the forms, and what is refused.

mod list;
mod news;
mod tls;
mod withdrawn;

use crate::spellings::AROUND;
use crate::support::people::{PASSWORD, daily, fresh};
use crate::support::{Person, TestApp};
use chrono::Duration;
use pain_journal::access::Role;
use reqwest::header::HeaderMap;
use serde_json::json;

const LOGIN: &str = "/clinic/sign-in";

/// A page as it came.
struct Shown {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Shown {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the cookie it sets, empty for one that it takes away.
    fn cookie(&self) -> &str {
        let set = self.header("set-cookie");
        let (value, _) =
            set.strip_prefix("pain_journal_pages=").expect(set).split_once(';').unwrap();
        value
    }

    /// The way on to another page.
    #[track_caller]
    fn leads_to(&self, place: &str) {
        assert_eq!((self.status, self.header("location")), (303, place), "{}", self.text);
    }

    /// A page with this status and heading.
    #[track_caller]
    fn is_page(&self, status: u16, heading: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.text.contains(&format!("<h1>{heading}</h1>")), "{heading} {}", self.text);
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(self.header("cache-control"), "private, no-store");
        let policy = self.header("content-security-policy");
        for rule in [
            "default-src 'none';",
            "script-src 'self';",
            "form-action 'self';",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{rule} {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(
            !self.text.contains("<style") && !self.text.contains("style="),
            "the policy forbids it"
        );
        assert!(!self.text.contains("<script>"), "the policy forbids it");
    }

    /// The page of a report.
    #[track_caller]
    fn is_report(&self) {
        assert_eq!(self.status, 200, "{}", self.text);
        assert!(self.text.contains("Progress report") && self.text.contains("data-print"));
        assert!(self.header("content-security-policy").contains("script-src 'self';"));
        assert_eq!(self.header("cache-control"), "private, no-store");
    }
}

/// A request as a browser sends it, with a cookie where there is one. It follows no redirection.
fn request(app: &TestApp, method: &str, path: &str, cookie: &str) -> reqwest::RequestBuilder {
    let client = reqwest::Client::builder().no_proxy();
    let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = client.request(method.parse().unwrap(), format!("{}{path}", app.base));
    if cookie.is_empty() {
        request
    } else {
        request.header("Cookie", format!("other=1; pain_journal_pages={cookie}"))
    }
}

async fn send(request: reqwest::RequestBuilder) -> Shown {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
    Shown { status, headers, text }
}

async fn open(app: &TestApp, path: &str, cookie: &str) -> Shown {
    send(request(app, "GET", path, cookie)).await
}

/// The sign-in form, filled in.
fn form(app: &TestApp, email: &str, password: &str) -> reqwest::RequestBuilder {
    let encode =
        |text: &str| text.bytes().fold(String::new(), |done, byte| format!("{done}%{byte:02X}"));
    let body = format!("email={}&password={}", encode(email), encode(password));
    let request = request(app, "POST", LOGIN, "");
    request.header("Content-Type", "application/x-www-form-urlencoded").body(body)
}

async fn sign_in(app: &TestApp, person: &Person) -> String {
    let answer = send(form(app, &person.email, PASSWORD)).await;
    answer.leads_to("../clinic");
    answer.cookie().to_owned()
}

/// The freeze button of a report of some days.
fn keep(app: &TestApp, page: &str, cookie: &str) -> reqwest::RequestBuilder {
    let request = request(app, "POST", &format!("{page}/frozen"), cookie);
    let days = "from=2026-10-01&to=2026-10-31";
    request.header("Content-Type", "application/x-www-form-urlencoded").body(days)
}

/// A patient who shares pain with a practitioner, the share's page, and the practitioner's cookie.
async fn visit(app: &TestApp) -> (Person, Person, String, String) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &["pain"]).await;
    let cookie = sign_in(app, &lind).await;
    (ana, lind, format!("/clinic/patients/{share}"), cookie)
}

#[tokio::test]
async fn a_wrong_password_is_told_and_a_right_one_gives_the_cookie() {
    let app = TestApp::shared();
    let lind = app.practitioner("lind").await;
    open(&app, LOGIN, "").await.is_page(200, "For practitioners");
    let stranger = "<b>\"nobody\"</b>@example.org";
    for (email, password) in [
        (lind.email.as_str(), "violet kelp orbit 8"),
        (lind.email.as_str(), ""),
        ("nobody@example.org", PASSWORD),
        ("not an address", PASSWORD),
        (stranger, PASSWORD),
    ] {
        let refused = send(form(&app, email, password)).await;
        refused.is_page(401, "For practitioners");
        assert!(refused.text.contains("The address and the password do not fit."));
        assert!(!refused.headers.contains_key("set-cookie"), "{email}");
        assert!(!refused.text.contains("<b>") && !refused.text.contains(PASSWORD));
    }
    for body in ["", "email=a%40example.org", "{}"] {
        let half = request(&app, "POST", LOGIN, "");
        let half = half.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        send(half).await.is_page(400, "For practitioners");
    }
    for around in AROUND {
        let typed = format!("{around}{}{around}", lind.email);
        send(form(&app, &typed, PASSWORD)).await.leads_to("../clinic");
    }
    let answer = send(form(&app, &format!(" {} ", lind.email.to_uppercase()), PASSWORD)).await;
    answer.leads_to("../clinic");
    let set = answer.header("set-cookie");
    let terms: Vec<&str> = set.split("; ").skip(1).collect();
    for term in ["HttpOnly", "SameSite=Strict", "Path=/clinic", "Max-Age=3600"] {
        assert!(terms.contains(&term), "{term} {set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    open(&app, "/clinic", answer.cookie()).await.is_page(200, "Patients");
    open(&app, LOGIN, answer.cookie()).await.leads_to("../clinic");
}

#[tokio::test]
async fn patients_and_suspended_accounts_are_turned_away_at_the_door() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let refused = send(form(&app, &ana.email, PASSWORD)).await;
    refused.is_page(403, "For practitioners");
    assert!(refused.text.contains("This account is no practitioner's."), "{}", refused.text);
    assert!(!refused.headers.contains_key("set-cookie"));
    let wrong = send(form(&app, &ana.email, "violet kelp orbit 8")).await;
    assert_eq!(wrong.status, 401, "what an account is, only its password tells");

    let both = app.person("both", &[Role::Patient, Role::Practitioner]).await;
    let cookie = sign_in(&app, &both).await;
    open(&app, "/clinic", &cookie).await.is_page(200, "Patients");
    let sql = app.sql().await;
    let suspend = format!("UPDATE pj.accounts SET status = 'suspended' WHERE id = '{}'", both.id);
    assert_eq!(sql.execute(suspend.as_str(), &[]).await.unwrap(), 1);
    send(form(&app, &both.email, PASSWORD)).await.is_page(403, "For practitioners");
    let late = open(&app, "/clinic", &cookie).await;
    assert!(!late.text.contains("<h1>Patients</h1>"), "{} {}", late.status, late.text);
}

#[tokio::test]
async fn without_a_cookie_of_the_pages_every_page_leads_to_the_sign_in() {
    let app = TestApp::shared();
    let (ana, lind, page, cookie) = visit(&app).await;
    let share = page.rsplit('/').next().unwrap();
    for no_good in ["", "nonsense", "a.b.c", lind.token(), ana.token(), &cookie[..cookie.len() - 2]]
    {
        open(&app, "/clinic", no_good).await.leads_to("./clinic/sign-in");
        open(&app, &page, no_good).await.leads_to("../../clinic/sign-in");
        for file in ["report.pdf", "report.html", "days.csv", "nothing"] {
            let answer = open(&app, &format!("{page}/{file}"), no_good).await;
            answer.leads_to("../../../clinic/sign-in");
        }
        let frozen = format!("{page}/frozen");
        open(&app, &frozen, no_good).await.leads_to("../../../clinic/sign-in");
        send(keep(&app, &page, no_good)).await.leads_to("../../../clinic/sign-in");
        let one = format!("{frozen}/{}", uuid::Uuid::now_v7());
        open(&app, &one, no_good).await.leads_to("../../../../clinic/sign-in");
        let file = open(&app, &format!("{one}/report.pdf"), no_good).await;
        file.leads_to("../../../../../clinic/sign-in");
        let answer = open(&app, "/clinic", no_good).await;
        assert_eq!(answer.cookie(), "", "one that is no good goes");
        assert!(answer.header("set-cookie").contains("Path=/clinic"));
    }
    for path in [
        "/v1/me".to_owned(),
        "/v1/patients".to_owned(),
        format!("/v1/patients/{share}/report"),
        format!("/v1/patients/{share}/report/page.html"),
    ] {
        let as_bearer = app.call("GET", &path).bearer(&cookie).send().await;
        assert_eq!(as_bearer.status, 401, "{path}");
        let as_cookie = app.call("GET", &path);
        let as_cookie = as_cookie.header("Cookie", &format!("pain_journal_pages={cookie}"));
        assert_eq!(as_cookie.send().await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let app = TestApp::shared();
    let (_, lind, _, cookie) = visit(&app).await;
    let sites = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ];
    for (name, value) in sites {
        let refused = send(form(&app, &lind.email, PASSWORD).header(name, value)).await;
        refused.is_page(403, "For practitioners");
        assert!(!refused.headers.contains_key("set-cookie"), "{name}: {value}");
        let out = request(&app, "POST", "/clinic/sign-out", &cookie).header(name, value);
        assert_eq!(send(out).await.status, 303);
        open(&app, "/clinic", &cookie).await.is_page(200, "Patients");
    }
    for (name, value) in [("Sec-Fetch-Site", "same-origin"), ("Origin", app.base.as_str())] {
        let own = send(form(&app, &lind.email, PASSWORD).header(name, value)).await;
        own.leads_to("../clinic");
    }
    for path in ["/clinic", "/clinic/sign-out"] {
        let method = if path == "/clinic" { "POST" } else { "GET" };
        let answer = send(request(&app, method, path, &cookie)).await;
        assert!([404, 405].contains(&answer.status), "{method} {path} {}", answer.status);
    }
    open(&app, "/clinic", &cookie).await.is_page(200, "Patients");
}

#[tokio::test]
async fn signing_out_ends_the_cookie_wherever_a_copy_of_it_is() {
    let app = TestApp::shared();
    let (_, lind, page, cookie) = visit(&app).await;
    let copy = open(&app, "/clinic", &cookie).await.cookie().to_owned();
    let other = sign_in(&app, &lind).await;
    let out = send(request(&app, "POST", "/clinic/sign-out", &cookie)).await;
    out.leads_to("../clinic/sign-in");
    assert_eq!(out.cookie(), "");
    for dead in [&cookie, &copy] {
        open(&app, "/clinic", dead).await.leads_to("./clinic/sign-in");
        open(&app, &page, dead).await.leads_to("../../clinic/sign-in");
        open(&app, &format!("{page}/days.csv"), dead).await.leads_to("../../../clinic/sign-in");
    }
    open(&app, &page, &other).await.is_report();
    let again = send(request(&app, "POST", "/clinic/sign-out", &cookie)).await;
    again.leads_to("../clinic/sign-in");
    assert_eq!(lind.get("/v1/me").await.status, 200, "the app stays signed in");
}

#[tokio::test]
async fn each_page_keeps_the_cookie_good_for_another_hour_and_a_day_ends() {
    let app = TestApp::alone();
    let lind = app.practitioner("lind").await;
    let first = sign_in(&app, &lind).await;
    let mut cookie = first.clone();
    for _ in 0..14 {
        app.pass(Duration::minutes(50));
        let page = open(&app, "/clinic", &cookie).await;
        page.is_page(200, "Patients");
        assert_ne!(page.cookie(), cookie);
        page.cookie().clone_into(&mut cookie);
    }
    open(&app, "/clinic", &first).await.leads_to("./clinic/sign-in");
    app.pass(Duration::minutes(50));
    open(&app, "/clinic", &cookie).await.leads_to("./clinic/sign-in");

    let idle = sign_in(&app, &lind).await;
    app.pass(Duration::minutes(61));
    open(&app, "/clinic", &idle).await.leads_to("./clinic/sign-in");
}

#[tokio::test]
async fn journals_that_are_not_open_do_not_exist() {
    let app = TestApp::shared();
    let (ana, _, page, cookie) = visit(&app).await;
    let may = app.practitioner("may").await;
    let of_may = sign_in(&app, &may).await;
    open(&app, &page, &cookie).await.is_report();
    let nowhere = "/clinic/patients/0195a3c2-0000-7000-8000-00000000000a";
    for (path, cookie) in [
        (page.as_str(), &of_may),
        (nowhere, &cookie),
        ("/clinic/patients/nonsense", &cookie),
        (&format!("{page}/report.exe"), &cookie),
        (&format!("{page}/report.pdf"), &of_may),
    ] {
        let missing = open(&app, path, cookie).await;
        missing.is_page(404, "Not open");
        assert!(!missing.headers.contains_key("content-disposition"), "{path}");
    }
    assert!(!open(&app, "/clinic", &of_may).await.text.contains(&page));
    let share = page.rsplit('/').next().unwrap();
    let ended = ana.call("DELETE", &format!("/v1/shares/{share}")).send().await;
    assert!(ended.status < 300, "{}", ended.text);
    open(&app, &page, &cookie).await.is_page(404, "Not open");
    open(&app, &format!("{page}/days.csv"), &cookie).await.is_page(404, "Not open");
    assert!(!open(&app, "/clinic", &cookie).await.text.contains(&page));
}

#[tokio::test]
async fn days_that_make_no_window_are_told_on_a_page() {
    let app = TestApp::shared();
    let (_, _, page, cookie) = visit(&app).await;
    for query in [
        "from=2026-05-02&to=2026-05-01",
        "from=2020-01-01&to=2026-01-01",
        "from=2026-05-01",
        "from=%3Cscript%3E&to=2026-05-01",
    ] {
        for path in [format!("{page}?{query}"), format!("{page}/report.pdf?{query}")] {
            let told = open(&app, &path, &cookie).await;
            told.is_page(422, "Those days do not work");
            assert!(!told.text.contains("<script>"), "{query}");
        }
    }
    let shown = open(&app, &format!("{page}?from=2026-04-01&to=2026-05-01"), &cookie).await;
    shown.is_report();
    for field in [
        "name=\"from\" value=\"2026-04-01\"",
        "name=\"to\" value=\"2026-05-01\"",
        "/report.pdf?from=2026-04-01&amp;to=2026-05-01&amp;paper=a4",
        "/report.pdf?from=2026-04-01&amp;to=2026-05-01&amp;paper=letter",
        "/days.csv?from=2026-04-01&amp;to=2026-05-01\"",
    ] {
        assert!(shown.text.contains(field), "{field}");
    }
}

#[tokio::test]
async fn a_hostile_label_is_text_in_the_list() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let label = "</a><script>alert(1)</script>\" onload='x' {{7*7}}";
    let share = ana.share_on(&lind, &["pain"], &json!({"label": label})).await;
    let cookie = sign_in(&app, &lind).await;
    let list = open(&app, "/clinic", &cookie).await;
    list.is_page(200, "Patients");
    assert!(list.text.contains("&lt;/a&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload='x"));
    assert!(list.text.contains(&format!("href=\"./clinic/patients/{share}\"")));
    assert_eq!(list.text.matches("<script").count(), 1, "the one of the print button");
    let report = open(&app, &format!("/clinic/patients/{share}"), &cookie).await;
    report.is_report();
    assert_eq!(report.text.matches("<script").count(), 1, "the one of the print button");
    assert!(!report.text.contains("\" onload"));

    // The file that is taken along says whose it is.
    let kept = open(&app, &format!("/clinic/patients/{share}/report.html"), &cookie).await;
    assert_eq!(kept.status, 200);
    assert!(kept.text.contains("Journal shared as \u{201c}&lt;/a&gt;&lt;script&gt;alert(1)"));
    assert!(!kept.text.contains("<script") && !kept.text.contains("\" onload"));
}

#[tokio::test]
async fn the_report_and_its_files_are_those_of_the_share() {
    let app = TestApp::alone();
    app.turn_to("2026-11-15T12:00:00Z");
    let (ana, _, page, cookie) = visit(&app).await;
    let told = json!({"pain_average": 6, "note": "zaunkoenig", "note_shared": true, "steps": 4321});
    let made = ana.create(&fresh("journal-entries"), &daily("2026-11-14", &told)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let report = open(&app, &page, &cookie).await;
    report.is_report();
    assert_eq!(report.text.matches("<main ").count(), 1);
    assert_eq!(report.text.matches("<h1").count(), 1);
    assert!(!report.text.contains("zaunkoenig") && !report.cookie().is_empty());
    for (file, media, begins) in [
        ("report.pdf", "application/pdf", "%PDF-"),
        ("report.html", "text/html; charset=utf-8", "<!doctype html>"),
        (
            "days.csv",
            "text/csv; charset=utf-8",
            "patient_name,patient_year_of_birth,own_reference,journal_date,",
        ),
    ] {
        let query = "from=2026-11-01&to=2026-11-15";
        let kept = open(&app, &format!("{page}/{file}?{query}"), &cookie).await;
        assert_eq!((kept.status, kept.header("content-type")), (200, media), "{file}");
        let name = format!("attachment; filename=\"{}\"", file.replace('.', "-test."));
        assert_eq!(kept.header("content-disposition"), name);
        assert_eq!(kept.header("cache-control"), "private, no-store");
        assert!(kept.header("content-security-policy").contains("default-src 'none'"));
        assert!(kept.text.starts_with(begins), "{file}");
        assert!(!kept.text.contains("zaunkoenig") && !kept.text.contains("4321"), "{file}");
    }
    let log = ana.get("/v1/me/access-log").await;
    let actions = log.json["data"].as_array().unwrap().iter().map(|line| &line["action"]);
    let actions: Vec<&str> = actions.map(|action| action.as_str().unwrap()).collect();
    assert_eq!(actions, ["report_days", "report_page", "report_document", "report_page"]);
}

#[tokio::test]
async fn a_report_is_frozen_by_its_button_and_stays_until_the_share_ends() {
    let app = TestApp::shared();
    let (ana, lind, page, cookie) = visit(&app).await;
    let report = open(&app, &format!("{page}?from=2026-10-01&to=2026-10-31"), &cookie).await;
    report.is_report();
    for part in ["/frozen\">", "name=\"from\" value=\"2026-10-01\"", ">Freeze it</button>"] {
        assert!(report.text.contains(part), "{part}");
    }
    let none = open(&app, &format!("{page}/frozen"), &cookie).await;
    none.is_page(200, "Frozen reports");
    assert!(none.text.contains("None yet."));

    for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
        let refused = send(keep(&app, &page, &cookie).header(name, value)).await;
        assert_eq!(refused.status, 403, "{name}");
    }
    for days in ["from=2026-10-31&to=2026-10-01", "from=2020-01-01&to=2026-10-01", "from=x", ""] {
        let bad = keep(&app, &page, &cookie).body(days);
        send(bad).await.is_page(422, "Those days do not work");
    }
    let made = send(keep(&app, &page, &cookie)).await;
    let place = made.header("location").to_owned();
    assert!(made.status == 303 && place.starts_with("./frozen/"), "{} {place}", made.status);
    let again = send(keep(&app, &page, &cookie)).await;
    again.leads_to(&place);

    let one = format!("{page}{}", place.trim_start_matches('.'));
    let (before, pdf) = (open(&app, &one, &cookie).await, format!("{one}/report.pdf"));
    before.is_report();
    assert!(before.text.contains("it stays as it was"));
    let document = open(&app, &pdf, &cookie).await;
    assert_eq!((document.status, document.header("content-type")), (200, "application/pdf"));
    let entry = daily("2026-10-05", &json!({"pain_average": 9}));
    assert_eq!(ana.create(&fresh("journal-entries"), &entry).await.status, 201);
    assert_eq!(open(&app, &one, &cookie).await.text, before.text);
    assert!(open(&app, &pdf, &cookie).await.text == document.text);
    assert!(before.text.contains("/report.pdf?paper=letter\""));
    let letter = open(&app, &format!("{pdf}?paper=letter"), &cookie).await;
    assert!(letter.status == 200 && letter.text != document.text);
    assert_eq!(open(&app, &format!("{pdf}?paper=a5"), &cookie).await.status, 422);
    let reference = json!({"reference": "A-1041"});
    let share = page.rsplit('/').next().unwrap();
    let place = format!("/v1/shares/{share}/reference");
    assert_eq!(lind.call("PUT", &place).json(&reference).send().await.status, 200);
    let list = open(&app, &format!("{page}/frozen"), &cookie).await;
    assert_eq!(list.text.matches("1 Oct 2026 to 31 Oct 2026").count(), 1);
    for known in [open(&app, &one, &cookie).await, list] {
        assert!(
            known.text.contains("reference A-1041 \u{b7} \u{201c}test\u{201d}"),
            "{}",
            known.text
        );
    }
    assert_eq!(open(&app, &format!("{one}/nothing"), &cookie).await.status, 404);

    let other = app.practitioner("other").await;
    let theirs = sign_in(&app, &other).await;
    open(&app, &one, &theirs).await.is_page(404, "Not open");
    assert_eq!(ana.delete(&format!("/v1/shares/{share}")).await.status, 204);
    for gone in [one.clone(), pdf, format!("{page}/frozen")] {
        open(&app, &gone, &cookie).await.is_page(404, "Not open");
    }
    send(keep(&app, &page, &cookie)).await.is_page(404, "Not open");
}

#[tokio::test]
async fn a_page_names_its_methods_to_whoever_tries_another_one() {
    let app = TestApp::shared();
    let share = uuid::Uuid::nil();
    for (path, allow) in [
        ("/clinic".to_owned(), "GET, HEAD"),
        (LOGIN.to_owned(), "GET, HEAD, POST"),
        ("/clinic/sign-out".to_owned(), "POST"),
        (format!("/clinic/patients/{share}"), "GET, HEAD"),
        (format!("/clinic/patients/{share}/frozen"), "GET, HEAD, POST"),
        (format!("/clinic/patients/{share}/days.csv"), "GET, HEAD"),
    ] {
        for method in ["DELETE", "PUT", "OPTIONS", "PROPFIND"] {
            let refused = app.call(method, &path).unchecked().send().await;
            assert_eq!((refused.status, refused.code()), (405, "method_not_allowed"), "{path}");
            assert_eq!(refused.header("allow"), allow, "{path}");
        }
    }
}
