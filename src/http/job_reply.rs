//! Answers about what is kept for good: a thing that is made at once or in a job, the job, and
//! bytes that are handed out as they were kept.

use super::Problem;
use super::reply::{Answer, Documented, ETAG, Outcome, UNCHANGED, json, json_outcome};
use crate::wire::Components;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use std::marker::PhantomData;

/// Seconds until a job is worth another look.
const SOON: u64 = 1;

/// 201 for a thing that was made, 200 where the same stood already, 202 with the job that makes it;
/// each with its place.
#[derive(Debug)]
pub enum MadeOrStarted<T, J> {
    /// It was made: body, ETag, place.
    Made(T, String, String),
    /// The same stood already: body, ETag, place.
    Stands(T, String, String),
    /// It takes longer: the job, and the job's place.
    Started(J, String),
}

impl<T: Documented, J: Documented> Responder for MadeOrStarted<T, J> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let (mut answer, place) = match self {
            Self::Made(body, etag, place) => (json(StatusCode::CREATED, &body, Some(&etag)), place),
            Self::Stands(body, etag, place) => (json(StatusCode::OK, &body, Some(&etag)), place),
            Self::Started(job, place) => {
                let mut answer = json(StatusCode::ACCEPTED, &job, None);
                answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(SOON));
                (answer, place)
            }
        };
        match HeaderValue::from_str(&place) {
            Ok(place) => answer.headers_mut().insert(header::LOCATION, place),
            Err(error) => return HttpResponse::from_error(Problem::internal(error)),
        };
        answer
    }
}

impl<T: Documented, J: Documented> Answer for MadeOrStarted<T, J> {
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        const PLACED: &[&str] = &["ETag", "Location"];
        const STARTED: &[&str] = &["Location", "Retry-After"];
        vec![
            json_outcome::<T>(components, 200, "The same stood already.", PLACED),
            json_outcome::<T>(components, 201, "Made.", PLACED),
            json_outcome::<J>(components, 202, "It is made in a job.", STARTED),
        ]
    }
}

/// 200 with a job. While it is at work, the answer says when to look again.
#[derive(Debug)]
pub struct Polled<J> {
    /// The job.
    pub job: J,
    /// Is it still at work?
    pub at_work: bool,
}

impl<J: Documented> Responder for Polled<J> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut answer = json(StatusCode::OK, &self.job, None);
        if self.at_work {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(SOON));
        }
        answer
    }
}

impl<J: Documented> Answer for Polled<J> {
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        let about = "How it stands. `Retry-After` only while it is at work.";
        vec![json_outcome::<J>(components, 200, about, &["Retry-After"])]
    }
}

/// 200 with JSON of a `T`, byte for byte as it was kept, or 304.
#[derive(Debug)]
pub struct Verbatim<T> {
    text: String,
    etag: String,
    of: PhantomData<fn() -> T>,
}

impl<T> Verbatim<T> {
    /// The kept text, and its ETag.
    pub const fn new(text: String, etag: String) -> Self {
        Self { text, etag, of: PhantomData }
    }
}

impl<T> Responder for Verbatim<T> {
    type Body = BoxBody;
    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if super::precondition::client_has(request, &self.etag) {
            return HttpResponse::NotModified().insert_header((header::ETAG, self.etag)).finish();
        }
        HttpResponse::Ok()
            .insert_header((header::ETAG, self.etag))
            .insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8"))
            .body(self.text)
    }
}

impl<T: Documented> Answer for Verbatim<T> {
    fn outcomes(components: &mut Components) -> Vec<Outcome> {
        vec![
            json_outcome::<T>(components, 200, "As it was kept.", ETAG),
            Outcome { status: 304, description: UNCHANGED, content: None, headers: ETAG },
        ]
    }
}
