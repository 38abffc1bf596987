//! A page as HTML: one document without scripts or links, or its main part for a page around it.
//! Every text is data; pictures are data URIs, so that nothing in one can reach out of it.

use super::page::{Alignment, Block, Direction, Fact, Figure, Note, Page, Span, Table};
use crate::markup::Escaped;
use crate::reference::fingerprint_base64;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::fmt::Write as _;

/// The style of a report, inside each document.
pub const STYLE: &str = include_str!("../../../assets/report.css");

/// What a document may load: the style it brings along, known by its hash, and its pictures.
pub fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        fingerprint_base64(STYLE.as_bytes())
    )
}

/// The whole document.
pub fn document(page: &Page) -> String {
    let language = Escaped(&page.language);
    let title = page.heading();
    let title = Escaped(&title);
    let direction = direction(page);
    let main = main(page);
    format!(
        r#"<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
{main}</body>
</html>
"#
    )
}

fn direction(page: &Page) -> &'static str {
    let by_language = || {
        let language = page.language.split('-').next().unwrap_or_default();
        ["ar", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"].contains(&language)
    };
    let right_to_left =
        page.direction.map_or_else(by_language, |given| given == Direction::RightToLeft);
    if right_to_left { "rtl" } else { "ltr" }
}

/// The main part.
pub fn main(page: &Page) -> String {
    let mut out = String::from("<main class=\"report\">\n");
    put(&mut out, format_args!("<h1 dir=\"auto\">{}</h1>\n", Escaped(&page.title)));
    if let Some(subject) = &page.subject {
        put(&mut out, format_args!("<p class=\"subject\" dir=\"auto\">{}</p>\n", Escaped(subject)));
    }
    for line in &page.meta {
        put(&mut out, format_args!("<p class=\"meta\" dir=\"auto\">{}</p>\n", Escaped(line)));
    }
    let mut level = 1;
    for block in &page.blocks {
        put_block(&mut out, block, &mut level);
    }
    if !page.details.is_empty() {
        out.push_str("<section class=\"details\">\n");
        for block in &page.details {
            put_block(&mut out, block, &mut level);
        }
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n");
    out
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}

fn put_block(out: &mut String, block: &Block, level: &mut u8) {
    match block {
        Block::Heading { level: wanted, text } => {
            // No level is left out: a reader who goes by headings would look for it.
            *level = (*wanted).clamp(2, (*level + 1).min(6));
            put(out, format_args!("<h{level} dir=\"auto\">{}</h{level}>\n", Escaped(text)));
        }
        Block::Paragraph(spans) => {
            out.push_str("<p dir=\"auto\">");
            for span in spans {
                put_span(out, span);
            }
            out.push_str("</p>\n");
        }
        Block::Facts(facts) => put_facts(out, "facts", facts),
        Block::Lines(facts) => put_facts(out, "lines", facts),
        Block::Columns(columns) => {
            out.push_str("<div class=\"columns\">\n");
            for column in columns {
                out.push_str("<div>\n");
                for block in column {
                    put_block(out, block, level);
                }
                out.push_str("</div>\n");
            }
            out.push_str("</div>\n");
        }
        Block::Table(table) => put_table(out, table),
        Block::Figure(figure) => put_figure(out, figure),
        Block::List(points) => {
            out.push_str("<ul>\n");
            for point in points {
                put(out, format_args!("<li dir=\"auto\">{}</li>\n", Lines(point)));
            }
            out.push_str("</ul>\n");
        }
        Block::Notes(notes) => {
            for note in notes {
                put_note(out, note);
            }
        }
        Block::Small(text) => {
            put(out, format_args!("<p class=\"small\" dir=\"auto\">{}</p>\n", Lines(text)));
        }
    }
}

fn put_span(out: &mut String, span: &Span) {
    let text = Lines(&span.text);
    match (span.strong, span.small) {
        (true, true) => put(out, format_args!("<strong><small>{text}</small></strong>")),
        (true, false) => put(out, format_args!("<strong>{text}</strong>")),
        (false, true) => put(out, format_args!("<small>{text}</small>")),
        (false, false) => put(out, format_args!("{text}")),
    }
}

fn put_facts(out: &mut String, class: &str, facts: &[Fact]) {
    put(out, format_args!("<dl class=\"{class}\">\n"));
    for fact in facts {
        put(
            out,
            format_args!(
                "<div><dt dir=\"auto\">{}</dt><dd dir=\"auto\">{}",
                Escaped(&fact.label),
                Escaped(&fact.value)
            ),
        );
        if !fact.note.is_empty() {
            put(out, format_args!(" <small>{}</small>", Escaped(&fact.note)));
        }
        out.push_str("</dd></div>\n");
    }
    out.push_str("</dl>\n");
}

fn put_table(out: &mut String, table: &Table) {
    if table.headers.is_empty() {
        return;
    }
    let align = |column: usize| match table.alignments.get(column).copied().unwrap_or_default() {
        Alignment::Start => "",
        Alignment::Centre => " class=\"centre\"",
        Alignment::End => " class=\"end\"",
    };
    // A wide table scrolls by itself, also by keyboard.
    put(
        out,
        format_args!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">\n<table>\n",
            Escaped(if table.caption.is_empty() { "Table" } else { &table.caption })
        ),
    );
    if !table.caption.is_empty() {
        put(out, format_args!("<caption dir=\"auto\">{}</caption>\n", Escaped(&table.caption)));
    }
    out.push_str("<thead><tr>");
    for (column, header) in table.headers.iter().enumerate() {
        let (align, header) = (align(column), Escaped(header));
        put(out, format_args!("<th scope=\"col\"{align} dir=\"auto\">{header}</th>"));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for column in 0..table.headers.len() {
            let (align, cell) = (align(column), row.get(column).map_or("", String::as_str));
            put(out, format_args!("<td{align} dir=\"auto\">{}</td>", Lines(cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
}

fn put_figure(out: &mut String, figure: &Figure) {
    let class = match figure.share_of_width() {
        0..=40 => "slim",
        41..=80 => "half",
        _ => "wide",
    };
    put(out, format_args!("<figure class=\"{class}\">"));
    // On a phone a wide picture keeps its letters and scrolls by itself, also by keyboard.
    let scrolls = class == "wide";
    if scrolls {
        let name = Escaped(if figure.name.is_empty() { &figure.alt } else { &figure.name });
        put(
            out,
            format_args!(
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\">"
            ),
        );
    }
    let data = BASE64_STANDARD.encode(&figure.svg);
    let alt = Escaped(&figure.alt);
    put(out, format_args!("<img src=\"data:image/svg+xml;base64,{data}\" alt=\"{alt}\">"));
    if scrolls {
        out.push_str("</div>");
    }
    if !figure.caption.is_empty() {
        put(out, format_args!("<figcaption dir=\"auto\">{}</figcaption>", Lines(&figure.caption)));
    }
    out.push_str("</figure>\n");
}

fn put_note(out: &mut String, note: &Note) {
    out.push_str("<div class=\"note\">");
    if !note.heading.is_empty() {
        put(out, format_args!("<p class=\"heading\" dir=\"auto\">{}</p>", Escaped(&note.heading)));
    }
    // Each line finds its own direction.
    for line in note.text.lines() {
        put(out, format_args!("<p dir=\"auto\">{}</p>", Escaped(line)));
    }
    out.push_str("</div>\n");
}

/// Text whose line feeds start new lines.
struct Lines<'a>(&'a str);

impl std::fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, line) in self.0.split('\n').enumerate() {
            if index > 0 {
                f.write_str("<br>")?;
            }
            write!(f, "{}", Escaped(line))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::Wording;
    use super::*;

    fn page(blocks: Vec<Block>) -> Page {
        Page {
            title: "Report <1>".into(),
            language: "en".into(),
            direction: None,
            subject: None,
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
        ]);
        page.subject = Some(text());
        page.details = vec![Block::Small(text())];
        let html = document(&page);
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("\" onload"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;").count(), 23, "{html}");
        for link in ["href=", "src=\"http", "url(", "@import", "javascript:"] {
            assert!(!html.contains(link), "{link}");
        }
    }

    #[test]
    fn headings_leave_no_level_out() {
        let heading = |level| Block::Heading { level, text: level.to_string() };
        let html = main(&page(vec![heading(4), heading(2), heading(3), heading(9)]));
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
        let html = main(&page(vec![Block::Notes(vec![note])]));
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
