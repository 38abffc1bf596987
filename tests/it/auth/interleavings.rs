//! Every order in which two threads of an app, a kill and the clock can get in each other's way,
//! held against the rule written down as plainly as it is said.

use super::{me, refresh, text};
use crate::support::{Person, TestApp};
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use tokio_postgres::Client;

/// How many things happen one after the other.
const DEPTH: usize = 7;

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// The first thread refreshes with the token it has, and stores the answer.
    Refreshes,
    /// The second thread does, with its own, perhaps older one.
    SecondRefreshes,
    /// The first thread refreshes; the app is killed before the answer is stored, and starts again.
    IsKilled,
    /// The second thread reads what is stored.
    SecondReads,
    /// A request with the newest access token there is.
    Requests,
    /// Less than a minute goes by.
    Short,
    /// More than a minute goes by.
    Long,
}
use Step::{IsKilled, Long, Refreshes, Requests, SecondReads, SecondRefreshes, Short};

const STEPS: [Step; 7] = [Refreshes, SecondRefreshes, IsKilled, SecondReads, Requests, Short, Long];

/// What the rule answers to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// This successor.
    Successor(i64),
    /// The device is signed out.
    SignedOut,
}

/// The rule: token `n` answers token `n + 1` until that one is presented, and for 60 seconds after
/// the first time it was; then it ends the device. A token that comes again more than a minute after
/// it was first answered is an event. Nothing is ever forgotten here.
#[derive(Debug, Clone, Default)]
struct Rule {
    /// When each token was first presented; the newest one was not.
    presented: Vec<DateTime<Utc>>,
    ended: bool,
}

impl Rule {
    /// What the token gets, and the kind of the event if it is one.
    fn present(&mut self, token: i64, now: DateTime<Utc>) -> (Told, Option<&'static str>) {
        let at = usize::try_from(token).unwrap();
        if self.ended {
            return (Told::SignedOut, None);
        }
        let Some(first) = self.presented.get(at) else {
            assert_eq!(at, self.presented.len(), "no app holds a token that was never issued");
            self.presented.push(now);
            return (Told::Successor(token + 1), None);
        };
        let is_late = now > *first + Duration::seconds(60);
        match self.presented.get(at + 1) {
            Some(successor) if now > *successor + Duration::seconds(60) => {
                self.ended = true;
                (Told::SignedOut, Some("refresh_reused"))
            }
            _ => (Told::Successor(token + 1), is_late.then_some("refresh_repeated")),
        }
    }
}

/// The app and the rule at one point of a story.
#[derive(Debug, Clone)]
struct Scene {
    rule: Rule,
    /// The tokens the two threads have, and the stored one.
    first: i64,
    second: i64,
    stored: i64,
    /// The newest access token.
    access: Value,
    story: Vec<Step>,
}

/// What the server knows of the device.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    counter: i64,
    presented_at: Vec<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
}

/// A device on a server whose clock stands still.
struct Stage {
    app: TestApp,
    ana: Person,
    sql: Client,
    /// The refresh tokens of all answers by their number.
    tokens: BTreeMap<i64, String>,
    /// The states that were played on from, and how far.
    seen: HashMap<String, usize>,
    presentations: usize,
}

impl Stage {
    fn device(&self) -> &str {
        text(&self.ana.tokens, "device_id")
    }

    async fn row(&self) -> Row {
        let query = "SELECT counter, presented_at, revoked_at FROM pj.devices WHERE id::text = $1";
        let row = self.sql.query_one(query, &[&self.device()]).await.unwrap();
        let times: Vec<std::time::SystemTime> = row.get(1);
        let revoked: Option<std::time::SystemTime> = row.get(2);
        Row {
            counter: row.get(0),
            presented_at: times.into_iter().map(DateTime::from).collect(),
            revoked_at: revoked.map(DateTime::from),
            now: self.app.now(),
        }
    }

    /// Goes back to an earlier point, the clock included.
    async fn restore(&mut self, row: &Row) {
        let times: Vec<std::time::SystemTime> =
            row.presented_at.iter().map(|time| (*time).into()).collect();
        let revoked: Option<std::time::SystemTime> = row.revoked_at.map(Into::into);
        let change = "UPDATE pj.devices SET counter = $2, presented_at = $3, revoked_at = $4 \
                      WHERE id::text = $1";
        let device = self.device().to_owned();
        let changed =
            self.sql.execute(change, &[&device, &row.counter, &times, &revoked]).await.unwrap();
        assert_eq!(changed, 1);
        self.app.pass(row.now - self.app.now());
    }

    /// Presents a token and holds the answer against the rule; the answer's number.
    async fn present(&mut self, scene: &mut Scene, token: i64) -> Option<i64> {
        self.presentations += 1;
        let now = self.app.now();
        let (told, event) = scene.rule.present(token, now);
        let answer = refresh(&self.app, &self.tokens[&token]).await;
        let story = format!("token {token} after {:?}", scene.story);
        let taken = match told {
            Told::Successor(next) => {
                assert_eq!(answer.status, 200, "{story}: {}", answer.text);
                let successor = text(&answer.json, "refresh_token").to_owned();
                let known = self.tokens.entry(next).or_insert_with(|| successor.clone());
                assert_eq!(*known, successor, "{story}: another successor");
                scene.access = answer.json;
                Some(next)
            }
            Told::SignedOut => {
                assert_eq!((answer.status, answer.code()), (401, "session_revoked"), "{story}");
                None
            }
        };
        let query = "DELETE FROM pj.security_events WHERE device_id::text = $1 \
                     RETURNING kind, counter, times";
        let noted = self.sql.query(query, &[&self.device()]).await.unwrap();
        let noted: Vec<(String, i64, i32)> =
            noted.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        let expected: Vec<_> = event.map(|kind| (kind.to_owned(), token, 1)).into_iter().collect();
        assert_eq!(noted, expected, "{story}");
        taken
    }

    async fn play(&mut self, scene: &mut Scene, step: Step) {
        match step {
            Refreshes => {
                if let Some(taken) = self.present(scene, scene.first).await {
                    (scene.first, scene.stored) = (taken, taken);
                }
            }
            SecondRefreshes => {
                if let Some(taken) = self.present(scene, scene.second).await {
                    (scene.second, scene.stored) = (taken, taken);
                }
            }
            IsKilled => {
                self.present(scene, scene.first).await;
                (scene.first, scene.second) = (scene.stored, scene.stored);
            }
            SecondReads => scene.second = scene.stored,
            Requests => {
                let before = self.row().await;
                let answer = me(&self.app, &scene.access).await;
                let stands = ["", "session_revoked", "token_expired"].contains(&answer.code());
                assert!(stands, "{}", answer.text);
                assert_eq!(self.row().await, before, "an access token moved the chain");
            }
            Short => self.app.pass(Duration::seconds(59)),
            Long => self.app.pass(Duration::seconds(61)),
        }
    }

    /// Where things stand, without what makes no difference: absolute counters, and how much longer
    /// ago than a minute something was.
    fn key(scene: &Scene, row: &Row) -> String {
        let age = |time: &DateTime<Utc>| (row.now - time).num_seconds().min(61);
        let ages: Vec<i64> = row.presented_at.iter().map(age).collect();
        let oldest = scene.first.min(scene.second).min(scene.stored);
        let ruled = &scene.rule.presented[usize::try_from(oldest).unwrap()..];
        let ruled: Vec<i64> = ruled.iter().map(age).collect();
        let held = [scene.first, scene.second, scene.stored].map(|token| row.counter - token);
        format!("{ages:?} {ruled:?} {held:?} {}", row.revoked_at.is_some())
    }

    /// Plays every continuation.
    async fn explore(&mut self, scene: Scene, left: usize) {
        let row = self.row().await;
        let counted = i64::try_from(scene.rule.presented.len()).unwrap();
        assert_eq!((row.counter, row.revoked_at.is_some()), (counted, scene.rule.ended));
        let explored = self.seen.entry(Self::key(&scene, &row)).or_default();
        if *explored >= left {
            return;
        }
        *explored = left;
        for step in STEPS {
            let mut next = scene.clone();
            self.play(&mut next, step).await;
            next.story.push(step);
            Box::pin(self.explore(next, left - 1)).await;
            self.restore(&row).await;
        }
    }
}

#[tokio::test]
async fn two_threads_and_a_killed_app_in_every_order() {
    let app = TestApp::with_a_still_clock();
    let ana = app.patient("ana").await;
    let sql = app.sql().await;
    let tokens = BTreeMap::from([(0, text(&ana.tokens, "refresh_token").to_owned())]);
    let (rule, access, story) = (Rule::default(), ana.tokens.clone(), Vec::new());
    let scene = Scene { rule, first: 0, second: 0, stored: 0, access, story };
    let mut stage = Stage { app, ana, sql, tokens, seen: HashMap::new(), presentations: 0 };
    stage.explore(scene, DEPTH).await;
    println!("{} states, {} presentations", stage.seen.len(), stage.presentations);
    assert!(stage.tokens.len() > 4, "the stories went on");
}

/// The two stories that used to sign people out.
#[tokio::test]
async fn a_kill_before_the_answer_was_stored_and_a_late_thread_sign_nobody_out() {
    let app = TestApp::with_a_still_clock();
    let ana = app.patient("ana").await;
    let first = text(&ana.tokens, "refresh_token").to_owned();
    // The app uses the new access token at once, and is killed before it stored the refresh token.
    let lost = refresh(&app, &first).await.json;
    assert_eq!(me(&app, &lost).await.status, 200);
    let stored = refresh(&app, &first).await;
    assert_eq!(stored.status, 200, "{}", stored.text);
    // A second thread with the old token, one second after the first one has gone on.
    app.pass(Duration::minutes(10));
    let next = refresh(&app, text(&stored.json, "refresh_token")).await;
    assert_eq!(next.status, 200);
    app.pass(Duration::seconds(1));
    let late = refresh(&app, text(&stored.json, "refresh_token")).await;
    assert_eq!(late.json["refresh_token"], next.json["refresh_token"]);
    assert!(super::mails(&app, &ana.email).await.is_empty(), "nothing happened");
}
