//! Asking for a link to choose a new password, for those who sign in to the pages.

use super::frame::{ClinicPage, PageContent};
use super::visiting::{Scene, Visiting};
use crate::access::{Anyone, Filled};
use crate::app::App;
use crate::auth::forget_password;
use crate::http::{Answered, Problem, ProblemKind};
use crate::language::Language;
use crate::wire::Email;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use maud::html;
use serde::Deserialize;

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Forgotten {
    email: String,
}

/// In front of the form: it is shown again, with what is wrong.
pub(super) struct Asking;

impl Scene for Asking {
    fn told(_: &App, _: &str, language: &'static Language, problem: &Problem) -> HttpResponse {
        if let Some(cause) = problem.cause() {
            tracing::error!(cause, "a page for a forgotten password");
        }
        let said = match problem.kind() {
            ProblemKind::TooManyAttempts => problem.kind().title(language),
            _ => language.text("clinic.sign_in.not_whole", &[]),
        };
        form(language, problem.status_code(), Some(&said))
    }
}

/// The form. `said` stands above it.
fn form(language: &'static Language, status: StatusCode, said: Option<&str>) -> HttpResponse {
    let words = |key: &str| language.text(key, &[]);
    let main = html! {
        h1 { (words("clinic.forgot.title")) }
        p { (words("clinic.forgot.about")) }
        @if let Some(said) = said { p class="fault" role="alert" id="fault" { (said) } }
        form class="sign-in" method="post" action="./forgot" aria-describedby=[said.map(|_| "fault")] {
            label for="email" { (words("clinic.sign_in.email")) }
            " "
            input id="email" name="email" type="email" autocomplete="username" required maxlength="254";
            " "
            button type="submit" { (words("clinic.forgot.button")) }
        }
        p { a href="./sign-in" { (words("clinic.forgot.back")) } }
    };
    answer(language, status, main)
}

fn answer(language: &'static Language, status: StatusCode, main: maud::Markup) -> HttpResponse {
    let (title, content) = (language.text("clinic.forgot.title", &[]), PageContent::Main(main));
    ClinicPage { up: "../", language, title: &title, content, signed_in: false }
        .answer(status, None)
}

/// The form.
pub(super) async fn page(visit: Visiting<Anyone, Asking>) -> Answered<HttpResponse> {
    Ok(form(visit.accepted, StatusCode::OK, None))
}

/// A filled-in form; what is said is the same for every address.
pub(super) async fn submit(
    visit: Visiting<Anyone, Asking>,
    Filled(typed): Filled<Forgotten>,
) -> Answered<HttpResponse> {
    let language = visit.accepted;
    let Some(email) = Email::parse(&typed.email) else {
        let bad = language.text("clinic.forgot.bad", &[]);
        return Ok(form(language, StatusCode::UNPROCESSABLE_ENTITY, Some(&bad)));
    };
    forget_password(visit.may.app(), &email, language).await?;
    let words = |key: &str| language.text(key, &[]);
    let main = html! {
        h1 { (words("clinic.forgot.title")) }
        p role="status" { (words("clinic.forgot.sent")) }
        p { a href="./sign-in" { (words("clinic.forgot.back")) } }
    };
    Ok(answer(language, StatusCode::OK, main))
}
