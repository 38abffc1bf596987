//! `Accept`: can the client read what an operation answers?
//!
//! Generated clients name the media types that the document lists, and some name only the first that
//! looks like JSON, which is the one of problems. So whoever reads `application/problem+json` reads
//! the operation: a success of another type is what he asked for by its address. Where a success has
//! no body there is nothing to be unreadable.

use crate::access::{Arguments, Call, Permission, Scope};
use crate::http::{Answered, ProblemKind};
use actix_web::body::BoxBody;
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::web::Payload;
use actix_web::{Handler, HttpRequest, HttpResponse, Responder};

/// The media type of every failure.
pub(super) const PROBLEM: &str = "application/problem+json";

/// Does one of the accepted ranges take `ours`, or problems? Without the header all are taken.
fn takes(headers: &HeaderMap, ours: &str) -> bool {
    let mut values = headers.get_all(ACCEPT).peekable();
    if values.peek().is_none() {
        return true;
    }
    values.filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let refused = parts.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        let matches = |media: &str| {
            let family = media.split_once('/').map_or("", |(family, _)| family);
            kind.eq_ignore_ascii_case(media)
                || kind.strip_suffix("/*").is_some_and(|f| f.eq_ignore_ascii_case(family))
        };
        !refused
            && (kind.is_empty()
                || kind == "*/*"
                || matches(ours)
                || kind.eq_ignore_ascii_case(PROBLEM))
    })
}

/// A handler on its way to be served: it is called by whoever may, with what could be read, for an answer
/// of this media type that the client can read. A failure is told as the permission has it.
pub(super) fn served<H, Args, A, R>(
    handler: H,
    media: Option<&'static str>,
    scope: Option<Scope>,
    answer: impl Fn(A) -> R + Clone + 'static,
) -> impl Handler<(HttpRequest, Payload), Output = HttpResponse>
where
    H: Handler<Args, Output = Answered<A>>,
    Args: Arguments,
    A: 'static,
    R: Responder<Body = BoxBody> + 'static,
{
    move |request: HttpRequest, payload: Payload| {
        let (handler, answer, mut payload) =
            (handler.clone(), answer.clone(), payload.into_inner());
        async move {
            let called = async {
                let call = Call::of(request.clone(), Args::Permission::NEED)?;
                if let Some(scope) = scope {
                    call.caller()?.allowed(scope)?;
                }
                if media.is_some_and(|media| !takes(request.headers(), media)) {
                    return Err(ProblemKind::NotAcceptable.into());
                }
                let permission = Args::Permission::of(&call);
                let args = Args::read(permission, &call, &mut payload).await?;
                handler.call(args).await
            };
            match called.await {
                Ok(answered) => answer(answered).respond_to(&request),
                Err(problem) => Args::Permission::told(&request, problem),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PROBLEM, takes};
    use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};

    fn read(accepted: &[&'static str], ours: &str) -> bool {
        let mut headers = HeaderMap::new();
        for range in accepted {
            headers.append(ACCEPT, HeaderValue::from_static(range));
        }
        takes(&headers, ours)
    }

    #[test]
    fn who_reads_problems_reads_everything() {
        for ours in ["application/json", "application/pdf", "image/svg+xml", "text/event-stream"] {
            assert!(read(&[], ours));
            assert!(read(&[PROBLEM], ours));
            assert!(read(&["text/plain", "application/problem+json;q=0.1"], ours));
            assert!(read(&["*/*"], ours) && read(&[ours], ours));
            assert!(!read(&["font/woff2"], ours));
            assert!(!read(&["application/problem+json;q=0"], ours));
        }
        assert!(read(&["image/*"], "image/svg+xml"));
        assert!(!read(&["image/*"], "application/json"));
        assert!(!read(&["application/json"], "image/svg+xml"));
    }
}
