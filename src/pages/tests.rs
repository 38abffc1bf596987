//! The pages as a browser meets them.

use super::*;
use crate::http::ProblemKind;
use crate::language::Language;
use actix_web::Responder;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::http::{StatusCode, header};
use actix_web::test::{TestRequest, call_service, init_service, read_body};

async fn ask(request: TestRequest) -> ServiceResponse<impl MessageBody> {
    let mut table = Routes::default();
    routes(&mut table);
    let app = actix_web::App::new().configure(|config| table.install(config));
    let service = init_service(app).await;
    call_service(&service, request.to_request()).await
}

async fn get(path: &str) -> ServiceResponse<impl MessageBody> {
    ask(TestRequest::get().uri(path)).await
}

async fn text(path: &str) -> String {
    String::from_utf8(read_body(get(path).await).await.to_vec()).unwrap()
}

fn field<B>(answer: &ServiceResponse<B>, name: HeaderName) -> &str {
    value(answer.headers(), name)
}

fn value(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn html_pages() -> impl Iterator<Item = &'static Content> {
    let files = [".md", ".svg", ".txt", ".json"];
    CONTENTS.iter().filter(move |content| {
        let path = content.path();
        !path.starts_with("/assets/") && !files.iter().any(|ending| path.ends_with(ending))
    })
}

/// The values of `href` and `src`.
fn references(html: &str) -> impl Iterator<Item = &str> {
    html.split_whitespace()
        .filter_map(|word| word.strip_prefix("href=\"").or(word.strip_prefix("src=\"")))
        .filter_map(|rest| rest.split('"').next())
}

/// What a browser makes of a relative reference.
fn resolve(page: &str, reference: &str) -> String {
    let reference = reference.split('#').next().unwrap();
    if reference.is_empty() {
        return page.to_owned();
    }
    let mut folder = page.rsplit_once('/').unwrap().0;
    let mut rest = reference;
    while let Some(above) = rest.strip_prefix("../") {
        folder = folder.rsplit_once('/').unwrap().0;
        rest = above;
    }
    let is_relative = rest.len() < reference.len() || reference.starts_with("./");
    assert!(is_relative, "{page}: {reference} is not relative");
    format!("{folder}/{}", rest.strip_prefix("./").unwrap_or(rest))
}

fn is_markdown(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|ending| ending == "md")
}

#[actix_web::test]
async fn every_page_is_html_with_a_strict_policy() {
    for path in html_pages().map(Content::path) {
        let answer = get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(field(&answer, header::CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
        assert_eq!(field(&answer, header::CACHE_CONTROL), "public, max-age=300", "{path}");
        let policy = field(&answer, header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; "), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
        let has_script = text(path).await.contains("<script");
        assert_eq!(policy.contains("script-src"), has_script, "{path}: {policy}");
    }
}

#[actix_web::test]
async fn pages_have_no_inline_script_or_style() {
    for path in html_pages().map(Content::path) {
        let html = text(path).await;
        assert!(!html.contains("<style") && !html.contains("style="), "{path}");
        assert!(!html.contains(" onclick=") && !html.contains("javascript:"), "{path}");
        assert_eq!(html.matches("<script").count(), html.matches("<script defer src=").count());
    }
}

#[actix_web::test]
async fn nothing_leads_to_another_host() {
    for content in CONTENTS.iter().filter(|content| !content.path().contains("swagger-ui")) {
        let text = text(content.path()).await.replace("http://www.w3.org/2000/svg", "");
        // The guides name other places, and link to them; that loads nothing.
        let is_guide = content.path().starts_with("/docs/guides/");
        let named = ["http://", "https://"].into_iter().filter(|_| !is_guide);
        let loads = ["src=\"//", "src=\"http", "rel=\"stylesheet\" href=\"http", "href=\"//"];
        let loads =
            loads.into_iter().chain(["url(", "@import"]).filter(|_| !is_markdown(content.path()));
        for elsewhere in named.chain(loads) {
            assert!(!text.contains(elsewhere), "{}: {elsewhere}", content.path());
        }
    }
}

#[actix_web::test]
async fn every_reference_leads_somewhere() {
    let elsewhere = ["/openapi.json", "/healthz", "/readyz", "/clinic"];
    for page in html_pages().map(Content::path) {
        for reference in references(&text(page).await) {
            if reference.contains("://") {
                assert!(page.starts_with("/docs/guides/"), "{page}: {reference}");
                continue;
            }
            let target = resolve(page, reference);
            let known = CONTENTS.iter().any(|content| content.path() == target);
            assert!(known || elsewhere.contains(&&*target), "{page}: {reference} is {target}");
        }
    }
}

#[actix_web::test]
async fn the_first_page_leads_everybody_on_and_promises_nothing() {
    let page = text("/").await;
    let [clinic, docs] = ["./clinic", "./docs"].map(|to| format!("href=\"{to}\""));
    let practitioners = page.split("<h2>For practitioners</h2>").nth(1).unwrap();
    assert!(practitioners.split("<h2>").next().unwrap().contains(&clinic));
    let developers = page.split("<h2>For developers of apps</h2>").nth(1).unwrap();
    assert!(developers.split("<h2>").next().unwrap().contains(&docs));
    let patients = page.split("<h2>For patients</h2>").nth(1).unwrap();
    let patients = patients.split("<h2>").next().unwrap();
    assert!(patients.contains("nothing to sign in to") && !patients.contains("href="));
}

#[actix_web::test]
async fn what_the_reader_has_is_not_sent_again() {
    for content in CONTENTS.iter() {
        let path = content.path();
        let tag = field(&get(path).await, header::ETAG).to_owned();
        for known in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
            let request = TestRequest::get().uri(path).insert_header(("If-None-Match", known));
            let answer = ask(request).await;
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{path}");
            assert_eq!(field(&answer, header::ETAG), tag, "{path}");
            assert!(read_body(answer).await.is_empty(), "{path}");
        }
        let stale = TestRequest::get().uri(path).insert_header(("If-None-Match", "\"other\""));
        assert_eq!(ask(stale).await.status(), StatusCode::OK, "{path}");
    }
}

#[actix_web::test]
async fn somebody_with_the_server_alone_can_learn_sync() {
    for page in ["/", "/docs", "/problems"] {
        assert!(text(page).await.contains("docs/guides\""), "{page} leads to the guides");
    }
    let guide = text("/docs/guides/sync").await;
    let source = text("/docs/guides/sync.md").await;
    assert!(guide.contains("last_pulled_at") && source.starts_with("# Sync"));
    let markdown = get("/docs/guides/sync.md").await;
    assert_eq!(field(&markdown, header::CONTENT_TYPE), "text/markdown; charset=utf-8");
    // Everything that the index for programs names is there.
    let index = text("/llms.txt").await;
    assert!(index.starts_with("# pain-journal\n\n> "), "{index}");
    let links: Vec<&str> =
        index.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.contains(&"docs/guides/sync.md") && links.contains(&"openapi.json"), "{links:?}");
    for link in links.iter().filter(|link| is_markdown(link)) {
        assert_eq!(get(&format!("/{link}")).await.status(), StatusCode::OK, "{link}");
    }
}

#[actix_web::test]
async fn swagger_ui_is_kept_for_long_under_its_version() {
    let vendored: Vec<_> = CONTENTS.iter().filter(|c| c.path().contains("swagger-ui-")).collect();
    assert_eq!(vendored.len(), 2);
    for content in vendored {
        let answer = get(content.path()).await;
        assert_eq!(field(&answer, header::CONTENT_ENCODING), "gzip");
        assert_eq!(field(&answer, header::VARY), "Accept-Encoding");
        assert_eq!(field(&answer, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert!(read_body(answer).await.starts_with(&[0x1f, 0x8b]));
    }
}

#[actix_web::test]
async fn every_problem_has_a_page_and_is_in_the_list() {
    let (list, english) = (text("/problems").await, Language::english());
    for kind in ProblemKind::ALL {
        let page = text(&format!("/problems/{}", kind.code())).await;
        assert!(page.contains(&format!("<code>{}</code>", kind.code())));
        assert!(page.contains(&kind.status().to_string()));
        assert!(page.contains(&html::prose(&kind.title(english)).into_string()));
        assert!(page.contains(&html::prose(&kind.cure(english)).into_string()));
        assert!(list.contains(&format!("href=\"./problems/{}\"", kind.code())));
    }
}

#[actix_web::test]
async fn an_unknown_problem_is_not_found_and_not_repeated() {
    let answer = get("/problems/no_such_thing").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(field(&answer, header::CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(field(&answer, header::CONTENT_SECURITY_POLICY), html::SHOWS);
    let body = String::from_utf8(read_body(answer).await.to_vec()).unwrap();
    assert!(!body.contains("no_such_thing"));
}

#[actix_web::test]
async fn pages_are_only_read() {
    for path in ["/", "/docs", "/verify-email", "/problems/internal", "/openapi.json"] {
        let answer = ask(TestRequest::post().uri(path)).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(field(&answer, header::ALLOW), "GET, HEAD", "{path}");
    }
    let head = ask(TestRequest::default().method(Method::HEAD).uri("/docs")).await;
    assert_eq!(head.status(), StatusCode::OK);
}

#[test]
fn the_document_is_named_by_its_bytes() {
    let answer = |text: &'static str, known: &str| {
        let request = TestRequest::get().insert_header(("If-None-Match", known)).to_http_request();
        document(text).respond_to(&request)
    };
    let first = answer("{}", "\"none\"");
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(value(first.headers(), header::CONTENT_TYPE), "application/json");
    assert_eq!(value(first.headers(), header::CACHE_CONTROL), "public, max-age=300");
    let tag = value(first.headers(), header::ETAG);
    assert_eq!(answer("{}", tag).status(), StatusCode::NOT_MODIFIED);
    assert_eq!(answer("{\"openapi\":\"3.1.0\"}", tag).status(), StatusCode::OK);
}

#[test]
fn prose_cannot_become_markup() {
    let prose = html::prose("a<b> & \"c\" 'd' `If-None-Match: *`; `open").into_string();
    assert_eq!(
        prose,
        "a&lt;b&gt; &amp; &quot;c&quot; 'd' <code>If-None-Match: *</code>; <code>open</code>"
    );
}
