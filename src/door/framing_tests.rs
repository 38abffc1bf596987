//! The framing against the reader of the HTTP library, and its limits.

use super::*;
use actix_http::h1::{Codec, Message};
use actix_web::web::BytesMut;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio_util::codec::Decoder;

/// What a reader makes of the bytes of a connection: the requests, each with the bytes of its body, and
/// whether it goes on.
type Read = (Vec<usize>, bool);

/// The library's reading.
fn library(bytes: &[u8]) -> Read {
    let (mut codec, mut rest) = (Codec::default(), BytesMut::from(bytes));
    let mut bodies = Vec::new();
    loop {
        match codec.decode(&mut rest) {
            Ok(Some(Message::Item(_))) => bodies.push(0),
            Ok(Some(Message::Chunk(Some(chunk)))) => *bodies.last_mut().unwrap() += chunk.len(),
            Ok(Some(Message::Chunk(None))) => {}
            Ok(None) => return (bodies, true),
            Err(_) => return (bodies, false),
        }
    }
}

/// Ours, with the bytes coming in pieces of this size, handed to the library.
fn ours(bytes: &[u8], piece: usize) -> Read {
    let mut framing = Framing::new();
    let (mut pending, mut passed) = (BytesMut::new(), BytesMut::new());
    for piece in bytes.chunks(piece) {
        pending.extend_from_slice(piece);
        loop {
            let length = if framing.is_at_head() {
                match framing.head(&pending) {
                    Head::Partial => break,
                    Head::Whole(length) => length,
                    Head::Refused(_) => return (library(&passed).0, false),
                }
            } else {
                match framing.body(&pending) {
                    Ok(0) => break,
                    Ok(length) => length,
                    Err(Broken) => return (library(&passed).0, false),
                }
            };
            passed.extend_from_slice(&pending.split_to(length));
        }
    }
    let (read, goes_on) = library(&passed);
    assert!(goes_on, "passed on, and then refused: {:?}", String::from_utf8_lossy(bytes));
    // What is held back for its end may be refused by whoever does not wait for that.
    (read, pending.is_empty())
}

const ODD: &[&str] = &[
    "Host: b\r\n",
    "Content-Length: 4\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: +4\r\n",
    "Content-Length: 4, 4\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Content-Length : 4\r\n",
    "content-length:\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "transfer-encoding: CHUNKED \r\n",
    "Transfer-Encoding:\r\n",
    "Upgrade: websocket\r\n",
    "Connection: upgrade\r\n",
    "Expect: 100-continue\r\n",
    "X: a\n",
    "X: a\r\n folded\r\n",
    "X\0: a\r\n",
    "X: \u{1}\r\n",
    "no colon\r\n",
    ": empty\r\n",
    "\r\n",
];
const LINES: &[&str] = &[
    "GET / HTTP/1.1\r\n",
    "POST /v1/sync HTTP/1.1\r\n",
    "POST / HTTP/1.0\r\n",
    "GET / HTTP/1.0\r\n",
    "PUT /a?b=c HTTP/1.1\n",
    "CONNECT a:1 HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "GET http://a/b HTTP/1.1\r\n",
    "GET  / HTTP/1.1\r\n",
    "GET / HTTP/2.0\r\n",
    "GET /\r\n",
    "GET /%00\u{7f} HTTP/1.1\r\n",
    "G\u{e9}T / HTTP/1.1\r\n",
    "\r\n\r\nGET / HTTP/1.1\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n",
];
const BODIES: &[&str] = &[
    "",
    "abcd",
    "abcdGET",
    "4\r\nabcd\r\n0\r\n\r\n",
    "4;a=b\r\nabcd\r\n0\r\nT: t\r\n\r\n",
    "4 \t;x\r\nabcd\r\n0;\r\n\r\n",
    "004\r\nabcd\r\n000\r\n\r\n",
    "4\nabcd\n0\n\n",
    "4\r\nabcde\r\n0\r\n\r\n",
    "+4\r\nabcd\r\n0\r\n\r\n",
    "0x4\r\nabcd\r\n0\r\n\r\n",
    "fffffffffffffffff\r\n",
    "\r\n0\r\n\r\n",
    "4\r\nabcd\r\n0\r\n",
];

fn request() -> impl Strategy<Value = String> {
    let line = prop::sample::select(LINES);
    let headers = prop::collection::vec(prop::sample::select(ODD), 0..4);
    let body = prop::sample::select(BODIES);
    (line, prop::bool::weighted(0.9), headers, body).prop_map(|(line, has_host, headers, body)| {
        let host = if has_host { "Host: a\r\n" } else { "" };
        format!("{line}{host}{}\r\n{body}", headers.concat())
    })
}

/// The library keeps the date on the runtime of its thread.
fn in_a_runtime(test: impl FnOnce()) {
    actix_web::rt::System::new().block_on(async { test() });
}

/// Nothing that passes is refused by the library, and what is one request is one request to both.
#[test]
fn what_passes_means_the_same_to_the_library() {
    let mut runner =
        TestRunner::new(Config { cases: 4_000, failure_persistence: None, ..Config::default() });
    let connections = (prop::collection::vec(request(), 1..4), 1_usize..64);
    in_a_runtime(|| {
        let held = runner.run(&connections, |(requests, piece)| {
            let bytes = requests.concat();
            let (read, goes_on) = ours(bytes.as_bytes(), piece);
            let (theirs, they_go_on) = library(bytes.as_bytes());
            prop_assert!(read.len() <= theirs.len());
            // A last body may be incomplete where we have stopped.
            let whole = read.len().saturating_sub(usize::from(!goes_on));
            prop_assert_eq!(&read[..whole], &theirs[..whole]);
            if goes_on {
                prop_assert!(they_go_on);
                prop_assert_eq!(read, theirs);
            }
            Ok(())
        });
        held.unwrap_or_else(|error| panic!("{error}"));
    });
}

fn judged(head: &str) -> Head {
    Framing::new().head(head.as_bytes())
}

#[test]
fn ordinary_requests_pass() {
    let plain = "GET /v1/me HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    assert_eq!(judged(plain), Head::Whole(plain.len()));
    let chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                   4\r\nabcd\r\n0\r\n\r\n";
    in_a_runtime(|| {
        assert_eq!(ours(format!("{plain}{plain}").as_bytes(), 7), (vec![0, 0], true));
        assert_eq!(ours(format!("{chunked}{plain}").as_bytes(), 3), (vec![4, 0], true));
    });
}

#[test]
fn the_limits_are_where_they_are_said_to_be() {
    let address =
        |length: usize| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(length - 1));
    assert!(matches!(judged(&address(URI_LIMIT)), Head::Whole(_)));
    assert_eq!(judged(&address(URI_LIMIT + 1)), Head::Refused(ProblemKind::UriTooLong));
    assert_eq!(judged(&address(70_000)), Head::Refused(ProblemKind::UriTooLong));
    let open = format!("GET /{}", "a".repeat(URI_LIMIT));
    assert_eq!(judged(&open), Head::Refused(ProblemKind::UriTooLong), "not waited for");
    let headers = |bytes: usize| {
        let value = "b".repeat(bytes - "Host: a\r\nX: \r\n\r\n".len());
        format!("GET / HTTP/1.1\r\nHost: a\r\nX: {value}\r\n\r\n")
    };
    assert!(matches!(judged(&headers(HEADERS_LIMIT)), Head::Whole(_)));
    let too_large = Head::Refused(ProblemKind::HeadersTooLarge);
    assert_eq!(judged(&headers(HEADERS_LIMIT + 1)), too_large);
    assert_eq!(judged(headers(60_000).trim_end()), too_large, "not waited for");
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: 1\r\n".repeat(96));
    assert_eq!(judged(&many), too_large);
}
