//! ETags and the preconditions made of them (RFC 9110 section 13).

use super::entity_tag::{Named, Tag, named, opaque};
use super::{Answered, Problem, ProblemKind};
use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};

/// The ETag of a version: `"v7"`.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// What the tags of an If-Match name: versions, or what was read through a share. Tags that are none of ours
/// name nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions(Vec<Tag>);

impl Versions {
    /// This version alone.
    pub fn only(version: i64) -> Self {
        Self(vec![Tag::of_version(version)])
    }
    /// Do the tags name no version at all?
    pub fn are_none(&self) -> bool {
        self.0.iter().all(|tag| tag.version().is_none())
    }
    /// Is this version one of them?
    pub fn names(&self, version: i64) -> bool {
        self.0.iter().any(|tag| tag.version() == Some(version))
    }
    /// Does none of the tags come from a share?
    pub fn are_of_no_share(&self) -> bool {
        !self.0.iter().any(Tag::is_of_share)
    }
    /// Does one of them carry this tag?
    pub fn carry(&self, ours: &str) -> bool {
        self.0.iter().any(|tag| tag.carries(ours))
    }
}

impl From<Vec<Tag>> for Versions {
    fn from(tags: Vec<Tag>) -> Self {
        Self(tags)
    }
}

/// What a PUT may meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutCondition {
    /// `If-None-Match: *`: it must not exist yet.
    Absent,
    /// `If-Match: "v7"`: it must still be one of these versions.
    Versions(Versions),
}

/// What a DELETE may meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteCondition {
    /// `If-Match: *`: whatever version it has.
    Any,
    /// `If-Match: "v7"`: it must still be one of these versions.
    Versions(Versions),
}

/// Reads the precondition of a PUT.
///
/// # Errors
/// 428 without one, 400 for one that cannot be read or for both at once.
pub fn of_put(request: &HttpRequest) -> Answered<PutCondition> {
    let headers = request.headers();
    match (read(headers, IF_MATCH)?, read(headers, IF_NONE_MATCH)?) {
        (None, Some(Named::Any)) => Ok(PutCondition::Absent),
        (Some(Named::Tags(tags)), None) => Ok(PutCondition::Versions(tags.into())),
        (None, None) => Err(ProblemKind::PreconditionRequired.into()),
        _ => Err(unreadable()),
    }
}

/// Reads the precondition of a DELETE.
///
/// # Errors
/// 428 without one, 400 for one that cannot be read.
pub fn of_delete(request: &HttpRequest) -> Answered<DeleteCondition> {
    match read(request.headers(), IF_MATCH)? {
        None => Err(ProblemKind::PreconditionRequired.into()),
        Some(Named::Any) => Ok(DeleteCondition::Any),
        Some(Named::Tags(tags)) => Ok(DeleteCondition::Versions(tags.into())),
    }
}

/// Does the client's If-None-Match name this version? One that cannot be read names none.
pub fn client_has(request: &HttpRequest, etag: &str) -> bool {
    match named(request.headers(), IF_NONE_MATCH) {
        Some(Ok(Named::Any)) => true,
        Some(Ok(Named::Tags(tags))) => tags.iter().any(|tag| tag.carries(opaque(etag))),
        None | Some(Err(())) => false,
    }
}

fn read(headers: &HeaderMap, name: HeaderName) -> Answered<Option<Named>> {
    named(headers, name).transpose().map_err(|()| unreadable())
}

fn unreadable() -> Problem {
    Problem::new(ProblemKind::InvalidHeader).detail("problem.detail.condition")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn put(headers: &[(&str, &str)]) -> Result<Option<Vec<i64>>, ProblemKind> {
        let request = headers.iter().fold(TestRequest::put(), |r, h| r.append_header(*h));
        match of_put(&request.to_http_request()).map_err(|p| p.kind())? {
            PutCondition::Absent => Ok(None),
            PutCondition::Versions(Versions(tags)) => {
                Ok(Some(tags.iter().filter_map(Tag::version).collect()))
            }
        }
    }

    #[test]
    fn what_was_read_through_a_share_is_named_by_its_tag() {
        let tag = "0123456789abcdef0123456789abcdef";
        let read = |sent: &str| {
            let request = TestRequest::put().insert_header(("If-Match", sent));
            match of_put(&request.to_http_request()) {
                Ok(PutCondition::Versions(versions)) => versions,
                other => panic!("{sent}: {other:?}"),
            }
        };
        for sent in [format!("\"{tag}\""), format!("W/\"{tag}-gzip\""), tag.to_owned()] {
            let versions = read(&sent);
            assert!(versions.carry(tag) && !versions.are_of_no_share(), "{sent}");
            assert!(versions.are_none() && !versions.carry(&tag[1..]), "{sent}");
        }
        for none in ["\"v7\"", "\"0123\"", &format!("\"{tag}0\""), &format!("\"{tag}.r2\"")] {
            assert!(read(none).are_of_no_share() && !read(none).carry(tag), "{none}");
        }
    }

    #[test]
    fn a_put_names_what_it_expects() {
        assert_eq!(put(&[("If-None-Match", "*")]), Ok(None));
        assert_eq!(put(&[("If-Match", "\"v7\"")]), Ok(Some(vec![7])));
        assert_eq!(put(&[("If-Match", "W/\"v7\"")]), Ok(Some(vec![7])));
        assert_eq!(put(&[("If-Match", "\"v7\", \"v8-gzip\"")]), Ok(Some(vec![7, 8])));
        assert_eq!(put(&[("If-Match", "\"v7\""), ("If-Match", "\"v8\"")]), Ok(Some(vec![7, 8])));
        for foreign in ["\"7\"", "\"v+7\"", "\"v99999999999999999999\"", "\"3f-gzip\""] {
            assert_eq!(put(&[("If-Match", foreign)]), Ok(Some(vec![])), "{foreign}");
        }
        assert_eq!(put(&[]), Err(ProblemKind::PreconditionRequired));
        for unreadable in [
            &[("If-Match", "*")][..],
            &[("If-Match", "")],
            &[("If-Match", "*, \"v7\"")],
            &[("If-None-Match", "\"v7\"")],
            &[("If-Match", "\"v7\""), ("If-None-Match", "*")],
        ] {
            assert_eq!(put(unreadable), Err(ProblemKind::InvalidHeader), "{unreadable:?}");
        }
    }

    #[test]
    fn a_reader_has_what_one_of_its_tags_carries() {
        let has = |sent: &str, etag: &str| {
            let request = TestRequest::get().insert_header(("If-None-Match", sent));
            client_has(&request.to_http_request(), etag)
        };
        for (sent, etag) in [
            ("*", "\"v7\""),
            ("\"v7\"", "\"v7\""),
            ("W/\"v7\"", "\"v7\""),
            ("\"v6\", \"v7--gzip\"", "\"v7\""),
            ("\"abc.0-gzip\"", "W/\"abc.0\""),
        ] {
            assert!(has(sent, etag), "{sent} {etag}");
        }
        for (sent, etag) in [
            ("\"v70\"", "\"v7\""),
            ("\"v7\"", "\"v70\""),
            ("\"abc.r2\"", "\"abc\""),
            ("\"abc.r1-gzip\"", "\"abc.r2\""),
            ("", "\"v7\""),
        ] {
            assert!(!has(sent, etag), "{sent} {etag}");
        }
    }
}
