//! A page as HTML: one document without scripts or links, or its main part for a page around it.
//! Every text is data; pictures are data URIs, so that nothing in one can reach out of it.

use super::page::{Alignment, Block, Direction, Fact, Figure, Note, ReportPage, Span, Table};
use crate::markup::{DOCTYPE, Printable, WithOriginals, policy_hash};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{Markup, PreEscaped, html};

/// The style of a report, inside each document.
pub const STYLE: &str = include_str!("../../../assets/report.css");

/// What a document may load: the style it brings along, known by its hash, and its pictures.
pub fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        policy_hash(STYLE.as_bytes())
    )
}

/// The whole document.
pub fn document(page: &ReportPage) -> String {
    let document = html! {
        (DOCTYPE)
        html lang=(Printable(&page.language)) dir=(direction(page)) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                meta name="robots" content="noindex";
                title { (Printable(&page.file_title())) }
                style { (PreEscaped(STYLE)) }
            }
            body { (main(page)) }
        }
    };
    document.into_string()
}

fn direction(page: &ReportPage) -> &'static str {
    let by_language = || {
        let language = page.language.split('-').next().unwrap_or_default();
        ["ar", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"].contains(&language)
    };
    let right_to_left =
        page.direction.map_or_else(by_language, |given| given == Direction::RightToLeft);
    if right_to_left { "rtl" } else { "ltr" }
}

/// The main part.
pub fn main(page: &ReportPage) -> Markup {
    let mut level = 1;
    html! {
        main class="report" {
            h1 dir="auto" { (Printable(&page.title)) }
            @if let Some(subject) = &page.subject {
                p class="subject" dir="auto" { (Printable(subject)) }
            }
            @for line in &page.meta { p class="meta" dir="auto" { (Printable(line)) } }
            (blocks(&page.blocks, &mut level))
            @if !page.details.is_empty() {
                section class="details" { (blocks(&page.details, &mut level)) }
            }
        }
    }
}

/// Blocks in their order; `level` is that of the last heading, from 1 to 6.
fn blocks(blocks: &[Block], level: &mut u8) -> Markup {
    html! { @for one in blocks { (block(one, level)) } }
}

fn block(block: &Block, level: &mut u8) -> Markup {
    match block {
        Block::Heading { level: wanted, text } => {
            // No level is left out: a reader who goes by headings would look for it.
            *level = (*wanted).clamp(2, (*level + 1).min(6));
            heading(*level, text)
        }
        Block::Paragraph(spans) => html! { p dir="auto" { @for one in spans { (span(one)) } } },
        Block::Facts(list) => facts("facts", list),
        Block::Lines(list) => facts("lines", list),
        Block::Columns(columns) => html! {
            div class="columns" { @for column in columns { div { (blocks(column, level)) } } }
        },
        Block::Table(one) => table(one),
        Block::Figure(one) => figure(one),
        Block::List(points) => html! {
            ul { @for point in points { li dir="auto" { (lines(point)) } } }
        },
        Block::Notes(notes) => html! { @for one in notes { (note(one)) } },
        Block::Small(text) => html! { p class="small" dir="auto" { (lines(text)) } },
        Block::Fold { title, blocks: folded } => html! {
            details {
                summary dir="auto" { (Printable(title)) }
                (blocks(folded, level))
            }
        },
    }
}

fn heading(level: u8, text: &str) -> Markup {
    let text = Printable(text);
    match level {
        ..=2 => html! { h2 dir="auto" { (text) } },
        3 => html! { h3 dir="auto" { (text) } },
        4 => html! { h4 dir="auto" { (text) } },
        5 => html! { h5 dir="auto" { (text) } },
        6.. => html! { h6 dir="auto" { (text) } },
    }
}

fn span(span: &Span) -> Markup {
    let text = lines(&span.text);
    match (span.strong, span.small) {
        (true, true) => html! { strong { small { (text) } } },
        (true, false) => html! { strong { (text) } },
        (false, true) => html! { small { (text) } },
        (false, false) => text,
    }
}

fn facts(class: &str, facts: &[Fact]) -> Markup {
    html! {
        dl class=(class) {
            @for fact in facts {
                div {
                    dt dir="auto" { (WithOriginals(&fact.label)) }
                    dd dir="auto" {
                        (WithOriginals(&fact.value))
                        @if !fact.note.is_empty() { " " small { (WithOriginals(&fact.note)) } }
                    }
                }
            }
        }
    }
}

fn table(table: &Table) -> Markup {
    if table.headers.is_empty() {
        return Markup::default();
    }
    let align = |column: usize| match table.alignments.get(column).copied().unwrap_or_default() {
        Alignment::Start => None,
        Alignment::Centre => Some("centre"),
        Alignment::End => Some("end"),
    };
    let name = if table.caption.is_empty() { "Table" } else { &table.caption };
    html! {
        // A wide table scrolls by itself, also by keyboard.
        div class="scroll" tabindex="0" role="region" aria-label=(Printable(name)) {
            table {
                @if !table.caption.is_empty() {
                    caption dir="auto" { (Printable(&table.caption)) }
                }
                thead {
                    tr {
                        @for (column, header) in table.headers.iter().enumerate() {
                            th scope="col" class=[align(column)] dir="auto" { (Printable(header)) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for column in 0..table.headers.len() {
                                td class=[align(column)] dir="auto" {
                                    (lines(row.get(column).map_or("", String::as_str)))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn figure(figure: &Figure) -> Markup {
    let class = match figure.share_of_width() {
        0..=40 => "slim",
        41..=80 => "half",
        _ => "wide",
    };
    let source = format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(&figure.svg));
    let picture = html! { img src=(source) alt=(Printable(&figure.alt)); };
    let name = if figure.name.is_empty() { &figure.alt } else { &figure.name };
    html! {
        figure class=(class) {
            @if class == "wide" {
                // On a phone a wide picture keeps its letters and scrolls by itself, also by keyboard.
                div class="scroll" tabindex="0" role="region" aria-label=(Printable(name)) { (picture) }
            } @else {
                (picture)
            }
            @if !figure.caption.is_empty() {
                figcaption dir="auto" { (lines(&figure.caption)) }
            }
        }
    }
}

fn note(note: &Note) -> Markup {
    html! {
        div class="note" {
            @if !note.heading.is_empty() {
                p class="heading" dir="auto" { (Printable(&note.heading)) }
            }
            // Each line finds its own direction.
            @for line in note.text.lines() { p dir="auto" { (Printable(line)) } }
        }
    }
}

/// Text whose line feeds start new lines.
fn lines(text: &str) -> Markup {
    html! {
        @for (index, line) in text.split('\n').enumerate() {
            @if index > 0 { br; }
            (WithOriginals(line))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::Wording;
    use super::*;

    fn page(blocks: Vec<Block>) -> ReportPage {
        ReportPage {
            title: "Report <1>".into(),
            language: "en".into(),
            direction: None,
            subject: None,
            mark: None,
            meta: vec!["For \"Ana\" & co".into()],
            blocks,
            details: Vec::new(),
            id: "x".into(),
            created_at: None,
            wording: Wording::default(),
        }
    }

    #[test]
    fn every_text_is_inert() {
        let evil = "<script>alert(1)</script> \" onload=x ' & {{7*7}} =cmd|' /C calc'!A0 \u{0}";
        let text = || evil.to_owned();
        let mut page = page(vec![
            Block::Heading { level: 2, text: text() },
            Block::Paragraph(vec![Span::strong(text()), Span::small(text())]),
            Block::Facts(vec![Fact { label: text(), value: text(), note: text() }]),
            Block::Table(Table {
                caption: text(),
                headers: vec![text()],
                rows: vec![vec![text()]],
                alignments: vec![],
            }),
            Block::Figure(Figure {
                svg: "<svg/>".into(),
                name: text(),
                alt: text(),
                caption: text(),
            }),
            Block::Columns(vec![vec![Block::Lines(vec![Fact {
                label: text(),
                value: text(),
                note: text(),
            }])]]),
            Block::List(vec![text()]),
            Block::Notes(vec![Note { heading: text(), text: text() }]),
            Block::Small(text()),
            Block::Fold { title: text(), blocks: vec![Block::Small(text())] },
        ]);
        page.subject = Some(text());
        page.mark = Some(text());
        page.details = vec![Block::Small(text())];
        let html = document(&page);
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("\" onload"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;").count(), 25, "{html}");
        for link in ["href=", "src=\"http", "url(", "@import", "javascript:"] {
            assert!(!html.contains(link), "{link}");
        }
    }

    #[test]
    fn headings_leave_no_level_out() {
        let heading = |level| Block::Heading { level, text: level.to_string() };
        let html = main(&page(vec![heading(4), heading(2), heading(3), heading(9)])).into_string();
        for level in [
            "<h2 dir=\"auto\">4<",
            "<h2 dir=\"auto\">2<",
            "<h3 dir=\"auto\">3<",
            "<h4 dir=\"auto\">9<",
        ] {
            assert!(html.contains(level), "{level}\n{html}");
        }
        assert_eq!(html.matches("<h1").count(), 1);
    }

    #[test]
    fn lines_and_directions_are_kept() {
        let note = Note { heading: String::new(), text: "سطر\nline".into() };
        let html = main(&page(vec![Block::Notes(vec![note])])).into_string();
        assert!(html.contains("<p dir=\"auto\">سطر</p><p dir=\"auto\">line</p>"), "{html}");
        let mut arabic = page(Vec::new());
        arabic.language = "ar".into();
        assert!(document(&arabic).contains("<html lang=\"ar\" dir=\"rtl\">"));
    }

    #[test]
    fn the_policy_names_the_style_that_is_inside() {
        assert!(policy().contains("style-src 'sha256-"));
        assert!(document(&page(Vec::new())).contains(&format!("<style>{STYLE}</style>")));
    }
}
