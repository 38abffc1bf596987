//! The gate that every secret passes which somebody could guess: how often it may be tried.
//!
//! Tries are counted by the keyed hash of what they are tried on, so that an address without an account counts
//! like any other. Who shows the secret of a device that has signed in before has a count of its own: nobody
//! else's guesses can shut that device out, and its network alone does not. Counts live in the memory of the
//! process (docs/decisions/0060).

mod counts;
mod rules;

use self::counts::{CountKey, Counts};
use self::rules::{Rule, Tally};
use super::mac::Mac;
use super::secret::MasterSecret;
use crate::http::{Answered, Network, Problem, ProblemKind, Wait};
use chrono::{DateTime, Duration, Utc};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// Wrong tries at one thing: five are free.
const GUESSES: Rule = Rule::Growing { free: 5, forgets: Duration::hours(1) };
/// Wrong tries from one network, at whatever: a clinic sits behind one address.
const NETWORK: Rule = Rule::Growing { free: 50, forgets: Duration::minutes(1) };
/// Codes and links that are sent to one address.
const CHALLENGES: Rule = Rule::Hourly { most: 10 };
/// Wrong invitations of one practitioner.
const INVITATIONS: Rule = Rule::Hourly { most: 5 };

/// At what is tried, and by whom as far as that is known.
#[derive(Debug, Clone, Copy)]
pub enum GuessLane<'a> {
    /// The password of an address, by anybody.
    Address(&'a str),
    /// The same, by a device that has signed in to it before.
    KnownDevice(&'a str, Uuid),
    /// A secret of the own account, by a device that is signed in.
    SignedIn(Uuid),
    /// The second factor of an account.
    SecondFactor(Uuid),
    /// Invitations, by a practitioner.
    Invitations(Uuid),
    /// A code or a link that was given out, and counts its own tries where it is kept.
    Challenge,
}

impl GuessLane<'_> {
    /// Its name in `RateLimit` fields, and its rule.
    const fn policy(self) -> (&'static str, Rule) {
        match self {
            Self::Address(_) => ("address", GUESSES),
            Self::KnownDevice(..) | Self::SignedIn(_) => ("device", GUESSES),
            Self::SecondFactor(_) => ("second-factor", GUESSES),
            Self::Invitations(_) => ("invitations", INVITATIONS),
            Self::Challenge => ("network", NETWORK),
        }
    }
}

/// One count that a try is in.
#[derive(Debug, Clone, Copy)]
struct Counted {
    key: CountKey,
    policy: (&'static str, Rule),
}

/// A try that may be made. It counts as a wrong one unless it is settled otherwise.
#[derive(Debug)]
#[must_use = "a try that is not settled counts as a wrong one"]
struct Admitted {
    counts: Vec<(Counted, Option<Tally>)>,
    at: DateTime<Utc>,
}

/// All counts of the process.
pub struct Throttle {
    key: Mac,
    table: Mutex<Counts>,
}

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Throttle").finish_non_exhaustive()
    }
}

impl Throttle {
    /// No tries yet.
    pub fn new(secret: &MasterSecret) -> Self {
        Self { key: Mac::new(secret, "throttle"), table: Mutex::default() }
    }

    /// Lets `check` judge a secret that was tried in this lane from this network. What it answers with 401
    /// `invalid_credentials` or with 404 was a wrong try; a fault of the server was none; anything else was a
    /// right one. A try counts from its beginning, so that a hundred at once are a hundred.
    ///
    /// # Errors
    /// 429 `too_many_attempts` without asking `check`, and what `check` answers.
    pub async fn tried<T>(
        &self,
        lane: GuessLane<'_>,
        network: Option<Network>,
        now: DateTime<Utc>,
        check: impl AsyncFnOnce() -> Answered<T>,
    ) -> Answered<T> {
        let admitted = self.admit(&self.counts(lane, network), now)?;
        let answer = check().await;
        match answer.as_ref().map_err(Problem::kind) {
            Err(ProblemKind::InvalidCredentials | ProblemKind::NotFound) => {}
            Err(kind) if kind.status() >= 500 => self.give_back(&admitted),
            // What this very device tried before is forgotten; what others did, and invitations, is not.
            _ if matches!(lane, GuessLane::KnownDevice(..) | GuessLane::SignedIn(_)) => {
                self.clear(&admitted);
            }
            _ => self.give_back(&admitted),
        }
        answer
    }

    /// Counts a refresh token that was made up. It is long enough that nobody guesses one, and a good one is
    /// never refused; only the refusals become slower.
    pub fn forged_refresh(
        &self,
        device: Uuid,
        network: Option<Network>,
        now: DateTime<Utc>,
    ) -> Option<Problem> {
        let from = network.map_or([0; 16], Network::bytes);
        let key = self.hash(b"refresh", &[device.as_bytes(), &from]);
        self.admit(&[Counted { key, policy: ("device", GUESSES) }], now).err()
    }

    /// Counts a code or link that is about to be given out: by address whoever asks for it, by account or by
    /// device for those who have shown a password.
    ///
    /// # Errors
    /// 429 `too_many_attempts` for the eleventh within an hour.
    pub fn challenge(&self, lane: GuessLane<'_>, now: DateTime<Utc>) -> Answered<()> {
        let counts: Vec<Counted> = self
            .own_key(lane)
            .map(|key| self.hash(b"challenges", &[&key]))
            .map(|key| Counted { key, policy: ("challenges", CHALLENGES) })
            .into_iter()
            .collect();
        self.admit(&counts, now).map(|_| ())
    }

    /// What a lane is counted by, whatever the network.
    fn own_key(&self, lane: GuessLane<'_>) -> Option<CountKey> {
        match lane {
            GuessLane::Address(address) => Some(self.hash(b"address", &[address.as_bytes()])),
            GuessLane::KnownDevice(address, device) => {
                Some(self.hash(b"device", &[device.as_bytes(), address.as_bytes()]))
            }
            GuessLane::SignedIn(device) => Some(self.hash(b"signed in", &[device.as_bytes()])),
            GuessLane::SecondFactor(account) => Some(self.hash(b"factor", &[account.as_bytes()])),
            GuessLane::Invitations(account) => {
                Some(self.hash(b"invitations", &[account.as_bytes()]))
            }
            GuessLane::Challenge => None,
        }
    }

    /// What a try is counted by. A device that is known is not judged by its network.
    fn counts(&self, lane: GuessLane<'_>, network: Option<Network>) -> Vec<Counted> {
        let network =
            network.filter(|_| matches!(lane, GuessLane::Address(_) | GuessLane::Challenge));
        let network = network.map(|network| Counted {
            key: self.hash(b"network", &[&network.bytes()]),
            policy: ("network", NETWORK),
        });
        let own = self.own_key(lane).map(|key| Counted { key, policy: lane.policy() });
        own.into_iter().chain(network).collect()
    }

    fn admit(&self, counts: &[Counted], now: DateTime<Utc>) -> Answered<Admitted> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<(Counted, Option<Tally>)> =
            counts.iter().map(|counted| (*counted, table.find(&counted.key))).collect();
        // The longest wait is the one that helps.
        let waits = found.iter().filter_map(|(Counted { policy: (name, rule), .. }, tally)| {
            Some((rule.wait((*tally)?, now)?, *name, *rule))
        });
        if let Some((wait, name, rule)) = waits.max_by_key(|(wait, ..)| *wait) {
            let seconds = (wait.num_milliseconds() + 999) / 1000;
            let (quota, window) = rule.quota();
            let wait = Wait { policy: name, quota, window, seconds };
            return Err(Problem::new(ProblemKind::TooManyAttempts).wait(wait));
        }
        for (Counted { key, policy: (_, rule) }, tally) in &found {
            let counted = tally.map_or(0, |tally| rule.counted(tally, now));
            let count = counted.saturating_add(1);
            table.put(*key, *rule, Tally { count, last: now }, now);
        }
        Ok(Admitted { counts: found, at: now })
    }

    /// The try was none.
    fn give_back(&self, admitted: &Admitted) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for (Counted { key, policy: (_, rule) }, before) in &admitted.counts {
            let Some(Tally { count, last }) = table.find(key) else { continue };
            let count = count.saturating_sub(1);
            // Where nobody has tried since, it is as if this one had not, either.
            let last = before.filter(|_| last == admitted.at).map_or(last, |before| before.last);
            if count == 0 {
                table.forget(key);
            } else {
                table.put(*key, *rule, Tally { count, last }, admitted.at);
            }
        }
    }

    /// Who knows the secret has no wrong tries.
    fn clear(&self, admitted: &Admitted) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        admitted.counts.iter().for_each(|(counted, _)| table.forget(&counted.key));
    }

    fn hash(&self, kind: &[u8], parts: &[&[u8]]) -> CountKey {
        let hash = self.key.of(&[&[kind, &[0]], parts].concat());
        let mut key = CountKey::default();
        key.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle {
        Throttle::new(&MasterSecret::parse(&"a".repeat(40)).unwrap())
    }

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn network(number: u8) -> Option<Network> {
        use actix_web::test::TestRequest;
        let peer = std::net::SocketAddr::from(([198, 51, number, 7], 4000));
        let request = TestRequest::default().peer_addr(peer).to_http_request();
        Network::of(&request, &crate::http::Proxies::default())
    }

    /// The status of a try whose secret is right or wrong.
    async fn status(
        throttle: &Throttle,
        lane: GuessLane<'_>,
        network: Option<Network>,
        now: DateTime<Utc>,
        answer: Result<(), ProblemKind>,
    ) -> u16 {
        let answer = async || answer.map_err(Problem::new);
        let tried = throttle.tried(lane, network, now, answer).await;
        tried.map_or_else(|problem| problem.kind().status(), |()| 200)
    }

    const WRONG: Result<(), ProblemKind> = Err(ProblemKind::InvalidCredentials);
    const RIGHT: Result<(), ProblemKind> = Ok(());
    const ANA: &str = "ana@example.org";

    #[tokio::test]
    async fn t034_guesses_at_an_address_leave_a_known_device_its_lane() {
        let (throttle, now) = (throttle(), start());
        let device = Uuid::from_u128(1);
        for _ in 0..5 {
            assert_eq!(status(&throttle, GuessLane::Address(ANA), None, now, WRONG).await, 401);
        }
        for answer in [WRONG, RIGHT] {
            let here = status(&throttle, GuessLane::Address(ANA), network(1), now, answer).await;
            assert_eq!(here, 429, "right or wrong, from wherever");
        }
        let known = GuessLane::KnownDevice(ANA, device);
        assert_eq!(status(&throttle, known, None, now, RIGHT).await, 200);
        let other = GuessLane::Address("bob@example.org");
        assert_eq!(status(&throttle, other, None, now, RIGHT).await, 200);
        // A known device that guesses shuts itself out, and nobody else.
        for _ in 0..5 {
            assert_eq!(status(&throttle, known, None, now, WRONG).await, 401);
        }
        assert_eq!(status(&throttle, known, None, now, RIGHT).await, 429);
        let second = GuessLane::KnownDevice(ANA, Uuid::from_u128(2));
        assert_eq!(status(&throttle, second, None, now, RIGHT).await, 200);
        let later = now + Duration::seconds(2);
        assert_eq!(status(&throttle, known, None, later, RIGHT).await, 200);
        assert_eq!(status(&throttle, known, None, later, WRONG).await, 401, "it starts over");
    }

    #[tokio::test]
    async fn what_is_right_or_no_answer_is_given_back() {
        let (throttle, now) = (throttle(), start());
        for _ in 0..4 {
            assert_eq!(
                status(&throttle, GuessLane::Address(ANA), network(1), now, WRONG).await,
                401
            );
        }
        for answer in [Ok(()), Err(ProblemKind::Overloaded), Err(ProblemKind::AccountSuspended)] {
            for _ in 0..20 {
                let status =
                    status(&throttle, GuessLane::Address(ANA), network(1), now, answer).await;
                assert_ne!(status, 429);
            }
        }
        assert_eq!(status(&throttle, GuessLane::Address(ANA), network(1), now, WRONG).await, 401);
        assert_eq!(status(&throttle, GuessLane::Address(ANA), network(1), now, RIGHT).await, 429);
    }

    #[tokio::test]
    async fn a_hundred_at_once_are_a_hundred() {
        let (throttle, now) = (throttle(), start());
        let slow = async || {
            tokio::task::yield_now().await;
            Err::<(), Problem>(ProblemKind::InvalidCredentials.into())
        };
        let all = (0..100).map(|_| throttle.tried(GuessLane::Address(ANA), None, now, slow));
        let all = futures_util::future::join_all(all).await;
        let asked = all.iter().filter(|tried| {
            tried.as_ref().is_err_and(|problem| problem.kind() == ProblemKind::InvalidCredentials)
        });
        assert_eq!(asked.count(), 5);
        // Whoever goes away in the middle has tried.
        let bob = GuessLane::Address("bob@example.org");
        for _ in 0..5 {
            let never = async || std::future::pending::<Answered<()>>().await;
            let mut gone = Box::pin(throttle.tried(bob, None, now, never));
            assert!(futures_util::poll!(&mut gone).is_pending());
        }
        assert_eq!(status(&throttle, bob, None, now, RIGHT).await, 429);
    }

    #[tokio::test]
    async fn t036_a_network_counts_for_strangers_and_refuses_no_known_device() {
        let (throttle, now) = (throttle(), start());
        for number in 0..50 {
            let address = format!("somebody.{number}@example.org");
            let lane = GuessLane::Address(&address);
            assert_eq!(status(&throttle, lane, network(1), now, WRONG).await, 401);
        }
        for lane in [GuessLane::Address(ANA), GuessLane::Challenge] {
            assert_eq!(status(&throttle, lane, network(1), now, RIGHT).await, 429);
            assert_eq!(status(&throttle, lane, network(2), now, RIGHT).await, 200);
            assert_eq!(status(&throttle, lane, None, now, RIGHT).await, 200);
        }
        let device = Uuid::from_u128(1);
        for lane in [GuessLane::KnownDevice(ANA, device), GuessLane::SignedIn(device)] {
            assert_eq!(status(&throttle, lane, network(1), now, RIGHT).await, 200);
        }
        let minute = now + Duration::minutes(1);
        assert_eq!(
            status(&throttle, GuessLane::Address(ANA), network(1), minute, RIGHT).await,
            200
        );
    }

    #[test]
    fn ten_challenges_an_hour_and_slow_refusals_of_refresh_tokens() {
        let (throttle, now) = (throttle(), start());
        for _ in 0..10 {
            assert!(throttle.challenge(GuessLane::Address(ANA), now).is_ok());
        }
        let refused = throttle.challenge(GuessLane::Address(ANA), now).unwrap_err();
        let wait = refused.to_wait().unwrap();
        assert_eq!(
            (wait.policy, wait.quota, wait.window, wait.seconds),
            ("challenges", 10, 3600, 3600)
        );
        assert!(throttle.challenge(GuessLane::Address("bob@example.org"), now).is_ok());
        assert!(throttle.challenge(GuessLane::SecondFactor(Uuid::from_u128(1)), now).is_ok());
        let device = Uuid::from_u128(1);
        let refusals = (0..7).map(|_| throttle.forged_refresh(device, network(1), now).is_some());
        assert_eq!(refusals.collect::<Vec<_>>(), [false, false, false, false, false, true, true]);
        assert!(throttle.forged_refresh(device, network(2), now).is_none());
    }
}
