//! The report as a page, a document and a table: what each file says of itself, who may see what in
//! it, and that nothing a person typed is more than text.

use crate::records::{merged, samples};
use crate::support::people::{daily, fresh};
use crate::support::{Answer, Person, TestApp};
use pain_journal::markup::policy_hash;
use serde_json::{Value, json};

/// The days of the samples.
const WINDOW: &str = "from=2025-06-01&to=2025-06-10";
/// The moment to read at.
const NOON: &str = "2025-06-10T12:00:00Z";

/// A file: its name, media type, the name it is kept under, and its line in the access log.
const SHARED: [(&str, &str, &str, &str); 3] = [
    ("page.html", "text/html; charset=utf-8", "", "report_page"),
    ("document.pdf", "application/pdf", "pain-journal-report.pdf", "report_document"),
    ("days.csv", "text/csv; charset=utf-8", "pain-journal-days.csv", "report_days"),
];

/// Texts that are code to somebody.
fn hostile() -> Vec<String> {
    vec![
        "<script>alert(1)</script><img src=x onerror=alert(1)>".to_owned(),
        "</main></style><svg/onload=alert(1)> ' \" &amp; {{7*7}} ${7*7}".to_owned(),
        "=cmd|' /C calc'!A0".to_owned(),
        "+1+1".to_owned(),
        "@SUM(A1)".to_owned(),
        "#import \"x\": * #eval(\"1\") $x$ *bold* `raw` \\ <label> @ref".to_owned(),
        "ظهري يؤلمني 🧑🏽‍🚀 שלום 👩‍👩‍👧‍👦 abc".to_owned(),
        "W".repeat(1000),
        "字".repeat(1000),
    ]
}

/// A server at noon, and a patient and a practitioner on it.
async fn people() -> (TestApp, Person, Person) {
    let app = TestApp::alone();
    app.turn_to(NOON);
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    (app, ana, lind)
}

async fn share(patient: &Person, practitioner: &Person, sections: &[&str]) -> String {
    let ends = json!({"expires_at": "2025-09-01T00:00:00Z"});
    patient.share_on(practitioner, sections, &ends).await
}

async fn write(patient: &Person, collection: &str, body: &Value) {
    let made = patient.create(&fresh(collection), body).await;
    assert_eq!(made.status, 201, "{collection} {}", made.text);
}

/// One record of every collection, its words changed by this.
async fn keep(patient: &Person, words: impl Fn(&Value) -> Value) {
    for sample in samples() {
        write(patient, sample.path, &merged(&sample.body, &words(&sample.body))).await;
    }
}

async fn own(patient: &Person, file: &str) -> Answer {
    patient.get(&format!("/v1/report/{file}?{WINDOW}")).await
}

async fn shared(practitioner: &Person, share: &str, file: &str) -> Answer {
    practitioner.get(&format!("/v1/patients/{share}/report/{file}?{WINDOW}")).await
}

/// The bytes of an answer, as they are.
async fn bytes(app: &TestApp, reader: &Person, path: &str) -> Vec<u8> {
    // The clock of the test goes on; from here it goes on anew.
    app.turn_to(NOON);
    reader.bytes(&format!("{path}?{WINDOW}")).await
}

/// The headings of a page.
fn headings(page: &str) -> Vec<&str> {
    let parts = page.split("<h2 dir=\"auto\">").skip(1);
    parts.map(|part| part.split_once("</h2>").unwrap().0).collect()
}

#[tokio::test]
async fn each_file_says_what_it_is_and_is_not_sent_twice() {
    let (_app, ana, lind) = people().await;
    keep(&ana, |_| json!({})).await;
    let id = share(&ana, &lind, &["pain", "sleep"]).await;
    let summary = ("summary.html", "text/html; charset=utf-8", "", "");
    for (file, media, kept_as, _) in SHARED.into_iter().chain([summary]) {
        let mut readers = vec![(&ana, format!("/v1/report/{file}?{WINDOW}"))];
        if file != summary.0 {
            readers.push((&lind, format!("/v1/patients/{id}/report/{file}?{WINDOW}")));
        }
        for (reader, path) in readers {
            let answer = reader.get(&path).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, media), "{path}");
            let expected = if kept_as.is_empty() {
                String::new()
            } else {
                let is_shared = path.starts_with("/v1/patients/");
                let kept_as =
                    if is_shared { kept_as.replace('.', "-test.") } else { kept_as.into() };
                format!("attachment; filename=\"{kept_as}\"")
            };
            assert_eq!(answer.header("content-disposition"), expected, "{path}");
            assert_eq!(answer.header("cache-control"), "private, no-store");
            assert!(answer.etag().starts_with("W/\""), "{path} {}", answer.etag());

            let again = reader.call("GET", &path).header("If-None-Match", answer.etag());
            let again = again.send().await;
            assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
            assert_eq!(again.etag(), answer.etag());
            let (kind, _) = media.split_once(';').unwrap_or((media, ""));
            let family = format!("{}/*", kind.split_once('/').unwrap().0);
            for (range, status) in
                [(kind, 200), (&family, 200), ("application/json", 406), ("image/png", 406)]
            {
                let asked = reader.call("GET", &path).header("Accept", range).send().await;
                assert_eq!(asked.status, status, "{range} of {path}");
            }
        }
    }
    let before = own(&ana, "page.html").await.etag().to_owned();
    write(&ana, "journal-entries", &daily("2025-06-05", &json!({}))).await;
    let path = format!("/v1/report/page.html?{WINDOW}");
    let after = ana.call("GET", &path).header("If-None-Match", &before).send().await;
    assert_eq!(after.status, 200, "the journal has changed");
    assert_ne!(after.etag(), before);
}

#[tokio::test]
async fn a_page_may_load_its_own_style_and_nothing_else() {
    let ana = TestApp::shared().patient("ana").await;
    for file in ["page.html", "summary.html"] {
        let page = own(&ana, file).await;
        let (_, rest) = page.text.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let policy = page.header("content-security-policy");
        let hash = policy_hash(style.as_bytes());
        assert!(policy.contains(&format!("style-src 'sha256-{hash}';")), "{policy}");
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"));
        for link in ["<script", "<link", "href=", "src=\"http", "url(", "@import"] {
            assert!(!page.text.contains(link), "{link} in {file}");
        }
    }
}

#[tokio::test]
async fn days_that_make_no_window_are_faults_of_every_file() {
    let (_app, ana, lind) = people().await;
    let id = share(&ana, &lind, &["pain"]).await;
    for file in ["page.html", "summary.html", "document.pdf", "days.csv"] {
        for query in [
            "from=2025-06-02&to=2025-06-01",
            "from=2023-01-01&to=2025-06-01",
            "from=2025-06-01",
            "to=2025-06-01",
            "from=2025-02-30&to=2025-06-01",
        ] {
            let answer = ana.get(&format!("/v1/report/{file}?{query}")).await;
            assert_eq!(
                (answer.status, answer.code()),
                (422, "validation_failed"),
                "{file} {query}"
            );
            if file != "summary.html" {
                let path = format!("/v1/patients/{id}/report/{file}?{query}");
                assert_eq!(lind.get(&path).await.status, 422, "{path}");
            }
        }
    }
}

/// The height of the first sheet of a document, in points.
fn sheet_height(document: &[u8]) -> i32 {
    let text = String::from_utf8_lossy(document);
    let (_, after) = text.split_once("/MediaBox").expect("a sheet");
    let (sides, _) = after.trim_start_matches([' ', '[']).split_once(']').expect("four numbers");
    let height = sides.split_whitespace().nth(3).expect("a height");
    height.split('.').next().and_then(|points| points.parse().ok()).expect("a number")
}

#[tokio::test]
async fn a_document_is_on_the_paper_asked_for_or_on_that_of_its_readers_region() {
    const LETTER: i32 = 792;
    let (app, ana, lind) = people().await;
    keep(&ana, |_| json!({})).await;
    let id = share(&ana, &lind, &["pain", "sleep"]).await;
    let mut papers = Vec::new();
    for (reader, at) in
        [(&ana, "/v1/report".to_owned()), (&lind, format!("/v1/patients/{id}/report"))]
    {
        let days = json!({"from": "2025-06-01", "to": "2025-06-10"});
        let frozen = reader.post(&format!("{at}/snapshots"), &days).await;
        assert_eq!(frozen.status, 201, "{}", frozen.text);
        let frozen = format!("{at}/snapshots/{}/document.pdf", frozen.json["id"].as_str().unwrap());
        papers.push((
            reader,
            format!("{at}/document.pdf?{WINDOW}&"),
            format!("{at}/page.html?{WINDOW}&"),
        ));
        papers.push((reader, format!("{frozen}?"), frozen.replace("document.pdf", "page.html?")));
    }
    for locale in ["de-AT", "es-MX"] {
        let change = "UPDATE pj.accounts SET locale = $1";
        app.sql().await.execute(change, &[&locale]).await.unwrap();
        for (reader, document, page) in &papers {
            let height = async |query: &str| {
                sheet_height(&reader.bytes(&format!("{document}{query}")).await)
            };
            assert_eq!(height("paper=letter").await, LETTER, "{document}");
            assert!(height("paper=a4").await >= 841, "{document}");
            let usual = height("").await;
            assert_eq!(usual == LETTER, locale == "es-MX", "{locale} {document}: {usual}");
            // Each is a file of its own to whoever keeps it.
            let etag = reader.get(&format!("{document}paper=a4")).await.etag().to_owned();
            let other = reader.call("GET", &format!("{document}paper=letter"));
            assert_eq!(other.header("If-None-Match", &etag).send().await.status, 200);
            for wrong in ["paper=A4", "paper=a5", "paper=", "paper=a4&paper=letter"] {
                let answer = reader.get(&format!("{document}{wrong}")).await;
                assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{wrong}");
                let fault = &answer.json["errors"][0];
                assert_eq!(fault["parameter"], "paper", "{}", answer.text);
            }
            let page = reader.get(&format!("{page}paper=a4")).await;
            assert!(
                page.status == 422
                    || page.status == 200 && page.header("content-type").starts_with("text/html")
            );
        }
    }
}

#[tokio::test]
async fn what_a_share_keeps_closed_is_in_none_of_its_files() {
    let (_app, ana, lind) = people().await;
    keep(&ana, |_| json!({})).await;
    let open = share(&ana, &lind, &["sleep"]).await;
    let everything = headings(&own(&ana, "page.html").await.text).len();
    let page = shared(&lind, &open, "page.html").await.text;
    assert_eq!(headings(&page), ["Sleep and how the patient felt", "Details"]);
    assert!(everything > 8, "{everything} headings");
    assert!(page.contains("Sleep a night") && !page.contains("Days without pain"));

    let own_days = own(&ana, "days.csv").await.text;
    assert!(own_days.starts_with("journal_date,expected,pain,pain_worst,"), "{own_days}");
    assert!(own_days.contains("\r\n2025-06-01,true,5,7,0,"), "{own_days}");
    let days = shared(&lind, &open, "days.csv").await.text;
    let lines: Vec<&str> = days.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "patient_name,patient_year_of_birth,own_reference,journal_date,expected,sleep_minutes,sleep_quality"
    );
    assert_eq!(lines.len(), 12, "a head, ten days, and the end of the last line");
    let nights = lines[1..11].iter().filter(|line| line.ends_with(",460,6"));
    assert_eq!(nights.count(), 1, "{days}");
}

/// Whatever is closed, the files are the same: two journals that differ in nothing else.
#[tokio::test]
async fn closed_sections_leave_no_trace_in_any_byte() {
    let (app, ana, lind) = people().await;
    let bob = app.patient("bob").await;
    keep(&ana, |_| json!({})).await;
    keep(&bob, |body| {
        let mut words = json!({});
        let changes = [
            ("pain_average", json!(2)),
            ("steps", json!(9)),
            ("note", json!("zaunkoenig")),
            ("text", json!("zaunkoenig")),
            ("label", json!("zaunkoenig")),
            ("goal", json!("zaunkoenig")),
            ("severity", json!(3)),
            ("dose", json!(7)),
        ];
        for (name, value) in changes {
            if body.get(name).is_some_and(|old| old.is_string() == value.is_string()) {
                words[name] = value;
            }
        }
        words
    })
    .await;
    // But for the name, which is told.
    let terms = json!({"expires_at": "2025-09-01T00:00:00Z", "show_name": false});
    let of_ana = ana.share_on(&lind, &["sleep"], &terms).await;
    let of_bob = bob.share_on(&lind, &["sleep"], &terms).await;
    for (file, ..) in SHARED {
        let path = |share: &str| format!("/v1/patients/{share}/report/{file}");
        let left = bytes(&app, &lind, &path(&of_ana)).await;
        assert!(left == bytes(&app, &lind, &path(&of_bob)).await, "{file} tells what is closed");
        let own = format!("/v1/report/{file}");
        let (all_of_ana, all_of_bob) =
            (bytes(&app, &ana, &own).await, bytes(&app, &bob, &own).await);
        assert!(all_of_ana != all_of_bob, "{file} tells nothing at all");
    }
}

#[tokio::test]
async fn a_closed_note_is_nowhere_and_a_shared_one_is_on_the_page() {
    let (_app, ana, lind) = people().await;
    for (day, shown) in [("2025-06-03", json!(true)), ("2025-06-04", json!(false))] {
        let words = if shown == json!(true) { "amsel" } else { "zaunkoenig" };
        write(&ana, "journal-entries", &daily(day, &json!({"note": words, "note_shared": shown})))
            .await;
    }
    let without = share(&ana, &lind, &["pain", "sleep", "goals"]).await;
    let with = share(&ana, &lind, &["pain", "notes"]).await;
    for (id, expected) in [(without, false), (with, true)] {
        let page = shared(&lind, &id, "page.html").await.text;
        assert_eq!(page.contains("amsel"), expected);
        for (file, ..) in SHARED {
            assert!(!shared(&lind, &id, file).await.text.contains("zaunkoenig"), "{file}");
        }
    }
}

#[tokio::test]
async fn questions_and_goals_end_the_summary_where_goals_are_open() {
    let (_app, ana, lind) = people().await;
    keep(&ana, |_| json!({})).await;
    let answered = json!({"journal_date": "2025-06-02", "text": "May I swim?",
        "answered_on": "2025-06-03"});
    write(&ana, "questions", &answered).await;
    let goal = "Carry the shopping up two floors";
    let open = share(&ana, &lind, &["pain", "goals"]).await;
    let page = shared(&lind, &open, "page.html").await.text;
    let headings_of = headings(&page);
    let details = headings_of.iter().position(|heading| *heading == "Details").unwrap();
    assert!(headings_of[details - 1].starts_with("For the next visit"), "{headings_of:?}");
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(at("What changed") < at("For the next visit"));
    assert!(at("For the next visit") < at("May I lift again?"));
    assert!(at("May I lift again?") < at(goal) && at(goal) < at("What this page cannot say"));
    assert!(!page.contains("May I swim?"), "it is answered");

    let closed = share(&ana, &lind, &["pain", "treatment", "notes"]).await;
    let page = shared(&lind, &closed, "page.html").await.text;
    assert!(!headings(&page).contains(&"For the next visit"));
    for text in ["May I lift again?", goal] {
        assert!(!page.contains(text), "{text}");
    }
    assert_eq!(shared(&lind, &closed, "").await.status, 404, "only the files are there");
    let summary = own(&ana, "summary.html").await.text;
    assert!(summary.contains("May I lift again?") && summary.contains(goal));
}

#[tokio::test]
async fn hostile_words_are_words() {
    let (_app, ana, lind) = people().await;
    for text in hostile() {
        let cut = |most: usize| text.chars().take(most).collect::<String>();
        keep(&ana, |body| {
            let mut words = json!({});
            for (name, most) in [("text", 500), ("label", 60), ("goal", 500)] {
                if body[name].is_string() {
                    words[name] = json!(cut(most));
                }
            }
            if body.get("taken_at").is_some() {
                words["name"] = json!(cut(60));
            }
            if body["note"].is_string() {
                words["note"] = json!(cut(1000));
                words["note_shared"] = json!(true);
            }
            words
        })
        .await;
    }
    let open =
        ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals", "notes"];
    let id = share(&ana, &lind, &open).await;
    for page in [
        own(&ana, "page.html").await,
        own(&ana, "summary.html").await,
        shared(&lind, &id, "page.html").await,
    ] {
        assert_eq!(page.status, 200);
        for tag in ["<script", "<img src=x", "<svg", "<label", "\" onerror", "' \""] {
            assert!(!page.text.contains(tag), "{tag}");
        }
        assert_eq!(page.text.matches("</main>").count(), 1);
        assert_eq!(page.text.matches("</style>").count(), 1);
        for words in ["&lt;script&gt;alert(1)&lt;/script&gt;", "{{7*7}}", "#import &quot;x&quot;"] {
            assert!(page.text.contains(words), "{words} was written");
        }
        let word = "W".repeat(500);
        assert!(page.text.contains(&word) && page.text.contains("ظهري يؤلمني 🧑🏽‍🚀"));
    }
    for (answer, columns) in
        [(own(&ana, "days.csv").await, 26), (shared(&lind, &id, "days.csv").await, 29)]
    {
        let cells: Vec<&str> = answer.text.split("\r\n").flat_map(|line| line.split(',')).collect();
        assert_eq!(cells.len(), 11 * columns + 1, "{}", answer.text);
        let is_formula = |cell: &&str| cell.starts_with(['=', '+', '@', '\t', '-', '"']);
        assert_eq!(cells.iter().copied().find(is_formula), None);
    }
    for answer in [own(&ana, "document.pdf").await, shared(&lind, &id, "document.pdf").await] {
        assert_eq!(answer.status, 200);
        assert!(answer.text.starts_with("%PDF-") && answer.text.trim_end().ends_with("%%EOF"));
        for action in ["/JavaScript", "/OpenAction", "/Launch", "/URI"] {
            assert!(!answer.text.contains(action), "{action}");
        }
    }
}

#[tokio::test]
async fn nothing_but_the_moment_tells_two_copies_apart() {
    let (app, ana, lind) = people().await;
    keep(&ana, |_| json!({})).await;
    let id = share(&ana, &lind, &["pain", "treatment", "goals"]).await;
    for (file, ..) in SHARED {
        for (reader, path) in [
            (&ana, format!("/v1/report/{file}")),
            (&lind, format!("/v1/patients/{id}/report/{file}")),
        ] {
            let first = bytes(&app, reader, &path).await;
            assert!(first == bytes(&app, reader, &path).await, "{path}");
        }
    }
    let page = own(&ana, "page.html").await.text;
    app.pass(chrono::Duration::hours(1));
    let signed_in = ana.other_device(&app).await;
    let later = own(&signed_in, "page.html").await.text;
    let differ: Vec<(&str, &str)> =
        page.lines().zip(later.lines()).filter(|(left, right)| left != right).collect();
    assert_eq!(page.lines().count(), later.lines().count());
    assert_eq!(differ.len(), 1, "{differ:?}");
    assert!(differ[0].0.contains("Made ") && differ[0].1.contains("Made "), "{differ:?}");
}

#[tokio::test]
async fn each_file_is_a_line_of_its_own_in_the_access_log() {
    let (_app, ana, lind) = people().await;
    let id = share(&ana, &lind, &["sleep"]).await;
    for (lines, (file, .., action)) in SHARED.into_iter().enumerate() {
        let answer = shared(&lind, &id, file).await;
        let log = ana.get("/v1/me/access-log").await.json["data"].as_array().unwrap().clone();
        assert_eq!(log.len(), lines + 1, "one line a look");
        let line = &log[0];
        assert_eq!(line["request_id"], answer.header("x-request-id"));
        assert_eq!((&line["action"], &line["outcome"]), (&json!(action), &json!("granted")));
        assert_eq!(line["sections"], json!(["sleep"]));
        assert_eq!(line["from_date"], "2025-06-01");
        assert_eq!(line["share_id"], json!(id));
    }
    let ended = ana.call("DELETE", &format!("/v1/shares/{id}")).send().await;
    assert!(ended.status < 300, "{}", ended.text);
    for (file, .., action) in SHARED {
        assert_eq!(shared(&lind, &id, file).await.status, 404, "{file}");
        let log = ana.get("/v1/me/access-log").await.json["data"][0].clone();
        assert_eq!((&log["action"], &log["outcome"]), (&json!(action), &json!("refused")));
    }
    assert_eq!(own(&ana, "page.html").await.status, 200);
    let log = ana.get("/v1/me/access-log").await.json["data"].as_array().unwrap().len();
    assert_eq!(log, 6, "an own look is no line");
}
