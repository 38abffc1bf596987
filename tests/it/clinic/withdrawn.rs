//! Pages of frozen reports: they say that a note stays in one until it is withdrawn, and what was.

use super::{keep, open, send, visit};
use crate::support::TestApp;

#[tokio::test]
async fn a_frozen_report_says_that_it_keeps_notes_and_a_withdrawn_one_that_it_is_gone() {
    let app = TestApp::shared();
    let (ana, _, page, cookie) = visit(&app).await;
    let made = send(keep(&app, &page, &cookie)).await;
    let one = format!("{page}{}", made.header("location").trim_start_matches('.'));
    let id = one.rsplit('/').next().unwrap();
    let (list, keeps) = (format!("{page}/frozen"), "until the patient withdraws it");
    let (shown, listed) = (open(&app, &one, &cookie).await, open(&app, &list, &cookie).await);
    shown.is_report();
    for page in [&shown, &listed] {
        assert!(
            page.text.contains("A frozen report keeps the notes in it")
                && page.text.contains(keeps)
        );
        assert!(!page.text.contains("The patient withdrew it"));
    }
    assert!(listed.text.contains(&format!("href=\"./frozen/{id}\"")));

    assert_eq!(ana.delete(&format!("/v1/held-reports/{id}")).await.status, 204);
    for gone in [one.clone(), format!("{one}/report.pdf")] {
        open(&app, &gone, &cookie).await.is_page(404, "Not open");
    }
    let listed = open(&app, &list, &cookie).await;
    listed.is_page(200, "Frozen reports");
    assert!(listed.text.contains("1 Oct 2026 to 31 Oct 2026"));
    assert_eq!(listed.text.matches("The patient withdrew it ").count(), 1);
    assert!(!listed.text.contains(id), "it leads nowhere");

    // Frozen again, it is a new one beside it.
    let again = send(keep(&app, &page, &cookie)).await;
    assert!(!again.header("location").ends_with(id));
    let listed = open(&app, &list, &cookie).await;
    assert_eq!(listed.text.matches("1 Oct 2026 to 31 Oct 2026").count(), 2);
    assert_eq!(listed.text.matches("The patient withdrew it ").count(), 1);
}
