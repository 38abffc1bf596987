//! The memory of the program: sign-ins leave none behind.

use crate::support::Call;
use crate::support::program::{Home, Serving};
use futures_util::future::join_all;
use serde_json::json;
use std::fs;

/// How much a flood of sign-ins may add to the memory the program has in RAM, in KiB.
const ROOM: u64 = 64 * 1024;

/// A line of /proc/PID/status, in KiB.
fn status(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

async fn sign_in(base: &str, sign_in: &(String, String)) -> u16 {
    let (email, password) = sign_in;
    let body = json!({"email": email, "password": password, "device": {}});
    Call::new(base, "POST", "/v1/auth/login").json(&body).send().await.status
}

async fn register(base: &str, number: u32) -> u16 {
    let body = json!({"email": format!("r{number}@example.org"), "role": "patient", "locale": "en",
        "password": "three quiet herons", "time_zone": "Europe/Berlin", "terms_version": "1"});
    Call::new(base, "POST", "/v1/auth/register").json(&body).send().await.status
}

/// With the real cost of a hash: 19 MiB each.
#[tokio::test]
async fn a_thousand_sign_ins_and_34_at_once_leave_no_memory_behind() {
    let home = Home::fresh("memory");
    let server = Serving::start(&home, &["--demo"]);
    let (base, process) = (&server.base, server.process());
    let known = server.told("patient");
    let (email, password) = known.split_once(" / ").unwrap();
    let known = (email.to_owned(), password.to_owned());
    // Of many addresses: more than five at one would be told to wait.
    let wrong = |round| (format!("w{round}@example.org"), "a wrong password".to_owned());

    let before = status(process, "VmRSS");
    // From here on, the most memory it ever had counts from here on.
    fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
    for round in 0..1000 {
        // Every tenth one is wrong, every twentieth asks for an account.
        let (status, expected) = match round % 20 {
            9 => (sign_in(base, &wrong(round)).await, 401),
            19 => (register(base, round).await, 202),
            _ => (sign_in(base, &known).await, 200),
        };
        assert_eq!(status, expected);
    }
    let after = status(process, "VmRSS");
    for round in 0..3 {
        // As many as the queue takes; of one address the gate lets five at once through.
        let tries = (0..34).map(async |n| sign_in(base, &wrong(3000 + 100 * round + n)).await);
        let answers = join_all(tries).await;
        assert!(answers.iter().all(|status| *status == 401), "{answers:?}");
        let answers = join_all((0..34).map(|n| register(base, 2000 + 100 * round + n))).await;
        assert!(answers.iter().all(|status| *status == 202), "{answers:?}");
    }
    let (last, most) = (status(process, "VmRSS"), status(process, "VmHWM"));
    println!("KiB: {before} before, {after} after 1,000, {last} after 34 at once, {most} at most");
    assert!(most <= before + ROOM, "{before} KiB before, {most} KiB at most");
}
