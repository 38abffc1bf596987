//! Tests of the documents as a whole.

use super::samples::{fact, heading, note, page, paragraph, table};
use super::*;
use crate::report::render::page::{Block, Fact, Figure, Note, Table};
use std::fmt::Write as _;
use std::io::Read;
use std::time::{Duration, Instant};
use typst::layout::{Frame, FrameItem};

/// What a page shows, in the order in which it is drawn, without break opportunities.
fn shown(page: &ReportPage) -> String {
    shown_on(&set(page, Paper::A4, BUDGET).unwrap())
}

fn shown_on(document: &PagedDocument) -> String {
    let mut text = String::new();
    for sheet in document.pages() {
        collect(&sheet.frame, &mut text);
    }
    text.replace('\u{200b}', "")
}

fn collect(frame: &Frame, text: &mut String) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => collect(&group.frame, text),
            FrameItem::Text(item) => text.push_str(&item.text),
            _ => {}
        }
    }
}

/// The words of each sheet that a page takes, in the order in which they are drawn.
pub(crate) fn sheets(page: &ReportPage, paper: Paper) -> Vec<String> {
    let document = set(page, paper, BUDGET).unwrap();
    let words = |frame: &Frame| {
        let mut pieces = Vec::new();
        put_pieces(frame, &mut pieces);
        pieces.join("\n").replace('\u{200b}', "")
    };
    document.pages().iter().map(|sheet| words(&sheet.frame)).collect()
}

/// What a document is to those who do not see it: its sheets, how often it has each tag, and its
/// words sheet by sheet in the order in which they are drawn.
pub(crate) fn told(page: &ReportPage, paper: Paper) -> String {
    let rendered = render_pages(page, paper).unwrap();
    let data = serde_json::to_vec(&prepare(page, paper, BUDGET)).unwrap();
    let set_anew = typst::compile::<PagedDocument>(&PageWorld::new(data));
    assert!(set_anew.warnings.is_empty(), "{:?}", set_anew.warnings);
    let raw = unpacked(&rendered.bytes);
    let mut tags = std::collections::BTreeMap::new();
    for tag in raw.split("/S/").skip(1) {
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        *tags.entry(name).or_insert(0) += 1;
    }
    let mut text = format!("{} sheets, PDF/UA: {}\n", rendered.pages, rendered.is_universal);
    for (tag, count) in tags {
        let _ = writeln!(text, "{tag} {count}");
    }
    for (index, sheet) in sheets(page, paper).into_iter().enumerate() {
        let _ = write!(text, "\nsheet {}\n{sheet}\n", index + 1);
    }
    text
}

/// The words of a frame, those of pictures left out: their text alternative speaks for them.
fn put_pieces(frame: &Frame, pieces: &mut Vec<String>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => put_pieces(&group.frame, pieces),
            FrameItem::Text(item) => pieces.push(item.text.to_string()),
            _ => {}
        }
    }
}

/// A document with its packed parts unpacked.
fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    let marker = b"stream\n";
    for start in 0..bytes.len().saturating_sub(marker.len()) {
        if bytes[start..].starts_with(marker) {
            let mut plain = Vec::new();
            let packed = &bytes[start + marker.len()..];
            let _ = flate2::read::ZlibDecoder::new(packed).read_to_end(&mut plain);
            text.push_str(&String::from_utf8_lossy(&plain));
        }
    }
    text
}

#[test]
fn a_usual_page_is_one_tagged_sheet_and_the_same_every_time() {
    let page = samples::usual();
    let rendered = render_pages(&page, Paper::A4).unwrap();
    assert!(rendered.bytes.starts_with(b"%PDF-1.7"));
    assert_eq!((rendered.pages, rendered.is_universal), (1, true));
    assert_eq!(rendered.bytes, render(&page, Paper::A4).unwrap());
    assert!(rendered.bytes.len() < 200_000, "{}", rendered.bytes.len());

    let text = unpacked(&rendered.bytes);
    for part in ["/StructTreeRoot", "/Lang(en-GB)", "pdfuaid:part", "/MediaBox[0 0 595.27"] {
        assert!(text.contains(part), "{part}");
    }
    for tag in ["/S/H1", "/S/H2", "/S/H3", "/S/TH", "/S/TD", "/S/Figure", "/S/Caption", "/S/LI"] {
        assert!(text.contains(tag), "{tag}");
    }
    assert!(text.contains("/Alt(Daily scores fall from 7 to 3 over 90 days.)"));
    assert!(!text.contains("/URI") && !text.contains("/JavaScript"));
}

#[test]
fn other_scripts_are_shown_and_what_is_not_is_said() {
    let page = samples::scripts();
    let rendered = render_pages(&page, Paper::A4).unwrap();
    assert_eq!((rendered.pages, rendered.is_universal), (1, true));
    let text = shown(&page);
    for words in ["कमर", "Боль", "πόνος", "ปวดหลัง", "👩\u{200d}⚕\u{fe0f}", "כהן", "الزهراء"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.contains("\u{fffd}\u{fffd}") && text.contains("stands in for characters"));
    assert!(!text.contains("shortened"));

    let page = samples::arabic();
    assert!(unpacked(&render(&page, Paper::A4).unwrap()).contains("/Lang(ar)"));
    assert!(render_pages(&page, Paper::A4).unwrap().is_universal);
}

#[test]
fn texts_are_never_markup() {
    let hostile = [
        "#import \"@preview/x:0.1.0\": *",
        "#read(\"/etc/passwd\") #panic(\"x\") #sys.version",
        "$ x^2 $ *bold* _it_ `raw` = heading - item \\ \\u{41} ~ --- \"q\" 'q'",
        "</text><script>alert(1)</script><!-- & &amp; &#65; ]]>",
        "{{7*7}} ${7*7} {n} {total} %s \\input{x} // /* c */ <label> @ref https://x.example/",
        "a\\b\\\\c \"quoted\" 'single' ... -- fi ffi",
    ];
    for text in hostile {
        let mut page = page(
            text,
            vec![
                heading(2, text),
                paragraph(text),
                Block::Facts(vec![fact(text, text, text)]),
                Block::List(vec![text.to_owned()]),
                Block::Notes(vec![note(text, text)]),
                Block::Table(Table {
                    caption: text.to_owned(),
                    headers: vec![text.to_owned()],
                    rows: vec![vec![text.to_owned()]],
                    alignments: vec![],
                }),
            ],
        );
        page.meta = vec![text.to_owned()];
        page.language = text.to_owned();
        page.id = text.to_owned();
        let plain = |text: &str| text.replace(char::is_whitespace, "");
        let found = plain(&shown(&page)).matches(&plain(text)).count();
        // Once more in the foot of the sheet, which shows the title.
        assert!(found >= 12, "{found} times: {text}\n{}", shown(&page));
        assert!(render_pages(&page, Paper::A4).unwrap().is_universal, "{text}");
    }
}

#[test]
fn any_amount_of_text_ends_soon_and_says_so() {
    let word = "x".repeat(1_000_000);
    let zalgo = "e\u{301}\u{302}\u{316}".repeat(200_000);
    let blank = "\n \n".repeat(300_000);
    let isolates = "\u{2067}a\u{202e}".repeat(200_000);
    let short = note("3 May 2026", "Slept well and walked far.");
    let cases: Vec<(&str, Block)> = vec![
        ("a word", paragraph(&word)),
        ("a word in a cell", Block::Facts(vec![fact(&word, &word, &word)])),
        ("marks", paragraph(&zalgo)),
        ("blank lines", Block::Notes(vec![note("", &blank)])),
        ("directions", Block::List(vec![isolates])),
        ("notes", Block::Notes(vec![short; 20_000])),
        ("a wide table", wide_table(&word)),
        ("a tall head", wide_table(&"\u{fdfd} ".repeat(500))),
    ];
    for (name, block) in cases {
        let started = Instant::now();
        let page = page(&word, vec![heading(2, &word), block]);
        let document = set(&page, Paper::A4, BUDGET / 8).unwrap();
        assert!(document.pages().len() <= 30, "{name}: {} pages", document.pages().len());
        assert!(shown_on(&document).contains("This document was shortened"), "{name}");
        let bytes = export(&document, &page, &[PdfStandard::Ua_1]).unwrap();
        assert!(bytes.len() < 4_000_000, "{name}: {} bytes", bytes.len());
        assert!(started.elapsed() < Duration::from_mins(1), "{name}: {:?}", started.elapsed());
    }
}

#[test]
fn pictures_bring_no_files_and_broken_ones_are_an_error() {
    let picture = |inner: &str| {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
             width=\"90\" height=\"40\"><rect width=\"9\" height=\"9\"/>{inner}</svg>"
        );
        page("Picture", vec![Block::Figure(Figure { svg, ..Figure::default() })])
    };
    assert!(render_pages(&picture("<text y=\"20\">Größe</text>"), Paper::A4).unwrap().is_universal);
    for path in
        ["/etc/hostname.png", "file:///etc/hostname", "page.json", "https://x.example/a.png"]
    {
        for attribute in ["href", "xlink:href"] {
            let inner = format!("<image {attribute}=\"{path}\" width=\"9\" height=\"9\"/>");
            match render(&picture(&inner), Paper::A4) {
                Ok(bytes) => assert!(!unpacked(&bytes).contains("/Subtype/Image"), "{path}"),
                Err(error) => assert!(matches!(error, PdfError::Layout(_)), "{path}: {error}"),
            }
        }
    }
    assert!(matches!(render(&picture("<g>"), Paper::A4), Err(PdfError::Layout(_))));
}

#[test]
fn odd_pages_are_still_documents() {
    let mut empty = page("", vec![]);
    (empty.meta, empty.language, empty.created_at) = (vec![], String::new(), None);
    assert_eq!(render_pages(&empty, Paper::A4).unwrap().pages, 1);

    let blank = vec![
        heading(6, " "),
        heading(6, "Deep"),
        heading(0, "Shallow"),
        paragraph(""),
        Block::Paragraph(vec![]),
        Block::Facts(vec![]),
        Block::Facts(vec![Fact::default(); 7]),
        Block::Table(Table::default()),
        Block::Table(Table {
            headers: vec![String::from("one"), String::new()],
            rows: vec![vec![], vec![String::from("long"); 5]],
            ..Table::default()
        }),
        Block::List(vec![String::new()]),
        Block::Notes(vec![]),
        Block::Notes(vec![Note::default()]),
        Block::Small(String::new()),
    ];
    let rendered = render_pages(&page("Blank", blank), Paper::A4).unwrap();
    assert_eq!((rendered.pages, rendered.is_universal), (1, true));

    // A mark of another script than its letter: no font has both.
    let torn = page("Torn", vec![paragraph("a\u{93f}\u{64e} \u{e31}\u{5b0}")]);
    assert!(render(&torn, Paper::A4).unwrap().starts_with(b"%PDF"));
}

#[test]
fn a_long_table_goes_on_with_its_head() {
    let page = page("Days", vec![table(120)]);
    let rendered = render_pages(&page, Paper::A4).unwrap();
    assert_eq!((rendered.pages, rendered.is_universal), (3, true));
    assert_eq!(shown(&page).matches("Worst").count(), 3);
    assert_eq!(shown(&page).matches("of 3").count(), 3);
}

/// A table that has too much of everything.
fn wide_table(word: &str) -> Block {
    let row = vec![word.to_owned(); 14];
    Block::Table(Table { headers: row.clone(), rows: vec![row; 4], ..Table::default() })
}

#[test]
#[ignore = "writes documents to look at and tells how long they take"]
fn measure() {
    let folder = std::env::temp_dir().join("pain-journal-pdf");
    std::fs::create_dir_all(&folder).unwrap();
    let mut many = samples::usual();
    many.blocks.push(table(900));
    let long =
        "Slept badly, the neck was stiff until noon; walked, then heat and a nap. ".repeat(200);
    let full = page("Full", vec![Block::Notes(vec![note("3 May 2026", &long); 40])]);
    let short = note("3 May 2026", "Slept well and walked far.");
    let word = "Überempfindlichkeitsreaktion/".repeat(9);
    let pages = [
        ("wide-facts", page(&word, vec![Block::Facts(vec![fact(&word, &word, &word); 4])])),
        ("wide-text", page(&word, vec![paragraph(&word)])),
        ("wide-table", page(&word, vec![wide_table(&word)])),
        ("usual", samples::usual()),
        ("scripts", samples::scripts()),
        ("arabic", samples::arabic()),
        ("many", many),
        ("full", full),
        ("full-table", page("Full", vec![table(9_000)])),
        ("full-notes", page("Full", vec![Block::Notes(vec![short; 20_000])])),
    ];
    for (name, page) in pages {
        for _ in 0..4 {
            let started = Instant::now();
            let rendered = render_pages(&page, Paper::A4).unwrap();
            println!(
                "{name}: {:?}, {} pages, {} bytes, universal: {}",
                started.elapsed(),
                rendered.pages,
                rendered.bytes.len(),
                rendered.is_universal
            );
            std::fs::write(folder.join(format!("{name}.pdf")), rendered.bytes).unwrap();
        }
    }
}
