//! What a share shows of the clinical record.

use crate::records::{Sample, merged, samples};
use crate::support::TestApp;
use crate::support::people::fresh;
use pain_journal::sections::{Section, Sections};
use serde_json::json;

#[tokio::test]
async fn a_section_opens_its_collections_and_no_others() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    for sample in samples() {
        assert_eq!(ana.create(&fresh(sample.path), &sample.body).await.status, 201);
    }
    for section in Sections::ALL.iter() {
        let share = ana.share_with(&lind, &[section.code()]).await;
        for sample in samples().into_iter().filter(Sample::is_shared) {
            let list = lind.get(&format!("/v1/patients/{share}/{}", sample.path)).await;
            let what = format!("{} through {}: {}", sample.path, section.code(), list.text);
            if sample.sections.contains(section) {
                assert_eq!(list.json["data"].as_array().map(Vec::len), Some(1), "{what}");
            } else {
                assert_eq!((list.status, list.code()), (404, "not_found"), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_share_of_pain_alone_shows_no_goals_assessments_or_medication() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let share = ana.share_with(&lind, &[Section::Pain.code()]).await;
    for (path, status) in [
        ("goals", 404),
        ("assessments", 404),
        ("medication-intakes", 404),
        ("treatment-plans", 404),
        ("adverse-events", 404),
        ("practitioner-notes", 404),
        ("flares", 200),
        ("pain-episodes", 200),
    ] {
        let list = lind.get(&format!("/v1/patients/{share}/{path}")).await;
        assert_eq!(list.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_note_is_shown_only_where_notes_are_open_and_the_record_says_so() {
    let app = TestApp::shared();
    let mut with_notes = 0;
    for sample in samples().into_iter().filter(Sample::is_shared) {
        let ana = app.patient("ana").await;
        let made = ana.create(&fresh(sample.path), &sample.body).await;
        if made.json.get("note_shared").is_none() {
            continue;
        }
        with_notes += 1;
        assert_eq!(
            ana.delete(&format!("/v1/{}/{}", sample.path, made.json["id"].as_str().unwrap()))
                .await
                .status,
            204
        );
        for shown in [json!(true), json!(false), json!(null)] {
            let words = json!({"note": "zaunkoenig", "note_shared": shown});
            let made = ana.create(&fresh(sample.path), &merged(&sample.body, &words)).await;
            assert_eq!((made.status, &made.json["note"]), (201, &json!("zaunkoenig")));
        }
        let lind = app.practitioner("lind").await;
        let base: Vec<String> = sample.sections.codes();
        let base: Vec<&str> = base.iter().map(String::as_str).filter(|s| *s != "notes").collect();
        let open: Vec<&str> = base.iter().copied().chain(["notes"]).collect();
        for (sections, words) in [(&base, 0), (&open, 1)] {
            let share = ana.share_with(&lind, sections).await;
            let list = lind.get(&format!("/v1/patients/{share}/{}", sample.path)).await;
            assert_eq!(list.json["data"].as_array().map(Vec::len), Some(3), "{}", list.text);
            assert_eq!(
                list.text.matches("zaunkoenig").count(),
                words,
                "{} {sections:?}",
                sample.path
            );
        }
    }
    assert!(with_notes >= 8, "{with_notes}");
}
