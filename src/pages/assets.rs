//! What the pages load: styles, small scripts, an icon, and the documentation's interface.

use super::content::Content;
use actix_web::web::Bytes;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The version of Swagger UI, which is in its path, so that it can be kept for long.
const DOCS_VERSION: &str = include_str!("../../assets/swagger-ui/VERSION");
const DOCS_SCRIPT: &[u8] = include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js.gz");
const DOCS_STYLE: &[u8] = include_bytes!("../../assets/swagger-ui/swagger-ui.css.gz");

/// Our own files: name, media type, text.
const OWN: [(&str, &str, &str); 7] = [
    ("style.css", CSS, include_str!("../../assets/style.css")),
    ("clinic.css", CSS, include_str!("../../assets/clinic.css")),
    ("clinic.js", SCRIPT, include_str!("../../assets/clinic.js")),
    ("report.css", CSS, crate::report::render::html::STYLE),
    ("docs.js", SCRIPT, include_str!("../../assets/docs.js")),
    ("link.js", SCRIPT, include_str!("../../assets/link.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
];

/// The folder of Swagger UI, without a slash at either end.
pub(super) fn docs_folder() -> String {
    format!("assets/swagger-ui-{}", DOCS_VERSION.trim_end())
}

/// All files.
pub(super) fn all() -> Vec<Content> {
    let docs = docs_folder();
    let vendored = [
        Content::vendored(&format!("/{docs}/swagger-ui-bundle.js"), SCRIPT, DOCS_SCRIPT),
        Content::vendored(&format!("/{docs}/swagger-ui.css"), CSS, DOCS_STYLE),
    ];
    let own = OWN.iter().map(|(name, media_type, text)| {
        Content::new(&format!("/assets/{name}"), media_type, Bytes::from_static(text.as_bytes()))
    });
    own.chain(vendored).collect()
}
