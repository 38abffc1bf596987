//! The guides of `docs/`, as they were when the program was built: pages to read, the same as Markdown,
//! and an index of both for programs that read.

use super::content::Content;
use super::html::{SHOWS, text_page};
use crate::language::Language;
use actix_web::web::Bytes;
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::html::push_html;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};
use std::collections::HashMap;
use std::fmt::Write as _;

/// A guide: where it is in the repository, under which name it is served, its title in lists, and what it
/// is about.
struct Guide {
    file: &'static str,
    name: &'static str,
    title: &'static str,
    about: &'static str,
    text: &'static str,
}

/// Declares the guides; the texts are part of the program.
macro_rules! guides {
    ($($file:literal $name:literal $title:literal $about:literal;)*) => {
        &[$(Guide {
            file: $file, name: $name, title: $title, about: $about,
            text: include_str!(concat!("../../", $file)),
        }),*]
    };
}

/// The guides, in the order in which somebody who writes an app reads them.
static GUIDES: &[Guide] = guides! {
    "README.md" "readme" "Overview and quickstart"
        "What this server is, ten steps through the API with curl, settings and commands.";
    "docs/api.md" "api" "The API"
        "The rules for every operation: signing in, records and versions, errors, time, limits.";
    "docs/sync.md" "sync" "Sync"
        "Offline sync: the protocol, two phones with curl, conflicts, errors, what happens when.";
    "docs/domain.md" "domain" "What is recorded"
        "The concepts of pain and acupuncture care, and the field that holds each.";
    "docs/report.md" "report" "The progress report"
        "What each number means, and what the report never claims.";
    "docs/privacy.md" "privacy" "Privacy"
        "What is stored, why, for how long, and who sees it.";
    "docs/operations.md" "operations" "Running the server"
        "Production, TLS, databases, backups, keys, logs.";
    "docs/performance.md" "performance" "Performance"
        "What was measured, and how to repeat it.";
    "CHANGELOG.md" "changelog" "Changes"
        "What changed from version to version.";
};

/// Pictures of the guides: where each is in the repository, its name, its bytes.
static PICTURES: [(&str, &str, &[u8]); 1] = [(
    "docs/images/report-chart.svg",
    "report-chart.svg",
    include_bytes!("../../docs/images/report-chart.svg"),
)];

/// An answer that is too large for the document: the demo's report, its lists cut to their first item.
const REPORT: &[u8] = include_bytes!("../../openapi/progress-report.json");

/// Everything: the list, the pages, the Markdown, the pictures, the index.
pub(super) fn all() -> Vec<Content> {
    let pages = GUIDES.iter().map(|guide| {
        let body = html! { article class="guide" { (PreEscaped(page_of(guide))) } };
        let path = format!("/docs/guides/{}", guide.name);
        Content::page(&path, SHOWS, text_page("../../", Language::english(), guide.title, &body))
    });
    let sources = GUIDES.iter().map(|guide| {
        let path = format!("/docs/guides/{}.md", guide.name);
        let bytes = Bytes::from_static(guide.text.as_bytes());
        Content::new(&path, "text/markdown; charset=utf-8", bytes)
    });
    let pictures = PICTURES.iter().map(|(_, name, bytes)| {
        let path = format!("/docs/guides/{name}");
        Content::new(&path, "image/svg+xml", Bytes::from_static(bytes))
    });
    let index = Content::new("/llms.txt", "text/plain; charset=utf-8", index().into());
    let list = Content::page(
        "/docs/guides",
        SHOWS,
        text_page("../", Language::english(), "Guides", &list()),
    );
    let report = Content::new(
        "/docs/examples/progress-report.json",
        "application/json",
        Bytes::from_static(REPORT),
    );
    pages.chain(sources).chain(pictures).chain([list, index, report]).collect()
}

fn list() -> Markup {
    html! {
        h1 { "Guides" }
        p {
            "As they were when this server was built. Each is also there as Markdown, for programs: "
            a href="../llms.txt" { "llms.txt" } " lists them."
        }
        ul {
            @for Guide { name, title, about, .. } in GUIDES {
                li {
                    a href={ "./guides/" (name) } { (title) }
                    " (" a href={ "./guides/" (name) ".md" } { "Markdown" } ")"
                    br;
                    (about)
                }
            }
        }
    }
}

/// The index for programs, as llmstxt.org has it.
fn index() -> String {
    let mut text = "# pain-journal\n\n> A self-hosted server for pain and acupuncture clinics: patients log \
        pain, sleep and mobility between treatment sessions, decide who may read it, and practitioners pull \
        progress reports.\n\n## Guides\n\n"
        .to_owned();
    for Guide { name, title, about, .. } in GUIDES {
        let _ = writeln!(text, "- [{title}](docs/guides/{name}.md): {about}");
    }
    text + "\n## Reference\n\n\
        - [OpenAPI document](openapi.json): every operation, with schemas and examples\n\
        - [Vocabularies](v1/vocabularies): every list of codes\n\
        - [Problems](problems): what can go wrong, and what to do about each\n"
}

/// A guide as HTML. The Markdown is ours and part of the program; raw HTML in it is shown as text.
fn page_of(guide: &Guide) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut slugs = HashMap::new();
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut heading: Option<usize> = None;
    let mut dropped = false;
    for event in Parser::new_ext(guide.text, options) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                heading = Some(events.len());
                events.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some(start) = heading.take() {
                    let id = slug(&events[start..], &mut slugs);
                    if let Event::Start(Tag::Heading { id: place, .. }) = &mut events[start] {
                        *place = Some(id.into());
                    }
                }
                events.push(event);
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                match rewritten(guide, &dest_url) {
                    Some(target) => {
                        let dest_url = CowStr::from(target);
                        events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                    }
                    // What is not served is named, not linked.
                    None => dropped = true,
                }
            }
            Event::End(TagEnd::Link) if std::mem::take(&mut dropped) => {}
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let dest_url = picture(guide, &dest_url).map_or(dest_url, CowStr::from);
                events.push(Event::Start(Tag::Image { link_type, dest_url, title, id }));
            }
            // A wide table scrolls by itself.
            Event::Start(Tag::Table(_)) => {
                events.push(Event::Html("<div class=\"wide\" tabindex=\"0\">".into()));
                events.push(event);
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                events.push(Event::Html("</div>".into()));
            }
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            other => events.push(other),
        }
    }
    let mut out = String::new();
    push_html(&mut out, events.into_iter());
    out
}

/// The id of a heading, as the sites that show repositories make them.
fn slug(heading: &[Event<'_>], taken: &mut HashMap<String, usize>) -> String {
    let mut id = String::new();
    for event in heading {
        if let Event::Text(text) | Event::Code(text) = event {
            for c in text.chars() {
                match c {
                    ' ' => id.push('-'),
                    c if c.is_alphanumeric() || "-_".contains(c) => id.extend(c.to_lowercase()),
                    _ => {}
                }
            }
        }
    }
    let count = taken.entry(id.clone()).and_modify(|count| *count += 1).or_insert(0);
    if *count > 0 { format!("{id}-{count}") } else { id }
}

/// The path in the repository that a link of a guide means.
fn resolved(guide: &Guide, link: &str) -> String {
    let mut parts: Vec<&str> = guide.file.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Where a link of a guide leads on this server; nothing for what is not served.
fn rewritten(guide: &Guide, link: &str) -> Option<String> {
    if link.starts_with('#') || link.contains("://") || link.starts_with("mailto:") {
        return Some(link.to_owned());
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, id)| (path, Some(id)));
    let path = resolved(guide, path);
    let target = match path.as_str() {
        "openapi/openapi.json" => "../../openapi.json".to_owned(),
        "docs/README.md" | "docs" => "../guides".to_owned(),
        path => match GUIDES.iter().find(|guide| guide.file == path) {
            Some(guide) => format!("./{}", guide.name),
            None => format!("./{}", PICTURES.iter().find(|(file, ..)| *file == path)?.1),
        },
    };
    Some(anchor.map_or_else(|| target.clone(), |id| format!("{target}#{id}")))
}

fn picture(guide: &Guide, link: &str) -> Option<String> {
    let path = resolved(guide, link);
    let (_, name, _) = PICTURES.iter().find(|(file, ..)| *file == path)?;
    Some(format!("./{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Every `name="value"` of the page.
    fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
        let start = format!(" {name}=\"");
        page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn every_link_of_a_guide_leads_to_a_heading_or_a_page_that_is_there() {
        let pages: HashMap<&str, String> =
            GUIDES.iter().map(|guide| (guide.name, page_of(guide))).collect();
        let ids =
            |name: &str| -> HashSet<&str> { values(&pages[name], "id").into_iter().collect() };
        let mut links = 0;
        for guide in GUIDES {
            for link in values(&pages[guide.name], "href") {
                if link.contains("://") || ["../../openapi.json", "../guides"].contains(&link) {
                    continue;
                }
                let (page, anchor) = link.split_once('#').unwrap_or((link, ""));
                let page = page.strip_prefix("./").unwrap_or(guide.name);
                let is_picture = PICTURES.iter().any(|(_, name, _)| *name == page);
                assert!(is_picture || pages.contains_key(page), "{}: {link}", guide.name);
                assert!(anchor.is_empty() || ids(page).contains(anchor), "{}: {link}", guide.name);
                links += 1;
            }
            for picture in values(&pages[guide.name], "src") {
                let name = picture.strip_prefix("./").unwrap();
                assert!(PICTURES.iter().any(|(_, known, _)| *known == name), "{picture}");
            }
        }
        assert!(links > 15, "{links}");
    }

    #[test]
    fn a_guide_has_its_title_its_code_and_its_tables() {
        let sync = page_of(GUIDES.iter().find(|guide| guide.name == "sync").unwrap());
        assert!(
            sync.contains("<h1 id=\"sync-the-protocol-for-app-developers\">"),
            "{}",
            &sync[..200]
        );
        assert!(sync.contains("<pre><code class=\"language-bash\">") && sync.contains("<table>"));
        assert!(!sync.contains("<script") && !sync.contains("style="));
    }

    #[test]
    fn headings_get_ids_of_their_own() {
        let guide = Guide {
            file: "docs/x.md",
            name: "x",
            title: "X",
            about: "",
            text: "# `a_b` & c!\n\n## Twice\n\n## Twice\n\n<b onclick=\"x\">raw</b> [no](nothing.md)\n",
        };
        let page = page_of(&guide);
        assert_eq!(values(&page, "id"), ["a_b--c", "twice", "twice-1"]);
        assert!(page.contains("&lt;b onclick") && !page.contains("<a "), "{page}");
    }
}
