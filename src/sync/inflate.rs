//! Bodies of pushes: up to 8 MiB, plain, gzip or brotli, measured when inflated.

use crate::http::{Answered, PUSH_LIMIT, Problem, ProblemKind, collect};
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use std::io::Read;

/// A compressed body may not grow by more than this when inflated.
const MOST_GROWTH: usize = 100;
/// The bytes of a push. Their faults are kept until the caller is known to stand.
pub(super) struct SyncBody(pub(super) Answered<Vec<u8>>);

impl FromRequest for SyncBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let encoding =
            request.headers().get(CONTENT_ENCODING).map_or(Ok("identity"), |v| v.to_str());
        let encoding = encoding.unwrap_or("unreadable").trim().to_ascii_lowercase();
        let body = collect(request, payload, PUSH_LIMIT);
        Box::pin(async move {
            let body = body.await.map_err(|problem| match problem.kind() {
                ProblemKind::BodyTooLarge => too_large(),
                _ => problem,
            });
            Ok(Self(body.and_then(|body| inflate(&encoding, &body))))
        })
    }
}

fn too_large() -> Problem {
    Problem::new(ProblemKind::BodyTooLarge)
        .detail(format!("At most {PUSH_LIMIT} bytes when inflated."))
        .extra("max_bytes", PUSH_LIMIT)
}

fn inflate(encoding: &str, body: &[u8]) -> Answered<Vec<u8>> {
    match encoding {
        "identity" | "" => Ok(body.to_vec()),
        "gzip" => read_within(flate2::read::MultiGzDecoder::new(body), body.len()),
        "br" => read_within(brotli::Decompressor::new(body, 4096), body.len()),
        _ => Err(ProblemKind::UnsupportedContentEncoding.into()),
    }
}

/// Reads to the end, but never past the limits: a bomb is refused when it has grown, not when it
/// has filled the memory.
fn read_within(mut reader: impl Read, packed: usize) -> Answered<Vec<u8>> {
    let limit = PUSH_LIMIT.min(packed.saturating_mul(MOST_GROWTH).max(64 * 1024));
    let mut body = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let read = reader.by_ref().take(most + 1).read_to_end(&mut body);
    if body.len() > limit {
        return Err(too_large());
    }
    match read {
        Ok(_) => Ok(body),
        Err(_) => Err(Problem::new(ProblemKind::InvalidJson).detail("The body does not inflate.")),
    }
}
