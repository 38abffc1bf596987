//! Signing in to the pages and out of them.

use super::frame::{ClinicPage, PageContent, see_other, to_sign_in};
use super::visiting::{Scene, Visiting, cookie};
use crate::access::{Account, Anyone, Filled};
use crate::app::App;
use crate::auth::{sign_in_to_pages, sign_out as end_device};
use crate::credentials::password::Password;
use crate::http::{Answered, Problem, ProblemKind};
use crate::markup::Printable;
use crate::wire::Email;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use maud::html;
use serde::Deserialize;

/// From the form to the top.
const UP: &str = "../";

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct TypedIn {
    email: String,
    password: String,
}

/// In front of the form: it is shown again, with what is wrong.
pub(super) struct Entering;

impl Scene for Entering {
    fn told(_: &App, _: &str, problem: &Problem) -> HttpResponse {
        let (status, fault) = match problem.kind() {
            ProblemKind::RoleInsufficient => {
                (StatusCode::FORBIDDEN, "That form did not come from this page. Try again here.")
            }
            ProblemKind::ValidationFailed => (StatusCode::BAD_REQUEST, "Fill in both fields."),
            _ => (problem.status_code(), "The form did not arrive whole. Try again."),
        };
        form(status, "", Some(fault))
    }
}

/// On the way out, which leads to the form whatever happens.
pub(super) struct Leaving;

impl Scene for Leaving {
    fn told(app: &App, up: &str, problem: &Problem) -> HttpResponse {
        if let Some(cause) = problem.cause() {
            tracing::error!(cause, "a sign-out from the pages");
        }
        to_sign_in(app, up)
    }
}

/// The form.
pub(super) async fn page(visit: Visiting<Anyone, Entering>) -> Answered<HttpResponse> {
    Ok(match visit.caller {
        Some(_) => see_other("../clinic", None),
        None => form(StatusCode::OK, "", None),
    })
}

fn form(status: StatusCode, email: &str, fault: Option<&str>) -> HttpResponse {
    let main = html! {
        h1 { "For practitioners" }
        p {
            "See the journals that patients have shared with you. Patients use their clinic's app."
        }
        @if let Some(fault) = fault { p class="fault" role="alert" id="fault" { (fault) } }
        form class="sign-in" method="post" action="./sign-in" aria-describedby=[fault.map(|_| "fault")] {
            label for="email" { "E-mail address" }
            " "
            input id="email" name="email" type="email" autocomplete="username" required maxlength="254"
                value=(Printable(email));
            " "
            label for="password" { "Password" }
            " "
            input id="password" name="password" type="password" autocomplete="current-password" required;
            " "
            button type="submit" { "Sign in" }
        }
        p class="small" {
            "You stay signed in for an hour after the last page you open, at most for twelve. Every journal \
             you open is noted in its patient's access log."
        }
    };
    let content = PageContent::Main(main);
    ClinicPage { up: UP, title: "Sign in", content, signed_in: false }.answer(status, None)
}

/// A filled-in form.
pub(super) async fn submit(
    visit: Visiting<Anyone, Entering>,
    Filled(typed): Filled<TypedIn>,
) -> Answered<HttpResponse> {
    let app = visit.may.app();
    let refused = "The address and the password do not fit.";
    let Some(email) = Email::parse(&typed.email) else {
        return Ok(form(StatusCode::UNAUTHORIZED, &typed.email, Some(refused)));
    };
    let password = Password::from(typed.password);
    Ok(match sign_in_to_pages(app, email.as_str(), &password).await {
        Ok(token) => see_other("../clinic", Some(cookie(app, token))),
        Err(problem) => {
            let (status, fault) = words(&problem, refused);
            form(status, email.as_str(), Some(fault))
        }
    })
}

fn words(problem: &Problem, refused: &'static str) -> (StatusCode, &'static str) {
    match problem.kind() {
        ProblemKind::InvalidCredentials => (StatusCode::UNAUTHORIZED, refused),
        ProblemKind::RoleInsufficient => (
            StatusCode::FORBIDDEN,
            "This account is no practitioner's. Patients use their clinic's app.",
        ),
        ProblemKind::AccountSuspended => (
            StatusCode::FORBIDDEN,
            "This account is suspended. Ask the clinic that runs this server.",
        ),
        ProblemKind::Overloaded => {
            (StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Try again in a moment.")
        }
        _ => {
            tracing::error!(cause = problem.cause(), "a sign-in to the pages");
            (StatusCode::INTERNAL_SERVER_ERROR, "That did not work. Try again later.")
        }
    }
}

/// The button of every page.
pub(super) async fn sign_out(visit: Visiting<Account, Leaving>) -> Answered<HttpResponse> {
    end_device(&visit.may).await?;
    Ok(to_sign_in(visit.may.app(), UP))
}
