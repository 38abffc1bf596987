//! Whose journal it is, wherever something is made of a journal through a share; and that nobody else is told
//! what its practitioner calls it.

use super::whose::{call_oneself, refer, visit};
use super::{ALL, keep_diary, share};
use crate::support::people::fresh;
use crate::support::{Answer, Person, TestApp, contract};
use serde_json::{Value, json};

const REFERENCE: &str = "A-1041/7";
const DAYS: &str = "from=2026-11-01&to=2026-11-03";
/// Each file, the name it is kept under, and where it has one.
const FILES: [(&str, Option<(&str, &str)>); 3] = [
    ("page.html", None),
    ("document.pdf", Some(("pain-journal-report", ".pdf"))),
    ("days.csv", Some(("pain-journal-days", ".csv"))),
];

/// Ana Weber, born in 1980, with a diary; her practitioner, who calls the journal `REFERENCE`; and the share.
async fn known(app: &TestApp) -> (Person, Person, String) {
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    call_oneself(&ana, &json!("Ana Weber"), &json!(1980)).await;
    keep_diary(&ana, &[1, 2, 3], &json!({})).await;
    let id = ana.share_on(&lind, &ALL, &json!({"label": "mine", "may_record": true})).await;
    assert_eq!(refer(&lind, &id, &json!(REFERENCE)).await.status, 200);
    (ana, lind, id)
}

fn title(page: &str) -> &str {
    let (_, rest) = page.split_once("<title>").unwrap();
    rest.split_once("</title>").unwrap().0
}

/// The reports of these days through a share and, below its own address, a frozen one.
async fn page(reader: &Person, report: &str, file: &str) -> Answer {
    let answer = reader.get(&format!("{report}/{file}?{DAYS}")).await;
    assert_eq!(answer.status, 200, "{file} {}", answer.text);
    answer
}

#[tokio::test]
async fn name_year_and_reference_head_every_page_and_row_and_the_reference_names_the_files() {
    let app = TestApp::shared();
    let (ana, lind, id) = known(&app).await;
    let report = format!("/v1/patients/{id}/report");
    let read = lind.get(&format!("{report}?{DAYS}")).await;
    let whole = json!({"display_name": "Ana Weber", "year_of_birth": 1980, "reference": REFERENCE});
    assert_eq!(read.json["subject"], whole, "{}", read.text);
    let html = page(&lind, &report, "page.html").await.text;
    let head = format!(
        "Ana Weber \u{b7} born 1980 \u{b7} reference {REFERENCE} \u{b7} \u{201c}mine\u{201d}"
    );
    assert!(html.contains(&head), "{html}");
    assert_eq!(title(&html), format!("Progress report \u{b7} reference {REFERENCE}"));
    let chart = page(&lind, &report, "chart.svg").await.text;
    let of_ana = format!(" \u{b7} {head}</title>");
    assert!(chart.contains(&of_ana), "{chart}");
    let own = page(&ana, "/v1/report", "chart.svg").await.text;
    assert!(!own.contains("Weber") && !own.contains(REFERENCE), "{own}");
    let table = page(&lind, &report, "days.csv").await.text;
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[0].starts_with("patient_name,patient_year_of_birth,own_reference,journal_date,"));
    assert_eq!(rows.len(), 4, "{table}");
    for row in &rows[1..] {
        assert!(row.starts_with(&format!("Ana Weber,1980,{REFERENCE},2026-11-0")), "{row}");
    }
    for (reference, named) in [
        (json!(REFERENCE), "-A-1041-7{}"),
        (json!("A/\u{fc}"), "-A{}; filename*=UTF-8''{}-A-%C3%BC{}"),
        (json!("7 \u{202e}\"../.."), "-7{}"),
        (Value::Null, "-mine{}"),
    ] {
        assert_eq!(refer(&lind, &id, &reference).await.status, 200);
        for (file, kept) in FILES {
            let answer = page(&lind, &report, file).await;
            let expected = kept.map_or_else(String::new, |(stem, ending)| {
                let named = named.replacen("{}", &format!("{ending}\""), 1);
                let named = named.replacen("{}", stem, 1).replacen("{}", ending, 1);
                format!("attachment; filename=\"{stem}{named}")
            });
            assert_eq!(answer.header("content-disposition"), expected, "{file}");
            let name = answer.header("content-disposition");
            assert!(!name.contains("Weber") && !name.contains("1980"), "{name}");
        }
    }
    // A share that shows neither is known by its label, and the own report by nothing.
    let shy = json!({"label": "shy", "show_name": false, "show_year_of_birth": false});
    let shy = ana.share_on(&lind, &ALL, &shy).await;
    let html = page(&lind, &format!("/v1/patients/{shy}/report"), "page.html").await.text;
    assert!(html.contains("Journal shared as \u{201c}shy\u{201d}"), "{html}");
    assert!(!html.contains("Weber") && !html.contains("1980"), "{html}");
    let own = ana.get(&format!("/v1/report?{DAYS}")).await;
    assert_eq!((&own.json["subject"], &own.json["share_label"]), (&Value::Null, &Value::Null));
    let files = page(&ana, "/v1/report", "days.csv").await;
    assert_eq!(
        files.header("content-disposition"),
        "attachment; filename=\"pain-journal-days.csv\""
    );
    assert!(files.text.starts_with("journal_date,"), "{}", files.text);
}

#[tokio::test]
async fn a_frozen_report_has_the_name_as_it_was_and_the_reference_as_it_is() {
    let app = TestApp::shared();
    let (ana, lind, id) = known(&app).await;
    let list = format!("/v1/patients/{id}/report/snapshots");
    let days = json!({"from": "2026-11-01", "to": "2026-11-03"});
    let frozen = lind.post(&list, &days).await;
    assert_eq!(frozen.status, 201, "{}", frozen.text);
    let one = format!("{list}/{}", frozen.json["id"].as_str().unwrap());
    let kept = lind.get(&format!("{one}/report")).await;
    let bare = json!({"display_name": "Ana Weber", "year_of_birth": 1980, "reference": null});
    assert_eq!(kept.json["subject"], bare, "what is kept has no reference");
    let before = lind.get(&format!("{one}/page.html")).await;
    assert!(
        before.text.contains(&format!("Ana Weber \u{b7} born 1980 \u{b7} reference {REFERENCE}"))
    );

    // Set right, it stands in what was frozen, too; that nothing else has changed makes no other version.
    assert_eq!(refer(&lind, &id, &json!("B-2")).await.status, 200);
    let after = lind.get(&format!("{one}/page.html")).await;
    assert!(after.text.contains("born 1980 \u{b7} reference B-2"), "{}", after.text);
    assert!(!after.text.contains(REFERENCE), "{}", after.text);
    assert_ne!(after.etag(), before.etag());
    let table = lind.get(&format!("{one}/days.csv")).await;
    assert!(table.text.contains("\r\nAna Weber,1980,B-2,2026-11-01"), "{}", table.text);
    let name = "attachment; filename=\"pain-journal-days-B-2.csv\"";
    assert_eq!(table.header("content-disposition"), name);
    assert_eq!(lind.post(&list, &days).await.status, 200, "it stands");

    call_oneself(&ana, &json!("Ana Lang"), &json!(1980)).await;
    let still = lind.get(&format!("{one}/page.html")).await;
    assert!(still.text.contains("Ana Weber") && !still.text.contains("Lang"), "{}", still.text);
    let renamed = lind.post(&list, &days).await;
    assert_eq!((renamed.status, &renamed.json["version"]), (201, &json!(2)), "{}", renamed.text);
    let again = lind.get(&format!("{one}/report")).await;
    assert!(again.text == kept.text && again.etag() == kept.etag(), "kept as it was");
}

#[tokio::test]
async fn no_answer_to_the_patient_has_the_practitioners_own_reference() {
    let app = TestApp::shared();
    let (ana, lind, id) = known(&app).await;
    let made = lind.create(&fresh(&format!("patients/{id}/treatment-sessions")), &visit()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let days = json!({"from": "2026-11-01", "to": "2026-11-03"});
    let mut ids = vec![id.clone(), made.json["id"].as_str().unwrap().to_owned()];
    for (person, path) in [(&ana, "/v1/report"), (&lind, &format!("/v1/patients/{id}/report"))] {
        let frozen = person.post(&format!("{path}/snapshots"), &days).await;
        assert_eq!(frozen.status, 201, "{}", frozen.text);
        ids.push(frozen.json["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(share(&lind, &id).await.json["reference"], REFERENCE);
    let mut answered = 0;
    for (template, method, operation) in contract::operations() {
        let authz = &operation["x-authz"];
        if method != "get" || authz["auth"] == "none" || authz["role"] == "practitioner" {
            continue;
        }
        let paths = ids.iter().map(|id| {
            template
                .split('/')
                .map(|part| if part.starts_with('{') { id } else { part })
                .collect::<Vec<_>>()
                .join("/")
        });
        for path in paths.collect::<std::collections::BTreeSet<_>>() {
            let answer = ana.call("GET", &path).unchecked().send().await;
            answered += usize::from(answer.status == 200);
            for known in [REFERENCE, "A-1041"] {
                assert!(!answer.text.contains(known), "{path} {}", answer.text);
                assert!(!format!("{:?}", answer.headers).contains(known), "{path}");
            }
        }
    }
    assert!(answered > 30, "{answered} answers were read");
}

#[tokio::test]
async fn every_write_through_a_share_is_confirmed_with_whose_journal_it_was() {
    let app = TestApp::shared();
    let (ana, lind, id) = known(&app).await;
    call_oneself(&ana, &json!("Zo\u{eb} \u{1f9d1}"), &json!(1980)).await;
    let whole = json!({"display_name": "Zo\u{eb} \u{1f9d1}", "year_of_birth": 1980, "reference": REFERENCE});
    let told = |answer: &Answer| {
        serde_json::from_str::<Value>(answer.header("journal-subject")).unwrap_or_default()
    };
    let path = fresh(&format!("patients/{id}/treatment-sessions"));
    let made = lind.create(&path, &visit()).await;
    assert_eq!((made.status, told(&made)), (201, whole.clone()), "{}", made.text);
    let same = lind.replace(&path, made.etag(), &visit()).await;
    assert_eq!((same.status, told(&same)), (200, whole.clone()), "{}", same.text);
    let mut other = visit();
    other["kind"] = json!("review");
    let changed = lind.replace(&path, same.etag(), &other).await;
    assert_eq!((changed.status, told(&changed)), (200, whole.clone()), "{}", changed.text);
    let gone = lind.delete(&path).await;
    assert_eq!((gone.status, told(&gone)), (204, whole), "{}", gone.text);
    // A share without a name tells the reference; who may not write is told nothing, and neither is the patient.
    let terms = json!({"may_record": true, "show_name": false, "show_year_of_birth": false});
    let shy = ana.share_on(&lind, &ALL, &terms).await;
    let path = fresh(&format!("patients/{shy}/treatment-sessions"));
    let refused = lind.create(&path, &visit()).await;
    assert_eq!((refused.code(), told(&refused)), ("reference_required", Value::Null));
    assert_eq!(refer(&lind, &shy, &json!("B-2")).await.status, 200);
    let bare = json!({"display_name": null, "year_of_birth": null, "reference": "B-2"});
    assert_eq!(told(&lind.create(&path, &visit()).await), bare);
    let own = ana.create(&fresh("treatment-sessions"), &visit()).await;
    assert_eq!((own.status, own.header("journal-subject")), (201, ""), "{}", own.text);
    // The document says it of each such write, and of no other.
    for (path, method, operation) in contract::operations() {
        let is_shared = path.starts_with("/v1/patients/{share_id}/")
            && path.ends_with("/{id}")
            && ["put", "delete"].contains(&method);
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let says = answer["headers"].get("Journal-Subject").is_some();
            assert_eq!(says, is_shared && status.starts_with('2'), "{method} {path} {status}");
        }
    }
}
