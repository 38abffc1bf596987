//! A patient's report.

use super::frame::to_sign_in;
use super::session::Visitor;
use crate::app::App;
use actix_web::{HttpRequest, HttpResponse, web};

const UP: &str = "../../";

pub(super) async fn page(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let Some(_visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, UP) };
    HttpResponse::NotFound().finish()
}

pub(super) async fn file(app: web::Data<App>, request: HttpRequest) -> HttpResponse {
    let Some(_visitor) = Visitor::of(&app, &request) else { return to_sign_in(&app, UP) };
    HttpResponse::NotFound().finish()
}
