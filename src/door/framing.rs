//! Where a request of HTTP/1 ends and the next one begins, as the bytes of a connection come.
//!
//! The server's HTTP library reads requests; it has no deadline for the second one of a connection, no
//! limits of ours, and no words for what it refuses. This follows the bytes before it, and is at least
//! as strict: what is refused here never reaches it, and what passes means the same to both. A test
//! holds the two against each other.

use crate::http::ProblemKind;
use actix_web::http::{Method, Uri};
use httparse::{EMPTY_HEADER, Header, Request, Status};

/// Bytes that the address of a request may have.
pub(super) const URI_LIMIT: usize = 8 * 1024;
/// Bytes that the headers of a request may have.
pub(super) const HEADERS_LIMIT: usize = 16 * 1024;
/// Lines that the headers of a request may have; the library takes no more.
const MOST_HEADERS: usize = 96;
/// Bytes of a method, a version and what stands between them and the address.
const REST_OF_LINE: usize = 64;
/// Bytes that the line of a chunk's size may have, and the trailers behind the last one together.
const CHUNK_LINE: usize = 1024;

/// What the bytes so far are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// The beginning of a head.
    Partial,
    /// A head of this many bytes.
    Whole(usize),
    /// No head that is taken.
    Refused(ProblemKind),
}

/// A body that is no body: chunks without their form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The next byte belongs to a head.
    Head,
    /// So many bytes of a body are to come.
    Sized(u64),
    /// Within a body of chunks.
    Chunked(Chunk),
    /// All that comes belongs to this body.
    Endless,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    /// In the line of a size: digits so far, the size so far, bytes of the line.
    Size(u32, u64, usize),
    /// Behind the digits of the size.
    Extension(u64, usize),
    /// Before the line feed of that line.
    SizeEnd(u64),
    /// So many bytes of data are to come.
    Data(u64),
    /// Before the carriage return behind the data.
    DataCr,
    /// Before the line feed behind the data.
    DataLf,
    /// At the beginning of a trailer or of the end: bytes of trailers so far.
    Trailers(usize),
    /// Within a trailer.
    Trailer(usize),
    /// Before the line feed of a trailer.
    TrailerLf(usize),
    /// Before the last line feed.
    End,
}

/// Follows one connection.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    /// Bytes of the head that hold no end of a head.
    scanned: usize,
}

impl Framing {
    pub(super) const fn new() -> Self {
        Self { state: State::Head, scanned: 0 }
    }

    /// Is the next byte one of a head?
    pub(super) const fn is_at_head(&self) -> bool {
        matches!(self.state, State::Head)
    }

    /// So many bytes of the present body certainly follow.
    pub(super) const fn sure(&self) -> u64 {
        match self.state {
            State::Sized(left) | State::Chunked(Chunk::Data(left)) => left,
            State::Endless => u64::MAX,
            State::Head | State::Chunked(_) => 0,
        }
    }

    /// Judges all bytes since the last request as a head, and goes on to its body where it is whole.
    pub(super) fn head(&mut self, bytes: &[u8]) -> Head {
        // Empty lines before a request are passed over (RFC 9112 section 2.2).
        let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let from = self.scanned.saturating_sub(3).max(blank);
        let ends = bytes.get(from..).and_then(end_of_head).is_some();
        if !ends {
            self.scanned = bytes.len();
            let head = bytes.get(blank..).unwrap_or_default();
            // What speaks another protocol, such as TLS, need not be waited for.
            if head.first().is_some_and(|first| !first.is_ascii_graphic()) {
                return Head::Refused(ProblemKind::BadRequest);
            }
            return too_large(head).map_or(Head::Partial, Head::Refused);
        }
        self.scanned = 0;
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut request = Request::new(&mut headers);
        let length = match request.parse(bytes) {
            Ok(Status::Complete(length)) => length,
            Err(httparse::Error::TooManyHeaders) => {
                return Head::Refused(ProblemKind::HeadersTooLarge);
            }
            // An end of a head that ends none.
            Ok(Status::Partial) | Err(_) => {
                let kind = too_large(bytes.get(blank..).unwrap_or_default());
                return Head::Refused(kind.unwrap_or(ProblemKind::BadRequest));
            }
        };
        if let Some(kind) = bytes.get(blank..length).and_then(too_large) {
            return Head::Refused(kind);
        }
        match body_of(&request) {
            Some(state) => {
                self.state = state;
                Head::Whole(length)
            }
            None => Head::Refused(ProblemKind::BadRequest),
        }
    }

    /// How many of these bytes belong to the present body.
    pub(super) fn body(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let mut at = 0;
        while at < bytes.len() && !self.is_at_head() {
            let left = bytes.len() - at;
            let sure = usize::try_from(self.sure()).unwrap_or(usize::MAX).min(left);
            if sure > 0 {
                self.skip(sure as u64);
                at += sure;
            } else if let State::Chunked(chunk) = self.state {
                let byte = bytes.get(at).copied().unwrap_or_default();
                self.state = chunk.step(byte)?.map_or(State::Head, State::Chunked);
                at += 1;
            }
        }
        Ok(at)
    }

    /// Passes over bytes that [`sure`](Self::sure) promised.
    pub(super) fn skip(&mut self, bytes: u64) {
        self.state = match self.state {
            State::Sized(left) if left <= bytes => State::Head,
            State::Sized(left) => State::Sized(left - bytes),
            State::Chunked(Chunk::Data(left)) if left <= bytes => State::Chunked(Chunk::DataCr),
            State::Chunked(Chunk::Data(left)) => State::Chunked(Chunk::Data(left - bytes)),
            other => other,
        };
    }
}

impl Chunk {
    const START: Self = Self::Size(0, 0, 0);

    /// One byte on; none where the body has ended.
    fn step(self, byte: u8) -> Result<Option<Self>, Broken> {
        let next = match (self, byte) {
            (Self::Size(digits, size, line), byte) if byte.is_ascii_hexdigit() && digits < 15 => {
                let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
                Self::Size(digits + 1, size * 16 + digit, line + 1)
            }
            (Self::Size(1.., size, line), b' ' | b'\t' | b';') => Self::Extension(size, line),
            (Self::Size(1.., size, _) | Self::Extension(size, _), b'\r') => Self::SizeEnd(size),
            (Self::Extension(size, line), b'\t' | b' '..=b'~' | 0x80..) if line < CHUNK_LINE => {
                Self::Extension(size, line + 1)
            }
            (Self::SizeEnd(0), b'\n') => Self::Trailers(0),
            (Self::SizeEnd(size), b'\n') => Self::Data(size),
            (Self::DataCr, b'\r') => Self::DataLf,
            (Self::DataLf, b'\n') => Self::START,
            (Self::Trailers(_), b'\r') => Self::End,
            (Self::Trailers(seen) | Self::Trailer(seen), byte)
                if !matches!(byte, b'\r' | b'\n' | 0) && seen < CHUNK_LINE =>
            {
                Self::Trailer(seen + 1)
            }
            (Self::Trailer(seen), b'\r') => Self::TrailerLf(seen),
            (Self::TrailerLf(seen), b'\n') => Self::Trailers(seen),
            (Self::End, b'\n') => return Ok(None),
            _ => return Err(Broken),
        };
        Ok(Some(next))
    }
}

/// The place behind the first empty line.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let mut lines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    lines.find_map(|(at, _)| match bytes.get(at + 1..) {
        Some([b'\n', ..]) => Some(at + 2),
        Some([b'\r', b'\n', ..]) => Some(at + 3),
        _ => None,
    })
}

/// Is a head, or the beginning of one, beyond the limits?
fn too_large(head: &[u8]) -> Option<ProblemKind> {
    if head.len() <= URI_LIMIT {
        return None;
    }
    let line = head.iter().position(|byte| *byte == b'\n');
    let address = head.get(..line.unwrap_or(head.len())).unwrap_or_default();
    let address = match address.iter().position(|byte| *byte == b' ') {
        Some(before) => {
            let rest = address.get(before + 1..).unwrap_or_default();
            rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len())
        }
        // A method alone has not the length of an address.
        None => address.len().saturating_sub(REST_OF_LINE),
    };
    if address > URI_LIMIT {
        return Some(ProblemKind::UriTooLong);
    }
    let headers = line.map_or(0, |line| head.len() - line - 1);
    (headers > HEADERS_LIMIT).then_some(ProblemKind::HeadersTooLarge)
}

/// The body that a head announces, or none where two readers could take it for two bodies.
fn body_of(request: &Request<'_, '_>) -> Option<State> {
    let (method, path, version) = (request.method?, request.path?, request.version?);
    Method::from_bytes(method.as_bytes()).ok()?;
    Uri::try_from(path).ok()?;
    let is_1_0 = version == 0;
    let length = match single(request.headers, "content-length").ok()? {
        Some(length) => Some(whole(length)?),
        None => None,
    };
    let coding = single(request.headers, "transfer-encoding").ok()?;
    let hosts = single(request.headers, "host").ok()?;
    if hosts.is_none() && !is_1_0 {
        return None;
    }
    if let Some(coding) = coding {
        let chunked = coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
        let alone = length.is_none() && !is_1_0;
        return (chunked && alone).then_some(State::Chunked(Chunk::START));
    }
    if is_1_0 && method == "POST" && length.is_none() {
        return None;
    }
    Some(match length {
        _ if is_websocket(request.headers) => State::Endless,
        Some(length @ 1..) => State::Sized(length),
        _ if method == "CONNECT" => State::Endless,
        _ => State::Head,
    })
}

/// The value of a header that is sent at most once.
fn single<'b>(headers: &[Header<'b>], name: &str) -> Result<Option<&'b [u8]>, Broken> {
    let mut values = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(|header| header.value)),
        _ => Err(Broken),
    }
}

fn whole(value: &[u8]) -> Option<u64> {
    let value = value.trim_ascii();
    let plain = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(value).ok()?.parse().ok()).flatten()
}

/// The library takes all that follows such a request for its body.
fn is_websocket(headers: &[Header<'_>]) -> bool {
    headers.iter().any(|header| {
        header.name.eq_ignore_ascii_case("upgrade")
            && header.value.trim_ascii().eq_ignore_ascii_case(b"websocket")
    })
}

#[cfg(test)]
#[path = "framing_tests.rs"]
mod tests;
