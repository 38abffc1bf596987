//! The frame of every page, and the pages that are written as they are.
//!
//! Addresses are relative, so the pages also work below a path that a proxy takes away. `up` leads
//! from a page to the top: `./` or `../`.

use super::assets::docs_folder;
use super::content::Content;
use std::fmt;

/// For pages that only show something.
pub(super) const SHOWS: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For pages with a script that calls this server.
const CALLS: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Text with the characters that mean something in HTML taken out, and `code` between backticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prose<'a>(pub(super) &'a str);

impl fmt::Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut in_code = false;
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '`' => {
                    f.write_str(if in_code { "</code>" } else { "<code>" })?;
                    in_code = !in_code;
                }
                c => write!(f, "{c}")?,
            }
        }
        if in_code { f.write_str("</code>") } else { Ok(()) }
    }
}

/// A page that is only text.
pub(super) fn text_page(up: &str, title: &str, body: &str) -> String {
    frame(up, title, "", &format!("<main class=\"text\">\n{body}</main>\n"))
}

/// What all pages share.
fn frame(up: &str, title: &str, head: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · pain-journal</title>
<link rel="icon" type="image/svg+xml" href="{up}assets/icon.svg">
{head}<link rel="stylesheet" href="{up}assets/style.css">
</head>
<body>
<header class="bar">
<a class="name" href="{up}">pain-journal</a>
<nav aria-label="Pages"><a href="{up}docs">API</a> <a href="{up}docs/guides">Guides</a> <a href="{up}problems">Problems</a></nav>
</header>
{body}</body>
</html>
"#
    )
}

/// The first page: what is this server?
pub(super) fn start() -> Content {
    let body = r#"<h1>A pain-journal server</h1>
<p>Patients of pain and acupuncture clinics keep a journal here between their treatment sessions,
and decide who may read it.</p>
<h2>For practitioners</h2>
<p><a href="./clinic">Sign in</a> to see the patients who share their journal with you, their reports and
what to print.</p>
<h2>For patients</h2>
<p>There is nothing to sign in to in a browser yet. Use the app that your clinic named to you; whether there
is one, your clinic knows. What is in a journal belongs to its patient, who decides who may read it.</p>
<h2>For developers of apps</h2>
<ul>
<li><a href="./docs">The API</a>: every operation, to read and to try</li>
<li><a href="./docs/guides">The guides</a>: the rules of the API, sync, what is recorded, the report</li>
<li><a href="./openapi.json">The OpenAPI document</a>, to generate a client from</li>
<li><a href="./problems">The problems</a> a request can meet, and what to do about each</li>
</ul>
<h2>For operators</h2>
<ul>
<li><a href="./healthz">Is the server alive?</a></li>
<li><a href="./readyz">Can it serve?</a></li>
</ul>
"#;
    Content::page("/", SHOWS, text_page("./", "Start", body))
}

/// The documentation of the API.
pub(super) fn documentation() -> Content {
    let docs = docs_folder();
    let head = format!(
        r#"<link rel="stylesheet" href="./{docs}/swagger-ui.css">
<script defer src="./{docs}/swagger-ui-bundle.js"></script>
<script defer src="./assets/docs.js"></script>
"#
    );
    // Swagger UI brings its own main part.
    let body = r#"<div class="text hint">
<p><strong>To try the operations:</strong> sign in with <code>POST /v1/auth/login</code>, press
<b>Authorize</b> and paste the <code>access_token</code> of the answer. It is good for 10 minutes,
and this page forgets it when it is closed.</p>
<p>What you send changes the data of this server. To generate a client, take the
<a href="./openapi.json">OpenAPI document</a>. The rules behind the operations are in the
<a href="./docs/guides">guides</a>: <a href="./docs/guides/api">the API</a>,
<a href="./docs/guides/sync">sync</a>, <a href="./docs/guides/report">the report</a>.</p>
</div>
<noscript><p class="text">This page needs JavaScript. The
<a href="./openapi.json">OpenAPI document</a> does not.</p></noscript>
<div id="docs"><p class="text" role="status">Loading the documentation …</p></div>
"#;
    Content::page("/docs", CALLS, frame("./", "API", &head, body))
}

/// The page behind the link of the verification mail. Programs that look through mail open links,
/// so opening it does nothing: a person presses the button.
pub(super) fn verify_email() -> Content {
    let head = "<meta name=\"robots\" content=\"noindex\">\n\
        <script defer src=\"./assets/verify-email.js\"></script>\n";
    let body = r#"<main class="text">
<h1>Confirm your e-mail address</h1>
<div id="ask" hidden>
<p>An account was asked for with the address that got the mail. If that was you, confirm that the
address is yours. If not, close this page: without this step no account is made.</p>
<p><button id="confirm" type="button">Confirm my address</button></p>
</div>
<p id="outcome" role="status"></p>
<noscript><p>This page needs JavaScript. You can also type the six digits of the mail in the
app.</p></noscript>
</main>
"#;
    Content::page("/verify-email", CALLS, frame("./", "Confirm your e-mail address", head, body))
}
