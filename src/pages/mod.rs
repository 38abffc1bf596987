//! Pages for people: what this server is, the documentation of its API, what its problems mean,
//! and the pages behind the links of mails.
//!
//! They are no operations of the API. Everything they show is known when the program is built, and
//! nothing is ever loaded from another place, which each page's own policy tells the browser.

mod assets;
mod content;
mod guides;
mod html;
mod links;
mod problems;
#[cfg(test)]
mod tests;

use self::content::Content;
use crate::access::{Anyone, Call, Everybody, FromCall};
use crate::http::{Answered, Problem, language_of};
use crate::language::Language;
use crate::routes::{Routes, SOMEDAY};
use actix_web::http::Method;
use actix_web::web::{Bytes, Data};
use chrono::{DateTime, Duration, Utc};
use std::future::ready;
use std::sync::LazyLock;

/// All that does not change while the program runs.
static CONTENTS: LazyLock<Vec<Content>> = LazyLock::new(|| {
    let mut contents = assets::all();
    contents.push(html::documentation());
    contents.extend(in_language(Language::english()));
    contents.extend(guides::all());
    contents
});

/// The pages for everybody in the languages beside English.
static OTHERS: LazyLock<Vec<Content>> = LazyLock::new(|| in_language(Language::german()).collect());

/// The pages that are in every language. What developers read is English alone, and says so.
fn in_language(language: &'static Language) -> impl Iterator<Item = Content> {
    let start = std::iter::once(html::start(language));
    let all = start.chain(links::all(language)).chain(problems::all(language));
    all.map(move |content| content.in_language(language))
}

/// Registers the pages and what they consist of.
pub fn routes(routes: &mut Routes) {
    for content in CONTENTS.iter() {
        let others: Vec<_> = OTHERS.iter().filter(|other| other.path() == content.path()).collect();
        // Who asks for no language that there is reads English.
        let handler = move |_: Everybody, Wanted(language)| {
            let other = others.iter().find(|other| other.is_in(language));
            ready(Answered::Ok(other.copied().unwrap_or(content).clone()))
        };
        routes.page(Method::GET, content.path(), handler);
    }
    let unknown = async |_: Everybody, Wanted(language)| Ok(problems::unknown(language));
    routes.page(Method::GET, "/problems/{code}", unknown);
    routes.page(Method::GET, "/openapi.json", openapi);
}

/// What the browser of a request asks for.
struct Wanted(&'static Language);

impl FromCall for Wanted {
    fn from_call(call: &Call) -> Answered<Self> {
        Ok(Self(language_of(call.request().headers())))
    }
}

/// The OpenAPI document of this server, made once.
#[derive(Debug)]
pub struct PublishedDocument(pub String);

impl FromCall for Data<PublishedDocument> {
    fn from_call(call: &Call) -> Answered<Self> {
        let document = call.request().app_data::<Self>().cloned();
        document.ok_or_else(|| Problem::internal("no document"))
    }
}

async fn openapi(anyone: Anyone, published: Data<PublishedDocument>) -> Answered<Content> {
    Ok(document(&dated(&published.0, anyone.app().clock.now())))
}

/// The document with moments that lie ahead of this one where its examples need such.
fn dated(text: &str, now: DateTime<Utc>) -> String {
    let soon = (now + Duration::days(90)).format("%Y-%m-%dT00:00:00.000Z").to_string();
    text.replace(SOMEDAY, &soon)
}

fn document(text: &str) -> Content {
    Content::new("/openapi.json", "application/json", Bytes::from(text.to_owned()))
}
