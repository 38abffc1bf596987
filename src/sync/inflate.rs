//! Bodies of pushes: up to 8 MiB, plain, gzip or brotli, measured when inflated.

use crate::http::{Answered, PUSH_LIMIT, Problem, ProblemKind, collect};
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::web::BytesMut;
use std::borrow::Cow;
use std::io::Read;

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Plain,
    Gzip,
    Brotli,
}

/// A body that may be compressed.
#[derive(Debug)]
pub(super) struct Packed {
    encoding: Encoding,
    bytes: BytesMut,
}

impl Packed {
    /// Reads the body of a push, as it comes.
    ///
    /// # Errors
    /// 400, 408, 413 for one that cannot be read, 415 for another encoding.
    pub(super) async fn read(request: &HttpRequest, payload: &mut Payload) -> Answered<Self> {
        let encoding =
            request.headers().get(CONTENT_ENCODING).map_or(Ok("identity"), |v| v.to_str());
        let encoding = match encoding.unwrap_or("unreadable").trim().to_ascii_lowercase().as_str() {
            "identity" | "" => Ok(Encoding::Plain),
            "gzip" => Ok(Encoding::Gzip),
            "br" => Ok(Encoding::Brotli),
            _ => Err(Problem::new(ProblemKind::UnsupportedContentEncoding)),
        };
        let bytes = collect(request, payload, PUSH_LIMIT).await.map_err(|problem| {
            if problem.kind() == ProblemKind::BodyTooLarge { too_large() } else { problem }
        })?;
        Ok(Self { encoding: encoding?, bytes })
    }

    /// The inflated body, where it has no more than so many bytes.
    ///
    /// # Errors
    /// 400 `invalid_json` where it does not inflate.
    pub(super) fn within(&self, most: usize) -> Answered<Option<Cow<'_, [u8]>>> {
        let bytes = self.bytes.as_ref();
        let inflated = match self.encoding {
            Encoding::Plain => return Ok((bytes.len() <= most).then_some(Cow::Borrowed(bytes))),
            Encoding::Gzip => read_within(flate2::read::MultiGzDecoder::new(bytes), most)?,
            Encoding::Brotli => read_within(brotli::Decompressor::new(bytes, 4096), most)?,
        };
        Ok(inflated.map(Cow::Owned))
    }

    /// The inflated body.
    ///
    /// # Errors
    /// 413 for one of more than 8 MiB, however small it came; 400 where it does not inflate.
    pub(super) fn inflate(&self) -> Answered<Cow<'_, [u8]>> {
        self.within(PUSH_LIMIT)?.ok_or_else(too_large)
    }
}

fn too_large() -> Problem {
    Problem::new(ProblemKind::BodyTooLarge)
        .detail_with("problem.detail.bytes_inflated", [("most", PUSH_LIMIT)])
        .extra("max_bytes", PUSH_LIMIT)
}

/// Reads to the end, but never past the limit: a bomb is refused when it has grown, not when it has
/// filled the memory.
fn read_within(mut reader: impl Read, most: usize) -> Answered<Option<Vec<u8>>> {
    let mut body = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let read = reader.by_ref().take(limit).read_to_end(&mut body);
    if body.len() > most {
        return Ok(None);
    }
    match read {
        Ok(_) => Ok(Some(body)),
        Err(_) => Err(Problem::new(ProblemKind::InvalidJson).detail("problem.detail.inflate")),
    }
}
