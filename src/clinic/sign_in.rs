//! Signing in to the pages and out of them.

use super::frame::{ClinicPage, PageContent, see_other, to_sign_in};
use super::visiting::{Scene, Visiting, cookie, device_cookie};
use crate::access::{Account, Anyone, Caller, Filled};
use crate::app::App;
use crate::auth::{Knock, sign_in_to_pages, sign_out as end_device};
use crate::credentials::password::Password;
use crate::http::{Answered, Problem, ProblemKind};
use crate::language::Language;
use crate::markup::Printable;
use crate::wire::Email;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use maud::html;
use serde::Deserialize;
use std::sync::Arc;

/// From the form to the top.
const UP: &str = "../";

/// The key of what is said where address and password do not fit.
const REFUSED: &str = "clinic.sign_in.refused";

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct TypedIn {
    email: String,
    password: String,
}

/// In front of the form: it is shown again, with what is wrong.
pub(super) struct Entering;

impl Scene for Entering {
    fn told(_: &App, _: &str, language: &'static Language, problem: &Problem) -> HttpResponse {
        let (status, fault) = match problem.kind() {
            ProblemKind::RoleInsufficient => (StatusCode::FORBIDDEN, "clinic.sign_in.foreign_form"),
            ProblemKind::ValidationFailed => (StatusCode::BAD_REQUEST, "clinic.sign_in.fill_in"),
            _ => (problem.status_code(), "clinic.sign_in.not_whole"),
        };
        form(language, status, "", Some(&language.text(fault, &[])))
    }
}

/// On the way out, which leads to the form whatever happens.
pub(super) struct Leaving;

impl Scene for Leaving {
    fn told(app: &App, up: &str, _: &'static Language, problem: &Problem) -> HttpResponse {
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
        None => form(visit.accepted, StatusCode::OK, "", None),
    })
}

/// `fault` is what is wrong.
fn form(
    language: &'static Language,
    status: StatusCode,
    email: &str,
    fault: Option<&str>,
) -> HttpResponse {
    let words = |key: &str| language.text(key, &[]);
    let main = html! {
        h1 { (words("clinic.sign_in.heading")) }
        p { (words("clinic.sign_in.about")) }
        @if let Some(fault) = fault { p class="fault" role="alert" id="fault" { (fault) } }
        form class="sign-in" method="post" action="./sign-in" aria-describedby=[fault.map(|_| "fault")] {
            label for="email" { (words("clinic.sign_in.email")) }
            " "
            input id="email" name="email" type="email" autocomplete="username" required maxlength="254"
                value=(Printable(email));
            " "
            label for="password" { (words("clinic.sign_in.password")) }
            " "
            input id="password" name="password" type="password" autocomplete="current-password" required;
            " "
            button type="submit" { (words("clinic.sign_in.button")) }
        }
        p { a href="./forgot" { (words("clinic.sign_in.forgot")) } }
        p class="small" { (words("clinic.sign_in.stay")) }
    };
    let content = PageContent::Main(main);
    let title = words("clinic.sign_in.title");
    ClinicPage { up: UP, language, title: &title, content, signed_in: false }.answer(status, None)
}

/// A filled-in form.
pub(super) async fn submit(
    visit: Visiting<Anyone, Entering>,
    Filled(typed): Filled<TypedIn>,
) -> Answered<HttpResponse> {
    let (app, language) = (visit.may.app(), visit.accepted);
    let Some(email) = Email::parse(&typed.email) else {
        let refused = language.text(REFUSED, &[]);
        return Ok(form(language, StatusCode::UNAUTHORIZED, &typed.email, Some(&refused)));
    };
    let password = Password::from(typed.password);
    let knock =
        Knock { network: visit.may.network(), device_secret: visit.device_secret.as_deref() };
    Ok(match sign_in_to_pages(app, email.as_str(), &password, knock).await {
        Ok(signed_in) => {
            end_earlier(app, visit.caller).await?;
            let mut answer = see_other("../clinic", Some(cookie(app, signed_in.token)));
            let known = device_cookie(app, signed_in.device_secret);
            answer.add_cookie(&known).map_err(Problem::internal)?;
            answer
        }
        Err(problem) => refused(language, email.as_str(), &problem),
    })
}

/// Signs out whoever was signed in with this browser before.
async fn end_earlier(app: &Arc<App>, before: Option<Caller>) -> Answered<()> {
    let Some(before) = before else { return Ok(()) };
    match end_device(&Account::new(Arc::clone(app), before)).await {
        Err(problem) if problem.kind().status() >= 500 => Err(problem),
        // It had ended already.
        _ => Ok(()),
    }
}

/// The form again, with what is said of a refusal.
fn refused(language: &'static Language, email: &str, problem: &Problem) -> HttpResponse {
    let Some(wait) = problem.to_wait() else {
        let (status, fault) = fault_of(problem);
        return form(language, status, email, Some(&language.text(fault, &[])));
    };
    let words = if wait.seconds < 60 {
        language.counted("clinic.sign_in.wait_seconds", wait.seconds)
    } else {
        language.counted("clinic.sign_in.wait_minutes", (wait.seconds + 59) / 60)
    };
    let mut answer = form(language, StatusCode::TOO_MANY_REQUESTS, email, Some(&words));
    answer.headers_mut().insert(header::RETRY_AFTER, wait.seconds.into());
    answer
}

/// The key of what is said of a refusal.
fn fault_of(problem: &Problem) -> (StatusCode, &'static str) {
    match problem.kind() {
        ProblemKind::InvalidCredentials => (StatusCode::UNAUTHORIZED, REFUSED),
        ProblemKind::RoleInsufficient => (StatusCode::FORBIDDEN, "clinic.sign_in.no_practitioner"),
        ProblemKind::AccountSuspended => (StatusCode::FORBIDDEN, "clinic.sign_in.suspended"),
        ProblemKind::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "clinic.sign_in.busy"),
        _ => {
            tracing::error!(cause = problem.cause(), "a sign-in to the pages");
            (StatusCode::INTERNAL_SERVER_ERROR, "clinic.sign_in.failed")
        }
    }
}

/// The button of every page.
pub(super) async fn sign_out(visit: Visiting<Account, Leaving>) -> Answered<HttpResponse> {
    end_device(&visit.may).await?;
    Ok(to_sign_in(visit.may.app(), UP))
}
