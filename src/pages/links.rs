//! The pages behind the links of mails. Programs that look through mail open links, so opening one does nothing:
//! a person types what only they know, and presses the button.

use super::content::Content;
use super::html::{CALLS, frame};
use crate::language::Language;
use maud::html;

/// A page behind a link.
struct LinkPage {
    path: &'static str,
    /// The part of the keys of its texts.
    key: &'static str,
    /// The operation that the token goes to, with what is typed.
    posts: &'static str,
    /// The member of the body that is typed, and what a browser may fill in.
    typed: Option<(&'static str, &'static str)>,
    /// Is the answer a sign-in?
    signs_in: bool,
    /// What the script says, by the names that it has there.
    says: &'static [&'static str],
}

const PAGES: [LinkPage; 2] = [
    LinkPage {
        path: "/verify-email",
        key: "verify",
        posts: "v1/auth/verify-email",
        typed: Some(("password", "current-password")),
        signs_in: true,
        says: &["done", "not_signed_out", "again"],
    },
    LinkPage {
        path: "/reset-password",
        key: "reset",
        posts: "v1/auth/password/reset",
        typed: Some(("new_password", "new-password")),
        signs_in: false,
        says: &["done", "refused", "dead"],
    },
];

/// What all of them say.
const EACH: [&str; 5] = ["incomplete", "wait", "unreachable", "slower", "later"];

/// All of them.
pub(super) fn all(language: &Language) -> impl Iterator<Item = Content> {
    PAGES.iter().map(move |page| page.content(language))
}

impl LinkPage {
    fn content(&self, language: &Language) -> Content {
        let words = |name: &str| language.text(&format!("page.{}.{name}", self.key), &[]);
        let head = html! {
            meta name="robots" content="noindex";
            script defer src="./assets/link.js" {}
        };
        let title = words("title");
        let body = html! {
            main class="text" {
                h1 { (title) }
                form id="ask" data-posts=(self.posts) data-signs-in[self.signs_in] hidden {
                    p { (words("ask")) }
                    @if let Some((name, fills_in)) = self.typed {
                        p {
                            label for="typed" { (words("typed")) }
                            " "
                            input id="typed" name=(name) type="password" autocomplete=(fills_in) required;
                        }
                    }
                    p { button type="submit" { (words("button")) } }
                }
                p id="outcome" role="status" {}
                @for name in self.says {
                    template data-says=(name) { (words(&format!("says.{name}"))) }
                }
                @for name in EACH {
                    template data-says=(name) { (language.text(&format!("page.link.{name}"), &[])) }
                }
                noscript { p { (language.text("page.link.no_script", &[])) } }
            }
        };
        Content::page(self.path, CALLS, frame("./", language, &title, &head, &body))
    }
}
