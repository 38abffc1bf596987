//! Pages kept to compare with, and pages to look at.

use super::chart;
use super::compose::{ENGLISH, patient_page, practitioner_page_for};
use super::{build, html, journals, pdf};

#[test]
#[ignore = "writes documents to look at"]
fn look() {
    let folder = std::env::temp_dir().join("pain-journal-pages");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, input) in journals::all() {
        let report = build(&input);
        let label = (name == "words").then_some("ملف الدكتورة (Lind)");
        let page = practitioner_page_for(&report, &ENGLISH, label.or(Some("Dr. Lind")));
        for (kind, page) in [("page", page), ("own", patient_page(&report, &ENGLISH))] {
            let started = std::time::Instant::now();
            let bytes = pdf::render(&page).unwrap();
            println!("{kind}-{name}: {:?}, {} bytes", started.elapsed(), bytes.len());
            std::fs::write(folder.join(format!("{kind}-{name}.pdf")), bytes).unwrap();
            let html = html::document(&page);
            std::fs::write(folder.join(format!("{kind}-{name}.html")), html).unwrap();
        }
        let svg = chart::daily_pain_svg(&report);
        std::fs::write(folder.join(format!("{name}.svg")), svg).unwrap();
    }
}
