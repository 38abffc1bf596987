//! ETags and the preconditions made of them (RFC 9110 section 13).

use super::{Answered, Problem, ProblemKind};
use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};

/// The ETag of a version: `"v7"`.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// What a PUT may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutCondition {
    /// `If-None-Match: *`: it must not exist yet.
    Absent,
    /// `If-Match: "v7"`: it must still be this version.
    Version(i64),
}

/// What a DELETE may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteCondition {
    /// `If-Match: *`: whatever version it has.
    Any,
    /// `If-Match: "v7"`: it must still be this version.
    Version(i64),
}

/// Reads the precondition of a PUT.
///
/// # Errors
/// 428 without one, 400 for one that cannot be read or for both at once.
pub fn of_put(request: &HttpRequest) -> Answered<PutCondition> {
    let headers = request.headers();
    match (single(headers, IF_MATCH)?, single(headers, IF_NONE_MATCH)?) {
        (None, Some("*")) => Ok(PutCondition::Absent),
        (Some(tag), None) => version(tag).map(PutCondition::Version).ok_or_else(unreadable),
        (None, None) => Err(ProblemKind::PreconditionRequired.into()),
        _ => Err(unreadable()),
    }
}

/// Reads the precondition of a DELETE.
///
/// # Errors
/// 428 without one, 400 for one that cannot be read.
pub fn of_delete(request: &HttpRequest) -> Answered<DeleteCondition> {
    match single(request.headers(), IF_MATCH)? {
        None => Err(ProblemKind::PreconditionRequired.into()),
        Some("*") => Ok(DeleteCondition::Any),
        Some(tag) => version(tag).map(DeleteCondition::Version).ok_or_else(unreadable),
    }
}

/// Does the client's If-None-Match name this version?
pub fn client_has(request: &HttpRequest, etag: &str) -> bool {
    let etag = etag.trim_start_matches("W/");
    request
        .headers()
        .get_all(IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == etag || tag == "*")
}

fn single(headers: &HeaderMap, name: HeaderName) -> Answered<Option<&str>> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(|v| Some(v.trim())).map_err(|_| unreadable()),
        _ => Err(unreadable()),
    }
}

fn version(tag: &str) -> Option<i64> {
    let digits = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn unreadable() -> Problem {
    Problem::new(ProblemKind::InvalidHeader)
        .detail("Send one of If-Match: \"v7\" (the ETag as it was given) and If-None-Match: *.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn put(headers: &[(&str, &str)]) -> Result<PutCondition, ProblemKind> {
        let request = headers.iter().fold(TestRequest::put(), |r, h| r.append_header(*h));
        of_put(&request.to_http_request()).map_err(|p| p.kind())
    }

    #[test]
    fn a_put_names_what_it_expects() {
        assert_eq!(put(&[("If-None-Match", "*")]), Ok(PutCondition::Absent));
        assert_eq!(put(&[("If-Match", "\"v7\"")]), Ok(PutCondition::Version(7)));
        assert_eq!(put(&[]), Err(ProblemKind::PreconditionRequired));
        for bad in [
            "*",
            "v7",
            "\"7\"",
            "\"v+7\"",
            "W/\"v7\"",
            "\"v7\", \"v8\"",
            "\"v99999999999999999999\"",
        ] {
            assert_eq!(put(&[("If-Match", bad)]), Err(ProblemKind::InvalidHeader), "{bad}");
        }
        assert_eq!(
            put(&[("If-Match", "\"v7\""), ("If-None-Match", "*")]),
            Err(ProblemKind::InvalidHeader)
        );
    }
}
