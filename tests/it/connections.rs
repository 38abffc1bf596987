//! Connections of clients that are slow, silent, too large or many: raw sockets against the real server.

use crate::support::people::{daily, fresh};
use crate::support::program::{Home, Serving};
use crate::support::{Person, TestApp};
use futures_util::future::join_all;
use pain_journal::door::Bounds;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// Longer than every deadline but the one between two requests.
const PATIENCE: Duration = Duration::from_mins(2);
/// A loaded machine answers within this.
const SOON: Duration = Duration::from_secs(20);

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// An answer as it came.
struct Raw {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.head))
    }

    /// Panics unless it is a problem of this kind, whole in form, that names itself.
    fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.head);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.head);
        let (problem, id) = (self.json(), self.header("x-request-id").unwrap());
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)));
        assert_eq!(problem["request_id"], id);
        assert_eq!(id.parse::<uuid::Uuid>().unwrap().get_version_num(), 7);
        for name in ["x-content-type-options", "referrer-policy", "cache-control", "date"] {
            assert!(self.header(name).is_some(), "{name} of {}", self.head);
        }
    }
}

/// Reads one answer; none where the connection is closed without one.
async fn answer(stream: &mut TcpStream) -> Option<Raw> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => return None,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Raw { status, head, body: Vec::new() };
    let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    answer.body = vec![0; length];
    stream.read_exact(&mut answer.body).await.unwrap();
    Some(answer)
}

async fn patient_answer(stream: &mut TcpStream) -> Option<Raw> {
    timeout(PATIENCE, answer(stream)).await.expect("an answer or an end")
}

/// Waits until the server has closed the connection: how long that took.
async fn closed(stream: &mut TcpStream) -> Duration {
    let since = Instant::now();
    let end = async {
        let mut rest = [0; 1024];
        while matches!(stream.read(&mut rest).await, Ok(1..)) {}
    };
    timeout(PATIENCE, end).await.expect("an end");
    since.elapsed()
}

const READY: &str = "GET /readyz HTTP/1.1\r\nHost: test\r\n\r\n";

/// A request answered on a connection that stays open.
async fn served(app: &TestApp) -> TcpStream {
    let mut stream = connect(app).await;
    stream.write_all(READY.as_bytes()).await.unwrap();
    assert_eq!(patient_answer(&mut stream).await.unwrap().status, 200);
    stream
}

fn put(ana: &Person, rest: &str) -> String {
    format!(
        "PUT {} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nIf-None-Match: *\r\n\
         Content-Type: application/json\r\n{rest}",
        fresh("journal-entries"),
        ana.token()
    )
}

#[tokio::test]
async fn a_head_that_does_not_end_is_408_on_the_first_request_and_on_the_second() {
    let app = TestApp::shared();
    let [mut first, mut second] = [connect(&app).await, served(&app).await];
    let late = async |stream: &mut TcpStream| {
        let since = Instant::now();
        stream.write_all(b"GET /readyz HT").await.unwrap();
        let answer = patient_answer(stream).await.unwrap();
        answer.assert_problem(408, "request_timeout");
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(since.elapsed() > Duration::from_secs(4), "an honest slow network has some time");
        closed(stream).await;
    };
    tokio::join!(late(&mut first), late(&mut second));
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_in_time_is_served_and_one_that_never_ends_is_not() {
    let app = TestApp::shared();
    let mut slow = served(&app).await;
    for byte in READY.as_bytes() {
        slow.write_all(&[*byte]).await.unwrap();
    }
    assert_eq!(patient_answer(&mut slow).await.unwrap().status, 200);
    // A byte a second would go on for ever if each byte began the time anew.
    let since = Instant::now();
    let drip = async {
        while slow.write_all(b"G").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
            let mut byte = [0];
            if timeout(Duration::from_millis(1), slow.peek(&mut byte)).await.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, drip).await.expect("an end");
    patient_answer(&mut slow).await.unwrap().assert_problem(408, "request_timeout");
    assert!(since.elapsed() < Duration::from_mins(1));
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed_without_a_word() {
    let app = TestApp::shared();
    let [mut fresh, mut used] = [connect(&app).await, served(&app).await];
    let (fresh, used) = tokio::join!(
        async { (patient_answer(&mut fresh).await.is_none(), closed(&mut fresh).await) },
        async {
            let since = Instant::now();
            (patient_answer(&mut used).await.is_none(), since.elapsed())
        }
    );
    assert!(fresh.0 && used.0);
    assert!(used.1 > Duration::from_mins(1), "an app may think for a minute: {:?}", used.1);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_408_wherever_it_goes() {
    let app = TestApp::shared();
    let (ana, lind) = (app.patient("ana").await, app.practitioner("lind").await);
    let form = "HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let cookie = format!("Cookie: {}\r\n", app.page_cookie(lind.token()));
    let frozen = format!("/clinic/patients/{}/frozen", uuid::Uuid::nil());
    let requests = [
        (put(&ana, "Content-Length: 9\r\n\r\n{"), true),
        (put(&ana, "Transfer-Encoding: chunked\r\n\r\n9\r\n{"), true),
        (format!("POST /clinic/sign-in {form}Content-Length: 9\r\n\r\nem"), false),
        (format!("POST /clinic/sign-in {form}Transfer-Encoding: chunked\r\n\r\n"), false),
        (format!("POST {frozen} {form}{cookie}Content-Length: 9\r\n\r\nf"), false),
    ];
    let late = requests.into_iter().enumerate().map(async |(number, (request, is_api))| {
        // Every other one on a connection that has served.
        let mut stream = if number % 2 == 0 { connect(&app).await } else { served(&app).await };
        let since = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = patient_answer(&mut stream).await.expect(&request);
        if is_api {
            answer.assert_problem(408, "request_timeout");
        } else {
            assert_eq!(answer.status, 408, "{request} {}", answer.head);
        }
        assert!(since.elapsed() > Duration::from_secs(10), "an honest slow network has some time");
        closed(&mut stream).await;
    });
    join_all(late).await;
}

#[tokio::test]
async fn the_form_of_somebody_unknown_is_not_waited_for() {
    let app = TestApp::shared();
    let mut stream = connect(&app).await;
    let frozen = format!("/clinic/patients/{}/frozen", uuid::Uuid::nil());
    let head = format!("POST {frozen} HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nf");
    let since = Instant::now();
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(patient_answer(&mut stream).await.unwrap().status, 303);
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_body_that_nobody_reads_does_not_hold_its_connection() {
    let app = TestApp::shared();
    for rest in ["Content-Length: 9\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"] {
        let mut stream = served(&app).await;
        let request = format!("GET /healthz HTTP/1.1\r\nHost: test\r\n{rest}");
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(patient_answer(&mut stream).await.unwrap().status, 200);
        assert!(closed(&mut stream).await < Duration::from_secs(70), "{rest}");
    }
}

#[tokio::test]
async fn what_is_no_request_is_a_problem_with_an_id() {
    let app = TestApp::shared();
    let long = "a".repeat(9_000);
    let wide = format!("X: {}\r\n", "b".repeat(17_000));
    let many = "X: 1\r\n".repeat(100);
    let head = |rest: &str| format!("GET /readyz HTTP/1.1\r\nHost: test\r\n{rest}\r\n");
    let cases = [
        ("\u{16}\u{3}\u{1}\r\n\r\n".to_owned(), 400, "bad_request"),
        ("GET /readyz HTTP/1.1\r\n\r\n".into(), 400, "bad_request"),
        ("GET /readyz HTTP/3.0\r\nHost: test\r\n\r\n".into(), 400, "bad_request"),
        (head("Host: other\r\n"), 400, "bad_request"),
        (head("Content-Length: 1\r\nContent-Length: 2\r\n"), 400, "bad_request"),
        (head("Content-Length: -1\r\n"), 400, "bad_request"),
        (head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400, "bad_request"),
        (head("X : y\r\n"), 400, "bad_request"),
        (format!("GET /{long} HTTP/1.1\r\nHost: test\r\n\r\n"), 414, "uri_too_long"),
        (format!("GET /{}", "a".repeat(200_000)), 414, "uri_too_long"),
        (head(&wide), 431, "headers_too_large"),
        (head(&many), 431, "headers_too_large"),
        (format!("GET / HTTP/1.1\r\nHost: test\r\n{}", wide.repeat(20)), 431, "headers_too_large"),
    ];
    for (request, status, code) in cases {
        for before in [false, true] {
            // Alone, behind an answered request, and behind one that is still unanswered.
            let mut stream = if before { served(&app).await } else { connect(&app).await };
            let sent = if before { format!("{READY}{request}") } else { request.clone() };
            stream.write_all(sent.as_bytes()).await.unwrap();
            if before {
                assert_eq!(patient_answer(&mut stream).await.unwrap().status, 200);
            }
            let shown = &request[..request.len().min(80)];
            let answer = patient_answer(&mut stream).await.unwrap_or_else(|| panic!("{shown}"));
            answer.assert_problem(status, code);
            closed(&mut stream).await;
        }
    }
}

#[tokio::test]
async fn broken_chunks_are_one_answer_and_the_end() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    for chunks in ["xyz\r\n", "4\r\nabcdef\r\n0\r\n\r\n", "1\r\na\r\n0\r\nT\n\r\n", "-1\r\n\r\n"] {
        let mut stream = served(&app).await;
        let request = put(&ana, &format!("Transfer-Encoding: chunked\r\n\r\n{chunks}"));
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = patient_answer(&mut stream).await.unwrap();
        answer.assert_problem(400, "bad_request");
        assert!(patient_answer(&mut stream).await.is_none(), "two answers: {chunks}");
    }
}

#[tokio::test]
async fn who_asks_before_sending_is_told_at_once() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let entry = daily("2025-06-01", &json!({})).to_string();
    let length = entry.len();
    let expect = |length: u64| {
        put(&ana, &format!("Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"))
    };
    for length in [5_000_000_000, 1_048_577] {
        let mut stream = served(&app).await;
        stream.write_all(expect(length).as_bytes()).await.unwrap();
        patient_answer(&mut stream).await.unwrap().assert_problem(413, "body_too_large");
    }
    let mut stream = served(&app).await;
    stream.write_all(expect(length as u64).as_bytes()).await.unwrap();
    assert_eq!(patient_answer(&mut stream).await.unwrap().status, 100);
    stream.write_all(entry.as_bytes()).await.unwrap();
    assert_eq!(patient_answer(&mut stream).await.unwrap().status, 201);
    let other = put(&ana, &format!("Content-Length: {length}\r\nExpect: a-miracle\r\n\r\n{entry}"));
    stream.write_all(other.as_bytes()).await.unwrap();
    patient_answer(&mut stream).await.unwrap().assert_problem(417, "expectation_failed");
}

#[tokio::test]
async fn a_body_that_says_that_it_is_too_long_is_refused_unread() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let mut stream = served(&app).await;
    stream.write_all(put(&ana, "Content-Length: 5000000000\r\n\r\n{").as_bytes()).await.unwrap();
    let answer = timeout(SOON, answer(&mut stream)).await.expect("it waits for the body").unwrap();
    answer.assert_problem(413, "body_too_large");
}

#[tokio::test]
async fn requests_that_come_together_are_answered_in_order() {
    let app = TestApp::shared();
    let ana = app.patient("ana").await;
    let entry = daily("2025-06-01", &json!({})).to_string();
    let sized = put(&ana, &format!("Content-Length: {}\r\n\r\n{entry}", entry.len()));
    let chunks = format!("{:x}\r\n{entry}\r\n0\r\n\r\n", entry.len());
    let chunked = put(&ana, &format!("Transfer-Encoding: chunked\r\n\r\n{chunks}"));
    let lost = "GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n";
    let all = [READY, &sized, lost, &chunked, READY].concat();
    for piece in [1, 100, all.len()] {
        let mut stream = connect(&app).await;
        for piece in all.as_bytes().chunks(piece) {
            stream.write_all(piece).await.unwrap();
        }
        for status in [200, 201, 404, 201, 200] {
            // The second time the entries are there already.
            let found = patient_answer(&mut stream).await.unwrap().status;
            assert!(found == status || (status, found) == (201, 200), "{found} for {status}");
        }
    }
}

#[tokio::test]
async fn who_has_waited_longest_makes_room_and_the_server_stays_ready() {
    const PLACES: usize = 16;
    let app = TestApp::narrow(Bounds { workers: Some(2), connections: PLACES });
    let ana = app.patient("ana").await;
    // A stream of events is no idle connection.
    let mut stream = served(&app).await;
    let open = format!(
        "GET /v1/sync/stream HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\n\r\n",
        ana.token()
    );
    stream.write_all(open.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    timeout(SOON, stream.read_exact(&mut head)).await.unwrap().unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    let mut crowd = Vec::new();
    for number in 0..300 {
        let mut one = connect(&app).await;
        match number % 3 {
            0 => {}
            1 => one.write_all(b"G").await.unwrap(),
            // An answered request, and one byte of the next.
            _ => {
                one.write_all(READY.as_bytes()).await.unwrap();
                let answer = timeout(SOON, answer(&mut one)).await.expect("the server is stuck");
                assert_eq!(answer.expect("a request that is there is served").status, 200);
                one.write_all(b"G").await.unwrap();
            }
        }
        crowd.push(one);
        if number % 50 == 0 {
            let mut one = timeout(SOON, served(&app)).await.expect("the server is stuck");
            one.write_all(b"G").await.unwrap();
            crowd.push(one);
        }
    }
    let open = join_all(
        crowd
            .iter_mut()
            .map(async |one| timeout(Duration::from_millis(200), closed(one)).await.is_err()),
    );
    assert!(open.await.into_iter().filter(|open| *open).count() <= PLACES);
    let path = fresh("journal-entries");
    assert_eq!(ana.create(&path, &daily("2025-06-01", &json!({}))).await.status, 201);
    let hint = async {
        let mut text = Vec::new();
        while !String::from_utf8_lossy(&text).contains("event: change") {
            text.push(stream.read_u8().await.expect("the stream lives"));
        }
    };
    timeout(SOON, hint).await.expect("the stream tells of the change");
}

/// The program itself, with few open files: they are never used up, whoever holds connections.
#[tokio::test]
async fn open_files_are_never_used_up() {
    const FILES: u32 = 400;
    // The crowd needs files, too, and here they are those of all tests.
    pain_journal::door::room_for(4_096).unwrap();
    let home = Home::fresh("files");
    let server = Serving::start_with_files(&home, FILES, &[]);
    // On a connection of its own: a kept one may have lost its place.
    let ready = || async {
        let mut one = TcpStream::connect(server.listen()).await.unwrap();
        one.write_all(READY.as_bytes()).await.unwrap();
        let asked = timeout(SOON, answer(&mut one)).await.expect("the server is stuck");
        assert_eq!(asked.expect("an answer").status, 200);
    };
    let mut crowd = Vec::new();
    for number in 0..700 {
        let mut one = TcpStream::connect(server.listen()).await.unwrap();
        one.write_all(b"G").await.unwrap();
        crowd.push(one);
        if number % 100 == 99 {
            ready().await;
        }
    }
    if let Ok(open) = std::fs::read_dir(format!("/proc/{}/fd", server.process())) {
        assert!(open.count() < FILES as usize);
    }
    drop(crowd);
    ready().await;
}

/// A connection whose reader takes little at once.
async fn narrow_reader(app: &TestApp) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let address = app.base.strip_prefix("http://").unwrap();
    socket.connect(address.parse().unwrap()).await.unwrap()
}

const LARGE: &str = "GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n";

/// Slower than every deadline, and never still for as long as one.
#[tokio::test]
async fn a_slow_reader_gets_all_of_a_large_answer() {
    let app = TestApp::shared();
    let mut stream = narrow_reader(&app).await;
    stream.write_all(LARGE.as_bytes()).await.unwrap();
    let whole = pain_journal::api::openapi_of(&app.app.public_url).len();
    let steps = 90;
    let mut piece = vec![0; whole / steps];
    let since = Instant::now();
    for _ in 0..steps {
        stream.read_exact(&mut piece).await.unwrap();
        sleep(Duration::from_secs(1)).await;
    }
    assert!(since.elapsed() > Duration::from_secs(80));
    let mut rest = Vec::new();
    stream
        .write_all(READY.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes())
        .await
        .unwrap();
    stream.read_to_end(&mut rest).await.unwrap();
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("HTTP/1.1 200 OK") && rest.ends_with('}'), "{rest}");
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_cut_off() {
    let app = TestApp::shared();
    let mut stream = narrow_reader(&app).await;
    // More than all buffers between the two hold.
    let answers = 16;
    stream.write_all(LARGE.repeat(answers).as_bytes()).await.unwrap();
    sleep(Duration::from_secs(100)).await;
    let mut read = Vec::new();
    let end = timeout(SOON, stream.read_to_end(&mut read)).await.expect("it is still being fed");
    assert!(
        end.is_err()
            || read.len() < answers * pain_journal::api::openapi_of(&app.app.public_url).len(),
        "{}",
        read.len()
    );
}
